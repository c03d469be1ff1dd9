"""A commit: one JSON file that names every other file of an index version, with sizes and checksums.

``CURRENT`` holds the name of the commit that readers take. The name contains the commit's own XXH3-64, so that damage to
either is seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import xxhash

from newsdex.encoder import ModelCard
from newsdex.errors import IndexDamaged, IndexMissing, IndexTooNew, IndexTooOld
from newsdex.settings import Chunking
from newsdex.store import files
from newsdex.store.files import FileRecord

FORMAT = 2
POINTER = "CURRENT"
COMMITS = "commit-*.json"
_POINTER = re.compile(rb"(g\d{6}/commit-\d{6,}-[0-9a-f]{16}\.json)\n")


@dataclass(frozen=True, slots=True)
class SegmentRecord:
    """A segment: how much it holds, its files by role, and the articles of it that a later commit deleted, if any."""

    name: str
    articles: int
    passages: int
    files: Mapping[str, FileRecord]
    deleted: FileRecord | None = None
    deleted_articles: int = 0
    deleted_passages: int = 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that an index version consists of.

    ``created`` is the time of the commit, UTC, ISO 8601; ``previous`` is the pointer to the commit before it in the same generation, whose
    files are kept for readers that are still opening it; ``replaced`` is that to the commit of the generation before, which a
    rollback returns to. A purge leaves neither. ``cutting`` is newsdex.settings.CUTTING as it was when the generation was begun. ``furniture`` is the file of
    newsdex.store.furniture, if any was found and ``seek_furniture`` says that it is looked for.
    """

    generation: str
    commit: int
    created: str
    model: ModelCard
    chunking: Chunking
    segments: tuple[SegmentRecord, ...] = ()
    sources: FileRecord | None = None
    next_segment: int = 1
    previous: str | None = None
    replaced: str | None = None
    cutting: int = 1
    furniture: FileRecord | None = None
    seek_furniture: bool = True

    @property
    def articles(self) -> int:
        """Articles that are not deleted."""
        return sum(s.articles - s.deleted_articles for s in self.segments)

    @property
    def passages(self) -> int:
        """Passages of articles that are not deleted."""
        return sum(s.passages - s.deleted_passages for s in self.segments)

    @property
    def purged(self) -> bool:
        """Whether this is the commit of a purge, which leaves no version to return to."""
        return self.commit > 1 and not self.previous and not self.replaced

    def file_records(self) -> list[FileRecord]:
        """Every file that this commit needs, besides itself."""
        records = [record for record in (self.sources, self.furniture) if record]
        for segment in self.segments:
            records += segment.files.values()
            if segment.deleted:
                records.append(segment.deleted)
        return records

    def size(self) -> int:
        """Bytes of all those files."""
        return sum(record.size for record in self.file_records())


def publish(folder: Path, manifest: Manifest) -> str:
    """Write ``manifest`` beside its files, all of which are on the disk already, and make readers see it: the one commit step.

    Returns the name that ``CURRENT`` holds. Raises IndexUnwritable; the version before stays current then.
    """
    content = json.dumps({"format": FORMAT, **asdict(manifest)}, indent=1).encode() + b"\n"
    digest = xxhash.xxh3_64_hexdigest(content)
    generation = folder / manifest.generation
    name = f"commit-{manifest.commit:06d}-{digest}.json"
    files.remove(generation / name)  # left by a run that was interrupted here, with the same content
    files.write_new(generation, name, [content])
    files.sync_folder(generation)
    pointer = f"{manifest.generation}/{name}"
    files.replace(folder, POINTER, pointer.encode() + b"\n")
    return pointer


def generations(folder: Path) -> dict[str, list[Path]]:
    """The generations of the index in ``folder``, oldest first, each with its commits' files, oldest first."""
    return {path.name: sorted(path.glob(COMMITS)) for path in sorted(folder.glob("g" + "[0-9]" * 6)) if path.is_dir()}


def read_pointer(folder: Path) -> str:
    """The name of the current commit, relative to ``folder``.

    Raises IndexMissing or IndexDamaged.
    """
    try:
        content = (folder / POINTER).read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise IndexMissing(_missing(folder)) from error
    except OSError as error:
        raise IndexDamaged(f"cannot read {folder / POINTER}: {error.strerror}") from error
    found = _POINTER.fullmatch(content)
    if found is None:
        raise IndexDamaged(f"{folder / POINTER} is damaged: it holds {content[:80]!r}, expected the name of a commit. {_cure(folder)}")
    return found[1].decode()


def read_manifest(folder: Path, pointer: str) -> Manifest:
    """The commit that ``pointer`` names, checked against the checksum in its name.

    Raises IndexDamaged, IndexTooNew, IndexTooOld, or FileNotFoundError when a writer has removed it.
    """
    path = folder / pointer
    content = path.read_bytes()
    if xxhash.xxh3_64_hexdigest(content) != path.stem.rpartition("-")[2]:
        raise IndexDamaged(f"{path} is damaged: its checksum is not the one in its name. {_cure(folder)}")
    fields: dict[str, Any] = json.loads(content)
    check_format(fields.pop("format"), folder, "Build it again beside the old one: newsdex index PATH... --index-dir NEW_FOLDER")
    return Manifest(
        **fields
        | {
            "model": ModelCard(**fields["model"]),
            "chunking": Chunking(**fields["chunking"]),
            "segments": tuple(segment_record(entry) for entry in fields["segments"]),
            "sources": FileRecord(**fields["sources"]) if fields["sources"] else None,
            "furniture": FileRecord(**fields["furniture"]) if fields.get("furniture") else None,
        }
    )


def check_format(written: int, path: Path, if_older: str) -> None:
    """Whether this newsdex reads what ``path`` holds, by the number of its format; ``if_older`` says what to do where an earlier one wrote it.

    Raises IndexTooNew or IndexTooOld.
    """
    if written > FORMAT:
        raise IndexTooNew(
            f"{path} was written by a newer newsdex (index format {written}, this one reads {FORMAT}). Upgrade: pip install --upgrade newsdex"
        )
    if written < FORMAT:
        raise IndexTooOld(f"{path} was written by an older newsdex (index format {written}, this one reads {FORMAT}). {if_older}")


def segment_record(entry: dict[str, Any]) -> SegmentRecord:
    """A segment's record from its JSON."""
    return SegmentRecord(
        **entry
        | {
            "files": {role: FileRecord(**record) for role, record in entry["files"].items()},
            "deleted": FileRecord(**entry["deleted"]) if entry["deleted"] else None,
        }
    )


def _missing(folder: Path) -> str:
    make = f"Make one: newsdex index PATH... --index-dir {folder}"
    if not folder.exists():
        return f"there is no index at {folder}: the folder does not exist. {make}"
    if not folder.is_dir():
        return f"there is no index at {folder}: it is a file. {make}"
    inside = [p.name for p in folder.iterdir() if p.name not in ("README.md", "LOCK", ".gitignore")]
    if any(name.startswith("g0") for name in inside):
        return f"there is no index at {folder} yet: its first build did not finish. {make}"
    if inside:
        return f"{folder} is not a newsdex index: it has no file {POINTER}. {make}"
    return f"there is no index at {folder} yet. {make}"


def _cure(folder: Path) -> str:
    return f"Restore the folder from a backup, or remove {folder} and index again"
