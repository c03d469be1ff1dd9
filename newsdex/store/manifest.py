"""A commit: one JSON file that names all files of a version, with sizes and checksums. ``CURRENT`` names the commit that readers take, with
its XXH3-64, so damage to either is seen. A sealed record is a file of its own: a line with the XXH3-64 of the rest, and JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import xxhash

from newsdex import foreign
from newsdex.encoder import FULL, INT8, ModelCard
from newsdex.errors import UPGRADE, IndexDamaged, IndexMissing, IndexTooNew, IndexTooOld, command, remedy
from newsdex.settings import Chunking
from newsdex.store import files
from newsdex.store.files import FileRecord

_Record = TypeVar("_Record")

FORMAT = 6
READABLE = 3  # the oldest that needs no rebuild: it has no tombstones and no marks
OLDEST = 2  # that a rebuild can read: its articles and vectors are those of FORMAT, its postings are not
POINTER = "CURRENT"
COMMITS = "commit-*.json"
# The files of a segment by role, each with its suffix: its name is the segment's and that.
ROLES = {"articles": "articles", "texts": "texts", "vectors": "faiss", "bits": "bits", "postings": "postings", "blocks": "blocks"}
LARGEST = 16_000_000  # bytes of a commit; it has some 2,000 a segment
_MOST = 1 << 32  # articles or passages of a segment, whose numbers have 32 bits
_MOST_DIMENSIONS = 1 << 16
_MOST_TOKENS = 1 << 20
_LONGEST_POINTER = 100  # bytes
_LARGEST_RECORD = 256_000_000  # bytes of a sealed record
_MOST_LISTS = 10_000_000  # in it
_POINTER = re.compile(r"(g[0-9]{6})/commit-([0-9]{6,12})-[0-9a-f]{16}\.json")
_GENERATION = re.compile("g[0-9]{6}")
_SEGMENT = re.compile("s([0-9]{6,12})")
_TIME = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_SHA256 = re.compile("[0-9a-f]{64}")
_XXH3 = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class SegmentRecord:
    """A segment: how much it holds, its files by role, and the articles of it that a later commit deleted or marked, if any."""

    name: str
    articles: int
    passages: int
    files: Mapping[str, FileRecord]
    deleted: FileRecord | None = None
    deleted_articles: int = 0
    deleted_passages: int = 0
    marked: FileRecord | None = None


@dataclass(frozen=True, slots=True)
class ListRecord:
    """A list of ``count`` source files, and the checksums of its blocks."""

    file: FileRecord
    blocks: FileRecord
    count: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of an index version.

    ``created`` is the time of the commit, UTC, ISO 8601. ``previous`` is the pointer to the commit before it in the same generation, whose
    files are kept for readers that are still opening it. ``replaced`` is the pointer to the commit of the generation before, which a
    rollback returns to. Both are None after a purge. ``cutting`` is newsdex.settings.CUTTING when the generation was started, and
    ``format`` is FORMAT unless a rebuild reads an older index. ``furniture``, ``tombstones`` and ``marks`` are the files of the modules of
    these names in newsdex.store, if there are any; ``seek_furniture`` says that furniture is looked for. ``source_lists`` are those of
    newsdex.store.sources, the oldest first; up to format 5 there was one, ``sources``.
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
    format: int = FORMAT
    furniture: FileRecord | None = None
    seek_furniture: bool = True
    tombstones: FileRecord | None = None
    marks: FileRecord | None = None
    source_lists: tuple[ListRecord, ...] = ()

    @property
    def articles(self) -> int:
        """Articles that are not deleted."""
        return sum(s.articles - s.deleted_articles for s in self.segments)

    @property
    def passages(self) -> int:
        """Passages of articles that are not deleted."""
        return sum(s.passages - s.deleted_passages for s in self.segments)

    @property
    def content(self) -> str:
        """A checksum of what a reader sees: of all but the lists of source files, which also a run that changes no article can renew."""
        files = [file for s in self.segments for file in (*s.files.values(), s.deleted, s.marked)]
        files += [self.furniture, self.tombstones, self.marks]
        # In Milvus, a segment has no files.
        seen = [file.xxh3 if file else "" for file in files] if any(files) else [str(self.commit)]
        return xxhash.xxh3_64_hexdigest(" ".join([self.generation, *seen]).encode())

    @property
    def purged(self) -> bool:
        """Whether this is the commit of a purge, which leaves no version to return to."""
        return self.commit > 1 and not self.previous and not self.replaced

    def file_records(self) -> list[FileRecord]:
        """Every file that this commit needs, besides itself."""
        records = [record for record in (self.sources, self.furniture, self.tombstones, self.marks) if record]
        for each in self.source_lists:
            records += [each.file, each.blocks]
        for segment in self.segments:
            records += [*segment.files.values(), *filter(None, (segment.deleted, segment.marked))]
        return records

    def size(self) -> int:
        """Bytes of all those files."""
        return sum(record.size for record in self.file_records())


def publish(folder: Path, manifest: Manifest) -> str:
    """Write ``manifest`` beside its files, which must be on the disk already, and make it current: the commit. Returns the name in
    ``CURRENT``. Raises IndexUnwritable; the previous version then stays current.
    """
    content = _packed(manifest)
    pointer = _pointer(manifest, content)
    generation, name = folder / manifest.generation, pointer.partition("/")[2]
    # Prepared first: a first commit without CURRENT has then lost it, unless CURRENT.new shows that its run was killed here.
    with files.replacing(folder, POINTER, pointer.encode() + b"\n"):
        files.remove(generation / name)  # left by a run that was interrupted here, with the same content
        files.write_new(generation, name, [content])
        files.sync_folder(generation)
    return pointer


def pointer_of(manifest: Manifest) -> str:
    """The name that ``CURRENT`` holds when ``manifest`` is published."""
    return _pointer(manifest, _packed(manifest))


def _pointer(manifest: Manifest, content: bytes) -> str:
    return f"{manifest.generation}/commit-{manifest.commit:06d}-{xxhash.xxh3_64_hexdigest(content)}.json"


def _packed(manifest: Manifest) -> bytes:
    return json.dumps({"format": manifest.format, **asdict(manifest)}, indent=1).encode() + b"\n"


def generations(folder: Path) -> dict[str, list[Path]]:
    """The generations of the index in ``folder``, oldest first, each with its commits' files, oldest first."""
    return {path.name: sorted(path.glob(COMMITS)) for path in sorted(folder.glob("g" + "[0-9]" * 6)) if path.is_dir()}


