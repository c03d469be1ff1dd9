"""The time until which a client waits for an answer. Long loops check it, so that no thread works for a client that has left."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from newsdex.errors import OutOfTime

SECONDS = 30.0  # for an answer of a server, unless it is told otherwise
_END = ContextVar("end", default=math.inf)


@contextmanager
def until(end: float) -> Iterator[None]:
    """What this thread does within has time until ``end``, by time.monotonic()."""
    before = _END.set(end)
    try:
        yield
    finally:
        _END.reset(before)


def check_time() -> None:
    """Raises OutOfTime when the time is over."""
    if time.monotonic() > _END.get():
        raise OutOfTime("no answer in time: search for less, or try again later")
