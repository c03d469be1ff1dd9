"""The records of an answer that was checked: what became of each of its sentences, and where the archive says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newsdex.records import Article, Span

Verdict = Literal["supported", "partly", "contradicted", "not in the archive", "no claim"]
Aspect = Literal["number", "date", "name", "word", "negation", "quotation", "citation"]


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """What a sentence says otherwise than the article: ``claimed`` in the answer, ``found`` in the article, empty where it has nothing of
    the kind.
    """

    aspect: Aspect
    claimed: str
    found: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """The characters ``start`` to ``end`` of an article's text that a sentence was compared with."""

    article: Article
    start: int
    end: int

    @property
    def text(self) -> str:
        """What the article says there."""
        return self.article.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Citation:
    """A citation in the answer: its ``label``, such as ``1`` or an address, the article that it means, if any, and whether that one says
    what the sentence says.
    """

    label: str
    article_id: str | None
    supports: bool


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence of the answer: its ``span``, what it says without marks and citations, and what became of it.

    ``score`` is how much of it the evidence covers, in [0, 1]. ``evidence`` has the nearest sentences of one article, the nearest first;
    none where nothing is near.
    """

    span: Span
    text: str
    verdict: Verdict
    score: float
    evidence: tuple[Evidence, ...] = ()
    differences: tuple[Discrepancy, ...] = ()
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerReport:
    """What became of an answer.

    ``score`` is the share of its claims that are supported, 0 where it has none. ``accepted``: that is ``threshold`` or more, and nothing
    is contradicted. ``rewritten`` is the answer without the sentences that are not supported, ``struck`` the answer with them struck out
    in Markdown.
    """

    answer: str
    sentences: tuple[CheckedSentence, ...]
    score: float
    threshold: float
    accepted: bool
    rewritten: str
    struck: str
