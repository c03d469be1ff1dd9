"""Waiting for what comes soon on a quiet machine, and later on a busy one."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 60.0  # seconds


def until(true: Callable[[], object]) -> None:
    """Return as soon as ``true`` says so; AssertionError when it has not within PATIENCE."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
