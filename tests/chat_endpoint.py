"""A language model's server for the tests: it speaks OpenAI's chat API, and says what a test has it say."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Script = Callable[["Endpoint", str], Iterator[str]]


class Endpoint(ThreadingHTTPServer):
    """Answers POST /v1/chat/completions with what ``script`` makes of the prompt, a chunk an item."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script: Script = lambda _endpoint, _prompt: iter(())
        self.status = 200
        self.ends = "stop"  # or "broken": the connection is cut; "silent": it is closed without a last chunk; or another reason
        self.asked: list[dict[str, Any]] = []
        self.go_on = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Endpoint

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(asked | {"path": self.path, "key": self.headers["Authorization"]})
        if self.server.status != 200:
            self.send_error(self.server.status)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for text in self.server.script(self.server, asked["messages"][-1]["content"]):
            self._send({"content": text}, None)
        if self.server.ends == "broken":
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        if self.server.ends != "silent":
            self._send({}, self.server.ends)
            self._chunk("data: [DONE]\n\n")
        self._chunk("")

    def _send(self, delta: dict[str, str], reason: str | None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        body = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
        self._chunk(f"data: {json.dumps(body)}\n\n")

    def _chunk(self, text: str) -> None:
        content = text.encode()
        self.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass


def number_of(prompt: str, sentence: str) -> int:
    """The number of the passage that has ``sentence``, as a model reads it in the prompt."""
    blocks = re.split(r"^\[(\d+)\] ", prompt, flags=re.MULTILINE)[1:]
    return next(int(number) for number, block in zip(blocks[::2], blocks[1::2], strict=True) if sentence in block)


def letter_by_letter(text: str) -> Iterator[str]:
    """Chunks of three characters, so that marks and quotations are cut anywhere."""
    return (text[start : start + 3] for start in range(0, len(text), 3))


@contextmanager
def speaking() -> Iterator[Endpoint]:
    """An endpoint that runs."""
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
