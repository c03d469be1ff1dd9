"""Articles that a program has in memory: mappings, read as the lines of a JSON Lines file are, and ``Article`` objects."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from newsdex.errors import SourceError, UsageError
from newsdex.given import short
from newsdex.indexer.changes import has_text
from newsdex.indexer.limits import Limits, in_words
from newsdex.indexer.readers.bounds import bounded, capped, placed
from newsdex.indexer.readers.dates import forced
from newsdex.indexer.readers.decoding import without_surrogates
from newsdex.indexer.readers.fields import NAMES, code_of
from newsdex.indexer.readers.json_records import read_line
from newsdex.indexer.source import Reading, Source
from newsdex.indexer.workers.protocol import article_of, pack_article
from newsdex.records import ADDED, MEMBER, Article

_SHA256 = 32  # bytes


def read_added(articles: Any, base: Path, reading: Reading, limits: Limits) -> Iterator[Article | SourceError]:
    """Yield the articles in ``articles``, an iterable of mappings and Article objects; ``base`` is the index's. Raises UsageError, at once
    for another type and later for an item of one, and whatever ``articles`` raises.
    """
    if isinstance(articles, str | bytes | Mapping | Article) or not isinstance(articles, Iterable):
        raise UsageError(f"articles: one {type(articles).__name__} is not a list: expected a list or another iterable of mappings")
    order = reading.date_order == "dmy" if reading.date_order else None
    source = Source(
        base / ADDED, ADDED, reading, day_first=lambda *pair: order if (alone := forced(*pair)) is None else alone, limits=limits
    )
    return capped(_items(articles, source))


def _items(articles: Iterable[object], source: Source) -> Iterator[Article | SourceError]:
    names = [*filter(None, [source.reading.columns.get("id")]), *NAMES["id"]]
    for number, given in enumerate(articles, 1):
        if not isinstance(given, Mapping | Article):
            raise UsageError(f"article {number} is {short(given)}: expected a mapping, such as {{'id': '1', 'text': '...'}}, or an Article")
        ids = [given.id] if isinstance(given, Article) else map(given.get, names)
        told = next((f" ({short(told)})" for told in ids if isinstance(told, str | int) and told), "")
        yield from placed(_checked(given, number, source), f"article {number}{told}")


def _checked(given: Mapping[str, object] | Article, number: int, source: Source) -> Iterator[Article | SourceError]:
    found = iter([_copied(given, source)]) if isinstance(given, Article) else read_line(source, number, _line(given))
    for item in found:
        if isinstance(item, SourceError):
            yield item
            continue
        if item.id.strip() in ("", f"{source.name}#{number}"):
            raise SourceError('no id: expected a field "id", by which the article can be replaced and deleted')
        if not has_text(item):
            raise SourceError("no text")
        if len(item.text.encode()) > source.limits.text:
            raise SourceError(f"more than {in_words(source.limits.text)} of text in one article")
        # Its number in this call says nothing to anyone later
        yield from bounded(replace(item, record=0), source.name)


def _line(record: Mapping[str, object]) -> bytes:
    try:
        return without_surrogates(json.dumps(dict(record), default=_plain, ensure_ascii=False)).encode() + b"\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise SourceError(f"cannot be JSON: {error}") from error


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{short(value)} is of the type {type(value).__name__}, expected text, a number, a date or a list")


def _copied(article: Article, source: Source) -> Article:
    """``article``, which may be of another archive, as one of ``source``."""
    try:
        article.id.encode(errors="surrogateescape")  # it may be the name of a file, which need not be UTF-8, unlike all else
        metadata = {name: value for name, value in article.metadata.items() if name != MEMBER}
        fields, text = pack_article(replace(article, id="", body=article.main, record=0, metadata=metadata))
        copied = article_of(json.loads(fields.decode()), text, source.path)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceError(f"not a valid Article: {error}") from error
    sha256 = copied.sha256 if len(bytes.fromhex(copied.sha256)) == _SHA256 else hashlib.sha256(text).hexdigest()
    return replace(copied, id=article.id, sha256=sha256, language=code_of(copied.language))
