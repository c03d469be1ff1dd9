"""What the page is made of, and what only it asks for, over HTTP."""

from __future__ import annotations

import html
import json
import random
import re
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from http_server import Server, running
from indexes import index_of

from newsdex import Index
from newsdex.citation import cite
from newsdex.records import Span
from newsdex.search.lookups.facets import Timeline
from newsdex.search.ranking.fusion import ANSWERABLE
from newsdex.search.request import request_of
from newsdex.search.server import first_page
from newsdex.terminal import heading_of

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
    return index_of(ARTICLES, home)


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


def test_names(server: Server, folder: Path) -> None:
    with Index.open(folder) as index:
        articles = index.newest(request_of("list", limit=20))
    ids = [article.id for article in articles]
    expected = {article.id: heading_of(article) for article in articles}
    assert server.post("/names", {"ids": [*ids, "no such"]}).json == {"names": expected}
    assert expected
    for wrong in ({"ids": []}, {"ids": ["a"] * 101}, {"ids": ["x" * 1001]}, {"ids": ["a"], "other": 1}):
        assert server.post("/names", wrong).status == 422


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
    undated = sum(not article["date"] for article in ARTICLES)
    told = (
        f"{undated} of {len(ARTICLES)} articles have no date, so searches with dates leave them out. Search without dates to include them."
    )
    within = sum(article["date"] >= "2023" for article in ARTICLES)  # of a year, some day may be meant
    for answer in (server.get("/articles", since="2023-01", limit=3).json, server.post("/articles", {"since": "2023-01", "limit": 3}).json):
        assert (len(answer["articles"]), answer["total"], answer["remarks"]) == (3, within, [told])
    assert server.get("/articles").json["total"] == len(ARTICLES)
    assert server.get("/articles").json["remarks"] == []
    nothing = server.get("/articles", since="2031").json
    assert (nothing["articles"], nothing["total"], nothing["remarks"][0]) == ([], 0, told)
    assert nothing["remarks"][1].startswith("No article was published since 2031-01-01; ")
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
    assert server.get("/articles/a0/citation", start=5, end=10**9).status == 400
    assert server.get("/articles/a0/citation", start=5).status == 400  # contradicts itself, as an end before a start


def test_the_first_html(server: Server) -> None:
    """It has what the address asks for: the hits, and the same for the script as GET /search tells it; what cannot be read is told."""
    answer = server.get("/", q=STORMS, since="", source="")
    text = answer.body.decode()
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert text.count("<li value=") == 10
    given = re.search(r"<script type='application/json' id='found'>(.*?)</script>", text)
    assert given
    found, expected = json.loads(given[1]), server.get("/search", q=STORMS, limit=10).json
    assert [found.pop("processing_time_ms"), expected.pop("processing_time_ms") > 0] == [0.0, True]
    assert found == expected
    further = re.search(r"<a href='([^']+)' rel='next'>", text)
    assert further
    assert server.get(f"/{html.unescape(further[1])}").body.decode().count("<li value=") == 20
    assert 10 > server.get("/", q=STORMS, source="Post", since="2024").body.decode().count("<li value=") > 0
    assert "Bake the bread" in server.get("/", article="b").body.decode()
    assert "<li value=" not in server.get("/", q=STORMS, similar="b").body.decode()
    for query, told in {
        "article=none": "There is no such article.",
        "q=x&since=yesteryear": "From: &#x27;yesteryear&#x27; is not understood",
        "q=x&mode=deep": "Mode: ",
        "q=x&where=section": "Filter: ",
    }.items():
        answer = server.get(f"/?{query}")
        assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert told in answer.body.decode(), answer.body.decode()
        assert "id='found'" not in answer.body.decode()


def test_the_file_of_an_article_without_a_source(tmp_path: Path) -> None:
    """Its name alone, with the folder where each page has that name; an id that names no file is no source."""
    shown = {
        "desk/talks.txt": "talks.txt",
        "site/news.csv#12": "news.csv",
        "mirror/tram-line/index.html": "tram-line/index.html",
        "source.html": "source.html",
        "a.zip#b/c.html": "c.html",
        "a17": "",
        "2024-05-01/0042": "",
        "x@mail.example.com": "",
    }
    listed = [{"_id": each, "title": f"Report {number}", "text": f"A text about {each}."} for number, each in enumerate(shown)]
    with running(index_of(listed, tmp_path)) as started:
        page = started.get("/").body.decode()
    items = re.findall(r"<li><h2 dir='auto'><a href='[^']*'>Report (.*?)</a></h2><p class='about'>(.*?)</p></li>", page)
    assert {[*shown][int(number)]: re.sub("<.*?>", "", about) for number, about in items} == shown


