"""Indexes that are made to be searched once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from script import workplace

from newsdex import Index, Options, index_paths


@contextmanager
def index_of(sources: Sequence[Path], model: str | None = None, folder: Path | None = None) -> Iterator[Index]:
    """The open index in ``folder``, made of ``sources`` if there is none; without a folder, a temporary one."""
    with workplace(None) as scratch:
        place = folder or scratch / "index"
        if not place.exists():
            index_paths(sources, place, Options(model))
        with Index.open(place) as index:
            yield index
