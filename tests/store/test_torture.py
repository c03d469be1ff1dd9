"""Real processes, killed at each of their calls that change files: nothing is lost, nothing is torn, nothing is left over.

What test_store_crash.py proves with an exception for a crash, these tests prove with SIGKILL.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from killing import ENVIRONMENT
from logged import assert_logged, without_log

from newsdex import Article, Chunking, Hit, Index, IndexMissing, Options, index_paths
from newsdex.indexer.upkeep.rebuild import rebuild
from newsdex.indexer.upkeep.verify import verify
from newsdex.store.snapshot import Snapshot

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

QUESTIONS = ["The river rose after the rain.", "drivers on strike", "late harvest"]
LONG_AGO = 1_000_000_000

# Does an index run or a rebuild, and kills itself at call N: before it, or when half of what it writes is written.
DRIVER = """
import sys
from pathlib import Path

from killing import Killing

from newsdex import Chunking, Options, index_paths
from newsdex.indexer.upkeep.rebuild import rebuild
from newsdex.store import files

last, kind, articles, folder = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])
killing = files.os = Killing(last)
for name in ("mkdir", "rmdir"):
    setattr(Path, name, killing.counted(getattr(Path, name)))

if kind == "rebuild":
    rebuild(folder, Options(chunking=Chunking(title=False)))
else:
    index_paths([articles], folder, Options(model="hash", prune=True))
print(killing.calls)
"""


@dataclass(frozen=True)
class State:
    """All that a reader can learn of an index."""

    answers: list[list[Hit]]
    articles: list[tuple[Article, bytes, bytes]]


def state(folder: Path) -> State | None:
    """The state of the index, read anew; None when there is none."""
    try:
        with Index.open(folder) as index:
            answers = [list(index.search(question, limit=100)) for question in QUESTIONS]
    except IndexMissing:
        return None
    snapshot = Snapshot.open(folder)
    entries = [snapshot.segments[number].entry(row) for number, row in snapshot.articles()]
    return State(answers, sorted(((e.article, e.keys.tobytes(), e.vectors.tobytes()) for e in entries), key=lambda e: e[0].id))


@dataclass(frozen=True)
class Scenario:
    """Articles in ``base/articles``, and a run that brings the index in ``base/store/index_data`` from ``before`` to ``after``.

    ``base/original`` is what ``base/store`` holds before the run.
    """

    base: Path
    kind: str
    before: State | None
    after: State

    @property
    def folder(self) -> Path:
        """The index."""
        return self.base / "store" / "index_data"

    def kill_at(self, call: int) -> bool:
        """Begin from the original; a process runs until ``call``. Whether there was such a call."""
        shutil.rmtree(self.base / "store")
        shutil.copytree(self.base / "original", self.base / "store")
        command = [sys.executable, "-c", DRIVER, str(call), self.kind, str(self.base / "articles"), str(self.folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=ENVIRONMENT)
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        assert done.returncode or int(done.stdout) == call - 1
        return done.returncode != 0

    def run_again(self) -> None:
        """The same run, with nobody to kill it."""
        if self.kind == "rebuild":
            rebuild(self.folder, Options(chunking=Chunking(title=False), wait_seconds=0))
        else:
            index_paths([self.base / "articles"], self.folder, Options(model="hash", prune=True, wait_seconds=0))


def put(path: Path, text: str, seconds: int = LONG_AGO) -> None:
    """A source file that was last changed at this time."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, (seconds, seconds))


def put_articles(articles: Path, commit: int, count: int) -> None:
    """So many articles more."""
    articles.mkdir(exist_ok=True)
    for article in range(count):
        text = f"---\ntitle: Report {commit}\n---\nThe river rose by {commit}{article} metres after the rain. Two roads are closed.\n"
        put(articles / f"{commit}-{article}.md", text)


@pytest.fixture(params=["first build", "update", "rebuild"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Scenario:
    """Each kind of run."""
    kind: str = request.param
    articles, folder = tmp_path / "articles", tmp_path / "store" / "index_data"
    (tmp_path / "store").mkdir()
    options = Options(model="hash", prune=True)
    for commit in range(0 if kind == "first build" else 3):
        put_articles(articles, commit, 4)
        index_paths([articles], folder, options)
    before = state(folder)
    if kind == "update":
        put(articles / "0-1.md", "# Harvest\n\nA late harvest after the rain.\n", LONG_AGO + 1)
        (articles / "0-2.md").unlink()
    if kind != "rebuild":
        put_articles(articles, 9, 2)
    (tmp_path / "store").rename(tmp_path / "original")
    (tmp_path / "store").mkdir()
    chunking = Chunking(title=False) if kind == "rebuild" else None
    index_paths([articles], tmp_path / "fresh" / "index_data", Options(model="hash", chunking=chunking))
    after = state(tmp_path / "fresh" / "index_data")
    assert after
    assert after != before
    return Scenario(tmp_path, kind, before, after)


def needed(folder: Path, pointer: str) -> Iterator[str]:
    """The files of a commit, of the one before it, and of the one that it replaced."""
    if (folder / pointer).exists():
        commit = json.loads((folder / pointer).read_text(encoding="utf-8"))
        records = [*(each["file"] for each in commit["source_lists"]), *(segment["deleted"] for segment in commit["segments"])]
        records += [record for segment in commit["segments"] for record in segment["files"].values()]
        yield from (pointer, *(f"{commit['generation']}/{record['name']}" for record in records if record))
        for other in filter(None, (commit["previous"], commit["replaced"])):
            yield from needed(folder, other)


def leftovers(folder: Path) -> set[str]:
    """The files that no version needs, but for the journal of a run that was killed when all of it was published."""
    pointer = (folder / "CURRENT").read_text(encoding="utf-8").strip()
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and not path.name.startswith("journal-")}
    return there - {"CURRENT", "CURRENT.new", "LOCK", *needed(folder, pointer)}


def test_a_process_is_killed_at_every_call(case: Scenario) -> None:
    """Whichever call that changes files is the last of a process, readers see the version before or the one after, never again the one
    before when the one after has been seen, and the next run makes what a fresh build does, whole and without leftovers.
    """
    published = False
    for call in itertools.count(1):
        killed = case.kill_at(call)
        seen = state(case.folder)
        assert seen in ((case.before, case.after) if killed else (case.after,)), call
        assert seen == case.after or not published, call
        published = published or seen == case.after
        case.run_again()
        assert state(case.folder) == case.after, call
        assert list(verify(case.folder, deep=True)) == [], call
        assert_logged(case.folder)
        needless = without_log(leftovers(case.folder))
        if case.kind == "rebuild":  # a generation that was whole but not published, or replaced at once, goes at the next rebuild
            needless = {name for name in needless if not name.startswith("g000002/")}
        assert needless == set(), call
        if not killed:
            break
    assert published
    assert call > 20