def read_pointer(folder: Path) -> str:
    """The name of the current commit, relative to ``folder``. Raises IndexMissing or IndexDamaged."""
    try:
        with (folder / POINTER).open("rb") as file:
            content = file.read(_LONGEST_POINTER)
    except (FileNotFoundError, NotADirectoryError) as error:
        commits = [path.relative_to(folder).as_posix() for there in generations(folder).values() for path in there]
        if (folder / POINTER).exists():  # just published
            return read_pointer(folder)
        if commits and not _first_is_unfinished(folder, commits):
            raise IndexDamaged(f"{folder / POINTER} is missing: it names the commit that is searched. {_pointer_cure(folder)}") from error
        raise IndexMissing(_missing(folder)) from error
    except OSError as error:
        raise unreadable(folder / POINTER, error, _pointer_cure(folder)) from error
    pointer = content.decode(errors="replace")
    if not pointer.endswith("\n") or not _POINTER.fullmatch(pointer[:-1]):
        held = f"it holds {content[:80]!r}" if content else "it is empty"
        raise IndexDamaged(f"{folder / POINTER} is damaged: {held}, expected the name of a commit. {_pointer_cure(folder)}")
    return pointer[:-1]


def _first_is_unfinished(folder: Path, commits: list[str]) -> bool:
    """Whether the only one of ``commits`` was being published when the first run was killed."""
    with suppress(OSError), (folder / files.prepared(POINTER)).open("rb") as file:
        return [file.read(_LONGEST_POINTER)] == [commit.encode() + b"\n" for commit in commits]
    return False


