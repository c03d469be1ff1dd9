"""How often each client may ask: a token bucket for each."""

from __future__ import annotations

import math
from typing import NamedTuple

_MOST = 10_000  # clients that are remembered


class _Bucket(NamedTuple):
    tokens: float
    at: float


class Buckets:
    """Buckets of ``burst`` tokens that fill with ``rate`` a second; a request takes one. A rate of 0 is none."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: dict[str, _Bucket] = {}

    def wait(self, client: str, now: float) -> int:
        """Take a token of ``client`` at the time ``now``, in seconds: 0, or else the seconds until there is one."""
        if not self._rate:
            return 0
        old = self._buckets.pop(client, _Bucket(self._burst, now))
        tokens = min(self._burst, old.tokens + (now - old.at) * self._rate)
        wait = 0 if tokens >= 1 else math.ceil((1 - tokens) / self._rate)
        # At the end, so that the one forgotten is the one that has asked least lately.
        self._buckets[client] = _Bucket(tokens if wait else tokens - 1, now)
        if len(self._buckets) > _MOST:
            del self._buckets[next(iter(self._buckets))]
        return wait
