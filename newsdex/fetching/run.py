"""A run of fetching from many hosts at a time, each at its own pace: threads fetch; one thread reads, decides and writes."""

from __future__ import annotations

import hashlib
import json
import os
import queue
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from newsdex.fetching import listings
from newsdex.fetching.addresses import Failed, cleaned, key_of, parsed, same_host
from newsdex.fetching.client import LONGEST_WAIT, Client, Hosts, Response, Settings
from newsdex.fetching.state import Fetched, Listing, Page, file_of, is_used, packed, with_field
from newsdex.foreign import fitting
from newsdex.indexer.readers.error_pages import STAND_INS
from newsdex.indexer.workers.pool import Parsers
from newsdex.records import VANISHED, Article
from newsdex.store import files
from newsdex.values import grouped, seconds_of, utc_now

_OK, _UNCHANGED, _NOT_FOUND, _GONE = 200, 304, 404, 410
_PAGES = ("text/html", "application/xhtml+xml", "text/plain", "")
_FIRST_PAUSE, _LONGEST_PAUSE = 300.0, 7 * 86_400.0  # seconds before a failed page is retried in a later run
# A page that shows something else than its article for so long, and in so many runs, counts as gone.
_KEPT_SECONDS, _KEPT_RUNS = 3 * 86_400.0, 3
_NEARLY_EMPTY = 200  # characters of text, if that is less than a fifth of the article
_NOTICE = 500  # characters of a notice of withdrawal; longer error pages have headlines of other stories
_LOST, _MUCH_SHORTER, _SMALL_PART = 1 / 2, 1 / 2, 1 / 5
_WITHDRAWN = re.compile(
    r"\b(?:retract|withdr[ae]w|correction|zurückgezogen|korrektur|rétract|retirée?\b|rectificati|retirad[ao]\b|ritirat[ao]\b|rettifica)",
    re.IGNORECASE,
)
_WALLS = STAND_INS[:2]  # behind which an article is
_LONGEST = 500  # longest reason or title, in characters
_SUFFIX = {"feed": ".rss", "sitemap": ".sitemap.xml", "JSON feed": ".json"}


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a page or a source; ``kind`` is new, changed, vanished, kept, failed, left or note."""

    kind: str
    url: str
    title: str = ""
    reason: str = ""
    source: bool = False


@dataclass
class Report:
    """The result of a run: ``counts`` of pages by event, also of unchanged ones and variants; sources asked, and how many failed."""

    sources: int = 0
    failed: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    total: int = 0


_Record = TypeVar("_Record", Listing, Page)


class _Threads:
    """Threads that fetch one page per host at a time, each after the last one was stored, so a kill loses no more than that."""

    def __init__(self, client: Client, most: int) -> None:
        self.waiting = 0
        self.outcomes: queue.Queue[tuple[Listing | Page, Response | Failed]] = queue.Queue()  # call ``done`` once one is stored
        self.pool = ThreadPoolExecutor(most, "fetch")
        self._client = client
        self._tasks: dict[str, deque[tuple[Listing | Page, str, str]]] = {}

    def give(self, record: Listing | Page, etag: str, modified: str) -> None:
        """Fetch the page of ``record``, unless it has not changed since these validators."""
        self.waiting += 1
        host = parsed(record.url).site
        if host in self._tasks:
            self._tasks[host].append((record, etag, modified))
        else:
            self._tasks[host] = deque()
            self.pool.submit(self._work, record, etag, modified)

    def _work(self, record: Listing | Page, etag: str, modified: str) -> None:
        try:
            outcome: Response | Failed = self._client.get(record.url, etag=etag, modified=modified)
        except Failed as failed:
            outcome = failed
        except Exception as error:  # noqa: BLE001 - one page never costs another
            outcome = Failed(f"broken ({type(error).__name__}: {str(error)[:100]})")
        self.outcomes.put((record, outcome))

    def done(self, record: Listing | Page) -> None:
        """Continue with the host of ``record``."""
        self.waiting -= 1
        host = parsed(record.url).site
        if self._tasks[host]:
            self.pool.submit(self._work, *self._tasks[host].popleft())
        else:
            del self._tasks[host]


class _Run(AbstractContextManager["_Run"]):
    def __init__(self, fetched: Fetched, settings: Settings, parsers: Parsers, on_event: Callable[[Event], None]) -> None:
        self._fetched = fetched
        self._records = fetched.records
        self._settings = settings
        self._parsers = parsers
        self._tell = on_event
        self._stop = threading.Event()
        self._hosts = Hosts(settings, self._stop)
        self._threads = _Threads(Client(settings, fetched.hidden / "robots", self._hosts), settings.hosts)
        self._given: set[str] = set()
        self._by_source = grouped((page.source, key) for key, page in self._records.pages.items())
        self._left: set[str] = set()
        self.report = Report()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._threads.pool.shutdown(wait=False, cancel_futures=True)

    def all(self, on_progress: Callable[[Report], None]) -> Report:
        """Fetch everything that is due; ``on_progress`` gets the report as it grows."""
        self._close_hosts()
        for url in self._fetched.sources:
            self._ask(self._records.listings.get(url) or Listing(url))
        while self._threads.waiting:
            record, outcome = self._threads.outcomes.get()
            self.report.asked += 1
            if isinstance(record, Listing):
                self._listing(record, outcome)
                self._pages_of(record.url)
            else:
                self._page(record, outcome)
            self._threads.done(record)
            on_progress(self.report)
        return self.report

    def _close_hosts(self) -> None:
        """Skip the hosts that asked for a later retry, unless the clock was wrong then."""
        moment, latest = utc_now(), utc_now(LONGEST_WAIT)
        records: list[Listing | Page] = [*self._records.listings.values(), *self._records.pages.values()]
        for record in records:
            if moment < record.until <= latest:
                self._hosts.close(parsed(record.url).site, f"asks for no requests before {record.until}")

    def _ask(self, listing: Listing) -> None:
        if listing.url in self._given:
            return
        self._given.add(listing.url)
        self.report.sources += not listing.parent
        self.report.total += 1
        if listing.kind == "page":  # its article is fetched like any other
            page = self._records.pages.get(key_of(listing.url)) or Page(listing.url, listing.url)
            self._threads.give(listing, *self._validators(page))
        else:
            self._threads.give(listing, listing.etag, listing.modified)

    def _validators(self, page: Page) -> tuple[str, str]:
        """Return the validators for a conditional request; empty to fetch the whole page."""
        kept = page.file and (self._fetched.folder / page.file).is_file()
        return (page.etag, page.modified) if kept and not page.changed else ("", "")

    def _pages_of(self, source: str) -> None:
        """Fetch the pages of a source that are due."""
        for key in self._by_source.get(source, ()):
            page = self._records.pages.get(key)  # None: forgotten in this run
            if page is None or key in self._given or not self._is_due(page):
                continue
            if len(self._given) >= self._settings.pages + self.report.sources:
                self.report.counts["left"] += 1
                continue
            self._given.add(key)
            self.report.total += 1
            self._threads.give(page, *self._validators(page))

    def _is_due(self, page: Page) -> bool:
        """Return whether to fetch a page: known ones at growing intervals, half their age."""
        if not page.checked or page.changed:
            return True
        checked = seconds_of(page.checked)
        if page.failed and not page.gone:
            longest = min(self._settings.recheck, _LONGEST_PAUSE) if page.kept else _LONGEST_PAUSE
            pause = min(_FIRST_PAUSE * 2.0 ** min(page.tries, 20), longest)
        else:
            known = checked - seconds_of(page.first or page.gone or page.checked)
            pause = max(self._settings.recheck, known / 2) if self._settings.recheck else 0.0
        return not 0 <= time.time() - checked < pause  # a time to come is that of a clock that was wrong

    # Sources

    def _listing(self, listing: Listing, outcome: Response | Failed) -> None:
        """Store what a source lists, if it has changed, or why it could not be read."""
        is_listing = isinstance(outcome, Response) and listings.is_listing(outcome.body)
        if listing.kind == "page" and not is_listing:
            self._single(listing, outcome)
            return
        try:
            response = _answer(outcome)
            if response.status == _UNCHANGED:
                self._records.keep(_asked(listing))
                self._children_of(listing.url)
            elif is_listing:
                self._take(listing, response, listings.unpacked(response.body, self._settings.size))
            elif listing.kind:
                raise Failed(f"was a {listing.kind}, but is now a page")  # noqa: TRY301 - as the failures of others
            elif response.kind not in _PAGES:
                raise Failed(f"{response.kind[:60]} is neither a feed or sitemap that can be read nor a page")  # noqa: TRY301
            else:
                self._single(listing, response)
                if offered := listings.feeds_in(response.body, response.url):
                    told = f"it links to feeds. To fetch all their pages: newsdex fetch add {' '.join(offered[:3])}"
                    self._tell(Event("note", listing.url, reason=told, source=True))
        except Failed as failed:
            self.report.failed += not listing.parent
            if not self._is_left(failed, listing.url):
                self._records.keep(_asked(listing, **_failure(failed, listing)))
                self._tell(Event("failed", listing.url, listing.title, failed.reason, source=True))
                self._children_of(listing.url)

    def _single(self, listing: Listing, outcome: Response | Failed) -> None:
        """Store a source that is itself a page."""
        key = key_of(listing.url)
        self._given.add(key)
        self._page(self._records.pages.get(key) or Page(listing.url, listing.url), outcome)
        page = self._records.pages.get(key) or Page(listing.url, listing.url)
        self.report.failed += bool(page.failed)
        self._records.keep(_asked(listing, kind="page", entries=1, failed=page.failed, tries=page.tries, until=page.until))

    def _take(self, listing: Listing, response: Response, content: bytes) -> None:
        """Store what a source lists, together with its validators. Raises Failed."""
        kind = listings.kind_of(content)
        path = self._fetched.keep_feed(listing.url, _SUFFIX[kind], content)
        if kind == "feed":
            named = listings.feed(path, response.url, self._parsers)
        else:
            named = (listings.sitemap if kind == "sitemap" else listings.json_feed)(content, response.url)
        if listing.parent and named.children:
            raise Failed("a nested sitemap index, which is not supported")
        changed = self._changed(listing.url, named.entries)
        children = {
            child.url: self._records.listings.get(child.url) or Listing(child.url, listing.url)
            for child in named.children
            if child.url not in self._fetched.sources
        }
        known = _asked(
            listing,
            kind=kind,
            title=fitting(named.title, _LONGEST) or listing.title,
            entries=len(named.entries) + len(named.children),
            etag=_validator(response, "etag"),
            modified=_validator(response, "last-modified"),
        )
        self._records.keep(*changed.values(), *children.values(), known)
        if named.problem:
            self._tell(Event("note", listing.url, named.title, named.problem, source=True))
        for child in named.children:
            if (before := children.get(child.url)) and before.stamp != child.changed:
                self._ask(replace(before, stamp=child.changed))
        self._children_of(listing.url)

    def _changed(self, source: str, entries: Iterable[listings.Entry]) -> dict[str, Page]:
        """Return the pages that are new in a source, or whose entries have changed, by their keys."""
        changed: dict[str, Page] = {}
        seen: set[str] = set()
        for entry in entries:
            key = key_of(entry.url)
            if key in seen or self._fetched.is_forgotten(key):  # ``seen``: a variant of an earlier entry
                continue
            seen.add(key)
            page = self._records.pages.get(key)
            if page is None:
                changed[key] = Page(entry.url, source, entry.told, entry.stamp)
                self._by_source.setdefault(source, []).append(key)
            elif page.source == source and page.entry != entry.stamp:
                changed[key] = replace(page, told=entry.told, entry=entry.stamp, changed=True)
            elif page.source != source and not self._is_active(page.source):
                changed[key] = replace(page, source=source)
                self._by_source.setdefault(source, []).append(key)
        return changed

    def _is_active(self, source: str) -> bool:
        listing = self._records.listings.get(source)
        return source in self._fetched.sources or bool(listing and listing.parent in self._fetched.sources)

    def _children_of(self, source: str) -> None:
        """Ask an index's sitemaps that may have changed, where it gives no date, and fetch the due pages of the others."""
        mine = [each for each in self._records.listings.values() if each.parent == source and each.url not in self._given]
        untold = [each for each in mine if each.failed or not (each.checked and each.stamp)][-listings.MOST_CHILDREN :]
        for listing in untold:
            self._ask(listing)
        for listing in mine:
            if listing.url not in self._given:
                self._pages_of(listing.url)

    # Pages

    def _page(self, page: Page, outcome: Response | Failed) -> None:
        before = page
        page = self._records.pages.get(key_of(page.url)) or page  # its source may have changed the record meanwhile
        try:
            response = _answer(outcome, _OK, _UNCHANGED, _NOT_FOUND, _GONE)
            if response.status == _UNCHANGED:
                self._mark(page, "")
                self._keep(page, "unchanged", status=response.status, gone="")
            elif response.status != _OK:
                self._vanished(page, f"answered {response.status}", response.status)
            else:
                self._found(page, response)
        except Failed as failed:
            if self._is_left(failed, page.url):
                return
            self._keep(page, "failed", _title(page), failed.reason, kept=page.kept, **_failure(failed, before))

    def _vanished(self, page: Page, reason: str, status: int) -> None:
        kind = "vanished" if page.file and not page.gone else "failed" if not page.file else "unchanged"
        gone = page.gone or utc_now()
        self._mark(page, gone)
        self._keep(page, kind, _title(page), reason, status=status, gone=gone, failed=reason, tries=page.tries + 1, until=page.until)

    def _mark(self, page: Page, gone: str) -> None:
        """Write to the article's file since when its page is gone, or that it is back, before the record, for ``newsdex index``."""
        path = self._fetched.folder / page.file
        if not page.file or bool(page.gone) == bool(gone) or not path.is_file():
            return
        try:
            content = with_field(path.read_bytes(), VANISHED, gone[:10])
        except (ValueError, OSError) as error:
            self._tell(Event("note", page.url, reason=f"cannot mark {page.file} as gone: {str(error)[:100]}"))
        else:
            self._fetched.keep_page(page.file, content)

    def _found(self, page: Page, response: Response) -> None:
        """Store the article in ``response``, unless it is a variant or unchanged. Raises Failed."""
        if response.kind not in _PAGES:
            raise Failed(f"{response.kind[:60]} is not a page, so it is not fetched")
        sha256 = hashlib.sha256(response.body).hexdigest()
        facts: dict[str, Any] = {
            "status": response.status,
            "final": response.url,
            "kind": fitting(response.header("content-type"), _LONGEST),
            "etag": _validator(response, "etag"),
            "modified": _validator(response, "last-modified"),
        }
        moment = utc_now()
        article, remark = self._read(response, page.told, moment)
        canonical = _canonical(article, response.url)
        if page.file and page.article and _leads_away(page, response.url):
            self._vanished(page, f"leads to {response.url[:200]}", response.status)
            return
        if page.file and (instead := self._instead(page, article, remark)):
            self._stays(page, instead, response.status)
            return
        identity = page.article or (canonical if same_host(canonical, response.url) else cleaned(response.url))
        if self._fetched.is_forgotten(key_of(identity)) and page.url not in self._fetched.sources:  # another address of it
            self._fetched.forget(page.url)
            return
        owner = self._records.articles.get(key_of(identity))
        facts |= {"canonical": canonical, "sha256": sha256, "gone": ""}
        if not page.article and owner is not None and owner != key_of(page.url):
            self._keep(page, "variant", page.told.get("title", ""), same_as=identity, **facts)
            return
        self._mark(page, "")
        text = _digest(article)
        file = page.file or file_of(identity)
        if text == page.text and (self._fetched.folder / file).is_file():
            self._keep(page, "unchanged", **{**facts, "sha256": page.sha256})
            return
        told = {"id": identity, "asked": page.url, "canonical": canonical, **page.told}
        self._fetched.keep_page(file, packed(response, told, moment))
        kept = {
            "title": fitting(article.title, _LONGEST),
            "article": identity,
            "file": file,
            "text": text,
            "first": page.first or moment,
            "fetched": moment,
        }
        self._keep(page, "changed" if page.first else "new", article.title, **kept, **facts)

    def _stays(self, page: Page, instead: str, status: int) -> None:
        """Keep the stored article of a page that shows something else; if it has for long, the article is gone."""
        since, tries = page.kept or utc_now(), page.tries + 1
        if page.gone or (tries >= _KEPT_RUNS and time.time() - seconds_of(since) >= _KEPT_SECONDS):
            self._vanished(page, instead, status)
            return
        # Without validators, so that the whole page is fetched again.
        facts = {"failed": fitting(instead, _LONGEST), "tries": tries, "kept": since, "etag": "", "modified": ""}
        self._keep(page, "kept", _title(page), instead, status=status, **facts)

    def _instead(self, page: Page, article: Article, remark: str) -> str:
        """Return what a page shows instead of its article: a wall, a notice, an error, nearly nothing; "" if it shows one. A shorter text
        may be a correction, and most of an article is no loss. What was so before, as the beginning behind a paywall, is replaced unless
        most is lost. An article may be withdrawn in an error page's words.
        """
        if not remark and len(article.text) >= _NEARLY_EMPTY:
            return ""
        if not remark.startswith(_WALLS) and len(article.text) < _NOTICE and _WITHDRAWN.search(article.text):
            return ""
        try:
            stored, before = self._stored(self._fetched.folder / page.file)
        except Failed:  # nothing to keep
            return ""
        if not remark:
            few = len(article.text) < _SMALL_PART * len(stored.text)
            return f"{STAND_INS[-1]}: {len(article.text)} characters" if few else ""
        left = sum(len(line) for line in stored.text.splitlines() if line and line in article.text)
        is_alike = before != "" and before.partition(":")[0] == remark.partition(":")[0]
        if left > _LOST * len(stored.text) or (is_alike and len(article.text) > _MUCH_SHORTER * len(stored.text)):
            return ""
        return remark

    def _read(self, response: Response, told: Mapping[str, str], moment: str) -> tuple[Article, str]:
        """Return the article in a page, as the indexer reads it, and the remark that it may be none. Raises Failed."""
        candidate = self._fetched.candidate
        files.replace(candidate.parent, candidate.name, packed(response, told, moment))
        return self._stored(candidate)

    def _stored(self, path: Path) -> tuple[Article, str]:
        """Return the article in a file that ``packed`` made, and the remark that it may be none. Raises Failed."""
        problem, remark = "no article", ""
        for item in listings.read(path, self._parsers):
            if isinstance(item, Article):
                return item, remark
            reason = item.reason.removeprefix("record 2: ")
            if item.lost:
                problem = reason
            elif reason.startswith(STAND_INS):
                remark = reason
        raise Failed(problem)

    def _keep(self, page: Page, happened: str, title: str = "", reason: str = "", /, **facts: Any) -> None:
        """Store a page with these ``facts``, and report what happened to it."""
        self._records.keep(_asked(page, **{"changed": False, "kept": "", **facts}))
        self.report.counts[happened] += 1
        if happened not in ("unchanged", "variant") and not (happened == "kept" and page.kept):
            self._tell(Event(happened, page.url, title, reason))

    def _is_left(self, failed: Failed, url: str) -> bool:
        """Return whether nothing was tried; report that once per host."""
        if failed.left:
            self.report.counts["left"] += 1
            if failed.reason not in self._left:
                self._left.add(failed.reason)
                self._tell(Event("left", url, reason=failed.reason))
        return failed.left


