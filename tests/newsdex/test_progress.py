"""The progress bar of an indexing run."""

from __future__ import annotations

import fcntl
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from command import run_on_terminal

from newsdex import Index, Options, index_paths
from newsdex.console import ProgressBar
from newsdex.encoder import Vectors
from newsdex.engines.hashing import HashEncoder
from newsdex.indexer import build
from newsdex.indexer.build import Progress
from newsdex.indexer.upkeep.rebuild import rebuild_index
from newsdex.indexer.upkeep.verify import verify
from newsdex.settings import Chunking

SLOW_RUN = """
import time
from newsdex.console import ProgressBar
from newsdex.indexer.build import Progress
with ProgressBar() as bar:
    for step in range({steps}):
        bar.show(Progress(step * 10, 200, step * 7))
        time.sleep(0.1)
"""


def printed(steps: int, *, terminal: bool) -> str:
    """What a run of so many tenths of a second writes to standard error."""
    command = [sys.executable, "-c", SLOW_RUN.format(steps=steps)]
    if not terminal:
        return subprocess.run(command, capture_output=True, text=True, check=True).stderr
    code, shown, _ = run_on_terminal(command=command, errors=True)
    assert code == 0
    return shown


def test_a_long_run_shows_how_far_it_is() -> None:
    """After a second: the share that is done, passages per second, and the time left, in one line."""
    shown = printed(18, terminal=True)
    assert "85%|" in shown
    assert " passages/s, 00:00 left" in shown
    assert "\n" not in shown.strip()


@pytest.mark.parametrize(
    ("steps", "terminal"), [pytest.param(5, True, id="less than a second"), pytest.param(18, False, id="not a terminal, for two seconds")]
)
def test_a_short_run_shows_nothing(steps: int, terminal: bool) -> None:
    """A short run shows no bar, and no line to a program that reads its standard error."""
    assert not printed(steps, terminal=terminal).strip()


class Clock:
    """A clock that a test sets."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_without_a_terminal_there_is_a_line_every_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    """A run of 60 seconds in steps of 4: a line at 12, 24, 36, 48 and 60 seconds, with share, passages, speed and, from a
    tenth on, the time left.
    """
    clock = Clock()
    with ProgressBar(clock=clock) as bar:
        for step in range(1, 16):
            clock.now += 4
            bar.show(Progress(step * 10, 600, step * 100))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "newsdex: 5 %, 300 passages (25/s)",
        "newsdex: 10 %, 600 passages (25/s), about 4 min left",
        "newsdex: 15 %, 900 passages (25/s), about 3 min left",
        "newsdex: 20 %, 1,200 passages (25/s), about 3 min left",
        "newsdex: 25 %, 1,500 passages (25/s), about 3 min left",
    ]


@pytest.mark.parametrize(
    ("done", "total", "expected"),
    [
        pytest.param(0, 100, "newsdex: 7 questions (1/s)\n", id="nothing done: nobody knows how long"),
        pytest.param(75, 100, "newsdex: 75 %, 7 questions (1/s), about 3 s left\n", id="seconds"),
        pytest.param(100, 100, "newsdex: 7 questions (1/s)\n", id="all read, and not yet done"),
        pytest.param(120, 100, "newsdex: 7 questions (1/s)\n", id="files grew meanwhile"),
    ],
)
def test_what_a_line_says(done: int, total: int, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    """After ten seconds, at the edges."""
    clock = Clock()
    bar = ProgressBar("questions", clock=clock)
    clock.now += 10
    bar.show(Progress(done, total, 7))
    assert capsys.readouterr().err == expected


def test_while_no_passage_is_done_none_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """A line says only how much was read."""
    clock = Clock()
    bar = ProgressBar(clock=clock)
    clock.now += 10
    bar.show(Progress(30, 100, 0))
    assert capsys.readouterr().err == "newsdex: 30 %\n"


@pytest.mark.parametrize("deep", [False, True])
def test_verify_counts_every_passage(deep: bool, sample_index: Path) -> None:
    """It ends at the number of passages that there are, each counted once more where all are embedded again."""
    told: list[Progress] = []
    assert not list(verify(sample_index, sources=False, deep=deep, on_progress=told.append))
    with Index.open(sample_index) as index:
        passages = index.manifest.passages
    assert told[-1].done == told[-1].total == passages * (2 if deep else 1)
    assert [each.done for each in told] == sorted(each.done for each in told)


def test_what_is_read_ahead_is_not_done(tmp_path: Path) -> None:
    """Of 20 files of one size, the share that is done when the n-th is embedded is n / 20, although all were read before."""
    for number in range(20):
        (tmp_path / f"{number:02d}.txt").write_text(f"Story {number:02d} of the harbour and its ferries.", encoding="utf-8")
    told: list[Progress] = []
    index_paths([tmp_path], tmp_path / "index", Options(model="hash", on_progress=told.append))
    assert [progress.done / progress.total for progress in told] == pytest.approx([number / 20 for number in range(1, 21)])


def test_an_interruption_within_one_article_is_heeded_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left of the article is not embedded first, and what was is not embedded again."""
    text = "\n\n".join(f"Story {number} of the harbour and its ferries, {number * number} words of it." for number in range(24_000))
    (tmp_path / "long.txt").write_text(text, encoding="utf-8")
    slow, embedded = HashEncoder.encode_passages, list[int]()

    def encode(self: HashEncoder, texts: Sequence[str]) -> Vectors:
        time.sleep(0.1)
        embedded.append(len(texts))
        return slow(self, texts)

    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(HashEncoder, "encode_passages", encode)
    monkeypatch.setattr(build, "_LOOK_SECONDS", 0.02)
    with pytest.raises(KeyboardInterrupt):
        index_paths([tmp_path], tmp_path / "index", Options("hash", on_progress=interrupt))
    before = sum(embedded)
    report = index_paths([tmp_path], tmp_path / "index", Options("hash"))
    assert 0 < before < report.passages / 2
    assert report.embedded == report.passages - before


