"""Dates in a statement, and whether two of them can be the same day."""

# ruff: noqa: RUF001, SIM905 - apostrophes; lists of words

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple, Protocol

from newsdex.records import Published
from newsdex.search.question.date_reader import Lexicon, lexicon_of
from newsdex.search.question.date_words import WORDS, without_accents
from newsdex.search.question.stopwords import words_in

_TOKEN = re.compile(
    r"\d{4}-\d{2}-\d{2}(?!\d)|(?<![\w/.,$€£-])\d{1,2}/\d{1,2}/\d{4}(?![\d/])|(?<![\d.,$€£])\d{1,2}\.\d{1,2}\.\d{4}(?!\d)|(?<![\w.,$€£-])\d{1,4}(?![\d%]|[.,]\d)(?:st|nd|rd|th|s)?"
    r"|[^\W\d_]{2,30}"
)
_YEAR = re.compile(r"(1[5-9]\d\d|20\d\d)(s?)")
_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?")
ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth "
    "seventeenth eighteenth nineteenth twentieth"
).split()
_OF = frozenset({"of", "de", "the"})
_TO = frozenset({"to", "and", "bis", "und", "al", "a", "au"})
# Months that are also words: they count beside a number, or after one of _BEFORE_MONTHS.
_ALSO_WORDS = frozenset({"may", "march", "mar", "mai", "mars"})
_BEFORE_MONTHS = words_in("in of since until by last late early mid im en")
# What a four-digit number counts, "1900 homes". In "2025 women's race" and "2019 Homes Act" that is part of a name, and the number a year.
_COUNTED = re.compile(
    r" (?:[Mm]illionen|Fälle|Stimmen|people|dollars|euros|Euros|pounds|votes|metres|kilometres|km|miles|carats|articles|flights|homes|men"
    r"|women|soldiers|yards|percent|millones|casos|muertos|muertes|heridos|personas|votos|pesos|dólares|viviendas|familias|empleos|cas|voix)"
    r"\b(?!['’]s|['’] [a-z]|-)"
)
# "In 2023 women got the vote": a year, if the number is not round.
_BEFORE_YEAR = words_in("in since until during en desde hasta durante im seit bis jahr jahre año")
_ROUND = 100
_WEEK = 7
_APART = 6  # characters allowed between a month and its year


