"""What an index holds already, as an update asks for it: by article, by source file, by the text of a passage."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Vectors
from newsdex.store.known import halves
from newsdex.store.marks import Marks
from newsdex.store.segment import Entry, FileSegment
from newsdex.store.snapshot import Snapshot
from newsdex.store.sources import FEW, LookUps, Sources, enough, lies_below
from newsdex.store.tombstones import Tombstones
from newsdex.values import grouped

Place = tuple[int, int]  # the number of a segment, a row in it


class Known:
    """Look-ups in a version of an index; without one, nothing is known."""

    def __init__(self, snapshot: Snapshot | None) -> None:
        self._snapshot = snapshot
        self.segments: tuple[FileSegment, ...] = snapshot.file_segments if snapshot else ()
        few = enough(snapshot.manifest.articles) if snapshot else 0
        self._places: LookUps[Place | None] = LookUps(self._place, self._all_places, None, few)
        self._of_path: LookUps[Sequence[str]] = LookUps(self._at_path, self._all_paths, (), few)
        self._of_sha256: LookUps[Sequence[str]] = LookUps(self._with_sha256, self._all_sha256, (), few)

    def place(self, article_id: str) -> Place | None:
        """Where an article lies, by its id."""
        return self._places.get(article_id)

    @property
    def articles(self) -> Mapping[str, Place]:
        """Where each article lies, by its id."""
        return self._places.whole  # type: ignore[return-value]  # what is not there is not in it

    def ids_at(self, path: str) -> Sequence[str]:
        """The ids of the articles of the source file with this stored path."""
        return self._of_path.get(path)

    @property
    def by_path(self) -> Mapping[str, Sequence[str]]:
        """The ids of the articles of each source file, by its stored path."""
        return self._of_path.whole

    def ids_with(self, sha256: bytes) -> Sequence[str]:
        """The ids of the articles that were read from something with this checksum."""
        return self._of_sha256.get(sha256)

    def below(self, roots: Collection[str]) -> Mapping[str, Sequence[str]]:
        """The ids of the articles of each source file that is one of ``roots``, as stored, or lies below one."""
        if len(roots) > FEW:
            return {path: ids for path, ids in self.by_path.items() if lies_below(path, roots)}
        found: dict[str, list[str]] = {}
        for segment in self.segments:
            there = [found for root in roots for found in (segment.known.at_path(root), segment.known.below_path(f"{root}/"))]
            rows = {row for each in there for row in each.tolist()}
            for row in sorted(rows):
                if segment.live_articles[row]:
                    found.setdefault(segment.stored_path(row), []).append(segment.article_id(row))
        return found

    def _place(self, article_id: str) -> Place | None:
        return next(((number, row) for number, segment in enumerate(self.segments) for row in segment.rows_with("id", article_id)), None)

    def _all_places(self) -> Mapping[str, Place]:
        ids = [segment.column("id") for segment in self.segments]
        return {ids[number][row]: (number, row) for number, row in self._living}

    def _at_path(self, path: str) -> Sequence[str]:
        rows = ((segment, row) for segment in self.segments for row in segment.known.at_path(path).tolist())
        return [segment.article_id(row) for segment, row in rows if segment.live_articles[row]]

    def _all_paths(self) -> Mapping[str, Sequence[str]]:
        paths = [segment.column("path") for segment in self.segments]
        return grouped((paths[number][row], article_id) for article_id, (number, row) in self.articles.items())

    def _with_sha256(self, sha256: bytes) -> Sequence[str]:
        wanted = halves(np.frombuffer(sha256, np.uint8).reshape(1, -1))
        rows = [(segment, row) for segment in self.segments for row in segment.known.rows("known.sha256", wanted)[1].tolist()]
        return [segment.article_id(row) for segment, row in rows if segment.live_articles[row] and segment.sha256(row) == sha256]

    def _all_sha256(self) -> Mapping[bytes, Sequence[str]]:
        return grouped((self.segments[number].sha256(row), article_id) for article_id, (number, row) in self.articles.items())

    @cached_property
    def _living(self) -> list[Place]:
        return list(self._snapshot.articles()) if self._snapshot else []

    @cached_property
    def sources(self) -> Sources:
        """The source files as they were last read, by their stored paths."""
        return self._snapshot.sources() if self._snapshot else Sources()

    @cached_property
    def tombstones(self) -> Tombstones:
        """What keeps deleted and purged articles out."""
        return (self._snapshot.tombstones() if self._snapshot else None) or Tombstones()

    @cached_property
    def marks(self) -> Marks:
        """What was said of articles beside their sources."""
        return self._snapshot.marks() if self._snapshot else {}

    def digest(self, article_id: str) -> bytes | None:
        """The digest of a known article."""
        place = self.place(article_id)
        return self.segments[place[0]].digest(place[1]) if place else None

    def number(self, article_id: str) -> int:
        """The number of a known article in its source file, 0 where the file is the article."""
        place = self.place(article_id)
        return self.segments[place[0]].number(place[1]) if place else 0

    def entry(self, article_id: str) -> Entry | None:
        """A known article with all that is kept of it."""
        place = self.place(article_id)
        return self.segments[place[0]].entry_as_read(place[1]) if place else None

    def path(self, article_id: str) -> str | None:
        """The stored path of a known article's source file."""
        place = self.place(article_id)
        return self.segments[place[0]].stored_path(place[1]) if place else None

    def vectors(self, keys: NDArray[np.uint8], dimension: int) -> tuple[NDArray[np.bool_], Vectors]:
        """Which of ``keys`` (uint8, (n, 16)) have vectors, and those, float32, (n, dimension), zero where there are none.

        Deleted articles' vectors count until a merge removes them.
        """
        known = np.zeros(len(keys), np.bool_)
        vectors = np.zeros((len(keys), dimension), np.float32)
        wanted = halves(keys)
        for segment in self.segments:
            left = np.flatnonzero(~known)
            which, positions = segment.known.rows("known.passage", wanted[left])
            which = left[which]
            same = (segment.tensors.rows("passage.key", positions) == keys[which]).all(axis=1)
            if same.any():  # the vectors' file is not even opened otherwise
                vectors[which[same]] = segment.vectors(positions[same])
                known[which[same]] = True
        return known, vectors
