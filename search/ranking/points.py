"""The points of passages, their scores before calibration: by meaning, words, date and topic, with the formulas of fusion.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from newsdex.encoder import SAME, Vectors
from newsdex.search.ranking.candidates import QueryText, Search, Selection
from newsdex.search.ranking.dense import ERROR, Positions
from newsdex.search.ranking.fusion import BY_SPOKEN, WORDS, date_points, meaning_points, word_points, word_worth
from newsdex.search.ranking.lexical import AskedWords, Best, impact_at, impacts_at, shares
from newsdex.store.postings import SCALE
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot

# The share of the points that an earlier topic gives if the question depends on it: benchmarks/quality/followup.py.
EARLIER = 0.5

# The cosines of some passages with a text, float32, (n,): by the number of their segment, the place of the text in the scan, and their
# positions. Methods of Scan, from estimates to exact ones.
Compare: TypeAlias = Callable[[int, int, Positions | None], Vectors]


class Points(NamedTuple):
    """The points of some passages, float32, (n,) each: the parts and their sum."""

    meaning: Vectors
    words: Vectors
    fresh: Vectors
    earlier: Vectors
    sum: Vectors


class Scorer:
    """Gives passages their points for one ``text`` of a search. It keeps the word scores of each segment."""

    def __init__(self, search: Search, text: QueryText) -> None:
        self._search = search
        self._text = text
        self._worth: dict[int, Vectors] = {}

    def points(self, selection: Selection, compare: Compare, topic: Vectors | None = None) -> Points:
        """The points of passages, by cosines of ``compare``. ``topic``: what it adds to each article, float32, (articles,), or None."""
        meaning, words = self.parts(selection, compare, self.worth(selection))
        if topic is not None:
            meaning, words = np.float32(1 - EARLIER) * meaning, np.float32(1 - EARLIER) * words
        total = meaning + words
        fresh = earlier = np.zeros(len(selection), np.float32)
        if (freshness := self._search.fresh[selection.number]) is not None:
            fresh = date_points(selection.of_articles(freshness))
            total += fresh
        if topic is not None:
            earlier = selection.of_articles(topic)
            total += earlier
        return Points(meaning, words, fresh, earlier, total)

    def of_topic(self, selection: Selection) -> Vectors:
        """What this text, the topic, adds to each article, float32, (articles,), by its best passage in ``selection``; 0 without one."""
        scan, rows = self._search.scan, selection.rows()
        meaning, words = self.parts(selection, lambda *which: np.round(scan.cosines(*which), 6), self.worth(selection))
        starts = np.flatnonzero(np.diff(rows.astype(np.int64), prepend=-1))
        added = np.zeros(selection.segment.article_count, np.float32)
        added[rows[starts]] = np.float32(EARLIER) * np.maximum.reduceat(meaning + words, starts)
        return added

    def parts(self, selection: Selection, compare: Compare, worth: Vectors) -> tuple[Vectors, Vectors]:
        """What meaning and words give passages with these word scores, ``worth``: float32, (n,) each."""
        search, foreign, spoken = self._search, self._text.foreign, self._search.spoken[selection.number]
        # For a sentence, passages in any language count alike.
        if search.mode != "hybrid" or foreign == BY_SPOKEN:
            spoken = True
        elif isinstance(spoken, np.ndarray):
            spoken = selection.of_articles(spoken)
        if search.mode == "lexical":
            meaning = np.zeros(len(selection), np.float32)
        else:
            meaning = compare(selection.number, self._text.place, selection.positions)
            if search.line != SAME:
                meaning = np.float32(search.line.scale) * meaning + np.float32(search.line.offset)
        if foreign.cosine != 1 or foreign.lacking:
            meaning = meaning_points(meaning, spoken, foreign, worth)
        return meaning, word_points(worth, spoken, foreign)

    def worth(self, selection: Selection) -> Vectors:
        """The word scores of passages, float32, (n,)."""
        words, number = self._text.words, selection.number
        if not words.own:
            return np.zeros(len(selection), np.float32)
        if number not in self._worth:
            self._worth[number] = worth_in(selection.segment, words, number)
        return selection.take(self._worth[number])

    def best_by_words(self, selections: Sequence[Selection], count: int) -> list[Selection]:
        """The ``count`` passages with the largest word scores, and some with nearly as large ones; if few passages of a segment are
        selected, all that have any word. The word scores of all others are taken for 0 from then on.
        """
        words, found = self._text.words, []
        best = Best(words.own, count, WORDS.own, WORDS.most)
        for selection in selections:
            segment, number = selection.segment, selection.number
            if selection.articles is None and selection.positions is not None:
                found.append(selection.where(self.worth(selection.whole()) > 0))
                continue
            articles, owner = shares(words.article, number, segment.article_count), segment.tensors["passage.article"]
            positions, own = best.of(number, len(segment), np.float32(WORDS.article) * articles[owner], selection.admits)
            self._worth[number] = np.zeros(len(segment), np.float32)
            self._worth[number][positions] = word_worth(own, articles[owner[positions]])
            found.append(Selection(number, segment, positions))
        return found

    @property
    def error(self) -> float:
        """How far the points by Scan.cosines can be off for two passages together."""
        foreign = self._text.foreign
        return 2 * ERROR * max(1.0, abs(self._search.line.scale) * max(1.0, float(foreign.cosine + foreign.lacking)))


def worth_in(segment: Segment, words: AskedWords, number: int) -> Vectors:
    """The word scores of all passages of ``segment``, which has this ``number``, with their articles: float32, (passages,)."""
    articles = shares(words.article, number, segment.article_count)
    return word_worth(shares(words.own, number, len(segment)), articles.repeat(segment.sizes.astype(np.intp)))


def points_in(snapshot: Snapshot, search: Search, number: int, row: int, *, unless: frozenset[str] = frozenset()) -> tuple[range, Vectors]:
    """The positions of an article's passages, and the points of each by meaning and words, float32, (n,); words of which a term is in
    ``unless`` do not count as a passage's own. Raises IndexDamaged.
    """
    segment, question = snapshot.segments[number], search.question
    places = segment.passages(row)
    selection = Selection(number, segment, np.arange(places.start, places.stop))
    own, article = np.zeros(len(selection), np.float32), np.float32(0)
    for word in (each for each in question.words.own if unless.isdisjoint(each.terms)):
        own += np.float32(word.weight / SCALE) * impacts_at(word, number, selection.all())
    for word in question.words.article:
        article += np.float32(word.weight / SCALE) * np.int64(impact_at(word, number, row))
    worth = word_worth(own, np.full(len(selection), article, np.float32))
    meaning, words = Scorer(search, question).parts(selection, search.scan.settled, worth)
    return places, meaning + words
