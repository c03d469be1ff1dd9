"""Removing what no reader can need any more. Only the holder of the writer's lock may."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from newsdex.errors import IndexDamaged, IndexTooNew, IndexTooOld, IndexUnwritable
from newsdex.store import files
from newsdex.store.manifest import COMMITS, OLDEST, Manifest, generations, read_manifest

_OURS = re.compile(r"(commit|sources|furniture|tombstones|marks|s\d{6,})[-.].*")


def remove_leftovers(folder: Path, manifest: Manifest, pointer: str | None) -> None:
    """Remove what neither the commit at ``pointer`` nor the one before it names from its generation: old versions, and what an
    interrupted run left. The files of the commit before are kept for readers that are just opening it; after a purge there is none.
    """
    for path in _leftovers(folder, manifest, pointer):
        files.remove(path)


def remove_old_generations(folder: Path, manifest: Manifest, pointer: str) -> None:
    """Remove the generations before the one that a rollback from ``manifest`` returns to; after a purge, all that were there before it."""
    for path in _old_generations(folder, manifest, pointer):
        files.remove_folder(path, last=COMMITS)


def unfinished(folder: Path, manifest: Manifest) -> list[Path]:
    """What runs that are going on, or were interrupted, have for the next one: journals, and generations that were never committed."""
    never = [folder / name for name, commits in generations(folder).items() if name != manifest.generation and not commits]
    return [*(folder / manifest.generation).glob("journal-*"), *never]


def leftovers(folder: Path, manifest: Manifest, pointer: str) -> list[Path]:
    """The files that no version needs, and that the next writer removes: what interrupted runs and an unfinished purge left."""
    old = set(_old_generations(folder, manifest, pointer)) - set(unfinished(folder, manifest))
    return [*_leftovers(folder, manifest, pointer), *(path for generation in sorted(old) for path in generation.glob("*"))]


def remove_unfinished(folder: Path, manifest: Manifest) -> None:
    """Remove what is ``unfinished``; a purge does before its commit, as it cannot be told afterwards. Raises IndexUnwritable."""
    for path in unfinished(folder, manifest):
        files.remove(path) if path.name.startswith("journal-") else files.remove_folder(path, last=COMMITS)
    if left := unfinished(folder, manifest):
        raise IndexUnwritable(f"cannot remove {left[0]}. Check the folder's permissions; what was indexed before is untouched")


def confirm_purge(folder: Path, manifest: Manifest, pointer: str) -> None:
    """Bring the removals after the purge at ``pointer`` to the disk. Raises IndexUnwritable when something could not be removed."""
    if left := [*_leftovers(folder, manifest, pointer), *_old_generations(folder, manifest, pointer)]:
        raise IndexUnwritable(
            f"cannot remove {left[0]}: searches no longer find the purged articles, but the file may still have their text. "
            "Check the folder's permissions; the next command that writes to the index tries again"
        )
    files.sync_folder(folder / manifest.generation)
    files.sync_folder(folder)


def _leftovers(folder: Path, manifest: Manifest, pointer: str | None) -> list[Path]:
    kept = {Path(name).name for name in (pointer, manifest.previous) if name}
    kept |= {record.name for record in manifest.file_records()}
    if manifest.previous:
        with suppress(OSError, IndexDamaged, IndexTooNew, IndexTooOld):  # gone already, or of no use
            kept |= {record.name for record in read_manifest(folder, manifest.previous, oldest=OLDEST).file_records()}
    return [path for path in (folder / manifest.generation).iterdir() if _OURS.fullmatch(path.name) and path.name not in kept]


def _old_generations(folder: Path, manifest: Manifest, pointer: str) -> list[Path]:
    """Those that nothing returns to: of later ones, if ``pointer`` is a purge, those that were committed and not built from it since."""
    oldest = (manifest.replaced or manifest.generation).partition("/")[0]
    return [
        folder / name
        for name, commits in generations(folder).items()
        if name < oldest or (manifest.purged and name > oldest and commits and not _built_from(folder, pointer, commits))
    ]


def _built_from(folder: Path, pointer: str, commits: Sequence[Path]) -> bool:
    for path in commits:
        with suppress(OSError, IndexDamaged, IndexTooNew, IndexTooOld):  # of no use to a rollback either
            if read_manifest(folder, path.relative_to(folder).as_posix(), oldest=OLDEST).replaced == pointer:
                return True
    return False
