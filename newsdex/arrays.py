"""Array functions for which numpy alone is too slow in a query."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_Number = TypeVar("_Number", bound=np.generic)
# Multiplications, above which OpenBLAS divides a product of two matrices among threads.
ALONE = 1 << 18
_COLUMNS = 24  # of a block: OpenBLAS takes half the time for 24 rows and columns that it takes for 5 and 150
_TABLE = 1 << 18  # numbers, up to which a table takes a fifth of the time of a search
_KEPT = 1 << 24  # bytes; glibc's threshold is at most twice this


def keep_memory() -> None:
    """Make this process reuse the memory of arrays of up to 16 MB.

    By default glibc returns blocks above 128 kB to the system and page-faults them in again, a tenth of a query's time among a million
    passages. Once a larger block has been freed, it keeps blocks up to that size (mallopt(3), M_MMAP_THRESHOLD). Elsewhere this does
    nothing.
    """
    np.empty(_KEPT, np.uint8)  # never written to, so no memory is used


def runs(starts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers from each of ``starts`` on, so many as ``counts`` says, one run after the other."""
    return np.arange(int(counts.sum())) + np.repeat(starts - np.cumsum(counts) + counts, counts)


def distinct(array: NDArray[_Number]) -> NDArray[_Number]:
    """Return the distinct numbers of a one-dimensional array, ascending, without numpy.unique, which loads numpy.ma in 8 ms."""
    ordered = np.sort(array)
    first = np.ones(len(ordered), np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]


def places_in(values: NDArray[np.intp], ascending: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return where in ``ascending``, distinct numbers, each of ``values`` is, all of which are there: intp, (len(values),)."""
    if not len(ascending) or ascending[0] < 0 or ascending[-1] >= _TABLE:
        return np.searchsorted(ascending, values)
    places = np.empty(int(ascending[-1]) + 1, np.intp)
    places[ascending] = np.arange(len(ascending))
    return places.take(values)


def among(values: NDArray[_Number], ascending: NDArray[_Number]) -> NDArray[np.bool_]:
    """Return which of ``values`` are in a one-dimensional array, bool, (len(values),)."""
    if not len(ascending):
        return np.zeros(len(values), np.bool_)
    return np.asarray(ascending.take(np.searchsorted(ascending, values), mode="clip") == values)


def products(rows: NDArray[np.float32], columns: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the products of each of ``rows``, (n, d), with each of ``columns``, (q, d): (n, q), computed by one thread. More take several
    times the CPU for the products of a query: they spin while they wait for each other.
    """
    if len(columns) == 1:  # this would be a product of a matrix and a vector, which is divided far sooner
        return np.asarray(np.vecdot(rows, columns[0])[:, None])
    found = np.empty((len(rows), len(columns)), np.float32)
    for first in range(0, len(columns), _COLUMNS):
        some, out = columns[first : first + _COLUMNS].T, found[:, first : first + _COLUMNS]
        step = max(1, ALONE // max(1, some.size))
        whole = len(rows) // step * step
        # One call for all blocks: there are hundreds.
        np.matmul(rows[:whole].reshape(-1, step, rows.shape[1]), some, out=out[:whole].reshape(-1, step, out.shape[1]))
        np.matmul(rows[whole:], some, out=out[whole:])
    return found
