"""Results as JSON, as specified in docs/search-output.schema.json."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsdex.fields import TYPES
from newsdex.records import Article, Copy, Hit, Match, Period, Published, Results, Span

if TYPE_CHECKING:
    from newsdex.reports import AnswerReport, Discrepancy, Evidence, QuoteReport, Thread

SCHEMA_VERSION = 2
LONGEST_VALUE = 1_000  # characters of a metadata value in a hit, however much its source has there
_OPTIONS = {"--literal": "literal=true", "--as-of": "as_of=DATE"}  # suggested at the end of remarks of a search

# The fields of an article shown with a cited sentence.
CITED = ("article_id", "title", "source", "url", "published", "retracted", "corrected_by")


def hit_record(hit: Hit) -> dict[str, Any]:
    """Return a hit as plain values; null where unknown."""
    best, *more = hit.matches
    record = article_record(hit.article, "sha256")
    return {
        "rank": hit.rank,
        "score": round(hit.score, 6),
        "answers": hit.answers,
        **record,
        "metadata": {name: value[:LONGEST_VALUE] for name, value in record["metadata"].items()},
        **_passage(hit, best),
        "more_passages": [{"score": round(match.score, 6), **_passage(hit, match)} for match in more],
        "also_in": [copy_record(copy) for copy in hit.also_in],
        "explanation": [{"part": part.name, "points": round(part.points, 6), "words": part.words} for part in hit.parts],
    }


def _passage(hit: Hit, match: Match) -> dict[str, Any]:
    passage, context = match.passage, match.context
    return {
        "start": passage.start,
        "end": passage.end,
        "page": hit.article.page_of(passage.start),
        "text": passage.text,
        "answer": _text_span(hit.article, match.answer),
        "matched_words": [asdict(word) for word in match.words],
        "context": _text_span(hit.article, context) if len(context) > len(passage.text) else None,
    }


def _text_span(article: Article, span: Span) -> dict[str, Any]:
    return asdict(span) | {"text": article.text[span.start : span.end]}


def copy_record(copy: Copy) -> dict[str, Any]:
    """Return a copy of an article as plain values; null where unknown."""
    return {
        "article_id": as_unicode(copy.article_id),
        "title": as_unicode(copy.title) or None,
        "source": copy.source or None,
        "url": copy.url or None,
        "published": str(copy.published) if copy.published else None,
        "similarity": round(copy.similarity, 4),
        "retracted": as_unicode(copy.retracted) or None,
        "corrected_by": as_unicode(copy.corrected_by) or None,
    }


def period_record(period: Period | None) -> dict[str, Any] | None:
    """Return the period that a question names as plain values."""
    if period is None:
        return None
    return {
        "since": period.since.isoformat() if period.since else None,
        "until": period.until.isoformat() if period.until else None,
        "words": period.words,
    }


def versioned(record: Mapping[str, Any], version: int = 1) -> str:
    """Return a record as one JSON object in ASCII, so it cannot control a terminal, with the version of its schema."""
    return json.dumps({"schema_version": version, **record}, indent=2)


def json_object(results: Results, hits: Sequence[Hit], nearest: Sequence[Hit] = ()) -> str:
    """Return the whole answer as one JSON object in ASCII."""
    answer = {
        "query": results.question,
        "answerable": results.answerable,
        "small_talk": results.small_talk,
        "scored": results.scored,
        "period": period_record(results.period),
        "remarks": [as_unicode(remark) for remark in results.remarks],
        "hits": [hit_record(hit) for hit in hits],
        "nearest": [hit_record(hit) for hit in nearest],
        "index_commit": results.commit,
    }
    return versioned(answer, SCHEMA_VERSION)


def json_lines(hits: Sequence[Hit]) -> Iterator[str]:
    """Yield a JSON object per hit."""
    for hit in hits:
        yield json.dumps(hit_record(hit))


def as_unicode(text: str) -> str:
    """Return ``text`` as valid Unicode. File names that are not UTF-8 have lone surrogates, which JSON readers reject."""
    return text.encode(errors="surrogateescape").decode(errors="replace")


def plain(value: Any) -> Any:
    """Return ``value``, of mappings, lists, paths and texts, as JSON holds it: paths as texts, and texts as valid Unicode."""
    if isinstance(value, Mapping):
        return {plain(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [*map(plain, value)]
    return as_unicode(str(value)) if isinstance(value, str | Path) else value


def told_remarks(remarks: Iterable[str]) -> list[str]:
    """Return ``remarks`` for clients without a command line: where they suggest its option, the parameter instead; the index's folder,
    which ends a command, is left out.
    """
    parts = (_without_folder(remark).rpartition(" ") for remark in remarks)
    return [as_unicode(f"{words}{space}{_OPTIONS.get(option, option)}") for words, space, option in parts]


def _without_folder(remark: str) -> str:
    """A remark that ends with a command, without the index's folder; a question that a remark quotes may name the option too."""
    words, _, command = remark.rpartition(": newsdex rebuild ")
    return f"{words}: newsdex rebuild {command.partition(' --index-dir ')[0]}" if words else remark


