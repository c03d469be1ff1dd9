"""What the indexer knows of the files it has read: enough to see, without reading, which have not changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from newsdex.store.columns import pack_strings, strings_layout, unpack_strings
from newsdex.store.layout import Array, bounds_of
from newsdex.tensors import NAMES, Tensors, tensor_places, view_tensors

# Begins the line of a problem that cost no article.
REMARK = "remark: "
# Begins the line of the problem that ended the reading of a file; the version of what read it follows, and ": ".
FAILED = "failed in "


class SourceFile(NamedTuple):
    """A source file when it was last read. There may be hundreds of thousands, hence a tuple.

    ``path`` is as stored (newsdex.store.paths); ``size`` in bytes; ``mtime_ns`` and ``read_ns`` (when it was read) in nanoseconds since
    1970. ``problems`` has a line for each thing in it that could not be indexed, or with ``REMARK`` before it, not wholly; one has
    ``FAILED`` before it where the file would fail again. ``stale``: it must be read again even if it looks unchanged, for the index holds
    articles of it that it no longer has, or it was gone. What was passed over without a look into it, such as a device, is here for its
    problem alone, with a size of -1. ``reading`` is how it was to be read (newsdex.indexer.source.Reading).
    """

    path: str
    size: int
    mtime_ns: int
    read_ns: int
    sha256: str
    problems: str = ""
    stale: bool = False
    reading: str = ""

    @property
    def passed_over(self) -> bool:
        """Whether nothing of it was read."""
        return self.size < 0

    @property
    def failed_in(self) -> str:
        """The version of what read it and failed, so that it would fail again; empty where it has not failed so."""
        ended = (line for line in self.problems.splitlines() if line.startswith(FAILED)) if FAILED in self.problems else ()
        return next((line.removeprefix(FAILED).partition(": ")[0] for line in ended), "")


def told(line: str) -> tuple[str, bool]:
    """What a line of ``problems`` says to a person, and whether something was lost."""
    if line.startswith(FAILED):
        return line.partition(": ")[2], True
    return line.removeprefix(REMARK), not line.startswith(REMARK)


def passed_over(path: str, reason: str) -> SourceFile:
    """What is kept of something that is not read, for a ``reason``."""
    return SourceFile(path, -1, -1, 0, "", " ".join(reason.splitlines()))


# The arrays of a commit's file: a column a field.
_NUMBERS = {"size": np.int64, "mtime_ns": np.int64, "read_ns": np.int64, "stale": np.uint8}
_STRINGS = tuple(name for name in SourceFile._fields if name not in _NUMBERS)
_LAYOUT: dict[str, Array] = {name: Array((NAMES[np.dtype(kind)],), ("sources",)) for name, kind in _NUMBERS.items()}
for _name in _STRINGS:
    _LAYOUT |= strings_layout(_name, "sources")


def pack_sources(sources: Iterable[SourceFile]) -> Tensors:
    """The arrays that hold ``sources``, in the order of their paths."""
    ordered = sorted(sources)
    tensors: Tensors = {name: np.array([getattr(s, name) for s in ordered], kind) for name, kind in _NUMBERS.items()}
    for name in _STRINGS:
        tensors |= pack_strings(name, (getattr(s, name) for s in ordered))
    return tensors


def unpack_sources(content: memoryview) -> dict[str, SourceFile]:
    """The sources in a file's content, by path. Raises ValueError when it is no such content."""
    bounds = bounds_of(tensor_places(content), _LAYOUT, {}, len(content))
    tensors = view_tensors(content)
    if odd := [name for name, bound in bounds.items() if not bound.hold(tensors[name], whole=True)]:
        raise ValueError(f"{odd[0]} has numbers that cannot be")
    tensors["stale"] = tensors["stale"].astype(np.bool_)
    columns = [unpack_strings(tensors, name) if name in _STRINGS else tensors[name].tolist() for name in SourceFile._fields]
    return {source.path: source for source in map(SourceFile._make, zip(*columns, strict=True))}
