"""Whose number it is: "A won 65 per cent, B 29". A sentence is read only if its names and numbers alternate, so that each pair is clear.

Or what it is of: "a poster for $40 and a catalogue for $25".
"""

# ruff: noqa: RUF001 - dashes

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from newsdex.reports import Discrepancy
from newsdex.search.answer.question import casualties
from newsdex.search.check import dates, names, numbers
from newsdex.search.check.names import Name
from newsdex.search.check.numbers import Quantity, agree, quantities
from newsdex.search.languages import NOUNS_IN_CAPITALS
from newsdex.search.question.stopwords import STOPWORDS, words_in
from newsdex.search.question.terms import analyzer

_NEAR = 40  # characters between a number and the word for those who are counted
_MOST = 8  # names and numbers of a sentence that is read
_BEFORE = 12  # characters before a name that tell if it is a place
_PLACE = re.compile(r"\b(?:in|at|on|from|near|across) (?:the )?$", re.IGNORECASE)
# Between a number and the name behind it to which it belongs: "65 per cent for A", "29 went to B".
_GIVEN = re.compile(
    r"(?: ?%| (?:per|pour|por) ?(?:cent|ciento|cento)| [^\W\d_]{3,12})?(?: went| fell)?"
    r" (?:for|to|by|pour|à|para|per|a)(?: the| la)? "
)
# Between what is said of one number and of the next.
_BETWEEN = re.compile(
    r"[;:()!?—–]|[,.](?!\d)|\b(?:and|but|while|whereas|or|und|aber|oder|während|et|mais|ou|tandis|y|pero|o|mientras|e|ma|mentre)\b"
)
_WORD = re.compile(r"[^\W\d_]+")
# Verbs that say no more than that something has a number.
_COST = words_in(
    "cost costs costing price priced worth total totals totalled kostet kosten kostete betrug beträgt coûte coûtent coûtait cuesta cuestan"
    " costaba costa costano costava"
)
_HEADS = 2  # terms beside a number that tell what it is of
_POSSESSIVE = ("'s", "\N{RIGHT SINGLE QUOTATION MARK}s")


def exchanged(claim: str, texts: Sequence[str], language: str) -> Iterator[tuple[int, str]]:
    """Yield the place of each number of ``claim`` that is another name's in ``texts``, and the number of its own name there."""
    said = _owned(claim, language, alone=True)
    known = [(text, each) for text in texts for each in _owned(text, language)] if said else []
    for name, number in said:
        own = [(text, other) for text, (whose, other) in known if _is_same(name, whose) and numbers.comparable(number, other)]
        others = [other for _, (whose, other) in known if not _is_same(name, whose)]
        if own and not any(numbers.agree(number, other) for _, other in own) and any(numbers.agree(number, other) for other in others):
            text, other = own[0]
            yield number.start, text[other.start : other.end]


def miscounted(claim: str, texts: Sequence[str], language: str) -> Iterator[Discrepancy]:
    """Yield numbers of casualties that ``texts`` have of others, with their own: "killed 238" for "killing 107 and wounding 238"."""
    said = _counted(claim, language)
    known = [each for text in texts for each in _counted(text, language)] if said else []
    for kind, number in said:
        same = [other for its, other in known if its == kind]
        elsewhere = any(its != kind and numbers.agree(number, other) for its, other in known)
        if elsewhere and same and not any(numbers.agree(number, other) for other in same):
            yield Discrepancy("number", number.words, same[0].words)


def of_another(number: Quantity, known: Sequence[Quantity], language: str) -> Quantity | None:
    """Return the number that a sentence has of what the claim has ``number`` of, where it has the claim's of something else only: 25 for "a
    catalogue for $40" if "a poster costs $40 and a catalogue $25"; None if there is none.
    """
    ours = _parts(number.text, number, quantities(number.text, language), language)
    said = next((part for part in ours if part.number == number), None)
    if said is None or not all(part.before or part.behind for part in ours):
        return None
    other = None
    for text in {each.text for each in known if agree(number, each)}:
        parts = _parts(text, number, [each for each in known if each.text == text], language)
        equal = [part for part in parts if agree(number, part.number)]
        others = [part for part in parts if not any(agree(each.number, part.number) for each in ours)]
        rivals = [next((rival for rival in others if _is_rather(said, part, rival)), None) for part in equal]
        if not rivals or None in rivals:
            return None
        other = rivals[0].number if rivals[0] else other
    return other


class _Part(NamedTuple):
    """The only ``number`` of its kind in a part of a sentence, and the terms before and behind it there, the nearest first."""

    number: Quantity
    before: tuple[str, ...]
    behind: tuple[str, ...]


