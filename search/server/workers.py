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

log = logging.getLogger("newsdex.serve")

_SIGNALS = {signal.SIGTERM, signal.SIGINT}
_PR_SET_PDEATHSIG = 1  # of prctl(2)
_LOOK = 0.1  # seconds between two looks after the workers and the signals
_IDLE = 1.0  # seconds between two calls of what is done beside
_PATIENCE = 5.0  # seconds after which a worker that is stopped is replaced
_PAUSE = 1.0  # seconds before another takes the place of a worker that died


def run_workers(
    count: int,
    work: Callable[[int], None],
    *,
    stopped: Callable[[], None],
    idle: Callable[[], None],
    ended: Callable[[int], None] = lambda _process: None,
) -> None:
    """Do ``work``, which is told its number, in so many processes, which share this one's memory as it is now, until SIGTERM or SIGINT. One
    that dies is replaced, and one that something has stopped for longer than _PATIENCE.

    No other thread may run. ``stopped`` is called at the signal, ``ended`` told the id of each process that has ended, and ``idle`` called
    every second. Each process gets SIGTERM at the end, also when this one is killed.
    """
    workers: dict[int, int] = {}  # the number of each process
    held: dict[int, float] = {}  # those that something has stopped (SIGSTOP), and since when
    stopping, idle_since = False, time.monotonic()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # they are asked for between two steps, and interrupt none
    try:
        for number in range(count):
            workers[_start(work, number, mask)] = number
        while workers or not stopping:
            if told := signal.sigpending() & _SIGNALS:
                signal.sigwait(told)
                stopping = True
                stopped()
                for worker in workers:
                    os.kill(worker, signal.SIGTERM)
                    os.kill(worker, signal.SIGCONT)  # one that is stopped would not hear of it
                continue
            worker, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED | os.WCONTINUED)
            if not worker:
                time.sleep(_LOOK)
                _end_late(held)
                if time.monotonic() >= idle_since + _IDLE:
                    idle()
                    idle_since = time.monotonic()
            elif os.WIFSTOPPED(status):
                held[worker] = time.monotonic()
            elif os.WIFCONTINUED(status):
                held.pop(worker, None)
            else:
                held.pop(worker, None)
                number = workers.pop(worker)
                ended(worker)
                if not stopping and not signal.sigpending() & _SIGNALS:  # Ctrl-C ends workers, too
                    log.error("a worker died (%s); another takes its place", os.waitstatus_to_exitcode(status))
                    time.sleep(_PAUSE)
                    workers[_start(work, number, mask)] = number
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _end_late(held: dict[int, float]) -> None:
    """Kill the processes that have been stopped for too long."""
    for process in [each for each, since in held.items() if time.monotonic() >= since + _PATIENCE]:
        log.error("a worker has been stopped for %g seconds", _PATIENCE)
        del held[process]
        os.kill(process, signal.SIGKILL)


def last_of(count: int) -> Callable[[], bool]:
    """What tells the last of ``count`` processes that all others have called it before, but not those that take their places later. To be
    made before they are started: they share a pipe with a byte for each, the last one a 1.
    """
    left, end = os.pipe()
    os.write(end, bytes(range(count, 0, -1)))
    os.close(end)
    return lambda: os.read(left, 1) == b"\x01"


def _start(work: Callable[[int], None], number: int, mask: set[signal.Signals | int]) -> int:
    """A process that does ``work``; it hears signals again once they mean there what they should."""
    parent, code = os.getpid(), 1
    if worker := os.fork():
        return worker
    try:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        with suppress(AttributeError, OSError):  # Linux has it
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if os.getppid() == parent:
            work(number)
        code = 0
    except Exception:
        log.exception("a worker failed")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
