"""An index in one file, to back it up or to move it: ``export`` and ``import``.

The file is a tar archive, compressed with Zstandard: ``export.json`` and then the files of the segments, written anew with the articles in
the order of their ids. The same content gives the same bytes. What is known of the source files is left out: it belongs to the machine.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import zstandard

from newsdex.encoder import ModelCard
from newsdex.errors import IndexDamaged, IndexUnwritable, UsageError
from newsdex.settings import Chunking
from newsdex.store import files
from newsdex.store.manifest import FORMAT, Manifest, SegmentRecord, check_format, publish, segment_record
from newsdex.store.paths import base_of
from newsdex.store.segment import Entry, write_segment
from newsdex.store.snapshot import Snapshot
from newsdex.store.writer import SEGMENT_PASSAGES

_CONTENTS = "export.json"
_LARGEST_CONTENTS = 64_000_000  # bytes; it has some hundred a segment
_NAME = re.compile(r"s\d{6,}\.(articles|texts|faiss|bits|postings|blocks)")
_LEVEL = 9  # of Zstandard: vectors hardly shrink at any


def export_index(index_folder: Path, file: Path) -> Manifest:
    """Write the current version of an index to ``file``, which appears whole or not at all.

    Raises IndexMissing, IndexDamaged, and IndexUnwritable when the file cannot be written.
    """
    snapshot = Snapshot.open(index_folder)
    try:
        with tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=".newsdex-") as scratch:
            folder = Path(scratch)
            records = [
                write_segment(folder, f"s{number:06d}", entries, base_of(index_folder))
                for number, entries in enumerate(_portions(snapshot), 1)
            ]
            contents = {
                "format": FORMAT,
                "model": asdict(snapshot.manifest.model),
                "chunking": asdict(snapshot.manifest.chunking),
                "segments": [asdict(record) for record in records],
            }
            whole = folder / "whole"
            with whole.open("wb") as target:
                _write(target, contents, [folder / entry.name for record in records for _, entry in sorted(record.files.items())])
                target.flush()
                os.fsync(target.fileno())
            whole.replace(file)
    except OSError as error:
        raise IndexUnwritable(f"cannot write {file}: {error.strerror or error}. Choose another file, or free some space") from error
    return snapshot.manifest


def _portions(snapshot: Snapshot) -> Iterator[list[Entry]]:
    """All articles in the order of their ids, in portions of a segment."""
    places = sorted(snapshot.articles(), key=lambda place: snapshot.segments[place[0]].article_id(place[1]))
    portion: list[Entry] = []
    passages, segments = 0, snapshot.file_segments
    for number, row in places:
        portion.append(segments[number].entry(row))
        passages += len(portion[-1].passages)
        if passages >= SEGMENT_PASSAGES:
            yield portion
            portion, passages = [], 0
    if portion:
        yield portion


def _write(target: IO[bytes], contents: dict[str, Any], paths: list[Path]) -> None:
    compressor = zstandard.ZstdCompressor(level=_LEVEL)
    with (
        compressor.stream_writer(target, closefd=False) as stream,
        tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        packed = json.dumps(contents, indent=1, sort_keys=True).encode()
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
    """Make an index in ``index_folder``, where there must be none yet, of an exported file.

    Every byte is compared with its checksum before the index can be seen. Raises UsageError when there is an index already,
    IndexDamaged when the file is not a whole export, IndexTooNew when a later newsdex wrote it, IndexTooOld when an earlier one did, IndexBusy and IndexUnwritable.
    """
    files.make_folder(index_folder)
    with files.WriterLock(index_folder, wait_seconds):
        if Snapshot.open_if_any(index_folder):
            raise UsageError(f"there is an index in {index_folder} already. Import into another folder: --index-dir FOLDER")
        try:
            with (
                file.open("rb") as source,
                closing(zstandard.ZstdDecompressor().stream_reader(source)) as stream,
                tarfile.open(fileobj=stream, mode="r|") as tar,
            ):
                return _read(tar, index_folder, file)
        except FileNotFoundError as error:
            raise UsageError(f"no such file: {file}. Make one: newsdex export {file}") from error
        except (zstandard.ZstdError, tarfile.TarError, EOFError, ValueError, KeyError, TypeError) as error:
            raise _damaged(file, str(error)) from error


def _read(tar: tarfile.TarFile, index_folder: Path, file: Path) -> Manifest:
    members = iter(tar)
    first = next(members, None)
    if first is None or first.name != _CONTENTS or first.size > _LARGEST_CONTENTS:
        raise _damaged(file, f"it does not begin with {_CONTENTS}")
    contents = json.loads(_content(tar, first))
    check_format(contents["format"], file, "Index the articles again: newsdex index PATH...")
    segments = tuple(segment_record(entry) for entry in contents["segments"])
    manifest = Manifest(
        "g000001", 1, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        ModelCard(**contents["model"]), Chunking(**contents["chunking"]), segments, next_segment=len(segments) + 1,
    )  # fmt: skip
    folder = index_folder / manifest.generation
    files.make_folder(folder)
    _take(tar, members, segments, folder, file)
    publish(index_folder, manifest)
    return manifest


def _take(tar: tarfile.TarFile, members: Iterator[tarfile.TarInfo], segments: tuple[SegmentRecord, ...], folder: Path, file: Path) -> None:
    """Write the segments' files, each compared with its record first."""
    for record in (record for segment in segments for record in segment.files.values()):
        if not _NAME.fullmatch(record.name):
            raise _damaged(file, f"{record.name!r} is no name of a segment's file")
        member = next(members, None)
        if member is None or member.name != record.name or member.size != record.size or not member.isreg():
            raise _damaged(file, f"{record.name} is missing or of another size")
        content = _content(tar, member)
        if hashlib.sha256(content).hexdigest() != record.sha256:
            raise _damaged(file, f"{record.name} is not what was exported")
        files.remove(folder / record.name)  # left by an import that was interrupted
        files.write_new(folder, record.name, [content])
    files.sync_folder(folder)


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    reader = tar.extractfile(member)
    return reader.read(member.size) if reader else b""


def _damaged(file: Path, why: str) -> IndexDamaged:
    return IndexDamaged(f"{file} is not a whole export of an index: {why}. Export it again: newsdex export {file}")
