"""The second stage of a search: rank the articles that match a query, in blocks.

With more candidates, more copies are folded and more corrected versions move, so the top of a longer list may differ. To keep pages
consistent, ranks are divided into blocks with fixed bounds. Each block is ranked on its own, without the articles of earlier blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsdex.arrays import distinct
from newsdex.encoder import ModelCard, Vectors, comparable
from newsdex.records import Copy, Period
from newsdex.search.deadline import check_time
from newsdex.search.question.reader import Query
from newsdex.search.question.reading import asks_figure
from newsdex.search.question.stopwords import language_of
from newsdex.search.ranking.candidates import Candidates, QueryText, Ranked, Search, by_segment
from newsdex.search.ranking.copies import CopyFinder, Seen, collapse
from newsdex.search.ranking.dense import Scan
from newsdex.search.ranking.evidence import lacking_names
from newsdex.search.ranking.fusion import (
    ANSWERABLE,
    NEWER_MARGIN,
    PREFERABLE,
    SURE,
    Foreign,
    Mode,
    foreign_weights,
    is_native,
    probabilities,
    recency_of,
    score_if_read,
)
from newsdex.search.ranking.lexical import QueryWords, languages_with, words_in
from newsdex.search.ranking.retrieval import date_order, find
from newsdex.search.request import Request
from newsdex.store.columns import coded_at
from newsdex.store.copies import Place
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot

if TYPE_CHECKING:
    from newsdex.search.ranking.languages import Languages

# The best passages of an article whose sentences are compared, if it does not seem to answer.
PASSAGES_COMPARED = 3
# Limits of a batch: questions, and cosines kept in memory (64 MB).
_BATCH_QUESTIONS = 64
_BATCH_COSINES = 1 << 24
# Candidate passages beyond one for each hit; more where the newest answers are wanted.
SPARE = 64
SPARE_NEWEST = 1_000
# Two articles report one event from this cosine of their mean vectors on, on the default model's scale, and up to so many days apart. In
# the sample archive, all pairs of one event have a higher cosine, and nearly all others a lower one.
_SAME_EVENT, _EVENT_DAYS = 0.75, 14
# Two articles that answer a question about the latest news with at least the probability _LIKELY tell one story from this cosine on. In a
# local paper's archive, pairs of one story have .68 and more, others .59 and less.
_SAME_STORY, _LIKELY = 0.7, 0.5
# The best articles among which a later report is looked for.
_REPORTS = 8
LATEST = "The latest report comes first."
_OWN_LANGUAGE = "Reports in the question's language come first."
# The first block ends at this rank: a page or two, enough for most questions. Sorted by date, this many of the best articles are sorted
# together, and so many are read again by a reranker.
_FIRST = 20
_FIRST_BY_DATE = 1_000
_RERANKED = 50


class HitGroup(NamedTuple):
    """A hit's article, its ``best`` copy or itself, the copies' records, and the places ``folded`` into it or ``listed`` with it."""

    article: Ranked
    best: Ranked
    also_in: tuple[Copy, ...] = ()
    folded: tuple[Place, ...] = ()
    listed: tuple[Place, ...] = ()


class Block(NamedTuple):
    """A range of ranks: candidates, articles, the groups that become hits. ``last``: none follow; ``remark``: why the best is not first."""

    found: Candidates
    articles: Sequence[Ranked]
    groups: Sequence[HitGroup]
    last: bool
    remark: str = ""


class Ranker:
    """Ranks the articles of one snapshot. It keeps what it derives from the snapshot for later queries."""

    def __init__(self, snapshot: Snapshot, model: ModelCard, languages: Languages | None = None) -> None:
        """``languages`` are those of the ``snapshot`` if they are not given."""
        self.snapshot = snapshot
        self._model = model
        self._given_languages = languages
        self._masks: dict[str, list[NDArray[np.bool_] | bool]] = {}  # of ``_native_masks``, by language, its only input

    def rank(self, queries: Sequence[Query]) -> Iterator[tuple[int, Ranking]]:
        """The number and the ranking of each query. Queries with the same filters are compared in one batch. Read the blocks of a ranking
        before the next one: the batch's cosines are released then. Raises IndexDamaged.
        """
        most = max(1, min(_BATCH_QUESTIONS, _BATCH_COSINES // max(1, self.snapshot.manifest.passages)))
        rest = list(range(len(queries)))
        filters = [(query.request.where, query.request.period, query.request.as_of) for query in queries]
        while rest:
            batch = [number for number in rest if filters[number] == filters[rest[0]]][:most]
            allowed = [filter_mask(segment, queries[rest[0]].request) for segment in self.snapshot.segments]
            scan = self._scan([queries[number] for number in batch])
            topic = len(batch)
            for place, number in enumerate(batch):
                yield number, Ranking(self, queries[number], self.prepared(queries[number], scan, place, allowed, topic))
                topic += bool(queries[number].topic)
            rest = sorted(set(rest) - set(batch))

    def answering(self, query: Query, passages: int) -> list[tuple[Segment, int]]:
        """Articles, also copies, that seem to answer in the best ``passages``, best first, as segments and rows. Raises IndexDamaged."""
        allowed = [filter_mask(segment, query.request) for segment in self.snapshot.segments]
        found = self.find(self.prepared(query, self._scan([query]), 0, allowed), passages)
        least = max(ANSWERABLE, query.request.min_score or 0.0)
        every, scores = query.reading.certain or query.reading.listed, _scores(found, query.request.mode)
        ranked = [each for each in by_article(self.snapshot, found, 1) if every or scores[each.candidates[0]] >= least]
        return [(self.snapshot.segments[article.segment], article.row) for article in ranked]

    def find(self, search: Search, count: int) -> Candidates:
        """At least the ``count`` best passages, or all if there are fewer."""
        return find(self.snapshot, search, count)

    def prepared(self, query: Query, scan: Scan, place: int, allowed: Sequence[NDArray[np.bool_] | None], topic: int = 1) -> Search:
        """The search of ``query``. ``place`` and ``topic`` are the indices in ``scan`` of the vectors of the query and of its topic."""
        request, reading = query.request, query.reading
        words = self._words(reading.text, request.mode) if query.words is None or request.mode == "dense" else query.words
        foreign = self._foreign(request.question, words, query.vector, asked=query.answerable)
        return Search(
            mode=request.mode,
            scan=scan,
            question=QueryText(words, place, foreign, reading.text if query.answerable else ""),
            topic=self._topic(query, topic) if query.topic else None,
            allowed=allowed,
            native=self._native_masks(foreign),
            recency=[self._recency(segment, query) for segment in self.snapshot.segments],
            exact=request.exact,
            line=comparable(self.snapshot.manifest.model),
            listed=(reading.period or Period()) if reading.listed else None,
            oldest_first=request.oldest_first,
            talks=query.talks,
        )

    def _topic(self, query: Query, place: int) -> QueryText:
        words = self._words(query.topic, query.request.mode)
        return QueryText(words, place, self._foreign(query.topic, words, query.topic_vector), query.topic)

    def _scan(self, queries: Sequence[Query]) -> Scan:
        """The vectors of the questions, then those of earlier topics."""
        vectors = [*(query.vector for query in queries), *(query.topic_vector for query in queries if query.topic)]
        return Scan(self.snapshot.segments, np.stack(vectors))

    def _words(self, text: str, mode: Mode) -> QueryWords:
        return QueryWords() if mode == "dense" else words_in(self.snapshot, text)

    def _foreign(self, text: str, words: QueryWords, vector: Vectors, *, asked: bool = True) -> Foreign:
        """The weights of passages in other languages for ``text``; if it was not ``asked``, its words are a text's."""
        # With accents, words of a text are in no known language: newsdex.search.related.similar was fitted so.
        guess = partial(self.guessed_language, words, vector) if asked or language_of(text) != "und" else str
        return foreign_weights(text, self._model, guess)

    def guessed_language(self, words: QueryWords, vector: Vectors) -> str:
        """The likeliest language of a question without function words, or "": by its ``words`` if the archive's main language has all of
        them, or if the ``vector`` is 0; else by its ``vector``.
        """
        most = self._languages.most
        if not vector.any() or all(languages_with(self.snapshot, word)[most] for word in words.article):
            from newsdex.search.ranking.languages import language_by_words

            return language_by_words(self.snapshot, words.article)
        return self._languages.nearest(vector, comparable(self._model).scale)

    def clear_language(self, text: str, vector: Vectors) -> str:
        """The language of a question by its function words, or by its ``vector`` if that is clear; else ""."""
        language = language_of(text)
        if language not in ("", "und"):
            return language
        may_tell = " " in self._model.languages and vector.any()
        return self._languages.clearly_nearest(vector, comparable(self._model).scale) if may_tell else ""

    @cached_property
    def _languages(self) -> Languages:
        from newsdex.search.ranking.languages import Languages, typical_in  # which questions for an English model do not need

        return self._given_languages or Languages(self.snapshot.counts("language"), partial(typical_in, self.snapshot))

    def _native_masks(self, foreign: Foreign) -> list[NDArray[np.bool_] | bool]:
        """For each segment, the articles that ``foreign`` does not apply to."""
        if foreign.language not in self._masks:
            self._masks[foreign.language] = [self._native_mask(segment, foreign) for segment in self.snapshot.segments]
        return self._masks[foreign.language]

    def _native_mask(self, segment: Segment, foreign: Foreign) -> NDArray[np.bool_] | bool:
        if all(is_native(self._model, language, foreign) for language in segment.languages):
            return True
        languages = segment.coded["language"]
        return np.asarray(np.array([is_native(self._model, language, foreign) for language in languages.values])[languages.codes])

    def _recency(self, segment: Segment, query: Query) -> Vectors | None:
        if query.request.recency is None:
            return None
        return recency_of(*segment.published_days, query.request.recency, query.today)


