"""Several processes that answer at one port: one process of Python cannot use two processors."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from mmap import mmap

from newsdex.errors import MORE_MEMORY, NewsdexError, cause_of
from newsdex.search.listening import ending_signals

log = logging.getLogger("newsdex.serve")

_PR_SET_PDEATHSIG = 1  # of prctl(2)
_LOOK = 0.1  # seconds between two looks after the workers and the signals
_IDLE = 1.0  # seconds between two calls of what is done beside
_PATIENCE = 5.0  # seconds after which a worker that is stopped is replaced
_PAUSE = 1.0  # seconds before another takes the place of a worker that died
_STARTED = 4096  # bytes of what ``started`` makes


def run_workers(  # noqa: C901 - one loop
    count: int,
    work: Callable[[int], None],
    *,
    started: mmap,
    stopped: Callable[[], None],
    idle: Callable[[], None],
    ended: Callable[[int], None] = lambda _process: None,
) -> None:
    """Do ``work``, which is told its number, in so many processes, which share this one's memory as it is now, until a signal ends them.
    One that dies is replaced, and one that something has stopped for longer than _PATIENCE. Raises NewsdexError if one dies before any has
    set the first byte of ``started``, as ``shared`` makes it.

    No other thread may run. ``stopped`` is called at the signal, ``ended`` told the id of each process that has ended, and ``idle`` called
    every second. Each process gets SIGTERM at the end, also when this one is killed.
    """
    signals, failure = {*ending_signals()}, ""
    workers: dict[int, int] = {}  # the number of each process
    held: dict[int, float] = {}  # those that something has stopped (SIGSTOP), and since when
    stopping, idle_since = False, time.monotonic()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # they are asked for between two steps, and interrupt none
    try:
        for number in range(count):
            workers[_start(work, number, mask, started)] = number
        while workers or not stopping:
            if _heard(signals) or (failure and not stopping):
                stopping = True
                stopped()
                _end(workers)
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
                if stopping or signal.sigpending() & signals:  # Ctrl-C ends workers, too
                    continue
                code = os.waitstatus_to_exitcode(status)
                if not started[0]:  # another would die, too
                    failure = started[1:].rstrip(b"\0").decode(errors="replace") or _end_of(code)
                    continue
                log.log(
                    logging.ERROR if code else logging.WARNING,
                    "a worker %s; another takes its place",
                    f"died ({code})" if code else "has ended",
                )
                time.sleep(_PAUSE)
                workers[_start(work, number, mask, started)] = number
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    if failure:
        raise NewsdexError(f"the server cannot start: {failure}")


def shared() -> mmap:
    """Memory that processes share which are started later: a byte that says whether one can answer, and why one cannot."""
    return mmap(-1, _STARTED)


def _end_of(code: int) -> str:
    if code >= 0:
        return f"a process ended with exit code {code}"
    short = f", usually for want of memory: {MORE_MEMORY}" if -code in (signal.SIGKILL, signal.SIGBUS, signal.SIGABRT) else ""
    return f"a process was ended by {signal.Signals(-code).name}{short}"


def _heard(signals: set[signal.Signals]) -> set[signal.Signals]:
    """Those of ``signals``, which are blocked, that have come."""
    if told := signals.intersection(signal.sigpending()):
        signal.sigwait(told)
    return told


def _end(workers: Iterable[int]) -> None:
    for worker in workers:
        os.kill(worker, signal.SIGTERM)
        os.kill(worker, signal.SIGCONT)  # one that is stopped would not hear of it


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


def _start(work: Callable[[int], None], number: int, mask: set[signal.Signals | int], started: mmap) -> int:
    """A process that does ``work``; it hears signals again once they mean there what they should."""
    parent, code = os.getpid(), 1
    if worker := os.fork():
        return worker
    try:
        for each in ending_signals():
            signal.signal(each, signal.SIG_DFL)
        with suppress(AttributeError, OSError):  # Linux has it
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if os.getppid() == parent:
            work(number)
        code = 0
    except Exception as error:
        log.log(logging.ERROR if started[0] else logging.DEBUG, "a worker failed", exc_info=True)
        started[1:] = cause_of(error).encode(errors="replace")[: _STARTED - 1].ljust(_STARTED - 1, b"\0")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
