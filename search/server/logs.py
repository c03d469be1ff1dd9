"""What the server writes to standard error: messages, and on request a line for each request, as text or JSON.

No question is written unless Settings.log_questions asks for it, and never a key.
"""

from __future__ import annotations

import json
import logging
import queue
import re
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from starlette.types import Scope

from newsdex.output import as_unicode
from newsdex.search.server.settings import Settings
from newsdex.terminal import visible

access = logging.getLogger("newsdex.access")

REQUEST_ID = b"x-request-id"
_MOST_WAITING = 10_000  # lines, of which later ones are dropped while nobody reads standard error
_GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}", re.ASCII)
_LAST_LINES = 1.0  # seconds for the rest of the lines when the server ends
_SHOWN = 1_000  # characters of a path or a question

_current: ContextVar[dict[str, Any] | None] = ContextVar("newsdex_request", default=None)


class Entry:
    """A request in the log. While it is answered, whatever is logged has its id."""

    def __init__(self, scope: Scope, headers: Mapping[bytes, bytes]) -> None:
        given = headers.get(REQUEST_ID, b"")
        self.id = given if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8).encode()
        self._began = time.perf_counter()
        self._told: dict[str, Any] = {
            "request_id": self.id.decode(),
            "client": scope["client"][0] if scope["client"] else "",
            "method": scope["method"],
            "path": as_unicode(scope["path"][:_SHOWN]),
        }
        _current.set(self._told)

    def end(self, status: int, size: int, settings: Settings) -> float:
        """Log the request, which was answered with ``size`` bytes, and return the seconds that it took."""
        seconds = time.perf_counter() - self._began
        slow = 0 < settings.slow <= seconds
        level = logging.WARNING if slow else logging.INFO
        if access.isEnabledFor(level):
            told = self._told | {"status": status, "bytes": size, "milliseconds": round(1000 * seconds, 1)}
            if not settings.log_questions:
                told.pop("question", None)
            fields = told | ({"slow": True} if slow else {})
            access.log(level, "%s %s %d", told["method"], told["path"], status, extra={"fields": fields})
        _current.set(None)
        return seconds


def note(**facts: str) -> None:
    """Remember for the line of the current request what its ``question`` or the name of its ``key`` is."""
    if (told := _current.get()) is not None:
        told |= {name: as_unicode(fact[:_SHOWN]) for name, fact in facts.items()}


class _Json(logging.Formatter):
    """A line of JSON a record: time, level, logger, message, and what is known of the request."""

    def format(self, record: logging.LogRecord) -> str:
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        told = {
            "time": f"{seconds}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": as_unicode(record.getMessage()),
            **getattr(record, "fields", {}),
        }
        if "request_id" not in told and hasattr(record, "request_id"):
            told["request_id"] = record.request_id
        if record.exc_info:
            told["traceback"] = as_unicode(self.formatException(record.exc_info))
        return json.dumps(told)


class _Text(logging.Formatter):
    """A request in one line; any other message with the id of the request that it belongs to."""

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", None)
        if fields is None:
            head, *rest = super().format(record).split("\n")
            known = getattr(record, "request_id", "")
            return "\n".join([f"{head} (request {known})" if known else head, *rest])
        parts = [
            time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            *(str(fields[name]) for name in ("client", "method", "path", "status")),
            f"{fields['bytes']} B {fields['milliseconds']} ms {fields['request_id']}",
            *([f"key={fields['key']}"] if "key" in fields else []),
            *(["slow"] if "slow" in fields else []),
            *([json.dumps(fields["question"], ensure_ascii=False)] if "question" in fields else []),
        ]
        return visible(" ".join(parts))


def configure(level: str, form: str) -> None:
    """Log to standard error what is at least of ``level``, as ``form``: text or json."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json() if form == "json" else _Text("%(message)s"))
    logging.basicConfig(handlers=[handler], level=level.upper())
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # what is no HTTP is the client's affair
    logging.getLogger("asyncio").setLevel(logging.WARNING)


class _Aside(logging.Handler):
    """Hands records to a thread, so that no request waits for the reader of standard error."""

    def __init__(self, handlers: list[logging.Handler]) -> None:
        super().__init__()
        self._records: queue.Queue[logging.LogRecord | None] = queue.Queue(_MOST_WAITING)
        self._handlers = handlers
        self._thread = threading.Thread(target=self._write, name="newsdex-log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        if told := _current.get():
            record.request_id = told["request_id"]
        with suppress(queue.Full):
            self._records.put_nowait(record)

    def _write(self) -> None:
        while (record := self._records.get()) is not None:
            for handler in self._handlers:
                handler.handle(record)

    def end(self) -> None:
        """Write what waits, if somebody reads it."""
        with suppress(queue.Full):
            self._records.put_nowait(None)
        self._thread.join(_LAST_LINES)


@contextmanager
def aside() -> Iterator[None]:
    """Within, a thread of its own writes the log."""
    root = logging.getLogger()
    before = root.handlers[:]
    handler = _Aside(before)
    root.handlers[:] = [handler]
    try:
        yield
    finally:
        root.handlers[:] = before
        handler.end()
