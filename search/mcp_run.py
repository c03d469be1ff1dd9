"""Running the MCP server over HTTP on this machine."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from newsdex.given import several
from newsdex.search.access import LOCAL, Keys
from newsdex.search.index import Index
from newsdex.search.listening import configured, listen, run_until_signal
from newsdex.search.mcp_server import create_server

log = logging.getLogger("newsdex.mcp")

HOST = "127.0.0.1"
PATH = "/mcp"
_MOST_BYTES = 262_144  # of a request
_INVALID_REQUEST = -32_600  # of JSON-RPC
_DRAIN_SECONDS = 10


def run_http(app: ASGIApp, port: int) -> None:
    """Serve ``app``, as ``http_app`` makes one, at http://127.0.0.1:``port``/mcp until SIGTERM or SIGINT; 0 is any free port. Raises
    UsageError if the port is not available.
    """
    with listen(HOST, port) as listener:
        log.warning("MCP at http://%s:%d%s", HOST, listener.getsockname()[1], PATH)
        run_until_signal(configured(app, _DRAIN_SECONDS), listener)


def http_app(
    index: Index,
    *,
    keys: Sequence[str] = (),
    views: Mapping[str, Index] | None = None,
    hosts: Sequence[str] = (),
    origins: Sequence[str] = (),
) -> Starlette:
    """Return the server of ``index`` as an ASGI application without state between requests. If it is mounted in another application, that
    one must run its lifespan: ``FastAPI(lifespan=news.router.lifespan_context)``, then ``app.mount("/news", news)``.

    ``keys``: clients must send one as ``Authorization: Bearer KEY``, or one of ``views``, which maps the sha256 of a key in hex to the
    index that the key opens instead. ``hosts`` and ``origins`` are additional host names and sites that clients may use, for example
    through a proxy.

    A request with a Host that is neither this machine's nor in ``hosts`` is rejected with 421, one with a foreign Origin with 403, so web
    pages cannot query the archive (DNS rebinding). A request with two of either is rejected with 400. With ``keys`` or ``views``, a request
    without a key is rejected with 401.
    """
    keys, hosts, origins = several("keys", keys, "keys"), several("hosts", hosts, "names"), several("origins", origins, "addresses")
    names = [name for host in (*LOCAL, *hosts) for name in (host, f"{host}:*")]
    sites = [site for host in LOCAL for site in (f"http://{host}", f"http://{host}:*")]
    security = TransportSecuritySettings(enable_dns_rebinding_protection=True, allowed_hosts=names, allowed_origins=[*sites, *origins])

    def app_of(opened: Index) -> Starlette:
        return create_server(opened).streamable_http_app(
            streamable_http_path=PATH,
            json_response=True,
            stateless_http=True,
            max_request_body_size=_MOST_BYTES,
            transport_security=security,
        )

    apps = {"": app_of(index)} | {key: app_of(view) for key, view in (views or {}).items()}
    known = Keys(keys, views or {})

    @asynccontextmanager
    async def lives(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for app in apps.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        names = [name for name, _ in scope["headers"]]
        key = known.name_of([value for name, value in scope["headers"] if name == b"authorization"])
        told: ASGIApp = apps.get(key, apps[""])
        if any(names.count(name) > 1 for name in (b"host", b"origin")):
            told = PlainTextResponse("expected one header Host and at most one Origin\n", 400)
        elif len(known) and not key:
            wanted = {"WWW-Authenticate": 'Bearer realm="newsdex"'}
            told = PlainTextResponse("expected a key of this server: Authorization: Bearer KEY\n", 401, wanted)
        elif scope["path"].removeprefix(scope.get("root_path", "")) == PATH and scope.get("method") != "POST":
            # Without sessions there is nothing to stream; the SDK would keep a GET open for ever.
            told = PlainTextResponse("expected a POST: this address is for clients of the Model Context Protocol\n", 405, {"Allow": "POST"})
        elif (size := _declared(scope)) > _MOST_BYTES:
            # As JSON-RPC, because clients show no other body.
            about = f"the request has {size} bytes: expected {_MOST_BYTES} at most. Send a shorter text"
            told = JSONResponse({"jsonrpc": "2.0", "id": None, "error": {"code": _INVALID_REQUEST, "message": about}}, 413)
        await told(scope, receive, send)

    return Starlette(routes=[Mount("", app=answer)], lifespan=lives)


def _declared(scope: Scope) -> int:
    """The length of a request's body by its header; 0 if it has none."""
    told = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(told[:20]) if told.isdigit() else 0
