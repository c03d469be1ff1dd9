"""Nearest passages by the meaning of their vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from newsdex.encoder import Vectors
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot

# Inner products of float32 unit vectors differ in the seventh digit with the order of the additions; equal passages shall stay equal.
_DIGITS = 6


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
        rounded = np.round(scores.astype(np.float64), _DIGITS)
        if wanted >= living or rounded[-1] < rounded[limit - 1]:
            return list(zip(positions.tolist(), rounded.tolist(), strict=True))
        wanted = min(wanted * 2, living)
    return []


def _search(segment: Segment, question: Vectors, limit: int) -> tuple[Vectors, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    import faiss

    parameters = None
    if segment.record.deleted:
        parameters = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(np.packbits(segment.live_passages, bitorder="little")))
    scores, positions = segment.index.search(question[None], limit, params=parameters)
    valid = (positions[0] >= 0) & (positions[0] < len(segment))
    return scores[0][valid], positions[0][valid]
