"""A record in a file of its own: a line with the XXH3-64 of the rest, and JSON."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import xxhash

from newsdex import foreign
from newsdex.errors import IndexDamaged, IndexTooNew

_Record = TypeVar("_Record")

_LARGEST = 256_000_000  # bytes
_MOST_LISTS = 10_000_000


def sealed(record: Any) -> bytes:
    """The content of the file of ``record``, a dataclass with a ``format``."""
    packed = json.dumps(record, default=_fields).encode()
    return xxhash.xxh3_64_hexdigest(packed).encode() + b"\n" + packed + b"\n"


def _fields(record: Any) -> dict[str, Any]:
    """The fields of a dataclass; dataclasses.asdict copies all that is in them."""
    return {each.name: getattr(record, each.name) for each in fields(record)}


def unsealed(path: Path, kind: type[_Record], newest: int, cure: str) -> _Record | None:
    """The record in the file at ``path``, of a format up to the ``newest``; None where there is no file. ``cure`` is what to do about
    damage, other than restoring it. Raises IndexDamaged and IndexTooNew.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise damaged(path, error, cure) from error
    digest, _, packed = content.partition(b"\n")
    packed = packed.removesuffix(b"\n")
    if xxhash.xxh3_64_hexdigest(packed).encode() != digest:
        raise damaged(path, ValueError("its checksum is not that of its content"), cure)
    try:
        told = foreign.parsed(packed, _LARGEST, _MOST_LISTS)
        newer = isinstance(told, dict) and foreign.whole_number(told.get("format"), "the format") > newest
        record = None if newer else foreign.made(kind, told, "the record")
    except ValueError as error:
        raise damaged(path, error, cure) from error
    if record is None:
        raise IndexTooNew(f"{path} was written by a newer newsdex. Upgrade: pip install --upgrade newsdex")
    return record


def damaged(path: Path, error: Exception, cure: str) -> IndexDamaged:
    """What is raised for a file that is not what was written."""
    reason = error.strerror if isinstance(error, OSError) else error
    return IndexDamaged(f"{path} is damaged: {reason}. Restore it from a backup, or {cure}")
