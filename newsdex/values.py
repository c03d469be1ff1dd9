"""Field values, as they are compared: their normal form, and their numbers; amounts and times as they are written; processors."""

from __future__ import annotations

import os
import re
import time
import unicodedata

_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?", re.ASCII)


def utc_now() -> str:
    """Return the time in UTC, to the second, as records and messages have it: "2024-05-01T12:00:00Z"."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
