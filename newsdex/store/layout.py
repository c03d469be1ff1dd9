"""What a file of arrays must hold: the names, types and shapes of its arrays, and what their numbers may be.

A file may have a good checksum and still not be ours. So types and shapes are compared when a file is opened, and numbers when they are
read; whatever passes can be used to index other arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from newsdex.tensors import NAMES, Place

ANY = (1 << 64) - 1  # the largest number of any type
SMALLEST = ("U8", "U16", "U32")  # of which the smallest is chosen that is enough

Order: TypeAlias = Literal["", "ends", "spans"]


class Array(NamedTuple):
    """What an array must be.

    ``dtypes`` are the types that its items may have, as safetensors names them. ``shape`` has a length a dimension: a number, or a name
    that stands for the same number throughout a layout. Numbers are at most ``most``, and below ``below`` if that is named. ``order``:
    "ends" where each number is at least the one before and the last is ``most``, "spans" where each row is a first number and one that is
    not smaller. A file may be without an ``optional`` one.
    """

    dtypes: tuple[str, ...]
    shape: tuple[str | int, ...]
    most: str | int = ANY
    below: str = ""
    order: Order = ""
    optional: bool = False


Layout: TypeAlias = Mapping[str, Array]


class Bounds(NamedTuple):
    """What the numbers of an array may be, as in Array."""

    most: int = ANY
    order: Order = ""

    def hold(self, numbers: NDArray[np.generic], *, whole: bool = False) -> bool:
        """Whether they do for ``numbers``, some rows one after another or the ``whole`` array."""
        if whole and self.order == "ends" and (int(numbers[-1]) if len(numbers) else 0) != self.most:
            return False
        if self.most == ANY and not self.order:
            return True
        if not numbers.size:
            return True
        if int(numbers.max()) > self.most or (numbers.dtype.kind != "u" and int(numbers.min()) < 0):
            return False
        if self.order == "ends":
            return not bool((numbers[1:] < numbers[:-1]).any())  # type: ignore[operator]
        return self.order != "spans" or not bool((numbers[:, 1] < numbers[:, 0]).any())  # type: ignore[operator]


def bounds_of(places: Mapping[str, Place], layout: Layout, sizes: Mapping[str, int], size: int) -> dict[str, Bounds]:
    """What the numbers of each array of ``layout`` may be, in a file of ``size`` bytes; ``sizes`` are the lengths that are known.

    Raises ValueError when one of its arrays is not in ``places``, lies beyond the end of the file, or is of another type or shape. Other
    arrays may be there.
    """
    known = dict(sizes)
    for name, array in layout.items():
        place = places.get(name)
        if place is None and array.optional:
            continue
        if place is None:
            raise ValueError(f"it has no array {name}")
        if place.stop > size:
            raise ValueError(f"{name} ends at byte {place.stop} of {size}")
        fits = len(place.shape) == len(array.shape)
        for found, wanted in zip(place.shape, array.shape, strict=False):  # a loop: there are sixty arrays in each segment that is opened
            fits = fits and found == (known.setdefault(wanted, found) if isinstance(wanted, str) else wanted)
        if not fits or NAMES[place.dtype] not in array.dtypes:
            expected = ", ".join(str(known.get(wanted, wanted) if isinstance(wanted, str) else wanted) for wanted in array.shape)
            raise ValueError(f"{name} is {NAMES[place.dtype]} {place.shape}, expected {' or '.join(array.dtypes)} ({expected})")
    return {name: Bounds(_most(array, known), array.order) for name, array in layout.items() if name in places}


def _most(array: Array, known: Mapping[str, int]) -> int:
    most = array.below or array.most
    if not isinstance(most, str):
        return most
    if most not in known:
        raise ValueError(f"it has no {most}")
    return known[most] - bool(array.below)
