"""Filters and dates as expressions of Milvus. newsdex.search.question.filters decides what cannot be said exactly there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from newsdex.milvus.rows import EQUAL, METADATA, NUMBER, THERE, mark, written
from newsdex.records import Period
from newsdex.search.question.filters import FIELDS, Comparison, Filter, as_text, days_in_relation
from newsdex.values import folded

_NEGATED = ("ne", "nin")
_NAMED = 5_000  # values that an expression has
NOTHING = "first < 0"  # which no row is


class Condition(NamedTuple):
    """``expression`` is met by all rows that are meant, and where it is ``exact`` by no others; empty, it is met by all."""

    expression: str
    exact: bool


def condition_of(where: Filter | None, period: Period | None, as_of: date | None) -> Condition:
    """Which rows a question is asked of."""
    parts = [] if where is None else [_translated(where)]
    if period and (period.since or period.until):
        since = period.since.toordinal() if period.since else 1
        until = period.until.toordinal() if period.until else date.max.toordinal()
        parts.append(Condition(_days(since, until), exact=True))
    if as_of:
        parts.append(Condition(f"(first > 0 and last <= {as_of.toordinal()})", exact=True))
    return _all(parts)


def any_of(field: str, values: Iterable[int]) -> str:
    """That an array has one of ``values``."""
    listed = sorted(set(values))
    if len(listed) == 1:
        return f"array_contains({field}, {listed[0]})"
    return f"array_contains_any({field}, [{', '.join(map(str, listed))}])" if listed else NOTHING


def one_of(field: str, values: Iterable[str]) -> str:
    """That a field is one of ``values``, which have nothing that must be quoted."""
    return f"{field} in {json.dumps(list(values))}"


def both(*parts: str) -> str:
    """That all of these expressions are met, as far as they say something."""
    return " and ".join(f"({part})" for part in parts if part)


def _translated(wanted: Filter) -> Condition:
    if isinstance(wanted, Comparison):
        return _comparison(wanted)
    parts = [_translated(part) for part in wanted.filters]
    if wanted.type == "not":
        found = _any(parts)
        if found.expression:
            return Condition(f"not ({found.expression})", exact=True) if found.exact else Condition("", exact=False)
        return Condition(NOTHING, exact=True) if found.exact else found
    return _all(parts) if wanted.type == "and" else _any(parts)


def _all(parts: Sequence[Condition]) -> Condition:
    return Condition(both(*(part.expression for part in parts)), all(part.exact for part in parts))


def _any(parts: Sequence[Condition]) -> Condition:
    if not all(part.expression for part in parts):
        return Condition("", exact=any(part.exact and not part.expression for part in parts))
    return Condition(" or ".join(f"({part.expression})" for part in parts), all(part.exact for part in parts))


def _comparison(wanted: Comparison) -> Condition:
    if wanted.key == "published":
        return Condition(_published(wanted), exact=True)
    folders = wanted.key == "path" and any(as_text(value).endswith("/") for value in wanted.values)
    if wanted.type in (*_NEGATED, "eq", "in") and len(wanted.values) <= _NAMED and not folders:
        found = _equality(wanted)
        return Condition(f"not ({found})" if wanted.type in _NEGATED else found, exact=True)
    if wanted.key in FIELDS:  # every article has it: more, less and patterns are not for marks
        return Condition("", exact=False)
    return Condition(f"array_contains(facets, {mark(_metadata(wanted.key), THERE)})", exact=False)


def _equality(wanted: Comparison) -> str:
    key = wanted.key if wanted.key in FIELDS else _metadata(wanted.key)
    if key in ("id", "url", "path"):
        return any_of("facets", (mark(key, EQUAL, as_text(value)) for value in wanted.values))
    marks = []
    for value in wanted.values:
        if isinstance(value, str | bool):
            marks.append(mark(key, EQUAL, folded(as_text(value))))
        else:
            marks.append(mark(key, NUMBER, written(value)))
    found = any_of("facets", marks)
    missing = key.startswith(METADATA) and any(isinstance(value, str) and not folded(value) for value in wanted.values)
    return f"({found}) or (not array_contains(facets, {mark(key, THERE)}))" if missing else found


def _published(wanted: Comparison) -> str:
    days = ["first == 0" if value == "" else _days(*days_in_relation(wanted.type, str(value))) for value in wanted.values]
    found = " or ".join(days) if days else NOTHING
    return f"not ({found})" if wanted.type in _NEGATED else found


def _days(since: int, until: int) -> str:
    return f"(last >= {max(since, 1)} and first <= {until})"


def _metadata(key: str) -> str:
    return METADATA + key.removeprefix(METADATA)
