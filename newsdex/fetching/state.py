"""The fetch folder: pages for ``newsdex index``, and their records in ``.fetch``, which indexing skips.

pages/HOST/NAME.warc.gz   an article, as fetched
.fetch/sources/list.json  the sources, replaced atomically; LOCK is held while they are changed
.fetch/forgotten.json     digests of the addresses that are not fetched again
.fetch/sources/*.xml      the latest copy of each feed
.fetch/records.jsonl      a JSON object per line for a source or a page, the last one of each counts; LOCK in .fetch is held by a run
.fetch/robots/            robots.txt of each host
.fetch/candidate.warc.gz  the page being read, during a run

A page is written before its record, and the pages of a source are recorded together with its validators. A killed run loses only the pages
in flight.

A page is a WARC of two records, which the indexer reads as one article. The first record has what the source says of the page, and the
permanent id of the article; the second is the response. Its body is decompressed, so its transport headers are dropped.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from newsdex import foreign
from newsdex.errors import IndexBusy, UsageError
from newsdex.fetching.addresses import Failed, key_of, parsed
from newsdex.fetching.client import Response
from newsdex.store import files
from newsdex.values import utc_now

HIDDEN = ".fetch"
_FORGOTTEN = "forgotten.json"
_MOST_SOURCES = 10_000
_LIST_SIZE = 10_000_000
_LINE = 100_000  # bytes of a record
_LARGEST_HEAD = 1_000_000  # largest first record, in bytes
_List = TypeVar("_List", bound=tuple[Any, ...])
_TRANSPORT = ("content-encoding", "transfer-encoding", "content-length", "set-cookie")


@dataclass(frozen=True, slots=True)
class Source:
    """A source and when it was added, in UTC."""

    url: str
    added: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The record of a source; times are in UTC and empty if they do not apply. ``parent``: the sitemap index that lists it.

    ``stamp``: when the index says it changed. ``kind``: feed, sitemap, JSON feed or page; ``entries``: its last number of entries.
    ``failed``: why it failed last; ``tries``: failures in a row; ``until``: when its host wants to be asked again.
    """

    url: str
    parent: str = ""
    kind: str = ""
    title: str = ""
    entries: int = 0
    checked: str = ""
    etag: str = ""
    modified: str = ""
    stamp: str = ""
    failed: str = ""
    tries: int = 0
    until: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The record of a page that a source lists as ``url``. ``told``: what the source says of it; ``entry``: a digest of that.

    ``changed``: the source has changed its entry since. ``first`` and ``fetched``: when an article was stored, ``checked``: when it was
    last requested, in UTC; ``status``: of the response. ``title`` and ``article``: the article's title and id; ``file``: its path in the
    folder; ``same_as``: the article of which the page is a variant. ``gone``: since when it is missing; ``kept``: since
    when it shows something else, such as a paywall, and the article stays as it was fetched.
    """

    url: str
    source: str
    told: Mapping[str, str] = field(default_factory=dict)
    entry: str = ""
    changed: bool = False
    first: str = ""
    fetched: str = ""
    checked: str = ""
    status: int = 0
    final: str = ""
    canonical: str = ""
    kind: str = ""
    etag: str = ""
    modified: str = ""
    title: str = ""
    article: str = ""
    file: str = ""
    sha256: str = ""
    text: str = ""
    same_as: str = ""
    gone: str = ""
    kept: str = ""
    failed: str = ""
    tries: int = 0
    until: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """A source with the numbers of its stored ``articles``, of those that are ``gone`` or ``kept``, and of pages that ``failed`` last."""

    source: Source
    listing: Listing
    articles: int = 0
    gone: int = 0
    kept: int = 0
    failed: int = 0


def add(folder: str | os.PathLike[str], urls: Iterable[str]) -> list[tuple[str, bool]]:
    """Add sources; return the normalised address of each and whether it is new. Raises UsageError or IndexFolderError."""
    folder = Path(folder)
    given = []
    for url in urls:
        try:
            given.append(parsed(url).url)
        except Failed as failed:
            raise UsageError(f"{url[:200]!r} cannot be fetched: {failed.reason}") from failed
    with _changing(folder) as known:
        added = [(url, url not in known) for url in given]
        if len(known) + len(given) > _MOST_SOURCES:
            raise UsageError(f"{folder} would have more than {_MOST_SOURCES:,} sources. Choose another folder: --folder FOLDER")
        known.update({url: Source(url, utc_now()) for url, new in added if new})
    return added


def remove(folder: str | os.PathLike[str], url: str) -> str:
    """Remove a source and keep its pages; return its address. Raises UsageError for an unknown address."""
    if not is_used(Path(folder)):
        raise UsageError(f"{folder} has no sources. Add one: newsdex fetch add URL --folder {folder}")
    with _changing(Path(folder)) as known:
        try:
            whole = parsed(url).url
        except Failed:
            whole = url
        if whole not in known:
            raise UsageError(f"no source has the address {url[:200]!r}. All sources: newsdex fetch list --folder {folder}")
        del known[whole]
    return whole


def forget(folder: str | os.PathLike[str], url: str) -> list[str]:
    """Remove an address's pages for ever; return the removed files. Raises UsageError for no address, a source, or during a run."""
    try:
        whole = parsed(url).url
    except Failed as failed:
        raise UsageError(f"{url[:200]!r} is not valid: {failed.reason}") from failed
    if not is_used(Path(folder)):
        raise UsageError(f"{folder} has no sources. Add one: newsdex fetch add URL --folder {folder}")
    with Fetched(Path(folder)) as fetched:
        if whole in fetched.sources:
            raise UsageError(f"{whole[:200]!r} is a source. Remove it first: newsdex fetch remove {whole} --folder {folder}")
        return fetched.forget(whole)


