"""Candidate places of a quotation: stretches of articles that have its words by the postings, rarest word first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsdex.arrays import distinct
from newsdex.search.question.terms import analyzer, languages_of
from newsdex.search.quotes.folding import Token
from newsdex.search.ranking.lexical import QueryWord, look_up
from newsdex.store.columns import coded_at
from newsdex.store.postings import hash_of
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot
from newsdex.words import ACRONYMS

_RAREST = 8  # words that locate a quotation well enough
LOOSEST = 4  # length of a place in a text, with blank lines and invisible characters, relative to the quotation
_BEST = 50  # passages read for the quotation
_BEST_OF_PART = 8  # passages read for a part of it
_PART = 8  # words of such a part
_PARTS = 64
_ALWAYS = 4  # least passages read, however long the quotation
_MOST_CHARACTERS = 300_000  # characters read for the whole quotation
_MOST_WINDOWS = 256  # windows read for its parts
_TITLES = 500  # titles read for it, of the articles with the largest weight of its words
_MARGIN = 64  # further characters around a place
_ARTICLE = 32  # bits of a character's offset, below those of its article


class Window(NamedTuple):
    """Characters ``start`` to ``end`` of an article, by the numbers of its segment and row. An empty one stands for the title."""

    segment: int
    row: int
    start: int
    end: int

    @property
    def in_title(self) -> bool:
        """Whether it is the title."""
        return not self.end


@dataclass(frozen=True, slots=True)
class Sought:
    """The distinct searchable words of a quotation, and their ``order`` in it as indices."""

    words: Sequence[QueryWord]
    order: Sequence[int]


def sought(snapshot: Snapshot, quote: Sequence[Token]) -> Sought:
    """Return the words that an article must have in its postings; no single letters, as of abbreviations. Raises IndexDamaged."""
    languages = sorted(languages_of(snapshot))
    terms = [found for word in _words(quote) if (found := _terms(word, languages))]
    numbers: dict[tuple[str, ...], int] = {}
    order = [numbers.setdefault(each, len(numbers)) for each in terms]
    return Sought(look_up(snapshot, list(numbers)), order)


def is_word_of(snapshot: Snapshot, word: str) -> bool:
    """Return whether any article of the index has ``word``, in its language. Raises IndexDamaged."""
    [found] = look_up(snapshot, [_terms(word, sorted(languages_of(snapshot)))], "article")
    return any(found.postings)


def exact_windows(snapshot: Snapshot, words: Sequence[QueryWord], length: int) -> Iterator[Window]:
    """Yield stretches that may have all ``words`` in about ``length`` characters, or titles; all without words. Raises IndexDamaged."""
    rarest = sorted(words, key=lambda word: -word.weight)[:_RAREST]
    for number, segment in enumerate(snapshot.segments):
        places = _Places(segment)
        if not rarest:
            yield from places.windows(number, segment.live_passages.nonzero()[0], LOOSEST * length + _MARGIN)
            continue
        having = [_passages(segment, word, number) for word in rarest]
        first, last = places.around(having[0], LOOSEST * length + _MARGIN)
        here = np.ones(len(having[0]), np.bool_)
        for passages in having[1:]:
            here &= np.searchsorted(passages, first) < np.searchsorted(passages, last)
        yield from places.windows(number, having[0][here], LOOSEST * length + _MARGIN)
        yield from _titles(segment, rarest, number)


def _titles(segment: Segment, words: Sequence[QueryWord], number: int) -> Iterator[Window]:
    """Yield an empty window for each living article whose title has all of ``words``."""
    rows = np.flatnonzero(segment.live_articles)
    for word in words:
        rows = rows[np.isin(rows, _articles(segment, word))]
    for row in rows.tolist():
        terms = _title_terms(segment, row)
        if not any(terms.isdisjoint(word.terms) for word in words):
            yield Window(number, row, 0, 0)


def _articles(segment: Segment, word: QueryWord) -> NDArray[np.uint32]:
    """Return the articles that have ``word`` in title or text, each once."""
    found = segment.postings.of([hash_of(term) for term in word.terms], "article")
    return distinct(np.concatenate([np.empty(0, np.uint32), *(posting.places for posting in found if posting)]))


def _title_terms(segment: Segment, row: int) -> set[str]:
    return set(analyzer(coded_at(segment.tensors, "language", row)).terms(segment.title(row)))


def near_windows(snapshot: Snapshot, asked: Sought, length: int) -> Iterator[Window]:
    """Yield stretches with most of the words, or of those of a part of the quotation of ``length`` characters, and titles with half of the
    words. They have some hundred thousand characters at most. Raises IndexDamaged.
    """
    places = [_Places(segment) for segment in snapshot.segments]
    for words, count, margin in _parts(asked, length):
        best: dict[int, set[int]] = {}
        for number, passage in _heaviest(snapshot, words, count):
            best.setdefault(number, set()).add(passage)
        for number, passages in best.items():
            yield from places[number].windows(number, np.array(sorted(passages)), margin + _MARGIN, longest=4 * (margin + _MARGIN))
    yield from _near_titles(snapshot, asked)


def _near_titles(snapshot: Snapshot, asked: Sought) -> Iterator[Window]:
    """Yield the titles with at least half of the words, of the _TITLES articles of each segment that have most of their weight."""
    for number, segment in enumerate(snapshot.segments):
        total = np.zeros(len(segment.live_articles), np.float32)
        for word in asked.words:
            total[_articles(segment, word)] += np.float32(word.weight)
        total[~segment.live_articles] = 0
        some = np.flatnonzero(total)
        for row in some[np.argsort(-total[some], kind="stable")[:_TITLES]].tolist():
            terms = _title_terms(segment, row)
            if 2 * sum(not terms.isdisjoint(word.terms) for word in asked.words) >= len(asked.words):
                yield Window(number, row, 0, 0)


def _words(quote: Sequence[Token]) -> Iterator[str]:
    """Yield the words; in a script without spaces, pairs of characters."""
    for token, after in zip_longest(quote, quote[1:]):
        if token.is_dense:
            if after and after.is_dense and after.start == token.end:
                yield token.form + after.form
        elif token.is_word and (len(token.key) > 1 or token.key.isdigit()):
            yield token.form


def _terms(word: str, languages: Iterable[str]) -> tuple[str, ...]:
    """Return the term of ``word`` in each language; empty if it is not one term, since it may be cut differently within a text."""
    terms = [[term for term in analyzer(language).terms(word) if term not in ACRONYMS] for language in languages]
    return tuple(dict.fromkeys(each[0] for each in terms)) if all(len(each) == 1 for each in terms) else ()


def _parts(asked: Sought, length: int) -> Iterator[tuple[list[QueryWord], int, int]]:
    """Yield the words of the whole and of its overlapping parts, each with its number of passages and of characters around them."""
    yield list(asked.words), max(_ALWAYS, min(_BEST, _MOST_CHARACTERS // (3 * length))), length
    size = max(_PART, -(-2 * len(asked.order) // _PARTS))
    if len(asked.order) > size:
        starts = range(0, len(asked.order) - size // 2, size // 2)
        for start in starts:
            words = [asked.words[number] for number in sorted(set(asked.order[start : start + size]))]
            yield words, max(_ALWAYS, min(_BEST_OF_PART, _MOST_WINDOWS // len(starts))), length * size // len(asked.order)


def _heaviest(snapshot: Snapshot, words: Sequence[QueryWord], count: int) -> list[tuple[int, int]]:
    """Return the segment and position of the ``count`` passages with the largest weight of ``words``."""
    found: list[tuple[float, int, int]] = []
    for number, segment in enumerate(snapshot.segments):
        total = np.zeros(len(segment), np.float32)
        for word in words:
            total[_passages(segment, word, number)] += np.float32(word.weight)
        some = np.flatnonzero(total)
        best = some[np.argsort(-total[some], kind="stable")[:count]]
        found += zip((-total[best]).tolist(), [number] * len(best), best.tolist(), strict=True)
    return [(number, passage) for _, number, passage in sorted(found)[:count]]


def _passages(segment: Segment, word: QueryWord, number: int) -> NDArray[np.int64]:
    """Return the living passages that have ``word``, ascending."""
    found = [posting.places for posting in word.postings[number]]
    passages = found[0] if len(found) == 1 else distinct(np.concatenate([np.empty(0, np.uint32), *found]))
    if segment.is_partial:
        passages = passages[segment.live_passages[passages]]
    return passages.astype(np.int64)


class _Places:
    def __init__(self, segment: Segment) -> None:
        self._rows = segment.tensors["passage.article"].astype(np.int64)
        passages = segment.tensors["passage"].astype(np.int64)
        self._starts = (self._rows << _ARTICLE) + passages[:, 0]
        self._ends = (self._rows << _ARTICLE) + passages[:, 1]

    def around(self, passages: NDArray[np.int64], margin: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return, for each passage, the range of passages of its article within ``margin`` characters."""
        rows = self._rows[passages] << _ARTICLE
        first = np.searchsorted(self._ends, np.maximum(self._starts[passages] - margin, rows), side="right")
        last = np.searchsorted(self._starts, np.minimum(self._ends[passages] + margin, rows + (1 << 32) - 1))
        return np.minimum(first, passages), last

    def windows(self, number: int, passages: NDArray[np.int64], margin: int, longest: int | None = None) -> Iterator[Window]:
        """Yield stretches ``margin`` characters around ascending ``passages``; overlaps are merged up to the length ``longest``."""
        firsts, lasts = self.around(passages, margin)
        merged = [(-1, -1)]
        for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
            start, stop = merged[-1]
            if first < stop and (longest is None or self._ends[last - 1] - self._starts[start] <= longest):
                merged[-1] = start, max(stop, last)
            else:
                merged.append((first, last))
        for first, stop in merged[1:]:
            start, end = int(self._starts[first]) & 0xFFFFFFFF, int(self._ends[stop - 1]) & 0xFFFFFFFF
            yield Window(number, int(self._rows[first]), start, end)
