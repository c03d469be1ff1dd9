"""Some passages of a segment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from newsdex.store.segment import Segment

Positions = NDArray[np.int64]
_Number = TypeVar("_Number", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Room:
    """Some passages of a segment, ascending; ``positions`` None stands for all of them."""

    segment: Segment
    positions: Positions | None

    @classmethod
    def of(cls, segment: Segment, mask: NDArray[np.bool_] | None) -> Room:
        """The living passages of the articles in ``mask``."""
        if segment.record.deleted:
            mask = segment.live_articles if mask is None else mask & segment.live_articles
        elif mask is not None and mask.all():
            mask = None
        return cls(segment, None if mask is None else segment.passages_of(mask))

    def __len__(self) -> int:
        return len(self.segment) if self.positions is None else len(self.positions)

    def all(self) -> Positions:
        return np.arange(len(self.segment)) if self.positions is None else self.positions

    def its(self, values: NDArray[_Number]) -> NDArray[_Number]:
        """What they have of an array with an entry a passage of the segment."""
        return values if self.positions is None else values[self.positions]

    def at(self, places: Positions) -> Room:
        """Those of them at ``places``, ascending."""
        return Room(self.segment, places if self.positions is None else self.positions[places])

    def only(self, mask: NDArray[np.bool_]) -> Room:
        """Those of them that are in ``mask``, bool, an entry a passage of the segment."""
        return Room(self.segment, np.flatnonzero(mask) if self.positions is None else self.positions[mask[self.positions]])
