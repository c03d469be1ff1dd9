"""The article of a Word, OpenDocument or PDF file: its text, with the properties for author and date."""

from __future__ import annotations

from collections.abc import Mapping

from newsdex.indexer.readers.byline import dateline
from newsdex.indexer.readers.dates import more_exact
from newsdex.indexer.readers.plain import find_title
from newsdex.indexer.source import Source
from newsdex.records import Article, Published, Span


def document(
    source: Source,
    text: str,
    *,
    title: str,
    author: str,
    made: Published | None,
    language: str,
    pages: tuple[int, ...] = (),
    more: Mapping[str, str] = {},
) -> Article:
    """Return the article of a document, with ``more`` metadata.

    It is dated by its dateline; else by ``made``, which may be years later, and which also counts as a more exact form of the same day.
    """
    written = dateline(text, language)
    return Article(
        id=source.name,
        text=text,
        path=source.path,
        sha256=source.sha256,
        title=title or find_title(text),
        published=made if written is None or (made and more_exact(made, written)) else written,
        body=Span(0, len(text)),
        metadata={**({"author": author} if author else {}), **more},
        language=language,
        pages=pages,
    )
