"""Exports of news databases to articles: Nexis and Factiva, as text, Word and rich text; and rich text itself."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import pytest
from reading import articles_of, only, read, reasons_of

from newsdex.errors import SourceError

# As Nexis writes it now
NOW = """The harbour of Elm is closed

The Elm Post (London)

January 12, 2024 Friday 9:20 AM GMT

Copyright 2024 Elm Newspapers Limited All Rights Reserved

Section:\u00a0NEWS; Version:2

Length:\u00a0812 words

Byline:\u00a0Ann Lee in Elm

Highlight:\u00a0Boats wait outside

Body

Ice has closed the harbour of Elm.

Company: that is what the sailors lack, their union said.

Copyright is no matter for sailors.

Graphic

Boats in the ice.

Classification

Language: ENGLISH; ENGLISH-UK

Publication-Type: Newspaper

Load-Date: January 12, 2024

End of Document
"""
SECOND = """Mail comes by sledge

The Elm Post (London)

13. Januar 2024

Length: 90 words

Body

The mail of Elm comes by sledge.

Load-Date: January 14, 2024

End of Document
"""
# As LexisNexis wrote it before: wrapped, with the title below the day
BEFORE = """
                               1 of 2 DOCUMENTS


                                 The Elm Post

                            January 12, 2010 Tuesday
                                 First Edition

The harbour of Elm is closed, and
nobody knows for how long

BYLINE: By Ann Lee and
Bo Ray

SECTION: NEWS; Pg. 3

LENGTH: 812 words

Ice has closed the harbour
of Elm.

Boats wait outside.

LOAD-DATE: January 12, 2010

LANGUAGE: ENGLISH

                       Copyright 2010 Elm Newspapers
                              All Rights Reserved

                               2 of 2 DOCUMENTS

                                 The Elm Post

                            January 13, 2010 Wednesday

Mail comes by sledge

LENGTH: 90 words

BODY:
The mail of Elm comes by sledge.

GRAPHIC: A sledge.

LOAD-DATE: January 13, 2010
"""
COVER = "Job Number: 7\n\nDocuments (2)\n\n1. The harbour of Elm is closed\n\nClient/Matter: -None-\n\n2. Mail comes by sledge\n\n"
CODED = """SE News
HD The harbour of Elm is closed
BY By Ann Lee
WC 812 words
PD 12 January 2024
ET 06:00
SN The Elm Post
SC ELMPO
LA English
CY Copyright 2024 Elm Newspapers
LP
Ice has closed the harbour of Elm.

TD
IN summer there is none.

Boats wait outside.

CO
elmpo : Elm Newspapers
NS
gcat : Political/General News
PUB
Elm Newspapers
AN
Document ELMPO00020240112ek1c0001a

HD Mail comes by sledge
WC 90 words
PD 13 January 2024
SN The Elm Post
LP The mail of Elm comes by sledge.
TD It takes a day.
Document ELMPO00020240113ek1d0002b
"""
UNCODED = """News
The harbour of Elm is closed
By Ann Lee
812 words
12 January 2024
06:00
The Elm Post
ELMPO
3
English
Copyright 2024 Elm Newspapers

Ice has closed the harbour of Elm.

Boats wait outside.

Document ELMPO00020240112ek1c0001a

Mail comes by sledge
90 words
13 January 2024
The Elm Post
ELMPO
English

The mail of Elm comes by sledge.

Document ELMPO00020240113ek1d0002b

