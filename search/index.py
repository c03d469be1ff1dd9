"""An index as its readers see it: open it, ask it."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from newsdex.encoder import Encoder
from newsdex.engines import open_query_encoder
from newsdex.errors import IndexFolderError, ModelMismatch
from newsdex.records import Article, Results
from newsdex.search.fusion import Mode
from newsdex.search.pipeline import Asker
from newsdex.search.request import Request, Sort, request_of
from newsdex.store.manifest import Manifest
from newsdex.store.paths import absolute
from newsdex.store.snapshot import Snapshot

if TYPE_CHECKING:
    from newsdex.quotation import QuoteReport
    from newsdex.search.filters import Filter
    from newsdex.search.overview import Overview


class Index:
    """An open index. Any number of threads may ask it at once.

    Each call answers from one whole version, the newest that could be opened: a commit is seen at the next call. When a newer
    version cannot be opened, the one that is open goes on answering and ``problem`` says why.

        with Index.open("index_data") as index:
            for hit in index.search("China support for Russia", limit=5):
                print(hit.score, hit.article.title, hit.passage.text)
    """

    def __init__(self, snapshot: Snapshot, *, follow: bool = True) -> None:
        """``follow``: answer from newer versions as they come."""
        self._snapshot = snapshot
        self._follow = follow
        self._encoder: Encoder | None = None
        self._lock = threading.Lock()
        self.problem: IndexFolderError | None = None

    @classmethod
    def open(cls, folder: str | os.PathLike[str] = "index_data") -> Index:
        """Open the index in ``folder``.

        Raises IndexMissing when there is none, IndexTooNew when a later newsdex wrote it, and IndexDamaged.
        """
        return cls(Snapshot.open(absolute(Path(folder))))

    @classmethod
    def open_generation(cls, folder: str | os.PathLike[str], generation: str) -> Index:
        """Open a generation of the index in ``folder``, such as ``g000001``, as it stands, whichever is current.

        Raises IndexMissing when there is no such generation, and as ``open``.
        """
        return cls(Snapshot.open_generation(absolute(Path(folder)), generation), follow=False)

    def __enter__(self) -> Index:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the model. The index's files are let go when nothing refers to their content any more."""
        self._encoder = None

    @property
    def manifest(self) -> Manifest:
        """What the current version consists of: counts, model, settings, time of its commit."""
        return self._current().manifest

    def search(
        self,
        question: str,
        *,
        limit: int = 5,
        offset: int = 0,
        mode: Mode = "hybrid",
        where: Mapping[str, Any] | Filter | None = None,
        since: str | date | None = None,
        until: str | date | None = None,
        on: str | date | None = None,
        as_of: str | date | None = None,
        sort: Sort = "relevance",
        recency: str | float | None = None,
        per_article: int = 1,
        context: int = 0,
        collapse: bool = True,
        rerank: str | None = None,
        min_score: float | None = None,
        exact: bool = False,
        explain: bool = False,
        read_dates: bool = True,
    ) -> Results:
        """The articles that answer ``question`` best, best first; fewer than ``limit`` only when the index has fewer.

        ``mode``: by meaning and words, or by one of them. ``where``: a filter, as newsdex.search.filters describes it. ``since``, ``until`` and ``on``: only
        articles that were published then, as a date, an ISO date or month or year, or a time ago such as "30d"; ``as_of``: only what was published by then.
        ``per_article``: at most so many passages of each, and ``context`` so many
        neighbours on either side of a passage. ``offset``: leave out so many hits at the beginning. ``sort`` orders the hits by date
        instead, newest first; ``recency``, a half-life in days or such as "2w", lets newer articles win where scores are about equal. ``collapse``: fold copies of an
        article into one hit. ``rerank``: a cross-encoder of sentence-transformers, by name or folder, that puts the best hits in a new order. ``min_score``: only hits at least so probable. ``exact``: compare every vector, however many there are.
        ``explain``: say what made each hit's score. ``read_dates``: a date in the question, such as "in April 2024", is a filter.

        Hits are there even when nothing is good enough to be called an answer: ``Results.answerable`` says so.

        Raises UsageError when an argument is impossible; ModelMismatch, ModelError and IndexDamaged.
        """
        request = request_of(
            question,
            limit=limit,
            offset=offset,
            mode=mode,
            where=where,
            since=since,
            until=until,
            on=on,
            as_of=as_of,
            sort=sort,
            recency=recency,
            per_article=per_article,
            context=context,
            collapse=collapse,
            rerank=rerank,
            min_score=min_score,
            exact=exact,
            explain=explain,
            read_dates=read_dates,
        )
        return self.answer([request])[0]

    def search_many(
        self,
        questions: Sequence[str],
        *,
        limit: int = 5,
        offset: int = 0,
        mode: Mode = "hybrid",
        where: Mapping[str, Any] | Filter | None = None,
        since: str | date | None = None,
        until: str | date | None = None,
        on: str | date | None = None,
        as_of: str | date | None = None,
        sort: Sort = "relevance",
        recency: str | float | None = None,
        per_article: int = 1,
        context: int = 0,
        collapse: bool = True,
        rerank: str | None = None,
        min_score: float | None = None,
        exact: bool = False,
        explain: bool = False,
        read_dates: bool = True,
    ) -> list[Results]:
        """The answers to each of ``questions``, the same as ``search`` gives with these arguments, for a fraction of the time that they take one by one.

        Raises as ``search``, when it would for one of them.
        """
        plain = (
            request_of(
                questions[0],
                limit=limit,
                offset=offset,
                mode=mode,
                where=where,
                since=since,
                until=until,
                on=on,
                as_of=as_of,
                sort=sort,
                recency=recency,
                per_article=per_article,
                context=context,
                collapse=collapse,
                rerank=rerank,
                min_score=min_score,
                exact=exact,
                explain=explain,
                read_dates=read_dates,
            )
            if questions
            else None
        )
        return self.answer([replace(plain, question=question) for question in questions]) if plain else []

    def answer(self, requests: Sequence[Request]) -> list[Results]:
        """The answers to ``requests``, which may differ in everything, all from one version: what a server has that has collected some.

        Raises as ``search``, when it would for one of them.
        """
        snapshot = self._current()
        return Asker(snapshot, self._encoder_for(snapshot), date.today()).answer_many(requests)  # noqa: DTZ011 - the day where the question is asked

    def article(self, name: str) -> Article:
        """The article whose id is ``name``, or else its url, or the path of its file, or the end of that path, if only one article has it.

        Raises ArticleMissing, which names the nearest ids; UsageError when ``name`` fits several articles; IndexDamaged.
        """
        from newsdex.search.lookup import find_article

        return find_article(self._current(), name)

    def overview(self) -> Overview:
        """Which languages and sources the index has, and from when to when.

        Raises IndexDamaged.
        """
        from newsdex.search.overview import overview

        return overview(self._current())

    def verify_quote(self, quote: str, *, limit: int | None = None) -> QuoteReport:
        """Whether ``quote`` is in the archive: all places that have it, or the nearest with the differences, or the places that it was stitched from.

        White space, kinds of quotation marks and dashes, and case where a sentence begins make no difference. ``limit``: at most so many places.
        Raises UsageError when the quotation has no word or more than 10,000 characters, or the limit is not positive; IndexDamaged.
        """
        from newsdex.search.quotes import verify_quote

        return verify_quote(self._current(), quote, limit)

    def _current(self) -> Snapshot:
        with self._lock:
            try:
                if self._follow and not self._snapshot.is_current():
                    self._snapshot = Snapshot.open(self._snapshot.folder)
                self.problem = None
            except IndexFolderError as problem:
                self.problem = problem
            return self._snapshot

    def _encoder_for(self, snapshot: Snapshot) -> Encoder:
        model = snapshot.manifest.model
        with self._lock:
            if self._encoder is None or self._encoder.card.fingerprint != model.fingerprint:
                encoder = open_query_encoder(model.name)
                if encoder.card.fingerprint != model.fingerprint:
                    raise ModelMismatch(
                        f"{snapshot.folder} was built with another version of {model.name} (fingerprint {model.fingerprint}) than the one "
                        f"installed ({encoder.card.fingerprint}). Build it again: newsdex index PATH... --index-dir NEW_FOLDER"
                    )
                self._encoder = encoder
            return self._encoder
