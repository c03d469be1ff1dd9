"""A question's way through the index: words and vector -> candidates -> articles -> hits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Encoder, Vectors
from newsdex.records import Hit, Results
from newsdex.search.candidates import Candidates, Sought, find
from newsdex.search.corrections import corrections_first
from newsdex.search.fusion import ANSWERABLE
from newsdex.search.hits import HitMaker, Ranked, by_article
from newsdex.search.lexical import look_up, words_of
from newsdex.search.request import Request
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot

_SPARE = 64  # passages looked at beyond those that the hits would need if each were of another article


@dataclass(frozen=True, slots=True)
class Asker:
    """Answers requests from one snapshot. ``vector`` is the question's where someone has it already."""

    snapshot: Snapshot
    encoder: Encoder

    def answer(self, request: Request, vector: Vectors | None = None) -> Results:
        """The hits of ``request``.

        Raises IndexDamaged, and UsageError for a filter that makes no sense here.
        """
        snapshot = self.snapshot
        generation = snapshot.manifest.generation
        if not snapshot.manifest.passages:
            return Results(request.question, (), answerable=False, generation=generation)
        languages = {language for segment in snapshot.segments for language in segment.languages}
        words = [] if request.mode == "dense" else look_up(snapshot, words_of(request.question, languages))
        if request.mode != "lexical" and vector is None:
            vector = self.encoder.encode_question(request.question)
        sought = Sought(
            mode=request.mode,
            vector=vector,
            words=words,
            allowed=[self._allowed(segment, request) for segment in snapshot.segments],
            spoken=[self._spoken(segment) for segment in snapshot.segments],
            fresh=[0.0 for _ in snapshot.segments],
            exact=request.exact,
        )
        needed = request.offset + request.limit
        found, articles = self._articles(sought, request, needed)
        maker = HitMaker(snapshot, self.encoder, request, words, found)
        good = [article for article in articles if maker.score(article.candidates[0]) >= self._least(request)]
        taken = (articles if request.min_score is None else good)[request.offset : needed]
        hits = corrections_first([maker.hit(article, rank) for rank, article in enumerate(taken, request.offset + 1)])
        if request.sort == "date":
            hits = _newest_first(hits, request.offset)
        return Results(
            question=request.question,
            hits=tuple(hits),
            answerable=bool(good),
            total=len(good),
            generation=generation,
        )

    def _least(self, request: Request) -> float:
        return ANSWERABLE if request.min_score is None else request.min_score

    def _articles(self, sought: Sought, request: Request, needed: int) -> tuple[Candidates, list[Ranked]]:
        """The candidates and their articles, as many as are needed or there are."""
        count = needed * request.per_article + _SPARE
        while True:
            found = find(self.snapshot, sought, count)
            articles = by_article(self.snapshot, found, request.per_article)
            if len(articles) >= needed or found.complete:
                return found, articles
            count *= 8

    def _allowed(self, segment: Segment, request: Request) -> NDArray[np.bool_] | None:
        return None

    def _spoken(self, segment: Segment) -> Vectors | float:
        """1 for the articles in a language that the model speaks, FOREIGN for the others."""
        return 1.0


def _newest_first(hits: Sequence[Hit], offset: int) -> list[Hit]:
    """The same hits by the date of publication; those without one last."""
    ordered = sorted(hits, key=lambda hit: hit.article.published.latest.toordinal() if hit.article.published else 0, reverse=True)
    return [replace(hit, rank=rank) for rank, hit in enumerate(ordered, offset + 1)]
