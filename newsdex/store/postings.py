"""Which passages and which articles hold which terms, and how much that says: the part of BM25 that does not change when other articles
come and go.

BM25 (Robertson and Zaragoza 2009, The Probabilistic Relevance Framework, eq. 3.15) scores a text by the sum over the question's terms of

    idf(term) * tf / (tf + k1 * (1 - b + b * length / pivot))

The second factor, the impact, is stored in 8 bits. ``pivot`` is a constant and not the mean length, so nothing stored depends on the other
texts, and an index that grew by updates ranks as one that was built at once. The first factor comes from the counts at the time of the
question: newsdex.search.ranking.lexical.

There are two lists. A passage has its own words only: they choose among the passages of an article. An article has the words of all its
passages, and those of its title three times: they choose the article.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.arrays import distinct, runs
from newsdex.store.checked import CheckedTensors
from newsdex.store.columns import range_at
from newsdex.tensors import Array, Layout, TensorReader, Tensors

Unit = Literal["passage", "article"]


class Shape(NamedTuple):
    """The constants of BM25 for one kind of text. ``pivot`` is its usual length in terms."""

    k1: float
    pivot: int
    b: float = 0.75


# Measured: docs/QUALITY.md.
SHAPES: dict[Unit, Shape] = {"passage": Shape(0.9, 56), "article": Shape(1.2, 400)}
TITLE = 3  # times that an article has the words of its title
SCALE = 255  # an impact of 1
_JOINED = 1 << 18  # places that are copied at once
_REMEMBERED = 1_024  # terms of a segment, of questions before: half a megabyte


class Posting(NamedTuple):
    """Where a term occurs: ``places``, ascending positions, uint16 or uint32, and ``impacts``, uint8, in 1/255. ``total`` counts the
    passages or articles of the archive with it, if the segment is an excerpt.
    """

    places: NDArray[np.unsignedinteger]
    impacts: NDArray[np.uint8]
    total: int | None = None


class ArticleTerms(NamedTuple):
    """The terms of an article: those of each of its ``passages``, and those that its ``title`` adds."""

    title: Sequence[str]
    passages: Sequence[Sequence[str]]


def pack_postings(articles: Iterable[ArticleTerms]) -> Tensors:
    """The arrays for a segment's articles, in order."""
    vocabulary: defaultdict[str, int] = defaultdict(lambda: len(vocabulary))
    numbers: list[int] = []
    titles: list[int] = []
    lengths, counts, title_lengths = [], [], []
    for article in articles:
        counts.append(len(article.passages))
        for terms in article.passages:
            lengths.append(len(terms))
            numbers += map(vocabulary.__getitem__, terms)
        title_lengths.append(len(article.title))
        titles += map(vocabulary.__getitem__, article.title)
    hashes = np.array([hash_of(term) for term in vocabulary], np.uint64)
    order = np.argsort(hashes)
    rank = np.empty(len(order), np.uint64)
    rank[order] = np.arange(len(order), dtype=np.uint64)
    holder = np.repeat(np.arange(len(lengths)), lengths)
    article_of = np.repeat(np.arange(len(counts)), counts)
    own = rank[np.array(numbers, np.int64)]
    whole = np.concatenate([own, rank[np.array(titles, np.int64)]])
    whole_holder = np.concatenate([article_of[holder], np.repeat(np.arange(len(counts)), title_lengths)])
    return {
        "term": hashes[order],
        **_packed("passage", own, holder, len(lengths), len(order)),
        **_packed("article", whole, whole_holder, len(counts), len(order)),
    }


def _packed(unit: Unit, terms: NDArray[np.uint64], holder: NDArray[np.int64], size: int, vocabulary: int) -> Tensors:
    """One list: of each occurrence of a term its number in ascending order and what holds it, one of ``size``."""
    shape = SHAPES[unit]
    length = np.bincount(holder, minlength=size)
    pairs, frequency = np.unique(terms << np.uint64(32) | holder.astype(np.uint64), return_counts=True)
    places = pairs & np.uint64(0xFFFFFFFF)
    saturation = shape.k1 * (1 - shape.b + shape.b * length[places.astype(np.int64)] / shape.pivot)
    impact = np.round(SCALE * frequency / (frequency + saturation))
    ends = np.searchsorted(pairs >> np.uint64(32), np.arange(vocabulary, dtype=np.uint64), side="right")
    return {
        f"{unit}.ends": ends.astype(np.uint32),
        unit: places.astype(_type_of(size)),
        f"{unit}.impact": np.clip(impact, 1, SCALE).astype(np.uint8),
    }


def join_postings(readers: Sequence[TensorReader], places: Mapping[Unit, Sequence[NDArray[np.int64]]]) -> Tensors:
    """The arrays for segments that follow each other, by theirs. ``places`` has the new place of each segment's passages and articles, -1
    for those left out, with terms that only these have. No impact changes. Raises ValueError if terms are not in order.
    """
    if any((reader["term"][1:] <= reader["term"][:-1]).any() for reader in readers):  # type: ignore[operator]
        raise ValueError("its terms are not in order")
    terms = distinct(np.concatenate([reader["term"] for reader in readers]))
    ranks = [np.searchsorted(terms, reader["term"]) for reader in readers]
    made = {**_joined("passage", readers, ranks, places, len(terms)), **_joined("article", readers, ranks, places, len(terms))}
    held = np.diff(made["article.ends"], prepend=np.uint32(0)) > 0  # an article has the terms of its passages
    return {"term": terms[held], **made, **{name: made[name][held] for name in ("passage.ends", "article.ends")}}


