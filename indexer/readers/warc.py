"""Web archives (WARC and the older ARC, compressed or not) of crawls, read by warcio: an article per page.

Only successful responses (status 200) that are pages or plain text are read, of several of one URL the newest. The id of an article is its
URL. Offsets count in the extracted text.

A metadata record before a page with the same URL, as written by ``newsdex fetch``, gives the id of the article and what the page does not
state itself.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING

from newsdex.errors import SourceError
from newsdex.indexer.limits import MIB
from newsdex.indexer.readers.bounds import placed
from newsdex.indexer.readers.crawl_records import LARGEST, CrawlRecord, crawl_records
from newsdex.indexer.readers.dates import parse_published
from newsdex.indexer.readers.decoding import decode
from newsdex.indexer.readers.plain import find_title
from newsdex.indexer.readers.webpage import LIKE_A_PAGE, page_articles
from newsdex.indexer.source import Source
from newsdex.records import VANISHED, Article

if TYPE_CHECKING:
    from warcio.recordloader import ArcWarcRecord

_READ = ("text/html", "application/xhtml+xml", "text/plain")
_OTHERS = re.compile("^application/pdf$|word|epub")  # documents that may hold an article but are not read in crawls
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_FOUND = "200"
_PACKERS = ("br", "zstd", "compress")
_TWICE = 64 * MIB  # largest file that is read once more before, for the newest captures
_ALIVE_EVERY = 1000  # records
_MOST_TOLD = 100_000  # bytes read of a metadata record
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def read(source: Source) -> Iterator[Article | SourceError]:
    newest = _newest(source)
    others: Counter[str] = Counter()
    about: tuple[str, Mapping[str, str]] = "", {}  # address of a page, and what the last metadata record says of it

    def articles(found: CrawlRecord, number: int) -> Iterator[Article | SourceError]:
        nonlocal about
        if found.problem:
            yield SourceError(f"{found.problem}{'; read as far as it goes' if found.content else ''}")
        if not found.content:
            return
        record = _parsed(found)
        if record.rec_type == "response" and _OTHERS.search(kind := _kind(_type_of(record))):
            others[kind] += 1
        about = _told(record) or about
        if _is_page(record) and newest.get(_address_of(record), ("", number))[1] != number:
            when = newest[_address_of(record)][0]
            yield SourceError(f"{_address_of(record)} was captured again on {when}, which is read instead", lost=False)
            return
        yield from _articles(source, record, number, about[1] if about[0] == _address_of(record) else {}, large=found.large)

    with source.open() as file:
        records = crawl_records(file)
        for number in count(1):
            # Before its content is read, so that a crash of the parser is attributed to this record.
            wanted = source.wants(number, f"record {number}")
            found = next(records, None)
            if found is None:
                break
            if wanted:
                yield from placed(articles(found, number), f"record {number}")
    if others:
        told = ", ".join(f"{count} {kind}" for kind, count in others.most_common(5))
        yield SourceError(f"documents in it that are not read: {told}", lost=False)


def _parsed(found: CrawlRecord) -> ArcWarcRecord:
    from warcio.archiveiterator import ArchiveIterator

    return next(iter(ArchiveIterator(io.BytesIO(found.content), arc2warc=True)))


def _newest(source: Source) -> Mapping[str, tuple[str, int]]:
    """Return the time and the number of the newest capture of each address; none for a large file."""
    newest: dict[str, tuple[str, int]] = {}
    with source.open() as file:
        if file.seek(0, os.SEEK_END) > _TWICE:
            return newest
        file.seek(0)
        for number, found in enumerate(crawl_records(file), 1):
            if number % _ALIVE_EVERY == 0:
                source.alive()
            with suppress(Exception):  # what is wrong with a record is told when it is read
                record = _parsed(found)
                if _is_page(record):
                    captured = (record.rec_headers.get_header("WARC-Date") or "", number)
                    newest[_address_of(record)] = max(newest.get(_address_of(record), captured), captured)
    return newest


def _is_page(record: ArcWarcRecord) -> bool:
    return _kind(_type_of(record)) in _READ


def _kind(written: str | None) -> str:
    return (written or "").partition(";")[0].strip().lower()


def _address_of(record: ArcWarcRecord) -> str:
    return (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<> ")


def _told(record: ArcWarcRecord) -> tuple[str, Mapping[str, str]] | None:
    """Return the address and the fields of a metadata record; None for any other record."""
    if record.rec_type != "metadata" or record.rec_headers.get_header("Content-Type") != "application/warc-fields":
        return None
    lines = record.content_stream().read(_MOST_TOLD).decode("utf-8", "replace").splitlines()
    fields = (line.partition(":") for line in lines)
    return _address_of(record), {name.strip().lower(): value.strip() for name, colon, value in fields if colon}


def _articles(
    source: Source, record: ArcWarcRecord, number: int, known: Mapping[str, str], *, large: bool
) -> Iterator[Article | SourceError]:
    written = _type_of(record)
    kind = _kind(written)
    untold = written == "" and record.rec_type == "response"
    if not untold and kind not in _READ:
        return
    url = _address_of(record)
    # The crawler's own records, and files for crawlers.
    if url.startswith(("metadata:", "dns:", "whois:", "warcinfo:")) or url.endswith("/robots.txt"):
        return
    content = b"" if large else record.content_stream().read(LARGEST + 1)
    if large or len(content) > LARGEST:
        raise SourceError(f"{url} is larger than {LARGEST // 1_000_000} MB")
    if untold and not LIKE_A_PAGE.match(content):
        return
    if packed := _still_packed(record, content):
        raise SourceError(f"{url} is packed as {packed}, which is not supported")
    identifier = known.get("id") or url
    if kind == "text/plain":
        yield _plain(source, content, identifier, number, url, known)
    else:
        charset = named[1] if (named := _CHARSET.search(written or "")) else ""
        yield from page_articles(content, source, identifier, record=number, url=url, charset=charset, known=known)


def _type_of(record: ArcWarcRecord) -> str | None:
    """Return the media type of a successful response, with its parameters; "" if not declared, None for other records."""
    if record.rec_type == "resource":
        return record.rec_headers.get_header("Content-Type") or ""
    if record.rec_type != "response" or record.http_headers is None or record.http_headers.get_statuscode() != _FOUND:
        return None
    return record.http_headers.get_header("Content-Type") or ""


def _still_packed(record: ArcWarcRecord, content: bytes) -> str:
    """Return the coding of ``content`` that warcio did not decode; "" for text, whatever its headers say."""
    coding = (record.http_headers.get_header("Content-Encoding") or "").strip().lower() if record.http_headers else ""
    return coding if coding in _PACKERS and _NO_TEXT.search(content[:1000]) else ""


def _plain(source: Source, content: bytes, identifier: str, number: int, url: str, known: Mapping[str, str]) -> Article:
    text = decode(content)
    return source.article(
        text,
        name=identifier,
        sha256=hashlib.sha256(content).hexdigest(),
        title=known.get("title", "") or find_title(text),
        published=parse_published(known.get("date", ""), "feed"),
        url=url if "://" in url else "",
        record=number,
        metadata={VANISHED: known.get(VANISHED, "")},
    )
