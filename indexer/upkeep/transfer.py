"""An index in one file, to back it up or to move it: a tar archive in Zstandard of ``export.json``, tombstones and marks if any, the
segments' files, rewritten in the order of the ids, and how to read sources that are not read as by default. The same content gives the same
bytes.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO

import zstandard

from newsdex import foreign
from newsdex.encoder import ModelCard
from newsdex.errors import IndexDamaged, IndexUnwritable, UsageError
from newsdex.settings import Chunking
from newsdex.store import files
from newsdex.store.checked import DAMAGED, CheckedFile, block_sums
from newsdex.store.cleanup import remove_leftovers
from newsdex.store.files import FileRecord
from newsdex.store.furniture import find_furniture
from newsdex.store.log import Changes, write_entry
from newsdex.store.manifest import FORMAT, LARGEST, ListRecord, Manifest, SegmentRecord, check_format, check_manifest, publish
from newsdex.store.marks import pack_marks, unpack_marks, with_marks
from newsdex.store.paths import base_of
from newsdex.store.segment import FileSegment, write_segment
from newsdex.store.snapshot import Snapshot
from newsdex.store.sources import SourceList, pack_sources
from newsdex.store.tombstones import unpack_tombstones
from newsdex.store.writer import SEGMENT_PASSAGES
from newsdex.tensors import pack_tensors
from newsdex.values import portions, utc_now

_CONTENTS = "export.json"
_TOMBSTONES, _MARKS, _SOURCES = "tombstones-000001", "marks-000001", "sources-000001"
_OTHERS = (".json", ".jsonl", ".csv", ".zip", ".parquet")  # the ends of names of which a user expects another format
_MAGIC = b"\x28\xb5\x2f\xfd"  # of a frame of Zstandard
_LEVEL = 9  # of Zstandard: vectors hardly shrink at any
_LARGEST_WINDOW = 1 << 25  # bytes that Zstandard may look back, and keeps; level 9 does with an eighth
# What an archive may unpack to: so many times its own size, or this many bytes whatever its size.
_RATIO = 1_000
_SMALL = 64_000_000
_CHUNK = 1 << 20  # bytes that are read at once


@dataclass(frozen=True, slots=True)
class _Contents:
    """The first member, which describes the others."""

    format: int
    model: ModelCard
    chunking: Chunking
    segments: tuple[SegmentRecord, ...]
    tombstones: FileRecord | None = None
    marks: FileRecord | None = None
    sources: FileRecord | None = None


def export_index(index_folder: Path, file: Path) -> Manifest:
    """Write the current version of an index to ``file``, atomically. A killed export's leftovers beside it are removed. Raises UsageError
    if ``file`` is anything but an earlier export, such as a device, or is named as another format; IndexMissing, IndexDamaged, and
    IndexUnwritable.
    """
    if file.suffix.lower() in _OTHERS:
        raise UsageError(
            f"an export is a .tar.zst file, which no program opens as {file.suffix}. Choose another name, such as archive.tar.zst. For a "
            "list of the articles, without their texts: newsdex list --csv or --jsonl. For Parquet files of all: newsdex pull --help"
        )
    if file.exists() and not file.is_file():  # the whole file would take the place of the device
        raise UsageError(f"{file} is not a regular file. Choose another name, such as archive.tar.zst")
    if file.exists() and not _may_be_export(file):
        raise UsageError(f"{file} exists and is not an export of an index. Choose another name, such as archive.tar.zst, or remove it")
    snapshot = Snapshot.open(index_folder)
    segments = snapshot.file_segments
    in_order = sorted(snapshot.articles(), key=lambda place: segments[place[0]].article_id(place[1]))
    entries = (segments[number].entry_as_read(row) for number, row in in_order)
    try:
        with files.scratch_folder(file.absolute().parent) as folder:
            records = [
                write_segment(folder, f"s{number:06d}", some, base_of(index_folder))
                for number, some in enumerate(portions(entries, SEGMENT_PASSAGES, lambda entry: len(entry.passages)), 1)
            ]
            stones = snapshot.tombstones()
            kept = files.write_new(folder, _TOMBSTONES, pack_tensors(stones.pack())) if stones else None
            marked = files.write_new(folder, _MARKS, [pack_marks(marks)]) if (marks := snapshot.marks()) else None
            settings = snapshot.sources().settings()
            listed = files.write_new(folder, _SOURCES, pack_tensors(pack_sources(settings))) if settings else None
            contents = _Contents(FORMAT, snapshot.manifest.model, snapshot.manifest.chunking, tuple(records), kept, marked, listed)
            names = [
                *(file.name for file in (listed, kept, marked) if file),
                *(entry.name for record in records for _, entry in sorted(record.files.items())),
            ]
            whole = folder / "whole"
            with whole.open("wb") as target:
                _write(target, contents, [folder / name for name in names])
                target.flush()
                os.fsync(target.fileno())
            whole.replace(file)
    except OSError as error:
        raise files.unwritable(file, error) from error
    return snapshot.manifest


def _may_be_export(file: Path) -> bool:
    """Whether ``file`` begins as an export does, or is empty."""
    with file.open("rb") as source:
        return source.read(len(_MAGIC)) in (_MAGIC, b"")


def _write(target: IO[bytes], contents: _Contents, paths: list[Path]) -> None:
    compressor = zstandard.ZstdCompressor(level=_LEVEL)
    with (
        compressor.stream_writer(target, closefd=False) as stream,
        tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        told = asdict(contents)
        if contents.sources is None:
            del told["sources"]  # which earlier versions do not know
        packed = json.dumps(told, indent=1, sort_keys=True).encode()
        tar.addfile(_member(_CONTENTS, len(packed)), io.BytesIO(packed))
        for path in paths:
            with path.open("rb") as source:
                tar.addfile(_member(path.name, path.stat().st_size), source)


def _member(name: str, size: int) -> tarfile.TarInfo:
    """A plain file without owner or time, so that the same content gives the same bytes."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o644
    return member


