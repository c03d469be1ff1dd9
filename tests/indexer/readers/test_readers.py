"""Source files to articles: plain text, Markdown with front matter, JSON Lines."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from cpu_time import within
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reading import articles_of, only, read, reasons_of

from newsdex.errors import SourceError
from newsdex.indexer.readers import FORMATS, Format, format_of, markdown, plain
from newsdex.indexer.source import Reading, Source
from newsdex.records import Article, Published, Span

NAME = "2024/talks"


def _read(folder: Path, suffix: str, content: str | bytes) -> list[Article | SourceError]:
    return read(folder / f"article{suffix}", content, NAME)


def _article(folder: Path, suffix: str, content: str | bytes) -> Article:
    return only(_read(folder, suffix, content))


def _body(article: Article) -> str:
    return article.text[article.body.start : article.body.end]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("a.txt", True),
        ("a.TXT", True),
        ("a.b.Md", True),
        ("a.markdown", True),
        ("a.ndjson", True),
        ("a.pdf", True),
        ("a.warc.gz", True),
        ("a.txt.gz", False),
        ("a.doc", False),
        ("txt", False),
        (".md", False),
    ],
)
def test_format_is_chosen_by_suffix(name: str, known: bool) -> None:
    """The suffix, in capitals or not, says which reader reads a file."""
    assert (format_of(Path("/archive", name)) is not None) == known


@pytest.mark.parametrize("suffix", [".txt", ".text", ".md", ".markdown", ".jsonl", ".ndjson", ".json", ".html"])
def test_every_reader_says_where_an_article_comes_from(suffix: str, tmp_path: Path) -> None:
    """Every article names its file, and its text and body are the file's own."""
    content = '{"text": "Talks go on."}' if "js" in suffix else "Talks go on."
    article = _article(tmp_path, suffix, content)

    assert article.path == tmp_path / f"article{suffix}"
    assert article.sha256 == hashlib.sha256(content.encode()).hexdigest()
    assert (article.text, _body(article), article.published) == ("Talks go on.", "Talks go on.", None)


def test_only_files_of_records_hold_many_articles() -> None:
    """A file of records is no article itself; every other is."""
    many = {suffix for suffix in FORMATS if FORMATS[suffix].many}

    assert many == {
        ".jsonl",
        ".ndjson",
        ".json",
        ".csv",
        ".tsv",
        ".parquet",
        ".rss",
        ".atom",
        ".rdf",
        ".xml",
        ".warc",
        ".warc.gz",
        ".arc",
        ".arc.gz",
        ".mbox",
    }


def test_file_time_is_the_date_only_when_asked_for(tmp_path: Path) -> None:
    """An article without a date has none; with file_dates it has its file's, and says so; a date of its own comes first."""
    path = tmp_path / "a.md"
    path.write_text("Text.")
    os.utime(path, (1_714_132_800, 1_714_132_800))  # 2024-04-26T12:00:00Z
    [without] = FORMATS[".md"].articles(Source(path, NAME))
    [with_it] = FORMATS[".md"].articles(Source(path, NAME, Reading(file_dates=True)))
    path.write_text("---\ndate: 2020\n---\nText.")
    [own] = FORMATS[".md"].articles(Source(path, NAME, Reading(file_dates=True)))

    assert isinstance(without, Article)
    assert isinstance(with_it, Article)
    assert isinstance(own, Article)
    assert (without.published, with_it.published) == (None, Published("2024-04-26", "file time"))
    assert own.published == Published("2020", "front matter")


def test_a_format_whose_library_is_missing_names_the_line_that_installs_it(tmp_path: Path) -> None:
    """What needs an extra says which, and costs only itself."""

    def read(source: Source) -> Iterator[Article]:
        import no_such_library_anywhere

        yield no_such_library_anywhere.read(source)

    with pytest.raises(SourceError, match=r"needs no_such_library_anywhere: pip install '\.\[parquet\]'"):
        list(Format(read, extra="parquet").articles(Source(tmp_path / "a.parquet", NAME)))


def test_whatever_a_foreign_parser_raises_is_a_source_error(tmp_path: Path) -> None:
    """A parser's own errors name the file as broken; nothing of them is a traceback."""

    def read(source: Source) -> Iterator[Article]:
        raise KeyError(source.name)

    with pytest.raises(SourceError, match="broken, or not what its name says"):
        list(Format(read, foreign=True).articles(Source(tmp_path / "a.pdf", NAME)))


# Plain text


@pytest.mark.parametrize(
    ("text", "title"),
    [
        pytest.param("Talks go on\n\nThe minister said so.\n", "Talks go on", id="before a blank line"),
        pytest.param("Talks go on.\n\nThe minister said so.\n", "Talks go on.", id="with a full stop, before a blank line"),
        pytest.param("Talks go on\nThe minister said so.\n", "Talks go on", id="without a full stop, before another line"),
        pytest.param("\n\n  Talks go on  \n \t \nThe minister said so.", "Talks go on", id="white space around"),
        pytest.param("Talks go on\r\n\r\nThe minister said so.", "Talks go on", id="CRLF"),
        pytest.param("Talks go on\r\rThe minister said so.", "Talks go on", id="CR alone"),
        pytest.param("T" * 150 + "\n\nThe minister said so.", "T" * 150, id="150 characters"),
        pytest.param("U.S.\n\nThe minister said so.", "U.S.", id="abbreviation"),
        pytest.param("“Bisedimet”\n\nKryeministri tha.", "“Bisedimet”", id="quotation marks"),
        pytest.param("T" * 151 + "\n\nThe minister said so.", "", id="151 characters"),
        pytest.param("The minister said so.\nShe was right.\n", "", id="a sentence before another line"),
        pytest.param("The minister said so.\r\nShe was right.\r\n", "", id="a sentence before another line, CRLF"),
        pytest.param("The minister said so. \nShe was right.\n", "", id="a sentence and a space before another line"),
        pytest.param("The minister said,\nthat she was right.\n", "", id="half a sentence"),
        pytest.param("Only this line", "", id="one line"),
        pytest.param("Only this line\n\n \n", "", id="nothing below"),
        pytest.param("", "", id="empty"),
        pytest.param(" \r\n\n", "", id="white space"),
    ],
)
def test_plain_title_is_a_first_line_that_looks_like_one(text: str, title: str, tmp_path: Path) -> None:
    """A short first line is the title when it stands apart or does not end like a sentence; the body is the whole file anyway."""
    article = _article(tmp_path, ".txt", text)

    assert article.title == title
    assert (article.text, article.body) == (text, Span(0, len(text)))


