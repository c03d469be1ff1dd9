"""What the routes share: the index, the limits, and the threads in which questions are answered."""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, TypeAlias, TypeVar

from fastapi import Depends
from starlette.requests import Request as HttpRequest

from newsdex.records import Results
from newsdex.search.deadline import check_time, until
from newsdex.search.index import Index
from newsdex.search.request import Request
from newsdex.search.server.batching import Batcher
from newsdex.search.server.logs import note
from newsdex.search.server.metrics import Metrics
from newsdex.search.server.problems import Problem
from newsdex.search.server.readiness import Watch
from newsdex.search.server.security import KEY
from newsdex.search.server.settings import Settings
from newsdex.search.writing.answer import Writer
from newsdex.values import each_answered

_T = TypeVar("_T")
_MOST_BATCH = 16  # questions: with more, those that came first wait longer than they gain


# What is asked, and until when somebody waits for the answer, by time.monotonic().
_Question: TypeAlias = tuple[Request, float]


class Service:
    """An index that is served."""

    def __init__(self, index: Index, settings: Settings) -> None:
        self.settings = settings
        self.metrics = Metrics(index)
        self.started = time.monotonic()
        self.watch = Watch(index)
        self.writer = Writer(settings.model, for_readers=True) if settings.model else None
        # One more than answer questions, so that these do not keep an article waiting, nor the other way round.
        self._threads = ThreadPoolExecutor(settings.threads + 1, thread_name_prefix="newsdex")
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="newsdex-aside")
        self._watching = ThreadPoolExecutor(2, thread_name_prefix="newsdex-watch")
        self._shared: dict[Callable[[], Any], asyncio.Future[Any]] = {}
        self._answer_from(index)
        self.views = {key: self._of(view) for key, view in settings.views.items()}

    def _answer_from(self, index: Index) -> None:
        self.index = index
        self._questions: Batcher[_Question, Results] = Batcher(
            self._answer, self._threads, at_once=self.settings.threads, most=_MOST_BATCH, seen=self.metrics.batches.observe
        )

    def _of(self, view: Index) -> Service:
        """The same service, with its threads and limits, of another index."""
        service = copy.copy(self)
        service._answer_from(view)  # noqa: SLF001 - of this class
        return service

    def the_writer(self) -> Writer:
        """Who writes answers. Raises Problem 404 where nobody does."""
        if self.writer is None:
            raise Problem(
                404,
                "this server has no language model. For passages to give to another, POST /context. The operator of this server sets one: "
                "newsdex serve --llm URL --llm-model NAME",
            )
        return self.writer

    async def search(self, request: Request) -> Results:
        """The results of ``request``, batched with those of others. Raises Problem 503 if that takes too long, and as ``Index.answer``."""
        note(question=request.question)
        return await self._within(self._questions.ask((request, time.monotonic() + self.settings.limits.seconds)))

    async def run(self, task: Callable[[], _T], *, aside: bool = False) -> _T:
        """What ``task`` returns, run in a thread; ``aside``: one after another, delaying nothing else. Raises Problem 503, and as it."""
        threads, end = self._aside if aside else self._threads, time.monotonic() + self.settings.limits.seconds
        return await self._within(asyncio.get_running_loop().run_in_executor(threads, self._until, end, task))

    async def shared(self, task: Callable[[], _T]) -> _T:
        """As ``run``, apart from all questions, and once for all who ask for the same ``task`` meanwhile."""
        running = self._shared.get(task)
        if running is None or running.done():
            running = self._shared[task] = asyncio.get_running_loop().run_in_executor(self._watching, task)
        return await self._within(asyncio.shield(running))

    async def close(self) -> None:
        """Close what connects to the language model, and end the threads when they have done what was begun."""
        if self.writer:
            await self.writer.close()
        for threads in (self._watching, self._aside, self._threads):
            threads.shutdown(cancel_futures=True)

    async def _within(self, answer: asyncio.Future[_T]) -> _T:
        seconds = self.settings.limits.seconds
        try:
            return await asyncio.wait_for(answer, seconds)
        except asyncio.TimeoutError as error:
            raise Problem(503, f"no answer within {seconds:g} seconds: the server is busy") from error

    def _until(self, end: float, task: Callable[[], _T]) -> _T:
        """What ``task`` returns, unless nobody waits for it any longer: to stop waiting does not stop a thread."""
        with until(end):
            check_time()
            self.index.check_mapped()
            return task()

    def _answer(self, asked: Sequence[_Question]) -> Sequence[Results | Exception]:
        """The answers of all, together; where that fails, each question alone says which of them failed."""

        def answer(questions: Sequence[_Question]) -> list[Results]:
            requests = [request for request, _ in questions]
            return self._until(min(end for _, end in questions), lambda: self.index.answer_many(requests))

        return each_answered(answer, asked, Exception)


async def _service_of(request: HttpRequest) -> Service:  # async: others are called in a thread
    service: Service = request.app.state.service
    return service.views.get(request.scope.get(KEY, ""), service)


async def _whole_service_of(request: HttpRequest) -> Service:
    """The service of the whole archive. Raises Problem 403 for the key of a view."""
    service: Service = request.app.state.service
    if request.scope.get(KEY) in service.views:
        route = request.scope["route"].path
        raise Problem(403, f"this key opens some of the articles, and {route} is about all of them: expected a key for the whole archive")
    return service


# A route that answers from ``Service.index`` alone tells nothing of what a view leaves out. One that tells more is served whole.
Served = Annotated[Service, Depends(_service_of)]
ServedWhole = Annotated[Service, Depends(_whole_service_of)]
