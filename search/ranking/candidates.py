"""What a search looks for, and the passages that it finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsdex.arrays import distinct
from newsdex.encoder import SAME, Line, Vectors
from newsdex.records import Period
from newsdex.search.ranking.dense import Scan
from newsdex.search.ranking.fusion import BY_SPOKEN, Foreign, Mode
from newsdex.search.ranking.lexical import AskedWords
from newsdex.search.ranking.selection import Positions, Selection


class QueryText(NamedTuple):
    """A text that passages are compared with: its ``words``, the ``place`` of its vector in the scan, and the weights of passages in
    ``foreign`` languages. ``text``: as it was written, if it is a question, whose titles, phrases and evidence are looked for; else "".
    """

    words: AskedWords = AskedWords()
    place: int = 0
    foreign: Foreign = BY_SPOKEN
    text: str = ""


class Search(NamedTuple):
    """What is searched for, and where.

    - ``mode``: rank by meaning, by words or by both
    - ``scan`` compares vectors
    - ``question``, and the ``topic`` of earlier messages if the question depends on them: then the topic decides among articles, by the
      best passage that each has for it, and the question also among an article's passages
    - for each segment, ``allowed``: the articles that the filters allow, a mask, or None for all; ``spoken``: those that the question's
      ``foreign`` weights do not apply to, a mask, or True for all; ``fresh``: how recent they are, float32, in [0, 1], or None
    - ``exact``: compare all vectors
    - ``line`` makes the model's cosines comparable with the default model's
    - ``listed``: list the newest articles whatever they are about, those of this period first
    - ``talks``: the question is small talk
    - ``within``: only these passages, a selection for each segment; empty for all
    """

    mode: Mode
    scan: Scan
    question: QueryText
    allowed: Sequence[NDArray[np.bool_] | None]
    spoken: Sequence[NDArray[np.bool_] | bool]
    fresh: Sequence[Vectors | None]
    topic: QueryText | None = None
    exact: bool = False
    line: Line = SAME
    listed: Period | None = None
    talks: bool = False
    within: Sequence[Selection] = ()

    @property
    def is_question(self) -> bool:
        """Whether evidence tells if passages answer: it was measured for questions, by meaning and words."""
        return self.mode == "hybrid" and bool(self.question.text)

    def spoken_at(self, number: int, rows: Positions | int) -> NDArray[np.bool_] | bool:
        """Whether the articles at ``rows`` of segment ``number`` are ``spoken``, bool, (rows,), or for all."""
        mask = self.spoken[number]
        return mask[rows] if isinstance(mask, np.ndarray) else mask


class Candidates(NamedTuple):
    """Passages, best first, ties by their article's id and their position. Arrays, (n,): ``segment``, ``position`` and the article's
    ``row``, int64; the others float32.

    ``points``: the score before calibration, the sum of ``meaning``, ``words``, ``fresh`` and ``earlier`` (newsdex.search.ranking.points).
    ``evidence`` is added to it before calibration and does not change the order. ``complete``: there are no more passages. ``unasked``: the
    best one is of another year than the question, or no article answers the question.
    """

    segment: Positions
    position: Positions
    row: Positions
    meaning: Vectors
    words: Vectors
    fresh: Vectors
    earlier: Vectors
    points: Vectors
    evidence: Vectors
    complete: bool = True
    unasked: bool = False

    @property
    def total(self) -> Vectors:
        """The points with the evidence, float32, (n,). In order, although rounding could make the sums of equal points differ."""
        return np.minimum.accumulate(self.points + self.evidence)

    def at(self, places: NDArray[np.int64] | NDArray[np.bool_] | slice) -> Candidates:
        """Those at ``places``, in that order, or in a mask or slice."""
        columns: dict[str, Any] = {name: values[places] for name, values in self._asdict().items() if isinstance(values, np.ndarray)}
        return self._replace(**columns)

    def gaining(self, gains: Vectors) -> Candidates:
        """The same after each has gained so many points, float32, (n,), in the order of the sums."""
        if not gains.any():
            return self
        words, points = self.words + gains, self.points + gains
        return self._replace(words=words, points=points).at(np.argsort(-points, kind="stable"))


def by_segment(numbers: Positions) -> Iterator[tuple[int, Positions]]:
    """Each distinct segment number in ``numbers``, ascending, with its places there."""
    for number in distinct(numbers).tolist():
        yield number, np.flatnonzero(numbers == number)
