"""Running the service."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn
from starlette.types import ASGIApp

from newsdex.errors import IndexFolderError, UsageError
from newsdex.search.index import Index
from newsdex.search.listening import configured, listen_each, run_until_signal
from newsdex.search.server import logs
from newsdex.search.server.protocol import GuardedProtocol
from newsdex.search.server.settings import COUNTED, Limits, Settings
from newsdex.search.server.workers import last_of, run_workers, shared

log = logging.getLogger("newsdex.serve")

# Seconds for which a thread may keep the interpreter while another waits, four times as long as usual: the event loop has little to do, and
# each turn costs the thread that answers more than the loop gains. The 99th percentile under load falls by a fifth.
_TURN = 0.02
# When the garbage collector looks for cycles (gc.set_threshold): seldom through all that is remembered, which takes 50 ms that a batch of
# questions waits for.
_COLLECTIONS = 20_000, 20, 100


def open_index(folder: Path, *, in_memory: bool | None = None, workers: int = 1, views: int = 0) -> Index:
    """The index in ``folder``, ready to answer. ``in_memory`` as in Index.open; None: where it takes at most half of the memory that is
    free, with so many ``views`` that may be as large, in all workers together once each has read a new version. Raises as Index.open, and
    UsageError when there can be no several workers; ModelMismatch and ModelError.
    """
    index = Index.open(folder, in_memory=bool(in_memory))
    size = index.manifest.size()  # 0 in Milvus
    if workers > 1 and not size:
        raise UsageError("several workers cannot share a connection to Milvus: --workers 1, or a server for each behind a proxy")
    if in_memory is None and size:
        if size * workers * (1 + views) <= _free_memory() / 2:
            index = Index.open(folder, in_memory=True)
        else:
            log.warning("The index is mapped, because it takes more than half of the free memory: damage to its files can show.")
    index.search("What is new?", limit=1)  # what the first question needs is loaded now
    return index


def serve(index: Index, host: str, port: int, settings: Settings, *, workers: int = 1) -> None:
    """Answer at http://``host``:``port`` until a signal ends it, in so many processes; port 0 is any that is free. The address is logged
    when all of them can answer. Raises UsageError when the port cannot be had, NewsdexError when no process can answer.
    """
    listeners = listen_each(host, port, workers)
    with ExitStack() as stack:
        for each in listeners:
            stack.enter_context(each)
        shown = f"[{host}]" if ":" in host else host
        is_last, started = last_of(workers), shared()

        def work(number: int) -> None:
            from newsdex.search.server.app import create_app

            for other in listeners[:number] + listeners[number + 1 :]:
                other.close()
            gc.freeze()  # what is loaded now stays
            gc.set_threshold(*_COLLECTIONS)
            sys.setswitchinterval(_TURN)
            with suppress(IndexFolderError):  # reported to each client
                index.prepare()  # before anybody asks, so that each process answers the same, from the first question on

            def ready() -> None:
                started[0] = 1
                if is_last():
                    log.warning("newsdex at http://%s:%d", shown, listeners[number].getsockname()[1])

            with logs.aside():
                run_until_signal(guarded(create_app(index, settings, ready), settings.limits, settings.proxies), listeners[number])

        def close() -> None:
            for listener in listeners:
                listener.close()

        run = partial(run_workers, workers, work, started=started, stopped=close, idle=partial(_let_go_of_old, index, settings))
        if workers == 1 and not index.is_mapped:
            work(0)
        elif workers == 1:  # in a process of its own, which reading a file that is being cut may kill
            run()
        else:
            # What each counts, prometheus-client adds up by files in this folder; it reads the variable when it is loaded.
            counted = os.environ[COUNTED] = stack.enter_context(TemporaryDirectory(prefix="newsdex-"))
            from prometheus_client.multiprocess import mark_process_dead

            from newsdex.search.server.app import describe

            describe(keys=settings.locked)  # half a second that each of them would take
            run(ended=partial(mark_process_dead, path=counted))
        log.warning("newsdex has stopped")


def _let_go_of_old(index: Index, settings: Settings) -> None:
    """Once the workers answer from a newer version, release the one they began with: it may have what was taken down since."""
    with suppress(IndexFolderError):
        if not index.is_current():
            for each in (index, *settings.views.values()):
                each.let_go()


def guarded(app: ASGIApp, limits: Limits, proxies: Sequence[str] = ()) -> uvicorn.Config:
    """How uvicorn runs ``app`` within ``limits``, behind ``proxies``."""
    protocol = type("Protocol", (GuardedProtocol,), {"limits": limits})
    return configured(app, limits.drain_seconds, proxies=proxies, http=protocol, timeout_keep_alive=int(limits.idle_seconds))


def _free_memory() -> int:
    """Bytes that processes can still have, the system's file cache counted in."""
    try:
        fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines())
        return int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
