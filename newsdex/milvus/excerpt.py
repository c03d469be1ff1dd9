"""The part of an archive that can matter to one question, as a segment in memory: what reads an index in a folder reads it as well."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Vectors
from newsdex.milvus.rows import Head, whole
from newsdex.records import Article
from newsdex.store.postings import Posting, Unit
from newsdex.store.segment import Segment, pack_articles, sign_planes
from newsdex.store.sketches import SIZE, holders_of
from newsdex.tensors import ArrayTensors, Tensors


class CountedPostings:
    """The passages and articles of an excerpt that hold a term, each with the number of those in the whole archive."""

    def __init__(self, passages: Mapping[int, Posting], heads: Sequence[Head], count: Callable[[int, Unit], int]) -> None:
        self._known = {("passage", term): found for term, found in passages.items()}
        self._heads = heads
        self._count = count

    def of(self, terms: Sequence[int], unit: Unit = "passage") -> list[Posting | None]:
        """Where each of the terms of these hashes occurs; None where the archive does not have it. Raises ServerError."""
        return [self._of(term, unit) for term in terms]

    def _of(self, term: int, unit: Unit) -> Posting | None:
        found = self._known.get((unit, term))
        if found is None:
            holders = self._articles(term) if unit == "article" else (np.empty(0, np.uint32), np.empty(0, np.uint8))
            found = self._known[unit, term] = Posting(*holders, self._count(term, unit))
        return found if found.total else None

    def _articles(self, term: int) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
        """Which of the heads have the term, and its impacts."""
        rows, impacts = [], []
        for row, head in enumerate(self._heads):
            place = int(np.searchsorted(head.terms, np.uint64(term)))
            if place < len(head.terms) and int(head.terms[place]) == term:
                rows.append(row)
                impacts.append(int(head.impacts[place]))
        return np.array(rows, np.uint32), np.array(impacts, np.uint8)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Passages of an excerpt: that at ``position`` of the article at ``row``, with its vector; (n,), (n,) and (n, d)."""

    row: NDArray[np.int64]
    position: NDArray[np.int64]
    vectors: Vectors


Holders: TypeAlias = tuple[NDArray[np.int64], NDArray[np.uint8]]  # which of the chosen passages hold a term, and their impacts


class ExcerptSegment(Segment):
    """Some articles, and some of their passages, as a segment. Texts are fetched when they are asked for."""

    def __init__(
        self,
        heads: Sequence[Head],
        chosen: Chosen,
        terms: Mapping[int, Holders],
        *,
        base: Path,
        languages: Collection[str],
        keys: Collection[str],
        fetch: Callable[[Sequence[Head]], Mapping[str, str]],
        count: Callable[[int, Unit], int],
    ) -> None:
        """``terms`` has for the hash of each term of the question which of ``chosen`` hold it, and their impacts.

        ``languages`` and ``keys`` are those of the archive. ``fetch`` gives texts by their articles' ids, and ``count`` how many passages
        or articles of the archive hold the term of a hash.
        """
        counts = np.array([len(head.passages) for head in heads], np.int64)
        starts = np.cumsum(counts) - counts
        super().__init__(ArrayTensors(_tensors(heads, counts, languages, keys)), base, len(heads), int(counts.sum()))
        self.content_key = "".join(head.version for head in heads)
        self.is_partial = True  # not every passage of its articles need be here
        self._heads = heads
        self._fetch = fetch
        self._texts: dict[int, str] = {}
        places = starts[chosen.row] + chosen.position
        order = np.argsort(places)
        self._positions = places[order]
        self._vectors = chosen.vectors[order]
        known = {
            term: Posting(np.sort(places[which]).astype(np.uint32), impacts[np.argsort(places[which])], count(term, "passage"))
            for term, (which, impacts) in terms.items()
        }
        self._postings = CountedPostings(known, heads, count)

    @cached_property
    def live_articles(self) -> NDArray[np.bool_]:
        return np.ones(len(self._heads), np.bool_)

    @cached_property
    def live_passages(self) -> NDArray[np.bool_]:
        """Which passages are in the excerpt, (passages,)."""
        live = np.zeros(len(self), np.bool_)
        live[self._positions] = True
        return live

    def count_of(self, articles: NDArray[np.bool_]) -> int:
        return len(self.passages_of(articles))

    def are_of(self, passages: NDArray[np.int64], articles: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return self.live_passages[passages] & super().are_of(passages, articles)

    def passages_of(self, articles: NDArray[np.bool_]) -> NDArray[np.int64]:
        return self._positions[articles[self.tensors["passage.article"][self._positions]]]  # type: ignore[no-any-return]

    @property
    def matrix(self) -> Vectors:
        """The passages' vectors, float32, (passages, d); zero for those that are not in the excerpt."""
        matrix = np.zeros((len(self), self._vectors.shape[1]), np.float32)
        matrix[self._positions] = self._vectors
        return matrix

    @property
    def planes(self) -> NDArray[np.uint64]:
        return sign_planes(self.matrix)

    def vectors(self, positions: NDArray[np.int64]) -> Vectors:
        return self._vectors[np.searchsorted(self._positions, positions)]

    @property
    def postings(self) -> CountedPostings:
        return self._postings

    def article(self, row: int) -> Article:
        return whole(self._heads[row], self.text(row), self.base)

    def text(self, row: int) -> str:
        self.read_ahead([row])
        return self._texts[row]

    def read_ahead(self, rows: Sequence[int]) -> None:
        """Fetch the texts of the articles at ``rows`` together. Raises IndexDamaged and ServerError."""
        if new := [row for row in rows if row not in self._texts]:
            found = self._fetch([self._heads[row] for row in new])
            self._texts.update({row: found[self._heads[row].article.id] for row in new})

    def sentence_ranges(self, row: int) -> NDArray[np.integer]:
        return np.array([(s.start, s.end) for s in self._heads[row].sentences], np.int64).reshape(-1, 2)


def _tensors(heads: Sequence[Head], counts: NDArray[np.int64], languages: Collection[str], keys: Collection[str]) -> Tensors:
    """The arrays of newsdex.store.segment that are read of articles and passages."""
    return {
        **pack_articles([head.article for head in heads], [head.path for head in heads], languages, keys),
        "text.xxh3": np.array([head.xxh3 for head in heads], np.uint64),
        "passage": np.array([(p.start, p.end) for head in heads for p in head.passages], np.uint32).reshape(-1, 2),
        "passage.article": np.repeat(np.arange(len(heads), dtype=np.uint32), counts),
        "passage.ends": np.cumsum(counts, dtype=np.uint32),
        **holders_of(np.array([head.sketch for head in heads], np.uint32).reshape(-1, SIZE)),
    }
