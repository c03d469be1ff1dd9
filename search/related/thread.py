"""Thread of an article: the reports of one event and its sequel.

Two articles are linked by their similarity, their shared rare names, and the days between them. A borderline article is included if it is
linked to another report. An article and its correction are of one thread by their fields. The weights are measured:
benchmarks/quality/related.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from operator import itemgetter
from typing import NamedTuple

from newsdex.given import whole
from newsdex.records import UNREAD, Article, Hit, Published, Span
from newsdex.reports import Report, Thread
from newsdex.search.answer.mentions import is_statement
from newsdex.search.deadline import check_time
from newsdex.search.question.stopwords import STOPWORDS
from newsdex.search.question.terms import analyzer
from newsdex.search.ranking.copies import instant
from newsdex.search.related.similar import Likeness, log_odds
from newsdex.words import unlinked

MOST = 200  # largest limit of reports
_ALIKE = 30  # similar articles considered per report
_COPIES = 16  # copies of reports that are read for what they add
_EXPANDED = 8  # reports from which borderline articles are linked, the likeliest first
_NAMES = 64  # first names of an article that count
_READ = 50_000  # characters of an article read for names and for what it adds
_VERSIONS = 8  # articles that correct each other
_UNDATED = 30  # days assumed between articles if one has no date
# Coefficients of the log odds that two articles are of one thread: of the log odds that they are of one story, of the cosine of their
# names, of the logarithm of 1 + weeks between them, and the constant.
ALIKE, NAMES, WEEKS, OFFSET = 0.59, 18.0, -1.73, -1.35
_NEW = 0.25  # share of new words that a sentence needs to add something
_TITLED = 2  # new words that one counts as besides if the title has it too
_BESIDE = 0.5  # what a sentence without a word of the title counts
_OF_A_COPY = 5  # new words that a copy's sentence needs: more than a byline has
TOGETHER = 0.5  # probability from which two reports are of one thread
NEARLY = 0.1  # the same for the first article, if another report is linked more strongly


class Link(NamedTuple):
    """Features of two articles: the log odds that they are of one story, the cosine of their names, and the days between them."""

    alike: float
    names: float
    days: int

    def probability(self) -> float:
        """Return the probability that they are of one thread, in (0, 1)."""
        odds = ALIKE * self.alike + NAMES * self.names + WEEKS * math.log1p(self.days / 7) + OFFSET
        return 1 / (1 + math.exp(-odds))


def thread(likeness_of: Callable[[str], Likeness], name: str, limit: int) -> Thread:
    """Return the thread of the article ``name``; ``likeness_of`` finds similar articles. Raises UsageError, and as Index.article."""
    limit = whole("a limit of {}", limit, 1, MOST)
    first, *others = _versions(likeness_of, likeness_of(name))
    names = Names(first.rarity)
    reports = [Report(like.article, 1.0, None, like.also_in) for like in (first, *others)]
    known = {report.article.id for report in reports}
    near: dict[str, tuple[Hit, float]] = {}
    for like in (first, *others):
        for hit, link in links(like, names):
            if hit.article.id not in known:
                near[hit.article.id] = max(near.get(hit.article.id, (hit, 0.0)), (hit, link.probability()), key=itemgetter(1))
    reports += [Report(hit.article, score, None, hit.also_in) for hit, score in near.values() if score > TOGETHER]
    known = {report.article.id for report in reports}
    maybe = {name for name, (_, score) in near.items() if NEARLY < score <= TOGETHER}
    for report in sorted(reports[1:], key=_likeliest_first)[: _EXPANDED if maybe else 0]:
        for hit, link in links(likeness_of(report.article.id), names):
            if hit.article.id in maybe - known and link.probability() > TOGETHER:
                known.add(hit.article.id)
                reports.append(Report(hit.article, link.probability(), None, hit.also_in))
    reports += list(_corrections(likeness_of, reports[len(others) + 1 :], known))
    reports = [reports[0], *sorted(reports[1:], key=_likeliest_first)[: limit - 1]]
    likes = [likeness_of(report.article.id) for report in reports]
    found = {report.article.id: report for report in reports}
    copies = dict.fromkeys(copy.article_id for report in reports for copy in report.also_in if copy.article_id not in found)
    likes += map(likeness_of, islice(copies, min(_COPIES, limit - len(reports))))
    likes.sort(key=lambda like: (instant(like.article.published), like.article.id))
    least = [_OF_A_COPY if like.article.id in copies else 1 for like in likes]
    added = _added([_sentences(like) for like in likes], [like.article for like in likes], least)
    # A copy that adds nothing is listed with its report only.
    told = {like.article.id: span for like, span in zip(likes, added, strict=True) if span or like.article.id not in copies}
    for like in likes:
        if like.article.id not in found:
            score = next(report.score for report in reports if any(copy.article_id == like.article.id for copy in report.also_in))
            found[like.article.id] = Report(like.article, score, None)
    return Thread(
        first.article.id,
        tuple(
            replace(found[name], adds=span, also_in=tuple(copy for copy in found[name].also_in if copy.article_id not in told))
            for name, span in told.items()
        ),
    )


def _versions(likeness_of: Callable[[str], Likeness], first: Likeness) -> list[Likeness]:
    """Return an article, what it corrects or is corrected by, and the same of those."""
    found = {first.article.id: first}
    for like in (waiting := [first]):
        for article in like.versions():
            if article.id not in found and len(found) < _VERSIONS:
                found[article.id] = likeness_of(article.id)
                waiting.append(found[article.id])
    return list(found.values())


def _corrections(likeness_of: Callable[[str], Likeness], reports: Sequence[Report], known: set[str]) -> Iterator[Report]:
    """Yield the corrected version of each of ``reports``, and what it corrects, if not ``known``."""
    for report in reports:
        if report.article.corrects or report.article.corrected_by:
            for like in _versions(likeness_of, likeness_of(report.article.id)):
                if like.article.id not in known:
                    known.add(like.article.id)
                    yield replace(report, article=like.article, also_in=like.also_in)


def links(like: Likeness, names: Names) -> Iterator[tuple[Hit, Link]]:
    """Yield the articles most similar to another, with their links to it."""
    check_time()
    for hit in like.similar(limit=_ALIKE):
        shared = names.likeness(like.article, hit.article)
        yield hit, Link(log_odds(hit.score), shared, days_between(like.article.published, hit.article.published))


class Names:
    """Compares articles by their names, weighted by rarity: words with a capital or a digit first, or of a script without capitals."""

    def __init__(self, rarity: Callable[[Sequence[str]], list[float]]) -> None:
        """``rarity`` returns the idf of terms."""
        self._rarity = rarity
        self._known: dict[str, float] = {}
        self._names: dict[str, frozenset[str]] = {}

    def of(self, article: Article) -> frozenset[str]:
        """Return the names of ``article``."""
        if article.id not in self._names:
            self._names[article.id] = frozenset(islice(dict.fromkeys(_names_in(article)), _NAMES))
        return self._names[article.id]

    def likeness(self, one: Article, other: Article) -> float:
        """Return the idf-weighted cosine of the names of two articles, in [0, 1]."""
        first, second = self.of(one), self.of(other)
        new = sorted((first | second) - self._known.keys())
        self._known.update(zip(new, self._rarity(new), strict=True))
        shared, *own = (sum(self._known[name] ** 2 for name in sorted(which)) for which in (first & second, first, second))
        return shared / math.sqrt(own[0] * own[1]) if shared else 0.0


def _names_in(article: Article) -> Iterator[str]:
    text = f"{article.title}\n{unlinked(article.text)[article.body.start : article.body.end][:_READ]}"
    return (term for written, term in _words(text) if written[0].isupper() or written[0].lower() == written[0].upper())


def days_between(one: Published | None, other: Published | None) -> int:
    """Return the days between two dates; _UNDATED if one is unknown."""
    if one is None or other is None:
        return _UNDATED
    return max((one.earliest - other.latest).days, (other.earliest - one.latest).days, 0)


def _likeliest_first(report: Report) -> tuple[float, str]:
    return -report.score, report.article.id


def _sentences(like: Likeness) -> list[Span]:
    """Return the sentences of an article that state something and are not page furniture."""
    text, end = unlinked(like.article.text), like.article.body.start + _READ
    return [s for s in like.sentences() if s.end <= end and is_statement(text[s.start : s.end].replace(UNREAD, ""))]


def _added(sentences: Sequence[Sequence[Span]], articles: Sequence[Article], least: Sequence[int]) -> Iterator[Span | None]:
    """Yield what each article adds to those before it: its sentence with most new words, at least ``least`` or one of the title; of the
    first article its first sentence. A report has its news in the title and near its beginning, and the background of the event behind it.
    """
    seen: set[str] = set()
    for spans, article, fewest in zip(sentences, articles, least, strict=True):
        title, *words = [
            frozenset(term for _, term in _words(text))
            for text in (article.title, *(unlinked(article.text)[s.start : s.end] for s in spans))
        ]
        most, best = 0.0, None if seen else next(iter(spans), None)
        for place, (span, each) in enumerate(zip(spans, words, strict=True) if seen else ()):
            new = each - seen
            # A longer sentence has more new words
            score = (len(new) + _TITLED * len(new & title)) / math.sqrt(max(1, len(each))) / math.log2(2 + place)
            score *= 1 if each & title else _BESIDE
            if score > most and (new & title or len(new) > max(_NEW * len(each), fewest - 1)):
                most, best = score, span
        yield best
        seen |= frozenset().union(*words)


def _words(text: str) -> Iterator[tuple[str, str]]:
    """Yield the words of ``text`` but for stop words, each with its term."""
    words = ((text[word.start : word.end], word.terms[0]) for word in analyzer("").words(text))
    return (pair for pair in words if pair[0].casefold() not in STOPWORDS)
