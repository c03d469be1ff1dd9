"""What the tests of readers read: files that they write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from newsdex.errors import SourceError
from newsdex.indexer.readers.packed import format_of
from newsdex.indexer.source import Reading, Source
from newsdex.records import Article

Items = Sequence[Article | SourceError]


def read(path: Path, content: str | bytes, name: str = "", columns: Mapping[str, str] | None = None) -> list[Article | SourceError]:
    """What a reader gives of a file with this content, which is called ``name`` in ids, or as it is."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    known = format_of(path)
    assert known
    return list(known.articles(Source(path, name or path.name, Reading(columns or {}))))


def only(items: Items) -> Article:
    """The article that is all that was read."""
    [article] = items
    assert isinstance(article, Article)
    return article


def articles_of(items: Items) -> list[Article]:
    return [item for item in items if isinstance(item, Article)]


def reasons_of(items: Items) -> list[str]:
    return [item.reason for item in items if isinstance(item, SourceError)]
