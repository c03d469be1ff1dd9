"""Days: those that an option means, those that an article's date can mean, and how recent an article is.

A publication date is known to the day, the month or the year, so it is a range of days. It falls in a period if the two overlap. It counts
as known on a day if it cannot be later.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsdex.errors import UsageError
from newsdex.records import Period
from newsdex.store.segment import Segment

_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?"
_ISO = re.compile(rf"(\d{{4}})(?:-(\d\d?)(?:-(\d\d?)(?:[T ]{_CLOCK})?)?)?", re.ASCII)
_AGO = re.compile(r"(\d{1,6})\s*([dwmy])", re.ASCII | re.IGNORECASE)
_DAYS = {"d": 1.0, "w": 7.0, "m": 365.2425 / 12, "y": 365.2425}  # the mean month and year of the Gregorian calendar
# Days after the period that a question names in which its stories are still published. For 25 questions to a news collection, the answer
# was published within the period in 20 cases, and within 10 more days in all 25.
REPORTED = 10
_EXPECTED = "expected a date such as 2024, 2024-04, 2024-04-26 or 26.4.2024, or 30d, 2w, 6m, 1y (ago), today, yesterday"


class Days(NamedTuple):
    """The first and the last day of a range."""

    first: date
    last: date


def parse_day_range(text: str | date, today: date) -> Days:
    """Return the days that an option's value means: a day, or all days of a month or a year.

    ``30d``, ``2w``, ``6m`` and ``1y`` are the day so long before ``today``. Raises UsageError, also for a date that does not exist.

    >>> parse_day_range("2024-02", date(2024, 5, 1)).last, parse_day_range("2w", date(2024, 5, 1)).first
    (datetime.date(2024, 2, 29), datetime.date(2024, 4, 17))
    """
    if isinstance(text, date):
        day = text.date() if isinstance(text, datetime) else text
    elif (word := text.strip().lower()) in ("today", "yesterday"):
        day = today - timedelta(days=word == "yesterday")
    elif ago := _AGO.fullmatch(word):
        try:
            day = before(today, int(ago[1]), ago[2])
        except (ValueError, OverflowError) as error:
            raise UsageError(f"{text!r} is before the year 1: {_EXPECTED}") from error
    else:
        return parse_iso_days(text, _EXPECTED)
    return Days(day, day)


def parse_iso_days(text: str, expected: str = "expected a date such as 2024, 2024-04, 2024-04-26 or 26.4.2024") -> Days:
    """Return the days of an ISO 8601 date, which may end after the year or the month, or of one such as 26.4.2024; of a date and time, its
    day in the zone that it names. Raises UsageError, which says what was ``expected``, also for a date that does not exist.
    """
    parts = text.strip().split(".")
    with_points = len(parts) == len(("day", "month", "year")) and parts[0].isdecimal()
    found = _ISO.fullmatch("-".join(reversed(parts)) if with_points else text.strip())
    if found is None:
        raise UsageError(f"the date {text[:40]!r} is not understood: {expected}")
    year, *rest = (int(part) for part in found.groups() if part)
    try:
        return days_of(year, *rest)
    except ValueError as error:
        raise UsageError(f"the date {text!r} does not exist: {expected}") from error


def days_of(year: int, month: int | None = None, day: int | None = None) -> Days:
    """Return a day, or all days of a month or a year. Raises ValueError if the date does not exist."""
    first_month, last_month = (1, 12) if month is None else (month, month)
    first = date(year, first_month, 1 if day is None else day)
    return Days(first, date(year, last_month, calendar.monthrange(year, last_month)[1]) if day is None else first)


def before(day: date, count: int, unit: str) -> date:
    """Return the day so many days, weeks, months or years (d, w, m, y) earlier. Raises ValueError or OverflowError before the year 1."""
    return day - timedelta(days=count * int(_DAYS[unit])) if unit in "dw" else months_before(day, count * (12 if unit == "y" else 1))


def months_before(day: date, months: int) -> date:
    """Return the same day so many months earlier, or the last day of a shorter month. Raises ValueError before the year 1."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    if year < 1:
        raise ValueError(f"{months} months before {day}")
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def period_from_options(
    *, since: str | date | None = None, until: str | date | None = None, on: str | date | None = None, today: date | None = None
) -> Period | None:
    """Return the days from ``since`` to ``until``, or those of ``on``; None without any. Raises UsageError, also if there are none."""
    if today is None:
        today = date.today()
    if on is not None:
        if since is not None or until is not None:
            raise UsageError("on cannot be combined with since or until: expected one or the other")
        return Period(*parse_day_range(on, today))
    if since is None and until is None:
        return None
    first = None if since is None else parse_day_range(since, today).first
    last = None if until is None else parse_day_range(until, today).last
    if first and last and first > last:
        days = " is after ".join(
            f"the {name} date {day}" + (f" ({text})" if str(day) != str(text) else "")
            for name, day, text in (("start", first, since), ("end", last, until))
        )
        raise UsageError(f"{days}: expected the earlier date first")
    return Period(first, last)


