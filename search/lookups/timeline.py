"""When what answers a question was published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from newsdex.search.pipeline import Asker
from newsdex.search.request import Request
from newsdex.store.columns import string_at

LOOKED_AT = 1_000  # passages, the best ones
_MONTH = len("2024-04")


@dataclass(frozen=True, slots=True)
class Timeline:
    """How many articles seem to answer, of those that were looked at, by month of publication, such as "2024-04", ascending; a month
    without any is not named.

    ``unplaced`` are those whose month is not known; ``total`` is the sum of all.
    """

    months: Mapping[str, int]
    unplaced: int
    total: int


def timeline(asker: Asker, request: Request) -> Timeline:
    """The articles that seem to answer ``request``, of those with the ``LOOKED_AT`` best passages; each copy of an article counts.

    Raises IndexDamaged, and UsageError for a filter that names a field which no article has.
    """
    found = asker.answering(request, LOOKED_AT)
    dates = [string_at(segment.tensors, "published", row) for segment, row in found]
    months = Counter(iso[:_MONTH] for iso in dates if len(iso) >= _MONTH)
    return Timeline(dict(sorted(months.items())), len(dates) - months.total(), len(dates))
