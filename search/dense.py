"""Nearest passages by the meaning of their vectors."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Vectors
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot

Positions = NDArray[np.int64]

# Inner products of float32 unit vectors differ in the seventh digit with the order of the additions; equal passages shall stay equal.
_DIGITS = 6
# Loading FAISS takes 25 CPU milliseconds. In a process that asks one question, a scan of fewer passages than this is done sooner.
_WORTH_LOADING_FAISS = 50_000
_BLOCK = 1024  # rows that are scanned at once: 1.5 MB


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may be a hit: its segment's number, its position there, its score (higher is better)."""

    segment: int
    position: int
    score: float


def nearest(snapshot: Snapshot, question: Vectors, limit: int) -> list[Candidate]:
    """The ``limit`` passages with the largest inner product with ``question``, float32, (d,), best first.

    Equal scores are ordered by article id, then by place in the article, so that the first 5 of 50 are the 5. Raises IndexDamaged.
    """
    found = [
        Candidate(number, position, score)
        for number, segment in enumerate(snapshot.segments)
        for position, score in _nearest_in(segment, question, limit)
    ]
    found.sort(key=lambda c: (-c.score, *_place(snapshot, c)))
    return found[:limit]


def _place(snapshot: Snapshot, candidate: Candidate) -> tuple[str, int]:
    segment = snapshot.segments[candidate.segment]
    return segment.article_id(segment.article_of(candidate.position)), candidate.position


def _nearest_in(segment: Segment, question: Vectors, limit: int) -> list[tuple[int, float]]:
    """At least the ``limit`` best passages of a segment, with all that are equal to the last of them."""
    living = len(segment) - segment.record.deleted_passages
    wanted = min(limit + 8, living)
    while wanted:
        scores, positions = _search(segment, question, wanted)
        order = np.argsort(-scores, kind="stable")
        scores, positions = scores[order], positions[order]
        rounded = np.round(scores.astype(np.float64), _DIGITS)
        if wanted >= living or rounded[-1] < rounded[limit - 1]:
            return list(zip(positions.tolist(), rounded.tolist(), strict=True))
        wanted = min(wanted * 2, living)
    return []


def _search(segment: Segment, question: Vectors, limit: int) -> tuple[Vectors, Positions]:
    """Scores and positions of the ``limit`` best living passages, in no order."""
    if _scans(segment) and (matrix := segment.matrix) is not None:
        return _scan(matrix, segment.live_passages if segment.record.deleted else None, question, limit)
    import faiss

    parameters = None
    if segment.record.deleted:
        parameters = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(np.packbits(segment.live_passages, bitorder="little")))
    scores, positions = segment.index.search(question[None], limit, params=parameters)
    valid = (positions[0] >= 0) & (positions[0] < len(segment))
    return scores[0][valid], positions[0][valid]


def _scans(segment: Segment) -> bool:
    """Whether the segment is better scanned than FAISS loaded: it is small, and this is the first question."""
    first, segment.asked = not segment.asked, True
    return first and len(segment) <= _WORTH_LOADING_FAISS and "faiss" not in sys.modules


def _scan(matrix: Vectors, living: NDArray[np.bool_] | None, question: Vectors, limit: int) -> tuple[Vectors, Positions]:
    """What a FAISS flat index would find, without loading FAISS."""
    blocks = (matrix[start : start + _BLOCK] for start in range(0, len(matrix), _BLOCK))
    scores = np.concatenate([np.array(block) @ question for block in blocks])  # np.array aligns a block in the processor's cache
    if living is not None:
        scores[~living] = -np.inf
    best = np.argpartition(-scores, limit - 1)[:limit]
    return scores[best], best
