"""The passages that may answer, ordered by their points.

Up to 4,096 passages all are compared. Beyond, all points are estimated by the signs of the vectors, with the words and all else as they
are, in a large archive once more and finer, and the vectors of those that are best so are compared: 0.99 of the ten best by meaning are
found so among a million, and nearly all by both (docs/PERFORMANCE.md). A filter is applied first, so that what it leaves is found whatever
its share.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import pairwise, zip_longest
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from newsdex.arrays import distinct
from newsdex.encoder import SAME, Line, Vectors
from newsdex.records import Period
from newsdex.search.question.reading import asks_figure
from newsdex.search.question.stopwords import STOPWORDS
from newsdex.search.ranking.dense import ERROR, Scan
from newsdex.search.ranking.evidence import evidence_of, lacking_names, most_evidence, passage_text
from newsdex.search.ranking.fusion import (
    ANSWERABLE,
    BY_SPOKEN,
    EVIDENCE,
    NAMED,
    NAMELESS,
    PHRASED,
    TITLED,
    TOPICAL,
    WELL_WORDED,
    WORDS,
    Evidence,
    Foreign,
    Mode,
    best_first,
    date_points,
    evidence_points,
    how_far_apart,
    lacking_words,
    meaning_points,
    points_ahead,
    points_for,
    word_points,
    word_worth,
)
from newsdex.search.ranking.lexical import AskedWords, Best, analyzer, impact_at, impacts_at, shares
from newsdex.search.ranking.selection import Positions, Room
from newsdex.store.columns import coded_at, string_at
from newsdex.store.postings import SCALE
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot

EXACT = 4_096  # passages whose vectors are all read, within half a millisecond
# The scale of a model's cosines, as in newsdex.encoder.comparable, from which all its vectors are read: any two texts have a high cosine,
# so that most signs are equal and their error is larger than what sets passages apart. With multilingual-e5-small, at a scale of 4.1 and
# 3,500 passages, a short list of 500 has .64 of the ten best, with all-MiniLM-L6-v2, at 1, .997 (docs/decisions/vectors.md).
COMPRESSED = 2.0
SHORTLIST, LISTED = 500, 8  # passages whose vectors are compared: at least, and for each that is wanted
LARGE = 300_000  # passages in an archive


class Lengths(NamedTuple):
    """How many passages are ``compared``: the best by the signs, or by ``half`` of them. With ``estimated``, so many of these are estimated
    more finely, and the best by that are compared.
    """

    compared: int
    estimated: int = 0
    half: bool = False


# In an archive of up to LARGE, and beyond: times SHORTLIST or LISTED where words help to tell passages apart, and where none do.
WORDED = Lengths(1), Lengths(1, 12, half=True)
WORDLESS = Lengths(8), Lengths(6, 24)
_APART, _TOGETHER = 2, 8  # where less than one of so many passages is wanted, its vector is read alone: for one question, and for several
_PIECE = 1 << 16  # points that are looked at at once
_SPARED = 4  # one in so many more than are wanted are kept before the least of them is left out
_COMPARED = 64  # passages of the best whose articles are compared
_TIES = 20_000  # that are put in order by id, at microseconds each
_HEADLINE = 4  # words of a title that a question may have beside others
_STEEP = 4  # power of the share of neighbours; with 2, everyday questions lose
_PHRASED = 10  # of the best passages, whose words are compared in order: with 16, 117 of 143 fragments are found instead of 115

# The share of the points that earlier words give where the question leans on them: benchmarks/quality/followup.py.
EARLIER = 0.5

_Allows: TypeAlias = Callable[[Positions], NDArray[np.bool_]] | None
Article: TypeAlias = tuple[int, int, str | None]  # its segment and row, and among which others it is near or far
_Values = TypeVar("_Values", NDArray[np.bool_] | bool, Vectors | None)


class Earlier(NamedTuple):
    """What was asked before, as far as the question leans on it: the place of its vector in the scan, its words, and how passages count
    that the model does not speak the language of.
    """

    place: int
    words: AskedWords
    foreign: Foreign = BY_SPOKEN


class Sought(NamedTuple):
    """What is looked for and where.

    The question's vector is the one at ``place`` of those that ``scan`` compares, and ``words`` are its words; the ranking is by both or by
    the one that ``mode`` names. For each segment, ``allowed`` has a mask of the articles, bool, or None for all; ``spoken`` whether they
    count as they are, bool, or True for all; ``fresh`` how recent they are, float32, in [0, 1], or None. ``line`` makes the model's cosines
    comparable with the default model's. ``earlier`` decides among articles, by the best that each has of it, and the question among an
    article's passages too. ``listed``: the days whose articles are wanted whatever they are about, the newest first, and before those of
    other days. ``newest``: of articles that answer about as well, the newer first. ``foreign``: how the others count, in languages that the
    model does not speak or that are not the question's. ``certain``: all that is allowed is what was asked for; ``phrases`` are what it
    must have, or one of. ``question``: the words of a hybrid search as they were written, for the evidence; ``talks``: they are small talk.
    ``within``: the passages that count at all, a room a segment; empty for all.
    """

    mode: Mode
    scan: Scan
    words: AskedWords
    allowed: Sequence[NDArray[np.bool_] | None]
    spoken: Sequence[NDArray[np.bool_] | bool]
    fresh: Sequence[Vectors | None]
    exact: bool = False
    line: Line = SAME
    place: int = 0
    earlier: Earlier | None = None
    listed: Period | None = None
    newest: bool = False
    foreign: Foreign = BY_SPOKEN
    certain: bool = False
    phrases: tuple[str, ...] = ()
    question: str = ""
    talks: bool = False
    within: Sequence[Room] = ()

    def spoken_at(self, number: int, rows: Positions | int) -> NDArray[np.bool_] | bool:
        """Whether the articles at ``rows`` of segment ``number`` count as they are, bool, (rows,), or for all."""
        mask = self.spoken[number]
        return mask[rows] if isinstance(mask, np.ndarray) else mask


class Candidates(NamedTuple):
    """Passages, best first, equal ones by their article's id and their place in it. Arrays of one length: ``segment``, ``position`` and
    ``row``, that of the article in its segment, int64, the rest float32.

    ``points`` is the sum of ``meaning``, ``words``, ``fresh`` and ``earlier``. ``evidence``: what newsdex.search.ranking.evidence adds to
    them before they become probabilities; with it they stay in order. ``complete``: no others could follow. ``unasked``: the best one is
    of another year than the question, or this is none for an archive.
    """

    segment: Positions
    position: Positions
    row: Positions
    meaning: Vectors
    words: Vectors
    fresh: Vectors
    earlier: Vectors
    points: Vectors
    evidence: Vectors
    complete: bool
    unasked: bool = False

    @property
    def total(self) -> Vectors:
        """The points with the evidence, float32, (passages,): in order, although the sum of two that are equal may be rounded apart."""
        return np.minimum.accumulate(self.points + self.evidence)

    def at(self, places: NDArray[np.int64] | NDArray[np.bool_] | slice) -> Candidates:
        """Those at ``places``, in that order, or in a mask or slice."""
        columns: dict[str, Any] = {name: values[places] for name, values in self._asdict().items() if isinstance(values, np.ndarray)}
        return self._replace(**columns)


def find(snapshot: Snapshot, sought: Sought, count: int) -> Candidates:
    """At least the ``count`` best passages, or all that there are. Raises IndexDamaged."""
    return judged(snapshot, sought, unjudged(snapshot, sought, count))


def unjudged(snapshot: Snapshot, sought: Sought, count: int) -> Candidates:
    """As ``find``, but without the evidence, and so without what it does to the order. Raises IndexDamaged."""
    if not snapshot.segments:
        empty, none = np.empty(0, np.int64), np.empty(0, np.float32)
        return Candidates(empty, empty, empty, none, none, none, none, none, none, complete=True)
    if sought.within:
        rooms = [room.having(mask) for room, mask in zip(sought.within, sought.allowed, strict=True)]
    else:
        rooms = [Room.of(segment, mask) for segment, mask in zip(snapshot.segments, sought.allowed, strict=True)]
    if sought.listed:
        return _newest(snapshot, rooms, sought.listed, count)
    legs = [_Leg(snapshot, sought.place, sought.words, sought.foreign)]
    if sought.earlier:
        legs.append(_Leg(snapshot, sought.earlier.place, sought.earlier.words, sought.earlier.foreign))
    complete = True
    if sought.mode == "lexical":
        rooms, complete = _worded(sought, legs, rooms, count)
    elif not (sought.exact or abs(sought.line.scale) >= COMPRESSED) and (before := sum(len(room) for room in rooms)) > EXACT:
        rooms = _short(sought, legs, rooms, _listed(snapshot, sought, count))
        complete = sum(len(room) for room in rooms) == before
    looked_at = sum(len(room) for room in rooms)
    earlier: list[Vectors | None] = [None] * len(rooms)
    if sought.earlier:
        earlier = [_earlier(number, room, sought, legs[1]) for number, room in enumerate(rooms)]
    if sought.mode != "lexical" and looked_at > 2 * count and not all(_read_alone(sought, room) for room in rooms):
        rooms, earlier = _promising(sought, rooms, earlier, legs[0], count)
    filled = [number for number, room in enumerate(rooms) if len(room)] or [0]
    parts = [_scored(number, rooms[number], sought, earlier[number], legs[0]) for number in filled]
    segment, position, meaning, words, fresh, past, total = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = _ties_by_id(snapshot, best_first(total, count), segment, position, total)
    complete = complete and len(order) == looked_at
    segment, position = segment[order], position[order]
    rows = _rows(snapshot, segment, position)
    none, total = np.zeros(len(order), np.float32), total[order]
    found = Candidates(segment, position, rows, meaning[order], words[order], fresh[order], past[order], total, none, complete)
    return _phrased(snapshot, sought, _titled(snapshot, sought, found))


def judged(snapshot: Snapshot, sought: Sought, found: Candidates, *, compared: bool = True) -> Candidates:
    """``found`` with its evidence; without that of other articles where they are not ``compared``. Raises IndexDamaged."""
    evidence = first_evidence(snapshot, sought, found, compared=compared)
    if evidence.name:
        found = _by_names(snapshot, sought, found)
        evidence = first_evidence(snapshot, sought, found, compared=compared)
    added = _added(found, evidence)
    if compared and sought.mode == "hybrid" and sought.question and not sought.earlier:
        nearest = _nearest_first(snapshot, sought, found)
        if nearest is not found:
            its = first_evidence(snapshot, sought, nearest, compared=compared)
            its_added, least = _added(nearest, its), points_for(ANSWERABLE, "hybrid")
            loses_answer = nearest.points[0] + its_added < least <= found.points[0] + added
            # An article without a name that is asked for does not come before one that has it, nor a near miss before an answer.
            if its.name <= evidence.name and not loses_answer:
                found, added, evidence = nearest, its_added, its
    unasked = any((evidence.year, evidence.talk, evidence.personal))
    return found._replace(evidence=_for_each(snapshot, sought, found, added), unasked=unasked)


def _added(found: Candidates, evidence: Evidence) -> float:
    """What ``evidence`` adds to the points of the best passage."""
    return evidence_points(evidence, float(found.points[0]) if len(found.points) else 0.0)


def _for_each(snapshot: Snapshot, sought: Sought, found: Candidates, added: float) -> Vectors:
    """What the evidence adds to each passage, float32, (passages,): ``added`` to the best one, and less to those that have less of the
    question's words, or whose article is less about the earlier questions. With it, the points stay in order.
    """
    if sought.earlier:
        topical = np.float32(EVIDENCE.earlier) * np.maximum(found.earlier - np.float32(TOPICAL), 0)
        return np.minimum.accumulate(found.points + np.minimum(topical, np.float32(added))) - found.points
    most = np.zeros(len(found.points), np.float32)
    if sought.mode == "hybrid" and sought.question:
        for number in distinct(found.segment).tolist():
            here = found.segment == number
            spoken = sought.spoken_at(number, found.row[here])
            segment, positions = snapshot.segments[number], found.position[here]
            most[here] = most_evidence(sought.question, sought.words, segment, number, positions, sought.foreign, spoken=spoken)
    own = found.points + np.float32(added) + np.minimum(most - most[:1], 0)
    return np.minimum.accumulate(own) - found.points


def _titled(snapshot: Snapshot, sought: Sought, found: Candidates) -> Candidates:
    """``found`` with more points for the passages of articles whose title has all words of the question, unless it has more little words
    than these and so asks for more than a topic; and with the most that words can give where the question is or has the title. None if it
    leans on an earlier one.
    """
    if not sought.question or sought.mode == "dense" or sought.earlier or not (words := sought.words.article):
        return found
    rows, asked, gained = found.row, _words(sought.question), np.zeros(len(found.points), np.float32)
    count = asked.count(" ") - 1
    named = 2 * len(words) >= count
    for number in distinct(found.segment).tolist():
        segment, here = snapshot.segments[number], np.flatnonzero(found.segment == number)
        there = having = distinct(rows[here])
        for word in words:
            having = having[impacts_at(word, number, having) > 0] if len(having) else having
        every = set(having.tolist())
        for row in there.tolist() if count >= _HEADLINE else every:
            mine, title = here[rows[here] == row], string_at(segment.tensors, "title", row)
            if _is_headline(title, asked):
                gained[mine] = WORDS.most
            elif named and row in every:
                terms = set(analyzer(coded_at(segment.tensors, "language", row)).terms(title))
                gained[mine] = 0.0 if any(terms.isdisjoint(word.terms) for word in words) else TITLED
    return _without(found, -gained) if gained.any() else found


def _phrased(snapshot: Snapshot, sought: Sought, found: Candidates) -> Candidates:
    """``found`` with more points for those of the best passages that have neighbouring words of the question as near each other, in the
    same order: pasted words find the sentence that they are from. Some pairs of many tell little, so that the share counts by a power.
    None if the question leans on an earlier one, or asks for a figure, which a later report tells in other words.
    """
    if not sought.question or sought.mode == "dense" or sought.earlier or not sought.words.own[1:] or asks_figure(sought.question):
        return found
    telling = {term for word in sought.words.own for term in word.terms}
    neighbours: dict[str, list[tuple[str, str, int]]] = {}
    gained = np.zeros(len(found.points), np.float32)
    best = found.at(slice(_PHRASED))
    for place, (number, row, position) in enumerate(zip(best.segment.tolist(), best.row.tolist(), best.position.tolist(), strict=True)):
        segment = snapshot.segments[number]
        language = coded_at(segment.tensors, "language", row)
        if language not in neighbours:
            asked = analyzer(language).terms(sought.question)
            places = [at for at, term in enumerate(asked) if term in telling]
            neighbours[language] = [(asked[one], asked[other], other - one) for one, other in pairwise(places)]
        if neighbours[language] and sum(impact_at(word, number, row) > 0 for word in sought.words.article) > 1:
            terms = analyzer(language).terms(f"{string_at(segment.tensors, 'title', row)}\n{passage_text(segment, row, position)}")
            there = {(at, term) for at, term in enumerate(terms) if term in telling}
            near = [any((at + apart, other) in there for at, term in there if term == one) for one, other, apart in neighbours[language]]
            gained[place] = PHRASED * (sum(near) / len(near)) ** _STEEP
    return _without(found, -gained) if gained.any() else found


def _is_headline(title: str, asked: str) -> bool:
    """Whether ``asked``, as ``_words`` has it, is ``title``, but for little words around it, or has a longer one as a whole."""
    before, its, behind = asked.partition(_words(title))
    return its.strip() != "" and (its.count(" ") > _HEADLINE or STOPWORDS.issuperset((*before.split(), *behind.split())))


def _is_from_outlet(title: str, question: str) -> bool:
    """Whether ``question`` is ``title`` and, behind or before a mark, an outlet: "What a tram is for | Reuters"."""
    marks = list(re.finditer(r" [-|\u2013\u2014\u00b7] |: ", question))
    return bool(marks) and _words(title) in (_words(question[: marks[-1].start()]), _words(question[marks[0].end() :]))


def _words(text: str) -> str:
    """The words of ``text`` in lower case, a space before and behind each."""
    return " ".join(["", *re.findall(r"\w+", text.casefold()), ""])


def _worded(sought: Sought, legs: Sequence[_Leg], rooms: Sequence[Room], count: int) -> tuple[list[Room], bool]:
    """Of the rooms, all passages that have any of the words, or the ``count`` best where words alone decide; and whether these are all."""
    if not sought.earlier and all(fresh is None for fresh in sought.fresh):
        found = legs[0].best(rooms, count + 1)
        return found, sum(len(room) for room in found) <= count
    wholes = [Room(room.segment) for room in rooms]
    return [
        room.only(np.logical_or.reduce([leg.worth(number, whole) > 0 for leg in legs])) if len(room) else room
        for number, (room, whole) in enumerate(zip(rooms, wholes, strict=True))
    ], True


def points_in(snapshot: Snapshot, sought: Sought, number: int, row: int) -> tuple[range, Vectors]:
    """The positions of all passages of an article of segment ``number``, and the points that meaning and words give each, float32, (n,).
    Raises IndexDamaged.
    """
    segment = snapshot.segments[number]
    places = segment.passages(row)
    room = Room(segment, np.arange(places.start, places.stop))
    cosines = None if sought.mode == "lexical" else sought.scan.settled(number, sought.place, room.all())
    own, article = np.zeros(len(room), np.float32), np.float32(0)
    for word in sought.words.own:
        own += np.float32(word.weight / SCALE) * impacts_at(word, number, room.all())
    for word in sought.words.article:
        article += np.float32(word.weight / SCALE) * np.int64(impact_at(word, number, row))
    worth = word_worth(own, np.full(len(room), article, np.float32))
    meaning, words = _summands(number, room, sought, sought.foreign, cosines, worth)
    return places, meaning + words


def _by_names(snapshot: Snapshot, sought: Sought, found: Candidates) -> Candidates:
    """``found`` where its best passage's article lacks names that are asked for: those whose articles lack them, too, behind others."""
    number, row = int(found.segment[0]), int(found.row[0])
    names = lacking_names(sought.question, sought.words.article, snapshot.segments[number], number, row)
    lacks = np.zeros(len(found.points), np.float32)
    for place in distinct(found.segment).tolist():
        here = found.segment == place
        for name in names:
            lacks[here] += impacts_at(name, place, found.row[here]) == 0
    return _without(found, np.float32(NAMED) * lacks / np.float32(max(1, len(names))))


