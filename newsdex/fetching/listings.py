"""What a feed, a JSON Feed or a sitemap lists. Feeds are parsed in a confined process, sitemaps without entities and network."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from newsdex import foreign
from newsdex.errors import SourceError
from newsdex.fetching.addresses import Failed, parsed
from newsdex.indexer.discover import FoundFile
from newsdex.indexer.readers.decoding import without_surrogates
from newsdex.indexer.readers.feed import NO_ENTRIES
from newsdex.indexer.workers.pool import Parsers
from newsdex.records import Article

MOST_ENTRIES = 50_000
MOST_CHILDREN = 100  # sitemaps followed in a sitemap index, the latest ones
_LONGEST = 500  # longest value of an entry, in characters
_GZIP = b"\x1f\x8b"
_MARK = b"\xef\xbb\xbf"
# Elements of a news sitemap, with the names of the page reader.
_NEWS = {"publication_date": "date", "title": "title", "name": "source", "language": "language"}
_FEED_LINK = re.compile(rb"<link\b[^<>]{0,1000}>", re.IGNORECASE)
_HREF = re.compile(rb"""\bhref\s{0,9}=\s{0,9}["']([^"'<>\s]{1,1000})["']""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """A page listed by a source, and what that says of it. ``stamp``: a digest of the entry; ``changed``: its date of change."""

    url: str
    told: Mapping[str, str] = field(default_factory=dict)
    stamp: str = ""
    changed: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """The pages or further sitemaps listed by a source; ``problem``: why it could not be read to the end."""

    entries: list[Entry] = field(default_factory=list)
    children: list[Entry] = field(default_factory=list)
    title: str = ""
    problem: str = ""


def unpacked(content: bytes, most: int) -> bytes:
    """Decompress ``content`` if it is a sitemap in gzip. Raises Failed."""
    if not content.startswith(_GZIP):
        return content
    try:
        unpacker = zlib.decompressobj(31)
        found = unpacker.decompress(content, most + 1)
    except zlib.error as error:
        raise Failed(f"broken gzip: {error}") from error
    if len(found) > most:
        raise Failed(f"larger than {most:,} bytes")
    return found


def is_listing(content: bytes) -> bool:
    """Return whether ``content`` is a feed or a sitemap, compressed or not, rather than a page."""
    return content.startswith(_GZIP) or kind_of(content) != "page"


def kind_of(content: bytes) -> str:
    """Return the kind of a source: ``feed``, ``sitemap``, ``JSON feed`` or ``page``."""
    beginning = content[:4_000].removeprefix(_MARK).lstrip()
    if beginning.startswith(b"{"):
        return "JSON feed"
    if re.search(rb"<(?:\w{1,20}:)?(?:urlset|sitemapindex)[\s>]", beginning):
        return "sitemap"
    return "feed" if re.search(rb"<(?:rss|feed|(?:\w{1,20}:)?rdf)[\s>]", beginning, re.IGNORECASE) else "page"


def feeds_in(content: bytes, base: str) -> list[str]:
    """Return the feeds that a page links to."""
    found = []
    for link in _FEED_LINK.findall(content[:200_000]):
        if re.search(rb"application/(?:rss|atom|feed)\+(?:xml|json)", link) and (href := _HREF.search(link)):
            try:
                found.append(parsed(urljoin(base, href[1].decode("utf-8", "replace"))).url)
            except (Failed, ValueError):
                continue
    return found


