"""Columns of strings and of mappings: what is packed is read back, entry by entry and as a whole."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsdex.errors import IndexDamaged
from newsdex.store import files
from newsdex.store.checked import CheckedFile, CheckedTensors, block_sums
from newsdex.store.columns import (
    Coded,
    Mappings,
    Strings,
    coded_at,
    holders,
    pack_coded,
    pack_lookup,
    pack_mappings,
    pack_strings,
    rows_with,
    string_at,
    unpack_strings,
)
from newsdex.tensors import ArrayTensors, Tensors, pack_tensors

texts = st.one_of(
    st.sampled_from(["", "a", "b", "ab", "Reuters", "é", "中文", "a\udce9"]),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.binary().map(os.fsdecode),
)
lists = st.lists(texts, max_size=30)
mappings = st.lists(st.dictionaries(texts, texts, max_size=4), max_size=20)


def file_of(folder: str | Path, tensors: Tensors) -> CheckedFile:
    """A file of the arrays."""
    parts = pack_tensors(tensors)
    return CheckedFile(Path(folder), files.write_new(Path(folder), "columns", parts), block_sums(parts))


def stored(folder: str | Path, tensors: Tensors) -> CheckedTensors:
    """The arrays as a segment's reader gets them, from a file."""
    return CheckedTensors(file_of(folder, tensors))


@settings(max_examples=40)
@given(lists)
@example(["é", "\udcc3"])  # the second is the first byte of the first
def test_coded_strings_are_read_back(strings: list[str]) -> None:
    """Each entry of a coded column is the string that was packed, alone and by the codes of all; each value is there once."""
    with TemporaryDirectory() as folder:
        tensors = stored(folder, pack_coded("x", strings))
        column = Coded(tensors, "x")
        assert [coded_at(tensors, "x", row) for row in range(len(strings))] == strings
        assert [column.values[code] for code in column.codes.tolist()] == strings
        assert list(column.values) == sorted(set(strings), key=os.fsencode)
        for prefix in [*strings, "", "a", "zz"]:
            starting = [place for place, value in enumerate(column.values) if os.fsencode(value).startswith(os.fsencode(prefix))]
            assert list(column.values.starting(prefix)) == starting


@given(st.sets(st.one_of(st.integers(0, 2**64 - 1), st.integers(0, 50), st.integers(2**64 - 50, 2**64 - 1))), st.data())
def test_hashes_are_found_in_their_rows(hashes: set[int], data: st.DataObject) -> None:
    """Each hash has its place in ascending order, however unevenly they are spread, and others have none."""
    known = sorted(hashes)
    others = data.draw(st.lists(st.integers(0, 2**64 - 1)))
    with TemporaryDirectory() as folder:
        tensors = stored(folder, {"hash": np.array(known, np.uint64)})
        assert [tensors.row_of("hash", each) for each in known] == list(range(len(known)))
        assert [tensors.row_of("hash", each) for each in others] == [known.index(each) if each in hashes else None for each in others]


@given(st.lists(st.integers(0, 9), max_size=12), st.lists(st.integers(0, 9), max_size=8))
@example([3, 6, 7, 1, 5], [4, 5, 6])  # a binary search ends before it begins
def test_holders_are_those_of_a_plain_loop(numbers: list[int], wanted: list[int]) -> None:
    """Of numbers in order; others, which only a damaged file has, do no harm."""
    wanted.sort()
    for known in (sorted(numbers), numbers):
        tensors = ArrayTensors({"n": np.array(known, np.uint32), "rows": np.arange(100, 100 + len(known), dtype=np.uint32)})
        places, rows = holders(tensors, "n", "rows", np.array(wanted, np.uint32))
        if known == sorted(numbers):
            there = [(place, row) for place, each in enumerate(wanted) for row, other in enumerate(known, 100) if other == each]
            assert list(zip(places.tolist(), rows.tolist(), strict=True)) == there
        assert set(rows.tolist()) <= set(range(100, 100 + len(known)))


