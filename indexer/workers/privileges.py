"""Drops root's privileges: a parser run by root becomes nobody, with at most the capability to read what it imports."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

# From <linux/capability.h> and <linux/prctl.h>.
_VERSION = 0x20080522
_DAC_OVERRIDE, _DAC_READ_SEARCH, _KILL, _SETGID, _SETUID = 1 << 1, 1 << 2, 1 << 5, 1 << 6, 1 << 7
_SET_KEEPCAPS = 8
_NOBODY = 65534


def give_up(libraries: Iterable[str]) -> None:
    """Become nobody if this process is root's, and drop every capability not needed to read ``libraries``."""
    held = _held()
    # nobody cannot read an interpreter below /root. Landlock closes everything else that this capability would open.
    kept = 0 if all(map(_open_to_all, libraries)) else _DAC_READ_SEARCH
    needed = kept | _SETUID | _SETGID | _KILL  # otherwise the parent could not kill a parser that runs as nobody
    if not (os.geteuid() == 0 and held & needed == needed and _become_nobody()) and kept and not held & kept:
        kept = _DAC_OVERRIDE  # which root has in a container
    _keep(held & kept)


def _become_nobody() -> bool:
    ctypes.CDLL(None).prctl(_SET_KEEPCAPS, 1, 0, 0, 0)
    with suppress(OSError):  # a container may have no user nobody
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
        return True
    return False


def _open_to_all(name: str) -> bool:
    """Return whether everybody may read ``name``, or it does not exist."""
    path = Path(name)
    try:
        return path.stat().st_mode & 0o4 != 0 and all(folder.stat().st_mode & 0o1 for folder in path.resolve().parents)
    except OSError:
        return not os.path.lexists(path)


def _held() -> int:
    """Return the effective capabilities of this process, of the first 64."""
    data = ctypes.create_string_buffer(24)
    ctypes.CDLL(None).capget(struct.pack("Ii", _VERSION, 0), data)
    _, low, _, _, high, _ = struct.unpack("6I", data.raw)
    return int(low | high << 32)


def _keep(capabilities: int) -> None:
    """Drop all other capabilities."""
    ctypes.CDLL(None).capset(struct.pack("Ii", _VERSION, 0), struct.pack("6I", capabilities, capabilities, 0, 0, 0, 0))
