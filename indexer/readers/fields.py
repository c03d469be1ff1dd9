"""What front matter and JSON records have in common: named fields that describe an article."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from newsdex.errors import SourceError
from newsdex.indexer.dates import parse_published
from newsdex.indexer.decoding import without_surrogates
from newsdex.indexer.language import code_of
from newsdex.records import Published

_ID = ("_id", "id")
_DATE = ("date", "published")
_LANGUAGE = ("language", "lang")
_NAMED = {*_ID, *_DATE, "title", "source", "url", "text"}


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of an article's record, by their usual names; empty where absent. ``metadata`` has all others.

    ``language`` is an ISO 639-1 code; a field that says it in another way is among the others.
    """

    id: str
    title: str
    source: str
    url: str
    published: Published | None
    language: str
    metadata: dict[str, str]
    problems: list[SourceError]


def read_fields(record: Mapping[str, object], origin: str) -> Fields:
    """The fields of ``record``. A date that cannot be read is left out and named among the problems."""
    problems = []
    date = _first(record, _DATE)
    published = parse_published(date, origin) if date else None
    if date and published is None:
        problems.append(SourceError(f"date {date[:40]!r} not understood (expected e.g. 2024-04-26); indexed without it", lost=False))
    language = code_of(_first(record, _LANGUAGE))
    named = {*_NAMED, *_LANGUAGE} if language else _NAMED
    return Fields(
        id=_first(record, _ID),
        title=" ".join(_first(record, ("title",)).split()),
        source=_first(record, ("source",)),
        url=_first(record, ("url",)),
        published=published,
        language=language,
        metadata={without_surrogates(name): text for name, value in record.items() if name not in named and (text := _text(value))},
        problems=problems,
    )


def _first(record: Mapping[str, object], names: Iterable[str]) -> str:
    return next((text for name in names if (text := _text(record.get(name)))), "")


def _text(value: object) -> str:
    """A scalar as text, in one line; a list of scalars joined by commas; nothing for anything else."""
    if isinstance(value, list):
        return ", ".join(text for item in value if not isinstance(item, list) and (text := _text(item)))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return without_surrogates(re.sub(r"\s+", " ", str(value)).strip())
    return ""
