"""The year or month that each number of a sentence belongs to: "37 in 2025, up from 19 in 2024"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from newsdex.records import Published
from newsdex.search.check import dates, numbers
from newsdex.search.check.dates import Date
from newsdex.search.check.languages import pattern_of

_MOST = 40  # numbers of a sentence; those of a longer list have no dates
_BETWEEN = 60  # characters between a number and a date behind it
# A date behind these belongs to another number, or a number behind these to another date.
_APART = re.compile(rf"[,;:()]|{pattern_of('apart')}", re.IGNORECASE)
_COMPARED = re.compile(rf"{pattern_of('compared')}[^.;]{{0,40}}$", re.IGNORECASE)
_FROM = re.compile(pattern_of("compared with"), re.IGNORECASE)
_YEAR_BEFORE = re.compile(pattern_of("year before"), re.IGNORECASE)
_LAST_YEAR = re.compile(pattern_of("last year"), re.IGNORECASE)


class Dated(NamedTuple):
    """A number, and the ``date`` that it belongs to, if one is stated; ``besides``: it belongs to any other, with which it is compared."""

    quantity: numbers.Quantity
    date: Date | None
    besides: bool = False

    def conflicts(self, date: Date) -> bool:
        """Return whether the number belongs to another year or month than ``date``."""
        if not self.date:
            return False
        if self.besides:
            return self.date.year in (0, date.year) and self.date.month in (0, date.month)
        if date.year and self.date.year and date.year != self.date.year:
            return True
        return bool(date.month and self.date.month and date.month != self.date.month)

    def is_before(self, year: int, published: Published | None) -> bool:
        """Return whether the number is of an earlier year than ``year``."""
        return self.date is not None and not self.besides and 0 < _year(self.date, published) < year


def _year(date: Date, published: Published | None) -> int:
    return date.year or (published.earliest.year if published else 0)


def is_relative(text: str) -> bool:
    """Return whether a text counts a year from another, such as "last year"."""
    return _LAST_YEAR.search(text) is not None or _YEAR_BEFORE.search(text) is not None


def latest_of(date: Date, known: Iterable[Dated], published: Published | None) -> int:
    """Return the year that a claim means by a ``date`` of a month alone: the latest for which numbers of that month are ``known``; or 0."""
    if date.year or not date.month:
        return 0
    return max((_year(one.date, published) for one in known if one.date and not one.besides and one.date.month == date.month), default=0)


def dated(text: str, found: Sequence[numbers.Quantity], language: str, context: str, published: Published | None) -> list[Dated]:
    """Return the numbers ``found`` in a sentence with their dates. ``context`` is the sentence with the one before it."""
    said = [each for each in dates.dates(text, [language]) if (each.year or each.month) and not each.decade]
    said = sorted([*said, *_relative(text, context, said, language, published)], key=lambda each: each.start)
    if not said or len(found) > _MOST:
        return [Dated(each, None) for each in found]
    behind = [_behind(text, each, found, said) for each in found]
    free = [one for one in said if one not in behind]
    return [
        Dated(each, own) if own else _other(text, each, free, zip(found, behind, strict=True))
        for each, own in zip(found, behind, strict=True)
    ]


def _relative(text: str, context: str, said: Sequence[Date], language: str, published: Published | None) -> list[Date]:
    """Return "last year" and "a year earlier" as dates."""
    this = published.earliest.year if published else 0
    found = [Date(this - 1, start=each.start(), end=each.end(), text=text) for each in _LAST_YEAR.finditer(text) if this]
    stated = [each.year for each in (*said, *reversed(dates.dates(context, [language]))) if each.year]
    base = stated[0] if stated else this
    found += [Date(base - 1, start=each.start(), end=each.end(), text=text) for each in _YEAR_BEFORE.finditer(text) if base]
    return found


def _behind(text: str, each: numbers.Quantity, found: Sequence[numbers.Quantity], said: Sequence[Date]) -> Date | None:
    """Return the date behind a number in its own phrase: "19 in 2024", "19 the year before"."""
    date = next((one for one in said if one.start >= each.end), None)
    if date is None or date.start - each.end > _BETWEEN or any(each.end <= other.start < date.start for other in found):
        return None
    return None if _APART.search(text, each.end, date.start) else date


def _other(text: str, each: numbers.Quantity, said: Sequence[Date], found: Iterable[tuple[numbers.Quantity, Date | None]]) -> Dated:
    """Return a number with the date before it. If it is compared with a number of a date, before or behind it, it is of any other."""
    date = next((one for one in reversed(said) if one.end <= each.start), None)
    if date:
        return Dated(each, date, _COMPARED.search(text[date.end : each.start]) is not None)
    following, then = next(((other, own) for other, own in found if other.start >= each.end), (each, None))
    compared = then is not None and _FROM.search(text, each.end, following.start) is not None
    return Dated(each, then if compared else None, compared)
