"""The status of an index: its contents, and which source files have changed."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from newsdex.encoder import FULL
from newsdex.errors import command
from newsdex.indexer.discover import entered
from newsdex.indexer.language import counted, unspoken
from newsdex.indexer.readers.packed import format_of
from newsdex.indexer.report import Problem
from newsdex.indexer.source import Source
from newsdex.output import as_unicode
from newsdex.store.cleanup import leftovers, unfinished
from newsdex.store.copies import SAMPLE, copied_share
from newsdex.store.log import indexed_folders
from newsdex.store.marks import unmet_corrections
from newsdex.store.paths import base_of, stored_path
from newsdex.store.previous import Known
from newsdex.store.snapshot import Snapshot
from newsdex.store.sources import SourceFile
from newsdex.values import amount

_LINES = 20  # of furniture that a person is shown
_NOTED = 100_000  # bytes that all versions take more than one: what is less is below the last digit, as one version's description is


@dataclass(frozen=True, slots=True)
class Status:
    """``size`` is in bytes, of the current version; ``disk`` also counts earlier versions and generations, and ``unfinished``: the bytes of
    each file or folder of a run that was interrupted or is in progress, and ``unneeded``: how many "files" no
    version names, which the next writer removes, and their "bytes". ``updated`` is the time of the last commit, UTC. ``copied`` is the
    fraction of the articles that have a copy in the index, in [0, 1], estimated beyond ``SAMPLE`` articles.

    ``languages`` counts articles by ISO 639-1 code, empty if unknown; ``unspoken`` has those that the model does not support, if they are
    frequent. ``changed`` and ``missing`` are source files that changed or disappeared since they were indexed. ``unindexed`` are other
    readable files in their folders that were not indexed, unless their article was purged. ``left_over`` are source files that had lost
    some of their articles when they were last read. ``problems`` counts those of the last run. ``furniture`` has the lines that are kept
    out of answers because many articles of a source repeat them, each with the number of these articles. ``purged`` counts the ids that
    tombstones keep from being indexed again, ``erased`` those of them that were purged, ``deleted`` the others. ``marked`` counts the
    articles with a mark of ``newsdex mark``. ``unmet_corrections`` are the ids of articles whose field ``corrects`` names a missing
    article.
    """

    folder: str
    articles: int
    copied: float
    passages: int
    languages: dict[str, int]
    unspoken: list[str]
    model: str
    precision: str
    max_tokens: int
    size: int
    disk: int
    unfinished: dict[str, int]
    unneeded: dict[str, int]
    commit: int
    updated: str
    source_files: int
    changed: list[str]
    missing: list[str]
    unindexed: list[str]
    left_over: list[str]
    problems: int
    furniture: list[dict[str, Any]]
    purged: int
    deleted: int
    erased: int
    marked: int
    unmet_corrections: list[str]

    def record(self) -> dict[str, Any]:
        """Return the status as plain values."""
        return asdict(self) | {
            name: [as_unicode(text) for text in getattr(self, name)]
            for name in ("changed", "missing", "unindexed", "left_over", "unmet_corrections")
        }

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield the status as names and values for people."""
        yield "index", self.folder
        about = "about " if self.articles > SAMPLE else ""
        yield "articles", f"{self.articles:,}, {about}{self.copied:.0%} of which are copies or have copies"
        yield "passages", f"{self.passages:,} of at most {self.max_tokens} tokens"
        yield "languages", counted(Counter(self.languages)) or "none"
        precise = "" if self.precision == FULL else f" in {self.precision}"
        yield "model", self.model + precise + (f", which does not support {', '.join(self.unspoken)}" if self.unspoken else "")
        size, disk = (f"{each / 1e6:,.1f} MB" for each in (self.size, self.disk))
        yield "size", f"{size}; on disk {disk}, with all versions" if self.disk - self.size >= _NOTED else size
        if self.unfinished:
            left = f"{sum(self.unfinished.values()) / 1e6:,.1f} MB of a run that is in progress or was interrupted"
            yield "unfinished", f"{left}; the same command continues it. To discard it when no run is in progress:"
            yield "", f"rm -r {shlex.join(self.unfinished)}"
        if count := self.unneeded["files"]:
            left = f"{amount(count, 'file')}, {self.unneeded['bytes'] / 1e6:,.1f} MB, of a run that is in progress or was interrupted"
            yield "unneeded", f"{left}; the next command that writes to the index removes what is left of it"
        yield "last update", f"{self.updated} (commit {self.commit})"
        yield "source files", f"{self.source_files:,}, with problems: {self.problems:,}"
        if self.furniture:
            yield "furniture", f"{amount(len(self.furniture), 'line')} that many articles of a source repeat, never an answer:"
        for line in self.furniture[:_LINES]:
            yield "", f"{line['articles']:,} x {line['source'] or 'no source'}: {line['text']}"
        if len(self.furniture) > _LINES:
            yield "", f"and {len(self.furniture) - _LINES:,} more ({command('status --json', self.folder)})"
        if self.purged:
            counts = ((self.deleted, "deleted", "--restore"), (self.erased, "purged", "--restore-purged"))
            restoring = ((count, what, command(f"index FILE {option}", self.folder)) for count, what, option in counts if count)
            told = ", ".join(f"{count:,} {what} (to restore: {how})" for count, what, how in restoring)
            yield "withdrawn", f"{told}; kept from being indexed again"
        if self.marked:
            yield "marked", f"{self.marked:,} as retracted or corrected (newsdex mark)"
        if self.unmet_corrections:
            yield "corrections", f"{len(self.unmet_corrections):,} that correct a missing article (first: {self.unmet_corrections[0]})"
        if self.left_over:
            files, first = amount(len(self.left_over), "file"), self.left_over[0]
            how = command("index FILE --prune", self.folder)
            yield "left over", f"articles that are no longer in {files} (first: {first}). To remove them: {how}"
        yield (
            "since then",
            ", ".join(_some(self.changed, "changed") + _some(self.missing, "missing") + _some(self.unindexed, "not indexed yet"))
            or "no file of the index has changed on disk",
        )


