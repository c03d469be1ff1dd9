"""A source file as its reader gets it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True)
class Source:
    """A file to read articles from; ``name`` is what an article is called that brings no id of its own.

    ``columns`` says which field of a record is what, such as ``{"text": "body"}``. With ``file_dates``, the file's time stands in for a
    publication date that is not known. ``opener`` gives the bytes where they are not those of the file at ``path``, as for a member of an archive.
    ``begins``, if given, is to be asked before a reader begins a part of the file that may cost the rest, by its number, counted from 1, and its name: whether it is wanted.
    """

    path: Path
    name: str
    columns: Mapping[str, str] = field(default_factory=dict)
    file_dates: bool = False
    opener: Callable[[], BinaryIO] | None = None
    begins: Callable[[int, str], bool] | None = None

    @cached_property
    def sha256(self) -> str:
        """Of the source's bytes, in hexadecimal."""
        with self.open() as file:
            digest = hashlib.sha256()
            while block := file.read(1 << 20):
                digest.update(block)
            return digest.hexdigest()

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
