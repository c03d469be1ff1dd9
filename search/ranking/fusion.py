"""Meaning and words in one number, and that number as a probability. Pure functions; the constants are measured: docs/QUALITY.md.

A convex combination of the two scores, both of which are comparable between questions, ranks better than reciprocal rank fusion on every
collection measured, as Bruch, Gai and Ingber found too (2023, An Analysis of Fusion Functions for Hybrid Retrieval,
https://arxiv.org/abs/2210.11934), and unlike ranks it still means something afterwards.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Vectors

Mode = Literal["hybrid", "dense", "lexical"]

WORDS = 1.25  # what all of the question's words are worth beside a cosine of 1


class Foreign(NamedTuple):
    """How a passage counts in a language that the model does not speak: its cosine says little, and its words must say more, so that their sum means
    about as much as that of other passages.
    """

    cosine: float = 0.35
    words: float = 2.3


FOREIGN = Foreign()
RECENCY = 0.05  # what the newest is worth more than the oldest: it reorders near ties only
UNDATED = 0.5  # where an article without a date stands between the newest, 1, and the oldest, 0


class Calibration(NamedTuple):
    """Platt's scaling (1999): the probability that a passage answers is 1 / (1 + exp(-(slope * points + offset)))."""

    slope: float
    offset: float


# Fitted on questions with and without an answer in the collection they were asked of: benchmarks/quality/calibration.py.
CALIBRATIONS: dict[Mode, Calibration] = {
    "hybrid": Calibration(6.79, -5.63),
    "dense": Calibration(7.98, -5.25),
    "lexical": Calibration(10.31, -3.64),
}
# The least probability that counts as an answer: to keep back an answer is taken to be four times as bad as to show a near miss.
ANSWERABLE = 1 / 5
RELEVANT = 0.5  # the same for the outputs of cross-encoders, which are trained to be at this at the border


def meaning_points(cosines: Vectors, spoken: NDArray[np.bool_] | bool) -> Vectors:
    """What the meaning adds to a passage's points, float32, (n,): ``cosines``, float32, (n,), and whether the model speaks the passage's language."""
    return cosines if spoken is True else np.where(spoken, cosines, np.float32(FOREIGN.cosine) * cosines)


def word_points(shares: Vectors, spoken: NDArray[np.bool_] | bool) -> Vectors:
    """What the words add, float32, (n,): ``shares``, float32, (n,), are those of newsdex.search.ranking.lexical. Where the ranking is by words alone, ``spoken`` is True for all."""
    return shares * (np.float32(WORDS) if spoken is True else np.where(spoken, np.float32(WORDS), np.float32(FOREIGN.words)))


def date_points(fresh: Vectors) -> Vectors:
    """What the date adds, float32, (n,), none to an article without one: ``fresh``, float32, (n,), in [0, 1], is that of newsdex.search.question.when."""
    return np.float32(RECENCY) * (fresh - np.float32(UNDATED))


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
