"""What some new passages answer of many questions: those that somebody follows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial

import numpy as np
from numpy.typing import NDArray

from newsdex.arrays import distinct
from newsdex.encoder import ModelCard
from newsdex.errors import UsageError
from newsdex.records import Hit
from newsdex.search.answer.paging import list_hits
from newsdex.search.pipeline import Asker
from newsdex.search.question.reader import Query
from newsdex.search.ranking.candidates import Candidates, Ranked, Search, Selection, by_segment
from newsdex.search.ranking.dense import Scan
from newsdex.search.ranking.evidence import MOST_EVIDENCE, MOST_FOREIGN, most_evidence
from newsdex.search.ranking.fusion import most_apart, points_for, probabilities
from newsdex.search.ranking.ranker import Ranker, Ranking, bounds, depth_of, filter_mask
from newsdex.search.ranking.rescoring import with_evidence
from newsdex.search.ranking.retrieval import retrieved
from newsdex.search.request import Request
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot
from newsdex.values import each_answered

# An article is reported from _TOLD on, or from its min_score on, usually _LIKELY, if a passage is so _NEAR to the question in meaning, on
# the scale of newsdex.encoder.comparable. A standing topic often has other words than its articles: benchmarks/quality/following.py.
_TOLD, _LIKELY, _NEAR = 0.5, 0.1, 0.3
# Instead of _NEAR, for a model that gives any two texts a cosine in a narrow range, whose line is steeper than this.
_NEARER, _STEEP = 0.5, 2.0
MOST = 1_000  # hits of a question at once
_TOGETHER = 256  # questions whose vectors are compared at once
_CELLS = 1 << 24  # cosines that are kept at once, 64 MB
_ROUNDING = 1e-3  # points, in sums that are made in another order
_WHOLE = 1_000_000  # passages of an archive whose words are read as a whole, some 300 MB

Fresh = Sequence[NDArray[np.int64]]  # the positions of passages, ascending, an array a segment


def answered_by(asker: Asker, requests: Sequence[Request], fresh: Fresh, today: date) -> Iterator[tuple[int, list[Hit] | UsageError]]:
    """For each of ``requests``, by its number, return the hits among the passages at ``fresh`` that are good enough to be called an answer,
    best first; or the error of the request. A question's date limits its articles, as in a search. A hit counts from the request's
    ``min_score`` on; below 0.5 its article must be near to the question in meaning too, unless the search is by words alone.

    Scores are those of a search of the whole archive, before its first hit gains by what a reader tells. Raises IndexDamaged.
    """
    segments = asker.snapshot.segments
    if asker.snapshot.manifest.passages <= _WHOLE:
        for segment in asker.snapshot.file_segments:
            segment.postings.examine()  # once for all questions, and not each list as often as it is read
    within = [Selection(number, segment, its) for number, (segment, its) in enumerate(zip(segments, fresh, strict=True))]
    compared = max(1, sum(len(each.segment) for each in within if len(each)))
    read = partial(asker.reader.read, today=today)
    together = max(1, min(_TOGETHER, _CELLS // compared))
    for start in range(0, len(requests), together):
        queries: dict[int, Query] = {}
        for number, query in enumerate(each_answered(read, requests[start : start + together], UsageError), start):
            if isinstance(query, UsageError):
                yield number, query
            else:
                queries[number] = query.within(query.days)
        if not queries:
            continue
        scan = Scan(segments, np.stack([query.vector for query in queries.values()]))
        for place, (number, query) in enumerate(queries.items()):
            allowed = [filter_mask(each.segment, query.request) if len(each) else None for each in within]
            search = asker.ranker.prepared(query, scan, place, allowed)._replace(within=within)
            ranker = _Whole(asker.snapshot, asker.encoder.card, query)
            listing = list_hits(Ranking(ranker, query, search), asker.encoder, query.request.min_score)
            listing.items = [item for item in listing.items if item.score >= _TOLD or _is_near(search, segments, item.group.article)]
            yield number, listing.page(query.request)


class _Whole(Ranker):
    """Finds passages ``within`` selections with the points of a search of all: what the best of all has and lacks judges them."""

    def __init__(self, snapshot: Snapshot, model: ModelCard, query: Query) -> None:
        super().__init__(snapshot, model)
        self._query, self._request = query, query.request

    def find(self, search: Search, count: int) -> Candidates:
        # Other lists are not judged
        if not search.is_question or search.listed:
            return super().find(search, count)
        found = retrieved(self.snapshot, search, count)
        if not self._query.reading.certain and not self._may_reach(search, found):
            return found._replace(evidence=np.full(len(found.points), -np.inf, np.float32))
        found = with_evidence(self.snapshot, search, found, compared=False)
        if not self._may_answer(found):
            return found
        segments = self.snapshot.segments
        allowed = [filter_mask(segment, self._request) for segment in segments]
        depth = depth_of(self._request, next(bounds(self._request)), newest=bool(self._query.reading.newest))
        best = super().find(search._replace(within=(), allowed=allowed, exact=False), depth)
        within = [
            Selection(each.number, each.segment, distinct(np.concatenate([each.all(), best.position[best.segment == each.number]])))
            for each in search.within
        ]
        both = super().find(search._replace(within=within, allowed=allowed), count + len(best.position))
        kept = np.zeros(len(both.position), np.bool_)
        for each in search.within:
            kept |= (both.segment == each.number) & np.isin(both.position, each.all())
        return both.at(kept)

    def _may_reach(self, search: Search, found: Candidates) -> bool:
        """Whether the evidence, which takes long to look for, can make the best passage good enough."""
        least = points_for(self._request.min_score or 0.0, "hybrid") - _ROUNDING
        most = MOST_EVIDENCE if all(mask is True for mask in search.native) else MOST_FOREIGN
        reached = found.points + most_apart(found.words)
        near = np.flatnonzero(reached + most >= least)
        points, added = reached[near], np.zeros(len(near))
        for number, here in by_segment(found.segment[near]):
            native, positions = search.native_at(number, found.row[near][here]), found.position[near][here]
            added[here] = most_evidence(search.question, self.snapshot.segments[number], number, positions, native=native)
        # The points of furniture count with the evidence of the first passage that is none
        furniture = near[points + max(0.0, added.max(initial=0)) >= least]
        return bool((points + added >= least).any()) or any(self._is_furniture(found, place) for place in furniture.tolist())

    def _is_furniture(self, found: Candidates, place: int) -> bool:
        segment, position = self.snapshot.segments[int(found.segment[place])], int(found.position[place])
        return self.snapshot.furnished.passage(segment, segment.article_of(position), position)

    def _may_answer(self, found: Candidates) -> bool:
        """Whether the best passage can be good enough, judged by itself."""
        least = self._request.min_score or 0.0
        points = found.points[:1] + most_apart(found.words[:1]) + found.evidence[:1]
        return bool(len(points)) and float(probabilities(points, "hybrid")[0]) >= least


def least_of(min_score: float | None, mode: str) -> float:
    """The lowest score to report: the given one, or the usual one of the mode."""
    return min_score if min_score is not None else _TOLD if mode == "lexical" else _LIKELY


def _is_near(search: Search, segments: Sequence[Segment], article: Ranked) -> bool:
    """Whether a passage of ``article`` is near to the question in meaning, or only words are compared."""
    if search.mode == "lexical":
        return True
    positions = np.array(segments[article.segment].passages(article.row), np.int64)
    cosines = search.scan.cosines_at(article.segment, search.question.place, positions)
    least = _NEARER if search.line.scale > _STEEP else _NEAR
    return float(search.line.scale * cosines.max() + search.line.offset) >= least
