"""Patterns of paths, as fnmatch has them, in a time that no pattern can make long: a piece between two asterisks is looked for once, and
never again.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator
from functools import lru_cache

_HEAD = "(?s:"
_END = fnmatch.translate("")[len(_HEAD) :]  # of what fnmatch makes of a pattern


@lru_cache(maxsize=1_024)
def matcher(pattern: str) -> Callable[[str], bool]:
    """A test whether a whole text fits ``pattern``: * stands for anything, ? for a character, [abc] and [a-z] for one of some, [!abc] for
    one of the others.

    The leftmost place of each piece is the right one, for it leaves the most to what follows. A piece has one character for each of its
    own, so that nothing is tried in two ways.
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
    """Each character of a pattern as a regular expression of one character; * for an asterisk."""
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
