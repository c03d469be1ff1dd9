"""The passages that may answer, ordered by their points.

Up to 50,000 passages all are compared. Beyond, two short lists are made, by the signs of the vectors and by the words, and everything on
either is compared exactly: 0.998 of the ten best by meaning are found so among a million (docs/PERFORMANCE.md). A filter is applied first, so
that what it leaves is found whatever its share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import SAME, Line, Vectors
from newsdex.search.dense import cosines, cosines_at, sign_distances
from newsdex.search.fusion import Mode, best_first, date_points, meaning_points, word_points
from newsdex.search.lexical import Asked, shares
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot

EXACT = 50_000  # passages whose vectors are read one after the other within 5 ms
FEW = 4_096  # passages whose vectors are read one by one
SHORTLIST = 2_000
_TIES = 20_000  # that are put in order by id, at microseconds each

Positions = NDArray[np.int64]
_Number = TypeVar("_Number", bound=np.generic)
_Values = TypeVar("_Values", NDArray[np.bool_] | bool, Vectors | None)


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for and where.

    ``vector`` is the question's, float32, (d,), and ``words`` its words; the ranking is by both or by the one that ``mode`` names.
    For each segment, ``allowed`` has a mask of the articles, bool, or None for all; ``spoken`` whether the model speaks their language, bool, or
    True for all; ``fresh`` how recent they are, float32, in [0, 1], or None. ``line`` makes the model's cosines comparable with the default
    model's.
    """

    mode: Mode
    vector: Vectors | None
    words: Sequence[Asked]
    allowed: Sequence[NDArray[np.bool_] | None]
    spoken: Sequence[NDArray[np.bool_] | bool]
    fresh: Sequence[Vectors | None]
    exact: bool = False
    line: Line = SAME


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages, best first, equal ones by their article's id and their place in it. Arrays of one length: ``segment`` and ``position`` int64, the rest float32.

    ``points`` is the sum of ``meaning``, ``words`` and ``fresh``. ``complete``: no others could follow.
    """

    segment: Positions
    position: Positions
    meaning: Vectors
    words: Vectors
    fresh: Vectors
    points: Vectors
    complete: bool


def find(snapshot: Snapshot, sought: Sought, count: int) -> Candidates:
    """At least the ``count`` best passages, or all that there are.

    Raises IndexDamaged.
    """
    if not snapshot.segments:
        empty, none = np.empty(0, np.int64), np.empty(0, np.float32)
        return Candidates(empty, empty, none, none, none, none, complete=True)
    rooms = [_Room.of(segment, mask) for segment, mask in zip(snapshot.segments, sought.allowed, strict=True)]
    wanted = [shares(sought.words, number, len(segment)) for number, segment in enumerate(snapshot.segments)]
    complete = True
    if sought.mode == "lexical":
        rooms = [room.only(share > 0) for room, share in zip(rooms, wanted, strict=True)]
    elif not sought.exact and not _can_compare_all(rooms):
        before = sum(len(room) for room in rooms)
        rooms = _shortlist(snapshot, sought, rooms, wanted, max(SHORTLIST, 2 * count))
        complete = sum(len(room) for room in rooms) == before
    parts = [_scored(number, room, sought, share) for number, (room, share) in enumerate(zip(rooms, wanted, strict=True))]
    segment, position, meaning, words, fresh, total = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = _ties_by_id(snapshot, best_first(total, count), segment, position, total)
    complete = complete and len(order) == len(total)
    return Candidates(segment[order], position[order], meaning[order], words[order], fresh[order], total[order], complete)


def _ties_by_id(snapshot: Snapshot, order: Positions, segment: Positions, position: Positions, total: Vectors) -> Positions:
    """``order`` with those of equal points by their article's id; runs too long for that stay as they are."""
    starts = np.flatnonzero(np.diff(total[order], prepend=np.nan, append=np.nan))
    for start, stop in pairwise(starts.tolist()):
        if 1 < stop - start <= _TIES:
            run = order[start:stop].tolist()
            run.sort(key=lambda place: _place(snapshot.segments[segment[place]], int(position[place])))
            order[start:stop] = run
    return order


def _place(segment: Segment, position: int) -> tuple[str, int]:
    return segment.article_id(segment.article_of(position)), position


