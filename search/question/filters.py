"""Filters: conditions on the fields of articles, as one object that Python, HTTP and MCP share.

    {"type": "and", "filters": [
        {"type": "in", "key": "source", "value": ["Reuters", "AP"]},
        {"type": "gte", "key": "published", "value": "2024-04"},
        {"type": "ne", "key": "section", "value": "Sport"}]}

docs/FILTERS.md describes keys and comparisons. A filter is evaluated on the distinct values of a field, not article by article.
"""

from __future__ import annotations

import fnmatch
import hashlib
import math
import operator
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property, lru_cache, partial
from itertools import chain, islice
from numbers import Integral, Real
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from newsdex.errors import FilterTooCostly, UsageError
from newsdex.records import is_retraction
from newsdex.search.deadline import check_time
from newsdex.search.question.phrases import Phrase, fold, looks, phrase_of, texts_with
from newsdex.search.question.when import dates_there, days_that_meet, parse_iso_days
from newsdex.store.columns import Strings, rows_with
from newsdex.store.segment import Segment
from newsdex.store.vocabulary import without_accents
from newsdex.values import folded, grouped, number_of

Scalar: TypeAlias = str | int | float | bool
Test: TypeAlias = Callable[[str], bool]
_Item = TypeVar("_Item")

LONGEST_PHRASE = 1_000  # characters
DEEPEST = 20
_BOUNDS = {
    "parts": (1_000, "filter has too many parts: expected at most {}"),
    "values": (10_000, "filter has too many values: expected at most {}"),
    "phrases": (100, "filter has too many phrases: expected at most {} of type contains"),
    "text": (500_000, "values of the filter are too long: expected at most {} characters in all"),
    "patterns": (20_000, "patterns of the filter are too long: expected at most {} characters in all"),
}
# Path comparisons of a filter: at most MOST_MATCHES, or MATCHES_EACH times the articles of a larger archive.
MOST_MATCHES, MATCHES_EACH = 1_000_000, 8
# The same for searching a text for a phrase, which takes 2 to 20 microseconds.
MOST_LOOKS, LOOKS_EACH = 250_000, 8

