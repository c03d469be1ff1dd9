"""A question's way from an archive to its best passages: ``find``, stage by stage.

Up to 4,096 passages, every vector is compared. Beyond that, sign bits estimate the points of all passages, in a large archive finer
estimates those of the best again, and only the vectors of a shortlist are compared: it has 0.99 of the ten nearest passages among a
million, and nearly all of the best by meaning and words (docs/PERFORMANCE.md). Filters are applied first, so recall does not depend on the
share that they leave.
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
from newsdex.search.ranking.candidates import Admits, Candidates, Search, Selection, by_segment
from newsdex.search.ranking.dense import Positions, Scan
from newsdex.search.ranking.fusion import best_first
from newsdex.search.ranking.points import Compare, Points, Scorer
from newsdex.search.ranking.rescoring import boosted, judged
from newsdex.store.snapshot import Snapshot

EXACT = 4_096  # passages whose vectors are all read, within half a millisecond
# The scale of a model's cosines, as in newsdex.encoder.comparable, from which all its vectors are read: any two texts have a high cosine,
# so that most signs are equal and their error is larger than what sets passages apart. With multilingual-e5-small, at a scale of 4.1 and
# 3,500 passages, a shortlist of 500 has .64 of the ten best, with all-MiniLM-L6-v2, at 1, .997 (docs/decisions/vectors.md).
COMPRESSED = 2.0
SHORTLIST, LISTED = 500, 8  # passages whose vectors are compared: at least, and for each that is wanted
LARGE = 300_000  # passages in an archive
_PIECE = 1 << 16  # points that are looked at at once
_SPARED = 4  # one in so many more than are wanted are kept before the least of them is left out
_TIES = 20_000  # candidates that are put in order by id, at microseconds each


class Lengths(NamedTuple):
    """A shortlist: so many vectors are ``compared``, the best by sign bits, or ``half`` of them; of ``estimated`` by finer ones, if any."""

    compared: int
    estimated: int = 0
    half: bool = False


# In an archive of up to LARGE, and beyond: times SHORTLIST or LISTED, if words help to tell passages apart, and if none do.
WORDED = Lengths(1), Lengths(1, 12, half=True)
WORDLESS = Lengths(8), Lengths(6, 24)

_NOTHING = Candidates(*(np.empty(0, np.int64),) * 3, *(np.empty(0, np.float32),) * 6)


def find(snapshot: Snapshot, search: Search, count: int) -> Candidates:
    """At least the ``count`` best passages, or all that there are. Raises IndexDamaged."""
    return judged(snapshot, search, retrieved(snapshot, search, count))


def retrieved(snapshot: Snapshot, search: Search, count: int) -> Candidates:
    """As ``find``, but without evidence and its effect on the order. Raises IndexDamaged."""
    selections = _filtered(snapshot, search)
    if search.listed:
        return _by_date(snapshot, selections, search.listed, count, oldest_first=search.oldest_first)
    scan, matching, whole = search.scan, size_of(selections), True
    question, *topics = scorers = [Scorer(search, text) for text in (search.question, search.topic) if text]
    # What may be among the best: by words, or by estimates if there are too many vectors to compare.
    if search.mode == "lexical":
        selections, whole = _with_words(search, scorers, selections, count)
        matching = size_of(selections)
    elif matching > EXACT and not search.exact and abs(search.line.scale) < COMPRESSED:
        selections = _shortlist(scan, scorers, selections, lengths_for(snapshot, search, count))
    topical = {each.number: topic.of_topic(each) for topic in topics for each in selections}
    few = search.mode == "lexical" or all(scan.reads_alone(each.number, each.positions) for each in selections)
    if not few and size_of(selections) > 2 * count:
        # Of many, by quick cosines, within their error. Only the rest is compared exactly.
        sums = (question.points(each, scan.cosines, topical.get(each.number)).sum for each in selections)
        places = largest_places(sums, count, question.error)
        selections = [each.at(its) for each, its in zip(selections, places, strict=True) if len(its)]
    points = [question.points(each, scan.settled, topical.get(each.number)) for each in selections]
    found = _ranked(snapshot, selections, points, count)
    return boosted(snapshot, search, found._replace(complete=whole and len(found.points) == matching))


def _filtered(snapshot: Snapshot, search: Search) -> list[Selection]:
    """The passages that may be found: a selection for each segment that has any."""
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
    if not search.topic and all(fresh is None for fresh in search.fresh):
        found = scorers[0].best_by_words(selections, count + 1)
        whole = size_of(found) <= count
    else:
        found = [each.where(np.logical_or.reduce([scorer.worth(each.whole()) > 0 for scorer in scorers])) for each in selections]
        whole = True
    return [each for each in found if len(each)], whole


def lengths_for(snapshot: Snapshot, search: Search, count: int) -> Lengths:
    """The lengths of the shortlist for ``count`` passages: more in a large archive, where estimates misplace more of them."""
    helpful = search.mode == "hybrid" and any(any(word.postings) for word in search.question.words.article)
    least, times = max(SHORTLIST, LISTED * count), (WORDED if helpful else WORDLESS)[snapshot.manifest.passages > LARGE]
    return times._replace(compared=least * times.compared, estimated=least * times.estimated)


def _shortlist(scan: Scan, scorers: Sequence[Scorer], selections: Sequence[Selection], lengths: Lengths) -> list[Selection]:
    """The passages of most points by estimated cosines, and all of the topic's articles: the question decides among these."""

    def best(scorer: Scorer, some: Sequence[Selection], count: int, compare: Compare, admits: Sequence[Admits] = ()) -> list[Selection]:
        sums = (scorer.points(each, compare).sum for each in some)
        return [each.at(places) for each, places in zip(some, largest_places(sums, count, allowed=admits), strict=True)]

    # Of most of a segment it is quicker to leave some out of the best than to choose the others from each array.
    wholes, admits = [each if each.articles is None else each.whole() for each in selections], [each.admits for each in selections]
    short: list[Selection] = []
    for scorer in scorers:
        found = best(scorer, wholes, lengths.estimated or lengths.compared, partial(scan.estimates, half=lengths.half), admits)
        if lengths.estimated:
            found = best(scorer, found, lengths.compared, scan.finer_estimates)
        short = [_with_articles(*each) for each in zip(selections, short, found, strict=True)] if short else found
    return [each for each in short if len(each)]


