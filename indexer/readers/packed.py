"""The formats of files by their names, packed ones too: ``.gz`` and ``.zip``, which newsdex.indexer.readers.unpacking reads."""

from __future__ import annotations

from pathlib import Path

from newsdex.indexer import readers
from newsdex.indexer.readers import FORMATS, Format, by

_ARCHIVE = Format(by("unpacking", "read_archive"), many=True, foreign=True, scans=True)


def format_of(path: Path) -> Format | None:
    """The format of a file of this name, packed or not, or None when it is not known."""
    if known := readers.format_of(path):
        return known
    if path.suffix.lower() == ".zip":
        return _ARCHIVE
    if path.suffix.lower() == ".gz" and (inner := readers.format_of(Path(path.stem))) and not inner.picture:
        return Format(by("unpacking", "read_gzip"), many=inner.many, foreign=True, scans=inner.scans)
    return None


def known_suffixes() -> list[str]:
    """Return the suffixes of all formats that are read without OCR."""
    return sorted({suffix for suffix, form in FORMATS.items() if not form.picture}.union((".gz", ".zip")))


def holds_one_article(path: Path) -> bool:
    """Return whether a file of this name is one article rather than a file of records."""
    known = format_of(path)
    return known is None or not known.many