def read_manifest(folder: Path, pointer: str, *, oldest: int = READABLE) -> Manifest:
    """Read the commit that ``pointer`` names, and check it against the checksum in its name; ``oldest`` is the earliest format allowed.
    Raises IndexDamaged, IndexTooNew, IndexTooOld, or FileNotFoundError if a writer has removed it.
    """
    path = folder / pointer
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if xxhash.xxh3_64_hexdigest(content) != path.stem.rpartition("-")[2]:
        raise IndexDamaged(f"{path} is damaged: its checksum is not the one in its name. {remedy(folder)}")
    try:
        told = foreign.parsed(content, LARGEST)
        check_format(told, folder, "Build it again beside the old one: newsdex index PATH... --index-dir NEW_FOLDER", OLDEST)
        check_format(told, folder, f"Convert it, without embedding again: {command('rebuild', folder)}", oldest)
        manifest = foreign.made(Manifest, told, "the commit")
        check_manifest(manifest)
        found = _POINTER.fullmatch(pointer)
        _expect(found and (found[1], int(found[2])) == (manifest.generation, manifest.commit), "name of this commit", pointer)
    except ValueError as error:
        raise IndexDamaged(f"{path} is damaged: {error}. {remedy(folder)}") from error
    return manifest


def check_manifest(manifest: Manifest) -> None:
    """Check a manifest from elsewhere: every name is that of a file beside it, and the numbers are consistent. Raises ValueError."""
    model, chunking, name = manifest.model, manifest.chunking, manifest.generation
    _expect(_GENERATION.fullmatch(name), "generation", name)
    _expect(_TIME.fullmatch(manifest.created), "time", manifest.created)
    _expect(0 < model.dimension <= _MOST_DIMENSIONS, "dimension", model.dimension)
    _expect(0 < model.max_tokens <= _MOST_TOKENS, "window of a model", model.max_tokens)
    _expect(model.precision in (FULL, INT8), "precision", model.precision)
    _expect(0 < chunking.max_tokens <= _MOST_TOKENS, "length of a passage", chunking.max_tokens)
    _expect(chunking.overlap <= _MOST_TOKENS, "overlap of passages", chunking.overlap)
    for what in ("sources", "furniture", "tombstones", "marks"):
        if file := getattr(manifest, what):
            _expect(re.fullmatch(f"{what}-[0-9]{{6,12}}", file.name), f"name of the {what}", file.name)
    for each in manifest.source_lists:
        _expect(re.fullmatch("sources-[0-9]{6,12}", each.file.name), "name of the sources", each.file.name)
        _expect(each.blocks.name == f"{each.file.name}.blocks", "name of a file", each.blocks.name)
        _expect(each.blocks.size % 8 == 0, "size of checksums", each.blocks.size)
    if manifest.previous is not None:
        found = _POINTER.fullmatch(manifest.previous)
        _expect(found and found[1] == name, "commit before", manifest.previous)
    if manifest.replaced is not None:
        _expect(_POINTER.fullmatch(manifest.replaced), "commit that was replaced", manifest.replaced)
    numbers = set()
    for record in manifest.segments:
        _check_segment(record)
        number = int(record.name[1:])
        _expect(number not in numbers and number < manifest.next_segment, "segment", record.name)
        numbers.add(number)
    for file in manifest.file_records():
        _expect(_SHA256.fullmatch(file.sha256), "sha256", file.sha256)
        _expect(_XXH3.fullmatch(file.xxh3), "XXH3", file.xxh3)


def _check_segment(record: SegmentRecord) -> None:
    _expect(_SEGMENT.fullmatch(record.name), "name of a segment", record.name)
    _expect(record.files.keys() == ROLES.keys(), "list of a segment's files", ", ".join(record.files))
    for role, suffix in ROLES.items():
        _expect(record.files[role].name == f"{record.name}.{suffix}", "name of a file", record.files[role].name)
    _expect(record.articles < _MOST, "count of articles", record.articles)
    _expect(record.passages < _MOST, "count of passages", record.passages)
    _expect(record.deleted_articles <= record.articles, "count of deleted articles", record.deleted_articles)
    _expect(record.deleted_passages <= record.passages, "count of deleted passages", record.deleted_passages)
    _expect((record.deleted is not None) == (record.deleted_articles > 0), "count of deleted articles", record.deleted_articles)
    if record.marked:
        _expect(re.fullmatch(f"{record.name}\\.marked-[0-9]{{6,12}}", record.marked.name), "name of a file", record.marked.name)
    if record.deleted:
        _expect(re.fullmatch(f"{record.name}\\.deleted-[0-9]{{6,12}}", record.deleted.name), "name of a file", record.deleted.name)
        _expect(record.deleted.size == 4 * record.deleted_articles, "size of a list of deleted articles", record.deleted.size)