def _rows(snapshot: Snapshot, segment: Positions, position: Positions) -> Positions:
    """The row of each passage's article in its segment."""
    rows = np.empty(len(position), np.int64)
    for number in distinct(segment).tolist():
        here = segment == number
        rows[here] = snapshot.segments[number].articles_of(position[here])
    return rows


def _nearest_first(snapshot: Snapshot, sought: Sought, found: Candidates) -> Candidates:
    """``found`` with the article nearest in meaning of its language first, where it is further ahead in meaning than behind in points. Of
    another language than the first article's, it is also further ahead of the others in its language than that one is.
    """
    worded = float(found.words[:_COMPARED].max(initial=0))
    articles = _articles(snapshot, sought, found, _COMPARED) if worded < WELL_WORDED else []
    if not articles or articles[0][2] is None:
        return found
    first, best = articles[0], _nearest(articles, found)
    points = dict(zip(reversed(articles), reversed(found.points[: len(articles)].tolist()), strict=True))
    rivals, gains = _others(first, best), dict[Article, float]()
    for group in dict.fromkeys(key[2] for key in best if key[2] is not None):
        nearest = max((key for key in best if key[2] == group), key=lambda key: best[key])
        gain = points_ahead(best[nearest], _others(nearest, best), worded)
        if group != first[2]:
            gain = gain - max(points_ahead(best[first], rivals, worded), 0.0) if rivals else 0.0
        if nearest != first and points[nearest] + gain > points[first]:
            gains[nearest] = gain
    if not gains:
        return found
    nearest = max(gains, key=lambda key: points[key] + gains[key])
    its = (found.segment == nearest[0]) & (found.row == nearest[1])
    return _without(found, np.where(its, np.float32(0), np.float32(gains[nearest])))


