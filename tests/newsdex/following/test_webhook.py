"""A webhook on this machine that misbehaves: nothing is lost, the commit waits for nobody, and each notice is signed."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from newsdex import Index, Options, index_paths
from newsdex.following import follow, tell
from newsdex.following.delivery import Patience
from newsdex.store.following import read_state

KEY = "0123456789abcdef0123456789abcdef"
TWICE = Patience(tries=(0.0, 0.0))
QUICK = Patience(tries=(0.0, 0.0), answer=1.0)


class Sink(BaseHTTPRequestHandler):
    """Answers as ``moods`` say, one after another, and then well; keeps what it got."""

    moods: ClassVar[list[str]] = []
    got: ClassVar[list[tuple[dict[str, str], bytes]]] = []
    gone: ClassVar[threading.Event] = threading.Event()

    def do_POST(self) -> None:
        """One notice."""
        mood = self.moods.pop(0) if self.moods else "204"
        if mood != "unread":
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        if mood == "hangs":
            self.gone.wait(30)
        elif mood == "drips":  # a byte of an endless header now and then: no single read takes long
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            while not self.gone.wait(0.05):
                try:
                    self.wfile.write(b"x")
                    self.wfile.flush()
                except OSError:
                    return
        elif mood == "nonsense":
            self.wfile.write(b"\xff\x00 no HTTP at all\r\n" * 100)
        elif mood == "endless":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000)
        elif mood != "closes":
            self.send_response(int(mood) if mood.isdigit() else 204)
            if mood == "302":
                self.send_header("Location", "http://169.254.169.254/")
            self.end_headers()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def sink(*moods: str) -> Iterator[str]:
    """A server in these moods; its address."""
    Sink.moods, Sink.got, Sink.gone = list(moods), [], threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), Sink) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/hook?desk=1"
        finally:
            Sink.gone.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """One with an article of no interest, and a key beside it."""
    (tmp_path / "hook.key").write_text(KEY, encoding="utf-8")
    put(tmp_path, "old")
    return tmp_path / "index_data"


def put(base: Path, *names: str, text: str = "An apple harvest.") -> None:
    """Articles more, in a commit."""
    (base / "articles").mkdir(exist_ok=True)
    for name in names:
        (base / "articles" / f"{name}.md").write_text(f"# {name}\n\n{text}\n", encoding="utf-8")
    index_paths([base / "articles"], base / "index_data", Options(model="hash"))


def follow_ferry(index: Path, address: str) -> None:
    """The question of these tests."""
    follow(index, "ferry strike", name="ferry", mode="lexical", webhook=address, secret=index.parent / "hook.key")


def waiting(index: Path) -> int:
    """How many notices were not taken yet."""
    return sum(bool(notice.waits) for notice in read_state(index).notices)


def titles() -> list[str]:
    """What was delivered, in order."""
    return [json.loads(body)["title"] for _, body in Sink.got]


def test_each_notice_is_signed(index: Path) -> None:
    """With the time, and the id that the body has too; a receiver checks it as docs/FOLLOW.md says."""
    with sink() as address:
        follow_ferry(index, address)
        put(index.parent, "one", "two", text="A ferry strike began.")
        assert tell(index) == []
        assert tell(index) == []
    assert sorted(titles()) == ["one", "two"]
    for headers, body in Sink.got:
        signed = hmac.new(KEY.encode(), headers["x-newsdex-timestamp"].encode() + b"." + body, hashlib.sha256)
        assert headers["x-newsdex-signature"] == f"sha256={signed.hexdigest()}"
        assert headers["x-newsdex-notice"] == json.loads(body)["notice"]
        assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("mood", ["500", "429", "404", "302", "closes", "hangs", "drips", "nonsense", "endless"])
def test_a_webhook_that_fails_loses_nothing(index: Path, mood: str) -> None:
    """The commit is there, the run ends and says why, the rest is not tried, and the next run delivers all of it with the same ids."""
    with sink(mood, mood) as address:
        follow_ferry(index, address)
        put(index.parent, "one", "two", text="A ferry strike began.")
        [problem] = tell(index, patience=QUICK)
        assert address in problem
        assert "2 notices wait" in problem
        assert waiting(index) == 2
        with Index.open(index) as opened:
            assert opened.manifest.articles == 3
        failed = {json.loads(body)["notice"] for _, body in Sink.got}
        Sink.moods, Sink.got = [], []
        assert tell(index) == []
        assert waiting(index) == 0
    assert sorted(titles()) == ["one", "two"]
    assert failed <= {json.loads(body)["notice"] for _, body in Sink.got}


def test_what_was_taken_is_not_sent_again(index: Path) -> None:
    """When a later one fails."""
    with sink("204", "204", "500", "500") as address:
        follow_ferry(index, address)
        put(index.parent, "one", "two", "three", text="A ferry strike began.")
        [problem] = tell(index, patience=TWICE)
        assert "1 notice waits" in problem
        assert tell(index) == []
    ids = [json.loads(body)["notice"] for _, body in Sink.got]
    assert len(ids) == 5
    assert ids[2] == ids[3] == ids[4]
    assert len(set(ids)) == 3


def test_nobody_listens(index: Path) -> None:
    """What cannot be reached, or has lost its key, is said, and others are told all the same."""
    lines = index.parent / "news.jsonl"
    with sink() as address:
        pass
    follow_ferry(index, address)
    follow(index, "ferry strike", name="lines", mode="lexical", jsonl=lines)
    put(index.parent, "one", text="A ferry strike began.")
    [problem] = tell(index, patience=QUICK)
    assert "refused" in problem
    told: list[Any] = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    assert [each["title"] for each in told] == ["one"]
    (index.parent / "hook.key").unlink()
    [problem] = tell(index, patience=QUICK)
    assert "openssl rand" in problem
    assert waiting(index) == 1
