"""The thread of an article: the reports of one event and of its sequel.

Two articles go together by three things: how much alike they are, whether they have the same rare names, and how many days lie between
them. What nearly goes with the article that was asked about is taken where it goes with another report. The weights are measured:
benchmarks/quality/related.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from newsdex.errors import UsageError
from newsdex.records import Article, Copy, Hit, Published, Report, Span, Thread
from newsdex.search.answer.sentence import is_statement
from newsdex.search.deadline import check_time
from newsdex.search.question.stopwords import STOPWORDS
from newsdex.search.ranking.copies import instant
from newsdex.search.ranking.lexical import analyzer
from newsdex.search.related.similar import Likeness, log_odds

MOST = 200  # reports that can be asked for
_ALIKE = 30  # articles most like a report that are looked at
_COPIES = 16  # of reports, which are looked at for what they add
_EXPANDED = 8  # reports that are looked from, the likeliest first
_NAMES = 64  # of an article, the first ones
_READ = 50_000  # characters of an article that are looked at for names and for what it adds
_UNDATED = 30  # days that lie between articles of which one has no date
# The logarithm of the odds that two articles are of one thread: for those that they are of one story, for a cosine of 1 of their names, for
# each time that e weeks lie between them, and without any of these.
ALIKE, NAMES, APART, OFFSET = 0.85, 17.3, -1.55, -2.1
_NEW = 0.25  # of a sentence's words: with fewer that are new, it adds nothing
_OF_A_COPY = 5  # words of a sentence that are new, for a copy to add something: more than a byline has


TOGETHER = 0.5  # the probability from which on two reports are taken to be of one thread
NEARLY = 0.1  # the same with the article that was asked about, where another report is more like


class Link(NamedTuple):
    """What links two articles: the logarithm of the odds that they are of one story by their likeness, the cosine of their names, and the
    days between them.
    """

    alike: float
    names: float
    days: int

    def probability(self) -> float:
        """The probability that they are reports of one thread, in (0, 1)."""
        odds = ALIKE * self.alike + NAMES * self.names + APART * math.log1p(self.days / 7) + OFFSET
        return 1 / (1 + math.exp(-odds))


class _Found(NamedTuple):
    """A report, the probability by which it came into the thread, and its copies."""

    article: Article
    score: float
    also_in: tuple[Copy, ...]


def thread(likeness_of: Callable[[str], Likeness], name: str, limit: int) -> Thread:
    """The thread of the article that ``name`` means; ``likeness_of`` gives what finds articles like another.

    Raises UsageError, and as Index.article.
    """
    if type(limit) is not int or not 1 <= limit <= MOST:
        raise UsageError(f"a limit of {limit!r} is impossible: expected 1 to {MOST}")
    first = likeness_of(name)
    names = Names(first.rarity)
    near = {hit.article.id: (hit, link.probability()) for hit, link in links(first, names)}
    reports = [_Found(first.article, 1.0, first.also_in)]
    reports += [_Found(hit.article, score, hit.also_in) for hit, score in near.values() if score > TOGETHER]
    known = {report.article.id for report in reports}
    maybe = {name for name, (_, score) in near.items() if NEARLY < score <= TOGETHER}
    for report in sorted(reports[1:], key=_likeliest_first)[: _EXPANDED if maybe else 0]:
        for hit, link in links(likeness_of(report.article.id), names):
            if hit.article.id in maybe - known and link.probability() > TOGETHER:
                known.add(hit.article.id)
                reports.append(_Found(hit.article, link.probability(), hit.also_in))
    reports = [reports[0], *sorted(reports[1:], key=_likeliest_first)[: limit - 1]]
    likes = [likeness_of(report.article.id) for report in reports]
    found = {report.article.id: report for report in reports}
    copies = dict.fromkeys(copy.article_id for report in reports for copy in report.also_in if copy.article_id not in found)
    likes += map(likeness_of, islice(copies, min(_COPIES, limit - len(reports))))
    likes.sort(key=lambda like: (instant(like.article.published), like.article.id))
    least = [_OF_A_COPY if like.article.id in copies else 1 for like in likes]
    added = _added([_sentences(like) for like in likes], [like.article for like in likes], least)
    # A copy that adds nothing is only listed with its report.
    told = {like.article.id: span for like, span in zip(likes, added, strict=True) if span or like.article.id not in copies}
    for like in likes:
        if like.article.id not in found:
            score = next(report.score for report in reports if any(copy.article_id == like.article.id for copy in report.also_in))
            found[like.article.id] = _Found(like.article, score, ())
    return Thread(
        first.article.id,
        tuple(
            Report(report.article, report.score, span, tuple(copy for copy in report.also_in if copy.article_id not in told))
            for report, span in ((found[name], span) for name, span in told.items())
        ),
    )


def links(like: Likeness, names: Names) -> Iterator[tuple[Hit, Link]]:
    """The articles most like another, and what links each to it."""
    check_time()
    for hit in like.similar(limit=_ALIKE):
        shared = names.likeness(like.article, hit.article)
        yield hit, Link(log_odds(hit.score), shared, days_between(like.article.published, hit.article.published))


class Names:
    """Compares articles by their names: words that begin with a capital or a digit, or are of a script without capitals, the rarer the
    more.
    """

    def __init__(self, rarity: Callable[[Sequence[str]], list[float]]) -> None:
        """``rarity`` gives the idf of terms."""
        self._rarity = rarity
        self._known: dict[str, float] = {}
        self._names: dict[str, frozenset[str]] = {}

    def of(self, article: Article) -> frozenset[str]:
        """The names of ``article``."""
        if article.id not in self._names:
            self._names[article.id] = frozenset(islice(dict.fromkeys(_names_in(article)), _NAMES))
        return self._names[article.id]

    def likeness(self, one: Article, other: Article) -> float:
        """The cosine of the names of two articles, each name weighing its idf: in [0, 1]."""
        first, second = self.of(one), self.of(other)
        new = sorted((first | second) - self._known.keys())
        self._known.update(zip(new, self._rarity(new), strict=True))
        shared, *own = (sum(self._known[name] ** 2 for name in sorted(which)) for which in (first & second, first, second))
        return shared / math.sqrt(own[0] * own[1]) if shared else 0.0


def _names_in(article: Article) -> Iterator[str]:
    text = f"{article.title}\n{article.text[article.body.start : article.body.end][:_READ]}"
    for word in analyzer("").words(text):
        written = text[word.start : word.end]
        if (written[0].isupper() or written[0].isdigit() or written[0].lower() == written[0].upper()) and not is_little(written):
            yield word.terms[0]


def is_little(word: str) -> bool:
    """Whether ``word`` is a little word of some language."""
    return word.casefold() in STOPWORDS


def days_between(one: Published | None, other: Published | None) -> int:
    """How many days lie between two dates, _UNDATED where one is not known."""
    if one is None or other is None:
        return _UNDATED
    return max((one.earliest - other.latest).days, (other.earliest - one.latest).days, 0)


def _likeliest_first(report: _Found) -> tuple[float, str]:
    return -report.score, report.article.id


def _sentences(like: Likeness) -> list[Span]:
    """The sentences of an article that state something and are no page furniture."""
    text, end = like.article.text, like.article.body.start + _READ
    return [s for s in like.sentences() if s.end <= end and is_statement(text[s.start : s.end])]


def _added(sentences: Sequence[Sequence[Span]], articles: Sequence[Article], least: Sequence[int]) -> Iterator[Span | None]:
    """What each article adds to those before it: of the first the first sentence, of others the one with the most words that are new, of
    which it must have ``least``.
    """
    seen: set[str] = set()
    for mine, article, few in zip(sentences, articles, least, strict=True):
        words = [frozenset(_words(article.text[s.start : s.end])) for s in mine]
        if seen:
            # A long sentence has more of anything, new words too.
            news = [len(each - seen) / math.sqrt(len(each)) if len(each - seen) > max(_NEW * len(each), few - 1) else 0.0 for each in words]
            best = max(range(len(news)), key=news.__getitem__, default=-1)
            yield mine[best] if news and news[best] > 0 else None
        else:
            yield mine[0] if mine else None
        seen |= frozenset().union(*words)


def _words(text: str) -> Iterator[str]:
    for word in analyzer("").words(text):
        if not is_little(text[word.start : word.end]):
            yield word.terms[0]
