"""CSV, TSV, Parquet and JSON to articles, with the fields that the file names."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any, Literal

import pytest
from cpu_time import cheapest
from ftfy import fix_encoding
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reading import articles_of, read, reasons_of

from newsdex.errors import SourceError
from newsdex.indexer.readers import FORMATS
from newsdex.indexer.readers.fields import record_of_row
from newsdex.indexer.source import Reading, Source
from newsdex.records import Article, Published


def _read(folder: Path, suffix: str, content: str | bytes, columns: Mapping[str, str] | None = None) -> list[Article | SourceError]:
    return read(folder / f"file{suffix}", content, columns=columns)


# CSV and TSV


def test_csv_has_the_fields_of_its_header(tmp_path: Path) -> None:
    """A row is an article; columns with the usual names are its fields, all others its metadata; the checksum is that of its lines."""
    row = 'a1,"Talks, day 2","The minister\nsaid ""so"".",2024-04-26,Example,https://example.com/,en,World\n'
    [article] = articles_of(_read(tmp_path, ".csv", "id,title,text,date,source,url,language,section\n" + row))

    assert (article.id, article.title, article.text) == ("a1", "Talks, day 2", 'The minister\nsaid "so".')
    assert (article.source, article.url, article.language) == ("Example", "https://example.com/", "en")
    assert (article.published, article.metadata) == (Published("2024-04-26", "record"), {"section": "World"})
    assert (article.record, article.sha256) == (2, hashlib.sha256(row.encode()).hexdigest())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "mac_roman", "utf-16"])
def test_csv_of_a_macintosh_is_read(encoding: str, tmp_path: Path) -> None:
    """Its lines end with a carriage return alone, also those within quotation marks."""
    content = 'id,text\r1,"Größe.\rUnd Maß."\r\r2,"Größe, länger als Maß."\r'
    items = _read(tmp_path, ".csv", content.encode(encoding))
    assert [(each.id, each.text, each.record) for each in articles_of(items)] == [
        ("1", "Größe.\rUnd Maß.", 2),
        ("2", "Größe, länger als Maß.", 5),
    ]


def test_a_carriage_return_in_the_first_line_of_a_table_is_named(tmp_path: Path) -> None:
    """It is a problem of the file, and no crash of the reader."""
    with pytest.raises(SourceError, match=r"^line 1: new-line character"):
        _read(tmp_path, ".csv", "id,te\rxt\n1,One.\n")


def test_csv_rows_are_counted_by_their_first_line(tmp_path: Path) -> None:
    """A row of several lines has the number of its first; blank lines count but are no articles; a row without an id is called after it."""
    items = articles_of(_read(tmp_path, ".csv", 'text\n"one\ntwo"\n\nthree\n'))

    assert [(article.id, article.record, article.text) for article in items] == [("file.csv#2", 2, "one\ntwo"), ("file.csv#5", 5, "three")]


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        pytest.param("headline,body,published", {}, id="usual names"),
        pytest.param("h,b,d", {"title": "h", "text": "b", "date": "d"}, id="names that are told"),
        pytest.param(" headline , body ,published", {}, id="white space around"),
    ],
)
def test_columns_may_have_other_names(header: str, columns: Mapping[str, str], tmp_path: Path) -> None:
    """What a column is, is known by a usual name, or told."""
    [article] = articles_of(_read(tmp_path, ".csv", f"{header}\nTalks,Text.,2024\n", columns))

    assert (article.title, article.text, article.published, article.metadata) == ("Talks", "Text.", Published("2024", "record"), {})


def test_of_columns_with_one_name_the_first_with_a_value_counts(tmp_path: Path) -> None:
    """As of columns with different names for one field: an empty one does not erase the text."""
    items = _read(tmp_path, ".csv", "text,author,author,text\nOne.,Ann,Bo,\n,,Bo,Two.\n")
    assert [(each.text, each.metadata) for each in articles_of(items)] == [("One.", {"author": "Ann"}), ("Two.", {"author": "Bo"})]


def test_a_file_without_a_mapped_column_has_the_usual_one(tmp_path: Path) -> None:
    """One mapping is given for all files of a run; where a file has both names, the mapped one counts, also if it is empty."""
    columns = {"text": "story", "title": "head"}
    [usual] = articles_of(_read(tmp_path, ".csv", "title,text\nTalks,Text.\n", columns))
    [both] = articles_of(_read(tmp_path, ".csv", "head,title,story\n,Slug,Text.\n", columns))
    [record] = articles_of(_read(tmp_path, ".jsonl", '{"title": "Talks", "story": "Text."}\n', columns))
    [page] = articles_of(_read(tmp_path, ".md", "---\ntitle: Talks\n---\nText.\n", columns))
    assert [(article.title, article.text.splitlines()[-1]) for article in (usual, both, record, page)] == [
        ("Talks", "Text."),
        ("", "Text."),
        ("Talks", "Text."),
        ("Talks", "Text."),
    ]


@pytest.mark.parametrize(
    "header",
    [
        "id;Title;Text;Date;Author",
        "id;HEADLINE;BODY;Published;author.name",
        "_id;title.rendered;content.rendered;pubdate;Author_Name",
        "id;Article Title;Article Body;Published-At;byline.original",
        "id;headline.main;fullText;PUBLISHED_DATE;Author Name",
        "id;webTitle;bodyText;webPublicationDate;Byline",
        "id;post_title;post_content;post_date;author",
    ],
)
def test_names_of_columns_are_read_in_any_case(header: str, tmp_path: Path) -> None:
    """As spreadsheets write them, and as exports name a part of an object."""
    [article] = articles_of(_read(tmp_path, ".csv", f"{header}\na1;Talks;Text.;2024-04-26;Ana Paz\n"))

    assert (article.id, article.title, article.text) == ("a1", "Talks", "Text.")
    assert article.published == Published("2024-04-26", "record")
    assert article.metadata in ({"author": "Ana Paz"}, {"byline": "Ana Paz"})


@pytest.mark.parametrize(
    "header", ["Titel;Text;Datum;Quelle;Sprache", "t\u00edtulo;texto;fecha;fuente;idioma", "titre;texte;date;source;langue"]
)
def test_names_of_columns_in_other_languages(header: str, tmp_path: Path) -> None:
    [article] = articles_of(_read(tmp_path, ".csv", f"{header}\nTalks;Text.;2024-04-26;Courier;de\n"))
    assert (article.title, article.text, article.source, article.language) == ("Talks", "Text.", "Courier", "de")
    assert (article.published, article.metadata) == (Published("2024-04-26", "record"), {})


def test_a_column_that_is_told_goes_before_another_spelling_of_a_usual_one(tmp_path: Path) -> None:
    """A mapping is read in any case too; two columns that differ only in case are two."""
    content = "Body,TEXT,text,Desk\nA story.,Capitals.,Small.,World\n"
    [article] = articles_of(_read(tmp_path, ".csv", content, {"text": "body", "section": "DESK"}))
    [usual] = articles_of(_read(tmp_path, ".csv", content))

    assert (article.text, article.metadata) == ("A story.", {"TEXT": "Capitals.", "text": "Small.", "section": "World"})
    assert usual.text == "Small."


@pytest.mark.parametrize("first", ["sep=;\r\n", '"sep=;"\r\n', "SEP=;\n"])
def test_line_that_tells_excel_the_delimiter_is_no_header(first: str, tmp_path: Path) -> None:
    """It decides, whatever the header has more of."""
    items = _read(tmp_path, ".csv", f'{first}text;"title, or, what, it, is"\nText.;Talks\n')
    assert [(article.text, article.record) for article in articles_of(items)] == [("Text.", 3)]


@pytest.mark.parametrize("first", ["sep=\r\n", 'sep="\n', "sep=x\n"])
def test_line_that_tells_excel_no_possible_delimiter_decides_nothing(first: str, tmp_path: Path) -> None:
    items = _read(tmp_path, ".csv", f"{first}text;title\nText.;Talks\n")
    assert [(article.text, article.title) for article in articles_of(items)] == [("Text.", "Talks")]


_HTML = (
    "<p>The ferry &amp; the lifeboat of Saltcote<br>put out.</p>\n<script>var a = '<p>';</script>"
    '<figure><img src="a.jpg" alt="x"><figcaption>The dog.</figcaption></figure>'
)
_PLAIN = "The ferry & the lifeboat of Saltcote\nput out.\n\nThe dog."


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        pytest.param(".json", json.dumps({"text": _HTML, "title": "Ferry &amp; lifeboat"}), id="JSON"),
        pytest.param(".jsonl", json.dumps({"body": _HTML, "title": "Ferry &#38; lifeboat"}) + "\n", id="JSON Lines"),
        pytest.param(
            ".json", json.dumps([{"content": {"rendered": _HTML}, "title": {"rendered": "Ferry &amp; lifeboat"}}]), id="WordPress"
        ),
        pytest.param(".csv", '"title","text"\n"Ferry &amp; lifeboat","' + _HTML.replace('"', '""') + '"\n', id="CSV"),
    ],
)
def test_html_in_a_record_is_read_as_its_text(suffix: str, content: str, tmp_path: Path) -> None:
    """As CMSs export it; offsets count in the text."""
    [article] = articles_of(_read(tmp_path, suffix, content))
    assert (article.title, article.text) == ("Ferry & lifeboat", _PLAIN)
    assert (article.body.start, article.body.end) == (0, len(_PLAIN))


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("He spoke.<br>She left.", "He spoke.\nShe left."),
        ("He spoke.<br /><br />\nShe left.", "He spoke.\n\nShe left."),
        ("He spoke.<p>She left.", "He spoke.\n\nShe left."),
        ("He <em>spoke</em>\n<p>and <b>she left.</b></p>\n", "He spoke\n\nand she left."),
        ("<h2>Talks</h2>\nHe spoke.\n\nShe left.", "Talks\n\nHe spoke.\n\nShe left."),
        ("<!-- wp:paragraph -->\n<p>He spoke</p>\n<!-- /wp:paragraph -->", "He spoke"),
        ("<div><p>He spoke.</p><pre># he\n# she</pre></div>", "He spoke.\n\n# he\n# she"),
        ("<div>\n\n    <p>He spoke &amp; she left</p>\n</div>", "He spoke & she left"),
    ],
)
def test_signs_of_html(written: str, text: str, tmp_path: Path) -> None:
    """A tag first and a block that ends with its line, a break behind a sentence, or a sentence and a block that end the text; a blank
    line is a paragraph where none is marked.
    """
    [article] = articles_of(_read(tmp_path, ".json", json.dumps({"text": written})))
    assert article.text == text


@pytest.mark.parametrize(
    "text",
    [
        "If a < b and c > d, then <b> is a tag.",
        "Put <p> before a paragraph, and </p> behind it; <br> and <div> are others.",
        "The tags are called <p>, </p>, <br>.\n\nThat is all.",
        "# Talks\n\n```html\n<div>\n<p>Hello.</p>\n</div>\n```\n\nThat is all.",
        "AT&T & Sons; see https://example.com/?a=1&copy=2",
        'The link is `<a href="x">here</a>`.',
        "I <3 you, she wrote.\n\n<3 <3",
        "# A box\n\nUse flexbox:\n\n    <div>\n      <p>Hi.</p>\n    </div>\n\n- one\n- two\n",
        "Use a paragraph.\n\n    <p>Hi.</p>\n",
        '<p align="center"><img src="a.png"></p>\n\n# Name\n\n1. install\n2. run\n',
        '<p align="center"><img src="a.png"></p>\n\n1. install\n2. run\n\n```\nif a < b:\n    run()\n```\n',
        '<p align="center"><img src="a.png"></p>\n\nInstall it.\n\n    pip install it\n',
        "<alice> How do I break a line?\n<bob> With <br>, of course.\n<alice> Thanks!<br>",
        "<Unverst\u00e4ndlich> Er sagte ja.<br>",
        'They wrote <a href="http://x.example">cheap</a> here.\nThe rule `if a<b and c>d` stops them.',
        "He spoke.<br>\nA poem has\nlines.",
        "He spoke.<br>\r\nA poem has\r\nlines.",
        "<p> begins a paragraph, and </p> ends it; <br> is a break.",
        "Lists are <ul><li>One</li><li>Two</li></ul>, of course.",
        "The payload is &lt;script&gt;alert(1)&lt;/script&gt;, escaped as &amp;lt; in the log.",
    ],
)
def test_prose_that_speaks_of_tags_stays_as_it_is(text: str, tmp_path: Path) -> None:
    """What is not certainly HTML is text."""
    [article] = articles_of(_read(tmp_path, ".json", json.dumps({"text": text})))
    assert article.text == text


@pytest.mark.parametrize(
    "record", [{"ID": "x"}, {"id": {"name": "x"}}, {"_id": [{"name": "x"}]}, {"id.name": "x"}, {"_id": {"rendered": "x"}}]
)
def test_ids_are_taken_as_they_are_alone(record: dict[str, object], tmp_path: Path) -> None:
    """Another spelling or an object names no article: what was withdrawn under its place in the file would come back under another id."""
    [plain] = articles_of(_read(tmp_path, ".jsonl", json.dumps({"text": "Text."})))
    [article] = articles_of(_read(tmp_path, ".jsonl", json.dumps({"text": "Text.", **record})))
    assert article.id == plain.id


def test_missing_values_of_pandas_are_no_values(tmp_path: Path) -> None:
    """NaN, which Python's JSON has for a missing value, is neither an id, which would be the same of all rows, nor a title or date."""
    line = '{"id": NaN, "title": NaN, "date": NaN, "source": NaN, "url": NaN, "desk": NaN, "text": "Text."}'
    items = _read(tmp_path, ".jsonl", f"{line}\n{line}\n")

    assert [(each.id, each.title, each.source, each.url, each.metadata) for each in articles_of(items)] == [
        ("file.jsonl#1", "", "", "", {}),
        ("file.jsonl#2", "", "", "", {}),
    ]
    assert reasons_of(items) == []


