"""What the child does to itself before it looks at a file that anybody may have made."""

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

from media.processing.limits import MEBIBYTE, Allowance

_DEATH_SIGNAL = 1  # of <linux/prctl.h>

STACK = 2 * MEBIBYTE
"""Of each thread: decoders start one for each core."""


def confine(allowance: Allowance, *, parent: int, readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """From here on: bounded memory, time and files; no sockets, no signals to others, no other files.

    Raises `OSError` where it can't be done. The file system is left open by kernels without Landlock (before
    5.13); systems other than Linux have the bounds only.
    """
    _bound(allowance)
    if sys.platform == "linux":
        from media.processing import landlock, seccomp

        _die_with(parent, seccomp.libc)
        seccomp.give_up_privileges()
        landlock.keep_only(readable=readable, writable=writable)
        seccomp.give_up_calls()


def _bound(allowance: Allowance) -> None:
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_STACK, STACK),
        (resource.RLIMIT_NOFILE, allowance.files),
        (resource.RLIMIT_FSIZE, allowance.file_bytes),
        (resource.RLIMIT_DATA, allowance.memory),
        (resource.RLIMIT_AS, 2 * allowance.memory),  # what is shared or only reserved counts here
    ):
        resource.setrlimit(kind, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (allowance.cpu_seconds, allowance.cpu_seconds + 1))


def _die_with(parent: int, libc: ctypes.CDLL) -> None:
    libc.prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        raise ProcessLookupError("the parent is gone")
