"""Combine the scores of meaning and words, and calibrate the sum as a probability. Pure functions; docs/QUALITY.md has the measurements.

A weighted sum of the two scores ranks better than reciprocal rank fusion on every collection measured, as in Bruch, Gai and Ingber (2023,
An Analysis of Fusion Functions for Hybrid Retrieval, https://arxiv.org/abs/2210.11934). Both scores are comparable between questions, so
the sum can be calibrated; ranks cannot.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import ModelCard, Vectors, speaks
from newsdex.search import options
from newsdex.search.question.stopwords import language_of

Mode: TypeAlias = options.Mode


class WordWeights(NamedTuple):
    """Weights of the BM25 shares of a ``passage`` and of its ``article`` with the title. A cosine has the weight 1. All passages of an
    article have the same article share, so it decides between articles; the passage's share and the cosine decide between passages.
    """

    passage: float = 1.1
    article: float = 0.7

    @property
    def most(self) -> float:
        """The largest score that words can add."""
        return self.passage + self.article


class Foreign(NamedTuple):
    """Weights for a passage in a language that the model does not support, for one question or for several, (q, 1).

    The score is ``cosine`` times the cosine, plus ``words`` times the word score, plus a substitute for the missing meaning: ``more`` times
    the word score, at most ``most``. With a ``language``, the weights apply to passages in every other language. ``lacking`` is added to
    ``cosine`` for a passage with no word of the question, and fades to 0 at half of the largest word score.
    """

    words: float | Vectors = 1.0
    cosine: float | Vectors = 1.0
    more: float | Vectors = 0.0
    most: float = 0.45
    language: str = ""
    lacking: float | Vectors = 0.0


WORD_WEIGHTS = WordWeights()

# The question is a sentence in a language that the model supports: the cosine reflects shared names, and is kept.
NEUTRAL = Foreign()
# The question is a name or a few keywords. A foreign passage can contain all of them, and in fewer tokens each weighs more.
BY_NAMES = Foreign(words=0.8)
# The question's language is not supported: its cosine with any foreign passage is high. The average cosine of an English passage with the
# same word score replaces most of it.
BY_FOREIGN = Foreign(cosine=0.25, more=0.5)
# The model supports both languages, but the passage is in another one and shares few words with the question, so the cosine counts for
# both: less where it has some after all, as in a sister language. Measured by ``everyday languages`` and ``translated``.
ACROSS = Foreign(cosine=1.75, lacking=0.25)
# The same for a question whose language cannot be told. A passage with its words keeps the weight 1: they are names, spelt the same.
ACROSS_NAMES = Foreign(lacking=1.0)
# The score of the newest article above that of the oldest. It only reorders near ties.
RECENCY = 0.05
# For a question about the latest news: a newer hit comes first if its score is at most this much below the best one's.
NEWER_MARGIN = 0.3
# What an article gains whose title has all words of the question: it is about them, where others mention them.
TITLED = 0.6
# What a passage gains that has all neighbouring words of the question as near each other; benchmarks/quality/titles.py.
PHRASED = 0.45
# The freshness of an article without a date, between that of the oldest, 0, and the newest, 1.
UNDATED = 0.5


class Evidence(NamedTuple):
    """Features of the best passage that tell whether it answers; newsdex.search.ranking.evidence computes them.

    - ``own``: its BM25 share
    - ``held``: the share of the question's words, weighted by rarity, that it or its title contains
    - ``name``: 1 if its article lacks a name in the question
    - ``year``: 1 if its article is dated and lacks a year in the question that it is not of
    - ``bare``: 1 if its article has names in the question and none of its other words
    - ``negation``: 1 if the question has a "not" and the passage has none
    - ``personal``: 1 if the question speaks of whoever asks or answers ("my", "you") and the passage of neither
    - ``talk``: 1 if the question is said to whoever answers ("good morning", "are you human"), so that no article answers it
    - ``earlier``: for a follow-up question, how far the points of its article for the earlier questions exceed EARLIER_FROM
    - ``across``: ``held`` if the model supports the question's language but not the passage's, else 0
    - ``translated``: 1 if it supports both, and they differ
    - ``foreign``: ``held`` if it supports neither, else 0
    - ``apart``: how much nearer in meaning its article is than the next ones, as far as it lacks the question's words
    """

    own: float = 0.0
    held: float = 0.0
    name: float = 0.0
    year: float = 0.0
    bare: float = 0.0
    negation: float = 0.0
    personal: float = 0.0
    talk: float = 0.0
    earlier: float = 0.0
    across: float = 0.0
    foreign: float = 0.0
    translated: float = 0.0
    apart: float = 0.0


# The weight of each feature. The sum is added to the score of the best passage, and less to lower ones. Fitted with the hybrid calibration
# below by benchmarks/quality/refusals.py; ``year``, ``talk`` and ``bare`` only limit the probability, and ``apart`` and its bounds were
# chosen with the others fixed, as were ``earlier`` and EARLIER_FROM.
EVIDENCE = Evidence(
    own=-1.49, held=0.7, name=-0.05, negation=-0.26, personal=-0.4, earlier=1.0, across=0.47, foreign=0.31, translated=0.05, apart=1.0
)


class Calibration(NamedTuple):
    """Platt scaling (1999): the probability that a passage answers is 1 / (1 + exp(-(slope * points + offset)))."""

    slope: float
    offset: float


# Fitted on answerable and unanswerable questions by benchmarks/quality/calibration.py.
CALIBRATIONS: dict[Mode, Calibration] = {
    "hybrid": Calibration(6.32, -7.01),
    "dense": Calibration(7.97, -5.24),
    "lexical": Calibration(6.92, -4.14),
}
# The lowest probability that counts as an answer: withholding an answer is about five times as bad as showing a near miss.
ANSWERABLE = 0.16
# The lowest probability with which an article displaces another one, or the days of the question, for a reason beside its points; and is
# compared as a whole if no reader reads it, or read though it lacks names of the question.
PREFERABLE = 0.2
# The same for cross-encoders, which are trained with 0.5 as the border.
RELEVANT = 0.5
# If a reader finds that a sentence answers, the first hit gains at most READER_GAIN, in natural log odds, up to the probability SURE. An
# article may be read from the probability READABLE on: what its words do not tell, its sentences may.
READER_GAIN, SURE, READABLE = 2.2, 0.8, 0.05
# The same limit if a word of the question is in no article, for other languages than English.
SURE_IF_UNKNOWN = 0.4
# The least points that an article has mostly for the earlier questions if they are about it. The follow-up question itself
# may have no words that tell whether a passage answers it ("What did she say about it?").
EARLIER_FROM = 0.5
# How much nearer in meaning the first article mostly is than the next ones, whether it answers or not; and how much more still tells.
USUALLY_APART, MOST_APART, _NEAREST = 0.2, 0.2, 3
# An article that is ahead of the mean of the next three in meaning comes before articles that have at most this many times as many more
# points, where the words of no passage are worth WELL_WORDED: then the question is in other words than the article.
AHEAD, MOST_AHEAD, WELL_WORDED = 1.5, 0.3, 1.0
# Where the best passage's article lacks a name in the question: the penalty for every passage whose article lacks it, and the highest
# probability that the best one can have, also if the article has nothing of the question but names.
NAMED = 0.15
# The same for a name in the earlier messages that the question depends on.
NAMED_EARLIER = 0.3
NAMELESS = 0.5
# The highest probability without a year of the question, or of small talk. It is no answer: what is reported of one year did not happen
# in another.
YEARLESS = 0.15


def foreign_weights(question: str, model: ModelCard, guess: Callable[[], str]) -> Foreign:
    """How passages count that the ``model`` does not speak the language of, by that of ``question``, as far as its little words tell. For a
    model that speaks several, ``guess`` says the language of a question that they do not tell, or "".
    """
    several = " " in model.languages
    language = language_of(question)
    if language in ("", "und"):
        guessed = guess() if several else ""
        if guessed and speaks(model, guessed):
            return ACROSS_NAMES._replace(language=guessed)
    if not language:
        return BY_NAMES
    if not speaks(model, language):
        return BY_FOREIGN
    return ACROSS._replace(language=language) if several else NEUTRAL


def is_native(model: ModelCard, language: str, foreign: Foreign) -> bool:
    """Whether passages in ``language`` count as they are, and not as ``foreign`` says."""
    return speaks(model, language) and (not (language and foreign.language) or language == foreign.language)


def meaning_points(cosines: Vectors, native: NDArray[np.bool_] | bool, foreign: Foreign, word_scores: Vectors) -> Vectors:
    """The points by meaning of passages, float32, (n,), from their ``cosines`` and ``word_scores``, float32, (n,). ``native``: those that
    keep their cosine, a mask, bool, (n,), or True for all; the others are weighted by ``foreign``.
    """
    if native is True:
        return cosines
    return np.where(native, cosines, (np.float32(foreign.cosine) + np.float32(foreign.lacking) * missing_share(word_scores)) * cosines)


def missing_share(word_scores: Vectors) -> Vectors:
    """How far passages lack the question's words by their ``word_scores``, float32, (n,): 1 for 0, 0 from half of the largest score on."""
    return np.asarray(np.clip(1 - word_scores / np.float32(WORD_WEIGHTS.most / 2), 0, 1), np.float32)