def sources_of(folder: str | os.PathLike[str]) -> list[Overview]:
    """Return an overview of each source. Raises UsageError."""
    sources, records = _listed(Path(folder)), Records(Path(folder))
    counts = {url: Counter[str]() for url in sources}
    for page in records.pages.values():
        listing = records.listings.get(page.source)
        root = (listing.parent if listing else "") or page.source
        if (count := counts.get(root)) is not None:
            gone, kept = bool(page.file and page.gone), bool(page.kept)
            count.update(articles=bool(page.file), gone=gone, kept=kept, failed=bool(page.failed) and not (gone or kept))
    return [Overview(source, records.listings.get(url) or Listing(url), **counts[url]) for url, source in sources.items()]


def pages_of(folder: str | os.PathLike[str]) -> list[Page]:
    """Return the record of each page. Raises UsageError."""
    return list(Records(Path(folder)).pages.values())


def is_used(folder: Path) -> bool:
    """Return whether sources were ever added to ``folder``."""
    return (folder / HIDDEN).is_dir()


@contextmanager
def _changing(folder: Path) -> Iterator[dict[str, Source]]:
    """Yield the sources; they are written at the end of the block unless it fails."""
    place = folder / HIDDEN / "sources"
    _writable(folder)
    files.make_folder(place)
    with files.WriterLock(place, 10.0):
        known = _listed(folder)
        yield known
        files.replace(place, "list.json", json.dumps(list(map(asdict, known.values())), indent=1).encode())


def _writable(folder: Path) -> None:
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(f"cannot write to {folder}: expected a folder that is writable. Choose another: --folder FOLDER")


def _listed(folder: Path) -> dict[str, Source]:
    cure = "Remove the file and add the sources again: newsdex fetch add URL"
    return {source.url: source for source in _stored(folder / HIDDEN / "sources" / "list.json", tuple[Source, ...], cure)}


def _stored(path: Path, kind: type[_List], cure: str) -> _List | tuple[()]:
    """The list in a file, of this ``kind``; an empty one without the file. Raises UsageError with the ``cure``."""
    try:
        return foreign.made(kind, foreign.parsed(path.read_bytes(), _LIST_SIZE))
    except FileNotFoundError:
        return ()
    except (ValueError, OSError) as error:
        raise UsageError(f"cannot read {path}: {error}. {cure}") from error


