"""Decompresses gzip member by member, so a broken member costs no other."""

from __future__ import annotations

import zlib
from typing import BinaryIO

_MAGIC = b"\x1f\x8b\x08"
_WITH_HEADER = zlib.MAX_WBITS | 16  # what zlib calls gzip
_BLOCK = 1 << 16
_LARGEST_FLAGS = 0x1F  # flags of a member's header; the other bits are reserved
_TRIAL = 1 << 12  # bytes decompressed to confirm a member
_AT_ONCE = 1 << 12  # bytes; zlib loses what it has decompressed in the failing call


class GzipMembers:
    """The decompressed bytes of a seekable ``file``. After a broken member it continues with the next valid one. ``broken`` has the offsets
    of broken members in ``file``.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.broken: list[int] = []
        self.reason = ""  # why the last broken member failed
        self.spoilt = 0  # bytes that the last broken member gave before it failed
        self._begin(0)

    def _begin(self, place: int) -> None:
        self._file.seek(place)
        self._member, self._given = place, 0
        self._next, self._packed = place, b""  # offset of the bytes after `_packed`
        self._unpacker = zlib.decompressobj(wbits=_WITH_HEADER)
        self.ended = False

    def read(self, size: int) -> bytes | None:
        """Return up to ``size`` bytes, none at the end; None once at each broken member, before what follows it."""
        if self.ended:
            return b""
        try:
            content = self._unpack(min(size, _AT_ONCE))
        except (zlib.error, EOFError) as error:
            self.reason = "cut short" if isinstance(error, EOFError) else f"cannot be unpacked: {error}"
            self.broken.append(self._member)
            self.spoilt = self._given
            following = self._find(self._member + 1)
            if following is None:
                self.ended = True
            else:
                self._begin(following)
            return None
        self._given += len(content)
        self.ended = not content
        return content

    def _unpack(self, size: int) -> bytes:
        """Return up to ``size`` bytes; none at the end. Raises zlib.error, and EOFError for a truncated member."""
        content = b""
        while not content:
            if not self._packed and not self._more():
                if self._next > self._member and not self._unpacker.eof:
                    raise EOFError
                return b""
            if self._unpacker.eof:
                self._packed = self._packed.lstrip(b"\0")  # padding by some writers
                if not self._packed:
                    continue
                self._member, self._given = self._next - len(self._packed), 0
                self._unpacker = zlib.decompressobj(wbits=_WITH_HEADER)
            content = self._unpacker.decompress(self._packed, size)
            self._packed = self._unpacker.unused_data if self._unpacker.eof else self._unpacker.unconsumed_tail
        return content

    def _more(self) -> bool:
        self._packed = self._file.read(_BLOCK)
        self._next += len(self._packed)
        return bool(self._packed)

    def _find(self, place: int) -> int | None:
        """Return the offset of the first member at or after ``place`` whose beginning can be decompressed."""
        self._file.seek(place)
        content = self._file.read(_BLOCK)
        while content:
            at = content.find(_MAGIC)
            while at >= 0:
                if len(content) - at < _TRIAL:
                    content += self._file.read(_BLOCK)
                if _is_member(content[at : at + _TRIAL]):
                    return place + at
                at = content.find(_MAGIC, at + 1)
            kept = content[-len(_MAGIC) + 1 :]
            place += len(content) - len(kept)
            more = self._file.read(_BLOCK)
            content = kept + more if more else b""
        return None


def _is_member(beginning: bytes) -> bool:
    if len(beginning) <= len(_MAGIC) or beginning[len(_MAGIC)] > _LARGEST_FLAGS:
        return False
    try:
        return bool(zlib.decompressobj(wbits=_WITH_HEADER).decompress(beginning, _TRIAL))
    except zlib.error:
        return False
