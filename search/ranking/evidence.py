"""What the best passage of a ranking lacks of the question: evidence that nothing in the archive answers it.

Points tell which passage is nearest, and little of whether the nearest is near enough: an archive of everything has something that is near
to any question. What tells is which of the words are there at all, whatever they weigh in the passage: of "capital of Australia" the
passage that names another capital lacks one. It is looked up for the best passage and holds for the whole list, so that the probabilities
of a list are in the order of its points.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from newsdex.search.question.date_words import is_date_word
from newsdex.search.question.stopwords import STOPWORDS, language_of
from newsdex.search.ranking.fusion import BY_FOREIGN, Evidence, Foreign
from newsdex.search.ranking.lexical import Asked, AskedWords, analyzer, impacts_at
from newsdex.store.columns import coded_at, string_at
from newsdex.store.postings import SCALE
from newsdex.store.segment import Segment

# A list such as "copper and zinc", of parts of a word or two.
_LIST = re.compile(r"\s+(?:and|or|und|oder|y|o|et|ou)\s+|,\s*", re.IGNORECASE)
_PART = 2
_NEGATION = re.compile(r"\b(?:not|never|no|nor|neither|none|nobody|nothing|without|except|cannot)\b|n['\u2019]t\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]\w*")
_NOUNS_IN_CAPITALS = "de"
_LOOKED_UP = 3  # words that the article lacks
_ARTICLES = 3  # articles in which it is looked how a word is written
_READ = 20_000  # characters of each
_STEM = 4  # letters that forms of a name have in common at least


def evidence_of(
    question: str, words: AskedWords, segment: Segment, number: int, position: int, foreign: Foreign, *, spoken: bool
) -> Evidence:
    """Of the passage at ``position`` of ``segment``, which is the one of this ``number``. ``spoken`` is whether the model speaks its
    language; ``foreign`` says whether it speaks the question's.

    Raises IndexDamaged.
    """
    row = segment.article_of(position)
    if not sum(word.weight for word in words.own):
        return Evidence()
    analysed = analyzer(coded_at(segment.tensors, "language", row))
    title = set(analysed.terms(string_at(segment.tensors, "title", row)))
    impacts = _impacts(words.own, number, position)
    there = [impact > 0 or not title.isdisjoint(word.terms) for word, impact in zip(words.own, impacts, strict=True)]
    holding = list(zip(words.own, there, strict=True))
    other = not spoken or foreign == BY_FOREIGN  # in which a name may be written in another way, and "not" is another word
    # Of a list whose words are all in the archive, any part may be what is looked for.
    parts = [] if other or not all(any(word.postings) for word in words.article) else _parts(question)
    held = max((_share(holding, set(analysed.terms(part))) for part in parts), default=0.0) or _share(holding)
    own = sum(word.weight * impact / SCALE for word, impact in zip(words.own, impacts, strict=True))
    return Evidence(
        own=own,
        held=held,
        name=not other and bool(lacking_names(question, words.article, segment, number, row)),
        negation=not other and _NEGATION.search(question) is not None and _NEGATION.search(_text(segment, row, position)) is None,
        across=not spoken and foreign != BY_FOREIGN and not foreign.language,
        translated=not spoken and bool(foreign.language),
        # What has few of the words makes up for nothing.
        foreign=held if not spoken and foreign == BY_FOREIGN else 0.0,
    )


def _parts(question: str) -> Sequence[str]:
    """The parts of a list; none of another question."""
    parts = [part for part in _LIST.split(question) if part]
    return parts if len(parts) > 1 and all(len(part.split()) <= _PART for part in parts) else []


def _share(words: Sequence[tuple[Asked, bool]], terms: set[str] | None = None) -> float:
    """The share of ``words``, or of those with some of ``terms``, that is there, by their weights."""
    mine = [(word.weight, holds) for word, holds in words if terms is None or not terms.isdisjoint(word.terms)]
    return sum(weight for weight, holds in mine if holds) / max(sum(weight for weight, _ in mine), 1e-9)


def _impacts(words: Sequence[Asked], number: int, place: int) -> list[int]:
    """What each word has in one passage or article of segment ``number``."""
    return [int(impacts_at(word, number, np.array([place]))[0]) for word in words]


def lacking_names(question: str, words: Sequence[Asked], segment: Segment, number: int, row: int) -> list[Asked]:
    """The names that are asked for and that the article has in no form: "Thailand" has "Thai". A name is what the question writes with a
    capital among words without, or what articles write so.

    Raises IndexDamaged.
    """
    lacking = [word for word, impact in zip(words, _impacts(words, number, row), strict=True) if not impact][:_LOOKED_UP]
    if not lacking:
        return []
    telling = analyzer(coded_at(segment.tensors, "language", row))
    written = [(set(telling.terms(found[0])), found[0]) for found in _WORD.finditer(question) if found[0].casefold() not in STOPWORDS]
    capitals = {form for _, form in written if form[0].isupper()}
    tells = len(capitals) < len(written) and language_of(question) != _NOUNS_IN_CAPITALS
    text = f"{string_at(segment.tensors, 'title', row)} {segment.text(row)}"
    names = []
    for word in lacking:
        forms = [form for terms, form in written if not terms.isdisjoint(word.terms) and not is_date_word(form)]
        if any((tells and form in capitals) or _is_name(word, segment, number) for form in forms) and not any(
            re.search(rf"\b{re.escape(form[: max(_STEM, len(form) - 2)])}", text, re.IGNORECASE) for form in forms
        ):
            names.append(word)
    return names


def _is_name(word: Asked, segment: Segment, number: int) -> bool:
    """Whether the first articles with ``word`` mostly write it with a capital in the midst of sentences."""
    counts = [0, 0]
    for row in (row for posting in word.postings[number] for row in posting.places[:_ARTICLES].tolist()):
        language = coded_at(segment.tensors, "language", row)
        if language != _NOUNS_IN_CAPITALS:
            text = segment.text(row)[:_READ]
            for start, _ in analyzer(language).places(text, set(word.terms)):
                if text[max(0, start - 2) : start - 1].isalnum() and text[start - 1] == " ":
                    counts[text[start].isupper()] += 1
    return counts[1] > counts[0]


def _text(segment: Segment, row: int, position: int) -> str:
    start, end = segment.passage_range(position)
    return segment.text(row)[start:end]