class Records:
    """The records of sources and pages."""

    def __init__(self, folder: Path) -> None:
        """Read the records. Raises UsageError."""
        self._path = folder / HIDDEN / "records.jsonl"
        self.listings: dict[str, Listing] = {}
        self.pages: dict[str, Page] = {}
        self.articles: dict[str, str] = {}  # the key of the page that owns each article
        self._size = self._lines = 0
        try:
            with self._path.open("rb") as file:
                # A line that a crash has truncated is overwritten by the next record.
                while (line := file.readline(_LINE)).endswith(b"\n") or len(line) == _LINE:
                    self._read(line)
                    self._size += len(line)
        except FileNotFoundError:
            pass
        except (ValueError, OSError, Failed) as error:
            raise UsageError(f"cannot read {self._path}, line {self._lines + 1}: {error}. Remove that line") from error

    def _read(self, line: bytes) -> None:
        value = foreign.parsed(line, _LINE)
        if not isinstance(value, dict) or len(value) != 1:
            raise ValueError("expected an object with one field")
        if "source" in value:
            self._take(foreign.made(Listing, value["source"]))
        else:
            self._take(foreign.made(Page, value.get("page")))
        self._lines += 1

    def _take(self, record: Listing | Page) -> None:
        if isinstance(record, Listing):
            self.listings[record.url] = record
        else:
            key = key_of(record.url)
            self.pages[key] = record
            if record.article:
                self.articles[key_of(record.article)] = key

    def keep(self, *records: Listing | Page) -> None:
        """Store records. Raises IndexUnwritable."""
        content = b"".join(map(_line_of, records))
        try:
            files.append(self._path, self._size, content)
        except OSError as error:
            raise files.unwritable(self._path, error) from error
        self._size += len(content)
        self._lines += len(records)
        for record in records:
            self._take(record)

    def drop(self, keys: Iterable[str], sources: Iterable[str]) -> None:
        """Remove pages and former sources, of which no line is left. Raises IndexFolderError."""
        for key in keys:
            del self.pages[key]
        for url in sources:
            del self.listings[url]
        self.articles = {key_of(page.article): key for key, page in self.pages.items() if page.article}
        self.compact(most=0)

    def compact(self, most: int | None = None) -> None:
        """Rewrite the file if it has more than ``most`` lines, by default if most of its lines are obsolete. Raises IndexFolderError."""
        if self._lines > (2 * (len(self.listings) + len(self.pages)) + 1_000 if most is None else most):
            content = b"".join([*map(_line_of, self.listings.values()), *map(_line_of, self.pages.values())])
            files.replace(self._path.parent, self._path.name, content)
            self._size, self._lines = len(content), len(self.listings) + len(self.pages)


def _line_of(record: Listing | Page) -> bytes:
    name = "source" if isinstance(record, Listing) else "page"
    return json.dumps({name: {key: value for key, value in asdict(record).items() if value or key in ("url", "source")}}).encode() + b"\n"


class Fetched(AbstractContextManager["Fetched"]):
    """The folder during a run, which has exclusive access."""

    def __init__(self, folder: Path) -> None:
        """Raises IndexFolderError, or UsageError if another run is active."""
        self.folder = folder
        self.hidden = folder / HIDDEN
        self.candidate = self.hidden / "candidate.warc.gz"  # a fetched page whose article is not yet known
        _writable(folder)
        for name in ("sources", "robots"):
            files.make_folder(self.hidden / name)
        try:
            self._lock = files.WriterLock(self.hidden, 0.0)
        except IndexBusy as error:
            raise UsageError(f"{folder} is in use by the fetch of {files.lock_holder(self.hidden)}. Try again when it is done") from error
        try:
            self.sources = _listed(folder)
            self.records = Records(folder)
            self.records.compact()
            cure = "Remove the file, and forget the addresses again: newsdex fetch forget URL"
            self._forgotten = set(_stored(self.hidden / _FORGOTTEN, tuple[str, ...], cure))
        except BaseException:
            self._lock.release()
            raise

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # the next run replaces it
            self.candidate.unlink(missing_ok=True)
        self._lock.release()

    def is_forgotten(self, key: str) -> bool:
        """Return whether the address of this key is not to be fetched again."""
        return _digest(key) in self._forgotten

    def forget(self, url: str) -> list[str]:
        """Remove the article of an address and the records of all its variants, and remember only digests of these. Return its files."""
        names, gone = {key_of(url)}, dict[str, Page]()
        addresses = {key: {key, *map(key_of, _names_of(page))} for key, page in self.records.pages.items()}
        while found := {key: self.records.pages[key] for key in addresses.keys() - gone.keys() if addresses[key] & names}:
            gone |= found
            names.update(*map(addresses.__getitem__, found))
        self._forgotten |= set(map(_digest, names))
        # Before anything is removed, so that a killed command leaves nothing that would be fetched again
        files.replace(self.hidden, _FORGOTTEN, json.dumps(sorted(self._forgotten)).encode())
        removed = [page.file for page in gone.values() if page.file and (self.folder / page.file).exists()]
        for name in removed:
            (self.folder / name).unlink(missing_ok=True)
        self.records.drop(gone, [source for source in self.records.listings if key_of(source) in names and source not in self.sources])
        return removed

    def keep_feed(self, url: str, suffix: str, content: bytes) -> Path:
        """Store a source as received. Raises IndexFolderError."""
        name = f"{hashlib.sha256(url.encode()).hexdigest()[:16]}{suffix}"
        files.replace(self.hidden / "sources", name, content)
        return self.hidden / "sources" / name

    def keep_page(self, name: str, content: bytes) -> None:
        """Store an article's file by its path in the folder. Raises IndexFolderError."""
        path = self.folder / name
        files.make_folder(path.parent)
        files.replace(path.parent, path.name, content)


