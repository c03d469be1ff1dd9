"""What the page is made of, and what only it asks for, over HTTP."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from http_server import Server, running

from newsdex import Index, Options, index_paths
from newsdex.citation import cite
from newsdex.records import Span
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
    types = {
        "": "text/html; charset=utf-8",
        "static/page.js": "text/javascript; charset=utf-8",
        "static/page.css": "text/css; charset=utf-8",
        "static/icon.svg": "image/svg+xml",
    }
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


def test_counts_lists_and_citations(server: Server, folder: Path) -> None:
    """They are the library's, by an address and by a body, and what is not known is refused."""
    wire = {"type": "eq", "key": "source", "value": "Wire"}
    with Index.open(folder) as index:
        found = index.facets(request_of(STORMS, where=wire))
        newest = [article.id for article in index.newest(request_of("list", where=wire, limit=4, offset=2))]
        expected = cite(index.article("a0"), "bibtex", Span(0, 5))
    fields = [
        {
            "key": each.key,
            "values": [{"value": value, "count": count} for value, count in each.values],
            "others": each.others,
            "missing": each.missing,
        }
        for each in found.fields
    ]
    told = server.get("/facets", q=STORMS, source="Wire").json
    assert (told["fields"], told["total"], told["complete"]) == (fields, found.total, found.complete)
    months = server.get("/timeline", q=STORMS, source="Wire").json
    assert (told["months"], told["unplaced"]) == (months["months"], months["unplaced"])
    assert server.post("/facets", {"query": STORMS, "filter": wire}).json == told
    assert server.get("/facets", since="2023").json["total"] == len(server.get("/articles", since="2023", limit=100).json["articles"])
    listed = server.get("/articles", source="Wire", limit=4, offset=2).json["articles"]
    assert [each["article_id"] for each in listed] == newest
    assert server.post("/articles", {"filter": wire, "limit": 4, "offset": 2}).json["articles"] == listed
    assert server.get("/articles/a0/citation", format="bibtex", start=0, end=5).json == {"format": "bibtex", "citation": expected}
    assert server.get("/examples").json == {"examples": []}
    for path, query in [
        ("/facets", {"source": "Wire", "limit": 3}),
        ("/facets", {"where": "source"}),
        ("/articles", {"q": "x"}),
        ("/articles", {"limit": 101}),
        ("/articles/a0/citation", {"format": "ris"}),
        ("/examples", {"limit": 0}),
    ]:
        assert server.get(path, **query).status == 422, (path, query)
    assert server.get("/articles/none/citation").status == 404
    assert server.get("/articles/a0/citation", start=5, end=10**9).status == 409
    assert server.get("/articles/a0/citation", start=5).status == 409  # contradicts itself, as an end before a start


def test_plain_pages(server: Server) -> None:
    """A search without a script: its form, its pages, its articles; what went wrong is a page too."""
    first = server.get("/plain", q=STORMS, since="", until="", source="", lang="")
    text = first.body.decode()
    assert (first.status, first.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "script-src 'self'" in first.headers["content-security-policy"]
    assert text.count("<li value=") == 10
    assert "<script" not in text
    further = re.search(r"<a href='(\?[^']+)' rel='next'>", text)
    assert further
    assert "<li value='11'>" in server.get(f"/plain{html.unescape(further[1])}").body.decode()
    assert text.count("<li value=") > server.get("/plain", q=STORMS, source="Post", since="2024").body.decode().count("<li value=") > 0
    article = server.get("/plain/articles/b").body.decode()
    assert "Bake the bread" in article
    assert "href='../../static/page.css'" in article
    assert "<form" in server.get("/plain").body.decode()
    for path, status in {"/plain/articles/none": 404, "/plain?q=x&since=yesteryear": 409, "/plain?q=x&mode=dense": 422}.items():
        answer = server.get(path)
        assert (answer.status, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert "<h1>" in answer.body.decode()
