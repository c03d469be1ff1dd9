"""Bars on processor time that hold on a shared machine."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

_TRIES = 3


def within(seconds: float, run: Callable[[], Result]) -> Result:
    """What ``run`` returns, if one of three tries takes less than ``seconds`` of this process's processor time; else AssertionError."""
    taken = []
    for _ in range(_TRIES):
        result, cost = _timed(run)
        if cost < seconds:
            return result
        taken.append(round(cost, 3))
    raise AssertionError(f"took {taken} s of processor time, each more than {seconds}")


def cheapest(run: Callable[[], object]) -> float:
    """Seconds of this process's processor time that the cheapest of three runs takes."""
    return min(_timed(run)[1] for _ in range(_TRIES))


def _timed(run: Callable[[], Result]) -> tuple[Result, float]:
    """The collector is off: it would count what earlier tests left in memory."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        began = time.process_time()
        result = run()
        return result, time.process_time() - began
    finally:
        if enabled:
            gc.enable()
