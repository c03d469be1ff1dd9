"""JSON Lines, an article per line; and JSON: an article, lists of articles at any depth, objects by their keys, or a JSON Feed.

Articles have the fields of BEIR collections (``_id``, ``title``, ``text``) and ``date``, ``source``, ``url``, ``language``. Offsets count
in the text. An object that is truncated or malformed costs no other: the complete ones are found by their first key.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain, islice
from typing import AnyStr, TypeGuard

from newsdex.errors import SourceError
from newsdex.indexer.limits import MIB, in_words
from newsdex.indexer.readers.bounds import placed
from newsdex.indexer.readers.decoding import byte_order_mark, decode, decode_records
from newsdex.indexer.readers.fields import NAMES, SUMMARIES, URI, article_of, by_summary, hint_of, is_titled, text_field, with_parts
from newsdex.indexer.source import Source
from newsdex.records import Article

_LONGEST = 64 * MIB  # longest line, in bytes or characters
_FEED = "https://jsonfeed.org/version/"  # https://www.jsonfeed.org/version/1.1/
_BEGINNING = 1000  # characters that must include the version of a JSON Feed
_FEED_NAMES = {"content_text": "text", "date_published": "date"}
_FIRST_KEY = re.compile(r'(?:\A|\[)\s*\{\s*"([^"\\]{0,100})"\s*:')  # of the object that is the text, or of the first one in a list
_DEEPEST = 8  # lists and objects around a list of articles
_LISTS = 1000  # lists whose objects' first keys are read
_KEYS = 10  # first keys of objects that are tried
_EFFORT = 20  # characters read in vain, in multiples of the text's length


def read_lines(source: Source) -> Iterator[Article | SourceError]:
    """Read JSON Lines of any size, line by line."""
    articles = 0
    for number, line in enumerate(_lines(source), 1):
        for item in placed(read_line(source, number, line), f"line {number}"):
            articles += isinstance(item, Article)
            if articles == 1 and isinstance(item, Article):
                with suppress(SourceError):
                    if isinstance(record := _load(decode(line)), dict):
                        yield from by_summary(record, source.reading.columns)
            yield item


def _lines(source: Source) -> Iterator[bytes]:
    """Yield the lines of the file, none much longer than ``_LONGEST``; those of UTF-16 or UTF-32 are converted to UTF-8."""
    with source.open() as file:
        mark, encoding = byte_order_mark(file.read(4))
        file.seek(len(mark))
        if encoding in ("", "utf-8"):
            yield from _cut(file.readline, b"\n")
        else:
            with io.TextIOWrapper(file, encoding, "replace", newline="\n") as lines:
                for line in _cut(lines.readline, "\n"):
                    yield line.encode("utf-8", "replace")


def _cut(readline: Callable[[int], AnyStr], end: AnyStr) -> Iterator[AnyStr]:
    """Yield lines, of an overlong one the beginning, which is overlong too."""
    while line := readline(_LONGEST + 1):
        yield line
        while len(line) > _LONGEST and not line.endswith(end):
            line = readline(_LONGEST + 1)
            if not line:
                return


def read_line(source: Source, number: int, line: bytes) -> Iterator[Article | SourceError]:
    """Yield the article of a line; of a broken line, as an interrupted writer leaves, its problem and the complete objects."""
    if len(line) > _LONGEST:
        raise SourceError(f"longer than {in_words(_LONGEST)}")
    text, sha256 = decode(line), hashlib.sha256(line).hexdigest()
    if not text.strip():
        return
    try:
        record = _load(text)
    except SourceError as error:
        yield error
        first = _FIRST_KEY.match(text)
        whole = [record for record in _whole_objects(text, first[1]) if record is not None] if first else []
        for place, record in enumerate(whole):
            for item in article_of(source, record, number, hashlib.sha256(f"{sha256}#{place}".encode()).hexdigest()):
                if isinstance(item, Article) and place and item.id == f"{source.name}#{number}":
                    yield replace(item, id=f"{item.id}.{place}")
                else:
                    yield item
        return
    if not isinstance(record, dict):
        raise SourceError('not an article: expected an object with the field "text"')
    if _is_ninjs(record):
        from newsdex.indexer.readers import ninjs

        yield from ninjs.article(source, record, number, sha256)
    else:
        yield from article_of(source, record, number, sha256)


def read(source: Source) -> Iterator[Article | SourceError]:
    """Read a document."""
    text = decode_records(source.content())
    if not text.strip():
        raise SourceError("no text")
    otherwise = "not an article: expected an object"
    try:
        value = _load(text)
    except SourceError as error:
        if _is_lines(text, source):
            yield from read_lines(source)
            return
        records, otherwise = _what_is_whole(source, text), "broken"
        if not records:
            raise
        yield SourceError(f"{error.reason}; the undamaged part is read")
    else:
        if known := _known(value, source):
            yield from known
            return
        found: Iterator[Sequence[object]] = (find(value, source) for find in (_feed_items, _records, _rows))
        records = next((several for several in found if _has_articles(several, source)), [])
        if not records:
            if isinstance(value, dict) and _has_text(value, source):
                yield from article_of(source, value, 0, source.sha256)
                return
            raise SourceError(_no_articles(value, source))
    first = next(record for record in records if isinstance(record, dict) and _has_text(record, source))
    yield from by_summary(first, source.reading.columns)
    for number, record in enumerate(records, 1):
        yield from placed(_article(source, record, number, otherwise), f"record {number}")


def _known(value: object, source: Source) -> Iterator[Article | SourceError] | None:
    """Return the articles of a news agency's items, or the one that ``value`` is; None of anything else."""
    if items := _ninjs_items(value):
        from newsdex.indexer.readers import ninjs

        return ninjs.articles(source, items) if len(items) > 1 else ninjs.article(source, items[0], 0, source.sha256)
    if isinstance(value, dict) and _has_text(value, source, by_summary=False):
        return article_of(source, value, 0, source.sha256)
    return None


