"""Removing what no reader can need any more. Only the holder of the writer's lock may."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from newsdex.errors import IndexDamaged, IndexTooNew
from newsdex.store import files
from newsdex.store.manifest import Manifest, generations, read_manifest

_OURS = re.compile(r"(commit|sources|s\d{6,})[-.].*")


def remove_leftovers(folder: Path, manifest: Manifest, pointer: str | None) -> None:
    """Remove what neither the commit at ``pointer`` nor the one before it names from its generation: old versions, and what an
    interrupted run left. The files of the commit before are kept for readers that are just opening it.
    """
    kept = {Path(name).name for name in (pointer, manifest.previous) if name}
    kept |= {record.name for record in manifest.file_records()}
    if manifest.previous:
        with suppress(OSError, IndexDamaged, IndexTooNew):  # gone already, or of no use
            kept |= {record.name for record in read_manifest(folder, manifest.previous).file_records()}
    for path in (folder / manifest.generation).iterdir():
        if _OURS.fullmatch(path.name) and path.name not in kept:
            files.remove(path)


def remove_old_generations(folder: Path, manifest: Manifest) -> None:
    """Remove the generations before the one that a rollback from ``manifest`` returns to."""
    oldest = (manifest.replaced or manifest.generation).partition("/")[0]
    for name in generations(folder):
        if name < oldest:
            files.remove_folder(folder / name)
