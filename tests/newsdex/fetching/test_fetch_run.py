"""Fetching from a real server on this machine, well behaved and not."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hostile_web import Answer, Web, article, bomb, conditional, feed, item, page, raw, redirect, rss, serving

from newsdex import Index, Options, index_paths
from newsdex.commands.fetch import _summary
from newsdex.errors import UsageError
from newsdex.fetching import Event, Settings, add, forget, pages_of, remove, run, sources_of
from newsdex.fetching.run import Report
from newsdex.fetching.state import Fetched, Page
from newsdex.records import Article

FAST = Settings(rate=1_000.0, tries=(), seconds=30.0, allow_private=True)
COMMAND = [sys.executable, "-m", "newsdex", "fetch"]


@pytest.fixture
def web() -> Iterator[Web]:
    """A server without pages."""
    with serving() as server:
        yield server


def fetched(folder: Path, settings: Settings = FAST) -> list[tuple[str, str]]:
    """What a run tells: each event's kind, and the path or the reason."""
    events: list[Event] = []
    run(folder, settings, events.append)
    return [(event.kind, event.reason or "/" + event.url.split("/", 3)[3]) for event in events]


def known(folder: Path, path: str) -> Page:
    """The record of a page."""
    [found] = [each for each in pages_of(folder) if each.url.split("/", 3)[3] == path.removeprefix("/")]
    return found


def indexed(folder: Path) -> list[Article]:
    """The articles of an index of what was fetched."""
    index_paths([folder], folder.parent / "index_data", Options("hash"))
    with Index.open(folder.parent / "index_data") as index:
        return index.page_after("", 50) or []


