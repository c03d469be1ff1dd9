"""PDF, Word, OpenDocument and EPUB files to articles."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from pdf_files import pdf, scanned_pdf
from reading import only, read

from newsdex.errors import SourceError
from newsdex.indexer.readers import FORMATS
from newsdex.indexer.readers.document import without_running_lines
from newsdex.indexer.source import Source
from newsdex.records import Article, Published, Span

CONTAINER = """<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
ODF = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'


def archive(members: Mapping[str, str | bytes]) -> bytes:
    """A ZIP archive of these files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as target:
        for name, member in members.items():
            target.writestr(name, member)
    return content.getvalue()


def epub(chapters: Mapping[str, str], metadata: str) -> bytes:
    """A book with these XHTML bodies as its chapters, and a table of contents before them."""
    items = "".join(f'<item id="c{n}" href="text/{quote(name)}" media-type="application/xhtml+xml"/>' for n, name in enumerate(chapters))
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    package = (
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}</metadata>'
        f'<manifest><item id="toc" href="toc.xhtml" properties="nav" media-type="application/xhtml+xml"/>{items}</manifest>'
        f'<spine><itemref idref="toc"/>{spine}</spine></package>'
    )
    pages = {
        f"OEBPS/text/{name}": f'<?xml version="1.0"?><html '
        f'xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body>{body}</body></html>'
        for name, body in chapters.items()
    }
    toc = "<html><body><nav>Contents of the book</nav></body></html>"
    return archive(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": CONTAINER,
            "OEBPS/book.opf": package,
            "OEBPS/toc.xhtml": toc,
            **pages,
        }
    )


def odt(body: str, meta: str = "") -> bytes:
    """An OpenDocument text with this body, in the namespaces ``office`` and ``text``."""
    content = (
        f'<?xml version="1.0"?><office:document-content '
        f"{ODF}><office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    told = (
        f'<?xml version="1.0"?><office:document-meta {ODF} xmlns:dc="http://purl.org/dc/elements/1.1/"'
        f' xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0"><office:meta>{meta}</office:meta></office:document-meta>'
    )
    return archive({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content, "meta.xml": told})


def _read(folder: Path, suffix: str, content: bytes) -> list[Article | SourceError]:
    return read(folder / f"file{suffix}", content)


def _article(folder: Path, suffix: str, content: bytes) -> Article:
    article = only(_read(folder, suffix, content))
    assert article.body == Span(0, len(article.text))
    return article


# PDF


def test_pdf_pages_begin_where_their_text_does(tmp_path: Path) -> None:
    """Each passage knows its page, an empty one included; a sentence that goes on over the page is not cut by a blank line."""
    pages = [["Talks go on", "The minister said so and"], ["left the hall. Nobody"], [], ["Another day."]]
    article = _article(tmp_path, ".pdf", pdf(pages))

    assert article.text == "Talks go on\n\nThe minister said so and\nleft the hall. Nobody\n\nAnother day."
    assert [article.text[start:].split("\n")[0] for start in article.pages] == ["Talks go on", "left the hall. Nobody", "", "Another day."]
    assert [article.page_of(article.text.index(word)) for word in ("Talks", "and", "left", "Another", "day.")] == [1, 1, 2, 4, 4]


def test_pdf_says_what_it_is(tmp_path: Path) -> None:
    """Title, author and time come from the properties, with the zone; the language from the catalogue."""
    properties = {"Title": "Talks go on", "Author": "A. Li", "CreationDate": "D:20240426123000+08'00'"}
    article = _article(tmp_path, ".pdf", pdf([["The minister said so."]], properties=properties, catalog="/Lang(de-AT)"))

    assert (article.title, article.metadata, article.language) == ("Talks go on", {"author": "A. Li"}, "de")
    assert article.published == Published("2024-04-26T12:30:00+08:00", "document properties")


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        pytest.param("D:2024", "2024", id="year"),
        pytest.param("D:202404", "2024-04", id="month"),
        pytest.param("D:20240426", "2024-04-26", id="day"),
        pytest.param("D:202404261230Z", "2024-04-26T12:30:00+00:00", id="UTC"),
        pytest.param("D:20240426123000-05'30", "2024-04-26T12:30:00-05:30", id="without the last mark"),
        pytest.param("D:20240426123000", "2024-04-26T12:30:00", id="no zone"),
        pytest.param("2024-04-26", "2024-04-26", id="ISO"),
        pytest.param("D:20241399", None, id="no such month"),
        pytest.param("yesterday", None, id="words"),
    ],
)
def test_pdf_dates(written: str, iso: str | None, tmp_path: Path) -> None:
    """A date is no more exact than it is written."""
    published = _article(tmp_path, ".pdf", pdf([["The minister said so."]], properties={"CreationDate": written})).published

    assert (published.iso if published else None) == iso


@pytest.mark.parametrize("title", ["Elm Letterhead", "Press release template", "elm0412.rpt", "Media Release", "Pressemitteilung"])
def test_a_pdf_title_that_many_documents_have_is_none(title: str, tmp_path: Path) -> None:
    """That of a template, of a kind of text, or of a program's report."""
    assert _article(tmp_path, ".pdf", pdf([[*HEADLINE, *STORY]], heading=24, heads=2, properties={"Title": title})).title == " ".join(
        HEADLINE
    )


