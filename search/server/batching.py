"""Questions that come at the same time are answered together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Generic, TypeVar

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")


class Batcher(Generic[_Asked, _Answer]):
    """Answers what waits in batches of at most ``most``, ``threads`` of them at once. Nothing waits for a batch to fill: a thread that is
    free takes what there is, so that batches grow with the load and an idle server answers at once. Used from one event loop.
    """

    def __init__(
        self,
        answer: Callable[[Sequence[_Asked]], Sequence[_Answer | Exception]],
        threads: Executor,
        *,
        at_once: int,
        most: int,
        seen: Callable[[int], None] = lambda _size: None,
    ) -> None:
        """``answer`` gives an answer, or what went wrong, for each of what was asked; ``seen`` is told the size of each batch."""
        self._answer = answer
        self._threads = threads
        self._at_once = at_once
        self._most = most
        self._seen = seen
        self._waiting: deque[tuple[_Asked, asyncio.Future[_Answer]]] = deque()
        self._running = 0

    def ask(self, asked: _Asked) -> asyncio.Future[_Answer]:
        """The answer to come. One that is cancelled before its turn is not worked out."""
        future: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        self._start()
        return future

    def _start(self) -> None:
        while self._waiting and self._running < self._at_once:
            batch: list[tuple[_Asked, asyncio.Future[_Answer]]] = []
            while self._waiting and len(batch) < self._most:
                asked, future = self._waiting.popleft()
                if not future.done():
                    batch.append((asked, future))
            if batch:
                self._running += 1
                self._seen(len(batch))
                task = asyncio.get_running_loop().run_in_executor(self._threads, self._answer, [asked for asked, _ in batch])
                task.add_done_callback(lambda done, batch=batch: self._done(done, batch))  # type: ignore[misc]

    def _done(self, done: asyncio.Future[Sequence[_Answer | Exception]], batch: Sequence[tuple[_Asked, asyncio.Future[_Answer]]]) -> None:
        self._running -= 1
        failure = asyncio.CancelledError() if done.cancelled() else done.exception()
        answers: Sequence[_Answer | BaseException] = [failure] * len(batch) if failure else done.result()
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, asyncio.CancelledError):
                future.cancel()
            elif isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_result(answer)
        self._start()
