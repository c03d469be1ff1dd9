"""One writer at a time, told apart by a lock that dies with its holder; readers take none."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from indexes import put

from newsdex import Chunking, Index, IndexBusy, IndexUnwritable, Options, Report, index_paths
from newsdex.engines.hashing import HashEncoder
from newsdex.store.files import WriterLock, lock_holder
from newsdex.store.writer import Writer

HOLD = """
import sys, time
from pathlib import Path
from newsdex.store.files import WriterLock
with WriterLock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A folder with one article in ``articles`` and an index of it in ``index_data``."""
    put(tmp_path / "articles" / "one.txt", "One\n\nThe first article.\n")
    index_paths([tmp_path / "articles"], tmp_path / "index_data", Options(model="hash"))
    return tmp_path


@contextmanager
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock, until it is killed or this ends."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    with process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def ids(folder: Path) -> set[str]:
    """The articles that a reader finds."""
    with Index.open(folder) as index:
        return {hit.article.id for hit in index.search("article", limit=100)}


def test_a_second_writer_waits_and_then_works(archive: Path) -> None:
    """A run that finds a writer says so once, waits until it has left, and then adds to what that has committed."""
    folder, second = archive / "index_data", put(archive / "second" / "two.txt", "Two\n\nThe second article.\n")
    told: list[str] = []
    waiting = threading.Event()
    reports: list[Report] = []

    def on_wait(words: str) -> None:
        told.append(words)
        waiting.set()

    def run() -> None:
        reports.append(index_paths([second], folder, Options(model="hash", on_wait=on_wait)))

    thread = threading.Thread(target=run)
    with Writer(folder, HashEncoder.card, Chunking()) as writer:
        thread.start()
        assert waiting.wait(10)
        time.sleep(0.3)
        assert thread.is_alive()
        assert writer.delete("articles/one.txt")
        writer.commit([])
    thread.join(10)
    assert [report.added for report in reports] == [1]
    assert len(told) == 1
    assert told[0].startswith(f"process {os.getpid()} on {socket.gethostname()} since 20")
    assert ids(folder) == {"second/two.txt"}


@pytest.mark.parametrize("wait", [pytest.param(0.0, id="not at all"), pytest.param(0.3, id="a moment")])
def test_who_does_not_wait_is_told_who_writes(archive: Path, wait: float) -> None:
    """When the time is up, IndexBusy names the folder, the process that writes, and what to do; nothing has changed."""
    folder = archive / "index_data"
    put(archive / "articles" / "two.txt", "Two\n\nThe second article.\n")
    with holder(folder) as process:
        began = time.monotonic()
        with pytest.raises(IndexBusy, match=r"--wait SECONDS") as caught:
            index_paths([archive / "articles"], folder, Options(model="hash", wait_seconds=wait))
        assert wait <= time.monotonic() - began < wait + 30  # the other holds it for 60 seconds
    assert f"{folder} is being written to by process {process.pid} on {socket.gethostname()} since 20" in str(caught.value)
    assert ids(folder) == {"articles/one.txt"}


def test_a_wait_can_be_long_enough(archive: Path) -> None:
    """A lock that is given up within the time is taken."""
    folder = archive / "index_data"
    lock = WriterLock(folder)
    timer = threading.Timer(0.2, lock.release)
    timer.start()
    with WriterLock(folder, wait_seconds=10):
        timer.join()
        with pytest.raises(IndexBusy):
            WriterLock(folder, wait_seconds=0)


def test_the_lock_dies_with_its_holder(archive: Path) -> None:
    """After kill -9 of the holder nobody has to clean up: the next writer works at once, with the LOCK file still there."""
    folder = archive / "index_data"
    put(archive / "articles" / "two.txt", "Two\n\nThe second article.\n")
    with holder(folder) as process:
        with pytest.raises(IndexBusy):
            WriterLock(folder, wait_seconds=0)
        process.send_signal(signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL
        assert json.loads((folder / "LOCK").read_text())["pid"] == process.pid
        assert index_paths([archive / "articles"], folder, Options(model="hash", wait_seconds=0)).added == 1
    assert json.loads((folder / "LOCK").read_text())["pid"] == os.getpid()
    assert ids(folder) == {"articles/one.txt", "articles/two.txt"}


def test_readers_never_wait(archive: Path) -> None:
    """While another process holds the lock, an index is opened and asked, even when its folder is read-only."""
    folder = archive / "index_data"
    with holder(folder):
        open_before = Index.open(folder)
        assert ids(folder) == {"articles/one.txt"}
        folder.chmod(0o555)
        try:
            assert ids(folder) == {"articles/one.txt"}
            assert [hit.article.id for hit in open_before.search("article")] == ["articles/one.txt"]
        finally:
            folder.chmod(0o755)


def test_readers_do_not_touch_the_lock(archive: Path) -> None:
    """An index without LOCK, as a copy may be, is read, and none is made."""
    (archive / "index_data" / "LOCK").unlink()
    assert ids(archive / "index_data") == {"articles/one.txt"}
    assert not (archive / "index_data" / "LOCK").exists()


def test_the_lock_is_free_after_an_error(archive: Path) -> None:
    """A writer that fails, or is refused, leaves the lock for the next one."""
    folder = archive / "index_data"
    pointer = (folder / "CURRENT").read_bytes()
    (folder / "CURRENT").write_bytes(b"damaged")
    with pytest.raises(Exception, match="damaged"):
        Writer(folder, HashEncoder.card, Chunking())
    (folder / "CURRENT").write_bytes(pointer)
    with pytest.raises(Exception, match="Leave the passage settings out"):
        Writer(folder, HashEncoder.card, Chunking(overlap=3))
    with pytest.raises(RuntimeError), Writer(folder, HashEncoder.card, Chunking()):
        raise RuntimeError
    with WriterLock(folder, wait_seconds=0):
        pass


def test_a_file_system_without_locks(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where locks cannot be had, the run is refused as IndexUnwritable and not with a bare OSError."""

    def flock(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(IndexUnwritable, match=r"LOCK: No locks available"):
        index_paths([archive / "articles"], archive / "index_data", Options(model="hash"))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="gone"),
        pytest.param(b"", id="empty"),
        pytest.param(b'{"pid": 1', id="torn"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"\xff\xff", id="not UTF-8"),
        pytest.param(b"{}", id="without names"),
    ],
)
def test_who_holds_the_lock_is_not_always_known(tmp_path: Path, content: bytes | None) -> None:
    """Whatever the LOCK file holds, the message can be made, and the lock be taken."""
    if content is not None:
        (tmp_path / "LOCK").write_bytes(content)
    assert lock_holder(tmp_path) == "another process"
    with WriterLock(tmp_path, wait_seconds=0):
        assert lock_holder(tmp_path).startswith(f"process {os.getpid()} on ")