@pytest.mark.parametrize(
    ("line", "iso"),
    [
        ("San Rio, Cal. \u2013 25 April 2024: The minister said that the talks would go on.", "2024-04-25"),
        ("San Rio, 25 April 2024 \u2013 The minister said that the talks would go on.", "2024-04-25"),
        ("Ada Roe (25 April 1924 \u2013 3 May 2001) was the first minister of Wellport.", "2024-04-27"),
        ("Talks of San Rio, 25 April 2024: the minister said that they would go on.", "2024-04-27"),
    ],
)
def test_dateline_below_a_headline_may_begin_with_a_place(line: str, iso: str, tmp_path: Path) -> None:
    """In small letters too, but not with a life or a subject: then the document is of the day when it was made."""
    word = docx.Document()
    for written in ("Media Release", " ".join(HEADLINE), line, *STORY):
        word.add_paragraph(written)
    word.core_properties.created = datetime(2024, 4, 27)  # noqa: DTZ001 - Word writes no zone
    word.save(str(tmp_path / "a.docx"))
    article = only(read(tmp_path / "b.docx", (tmp_path / "a.docx").read_bytes()))

    assert (article.title, article.published and article.published.iso[:10]) == (" ".join(HEADLINE), iso)


def test_the_date_at_the_head_of_a_document_comes_before_that_of_its_file(tmp_path: Path) -> None:
    """A document that bears a date was published then, whenever the file was made."""
    lines = ["Talks go on", "Vienna, 4 April 1999", "The minister said so."]
    article = _article(tmp_path, ".pdf", pdf([lines], properties={"CreationDate": "D:20240426"}))

    assert article.published == Published("1999-04-04", "byline")


def test_pdf_title_is_what_is_written_largest(tmp_path: Path) -> None:
    """Where the properties have no title, or that of a file, the headline is."""
    pages = [["Talks in Geneva go on", "The minister said so on Monday.", "Nobody had expected that."]]
    assert (
        _article(tmp_path, ".pdf", pdf(pages, heading=24, properties={"Title": "Microsoft Word - draft3.docx"})).title
        == "Talks in Geneva go on"
    )
    assert _article(tmp_path, ".pdf", pdf([["a b c d e f g " * 3] * 3])).title == ""


HEADLINE = ["Wellport Council Votes for", "New Tram to the Harbour"]
STORY = [
    "The council of Wellport voted on Tuesday for a new tram to the harbour, which",
    "is to cost 40 million euros and to open in 2027.",
]


@pytest.mark.parametrize(
    ("pages", "options", "title"),
    [
        pytest.param([[*HEADLINE, *STORY]], {"heading": 24}, " ".join(HEADLINE), id="larger"),
        pytest.param([[*HEADLINE, *STORY]], {"font": "Helvetica-Bold"}, " ".join(HEADLINE), id="bold, of the same size"),
        pytest.param([["1", "Media Release", *HEADLINE, *STORY]], {"heading": 24, "heads": 4}, " ".join(HEADLINE), id="a release"),
        pytest.param([["MEDIA RELEASE", *HEADLINE, *STORY]], {"font": "Helvetica-Bold", "heads": 3}, " ".join(HEADLINE), id="bold release"),
        pytest.param([[*HEADLINE, "Ada Roe"], STORY], {"heading": 24}, " ".join(HEADLINE), id="a cover with little else"),
        pytest.param([[*HEADLINE, *STORY]], {"font": "Helvetica-Bold", "heads": 4}, HEADLINE[0], id="all is bold"),
        pytest.param([["It is so.", "All agree.", *STORY]], {"font": "Helvetica-Bold"}, "It is so.", id="bold sentences are no headline"),
    ],
)
def test_a_pdf_headline_may_have_two_lines(pages: list[list[str]], options: dict[str, Any], title: str, tmp_path: Path) -> None:
    """Nothing of it is cut, where its font tells it from the text."""
    assert _article(tmp_path, ".pdf", pdf(pages, **{"heads": 2, **options})).title == title


