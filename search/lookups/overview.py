"""Overview of an index: its languages, its sources, and the range of its dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from newsdex.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts of living articles by language (ISO 639-1) and by source, the most frequent first, without unknown ones.

    ``first`` and ``last`` are the earliest and the latest day that a publication date can mean; None without any.
    """

    languages: Mapping[str, int]
    sources: Mapping[str, int]
    first: date | None
    last: date | None


def overview(snapshot: Snapshot) -> Overview:
    """Return the overview of ``snapshot``. Raises IndexDamaged."""
    days: list[int] = []
    for segment in snapshot.segments:
        for which in segment.published_days:
            known = which[segment.live_articles & (which > 0)]
            days += [int(known.min()), int(known.max())] if len(known) else []
    first, last = (date.fromordinal(min(days)), date.fromordinal(max(days))) if days else (None, None)
    return Overview(_counted(snapshot, "language"), _counted(snapshot, "source"), first, last)


def _counted(snapshot: Snapshot, column: str) -> dict[str, int]:
    counts = sorted(snapshot.counts(column).items(), key=lambda each: (-each[1], each[0]))
    return {value: count for value, count in counts if value and count}
