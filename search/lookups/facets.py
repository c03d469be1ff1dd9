"""Counts of matching articles by source, language, section or topic, author, folder, year and month, and of those that answer by month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from os.path import commonprefix
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from newsdex.records import BYLINES
from newsdex.search.pipeline import Asker
from newsdex.search.question.filters import Filter, check_keys, comparisons, without
from newsdex.search.question.reader import day_counted_from
from newsdex.search.ranking.ranker import matching_mask
from newsdex.search.request import Request
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot
from newsdex.values import folded

LOOKED_AT = 1_000  # best passages considered
_EPOCH = 719_163  # date(1970, 1, 1).toordinal()
Rows: TypeAlias = Sequence[tuple[Segment, NDArray[np.int64]]]  # segments with rows of articles
_CODED = ("source", "language")
# Left out if no article has them.
_METADATA = ("section", "category", "categories", "topic", "topics", "tags", *BYLINES)
_DATE = "published"
_PATH = "path"  # counted by folder
_MOST = 100  # values listed per field


class Value(NamedTuple):
    """A value in its most frequent spelling, and how many articles a filter on it matches."""

    name: str
    articles: int


@dataclass(frozen=True, slots=True)
class Facet:
    """The most frequent ``values`` of a field; ``key`` is its name in filters. Those of "published" are years, the latest first;
    those of "path" are folders, and it is left out if most articles have a source. ``others`` counts further values, ``missing`` articles
    without a value.
    """

    key: str
    values: tuple[Value, ...]
    others: int
    missing: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Counts of articles that answer, among those considered, by month of publication such as "2024-04", ascending, without zeros.
    ``unplaced`` have no known month; ``total`` is the sum of all.
    """

    months: Mapping[str, int]
    unplaced: int
    total: int


@dataclass(frozen=True, slots=True)
class Facets:
    """Counts by field and by month.

    Each of ``fields`` ignores the request's conditions on that field, except in the counts of the values they name; years and ``timeline``
    ignore its dates. ``total``: articles that match the whole request. ``complete``: all passages were considered, not only the best.
    ``counted_from``: the day that "last week" counts from if not today, which is the newest article's, if it is more than 31 days old.
    """

    fields: tuple[Facet, ...]
    timeline: Timeline
    total: int
    complete: bool
    counted_from: date | None


def timeline(asker: Asker, request: Request) -> Timeline:
    """Count the articles that answer among those with the ``LOOKED_AT`` best passages, with copies. Raises as ``Asker.answering``."""
    rows = by_segment(asker.answering(request, LOOKED_AT))
    return Timeline(*by_date(rows, "M"), _size(rows))


def facets_of_answer(asker: Asker, request: Request) -> Facets:
    """Count the articles that answer, among those with the ``LOOKED_AT`` best passages, copies included. A date in the question is a
    filter, except for years and months. Raises as ``Asker.answering``.
    """
    return _facets(
        asker.snapshot,
        request,
        lambda asked, dated: by_segment(asker.answering(asked, LOOKED_AT, read=True, within=dated)),
        complete=asker.snapshot.manifest.passages <= LOOKED_AT,
        names_days=asker.reader.names_days(request, date.today()),
    )


def facets_of_all(snapshot: Snapshot, request: Request) -> Facets:
    """Count all articles that match filters and dates of ``request``. Raises IndexDamaged, and UsageError for an unknown field."""
    if request.where is not None:
        check_keys(request.where, snapshot.segments)
    return _facets(
        snapshot,
        request,
        lambda asked, _dated: [(segment, np.flatnonzero(matching_mask(segment, asked))) for segment in snapshot.segments],
        complete=True,
    )


def _facets(
    snapshot: Snapshot, request: Request, find: Callable[[Request, bool], Rows], *, complete: bool, names_days: bool = False
) -> Facets:
    known: dict[str, Rows] = {}

    def rows(key: str) -> Rows:
        """The articles that match without the conditions on ``key``. Fields without a condition share one search."""
        asked = replace(request, where=without(request.where, key))
        if key == _DATE:
            asked = replace(asked, period=None)
        dated = key != _DATE or not names_days
        search = repr((asked, dated))
        if search not in known:
            known[search] = find(asked, dated)
        return known[search]

    every = rows("")
    # An archive in Milvus has no segments of its own, only those of the articles found.
    present = {key for segment in (*snapshot.segments, *(segment for segment, _ in every)) for key in segment.metadata.keys}
    fields = [
        _facet(key, rows(key), every, _asked_for(request.where, key), partial(_texts, key))
        for key in (*_CODED, *(key for key in _METADATA if key in present))
    ]
    # Where few articles have a source, or a folder is asked for.
    if 2 * fields[0].missing > _size(rows(_CODED[0])) or _asks_for(request.where, _PATH):
        inside = partial(_folders, _root([*snapshot.segments, *(segment for segment, _ in every)]))
        folders = _facet(_PATH, rows(_PATH), every, _asked_for(request.where, _PATH), inside)
        fields += [folders] if folders.values else []
    of_any_date = rows(_DATE)
    years, undated = by_date(of_any_date, "Y")
    latest = tuple(Value(year, count) for year, count in reversed(years.items()))
    fields.append(Facet(_DATE, latest[:_MOST], max(0, len(latest) - _MOST), undated))
    counted_from = day_counted_from(snapshot, date.today())
    return Facets(tuple(fields), Timeline(*by_date(of_any_date, "M"), _size(of_any_date)), _size(every), complete, counted_from)


