"""Files and archives of all formats in ``.gz`` and ``.zip``, decompressed as streams, never to disk. ``a.html.gz`` is the article that
``a.html`` would be. A member's article has the archive as its path, ``2024.zip#may/a.html`` as its id and its name as ``archive_member``.
Nested archives are not read. At most ``Limits.total_bytes`` are unpacked: of an archive the smaller members.
"""

from __future__ import annotations

import gzip
import io
import os
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from newsdex.errors import SourceError
from newsdex.indexer import readers
from newsdex.indexer.limits import DEFAULT, MIB, in_words
from newsdex.indexer.readers import Format
from newsdex.indexer.readers.bounds import placed
from newsdex.indexer.readers.gzip_members import gzip_members
from newsdex.indexer.readers.packed import format_of
from newsdex.indexer.readers.zipped import ENCRYPTED, found_members, is_whole
from newsdex.indexer.source import Source
from newsdex.records import MEMBER, Article

# Files of many articles up to this size are decompressed once and kept; some formats are read from the end.
_KEPT = 64 * MIB
_PASSES = 3  # over a member: one that is not kept may have been read that far before, and once more for the order of its dates
_BOMB = f"unpacks to more than {DEFAULT.expansion} times its size"

Items = Iterator[Article | SourceError]


def read_archive(source: Source) -> Items:
    others: Counter[str] = Counter()
    with source.open() as file:
        archive, problems = _opened(file)
        small = _smallest(archive.infolist(), DEFAULT.total_bytes(file.seek(0, os.SEEK_END)))
        yield from problems
        for number, info in enumerate(archive.infolist(), 1):
            if info.is_dir() or _hidden(info.filename):
                continue
            known = format_of(Path(info.filename))
            if known is None or (known.picture and not source.reading.ocr):
                others[PurePosixPath(info.filename).suffix.lower() or "no suffix"] += 1
            elif number not in small:
                yield SourceError(f"{info.filename}: {_BOMB}")
            elif source.wants(number, info.filename):
                yield from placed(_member(source, archive, info), info.filename)
    if others:
        told = ", ".join(f"{count} {suffix}" for suffix, count in others.most_common(5))
        yield SourceError(f"members of other formats: {told}", lost=False)


def _smallest(infos: Sequence[zipfile.ZipInfo], most: int) -> set[int]:
    """Return the numbers, from 1, of the smallest members with together at most ``most`` bytes; zipfile enforces declared sizes."""
    kept = set()
    for number in sorted(range(len(infos)), key=lambda each: infos[each].file_size):
        most -= infos[number].file_size
        if most < 0:
            break
        kept.add(number + 1)
    return kept


def _opened(file: BinaryIO) -> tuple[zipfile.ZipFile, list[SourceError]]:
    """Return the archive, with members outside its directory if that is damaged, and problems. Raises SourceError without any."""
    try:
        archive = zipfile.ZipFile(file)
        told = archive.infolist()
        if is_whole(archive, file):
            return archive, []
        reason = "its directory does not name what is in it"
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
        told, reason = [], str(error)
    found, broken = found_members(file, DEFAULT.total_bytes(file.seek(0, os.SEEK_END)))
    found.filelist += [info for info in told if info.filename not in found.NameToInfo]
    names = set(found.namelist())
    if not (names or broken):
        raise SourceError(f"not a readable zip archive: {reason}")
    problems = [SourceError(f"damaged ({reason}): read without its directory")]
    return found, problems + [SourceError(f"{name}: damaged") for name in dict.fromkeys(broken) if name not in names]


