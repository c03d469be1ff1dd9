"""The part of an archive that can matter to one question, as a segment in memory: what reads an index in a folder reads it as well."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Vectors
from newsdex.milvus.rows import Head, Row, key_of, term_key, whole
from newsdex.records import Article
from newsdex.search.ranking.lexical import QueryWord
from newsdex.store.postings import Posting, Unit, hash_of
from newsdex.store.segment import Segment, pack_articles, sign_planes
from newsdex.store.sketches import SIZE, holders_of
from newsdex.tensors import ArrayTensors, Tensors

if TYPE_CHECKING:
    from newsdex.search.milvus.archive import Archive


_Holders: TypeAlias = tuple[NDArray[np.uint32], NDArray[np.uint8]]  # what holds a term, ascending, and its impacts


class _CountedPostings:
    """The passages and articles of an excerpt that hold a term, each with the number of those in the whole archive."""

    def __init__(self, holders: Mapping[int, _Holders], heads: Sequence[Head], count: Callable[[int, Unit], int]) -> None:
        """``holders`` are the passages, for the hash of each term of the question."""
        self._known = {("passage", term): Posting(*found, count(term, "passage")) for term, found in holders.items()}
        self._heads = heads
        self._count = count

    def of(self, terms: Sequence[int], unit: Unit = "passage") -> list[Posting | None]:
        """Where each of the terms of these hashes occurs; None where the archive does not have it. Raises ServerError."""
        return [self._of(term, unit) for term in terms]

    def _of(self, term: int, unit: Unit) -> Posting | None:
        found = self._known.get((unit, term))
        if found is None:
            holders = self._articles(term) if unit == "article" else _arrays([])
            found = self._known[unit, term] = Posting(*holders, self._count(term, unit))
        return found if found.total else None

    def _articles(self, term: int) -> _Holders:
        """Which of the heads have the term, and its impacts."""
        found = []
        for row, head in enumerate(self._heads):
            place = int(np.searchsorted(head.terms, np.uint64(term)))
            if place < len(head.terms) and int(head.terms[place]) == term:
                found.append((row, int(head.impacts[place])))
        return _arrays(found)


class ExcerptSegment(Segment):
    """Some articles of an archive, and some of their passages, as a segment. Texts are fetched when they are asked for."""

    def __init__(self, archive: Archive, heads: Sequence[Head], passages: Sequence[Row], words: Sequence[QueryWord]) -> None:
        """Vectors that ``passages``, rows of these articles, lack are zeros. They have terms if there are ``words`` to look up."""
        about = archive.collection.about
        counts = np.array([len(head.passages) for head in heads], np.int64)
        tensors = ArrayTensors(_tensors(heads, counts, archive.languages, about.keys))
        super().__init__(tensors, Path(about.base), len(heads), int(counts.sum()))
        self.content_key = "".join(head.version for head in heads)
        self.is_partial = True  # not every passage of its articles need be here
        self._archive = archive
        self._heads = heads
        self._texts: dict[int, str] = {}
        starts = dict(zip((key_of(head.article.id) for head in heads), (np.cumsum(counts) - counts).tolist(), strict=True))
        found = {starts[row["article"]] + row["position"]: row for row in passages}
        found = dict(sorted(found.items(), key=itemgetter(0)))
        self._positions = np.array([*found], np.int64)
        self._vectors = np.zeros((len(found), about.model.dimension), np.float32)
        if passages and "dense" in passages[0]:
            self._vectors[:] = [row["dense"] for row in found.values()]
        self._postings = _CountedPostings(_holders(words, found), heads, archive.count)

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
        return self.vectors(np.arange(len(self)))

    @property
    def planes(self) -> NDArray[np.uint64]:
        return sign_planes(self.matrix)

    def vectors(self, positions: NDArray[np.int64]) -> Vectors:
        """The vectors at ``positions``, float32, (len(positions), d); zero for passages that are not in the excerpt."""
        found = np.zeros((len(positions), self._vectors.shape[1]), np.float32)
        here = self.live_passages[positions]
        found[here] = self._vectors[np.searchsorted(self._positions, positions[here])]
        return found

    @property
    def postings(self) -> _CountedPostings:
        return self._postings

    def article(self, row: int) -> Article:
        return whole(self._heads[row], self.text(row), self.base)

    def text(self, row: int) -> str:
        self.read_ahead([row])
        return self._texts[row]

    def read_ahead(self, rows: Sequence[int]) -> None:
        """Fetch the texts of the articles at ``rows`` together. Raises IndexDamaged and ServerError."""
        if new := [row for row in rows if row not in self._texts]:
            found = self._archive.texts([self._heads[row] for row in new])
            self._texts.update({row: found[self._heads[row].article.id] for row in new})

    def sentence_ranges(self, row: int) -> NDArray[np.integer]:
        return np.array([(s.start, s.end) for s in self._heads[row].sentences], np.int64).reshape(-1, 2)


def _holders(words: Sequence[QueryWord], passages: Mapping[int, Row]) -> dict[int, _Holders]:
    """Which of ``passages``, by their positions, hold each term of ``words``, by its hash."""
    hashes = {hash_of(term) for word in words for term in word.terms}
    found: dict[int, list[tuple[int, int]]] = {term_key(term): [] for term in hashes}
    for position, row in passages.items() if hashes else ():
        for term, impact in zip(row["terms"], row["impacts"], strict=True):
            if term in found:
                found[term].append((position, impact))
    return {term: _arrays(found[term_key(term)]) for term in hashes}


def _arrays(found: Sequence[tuple[int, int]]) -> _Holders:
    return np.array([place for place, _ in found], np.uint32), np.array([impact for _, impact in found], np.uint8)


def _tensors(heads: Sequence[Head], counts: NDArray[np.int64], languages: Collection[str], keys: Collection[str]) -> Tensors:
    """The arrays of newsdex.store.segment that are read of articles and passages."""
    return {
        **pack_articles([head.article for head in heads], [head.path for head in heads], languages, keys),
        "text.xxh3": np.array([head.xxh3 for head in heads], np.uint64),
        "passage": np.array([(p.start, p.end) for head in heads for p in head.passages], np.uint32).reshape(-1, 2),
        "passage.key": np.concatenate([np.empty((0, 16), np.uint8), *(head.keys for head in heads)]),
        "passage.article": np.repeat(np.arange(len(heads), dtype=np.uint32), counts),
        "passage.ends": np.cumsum(counts, dtype=np.uint32),
        **holders_of(np.array([head.sketch for head in heads], np.uint32).reshape(-1, SIZE)),
    }
