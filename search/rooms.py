"""Some passages of a segment."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from newsdex.store.segment import Segment

Positions = NDArray[np.int64]
_Number = TypeVar("_Number", bound=np.generic)


class Room:
    """Some passages of a segment, ascending: all of them, those at some positions, or most of them, by a mask that is kept as such until somebody wants positions."""

    __slots__ = ("_positions", "_size", "mask", "segment")

    def __init__(self, segment: Segment, positions: Positions | None = None, mask: NDArray[np.bool_] | None = None) -> None:
        """``positions``, or a ``mask``, bool, (passages,), or neither, for all."""
        self.segment = segment
        self.mask = mask
        self._positions = positions
        if positions is not None:
            self._size = len(positions)
        else:
            self._size = len(segment) if mask is None else int(np.count_nonzero(mask))

    @classmethod
    def of(cls, segment: Segment, articles: NDArray[np.bool_] | None) -> Room:
        """The living passages of the ``articles`` in a mask, bool, (articles,), or of all."""
        if segment.record.deleted:
            if articles is None:
                return cls(segment, mask=segment.live_passages)
            articles = articles & segment.live_articles
        elif articles is None or articles.all():
            return cls(segment)
        if 2 * np.count_nonzero(articles) > len(articles):
            return cls(segment, mask=segment.passage_mask(articles))
        return cls(segment, segment.passages_of(articles))

    @property
    def positions(self) -> Positions | None:
        """Where they are, or None for all of them."""
        if self._positions is None and self.mask is not None:
            self._positions = np.flatnonzero(self.mask)
        return self._positions

    def __len__(self) -> int:
        return self._size

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
