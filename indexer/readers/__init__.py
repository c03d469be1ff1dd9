"""Readers: one module a format. A reader turns one source file into articles; to add a format, write one and register it here.

A reader yields articles, and a SourceError for each record that it cannot read: one bad record never costs another. It may also
raise a SourceError or an OSError when nothing of the file can be read. Formats are chosen by the file's suffix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from newsdex.errors import SourceError
from newsdex.indexer.readers import jsonl, markdown, plain
from newsdex.indexer.source import Source
from newsdex.records import Article

Reader = Callable[[Source], Iterator[Article | SourceError]]

READERS: Mapping[str, Reader] = {
    ".txt": plain.read,
    ".text": plain.read,
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".jsonl": jsonl.read,
    ".ndjson": jsonl.read,
}


def reader_for(path: Path) -> Reader | None:
    """The reader of a file of this name, or None when its format is not known."""
    return READERS.get(path.suffix.lower())


def holds_one_article(path: Path) -> bool:
    """Whether a file of this name is one article; a file of records is none itself."""
    return reader_for(path) is not jsonl.read
