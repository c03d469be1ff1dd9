"""Passages by the question's words: BM25, as a share of what a passage could reach that holds all of them.

The share makes scores of different questions comparable: 1 would be a passage about nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from newsdex.encoder import Vectors
from newsdex.search.stopwords import STOPWORDS
from newsdex.store.postings import SCALE, Posting, hash_of
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot
from newsdex.words import Analyzer

MOST_WORDS = 256  # of a question that are looked up; a longer one is a text, whose first words say what it is about


@dataclass(frozen=True, slots=True)
class Asked:
    """A word of the question: ``terms``, the hashes it goes by in the languages of the archive, and its ``weight``, all words' sum being 1."""

    terms: tuple[int, ...]
    weight: float


def words_of(question: str, languages: Iterable[str]) -> list[tuple[str, ...]]:
    """The words of ``question``, each once, each with its terms in ``languages``; the little words only when there are no others."""
    analyzers = [Analyzer(language) for language in sorted(set(languages) | {""})]
    words: dict[tuple[str, ...], bool] = {}
    for variants in zip(*(analyzer.words(question) for analyzer in analyzers), strict=True):
        terms = tuple(dict.fromkeys(term for word in variants for term in word.terms))
        little = question[variants[0].start : variants[0].end].casefold() in STOPWORDS
        words.setdefault(terms, little)
    telling = [terms for terms, little in words.items() if not little]
    return (telling or list(words))[:MOST_WORDS]


def weigh(snapshot: Snapshot, words: Sequence[tuple[str, ...]]) -> list[Asked]:
    """``words`` by how rare they are among the living passages: idf = ln(1 + (N - n + 0.5) / (n + 0.5)) (Robertson and Zaragoza 2009, eq. 3.11,
    with 1 added so that no word counts against a passage, as in Lucene).

    Raises IndexDamaged.
    """
    hashes = [tuple(hash_of(term) for term in terms) for terms in words]
    passages = snapshot.manifest.passages
    counts = [sum(_living(segment, term) for segment in snapshot.segments for term in terms) for terms in hashes]
    rarity = [math.log(1 + (passages - min(n, passages) + 0.5) / (min(n, passages) + 0.5)) for n in counts]
    return [Asked(terms, weight / sum(rarity)) for terms, weight in zip(hashes, rarity, strict=True)]


def shares(segment: Segment, asked: Sequence[Asked]) -> Vectors:
    """How much of ``asked`` each passage has, float32, (passages,), in [0, 1].

    Raises IndexDamaged.
    """
    total = np.zeros(len(segment), np.float32)
    for word in asked:
        for term in word.terms:
            if found := segment.postings.of(term):
                total[found.passages] += found.impacts * np.float32(word.weight / SCALE)
    return np.minimum(total, 1)


def _living(segment: Segment, term: int) -> int:
    """How many living passages hold ``term``."""
    found: Posting | None = segment.postings.of(term)
    if found is None:
        return 0
    return int(np.count_nonzero(segment.live_passages[found.passages])) if segment.record.deleted else len(found.passages)
