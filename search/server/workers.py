"""Several processes that answer at one port: Python runs in one thread of a process at a time, so that one process cannot use two processors."""

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
_PAUSE = 1.0  # seconds before another takes the place of a worker that died


def run_workers(
    count: int,
    work: Callable[[int], None],
    *,
    stopped: Callable[[], None] = lambda: None,
    ended: Callable[[int], None] = lambda _process: None,
) -> None:
    """Do ``work``, which is told its number, in so many processes, which share this one's memory as it is now, until SIGTERM or SIGINT. One that dies is replaced.

    No other thread may run. ``stopped`` is called at the signal, and ``ended`` told the id of each process that has ended. Each process gets SIGTERM at the end,
    also when this one is killed.
    """
    workers: dict[int, int] = {}  # the number of each process
    stopping = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        stopped()
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGTERM)

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
            worker, status = os.wait()
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
