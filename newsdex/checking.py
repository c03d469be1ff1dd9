"""Records of a checked answer: the verdict on each sentence, and where the archive says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newsdex.records import Article, Span

Verdict = Literal["supported", "partly", "contradicted", "not in the archive", "no claim"]
Aspect = Literal["number", "date", "name", "negation", "quotation", "citation", "cause", "retraction", "correction", "copy", "language"]


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