def _with_articles(selection: Selection, own: Selection, others: Selection) -> Selection:
    """``own``, and what ``selection`` has of the articles of ``others``."""
    articles = np.zeros(selection.segment.article_count, np.bool_)
    articles[others.rows()] = True
    wanted = selection.whole().of_articles(articles)
    wanted[own.all()] = True
    return selection.where(wanted)


def _ranked(snapshot: Snapshot, selections: Sequence[Selection], points: Sequence[Points], count: int) -> Candidates:
    """The ``count`` passages of most points, more if the last ones tie: ``points`` has those of each of ``selections``."""
    if not selections:
        return _NOTHING
    segment = np.concatenate([np.full(len(each), each.number) for each in selections])
    position = np.concatenate([each.all() for each in selections])
    every = Points(*(np.concatenate(column) for column in zip(*points, strict=True)))
    order = best_first(every.sum, count)
    _put_ties_by_id(snapshot, order, segment, position, every.sum)
    segment, position = segment[order], position[order]
    row = np.empty(len(order), np.int64)
    for number, here in by_segment(segment):
        row[here] = snapshot.segments[number].articles_of(position[here])
    meaning, words, fresh, earlier, total = (each[order] for each in every)
    none, complete = np.zeros(len(order), np.float32), len(order) == len(every.sum)
    return Candidates(segment, position, row, meaning, words, fresh, earlier, total, none, complete)


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
            Points(none, none, none, none, place_in_time(each.segment.published_days[1][each.rows()], period, oldest_first=oldest_first))
        )
    found = _ranked(snapshot, firsts, points, count)
    return found._replace(points=np.zeros_like(found.points))


def size_of(selections: Iterable[Selection]) -> int:
    """How many passages they have together."""
    return sum(map(len, selections))


def place_in_time(days: NDArray[np.int32], period: Period, *, oldest_first: bool = False) -> Vectors:
    """Larger for articles of ``period``, and among these and among others for newer ones, or older ones if they come first: float32, (n,).
    ``days`` are the last that their dates can mean, 0 without one, which is least.
    """
    inside = days > 0
    if period.since:
        inside &= days >= period.since.toordinal()
    if period.until:
        inside &= days <= period.until.toordinal()
    late = np.where(days > 0, date.max.toordinal() - days, 0) if oldest_first else days
    return (late + inside * date.max.toordinal()).astype(np.float32)  # exact: less than 2 ** 24


def largest_places(parts: Iterable[Vectors], count: int, error: float = 0.0, allowed: Sequence[Admits] = ()) -> list[Positions]:
    """Where in each of ``parts`` the ``count`` largest of all are, and those that are smaller than the least of them by no more than
    ``error``.

    ``allowed`` tells which of some places in a part count, where ``error`` is 0; None for all. Piece after piece, so that each is looked at
    while the processor has it at hand, and few of the later ones are large enough to be looked at twice.
    """
    largest = np.empty(0, np.float32)
    least = float(np.finfo(np.float32).min)
    kept: list[list[tuple[Positions, Vectors]]] = []
    for values, admits in zip_longest(parts, allowed):
        kept.append([])
        for start in range(0, len(values), _PIECE):
            places = np.flatnonzero(values[start : start + _PIECE] >= least - error)
            if start:
                places += start
            if admits is not None:
                places = _admitted(places, values, count, admits)
            found = values.take(places)
            kept[-1].append((places, found))
            largest = np.concatenate([largest, found])
            # Later pieces add few, for each of which all would be looked at again.
            if len(largest) >= count + count // _SPARED:
                largest = np.partition(largest, len(largest) - count)[-count:]
                least = float(largest[0])
    if len(largest) > count:
        least = float(np.partition(largest, len(largest) - count)[-count])
    none = np.empty(0, np.int64)
    return [np.concatenate([none, *(places[found >= least - error] for places, found in pieces)]) for pieces in kept]


def _admitted(places: Positions, values: Vectors, count: int, admits: Callable[[Positions], NDArray[np.bool_]]) -> Positions:
    """Those of ``places`` that ``admits`` lets in, or enough of the largest ``values``: if most are let in, few are asked of."""
    if len(places) > 4 * count:
        found = values[places]
        best: Positions = places[found >= np.partition(found, len(found) - 2 * count)[-2 * count]]
        best = best[admits(best)]
        if len(best) >= count:
            return best
    return places[admits(places)]
