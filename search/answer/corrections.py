"""A corrected version of an article comes before the one that it corrects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from newsdex.records import Hit


def corrections_first(hits: Sequence[Hit]) -> list[Hit]:
    """``hits`` with the best passage of each corrected version moved before the passages of the version that it corrects.

    Only what is among the hits is moved, and ranks are counted anew; scores stay as they are.
    """
    ordered = list(hits)
    for corrected in dict.fromkeys(hit.article.id for hit in hits):
        old = _first(ordered, corrected)
        better = next((hit for hit in ordered if hit.article.is_correction_of(ordered[old].article)), None)
        if better is not None and (place := ordered.index(better)) > old:
            ordered.insert(old, ordered.pop(place))
    return [hit if hit.rank == rank else replace(hit, rank=rank) for rank, hit in enumerate(ordered, 1)]


def _first(hits: Sequence[Hit], article_id: str) -> int:
    return next(place for place, hit in enumerate(hits) if hit.article.id == article_id)