def test_a_pdf_title_that_is_the_name_of_the_file_is_none(tmp_path: Path) -> None:
    """Programs that scan put it there, without the suffix."""
    pages = [["Talks in Geneva go on", "The minister said so on Monday.", "Nobody had expected that."]]
    assert (
        only(read(tmp_path / "Scan_0412.pdf", pdf(pages, heading=24, properties={"Title": "scan_0412"}))).title == "Talks in Geneva go on"
    )


def test_pdf_puts_divided_words_together(tmp_path: Path) -> None:
    """A hyphen at the end of a line, with a small letter after it, was put there by the printer; any other stays."""
    article = _article(tmp_path, ".pdf", pdf([["The minis-", "ter of the UK-", "EU talks left."]]))

    assert " ".join(article.text.split()) == "The minister of the UK-EU talks left."


@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param(["- 2 -", "- 3 -", "- 4 -"], id="hyphens"),
        pytest.param(["\u2013 2 \u2013", "\u2013 3 \u2013", "\u2013 4 \u2013"], id="dashes"),
        pytest.param(["2/4", "3/4", "4/4"], id="of all"),
        pytest.param(["iii", "iv", "v"], id="roman"),
        pytest.param(["XCIX", "C", "CI"], id="capitals"),
        pytest.param(["- CMXCIX -", "- M -", "- MI -"], id="a thousand"),
        pytest.param(["Page 2", "Page 3", "Page 4"], id="named"),
    ],
)
def test_page_numbers_are_read_once(numbers: list[str]) -> None:
    """However they are written, if they count the pages."""
    bodies = ["ab\ncd\nef\ngh", "ij\nkl\nmn\nop", "qr\nst\nuv\nwx"]
    pages = [f"{body}\n{number}" for body, number in zip(bodies, numbers, strict=True)]

    assert without_running_lines(pages) == [pages[0], *bodies[1:]]
    assert without_running_lines([pages[0], f"{bodies[1]}\n7", f"{bodies[2]}\nvii"]) == [pages[0], f"{bodies[1]}\n7", f"{bodies[2]}\nvii"]


@pytest.mark.parametrize("letter", ["\u0131", "\u0130", "\u017f", "\u212a"])
def test_a_letter_that_is_much_like_a_roman_number_is_text(letter: str) -> None:
    """Turkish i without a dot, and others of which the capital or small form is an ASCII letter."""
    pages = [f"{text}\n{letter}" for text in ("ab\ncd\nef\ngh", "ij\nkl\nmn\nop")]
    assert without_running_lines(pages) == pages