class Ranking:
    """The articles ranked for one query, best first, computed as they are read."""

    def __init__(self, ranker: Ranker, query: Query, search: Search) -> None:
        self.snapshot = ranker.snapshot
        self.query = query
        self.search = search
        self._find, self._clear_language = ranker.find, ranker.clear_language
        # Whether the newest of the articles that answer are asked for, and not just the newest ones.
        self._newest = bool(query.reading.newest) and not query.reading.listed

    @property
    def by_points(self) -> bool:
        """Whether nothing but points chooses the articles: no date, required phrase, earlier message or given vector."""
        search, reading, request = self.search, self.query.reading, self.query.request
        dated = reading.newest or reading.listed or request.recency is not None
        return search.is_question and not (dated or reading.certain or search.topic)

    def blocks(self) -> Iterator[Block]:
        """Yield the blocks in order. Raises IndexDamaged."""
        seen, finder = Seen(), self._finder()
        for bound in bounds(self.query.request):
            block = self._block(bound, seen, finder)
            for group in block.groups:
                seen.add(group.article.place, group.folded, group.listed)
            yield block
            if block.last:
                return

    def _block(self, bound: int, seen: Seen, finder: CopyFinder | None) -> Block:
        """The block that ends at rank ``bound``, without the articles in ``seen``."""
        size = bound - len(seen.shown)
        count = depth_of(self.query.request, bound, newest=bool(self.query.reading.newest))
        while True:
            check_time()
            found = self._find(self.search, count)
            if self._is_below(found):
                return Block(found, (), (), last=True)
            ranked = by_article(self.snapshot, found, self.query.request.per_article)
            articles, remark = self._reordered(ranked, found, first=not seen.shown)
            if finder is None:
                groups = [HitGroup(article, article) for article in articles if article.place not in seen.hits]
            else:
                groups = _folded(articles, size, finder, seen, newest=self._newest)
            if remark == _OWN_LANGUAGE and groups and ranked[0].place in (groups[0].article.place, *groups[0].folded, *groups[0].listed):
                remark = ""  # it is a copy in another language, as far as that was detected
            if len(groups) >= size or found.complete or count >= self.snapshot.manifest.passages:
                return Block(found, articles, groups[:size], len(groups) < size, remark)
            count *= 8

    def _reordered(self, articles: list[Ranked], found: Candidates, *, first: bool) -> tuple[list[Ranked], str]:
        """``articles`` in the order of the hits, and why another is first, if so and unless the newest are asked for. In the ``first``
        block, reports in the question's language and later reports come before others.
        """
        best, remark = articles[:1], ""
        if best and first and not self.query.reading.listed:
            articles = self._own_language_first(articles, found)
            remark = _OWN_LANGUAGE if articles[:1] != best else ""
        if self._newest:
            return self._newer_first(articles, found), remark
        if best and first and asks_figure(self.search.question.text):
            latest = self._latest_first(articles, found)
            return latest, LATEST if latest[0] is not articles[0] else remark
        return articles, remark

    def _is_below(self, found: Candidates) -> bool:
        """Whether the best passage scores below the requested minimum, also if a reader finds that it answers."""
        least, reading = self.query.request.min_score, self.query.reading
        if least is None or self.query.request.rerank or reading.certain or reading.listed or not len(found.points):
            return False
        best = float(_scores(found.at(slice(1)), self.query.request.mode)[0])
        return (best if self.search.within else score_if_read(best)) < least

    def _newer_first(self, articles: Sequence[Ranked], found: Candidates) -> list[Ranked]:
        """Sort the articles that answer about as well as the best, or tell its story, by date, newest first, undated ones last; the others
        follow. Those of the period that the question names come before those of the days after.
        """
        scores = _scores(found, self.query.request.mode)
        answers, likely = scores >= PREFERABLE, [each for each in articles[1:_REPORTS] if scores[each.candidates[0]] >= _LIKELY]
        story = [each.place for each in likely if self._likeness(articles[0], each) >= _SAME_STORY]
        lacking = self._lacking(articles[0])
        named = (self.query.reading.period if self.query.request.period else None) or Period()

        def rank(article: Ranked) -> tuple[bool, float]:
            place = article.candidates[0]
            near = found.points[place] >= found.points[0] - np.float32(NEWER_MARGIN) and bool(answers[place] or not answers[0])
            # What lacks a name that the best has is of another place or person
            if not (article.place in story or (near and self._lacking(article) <= lacking)):
                return True, 0.0
            return False, -float(date_order(np.array([day_of(self.snapshot, article)], np.int32), named)[0])

        return sorted(articles, key=rank)

    def _lacking(self, article: Ranked) -> int:
        """How many names of the question the article lacks."""
        return len(lacking_names(self.snapshot, self.search.question, article.place))

    def _own_language_first(self, articles: list[Ranked], found: Candidates) -> list[Ranked]:
        """Move reports of the first article's event in the question's language before it, if they answer."""
        first, answers = self._language(articles[0]), _scores(found, self.query.request.mode) >= PREFERABLE
        others = [each for each in articles[1:_REPORTS] if self._language(each) not in ("", first) and answers[each.candidates[0]]]
        if not (first and others):
            return articles
        own = self._clear_language(self.query.request.question, self.query.vector) or self.search.question.foreign.language
        mine = [each for each in others if self._language(each) == own and self._likeness(articles[0], each) >= _SAME_EVENT]
        return [*mine, *(article for article in articles if article not in mine)]

    def _language(self, article: Ranked) -> str:
        return coded_at(self.snapshot.segments[article.segment].tensors, "language", article.row)

    def _latest_first(self, articles: Sequence[Ranked], found: Candidates) -> list[Ranked]:
        """Move later reports of the first article's event that answer about as well before it, the latest first."""
        first, *others = articles[:_REPORTS]
        day, scores = day_of(self.snapshot, first), _scores(found, self.query.request.mode)

        def is_later(other: Ranked) -> bool:
            place = other.candidates[0]
            # What is nearly certain answers as well, whatever words its title has
            is_near = found.points[place] >= found.points[first.candidates[0]] - np.float32(NEWER_MARGIN)
            within = 0 < day_of(self.snapshot, other) - day <= _EVENT_DAYS
            answers = bool(scores[place] >= (PREFERABLE if is_near else SURE))
            return answers and within and self._lacking(other) <= self._lacking(first) and self._likeness(first, other) >= _SAME_EVENT

        later = sorted(filter(is_later, others) if day else (), key=partial(day_of, self.snapshot), reverse=True)
        return [*later, *(article for article in articles if article not in later)]

    def _likeness(self, first: Ranked, other: Ranked) -> float:
        """The cosine of the articles' mean vectors, on the default model's scale."""
        scale, offset = self.search.line
        return scale * float(self._mean(first) @ self._mean(other)) + offset

    def _mean(self, article: Ranked) -> Vectors:
        """The normalised mean of the vectors of its passages, float32, (d,)."""
        segment = self.snapshot.segments[article.segment]
        positions = segment.passages(article.row)
        mean = segment.vectors(np.arange(positions.start, positions.stop)).mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)

    def _finder(self) -> CopyFinder | None:
        request = self.query.request
        if not request.collapse:
            return None
        if request.as_of is None:
            return CopyFinder(self.snapshot)
        from newsdex.search.question.when import as_of_mask

        return CopyFinder(self.snapshot, [as_of_mask(segment, request.as_of) for segment in self.snapshot.segments])