def _without(found: Candidates, lost: Vectors) -> Candidates:
    """``found`` where passages have lost so many points, float32, (passages,)."""
    order = np.argsort(lost - found.points, kind="stable")
    return found._replace(words=found.words - lost, points=found.points - lost).at(order)


def first_evidence(snapshot: Snapshot, sought: Sought, found: Candidates, *, compared: bool = True) -> Evidence:
    """What the best passage that is not all furniture has and lacks, and how far apart it is of the others ``found`` if these are
    ``compared``; nothing where there is no evidence to be had. Raises IndexDamaged.
    """
    if sought.earlier and len(found.points):
        return Evidence(earlier=_topical(snapshot, sought, found)) if sought.mode == "hybrid" else Evidence()
    if sought.mode == "hybrid" and sought.question:
        places = zip(found.segment.tolist(), found.row.tolist(), found.position.tolist(), strict=True)
        for place, (number, row, position) in enumerate(places):
            segment = snapshot.segments[number]
            if not snapshot.furnished.passage(segment, row, position):
                spoken = bool(sought.spoken_at(number, row))
                evidence = evidence_of(sought.question, sought.words, segment, number, position, sought.foreign, spoken=spoken)
                evidence = evidence._replace(talk=float(evidence.talk or sought.talks))
                # Around a headline, a name is that of an outlet
                if (evidence.name or evidence.bare) and _is_from_outlet(string_at(segment.tensors, "title", row), sought.question):
                    evidence = evidence._replace(name=0.0, bare=0.0)
                return evidence._replace(apart=_apart(snapshot, sought, found, place)) if compared else evidence
    return Evidence()


