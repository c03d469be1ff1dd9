"""A question's way through the index: words and vector -> candidates -> articles -> hits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Encoder, Vectors, comparable, speaks
from newsdex.records import Hit, Period, Results
from newsdex.search.candidates import Candidates, Sought, find
from newsdex.search.corrections import corrections_first
from newsdex.search.dense import Scan
from newsdex.search.fusion import ANSWERABLE, RELEVANT, probability
from newsdex.search.hits import HitMaker, Ranked, Shown, by_article
from newsdex.search.lexical import look_up, words_of
from newsdex.search.request import Request
from newsdex.search.rerank import POOL, open_reranker, rerank
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot

if TYPE_CHECKING:
    from newsdex.search.copies import CopyFinder

_Item = TypeVar("_Item")

_TOGETHER = 64  # questions that are compared at once
_CELLS = 1 << 24  # cosines that are kept at once, 64 MB
_SPARE = 64  # passages looked at beyond those that the hits would need if each were of another article


class Asker:
    """Answers requests from one snapshot, with ``today`` as the day on which they are made."""

    def __init__(self, snapshot: Snapshot, encoder: Encoder, today: date) -> None:
        self.snapshot = snapshot
        self.encoder = encoder
        self.today = today

    def answer(self, request: Request, vector: Vectors | None = None) -> Results:
        """The hits of ``request``; ``vector`` is the question's, where someone has it already.

        Raises IndexDamaged, and UsageError for a filter that names a field which no article has.
        """
        return self.answer_many([request], None if vector is None else vector[None])[0]

    def answer_many(self, requests: Sequence[Request], vectors: Vectors | None = None) -> list[Results]:
        """The hits of each of ``requests``, as ``answer`` has them, for less: questions are encoded together, and compared together with what
        they have in common. ``vectors`` are those of the questions, float32, (len(requests), d), where someone has them already.

        Raises as ``answer``, when it would for one of them.
        """
        self._check(requests)
        if not self.snapshot.manifest.passages:
            generation = self.snapshot.manifest.generation
            return [Results(request.question, (), answerable=False, generation=generation) for request in requests]
        if vectors is None:
            vectors = self._vectors(requests)
        told = [self._period_in(request) for request in requests]
        narrow = [replace(request, period=period) if period else request for request, period in zip(requests, told, strict=True)]
        results = self._answer_all(narrow, vectors)
        unmet = [place for place, period in enumerate(told) if period and not results[place].answerable]
        wide = self._answer_all([requests[place] for place in unmet], vectors[unmet]) if unmet else []
        for place, period in enumerate(told):
            if period:
                results[place] = replace(results[place], period=period, remarks=(f"Only what was published {_in_words(period)}.",))
        for place, found in zip(unmet, wide, strict=True):
            period = told[place]
            if period and (found.answerable or not results[place].hits):
                remark = f"Nothing that was published {_in_words(period)} answers that; these are of other dates."
                results[place] = replace(found, period=period, remarks=(remark,))
        return results

    def answering(self, request: Request, passages: int) -> list[tuple[Segment, int]]:
        """The articles that seem to answer, best first, as segments and rows, among those of at least the ``passages`` best passages: each, whether it is a copy or not.

        What the question itself says of dates is left aside. Raises as ``answer``.
        """
        self._check([request])
        if not self.snapshot.manifest.passages:
            return []
        allowed = [self._allowed(segment, request) for segment in self.snapshot.segments]
        scan = Scan(self.snapshot.segments, self._vectors([request]))
        found = find(self.snapshot, self._sought(request, scan, 0, allowed), passages)
        least = ANSWERABLE if request.min_score is None else request.min_score
        return [
            (self.snapshot.segments[article.segment], article.row)
            for article in by_article(self.snapshot, found, 1)
            if probability(float(found.points[article.candidates[0]]), request.mode) >= least
        ]

    def _check(self, requests: Sequence[Request]) -> None:
        """Raises UsageError for a filter that is impossible here."""
        for where in _distinct(request.where for request in requests):
            if where is not None:
                from newsdex.search.filters import check_keys

                check_keys(where, self.snapshot.segments)

    def _vectors(self, requests: Sequence[Request]) -> Vectors:
        """Those of the questions, (len(requests), d); of one that is not asked for its meaning, nothing that counts."""
        vectors = np.zeros((len(requests), self.snapshot.manifest.model.dimension), np.float32)
        asked = [place for place, request in enumerate(requests) if request.mode != "lexical"]
        if asked:
            numbers: dict[str, int] = {}
            for place in asked:
                numbers.setdefault(requests[place].question, len(numbers))
            encoded = self.encoder.encode_questions(list(numbers))
            vectors[asked] = encoded[[numbers[requests[place].question] for place in asked]]
        return vectors

    def _answer_all(self, requests: Sequence[Request], vectors: Vectors) -> list[Results]:
        """The hits of each request, those of the same articles together."""
        results: dict[int, Results] = {}
        rest = list(range(len(requests)))
        room = max(1, min(_TOGETHER, _CELLS // max(1, self.snapshot.manifest.passages)))
        while rest:
            first = requests[rest[0]]
            alike = [place for place in rest if _same_articles(requests[place], first)][:room]
            allowed = [self._allowed(segment, first) for segment in self.snapshot.segments]
            scan = Scan(self.snapshot.segments, vectors[alike])
            for number, place in enumerate(alike):
                results[place] = self._answer(requests[place], scan, number, allowed)
            rest = [place for place in rest if place not in results]
        return [results[place] for place in range(len(requests))]

    def _answer(self, request: Request, scan: Scan, place: int, allowed: Sequence[NDArray[np.bool_] | None]) -> Results:
        snapshot = self.snapshot
        sought = self._sought(request, scan, place, allowed)
        needed = request.offset + request.limit
        found, articles, groups = self._articles(sought, request, max(needed, POOL) if request.rerank else needed)
        maker = HitMaker(snapshot, self.encoder, request, sought.words, found)
        least = (RELEVANT if request.rerank else ANSWERABLE) if request.min_score is None else request.min_score
        if request.rerank:
            hits = rerank(request.question, [maker.hit(*group) for group in groups[: max(needed, POOL)]], open_reranker(request.rerank))
            total = sum(hit.score >= least for hit in hits)
        else:
            total = sum(maker.score(article.candidates[0]) >= least for article in articles)
            hits = [maker.hit(*group) for group in groups[:needed]]
        if request.min_score is not None:
            hits = [hit for hit in hits if hit.score >= least]
        hits = corrections_first(hits[:needed])[request.offset :]
        if request.sort == "date":
            hits = _newest_first(hits)
        hits = [replace(hit, rank=rank) for rank, hit in enumerate(hits, request.offset + 1)]
        return Results(request.question, tuple(hits), answerable=total > 0, total=total, generation=snapshot.manifest.generation)

    def _sought(self, request: Request, scan: Scan, place: int, allowed: Sequence[NDArray[np.bool_] | None]) -> Sought:
        return Sought(
            mode=request.mode,
            scan=scan,
            place=place,
            words=[] if request.mode == "dense" else look_up(self.snapshot, words_of(request.question, self._languages)),
            allowed=allowed,
            spoken=self._spoken,
            fresh=[self._fresh(segment, request) for segment in self.snapshot.segments],
            exact=request.exact,
            line=comparable(self.snapshot.manifest.model),
        )

    def _period_in(self, request: Request) -> Period | None:
        """What the question itself says of the date, unless it was said otherwise."""
        if not request.read_dates or request.period or request.as_of:
            return None
        from newsdex.search.question_dates import find_period

        return find_period(request.question, self.today, self._languages)

    @cached_property
    def _languages(self) -> set[str]:
        return {language for segment in self.snapshot.segments for language in segment.languages}

    @cached_property
    def _spoken(self) -> list[NDArray[np.bool_] | bool]:
        """For each segment, which articles are in a language that the model speaks."""
        return [self._spoken_in(segment) for segment in self.snapshot.segments]

    def _articles(self, sought: Sought, request: Request, needed: int) -> tuple[Candidates, list[Ranked], list[Shown]]:
        """The candidates, their articles, and what of these is shown, as much as is needed or there is."""
        finder = self._finder(request)
        count = needed * request.per_article + _SPARE
        while True:
            found = find(self.snapshot, sought, count)
            articles = by_article(self.snapshot, found, request.per_article)
            shown = [Shown(article, article) for article in articles] if finder is None else _folded(articles, found, needed, finder)
            if len(shown) >= needed or found.complete:
                return found, articles, shown
            count *= 8

    def _finder(self, request: Request) -> CopyFinder | None:
        if not request.collapse:
            return None
        from newsdex.search.copies import CopyFinder
        from newsdex.search.when import as_of_mask

        day = request.as_of
        return CopyFinder(self.snapshot, None if day is None else [as_of_mask(segment, day) for segment in self.snapshot.segments])

    def _allowed(self, segment: Segment, request: Request) -> NDArray[np.bool_] | None:
        """Which articles the question is asked of."""
        masks = []
        if request.period:
            from newsdex.search.when import published_mask

            masks.append(published_mask(segment, request.period))
        if request.as_of:
            from newsdex.search.when import as_of_mask

            masks.append(as_of_mask(segment, request.as_of))
        if request.where is not None:
            from newsdex.search.filters import matching_articles

            masks.append(matching_articles(segment, request.where))
        return np.logical_and.reduce(masks) if masks else None

    def _spoken_in(self, segment: Segment) -> NDArray[np.bool_] | bool:
        """Which articles are in a language that the model speaks."""
        card = self.encoder.card
        if all(speaks(card, language) for language in segment.languages):
            return True
        languages = segment.coded["language"]
        return np.asarray(np.array([speaks(card, language) for language in languages.values])[languages.codes])

    def _fresh(self, segment: Segment, request: Request) -> Vectors | None:
        if request.recency is None:
            return None
        from newsdex.search.when import recency_bonus

        return recency_bonus(segment, request.recency, self.today)


def _same_articles(one: Request, other: Request) -> bool:
    """Whether both are asked of the same articles."""
    return (one.where, one.period, one.as_of) == (other.where, other.period, other.as_of)


def _distinct(items: Iterable[_Item]) -> list[_Item]:
    """Each of ``items`` once; filters need not be hashable."""
    found: list[_Item] = []
    for item in items:
        if item not in found:
            found.append(item)
    return found


def _folded(articles: Sequence[Ranked], found: Candidates, needed: int, finder: CopyFinder) -> list[Shown]:
    """The articles with their copies folded, as many as are needed or there are."""
    from newsdex.search.copies import Answer, collapse

    ranked = [Answer(article.segment, article.row, int(found.position[article.candidates[0]])) for article in articles]
    return [Shown(articles[group.shown], articles[group.best], finder.also_in(group)) for group in collapse(ranked, needed, finder)]


def _in_words(period: Period) -> str:
    """``period`` as the end of a sentence about publication."""
    since, until = period.since, period.until
    days = f"on {since}" if since == until else " ".join(part for part in (since and f"since {since}", until and f"until {until}") if part)
    return f'{days} ("{period.words}")' if period.words else days


def _newest_first(hits: Sequence[Hit]) -> list[Hit]:
    """The same hits by the date of publication; those without one last."""
    return sorted(hits, key=lambda hit: hit.article.published.latest.toordinal() if hit.article.published else 0, reverse=True)
