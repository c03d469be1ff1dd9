"""Named arrays in one file, in the safetensors format: 8 bytes of header length, a JSON header, the raw arrays.

The format is documented at https://huggingface.co/docs/safetensors. It runs no code, any tool of the field can read it, and a
memory map of it needs no parsing beyond the header. Reading is here because it must not load more than numpy.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Tensors: TypeAlias = dict[str, NDArray[np.generic]]

_DTYPES = {
    "U8": np.uint8,
    "I8": np.int8,
    "U16": np.uint16,
    "F16": np.float16,
    "U32": np.uint32,
    "I32": np.int32,
    "F32": np.float32,
    "U64": np.uint64,
    "I64": np.int64,
}
_NAMES = {np.dtype(dtype): name for name, dtype in _DTYPES.items()}


def view_tensors(buffer: bytes | memoryview) -> Tensors:
    """The arrays of a safetensors file as read-only views of ``buffer``; nothing is copied.

    Raises ValueError when the header is not one.
    """
    try:
        (length,) = struct.unpack_from("<Q", buffer)
        if length > len(buffer) - 8:
            raise ValueError(f"not a safetensors file: a header of {length} bytes in {len(buffer)}")
        header = json.loads(bytes(buffer[8 : 8 + length]))
        return {name: _view(buffer, 8 + length, entry) for name, entry in header.items() if name != "__metadata__"}
    except (struct.error, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"not a safetensors file: {error}") from error


def _view(buffer: bytes | memoryview, start: int, entry: dict[str, Any]) -> NDArray[np.generic]:
    first, last = entry["data_offsets"]
    dtype = np.dtype(_DTYPES[entry["dtype"]])
    if not 0 <= first <= last <= len(buffer) - start:
        raise ValueError(f"not a safetensors file: bytes {first} to {last} of {len(buffer) - start}")
    return np.frombuffer(buffer, dtype, (last - first) // dtype.itemsize, start + first).reshape(entry["shape"])


def pack_tensors(tensors: Mapping[str, NDArray[np.generic]]) -> list[bytes | memoryview]:
    """The parts of a safetensors file that holds ``tensors``, in an order that keeps every array aligned to its items."""
    arrays = {name: np.asarray(tensors[name], order="C") for name in tensors}
    order = sorted(arrays, key=lambda name: (-arrays[name].itemsize, name))
    header, offset = {}, 0
    for name in order:
        array = arrays[name]
        header[name] = {"dtype": _NAMES[array.dtype], "shape": array.shape, "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    return [struct.pack("<Q", len(head)), head, *(arrays[name].reshape(-1).view(np.uint8).data for name in order)]
