"""Some passages of a segment."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from newsdex.store.segment import Segment

Positions = NDArray[np.int64]
_Number = TypeVar("_Number", bound=np.generic)


class Room:
    """Some passages of a segment, ascending: all of them, those at some positions, or those of most of its articles, which have no
    positions until somebody wants them.
    """

    __slots__ = ("_positions", "_size", "articles", "segment")

    def __init__(self, segment: Segment, positions: Positions | None = None, articles: NDArray[np.bool_] | None = None) -> None:
        """``positions``, or a mask of ``articles``, bool, (articles,), or neither, for all."""
        self.segment = segment
        self.articles = articles
        self._positions = positions
        if positions is not None:
            self._size = len(positions)
        else:
            self._size = len(segment) if articles is None else segment.count_of(articles)

    @classmethod
    def of(cls, segment: Segment, articles: NDArray[np.bool_] | None) -> Room:
        """The living passages of the ``articles`` in a mask, bool, (articles,), or of all."""
        if segment.is_partial:
            articles = segment.live_articles if articles is None else articles & segment.live_articles
        elif articles is None or articles.all():
            return cls(segment)
        if 2 * np.count_nonzero(articles) > len(articles):
            return cls(segment, articles=articles)
        return cls(segment, segment.passages_of(articles))

    @property
    def positions(self) -> Positions | None:
        """Where they are, or None for all of them."""
        if self._positions is None and self.articles is not None:
            self._positions = self.segment.passages_of(self.articles)
        return self._positions

    def __len__(self) -> int:
        return self._size

    def all(self) -> Positions:
        return np.arange(len(self.segment)) if self.positions is None else self.positions

    def its(self, values: NDArray[_Number]) -> NDArray[_Number]:
        """What they have of an array with an entry a passage of the segment."""
        return values if self.positions is None else values.take(self.positions)

    def at(self, places: Positions) -> Room:
        """Those of them at ``places``, ascending."""
        return Room(self.segment, places if self.positions is None else self.positions[places])

    def having(self, articles: NDArray[np.bool_] | None) -> Room:
        """Those of them that are of the ``articles`` in a mask, bool, (articles,), or all."""
        return self if articles is None or not len(self) else self.only(articles[self.segment.tensors["passage.article"]])

    def only(self, mask: NDArray[np.bool_]) -> Room:
        """Those of them that are in ``mask``, bool, an entry a passage of the segment."""
        return Room(self.segment, np.flatnonzero(mask) if self.positions is None else self.positions[mask[self.positions]])
