"""A question's way through the index: words and vector -> candidates -> articles -> hits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Encoder, Vectors, comparable, speaks
from newsdex.records import Hit, Period, Results
from newsdex.search.candidates import Candidates, Earlier, Sought, find
from newsdex.search.corrections import corrections_first
from newsdex.search.fusion import ANSWERABLE, RELEVANT, probability
from newsdex.search.hits import HitMaker, Ranked, Shown, by_article
from newsdex.search.lexical import Asked, languages_of, look_up, words_of
from newsdex.search.request import Request
from newsdex.search.rerank import POOL, open_reranker, rerank
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot

if TYPE_CHECKING:
    from newsdex.search.copies import CopyFinder

_SHOWN = 200  # characters of what was asked before, in a remark
_SPARE = 64  # passages looked at beyond those that the hits would need if each were of another article


@dataclass(frozen=True, slots=True)
class _Legs:
    """The question's vector, and what of the earlier messages it leans on, with that one's vector; each None or empty where there is no need of it."""

    vector: Vectors | None
    topic: str = ""
    topic_vector: Vectors | None = None


@dataclass(frozen=True, slots=True)
class Asker:
    """Answers requests from one snapshot, with ``today`` as the day on which they are made."""

    snapshot: Snapshot
    encoder: Encoder
    today: date

    def answer(self, request: Request, vector: Vectors | None = None) -> Results:
        """The hits of ``request``; ``vector`` is the question's, where someone has it already.

        Raises IndexDamaged, and UsageError for a filter that names a field which no article has.
        """
        legs = self._legs(request, vector)
        results = self._in_period(request, legs)
        if not legs.topic:
            return results
        return replace(results, remarks=(f"Read together with what was asked before: {_short(legs.topic)}", *results.remarks))

    def _in_period(self, request: Request, legs: _Legs) -> Results:
        told = self._period_in(request)
        results = self._answer(request, legs) if told is None else self._of_period(request, legs, told)
        if request.where is not None and not results.hits:
            from newsdex.search.filters import unmet_values

            results = replace(results, remarks=(*results.remarks, *unmet_values(request.where, self.snapshot.segments)))
        return results

    def _of_period(self, request: Request, legs: _Legs, told: Period) -> Results:
        """What was published in the period that the question names, or soon after; what was not, where that answers better."""
        from newsdex.search.when import with_reports

        period = with_reports(told, self.today)
        narrow = self._answer(replace(request, period=period), legs)
        if not narrow.answerable:
            wide = self._answer(request, legs)
            if wide.answerable or not narrow.hits:
                remark = f"Nothing that was published {_in_words(told)} answers that; these are of other dates."
                return replace(wide, period=told, remarks=(remark,))
        later = "" if period.until == told.until else f", and until {period.until} for reports of it"
        return replace(narrow, period=told, remarks=(f"Only what was published {_in_words(told)}{later}.",))

    def answering(self, request: Request, passages: int) -> list[tuple[Segment, int]]:
        """The articles that seem to answer, best first, as segments and rows, among those of at least the ``passages`` best passages: each, whether it is a copy or not.

        What the question itself says of dates is left aside. Raises as ``answer``.
        """
        legs = self._legs(request, None)
        if not self.snapshot.manifest.passages:
            return []
        found = find(self.snapshot, self._sought(request, legs), passages)
        least = ANSWERABLE if request.min_score is None else request.min_score
        return [
            (self.snapshot.segments[article.segment], article.row)
            for article in by_article(self.snapshot, found, 1)
            if probability(float(found.points[article.candidates[0]]), request.mode) >= least
        ]

    def _legs(self, request: Request, vector: Vectors | None) -> _Legs:
        """What is compared with the passages, once the filter is known to be possible; ``vector`` is the question's, where someone has it already."""
        if request.where is not None:
            from newsdex.search.filters import check_keys

            check_keys(request.where, self.snapshot.segments)
        topic = _topic(request) if request.history else ""
        if request.mode == "lexical" or not self.snapshot.manifest.passages:
            return _Legs(None, topic)
        vector = self.encoder.encode_question(request.question) if vector is None else vector
        return _Legs(vector, topic, self.encoder.encode_question(topic) if topic else None)

    def _answer(self, request: Request, legs: _Legs) -> Results:
        snapshot = self.snapshot
        if not snapshot.manifest.passages:
            return Results(request.question, (), answerable=False, generation=snapshot.manifest.generation)
        sought = self._sought(request, legs)
        needed = request.offset + request.limit
        found, articles, groups = self._articles(sought, request, max(needed, POOL) if request.rerank else needed)
        maker = HitMaker(snapshot, self.encoder, request, sought.words, found)
        least = (RELEVANT if request.rerank else ANSWERABLE) if request.min_score is None else request.min_score
        if request.rerank:
            hits = rerank(
                f"{legs.topic} {request.question}".strip(),
                [maker.hit(*group) for group in groups[: max(needed, POOL)]],
                open_reranker(request.rerank),
            )
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

    def _words(self, text: str, request: Request) -> list[Asked]:
        return [] if request.mode == "dense" else look_up(self.snapshot, words_of(text, languages_of(self.snapshot)))

    def _sought(self, request: Request, legs: _Legs) -> Sought:
        segments = self.snapshot.segments
        return Sought(
            mode=request.mode,
            vector=legs.vector,
            words=self._words(request.question, request),
            allowed=[self._allowed(segment, request) for segment in segments],
            spoken=[self._spoken(segment) for segment in segments],
            fresh=[self._fresh(segment, request) for segment in segments],
            exact=request.exact,
            line=comparable(self.snapshot.manifest.model),
            earlier=Earlier(legs.topic_vector, self._words(legs.topic, request)) if legs.topic else None,
        )

    def _period_in(self, request: Request) -> Period | None:
        """What the question itself says of the date, unless it was said otherwise."""
        if not request.read_dates or request.period or request.as_of:
            return None
        from newsdex.search.question_dates import find_period

        return find_period(request.question, self.today, languages_of(self.snapshot))

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

    def _spoken(self, segment: Segment) -> NDArray[np.bool_] | bool:
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


def _folded(articles: Sequence[Ranked], found: Candidates, needed: int, finder: CopyFinder) -> list[Shown]:
    """The articles with their copies folded, as many as are needed or there are."""
    from newsdex.search.copies import Answer, collapse

    ranked = [Answer(article.segment, article.row, int(found.position[article.candidates[0]])) for article in articles]
    return [Shown(articles[group.shown], articles[group.best], finder.also_in(group)) for group in collapse(ranked, needed, finder)]


def _in_words(period: Period) -> str:
    """``period`` as the end of a sentence about publication."""
    since, until = period.since, period.until
    if since and until:
        days = f"on {since}" if since == until else f"from {since} to {until}"
    else:
        days = f"since {since}" if since else f"until {until}"
    return f'{days} ("{period.words}")' if period.words else days


def _topic(request: Request) -> str:
    from newsdex.search.followup import topic_of

    return topic_of(request.question, request.history)


def _short(topic: str) -> str:
    """``topic`` in one line that is not too long."""
    line = " ".join(topic.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}\u2026"


def _newest_first(hits: Sequence[Hit]) -> list[Hit]:
    """The same hits by the date of publication; those without one last."""
    return sorted(hits, key=lambda hit: hit.article.published.latest.toordinal() if hit.article.published else 0, reverse=True)