def test_line_ends_are_not_smuggled_into_a_field(tmp_path: Path) -> None:
    """A title is one line, however its line ends are written."""
    record = {"text": "Text.", "title": "A&#10;newsdex: b&#13;&Tab;c", "section": "d&#x0A;e"}
    [article] = articles_of(_read(tmp_path, ".json", json.dumps(record)))
    assert (article.title, article.metadata) == ("A newsdex: b c", {"section": "d e"})


def test_objects_that_are_values_are_what_they_are_called(tmp_path: Path) -> None:
    """People and publishers."""
    record = {
        "text": "Text.",
        "source": {"name": "Herald"},
        "authors": [{"name": "Ana Paz"}, "A. Li", {"url": "x"}],
        "Creators": {"name": "O&#8217;Neil"},
        "payload": "&lt;b&gt;",
        "place": {"lat": 1},
    }
    [article] = articles_of(_read(tmp_path, ".json", json.dumps(record)))

    assert article.source == "Herald"
    assert article.metadata == {"authors": "Ana Paz, A. Li", "creator": "O\u2019Neil", "payload": "&lt;b&gt;"}


@pytest.mark.parametrize(
    ("content", "columns", "reason"),
    [
        pytest.param("a,b\n1,2\n", {}, r'no column is called "text".*--columns text=NAME, with a name of: a, b', id="no text"),
        pytest.param("a,b\n1,2\n", {"text": "c"}, r"it has no column 'c'; its columns are: a, b", id="no such column"),
        pytest.param(
            f"News;{'x' * 99}\nNews;y\n", {}, r"the first line of a table names its columns.*: News, x{77}\.\.\.$", id="no header"
        ),
        pytest.param(f"{','.join('abcdef' * 9)}\n1\n", {}, r"name of: a, (\w, ){48}b, \.\.\.$", id="many columns"),
        pytest.param("", {}, "no text", id="empty"),
        pytest.param("\n \n", {}, "no text", id="blank"),
    ],
)
def test_table_without_text_says_what_to_do(content: str, columns: Mapping[str, str], reason: str, tmp_path: Path) -> None:
    """Whoever has a table of other names is told how to name them."""
    with pytest.raises(SourceError, match=reason):
        _read(tmp_path, ".csv", content, columns)


