"""The best hits in a new order: that of a cross-encoder, which reads question and passage together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from newsdex.records import Hit, Match, Part
from newsdex.search.deadline import check_time
from newsdex.words import as_read

if TYPE_CHECKING:
    from newsdex.engines.cross_encoder import Reranker

_AT_ONCE = 64  # passages


@lru_cache(maxsize=2)
def open_reranker(model: str) -> Reranker:
    """The cross-encoder ``model``, which stays loaded. Raises ModelError."""
    from newsdex.engines.cross_encoder import Reranker

    return Reranker(model)


def rerank(question: str, hits: Sequence[Hit], reranker: Reranker) -> list[Hit]:
    """``hits`` and the matches of each by what the cross-encoder makes of their passages, equal ones in the order they had.

    A score is 1 / (1 + exp(-output)), as the model was trained: the binary cross-entropy of cross-encoders takes its output for log-odds.
    An output has no bound that would be known before it is computed, so all passages are read, however few hits are asked for. Raises
    ModelError, and OutOfTime when the time of this thread is up.
    """
    matches = [(number, match) for number, hit in enumerate(hits) for match in hit.matches]
    texts = [as_read(match.passage.text) for _, match in matches]
    outputs: list[float] = []
    for start in range(0, len(texts), _AT_ONCE):
        check_time()
        outputs += reranker.points(question, texts[start : start + _AT_ONCE]).tolist()
    mine: list[list[tuple[float, Match]]] = [[] for _ in hits]
    for (number, match), output in zip(matches, outputs, strict=True):
        mine[number].append((output, replace(match, score=float(1 / (1 + np.exp(-np.float64(output)))))))
    for found in mine:
        found.sort(key=lambda pair: -pair[0])
    order = sorted(range(len(hits)), key=lambda number: -mine[number][0][0])
    return [_placed(hits[number], rank, mine[number]) for rank, number in enumerate(order, 1)]


def _placed(hit: Hit, rank: int, found: Sequence[tuple[float, Match]]) -> Hit:
    output, best = found[0]
    parts = (Part("reranker", output, "what the cross-encoder makes of question and passage"),) if hit.parts else ()
    return replace(hit, rank=rank, score=best.score, matches=tuple(match for _, match in found), parts=parts)
