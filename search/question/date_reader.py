"""Parses the dates of a question word by word; newsdex.search.question.reading decides which questions need it."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from typing import Literal, NamedTuple, TypeAlias, get_args

from newsdex.search.question.date_words import CHINESE, JAPANESE, TWO_FACED, WORDS, Unit, is_date_word, without_accents
from newsdex.search.question.stopwords import STOPWORDS
from newsdex.search.question.when import before, days_of

FIRST_YEAR, LAST_YEAR = 1600, 2099  # the range of four-digit years; the first newspapers are of 1605

DayRange: TypeAlias = tuple[date, date]  # the first and the last day
Role = Literal["within", "on", "since", "after", "before", "until", "between", "start"]
Kind = Literal["to", "onwards", "of", "little", "last", "last_after", "past", "this", "ago", "yesterday", "today", "news"]


_TOKEN = re.compile(
    r"\d{4}-\d\d?-\d\d?(?![\w-])|(?<![\w/-])\d{4}-(?:0[1-9]|1[0-2])(?![\w/-])"
    r"|\d{1,2}\.\d{1,2}\.\d{4}(?!\w)|\d{1,2}/\d{1,2}/\d{4}(?!\w)|\d{1,2}\.\d{1,2}\.(?!\w)"
    r"|\d+(?:[.,:/]\d+)+|\d{1,2}\.(?=\s)"
    r"|\w+(?:-feira)?|[^\w\s]",
    re.IGNORECASE,
)
_WITHOUT_YEAR = re.compile(r"(\d{1,2})\.(\d{1,2})\.")
_MONTH_OF_YEAR = re.compile(r"\d{4}-\d\d")
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|\.|º|ª)?", re.IGNORECASE)
_EASTERN = re.compile(
    r"(截至|直到|(?<!\d)到)?(\d{4})年(?:(\d{1,2})月(?:(\d{1,2})[日号])?)?(?:\s*[到至から-]+\s*(\d{4})年(?:(\d{1,2})月(?:(\d{1,2})[日号])?)?)?"
    r"\s*(以来|以降|至今|から|之前|以前|之后|以后|以後)?"
)
_EASTERN_ROLES: Mapping[str, Role] = {
    "以来": "since", "以降": "since", "至今": "since", "から": "since", "之前": "before", "以前": "before",
    "之后": "after", "以后": "after", "以後": "after",
}  # fmt: skip
_ENDS = frozenset('?!.,;:)]}"»\u201c\u201d\u2026\u00bf\u00a1')  # what may follow a month or a year in a date
_MONTHS, _DAYS = 12, 31
_LEAP_YEARS = 9  # any so many years include a 29 February, even around 1900 and 2100
_SPANNING = (None, "within", "on", "between", "start", "since")
_BEFORE_MONTHS = frozenset(("in", "on", "since", "until", "till", "during", "by"))
_LINKS = frozenset("-\u2013\u2014")


class Token(NamedTuple):
    """A word, number or sign: its normalised text, whether it is capitalised, and its place."""

    text: str
    capital: bool
    start: int
    end: int


@dataclass(frozen=True)
class Lexicon:
    """The words of a language by what they mean."""

    months: Mapping[str, int]
    short: Mapping[str, int]
    weekdays: Mapping[str, int]
    units: Mapping[str, Unit]
    numbers: Mapping[str, int]
    roles: Mapping[tuple[str, ...], Role]
    ago_before: frozenset[tuple[str, ...]]
    day_before: frozenset[tuple[str, ...]]
    parts: Mapping[tuple[str, ...], tuple[int, int]]
    single: Mapping[Kind, frozenset[str]]

    @cached_property
    def first_words(self) -> frozenset[str]:
        """The words with which a date can begin; others begin with a digit."""
        phrases = (*self.roles, *self.ago_before, *self.day_before, *self.parts)
        single = (self.single[kind] for kind in ("last", "last_after", "past", "this", "yesterday", "today"))
        words = self.months, self.short, self.weekdays, self.units, self.numbers
        return frozenset().union(*words, *single, (phrase[0] for phrase in phrases))


class Day(NamedTuple):
    """A date as far as it is stated. ``days``: first and last, as in "3 to 5 April"; ``part``: of a month, as in "early April"."""

    year: int | None
    month: int | None = None
    days: tuple[int, int] | None = None
    part: bool = False

    @property
    def sure(self) -> bool:
        """Whether it needs no preposition."""
        return self.year is not None and self.month is not None


class Read(NamedTuple):
    """The days of a phrase, None where open, and the place after its last word. ``guessed``: it does not state the year."""

    days: tuple[date | None, date | None]
    stop: int
    guessed: bool = False


class Found(NamedTuple):
    """Days that a question names, and where. ``guessed``: it does not state the year."""

    since: date | None
    until: date | None
    start: int
    end: int
    guessed: bool = False


@cache
def lexicon_of(language: str) -> Lexicon:
    """The words of a language, one of WORDS."""
    words = WORDS[language]
    return Lexicon(
        months=_numbered(words["months"]),
        short={word: int(month) for word, month in (pair.split("=") for pair in words["short"].split())},
        weekdays=_numbered(words["weekdays"], first=0),
        units={word: unit for unit, each in zip(get_args(Unit), words["units"].split(", "), strict=True) for word in each.split()},
        numbers=_numbered(words["numbers"]),
        roles={phrase: role for role in reversed(get_args(Role)) for phrase in _phrases(words.get(role, ""))},
        ago_before=frozenset(_phrases(words.get("ago_before", ""))),
        day_before=frozenset(_phrases(words["day_before"])),
        parts={tuple(phrase.split()): _days_in(days) for phrase, days in (pair.split("=") for pair in words["parts"].split(", "))},
        single={kind: frozenset(words.get(kind, "").split()) for kind in get_args(Kind)},
    )


def _numbered(listed: str, first: int = 1) -> dict[str, int]:
    """Map each word of a list, in each of its forms, to its position."""
    return {form: place for place, forms in enumerate(listed.split(), first) for form in forms.split("/")}


def _days_in(listed: str) -> tuple[int, int]:
    first, last = map(int, listed.split("-"))
    return first, last


def _phrases(listed: str) -> list[tuple[str, ...]]:
    return [tuple(phrase.split()) for phrase in listed.split(", ") if phrase]


def dates_in(question: str, today: date, languages: Container[str], *, weekdays: bool = False) -> list[Found]:
    """Return the dates in ``question``, in order, as read in the language that covers most of it. With ``weekdays``, "on Monday" is one."""
    readings = [list(_eastern(question, today, languages))]
    readings += [list(_Reader(question, today, lexicon_of(language), weekdays).dates()) for language in WORDS if language in languages]
    return max(readings, key=lambda reading: sum(found.end - found.start for found in reading))


class _Reader:
    def __init__(self, question: str, today: date, lexicon: Lexicon, weekdays: bool) -> None:
        self._today = today
        self._weekdays = weekdays
        self._words = lexicon
        bare = without_accents(question)
        self._question = question
        self._tokens = [
            Token(bare[m.start() : m.end()], question[m.start()].isupper(), m.start(), m.end()) for m in _TOKEN.finditer(question)
        ]

    def dates(self) -> Iterator[Found]:
        """Yield each phrase that is a date."""
        at, first_words = 0, self._words.first_words
        while at < len(self._tokens):
            text = self._text(at)
            if text not in first_words and not text[0].isdigit():  # as most words
                at += 1
                continue
            if found := self._phrase(at):
                yield Found(*found.days, self._tokens[at].start, self._tokens[found.stop - 1].end, found.guessed)
                at = found.stop
            else:
                day = self._day(at)
                # After a date that does not exist, so that its month alone is not read.
                at = day[1] if day and not self._resolved(day[0]) else at + 1

    def _text(self, at: int) -> str:
        """Return the word at ``at``; "" outside the question."""
        return self._tokens[at].text if 0 <= at < len(self._tokens) else ""

    def _is(self, kind: Kind, at: int) -> bool:
        return self._text(at) in self._words.single[kind]

    def _phrase(self, at: int) -> Read | None:
        """Return a date that begins at ``at``, with its preposition."""
        if ago := self._ago_before(at):
            return ago
        if whole := self._day_before(at):  # before roles: "avant-hier" is not before yesterday
            return Read(*whole)
        role, start = self._role(at)
        if role == "until" and self._is("to", at) and (_year(self._text(at - 1)) or self._month(at - 1)):
            return None  # "2019 to 2021" that no preposition begins
        if role is None:
            return self._relative(at, None) or self._dated(at, "within" if self._part(at) else None)
        stop = self._skip_little(start)
        for place in range(start, stop + 1):
            if found := self._relative(place, role):
                return found
        return self._dated(stop, role)

    def _role(self, at: int) -> tuple[Role | None, int]:
        """Return the preposition at ``at``, and where it ends."""
        phrase = self._longest(self._words.roles, at)
        return self._words.roles.get(phrase), at + len(phrase)

    def _longest(self, phrases: Container[tuple[str, ...]], at: int) -> tuple[str, ...]:
        """Return the longest of ``phrases`` that begins at ``at``; () for none."""
        ahead = tuple(self._text(at + n) for n in range(3))
        return next((ahead[:size] for size in (3, 2, 1) if ahead[:size] in phrases), ())

    def _skip_little(self, at: int) -> int:
        while not self._part(at) and (self._is("little", at) or (self._text(at) in _LINKS and self._text(at - 1) == "mid")):
            at += 1
        return at

    # Dates with figures or months

    def _dated(self, at: int, role: Role | None) -> Read | None:
        found = None if self._is_a_number(at, role) else self._day(at)
        if found is None:
            return None
        day, stop = found
        if role in _SPANNING and (span := self._span(day, stop, role)):
            return span
        several = day.days is not None and day.days[0] < day.days[1] and not day.part
        if role == "between" and not several:
            return None
        if role in ("within", "start") and self._is("onwards", stop) and self._ends(stop + 1):
            role, stop = "since", stop + 1
        elif day.sure and role is None:
            if self._after_a_name(at):
                return None
        elif not day.sure:
            # A day may stand after any preposition, a month or a year after fewer.
            follows = role is not None and (day.days is not None or role not in ("on", "start"))
            if not ((follows or self._closes(at)) and self._ends(stop)):
                return None
        if several:  # "dal 3 al 5" begins like "since the 3rd"
            role = "within"
        days = self._resolved(day)
        return Read(_in_role(role, *days), stop, guessed=day.year is None) if days else None

    def _is_a_number(self, at: int, role: Role | None) -> bool:
        """Return whether two numbers with full stops are no date: in "Version 3.11.", but not in German "am 3.11."."""
        return _WITHOUT_YEAR.fullmatch(self._text(at)) is not None and (role is None or "januar" not in self._words.months)

    def _span(self, first: Day, at: int, role: Role | None) -> Read | None:
        """Return the days from ``first``, which ends at ``at``, to another date, or through a list of years."""
        last, stop = first, at
        while (after := self._joined(stop, only_years=stop > at or first.month is None)) is not None:
            last, stop = after
            if last.month is not None:
                break
        if stop == at or not (last.sure or (self._ends(stop) and (first.sure or role is not None))):
            return None
        days = self._resolved(first, last)
        return Read(days, stop, guessed=first.year is None and last.year is None) if days else None

    def _joined(self, at: int, *, only_years: bool) -> tuple[Day, int] | None:
        """Return the date joined to what ends at ``at`` by "to", "and" or a dash; a year also by a comma."""
        place = at
        if self._text(place) == "," and only_years:
            place += 1
        if self._is("to", place) or self._text(place) in _LINKS:
            place = self._skip_little(place + 1)
        return self._day(place) if place > at else None

    def _closes(self, at: int) -> bool:
        """Return whether it is a year that ends a question behind its topic: "super bowl 2024", but not "class of 2018"."""
        before = self._text(at - 1)
        ends = all(token.text in _ENDS for token in self._tokens[at + 1 :])
        names_topic = before.isalpha() and before not in STOPWORDS and not is_date_word(before)
        return _year(self._text(at)) is not None and ends and names_topic

    def _after_a_name(self, at: int) -> bool:
        """Return whether it is part of a name: "Theresa May 2017"."""
        return self._text(at) in TWO_FACED and at > 0 and self._tokens[at - 1].capital and self._text(at - 1) not in STOPWORDS

    def _ends(self, at: int) -> bool:
        """Return whether a phrase can end before ``at``: "in 2020 did", but not "in 2020 patients"."""
        text = self._text(at)
        if not text or text in _ENDS:
            return True
        if self._is("to", at) and self._text(at + 1)[:1].isdigit():
            return False
        word = self._question[self._tokens[at].start : self._tokens[at].end].casefold()
        return word in STOPWORDS and not self._is("of", at)

    def _day(self, at: int) -> tuple[Day, int] | None:
        """Return a numeric date, a day with its month, a month, a part of one or a year, and where it ends."""
        text = self._text(at)
        if not text:
            return None
        if (whole := _figures(text)) is not None:
            return whole, at + 1
        if self._month(at):
            return self._month_first(at)
        if days := self._days(at):
            return self._day_first(*days)
        if year := _year(text):
            return Day(year), at + 1
        return self._part(at)

    def _part(self, at: int) -> tuple[Day, int] | None:
        """Return a part of a month, as in "early April" and "the last week of April", and where it ends."""
        phrase = self._longest(self._words.parts, at)
        found = self._month_first(at + len(phrase)) if phrase and self._month(at + len(phrase)) else None
        if found is None or found[0].days is not None:
            return None
        return found[0]._replace(days=self._words.parts[phrase], part=True), found[1]

    def _days(self, at: int) -> tuple[tuple[int, int], int] | None:
        """Return a day of a month, or two as in "3 to 5", and where they end."""
        first = _day_number(self._text(at))
        if first is None:
            return None
        if self._is("to", at + 1) or self._text(at + 1) in _LINKS:
            last = _day_number(self._text(at + 2))
            if last and last > first:
                return (first, last), at + 3
        return (first, first), at + 1

    def _day_first(self, days: tuple[int, int], at: int) -> tuple[Day, int] | None:
        at += self._is("of", at)
        month = self._month(at)
        if not month:
            return None
        year, stop = self._year_after(at + 1)
        if year is None and self._two_faced(at):
            return None
        return Day(year, month, days), stop

    def _month_first(self, at: int) -> tuple[Day, int] | None:
        month = self._month(at)
        stop = at + 1 + (self._text(at + 1) == "." and self._text(at) in self._words.short)
        days = self._days(stop)
        year, stop = self._year_after(days[1] if days else stop)
        if year is None and (self._two_faced(at) or (days is None and self._text(at) not in self._words.months)):
            return None
        return Day(year, month, days[0] if days else None), stop

    def _year_after(self, at: int) -> tuple[int | None, int]:
        """Return the year after a month or a day, and where it ends."""
        skipped = at + (self._is("of", at) or self._text(at) in (",", "."))
        year = _year(self._text(skipped))
        return (year, skipped + 1) if year else (None, at)

    def _month(self, at: int) -> int:
        text = self._text(at)
        return self._words.months.get(text) or self._words.short.get(text, 0)

    def _two_faced(self, at: int) -> bool:
        """Return whether the month is more likely a verb or a name: in small letters, except in "in june" and "on 12 june"."""
        before = at - 1 - (_day_number(self._text(at - 1)) is not None)
        sure = self._tokens[at].capital or (before >= 0 and self._text(before) in _BEFORE_MONTHS)
        return self._text(at) in TWO_FACED and (not sure or self._text(at + 1) == "'")

    def _resolved(self, first: Day, last: Day | None = None) -> DayRange | None:
        """Return the first and the last day; None if they do not exist."""
        try:
            first, last = _with_years(first, last or first, self._today)
            days = [*_days_of(first, self._today), *_days_of(last, self._today)]
        except ValueError:
            return None
        return min(days), max(days)

    # Dates counted from today

    def _relative(self, at: int, role: Role | None) -> Read | None:
        """Return days relative to today: "yesterday", "last week", "the past 30 days", "two months ago", "last Monday"."""
        try:
            found = self._word_for_a_day(at) or self._unit(at) or self._counted(at) or self._weekday(at, role)
        except (ValueError, OverflowError):  # before the year 1
            return None
        return Read(_in_role(role, *found[0]), found[1]) if found and not self._is("of", found[1]) else None

    def _day_before(self, at: int) -> tuple[DayRange, int] | None:
        """Return the day before yesterday: "vorgestern", "antes de ayer"."""
        phrase = self._longest(self._words.day_before, at)
        return (_unit_before(self._today, "day", 2), at + len(phrase)) if phrase else None

    def _word_for_a_day(self, at: int) -> tuple[DayRange, int] | None:
        if self._is("yesterday", at):
            return _unit_before(self._today, "day", 1), at + 1
        if whole := self._day_before(at):
            return whole
        if self._is("today", at) and any(self._is("news", place) for place in range(len(self._tokens))):
            return (self._today, self._today), at + (3 if self._text(at + 2) == "hui" else 1)
        return None

    def _unit(self, at: int) -> tuple[DayRange, int] | None:
        """Return a calendar day, week, month or year, or one up to today."""
        words = self._words
        unit, after = words.units.get(self._text(at + 1)), words.units.get(self._text(at))
        if after and self._is("last_after", at + 1):
            return (_unit_before(self._today, after, 1), at + 2) if after not in ("hour", "day") else None
        if unit is None or unit == "hour":
            return None
        if self._is("past", at) or (self._is("last", at) and self._text(at - 1) == "the"):
            return (_so_long_before(self._today, unit, 1), self._today), at + 2
        if unit != "day" and self._is("last", at):
            return _unit_before(self._today, unit, 1), at + 2
        if unit != "day" and self._is("this", at):
            return (_unit_before(self._today, unit, 0)[0], self._today), at + 2
        return None

    def _counted(self, at: int) -> tuple[DayRange, int] | None:
        """Return several units up to today, or one that many ago."""
        units = self._words.units
        if (number := self._number(at)) and (unit := units.get(self._text(at + 1))) and self._is("ago", at + 2):
            return _unit_before(self._today, unit, number), at + 3
        count = number if self._is_recent(at + 1) else self._number(at + 1) if self._is_recent(at) else 0
        if count and (unit := units.get(self._text(at + 2))):
            return (_so_long_before(self._today, unit, count), self._today), at + 3
        return None

    def _is_recent(self, at: int) -> bool:
        return self._is("last", at) or self._is("past", at) or self._is("last_after", at)

    def _ago_before(self, at: int) -> Read | None:
        """Return "vor zwei Wochen", "il y a deux semaines"."""
        phrase = self._longest(self._words.ago_before, at)
        stop = at + len(phrase) + 2
        number, unit = self._number(stop - 2), self._words.units.get(self._text(stop - 1))
        if not (phrase and number and unit):
            return None
        try:
            return Read(_unit_before(self._today, unit, number), stop + (self._is("ago", stop)))
        except (ValueError, OverflowError):  # before the year 1
            return None

    def _weekday(self, at: int, role: Role | None) -> tuple[DayRange, int] | None:
        """Return the latest weekday of that name: "last Monday" is before today, "since Monday" may be today. "On Monday" alone is as often
        any Monday, or that of an old report: it is read only where the question has no other topic.
        """
        words = self._words
        named = words.weekdays.get(self._text(at))
        if named is not None and self._is("last_after", at + 1):
            stop, latest = at + 2, self._today - timedelta(days=1)
        elif named is None and self._is("last", at) and self._text(at + 1) in words.weekdays:
            named, stop, latest = words.weekdays[self._text(at + 1)], at + 2, self._today - timedelta(days=1)
        elif named is not None and (self._weekdays or role in ("since", "after", "before", "until")) and self._ends(at + 1):
            stop, latest = at + 1, self._today
        else:
            return None
        day = latest - timedelta(days=(latest.weekday() - named) % 7)
        return (day, day), stop

    def _number(self, at: int) -> int:
        text = self._text(at)
        return int(text) if text.isdecimal() and len(text) <= len("9999") else self._words.numbers.get(text, 0)


def _in_role(role: Role | None, first: date, last: date) -> tuple[date | None, date | None]:
    """Apply a preposition to the days from ``first`` to ``last``."""
    if role in ("since", "after"):
        return (first if role == "since" else last + timedelta(days=1)), None
    if role in ("before", "until"):
        return None, (last if role == "until" else first - timedelta(days=1))
    return first, last


def _figures(text: str) -> Day | None:
    """Parse a numeric date; None if two numbers could each be the month, or be years: "2007-09". "3.11." has no year."""
    if _MONTH_OF_YEAR.fullmatch(text):
        year, month = int(text[:4]), int(text[5:])
        return Day(year, month) if _year(text[:4]) and month <= year % 100 else None
    if short := _WITHOUT_YEAR.fullmatch(text):
        day, month = int(short[1]), int(short[2])
        return Day(None, month, (day, day)) if 1 <= month <= _MONTHS and 1 <= day <= _DAYS else None
    if not (found := re.fullmatch(r"(\d+)([-./])(\d+)\2(\d+)", text)):
        return None
    day, month, year = int(found[1]), int(found[3]), int(found[4])
    if text[4:5] == "-":
        day, year = year, day
    elif "/" in text and month > _MONTHS:
        day, month = month, day
    elif "/" in text and day <= _MONTHS and day != month:
        return None
    return Day(year, month, (day, day)) if _year(str(year)) else None


def _year(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[12]\d{3}", text, re.ASCII) and FIRST_YEAR <= int(text) <= LAST_YEAR else None


def _day_number(text: str) -> int | None:
    found = _ORDINAL.fullmatch(text)
    return int(found[1]) if found and 1 <= int(found[1]) <= _DAYS else None


def _days_of(day: Day, today: date) -> DayRange:
    """Return its first and last day; without a year, of the latest year begun by ``today``. Raises ValueError if there is none."""
    first, last = day.days or (None, None)
    last = None if day.part and last == _DAYS else last
    for year in [day.year] if day.year else range(today.year, today.year - _LEAP_YEARS, -1):
        try:
            since, until = days_of(year, day.month, first).first, days_of(year, day.month, last).last
        except ValueError:
            if day.year:
                raise
            continue
        if day.year or since <= today:
            return since, until
    raise ValueError(f"no such day: {day}")


def _with_years(first: Day, last: Day, today: date) -> tuple[Day, Day]:
    """Give both dates a year: a missing one is the year that puts the date next to the other."""
    in_order = (first.month or 0, first.days or (0, 0)) <= (last.month or _MONTHS, last.days or (_DAYS, _DAYS))
    if last.year is None:
        year = _days_of(last, today)[0].year if first.year is None else first.year + (not in_order)
        last = last._replace(year=year)
    if first.year is None:
        assert last.year
        first = first._replace(year=last.year - (not in_order))
    return first, last


def _unit_before(today: date, unit: Unit, count: int) -> DayRange:
    """Return the day, week from Monday, month or year ``count`` before today's. Raises ValueError or OverflowError before the year 1."""
    day = _so_long_before(today, unit, count)
    if unit in ("hour", "day"):
        return day, day
    if unit == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    return days_of(day.year, None if unit == "year" else day.month)


