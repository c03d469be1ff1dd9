"""JSON: an article, a list of articles, an object with such a list, or a JSON Feed. Offsets count from the beginning of an article's text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping

from newsdex.errors import SourceError
from newsdex.indexer.decoding import decode
from newsdex.indexer.readers.fields import article_of, text_field
from newsdex.indexer.readers.jsonl import load
from newsdex.indexer.readers.markup import text_of_html
from newsdex.indexer.source import Source
from newsdex.records import Article

_FEED = "https://jsonfeed.org/version/"  # https://www.jsonfeed.org/version/1.1/
_FEED_NAMES = {"content_text": "text", "date_published": "date"}


def read(source: Source) -> Iterator[Article | SourceError]:
    text = decode(source.content())
    if not text.strip():
        raise SourceError("no text")
    value = load(text)
    feed = isinstance(value, dict) and str(value.get("version", "")).startswith(_FEED)
    for number, record in enumerate(_records(value, source), 1):
        try:
            if not isinstance(record, dict):
                raise SourceError('not an article: expected an object with the field "text"')
            whole = record is value
            fields = _feed_fields(record) if feed else record
            sha256 = source.sha256 if whole else hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
            for item in article_of(source, fields, 0 if whole else number, sha256, "record"):
                yield _named_after_file(item, source) if whole else item
        except SourceError as error:
            yield error if record is value else SourceError(f"record {number}: {error.reason}")


def _records(value: object, source: Source) -> list[object]:
    """The records of a document: its items, those of the only list of objects in it, or itself."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and text_field(value, source.columns) is None:
        lists = [item for item in value.values() if isinstance(item, list) and item and all(isinstance(part, dict) for part in item)]
        if len(lists) == 1:
            return lists[0]
    return [value]


def _feed_fields(record: Mapping[str, object]) -> dict[str, object]:
    fields = {_FEED_NAMES.get(name, name): value for name, value in record.items() if name not in ("content_html", "summary")}
    if "text" not in fields:
        html = record.get("content_html")
        fields["text"] = text_of_html(html) if isinstance(html, str) else record.get("summary")
    return fields
