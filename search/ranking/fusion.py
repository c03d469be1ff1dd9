"""Meaning and words in one number, and that number as a probability. Pure functions; the constants are measured: docs/QUALITY.md.

A convex combination of the two scores, both of which are comparable between questions, ranks better than reciprocal rank fusion on every
collection measured, as Bruch, Gai and Ingber found too (2023, An Analysis of Fusion Functions for Hybrid Retrieval,
https://arxiv.org/abs/2210.11934), and unlike ranks it still means something afterwards.
"""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Vectors
from newsdex.search import options

Mode: TypeAlias = options.Mode


class Words(NamedTuple):
    """What all of the question's words are worth beside a cosine of 1: in the passage itself, and in its article with its title.

    All passages of an article have the article's share, so it chooses the article; meaning and own words choose the passage.
    """

    own: float = 1.1
    article: float = 0.7

    @property
    def most(self) -> float:
        """What words add at most."""
        return self.own + self.article


class Foreign(NamedTuple):
    """How a passage counts in a language that the model does not speak: what its ``words`` are worth, its ``cosine``, and what is put in
    place of the rest of the meaning, ``more`` of the words and at most ``most``. Each for one question, or for several, (q, 1). With a
    ``language`` all passages in others count so. ``lacking``: what the cosine counts more for one that has none of the words; from half of
    what they can be worth on, nothing.
    """

    words: float | Vectors = 1.0
    cosine: float | Vectors = 1.0
    more: float | Vectors = 0.0
    most: float = 0.45
    language: str = ""
    lacking: float | Vectors = 0.0


WORDS = Words()

# To a question in a language that the model speaks, such a passage is near in meaning as far as it has the same names.
BY_SPOKEN = Foreign()
# So it is to one that is a name or some words of no sentence. Then all its words can be shared, and one of as many tokens has fewer, of
# which each is a larger share.
BY_NAMES = Foreign(words=0.8)
# To a question in a language that the model does not speak it is near whatever it says. What an English passage with as many of the words
# has on average takes the place of most of its cosine.
BY_FOREIGN = Foreign(cosine=0.25, more=0.5)
# To a question in a language that the model speaks beside others: a passage in another of them has few of its words, whatever it says, so
# its meaning counts for them too. benchmarks/quality/models.py.
ACROSS = Foreign(cosine=2.0)
# To a question that does not tell its language the same, unless the passage has its words: then they are names, which are written alike.
ACROSS_NAMES = Foreign(lacking=1.0)
RECENCY = 0.05  # what the newest is worth more than the oldest: it reorders near ties only
NEAR = 0.3  # points below the best hit's within which the newer is preferred, where a question asks for the newest
UNDATED = 0.5  # where an article without a date stands between the newest, 1, and the oldest, 0


class Evidence(NamedTuple):
    """What the best passage of a list has and lacks of its question: newsdex.search.ranking.evidence.

    ``own`` is its share of BM25 and ``held`` the share of the words, by their rarity, that it or its title has at all. ``name``: its
    article lacks a name that is asked for. ``negation``: the question has a "not" and the passage none. ``across``: the model speaks the
    question's language and not the passage's, in which its words need not be; ``translated``: it speaks both, and they differ; ``foreign``:
    neither.
    """

    own: float = 0.0
    held: float = 0.0
    name: float = 0.0
    negation: float = 0.0
    across: float = 0.0
    foreign: float = 0.0
    translated: float = 0.0


# What each of these is worth in points, to the whole list: fitted with the hybrid calibration below, benchmarks/quality/refusals.py.
EVIDENCE = Evidence(own=-1.49, held=0.7, name=-0.05, negation=-0.26, across=0.47, foreign=0.31, translated=0.05)


class Calibration(NamedTuple):
    """Platt's scaling (1999): the probability that a passage answers is 1 / (1 + exp(-(slope * points + offset)))."""

    slope: float
    offset: float


