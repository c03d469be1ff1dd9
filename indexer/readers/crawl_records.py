"""Splits WARC and ARC files into records by their lengths, or the next header where one is wrong: a damaged one costs no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, NamedTuple

from newsdex.indexer.readers.gzip_members import Broken, gzip_members

LARGEST = 64_000_000  # largest record, in bytes; of a larger one only the beginning is kept
_WARC = rb"WARC/\d\.\d{1,2}\r?\n[A-Za-z][A-Za-z0-9-]{0,60}:"
_ARC = rb"[a-z][a-z0-9+.-]{1,20}:[^\r\n]{0,8000}? [0-9a-fA-F.:]{1,45} \d{14} \S{1,200} (?P<arc>\d{1,18})\r?\n"
_HEADER = re.compile(rb"%b|%b" % (_WARC, _ARC))
# After a truncated record, the next begins within a line; of ARC, whose first line may begin with almost anything, that cannot be detected.
_NEXT_HEADER = re.compile(rb"%b|(?<=\n)%b" % (_WARC, _ARC))
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,18})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_HEADER_END = re.compile(rb"\n\r?\n")
_GAP = re.compile(rb"[\r\n\0]*")  # what separates records
_RECORD_END = re.compile(rb"\r?\n\r?\n")
_LONGEST_HEADER = 1 << 16
_LONGEST_GAP = 1 << 12
_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 16
_OVERLAP = 10_000  # bytes, more than `_NEXT_HEADER` can match


class CrawlRecord(NamedTuple):
    """The bytes of a record with its header, only its beginning if ``large``. With a ``problem``, ``content`` is all that remains."""

    content: bytes
    problem: str = ""
    large: bool = False


def crawl_records(file: BinaryIO) -> Iterator[CrawlRecord]:
    """Yield all records in ``file``, compressed by gzip or not; other bytes between two records count as a lost one."""
    packed = file.read(len(_GZIP)) == _GZIP
    file.seek(0)
    pieces: Iterator[bytes | Broken] = gzip_members(file) if packed else iter(partial(file.read, _BLOCK), b"")
    while True:
        stretch = _Stretch(pieces)
        yield from stretch.records()
        if not stretch.broken:
            return


class _Stretch:
    """The content up to its end, or to where gzip fails; about one record is in memory."""

    def __init__(self, pieces: Iterator[bytes | Broken]) -> None:
        self._pieces = pieces
        self._buffer = bytearray()
        self._ended = False
        self._spoilt = False  # its end comes from a broken gzip member
        self.broken = ""

    def records(self) -> Iterator[CrawlRecord]:
        problem = ""
        while self._skip_gap():
            yield (record := self._next())
            problem = record.problem
        if self.broken and problem != self.broken:
            yield CrawlRecord(b"", self.broken)

    def _next(self) -> CrawlRecord:
        found = self._header()
        if found is None:
            return self._lost(f"{self._skip(1)} bytes that are not a record")
        start, end = found
        if end is None:
            self._skip(start)
            return self._lost("cut off" if self._ended and not self._buffer else "its header is broken or has no length")
        if end > LARGEST:
            return self._large(start, end)
        whole = self._fill(end)
        following = _NEXT_HEADER.search(self._buffer, start, end)
        # If no other record begins within it, the length is right if the record ends where it should.
        ends = whole and not (following or self._spoilt) and _RECORD_END.match(self._buffer, end)
        if ends or (whole and self._ends_at(end)):
            content = bytes(self._buffer[:end])
            del self._buffer[:end]
            return CrawlRecord(content)
        content = bytes(self._buffer[: following.start() if following else end])
        return self._lost(self._wrong(end - start, self._skip(start) - start), content)

    def _large(self, start: int, end: int) -> CrawlRecord:
        self._fill(start + _BLOCK)
        beginning = bytes(self._buffer[: start + _BLOCK])
        size = self._skip(start)
        if 0 <= size - end <= _LONGEST_GAP:
            return CrawlRecord(beginning, large=True)
        return self._lost(self._wrong(end - start, size - start))

    def _wrong(self, told: int, found: int) -> str:
        if self._buffer or found > told:
            return f"its header says {told} bytes, but the next record begins after {found}"
        return f"cut off: its header says {told} bytes, but there are {found}"

    def _lost(self, problem: str, content: bytes = b"") -> CrawlRecord:
        """Return a lost record, of which only ``content`` remains."""
        return CrawlRecord(b"", self.broken) if self.broken and not self._buffer else CrawlRecord(content, problem)

    def _header(self) -> tuple[int, int | None] | None:
        """Return the end of the header at the beginning, and the end of its record, None if unknown; None without a header."""
        self._fill(_LONGEST_HEADER)
        found = _HEADER.match(self._buffer)
        if found is None:
            return None
        if arc := found["arc"]:
            return found.end(), found.end() + int(arc)
        blank = _HEADER_END.search(self._buffer, 0, _LONGEST_HEADER)
        if blank is None or _NEXT_HEADER.search(self._buffer, 1, blank.end()):
            return 1, None
        told = _LENGTH.search(self._buffer, 0, blank.end())
        return blank.end(), blank.end() + int(told[1]) if told else None

    def _ends_at(self, end: int) -> bool:
        """Return whether the next record begins at ``end``, or nothing follows."""
        self._fill(end + _LONGEST_GAP + _LONGEST_HEADER)
        gap = _GAP.match(self._buffer, end, end + _LONGEST_GAP)
        assert gap
        if self._ended and gap.end() == len(self._buffer):
            return not self._spoilt
        return _HEADER.match(self._buffer, gap.end()) is not None

    def _skip_gap(self) -> bool:
        """Drop separators; return whether there is more."""
        while self._fill(1):
            gap = _GAP.match(self._buffer)
            assert gap
            if not gap.end():
                return True
            del self._buffer[: gap.end()]
        return False

    def _skip(self, start: int) -> int:
        """Drop everything before the next header at or after ``start``, or all; return the number of bytes dropped."""
        dropped = 0
        self._fill(start)
        while True:
            if found := _NEXT_HEADER.search(self._buffer, start):
                drop = found.start()
            else:
                drop = len(self._buffer) if self._ended else max(0, len(self._buffer) - _OVERLAP)
            del self._buffer[:drop]
            dropped += drop
            if found or self._ended:
                return dropped
            start = max(0, start - drop)
            self._fill(len(self._buffer) + _BLOCK)

    def _fill(self, size: int) -> bool:
        while len(self._buffer) < size and not self._ended:
            piece = next(self._pieces, b"")
            if isinstance(piece, Broken):
                self.broken = f"broken or cut off: {piece.reason} (from byte {piece.place} of the file)"
                self._spoilt, piece = piece.spoilt, b""
            self._ended = not piece
            self._buffer += piece
        return len(self._buffer) >= size
