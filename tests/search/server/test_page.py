"""The page in a real Chromium, against the real server."""

from __future__ import annotations

import calendar
import csv
import json
import os
import random
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from chat_endpoint import speaking
from http_server import Server, running
from indexes import HASH, index_of, put
from waiting import until

from newsdex import Article, Index, Options, index_paths
from newsdex.emphasis import without_marks
from newsdex.following import follow
from newsdex.records import UNREAD
from newsdex.search.request import request_of
from newsdex.search.server.first_page import fingerprint_of, found_in, is_told
from newsdex.words import as_read

pytest.importorskip("fastapi")
playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright drives the browser: pip install playwright axe-playwright-python"
)
pytest.importorskip("axe_playwright_python", reason="it holds axe-core: pip install axe-playwright-python")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
ARGUMENTS = (
    "--no-sandbox --headless --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
PHONE = {"width": 360, "height": 740}

TAGS = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
EVIL = f"`{TAGS}`"  # as code, so that the tags reach the page
STORM = "A storm closed the harbour of Lindholm and ferries stayed in port."
HARBOUR = (
    "The harbour bridge at Lindholm reopened to traffic on Tuesday after eleven months of repairs. Engineers replaced 240 bearings "
    "of it. The work cost 38 million crowns."
)
REPAIRS = "reopened to traffic on Tuesday after eleven months of repairs"
ARTICLES: list[dict[str, str]] = [
    {
        "_id": "evil/#1?&",
        "title": f"Volcano {EVIL}",
        "text": f"Before it was quiet.\n\n{EVIL} The volcano Katla erupted on Monday {EVIL}.\n\n{EVIL}\n\n{TAGS}",
        "source": f"Press {EVIL}",
        "date": "2024-05-06",
        "url": "javascript:window.hacked=1",
    },
    {
        "_id": "whales",
        "title": "🐋 Whales return to the bay",
        "text": "🐋🐳🐋 Good news. 👩‍👩‍👧 families watched.\n\n"
        + "Nothing else happened at sea that day 🌊. " * 40
        + "\n\nBlue whales 🐋 returned to the bay 🌊 after forty years, biologists said 👍.\n\n🐳 The end 🐳.",
        "source": "The Bay",
        "date": "2023-03",
    },
    {
        "_id": "wire/2022/reservoir.txt",
        "title": "Reservoir of Elmstead is full again",
        "text": "The reservoir of Elmstead is full again after three dry winters.",
    },
    {
        "_id": "tokyo",
        "title": "東京で桜が満開",
        "text": "𠮷野家の前。東京では四月一日に桜が満開になりました。気象庁が発表しました。",
        "source": "東京新報",
        "date": "2024-04-01",
        "language": "ja",
    },
    {
        "_id": "cairo",
        "title": "افتتاح معرض الكتاب في القاهرة",
        "text": "افتتح معرض القاهرة الدولي للكتاب أبوابه يوم الخميس بمشاركة 1200 ناشر من 70 دولة.",
        "source": "صحيفة النيل",
        "date": "2024-01-25",
        "language": "ar",
    },
    {
        "_id": "sold",
        "title": "Lighthouse at Cape Wick sold to a film star",
        "text": "The lighthouse at Cape Wick was sold to a film star for two million pounds.",
        "source": "Harbour Courier",
        "date": "2024-02-09",
        "retracted": "The sale never took place.",
        "corrected_by": "unsold",
        "url": "https://courier.example/sold",
    },
    {
        "_id": "unsold",
        "title": "Lighthouse at Cape Wick is not for sale",
        "text": "The lighthouse at Cape Wick is not for sale, the council said. An earlier report was wrong.",
        "source": "Harbour Courier",
        "date": "2024-02-12",
        "corrects": "sold",
    },
    *(
        {"_id": f"bridge{n}", "title": "Lindholm bridge reopens", "text": f"{HARBOUR}{by}", "source": source, "date": f"2024-05-0{n + 7}"}
        for n, (source, by) in enumerate([("Wire", ""), ("Harbour Courier", " By our reporter."), ("The Bay", " By The Bay.")])
    ),
    *(
        {
            "_id": f"storm{n}",
            "title": f"Storm number {n} closes the harbour",
            "text": f"{STORM} It was storm number {n} of the season, and its {word} reached {40 + n} metres a second. {word.title()} {n} "
            f"{'x' * n}.",
            "source": ("Wire", "The Bay")[n % 2],
            "date": f"2023-{n % 4 + 1:02}-{n + 1:02}" if n else "2023",
            "section": ("Sea", "<b>Sky</b>", "Land")[n % 3],
            "author": ["Ida Roe", *(["Tom Fell"] if n % 2 else [])],
        }
        for n, word in enumerate(
            [
                "gusts",
                "waves",
                "winds",
                "squalls",
                "breakers",
                "rain",
                "hail",
                "snow",
                "sleet",
                "thunder",
                "lightning",
                "surge",
                "swell",
                "spray",
            ]
        )
    ),
]
STORMS = "Which storm closed the harbour of Lindholm?"
DRAFT = (
    "The harbour bridge at Lindholm reopened to traffic after eleven months of repairs. Engineers replaced 260 bearings of the bridge. "
    f"Is that much? The lighthouse at Cape Wick was sold to a film star for two million pounds. The volcano Katla erupted {EVIL}.\n\n"
    "The council built a swimming pool in Oslo."
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of these articles."""
    home = tmp_path_factory.mktemp("page")
    return index_of(ARTICLES, home, Options())


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """A server of it."""
    with running(folder) as started:
        yield started


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Chromium of its own."""
    home = {"HOME": str(tmp_path_factory.mktemp("home"))}
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS.split(), env={**os.environ, **home})
        yield started
        started.close()


class Reader:
    """Someone with the page open, and all that their browser complains of."""

    def __init__(self, browser: Any, server: Server, **context: Any) -> None:
        self.server = server
        self.context = browser.new_context(viewport=context.pop("viewport", {"width": 1100, "height": 800}), **context)
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.add_init_script(
            "document.addEventListener('securitypolicyviolation', (e) => console.error('policy: ' + e.violatedDirective))"
        )
        self.waiting: set[Any] = set()
        self.page.on("request", self._asks)
        for end in ("requestfinished", "requestfailed"):
            self.page.on(end, self._answered)
        self.page.on("console", lambda message: self.complaints.append(message.text) if message.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _asks(self, request: Any) -> None:
        self.asked.append(request.url)
        self.waiting.add(request)

    def _answered(self, request: Any) -> None:
        self.waiting.discard(request)

    def open(self, **query: str) -> Any:
        """Go to the page with this address."""
        address = "&".join(f"{name}={quote(value)}" for name, value in query.items())
        self.page.goto(f"{self.server.url}/?{address}")
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until nothing is asked any more."""
        quiet, until = 0, time.monotonic() + 20
        while quiet < 3:
            assert time.monotonic() < until, self.waiting
            self.page.wait_for_timeout(15)
            quiet = 0 if self.waiting or self.page.locator("[aria-busy]").count() else quiet + 1

    def ask(self, question: str) -> None:
        """Type it, and Enter."""
        self.page.fill("#q", question)
        self.page.press("#q", "Enter")
        self.page.wait_for_url(lambda url: parse_qs(urlsplit(url).query).get("q") == [question])
        self.settle()

    @property
    def query(self) -> dict[str, str]:
        """That of the address."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.page.url).query).items()}

    @property
    def titles(self) -> list[str]:
        """Of the results."""
        found: list[str] = self.page.locator("ol.hits:not(.misses) h2").all_inner_texts()
        return found

    def faults(self) -> list[str]:
        """What axe-core finds, whatever its gravity."""
        script = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
        self.page.evaluate(script)
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [f"{each['impact']} {each['id']}: {node['html']}" for each in found["violations"] for node in each["nodes"]]

    def overflow(self) -> int:
        """By how many pixels the page is wider than the screen."""
        wide: int = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return wide

    def close(self, *expected: str) -> None:
        """Nothing was asked of anyone else, nothing was refused, and nothing failed but what was ``expected``."""
        self.context.close()
        host = urlsplit(self.server.url).netloc
        assert {urlsplit(url).netloc for url in self.asked} == {host}
        assert [told for told in self.complaints if not any(each in told for each in expected)] == []


@pytest.fixture
def reader(browser: Any, server: Server) -> Iterator[Reader]:
    """Someone who meets no error."""
    someone = Reader(browser, server)
    yield someone
    someone.close()


def test_search_open_back(reader: Reader, folder: Path) -> None:
    """A question is asked, an article is opened at its passage, back leads to the same place, and forward to the article."""
    page = reader.open()
    assert f"{len(ARTICLES)} articles from" in page.inner_text("#view")
    reader.ask(STORMS)
    assert len(reader.titles) == 10
    assert page.title() == f"{STORMS} - newsdex"
    assert page.inner_text("#status") == f"{len(answering(folder))} matching articles"
    link = page.locator("ol.hits h2 a").nth(7)
    link.scroll_into_view_if_needed()
    title, scrolled = link.inner_text(), page.evaluate("scrollY")
    assert scrolled > 0
    link.click()
    page.wait_for_selector(".reader")
    assert page.inner_text(".reader h2.title") == title
    assert page.evaluate("document.activeElement.className") == "title"
    page.go_back()
    page.wait_for_selector("ol.hits")
    assert page.evaluate("scrollY") == scrolled
    assert page.evaluate("document.activeElement.textContent") == title
    page.go_forward()
    page.wait_for_selector(".reader")
    page.click("text=Back to results")
    page.wait_for_selector("ol.hits")
    page.go_back()
    page.wait_for_selector("body[data-view=start]")
    assert page.input_value("#q") == ""


def test_similar_and_thread(reader: Reader) -> None:
    """A hit leads to the articles like it and to its thread, both readable to all, and back to the results."""
    page = reader.open(q=STORMS)
    page.locator("ol.hits > li").first.get_by_role("link", name="Similar").click()
    page.wait_for_selector("body[data-view=related]")
    assert page.inner_text("#view h2").startswith("Articles like Storm number")
    assert page.locator("ol.hits > li").count() > 1
    assert reader.faults() == []
    assert reader.overflow() == 0
    page.locator("ol.hits > li").first.get_by_role("link", name="Thread").click()
    page.wait_for_url("**thread=*")
    reader.settle()
    assert page.inner_text("#view h2").startswith("The thread of")
    days = page.locator("ol.hits time").evaluate_all("all => all.map((time) => time.dateTime)")
    whole = [day for day in days if len(day) == len("2023-01-31")]
    assert len(whole) > 1
    assert whole == sorted(whole)
    page.click("text=Back to results")
    page.wait_for_selector("body[data-view=results]")


def answering(folder: Path, **options: Any) -> list[Article]:
    """The articles that answer, copies too, by brute force."""
    with Index.open(folder) as index:
        return [hit.article for hit in index.search(STORMS, limit=100, collapse=False, **options) if hit.answers]


def choose(reader: Reader, name: str) -> None:
    """Tick or untick the value of a filter, or leave it out."""
    reader.page.locator("#facets").get_by_role("button" if name.startswith("Without") else "checkbox", name=name).click()
    reader.settle()


def shown(reader: Reader) -> dict[str, dict[str, int]]:
    """The values of each filter with their counts."""
    script = """(all) => all.filter((each) => each.querySelector("ul")).map((each) => [each.querySelector("legend").textContent,
        Object.fromEntries([...each.querySelectorAll("li")].map((row) =>
        [row.querySelector(".value").textContent, Number(row.querySelector(".count").textContent)]))])"""
    return dict(reader.page.locator("#facets fieldset").evaluate_all(script))


def test_filters(reader: Reader, folder: Path) -> None:
    """Several values of a field, some left out, each count without its field's own condition, all of it in the address."""
    page = reader.open(q=STORMS)
    found = answering(folder)
    sources = Counter(article.source for article in found)
    expected = {
        "Source": sources,
        "Section": Counter(article.metadata["section"] for article in found if "section" in article.metadata),
        "Author": Counter(name for article in found for name in article.metadata.get("author", "").split(", ") if name),
        "Year": Counter(str(article.published)[:4] for article in found),
    }
    assert shown(reader) == expected
    assert sources["Wire"] < len(found)
    choose(reader, "Wire")
    assert parse_qs(urlsplit(page.url).query)["source"] == ["Wire"]
    assert set(page.locator("ol.hits:not(.misses) .source").all_inner_texts()) == {"Wire"}
    assert shown(reader)["Source"] == sources
    choose(reader, "The Bay")
    choose(reader, "Land")
    choose(reader, "<b>Sky</b>")
    assert parse_qs(urlsplit(page.url).query)["where"] == ["section=Land", "section=<b>Sky</b>"]
    choose(reader, "Without author Tom Fell")
    wanted = {
        "type": "and",
        "filters": [
            {"type": "in", "key": "section", "value": ["Land", "<b>Sky</b>"]},
            {"type": "ne", "key": "author", "value": "Tom Fell"},
        ],
    }
    titles = sorted(article.title for article in answering(folder, where=wanted))
    assert sorted(reader.titles) == titles
    assert page.inner_text("#status") == f"{len(titles)} matching articles"
    page.reload()
    reader.settle()
    assert sorted(reader.titles) == titles
    assert page.get_by_role("checkbox", name="Land").is_checked()
    assert page.evaluate("window.hacked") is None
    choose(reader, "<b>Sky</b>")
    choose(reader, "Land")
    page.click("#clear")
    reader.settle()
    assert reader.query == {"q": STORMS}
    page.get_by_role("button", name="Last week").click()
    reader.settle()
    newest = max(article["date"] for article in ARTICLES if "date" in article)
    assert date.fromisoformat(newest) - date.fromisoformat(reader.query["since"]) == timedelta(days=7)
    assert "Counted from 9 May 2024, the day of the newest article" in page.inner_text("#facets")
    assert page.get_by_role("button", name="Last week").get_attribute("aria-pressed") == "true"
    # What is of that week comes nearest, but no storm is of it.
    assert page.inner_text("#status") == "No results answer that."
    assert page.locator("ol.hits h2").first.inner_text() == "Lindholm bridge reopens"
    assert not any("Storm" in title for title in page.locator("ol.hits h2").all_inner_texts())


def test_a_month_or_a_year_in_the_address(reader: Reader) -> None:
    """Dates of less than a day mean all their days."""
    page = reader.open(q=STORMS, since="2023-02", until="2023")
    assert (page.input_value("[name=since]"), page.input_value("[name=until]")) == ("2023-02-01", "2023-12-31")
    reader.open(q=STORMS, since="2024-02", until="2024-02")
    assert page.input_value("[name=until]") == "2024-02-29"


def test_timeline(reader: Reader, folder: Path) -> None:
    """Its bars are the months of brute force, and a bar or a range of them, by key or mouse, is a filter, or is none again."""
    dates = [str(article.published) for article in answering(folder)]
    counts = Counter(day[:7] for day in dates if len(day) > 4)
    span = [f"{year}-{month:02}" for year in (2023, 2024) for month in range(1, 13)]
    span = span[span.index(min(counts)) : span.index(max(counts)) + 1]
    page = reader.open(q=STORMS)
    told = [
        f"{calendar.month_name[int(month[5:])]} {month[:4]}: {counts[month]} article{'s' if counts[month] != 1 else ''}" for month in span
    ]
    bars = page.locator("#facets .bar")
    assert [bar.get_attribute("aria-label") for bar in bars.all()] == told
    assert f"{sum(len(day) == 4 for day in dates)} of unknown month" in page.inner_text("#facets .timeline")
    page.click("#facets .as-table summary")
    rows = page.locator("#facets tbody tr").all_inner_texts()
    assert [row.replace("\t", ": ") for row in rows] == [
        text.removesuffix("s").removesuffix(" article") for text in told if ": 0 " not in text
    ]
    bars.nth(0).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url("**since=2023-02-01&until=2023-02-28*")
    reader.settle()
    assert page.evaluate("document.activeElement.ariaLabel") == told[1]
    assert page.locator("#facets .bar[aria-pressed=true]").count() == 1
    assert page.locator("#facets .outside").count() == len(told) - 1
    assert all("February" in text or text == "2023" for text in page.locator("ol.hits:not(.misses) time").all_inner_texts())
    bars.nth(1).click()
    page.wait_for_url(lambda url: "since" not in url)
    reader.settle()
    first, third = (bars.nth(place).bounding_box() for place in (0, 2))
    assert first
    assert third
    page.mouse.move(third["x"] + 3, third["y"] + 5)
    page.mouse.down()
    page.mouse.move(first["x"] + 3, first["y"] + 5, steps=4)
    page.mouse.up()
    page.wait_for_url("**since=2023-01-01&until=2023-03-31*")
    reader.settle()
    bars.nth(1).focus()
    page.keyboard.press("Home")
    page.keyboard.down("Shift")
    page.keyboard.press("ArrowRight")
    page.keyboard.up("Shift")
    page.wait_for_url("**since=2023-01-01&until=2023-02-28*")
    reader.settle()
    bars.nth(3).click(modifiers=["Shift"])
    page.wait_for_url("**since=2023-01-01&until=2023-04-30*")


@pytest.mark.parametrize(
    ("name", "question"),
    [("whales", "When did blue whales return to the bay?"), ("tokyo", "東京の桜"), ("evil/#1?&", "volcano Katla erupted")],
)
def test_places(reader: Reader, folder: Path, name: str, question: str) -> None:
    """The answer, the words of the question and the passage are where the library says, whatever stands before them: emoji, ideographs,
    markup.
    """
    with Index.open(folder) as index:
        hit = index.search(question, limit=1)[0]
        text = index.article(name).text
    assert hit.article.id == name
    page = reader.open(q=question)
    first = page.locator("ol.hits > li").first
    in_text = "(all) => all.map((each) => each.textContent)"
    assert "".join(first.locator("mark").evaluate_all(in_text)) == without_gaps(hit.answer_text)
    assert first.locator(".passage b").evaluate_all(in_text) == [text[word.start : word.end] for word in hit.matches[0].words]
    first.locator("h2 a").click()
    page.wait_for_selector(".reader")
    for address in (page.url, page.url):  # the second time as a link that someone follows
        page.goto(address)
        reader.settle()
        passage = page.locator(".reader .passage")
        assert "".join(passage.evaluate_all(in_text)) == without_gaps(hit.passage.text)
        assert "".join(page.locator(".reader .passage mark").evaluate_all(in_text)) == without_gaps(hit.answer_text)
        box = passage.first.bounding_box()
        assert box is not None
        assert 0 <= box["y"] < 800


def without_gaps(text: str) -> str:
    """What paragraphs show of ``text``: without the empty lines between them."""
    return "".join(part for part in text.split("\n\n") if part.strip())


def test_offsets_of_any_text(reader: Reader) -> None:
    """Code points are found again in JavaScript's strings, for texts of every kind of character."""
    chance = random.Random(5)
    cases = []
    for _ in range(300):
        text = "".join(chance.choices("ab é\u0301東🌋𠮷👩\u200d👧\n", k=chance.randint(0, 30)))
        points = [chance.randint(-3, len(text) + 3) for _ in range(8)]
        cases.append((text, points))
    page = reader.open()
    got = page.evaluate(
        "async (cases) => { const { unitsOf } = await import('/static/text.js'); return cases.map(([text, points]) => unitsOf(text, "
        "points)); }",
        cases,
    )
    for (text, points), units in zip(cases, got, strict=True):
        assert units == [len(text[: max(point, 0)].encode("utf-16-le")) // 2 for point in points], text


def test_links_are_read_as_the_server_reads_them(reader: Reader) -> None:
    """By their labels, without images; code stays, and so do the places of all that stays."""
    url, cases = "https://example.org/a_(b)?c#d", list[str]()
    parts = [f"[old 🌊 pier]({url})", "![](a/b.jpg)", "![Boats at sea](b.png 'Boats')", "![IMG 1.png](c.png)", f"[![]({url})\nx y]({url})"]
    parts += ["`[a](/b)`", "\n```\n[a](/b)\n```\n", "[1] (c)", "rows[0](1, 2)", f"<{url}>", "[a [b] c\\]](/d)", f"{url} ", "\n"]
    chance = random.Random(7)
    for _ in range(300):
        cases.append(" ".join(chance.choices(parts, k=chance.randint(1, 6))) + " [end](/)")
    page = reader.open()
    got = page.evaluate("async (texts) => { const { unlinked } = await import('/static/text.js'); return texts.map(unlinked); }", cases)
    for text, read in zip(cases, got, strict=True):
        assert len(read.encode("utf-16-le")) == len(text.encode("utf-16-le")), text
        assert read.replace(UNREAD, "").split() == as_read(text).split(), text


def test_marks_are_left_out_as_the_server_leaves_them_out(reader: Reader) -> None:
    chance, cases = random.Random(11), list[str]()
    parts = [
        "**",
        "*",
        "_",
        "__",
        "***",
        "# ",
        "\n## ",
        "\n---\n",
        "\n\n",
        " ",
        " ",
        "pier",
        "🌊",
        "é",
        "!",
        UNREAD,
        "`*a*`",
        "\\*",
        "\n```\n",
    ]
    for _ in range(1000):
        cases.append("".join(chance.choices(parts, k=chance.randint(1, 20))))
    page = reader.open()
    got = page.evaluate(
        "async (texts) => { const { withoutMarks } = await import('/static/text.js'); return texts.map(withoutMarks); }", cases
    )
    assert got == [without_marks(text) for text in cases]


def test_a_file_is_not_named_if_its_title_tells_it(reader: Reader) -> None:
    told = [
        ("2024-05-02-the-old-pier.md", "The Old Pier"),
        ("05-login-gov-has-20-million.html", "Login.gov has 20 million users"),
        ("el-nino-y-la-nina.md", "El Niño y la Niña"),
        ("el-nin\u0303o-returns.md", "El Nin\u0303o returns"),
    ]
    untold = [
        ("minutes-17.pdf", "The Old Pier"),
        ("train.csv", ""),
        ("pier.md", "The pier"),
        ("2024.md", "Budget 2024"),
        ("pier_strike_talks_fail.txt", "A pier"),
        ("", "A pier"),
    ]
    cases = told + untold
    page = reader.open()
    got = page.evaluate(
        "async (cases) => { const { isTold } = await import('/static/results.js'); return cases.map((each) => isTold(...each)); }",
        cases,
    )
    assert got == [is_told(file, title) for file, title in cases] == [True] * len(told) + [False] * len(untold)


def test_text_is_text(reader: Reader) -> None:
    """Markup in a title, a source, a text, an address and a hint is shown, and does nothing."""
    page = reader.open(q="volcano Katla erupted")
    assert reader.titles[0] == f"Volcano {EVIL}"
    assert EVIL in page.inner_text("ol.hits > li .passage")
    page.fill("#q", "volc")
    page.wait_for_selector("#hints li")
    assert EVIL in page.inner_text("#hints li .title")
    page.press("#q", "Escape")
    page.click("ol.hits h2 a")
    page.wait_for_selector(".reader")
    assert page.inner_text(".reader h2.title") == f"Volcano {EVIL}"
    assert page.inner_text(".reader .text").count(EVIL) == 3
    assert "javascript:window.hacked=1" in page.inner_text(".reader .about")
    assert page.locator("a[href^=javascript]").count() == 0
    assert page.locator("main img, main script:not([type='application/json'])").count() == 0
    assert page.evaluate("window.hacked") is None
    reader.open(q=EVIL, source=EVIL, article=EVIL[:3])
    assert page.evaluate("window.hacked") is None
    reader.complaints.clear()  # there is no such article


def test_hints(reader: Reader) -> None:
    """Titles while one types, by key and by mouse, as the combobox pattern has it."""
    page = reader.open()
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("lighthouse CAPE")
    page.wait_for_selector("#hints li")
    box = page.locator("#q")
    assert box.get_attribute("aria-expanded") == "true"
    titles = page.locator("#hints .title").all_inner_texts()
    assert titles == ["Lighthouse at Cape Wick is not for sale", "Lighthouse at Cape Wick sold to a film star"]
    assert page.locator("#hints b").all_inner_texts()[:2] == ["Lighthouse", "Cape"]
    assert box.get_attribute("aria-activedescendant") is None
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#hints [aria-selected=true]")
    assert chosen.get_attribute("id") == box.get_attribute("aria-activedescendant") == "hint-1"
    page.keyboard.press("ArrowDown")  # back to the box
    assert box.get_attribute("aria-activedescendant") is None
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Escape")
    assert box.get_attribute("aria-expanded") == "false"
    assert page.is_hidden("#hints")
    assert page.input_value("#q") == "lighthouse CAPE"
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("#hints li")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("body[data-view=results]")
    reader.settle()
    assert reader.query == {"q": titles[0]}
    assert reader.titles[0] == titles[0]
    page.fill("#q", "東京")
    page.locator("#hints li").first.click()
    page.wait_for_url("**q=%E6%9D%B1*")
    reader.settle()
    assert page.input_value("#q") == "東京で桜が満開"


def test_nothing_answers(reader: Reader) -> None:
    """Nearest misses are set apart; where a filter may be why, it can be left out."""
    page = reader.open(q="How do I bake sourdough bread?")
    assert "No results answer that." in page.inner_text("#view")
    assert page.locator("ol.misses > li").count() > 0
    assert reader.titles == []
    reader.open(q=STORMS, since="2031")
    assert "No article is near." in page.inner_text("#view")
    page.click("text=Ask again without filters")
    page.wait_for_url(lambda url: "since" not in url)
    reader.settle()
    assert len(reader.titles) == 10


def test_filters_that_contradict_can_be_left(reader: Reader) -> None:
    """The first day after the last is an error, which does not keep the reader."""
    page = reader.open(q=STORMS, since="2024-05", until="2024-03")
    assert "is after the end date" in page.inner_text("#view")
    reader.complaints.clear()  # the server refused it
    page.click("text=Ask again without filters")
    page.wait_for_url(lambda url: "since" not in url)
    reader.settle()
    assert len(reader.titles) == 10


def test_words_as_typed(reader: Reader) -> None:
    """How a question was read is told with a link that searches for the words as typed, in place of the option of the command line."""
    page = reader.open(q="lihgthouse at Cape Wick")
    remark = page.locator(".remark").first
    assert remark.inner_text() == 'Read as "lighthouse at Cape Wick". Search for the words as typed'
    remark.locator("a").click()
    page.wait_for_url("**literal=true*")
    reader.settle()
    assert page.locator(".remark").first.inner_text().startswith("Searched for the words as typed.")
    page.click("text=Correct spelling and read operators")
    page.wait_for_url(lambda url: "literal" not in url)
    reader.open(q='storm "closed the harbour" -snow in February 2023')
    told = page.locator(".remark").all_inner_texts()
    assert any(text.startswith("Filter read from the question") and text.endswith("Search for the words as typed") for text in told)
    reader.open(q="storm in February 2023")
    told = page.locator(".remark").first.inner_text()
    assert told.endswith("Search all dates")
    assert "from 1 February 2023 to 28 February 2023" in told
    assert page.locator("#facets .bar:not(.outside)").count() == 1
    page.click("text=Search all dates")
    page.wait_for_url("**read_dates=false*")
    reader.settle()
    told = page.locator(".remark").all_inner_texts()
    assert told == ["Dates in the question were not read. Read them", 'No article has "February" or "2023" in its text.']
    reader.open(q="news about the storm in February 2023")
    assert page.locator(".remark a").all_inner_texts() == ["Search all dates, best answers first"]
    page.click(".remark a")
    page.wait_for_url("**read_dates=false*")
    reader.settle()
    told = page.locator(".remark").all_inner_texts()
    assert not [text for text in told if "articles published" in text or "Newer articles first" in text]
    reader.open(q="news about the storm")
    assert page.locator(".remark a").all_inner_texts() == ["Best answers first"]
    page.click(".remark a")
    page.wait_for_url("**read_dates=false*")
    reader.settle()
    assert not any("Newer articles first" in text for text in page.locator(".remark").all_inner_texts())


def test_what_only_meets_filters_has_no_probability(reader: Reader) -> None:
    """And print has what was asked above it."""
    page = reader.open(q="lang:ja")
    assert reader.titles == ["\u6771\u4eac\u3067\u685c\u304c\u6e80\u958b"]
    assert page.locator(".score").count() == 0
    page.emulate_media(media="print")
    box = page.locator("#heading").bounding_box()
    assert page.inner_text("#heading") == "Results for lang:ja"
    assert box is not None
    assert box["height"] > 10
    assert page.locator("button.keep").is_hidden()


@pytest.mark.parametrize("script", [True, False])
def test_the_best_hit_has_its_probability(browser: Any, server: Server, script: bool) -> None:
    """Also where it is so near to 1 that the record of the hit has 1."""
    [first, *_] = server.get("/search", q="Reservoir of Elmstead is full again").json["hits"]
    assert first["score"] == 1
    someone = Reader(browser, server, java_script_enabled=script)
    for question, told in (("Reservoir of Elmstead is full again", True), ("lang:ja", False)):
        someone.page.goto(f"{server.url}/?q={quote(question)}")
        someone.page.wait_for_selector("ol.hits > li")
        about = someone.page.locator("ol.hits .about").first.inner_text()
        assert ("very likely" in about) == told
    someone.close()


def test_more_results(reader: Reader) -> None:
    """They come on demand, the keyboard goes on where they begin, and a reload shows as many."""
    page = reader.open(q=STORMS)
    page.click("button.more")
    page.wait_for_url("**n=*")
    reader.settle()
    titles = reader.titles
    assert len(titles) == len(set(titles)) > 10
    assert page.evaluate("document.activeElement.textContent") in titles[10]
    page.reload()
    reader.settle()
    assert reader.titles == titles


def test_copies_and_corrections(reader: Reader) -> None:
    """Copies are folded into one result; what was withdrawn or corrected says so, and leads to what is right."""
    page = reader.open(q="When did the Lindholm bridge reopen?")
    assert reader.titles.count("Lindholm bridge reopens") == 1
    page.click("text=Also in 2 other articles")
    assert page.locator("details.copies[open] li").count() == 2
    reader.open(q="lighthouse at Cape Wick sold")
    withdrawn = page.locator("ol.hits > li", has_text="sold to a film star")
    assert "Withdrawn: The sale never took place." in withdrawn.inner_text()
    withdrawn.locator("text=the corrected version").click()
    page.wait_for_selector(".reader")
    assert page.inner_text(".reader h2.title") == "Lighthouse at Cape Wick is not for sale"
    reader.open(article="sold")
    assert "Withdrawn" in page.inner_text(".reader")
    page.click("#check-button")
    page.get_by_role("radio", name="Quotation").check()
    page.fill("dialog textarea", "sold to a film star for two million pounds")
    page.press("dialog textarea", "Enter")
    place = page.locator("dialog .verdict li", has_text="Withdrawn: The sale never took place.")
    place.locator("text=the corrected version").click()
    playwright.expect(page.locator("dialog")).to_have_count(0)
    playwright.expect(page.locator(".reader h2.title")).to_have_text("Lighthouse at Cape Wick is not for sale")
    reader.open(article="sold")
    original = page.locator("text=Original at courier.example")
    assert original.get_attribute("href") == "https://courier.example/sold"
    assert "noreferrer" in (original.get_attribute("rel") or "")


def test_right_to_left(reader: Reader) -> None:
    """An Arabic article is written from the right, and the page around it from the left."""
    page = reader.open(q="معرض القاهرة الدولي للكتاب")
    direction = "(each) => getComputedStyle(each).direction"
    assert page.locator("ol.hits .passage p").first.evaluate(direction) == "rtl"
    assert page.locator("ol.hits .about").first.evaluate(direction) == "ltr"
    page.click("ol.hits h2 a")
    assert page.locator(".reader .text p").first.evaluate(direction) == "rtl"
    assert page.locator(".reader h2.title").evaluate(direction) == "rtl"


def test_problems_are_told(browser: Any, server: Server) -> None:
    """An impossible question, an article that is not there, a server that is away or has enough, and a link to what has changed."""
    someone = Reader(browser, server)
    page = someone.open(q="storm", mode="telepathy")
    assert "This search isn't valid." in page.inner_text("[role=alert]")
    assert "expected 'hybrid', 'dense' or 'lexical', not \"telepathy\"" in page.inner_text("[role=alert]")
    assert page.locator("text=Try again").count() == 0
    for name, wrong, called in [
        ("since", "2024-13-45", "From: '2024-13-45' is not understood"),
        ("lang", "x", "Language: expected at least"),
    ]:
        someone.open(q="storm", **{name: wrong})
        assert page.inner_text("[role=alert] p").startswith(called)
    someone.open(q="storm", article="gone")
    assert "There is no such article." in page.inner_text("[role=alert]")
    someone.open(article="sold", at="5000-5100")
    assert "no longer in the article" in page.inner_text(".reader")
    someone.open()
    someone.context.set_offline(True)
    someone.ask("storm")
    assert "The server is away." in page.inner_text("[role=alert]")
    someone.context.set_offline(False)
    page.click("text=Try again")
    page.wait_for_selector("ol.hits")
    enough = {"title": "Too Many Requests", "status": 429, "detail": "too many requests: expected at most 1 a second"}
    page.route(
        "**/search?*",
        lambda route: route.fulfill(
            status=429, content_type="application/problem+json", headers={"Retry-After": "7"}, body=json.dumps(enough)
        ),
    )
    someone.ask("another storm")
    told = page.inner_text("[role=alert]")
    assert "Too many questions at once." in told
    assert "7 seconds" in told
    page.unroute("**/search?*")
    someone.close("Failed to load resource")


def test_a_key_is_asked_for(browser: Any, folder: Path) -> None:
    """The page asks for the server's key, sends it as a header, keeps it for the tab, and says when it is wrong."""
    with running(folder, NEWSDEX_API_KEY="a-key-that-nobody-can-guess") as locked:
        someone = Reader(browser, locked)
        page = someone.open(q=STORMS)
        assert "This archive is locked." in page.inner_text("#view")
        assert someone.faults() == []
        page.click("#check-button")
        page.fill("dialog textarea", DRAFT)
        page.click("dialog button.ask")
        assert "Enter its key on the page first." in page.inner_text("dialog .problem")
        page.keyboard.press("Escape")
        for wrong in ("wrong", "ключ 🔑"):
            page.fill("#key", wrong)
            page.press("#key", "Enter")
            page.wait_for_selector("text=does not know that key")
            someone.settle()
        page.fill("#key", "a-key-that-nobody-can-guess")
        page.press("#key", "Enter")
        page.wait_for_selector("ol.hits")
        page.reload()
        someone.settle()
        assert len(someone.titles) == 10
        page.click("#check-button")
        page.fill("dialog textarea", DRAFT)
        page.click("dialog button.ask")
        page.wait_for_selector(".checked")
        assert "guess" not in "".join(someone.asked)
        assert [word in locked.get("/", q=STORMS).body.decode() for word in ("Storm number", "id='found'")] == [False, False]
        with_key = locked.get("/", {"Authorization": "Bearer a-key-that-nobody-can-guess"}, q=STORMS)
        assert "Storm number" in with_key.body.decode()
        someone.close("Failed to load resource")


@pytest.mark.parametrize(
    ("scheme", "viewport"),
    [("light", {"width": 1100, "height": 800}), ("dark", PHONE)],
    ids=["light", "dark, on a phone"],
)
def test_anyone_can_use_it(browser: Any, server: Server, scheme: str, viewport: dict[str, int]) -> None:
    """axe-core finds nothing on any view, and nothing is wider than the screen."""
    someone = Reader(browser, server, viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
    views: list[dict[str, str]] = [
        {},
        {"q": STORMS},
        {"q": STORMS, "since": "2023-02-01", "until": "2023-02-28", "source": "Wire"},
        {"q": "lighthouse at Cape Wick sold"},
        {"q": "When did the Lindholm bridge reopen?"},
        {"q": "How do I bake sourdough bread?"},
        {"q": "x" * 300, "article": "evil/#1?&", "at": "22-130", "answer": "22-60"},
        {"q": "storm", "article": "gone"},
    ]
    for view in views:
        page = someone.open(**view)
        for closed in page.locator("button.filters[aria-expanded=false]:visible").all():
            closed.click()
        for details in page.locator("details").all():
            details.locator("summary").first.click()
        assert someone.faults() == [], view
        assert someone.overflow() <= 0, view
    someone.open()
    page.keyboard.type("storm")
    page.wait_for_selector("#hints li")
    page.keyboard.press("ArrowDown")
    assert someone.faults() == []
    assert someone.overflow() <= 0
    page.keyboard.press("Escape")
    for opener in ("#keys-button", "#check-button", "#tray-button"):
        page.click(opener)
        if opener == "#check-button":
            page.fill("dialog textarea", DRAFT)
            page.click("dialog button.ask")
            page.wait_for_selector(".checked")
        assert someone.faults() == [], opener
        assert someone.overflow() <= 0, opener
        page.keyboard.press("Escape")
    someone.close("Failed to load resource")


def test_keys_alone(reader: Reader) -> None:
    """Without a mouse: three tabs to the first result, arrows and letters through them, into an article, to its passage, and back."""
    page = reader.open(q=STORMS)
    focused = "document.activeElement.textContent"
    page.keyboard.press("j")  # a link opens at its results
    assert page.evaluate(focused) == reader.titles[0]
    page.focus("#q")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == reader.titles[0]
    page.focus("#q")
    page.keyboard.type(" winds")
    page.keyboard.press("ArrowDown")  # what was changed has hints
    assert page.evaluate("document.activeElement.id") == "q"
    reader.ask(STORMS)
    page.keyboard.press("j")
    assert page.evaluate(focused) == reader.titles[0]
    page.focus("#q")
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate(focused) == reader.titles[0]
    for key, place in [("ArrowDown", 1), ("j", 2), ("j", 3), ("k", 2), ("ArrowUp", 1)]:
        page.keyboard.press(key)
        assert page.evaluate(focused) == reader.titles[place]
    page.keyboard.press("Enter")
    page.wait_for_selector(".reader")
    reader.settle()
    assert page.evaluate("document.activeElement.className") == "title"
    page.keyboard.press("Escape")
    page.wait_for_selector("ol.hits")
    reader.settle()
    assert page.evaluate(focused) == reader.titles[1]
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("/?j")  # are letters there
    assert page.input_value("#q").endswith("/?j")
    page.locator("ol.hits h2 a").first.focus()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.locator("ol.hits h2 a").first.focus()
    page.keyboard.press("?")
    assert "to the search box" in page.inner_text("dialog")
    page.keyboard.press("Escape")
    playwright.expect(page.locator("dialog")).to_have_count(0)
    assert page.evaluate(focused) == reader.titles[0]
    page.focus("#q")
    for _ in range(5):
        page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("viewport", [{"width": 1100, "height": 500}, PHONE])
def test_where_one_reads_in_an_article(browser: Any, server: Server, viewport: dict[str, int]) -> None:
    """An article that opens at its passage shows its title on top, which leads to the beginning; there it is not shown twice."""
    someone = Reader(browser, server, viewport=viewport)
    page = someone.open(article="whales", at="1682-1755")
    here = page.get_by_role("button", name="To the beginning of")
    here.wait_for()
    assert here.inner_text() == "🐋 Whales return to the bay"
    assert someone.faults() == []
    here.click()
    here.wait_for(state="hidden")
    assert page.evaluate("[scrollY, document.activeElement.className]") == [0, "title"]
    someone.close()


def test_an_article_without_a_source_goes_by_its_id(browser: Any, reader: Reader, server: Server) -> None:
    """In the results, also without a script, and in the article: else nothing would say where it is from."""
    question = "Is the reservoir of Elmstead full again?"
    plain = Reader(browser, server, java_script_enabled=False)
    for someone in (reader, plain):
        page = someone.page
        page.goto(f"{server.url}/?q={quote(question)}")
        page.wait_for_selector("ol.hits li")
        assert page.locator("ol.hits > li .about").first.inner_text().startswith("reservoir.txt")
        page.locator("ol.hits h2 a").first.click()
        page.wait_for_selector("article.reader")
        assert "reservoir.txt" in page.inner_text(".reader > .about")
    plain.close()


def test_an_article_without_a_title_goes_by_its_first_words(browser: Any, tmp_path: Path) -> None:
    """Where its file has many articles, as in a shell: also without a script, in the article, and beside what is like it."""
    short, words = "Ferry traffic resumed on Tuesday.", "The ferry of Lindholm sank in the harbour on Monday after a collision"
    articles = [{"_id": "msg-17", "text": short}, {"_id": "msg-18", "text": f"\n{words} with a tanker, as the coastguard said."}]
    with running(index_of(articles, tmp_path)) as started:
        for script in (True, False):
            someone = Reader(browser, started, java_script_enabled=script)
            page = someone.page
            page.goto(f"{started.url}/?q=ferry")
            page.wait_for_selector("ol.hits li")
            links = page.locator("ol.hits h2 a")
            assert set(links.all_inner_texts()) == {short, f"{words} \u2026"}
            links.get_by_text(words).click()
            page.wait_for_selector("article.reader")
            assert page.inner_text("article.reader h2.title") == f"{words} \u2026"
            page.goto(f"{started.url}/?similar=msg-17")
            if script:
                page.get_by_role("heading", name=f"Articles like {short}", level=2).wait_for()
            someone.close()


def test_a_name_is_of_the_article_not_of_its_passage(browser: Any, tmp_path: Path) -> None:
    """Of articles without a title, where another passage answers; and of copies."""
    words = "The council of Lindholm met on Monday and spoke for five hours of the budget"
    rest = " ".join(f"Line {number} of the budget was read aloud and then adopted without any debate." for number in range(60))
    text = f"{words}, as planned. {rest} The dredger Osprey ran aground near the lighthouse."
    articles = [{"_id": "msg-1", "text": text}, {"_id": "msg-2", "text": text}]
    articles.append(
        {"_id": "msg-3", "text": f"Osprey is afloat. The dredger Osprey that ran aground near the lighthouse was towed. {rest}"}
    )
    with running(index_of(articles, tmp_path)) as started:
        someone = Reader(browser, started)
        page = someone.open(q="dredger Osprey ran aground near the lighthouse")
        until(lambda: f"{words[:50]}" in page.inner_text("ol.hits"))
        someone.settle()
        names = {link.inner_text().split(" \u2026")[0] for link in page.locator("ol.hits h2 a, .copies a").all()} - {""}
        assert names
        assert all(text.startswith(name) or name.startswith("Osprey is afloat") for name in names), names
        someone.close()


def test_a_slash_in_the_box(reader: Reader) -> None:
    """It leads to the box, also from within, and is a letter of a question."""
    page = reader.open()
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.press("/")
    page.keyboard.type("a/b")
    assert page.input_value("#q") == "a/b"
    page.focus("#main")
    page.keyboard.type("/c")
    assert page.input_value("#q") == "c"


def test_a_question_mark_lists_the_keys(reader: Reader) -> None:
    """Also in the empty box, where no question begins so; behind a word it ends one."""
    page = reader.open()
    page.focus("#q")
    page.keyboard.type("?")
    assert (page.locator("dialog.keys[open]").count(), page.input_value("#q")) == (1, "")
    page.keyboard.press("Escape")
    page.focus("#q")
    page.keyboard.type("storms?")
    assert (page.locator("dialog[open]").count(), page.input_value("#q")) == (0, "storms?")


def test_keys_from_the_buttons_and_filters(reader: Reader) -> None:
    """The keys work there as well, also on a box that is ticked."""
    page = reader.open(q=STORMS)
    for place in (
        page.get_by_role("button", name="Relevance"),
        page.locator("#facets .bar").first,
        page.get_by_role("checkbox", name="Wire"),
    ):
        place.focus()
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "q"
    page.get_by_role("checkbox", name="Wire").focus()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == reader.titles[0]


def test_no_option_of_the_command_line_is_told(browser: Any, reader: Reader, server: Server) -> None:
    """A day that others are counted from is named, and an article that is missing is, without advice for other doors."""
    plain = Reader(browser, server, java_script_enabled=False)
    counted = "Dates count from 9 May 2024, the day of the newest article."
    for someone in (reader, plain):
        page = someone.page
        page.goto(f"{server.url}/?q={quote('storms last week')}")
        playwright.expect(page.locator(".remark", has_text="Dates count")).to_have_text(counted)
        page.goto(f"{server.url}/?article=gone")
        playwright.expect(page.locator(".problem, .warning")).to_have_text(re.compile(r"There is no such article\..*link is wrong\.$"))
        someone.complaints.clear()
    plain.close()


def test_start(reader: Reader, folder: Path) -> None:
    """The newest articles, what one could ask, and filters without a question."""
    with Index.open(folder) as index:
        newest = [article.title for article in index.newest(request_of("list", limit=20))]
        wire = [
            article.title for article in index.newest(request_of("list", where={"type": "eq", "key": "source", "value": "Wire"}, limit=10))
        ]
    page = reader.open()
    assert page.locator("ol.hits h2").all_inner_texts() == newest[:10]
    page.click("text=More articles")
    page.wait_for_selector("ol.hits > li:nth-child(20)")
    assert page.locator("ol.hits h2").all_inner_texts() == newest
    assert page.locator(".examples a").all_inner_texts() == ["Cape Wick"]
    choose(reader, "Wire")
    assert page.locator("ol.hits h2").all_inner_texts() == wire
    of_wire = sum(article.get("source") == "Wire" for article in ARTICLES)
    assert page.inner_text("h2.misses-head") == f"{of_wire} articles match the filters, newest first"
    page.go_back()
    reader.settle()
    page.click(".examples a")
    page.wait_for_url("**q=Cape+Wick*")
    reader.settle()
    assert reader.titles


def test_the_newest_stories_have_each_address_once(browser: Any, tmp_path: Path) -> None:
    """Files of one address and title are one story, also on the next page, which begins behind all that were read."""
    articles = [
        {
            "_id": f"a{n}",
            "title": f"Story {n % 11}",
            "url": f"https://wire.example/{n % 11}",
            "date": f"2024-05-{28 - n:02}",
            "text": f"Text {n}.",
        }
        for n in range(24)
    ]
    with running(index_of(articles, tmp_path)) as started:
        someone = Reader(browser, started)
        page = someone.open()
        assert page.locator("ol.hits h2").all_inner_texts() == [f"Story {n}" for n in range(10)]
        page.click("text=More articles")
        page.wait_for_selector("ol.hits > li:nth-child(11)")
        page.click("text=More articles")
        page.wait_for_selector("text=More articles", state="detached")
        assert page.locator("ol.hits h2").all_inner_texts() == [f"Story {n}" for n in range(11)]
        someone.close()


def test_an_archive_without_dates_offers_nothing_by_date(browser: Any, tmp_path: Path) -> None:
    """Neither days to choose nor the newest stories; where one article has a date, both. The page without a script says the same."""
    articles = [{"_id": f"a{n}", "title": f"Ferry {n}", "text": f"The ferry of pier {n} is late."} for n in range(3)]
    for name, some in (("undated", articles), ("dated", [*articles, {"_id": "d", "text": "The ferry is back.", "date": "2024-05-06"}])):
        (tmp_path / name).mkdir()
        with running(index_of(some, tmp_path / name)) as started:
            someone = Reader(browser, started)
            for asked in ({}, {"q": "ferry"}, {"where": "title!=x"}):
                page = someone.open(**asked)
                presets = page.get_by_role("button", name=re.compile("Last (day|week|month)"))
                dates = page.locator("#facets input[type=date]")
                assert (presets.count(), dates.count()) == ((0, 0) if name == "undated" else (3, 2))
                assert page.get_by_text("None of these articles has a date").count() == (name == "undated")
            heads = {}
            for asked in ("", "?where=title!%3Dx"):
                page.goto(f"{started.url}/{asked}")
                heads[asked] = page.locator("h2.misses-head").inner_text()
                html = started.get(f"/{asked}").body.decode()
                assert re.findall("<h2 class='misses-head'>(.*?)</h2>", html) == [heads[asked]]
            expected = {
                "undated": ["Articles; none has a date", "3 articles match the filters; none has a date"],
                "dated": ["The newest stories", "4 articles match the filters, newest first"],
            }
            assert list(heads.values()) == expected[name]
            someone.close()


def test_folders_are_filters_where_no_article_has_a_source(browser: Any, tmp_path: Path) -> None:
    """By their names; ticked, several, left out and cleared; the counts and the hits are those of the files there. The address has them."""
    for number, folder in enumerate(["cook_il", "cook_il", "kings_ny", "kings_ny", "kings_ny", "<b>x"]):
        put(tmp_path / "in" / folder / f"{number}.txt", f"Ferry {number}\n\nThe ferry of pier {number} is late.")
    index_paths([tmp_path / "in"], tmp_path / "index", HASH)
    counts = {"kings_ny": 3, "cook_il": 2, "<b>x": 1}
    with running(tmp_path / "index") as started:
        someone = Reader(browser, started)
        page = someone.open(q="ferry")
        assert shown(someone)["Folder"] == counts
        choose(someone, "cook_il")
        assert parse_qs(urlsplit(page.url).query)["where"] == ["path=in/cook_il/"]
        assert sorted(someone.titles) == ["Ferry 0", "Ferry 1"]
        assert shown(someone)["Folder"] == counts
        choose(someone, "<b>x")
        assert sorted(someone.titles) == ["Ferry 0", "Ferry 1", "Ferry 5"]
        choose(someone, "cook_il")
        choose(someone, "<b>x")
        choose(someone, "Without folder kings_ny")
        assert sorted(someone.titles) == ["Ferry 0", "Ferry 1", "Ferry 5"]
        page = someone.open(where="path=in/kings_ny/")
        assert "3 articles match the filters" in page.inner_text("#view")
        assert someone.faults() == []
        someone.close()


def test_counts_of_a_part_are_minimums(browser: Any, tmp_path: Path) -> None:
    """More than 1,000 passages answer, of which so many are looked at: the number and each count of a filter say so, and why."""
    articles = [
        {"_id": f"a{n}", "title": f"Ferry {n}", "text": f"The ferry of pier {n} is late.", "source": ("Wire", "Bay")[n % 2]}
        for n in range(1_100)
    ]
    with running(index_of(articles, tmp_path)) as started:
        someone = Reader(browser, started)
        page = someone.open(q="ferry")
        told = started.get("/facets", q="ferry").json
        assert (told["complete"], 100 < told["total"] < 1_100) == (False, True)
        assert page.inner_text("#status") == f"At least {told['total']:,} matching articles"
        counts = {row.split()[0]: row.split()[1] for row in page.locator("#facets label:has(.count)").all_inner_texts()}
        [sources] = [field["values"] for field in told["fields"] if field["key"] == "source"]
        assert counts == {each["value"]: f"{each['count']:,}+" for each in sources}
        assert page.get_by_text("Counts are minimums").count() == 1
        page = someone.open(where="title!=x")
        assert {row.split()[1] for row in page.locator("#facets label:has(.count)").all_inner_texts()} == {"550"}
        assert page.get_by_text("Counts are minimums").count() == 0
        someone.close()


def test_order_and_density(reader: Reader) -> None:
    """By date, as a compact list, words of the question bold in titles, the figure of a probability on demand."""
    page = reader.open(q=STORMS)
    words = set(page.locator("ol.hits h2 b").all_inner_texts())
    assert {"Storm", "harbour"} <= words
    assert "the" not in words
    figure = page.locator(".score .figure").first
    assert re.fullmatch(r", \d+ %", figure.text_content() or "")  # for those who listen
    assert figure.evaluate("(each) => each.offsetWidth") <= 1
    page.locator(".score").first.click()
    assert figure.evaluate("(each) => each.offsetWidth") > 10
    for name, sort in (("Oldest", "oldest"), ("Newest", "date")):
        page.get_by_role("button", name=name).click()
        page.wait_for_url(f"**sort={sort}*")
        reader.settle()
        days = page.locator("ol.hits:not(.misses) time").evaluate_all("all => all.map((time) => time.dateTime)")
        last = [day + "2023-12-31"[len(day) :] for day in days]  # a year lasts until its end
        assert last == sorted(last, reverse=name == "Newest")
    page.get_by_role("button", name="Compact").click()
    assert page.locator("ol.hits .passage").first.is_hidden()
    page.reload()
    reader.settle()
    assert page.locator("ol.hits .passage").first.is_hidden()
    assert page.get_by_role("button", name="Newest").get_attribute("aria-pressed") == "true"


def test_article_tools(reader: Reader) -> None:
    """From one passage that answers to the next, a citation, a quotation that is checked, copies and the thread below."""
    page = reader.open(q="Whales biologists returned sea", article="whales")
    page.wait_for_selector(".related, .reader")
    count = page.locator(".tools [role=status]")
    if count.count():
        total = int(count.inner_text().split(" of ")[1])
        page.get_by_role("button", name="Next passage").click()
        assert count.inner_text() == f"2 of {total}"
        assert page.locator(".text .now").count() > 0
    page.get_by_role("button", name="Cite").click()
    cited = playwright.expect(page.locator("dialog textarea"))
    cited.to_have_value(re.compile("Whales return to the bay"))
    page.get_by_label("BibTeX").check()
    cited.to_have_value(re.compile("^@article{"))
    assert reader.faults() == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Check quote").click()
    for said, verdict in [
        (REPAIRS, "Verbatim"),
        (REPAIRS.replace("eleven", "seven"), "Not word for word"),
        ("purple elephants dance on the moon tonight", "nothing like it"),
    ]:
        page.fill("dialog textarea", said)
        page.press("dialog textarea", "Enter") if verdict == "Verbatim" else page.click("dialog button.ask")
        page.wait_for_selector(f".verdict .is:has-text('{verdict}')")
        if verdict == "Not word for word":  # what was quoted is struck out, and what the archive has stands behind it
            assert [page.locator(f"dialog {tag}").all_inner_texts() for tag in ("del", "ins")] == [["seven "], ["eleven "]]
            assert "1 difference" in page.locator("dialog .about").inner_text()
    assert reader.faults() == []
    page.keyboard.press("Escape")
    reader.open(article="bridge0")
    page.wait_for_selector(".related")
    assert page.locator(".related .copies li").count() == 2
    courier = page.locator(".related .copies > ul > li", has_text="Harbour Courier")
    courier.get_by_role("button", name="What differs").click()
    courier.locator(".differences").wait_for()
    assert courier.locator(".differences h3").all_inner_texts() == ["Only in the other"]
    assert courier.locator(".differences li").all_inner_texts() == ["By our reporter."]
    assert reader.faults() == []
    reader.open(article="bridge1")
    page.wait_for_selector(".related")
    assert ", 0 % the same" not in page.inner_text(".related")
    page.emulate_media(media="print")
    assert page.locator(".tools").is_hidden()
    assert page.locator("header").is_hidden()
    assert page.locator(".reader .text").is_visible()


@pytest.mark.parametrize("width", [320, 390])
def test_article_tools_on_a_phone(browser: Any, server: Server, width: int) -> None:
    """They take one row below the way back, which stays in view with the jumps."""
    someone = Reader(browser, server, viewport={"width": width, "height": 640})
    page = someone.open(q="Whales biologists returned sea", article="whales")
    assert len(set(page.locator(".acts > *").evaluate_all("all => all.map((each) => each.getBoundingClientRect().top)"))) == 1
    assert someone.overflow() == 0
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    playwright.expect(page.get_by_role("link", name="Back to results")).to_be_in_viewport()
    playwright.expect(page.locator(".here")).to_be_in_viewport()
    playwright.expect(page.get_by_role("button", name="Cite")).not_to_be_in_viewport()
    assert someone.faults() == []
    someone.close()


def export(page: Any, form: str) -> str:
    """What the open tray downloads in this form."""
    page.select_option("dialog select", form)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    return Path(download.value.path()).read_bytes().decode()


def test_tray(reader: Reader) -> None:
    """Passages are kept in the browser with notes, in an order, and are taken out in three forms; what else may stand there does
    nothing.
    """
    page = reader.open(q="volcano Katla erupted")
    page.get_by_role("button", name="Keep: Volcano").click()
    reader.open(q="lighthouse at Cape Wick sold")
    page.locator("button.keep").first.click()
    assert page.inner_text("#tray-count") == "2"
    page.click("#tray-button")
    assert "in this browser only" in page.inner_text("dialog")
    titles = page.locator("dialog h3").all_inner_texts()
    assert titles[0] == f"Volcano {EVIL}"
    page.locator("dialog textarea").first.fill("=look *here*")
    page.get_by_role("button", name="Move down").first.click()
    assert page.locator("dialog h3").all_inner_texts() == titles[::-1]
    assert reader.faults() == []
    links = page.locator("dialog h3 a").evaluate_all("all => all.map((link) => link.href)")
    taken = {form: export(page, form) for form in ("Markdown", "CSV", "Prompt with citations")}
    assert all("&at=" in link and link in text for text in taken.values() for link in links)
    assert "=look \\*here\\*" in taken["Markdown"]
    assert "<script>" not in taken["Markdown"].replace("\\<", "")
    rows = list(csv.DictReader(taken["CSV"].splitlines(keepends=True)))
    assert [row["title"] for row in rows] == titles[::-1]
    assert [row["link"] for row in rows] == links
    for row, form in product(rows, ("Markdown", "Prompt with citations")):
        text = taken[form].replace("\\", "")
        assert (row["url"] and row["url"] in text) or row["id"] in text, (row, text)
    assert rows[1]["note"] == "'=look *here*"
    assert "[1] " in taken["Prompt with citations"]
    assert "[2] " in taken["Prompt with citations"]
    sold = reader.open(q="lighthouse at Cape Wick sold to a film star").locator("ol.hits > li", has_text="sold to a film star")
    sold.get_by_role("button", name="Keep: ").click()
    page.click("#tray-button")
    marked = page.locator("dialog .kept > li", has_text="sold to a film star")
    assert marked.locator(".warning").all_inner_texts() == ["Withdrawn: The sale never took place.", "Corrected: read unsold"]
    assert reader.faults() == []
    for form, said in (
        ("Markdown", "**Withdrawn**: The sale never took place.\n\n**Corrected**: read unsold"),
        ("CSV", '"The sale never took place.","unsold","","http'),
        ("Prompt with citations", "; WITHDRAWN: The sale never took place.; CORRECTED: read unsold\n"),
    ):
        assert said in export(page, form)
    # What was kept before it was withdrawn is marked as soon as the article is seen again
    page.evaluate("localStorage.setItem('newsdex-tray', localStorage.getItem('newsdex-tray').replaceAll('The sale never took place.', ''))")
    reader.open(q="lighthouse at Cape Wick sold to a film star")
    page.click("#tray-button")
    assert marked.locator(".warning").all_inner_texts()[0] == "Withdrawn: The sale never took place."
    marked.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Remove").first.click()
    assert page.locator("dialog h3").all_inner_texts() == titles[:1]
    for hostile in (
        "{",
        "null",
        "[null, 5, {}]",
        '{"length": 9}',
        json.dumps([{"id": EVIL, "title": EVIL, "text": 5, "start": "x", "published": EVIL, "url": "javascript:alert(1)"}]),
    ):
        page.evaluate("(text) => localStorage.setItem('newsdex-tray', text)", hostile)
        reader.open(q=STORMS)
        page.click("#tray-button")
        assert page.locator("dialog .kept > li").count() == (1 if "img" in hostile else 0)
        assert page.locator("dialog img, dialog a[href^=javascript]").count() == 0
    assert page.evaluate("window.hacked") is None
    assert not any("newsdex-tray" in url for url in reader.asked)


def test_the_answer_is_there_before_the_script(browser: Any, server: Server) -> None:
    """It comes with the page, all scripts are asked for before one of them has come, and the script shows the answer as it is: the server
    is not asked for it again until something else is wanted.
    """
    someone = Reader(browser, server)
    held: list[Any] = []
    someone.page.route("**/static/*.js", lambda route: held.append(route))  # noqa: PLW0108 - playwright marks what it is given
    someone.page.goto(f"{server.url}/?q={quote(STORMS)}", wait_until="commit")
    someone.page.wait_for_selector("ol.hits > li >> nth=9")
    before = someone.page.locator("ol.hits h2").all_inner_texts()
    names = {path.name for path in (files("newsdex.search") / "page").iterdir() if path.name.endswith(".js")}  # type: ignore[attr-defined]
    assert {urlsplit(route.request.url).path for route in held} == {f"/static/{name}" for name in names}
    for route in held:
        route.continue_()
    someone.page.unroute("**/static/*.js")
    someone.page.wait_for_selector("#facets fieldset")
    someone.settle()
    assert someone.titles == before
    assert not any("/search" in url for url in someone.asked)
    someone.ask("volcano")
    assert sum("/search" in url for url in someone.asked) == 1
    # What came with the page is no answer to what is asked before the counts of its own are there.
    counting: list[Any] = []
    someone.page.route("**/facets?*", lambda route: counting.append(route))  # noqa: PLW0108 - as above
    someone.page.goto(f"{server.url}/?q={quote(STORMS)}")
    playwright.expect(someone.page.locator("button.keep")).not_to_have_count(0)
    someone.page.fill("#q", "Blue whales returned to the bay")
    someone.page.press("#q", "Enter")
    playwright.expect(someone.page.locator("ol.hits h2").first).to_contain_text("Whales")
    someone.close()


def test_without_javascript(browser: Any, server: Server) -> None:
    """A plain search, its filters, its pages and its articles, in the same clothes."""
    someone = Reader(browser, server, java_script_enabled=False)
    page = someone.page
    page.goto(f"{server.url}/")
    assert "Without JavaScript this is a plain search" in page.inner_text("body")
    assert page.locator("ol.hits > li h2").first.inner_text() == "Lindholm bridge reopens"
    page.fill("#q", STORMS)
    page.fill("[name=source]", "Wire")
    page.press("#q", "Enter")
    page.wait_for_selector("ol.hits li")
    assert set(page.locator("ol.hits .about span:first-child").all_inner_texts()) == {"Wire"}
    assert page.input_value("[name=source]") == "Wire"
    page.goto(f"{server.url}/?q={quote('volcano Katla erupted')}")
    assert page.locator("ol.hits h2").first.inner_text() == f"Volcano {EVIL}"
    assert page.locator("main img, main script:not([type='application/json'])").count() == 0
    assert "erupted" in page.locator("blockquote.passage mark").first.inner_text()
    assert page.locator("ol.hits .about").first.inner_text().endswith("likely")
    page.locator("ol.hits h2 a").first.click()
    page.wait_for_selector("article.reader")
    assert page.inner_text(".reader .text").count(EVIL) == 3
    page.goto(f"{server.url}/?q={quote('lighthouse at Cape Wick sold')}")
    marks = page.locator("ol.hits > li", has_text="sold to a film star").locator(".warning")
    assert marks.all_inner_texts() == ["Withdrawn: The sale never took place.", "Corrected: read the corrected version."]
    marks.locator("a").click()
    page.wait_for_selector("article.reader")
    assert page.inner_text(".reader h2.title") == "Lighthouse at Cape Wick is not for sale"
    someone.close()


PIER = "The pier of Averly will be rebuilt in oak by a yard from the north. Its 212 piles are to be driven before winter comes."
OTHERS = "\n\n".join(f"In {place} the day was quiet, and nobody said anything about it 🌊." * 9 for place in ("Ost", "Nord", "Sund"))


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize(
    ("before", "told"),
    [("", True), ("🌊 Corrected on Monday: a name. ", True), ("Cut. ", False)],
)
def test_a_link_to_a_passage_outlives_a_change(browser: Any, tmp_path: Path, before: str, told: bool, script: bool) -> None:
    """It marks the same words where they are now, and says so if they are gone; the tray's link too. One without a fingerprint marks the
    place.
    """
    article = {"_id": "pier", "title": "Pier", "text": f"Pier\n\n{OTHERS}\n\n{PIER}\n\n{OTHERS}", "author": "Ida Roe"}
    question = "How many piles has the pier of Averly?"
    folder = index_of([article], tmp_path, Options())
    in_text = "(all) => all.map((each) => each.textContent).join('')"
    with running(folder) as started:
        someone = Reader(browser, started, java_script_enabled=script)
        page = someone.page
        page.goto(f"{started.url}/?q={quote(question)}")
        if script:
            page.locator("ol.hits button.keep").first.click()
        page.locator("ol.hits h2 a").first.click()
        page.wait_for_selector(".reader")
        assert "Ida Roe" in page.inner_text(".reader .about")
        assert page.locator(".reader .text p").first.inner_text().startswith("In Ost")
        link = page.url
        passage, answer = (page.locator(f".reader {each}").evaluate_all(in_text) for each in (".passage", ".passage mark"))
        assert "212 piles" in answer
        assert passage in without_gaps(article["text"])
        text = f"{before}{article['text']}" if told else article["text"].replace("212", "240")
        index_of([{**article, "text": text}], tmp_path, Options())
        until(lambda: started.get("/articles/pier").json["text"] == text)
        page.goto(link)
        page.wait_for_selector(".reader")
        assert page.locator(".reader .remark").count() == (not told)
        marked = [page.locator(f".reader {each}").evaluate_all(in_text) for each in (".passage", ".passage mark")]
        assert marked == ([passage, answer] if told else ["", ""])
        page.goto(re.sub(r"(at=\d+-\d+)-\w+", r"\1", link))
        page.wait_for_selector(".reader .passage")
        if script:
            page.click("#tray-button")
            page.click("dialog .kept h3 a")
            page.wait_for_selector(".reader")
            someone.settle()
            assert page.locator(".reader .passage").evaluate_all(in_text) == (passage if told else "")
        someone.close()


def test_fingerprints_are_those_of_the_server(reader: Reader) -> None:
    """Both sides find the same text by the same fingerprint, nearest to where it was."""
    chance = random.Random(7)
    cases: list[tuple[str, int, int, str]] = []
    passages: list[str] = []
    for _ in range(200):
        text = "".join(chance.choices("ab é東🌋𠮷\n", k=chance.randint(2, 40)))
        start, end = sorted(chance.sample(range(len(text) + 1), 2))
        known, before = fingerprint_of(text[start:end]), max(0, start + chance.randint(-3, 3))
        fingerprint = chance.choice([known, known, "", "00000001"])
        cases.append((text, before, before + end - start, fingerprint))
        passages.append(text[start:end] if fingerprint == known else "")
    page = reader.open()
    script = (
        "async (cases) => { const { foundIn } = await import('/static/text.js'); return cases.map(([text, start, end, fingerprint]) => "
    )
    got = page.evaluate(script + "foundIn(text, { start, end, fingerprint })); }", cases)
    for case, found, passage in zip(cases, got, passages, strict=True):
        there = found_in(*case)
        assert not passage or (there and case[0][there.start : there.end] == passage), case
        assert found == (there and {"start": there.start, "end": there.end}), case


def test_a_verdict_goes_when_the_quotation_is_changed(reader: Reader) -> None:
    """It is never beside other words, and Back closes what is open."""
    page = reader.open(q="harbour bridge Lindholm")
    page.locator("ol.hits h2 a").first.click()
    page.wait_for_selector(".reader")
    page.get_by_role("button", name="Check quote").click()
    for change in ("never", ""):
        page.fill("dialog textarea", REPAIRS)
        page.click("dialog button.ask")
        page.wait_for_selector(".verdict .is")
        page.fill("dialog textarea", change)
        assert page.inner_text(".verdict") == ""
    page.go_back()
    page.wait_for_selector("ol.hits")
    assert page.locator("dialog").count() == 0
    reader.settle()
    # The focus is where it was left, also with the tray open.
    page.go_forward()
    page.wait_for_selector(".reader")
    page.click("#tray-button")
    page.go_back()
    page.wait_for_selector("ol.hits")
    reader.settle()
    assert page.locator("dialog").count() == 0
    assert page.evaluate("document.activeElement.closest('ol.hits > li') !== null")


def test_the_statements_of_a_draft(reader: Reader) -> None:
    """Each has the server's verdict, the differences in words, and its evidence, which opens at the passage; the report stays meanwhile,
    until the draft is changed.
    """
    found = reader.server.post("/check", {"answer": DRAFT}).json
    words = {
        "supported": "Supported",
        "partly": "Partly supported",
        "contradicted": "Contradicted",
        "not in the archive": "Not in the archive",
        "no claim": "Nothing to check",
    }
    page = reader.open()
    page.click("#check-button")
    page.fill("dialog textarea", DRAFT)
    page.press("dialog textarea", "Control+Enter")
    page.wait_for_selector(".checked")
    heads = page.locator(".checked h3").all_text_contents()
    labels = [words[each["verdict"]] for each in found["sentences"]]
    replaced = [at for at, each in enumerate(found["sentences"]) if "260 bearings" in each["text"]]
    for at in replaced:  # of 240
        labels[at] = "Different number"
    assert (len(replaced), "Partly supported" in labels) == (1, True)
    assert heads == [f"{label} {each['text']}" for label, each in zip(labels, found["sentences"], strict=True)]
    assert {"supported", "partly", "not in the archive", "no claim"} <= {each["verdict"] for each in found["sentences"]}
    told = page.inner_text(".verdict [role=status]")
    verdicts = Counter(each["verdict"] for each in found["sentences"])
    assert f"supports {verdicts['supported']} of {len(heads) - verdicts['no claim']} statements" in told
    for label in ("Partly supported", "Not in the archive"):
        assert f"{labels.count(label)} {label.lower()}" in told
    assert "1 with a different number" in told
    number = page.locator(".checked > li", has_text="260 bearings")
    assert "Number: “260” in your text, “240” in the article." in number.inner_text()
    assert [number.locator(f"{part} b").inner_text() for part in ("h3", "blockquote")] == ["260", "240"]
    sale = page.locator(".checked > li", has_text="film star for two million pounds")
    assert "Withdrawn: The sale never took place." in sale.inner_text()
    assert page.evaluate("window.hacked") is None
    assert page.locator("dialog :is(img, script)").count() == 0
    page.get_by_label("Hide what is supported").check()
    shown = sum(verdict not in ("supported", "no claim") for verdict in verdicts.elements())
    assert page.locator(".checked > li:visible").count() == shown
    evidence = next(each["evidence"][0]["text"] for each in found["sentences"] if "260" in each["text"])
    number.locator(".evidence a").first.click()
    playwright.expect(page.locator(".text .passage")).to_have_text(evidence)
    page.get_by_role("button", name="Back to the checked text").click()
    assert page.locator(".checked h3").all_text_contents() == heads
    assert page.evaluate("document.activeElement.closest('li').innerText").count("260 bearings") == 1
    page.emulate_media(media="print")
    assert [page.locator(each).is_visible() for each in (".reader", "dialog textarea", ".checked")] == [False, False, True]
    page.emulate_media(media="screen")
    page.get_by_role("radio", name="Quotation").check()
    assert page.inner_text(".verdict") == ""
    page.get_by_role("radio", name="Statements").check()
    page.locator("dialog textarea").press("Enter")  # a line more
    assert page.inner_text(".verdict") == ""
    page.fill("dialog textarea", "Is that much?")
    page.click("dialog button.ask")
    playwright.expect(page.locator(".verdict [role=status]")).to_have_text("No sentence states something that can be checked.")


def test_a_draft_outlasts_a_reload(reader: Reader) -> None:
    """It is kept for the tab alone, and leads nowhere back, as no article was opened from its report."""
    page = reader.open(q="ferry strike")
    page.click("#check-button")
    page.fill("dialog textarea", DRAFT)
    page.reload()
    page.click("#check-button")
    assert page.input_value("dialog textarea") == DRAFT
    assert page.evaluate("JSON.stringify(localStorage)").count("bearings") == 0
    page.keyboard.press("Escape")
    page.locator("ol.hits h2 a").first.click()
    page.wait_for_selector(".reader")
    assert page.get_by_role("button", name="Back to the checked text").count() == 0


def test_a_check_that_is_stopped_or_refused(reader: Reader) -> None:
    """A slow one can be stopped, and is when the text is changed; what the server does not take is told, and what can be tried again is."""
    page = reader.open()
    page.click("#check-button")
    field, status = page.locator("dialog textarea"), page.locator(".verdict [role=status]")
    page.route("**/check", lambda _route: None)
    for end in (lambda: page.get_by_role("button", name="Stop").click(), lambda: field.fill("Another text.")):
        field.fill(DRAFT)
        page.click("dialog button.ask")
        assert status.inner_text() == "Checking ..."
        end()
        assert status.inner_text() == ""
        assert page.get_by_role("button", name="Stop").is_hidden()
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    page.unroute("**/check")
    for text, told in (("x" * 20_001, "Text: expected at most 20000 characters"), ("The council met in Oslo. " * 101, "Check it in parts")):
        field.fill(text)
        page.click("dialog button.ask")
        page.wait_for_selector("dialog .problem")
        assert "This text can't be checked." in page.inner_text("dialog .problem")
        assert told in page.inner_text("dialog .problem")
        assert page.get_by_role("button", name="Try again").count() == 0
    page.route("**/check", lambda route: route.abort(), times=1)
    field.fill(DRAFT)
    page.click("dialog button.ask")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(".checked")
    page.wait_for_timeout(50)
    reader.complaints.clear()  # of what was refused


def test_back_from_an_article_that_is_gone_searches_again(reader: Reader) -> None:
    """The results may still have it."""
    page = reader.open(q="volcano Katla erupted")
    page.route("**/articles/*", lambda route: route.fulfill(status=404, json={"detail": "There is no such article."}))
    page.locator("ol.hits h2 a").first.click()
    page.wait_for_selector(".problem")
    page.unroute("**/articles/*")
    reader.asked.clear()
    page.go_back()
    page.wait_for_selector("ol.hits")
    reader.settle()
    assert sum("/search?" in url for url in reader.asked) == 1
    reader.complaints.clear()  # there was no such article


def test_a_narrow_screen(browser: Any, server: Server) -> None:
    """At 320 px the filters open by a button, and nothing is wider than the screen."""
    someone = Reader(browser, server, viewport={"width": 320, "height": 640})
    page = someone.open(q=STORMS)
    assert page.locator("#facets").is_hidden()
    page.get_by_role("button", name="Filters", exact=True).click()
    assert page.locator("#facets").is_visible()
    assert someone.overflow() <= 0
    choose(someone, "Wire")
    page.get_by_role("button", name="Show the articles").click()
    assert page.locator("#facets").is_hidden()
    assert page.get_by_role("button", name="Filters (1)").is_visible()
    page.goto(f"{server.url}/docs")
    assert someone.overflow() <= 0
    someone.close()


def test_an_answer_is_written_above_the_results(browser: Any, folder: Path) -> None:
    """By the server's language model, with links to what it cites, and a mark on what that does not say; what it says is text. A server
    without a model offers none.
    """
    pytest.importorskip("openai")
    with speaking() as endpoint:
        endpoint.script = lambda _endpoint, _prompt: iter(
            [f"The lighthouse is not for sale [1]. It cost 77 million crowns [1]. {EVIL} [9]"]
        )
        with running(folder, "--workers", "1", "--llm", f"http://127.0.0.1:{endpoint.server_port}/v1", "--llm-model", "tiny") as server:
            reader = Reader(browser, server)
            page = reader.open(q="Is the lighthouse at Cape Wick for sale?", lang="en")
            page.get_by_role("button", name="Write an answer").click()
            written = page.get_by_role("region", name="Written answer")
            written.get_by_text("Written by a language model").wait_for()
            assert "The lighthouse is not for sale [1]" in written.inner_text()
            assert "the passages do not say it" in written.locator(".doubtful", has_text="77 million").text_content()
            assert "<img src=x onerror=" in written.inner_text()
            assert reader.faults() == []
            written.get_by_role("link", name="[1]").first.click()
            reader.settle()
            assert "Cape Wick" in page.locator("h2.title").inner_text()
            assert page.evaluate("window.hacked") is None
            endpoint.script = lambda _endpoint, _prompt: iter(["The bridge"])
            endpoint.ends = "length"
            page.go_back()
            reader.settle()
            page.get_by_role("button", name="Write an answer").click()
            written.get_by_text("The answer is not complete").wait_for()
            reader.close()
    with running(folder, "--workers", "1") as server:
        page = Reader(browser, server).open(q="lighthouse")
        assert page.get_by_role("button", name="Write an answer").count() == 0


def test_follow_is_offered_to_keys_that_may(browser: Any, folder: Path, tmp_path: Path) -> None:
    """A key for some of the articles searches them and is offered nothing that it may not."""
    (tmp_path / "keys.toml").write_text("[part]\nkey = 'part'\nsource = ['Wire', 'The Bay']\n", encoding="utf-8")
    with running(folder, "--workers", "1", "--keys", str(tmp_path / "keys.toml"), NEWSDEX_API_KEY="whole") as server:
        for key, offered in (("whole", 1), ("part", 0)):
            reader = Reader(browser, server)
            page = reader.open(q=STORMS)
            page.fill("#key", key)
            page.press("#key", "Enter")
            page.wait_for_selector("ol.hits")
            reader.settle()
            assert page.get_by_role("button", name="Newest").count() == 1
            assert page.get_by_role("button", name="Follow").count() == offered
            reader.close("Failed to load resource")


def test_a_question_is_followed_and_stopped(browser: Any, folder: Path, tmp_path: Path) -> None:
    """Follow above the results puts it on the first screen, and Stop takes it away; axe finds nothing there."""
    shutil.copytree(folder, tmp_path / "index")
    with running(tmp_path / "index") as server:
        reader = Reader(browser, server)
        page = reader.open(q=STORMS)
        page.get_by_role("button", name="Follow").click()
        page.get_by_text(re.compile(r"\d+ matching articles?\. You follow this question")).wait_for()
        page = reader.open()
        section = page.get_by_role("region", name="What you follow")
        assert section.get_by_role("link", name=STORMS).count() == 1
        assert "Nothing new yet." in section.inner_text()
        follow(tmp_path / "index", "Which volcano erupted?", name="mailed", command="true")
        reader.open()
        mailed = section.get_by_role("listitem").filter(has_text="Which volcano erupted?")
        assert "New articles are given to a command, and not listed here." in mailed.inner_text()
        assert "Nothing new yet." not in mailed.inner_text()
        assert reader.faults() == []
        mailed.get_by_role("button", name="Stop").click()
        mailed.wait_for(state="detached")
        section.get_by_role("button", name="Stop").click()
        section.wait_for(state="detached")
        reader.open()
        assert page.get_by_role("region", name="What you follow").count() == 0
        page = reader.open(q=STORMS, source="Wir")
        page.get_by_role("button", name="Follow").click()
        page.get_by_text(re.compile("You follow this question.*No article has source 'Wir'")).wait_for()
        assert len(server.get("/following").json["following"]) == 1
        assert reader.complaints == []
        reader.context.close()


def test_a_question_whose_name_is_taken_is_followed_by_another(browser: Any, folder: Path, tmp_path: Path) -> None:
    """As where the command follows one of the same first words; what is followed here already is not followed twice."""
    shutil.copytree(folder, tmp_path / "index")
    follow(tmp_path / "index", "Which volcano erupted?", name="storms", command="true")
    follow(tmp_path / "index", "Which volcano erupted?", name="storms-2", command="true")
    with running(tmp_path / "index") as server:
        reader = Reader(browser, server)
        page = reader.open(q="storms")
        page.get_by_role("button", name="Follow").click()
        page.get_by_text("You follow this question: new articles are listed on the first page.").wait_for()
        followed = server.get("/following").json["following"]
        assert {each["name"]: each["question"] for each in followed}["storms-3"] == "storms"
        assert len(followed) == 3
        page = reader.open(q="storms")
        page.get_by_role("button", name="Follow").click()
        page.get_by_text("You follow this question already: see the first page.").wait_for()
        assert len(server.get("/following").json["following"]) == 3
        reader.context.close()
