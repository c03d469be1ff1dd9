"""Files in, articles out, in order: small files of trusted formats are parsed here, all others in parallel processes."""

from __future__ import annotations

import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NoReturn, TypeAlias, TypeVar

from newsdex.errors import SourceError
from newsdex.indexer.discover import FoundFile, open_regular
from newsdex.indexer.limits import DEFAULT, MIB, Limits, in_words
from newsdex.indexer.readers import Format
from newsdex.indexer.readers.bounds import capped, described
from newsdex.indexer.readers.decoding import is_utf8
from newsdex.indexer.readers.packed import format_of
from newsdex.indexer.source import Reading, Source
from newsdex.records import Article
from newsdex.values import processors

if TYPE_CHECKING:  # a run that parses everything here starts no worker
    from newsdex.indexer.workers.protocol import Message
    from newsdex.indexer.workers.worker import Worker

# A file of a trusted format up to this size costs less to parse than to hand over.
_SMALL = MIB // 8
# What may have to be parsed by a library or take long, also in a field of a record: a tag, as it is or as JSON may write it; TOML; mail
_MARKUP = re.compile(rb"<|\\u003c|\A(?:\xef\xbb\xbf)?\+\+\+|\A\s*From ", re.IGNORECASE)
# One parser is enough for so many bytes; starting one takes some tenths of a second.
_LOAD = 2 * MIB
_JOBS = 8
# Files read ahead, so that parsers work while articles are cut and embedded.
_AHEAD = 128

Item = TypeVar("Item")


def _refuse(reason: str) -> NoReturn:
    raise SourceError(reason)


@dataclass
class Parsers(AbstractContextManager["Parsers"]):
    """The parser processes of a run, started on demand up to the number of processors."""

    limits: Limits = DEFAULT
    most: int | None = None
    workers: list[Worker] = field(default_factory=list)

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the processes; files that they have not read are given up."""
        for worker in self.workers:
            worker.stop()
        self.workers.clear()

    def renew(self) -> None:
        """End the processes that have had a file, and start one for the next run. None reads files of two runs."""
        if all(worker.is_fresh for worker in self.workers):
            return
        from newsdex.indexer.workers.worker import Worker

        self.stop()
        self.workers.append(Worker(self.limits))
        with suppress(OSError):  # no process can be started now: the run tries again
            self.workers[0].start()

    def parse(self, file: FoundFile, name: str, known: str, reading: Reading | None = None) -> Parsing:
        """Start parsing ``file``, called ``name``, as ``reading`` says; if its checksum is ``known``, only the checksum is returned."""
        reading = reading or Reading()
        found, size = format_of(file.path), file.status.st_size
        assert found, file.path
        if size > self.limits.content and not found.many:
            opener = partial(_refuse, f"larger than {in_words(self.limits.content)}, too large for one article")
            return _Here(Source(file.path, name, opener=opener), found)
        if size <= _SMALL and not found.foreign and (plain := _plain(file.path)):
            return _Here(Source(file.path, name, reading, plain), found)
        from newsdex.indexer.workers.protocol import Request
        from newsdex.indexer.workers.worker import Job

        job = Job(Request(str(file.path), name, known, reading), size, found.many)
        return _There(self._least_busy().give(job), known, file.path)

    def _least_busy(self) -> Worker:
        worker = min(self.workers, key=lambda worker: (worker.load, len(worker.jobs)), default=None)
        if worker is None or (len(self.workers) < (self.most or processors()) and (worker.load > _LOAD or len(worker.jobs) >= _JOBS)):
            from newsdex.indexer.workers.worker import Worker

            worker = Worker(self.limits)
            self.workers.append(worker)
        return worker


def ahead(items: Iterable[Item], count: int = _AHEAD) -> Iterator[Item]:
    """Yield ``items``, each when ``count`` others behind it have been produced."""
    waiting: deque[Item] = deque()
    for item in items:
        waiting.append(item)
        if len(waiting) > count:
            yield waiting.popleft()
    yield from waiting


def _plain(path: Path) -> Callable[[], BinaryIO] | None:
    """Return what opens a small file, or fails to; None if a library may be needed for it."""
    try:
        with open_regular(path) as file:
            content = file.read(_SMALL + 1)
    except (SourceError, OSError):
        return partial(open_regular, path)
    return partial(io.BytesIO, content) if len(content) <= _SMALL and is_utf8(content) and not _MARKUP.search(content) else None


@dataclass(frozen=True, slots=True)
class _Here:
    source: Source
    format: Format

    def sha256(self) -> str:
        return self.source.sha256

    def items(self) -> Iterator[Article | SourceError]:
        try:
            yield from self.format.articles(self.source)
        except (SourceError, OSError):
            raise
        except Exception as error:  # costs one file, as in a separate process
            raise SourceError(f"crashed the parser ({described(error)})") from error


@dataclass(frozen=True, slots=True)
class _There:
    messages: Iterator[Message]
    known: str
    path: Path

    def sha256(self) -> str:
        message = next(self.messages, None)
        sha256 = message.fields.get("sha256") if message else None
        if not isinstance(sha256, str):
            raise SourceError("crashed the parser (no checksum)")
        if sha256 == self.known:
            deque(self.messages, 0)  # no more messages follow
        return sha256

    def items(self) -> Iterator[Article | SourceError]:
        return capped(self._items())

    def _items(self) -> Iterator[Article | SourceError]:
        from newsdex.indexer.workers import protocol

        for message in self.messages:
            if message.kind == protocol.PROBLEM:
                yield SourceError(str(message.fields.get("reason")), lost=bool(message.fields.get("lost")))
            elif message.kind == protocol.ARTICLE:
                try:
                    yield protocol.article_of(message.fields, message.text, self.path)
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    yield SourceError(f"crashed the parser (no article: {type(error).__name__})")


# A file being parsed: ``sha256`` gives its checksum, then ``items`` its articles and problems. Both raise SourceError or OSError.
Parsing: TypeAlias = _Here | _There
