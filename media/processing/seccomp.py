"""Takes system calls from this process and all that it starts: sockets first of all."""

import ctypes
import errno
import os
import platform
import struct

_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2  # of <linux/prctl.h>
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # of <linux/bpf_common.h>
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000  # of <linux/seccomp.h>
_NUMBER, _MACHINE = 0, 4  # where struct seccomp_data has them
_X32 = 0x40000000

_MACHINES = {
    "x86_64": (0xC000003E, (41, 53, 62, 101, 310, 311, 424, 425, 438)),
    "aarch64": (0xC00000B7, (198, 199, 129, 117, 270, 271, 424, 425, 438)),
}
"""The audit number, and: socket socketpair kill ptrace process_vm_readv process_vm_writev pidfd_send_signal
io_uring_setup pidfd_getfd."""

libc = ctypes.CDLL(None, use_errno=True)


def check(result: int) -> int:
    """The result of a call of libc; raises `OSError` for a failed one."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def give_up_privileges() -> None:
    """From now on no file that is executed can give this process more rights."""
    check(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))


def give_up_calls() -> None:
    """Refused from now on with EPERM. Raises `OSError` where the kernel can't, or for a machine not known here."""
    if platform.machine() not in _MACHINES:
        raise OSError(errno.ENOSYS, f"no filter of system calls for {platform.machine()}")
    program = _program(*_MACHINES[platform.machine()])
    code = ctypes.create_string_buffer(program, len(program))
    filtering = struct.pack("HP", len(program) // 8, ctypes.addressof(code))
    check(libc.prctl(_SECCOMP, _FILTER, ctypes.create_string_buffer(filtering, len(filtering)), 0, 0))


def _program(machine: int, calls: tuple[int, ...]) -> bytes:
    """Jumps count the instructions that they skip; the last two are "allow" and "refuse"."""
    ahead = len(calls)
    steps = [
        (_LOAD, 0, 0, _MACHINE),
        (_EQUAL, 1, 0, machine),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, ahead + 1, 0, _X32),
        *((_EQUAL, ahead - at, 0, call) for at, call in enumerate(calls)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("HBBI", *step) for step in steps)
