"""The HTTP service while its index changes, vanishes or is damaged, and when it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command import environment
from http_server import Server, running, serving
from waiting import until

from newsdex import Index, Options, index_paths
from newsdex.engines.hashing import HashEncoder
from newsdex.errors import MORE_MEMORY
from newsdex.settings import Chunking
from newsdex.store.writer import Writer

pytest.importorskip("fastapi")

from newsdex.search.server.run import open_index

ARTICLES = 8
QUESTION = "bridge"


def publish(home: Path, edition: int, *, model: str = "hash") -> None:
    """Commit an edition of all articles."""
    articles = home / "articles"
    articles.mkdir(exist_ok=True)
    for number in range(ARTICLES):
        (articles / f"{number}.txt").write_text(f"The bridge of town {number} reopened, says edition {edition}.", encoding="utf-8")
    index_paths([articles], home / "index", Options(model=model))


def edition_in(answer: dict[str, Any]) -> set[str]:
    """The editions that the hits are of."""
    assert len(answer["hits"]) == ARTICLES
    return {hit["text"].rpartition(" ")[2] for hit in answer["hits"]}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with an index."""
    publish(tmp_path, 0)
    return tmp_path


@pytest.fixture
def server(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server of it that keeps it in memory, and looks at the files each time it is asked."""
    monkeypatch.setattr("newsdex.search.server.readiness._SECONDS", 0)
    with serving(open_index(home / "index", in_memory=True)) as started:
        yield started


def ask(server: Server) -> dict[str, Any]:
    """The answer to the question, which there must be."""
    answer = server.post("/search", {"query": QUESTION, "limit": 20})
    assert answer.status == 200, answer
    found: dict[str, Any] = answer.json
    return found


def problem(server: Server, status: int = 503) -> str:
    """What /readyz says is wrong."""
    answer = server.get("/readyz")
    assert answer.status == status, answer
    assert answer.json["ready"] == (status == 200)
    return str(answer.json["problem"])


def test_no_question_is_dropped_by_commits(home: Path, server: Server) -> None:
    """While editions are committed, every answer is of one whole edition, never an older one after a newer, and a new one at the next
    question.
    """
    stop, seen, failures = threading.Event(), Counter[str](), []

    def keep_asking() -> None:
        last = 0
        while not stop.is_set():
            try:
                [edition] = edition_in(ask(server))
                number = int(edition.rstrip("."))
                assert number >= last, (number, last)
                last = number
                seen[edition] += 1
            except BaseException as error:  # noqa: BLE001 - told by the test
                failures.append(error)
                return

    threads = [threading.Thread(target=keep_asking) for _ in range(4)]
    for thread in threads:
        thread.start()
    for edition in range(1, 7):
        publish(home, edition)
        assert edition_in(ask(server)) == {f"{edition}."}
    stop.set()
    for thread in threads:
        thread.join(30)
    assert not failures
    assert len(seen) >= 3
    assert problem(server, 200) == "None"


def test_the_last_commit_is_known_before_anybody_asks(home: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """That a watcher has stopped would else look the same as that nobody asks."""
    ask(server)
    monkeypatch.setattr("newsdex.store.writer.utc_now", lambda: "2040-01-01T00:00:00Z")
    publish(home, 1)
    assert b"newsdex_index_committed_timestamp_seconds 2.2089888e+09" in server.get("/metrics").body
    shutil.rmtree(home / "index")
    assert b"newsdex_index_committed_timestamp_seconds" in server.get("/metrics").body


def test_an_index_that_vanishes_is_answered_from(home: Path, server: Server) -> None:
    """/readyz says that it is gone, and when it is back, that all is well; the newest is answered from then."""
    before = ask(server)
    (home / "index").rename(home / "elsewhere")
    assert "no index" in problem(server)
    assert ask(server)["hits"] == before["hits"]
    (home / "elsewhere").rename(home / "index")
    assert problem(server, 200) == "None"
    publish(home, 1)
    assert edition_in(ask(server)) == {"1."}
    shutil.rmtree(home / "index")
    assert edition_in(ask(server)) == {"1."}
    assert server.get("/health").status == 200
    publish(home, 2)
    assert edition_in(ask(server)) == {"2."}


def test_damaged_files_change_no_answer(home: Path, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """Each file of the commit is cut to nothing, flipped and removed in turn: answers stay, /readyz names the file, and the log where it
    is, once.
    """
    before = ask(server)["hits"]
    files = [path for path in (home / "index").glob("g*/*") if not path.name.startswith("commit-")]
    assert len(files) >= 5
    for path, harm in zip(files * 2, ["cut", "flip", "remove"] * len(files), strict=False):
        content = path.read_bytes()
        if harm == "cut":
            os.truncate(path, 0)
        elif harm == "flip":
            path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
        else:
            path.unlink()
        caplog.clear()
        told = [problem(server), problem(server)]
        assert path.name in told[0]
        assert str(home) not in told[0]
        assert [str(path) in record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [True]
        assert ask(server)["hits"] == before
        path.write_bytes(content)
        assert problem(server, 200) == "None"


def test_a_damaged_commit_is_not_taken(home: Path, server: Server) -> None:
    """One whose files are not what it says is told; the one before goes on answering, and the next sound one is taken."""
    publish(home, 1)
    newest = max((home / "index").glob("g*/s*.texts"))
    newest.write_bytes(b"?" + newest.read_bytes()[1:])
    assert edition_in(ask(server)) == {"0."}
    assert newest.name in problem(server)
    assert edition_in(ask(server)) == {"0."}
    shutil.rmtree(home / "index")
    publish(home, 2)
    assert edition_in(ask(server)) == {"2."}


def test_another_model_is_taken_if_it_is_there(home: Path, server: Server) -> None:
    """An index that was rebuilt with another model answers by it; with one that is not here, the version before answers."""
    assert server.get("/stats").json["model"] == "hash"
    assert edition_in(ask(server)) == {"0."}
    card = replace(HashEncoder().card, weights="0" * 64)
    shutil.rmtree(home / "index")
    with Writer(home / "index", card, Chunking()) as writer:
        writer.commit([])
    assert len(ask(server)["hits"]) == ARTICLES
    assert "another version of hash" in problem(server)
    shutil.rmtree(home / "index")
    publish(home, 3, model="all-MiniLM-L6-v2")
    assert edition_in(ask(server)) == {"3."}
    assert server.get("/stats").json["model"] == "all-MiniLM-L6-v2"
    assert problem(server, 200) == "None"


def test_without_a_temporary_folder_the_remedy_is_named(home: Path) -> None:
    """One that can be named, since none of the usual ones is there."""
    code = (
        "import sys, tempfile; from newsdex.cli import main; "
        "tempfile._candidate_tempdir_list = lambda: ['/nowhere']; tempfile.tempdir = None; sys.exit(main())"
    )
    command = [sys.executable, "-c", code, "serve", "--port", "0", "--workers", "2", "--index-dir", str(home / "index")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment(), check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.endswith(". Set TMPDIR to a folder that can be written\n")


@pytest.fixture
def hanging_up() -> Iterator[None]:
    """What is started hears SIGHUP, also if the tests run with nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("hanging_up")
@pytest.mark.parametrize(("ending", "workers"), [(signal.SIGTERM, "2"), (signal.SIGHUP, "2"), (signal.SIGHUP, "1")])
def test_the_end_waits_for_what_was_asked(home: Path, ending: signal.Signals, workers: str) -> None:
    """After a signal a request that has begun is answered, one that has not is refused, idle connections are closed, and the command ends
    well.
    """
    with running(home / "index", "--workers", workers) as server:
        assert server.process
        body = json.dumps({"query": QUESTION, "limit": 20}).encode()
        head = f"POST /search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        with socket.create_connection(server.address, timeout=20) as begun, socket.create_connection(server.address, timeout=20) as idle:
            idle.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert idle.recv(100).startswith(b"HTTP/1.1 200 ")
            begun.sendall(head + body[:10])
            time.sleep(0.3)
            server.process.send_signal(ending)
            time.sleep(0.5)
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(server.address)
            begun.sendall(body[10:])
            parts = []
            while part := begun.recv(65_536):
                parts.append(part)
            answer = b"".join(parts)
            while idle.recv(1_000):
                pass
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"connection: close" in answer.lower()
        assert edition_in(json.loads(answer.partition(b"\r\n\r\n")[2])) == {"0."}
        assert server.process.wait(10) == 0


def test_several_workers_are_one_server(home: Path) -> None:
    """Both answer and see commits, what they count is added up, one that is killed is replaced, and none is left at the end."""
    with running(home / "index", "--workers", "2") as server:
        assert server.process
        for edition in (1, 2):
            publish(home, edition)
            with ThreadPoolExecutor(8) as threads:
                assert {frozenset(edition_in(each)) for each in threads.map(ask, [server] * 32)} == {frozenset({f"{edition}."})}
        before = children(server.process.pid)
        assert len(before) == 2
        counted = b'newsdex_requests_total{method="POST",route="/search",status="200"} 64.0'
        # A worker counts when it has answered, and another may be asked for the numbers.
        until(lambda: counted in server.get("/metrics").body)
        os.kill(min(before), signal.SIGKILL)
        parent = server.process.pid
        until(lambda: children(parent) - before)
        after = children(parent)
        assert len(after - before) == 1
        assert [edition_in(ask(server)) for _ in range(8)] == [{"2."}] * 8
        server.process.send_signal(signal.SIGTERM)
        out, err = server.process.communicate(timeout=20)
        assert (server.process.returncode, out) == (0, "")
        assert err.splitlines() == ["a worker died (-9); another takes its place", "newsdex has stopped"]
        assert not [process for process in after if Path(f"/proc/{process}").exists()]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("raise MemoryError", f"the server cannot start: not enough memory: {MORE_MEMORY}"),
        ("raise ValueError('of no\\nuse')", "the server cannot start: ValueError: of no use"),
        ("import os; os.abort()", f"the server cannot start: a process was ended by SIGABRT, usually for want of memory: {MORE_MEMORY}"),
    ],
)
def test_a_server_whose_workers_cannot_start_ends(home: Path, fault: str, said: str) -> None:
    """In one line, with exit code 2, instead of trying for ever."""
    code = (
        "import sys; import newsdex.search.server.app as app; from newsdex.cli import main\n"
        f"def create_app(*_): {fault}\n"
        "app.create_app = create_app; sys.exit(main())"
    )
    command = [sys.executable, "-c", code, "serve", "--port", "0", "--workers", "2", "--index-dir", str(home / "index")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment(), check=False)
    assert (done.returncode, done.stderr) == (2, f"newsdex: {said}\n")