def _article(source: Source, record: object, number: int, otherwise: str) -> Iterator[Article | SourceError]:
    if not isinstance(record, dict):
        raise SourceError(otherwise)
    yield from article_of(source, record, number, hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest())


def _is_lines(text: str, source: Source) -> bool:
    """Return whether invalid JSON is JSON Lines: its first line is an article, and the next begins as an object."""
    first, _, rest = text.strip().partition("\n")
    with suppress(SourceError):
        return rest.lstrip().startswith("{") and isinstance(record := _load(first), dict) and _has_text(record, source)
    return False


def _what_is_whole(source: Source, text: str) -> Sequence[object]:
    """Return the objects in invalid JSON, None for each broken one; none if there is no complete article."""
    begun = [*islice(_FIRST_KEY.finditer(text), _LISTS)]
    keys = dict.fromkeys(found[1] for found in sorted(begun, key=lambda found: not found[0].startswith("[")))
    for key in islice(keys, _KEYS):
        records = list(_whole_objects(text, key))
        if _FEED in text[:_BEGINNING]:
            records = [record and _feed_fields(record) for record in records]
        if _has_articles(records, source):
            return records
    return []


def _has_articles(records: Sequence[object], source: Source) -> bool:
    return any(_has_text(record, source) for record in records if isinstance(record, dict))


def _has_text(record: Mapping[str, object], source: Source, *, by_summary: bool = True) -> bool:
    columns = source.reading.columns
    name = text_field(with_parts(record, columns), columns)
    return name is not None and (by_summary or name not in SUMMARIES or name == columns.get("text"))


def _is_titled(records: Sequence[object], source: Source) -> bool:
    return any(is_titled(record, source.reading.columns) for record in records if isinstance(record, dict))


def _feed_items(value: object, _: Source) -> list[object]:
    """Return the items of a JSON Feed with the usual field names; none of anything else."""
    if not isinstance(value, dict) or not str(value.get("version", "")).startswith(_FEED) or not isinstance(value.get("items"), list):
        return []
    return [_feed_fields(item) if isinstance(item, dict) else item for item in value["items"]]


def _ninjs_items(value: object) -> Sequence[Mapping[str, object]]:
    """Return the items of news agencies' JSON: one, a list, or a list in an object; none of anything else."""
    if _is_ninjs(value):
        return [value]
    lists = [value] if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    return next((items for items in lists if isinstance(items, list) and items and all(map(_is_ninjs, items))), [])


