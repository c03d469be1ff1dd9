"""A real server for the tests: the command, on a free port, and a client."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from command import environment

from newsdex import Index

if TYPE_CHECKING:
    from newsdex.search.server.settings import Limits


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


class Answer(NamedTuple):
    """What the server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read as a strict reader of JSON does."""
        return json.loads(self.body.decode("utf-8"), parse_constant=_refuse)


class Server(NamedTuple):
    """A server that runs, in a process of its own or in a thread of this one."""

    url: str
    process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        parts = urlsplit(self.url)
        assert parts.hostname
        assert parts.port
        return parts.hostname, parts.port

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, **query: Any) -> Answer:
        """Send a request on a connection of its own; ``body`` is bytes, or a value that becomes JSON."""
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        target = f"{path}?{urlencode(query, doseq=True)}" if query else path
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        try:
            connection.request(method, target, content, {**kind, **(headers or {})})
            response = connection.getresponse()
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
        finally:
            connection.close()

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: Any) -> Answer:
        """GET ``path`` with a query."""
        return self.ask("GET", path, headers=headers, **query)

    def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
        """POST ``body``."""
        return self.ask("POST", path, body, headers)


def refused(answer: Answer, status: int) -> str:
    """What a problem says, which must be of this status and of the form that RFC 9457 gives it."""
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["title"]
    assert ("retry-after" in answer.headers) == (status in (429, 503))
    detail: str = answer.json["detail"]
    assert detail
    return detail


def raw(server: Server, sent: bytes, *, wait: float = 30) -> bytes:
    """All that the server answers to some bytes, until it hangs up."""
    with socket.create_connection(server.address, timeout=wait) as connection:
        connection.sendall(sent)
        parts = []
        with suppress(ConnectionResetError):  # by a server that does not read the rest
            while part := connection.recv(65_536):
                parts.append(part)
    return b"".join(parts)


@contextmanager
def running(index: Path, *options: str, code: int = 0, program: Sequence[str] = ("-m", "newsdex"), **variables: str) -> Iterator[Server]:
    """``newsdex serve`` on a free port, which must end with this exit code; ``program`` is what Python runs as newsdex."""
    command = [sys.executable, *program, "serve", "--port", "0", "--index-dir", str(index), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(**variables)) as process:
        assert process.stderr
        try:
            said = process.stderr.readline()
            found = re.fullmatch(r"newsdex at (http://\S+:\d+)\n", said)
            assert found, said
            yield Server(found[1], process)
        finally:
            out = err = ""
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (code, ""), err


@contextmanager
def serving(index: Index, *, limits: Limits | None = None, **settings: Any) -> Iterator[Server]:
    """The service in a thread of this process, run as ``newsdex serve`` runs it: for limits that are not options of the command."""
    import uvicorn

    from newsdex.search.listening import listen
    from newsdex.search.server.app import create_app
    from newsdex.search.server.run import guarded
    from newsdex.search.server.settings import Limits, Settings

    limits = limits or Limits()
    with listen("127.0.0.1", 0) as listener:
        given = Settings(limits=limits, **settings)
        server = uvicorn.Server(guarded(create_app(index, given), limits, given.proxies))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Server(f"http://127.0.0.1:{listener.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join(30)
    assert not thread.is_alive()
