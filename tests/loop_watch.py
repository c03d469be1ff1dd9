"""``newsdex`` with an eye on the event loop of each server process: FILE.PID has the most seconds of the processor, by the loop's own
thread and by the whole process, that went by between two turns of a timer of 10 ms. Unlike time by the clock, they do not grow when others
use the machine.

    python tests/loop_watch.py FILE serve --port 0
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

from starlette.types import Receive, Scope, Send

from newsdex.cli import main
from newsdex.search.server.security import Gate

BEAT = 0.01


class Watch:
    """What one process has seen."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._loop = asyncio.get_running_loop()
        self._before = self._now()
        self._most = [0.0, 0.0]
        self._loop.call_later(BEAT, self._beat)

    def _now(self) -> list[float]:
        return [time.thread_time(), time.process_time()]

    def _beat(self) -> None:
        now = self._now()
        gone = [after - before for after, before in zip(now, self._before, strict=True)]
        most = [max(pair) for pair in zip(gone, self._most, strict=True)]
        if most != self._most:
            self._file.with_name(f"{self._file.name}.{os.getpid()}").write_text(" ".join(map(str, most)), encoding="ascii")
        self._before, self._most = self._now(), most
        self._loop.call_later(BEAT, self._beat)


def watched(file: Path) -> None:
    """Watch the loop of each process from its first request on."""
    watches: list[Watch] = []
    actual = Gate.__call__

    async def call(self: Gate, scope: Scope, receive: Receive, send: Send) -> None:
        if not watches:
            watches.append(Watch(file))
        await actual(self, scope, receive, send)

    Gate.__call__ = call  # type: ignore[method-assign]


if __name__ == "__main__":
    watched(Path(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))