def _member(source: Source, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Items:
    name = info.filename
    found = _readable(info)

    def unpack() -> Iterator[bytes]:
        with archive.open(info) as file:
            yield from iter(partial(cast("io.BufferedIOBase", file).read1, MIB), b"")

    failures: list[SourceError] = []
    opener = _opener(unpack, _PASSES * info.file_size, failures if found.many else None, info.file_size)
    items = found.articles(replace(source, name=f"{source.name}#{name}", opener=opener, begins=None))
    for item in _until_failure(items, failures):
        yield item if isinstance(item, SourceError) else replace(item, metadata={**item.metadata, MEMBER: name})


def _readable(info: zipfile.ZipInfo) -> Format:
    """Return the format of a member. Raises SourceError if its name or kind forbids reading it."""
    name = info.filename.replace("\\", "/")
    if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/"):
        raise SourceError("its name points outside the archive")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise SourceError("a link")
    if info.flag_bits & ENCRYPTED:
        raise SourceError("encrypted")
    known = readers.format_of(Path(name))
    if known is None:
        raise SourceError("a nested archive: unpack it first")
    return known


def _hidden(name: str) -> bool:
    return name.startswith("__MACOSX/") or any(
        part.startswith(".") and part not in (".", "..") for part in name.replace("\\", "/").split("/")
    )


def read_gzip(source: Source) -> Items:
    inner = readers.format_of(Path(source.path.stem))
    assert inner, source.path
    broken: set[int] = set()

    def unpack() -> Iterator[bytes]:
        with source.open() as file:
            if not inner.many:
                yield from iter(partial(gzip.GzipFile(fileobj=file).read1, MIB), b"")
                return
            for piece in gzip_members(file):
                if isinstance(piece, bytes):
                    yield piece
                elif piece.last:
                    raise SourceError(piece.reason)
                else:
                    broken.add(piece.place)
                    yield b"\n\n"  # which ends a record

    with source.open() as file:
        budget = DEFAULT.total_bytes(file.seek(0, os.SEEK_END))
    failures: list[SourceError] = []
    opener = _opener(unpack, budget, failures if inner.many else None)
    yield from _until_failure(inner.articles(replace(source, opener=opener)), failures)
    for place in sorted(broken):
        yield SourceError(f"what is packed from byte {place} on is damaged: reading continued after it")


def _until_failure(items: Items, failures: list[SourceError]) -> Items:
    """Yield ``items``, which were read up to the first of ``failures``, if there are any. Raises it then, whatever ``items`` raises."""
    try:
        yield from items
    except Exception as error:
        if failures and not isinstance(error, MemoryError):
            raise failures[0] from error
        raise
    if failures:
        raise failures[0]


def _opener(
    unpack: Callable[[], Iterator[bytes]], budget: int, failures: list[SourceError] | None, size: int | None = None
) -> Callable[[], BinaryIO]:
    """Return what opens the bytes that ``unpack`` yields any number of times: from memory, or if they are many, as a stream; until
    ``budget`` bytes are unpacked. With ``failures``, for a file of many articles, what precedes a failure is all; that is added to them.
    """
    many = failures is not None
    most = _KEPT if many else DEFAULT.content

    def spend(count: int) -> None:
        nonlocal budget
        budget -= count
        if budget < 0:
            raise SourceError(_BOMB)

    def stream() -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(_Unpacked(unpack, spend, size, failures), MIB))

    @cache
    def beginning() -> bytes:
        with stream() as file:
            return file.read(most + 1)

    def opened() -> BinaryIO:
        try:
            if len(beginning()) <= most:
                return io.BytesIO(beginning())
        except SourceError:  # some of its articles may precede the damage
            if not many:
                raise
        if not many:
            raise SourceError(f"larger than {in_words(most)}, too large for one article")
        return stream()

    return opened


class _Unpacked(io.RawIOBase):
    """The bytes that ``unpack`` yields, ``size`` if known, as a stream that calls ``spend`` with the number read and raises SourceErrors.
    With ``failures``, a failure behind the first byte is added to these, and ends the stream. Seeking backwards unpacks again.
    """

    def __init__(
        self, unpack: Callable[[], Iterator[bytes]], spend: Callable[[int], None], size: int | None, failures: list[SourceError] | None
    ) -> None:
        super().__init__()
        self._failures = failures
        self._unpack = unpack
        self._spend = spend
        self._size = size
        self._begin()

    def _begin(self) -> None:
        self._pieces, self._left, self._place = self._unpack(), memoryview(b""), 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_END:
            if self._size is None:
                raise io.UnsupportedOperation("the end of what is packed is not known")
            offset += self._size
        elif whence == os.SEEK_CUR:
            offset += self._place
        if offset < self._place:
            self._begin()
        while self._place < offset and self._next(offset - self._place):
            pass
        return self._place

    def _next(self, most: int) -> memoryview:
        try:
            content = self._left or memoryview(next(self._pieces, b""))
        except SourceError as error:
            content = self._failed(error)
        except EOFError:
            content = self._failed(SourceError("cut short"))
        except (zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError) as error:
            content = self._failed(SourceError(f"cannot be unpacked: {error}"))
        content, self._left = content[:most], content[most:]
        self._place += len(content)
        return content

    def _failed(self, failure: SourceError) -> memoryview:
        if self._failures is None or not self._place:
            raise failure
        self._failures.append(failure)
        return memoryview(b"")

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the stub's buffers include read-only ones
        content = self._next(len(buffer))
        self._spend(len(content))
        buffer[: len(content)] = content
        return len(content)