def day_of(snapshot: Snapshot, article: Ranked) -> int:
    """The last day that the date of an article can mean; 0 without a date."""
    return snapshot.segments[article.segment].days_at(article.row)[1]


def by_article(snapshot: Snapshot, found: Candidates, per_article: int) -> list[Ranked]:
    """Group candidates by article, best passage first, at most ``per_article`` or PASSAGES_COMPARED of each; none of furniture alone."""
    most = max(per_article, PASSAGES_COMPARED)
    furnished = np.zeros(len(found.row), np.bool_)
    for number, here in by_segment(found.segment):
        rows = found.row[here]
        some = distinct(rows)
        furnished[here] = snapshot.furnished.articles(snapshot.segments[number], some)[np.searchsorted(some, rows)]
    articles: dict[tuple[int, int], list[int]] = {}
    for place, pair in enumerate(zip(found.segment.tolist(), found.row.tolist(), strict=True)):
        articles.setdefault(pair, []).append(place)
    for (number, row), places in articles.items() if furnished.any() else ():
        if furnished[places[0]]:
            dropped = snapshot.furnished.passages(snapshot.segments[number], row, found.position[places].tolist())
            articles[number, row] = [place for place, drop in zip(places, dropped, strict=True) if not drop]
    ranked = (Ranked(*pair, int(found.position[places[0]]), tuple(places[:most])) for pair, places in articles.items() if places)
    return sorted(ranked, key=lambda article: article.candidates[0])