def _expect(holds: object, what: str, value: object) -> None:
    if not holds:
        raise ValueError(f"no {what} can be {str(value)[:80]!r}")


def check_format(told: object, path: Path, if_older: str, oldest: int = READABLE) -> None:
    """Check that the format in ``told`` is from ``oldest`` to FORMAT. Raises IndexTooNew, IndexTooOld with ``if_older``, ValueError."""
    if not isinstance(told, dict):
        raise ValueError("it is not an object")  # noqa: TRY004 - the content is wrong, not the call
    written = foreign.whole_number(told.get("format"), "the format")
    if written > FORMAT:
        raise IndexTooNew(f"{path} was written by a newer newsdex (index format {written}, this one reads {FORMAT}). Upgrade: {UPGRADE}")
    if written < oldest:
        raise IndexTooOld(f"{path} was written by an older newsdex (index format {written}, this one reads {FORMAT}). {if_older}")


def _missing(folder: Path) -> str:
    make = f"Make one: {command('index PATH...', folder)}"
    if not folder.exists():
        return f"there is no index at {folder}: the folder does not exist. {make}"
    if not folder.is_dir():
        return f"there is no index at {folder}: it is a file. {make}"
    inside = [p.name for p in folder.iterdir() if p.name not in ("README.md", "LOCK", ".gitignore")]
    if any(name.startswith("g0") for name in inside):
        if files.lock_is_held(folder):
            return f"there is no index at {folder} yet: it is being built by {files.lock_holder(folder)}. Try again when it is done"
        return f"there is no index at {folder} yet: its first build did not finish. {make}"
    if inside:
        return f"{folder} is not a newsdex index: it has no file {POINTER}. {make}"
    return f"there is no index at {folder} yet. {make}"


def _pointer_cure(folder: Path) -> str:
    there = [name for name, commits in generations(folder).items() if commits]
    if not there:
        return remedy(folder)
    older = f", or to an older one: {', '.join(there[-2::-1])}" if there[1:] else ""
    return f"Return to the newest generation, without embedding again: {command(f'rollback --to {there[-1]}', folder)}{older}"


def sealed(record: Any) -> bytes:
    """The content of the file of ``record``, a dataclass with a ``format``."""
    packed = json.dumps(record, default=_fields).encode()
    return xxhash.xxh3_64_hexdigest(packed).encode() + b"\n" + packed + b"\n"


def _fields(record: Any) -> dict[str, Any]:
    """The fields of a dataclass; dataclasses.asdict copies all that is in them."""
    return {each.name: getattr(record, each.name) for each in fields(record)}


def unsealed(path: Path, kind: type[_Record], newest: int, cure: str) -> _Record | None:
    """The record in the file at ``path``, if any; ``cure`` mends damage. Raises IndexDamaged, and IndexTooNew above ``newest``."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_RECORD + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise damaged(path, error, cure) from error
    digest, _, packed = content.partition(b"\n")
    packed = packed.removesuffix(b"\n")
    if xxhash.xxh3_64_hexdigest(packed).encode() != digest:
        raise damaged(path, ValueError("its checksum is not that of its content"), cure)
    try:
        told = foreign.parsed(packed, _LARGEST_RECORD, _MOST_LISTS)
        newer = isinstance(told, dict) and foreign.whole_number(told.get("format"), "the format") > newest
        record = None if newer else foreign.made(kind, told, "the record")
    except ValueError as error:
        raise damaged(path, error, cure) from error
    if record is None:
        raise IndexTooNew(f"{path} was written by a newer newsdex. Upgrade: {UPGRADE}")
    return record


def damaged(path: Path, error: Exception, cure: str) -> IndexDamaged:
    """What is raised for a file that is not what was written."""
    if isinstance(error, PermissionError):
        return unreadable(path, error, cure)
    reason = error.strerror if isinstance(error, OSError) else error
    return IndexDamaged(f"{path} is damaged: {reason}. Restore it from a backup, or {cure}")


def unreadable(path: Path, error: OSError, cure: str) -> IndexDamaged:
    """What is raised for a file that cannot be read; ``cure`` is for others than those of another user."""
    cure = "Check the permissions of the file and its folder" if isinstance(error, PermissionError) else cure
    return IndexDamaged(f"cannot read {error.filename or path}: {error.strerror}. {cure}")
