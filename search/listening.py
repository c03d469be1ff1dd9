"""Running a server: a port to listen on, and the end at a signal."""

from __future__ import annotations

import errno
import signal
import socket
import sys
from collections.abc import Sequence
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from newsdex.errors import UsageError


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at ``host``; port 0 is any that is free. Raises UsageError when the port cannot be had."""
    try:
        [(family, *_, address), *_] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        raise _refused(host, port, error) from error


def listen_each(host: str, port: int, count: int) -> list[socket.socket]:
    """So many sockets that listen at one port, each with a queue of its own, among which the system spreads connections: several processes
    that accept from one queue get very unequal shares of them. Where a system cannot do that, the same socket so many times. Raises
    UsageError when the port cannot be had.
    """
    with listen(host, port) as alone:  # nobody else has it: a port that may be shared would be had twice
        if sys.platform != "linux" or count == 1:
            return [alone.dup() for _ in range(count)]
        family, address = alone.family, alone.getsockname()[:2]
    try:
        return [socket.create_server(address, family=family, reuse_port=True) for _ in range(count)]
    except OSError as error:
        raise _refused(host, port, error) from error


def _refused(host: str, port: int, error: OSError) -> UsageError:
    wrong = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
    cure = "Expected an address of this machine, such as --host 127.0.0.1" if wrong else "Choose another: --port N"
    return UsageError(f"cannot serve {host} port {port}: {error.strerror or error}. {cure}")


def configured(app: ASGIApp, drain_seconds: int, *, proxies: Sequence[str] = (), **others: Any) -> uvicorn.Config:
    """How uvicorn runs ``app``, which logs for itself, behind ``proxies``; ``drain_seconds`` are for open requests at the end."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=[*proxies],
        server_header=False,
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=drain_seconds,
        **others,
    )


def ending_signals() -> tuple[signal.Signals, ...]:
    """Those that end a server: also SIGHUP, as when its terminal closes, unless it was started with nohup."""
    kept = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    return (signal.SIGTERM, signal.SIGINT, *(() if kept else (signal.SIGHUP,)))


def run_until_signal(config: uvicorn.Config, listener: socket.socket) -> None:
    """Serve until one of ``ending_signals``, then answer the open requests."""
    server = uvicorn.Server(config)

    def heard(*_: object) -> None:
        """A signal before uvicorn listens for signals, or the one that it sends itself again when it has drained."""
        server.should_exit = True

    before = {number: signal.signal(number, heard) for number in ending_signals()}
    try:
        server.run(sockets=[listener])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
