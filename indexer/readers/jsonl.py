"""JSON Lines: an article per line, in the fields of BEIR collections (``_id``, ``title``, ``text``) and ``date``, ``source``, ``url``,
``language``.

Offsets count in the field ``text``. Files of any size are read line by line.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import AnyStr

from newsdex.errors import SourceError
from newsdex.indexer.limits import MIB, in_words
from newsdex.indexer.readers.broken_json import first_key, whole_objects
from newsdex.indexer.readers.decoding import byte_order_mark, decode
from newsdex.indexer.readers.fields import article_of
from newsdex.indexer.source import Source
from newsdex.records import Article

_LONGEST = 64 * MIB  # longest line, in bytes or characters


def read(source: Source) -> Iterator[Article | SourceError]:
    for number, line in enumerate(_lines(source), 1):
        try:
            text = _text(line)
            if text.strip():
                yield from _articles(source, number, text, hashlib.sha256(line).hexdigest())
        except SourceError as error:
            yield SourceError(f"line {number}: {error.reason}")


def _text(line: bytes) -> str:
    if len(line) > _LONGEST:
        raise SourceError(f"longer than {in_words(_LONGEST)}")
    return decode(line)


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


def load(text: str) -> object:
    """Parse JSON. Raises SourceError when it is invalid."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise SourceError(f"invalid JSON: {error.msg} (character {error.pos + 1})") from error
    except ValueError as error:  # a number with too many digits for Python
        raise SourceError("invalid JSON: a number with too many digits") from error
    except RecursionError as error:
        raise SourceError("invalid JSON: nested too deeply") from error


def _articles(source: Source, number: int, line: str, sha256: str) -> Iterator[Article | SourceError]:
    """Yield the article of a line; of a broken line its problem and the complete objects in it.

    A line breaks, for example, when a writer is stopped within it and later resumes.
    """
    try:
        record = load(line)
    except SourceError as error:
        yield SourceError(f"line {number}: {error.reason}")
        key = first_key(line)
        whole = [record for record in whole_objects(line, key) if record is not None] if key is not None else []
        for place, record in enumerate(whole):
            for item in article_of(source, record, number, hashlib.sha256(f"{sha256}#{place}".encode()).hexdigest(), "line"):
                if isinstance(item, Article) and place and item.id == f"{source.name}#{number}":
                    yield replace(item, id=f"{item.id}.{place}")
                else:
                    yield item
        return
    if not isinstance(record, dict):
        raise SourceError('not an article: expected an object with the field "text"')
    yield from article_of(source, record, number, sha256, "line")
