"""What a parser may not do: outlive its parent, take more memory than it is given, write files, use the network, start programs."""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from typing import Any

# From <linux/prctl.h>, <linux/seccomp.h>, <linux/filter.h> and <linux/audit.h>.
_SET_PDEATHSIG, _SET_SECCOMP, _SET_NO_NEW_PRIVS = 1, 22, 38
_MODE_FILTER = 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 13  # EACCES
_X32 = 0x40000000
# For each machine: its audit number, and its system calls socket, execve, execveat, io_uring_setup (which can open sockets too).
_MACHINES = {"x86_64": (0xC000003E, (41, 59, 322, 425)), "aarch64": (0xC00000B7, (198, 221, 281, 425))}
_OPEN_FILES = 256
# Encoding goes first: a parser takes what is left of the processors, and all of them when the encoder has to wait for it.
_NICE = 5


def confine(memory: int, parent: int) -> None:
    """Give up what a parser does not need; ``memory`` in bytes of address space. ``parent`` is the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    linux = sys.platform == "linux"
    if linux:
        _prctl(_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before it could be watched
        os._exit(0)
    if not (linux and _refuse_calls()):
        sys.addaudithook(_refuse_events)


def _prctl(*arguments: Any) -> bool:
    return not ctypes.CDLL(None, use_errno=True).prctl(*arguments, *[0] * (5 - len(arguments)))


def _refuse_calls() -> bool:
    """Let the kernel refuse network and programs; say whether it does."""
    if platform.machine() not in _MACHINES:
        return False
    machine, calls = _MACHINES[platform.machine()]
    refuse = len(calls) + 2  # how far ahead of the comparison of the number the refusal is
    steps = [
        (_LOAD, 0, 0, 4),  # the machine
        (_EQUAL, 0, refuse + 1, machine),
        (_LOAD, 0, 0, 0),  # the number of the call
        (_AT_LEAST, refuse - 1, 0, _X32),
        *((_EQUAL, refuse - 2 - n, 0, call) for n, call in enumerate(calls)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(code)))
    return _prctl(_SET_NO_NEW_PRIVS, 1) and _prctl(_SET_SECCOMP, _MODE_FILTER, program)


def _refuse_events(event: str, _arguments: tuple[Any, ...]) -> None:
    if event in ("socket.__new__", "subprocess.Popen", "os.exec", "os.posix_spawn"):
        raise PermissionError(f"a parser may not do this: {event}")
