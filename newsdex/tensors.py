"""Named arrays in one file, in the safetensors format: 8 bytes of header length, a JSON header, the raw arrays.

The format is documented at https://huggingface.co/docs/safetensors. It runs no code, is a common format, and a memory map needs no parsing
beyond the header. It is read here because only numpy may be loaded.
"""

from __future__ import annotations

import json
import math
import struct
from bisect import bisect_left
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from newsdex import foreign

Tensors: TypeAlias = dict[str, NDArray[np.generic]]


class TensorReader(Mapping[str, NDArray[np.generic]]):
    """Arrays by name, read whole or in part; those that can read a part alone have ways of their own."""

    def part(self, name: str, start: int, stop: int) -> NDArray[np.generic]:
        """Return rows ``start`` to ``stop`` of an array."""
        return self[name][start:stop]

    def length(self, name: str) -> int:
        """How many rows an array has."""
        return len(self[name])

    def rows(self, name: str, positions: NDArray[np.int64]) -> NDArray[np.generic]:
        """Return the rows at ``positions`` of a one- or two-dimensional array, in their order."""
        return self[name][positions]

    def item(self, name: str, row: int) -> int:
        """Return a number in an array of integers."""
        return int(self[name].flat[row])

    def pair(self, name: str, row: int) -> tuple[int, int]:
        """Return the numbers at ``row`` and ``row + 1`` in an array of integers."""
        return self.item(name, row), self.item(name, row + 1)

    def before(self, name: str, wanted: int) -> int:
        """How many numbers in an array of ascending hashes are less than ``wanted``."""
        return bisect_left(self[name], wanted)

    def content(self, name: str, start: int, stop: int) -> memoryview:
        """Return bytes ``start`` to ``stop`` of an array of uint8."""
        return memoryview(self[name][start:stop].tobytes())


class ArrayTensors(Tensors, TensorReader):
    """Arrays in memory, read as those of a file."""


_DTYPES: dict[str, DTypeLike] = {
    "U8": np.uint8,
    "I8": np.int8,
    "U16": np.uint16,
    "F16": np.float16,
    "BF16": np.dtype("V2"),  # not in numpy: the upper half of a float32
    "U32": np.uint32,
    "I32": np.int32,
    "F32": np.float32,
    "U64": np.uint64,
    "I64": np.int64,
}
_LARGEST_HEADER = 1 << 20  # bytes; an array takes about a hundred
NAMES = {np.dtype(dtype): name for name, dtype in _DTYPES.items()}


class Place(NamedTuple):
    """The place of an array in a file: its bytes, item type and shape."""

    start: int
    stop: int
    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]


def tensor_places(head: bytes | memoryview) -> dict[str, Place]:
    """Return the places of the arrays of a safetensors file by name; ``head`` is at least its header.

    Raises ValueError for an invalid header.
    """
    try:
        (length,) = struct.unpack_from("<Q", head)
        if length > len(head) - 8:
            raise ValueError(f"not a safetensors file: a header of {length} bytes in {len(head)}")
        header = foreign.parsed(head[8 : 8 + length], _LARGEST_HEADER)
        return {name: _place(8 + length, entry) for name, entry in header.items() if name != "__metadata__"}
    except (struct.error, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"not a safetensors file: {error}") from error


def _place(start: int, entry: dict[str, Any]) -> Place:
    first, last = entry["data_offsets"]
    shape = tuple(foreign.whole_number(length, "a shape") for length in entry["shape"])
    place = Place(start + foreign.whole_number(first, "an offset"), start + last, np.dtype(_DTYPES[entry["dtype"]]), shape)
    if last - first != place.dtype.itemsize * math.prod(place.shape):
        raise ValueError(f"not a safetensors file: bytes {first} to {last} for an array of shape {place.shape}")
    return place


def view_tensors(buffer: bytes | memoryview) -> Tensors:
    """Return the arrays of a safetensors file as views of ``buffer``, writable if it is.

    Raises ValueError for an invalid header or a truncated file.
    """
    tensors = {}
    for name, place in tensor_places(buffer).items():
        if place.stop > len(buffer):
            raise ValueError(f"not a safetensors file: bytes {place.start} to {place.stop} of {len(buffer)}")
        tensors[name] = np.frombuffer(buffer, place.dtype, math.prod(place.shape), place.start).reshape(place.shape)
    return tensors


def pack_tensors(tensors: Mapping[str, NDArray[np.generic]]) -> list[bytes | memoryview]:
    """Return the parts of a safetensors file with ``tensors``, in an order that aligns every array."""
    arrays = {name: np.asarray(tensors[name], order="C") for name in tensors}
    order = sorted(arrays, key=lambda name: (-arrays[name].itemsize, name))
    header, offset = {}, 0
    for name in order:
        array = arrays[name]
        header[name] = {"dtype": NAMES[array.dtype], "shape": array.shape, "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    return [struct.pack("<Q", len(head)), head, *(arrays[name].reshape(-1).view(np.uint8).data for name in order)]
