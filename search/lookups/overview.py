"""Overview of an index: its languages, its sources, and the range of its dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from newsdex.store.manifest import Manifest
from newsdex.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts of living articles by language (ISO 639-1) and by source, the most frequent first, without unknown ones. ``first`` and
    ``last`` are the earliest and the latest day that a publication date can mean; None without any.
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


def holdings(manifest: Manifest, covered: Overview) -> dict[str, Any]:
    """Return what an index holds as plain values; null where unknown."""
    return {
        "articles": manifest.articles,
        "passages": manifest.passages,
        "languages": dict(covered.languages),
        "sources": dict(covered.sources),
        "first_published": str(covered.first) if covered.first else None,
        "last_published": str(covered.last) if covered.last else None,
        "model": manifest.model.name,
        "updated": manifest.created,
    }


def _counted(snapshot: Snapshot, column: str) -> dict[str, int]:
    counts = sorted(snapshot.counts(column).items(), key=lambda each: (-each[1], each[0]))
    return {value: count for value, count in counts if value and count}
