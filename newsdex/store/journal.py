"""Vectors that were computed but are not committed yet, so that an interrupted run embeds nothing twice.

A file of records of one size: a passage's key (16 bytes), an XXH3-64 of key and vector (8 bytes), the vector (float32). It is appended to
and not flushed: a record that a crash left torn fails its checksum and is left out. The commit removes the file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.encoder import FULL, ModelCard, Vectors
from newsdex.store import files

_KEY, _SUM = 16, 8


class Journal:
    """The journal of one model, in one precision, in an index folder. Only the holder of the writer's lock may open it."""

    def __init__(self, folder: Path, model: ModelCard) -> None:
        """Read what an interrupted run with the same model left, and remove what one with another model left."""
        self._path = folder / f"journal-{model.fingerprint}{'' if model.precision == FULL else f'-{model.precision}'}"
        self._dimension = model.dimension
        self._record_size = _KEY + _SUM + 4 * model.dimension
        for path in folder.glob("journal-*"):
            if path != self._path:
                files.remove(path)
        self._vectors: dict[bytes, Vectors] = dict(self._read()) if self._path.exists() else {}

    def known(self, keys: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], Vectors]:
        """Which of ``keys`` (uint8, (n, 16)) have vectors here, and those, float32, (n, d), zero where there are none."""
        vectors = np.zeros((len(keys), self._dimension), np.float32)
        known = np.zeros(len(keys), np.bool_)
        for row, key in enumerate(keys) if self._vectors else ():
            if (vector := self._vectors.get(key.tobytes())) is not None:
                vectors[row], known[row] = vector, True
        return known, vectors

    def append(self, keys: NDArray[np.uint8], vectors: Vectors) -> None:
        """Keep ``vectors``, (n, d), for ``keys``, (n, 16). Raises IndexUnwritable."""
        parts = []
        for key, vector in zip(keys, np.asarray(vectors, np.float32), strict=True):
            record = key.tobytes() + vector.tobytes()
            parts += [record[:_KEY], xxhash.xxh3_64_digest(record), record[_KEY:]]
        files.append_records(self._path, self._record_size, b"".join(parts))

    def discard(self) -> None:
        """Remove the file: what it held is committed."""
        self._vectors = {}
        files.remove(self._path)

    def _read(self) -> list[tuple[bytes, Vectors]]:
        content = self._path.read_bytes()
        size = self._record_size
        found = []
        for start in range(0, len(content) - size + 1, size):
            key, check, vector = np.split(np.frombuffer(content, np.uint8, size, start), [_KEY, _KEY + _SUM])
            if xxhash.xxh3_64_digest(key.tobytes() + vector.tobytes()) == check.tobytes():
                found.append((key.tobytes(), vector.view(np.float32)))
        return found
