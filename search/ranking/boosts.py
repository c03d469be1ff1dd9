"""Points that candidates gain because their title, or the order of their words, is that of the question."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np

from newsdex.arrays import distinct
from newsdex.search.question.reading import asks_figure
from newsdex.search.question.stopwords import STOPWORDS
from newsdex.search.ranking.candidates import Candidates, Search, by_segment
from newsdex.search.ranking.evidence import passage_text
from newsdex.search.ranking.fusion import PHRASED, TITLED, WORDS
from newsdex.search.ranking.lexical import analyzer, impact_at, impacts_at
from newsdex.store.columns import coded_at, string_at
from newsdex.store.snapshot import Snapshot

_HEADLINE = 4  # words of a title that a question may have beside others
_STEEP = 4  # power of the share of neighbours: some of many tell little; with 2, everyday questions lose
_PHRASED = 10  # of the best passages, whose words are compared in order: with 16, 117 of 143 fragments are found instead of 115


def boosted(snapshot: Snapshot, search: Search, found: Candidates) -> Candidates:
    """``found`` with what titles and phrases add to the points: nothing to a search by meaning, or to a question that depends on a topic.
    Raises IndexDamaged.
    """
    if not search.question.text or search.mode == "dense" or search.topic:
        return found
    return _phrased(snapshot, search, _titled(snapshot, search, found))


def _titled(snapshot: Snapshot, search: Search, found: Candidates) -> Candidates:
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
            title = string_at(segment.tensors, "title", row)
            if _is_headline(title, asked):
                gains[here[rows == row]] = WORDS.most
            elif is_topic and row in with_all:
                terms = set(analyzer(coded_at(segment.tensors, "language", row)).terms(title))
                if not any(terms.isdisjoint(word.terms) for word in words):
                    gains[here[rows == row]] = TITLED
    return found.gaining(gains)


def _phrased(snapshot: Snapshot, search: Search, found: Candidates) -> Candidates:
    """``found`` with more points for those of the best passages that have neighbouring words of the question as near each other, in the
    same order: pasted words find the sentence that they are from. None if the question asks for a figure, which a later report tells in
    other words.
    """
    question = search.question
    if not question.words.own[1:] or asks_figure(question.text):
        return found
    telling = {term for word in question.words.own for term in word.terms}
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
            terms = analyzer(language).terms(f"{string_at(segment.tensors, 'title', row)}\n{passage_text(segment, row, position)}")
            there = {(at, term) for at, term in enumerate(terms) if term in telling}
            near = [any((at + apart, other) in there for at, term in there if term == one) for one, other, apart in neighbours[language]]
            gains[place] = PHRASED * (sum(near) / len(near)) ** _STEEP
    return found.gaining(gains)


def _is_headline(title: str, asked: str) -> bool:
    """Whether ``asked``, as ``_spaced`` has it, is ``title``, but for little words around it, or has a longer one as a whole."""
    before, its, behind = asked.partition(_spaced(title))
    return its.strip() != "" and (its.count(" ") > _HEADLINE or STOPWORDS.issuperset((*before.split(), *behind.split())))


def is_from_outlet(title: str, question: str) -> bool:
    """Whether ``question`` is ``title`` and, behind or before a mark, an outlet: "What a tram is for | Reuters"."""
    marks = list(re.finditer(r" [-|\u2013\u2014\u00b7] |: ", question))
    return bool(marks) and _spaced(title) in (_spaced(question[: marks[-1].start()]), _spaced(question[marks[0].end() :]))


def _spaced(text: str) -> str:
    """The words of ``text`` in lower case, a space before and behind each."""
    return " ".join(["", *re.findall(r"\w+", text.casefold()), ""])
