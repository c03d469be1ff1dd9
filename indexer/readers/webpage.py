"""Web pages: the main text by trafilatura, and the page's metadata. Offsets count in the extracted text, with a blank line between
paragraphs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from newsdex.errors import SourceError
from newsdex.indexer.readers.byline import CHANGED, dateline
from newsdex.indexer.readers.decoding import without_surrogates
from newsdex.indexer.readers.main_text import main_text
from newsdex.indexer.readers.markup import page_in_utf8, parse_page
from newsdex.indexer.readers.notices import is_about_cookies, is_paywalled, leads_to
from newsdex.indexer.readers.page_metadata import page_metadata
from newsdex.indexer.source import Source
from newsdex.records import Article, Span

_LARGE = 100_000  # bytes of a page that should have more text than _LITTLE
_LITTLE = 200  # characters of text


def read(source: Source) -> Iterator[Article | SourceError]:
    content = source.content()
    yield from page_articles(content, source, source.name, sha256=source.sha256_of(content))


def page_articles(
    content: bytes,
    source: Source,
    identifier: str,
    *,
    record: int = 0,
    url: str = "",
    charset: str = "",
    sha256: str = "",
    known: Mapping[str, str] | None = None,
) -> Iterator[Article | SourceError]:
    """Yield the article of a page, after a remark if it may be incomplete.

    ``url``, ``charset`` and ``sha256`` are known from elsewhere, ``known`` from a feed. Raises SourceError when the page has no text, or
    only redirects.
    """
    tree, deep = parse_page(page_in_utf8(content, charset))
    if tree is None:
        raise SourceError("no text")
    told = page_metadata(tree, url, known)
    text = without_surrogates(main_text(tree, told.body))
    if not text:
        raise SourceError("no text: the page may be filled in by a script")
    if address := leads_to(tree, text):
        raise SourceError(f"no article: it only leads on to {address[:200]}")
    if deep:
        yield SourceError("nested too deeply: read without its layout", lost=False)
    elif is_paywalled(text, told=told.paywalled):
        yield SourceError(f"behind a paywall: {len(text)} characters are available", lost=False)
    elif is_about_cookies(text):
        yield SourceError(f"probably only a cookie notice: {len(text)} characters", lost=False)
    elif len(content) > _LARGE and len(text) < _LITTLE:
        yield SourceError(f"almost no text: {len(text)} characters in a page of {len(content) // 1000} kB", lost=False)
    published = told.published
    if published is None or published.origin == CHANGED:
        published = dateline(text, told.language) or published
    yield Article(
        id=identifier,
        text=text,
        path=source.path,
        sha256=sha256 or hashlib.sha256(content).hexdigest(),
        title=told.title,
        source=told.source,
        url=told.url,
        published=published,
        record=record,
        body=Span(0, len(text)),
        metadata=told.other,
        language=told.language,
    )
