"""Web archives (WARC and the older ARC, compressed or not) as crawls of news sites keep them, read by warcio: an article a page.

Only answers that were found (status 200) and are pages, or plain text, are read. An article is called by its address. Offsets count in the text
that is made of the page.
"""

from __future__ import annotations

import hashlib
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stderr
from typing import TYPE_CHECKING, BinaryIO

from newsdex.errors import SourceError
from newsdex.indexer.readers.decoding import decode
from newsdex.indexer.readers.plain import find_title
from newsdex.indexer.readers.webpage import page_articles
from newsdex.indexer.source import Source
from newsdex.records import Article, Span

if TYPE_CHECKING:
    from typing_extensions import Buffer
    from warcio.recordloader import ArcWarcRecord

_LARGEST = 64_000_000  # bytes of a page
_PAGES = ("text/html", "application/xhtml+xml")
_FOUND = "200"
_LIKE_A_PAGE = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_PACKERS = ("br", "zstd", "compress")
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_GZIP = b"\x1f\x8b"
_WITH_HEADER = zlib.MAX_WBITS | 16  # what zlib calls gzip
_WARC = b"WARC/"
_BLOCK = 1 << 16
_TAIL = 64  # bytes at the end, with what some writers fill up a block with


def read(source: Source) -> Iterator[Article | SourceError]:
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    number = 0
    others: Counter[str] = Counter()
    with source.open() as file:
        content = _Content(file)
        records = iter(ArchiveIterator(io.BufferedReader(content), arc2warc=True))
        while True:
            said = io.StringIO()
            try:
                with redirect_stderr(said):  # warcio prints its warnings
                    record = next(records, None)
                if "WARNING" in said.getvalue() or (record is None and content.is_cut_off()):
                    yield SourceError(f"cut off, or of another length than it says, after record {number}", lost=False)
                if record is None:
                    break
                number += 1
                others.update(_other_document(record))
                if source.wants(number, f"record {number}"):
                    yield from _articles(source, record, number)
            except (ArchiveLoadFailed, EOFError, OSError, ValueError) as error:
                # What comes after a record that cannot be read has no known beginning.
                reason = " ".join(str(error).split())[:120]
                raise SourceError(f"broken or cut off after record {number}: {reason}") from error
    if others:
        told = ", ".join(f"{count} {kind}" for kind, count in others.most_common(5))
        yield SourceError(f"documents in it that are not read: {told}", lost=False)


class _Content(io.RawIOBase):
    """The bytes of an archive, unpacked if gzip has packed it, up to where that is broken or cut off.

    warcio would want each record packed on its own, as crawlers do, and gzip.GzipFile keeps back what it has read at once before an error.
    """

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._block = file.read(_BLOCK)
        self._unpacker = zlib.decompressobj(wbits=_WITH_HEADER) if self._block.startswith(_GZIP) else None
        self._first = self._last = b""

    def is_cut_off(self) -> bool:
        """Whether the last record of a WARC, once all is read, lacks the two line ends that are its end."""
        return self._first == _WARC and not self._last.rstrip(b"\0").endswith((b"\r\n\r\n", b"\n\n"))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        room = memoryview(buffer)
        content = self._next(len(room))
        self._first = self._first or content[: len(_WARC)]
        self._last = (self._last + content)[-_TAIL:]
        room[: len(content)] = content
        return len(content)

    def _next(self, size: int) -> bytes:
        """Up to ``size`` bytes; none at the end. Raises ValueError where what is packed is broken."""
        content = b""
        while not content and (self._block or (block := self._file.read(_BLOCK))):
            self._block = self._block or block
            if self._unpacker is None:
                content, self._block = self._block[:size], self._block[size:]
                continue
            if self._unpacker.eof:
                self._unpacker = zlib.decompressobj(wbits=_WITH_HEADER)
            try:
                content = self._unpacker.decompress(self._block, size)
            except zlib.error as error:
                raise ValueError(f"what gzip has packed is broken: {error}") from error
            self._block = self._unpacker.unused_data if self._unpacker.eof else self._unpacker.unconsumed_tail
        return content


def _articles(source: Source, record: ArcWarcRecord, number: int) -> Iterator[Article | SourceError]:
    kind, charset = _content_type(record)
    if not kind and (record.rec_type != "response" or not _is_untold(record)):
        return
    url = (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<> ")
    if not _is_article(url):
        return
    content = record.content_stream().read(_LARGEST + 1)
    if len(content) > _LARGEST:
        yield SourceError(f"record {number}: {url} is larger than {_LARGEST // 1_000_000} MB")
        return
    if not kind and not _LIKE_A_PAGE.match(content):
        return
    if packed := _still_packed(record, content):
        yield SourceError(f"record {number}: {url} is packed as {packed}, which is not read here")
        return
    identifier = url or f"{source.name}#{number}"
    try:
        if kind == "text/plain":
            yield _plain(source, content, identifier, number)
        else:
            for item in page_articles(content, source, identifier, record=number, url=url, charset=charset):
                yield item if isinstance(item, Article) else SourceError(f"record {number}: {item.reason}", lost=item.lost)
    except SourceError as error:
        yield SourceError(f"record {number}: {error.reason}")


def _is_article(url: str) -> bool:
    """Whether something of this address can be an article: not what the crawler wrote of itself, nor what a site writes for crawlers."""
    return not url.startswith(("metadata:", "dns:", "whois:", "warcinfo:")) and not url.endswith("/robots.txt")


def _content_type(record: ArcWarcRecord) -> tuple[str, str]:
    """The media type of a page or plain text that was found, and the charset it names; both empty for all other records."""
    if record.rec_type == "response":
        if record.http_headers is None or record.http_headers.get_statuscode() != _FOUND:
            return "", ""
        written = record.http_headers.get_header("Content-Type") or ""
    elif record.rec_type == "resource":
        written = record.rec_headers.get_header("Content-Type") or ""
    else:
        return "", ""
    kind = written.partition(";")[0].strip().lower()
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", written, re.IGNORECASE)
    return (kind, charset[1] if charset else "") if kind in (*_PAGES, "text/plain") else ("", "")


def _is_untold(record: ArcWarcRecord) -> bool:
    """Whether something was found that does not say what it is."""
    headers = record.http_headers
    return headers is not None and headers.get_statuscode() == _FOUND and not headers.get_header("Content-Type")


def _still_packed(record: ArcWarcRecord, content: bytes) -> str:
    """The coding that ``content`` is still in, for warcio knows it not, or not without another library; empty where it is text, whatever its headers say."""
    coding = (record.http_headers.get_header("Content-Encoding") or "").strip().lower() if record.http_headers else ""
    return coding if coding in _PACKERS and _NO_TEXT.search(content[:1000]) else ""


def _other_document(record: ArcWarcRecord) -> list[str]:
    """The format of what was found, if it is a document that has an article perhaps, but none that is read in a crawl."""
    if record.rec_type != "response" or record.http_headers is None or record.http_headers.get_statuscode() != _FOUND:
        return []
    kind = (record.http_headers.get_header("Content-Type") or "").partition(";")[0].strip().lower()
    return [kind] if kind == "application/pdf" or "word" in kind or "epub" in kind else []


def _plain(source: Source, content: bytes, identifier: str, number: int) -> Article:
    text = decode(content)
    return Article(
        id=identifier,
        text=text,
        path=source.path,
        sha256=hashlib.sha256(content).hexdigest(),
        title=find_title(text),
        url=identifier if "://" in identifier else "",
        record=number,
        body=Span(0, len(text)),
    )
