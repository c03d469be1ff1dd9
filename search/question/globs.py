"""Path patterns as in fnmatch, matched in linear time: each piece between two asterisks is searched once, without backtracking."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator
from functools import lru_cache

_HEAD = "(?s:"
_END = fnmatch.translate("")[len(_HEAD) :]  # the end of every expression that fnmatch.translate returns


@lru_cache(maxsize=1_024)
def matcher(pattern: str) -> Callable[[str], bool]:
    """Return a test whether a whole text matches ``pattern``: * is anything, ? one character, [abc] and [a-z] one of some, [!abc] one of
    the others.

    The leftmost match of each piece is right, because it leaves most text to the next. Pieces have a fixed length, so nothing is retried.
    """
    pieces: list[list[str]] = [[]]
    for part in _parts(pattern):
        if part == "*":
            pieces.append([])
        else:
            pieces[-1].append(part)
    first, *middle = [(re.compile("".join(piece), re.DOTALL), len(piece)) for piece in pieces]
    least = sum(map(len, pieces))
    if not middle:
        return lambda text: len(text) == least and first[0].fullmatch(text) is not None
    last, size = middle.pop()
    inner = [form for form, length in middle if length]

    def test(text: str) -> bool:
        end = len(text) - size
        if len(text) < least or (found := first[0].match(text)) is None or last.match(text, end) is None:
            return False
        at = found.end()
        for form in inner:
            if (found := form.search(text, at, end)) is None:
                return False
            at = found.end()
        return True

    return test


def _parts(pattern: str) -> Iterator[str]:
    """Yield each character of a pattern as a regular expression for one character; * for an asterisk."""
    place, last = 0, pattern.rfind("]")
    while place < len(pattern):
        char, start = pattern[place], place
        place += 1
        if char == "[":
            begin = place + (pattern[place : place + 1] == "!")
            begin += pattern[begin : begin + 1] == "]"
            if begin <= last:
                place = pattern.index("]", begin) + 1
                yield fnmatch.translate(pattern[start:place])[len(_HEAD) : -len(_END)]
                continue
        yield "*" if char == "*" else "." if char == "?" else re.escape(char)
