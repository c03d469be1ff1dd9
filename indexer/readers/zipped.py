"""ZIP archives, also damaged ones: their members are found by their own headers instead of the directory."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from typing import BinaryIO

from newsdex.errors import SourceError
from newsdex.indexer.readers.gzip_members import offsets

_LARGEST = 256_000_000  # total size of the decompressed files, in bytes
ENCRYPTED = 1  # bit of a member's flags
_LOCAL = b"PK\x03\x04"
_HEADER = struct.Struct("<4sHHHHHIIIHH")  # of a member: signature, version, flags, method, time, date, CRC, packed, unpacked, name, extra
_END = struct.Struct("<4s4H2IH")  # of an archive; the fifth field is the number of members
_END_SIGNATURE = b"PK\x05\x06"
_LONGEST_COMMENT = 1 << 16
_MANY, _LARGE = 0xFFFF, 0xFFFFFFFF  # placeholders for numbers written elsewhere
_LATER = 0x8  # flag of a member whose checksum and sizes follow it
_AFTER_SIGNATURE = b"PK\x07\x08"  # may precede them
_AFTER = len(_AFTER_SIGNATURE) + 4  # bytes of the signature and the checksum
_UTF8 = 0x800
_BLOCK = 1 << 16
_EMPTY = _END_SIGNATURE + bytes(_END.size - len(_END_SIGNATURE))


def open_archive(content: bytes, *, damaged: bool = False) -> zipfile.ZipFile:
    """Open the archive in ``content``; if it may be ``damaged``, a broken directory is replaced by the complete members found. Raises
    SourceError if it is no archive or too large; members do not decompress beyond their declared size.
    """
    file = io.BytesIO(content)
    try:
        archive = zipfile.ZipFile(file)
        if damaged and not is_whole(archive, file):
            archive, _ = found_members(file, _LARGEST)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        archive = found_members(file, _LARGEST)[0]
        if not (damaged and archive.infolist()):
            raise SourceError("broken: incomplete, or not what its name says") from error
    if sum(entry.file_size for entry in archive.infolist()) > _LARGEST:
        raise SourceError(f"larger than {_LARGEST // 1_000_000} MB when unpacked")
    if any(entry.flag_bits & ENCRYPTED for entry in archive.infolist()):
        raise SourceError("encrypted: it needs a password")
    return archive


def member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Read a file in an archive. Raises SourceError if it is broken or missing."""
    try:
        return archive.read(name)
    except KeyError as error:
        raise SourceError(f"broken: it has no {name}") from error
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise SourceError(f"broken: {name} in it cannot be unpacked") from error


def is_whole(archive: zipfile.ZipFile, file: BinaryIO) -> bool:
    """Return whether the directory of ``archive``, in ``file``, lists as many members as it declares, each as in its own header."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _LONGEST_COMMENT - _END.size))
    end = file.read()
    count = _END.unpack_from(end, end.rindex(_END_SIGNATURE))[4]
    return count in (_MANY, len(archive.infolist()) & _MANY) and all(_is_as_told(info, file) for info in archive.infolist())


def _is_as_told(info: zipfile.ZipInfo, file: BinaryIO) -> bool:
    if info.header_offset < 0 or not (header := _header(file, info.header_offset)):
        return False
    flags, method, name, told = header
    if (method, _name(name, info.flag_bits)) != (info.compress_type, info.orig_filename):
        return False
    return bool(flags & _LATER) or _LARGE in told or told == [info.CRC, info.compress_size, info.file_size]


def _header(file: BinaryIO, place: int) -> tuple[int, int, bytes, list[int]] | None:
    """Return flags, method, name, and checksum and sizes in the header at ``place``, or None; ``file`` is then at the content."""
    file.seek(place)
    header = file.read(_HEADER.size)
    if len(header) < _HEADER.size or not header.startswith(_LOCAL):
        return None
    _, _, flags, method, _, _, *told, name_size, extra = _HEADER.unpack(header)
    name = file.read(name_size)
    file.seek(extra, os.SEEK_CUR)
    return flags, method, name, told


def found_members(file: BinaryIO, most: int) -> tuple[zipfile.ZipFile, list[str]]:
    """Return an archive of the complete members in ``file``, up to ``most`` bytes, and the names of incomplete ones."""
    archive = zipfile.ZipFile(io.BytesIO(_EMPTY))
    archive.fp = file
    broken: list[str] = []
    end = 0
    for place in offsets(file, _LOCAL):
        if most <= 0:
            break
        if place < end or not (found := _member(file, place, most)):
            continue
        info, end = found
        if end:
            most -= info.file_size
            archive.filelist.append(info)
            archive.NameToInfo[info.filename] = info
        else:
            broken.append(info.filename)
    return archive, broken


def _member(file: BinaryIO, place: int, most: int) -> tuple[zipfile.ZipInfo, int] | None:
    """Return the member with its header at ``place``, None without one, and the offset of its content's end, 0 if incomplete."""
    header = _header(file, place)
    if not header:
        return None
    flags, method, written, told = header
    name = _name(written, flags)
    if not name or not name.isprintable():
        return None
    info = zipfile.ZipInfo(name)
    info.header_offset, info.flag_bits, info.compress_type = place, flags, method
    info.orig_filename = name  # compared by zipfile with the header
    start = file.tell()
    later = bool(flags & _LATER)
    measured = _measure(file, method, None if later else told[1], most)
    if measured is None:
        return info, 0
    info.CRC, info.compress_size, info.file_size = measured
    end = start + info.compress_size
    if later:
        file.seek(end)
        whole = file.read(_AFTER).removeprefix(_AFTER_SIGNATURE).startswith(struct.pack("<I", info.CRC))
    else:
        whole = [*measured] == told
    return info, end if whole else 0


def _measure(file: BinaryIO, method: int, packed: int | None, most: int) -> tuple[int, int, int] | None:
    """Return the checksum of a member's content and its packed and unpacked sizes; None if it fails or exceeds ``most`` bytes."""
    crc = size = given = 0
    unpacker = zlib.decompressobj(wbits=-zlib.MAX_WBITS) if method == zipfile.ZIP_DEFLATED else None
    if unpacker is None and (method != zipfile.ZIP_STORED or packed is None):
        return None
    left = b""
    while not (unpacker.eof if unpacker else given == packed):
        if not left:
            left = file.read(_BLOCK if packed is None else min(_BLOCK, packed - given))
            given += len(left)
        if not left:
            return None
        try:
            content, left = (unpacker.decompress(left, _BLOCK), unpacker.unconsumed_tail) if unpacker else (left, b"")
        except zlib.error:
            return None
        crc, size = zlib.crc32(content, crc), size + len(content)
        if size > most:
            return None
    return crc, given - len(unpacker.unused_data if unpacker else b""), size


def _name(name: bytes, flags: int) -> str:
    return name.decode("utf-8" if flags & _UTF8 else "cp437", "replace")