_WITHOUT_TEXT = {"title": "Talks", "date": "2024-04-26", "summary": "They go on."}


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        pytest.param(".csv", "title,date,summary\nTalks,2024-04-26,They go on.\nMore talks,2024-04-27,\n", id="CSV"),
        pytest.param(".json", json.dumps([_WITHOUT_TEXT, _WITHOUT_TEXT | {"title": "More talks", "summary": None}]), id="JSON"),
        pytest.param(".jsonl", f"{json.dumps(_WITHOUT_TEXT)}\n" + json.dumps(_WITHOUT_TEXT | {"summary": ""}), id="JSON Lines"),
    ],
)
def test_records_without_a_text_are_read_by_their_summaries(suffix: str, content: str, tmp_path: Path) -> None:
    """A file of links to stories; it is said once which field is read, and how to name another."""
    items = _read(tmp_path, suffix, content)
    first, *others = articles_of(items)

    assert (first.title, first.text, first.metadata) == ("Talks", "They go on.", {})
    assert [article.text for article in others] in ([], [""])
    assert [reason for reason in reasons_of(items) if "record" not in reason] == [
        "no field is called \"text\": the field 'summary' is read (--columns text=NAME names another)"
    ]
    assert not reasons_of(_read(tmp_path, ".csv", "title,date,summary\nTalks,2024-04-26,They go on.\n", {"text": "summary"}))


@pytest.mark.parametrize("names", ["name,description", "title,description", "summary,url"])
def test_a_summary_alone_makes_no_article(names: str, tmp_path: Path) -> None:
    """Packages, settings and schemas have descriptions too: two of title, date and address tell an article."""
    with pytest.raises(SourceError, match='no column is called "text"'):
        _read(tmp_path, ".csv", f"{names}\na,b\n")
    with pytest.raises(SourceError, match="no articles"):
        _read(tmp_path, ".json", json.dumps([dict.fromkeys(names.split(","), "a")]))


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (
            '<a href="https://example.com/a" target="_blank">Talks go on</a>&nbsp;&nbsp;<font color="#6f6f6f">Courier</font>',
            "Talks go on Courier",
        ),
        ('&lt;a href="https://example.com/a"&gt;Talks go on&lt;/a&gt;', "Talks go on"),
        ('<img src="a.png" /><p>Talks go on, and', "Talks go on, and"),
        ("Talks go on &amp; on.", "Talks go on & on."),
        ('<p>Talks go on.</p> <a href="https://exam', "Talks go on."),
        ("If a < b and c > d, then talks go on.", "If a < b and c > d, then talks go on."),
    ],
)
def test_html_in_a_summary_is_read_as_its_text(written: str, text: str, tmp_path: Path) -> None:
    """Feeds, from which summaries come, have HTML without blocks, cut off or written with references."""
    record = {"title": "Talks", "url": "https://example.com/a", "summary": written}
    [article] = articles_of(_read(tmp_path, ".json", json.dumps(record)))
    assert article.text.replace("\xa0", " ") == text