def _joined(
    unit: Unit,
    readers: Sequence[TensorReader],
    ranks: Sequence[NDArray[np.int64]],
    places: Mapping[Unit, Sequence[NDArray[np.int64]]],
    vocabulary: int,
) -> Tensors:
    """One list: ``ranks`` are the places of each reader's terms among all."""
    totals, counts = np.zeros(vocabulary, np.int64), []
    for reader, rank, new in zip(readers, ranks, places[unit], strict=True):
        ends = reader[f"{unit}.ends"].astype(np.int64)
        count = np.diff(ends, prepend=0)
        if (new < 0).any():
            gone = np.flatnonzero((new < 0).take(reader[unit]))  # type: ignore[arg-type]
            count -= np.bincount(np.searchsorted(ends, gone, side="right"), minlength=len(count))
        counts.append(count)
        totals[rank] += count
    ends = np.cumsum(totals)
    joined = np.empty(int(totals.sum()), _type_of(sum(int(np.count_nonzero(new >= 0)) for new in places[unit])))
    impacts = np.empty(len(joined), np.uint8)
    # A term has its places in the first segment, then those in the next one.
    free = ends - totals
    for reader, rank, count, new in zip(readers, ranks, counts, places[unit], strict=True):
        stops = reader[f"{unit}.ends"].astype(np.int64)
        for some in np.split(np.arange(len(rank)), np.searchsorted(stops, np.arange(_JOINED, len(reader[unit]), _JOINED))):
            if len(some):
                start, stop = int(stops[some[0] - 1]) if some[0] else 0, int(stops[some[-1]])
                found = new.take(reader.part(unit, start, stop))  # type: ignore[arg-type]
                stay, where = found >= 0, runs(free[rank[some]], count[some])
                joined[where] = found[stay]
                impacts[where] = reader.part(f"{unit}.impact", start, stop)[stay]
        reader.release()
        free[rank] += count
    return {f"{unit}.ends": ends.astype(np.uint32), unit: joined, f"{unit}.impact": impacts}


def _type_of(size: int) -> type[np.unsignedinteger]:
    """That of the places of passages or articles, of which there are so many."""
    return np.uint16 if size <= 1 << 16 else np.uint32


# The arrays for so many "passages" and "articles".
LAYOUT: Layout = {
    "term": Array(("U64",), ("terms",)),
    "passage.ends": Array(("U32",), ("terms",), "places", order="ends"),
    "passage": Array(("U16", "U32"), ("places",), below="passages"),
    "passage.impact": Array(("U8",), ("places",)),
    "article.ends": Array(("U32",), ("terms",), "article places", order="ends"),
    "article": Array(("U16", "U32"), ("article places",), below="articles"),
    "article.impact": Array(("U8",), ("article places",)),
}


def hash_of(term: str) -> int:
    """A term is known by the XXH3-64 of its UTF-8 bytes. Two of a million terms share one with a probability of 3e-8."""
    return xxhash.xxh3_64_intdigest(term.encode())


class Postings:
    """The postings of a segment, checked as they are read."""

    def __init__(self, tensors: CheckedTensors) -> None:
        self._tensors = tensors
        self._rows: dict[int, int | None] = {}
        self._found: dict[Unit, dict[int, Posting | None]] = {"passage": {}, "article": {}}

    def of(self, terms: Sequence[int], unit: Unit = "passage") -> list[Posting | None]:
        """Where each of the terms of these hashes occurs, in passages or in articles, or None. Raises IndexDamaged."""
        known = self._found[unit]
        if new := [term for term in dict.fromkeys(terms) if term not in known]:
            if len(known) + len(new) > _REMEMBERED:
                known = self._found[unit] = {}
                new = list(dict.fromkeys(terms))
            known.update(zip(new, self._read(new, unit), strict=True))
        return [known[term] for term in terms]

    def _read(self, terms: Sequence[int], unit: Unit) -> list[Posting | None]:
        rows = map(self._row, terms)
        held = [(0, 0) if row is None else range_at(self._tensors, f"{unit}.ends", row) for row in rows]
        places, impacts = self._tensors.parts(unit, held), self._tensors.parts(f"{unit}.impact", held)
        # A word of a title is in no passage.
        return [Posting(*each) if len(each[0]) else None for each in zip(places, impacts, strict=True)]  # type: ignore[arg-type]

    def _row(self, term: int) -> int | None:
        """Where the term is, which is asked for passages and for articles."""
        known = self._rows
        if term not in known:
            if len(known) >= _REMEMBERED:
                known = self._rows = {}
            known[term] = self._tensors.row_of("term", term)
        return known[term]

    def examine(self) -> None:
        """Look at every number. Raises IndexDamaged when one cannot be."""
        for name in LAYOUT:
            self._tensors[name]
