"""What numpy does too, without the modules that it loads for it: a question from a cold shell pays for each."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_Number = TypeVar("_Number", bound=np.generic)


def distinct(array: NDArray[_Number]) -> NDArray[_Number]:
    """The different numbers of an array of one dimension, ascending, as numpy.unique, which loads numpy.ma and so takes a process 8 ms."""
    ordered = np.sort(array)
    first = np.ones(len(ordered), np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]