def read_status(folder: Path) -> Status:
    """The status of the index in ``folder``. A source file counts as changed when its size or time stamp differs and its content too.
    Raises IndexMissing, IndexTooNew or IndexDamaged.
    """
    snapshot = Snapshot.open(folder)
    manifest, sources = snapshot.manifest, snapshot.sources()
    changed, missing = drift(snapshot)
    problems = [line for source in sources.with_problems() for line in source.problems.splitlines()]
    languages = +snapshot.counts("language")
    known, base, stones = Known(snapshot), base_of(folder), snapshot.tombstones()
    erased = len(np.intersect1d(stones.ids, stones.purged))
    stale = {str(base / path) for path in sources.stale() if known.ids_at(path)}
    unneeded = leftovers(snapshot.folder, manifest, snapshot.pointer)
    return Status(
        folder=str(folder),
        articles=manifest.articles,
        copied=round(copied_share(snapshot), 3),
        passages=manifest.passages,
        languages=dict(languages.most_common()),
        unspoken=[language for language, _ in unspoken(languages, manifest.model).most_common()],
        model=manifest.model.name,
        precision=manifest.model.precision,
        max_tokens=manifest.chunking.max_tokens,
        size=manifest.size(),
        disk=sum(map(_bytes, snapshot.folder.glob("g*"))),
        unfinished={as_unicode(str(path)): _bytes(path) for path in unfinished(snapshot.folder, manifest)},
        unneeded={"files": len(unneeded), "bytes": sum(map(_bytes, unneeded))},
        commit=manifest.commit,
        updated=manifest.created,
        source_files=sum(1 for _ in sources.states()),
        changed=changed,
        missing=missing,
        unindexed=_unindexed(snapshot),
        left_over=sorted(stale.difference(missing)),
        furniture=[line._asdict() for line in snapshot.furniture()],
        purged=len(stones.ids),
        deleted=len(stones.ids) - erased,
        erased=erased,
        marked=sum(known.place(name) is not None for name, mark in snapshot.marks().items() if not mark.story),
        unmet_corrections=list(unmet_corrections(snapshot.file_segments)),
        problems=sum(Problem.of(Path(), line).count for line in problems),
    )