def filter_mask(segment: Segment, request: Request) -> NDArray[np.bool_] | None:
    """The articles that filter and dates allow, bool, (articles,), deleted ones too; None for all. Raises IndexDamaged and OutOfTime."""
    check_time()
    masks = []
    if request.period or request.as_of:
        from newsdex.search.question.when import as_of_mask, published_mask

        masks += [published_mask(segment, request.period)] if request.period else []
        masks += [as_of_mask(segment, request.as_of)] if request.as_of else []
    if request.where is not None:
        from newsdex.search.question.filters import matching_articles

        masks.append(matching_articles(segment, request.where))
    return np.logical_and.reduce(masks) if masks else None


def matching_mask(segment: Segment, request: Request) -> NDArray[np.bool_]:
    """Return which articles of ``segment`` match the filter and the dates of ``request``, bool, shape (articles,). Raises IndexDamaged."""
    mask = filter_mask(segment, request)
    return segment.live_articles if mask is None else segment.live_articles & mask


def bounds(request: Request) -> Iterator[int]:
    """Yield the ranks at which blocks end, without end."""
    bound = _RERANKED if request.rerank else _FIRST_BY_DATE if request.sort == "date" else _FIRST
    while True:
        yield bound
        bound *= 2


def reach(request: Request) -> int:
    """The last rank of the block that contains the end of the requested page."""
    return next(bound for bound in bounds(request) if bound >= request.offset + request.limit)


def depth_of(request: Request, needed: int, *, newest: bool) -> int:
    """How many candidate passages to find for ``needed`` hits."""
    return needed * request.per_article + (SPARE_NEWEST if newest else SPARE)


def _scores(found: Candidates, mode: Mode) -> NDArray[np.float64]:
    return probabilities(found.total, mode)


def _folded(articles: Sequence[Ranked], needed: int, finder: CopyFinder, seen: Seen, *, newest: bool) -> list[HitGroup]:
    """Fold copies: at most ``needed`` hits, without the articles in ``seen``."""
    return [
        HitGroup(
            articles[group.shown],
            articles[group.best],
            finder.also_in(group),
            tuple(articles[number].place for number in group.folded),
            tuple(copy.place for copy in group.copies),
        )
        for group in collapse(articles, needed, finder, seen, newest=newest)
    ]
