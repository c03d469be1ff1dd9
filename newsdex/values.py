"""Field values, as they are compared: their normal form, and their numbers; amounts and times as written; portions; groups; processors."""

from __future__ import annotations

import os
import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

_Item = TypeVar("_Item")
_Key = TypeVar("_Key")
_Answer = TypeVar("_Answer")
_Error = TypeVar("_Error", bound=Exception)

_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?", re.ASCII)


def utc_now(later: float = 0.0) -> str:
    """Return the time, or that so many seconds ``later``, in UTC to the second, as records have it: "2024-05-01T12:00:00Z"."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + later))


def seconds_of(utc_time: str) -> float:
    """Return a time that ``utc_now`` wrote, in seconds since 1970; 0 for anything else."""
    try:
        return datetime.fromisoformat(utc_time.replace("Z", "+00:00")).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def portions(items: Iterable[_Item], enough: int, size: Callable[[_Item], int] = lambda _: 1) -> Iterator[list[_Item]]:
    """Yield ``items`` in order, in lists that end with the item with which their sizes come to ``enough``."""
    portion: list[_Item] = []
    total = 0
    for item in items:
        portion.append(item)
        total += size(item)
        if total >= enough:
            yield portion
            portion, total = [], 0
    if portion:
        yield portion


def grouped(pairs: Iterable[tuple[_Key, _Item]]) -> dict[_Key, list[_Item]]:
    """Return the second of each of ``pairs`` in lists by the first, in order."""
    found: dict[_Key, list[_Item]] = {}
    for key, item in pairs:
        found.setdefault(key, []).append(item)
    return found


def each_answered(
    answer: Callable[[Sequence[_Item]], Iterable[_Answer]], asked: Sequence[_Item], kind: type[_Error]
) -> list[_Answer | _Error]:
    """Return what ``answer`` gives for all that is ``asked``; if that raises ``kind``, for each alone, or its error."""
    try:
        return [*answer(asked)]
    except kind as error:
        if len(asked) == 1:
            return [error]
        return [found for each in asked for found in each_answered(answer, [each], kind)]


def amount(count: int, noun: str) -> str:
    """Return ``count`` with its noun: "1 article", "1,200 articles"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def folded(text: str) -> str:
    """Return ``text`` without case, the encoding of accents and ligatures, and surrounding space."""
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold().strip()


def number_of(text: str) -> int | float | None:
    """Return the number in ``text``: digits, with optional sign, decimal point and exponent; None for anything else."""
    if not text or _NUMBER.fullmatch(text) is None:
        return None
    return float(text) if any(mark in text for mark in ".eE") else int(text)
