"""How much a file that somebody else wrote may cost; and what one that cannot be read was read with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version

MIB = 1 << 20
# newsdex, and the libraries that parse, so that a file for which one was missing is read when it is there
_PACKAGES = (
    "newsdex", "charset-normalizer", "feedparser", "lxml", "pyarrow", "pypdfium2", "python-docx", "PyYAML", "trafilatura", "warcio",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """What one source file may take; past a limit it is left, with the limit as the reason.

    ``memory`` is the address space of the process that parses it, in bytes. ``seconds`` is processor time: for a file that is one article
    altogether, for one of many until the next; ``more_seconds`` is what each MiB of the file adds to the time for all its articles.
    ``stalled`` is how long, by the clock on the wall, a parser may give no sign. ``content`` is the bytes of a file, or member of an
    archive, that is one article, ``text`` the bytes of an article's text in UTF-8. ``expansion`` times its size, and 64 MiB, is what a file
    may unpack to, and the text that may come of it.

    Of scans that are read by OCR, ``scan_pixels`` are those of a picture, ``scan_pages`` the pages of a file. ``page_seconds`` is the time
    for one, and ``scan_seconds`` the processor time for a file.
    """

    memory: int = 1 << 30
    seconds: float = 20.0
    more_seconds: float = 5.0
    stalled: float = 60.0
    content: int = 256 * MIB
    text: int = 32 * MIB
    expansion: int = 100
    scan_pixels: int = 64_000_000
    scan_pages: int = 500
    page_seconds: float = 60.0
    scan_seconds: float = 3_600.0

    def with_scans(self) -> Limits:
        """Those of a file with scans: twice the time of a page until the next sign of life, for a page that is late ends itself."""
        return replace(self, seconds=self.seconds + 2 * self.page_seconds, stalled=self.stalled + 10 * self.page_seconds)

    def total_seconds(self, size: int) -> float:
        """For all articles of a file of ``size`` bytes."""
        return self.seconds + self.more_seconds * size / MIB

    def total_bytes(self, size: int) -> int:
        """What a file of ``size`` bytes may become."""
        return self.expansion * size + 64 * MIB


DEFAULT = Limits()


def in_words(size: int) -> str:
    """A size as a limit is named.

    >>> in_words(1 << 30), in_words(256 * MIB), in_words(1000)
    ('1 GiB', '256 MiB', '1000 bytes')
    """
    for unit, name in ((1 << 30, "GiB"), (MIB, "MiB")):
        if size % unit == 0 and size:
            return f"{size // unit} {name}"
    return f"{size} bytes"


@lru_cache(maxsize=8)
def readers_version(limits: Limits) -> str:
    """Eight characters that change with the version of a reader, and with the limits of a file."""
    told = [f"{name} {_version(name)}" for name in _PACKAGES]
    return hashlib.sha256(repr((told, limits)).encode()).hexdigest()[:8]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
