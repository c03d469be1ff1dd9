"""What was decided about articles in an index that is damaged, for a new one: deletions, purges, marks and followed questions."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from newsdex.errors import IndexDamaged, IndexMissing, IndexTooNew, IndexTooOld, UsageError
from newsdex.store.following import FOLDER, Following
from newsdex.store.log import place_of
from newsdex.store.manifest import OLDEST, generations, read_manifest, read_pointer
from newsdex.store.marks import Marks, Story, with_stories
from newsdex.store.paths import base_of
from newsdex.store.previous import Known
from newsdex.store.snapshot import Snapshot
from newsdex.store.sources import SourceFile
from newsdex.store.tombstones import Tombstones

_BROKEN = (IndexDamaged, IndexTooNew, IndexTooOld, OSError)


class Decisions(NamedTuple):
    """Those of the commit ``pointer``, which is ``current`` unless that cannot be read, and the ``settings`` of its source files."""

    folder: Path
    pointer: str
    current: bool
    tombstones: Tombstones
    marks: Marks
    settings: Sequence[SourceFile]

    def into(self, known: Known) -> Known:
        """``known`` with the decisions, unless it is a version that another writer has made meanwhile."""
        if not known.segments:
            known.base, known.tombstones, known.marks = base_of(self.folder), self.tombstones, self.marks
            known.sources.update((source.path, source) for source in self.settings)
        return known

    def take_questions(self, index_folder: Path) -> str:
        """Copy the followed questions into the new index, and say in words what was taken over from where."""
        told, failed = f"{len(self.tombstones.ids):,} withdrawn, {len(self.marks):,} marked", ""
        source, target = self.folder / FOLDER, index_folder / FOLDER
        if source.is_dir() and not target.exists():
            try:
                held = Following(self.folder)  # without its lock, for the folder may be a backup that cannot be written
                held.seen()  # raises what its files do
                shutil.copytree(source, target)
                told += f", questions followed: {len(held.state.questions):,}"
            except _BROKEN as error:
                shutil.rmtree(target, ignore_errors=True)
                failed = f". The followed questions could not be taken over: {error}"
        where = f"of {self.folder}" if self.current else f"of {self.folder}, not its newest commit, which cannot be read"
        generation, number = place_of(self.pointer)
        return f"{told} as in {generation}/{number} {where}{failed}"


def decisions_for(index_folder: Path, current: Snapshot | None, folder: Path | None) -> Decisions | None:
    """Those in ``folder``, if given, for a new index. Raises UsageError for a ``current`` one or another parent; as ``read_decisions``."""
    if folder is None:
        return None
    if current:
        raise UsageError(
            f"{index_folder} already has an index: --keep-decisions-of works only for a new one. Choose another folder: --index-dir FOLDER"
        )
    if base_of(index_folder) != base_of(folder):  # on which ids depend
        raise UsageError(
            f"{index_folder} is not beside {folder}: put the new index into {base_of(folder)}, so that articles keep their ids"
        )
    return read_decisions(folder)


def read_decisions(folder: Path) -> Decisions:
    """The decisions of the newest commit in ``folder`` that can be read, the current one first. Raises IndexMissing, IndexDamaged."""
    current = ""
    with suppress(IndexDamaged, IndexMissing):
        current = read_pointer(folder)
    there = [path.relative_to(folder).as_posix() for commits in generations(folder).values() for path in commits]
    if not there:
        raise IndexMissing(f"{folder} is no index: nothing to keep. Check the path of --keep-decisions-of")
    others = [pointer for pointer in reversed(there) if pointer != current]
    for pointer in [current, *others] if current else others:
        with suppress(*_BROKEN):
            snapshot = Snapshot(folder, pointer, read_manifest(folder, pointer, oldest=OLDEST), ())
            marks = _with_stories(snapshot.marks(), folder, pointer)
            return Decisions(folder, pointer, pointer == current, snapshot.tombstones(), marks, _settings(snapshot))
    raise IndexDamaged(f"no commit in {folder} has deletions and marks that can be read. Restore the folder from a backup")


def _settings(snapshot: Snapshot) -> list[SourceFile]:
    with suppress(*_BROKEN):
        return snapshot.sources().settings()
    return []


def _with_stories(marks: Marks, folder: Path, pointer: str) -> Marks:
    """``marks`` with their stories, as far as the articles can be read: their ids may be those of other stories by now."""
    stories: dict[str, Story] = {}
    with suppress(*_BROKEN):
        known = Known(Snapshot.open_at(folder, pointer))
        for article_id in marks:
            with suppress(IndexDamaged):
                if story := known.story(article_id):
                    stories[article_id] = story if known.with_url(story.url) <= 1 else replace(story, url="")
    return with_stories(marks, stories)
