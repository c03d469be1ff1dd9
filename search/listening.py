"""Running a server: a port to listen on, and the end at a signal."""

from __future__ import annotations

import signal
import socket

import uvicorn

from newsdex.errors import UsageError


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at ``host``; port 0 is any that is free.

    Raises UsageError when the port cannot be had.
    """
    try:
        [(family, *_, address), *_] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        raise UsageError(f"cannot serve {host} port {port}: {error.strerror or error}. Take another: --port N") from error


def run_until_signal(config: uvicorn.Config, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT, and then until what was asked has been answered."""
    # uvicorn sends itself the signal again when it has drained; it has been heard.
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
