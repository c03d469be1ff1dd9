"""Hits as JSON, in the form that docs/search-output.schema.json describes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from newsdex.records import Hit

SCHEMA_VERSION = 1


def hit_record(hit: Hit) -> dict[str, Any]:
    """A hit as plain values; null for what is not known."""
    article, passage = hit.article, hit.passage
    return {
        "rank": hit.rank,
        "score": round(hit.score, 6),
        "article_id": as_unicode(article.id),
        "title": as_unicode(article.title) or None,
        "source": article.source or None,
        "url": article.url or None,
        "published": str(article.published) if article.published else None,
        "path": as_unicode(str(article.path)),
        "record": article.record or None,
        "retracted": article.retracted or None,
        "corrected_by": article.corrected_by or None,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "answer": {"start": hit.answer.start, "end": hit.answer.end},
    }


def json_object(query: str, hits: Sequence[Hit]) -> str:
    """One JSON object for the whole answer. Only ASCII is written: nothing in it can steer a terminal."""
    return json.dumps({"schema_version": SCHEMA_VERSION, "query": query, "hits": [hit_record(hit) for hit in hits]}, indent=2)


def json_lines(hits: Sequence[Hit]) -> Iterator[str]:
    """A JSON object a hit."""
    for hit in hits:
        yield json.dumps(hit_record(hit))


def as_unicode(text: str) -> str:
    """What JSON can hold of ``text``. A file name that is not UTF-8 holds lone surrogates, which JSON readers refuse."""
    return text.encode(errors="surrogateescape").decode(errors="replace")
