"""Files checked block by block as they are read: a question pays only for what it reads, and opening costs the same at any size."""

from __future__ import annotations

import math
import mmap
import os
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BufferedReader
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.arrays import distinct, runs
from newsdex.errors import IndexDamaged, remedy
from newsdex.store.files import FileRecord
from newsdex.tensors import ANY, Bounds, Layout, TensorReader, bounds_of, tensor_places

BLOCK = 8192  # bytes
_FEW = 2  # blocks, which are read as they are come to
_PART = 1 << 20  # bytes that are copied at once
_SMALL = 1 << 22  # bytes: so small a file is soon read
_CLOSE = 8  # where one of so many blocks is wanted, all are read
DAMAGED = remedy()


def block_sums(parts: Iterable[bytes | memoryview]) -> NDArray[np.uint64]:
    """The XXH3-64 of each block of a file that consists of ``parts``, uint64; the last block may be shorter."""
    sums: list[int] = []
    for _ in summed(parts, sums):
        pass
    return np.array(sums, np.uint64)


def summed(parts: Iterable[bytes | memoryview], sums: list[int]) -> Iterator[bytes | memoryview]:
    """Yield each of the ``parts`` of a file, and append the ``block_sums`` to ``sums``."""
    block, room = xxhash.xxh3_64(), BLOCK
    for part in parts:
        view = memoryview(part).cast("B")
        while view:
            block.update(view[:room])
            view, room = view[room:], room - min(room, len(view))
            if not room:
                sums.append(block.intdigest())
                block, room = xxhash.xxh3_64(), BLOCK
        yield part
    if room < BLOCK:
        sums.append(block.intdigest())


def checked_parts(folder: Path, record: FileRecord, start: int = 0) -> Iterator[bytes]:
    """Read a file from byte ``start`` on, a megabyte at a time, without mapping it into memory. Raises IndexDamaged if it cannot be read,
    and at the end if the whole file is not what was written: what is made of the parts must not be used then.
    """
    path, digest = folder / record.name, xxhash.xxh3_128()
    try:
        with path.open("rb") as file:
            digest.update(file.read(start))
            while part := file.read(_PART):
                digest.update(part)
                yield part
    except OSError as error:
        raise IndexDamaged(f"cannot read {path}: {error.strerror}. {DAMAGED}") from error
    if digest.hexdigest() != record.xxh3:
        raise IndexDamaged(f"{path} is damaged: its content is not what was written. {DAMAGED}")


