"""Web archives (WARC and the older ARC, compressed or not) as crawls of news sites keep them, read by warcio: an article a page.

Only answers that were found (status 200) and are pages, or plain text, are read. An article is called by its address. Offsets count in the
text that is made of the page.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

from newsdex.errors import SourceError
from newsdex.indexer.readers.crawl_records import LARGEST, crawl_records
from newsdex.indexer.readers.decoding import decode
from newsdex.indexer.readers.plain import find_title
from newsdex.indexer.readers.webpage import page_articles
from newsdex.indexer.source import Source
from newsdex.records import Article, Span

if TYPE_CHECKING:
    from warcio.recordloader import ArcWarcRecord

_READ = ("text/html", "application/xhtml+xml", "text/plain")
_OTHERS = re.compile("^application/pdf$|word|epub")  # documents that may have an article, and are not read in a crawl
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_FOUND = "200"
_LIKE_A_PAGE = re.compile(rb"\s*(?:\xef\xbb\xbf\s*)?<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_PACKERS = ("br", "zstd", "compress")
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def read(source: Source) -> Iterator[Article | SourceError]:
    from warcio.archiveiterator import ArchiveIterator

    others: Counter[str] = Counter()
    with source.open() as file:
        records = crawl_records(file)
        for number in count(1):
            # Before its content is read: a parser that ends there has ended at this record.
            wanted = source.wants(number, f"record {number}")
            found = next(records, None)
            if found is None:
                break
            if not wanted:
                continue
            if found.problem:
                yield SourceError(f"record {number}: {found.problem}{'; read as far as it goes' if found.content else ''}")
            if not found.content:
                continue
            try:
                record = next(iter(ArchiveIterator(io.BytesIO(found.content), arc2warc=True)))
                if record.rec_type == "response" and _OTHERS.search(kind := (_type_of(record) or "").partition(";")[0].strip().lower()):
                    others[kind] += 1
                yield from _articles(source, record, number, large=found.large)
            except MemoryError:  # what is left is not to be relied on
                raise
            except Exception as error:  # noqa: BLE001 - one record never costs another
                yield SourceError(f"record {number}: broken ({type(error).__name__}: {' '.join(str(error).split())[:120]})")
    if others:
        told = ", ".join(f"{count} {kind}" for kind, count in others.most_common(5))
        yield SourceError(f"documents in it that are not read: {told}", lost=False)


def _articles(source: Source, record: ArcWarcRecord, number: int, *, large: bool) -> Iterator[Article | SourceError]:
    written = _type_of(record)
    kind = (written or "").partition(";")[0].strip().lower()
    untold = written == "" and record.rec_type == "response"
    if not untold and kind not in _READ:
        return
    url = (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<> ")
    if not _is_article(url):
        return
    content = b"" if large else record.content_stream().read(LARGEST + 1)
    if large or len(content) > LARGEST:
        yield SourceError(f"record {number}: {url} is larger than {LARGEST // 1_000_000} MB")
        return
    if untold and not _LIKE_A_PAGE.match(content):
        return
    if packed := _still_packed(record, content):
        yield SourceError(f"record {number}: {url} is packed as {packed}, which is not read here")
        return
    identifier = url or f"{source.name}#{number}"
    try:
        if kind == "text/plain":
            yield _plain(source, content, identifier, number)
        else:
            named = _CHARSET.search(written or "")
            for item in page_articles(content, source, identifier, record=number, url=url, charset=named[1] if named else ""):
                yield item if isinstance(item, Article) else SourceError(f"record {number}: {item.reason}", lost=item.lost)
    except SourceError as error:
        yield SourceError(f"record {number}: {error.reason}")


def _is_article(url: str) -> bool:
    """Whether something of this address can be an article: not what the crawler wrote of itself, nor what a site writes for crawlers."""
    return not url.startswith(("metadata:", "dns:", "whois:", "warcinfo:")) and not url.endswith("/robots.txt")


def _type_of(record: ArcWarcRecord) -> str | None:
    """The media type of what was found, with its parameters; empty where it is not told, None where nothing was found."""
    if record.rec_type == "resource":
        return record.rec_headers.get_header("Content-Type") or ""
    if record.rec_type != "response" or record.http_headers is None or record.http_headers.get_statuscode() != _FOUND:
        return None
    return record.http_headers.get_header("Content-Type") or ""


def _still_packed(record: ArcWarcRecord, content: bytes) -> str:
    """The coding that ``content`` is still in, for warcio knows it not, or not without another library; empty where it is text, whatever
    its headers say.
    """
    coding = (record.http_headers.get_header("Content-Encoding") or "").strip().lower() if record.http_headers else ""
    return coding if coding in _PACKERS and _NO_TEXT.search(content[:1000]) else ""


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
