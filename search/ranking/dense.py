"""Dense retrieval: cosines of passages with questions, exact or estimated from the signs of the vectors.

Each vector is read once for all questions of a batch. The matrix library's rounding depends on the batch, so the final ranking uses
``exact_cosines``, which do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Vectors
from newsdex.store.segment import Segment, sign_planes

Positions: TypeAlias = NDArray[np.int64]  # of passages in their segment

# Embeddings of one text in different batches differ in the seventh digit; equal passages shall have equal cosines.
_DIGITS = 6
# The largest difference between two ways to compute a cosine, rounding to _DIGITS included. A larger one would cost more exact cosines.
ERROR = 3e-6
# If at most one in so many passages of a segment is compared, their vectors are read one by one: for one question, and for several, for
# which a matrix product with all vectors is relatively cheaper.
_SPARSE_FOR_ONE, _SPARSE_FOR_MANY = 2, 8
_ROWS = 1024  # vectors multiplied at once: 1.5 MB, copied so that they are aligned
_COLUMNS = 32_768  # passages whose signs are compared at once: 800 kB, for the L2 cache
_PLANES = 3  # planes whose differences, at most 192, are added in one byte


class Scan:
    """Compares the passages of ``segments`` with ``questions``, float32, (q, d), unit rows. Cosines of a whole segment are computed for all
    questions at once and kept: 4 bytes a passage and question. Methods that read a segment raise IndexDamaged.
    """

    def __init__(self, segments: Sequence[Segment], questions: Vectors) -> None:
        self._segments = segments
        self._questions = np.ascontiguousarray(questions)
        self.questions = len(questions)
        self._cosines: dict[int, Vectors] = {}
        self._products: dict[int, Vectors] = {}

    def cosines(self, number: int, question: int, positions: Positions | None = None) -> Vectors:
        """The cosines of the passages at ``positions``, None for all, with the question, to within ERROR: float32, (positions,)."""
        if positions is not None and self.is_sparse(number, positions):
            return self.cosines_at(number, question, positions)
        found: Vectors = self.all_cosines(number)[question]
        return found if positions is None else found.take(positions)

    def is_sparse(self, number: int, positions: Positions | None) -> bool:
        """Whether ``positions`` are so few that reading their vectors one by one is faster than a product with the whole segment."""
        times = _SPARSE_FOR_ONE if self.questions == 1 else _SPARSE_FOR_MANY
        return positions is not None and times * len(positions) <= len(self._segments[number])

    @np.errstate(invalid="ignore")
    def all_cosines(self, number: int) -> Vectors:
        """The cosines of all passages of segment ``number`` with all questions, float32, (q, passages), to within ERROR."""
        if number not in self._cosines:
            matrix = self._segments[number].matrix
            found = np.empty((self.questions, len(matrix)), np.float32)
            for start in range(0, len(matrix), _ROWS):
                block = np.array(matrix[start : start + _ROWS])
                alone = self.questions == 1
                found[:, start : start + _ROWS] = np.vecdot(block, self._questions[0]) if alone else (block @ self._questions.T).T
            self._cosines[number] = found
        return self._cosines[number]

    def cosines_at(self, number: int, question: int, positions: Positions) -> Vectors:
        """The cosines of the passages at ``positions``, float32, (len(positions),), to within ERROR."""
        # Vectors of an index from elsewhere may be anything
        with np.errstate(invalid="ignore"):
            return np.vecdot(self._segments[number].vectors(positions), self._questions[question])  # type: ignore[no-any-return]

    def exact_cosines(self, number: int, question: int, positions: Positions | None = None) -> Vectors:
        """The cosines rounded to six digits, float32, (positions,). They depend on the two vectors only, not on the batch."""
        if positions is None:
            positions = np.arange(len(self._segments[number]))
        return np.asarray(np.round(self.cosines_at(number, question, positions), _DIGITS), np.float32)

    def estimates(self, number: int, question: int, positions: Positions | None = None, *, half: bool = False) -> Vectors:
        """The cosines of the passages at ``positions``, None for all, estimated from the signs of the vectors, or of ``half`` of their
        dimensions: float32, (positions,). A thirtieth of the vectors' bytes is read, or a sixtieth.

        The share of the signs that differ is the angle as a share of pi (Charikar 2002, Similarity Estimation Techniques from Rounding
        Algorithms). The error of one estimate has a standard deviation of about 0.08 in 384 dimensions, and of 0.11 in 192.
        """
        planes = self._segments[number].planes
        if half:
            planes = planes[: (len(planes) + 1) // 2]
        distances = self._distances(planes if positions is None else planes.take(positions, axis=1), question)
        dimension = min(self._questions.shape[1], 64 * len(planes))
        cosines = np.cos(np.arange(dimension + 1) * (np.pi / dimension)).astype(np.float32)
        return np.asarray(cosines.take(distances))

    def finer_estimates(self, number: int, question: int, positions: Positions | None = None) -> Vectors:
        """Estimates from the signs of the passages' vectors and the question's numbers: half of the error, slower. The product of a unit
        vector with its signs is about sqrt(2 / pi * dimension) (Gao and Long 2024, RaBitQ).
        """
        if question not in self._products:
            numbers = np.zeros(64 * len(self._segments[number].planes), np.float32)
            numbers[: self._questions.shape[1]] = self._questions[question] * np.sqrt(np.pi / 2 / self._questions.shape[1])
            self._products[question] = (numbers.reshape(-1, 8) @ _signs_of_bytes()).ravel()
        planes = self._segments[number].planes
        signs = np.ascontiguousarray((planes if positions is None else planes.take(positions, axis=1)).T).view(np.uint8)
        products = self._products[question].take(signs + np.arange(0, 256 * signs.shape[1], 256))
        # Three times faster than sum
        return np.einsum("ij->i", products)  # type: ignore[no-any-return]

    def _distances(self, planes: NDArray[np.uint64], question: int) -> NDArray[np.uint16]:
        """The Hamming distances of ``planes``, (d / 64, n), to the question's signs: uint16, (n,)."""
        signs = sign_planes(self._questions[question][None])  # (d / 64, 1)
        distances = np.zeros(planes.shape[1], np.uint16)
        differing, counted = np.empty((_PLANES, _COLUMNS), np.uint64), np.empty((_PLANES, _COLUMNS), np.uint8)
        for start in range(0, len(distances), _COLUMNS):
            block = distances[start : start + _COLUMNS]
            for first in range(0, len(planes), _PLANES):
                some = planes[first : first + _PLANES, start : start + _COLUMNS]
                bits = np.bitwise_xor(some, signs[first : first + len(some)], out=differing[: len(some), : len(block)])
                count, *others = np.bitwise_count(bits, out=counted[: len(some), : len(block)])
                for other in others:
                    count += other
                block += count
        return distances


@cache
def _signs_of_bytes() -> Vectors:
    """The signs that the bits of each byte stand for, float32, (8, 256)."""
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[None], axis=0, bitorder="little")
    return 2 * bits.astype(np.float32) - 1