def _so_long_before(today: date, unit: Unit, count: int) -> date:
    """Return the day ``count`` units before today; hours are rounded up to days. Raises ValueError or OverflowError before the year 1."""
    return before(today, -(-count // 24), "d") if unit == "hour" else before(today, count, unit[0])


def _eastern(question: str, today: date, languages: Container[str]) -> Iterator[Found]:
    """Yield dates in Chinese and Japanese; absolute ones are recognised by the character for year."""
    if "年" in question:
        for found in _EASTERN.finditer(question):
            parts = [int(part) if part else None for part in found.groups()[1:7]]
            try:
                since, until = _eastern_days(*parts[:3]), _eastern_days(*(parts[3:] if parts[3] else parts[:3]))
            except ValueError:
                continue
            if since[0] <= until[1]:
                role = "until" if found[1] else _EASTERN_ROLES.get(found[8])
                yield Found(*_in_role(role, since[0], until[1]), found.start(), found.end())
    words = (CHINESE if "zh" in languages else {}) | (JAPANESE if "ja" in languages else {})
    for word, (unit, count) in words.items():
        if (start := question.find(word)) >= 0:
            first, last = _unit_before(today, unit, count)
            yield Found(first, min(last, today), start, start + len(word))


def _eastern_days(year: int | None, month: int | None, day: int | None) -> DayRange:
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"not a year: {year}")
    return days_of(year, month, day)
