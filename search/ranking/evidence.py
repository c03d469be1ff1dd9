"""Evidence: features of passages that tell whether the archive has an answer at all.

Points rank passages but do not tell whether the best one answers: a broad archive has something similar to any question. The evidence is
which of the question's words are missing: for "capital of Australia", a passage about another capital lacks one. All features are computed
for the best passage; lower passages lose points for the words that they lack besides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from newsdex.search.languages import LISTS, NOUNS_IN_CAPITALS
from newsdex.search.question.asking import is_small_talk
from newsdex.search.question.date_words import YEAR, is_date_word
from newsdex.search.question.stopwords import STOPWORDS, language_of
from newsdex.search.question.terms import analyzer
from newsdex.search.ranking.candidates import QueryText
from newsdex.search.ranking.fusion import BY_FOREIGN, EVIDENCE, Evidence
from newsdex.search.ranking.lexical import QueryWord, impact_at, impacts_at
from newsdex.store.columns import coded_at
from newsdex.store.copies import Place
from newsdex.store.postings import SCALE
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot
from newsdex.words import as_read, unlinked

# A question such as "copper and zinc" is a list of items of at most _ITEM_WORDS words.
_LIST = re.compile(r"\s+(?:and|or|und|oder|y|o|et|ou)\s+|,\s*", re.IGNORECASE)
_ITEM_WORDS = 2
_NEGATION = re.compile(r"\b(?:not|never|no|nor|neither|none|nobody|nothing|without|except|cannot)\b|n['\u2019]t\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_][\w'\u2019]*")
# The first words missing from the article that are tested for being names.
_LOOKED_UP = 3
# How many articles, of the first _LISTED with a word, and characters of each, are read to see whether it is capitalised.
_ARTICLES = 3
_LISTED = 100
_READ = 20_000
_REMEMBERED = 10_000  # words of a segment
# The most that the evidence adds: of a passage in a language that the model speaks, and of any.
MOST_EVIDENCE = EVIDENCE.held
MOST_FOREIGN = MOST_EVIDENCE + max(EVIDENCE.across, EVIDENCE.foreign, EVIDENCE.translated)
# The letters, without accents, that a name and its stem have in common.
_BEGINNING = 2
# The shortest common beginning of two forms of a name.
_STEM = 4


def evidence_of(question: QueryText, segment: Segment, number: int, position: int, *, native: bool) -> Evidence:
    """The evidence of the passage at ``position`` of segment ``number``; ``native`` is as in ``Search``. Raises IndexDamaged."""
    text, words, foreign = question.text, question.words, question.foreign
    row = segment.article_of(position)
    talk = is_small_talk(text)
    if not sum(word.weight for word in words.passage):
        return Evidence(talk=talk)
    analysed = analyzer(coded_at(segment.tensors, "language", row))
    title = set(analysed.terms(segment.title(row)))
    impacts = [impact_at(word, number, position) for word in words.passage]
    # A stop word that is meant as a name is in the article's postings; that the title has it says nothing.
    in_article = [impact_at(word, number, row) for word in words.article]
    found = [
        (word, impact > 0 or (article_impact > 0 and not title.isdisjoint(word.terms)))
        for word, impact, article_impact in zip(words.passage, impacts, in_article, strict=True)
    ]
    # In another language a name may be spelt differently, and "not" is another word.
    other = not native or foreign == BY_FOREIGN
    # If all words of a list are in the archive, a passage about one item is enough.
    items = [] if other or not all(any(word.postings) for word in words.article) else _items(text)
    held = max((_weighted_share(found, set(analysed.terms(item))) for item in items), default=0.0) or _weighted_share(found)
    own = sum(word.weight * impact / SCALE for word, impact in zip(words.passage, impacts, strict=True))
    return Evidence(
        own=own,
        held=held,
        name=not other and bool(_lacking_names(question, segment, number, row)),
        year=_lacks_year(words.article, in_article, segment, row),
        # Across two languages of the model, the meaning says what the words do not
        bare=foreign != BY_FOREIGN
        and (native or not foreign.language)
        and _has_only_names(text, words.article, in_article, segment, number, row),
        negation=not other and _NEGATION.search(text) is not None and _NEGATION.search(passage_text(segment, row, position)) is None,
        talk=talk,
        personal=len(words.passage) <= _ITEM_WORDS and _is_personal(text, passage_text(segment, row, position)),
        # Without any of the words, nothing supports a passage whose meaning the model cannot tell.
        across=held if not native and foreign != BY_FOREIGN and not foreign.language else 0.0,
        translated=not native and bool(foreign.language),
        foreign=held if not native and foreign == BY_FOREIGN else 0.0,
    )


def most_evidence(
    question: QueryText, segment: Segment, number: int, positions: NDArray[np.int64], *, native: NDArray[np.bool_] | bool
) -> NDArray[np.float64]:
    """An upper bound of the points that evidence adds to each of the passages at ``positions``, float64, (n,). It leaves out the features
    that only take points away. ``native``, bool, (n,) or for all, is as in ``Search``. Raises IndexDamaged.
    """
    words, foreign = question.words, question.foreign
    rows = segment.articles_of(positions)
    own, held = np.zeros(len(positions)), np.zeros(len(positions))
    for word, in_article in zip(words.passage, words.article, strict=True):
        impacts = impacts_at(word, number, positions)
        own += word.weight * impacts / SCALE
        held += word.weight * ((impacts > 0) | (impacts_at(in_article, number, rows) > 0))
    held = np.ones(len(positions)) if _items(question.text) else held / max(sum(word.weight for word in words.passage), 1e-9)
    if foreign.language:
        added = np.full(len(positions), EVIDENCE.translated)
    else:
        added = (EVIDENCE.foreign if foreign == BY_FOREIGN else EVIDENCE.across) * held
    return EVIDENCE.own * own + EVIDENCE.held * held + np.where(native, 0.0, added)


def _items(question: str) -> Sequence[str]:
    """The items if ``question`` is a list, else nothing."""
    items = [item for item in _LIST.split(question) if item]
    return items if len(items) > 1 and all(len(item.split()) <= _ITEM_WORDS for item in items) else []


def _weighted_share(words: Sequence[tuple[QueryWord, bool]], terms: set[str] | None = None) -> float:
    """The share of ``words`` that are present, by weight; with ``terms``, of the words that have one of them."""
    counted = [(word.weight, present) for word, present in words if terms is None or not terms.isdisjoint(word.terms)]
    return sum(weight for weight, present in counted if present) / max(sum(weight for weight, _ in counted), 1e-9)


def lacking_names(snapshot: Snapshot, question: QueryText, article: Place) -> list[QueryWord]:
    """The names in ``question`` that the article contains in no form ("Thai" is a form of "Thailand"). A name is a word that is capitalised
    in the question, if not all of its words are, or in the middle of sentences of the archive. Raises IndexDamaged.
    """
    return _lacking_names(question, snapshot.segments[article.segment], *article)


def _lacking_names(question: QueryText, segment: Segment, number: int, row: int) -> list[QueryWord]:
    lacking = list(islice((word for word in question.words.article if not impact_at(word, number, row)), _LOOKED_UP))
    if not lacking:
        return []
    text = f"{segment.title(row)} {as_read(segment.text(row))}".replace("\u2019", "'")
    lowered = text.lower() if text.isascii() else ""

    def is_in_text(form: str) -> bool:
        form = form.replace("\u2019", "'").removesuffix("'s")
        stem = form[: max(_STEM, len(form) - 2)]
        # Cheaper than compiling a pattern
        missing = lowered and stem.isascii() and stem.lower() not in lowered
        return not missing and re.search(rf"\b{re.escape(stem)}", text, re.IGNORECASE) is not None

    return [word for word, forms in _names(question.text, lacking, segment, number, row) if not any(map(is_in_text, forms))]


def _is_personal(question: str, passage: str) -> bool:
    """Whether ``question`` has pronouns such as "my" or "you", and ``passage`` none of these."""
    asked, told = (LISTS.words("personal").intersection(re.findall(r"\w+", text.casefold())) for text in (question, passage))
    return bool(asked) and asked.isdisjoint(told)


def _lacks_year(words: Sequence[QueryWord], impacts: Sequence[int], segment: Segment, row: int) -> bool:
    """Whether the article is dated, and neither has nor is of a year among ``words``, which have these ``impacts`` in it."""
    first, last = segment.days_at(row)
    lacking = [int(word.terms[0]) for word, impact in zip(words, impacts, strict=True) if not impact and YEAR.fullmatch(word.terms[0])]
    return bool(first) and any(not date.fromordinal(first).year <= year <= date.fromordinal(last).year for year in lacking)


def _has_only_names(question: str, words: Sequence[QueryWord], impacts: Sequence[int], segment: Segment, number: int, row: int) -> bool:
    """Whether the article, in which ``words`` have these ``impacts``, has names of ``question`` and none of its other words."""
    held = [word for word, impact in zip(words, impacts, strict=True) if impact]
    return 0 < len(held) < min(len(words), _LOOKED_UP + 1) and len(held) == sum(1 for _ in _names(question, held, segment, number, row))


def _names(question: str, words: Sequence[QueryWord], segment: Segment, number: int, row: int) -> Iterator[tuple[QueryWord, list[str]]]:
    """Yield those of ``words`` that are names, each with its forms in the question."""
    terms_of = analyzer(coded_at(segment.tensors, "language", row)).terms
    written = [(set(terms_of(found[0])), found[0]) for found in _WORD.finditer(question) if found[0].casefold() not in STOPWORDS]
    capitals = {form for _, form in written if form[0].isupper()}
    tells = len(capitals) < len(written) and language_of(question) != NOUNS_IN_CAPITALS
    for word in words:
        forms = [form for terms, form in written if not terms.isdisjoint(word.terms) and not is_date_word(form)]
        if forms and ((tells and any(form in capitals for form in forms)) or _is_name(word, number, segment)):
            yield word, forms


def _is_name(word: QueryWord, number: int, segment: Segment) -> bool:
    small, capital = capitals_of(word, number, segment)
    return capital > small


def capitals_of(word: QueryWord, number: int, segment: Segment) -> tuple[int, int]:
    """How often the first articles with ``word`` write it within sentences without a capital, and with one. Remembered by the segment."""
    remembered, counts = segment.remembered_capitals, [0, 0]
    if word.terms in remembered:
        return remembered[word.terms]
    # For speed, only words that begin like one of the terms, or with an accent that the terms may lack, are stemmed. The pattern begins
    # with a space, which is found fast, and its class is case-sensitive, which compiles in a third of the time.
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
    """The text of the passage at ``position``, of the article at ``row``, as ``unlinked`` returns it. Raises IndexDamaged."""
    start, end = segment.passage_range(position)
    return unlinked(segment.text(row))[start:end]