def test_nohup_keeps_the_server(home: Path) -> None:
    """One that was started with SIGHUP ignored goes on."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with running(home / "index", "--workers", "2") as server:
            assert server.process
            for process in (server.process.pid, *children(server.process.pid)):
                os.kill(process, signal.SIGHUP)
            assert edition_in(ask(server)) == {"0."}
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_worker_that_is_told_to_end_is_replaced(home: Path) -> None:
    """It has not died."""
    with running(home / "index", "--workers", "2") as server:
        assert server.process
        parent = server.process.pid
        before = children(parent)
        os.kill(min(before), signal.SIGTERM)
        until(lambda: len(children(parent) - before) == 1)
        server.process.send_signal(signal.SIGTERM)
        _, err = server.process.communicate(timeout=20)
        assert err.splitlines() == ["a worker has ended; another takes its place", "newsdex has stopped"]


def test_no_worker_outlives_the_command(home: Path) -> None:
    """Not even when that is killed."""
    with running(home / "index", "--workers", "2", code=-9) as server:
        assert server.process
        assert edition_in(ask(server)) == {"0."}
        workers = children(server.process.pid)
        assert workers
        server.process.kill()
        until(lambda: not any(alive(process) for process in workers))


def children(process: int) -> set[int]:
    """The processes that a process has started and that run."""
    listed = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    return {child for child in map(int, listed) if alive(child)}


def alive(process: int) -> bool:
    """Whether a process runs."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_mapped_index_sees_commits_too(home: Path) -> None:
    """Without a copy in memory."""
    with serving(Index.open(home / "index")) as server:
        assert edition_in(ask(server)) == {"0."}
        publish(home, 1)
        assert edition_in(ask(server)) == {"1."}
