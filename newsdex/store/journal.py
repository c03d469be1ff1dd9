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


class Journal:
    """The journal of one model, in one precision, in an index folder. Only the holder of the writer's lock may open it."""

    def __init__(self, folder: Path, model: ModelCard) -> None:
        """Read what an interrupted run with the same model left, and remove what one with another model left."""
        self._path = folder / f"journal-{model.fingerprint}{'' if model.precision == FULL else f'-{model.precision}'}"
        self._dimension = model.dimension
        self._record = np.dtype([("key", np.uint8, 16), ("sum", np.uint8, 8), ("vector", np.float32, model.dimension)])
        for path in folder.glob("journal-*"):
            if path != self._path:
                files.remove(path)
        self._vectors: dict[bytes, Vectors] = self._read() if self._path.exists() else {}

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
        records = np.empty(len(keys), self._record)
        records["key"], records["vector"] = keys, vectors
        records["sum"] = [_sum(key, vector) for key, vector in zip(records["key"], records["vector"], strict=True)]
        files.append_records(self._path, self._record.itemsize, records.tobytes())

    def discard(self) -> None:
        """Remove the file: what it held is committed."""
        self._vectors = {}
        files.remove(self._path)

    def _read(self) -> dict[bytes, Vectors]:
        content = self._path.read_bytes()
        records = np.frombuffer(content, self._record, len(content) // self._record.itemsize)
        columns = records["key"], records["vector"], records["sum"].tolist()
        return {key.tobytes(): vector for key, vector, written in zip(*columns, strict=True) if _sum(key, vector) == written}


def _sum(key: NDArray[np.uint8], vector: Vectors) -> list[int]:
    return list(xxhash.xxh3_64_digest(key.tobytes() + vector.tobytes()))
