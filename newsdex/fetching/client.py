"""Fetches a page: follows redirects, at the pace of its host, with limits of time and size, from checked addresses only."""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections import defaultdict
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urljoin

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, IncompleteRead
from urllib3.response import BaseHTTPResponse

from newsdex.errors import IndexUnwritable
from newsdex.fetching.addresses import LARGEST_ROBOTS, Address, Failed, Rules, parsed, resolved, rules_of
from newsdex.post import watched
from newsdex.store import files

AGENT = "newsdex"
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 10
_MOST_ADDRESSES = 4  # addresses tried per host
_BLOCK = 1 << 16
_ROBOTS_HOURS = 24
LONGEST_WAIT = 86_400.0  # longest wait that a host can ask for, in seconds
_ACCEPTED = (
    "text/html, application/xhtml+xml, application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
)
_BUSY, _SERVER, _OK = (408, 425, 429), 500, 200


@dataclass(frozen=True, slots=True)
class Settings:
    """How to fetch: at most ``rate`` requests per second and host, ``seconds`` per response, ``size`` bytes of it unpacked, ``hosts`` at a
    time, ``pages`` per run; ``tries``: seconds before each retry. A host that asks for more than ``patience`` seconds or fails ``failures``
    times in a row is skipped until the next run. ``recheck``: seconds until a page is fetched again.
    """

    rate: float = 1.0
    seconds: float = 30.0
    size: int = 20_000_000
    tries: tuple[float, ...] = (2.0, 8.0)
    patience: float = 60.0
    failures: int = 10
    hosts: int = 8
    pages: int = 10_000
    recheck: float = 86_400.0
    allow_private: bool = False
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """The response from ``url``, after all redirects; ``body`` is decompressed."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    reason: str = ""

    def header(self, name: str) -> str:
        """Return the first header of this name; "" without one."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def kind(self) -> str:
        """The media type, without parameters."""
        return self.header("content-type").partition(";")[0].strip().lower()


@dataclass(slots=True)
class _Host:
    """When a host may be contacted next, in seconds of the monotonic clock, and why it is skipped."""

    next: float = 0.0
    delay: float = 0.0
    failures: int = 0
    closed: str = ""


class Hosts:
    """The request rate of each host."""

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        self._settings = settings
        self._stop = stop
        self._lock = threading.Lock()
        self._hosts: defaultdict[str, _Host] = defaultdict(_Host)

    def wait(self, host: str) -> None:
        """Wait for this host's turn. Raises Failed if it is skipped until the next run."""
        with self._lock:
            found = self._hosts[host]
            if found.closed:
                raise Failed(f"{host} {found.closed}", left=True)
            start = max(found.next, time.monotonic())
            found.next = start + max(found.delay, 1 / self._settings.rate)
        self.sleep(start - time.monotonic())

    def sleep(self, seconds: float) -> None:
        """Sleep. Raises Failed when the run is stopped."""
        if self._stop.wait(max(0.0, seconds)):
            raise Failed("the run was stopped", left=True)

    def slow(self, host: str, delay: float) -> None:
        """Wait at least ``delay`` seconds between requests to this host."""
        with self._lock:
            self._hosts[host].delay = delay

    def pause(self, host: str, seconds: float) -> None:
        """Do not contact this host for some seconds."""
        with self._lock:
            found = self._hosts[host]
            found.next = max(found.next, time.monotonic() + seconds)

    def close(self, host: str, why: str) -> None:
        """Do not contact this host again in this run."""
        with self._lock:
            self._hosts[host].closed = why

    def told(self, host: str, *, good: bool) -> None:
        """Count failures in a row; after too many the host is skipped."""
        with self._lock:
            found = self._hosts[host]
            found.failures = 0 if good else found.failures + 1
            if found.failures >= self._settings.failures and not found.closed:
                found.closed = f"failed {found.failures} times in a row: skipped until the next run"