def test_many_hashes_are_found_by_a_few_blocks(tmp_path: Path) -> None:
    """Of a hundred blocks of hashes, two or three are read for each, whether it is there or not: a flaw in another goes unseen."""
    random = np.random.default_rng(2)
    hashes = np.sort(random.integers(0, 2**64, 100_000, np.uint64))
    parts = pack_tensors({"hash": hashes})
    record = files.write_new(tmp_path, "hashes", parts)
    sums = block_sums(parts)
    sums[1:50] += np.uint64(1)
    tensors = CheckedTensors(CheckedFile(tmp_path, record, sums), {})
    for row in range(60_000, 99_000, 1_000):
        assert tensors.row_of("hash", int(hashes[row])) == row
        assert tensors.row_of("hash", int(hashes[row]) + 1) is None
    with pytest.raises(IndexDamaged):
        tensors.row_of("hash", int(hashes[20_000]))


@settings(max_examples=40)
@given(mappings)
def test_mappings_are_read_back(entries: list[dict[str, str]]) -> None:
    """Each entry is the mapping that was packed, in its own order; by key, the entries of each value are those whose mapping has it."""
    with TemporaryDirectory() as folder:
        tensors = stored(folder, pack_mappings("m", entries))
        assert [list(Mappings(tensors, "m").at(row).items()) for row in range(len(entries))] == [list(entry.items()) for entry in entries]
        column = Mappings(tensors, "m")
        assert column.keys == sorted({key for entry in entries for key in entry}, key=os.fsencode)
        for key in [*column.keys, "no such key"]:
            values = column.values(key)
            assert list(values) == sorted({entry[key] for entry in entries if key in entry}, key=os.fsencode)
            assert (key in column) == bool(values)
            for number, value in enumerate(values):
                found = column.entries(key, np.arange(len(values)) == number)
                assert found.tolist() == [row for row, entry in enumerate(entries) if entry.get(key) == value]


@settings(max_examples=40)
@given(lists, st.lists(texts, max_size=4))
def test_strings_are_found_by_their_bytes(strings: list[str], wanted: list[str]) -> None:
    """rows_with gives the entries that equal a wanted string; one that no file can hold is nowhere."""
    with TemporaryDirectory() as folder:
        tensors = stored(folder, {**pack_strings("x", strings), **pack_lookup("x", strings)})
        for value in [*wanted, "\ud800"]:
            found = list(rows_with(tensors, "x", value))
            assert found == [row for row, string in enumerate(strings) if string == value]
        assert unpack_strings(tensors, "x") == strings
        assert [string_at(tensors, "x", row) for row in range(len(strings))] == strings


@given(st.lists(st.text("aAbB, ", max_size=6), max_size=30), st.text("ab", min_size=1, max_size=2))
def test_what_contains_a_part_is_found_in_any_case(strings: list[str], part: str) -> None:
    """Among the places that are named is each string with the part, whatever its case; text that is not ASCII and too many finds are given
    up.
    """
    tensors = pack_strings("x", strings)
    column = Strings(tensors["x"].tobytes(), tensors["x.ends"])
    found = column.containing(part, 1_000)
    assert found is not None
    assert {place for place, string in enumerate(strings) if part in string.lower()} <= set(found)
    assert column.containing(part, -1) is None
    assert Strings("\u0130".encode(), np.array([2])).containing("i", 10) is None


@pytest.mark.parametrize(("values", "dtype"), [(1, np.uint8), (256, np.uint8), (257, np.uint16), (65_536, np.uint16), (65_537, np.uint32)])
def test_codes_are_as_small_as_can_be(values: int, dtype: type[np.generic]) -> None:
    """A code takes one byte for up to 256 values, two for up to 65,536, else four."""
    assert pack_coded("x", [str(n) for n in range(values)])["x.code"].dtype == dtype


def test_one_entry_touches_little(tmp_path: Path) -> None:
    """Reading one mapping of a hundred thousand checks a few blocks of the file, not all."""
    entries: list[Mapping[str, str]] = [{"number": str(n), "kind": "abc"[n % 3]} for n in range(100_000)]
    file = file_of(tmp_path, pack_mappings("m", entries))
    assert Mappings(CheckedTensors(file), "m").at(77_777) == {"number": "77777", "kind": "c"}
    assert sum(file._checked) < 20 < len(file._checked)  # a byte a block, 1 where it was read and checked
