"""Decompresses gzip member by member, so a broken member costs no other."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_MAGIC = b"\x1f\x8b\x08"
_WITH_HEADER = zlib.MAX_WBITS | 16  # what zlib calls gzip
_BLOCK = 1 << 16
_LARGEST_FLAGS = 0x1F  # flags of a member's header; the other bits are reserved
_TRIAL = 1 << 12  # bytes decompressed to confirm a member
_AT_ONCE = 1 << 12  # bytes; zlib loses what it has decompressed in the failing call


class Broken(NamedTuple):
    """A broken member: its offset in the file, why it failed, whether it gave bytes before that, and whether no valid one follows."""

    place: int
    reason: str
    spoilt: bool
    last: bool


def gzip_members(file: BinaryIO) -> Iterator[bytes | Broken]:
    """Yield the decompressed bytes of a seekable ``file``; a broken member ends with a ``Broken``, before the next valid one."""
    place: int | None = 0
    while place is not None:
        file.seek(place)
        member, spoilt, packed = place, False, b""
        unpacker = zlib.decompressobj(wbits=_WITH_HEADER)
        try:
            while packed := packed or file.read(_BLOCK):
                if unpacker.eof:
                    packed = packed.lstrip(b"\0")  # padding by some writers
                    if not packed:
                        continue
                    member, spoilt = file.tell() - len(packed), False
                    unpacker = zlib.decompressobj(wbits=_WITH_HEADER)
                if content := unpacker.decompress(packed, _AT_ONCE):
                    spoilt = True
                    yield content
                packed = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
            if unpacker.eof or file.tell() == place:
                return
            reason = "cut short"
        except zlib.error as error:
            reason = f"cannot be unpacked: {error}"
        place = next((at for at in offsets(file, _MAGIC, member + 1) if _is_member(file, at)), None)
        yield Broken(member, reason, spoilt, place is None)


def offsets(file: BinaryIO, mark: bytes, place: int = 0) -> Iterator[int]:
    """Yield the offsets of ``mark`` in ``file``, at or after ``place``. The file may be moved meanwhile."""
    kept = b""
    while True:
        file.seek(place)
        if not (block := file.read(_BLOCK)):
            return
        content = kept + block
        for found in re.finditer(re.escape(mark), content):
            yield place - len(kept) + found.start()
        kept = content[1 - len(mark) :]
        place += len(block)


def _is_member(file: BinaryIO, place: int) -> bool:
    """Return whether the beginning of a member at ``place`` can be decompressed."""
    file.seek(place)
    beginning = file.read(_TRIAL)
    if len(beginning) <= len(_MAGIC) or beginning[len(_MAGIC)] > _LARGEST_FLAGS:
        return False
    try:
        return bool(zlib.decompressobj(wbits=_WITH_HEADER).decompress(beginning, _TRIAL))
    except zlib.error:
        return False