def test_plain_article_has_the_files_name_as_its_id(tmp_path: Path) -> None:
    """A file that says nothing of itself is called what its source is called, and is no record of a larger file."""
    article = _article(tmp_path, ".txt", "Talks go on.")

    assert (article.id, article.record, article.source, article.url, article.metadata) == (NAME, 0, "", "", {})


def test_plain_text_keeps_its_line_ends(tmp_path: Path) -> None:
    """Line ends are not translated, so that offsets are those of the file's own characters."""
    assert _article(tmp_path, ".txt", b"\xef\xbb\xbfOne.\r\nTwo.\rThree.\n").text == "One.\r\nTwo.\rThree.\n"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("a" + " " * 100_000 + "b", id="spaces"),
        pytest.param("a" + " \n" * 50_000, id="lines of a space"),
        pytest.param("\r" * 100_000, id="line ends"),
        pytest.param("a " * 50_000, id="words"),
    ],
)
@pytest.mark.parametrize("suffix", [".txt", ".md"])
def test_looking_for_a_title_is_quick(content: str, suffix: str, tmp_path: Path) -> None:
    """No text of 100 kB keeps the search for its title busy for two seconds."""
    within(2, lambda: _article(tmp_path, suffix, content))


# Markdown


def test_front_matter_describes_the_article(tmp_path: Path) -> None:
    """The usual names are the article's fields, in whatever order, and all others its metadata, as they were written."""
    text = """---
section: World
title: "Talks go on: day two"
date: 2024-04-26
source: Reuters
url: https://example.com/talks
id: talks-2
tags: [Geneva, peace talks]
words: 0412
draft: no
author:
  name: A. Li
---
# Another heading

The minister said so.
"""
    article = _article(tmp_path, ".md", text)

    assert article == Article(
        id="talks-2",
        text=text,
        path=tmp_path / "article.md",
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        title="Talks go on: day two",
        source="Reuters",
        url="https://example.com/talks",
        published=Published("2024-04-26", "front matter"),
        body=Span(text.index("# Another"), len(text)),
        metadata={"section": "World", "tags": "Geneva, peace talks", "words": "0412", "draft": "no", "author": "A. Li"},
    )


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        pytest.param("2024", "2024", id="year"),
        pytest.param("2024-04", "2024-04", id="month"),
        pytest.param("2024-04-26", "2024-04-26", id="day"),
        pytest.param("2024-04-26T23:30:00-08:00", "2024-04-26T23:30:00-08:00", id="time"),
        pytest.param("2024-04-26 23:30:00 -0800", "2024-04-26T23:30:00-08:00", id="time as Jekyll writes it"),
        pytest.param("Fri, 26 Apr 2024 12:30:00 +0800", "2024-04-26T12:30:00+08:00", id="RFC 2822"),
        pytest.param("'April 26, 2024'", "2024-04-26", id="quoted"),
    ],
)
def test_front_matter_date_stays_the_text_that_was_written(written: str, iso: str, tmp_path: Path) -> None:
    """YAML makes no number of a year and moves no time to UTC."""
    article = _article(tmp_path, ".md", f"---\ndate: {written}\n---\nText.\n")

    assert article.published == Published(iso, "front matter")


def test_front_matter_year_is_a_whole_year(tmp_path: Path) -> None:
    """``date: 2024`` means any day of 2024."""
    published = _article(tmp_path, ".md", "---\ndate: 2024\n---\nText.\n").published

    assert published is not None
    assert (published.precision, published.earliest, published.latest) == ("year", date(2024, 1, 1), date(2024, 12, 31))


def test_date_that_cannot_be_read_is_a_problem_and_costs_nothing_else(tmp_path: Path) -> None:
    """A date that is not understood is named, and the article is read without it."""
    problem, article = _read(tmp_path, ".md", "---\ndate: 31 February 2024\ntitle: Talks\n---\nText.\n")

    assert isinstance(problem, SourceError)
    assert "'31 February 2024'" in problem.reason
    assert isinstance(article, Article)
    assert (article.title, article.published) == ("Talks", None)


@pytest.mark.parametrize(
    ("front", "body"),
    [
        pytest.param("---\ntitle: Talks\n---\n", "Text.\n", id="LF"),
        pytest.param("---\r\ntitle: Talks\r\n---\r\n", "Text.\r\n", id="CRLF"),
        pytest.param("---  \ntitle: Talks\n---\t\n", "Text.\n", id="white space after the lines"),
        pytest.param("---\ntitle: Talks\n...\n", "Text.\n", id="ended by points"),
        pytest.param("---\n\ntitle: Talks\n\n---\n", "\n\nText.\n", id="blank lines"),
        pytest.param("---\ntitle: Talks\nnote: a --- b\n---\n", "Text.\n---\nMore.\n", id="rules elsewhere"),
        pytest.param("---\ntitle: Talks\n---", "", id="nothing else"),
        pytest.param("---\ntitle: Talks\nnote: 中国 \U0001f600\n---\n", "Tëxt.\n", id="wide characters"),
        pytest.param("---\ntitle: >\n  Talks\nlist:\n- a\n- b\n---\n", "Text.\n", id="blocks"),
    ],
)
def test_offsets_count_from_the_beginning_of_the_file(front: str, body: str, tmp_path: Path) -> None:
    """The text is the whole file, front matter included; the body is what comes after it, to the character."""
    article = _article(tmp_path, ".md", front + body)

    assert article.title == "Talks"
    assert (article.text, article.body) == (front + body, Span(len(front), len(front + body)))


