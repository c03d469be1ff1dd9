"""The records of a WARC or ARC file, told apart by their lengths, and by their headers where a length is wrong: a damaged record costs no
other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from newsdex.indexer.readers.gzip_members import GzipMembers

LARGEST = 64_000_000  # bytes of a record; of a larger one only the beginning is kept
_WARC = rb"WARC/\d\.\d{1,2}\r?\n[A-Za-z][A-Za-z0-9-]{0,60}:"
_ARC = rb"[a-z][a-z0-9+.-]{1,20}:[^\r\n]{0,8000}? [0-9a-fA-F.:]{1,45} \d{14} \S{1,200} (?P<arc>\d{1,18})\r?\n"
_HEADER = re.compile(rb"%b|%b" % (_WARC, _ARC))
# Behind what is cut off, a record begins within a line; of ARC, whose first line may begin with almost anything, that cannot be told.
_NEXT_HEADER = re.compile(rb"%b|(?<=\n)%b" % (_WARC, _ARC))
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,18})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_HEADER_END = re.compile(rb"\n\r?\n")
_GAP = re.compile(rb"[\r\n\0]*")  # what stands between records
_RECORD_END = re.compile(rb"\r?\n\r?\n")
_LONGEST_HEADER = 1 << 16
_LONGEST_GAP = 1 << 12
_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 16
_OVERLAP = 10_000  # bytes; more than `_NEXT_HEADER` can match


class CrawlRecord(NamedTuple):
    """The bytes of a record, header included; ``large``: only its beginning. Where there is a ``problem``, it is lost, or no more of it is
    left than ``content``.
    """

    content: bytes
    problem: str = ""
    large: bool = False


def crawl_records(file: BinaryIO) -> Iterator[CrawlRecord]:
    """All records in ``file``, packed by gzip or not; what stands between two records and is none is one that is lost."""
    stretch = _Stretch(file)
    while stretch.begin():
        while record := stretch.next():
            yield record
        if stretch.broken and not stretch.named:
            yield CrawlRecord(b"", stretch.broken)


class _Stretch:
    """The content up to its end, or to where gzip cannot unpack it; about a record of it is in memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        packed = file.read(len(_GZIP)) == _GZIP
        file.seek(0)
        self._members = GzipMembers(file) if packed else None
        self._buffer = bytearray()
        self._ended = False
        self._spoilt = False  # its end comes from a gzip member that is broken
        self.broken = ""
        self.named = False  # `broken` has been told as the reason why a record is lost

    def begin(self) -> bool:
        """Begin the next stretch; say whether there is one."""
        if self._ended and not self.broken:
            return False
        self._ended, self._spoilt, self.broken, self.named = False, False, "", False
        return self._fill(1) or bool(self.broken)

    def next(self) -> CrawlRecord | None:
        """The next record; None at the end of the stretch."""
        if not self._skip_gap():
            return None
        found = self._header()
        if found is None:
            return self._lost(f"{self._skip(1)} bytes that are no record")
        start, end = found
        if end is None:
            self._skip(start)
            return self._lost("cut off" if self._ended and not self._buffer else "its header is broken, or does not say how long it is")
        if end > LARGEST:
            return self._large(start, end)
        whole = self._fill(end)
        following = _NEXT_HEADER.search(self._buffer, start, end)
        # Of a record that is followed by something else than a record, the length is right if its end is where it should be.
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
        """A record that is lost, or of which no more than ``content`` is left."""
        if self.broken and not self._buffer:
            self.named = True
            return CrawlRecord(b"", self.broken)
        return CrawlRecord(content, problem)

    def _header(self) -> tuple[int, int | None] | None:
        """Where the header at the beginning ends, and where its record, None if that is not told; None where there is no header."""
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
        """Whether the next record begins at ``end``, or nothing follows there."""
        self._fill(end + _LONGEST_GAP + _LONGEST_HEADER)
        gap = _GAP.match(self._buffer, end, end + _LONGEST_GAP)
        assert gap
        if self._ended and gap.end() == len(self._buffer):
            return not self._spoilt
        return _HEADER.match(self._buffer, gap.end()) is not None

    def _skip_gap(self) -> bool:
        """Drop what stands between records; say whether there is more."""
        while self._fill(1):
            gap = _GAP.match(self._buffer)
            assert gap
            if not gap.end():
                return True
            del self._buffer[: gap.end()]
        return False

    def _skip(self, start: int) -> int:
        """Drop all up to the next header at or behind ``start``, or to the end; return how many bytes that were."""
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
        """Read until ``size`` bytes are in memory; say whether they are."""
        while len(self._buffer) < size and not self._ended:
            block = self._members.read(_BLOCK) if self._members else self._file.read(_BLOCK)
            if block is None:
                assert self._members
                self.broken = f"broken or cut off: {self._members.reason} (from byte {self._members.broken[-1]} of the file)"
                self._spoilt = self._members.spoilt > 0
            self._ended = not block
            self._buffer += block or b""
        return len(self._buffer) >= size
