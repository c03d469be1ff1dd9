"""What the routes share: the index, the limits, and the threads in which questions are answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, TypeVar

from fastapi import Depends
from starlette.requests import Request as HttpRequest

from newsdex.search.index import Index
from newsdex.search.server.problems import Problem
from newsdex.search.server.settings import Settings

_T = TypeVar("_T")


class Service:
    """An index that is served."""

    def __init__(self, index: Index, settings: Settings) -> None:
        self.index = index
        self.settings = settings
        self.started = time.monotonic()
        self._threads = ThreadPoolExecutor(settings.threads, thread_name_prefix="newsdex")

    async def run(self, task: Callable[[], _T]) -> _T:
        """What ``task`` returns, computed beside the event loop.

        Raises Problem 503 when that takes too long, and what ``task`` raises.
        """
        return await self.within(asyncio.get_running_loop().run_in_executor(self._threads, task))

    async def within(self, answer: asyncio.Future[_T]) -> _T:
        """``answer``, unless it takes too long: Problem 503."""
        try:
            return await asyncio.wait_for(answer, self.settings.limits.seconds)
        except asyncio.TimeoutError as error:
            raise Problem(503, f"no answer within {self.settings.limits.seconds:g} seconds: the server is busy") from error

    def close(self) -> None:
        """End the threads when they have done what was begun."""
        self._threads.shutdown(cancel_futures=True)


def _service_of(request: HttpRequest) -> Service:
    service: Service = request.app.state.service
    return service


Served = Annotated[Service, Depends(_service_of)]