@pytest.mark.parametrize(
    ("front", "summary"),
    [
        ("---\ntitle: Talks\nsummary: They will go on.\n---\n", "They will go on."),
        ("---\ntitle: Talks\ndeck: ''\ndescription: >\n  They will\n  go on.\n---\n \n", "They will\n  go on."),
        ("---\nsummary: 'They''ll go on.'\ntitle: Talks\n---\n", "They''ll go on."),
        ('---\nsummary: "\\"Go on\\", they said."\ntitle: Talks\n---\n', '\\"Go on\\", they said.'),
        ('+++\ntitle = "Talks"\nexcerpt = "They will go on."\n+++\n', "They will go on."),
        ('{"title": "Talks", "abstract": "They will go on."}\n', "They will go on."),
    ],
)
def test_a_summary_is_the_text_of_a_post_without_another(front: str, summary: str, tmp_path: Path) -> None:
    """A post may only refer to a story elsewhere. Offsets are those of the file; with a text, the summary is none."""
    assert _body(_article(tmp_path, ".md", front)) == summary
    assert _body(_article(tmp_path, ".md", front + "Text.\n")).strip() == "Text."


def test_byte_order_mark_is_before_the_front_matter(tmp_path: Path) -> None:
    """A byte order mark neither hides front matter nor counts as a character."""
    article = _article(tmp_path, ".md", b"\xef\xbb\xbf---\ntitle: Talks\n---\nText.")

    assert (article.title, article.body, _body(article)) == ("Talks", Span(21, 26), "Text.")


@pytest.mark.parametrize(
    "front", [pytest.param("---\n---\n", id="LF"), pytest.param("---\r\n---\r\n", id="CRLF"), pytest.param("---\n\n---\n", id="blank line")]
)
def test_empty_front_matter_is_front_matter(front: str, tmp_path: Path) -> None:
    """Front matter without fields says nothing, and is no part of the body; a rule further down belongs to the body."""
    article = _article(tmp_path, ".md", front + "Text.\n\n---\n\nMore.\n")

    assert _body(article) == "Text.\n\n---\n\nMore.\n"
    assert (article.title, article.metadata) == ("", {})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The minister said so.\n", id="none"),
        pytest.param("Text.\n---\ntitle: Talks\n---\nMore.\n", id="not at the beginning"),
        pytest.param("\n---\nText.\n\n---\nMore.\n", id="rules after a blank line"),
        pytest.param("----\ntitle: Talks\n----\nText.\n", id="four hyphens"),
        pytest.param("--- title: Talks\n---\nText.\n", id="more on the first line"),
        pytest.param("---\nNote: talks go on\nText.\n", id="a rule above a line with a colon"),
        pytest.param("", id="empty"),
    ],
)
def test_what_is_not_front_matter_is_body(text: str, tmp_path: Path) -> None:
    """A file without front matter at its very beginning is body as a whole."""
    article = _article(tmp_path, ".md", text)

    assert (article.title, article.metadata) == ("", {})
    assert article.body == Span(0, len(text))


@pytest.mark.parametrize(
    "front",
    [
        pytest.param('+++\ntitle = "Talks: go on"\ndate = 2024-04-26\nauthors = ["Ana Paz", "A. Li"]\ndraft = false\n+++\n', id="TOML"),
        pytest.param(
            '+++\r\nTitle = "Talks: go on"\r\ndate = "2024-04-26"\r\nauthors = ["Ana Paz", "A. Li"]\r\ndraft = false\r\n+++\r\n', id="CRLF"
        ),
        pytest.param(
            '{\n"title": "Talks: go on",\n"date": "2024-04-26",\n"authors": ["Ana Paz", "A. Li"],\n"draft": false\n}\n', id="JSON"
        ),
    ],
)
def test_front_matter_may_be_toml_or_json(front: str, tmp_path: Path) -> None:
    """As Hugo reads them; the text is the whole file."""
    article = _article(tmp_path, ".md", f"{front}\nText.\n")

    assert (article.title, article.published) == ("Talks: go on", Published("2024-04-26", "front matter"))
    assert article.metadata == {"authors": "Ana Paz, A. Li", "draft": "false"}
    assert (article.text, _body(article)) == (f"{front}\nText.\n", "\nText.\n")


@pytest.mark.parametrize("front", ['+++\nid = "x"\n+++\n', '{"id": "x"}\n'], ids=["TOML", "JSON"])
def test_front_matter_of_toml_or_json_gives_no_id(front: str, tmp_path: Path) -> None:
    """An article that is known by its path stays so."""
    assert _article(tmp_path, ".md", f"{front}Text.\n").id == _article(tmp_path, ".md", "Text.\n").id


@pytest.mark.parametrize("value", [f"{'a.' * 40_000}a = 1", f"a = 0x{'f' * 60_000}"], ids=["dots", "digits"])
def test_toml_that_costs_much_is_not_read(value: str, tmp_path: Path) -> None:
    """The fields are lost, and the text is kept."""
    problem, article = _read(tmp_path, ".md", f"+++\n{value}\n+++\nText.\n")
    assert isinstance(problem, SourceError)
    assert "not valid TOML" in problem.reason
    assert isinstance(article, Article)


def test_bad_toml_is_a_problem_and_costs_only_the_fields(tmp_path: Path) -> None:
    """It is named as bad YAML is; a time of day is a time."""
    problem, article = _read(tmp_path, ".md", "+++\ntitle = Talks\n+++\n# Talks go on\n")
    timed = _article(tmp_path, ".md", "+++\ndate = 2024-04-26T12:30:00+08:00\n+++\nText.\n")

    assert isinstance(problem, SourceError)
    assert isinstance(article, Article)
    assert problem.reason.startswith("front matter is not valid TOML (Invalid value (at line 2")
    assert article.title == "Talks go on"
    assert timed.published == Published("2024-04-26T12:30:00+08:00", "front matter")


