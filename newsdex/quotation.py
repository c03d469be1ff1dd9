"""Records of a quotation lookup: whether the archive has it, where, and how it differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newsdex.records import Article, Span

Verdict = Literal["found", "altered", "stitched", "not found"]
Kind = Literal["same", "replaced", "added", "left out"]


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
    verdict: Verdict
    places: tuple[Place, ...] = ()
    complete: bool = True