def _names_of(page: Page) -> Iterator[str]:
    """The addresses that are known of a page's article, besides its own."""
    return filter(None, (page.article, page.same_as, page.canonical if page.file else ""))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def file_of(article: str) -> str:
    """Return the path of an article's file in the folder.

    >>> file_of("https://www.example.org/2024/04/blinken-in-beijing.html")
    'pages/www.example.org/blinken-in-beijing-4fd35c12d664.warc.gz'
    """
    site = re.sub(r"[^a-z0-9.-]", "_", parsed(article).site).lstrip(".")
    last = urlsplit(article).path.rstrip("/").rpartition("/")[2]
    slug = re.sub(r"[^a-z0-9]{1,99}", "-", last.lower().partition(".")[0][:60]).strip("-")
    digest = hashlib.sha256(key_of(article).encode()).hexdigest()[:12]
    return f"pages/{site}/{slug}{'-' if slug else ''}{digest}.warc.gz"


def record_of(value: Listing | Page) -> dict[str, Any]:
    """Return a record as plain values, with null for empty texts."""
    return {name: each if each != "" else None for name, each in asdict(value).items()}


def packed(response: Response, told: Mapping[str, str], time: str) -> bytes:
    """Return the file of the article in ``response``, received at ``time``."""
    from warcio.statusandheaders import StatusAndHeaders

    headers = [(name, _one_line(value)) for name, value in response.headers if name.lower() not in _TRANSPORT]
    headers.append(("Content-Length", str(len(response.body))))
    http = StatusAndHeaders(f"{response.status} {_one_line(response.reason)}".strip(), headers, protocol="HTTP/1.1")
    return _metadata(response.url, told, time) + _record(response.url, "response", response.body, time, http_headers=http)


def with_field(content: bytes, name: str, value: str) -> bytes:
    """Set ``name: value`` in the first record of ``packed``'s result; an empty value removes it. Raises ValueError for another file."""
    from warcio.archiveiterator import ArchiveIterator

    unpacker = zlib.decompressobj(31)
    try:
        head = unpacker.decompress(content, _LARGEST_HEAD)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    record = next(iter(ArchiveIterator(io.BytesIO(head))), None) if unpacker.eof else None
    if record is None or record.rec_type != "metadata":
        raise ValueError("expected a record of metadata at its beginning")
    fields = (line.partition(": ") for line in record.content_stream().read().decode("utf-8", "replace").split("\r\n"))
    told = {key: rest for key, colon, rest in fields if colon and key != name} | {name: value}
    about = record.rec_headers
    return _metadata(about.get_header("WARC-Target-URI"), told, about.get_header("WARC-Date")) + unpacker.unused_data


def _metadata(url: str, told: Mapping[str, str], time: str) -> bytes:
    """Return the first record."""
    fields = "".join(f"{name}: {value}\r\n" for name, value in told.items() if value).encode()
    return _record(url, "metadata", fields, time, warc_content_type="application/warc-fields")


def _record(url: str, kind: str, content: bytes, time: str, **told: Any) -> bytes:
    from warcio.warcwriter import WARCWriter

    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    dated = {"WARC-Date": time}
    writer.write_record(writer.create_warc_record(url, kind, io.BytesIO(content), len(content), warc_headers_dict=dated, **told))
    return out.getvalue()


def _one_line(value: str) -> str:
    return " ".join(value.split()).encode("latin-1", "replace").decode("latin-1")