def test_headers_of_left_and_right_pages_are_read_once() -> None:
    """Each is on every other page; on two pages, a line with a date that is the same on both, or one that counts them, is a running one."""
    bodies = ["ab\ncd\nef\ngh", "ij\nkl\nmn\nop", "qr\nst\nuv\nwx", "yz\nba\ndc\nfe", "hg\nji\nlk\nnm"]
    pages = [f"{'The Bote, 3 May 1961' if number % 2 else 'News of the day'}\n{body}" for number, body in enumerate(bodies)]
    two = [f"The Bote, 3/5/61\n{bodies[number]}\nIn all {5 + 3 * number}\nhttps://e.example/7 {number + 1}/2" for number in range(2)]

    assert without_running_lines(pages) == [*pages[:2], *bodies[2:]]
    assert without_running_lines(two) == [two[0], f"{bodies[1]}\nIn all 8"]
    assert without_running_lines([f"{body}\nPage {number} of 2" for number, body in enumerate(bodies[:2], 1)])[1] == bodies[1]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        pytest.param(["Chapter 1", "Chapter 2"], ["a.", "b."], id="chapters"),
        pytest.param(["Matchday 1", "Matchday 2", "In 1961", "Out"], ["a.", "b.", "c.", "d."], id="two of four"),
        pytest.param([f"Chapter {number}" for number in (1, 2, 3)] + list("defg"), list("stuvwxy"), id="three of seven"),
        pytest.param(["Once upon a midnight", "Then this bird"], ["Nevermore.", "Nevermore."], id="a refrain"),
        pytest.param(["In May 1961", "a."], ["b.", "In May 1961"], id="at another place"),
        pytest.param(["I", "II", "III", "IV"], ["a.", "b.", "c.", "d."], id="cantos"),
        pytest.param(["X", "XI", "XII", "XIII"], ["a.", "b.", "c.", "d."], id="more cantos"),
        pytest.param(["\u00a7 1", "\u00a7 2", "\u00a7 3"], ["(1)", "(2)", "(3)"], id="sections"),
        pytest.param(["a.", "b.", "c.", "d."], ["II", "III", "IV", "V"], id="numbers of parts"),
    ],
)
def test_lines_that_may_be_text_stay(first: list[str], last: list[str]) -> None:
    """Chapters, refrains and parts, on a page each."""
    body = [f"It went on for {words} hours." for words in ("two", "three", "four", "five")]
    pages = [
        "\n".join([top, *(f"{line} {chr(97 + number)}" for line in body), bottom])
        for number, (top, bottom) in enumerate(zip(first, last, strict=True))
    ]
    assert without_running_lines(pages) == pages


def test_pdf_reads_running_headers_once(tmp_path: Path) -> None:
    """A sentence that goes on over a page is whole; numbers that count no pages, and lines that recur elsewhere, stay."""
    bodies = [
        ["The minister", "said twice that the"],
        ["talks go on", "in the hall of"],
        ["Geneva today.", "7"],
        ["Nobody else", "said a word."],
    ]
    pages = [["The Bote, 26 April", *body, "middle line", "more of it", f"{number}"] for number, body in enumerate(bodies, 12)]
    article = _article(tmp_path, ".pdf", pdf(pages))

    assert article.text.count("The Bote") == 1
    assert article.text.count("middle line") == 4
    assert [number in article.text.split() for number in ("7", "12", "13", "14", "15")] == [True, True, False, False, False]
    assert [article.text[start:].split("\n")[0].strip() for start in article.pages][1:] == ["talks go on", "Geneva today.", "Nobody else"]


def test_pdf_of_two_pages_keeps_all_lines(tmp_path: Path) -> None:
    """What stands on two pages may stand there twice."""
    assert _article(tmp_path, ".pdf", pdf([["The Bote", "one"], ["The Bote", "two"]])).text.count("The Bote") == 2


def test_scanned_pdf_is_named(tmp_path: Path) -> None:
    """A page that is a picture has no text."""
    with pytest.raises(SourceError, match=r"^no text: needs OCR \(newsdex index --ocr\)$"):
        _read(tmp_path, ".pdf", scanned_pdf())
    with pytest.raises(SourceError, match=r"^no text$"):
        _read(tmp_path, ".pdf", pdf([[], []]))


@pytest.mark.parametrize(
    ("content", "published"),
    [
        pytest.param(scanned_pdf(["Talks in Geneva go on", "The minister said so."]), None, id="invisible text"),
        pytest.param(
            scanned_pdf(["Talks in Geneva go on", "Geneva, 4 April 1961", "The minister said so."]),
            Published("1961-04-04", "byline"),
            id="invisible text with a date",
        ),
        pytest.param(
            scanned_pdf(["Talks in Geneva go on"], 0), Published("2024-04-26", "document properties"), id="visible text on a picture"
        ),
        pytest.param(scanned_pdf(["Talks in Geneva go on"], 0, "/Creator (Canon iR-ADV C5235)"), None, id="a scanner"),
        pytest.param(scanned_pdf(["Talks in Geneva go on"], 0, "/Producer (ABBYY FineReader 12)"), None, id="OCR"),
        pytest.param(
            scanned_pdf(["Talks in Geneva go on"], 0, "/Producer (Scandic Press 2)"),
            Published("2024-04-26", "document properties"),
            id="no scanner",
        ),
        pytest.param(scanned_pdf(["Geneva"], 0), None, id="hardly any text"),
    ],
)
def test_the_day_of_a_scan_is_not_that_of_its_article(content: bytes, published: Published | None, tmp_path: Path) -> None:
    """A scanner writes the day of the scan into the file; what was printed says its own."""
    [article] = [item for item in _read(tmp_path, ".pdf", content) if isinstance(item, Article)]

    assert article.published == published


