"""Web pages: the main text by trafilatura, and what the page says of itself. Offsets count in the extracted text, a paragraph each, apart by blank lines."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from newsdex.errors import SourceError
from newsdex.indexer.decoding import without_surrogates
from newsdex.indexer.readers.byline import dateline
from newsdex.indexer.readers.markup import decode_page, parse_page, text_of
from newsdex.indexer.readers.page_metadata import PageMetadata, page_metadata
from newsdex.indexer.source import Source
from newsdex.records import Article, Span

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# trafilatura's fast way is taken where it finds enough, as benchmarks/extraction.py has shown: as many characters as trafilatura itself wants,
# and this part of those in paragraphs.
_ENOUGH = 250
_ENOUGH_OF_PARAGRAPHS = 0.15
_PLENTY = 3000  # characters, of which trafilatura does not doubt that they are the article
_FULLER = 1.5  # times as long as what trafilatura finds is a text in JSON-LD that is taken instead
_LARGE = 100_000  # bytes of a page that should have more than
_LITTLE = 200  # characters of text
_STUB = 1_500  # characters; a page behind a paywall shows a paragraph or three
_WITHOUT_SCRIPTS = (
    1000  # characters for readers without scripts; more is the page itself, within an element that is closed in the wrong place
)
_UNUSED = ("style", "svg", "iframe", "template")  # elements that trafilatura would copy some times, and then drop


def read(source: Source) -> Iterator[Article | SourceError]:
    content = source.content()
    yield from page_articles(content, source, source.name)


def page_articles(
    content: bytes, source: Source, identifier: str, *, record: int = 0, url: str = "", charset: str = ""
) -> Iterator[Article | SourceError]:
    """The article of a page, after a remark when it may not be whole. ``url`` and ``charset`` are what is known of it from elsewhere.

    Raises SourceError when the page has no text.
    """
    tree, deep = parse_page(decode_page(content, charset))
    if tree is None:
        raise SourceError("no text")
    told = page_metadata(tree, url)
    text = without_surrogates(_main_text(tree, told))
    if not text:
        raise SourceError("no text: the page may be filled in by a script")
    if deep:
        yield SourceError("nested too deeply: read without its layout", lost=False)
    elif told.paywalled and len(text) < _STUB:
        yield SourceError(f"behind a paywall: {len(text)} characters of it are here", lost=False)
    elif len(content) > _LARGE and len(text) < _LITTLE:
        yield SourceError(f"almost no text: {len(text)} characters in a page of {len(content) // 1000} kB", lost=False)
    yield Article(
        id=identifier,
        text=text,
        path=source.path,
        sha256=hashlib.sha256(content).hexdigest(),
        title=told.title,
        source=told.source,
        url=told.url,
        published=told.published or dateline(text, told.language),
        record=record,
        body=Span(0, len(text)),
        metadata=told.other,
        language=told.language,
    )


def _main_text(tree: HtmlElement, told: PageMetadata) -> str:
    """The article without what is around it; all that is seen of a page that trafilatura finds nothing in."""
    _drop_unused(tree)
    text = _extract(tree, fast=True)
    if len(text) < _ENOUGH or (len(text) < _PLENTY and len(text) < _ENOUGH_OF_PARAGRAPHS * _in_paragraphs(tree)):
        text = max(text, _extract(tree, fast=False), key=len)
    if len(told.body) > max(_ENOUGH, _FULLER * len(text)) or told.body.split() == text.split():  # with its paragraphs, then
        text = re.sub(r"\s*\n\s*", "\n\n", told.body)
    return text or text_of(tree)


def _in_paragraphs(tree: HtmlElement) -> int:
    return sum(len(" ".join(element.itertext()).strip()) for element in tree.iter("p"))


def _extract(tree: HtmlElement, *, fast: bool) -> str:
    import trafilatura

    logging.getLogger("trafilatura").addHandler(logging.NullHandler())  # its warnings say nothing that helps here
    try:
        found = trafilatura.bare_extraction(tree, fast=fast, include_comments=False, with_metadata=False)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a bug that an odd page meets: all of its text is taken then
        return ""
    text = found.text if found is not None and not isinstance(found, dict) else ""
    return re.sub(r"\s*\n\s*", "\n\n", text or "").strip()


def _drop_unused(tree: HtmlElement) -> None:
    from lxml import etree

    etree.strip_elements(tree, *_UNUSED, with_tail=False)
    for element in list(tree.iter("noscript")):
        if len("".join(element.itertext())) < _WITHOUT_SCRIPTS:
            element.drop_tree()
        else:
            element.drop_tag()
    for script in [element for element in tree.iter("script") if "ld+json" not in (element.get("type") or "")]:
        script.drop_tree()
