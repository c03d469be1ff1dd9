"""Several processes that answer at one port: one process of Python cannot use two processors."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

log = logging.getLogger("newsdex.serve")

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_PR_SET_PDEATHSIG = 1  # of prctl(2)
_LOOK = 0.1  # seconds between two looks after the workers
_IDLE = 1.0  # seconds between two calls of what is done beside
_PATIENCE = 5.0  # seconds after which a worker that is stopped is replaced
_PAUSE = 1.0  # seconds before another takes the place of a worker that died


def run_workers(
    count: int,
    work: Callable[[int], None],
    *,
    stopped: Callable[[], None] = lambda: None,
    ended: Callable[[int], None] = lambda _process: None,
    idle: Callable[[], None] = lambda: None,
) -> None:
    """Do ``work``, which is told its number, in so many processes, which share this one's memory as it is now, until SIGTERM or SIGINT. One
    that dies is replaced, and one that something has stopped for longer than _PATIENCE.

    No other thread may run. ``stopped`` is called at the signal, ``ended`` told the id of each process that has ended, and ``idle`` called
    every second. Each process gets SIGTERM at the end, also when this one is killed.
    """
    workers: dict[int, int] = {}  # the number of each process
    held = _Held()
    stopping = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        stopped()
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGTERM)
                os.kill(worker, signal.SIGCONT)  # one that is stopped would not hear of it

    def start(number: int) -> None:
        worker = _start(lambda: work(number))
        workers[worker] = number
        if stopping:  # since it was started, and before it was known
            os.kill(worker, signal.SIGTERM)

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        for number in range(count):
            start(number)
        while workers:
            worker, status = held.next_end(idle)
            number = workers.pop(worker)
            ended(worker)
            if not stopping:
                log.error("a worker died (%s); another takes its place", os.waitstatus_to_exitcode(status))
                time.sleep(_PAUSE)
            if not stopping:
                start(number)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Roll:
    """Says which of ``count`` processes is the last one to be ready; those that take their places later are not."""

    def __init__(self, count: int) -> None:
        """To be made before they are started: they share a pipe with a byte for each, the last one a 1."""
        self._left, end = os.pipe()
        os.write(end, bytes(range(count, 0, -1)))
        os.close(end)

    def is_last(self) -> bool:
        """Whether all others were ready before; to be called once in each process."""
        return os.read(self._left, 1) == b"\x01"


class _Held:
    """The processes that something has stopped (SIGSTOP), and since when."""

    def __init__(self) -> None:
        self._since: dict[int, float] = {}

    def next_end(self, idle: Callable[[], None]) -> tuple[int, int]:
        """The next process that ends, and its status; ``idle`` is called every second meanwhile."""
        looked = time.monotonic()
        while True:
            process, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED | os.WCONTINUED)
            if not process:
                time.sleep(_LOOK)
                self._end_late()
                if time.monotonic() >= looked + _IDLE:
                    looked = time.monotonic()
                    idle()
            elif os.WIFSTOPPED(status):
                self._since[process] = time.monotonic()
            else:
                self._since.pop(process, None)
                if not os.WIFCONTINUED(status):
                    return process, status

    def _end_late(self) -> None:
        """Kill those that have been stopped for too long."""
        for process in [each for each, since in self._since.items() if time.monotonic() >= since + _PATIENCE]:
            log.error("a worker has been stopped for %g seconds", _PATIENCE)
            del self._since[process]
            os.kill(process, signal.SIGKILL)


def _start(work: Callable[[], None]) -> int:
    """A process that does ``work``. Signals wait until it is known here, and until they mean there what they should."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        parent = os.getpid()
        if worker := os.fork():
            return worker
        _work(work, parent, blocked)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    raise AssertionError("a worker has ended")


def _work(work: Callable[[], None], parent: int, blocked: set[signal.Signals | int]) -> None:
    code = 1
    try:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        with suppress(AttributeError, OSError):  # Linux has it
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        if os.getppid() == parent:
            work()
        code = 0
    except Exception:
        log.exception("a worker failed")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
