"""CSV and TSV: a header, then an article per row, in the fields of the header. Offsets count in each article's text."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import deque
from collections.abc import Iterator

from newsdex.errors import SourceError
from newsdex.indexer.readers.bounds import placed
from newsdex.indexer.readers.decoding import byte_order_mark, decode, decode_records, is_utf8
from newsdex.indexer.readers.fields import article_of, check_columns, record_of_row
from newsdex.indexer.source import Source
from newsdex.records import Article
from newsdex.values import amount

_DELIMITERS = ",\t;|"
TELLS = re.compile(r'"?sep=(?:([^\w\s"]|\t)|.?)"?[\r\n]*', re.IGNORECASE)  # a first line that Excel reads and does not show
_SAMPLE = 1 << 20  # bytes from which the encoding is detected
_MANY_LINES = 16  # lines of a row that look like rows, from which a quotation mark may be missing
_MANY_CHARACTERS = 1 << 22  # characters of such lines from which the row is given up even before its end
_SURE = 0.9  # share of lines that must look like rows
_LIKELY = 0.5  # the same where the quotation marks are also wrong
_EFFORT = 20  # lines that may be examined again, in multiples of the lines read
_MOST_LINES_AGAIN = 10_000
_LONGEST_FIELD = 64_000_000  # characters; the csv module's default is 131,072


def read(source: Source) -> Iterator[Article | SourceError]:
    csv.field_size_limit(_LONGEST_FIELD)  # the limit is global in the csv module
    lines = _Lines(source)
    yield from check_columns(source, lines.header, lines.header)
    rows = csv.reader(lines, delimiter=lines.delimiter)
    while True:
        lines.taken.clear()
        number = lines.number + 1
        try:
            row = next(rows)
            lines.check(row)
            yield from (SourceError(f"line {number}: {remark}", lost=False) for remark in lines.remarks())
            if any(value.strip() for value in row):
                yield from placed(_article(source, lines.header, row, number, lines.taken), f"line {number}")
        except StopIteration:
            return
        except _UnclosedQuote:
            after = "reading continued at the next line" if lines.go_back() else "everything after it is lost"
            yield SourceError(f"line {number}: a quotation mark is not closed; {after}")
            rows = csv.reader(lines, delimiter=lines.delimiter)
        except (SourceError, csv.Error) as error:
            yield SourceError(f"line {number}: {error}")


def _article(source: Source, header: list[str], row: list[str], number: int, lines: list[str]) -> Iterator[Article | SourceError]:
    if len(row) > len(header):
        raise SourceError(f"{amount(len(row), 'field')}, expected {len(header)}")
    yield from article_of(source, record_of_row(header, row), number, hashlib.sha256("".join(lines).encode()).hexdigest())


class _UnclosedQuote(Exception):
    """A row continues in the next ones because of a missing or superfluous quotation mark."""


class _Lines(Iterator[str]):
    """The lines of a file with their ends, behind the ``header`` that names the columns; ``number`` counts them, ``taken`` has those of the
    current row. Raises _UnclosedQuote where a row has taken so many lines that look like rows that its quotation mark must be a mistake.
    """

    def __init__(self, source: Source) -> None:
        self._lines = _decoded(source)
        self._again: list[str] = []  # lines to be returned again, the next one last
        self._effort = 0  # lines that were returned or examined again
        self.number = 0
        self.taken: list[str] = []
        self.header: list[str] = []
        first = next((line for line in self if line.strip()), "")
        if told := TELLS.fullmatch(first):
            first = next((line for line in self if line.strip()), "")
        if not first:
            raise SourceError("no text")
        self.delimiter = (told and told[1]) or max(_DELIMITERS, key=first.count)  # the most frequent
        try:
            self.header = [name.strip() for name in next(csv.reader([first], delimiter=self.delimiter))]
        except csv.Error as error:  # for example a carriage return in it
            raise SourceError(f"line {self.number}: {error}") from error

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
        """Raise _UnclosedQuote if ``row`` has taken lines of other rows."""
        if len(self.taken) > 1 and self._is_unclosed(row):
            raise _UnclosedQuote

    def _is_unclosed(self, row: list[str]) -> bool:
        """Return whether a ``row`` of several lines is a mistake: unended, or like several rows with wrong quoting or field count."""
        try:
            deque(csv.reader((line.replace("\0", "") for line in self.taken), delimiter=self.delimiter, strict=True), 0)
        except csv.Error as error:
            return "unexpected end" in str(error) or self._are_rows(self.taken[1:], _LIKELY)
        if len(row) > len(self.header):
            return self._are_rows(self.taken[1:], _LIKELY)
        return len(row) < len(self.header) and self._are_rows(self.taken[1:], _SURE, _MANY_LINES)

    def remarks(self) -> Iterator[str]:
        """Yield remarks on a valid row: its lines may be rows, if its first and last have all fields when quotation marks are ignored."""
        if any("\0" in line for line in self.taken):
            yield "contains zero bytes; indexed without them"
        first, *others = self.taken
        if len(others) < _MANY_LINES or any(line.count(self.delimiter) < len(self.header) - 1 for line in (first, others[-1])):
            return
        if self._are_rows(others[:-1], _SURE):
            yield (
                f"its next {len(others)} lines are read as text of it, though they look like rows; if they are, a quotation mark is missing"
            )

    def _are_rows(self, lines: list[str], share: float, least: int = 1) -> bool:
        """Return whether this share of ``lines``, and at least this many, have as many fields as there are columns."""
        if len(self.header) < 2:  # noqa: PLR2004 - a line of one column looks like any other
            return False
        self._effort += len(lines)
        if self._effort > _EFFORT * (self.number + _MOST_LINES_AGAIN):
            return False
        try:
            counts = [len(row) for row in csv.reader((line.replace("\0", "") for line in lines), delimiter=self.delimiter) if row]
        except csv.Error:  # for example a line that begins with a carriage return, valid only in a quoted field
            return False
        return len(counts) >= least and counts.count(len(self.header)) >= share * len(counts)

    def go_back(self) -> bool:
        """Return all lines of the row but the first to the input, if they look like rows; return whether they do."""
        if not self._are_rows(self.taken[1:], _LIKELY):
            return False
        self._again += reversed(self.taken[1:])
        self.number -= len(self.taken) - 1
        return True


def _decoded(source: Source) -> Iterator[str | bytes]:
    """Yield the lines of a file: UTF-8 is streamed; the encoding of others needs the whole content."""
    with source.open() as file:
        sample = file.read(_SAMPLE)
        file.seek(0)
        mark, encoding = byte_order_mark(sample)
        # As the Macintosh wrote it, with carriage returns alone
        has_line_ends = b"\n" in sample or b"\r" not in sample
        if encoding in ("", "utf-8") and has_line_ends and b"\0" not in sample and is_utf8(sample, whole=False):
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