def word_scores(passage: Vectors, article: Vectors) -> Vectors:
    """The word score of passages, float32, (n,), from the BM25 shares of each ``passage`` and of its ``article``, float32, (n,)."""
    scores = np.float32(WORD_WEIGHTS.passage) * passage
    scores += np.float32(WORD_WEIGHTS.article) * article
    np.minimum(scores, np.float32(WORD_WEIGHTS.most), out=scores)
    return scores


def word_points(word_scores: Vectors, native: NDArray[np.bool_] | bool, foreign: Foreign) -> Vectors:
    """The points by words of passages, float32, (n,); arguments as for ``meaning_points``. In lexical mode ``native`` is True."""
    if native is True:
        return word_scores
    more = np.minimum(np.float32(foreign.more) * word_scores, np.float32(foreign.most))
    return np.where(native, word_scores, np.float32(foreign.words) * word_scores + more)


def recency_of(first: NDArray[np.int32], last: NDArray[np.int32], half_life: float, today: date) -> NDArray[np.float32]:
    """Return how recent articles are, float32, (articles,), in [0, 1]. ``first`` and ``last`` are the days that a date can mean. Recency is
    1 from ``today`` on, and halves with each ``half_life`` days of age. Articles without a date have UNDATED.
    """
    age = np.maximum(today.toordinal() - last, 0)
    bonus = np.exp2(-age / half_life)
    return np.where(first > 0, bonus, UNDATED).astype(np.float32)


