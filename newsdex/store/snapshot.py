"""One whole version of an index, read without a lock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from newsdex.errors import IndexDamaged, IndexMissing, IndexTooNew, IndexTooOld, remedy
from newsdex.store.checked import CheckedFile
from newsdex.store.files import FileRecord
from newsdex.store.furniture import Furnished, Line, furniture_keys, furniture_lines
from newsdex.store.manifest import READABLE, Manifest, generations, read_manifest, read_pointer, unreadable
from newsdex.store.paths import base_of
from newsdex.store.segment import FileSegment, Segment
from newsdex.store.sources import SourceList, Sources

if TYPE_CHECKING:
    from newsdex.store.marks import Marks
    from newsdex.store.tombstones import Tombstones

_Content = TypeVar("_Content")

# A writer keeps the files of the commit before its own; a reader that finds one gone has seen two commits pass, and starts again.
_TRIES = 10


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A commit and its open segments, readable as long as it is kept. ``remembered_copies`` belongs to newsdex.store.copies. ``furnished``
    says which sentences are furniture.
    """

    folder: Path
    pointer: str
    manifest: Manifest
    segments: tuple[Segment, ...]
    remembered_copies: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    furnished: Furnished = field(default_factory=lambda: Furnished(np.empty(0, np.uint32)), compare=False, repr=False)

    @classmethod
    def open_generation(cls, folder: Path, generation: str) -> Snapshot:
        """Open the newest version of a generation, such as ``g000001``. Raises IndexMissing if there is none, and as ``open``."""
        there = {name: commits for name, commits in generations(folder).items() if commits}
        if generation not in there:
            raise IndexMissing(f"{folder} has no generation {generation!r}: expected {' or '.join(there) or 'an index'}")
        return cls.open_at(folder, f"{generation}/{there[generation][-1].name}")

    @classmethod
    def all_there(cls, folder: Path) -> Iterator[Snapshot]:
        """Open every readable version in ``folder``, of every generation."""
        for commits in generations(folder).values():
            for path in commits:
                with suppress(IndexDamaged, IndexTooNew, IndexTooOld):  # or was removed meanwhile
                    yield cls.open_at(folder, path.relative_to(folder).as_posix())

    @classmethod
    def open_at(cls, folder: Path, pointer: str) -> Snapshot:
        """The version that ``pointer`` names. Raises IndexDamaged or IndexTooNew."""
        try:
            return cls._open(folder, pointer)
        except OSError as error:
            raise unreadable(folder / pointer, error, f"Restore {folder} from a backup") from error

    @classmethod
    def open(cls, folder: Path, *, before: Snapshot | None = None, in_memory: bool = False, oldest: int = READABLE) -> Snapshot:
        """Open the current version of the index in ``folder``. ``before`` is an earlier one, whose unchanged parts are reused;
        ``in_memory`` as in CheckedFile, ``oldest`` as in read_manifest. Raises IndexMissing, IndexTooNew or IndexDamaged.
        """
        seen = ""
        for _ in range(_TRIES):
            pointer = read_pointer(folder)
            if before and (before.folder, before.pointer) == (folder, pointer):  # which holds a checksum of all
                return before
            try:
                return cls._open(folder, pointer, before, in_memory=in_memory, oldest=oldest)
            except FileNotFoundError as error:
                if pointer == seen:
                    raise IndexDamaged(f"{error.filename} is missing. {remedy(folder)}") from error
                seen = pointer
            except OSError as error:
                raise unreadable(folder, error, remedy(folder)) from error
        raise IndexDamaged(f"{folder} changes faster than it can be opened")

    @classmethod
    def _open(
        cls, folder: Path, pointer: str, before: Snapshot | None = None, *, in_memory: bool = False, oldest: int = READABLE
    ) -> Snapshot:
        manifest = read_manifest(folder, pointer, oldest=oldest)
        generation, base = folder / manifest.generation, base_of(folder)
        same = before is not None and (before.folder, before.manifest.generation) == (folder, manifest.generation)
        there = {segment.record.name: segment for segment in before.file_segments} if before and same else {}
        segments: list[Segment] = []
        for record in manifest.segments:
            old = there.get(record.name)
            if old is None or old.record != record:
                old = FileSegment(
                    generation,
                    record,
                    base,
                    dimension=manifest.model.dimension,
                    before=old if old and old.record.files == record.files else None,
                    in_memory=in_memory,
                    index_format=manifest.format,
                )
            segments.append(old)
        found = furniture_keys(CheckedFile(generation, manifest.furniture)) if manifest.furniture else np.empty(0, np.uint32)
        return cls(folder, pointer, manifest, tuple(segments), furnished=Furnished(found))

    @classmethod
    def open_if_any(cls, folder: Path, *, before: Snapshot | None = None, oldest: int = READABLE) -> Snapshot | None:
        """Open the current version as ``open``; None if there is no index yet."""
        try:
            return cls.open(folder, before=before, oldest=oldest)
        except IndexMissing:
            return None

    @property
    def file_segments(self) -> tuple[FileSegment, ...]:
        """The segments of an index in a folder, with all that a writer needs of them."""
        return tuple(segment for segment in self.segments if isinstance(segment, FileSegment))

    def is_current(self) -> bool:
        """Whether no later commit has been published."""
        return read_pointer(self.folder) == self.pointer

    def articles(self) -> Iterator[tuple[int, int]]:
        """Segment number and row of every article that is not deleted."""
        for number, segment in enumerate(self.segments):
            for row in segment.live_articles.nonzero()[0].tolist():
                yield number, row

    def counts(self, column: str) -> Counter[str]:
        """How many articles that are not deleted have each value of a coded column, such as "language". Raises IndexDamaged."""
        counts: Counter[str] = Counter()
        for segment in self.segments:
            coded = segment.coded[column]
            numbers = np.bincount(coded.codes[segment.live_articles], minlength=len(coded.values))
            counts.update(dict(zip(coded.values, numbers.tolist(), strict=True)))
        return counts

    def furniture(self) -> list[Line]:
        """The sentences that are furniture, those of most articles first. Raises IndexDamaged."""
        record = self.manifest.furniture
        return [] if record is None else furniture_lines(self._file(record))

    def sources(self) -> Sources:
        """The source files as the indexer last saw them, by their stored paths. Raises IndexDamaged, as reading them does."""
        whole = [self._file(self.manifest.sources)] if self.manifest.sources else []
        blocks = ((each.file, np.frombuffer(self._file(each.blocks).whole(), np.uint64)) for each in self.manifest.source_lists)
        return Sources([SourceList(file) for file in (*whole, *(self._file(record, sums) for record, sums in blocks))])

    def tombstones(self) -> Tombstones:
        """The tombstones of deleted and purged articles. Raises IndexDamaged."""
        # A question needs none of it, nor hashlib
        from newsdex.store.tombstones import Tombstones, unpack_tombstones

        return self._unpacked(self.manifest.tombstones, unpack_tombstones) or Tombstones()

    def marks(self) -> Marks:
        """The marks of retracted and corrected articles. Raises IndexDamaged."""
        from newsdex.store.marks import unpack_marks

        return self._unpacked(self.manifest.marks, unpack_marks) or {}

    def _unpacked(self, record: FileRecord | None, unpack: Callable[[memoryview], _Content]) -> _Content | None:
        """What is in a file of the commit, if there is one."""
        if record is None:
            return None
        try:
            return unpack(self._file(record).whole())
        except ValueError as error:
            where = self.folder / self.manifest.generation / record.name
            raise IndexDamaged(f"{where} is damaged: {error}. {remedy(self.folder)}") from error

    def _file(self, record: FileRecord, sums: NDArray[np.uint64] | None = None) -> CheckedFile:
        try:
            return CheckedFile(self.folder / self.manifest.generation, record, sums)
        except OSError as error:
            state = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
            raise IndexDamaged(f"{error.filename} {state}. {remedy(self.folder)}") from error
