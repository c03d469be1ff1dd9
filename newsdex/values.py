"""How the values of an article's fields are compared: the form in which they are equal, and the numbers that they are."""

from __future__ import annotations

import re
import unicodedata

_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?", re.ASCII)


def folded(text: str) -> str:
    """``text`` without what makes no difference: case, the way in which accents and ligatures are encoded, space around it."""
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold().strip()


def number_of(text: str) -> int | float | None:
    """The number that ``text`` is, if it is one: digits, with a sign, a decimal point, an exponent."""
    if not text or _NUMBER.fullmatch(text) is None:
        return None
    return float(text) if any(mark in text for mark in ".eE") else int(text)
