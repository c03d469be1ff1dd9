"""Named arrays in one file: what is written is read back, here and by the safetensors library."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from safetensors.numpy import load, save

from newsdex.tensors import Tensors, pack_tensors, view_tensors

UNHURRIED = settings(deadline=None)
DTYPES = [np.uint8, np.int8, np.uint16, np.float16, np.uint32, np.int32, np.float32, np.uint64, np.int64]

arrays = st.sampled_from(DTYPES).flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)))
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda name: name != "__metadata__")
tensor_dicts = st.dictionaries(names, arrays, max_size=6)


def packed(tensors: Tensors) -> bytes:
    """The whole file."""
    return b"".join(pack_tensors(tensors))


def assert_same(found: Tensors, expected: Tensors) -> None:
    """The same names, and for each the same dtype, shape and bits (so that NaN is equal to itself)."""
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert found[name].tobytes() == array.tobytes()


def file_with(header: bytes, length: int | None = None, data: bytes = b"") -> bytes:
    """A file with this header, and with its length unless another is given."""
    return struct.pack("<Q", len(header) if length is None else length) + header + data


@UNHURRIED
@given(tensor_dicts)
def test_round_trip(tensors: Tensors) -> None:
    """Arrays of every known dtype and any shape, empty ones too, come back bit for bit under their names."""
    assert_same(view_tensors(packed(tensors)), tensors)


@UNHURRIED
@given(tensor_dicts)
def test_the_safetensors_library_reads_our_files(tensors: Tensors) -> None:
    """The reference implementation finds in a file of ours the arrays that were written."""
    assert_same(load(packed(tensors)), tensors)


@UNHURRIED
@given(tensor_dicts)
def test_files_of_the_safetensors_library_are_read(tensors: Tensors) -> None:
    """From a file that the reference implementation wrote come the arrays that it was given."""
    assert_same(view_tensors(save(tensors)), tensors)


@UNHURRIED
@given(tensor_dicts)
def test_every_array_is_aligned(tensors: Tensors) -> None:
    """The data begin at a multiple of 8 bytes and each array at a multiple of its item's size, so that no read is unaligned."""
    content = packed(tensors)
    (length,) = struct.unpack_from("<Q", content)
    assert length % 8 == 0
    for name, entry in json.loads(content[8 : 8 + length]).items():
        assert (8 + length + entry["data_offsets"][0]) % tensors[name].itemsize == 0


@UNHURRIED
@given(tensor_dicts)
def test_the_order_of_names_does_not_matter(tensors: Tensors) -> None:
    """The same arrays make the same file, whatever order they were given in."""
    assert packed(tensors) == packed(dict(reversed(tensors.items())))


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(np.arange(12, dtype=np.int32).reshape(3, 4).T, id="transposed"),
        pytest.param(np.arange(12, dtype=np.float32)[::-3], id="backwards"),
        pytest.param(np.broadcast_to(np.uint16(7), (2, 3)), id="broadcast"),
    ],
)
def test_arrays_that_do_not_lie_in_one_piece(array: NDArray[Any]) -> None:
    """A view with strides of its own is written as the values that it shows."""
    assert_same(view_tensors(packed({"view": array})), {"view": array})


def test_views_are_read_only_and_share_the_buffer() -> None:
    """Reading copies nothing, and nobody can change a file through its arrays."""
    content = packed({"a": np.arange(5, dtype=np.uint64)})
    found = view_tensors(content)["a"]
    assert np.shares_memory(found, np.frombuffer(content, np.uint8))
    with pytest.raises(ValueError, match="read-only"):
        found[0] = np.uint64(1)


def test_the_bytes_of_a_small_file() -> None:
    """A file worked out by hand: length of the header, header padded to 8 bytes, larger items first."""
    header = b'{"wide":{"dtype":"U16","shape":[2],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[1,3],"data_offsets":[4,7]}}'
    header += b" " * (-len(header) % 8)
    content = file_with(header, data=b"\x01\x00\x02\x01" + b"\x07\x08\x09")
    assert packed({"a": np.array([[7, 8, 9]], np.uint8), "wide": np.array([1, 258], np.uint16)}) == content


def test_metadata_of_other_writers_is_passed_over() -> None:
    """The entry ``__metadata__``, which the format reserves for remarks, is no array."""
    array = np.arange(3, dtype=np.int64)
    assert_same(view_tensors(save({"a": array}, metadata={"format": "pt"})), {"a": array})


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x02\0\0", id="shorter than a length"),
        pytest.param(file_with(b'{"a":'), id="cut JSON"),
        pytest.param(file_with(b"\xff\xfe"), id="not UTF-8"),
        pytest.param(file_with(b"[]"), id="a list"),
        pytest.param(file_with(b"12"), id="a number"),
        pytest.param(file_with(b"{}", length=10**18), id="longer than the file"),
        pytest.param(file_with(b'{"a":{}}'), id="an entry without fields"),
        pytest.param(file_with(b'{"a":{"dtype":"X9","shape":[1],"data_offsets":[0,1]}}', data=b"1"), id="unknown dtype"),
        pytest.param(file_with(b'{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}', data=b"1"), id="data missing"),
        pytest.param(file_with(b'{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,2]}}', data=b"12"), id="shape of another size"),
        pytest.param(file_with(b'{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,-2]}}', data=b"12"), id="offsets backwards"),
    ],
)
def test_what_is_no_safetensors_file_is_a_value_error(content: bytes) -> None:
    """Anything but a file of this format raises ValueError, as the documentation says, and no other exception."""
    with pytest.raises(ValueError, match=r"."):
        view_tensors(content)