def _size(rows: Rows) -> int:
    return sum(len(mine) for _, mine in rows)


def _asked_for(wanted: Filter | None, key: str) -> set[str]:
    """Return the values, folded, that the filter names for a field."""
    parts = [part for part in comparisons(wanted) if part.key.removeprefix("metadata.") == key] if wanted else []
    return {_form(key, str(value)) for part in parts if part.type in ("eq", "in") for value in part.values}


def _asks_for(wanted: Filter | None, key: str) -> bool:
    return wanted is not None and any(part.key == key for part in comparisons(wanted))


def _form(key: str, text: str) -> str:
    """``text`` as a filter compares it."""
    return text if key == _PATH else folded(text)


def _facet(key: str, rows: Rows, every: Rows, asked_for: Collection[str], texts: Callable[[Rows], Iterable[tuple[str, int]]]) -> Facet:
    """Count the values of ``rows``, and in ``every`` match those ``asked_for``: a filter can change which articles answer. ``texts`` are
    the values of such rows, and how many articles have each.
    """
    counts, spellings, with_one = _counts(key, texts(rows))
    if asked_for:
        answering, written, _ = _counts(key, texts(every))
        counts.update({form: answering[form] - counts[form] for form in asked_for})
        spellings = written | spellings
    named = sorted(
        (Value(spellings[form].most_common(1)[0][0], count) for form, count in counts.items() if count > 0),
        key=lambda each: (-each.articles, each.name),
    )
    return Facet(key, tuple(named[:_MOST]), max(0, len(named) - _MOST), _size(rows) - with_one)


def _counts(key: str, texts: Iterable[tuple[str, int]]) -> tuple[Counter[str], dict[str, Counter[str]], int]:
    """Return how many articles have each folded value, its spellings, and how many articles have any value."""
    counts: Counter[str] = Counter()
    spellings: dict[str, Counter[str]] = {}
    with_one = 0
    for text, count in texts:
        # Count as a filter matches: each item of a list, ignoring case.
        items = {_form(key, item): item.strip() for item in (text.split(", ") if key in _METADATA else [text]) if folded(item)}
        with_one += count if items else 0
        for form, item in items.items():
            counts[form] += count
            spellings.setdefault(form, Counter())[item] += count
    return counts, spellings, with_one


def _texts(key: str, rows: Rows) -> Iterator[tuple[str, int]]:
    """Yield each text of the field, and how many articles have it."""
    for segment, mine in rows:
        if key in _CODED:
            coded = segment.coded[key]
            values, counts = coded.values, np.bincount(coded.codes[mine], minlength=len(coded.values))
        else:
            values, counts = segment.metadata.values(key), segment.metadata.counts(key, mine)
        for place in np.flatnonzero(counts).tolist():
            yield values[place], int(counts[place])


def _root(segments: Sequence[Segment]) -> str:
    """Return the folder that contains all files, "" or with a slash at its end."""
    paths = [segment.coded[_PATH].values for segment in segments if segment.article_count]
    common = commonprefix([path for values in paths for path in (values[0], values[len(values) - 1])])  # noqa: RUF071 - cut at a slash
    return common[: common.rfind("/") + 1]


def _folders(root: str, rows: Rows) -> list[tuple[str, int]]:
    """Return each folder in ``root`` and how many articles its files have; none where more than ``LOOKED_AT`` files and folders are there.

    Paths ascend, so that those of one folder are adjacent and only the first is read.
    """
    found = []
    steps = 0
    for segment, mine in rows:
        # Of the type of numbers in Python, or each search would convert all.
        values, codes = segment.coded[_PATH].values, np.sort(segment.coded[_PATH].codes[mine]).astype(np.int64)
        at = 0
        while at < len(codes):
            if (steps := steps + 1) > LOOKED_AT:
                return []
            path = values[int(codes[at])]
            folder, slash, _ = path.removeprefix(root).partition("/")
            end = values.starting(f"{root}{folder}/").stop if slash else int(codes[at]) + 1
            after = int(np.searchsorted(codes, end))
            if slash:
                found.append((f"{root}{folder}/", after - at))
            at = after
    return found


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