_ORDERS: dict[str, Callable[[Any, Any], Any]] = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}
_EQUAL = ("eq", "ne", "in", "nin")
_NOT = {"ne": "eq", "nin": "in"}
COMPARISONS = (*_EQUAL, *_ORDERS, "glob", "contains")
COMPOUNDS = ("and", "or", "not")
# The fields of every article; any other key names a field of the archive's metadata.
FIELDS = ("id", "title", "text", "source", "url", "path", "language", "published", "retracted")
_CODED = ("source", "path", "language")
_OWN = ("id", "url", "title")  # stored for each article
_ALIASES = {"lang": "language", "date": "published"}
_METADATA = "metadata."
_NO_TEXT = ("language", "published", "retracted")
_READ = ("text", "title")  # indexed: articles are looked up by the words of a phrase
_EXACT = ("id", "url", "path")  # compared with case and accents
_SIGN = re.compile("[<>!]=|==?|[<>]")
_BY_SIGN = {"=": "eq", "==": "eq", "!=": "ne", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
_MANY = 200  # with more values, a field is searched rather than tested value by value
_REMEMBERED = 64  # filters cached per segment, each a byte per article
_FEW = 10  # values of a filter that are looked up, or searched in the bytes of the column
_FINDS = 200  # matches of one value, beyond which every value is tested
_WILD = re.compile(r"[*?\[]")
_FIXED = re.compile(r"(?!\./|/)[^*?\[]+")  # the part of a path pattern before its first wildcard
_BETWEEN = 1_024  # values between two checks of the deadline
_EXPLAINED = 20  # values explained in the remarks of an empty result
_SHOWN = 80  # characters of a value in a message
_EXAMPLES = 10  # values of which a message lists all when none is similar
# The least likeness of a value that is called the nearest.
_ALIKE = 0.6
_NEAREST = 3  # values that it lists of more
_LISTED = 30  # names in a message
_COMPARED = 1_000  # names compared with an unknown one, at 20 microseconds each


@dataclass(frozen=True, slots=True)
class Comparison:
    """A condition on one field. ``type`` is one of COMPARISONS; ``value`` is a tuple for "in" and "nin"."""

    type: str
    key: str
    value: Scalar | tuple[Scalar, ...]

    @property
    def values(self) -> tuple[Scalar, ...]:
        """The value or values to compare with."""
        return self.value if isinstance(self.value, tuple) else (self.value,)

    @property
    def is_searched(self) -> bool:
        """Whether it is a phrase that is searched in titles and texts."""
        return self.type == "contains" and self.key in _READ


@dataclass(frozen=True, slots=True)
class Compound:
    """Conditions of which all ("and"), at least one ("or") or none ("not") must hold."""

    type: str
    filters: tuple[Filter, ...]


Filter: TypeAlias = Comparison | Compound


def parse_filter(given: object) -> Filter:
    """Convert a dict, as parsed from JSON, to a filter; return a Filter unchanged. Raises UsageError, which names the invalid part."""
    if isinstance(given, Comparison | Compound):
        return given
    check_size(given)
    return _parse(given, "filter")


def filter_from_options(
    *,
    source: Sequence[str] = (),
    lang: Sequence[str] = (),
    where: Sequence[str] = (),
    path: Sequence[str] = (),
    filter: object = None,  # noqa: A002 - what clients call it
) -> Filter | None:
    """Return the filter for the options of a shell command; None without any.

    An article must have one of the sources, one of the languages, a path that matches one of the patterns, meet every condition of
    ``where``, such as "section=Sport", "section!=Sport" or "words>=500", and match ``filter``, as in ``parse_filter``. Raises UsageError.
    """
    listed = (("source", source), ("language", lang))
    parts: list[dict[str, object]] = [{"type": "in", "key": key, "value": list(values)} for key, values in listed if values]
    if path:
        parts.append({"type": "or", "filters": [{"type": "glob", "key": "path", "value": pattern} for pattern in path]})
    conditions = [_condition(text) for text in where]
    check_size({"type": "and", "filters": [*parts, *conditions]})
    read = [*(_parse(part, "filter") for part in parts), *map(_parse_condition, conditions, where)]
    read += [] if filter is None else [parse_filter(filter)]
    return Compound("and", tuple(read)) if read else None


def _condition(text: str) -> dict[str, object]:
    sign = _SIGN.search(text)
    key = text[: sign.start()].strip() if sign else ""
    if not sign or not key:
        raise UsageError(f"the condition {_short(text)} is not understood: expected key=value, with =, !=, <, <=, > or >=")
    return {"type": _BY_SIGN[sign[0]], "key": key, "value": text[sign.end() :].strip()}


def _parse_condition(given: Mapping[str, object], text: str) -> Filter:
    """Parse the condition that stands as ``text`` in an option, which an error names in place of a member of the filter."""
    try:
        return _parse(given, "")
    except UsageError as error:
        raise UsageError(f"the condition {_short(text)} is not allowed: {str(error).partition(': ')[2]}") from error


def check_size(given: object) -> None:
    """Raise UsageError if an unparsed filter is too large; nothing else is checked."""
    level, counts = [given], Counter(parts=1)
    for _ in range(DEEPEST):
        parts = [part for part in level if isinstance(part, Mapping)]
        level = [inner for part in parts for inner in _listed(part.get("filters"))]
        counts["parts"] += len(level)
        for part in parts:
            several = _listed(part.get("value"))
            length = sum(len(value) for value in several or [part.get("value")] if isinstance(value, str))
            kind = part.get("type")
            counts.update(values=len(several), text=length, phrases=kind == "contains", patterns=length if kind == "glob" else 0)
        for name, (most, expected) in _BOUNDS.items():
            if counts[name] > most:
                raise UsageError(f"the {expected.format(most)}")
    if level:
        raise UsageError(f"the filter is nested too deeply: expected at most {DEEPEST} levels")


def _listed(given: object) -> Sequence[object]:
    return given if isinstance(given, Sequence) and not isinstance(given, str | bytes) else ()


def _parse(given: object, place: str) -> Filter:
    if not isinstance(given, Mapping) or "type" not in given:
        raise UsageError(
            f'{place}: {_short(given)} is not a filter: expected an object such as {{"type": "eq", "key": "source", "value": "Reuters"}}'
        )
    kind = given["type"]
    if not isinstance(kind, str) or kind not in (*COMPARISONS, *COMPOUNDS):
        raise UsageError(f"{place}: {_unknown('type', kind, (*COMPARISONS, *COMPOUNDS))}")
    members = ("type", "filters") if kind in COMPOUNDS else ("type", "key", "value")
    for name in given:
        if name not in members:
            raise UsageError(f"{place}: {_unknown('member', name, members)}")
    if missing := [name for name in members if name not in given]:
        raise UsageError(f"{place}: a filter of type {kind!r} has no {missing[0]!r}: expected {' and '.join(members)}")
    if kind not in COMPOUNDS:
        return _comparison(kind, given["key"], given["value"], place)
    if not (parts := _listed(given["filters"])):
        raise UsageError(f"{place}.filters: {_short(given['filters'])} is not a list of filters: expected at least one")
    return Compound(kind, tuple(_parse(part, f"{place}.filters[{number}]") for number, part in enumerate(parts)))


def _comparison(kind: str, key: object, value: object, place: str) -> Comparison:
    if not isinstance(key, str) or not key:
        raise UsageError(f"{place}: the key {_short(key)} is not the name of a field: expected one such as source or published")
    key = _ALIASES.get(key, key)
    if kind == "glob" and key != "path":
        raise UsageError(f"{place}: glob works on path only, not on {key!r}: expected another type, such as eq")
    if kind == "contains" and key in _NO_TEXT:
        raise UsageError(f"{place}: contains does not work on {key}: expected another type, such as eq")
    if kind != "contains" and key == "text":
        raise UsageError(f'{place}: {kind} does not work on text: expected {{"type": "contains", "key": "text", "value": "some words"}}')
    if kind not in ("in", "nin"):
        return Comparison(kind, key, _checked(kind, key, value, f"{place}.value"))
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise UsageError(f"{place}.value: {_short(value)} is not a list of values")
    return Comparison(kind, key, tuple(_checked(kind, key, item, f"{place}.value[{number}]") for number, item in enumerate(value)))


def _checked(kind: str, key: str, value: object, place: str) -> Scalar:
    """Return ``value`` in the form in which it is compared with the field ``key``."""
    if isinstance(value, date):
        value = (value.date() if key == "published" and isinstance(value, datetime) else value).isoformat()
    elif not isinstance(value, int | float) and isinstance(value, Real):
        value = int(value) if isinstance(value, Integral) else float(value)
    if not isinstance(value, str | int | float) or (isinstance(value, float) and not math.isfinite(value)):
        raise UsageError(f'{place}: {_short(value)} cannot be compared: expected text, a number, true or false ("" for a missing field)')
    if kind == "contains":
        return _phrase(value, place)
    if key == "retracted":
        return _truth(kind, value, place)
    if key == "published":
        return _date(kind, value, place)
    if kind in _ORDERS and (value == "" or isinstance(value, bool)):
        raise UsageError(f"{place}: {kind} does not work with {_short(value)}: expected text or a number")
    if kind == "glob" and (not isinstance(value, str) or not value):
        raise UsageError(f"{place}: {_short(value)} is not a pattern of paths: expected one such as 2024/*.md")
    return re.split("[-_]", value.strip().lower())[0] if key == "language" and isinstance(value, str) else value


def _phrase(value: Scalar, place: str) -> str:
    if not isinstance(value, str) or not fold(value):
        raise UsageError(f"{place}: {_short(value)} contains no word: expected a word or a phrase")
    if len(value) > LONGEST_PHRASE:
        raise UsageError(f"{place}: a phrase of {len(value)} characters is too long: expected at most {LONGEST_PHRASE}")
    return value


def _truth(kind: str, value: Scalar, place: str) -> bool:
    if kind in _ORDERS:
        raise UsageError(f"{place}: {kind} does not work on retracted: expected eq or ne")
    told = {"true": True, "false": False}.get(as_text(value).strip().lower())
    if told is None:
        raise UsageError(f"{place}: retracted cannot be {_short(value)}: expected true or false")
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
    """Raise UsageError if no article has a field of the filter, or if the filter is too costly here. Raises IndexDamaged."""
    for name in dict.fromkeys(_metadata_key(part.key) for part in comparisons(wanted)):
        if name is not None and segments and not any(name in segment.metadata for segment in segments):
            known = sorted({key for segment in segments for key in segment.metadata.keys if key} - set(FIELDS))
            raise UsageError(_unknown("key", name, (*FIELDS, *known)))
    patterns = [str(part.value) for part in comparisons(wanted) if part.type == "glob"]
    if len(patterns) > MATCHES_EACH:
        matches = sum(len(_within_folder(pattern, segment.coded["path"].values)[0]) for pattern in patterns for segment in segments)
        most = max(MOST_MATCHES, MATCHES_EACH * sum(segment.article_count for segment in segments))
        if matches > most:
            raise FilterTooCostly(
                f"the filter compares {len(patterns)} patterns with {matches} paths in all: expected at most {most}. "
                "Use fewer patterns, or patterns that begin with a folder: 2024/*.md"
            )
    phrases = _phrases(part for part in comparisons(wanted) if part.is_searched)
    if len(phrases) > LOOKS_EACH:
        found = sum(looks(segment, phrases) for segment in segments)
        most = max(MOST_LOOKS, LOOKS_EACH * sum(segment.article_count for segment in segments))
        if found > most:
            raise FilterTooCostly(
                f"{len(phrases)} phrases need {found:,} searches of a text: expected at most {most:,}. "
                "Use fewer phrases, or phrases with a rare word"
            )


def _phrases(parts: Iterable[Comparison]) -> list[Phrase]:
    """Return the phrases of ``parts``, each once."""
    return [phrase_of(value) for value in dict.fromkeys(str(part.value) for part in parts)]


def comparisons(wanted: Filter, *, negated: bool = True) -> Iterator[Comparison]:
    """Yield every comparison in the filter; without ``negated``, only those that a "not" does not exclude."""
    if isinstance(wanted, Comparison):
        yield wanted
    elif negated or wanted.type != "not":
        for part in wanted.filters:
            yield from comparisons(part, negated=negated)


def comparisons_with_days(wanted: Filter) -> Iterator[Comparison]:
    """Yield the comparisons of the filter that no article without a date meets."""
    parts = comparisons(wanted, negated=False)
    return (part for part in parts if part.key == "published" and part.type not in _NOT and "" not in part.values)


def without(wanted: Filter | None, key: str) -> Filter | None:
    """Remove the filter's conditions on ``key``. An "or" or "not" over several fields stays."""
    if wanted is None or all(part.key.removeprefix("metadata.") == key for part in comparisons(wanted)):
        return None
    if isinstance(wanted, Comparison) or wanted.type != "and":
        return wanted
    parts = tuple(left for part in wanted.filters if (left := without(part, key)) is not None)
    return parts[0] if len(parts) == 1 else Compound("and", parts)


def phrases_of(wanted: Filter) -> list[str]:
    """Return the phrases that a matching article may contain because of the filter, each once."""
    return list(dict.fromkeys(str(part.value) for part in comparisons(wanted, negated=False) if part.is_searched))


def _metadata_key(key: str) -> str | None:
    """Return the name of a metadata field; None for a field of FIELDS."""
    return None if key in FIELDS else key.removeprefix(_METADATA)


def any_matches(segments: Iterable[Segment], wanted: Filter) -> bool:
    """Whether any living article matches the filter. Raises as matching_articles."""
    return any((matching_articles(segment, wanted) & segment.live_articles).any() for segment in segments)


def matching_articles(segment: Segment, wanted: Filter) -> NDArray[np.bool_]:
    """Return a mask of the articles that match the filter, bool, (articles,), read-only; deleted articles are included. Masks are cached,
    because a segment never changes and filters recur. Raises IndexDamaged and OutOfTime.
    """
    # A digest bounds the cache's size. It is made of the repr, because Filter objects compare 1 and True as equal.
    remembered, key = segment.remembered_matches, hashlib.sha256(repr(wanted).encode(errors="surrogatepass")).hexdigest()
    found = remembered.get(key)
    if found is None:
        found = _Evaluation(segment).meeting(wanted)
        if len(remembered) >= _REMEMBERED:
            remembered.clear()
        remembered[key] = found
    return found


class _Evaluation:
    """A filter evaluated in one segment. Comparisons of the same field are combined value by value."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self._fields: dict[str, _Field] = {}

    def meeting(self, wanted: Filter) -> NDArray[np.bool_]:
        """Return a mask of the articles that match, bool, (articles,)."""
        if isinstance(wanted, Comparison):
            return self._of_field(wanted.key, [wanted], np.logical_and)
        if wanted.type == "not":
            return ~self.meeting(Compound("or", wanted.filters))
        join = np.logical_and if wanted.type == "and" else np.logical_or
        by_key = grouped((part.key, part) for part in wanted.filters if isinstance(part, Comparison))
        fields = (self._of_field(key, parts, join) for key, parts in by_key.items())
        compounds = (self.meeting(part) for part in wanted.filters if isinstance(part, Compound))
        return _joined(chain(fields, compounds), join)

    def _of_field(self, key: str, parts: Sequence[Comparison], join: np.ufunc) -> NDArray[np.bool_]:
        if key == "published":
            return _joined((_compare_dates(self._segment, part) for part in parts), join)
        if any(part.is_searched for part in parts):
            masks = texts_with(self._segment, _phrases(part for part in parts if part.is_searched), title_only=key == "title")
            others = [part for part in parts if not part.is_searched]
            return _joined(chain(masks, [self._of_field(key, others, join)] if others else []), join)
        equal = [part for part in parts if part.type in ("eq", "in")]
        if join is np.logical_or and len(equal) > 1:  # tested together
            either = Comparison("in", key, tuple(value for part in equal for value in part.values))
            parts = [either, *(part for part in parts if part not in equal)]
        field = self._fields.setdefault(key, _Field(self._segment, key))
        return field.articles(_joined(map(field.chosen, parts), join))


def _joined(masks: Iterable[NDArray[np.bool_]], join: np.ufunc) -> NDArray[np.bool_]:
    """Join masks, of which there is at least one, until no further one could change the result."""
    found: NDArray[np.bool_] | None = None
    for mask in masks:
        check_time()
        found = mask if found is None else join(found, mask)
        if found.all() if join is np.logical_or else not found.any():
            break
    assert found is not None
    return found


class _Field:
    """A field of a segment's articles, by its values. Value masks, bool, (values + 1,), end with the entry for articles without a value."""

    def __init__(self, segment: Segment, key: str) -> None:
        self._segment = segment
        self._key = key
        # A value's form, in which it is compared, is made once.
        self._form: Callable[[str], str] = str if key in _EXACT else cache(folded)

    @cached_property
    def _values(self) -> Strings:
        return _held(self._segment, self._key)

    def articles(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return a mask of the articles that have one of the ``chosen`` values, bool, (articles,)."""
        if self._key in _CODED:
            return np.asarray(chosen[self._segment.coded[self._key].codes])
        if self._key in _OWN:
            return chosen[:-1]
        metadata, name = self._segment.metadata, _metadata_key(self._key) or self._key
        found = np.full(self._segment.article_count, chosen[-1])
        found[metadata.entries(name, np.ones(len(self._values), np.bool_))] = False
        found[metadata.entries(name, chosen[:-1])] = True
        return found

    def chosen(self, wanted: Comparison) -> NDArray[np.bool_]:
        """Return a mask of the values that meet the comparison."""
        if wanted.type in _NOT:  # the complement, including articles without the field
            return ~self.chosen(Comparison(_NOT[wanted.type], wanted.key, wanted.value))
        if wanted.type in _ORDERS:
            return np.append(self._ordered(_ORDERS[wanted.type], wanted.values[0]), np.False_)
        # An empty value is not looked up: all articles may have it.
        if self._key in ("id", "url") and wanted.type in _EQUAL and len(wanted.values) <= _FEW and "" not in wanted.values:
            found = np.zeros(self._segment.article_count + 1, np.bool_)
            for value in wanted.values:
                found[list(rows_with(self._segment.tensors, self._key, as_text(value)))] = True
            return found
        test = self.test(wanted)
        return np.append(self._passing(wanted, test), np.bool_(test("")))

    def _passing(self, wanted: Comparison, test: Test) -> NDArray[np.bool_]:
        """Return a mask of the values that pass the test. In a large column, only candidates are tested where the comparison allows it."""
        chosen = np.zeros(len(self._values), np.bool_)
        candidates: Iterable[int] | None = None
        if len(self._values) > _MANY and wanted.type == "glob":
            candidates, rest = _within_folder(str(wanted.value), self._values)
            if rest in ("", "*") and str(wanted.value)[-1] in "/*":
                chosen[candidates.start : candidates.stop] = True
                return chosen
        elif len(self._values) > _MANY and wanted.type in ("eq", "in"):
            folders = _folders(self._key, wanted)
            for folder in folders:
                within = self._values.starting(folder)
                chosen[within.start : within.stop] = True
            candidates = _places_of([value for value in wanted.values if value not in folders], self._values)
        if candidates is None:
            return np.fromiter(map(test, _in_time(self._values)), np.bool_, len(chosen))
        for place in _in_time(candidates):
            chosen[place] = test(self._values[place])
        return chosen

    def test(self, wanted: Comparison) -> Test:
        """Return a test of a value, which is "" for an article without one."""
        if wanted.type == "glob":
            return _pattern(str(wanted.value), self._segment)
        if wanted.type == "contains":
            return phrase_of(str(wanted.value)).is_in
        if self._key == "retracted":
            asked = set(wanted.values)
            return lambda told: is_retraction(told) in asked
        if folders := _folders(self._key, wanted):
            return lambda path: path in wanted.values or path.startswith(folders)
        if self._key in _EXACT:
            return {as_text(value) for value in wanted.values}.__contains__
        texts = {folded(as_text(value)) for value in wanted.values if isinstance(value, str | bool)}
        numbers = {value for value in wanted.values if not isinstance(value, str | bool)}

        def test(text: str) -> bool:
            text = self._form(text)
            if text in texts or (numbers and number_of(text) in numbers):
                return True
            # A field of the metadata may have a list.
            items = text.split(", ") if self._key not in FIELDS and ", " in text else ()
            return any(item in texts or (numbers and number_of(item) in numbers) for item in items)

        return test

    def _ordered(self, compare: Callable[[Any, Any], Any], value: Scalar) -> NDArray[np.bool_]:
        limit = value if not isinstance(value, str) else number_of(value.strip())
        known: Mapping[int, Scalar] = self._texts if limit is None else self._numbers
        chosen = np.zeros(len(self._values), np.bool_)
        chosen[[*known]] = compare(np.array([*known.values()], np.object_), self._form(str(value)) if limit is None else limit)
        return chosen

    @cached_property
    def _texts(self) -> dict[int, str]:
        """The form of each value by its place, without the empty one."""
        return {place: self._form(value) for place, value in enumerate(_in_time(self._values)) if value}

    @cached_property
    def _numbers(self) -> dict[int, int | float]:
        """The number of each value that is one, by its place."""
        numbers = ((place, number_of(value.strip())) for place, value in enumerate(_in_time(self._values)))
        return {place: number for place, number in numbers if number is not None}


def _folders(key: str, wanted: Comparison) -> tuple[str, ...]:
    """Return the values that mean every file in a folder: those that end in a slash, which no path of a file does."""
    return tuple(value for value in wanted.values if isinstance(value, str) and value.endswith("/")) if key == "path" else ()


def _in_time(items: Iterable[_Item]) -> Iterator[_Item]:
    """Yield ``items``; raise OutOfTime when the deadline has passed."""
    for number, item in enumerate(items):
        if not number % _BETWEEN:
            check_time()
        yield item


_IN_WORDS = {"eq": "", "ne": "not ", "in": "one of ", "nin": "none of ", "gt": "> ", "gte": ">= ", "lt": "< ", "lte": "<= ", "glob": ""}


def in_words(wanted: Filter) -> str:
    """Describe the filter for people: 'with "herd immunity", without "covid", source Reuters'."""
    if isinstance(wanted, Compound):
        if wanted.type == "not":
            inner = in_words(wanted.filters[0] if len(wanted.filters) == 1 else Compound("or", wanted.filters))
            return inner.replace("with ", "without ", 1) if inner.startswith("with ") else f"not {inner}"
        return (", " if wanted.type == "and" else " or ").join(map(in_words, wanted.filters))
    key = wanted.key.removeprefix(_METADATA)
    said = ", ".join(as_text(value) or '""' for value in wanted.values)
    if wanted.type == "contains":
        return f'with "{said}"' if key == "text" else f'with "{said}" in {key}'
    if key == "published" and wanted.type in ("gte", "lte"):
        return f"{'since' if wanted.type == 'gte' else 'until'} {said}"
    return f"{key} {_IN_WORDS[wanted.type]}{said}"


def _parts(wanted: Filter) -> Iterator[Filter]:
    """Yield the conditions that must all hold."""
    if isinstance(wanted, Compound) and wanted.type == "and":
        for part in wanted.filters:
            yield from _parts(part)
    else:
        yield wanted


def unmet_parts(wanted: Filter, leaves: Callable[[Filter], bool], *, phrases_alone: bool) -> list[str]:
    """Explain a filter without matches: a sentence per phrase that no article has, and one if every article is excluded. Without
    ``phrases_alone`` also a sentence per value. ``leaves`` says whether any article matches a filter.
    """
    parts = [*_parts(wanted)]
    kinds = ("contains",) if phrases_alone else ("contains", "eq", "in", "glob")
    alone = (part for part in parts if isinstance(part, Comparison) and part.type in kinds)
    told = [f"No article has {in_words(part).removeprefix('with ')}." for part in islice(alone, _EXPLAINED) if not leaves(part)]
    out = [part for part in parts if isinstance(part, Compound) and part.type == "not"]
    rest = tuple(part for part in parts if part not in out)
    if out and not told and not leaves(wanted) and (not rest or leaves(Compound("and", rest))):
        told.append(f"Nothing is left {', '.join(in_words(part).replace('not ', 'without ', 1) for part in out)}.")
    return told


def unmet_values(wanted: Filter, segments: Sequence[Segment]) -> list[str]:
    """Explain a filter without matches: a sentence per value that no article has, at most _EXPLAINED. Raises IndexDamaged, OutOfTime."""
    told = [
        f"No article has a publication date {part.type} {_short(part.values[0])}; {dates_there(segments)}."
        for part in islice(comparisons_with_days(wanted), _EXPLAINED)
        if segments and part.values and not any(_compare_dates(segment, part).any() for segment in segments)
    ]
    parts = (part for part in comparisons(wanted) if part.type in ("eq", "in", "glob") and (part.key in _CODED or part.key not in FIELDS))
    held: dict[str, set[str]] = {}
    pairs = ((part, value) for part in parts for value in part.values)
    for part, value in islice(pairs, _EXPLAINED if segments else 0):
        if part.key not in held:
            held[part.key] = {each for segment in segments for each in _held(segment, part.key) if each}
        there = partial(_holds, segments[0], held[part.key], part)
        if value != "" and not there(value):
            hint = (_code_of if part.key == "language" else nearest)(str(value), held[part.key])
            inside = f"*{str(value).strip('*')}*/*"
            names = part.type == "glob" and "/" not in str(value) and there(inside)
            rule = f" A pattern without a slash is compared with file names; for folders: {_short(inside)}." if names else ""
            told.append(f"No article has {part.key} {_short(value)}{hint}.{rule}")
    return told


def _code_of(value: str, codes: Collection[str]) -> str:
    """Return what a message adds on an unknown language: the one of ``codes`` that ``value`` names in English or in itself, else all."""
    from babel import Locale, UnknownLocaleError  # for a message that few searches have

    wanted, english = without_accents(folded(value)), Locale("en").languages
    for code in _in_time(sorted(codes)):
        names = [english.get(code, "")]
        with suppress(UnknownLocaleError, ValueError):
            names.append(Locale.parse(code).display_name or "")
        if wanted in (without_accents(folded(name)) for name in names):
            return f"; its code is {code!r}"
    return f"; this archive has: {_listing(sorted(codes))}" if codes else ""


def _holds(segment: Segment, held: Iterable[str], part: Comparison, value: Scalar) -> bool:
    """Return whether any of ``held``, the values of a field, meets ``part`` with this ``value``. Raises OutOfTime."""
    return any(map(_Field(segment, part.key).test(Comparison(part.type, part.key, value)), _in_time(held)))


def _held(segment: Segment, key: str) -> Strings:
    """Return the values of a field, each once; those of _OWN in the order of the articles."""
    if key in _OWN:
        return Strings(segment.tensors[key].tobytes(), segment.tensors[f"{key}.ends"])
    return segment.coded[key].values if key in _CODED else segment.metadata.values(_metadata_key(key) or key)


def nearest(value: str, known: Iterable[str]) -> str:
    """Return what a message adds on an unknown ``value``: the one alike, by difflib's ratio, all of few, or the nearest."""
    from difflib import get_close_matches

    wanted, by_form = folded(value[:_SHOWN]), {folded(name): name for name in sorted(known, reverse=True)[-_COMPARED:]}
    if near := get_close_matches(wanted, by_form, 1, _ALIKE):
        return f"; the nearest is {by_form[near[0]]!r}"
    if len(by_form) <= _EXAMPLES:
        return f"; this archive has: {', '.join(name[:_SHOWN] for name in sorted(by_form.values()))}" if by_form else ""
    return f"; the nearest are {', '.join(by_form[form][:_SHOWN] for form in get_close_matches(wanted, by_form, _NEAREST, 0.0))}"


def _within_folder(pattern: str, values: Strings) -> tuple[range, str]:
    """Return the range of paths in the folder that the pattern begins with, and the rest of the pattern."""
    fixed = _FIXED.match(pattern)
    if fixed is None or "/" not in fixed[0]:
        return range(len(values)), pattern
    return values.starting(fixed[0]), pattern[fixed.end() :]


def _places_of(wanted: Sequence[Scalar], values: Strings) -> list[int] | None:
    """Return the places of values that may equal a wanted one; None if testing all of them is faster."""
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


def _compare_dates(segment: Segment, wanted: Comparison) -> NDArray[np.bool_]:
    first, last = segment.published_days
    found = np.zeros(len(first), np.bool_)
    for value in wanted.values:
        check_time()
        if value == "":
            found |= first == 0
        else:
            found |= days_that_meet(first, last, *days_in_relation(_NOT.get(wanted.type, wanted.type), str(value)))
    return ~found if wanted.type in _NOT else found


def days_in_relation(kind: str, value: str) -> tuple[int, int]:
    """Return the first and the last day in this relation to a date, as ordinals."""
    first, last = (day.toordinal() for day in parse_iso_days(value))
    end = date.max.toordinal()
    return {"gt": (last + 1, end), "gte": (first, end), "lt": (0, first - 1), "lte": (0, last)}.get(kind, (first, last))


@lru_cache(maxsize=1_024)
def matcher(pattern: str) -> Test:
    """Return a test whether a whole text matches ``pattern`` as in fnmatch, which never goes back beyond an asterisk."""
    # fnmatch would look for the end of each bracket behind the last closing one, which has none, up to the end of the pattern.
    head, closing, rest = pattern.rpartition("]")
    match = re.compile(fnmatch.translate(head + closing + rest.replace("[", "\0")).replace("\0", r"\[")).match
    return lambda text: match(text) is not None


def _pattern(pattern: str, segment: Segment) -> Test:
    """Return a test of stored paths as in fnmatch: * and ? match slashes too. A pattern without a slash is compared with file names; one
    that ends in a slash is a folder. One without wildcards is a folder as well: without a slash, any of that name.
    """
    pattern = pattern.removeprefix("./")
    match = matcher(pattern + "*" if pattern.endswith("/") else pattern)
    folder = "" if _WILD.search(pattern) or pattern.endswith("/") else f"{pattern}/"
    if pattern.startswith("/"):
        return lambda path: match(full := str(segment.base / path)) or bool(folder and full.startswith(folder))
    if "/" not in pattern:
        return lambda path: match(path[path.rfind("/") + 1 :]) or bool(folder and f"/{folder}" in f"/{path}")
    return lambda path: match(path) or bool(folder and path.startswith(folder))


def as_text(value: Scalar) -> str:
    """Return a value as it is compared with text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _unknown(what: str, name: object, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name[:_SHOWN].casefold(), known[:_COMPARED], 1, _ALIKE) if isinstance(name, str) else []
    listed = _listing(known)
    return f"unknown {what} {_short(name)}: " + (f"did you mean {near[0]!r}? Known are {listed}" if near else f"expected one of {listed}")


def _listing(known: Sequence[str]) -> str:
    return ", ".join(known[:_LISTED]) + (f" and {len(known) - _LISTED} more" if len(known) > _LISTED else "")