def run(
    folder: str | os.PathLike[str],
    settings: Settings | None = None,
    on_event: Callable[[Event], None] | None = None,
    on_progress: Callable[[Report], None] | None = None,
) -> Report:
    """Fetch new and changed pages, or resume a run. Raises UsageError while another run is active, and IndexFolderError."""
    settings = settings or Settings()
    if not is_used(Path(folder)):
        return Report()
    with (
        Fetched(Path(folder)) as fetched,
        Parsers(most=1) as parsers,
        _Run(fetched, settings, parsers, on_event or (lambda _: None)) as going,
    ):
        return going.all(on_progress or (lambda _: None))


def _answer(outcome: Response | Failed, *good: int) -> Response:
    """Return the response, if it has one of these statuses. Raises Failed."""
    if isinstance(outcome, Failed):
        raise outcome
    if outcome.status not in (good or (_OK, _UNCHANGED)):
        raise Failed(f"answered {outcome.status}")
    return outcome


def _canonical(article: Article, found: str) -> str:
    """Return the canonical URL that a page gives, without tracking parameters; where it was found if there is no valid one."""
    try:
        return cleaned(article.url or found)
    except Failed:
        return cleaned(found)


def _title(page: Page) -> str:
    """Return the title of a page's article; until that is fetched, what the source calls it."""
    return page.title or page.told.get("title", "")


