"""The HTTP service among requests that were made to hold it up: each costs little, and the others are answered meanwhile."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from http_server import Answer, Server, serving

from newsdex import Index, Options, index_paths
from newsdex.records import Results
from newsdex.search.request import Request

pytest.importorskip("fastapi")

from newsdex.search.server.problems import MEDIA_TYPE
from newsdex.search.server.settings import Limits

ARTICLES = 300


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of articles with paths and titles of their own."""
    home = tmp_path_factory.mktemp("hostile")
    (home / "news").mkdir()
    for number in range(ARTICLES):
        text = f"# Report {number}\n\nThe harbour bridge number {number} reopened to traffic."
        (home / "news" / f"report-{number:05}.md").write_text(text, encoding="utf-8")
    index_paths([home / "news"], home / "index", Options(model="hash"))
    return home / "index"


@pytest.fixture(scope="module")
def index(folder: Path) -> Index:
    """It, open."""
    return Index.open(folder)


@pytest.fixture(scope="module")
def server(index: Index) -> Iterator[Server]:
    """A server with the limits that it has if nothing is said."""
    with serving(index) as started:
        yield started


def refused(answer: Answer, status: int) -> str:
    """What a problem of this status says."""
    assert answer.status == status, answer
    assert answer.headers["content-type"] == MEDIA_TYPE
    detail: str = answer.json["detail"]
    return detail


def cost(server: Server, method: str, path: str, body: Any = None, **query: Any) -> tuple[Answer, float]:
    """An answer, and the seconds of this process, in which the server runs, that it took."""
    began = time.process_time()
    answer = server.ask(method, path, body, **query)
    return answer, time.process_time() - began


@pytest.mark.parametrize("where", ["a" * 60_000, " " * 19_000, "a!" * 15_000, "=" * 20_000, "a=" + " x" * 19_000])
def test_a_long_condition_is_refused_at_once(server: Server, where: str) -> None:
    """By its length, before it is looked at; one of 60 kB took 47 seconds of the event loop."""
    answer, seconds = cost(server, "GET", "/search", q="bridge", where=where)
    assert refused(answer, 422)
    assert seconds < 3


@pytest.mark.parametrize("name", ["since", "until", "on", "as_of", "recency", "limit", "min_score", "collapse"])
def test_long_values_are_refused_at_once(server: Server, name: str) -> None:
    """Whatever their form."""
    for value in ("1" * 60_000, "2024-" * 12_000, "1." * 30_000, "1e" * 30_000):
        answer, seconds = cost(server, "GET", "/search", **{"q": "bridge", name: value})
        assert refused(answer, 422)
        assert seconds < 3


def compound(parts: Sequence[object]) -> dict[str, Any]:
    """A filter of which one part must be met."""
    return {"query": "bridge", "filter": {"type": "or", "filters": list(parts)}}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(compound([{"type": "glob", "key": "path", "value": "*a" * 4_900}] * 6), id="patterns"),
        pytest.param(compound([{"type": "eq", "key": "title", "value": "x"}] * 20_000), id="parts"),
        pytest.param(compound([{"bad": 1}] * 40_000), id="parts that are none"),
        pytest.param(compound([1] * 200_000), id="numbers for parts"),
        pytest.param(compound([{"type": "in", "key": "title", "value": [None] * 9_000}]), id="values that are none"),
        pytest.param(compound([{"type": "eq", "key": "title", "value": "x" * 9_000}] * 100), id="text"),
        pytest.param(compound([{"type": "x" * 500_000}]), id="an unknown type"),
        pytest.param({"query": "bridge", **{f"n{number}": 1 for number in range(60_000)}}, id="members"),
        pytest.param({"query": "bridge", "x" * 900_000: 1}, id="a long name"),
        pytest.param({"query": "bridge", "history": [1] * 300_000}, id="history"),
    ],
)
def test_large_bodies_are_refused_cheaply(server: Server, body: dict[str, Any]) -> None:
    """By their size, with one reason or few; 40,000 parts took the event loop ten seconds."""
    answer, seconds = cost(server, "POST", "/search", body)
    assert len(refused(answer, 422)) < 20_000
    assert 1 <= len(answer.json["errors"]) <= 20
    assert seconds < 4


