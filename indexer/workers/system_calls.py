"""A seccomp filter of the system calls a parser needs: compute, read files, use threads. It starts no process, opens no socket, writes only
to the pipe to its parent, and touches no other process.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from typing import NamedTuple

# From <linux/prctl.h>, <linux/seccomp.h>, <linux/filter.h> and <linux/audit.h>.
_SET_SECCOMP, _SET_NO_NEW_PRIVS, _MODE_FILTER = 22, 38, 2
_LOAD, _AND, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, 16  # offsets in the data that a filter reads
_X32 = 0x40000000

# Allowed with any arguments: the numbers on x86_64 and aarch64, the most frequent first, because filters test in order.
ALLOWED: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63), "write": (1, 64), "futex": (202, 98), "munmap": (11, 215), "madvise": (28, 233), "pread64": (17, 67),
    "clock_gettime": (228, 113), "mprotect": (10, 226), "brk": (12, 214), "mremap": (25, 216), "lseek": (8, 62), "close": (3, 57),
    "fstat": (5, 80), "newfstatat": (262, 79), "stat": (4, None), "lstat": (6, None), "statx": (332, 291), "getdents64": (217, 61),
    "recvmsg": (47, 212), "rt_sigreturn": (15, 139), "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "sigaltstack": (131, 132),
    "restart_syscall": (219, 128), "readv": (19, 65), "writev": (20, 66), "preadv": (295, 69), "preadv2": (327, 286), "mincore": (27, 232),
    "membarrier": (324, 283), "access": (21, None), "faccessat": (269, 48), "faccessat2": (439, 439), "readlink": (89, None),
    "readlinkat": (267, 78), "getcwd": (79, 17), "dup": (32, 23), "statfs": (137, 43), "fstatfs": (138, 44), "fadvise64": (221, 223),
    "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72), "set_robust_list": (273, 99),
    "get_robust_list": (274, 100), "rseq": (334, 293), "set_tid_address": (218, 96), "exit": (60, 93), "exit_group": (231, 94),
    "sched_yield": (24, 124), "sched_getaffinity": (204, 123), "sched_getparam": (143, 121), "sched_getscheduler": (145, 120),
    "getcpu": (309, 168), "nanosleep": (35, 101), "clock_nanosleep": (230, 115), "clock_getres": (229, 114), "gettimeofday": (96, 169),
    "time": (201, None), "times": (100, 153), "getrusage": (98, 165), "getrlimit": (97, 163), "sysinfo": (99, 179), "uname": (63, 160),
    "getpid": (39, 172), "gettid": (186, 178), "getppid": (110, 173), "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176),
    "getegid": (108, 177), "getrandom": (318, 278),
}  # fmt: skip


class Case(NamedTuple):
    """Allowed arguments: of argument number ``argument``, the bits in ``mask`` equal ``value``."""

    argument: int
    mask: int
    value: int


_ANY_BIT = 0xFFFFFFFF
# From <fcntl.h>: O_ACCMODE, O_CREAT, O_TRUNC, O_APPEND. A call without any of these opens a file for reading.
_CHANGES = 0o3 | 0o100 | 0o1000 | 0o2000
# From <sched.h>: what a thread shares with its process, and what makes namespaces. CLONE_THREAD alone tells a thread from a process.
_THREAD = 0x00000100 | 0x00000800 | 0x00010000
_NAMESPACES = 0x7E020000
_PROT_WRITE, _MAP_SHARED = 0x2, 0x1

# Allowed with these arguments only.
_CASES: dict[str, tuple[tuple[int | None, int | None], tuple[Case, ...]]] = {
    "mmap": ((9, 222), (Case(2, _PROT_WRITE, 0), Case(3, _MAP_SHARED, 0))),
    "open": ((2, None), (Case(1, _CHANGES, 0),)),
    "openat": ((257, 56), (Case(2, _CHANGES, 0),)),
    "clone": ((56, 220), (Case(0, _THREAD | _NAMESPACES, _THREAD),)),
    # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC: not F_SETOWN, which sends signals.
    "fcntl": ((72, 25), tuple(Case(1, _ANY_BIT, command) for command in (0, 1, 2, 3, 1030))),
    # TCGETS, which isatty uses, FIONREAD and FIOCLEX.
    "ioctl": ((16, 29), tuple(Case(1, _ANY_BIT, command) for command in (0x5401, 0x541B, 0x5451))),
    # PR_SET_NAME of a thread. Not PR_SET_PDEATHSIG, which makes a parser end with its parent.
    "prctl": ((157, 167), (Case(0, _ANY_BIT, 15),)),
    # this process only
    "prlimit64": ((302, 261), (Case(0, _ANY_BIT, 0),)),
}
# Only to itself, as in abort().
_TGKILL = (234, 131)
# The C library falls back from these: clone3 and openat2 have arguments in memory, which filters cannot read.
_FIRST_UNKNOWN = 424

_MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}

Step = tuple[int, int, int, int]


def allow_only_parsing() -> bool:
    """Restrict this thread, and all that it starts; return whether the kernel does so."""
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        return False
    steps = _filter(*_MACHINES[platform.machine()])
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(code)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    return not prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0) and not prctl(_SET_SECCOMP, _MODE_FILTER, program, 0, 0)


def _filter(machine: int, column: int) -> list[Step]:
    steps: list[Step] = [
        (_LOAD, 0, 0, _MACHINE),
        (_EQUAL, 1, 0, machine),
        (_RETURN, 0, 0, _REFUSE | _EPERM),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _REFUSE | _EPERM),
    ]
    for numbers in ALLOWED.values():
        if (number := numbers[column]) is not None:
            steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    own = (_TGKILL, (Case(0, _ANY_BIT, os.getpid()),))
    for numbers, cases in (*_CASES.values(), own):
        if (number := numbers[column]) is not None:
            tests = [step for case in cases for step in _test(case)]
            steps += [(_EQUAL, 0, len(tests) + 1, number), *tests, (_RETURN, 0, 0, _REFUSE | _EPERM)]
    return [*steps, (_AT_LEAST, 0, 1, _FIRST_UNKNOWN), (_RETURN, 0, 0, _REFUSE | _ENOSYS), (_RETURN, 0, 0, _REFUSE | _EPERM)]


def _test(case: Case) -> list[Step]:
    """Return steps that allow the call if its arguments match ``case``; the lower half of an argument is first on both architectures."""
    return [
        (_LOAD, 0, 0, _ARGUMENTS + 8 * case.argument),
        (_AND, 0, 0, case.mask),
        (_EQUAL, 0, 1, case.value),
        (_RETURN, 0, 0, _ALLOW),
    ]
