"""A port is had by one server, and its processes share what comes."""

from __future__ import annotations

import selectors
import socket
import sys
from contextlib import ExitStack

import pytest

from newsdex.errors import UsageError
from newsdex.search.listening import listen, listen_each


@pytest.mark.parametrize("count", [1, 3])
def test_each_gets_a_share_of_the_connections(count: int) -> None:
    """Of 90 connections that are made, every one arrives at one of the sockets; on Linux, each socket gets some."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(each) for each in listen_each("127.0.0.1", 0, count)]
        address = sockets[0].getsockname()
        assert {each.getsockname() for each in sockets} == {address}
        clients = [stack.enter_context(socket.create_connection(address, 5)) for _ in range(90)]
        accepted = [0] * count
        with selectors.DefaultSelector() as selector:
            for number, each in enumerate(sockets):
                each.setblocking(False)
                selector.register(each, selectors.EVENT_READ, number)
            while sum(accepted) < len(clients):
                ready = selector.select(5)
                assert ready, "a connection is lost"
                for key, _ in ready:
                    stack.enter_context(sockets[key.data].accept()[0])
                    accepted[key.data] += 1
    assert sys.platform != "linux" or min(accepted) > 0


@pytest.mark.parametrize("count", [1, 2])
def test_a_port_is_had_once(count: int) -> None:
    """Whoever comes second is told, though the first shares the port among its processes."""
    with ExitStack() as stack:
        for each in listen_each("127.0.0.1", 0, 2):
            stack.enter_context(each)
        port = each.getsockname()[1]
        with pytest.raises(UsageError, match="Choose another: --port"):
            listen_each("127.0.0.1", port, count)
        with pytest.raises(UsageError, match="Choose another: --port"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-name.invalid"])
def test_a_wrong_address_is_no_matter_of_the_port(host: str) -> None:
    """The message says which option is wrong."""
    with pytest.raises(UsageError, match=r"Expected an address of this machine, such as --host 127\.0\.0\.1$"):
        listen(host, 0)
