"""What stands before the routes: who may ask, how much, and how long. Pure ASGI, so that nothing is read or copied that is refused."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import Mapping
from email.message import Message as MimeHeaders
from ipaddress import ip_address
from urllib.parse import unquote_to_bytes

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsdex.search.access import Keys, Names, same_site
from newsdex.search.server.logs import REQUEST_ID, Entry, note
from newsdex.search.server.metrics import Metrics
from newsdex.search.server.problems import RETRY_SECONDS, Problem
from newsdex.search.server.settings import Settings, too_large

log = logging.getLogger("newsdex.serve")

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
# What tells nothing of the archive: whether the server is well, its description, and the files of the page.
_OPEN = ("/", "/health", "/readyz", "/docs", "/openapi.json", "/favicon.ico")
_FILES = "/static/"  # of the page, which needs many
_OPEN_FOLDERS = (_FILES, "/docs/")
_UNHURRIED = ("/health", "/readyz", "/metrics")  # that answer also when the server is busy
KEY = "newsdex.key"  # in the scope of a request: the sha256 of its key, in hex
_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
# Of which a request has one: of several, others on the way may take another than this server.
_SINGLE = (b"origin", b"content-type", b"content-length", b"content-encoding", b"sec-fetch-site", b"sec-fetch-mode")
_MOST_CLIENTS = 10_000  # clients that are remembered
# What a page of an allowed site may read besides the headers that each browser lets it.
_EXPOSED = (b"access-control-expose-headers", b"Retry-After, X-Request-ID")
# What a page of an allowed site may send.
_PREFLIGHT = Response(
    status_code=204,
    headers={
        "Access-Control-Allow-Methods": "DELETE, GET, POST",
        "Access-Control-Allow-Headers": "authorization, content-type",
        "Access-Control-Max-Age": "600",
    },
)
_CLOSE = {"Connection": "close"}  # what else a client sent on that connection is not answered


class Gate:
    """An application behind its limits."""

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics
        self._settings = settings
        self._limits = settings.limits
        self._keys = Keys(settings.keys, settings.views)
        self._names = Names(settings.hosts, addresses=settings.addresses)
        self._origins = frozenset(origin.lower().rstrip("/") for origin in settings.origins)
        self._buckets = Buckets(settings.limits.rate, settings.limits.burst)
        self._wrong = Buckets(settings.limits.wrong_rate, settings.limits.burst)
        self._clients: Counter[str] = Counter()
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        self._metrics.in_flight.inc()
        scope["client"] = _address(scope["client"])
        headers: Mapping[bytes, bytes] = dict(scope["headers"])
        entry = Entry(scope, headers)
        method = scope["method"]
        if method == "HEAD":  # as GET, of which the connection leaves the body out: it has the scope as it was
            scope = {**scope, "method": "GET"}
        origin = headers.get(b"origin", b"").decode("latin-1")
        allowed = origin.lower().rstrip("/") in self._origins if origin else False
        told = _Told(send, origin if allowed else "", entry.id)
        try:
            self._check_form(scope, headers)
            self._check_caller(scope, headers, origin, allowed=allowed)
            if allowed and method == "OPTIONS" and b"access-control-request-method" in headers:
                await _PREFLIGHT(scope, receive, told)
            else:
                await self._counted(scope, receive, told, self._client(scope))
        except ClientDisconnect:
            pass  # nobody to tell
        except (Problem, asyncio.CancelledError) as error:  # cancelled when the server ends, and has waited for as long as it does
            if told.status:
                raise
            problem = error if isinstance(error, Problem) else Problem(503, "the server ends", _CLOSE)
            await problem.response(scope["path"])(scope, receive, told)
        except Exception as error:
            log.exception("%s %s failed", method, type(error).__name__)
            if told.status and not told.ended:
                raise
            if not told.status:
                await Problem(500, "the server failed; its log says how").response(scope["path"])(scope, receive, told)
        finally:
            seconds = entry.end(told.status, told.size, self._settings)
            # Only routes there are, and methods of HTTP: clients cannot make up others.
            route = getattr(scope.get("route"), "path", "none")
            self._metrics.ended(route, method if method in _METHODS else "other", told.status, seconds)

    def _check_form(self, scope: Scope, headers: Mapping[bytes, bytes]) -> None:
        """What can be said of a request before it is known who asks."""
        limits = self._limits
        names = [name for name, _ in scope["headers"]]
        if twice := next((name for name in _SINGLE if names.count(name) > 1), b""):
            raise Problem(400, f"the header {twice.decode()} occurs more than once", _CLOSE)
        if len(scope["headers"]) > limits.header_count or sum(len(n) + len(v) for n, v in scope["headers"]) > limits.headers:
            raise Problem(431, too_large(limits))
        try:
            unquote_to_bytes(scope["raw_path"] + b"?" + scope["query_string"]).decode()
        except UnicodeDecodeError as error:
            raise Problem(400, "the address is not UTF-8 when its percent signs are read") from error
        length = headers.get(b"content-length", b"0")
        if not (length.isdigit() and int(length) <= limits.body):
            raise Problem(413, f"the body is too large: expected at most {limits.body} bytes", _CLOSE)
        if scope["method"] in ("POST", "PUT", "PATCH") and (length != b"0" or b"transfer-encoding" in headers):
            kind = MimeHeaders()
            kind["content-type"] = headers.get(b"content-type", b"").decode("latin-1")
            if kind.get_content_type() != "application/json" or b"content-encoding" in headers:
                raise Problem(415, "expected a body of Content-Type: application/json", _CLOSE)

    def _check_caller(self, scope: Scope, headers: Mapping[bytes, bytes], origin: str, *, allowed: bool) -> None:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) > 1:
            raise Problem(400, f"expected one Host header, not {len(hosts)}", _CLOSE)
        host = hosts[0].decode("latin-1") if hosts else ""
        if not self._names.has(host):
            raise Problem(421, "the Host is not a name of this server; its operator can allow it: newsdex serve --allowed-host NAME")
        foreign = origin and not same_site(origin, host)
        # What a foreign page loads as an image or a script has no Origin, but says so here. Following a link to the page is no harm.
        loaded = headers.get(b"sec-fetch-site") == b"cross-site" and headers.get(b"sec-fetch-mode") != b"navigate"
        if (foreign or loaded) and not allowed:
            raise Problem(
                403, "pages of that site may not send requests; the operator can allow them: newsdex serve --allowed-origin ORIGIN"
            )

    def _client(self, scope: Scope) -> str:
        """Who asks: the key, or else the address, which behind one of Settings.proxies is the one that it forwards."""
        address = scope["client"][0] if scope["client"] else ""
        if not len(self._keys):
            return address
        path = scope["path"]
        key = self._keys.name_of([value for name, value in scope["headers"] if name == b"authorization"])
        if not key and path not in _OPEN and not path.startswith(_OPEN_FOLDERS):
            if wait := self._wrong.wait(address, time.monotonic()):
                raise Problem(429, "too many requests without a key of this server", {"Retry-After": str(wait)})
            raise Problem(401, "expected a key of this server: Authorization: Bearer KEY", {"WWW-Authenticate": 'Bearer realm="newsdex"'})
        scope[KEY] = key
        if name := self._settings.key_names.get(key):
            note(key=name)
        return key or address

    async def _counted(self, scope: Scope, receive: Receive, send: Send, client: str) -> None:
        """Answer, if the ``client`` and all together do not ask too much."""
        if scope["path"] in _UNHURRIED or scope["path"].startswith(_FILES):
            await self.app(scope, receive, send)
            return
        if wait := self._buckets.wait(client, time.monotonic()):
            raise Problem(429, f"too many requests: expected at most {self._limits.rate:g} a second", {"Retry-After": str(wait)})
        if self._clients[client] >= self._limits.per_client:
            raise Problem(429, f"{self._limits.per_client} requests of yours wait: expected at most so many at once", _CLOSE)
        if self.in_flight >= self._limits.in_flight:
            raise Problem(503, f"the server is busy: try again in {RETRY_SECONDS} second", _CLOSE)
        self.in_flight += 1
        self._clients[client] += 1
        try:
            await self.app(scope, _Body(receive, self._limits.body, self._limits.body_seconds), send)
        finally:
            self.in_flight -= 1
            self._clients[client] -= 1
            if not self._clients[client]:
                del self._clients[client]


def _address(client: tuple[str, int] | None) -> tuple[str, int] | None:
    """``client``, or None if a proxy has told of something that is no address."""
    try:
        return (str(ip_address(client[0])), client[1]) if client else None
    except ValueError:
        return None


class _Told:
    """``send``, with the headers that every answer has."""

    def __init__(self, send: Send, origin: str, request_id: bytes) -> None:
        self._send = send
        self._origin = origin
        self._request_id = request_id
        self.status = 0  # until an answer is on its way
        self.size = 0  # bytes of the body
        self.ended = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message["headers"], *_HEADERS, (REQUEST_ID, self._request_id)]
            if not any(name == b"cache-control" for name, _ in headers):
                headers.append((b"cache-control", b"no-store"))
            if self._origin:
                headers = [pair for pair in headers if pair[0] != b"cross-origin-resource-policy"]
                headers += [(b"access-control-allow-origin", self._origin.encode("latin-1")), (b"vary", b"Origin"), _EXPOSED]
            message = {**message, "headers": headers}
        elif message["type"] == "http.response.body":
            self.size += len(message.get("body", b""))
            self.ended = not message.get("more_body", False)
        await self._send(message)


class _Body:
    """``receive``, for a body that is neither too large nor too slow."""

    def __init__(self, receive: Receive, most: int, seconds: float) -> None:
        self._receive = receive
        self._left = most
        self._most = most
        self._until = time.monotonic() + seconds
        self._whole = False

    async def __call__(self) -> Message:
        if self._whole:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, self._until - time.monotonic()))
        except asyncio.TimeoutError as error:
            raise Problem(408, "the body did not arrive in time", _CLOSE) from error
        self._left -= len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._left < 0:
            raise Problem(413, f"the body is too large: expected at most {self._most} bytes", _CLOSE)
        return message


class Buckets:
    """Buckets of ``burst`` tokens that fill with ``rate`` a second; a request takes one. A rate of 0 is none."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: dict[str, tuple[float, float]] = {}  # the tokens of each client, and when it had them

    def wait(self, client: str, now: float) -> int:
        """Take a token of ``client`` at the time ``now``, in seconds: 0, or else the seconds until there is one."""
        if not self._rate:
            return 0
        before, at = self._buckets.pop(client, (self._burst, now))
        tokens = min(self._burst, before + (now - at) * self._rate)
        wait = 0 if tokens >= 1 else math.ceil((1 - tokens) / self._rate)
        # At the end, so that the one forgotten is the one that has asked least lately.
        self._buckets[client] = tokens if wait else tokens - 1, now
        if len(self._buckets) > _MOST_CLIENTS:
            del self._buckets[next(iter(self._buckets))]
        return wait
