"""A web server on this machine that behaves as badly as it is told to, and remembers what it was asked."""

from __future__ import annotations

import socketserver
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socket import socket
from typing import Any

Answer = Callable[[socket, Mapping[str, str]], None]
_PARAGRAPH = "The ferry {0} left the harbour of Ellerby at dawn, and nobody on the quay of {0} knew when it would be back."


def article(title: str, *, head: str = "", more: str = "") -> bytes:
    """A page that is an article."""
    text = "".join(f"<p>{_PARAGRAPH.format(f'{title} {number}')}</p>" for number in range(3))
    return f"<html><head><title>{title}</title>{head}</head><body><article><h1>{title}</h1>{text}{more}</article></body></html>".encode()


def feed(*items: str, title: str = "Harbour Courier") -> bytes:
    """An RSS feed of these items."""
    head = f"<title>{title}</title><link>/</link><description>News</description>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'.encode()


def item(link: str, title: str = "A story", date: str = "Fri, 26 Apr 2024 12:30:00 +0000", more: str = "") -> str:
    """An item of a feed."""
    return f"<item><title>{title}</title><link>{link}</link><guid>{link}</guid><pubDate>{date}</pubDate>{more}</item>"


def page(body: bytes, status: str = "200 OK", kind: str = "text/html; charset=utf-8", **headers: str) -> Answer:
    """A whole response."""

    def answer(connection: socket, _: Mapping[str, str]) -> None:
        told = {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        connection.sendall(f"HTTP/1.1 {status}\r\n{lines}Connection: close\r\n\r\n".encode() + body)

    return answer


def rss(*items: str, **headers: str) -> Answer:
    """A feed as a response."""
    return page(feed(*items), kind="application/rss+xml", **headers)


def redirect(target: str) -> Answer:
    """A redirect."""
    return page(b"", "302 Found", Location=target)


def conditional(body: bytes, etag: str) -> Answer:
    """A page that answers 304 to who has it already."""

    def answer(connection: socket, headers: Mapping[str, str]) -> None:
        same = headers.get("if-none-match") == etag
        (page(b"", "304 Not Modified", ETag=etag) if same else page(body, ETag=etag))(connection, headers)

    return answer


def raw(content: bytes) -> Answer:
    """These bytes, and the end."""
    return lambda connection, _: connection.sendall(content)


def endless(head: bytes, block: bytes, pause: float, stop: threading.Event) -> Answer:
    """``head``, and ``block`` again and again."""

    def answer(connection: socket, _: Mapping[str, str]) -> None:
        connection.sendall(head)
        while not stop.wait(pause):
            connection.sendall(block)

    return answer


def bomb(megabytes: int) -> Answer:
    """So many MB, packed to a thousandth."""
    packer = zlib.compressobj(9, wbits=31)
    block = bytes(1_000_000)
    return page(b"".join([*(packer.compress(block) for _ in range(megabytes)), packer.flush()]), Content_Encoding="gzip")


@dataclass
class Web:
    """The server: what it answers by path, and what it was asked, with the headers."""

    port: int
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    on_request: Callable[[str], None] | None = None

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """The address of a path."""
        return f"http://{host}:{self.port}{path}"

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(each == path for each, _ in self.asked)

    def slow_headers(self) -> Answer:
        """A header that never ends."""
        return endless(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x", 0.02, self.stop)

    def dripping(self) -> Answer:
        """A body of a byte now and then."""
        return endless(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"x", 0.02, self.stop)

    def flooding(self) -> Answer:
        """A body without an end."""
        return endless(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"x" * 65_536, 0.0, self.stop)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


@contextmanager
def serving(
    answers: Mapping[str, Answer] | None = None, *, host: str = "127.0.0.1", context: ssl.SSLContext | None = None
) -> Iterator[Web]:
    """A server with these ``answers``, more of which can be given while it runs; all other paths are not found."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError, ValueError):
                path = self.rfile.readline(65_536).decode("latin-1").split()[1]
                headers = dict(_headers(self.rfile))
                web.asked.append((path, headers))
                if web.on_request:
                    web.on_request(path)
                web.answers.get(path, page(b"nothing here", "404 Not Found"))(self.connection, headers)

    with _Server((host, 0), Handler) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        web = Web(server.server_address[1], dict(answers or {}))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield web
        finally:
            web.stop.set()
            server.shutdown()
            thread.join()


def _headers(file: Any) -> Iterator[tuple[str, str]]:
    while line := file.readline(65_536).strip().decode("latin-1"):
        name, _, value = line.partition(":")
        yield name.lower(), value.strip()
