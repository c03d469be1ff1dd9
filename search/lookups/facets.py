"""Of which sources, languages, sections, authors and years the articles are that answer a question, and of which months."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from newsdex.search.listing import allowed
from newsdex.search.lookups.timeline import LOOKED_AT, Rows, Timeline, by_date, by_segment
from newsdex.search.pipeline import Asker
from newsdex.search.question.filters import Comparison, Compound, Filter, check_keys, comparisons
from newsdex.search.request import Request
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot
from newsdex.values import folded

_CODED = ("source", "language")
_METADATA = ("section", "author", "authors", "byline", "creator")  # by one of which an archive names it; what no article has is left out
_DATE = "published"
_MOST = 100  # values of a field


class Value(NamedTuple):
    """A value as most of the articles write it, and how many articles a filter finds that asks for it."""

    name: str
    articles: int


@dataclass(frozen=True, slots=True)
class Facet:
    """The commonest ``values`` of the field that filters know by ``key``; of "published" the years, the latest first. ``others`` is how many
    values there are besides, and ``missing`` how many articles have none.
    """

    key: str
    values: tuple[Value, ...]
    others: int
    missing: int


@dataclass(frozen=True, slots=True)
class Facets:
    """``fields``, each counted without what the request itself demands of it, and ``timeline`` without what it demands of dates. ``total``
    articles meet all of it. ``complete``: every passage was looked at, and not only the best.
    """

    fields: tuple[Facet, ...]
    timeline: Timeline
    total: int
    complete: bool


def facets_of_answer(asker: Asker, request: Request) -> Facets:
    """Of the articles that seem to answer, of those with the ``LOOKED_AT`` best passages; each copy of an article counts. A date in the
    question is followed, but by the timeline and the years.

    Raises as ``Asker.answering``.
    """

    def find(asked: Request, *, dated: bool) -> Rows:
        return by_segment(asker.answering(asked, LOOKED_AT, read=True, within=dated))

    return _facets(asker.snapshot.segments, request, find, complete=asker.snapshot.manifest.passages <= LOOKED_AT)


def facets_of_all(snapshot: Snapshot, request: Request) -> Facets:
    """Of all articles that meet the filters and dates of ``request``.

    Raises UsageError for a filter that names a field which no article has, and IndexDamaged.
    """
    if request.where is not None:
        check_keys(request.where, snapshot.segments)

    def find(asked: Request, *, dated: bool) -> Rows:  # noqa: ARG001 - there is no question that could name a date
        return [(segment, np.flatnonzero(allowed(segment, asked))) for segment in snapshot.segments]

    return _facets(snapshot.segments, request, find, complete=True)


def _facets(segments: Sequence[Segment], request: Request, find: Callable[..., Rows], *, complete: bool) -> Facets:
    known: list[tuple[tuple[Request, bool], Rows]] = []

    def rows(key: str) -> Rows:
        """What is found without the conditions on ``key``; the same for all fields of which nothing is demanded."""
        asked = replace(request, where=without(request.where, key))
        dated = key != _DATE
        asked = asked if dated else replace(asked, period=None)
        for before, found in known:
            if before == (asked, dated):
                return found
        known.append(((asked, dated), find(asked, dated=dated)))
        return known[-1][1]

    every = rows("")
    # An archive elsewhere has its fields in what was found.
    present = {key for segment in (*segments, *(segment for segment, _ in every)) for key in segment.metadata.keys}
    fields = [_facet(key, rows(key)) for key in (*_CODED, *(key for key in _METADATA if key in present))]
    of_any_date = rows(_DATE)
    years, undated = by_date(of_any_date, "Y")
    latest = tuple(Value(year, count) for year, count in reversed(years.items()))
    fields.append(Facet(_DATE, latest[:_MOST], max(0, len(latest) - _MOST), undated))
    return Facets(tuple(fields), Timeline(*by_date(of_any_date, "M"), _size(of_any_date)), _size(every), complete)


def _size(rows: Rows) -> int:
    return sum(len(mine) for _, mine in rows)


def without(wanted: Filter | None, key: str) -> Filter | None:
    """What is left of a filter without its conditions on one field; a condition on several fields together stays."""
    if wanted is None or all(part.key.removeprefix("metadata.") == key for part in comparisons(wanted)):
        return None
    if isinstance(wanted, Comparison) or wanted.type != "and":
        return wanted
    parts = tuple(left for part in wanted.filters if (left := without(part, key)) is not None)
    return parts[0] if len(parts) == 1 else Compound("and", parts)


def _facet(key: str, rows: Rows) -> Facet:
    counts: Counter[str] = Counter()
    spellings: dict[str, Counter[str]] = {}
    with_one = 0
    for text, count in _texts(key, rows):
        # A filter finds a list by each of its items, and an item whatever its case.
        items = {folded(item): item.strip() for item in (text.split(", ") if key in _METADATA else [text]) if folded(item)}
        with_one += count if items else 0
        for form, item in items.items():
            counts[form] += count
            spellings.setdefault(form, Counter())[item] += count
    named = sorted(
        (Value(spellings[form].most_common(1)[0][0], count) for form, count in counts.items()), key=lambda each: (-each.articles, each.name)
    )
    return Facet(key, tuple(named[:_MOST]), max(0, len(named) - _MOST), _size(rows) - with_one)


def _texts(key: str, rows: Rows) -> Iterator[tuple[str, int]]:
    """Each text that articles have in the field, and how many have it."""
    for segment, mine in rows:
        if key in _CODED:
            coded = segment.coded[key]
            values, counts = coded.values, np.bincount(coded.codes[mine], minlength=len(coded.values))
        else:
            values, counts = segment.metadata.values(key), segment.metadata.counts(key, mine)
        for place in np.flatnonzero(counts).tolist():
            yield values[place], int(counts[place])
