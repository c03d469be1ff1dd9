"""Arrays, where numpy alone is not quick enough for a question."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_Number = TypeVar("_Number", bound=np.generic)
_KEPT = 1 << 24  # bytes; glibc takes no more than twice as much


def keep_memory() -> None:
    """Have this process keep the memory of arrays of up to 16 MB for its next ones.

    glibc gives back what is larger than 128 kB, and takes it anew with a page fault for each 4 kB, a tenth of a question's time among a
    million passages. Once something larger has been freed, it keeps what is not larger than that (mallopt(3), M_MMAP_THRESHOLD). Elsewhere
    this does nothing, at no cost.
    """
    np.empty(_KEPT, np.uint8)  # never written to, so that it takes no memory


def distinct(array: NDArray[_Number]) -> NDArray[_Number]:
    """The different numbers of an array of one dimension, ascending, as numpy.unique, which loads numpy.ma and so takes a process 8 ms."""
    ordered = np.sort(array)
    first = np.ones(len(ordered), np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]
