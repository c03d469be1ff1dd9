"""Web archives (WARC and the older ARC) of crawls, read by warcio: an article per successful response (status 200) that is a page or plain
text, of several with one id the newest readable one. The id is the URL. Offsets count in the extracted text. A metadata record before it
with its URL, as ``newsdex fetch`` writes, gives the id and what the page does not state.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import chain, count
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from newsdex.errors import SourceError
from newsdex.indexer.limits import MIB
from newsdex.indexer.readers.bounds import placed
from newsdex.indexer.readers.crawl_records import LARGEST, CrawlRecord, crawl_records
from newsdex.indexer.readers.dates import parse_published
from newsdex.indexer.readers.decoding import decode
from newsdex.indexer.readers.error_pages import LIKE_A_PAGE
from newsdex.indexer.readers.plain import find_title
from newsdex.indexer.readers.webpage import page_articles
from newsdex.indexer.source import Source
from newsdex.records import VANISHED, Article

if TYPE_CHECKING:
    from warcio.recordloader import ArcWarcRecord

_READ = ("text/html", "application/xhtml+xml", "text/plain")
_OTHERS = re.compile("^application/pdf$|word|epub")  # documents that may hold an article but are not read in crawls
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_FOUND = "200"
_TWICE = 64 * MIB  # largest file that is read once more before, for its captures of the same article
_HELD = 64 * MIB  # most bytes of captures that are kept until the last of the same article
_ALIVE_EVERY = 1000  # records
_MOST_TOLD = 100_000  # bytes read of a metadata record
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class _Capture(NamedTuple):
    """One of several captures that give an article of the same id."""

    when: str
    number: int
    address: str
    articles: Iterator[Article | SourceError]  # read when they are asked for


def read(source: Source) -> Iterator[Article | SourceError]:
    last = _last_of_several(source)
    several = set(last.values())
    held: defaultdict[str, list[_Capture]] = defaultdict(list)
    others: Counter[str] = Counter()
    about: tuple[str, Mapping[str, str]] = "", {}  # address of a page, and what the last metadata record says of it

    def articles(found: CrawlRecord, number: int, *, wanted: bool) -> Iterator[Article | SourceError]:
        nonlocal about
        problems = [SourceError(f"{found.problem}{'; read as far as it goes' if found.content else ''}")] if found.problem else []
        if not found.content:
            yield from problems if wanted else ()
            return
        record = _parsed(found)
        if record.rec_type == "response" and _OTHERS.search(kind := _kind(_type_of(record))):
            others[kind] += 1
        about = _told(record) or about
        known = about[1] if about[0] == _address_of(record) else {}
        its_articles = chain(problems, _articles(source, record, number, known, large=found.large))
        if _is_page(record) and (identifier := _id_of(record, known)) in several:
            held[identifier].append(_Capture(record.rec_headers.get_header("WARC-Date") or "", number, _address_of(record), its_articles))
        elif wanted:
            yield from its_articles

    with source.open() as file:
        records = crawl_records(file)
        for number in count(1):
            # Before its content is read, so that a crash of the parser is attributed to this record.
            wanted = source.wants(number, f"record {number}")
            found = next(records, None)
            if found is None:
                break
            yield from placed(articles(found, number, wanted=wanted), f"record {number}")
            captures = held.pop(last[number], []) if number in last else []
            if captures and wanted:
                yield from _best_of(captures, source)
    if others:
        told = ", ".join(f"{count} {kind}" for kind, count in others.most_common(5))
        yield SourceError(f"documents in it that are not read: {told}", lost=False)


def _parsed(found: CrawlRecord) -> ArcWarcRecord:
    from warcio.archiveiterator import ArchiveIterator

    return next(iter(ArchiveIterator(io.BytesIO(found.content), arc2warc=True)))


def _last_of_several(source: Source) -> Mapping[int, str]:
    """Return the number of the last capture of each article that has several, with its id; none for a large file."""
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    sizes: Counter[str] = Counter()
    about: tuple[str, Mapping[str, str]] = "", {}
    with source.open() as file:
        if file.seek(0, os.SEEK_END) > _TWICE:
            return {}
        file.seek(0)
        for number, found in enumerate(crawl_records(file), 1):
            if number % _ALIVE_EVERY == 0:
                source.alive()
            with suppress(Exception):  # what is wrong with a record is told when it is read
                record = _parsed(found)
                about = _told(record) or about
                if _is_page(record):
                    identifier = _id_of(record, about[1] if about[0] == _address_of(record) else {})
                    numbers[identifier].append(number)
                    sizes[identifier] += len(found.content)
    several: dict[int, str] = {}
    room = _HELD
    for identifier, found_in in numbers.items():
        if identifier and len(found_in) > 1 and sizes[identifier] <= room:
            room -= sizes[identifier]
            several[found_in[-1]] = identifier
    return several


def _best_of(captures: list[_Capture], source: Source) -> Iterator[Article | SourceError]:
    """Yield what the newest capture gives that is an article without a remark, else the newest that is one at all."""
    tried: list[tuple[bool, bool, _Capture, list[Article | SourceError]]] = []
    for capture in sorted(captures, reverse=True):
        source.alive()
        items = list(placed(capture.articles, f"record {capture.number}"))
        found = any(isinstance(item, Article) and item.text.strip() for item in items)
        tried.append((found, found and len(items) == 1, capture, items))
        if tried[-1][1]:
            break
    *_, chosen, items = max(tried, key=itemgetter(0, 1))  # of equally good ones the first
    yield from items
    remarks = {capture.number: item.reason for *_, capture, items in tried for item in items if isinstance(item, SourceError)}
    for capture in captures:
        if capture is not chosen:
            why = f"{remarks[capture.number]}; " if capture.number in remarks else f"record {capture.number}: "
            again = "again " if capture < chosen else ""
            yield SourceError(f"{why}{capture.address} was captured {again}on {chosen.when}, which is read instead", lost=False)


def _id_of(record: ArcWarcRecord, known: Mapping[str, str]) -> str:
    return known.get("id") or _address_of(record)


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
    identifier = _id_of(record, known)
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
    return coding if coding in ("br", "zstd", "compress") and _NO_TEXT.search(content[:1000]) else ""


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
