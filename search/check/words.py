"""Replaced words: a word of a claim where its evidence has another one, "in the attic" for "in its basement".

A word that the article lacks proves nothing: most true paraphrases have one. It counts if the article has another word in its place: after
the same word, with the same stop words between, the last of them an article or a preposition.
"""

# ruff: noqa: RUF001 - quotation marks and dashes

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from newsdex.checking import Discrepancy
from newsdex.encoder import Encoder
from newsdex.search.answer.sentence import closest
from newsdex.search.check import dates, names
from newsdex.search.check.evidence import Nearby
from newsdex.search.check.languages import words_of_all
from newsdex.search.question.inflection import other_forms
from newsdex.search.question.stopwords import STOPWORDS
from newsdex.search.ranking.lexical import analyzer

_NEAR = 0.5  # cosine from which two tokens may mean the same
TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[,;:.()!?—–]")
PREPOSITIONS = words_of_all("prepositions")
DETERMINERS = words_of_all("articles")


# The place of a word: the terms of the word before it, and the stop words between them without articles.
_Place: TypeAlias = tuple[frozenset[str], tuple[str, ...]]


def exchanged(claim: str, near: Nearby, encoder: Encoder) -> Iterator[Discrepancy]:
    """Yield the words of the claim that are replaced in the article's nearest sentences. No form of such a word may be in the article, and
    nothing similar in these and the ones around.
    """
    article, stem = near.article, analyzer(near.article.language).terms
    enclosed = [(word, beside, text) for text in near.texts for word, beside in _enclosed(text, stem)]
    for word, beside in _enclosed(claim, stem):
        others = [(other, text) for other, place, text in enclosed if place == beside and (other[0].isupper() or word[0].isupper())]
        if others and not any(set(stem(word)) & set(stem(text)) or _near(word, [text], encoder) for _, text in others):
            yield Discrepancy("word", word, others[0][0])
    own, known = frozenset(stem(claim)), frozenset(stem(f"{article.title}\n{article.text}"))
    found: dict[_Place, str] = {}
    for text in near.texts:
        for word, terms, place in _placed(text, article.language, stem):
            if own.isdisjoint(terms):
                found.setdefault(place, word)
    for word, terms, place in _placed(claim, article.language, stem):
        other = found.get(place)
        forms = {*terms, *stem(" ".join(other_forms(word)))}
        if other and known.isdisjoint(forms) and not _near(word, [*near.texts, *near.around, article.title], encoder):
            yield Discrepancy("word", word, other)


def _enclosed(text: str, stem: Callable[[str], Sequence[str]]) -> Iterator[tuple[str, tuple[frozenset[str], frozenset[str]]]]:
    """Yield each word of ``text`` between two others, with the terms of these: "British" in "best British album"."""
    words = [(token[0], frozenset(stem(token[0]))) for token in TOKEN.finditer(text)]
    for (before, one), (word, terms), (behind, other) in zip(words, words[1:], words[2:], strict=False):
        if word.isalpha() and not any(each.casefold() in STOPWORDS or not each[0].isalpha() for each in (before, word, behind)) and terms:
            yield word, (one, other)


def _placed(text: str, language: str, stem: Callable[[str], Sequence[str]]) -> Iterator[tuple[str, frozenset[str], _Place]]:
    """Yield the words of ``text`` after an article or a preposition, except names, dates and numbers, and words after these, each with its
    terms and its place.
    """
    capitals = [range(name.start, name.end) for name in names.names(text) if not name.opens]
    before: frozenset[str] = frozenset()
    between: tuple[str, ...] = ()
    determined = False
    for token in TOKEN.finditer(dates.mask(text, dates.dates(text, [language]))):
        word = token[0].casefold()
        if not word[0].isalnum():
            before, between, determined = frozenset(), (), False
        # Behind a noun "that" begins a clause.
        elif (word in DETERMINERS and not (word == "that" and before and not between)) or word in PREPOSITIONS:
            between, determined = between + (word,) * (word in PREPOSITIONS), True
        elif word in STOPWORDS:
            between, determined = (*between, word), False
        else:
            other = any(token.start() in each for each in capitals) or not word.isalpha()
            terms = frozenset(stem(word))
            if before and determined and not other:
                yield token[0], terms, (before, between)
            before, between, determined = frozenset() if other else terms, (), False


def _near(word: str, texts: Sequence[str], encoder: Encoder) -> bool:
    """Return whether ``texts`` have, for every token of ``word``, one that may mean the same."""
    return float(closest(encoder.tokens([word, *texts])).max(axis=0).mean()) >= _NEAR