def import_index(file: Path, index_folder: Path, wait_seconds: float | None = None) -> Manifest:
    """Create an index from an exported file in ``index_folder``, which must not have an index yet.

    Every byte is checked against its checksum, and every number against its bounds, before the index is visible. Files are never read into
    memory as a whole. Raises UsageError if there is an index already; IndexDamaged if the file is not a complete export, or decompresses to
    more than 64 MB and more than 1,000 times its size; IndexTooNew, IndexTooOld, IndexBusy, and IndexUnwritable, also if the disk has no
    room.
    """
    is_new = not index_folder.exists()
    files.make_folder(index_folder)
    with files.WriterLock(index_folder, wait_seconds) as lock:
        if Snapshot.open_if_any(index_folder):
            raise UsageError(f"there is an index in {index_folder} already. Import into another folder: --index-dir FOLDER")
        try:
            return _import(file, index_folder)
        except BaseException:
            if is_new:
                lock.remove_folder()
            raise


def _import(file: Path, index_folder: Path) -> Manifest:
    try:
        if not _may_be_export(file):
            raise UsageError(f"{file} is not an export of an index. Name a file that newsdex export wrote, such as archive.tar.zst")
        with file.open("rb") as source:
            return _read(_Archive(source), index_folder, file)
    except FileNotFoundError as error:
        raise UsageError(f"no such file: {file}. Make one: newsdex export {file}") from error
    except (zstandard.ZstdError, tarfile.TarError, EOFError, ValueError) as error:
        raise _damaged(file, str(error)) from error


