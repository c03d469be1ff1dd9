"""Rescoring of the best passages: by titles, phrases, names and nearness in meaning, and by evidence whether the best one answers."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from newsdex.arrays import distinct
from newsdex.encoder import Vectors
from newsdex.search.question.reading import asks_figure
from newsdex.search.question.stopwords import STOPWORDS
from newsdex.search.question.terms import analyzer
from newsdex.search.ranking import fusion
from newsdex.search.ranking.candidates import Candidates, Search, by_segment
from newsdex.search.ranking.evidence import evidence_of, lacking_names, most_evidence, passage_text
from newsdex.search.ranking.fusion import Evidence
from newsdex.search.ranking.lexical import impact_at, impacts_at
from newsdex.store.columns import coded_at
from newsdex.store.snapshot import Snapshot

_HEADLINE = 4  # words of a title that a question may have beside others
_STEEP = 4  # power of the share of neighbours: some of many tell little; with 2, everyday questions lose
_PHRASED = 10  # of the best passages, whose words are compared in order: with 16, 117 of 143 fragments are found instead of 115
_COMPARED = 64  # of the best passages, whose articles are compared by meaning


class _Article(NamedTuple):
    """An article, and the ``group`` with whose meanings its own is compared: its language or "", None if its cosines count less."""

    segment: int
    row: int
    group: str | None


def boosted(snapshot: Snapshot, search: Search, found: Candidates) -> Candidates:
    """``found`` with what titles and phrases add: nothing by meaning alone, or to a question with a topic. Raises IndexDamaged."""
    if not search.question.text or search.mode == "dense" or search.topic:
        return found
    return _with_phrase_gain(snapshot, search, _with_title_gain(snapshot, search, found))


def _with_title_gain(snapshot: Snapshot, search: Search, found: Candidates) -> Candidates:
    """``found`` with more points for the passages of articles whose title has all words of the question, unless it has more little words
    than these and so asks for more than a topic; and with the most that words can give if the question is or has the title.
    """
    if not (words := search.question.words.article):
        return found
    asked, gains = _spaced(search.question.text), np.zeros(len(found.points), np.float32)
    count = asked.count(" ") - 1
    is_topic = 2 * len(words) >= count
    for number, here in by_segment(found.segment):
        segment, rows = snapshot.segments[number], found.row[here]
        articles = having = distinct(rows)
        for word in words:
            having = having[impacts_at(word, number, having) > 0] if len(having) else having
        with_all = set(having.tolist())
        for row in articles.tolist() if count >= _HEADLINE else with_all:
            title = segment.title(row)
            if _is_headline(title, asked):
                gains[here[rows == row]] = fusion.WORD_WEIGHTS.most
            elif is_topic and row in with_all:
                terms = set(analyzer(coded_at(segment.tensors, "language", row)).terms(title))
                if not any(terms.isdisjoint(word.terms) for word in words):
                    gains[here[rows == row]] = fusion.TITLED
    return found.with_gains(gains)


def _with_phrase_gain(snapshot: Snapshot, search: Search, found: Candidates) -> Candidates:
    """``found`` with more points for those of the best passages that have neighbouring words of the question as near each other, in the
    same order: pasted words find the sentence that they are from. None if the question asks for a figure, which a later report tells in
    other words.
    """
    question = search.question
    if not question.words.passage[1:] or asks_figure(question.text):
        return found
    telling = {term for word in question.words.passage for term in word.terms}
    neighbours: dict[str, list[tuple[str, str, int]]] = {}
    gains, best = np.zeros(len(found.points), np.float32), found.at(slice(_PHRASED))
    for place, (number, row, position) in enumerate(zip(best.segment.tolist(), best.row.tolist(), best.position.tolist(), strict=True)):
        segment = snapshot.segments[number]
        language = coded_at(segment.tensors, "language", row)
        if language not in neighbours:
            asked = analyzer(language).terms(question.text)
            places = [at for at, term in enumerate(asked) if term in telling]
            neighbours[language] = [(asked[one], asked[other], other - one) for one, other in pairwise(places)]
        if neighbours[language] and sum(impact_at(word, number, row) > 0 for word in question.words.article) > 1:
            terms = analyzer(language).terms(f"{segment.title(row)}\n{passage_text(segment, row, position)}")
            found_at = {(at, term) for at, term in enumerate(terms) if term in telling}
            near = [any((at + gap, other) in found_at for at, term in found_at if term == one) for one, other, gap in neighbours[language]]
            gains[place] = fusion.PHRASED * (sum(near) / len(near)) ** _STEEP
    return found.with_gains(gains)


def with_evidence(snapshot: Snapshot, search: Search, found: Candidates, *, compared: bool = True) -> Candidates:
    """``found`` with its evidence, reordered by names and meaning; ``compared``: compare articles by meaning. Raises IndexDamaged."""
    evidence = first_evidence(snapshot, search, found, compared=compared)
    if evidence.name or (search.topic and search.mode == "hybrid" and len(found.points)):
        found = _with_name_penalty(snapshot, search, found)
        evidence = first_evidence(snapshot, search, found, compared=compared)
    nearest = _nearest_first(snapshot, search, found) if compared and search.is_question and not search.topic else found
    if nearest is not found:
        other, least = first_evidence(snapshot, search, nearest), fusion.points_for(fusion.PREFERABLE, "hybrid")
        loses_answer = nearest.points[0] + _evidence_points(nearest, other) < least <= found.points[0] + _evidence_points(found, evidence)
        # An article without a name that is asked for does not come before one that has it, nor a near miss before an answer.
        if other.name <= evidence.name and not loses_answer:
            found, evidence = nearest, other
    off_question = any((evidence.year, evidence.talk, evidence.personal))
    return found._replace(evidence=_evidence_of_each(snapshot, search, found, _evidence_points(found, evidence)), off_question=off_question)


def first_evidence(snapshot: Snapshot, search: Search, found: Candidates, *, compared: bool = True) -> Evidence:
    """The evidence of the best passage that is not all furniture, with ``apart`` if articles are ``compared``; none unless a question is
    searched in hybrid mode. Raises IndexDamaged.
    """
    if search.topic and len(found.points):
        return Evidence(earlier=_topical(snapshot, search, found)) if search.mode == "hybrid" else Evidence()
    places = zip(found.segment.tolist(), found.row.tolist(), found.position.tolist(), strict=True)
    for place, (number, row, position) in enumerate(places if search.is_question else ()):
        segment = snapshot.segments[number]
        if snapshot.furnished.passage(segment, row, position):
            continue
        evidence = evidence_of(search.question, segment, number, position, native=bool(search.native_at(number, row)))
        evidence = evidence._replace(talk=float(evidence.talk or search.talks))
        # Around a headline, a name is that of an outlet
        if (evidence.name or evidence.bare) and _is_from_outlet(segment.title(row), search.question.text):
            evidence = evidence._replace(name=0.0, bare=0.0)
        return evidence._replace(apart=_margin(snapshot, search, found, place)) if compared else evidence
    return Evidence()


def _evidence_points(found: Candidates, evidence: Evidence) -> float:
    """The points that ``evidence`` adds to the best passage."""
    return fusion.evidence_points(evidence, float(found.points[0]) if len(found.points) else 0.0)


def _evidence_of_each(snapshot: Snapshot, search: Search, found: Candidates, added: float) -> Vectors:
    """The points that evidence adds to each passage, float32, (n,): ``added`` to the best one, and less to those that have less of the
    question's words, or whose article is less about the topic. The order of the passages stays the same.
    """
    if search.topic:
        topical = np.float32(fusion.EVIDENCE.earlier) * np.maximum(found.earlier - np.float32(fusion.EARLIER_FROM), 0)
        return np.minimum.accumulate(found.points + np.minimum(topical, np.float32(added))) - found.points
    most = np.zeros(len(found.points), np.float32)
    for number, here in by_segment(found.segment) if search.is_question else ():
        native = search.native_at(number, found.row[here])
        most[here] = most_evidence(search.question, snapshot.segments[number], number, found.position[here], native=native)
    total = found.points + np.float32(added) + np.minimum(most - most[:1], 0)
    return np.minimum.accumulate(total) - found.points


def _topical(snapshot: Snapshot, search: Search, found: Candidates) -> float:
    """The evidence ``earlier`` of the best article, up to the probability NAMELESS; 0 if it lacks a name of the question."""
    limit = fusion.points_for(fusion.NAMELESS, "hybrid") - float(found.points[0])
    more = max(min(float(found.earlier[0]) - fusion.EARLIER_FROM, limit), 0.0)
    return 0.0 if more and lacking_names(snapshot, search.question, found.article(0)) else more


def _with_name_penalty(snapshot: Snapshot, search: Search, found: Candidates) -> Candidates:
    """``found`` with fewer points for articles that lack those names of the question, or of its topic, that the best one lacks."""
    text, penalty = (search.topic, fusion.NAMED_EARLIER) if search.topic else (search.question, fusion.NAMED)
    names = lacking_names(snapshot, text, found.article(0))
    lacking = np.zeros(len(found.points), np.float32)
    for number, here in by_segment(found.segment):
        for name in names:
            lacking[here] += impacts_at(name, number, found.row[here]) == 0
    return found.with_gains(-np.float32(penalty) * lacking / np.float32(max(1, len(names))))


def _nearest_first(snapshot: Snapshot, search: Search, found: Candidates) -> Candidates:
    """``found`` with the article nearest in meaning of its group first, if it is further ahead in meaning than behind in points. One of
    another group than the first article's must also be further ahead of its group than that one is of its own.
    """
    worded = float(found.words[:_COMPARED].max(initial=0))
    if worded >= fusion.WELL_WORDED or not len(found.points):
        return found
    meanings, points = _meanings(snapshot, search, found)
    first, gains = next(iter(meanings)), dict[_Article, float]()
    if first.group is None:
        return found
    rivals = _rivals(first, meanings)
    for group in dict.fromkeys(article.group for article in meanings if article.group is not None):
        nearest = max((article for article in meanings if article.group == group), key=lambda article: meanings[article])
        gain = fusion.margin_gain(meanings[nearest], _rivals(nearest, meanings), worded)
        if group != first.group:
            gain = gain - max(fusion.margin_gain(meanings[first], rivals, worded), 0.0) if rivals else 0.0
        if nearest != first and points[nearest] + gain > points[first]:
            gains[nearest] = gain
    if not gains:
        return found
    nearest = max(gains, key=lambda article: points[article] + gains[article])
    others = (found.segment != nearest.segment) | (found.row != nearest.row)
    return found.with_gains(np.where(others, -np.float32(gains[nearest]), np.float32(0)))


def _margin(snapshot: Snapshot, search: Search, found: Candidates, place: int) -> float:
    """How far apart in meaning the article of the passage at ``place`` is from the others ``found`` of its group."""
    if not fusion.missing_share(found.words[place : place + 1])[0]:
        return 0.0
    article = _article_at(snapshot, search, *found.article(place))
    meanings, _ = _meanings(snapshot, search, found)
    return fusion.apart_of(meanings.get(article, 0.0), _rivals(article, meanings), float(found.words[place]))


def _rivals(article: _Article, meanings: dict[_Article, float]) -> list[float]:
    """The meanings of the other articles of its group."""
    return [meaning for other, meaning in meanings.items() if other != article and other.group == article.group]


def _meanings(snapshot: Snapshot, search: Search, found: Candidates) -> tuple[dict[_Article, float], dict[_Article, float]]:
    """The most points by meaning that each article has in the best passages, at least -1, and the points of its best passage."""
    meanings, points = dict[_Article, float](), dict[_Article, float]()
    columns = (found.segment, found.row, found.meaning, found.points)
    for number, row, meaning, value in zip(*(column[:_COMPARED].tolist() for column in columns), strict=True):
        article = _article_at(snapshot, search, number, row)
        meanings[article] = max(meaning, meanings.get(article, -1.0))
        points.setdefault(article, value)
    return meanings, points


def _article_at(snapshot: Snapshot, search: Search, number: int, row: int) -> _Article:
    if search.question.foreign.language:
        return _Article(number, row, coded_at(snapshot.segments[number].tensors, "language", row))
    return _Article(number, row, "" if search.native_at(number, row) else None)


def has_headline(question: str, title: str) -> bool:
    """Whether ``question`` is the ``title`` of an article, but for little words around it, or has a longer one as a whole."""
    return _is_headline(title, _spaced(question))


def _is_headline(title: str, asked: str) -> bool:
    """As ``has_headline``, of a question in the form of ``_spaced``."""
    before, headline, behind = asked.partition(_spaced(title))
    return headline.strip() != "" and (headline.count(" ") > _HEADLINE or STOPWORDS.issuperset((*before.split(), *behind.split())))


def _is_from_outlet(title: str, question: str) -> bool:
    """Whether ``question`` is ``title`` and, behind or before a mark, an outlet: "What a tram is for | Reuters"."""
    marks = list(re.finditer(r" [-|\u2013\u2014\u00b7] |: ", question))
    return bool(marks) and _spaced(title) in (_spaced(question[: marks[-1].start()]), _spaced(question[marks[0].end() :]))


def _spaced(text: str) -> str:
    """The words of ``text`` in lower case, a space before and behind each."""
    return " ".join(["", *re.findall(r"\w+", text.casefold()), ""])
