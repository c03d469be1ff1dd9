"""One HTTP POST: nothing is followed or believed, time and sizes are bounded."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit


class Unanswered(Exception):
    """There was no answer; the text says why."""


class Reply(NamedTuple):
    """Status, headers with small names, and the body, cut at the length that was asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def post(address: str, body: bytes, headers: Mapping[str, str], seconds: float, most: int = 0) -> Reply:
    """Send JSON to an http or https ``address`` and read at most ``most`` bytes of the answer, all within ``seconds``. Redirects are not
    followed.

    Raises Unanswered.
    """
    parts = urlsplit(address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=seconds)
    # The timeout is that of each read: one who sends a byte now and then is cut off by this
    late = threading.Event()
    watch = threading.Timer(seconds, _cut, [connection, late])
    watch.daemon = True
    try:
        watch.start()
        target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        connection.request("POST", target, body, {"Content-Type": "application/json", "User-Agent": "newsdex", **headers})
        response = connection.getresponse()
        content = response.read(most) if most else b""
        reply = Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, content)
        # A body that ends early is told by nothing else where it is read in part.
        missing = most > len(content) and bool(response.length)
    except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
        reason = f"within {seconds:g} s" if late.is_set() else getattr(error, "strerror", None) or str(error)[:200] or type(error).__name__
        raise Unanswered(f"did not answer{' ' if late.is_set() else ': '}{reason}") from error
    finally:
        watch.cancel()
        connection.close()
    if late.is_set():  # what was cut off may look like an answer
        raise Unanswered(f"did not answer within {seconds:g} s")
    if missing:
        raise Unanswered("did not answer: its answer breaks off")
    return reply


def _cut(connection: http.client.HTTPConnection, late: threading.Event) -> None:
    late.set()
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(2)
