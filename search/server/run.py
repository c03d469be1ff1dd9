"""Running the service."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from newsdex.search.index import Index
from newsdex.search.listening import listen, run_until_signal
from newsdex.search.server.app import create_app
from newsdex.search.server.protocol import GuardedProtocol
from newsdex.search.server.settings import Limits, Settings

log = logging.getLogger("newsdex.serve")


def open_index(folder: Path, *, in_memory: bool | None = None) -> Index:
    """The index in ``folder``, ready to answer. ``in_memory`` as in Index.open; None: where it takes at most half of the memory that is free.

    Raises IndexMissing, IndexTooNew, IndexDamaged, ModelMismatch and ModelError.
    """
    index = Index.open(folder, in_memory=bool(in_memory))
    if in_memory is None and index.manifest.size():  # in Milvus there are no files to keep
        in_memory = index.manifest.size() <= _free_memory() / 2
        if in_memory:
            index = Index.open(folder, in_memory=True)
        else:
            log.warning("The index is mapped, for it takes more than half of the free memory: damage to its files shows in answers.")
    index.search("What is new?", limit=1)  # what the first question needs is loaded now
    return index


def serve(index: Index, host: str, port: int, settings: Settings) -> None:
    """Answer at http://``host``:``port`` until SIGTERM or SIGINT; 0 is any port that is free.

    Raises UsageError when the port cannot be had.
    """
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # what is no HTTP is the client's affair
    with listen(host, port) as listener:
        shown = f"[{host}]" if ":" in host else host
        log.warning("newsdex at http://%s:%d", shown, listener.getsockname()[1])
        run_until_signal(configured(create_app(index, settings), settings.limits), listener)


def configured(app: ASGIApp, limits: Limits) -> uvicorn.Config:
    """How uvicorn runs ``app``."""
    return uvicorn.Config(
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


def _free_memory() -> int:
    """Bytes that processes can still have, the system's file cache counted in."""
    try:
        fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines())
        return int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
