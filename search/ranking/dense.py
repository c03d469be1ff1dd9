"""Passages by the meaning of their vectors: exactly, or by a quick look at the vectors' signs first.

Whoever asks many questions at once has each vector read once for all of them. The products come from a matrix library, which adds in an
order of its own, so what is ranked in the end is computed again by ``cosines_at``: a function of the two vectors alone, whatever stands
beside them.
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

# Vectors of one text that were embedded beside others differ in the seventh digit; equal passages shall stay equal.
_DIGITS = 6
# More than two ways to a cosine differ by, the rounding of one of them included: were it larger, more vectors would be read again.
ERROR = 3e-6
# If less than one in so many passages of a segment is compared, its vector is read alone: for one question, and for several, as a matrix
# product for many questions takes a fraction of the time of one for each.
_APART, _TOGETHER = 2, 8
_ROWS = 1024  # that are multiplied at once: 1.5 MB, aligned in the processor's cache
_COLUMNS = 32_768  # passages whose signs are compared at once: 800 kB, which the second cache of a server has
_PLANES = 3  # whose differences, 192 at most, are added in one byte


class Scan:
    """The vectors of ``segments`` against those of ``questions``, float32, (q, d). What one of them needs is computed for all, and kept: 4
    bytes a passage and question. Whatever reads the segments raises IndexDamaged.
    """

    def __init__(self, segments: Sequence[Segment], questions: Vectors) -> None:
        self._segments = segments
        self._questions = np.ascontiguousarray(questions)
        self.questions = len(questions)
        self._cosines: dict[int, Vectors] = {}
        self._products: dict[int, Vectors] = {}

    def cosines(self, number: int, question: int, positions: Positions | None = None) -> Vectors:
        """The cosines of the passages at ``positions``, None for all, with the question, to within ERROR: float32, (positions,)."""
        if positions is not None and self.reads_alone(number, positions):
            return self.cosines_at(number, question, positions)
        found: Vectors = self.whole(number)[question]
        return found if positions is None else found.take(positions)

    def reads_alone(self, number: int, positions: Positions | None) -> bool:
        """Whether the vectors at ``positions`` are read one by one: so few that a product with all of the segment takes longer."""
        times = _APART if self.questions == 1 else _TOGETHER
        return positions is not None and times * len(positions) <= len(self._segments[number])

    @np.errstate(invalid="ignore")
    def whole(self, number: int) -> Vectors:
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

    def settled(self, number: int, question: int, positions: Positions | None = None) -> Vectors:
        """The same to six digits, and the same for equal vectors wherever they lie and whatever else was asked."""
        if positions is None:
            positions = np.arange(len(self._segments[number]))
        return np.asarray(np.round(self.cosines_at(number, question, positions), _DIGITS), np.float32)

    def estimates(self, number: int, question: int, positions: Positions | None = None, *, half: bool = False) -> Vectors:
        """What the signs of the vectors, or of ``half`` of their dimensions, tell of the cosines of the passages at ``positions`` with the
        question, float32, (len(positions),); None stands for all of the segment. A thirtieth of the vectors is read, or a sixtieth.

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
        """The same by the signs of the vectors and the question's own numbers, with half of the error, for more time a passage. A vector of
        length 1 and its signs have a product of about sqrt(2 / pi) times the square root of the dimension (Gao and Long 2024, RaBitQ).
        """
        if question not in self._products:
            numbers = np.zeros(64 * len(self._segments[number].planes), np.float32)
            numbers[: self._questions.shape[1]] = self._questions[question] * np.sqrt(np.pi / 2 / self._questions.shape[1])
            self._products[question] = (numbers.reshape(-1, 8) @ _signs_of_bytes()).ravel()
        planes = self._segments[number].planes
        signs = np.ascontiguousarray((planes if positions is None else planes.take(positions, axis=1)).T).view(np.uint8)
        products = self._products[question].take(signs + np.arange(0, 256 * signs.shape[1], 256))
        # In a third of the time that sum takes.
        return np.einsum("ij->i", products)  # type: ignore[no-any-return]

    def _distances(self, planes: NDArray[np.uint64], question: int) -> NDArray[np.uint16]:
        """In how many of the dimensions of ``planes``, (d / 64, n), each sign differs from the question's: uint16, (n,)."""
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
