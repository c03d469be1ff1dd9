"""Some passages of a segment, and the largest of their values over several segments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import zip_longest
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Vectors
from newsdex.store.segment import Segment

Positions: TypeAlias = NDArray[np.int64]
# Tells which of some passages, by their positions, count, as a mask; None if all do.
Admits: TypeAlias = Callable[[Positions], NDArray[np.bool_]] | None
_Number = TypeVar("_Number", bound=np.generic)

_PIECE = 1 << 16  # values that are looked at at once
_SPARED = 4  # one in so many more than are wanted are kept before the least of them is left out


class Selection:
    """Some passages of the segment with this ``number`` in its snapshot, ascending: all of them, those at some positions, or those of most
    of its articles, whose positions are computed only if they are needed.
    """

    __slots__ = ("_positions", "_size", "articles", "number", "segment")

    def __init__(
        self, number: int, segment: Segment, positions: Positions | None = None, articles: NDArray[np.bool_] | None = None
    ) -> None:
        """``positions``, or a mask of ``articles``, bool, (articles,), or neither, for all."""
        self.number = number
        self.segment = segment
        self.articles = articles
        self._positions = positions
        if positions is not None:
            self._size = len(positions)
        else:
            self._size = len(segment) if articles is None else segment.count_of(articles)

    @classmethod
    def of(cls, number: int, segment: Segment, articles: NDArray[np.bool_] | None) -> Selection:
        """The living passages of the ``articles`` in a mask, bool, (articles,), or of all."""
        if segment.is_partial:
            articles = segment.live_articles if articles is None else articles & segment.live_articles
        elif articles is None or articles.all():
            return cls(number, segment)
        if 2 * np.count_nonzero(articles) > len(articles):
            return cls(number, segment, articles=articles)
        return cls(number, segment, segment.passages_of(articles))

    @property
    def positions(self) -> Positions | None:
        """Where they are, or None for all of them."""
        if self._positions is None and self.articles is not None:
            self._positions = self.segment.passages_of(self.articles)
        return self._positions

    @property
    def admits(self) -> Admits:
        """Which of some passages of the segment are among them, if they are those of most articles; None otherwise."""
        return None if self.articles is None else partial(self.segment.are_of, articles=self.articles)

    def __len__(self) -> int:
        return self._size

    def all(self) -> Positions:
        """Where they are."""
        return np.arange(len(self.segment)) if self.positions is None else self.positions

    def rows(self) -> NDArray[Any]:
        """The article of each of them, by its row in the segment."""
        return self.take(self.segment.tensors["passage.article"])

    def take(self, values: NDArray[_Number]) -> NDArray[_Number]:
        """Their entries of an array with one for each passage of the segment."""
        return values if self.positions is None else values.take(self.positions)

    def of_articles(self, values: NDArray[_Number]) -> NDArray[_Number]:
        """The entries of their articles in an array with one for each article of the segment."""
        return np.asarray(values.take(self.rows()))

    def whole(self) -> Selection:
        """All passages of the segment."""
        return Selection(self.number, self.segment)

    def at(self, places: Positions) -> Selection:
        """Those of them at ``places``, ascending."""
        return Selection(self.number, self.segment, places if self.positions is None else self.positions[places])

    def where(self, mask: NDArray[np.bool_]) -> Selection:
        """Those of them in ``mask``, bool, with an entry for each passage of the segment."""
        return Selection(
            self.number, self.segment, np.flatnonzero(mask) if self.positions is None else self.positions[mask[self.positions]]
        )


def size_of(selections: Iterable[Selection]) -> int:
    """How many passages they have together."""
    return sum(map(len, selections))


def largest_places(parts: Iterable[Vectors], count: int, error: float = 0.0, allowed: Sequence[Admits] = ()) -> list[Positions]:
    """Where in each of ``parts`` the ``count`` largest of all are, and those that are smaller than the least of them by no more than
    ``error``.

    ``allowed`` tells which of some places in a part count, where ``error`` is 0; None for all. Piece after piece, so that each is looked at
    while the processor has it at hand, and few of the later ones are large enough to be looked at twice.
    """
    largest = np.empty(0, np.float32)
    least = float(np.finfo(np.float32).min)
    kept: list[list[tuple[Positions, Vectors]]] = []
    for values, admits in zip_longest(parts, allowed):
        kept.append([])
        for start in range(0, len(values), _PIECE):
            places = np.flatnonzero(values[start : start + _PIECE] >= least - error)
            if start:
                places += start
            if admits is not None:
                places = _admitted(places, values, count, admits)
            found = values.take(places)
            kept[-1].append((places, found))
            largest = np.concatenate([largest, found])
            # Later pieces add few, for each of which all would be looked at again.
            if len(largest) >= count + count // _SPARED:
                largest = np.partition(largest, len(largest) - count)[-count:]
                least = float(largest[0])
    if len(largest) > count:
        least = float(np.partition(largest, len(largest) - count)[-count])
    none = np.empty(0, np.int64)
    return [np.concatenate([none, *(places[found >= least - error] for places, found in pieces)]) for pieces in kept]


def _admitted(places: Positions, values: Vectors, count: int, admits: Callable[[Positions], NDArray[np.bool_]]) -> Positions:
    """Those of ``places`` that ``admits`` lets in, or some of them with the ``count`` of the largest ``values``: where most are let in, it
    need not be asked of many.
    """
    if len(places) > 4 * count:
        found = values[places]
        best: Positions = places[found >= np.partition(found, len(found) - 2 * count)[-2 * count]]
        best = best[admits(best)]
        if len(best) >= count:
            return best
    return places[admits(places)]
