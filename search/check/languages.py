"""The words by which statements are compared, in a file for each language: lists/README.md explains them.

German verbs with their particles, "lehnte ... ab", mean the opposite without them: ``with_particles`` joins them.

In a language without one of the lists in LISTED, a claim that only such a word makes false would pass, so it is never supported there.
docs/CHECK.md has this table, too; a test compares them.
"""

# ruff: noqa: RUF001 - dashes

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from itertools import combinations, product
from pathlib import Path

from newsdex.records import Article
from newsdex.reports import Discrepancy
from newsdex.search.languages import WordLists
from newsdex.search.question.stopwords import language_of
from newsdex.words import Analyzer

LISTS = WordLists(Path(__file__).parent / "lists")
_UNKNOWN = ("", "und")
_LETTER = re.compile(r"[^\W\d_]")
_LATIN = re.compile(r"[A-Za-z\u00aa-\u024f\u1e00-\u1eff]")
_PARTICLES = ("ab", "an", "auf", "aus", "bei", "ein", "fest", "frei", "gut", "um", "zu", "zurück")
# A mark within a number ends no clause.
_CLAUSE = re.compile(r"[^\W\d_]+|[,;:.()!?—–](?!\d)")
_ENDS = frozenset(",;:.()!?—–") | {"und", "oder", "aber"}
LISTED: Mapping[str, AbstractSet[str]] = {
    "numbers in words": LISTS.languages_with("digits"),
    "negations": LISTS.languages_with("negations"),
    "opposites": LISTS.languages_with("opposites"),
}


def uncompared(claim: str, article: Article) -> Iterator[Discrepancy]:
    """Yield what is not compared in the article's language, or that of its text. For a claim in another script there is no list."""
    language = article.language if article.language not in _UNKNOWN else language_of(article.text) or "en"
    letters = _LETTER.findall(claim)
    if 2 * sum(_LATIN.match(letter) is not None for letter in letters) < len(letters):
        language = article.language if article.language not in (*_UNKNOWN, *LISTED["negations"]) else "und"
    if missing := [name for name, languages in LISTED.items() if language not in languages]:
        yield Discrepancy("language", ", ".join(missing), language)


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
