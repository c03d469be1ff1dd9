"""Named arrays in one file, in the safetensors format: 8 bytes of header length, a JSON header, the raw arrays.

The format is documented at https://huggingface.co/docs/safetensors. It runs no code, is a common format, and a memory map needs no parsing
beyond the header. It is read here because only numpy may be loaded.

A file may have a good checksum and still not be ours. So a layout says what arrays it must hold: types and shapes are compared when a file
is opened, and numbers when they are read; whatever passes can be used to index other arrays.
"""

from __future__ import annotations

import json
import math
import struct
from bisect import bisect_left
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from newsdex import foreign

Tensors: TypeAlias = dict[str, NDArray[np.generic]]


class TensorReader(Mapping[str, NDArray[np.generic]]):
    """Arrays by name, read whole or in part; those that can read a part alone have ways of their own."""

    def part(self, name: str, start: int, stop: int) -> NDArray[np.generic]:
        """Return rows ``start`` to ``stop`` of an array."""
        return self[name][start:stop]

    def release(self) -> None:
        """Give memory back to the system, if the arrays can be read again."""

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
    "F64": np.float64,
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
    """Return the places of arrays by name; ``head`` is at least a file's header. Raises ValueError for an invalid one."""
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
    if entry["dtype"] not in _DTYPES:
        raise ValueError(f"an array of type {str(entry['dtype'])[:20]!r}, expected one of {', '.join(_DTYPES)}")
    shape = tuple(foreign.whole_number(length, "a shape") for length in entry["shape"])
    place = Place(start + foreign.whole_number(first, "an offset"), start + last, np.dtype(_DTYPES[entry["dtype"]]), shape)
    if last - first != place.dtype.itemsize * math.prod(place.shape):
        raise ValueError(f"not a safetensors file: bytes {first} to {last} for an array of shape {place.shape}")
    return place


def view_tensors(buffer: bytes | memoryview, layout: Layout | None = None, sizes: Mapping[str, int] | None = None) -> Tensors:
    """Return a file's arrays as views of ``buffer``, writable if it is. Raises ValueError, also as ``bounds_of``."""
    tensors, places = {}, tensor_places(buffer)
    bounds_of(places, layout or {}, sizes or {}, len(buffer))
    for name, place in places.items():
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


ANY = (1 << 64) - 1  # the largest number of any type
SMALLEST = ("U8", "U16", "U32")  # of which the smallest is chosen that is enough

Order: TypeAlias = Literal["", "ends", "spans"]


class Array(NamedTuple):
    """What an array must be.

    ``dtypes`` are the types that its items may have, as safetensors names them. ``shape`` has a length a dimension: a number, or a name
    that stands for the same number throughout a layout. Numbers are at most ``most``, and below ``below`` if that is named. ``order``:
    "ends" where each number is at least the one before and the last is ``most``, "spans" where each row is a first number and one that is
    not smaller. A file may be without an ``optional`` one.
    """

    dtypes: tuple[str, ...]
    shape: tuple[str | int, ...]
    most: str | int = ANY
    below: str = ""
    order: Order = ""
    optional: bool = False


Layout: TypeAlias = Mapping[str, Array]


class Bounds(NamedTuple):
    """What the numbers of an array may be, as in Array."""

    most: int = ANY
    order: Order = ""

    def hold(self, numbers: NDArray[np.generic], *, whole: bool = False) -> bool:
        """Whether they do for ``numbers``, some rows one after another or the ``whole`` array."""
        if whole and self.order == "ends" and (int(numbers[-1]) if len(numbers) else 0) != self.most:
            return False
        if (self.most == ANY and not self.order) or not numbers.size:
            return True
        if int(numbers.max()) > self.most or (numbers.dtype.kind != "u" and int(numbers.min()) < 0):
            return False
        if self.order == "ends":
            return not bool((numbers[1:] < numbers[:-1]).any())  # type: ignore[operator]
        return self.order != "spans" or not bool((numbers[:, 1] < numbers[:, 0]).any())  # type: ignore[operator]


def bounds_of(places: Mapping[str, Place], layout: Layout, sizes: Mapping[str, int], size: int) -> dict[str, Bounds]:
    """What the numbers of each array of ``layout`` may be, in a file of ``size`` bytes; ``sizes`` are the lengths that are known. Raises
    ValueError when one of its arrays is not in ``places``, lies beyond the end of the file, or is of another type or shape. Other arrays
    may be there.
    """
    known = dict(sizes)
    for name, array in layout.items():
        place = places.get(name)
        if place is None and array.optional:
            continue
        if place is None:
            raise ValueError(f"it has no array {name}")
        if place.stop > size:
            raise ValueError(f"{name} ends at byte {place.stop} of {size}")
        fits = len(place.shape) == len(array.shape)
        for found, wanted in zip(place.shape, array.shape, strict=False):  # a loop: there are sixty arrays in each segment that is opened
            fits = fits and found == (known.setdefault(wanted, found) if isinstance(wanted, str) else wanted)
        if not fits or NAMES[place.dtype] not in array.dtypes:
            expected = ", ".join(str(known.get(wanted, wanted) if isinstance(wanted, str) else wanted) for wanted in array.shape)
            raise ValueError(f"{name} is {NAMES[place.dtype]} {place.shape}, expected {' or '.join(array.dtypes)} ({expected})")
    return {name: Bounds(_most(array, known), array.order) for name, array in layout.items() if name in places}


def _most(array: Array, known: Mapping[str, int]) -> int:
    most = array.below or array.most
    if not isinstance(most, str):
        return most
    if most not in known:
        raise ValueError(f"it has no {most}")
    return known[most] - bool(array.below)
