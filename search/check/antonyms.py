"""Antonyms by language, and German verbs with their particles, "lehnte ... ab", which mean the opposite without them."""

# ruff: noqa: RUF001 - dashes

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from itertools import combinations, product

from newsdex.search.check.languages import LISTS
from newsdex.words import Analyzer

_PARTICLES = ("ab", "an", "auf", "aus", "bei", "ein", "fest", "frei", "gut", "um", "zu", "zurück")
# A mark within a number ends no clause.
_CLAUSE = re.compile(r"[^\W\d_]+|[,;:.()!?—–](?!\d)")
_ENDS = frozenset(",;:.()!?—–") | {"und", "oder", "aber"}


def opposites(term: str, language: str = "en") -> frozenset[str]:
    """Return the antonyms of a term; those of English in a language of which none are known."""
    return _opposites(language if LISTS.entries(language, "opposites") else "en").get(term, frozenset())


@cache
def _opposites(language: str) -> dict[str, frozenset[str]]:
    stem = Analyzer(language)
    found: defaultdict[str, set[str]] = defaultdict(set)
    for pair in LISTS.entries(language, "opposites"):
        sides = [stem.terms(side) for side in (pair.split("/") if "/" in pair else pair.split())]
        for some, others in combinations(sides, 2):
            for a, b in product(some, others):
                found[a].add(b)
                found[b].add(a)
    return {term: frozenset(others - {term}) for term, others in found.items()}


def with_particles(text: str, language: str) -> str:
    """Return ``text`` with the parts of separable verbs joined, and phrases for which there is a word replaced by it."""
    for phrase, word in _phrases(language):
        text = phrase.sub(word, text)
    if language != "de":
        return text
    joined, clause = [*_CLAUSE.finditer(text)], 0
    found: dict[int, str] = {}
    for at, token in enumerate(joined):
        if token[0].casefold() in _ENDS:
            clause = at + 1
        elif token[0] in _PARTICLES and (at + 1 == len(joined) or joined[at + 1][0].casefold() in _ENDS):
            verb = next((n for n in range(clause, at) if token[0] + joined[n][0].casefold() in _separable()), None)
            if verb is not None:
                found |= {verb: token[0] + joined[verb][0], at: ""}
    for at, word in reversed(found.items()):
        text = text[: joined[at].start()] + word + text[joined[at].end() :]
    return text


def phrase_of(text: str, term: str, language: str) -> str:
    """Return the phrase of ``text`` that is replaced by a word with the ``term``; "" if there is none."""
    stem = Analyzer(language).terms
    found = (phrase.search(text) for phrase, word in _phrases(language) if term in stem(re.sub(r"\\\d", "", word)))
    return next((each[0] for each in found if each), "")


@cache
def _phrases(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(rf"\b{phrase}\b", re.IGNORECASE), word) for phrase, word in LISTS.values(language, "phrases"))


@cache
def _separable() -> frozenset[str]:
    return frozenset(re.findall(r"\w+", " ".join(LISTS.entries("de", "opposites")).casefold()))