@pytest.mark.parametrize("text", ["{{< figure >}}\n\nText.\n", '{"a": 1} is JSON.\n', "{% include a %}\nText.\n", "{\n", "+++\nText.\n"])
def test_braces_and_signs_are_text(text: str, tmp_path: Path) -> None:
    """Short codes, and JSON that a text speaks of."""
    article = _article(tmp_path, ".md", text)
    assert (article.title, _body(article)) == ("", text)


@pytest.mark.parametrize("head", ["<!DOCTYPE html>\n<html>", "<html lang=en>", "\n <HTML>"])
def test_page_that_was_saved_as_text_is_read_as_a_page(head: str, tmp_path: Path) -> None:
    """Its title and date are those of the page, and its tags and scripts are no text."""
    text = "The minister said on Monday that the talks in Geneva would go on until both sides had agreed on the river. "
    page = f"{head}<title>Talks go on</title><meta name=date content=2024-04-26><body><script>x()</script><p>{text}</p></body></html>"
    article = _article(tmp_path, ".txt", page)

    assert (article.title, article.text) == ("Talks go on", text.strip())
    assert article.published == Published("2024-04-26", "meta date")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Pardon Our Interruption\nPardon Our Interruption\nSomething made us think that you are a bot.\n", True),
        ("Page not found - Elm Post\n\nTry the search.\n", True),
        ("Ferry strike is off\n\nLog in\n\nThe crews will work over Easter.\n", False),
    ],
)
def test_error_page_that_was_saved_as_text_is_named(text: str, told: bool, tmp_path: Path) -> None:
    """By its title; it is read nevertheless."""
    *remarks, article = _read(tmp_path, ".txt", text)
    assert isinstance(article, Article)
    assert [str(remark).partition(":")[0] for remark in remarks] == ["probably an error or login page"] * told


def test_rich_text_that_was_saved_as_text_is_named(tmp_path: Path) -> None:
    """It is never read as it is written."""
    with pytest.raises(SourceError, match="rich text"):
        _article(tmp_path, ".txt", "{\\rtf1\\ansi Talks go on.\\par}")


@pytest.mark.parametrize(
    "text", ["<html> is the root element of a page; <head> is in it.\n", "{\\rtf1 is how rich text begins.\n", "{\\rtf1\\ansi}."]
)
def test_text_about_pages_and_rich_text_is_text(text: str, tmp_path: Path) -> None:
    """It begins as they do."""
    assert _article(tmp_path, ".txt", text).text == text


@pytest.mark.parametrize(
    ("yaml", "where"),
    [
        pytest.param("a: 1\ntitle: [Talks", "line", id="a bracket left open"),
        pytest.param("title: Talks\n\tdate: 2024", "line 3", id="a tab"),
        pytest.param('title: "Talks', "line", id="a quotation mark left open"),
        pytest.param("? [a, b]\n: c", "line 2", id="a list as a name"),
        pytest.param("title: *nothing", "line 2", id="an alias of nothing"),
        pytest.param("a: &a [*a]", "line 2", id="a list in itself"),
        pytest.param("title: \x07", "", id="a control character"),
        pytest.param("a: " + "[" * 3000, "nested too deeply", id="deep nesting"),
        pytest.param('title: "\\UFFFFFFFF"', "", id="a character beyond Unicode"),
        pytest.param('title: "\\U00110000"', "", id="the first character beyond Unicode"),
    ],
)
def test_bad_yaml_is_a_problem_and_costs_only_the_fields(yaml: str, where: str, tmp_path: Path) -> None:
    """Front matter that is not YAML is named with its line, counted in the file, and the article is read without it."""
    text = f"---\n{yaml}\n---\n# Talks go on\n\nText.\n"
    problem, article = _read(tmp_path, ".md", text)

    assert isinstance(problem, SourceError)
    assert problem.reason.startswith("front matter is not valid YAML")
    assert where in problem.reason
    assert isinstance(article, Article)
    assert (article.id, article.title, _body(article)) == (NAME, "Talks go on", "# Talks go on\n\nText.\n")


@pytest.mark.parametrize(
    ("front", "body", "line"),
    [
        pytest.param("---\ntitle: Talks go on\ndate: 2024-04-26\n", "Text.\n", 3, id="no line between"),
        pytest.param("---\ntitle: Talks go on\ndate: 2024-04-26\n", "\nText: it goes on.\n", 3, id="a blank line between"),
        pytest.param("---\r\ntitle: Talks go on\r\ndate: 2024-04-26\r\n", "\r\nText.\r\n", 3, id="line ends of Windows"),
        pytest.param("---\ntitle: Talks go on\ntags:\n- Asia\n- Europe\ndate: 2024-04-26\n", "# Talks\n\nText.\n", 6, id="a list"),
        pytest.param("---\ntitle: Talks go on\ndate: 2024-04-26\n", "\nText.\n\n---\n\nMore.\n", 3, id="a rule in the text"),
        pytest.param("---\ntitle: Talks go on\ndate: 2024-04-26\n", "", 3, id="nothing else"),
    ],
)
def test_front_matter_that_is_not_closed_is_a_problem_and_is_read(front: str, body: str, line: int, tmp_path: Path) -> None:
    """The problem names the line after which it should end. Fields and body are as if it did."""
    problem, article = _read(tmp_path, ".md", front + body)

    assert isinstance(problem, SourceError)
    assert (problem.reason, problem.lost) == (
        f"front matter is not closed: expected --- below line {line}; its fields were read up to there",
        False,
    )
    assert isinstance(article, Article)
    assert (article.title, article.published, _body(article)) == ("Talks go on", Published("2024-04-26", "front matter"), body)


def test_front_matter_that_is_no_list_of_fields_is_a_problem(tmp_path: Path) -> None:
    """YAML that names nothing is no front matter to read fields from."""
    items = _read(tmp_path, ".md", "---\n- a\n- b\n---\nText.\n")

    assert reasons_of(items) == ["front matter is not a list of fields; indexed without it"]
    assert [_body(article) for article in articles_of(items)] == ["Text.\n"]


def test_yaml_makes_nothing_but_text(tmp_path: Path) -> None:
    """A tag that asks YAML for an object of Python is not obeyed."""
    article = _article(tmp_path, ".md", "---\ntitle: !!python/object/apply:os.getcwd []\nnote: !!python/name:os.system x\n---\nText.\n")

    assert (article.title, article.metadata) == ("", {"note": "x"})