@pytest.mark.parametrize("none", ["[Removed]", "[removed]", "[deleted]", "ONLY AVAILABLE IN PAID PLANS", " ", None, []])
def test_words_for_no_text_are_none(none: object, tmp_path: Path) -> None:
    """As services write them; the summary is the text then, or there is none."""
    story = {"title": "Talks", "content": none}
    [article] = articles_of(_read(tmp_path, ".json", json.dumps([story | {"description": "They go on."}])))
    empty = articles_of(_read(tmp_path, ".json", json.dumps([_STORY, story])))[1:]

    assert article.text == "They go on."
    assert [each.text for each in empty] == ([] if none in (None, []) else [""])


@pytest.mark.parametrize("name", ["headline_text", "Titulo", "headline", "title"])
def test_headlines_alone_are_titles_too(name: str, tmp_path: Path) -> None:
    """Whoever has nothing else maps the text to them, and lists of articles show them."""
    with pytest.raises(SourceError, match=f"--columns text=NAME, with a name of: publish_date, {name}$"):
        _read(tmp_path, ".csv", f"publish_date,{name}\n20240426,Talks go on\n")
    [article] = articles_of(_read(tmp_path, ".csv", f"publish_date,{name}\n20240426,Talks go on\n", {"text": name}))

    assert (article.title, article.text, article.metadata) == ("Talks go on", "Talks go on", {})
    assert article.published == Published("2024-04-26", "record")


def test_texts_that_the_source_cut_off_are_counted(tmp_path: Path) -> None:
    """Once a file, however many other problems it has: who searches it must know that most of each story is missing."""
    rows = ["The talks in Geneva go on until bo… [+1825 chars]", "The pier of Saltcote burned d… [+9 chars]", "See [+4 chars] there."]
    items = _read(tmp_path, ".csv", "text,date\n" + "".join(f"{row},{day}\n" for row in rows for day in ["2024-04-26", *["never"] * 60]))

    assert [reason for reason in reasons_of(items) if "cut off" in reason] == [
        "122 texts cut off by the source ('[+1825 chars]' at the end): only the beginning is indexed"
    ]
    assert articles_of(items)[0].text == rows[0]


def test_columns_that_pandas_adds_are_no_fields(tmp_path: Path) -> None:
    """They number the rows."""
    [article] = articles_of(_read(tmp_path, ".csv", ",Unnamed: 0.1,text,n\n0,7,Text.,3\n"))
    assert article.metadata == {"n": "3"}


@pytest.mark.parametrize("write", [repr, json.dumps])
def test_lists_and_objects_in_cells_are_read_as_such(write: Callable[[object], str], tmp_path: Path) -> None:
    """A data frame that is saved has them as Python or JSON writes them."""
    paragraphs = ["The bridge reopened.", "", 'It\'s \u201csafe\u201d, said the mayor\u2019s "inspector".']
    source = {"id": None, "name": "Harbour Herald"}
    rows = [
        {"text": write(paragraphs), "authors": write(["Ana Paz", "A. Li"]), "source": write(source), "place": write({"lat": 1})},
        {"text": "[sic] or not?", "authors": "[]", "source": "{}", "place": ""},
    ]
    file = io.StringIO()
    table = csv.DictWriter(file, list(rows[0]))
    table.writeheader()
    table.writerows(rows)
    first, second = articles_of(_read(tmp_path, ".csv", file.getvalue()))

    assert first.text == 'The bridge reopened.\n\nIt\'s \u201csafe\u201d, said the mayor\u2019s "inspector".'
    assert (first.source, first.metadata) == ("Harbour Herald", {"authors": "Ana Paz, A. Li", "place": write({"lat": 1})})
    assert (second.text, second.source, second.metadata) == ("[sic] or not?", "", {})


@settings(max_examples=50)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="<&"), min_size=1).filter(str.strip), min_size=1))
def test_any_list_of_texts_in_a_cell_is_read_as_they_are(texts: list[str]) -> None:
    for written in (repr(texts), json.dumps(texts), json.dumps(texts, ensure_ascii=False)):
        assert record_of_row(["text"], [written]) == {"text": texts}


@pytest.mark.parametrize(
    "value",
    [
        "[" + "'" * 900_000,
        "['" + "\\'" * 400_000,
        "{'a'" + " " * 800_000,
        "['a', " + "(" * 900_000,
        "['a' 'b']",
        "{'name': 0x1G}",
        "['\\N{x}']",
        f"['{'a' * 1_000_000}']",
    ],
)
def test_what_is_no_list_stays_as_it_is(value: str) -> None:
    assert record_of_row(["text"], [value]) == {"text": value}


def test_the_number_of_an_account_is_no_author(tmp_path: Path) -> None:
    """The interface of WordPress has it; a name of figures is a name."""
    items = _read(tmp_path, ".json", json.dumps([{"text": "One.", "author": 3}, {"text": "Two.", "author": "3"}]))
    assert [article.metadata for article in articles_of(items)] == [{}, {"author": "3"}]


@pytest.mark.parametrize("value", ["2024-04-26", "20.abr.2024 - 23h28"])
def test_data_is_a_date_if_it_has_the_day_alone(value: str, tmp_path: Path) -> None:
    """In Portuguese and Italian; elsewhere it is anything, such as a longer text."""
    [article] = articles_of(_read(tmp_path, ".csv", f"titulo,data,texto\nCais,{value},Texto.\n"))
    [other] = articles_of(_read(tmp_path, ".csv", "text,data\nText.,The report of 26 April 2024 has more on the pier.\n"))
    [part] = articles_of(_read(tmp_path, ".json", json.dumps({"text": "Text.", "data": {"date": value}})))

    assert article.published is not None
    assert article.published.iso.startswith("2024-04-2")
    assert (other.published, part.published) == (None, None)


@pytest.mark.parametrize(("written", "read_as"), [("Jul 18 2020", "2020-07-18"), ("2020-07-18 12:39:00", "2020-07-18T12:39:00")])
def test_a_time_is_a_date_if_it_has_the_day(written: str, read_as: str, tmp_path: Path) -> None:
    """Where there is no other date; a time of the day, or of reading, is no date and no problem."""
    items = _read(tmp_path, ".csv", f"text,time\nText.,{written}\nText.,5 min\nText.,1530\n")
    both = _read(tmp_path, ".csv", f"text,date,time\nText.,2024-04-26,{written}\n")

    assert [str(article.published) for article in articles_of(items)] == [read_as, "None", "None"]
    assert [str(article.published) for article in articles_of(both)] == ["2024-04-26"]
    assert not reasons_of(items)