def _parts(text: str, number: Quantity, known: Sequence[Quantity], language: str) -> list[_Part]:
    """Return the parts of ``text`` with numbers of the kind of ``number``; none if one has two."""
    found, start = [], 0
    for end in (*(each.start() for each in _BETWEEN.finditer(text)), len(text)):
        within = [each for each in known if start <= each.start < end and each.unit == number.unit]
        if len(within) > 1:
            return []
        if within:
            one = within[0]
            before, behind = (_terms(part, language) for part in (text[start : one.start], text[one.until if one.unit else one.end : end]))
            found.append(_Part(one, before[::-1], behind))
        start = end
    return found


def _terms(text: str, language: str) -> tuple[str, ...]:
    words = (word for word in _WORD.findall(text) if word.casefold() not in STOPWORDS | _COST)
    return tuple(analyzer(language).terms(" ".join(words)))


def _is_rather(said: _Part, equal: _Part, other: _Part) -> bool:
    """Return whether a claim's number is of the same thing as the ``other`` one of a sentence rather than as the ``equal`` one."""
    ours = {*said.before, *said.behind}
    return any(term in ours for term in _heads(other, equal)[:1]) and any(term not in ours for term in _heads(equal, other))


def _heads(part: _Part, other: _Part) -> list[str]:
    """Return the terms that tell what a number is of: the nearest that the ``other`` part lacks, on the sides on which both have words."""
    sides = [mine for mine, theirs in ((part.before, other.before), (part.behind, other.behind)) if mine and theirs]
    lacking = [[term for term in side if term not in (*other.before, *other.behind)][:_HEADS] for side in sides]
    return [*chain.from_iterable(lacking)]


def same_fate(number: Quantity, other: Quantity, language: str) -> bool:
    """Return whether both numbers are of the dead, both of the rescued or both of the injured."""
    fates = [{kind for kind, each in _counted(one.text, language) if each == one} for one in (number, other)]
    return not fates[0].isdisjoint(fates[1])


def _counted(text: str, language: str) -> list[tuple[int, Quantity]]:
    """Return each number of ``text`` near a word for casualties, with the place there of the nearest one's list."""
    words = [(word.start(), word.end(), kind) for kind, each in enumerate(casualties()) for word in each.finditer(text)]
    found = []
    for number in numbers.quantities(text, language):
        gaps = [(max(start - number.end, number.start - end), kind) for start, end, kind in words]
        if gaps and min(gaps)[0] <= _NEAR:
            found.append((min(gaps)[1], number))
    return found


def _is_same(name: Name, other: Name) -> bool:
    return not set(name.words).isdisjoint(other.words)


def _owned(text: str, language: str, *, alone: bool = False) -> list[tuple[Name, Quantity]]:
    """Return names with their numbers; none if that is unclear, as for German nouns. A name that is ``alone`` has the only number."""
    if language == NOUNS_IN_CAPITALS:
        return []
    masked = dates.mask(text, dates.dates(text, [language]))
    named = [each for each in names.names(masked) if not _PLACE.search(masked[max(0, each.start - _BEFORE) : each.start])]
    counted = [each for each in numbers.quantities(masked, language) if each.unit not in ("th", numbers.CLOCK)]
    if alone and len(named) == len(counted) == 1:
        return [(named[0], counted[0])]
    # "With 20 per cent counted, A leads"
    first = min((each.start for each in named), default=0)
    if masked[:first].endswith(", "):
        counted = [each for each in counted if each.start > first]
    # In "52 per cent to 41" the second has no unit.
    return _paired(text, named, [each for each in counted if each.unit == counted[0].unit]) or _paired(text, named, counted)


def _paired(text: str, named: Sequence[Name], counted: Sequence[Quantity]) -> list[tuple[Name, Quantity]]:
    order: list[Name | Quantity] = sorted([*named, *counted], key=lambda each: each.start)
    shape = "".join("n" if isinstance(each, Name) else "m" for each in order)
    if not named or len(order) > _MOST:
        return []
    # Numbers that belong to the name behind them, by their places.
    given = [at for at, (one, other) in enumerate(pairwise(order)) if _is_given(text, one, other)]
    if given != {"nm" * len(named): [], "mn" * len(named): [*range(0, len(order), 2)], "nmmn": [2]}.get(shape):
        return []
    pairs = [*zip(order[::2], order[1::2], strict=True), *zip(order[1::2], order[::2], strict=True)]
    return [(one, other) for one, other in pairs if isinstance(one, Name) and isinstance(other, Quantity)]


def _is_given(text: str, one: Name | Quantity, other: Name | Quantity) -> bool:
    """Return whether ``one`` is a number that belongs to ``other``, the name behind it."""
    if isinstance(one, Name) or isinstance(other, Quantity) or text.endswith(_POSSESSIVE, other.start, other.end):
        return False
    return _GIVEN.fullmatch(text, one.end, other.start) is not None
