"""Questions that come together are answered together, each with its own answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from newsdex.errors import UsageError
from newsdex.search.server.batching import Batcher


class Doubler:
    """Doubles numbers, when it is let; negative ones are a mistake."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.batches: list[list[int]] = []

    def __call__(self, numbers: Sequence[int]) -> list[int | UsageError]:
        """Double them all."""
        self.go.wait(10)
        self.batches.append(list(numbers))
        return [2 * number if number >= 0 else UsageError(f"{number} is negative") for number in numbers]


def test_batches_grow_while_others_are_worked_out() -> None:
    """The first is begun at once, and those that come meanwhile are batches of at most so many."""
    double, sizes = Doubler(), []

    async def ask() -> list[int]:
        with ThreadPoolExecutor(1) as threads:
            batcher: Batcher[int, int] = Batcher(double, threads, at_once=1, most=4, seen=sizes.append)
            answers = [batcher.ask(number) for number in range(10)]
            double.go.set()
            return await asyncio.gather(*answers)

    assert asyncio.run(ask()) == [2 * number for number in range(10)]
    assert double.batches == [[0], [1, 2, 3, 4], [5, 6, 7, 8], [9]]
    assert sizes == [1, 4, 4, 1]


def test_a_mistake_is_one_s_own() -> None:
    """Others of the batch are answered."""
    double = Doubler()

    async def ask() -> list[object]:
        with ThreadPoolExecutor(1) as threads:
            batcher: Batcher[int, int] = Batcher(double, threads, at_once=1, most=4)
            answers = [batcher.ask(number) for number in (0, 1, -2, 3)]
            double.go.set()
            return await asyncio.gather(*answers, return_exceptions=True)

    first, second, mistake, last = asyncio.run(ask())
    assert (first, second, last) == (0, 2, 6)
    assert str(mistake) == "-2 is negative"
    assert double.batches == [[0], [1, -2, 3]]


def test_who_has_gone_is_left_out() -> None:
    """A question that is cancelled before its turn is not worked out, and one after it is nobody's any more."""
    double = Doubler()

    async def ask() -> list[object]:
        with ThreadPoolExecutor(1) as threads:
            batcher: Batcher[int, int] = Batcher(double, threads, at_once=1, most=4)
            answers = [batcher.ask(number) for number in range(4)]
            answers[0].cancel()
            answers[2].cancel()
            double.go.set()
            return await asyncio.gather(*answers, return_exceptions=True)

    first, second, third, last = asyncio.run(ask())
    assert isinstance(first, asyncio.CancelledError)
    assert isinstance(third, asyncio.CancelledError)
    assert (second, last) == (2, 6)
    assert double.batches == [[0], [1, 3]]


def test_a_failure_is_told_to_all_and_ends_nothing() -> None:
    """What nobody foresaw is raised where it was asked; the next are answered."""
    fails = [True]

    def work(numbers: Sequence[int]) -> list[int]:
        if fails.pop():
            raise RuntimeError("unforeseen")
        return list(numbers)

    async def ask() -> int:
        with ThreadPoolExecutor(1) as threads:
            batcher: Batcher[int, int] = Batcher(work, threads, at_once=1, most=4)
            with pytest.raises(RuntimeError, match="unforeseen"):
                await batcher.ask(1)
            fails.append(False)
            return await batcher.ask(2)

    assert asyncio.run(ask()) == 2