def _topical(snapshot: Snapshot, sought: Sought, found: Candidates) -> float:
    """How far the best passage's article is about the earlier questions; 0 if it lacks a name of the question. That alone makes no
    probability larger than one half.
    """
    segment, row = int(found.segment[0]), int(found.row[0])
    more = max(min(float(found.earlier[0]) - TOPICAL, points_for(NAMELESS, "hybrid") - float(found.points[0])), 0.0)
    lacks = more and lacking_names(sought.question, sought.words.article, snapshot.segments[segment], segment, row)
    return 0.0 if lacks else more


def _apart(snapshot: Snapshot, sought: Sought, found: Candidates, place: int) -> float:
    """How far apart the article of the passage at ``place`` is of the others ``found``, without those in languages that count otherwise."""
    if not lacking_words(found.words[place : place + 1])[0]:
        return 0.0
    articles = _articles(snapshot, sought, found, max(_COMPARED, place + 1))
    mine, best = articles[place], _nearest(articles, found)
    return how_far_apart(best.get(mine, 0.0), _others(mine, best), float(found.words[place]))


def _others(mine: Article, best: Mapping[Article, float]) -> list[float]:
    """The cosines of the other articles among which ``mine`` is."""
    return [meaning for key, meaning in best.items() if key != mine and key[2] == mine[2]]


