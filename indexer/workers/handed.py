"""Transfers open files to a parser, which may open only libraries itself."""

from __future__ import annotations

import io
import os
import socket
import struct
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, BinaryIO, cast

from newsdex.indexer.discover import check_regular

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# The error number of opening the file; 0 for none.
_ERROR = struct.Struct("=I")


def send(files: socket.socket, path: str) -> None:
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
