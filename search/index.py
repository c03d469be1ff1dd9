"""An index as its readers see it: open it, ask it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from newsdex.arrays import keep_memory
from newsdex.encoder import HASH_MODEL, Encoder, Vectors
from newsdex.engines import open_query_encoder, prepare, prove_by
from newsdex.errors import IndexClosed, IndexFolderError, ModelError, ModelMismatch, NewsdexError, UsageError, command
from newsdex.given import as_text, several, whole
from newsdex.records import Article, Hit, Results
from newsdex.search.options import NOT_OF_LISTS, OF_CONTEXT, OF_QUESTIONS, SearchOptions
from newsdex.search.pipeline import Asker
from newsdex.search.request import Request, as_request, request_of, spelled_out
from newsdex.store.manifest import Manifest, read_pointer
from newsdex.store.paths import absolute, named_folder
from newsdex.store.snapshot import Snapshot

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from newsdex.reports import AnswerReport, QuoteReport, Thread
    from newsdex.search.answer.context import Context, Excerpt
    from newsdex.search.listing import Listed
    from newsdex.search.lookups.facets import Facets, Timeline
    from newsdex.search.lookups.lookup import Overview
    from newsdex.search.lookups.suggest import Hint, Suggester
    from newsdex.search.related.similar import Likeness
    from newsdex.store.copies import Place

_RETRY_SECONDS = 1.0  # until a version that could not be opened is tried again
_NO_MODEL = "The model of the index cannot be loaded: sentences are compared by their words only."


class Index:
    """An open index. Any number of threads can query it.

    Each call answers from one whole version, the newest that can be opened, so a commit is visible to the next call. If a newer version
    cannot be opened, the open one keeps answering and ``problem`` says why.

        with Index.open("index_data") as index:
            for hit in index.search("China support for Russia", limit=5):
                print(hit.score, hit.article.title, hit.passage.text)
    """

    def __init__(self, snapshot: Snapshot, *, follow: bool = True, in_memory: bool = False) -> None:
        """``follow``: answer from newer versions when they are committed. ``in_memory``: as in ``open``, for these versions."""
        if not isinstance(snapshot, Snapshot):
            raise UsageError(f"{snapshot!r} is not an open index: expected Index.open({snapshot!r})")
        if type(in_memory) is not bool:
            raise UsageError(f"in_memory of {in_memory!r} is not allowed: expected True or False")
        self._snapshot = snapshot
        self._follow = follow
        self._in_memory = in_memory
        self._refused: tuple[str, float] | None = None  # a version that cannot be opened, and when that was tried
        self._encoder: Encoder | None = None
        self._asker: Asker | None = None  # of the version that is open
        self._suggester: Suggester | None = None
        self._examples: tuple[Manifest, tuple[str, ...]] | None = None
        self._lock = threading.Lock()
        self._closed = False
        self.problem: NewsdexError | None = None
        self._reranker = ""
        keep_memory()

    @classmethod
    def open(cls, folder: str | os.PathLike[str] = "index_data", *, in_memory: bool = False) -> Index:
        """Open the index in ``folder``, or in Milvus at an address such as ``milvus://host:19530/archive`` or in a file of Milvus Lite,
        ``archive.db``.

        ``in_memory``: read the files into memory now and check them, instead of mapping them. The open version then keeps answering even if
        its files are damaged or removed. This has no effect for Milvus.

        Raises IndexMissing if there is no index, IndexTooNew or IndexTooOld if this newsdex does not read its format, and IndexDamaged; for
        Milvus also IndexUnfinished and ServerError.
        """
        text = named_folder(folder)
        if text.startswith("milvus") or ".db" in text:
            from newsdex.milvus.place import is_remote

            if is_remote(text):
                from newsdex.search.milvus.remote import RemoteIndex

                return RemoteIndex.at(text)
        return cls(Snapshot.open(absolute(Path(text)), in_memory=in_memory), in_memory=in_memory)

    @classmethod
    def open_generation(cls, folder: str | os.PathLike[str], generation: str) -> Index:
        """Open a generation of the index in ``folder``, such as ``g000001``, whether it is current or not.

        Raises IndexMissing if there is no such generation; otherwise as ``open``.
        """
        return cls(Snapshot.open_generation(absolute(Path(named_folder(folder))), generation), follow=False)

    def snapshot(self) -> Index:
        """Return the current version as an index that ignores later commits, for paging and comparing. Close it, or use it in ``with``.

        The files of its version stay on disk until it is closed and its results are dropped. Raises UsageError for an archive in Milvus,
        whose rows change in place.
        """
        with self._lock:
            view = Index(self._newest_open(), follow=False)
            view._encoder = self._encoder
            view._reranker = self._reranker
        return view

    def __repr__(self) -> str:
        manifest = self._snapshot.manifest
        return f"<newsdex.Index {str(self.folder)!r}: {manifest.articles} articles{', closed' if self._closed else ''}>"

    def __enter__(self) -> Index:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the index. Its files are released when no result refers to them any more.

        Later calls that need the files raise IndexClosed.
        """
        self._closed = True
        self._encoder = self._asker = None

    @property
    def folder(self) -> Path:
        """The absolute path of the index."""
        return self._snapshot.folder

    @property
    def manifest(self) -> Manifest:
        """The content of the current version: counts, model, settings, time of its commit."""
        return self._current().manifest

    @property
    def commit(self) -> str:
        """The current ``Results.commit``, for cache keys: a text that changes with every change of the articles."""
        return self._current().manifest.content

    @property
    def open_manifest(self) -> Manifest:
        """The manifest of the version that is open, even if there is a newer one. Never waits."""
        return self._snapshot.manifest

    @property
    def is_mapped(self) -> bool:
        """Whether files are mapped instead of kept in memory."""
        return not self._in_memory and bool(self._snapshot.manifest.size())

    def check_mapped(self) -> None:
        """Check whether a mapped file has changed since it was opened, and read it again if so.

        Raises IndexDamaged if its content is not what was written.
        """
        if self.is_mapped:
            for segment in self._snapshot.file_segments:
                segment.check_unchanged()

    def is_current(self) -> bool:
        """Whether the open version is the newest published one. Raises IndexMissing."""
        return self._snapshot.is_current()

    def let_go(self) -> None:
        """Release the open version. Its memory is freed when no answer refers to it any more. The next call opens the newest version.

        Raises as ``open``.
        """
        with self._lock:
            self._asker = None
            self._snapshot = replace(self._snapshot, pointer="", segments=(), remembered_copies={})

    @spelled_out()
    def search(self, question: str, **options: Unpack[SearchOptions]) -> Results:
        """Return the articles that best answer ``question``, best first.

        There are hits even if none is good enough to count as an answer: check ``Results.answerable``. ``Results.remarks`` says how the
        question was read. Unless ``literal`` is set, ``"exact phrase"``, ``-word``, ``OR`` and ``source:NAME`` are filters
        (docs/QUERY.md), and a word that no article has is replaced by the nearest one of the archive. ``sort`` by date orders the best
        1,000 articles: first those that seem to answer, then the others, each group newest first, or oldest first.

        Raises UsageError for an argument that is not allowed; ModelMismatch, ModelError and IndexDamaged.
        """
        return self.answer(request_of(question, **options))

    def answer(self, request: Request) -> Results:
        """Return the results of ``request``, as ``search`` does.

        Raises UsageError for a filter on a field that no article has; ModelMismatch, ModelError and IndexDamaged.
        """
        return self.answer_many([request])[0]

    @spelled_out()
    def search_many(self, questions: Iterable[str], **options: Unpack[SearchOptions]) -> list[Results]:
        """Return the results of ``search`` for each of ``questions``, with the same ``options``, faster than one by one.

        Raises as ``search`` would for one of them.
        """
        questions = several("questions", questions, "questions")
        if not questions:
            return []
        plain = request_of(questions[0], **options)
        return self.answer_many([replace(plain, question=question) for question in questions])

    def answer_many(self, requests: Sequence[Request]) -> list[Results]:
        """Return the results of each of ``requests``, all from one version. For servers that batch requests. If all are for keywords only,
        no model is needed: without one, sentences are compared by their words, and a remark says so.

        Raises as ``answer`` would for one of them.
        """
        named = [self._named(as_request(request)) for request in several("requests", requests, "Request")]
        try:
            asker = self.asker()
        except (ModelError, ModelMismatch):
            if not all(request.mode == "lexical" and not request.rerank for request in named):
                raise
            found = self._without_model(self._current()).answer_many(named)
            return [replace(results, remarks=(*results.remarks, _NO_MODEL)) for results in found]
        return asker.answer_many(named)

    def _named(self, request: Request) -> Request:
        """Replace ``rerank=True`` by the cross-encoder of ``use_reranker``."""
        if request.rerank is not True:
            return request
        if not self._reranker:
            raise UsageError(
                "no cross-encoder is set for rerank: leave rerank out, or set one first, in Python with Index.use_reranker(MODEL), for a "
                "server with newsdex serve --rerank MODEL"
            )
        return replace(request, rerank=self._reranker)

    @spelled_out()
    async def asearch(self, question: str, **options: Unpack[SearchOptions]) -> Results:
        """Run ``search`` in another thread, without blocking the event loop.

        A cancelled task does not wait; the thread finishes, and its answer is dropped.
        """
        import asyncio

        return await asyncio.to_thread(self.search, question, **options)

    @spelled_out(OF_CONTEXT)
    def context(self, question: str, *, budget_tokens: int = 3000, **options: Unpack[SearchOptions]) -> Context:
        """Pack passages about ``question`` for a prompt. ``str()`` of the result has whole passages, with their sources, dates and numbers
        to cite.

        The result has at most ``budget_tokens``, counted by the tokenizer of the index's model. ``options`` are those of ``search``; by
        default ``limit`` is 10, ``per_article`` 2 and ``context`` 1, as far as there is room. Without ``min_score``, articles that do not
        answer are left out if other articles answer; if none does, the nearest are included.

        Raises UsageError for a budget that is not allowed, and as ``search``.
        """
        from newsdex.search.answer.context import check_budget, likely, pack

        check_budget(budget_tokens)
        settings: SearchOptions = {**OF_CONTEXT, **options}
        results = self.search(question, **settings)
        if settings.get("min_score") is None:
            results = likely(results)
        return pack(results, self.asker().encoder, budget_tokens)

    @spelled_out(OF_CONTEXT)
    async def acontext(self, question: str, *, budget_tokens: int = 3000, **options: Unpack[SearchOptions]) -> Context:
        """Run ``context`` in another thread, as ``asearch``."""
        import asyncio

        return await asyncio.to_thread(self.context, question, budget_tokens=budget_tokens, **options)

    def prepare(self) -> None:
        """Load the faster engines for questions and the reader now, which takes 2 to 9 CPU seconds. A server should call it at its start,
        after forking: without it, its first questions are three to eight times slower. Raises ModelMismatch and ModelError.
        """
        prepare(self.asker().encoder)
        if self._reranker:
            from newsdex.search.ranking.rerank import open_reranker

            open_reranker(self._reranker).load()

    @property
    def has_reranker(self) -> bool:
        """Whether ``use_reranker`` was called, so that ``rerank=True`` works."""
        return bool(self._reranker)

    def use_reranker(self, model: str) -> None:
        """Let searches with ``rerank=True`` reorder hits with this cross-encoder, a name or a folder. Raises UsageError and ModelError."""
        from newsdex.search.ranking.rerank import open_reranker

        if not model:
            raise UsageError("the name of a cross-encoder is empty: expected a name or a folder")
        open_reranker(model)
        self._reranker = model

    def embed(self, texts: Sequence[str], *, question: bool = False) -> tuple[Vectors, int]:
        """Return the vectors of ``texts`` by the index's model, float32, shape (texts, dimension), with unit rows, and their number of
        tokens.

        ``question``: the texts are questions, which some models distinguish from passages. Raises ModelMismatch and ModelError.
        """
        texts = [as_text(text, "a text to embed") for text in several("texts", texts, "texts")]
        encoder = self.asker().encoder
        vectors = encoder.encode_questions(texts) if question else encoder.encode_passages(texts)
        return vectors, sum(encoder.count_tokens(texts))

    def article(self, name: str) -> Article:
        """Return the article with the id ``name``, or else the one with that url, path, or end of a path if only one article has it.

        Raises ArticleMissing with the nearest ids; UsageError if ``name`` matches several articles; IndexDamaged.
        """
        from newsdex.search.lookups.lookup import find_article

        return find_article(self._current(), name)

    @spelled_out(left_out=OF_QUESTIONS)
    def similar(self, name: str, **options: Unpack[SearchOptions]) -> Results:
        """Return the articles most similar to the one called ``name`` (as in ``article``), in meaning and words. Copies are folded; the
        article and its own copies are left out. No model is loaded.

        ``options`` are those of ``search`` that do not concern a question. A hit's passage is the most similar one. Its ``score`` is the
        probability that both articles are about the same story. ``Results.question`` has the words that were compared.

        Raises as ``article``; UsageError for an option that is not allowed or only for questions.
        """
        return self._likenesses()(name).similar(**options)

    def thread(self, name: str, *, limit: int = 50) -> Thread:
        """Return at most ``limit`` reports, the likeliest, of the event of the article called ``name`` (as in ``article``) and of its
        sequels, oldest first, each with the sentence that it adds. A thread of one report means that no others were found.

        Raises as ``article``, and UsageError.
        """
        from newsdex.search.related.thread import thread

        return thread(self._likenesses(), name, limit)

    def overview(self) -> Overview:
        """Return the languages and sources of the index, and its first and last date. Raises IndexDamaged."""
        from newsdex.search.lookups.lookup import overview

        return overview(self._current())

    def suggest(self, typed: str, limit: int = 8) -> list[Hint]:
        """Return at most ``limit`` titles with words that start with the ones ``typed`` so far, ordered as in
        newsdex.search.lookups.suggest.

        The first call for a version reads its titles, which takes seconds for a million. Raises IndexDamaged.
        """
        from newsdex.search.lookups.suggest import Suggester

        as_text(typed, "the beginning of a title")
        limit = whole("a limit of {}", limit, 0)
        with self._lock:
            self._suggester = self._suggester or Suggester()
        return self._suggester.hints(self._titled(), typed, limit)

    def _titled(self) -> Snapshot:
        """The newest version with the titles of its articles."""
        return self._current()

    def timeline(self, request: Request) -> Timeline:
        """Count, by month, the articles with the best passages that seem to answer ``request``. Dates in the question are not read.

        Raises as ``answer``.
        """
        from newsdex.search.lookups.facets import timeline

        return timeline(self.asker(), as_request(request))

    def facets(self, request: Request, *, answering: bool = True) -> Facets:
        """Count the articles that seem to answer ``request`` by source, language, section, author, folder, year and month; with
        ``answering=False``, all articles that match its filters and dates.

        Raises as ``answer``; UsageError if ``request`` is None, and with ``answering=False`` for an archive in Milvus.
        """
        from newsdex.search.lookups.facets import facets_of_all, facets_of_answer

        asked = as_request(request)
        if answering:
            return facets_of_answer(self.asker(), asked)
        return facets_of_all(self._listable(), asked)

    @spelled_out(left_out=NOT_OF_LISTS)
    def newest(self, request: Request | None = None, **options: Unpack[SearchOptions]) -> list[Article]:
        """List the articles that match the filters and dates, newest first: ``limit`` of them, after ``offset``. They are ``options``, or
        those of ``request``, whose question is ignored.

        Raises UsageError for an option that is only for questions, for a filter on a field that no article has, and for an archive in
        Milvus; IndexDamaged.
        """
        return self.listing(request, **options).articles

    @spelled_out(left_out=NOT_OF_LISTS)
    def listing(self, request: Request | None = None, **options: Unpack[SearchOptions]) -> Listed:
        """List as ``newest``, with the total number of matches and remarks, such as how many have no date. Raises as ``newest``."""
        from newsdex.search.listing import page_of

        if unfit := [name for name in options if request is not None or name in NOT_OF_LISTS]:
            raise UsageError(f"{unfit[0]} is not allowed {'beside a Request' if request is not None else 'for a list'}: leave it out")
        return page_of(self._listable(), request_of("list", **options) if request is None else as_request(request))

    def page_after(self, after: str = "", limit: int = 20, *, oldest_first: bool = False) -> list[Article] | None:
        """List at most ``limit`` articles after the one with the id ``after``, or from the first, newest first. None if no article has that
        id.

        Raises UsageError for an archive in Milvus, and IndexDamaged.
        """
        from newsdex.search.listing import page_after

        limit = whole("a limit of {}", limit, 0)
        return page_after(self._listable(), as_text(after, "the id of an article"), limit, oldest_first=oldest_first)

    def examples(self, limit: int = 6) -> list[str]:
        """Suggest searches to start with: names and phrases that several of the newest titles share, at most ``limit``.

        Raises UsageError for an archive in Milvus, and IndexDamaged.
        """
        from newsdex.search.lookups.examples import examples_of

        snapshot, known = self._listable(), self._examples
        if known is None or known[0] != snapshot.manifest:
            known = self._examples = snapshot.manifest, examples_of(snapshot)
        return list(known[1][: whole("a limit of {}", limit, 0)])

    def _listable(self) -> Snapshot:
        """The newest version, if all its articles are local. Raises UsageError."""
        return self._current()

    def verify_quote(self, quote: str, *, limit: int | None = None) -> QuoteReport:
        """Check whether ``quote`` is in the archive. Return all places that have it, the nearest place with the differences, or the places
        that it joins; at most ``limit``.

        White space, kinds of quotation marks and dashes, and case at the beginning of a sentence are ignored. Raises UsageError for a
        quotation without a word or with more than 10,000 characters, and for a limit below 1; IndexDamaged.
        """
        from newsdex.search.quotes.verify import verify_quote

        return verify_quote(self._current(), as_text(quote, "the quotation"), limit)

    def check(
        self, answer: str, *, question: str = "", hits: Iterable[Hit | Excerpt | Article | str] | None = None, threshold: float = 0.8
    ) -> AnswerReport:
        """Check sentence by sentence whether the archive supports an ``answer`` that a model wrote: docs/CHECK.md.

        ``hits`` are what the model received: hits of a search, excerpts of a context, articles or their ids; ``[1]`` in the answer is the
        first of them. If ``hits`` is None, each sentence and the ``question`` are searched for in the archive; an empty list means that
        there are no sources, and no sentence is supported. The answer is accepted if at
        least the fraction ``threshold``, in [0, 1], of its sentences is supported, none is contradicted, and none has a different number or
        date than the article.

        Raises UsageError for an answer of more than 20,000 characters or 100 sentences, or more than 50 hits; as ``article`` for an id, and
        as ``search``.
        """
        from newsdex.search.check.gate import Gate, names_of
        from newsdex.search.question.spelling import written_as_name
        from newsdex.search.question.terms import languages_of

        as_text(answer, "the answer")
        as_text(question, "the question")
        names = None if hits is None else names_of(several("hits", hits, "hits, excerpts (context.excerpts), articles or ids"))
        asker, snapshot = self.asker(), self._current()
        holding, is_name = partial(self._holding, snapshot), partial(written_as_name, snapshot)
        return Gate(self, asker.encoder, holding, is_name, languages_of(snapshot)).check(answer, question, names, threshold)

    def asker(self) -> Asker:
        """Return the search stages with snapshot and encoder, for the newest version that can answer. The object stays the same until there
        is another version.

        Raises ModelMismatch and ModelError.
        """
        with self._lock:
            snapshot = self._newest_open()
            if self._encoder is None or self._encoder.card.fingerprint != snapshot.manifest.model.fingerprint:
                self._encoder = _open_encoder(snapshot)
            if self._asker is None or self._asker.snapshot is not snapshot or self._asker.encoder is not self._encoder:
                self._asker = self._asker_of(snapshot, self._encoder)
                prove_by(self._encoder, partial(self._witness, snapshot), str(snapshot.folder))
            return self._asker

    def _witness(self, snapshot: Snapshot) -> tuple[str, Vectors] | None:
        """Return a passage as it was embedded, and its vector."""
        from newsdex.store.samples import witness

        return witness(snapshot)

    def _asker_of(self, snapshot: Snapshot, encoder: Encoder) -> Asker:
        return Asker(snapshot, encoder)

    def _without_model(self, snapshot: Snapshot) -> Asker:
        """Return the search stages for ``snapshot`` without its model, and without a reader, which needs one as well."""
        from newsdex.search.related.similar import WordsOnly

        return self._asker_of(snapshot, WordsOnly(replace(snapshot.manifest.model, name=HASH_MODEL)))

    def _likenesses(self) -> Callable[[str], Likeness]:
        """Return a function from an article's name to a finder of similar articles, all in this version. No model is loaded."""
        from newsdex.search.related.similar import Likeness

        snapshot = self._current()
        asker = self._without_model(snapshot)
        return lambda name: Likeness(asker, *self._holding(snapshot, name), self._typical(snapshot))

    def _typical(self, snapshot: Snapshot) -> Callable[[str], Vectors]:
        """Return a function from a language to vectors of some passages in it, float32, shape (n, d)."""
        from newsdex.search.ranking.languages import typical_in

        return partial(typical_in, snapshot)

    def _holding(self, snapshot: Snapshot, name: str) -> tuple[Snapshot, Place]:
        """Return a snapshot with the article called ``name``, its copies and its vectors, and its place there. Raises as ``article``."""
        from newsdex.search.lookups.lookup import find_place

        return snapshot, find_place(snapshot, name)

    def _current(self) -> Snapshot:
        with self._lock:
            return self._newest_open()

    def _newest_open(self) -> Snapshot:
        if self._closed:
            raise IndexClosed(f"the index {self._snapshot.folder} is closed. Open it again: Index.open({str(self._snapshot.folder)!r})")
        return self._newest()

    def _newest(self) -> Snapshot:
        try:
            if self._follow and not self._snapshot.is_current():
                self._snapshot, self._asker = self._newer(), None
            self.problem = None
        except (IndexFolderError, ModelError) as problem:
            self.problem = problem
            if not self._snapshot.pointer:  # there is none that could answer instead
                raise
        return self._snapshot

    def _newer(self) -> Snapshot:
        """Open the version that is current now, and the model that it needs."""
        pointer, now = read_pointer(self._snapshot.folder), time.monotonic()
        # To open a version in memory reads all of it: one that cannot be opened is not tried at each question.
        if self.problem and self._in_memory and self._refused and self._refused[0] == pointer and now < self._refused[1] + _RETRY_SECONDS:
            raise self.problem
        self._refused = pointer, now
        newer = Snapshot.open(self._snapshot.folder, before=self._snapshot, in_memory=self._in_memory)
        if self._encoder is not None and self._encoder.card.fingerprint != newer.manifest.model.fingerprint:
            self._encoder = _open_encoder(newer)  # if this fails, the previous version keeps answering
        self._refused = None
        return newer


def _open_encoder(snapshot: Snapshot) -> Encoder:
    model = snapshot.manifest.model
    encoder = open_query_encoder(model.name, model)
    if encoder.card.fingerprint != model.fingerprint:
        raise ModelMismatch(
            f"{snapshot.folder} was built with another version of {model.name} than the one installed. Build it again: "
            f"{command('rebuild', snapshot.folder)}"
        )
    return encoder