def test_the_newest_stories_have_each_address_once(tmp_path: Path) -> None:
    """Files of one address and title are one story there, the newest; a filtered list has both, as it counts them."""
    address = "https://wire.example/tram"
    articles = [
        {"_id": "new", "title": "Tram opens", "url": address, "date": "2024-05-02"},
        {"_id": "old", "title": "Tram opens", "url": address, "date": "2024-05-01"},
        {"_id": "other", "title": "Live blog", "url": address, "date": "2024-04-30"},
        {"_id": "first", "title": "Tram opens", "date": "2024-04-29"},
        {"_id": "second", "title": "Tram opens", "date": "2024-04-28"},
    ]
    with running(index_of([{**each, "text": f"The text {each['_id']}."} for each in articles], tmp_path)) as started:
        pages = [started.get("/", **query).body.decode() for query in ({}, {"since": "2024"})]
    listed = [re.findall(r"<li><h2 dir='auto'><a href='[^']*article=(\w+)'", page) for page in pages]
    assert listed == [["new", "other", "first", "second"], ["new", "old", "other", "first", "second"]]


def test_a_passage_is_found_nearest_to_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also across the blocks in which it is looked for."""
    monkeypatch.setattr(first_page, "_BLOCK", 30)
    chance = random.Random(3)
    for _ in range(500):
        text = "".join(chance.choices("ab\n", k=chance.randint(30, 200)))
        start = chance.randrange(len(text) - 1)
        passage = text[start : start + chance.randint(1, 30)]
        near = max(0, start + chance.randint(-40, 40))
        places = [at for at in range(len(text)) if text.startswith(passage, at)]
        place = min(places, key=lambda at: abs(at - near))
        found = first_page.found_in(text, near, near + len(passage), first_page.fingerprint_of(passage))
        assert found == Span(place, place + len(passage))


def test_a_link_to_a_huge_article_costs_little() -> None:
    """A passage is looked for in one stretch of the text after the other."""
    text = "x" * 3_000_000 + "The pier is rebuilt." + "x" * 1_000_000
    known = first_page.fingerprint_of("The pier is rebuilt.")
    tracemalloc.start()
    try:
        assert first_page.found_in(text, 5, 25, known) == Span(3_000_000, 3_000_020)
        assert first_page.found_in(text, 0, 4_000_000, known) is None
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_the_first_html_of_a_filter_alone(server: Server) -> None:
    """The newest articles that meet it, those of GET /articles; where none does, that is said; without one, the newest of all."""

    def listed(**query: str) -> list[str]:
        text = server.get("/", **query).body.decode()
        return [html.unescape(each) for each in re.findall(r"<li><h2 dir='auto'><a href='[^']*'>(.*?)</a>", text)]

    for query in (
        {"source": "Wire"},
        {"since": "2024", "until": "2024"},
        {"where": "source!=Wire"},
        {"where": ["source!=Wire", "title!=x"]},
    ):
        expected = server.get("/articles", **query, limit=10).json
        assert listed(**query) == [each["title"] for each in expected["articles"]] != []
        assert f"{expected['total']:,} article" in server.get("/", **query).body.decode()
    text = server.get("/", source="Wire", since="2022").body.decode()
    days = re.findall(r"<p class='about'><span class='source'>Wire</span>(?:<time datetime='([^']+)'>([^<]+)</time>)?</p>", text)
    assert {("2023-01", "January 2023"), ("2024-02-29", "29 February 2024"), ("2023", "2023")} <= {(day[:10], words) for day, words in days}
    assert len(listed(source="Wire", n="20")) == server.get("/articles", source="Wire").json["total"] > 10
    assert "No article matches the filters." in server.get("/", source="None").body.decode()
    assert listed() == [each["title"] for each in server.get("/articles", limit=10).json["articles"]]
    assert "The newest stories" in server.get("/").body.decode()
    assert "several values of one field" in server.get("/", where=["source=Wire", "source=Post"]).body.decode()


def test_what_is_read_can_be_asked_for_without_its_body(server: Server) -> None:
    """Each address that GET reads, of those that OpenAPI describes and the page's."""
    paths = [path for path, methods in server.get("/openapi.json").json["paths"].items() if "get" in methods and "{" not in path]
    for path in [*paths, "/", "/docs", "/openapi.json", "/static/page.js", "/articles/b"]:
        query = {"q": STORMS} if path in ("/search", "/timeline", "/suggest", "/facets", "/") else {}
        read, head = server.get(path, **query), server.ask("HEAD", f"{path}?{urlencode(query)}")
        assert (head.status, head.body) == (read.status, b""), path
        assert head.headers["content-type"] == read.headers["content-type"]
    refused = server.ask("HEAD", "/check")
    assert (refused.status, refused.headers["allow"]) == (405, "POST")
    assert server.ask("PUT", "/search").headers["allow"] == "GET, HEAD, POST"
