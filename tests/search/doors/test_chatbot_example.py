"""examples/chatbot as its README runs it: its own process, the sample archive with the real model, and an endpoint that speaks OpenAI's
API.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from paths import ROOT

from newsdex import Excerpt, Index

pytest.importorskip("openai")
pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")

EXAMPLE = ROOT / "examples" / "chatbot"
REAL = "Together with other dual-use items, he said, these goods allow Moscow to rebuild its defence industrial base."
QUESTION = "China support for Russia"

Event = tuple[str, dict[str, Any]]
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


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    """An endpoint on a port of its own."""
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def port(endpoint: Endpoint, sample_index: Path, sample_size: int) -> Iterator[int]:
    """The port of the chatbot, run as a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        chosen = int(free.getsockname()[1])
    environment = os.environ | {
        "OPENAI_BASE_URL": f"http://127.0.0.1:{endpoint.server_port}/v1",
        "OPENAI_API_KEY": "secret",
        "CHAT_MODEL": "tiny",
        "NEWSDEX_INDEX_DIR": str(sample_index),
        "CHAT_TIMEOUT": "20",
    }
    command = [sys.executable, "-m", "uvicorn", "app:app", "--app-dir", str(EXAMPLE), "--port", str(chosen), "--log-level", "warning"]
    with subprocess.Popen(command, env=environment) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            try:
                assert request(chosen, "GET", "/health") == (200, {"articles": sample_size})
                break
            except ConnectionRefusedError:
                time.sleep(0.1)
        yield chosen
        process.terminate()
        assert process.wait(20) in (0, -15)


@pytest.fixture(autouse=True)
def fresh(endpoint: Endpoint) -> None:
    """Nothing is left of the test before."""
    endpoint.asked.clear()
    endpoint.status, endpoint.ends = 200, "stop"
    endpoint.go_on.clear()


def request(port: int, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """Status and JSON of an answer."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        with connection.getresponse() as response:
            return response.status, json.load(response)


def events(port: int, question: str, history: list[str] | None = None) -> Iterator[Event]:
    """The events of an answer, as they come."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request(
            "POST", "/chat", json.dumps({"question": question, "history": history or []}), {"Content-Type": "application/json"}
        )
        with connection.getresponse() as response:
            assert (response.status, response.headers["Content-Type"]) == (200, "text/event-stream; charset=utf-8")
            name = ""
            for line in response:
                if line.startswith(b"event: "):
                    name = line[7:].decode().strip()
                elif line.startswith(b"data: "):
                    yield name, json.loads(line[6:])


def said(found: list[Event]) -> str:
    return "".join(data["text"] for name, data in found if name == "text")


def verdicts(found: list[Event]) -> list[str]:
    return [each["verdict"] for name, data in found if name == "quotations" for each in data["quotations"]]


def number_of(prompt: str, sentence: str) -> int:
    """The number of the passage that has ``sentence``, as a model reads it in the prompt."""
    blocks = re.split(r"^\[(\d+)\] ", prompt, flags=re.MULTILINE)[1:]
    return next(int(number) for number, block in zip(blocks[::2], blocks[1::2], strict=True) if sentence in block)


def letter_by_letter(text: str) -> Iterator[str]:
    """Chunks of three characters, so that marks and quotations are cut anywhere."""
    return (text[start : start + 3] for start in range(0, len(text), 3))


def test_an_answer_with_its_sources(endpoint: Endpoint, port: int, sample_index: Path) -> None:
    """The model is asked with the passages, by the settings; its quotation is found, with its place, and what is shown is what it said."""
    numbers: list[int] = []

    def script(_: Endpoint, prompt: str) -> Iterator[str]:
        numbers.append(number_of(prompt, REAL))
        return letter_by_letter(
            f'Blinken spoke of weapons. "{REAL}" [{numbers[0]}] He named \u201cnitrocellulose\u201d [{numbers[0]}].\n\nThat is all.'
        )

    endpoint.script = script
    found = list(events(port, QUESTION))
    assert [name for name, _ in found] == ["sources", "text", "text", "quotations", "text", "quotations", "text", "text", "done"]
    assert (
        said(found)
        == f'Blinken spoke of weapons. "{REAL}" [{numbers[0]}] He named \u201cnitrocellulose\u201d [{numbers[0]}].\n\nThat is all.'
    )
    assert verdicts(found) == ["found", "found"]
    source = next(each for each in found[0][1]["sources"] if each["number"] == numbers[0])
    place = found[3][1]["quotations"][0]
    with Index.open(sample_index) as index:
        article = index.article(source["article_id"])
        assert article.text[place["start"] : place["end"]] == REAL
        assert str(index.context(QUESTION)) in endpoint.asked[0]["messages"][1]["content"]
    assert (source["title"], source["url"], source["published"]) == (article.title, article.url, "2024-04-26")
    [asked] = endpoint.asked
    assert (asked["path"], asked["model"], asked["stream"], asked["key"]) == ("/v1/chat/completions", "tiny", True, "Bearer secret")


def test_sentences_come_while_the_model_speaks(endpoint: Endpoint, port: int) -> None:
    """The first sentence is shown before the model has said the last."""

    def script(server: Endpoint, _: str) -> Iterator[str]:
        yield "The first sentence. And "
        assert server.go_on.wait(30)
        yield "the second."

    endpoint.script = script
    answer = events(port, QUESTION)
    assert next(answer)[0] == "sources"
    assert next(answer) == ("text", {"text": "The first sentence."})
    endpoint.go_on.set()
    assert list(answer) == [("text", {"text": " And the second."}), ("done", {})]


