"""An index that was copied away from its sources: from its new folder, their paths and so the ids of articles are others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from newsdex.errors import UsageError
from newsdex.indexer.discover import Discovery
from newsdex.indexer.source import Source
from newsdex.store.paths import absolute, base_of, stored_path
from newsdex.store.snapshot import Snapshot

_TRIED = 100  # of the files that were found


def check_place(snapshot: Snapshot | None, discovery: Discovery, roots: Sequence[Path]) -> None:
    """Raise UsageError if no known source file is at its path, nor was below ``roots``, and one of those found is a known one at another
    path: an update of ``roots`` would add every article again, under other ids.
    """
    found = discovery.files[:_TRIED]
    if not snapshot or not found:
        return
    base, sources = base_of(snapshot.folder), snapshot.sources()
    if any(stored_path(base, file.path) in sources for file in found[:3]):
        return
    looked_at = list(map(absolute, roots))
    for path in sources.stored_paths():
        there = base / path
        if there.exists() or any(map(there.is_relative_to, looked_at)):
            return
    for file in found:
        parts = file.path.parts
        for start in range(1, len(parts)):
            old = sources.get("/".join(parts[start:]))
            if old and old.size == file.status.st_size and old.sha256 == Source(file.path, "").sha256:
                there = Path(*parts[:start])
                raise UsageError(
                    f"{snapshot.folder} was copied from another folder: none of its source files is at its path below {base}, and "
                    f"{file.path} is one of them. To index it would add every article again, under another id. Move the index folder to "
                    f"{there}, or take its articles over with new ids: newsdex export FILE, then newsdex import FILE --index-dir NEW_FOLDER"
                )
