"""What a server writes to standard error, and when it says that it can answer."""

from __future__ import annotations

import json
import logging
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from command import environment
from http_server import Server, running, serving

from newsdex import Index, Options, index_paths

pytest.importorskip("fastapi")

from newsdex.search.server.logs import configure
from newsdex.search.server.workers import last_of

QUESTION = "Which bridge reopened?"
TEXT_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ 127\.0\.0\.1 GET /search 200 \d+ B \d+\.\d ms my-id")
STARTS = """
import os, signal, sys
from newsdex import Index
from newsdex.search.listening import listen, run_until_signal
from newsdex.search.server.app import create_app
from newsdex.search.server.run import guarded
from newsdex.search.server.settings import Limits

def ready():
    print("ready", flush=True)
    os.kill(os.getpid(), signal.SIGTERM)

with listen("127.0.0.1", 0) as listener:
    app = create_app(Index.open(sys.argv[1]), ready=ready)
    print("the application is made", flush=True)
    run_until_signal(guarded(app, Limits()), listener)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small index."""
    home = tmp_path_factory.mktemp("logs")
    (home / "a.txt").write_text("The harbour bridge reopened to traffic on Monday.", encoding="utf-8")
    index_paths([home / "a.txt"], home / "index", Options(model="hash"))
    return home / "index"