def article_record(article: Article, *left_out: str) -> dict[str, Any]:
    """Return an article without its text, and the fields ``left_out``, as plain values; null where unknown. RECORD has their types."""
    record: dict[str, Any] = {}
    for name in (name for name in _TOLD if name not in left_out):
        value = getattr(article, name)
        if name == "published":
            record |= {name: value and value.iso, "published_origin": value and value.origin}
        elif isinstance(value, Mapping):
            record[name] = {as_unicode(key): as_unicode(each) for key, each in value.items()}
        else:
            record["article_id" if name == "id" else name] = (value if isinstance(value, int) else as_unicode(str(value))) or None
    return record


# The order of an article's fields; others follow, except its text and the fields that divide it.
_FIRST = (
    *("id", "title", "source", "url", "published", "language", "path", "member", "record", "sha256"),
    *("retracted", "corrected_by", "vanished"),
)
_TOLD = (*_FIRST, *(name for name in TYPES if name not in (*_FIRST, "text", "body", "pages")))


def _record_types() -> Iterator[tuple[str, Any]]:
    for name in _TOLD:
        kind = TYPES.get(name, str)
        if name == "published":
            yield from ((name, Published | None), ("published_origin", str | None))
        else:
            required = name in ("id", "path", "sha256") or kind not in (str, int)
            yield "article_id" if name == "id" else name, (str if kind is Path else kind) if required else kind | None


# The fields of an article's record with their types; Published is a string.
RECORD: Mapping[str, Any] = dict(_record_types())


def whole_record(article: Article) -> dict[str, Any]:
    """Return an article's record with the pages in its text and the part that is the article itself."""
    return {**article_record(article), "pages": list(article.pages), "body": asdict(article.main)}


def article_object(article: Article, line: int, lines: Sequence[str]) -> str:
    """Return an article as one JSON object in ASCII, with ``lines`` of its text from number ``line``."""
    return json.dumps({**whole_record(article), "line": line, "lines": len(lines), "text": "\n".join(lines)}, indent=2)


def quote_record(report: QuoteReport) -> dict[str, Any]:
    """Return the report on a quotation as plain values."""
    places = [
        {
            **article_record(place.article, "metadata"),
            "in_title": place.in_title,
            "start": place.start,
            "end": place.end,
            "line": place.line,
            "page": place.page,
            "text": place.text,
            "quoted": asdict(place.quoted),
            "differences": [asdict(each) for each in place.differences],
        }
        for place in report.places
    ]
    return {"quote": report.quote, "verdict": report.verdict, "complete": report.complete, "places": places}


def check_record(report: AnswerReport) -> dict[str, Any]:
    """Return the report on an answer as plain values; null where unknown."""
    return {
        "answer": report.answer,
        "accepted": report.accepted,
        "score": report.score,
        "threshold": report.threshold,
        "sentences": [
            {
                **asdict(each.span),
                "text": each.text,
                "verdict": each.verdict,
                "score": each.score,
                "evidence": [evidence_record(place) for place in each.evidence],
                "differences": [difference_record(difference) for difference in each.differences],
                "citations": [
                    {"label": c.label, "article_id": as_unicode(c.article_id) if c.article_id else None, "supports": c.supports}
                    for c in each.citations
                ],
            }
            for each in report.sentences
        ],
        "rewritten": report.rewritten,
        "struck": report.struck,
    }


def difference_record(difference: Discrepancy) -> dict[str, Any]:
    """Return a difference between a sentence and an article as plain values."""
    return {"aspect": difference.aspect, "claimed": difference.claimed, "found": difference.found or None}


def evidence_record(place: Evidence) -> dict[str, Any]:
    """Return a sentence compared with a claim as plain values; null where unknown."""
    record = article_record(place.article)
    return {**{name: record[name] for name in CITED}, "start": place.start, "end": place.end, "text": place.text}


def similar_record(results: Results, article_id: str) -> dict[str, Any]:
    """Return articles similar to an article as plain values; ``words`` are those they were compared by."""
    return {
        "article_id": as_unicode(article_id),
        "words": results.question.split(),
        "hits": [hit_record(hit) for hit in results],
        "remarks": [as_unicode(remark) for remark in results.remarks],
    }


def thread_record(thread: Thread) -> dict[str, Any]:
    """Return a thread as plain values; null where unknown."""
    return {
        "article_id": as_unicode(thread.article_id),
        "reports": [
            {
                **article_record(report.article, "sha256", "metadata"),
                "score": round(report.score, 6),
                "adds": _text_span(report.article, report.adds) if report.adds else None,
                "also_in": [copy_record(copy) for copy in report.also_in],
            }
            for report in thread.reports
        ],
    }
