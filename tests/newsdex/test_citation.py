"""Citations say what is known of an article and no more, in forms that the programs of the field read."""

from __future__ import annotations

import io
import json
import unicodedata
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsdex import UsageError
from newsdex.citation import FORMS, cite
from newsdex.records import Article, Published, Span

ARTICLE = Article(
    id="blinken",
    text="Page one is here.\nPage two is longer than that.\nPage three.",
    path=Path("/news/blinken.md"),
    sha256="0" * 64,
    title="Blinken in Beijing",
    source="Harbour Courier",
    url="https://courier.example/2024/04/26/blinken_in-beijing?id=7&x=%20#top",
    published=Published("2024-04-26T12:30:00+08:00", "front matter"),
    language="en",
)
PAGED = replace(ARTICLE, pages=(0, 18, 48))
DATES = [
    pytest.param("2024", [2024], "2024", "2024", None, id="year"),
    pytest.param("2024-04", [2024, 4], "April 2024", "2024-04", "4", id="month"),
    pytest.param("2024-04-06", [2024, 4, 6], "6 April 2024", "2024-04-06", "4", id="day"),
    pytest.param("2024-04-06T23:59:00-11:00", [2024, 4, 6], "6 April 2024", "2024-04-06", "4", id="time"),
    pytest.param("0962-12-25", [962, 12, 25], "25 December 962", "0962-12-25", "12", id="long ago"),
]

STYLE = """<style xmlns="http://purl.org/net/xbiblio/csl" class="in-text" version="1.0" default-locale="en-US">
  <info><title>A style</title><id>a-style</id><updated>2024-01-01T00:00:00Z</updated></info>
  <citation><layout><text variable="title"/></layout></citation>
  <bibliography><layout delimiter=" ">
    <names variable="author"/><text variable="title"/><text variable="container-title" prefix=" / "/>
    <date variable="issued" prefix=" / "><date-part name="day"/><date-part name="month" form="numeric" prefix="."/>
      <date-part name="year" prefix="."/></date>
    <text variable="page" prefix=" / "/>
  </layout></bibliography>
</style>"""


def parsed(bibtex: str) -> tuple[str, dict[str, str]]:
    """Type and fields of the one entry, as pybtex reads them."""
    pybtex = pytest.importorskip("pybtex.database")
    [entry] = pybtex.parse_string(bibtex, "bibtex").entries.values()
    people = {role: " and ".join(str(person) for person in persons) for role, persons in entry.persons.items()}
    return entry.type, {**{name.lower(): value for name, value in entry.fields.items()}, **people}


def item(article: Article, passage: Span | None = None) -> dict[str, Any]:
    """The one item of the CSL-JSON."""
    [found] = json.loads(cite(article, "csl-json", passage))
    return dict(found)


def test_text() -> None:
    """The usual order: title, outlet, date, address."""
    assert cite(ARTICLE) == f'"Blinken in Beijing." Harbour Courier, 26 April 2024. {ARTICLE.url}'
    assert cite(replace(ARTICLE, title='He said "no". Did he?', metadata={"author": "Ann Lee"})).startswith(
        "Ann Lee. \"He said 'no'. Did he?\" Harbour Courier, 26 April 2024."
    )


def test_what_is_not_known_is_left_out() -> None:
    """With nothing but a path there is the file's name as a title, and the id: no folder of the machine."""
    bare = Article("news/x", "x", Path("/news/x.txt"), "0" * 64)
    assert cite(bare) == '"x.txt." news/x'
    assert cite(replace(bare, id="/srv/news/x.txt", title="X")) == '"X." x.txt'
    assert parsed(cite(bare, "bibtex")) == ("misc", {"title": "{x.txt}", "note": "id: news/x"})
    assert item(bare)["note"] == "id: news/x"
    assert "srv" not in cite(replace(bare, id="/srv/news/x.txt"), "bibtex") + cite(replace(bare, id="/srv/news/x.txt"), "csl-json")
    assert set(item(bare)) == {"id", "type", "title", "note"}
    assert "note" not in item(replace(bare, url="https://x.example"))
    assert item(bare)["type"] == "document"
    assert item(replace(bare, url="https://x.example"))["type"] == "webpage"
    assert parsed(cite(replace(bare, url="https://x.example"), "bibtex"))[0] == "online"


