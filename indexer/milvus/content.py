"""All of an index as a stream of articles, wherever it lies: what push, pull and the exchange as Parquet have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from newsdex.encoder import ModelCard
from newsdex.settings import Chunking
from newsdex.store.paths import base_of
from newsdex.store.segment import Entry
from newsdex.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Content:
    """Something that holds an index: whose vectors these are, how its articles were cut, the folder that stored paths are relative to, and
    how many passages there are. ``entries`` gives every article, in a fixed order. It raises IndexDamaged, or ServerError.
    """

    model: ModelCard
    chunking: Chunking
    base: Path
    passages: int
    entries: Callable[[], Iterator[Entry]]


def folder_content(snapshot: Snapshot) -> Content:
    """The index in a folder, as a snapshot shows it, in its order."""

    def entries() -> Iterator[Entry]:
        return (segments[number].entry(row) for number, row in snapshot.articles())

    manifest, segments = snapshot.manifest, snapshot.file_segments
    return Content(manifest.model, manifest.chunking, base_of(snapshot.folder), manifest.passages, entries)
