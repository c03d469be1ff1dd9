"""The same question in two generations of an index, side by side."""

from __future__ import annotations

from dataclasses import dataclass

from newsdex.search.index import Index


@dataclass(frozen=True, slots=True)
class Compared:
    """An article's best rank in each of two rankings, from 1; None where it is missing."""

    article_id: str
    title: str
    first: int | None
    second: int | None


def compare(question: str, first: Index, second: Index, *, limit: int = 5) -> list[Compared]:
    """Return the articles that either index finds, in the order of ``first``, then of ``second``. Raises as Index.search."""
    rankings = [{hit.article.id: hit for hit in index.search(question, limit=limit)} for index in (first, second)]
    articles = {article_id: hit for ranking in rankings for article_id, hit in ranking.items()}
    rows = []
    for article_id, hit in articles.items():
        ranks = [ranking[article_id].rank if article_id in ranking else None for ranking in rankings]
        rows.append(Compared(article_id, hit.article.title, *ranks))
    return rows