class _Archive:
    """A compressed tar archive of plain files, read from its beginning to its end, never a whole file at once."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._packed = self._unpacked = 0
        self._stream = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW).stream_reader(self)  # type: ignore[arg-type]  # of a file only ``read`` is wanted

    def read(self, size: int) -> bytes:
        found = self._source.read(size)
        self._packed += len(found)
        return found

    def next_file(self) -> tuple[str, int]:
        """Name and size of the next file, to be read first; ("", 0) at the end. Raises ZstdError, TarError, EOFError or ValueError."""
        block = b"".join(self._bytes(tarfile.BLOCKSIZE))
        if not any(block):
            return "", 0
        member = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        if not member.isreg():  # also the headers of long names, whose content would be a name of any length
            raise ValueError(f"{member.name!r} in it is not a plain file")
        return member.name, foreign.whole_number(member.size, "the size of a file")

    def content(self, size: int) -> Iterator[bytes]:
        yield from self._bytes(size)
        for _ in self._bytes(-size % tarfile.BLOCKSIZE):
            pass

    def _bytes(self, size: int) -> Iterator[bytes]:
        while size:
            part = self._stream.read(min(size, _CHUNK))
            if not part:
                raise EOFError("it ends too early")
            size -= len(part)
            self._unpacked += len(part)
            if self._unpacked > max(_SMALL, _RATIO * self._packed):
                raise ValueError(f"it unpacks to more than {_SMALL // 1_000_000} MB and more than {_RATIO} times its size")
            yield part


def _read(archive: _Archive, index_folder: Path, file: Path) -> Manifest:
    name, size = archive.next_file()
    if name != _CONTENTS or size > LARGEST:
        raise ValueError(f"it does not begin with {_CONTENTS}")
    told = foreign.parsed(b"".join(archive.content(size)), LARGEST)
    check_format(told, file, "Index the articles again: newsdex index PATH...")
    contents = foreign.made(_Contents, told, _CONTENTS)
    manifest = Manifest(
        "g000001", 1, utc_now(),
        contents.model, contents.chunking, tuple(replace(record, marked=None) for record in contents.segments),
        next_segment=len(contents.segments) + 1, tombstones=contents.tombstones, marks=contents.marks,
        sources=contents.sources,
    )  # fmt: skip
    check_manifest(manifest)
    needed, free = manifest.size(), _free(index_folder)
    if needed > free:
        raise IndexUnwritable(
            f"cannot write {index_folder}: {file} unpacks to {needed:,} bytes, but only {free:,} are free there. "
            "Free some space, or choose another folder: --index-dir FOLDER"
        )
    folder = index_folder / manifest.generation
    files.make_folder(folder)
    nothing = replace(manifest, segments=(), tombstones=None, marks=None, sources=None)
    remove_leftovers(index_folder, nothing, None)  # of an import that was interrupted
    try:
        _take(archive, manifest, folder)
        segments = [FileSegment(folder, record, base_of(index_folder), dimension=manifest.model.dimension) for record in manifest.segments]
        for segment in segments:
            segment.examine()
        if manifest.tombstones:
            unpack_tombstones(CheckedFile(folder, manifest.tombstones).whole())
        if manifest.sources:
            content = CheckedFile(folder, manifest.sources)
            blocks = files.write_new(folder, f"{_SOURCES}.blocks", [block_sums([content.whole()]).tobytes()])
            listed = ListRecord(manifest.sources, blocks, len(SourceList(content).every()))
            manifest = replace(manifest, sources=None, source_lists=(listed,))
        marks = unpack_marks(CheckedFile(folder, manifest.marks).whole()) if manifest.marks else {}
        manifest = replace(manifest, segments=with_marks(segments, marks, folder, manifest.commit))
        if found := find_furniture(segments):
            manifest = replace(manifest, furniture=files.write_new(folder, "furniture-000001", pack_tensors(found)))
    except BaseException as error:
        remove_leftovers(index_folder, nothing, None)
        if isinstance(error, IndexDamaged):
            raise _damaged(file, str(error).removesuffix(f". {DAMAGED}")) from error
        raise
    files.sync_folder(folder)
    changes = Changes()
    changes.why, changes.origin = "import", (str(file.absolute()),)
    changes.count("added", manifest.articles)
    write_entry(index_folder, changes.entry(manifest))
    publish(index_folder, manifest)
    return manifest


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _take(archive: _Archive, manifest: Manifest, folder: Path) -> None:
    """Write the segments' files, each compared with its record."""
    for record in manifest.file_records():
        if archive.next_file() != (record.name, record.size):
            raise ValueError(f"{record.name} is missing or has another size")
        if files.write_new(folder, record.name, archive.content(record.size)) != record:
            raise ValueError(f"{record.name} is not what was exported")
    if archive.next_file()[0]:
        raise ValueError("it has more files than it says")


def _damaged(file: Path, why: str) -> IndexDamaged:
    return IndexDamaged(
        f"{file} is not a complete export of an index: {why}. Take another copy of it, or export the index once more, to another file"
    )
