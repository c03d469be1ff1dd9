"""Pictures of text, read by OCR: PNG, JPEG, or TIFF with several pages. Each picture is a page of the article."""

from __future__ import annotations

from collections.abc import Iterator

from newsdex.errors import SourceError
from newsdex.indexer.readers import ocr
from newsdex.indexer.readers.document import document
from newsdex.indexer.readers.pdf import joined_pages
from newsdex.indexer.source import Source
from newsdex.records import Article


def read(source: Source) -> Iterator[Article | SourceError]:
    if source.ocr is None:
        raise SourceError("a picture: newsdex index --ocr reads its text")
    pages: list[ocr.Page] = []
    problems: list[SourceError] = []
    for number, page in enumerate(ocr.read_pictures(source.content(), source.ocr), 1):
        if isinstance(page, SourceError):
            problems.append(SourceError(f"page {number}: {page.reason}", lost=False) if number > 1 or not page.lost else page)
            pages.append(ocr.Page("", []))
        else:
            pages.append(page)
    if not any(page.text for page in pages):
        raise problems[0] if problems else SourceError("no text: OCR found none")
    yield from problems
    text, starts = joined_pages([page.text for page in pages])
    yield document(source, text, title="", author="", made=None, language="", pages=starts, more=ocr.told(pages))