def command(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run newsdex beside the folder ``fetched``."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEWSDEX_")} | variables
    environment |= {"XDG_CONFIG_HOME": str(folder / "config"), "NEWSDEX_FETCH_RUN_ALLOW_PRIVATE": "1", "NEWSDEX_FETCH_RUN_RATE": "1000"}
    return subprocess.run([*COMMAND, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_a_story_goes_from_a_feed_to_the_hits(tmp_path: Path) -> None:
    """add, run, index, search: the hit has the address of the page, and the date and author that only the feed knows. Indexing is offline:
    the server is gone by then.
    """
    with serving() as web:
        web.answers |= {
            "/rss": rss(item("/ferry", more="<author>Jo Ray</author><category>Local</category>")),
            "/ferry": page(article("Ferry strike")),
        }
        assert command(tmp_path, "add", web.url("/rss")).stdout == f"added: {web.url('/rss')}\n"
        done = command(tmp_path, "run")
        assert (done.returncode, done.stdout) == (0, f"new: {web.url('/ferry')}  Ferry strike\n")
        assert done.stderr == "1 source: 1 new, 0 changed, 0 unchanged\n"
    [hit] = indexed(tmp_path / "fetched")
    assert (hit.title, hit.url, hit.id) == ("Ferry strike", web.url("/ferry"), web.url("/ferry"))
    assert hit.published
    assert (hit.published.iso, hit.published.origin) == ("2024-04-26T12:30:00+00:00", "feed")
    assert (hit.metadata["author"], hit.metadata["tags"]) == ("Jo Ray", "Local")


def test_what_the_page_says_goes_before_the_feed(web: Web, tmp_path: Path) -> None:
    """A date in the page's head is kept; the feed's goes before one that is only seen in the address."""
    head = '<meta property="article:published_time" content="2024-05-01T08:00:00Z"><meta name="author" content="Ann Lee">'
    web.answers |= {
        "/rss": rss(item("/a", more="<author>Jo Ray</author>"), item("/2024/04/20/b")),
        "/a": page(article("Ferry a", head=head)),
        "/2024/04/20/b": page(article("Ferry b")),
    }
    add(tmp_path / "f", [web.url("/rss")])
    run(tmp_path / "f", FAST)
    found = {hit.title: hit for hit in indexed(tmp_path / "f")}
    assert str(found["Ferry a"].published) == "2024-05-01T08:00:00+00:00"
    assert found["Ferry a"].metadata["author"] == "Ann Lee"
    assert str(found["Ferry b"].published) == "2024-04-26T12:30:00+00:00"


ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title><id>urn:x</id><entry><title>Ferry</title><id>urn:y</id>
<link href="{0}/story"/><published>2024-04-26T12:30:00Z</published><author><name>Jo Ray</name></author></entry></feed>"""
JSON_FEED = """{{"version": "https://jsonfeed.org/version/1.1", "title": "News", "items": [{{"id": "1",
"url": "{0}/story", "title": "Ferry",
"date_published": "2024-04-26T12:30:00Z", "authors": [{{"name": "Jo Ray"}}]}}]}}"""
SITEMAP = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:image="http://www.google.com/schemas/sitemap-image/1.1" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>{0}/story</loc><image:image><image:title>A picture</image:title></image:image><news:news>
<news:publication><news:name>Courier</news:name>
<news:language>en</news:language></news:publication><news:publication_date>2024-04-26T12:30:00Z</news:publication_date>
<news:title>Ferry</news:title></news:news></url></urlset>"""
INDEX = """<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>{0}/news.xml.gz</loc></sitemap></sitemapindex>"""


@pytest.mark.parametrize(
    ("content", "kind", "told"),
    [
        pytest.param(
            ATOM, "feed", {"title": "Ferry", "date": "2024-04-26T12:30:00+00:00", "author": "Jo Ray", "source": "News"}, id="Atom"
        ),
        pytest.param(
            JSON_FEED, "JSON feed", {"title": "Ferry", "date": "2024-04-26T12:30:00Z", "author": "Jo Ray", "source": "News"}, id="JSON Feed"
        ),
        pytest.param(
            SITEMAP, "sitemap", {"title": "Ferry", "date": "2024-04-26T12:30:00Z", "source": "Courier", "language": "en"}, id="news sitemap"
        ),
        pytest.param(
            INDEX, "sitemap", {"title": "Ferry", "date": "2024-04-26T12:30:00Z", "source": "Courier", "language": "en"}, id="index"
        ),
    ],
)
def test_each_kind_of_source(content: str, kind: str, told: dict[str, str], web: Web, tmp_path: Path) -> None:
    """Its page is fetched, with what the source says of it; an index of sitemaps leads to theirs, packed or not."""
    web.answers |= {
        "/source": page(content.format(web.url("")).encode(), kind="application/octet-stream"),
        "/news.xml.gz": page(gzip.compress(SITEMAP.format(web.url("")).encode()), kind="application/gzip"),
        "/story": page(article("Ferry strike")),
    }
    add(tmp_path / "f", [web.url("/source")])
    assert fetched(tmp_path / "f") == [("new", "/story")]
    assert known(tmp_path / "f", "/story").told == told
    [source] = sources_of(tmp_path / "f")
    assert (source.listing.kind, source.articles) == (kind, 1)
    [hit] = indexed(tmp_path / "f")
    assert hit.published
    assert hit.published.iso[:10] == "2024-04-26"
    assert hit.source == told["source"]  # the page names no site


def test_sitemaps_of_an_index_are_asked_when_it_says_that_they_changed(web: Web, tmp_path: Path) -> None:
    """One with an old date is not asked again, one without a date always is; pages of both are looked at again."""
    names = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    head, end = f"<sitemapindex {names}>", "<sitemap><loc>/undated.xml</loc></sitemap></sitemapindex>"

    def index(day: str) -> Answer:
        return page(f"{head}<sitemap><loc>/dated.xml</loc><lastmod>2024-04-{day}</lastmod></sitemap>{end}".encode(), kind="text/xml")

    for name in ("dated", "undated"):
        web.answers[f"/{name}.xml"] = page(f"<urlset {names}><url><loc>/{name}</loc></url></urlset>".encode(), kind="text/xml")
        web.answers[f"/{name}"] = page(article(f"Ferry {name}"))
    web.answers["/index.xml"] = index("01")
    add(tmp_path / "f", [web.url("/index.xml")])
    counts = [dict(run(tmp_path / "f", replace(FAST, recheck=0.0)).counts) for _ in range(2)]
    assert counts == [{"new": 2}, {"unchanged": 2}]
    assert (web.count("/dated.xml"), web.count("/undated.xml")) == (1, 2)
    web.answers["/index.xml"] = index("02")
    run(tmp_path / "f", FAST)
    run(tmp_path / "f", FAST)
    assert (web.count("/dated.xml"), web.count("/undated.xml")) == (2, 4)
    [source] = sources_of(tmp_path / "f")
    assert (source.articles, source.listing.entries) == (2, 2)


def test_a_page_is_a_source_of_its_own(web: Web, tmp_path: Path) -> None:
    """It is fetched, asked for in every run, marked when it is gone, and the feed that it offers is named."""
    offered = '<link rel="alternate" type="application/rss+xml" href="/rss">'
    web.answers["/live"] = conditional(article("Ferry live", head=offered), '"1"')
    add(tmp_path / "f", [web.url("/live")])
    [new, note] = fetched(tmp_path / "f")
    assert new == ("new", "/live")
    assert note == ("note", f"it links to feeds. To fetch all their pages: newsdex fetch add {web.url('/rss')}")
    assert fetched(tmp_path / "f") == []
    assert web.count("/live") == 2
    del web.answers["/live"]
    assert fetched(tmp_path / "f") == [("vanished", "answered 404")]
    [source] = sources_of(tmp_path / "f")
    assert (source.articles, source.gone, source.listing.failed) == (1, 1, "answered 404")


def short(_: Web) -> Answer:
    return raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9999\r\n\r\n" + article("Ferry cut off"))


HOSTILE: dict[str, tuple[Any, str, float]] = {
    "slow headers": (Web.slow_headers, "did not finish within 5 s", 5.0),
    "a body that drips": (Web.dripping, "did not finish within 5 s", 5.0),
    "an endless body": (Web.flooding, "larger than 1,000,000 bytes", 30.0),
    "a bomb": (lambda _: bomb(50), "larger than 1,000,000 bytes", 30.0),
    "a long one": (lambda _: page(bytes(1_000_001)), "larger than 1,000,000 bytes", 30.0),
    "a wrong length": (short, "broke off after", 30.0),
    "no HTTP": (lambda _: raw(b"220 mail.example.org ESMTP\r\n\r\n"), "220 mail.example.org", 30.0),
    "nothing": (lambda _: raw(b""), "closed connection without response", 30.0),
    "many headers": (lambda _: raw(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 1_000 + b"\r\n"), "more than 100 headers", 30.0),
    "broken gzip": (lambda _: page(b"\x1f\x8bnonsense", Content_Encoding="gzip"), "failed to decode it", 30.0),
    "an error": (lambda _: page(b"", "500 Internal Server Error"), "answered 500", 30.0),
    "a refusal": (lambda _: page(b"", "403 Forbidden"), "answered 403", 30.0),
    "a circle": (lambda _: redirect("/bad"), "redirect loop", 30.0),
    "another scheme": (lambda _: redirect("file:///etc/passwd"), "only http and https are fetched", 30.0),
    "no address": (lambda _: redirect("http://[bad"), "which is not an address", 30.0),
    "a picture": (lambda _: page(b"GIF89a", kind="image/gif"), "image/gif is not a page", 30.0),
    "an empty page": (lambda _: page(b"<html><body><script>run()</script></body></html>"), "no text", 30.0),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_is_named_and_costs_no_other(name: str, web: Web, tmp_path: Path) -> None:
    """It keeps nothing of it, and the other page is there."""
    make, reason, seconds = HOSTILE[name]
    web.answers |= {"/rss": rss(item("/bad"), item("/good")), "/bad": make(web), "/good": page(article("Ferry"))}
    add(tmp_path / "f", [web.url("/rss")])
    settings = replace(FAST, size=1_000_000)
    run(tmp_path / "f", replace(settings, pages=0))  # so that only the bad page meets the short time
    run(tmp_path / "f", replace(settings, seconds=seconds))
    assert reason in known(tmp_path / "f", "/bad").failed
    assert [path.name[:4] for path in (tmp_path / "f" / "pages").rglob("*.warc.gz")] == ["good"]


def test_too_many_redirects(web: Web, tmp_path: Path) -> None:
    """A chain of eleven is not followed to its end, one of ten is."""
    web.answers |= {f"/{number}": redirect(f"/{number + 1}") for number in range(11)} | {"/11": page(article("Ferry"))}
    web.answers["/rss"] = rss(item("/0"), item("/1"))
    add(tmp_path / "f", [web.url("/rss")])
    assert fetched(tmp_path / "f") == [("failed", "redirects more than 10 times"), ("new", "/1")]


@pytest.mark.parametrize(
    ("declared", "written"),
    [pytest.param("windows-1251", "cp1251", id="only in the header"), pytest.param("utf-8", "utf-16", id="wrong in the header")],
)
def test_charsets(declared: str, written: str, web: Web, tmp_path: Path) -> None:
    """The text is right where the header alone says the charset, and where the bytes prove it wrong."""
    body = article("Паром ушёл из порта").decode().encode(written)
    web.answers |= {"/rss": rss(item("/a")), "/a": page(body, kind=f"text/html; charset={declared}")}
    add(tmp_path / "f", [web.url("/rss")])
    run(tmp_path / "f", FAST)
    [hit] = indexed(tmp_path / "f")
    assert hit.title == "Паром ушёл из порта"


def test_a_host_that_asks_to_wait_is_left(web: Web, tmp_path: Path) -> None:
    """Nothing more is asked of it, in this run and in the next, and that is said."""
    web.answers |= {"/rss": rss(*(item(f"/{number}") for number in range(5))), "/0": page(b"", "429 Too Many Requests", Retry_After="3600")}
    add(tmp_path / "f", [web.url("/rss")])
    [failed, left] = fetched(tmp_path / "f")
    assert failed == ("failed", "answered 429")
    assert left[0] == "left"
    assert "asks to wait 3600 s: skipped until then" in left[1]
    asked = len(web.asked)
    [again] = fetched(tmp_path / "f")
    assert "asks for no requests before 20" in again[1]
    assert len(web.asked) == asked


def test_a_host_that_asks_to_wait_a_little_is_waited_for(web: Web, tmp_path: Path) -> None:
    """The page is there after the second try, not sooner than it was asked."""
    times: list[float] = []

    def busy(connection: Any, headers: Any) -> None:
        times.append(time.monotonic())
        answer = page(b"", "503 Service Unavailable", Retry_After="1") if len(times) == 1 else page(article("Ferry"))
        answer(connection, headers)

    web.answers |= {"/rss": rss(item("/a")), "/a": busy}
    add(tmp_path / "f", [web.url("/rss")])
    assert fetched(tmp_path / "f", replace(FAST, tries=(0.0,))) == [("new", "/a")]
    assert times[1] - times[0] >= 0.99


def test_errors_are_tried_again_and_then_left_for_a_while(web: Web, tmp_path: Path) -> None:
    """Three tries in a run; none in the next, which comes at once."""
    web.answers |= {"/rss": rss(item("/a")), "/a": page(b"", "500 Internal Server Error")}
    add(tmp_path / "f", [web.url("/rss")])
    assert fetched(tmp_path / "f", replace(FAST, tries=(0.0, 0.0))) == [("failed", "answered 500")]
    assert fetched(tmp_path / "f", replace(FAST, tries=(0.0, 0.0))) == []
    assert web.count("/a") == 3


def test_a_host_that_always_fails_is_left(web: Web, tmp_path: Path) -> None:
    """After ten failures one after another the rest waits for the next run."""
    web.answers["/rss"] = rss(*(item(f"/{number}") for number in range(30)))
    web.answers |= {f"/{number}": raw(b"") for number in range(30)}
    add(tmp_path / "f", [web.url("/rss")])
    events = fetched(tmp_path / "f")
    assert [kind for kind, _ in events] == ["failed"] * 10 + ["left"]
    assert len(web.asked) == 2 + 10


def test_robots_are_obeyed(web: Web, tmp_path: Path) -> None:
    """What is forbidden is not asked for, also where a redirect leads there; robots.txt is asked for once, also by a second run."""
    web.answers |= {
        "/robots.txt": page(b"User-agent: *\nDisallow: /private\nDisallow: /*?print\n", kind="text/plain"),
        "/rss": rss(item("/private/a"), item("/a?print=1"), item("/moved"), item("/a")),
        "/moved": redirect("/private/b"),
        "/a": page(article("Ferry")),
    }
    add(tmp_path / "f", [web.url("/rss")])
    events = fetched(tmp_path / "f")
    assert [kind for kind, _ in events] == ["failed", "failed", "failed", "new"]
    assert all("robots.txt" in reason for kind, reason in events if kind == "failed")
    run(tmp_path / "f", FAST)
    assert web.count("/robots.txt") == 1
    assert not any(path.startswith(("/private", "/a?")) for path, _ in web.asked)


def test_robots_that_fail_forbid_all(web: Web, tmp_path: Path) -> None:
    """As RFC 9309 has it: an error is no permission."""
    web.answers |= {"/robots.txt": page(b"", "500 Internal Server Error"), "/rss": rss(item("/a"))}
    add(tmp_path / "f", [web.url("/rss")])
    [(kind, reason)] = fetched(tmp_path / "f")
    assert (kind, "answered 500" in reason) == ("failed", True)
    assert not web.count("/rss")


def test_what_has_not_changed_is_not_sent_again(web: Web, tmp_path: Path) -> None:
    """Feed and page answer 304 to what they were asked with, and the file stays as it was."""
    web.answers |= {"/rss": conditional(feed(item("/a")), '"f"'), "/a": conditional(article("Ferry"), '"a"')}
    add(tmp_path / "f", [web.url("/rss")])
    run(tmp_path / "f", FAST)
    file = tmp_path / "f" / known(tmp_path / "f", "/a").file
    before = file.read_bytes()
    report = run(tmp_path / "f", replace(FAST, recheck=0.0))
    assert dict(report.counts) == {"unchanged": 1}
    assert [headers.get("if-none-match") for path, headers in web.asked if path != "/robots.txt"] == [None, None, '"f"', '"a"']
    assert file.read_bytes() == before
    file.unlink()  # what is not there is asked for as a whole
    assert fetched(tmp_path / "f", replace(FAST, recheck=0.0)) == [("changed", "/a")]


def test_a_story_that_changed_is_an_update_of_the_same_article(web: Web, tmp_path: Path) -> None:
    """Also where its address and its canonical address have changed: the file and the id stay, and the index is updated, not extended."""
    web.answers |= {"/rss": rss(item("/a")), "/a": page(article("Ferry aground"))}
    add(tmp_path / "f", [web.url("/rss")])
    run(tmp_path / "f", FAST)
    assert [hit.title for hit in indexed(tmp_path / "f")] == ["Ferry aground"]
    moved = article("Ferry afloat", head='<link rel="canonical" href="/ferry-afloat">')
    web.answers |= {"/rss": rss(item("/a", "Ferry afloat")), "/a": redirect("/ferry-afloat"), "/ferry-afloat": page(moved)}
    assert fetched(tmp_path / "f") == [("changed", "/a")]
    report = index_paths([tmp_path / "f"], tmp_path / "index_data", Options("hash"))
    assert (report.added, report.updated, report.removed) == (0, 1, 0)
    [hit] = indexed(tmp_path / "f")
    assert (hit.title, hit.id, hit.url) == ("Ferry afloat", web.url("/a"), web.url("/ferry-afloat"))


def test_what_a_feed_says_anew_reaches_the_index(web: Web, tmp_path: Path) -> None:
    """Also where the page itself has not changed, and would say so."""
    web.answers |= {"/rss": rss(item("/a")), "/a": conditional(article("Ferry"), '"a"')}
    add(tmp_path / "f", [web.url("/rss")])
    run(tmp_path / "f", FAST)
    web.answers["/rss"] = rss(item("/a", more="<author>Jo Ray</author>"))
    assert fetched(tmp_path / "f") == [("changed", "/a")]
    [hit] = indexed(tmp_path / "f")
    assert hit.metadata["author"] == "Jo Ray"


def test_odd_characters_cost_nothing(web: Web, tmp_path: Path) -> None:
    """A lone surrogate and ends of lines in what a feed says, and bytes beyond ASCII in a header, are kept as well as they can be."""
    told = '{"version": "https://jsonfeed.org/version/1", "items": [{"url": "/a", "title": "A\\udc80\\r\\nid: forged\\u2028B"}]}'
    web.answers |= {"/feed": page(told.encode(), kind="application/json"), "/a": page(article("Ferry"), X_Name="J\u00f6rg")}
    add(tmp_path / "f", [web.url("/feed")])
    assert fetched(tmp_path / "f") == [("new", "/a")]
    assert known(tmp_path / "f", "/a").told["title"] == "A\ufffd id: forged B"
    [hit] = indexed(tmp_path / "f")
    assert hit.id == web.url("/a")


def test_a_page_that_only_looks_different_is_no_update(web: Web, tmp_path: Path) -> None:
    """A counter outside of the text changes nothing."""
    web.answers |= {"/rss": rss(item("/a")), "/a": page(article("Ferry", head="<!-- 1 -->"))}
    add(tmp_path / "f", [web.url("/rss")])
    run(tmp_path / "f", FAST)
    web.answers["/a"] = page(article("Ferry", head="<!-- 2 -->"))
    assert dict(run(tmp_path / "f", replace(FAST, recheck=0.0)).counts) == {"unchanged": 1}


@pytest.mark.parametrize("answer", [page(b"", "404 Not Found"), page(b"", "410 Gone"), redirect("/")], ids=["404", "410", "front page"])
def test_a_story_that_vanished_is_marked_and_stays(answer: Answer, web: Web, tmp_path: Path) -> None:
    """It is told once, the file stays, and a story that comes back is marked no more."""
    web.answers |= {"/rss": rss(item("/a")), "/a": page(article("Ferry")), "/": page(article("Front page"))}
    add(tmp_path / "f", [web.url("/rss")])
    run(tmp_path / "f", FAST)
    web.answers["/a"] = answer
    events: list[Event] = []
    run(tmp_path / "f", replace(FAST, recheck=0.0), events.append)
    assert [(event.kind, event.title) for event in events] == [("vanished", "Ferry")]
    assert fetched(tmp_path / "f", replace(FAST, recheck=0.0)) == []
    assert (since := known(tmp_path / "f", "/a").gone)
    [hit] = indexed(tmp_path / "f")
    assert (hit.title, hit.id, hit.published and hit.published.iso) == ("Ferry", web.url("/a"), "2024-04-26T12:30:00+00:00")
    assert hit.vanished == since[:10]
    web.answers["/a"] = page(article("Ferry"))
    run(tmp_path / "f", replace(FAST, recheck=0.0))
    assert not known(tmp_path / "f", "/a").gone
    assert [hit.vanished for hit in indexed(tmp_path / "f")] == [""]


def test_a_story_that_is_back_unchanged_loses_its_mark(web: Web, tmp_path: Path) -> None:
    """Also where the server only says that it is as before, and where its text and what the feed said are what they were, to the byte."""
    web.answers |= {"/rss": rss(item("/a", more="<author>Jo Ray: \u00e9</author>")), "/a": conditional(article("Ferry"), '"1"')}
    add(tmp_path / "f", [web.url("/rss")])
    run(tmp_path / "f", FAST)
    file = tmp_path / "f" / known(tmp_path / "f", "/a").file
    before = [(article.text, dict(article.metadata)) for article in indexed(tmp_path / "f")]
    web.answers["/a"] = page(b"", "404 Not Found")
    run(tmp_path / "f", replace(FAST, recheck=0.0))
    [gone] = indexed(tmp_path / "f")
    assert (gone.metadata["author"], len(gone.vanished)) == ("Jo Ray: \u00e9", 10)
    web.answers["/a"] = conditional(article("Ferry"), '"1"')
    assert dict(run(tmp_path / "f", replace(FAST, recheck=0.0)).counts) == {"unchanged": 1}
    assert b"vanished" not in gzip.decompress(file.read_bytes())
    assert [(article.text, dict(article.metadata)) for article in indexed(tmp_path / "f")] == before


def short_page(title: str, text: str, head: str = "") -> Answer:
    """A page with few words, answered with status 200."""
    return page(f"<html><head><title>{title}</title>{head}</head><body><h1>{title}</h1><p>{text}</p></body></html>".encode())


INSTEAD = {
    "paywall": (short_page("Ferry", "Please subscribe to read this story. Already a subscriber? Log in."), "behind a paywall"),
    "login": (short_page("Log in | Harbour Courier", "Email. Password. Forgot your password?"), "probably an error or login page"),
    "cookies": (
        short_page("Harbour Courier", "Before you continue: we and our partners use cookies. Accept all cookies or reject all."),
        "probably only a cookie notice",
    ),
    "soft 404": (short_page("Page not found", "Try the search, or go to the front page."), "probably an error or login page"),
    "soft 404 with stories": (
        short_page("404 - Harbour Courier", "The tram to the harbour opened on Monday after years of delay. " * 30),
        "probably an error or login page",
    ),
    "German soft 404": (short_page("Harbour Courier", "Die Seite wurde leider nicht gefunden."), "probably an error or login page"),
    "nearly empty": (short_page("Ferry", "Loading ..."), "almost no text"),
    "declared stub": (
        short_page("Ferry", "The ferry has left the harbour.", '<meta property="article:content_tier" content="locked">'),
        "behind a paywall",
    ),
}


@pytest.mark.parametrize(("answer", "reason"), INSTEAD.values(), ids=INSTEAD)
def test_a_wall_or_an_error_page_does_not_replace_an_article(answer: Answer, reason: str, web: Web, tmp_path: Path) -> None:
    """The earlier text stays in file and index, and the reason is told once and listed. The page is requested again in the next run, and
    its article comes through when it is back.
    """
    web.answers |= {"/rss": rss(item("/a")), "/a": page(article("Ferry"), ETag='"1"')}
    add(tmp_path / "f", [web.url("/rss")])
    run(tmp_path / "f", FAST)
    file = tmp_path / "f" / known(tmp_path / "f", "/a").file
    before, [story] = file.read_bytes(), indexed(tmp_path / "f")
    web.answers["/a"] = answer
    [(kind, told)] = fetched(tmp_path / "f", replace(FAST, recheck=0.0))
    assert (kind, reason in told) == ("kept", True)
    again = run(tmp_path / "f", replace(FAST, recheck=0.0), lambda event: pytest.fail(str(event)))
    assert (dict(again.counts), web.count("/a")) == ({"kept": 1}, 3)
    assert file.read_bytes() == before
    assert indexed(tmp_path / "f") == [story]
    [source] = sources_of(tmp_path / "f")
    assert (source.articles, source.kept, source.gone, source.failed) == (1, 1, 0, 0)
    web.answers["/a"] = page(article("Ferry afloat"))
    assert fetched(tmp_path / "f", replace(FAST, recheck=0.0)) == [("changed", "/a")]
    assert (known(tmp_path / "f", "/a").kept, [hit.title for hit in indexed(tmp_path / "f")]) == ("", ["Ferry afloat"])


def test_an_article_is_gone_when_its_page_shows_something_else_for_days(web: Web, tmp_path: Path) -> None:
    """After three runs and three days it is marked, as at 404, and no longer when it is back."""
    web.answers |= {"/rss": rss(item("/a")), "/a": page(article("Ferry"))}
    add(tmp_path / "f", [web.url("/rss")])
    run(tmp_path / "f", FAST)
    web.answers["/a"] = INSTEAD["soft 404"][0]
    daily = replace(FAST, recheck=0.0)
    assert [kind for _ in range(4) for kind, _ in fetched(tmp_path / "f", daily)] == ["kept"]
    since = known(tmp_path / "f", "/a").kept
    path = tmp_path / "f" / ".fetch" / "records.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace(f'"kept": "{since}"', '"kept": "2024-05-01T12:00:00Z"'), encoding="utf-8")
    assert [kind for kind, _ in fetched(tmp_path / "f", daily)] == ["vanished"]
    assert fetched(tmp_path / "f", daily) == []
    assert [(hit.title, bool(hit.vanished)) for hit in indexed(tmp_path / "f")] == [("Ferry", True)]
    web.answers["/a"] = page(article("Ferry"))
    assert dict(run(tmp_path / "f", daily).counts) == {"unchanged": 1}
    assert [(hit.title, hit.vanished) for hit in indexed(tmp_path / "f")] == [("Ferry", "")]


LOCKED = '<meta property="article:content_tier" content="locked">'
CORRECTED = {
    "shorter": (
        article("Ferry"),
        short_page("Ferry", "The ferry left the harbour of Ellerby at noon and was back by one, its owner said. " * 3),
    ),
    "withdrawn": (article("Ferry"), short_page("Ferry", "This story was withdrawn: the ferry never left.")),
    "withdrawn and no longer available": (
        article("Ferry"),
        short_page("Ferry", "This article is no longer available. It was retracted on Monday, because the ferry never left."),
    ),
    "brief": (article("Ferry"), short_page("Ferry", "The ferry stayed in the harbour of Ellerby all day, its owner said on Monday.")),
    "behind a paywall since ever": (article("Ferry", head=LOCKED), page(article("Tram", head=LOCKED))),
    "behind a paywall now, with most of its text": (article("Ferry"), page(article("Ferry", head=LOCKED, more="<p>It is back now.</p>"))),
    "about an error": (article("Ferry"), page(article("Page not found: how archives rot", more="<p>All links are dead now.</p>" * 200))),
}


@pytest.mark.parametrize(("before", "after"), CORRECTED.values(), ids=CORRECTED)
def test_a_correction_comes_through(before: bytes, after: Answer, web: Web, tmp_path: Path) -> None:
    """Also one that shortens the story, and on a site that declares a paywall."""
    web.answers |= {"/rss": rss(item("/a")), "/a": page(before)}
    add(tmp_path / "f", [web.url("/rss")])
    run(tmp_path / "f", FAST)
    web.answers["/a"] = after
    assert fetched(tmp_path / "f", replace(FAST, recheck=0.0)) == [("changed", "/a")]


def test_the_beginning_of_an_article_behind_a_paywall_is_not_replaced_by_an_error_page(web: Web, tmp_path: Path) -> None:
    """Neither is the article, but the beginning is what there is of it."""
    beginning = "The ferry left the harbour of Ellerby at noon and was back by one, its owner said on Monday. " * 3
    web.answers |= {"/rss": rss(item("/a")), "/a": short_page("Ferry", beginning, LOCKED)}
    add(tmp_path / "f", [web.url("/rss")])
    run(tmp_path / "f", FAST)
    web.answers["/a"] = short_page("Page not found", "The tram to the harbour opened on Monday after years of delay. " * 5)
    [(kind, told)] = fetched(tmp_path / "f", replace(FAST, recheck=0.0))
    assert (kind, "probably an error or login page" in told) == ("kept", True)


def test_what_is_kept_is_said(web: Web, tmp_path: Path) -> None:
    """In the report of the run, and in both lists."""
    web.answers |= {"/rss": rss(item("/a")), "/a": page(article("Ferry"))}
    command(tmp_path, "add", web.url("/rss"))
    command(tmp_path, "run")
    web.answers["/a"] = INSTEAD["soft 404"][0]
    done = command(tmp_path, "run", "--recheck", "0")
    now = "now probably an error or login page: 'Page not found'; the earlier text is kept"
    assert (done.returncode, done.stdout) == (0, f"kept: {web.url('/a')}  Ferry ({now})\n")
    assert done.stderr == "1 source: 0 new, 0 changed, 0 unchanged, 1 kept as fetched before\n"
    assert "1 article, 1 of them kept because the page shows something else, checked at" in command(tmp_path, "list").stdout
    assert "'Page not found' since 20" in command(tmp_path, "list", "--pages").stdout


def test_variants_of_an_address_are_one_article(web: Web, tmp_path: Path) -> None:
    """Those that only track, those that canonical and og:url name, and those that redirect to one."""
    story = article("Ferry", head='<link rel="canonical" href="/a">')
    shared = article("Ferry", head=f'<meta property="og:url" content="{web.url("/a")}">')
    web.answers |= {
        "/rss": rss(item("/a?utm_source=rss"), item("/a?utm_source=mail"), item("/a/amp"), item("/a/print"), item("/short")),
        "/a?utm_source=rss": page(story),
        "/a": page(story),
        "/a/amp": page(story),
        "/a/print": page(shared),
        "/short": redirect("/a"),
    }
    add(tmp_path / "f", [web.url("/rss")])
    assert fetched(tmp_path / "f") == [("new", "/a?utm_source=rss")]
    assert web.count("/a?utm_source=mail") == 0
    assert {page.same_as for page in pages_of(tmp_path / "f")} == {"", web.url("/a")}
    [hit] = indexed(tmp_path / "f")
    assert hit.id == web.url("/a")


def test_a_canonical_address_on_another_host_takes_no_article_away(web: Web, tmp_path: Path) -> None:
    """The page of another host is an article of its own, and the first one stays as it was."""
    web.answers |= {"/rss": rss(item("/a")), "/a": page(article("Ferry"))}
    with serving() as other:
        forged = article("Forged", head=f'<link rel="canonical" href="{web.url("/a")}">')
        other.answers |= {"/rss": rss(item("/b")), "/b": page(forged)}
        add(tmp_path / "f", [other.url("/rss")])
        run(tmp_path / "f", FAST)
        add(tmp_path / "f", [web.url("/rss")])
        run(tmp_path / "f", replace(FAST, recheck=0.0))
        add(tmp_path / "f", [other.url("/rss")])
    assert sorted((hit.title, hit.id) for hit in indexed(tmp_path / "f")) == [("Ferry", web.url("/a")), ("Forged", other.url("/b"))]


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM], ids=["kill", "end"])
def test_a_run_that_is_killed_goes_on_where_it_was(sent: signal.Signals, web: Web, tmp_path: Path) -> None:
    """Killed at each request in turn, runs come to the same articles, and ask again only for what was on its way."""
    paths = [f"/{number}" for number in range(6)]
    web.answers |= {"/rss": conditional(feed(*map(item, paths)), '"f"')} | {path: page(article(f"Ferry {path}")) for path in paths}
    assert command(tmp_path, "add", web.url("/rss")).returncode == 0
    going: list[subprocess.Popen[bytes]] = []
    killed: set[str] = set()

    def strike(path: str) -> None:
        if path not in killed:
            killed.add(path)
            # What was answered before is recorded, and so no longer on its way.
            answered = sum(web.count(each) == 2 for each in paths)
            deadline = time.monotonic() + 60
            while sum(bool(page.fetched) for page in pages_of(tmp_path / "fetched")) < answered and time.monotonic() < deadline:
                time.sleep(0.01)
            going[0].send_signal(sent)
            going[0].wait(60)

    web.on_request = strike
    environment = os.environ | {"NEWSDEX_FETCH_RUN_ALLOW_PRIVATE": "1", "NEWSDEX_FETCH_RUN_RATE": "1000"}
    codes = []
    for _ in range(len(paths) + 3):
        going[:] = [
            subprocess.Popen([*COMMAND, "run"], cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ]
        codes.append(going[0].wait(60))
    assert codes == [-9 if sent is signal.SIGKILL else 130] * (len(paths) + 2) + [0]
    assert all(web.count(path) == 2 for path in paths)
    assert web.count("/rss") == len(paths) + 2
    assert len(list((tmp_path / "fetched" / "pages").rglob("*.warc.gz"))) == len(paths)


def test_a_record_that_a_crash_has_torn_is_cut_off(web: Web, tmp_path: Path) -> None:
    """The records before it count, and the next ones follow them."""
    web.answers |= {"/rss": rss(item("/a")), "/a": page(article("Ferry"))}
    add(tmp_path / "f", [web.url("/rss")])
    run(tmp_path / "f", FAST)
    with (tmp_path / "f" / ".fetch" / "records.jsonl").open("ab") as file:
        file.write(b'{"page": {"url": "http')
    assert fetched(tmp_path / "f") == []
    assert [page.status for page in pages_of(tmp_path / "f")] == [200]


def test_records_are_written_anew_when_most_count_no_more(web: Web, tmp_path: Path) -> None:
    """The file does not grow with the number of runs, and says the same afterwards."""
    web.answers |= {"/rss": rss(item("/a")), "/a": page(article("Ferry"))}
    add(tmp_path / "f", [web.url("/rss")])
    run(tmp_path / "f", FAST)
    path = tmp_path / "f" / ".fetch" / "records.jsonl"
    whole, before = path.read_bytes(), pages_of(tmp_path / "f")
    path.write_bytes(whole * 1_000)
    run(tmp_path / "f", FAST)
    assert path.stat().st_size < 3 * len(whole)
    assert pages_of(tmp_path / "f") == before


def test_one_run_at_a_time(web: Web, tmp_path: Path) -> None:
    """The second one says who fetches; sources can be added meanwhile."""
    add(tmp_path / "fetched", [web.url("/rss")])
    with Fetched(tmp_path / "fetched"):
        done = command(tmp_path, "run")
        assert (done.returncode, f"is in use by the fetch of process {os.getpid()}" in done.stderr) == (2, True)
        add(tmp_path / "fetched", [web.url("/other")])


def test_a_source_that_was_removed_is_asked_no_more(web: Web, tmp_path: Path) -> None:
    """What was fetched from it stays."""
    web.answers |= {"/rss": rss(item("/a")), "/a": page(article("Ferry"))}
    add(tmp_path / "f", [web.url("/rss")])
    run(tmp_path / "f", FAST)
    remove(tmp_path / "f", web.url("/rss"))
    asked = len(web.asked)
    assert run(tmp_path / "f", replace(FAST, recheck=0.0)).sources == 0
    assert len(web.asked) == asked
    assert len(pages_of(tmp_path / "f")) == 1
    with pytest.raises(UsageError, match="no source has the address"):
        remove(tmp_path / "f", web.url("/rss"))


def test_a_page_that_is_forgotten_is_not_fetched_again(web: Web, tmp_path: Path) -> None:
    """Also under its other addresses, and when the feed says something new of it. No file of the folder has its address any more."""
    story = article("Ferry", head='<link rel="canonical" href="/secret">')
    web.answers |= {"/rss": rss(item("/secret"), item("/secret/print"), item("/b")), "/b": page(article("Tram"))}
    web.answers |= {f"/secret{end}": page(story) for end in ("", "/print", "/amp")}
    command(tmp_path, "add", web.url("/rss"))
    command(tmp_path, "run")
    folder = tmp_path / "fetched"
    file = known(folder, "/secret").file
    done = command(tmp_path, "forget", web.url("/secret"))
    assert (done.returncode, done.stdout) == (0, f"removed: {file}\nwill not be fetched again: {web.url('/secret')}\n")
    assert [each.url for each in pages_of(folder)] == [web.url("/b")]
    web.answers["/rss"] = rss(item("/secret", "New"), item("/secret/print", "New"), item("/secret/amp"))
    before = web.count("/secret")
    for _ in range(2):
        assert fetched(folder, replace(FAST, recheck=0.0)) == []
    assert (web.count("/secret"), web.count("/secret/print"), web.count("/secret/amp")) == (before, 1, 1)
    assert [path.name[:1] for path in (folder / "pages").rglob("*.warc.gz")] == ["b"]
    assert not [path for path in (folder / ".fetch").glob("*") if path.is_file() and b"secret" in path.read_bytes()]
    assert command(tmp_path, "forget", web.url("/rss")).returncode == 2
    assert command(tmp_path, "forget", web.url("/never-seen")).returncode == 0


def test_a_page_that_was_a_source_is_forgotten_whole(web: Web, tmp_path: Path) -> None:
    """The record of the source has its address, too."""
    web.answers |= {"/secret": page(article("Ferry"))}
    add(tmp_path / "f", [web.url("/secret")])
    run(tmp_path / "f", FAST)
    remove(tmp_path / "f", web.url("/secret"))
    assert len(forget(tmp_path / "f", web.url("/secret"))) == 1
    assert not [path for path in (tmp_path / "f").rglob("*") if path.is_file() and b"secret" in path.read_bytes()]


@pytest.mark.parametrize("known_by", ["/secret/print", "/secret", "/secret/first"])
def test_a_page_is_forgotten_by_any_of_its_addresses(known_by: str, web: Web, tmp_path: Path) -> None:
    """That of a variant, the canonical one, which no source names, and the one that was fetched first."""
    story = article("Ferry", head='<link rel="canonical" href="/secret">')
    web.answers |= {"/rss": rss(item("/secret/first"), item("/secret/print"), item("/b")), "/b": page(article("Tram"))}
    web.answers |= {f"/secret{end}": page(story) for end in ("", "/print", "/first")}
    add(tmp_path / "f", [web.url("/rss")])
    run(tmp_path / "f", FAST)
    [file] = {each.file for each in pages_of(tmp_path / "f") if each.file and "secret" in each.url}
    assert forget(tmp_path / "f", web.url(known_by)) == [file]
    assert [each.url for each in pages_of(tmp_path / "f")] == [web.url("/b")]
    assert not (tmp_path / "f" / file).exists()
    web.answers["/rss"] = rss(item("/secret/first", "New"), item("/secret/print", "New"), item("/secret", "New"))
    before = web.count("/secret")
    assert fetched(tmp_path / "f", replace(FAST, recheck=0.0)) == []
    assert (web.count("/secret"), web.count("/secret/print"), web.count("/secret/first")) == (before, 1, 1)


def test_a_feed_that_fails_keeps_its_pages(web: Web, tmp_path: Path) -> None:
    """A feed that is a page for once is an error, not a new kind of source."""
    web.answers |= {"/rss": rss(item("/a")), "/a": page(article("Ferry"))}
    add(tmp_path / "f", [web.url("/rss")])
    run(tmp_path / "f", FAST)
    web.answers["/rss"] = page(article("We are back soon"))
    assert fetched(tmp_path / "f") == [("failed", "was a feed, but is now a page")]
    web.answers["/rss"] = rss(item("/a"), item("/b"))
    web.answers["/b"] = page(article("Ferry b"))
    assert fetched(tmp_path / "f") == [("new", "/b")]


def test_limit(web: Web, tmp_path: Path) -> None:
    """So many pages a run; the next run goes on."""
    web.answers["/rss"] = rss(*(item(f"/{number}") for number in range(5)))
    web.answers |= {f"/{number}": page(article(f"Ferry {number}")) for number in range(5)}
    command(tmp_path, "add", web.url("/rss"))
    assert command(tmp_path, "run", "--limit", "3").stderr == "1 source: 3 new, 0 changed, 0 unchanged, 2 left for the next run\n"
    assert command(tmp_path, "run", "--limit", "3").stderr == "1 source: 2 new, 0 changed, 0 unchanged\n"


def test_json(web: Web, tmp_path: Path) -> None:
    """An object for each event and the run, for each source, and for each page."""
    web.answers |= {"/rss": rss(item("/a"), item("/gone")), "/a": page(article("Ferry"))}
    command(tmp_path, "add", web.url("/rss"))
    lines = list(map(json.loads, command(tmp_path, "run", "--json").stdout.splitlines()))
    assert [line["kind"] for line in lines] == ["new", "failed", "run"]
    assert (lines[-1]["new"], lines[-1]["failed"], lines[-1]["sources_failed"]) == (1, 1, 0)
    [source] = map(json.loads, command(tmp_path, "list", "--json").stdout.splitlines())
    assert (source["kind"], source["articles"], source["pages_failed"], source["failed"]) == ("feed", 1, 1, None)
    pages = list(map(json.loads, command(tmp_path, "list", "--pages", "--json").stdout.splitlines()))
    assert [(each["status"], bool(each["file"])) for each in pages] == [(200, True), (404, False)]


def test_a_clock_that_was_wrong_is_forgotten(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a run ten years ahead, pages, robots.txt and a host that asked for patience are due again, not only in ten years."""
    web.answers |= {
        "/rss": rss(item("/a"), item("/busy")),
        "/a": page(article("Ferry a")),
        "/busy": page(b"", "503 Busy", **{"Retry-After": "7200"}),
    }
    add(tmp_path, [web.url("/rss")])
    later = time.time() + 10 * 365 * 86_400.0
    with monkeypatch.context() as patched:
        patched.setattr("time.time", lambda: later)
        fetched(tmp_path)
    for path in (tmp_path / ".fetch" / "robots").iterdir():
        os.utime(path, (later, later))
    web.answers |= {"/a": page(article("Ferry b")), "/busy": page(article("Ferry c"))}
    assert sorted(fetched(tmp_path)) == [("changed", "/a"), ("new", "/busy")]
    assert web.count("/robots.txt") == 2


def test_a_feed_without_entries_has_none_yet(web: Web, tmp_path: Path) -> None:
    """As that of a new site: it has not failed, and what it lists later is fetched. Neither has a sitemap or JSON Feed without entries."""
    empty = {
        "/rss": rss(),
        "/atom": page(b"<feed xmlns='http://www.w3.org/2005/Atom'><title>News</title></feed>"),
        "/sitemap": page(b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'></urlset>"),
        "/json": page(b'{"version": "https://jsonfeed.org/version/1.1", "title": "News", "items": []}'),
    }
    web.answers |= empty
    command(tmp_path, "add", *map(web.url, empty))
    done = command(tmp_path, "run", "--strict")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "4 sources: 0 new, 0 changed, 0 unchanged\n")
    web.answers |= {"/rss": rss(item("/ferry")), "/ferry": page(article("Ferry strike"))}
    assert command(tmp_path, "run").stdout == f"new: {web.url('/ferry')}  Ferry strike\n"


def test_exit_codes(web: Web, tmp_path: Path) -> None:
    """1 without sources, 2 where all of them fail or, with --strict, anything does, else 0."""
    web.answers |= {"/rss": rss(item("/gone"))}
    assert command(tmp_path, "run").returncode == 1
    command(tmp_path, "add", web.url("/rss"))
    assert command(tmp_path, "run").returncode == 0
    command(tmp_path, "add", web.url("/none"))
    assert command(tmp_path, "run").returncode == 0
    assert command(tmp_path, "run", "--strict").returncode == 2
    command(tmp_path, "remove", web.url("/rss"))
    done = command(tmp_path, "run")
    assert (done.returncode, "/none: answered 404\n" in done.stderr) == (2, True)
    command(tmp_path, "remove", web.url("/none"))
    assert command(tmp_path, "run").returncode == 1
    assert command(tmp_path, "list").returncode == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "ftp://example.org/"], "only http and https are fetched"),
        (["add", "example.org/rss"], "expected one such as https://example.org/rss"),
        (["add", "https://me:secret@example.org/"], "a user name or password"),
        (["add", "https://example.org/\udcff"], "not an address"),
        (["add", "https:///rss"], "without a valid host name"),
        (["add", "https://exa mple.org/"], "without a valid host name"),
        (["add", f"https://example.org/{'x' * 2_000}"], "expected at most 2,000"),
        (["run", "--rate", "0"], "0.0: expected a number from"),
        (["run", "--user-agent", "a\nb"], "is not valid"),
        (["remove", "https://example.org/"], "newsdex fetch add URL"),
    ],
)
def test_what_cannot_be_is_said(arguments: list[str], said: str, tmp_path: Path) -> None:
    """A line that names the value and what was expected, and exit code 2."""
    done = command(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_table_fetch_of_the_file_has_the_settings_of_all_its_commands(web: Web, tmp_path: Path) -> None:
    """The folder counts for each command, and a key that none has is named."""
    (tmp_path / "newsdex.toml").write_text('[fetch]\nfolder = "news"\nlimit = 1\n', encoding="utf-8")
    web.answers |= {"/rss": rss(item("/a"), item("/b")), "/a": page(article("Ferry a")), "/b": page(article("Ferry b"))}
    assert command(tmp_path, "add", web.url("/rss")).returncode == 0
    assert "1 new, 0 changed, 0 unchanged, 1 left" in command(tmp_path, "run").stderr
    assert len(list((tmp_path / "news" / "pages").rglob("*.warc.gz"))) == 1
    (tmp_path / "newsdex.toml").write_text("[fetch]\nlimits = 1\n", encoding="utf-8")
    assert "has no option 'limits'; did you mean limit?" in command(tmp_path, "run").stderr


def test_no_sources_is_no_error(tmp_path: Path, web: Web) -> None:
    """In a fresh folder and after the last one was removed: exit code 1, and the command that adds one. Nothing is made or left."""
    for asked in ("run", "list"):
        done = command(tmp_path, asked)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", "There are no sources. Add one: newsdex fetch add URL\n")
    assert not (tmp_path / "fetched").exists()
    web.answers["/ferry"] = page(article("Ferry strike"))
    command(tmp_path, "add", web.url("/ferry"))
    assert command(tmp_path, "list", "--pages").stderr == "There are no pages yet. Fetch them: newsdex fetch run\n"
    command(tmp_path, "run")
    assert not list((tmp_path / "fetched" / ".fetch").glob("candidate*"))
    command(tmp_path, "remove", web.url("/ferry"))
    for asked in ("run", "list"):
        assert command(tmp_path, asked).stderr == "There are no sources. Add one: newsdex fetch add URL\n"


def test_what_no_feed_can_be_made_of(tmp_path: Path, web: Web) -> None:
    """A page that is served as a feed is neither, and the counts say what failed."""
    web.answers["/rss"] = page(b"<html><body><p>Moved.</p></body></html>", kind="application/x-rss+xml")
    web.answers["/news"] = rss(item("/lost"))
    for path in ("/rss", "/news"):
        command(tmp_path, "add", web.url(path))
    done = command(tmp_path, "run")
    assert f"newsdex: {web.url('/rss')}: application/x-rss+xml is neither a feed or sitemap that can be read nor a page\n" in done.stderr
    assert done.stderr.endswith("2 sources (1 of them failed): 0 new, 0 changed, 0 unchanged, 1 page failed\n")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("127.0.0.1:8765/feed.rss", "expected one such as https://127.0.0.1:8765/feed.rss"),
        ("example.org/feed.rss", "expected one such as https://example.org/feed.rss"),
        ("localhost:80", "expected one such as https://localhost:80"),
        (" ", "the address is empty"),
        ("ftp://example.org/a", "only http and https are fetched"),
    ],
)
def test_addresses_that_lack_something(tmp_path: Path, url: str, said: str) -> None:
    """The error says what it is, in the address that was given."""
    with pytest.raises(UsageError, match=said):
        add(tmp_path, [url])


@pytest.mark.parametrize(
    ("sources", "failed", "line"),
    [(1, 0, "1 source: 0 new"), (1, 1, "1 source (failed): 0 new"), (2, 1, "2 sources (1 of them failed): 0 new")],
)
def test_a_run_says_how_many_sources_failed(sources: int, failed: int, line: str) -> None:
    """One is not counted among itself."""
    assert _summary(Report(sources, failed)).startswith(line)
