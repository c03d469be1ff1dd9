"""newsdex watch: a real process, real files, real signals."""

from __future__ import annotations

import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from command import run

from newsdex import Options
from newsdex.encoder import INT8
from newsdex.indexer.report import Report
from newsdex.indexer.upkeep.status import read_skipped
from newsdex.indexer.watch import watch_paths
from newsdex.store.files import WriterLock
from newsdex.store.snapshot import Snapshot

PATIENCE = 30.0
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


@dataclass(frozen=True)
class Watch:
    """A watch that runs: its process, what it has said, the index it keeps."""

    process: subprocess.Popen[str]
    said: queue.Queue[str]
    index: Path

    def articles(self) -> dict[str, str]:
        """What the index holds, by the name of the file."""
        snapshot = Snapshot.open_if_any(self.index)
        if snapshot is None:
            return {}
        found = [snapshot.segments[number].article(row) for number, row in snapshot.articles()]
        return {article.path.name: article.text.strip() for article in found}

    def commits(self) -> int:
        snapshot = Snapshot.open_if_any(self.index)
        return snapshot.manifest.commit if snapshot else 0

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something to be so."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert self.process.poll() is None, list(self.said.queue)
            assert time.monotonic() < end, (self.articles(), list(self.said.queue))
            time.sleep(0.05)

    def holds(self, **articles: str) -> None:
        """Wait until the index holds just these articles, by the stems of their files."""
        self.until(lambda: self.articles() == {f"{name}.txt": text for name, text in articles.items()})

    def leave(self, sign: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(sign)
        return self.process.wait(PATIENCE)


@contextmanager
def watching(*arguments: str, cwd: Path, index: str = "index") -> Iterator[Watch]:
    """A watch, ended at the end whatever happens."""
    command = [
        sys.executable,
        "-c",
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); from newsdex.cli import main; sys.exit(main())",
    ]
    command += ["watch", *arguments, "--model", "hash", "--index-dir", index]
    said: queue.Queue[str] = queue.Queue()
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:

        def listen() -> None:
            assert process.stdout
            for line in process.stdout:
                said.put(line)

        listener = threading.Thread(target=listen)
        listener.start()
        try:
            yield Watch(process, said, cwd / index)
        finally:
            process.kill()
            listener.join()


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """A folder of one article."""
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "a.txt").write_text("One.")
    return folder


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_the_index_follows_the_files(sign: signal.Signals, news: Path, tmp_path: Path) -> None:
    """What comes, changes, moves and goes; at a signal it ends without a word and with exit code 0."""
    with watching("news", "--prune", cwd=tmp_path) as watch:
        watch.holds(a="One.")
        (news / "sub").mkdir()
        (news / "sub" / "b.txt").write_text("Two.")
        watch.holds(a="One.", b="Two.")
        (news / "a.txt").write_text("One, changed.")
        watch.holds(a="One, changed.", b="Two.")
        (news / "sub" / "b.txt").rename(news / "c.txt")
        watch.holds(a="One, changed.", c="Two.")
        (news / "a.txt").unlink()
        watch.holds(c="Two.")
        watch.until(lambda: watch.said.qsize() == 5)  # a run is told of when it is committed
        assert watch.leave(sign) == 0
        said = list(watch.said.queue)
    assert all(re.match(rf"{TIME} added ", line) for line in said), said


def test_a_folder_that_vanishes_is_told_of(news: Path, tmp_path: Path) -> None:
    """Once when it goes, and once when it is back; otherwise nobody would notice that nothing is indexed any more."""
    with watching("news", cwd=tmp_path) as watch:
        watch.until(lambda: watch.said.qsize() == 1)
        news.rename(tmp_path / "off")
        watch.until(lambda: watch.said.qsize() == 3)
        time.sleep(1.5)
        (tmp_path / "off").rename(news)
        watch.until(lambda: watch.said.qsize() == 4)
        assert watch.leave() == 0
        _, gone, _, back = watch.said.queue
    assert re.match(rf"{TIME} newsdex: no such file or folder: {re.escape(str(news))}", gone)
    assert re.match(rf"{TIME} added 0, updated 0, unchanged 1", back)


