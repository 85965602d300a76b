"""Takes the file system from this process and all that it starts, but for a few places."""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

from media.processing.seccomp import check, libc

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same on every machine
_VERSION = 1
_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_FILE, _MAKE_FILE = 1, 2, 4, 8, 32, 256
_TRUNCATE = 1 << 14
_READING = _EXECUTE | _READ_FILE | _READ_DIR
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_RIGHTS = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF}
"""Of files, that each version of the interface knows; later ones know more, which are let be."""


def version() -> int:
    """Of the kernel's interface; 0 where it has none."""
    found: int = libc.syscall(_CREATE, None, 0, _VERSION)
    return max(found, 0)


def keep_only(*, readable: Iterable[Path], writable: Iterable[Path]) -> bool:
    """Files opened from now on lie here. False where the kernel has no Landlock: then nothing is taken."""
    found = version()
    if not found:
        return False
    known = _RIGHTS[min(found, max(_RIGHTS))]
    rules = check(libc.syscall(_CREATE, struct.pack("Q", known), 8, 0))
    try:
        for path in readable:
            _allow(rules, path, _READING & known)
        for path in writable:
            _allow(rules, path, (_READING | _WRITE_FILE | _REMOVE_FILE | _MAKE_FILE | _TRUNCATE) & known)
        check(libc.syscall(_RESTRICT, rules, 0))
    finally:
        os.close(rules)
    return True


def _allow(rules: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _OF_FILES
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, place), 12)
        check(libc.syscall(_ADD, rules, _BENEATH, rule, 0))
    finally:
        os.close(place)