def _articles(snapshot: Snapshot, sought: Sought, found: Candidates, count: int) -> list[Article]:
    """The articles of the ``count`` best passages ``found``, each with its language if the model speaks several; else with None if its
    language counts otherwise, and "" if not.
    """

    def among(number: int, row: int) -> str | None:
        if sought.foreign.language:
            return coded_at(snapshot.segments[number].tensors, "language", row)
        return "" if sought.spoken_at(number, row) else None

    places = zip(found.segment[:count].tolist(), found.row[:count].tolist(), strict=True)
    return [(number, row, among(number, row)) for number, row in places]


def _nearest(articles: Sequence[Article], found: Candidates) -> dict[Article, float]:
    """The largest cosine of each of ``articles``, those of the best passages ``found``, of which _COMPARED count."""
    best = dict[Article, float]()
    for key, meaning in zip(articles[:_COMPARED], found.meaning.tolist(), strict=False):
        best[key] = max(meaning, best.get(key, -1.0))
    return best


def _newest(snapshot: Snapshot, rooms: Sequence[Room], period: Period, count: int) -> Candidates:
    """The first passages of at least the ``count`` newest articles, those of ``period`` before others. They have no points."""
    numbers, positions, orders = [], [], []
    for number, room in enumerate(rooms):
        mine = room.all()
        articles = np.asarray(room.segment.tensors["passage.article"][mine], np.int64)
        first = np.flatnonzero(np.diff(articles, prepend=-1))
        positions.append(mine[first])
        numbers.append(np.full(len(first), number))
        orders.append(place_in_time(room.segment.published_days[1][articles[first]], period))
    segment, position, order_of = np.concatenate(numbers), np.concatenate(positions), np.concatenate(orders)
    order = _ties_by_id(snapshot, best_first(order_of, count), segment, position, order_of)
    none = np.zeros(len(order), np.float32)
    complete = len(order) == len(position)
    segment, position = segment[order], position[order]
    return Candidates(segment, position, _rows(snapshot, segment, position), none, none, none, none, none, none, complete)


