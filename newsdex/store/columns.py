"""Lists of strings as arrays: the UTF-8 bytes of all, and where each ends.

File names that are not UTF-8 come back as they were (the error handler "surrogateescape", as in os.fsdecode).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from newsdex.store.checked import CheckedTensors
from newsdex.tensors import Tensors


def pack_strings(name: str, strings: Iterable[str]) -> Tensors:
    """The column ``name`` as two arrays: ``name`` (uint8) and ``name.ends`` (uint64, one an entry)."""
    encoded = [string.encode(errors="surrogateescape") for string in strings]
    ends = np.cumsum([len(e) for e in encoded], dtype=np.uint64)
    return {name: np.frombuffer(b"".join(encoded), np.uint8), f"{name}.ends": ends}


def string_at(tensors: CheckedTensors, name: str, row: int) -> str:
    """Entry ``row`` of the column ``name``."""
    ends = f"{name}.ends"
    start = tensors.item(ends, row - 1) if row else 0
    return tensors.part(name, start, tensors.item(ends, row)).tobytes().decode(errors="surrogateescape")


def unpack_strings(tensors: Mapping[str, NDArray[np.generic]], name: str) -> list[str]:
    """All entries of the column ``name``."""
    content, start, strings = tensors[name].tobytes(), 0, []
    for end in tensors[f"{name}.ends"].tolist():
        strings.append(content[start:end].decode(errors="surrogateescape"))
        start = end
    return strings
