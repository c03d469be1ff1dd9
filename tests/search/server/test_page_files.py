"""What the page is made of, and what only it asks for, over HTTP."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from http_server import Server, running

from newsdex import Index, Options, index_paths
from newsdex.search.lookups.timeline import Timeline
from newsdex.search.ranking.fusion import ANSWERABLE
from newsdex.search.request import request_of

pytest.importorskip("fastapi")

DAYS = ["2023-01-05", "2023-01", "2023", "", "2022-12-31", "2024-02-29T10:00:00Z", "2023-01-31"]
STORMS = "Which storm closed the harbour?"
ARTICLES = [
    {
        "_id": f"a{n}",
        "title": f"Storm {n} closes the harbour",
        "text": f"Storm number {n} closed the harbour.",
        "date": day,
        "source": "Wire" if n % 2 else "Post",
    }
    for n, day in enumerate(3 * DAYS)
] + [{"_id": "b", "title": "Cooking", "text": "Bake the bread for an hour.", "date": "2023-01-05", "source": "Wire"}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of storms, many of which are copies of each other, and one recipe."""
    home = tmp_path_factory.mktemp("files")
    (home / "articles.jsonl").write_text("\n".join(map(json.dumps, ARTICLES)), encoding="utf-8")
    index_paths([home / "articles.jsonl"], home / "index", Options(model="hash"))
    return home / "index"


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """A server of it."""
    with running(folder) as started:
        yield started


def test_the_timeline_is_brute_force(folder: Path) -> None:
    """The months of all articles that seem to answer, copies too; a date in the question is a word like others."""
    with Index.open(folder) as index:
        for question, where in [
            (STORMS, None),
            (STORMS, {"type": "eq", "key": "source", "value": "Wire"}),
            ("storm in January 2023", None),
            ("bread", None),
        ]:
            hits = [
                hit for hit in index.search(question, where=where, limit=100, collapse=False, read_dates=False) if hit.score >= ANSWERABLE
            ]
            dates = [str(hit.article.published or "") for hit in hits]
            months = Counter(day[:7] for day in dates if len(day) > 4)
            found = index.timeline(request_of(question, where=where))
            assert found == Timeline(dict(sorted(months.items())), sum(len(day) <= 4 for day in dates), len(hits))
            assert list(found.months) == sorted(found.months)
        assert index.timeline(request_of(STORMS)).total == 21


def test_files(server: Server) -> None:
    """Each is of its type, is not asked for twice, and nothing else can be had."""
    types = {"": "text/html; charset=utf-8", "static/page.js": "text/javascript; charset=utf-8", "static/page.css": "text/css; charset=utf-8", "static/icon.svg": "image/svg+xml"}  # fmt: skip
    for path, kind in types.items():
        answer = server.get(f"/{path}")
        assert (answer.status, answer.headers["content-type"], answer.headers["cache-control"]) == (200, kind, "no-cache")
        again = server.get(f"/{path}", headers={"If-None-Match": f'"other", W/{answer.headers["etag"]}'})
        assert (again.status, again.body) == (304, b"")
        head = server.ask("HEAD", f"/{path}")
        assert (head.status, head.body, head.headers["etag"]) == (200, b"", answer.headers["etag"])
    for name in ("none.js", "..%2Fapp.py", "%2e%2e/app.py", "__init__.py"):
        assert server.get(f"/static/{name}").status == 404


def test_what_only_the_page_asks_for(server: Server, folder: Path) -> None:
    """Hints and the timeline are the library's; what is not known is refused."""
    with Index.open(folder) as index:
        hints = [{"title": each.title, "source": each.source, "published": each.published or None} for each in index.suggest("sto", 3)]
        found = index.timeline(request_of(STORMS, where={"type": "eq", "key": "source", "value": "Wire"}))
    assert server.get("/suggest", q="sto", limit=3).json == {"hints": hints}
    assert len(hints) == 3
    months = [{"month": month, "count": count} for month, count in found.months.items()]
    expected = {"months": months, "unplaced": found.unplaced, "total": found.total}
    assert server.get("/timeline", q=STORMS, source="Wire").json == expected
    assert server.get("/timeline", q=STORMS, since="2023").status == 422
    assert server.get("/timeline", q=" ").status == 422
    assert server.get("/suggest", q="x" * 201).status == 422
    assert server.get("/suggest").status == 422
