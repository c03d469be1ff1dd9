"""The articles of an index that match a filter, by date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import groupby, islice
from typing import NamedTuple

import numpy as np

from newsdex.records import Article
from newsdex.search.answer.remarks import undated, unmet
from newsdex.search.question.filters import any_matches, check_keys
from newsdex.search.ranking.ranker import matching_mask
from newsdex.search.request import Request
from newsdex.store.copies import Place
from newsdex.store.snapshot import Snapshot


def listed(snapshot: Snapshot, request: Request) -> Iterator[Place]:
    """Yield the places of the articles that match the filter and the dates of ``request``, newest first by the last day that their dates
    can mean; within a day by time if known, then by id; those without a date last. ``oldest_first`` reverses days and times. Raises
    UsageError for a filter on a field that no article has, and IndexDamaged.
    """
    if request.where is not None:
        check_keys(request.where, snapshot.segments)
    rows = [np.flatnonzero(matching_mask(segment, request)) for segment in snapshot.segments]
    if not rows:
        return
    days = np.concatenate([segment.published_days[1][mine] for segment, mine in zip(snapshot.segments, rows, strict=True)])
    numbers = np.repeat(np.arange(len(rows)), [len(mine) for mine in rows])
    row = np.concatenate(rows)
    oldest = request.oldest_first
    order = np.lexsort((days if oldest else -days, days == 0))
    for _, of_day in groupby(order, key=days.__getitem__):
        places = [Place(int(numbers[each]), int(row[each])) for each in of_day]
        places.sort(key=lambda place: snapshot.segments[place.segment].article_id(place.row))
        yield from sorted(places, key=lambda place: str(snapshot.segments[place.segment].published(place.row) or ""), reverse=not oldest)


class Listed(NamedTuple):
    """A page of a list of ``total`` articles. ``remarks``: what the list leaves out, and conditions that no article meets."""

    articles: list[Article]
    total: int
    remarks: list[str]


def page_of(snapshot: Snapshot, request: Request) -> Listed:
    """Return the requested page of ``listed``. Raises as ``listed``."""
    places = islice(listed(snapshot, request), request.offset, request.offset + request.limit)
    articles = [snapshot.segments[place.segment].article(place.row) for place in places]
    total = sum(int(matching_mask(segment, request).sum()) for segment in snapshot.segments)
    return Listed(articles, total, remarks_on(snapshot, request, total))


def remarks_on(snapshot: Snapshot, request: Request, total: int) -> list[str]:
    """Return remarks on what a list of ``total`` articles leaves out, and on unmet conditions. Raises IndexDamaged and OutOfTime."""
    remarks = undated(snapshot, request)
    return remarks if total else [*remarks, *unmet(snapshot, request, partial(any_matches, snapshot.segments))]


def page_after(snapshot: Snapshot, after: str, limit: int, *, oldest_first: bool) -> list[Article] | None:
    """Return ``limit`` articles after the one with the id ``after``, or the first; None if none has that id. Raises IndexDamaged."""
    places: Iterable[Place] = listed(snapshot, Request("*"))
    if oldest_first:
        places = reversed(list(places))
    rest = iter(places)
    if after and not any(snapshot.segments[place.segment].article_id(place.row) == after for place in rest):
        return None
    return [snapshot.segments[place.segment].article(place.row) for place in islice(rest, limit)]
