"""What a search looks for, and the passages that it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from newsdex.arrays import distinct
from newsdex.encoder import SAME, Line, Vectors
from newsdex.records import Period
from newsdex.search.ranking.dense import Positions, Scan
from newsdex.search.ranking.fusion import BY_SPOKEN, Foreign, Mode
from newsdex.search.ranking.lexical import AskedWords
from newsdex.store.copies import Place
from newsdex.store.segment import Segment

# Tells which of some passages, by their positions, count, as a mask; None if all do.
Admits: TypeAlias = Callable[[Positions], NDArray[np.bool_]] | None
_Number = TypeVar("_Number", bound=np.generic)


class Selection:
    """Some passages of the segment with this ``number`` in its snapshot, ascending: all of them, those at some positions, or those of most
    of its articles, whose positions are computed only if they are needed.
    """

    __slots__ = ("_positions", "_size", "articles", "number", "segment")

    def __init__(
        self, number: int, segment: Segment, positions: Positions | None = None, articles: NDArray[np.bool_] | None = None
    ) -> None:
        """``positions``, or a mask of ``articles``, bool, (articles,), or neither, for all."""
        self.number = number
        self.segment = segment
        self.articles = articles
        self._positions = positions
        if positions is not None:
            self._size = len(positions)
        else:
            self._size = len(segment) if articles is None else segment.count_of(articles)

    @classmethod
    def of(cls, number: int, segment: Segment, articles: NDArray[np.bool_] | None) -> Selection:
        """The living passages of the ``articles`` in a mask, bool, (articles,), or of all."""
        if segment.is_partial:
            articles = segment.live_articles if articles is None else articles & segment.live_articles
        elif articles is None or articles.all():
            return cls(number, segment)
        if 2 * np.count_nonzero(articles) > len(articles):
            return cls(number, segment, articles=articles)
        return cls(number, segment, segment.passages_of(articles))

    @property
    def positions(self) -> Positions | None:
        """Where they are, or None for all of them."""
        if self._positions is None and self.articles is not None:
            self._positions = self.segment.passages_of(self.articles)
        return self._positions

    @property
    def admits(self) -> Admits:
        """Which of some passages of the segment are among them, if they are those of most articles; None otherwise."""
        return None if self.articles is None else partial(self.segment.are_of, articles=self.articles)

    def __len__(self) -> int:
        return self._size

    def all(self) -> Positions:
        return np.arange(len(self.segment)) if self.positions is None else self.positions

    def rows(self) -> NDArray[Any]:
        """The article of each of them, by its row in the segment."""
        return self.take(self.segment.tensors["passage.article"])

    def take(self, values: NDArray[_Number]) -> NDArray[_Number]:
        """Their entries of an array with one for each passage of the segment."""
        return values if self.positions is None else values.take(self.positions)

    def of_articles(self, values: NDArray[_Number]) -> NDArray[_Number]:
        """The entries of their articles in an array with one for each article of the segment."""
        return np.asarray(values.take(self.rows()))

    def whole(self) -> Selection:
        """All passages of the segment."""
        return Selection(self.number, self.segment)

    def at(self, places: Positions) -> Selection:
        """Those of them at ``places``, ascending."""
        return Selection(self.number, self.segment, places if self.positions is None else self.positions[places])

    def where(self, mask: NDArray[np.bool_]) -> Selection:
        """Those of them in ``mask``, bool, with an entry for each passage of the segment."""
        return Selection(
            self.number, self.segment, np.flatnonzero(mask) if self.positions is None else self.positions[mask[self.positions]]
        )


class QueryText(NamedTuple):
    """A text that passages are compared with: its ``words``, the ``place`` of its vector in the scan, and the weights of passages in
    ``foreign`` languages. ``text``: as it was written, if it is a question, whose titles, phrases and evidence are looked for, or the
    ``topic`` of one; else "".
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
    - ``listed``: list the newest articles whatever they are about, those of this period first; ``oldest_first``: list the oldest
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
    oldest_first: bool = False
    talks: bool = False
    within: Sequence[Selection] = ()

    @property
    def is_question(self) -> bool:
        """Whether evidence tells if passages answer, as it was measured: for questions, by meaning and words."""
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
        """The same after each has gained so many points, float32, (n,), for its words: in the order of the new points."""
        if not gains.any():
            return self
        words, points = self.words + gains, self.points + gains
        return self._replace(words=words, points=points).at(np.argsort(-points, kind="stable"))


class Ranked(NamedTuple):
    """An article: its segment and row, the position of its best ``passage``, and the indices of its best passages among the candidates."""

    segment: int
    row: int
    passage: int
    candidates: tuple[int, ...] = ()

    @property
    def place(self) -> Place:
        """The article's segment and row."""
        return Place(self.segment, self.row)


def by_segment(numbers: Positions) -> Iterator[tuple[int, Positions]]:
    """Each distinct segment number in ``numbers``, ascending, with its places there."""
    for number in distinct(numbers).tolist():
        yield number, np.flatnonzero(numbers == number)
