"""Whether the log of an index is what it should be."""

from __future__ import annotations

from pathlib import Path

from newsdex.store.log import read_entries
from newsdex.store.manifest import read_pointer


def assert_logged(folder: Path) -> None:
    """It has each commit of the current generation once, and nothing that was never published."""
    pointer = read_pointer(folder)
    generation, number = pointer.partition("/")[0], int(pointer.split("-")[1])
    found = [entry.place[1] for entry in read_entries(folder, pointer) if entry.place[0] == generation]
    assert found == list(range(1, number + 1))
    assert len([*folder.glob(f"log/{generation}-*")]) == number


def without_log(names: set[str]) -> set[str]:
    """Those of ``names``, relative to an index, that are no files of the log."""
    return {name for name in names if not name.startswith("log/")}
