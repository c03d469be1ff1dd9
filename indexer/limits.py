"""Limits on what a foreign file may cost, and the version of the readers."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass, replace
from functools import lru_cache

MIB = 1 << 20
MAXRSS = 1024 if sys.platform == "linux" else 1  # bytes of a unit of getrusage's ru_maxrss
# newsdex, and the libraries that parse, so that a file for which one was missing is read when it is there
_PACKAGES = (
    "newsdex", "charset-normalizer", "feedparser", "lxml", "pyarrow", "pypdfium2", "python-docx", "PyYAML", "striprtf", "trafilatura",
    "warcio",
)  # fmt: skip
_READERS = 3  # raised when newsdex reads files that it could not read before


@dataclass(frozen=True, slots=True)
class Limits:
    """What one source file may cost. Beyond a limit the file is skipped, with the limit as the reason.

    ``memory`` is the address space of the parsing process, in bytes. ``seconds`` is processor time: for a file that is one article in
    total, for a file with many until the next; ``more_seconds`` is added for each MiB of the file to the time for all its articles.
    ``stalled`` is the wall time that a parser may be silent. ``content`` is the bytes of a file, or member of an archive, that is one
    article, ``text`` the bytes of an article's text in UTF-8. A file may unpack to, and give as text, at most ``expansion`` times its size
    plus 64 MiB.

    For scans, ``scan_pixels`` are those of a picture, ``scan_pages`` the pages of a file, ``page_seconds`` the time for one, and
    ``scan_seconds`` the processor time for a file.
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
        """The limits of a file with scans: twice the time of a page before a parser counts as stalled, because a late page ends itself."""
        return replace(self, seconds=self.seconds + 2 * self.page_seconds, stalled=self.stalled + 10 * self.page_seconds)

    def total_seconds(self, size: int) -> float:
        """For all articles of a file of ``size`` bytes."""
        return self.seconds + self.more_seconds * size / MIB

    def total_bytes(self, size: int) -> int:
        """The most that a file of ``size`` bytes may unpack to."""
        return self.expansion * size + 64 * MIB


DEFAULT = Limits()


def in_words(size: int) -> str:
    """A size in words.

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
    return hashlib.sha256(repr((_READERS, told, limits)).encode()).hexdigest()[:8]


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version  # take milliseconds to load

    try:
        return version(name)
    except PackageNotFoundError:
        return ""
