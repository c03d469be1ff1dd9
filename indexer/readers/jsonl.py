"""JSON Lines: an article a line, in the fields of the BEIR collections (``_id``, ``title``, ``text``) and ``date``, ``source``, ``url``.

Offsets count from the beginning of the field ``text``. The file is read line by line, however large it is.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import json
from collections.abc import Iterator

from newsdex.errors import SourceError
from newsdex.indexer.decoding import decode, without_surrogates
from newsdex.indexer.readers.fields import read_fields
from newsdex.indexer.source import Source
from newsdex.records import Article, Span


def read(source: Source) -> Iterator[Article | SourceError]:
    for number, line in enumerate(_lines(source), 1):
        try:
            text = decode(line)
            if text.strip():
                yield from _article(source, number, text, hashlib.sha256(line).hexdigest())
        except SourceError as error:
            yield SourceError(f"line {number}: {error.reason}")


def _lines(source: Source) -> Iterator[bytes]:
    with source.path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            file.seek(0)
            yield from (line.encode("utf-8", "replace") for line in io.TextIOWrapper(file, "utf-16", "replace", newline="\n"))
        else:
            file.seek(0)
            yield from file


def _article(source: Source, number: int, line: str, sha256: str) -> Iterator[Article | SourceError]:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise SourceError(f"invalid JSON: {error.msg} (character {error.pos + 1})") from error
    except RecursionError as error:
        raise SourceError("invalid JSON: nested too deeply") from error
    if not isinstance(record, dict):
        raise SourceError('not an article: expected an object with the field "text"')
    text = record.get("text")
    if not isinstance(text, str):
        raise SourceError('not an article: the field "text" is missing or is not a string')
    fields = read_fields(record, "record")
    for problem in fields.problems:
        yield SourceError(f"line {number}: {problem.reason}")
    text = without_surrogates(text)
    yield Article(
        id=fields.id or f"{source.name}#{number}",
        text=text,
        path=source.path,
        sha256=sha256,
        title=fields.title,
        source=fields.source,
        url=fields.url,
        published=fields.published,
        record=number,
        body=Span(0, len(text)),
        metadata=fields.metadata,
    )
