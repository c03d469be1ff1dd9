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
from newsdex.encoder import Encoder, Vectors
from newsdex.engines import open_query_encoder, prepare
from newsdex.errors import IndexFolderError, ModelError, ModelMismatch, NewsdexError, UsageError
from newsdex.records import Article, Hit, Results, Thread
from newsdex.search.options import OF_CONTEXT, OF_QUESTIONS, SearchOptions
from newsdex.search.pipeline import Asker
from newsdex.search.request import Request, as_request, as_text, request_of, spelled_out
from newsdex.store.manifest import Manifest, read_pointer
from newsdex.store.paths import absolute
from newsdex.store.snapshot import Snapshot

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from newsdex.checking import AnswerReport
    from newsdex.quotation import QuoteReport
    from newsdex.search.answer.context import Context, Excerpt
    from newsdex.search.listing import Listed
    from newsdex.search.lookups.examples import Examples
    from newsdex.search.lookups.facets import Facets
    from newsdex.search.lookups.overview import Overview
    from newsdex.search.lookups.suggest import Hint, Suggester
    from newsdex.search.lookups.timeline import Timeline
    from newsdex.search.related.similar import Likeness
    from newsdex.store.copies import Place

_RETRY_SECONDS = 1.0  # until a version that could not be opened is tried again


