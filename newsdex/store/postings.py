"""Which passages hold which terms, and how much that says: the part of BM25 that does not change when other articles come and go.

BM25 (Robertson and Zaragoza 2009, The Probabilistic Relevance Framework, eq. 3.15) scores a passage by the sum over the question's terms of

    idf(term) * tf / (tf + k1 * (1 - b + b * length / pivot))

The second factor, the impact, is stored in 8 bits. ``pivot`` is a constant and not the mean length, because passages are of about equal size:
so nothing stored depends on the other passages, and an index that grew by updates ranks as one that was built at once. The first factor
comes from the counts at the time of the question: newsdex.search.ranking.lexical.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.store.checked import CheckedTensors
from newsdex.store.layout import Array, Layout
from newsdex.tensors import Tensors

# The usual constants; the mean passage of six collections has 64 terms with its title: docs/QUALITY.md.
K1 = 1.2
B = 0.75
PIVOT = 64
SCALE = 255  # an impact of 1


class Posting(NamedTuple):
    """Where a term occurs: ``passages``, ascending positions in the segment, uint16 or uint32, and ``impacts``, uint8, in 1/255.

    ``total`` is how many passages of the archive it is in, where the segment is an excerpt of it.
    """

    passages: NDArray[np.unsignedinteger]
    impacts: NDArray[np.uint8]
    total: int | None = None


def pack_postings(passages: Iterable[Sequence[str]]) -> Tensors:
    """The arrays for a segment's passages, each given by its terms."""
    vocabulary: dict[str, int] = {}
    numbers: list[int] = []
    lengths = []
    for terms in passages:
        lengths.append(len(terms))
        numbers += [vocabulary.setdefault(term, len(vocabulary)) for term in terms]
    hashes = np.array([hash_of(term) for term in vocabulary], np.uint64)
    order = np.argsort(hashes)
    rank = np.empty(len(order), np.uint64)
    rank[order] = np.arange(len(order), dtype=np.uint64)
    length = np.array(lengths, np.uint64)
    holder = np.repeat(np.arange(len(length), dtype=np.uint64), length.astype(np.int64))
    pairs, frequency = np.unique(rank[np.array(numbers, np.int64)] << np.uint64(32) | holder, return_counts=True)
    position = pairs & np.uint64(0xFFFFFFFF)
    saturation = K1 * (1 - B + B * length[position.astype(np.int64)] / PIVOT)
    impact = np.round(SCALE * frequency / (frequency + saturation))
    return {
        "term": hashes[order],
        "term.ends": np.searchsorted(pairs >> np.uint64(32), np.arange(len(order), dtype=np.uint64), side="right").astype(np.uint32),
        "passage": position.astype(np.uint16 if len(length) <= 1 << 16 else np.uint32),
        "impact": np.clip(impact, 1, SCALE).astype(np.uint8),
    }


LAYOUT: Layout = {  # of the arrays for so many "passages"
    "term": Array(("U64",), ("terms",)),
    "term.ends": Array(("U32",), ("terms",), "places", order="ends"),
    "passage": Array(("U16", "U32"), ("places",), below="passages"),
    "impact": Array(("U8",), ("places",)),
}


def hash_of(term: str) -> int:
    """A term is known by the XXH3-64 of its UTF-8 bytes. Two of a million terms share one with a probability of 3e-8."""
    return xxhash.xxh3_64_intdigest(term.encode())


class Postings:
    """The postings of a segment, checked as they are read."""

    def __init__(self, tensors: CheckedTensors) -> None:
        self._tensors = tensors

    def of(self, terms: Sequence[int]) -> list[Posting | None]:
        """Where each of the terms of these hashes occurs; None where it does not.

        Raises IndexDamaged.
        """
        known = self._tensors["term"]
        wanted = np.array(terms, np.uint64)
        rows = np.searchsorted(known, wanted)
        there = known.take(rows, mode="clip") == wanted if len(known) else np.zeros(len(wanted), np.bool_)
        return [self._at(row) if found else None for row, found in zip(rows.tolist(), there.tolist(), strict=True)]

    def examine(self) -> None:
        """Look at every number. Raises IndexDamaged when one cannot be."""
        for name in LAYOUT:
            self._tensors[name]

    def _at(self, row: int) -> Posting:
        start, stop = self._tensors.pair("term.ends", row - 1) if row else (0, self._tensors.item("term.ends", 0))
        passages, impacts = self._tensors.part("passage", start, stop), self._tensors.part("impact", start, stop)
        return Posting(passages, impacts)  # type: ignore[arg-type]
