"""An HTTP POST without redirects, bounded in time and size."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import NamedTuple
from urllib.parse import urlsplit


class Unanswered(Exception):
    """There was no answer; the message says why."""


class Reply(NamedTuple):
    """Status, headers in lower case, and the body, cut at the requested size."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def post(address: str, body: bytes, headers: Mapping[str, str], seconds: float, most: int = 0) -> Reply:
    """Send JSON to ``address``, without redirects, and read up to ``most`` bytes of the answer, within ``seconds``. Raises Unanswered."""
    parts = urlsplit(address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=seconds)
    target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    with watched(connection, seconds) as late:
        try:
            connection.request("POST", target, body, {"Content-Type": "application/json", "User-Agent": "newsdex", **headers})
            response = connection.getresponse()
            content = response.read(most) if most else b""
            reply = Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, content)
            # The only sign of a truncated body.
            missing = most > len(content) and bool(response.length)
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
            why = f"within {seconds:g} s" if late.is_set() else getattr(error, "strerror", None) or str(error)[:200] or type(error).__name__
            raise Unanswered(f"did not answer{' ' if late.is_set() else ': '}{why}") from error
    if late.is_set():  # an interrupted answer may look complete
        raise Unanswered(f"did not answer within {seconds:g} s")
    if missing:
        raise Unanswered("did not answer: its answer breaks off")
    return reply


@contextmanager
def watched(connection: http.client.HTTPConnection, seconds: float) -> Iterator[threading.Event]:
    """Interrupt ``connection`` after ``seconds``, also if a byte comes now and then, which sets the event; close it after the block."""
    late = threading.Event()
    # A connection forgets its socket when a response ends with it.
    connected = connection.sock

    def interrupt() -> None:
        late.set()
        with suppress(OSError, TypeError):
            # An SSL socket's own method would drop the state that another thread reads with.
            socket.socket.shutdown(connected or connection.sock, socket.SHUT_RDWR)

    watch = threading.Timer(max(0.0, seconds), interrupt)
    watch.daemon = True
    watch.start()
    try:
        yield late
    finally:
        watch.cancel()
        connection.close()
