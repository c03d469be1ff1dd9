"""Passages by the question's words: BM25, as a share of what a passage could reach that holds all of them.

The share makes scores of different questions comparable: 1 would be a passage about nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import numpy as np

from newsdex.encoder import Vectors
from newsdex.search.question.stopwords import STOPWORDS
from newsdex.store.postings import SCALE, Posting, hash_of
from newsdex.store.snapshot import Snapshot
from newsdex.words import Analyzer, is_pair

# Passages that every archive is taken to have besides, with none of the words: in an archive of a few articles, too, a word that is there is worth something.
BACKGROUND = 100
# What a pair of characters counts in the sum of the words, for many are the end of one word and the beginning of the next. In XQuAD, passages have about
# half as much of the Chinese questions that they answer as of the German and Spanish ones.
PAIR = 0.55
MOST_WORDS = 256  # of a question that are looked up; a longer one is a text, whose first words say what it is about


class Asked(NamedTuple):
    """A word of the question: its ``terms`` in the languages of the archive, its ``weight``, and where it occurs: the ``postings`` of its terms, a list a segment.

    The weights of a question are 1 in all; more if it is of pairs of characters, 1 / PAIR, and less if it is of the most common words alone.
    """

    terms: tuple[str, ...]
    weight: float
    postings: Sequence[Sequence[Posting]]


def words_of(question: str, languages: Iterable[str]) -> list[tuple[str, ...]]:
    """The words of ``question``, each once, each with its terms in ``languages``; the little words only when there are no others."""
    words = texts_of(question, languages)
    telling = [terms for terms, text in words.items() if text.casefold() not in STOPWORDS]
    return (telling or list(words))[:MOST_WORDS]


def texts_of(question: str, languages: Iterable[str]) -> dict[tuple[str, ...], str]:
    """Every word of ``question`` by its terms in ``languages``, as it stands there first."""
    analyzers = [analyzer(language) for language in sorted(set(languages) | {""})]
    words: dict[tuple[str, ...], str] = {}
    for variants in zip(*(each.words(question) for each in analyzers), strict=True):
        terms = tuple(dict.fromkeys(term for word in variants for term in word.terms))
        words.setdefault(terms, question[variants[0].start : variants[0].end])
    return words


def languages_of(snapshot: Snapshot) -> set[str]:
    """The languages of the archive's articles; "" where one is not known."""
    return {language for segment in snapshot.segments for language in segment.languages}


@lru_cache(maxsize=64)
def analyzer(language: str) -> Analyzer:
    """The analyzer of ``language``, for questions and for the passages that are shown."""
    return Analyzer(language)


def look_up(snapshot: Snapshot, words: Sequence[tuple[str, ...]]) -> list[Asked]:
    """Where ``words`` occur, and how rare they are among the living passages: idf = ln(1 + (N - n + 0.5) / (n + 0.5)) (Robertson and Zaragoza
    2009, eq. 3.11, with 1 added so that no word counts against a passage, as in Lucene).

    Raises IndexDamaged.
    """
    total = snapshot.manifest.passages + BACKGROUND
    hashes = [hash_of(term) for terms in words for term in terms]
    found = [iter(segment.postings.of(hashes)) for segment in snapshot.segments]
    postings = [[[posting for posting in islice(each, len(terms)) if posting] for each in found] for terms in words]
    counts = [sum(_living(snapshot, number, each) for number, each in enumerate(per_segment)) for per_segment in postings]
    rarity = [math.log(1 + (total - min(n, total) + 0.5) / (min(n, total) + 0.5)) for n in counts]
    whole = sum(weight * (PAIR if is_pair(terms[0]) else 1) for weight, terms in zip(rarity, words, strict=True))
    whole = max(whole, math.log1p(BACKGROUND))  # a question of the most common words alone has little to find a passage by
    return [Asked(*each) for each in zip(words, (weight / whole for weight in rarity), postings, strict=True)]


def shares(asked: Sequence[Asked], number: int, passages: int) -> Vectors:
    """How much of ``asked`` each of the ``passages`` of segment ``number`` has, float32, (passages,), in [0, 1]."""
    found = [(posting, np.float32(word.weight / SCALE)) for word in asked for posting in word.postings[number]]
    if not found:
        return np.zeros(passages, np.float32)
    places = np.concatenate([posting.passages for posting, _ in found])
    weights = np.concatenate([posting.impacts * weight for posting, weight in found])
    total = np.bincount(places, weights, passages).astype(np.float32)
    return np.minimum(total, 1, out=total)


def _living(snapshot: Snapshot, number: int, postings: Sequence[Posting]) -> int:
    """How many living passages of segment ``number`` hold one of the terms; one that holds several is counted for each."""
    segment = snapshot.segments[number]
    if not segment.is_partial:
        return sum(len(found.passages) for found in postings)
    return sum(int(np.count_nonzero(segment.live_passages[found.passages])) if found.total is None else found.total for found in postings)
