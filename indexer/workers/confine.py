"""Confines a parser: it may not outlive its parent, exceed its memory, read other files, change any, use the network, or start programs."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from newsdex.indexer.readers.ocr import FOLDERS
from newsdex.indexer.workers import landlock, system_calls

# From <linux/capability.h> and <linux/prctl.h>.
_CAPABILITIES = 0x20080522  # the version of what capget and capset take
_DAC_OVERRIDE, _DAC_READ_SEARCH, _KILL, _SETGID, _SETUID = 1 << 1, 1 << 2, 1 << 5, 1 << 6, 1 << 7
_SET_PDEATHSIG, _SET_KEEPCAPS = 1, 8
_NOBODY = 65534
_OPEN_FILES = 256
# Encoding has priority: a parser takes idle processors, and all of them while the encoder waits for it.
_NICE = 5
# What libraries read outside their own folders.
_SYSTEM = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"),
    *FOLDERS,
    *("/usr/share/zoneinfo", "/etc/localtime", "/usr/share/fonts", "/dev/null", "/dev/urandom", "/proc/self"),
)
_SITES = ("site-packages", "dist-packages")
_MODULES = (".py", ".so", ".libs", ".dist-info")

NO_LANDLOCK = "no Landlock (Linux 5.13 or later): a parser can read files"
NO_FILTER = "no filter of system calls (seccomp on Linux for x86_64 or aarch64): a parser can call the kernel as any program can"


def confine(memory: int, parent: int) -> list[str]:
    """Drop what a parser does not need, with ``memory`` bytes of address space, started by ``parent``. Returns what the kernel lacks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    for kind, most in ((resource.RLIMIT_NOFILE, _OPEN_FILES), (resource.RLIMIT_AS, memory)):
        _, hard = resource.getrlimit(kind)
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)  # nobody but root may raise it
        resource.setrlimit(kind, (limit, limit))
    sys.dont_write_bytecode = True
    linux = sys.platform == "linux"
    libraries = list(_libraries())
    if linux:
        _give_up(libraries)
        ctypes.CDLL(None).prctl(_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # after the change of user, which resets it
    if os.getppid() != parent:  # it ended before this was set up
        os._exit(0)
    lacking = [] if landlock.only_read([*libraries, *_SYSTEM]) else [NO_LANDLOCK]
    if not system_calls.allow_only_parsing():
        lacking.append(NO_FILTER)
        sys.addaudithook(_refuse_events)
    return lacking


def lacking() -> list[str]:
    """Return descriptions of what the kernel lacks to confine a parser, by confining a process. Raises OSError if none can be started."""
    code = (
        "import json, os, sys; sys.path[:] = json.loads(sys.argv.pop()); from newsdex.indexer.workers.confine import confine; "
        "print(json.dumps(confine(1 << 30, os.getppid())))"
    )
    path = json.dumps([os.path.abspath(entry) for entry in sys.path])  # noqa: PTH100 - strings for sys.path
    done = subprocess.run([sys.executable, "-I", "-c", code, path], capture_output=True, text=True, check=False)  # noqa: S603 - our own code
    if done.returncode:
        raise OSError(f"a parser cannot be confined: {done.stderr.strip().splitlines()[-1:]}")
    return [str(line) for line in json.loads(done.stdout)]


def _libraries() -> Iterator[str]:
    """Yield the paths that modules are imported from; of other folders, such as the working folder, only the modules in them."""
    homes = tuple(os.path.join(prefix, "lib") for prefix in {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix})  # noqa: PTH118
    yield from homes
    for entry in sys.path:
        if os.path.basename(entry) in _SITES or entry.startswith(homes) or os.path.isfile(entry):  # noqa: PTH113, PTH119
            yield entry
        elif os.path.isdir(entry):  # noqa: PTH112
            with os.scandir(entry) as children:
                yield from (child.path for child in children if _is_module(child))


def _is_module(child: os.DirEntry[str]) -> bool:
    return child.name.endswith(_MODULES) or os.path.isfile(os.path.join(child.path, "__init__.py"))  # noqa: PTH113, PTH118


def _refuse_events(event: str, _arguments: tuple[Any, ...]) -> None:
    if event in ("socket.__new__", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty"):
        raise PermissionError(f"a parser may not do this: {event}")


def _give_up(libraries: Iterable[str]) -> None:
    """Become nobody if this process is root's, and drop every capability not needed to read ``libraries``."""
    held = _held()
    # nobody cannot read an interpreter below /root. Landlock closes everything else that this capability would open.
    kept = 0 if all(map(_open_to_all, libraries)) else _DAC_READ_SEARCH
    needed = kept | _SETUID | _SETGID | _KILL  # otherwise the parent could not kill a parser that runs as nobody
    if not (os.geteuid() == 0 and held & needed == needed and _become_nobody()) and kept and not held & kept:
        kept = _DAC_OVERRIDE  # which root has in a container
    kept &= held  # all others are dropped
    ctypes.CDLL(None).capset(struct.pack("Ii", _CAPABILITIES, 0), struct.pack("6I", kept, kept, 0, 0, 0, 0))


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
    ctypes.CDLL(None).capget(struct.pack("Ii", _CAPABILITIES, 0), data)
    _, low, _, _, high, _ = struct.unpack("6I", data.raw)
    return int(low | high << 32)