def with_reports(period: Period, today: date, days: int = REPORTED) -> Period:
    """Extend ``period`` by ``days``, but not beyond ``today``: events at its end are reported later.

    >>> with_reports(Period(date(2024, 4, 1), date(2024, 4, 30)), date(2024, 5, 4)).until
    datetime.date(2024, 5, 4)
    """
    if period.until is None or period.until >= today:
        return period
    return replace(period, until=date.fromordinal(min(period.until.toordinal() + days, today.toordinal())))


def parse_as_of(text: str | date, today: date | None = None) -> date:
    """Return the last day that the option's value means. Raises UsageError."""
    return parse_day_range(text, today or date.today()).last


def parse_half_life(text: str) -> float:
    """Return a duration in days, from ``30d``, ``2w``, ``6m`` or ``1y``. Raises UsageError."""
    found = _AGO.fullmatch(text.strip())
    if found is None or not int(found[1]):
        raise UsageError(f"the half-life {text[:40]!r} is not understood: expected one such as 30d, 2w, 6m or 1y")
    return int(found[1]) * _DAYS[found[2].lower()]


def published_mask(segment: Segment, period: Period) -> NDArray[np.bool_]:
    """Return which articles can be of ``period``, bool, (articles,): undated ones only if it is open at both ends. Raises IndexDamaged."""
    if period.since is None and period.until is None:
        return np.ones(segment.article_count, np.bool_)
    since, until = period.since or date.min, period.until or date.max
    return days_that_meet(*segment.published_days, since.toordinal(), until.toordinal())


def days_that_meet(first: NDArray[np.int32], last: NDArray[np.int32], since: int, until: int) -> NDArray[np.bool_]:
    """Return which ranges overlap ``since`` to ``until``, ordinals of days, bool, (n,). 0 is unknown and overlaps nothing."""
    return np.asarray((last >= max(since, 1)) & (first <= until), np.bool_)


def as_of_mask(segment: Segment, day: date) -> NDArray[np.bool_]:
    """Return which articles were surely published by ``day``, bool, (articles,); undated ones were not. Raises IndexDamaged."""
    first, last = segment.published_days
    return np.asarray((first > 0) & (last <= day.toordinal()), np.bool_)


def dates_there(segments: Sequence[Segment]) -> str:
    """Describe, for a message, the range of dates in the archive. Raises IndexDamaged."""
    known = [days[segment.live_articles & (days > 0)] for segment in segments for days in segment.published_days]
    days = np.concatenate([np.empty(0, np.int32), *known])
    if not len(days):
        return "no article has a date"
    return f"this archive has dates from {date.fromordinal(int(days.min()))} to {date.fromordinal(int(days.max()))}"