def test_one_of_many_articles_in_a_file_is_told_apart() -> None:
    """Without a title, an article of a table is called by its first words, and its id has its record but no folder of the machine."""
    row = Article("/srv/news/rows.csv#482", "Ferry aground off Wick", Path("/srv/news/rows.csv"), "0" * 64, record=482)
    assert cite(row) == '"Ferry aground off Wick." rows.csv#482'
    assert parsed(cite(row, "bibtex"))[1] == {"title": "{Ferry aground off Wick}", "note": r"id: rows.csv\#482"}
    assert (item(row)["title"], item(row)["note"]) == ("Ferry aground off Wick", "id: rows.csv#482")
    long = replace(row, text="Ferry aground off Wick " * 40)
    assert cite(long).removesuffix('\u2026" rows.csv#482').startswith('"Ferry aground off Wick Ferry')


@pytest.mark.parametrize(("iso", "parts", "words", "date", "month"), DATES)
def test_a_date_is_no_more_exact_than_it_is_known(iso: str, parts: list[int], words: str, date: str, month: str | None) -> None:
    """In each form, and it is the day where the article appeared, whatever the time zone."""
    article = replace(ARTICLE, published=Published(iso, "x"))
    assert f"Harbour Courier, {words}. " in cite(article)
    assert item(article)["issued"] == {"date-parts": [parts]}
    _, fields = parsed(cite(article, "bibtex"))
    assert (fields["date"], fields["year"]) == (date, date[:4])
    assert fields.get("month") == (None if month is None else ("April" if month == "4" else "December"))


def test_bibtex_is_read_back() -> None:
    """Type, key and fields are what they should be."""
    kind, fields = parsed(cite(replace(ARTICLE, metadata={"author": "Ann Lee and Bo {Xu}"}), "bibtex"))
    assert kind == "article"
    assert fields == {
        "author": r"{Ann Lee and Bo \textbraceleft{}Xu\textbraceright{}}",
        "title": "{Blinken in Beijing}",
        "journal": "Harbour Courier",
        "date": "2024-04-26",
        "year": "2024",
        "month": "April",
        "url": ARTICLE.url,
    }


@pytest.mark.parametrize(
    ("title", "escaped"),
    [
        pytest.param("A & B: 50% of $5 #1 a_b", r"A \& B: 50\% of \$5 \#1 a\_b", id="signs of TeX"),
        pytest.param("{", r"\textbraceleft{}", id="an open brace"),
        pytest.param("}}", r"\textbraceright{}\textbraceright{}", id="closed braces"),
        pytest.param(r"a\b^c~d", r"a\textbackslash{}b\textasciicircum{}c\textasciitilde{}d", id="others"),
        pytest.param('"quoted", @misc{x}', '"quoted", @misc\\textbraceleft{}x\\textbraceright{}', id="an entry within"),
        pytest.param("a\nb\x1b[31m\u202ec", "a b\ufffd[31mc", id="control characters"),
        pytest.param("\u4e2d\u6587 caf\u00e9", "\u4e2d\u6587 caf\u00e9", id="other scripts"),
    ],
)
def test_bibtex_is_escaped(title: str, escaped: str) -> None:
    """No title ends its field, or runs a command of TeX."""
    assert parsed(cite(replace(ARTICLE, title=title), "bibtex"))[1]["title"] == f"{{{escaped}}}"