def sitemap(content: bytes, base: str) -> Named:
    """Return the pages of a sitemap, or the sitemaps of an index. Raises Failed."""
    from lxml import etree

    entries: list[Entry] = []
    children: list[Entry] = []
    problem = ""
    try:
        events = etree.iterparse(
            io.BytesIO(content), events=("end",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        )
        for _, element in events:
            name = _local(element)
            if name not in ("url", "sitemap"):
                continue
            told: dict[str, str] = {}
            for inner in element.iter():
                if not re.search("sitemap-(?:image|video)", str(inner.tag)):
                    told.setdefault(_local(inner), " ".join((inner.text or "").split()))
            element.clear()
            changed = told.get("lastmod", "")
            said = {to: told.get(name, "") for name, to in _NEWS.items()}
            if entry := _entry(told.get("loc", ""), base, said, changed):
                (entries if name == "url" else children).append(replace(entry, changed=changed[:40]))
            if len(entries) >= MOST_ENTRIES or len(children) >= MOST_ENTRIES:
                problem = f"more than {MOST_ENTRIES:,} entries: the first of them are read"
                break
    except etree.XMLSyntaxError as error:
        problem = f"broken XML, read as far as it goes ({str(error)[:100]})"
        if not entries and not children:
            raise Failed(problem) from error
    latest = sorted(children, key=lambda child: child.changed, reverse=True)[:MOST_CHILDREN]
    return Named(entries, latest, problem=problem)


def _local(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def json_feed(content: bytes, base: str) -> Named:
    """Return the pages of a JSON Feed. Raises Failed."""
    try:
        value = foreign.parsed(content.removeprefix(_MARK), len(content))
        items = value["items"] if isinstance(value, dict) and "jsonfeed.org" in str(value.get("version"))[:100] else None
    except (ValueError, KeyError) as error:
        raise Failed(f"JSON, but not a feed: {str(error)[:100]}") from error
    if not isinstance(items, list):
        raise Failed("JSON, but not a feed: expected version and items, as in jsonfeed.org")
    entries = []
    for item in items[:MOST_ENTRIES]:
        if not isinstance(item, dict):
            continue
        authors = found if isinstance(found := item.get("authors"), list) else [item.get("author")]
        told = {
            "title": _text(item.get("title")),
            "date": _text(item.get("date_published")),
            "author": ", ".join(filter(None, (_text(each.get("name")) for each in authors[:20] if isinstance(each, dict)))),
            "tags": ", ".join(map(_text, item["tags"][:20])) if isinstance(item.get("tags"), list) else "",
            "language": _text(item.get("language") or value.get("language")),
            "source": _text(value.get("title")),
        }
        url = _text(item.get("url") or item.get("external_url"), 2_000)
        stamp = hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()
        if entry := _entry(url, base, told, stamp):
            entries.append(entry)
    return Named(entries, title=_text(value.get("title")))


def feed(path: Path, base: str, parsers: Parsers) -> Named:
    """Return the entries of the feed in the file at ``path``. Raises Failed."""
    entries: list[Entry] = []
    title = problem = ""
    without = 0
    for item in read(path, parsers):
        if isinstance(item, SourceError):
            problem = problem or item.reason
            continue
        told = {name: item.metadata.get(name, "") for name in ("author", "tags")}
        told |= {"title": item.title, "date": item.published.iso if item.published else "", "language": item.language}
        told["source"] = item.source
        title = title or item.source
        stamp = f"{item.sha256} {item.title} {told['date']}"
        # The reader does not know the feed's address: a relative link survives only in the id.
        link = item.url or item.id.removeprefix(f"{path.name}#")
        entry = _entry(link, base, told, stamp) if item.url or link.startswith("/") else None
        if entry and len(entries) < MOST_ENTRIES:
            entries.append(entry)
        without += entry is None
    if problem == NO_ENTRIES:  # yet
        return Named()
    if problem and not entries:
        raise Failed(problem)
    if without:
        problem = f"{without} of its entries without a valid address{'; ' if problem else ''}{problem}"
    return Named(entries, title=title, problem=problem)


def read(path: Path, parsers: Parsers) -> Iterator[Article | SourceError]:
    """Yield what the indexer reads in a file, in a confined process."""
    try:
        parsing = parsers.parse(FoundFile(path, path.stat()), path.name, "")
        parsing.sha256()
        yield from parsing.items()
    except (SourceError, OSError) as error:
        yield error if isinstance(error, SourceError) else SourceError(str(error))


def _entry(url: str, base: str, told: Mapping[str, str], stamp: str) -> Entry | None:
    """Return an entry; None for an invalid address."""
    try:
        whole = parsed(urljoin(base, url)).url if url else ""
    except (Failed, ValueError):
        return None
    said = {name: without_surrogates(foreign.fitting(" ".join(value.split()), _LONGEST)) for name, value in told.items() if value}
    return Entry(whole, said, hashlib.sha256(json.dumps([said, stamp]).encode()).hexdigest()[:16]) if whole else None


def _text(value: object, most: int = _LONGEST) -> str:
    return value[:most] if isinstance(value, str) else ""