# Fitted on questions with and without an answer in the collection they were asked of: benchmarks/quality/calibration.py.
CALIBRATIONS: dict[Mode, Calibration] = {
    "hybrid": Calibration(6.32, -7.01),
    "dense": Calibration(7.97, -5.24),
    "lexical": Calibration(6.92, -4.14),
}
# The least probability that counts as an answer: to keep back an answer is taken to be four times as bad as to show a near miss.
ANSWERABLE = 1 / 5
NAMED = 0.15  # points that a passage loses whose article lacks a name that is asked for, where the best one does
NAMELESS = 0.5  # the most that the best passage's probability can be where its article lacks a name that is asked for
RELEVANT = 0.5  # the same for the outputs of cross-encoders, which are trained to be at this at the border


def meaning_points(cosines: Vectors, spoken: NDArray[np.bool_] | bool, foreign: Foreign, worth: Vectors) -> Vectors:
    """What the meaning adds to a passage's points, float32, (n,): ``cosines``, float32, (n,), whether the passage counts as one that the
    model speaks the language of, how others count, and what the words are ``worth``, float32, (n,).
    """
    if spoken is True:
        return cosines
    lacking = np.clip(1 - worth / np.float32(WORDS.most / 2), 0, 1)
    return np.where(spoken, cosines, (np.float32(foreign.cosine) + np.float32(foreign.lacking) * lacking) * cosines)


def word_worth(own: Vectors, article: Vectors) -> Vectors:
    """What the words of passages are worth, float32, (n,): ``own`` and ``article``, float32, (n,), are the shares of
    newsdex.search.ranking.lexical that each passage and its article have.
    """
    return np.minimum(np.float32(WORDS.own) * own + np.float32(WORDS.article) * article, np.float32(WORDS.most))


def word_points(worth: Vectors, spoken: NDArray[np.bool_] | bool, foreign: Foreign) -> Vectors:
    """What the words add, float32, (n,): ``worth``, float32, (n,), is that of ``word_worth``, the others are those of ``meaning_points``.
    Where the ranking is by words alone, ``spoken`` is True for all.
    """
    if spoken is True:
        return worth
    more = np.minimum(np.float32(foreign.more) * worth, np.float32(foreign.most))
    return np.where(spoken, worth, np.float32(foreign.words) * worth + more)


def date_points(fresh: Vectors) -> Vectors:
    """What the date adds, float32, (n,), none to an article without one: ``fresh``, float32, (n,), in [0, 1], is that of
    newsdex.search.question.when.
    """
    return np.float32(RECENCY) * (fresh - np.float32(UNDATED))


def evidence_points(evidence: Evidence, best: float = 0.0) -> float:
    """What ``evidence`` adds to the points of every passage of a list before they become probabilities; ``best`` are those of the best one,
    whose probability is at most NAMELESS where its article lacks a name.
    """
    added = float(sum(weight * value for weight, value in zip(EVIDENCE, evidence, strict=True)))
    slope, offset = CALIBRATIONS["hybrid"]
    return min(added, (math.log(NAMELESS / (1 - NAMELESS)) - offset) / slope - best) if evidence.name else added


def probabilities(points: Vectors, mode: Mode) -> NDArray[np.float64]:
    """The probability that a passage of so many points answers, in (0, 1), for each of ``points``, float32, (n,)."""
    slope, offset = CALIBRATIONS[mode]
    return np.asarray(1 / (1 + np.exp(-(slope * points.astype(np.float64) + offset))))


def best_first(values: Vectors, count: int) -> NDArray[np.int64]:
    """The places of the ``count`` largest values, largest first, the first of equals first; more where the last ones are equal."""
    if count < len(values):
        least = np.partition(values, len(values) - count)[len(values) - count]
        kept = np.flatnonzero(values >= least)
        return kept[np.argsort(-values[kept], kind="stable")]
    return np.argsort(-values, kind="stable")
