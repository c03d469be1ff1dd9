"""The words of a segment as they are written, each with the number of articles that hold it: what a misspelt word of a question is compared
with.

A word has letters only, at least four of them, and is kept with its accents and without capitals. Scripts that put no space between words
have none.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsdex.records import Article
from newsdex.store.checked import CheckedTensors
from newsdex.store.columns import pack_strings, strings_layout
from newsdex.store.layout import Array, Layout
from newsdex.tensors import Tensors
from newsdex.words import DENSE, LONGEST

SHORTEST = 4
_RUN = re.compile(r"\w+")
# Letters that transliterations take for each other share a bit, so that words that sound alike have the same ones. "h" is silent in "ph"
# and "sch".
_ALIKE = ("a", "b", "ckq", "d", "e", "fp", "g", "ijy", "l", "m", "n", "o", "r", "sz", "t", "u", "vw", "x")
_BITS = np.zeros(256, np.uint32)
for _bit, _letters in enumerate(_ALIKE):
    for _letter in _letters:
        _BITS[ord(_letter)] = 1 << _bit
# The first bytes of the Latin letters that ASCII does not have, U+00C0 to U+024F.
_ACCENTED = range(0xC3, 0xCA)

# The arrays for so many "articles".
LAYOUT: Layout = {**strings_layout("word", "words"), "word.articles": Array(("U32",), ("words",), "articles")}


def pack_vocabulary(articles: Iterable[Article]) -> Tensors:
    """The column of strings ``word``, ascending, and ``word.articles`` (uint32): in how many of ``articles`` each is."""
    runs: Counter[str] = Counter()
    for article in articles:
        runs.update(set(_RUN.findall(_written(article.text))).union(_RUN.findall(_written(article.title))))
    dense = re.compile(f"[{DENSE}]")
    words = sorted(run for run in runs if SHORTEST <= len(run) <= LONGEST and run.isalpha() and (run.isascii() or not dense.search(run)))
    return {**pack_strings("word", words), "word.articles": np.array([runs[word] for word in words], np.uint32)}


def _written(text: str) -> str:
    """``text`` without capitals, each accent in one character with its letter, and without the places where a word may be broken."""
    if text.isascii():
        return text.lower()
    # The casefolded capital I with a dot of Turkish is an i with a dot of its own.
    return unicodedata.normalize("NFC", text.replace("\u00ad", "").casefold().replace("i\u0307", "i"))


def letters_of(word: str) -> int:
    """Which letters ``word`` has, a bit each; those that transliterations take for each other share one."""
    return int(np.bitwise_or.reduce(_BITS[np.frombuffer(word.encode(errors="replace"), np.uint8)], initial=0))


class Wanted(NamedTuple):
    """What words are looked for: those whose first letter, without its accent, is one of ``firsts``, with a number of letters from
    ``shortest`` to ``longest``, that differ from ``letters`` in ``differ`` bits at most, and in one more for each letter that ASCII does
    not have.
    """

    firsts: frozenset[str]
    shortest: int
    longest: int
    letters: int
    differ: int


class Vocabulary:
    """The words of a segment, checked as they are read. Reading raises IndexDamaged."""

    def __init__(self, tensors: CheckedTensors) -> None:
        self._tensors = tensors
        self._looked: dict[tuple[int, int], tuple[NDArray[np.uint32], NDArray[np.int16], NDArray[np.int16]]] = {}

    def like(self, wanted: Wanted) -> dict[str, int]:
        """The words that are ``wanted``, each with its number of articles, and perhaps some whose first letter is another one with an
        accent.
        """
        found: dict[str, int] = {}
        for first, last in self._ranges(wanted.firsts):
            letters, length, beyond = self._looks(first, last)
            differ = np.bitwise_count(letters ^ np.uint32(wanted.letters))
            rows = np.flatnonzero((differ <= wanted.differ + beyond) & (length >= wanted.shortest) & (length <= wanted.longest)) + first
            starts, ends = self._starts[rows].tolist(), self._starts[rows + 1].tolist()
            for start, end, count in zip(starts, ends, self._tensors["word.articles"][rows].tolist(), strict=True):
                found[self._bytes[start:end].decode(errors="replace")] = count
        return found

    def accented(self, word: str, folded: Callable[[str], str]) -> list[str]:
        """The words with letters that ASCII does not have and that are ``word`` when they are ``folded``, which has as many letters."""
        if not len(self._starts) - 1:
            return []
        letters, length, beyond = self._looks(0, len(self._starts) - 1)
        alike = np.bitwise_count(letters ^ np.uint32(letters_of(word))) <= beyond
        rows = np.flatnonzero(alike & (beyond > 0) & (length == len(word)))
        starts, ends = self._starts[rows].tolist(), self._starts[rows + 1].tolist()
        words = (self._bytes[start:end].decode(errors="replace") for start, end in zip(starts, ends, strict=True))
        return [written for written in words if folded(written) == word]

    def _looks(self, first: int, last: int) -> tuple[NDArray[np.uint32], NDArray[np.int16], NDArray[np.int16]]:
        """Of the words of a range the letters, as ``letters_of`` has them, how many there are, and how many bytes more they take; kept, for
        the next question has the same ranges.
        """
        if (first, last) not in self._looked:
            content = self._content[self._starts[first] : self._starts[last] + 1].copy()
            content[-1] = 0  # where an empty word could begin; it belongs to none
            starts = self._starts[first:last] - self._starts[first]
            goes_on = (content & 0xC0) == 0x80  # noqa: PLR2004 - a byte that does not begin a character
            beyond = np.add.reduceat(goes_on, starts, dtype=np.int64)
            size = self._starts[first + 1 : last + 1] - self._starts[first:last]
            letters = np.bitwise_or.reduceat(_BITS[content], starts)
            self._looked[first, last] = letters, (size - beyond).astype(np.int16), beyond.astype(np.int16)
        return self._looked[first, last]

    def is_in_order(self) -> bool:
        """Whether it has words, each once, ascending. Looks at all numbers."""
        self._tensors["word.articles"]
        words = [
            self._content[start:end].tobytes() for start, end in zip(self._starts[:-1].tolist(), self._starts[1:].tolist(), strict=True)
        ]
        try:
            are_words = all(SHORTEST <= len(text := word.decode()) <= LONGEST and text.isalpha() for word in words)
        except UnicodeDecodeError:
            return False
        return are_words and all(one < other for one, other in pairwise(words))

    def _ranges(self, firsts: Iterable[str]) -> list[tuple[int, int]]:
        """Where the words lie that can have one of these first letters; none is empty."""
        ranges = []
        for letter in firsts:
            first, *more = letter.encode(errors="replace")
            low, high = int(self._by_first[first]), int(self._by_first[first + 1])
            for place, byte in enumerate(more, 1):
                column = self._content.take(self._starts[low:high] + place, mode="clip")
                low, high = low + int(np.searchsorted(column, byte)), low + int(np.searchsorted(column, byte, side="right"))
            ranges.append((low, high))
        if any(letter.isascii() for letter in firsts):
            ranges.append((int(self._by_first[_ACCENTED.start]), int(self._by_first[_ACCENTED.stop])))
        return [(low, high) for low, high in sorted(set(ranges)) if low < high]

    @cached_property
    def _content(self) -> NDArray[np.uint8]:
        """The bytes of all words, and one more, at which an empty last one could begin."""
        return np.append(self._tensors["word"].astype(np.uint8, copy=False), np.uint8(0))

    @cached_property
    def _bytes(self) -> bytes:
        return self._content.tobytes()

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        """Where each word begins, and where the last one ends."""
        return np.concatenate([np.zeros(1, np.int64), self._tensors["word.ends"].astype(np.int64)])

    @cached_property
    def _by_first(self) -> NDArray[np.int64]:
        """How many words begin with a byte less than each of 0 to 256."""
        return np.searchsorted(self._content[self._starts[:-1]], np.arange(257))