def test_a_shorter_name_does_not_keep_the_end_of_a_longer_one(tmp_path: Path) -> None:
    """The name of the holder replaces the one before it whole."""
    (tmp_path / "LOCK").write_text(json.dumps({"pid": 1, "host": "h" * 500, "since": "then"}))
    with WriterLock(tmp_path):
        assert set(json.loads((tmp_path / "LOCK").read_text())) == {"pid", "host", "since"}
        assert str(os.getpid()) in lock_holder(tmp_path)


def test_what_another_writer_added_meanwhile_is_not_pruned(archive: Path) -> None:
    """A run with --prune that waited for another writer keeps what that has added from files that came during the wait."""
    folder = archive / "index_data"
    other = ExitStack()
    other.enter_context(Writer(folder, HashEncoder.card, Chunking()))

    def on_wait(_: str) -> None:
        put(archive / "articles" / "two.txt", "Two\n\nThe second article.\n")
        other.close()
        assert index_paths([archive / "articles"], folder, Options(model="hash")).added == 1

    report = index_paths([archive / "articles"], folder, Options(model="hash", prune=True, on_wait=on_wait))
    assert report.removed == 0
    assert ids(folder) == {"articles/one.txt", "articles/two.txt"}


def test_locks_are_those_of_the_system(archive: Path) -> None:
    """The lock is flock(2) on the file LOCK, so that flock(1) in a script can hold it too."""
    with (archive / "index_data" / "LOCK").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(IndexBusy):
            WriterLock(archive / "index_data", wait_seconds=0)
