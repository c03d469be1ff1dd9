"""JSON: an article, a list of articles, an object with such a list, or a JSON Feed. Offsets count in each article's text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence

from newsdex.errors import SourceError
from newsdex.indexer.readers.broken_json import first_keys_in_lists, whole_objects
from newsdex.indexer.readers.decoding import decode_records
from newsdex.indexer.readers.fields import article_of, text_field
from newsdex.indexer.readers.jsonl import load
from newsdex.indexer.readers.markup import text_of_html
from newsdex.indexer.source import Source
from newsdex.records import Article

_FEED = "https://jsonfeed.org/version/"  # https://www.jsonfeed.org/version/1.1/
_BEGINNING = 1000  # characters that must include the version of a JSON Feed
_KEYS = 10  # first keys of objects that are tried
_FEED_NAMES = {"content_text": "text", "date_published": "date"}


def read(source: Source) -> Iterator[Article | SourceError]:
    text = decode_records(source.content())
    if not text.strip():
        raise SourceError("no text")
    try:
        value = load(text)
    except SourceError as error:
        yield from _what_is_whole(source, text, error)
        return
    if isinstance(value, dict) and text_field(value, source.columns) is not None:
        yield from article_of(source, value, 0, source.sha256, "record")
        return
    records = _records(value)
    if not _has_articles(records, source):
        wanted = source.columns.get("text", "text")
        raise SourceError(f'no articles: expected an object with the field "{wanted}", or a list of such objects')
    for number, record in enumerate(records, 1):
        if isinstance(record, dict):
            yield from _article(source, record, number)
        else:
            yield SourceError(f"record {number}: not an article: expected an object")


def _article(source: Source, record: Mapping[str, object], number: int) -> Iterator[Article | SourceError]:
    try:
        sha256 = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
        yield from article_of(source, record, number, sha256, "record")
    except SourceError as error:
        yield SourceError(f"record {number}: {error.reason}")


def _what_is_whole(source: Source, text: str, error: SourceError) -> Iterator[Article | SourceError]:
    """Yield the complete articles in invalid JSON, after its ``error``, which is raised without any."""
    for key in first_keys_in_lists(text)[:_KEYS]:
        records = list(whole_objects(text, key))
        if _FEED in text[:_BEGINNING]:
            records = [record and _feed_fields(record) for record in records]
        if _has_articles(records, source):
            yield SourceError(f"{error.reason}; what is whole in it is read")
            for number, record in enumerate(records, 1):
                if record is None:
                    yield SourceError(f"record {number}: broken")
                else:
                    yield from _article(source, record, number)
            return
    raise error


def _has_articles(records: Sequence[object], source: Source) -> bool:
    return any(text_field(record, source.columns) for record in records if isinstance(record, dict))


def _records(value: object) -> list[object]:
    """Return the items of a list, of the only list of objects in the document, or of a JSON Feed, with the usual field names."""
    if isinstance(value, dict):
        lists = [item for item in value.values() if isinstance(item, list) and item and all(isinstance(part, dict) for part in item)]
        feed = str(value.get("version", "")).startswith(_FEED)
        value = value.get("items") if feed else lists[0] if len(lists) == 1 else None
        if feed and isinstance(value, list):
            return [_feed_fields(item) if isinstance(item, dict) else item for item in value]
    return value if isinstance(value, list) else []


def _feed_fields(record: Mapping[str, object]) -> dict[str, object]:
    fields = {_FEED_NAMES.get(name, name): value for name, value in record.items() if name not in ("content_html", "summary")}
    if "text" not in fields:
        html = record.get("content_html")
        fields["text"] = text_of_html(html) if isinstance(html, str) else record.get("summary")
    return fields
