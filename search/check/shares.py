"""Shares of a whole, in words, "half", "a majority", "two in three", or in figures, "58 of the 120 seats", "65 per cent"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from newsdex.search.check import numbers
from newsdex.search.check.languages import listed, pattern_of, values_listed
from newsdex.search.question.stopwords import STOPWORDS

_EPSILON = 1e-4  # what is more than half is so much more, at least
_ROUNDING = 1e-9
_EXACT = 0.01  # "half" is 49 to 51 per cent
_ABOUT = 0.05
_PARTED = 20  # parts of a claim that are compared
_NEAR = 4  # words after a share that say of what
_BEFORE, _BEHIND = 60, 80  # characters before and behind a share that are read
_DIGITS = {word: n for n, word in enumerate("one two three four five six seven eight nine ten".split(), 1)}  # noqa: SIM905
_COUNT = rf"(?:{'|'.join(_DIGITS)}|\d{{1,3}})"
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10}
_OTHER_HALVES = r"(?! (?:an?\b|past\b|hours?\b|dozen\b|million\b|billion\b|centur|time\b|way\b)|-)"
_FRACTION = re.compile(
    rf"(?<!first )(?<!second )(?<!and a )(?<!other )\b(?P<half>half)\b{_OTHER_HALVES}"
    rf"|\b(?P<one>an?|one)[ -](?P<part>{'|'.join([*_PARTS][1:])}) of\b"
    rf"|\b(?P<few>two|three|four|five|six|seven|eight|nine)[ -](?P<parts>{'|'.join([*_PARTS][1:])})s\b"
    rf"|\b(?P<some>{_COUNT}) (?:in|out of)(?: every)? (?P<all>{_COUNT})\b(?! (?:year|month|week|day|hour|minute|second)s?\b)",
    re.IGNORECASE,
)
# What stands before a share, and how it bounds it.
_LESS = re.compile(
    rf"{pattern_of('less than', bounded=False)} (?:[\w'-]{{1,20}} ){{0,4}}$"
    # In German the verb is far before its object.
    r"|\b(?:verfehl|verpass|verlor|verlier)\w* (?:[\w'-]{1,20} ){0,9}$",
    re.IGNORECASE,
)
_NEARLY, _SOME, _MORE = (
    re.compile(rf"{pattern_of(name, bounded=False)}(?: \w{{1,4}})? $", re.IGNORECASE) for name in ("nearly", "about", "more than")
)
_INCLUDED = re.compile(r"\b(?:at (?:least|most)|mindestens)\b", re.IGNORECASE)
_WANTED = re.compile(r"\b(?:needed|required|necessary|necesari\w*|nötig\w*|necessari\w*|nécessair\w*)\b[^.;]{0,20}$", re.IGNORECASE)
_LOST_BEHIND = re.compile(r"[^.,;]{0,30}\b(?:verfehlt|verpasst|verloren|verlor|perdue?|perdid[oa]|pers[ao])\b", re.IGNORECASE)
_OF = re.compile(
    r"\s*(?:[^\W\d_]{1,20} )?(?:out of|of|in|von|sur|de|su|der|des|dei|delle)(?: (?:the|its|their|all|every|den|der|las|los|les))?\s*",
    re.IGNORECASE,
)
_TOTAL_BEFORE = re.compile(r"\b(?:of (?:the|its|all)|von den|sur les|de (?:los|las)|dei|delle) $", re.IGNORECASE)
_TOTAL_BEHIND = re.compile(r"-(?:seat|member|strong)\b")


class Share(NamedTuple):
    """A share of a ``text``, from ``start`` to ``end``: between ``low`` and ``high``, of the ``things``; ``word``: it is stated in words.
    ``told``: where the words begin that bound it, such as "short of a majority". ``parts``: it is two adjacent numbers, "58 of the 120".
    """

    low: float
    high: float
    things: frozenset[str]
    start: int
    end: int
    word: bool
    told: int
    text: str
    parts: bool = False

    @property
    def words(self) -> str:
        """Its words, and those that bound it."""
        return self.text[self.told : self.end].strip().removesuffix(" of")


@cache
def _spelt(language: str) -> tuple[tuple[re.Pattern[str], float], ...]:
    """Return the patterns of shares in words of a language, with their values; more than half is 0."""
    found = []
    for each in dict.fromkeys(("en", language)):
        values = ((pattern, value.split("/")) for pattern, value in values_listed(each, "fractions"))
        fractions = {pattern: int(part) / int(whole) for pattern, (part, whole) in values}
        # The longest first: "zwei drittel" holds "drittel".
        longest = sorted(fractions, key=len, reverse=True)
        found += [(re.compile(rf"\b(?:{words})\b", re.IGNORECASE), fractions[words]) for words in longest]
        found += [(re.compile(rf"(?<![^\W_])(?:{most})", re.IGNORECASE), 0.0) for most in listed(each, "majority")]
    return tuple(found)


def in_words(text: str, language: str) -> list[Share]:
    """Return the shares that ``text`` states in words, in order."""
    found: list[Share] = []
    places = [(each.start(), each.end(), _value(each)) for each in _FRACTION.finditer(text)]
    places += [(each.start(), each.end(), value) for pattern, value in _spelt(language) for each in pattern.finditer(text)]
    last = 0
    for start, end, value in sorted(places, key=lambda each: (each[0], -each[1])):
        if start >= last and value is not None and not _WANTED.search(text[max(0, start - _BEFORE) : start]):
            low, high, told = _bounds(text, start, end, value)
            found.append(Share(low, high, _things(text[end : end + _BEHIND]), start, end, True, told, text))
            last = end
    return found


def _value(found: re.Match[str]) -> float | None:
    if found["half"]:
        return 1 / 2
    if found["part"]:
        return 1 / _PARTS[found["part"].casefold()]
    if found["parts"]:
        return min(1.0, _DIGITS[found["few"].casefold()] / _PARTS[found["parts"].casefold()])
    some, whole = (_DIGITS.get(each.casefold()) or int(each) for each in (found["some"], found["all"]))
    return some / whole if 0 < some < whole else None


def _bounds(text: str, start: int, end: int, value: float) -> tuple[float, float, int]:
    """Return the least and the greatest value of a share, and where the words before it begin that bound it."""
    before = re.split(r"[.;:()]", text[max(0, start - _BEFORE) : start])[-1]
    low, high = _between(before, text, end, value)
    cues = filter(None, (pattern.search(before) for pattern in (_LESS, _NEARLY, _SOME, _MORE)))
    return low, high, start - len(before) + min((cue.start() for cue in cues), default=len(before))


def _between(before: str, text: str, end: int, value: float) -> tuple[float, float]:
    less, nearly = _LESS.search(before) or _LOST_BEHIND.match(text, end), _NEARLY.search(before)
    if not value:
        return (0.0, 0.5) if less or nearly else (0.5 + _EPSILON, 1.0)
    beyond = 0.0 if _INCLUDED.search(before) else _EPSILON
    if nearly:
        return value - _ABOUT, value - _EPSILON
    if less:
        return 0.0, value - beyond
    if _MORE.search(before):
        return value + beyond, 1.0
    slack = _ABOUT if _SOME.search(before) else _EXACT
    return value - slack, value + slack


def _things(behind: str) -> frozenset[str]:
    """Return what a share is of: the words behind "of", up to the end of the phrase."""
    words = re.findall(r"[^\W_]+|[.,;:()]", behind)[: _NEAR + 1]
    stop = next((n for n, word in enumerate(words) if not word[0].isalnum()), len(words))
    content = [word.casefold() for word in words[:stop] if word.isalpha() and word.casefold() not in STOPWORDS]
    return frozenset(word.removesuffix("s") for word in content)


def in_figures(text: str, language: str) -> Iterator[Share]:
    """Yield the shares that ``text`` gives in figures: per cents, and parts of a whole such as "58 of the 120 seats"."""
    found = numbers.quantities(text, language)
    whole: numbers.Quantity | None = None
    for at, each in enumerate(found):
        if each.unit == "%":
            yield _figure(each.values[0] / 100, each.things, each.start, each.until, text)
        if each.unit:
            continue
        following = found[at + 1] if at + 1 < len(found) else None
        if following and not following.unit and _OF.fullmatch(text, each.end, following.start):
            yield from (part._replace(parts=True) for part in _part(each, following))
        if whole:
            yield from _part(each, whole)
        total = _TOTAL_BEFORE.search(text, max(0, each.start - _BEFORE), each.start)
        if _TOTAL_BEHIND.match(text, each.end) or (total and not (at and _OF.fullmatch(text, found[at - 1].end, each.start))):
            whole = each


def _part(some: numbers.Quantity, whole: numbers.Quantity) -> Iterator[Share]:
    if 0 < some.values[0] <= whole.values[0]:
        start, end = min(some.start, whole.start), max(some.end, whole.end)
        yield _figure(some.values[0] / whole.values[0], some.things | whole.things, start, end, some.text)


def _figure(value: float, things: frozenset[str], start: int, end: int, text: str) -> Share:
    return Share(value, value, things, start, end, False, start, text)


def differing(claim: Share, texts: Iterable[str], around: Iterable[str], language: str) -> str | None:
    """Return what ``texts`` have instead of the claim's share, "" if nothing comparable; None if they, or the texts ``around``, have it."""
    near = _shares(texts, language)
    same = [each for each in near if not claim.things.isdisjoint(each.things)]
    if not same and not claim.things:
        same = [each for each in near if each.word]
    if any(_agree(claim, each) for each in same or near or _shares(around, language)):
        return None
    return next((each.words for each in same or near), "")


def _shares(texts: Iterable[str], language: str) -> list[Share]:
    return [each for text in texts for each in (*in_figures(text, language), *in_words(text, language))]


def of_another_part(claim: str, texts: Iterable[str], language: str) -> Iterator[tuple[str, str]]:
    """Yield each "303 of the 543" in ``claim``, and the "240 of the 543" that ``texts`` have of the same things instead."""
    near = [each for text in texts for each in in_figures(text, language) if each.parts]
    for part in [each for each in in_figures(claim, language) if each.parts][:_PARTED]:
        same = [each for each in near if not part.things.isdisjoint(each.things)]
        if same and not any(abs(part.low - each.low) < _EXACT / 2 for each in same):
            yield part.words, same[0].words


def _agree(claim: Share, other: Share) -> bool:
    """Return whether the article's share is within the claim's; of a narrow one, its middle."""
    middle = (other.low + other.high) / 2
    low, high = (middle, middle) if other.high - other.low < 3 * _ABOUT else (other.low, other.high)
    return claim.low - _ROUNDING <= low and high <= claim.high + _ROUNDING
