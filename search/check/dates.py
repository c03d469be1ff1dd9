"""Dates in a statement, and whether two of them can be the same day."""

# ruff: noqa: SIM905 - lists of words

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple, Protocol

from newsdex.records import Published
from newsdex.search.question.date_reader import Lexicon, Reader, lexicon_of
from newsdex.search.question.date_words import WORDS
from newsdex.search.question.stopwords import words_in

_YEAR = re.compile(r"((?:1[5-9]\d\d|20\d\d)(s)?)(?:\u5e74\w*)?")  # in Chinese and Japanese, more is written without a space
ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth "
    "seventeenth eighteenth nineteenth twentieth"
).split()
_SPELT = re.compile(rf"\b((?i:{'|'.join(ORDINALS)}))(?= of [A-Z])", re.ASCII)
_POSSESSIVE = re.compile("['\u2019]s\\b")
# Months that are also words: alone they count only after one of _BEFORE_MONTHS.
_ALSO_WORDS = frozenset({"may", "march", "mai", "mars"})
_BEFORE_MONTHS = words_in("in of since until by last late early mid im en")
_NO_YEAR = words_in(
    "people dollars euros pounds votes metres kilometres km miles carats articles flights homes men women soldiers yards percent "
    "millones casos muertos muertes heridos personas votos pesos dolares viviendas familias empleos millionen falle stimmen cas voix"
)
_WEEK = 7
_NO_YEAR_BEHIND = frozenset("$\u20ac\u00a3-.,")
_SLASHED = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})")
_MONTHS, _DAYS = 12, 31


class Found(Protocol):
    """What was found in a text, from ``start`` to ``end``."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


class Date(NamedTuple):
    """A date as far as a ``text`` states it, from ``start`` to ``end``; 0 for what it leaves open. ``weekday`` counts from 1 for Monday.
    ``decade``: only the decade of ``year`` is meant.
    """

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


def dates(text: str, language: str = "") -> list[Date]:
    """Return the dates of ``text`` in English and in ``language``, in order."""
    known = language if language in WORDS else "en"
    return [each._replace(text=text) for each in _dates(text, _lexicon(known), day_first=known != "en")]


@cache
def _lexicon(language: str) -> Lexicon:
    """Return the words of a language and of English together."""
    one, other = lexicon_of(language), lexicon_of("en")
    both = {name: getattr(other, name) | getattr(one, name) for name in ("months", "short", "weekdays", "parts")}
    return replace(one, **both, single={kind: words | other.single[kind] for kind, words in one.single.items()})


def _dates(text: str, lexicon: Lexicon, *, day_first: bool) -> Iterator[Date]:
    # "the 4th of July"
    plain = _SPELT.sub(lambda found: f"{ORDINALS.index(found[1].lower()) + 1}th".ljust(len(found[1])), text)
    reader, stop = Reader(_POSSESSIVE.sub(", ", plain), date.max, lexicon), 0
    for at, token in enumerate(reader.tokens):
        if at < stop or not (token.text in lexicon.first_words or token.text[0].isdigit()):
            continue
        start, end = token.start, token.end
        day, behind = reader.day(at) or (None, 0)
        if weekday := lexicon.weekdays.get(token.text, -1) + 1:
            yield Date(weekday=weekday, start=start, end=end)
        elif year := _YEAR.fullmatch(token.text):
            following = reader.tokens[at + 1] if at + 1 < len(reader.tokens) else None
            counts = following and following.text in _NO_YEAR and following.start == end + 1
            if not counts and text[start - 1 : start] not in _NO_YEAR_BEHIND and text[end : end + 1] != "%":
                yield Date(int(year[1][:4]), decade=bool(year[2]), start=start, end=start + len(year[1]))
        elif day and day.month:
            alone = not (day.year or day.days) and token.text in _ALSO_WORDS and reader.tokens[max(0, at - 1)].text not in _BEFORE_MONTHS
            if day.month <= _MONTHS and max(day.days or (0,)) <= _DAYS and not alone:
                stop = behind
                # Both of "15 to 17 March"
                for each in dict.fromkeys(day.days if day.days and not day.part else (0,)):
                    yield Date(day.year or 0, day.month, each, start=start, end=reader.tokens[stop - 1].end)
        elif slashed := _SLASHED.fullmatch(token.text):
            # Of 03/05/2026 only the year is known in English
            first, second, last = map(int, slashed.groups())
            yield Date(last, second, first, start=start, end=end) if day_first else Date(last, start=end - 4, end=end)


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
