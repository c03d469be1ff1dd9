"""A source file as its reader receives it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from newsdex.indexer.limits import DEFAULT, Limits
from newsdex.records import Article, Span


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read sources: ``columns`` maps the fields of a record, such as ``{"text": "body"}``, and with ``file_dates`` a file's time
    replaces an unknown publication date. ``ocr`` are the languages of scans (newsdex.indexer.readers.ocr); empty without OCR.
    ``date_order``, "dmy" or "mdy", says what comes first in dates such as 04/05/2024; empty to infer it by the other dates of a file.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    file_dates: bool = False
    ocr: str = ""
    date_order: str = ""

    def pack(self) -> str:
        """The form stored with a source; empty for the defaults."""
        said = {name: value for name, value in (asdict(self) | {"columns": dict(self.columns)}).items() if value}
        return json.dumps(said, sort_keys=True) if said else ""

    @classmethod
    def unpack(cls, packed: str) -> Reading:
        """The inverse of ``pack``."""
        return cls(**json.loads(packed)) if packed else cls()


@dataclass(frozen=True, slots=True)
class Wanted:
    """The parts of a reading that a run sets; None means as each source was read before."""

    columns: Mapping[str, str] | None = None
    file_dates: bool | None = None
    ocr: str | None = None
    date_order: str | None = None

    def reading(self, before: str, *, scans: bool = True) -> Reading:
        """How to read a source that was read as ``before``; ``scans`` says whether it can contain any."""
        said = {name: value for name, value in asdict(self).items() if value is not None}
        reading = replace(Reading.unpack(before), **said)
        return reading if scans else replace(reading, ocr="")


@dataclass(frozen=True)
class Source:
    """A file to read articles from; ``name`` is the id of an article without an id of its own.

    ``opener`` gives the bytes if they are not those of the file at ``path``, as for a member of an archive. ``begins``, if given, must be
    called before a reader starts a part of the file that may cost the rest, with its number, from 1, and its name; it returns whether the
    part is wanted. ``opened`` is the status of the file if another process has opened it: this process may be unable to open its path.
    ``limits`` are those of scans; ``alive`` must be called before and after each page that OCR reads. ``day_first``, which the format sets,
    tells what comes first in dates such as 04/05/2024.
    """

    path: Path
    name: str
    reading: Reading = field(default_factory=Reading)
    opener: Callable[[], BinaryIO] | None = None
    begins: Callable[[int, str], bool] | None = None
    opened: os.stat_result | None = None
    limits: Limits = DEFAULT
    alive: Callable[[], None] = lambda: None
    day_first: Callable[[int, int], bool | None] | None = None

    @cached_property
    def sha256(self) -> str:
        """Of the source's bytes, in hexadecimal."""
        with self.open() as file:
            digest = hashlib.sha256()
            while block := file.read(1 << 20):
                digest.update(block)
            return digest.hexdigest()

    def remember(self, sha256: str) -> None:
        """Set the sha256, so that the bytes need not be read for it."""
        vars(self)["sha256"] = sha256

    @property
    def changed(self) -> float:
        """When the file was last changed, in seconds since 1970. Raises OSError."""
        return (self.opened or self.path.stat()).st_mtime

    def wants(self, number: int, name: str) -> bool:
        """Whether a part of the file is to be read."""
        return self.begins is None or self.begins(number, name)

    def open(self) -> BinaryIO:
        """The source's bytes as a stream from their beginning; the caller closes it."""
        return self.opener() if self.opener else self.path.open("rb")

    def content(self) -> bytes:
        """All of it, for formats of one article a file."""
        with self.open() as file:
            return file.read()

    def article(
        self, text: str, *, name: str = "", sha256: str = "", record: int = 0, metadata: Mapping[str, str] = {}, **fields: Any
    ) -> Article:
        """The article of ``text`` with these ``fields``; ``record`` is its number in the source, 0 if it is the source. Without a ``name``
        it is called after the source and its number; without a ``sha256`` it has the source's. Empty ``metadata`` is left out.
        """
        own = f"{self.name}#{record}" if record else self.name
        fields = {"body": Span(0, len(text)), "metadata": {key: value for key, value in metadata.items() if value}, **fields}
        return Article(name or own, text, self.path, sha256 or self.sha256, record=record, **fields)
