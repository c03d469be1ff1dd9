"""A source file as its reader gets it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """A file to read articles from; ``name`` is what an article is called that brings no id of its own."""

    path: Path
    name: str

    @cached_property
    def sha256(self) -> str:
        """Of the file's bytes, in hexadecimal."""
        with self.path.open("rb") as file:
            digest = hashlib.sha256()
            while block := file.read(1 << 20):
                digest.update(block)
            return digest.hexdigest()

    def read(self) -> bytes:
        """All of it, for formats of one article a file."""
        return self.path.read_bytes()