@pytest.mark.parametrize("first", ["Talks go on,https://example.com/a,2024-04-26", "37,3,2116", f"News,{'x' * 99}"])
def test_a_table_without_a_header_is_told_what_it_lacks(first: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"if it is a row, put a line of names above it"):
        _read(tmp_path, ".csv", f"{first}\n{first}\n")


def test_author_and_section_may_have_other_names(tmp_path: Path) -> None:
    """They are metadata by which newsdex filters; a column that is mapped goes before one with the usual name."""
    columns = {"author": "writer", "section": "desk"}
    [article] = articles_of(_read(tmp_path, ".csv", "text,writer,author,desk\nText.,Ana Paz,web team,World\n", columns))
    [usual] = articles_of(_read(tmp_path, ".csv", "text,author\nText.,Ana Paz\n", {"author": "writer"}))
    [record] = articles_of(_read(tmp_path, ".json", '{"text": "Text.", "writer": ["Ana Paz", "A. Li"]}', columns))

    assert article.metadata == {"author": "Ana Paz", "section": "World"}
    assert usual.metadata == {"author": "Ana Paz"}
    assert record.metadata == {"author": "Ana Paz, A. Li"}


_FORMS = {
    ".csv": lambda days: "text,date\n" + "".join(f'Text.,"{day}"\n' for day in days),
    ".jsonl": lambda days: "".join(json.dumps({"text": "Text.", "date": day}) + "\n" for day in days),
    ".json": lambda days: json.dumps([{"text": "Text.", "date": day} for day in days]),
}


@pytest.mark.parametrize("suffix", _FORMS)
@pytest.mark.parametrize(
    ("days", "read_as"),
    [
        pytest.param(["26/04/2024"], ["2024-04-26"], id="one that can only be one day"),
        pytest.param(["04/05/2024", "26/04/2024"], ["2024-05-04", "2024-04-26"], id="the day first, known from a later row"),
        pytest.param(["04/26/2024", "04-05-2024"], ["2024-04-26", "2024-04-05"], id="the month first"),
        pytest.param(["04/05/2024", "04/04/2024", "01-02-2024"], ["", "2024-04-04", ""], id="nothing tells the order"),
        pytest.param(["26/04/2024", "04/26/2024", "04/05/2024"], ["2024-04-26", "2024-04-26", ""], id="both orders"),
        pytest.param(["26/04/2024", "31/02/2024", "yesterday"], ["2024-04-26", "", ""], id="no dates"),
        pytest.param(["26 avril 2024", "3 de mayo de 2024", "Apr. 5th, 2024"], ["2024-04-26", "2024-05-03", "2024-04-05"], id="words"),
        pytest.param(["1714134600", "1714134600000"], ["2024-04-26T12:30:00+00:00"] * 2, id="seconds and milliseconds since 1970"),
    ],
)
def test_dates_of_a_file_have_one_order(suffix: str, days: list[str], read_as: list[str], tmp_path: Path) -> None:
    """Those that leave no choice tell how to read the others; where they do not, a date is left out, and listed."""
    items = _read(tmp_path, suffix, _FORMS[suffix](days))

    assert [article.published.iso if article.published else "" for article in articles_of(items)] == read_as
    assert len(reasons_of(items)) == read_as.count("")
    assert all("can be two days (--date-order" in reason or "not understood" in reason for reason in reasons_of(items))


def test_date_order_that_is_told_is_believed(tmp_path: Path) -> None:
    """But not against a date that can only be one day."""
    path = tmp_path / "a.csv"
    path.write_text("text,date\nA.,04/05/2024\nB.,04/26/2024\n")
    articles = articles_of(list(FORMATS[".csv"].articles(Source(path, "a.csv", Reading(date_order="dmy")))))

    assert [str(article.published) for article in articles] == ["2024-05-04", "2024-04-26"]


def test_bad_row_costs_no_other(tmp_path: Path) -> None:
    """A row of too many fields is named by its line; one of too few lacks the last."""
    items = _read(tmp_path, ".csv", "text,title\nA.,a\nB.,b,c\nC.\n")

    assert [(article.text, article.title) for article in articles_of(items)] == [("A.", "a"), ("C.", "")]
    assert reasons_of(items) == ["line 3: 3 fields, expected 2"]