def place_in_time(days: NDArray[np.int32], period: Period) -> Vectors:
    """Larger for articles of ``period``, and among these and among others for newer ones: float32, (n,); ``days`` are the last that their
    dates can mean, 0 without one.
    """
    inside = days > 0
    if period.since:
        inside &= days >= period.since.toordinal()
    if period.until:
        inside &= days <= period.until.toordinal()
    return (days + inside * date.max.toordinal()).astype(np.float32)  # exact: less than 2 ** 24


def _listed(snapshot: Snapshot, sought: Sought, count: int) -> Lengths:
    """How long the lists are: the longer the larger the archive, for more stand between the estimated order and the true one."""
    helpful = sought.mode == "hybrid" and any(any(word.postings) for word in sought.words.article)
    least, times = max(SHORTLIST, LISTED * count), (WORDED if helpful else WORDLESS)[snapshot.manifest.passages > LARGE]
    return times._replace(compared=least * times.compared, estimated=least * times.estimated)


def _promising(
    sought: Sought, rooms: Sequence[Room], earlier: Sequence[Vectors | None], leg: _Leg, count: int
) -> tuple[list[Room], list[Vectors | None]]:
    """What of the rooms may be among the ``count`` best, and what of ``earlier`` is theirs: points are known to within the error of the
    cosines.
    """

    def points(number: int, room: Room, before: Vectors | None) -> Vectors:
        if not len(room):
            return np.zeros(0, np.float32)
        cosines = _cosines(number, room, sought, leg.place)
        return _sum(room, sought, *_points(number, room, sought, leg, cosines), before, number)[-1]

    parts = (points(number, room, before) for number, (room, before) in enumerate(zip(rooms, earlier, strict=True)))
    kept = largest_places(
        parts, count, 2 * ERROR * max(1.0, abs(sought.line.scale) * max(1.0, float(sought.foreign.cosine + sought.foreign.lacking)))
    )
    return (
        [room.at(places) for room, places in zip(rooms, kept, strict=True)],
        [None if before is None else before[places] for before, places in zip(earlier, kept, strict=True)],
    )


def _ties_by_id(snapshot: Snapshot, order: Positions, segment: Positions, position: Positions, total: Vectors) -> Positions:
    """``order`` with those of equal points by their article's id; runs too long for that stay as they are."""
    starts = np.flatnonzero(np.diff(total[order], prepend=np.nan, append=np.nan))
    for start, stop in pairwise(starts.tolist()):
        if 1 < stop - start <= _TIES:
            run = order[start:stop].tolist()
            run.sort(key=lambda place: _place(snapshot.segments[segment[place]], int(position[place])))
            order[start:stop] = run
    return order


def _place(segment: Segment, position: int) -> tuple[str, int]:
    return segment.article_id(segment.article_of(position)), position


