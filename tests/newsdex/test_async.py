"""An index beside an event loop, and through the commits of others."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from newsdex import Index, Options, Results, UsageError, index_paths
from newsdex.search.options import SearchOptions

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The loop of the standard library."""
    return "asyncio"


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an index of two articles beside them."""
    folder = tmp_path_factory.mktemp("news")
    (folder / "bridge.txt").write_text("Bridge closed\n\nThe bridge was closed on Monday.", encoding="utf-8")
    (folder / "ferry.txt").write_text("Ferry aground\n\nA ferry ran aground on Tuesday.", encoding="utf-8")
    index_paths([folder / "bridge.txt", folder / "ferry.txt"], folder / "index", Options(model="hash"))
    return folder


def test_what_is_handed_on_is_what_search_takes() -> None:
    """The options that asearch, context and acontext hand on are exactly those of search."""
    named = [name for name, parameter in inspect.signature(Index.search).parameters.items() if parameter.kind is parameter.KEYWORD_ONLY]
    assert sorted(SearchOptions.__optional_keys__) == sorted(named)
    assert not SearchOptions.__required_keys__


async def test_an_awaited_search_is_the_same_search(news: Path) -> None:
    """What asearch and acontext give is what search and context give for the same arguments, and raise what they raise."""
    with Index.open(news / "index") as index:
        assert await index.asearch("ferry", limit=1, mode="lexical") == index.search("ferry", limit=1, mode="lexical")
        assert await index.acontext("ferry", budget_tokens=200, min_score=0.0) == index.context("ferry", budget_tokens=200, min_score=0.0)
        with pytest.raises(UsageError, match="the question is empty"):
            await index.asearch(" ")
        with pytest.raises(TypeError, match="no_such_option"):
            await index.asearch("ferry", no_such_option=1)  # type: ignore[call-arg]


class Held:
    """A search that waits until it is let go, in whatever thread it runs."""

    def __init__(self, search: Callable[..., Results]) -> None:
        self._search = search
        self.threads: list[threading.Thread] = []
        self.begun, self.free, self.done = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, *arguments: Any, **options: Any) -> Results:
        self.threads.append(threading.current_thread())
        self.begun.set()
        assert self.free.wait(30)
        try:
            return self._search(*arguments, **options)
        finally:
            self.done.set()


async def test_the_event_loop_goes_on(news: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a search runs, in a thread that is not the loop's, the loop does other work."""
    with Index.open(news / "index") as index:
        held = Held(index.search)
        monkeypatch.setattr(index, "search", held)
        task = asyncio.create_task(index.asearch("ferry"))
        assert await asyncio.to_thread(held.begun.wait, 30)
        assert not task.done()
        held.free.set()
        assert len(await task) == 2
    assert held.threads != [threading.current_thread()]


async def test_cancelling_is_safe(news: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cancelled task ends at once, though its search runs on; the index then answers as before, also many at once."""
    with Index.open(news / "index") as index:
        held = Held(index.search)
        with monkeypatch.context() as patch:
            patch.setattr(index, "search", held)
            task = asyncio.create_task(index.asearch("ferry"))
            assert await asyncio.to_thread(held.begun.wait, 30)
            task.cancel()
            began = time.monotonic()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert time.monotonic() - began < 25  # the search is held for 30 seconds
            assert not held.done.is_set()
        held.free.set()
        answers = await asyncio.gather(*(index.asearch("ferry") for _ in range(50)))
        assert await asyncio.to_thread(held.done.wait, 30)
        assert answers == [index.search("ferry")] * 50


async def test_a_timeout_is_kept(news: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """asyncio.wait_for gives up in time on a search that takes longer."""
    with Index.open(news / "index") as index:
        held = Held(index.search)
        monkeypatch.setattr(index, "search", held)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(index.asearch("ferry"), 0.05)
        held.free.set()


async def test_a_commit_is_seen_at_the_next_call(tmp_path: Path) -> None:
    """A long-lived index answers from a new commit at once, by whichever call; a removed article is gone; a result in hand stays as it
    was.
    """
    (tmp_path / "a.txt").write_text("Bridge closed\n\nThe bridge was closed on Monday.", encoding="utf-8")
    folder, options = tmp_path / "index", Options(model="hash", prune=True)
    index_paths([tmp_path / "a.txt"], folder, options)
    with Index.open(folder) as index:
        before = index.search("ferry aground")
        assert [hit.article.path.name for hit in before] == ["a.txt"]
        (tmp_path / "b.txt").write_text("Ferry aground\n\nA ferry ran aground on Tuesday.", encoding="utf-8")
        await asyncio.to_thread(index_paths, [tmp_path], folder, options)
        assert index.search("ferry aground")[0].article.path.name == "b.txt"
        assert (await index.asearch("ferry aground"))[0].article.path.name == "b.txt"
        assert index.context("ferry aground", min_score=0.0).excerpts[0].title == "Ferry aground"
        assert index.article("b.txt").title == "Ferry aground"
        assert index.verify_quote("A ferry ran aground").verdict == "found"
        assert index.manifest.articles == 2
        (tmp_path / "b.txt").unlink()
        index_paths([tmp_path], folder, options)
        assert [hit.article.path.name for hit in await index.asearch("ferry aground")] == ["a.txt"]
        assert index.verify_quote("A ferry ran aground").verdict == "not found"
        assert before[0].article.text.startswith("Bridge closed")
        assert index.problem is None


async def test_a_rebuild_with_another_model_is_followed(tmp_path: Path) -> None:
    """When the index is built anew with other passages and another model, the open index asks with that model."""
    (tmp_path / "a.txt").write_text("Ferry aground\n\nA ferry ran aground on Tuesday.", encoding="utf-8")
    folder = tmp_path / "index"
    index_paths([tmp_path / "a.txt"], folder, Options(model="hash"))
    with Index.open(folder) as index:
        assert (await index.asearch("ship accident", mode="dense")).generation == "g000001"
        from newsdex.indexer.upkeep.rebuild import rebuild_index

        rebuild_index(folder, Options(model="all-MiniLM-L6-v2"))
        found = await index.asearch("ship accident", mode="dense")
        assert found.generation == "g000002"
        assert index.manifest.model.name == "all-MiniLM-L6-v2"
        assert index.context("ship accident", min_score=0.0).tokens > 0
