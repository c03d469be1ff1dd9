"""CSV and TSV: a header, then an article a row, in the fields that the header names. Offsets count from the beginning of the text."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
from collections import deque
from collections.abc import Iterator

from newsdex.errors import SourceError
from newsdex.indexer.readers.decoding import byte_order_mark, decode, decode_records
from newsdex.indexer.readers.fields import article_of, text_field
from newsdex.indexer.source import Source
from newsdex.records import Article

_DELIMITERS = ",\t;|"
_SAMPLE = 1 << 20  # bytes that show the encoding
_MANY_LINES = 16  # of a row that are rows themselves: then it may be none
_MANY_CHARACTERS = 1 << 22  # of such lines: then it is none, whether something ends it or not
_SURE = 0.9  # part of them
_LIKELY = 0.5  # part of them, where the quotation marks are wrong as well
_EFFORT = 20  # times as many lines as there are may be looked at again
_MOST_LINES_AGAIN = 10_000
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
    lines.columns, lines.delimiter = len(header), delimiter
    rows = csv.reader(lines, delimiter=delimiter)
    while True:
        lines.taken.clear()
        number = lines.number + 1
        try:
            row = next(rows)
            lines.check(row)
            yield from (SourceError(f"line {number}: {remark}", lost=False) for remark in lines.remarks())
            if any(value.strip() for value in row):
                yield from _article(source, header, row, number, lines.taken)
        except StopIteration:
            return
        except _UnclosedQuote:
            on = lines.go_back()
            yield SourceError(
                f"line {number}: a quotation mark is not closed; {'read on at the next line' if on else 'all behind it is lost'}"
            )
            rows = csv.reader(lines, delimiter=delimiter)
        except (SourceError, csv.Error) as error:
            yield SourceError(f"line {number}: {error}")


def _article(source: Source, header: list[str], row: list[str], number: int, lines: list[str]) -> Iterator[Article | SourceError]:
    if len(row) > len(header):
        raise SourceError(f"{len(row)} fields, expected {len(header)}")
    record = dict(zip(header, row, strict=False))
    yield from article_of(source, record, number, hashlib.sha256("".join(lines).encode()).hexdigest(), "line")


class _UnclosedQuote(Exception):
    """A row goes on in the next ones, for a quotation mark in it is missing or is one too many."""


def _header(lines: _Lines) -> tuple[list[str], str]:
    """The names of the columns, and the delimiter: the one that the first line has most of."""
    first = next((line for line in lines if line.strip()), "")
    if not first:
        raise SourceError("no text")
    delimiter = max(_DELIMITERS, key=first.count)
    return [name.strip() for name in next(csv.reader([first], delimiter=delimiter))], delimiter


class _Lines(Iterator[str]):
    """The lines of a file with their ends; how many there were, and those since ``taken`` was emptied, which are a row's.

    Raises _UnclosedQuote where a row has taken so much text, in lines that are rows themselves, that its quotation mark must be a mistake.
    """

    def __init__(self, source: Source) -> None:
        self._lines = _decoded(source)
        self._again: list[str] = []  # lines that come again, the next one last
        self._effort = 0  # lines that have come again, or were looked at
        self.number = 0
        self.taken: list[str] = []
        self.columns = 0
        self.delimiter = ""

    def __next__(self) -> str:
        taken = self._again.pop() if self._again else next(self._lines)
        self.number += 1
        line = _text(taken)
        self.taken.append(line)
        count = len(self.taken)
        if (
            count >= _MANY_LINES
            and count & (count - 1) == 0
            and sum(map(len, self.taken)) > _MANY_CHARACTERS
            and self._are_rows(self.taken[1:], _SURE)
        ):
            raise _UnclosedQuote
        return line.replace("\0", "")

    def check(self, row: list[str]) -> None:
        """Raise _UnclosedQuote where all lines that ``row`` has taken are not its own."""
        if len(self.taken) > 1 and self._is_unclosed(row):
            raise _UnclosedQuote

    def _is_unclosed(self, row: list[str]) -> bool:
        """Whether a ``row`` of several lines is a mistake: nothing ever ends it, or its lines are rows, and it is quoted as no program
        would write it, or has not as many fields as there are columns.
        """
        try:
            deque(csv.reader((line.replace("\0", "") for line in self.taken), delimiter=self.delimiter, strict=True), 0)
        except csv.Error as error:
            return "unexpected end" in str(error) or self._are_rows(self.taken[1:], _LIKELY)
        if len(row) > self.columns:
            return self._are_rows(self.taken[1:], _LIKELY)
        return len(row) < self.columns and self._are_rows(self.taken[1:], _SURE, _MANY_LINES)

    def remarks(self) -> Iterator[str]:
        """What is to be said of a right row. Its lines may be rows that it has swallowed, and no text, where its first and its last have a
        row's fields as well, once quotation marks do not count.
        """
        if any("\0" in line for line in self.taken):
            yield "zero bytes in it; indexed without them"
        first, *others = self.taken
        if len(others) < _MANY_LINES or any(line.count(self.delimiter) < self.columns - 1 for line in (first, others[-1])):
            return
        if self._are_rows(others[:-1], _SURE):
            yield (
                f"its next {len(others)} lines are read as text of it, though they look like rows; if they are, a quotation mark is missing"
            )

    def _are_rows(self, lines: list[str], share: float, least: int = 1) -> bool:
        """Whether at least this share of ``lines``, and of this many, are rows: of as many fields as there are columns."""
        if self.columns == 1 or self._is_tired(len(lines)):
            return False
        try:
            counts = [len(row) for row in csv.reader((line.replace("\0", "") for line in lines), delimiter=self.delimiter) if row]
        except csv.Error:  # such as a line that begins with a carriage return, which only a quoted field can hold
            return False
        return len(counts) >= least and counts.count(self.columns) >= share * len(counts)

    def go_back(self) -> bool:
        """Let all lines of the row come again but the first, if they look like rows; say whether they do."""
        if not self._are_rows(self.taken[1:], _LIKELY):
            return False
        self._again += reversed(self.taken[1:])
        self.number -= len(self.taken) - 1
        return True

    def _is_tired(self, lines: int) -> bool:
        """Whether so many lines more are too many to be looked at again, for a file of as many as there have been."""
        self._effort += lines
        return self._effort > _EFFORT * (self.number + _MOST_LINES_AGAIN)


def _decoded(source: Source) -> Iterator[str | bytes]:
    """The lines of a file: one in UTF-8 is read as it goes, of another its whole content decides the encoding."""
    with source.open() as file:
        sample = file.read(_SAMPLE)
        file.seek(0)
        mark, encoding = byte_order_mark(sample)
        if encoding in ("", "utf-8") and b"\0" not in sample and _is_utf8(sample):
            file.seek(len(mark))
            while line := file.readline(_LONGEST_FIELD):
                yield line
        else:
            yield from io.StringIO(decode_records(file.read()), newline="")


def _text(line: str | bytes) -> str:
    if isinstance(line, str):
        return line
    try:
        return line.decode()
    except UnicodeDecodeError:
        return decode(line.replace(b"\0", b" "))


def _is_utf8(sample: bytes) -> bool:
    """Whether ``sample``, which may end inside a character, is UTF-8."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True