def logged(caplog: pytest.LogCaptureFixture) -> list[Mapping[str, Any]]:
    """What the log has of each request, to be read when the server has ended: an answer may arrive before its line."""
    return [record.fields for record in caplog.records if record.name == "newsdex.access"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        pytest.param("trace-7.A_b", True, id="a name"),
        pytest.param("x" * 64, True, id="the longest"),
        pytest.param("x" * 65, False, id="too long"),
        pytest.param('a" b', False, id="other characters"),
        pytest.param("", False, id="none"),
    ],
)
def test_each_answer_has_an_id_that_the_log_has(sent: str, kept: bool, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The client's own, if it is a plain name; else a new one of 16 digits."""
    caplog.set_level(logging.INFO, "newsdex.access")
    with serving(Index.open(folder)) as server:
        answer = server.get("/health", {"X-Request-ID": sent} if sent else {})
    told = answer.headers["x-request-id"]
    assert told == sent if kept else re.fullmatch(r"[0-9a-f]{16}", told)
    assert [entry["request_id"] for entry in logged(caplog)] == [told]


def test_refusals_are_logged_too(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A request that no route has, and one that is refused before any route, are logged with their status."""
    caplog.set_level(logging.INFO, "newsdex.access")
    with serving(Index.open(folder)) as server:
        server.get("/nope")
        server.get("/health", {"Host": "elsewhere.example"})
    assert [(entry["method"], entry["path"], entry["status"]) for entry in logged(caplog)] == [
        ("GET", "/nope", 404),
        ("GET", "/health", 421),
    ]
    assert all(entry["bytes"] > 0 and entry["client"] == "127.0.0.1" for entry in logged(caplog))


def test_at_the_usual_level_requests_are_not_logged(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is written for a request that is well and quick."""
    caplog.set_level(logging.WARNING)
    with serving(Index.open(folder)) as server:
        server.get("/search", q=QUESTION)
    assert not caplog.records


@pytest.mark.parametrize("asked", [False, True])
def test_questions_are_logged_only_if_that_is_asked_for(asked: bool, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """By address and by body; without log_questions no part of a record has any of it."""
    caplog.set_level(logging.DEBUG)
    with serving(Index.open(folder), log_questions=asked) as server:
        server.get("/search", q=QUESTION)
        server.post("/search", {"query": QUESTION})
        server.post("/context", {"query": QUESTION})
    assert len(logged(caplog)) == 3
    assert [entry.get("question") for entry in logged(caplog)][:2] == ([QUESTION] * 2 if asked else [None] * 2)
    if not asked:
        assert not any("reopened" in repr(vars(record)) for record in caplog.records)


@pytest.mark.parametrize(("slow", "level"), [pytest.param(1e-9, "WARNING", id="all are slow"), pytest.param(0.0, None, id="none is")])
def test_slow_requests_are_warnings(slow: float, level: str | None, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """At the usual level a request that takes as long as ``slow`` is logged, and none where that is 0."""
    caplog.set_level(logging.WARNING)
    with serving(Index.open(folder), slow=slow) as server:
        server.get("/search", q=QUESTION)
    assert [(record.levelname, record.fields["slow"]) for record in caplog.records] == ([(level, True)] if level else [])  # type: ignore[attr-defined]


def errors_of(server: Server) -> str:
    """What a server has written to standard error, once it has ended at SIGTERM, without an error."""
    assert server.process
    server.process.send_signal(signal.SIGTERM)
    _, err = server.process.communicate(timeout=30)
    return err


def test_a_line_a_request_as_text(folder: Path) -> None:
    """Real processes with --log-level info write time, client, request, status, size, milliseconds and id."""
    with running(folder, "--log-level", "info", "--workers", "2") as server:
        server.get("/search", {"X-Request-ID": "my-id"}, q=QUESTION)
        line, end = errors_of(server).splitlines()
    assert end == "newsdex has stopped"
    assert TEXT_LINE.fullmatch(line)


def test_a_line_a_record_as_json(folder: Path) -> None:
    """With --log-format json every line is an object, that of the address as well."""
    command = [sys.executable, "-m", "newsdex", "serve", "--port", "0", "--index-dir", str(folder), "--log-format", "json"]
    with subprocess.Popen([*command, "--log-level", "info"], stderr=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stderr
        first = json.loads(process.stderr.readline())
        server = Server(first["message"].removeprefix("newsdex at "), process)
        server.get("/search", q=QUESTION)
        line, _ = errors_of(server).splitlines()
    assert first["level"] == "warning"
    told = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told["time"])
    assert (told["level"], told["method"], told["path"], told["status"]) == ("info", "GET", "/search", 200)
    assert "question" not in told


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_key_of_a_file_has_its_name(folder: Path, tmp_path: Path, form: str) -> None:
    """In what is said of it at the start, and in the lines of its requests; the key itself never."""
    (tmp_path / "keys.toml").write_text('[sports-desk]\nkey = "secret"\nwhere = ["source!=none"]\n', encoding="utf-8")
    options = ("--keys", str(tmp_path / "keys.toml"), "--log-level", "info", "--log-format", form, "--workers", "1", "--port", "0")
    command = [sys.executable, "-m", "newsdex", "serve", "--index-dir", str(folder), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stderr
        opens, address = process.stderr.readline(), process.stderr.readline()
        server = Server(re.search(r"http://[0-9.:]+", address)[0], process)  # type: ignore[index]
        assert server.get("/search", {"Authorization": "Bearer secret"}, q=QUESTION).status == 200
        line = errors_of(server).splitlines()[0]
    assert re.search(r"The key sports-desk opens \d+ of \d+ articles", opens)
    assert "secret" not in line
    assert json.loads(line)["key"] == "sports-desk" if form == "json" else line.endswith(" key=sports-desk")


def test_a_log_that_nobody_reads_stops_nothing(folder: Path) -> None:
    """Far more than a pipe holds is logged, and the server answers all the same, and ends when it is told to."""
    with running(folder, "--log-level", "info", "--workers", "1") as server:
        for _ in range(150):
            assert server.get("/" + 900 * "x").status == 404
        assert server.get("/search", q=QUESTION).status == 200


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_fault_has_the_id_of_its_request(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A message and its traceback, as text and as JSON."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers[:] = []
    try:
        configure("warning", form)
        fault = ValueError("no such thing\n\u2028")
        logging.getLogger("newsdex.serve").error("GET failed", exc_info=fault, extra={"request_id": "abc"})
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    err = capsys.readouterr().err
    if form == "json":
        told = json.loads(err)
        assert (told["message"], told["request_id"], told["level"]) == ("GET failed", "abc", "error")
        assert "ValueError: no such thing" in told["traceback"]
    else:
        assert err.startswith("GET failed (request abc)\nValueError: no such thing")


def test_the_server_is_ready_when_the_application_starts(folder: Path) -> None:
    """Not before: what says the address is called at the application's start, and a signal then ends the server."""
    done = subprocess.run([sys.executable, "-c", STARTS, str(folder)], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == ["the application is made", "ready"]


@pytest.mark.parametrize("count", [1, 3])
def test_the_last_worker_says_the_address(count: int) -> None:
    """Of those that start first the last one, and none that takes a place later."""
    is_last = last_of(count)
    assert [is_last() for _ in range(count + 2)] == [number == count - 1 for number in range(count + 2)]
