"""What the indexer knows of the files it has read: enough to see, without reading, which have not changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from newsdex.store.columns import pack_strings, unpack_strings
from newsdex.store.paths import stored_path
from newsdex.tensors import Tensors, view_tensors


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A source file when it was last read.

    ``size`` in bytes; ``mtime_ns`` and ``read_ns`` (when it was read) in nanoseconds since 1970. ``problems`` has a line for each
    thing in it that could not be indexed, or not wholly.
    """

    path: Path
    size: int
    mtime_ns: int
    read_ns: int
    sha256: str
    problems: str = ""


def pack_sources(sources: Iterable[SourceFile], base: Path) -> Tensors:
    """The arrays that hold ``sources``, in the order of their paths, which are stored relative to ``base``."""
    ordered = sorted(sources, key=lambda source: str(source.path))
    return {
        **pack_strings("path", (stored_path(base, s.path) for s in ordered)),
        **pack_strings("sha256", (s.sha256 for s in ordered)),
        **pack_strings("problems", (s.problems for s in ordered)),
        "size": np.array([s.size for s in ordered], np.int64),
        "mtime_ns": np.array([s.mtime_ns for s in ordered], np.int64),
        "read_ns": np.array([s.read_ns for s in ordered], np.int64),
    }


def unpack_sources(content: memoryview, base: Path) -> dict[Path, SourceFile]:
    """The sources in a file's content, by path."""
    tensors = view_tensors(content)
    columns = zip(
        (base / path for path in unpack_strings(tensors, "path")),
        tensors["size"].tolist(),
        tensors["mtime_ns"].tolist(),
        tensors["read_ns"].tolist(),
        unpack_strings(tensors, "sha256"),
        unpack_strings(tensors, "problems"),
        strict=True,
    )
    return {source.path: source for source in (SourceFile(*row) for row in columns)}