def _digest(article: Article) -> str:
    """Return a digest of the article, without the page's own date of change."""
    told = sorted((name, value) for name, value in article.metadata.items() if name != "modified")
    published = article.published.iso if article.published else ""
    return hashlib.sha256(json.dumps([article.title, article.text, published, article.language, told]).encode()).hexdigest()


def _leads_away(page: Page, url: str) -> bool:
    """Return whether a page now redirects to a front page, as removed stories do."""
    return parsed(url).target == "/" and parsed(page.url).target != "/" and key_of(url) != key_of(page.article)


def _validator(response: Response, name: str) -> str:
    value = response.header(name)
    return value if len(value) <= 200 and value.isprintable() and value.isascii() else ""  # noqa: PLR2004 - longer ones are not sent back


def _asked(record: _Record, **facts: Any) -> _Record:
    """Return the record of a source or a page that was asked for now, with these ``facts``, without a failure unless they have one."""
    return replace(record, **{"checked": utc_now(), "failed": "", "tries": 0, "until": "", **facts})


def _failure(failed: Failed, record: Listing | Page) -> dict[str, Any]:
    """Return the facts of a failure after those in ``record``, and when the host wants to be asked again, unless another host says so."""
    until = utc_now(failed.wait) if failed.wait and failed.host == parsed(record.url).site else ""
    return {"failed": fitting(failed.reason, _LONGEST), "tries": record.tries + 1, "until": until}
