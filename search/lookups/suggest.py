"""Suggestions while typing: titles with words that begin with the typed ones.

The folded titles of a segment are one text, which is searched for the typed word that is rarest in its beginning. A key stroke costs
milliseconds for a million titles. Segments never change, so titles are folded once.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Hashable, Iterator, Sequence
from heapq import nsmallest
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsdex.output import as_unicode
from newsdex.search.answer.cleaning import clean
from newsdex.store.columns import coded_at
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot
from newsdex.words import MARKS

LOOKED_AT = 2_000  # titles of a segment tested per key stroke
MOST_WORDS = 8  # typed words that are searched
MOST_TYPED = 200  # typed characters that are read
_SAMPLE = 300_000  # bytes in which the typed words are counted
_GAP = re.compile(rf"(?:[^\w{MARKS}\u3099\u309a]|_)+")
# Accents of Latin, Greek and Cyrillic letters, Hebrew and Arabic points, and invisible characters.
_DROPPED = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u00ad\u200b-\u200d]")
# Scripts without spaces, where any character may begin a word: Thai and Lao; kana and ideographs.
_DENSE = re.compile("[\u0e00-\u0eff\u3000-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


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
    """The folded titles of one segment, newest first."""

    def __init__(self, segment: Segment) -> None:
        """Raises IndexDamaged."""
        _, last = segment.published_days
        self.rows: NDArray[np.int64] = np.argsort(-last.astype(np.int64), kind="stable")
        titles = segment.column("title")
        lines = [f" {folded(titles[row])}\n".encode() for row in self.rows.tolist()]
        self._ends = np.cumsum([len(line) for line in lines], dtype=np.int64)
        self._lines = b"".join(lines)

    def with_words(self, words: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Yield titles, newest first, that have a word beginning with each of ``words``, as their rows and folded. Of the titles with the
        rarest word, the ``LOOKED_AT`` newest are tested.
        """
        sought = [("" if _DENSE.match(word) else " ").encode() + word.encode() for word in words]
        rarest = min(sought, key=lambda word: self._lines.count(word, 0, _SAMPLE))
        place = self._lines.find(rarest)
        for _ in range(LOOKED_AT):
            if place < 0:
                return
            end = self._lines.find(b"\n", place)
            line = self._lines[self._lines.rfind(b"\n", 0, place) + 1 : end]
            if all(word in line for word in sought):
                yield int(self.rows[np.searchsorted(self._ends, place, side="right")]), line[1:].decode()
            place = self._lines.find(rarest, end)


class Suggester:
    """Suggests titles from any version of one index; safe for any number of threads. Caches the folded titles of the latest version's
    segments: about 90 bytes per title.
    """

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
        for number, (segment, titles) in enumerate(self._folded(snapshot)):
            days = segment.published_days[1]
            for row, line in titles.with_words(words):
                if segment.live_articles[row]:
                    order = (not line.startswith(query), not begins(line, query), -int(days[row]), line)
                    if line not in best or order < best[line][0]:
                        best[line] = order, number, row
        hints = []
        for _, number, row in nsmallest(limit, best.values()):
            segment = snapshot.segments[number]
            title = " ".join(clean(as_unicode(segment.title(row))).split())
            hints.append(Hint(title, coded_at(segment.tensors, "source", row), str(segment.published(row) or "")))
        return hints

    def _folded(self, snapshot: Snapshot) -> list[tuple[Segment, Titles]]:
        with self._lock:
            found = [(segment, self.titles.get(segment.content_key) or Titles(segment)) for segment in snapshot.segments]
            self.titles = {segment.content_key: titles for segment, titles in found}
            return found
