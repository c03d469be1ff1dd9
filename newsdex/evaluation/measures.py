"""The numbers: trec_eval's measures for each question, and what their means are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytrec_eval
from numpy.typing import NDArray

Values = NDArray[np.float64]
Ranking = Sequence[tuple[str, float]]

DEPTH = 100
# What each is called here and by trec_eval. Järvelin and Kekäläinen 2002 for nDCG, with the grade itself as gain.
MEASURES = {"nDCG@10": "ndcg_cut_10", "recall@10": "recall_10", "recall@100": "recall_100", "MRR@10": "recip_rank", "MAP": "map_cut_100"}
LATENCIES = ("p50", "p99")

_WANTED = {"ndcg_cut.10", "recall.10,100", "map_cut.100"}
_FIRST = 10
_RESAMPLES = 10_000
_SEED = 0
_INTERVAL = (2.5, 97.5)  # percentiles of the resampled means


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over the questions, and the 95 % confidence interval of it."""

    mean: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether a difference is more than the choice of the questions may have caused."""
        return self.low > 0 or self.high < 0


def measure(rankings: Mapping[str, Ranking], grades: Mapping[str, Mapping[str, int]]) -> Values:
    """A row a question of ``grades``, in its order, and a column a measure of MEASURES: float64, each in [0, 1].

    ``rankings`` have documents with falling scores, at most DEPTH. A question without a ranking has found nothing.
    """
    judged = {question: dict(documents) for question, documents in grades.items()}
    whole = {question: dict(rankings.get(question, ())) for question in grades}
    first = {question: dict(list(rankings.get(question, ()))[:_FIRST]) for question in grades}
    found = pytrec_eval.RelevanceEvaluator(judged, _WANTED).evaluate(whole)
    ranks = pytrec_eval.RelevanceEvaluator(judged, {"recip_rank"}).evaluate(first)
    return np.array([[{**found[q], **ranks[q]}[name] for name in MEASURES.values()] for q in grades], np.float64)


def resampled_means(values: Values) -> Values:
    """The means of ``values`` (n, columns) over 10,000 bootstrap samples of its rows (Efron 1979): float64, (10,000, columns).

    All columns share the samples, so that the difference of two columns of the result is that of the paired bootstrap. The samples are the
    same each time.
    """
    random = np.random.default_rng(_SEED)
    count = len(values)
    weights = (np.bincount(random.integers(0, count, count), minlength=count) for _ in range(_RESAMPLES))
    return np.stack([row @ values for row in weights]) / count


def interval(mean: float, resampled: Values) -> Interval:
    """The interval between the 2.5th and the 97.5th percentile of the ``resampled`` means."""
    low, high = np.percentile(resampled, _INTERVAL)
    return Interval(float(mean), float(low), float(high))


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """The times as LATENCIES, in milliseconds."""
    return dict(zip(LATENCIES, (np.percentile(seconds, (50, 99)) * 1000).tolist(), strict=True))
