"""uvicorn's HTTP/1.1 with limits: headers that never end, in size or time, and unread answers end the connection."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from newsdex.search.server.problems import Problem
from newsdex.search.server.settings import Limits, too_large

_LAST_BYTES = 1.0  # seconds for the rest of a request when the server ends


class GuardedProtocol(HttpToolsProtocol):
    """A connection whose headers must be whole within ``limits.header_seconds`` and ``limits.headers`` bytes, whose client must read what
    it is answered within ``limits.seconds``, and of which there are only so many, each with so many requests that wait.
    """

    limits: Limits

    def __init__(self, *positional: Any, **named: Any) -> None:
        super().__init__(*positional, **named)
        self._deadline: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._unfinished = 0  # bytes of headers that are not whole

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            self._end(503, "the server has too many connections")
        else:
            self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_deadline()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        cycle: RequestResponseCycle | None = self.cycle
        if self._deadline is None and (cycle is None or cycle.response_complete):  # no request is being answered
            self._expect_headers()
        whole = self._deadline is None
        super().data_received(data)
        if not whole and self._deadline is not None:
            self._unfinished += len(data)
            # Twice: what is little more than allowed is told so by the application, which knows the whole.
            if self._unfinished > 2 * (self.limits.headers + self.limits.target) and not self._end_long_address():
                self._end(431, too_large(self.limits))

    def on_headers_complete(self) -> None:
        if self.transport.is_closing():  # what comes after is nobody's
            return
        self._forget_deadline()
        if self._end_long_address():
            return
        self._take_authority()
        super().on_headers_complete()
        if len(self.pipeline) > self.limits.pipelined:
            self.transport.abort()

    def _end_long_address(self) -> bool:
        """Here, for httptools fails at what is longer than 64 KiB, and does not say at what."""
        if len(self.url) <= self.limits.target:
            return False
        self._end(414, f"the address is too long: expected at most {self.limits.target} bytes. Send the question in a body: POST")
        return True

    def _take_authority(self) -> None:
        """Where the target is a whole address, its host is who is asked, whatever the header Host says (RFC 9112, 3.2.2)."""
        if self.url.startswith(b"/"):
            return
        parts = httptools.parse_url(self.url)
        if parts.host:
            name = b"[" + parts.host + b"]" if b":" in parts.host else parts.host
            asked = name + b":%d" % parts.port if parts.port else name
            self.headers[:] = [(key, asked if key == b"host" else value) for key, value in self.headers]

    def shutdown(self) -> None:
        """As uvicorn: answer what was asked, but do not wait for the rest of a request, or for an answer to be read."""
        super().shutdown()
        if not self.transport.is_closing():
            self.loop.call_later(_LAST_BYTES if self.cycle.more_body else max(0.0, self.limits.drain_seconds - _LAST_BYTES), self._hang_up)

    def _hang_up(self) -> None:
        if self.cycle.more_body or self.flow.write_paused:
            self.transport.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(self.limits.seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()

    def send_400_response(self, msg: str) -> None:
        self._end(400, msg)

    def _expect_headers(self) -> None:
        self._unfinished = 0
        self._deadline = self.loop.call_later(self.limits.header_seconds, self._late)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self._end(408, f"the headers did not arrive within {self.limits.header_seconds:g} seconds")

    def _end(self, status: int, detail: str) -> None:
        """Tell what is wrong, and hang up."""
        self._forget_deadline()
        response = Problem(status, detail, {"Connection": "close"}).response()
        lines = [
            f"HTTP/1.1 {status} ".encode() + HTTPStatus(status).phrase.encode(),
            *(name + b": " + value for name, value in response.raw_headers),
        ]
        self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + bytes(response.body))
        self.transport.close()
