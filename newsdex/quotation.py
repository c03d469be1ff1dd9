"""The records of a quotation that was looked up: whether it is in the archive, where, and how it differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newsdex.records import Article, Span

Verdict = Literal["found", "altered", "stitched", "not found"]
Kind = Literal["same", "replaced", "added", "left out"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A stretch of a quotation beside what the article has there: the ``same``, or something ``replaced``, ``added`` or ``left out``.

    ``quoted`` and ``original`` are as they are written; one of them is empty where something was added or left out.
    """

    kind: Kind
    quoted: str
    original: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where an article has a quotation, or a part of it.

    ``start`` and ``end`` count characters of the article's text, or of its title where ``in_title``. ``quoted`` is the part of the
    quotation that is here. ``differences``, in order and as one text, are empty where nothing differs.
    """

    article: Article
    start: int
    end: int
    quoted: Span
    in_title: bool = False
    differences: tuple[Difference, ...] = ()

    @property
    def text(self) -> str:
        """What the article says there."""
        return (self.article.title if self.in_title else self.article.text)[self.start : self.end]

    @property
    def line(self) -> int | None:
        """The line of the article's text, counted from 1, in which it begins; None in a title."""
        return None if self.in_title else self.article.text.count("\n", 0, self.start) + 1

    @property
    def page(self) -> int | None:
        """The page, counted from 1, on which it begins; None in a title, or where the source has no pages."""
        return None if self.in_title else self.article.page_of(self.start)


@dataclass(frozen=True, slots=True)
class QuoteReport:
    """What became of a quotation.

    ``found``: ``places`` are all that have it. ``altered``: the one place that is nearest, with the differences. ``stitched``: the places
    that the quotation was put together from, in its order. ``not found``: no places. ``complete`` is false where more places have it than
    were asked for.
    """

    quote: str
    verdict: Verdict
    places: tuple[Place, ...] = ()
    complete: bool = True
