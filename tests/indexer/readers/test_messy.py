"""Real files as they come: nothing is a traceback, and titles, dates and texts are those that others found in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timezone
from functools import cache
from pathlib import Path

import pytest
from paths import SHARED

from newsdex.errors import SourceError
from newsdex.indexer.readers import FORMATS, format_of
from newsdex.indexer.source import Source
from newsdex.records import Article

MESSY = SHARED / "data" / "messy"
PAGES = MESSY / "readability" / "test" / "test-pages"
pytestmark = pytest.mark.skipif(not MESSY.is_dir(), reason=f"the collection of messy files is not in {MESSY}")


@cache
def _read(path: Path) -> list[Article | SourceError]:
    """All that a file gives, an error that ends it included; there are many tests of them."""
    known = format_of(path)
    assert known
    items: list[Article | SourceError] = []
    try:
        items.extend(known.articles(Source(path, path.name)))
    except SourceError as error:
        items.append(error)
    return items


def _page(path: Path) -> Article:
    """The article of a page."""
    [article] = (item for item in _read(path) if isinstance(item, Article))
    return article


def _articles(path: Path) -> list[Article]:
    return [item for item in _read(path) if isinstance(item, Article)]


def _files(folder: str) -> list[Path]:
    return sorted(path for path in (MESSY / folder).rglob("*") if path.is_file() and format_of(path))


@pytest.mark.parametrize("folder", ["feedparser", "pdf_samples", "readability", "warcio"])
def test_every_file_gives_articles_or_a_reason(folder: str) -> None:
    """No file of thousands raises anything but a SourceError, and each article can be stored and has its pages in order."""
    files = _files(folder)
    assert files
    for path in files:
        items = _read(path)
        assert items or folder == "warcio", path  # a crawl may hold no page at all
        for item in items:
            if isinstance(item, SourceError):
                assert item.reason.isprintable(), path
                continue
            fields = [item.id, item.text, item.title, item.source, item.url, item.language, *item.metadata, *item.metadata.values()]
            assert [field.encode().decode() for field in fields] == fields, path
            assert (item.body.start, item.body.end) == (0, len(item.text)) or path.suffix == ".md"
            assert list(item.pages) == sorted(item.pages), path
            if item.published:
                assert item.published.origin, path
                assert item.published.earliest <= item.published.latest, path


def _truth() -> Iterator[tuple[Path, dict[str, str | None]]]:
    for folder in sorted(PAGES.iterdir()):
        yield folder / "source.html", json.loads((folder / "expected-metadata.json").read_text(encoding="utf-8"))


def test_dates_of_pages_are_those_that_are_known() -> None:
    """Where the collection knows when a page was published, so does newsdex, to the day, and to the second where the page says that."""
    known = {path: told["publishedTime"] for path, told in _truth() if told.get("publishedTime")}
    wrong = {}
    for path, truth in known.items():
        article = _page(path)
        found = article.published.iso if article.published else None
        if not found or not truth or _moment(found) != _moment(truth):
            wrong[path.parent.name] = (truth, found)
    assert len(known) > 30
    assert wrong == {}


def _moment(text: str) -> datetime:
    text = re.sub(r"[.]\d+", "", text.strip()).replace("Z", "+00:00")
    moment = datetime.fromisoformat(re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text))
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)


def test_titles_of_pages_are_those_that_are_known() -> None:
    """Nine of ten titles are the collection's, or are it without the name of the site."""
    known = [(path, told["title"]) for path, told in _truth() if told.get("title")]
    right = 0
    for path, truth in known:
        title = " ".join(_page(path).title.split())
        right += bool(title) and title in " ".join((truth or "").split())
    assert right / len(known) >= 0.95


def test_languages_of_pages_are_those_that_are_known() -> None:
    """What the page says of its language is what the collection has, as far as it has it."""
    known = [(path, told["lang"]) for path, told in _truth() if told.get("lang")]
    assert [path.parent.name for path, lang in known if _page(path).language != (lang or "")[:2].lower()] == []


_EXPECTED = re.compile(r"entries\[0\]\['(published|updated|created)_parsed'\]\s*==\s*\((\d+), (\d+), (\d+), (\d+), (\d+), (\d+)")


def test_dates_of_feeds_are_those_that_are_known() -> None:
    """Of the feeds whose date is known, newsdex reads the same moment, or the same day where no more is written; never another."""
    wrong, right = {}, 0
    for path in _files("feedparser"):
        expected = _EXPECTED.search(path.read_bytes().decode("latin-1"))
        if not expected:
            continue
        truth = datetime(*(int(part) for part in expected.groups()[1:]), tzinfo=timezone.utc)  # type: ignore[misc, arg-type]
        [article, *_] = _articles(path)
        published = article.published
        if (published and published.precision == "time" and _moment(published.iso) == truth) or (
            published and published.precision != "time" and published.earliest <= truth.date() <= published.latest
        ):
            right += 1
        else:
            wrong[path.name] = (published.iso if published else None, truth.isoformat())
    assert right > 10
    assert wrong == {}


# Without the collection one that is skipped
PDFS = json.loads((MESSY / "pdf_samples" / "files.json").read_text(encoding="utf-8"))["data"] if MESSY.is_dir() else [{"path": "none"}]


@pytest.mark.parametrize("told", [pytest.param(told, id=told["path"].split("/")[0]) for told in PDFS])
def test_pdfs_have_their_pages_and_dates(told: dict[str, object]) -> None:
    """A PDF that can be read has as many pages as it should, and its time of creation where it bears no other date."""
    path = MESSY / "pdf_samples" / str(told["path"])
    if not path.exists():
        pytest.skip("left out of the collection")
    items = _read(path)
    if told["encrypted"]:
        assert [item.reason for item in items if isinstance(item, SourceError)] == ["encrypted: it needs a password"]
        return
    for article in (item for item in items if isinstance(item, Article)):
        assert len(article.pages) == told["pages"]
        if article.published and article.published.origin == "document properties":
            assert article.published.iso[:19] == str(told["creation_date"])[:19]  # the collection's time zones are not always the file's


def test_columns_of_a_page_are_read_one_after_the_other() -> None:
    """In a page of two columns the second begins after the end of the first."""
    [article] = _articles(MESSY / "pdf_samples" / "026-latex-multicolumn" / "multicolumn.pdf")
    [single] = FORMATS[".pdf"].articles(Source(MESSY / "pdf_samples" / "004-pdflatex-4-pages" / "pdflatex-4-pages.pdf", "a"))

    assert article.title == "Two-Column Document with Lorem Ipsum"
    assert isinstance(single, Article)
    assert len(single.pages) == 4
    assert "elit. Ut purus elit, vestibulum ut, placerat ac, adipiscing vitae, felis. Curabitur dictum gravida" in " ".join(
        article.text.split()
    )
