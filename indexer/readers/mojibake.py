"""Mends text that was decoded in the wrong code page before it was stored, as in many tables and scraped archives: "cafÃ©" for "café"."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from newsdex.records import MEMBER, Article, Span

# What the first byte and the next of a character in UTF-8 become in cp1252 or Latin-1: Latin, Greek, Cyrillic, Hebrew and Arabic letters
# and signs. Few other texts have such pairs, so the library is rarely loaded.
_PAIR = re.compile(
    "[\u00c2-\u00c5\u00ce-\u00d1\u00d7-\u00d9\u00e2][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc"
    "\u2013\u2014\u2018-\u201a\u201c-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122]"
)


def mended(article: Article) -> Article:
    """Return ``article`` with the fields and the text as they were before they were decoded wrongly; its offsets fit the new text."""
    metadata = {name: value if name == MEMBER else _fixed(value) for name, value in article.metadata.items()}
    article = replace(article, title=_fixed(article.title), source=_fixed(article.source), metadata=metadata)
    if not _PAIR.search(article.text):
        return article
    body, pages = article.body, article.pages
    # Each part is mended by itself, so that it is known where its end has moved
    cuts = sorted({0, body.start, body.end, *pages, len(article.text)})
    moved, parts, length = {0: 0}, list[str](), 0
    for start, end in pairwise(cuts):
        parts.append(_fixed(article.text[start:end]))
        length += len(parts[-1])
        moved[end] = length
    span = Span(moved[body.start], moved[body.end])
    return replace(article, text="".join(parts), body=span, pages=tuple(moved[page] for page in pages))


def _fixed(text: str) -> str:
    if text.isascii() or not _PAIR.search(text):
        return text
    import ftfy

    return ftfy.fix_encoding(text)
