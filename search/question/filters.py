"""Which articles a question is asked of: conditions on their fields, as one object that Python, HTTP and MCP share.

    {"type": "and", "filters": [
        {"type": "in", "key": "source", "value": ["Reuters", "AP"]},
        {"type": "gte", "key": "published", "value": "2024-04"},
        {"type": "ne", "key": "section", "value": "Sport"}]}

What each key and comparison means is in docs/FILTERS.md. Only the fields of the index are looked at, value by value and not article by article.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from newsdex.errors import UsageError
from newsdex.records import is_retraction
from newsdex.search.question.when import days_that_meet, parse_iso_days
from newsdex.store.columns import Strings, find_strings, unpack_strings
from newsdex.store.segment import Segment
from newsdex.values import folded, number_of

Scalar: TypeAlias = str | int | float | bool
Test: TypeAlias = Callable[[str], bool]

MOST_PARTS = 1_000  # comparisons and compounds in a filter
MOST_VALUES = 10_000  # in all lists of a filter
DEEPEST = 20

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}
_EQUAL = ("eq", "ne", "in", "nin")
_NOT = {"ne": "eq", "nin": "in"}
COMPARISONS = (*_EQUAL, *_ORDERS, "glob")
COMPOUNDS = ("and", "or")
# The fields that every article has; any other key is one of the archive's metadata.
FIELDS = ("id", "title", "source", "url", "path", "language", "published", "retracted")
_CODED = ("source", "path", "language")
_ALIASES = {"lang": "language", "date": "published"}
_METADATA = "metadata."
_EXACT = ("id", "url", "path")  # in which case and accents matter
_CONDITION = re.compile(r"\s*(.+?)\s*(>=|<=|!=|==?|>|<)\s*(.*?)\s*", re.DOTALL)
_BY_SIGN = {"=": "eq", "==": "eq", "!=": "ne", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
_MANY = 200  # values of a field that are not all tested where another way is known
_REMEMBERED = 64  # filters a segment, at a byte an article
_FEW = 20  # values of a filter that are looked for in the bytes of all
_FINDS = 200  # places in which one of them may be found
_FIXED = re.compile(r"(?!\./|/)[^*?\[]+")  # what a pattern of paths begins with
_SHOWN = 80  # characters of a value in a message
_LISTED = 30  # names in a message
_COMPARED = 1_000  # names that an unknown one is compared with, at 20 microseconds each


@dataclass(frozen=True, slots=True)
class Comparison:
    """A condition on one field: ``type`` is one of COMPARISONS; ``value`` is a tuple for "in" and "nin"."""

    type: str
    key: str
    value: Scalar | tuple[Scalar, ...]

    @property
    def values(self) -> tuple[Scalar, ...]:
        """The value, or the values, to compare with."""
        return self.value if isinstance(self.value, tuple) else (self.value,)


@dataclass(frozen=True, slots=True)
class Compound:
    """Conditions that all hold ("and"), or of which at least one does ("or")."""

    type: str
    filters: tuple[Filter, ...]


Filter: TypeAlias = Comparison | Compound


def parse_filter(given: object) -> Filter:
    """The filter that a dict, as JSON gives it, describes; a Filter is returned as it is.

    Raises UsageError, which names the part that cannot be meant.
    """
    if isinstance(given, Comparison | Compound):
        return given
    return _Parser().parse(given, "filter", DEEPEST)


def filter_from_options(
    *, source: Sequence[str] = (), lang: Sequence[str] = (), where: Sequence[str] = (), path: Sequence[str] = ()
) -> Filter | None:
    """The filter that the options of a shell command describe, or None: one of the sources, and one of the languages, and one of the paths' patterns,
    and every condition of ``where``, such as "section=Sport", "section!=Sport" or "words>=500".

    Raises UsageError.
    """
    parts: list[dict[str, object]] = []
    for key, values in (("source", source), ("language", lang)):
        if values:
            parts.append({"type": "in", "key": key, "value": list(values)})
    if path:
        parts.append({"type": "or", "filters": [{"type": "glob", "key": "path", "value": pattern} for pattern in path]})
    parts += [_condition(text) for text in where]
    return parse_filter({"type": "and", "filters": parts}) if parts else None


def _condition(text: str) -> dict[str, object]:
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise UsageError(f"the condition {_short(text)} is not understood: expected key=value, with =, !=, <, <=, > or >=")
    key, sign, value = found.groups()
    return {"type": _BY_SIGN[sign], "key": key, "value": value}


class _Parser:
    """Turns dicts into filters, and counts, so that no request costs without bound."""

    def __init__(self) -> None:
        self._parts = 0
        self._values = 0

    def parse(self, given: object, place: str, depth: int) -> Filter:
        self._parts += 1
        if not depth:
            raise UsageError(f"the filter is nested too deeply: expected at most {DEEPEST} levels")
        if self._parts > MOST_PARTS:
            raise UsageError(f"the filter has too many parts: expected at most {MOST_PARTS}")
        if not isinstance(given, Mapping):
            raise UsageError(
                f'{place}: {_short(given)} is not a filter: expected an object such as {{"type": "eq", "key": "source", "value": "Reuters"}}'
            )
        kind = given.get("type")
        if not isinstance(kind, str) or kind not in (*COMPARISONS, *COMPOUNDS):
            raise UsageError(f"{place}: {_unknown('type', kind, (*COMPARISONS, *COMPOUNDS))}")
        members = ("type", "filters") if kind in COMPOUNDS else ("type", "key", "value")
        for name in given:
            if name not in members:
                raise UsageError(f"{place}: {_unknown('member', name, members)}")
        if missing := [name for name in members if name not in given]:
            raise UsageError(f"{place}: a filter of type {kind!r} has no {missing[0]!r}: expected {' and '.join(members)}")
        if kind in COMPOUNDS:
            return Compound(kind, tuple(self._parse_all(given["filters"], f"{place}.filters", depth)))
        return self._comparison(kind, given["key"], given["value"], place)

    def _parse_all(self, given: object, place: str, depth: int) -> Iterator[Filter]:
        if not isinstance(given, Sequence) or isinstance(given, str | bytes) or not given:
            raise UsageError(f"{place}: {_short(given)} is not a list of filters: expected at least one")
        for number, part in enumerate(given):
            yield self.parse(part, f"{place}[{number}]", depth - 1)

    def _comparison(self, kind: str, key: object, value: object, place: str) -> Comparison:
        if not isinstance(key, str) or not key:
            raise UsageError(f"{place}: the key {_short(key)} is not the name of a field: expected one such as source or published")
        key = _ALIASES.get(key, key)
        if kind == "glob" and key != "path":
            raise UsageError(f"{place}: a pattern is for path, not for {key!r}")
        if kind not in ("in", "nin"):
            return Comparison(kind, key, _checked(kind, key, value, f"{place}.value"))
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise UsageError(f"{place}.value: {_short(value)} is not a list of values")
        self._values += len(value)
        if self._values > MOST_VALUES:
            raise UsageError(f"the filter has too many values: expected at most {MOST_VALUES}")
        return Comparison(kind, key, tuple(_checked(kind, key, item, f"{place}.value[{number}]") for number, item in enumerate(value)))


def _checked(kind: str, key: str, value: object, place: str) -> Scalar:
    """``value`` as it is compared with the field ``key``."""
    if not isinstance(value, str | int | float) or (isinstance(value, float) and not math.isfinite(value)):
        raise UsageError(
            f'{place}: {_short(value)} cannot be compared: expected text, a number, true or false ("" for a field that is missing)'
        )
    if key == "retracted":
        return _truth(kind, value, place)
    if key == "published":
        return _date(kind, value, place)
    if kind in _ORDERS and (value == "" or isinstance(value, bool)):
        raise UsageError(f"{place}: nothing is more or less than {_short(value)}: expected text or a number")
    if kind == "glob" and (not isinstance(value, str) or not value):
        raise UsageError(f"{place}: {_short(value)} is not a pattern of paths: expected one such as 2024/*.md")
    return re.split("[-_]", value.strip().lower())[0] if key == "language" and isinstance(value, str) else value


def _truth(kind: str, value: Scalar, place: str) -> bool:
    if kind in _ORDERS:
        raise UsageError(f"{place}: retracted is true or false, neither is more or less")
    named = {"true": True, "false": False}
    told = value if isinstance(value, bool) else named.get(str(value).strip().lower())
    if told is None:
        raise UsageError(f"{place}: retracted is never {_short(value)}: expected true or false")
    return told


def _date(kind: str, value: Scalar, place: str) -> str:
    if value == "" and kind in _EQUAL:
        return ""
    if not isinstance(value, str):
        raise UsageError(f'{place}: {_short(value)} is not a date: expected one such as "2024", "2024-04" or "2024-04-26"')
    try:
        parse_iso_days(value)
    except UsageError as error:
        raise UsageError(f"{place}: {error}") from error
    return value


def check_keys(wanted: Filter, segments: Sequence[Segment]) -> None:
    """Raises UsageError when ``wanted`` names a field that no article of these segments has, and IndexDamaged."""
    for name in dict.fromkeys(_metadata_key(part.key) for part in _comparisons(wanted)):
        if name is not None and segments and not any(name in segment.metadata for segment in segments):
            known = sorted({key for segment in segments for key in segment.metadata.keys if key} - set(FIELDS))
            raise UsageError(_unknown("key", name, (*FIELDS, *known)))


def _comparisons(wanted: Filter) -> Iterator[Comparison]:
    if isinstance(wanted, Comparison):
        yield wanted
    else:
        for part in wanted.filters:
            yield from _comparisons(part)


def _metadata_key(key: str) -> str | None:
    """The name of a field of the metadata; None for a field that every article has."""
    return None if key in FIELDS else key.removeprefix(_METADATA)


def matching_articles(segment: Segment, wanted: Filter) -> NDArray[np.bool_]:
    """Which articles of ``segment`` meet the filter, bool, (articles,), not to be written to; deleted ones are looked at as well.

    What has been found is remembered, for a segment never changes, and the same filter comes with many questions. Raises IndexDamaged.
    """
    remembered, key = segment.remembered_matches, repr(wanted)
    found = remembered.get(key)
    if found is None:
        found = _meeting(segment, wanted)
        if len(remembered) >= _REMEMBERED:
            remembered.clear()
        remembered[key] = found
    return found


def _meeting(segment: Segment, wanted: Filter) -> NDArray[np.bool_]:
    if isinstance(wanted, Comparison):
        return _compare(segment, wanted)
    first, *rest = wanted.filters
    found = _meeting(segment, first)
    for part in rest:
        if wanted.type == "and" and found.any():
            found &= _meeting(segment, part)
        elif wanted.type == "or" and not found.all():
            found |= _meeting(segment, part)
    return found


def unmet_values(wanted: Filter, segments: Sequence[Segment]) -> list[str]:
    """For a filter that found nothing: a sentence for each value that no article has, with the nearest one that there is.

    Raises IndexDamaged.
    """
    told = []
    for part in _comparisons(wanted):
        if segments and part.type in ("eq", "in", "glob") and (part.key in _CODED or part.key not in FIELDS):
            known = {value for segment in segments for value in _held(segment, part.key) if value}
            for value in part.values:
                test = _test_of(segments[0], Comparison(part.type, part.key, value))
                if value != "" and not any(map(test, known)):
                    told.append(f"No article has {part.key} {_short(value)}{_nearest(str(value), known)}.")
    return told


def _held(segment: Segment, key: str) -> Strings:
    """Each value that articles have of a field whose values are stored once."""
    return segment.coded[key].values if key in _CODED else segment.metadata.values(_metadata_key(key) or key)


def _nearest(value: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    by_form = {folded(name): name for name in sorted(known, reverse=True)[-_COMPARED:]}
    if near := get_close_matches(folded(value), by_form, 1, 0.5):
        return f"; the nearest is {by_form[near[0]]!r}"
    return f"; there are {len(by_form)}, such as {min(by_form.values())!r}" if by_form else ""


def _compare(segment: Segment, wanted: Comparison) -> NDArray[np.bool_]:
    if wanted.type in _NOT:  # exactly the others, those without the field among them
        return ~_compare(segment, Comparison(_NOT[wanted.type], wanted.key, wanted.value))
    key = wanted.key
    if key == "published":
        return _compare_dates(segment, wanted)
    if key in ("id", "url") and wanted.type in _EQUAL and len(wanted.values) <= _FEW:
        return find_strings(segment.tensors, key, [as_text(value) for value in wanted.values])
    test = _test_of(segment, wanted)
    if key in _CODED:
        column = segment.coded[key]
        return np.asarray(_chosen(wanted, test, column.values)[column.codes])
    if key in ("id", "url", "title"):
        return _tested(test, unpack_strings(segment.tensors, key))
    name = _metadata_key(key) or key
    held = segment.metadata.values(name)
    with_key = segment.metadata.entries(name, np.ones(len(held), np.bool_))
    found = np.full(segment.article_count, test(""))
    found[with_key] = False
    found[segment.metadata.entries(name, _chosen(wanted, test, held))] = True
    return found


def _chosen(wanted: Comparison, test: Test, values: Strings) -> NDArray[np.bool_]:
    """Which of ``values``, in ascending order, pass the test; of many, few are looked at where the comparison says which."""
    if len(values) > _MANY and wanted.type == "glob":
        return _matching(str(wanted.value), test, values)
    if len(values) > _MANY and wanted.type in ("eq", "in") and (places := _places_of(wanted.values, values)) is not None:
        chosen = np.zeros(len(values), np.bool_)
        chosen[places] = [test(values[place]) for place in places]
        return chosen
    return _tested(test, values)


def _matching(pattern: str, test: Test, values: Strings) -> NDArray[np.bool_]:
    """Which paths match the pattern: one that begins with a folder is compared with what is in the folder."""
    fixed = _FIXED.match(pattern)
    if fixed is None or "/" not in fixed[0]:
        return _tested(test, values)
    within = values.starting(fixed[0])
    chosen = np.zeros(len(values), np.bool_)
    all_of_it = pattern[fixed.end() :] in ("", "*") and pattern[-1] in "/*"
    chosen[within.start : within.stop] = True if all_of_it else [test(value) for value in values[within.start : within.stop]]
    return chosen


def _places_of(wanted: Sequence[Scalar], values: Strings) -> list[int] | None:
    """The places of the values that can be equal to one of the wanted; None when that takes longer to know than to test all."""
    texts = [folded(value) for value in wanted if isinstance(value, str)]
    if len(texts) < len(wanted) or len(texts) > _FEW or not all(texts):
        return None
    places = set()
    for text in texts:
        found = values.containing(text, _FINDS)
        if found is None:
            return None
        places.update(found)
    return sorted(places)


def _tested(test: Test, values: Sequence[str]) -> NDArray[np.bool_]:
    return np.fromiter(map(test, values), np.bool_, len(values))


def _compare_dates(segment: Segment, wanted: Comparison) -> NDArray[np.bool_]:
    first, last = segment.published_days
    found = np.zeros(len(first), np.bool_)
    for value in wanted.values:
        if value == "":
            found |= first == 0
        else:
            found |= days_that_meet(first, last, *days_in_relation(wanted.type, str(value)))
    return found


def days_in_relation(kind: str, value: str) -> tuple[int, int]:
    """The first and the last day that are in this relation to those of a date."""
    of = parse_iso_days(value)
    assert of.since
    assert of.until
    first, last = of.since.toordinal(), of.until.toordinal()
    end = date.max.toordinal()
    return {"gt": (last + 1, end), "gte": (first, end), "lt": (0, first - 1), "lte": (0, last)}.get(kind, (first, last))


def _test_of(segment: Segment, wanted: Comparison) -> Test:
    """Whether a value of the field, "" where an article has none, meets the comparison."""
    if wanted.key == "retracted":
        asked = set(wanted.values)
        return lambda told: is_retraction(told) in asked
    if wanted.type == "glob":
        return _pattern(str(wanted.value), segment)
    if wanted.type in _ORDERS:
        return _order(_ORDERS[wanted.type], wanted.values[0], str if wanted.key in _EXACT else folded)
    if wanted.key in _EXACT:
        exact = {as_text(value) for value in wanted.values}
        return exact.__contains__
    return _equality(wanted.values, lists=wanted.key not in FIELDS)


def _equality(values: Iterable[Scalar], *, lists: bool) -> Test:
    texts = {folded(as_text(value)) for value in values if isinstance(value, str | bool)}
    numbers = {value for value in values if not isinstance(value, str | bool)}

    def test(text: str) -> bool:
        text = folded(text)
        if text in texts or (numbers and number_of(text) in numbers):
            return True
        return lists and ", " in text and any(item in texts or (numbers and number_of(item) in numbers) for item in text.split(", "))

    return test


def _order(compare: Callable[[Any, Any], bool], value: Scalar, form: Callable[[str], str]) -> Test:
    limit = value if not isinstance(value, str) else number_of(value.strip())
    if limit is None:
        text_limit = form(str(value))
        return lambda text: bool(text) and compare(form(text), text_limit)

    def test(text: str) -> bool:
        number = number_of(text.strip())
        return number is not None and compare(number, limit)

    return test


def _pattern(pattern: str, segment: Segment) -> Test:
    """A test of stored paths, as fnmatch has it: * and ? stand for slashes too. A pattern without a slash is one of file names, and one that ends in a slash
    is a folder.
    """
    import fnmatch

    pattern = pattern.removeprefix("./")
    match = re.compile(fnmatch.translate(pattern + "*" if pattern.endswith("/") else pattern)).match
    if pattern.startswith("/"):
        return lambda path: match(segment.full_path(path)) is not None
    if "/" not in pattern:
        return lambda path: match(path[path.rfind("/") + 1 :]) is not None
    return lambda path: match(path) is not None


def as_text(value: Scalar) -> str:
    """How a value is written where it is compared as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _unknown(what: str, name: object, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name.casefold(), known[:_COMPARED], 1, 0.5) if isinstance(name, str) else []
    listed = ", ".join(known[:_LISTED]) + (f" and {len(known) - _LISTED} more" if len(known) > _LISTED else "")
    return f"unknown {what} {_short(name)}: " + (f"did you mean {near[0]!r}? Known are {listed}" if near else f"expected one of {listed}")
