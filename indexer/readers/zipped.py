"""The archives that DOCX, ODT and EPUB files are: opened only when all that is in them fits into memory."""

from __future__ import annotations

import io
import zlib
from zipfile import BadZipFile, ZipFile

from newsdex.errors import SourceError
from newsdex.indexer.readers.salvage import found_members, is_whole

_LARGEST = 256_000_000  # bytes, of all files in an archive together, unpacked
_ENCRYPTED = 1  # bit of a member's flags


def open_archive(content: bytes, *, damaged: bool = False) -> ZipFile:
    """The archive in ``content``; one whose directory is broken only if it may be ``damaged``, with the files in it that are whole.

    Raises SourceError when it is none, or is larger than it may be: no more is unpacked of a file than it declares.
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
    """A file in an archive. Raises SourceError when it is broken or not there."""
    try:
        return archive.read(name)
    except KeyError as error:
        raise SourceError(f"broken: it has no {name}") from error
    except (BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise SourceError(f"broken: {name} in it cannot be unpacked") from error