@pytest.mark.parametrize("content", [b"", b"%PDF-1.5", b"<html>", b"\0" * 100, pdf([["a"]])[:200]])
def test_broken_pdf_is_named(content: bytes, tmp_path: Path) -> None:
    """What PDFium cannot open is named as broken."""
    with pytest.raises(SourceError, match="broken"):
        _read(tmp_path, ".pdf", content)


# Word


def _docx(document: docx.document.Document) -> bytes:
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


def test_docx_paragraphs_tables_and_properties(tmp_path: Path) -> None:
    """Paragraphs come in their order, cells of tables included; title, author, time and language are the document's own."""
    document = docx.Document()
    document.core_properties.title = "Talks go on"
    document.core_properties.author = "A. Li"
    document.core_properties.language = "en-GB"
    document.core_properties.created = datetime(2024, 4, 26, 12, 30)  # noqa: DTZ001 - as python-docx gives and takes it
    document.add_heading("Talks in Geneva", 1)
    document.add_paragraph("The minister\tsaid so.")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Monday", "Tuesday"
    document.add_paragraph("Nobody had expected that.")
    article = _article(tmp_path, ".docx", _docx(document))

    assert article.text == "Talks in Geneva\n\nThe minister\tsaid so.\n\nMonday | Tuesday\n\nNobody had expected that."
    assert (article.title, article.metadata, article.language) == ("Talks go on", {"author": "A. Li"}, "en")
    assert article.published is not None
    assert (article.published.iso[:16], article.published.origin) == ("2024-04-26T12:30", "document properties")


def test_tables_of_documents_are_read_row_by_row(tmp_path: Path) -> None:
    """An empty cell before another keeps its place; a cell of several or long paragraphs, and a table of one column, are layout."""
    document = docx.Document()
    long = "The minister said so. " * 10
    table = document.add_table(8, 3)
    empty = [("Total", "", ""), ("", "", "x"), ("", "y", "z"), ("One", "two", "")]
    rows = [("Day", "", "Boats"), ("", "", ""), ("Monday", "one\n", long), ("a", "b", "c"), *empty]
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    table.cell(3, 1).add_paragraph("d")
    document.add_table(1, 1).cell(0, 0).text = "Alone"
    cells = "".join(f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in ("Day", "Boats"))
    body = f'<table:table xmlns:table="urn:t"><table:table-row>{cells}</table:table-row></table:table><text:p>Text.</text:p>'

    lines = ["Day |  | Boats", "Monday", "one", long.strip(), "a", "b", "d", "c", "Total", "x", "| y | z", "One | two", "Alone"]
    assert _article(tmp_path, ".docx", _docx(document)).text.split("\n\n") == lines
    assert _article(tmp_path, ".odt", odt(body)).text == "Day | Boats\n\nText."


def test_docx_without_properties(tmp_path: Path) -> None:
    """The first heading is the title; the day on which python-docx's template was made is no date of the article, nor its author."""
    document = docx.Document()
    document.add_heading("Talks in Geneva", 1)
    document.add_paragraph("The minister said so.")
    article = _article(tmp_path, ".docx", _docx(document))

    assert (article.title, article.published, article.metadata) == ("Talks in Geneva", None, {})


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("NULL", "image"),
        ("../NULL", "image"),
        ("media/gone.png", "image"),
        ("#_top", "hyperlink"),
        ("/docProps/gone.xml", "core-properties"),
    ],
)
def test_docx_that_refers_to_what_is_not_there(target: str, kind: str, tmp_path: Path) -> None:
    """As some programs write it: Word opens it, and so does a reader, with the notes that are there."""
    document = docx.Document()
    document.add_heading("Talks go on", 0)
    document.add_paragraph("The minister said so.")
    with zipfile.ZipFile(io.BytesIO(_docx(document))) as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    told = f'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"/>'
    name = "word/_rels/document.xml.rels"
    members[name] = members[name].replace(b"</Relationships>", f"{told}</Relationships>".encode())
    article = _article(tmp_path, ".docx", archive(members))
    assert (article.title, article.text) == ("Talks go on", "Talks go on\n\nThe minister said so.")