class Index:
    """An open index. Any number of threads can query it.

    Each call answers from one whole version, the newest that could be opened: a commit is seen at the next call. When a newer
    version cannot be opened, the one that is open goes on answering and ``problem`` says why.

        with Index.open("index_data") as index:
            for hit in index.search("China support for Russia", limit=5):
                print(hit.score, hit.article.title, hit.passage.text)
    """

    def __init__(self, snapshot: Snapshot, *, follow: bool = True, in_memory: bool = False) -> None:
        """``follow``: answer from newer versions as they come; ``in_memory`` as in ``open``, for those."""
        if not isinstance(snapshot, Snapshot):
            raise UsageError(f"{snapshot!r} is no open index: expected Index.open({snapshot!r})")
        self._snapshot = snapshot
        self._follow = follow
        self._in_memory = in_memory
        self._refused: tuple[str, float] | None = None  # a version that cannot be opened, and when that was tried
        self._encoder: Encoder | None = None
        self._asker: Asker | None = None  # of the version that is open
        self._suggester: Suggester | None = None
        self._examples: Examples | None = None
        self._lock = threading.Lock()
        self._closed = False
        self.problem: NewsdexError | None = None
        self._reranker = ""
        keep_memory()

    @classmethod
    def open(cls, folder: str | os.PathLike[str] = "index_data", *, in_memory: bool = False) -> Index:
        """Open the index in ``folder``, or in Milvus at an address such as ``milvus://host:19530/archive`` or in a file of Milvus Lite,
        ``archive.db``.

        ``in_memory``: read its files now, check them and keep them, instead of mapping them. That takes as much memory as they are large,
        and whatever becomes of the files, the version that is open goes on answering. It means nothing for Milvus.

        Raises IndexMissing when there is none, IndexTooNew or IndexTooOld when a newsdex wrote it whose format this one does not read, and
        IndexDamaged; of Milvus, IndexUnfinished and ServerError too.
        """
        if not isinstance(folder, str | os.PathLike):
            raise UsageError(f"the folder of the index is {folder!r}: expected a path such as index_data")
        text = os.fspath(folder)
        if not text:
            raise UsageError("the folder of the index is empty: expected a path such as index_data")
        if text.startswith("milvus") or ".db" in text:
            from newsdex.milvus.place import is_remote

            if is_remote(text):
                from newsdex.search.milvus.remote import RemoteIndex

                return RemoteIndex.at(text)
        return cls(Snapshot.open(absolute(Path(folder)), in_memory=in_memory), in_memory=in_memory)

    @classmethod
    def open_generation(cls, folder: str | os.PathLike[str], generation: str) -> Index:
        """Open a generation of the index in ``folder``, such as ``g000001``, as it stands, whichever is current.

        Raises IndexMissing when there is no such generation, and as ``open``.
        """
        return cls(Snapshot.open_generation(absolute(Path(folder)), generation), follow=False)

    def snapshot(self) -> Index:
        """The index as it is now, whatever is committed later: for one who pages or compares. It has all methods of an index; close it, or
        use it in ``with``.

        It keeps the files of its version, and their space on the disk, until it is let go. Raises UsageError for an archive in Milvus,
        whose rows change in place.
        """
        with self._lock:
            view = Index(self._newest_open(), follow=False)
            view._encoder = self._encoder
            view._reranker = self._reranker
        return view

    def __enter__(self) -> Index:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the model. The index's files are let go when nothing refers to their content any more.

        Every later call that would need them raises UsageError.
        """
        self._closed = True
        self._encoder = self._asker = None

    @property
    def folder(self) -> Path:
        """Where the index lies, absolute."""
        return self._snapshot.folder

    @property
    def manifest(self) -> Manifest:
        """What the current version consists of: counts, model, settings, time of its commit."""
        return self._current().manifest

    @property
    def open_manifest(self) -> Manifest:
        """That of the version that is open, whether there is a newer one or not: it waits for nothing."""
        return self._snapshot.manifest

    @property
    def is_mapped(self) -> bool:
        """Whether files are mapped and not kept in memory."""
        return not self._in_memory and bool(self._snapshot.manifest.size())

    def check_mapped(self) -> None:
        """Look whether a mapped file has changed since it was opened; one that has is read again. In memory, nothing changes.

        Raises IndexDamaged when one is not what was written.
        """
        if self.is_mapped:
            for segment in self._snapshot.file_segments:
                segment.check_unchanged()

    def is_current(self) -> bool:
        """Whether no version has been published since the one that is open.

        Raises IndexMissing.
        """
        return self._snapshot.is_current()

    def let_go(self) -> None:
        """Keep nothing of the version that is open: memory is freed when no answer refers to it any more. The next call opens the newest,
        and raises as ``open``.
        """
        with self._lock:
            self._asker = None
            self._snapshot = replace(self._snapshot, pointer="", segments=(), remembered_copies={})

    @spelled_out()
    def search(self, question: str, **options: Unpack[SearchOptions]) -> Results:
        """The articles that answer ``question`` best, best first; fewer than ``limit`` only when the index has fewer.

        Hits are there even when nothing is good enough to be called an answer: ``Results.answerable`` says so. ``Results.remarks`` says how
        the question was understood: unless it is ``literal``, ``"exact phrase"``, ``-word``, ``OR`` and ``source:NAME`` are filters
        (docs/QUERY.md), and a word that no article has is read as the nearest one that the archive has. ``sort`` by date orders the best
        1,000 articles: those that seem to answer come first, each part newest first.

        Raises UsageError when an argument is not allowed; ModelMismatch, ModelError and IndexDamaged.
        """
        return self.answer(request_of(question, **options))

    def answer(self, request: Request) -> Results:
        """What ``request`` asks for, as ``search`` gives it.

        Raises UsageError for a filter that names a field which no article has; ModelMismatch, ModelError and IndexDamaged.
        """
        return self.answer_many([as_request(request)])[0]

    @spelled_out()
    def search_many(self, questions: Iterable[str], **options: Unpack[SearchOptions]) -> list[Results]:
        """The answers to each of ``questions``, those that ``search`` gives with the same ``options``, for a fraction of the time that they
        take one by one.

        Raises as ``search``, when it would for one of them.
        """
        if isinstance(questions, str):
            raise UsageError(f"questions: {questions!r} is one text: expected a list of questions")
        questions = list(questions)
        if not questions:
            return []
        plain = request_of(questions[0], **options)
        return self.answer_many([replace(plain, question=question) for question in questions])

    def answer_many(self, requests: Sequence[Request]) -> list[Results]:
        """The answers to ``requests``, which may differ in everything, all from one version: for a server that has collected some.

        Raises as ``answer``, when it would for one of them.
        """
        return self.asker().answer_many([self._named(request) for request in requests])

    def _named(self, request: Request) -> Request:
        """The same with the cross-encoder that ``True`` means."""
        if request.rerank is not True:
            return request
        if not self._reranker:
            raise UsageError(
                "no cross-encoder was given to rerank with: leave rerank out, or give one first, in Python with Index.use_reranker(MODEL), "
                "to a server with newsdex serve --rerank MODEL"
            )
        return replace(request, rerank=self._reranker)

    @spelled_out()
    async def asearch(self, question: str, **options: Unpack[SearchOptions]) -> Results:
        """As ``search``, in another thread: the event loop goes on meanwhile.

        A task that is cancelled does not wait for its answer; the thread finishes it, and nobody gets it.
        """
        import asyncio

        return await asyncio.to_thread(self.search, question, **options)

    @spelled_out(OF_CONTEXT)
    def context(self, question: str, *, budget_tokens: int = 3000, **options: Unpack[SearchOptions]) -> Context:
        """What the index says about ``question``, to put into a prompt: ``str()`` of it has whole passages, with their sources, dates and
        numbers to cite them by.

        It is ``budget_tokens`` long at most, by the tokenizer of the index's model. ``options`` are those of ``search``, of which ``limit``
        is 10 if nothing else is said, ``per_article`` 2 and ``context`` 1: neighbours are added where passages leave room. Without
        ``min_score``, articles that are not good enough to be called an answer are left out where others are; where none is, the nearest
        are there.

        Raises UsageError when there can be no such budget, and as ``search``.
        """
        from newsdex.search.answer.context import check_budget, likely, pack

        check_budget(budget_tokens)
        settings: SearchOptions = {**OF_CONTEXT, **options}
        results = self.search(question, **settings)
        if settings.get("min_score") is None:
            results = likely(results, reranked=bool(settings.get("rerank")))
        return pack(results, self.asker().encoder, budget_tokens)

    @spelled_out(OF_CONTEXT)
    async def acontext(self, question: str, *, budget_tokens: int = 3000, **options: Unpack[SearchOptions]) -> Context:
        """As ``context``, in another thread, as ``asearch``."""
        import asyncio

        return await asyncio.to_thread(self.context, question, budget_tokens=budget_tokens, **options)

    def prepare(self) -> None:
        """Load now what a process that asks many questions loads sooner or later: two to four seconds. Not in a process that will fork.

        Raises ModelMismatch and ModelError.
        """
        prepare(self.asker().encoder)
        if self._reranker:
            from newsdex.search.ranking.rerank import open_reranker

            open_reranker(self._reranker).load()

    @property
    def has_reranker(self) -> bool:
        """Whether ``rerank=True`` is possible: ``use_reranker`` was called."""
        return bool(self._reranker)

    def use_reranker(self, model: str) -> None:
        """Let searches with ``rerank=True`` reorder hits with this cross-encoder, a name or a folder.

        Raises ModelError.
        """
        from newsdex.search.ranking.rerank import open_reranker

        open_reranker(model)
        self._reranker = model

    def embed(self, texts: Sequence[str], *, question: bool = False) -> tuple[Vectors, int]:
        """The vectors of ``texts`` by the index's model, float32, (texts, dimension), unit rows, and how many tokens they have together.

        ``question``: they are questions, which some models tell from passages. Raises ModelMismatch and ModelError.
        """
        encoder = self.asker().encoder
        vectors = encoder.encode_questions(texts) if question else encoder.encode_passages(texts)
        return vectors, sum(encoder.count_tokens(texts))

    def article(self, name: str) -> Article:
        """The article whose id is ``name``, or else its url, or the path of its file, or the end of that path, if only one article has it.

        Raises ArticleMissing, which names the nearest ids; UsageError when ``name`` fits several articles; IndexDamaged.
        """
        from newsdex.search.lookups.lookup import find_article

        return find_article(self._current(), name)

    @spelled_out(left_out=OF_QUESTIONS)
    def similar(self, name: str, **options: Unpack[SearchOptions]) -> Results:
        """The articles most like the one that ``name`` means, as ``article`` takes it: nearest in meaning and words, copies folded, without
        the article itself and its copies. No model is loaded.

        ``options`` are those of ``search`` that are not about a question. A hit's passage is the one most alike, its ``score`` the
        probability that both articles are of one story, and ``Results.question`` has the words that the article was compared by.

        Raises as ``article``; UsageError when an option is not allowed or for questions only.
        """
        return self._likenesses()(name).similar(**options)

    def thread(self, name: str, *, limit: int = 50) -> Thread:
        """The reports of the event that the article that ``name`` means tells of, and of its sequel, in order of time, each with the
        sentence that it adds; at most ``limit``, the likeliest. A thread of one report: there are no others.

        Raises as ``article``, and UsageError.
        """
        from newsdex.search.related.thread import thread

        return thread(self._likenesses(), name, limit)

    def overview(self) -> Overview:
        """Which languages and sources the index has, and from when to when.

        Raises IndexDamaged.
        """
        from newsdex.search.lookups.overview import overview

        return overview(self._current())

    def suggest(self, typed: str, limit: int = 8) -> list[Hint]:
        """Titles with words that begin with those that have been ``typed`` so far, at most ``limit``, as newsdex.search.lookups.suggest
        orders them.

        The first call for a version of the index sorts its titles: seconds for a million. Raises IndexDamaged.
        """
        from newsdex.search.lookups.suggest import Suggester

        with self._lock:
            self._suggester = self._suggester or Suggester()
        return self._suggester.hints(self._current(), typed, limit)

    def timeline(self, request: Request) -> Timeline:
        """In which months the articles were published that seem to answer ``request``: of those with its best passages, and without reading
        dates in the question.

        Raises as ``answer``.
        """
        from newsdex.search.lookups.timeline import timeline

        return timeline(self.asker(), as_request(request))

    def facets(self, request: Request, *, answering: bool = True) -> Facets:
        """Count the articles that seem to answer ``request`` by source, language, section, author, year and month; with
        ``answering=False`` all articles that match its filters and dates.

        Raises as ``answer``, and UsageError where ``request`` is none, or without ``answering`` for an archive in Milvus.
        """
        from newsdex.search.lookups.facets import facets_of_all, facets_of_answer

        asked = as_request(request)
        if answering:
            return facets_of_answer(self.asker(), asked)
        return facets_of_all(self._listable(), asked)

    def newest(self, request: Request) -> list[Article]:
        """List the articles that match the filters and dates of ``request``, newest first: ``limit`` of them, after ``offset``. The
        question is ignored.

        Raises UsageError for a filter on a field that no article has, and for an archive in Milvus; IndexDamaged.
        """
        return self.listing(request).articles

    def listing(self, request: Request) -> Listed:
        """List as ``newest``, with how many articles match in all and remarks, such as how many have no date. Raises as ``newest``."""
        from newsdex.search.listing import page_of

        return page_of(self._listable(), as_request(request))

    def page_after(self, after: str = "", limit: int = 20, *, oldest_first: bool = False) -> list[Article] | None:
        """List articles behind the one whose id is ``after``, or from the first, newest first: at most ``limit``. None where no article has
        that id.

        Raises UsageError for an archive in Milvus, and IndexDamaged.
        """
        from newsdex.search.listing import page_after

        return page_after(self._listable(), after, limit, oldest_first=oldest_first)

    def examples(self, limit: int = 6) -> list[str]:
        """Suggest searches to start with: names and phrases that several of the newest titles share, at most ``limit``.

        Raises UsageError for an archive in Milvus, and IndexDamaged.
        """
        from newsdex.search.lookups.examples import Examples

        snapshot, known = self._listable(), self._examples
        if known is None or known.manifest != snapshot.manifest:
            known = self._examples = Examples(snapshot)
        return list(known.phrases[:limit])

    def _listable(self) -> Snapshot:
        """The newest version, if all its articles are local. Raises UsageError."""
        return self._current()

    def verify_quote(self, quote: str, *, limit: int | None = None) -> QuoteReport:
        """Whether ``quote`` is in the archive: all places that have it, or the nearest with the differences, or the places that it was
        stitched from.

        White space, kinds of quotation marks and dashes, and case where a sentence begins make no difference. ``limit``: at most so many
        places. Raises UsageError when the quotation has no word or more than 10,000 characters, or the limit is not positive; IndexDamaged.
        """
        from newsdex.search.quotes.verify import verify_quote

        return verify_quote(self._current(), as_text(quote, "the quotation"), limit)

    def check(
        self, answer: str, *, question: str = "", hits: Iterable[Hit | Excerpt | Article | str] | None = None, threshold: float = 0.8
    ) -> AnswerReport:
        """Whether the archive says what an ``answer`` says that some model wrote, sentence by sentence: docs/CHECK.md.

        ``hits`` are what the model was given: hits of a search, excerpts of a context, articles or their ids; ``[1]`` in the answer is the
        first of them. Without them each sentence is looked up in the archive, and the ``question`` with them. The answer is accepted when
        the share of its sentences that are supported is ``threshold``, in [0, 1], or more, none is contradicted, and none has another
        number or date than the article.

        Raises UsageError for an answer of more than 20,000 characters or 100 sentences, or more than 50 hits; as ``article`` for an id,
        and as ``search``.
        """
        from newsdex.search.check.gate import Gate, names_of

        as_text(answer, "the answer")
        names = None if hits is None else names_of(hits)
        asker, snapshot = self.asker(), self._current()
        return Gate(self, asker.encoder, partial(self._holding, snapshot)).check(answer, question, names, threshold)

    def asker(self) -> Asker:
        """What answers, from the newest version that can be answered from: its snapshot, its encoder and the stages of a search. It is the
        same one until there is another version.

        Raises ModelMismatch and ModelError.
        """
        with self._lock:
            snapshot = self._newest_open()
            if self._encoder is None or self._encoder.card.fingerprint != snapshot.manifest.model.fingerprint:
                self._encoder = _open_encoder(snapshot)
            if self._asker is None or self._asker.snapshot is not snapshot or self._asker.encoder is not self._encoder:
                self._asker = self._asker_of(snapshot, self._encoder)
            return self._asker

    def _asker_of(self, snapshot: Snapshot, encoder: Encoder) -> Asker:
        return Asker(snapshot, encoder)

    def _likenesses(self) -> Callable[[str], Likeness]:
        """What gives, by the name of an article, what finds articles like it, all in this version; it loads no model."""
        from newsdex.search.related.profile import WordsOnly
        from newsdex.search.related.similar import Likeness

        snapshot = self._current()
        asker = self._asker_of(snapshot, WordsOnly(snapshot.manifest.model))
        return lambda name: Likeness(asker, *self._holding(snapshot, name), self._typical(snapshot))

    def _typical(self, snapshot: Snapshot) -> Callable[[str], Vectors]:
        """What gives vectors of some passages in a language, float32, (n, d)."""
        from newsdex.search.related.profile import typical_in

        return partial(typical_in, snapshot)

    def _holding(self, snapshot: Snapshot, name: str) -> tuple[Snapshot, Place]:
        """A snapshot with the article that ``name`` means, its copies and the vectors of its passages, and where the article lies there.

        Raises as ``article``.
        """
        from newsdex.search.lookups.lookup import find_place

        return snapshot, find_place(snapshot, name)

    def _current(self) -> Snapshot:
        """The newest version that can be answered from."""
        with self._lock:
            return self._newest_open()

    def _newest_open(self) -> Snapshot:
        if self._closed:
            raise UsageError(f"the index {self._snapshot.folder} is closed. Open it again: Index.open({str(self._snapshot.folder)!r})")
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
        """The version that is current now, and the model that it needs."""
        pointer, now = read_pointer(self._snapshot.folder), time.monotonic()
        # To open a version in memory reads all of it: one that cannot be opened is not tried at each question.
        if self.problem and self._in_memory and self._refused and self._refused[0] == pointer and now < self._refused[1] + _RETRY_SECONDS:
            raise self.problem
        self._refused = pointer, now
        newer = Snapshot.open(self._snapshot.folder, before=self._snapshot, in_memory=self._in_memory)
        if self._encoder is not None and self._encoder.card.fingerprint != newer.manifest.model.fingerprint:
            self._encoder = _open_encoder(newer)  # or else the version before, which can be asked, goes on answering
        self._refused = None
        return newer


def _open_encoder(snapshot: Snapshot) -> Encoder:
    model = snapshot.manifest.model
    encoder = open_query_encoder(model.name)
    if encoder.card.fingerprint != model.fingerprint:
        raise ModelMismatch(
            f"{snapshot.folder} was built with another version of {model.name} (fingerprint {model.fingerprint}) than the one "
            f"installed ({encoder.card.fingerprint}). Build it again: newsdex index PATH... --index-dir NEW_FOLDER"
        )
    return encoder