def test_a_disk_that_is_unmounted_costs_no_article(news: Path, tmp_path: Path) -> None:
    """With --prune too. It is told once, with the command that removes the articles."""
    (news / "web").mkdir()
    for number in range(10):
        (news / "web" / f"{number}.txt").write_text(f"Report {number}.")
    with watching("news", "--prune", cwd=tmp_path) as watch:
        watch.until(lambda: len(watch.articles()) == 11)
        (news / "web").rename(tmp_path / "off")
        watch.until(lambda: watch.said.qsize() == 3)
        (news / "b.txt").write_text("Two.")
        watch.until(lambda: len(watch.articles()) == 12)
        assert watch.leave() == 0
        said = "".join(watch.said.queue)
    assert "its 10 articles are kept. To remove them: newsdex index news --prune-all --index-dir index" in said


def test_changes_that_come_together_are_one_commit(news: Path, tmp_path: Path) -> None:
    """A hundred files that are written at once do not make a hundred commits."""
    with watching("news", cwd=tmp_path) as watch:
        watch.holds(a="One.")
        for number in range(100):
            (news / f"{number:03}.txt").write_text(f"Report {number}.")
        watch.until(lambda: len(watch.articles()) == 101)
        assert watch.commits() <= 4


def test_folders_come_and_go(news: Path, tmp_path: Path) -> None:
    """A folder that is moved away and another that takes its place; the articles of what is gone as a whole are kept until then."""
    with watching("news", "later", "--prune", cwd=tmp_path) as watch:
        watch.holds(a="One.")
        (tmp_path / "later").mkdir()
        (tmp_path / "later" / "b.txt").write_text("Two.")
        watch.holds(a="One.", b="Two.")
        news.rename(tmp_path / "old")
        time.sleep(1)
        assert set(watch.articles()) == {"a.txt", "b.txt"}
        news.mkdir()
        (news / "c.txt").write_text("Three.")
        watch.holds(b="Two.", c="Three.")
        (news / "c.txt").write_text("Three, changed.")
        watch.holds(b="Two.", c="Three, changed.")
        assert watch.leave() == 0


def test_a_file_that_an_editor_replaces_is_followed(news: Path, tmp_path: Path) -> None:
    """A file that is named is watched by its name, not by what was there at first."""
    with watching("news/a.txt", cwd=tmp_path) as watch:
        watch.holds(a="One.")
        for text in ("Two.", "Three."):
            (tmp_path / "new").write_text(text)
            (tmp_path / "new").rename(news / "a.txt")
            watch.holds(a=text)


def test_patterns_are_watched(news: Path, tmp_path: Path) -> None:
    """Files that come to match are indexed, others are not."""
    with watching("news/**/a*.txt", cwd=tmp_path) as watch:
        watch.holds(a="One.")
        (news / "sub").mkdir()
        (news / "sub" / "b.txt").write_text("Two.")
        (news / "sub" / "ab.txt").write_text("Three.")
        watch.holds(a="One.", ab="Three.")


def test_an_index_within_the_folder_does_not_wake_it(news: Path, tmp_path: Path) -> None:
    """What a commit writes is no change: nothing happens while nothing happens."""
    with watching("news", cwd=tmp_path, index="news/index_data") as watch:
        watch.holds(a="One.")
        before = list((news / "index_data").rglob("*"))
        spent = Path(f"/proc/{watch.process.pid}/stat")
        ticks = lambda: sum(map(int, spent.read_text().rpartition(")")[2].split()[11:13]))  # noqa: E731
        time.sleep(1)
        start = ticks()
        time.sleep(2)
        assert ticks() - start < 20
        assert list((news / "index_data").rglob("*")) == before
        (news / "b.txt").write_text("Two.")
        watch.holds(a="One.", b="Two.")


def test_an_empty_folder_is_waited_at(tmp_path: Path) -> None:
    """Nothing to index yet is said once."""
    (tmp_path / "news").mkdir()
    with watching("news", cwd=tmp_path) as watch:
        watch.until(lambda: watch.said.qsize() > 0)
        (tmp_path / "news" / "a.txt").write_text("One.")
        watch.holds(a="One.")
        said = list(watch.said.queue)
    assert [bool(re.match(f"{TIME} newsdex: no articles in news[.] ", line)) for line in said[:1]] == [True]
    assert len(said) <= 2