def test_docx_without_core_properties(tmp_path: Path) -> None:
    """As other programs write it: python-docx makes up a title, which is not the article's."""
    document = docx.Document()
    document.add_paragraph("Talks go on")
    document.add_paragraph("The minister said so.")
    with zipfile.ZipFile(io.BytesIO(_docx(document))) as whole:
        members = {name: whole.read(name) for name in whole.namelist() if name != "docProps/core.xml"}
    related = members["_rels/.rels"].decode()
    members["_rels/.rels"] = re.sub(r"<Relationship [^>]*core-properties[^>]*/>", "", related)
    assert _article(tmp_path, ".docx", archive(members)).title == "Talks go on"


@pytest.mark.parametrize(
    ("told", "title"),
    [
        *(
            (told, "Talks go on")
            for told in ("Untitled", "untitled1", "Document1", "Dokument 2", "New Document", "Word Document", "PowerPoint Presentation")
        ),
        *((told, "Talks go on") for told in ("Microsoft Word - talks.docx", "talks_final.odt", "Sans titre 1", "Без названия")),
        *(
            (told, told)
            for told in ("Document 12345 was shredded", "The document", "Documents of a war", "New documents", "Senza titolo di viaggio")
        ),
        *((told, told) for told in ("Microsoft Word turns 40", "Untitled Goose Game wins an award")),
    ],
)
def test_titles_that_programs_make_up_are_none(told: str, title: str, tmp_path: Path) -> None:
    """Those of documents that nobody named; the heading of the text is the title, in any format."""
    document = docx.Document()
    document.core_properties.title = told
    document.add_heading("Talks go on", 1)
    document.add_paragraph("The minister said so.")
    meta = f"<dc:title>{told}</dc:title>"

    assert _article(tmp_path, ".docx", _docx(document)).title == title
    assert _article(tmp_path, ".odt", odt("<text:h>Talks go on</text:h><text:p>The minister said so.</text:p>", meta)).title == title


def test_docx_text_that_python_docx_leaves_out(tmp_path: Path) -> None:
    """Content controls, insertions, links and text boxes are read, each once; what was deleted is not."""
    document = docx.Document()
    box = "<w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent>"
    drawing = '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="wps">'
    parts = [
        "<w:sdt {}><w:sdtContent><w:p><w:r><w:t>Controlled.</w:t></w:r></w:p></w:sdtContent></w:sdt>",
        (
            '<w:p {}><w:ins w:id="1" w:author="a"><w:r><w:t>Inserted</w:t></w:r></w:ins><w:del w:id="2" '
            'w:author="a"><w:r><w:delText>Deleted</w:delText></w:r></w:del>'
            '<w:hyperlink><w:r><w:t xml:space="preserve"> linked.</w:t></w:r></w:hyperlink></w:p>'
        ),
        (
            f"<w:p {{}}><w:r><w:t>Around</w:t></w:r><w:r>{drawing}{box}</mc:Choice>"
            f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
        ),
    ]
    for part in parts:
        document.element.body.insert(-1, parse_xml(part.format(nsdecls("w"))))
    assert _article(tmp_path, ".docx", _docx(document)).text == "Controlled.\n\nInserted linked.\n\nAround\n\nIn a box."


@pytest.mark.parametrize("suffix", [".docx", ".odt", ".epub"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "broken", id="empty"),
        pytest.param(b"PK\x03\x04 and so on", "broken", id="cut off"),
        pytest.param(archive({"a.txt": "a"}), "broken", id="another archive"),
        pytest.param(archive({"a.xml": b" " * 260_000_000}), "larger than 256 MB when unpacked", id="bomb"),
    ],
)
def test_broken_document_is_named(suffix: str, content: bytes, reason: str, tmp_path: Path) -> None:
    """What is no document of its kind, or too large, is named."""
    with pytest.raises(SourceError, match=reason):
        _read(tmp_path, suffix, content)