def test_many_parameters_are_refused_cheaply(server: Server) -> None:
    """An address has room for thousands."""
    answer, seconds = cost(server, "GET", "/search?q=bridge" + "".join(f"&a{number}=1" for number in range(7_000)))
    assert refused(answer, 422)
    assert seconds < 3


def test_a_deep_filter_is_refused(server: Server) -> None:
    """Before each level is read in several ways."""
    nested: dict[str, Any] = {"type": "eq", "key": "source", "value": "x"}
    for _ in range(300):
        nested = {"type": "and", "filters": [nested]}
    answer, seconds = cost(server, "POST", "/search", {"query": "bridge", "filter": nested})
    assert "nested too deeply" in refused(answer, 422)
    assert seconds < 3


def test_a_filter_that_is_large_and_possible_is_answered(server: Server) -> None:
    """What the limits leave room for."""
    for parts in (
        [{"type": "eq", "key": "title", "value": f"Report {number}"} for number in range(990)],
        [{"type": "gt", "key": "title", "value": f"Report {number}"} for number in range(990)],
        [{"type": "glob", "key": "path", "value": f"*-{number:05}.md"} for number in range(990)],
    ):
        answer = server.post("/search", {**compound(parts), "limit": 3})
        assert answer.status == 200
        assert len(answer.json["hits"]) == 3


def test_work_ends_with_its_time(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread is free for the next question when the time of one is over, for to stop waiting does not stop a thread."""
    from newsdex.search.question import filters

    def slow(text: str) -> str:
        time.sleep(0.01)
        return text.casefold()

    monkeypatch.setattr(filters, "_BETWEEN", 1)
    with serving(index, limits=Limits(seconds=1), threads=1) as server:
        with monkeypatch.context() as patch:
            patch.setattr(filters, "folded", slow)  # a scan takes three seconds, and there are four
            parts = [{"type": kind, "key": key, "value": "zzz"} for kind in ("gt", "eq") for key in ("title", "path")]
            began = time.monotonic()
            refused(server.post("/search", {**compound(parts), "query": "a slow one"}), 503)
            answer = server.get("/search", q="bridge")
        assert answer.status == 200
        assert time.monotonic() - began < 2.5


class Failing(Index):
    """An index that has a mistake, which a question meets."""

    def answer_many(self, requests: Sequence[Request]) -> list[Results]:
        """The answers."""
        time.sleep(0.3)  # so that the next batch has several
        if any("mistake" in request.question for request in requests):
            raise ZeroDivisionError
        return super().answer_many(requests)

    def answer(self, request: Request) -> Results:
        """The answer."""
        return self.answer_many([request])[0]


def test_an_unforeseen_failure_is_one_s_own(index: Index) -> None:
    """Others that were asked at the same time are answered."""
    from concurrent.futures import ThreadPoolExecutor

    with serving(Failing(index._snapshot), threads=1) as server, ThreadPoolExecutor(8) as threads:
        first = threads.submit(server.get, "/search", q="first")
        time.sleep(0.1)
        others = [threads.submit(server.get, "/search", q="mistake" if number == 3 else f"bridge {number}") for number in range(6)]
        assert first.result().status == 200
        assert [each.result().status for each in others] == [200, 200, 200, 500, 200, 200]


def test_a_threshold_of_nothing_is_one(server: Server) -> None:
    """A score_threshold of 0 gives the nearest; without one, what does not answer is left out."""
    asked = {"query": "quantum chromodynamics lattice", "max_num_results": 4}
    found = [
        json.loads(server.post("/v1/vector_stores/archive/search", {**asked, **more}).body)["data"]
        for more in ({}, {"ranking_options": {"score_threshold": 0}}, {"ranking_options": {"ranker": "auto"}})
    ]
    assert [len(each) for each in found] == [0, 4, 0]
