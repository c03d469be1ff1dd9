"""Lists of strings and of mappings as arrays, written once, read entry by entry or whole. A column of strings is the UTF-8 bytes of all,
and where each ends; a coded one has each distinct string once, and a number an entry, so conditions are evaluated on distinct strings. File
names that are not UTF-8 stay ("surrogateescape", as in os.fsdecode).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.arrays import distinct, runs
from newsdex.tensors import SMALLEST, Array, Layout, TensorReader, Tensors

_BLOCK = 1 << 16  # entries that are counted at once


def pack_strings(name: str, strings: Iterable[str]) -> Tensors:
    """The column ``name`` as two arrays: ``name`` (uint8) and ``name.ends`` (uint64, one an entry)."""
    encoded = [bytes_of(string) for string in strings]
    ends = np.cumsum([len(e) for e in encoded], dtype=np.uint64)
    return {name: np.frombuffer(b"".join(encoded), np.uint8), f"{name}.ends": ends}


def strings_layout(name: str, rows: str) -> Layout:
    """What ``pack_strings`` gives for so many ``rows``."""
    return {name: Array(("U8",), (f"bytes of {name}",)), f"{name}.ends": Array(("U64",), (rows,), f"bytes of {name}", order="ends")}


def string_at(tensors: TensorReader, name: str, row: int) -> str:
    """Entry ``row`` of the column ``name``."""
    start, end = range_at(tensors, f"{name}.ends", row)
    return str(tensors.content(name, start, end), "utf-8", "surrogateescape")


def range_at(tensors: TensorReader, ends: str, row: int) -> tuple[int, int]:
    """What belongs to entry ``row``, half open, by the array ``ends`` of where each entry ends."""
    if not row:
        return 0, tensors.item(ends, 0)
    return tensors.pair(ends, row - 1)


def unpack_strings(tensors: Mapping[str, NDArray[np.generic]], name: str) -> list[str]:
    """All entries of the column ``name``."""
    return list(Strings(tensors[name].tobytes(), tensors[f"{name}.ends"]))


class Strings:
    """Strings one after another in UTF-8, decoded as they are asked for."""

    def __init__(self, content: bytes, ends: NDArray[np.generic], start: int = 0) -> None:
        """``start`` is where ``content`` begins in the whole that ``ends`` are of."""
        self._content = content
        self._ends = ends.astype(np.int64) - start

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, place: int) -> str:
        start = int(self._ends[place - 1]) if place else 0
        return self._content[start : int(self._ends[place])].decode(errors="surrogateescape")

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    @cached_property
    def _all(self) -> list[str]:
        content, start, strings = self._content, 0, []
        for end in self._ends.tolist():
            strings.append(content[start:end].decode(errors="surrogateescape"))
            start = end
        return strings

    def starting(self, prefix: str) -> range:
        """The places of those whose bytes start with those of ``prefix``; they must be in ascending order of their bytes."""
        try:
            known = bytes_of(prefix)
        except UnicodeEncodeError:  # with which no entry can start
            return range(0)

        def beginning(place: int) -> bytes:
            start = int(self._ends[place - 1]) if place else 0
            return self._content[start : min(start + len(known), int(self._ends[place]))]

        places = range(len(self))
        return range(bisect_left(places, known, key=beginning), bisect_right(places, known, key=beginning))

    def containing(self, part: str, most: int) -> list[int] | None:
        """The places of entries that may contain ``part``, in lower case, in any case; None if more than ``most``, or not all are ASCII."""
        sought = part.encode(errors="surrogatepass")
        if not self._content.isascii() or (text := self._content.lower()).count(sought) > most:
            return None
        found, at = [], text.find(sought)
        while at >= 0:
            found.append(at)
            at = text.find(sought, at + 1)
        places: list[int] = distinct(np.searchsorted(self._ends, found, side="right")).tolist()
        return places


def place_of(tensors: TensorReader, name: str, wanted: str) -> int | None:
    """The entry of the column ``name``, whose bytes ascend, that is ``wanted``, by a few blocks; None if there is none."""
    place = _before(tensors, name, wanted)
    return place if place < tensors.length(f"{name}.ends") and string_at(tensors, name, place) == wanted else None


def _before(tensors: TensorReader, name: str, wanted: str) -> int:
    """How many entries of the column ``name``, whose bytes ascend, come before ``wanted``."""

    def content(row: int) -> bytes:
        return bytes(tensors.content(name, *range_at(tensors, f"{name}.ends", row)))

    return bisect_left(range(tensors.length(f"{name}.ends")), bytes_of(wanted), key=content)


def paths_below(tensors: TensorReader, folder: str) -> tuple[int, int]:
    """The entries of the column "path", whose bytes ascend, that begin with ``folder``, which ends in a slash: half open."""
    return _before(tensors, "path", folder), _before(tensors, "path", f"{folder[:-1]}0")  # 0 follows the slash


def places_beginning(tensors: TensorReader, name: str, start: str) -> range:
    """The entries of the column ``name``, whose bytes ascend, that begin with ``start``."""
    return range(_before(tensors, name, start), _before(tensors, name, f"{start}\U0010ffff"))


def pack_coded(name: str, strings: Iterable[str], known: Iterable[str] = ()) -> Tensors:
    """The column ``name`` with each distinct string once, ascending by bytes, also ``known`` ones that no entry has; and ``name.code``, the
    number of each entry's (uint8, uint16 or uint32).
    """
    entries = list(strings)
    values = sorted({*entries, *known}, key=bytes_of)
    return {**pack_strings(name, values), f"{name}.code": _codes(entries, values)}


def coded_layout(name: str) -> Layout:
    """What ``pack_coded`` gives, an entry an article."""
    return {**strings_layout(name, f"values of {name}"), f"{name}.code": Array(SMALLEST, ("articles",), below=f"values of {name}")}


def coded_at(tensors: TensorReader, name: str, row: int) -> str:
    """Entry ``row`` of the coded column ``name``."""
    return string_at(tensors, name, tensors.item(f"{name}.code", row))


class Coded:
    """A coded column: ``values``, each string that occurs, ascending, and ``codes``, (entries,), which of them each entry is."""

    def __init__(self, tensors: TensorReader, name: str) -> None:
        self._tensors = tensors
        self._name = name

    @cached_property
    def values(self) -> Strings:
        """Raises IndexDamaged, as ``codes`` does."""
        return Strings(self._tensors[self._name].tobytes(), self._tensors[f"{self._name}.ends"])

    @property
    def codes(self) -> NDArray[np.unsignedinteger]:
        """One an entry."""
        return self._tensors[f"{self._name}.code"]  # type: ignore[return-value]


def pack_mappings(name: str, mappings: Sequence[Mapping[str, str]], known: Iterable[str] = ()) -> Tensors:
    """A column of mappings of strings to strings.

    ``name.key`` has each key once, ascending; ``name.value`` the values of each pair of key and value that occurs, key after key and
    ascending, and ``name.value.stops`` (uint32) where each key's end. ``name.pair`` (uint8, uint16 or uint32) has the numbers of the pairs,
    entry after entry, each in its own order, and ``name.pair.ends`` (uint32) where each entry's end. ``known`` keys count as such that
    occur.
    """
    listed = [pair for mapping in mappings for pair in mapping.items()]
    pairs = sorted(set(listed), key=lambda pair: (bytes_of(pair[0]), bytes_of(pair[1])))
    keys = sorted({*(key for key, _ in pairs), *known}, key=bytes_of)
    return {
        **pack_strings(f"{name}.key", keys),
        **pack_strings(f"{name}.value", (value for _, value in pairs)),
        f"{name}.value.stops": np.cumsum(np.bincount(_codes([k for k, _ in pairs], keys), minlength=len(keys)), dtype=np.uint32),
        f"{name}.pair": _codes(listed, pairs),
        f"{name}.pair.ends": np.cumsum([len(m) for m in mappings], dtype=np.uint32),
    }


def mappings_layout(name: str) -> Layout:
    """What ``pack_mappings`` gives, an entry an article."""
    keys, values, pairs = f"keys of {name}", f"values of {name}", f"pairs of {name}"
    return {
        **strings_layout(f"{name}.key", keys),
        **strings_layout(f"{name}.value", values),
        f"{name}.value.stops": Array(("U32",), (keys,), values, order="ends"),
        f"{name}.pair": Array(SMALLEST, (pairs,), below=values),
        f"{name}.pair.ends": Array(("U32",), ("articles",), pairs, order="ends"),
    }


class Mappings:
    """A column of mappings, entry by entry or key by key. Whatever reads it raises IndexDamaged."""

    def __init__(self, tensors: TensorReader, name: str) -> None:
        self._tensors = tensors
        self._name = name
        self._values: dict[str, Strings] = {}

    def at(self, row: int) -> dict[str, str]:
        """Entry ``row``."""
        tensors, name = self._tensors, self._name
        pairs = tensors.part(f"{name}.pair", *range_at(tensors, f"{name}.pair.ends", row))
        if not len(pairs):
            return {}
        keys = np.searchsorted(tensors[f"{name}.value.stops"], pairs, side="right")
        return {
            string_at(tensors, f"{name}.key", key): string_at(tensors, f"{name}.value", pair)
            for key, pair in zip(keys.tolist(), pairs.tolist(), strict=True)
        }

    def all(self) -> Iterator[dict[str, str]]:
        """All entries, much faster than by ``at``."""
        tensors, name = self._tensors, self._name
        stops = np.searchsorted(tensors[f"{name}.value.stops"], np.arange(tensors.length(f"{name}.value.ends")), side="right")
        named = [(self.keys[key], value) for key, value in zip(stops.tolist(), unpack_strings(tensors, f"{name}.value"), strict=True)]
        pairs = [named[pair] for pair in tensors[f"{name}.pair"].tolist()]
        for first, last in pairwise([0, *tensors[f"{name}.pair.ends"].tolist()]):
            yield dict(pairs[first:last])

    @cached_property
    def keys(self) -> list[str]:
        """Each key that occurs, ascending."""
        return unpack_strings(self._tensors, f"{self._name}.key")

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def values(self, key: str) -> Strings:
        """Each value that ``key`` has somewhere, ascending; none for a key that does not occur."""
        if key not in self._values:
            start, stop = self._pairs(key)
            first = self._tensors.item(f"{self._name}.value.ends", start - 1) if start else 0
            ends = self._tensors.part(f"{self._name}.value.ends", start, stop)
            content = self._tensors.part(f"{self._name}.value", first, int(ends[-1]) if len(ends) else first)
            self._values[key] = Strings(content.tobytes(), ends, first)
        return self._values[key]

    def entries(self, key: str, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The entries whose ``key`` has a ``chosen`` value, (len(values(key)),), ascending."""
        if not chosen.any():
            return np.empty(0, np.int64)
        start, stop = self._pairs(key)
        pairs = self._tensors[f"{self._name}.pair"]
        table = np.zeros(len(self._tensors[f"{self._name}.value.ends"]), np.bool_)
        table[start:stop] = chosen
        found: NDArray[np.int64] = np.searchsorted(self._tensors[f"{self._name}.pair.ends"], table[pairs].nonzero()[0], side="right")
        return found

    def counts(self, key: str, entries: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many of ``entries``, (n,), have each value of ``key``, (len(values(key)),)."""
        start, stop = self._pairs(key)
        found = np.zeros(stop - start, np.int64)
        ends, all_pairs = self._tensors[f"{self._name}.pair.ends"], self._tensors[f"{self._name}.pair"]
        for some in np.split(entries, range(_BLOCK, len(entries), _BLOCK)):
            first = np.where(some > 0, ends[some - 1], 0).astype(np.int64)
            sizes = ends[some].astype(np.int64) - first
            pairs = all_pairs[runs(first, sizes)].astype(np.int64)
            found += np.bincount(pairs[(pairs >= start) & (pairs < stop)] - start, minlength=stop - start)
        return found

    def _pairs(self, key: str) -> tuple[int, int]:
        """The pairs of ``key``, half open."""
        if key not in self._places:
            return 0, 0
        return range_at(self._tensors, f"{self._name}.value.stops", self._places[key])

    @cached_property
    def _places(self) -> dict[str, int]:
        return {key: place for place, key in enumerate(self.keys)}


def bytes_of(string: str) -> bytes:
    """The bytes of a string in a column. Raises UnicodeEncodeError if no column can hold it."""
    return string.encode(errors="surrogateescape")


def _codes(entries: Sequence[object], values: Sequence[object]) -> NDArray[np.unsignedinteger]:
    """The place of each entry among ``values``, in the smallest type that holds them."""
    places = {value: place for place, value in enumerate(values)}
    dtype = np.min_scalar_type(max(len(values) - 1, 0))
    return np.fromiter((places[entry] for entry in entries), dtype, len(entries))


def pack_lookup(name: str, strings: Iterable[str]) -> Tensors:
    """For finding rows of the column ``name``: ``name.hash`` (uint64), the XXH3-64 of each entry, ascending; ``name.row`` (uint32)."""
    hashes = np.array([_hash(string) for string in strings], np.uint64)
    order = np.argsort(hashes, kind="stable")
    return {f"{name}.hash": hashes[order], f"{name}.row": order.astype(np.uint32)}


def pack_ordered(name: str, numbers: NDArray[np.unsignedinteger]) -> Tensors:
    """``numbers`` in ascending order as ``name``, and as ``name.row`` (uint32) the row of each."""
    order = np.argsort(numbers, kind="stable")
    return {name: numbers[order], f"{name}.row": order.astype(np.uint32)}


def lookup_layout(name: str) -> Layout:
    """What ``pack_lookup`` gives, an entry an article."""
    return {f"{name}.hash": Array(("U64",), ("articles",)), f"{name}.row": Array(("U32",), ("articles",), below="articles")}


def rows_with(tensors: TensorReader, name: str, value: str) -> Iterator[int]:
    """The rows, ascending, of the column ``name`` that have ``value``, by a few blocks. Raises IndexDamaged."""
    try:
        wanted = _hash(value)
    except UnicodeEncodeError:  # which no entry can be
        return
    places = tensors.before(f"{name}.hash", wanted), tensors.before(f"{name}.hash", wanted + 1)
    for row in tensors.part(f"{name}.row", *places).tolist():
        if string_at(tensors, name, row) == value:
            yield row


def holders(
    tensors: TensorReader, name: str, rows: str, wanted: NDArray[np.unsignedinteger]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The pairs of a place in ``wanted`` and of a row that has the number there: ``name`` has the numbers, ascending, and ``rows`` the row
    of each. By place, then as they are stored. Raises IndexDamaged.
    """
    known = tensors[name]
    first = known.searchsorted(wanted)
    found = np.flatnonzero(known.take(first, mode="clip") == wanted) if len(known) else first[:0]
    if not len(found):
        return found, found
    first = first[found]
    counts = np.maximum(known.searchsorted(wanted[found], side="right") - first, 0)  # damaged numbers may be in no order
    return np.repeat(found, counts), tensors.rows(rows, runs(first, counts)).astype(np.int64)


def _hash(string: str) -> int:
    return xxhash.xxh3_64_intdigest(bytes_of(string))
