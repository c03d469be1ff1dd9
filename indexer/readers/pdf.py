"""PDF, read by pypdfium2. Offsets count in the text that is made of the pages; ``Article.pages`` has the beginning of each.

A word that is divided at the end of a line is put together again. Pages are apart by a blank line, or by a line end where the sentence goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from newsdex.errors import SourceError
from newsdex.indexer.dates import parse_published
from newsdex.indexer.decoding import without_surrogates
from newsdex.indexer.readers.plain import find_title
from newsdex.indexer.source import Source
from newsdex.records import Article, Published, Span

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

_PASSWORD = 4  # FPDF_ERR_PASSWORD in fpdfview.h
_DATE = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?(?:(\d\d)(\d\d)(\d\d)?)?\s*(?:(Z)|([+-]\d\d)'?(\d\d)?)?.*", re.DOTALL)
_DIVIDED = re.compile("(?:[\ufffe\x02\u00ad]|(?<=\\w)[\u2010-](?=\r?\n[^\\W\\d_A-Z]))\r?\n?")  # PDFium marks a hyphen at a line's end by U+FFFE or 2
_LINE_END = re.compile(r"[^\S\n]*\r?\n[^\S\n]*")
_UNSEEN = re.compile("[\0-\x08\x0e-\x1f\ufffe\uffff]")
_GOES_ON = re.compile(r"[^.!?:;\"'”’)\s]\Z")
_FEW = 10  # letters a page, on average, below which a document with pictures is a scan


def read(source: Source) -> Iterator[Article | SourceError]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(source.content())
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD:
            raise SourceError("encrypted: it needs a password") from error
        raise SourceError("broken: PDFium cannot open it") from error
    with closing(document):
        pages: list[int] = []
        text = ""
        for number in range(len(document)):
            try:
                page = _page(document, number)
            except pypdfium2.PdfiumError:
                yield SourceError(f"page {number + 1} is broken; indexed without it", lost=False)
                page = ""
            if text and page:
                text += "\n" if _GOES_ON.search(text) and page[0].islower() else "\n\n"
            pages.append(len(text))
            text += page
        if len(text) < _FEW * len(document):
            if not text.strip():
                raise SourceError("no text: needs OCR" if _has_pictures(document) else "no text")
            if _has_pictures(document):
                yield SourceError(f"almost no text on {len(document)} pages, which are pictures: needs OCR", lost=False)
        told = {key.lower(): without_surrogates(" ".join(value.split())) for key, value in document.get_metadata_dict().items() if value}
    yield Article(
        id=source.name,
        text=text,
        path=source.path,
        sha256=source.sha256,
        title=_title(told.get("title", "")) or find_title(text),
        published=_published(told.get("creationdate", "")),
        body=Span(0, len(text)),
        metadata={"author": told["author"]} if told.get("author") else {},
        pages=tuple(pages),
    )


def _page(document: PdfDocument, number: int) -> str:
    with closing(document[number]) as page, closing(page.get_textpage()) as layer:
        written = without_surrogates(layer.get_text_range())
    whole = _UNSEEN.sub("", _DIVIDED.sub("", written))
    return _LINE_END.sub("\n", whole).strip()


def _has_pictures(document: PdfDocument) -> bool:
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    return any(next(document[number].get_objects([FPDF_PAGEOBJ_IMAGE]), None) is not None for number in range(min(len(document), 3)))


def _title(told: str) -> str:
    """The title in the document's properties, if it is one: many programs put the name of a file there."""
    return "" if re.search(r"\.(?:docx?|pdf|indd|tex|dvi|qxd|rtf|odt|html?)$|^untitled|^microsoft word", told, re.IGNORECASE) else told


def _published(written: str) -> Published | None:
    """When the document says that it was made, which is not when it appeared, but the nearest that it knows (ISO 32000-1, 7.9.4)."""
    found = _DATE.fullmatch(written)
    if found is None:
        return parse_published(written, "document properties") if written else None
    year, month, day, hour, minute, second, utc, hours, minutes = found.groups()
    date = "-".join(filter(None, (year, month, day)))
    if day and hour:
        zone = "+00:00" if utc else f"{hours}:{minutes or '00'}" if hours else ""
        date += f"T{hour}:{minute}:{second or '00'}{zone}"
    return parse_published(date, "document properties")
