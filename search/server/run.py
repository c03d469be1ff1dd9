"""Running the service."""

from __future__ import annotations

import logging

import uvicorn

from newsdex.search.index import Index
from newsdex.search.listening import listen, run_until_signal
from newsdex.search.server.app import create_app
from newsdex.search.server.protocol import GuardedProtocol
from newsdex.search.server.settings import Settings

log = logging.getLogger("newsdex.serve")


def serve(index: Index, host: str, port: int, settings: Settings) -> None:
    """Answer at http://``host``:``port`` until SIGTERM or SIGINT; 0 is any port that is free.

    Raises UsageError when the port cannot be had.
    """
    app = create_app(index, settings)
    with listen(host, port) as listener:
        shown = f"[{host}]" if ":" in host else host
        log.warning("newsdex at http://%s:%d", shown, listener.getsockname()[1])
        limits = settings.limits
        config = uvicorn.Config(
            app,
            http=GuardedProtocol.limited(limits),
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            ws="none",
            lifespan="on",
            timeout_keep_alive=int(limits.idle_seconds),
            timeout_graceful_shutdown=limits.drain_seconds,
        )
        run_until_signal(config, listener)
