"""A process that ends at one of its calls that change files: a program that a test runs, which finds this by ``ENVIRONMENT`` and kills
itself, or the test, which catches ``Stopped``.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))}
_CHANGING = ("fsync", "replace", "unlink", "ftruncate")


class Stopped(BaseException):
    """The process ends here."""


class Killing:
    """Stands in for ``os`` in newsdex.store.files. ``calls``: how many calls have changed files; at number ``last`` the process is
    killed: before it, or when half of what it writes is written. ``stops``: it raises Stopped instead, then and at each later call.
    """

    def __init__(self, last: int, *, stops: bool = False) -> None:
        self.calls = 0
        self._last = last
        self._stops = stops

    def count(self, half: Callable[[], object] | None = None) -> None:
        """One more; ``half`` does half of it."""
        self.calls += 1
        if self.calls == self._last and half:
            half()
        if self._stops and self.calls >= self._last:
            raise Stopped
        if self.calls == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, each call of which counts."""

        def call(*arguments: Any, **options: Any) -> Any:
            self.count()
            return function(*arguments, **options)

        return call

    def __getattr__(self, name: str) -> Any:
        found = getattr(os, name)
        return self.counted(found) if name in _CHANGING else found

    def open(self, path: str, flags: int, mode: int = 0o777) -> int:
        """Counts where it may make a file."""
        if flags & os.O_CREAT:
            self.count()
        return os.open(path, flags, mode)

    def write(self, descriptor: int, content: bytes) -> int:
        """Counts, and may write half."""
        self.count(lambda: os.write(descriptor, content[: len(content) // 2]))
        return os.write(descriptor, content)

    def pwrite(self, descriptor: int, content: bytes, offset: int) -> int:
        """Counts, and may write half."""
        self.count(lambda: os.pwrite(descriptor, content[: len(content) // 2], offset))
        return os.pwrite(descriptor, content, offset)
