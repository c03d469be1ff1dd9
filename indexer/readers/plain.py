"""Plain text: the file is the article, and its first line the title if it looks like one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsdex.indexer.decoding import decode
from newsdex.indexer.source import Source
from newsdex.records import Article, Span

# A line of at most 150 characters before a blank line, or one that does not end like a sentence before another line.
_END = r"[^\S\r\n]*(?:\r\n|\r(?!\n)|\n)"
_TITLE = re.compile(rf"\s*(?P<title>\S(?:[^\r\n]{{0,148}}\S)?)(?:{_END}{_END}|(?<![.!?:;,]){_END})\s*\S")


def read(source: Source) -> Iterator[Article]:
    text = decode(source.read())
    found = _TITLE.match(text)
    yield Article(
        id=source.name,
        text=text,
        path=source.path,
        sha256=source.sha256,
        title=found["title"] if found else "",
        body=Span(0, len(text)),
    )