class _Leg:
    """One of the texts that passages are compared with: the ``place`` of its vector, its words, and how ``foreign`` passages count."""

    def __init__(self, snapshot: Snapshot, place: int, words: AskedWords, foreign: Foreign) -> None:
        self.place = place
        self.foreign = foreign
        self._words = words
        self._segments = snapshot.segments
        self._worth: dict[int, Vectors] = {}
        self._best: dict[int, tuple[Positions, Vectors]] = {}

    def worth(self, number: int, room: Room) -> Vectors:
        """What the words are worth that each passage of ``room``, of segment ``number``, and its article have: float32, (len(room),)."""
        if number in self._best and room.positions is not None:
            known, worth = self._best[number]
            at = np.searchsorted(known, room.positions)
            if np.array_equal(known.take(at, mode="clip") if len(known) else known, room.positions):
                return worth[at]
        if number not in self._worth:
            self._worth[number] = worth_in(self._segments[number], self._words, number)
        return room.its(self._worth[number])

    def best(self, rooms: Sequence[Room], count: int) -> list[Room]:
        """The ``count`` passages of ``rooms``, one a segment, whose words are worth most, and some with nearly as much; of a room of
        few passages all that have any.
        """
        found, best = [], Best(self._words.own, count, WORDS.own, WORDS.most)
        for number, room in enumerate(rooms):
            segment = room.segment
            if not len(room) or (room.articles is None and room.positions is not None):
                found.append(room.only(self.worth(number, Room(segment)) > 0) if len(room) else room)
                continue
            articles, owner = shares(self._words.article, number, segment.article_count), segment.tensors["passage.article"]
            positions, own = best.of(number, len(segment), np.float32(WORDS.article) * articles[owner], _allowing(room))
            self._best[number] = positions, word_worth(own, articles[owner[positions]])
            found.append(Room(segment, positions))
        return found


def worth_in(segment: Segment, words: AskedWords, number: int) -> Vectors:
    """What ``words`` are worth in each passage of ``segment``, which is the one of this ``number``, with its article: float32,
    (passages,).
    """
    articles = shares(words.article, number, segment.article_count)
    return word_worth(shares(words.own, number, len(segment)), articles.repeat(segment.sizes.astype(np.intp)))


def _scored(number: int, room: Room, sought: Sought, earlier: Vectors | None, leg: _Leg) -> tuple[NDArray[np.generic], ...]:
    """What Candidates has of the room's passages."""
    positions = room.all()
    cosines = None if sought.mode == "lexical" else sought.scan.settled(number, leg.place, positions)
    return np.full(len(positions), number), positions, *_sum(room, sought, *_points(number, room, sought, leg, cosines), earlier, number)


def _sum(room: Room, sought: Sought, meaning: Vectors, words: Vectors, earlier: Vectors | None, number: int) -> tuple[Vectors, ...]:
    """What the parts come to: meaning, words, how recent, what was asked before, and their sum, float32, (len(room),) each."""
    zeros = np.zeros(len(room), np.float32)
    if earlier is not None:
        meaning, words = (np.float32(1 - EARLIER) * each for each in (meaning, words))
    fresh = _of_articles(room, sought.fresh[number])
    added = zeros if fresh is None else date_points(fresh)
    total = meaning + words
    if fresh is not None:
        total += added
    if earlier is not None:
        total += earlier
    return meaning, words, added, zeros if earlier is None else earlier, total


def _earlier(number: int, room: Room, sought: Sought, leg: _Leg) -> Vectors:
    """What the words asked before add to each passage of the room: what they give the best of its article there, float32, (len(room),)."""
    cosines = None if sought.mode == "lexical" else np.round(_cosines(number, room, sought, leg.place), 6)
    meaning, words = _points(number, room, sought, leg, cosines)
    return np.float32(EARLIER) * _best_of_article(room, room.all(), meaning + words)


def _points(number: int, room: Room, sought: Sought, leg: _Leg, cosines: Vectors | None) -> tuple[Vectors, Vectors]:
    """What meaning and words give each passage of the room, float32, (len(room),)."""
    if not len(room):  # then the words of its segment need not be looked at
        return np.zeros(0, np.float32), np.zeros(0, np.float32)
    worth = leg.worth(number, room) if sought.mode != "dense" else np.zeros(len(room), np.float32)
    return _summands(number, room, sought, leg.foreign, cosines, worth)


def _summands(
    number: int, room: Room, sought: Sought, foreign: Foreign, cosines: Vectors | None, worth: Vectors
) -> tuple[Vectors, Vectors]:
    """The same, where its words are worth so much, float32, (len(room),)."""
    # For a sentence, passages in any language count alike.
    spoken = True if sought.mode != "hybrid" or foreign == BY_SPOKEN else _of_articles(room, sought.spoken[number])
    if cosines is None:
        meaning = np.zeros(len(room), np.float32)
    else:
        meaning = cosines if sought.line == SAME else np.float32(sought.line.scale) * cosines + np.float32(sought.line.offset)
    words = np.zeros(len(room), np.float32) if sought.mode == "dense" else word_points(worth, spoken, foreign)
    if sought.mode == "hybrid" and (foreign.cosine != 1 or foreign.lacking):
        meaning = meaning_points(meaning, spoken, foreign, worth)
    return meaning, words