def _is_ninjs(value: object) -> TypeGuard[Mapping[str, object]]:
    names = {name.lower() for name in value} if isinstance(value, dict) else set()
    return not names.isdisjoint(("uri", "guid")) and "versioncreated" in names


def _records(value: object, source: Source) -> list[object]:
    """Return the objects of the outermost lists with articles; if some lists have titles, of these: comments have none."""
    found = [records for records in _lists(value, source) if _has_articles(records, source)]
    titled = [records for records in found if _is_titled(records, source)]
    return list(chain.from_iterable(titled or found))


def _lists(value: object, source: Source) -> Iterator[list[object]]:
    """Yield the lists in ``value``, and objects that are mostly articles by their keys, from the outside, not those within articles."""
    level = [value]
    for _ in range(_DEEPEST):
        inner: list[object] = []
        for item in level:
            records = _keyed(item, source) if isinstance(item, dict) else item if isinstance(item, list) else []
            if records and any(isinstance(record, dict) for record in records):
                yield records
            if not _has_articles(records, source):
                parts = item.values() if isinstance(item, dict) else records
                inner += [part for part in parts if isinstance(part, dict | list)]
        level = inner


def _keyed(value: Mapping[str, object], source: Source) -> list[object]:
    """Return the objects in ``value``, with ids by their keys, if they are mostly articles; none otherwise."""
    parts = list(value.values())
    if not all(isinstance(part, dict) for part in parts):
        return []
    if 2 * sum(_has_text(part, source) for part in parts if isinstance(part, dict)) <= len(parts):
        return []
    own = {key: key if URI.fullmatch(key) else f"{source.name}#{key}" for key in value}
    names = {*NAMES["id"], source.reading.columns.get("id")}
    return [part if names & {*part} else {**part, "_id": own[key]} for key, part in value.items() if isinstance(part, dict)]


def _rows(value: object, _: Source) -> list[object]:
    """Return the rows of a table that is written by its columns, ``{"text": {"0": ..., "1": ...}, ...}``, as pandas does; else none."""
    columns = list(value.values()) if isinstance(value, dict) else []
    if not columns or not all(isinstance(column, dict) and column.keys() == columns[0].keys() for column in columns):
        return []
    return [{name: column[row] for name, column in value.items()} for row in columns[0]] if isinstance(value, dict) else []


def _no_articles(value: object, source: Source) -> str:
    """Return why no article was found in ``value``, and what its fields are: of its first list of objects, else its own."""
    wanted = source.reading.columns.get("text", "text")
    why = f'no articles: expected an object with the field "{wanted}", or a list of such objects'
    first = next((part for records in _lists(value, source) for part in records if isinstance(part, dict)), value)
    hint = hint_of(first) if isinstance(first, dict) and wanted not in first else ""
    return f"{why}{hint}"


def _feed_fields(record: Mapping[str, object]) -> dict[str, object]:
    fields = {_FEED_NAMES.get(name, name): value for name, value in record.items() if name not in ("content_html", "summary")}
    if "text" not in fields:
        html = record.get("content_html")
        fields["text"] = f"<div>{html}</div>" if isinstance(html, str) else record.get("summary")
    return fields


def _load(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise SourceError(f"invalid JSON: {error.msg} (character {error.pos + 1})") from error
    except ValueError as error:  # a number with too many digits for Python
        raise SourceError("invalid JSON: a number with too many digits") from error
    except RecursionError as error:
        raise SourceError("invalid JSON: nested too deeply") from error


def _whole_objects(text: str, key: str) -> Iterator[dict[str, object] | None]:
    """Yield the outermost objects in ``text`` that begin with ``key``, in order; None for each broken one."""
    beginning = re.compile(rf'\{{\s*"{re.escape(key)}"\s*:')
    decoder = json.JSONDecoder()
    effort, start = _EFFORT * len(text), 0
    while effort >= 0 and (found := beginning.search(text, start)):
        start = found.end()
        try:
            value, start = decoder.raw_decode(text, found.start())
            yield value
            continue
        except json.JSONDecodeError as error:
            effort -= error.pos - found.start()
        except (ValueError, RecursionError):  # a number with too many digits, or nested too deeply
            effort -= len(text)
        yield None