@pytest.mark.parametrize(
    ("text", "title"),
    [
        pytest.param("# Talks go on\n\nText.\n", "Talks go on", id="first line"),
        pytest.param("#  Talks go on  #\r\n\r\nText.\r\n", "Talks go on", id="CRLF, closed"),
        pytest.param("Lead.\n\n# Talks go on\n# Later\n", "Talks go on", id="further down, the first"),
        pytest.param("# C# and .NET\n", "C# and .NET", id="a hash inside"),
        pytest.param("# Programming in C#\n", "Programming in C#", id="a hash at the end of a word"),
        pytest.param("# Talks go on ###  \n", "Talks go on", id="closed by many"),
        pytest.param("#\n\nText.\n", "", id="empty"),
        pytest.param("---\nsection: World\n---\n# Talks go on\n", "Talks go on", id="after front matter without a title"),
        pytest.param("---\ntitle: From the fields\n---\n# Talks go on\n", "From the fields", id="front matter first"),
        pytest.param("---\n# title: a comment\nsection: World\n---\nText.\n", "", id="a comment in front matter"),
        pytest.param("\n \n---\ntitle: Talks\n# a comment\n---\nText.\n", "Talks", id="front matter after blank lines"),
        pytest.param("## Second level\n\nText.\n", "", id="second level"),
        pytest.param("#hashtag\n\nText.\n", "", id="hashtag"),
        pytest.param("Text with # inside.\n", "", id="inside a line"),
    ],
)
def test_first_heading_is_the_title(text: str, title: str, tmp_path: Path) -> None:
    """Without a title in front matter, the first heading of the first level is the title."""
    assert _article(tmp_path, ".md", text).title == title


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("# a" + " " * 1_500 + "b", id="spaces"),
        pytest.param("# a" + " #" * 1_000 + " b", id="hashes"),
        pytest.param("# a" + "#" * 1_500 + "b", id="hashes without spaces"),
    ],
)
def test_looking_for_a_heading_is_quick(line: str, tmp_path: Path) -> None:
    """No line can keep the search for a heading busy."""
    article = within(2, lambda: _article(tmp_path, ".md", line + "\n"))

    assert article.title == line[2:]


# JSON Lines


def _line(**fields: object) -> str:
    return json.dumps(fields) + "\n"


def test_jsonl_has_the_fields_of_beir(tmp_path: Path) -> None:
    """A line of a BEIR corpus is an article; offsets count from the beginning of its text."""
    line = '{"_id": "doc-1", "title": "Talks  go\\non", "text": "The minister\\r\\nsaid so.", "metadata": {"url": "x"}}\n'
    article = _article(tmp_path, ".jsonl", line)

    assert article == Article(
        id="doc-1",
        text="The minister\r\nsaid so.",
        path=tmp_path / "article.jsonl",
        sha256=hashlib.sha256(line.encode()).hexdigest(),
        title="Talks go on",
        record=1,
        body=Span(0, 22),
    )


def test_jsonl_has_news_fields_and_metadata(tmp_path: Path) -> None:
    """``date``, ``source`` and ``url`` are the article's, and each other scalar, list or name of an object its metadata."""
    article = _article(
        tmp_path,
        ".jsonl",
        _line(
            text="Text.",
            date="2024-04",
            source="Reuters",
            url="https://example.com/",
            section=" World \n News ",
            tags=["a", 1, None, True, ["nested"]],
            pages=3,
            price=1.5,
            paid=True,
            free=False,
            nothing=None,
            empty="",
            author={"name": "A. Li"},
        ),
    )

    assert (article.source, article.url) == ("Reuters", "https://example.com/")
    assert article.published == Published("2024-04", "record")
    assert article.metadata == {
        "section": "World News",
        "tags": "a, 1, true",
        "pages": "3",
        "price": "1.5",
        "paid": "true",
        "free": "false",
        "author": "A. Li",
    }


@pytest.mark.parametrize(
    ("fields", "identifier"),
    [
        pytest.param({"_id": "a"}, "a", id="_id"),
        pytest.param({"id": "a"}, "a", id="id"),
        pytest.param({"_id": "a", "id": "b"}, "a", id="_id before id"),
        pytest.param({"_id": "", "id": "b"}, "b", id="an empty _id is none"),
        pytest.param({"_id": None}, f"{NAME}#2", id="null"),
        pytest.param({"_id": 17}, "17", id="number"),
        pytest.param({"_id": 0}, "0", id="zero"),
        pytest.param({"_id": 12345678901234567890123}, "12345678901234567890123", id="number beyond 64 bits"),
        pytest.param({"_id": {"$oid": "a"}}, f"{NAME}#2", id="object"),
        pytest.param({}, f"{NAME}#2", id="none: the file and the line"),
    ],
)
def test_jsonl_id_is_text(fields: dict[str, object], identifier: str, tmp_path: Path) -> None:
    """An id, number or text, is text; an article without one is called after its file and line."""
    article = _article(tmp_path, ".jsonl", "\n" + _line(text="Text.", **fields))

    assert (article.id, article.record) == (identifier, 2)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param('{"text": "c"', "invalid JSON", id="cut off"),
        pytest.param("{'text': 'c'}", "invalid JSON", id="single quotation marks"),
        pytest.param("[" * 100_000, "nested too deeply", id="deep nesting"),
        pytest.param('{"text": "c", "_id": ' + "1" * 5_000 + "}", "invalid JSON", id="number of 5,000 figures"),
        pytest.param('["c"]', "expected an object", id="list"),
        pytest.param('"c"', "expected an object", id="string"),
        pytest.param("null", "expected an object", id="null"),
        pytest.param('{"_id": "c"}', '"text" is missing', id="no text"),
        pytest.param('{"text": null}', '"text" is missing', id="text null"),
        pytest.param('{"text": 3}', '"text" is missing', id="text a number"),
        pytest.param('{"text": ["c", 3]}', '"text" is missing', id="text a list of other than paragraphs"),
        pytest.param("\0\0\0\0", "binary", id="zeros"),
    ],
)
def test_bad_record_costs_no_other(bad: str, reason: str, tmp_path: Path) -> None:
    """A line that cannot be read is named by its number, and all others are read."""
    items = _read(tmp_path, ".jsonl", _line(_id="a", text="A.") + _line(_id="b", text="B.") + bad + "\n" + _line(_id="d", text="D."))

    assert [(article.id, article.record) for article in articles_of(items)] == [("a", 1), ("b", 2), ("d", 4)]
    assert [problem[: len("line 3: ")] for problem in reasons_of(items)] == ["line 3: "]
    assert reason in reasons_of(items)[0]


