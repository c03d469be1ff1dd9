"""Plain text: the file is the article, and its first line the title if it looks like one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsdex.indexer.readers.decoding import decode
from newsdex.indexer.source import Source
from newsdex.records import Article

_END = r"[^\S\r\n]*(?:\r\n|\r(?!\n)|\n)"
_FIRST = re.compile(rf"\s*(?P<line>\S(?:[^\r\n]{{0,148}}\S)?){_END}(?:(?P<blank>{_END})\s*|[^\S\r\n]*)(?P<next>\S[^\r\n]*)")
# Lines of wrapped text are about equally long; the line after a headline is longer.
_LONGER = 1.5


def read(source: Source) -> Iterator[Article]:
    text = decode(source.content())
    yield source.article(text, title=find_title(text))


def find_title(text: str) -> str:
    r"""Return the first line, if it has at most 150 characters and is followed by a blank line, or by a longer line and does not end like a
    sentence.

    >>> find_title("Talks go on\n\nThe minister said so."), find_title("The minister said\nthat talks go on.")
    ('Talks go on', '')
    """
    found = _FIRST.match(text)
    if found is None:
        return ""
    line: str = found["line"]
    headline = line[-1] not in ".!?:;," and len(found["next"]) >= _LONGER * len(line)
    return line if found["blank"] is not None or headline else ""