def _best_of_article(room: Room, positions: Positions, values: Vectors) -> Vectors:
    """For each passage of the room, the largest of the ``values`` that those of its article have."""
    if not len(values):
        return values
    starts = np.flatnonzero(np.diff(room.segment.tensors["passage.article"][positions].astype(np.int64), prepend=-1))
    return np.repeat(np.maximum.reduceat(values, starts), np.diff(starts, append=len(values)))


def _cosines(number: int, room: Room, sought: Sought, place: int) -> Vectors:
    """The cosines of the room's passages, to within ERROR."""
    if _read_alone(sought, room):
        return sought.scan.cosines_at(number, place, room.all())
    return room.its(sought.scan.cosines(number, place))


def _read_alone(sought: Sought, room: Room) -> bool:
    """Whether the vectors of the room's passages are read one by one: so few that a product with all of its segment takes longer. A matrix
    product for many questions takes a fraction of the time of one for each.
    """
    return room.positions is not None and (_APART if sought.scan.questions == 1 else _TOGETHER) * len(room) <= len(room.segment)


def _of_articles(room: Room, values: _Values) -> _Values:
    """What the room's passages have of an array with an entry an article."""
    if not isinstance(values, np.ndarray):
        return values
    articles = room.segment.tensors["passage.article"]
    return np.asarray(values.take(articles if room.positions is None else articles.take(room.positions)))  # type: ignore[arg-type]


def _short(sought: Sought, legs: Sequence[_Leg], rooms: Sequence[Room], lengths: Lengths) -> list[Room]:
    """The shortlist of the question, and all passages of the articles on that of what was asked before, since the question decides among
    these.
    """
    short, *before = [_shortlist(sought, leg, rooms, lengths) for leg in legs]
    for leg in before:
        short = [_with_articles(room, own, others) for room, own, others in zip(rooms, short, leg, strict=True)]
    return short


def _with_articles(room: Room, own: Room, others: Room) -> Room:
    mask = np.zeros(len(room.segment.live_articles), np.bool_)
    mask[room.segment.tensors["passage.article"][others.all()]] = True
    wanted = np.asarray(mask[room.segment.tensors["passage.article"]])
    wanted[own.all()] = True
    return room.only(wanted)


def _shortlist(sought: Sought, leg: _Leg, rooms: Sequence[Room], lengths: Lengths) -> list[Room]:
    """The passages that would have the most points if estimates told the cosines."""
    scan = sought.scan

    def best(
        rooms: Sequence[Room], count: int, estimates: Callable[[int, int, Positions | None], Vectors], *allowed: _Allows
    ) -> list[Room]:
        parts = (
            _sum(room, sought, *_points(number, room, sought, leg, estimates(number, leg.place, room.positions)), None, number)[-1]
            for number, room in enumerate(rooms)
        )
        return [room.at(places) for room, places in zip(rooms, largest_places(parts, count, allowed=allowed), strict=True)]

    # Of most of a segment it is quicker to leave some out of the best than to choose the others from each array.
    wholes = [room if room.articles is None else Room(room.segment) for room in rooms]
    found = best(wholes, lengths.estimated or lengths.compared, partial(scan.estimates, half=lengths.half), *map(_allowing, rooms))
    return best(found, lengths.compared, scan.finer_estimates) if lengths.estimated else found


def _allowing(room: Room) -> _Allows:
    """Which of some passages of its segment are in a room of most of its articles; None for another room."""
    return None if room.articles is None else partial(room.segment.are_of, articles=room.articles)


def largest_places(parts: Iterable[Vectors], count: int, error: float = 0.0, allowed: Sequence[_Allows] = ()) -> list[Positions]:
    """Where in each of ``parts`` the ``count`` largest of all are, and those that are smaller than the least of them by no more than
    ``error``.

    ``allowed`` tells which of some places in a part count, where ``error`` is 0; None for all. Piece after piece, so that each is looked at
    while the processor has it at hand, and few of the later ones are large enough to be looked at twice.
    """
    largest = np.empty(0, np.float32)
    least = float(np.finfo(np.float32).min)
    kept: list[list[tuple[Positions, Vectors]]] = []
    for values, allows in zip_longest(parts, allowed):
        kept.append([])
        for start in range(0, len(values), _PIECE):
            places = np.flatnonzero(values[start : start + _PIECE] >= least - error)
            if start:
                places += start
            if allows is not None:
                places = _admitted(places, values, count, allows)
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


def _admitted(places: Positions, values: Vectors, count: int, allows: Callable[[Positions], NDArray[np.bool_]]) -> Positions:
    """Those of ``places`` that ``allows`` lets in, or some of them with the ``count`` of the largest ``values``: where most are let in, it
    need not be asked of many.
    """
    if len(places) > 4 * count:
        found = values[places]
        best: Positions = places[found >= np.partition(found, len(found) - 2 * count)[-2 * count]]
        best = best[allows(best)]
        if len(best) >= count:
            return best
    return places[allows(places)]