@settings(deadline=None)  # the first example loads what the others have
@given(
    texts=st.lists(st.text(max_size=20), min_size=4, max_size=4),
    iso=st.sampled_from(["", "2024", "2024-02", "2024-02-29"]),
)
def test_any_article_can_be_cited(texts: list[str], iso: str) -> None:
    """Whatever its fields hold, one entry with balanced braces and one JSON item come out, and no character that steers a terminal."""
    title, source, url, author = texts
    article = replace(
        ARTICLE, id=title, title=title, source=source, url=url, metadata={"author": author}, published=Published(iso, "x") if iso else None
    )
    for form in FORMS:
        text = cite(article, form, Span(0, 5))
        assert not {character for character in text if unicodedata.category(character) in ("Cc", "Cs") and character != "\n"}
        assert not set("\u202a\u202e\u2066\u2069\u200b\ufeff") & set(text)
    bibtex = cite(article, "bibtex")
    assert bibtex.count("{") == bibtex.count("}")
    parsed(bibtex)
    assert item(article)["title"]


def test_a_passage_is_cited_with_its_page() -> None:
    """Or its pages; in a text without pages, with its characters."""
    assert cite(PAGED, passage=Span(20, 25)).startswith('"Blinken in Beijing." Harbour Courier, 26 April 2024, p. 2.')
    assert item(PAGED, Span(10, 50))["page"] == "1-3"
    assert parsed(cite(PAGED, "bibtex", Span(17, 18)))[1]["pages"] == "1"
    assert parsed(cite(PAGED, "bibtex", Span(17, 19)))[1]["pages"] == "1--2"
    assert "page" not in item(PAGED)
    assert "characters 5-9 of the text" in cite(ARTICLE, passage=Span(5, 9))
    assert item(ARTICLE, Span(5, 9))["note"] == "characters 5-9 of the text"


def test_what_was_withdrawn_is_said() -> None:
    """A citation of a retracted article says so, in every form."""
    article = replace(ARTICLE, metadata={"retracted": "made up", "corrected_by": "blinken-2"})
    for form in FORMS:
        assert "Retracted: made up" in cite(article, form)
        assert "Corrected version: blinken-2" in cite(article, form)
    assert cite(replace(ARTICLE, metadata={"retracted": "true"})).endswith(f". Retracted. {ARTICLE.url}")
    ended = cite(replace(ARTICLE, metadata={"retracted": "The figures were wrong."}))
    assert ended.endswith(f". Retracted: The figures were wrong. {ARTICLE.url}")
    assert "Retracted" not in cite(replace(ARTICLE, metadata={"retracted": "false"}))


def test_keys_tell_articles_apart() -> None:
    """Two articles of an outlet with one headline and year have keys of their own, of letters that every BibTeX takes."""
    keys = {item(replace(ARTICLE, id=name, title="\u00c9lection in \u4e2d\u56fd"))["id"] for name in ("a", "b", "caf\udce9")}
    assert len(keys) == 3
    assert all(key.startswith("harbourcourier-2024-election-") and key.isascii() for key in keys)


def test_citation_managers_read_it() -> None:
    """citeproc, given the CSL-JSON and a style, prints each field."""
    pytest.importorskip("citeproc")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
        from citeproc.source.json import CiteProcJSON

        data = json.loads(cite(replace(PAGED, metadata={"byline": "Ann Lee"}), "csl-json", Span(0, 40)))
        style = CitationStylesStyle(io.StringIO(STYLE), validate=False)
        bibliography = CitationStylesBibliography(style, CiteProcJSON(data), formatter.plain)
        bibliography.register(Citation([CitationItem(data[0]["id"])]))
        [entry] = [str(line) for line in bibliography.bibliography()]
    assert entry.replace("\u2013", "-") == "Ann LeeBlinken in Beijing / Harbour Courier / 26.4.2024 / 1-2"


@pytest.mark.parametrize("passage", [Span(5, 5), Span(9, 5), Span(0, 10_000), Span(-1, 5)], ids=str)
def test_a_passage_that_is_not_there(passage: Span) -> None:
    """The range is named, and what it may be."""
    with pytest.raises(UsageError, match=f"no characters {passage.start}-{passage.end} in 'blinken': expected a range within 0-"):
        cite(ARTICLE, passage=passage)


def test_an_unknown_form() -> None:
    """The forms are named."""
    with pytest.raises(UsageError, match="no citation format 'ris': expected text, bibtex, csl-json"):
        cite(ARTICLE, "ris")
