"""What an index holds already, as an update asks for it: by article, by source file, by the text of a passage; and the journal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.encoder import FULL, ModelCard, Vectors
from newsdex.store import files
from newsdex.store.known import halves
from newsdex.store.marks import Marks, Story
from newsdex.store.paths import base_of
from newsdex.store.segment import Entry, FileSegment
from newsdex.store.snapshot import Snapshot
from newsdex.store.sources import FEW, LookUps, Sources, enough, lies_below
from newsdex.store.tombstones import Tombstones
from newsdex.values import grouped

Place = tuple[int, int]  # the number of a segment, a row in it


class Known:
    """Look-ups in a version of an index, if any: ``place`` of an article by id; ``ids_at`` a source file's stored path; ``ids_with`` a
    sha256 of what they were read from. Stored paths are relative to ``base``.
    """

    def __init__(self, snapshot: Snapshot | None) -> None:
        self._snapshot = snapshot
        self.base = base_of(snapshot.folder) if snapshot else Path()
        self.segments: tuple[FileSegment, ...] = snapshot.file_segments if snapshot else ()
        few = enough(snapshot.manifest.articles) if snapshot else 0
        self.place: LookUps[Place, None] = LookUps(self._place, self._all_places, None, few)
        self.ids_at: LookUps[Sequence[str], Sequence[str]] = LookUps(self._at_path, self._all_paths, (), few)
        self.ids_with: LookUps[Sequence[str], Sequence[str]] = LookUps(self._with_sha256, self._all_sha256, (), few)

    def below(self, roots: Collection[str]) -> Mapping[str, Sequence[str]]:
        """The ids of the articles of each source file that is one of ``roots``, as stored, or lies below one."""
        if len(roots) > FEW:
            return {path: ids for path, ids in self.ids_at.whole.items() if lies_below(path, roots)}
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
        return {ids[number][row]: (number, row) for number, row in (self._snapshot.articles() if self._snapshot else ())}

    def _at_path(self, path: str) -> Sequence[str]:
        rows = ((segment, row) for segment in self.segments for row in segment.known.at_path(path).tolist())
        return [segment.article_id(row) for segment, row in rows if segment.live_articles[row]]

    def _all_paths(self) -> Mapping[str, Sequence[str]]:
        paths = [segment.column("path") for segment in self.segments]
        return grouped((paths[number][row], article_id) for article_id, (number, row) in self.place.whole.items())

    def _with_sha256(self, sha256: bytes) -> Sequence[str]:
        wanted = halves(np.frombuffer(sha256, np.uint8).reshape(1, -1))
        rows = [(segment, row) for segment in self.segments for row in segment.known.rows("known.sha256", wanted)[1].tolist()]
        return [segment.article_id(row) for segment, row in rows if segment.live_articles[row] and segment.sha256(row) == sha256]

    def _all_sha256(self) -> Mapping[bytes, Sequence[str]]:
        return grouped((self.segments[number].sha256(row), article_id) for article_id, (number, row) in self.place.whole.items())

    @cached_property
    def sources(self) -> Sources:
        """The source files as they were last read, by their stored paths."""
        return self._snapshot.sources() if self._snapshot else Sources()

    @cached_property
    def tombstones(self) -> Tombstones:
        """What keeps deleted and purged articles out."""
        return self._snapshot.tombstones() if self._snapshot else Tombstones()

    @cached_property
    def marks(self) -> Marks:
        """What was said of articles beside their sources."""
        return self._snapshot.marks() if self._snapshot else {}

    def digest(self, article_id: str) -> bytes | None:
        """The digest of a known article."""
        place = self.place(article_id)
        return self.segments[place[0]].digest(place[1]) if place else None

    def story(self, article_id: str) -> Story | None:
        """What a known article is recognised by."""
        place = self.place(article_id)
        return Story.at(self.segments[place[0]], place[1]) if place else None

    def with_url(self, url: str) -> int:
        """How many known articles have this URL; 0 of none."""
        return sum(len(segment.rows_with("url", url)) for segment in self.segments) if url else 0

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


class Journal:
    """Vectors of one model and precision that are not committed yet, so that an interrupted run embeds nothing twice. Records of a
    passage's key (16 bytes), an XXH3-64 of key and vector (8 bytes) and the vector (float32) are appended, not flushed: a torn one fails
    its checksum. The commit removes the file. Only the holder of the writer's lock may open it.
    """

    def __init__(self, folder: Path, model: ModelCard) -> None:
        """Read what an interrupted run with the same model left, and remove what one with another model left."""
        self._path = folder / f"journal-{model.fingerprint}{'' if model.precision == FULL else f'-{model.precision}'}"
        self._dimension = model.dimension
        self.proven = False  # that they are of the model which a server has now
        self._record = np.dtype([("key", np.uint8, 16), ("sum", np.uint8, 8), ("vector", np.float32, model.dimension)])
        for path in folder.glob("journal-*"):
            if path != self._path:
                files.remove(path)
        self._vectors: dict[bytes, Vectors] = self._read() if self._path.exists() else {}

    def known(self, keys: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], Vectors]:
        """Which of ``keys`` (uint8, (n, 16)) have vectors here, and those, float32, (n, d), zero where there are none."""
        vectors = np.zeros((len(keys), self._dimension), np.float32)
        known = np.zeros(len(keys), np.bool_)
        for row, key in enumerate(keys) if self._vectors else ():
            if (vector := self._vectors.get(key.tobytes())) is not None:
                vectors[row], known[row] = vector, True
        return known, vectors

    def append(self, keys: NDArray[np.uint8], vectors: Vectors) -> None:
        """Keep ``vectors``, (n, d), for ``keys``, (n, 16). Raises IndexUnwritable."""
        records = np.empty(len(keys), self._record)
        records["key"], records["vector"] = keys, vectors
        records["sum"] = [_sum(key, vector) for key, vector in zip(records["key"], records["vector"], strict=True)]
        files.append_records(self._path, self._record.itemsize, records.tobytes())

    def discard(self) -> None:
        """Remove the file: what it held is committed."""
        self._vectors = {}
        files.remove(self._path)

    def _read(self) -> dict[bytes, Vectors]:
        content = self._path.read_bytes()
        records = np.frombuffer(content, self._record, len(content) // self._record.itemsize)
        columns = records["key"], records["vector"], records["sum"].tolist()
        return {key.tobytes(): vector for key, vector, written in zip(*columns, strict=True) if _sum(key, vector) == written}


def _sum(key: NDArray[np.uint8], vector: Vectors) -> list[int]:
    return list(xxhash.xxh3_64_digest(key.tobytes() + vector.tobytes()))
