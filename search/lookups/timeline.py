"""Publication dates of the articles that answer a question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from newsdex.search.pipeline import Asker
from newsdex.search.request import Request
from newsdex.store.segment import Segment

LOOKED_AT = 1_000  # best passages considered
_EPOCH = 719_163  # date(1970, 1, 1).toordinal()

Rows: TypeAlias = Sequence[tuple[Segment, NDArray[np.int64]]]  # segments with rows of articles


@dataclass(frozen=True, slots=True)
class Timeline:
    """Counts of articles that answer, among those considered, by month of publication such as "2024-04", ascending, without zeros.

    ``unplaced`` have no known month; ``total`` is the sum of all.
    """

    months: Mapping[str, int]
    unplaced: int
    total: int


def timeline(asker: Asker, request: Request) -> Timeline:
    """Count the articles that answer ``request`` among those with the ``LOOKED_AT`` best passages, copies included.

    Raises IndexDamaged, and UsageError for a filter on a field that no article has.
    """
    rows = by_segment(asker.answering(request, LOOKED_AT))
    months, unplaced = by_date(rows, "M")
    return Timeline(months, unplaced, sum(len(mine) for _, mine in rows))


def by_segment(found: Iterable[tuple[Segment, int]]) -> Rows:
    """Group rows by segment."""
    rows: dict[int, tuple[Segment, list[int]]] = {}
    for segment, row in found:
        rows.setdefault(id(segment), (segment, []))[1].append(row)
    return [(segment, np.array(mine, np.int64)) for segment, mine in rows.values()]


def by_date(rows: Rows, unit: str) -> tuple[dict[str, int], int]:
    """Count articles by month ("M") or year ("Y"), ascending; also return the number without one. Raises IndexDamaged."""
    counts: Counter[str] = Counter()
    unplaced = 0
    for segment, mine in rows:
        first, last = (
            (days[mine].astype(np.int64) - _EPOCH).astype("datetime64[D]").astype(f"datetime64[{unit}]") for days in segment.published_days
        )
        known = (first == last) & (segment.published_days[0][mine] > 0)
        unplaced += int(np.count_nonzero(~known))
        names, numbers = np.unique(first[known], return_counts=True)
        counts.update(dict(zip(names.astype(str).tolist(), numbers.tolist(), strict=True)))
    return dict(sorted(counts.items())), unplaced
