"""Ascending arrays, each made of a column, by which an update finds what a segment knows; made in memory if not stored."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from newsdex.arrays import distinct, runs
from newsdex.store.columns import holders, pack_ordered, paths_below, place_of
from newsdex.tensors import Array, ArrayTensors, Layout, TensorReader, Tensors

Numbers = NDArray[np.unsignedinteger]
Rows = NDArray[np.int64]

WORDLESS = 0  # the number of a sentence without words
_FEW = 16  # numbers that are found one by one; for more, the whole array is read: a segment has little more than a megabyte of it


def halves(keys: NDArray[np.generic]) -> NDArray[np.uint64]:
    """The first 8 bytes of each key, uint8, (n, 8 or more), as a number."""
    return np.ascontiguousarray(keys[:, :8]).view(np.uint64).reshape(-1)


def _sentences(tensors: Mapping[str, NDArray[np.generic]]) -> Tensors:
    keys, ends = tensors["sentence.key"].astype(np.uint64), tensors["sentence.ends"].astype(np.int64)
    rows = np.repeat(np.arange(len(ends), dtype=np.uint64), np.diff(ends, prepend=0))
    pairs = distinct((keys << np.uint64(32) | rows)[keys != WORDLESS])
    return {
        "known.sentence": (pairs >> np.uint64(32)).astype(np.uint32),
        "known.sentence.row": (pairs & np.uint64(0xFFFFFFFF)).astype(np.uint32),
    }


# What makes each group of arrays of a segment's columns.
_MADE: Mapping[str, Callable[[Mapping[str, NDArray[np.generic]]], Tensors]] = {
    "known.sha256": lambda tensors: pack_ordered("known.sha256", halves(tensors["sha256"])),
    "known.passage": lambda tensors: pack_ordered("known.passage", halves(tensors["passage.key"])),
    "known.sentence": _sentences,
    "known.path.row": lambda tensors: {"known.path.row": np.argsort(tensors["path.code"], kind="stable").astype(np.uint32)},
    "known.source": lambda tensors: {
        "known.source": np.bincount(tensors["source.code"], minlength=len(tensors["source.ends"])).astype(np.uint32)
    },
}
LAYOUT: Layout = {
    "known.sha256": Array(("U64",), ("articles",), optional=True),
    "known.sha256.row": Array(("U32",), ("articles",), below="articles", optional=True),
    "known.passage": Array(("U64",), ("passages",), optional=True),
    "known.passage.row": Array(("U32",), ("passages",), below="passages", optional=True),
    "known.sentence": Array(("U32",), ("known sentences",), optional=True),
    "known.sentence.row": Array(("U32",), ("known sentences",), below="articles", optional=True),
    "known.path.row": Array(("U32",), ("articles",), below="articles", optional=True),
    "known.source": Array(("U32",), ("values of source",), optional=True),
}


def pack_known(tensors: Mapping[str, NDArray[np.generic]]) -> Tensors:
    """The arrays for a segment's columns."""
    return {name: array for make in _MADE.values() for name, array in make(tensors).items()}


class KnownHere:
    """Look-ups in a segment's columns, each by a few blocks; deleted articles count. Whatever reads them raises IndexDamaged."""

    def __init__(self, tensors: TensorReader) -> None:
        self._tensors = tensors
        self._made: dict[str, TensorReader] = {}

    @property
    def are_stored(self) -> bool:
        """Whether all the arrays are in the segment's file."""
        return all(name in self._tensors for name in LAYOUT)

    def are_right(self) -> bool:
        """Whether those that are stored are those of the columns."""
        made = pack_known(self._tensors)
        return all(np.array_equal(self._tensors[name], array) for name, array in made.items() if name in self._tensors)

    def sentences(self) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
        """The numbers of the articles' sentences, ascending, each once an article, and the rows of these articles."""
        reader = self._reader("known.sentence")
        return reader["known.sentence"], reader["known.sentence.row"]

    def rows(self, name: str, wanted: Numbers) -> tuple[Rows, Rows]:
        """The pairs of a place in ``wanted`` and of a row of ``name`` that has this number: "known.sha256", "known.passage" or
        "known.sentence", by the halves or the whole of which the numbers are; for each place ascending.
        """
        reader = self._reader(name)
        if len(wanted) > _FEW:
            return holders(reader, name, f"{name}.row", wanted)
        first, stop = (np.array([reader.before(name, number + more) for number in wanted.tolist()], np.int64) for more in (0, 1))
        counts = np.maximum(stop - first, 0)  # as in ``holders``
        return np.repeat(np.arange(len(wanted)), counts), reader.rows(f"{name}.row", runs(first, counts)).astype(np.int64)

    def at_path(self, path: str) -> Rows:
        """The articles of the source file with this stored path, ascending."""
        code = place_of(self._tensors, "path", path)
        return np.empty(0, np.int64) if code is None else self._of_codes(code, code + 1)

    def below_path(self, folder: str) -> Rows:
        """The articles of the source files below a ``folder``, whose stored path ends in a slash."""
        return self._of_codes(*paths_below(self._tensors, folder))

    def of_source(self, source: str) -> tuple[int, int]:
        """The code of a source, and how many articles it has; -1 and 0 where there is none of it."""
        code = place_of(self._tensors, "source", source)
        return (-1, 0) if code is None else (code, self._reader("known.source").item("known.source", code))

    def _of_codes(self, first: int, last: int) -> Rows:
        reader, codes = self._reader("known.path.row"), self._tensors
        count = reader.length("known.path.row")

        def behind(code: int) -> int:
            return bisect_left(range(count), code, key=lambda at: codes.item("path.code", reader.item("known.path.row", at)))

        return np.sort(reader.part("known.path.row", behind(first), behind(last)).astype(np.int64))

    def _reader(self, name: str) -> TensorReader:
        if self.are_stored:  # some without the others are damage
            return self._tensors
        if name not in self._made:
            self._made[name] = ArrayTensors(_MADE[name](self._tensors))
        return self._made[name]
