"""Readers: one module a format. A reader turns one source file into articles; to add a format, write one and register it here.

A reader yields articles, and a SourceError for each record that it cannot read: one bad record never costs another. It may also
raise a SourceError or an OSError when nothing of the file can be read. Formats are chosen by the file's suffix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from newsdex.errors import SourceError
from newsdex.indexer.readers import jsonl, markdown, plain
from newsdex.indexer.source import Source
from newsdex.records import Article

Reader = Callable[[Source], Iterator[Article | SourceError]]


@dataclass(frozen=True, slots=True)
class Format:
    """How files of a format are read: by ``read``, a plain function that shares nothing with other calls.

    ``many``: such a file holds records, and is no article itself. ``foreign``: a library parses it that was not made for hostile files. ``extra``: what to
    install beside newsdex for it, if anything.
    """

    read: Reader
    many: bool = False
    foreign: bool = False
    extra: str = ""

    def articles(self, source: Source) -> Iterator[Article | SourceError]:
        """What ``source`` holds. Raises SourceError or OSError when nothing more of it can be read, whatever the library raises."""
        yield from self.read(source)


_PLAIN = Format(plain.read)
_MARKDOWN = Format(markdown.read)
_JSONL = Format(jsonl.read, many=True)

FORMATS: Mapping[str, Format] = {
    ".txt": _PLAIN,
    ".text": _PLAIN,
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".jsonl": _JSONL,
    ".ndjson": _JSONL,
}


def format_of(path: Path) -> Format | None:
    """The format of a file of this name, or None when it is not known."""
    return FORMATS.get("".join(path.suffixes[-2:]).lower()) or FORMATS.get(path.suffix.lower())
