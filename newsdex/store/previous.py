"""What an index holds already, as an update asks for it: by article, by source file, by the text of a passage."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Vectors
from newsdex.store.marks import Marks
from newsdex.store.segment import Entry, FileSegment
from newsdex.store.snapshot import Snapshot
from newsdex.store.sources import SourceFile
from newsdex.store.tombstones import Tombstones

Place = tuple[int, int]  # the number of a segment, a row in it


class Known:
    """Look-ups in a version of an index; without one, nothing is known."""

    def __init__(self, snapshot: Snapshot | None) -> None:
        self._snapshot = snapshot
        self.segments: tuple[FileSegment, ...] = snapshot.file_segments if snapshot else ()

    @cached_property
    def articles(self) -> Mapping[str, Place]:
        """Where each article lies, by its id."""
        ids = [segment.column("id") for segment in self.segments]
        return {ids[number][row]: (number, row) for number, row in (self._snapshot.articles() if self._snapshot else ())}

    @cached_property
    def by_path(self) -> Mapping[str, list[str]]:
        """The ids of the articles of each source file, by its stored path."""
        paths = [segment.column("path") for segment in self.segments]
        ids: dict[str, list[str]] = {}
        for article_id, (number, row) in self.articles.items():
            ids.setdefault(paths[number][row], []).append(article_id)
        return ids

    @cached_property
    def sources(self) -> dict[str, SourceFile]:
        """The source files as they were last read, by their stored paths."""
        return self._snapshot.sources() if self._snapshot else {}

    @cached_property
    def tombstones(self) -> Tombstones:
        """What keeps purged articles out."""
        return (self._snapshot.tombstones() if self._snapshot else None) or Tombstones()

    @cached_property
    def marks(self) -> Marks:
        """What was said of articles beside their sources."""
        return self._snapshot.marks() if self._snapshot else {}

    def digest(self, article_id: str) -> bytes | None:
        """The digest of a known article."""
        place = self.articles.get(article_id)
        return self.segments[place[0]].digest(place[1]) if place else None

    def sha256(self, article_id: str) -> bytes:
        """The checksum of what a known article was read from."""
        number, row = self.articles[article_id]
        return bytes(self.segments[number].tensors["sha256"][row])

    def entry(self, article_id: str) -> Entry | None:
        """A known article with all that is kept of it."""
        place = self.articles.get(article_id)
        return self.segments[place[0]].entry_as_read(place[1]) if place else None

    def path(self, article_id: str) -> str | None:
        """The stored path of a known article's source file."""
        place = self.articles.get(article_id)
        return self.segments[place[0]].stored_path(place[1]) if place else None

    def vectors(self, keys: NDArray[np.uint8], dimension: int) -> tuple[NDArray[np.bool_], Vectors]:
        """Which of ``keys`` (uint8, (n, 16)) have vectors, and those, float32, (n, dimension), zero where there are none.

        Deleted articles' vectors count until a merge removes them.
        """
        known = np.zeros(len(keys), np.bool_)
        vectors = np.zeros((len(keys), dimension), np.float32)
        wanted = _halves(keys)
        for segment, (ordered, order) in zip(self.segments, self._keys, strict=True):
            if len(keys) and len(ordered):
                positions = order[np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)]
                new = ~known & (segment.tensors["passage.key"][positions] == keys).all(axis=1)
                if new.any():  # the vectors' file is not even opened otherwise
                    vectors[new] = segment.vectors(positions[new])
                    known |= new
        return known, vectors

    @cached_property
    def _keys(self) -> list[tuple[NDArray[np.uint64], NDArray[np.int64]]]:
        """For each segment, the first half of its passages' keys in order, and the positions they belong to."""
        keys = [_halves(segment.tensors["passage.key"]) for segment in self.segments]
        orders = [np.argsort(k, kind="stable") for k in keys]
        return [(k[order], order) for k, order in zip(keys, orders, strict=True)]


def _halves(keys: NDArray[np.generic]) -> NDArray[np.uint64]:
    """The first 8 of 16 bytes of each key, as a number."""
    return np.ascontiguousarray(keys[:, :8]).view(np.uint64).reshape(-1)
