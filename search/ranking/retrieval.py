"""Retrieval: ``find`` returns the best passages of an archive, in stages.

Up to 4,096 passages, every vector is compared. Beyond that, sign bits estimate the points of all passages, in a large archive finer
estimates refine those of the best, and only the vectors of a shortlist are compared. Its recall is 0.99 of the ten nearest passages among
a million, and nearly 1 by meaning and words (docs/PERFORMANCE.md). Filters are applied first, so they do not change the recall.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from itertools import pairwise, zip_longest
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Vectors
from newsdex.records import Period
from newsdex.search.ranking.candidates import Accepts, Candidates, Search, Selection, by_segment
from newsdex.search.ranking.dense import Positions, Scan
from newsdex.search.ranking.fusion import best_first
from newsdex.search.ranking.points import Compare, Points, Scorer
from newsdex.search.ranking.rescoring import boosted, with_evidence
from newsdex.store.snapshot import Snapshot

EXACT = 4_096  # passages whose vectors are all compared, within half a millisecond
# All vectors of a model are compared if the scale of its cosines (newsdex.encoder.comparable) is at least this: any two texts have a high
# cosine, and the error of sign bits exceeds the differences between passages. Among 3,500 passages, a shortlist of 500 has .64 of the ten
# best with multilingual-e5-small, whose scale is 4.1, and .997 with all-MiniLM-L6-v2, whose scale is 1 (docs/decisions/vectors.md).
COMPRESSED = 2.0
SHORTLIST, SHORTLIST_FACTOR = 500, 8  # passages whose vectors are compared: at least, and for each that is requested
LARGE = 300_000  # passages in an archive
_PIECE = 1 << 16  # values read at once
_SLACK = 4  # the best are pruned when a quarter more than requested are kept
_TIES = 20_000  # candidates with equal points that are sorted by id, at microseconds each


class ShortlistSize(NamedTuple):
    """A shortlist's size: the vectors ``compared``, chosen by sign bits, or by ``half`` of them. If ``estimated`` is not 0, so many are
    chosen by sign bits, and those to compare by finer estimates.
    """

    compared: int
    estimated: int = 0
    half: bool = False


# Multiples of the shortlist in archives of up to LARGE passages, and in larger ones: if keywords also rank the passages, and if not.
SIZES_WITH_WORDS = ShortlistSize(1), ShortlistSize(1, 12, half=True)
SIZES_WITHOUT_WORDS = ShortlistSize(8), ShortlistSize(6, 24)

_NO_CANDIDATES = Candidates(*(np.empty(0, np.int64),) * 3, *(np.empty(0, np.float32),) * 6)


def find(snapshot: Snapshot, search: Search, count: int) -> Candidates:
    """At least the ``count`` best passages, or all if there are fewer. Raises IndexDamaged."""
    return with_evidence(snapshot, search, retrieved(snapshot, search, count))


def retrieved(snapshot: Snapshot, search: Search, count: int) -> Candidates:
    """As ``find``, but without evidence and its effect on the order. Raises IndexDamaged."""
    selections = _filtered(snapshot, search)
    if search.listed:
        return _by_date(snapshot, selections, search.listed, count, oldest_first=search.oldest_first)
    scan, matching, complete = search.scan, size_of(selections), True
    question, *topics = scorers = [Scorer(search, text) for text in (search.question, search.topic) if text]
    # Preselect: by words, or by estimates if there are too many vectors to compare.
    if search.mode == "lexical":
        selections, complete = _with_words(search, scorers, selections, count)
        matching = size_of(selections)
    elif matching > EXACT and not search.exact and abs(search.line.scale) < COMPRESSED:
        selections = _shortlist(scan, scorers, selections, shortlist_size(snapshot, search, count))
    topical = {each.number: topic.of_topic(each) for topic in topics for each in selections}
    few = search.mode == "lexical" or all(scan.is_sparse(each.number, each.positions) for each in selections)
    if not few and size_of(selections) > 2 * count:
        # Preselect by quick cosines, with a margin for their error; only the rest is compared exactly.
        sums = (question.points(each, scan.cosines, topical.get(each.number)).sum for each in selections)
        places = largest_places(sums, count, question.error)
        selections = [each.at(kept) for each, kept in zip(selections, places, strict=True) if len(kept)]
    points = [question.points(each, scan.exact_cosines, topical.get(each.number)) for each in selections]
    found = _ranked(snapshot, selections, points, count)
    return boosted(snapshot, search, found._replace(complete=complete and len(found.points) == matching))


def _filtered(snapshot: Snapshot, search: Search) -> list[Selection]:
    """The passages that match the filters: a selection for each segment that has any."""
    if search.within:
        selections = [
            each if mask is None else each.where(each.whole().of_articles(mask))
            for each, mask in zip(search.within, search.allowed, strict=True)
        ]
    else:
        segments = zip(snapshot.segments, search.allowed, strict=True)
        selections = [Selection.of(number, segment, mask) for number, (segment, mask) in enumerate(segments)]
    return [each for each in selections if len(each)]


def _with_words(search: Search, scorers: Sequence[Scorer], selections: Sequence[Selection], count: int) -> tuple[list[Selection], bool]:
    """Of ``selections``, the passages that have any of the words, or the ``count`` best if only words decide; and whether these are all."""
    if not search.topic and all(recency is None for recency in search.recency):
        found = scorers[0].best_by_words(selections, count + 1)
        whole = size_of(found) <= count
    else:
        found = [each.where(np.logical_or.reduce([scorer.word_scores(each.whole()) > 0 for scorer in scorers])) for each in selections]
        whole = True
    return [each for each in found if len(each)], whole


def shortlist_size(snapshot: Snapshot, search: Search, count: int) -> ShortlistSize:
    """The lengths of the shortlist for ``count`` passages: more in a large archive, where estimates misplace more of them."""
    helpful = search.mode == "hybrid" and any(any(word.postings) for word in search.question.words.article)
    least, sizes = max(SHORTLIST, SHORTLIST_FACTOR * count), SIZES_WITH_WORDS if helpful else SIZES_WITHOUT_WORDS
    times = sizes[snapshot.manifest.passages > LARGE]
    return times._replace(compared=least * times.compared, estimated=least * times.estimated)


def _shortlist(scan: Scan, scorers: Sequence[Scorer], selections: Sequence[Selection], lengths: ShortlistSize) -> list[Selection]:
    """The passages of most points by estimated cosines, and all of the topic's articles: the question decides among these."""

    def best(scorer: Scorer, some: Sequence[Selection], count: int, compare: Compare, accepts: Sequence[Accepts] = ()) -> list[Selection]:
        sums = (scorer.points(each, compare).sum for each in some)
        return [each.at(places) for each, places in zip(some, largest_places(sums, count, accepts=accepts), strict=True)]

    # If most of a segment is selected, testing the best is faster than indexing each array.
    wholes, accepts = [each if each.articles is None else each.whole() for each in selections], [each.accepts for each in selections]
    short: list[Selection] = []
    for scorer in scorers:
        found = best(scorer, wholes, lengths.estimated or lengths.compared, partial(scan.estimates, half=lengths.half), accepts)
        if lengths.estimated:
            found = best(scorer, found, lengths.compared, scan.finer_estimates)
        short = [_with_articles(*each) for each in zip(selections, short, found, strict=True)] if short else found
    return [each for each in short if len(each)]


