"""What the routes share: the index, the limits, and the threads in which questions are answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, TypeVar

from fastapi import Depends
from starlette.requests import Request as HttpRequest

from newsdex.errors import NewsdexError
from newsdex.records import Results
from newsdex.search.index import Index
from newsdex.search.request import Request
from newsdex.search.server.batching import Batcher
from newsdex.search.server.metrics import Metrics
from newsdex.search.server.problems import Problem
from newsdex.search.server.readiness import Watch
from newsdex.search.server.settings import Settings

_T = TypeVar("_T")
_MOST_BATCH = 16  # questions: with more, those that came first wait longer than they gain


class Service:
    """An index that is served."""

    def __init__(self, index: Index, settings: Settings) -> None:
        self.index = index
        self.settings = settings
        self.metrics = Metrics(index)
        self.started = time.monotonic()
        self.watch = Watch(index)
        # One more than answer questions, so that these do not keep an article waiting, nor the other way round.
        self._threads = ThreadPoolExecutor(settings.threads + 1, thread_name_prefix="newsdex")
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="newsdex-aside")
        self._questions: Batcher[Request, Results] = Batcher(
            self._answer, self._threads, at_once=settings.threads, most=_MOST_BATCH, seen=self.metrics.batched
        )

    async def search(self, request: Request) -> Results:
        """What ``request`` asks for, worked out together with what others ask at the same time.

        Raises Problem 503 when that takes too long, and as ``Index.answer``.
        """
        return await self._within(self._questions.ask(request))

    async def run(self, task: Callable[[], _T]) -> _T:
        """What ``task`` returns, worked out beside the event loop.

        Raises Problem 503 when that takes too long, and what ``task`` raises.
        """
        return await self._within(asyncio.get_running_loop().run_in_executor(self._threads, task))

    async def run_aside(self, task: Callable[[], _T]) -> _T:
        """As ``run``, after other tasks of this kind: however long they take, nothing else waits for them."""
        return await self._within(asyncio.get_running_loop().run_in_executor(self._aside, task))

    def close(self) -> None:
        """End the threads when they have done what was begun."""
        self._aside.shutdown(cancel_futures=True)
        self._threads.shutdown(cancel_futures=True)

    async def _within(self, answer: asyncio.Future[_T]) -> _T:
        seconds = self.settings.limits.seconds
        try:
            return await asyncio.wait_for(answer, seconds)
        except asyncio.TimeoutError as error:
            raise Problem(503, f"no answer within {seconds:g} seconds: the server is busy") from error

    def _answer(self, requests: Sequence[Request]) -> Sequence[Results | NewsdexError]:
        try:
            return self.index.answer_many(requests)
        except NewsdexError:
            # One of them cannot be answered. Which, each alone tells.
            return [self._answer_one(request) for request in requests]

    def _answer_one(self, request: Request) -> Results | NewsdexError:
        try:
            return self.index.answer(request)
        except NewsdexError as error:
            return error


async def _service_of(request: HttpRequest) -> Service:  # async: others are called in a thread
    service: Service = request.app.state.service
    return service


Served = Annotated[Service, Depends(_service_of)]