Search Summary
Text harbour
"""


def word(text: str) -> bytes:
    """A Word document with a paragraph per line."""
    made, file = docx.Document(), io.BytesIO()
    for line in filter(None, text.split("\n")):
        made.add_paragraph(line)
    made.save(file)
    return file.getvalue()


def rich(text: str) -> bytes:
    """Rich text with a paragraph per line."""
    plain = "".join(c if c.isascii() else f"\\u{ord(c)}?" for c in text.replace("\n", "\\par\n"))
    return f"{{\\rtf1\\ansi\\ansicpg1252\\deff0{{\\fonttbl{{\\f0\\fswiss\\fcharset0 Arial;}}}}\n\\pard\\f0 {plain}}}\n".encode()


def table(text: str) -> bytes:
    """Rich text with a row of a table per line that begins with a code, as Factiva writes it."""
    rows = (f"\\trowd\\cellx900\\cellx9000 {line[:2]}\\cell {line[2:].strip()}\\cell\\row\n" for line in text.split("\n"))
    return ("{\\rtf1\\ansi " + "".join(row if row.split()[1][:2].isupper() else "" for row in rows) + "}").encode()


@pytest.mark.parametrize("start", ["", COVER, "Document 1 of 2\n\n"], ids=["bare", "with a cover", "with numbers"])
@pytest.mark.parametrize(("suffix", "form"), [(".txt", str.encode), (".docx", word), (".rtf", rich)])
def test_nexis(start: str, suffix: str, form: object, tmp_path: Path) -> None:
    """Each article has its own fields, and the story alone: up to the first heading or field behind it, not a word like one."""
    assert callable(form)
    second = SECOND if "Document 1" not in start else f"Document 2 of 2\n\n{SECOND}"
    first, last = articles_of(read(tmp_path / f"a{suffix}", form(f"{start}{NOW}\n{second}")))
    assert (first.title, first.source, str(first.published)) == ("The harbour of Elm is closed", "The Elm Post (London)", "2024-01-12")
    assert first.text.split("\n\n") == [
        "Ice has closed the harbour of Elm.",
        "Company: that is what the sailors lack, their union said.",
        "Copyright is no matter for sailors.",
    ]
    assert (first.metadata, first.language) == ({"author": "Ann Lee in Elm", "section": "NEWS"}, "en")
    assert (first.id, first.record, first.body.start, first.body.end) == (f"a{suffix}#{first.record}", first.record, 0, len(first.text))
    assert (last.title, last.source, str(last.published)) == ("Mail comes by sledge", "The Elm Post (London)", "2024-01-13")
    assert last.text == "The mail of Elm comes by sledge."


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_nexis_of_before(end: str, tmp_path: Path) -> None:
    """A title and a byline in two lines, an edition, a story without a heading; its lines are those of the file."""
    first, last = articles_of(read(tmp_path / "a.txt", BEFORE.replace("\n", end)))
    assert (first.title, first.source) == ("The harbour of Elm is closed, and nobody knows for how long", "The Elm Post")
    assert first.text == f"Ice has closed the harbour{end}of Elm.{end}{end}Boats wait outside."
    assert (first.metadata, str(first.published)) == ({"author": "Ann Lee and Bo Ray", "section": "NEWS"}, "2010-01-12")
    assert (last.title, last.text, str(last.published)) == ("Mail comes by sledge", "The mail of Elm comes by sledge.", "2010-01-13")


def test_article_of_nexis_without_a_story_is_named(tmp_path: Path) -> None:
    """Between others; what is behind the last is none."""
    items = read(tmp_path / "a.txt", f"{NOW}\nA title\n\nThe Elm Post\n\n12 January 2024\n\nEnd of Document\n\n{SECOND}\nPrinted by Ann.\n")
    assert [article.record for article in articles_of(items)] == [1, 3]
    assert reasons_of(items) == ["article 2: no story found, or cut off"]


@pytest.mark.parametrize(
    "text", [NOW + SECOND[: SECOND.index("The mail")], CODED[: CODED.rindex("Document")], UNCODED[: UNCODED.rindex("Document")]]
)
def test_article_at_the_end_of_an_export_that_is_cut_off_is_named(text: str, tmp_path: Path) -> None:
    items = read(tmp_path / "a.txt", text)
    assert [article.title for article in articles_of(items)] == ["The harbour of Elm is closed"]
    assert reasons_of(items) == ["article 2: no story found, or cut off"]


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        pytest.param(".txt", CODED.encode(), id="text"),
        pytest.param(".txt", CODED.replace("\n", "\r\n").encode("utf-16"), id="UTF-16"),
        pytest.param(".rtf", rich(CODED), id="rich text"),
        pytest.param(".docx", word(CODED), id="Word"),
        pytest.param(".txt", UNCODED.encode(), id="without codes"),
        pytest.param(".rtf", rich(UNCODED), id="rich text without codes"),
    ],
)
def test_factiva(suffix: str, content: bytes, tmp_path: Path) -> None:
    """The id of an article is its own in Factiva; of the fields only the lead and what follows are the story."""
    first, last = articles_of(read(tmp_path / f"a{suffix}", content))
    assert first.id == f"a{suffix}#ELMPO00020240112ek1c0001a"
    assert (first.title, first.source, str(first.published)) == ("The harbour of Elm is closed", "The Elm Post", "2024-01-12")
    assert (first.metadata, first.language) == ({"author": "Ann Lee", "section": "News"}, "en")
    summer = ["IN summer there is none."] if "TD" in content.decode("utf-8", "ignore").replace("\0", "") else []
    assert first.text.replace("\r", "").split("\n\n") == ["Ice has closed the harbour of Elm.", *summer, "Boats wait outside."]
    assert (last.title, last.source, str(last.published)) == ("Mail comes by sledge", "The Elm Post", "2024-01-13")
    assert last.text.startswith("The mail of Elm comes by sledge.")


def test_factiva_as_a_table(tmp_path: Path) -> None:
    """Each code is a cell, and so is its value."""
    rows = "HD The harbour of Elm is closed\nWC 9 words\nPD 12 January 2024\nSN The Elm Post\nLP Ice.\nTD Boats wait.\nNS gcat\n"
    article = only(read(tmp_path / "a.rtf", table(f"{rows}AN Document ELMPO00020240112ek1c0001a")))
    assert (article.title, article.source, article.text) == ("The harbour of Elm is closed", "The Elm Post", "Ice.\n\nBoats wait.")


@pytest.mark.parametrize(
    "text",
    [
        "Recipes\n\n300 words\n\nThe ferry goes on. Document ELMPO00020240112ek1c0001a was cited.\n",
        "1 of 2\n\nThe ferry goes on.\n\nBODY:\nThe crew is on it.\n",
        "LENGTH: 7 words\n\nThe ferry goes on.\n\nEnd of document\n",
        "12 January 2024\n\nDocument 1 of 2\n\nThe ferry.\n\nDocument 2 of 2\n\nThe crew.\n",
        "300 words\n\nDocument ELMPO00020240112ek1c0001a\n",
    ],
)
def test_text_like_an_export_is_a_text(text: str, tmp_path: Path) -> None:
    """It is an article as it is."""
    assert only(read(tmp_path / "a.txt", text)).text == text


# Rich text


def test_rich_text(tmp_path: Path) -> None:
    """Paragraphs and rows of tables; characters by number, code page and reference; title, author and day of its properties."""
    text = (
        r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial;}}"
        r"{\info{\title Ferry \'fcber Elm}{\author Ann Lee}{\creatim\yr2024\mo1\dy12\hr9}}{\header Page 1}"
        r'\pard The \b ferry\b0  to {\field{\*\fldinst{HYPERLINK "https://elm.example"}}{\fldrslt{Elm Island}}} is \u8220?late\u8221?.'
        r"\par K\'f6ln \f1\'c4\'ee\'ec\f0  \u-10179?\u-8704?\par {\pict\pngblip " + "0a1b" * 5_000 + "}"
        r"\trowd Day\cell Boats\cell\row\trowd May\cell 7\cell\row The end.\par}"
    )
    article = only(read(tmp_path / "a.rtf", text))
    assert article.text == "The ferry to Elm Island is \u201clate\u201d.\n\nKöln Дом \U0001f600\n\nDay | Boats\n\nMay | 7\n\nThe end."
    assert (article.title, article.metadata, str(article.published)) == ("Ferry über Elm", {"author": "Ann Lee"}, "2024-01-12")
    assert (article.id, article.body.end) == ("a.rtf", len(article.text))


def test_title_of_rich_text_is_in_its_code_page(tmp_path: Path) -> None:
    text = r"{\rtf1\ansi\ansicpg1251{\info{\title \'cc\'e8\'f0 \'e8 \'e4\'ee\'ec}}\'cc\'e8\'f0.\par}"
    article = only(read(tmp_path / "a.rtf", text))
    assert (article.title, article.text) == ("Мир и дом", "Мир.")


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_rich_text_with_bytes_beyond_ascii(encoding: str, tmp_path: Path) -> None:
    """Are in the code page that it names, or in UTF-8."""
    assert only(read(tmp_path / "a.rtf", "{\\rtf1\\ansi\\ansicpg1252 Köln.\\par}".encode(encoding))).text == "Köln."


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param(b"{\\rtf1\\ansi The ferry {\\b is", "The ferry is", id="cut off"),
        pytest.param(b"{\\rtf1\\ansi\\ansicpg1251 \\'ec\\'e8\\'f0", "мир", id="cut off behind a character"),
        pytest.param(b"{\\rtf1\\ansi\\ansicpg99999 The ferry.}", "The ferry.", id="no code page"),
        pytest.param(b"{\\rtf1 " + b"{" * 100_000 + b"The ferry." + b"}" * 100_001, "The ferry.", id="nested"),
        pytest.param(b"{\\rtf1 The ferry.}}}}} and more", "The ferry.", id="closed too often"),
        pytest.param(b"{\\rtf1}", "", id="nothing in it"),
    ],
)
def test_damaged_rich_text(content: bytes, text: str, tmp_path: Path) -> None:
    """What is there is read."""
    assert only(read(tmp_path / "a.rtf", content)).text == text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"The ferry.",
        b"\xd0\xcf\x11\xe0",
        b"{\\rtf1 {\\pict\\bin}}",
        b"{\\rtf1 \\u9999999999 }",
        b"{\\rtf1{\\fonttbl{\\f0\\fcharset78 A;}}\\f0\\'e9}",
    ],
)
def test_what_is_no_rich_text_is_named(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        read(tmp_path / "a.rtf", content)