def _with_articles(selection: Selection, own: Selection, others: Selection) -> Selection:
    """``own``, and the passages of ``selection`` that are of the articles of ``others``."""
    articles = np.zeros(selection.segment.article_count, np.bool_)
    articles[others.rows()] = True
    wanted = selection.whole().of_articles(articles)
    wanted[own.all()] = True
    return selection.where(wanted)


def _ranked(snapshot: Snapshot, selections: Sequence[Selection], points: Sequence[Points], count: int) -> Candidates:
    """The ``count`` passages of most points, more if the last ones tie: ``points`` has those of each of ``selections``."""
    if not selections:
        return _NO_CANDIDATES
    segment = np.concatenate([np.full(len(each), each.number) for each in selections])
    position = np.concatenate([each.all() for each in selections])
    every = Points(*(np.concatenate(column) for column in zip(*points, strict=True)))
    order = best_first(every.sum, count)
    _put_ties_by_id(snapshot, order, segment, position, every.sum)
    segment, position = segment[order], position[order]
    row = np.empty(len(order), np.int64)
    for number, here in by_segment(segment):
        row[here] = snapshot.segments[number].articles_of(position[here])
    meaning, words, recency, earlier, total = (each[order] for each in every)
    none, complete = np.zeros(len(order), np.float32), len(order) == len(every.sum)
    return Candidates(segment, position, row, meaning, words, recency, earlier, total, none, complete)