def date_points(fresh: Vectors) -> Vectors:
    """Scores by date, float32, (n,), 0 without one. ``fresh``, float32, (n,), in [0, 1], is of ``recency_of``."""
    return np.float32(RECENCY) * (fresh - np.float32(UNDATED))


def evidence_points(evidence: Evidence, best: float = 0.0) -> float:
    """What ``evidence`` adds to the best passage's score, ``best``. Some of it caps the probability, at YEARLESS or NAMELESS."""
    added = float(sum(weight * value for weight, value in zip(EVIDENCE, evidence, strict=True)))
    most = YEARLESS if evidence.year or evidence.talk else NAMELESS if evidence.name or evidence.bare else 1.0
    return min(added, points_for(most, "hybrid") - best)


def meaning_margin(best: float, rivals: Sequence[float]) -> float:
    """How far the points by meaning of an article, ``best``, exceed the mean of the three nearest ``rivals``."""
    nearest = sorted(rivals, reverse=True)[:_NEAREST]
    return best - sum(nearest) / len(nearest)


def apart_of(best: float, rivals: Sequence[float], words: float) -> float:
    """The evidence ``apart``, in [0, MOST_APART]: the ``meaning_margin`` above the usual one, times the ``missing_share`` of the article's
    passage, which has so many points by ``words``. 0 without rivals.
    """
    lacking = float(missing_share(np.array([words], np.float32))[0])
    return lacking * min(max(meaning_margin(best, rivals) - USUALLY_APART, 0.0), MOST_APART) if rivals and lacking else 0.0


def margin_gain(best: float, rivals: Sequence[float], words: float) -> float:
    """The points that an article gains by its ``meaning_margin``: 0 without rivals, or if the best points by ``words`` are many."""
    return AHEAD * min(meaning_margin(best, rivals), MOST_AHEAD) if rivals and words < WELL_WORDED else 0.0


def most_apart(words: Vectors) -> Vectors:
    """The most that being ``apart`` can add to passages whose words give so many points, float32, (n,)."""
    return np.float32(EVIDENCE.apart * MOST_APART) * missing_share(words)


def points_for(probability: float, mode: Mode) -> float:
    """The points whose probability is ``probability``; infinite for 0 and 1, which none have."""
    if not 0 < probability < 1:
        return math.inf if probability > 0 else -math.inf
    slope, offset = CALIBRATIONS[mode]
    return (math.log(probability / (1 - probability)) - offset) / slope


def probabilities(points: Vectors, mode: Mode) -> NDArray[np.float64]:
    """The calibrated probability, in (0, 1), for each score in ``points``, float32, (n,)."""
    slope, offset = CALIBRATIONS[mode]
    return np.asarray(1 / (1 + np.exp(-(slope * points.astype(np.float64) + offset))))


def shifted(score: float, odds: float) -> float:
    """The probability ``score``, in [0, 1], after its natural log odds have changed by ``odds``."""
    return score / (score + (1 - score) * math.exp(-odds)) if score and odds else score


def score_if_read(score: float) -> float:
    """The most that the probability ``score`` of the first hit becomes when a reader finds that a sentence answers."""
    return max(score, min(SURE, shifted(score, READER_GAIN))) if score >= READABLE else score


def best_first(values: Vectors, count: int) -> NDArray[np.int64]:
    """The indices of the ``count`` largest values, largest first, ties in order; more than ``count`` if the last ones tie."""
    if count < len(values):
        least = np.partition(values, len(values) - count)[len(values) - count]
        kept = np.flatnonzero(values >= least)
        return kept[np.argsort(-values[kept], kind="stable")]
    return np.argsort(-values, kind="stable")
