"""Suggestions while typing: titles with words that begin with the typed ones.

The titles of a segment are folded, and the beginnings of their words sorted by the bytes that follow. A key stroke costs two binary
searches per word, a pass over the matches of the rarest, and a test of at most the ``LOOKED_AT`` newest titles: milliseconds for a million
titles. Segments never change, so titles are sorted once, in seconds per million.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterator, Sequence
from heapq import nsmallest
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsdex.search.answer.cleaning import one_line
from newsdex.store.columns import coded_at
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot
from newsdex.words import MARKS

LOOKED_AT = 2_000  # titles of a segment tested per key stroke
MOST_WORDS = 8  # typed words that are searched
MOST_TYPED = 200  # typed characters that are read
_SORTED = 8  # bytes of a word by which places are sorted
_GAP = re.compile(rf"(?:[^\w{MARKS}\u3099\u309a]|_)+")
# Accents of Latin, Greek and Cyrillic letters, Hebrew and Arabic points, and invisible characters.
_DROPPED = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u00ad\u200b-\u200d]")
# Scripts without spaces, where any character may begin a word: Thai and Lao; kana and ideographs.
_DENSE = re.compile("[\u0e00-\u0eff\u3000-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
# The same in UTF-8: ranges of the first and of the second byte.
_DENSE_BYTES = ((0xE0, 0xE0, 0xB8, 0xBB), (0xE3, 0xE9, 0x80, 0xBF), (0xEF, 0xEF, 0xA4, 0xAB), (0xF0, 0xF0, 0xA0, 0xBF))


class Hint(NamedTuple):
    """A title, with the source and the date of the newest article that has it; "" where unknown."""

    title: str
    source: str
    published: str


def folded(text: str) -> str:
    """Return the words of ``text``, separated by spaces, without case, accents and punctuation.

    >>> folded("  L'État, c'est MOI!")
    'l etat c est moi'
    """
    if not text.isascii():
        text = _DROPPED.sub("", unicodedata.normalize("NFKD", text))
    return _GAP.sub(" ", text.casefold()).strip()


def begins(text: str, word: str) -> bool:
    """Return whether a word of ``text`` begins with ``word``, both ``folded``; without spaces, whether it contains it."""
    return f" {text}".find(f" {word}") >= 0 or (_DENSE.match(word) is not None and word in text)


class Titles:
    """The titles of one segment, newest first, indexed by the beginnings of their words."""

    def __init__(self, segment: Segment) -> None:
        """Raises IndexDamaged."""
        _, last = segment.published_days
        self.rows: NDArray[np.int64] = np.argsort(-last.astype(np.int64), kind="stable")
        titles = segment.column("title")
        lines = [folded(titles[row]).encode() for row in self.rows.tolist()]
        self._ends = np.cumsum([len(line) + 1 for line in lines], dtype=np.int64)  # a line end after each
        self._bytes = b"\n".join([*lines, bytes(_SORTED)])
        content = np.frombuffer(self._bytes, np.uint8)
        places = _word_starts(content)
        key = np.zeros(len(places), np.uint64)
        for byte in range(_SORTED):
            key <<= np.uint64(8)
            key |= content[places + byte]
        places = places[np.argsort(key, kind="stable")]
        self._places = places.astype(np.uint32 if len(content) < 1 << 32 else np.uint64)
        self._numbers = np.searchsorted(self._ends, places, side="right").astype(np.uint32)

    def with_words(self, words: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Yield titles, newest first, with words that begin so, as rows and folded: of the rarest word's, the ``LOOKED_AT`` newest."""
        rarest = min((self._beginning_with(word.encode()) for word in words), key=len)
        if len(rarest) > LOOKED_AT:
            rarest = np.partition(rarest, LOOKED_AT)[:LOOKED_AT]
        for number in dict.fromkeys(np.sort(rarest).tolist()):
            start = int(self._ends[number - 1]) if number else 0
            line = self._bytes[start : int(self._ends[number]) - 1].decode()
            if all(begins(line, word) for word in words):
                yield int(self.rows[number]), line

    def _beginning_with(self, word: bytes) -> NDArray[np.uint32]:
        """Return the number of the title of each word that begins with ``word``."""
        head = word[:_SORTED]

        def beginning(place: int) -> bytes:
            start = int(self._places[place])
            return self._bytes[start : start + len(head)]

        every = range(len(self._places))
        low = bisect_left(every, head, key=beginning)
        high = bisect_right(every, head, lo=low, key=beginning)
        numbers, places = self._numbers[low:high], self._places[low:high].astype(np.int64)
        content = np.frombuffer(self._bytes, np.uint8)
        for byte in range(_SORTED, len(word)):
            same = content[np.minimum(places + byte, len(content) - 1)] == word[byte]
            numbers, places = numbers[same], places[same]
        return numbers


def _word_starts(content: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the places in UTF-8 where words begin: after a space or a line end, and at each character of a script without spaces."""
    gap = content <= ord(" ")
    before, after = np.ones_like(gap), np.zeros_like(content)
    before[1:], after[:-1] = gap[:-1], content[1:]
    for low, high, low_after, high_after in _DENSE_BYTES:
        before |= (content >= low) & (content <= high) & (after >= low_after) & (after <= high_after)
    return np.flatnonzero(~gap & before)


class Suggester:
    """Suggests titles of any version of an index, from any thread; caches those of the latest segments, about 120 bytes each."""

    def __init__(self) -> None:
        self.titles: dict[Hashable, Titles] = {}
        self._lock = threading.Lock()

    def hints(self, snapshot: Snapshot, typed: str, limit: int = 8) -> list[Hint]:
        """Return at most ``limit`` distinct titles in which each word that was ``typed`` begins a word. Titles that begin with the whole
        text come first, then those that contain it, then the others; newest first among equals. Raises IndexDamaged.
        """
        query = folded(typed[:MOST_TYPED])
        words = list(dict.fromkeys(query.split()))[:MOST_WORDS]
        if not words:
            return []
        best: dict[str, tuple[tuple[bool, bool, int, str], int, int]] = {}
        for number, (segment, titles) in enumerate(self._sorted(snapshot)):
            days = segment.published_days[1]
            for row, line in titles.with_words(words):
                if segment.live_articles[row]:
                    order = (not line.startswith(query), not begins(line, query), -int(days[row]), line)
                    if line not in best or order < best[line][0]:
                        best[line] = order, number, row
        hints = []
        for _, number, row in nsmallest(limit, best.values()):
            segment = snapshot.segments[number]
            hints.append(Hint(one_line(segment.title(row)), coded_at(segment.tensors, "source", row), str(segment.published(row) or "")))
        return hints

    def _sorted(self, snapshot: Snapshot) -> list[tuple[Segment, Titles]]:
        with self._lock:
            found = [(segment, self.titles.get(segment.content_key) or Titles(segment)) for segment in snapshot.segments]
            self.titles = {segment.content_key: titles for segment, titles in found}
            return found