@pytest.mark.parametrize("again", [False, True], ids=["index", "rebuild"])
def test_progress_within_one_article(again: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one file with thousands of passages, share and passages grow while it is embedded, up to all of them."""
    text = "\n\n".join(f"Story {number} of the harbour and its ferries, {number * number} words of it." for number in range(12_000))
    (tmp_path / "long.txt").write_text(text, encoding="utf-8")
    slow = HashEncoder.encode_passages

    def encode(self: HashEncoder, texts: Sequence[str]) -> Vectors:
        time.sleep(0.05)
        assert len(texts) <= 512
        return slow(self, texts)

    monkeypatch.setattr(HashEncoder, "encode_passages", encode)
    monkeypatch.setattr(build, "_LOOK_SECONDS", 0.02)
    told: list[Progress] = []
    report = index_paths([tmp_path], tmp_path / "index", Options("hash", Chunking(max_tokens=64), on_progress=told.append))
    if again:
        told.clear()
        report = rebuild_index(tmp_path / "index", Options(chunking=Chunking(max_tokens=80), on_progress=told.append))
    shares, passages = [each.done / each.total for each in told], [each.passages for each in told]
    assert len({0 < share < 1 and share for share in shares}) > 3
    assert (shares, passages) == (sorted(shares), sorted(passages))
    assert (shares[-1], passages[-1]) == (pytest.approx(1), report.passages)


@pytest.mark.parametrize("there", [False, True])
def test_ctrl_c_says_what_became_of_the_index(tmp_path: Path, there: bool) -> None:
    """The exit code is 130."""
    (tmp_path / "a.txt").write_text("The ferry left the harbour.", encoding="utf-8")
    # Ctrl-C may be ignored in the shell that runs the tests
    begin = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); from newsdex.cli import main; sys.exit(main())"
    arguments = [sys.executable, "-c", begin, "index", str(tmp_path / "a.txt"), "--index-dir", str(tmp_path / "index")]
    if there:
        subprocess.run([*arguments, "--model", "hash"], check=True, capture_output=True)
        (tmp_path / "b.txt").write_text("The ferry came back.", encoding="utf-8")
    # Another writer, for which the command waits
    (tmp_path / "index").mkdir(exist_ok=True)
    with (tmp_path / "index" / "LOCK").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with subprocess.Popen(
            [*arguments, str(tmp_path / "b.txt" if there else tmp_path / "a.txt"), "--model", "hash"], stderr=subprocess.PIPE, text=True
        ) as run:
            assert run.stderr
            waits = run.stderr.readline()
            run.send_signal(signal.SIGINT)
            said = run.stderr.read()
    assert waits.startswith("Waiting for")
    assert said == f"newsdex: interrupted: {'the index is unchanged' if there else 'no index was made'}; the same command continues\n"
    assert run.returncode == 130
