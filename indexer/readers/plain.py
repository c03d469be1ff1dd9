"""Plain text: the file is the article, its first line perhaps the title. A web page that was saved as text is read as a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import PurePosixPath

from newsdex.errors import SourceError
from newsdex.indexer.readers.byline import dateline
from newsdex.indexer.readers.dates import parse_published
from newsdex.indexer.readers.decoding import decode_with_remark
from newsdex.indexer.readers.webpage import LIKE_A_PAGE, page_articles
from newsdex.indexer.source import Source
from newsdex.records import Article, Published

# A page with another tag behind the first or its end, and rich text with commands and its end; prose speaks of both.
_TAGS, _LAST_TAG = re.compile(rb"[^<]*<[^<>]*>\s*<[!/a-z]", re.IGNORECASE), re.compile(rb"</(?:html|body)\s*>\s*\Z", re.IGNORECASE)
_LAST = 100  # bytes looked at for the end of a page
_RTF = re.compile(rb"\{\\rtf1\s?\\(?s:.*)\}[\s\0]*\Z")
_END = r"[^\S\r\n]*(?:\r\n|\r(?!\n)|\n)"
_FIRST = re.compile(rf"\s*(?P<line>\S(?:[^\r\n]{{0,148}}\S)?){_END}(?:(?P<blank>{_END})\s*|[^\S\r\n]*)(?P<next>\S[^\r\n]*)")
# Lines of wrapped text are about equally long; the line after a headline is longer.
_LONGER = 1.5
_HEAD = 1_000  # characters that may have the byline
_BYLINE = 150  # characters, which no byline has
_BYLINES = 3  # lines of a byline; more are wrapped text
_SENTENCE_END = re.compile(r"[.!?:;,\u3002][\"'\u201d\u2019)\]]*\Z")
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?!\d)")


def read(source: Source) -> Iterator[Article | SourceError]:
    content = source.content()
    if LIKE_A_PAGE.match(content) and (_TAGS.match(content) or _LAST_TAG.search(content[-_LAST:])):
        yield from page_articles(content, source)
        return
    if _RTF.match(content):
        raise SourceError("rich text (RTF), not plain text: save it as .docx or .odt")
    text, remark = decode_with_remark(content)
    if remark:
        yield SourceError(remark, lost=False)
    title = find_title(text)
    yield source.article(text, title=title, published=dateline(_head(text, title), "") or named_day(source))


def named_day(source: Source) -> Published | None:
    """The day at the beginning of the file's name, if it has one."""
    named = _DAY.match(PurePosixPath(source.name.rpartition("#")[2]).name)
    return parse_published(named[1], "file name") if named else None


def _head(text: str, title: str) -> str:
    """The beginning of ``text`` behind its title, one line per paragraph or byline: dates within wrapped text are not the article's."""
    lines = [line.strip() for line in text[:_HEAD].replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")]
    if len(text) > _HEAD:
        lines.pop()
    kept: list[str] = []
    for paragraph in [list(group) for filled, group in groupby(lines[1 if title else 0 :], bool) if filled]:
        whole = " ".join(paragraph)
        ends = _SENTENCE_END.search(whole) is not None
        if ends or len(paragraph) > _BYLINES:
            # Spaces, so that it is too long for a byline
            kept.append(whole.ljust(_BYLINE))
        else:
            kept += paragraph
    return "\n".join(kept)


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
