"""What passes between a parser and its parent: open files, and messages of a head, JSON and an article's text; no pickle."""

from __future__ import annotations

import io
import json
import os
import socket
import struct
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

from newsdex.fields import packed, unpacked
from newsdex.indexer.discover import check_regular
from newsdex.indexer.readers.decoding import without_surrogates
from newsdex.indexer.source import Reading
from newsdex.records import Article

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Kind, processor seconds used so far, length of the object, length of the text.
HEAD = struct.Struct(">cdII")
REQUEST = struct.Struct(">I")
# The error number of opening a file; 0 for none.
_ERROR = struct.Struct("=I")
# Larger fields are not those of an article.
MOST_FIELDS = 1 << 20

READY = b"R"
BEGUN = b"B"
ALIVE = b"L"
CHECKED = b"C"
PART = b"M"
ARTICLE = b"A"
PROBLEM = b"P"
FAILED = b"F"
DONE = b"D"


class Message(NamedTuple):
    """A message of a parser: ``fields`` by the kind, ``text`` for an article, ``seconds`` of processor time used."""

    kind: bytes
    seconds: float
    fields: dict[str, Any]
    text: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """A file to parse, unless its checksum is ``known``; parts up to number ``after`` are skipped."""

    path: str
    name: str
    known: str
    reading: Reading
    after: int = 0


def pack_json(value: object) -> bytes:
    """Encode JSON that may contain file names that are not UTF-8."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def unpack_json(content: bytes) -> Any:
    """Decode the result of ``pack_json``. Raises ValueError."""
    return json.loads(content.decode("utf-8", "surrogatepass"))


def pack_article(article: Article) -> tuple[bytes, bytes]:
    """Encode the fields and the text of an article, without its path, which the parent knows."""
    return pack_json(packed(article)), without_surrogates(article.text).encode()


def article_of(fields: Mapping[str, Any], content: bytes, path: Path) -> Article:
    """Decode an article. Raises ValueError, KeyError or TypeError for anything but the result of ``pack_article``."""
    article = unpacked(fields, content.decode(), path)
    body, pages = article.body, article.pages
    if not body.start <= body.end <= len(article.text) or list(pages) != sorted(pages):
        raise ValueError(f"offsets outside of the text: {body.start}, {body.end}, {pages[:3]}")
    if bytes.fromhex(article.sha256).hex() != article.sha256:
        raise ValueError(f"not a checksum: {article.sha256!r:.40}")
    return article


def send_file(files: socket.socket, path: str) -> None:
    """Send the open file at ``path``, or the error of opening it. Raises ConnectionError if nobody listens."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        files.sendall(_ERROR.pack(error.errno or 0))
        return
    try:
        socket.send_fds(files, [_ERROR.pack(0)], [descriptor])
    finally:
        os.close(descriptor)


class Handed(AbstractContextManager["Handed"]):
    """The next file received through ``files``."""

    def __init__(self, files: socket.socket) -> None:
        content, descriptors, _, _ = socket.recv_fds(files, _ERROR.size, 1)
        (self._error,) = _ERROR.unpack(content)
        self._descriptor = descriptors[0] if descriptors else None

    def __exit__(self, *_: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)

    def status(self) -> os.stat_result | None:
        """Return its status; None if it could not be opened."""
        return None if self._descriptor is None else os.fstat(self._descriptor)

    def open(self) -> BinaryIO:
        """Return its bytes as an independent stream from the beginning. Raises SourceError if it is no regular file, and OSError."""
        if self._descriptor is None:
            raise OSError(self._error, os.strerror(self._error))
        check_regular(self._descriptor)
        return cast("BinaryIO", io.BufferedReader(_Stream(self._descriptor)))


class _Stream(io.RawIOBase):
    """A descriptor with its own position: a duplicate would share it, and the parser may not open the file again."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._place = 0

    def fileno(self) -> int:
        return self._descriptor

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: os.fstat(self._descriptor).st_size}[whence]
        if start + offset < 0:
            raise ValueError(f"negative seek position {start + offset}")
        self._place = start + offset
        return self._place

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        count = os.preadv(self._descriptor, [buffer], self._place)
        self._place += count
        return count
