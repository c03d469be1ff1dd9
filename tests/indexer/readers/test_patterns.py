"""What somebody else wrote costs in proportion to its length: ten times as much of it takes no hundred times as long."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from cpu_time import cheapest
from lxml import html

from newsdex.indexer.chunker import Chunker
from newsdex.indexer.readers import FORMATS, exports, rtf, subtitles
from newsdex.indexer.readers.byline import dateline, seen_dates
from newsdex.indexer.readers.dates import date_in_url, dates_in, parse_published
from newsdex.indexer.readers.decoding import decode, decode_records
from newsdex.indexer.readers.document import without_running_lines
from newsdex.indexer.readers.error_pages import LIKE_A_PAGE
from newsdex.indexer.readers.feed import as_shown
from newsdex.indexer.readers.json_ld import article_node
from newsdex.indexer.readers.markup import parse_page, text_of, text_of_field, text_of_html
from newsdex.indexer.readers.page_metadata import page_metadata
from newsdex.indexer.readers.plain import find_title
from newsdex.indexer.report import Problem, problem_lines
from newsdex.indexer.source import Source
from newsdex.records import Article, Span
from newsdex.sentences import split_sentences
from newsdex.settings import Chunking

# Times as long for ten times as much: in proportion it is ten, in proportion to the square a hundred.
MOST = 45
REPEATED = [
    " ",
    "\n",
    "\t \n",
    "a",
    "a ",
    "ab 12 ",
    "1 ",
    "12 a",
    "2024-",
    "2024-04-26T12:30 ",
    "26 April ",
    "April 26 ",
    "1.",
    "1/",
    "<",
    "<b ",
    "<meta ",
    "<p>",
    "a</p> ",
    "<a x=",
    "<div ",
    "&",
    "&amp;",
    "-",
    " - ",
    "|",
    " | ",
    "'",
    '"',
    "\\\\",
    "[",
    "{",
    '{"a":',
    "[{",
    "--> ",
    "// ",
    "\x0c",
    "\x0b",
    "# ",
    "#",
    ">",
    "From ",
    "\nFrom ",
    "\u2028",
    "中",
    "e\u0301",
    "/2024/04/",
    "charset ",
    "x: ",
    ".",
    ". ",
    "<pre>\n",
    "`",
    "*",
    "*a ",
    "- a\n",
    "[a ",
    "[a b=",
    "A. ",
]


def article(text: str) -> Article:
    return Article("a", text, Path("/a"), "", body=Span(0, len(text)))


def cut(text: str) -> object:
    return Chunker(Chunking(64), lambda texts: [len(text) // 4 + 1 for text in texts], 256).cut(article(text))


def page_of(text: str) -> object:
    tree, _ = parse_page(
        f"<html><head><title>{text}</title></head><body><h1>{text}</h1><p class='{text}'>{text}</p><pre>{text}</pre></body></html>"
    )
    return (
        None if tree is None else (page_metadata(tree, "http://e.example/" + text, {}), text_of(tree), list(seen_dates(tree, text, "en")))
    )


def data_of(text: str) -> object:
    script = html.Element("script", type="application/ld+json")
    script.text = "".join(c for c in text if c.isprintable() or c in "\n\t")
    return article_node([script], "", "")


def in_file(read: Callable[[Source], Iterable[object]], text: str) -> object:
    return list(read(Source(Path("/a"), "a", opener=lambda: io.BytesIO(text.encode()))))


NEXIS = "Document 1 of 1\n\nThe Elm Post\n\n1 May 2024\n\nTalks go on\n\nLENGTH: 3 words\n\n"
END = "\nDocument ELMPOS0020240501ek5100001\n"
FACTIVA = "HD Talks go on\nPD 1 May 2024\nLP\n"
READERS: dict[str, Callable[[str], object]] = {
    "dates": lambda text: [
        list(dates_in(text, "en", "")),
        parse_published(text, ""),
        date_in_url("http://e.example/" + text),
        dateline(text, "en"),
    ],
    "text": lambda text: [find_title(text), split_sentences(text, Span(0, len(text))), without_running_lines([text] * 3)],
    "passages": cut,
    "page": page_of,
    "html": text_of_html,
    "field": lambda text: [text_of_field(text), text_of_field("<p>" + text)],
    "shortcodes": lambda text: [as_shown(text), as_shown("[caption " + text)],
    "preformatted": lambda text: text_of_html(f"<pre>{text}</pre>"),
    "page of a crawl": lambda text: LIKE_A_PAGE.match(text.encode()),
    "JSON-LD": data_of,
    "encoding": lambda text: [decode(text.encode()), decode_records(text.encode())],
    "export": lambda text: [exports.articles(Source(Path("/a"), "a"), begin + text + END) for begin in ("", NEXIS, FACTIVA)],
    "rich text": lambda text: in_file(rtf.read, "{\\rtf1 {\\fonttbl{\\f0 A;}}" + text),
    "subtitles": lambda text: in_file(subtitles.read, f"WEBVTT\n\n00:01.000 --> 00:02.000\n{text}\n\n{text} --> {text}"),
    "report": lambda text: list(problem_lines([Problem(Path("/a"), text)] * 60)),
}


def grows(work: Callable[[str], object], piece: str, size: int) -> float:
    """Times as long that ten times as much takes; no more than one where even that is done at once."""

    def seconds(count: int) -> float:
        text = (piece * (count // len(piece) + 1))[:count] + "!"
        return cheapest(lambda: work(text))

    seconds(100)
    long = seconds(10 * size)
    return long / max(seconds(size), 0.004) if long > 0.1 else 1.0


@pytest.mark.parametrize("name", READERS)
def test_time_is_in_proportion_to_length(name: str) -> None:
    """For whatever is repeated without end."""
    slow = {piece: times for piece in REPEATED if (times := grows(READERS[name], piece, 3_000)) > MOST}
    slow = {
        piece: times for piece in slow if (times := grows(READERS[name], piece, 3_000)) > MOST
    }  # what else a machine does, it does not do twice
    assert slow == {}


@pytest.mark.parametrize("suffix", [".md", ".jsonl", ".json", ".csv", ".mbox"])
def test_files_are_read_in_proportion_to_their_length(suffix: str, tmp_path: Path) -> None:
    """The same of whole files, which may be broken."""

    def work(text: str) -> object:
        (tmp_path / f"a{suffix}").write_text(text, encoding="utf-8", newline="")
        try:
            return list(FORMATS[suffix].articles(Source(tmp_path / f"a{suffix}", "a")))
        except Exception as error:  # noqa: BLE001 - what is wrong with them is for other tests
            return error

    slow = {piece: times for piece in REPEATED if (times := grows(work, piece, 3_000)) > MOST}
    slow = {piece: times for piece in slow if (times := grows(work, piece, 3_000)) > MOST}
    assert slow == {}
