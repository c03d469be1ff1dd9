"""The points of passages, their scores before calibration: by meaning, words, date and topic, with the formulas of fusion.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from newsdex.encoder import SAME, Vectors
from newsdex.search.ranking.candidates import QueryText, Search, Selection
from newsdex.search.ranking.dense import ERROR, Positions
from newsdex.search.ranking.fusion import NEUTRAL, WORD_WEIGHTS, date_points, meaning_points, word_points, word_scores
from newsdex.search.ranking.lexical import MaxScore, QueryWords, bm25_shares, impact_at, impacts_at
from newsdex.store.postings import SCALE
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot

# The share of the points that an earlier topic gives if the question depends on it: benchmarks/quality/followup.py.
EARLIER = 0.5

# A method of Scan: cosines of passages with a text, float32, (n,), exact or estimated. Arguments: the segment's number, the index of the
# text's vector, the positions.
Compare: TypeAlias = Callable[[int, int, Positions | None], Vectors]


class Points(NamedTuple):
    """The points of some passages, float32, (n,) each: the parts and their sum."""

    meaning: Vectors
    words: Vectors
    recency: Vectors
    earlier: Vectors
    sum: Vectors


class Scorer:
    """Gives passages their points for one ``text`` of a search. It keeps the word scores of each segment."""

    def __init__(self, search: Search, text: QueryText) -> None:
        self._search = search
        self._text = text
        self._word_scores: dict[int, Vectors] = {}

    def points(self, selection: Selection, compare: Compare, topic: Vectors | None = None) -> Points:
        """The points of passages, by cosines of ``compare``. ``topic``: what it adds to each article, float32, (articles,), or None."""
        meaning, words = self.parts(selection, compare, self.word_scores(selection))
        if topic is not None:
            meaning, words = np.float32(1 - EARLIER) * meaning, np.float32(1 - EARLIER) * words
        total = meaning + words
        recency = earlier = np.zeros(len(selection), np.float32)
        if (freshness := self._search.recency[selection.number]) is not None:
            recency = date_points(selection.of_articles(freshness))
            total += recency
        if topic is not None:
            earlier = selection.of_articles(topic)
            total += earlier
        return Points(meaning, words, recency, earlier, total)

    def of_topic(self, selection: Selection) -> Vectors:
        """The points that this text, the topic, adds to each article by its best passage in ``selection``, float32, (articles,), or 0."""
        scan, rows = self._search.scan, selection.rows()
        meaning, words = self.parts(selection, lambda *which: np.round(scan.cosines(*which), 6), self.word_scores(selection))
        starts = np.flatnonzero(np.diff(rows.astype(np.int64), prepend=-1))
        added = np.zeros(selection.segment.article_count, np.float32)
        added[rows[starts]] = np.float32(EARLIER) * np.maximum.reduceat(meaning + words, starts)
        return added

    def parts(self, selection: Selection, compare: Compare, word_scores: Vectors) -> tuple[Vectors, Vectors]:
        """The points by meaning and by words of passages with these ``word_scores``, float32, (n,) each."""
        search, foreign, native = self._search, self._text.foreign, self._search.native[selection.number]
        # For a sentence, passages in any language count alike.
        if search.mode != "hybrid" or foreign == NEUTRAL:
            native = True
        elif isinstance(native, np.ndarray):
            native = selection.of_articles(native)
        if search.mode == "lexical":
            meaning = np.zeros(len(selection), np.float32)
        else:
            meaning = compare(selection.number, self._text.place, selection.positions)
            if search.line != SAME:
                meaning = np.float32(search.line.scale) * meaning + np.float32(search.line.offset)
        if foreign.cosine != 1 or foreign.lacking:
            meaning = meaning_points(meaning, native, foreign, word_scores)
        return meaning, word_points(word_scores, native, foreign)

    def word_scores(self, selection: Selection) -> Vectors:
        """The word scores of passages, float32, (n,)."""
        words, number = self._text.words, selection.number
        if not words.passage:
            return np.zeros(len(selection), np.float32)
        if number not in self._word_scores:
            self._word_scores[number] = word_scores_in(selection.segment, words, number)
        return selection.take(self._word_scores[number])

    def best_by_words(self, selections: Sequence[Selection], count: int) -> list[Selection]:
        """A superset of the ``count`` passages with the largest word scores; from a segment with few selected passages, all that have a
        word. The scores of other passages count as 0 from then on.
        """
        words, found = self._text.words, []
        best = MaxScore(words.passage, count, WORD_WEIGHTS.passage, WORD_WEIGHTS.most)
        for selection in selections:
            segment, number = selection.segment, selection.number
            if selection.articles is None and selection.positions is not None:
                found.append(selection.where(self.word_scores(selection.whole()) > 0))
                continue
            articles, owner = bm25_shares(words.article, number, segment.article_count), segment.tensors["passage.article"]
            positions, own = best.of(number, len(segment), np.float32(WORD_WEIGHTS.article) * articles[owner], selection.accepts)
            self._word_scores[number] = np.zeros(len(segment), np.float32)
            self._word_scores[number][positions] = word_scores(own, articles[owner[positions]])
            found.append(Selection(number, segment, positions))
        return found

    @property
    def error(self) -> float:
        """The largest error of the difference between two passages' points by Scan.cosines."""
        foreign = self._text.foreign
        return 2 * ERROR * max(1.0, abs(self._search.line.scale) * max(1.0, float(foreign.cosine + foreign.lacking)))


def word_scores_in(segment: Segment, words: QueryWords, number: int) -> Vectors:
    """The word scores of all passages of ``segment``, which has this ``number``, with their articles: float32, (passages,)."""
    articles = bm25_shares(words.article, number, segment.article_count)
    return word_scores(bm25_shares(words.passage, number, len(segment)), articles.repeat(segment.sizes.astype(np.intp)))


def points_in(snapshot: Snapshot, search: Search, number: int, row: int, *, unless: frozenset[str] = frozenset()) -> tuple[range, Vectors]:
    """The positions of an article's passages, and the points of each by meaning and words, float32, (n,); words of which a term is in
    ``unless`` do not count as a passage's own. Raises IndexDamaged.
    """
    segment, question = snapshot.segments[number], search.question
    places = segment.passages(row)
    selection = Selection(number, segment, np.arange(places.start, places.stop))
    own, article = np.zeros(len(selection), np.float32), np.float32(0)
    for word in (each for each in question.words.passage if unless.isdisjoint(each.terms)):
        own += np.float32(word.weight / SCALE) * impacts_at(word, number, selection.all())
    for word in question.words.article:
        article += np.float32(word.weight / SCALE) * np.int64(impact_at(word, number, row))
    scores = word_scores(own, np.full(len(selection), article, np.float32))
    meaning, words = Scorer(search, question).parts(selection, search.scan.exact_cosines, scores)
    return places, meaning + words
