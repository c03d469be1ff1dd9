"""Landlock (Linux 5.13 and later): this process may only read, below given folders; open files stay usable. Numbers: <linux/landlock.h>.
Later versions also restrict renames between folders (2), truncation (3), TCP (4), device commands (5), signals and abstract sockets (6).
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_ASK_VERSION = 1
_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
# Bits of file system rights in each version, from the first.
_RIGHTS = (13, 14, 15, 15, 16)
_TCP, _TCP_SINCE = 0b11, 4
_SCOPES, _SCOPES_SINCE = 0b11, 6
_SET_NO_NEW_PRIVS = 38


def version() -> int:
    """Return the version of Landlock; 0 without it."""
    return max(0, _call(_CREATE_RULESET, None, 0, _ASK_VERSION)) if sys.platform == "linux" else 0


def only_read(paths: Iterable[str]) -> bool:
    """Restrict this thread and its children to reading below existing ``paths``; return whether the kernel does so."""
    known = version()
    if not known:
        return False
    rights = (1 << _RIGHTS[min(known, len(_RIGHTS)) - 1]) - 1
    fields = [rights, *[_TCP] * (known >= _TCP_SINCE), *[_SCOPES] * (known >= _SCOPES_SINCE)]
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    rules = _call(_CREATE_RULESET, attributes, len(attributes), 0)
    if rules < 0:
        return False
    try:
        for path in paths:
            _allow(rules, path)
        ctypes.CDLL(None).prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        return _call(_RESTRICT_SELF, rules, 0) == 0
    finally:
        os.close(rules)


def _allow(rules: int, path: str) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = _READ_FILE | _READ_DIR if stat.S_ISDIR(os.fstat(place).st_mode) else _READ_FILE
        _call(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)


def _call(number: int, *arguments: int | bytes | None) -> int:
    """Return the result of a system call; -1 for an error."""
    passed = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return int(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *passed))