def test_encrypted_documents_are_named(tmp_path: Path) -> None:
    """Whoever reads the summary knows that a password is missing."""
    with pytest.raises(SourceError, match="encrypted"):
        _read(tmp_path, ".docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512)
    manifest = '<manifest:file-entry><manifest:encryption-data manifest:checksum="x"/></manifest:file-entry>'
    with pytest.raises(SourceError, match="encrypted"):
        _read(tmp_path, ".odt", archive({"content.xml": "x", "META-INF/manifest.xml": manifest}))


# OpenDocument


def test_odt_paragraphs_and_properties(tmp_path: Path) -> None:
    """Paragraphs come in their order with their spaces; notes once; what was deleted, and comments, are not read."""
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>Deleted.</text:p></text:deletion></text:changed-region></text:tracked-changes>"
        "<text:h>Talks in <text:span>Geneva</text:span></text:h><text:p>The<text:s text:c='3'/>minister<text:tab/>said<text:line-break/>so."
        "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>In a note.</text:p></text:note-body></text:note> "
        "Twice.</text:p>"
        "<text:list><text:list-item><text:p>First.</text:p></text:list-item></text:list>"
    )
    meta = (
        "<dc:title>Talks go on</dc:title><meta:initial-creator>A. "
        "Li</meta:initial-creator><meta:creation-date>2024-04-26T12:30:00.123</meta:creation-date>"
    )
    article = _article(tmp_path, ".odt", odt(body, meta + "<dc:language>de-AT</dc:language>"))

    assert article.text == "Talks in Geneva\n\nThe   minister\tsaid\nso. Twice.\n\nIn a note.\n\nFirst."
    assert (article.title, article.metadata, article.language) == ("Talks go on", {"author": "A. Li"}, "de")
    assert article.published == Published("2024-04-26T12:30:00", "document properties")
    assert _article(tmp_path, ".odt", odt(body)).title == "Talks in Geneva"


def test_no_entity_is_resolved(tmp_path: Path) -> None:
    """Neither a file of this machine nor a bomb comes out of an entity."""
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    declared = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    content = f'<?xml version="1.0"?>{declared}<office:body {ODF}><text:p>One &x; &b; two.</text:p></office:body>'
    assert _article(tmp_path, ".odt", archive({"content.xml": content})).text.split() == ["One", "two."]


# EPUB


def test_epub_chapters_in_the_order_of_reading(tmp_path: Path) -> None:
    """Chapters follow the spine, without the table of contents; what the book says of itself is the article's."""
    chapters = {"2.xhtml": "<h1>One</h1><p>The minister<br/>said so.</p>", "a 1.xhtml": "<p>Nobody had.</p>"}
    metadata = (
        "<dc:title>Talks go on</dc:title><dc:creator>A. Li</dc:creator><dc:publisher>Example</dc:publisher><dc:language>de</dc:language>"
        "<dc:date>2024-04</dc:date>"
    )
    article = _article(tmp_path, ".epub", epub(chapters, metadata))

    assert article.text == "One\n\nThe minister\nsaid so.\n\nNobody had."
    assert (article.title, article.source, article.metadata, article.language) == ("Talks go on", "Example", {"author": "A. Li"}, "de")
    assert article.published == Published("2024-04", "book's package")


def test_epub_chapter_that_is_missing_costs_no_other(tmp_path: Path) -> None:
    """A chapter that the book names but does not hold is named as lost."""
    whole = epub({"1.xhtml": "<p>One.</p>", "2.xhtml": "<p>Two.</p>"}, "")
    with zipfile.ZipFile(io.BytesIO(whole)) as book:
        left = {name: book.read(name) for name in book.namelist() if not name.endswith("1.xhtml")}
    problem, article = _read(tmp_path, ".epub", archive(left))

    assert isinstance(problem, SourceError)
    assert (problem.reason, problem.lost) == ("OEBPS/text/1.xhtml: broken: it has no OEBPS/text/1.xhtml", True)
    assert isinstance(article, Article)
    assert article.text == "Two."


@pytest.mark.parametrize("pages", [1_000_000, 50_000])
def test_pdf_that_claims_pages_that_it_has_not(pages: int, tmp_path: Path) -> None:
    """What a small file says of itself costs neither memory nor a remark a page."""
    objects = b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count %d>>endobj\n" % pages
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.4\n" + objects + b"3 0 obj<</Type/Page/Parent 2 0 R>>endobj\ntrailer<</Root 1 0 R/Size 4>>\n%%EOF")
    items = []
    with pytest.raises(SourceError, match="broken"):
        items.extend(FORMATS[".pdf"].articles(Source(path, "a.pdf")))
    assert len(items) < 200