class Found(Protocol):
    """What was found in a text, from ``start`` to ``end``."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


class Date(NamedTuple):
    """A date as far as a ``text`` states it, 0 for what is open. ``weekday``: 1 for Monday; ``decade``: only that of ``year`` is meant."""

    year: int = 0
    month: int = 0
    day: int = 0
    weekday: int = 0
    decade: bool = False
    start: int = 0
    end: int = 0
    text: str = ""

    @property
    def words(self) -> str:
        """Its words."""
        return self.text[self.start : self.end]


class _Token(NamedTuple):
    text: str
    folded: str
    start: int
    end: int


def dates(text: str, languages: Iterable[str]) -> list[Date]:
    """Return the dates of ``text`` in English and in ``languages``, in order."""
    return [*_of_text(text, frozenset(languages))]


@lru_cache(maxsize=4096)  # the sentences of an article are looked at for each claim
def _of_text(text: str, languages: frozenset[str]) -> tuple[Date, ...]:
    lexicons = [lexicon_of(language) for language in WORDS if language == "en" or language in languages]
    tokens = [_Token(m[0], without_accents(m[0]), m.start(), m.end()) for m in _TOKEN.finditer(text)]
    return tuple(each._replace(text=text) for each in _dates(text, tokens, lexicons))


def dates_of_report(text: str, language: str, published: Published | None) -> list[Date]:
    """Return the dates of a ``text`` in an article, and the day that it calls yesterday."""
    found, word = dates(text, [language]), WORDS.get(language or "en", {}).get("yesterday")
    if word and published and published.precision in ("day", "time"):
        day = published.earliest - timedelta(1)
        places = re.finditer(rf"\b(?:{word}{'|last night' * (word == 'yesterday')})\b", text, re.IGNORECASE)
        found += (Date(day.year, day.month, day.day, start=m.start(), end=m.end(), text=text) for m in places)
    return found


def _dates(text: str, tokens: Sequence[_Token], lexicons: Sequence[Lexicon]) -> Iterator[Date]:
    used = -1  # last token used by a date
    for at, token in enumerate(tokens):
        if at <= used:
            continue
        if whole := _figures(token, day_first=len(lexicons) > 1):
            yield whole
        elif month := _month(tokens, at, lexicons):
            found, used = _of_month(tokens, at, month, used)
            yield from found
        elif weekday := next((lexicon.weekdays[token.folded] for lexicon in lexicons if token.folded in lexicon.weekdays), -1) + 1:
            yield Date(weekday=weekday, start=token.start, end=token.end)
        elif (read := _YEAR.fullmatch(token.text)) and not _counts(text, tokens, at):
            yield Date(int(read[1]), decade=bool(read[2]), start=token.start, end=token.end)


def _counts(text: str, tokens: Sequence[_Token], at: int) -> bool:
    """Return whether a four-digit number is followed by a noun that it counts."""
    number = tokens[at]
    year = at > 0 and tokens[at - 1].folded in _BEFORE_YEAR and int(number.text.rstrip("s")) % _ROUND > 0
    return not year and _COUNTED.match(text, number.end) is not None


def _of_month(tokens: Sequence[_Token], at: int, month: int, used: int) -> tuple[list[Date], int]:
    """Return the dates around the name of a month, and their last token."""
    first, day = _day_before(tokens, at, used)
    last = at
    if not day and at + 1 < len(tokens) and (day := _day(tokens[at + 1])):
        last = at + 1
    year, behind = 0, last + 1
    if behind + 1 < len(tokens) and tokens[behind].text in _OF:
        behind += 1
    if behind < len(tokens) and (read := _YEAR.fullmatch(tokens[behind].text)) and not read[2]:
        apart = tokens[behind].start - tokens[last].end
        year, last = (int(read[1]), behind) if apart <= _APART else (0, last)
    found = [Date(year, month, day, start=tokens[first].start, end=tokens[last].end)]
    if day and first > 1 and tokens[first - 1].folded in _TO and (other := _day(tokens[first - 2])):  # 15 to 17 March
        found.insert(0, Date(year, month, other, start=tokens[first - 2].start, end=tokens[first - 2].end))
    return found, last


def _figures(token: _Token, *, day_first: bool) -> Date | None:
    """Return a date in figures. Of 03/05/2026 only the year is known in English."""
    parts = [int(part) for part in re.split("[-./]", token.text)] if re.fullmatch(r"\d+([-./])\d+\1\d+", token.text) else []
    if not parts:
        return None
    year, month, day = parts if parts[0] > 31 else parts[::-1]  # noqa: PLR2004 - days of a month
    if "/" in token.text and not day_first and day != month:
        if max(day, month) <= 12:  # noqa: PLR2004 - months
            return Date(year, start=token.end - 4, end=token.end)
        month, day = sorted((month, day))
    return Date(year, month, day, start=token.start, end=token.end) if 1 <= month <= 12 and 1 <= day <= 31 else None  # noqa: PLR2004 - as above


def _month(tokens: Sequence[_Token], at: int, lexicons: Sequence[Lexicon]) -> int:
    word = tokens[at].folded
    near = [tokens[n] for n in (at - 1, at + 1) if 0 <= n < len(tokens)]
    figure = any(token.text[0].isdigit() for token in near)
    for lexicon in lexicons:
        if word in lexicon.months:
            sure = word not in _ALSO_WORDS or figure or (at > 0 and tokens[at - 1].folded in _BEFORE_MONTHS)
            return lexicon.months[word] if sure and (word not in _ALSO_WORDS or not tokens[at].text[0].islower()) else 0
        if word in lexicon.short and figure and tokens[at].text[0].isupper():
            return lexicon.short[word]
    return 0


def _day(token: _Token) -> int:
    found = _DAY.fullmatch(token.text)
    day = int(found[1]) if found else ORDINALS.index(token.folded) + 1 if token.folded in ORDINALS else 0
    return day if day <= 31 else 0  # noqa: PLR2004 - days of a month


def _day_before(tokens: Sequence[_Token], at: int, used: int) -> tuple[int, int]:
    """Return the first token of the day before a month, and the day."""
    first = at - 1
    while first > used and tokens[first].folded in _OF:
        first -= 1
    if first > used and (day := _day(tokens[first])):
        return first, day
    return at, 0


def agree(claim: Date, other: Date, published: Published | None) -> bool:
    """Return whether ``other``, in an article ``published`` then, confirms all that ``claim`` states: the same day, month or year."""
    if claim.decade or other.decade:
        return bool(claim.year and other.year) and claim.year // 10 == other.year // 10
    return any(_says(a, b, published) for a in _resolved(claim, published) for b in _resolved(other, published))


def _says(claim: Date, other: Date, published: Published | None) -> bool:
    if claim.year and not other.year and published:
        # The claim's year must make its month the one nearest to the publication.
        month = published.earliest.month
        apart = claim.year - published.earliest.year
        if apart and not (apart == -1 and claim.month > month) and not (apart == 1 and claim.month < month):
            return False
        claim = claim._replace(year=0) if claim.month else claim
        other = other if claim.month else other._replace(year=published.earliest.year)
    asked = [name for name in ("year", "month", "day") if getattr(claim, name)] or ["weekday"]
    return all(getattr(claim, name) == getattr(other, name) for name in asked)


def _resolved(said: Date, published: Published | None) -> list[Date]:
    """Return a weekday as itself and as the nearest days to the publication; any other date with its weekday."""
    if not published:
        return [said]
    day = published.earliest
    if said.weekday:
        before = weekday_before(said.weekday, published)
        return [said, *(Date(d.year, d.month, d.day, said.weekday) for d in (before, before + timedelta(_WEEK)))]
    if said.month and said.day:
        year = said.year or day.year
        with suppress(ValueError):
            return [said._replace(year=year, weekday=date(year, said.month, said.day).weekday() + 1)]
    return [said]


def weekday_before(weekday: int, published: Published) -> date:
    """Return the last such weekday, 1 for Monday, up to the day of publication."""
    day = published.earliest
    return day - timedelta((day.weekday() - (weekday - 1)) % _WEEK)


def published_date(published: Published) -> Date:
    """Return the date of publication as a Date."""
    day = published.earliest
    exact = published.precision in ("day", "time")
    return Date(day.year, day.month if published.precision != "year" else 0, day.day if exact else 0)


def mask(text: str, found: Iterable[Found]) -> str:
    """Replace each of ``found`` in ``text`` by spaces of the same length."""
    for each in found:
        text = text[: each.start] + " " * (each.end - each.start) + text[each.end :]
    return text
