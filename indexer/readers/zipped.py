"""The archives inside DOCX, ODT and EPUB files, opened only if their contents fit in memory."""

from __future__ import annotations

import io
import zlib
from zipfile import BadZipFile, ZipFile

from newsdex.errors import SourceError
from newsdex.indexer.readers.salvage import found_members, is_whole

_LARGEST = 256_000_000  # total size of the decompressed files, in bytes
_ENCRYPTED = 1  # bit of a member's flags


def open_archive(content: bytes, *, damaged: bool = False) -> ZipFile:
    """Open the archive in ``content``; if it may be ``damaged``, a broken directory is replaced by the complete members found.

    Raises SourceError if it is no archive or too large; members do not decompress beyond their declared size.
    """
    file = io.BytesIO(content)
    try:
        archive = ZipFile(file)
        if damaged and not is_whole(archive, file):
            archive, _ = found_members(file, _LARGEST)
    except (BadZipFile, NotImplementedError, ValueError) as error:
        archive = found_members(file, _LARGEST)[0]
        if not (damaged and archive.infolist()):
            raise SourceError("broken: not a whole file, or not what its name says") from error
    if sum(entry.file_size for entry in archive.infolist()) > _LARGEST:
        raise SourceError(f"larger than {_LARGEST // 1_000_000} MB when unpacked")
    if any(entry.flag_bits & _ENCRYPTED for entry in archive.infolist()):
        raise SourceError("encrypted: it needs a password")
    return archive


def member(archive: ZipFile, name: str) -> bytes:
    """Read a file in an archive. Raises SourceError if it is broken or missing."""
    try:
        return archive.read(name)
    except KeyError as error:
        raise SourceError(f"broken: it has no {name}") from error
    except (BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise SourceError(f"broken: {name} in it cannot be unpacked") from error