@pytest.mark.parametrize("rows", [30, 4_000])
@pytest.mark.parametrize("quoted", [True, False])
def test_unclosed_quotation_mark_costs_its_row(rows: int, quoted: bool, tmp_path: Path) -> None:
    """One that is never closed, or that the next one closes, takes no row behind it, and is named by its line."""
    mark = '"' if quoted else ""
    lines = [f"r{number},{mark}The talks{', all of them,' if quoted else ''} go on{mark},2024" for number in range(rows)]
    lines[rows // 2] = f'r{rows // 2},"The talks go on,2024'
    items = _read(tmp_path, ".csv", "\n".join(["id,text,date", *lines, ""]))

    assert [article.id for article in articles_of(items)] == [f"r{number}" for number in range(rows) if number != rows // 2]
    assert reasons_of(items) == [f"line {rows // 2 + 2}: a quotation mark is not closed; reading continued at the next line"]
    assert {article.record for article in articles_of(items)} == {*range(2, rows + 2)} - {rows // 2 + 2}


def test_text_of_many_lines_is_no_unclosed_quotation_mark(tmp_path: Path) -> None:
    """Prose has lines with as many commas as a row has, but not throughout; what is cut off within it is named, and is not taken for
    rows.
    """
    prose = "\n".join(["He came, he saw, he won." if number % 3 == 0 else "Then nothing happened for a while." for number in range(200)])
    content = f'id,text,date\nr1,"{prose}",2024\nr2,"{prose}'
    items = _read(tmp_path, ".csv", content)

    assert [(article.id, article.text) for article in articles_of(items)] == [("r1", prose)]
    assert reasons_of(items) == ["line 202: a quotation mark is not closed; everything after it is lost"]


def _table(lines: int) -> str:
    return "\n".join(f"District {number}, {number * 371} votes, {number}.5 per cent" for number in range(lines))


@pytest.mark.parametrize("lines", [15, 16, 40, 5_000])
@pytest.mark.parametrize("order", [("title", "text", "date"), ("date", "title", "text"), ("text", "title", "date")])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_a_table_in_a_quoted_field_is_text(lines: int, order: tuple[str, str, str], quoting: Literal[0, 1], tmp_path: Path) -> None:
    """A field that is closed is one field, though each line in it has as many delimiters as a row."""
    texts = [f"Votes:\n{_table(lines)}\nEnd.", _table(lines), "The talks, all of them, go on.", f"Votes:\n{_table(lines)}", "Talks."]
    rows = [{"title": f"R{number}", "text": text, "date": "2024-05-02"} for number, text in enumerate(texts)]
    content = io.StringIO(newline="")
    writer = csv.DictWriter(content, order, quoting=quoting)
    writer.writeheader()
    writer.writerows(rows)
    items = _read(tmp_path, ".csv", content.getvalue())

    assert [(article.title, article.text) for article in articles_of(items)] == [(row["title"], row["text"]) for row in rows]
    assert all(isinstance(item, Article) or not item.lost for item in items)


def test_a_field_that_may_have_swallowed_rows_is_named(tmp_path: Path) -> None:
    """Where a row begins a quotation and another one ends it, all between them may be rows, or a table: a person is told."""
    rows = [f"r{number},Talks {number},2024" for number in range(50)]
    rows[9], rows[40] = 'r9,"Talks 9,2024', 'r40,Talks 40",2024'
    items = _read(tmp_path, ".csv", "\n".join(["id,text,date", *rows, ""]))

    assert [article.id for article in articles_of(items)] == [f"r{number}" for number in range(50) if not 9 < number <= 40]
    [remark] = [item for item in items if isinstance(item, SourceError)]
    assert "line 11: its next 31 lines are read as text" in remark.reason
    assert not remark.lost


def test_a_quotation_mark_without_end_in_a_long_file_costs_its_row(tmp_path: Path) -> None:
    """The rows behind it come, though they are more than a field may hold."""
    rows = [f"r{number},{'talks ' * 1_500}{number},2024" for number in range(8_000)]
    rows[5] = 'r5,"Talks 5,2024'
    items = _read(tmp_path, ".csv", "\n".join(["id,text,date", *rows, ""]))

    assert reasons_of(items) == ["line 7: a quotation mark is not closed; reading continued at the next line"]
    assert [article.id for article in articles_of(items)] == [f"r{number}" for number in range(8_000) if number != 5]


def test_a_row_of_several_lines_with_too_many_fields_is_named_as_such(tmp_path: Path) -> None:
    """Its quotation marks are right, and nothing behind it is lost."""
    items = _read(tmp_path, ".csv", 'title,text\nA,"one\ntwo",b,c\nC,three\n')

    assert [article.title for article in articles_of(items)] == ["C"]
    assert reasons_of(items) == ["line 2: 4 fields, expected 2"]


def test_unclosed_quotation_marks_cost_no_more_than_there_is_to_read(tmp_path: Path) -> None:
    """However many there are: ten times as many rows do not take a hundred times as long."""

    def cost(rows: int) -> float:
        content = "id,text,date\n" + 'a,"b,2024\n' * rows + 'a,b,"2024\n' * rows
        return cheapest(lambda: _read(tmp_path, ".csv", content))

    assert cost(20_000) < 60 * max(0.02, cost(2_000))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_dialects_and_encodings(delimiter: str, encoding: str, end: str, tmp_path: Path) -> None:
    """The delimiter is the one that the header has, and the encoding any that text comes in."""
    german = "Die Bundesregierung prüft schärfere Maßnahmen; über Köln lag Nebel, und die Bürger hörten die Züge."
    content = io.StringIO()
    writer = csv.writer(content, delimiter=delimiter, lineterminator=end)
    writer.writerows([["title", "text"], ["Köln", german]] * 1 + [["München", german[::-1]]])
    items = _read(tmp_path, ".csv", content.getvalue().encode(encoding))

    assert [(article.title, article.text) for article in articles_of(items)] == [("Köln", german), ("München", german[::-1])]


def _is_plain(text: str) -> bool:
    """Neither decoded wrongly before nor a list or an object, which are read as such."""
    return fix_encoding(text) == text and not text.lstrip().startswith(("[", "{"))


_CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30).filter(_is_plain)


@given(st.lists(st.tuples(_CELL, _CELL.filter(str.strip)), max_size=5))
@example([("", "0\n\r")])
@settings(deadline=None)
def test_csv_gives_what_was_written(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]) -> None:
    """Every row that the csv module writes is read as it was, whatever is in it."""
    content = io.StringIO(newline="")
    csv.writer(content).writerows([("extra", "text"), *rows])
    items = _read(tmp_path_factory.getbasetemp(), ".csv", content.getvalue().encode())

    assert [article.text for article in articles_of(items)] == [text for _, text in rows]


def test_csv_of_a_large_field_is_read(tmp_path: Path) -> None:
    """The csv module's own limit of 131,072 characters a field does not hold."""
    [article] = articles_of(_read(tmp_path, ".csv", f"text\n{'word ' * 100_000}\n"))

    assert len(article.text) == 500_000


# Parquet


_NO_PYARROW = "pyarrow is not installed: pip install 'newsdex[parquet]'"


def _parquet(folder: Path, columns: Any) -> Path:
    pa = pytest.importorskip("pyarrow", reason=_NO_PYARROW)
    from pyarrow import parquet

    parquet.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), folder / "file.parquet")
    return folder / "file.parquet"


def test_parquet_has_the_fields_of_its_columns(tmp_path: Path) -> None:
    """A row is an article; days and times are dates of that precision; nested columns are passed over."""
    zoned = datetime(2024, 4, 26, 12, 30, tzinfo=timezone.utc)
    path = _parquet(
        tmp_path,
        {
            "body": ["One.", "Two."],
            "headline": ["a", None],
            "date": [zoned, None],
            "day": [date(2024, 4, 26)] * 2,
            "n": [1, 2],
            "x": [{"y": 1}] * 2,
        },
    )
    first, second = FORMATS[".parquet"].articles(Source(path, "file.parquet"))
    [by_day, _] = FORMATS[".parquet"].articles(Source(path, "file.parquet", Reading({"date": "day", "text": "headline"})))

    assert isinstance(first, Article)
    assert isinstance(second, Article)
    assert isinstance(by_day, Article)
    assert (first.id, first.text, first.title, first.published) == (
        "file.parquet#1",
        "One.",
        "a",
        Published("2024-04-26T12:30:00+00:00", "record"),
    )
    assert first.metadata == {"day": "2024-04-26", "n": "1"}
    assert (second.id, second.title, second.published) == ("file.parquet#2", "", None)
    assert (by_day.text, by_day.published) == ("a", Published("2024-04-26", "record"))


