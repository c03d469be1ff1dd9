"""The records of a thread."""

from __future__ import annotations

from dataclasses import dataclass

from newsdex.records import Article, Copy, Span


@dataclass(frozen=True, slots=True)
class Report:
    """An article of a thread. ``score``: the probability, in [0, 1], that it belongs with another report, 1 for the first article.

    ``adds``: the most novel sentence, in the article's offsets; None if there is nothing new. ``also_in``: copies of the article.
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
