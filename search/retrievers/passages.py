"""Code that the frameworks share: from a question to passages with plain fields, and from an answer to its report."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from newsdex.errors import UsageError
from newsdex.given import real
from newsdex.output import article_record, check_record
from newsdex.records import Hit, flag_of
from newsdex.reports import AnswerReport
from newsdex.search.index import Index
from newsdex.search.request import request_of

# The fields of a passage that filters call otherwise.
FIELDS = {"article_id": "id"}
IndexOrFolder: TypeAlias = Index | str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that answers, with the requested neighbours, its plain ``fields``, and an ``id`` of the article's and the offsets."""

    id: str
    text: str
    score: float
    fields: Mapping[str, Any]


def opened(index: IndexOrFolder) -> Index:
    """Return ``index``, opened if it is a folder. Raises as Index.open."""
    return index if isinstance(index, Index) else Index.open(index)


def check_options(count: object, options: Mapping[str, Any], called: str) -> None:
    """Raise what Index.search would for ``options`` and the number of passages. ``called``: the framework's name for limit."""
    if "limit" in options:
        raise UsageError(f"limit is called {called} here: expected {called}={options['limit']!r}")
    request_of("?", **{**options, "limit": count})


def check_threshold(threshold: float) -> float:
    """Return the fraction of sentences that must be supported. Raises UsageError, as Index.check would."""
    return real("a threshold of {}", threshold, 0, 1)


def retrieve(index: Index, question: str, count: int, options: Mapping[str, Any]) -> list[Found]:
    """Return the ``count`` passages that best answer ``question``, best first. ``options`` are other arguments of Index.search.

    Each article appears once, or with ``per_article`` with that many of its passages in a row. If some articles answer, the others are left
    out; ``min_score`` keeps those that reach it.

    Raises as Index.search.
    """
    results = index.search(question, limit=count, **options)
    hits = [hit for hit in results if hit.answers or not results.answerable or options.get("min_score") is not None]
    return [found for hit in hits for found in _passages(hit, answerable=results.answerable)][:count]


def checked(index: Index, answer: Any, question: str, passages: Sequence[Mapping[str, Any]] | None, threshold: float) -> dict[str, Any]:
    """Return the report of ``newsdex check --json`` on an ``answer`` that was written from ``passages``, given by their fields in citation
    order. If ``passages`` is None, the archive is searched. An empty answer, which models do write, is not accepted.

    Raises UsageError if a passage has no article, and as Index.check.
    """
    if isinstance(answer, str) and not answer.strip():
        return check_record(AnswerReport(answer, (), 0.0, threshold, accepted=False, rewritten=answer, struck=answer))
    names = None
    if passages is not None:
        names = [str(fields.get("article_id") or "") for fields in passages]
        if "" in names:
            raise UsageError(f"document {names.index('') + 1} has no article_id: expected documents of NewsdexRetriever")
    return check_record(index.check(answer, question=question, hits=names, threshold=threshold))


def _passages(hit: Hit, *, answerable: bool) -> Iterator[Found]:
    article = hit.article
    record = article_record(article)
    metadata = record.pop("metadata")
    for match in hit.matches:
        start, end, answer = match.context.start, match.context.end, match.answer
        fields = {
            **metadata,
            **record,
            "page": article.page_of(start),
            "start": start,
            "end": end,
            "answer": article.text[answer.start : answer.end],
            "answer_start": answer.start,
            "answer_end": answer.end,
            "score": match.score,
            "answerable": answerable,
            "flag": flag_of(article) or None,
        }
        yield Found(f"{record['article_id']}#{start}-{end}", article.text[start:end], match.score, fields)