def test_invented_quotations_are_left_out(endpoint: Endpoint, port: int) -> None:
    """What no article has, what the cited article has not, and what was altered: none of it is shown, in whatever marks; numbers without a
    passage neither.
    """

    def script(_: Endpoint, prompt: str) -> Iterator[str]:
        right = number_of(prompt, REAL)
        wrong = next(n for n in range(1, 20) if f"\n[{n}] " in prompt and n != right and article_of(prompt, n) != article_of(prompt, right))
        return letter_by_letter(
            f'He said: "We will never trade with Moscow again. Not one screw." [{right}] Then "{REAL}" [{wrong}]. '
            f"\u201eWir liefern gar nichts.\u201c [{right}] \u00abNothing of the kind\u00bb [{right}], \u2018a pact of steel\u2019 [{right}].\n"
            f"> China is the friend of every screw.\n"
            f'And "these goods allow Moscow to renew its defence industrial base" [{right}]. So it is [99].'
        )

    endpoint.script = script
    found = list(events(port, QUESTION))
    shown = said(found)
    assert verdicts(found) == ["not found", "elsewhere", "not found", "not found", "not found", "not found", "altered"]
    for invented in ("never trade", "one screw", "rebuild its defence", "liefern", "of the kind", "steel", "friend", "renew"):
        assert invented not in shown
    assert shown.count("[quotation left out: not in") == 7
    assert "[99]" not in shown
    assert shown.startswith("He said: [quotation left out: not in [")
    assert found[-1] == ("done", {})


def article_of(prompt: str, number: int) -> str:
    """The line of a passage, without its number."""
    found = re.search(rf"^\[{number}\] (.*)$", prompt, re.MULTILINE)
    assert found
    return found[1]


@pytest.mark.parametrize("ends", ["broken", "silent", "length"])
def test_a_model_that_breaks_off(endpoint: Endpoint, port: int, ends: str) -> None:
    """What it had said is shown, except for the quotation in which it stopped, and the person is told that there should be more."""
    endpoint.script = lambda _endpoint, _prompt: letter_by_letter('One thing is certain. He said: "We shall never')
    endpoint.ends = ends
    found = list(events(port, QUESTION))
    assert said(found) == "One thing is certain. He said: [quotation left out: it does not end]"
    assert verdicts(found) == ["unfinished"]
    assert found[-1][0] == "error"
    assert found[-1][1]["text"].startswith("The answer is not complete: ")


def test_a_model_that_cannot_be_asked(endpoint: Endpoint, port: int) -> None:
    """The person is told."""
    endpoint.status = 400
    found = list(events(port, QUESTION))
    assert [name for name, _ in found] == ["sources", "error"]
    assert "BadRequestError" in found[-1][1]["text"]


def test_no_answer_without_the_archive(endpoint: Endpoint, port: int) -> None:
    """Where the archive has no answer, the model is not asked, and the nearest articles are named."""
    [(name, data)] = events(port, "How do I bake sourdough bread?")
    assert (name, data["text"]) == ("refusal", "The archive does not answer that.")
    assert 1 <= len(data["nearest"]) <= 3
    assert endpoint.asked == []


def test_a_follow_up(endpoint: Endpoint, port: int) -> None:
    """What was asked before decides what is read, and the model is told of it."""
    endpoint.script = lambda _endpoint, prompt: letter_by_letter(f"He is 44 [{number_of(prompt, 'turned 44')}].")
    found = list(events(port, "How old is he?", ["Who won the election in Senegal?"]))
    assert found[0][1]["remarks"] == ["Read together with what was asked before: Who won the election in Senegal?"]
    assert found[0][1]["sources"][0]["title"] == "Senegal's Faye goes from prison cell to presidency"
    assert said(found).startswith("He is 44 [")
    assert "Asked before: Who won the election in Senegal?\nQuestion: How old is he?" in endpoint.asked[0]["messages"][1]["content"]


@pytest.mark.parametrize(
    "body", [{}, {"question": " "}, {"question": "x" * 3000}, {"question": "x", "history": "y"}, {"question": "x", "other": 1}], ids=str
)
def test_an_impossible_question_is_refused(port: int, body: object) -> None:
    """With 422, before anything is searched."""
    status, told = request(port, "POST", "/chat", body)
    assert status == 422
    assert told["detail"]


def test_quotations_in_any_pieces(sample_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However an answer is cut into chunks, the same is shown."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    from quotations import Reader

    answer = f'A. "{REAL}" [1] B \u201cnever said. Not ever.\u201d [1]? C [7], D [1, 2]: \u2018x y z\u2019.\n\n> block. of lies\nE "open'
    with Index.open(sample_index) as index:
        article = index.search(QUESTION)[0].article
        excerpts = tuple(Excerpt(number, "", article.id, "", "", "", None, 0, 9, None, 0.5) for number in (1, 2))

        def shown(size: int) -> str:
            reader = Reader(index, excerpts)
            pieces = [piece for start in range(0, len(answer), size) for piece in reader.feed(answer[start : start + size])]
            return "".join(piece.text for piece in (*pieces, *reader.finish()))

        whole = shown(len(answer))
        assert all(shown(size) == whole for size in (1, 2, 7, 50))
    left_out = "[quotation left out: not in [1] word for word]"
    anywhere = "[quotation left out: not in the articles word for word]"
    assert whole == f'A. "{REAL}" [1] B {left_out} [1]? C, D [1, 2]: {anywhere}.\n\n{anywhere}\nE [quotation left out: it does not end]'
