"""A source file as its reader gets it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Reading:
    """How sources are to be read: ``columns`` says which field of a record is what, and with ``file_dates`` a file's time stands in for a
    date that is not known. ``ocr`` are the languages in which scans are read (newsdex.indexer.readers.ocr); empty where they are not.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    file_dates: bool = False
    ocr: str = ""

    def pack(self) -> str:
        """As it is kept with a source; empty where nothing was said."""
        said = {
            name: value for name, value in (("columns", dict(self.columns)), ("file_dates", self.file_dates), ("ocr", self.ocr)) if value
        }
        return json.dumps(said, sort_keys=True) if said else ""

    @classmethod
    def unpack(cls, packed: str) -> Reading:
        """What ``pack`` packed."""
        return cls(**json.loads(packed)) if packed else cls()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a reading is asked for in a run; None is as each source was read before."""

    columns: Mapping[str, str] | None = None
    file_dates: bool | None = None
    ocr: str | None = None

    def reading(self, before: str, *, scans: bool = True) -> Reading:
        """How a source is to be read that was read so ``before``; ``scans`` says whether there can be any in it."""
        was = Reading.unpack(before)
        return Reading(
            was.columns if self.columns is None else self.columns,
            was.file_dates if self.file_dates is None else self.file_dates,
            "" if not scans else was.ocr if self.ocr is None else self.ocr,
        )


@dataclass(frozen=True, slots=True)
class Ocr:
    """How scans are read: in which ``languages``, pictures of at most so many ``pixels``, so many ``pages`` of a file, and each for at most
    ``page_seconds`` by the clock. ``alive`` is to be called before and after each page.
    """

    languages: str
    pixels: int
    pages: int
    page_seconds: float
    alive: Callable[[], None]


@dataclass(frozen=True)
class Source:
    """A file to read articles from; ``name`` is what an article is called that brings no id of its own.

    ``columns`` says which field of a record is what, such as ``{"text": "body"}``. With ``file_dates``, the file's time stands in for a
    publication date that is not known. ``opener`` gives the bytes where they are not those of the file at ``path``, as for a member of an
    archive. ``begins``, if given, is to be asked before a reader begins a part of the file that may cost the rest, by its number, counted
    from 1, and its name: whether it is wanted. ``opened`` is the status of the file where another has opened it: its path need not be open
    to this process. ``ocr`` is how scans in it are read, where they are.
    """

    path: Path
    name: str
    columns: Mapping[str, str] = field(default_factory=dict)
    file_dates: bool = False
    opener: Callable[[], BinaryIO] | None = None
    begins: Callable[[int, str], bool] | None = None
    opened: os.stat_result | None = None
    ocr: Ocr | None = None

    @cached_property
    def sha256(self) -> str:
        """Of the source's bytes, in hexadecimal."""
        with self.open() as file:
            digest = hashlib.sha256()
            while block := file.read(1 << 20):
                digest.update(block)
            return digest.hexdigest()

    def remember(self, sha256: str) -> None:
        """Of the source's bytes, so that they need not be read for it."""
        vars(self)["sha256"] = sha256

    def sha256_of(self, content: bytes) -> str:
        """The same, of ``content``, which is all of the source."""
        return vars(self).get("sha256") or hashlib.sha256(content).hexdigest()

    @property
    def changed(self) -> float:
        """When the file was changed last, in seconds since 1970. Raises OSError."""
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
