"""Counts of matching articles by source, language, section, author, year and month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from newsdex.search.listing import allowed
from newsdex.search.lookups.timeline import LOOKED_AT, Rows, Timeline, by_date, by_segment
from newsdex.search.pipeline import Asker
from newsdex.search.question.filters import Comparison, Compound, Filter, check_keys, comparisons
from newsdex.search.question.operators import BYLINES
from newsdex.search.request import Request
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot
from newsdex.values import folded

_CODED = ("source", "language")
# Fields that no article has are left out.
_METADATA = ("section", *BYLINES)
_DATE = "published"
_MOST = 100  # values of a field


class Value(NamedTuple):
    """A value in its commonest spelling, and how many articles a filter on it finds."""

    name: str
    articles: int


@dataclass(frozen=True, slots=True)
class Facet:
    """The commonest ``values`` of a field; ``key`` is its name in filters. The values of "published" are years, the latest first.

    ``others`` counts the values beyond these, ``missing`` the articles without a value.
    """

    key: str
    values: tuple[Value, ...]
    others: int
    missing: int


@dataclass(frozen=True, slots=True)
class Facets:
    """Counts by field and by month.

    Each of ``fields`` ignores the request's conditions on that field, except in the counts of values that these ask for; years and
    ``timeline`` ignore its dates. ``total`` articles match the whole request. ``complete``: all passages were checked, not only the best.
    """

    fields: tuple[Facet, ...]
    timeline: Timeline
    total: int
    complete: bool


def facets_of_answer(asker: Asker, request: Request) -> Facets:
    """Count the articles that seem to answer, among those with the ``LOOKED_AT`` best passages. Every copy counts. A date in the question
    is a filter, except for years and months.

    Raises as ``Asker.answering``.
    """
    names_days = asker.names_days(request)

    def find(asked: Request, *, dated: bool) -> Rows:
        return by_segment(asker.answering(asked, LOOKED_AT, read=True, within=dated))

    complete = asker.snapshot.manifest.passages <= LOOKED_AT
    return _facets(asker.snapshot.segments, request, find, complete=complete, names_days=names_days)


def facets_of_all(snapshot: Snapshot, request: Request) -> Facets:
    """Count all articles that match the filters and dates of ``request``.

    Raises UsageError for a filter that names a field which no article has, and IndexDamaged.
    """
    if request.where is not None:
        check_keys(request.where, snapshot.segments)

    def find(asked: Request, *, dated: bool) -> Rows:  # noqa: ARG001 - no question is read
        return [(segment, np.flatnonzero(allowed(segment, asked))) for segment in snapshot.segments]

    return _facets(snapshot.segments, request, find, complete=True)


def _facets(
    segments: Sequence[Segment], request: Request, find: Callable[..., Rows], *, complete: bool, names_days: bool = False
) -> Facets:
    known: list[tuple[tuple[Request, bool], Rows]] = []

    def rows(key: str) -> Rows:
        """The articles that match without the conditions on ``key``. Fields without a condition share one search."""
        asked = replace(request, where=without(request.where, key))
        if key == _DATE:
            asked = replace(asked, period=None)
        dated = key != _DATE or not names_days
        for before, found in known:
            if before == (asked, dated):
                return found
        known.append(((asked, dated), find(asked, dated=dated)))
        return known[-1][1]

    every = rows("")
    # An archive in Milvus has no segments here, only those of the articles found.
    present = {key for segment in (*segments, *(segment for segment, _ in every)) for key in segment.metadata.keys}
    fields = [
        _facet(key, rows(key), every, _asked_for(request.where, key)) for key in (*_CODED, *(key for key in _METADATA if key in present))
    ]
    of_any_date = rows(_DATE)
    years, undated = by_date(of_any_date, "Y")
    latest = tuple(Value(year, count) for year, count in reversed(years.items()))
    fields.append(Facet(_DATE, latest[:_MOST], max(0, len(latest) - _MOST), undated))
    return Facets(tuple(fields), Timeline(*by_date(of_any_date, "M"), _size(of_any_date)), _size(every), complete)


def _size(rows: Rows) -> int:
    return sum(len(mine) for _, mine in rows)


def without(wanted: Filter | None, key: str) -> Filter | None:
    """The filter without its conditions on ``key``. An "or" or "not" over several fields stays."""
    if wanted is None or all(part.key.removeprefix("metadata.") == key for part in comparisons(wanted)):
        return None
    if isinstance(wanted, Comparison) or wanted.type != "and":
        return wanted
    parts = tuple(left for part in wanted.filters if (left := without(part, key)) is not None)
    return parts[0] if len(parts) == 1 else Compound("and", parts)


def _asked_for(wanted: Filter | None, key: str) -> set[str]:
    """The values, folded, that the filter asks for in a field."""
    parts = [part for part in comparisons(wanted) if part.key.removeprefix("metadata.") == key] if wanted else []
    return {folded(str(value)) for part in parts if part.type in ("eq", "in") for value in part.values}


def _facet(key: str, rows: Rows, every: Rows = (), asked_for: Collection[str] = ()) -> Facet:
    """Count the values of ``rows``; those that are ``asked_for``, in ``every`` article that matches: which articles answer can change with
    the filter, and the list has these.
    """
    counts, spellings, with_one = _counts(key, rows)
    if asked_for:
        answering, written, _ = _counts(key, every)
        counts.update({form: answering[form] - counts[form] for form in asked_for})
        spellings = written | spellings
    named = sorted(
        (Value(spellings[form].most_common(1)[0][0], count) for form, count in counts.items() if count > 0),
        key=lambda each: (-each.articles, each.name),
    )
    return Facet(key, tuple(named[:_MOST]), max(0, len(named) - _MOST), _size(rows) - with_one)


def _counts(key: str, rows: Rows) -> tuple[Counter[str], dict[str, Counter[str]], int]:
    """How many articles have each value, folded; how it is spelt; and how many have any."""
    counts: Counter[str] = Counter()
    spellings: dict[str, Counter[str]] = {}
    with_one = 0
    for text, count in _texts(key, rows):
        # A filter matches each item of a list, and ignores case.
        items = {folded(item): item.strip() for item in (text.split(", ") if key in _METADATA else [text]) if folded(item)}
        with_one += count if items else 0
        for form, item in items.items():
            counts[form] += count
            spellings.setdefault(form, Counter())[item] += count
    return counts, spellings, with_one


def _texts(key: str, rows: Rows) -> Iterator[tuple[str, int]]:
    """Each text of the field, and how many articles have it."""
    for segment, mine in rows:
        if key in _CODED:
            coded = segment.coded[key]
            values, counts = coded.values, np.bincount(coded.codes[mine], minlength=len(coded.values))
        else:
            values, counts = segment.metadata.values(key), segment.metadata.counts(key, mine)
        for place in np.flatnonzero(counts).tolist():
            yield values[place], int(counts[place])