def _put_ties_by_id(snapshot: Snapshot, order: Positions, segment: Positions, position: Positions, total: Vectors) -> None:
    """Sort runs of equal points in ``order`` by their article's id and position; runs too long for that stay as they are."""

    def key(place: int) -> tuple[str, int]:
        its, passage = snapshot.segments[segment[place]], int(position[place])
        return its.article_id(its.article_of(passage)), passage

    starts = np.flatnonzero(np.diff(total[order], prepend=np.nan, append=np.nan))
    for start, stop in pairwise(starts.tolist()):
        if 1 < stop - start <= _TIES:
            order[start:stop] = sorted(order[start:stop].tolist(), key=key)


def _by_date(snapshot: Snapshot, selections: Sequence[Selection], period: Period, count: int, *, oldest_first: bool) -> Candidates:
    """The first passages of at least the ``count`` newest or oldest articles, those of ``period`` before others. They have no points."""
    firsts = [each.at(np.flatnonzero(np.diff(each.rows().astype(np.int64), prepend=-1))) for each in selections]
    points = []
    for each in firsts:
        none = np.zeros(len(each), np.float32)
        points.append(
            Points(none, none, none, none, date_order(each.segment.published_days[1][each.rows()], period, oldest_first=oldest_first))
        )
    found = _ranked(snapshot, firsts, points, count)
    return found._replace(points=np.zeros_like(found.points))


def size_of(selections: Iterable[Selection]) -> int:
    """How many passages they have together."""
    return sum(map(len, selections))


def date_order(days: NDArray[np.int32], period: Period, *, oldest_first: bool = False) -> Vectors:
    """A sort key of articles by date, float32, (n,): larger for those of ``period``, then for newer ones, or older ones if
    ``oldest_first``. ``days``: the last day that each date can mean, an ordinal, or 0 without a date, which comes last.
    """
    inside = days > 0
    if period.since:
        inside &= days >= period.since.toordinal()
    if period.until:
        inside &= days <= period.until.toordinal()
    late = np.where(days > 0, date.max.toordinal() - days, 0) if oldest_first else days
    return (late + inside * date.max.toordinal()).astype(np.float32)  # exact: less than 2 ** 24


def largest_places(parts: Iterable[Vectors], count: int, error: float = 0.0, accepts: Sequence[Accepts] = ()) -> list[Positions]:
    """The indices in each of ``parts`` of the ``count`` largest values of all, and of values less than ``error`` below the last of them.

    ``accepts``: for each part, which indices count; only with an ``error`` of 0. Values are read in pieces that fit the processor's cache;
    few of the later ones are above the threshold by then.
    """
    largest = np.empty(0, np.float32)
    least = float(np.finfo(np.float32).min)
    kept: list[list[tuple[Positions, Vectors]]] = []
    for values, accept in zip_longest(parts, accepts):
        kept.append([])
        for start in range(0, len(values), _PIECE):
            places = np.flatnonzero(values[start : start + _PIECE] >= least - error)
            if start:
                places += start
            if accept is not None:
                places = _accepted(places, values, count, accept)
            found = values.take(places)
            kept[-1].append((places, found))
            largest = np.concatenate([largest, found])
            # Later pieces add few, for each of which all would be looked at again.
            if len(largest) >= count + count // _SLACK:
                largest = np.partition(largest, len(largest) - count)[-count:]
                least = float(largest[0])
    if len(largest) > count:
        least = float(np.partition(largest, len(largest) - count)[-count])
    none = np.empty(0, np.int64)
    return [np.concatenate([none, *(places[found >= least - error] for places, found in pieces)]) for pieces in kept]


def _accepted(places: Positions, values: Vectors, count: int, accept: Callable[[Positions], NDArray[np.bool_]]) -> Positions:
    """The ``places`` that ``accept`` allows, or ``count`` of those with the largest ``values``: if most are allowed, few are tested."""
    if len(places) > 4 * count:
        found = values[places]
        best: Positions = places[found >= np.partition(found, len(found) - 2 * count)[-2 * count]]
        best = best[accept(best)]
        if len(best) >= count:
            return best
    return places[accept(places)]
