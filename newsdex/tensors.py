"""Named arrays in one file, in the safetensors format: 8 bytes of header length, a JSON header, the raw arrays.

The format is documented at https://huggingface.co/docs/safetensors. It runs no code, any tool of the field can read it, and a
memory map of it needs no parsing beyond the header. Reading is here because it must not load more than numpy.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import TypeAlias

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
    (length,) = struct.unpack_from("<Q", buffer)
    header = json.loads(bytes(buffer[8 : 8 + length]))
    tensors: Tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, last = entry["data_offsets"]
            dtype = np.dtype(_DTYPES[entry["dtype"]])
            flat = np.frombuffer(buffer, dtype, (last - first) // dtype.itemsize, 8 + length + first)
            tensors[name] = flat.reshape(entry["shape"])
    return tensors


def pack_tensors(tensors: Mapping[str, NDArray[np.generic]]) -> list[bytes | memoryview]:
    """The parts of a safetensors file that holds ``tensors``, in an order that keeps every array aligned to its items."""
    arrays = {name: np.ascontiguousarray(tensors[name]) for name in tensors}
    order = sorted(arrays, key=lambda name: (-arrays[name].itemsize, name))
    header, offset = {}, 0
    for name in order:
        array = arrays[name]
        header[name] = {"dtype": _NAMES[array.dtype], "shape": array.shape, "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    return [struct.pack("<Q", len(head)), head, *(arrays[name].reshape(-1).view(np.uint8).data for name in order)]
