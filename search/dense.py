"""Passages by the meaning of their vectors: exactly, or by a quick look at the vectors' signs first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Vectors
from newsdex.store.segment import Segment, sign_planes

# Inner products of float32 unit vectors differ in the seventh digit with the order of the additions; equal passages shall stay equal.
_DIGITS = 6
_ROWS = 1024  # that are multiplied at once: 1.5 MB, aligned in the processor's cache
_COLUMNS = 16_384


def cosines(segment: Segment, question: Vectors) -> Vectors:
    """The cosine of every passage with ``question``, float32, (d,): float32, (passages,).

    Raises IndexDamaged.
    """
    matrix = segment.matrix
    blocks = [np.array(matrix[start : start + _ROWS]) @ question for start in range(0, len(matrix), _ROWS)]
    return _rounded(np.concatenate(blocks)) if blocks else np.empty(0, np.float32)


def cosines_at(segment: Segment, positions: NDArray[np.int64], question: Vectors) -> Vectors:
    """The cosines of the passages at ``positions``, float32, (len(positions),).

    Raises IndexDamaged.
    """
    return _rounded(np.ascontiguousarray(segment.vectors(positions)) @ question)


def sign_distances(segment: Segment, question: Vectors) -> NDArray[np.uint16]:
    """In how many dimensions the sign of each passage's vector differs from the question's: uint16, (passages,).

    A thirtieth of the vectors is read. Raises IndexDamaged.
    """
    planes = segment.planes  # (d / 64, n)
    signs = sign_planes(question[None])[:, 0]
    distances = np.zeros(planes.shape[1], np.uint16)
    for start in range(0, len(distances), _COLUMNS):
        block = distances[start : start + _COLUMNS]
        for plane, sign in zip(planes, signs, strict=True):
            block += np.bitwise_count(plane[start : start + _COLUMNS] ^ sign)
    return distances


def _rounded(values: Vectors) -> Vectors:
    return np.round(values, _DIGITS)