class CheckedFile:
    """A memory-mapped file of a commit. It stays readable when a writer has removed it. Everything it returns has been checked."""

    def __init__(self, folder: Path, record: FileRecord, sums: NDArray[np.uint64] | None = None, *, in_memory: bool = False) -> None:
        """``sums`` are those of ``block_sums``; without them the file is checked whole when first read. ``in_memory``: keep a checked copy.
        A memory map shows later changes, and reading beyond the end of a truncated file kills the process. Raises IndexDamaged for another
        size than recorded, FileNotFoundError if a writer has removed the file.
        """
        self.path = folder / record.name
        self._record = record
        self._sums = None if sums is None else sums.data  # whose items are soon compared
        with self.path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size != record.size:
                raise IndexDamaged(f"{self.path} is damaged: it has {size} bytes, expected {record.size}. {DAMAGED}")
            self._state = None if in_memory else _state(os.fstat(file.fileno()))
            self._map = _content(file, size, in_memory=in_memory)
        self._view = memoryview(self._map or b"").toreadonly()
        if sums is not None and len(sums) != -(-record.size // BLOCK):
            raise IndexDamaged(f"{self.path} has {len(sums)} block checksums, expected {-(-record.size // BLOCK)}. {DAMAGED}")
        self._checked = bytearray(-(-record.size // BLOCK))  # a byte a block: 1 where it has been checked
        if in_memory:
            self.whole()

    def __len__(self) -> int:
        return self._record.size

    def whole(self) -> memoryview:
        """The content. Raises IndexDamaged if it is not what was written, as ``part`` and ``rows`` do."""
        if not all(self._checked):
            self._expect(range(len(self._checked)))
            if xxhash.xxh3_128_hexdigest(self._view) != self._record.xxh3:
                raise IndexDamaged(f"{self.path} is damaged: its content is not what was written. {DAMAGED}")
            self._checked = bytearray(b"\1") * len(self._checked)
        return self._view

    def check_unchanged(self) -> None:
        """Raise IndexDamaged if the mapped file has been changed in place. A file that was removed or replaced stays intact in the map."""
        try:
            state = _state(self.path.stat())
        except OSError:
            return
        if self._state is None or state == self._state or state[0] != self._state[0]:
            return
        # Before it is read: reading beyond the end of a map kills the process.
        if state[1] != len(self) or xxhash.xxh3_128_hexdigest(self._view) != self._record.xxh3:
            raise IndexDamaged(f"{self.path} is damaged: its content is not what was written. {DAMAGED}")
        self._state = state

    def release(self) -> None:
        """Give memory back to the system; what is read again comes from the disk, and counts as checked."""
        if self._map and self._state:
            self._map.madvise(mmap.MADV_DONTNEED)

    def unchecked(self, start: int, stop: int) -> memoryview:
        """The bytes from ``start`` to ``stop``, for a caller who checks them."""
        return self._view[start:stop]

    def part(self, start: int, stop: int) -> memoryview:
        """The bytes from ``start`` to ``stop``."""
        if not 0 <= start <= stop <= len(self):
            raise IndexDamaged(f"{self.path} is damaged: bytes {start} to {stop} of {len(self)} are wanted. {DAMAGED}")
        self.check(start, stop)
        return self._view[start:stop]

    def check(self, start: int, stop: int) -> None:
        """Raise IndexDamaged if a byte from ``start`` to ``stop`` is not what was written."""
        if start < stop:
            first, stop = start // BLOCK, (stop - 1) // BLOCK + 1
            if self._checked.find(0, first, stop) >= 0:  # a question asks hundreds of times, mostly for what it has seen
                self._check(range(first, stop))

    def rows(self, start: int, count: int, size: int, positions: NDArray[np.int64], dtype: np.dtype[np.generic]) -> NDArray[np.generic]:
        """The rows at ``positions`` of a table of ``count`` rows of ``size`` items that begins at byte ``start``."""
        width = size * dtype.itemsize
        if len(positions) and not 0 <= int(positions.min()) <= int(positions.max()) < count:
            raise IndexDamaged(f"{self.path} is damaged: it has no row {int(positions.max())}. {DAMAGED}")
        # Mostly all of the table has been checked, as one look at its bytes tells.
        if self._checked.find(0, start // BLOCK, (start + count * width - 1) // BLOCK + 1) >= 0:
            first = start + positions * width
            blocks = first // BLOCK
            if start % width or BLOCK % width:  # a row may go on in the next ones
                blocks = runs(blocks, (first + width - 1) // BLOCK - blocks + 1)
            unseen = blocks[np.frombuffer(self._checked, np.uint8).take(blocks) == 0]
            if len(unseen):
                self._check(distinct(unseen).tolist())
        if size == 1 and not start % width:
            return np.ndarray(count, dtype, self._view, start).take(positions).reshape(-1, 1)
        table = np.ndarray(count, f"V{width}", self._view, start)  # whole rows: numpy copies items that are not aligned one by one
        return table[positions].view(dtype).reshape(-1, size)

    def _check(self, blocks: Iterable[int]) -> None:
        """Check those of ``blocks``, ascending, that have not been checked."""
        if self._sums is None:
            self.whole()
            return
        view, sums, checked, digest = self._view, self._sums, self._checked, xxhash.xxh3_64_intdigest
        unseen = [block for block in blocks if not checked[block]]
        if len(unseen) > _FEW:
            self._expect(unseen)
        for block in unseen:
            if digest(view[block * BLOCK : (block + 1) * BLOCK]) != sums[block]:
                raise IndexDamaged(f"{self.path} is damaged at byte {block * BLOCK}: its content is not what was written. {DAMAGED}")
            checked[block] = 1

    def _expect(self, blocks: Sequence[int]) -> None:
        """Ask the system to read ``blocks``, ascending, all together, if they are not in memory."""
        span = blocks[-1] + 1 - blocks[0]
        for first, count in [(blocks[0], span)] if span <= _CLOSE * len(blocks) else [(block, 1) for block in blocks]:
            start = first * BLOCK
            before = start % mmap.PAGESIZE
            if self._map:
                self._map.madvise(mmap.MADV_WILLNEED, start - before, before + count * BLOCK)


def _state(stat: os.stat_result) -> tuple[tuple[int, int], int, int]:
    """Which file it is, how large, and when its content was changed."""
    return (stat.st_dev, stat.st_ino), stat.st_size, stat.st_mtime_ns


def _content(file: BufferedReader, size: int, *, in_memory: bool) -> mmap.mmap | None:
    if not size:  # an empty file cannot be mapped
        return None
    if in_memory:
        copy = mmap.mmap(-1, size)
        file.readinto(copy)
        return copy
    found = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
    if size > _SMALL:
        found.madvise(mmap.MADV_RANDOM)  # a question reads a little in many places, and would read 128 kB around each
    return found


_FREE: Mapping[str, Any] = {}
_ANY = Bounds()


class _View(NamedTuple):
    """An unchecked array: its items, the byte at which it begins, the bytes of a row, and the bounds of its numbers."""

    array: NDArray[np.generic]
    items: memoryview
    start: int
    width: int
    bounds: Bounds


class CheckedTensors(TensorReader):
    """The arrays of a safetensors file by name, checked on first use as a whole or in parts: by checksums, and by the layout."""

    def __init__(self, file: CheckedFile, layout: Layout = _FREE, sizes: Mapping[str, int] = _FREE) -> None:
        """``layout``: what the file must contain; ``sizes``: the known lengths. Raises IndexDamaged if the header is damaged or differs."""
        self._file = file
        try:
            head = 8 + int.from_bytes(file.part(0, 8), "little")
            self._places = tensor_places(file.part(0, head))
            self._bounds = bounds_of(self._places, layout, sizes, len(file))
        except ValueError as error:
            raise IndexDamaged(f"{file.path} is damaged: {error}. {DAMAGED}") from error
        self.arrays: dict[str, NDArray[np.generic]] = {}  # those that were read whole
        self._views: dict[str, _View] = {}

    def __getitem__(self, name: str) -> NDArray[np.generic]:
        array = self.arrays.get(name)
        if array is None:
            place = self._places[name]
            array = np.frombuffer(self._file.part(place.start, place.stop), place.dtype).reshape(place.shape)
            if not self._bounds.get(name, _ANY).hold(array, whole=True):
                raise self._odd(name)
            self.arrays[name] = array
        return array

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def part(self, name: str, start: int, stop: int) -> NDArray[np.generic]:
        if name in self.arrays:
            return self.arrays[name][start:stop]
        view = self._views.get(name) or self._view(name)
        if not 0 <= start <= stop <= len(view.array):
            raise IndexDamaged(f"{self._file.path} is damaged: {name} has no rows {start} to {stop}. {DAMAGED}")
        self._file.check(view.start + start * view.width, view.start + stop * view.width)
        found = view.array[start:stop]
        if not view.bounds.hold(found):
            raise self._odd(name)
        return found

    def release(self) -> None:
        self._file.release()

    def row_of(self, name: str, wanted: int) -> int | None:
        """The first row of ``wanted`` in an array of ascending hashes; None if it is missing."""
        row, items = self.before(name, wanted), self._views[name].items
        return row if row < len(items) and items[row] == wanted else None

    def before(self, name: str, wanted: int) -> int:
        view = self._views.get(name) or self._view(name)
        items, size = view.items, len(view.items)
        # Hashes are spread evenly, so only few rows around the expected place are read.
        near, reach = wanted * size >> 8 * view.width, 2 * math.isqrt(size) + 2  # four standard deviations
        row = 0
        for first, stop in ((max(0, near - reach), min(size, near + reach)), (0, size)):
            self._file.check(view.start + first * view.width, view.start + stop * view.width)
            row = bisect_left(items, wanted, first, stop)
            if (row > first or not first) and (row < stop or stop == size):
                break
        return row

    def parts(self, name: str, ranges: Sequence[tuple[int, int]]) -> list[NDArray[np.generic]]:
        """The rows of some half-open ``ranges`` of an array without an order, faster than by ``part`` for each."""
        if (whole := self.arrays.get(name)) is not None:
            return [whole[first:stop] for first, stop in ranges]
        view = self._views.get(name) or self._view(name)
        array, start, width, check = view.array, view.start, view.width, self._file.check
        found, size = [], len(array)
        for first, stop in ranges:
            if not 0 <= first <= stop <= size:
                raise IndexDamaged(f"{self._file.path} is damaged: {name} has not the rows {first} to {stop}. {DAMAGED}")
            check(start + first * width, start + stop * width)
            found.append(array[first:stop])
        if found and view.bounds.most != ANY and not view.bounds.hold(np.concatenate(found)):
            raise self._odd(name)
        return found

    def _view(self, name: str) -> _View:
        place = self._places[name]
        content = self._file.unchecked(place.start, place.stop)
        array = np.frombuffer(content, place.dtype).reshape(place.shape)
        items: memoryview = content.cast(place.dtype.char)  # type: ignore[arg-type, assignment]
        found = _View(array, items, place.start, place.dtype.itemsize * math.prod(place.shape[1:]), self._bounds.get(name, _ANY))
        return self._views.setdefault(name, found)

    def length(self, name: str) -> int:
        return self._places[name].shape[0]

    def rows(self, name: str, positions: NDArray[np.int64]) -> NDArray[np.generic]:
        if name in self.arrays:
            return self.arrays[name][positions]
        place = self._places[name]
        found = self._file.rows(place.start, place.shape[0], math.prod(place.shape[1:]), positions, place.dtype)
        if not self._bounds.get(name, _ANY).hold(found):
            raise self._odd(name)
        return found.reshape(-1, *place.shape[1:])

    def item(self, name: str, row: int) -> int:
        """One number of an array of integers, three times as fast as ``part``."""
        view = self._items(name, row, row + 1)
        found = view.items[row]
        if not 0 <= found <= view.bounds.most:
            raise self._odd(name)
        return found

    def pair(self, name: str, row: int) -> tuple[int, int]:
        view = self._items(name, row, row + 2)
        first, second = view.items[row], view.items[row + 1]
        if not 0 <= first <= second <= view.bounds.most:  # only arrays with an order are asked for two
            raise self._odd(name)
        return first, second

    def content(self, name: str, start: int, stop: int) -> memoryview:
        return self._items(name, start, stop).items[start:stop]

    def _items(self, name: str, start: int, stop: int) -> _View:
        """An array whose items from ``start`` to ``stop`` have been checked by their checksums."""
        view = self._views.get(name) or self._view(name)
        if not 0 <= start <= stop <= len(view.items):
            raise IndexDamaged(f"{self._file.path} is damaged: {name} has no items {start} to {stop}. {DAMAGED}")
        width = view.items.itemsize
        self._file.check(view.start + start * width, view.start + stop * width)
        return view

    def _odd(self, name: str) -> IndexDamaged:
        return IndexDamaged(f"{self._file.path} is damaged: {name} has numbers that cannot be. {DAMAGED}")
