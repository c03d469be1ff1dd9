"""newsdex as a command, in a process of its own."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

MODULE = (sys.executable, "-m", "newsdex")
_OURS = ("NO_COLOR", "COLUMNS", "LINES", "PYTHONIOENCODING", "PYTHONUTF8")


class Ran(NamedTuple):
    """What a command left behind; a byte that is not UTF-8 is a lone surrogate."""

    code: int
    out: str
    err: str


def environment(**more: str) -> dict[str, str]:
    """That of these tests, without what would change where newsdex looks and how it prints."""
    kept = {name: value for name, value in os.environ.items() if name not in _OURS and not name.startswith("NEWSDEX_")}
    return kept | {"TERM": "xterm-256color"} | more


def run(
    *arguments: str | bytes | Path, cwd: Path | None = None, command: Sequence[str] = MODULE, stdin: str | bytes = b"", **more: str
) -> Ran:
    """Run newsdex without a terminal; ``more`` are variables of its environment."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [*command, *arguments], cwd=cwd, input=given, capture_output=True, env=environment(**more), timeout=120, check=False
    )
    return Ran(done.returncode, done.stdout.decode(errors="surrogateescape"), done.stderr.decode(errors="surrogateescape"))


def run_on_terminal(
    *arguments: str | bytes, cwd: Path | None = None, command: Sequence[str] = MODULE, columns: int = 80, errors: bool = False, **more: str
) -> Ran:
    """Run newsdex with a terminal of ``columns`` as its standard output, and with ``errors`` as its standard error too, where click
    leaves escape sequences in.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
    told = theirs if errors else subprocess.PIPE
    with subprocess.Popen(
        [*command, *arguments], cwd=cwd, stdin=subprocess.DEVNULL, stdout=theirs, stderr=told, env=environment(**more)
    ) as process:
        os.close(theirs)
        written = b""
        try:
            while block := os.read(ours, 65_536):
                written += block
        except OSError:  # the other side is closed: Linux says so with EIO
            pass
        os.close(ours)
        _, err = process.communicate(timeout=60)
    return Ran(process.returncode, written.decode(errors="surrogateescape").replace("\r\n", "\n"), (err or b"").decode())