@dataclass(frozen=True, slots=True)
class _Room:
    """Some passages of a segment, ascending; ``positions`` None stands for all of them."""

    segment: Segment
    positions: Positions | None

    @classmethod
    def of(cls, segment: Segment, mask: NDArray[np.bool_] | None) -> _Room:
        """The living passages of the articles in ``mask``."""
        if segment.record.deleted:
            mask = segment.live_articles if mask is None else mask & segment.live_articles
        return cls(segment, None if mask is None else segment.passages_of(mask))

    def __len__(self) -> int:
        return len(self.segment) if self.positions is None else len(self.positions)

    def all(self) -> Positions:
        return np.arange(len(self.segment)) if self.positions is None else self.positions

    def only(self, mask: NDArray[np.bool_]) -> _Room:
        """Those of them that are in ``mask``, bool, an entry a passage of the segment."""
        return _Room(self.segment, np.flatnonzero(mask) if self.positions is None else self.positions[mask[self.positions]])


def _can_compare_all(rooms: Sequence[_Room]) -> bool:
    if sum(len(room) for room in rooms) <= FEW:
        return True
    # A deletion or a filter that leaves most passages costs no more than the scan of the whole segment.
    return sum(len(room.segment) for room in rooms) <= EXACT


def _scored(number: int, room: _Room, sought: Sought, share: Vectors) -> tuple[NDArray[np.generic], ...]:
    positions = room.all()
    zeros = np.zeros(len(positions), np.float32)
    spoken, fresh = _of_articles(room, sought.spoken[number]), _of_articles(room, sought.fresh[number])
    meaning = words = zeros
    if sought.mode != "lexical":
        meaning = np.float32(sought.line.scale) * _cosines(room, sought) + np.float32(sought.line.offset)
    if sought.mode != "dense":
        words = word_points(share if room.positions is None else share[positions], spoken)
    if sought.mode == "hybrid":
        meaning = meaning_points(meaning, spoken)
    added = zeros if fresh is None else date_points(fresh)
    return np.full(len(positions), number), positions, meaning, words, added, meaning + words + added


def _cosines(room: _Room, sought: Sought) -> Vectors:
    if sought.vector is None:
        raise ValueError("a ranking by meaning needs the question's vector")
    if room.positions is None:
        return cosines(room.segment, sought.vector)
    if 2 * len(room) > len(room.segment):
        return cosines(room.segment, sought.vector)[room.positions]
    return cosines_at(room.segment, room.positions, sought.vector)


def _of_articles(room: _Room, values: _Values) -> _Values:
    """What the room's passages have of an array with an entry an article."""
    if not isinstance(values, np.ndarray):
        return values
    articles = room.segment.tensors["passage.article"]
    return np.asarray(values[articles if room.positions is None else articles[room.positions]])


def _shortlist(snapshot: Snapshot, sought: Sought, rooms: Sequence[_Room], wanted: Sequence[Vectors], count: int) -> list[_Room]:
    """About the ``count`` nearest by the signs of their vectors and the ``count`` that have most of the words."""
    if sought.vector is None:
        raise ValueError("a ranking by meaning needs the question's vector")
    near = [sign_distances(segment, sought.vector) for segment in snapshot.segments]
    farthest = _threshold([_within(room, distance) for room, distance in zip(rooms, near, strict=True)], count)
    having = [_within(room, share) for room, share in zip(rooms, wanted, strict=True)] if sought.words else []
    least = _kth_largest(having, count)
    short = []
    for room, distance, share in zip(rooms, near, wanted, strict=True):
        mask = distance <= farthest
        if having:
            mask |= share >= least
        short.append(room.only(mask))
    return short


def _within(room: _Room, values: NDArray[_Number]) -> NDArray[_Number]:
    return values if room.positions is None else values[room.positions]


def _threshold(distances: Sequence[NDArray[np.uint16]], count: int) -> int:
    """The least distance within which there are ``count``."""
    counted = np.zeros(0, np.int64)
    for values in distances:
        found = np.bincount(values)
        counted, found = (np.pad(each, (0, max(len(counted), len(found)) - len(each))) for each in (counted, found))
        counted = counted + found
    return int(np.searchsorted(np.cumsum(counted), min(count, counted.sum())))


def _kth_largest(values: Sequence[Vectors], count: int) -> float:
    """The ``count``-th largest of all values above 0, or of fewer the smallest."""
    joined = np.concatenate([found[found > 0] for found in values]) if values else np.empty(0, np.float32)
    if not len(joined):
        return float("inf")
    return float(np.partition(joined, len(joined) - count)[len(joined) - count]) if count < len(joined) else float(joined.min())
