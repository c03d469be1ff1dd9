"""The parser process: requests come on standard input, messages leave on the original standard output."""

from __future__ import annotations

import gc
import hashlib
import io
import json
import logging
import os
import resource
import socket
import sys
import time
import warnings
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import BinaryIO

from newsdex.errors import SourceError
from newsdex.indexer import readers
from newsdex.indexer.limits import MAXRSS, MIB, Limits, in_words
from newsdex.indexer.readers.bounds import described
from newsdex.indexer.readers.packed import format_of
from newsdex.indexer.source import Reading, Source
from newsdex.indexer.workers import protocol
from newsdex.indexer.workers.confine import confine
from newsdex.indexer.workers.protocol import Handed, Request
from newsdex.records import Article

_BLOCK = 4 * MIB
_ALIVE_EVERY = 64 * _BLOCK
# New objects before a garbage collection: a tree has thousands of elements for a moment, and hardly ever a cycle.
_YOUNG = 50_000


def main() -> None:
    """Parse requested files until stdin ends. Argument 1 is JSON: ``limits``, ``parent``, ``files``, the descriptor of their socket, and
    ``early``, whether no file waits yet.
    """
    settings = json.loads(sys.argv[1])
    limits = Limits(**settings["limits"])
    files = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=settings["files"])
    # Keep the output of libraries out of the messages.
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    gc.set_threshold(_YOUNG)
    # Loaded now: a confined process can read only libraries, and where newsdex is installed in editable mode it is none.
    for reader in iter_modules(readers.__path__, f"{readers.__name__}."):
        import_module(reader.name)
    if settings["early"]:
        import_module("trafilatura")
    confine(limits.memory, settings["parent"])
    parser = _Parser(out, limits)
    parser.say(protocol.READY)
    requests = sys.stdin.buffer
    while head := requests.read(protocol.REQUEST.size):
        told = protocol.unpack_json(requests.read(*protocol.REQUEST.unpack(head)))
        with Handed(files) as handed:
            if not parser.answer(Request(**told | {"reading": Reading(**told["reading"])}), handed):
                return  # the next file gets a fresh process


class _Parser:
    def __init__(self, out: BinaryIO, limits: Limits) -> None:
        self._out = out
        self._limits = limits

    def say(self, kind: bytes, fields: Mapping[str, object] | None = None) -> None:
        self._send(kind, protocol.pack_json(fields or {}))

    def _send(self, kind: bytes, fields: bytes, text: bytes = b"") -> None:
        content = memoryview(protocol.HEAD.pack(kind, time.process_time(), len(fields), len(text)) + fields + text)
        while content:
            content = content[self._out.write(content) :]

    def answer(self, request: Request, handed: Handed) -> bool:
        """Send the contents of a file; return whether this process can take another."""
        self.say(protocol.BEGUN)
        try:
            self._parse(request, handed)
            self.say(protocol.DONE)
        except Exception as error:  # noqa: BLE001 - whatever a parser raises costs one file
            reason, memory = self._reason(error), _lacked_memory(error)
            passing = isinstance(error, OSError) or (isinstance(error, SourceError) and error.passing)
            error.__traceback__ = None  # and all objects it refers to
            if memory:
                gc.collect()
            self.say(protocol.FAILED, {"reason": reason, "memory": memory, "passing": passing})
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS < self._limits.memory // 2

    def _parse(self, request: Request, handed: Handed) -> None:
        path = Path(request.path)
        known = format_of(path)
        if known is None:
            raise SourceError("unknown format")

        def begins(number: int, name: str) -> bool:
            if number > request.after:
                self.say(protocol.PART, {"number": number, "name": name})
            return number > request.after

        alive = partial(self.say, protocol.ALIVE)
        source = Source(path, request.name, request.reading, handed.open, begins, handed.status(), self._limits, alive)
        source = self._checked(source)
        if source.sha256 != request.known:
            for item in known.articles(source):
                self._say_item(item)

    def _checked(self, source: Source) -> Source:
        """Return the source with its checksum, and with its bytes if they are few; send signs of life for a large one."""
        digest, done = hashlib.sha256(), 0
        with source.open() as file:
            size = max(MIB, min(os.fstat(file.fileno()).st_size + 1, _BLOCK))  # one byte more, to detect the end
            while block := file.read(size):
                digest.update(block)
                done += len(block)
                if done == len(block) < size:
                    source = replace(source, opener=partial(io.BytesIO, block))
                if done % _ALIVE_EVERY == 0:
                    self.say(protocol.ALIVE)
        sha256 = digest.hexdigest()
        source.remember(sha256)
        self.say(protocol.CHECKED, {"sha256": sha256})
        return source

    def _say_item(self, item: Article | SourceError) -> None:
        if isinstance(item, SourceError):
            self.say(protocol.PROBLEM, {"reason": item.reason[:1000], "lost": item.lost})
            return
        fields, text = protocol.pack_article(item)
        where = f"{item.part}: " if item.part else ""
        for size, most, what in ((len(text), self._limits.text, "text"), (len(fields), protocol.MOST_FIELDS, "title and metadata")):
            if size > most:
                self.say(protocol.PROBLEM, {"reason": f"{where}more than {in_words(most)} of {what} in one article", "lost": True})
                return
        self._send(protocol.ARTICLE, fields, text)

    def _reason(self, error: Exception) -> str:
        if _lacked_memory(error):
            return f"needed more than {in_words(self._limits.memory)} of memory"
        if isinstance(error, SourceError):
            return error.reason[:1000]
        if isinstance(error, OSError):
            return f"cannot be read: {error.strerror or error}"
        if isinstance(error, RecursionError):
            return "nested too deeply"
        return f"crashed the parser ({described(error)})"


def _lacked_memory(error: BaseException) -> bool:
    """Return whether a lack of memory is a direct or indirect cause."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, MemoryError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


if __name__ == "__main__":
    main()