def test_a_summary_is_the_text_of_a_record_without_another(tmp_path: Path) -> None:
    """An empty text is replaced; a record that has no text at all is no article, as other files have descriptions too."""
    lines = [
        _line(text="", summary="A."),
        _line(content=None, description="B."),
        _line(text="C.", summary="D."),
        _line(description="E."),
        _line(text=3, summary="F."),
    ]
    items = _read(tmp_path, ".jsonl", "".join(lines))
    assert [article.text for article in articles_of(items)] == ["A.", "B.", "C."]
    assert [problem[: len("line 4: ")] for problem in reasons_of(items)] == ["line 4: ", "line 5: "]


def test_jsonl_date_that_cannot_be_read_names_its_line(tmp_path: Path) -> None:
    """A bad date in a record is a problem of its line, and the record is read."""
    items = _read(tmp_path, ".jsonl", _line(text="A.") + _line(text="B.", date="26/13/2024"))

    assert [article.text for article in articles_of(items)] == ["A.", "B."]
    assert len(reasons_of(items)) == 1
    assert reasons_of(items)[0].startswith("line 2: date '26/13/2024' not understood")


@pytest.mark.parametrize("end", [pytest.param("\n", id="LF"), pytest.param("\r\n", id="CRLF"), pytest.param("\n\n  \n", id="blank lines")])
def test_jsonl_line_ends(end: str, tmp_path: Path) -> None:
    """Blank lines are passed over but counted, and the last line needs no end."""
    articles = articles_of(_read(tmp_path, ".jsonl", end.join(['{"text": "A."}', '{"text": "B.\u2028\x85"}', '{"text": "C."}'])))

    assert [article.text for article in articles] == ["A.", "B.\u2028\x85", "C."]
    assert [article.record for article in articles] == [1, 1 + end.count("\n"), 1 + 2 * end.count("\n")]


@pytest.mark.parametrize(
    "encoding",
    [
        pytest.param("utf-8", id="UTF-8"),
        pytest.param("utf-8-sig", id="UTF-8 with BOM"),
        pytest.param("utf-16", id="UTF-16 with BOM"),
        pytest.param("utf-32", id="UTF-32 with BOM"),
        pytest.param("cp1252", id="cp1252"),
    ],
)
def test_jsonl_in_other_encodings(encoding: str, tmp_path: Path) -> None:
    """A file of records is read in the encodings that a file of one article is read in."""
    german = "Die Bundesregierung prüft schärfere Maßnahmen; über Köln lag Nebel, und die Bürger hörten die Züge."
    content = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in (german, german[::-1]))
    items = _read(tmp_path, ".jsonl", content.encode(encoding))

    assert reasons_of(items) == []
    assert [article.text for article in articles_of(items)] == [german, german[::-1]]


def test_jsonl_utf16_big_endian(tmp_path: Path) -> None:
    """The byte order mark says which byte comes first."""
    content = b"\xfe\xff" + ('{"text": "Bisedimet vazhdojnë 中国 \U0001f600"}\n' * 2).encode("utf-16-be")

    assert [a.text for a in articles_of(_read(tmp_path, ".jsonl", content))] == ["Bisedimet vazhdojnë 中国 \U0001f600"] * 2


def test_lone_surrogates_become_replacement_characters_everywhere(tmp_path: Path) -> None:
    r"""JSON can escape half a character (``\ud800``), which no file can hold: it becomes U+FFFD, in every field and name."""
    fields = [f'"{name}": "a\\ud800b"' for name in ("_id", "title", "text", "source", "url", "section", "\\udfff")]
    article = _article(tmp_path, ".jsonl", "{" + ", ".join(fields) + ', "tags": ["\\ud800"]}')

    assert (article.id, article.title, article.text, article.source, article.url) == ("a\ufffdb",) * 5
    assert article.metadata == {"section": "a\ufffdb", "\ufffd": "a\ufffdb", "tags": "\ufffd"}


def test_escaped_pair_of_surrogates_is_one_character(tmp_path: Path) -> None:
    """Two escapes that are one character together stay that character."""
    assert _article(tmp_path, ".jsonl", '{"text": "\\ud83d\\ude00"}').text == "\U0001f600"


def test_front_matter_surrogates_become_replacement_characters(tmp_path: Path) -> None:
    """YAML can escape half a character too."""
    article = _article(tmp_path, ".md", '---\ntitle: "a\\ud800b"\n"\\udfff": "\\ud800"\n---\nText.')

    assert (article.title, article.metadata) == ("a\ufffdb", {"\ufffd": "\ufffd"})


_YAML = [
    "title: ",
    "date: ",
    "id: ",
    "2024",
    "\n",
    "\n",
    "- ",
    ": ",
    "&a ",
    "*a",
    "!!int ",
    "\\U00110000",
    "\\ud800",
    "---",
    *"a [],{}\"'\\?|>#\t\ré%@",
]
_FRONT = st.lists(st.sampled_from(_YAML), max_size=30).map(lambda pieces: "---\n" + "".join(pieces) + "\n---\nText.")
_RECORD = st.dictionaries(
    st.sampled_from(["_id", "id", "title", "text", "date", "source", "url", "x", "\ud800"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[]), max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=6,
    ),
).map(lambda record: json.dumps({"text": "Text.", **record}))
_CONTENT = st.one_of(
    st.tuples(st.sampled_from([".txt", ".md", ".jsonl"]), st.binary(max_size=200)),
    st.tuples(st.just(".md"), _FRONT.map(str.encode)),
    st.tuples(st.just(".jsonl"), _RECORD.map(str.encode)),
)