def _bytes(path: Path) -> int:
    """Of a file, or of all files in a folder of files; a writer may remove them meanwhile."""
    found, files = 0, [path]
    with suppress(OSError):
        files = [*path.iterdir()]
    for each in files:
        with suppress(OSError):
            found += each.stat().st_size
    return found


def read_skipped(folder: Path) -> list[Problem]:
    """What the last runs could not index, or not wholly, in the order of the files. Raises IndexMissing, IndexTooNew or IndexDamaged."""
    sources, base = Snapshot.open(folder).sources().values(), base_of(folder)
    return [Problem.of(base / source.path, line) for source in sources for line in source.problems.splitlines()]


def drift(snapshot: Snapshot) -> tuple[list[str], list[str]]:
    """The source files that have changed since they were read, and those that are gone."""
    base, sources = f"{base_of(snapshot.folder)}/".replace("//", "/"), snapshot.sources()
    changed, missing, gone = list[str](), list[str](), dict[str, bool]()
    for path, size, mtime_ns in sources.states():  # there may be hundreds of thousands, hence strings and no paths
        full = path if path.startswith("/") else base + path
        folder = full[: full.rindex("/")]
        if gone.get(folder):
            missing.append(full)
            continue
        try:
            status = os.stat(full)  # noqa: PTH116
            if (status.st_size, status.st_mtime_ns) != (size, mtime_ns) and _is_changed(Path(full), status, sources[path]):
                changed.append(full)
        except FileNotFoundError:
            missing.append(full)
            if folder not in gone:
                gone[folder] = not os.path.lexists(folder)
        except OSError:
            changed.append(full)
    return sorted(changed), sorted(missing)


def _unindexed(snapshot: Snapshot) -> list[str]:
    """The files that can be read, and were not: those below the folders that were indexed, and those beside the source files. A folder most
    of whose files are not of the index was not indexed as a whole, unless the log says so.
    """
    base, sources, stones, found = base_of(snapshot.folder), snapshot.sources(), snapshot.tombstones(), list[str]()
    paths = {path if path.startswith("/") else f"{base}/{path}".replace("//", "/") for path, *_ in sources.states()}
    folders = Counter(path[: path.rindex("/")] for path in paths)
    whole = _indexed_folders(snapshot.folder, folders)
    for folder in folders | dict.fromkeys(whole, 0):
        with suppress(OSError), os.scandir(folder or "/") as entries:
            new = [
                entry.path
                for entry in entries
                if entry.path not in paths
                and not entry.name.startswith(".")
                and (form := format_of(Path(entry.name)))
                and not form.picture
                and entry.is_file(follow_symlinks=False)
                and (stored := stored_path(base, Path(entry.path))) not in sources
                and not stones.cover_file(stored)
            ]
            found += new if folder in whole or len(new) <= folders[folder] else []
    return sorted(found)


def _indexed_folders(index_folder: Path, folders: Collection[str]) -> set[str]:
    """The folders that were indexed with all below them, by the log, and hold one of the source files' ``folders``; and those below."""
    found: set[str] = set()
    for root in map(str, indexed_folders(index_folder)):
        if any(folder == root or folder.startswith(f"{root}/".replace("//", "/")) for folder in folders):
            for folder, below, _ in os.walk(root):
                below[:] = entered(Path(folder), below, index_folder)
                found.add(folder)
    return found


def _is_changed(path: Path, status: os.stat_result, source: SourceFile) -> bool:
    if not source.sha256:  # it could not be read
        return status.st_size != source.size or status.st_mtime_ns > source.read_ns
    return Source(path, "").sha256 != source.sha256


def _some(paths: list[str], what: str) -> list[str]:
    return [f"{len(paths):,} {what} (first: {paths[0]})"] if paths else []