@dataclass
class Client:
    """Fetches pages, in any number of threads; ``robots`` is the folder that caches robots.txt of each host for a day."""

    settings: Settings
    robots: Path
    hosts: Hosts
    _rules: dict[str, Rules] = field(default_factory=dict)

    def get(self, url: str, *, etag: str = "", modified: str = "") -> Response:
        """Return the page at ``url``, or a 304 response if it has not changed since these validators. Raises Failed."""
        conditions = {name: value for name, value in (("If-None-Match", etag), ("If-Modified-Since", modified)) if value}
        for pause in (*self.settings.tries, None):
            try:
                found = _well(self._follow(url, conditions, obeying=True))
                self.hosts.told(parsed(found.url).site, good=True)
                return found
            except Failed as failed:
                if failed.left or not failed.passing:
                    raise
                host = failed.host or parsed(url).site
                self.hosts.told(host, good=False)
                if failed.wait > self.settings.patience:
                    self.hosts.close(host, f"{failed.reason}, and asks to wait {failed.wait:.0f} s: skipped until then")
                if pause is None or failed.wait > self.settings.patience:
                    raise
                if failed.wait:
                    self.hosts.pause(host, failed.wait)
                self.hosts.sleep(max(pause, failed.wait))
        raise AssertionError

    def _follow(self, url: str, headers: dict[str, str], *, obeying: bool) -> Response:
        """Follow the redirects of ``url``, checking each step. Raises Failed."""
        seen: set[str] = set()
        for _ in range(_MOST_REDIRECTS + 1):
            address = parsed(url)
            if address.url in seen:
                raise Failed(f"redirect loop, to {address.url[:200]}")
            seen.add(address.url)
            if obeying and not self._rules_for(address).allow(address.target):
                raise Failed(f"robots.txt of {address.site} disallows it")
            self.hosts.wait(address.site)
            found = self._one(address, headers, cut=not obeying)
            if found.status not in _REDIRECTS or not (target := found.header("location")):
                return found
            try:
                url = urljoin(address.url, target)
            except ValueError:
                raise Failed(f"redirects to {target[:100]!r}, which is not an address") from None
        raise Failed(f"redirects more than {_MOST_REDIRECTS} times")

    def _one(self, address: Address, headers: dict[str, str], *, cut: bool) -> Response:
        """Return the response to one request within the limits of time and size; robots.txt is ``cut`` at its own limit. Raises Failed."""
        until = time.monotonic() + self.settings.seconds
        connection = self._connected(address, until)
        agent = self.settings.agent or f"{AGENT}/{version('newsdex')}"
        told = {"Host": address.site, "User-Agent": agent, "Accept": _ACCEPTED, "Accept-Encoding": "gzip, deflate", **headers}
        most = LARGEST_ROBOTS if cut else self.settings.size
        with watched(connection, until - time.monotonic()) as late:
            try:
                connection.request("GET", address.target, headers=told, preload_content=False, decode_content=True)
                with closing(connection.getresponse()) as response:
                    body = b"" if response.status in _REDIRECTS else _bounded(response, most, cut=cut)
            except (OSError, HTTPError, http.client.HTTPException, ValueError, AttributeError) as error:
                raise Failed(self._late if late.is_set() else _said(error), passing=True) from error
        if late.is_set():  # an interrupted response may look complete
            raise Failed(self._late, passing=True)
        return Response(address.url, response.status, tuple(response.headers.items()), body, response.reason or "")

    @property
    def _late(self) -> str:
        return f"did not finish within {self.settings.seconds:g} s"

    def _connected(self, address: Address, until: float) -> HTTPConnection:
        """Connect to one of the checked addresses, without another name lookup. Raises Failed."""
        why = ""
        for ip in resolved(address, allow_private=self.settings.allow_private)[:_MOST_ADDRESSES]:
            left = until - time.monotonic()
            if left <= 0:
                break
            connection = (
                HTTPSConnection(ip, address.port, timeout=left, server_hostname=address.host, assert_hostname=address.host)
                if address.scheme == "https"
                else HTTPConnection(ip, address.port, timeout=left)
            )
            try:
                connection.connect()
            except (OSError, HTTPError, ValueError) as error:
                connection.close()
                why = _said(error)
            else:
                assert connection.sock
                connection.sock.settimeout(None)  # the timer ends it
                return connection
        raise Failed(f"{address.site} cannot be reached: {why or self._late}", passing=True)

    def _rules_for(self, address: Address) -> Rules:
        """Return the robots.txt rules of a host, cached in memory and for a day on disk. Raises Failed."""
        if address.origin not in self._rules:
            self._rules[address.origin] = rules_of(self._robots_of(address), AGENT)
            self.hosts.slow(address.site, self._rules[address.origin].delay)
        return self._rules[address.origin]

    def _robots_of(self, address: Address) -> bytes:
        """Return robots.txt, empty if there is none. Raises Failed if the host fails, in which case nothing may be fetched."""
        name = re.sub(r"[^a-z0-9._-]", "_", address.origin)[:200]
        with suppress(OSError):
            if 0 <= time.time() - (self.robots / name).stat().st_mtime < _ROBOTS_HOURS * 3600:
                return (self.robots / name).read_bytes()
        try:
            found = self._follow(f"{address.origin}/robots.txt", {}, obeying=False)
        except Failed as failed:
            if failed.left or not failed.passing:
                raise
            raise Failed(f"robots.txt: {failed.reason}", passing=True) from failed
        content = found.body if _well(found, f"robots.txt of {address.site} ").status == _OK else b""
        with suppress(IndexUnwritable):
            files.replace(self.robots, name, content)
        return content


def _well(response: Response, what: str = "") -> Response:
    """Return the response, unless its server is busy or broken. Raises Failed."""
    if response.status in _BUSY or response.status >= _SERVER:
        wait = retry_after(response.header("retry-after"))
        raise Failed(f"{what}answered {response.status}", passing=True, wait=wait, host=parsed(response.url).site)
    return response


def retry_after(value: str) -> float:
    """Return the seconds in a Retry-After header, a number or a date, at most a day; 0 without a value."""
    value = value.strip()
    if re.fullmatch(r"\d{1,9}", value):
        return min(float(value), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return min(max(0.0, (moment - datetime.now(timezone.utc)).total_seconds()), LONGEST_WAIT)


def _bounded(response: BaseHTTPResponse, most: int, *, cut: bool) -> bytes:
    """Read a decompressed body. Raises Failed beyond ``most`` bytes, unless it is to be ``cut`` there."""
    told = response.headers.get("content-length", "")
    if not cut and told.isdecimal() and int(told[:15]) > most:
        raise Failed(f"larger than {most:,} bytes")
    parts, size = [], 0
    for part in response.stream(_BLOCK, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > most:
            if cut:
                break
            raise Failed(f"larger than {most:,} bytes")
    return b"".join(parts)[:most]


def _said(error: Exception) -> str:
    """Return the error message without the objects that urllib3 names."""
    if isinstance(short := error.args[-1] if error.args else None, IncompleteRead):
        return f"the connection broke off after {short.partial:,} of {short.partial + short.expected:,} bytes"
    text = " ".join(str(error).split())
    text = re.sub(r"^.{0,100}?\(host='[^']{0,300}', port=\d{1,5}\): |<[^<>]{0,200}>:? ?", "", text)
    return text[:200] or type(error).__name__
