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
from newsdex.search.ranking.fusion import NEUTRAL, Foreign, Mode
from newsdex.search.ranking.lexical import QueryWords
from newsdex.store.copies import Place
from newsdex.store.segment import Segment

# Returns the mask, bool, (n,), of the passages at n positions that count; None if all do.
Accepts: TypeAlias = Callable[[Positions], NDArray[np.bool_]] | None
_Number = TypeVar("_Number", bound=np.generic)


class Selection:
    """Passages of the segment with this ``number`` in its snapshot, ascending: all, those at some positions, or those of most of its
    articles, whose positions are computed on demand.
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
        """The living passages of ``articles``, a mask, bool, (articles,), or of all."""
        if segment.is_partial:
            articles = segment.live_articles if articles is None else articles & segment.live_articles
        elif articles is None or articles.all():
            return cls(number, segment)
        if 2 * np.count_nonzero(articles) > len(articles):
            return cls(number, segment, articles=articles)
        return cls(number, segment, segment.passages_of(articles))

    @property
    def positions(self) -> Positions | None:
        """Their positions in the segment, int64, (n,), or None for all."""
        if self._positions is None and self.articles is not None:
            self._positions = self.segment.passages_of(self.articles)
        return self._positions

    @property
    def accepts(self) -> Accepts:
        """A test whether passages of the segment are selected, if most articles are; None otherwise."""
        return None if self.articles is None else partial(self.segment.are_of, articles=self.articles)

    def __len__(self) -> int:
        return self._size

    def all(self) -> Positions:
        """Their positions in the segment, int64, (n,)."""
        return np.arange(len(self.segment)) if self.positions is None else self.positions

    def rows(self) -> NDArray[Any]:
        """The row of each one's article, (n,)."""
        return self.take(self.segment.tensors["passage.article"])

    def take(self, values: NDArray[_Number]) -> NDArray[_Number]:
        """Their entries in an array of the segment's passages, (n,)."""
        return values if self.positions is None else values.take(self.positions)

    def of_articles(self, values: NDArray[_Number]) -> NDArray[_Number]:
        """The entries of their articles in an array of the segment's articles, (n,)."""
        return np.asarray(values.take(self.rows()))

    def whole(self) -> Selection:
        """All passages of the segment."""
        return Selection(self.number, self.segment)

    def at(self, places: Positions) -> Selection:
        """The selected passages with the indices ``places``, ascending."""
        return Selection(self.number, self.segment, places if self.positions is None else self.positions[places])

    def where(self, mask: NDArray[np.bool_]) -> Selection:
        """The selected passages in ``mask``, bool, (passages of the segment,)."""
        positions = np.flatnonzero(mask) if self.positions is None else self.positions[mask[self.positions]]
        return Selection(self.number, self.segment, positions)


class QueryText(NamedTuple):
    """What passages are compared with: the question's ``words``, the index of its vector in the scan (``place``), and the weights of
    passages in ``foreign`` languages. ``text``: the question or topic as written, for titles, phrases and evidence; "" for other texts.
    """

    words: QueryWords = QueryWords()
    place: int = 0
    foreign: Foreign = NEUTRAL
    text: str = ""


class Search(NamedTuple):
    """What is searched for, and where.

    - ``mode``: rank by meaning, by words or by both
    - ``scan`` compares vectors
    - ``question``, and the ``topic`` of earlier messages if the question depends on them: then the topic decides among articles, by the
      best passage that each has for it, and the question also among an article's passages
    - for each segment, ``allowed``: the articles that the filters allow, a mask, or None for all; ``native``: those that the question's
      ``foreign`` weights do not apply to, a mask, or True for all; ``recency``: how recent they are, float32, in [0, 1], or None
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
    native: Sequence[NDArray[np.bool_] | bool]
    recency: Sequence[Vectors | None]
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

    def native_at(self, number: int, rows: Positions | int) -> NDArray[np.bool_] | bool:
        """Whether the articles at ``rows`` of segment ``number`` are ``native``, bool, (rows,), or for all."""
        mask = self.native[number]
        return mask[rows] if isinstance(mask, np.ndarray) else mask


class Candidates(NamedTuple):
    """Passages, best first, ties by their article's id and their position. Arrays, (n,): ``segment``, ``position`` and the article's
    ``row``, int64; the others float32.

    ``points``: the score before calibration, the sum of ``meaning``, ``words``, ``recency`` and ``earlier`` (see ``Scorer``).
    ``evidence`` is added to it and does not change the order. ``complete``: there are no more passages. ``off_question``: the best one is
    of another year than the question, or no article answers the question.
    """

    segment: Positions
    position: Positions
    row: Positions
    meaning: Vectors
    words: Vectors
    recency: Vectors
    earlier: Vectors
    points: Vectors
    evidence: Vectors
    complete: bool = True
    off_question: bool = False

    @property
    def total(self) -> Vectors:
        """The points with the evidence, float32, (n,). In order, although rounding could make the sums of equal points differ."""
        return np.minimum.accumulate(self.points + self.evidence)

    def at(self, places: NDArray[np.int64] | NDArray[np.bool_] | slice) -> Candidates:
        """Those at ``places``, in that order, or in a mask or slice."""
        columns: dict[str, Any] = {name: values[places] for name, values in self._asdict().items() if isinstance(values, np.ndarray)}
        return self._replace(**columns)

    def article(self, place: int) -> Place:
        """The article of the passage at ``place``."""
        return Place(int(self.segment[place]), int(self.row[place]))

    def with_gains(self, gains: Vectors) -> Candidates:
        """The candidates with ``gains``, float32, (n,), added to their points by words, in the new order."""
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