@given(_CONTENT)
@example((".md", b'---\na: "\\U00110000"\n---\n'))
@example((".jsonl", b'{"text": "a", "\\ud800": "b"}'))
@settings(deadline=None, max_examples=300)
def test_any_file_gives_articles_that_can_be_stored_or_a_source_error(
    tmp_path_factory: pytest.TempPathFactory, found: tuple[str, bytes]
) -> None:
    """Whatever a file holds, a reader yields articles whose every field can be written as UTF-8, or SourceErrors."""
    suffix, content = found
    folder = tmp_path_factory.getbasetemp()
    try:
        items = _read(folder, suffix, content)
    except SourceError:
        return
    for article in articles_of(items):
        assert 0 <= article.body.start <= article.body.end == len(article.text)
        assert article.id
        fields = [article.id, article.text, article.title, article.source, article.url, *article.metadata, *article.metadata.values()]
        assert [field.encode().decode() for field in fields] == fields
        if article.published:
            assert article.published.earliest <= article.published.latest


@pytest.mark.parametrize("join", ["\n", "\r\n"])
def test_wrapped_text_has_no_title(tmp_path: Path, join: str) -> None:
    """A line that the next continues at about the same length is prose, even where the next begins with a capital letter."""
    lines = [
        "The ministers of the three countries met on Friday in the old town hall of",
        "Vienna to speak of the river and of what each of them had done for it since",
    ]
    assert _article(tmp_path, ".txt", join.join(lines)).title == ""


def test_a_colon_in_a_title_needs_no_quotation_marks(tmp_path: Path) -> None:
    """People write "title: Correction: Halden dam", which is no YAML."""
    [article] = _read(tmp_path, ".md", "---\ntitle: Correction: Halden dam\ndate: 2025-02-04\nsource: Northern Wire\n---\nText.\n")

    assert isinstance(article, Article)
    assert (article.title, article.source, str(article.published)) == ("Correction: Halden dam", "Northern Wire", "2025-02-04")


_STORY = "Colin Reddaway was cleared of all six charges of manslaughter at Lowgate Crown Court on Wednesday, after nineteen hours."
_WRAPPED = (
    "The company, which on 3 May 2024\nhad paid a fine of four millions,\nsaid that it accepts the verdict\nand will leave the town.\n"
)


@pytest.mark.parametrize(
    ("name", "text", "dated"),
    [
        ("a.txt", f"A verdict\n\nBy Dana Whitlock, Wexmouth Echo, 28 October 2026\n\n{_STORY}", ("2026-10-28", "byline")),
        ("a.txt", f"A verdict\n\nBy Dana Whitlock\r\nWexmouth Echo\r\n28 October 2026\r\n\r\n{_STORY}", ("2026-10-28", "byline")),
        ("a.txt", f"A verdict\n\nLOWGATE, October 28, 2026 - {_STORY}", ("2026-10-28", "byline")),
        ("2026-10-29-a.txt", f"A verdict\n\nWexmouth Echo, 28 October 2026\n\n{_STORY}", ("2026-10-28", "byline")),
        ("2026-10-29-a.txt", f"A verdict\n\n{_STORY}", ("2026-10-29", "file name")),
        ("2026-10-29.txt", _STORY, ("2026-10-29", "file name")),
        ("2026_10_29_a-verdict.txt", _STORY, ("2026-10-29", "file name")),
        ("20261029_a-verdict.txt", _STORY, ("2026-10-29", "file name")),
        ("29Oct2026Verdict7.txt", _STORY, ("2026-10-29", "file name")),
        ("Oct-29-2026 a verdict.txt", _STORY, ("2026-10-29", "file name")),
        ("29_octobre_2026.txt", _STORY, ("2026-10-29", "file name")),
        ("2026/10/29/a.txt", _STORY, ("2026-10-29", "file name")),
        ("10-11-2026-a.txt", _STORY, None),
        ("verdict-29Oct2026.txt", _STORY, None),
        ("29Oct20267.txt", _STORY, None),
        ("2026/10/29/more/a.txt", _STORY, None),
        ("2026-10-29/a.txt", _STORY, None),
        ("2026_1029.txt", _STORY, None),
        ("2026-13-29-a.txt", _STORY, None),
        ("20261329.txt", _STORY, None),
        ("2026-10-291-a.txt", _STORY, None),
        ("verdict-2026-10-29.txt", _STORY, None),
        # Text that was wrapped, a short sentence, a title, and what is far below
        ("a.txt", f"A verdict\n\n{_WRAPPED}", None),
        ("a.txt", f"A verdict\n\nHe was charged on 3 May 2024.\n\n{_STORY}", None),
        # A page saved as text, without blank lines: each line is one of its parts
        ("a.txt", f"A verdict in Lowgate - Echo\nHome\nNews\nFOR RELEASE\nWednesday, October 28, 2026\n{_STORY}", ("2026-10-28", "byline")),
        ("a.txt", f"A verdict\nMore news\nMay 3, 2026\nA storm\nMay 2, 2026\nA fire\nMay 1, 2026\nA flood\n{_STORY}", None),
        ("a.txt", f"A verdict\nMay 3, 2026\nUpdated\nMay 4, 2026\n{_STORY}", ("2026-05-03", "byline")),
        ("29Oct2026.txt", f"\n   A verdict in Lowgate\n   October 28, 2026 \n{_STORY * 9}", ("2026-10-28", "byline")),
        ("a.txt", f"Remembering 11 September 2001\n\n{_STORY}", None),
        ("a.txt", f"A verdict\n\n{_STORY * 9}\n\n28 October 2026\n\n{_STORY}", None),
        ("a.txt", "", None),
    ],
)
def test_text_is_dated_at_its_head_or_by_its_name(tmp_path: Path, name: str, text: str, dated: tuple[str, str] | None) -> None:
    """By a line of its own or a dateline; never by running text."""
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    [article] = plain.read(Source(tmp_path / name, name))
    assert (article.published and (article.published.iso, article.published.origin)) == dated
    assert article.text == text


