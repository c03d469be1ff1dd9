"""CSV and TSV: a header, then an article a row, in the fields that the header names. Offsets count from the beginning of the text."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
from collections.abc import Iterator

from newsdex.errors import SourceError
from newsdex.indexer.readers.decoding import byte_order_mark, decode
from newsdex.indexer.readers.fields import article_of, text_field
from newsdex.indexer.source import Source
from newsdex.records import Article

_DELIMITERS = ",\t;|"
_SAMPLE = 1 << 20  # bytes that show the encoding
_LONGEST_FIELD = 64_000_000  # characters; the csv module's own limit is 131,072


def read(source: Source) -> Iterator[Article | SourceError]:
    csv.field_size_limit(_LONGEST_FIELD)  # the module knows it only for all at once
    lines = _Lines(source)
    header, delimiter = _header(lines)
    for name in source.columns.values():
        if name not in header:
            raise SourceError(f"it has no column {name!r}; its columns are: {', '.join(header)}")
    if text_field(dict.fromkeys(header, ""), source.columns) is None:
        raise SourceError(f'no column is called "text"; say which it is: --columns text=NAME, with a name of: {", ".join(header)}')
    rows = csv.reader(lines, delimiter=delimiter)
    while True:
        lines.taken.clear()
        number = lines.number + 1
        try:
            row = next(rows)
            if len(row) > len(header):
                yield SourceError(f"line {number}: {len(row)} fields, expected {len(header)}")
            elif any(value.strip() for value in row):
                record = dict(zip(header, row, strict=False))
                yield from article_of(source, record, number, hashlib.sha256("".join(lines.taken).encode()).hexdigest(), "line")
        except StopIteration:
            return
        except (SourceError, csv.Error) as error:
            yield SourceError(f"line {number}: {error}")


def _header(lines: _Lines) -> tuple[list[str], str]:
    """The names of the columns, and the delimiter: the one that the first line has most of."""
    first = next((line for line in lines if line.strip()), "")
    if not first:
        raise SourceError("no text")
    delimiter = max(_DELIMITERS, key=first.count)
    return [name.strip() for name in next(csv.reader([first], delimiter=delimiter))], delimiter


class _Lines(Iterator[str]):
    """The lines of a file with their ends; how many there were, and those since ``taken`` was emptied."""

    def __init__(self, source: Source) -> None:
        self._lines = _decoded(source)
        self.number = 0
        self.taken: list[str] = []

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        self.taken.append(line)
        return line.replace("\0", "")


def _decoded(source: Source) -> Iterator[str]:
    """The lines of a file: one in UTF-8 is read as it goes, of another its whole content decides the encoding."""
    with source.open() as file:
        sample = file.read(_SAMPLE)
        file.seek(0)
        mark, encoding = byte_order_mark(sample)
        if encoding in ("", "utf-8") and _is_utf8(sample):
            file.seek(len(mark))
            for line in file:
                yield decode(line)
        else:
            yield from io.StringIO(decode(file.read()), newline="")


def _is_utf8(sample: bytes) -> bool:
    """Whether ``sample``, which may end inside a character, is UTF-8."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return b"\0" not in sample
