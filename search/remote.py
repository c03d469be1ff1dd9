"""``Index`` for an archive in Milvus: the same questions, the same answers, from a cluster."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import date

from newsdex.cluster.facets import ENDING, EQUAL, mark
from newsdex.cluster.place import parse_place
from newsdex.encoder import Vectors
from newsdex.errors import IndexFolderError, ModelError, ServerTooOld
from newsdex.quotation import QuoteReport
from newsdex.records import Article, Results
from newsdex.search.archive import Archive
from newsdex.search.candidates import Candidates, Sought
from newsdex.search.expressions import any_of
from newsdex.search.hits import Ranked, Shown
from newsdex.search.index import Index
from newsdex.search.lookup import find_article
from newsdex.search.overview import Overview
from newsdex.search.pipeline import SPARE, Asker, Legs
from newsdex.search.request import Request
from newsdex.search.rerank import POOL
from newsdex.search.shortlist import make_excerpt
from newsdex.search.suggest import Hint, Suggester
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot

_MOST_TITLES = 20_000  # 60 MB of heads are read for the first hint
NEAREST_ONLY = "Words are counted only among the passages nearest in meaning: this Milvus cannot rank by words, 2.4 or later can."


class _Deeper(Exception):
    """Copies were folded, so that the hits are fewer than were asked for, and there are more passages."""


@dataclass(frozen=True)
class _ExcerptAsker(Asker):
    """Answers from one excerpt, if it is large enough."""

    whole: bool = False

    def answer_as_it_is(self, request: Request, legs: Legs) -> Results:
        """As Asker for a request whose dates are settled.

        Raises _Deeper.
        """
        return self._answer(request, legs)

    def _articles(self, sought: Sought, request: Request, needed: int) -> tuple[Candidates, list[Ranked], list[Shown]]:
        found, articles, shown = super()._articles(sought, request, needed)
        if len(shown) < needed and not self.whole:
            raise _Deeper
        return found, articles, shown


@dataclass(frozen=True)
class RemoteAsker(Asker):
    """Answers requests from an archive; ``snapshot`` has none of its articles."""

    archive: Archive

    def answer(self, request: Request, vector: Vectors | None = None) -> Results:
        """As Asker.answer.

        Raises ServerTooOld for a ranking by words that the server cannot make, and ServerError.
        """
        results = super().answer(request, vector)
        if self.archive.server.has_sparse or request.mode == "dense" or not results.hits:
            return results
        return replace(results, remarks=(*results.remarks, NEAREST_ONLY))

    def answering(self, request: Request, passages: int) -> list[tuple[Segment, int]]:
        """As Asker.answering.

        Raises as ``answer``.
        """
        legs = self._legs(request, None)
        self._check_mode(request)
        if not self.snapshot.manifest.passages:
            return []
        excerpt = make_excerpt(self.archive, replace(request, collapse=False), legs, passages, request.limit, self.today)
        return Asker(excerpt.snapshot, self.encoder, self.today).answering(request, passages)

    def _check_mode(self, request: Request) -> None:
        if request.mode == "lexical" and not self.archive.server.has_sparse:
            raise ServerTooOld(
                f"the Milvus of {self.archive.place.given} cannot rank by words: version 2.4 or later can. Ask by meaning: --mode dense"
            )

    def _answer(self, request: Request, legs: Legs) -> Results:
        self._check_mode(request)
        if not self.snapshot.manifest.passages:
            return super()._answer(request, legs)
        needed = request.offset + request.limit
        if request.rerank:
            needed = max(needed, POOL)
        depth = needed * request.per_article + SPARE
        while True:
            excerpt = make_excerpt(self.archive, request, legs, depth, needed, self.today)
            try:
                return _ExcerptAsker(excerpt.snapshot, self.encoder, self.today, excerpt.whole).answer_as_it_is(request, legs)
            except _Deeper:
                depth *= 8


class RemoteIndex(Index):
    """An open index in Milvus. Any number of threads may ask it at once.

    Each call answers from the rows as they are; which index the name leads to is looked up every few seconds.
    """

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive.snapshot())
        self._archive = archive
        self._titles: Snapshot | None = None

    @classmethod
    def at(cls, place: str | os.PathLike[str]) -> RemoteIndex:
        """Open the index at an address as newsdex.cluster.place describes it.

        Raises UsageError, IndexMissing, IndexUnfinished, IndexTooNew, IndexDamaged, ServerUnreachable, ServerRefused and ServerTooOld.
        """
        return cls(Archive(parse_place(place)))

    def close(self) -> None:
        """Let go of the model and of the connection."""
        super().close()
        self._archive.close()

    def article(self, name: str) -> Article:
        """As Index.article; the nearest ids are not named."""
        self._current()
        path = name.removeprefix("./")
        marks = [mark("id", EQUAL, name), mark("url", EQUAL, name), mark("path", ENDING, path)]
        stored = name.removeprefix(f"{self._archive.collection.about.base.rstrip('/')}/")
        marks += [mark("id", EQUAL, stored), mark("path", EQUAL, stored)]
        return find_article(self._archive.snapshot(list(self._archive.heads_with(any_of("facets", marks)))), name)

    def overview(self) -> Overview:
        """Which languages and sources the index has, and from when to when, as it was loaded last."""
        self._current()
        about = self._archive.collection.about
        return Overview({**about.languages} if about.languages else {}, {**about.sources} if about.sources else {}, *about.days)

    def verify_quote(self, quote: str, *, limit: int | None = None) -> QuoteReport:
        """As Index.verify_quote."""
        from newsdex.search.quoted import verify_quote_in

        self._current()
        return verify_quote_in(self._archive, quote, limit)

    def suggest(self, typed: str, limit: int = 8) -> list[Hint]:
        """As Index.suggest, of an archive that is small enough for its titles to be kept here; of a larger one there are no hints.

        Raises ServerError.
        """
        snapshot = self._current()
        if snapshot.manifest.articles > _MOST_TITLES:
            return []
        with self._lock:
            if self._titles is None or self._titles.manifest != snapshot.manifest:
                self._titles = self._archive.snapshot([*self._archive.heads_with("")])
            self._suggester = self._suggester or Suggester()
        return self._suggester.hints(self._titles, typed, limit)

    def _asker(self) -> Asker:
        snapshot, encoder = self._ready()
        return RemoteAsker(snapshot, encoder, date.today(), self._archive)  # noqa: DTZ011 - the day where the question is asked

    def _newest(self) -> Snapshot:
        try:
            self._archive.refresh()
            self._snapshot = self._archive.snapshot()
            self.problem = None
        except (IndexFolderError, ModelError) as problem:
            self.problem = problem
        return self._snapshot