def test_a_page_in_one_line_has_the_lines_that_its_spaces_were(tmp_path: Path) -> None:
    """Of a line that no report has; a gap in shorter lines is one of a table, or of text that both margins are even of."""
    parts = [
        "   ",
        "FOR IMMEDIATE RELEASE",
        "    ",
        "Colin Reddaway cleared of all charges",
        "      ",
        "October 28, 2026",
        "   ",
        _STORY * 9,
    ]
    (tmp_path / "a.txt").write_text("".join(parts), encoding="utf-8")
    [article] = plain.read(Source(tmp_path / "a.txt", "a.txt"))
    assert isinstance(article, Article)
    assert (article.title, str(article.published)) == ("Colin Reddaway cleared of all charges", "2026-10-28")
    # Each character has its place, so that a quotation is found in the file too
    assert len(article.text) == len("".join(parts))
    assert article.text.split() == "".join(parts).split()
    assert "charges\n\n    October 28, 2026\n\n Colin" in article.text
    table = "Town      Votes\nElston    1,204\n" + "word " * 300 + "\n" + "word    word " * 75
    (tmp_path / "b.txt").write_text(table, encoding="utf-8")
    [article] = plain.read(Source(tmp_path / "b.txt", "b.txt"))
    assert isinstance(article, Article)
    assert article.text == table


@pytest.mark.parametrize(
    ("name", "text", "dated"),
    [
        ("a.md", f"---\ntitle: A verdict\n---\n\nCourts\n\n# A verdict\n\nOct 28, 2026\n\n{_STORY}", ("2026-10-28", "byline")),
        ("2026-10-29-a.md", f"---\ntitle: A verdict\n---\n\n{_STORY}", ("2026-10-29", "file name")),
        ("2026-10-29-a.md", f"---\ndate: 2026-10-27\n---\n\nOct 28, 2026\n\n{_STORY}", ("2026-10-27", "front matter")),
        ("a.md", f"# A verdict\n\n*28 October 2026*\n\n{_STORY}", ("2026-10-28", "byline")),
        ("a.md", f"---\ntitle: A verdict\n---\n\nHe was charged on 3 May 2024.\n\n{_STORY}", None),
        ("a.md", f"# Albert Einstein\n\nBorn: 14 March 1979\n\n{_STORY}", None),
        ("a.md", f"# Changelog\n\n## 1.2.0 - 2024-05-01\n\n{_STORY}", None),
        ("a.md", f"# Manual\n\nEnd of life: 31 December 2025\n\n{_STORY}", None),
        ("2019-11-09-wall.md", f"# The wall\n\n9 November 1989\n\n{_STORY}", ("2019-11-09", "file name")),
    ],
)
def test_markdown_without_a_date_is_dated_as_text_is(tmp_path: Path, name: str, text: str, dated: tuple[str, str] | None) -> None:
    """By a line below the headline, else by its name, as static sites call their posts; its own date comes first."""
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    [article] = markdown.read(Source(tmp_path / name, name))
    assert isinstance(article, Article)
    assert (article.published and (article.published.iso, article.published.origin)) == dated


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("A ruling in Lowgate\n\n{story}", "A ruling in Lowgate"),
        ("A ruling\n{story}", "A ruling"),
        # A page saved as text: its title with the name of the site, its menu, its headline, perhaps wrapped or cut
        (
            "Court clears the harbour master - Wexmouth Echo\nHOME\nNEWS\nCourt clears\nthe harbour master\n{story}",
            "Court clears the harbour master",
        ),
        (
            "Court clears the harbour master of every charge | Echo\nHOME\nCourt clears the harbour master of every ch...\n{story}",
            "Court clears the harbour master of every charge",
        ),
        ("Harbour master - a profile\nHOME\nNEWS\n{story}", "Harbour master - a profile"),
        ("Skip to main content\nCourt clears the harbour master\n\nJuly 3, 2026\n\n{story}", "Court clears the harbour master"),
        ("1\n\nMEDIA RELEASE\n\nCourt clears the harbour master\n\n{story}", "Court clears the harbour master"),
        ("www.post.example\n< 3&\nP R E S S\n\nCourt clears the harbour master\n\n{story}", "Court clears the harbour master"),
        ("May 3, 2026 Contact: Ann Berg\n555-0100\nFor Immediate Release: Court clears the master\n\n{story}", "Court clears the master"),
        (
            (
                "555-0100\nImmediate Release: Court in Lowgate clears the harbour master of all six\nserious charges\n"
                "(LOWGATE) The harbour master of Lowgate was cleared of all six charges\nof manslaughter on Wednesday."
            ),
            "Court in Lowgate clears the harbour master of all six serious charges",
        ),
        ("Echo > News > Courts\nCourt clears the harbour master\n\n{story}", "Court clears the harbour master"),
        ("Zum Inhalt springen\nFreispruch f\u00fcr Hafenmeister\n\n{story}", "Freispruch f\u00fcr Hafenmeister"),
        ("October 28, 2026\n\nCourt clears the harbour master\n\n{story}", "Court clears the harbour master"),
        ("Wednesday, October 28, 2026 Contact: Ann Berg\nOffice of the harbour\n{story}", ""),
        # Wrapped text, the beginning of a sentence, a menu, and no text below
        ("The harbour master of Lowgate was cleared of all\nsix charges of manslaughter on Wednesday, after\nnineteen hours.", ""),
        ("The harbour master of Lowgate\nwas cleared, his lawyer said in the afternoon, and will return.", ""),
        ("The harbour master was cleared.\n{story}", ""),
        ("Home\nNews\nSport\n{story}", ""),
        ("Court clears the harbour master", ""),
    ],
)
def test_the_title_of_a_text(tmp_path: Path, text: str, title: str) -> None:
    [article] = _read(tmp_path, ".txt", text.format(story=_STORY))

    assert isinstance(article, Article)
    assert article.title == title
