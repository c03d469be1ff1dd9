"""What the archive has of an answer, of a quotation and of an event: the records of check, verify-quote and thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newsdex.records import Article, Copy, Span

Verdict = Literal["supported", "partly", "contradicted", "not in the archive", "no sources", "no claim"]
Aspect = Literal["number", "date", "name", "negation", "quotation", "citation", "cause", "retraction", "correction", "copy", "language"]
QuoteVerdict = Literal["found", "altered", "stitched", "not found"]
Kind = Literal["same", "replaced", "added", "left out"]


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A difference between a sentence and the article: ``claimed`` in the answer, ``found`` in the article, "" if nothing corresponds."""

    aspect: Aspect
    claimed: str
    found: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Characters ``start`` to ``end`` of an article's text, with which a sentence was compared."""

    article: Article
    start: int
    end: int

    @property
    def text(self) -> str:
        """The text there."""
        return self.article.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Citation:
    """A citation: its ``label``, such as ``1`` or a URL, the article it means, if any, and whether that supports the sentence."""

    label: str
    article_id: str | None
    supports: bool


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence of the answer: its ``span``, its text without marks and citations, and its verdict.

    ``score``: how much of it the evidence covers, in [0, 1]. ``evidence``: the nearest sentences of one article, the nearest first; empty
    if nothing is near.
    """

    span: Span
    text: str
    verdict: Verdict
    score: float
    evidence: tuple[Evidence, ...] = ()
    differences: tuple[Discrepancy, ...] = ()
    citations: tuple[Citation, ...] = ()

    @property
    def refuted(self) -> bool:
        """Whether the article denies it, or has another number or date."""
        others = (each for each in self.differences if each.aspect in ("number", "date") and each.found not in ("", each.claimed))
        return self.verdict == "contradicted" or any(others)


@dataclass(frozen=True, slots=True)
class AnswerReport:
    """The verdict on an answer.

    ``score``: the share of its claims that are supported, 1 without claims. ``accepted``: the score is at least ``threshold`` and no
    sentence is refuted. ``rewritten``: the answer without unsupported sentences; ``struck``: the answer with these struck out in Markdown.
    """

    answer: str
    sentences: tuple[CheckedSentence, ...]
    score: float
    threshold: float
    accepted: bool
    rewritten: str
    struck: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A stretch of a quotation beside the article, as written; ``quoted`` or ``original`` is "" where it was added or left out."""

    kind: Kind
    quoted: str
    original: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place of a quotation, or of a part of it, in an article.

    ``start`` and ``end`` count characters of the article's text, or of its title if ``in_title``. ``quoted``: the part of the quotation
    that is here. ``differences``: in order, covering the whole place; empty without any.
    """

    article: Article
    start: int
    end: int
    quoted: Span
    in_title: bool = False
    differences: tuple[Difference, ...] = ()

    @property
    def text(self) -> str:
        """The text of the place."""
        return (self.article.title if self.in_title else self.article.text)[self.start : self.end]

    @property
    def line(self) -> int | None:
        """The line of the article's text, from 1, in which it begins; None in a title."""
        return None if self.in_title else self.article.text.count("\n", 0, self.start) + 1

    @property
    def page(self) -> int | None:
        """The page, from 1, on which it begins; None in a title or without pages."""
        return None if self.in_title else self.article.page_of(self.start)


@dataclass(frozen=True, slots=True)
class QuoteReport:
    """The result of a quotation lookup.

    ``found``: ``places`` have it word for word. ``altered``: the nearest place, with the differences. ``stitched``: the places it was put
    together from, in its order. ``not found``: no places. ``complete``: False if there are more places than requested.
    """

    quote: str
    verdict: QuoteVerdict
    places: tuple[Place, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """An article of a thread. ``score``: the probability, in [0, 1], that it belongs with another, 1 for the first. ``adds``: the most
    novel sentence, in the article's offsets, or None. ``also_in``: its copies.
    """

    article: Article
    score: float
    adds: Span | None
    also_in: tuple[Copy, ...] = ()

    @property
    def adds_text(self) -> str:
        """The text of that sentence, or ""."""
        return self.article.text[self.adds.start : self.adds.end] if self.adds else ""


@dataclass(frozen=True, slots=True)
class Thread:
    """The reports of one event and its sequels, by date, undated ones last; ``article_id`` is the requested article."""

    article_id: str
    reports: tuple[Report, ...]
