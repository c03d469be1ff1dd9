"""``Index`` for an archive in Milvus: the same questions, the same answers, from a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import partial

import numpy as np

from newsdex.encoder import Encoder, ModelCard, Vectors
from newsdex.errors import IndexDamaged, IndexFolderError, ModelError, ServerTooOld, UsageError
from newsdex.given import as_text
from newsdex.milvus.place import parse_place
from newsdex.milvus.rows import ENDING, EQUAL, Head, mark
from newsdex.records import Article, Results
from newsdex.reports import QuoteReport
from newsdex.search.answer.paging import Listing, list_hits
from newsdex.search.deadline import check_time
from newsdex.search.index import Index
from newsdex.search.lookups.lookup import Overview, find_article, find_place
from newsdex.search.milvus.archive import Archive
from newsdex.search.milvus.expressions import any_of, condition_of
from newsdex.search.milvus.shortlist import Excerpt, beginnings_of, make_excerpt, passages_of, typical_in
from newsdex.search.pipeline import Asker
from newsdex.search.question.filters import Comparison, Compound, Filter
from newsdex.search.question.phrases import Phrase, phrase_of, texts_with
from newsdex.search.question.reader import Query
from newsdex.search.ranking.candidates import Candidates, Search
from newsdex.search.ranking.languages import Languages
from newsdex.search.ranking.ranker import Ranker, depth_of, reach
from newsdex.search.related.similar import sampled
from newsdex.search.request import Request
from newsdex.store.copies import Place
from newsdex.store.samples import as_embedded
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot
from newsdex.values import portions

_AT_ONCE = 1_000  # articles whose texts are here together
_MOST_TITLES = 20_000  # 60 MB of heads are read for the first hint
NEAREST_ONLY = "Words are counted only among the passages nearest in meaning: this Milvus cannot rank by words, 2.4 or later can."


class _Deeper(Exception):
    """The question needs so many of the best passages, which are more than the excerpt has for sure."""


class _ExcerptRanker(Ranker):
    """Ranks what is in one excerpt, if it is large enough: else ``find`` raises _Deeper."""

    def __init__(self, excerpt: Excerpt, depth: int, model: ModelCard, languages: Languages) -> None:
        super().__init__(excerpt.snapshot, model, languages)
        self._depth = None if excerpt.whole else depth

    def find(self, search: Search, count: int) -> Candidates:
        if self._depth is not None and count > self._depth:
            raise _Deeper(count)
        found = super().find(search._replace(exact=True), count)  # all vectors are in memory
        return found._replace(complete=found.complete and self._depth is None)


class RemoteAsker(Asker):
    """Answers requests from an archive. ``snapshot`` has none of its articles: each query is ranked in an excerpt."""

    def __init__(self, snapshot: Snapshot, encoder: Encoder, archive: Archive) -> None:
        super().__init__(snapshot, encoder)
        self._archive = archive
        self._languages = Languages(archive.collection.about.languages or {}, partial(typical_in, archive))

    def answer_many(self, requests: Sequence[Request], vectors: Vectors | None = None, *, today: date | None = None) -> list[Results]:
        """As Asker.answer_many. Raises ServerTooOld for a ranking by words that the server cannot make, and ServerError."""
        results = super().answer_many(requests, vectors, today=today)
        if self._archive.server.has_sparse:
            return results
        return [
            replace(each, remarks=(*each.remarks, NEAREST_ONLY)) if request.mode == "hybrid" and each.hits else each
            for request, each in zip(requests, results, strict=True)
        ]

    def _lists(self, queries: Sequence[Query]) -> list[Listing]:
        return [self._list(self._resolved(query)) for query in queries]

    def _list(self, query: Query) -> Listing:
        request = query.request
        depth = depth_of(request, reach(request), newest=bool(query.reading.newest))
        # Of what is folded, reranked or sorted, all must be there; of the rest of a block, nearly all is.
        needed = reach(request) if request.rerank or request.sort == "date" else request.offset + request.limit
        while True:
            ranker = _ExcerptRanker(self._excerpt(query, depth, needed), depth, self.encoder.card, self._languages)
            try:
                [(_, ranking)] = ranker.rank([query])
                return list_hits(ranking, self.encoder)
            except _Deeper as error:
                [depth] = error.args

    def _answering(self, query: Query, passages: int) -> list[tuple[Segment, int]]:
        # Copies count, and none need be folded.
        query = self._resolved(query._replace(request=replace(query.request, collapse=False)))
        excerpt = self._excerpt(query, passages, query.request.limit)
        return _ExcerptRanker(excerpt, passages, self.encoder.card, self._languages).answering(query, passages)

    def _leaves(self, wanted: Filter) -> bool:
        """As Asker._leaves; true where the server cannot tell."""
        condition = condition_of(resolved(self._archive, wanted), None, None)
        return not condition.exact or self._archive.server.count(self._archive.collection.passages, condition.expression) > 0

    def _resolved(self, query: Query) -> Query:
        """The same with the phrases of its filter looked up."""
        where = query.request.where
        return query if where is None else query._replace(request=replace(query.request, where=resolved(self._archive, where)))

    def _excerpt(self, query: Query, depth: int, needed: int) -> Excerpt:
        if query.request.mode == "lexical" and not self._archive.server.has_sparse:
            given = self._archive.place.given
            raise ServerTooOld(f"the Milvus of {given} cannot rank by words: version 2.4 or later can. Ask by meaning: --mode dense")
        while True:
            excerpt = make_excerpt(self._archive, query, depth, needed)
            if self._archive.is_whole():
                return excerpt
            self._archive.check_whole()


class RemoteIndex(Index):
    """An open index in Milvus. Any number of threads can query it. Each call answers from the rows as they are; which index the name leads
    to is looked up every few seconds.
    """

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive.snapshot())
        self.archive = archive
        self._of = archive.collection  # what the snapshot is of
        self._titles: Snapshot | None = None

    @classmethod
    def at(cls, place: str | os.PathLike[str]) -> RemoteIndex:
        """Open the index at an address as newsdex.milvus.place describes it. Raises UsageError, IndexMissing, IndexUnfinished, IndexTooNew,
        IndexDamaged, ServerUnreachable, ServerRefused and ServerTooOld.
        """
        return cls(Archive(parse_place(place)))

    def snapshot(self) -> Index:
        """An archive in Milvus changes in place. Raises UsageError."""
        given = self.archive.place.given
        raise UsageError(
            f"{given} has no snapshots: the rows of an archive in Milvus change in place. Copy it to a folder: newsdex pull {given} FOLDER"
        )

    def close(self) -> None:
        """Let go of the model and of the connection."""
        super().close()
        self.archive.close()

    def article(self, name: str) -> Article:
        """As Index.article; the nearest ids are not named."""
        self._current()
        return find_article(self.archive.snapshot(self._heads_named(name)), name)

    def _heads_named(self, name: str) -> list[Head]:
        path = name.removeprefix("./")
        marks = [mark("id", EQUAL, name), mark("url", EQUAL, name), mark("path", ENDING, path)]
        stored = name.removeprefix(f"{self.archive.collection.about.base.rstrip('/')}/")
        marks += [mark("id", EQUAL, stored), mark("path", EQUAL, stored)]
        return list(self.archive.heads_with(any_of("facets", marks)))

    def _holding(self, _snapshot: Snapshot, name: str) -> tuple[Snapshot, Place]:
        heads = self._heads_named(name)
        head = heads[find_place(self.archive.snapshot(heads), name).row]
        return passages_of(self.archive, head, sampled(len(head.passages))), Place(0, 0)

    def overview(self) -> Overview:
        """Which languages and sources the index has, and from when to when, as it was loaded last."""
        self._current()
        about = self.archive.collection.about
        return Overview({**about.languages} if about.languages else {}, {**about.sources} if about.sources else {}, *about.days)

    def _listable(self) -> Snapshot:
        given = self.archive.place.given
        raise UsageError(f"the articles of {given} cannot be listed without a question. Copy it to a folder: newsdex pull {given} FOLDER")

    def verify_quote(self, quote: str, *, limit: int | None = None) -> QuoteReport:
        """As Index.verify_quote."""
        from newsdex.search.quotes.excerpt import verify_quote_in

        self._current()
        return verify_quote_in(self.archive, as_text(quote, "the quotation"), limit)

    def _titled(self) -> Snapshot:
        """As Index._titled; without titles if the archive is too large for them to be kept here. Raises ServerError."""
        snapshot = self._current()
        if snapshot.manifest.articles > _MOST_TITLES:
            return snapshot
        with self._lock:
            if self._titles is None or self._titles.manifest != snapshot.manifest:
                self._titles = self.archive.snapshot([*self.archive.heads_with("")])
            return self._titles

    def _typical(self, _snapshot: Snapshot) -> Callable[[str], Vectors]:
        return partial(typical_in, self.archive)

    def _witness(self, _snapshot: Snapshot) -> tuple[str, Vectors] | None:
        [segment] = beginnings_of(self.archive).segments
        for position in segment.live_passages.nonzero()[0].tolist():
            with suppress(IndexDamaged):  # a text that is not there fails the questions that need it
                if found := next(as_embedded(segment, [position]), None):
                    return found
        return None

    def _asker_of(self, snapshot: Snapshot, encoder: Encoder) -> Asker:
        return RemoteAsker(snapshot, encoder, self.archive)

    def _newest(self) -> Snapshot:
        try:
            self.archive.refresh()
            if self._of != self.archive.collection:
                self._of, self._snapshot = self.archive.collection, self.archive.snapshot()
            self.problem = None
        except (IndexFolderError, ModelError) as problem:
            self.problem = problem
        return self._snapshot


def resolved(archive: Archive, wanted: Filter) -> Filter:
    """Replace phrases by the ids of the articles that have them. Raises ServerError, IndexDamaged and OutOfTime."""
    if isinstance(wanted, Compound):
        return Compound(wanted.type, tuple(resolved(archive, part) for part in wanted.filters))
    if wanted.type != "contains" or wanted.key not in ("text", "title"):
        return wanted
    return Comparison("in", "id", tuple(_holders(archive, phrase_of(str(wanted.value)), title_only=wanted.key == "title")))


def _holders(archive: Archive, phrase: Phrase, *, title_only: bool) -> Iterator[str]:
    for some in portions(_heads(archive, phrase), _AT_ONCE):
        check_time()
        [segment] = archive.snapshot(some).segments
        for row in np.flatnonzero(texts_with(segment, [phrase], title_only=title_only)[0]).tolist():
            yield some[row].article.id


def _heads(archive: Archive, phrase: Phrase) -> Iterator[Head]:
    """The articles that have all of its words that can be looked up."""
    keys = archive.having(phrase.terms(archive.languages))
    if keys is None:
        yield from archive.heads_with("")
    else:
        for some in portions(keys, _AT_ONCE):
            yield from archive.heads(some).values()
