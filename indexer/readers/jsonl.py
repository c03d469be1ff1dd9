"""JSON Lines: an article a line, in the fields of the BEIR collections (``_id``, ``title``, ``text``) and ``date``, ``source``, ``url``, ``language``.

Offsets count from the beginning of the field ``text``. The file is read line by line, however large it is.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator

from newsdex.errors import SourceError
from newsdex.indexer.readers.decoding import byte_order_mark, decode
from newsdex.indexer.readers.fields import article_of
from newsdex.indexer.source import Source
from newsdex.records import Article


def read(source: Source) -> Iterator[Article | SourceError]:
    for number, line in enumerate(_lines(source), 1):
        try:
            text = decode(line)
            if text.strip():
                yield from _article(source, number, text, hashlib.sha256(line).hexdigest())
        except SourceError as error:
            yield SourceError(f"line {number}: {error.reason}")


def _lines(source: Source) -> Iterator[bytes]:
    """The lines of the file; of one in UTF-16 or UTF-32, whose line ends are no single bytes, as UTF-8."""
    with source.open() as file:
        mark, encoding = byte_order_mark(file.read(4))
        file.seek(len(mark))
        if encoding in ("", "utf-8"):
            yield from file
        else:
            with io.TextIOWrapper(file, encoding, "replace", newline="\n") as lines:
                for line in lines:
                    yield line.encode("utf-8", "replace")


def load(text: str) -> object:
    """The value that a JSON text stands for. Raises SourceError when it is not JSON."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise SourceError(f"invalid JSON: {error.msg} (character {error.pos + 1})") from error
    except ValueError as error:  # a number of more digits than Python converts
        raise SourceError("invalid JSON: a number with too many digits") from error
    except RecursionError as error:
        raise SourceError("invalid JSON: nested too deeply") from error


def _article(source: Source, number: int, line: str, sha256: str) -> Iterator[Article | SourceError]:
    record = load(line)
    if not isinstance(record, dict):
        raise SourceError('not an article: expected an object with the field "text"')
    yield from article_of(source, record, number, sha256, "line")
