"""``Index`` for an archive in Milvus: the same questions, the same answers, from a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from newsdex.encoder import Encoder, Vectors
from newsdex.errors import IndexFolderError, ModelError, ServerTooOld, UsageError
from newsdex.milvus.facets import ENDING, EQUAL, mark
from newsdex.milvus.place import parse_place
from newsdex.milvus.rows import Head
from newsdex.quotation import QuoteReport
from newsdex.records import Article, Results
from newsdex.search.index import Index
from newsdex.search.lookups.lookup import find_article, find_place
from newsdex.search.lookups.overview import Overview
from newsdex.search.lookups.suggest import Hint, Suggester
from newsdex.search.milvus.archive import Archive
from newsdex.search.milvus.contained import resolved
from newsdex.search.milvus.expressions import any_of, condition_of
from newsdex.search.milvus.shortlist import Excerpt, make_excerpt, passages_of, typical_in
from newsdex.search.paging import Listing, reach
from newsdex.search.pipeline import Asker, Asking, depth_of
from newsdex.search.question.filters import Filter
from newsdex.search.ranking.candidates import Candidates, Sought
from newsdex.search.related.profile import sampled
from newsdex.search.request import Request
from newsdex.store.copies import Place
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot

_MOST_TITLES = 20_000  # 60 MB of heads are read for the first hint
NEAREST_ONLY = "Words are counted only among the passages nearest in meaning: this Milvus cannot rank by words, 2.4 or later can."


class _Deeper(Exception):
    """The question needs the ``depth`` best passages, which are more than the excerpt has for sure."""

    def __init__(self, depth: int) -> None:
        super().__init__(depth)
        self.depth = depth


class _ExcerptAsker(Asker):
    """Answers from one excerpt, if it is large enough."""

    def __init__(self, excerpt: Excerpt, depth: int, encoder: Encoder, today: date) -> None:
        super().__init__(excerpt.snapshot, encoder, today)
        self._depth = None if excerpt.whole else depth

    def list_for(self, asked: Asking) -> Listing:
        """The list for a request whose dates are settled.

        Raises _Deeper.
        """
        return self._answer_all([asked])[0]

    def _find(self, sought: Sought, count: int) -> Candidates:
        if self._depth is not None and count > self._depth:
            raise _Deeper(count)
        found = super()._find(sought._replace(exact=True), count)  # all vectors are in memory
        return found._replace(complete=found.complete and self._depth is None)


class RemoteAsker(Asker):
    """Answers requests from an archive. ``snapshot`` has none of its articles."""

    def __init__(self, snapshot: Snapshot, encoder: Encoder, today: date, archive: Archive) -> None:
        super().__init__(snapshot, encoder, today)
        self._archive = archive

    def answer_many(self, requests: Sequence[Request], vectors: Vectors | None = None) -> list[Results]:
        """As Asker.answer_many.

        Raises ServerTooOld for a ranking by words that the server cannot make, and ServerError.
        """
        results = super().answer_many(requests, vectors)
        if self._archive.server.has_sparse:
            return results
        return [
            replace(each, remarks=(*each.remarks, NEAREST_ONLY)) if request.mode == "hybrid" and each.hits else each
            for request, each in zip(requests, results, strict=True)
        ]

    def answering_to(self, asked: Asking, passages: int) -> list[tuple[Segment, int]]:
        """As Asker.answering_to."""
        asked = self._resolved(asked._replace(request=replace(asked.request, collapse=False)))
        excerpt = self._excerpt(asked, passages, asked.request.limit)
        return _ExcerptAsker(excerpt, passages, self.encoder, self.today).answering_to(asked, passages)

    def _leaves(self, wanted: Filter) -> bool:
        """As Asker._leaves; true where the server cannot tell."""
        condition = condition_of(resolved(self._archive, wanted), None, None)
        return not condition.exact or self._archive.server.count(self._archive.collection.passages, condition.expression) > 0

    def _resolved(self, asked: Asking) -> Asking:
        """The same with the phrases of its filter looked up."""
        where = asked.request.where
        return asked if where is None else asked._replace(request=replace(asked.request, where=resolved(self._archive, where)))

    def _answer_all(self, asked: Sequence[Asking]) -> list[Listing]:
        return [self._list_for(self._resolved(each)) for each in asked]

    def _list_for(self, asked: Asking) -> Listing:
        request = asked.request
        depth = depth_of(request, reach(request), newest=bool(asked.reading.newest))
        # Of what is folded, reranked or sorted, all must be there; of the rest of a block, nearly all is.
        needed = reach(request) if request.rerank or request.sort == "date" else request.offset + request.limit
        while True:
            excerpt = self._excerpt(asked, depth, needed)
            try:
                return _ExcerptAsker(excerpt, depth, self.encoder, self.today).list_for(asked)
            except _Deeper as error:
                depth = error.depth

    def _excerpt(self, asked: Asking, depth: int, needed: int) -> Excerpt:
        if asked.request.mode == "lexical" and not self._archive.server.has_sparse:
            given = self._archive.place.given
            raise ServerTooOld(f"the Milvus of {given} cannot rank by words: version 2.4 or later can. Ask by meaning: --mode dense")
        while True:
            excerpt = make_excerpt(self._archive, asked, depth, needed, self.today)
            if self._archive.is_whole():
                return excerpt
            self._archive.check_whole()


class RemoteIndex(Index):
    """An open index in Milvus. Any number of threads can query it.

    Each call answers from the rows as they are; which index the name leads to is looked up every few seconds.
    """

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive.snapshot())
        self._archive = archive
        self._titles: Snapshot | None = None

    @classmethod
    def at(cls, place: str | os.PathLike[str]) -> RemoteIndex:
        """Open the index at an address as newsdex.milvus.place describes it.

        Raises UsageError, IndexMissing, IndexUnfinished, IndexTooNew, IndexDamaged, ServerUnreachable, ServerRefused and ServerTooOld.
        """
        return cls(Archive(parse_place(place)))

    def snapshot(self) -> Index:
        """An archive in Milvus changes in place.

        Raises UsageError.
        """
        given = self._archive.place.given
        raise UsageError(
            f"{given} cannot be kept at one version: the rows of an archive in Milvus change in place. Copy it to a folder: newsdex pull {given} FOLDER"
        )

    def close(self) -> None:
        """Let go of the model and of the connection."""
        super().close()
        self._archive.close()

    def article(self, name: str) -> Article:
        """As Index.article; the nearest ids are not named."""
        self._current()
        return find_article(self._archive.snapshot(self._heads_named(name)), name)

    def _heads_named(self, name: str) -> list[Head]:
        """The articles that ``name`` can mean."""
        path = name.removeprefix("./")
        marks = [mark("id", EQUAL, name), mark("url", EQUAL, name), mark("path", ENDING, path)]
        stored = name.removeprefix(f"{self._archive.collection.about.base.rstrip('/')}/")
        marks += [mark("id", EQUAL, stored), mark("path", EQUAL, stored)]
        return list(self._archive.heads_with(any_of("facets", marks)))

    def _holding(self, _snapshot: Snapshot, name: str) -> tuple[Snapshot, Place]:
        heads = self._heads_named(name)
        head = heads[find_place(self._archive.snapshot(heads), name).row]
        return passages_of(self._archive, head, sampled(len(head.passages))), Place(0, 0)

    def overview(self) -> Overview:
        """Which languages and sources the index has, and from when to when, as it was loaded last."""
        self._current()
        about = self._archive.collection.about
        return Overview({**about.languages} if about.languages else {}, {**about.sources} if about.sources else {}, *about.days)

    def _listable(self) -> Snapshot:
        given = self._archive.place.given
        raise UsageError(f"the articles of {given} cannot be listed without a question. Copy it to a folder: newsdex pull {given} FOLDER")

    def verify_quote(self, quote: str, *, limit: int | None = None) -> QuoteReport:
        """As Index.verify_quote."""
        from newsdex.search.quotes.excerpt import verify_quote_in

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

    def _typical(self, _snapshot: Snapshot) -> Callable[[str], Vectors]:
        return partial(typical_in, self._archive)

    def _asker_with(self, snapshot: Snapshot, encoder: Encoder) -> Asker:
        return RemoteAsker(snapshot, encoder, date.today(), self._archive)  # noqa: DTZ011 - the day where the question is asked

    def _newest(self) -> Snapshot:
        try:
            self._archive.refresh()
            self._snapshot = self._archive.snapshot()
            self.problem = None
        except (IndexFolderError, ModelError) as problem:
            self.problem = problem
        return self._snapshot