def test_a_path_that_is_nowhere_is_an_error(tmp_path: Path) -> None:
    """A misspelt path is not waited for."""
    assert run("watch", "nwes", cwd=tmp_path) == (2, "", "newsdex: no such file or folder: nwes. Check the path\n")


def test_a_busy_index_is_tried_again(news: Path, tmp_path: Path) -> None:
    """While somebody else writes, watch says so, once, and catches up."""
    (tmp_path / "index").mkdir()
    with watching("news", "--wait", "0.1", cwd=tmp_path) as watch:
        watch.holds(a="One.")
        with WriterLock(tmp_path / "index"):
            (news / "b.txt").write_text("Two.")
            time.sleep(6)
            assert set(watch.articles()) == {"a.txt"}
        watch.holds(a="One.", b="Two.")
        watch.until(lambda: watch.said.qsize() == 3)
        said = list(watch.said.queue)
    assert [bool(re.match(f"{TIME} {start}", line)) for line, start in zip(said, ("added 1, ", "newsdex: ", "added 1, "), strict=True)] == [
        True
    ] * 3, said


def test_files_that_vanish_while_they_are_read_do_no_harm(news: Path, tmp_path: Path) -> None:
    """Files come, change and go as fast as they can; at the end the index holds those that are there. So few that all may be pruned."""
    stop = threading.Event()

    def churn() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            path = news / f"x{number % 9:03}.txt"
            if path.exists():
                path.unlink()
            else:
                path.write_text(f"Report {number}. " * 500)
            if number % 20 == 0:
                shutil.rmtree(news / "sub", ignore_errors=True)
                (news / "sub").mkdir()
                (news / "sub" / "y.html").write_text(f"<p>{'Page. ' * 1000}</p>")
            time.sleep(0.002)

    with watching("news", "--prune", cwd=tmp_path) as watch:
        watch.holds(a="One.")
        thread = threading.Thread(target=churn)
        thread.start()
        time.sleep(5)
        stop.set()
        thread.join()
        there = {path.name for path in news.rglob("*.*") if path.is_file()}
        watch.until(lambda: set(watch.articles()) == there)
        watch.until(lambda: not read_skipped(watch.index))
        assert watch.leave() == 0


def test_a_signal_in_the_middle_of_a_run_leaves_the_version_before(news: Path, tmp_path: Path) -> None:
    """Nothing is committed by halves, and no parser is left."""
    with watching("news", cwd=tmp_path) as watch:
        watch.holds(a="One.")
        (news / "b.md").write_text("---\n" + "".join(f"key{number}: [a, b]\n" for number in range(300_000)) + "---\nText.\n")
        watch.until(lambda: bool(list(Path(f"/proc/{watch.process.pid}/task/{watch.process.pid}/children").read_text().split())))
        children = Path(f"/proc/{watch.process.pid}/task/{watch.process.pid}/children").read_text().split()
        assert watch.leave() == 0
        assert set(watch.articles()) == {"a.txt"}
        end = time.monotonic() + PATIENCE
        while any(os.path.exists(f"/proc/{child}") for child in children):  # noqa: PTH110
            assert time.monotonic() < end, children
            time.sleep(0.05)


def test_the_precision_of_an_index_is_kept_and_that_of_a_new_one_chosen(tmp_path: Path) -> None:
    """As by newsdex index: a watched index in 8-bit integers goes on so, and a new one can be made so."""
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "one.txt").write_text("The harbour was closed.", encoding="utf-8")
    for number, options in enumerate([Options(precision=INT8), None]):  # a new index, then the same one
        (tmp_path / "articles" / f"{number}.txt").write_text(f"Ferry {number} was late.", encoding="utf-8")
        outcomes = watch_paths([tmp_path / "articles"], tmp_path / "index", options)
        report = next(outcomes)
        assert isinstance(report, Report)
        assert report.added == 2 - number
        assert Snapshot.open(tmp_path / "index").manifest.model.precision == INT8
