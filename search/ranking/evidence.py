"""Features of passages that tell whether the archive has an answer at all.

The score tells which passage is nearest, but not whether it is near enough: a broad archive has something near any question. What tells is
which of the question's words are there at all: for "capital of Australia", a passage about another capital lacks one. The features are
computed for the best passage. Lower ones have as much less as they lack more words; probabilities stay in the order of the scores.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from newsdex.search.languages import LISTS
from newsdex.search.question.asking import is_small_talk
from newsdex.search.question.date_words import is_date_word
from newsdex.search.question.stopwords import STOPWORDS, language_of
from newsdex.search.question.terms import analyzer
from newsdex.search.ranking.candidates import QueryText
from newsdex.search.ranking.fusion import BY_FOREIGN, EVIDENCE, Evidence
from newsdex.search.ranking.lexical import Asked, impact_at, impacts_at
from newsdex.store.columns import coded_at
from newsdex.store.postings import SCALE
from newsdex.store.segment import Segment
from newsdex.words import as_read, unlinked

# A question such as "copper and zinc": a list of items of one or two words.
_LIST = re.compile(r"\s+(?:and|or|und|oder|y|o|et|ou)\s+|,\s*", re.IGNORECASE)
_PART = 2
_NEGATION = re.compile(r"\b(?:not|never|no|nor|neither|none|nobody|nothing|without|except|cannot)\b|n['\u2019]t\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_][\w'\u2019]*")
YEAR = re.compile(r"(?:1[89]|20)\d\d", re.ASCII)
NOUNS_IN_CAPITALS = "de"
# The most words missing from the article that are tested for being names.
_LOOKED_UP = 3
# How many articles, of the first _LISTED with a word, and characters of each, are read to see whether it is capitalised.
_ARTICLES = 3
_LISTED = 100
_READ = 20_000
_REMEMBERED = 10_000  # words of a segment
# The most that the evidence adds: of a passage in a language that the model speaks, and of any.
MOST_EVIDENCE = EVIDENCE.held
MOST_FOREIGN = MOST_EVIDENCE + max(EVIDENCE.across, EVIDENCE.foreign, EVIDENCE.translated)
# Letters that a name has in common with its stem at least, but for accents: no time is spent on stemming words that begin otherwise.
_BEGINNING = 2
# The shortest common beginning of two forms of a name.
_STEM = 4


def evidence_of(question: QueryText, segment: Segment, number: int, position: int, *, spoken: bool) -> Evidence:
    """The features of the passage at ``position`` of segment ``number``; ``spoken``: the model speaks its language. Raises IndexDamaged."""
    text, words, foreign = question.text, question.words, question.foreign
    row = segment.article_of(position)
    talk = is_small_talk(text)
    if not sum(word.weight for word in words.own):
        return Evidence(talk=talk)
    analysed = analyzer(coded_at(segment.tensors, "language", row))
    title = set(analysed.terms(segment.title(row)))
    impacts = [impact_at(word, number, position) for word in words.own]
    # The article's own list tells of a stop word that is meant as a name: that it is in the title says nothing.
    whole = [impact_at(word, number, row) for word in words.article]
    there = [
        impact > 0 or (its > 0 and not title.isdisjoint(word.terms)) for word, impact, its in zip(words.own, impacts, whole, strict=True)
    ]
    holding = list(zip(words.own, there, strict=True))
    # In another language a name may be spelt differently, and "not" is another word.
    other = not spoken or foreign == BY_FOREIGN
    # If all words of a list are in the archive, a passage about one item is enough.
    parts = [] if other or not all(any(word.postings) for word in words.article) else _parts(text)
    held = max((_share(holding, set(analysed.terms(part))) for part in parts), default=0.0) or _share(holding)
    own = sum(word.weight * impact / SCALE for word, impact in zip(words.own, impacts, strict=True))
    return Evidence(
        own=own,
        held=held,
        name=not other and bool(lacking_names(question, segment, number, row)),
        year=_lacks_year(words.article, whole, segment, row),
        # So in a language that the model does not speak; in one that it does, the meaning says what the words do not
        bare=foreign != BY_FOREIGN
        and (spoken or not foreign.language)
        and _has_names_alone(text, words.article, whole, segment, number, row),
        negation=not other and _NEGATION.search(text) is not None and _NEGATION.search(passage_text(segment, row, position)) is None,
        talk=talk,
        personal=len(words.own) <= _PART and _is_personal(text, passage_text(segment, row, position)),
        # Without any of the words, nothing supports a passage whose meaning the model cannot tell.
        across=held if not spoken and foreign != BY_FOREIGN and not foreign.language else 0.0,
        translated=not spoken and bool(foreign.language),
        foreign=held if not spoken and foreign == BY_FOREIGN else 0.0,
    )


def most_evidence(
    question: QueryText, segment: Segment, number: int, positions: NDArray[np.int64], *, spoken: NDArray[np.bool_] | bool
) -> NDArray[np.float64]:
    """The most that the evidence of each of the passages at ``positions`` can add to the points, float64, (len(positions),): what it does
    without looking for names, whose lack takes points away. ``spoken``, (len(positions),) or for all, is as in ``evidence_of``. Raises
    IndexDamaged.
    """
    words, foreign = question.words, question.foreign
    rows = segment.articles_of(positions)
    own, held = np.zeros(len(positions)), np.zeros(len(positions))
    for word, whole in zip(words.own, words.article, strict=True):
        impacts = impacts_at(word, number, positions)
        own += word.weight * impacts / SCALE
        held += word.weight * ((impacts > 0) | (impacts_at(whole, number, rows) > 0))
    held = np.ones(len(positions)) if _parts(question.text) else held / max(sum(word.weight for word in words.own), 1e-9)
    if foreign.language:
        elsewhere = np.full(len(positions), EVIDENCE.translated)
    else:
        elsewhere = (EVIDENCE.foreign if foreign == BY_FOREIGN else EVIDENCE.across) * held
    return EVIDENCE.own * own + EVIDENCE.held * held + np.where(spoken, 0.0, elsewhere)


def _parts(question: str) -> Sequence[str]:
    """The items if ``question`` is a list, else nothing."""
    parts = [part for part in _LIST.split(question) if part]
    return parts if len(parts) > 1 and all(len(part.split()) <= _PART for part in parts) else []


def _share(words: Sequence[tuple[Asked, bool]], terms: set[str] | None = None) -> float:
    """The weighted share of ``words`` that are present; with ``terms``, of the words that have one of them."""
    mine = [(word.weight, holds) for word, holds in words if terms is None or not terms.isdisjoint(word.terms)]
    return sum(weight for weight, holds in mine if holds) / max(sum(weight for weight, _ in mine), 1e-9)


def lacking_names(question: QueryText, segment: Segment, number: int, row: int) -> list[Asked]:
    """The names in ``question`` that the article contains in no form ("Thai" is a form of "Thailand"). A name is a word that is capitalised
    in the question, if not all of its words are, or in the middle of sentences of the archive. Raises IndexDamaged.
    """
    lacking = list(islice((word for word in question.words.article if not impact_at(word, number, row)), _LOOKED_UP))
    if not lacking:
        return []
    text = f"{segment.title(row)} {as_read(segment.text(row))}".replace("\u2019", "'")
    lowered = text.lower() if text.isascii() else ""

    def is_there(form: str) -> bool:
        begins = form[: max(_STEM, len(form) - 2)].replace("\u2019", "'")
        # Without it, no expression need be compiled.
        missing = lowered and begins.isascii() and begins.lower() not in lowered
        return not missing and re.search(rf"\b{re.escape(begins)}", text, re.IGNORECASE) is not None

    return [word for word, forms in _names(question.text, lacking, segment, number, row) if not any(map(is_there, forms))]


def _is_personal(question: str, passage: str) -> bool:
    """Whether ``question`` has pronouns for whoever asks or is asked, and ``passage`` none of these."""
    asked, there = (LISTS.words("personal").intersection(re.findall(r"\w+", text.casefold())) for text in (question, passage))
    return bool(asked) and asked.isdisjoint(there)


def _lacks_year(words: Sequence[Asked], impacts: Sequence[int], segment: Segment, row: int) -> bool:
    """Whether the article, which has ``words`` with these ``impacts``, is dated, and neither has nor is of a year among them."""
    first, last = segment.days_at(row)
    lacking = [int(word.terms[0]) for word, impact in zip(words, impacts, strict=True) if not impact and YEAR.fullmatch(word.terms[0])]
    return bool(first) and any(not date.fromordinal(first).year <= year <= date.fromordinal(last).year for year in lacking)


def _has_names_alone(question: str, words: Sequence[Asked], impacts: Sequence[int], segment: Segment, number: int, row: int) -> bool:
    """Whether the article, with ``words`` of these ``impacts``, has names of ``question`` and nothing else, although there is more."""
    held = [word for word, impact in zip(words, impacts, strict=True) if impact]
    return 0 < len(held) < min(len(words), _LOOKED_UP + 1) and len(held) == sum(1 for _ in _names(question, held, segment, number, row))


def _names(question: str, words: Sequence[Asked], segment: Segment, number: int, row: int) -> Iterator[tuple[Asked, list[str]]]:
    """Yield those of ``words`` that are names, each with its forms in the question."""
    telling = analyzer(coded_at(segment.tensors, "language", row))
    written = [(set(telling.terms(found[0])), found[0]) for found in _WORD.finditer(question) if found[0].casefold() not in STOPWORDS]
    capitals = {form for _, form in written if form[0].isupper()}
    tells = len(capitals) < len(written) and language_of(question) != NOUNS_IN_CAPITALS
    for word in words:
        forms = [form for terms, form in written if not terms.isdisjoint(word.terms) and not is_date_word(form)]
        if forms and ((tells and any(form in capitals for form in forms)) or _is_name(word, number, segment)):
            yield word, forms


def _is_name(word: Asked, number: int, segment: Segment) -> bool:
    small, capital = capitals_of(word, number, segment)
    return capital > small


def capitals_of(word: Asked, number: int, segment: Segment) -> tuple[int, int]:
    """How often the first articles with ``word`` write it within sentences without a capital, and with one. Remembered by the segment."""
    remembered, counts = segment.remembered_capitals, [0, 0]
    if word.terms in remembered:
        return remembered[word.terms]
    # Only words that begin like one of the terms, or with an accent that the terms may lack, are stemmed. The space comes first, for which
    # a text is soon searched. The class is compiled in a third of the time where case counts.
    beginnings = "|".join("'?".join(map(re.escape, term[:_BEGINNING])) for term in word.terms)
    inside = re.compile(rf" (?<=\w )((?:(?i:{beginnings})|\w?[^\x00-\x7f])[\w']*)")
    rows = [row for posting in word.postings[number] for row in posting.places[:_LISTED].tolist()]
    languages = ((row, coded_at(segment.tensors, "language", row)) for row in rows)
    for row, language in islice((pair for pair in languages if pair[1] != NOUNS_IN_CAPITALS), _ARTICLES):
        for found in inside.finditer(segment.text(row)[:_READ]):
            if not set(analyzer(language).terms(found[1])).isdisjoint(word.terms):
                counts[found[1][0].isupper()] += 1
    if len(remembered) >= _REMEMBERED:
        remembered.clear()
    remembered[word.terms] = counts[0], counts[1]
    return counts[0], counts[1]


def passage_text(segment: Segment, row: int, position: int) -> str:
    """What is read of the passage at ``position``, of the article at ``row``. Raises IndexDamaged."""
    start, end = segment.passage_range(position)
    return unlinked(segment.text(row))[start:end]