def test_parquet_row_without_text_costs_no_other(tmp_path: Path) -> None:
    """A null where the text should be is named by its row."""
    path = _parquet(tmp_path, {"text": ["One.", None, "Three."]})
    items = list(FORMATS[".parquet"].articles(Source(path, "file.parquet")))

    assert [article.text for article in articles_of(items)] == ["One.", "Three."]
    assert reasons_of(items) == ['row 2: not an article: the field "text" is missing or is not a string']


def test_parquet_value_that_cannot_be_read_costs_no_other(tmp_path: Path) -> None:
    """Text that is not UTF-8, and times that Python does not have: of years beyond 9999, or in a zone that is not known."""
    pa = pytest.importorskip("pyarrow", reason=_NO_PYARROW)
    damaged = pa.Array.from_buffers(pa.string(), 3, pa.array([b"One.", b"K\xf6ln.", b"Three."]).buffers())
    dates = pa.array([1_714_133_532_000_000, 2**61, None], pa.timestamp("us"))
    seen = pa.array([0, None, 2**40], pa.timestamp("ms", "Mars/Base"))
    path = _parquet(tmp_path, {"text": damaged, "date": dates, "seen": seen, "title": ["a", "b", "c"]})
    items = list(FORMATS[".parquet"].articles(Source(path, "file.parquet")))

    assert [(each.title, each.text, str(each.published or "")) for each in articles_of(items)] == [
        ("a", "One.", "2024-04-26T12:12:12"),
        ("b", "K\ufffdln.", ""),
        ("c", "Three.", ""),
    ]
    assert reasons_of(items) == ["row 2: date '2305843009213693952' not understood (expected e.g. 2024-04-26); indexed without it"]


@pytest.mark.parametrize("kind", ["large_string", "string_view", "dictionary"])
def test_parquet_has_text_of_each_kind(kind: str, tmp_path: Path) -> None:
    """As other programs write it; of two columns with one name, the first with a value counts."""
    pa = pytest.importorskip("pyarrow", reason=_NO_PYARROW)
    texts = pa.array(["One.", None, "Three."])
    if kind == "string_view" and not hasattr(pa, kind):
        pytest.skip("pyarrow 15 has no string_view")
    texts = texts.dictionary_encode() if kind == "dictionary" else pa.array(texts.to_pylist(), getattr(pa, kind)())
    path = _parquet(tmp_path, pa.Table.from_arrays([texts, pa.array([None, "Two.", ""])], names=["text", "text"]))
    items = list(FORMATS[".parquet"].articles(Source(path, "file.parquet")))
    assert [each.text for each in articles_of(items)] == ["One.", "Two.", "Three."]


def test_parquet_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    """A broken file is named as such, and one without a column of text with the columns that it has."""
    path = _parquet(tmp_path, {"a": ["One."], "n": [1]})
    with pytest.raises(SourceError, match='no column is called "text"; say which it is: --columns text=NAME, with a name of: a'):
        list(FORMATS[".parquet"].articles(Source(path, "file.parquet")))
    with pytest.raises(SourceError, match="it has no column 'b'"):
        list(FORMATS[".parquet"].articles(Source(path, "file.parquet", Reading({"text": "b"}))))
    with pytest.raises(SourceError, match="broken"):
        _read(tmp_path, ".parquet", b"PAR1 and so on")


# JSON


def test_json_object_is_an_article(tmp_path: Path) -> None:
    """An object with a text is the article that the file is."""
    content = json.dumps({"id": "a", "headline": "Talks", "text": "Text.", "datePublished": "2024-04", "section": "World"})
    [article] = articles_of(_read(tmp_path, ".json", content))
    [unnamed] = articles_of(_read(tmp_path, ".json", '{"body": "Text."}'))

    assert (article.id, article.record, article.sha256) == ("a", 0, hashlib.sha256(content.encode()).hexdigest())
    assert (article.title, article.published, article.metadata) == ("Talks", Published("2024-04", "record"), {"section": "World"})
    assert (unnamed.id, unnamed.text) == ("file.json", "Text.")


@pytest.mark.parametrize(
    "content",
    ['[{"text": "A."}, 3, {"x": 1}, {"text": "B."}]', '{"n": 2, "articles": [{"text": "A."}, {"a": 3}, {"x": 1}, {"text": "B."}]}'],
)
def test_json_list_is_many_articles(content: str, tmp_path: Path) -> None:
    """The objects of a list, or of the only list in an object, are articles; what is none is named by its number."""
    items = _read(tmp_path, ".json", content)

    assert [(article.id, article.text, article.record) for article in articles_of(items)] == [
        ("file.json#1", "A.", 1),
        ("file.json#4", "B.", 4),
    ]
    assert [reason.split(":")[0] for reason in reasons_of(items)] == ["record 2", "record 3"]


_ITEM = {"title": "Talks", "url": "https://example.com/1", "description": "They go on."}
_STORY = {"title": "Talks", "content": "They go on."}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"status": "ok", "totalResults": 1, "articles": [_ITEM | {"source": {"id": None, "name": "A"}}]}, id="NewsAPI"),
        pytest.param({"feed": _ITEM | {"title": "Feed"}, "items": [_ITEM]}, id="a feed that is described"),
        pytest.param(_ITEM | {"title": "Feed", "items": [_ITEM]}, id="a feed that describes itself"),
        pytest.param({"sources": [{"id": 1, "name": "A"}], "articles": [_STORY]}, id="two lists"),
        pytest.param({"articles": [_STORY], "comments": [{"text": "I agree."}]}, id="comments beside"),
        pytest.param({"articles": [_STORY | {"comments": [{"title": "Hm", "text": "I agree."}]}]}, id="comments within"),
        pytest.param({"data": {"items": [_STORY]}}, id="deeper"),
        pytest.param({"db": [{"meta": {"version": "5"}, "data": {"posts": [_STORY], "users": [{"name": "Ana"}]}}]}, id="Ghost"),
        pytest.param({"kind": "Listing", "data": {"children": [{"kind": "t3", "data": _STORY}]}}, id="Reddit"),
        pytest.param({"hits": {"hits": [{"_index": "a", "_source": _STORY}]}}, id="Elasticsearch"),
        pytest.param({"success": True, "data": _STORY}, id="one article"),
        pytest.param(_ITEM, id="one article by its summary"),
        pytest.param({"response": {"results": [{"webTitle": "Talks", "fields": {"bodyText": "They go on."}}]}}, id="Guardian"),
        pytest.param({"response": {"docs": [{"headline": {"main": "Talks"}, "web_url": "x", "abstract": "They go on."}]}}, id="Times"),
        pytest.param(
            {"text": {"rendered": "They go on."}, "title": {"rendered": "Talks"}, "x": {"text": "No."}}, id="a part beside a text"
        ),
    ],
)
def test_articles_in_json_are_found_at_any_depth(content: object, tmp_path: Path) -> None:
    """As news services, blogs and databases export them; neither what describes the file nor what is within an article is one."""
    items = _read(tmp_path, ".json", json.dumps(content))
    assert [(article.title, article.text) for article in articles_of(items)] == [("Talks", "They go on.")]


def test_all_lists_of_articles_are_read(tmp_path: Path) -> None:
    """Each object in them counts; what is none is named."""
    content = {"china": {"articles": [_STORY, {"x": 1}]}, "n": 3, "world": {"articles": [_STORY | {"title": "More talks"}]}}
    items = _read(tmp_path, ".json", json.dumps(content))

    assert [(article.id, article.title) for article in articles_of(items)] == [("file.json#1", "Talks"), ("file.json#3", "More talks")]
    assert [reason.split(":")[0] for reason in reasons_of(items)] == ["record 2"]


def test_objects_by_their_keys_are_articles(tmp_path: Path) -> None:
    """A key is their id, after the file's name unless it is an address, so that keys of two files differ; an own id goes before it."""
    content = {"https://example.com/a": _STORY, "b": _STORY, "c": _STORY | {"id": "own"}}
    assert [article.id for article in articles_of(_read(tmp_path, ".json", json.dumps(content)))] == [
        "https://example.com/a",
        "file.json#b",
        "own",
    ]


def test_a_table_by_its_columns_is_read(tmp_path: Path) -> None:
    """As pandas writes it by default; objects by their keys that have the same fields are none."""
    table = {"title": {"0": "Talks", "2": None}, "text": {"0": "One.", "2": "Two."}}
    items = _read(tmp_path, ".json", json.dumps(table))

    assert [(each.id, each.title, each.text) for each in articles_of(items)] == [
        ("file.json#1", "Talks", "One."),
        ("file.json#2", "", "Two."),
    ]
    with pytest.raises(SourceError, match="no articles"):
        _read(tmp_path, ".json", json.dumps({"title": {"0": "Talks"}, "text": {"1": "One."}}))


def test_lists_within_lists_cost_no_more_than_there_is_to_read(tmp_path: Path) -> None:
    """Each object is looked at a few times, however it is nested."""
    inner: object = [{"x": {"y": {"z": [{"a": "b"}] * 3}}}] * 3
    for _ in range(3):
        inner = {"k": inner, "l": [inner, inner]}

    def seconds(copies: int) -> float:
        content = json.dumps([inner] * copies)

        def fail() -> None:
            with pytest.raises(SourceError, match="no articles"):
                _read(tmp_path, ".json", content)

        return cheapest(fail)

    assert seconds(80) < 12 * seconds(20)


def test_concatenated_objects_are_read(tmp_path: Path) -> None:
    """As a program writes that appends each to the file; this is no JSON, which is said."""
    items = _read(tmp_path, ".json", '{"url": "a", "text": ["One.", "Two."]}{"url": "b", "text": "Three."}')

    assert [article.text for article in articles_of(items)] == ["One.\n\nTwo.", "Three."]
    assert [reason.split(":")[0] for reason in reasons_of(items)] == ["invalid JSON"]


@pytest.mark.parametrize("first", [{"articles": [{"id": "a", "text": "One."}]}, {"meta": 1}], ids=["list", "no articles"])
def test_lines_that_are_lists_of_articles_are_read_as_far_as_they_are_whole(first: object, tmp_path: Path) -> None:
    content = f"{json.dumps(first)}\n{json.dumps({'articles': [{'id': 'b', 'text': 'Two.'}]})}\n"
    items = read(tmp_path / "pages.json", content)

    assert [article.id for article in articles_of(items)] == (["a", "b"] if first != {"meta": 1} else ["b"])
    assert len(reasons_of(items)) == 1


def test_json_lines_in_a_json_file_are_read(tmp_path: Path) -> None:
    """Each line is an article; a broken one costs no other."""
    items = _read(tmp_path, ".json", '{"text": "One."}\n{"text": "Two."}\n{"text": \n{"text": "Four."}\n')
    assert [(article.text, article.record) for article in articles_of(items)] == [("One.", 1), ("Two.", 2), ("Four.", 4)]
    assert len(reasons_of(items)) == 1


def test_json_feed(tmp_path: Path) -> None:
    """The items of a JSON Feed are articles, their HTML as text."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Example",
        "items": [
            {"id": "1", "content_html": "<p>One</p><p>two.</p>", "summary": "no", "date_published": "2024-04-26T12:30:00-05:00"},
            {"id": "2", "content_text": "Three.", "url": "https://example.com/2"},
        ],
    }
    first, second = articles_of(_read(tmp_path, ".json", json.dumps(feed)))

    assert (first.id, first.text, first.published) == ("1", "One\n\ntwo.", Published("2024-04-26T12:30:00-05:00", "record"))
    assert (second.id, second.text, second.url) == ("2", "Three.", "https://example.com/2")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "no text"),
        ("{", "invalid JSON"),
        ("[" * 200_000 + "]" * 200_000, "nested too deeply"),
        ('{"text": NaN}', "no articles"),
        ("[]", "no articles"),
        ("3", "no articles"),
        ('{"a": [{"b": 1}], "c": [{"d": "e"}]}', "no articles"),
        ('{"a": {"name": "x", "description": "y"}, "version": "1"}', "no articles"),
        ('{"a": {"b": {"headline": "Talks", "link": "x"}}, "n": 2}', "no articles"),
        ('{"n": [{"headline": "Talks", "link": "x", "a": 3}]}', r"--columns text=NAME, with a name of: headline, link$"),
        ("[" * 900 + '{"text": "Too deep."}' + "]" * 900, "no articles"),
    ],
)
def test_json_that_is_no_article_says_so(content: str, reason: str, tmp_path: Path) -> None:
    """One reason a file, whatever is in it."""
    with pytest.raises(SourceError, match=reason):
        _read(tmp_path, ".json", content)
