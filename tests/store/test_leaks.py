"""Hundreds of runs cost no more room, memory or open files than the first ones, and what is killed at any moment leaves nothing behind."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from indexes import LONG_AGO, put

from newsdex import Article, Index, Options, index_paths
from newsdex.indexer.upkeep.verify import verify
from newsdex.store.snapshot import Snapshot

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

QUESTION = "How high did the river rise?"
ARTICLES = 40
RUNS = 200
KILLS = 60
MEGABYTE = 1 << 20
OPTIONS = Options(model="hash", prune=True)

# Says that it is ready, and brings the index up to date.
DRIVER = """
import sys
from pathlib import Path

from newsdex import Options, index_paths
import faiss

print("ready", flush=True)
index_paths([Path(sys.argv[1])], Path(sys.argv[2]), Options(model="hash", prune=True))
"""


@dataclass(frozen=True)
class Use:
    """What an index and this process take up after a run."""

    files: int
    size: int
    descriptors: int
    maps: int
    resident: int


def use_of(folder: Path) -> Use:
    """Measured now."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.parent.name != "log"]  # which is bounded otherwise
    maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return Use(
        files=len(files),
        size=sum(path.stat().st_size for path in files),
        descriptors=len(os.listdir("/proc/self/fd")),  # noqa: PTH208 - a Path of each name is not needed
        maps=sum(str(folder) in line for line in maps),
        resident=pages * os.sysconf("SC_PAGE_SIZE"),
    )


def edit(articles: Path, edition: int) -> None:
    """Two articles come, two change, and two go when there are many."""
    articles.mkdir(exist_ok=True)
    for number, text in [(2 * edition, "new"), (2 * edition + 1, "new"), (2 * edition - 8, "changed"), (2 * edition - 15, "changed")]:
        if number >= 0:
            put(
                articles / f"{number:04}.md",
                f"# Report {number}\n\n" + f"The river rose by {number} metres, {text} in {edition}.\n\n" * 20,
                LONG_AGO + edition,
            )
    for path in sorted(articles.iterdir())[:-ARTICLES]:
        path.unlink()


def content(folder: Path) -> dict[str, tuple[Article, list[list[float]]]]:
    """All that an index holds, by the articles' ids."""
    snapshot = Snapshot.open(folder)
    entries = [snapshot.segments[number].entry(row) for number, row in snapshot.articles()]
    assert len({entry.article.id for entry in entries}) == len(entries)
    return {entry.article.id: (entry.article, np.asarray(entry.vectors).tolist()) for entry in entries}


def test_many_runs_take_no_more_room_than_few(tmp_path: Path) -> None:
    """After 200 runs that add, change and prune, with a reader that asks after each, the index has no more files and bytes than after
    100, the process no more open files and maps of the index, and 30 MB of memory more at most.
    """
    articles, folder = tmp_path / "articles", tmp_path / "index_data"
    edit(articles, 0)
    index_paths([articles], folder, OPTIONS)
    uses = []
    with Index.open(folder) as index:
        for edition in range(1, RUNS + 1):
            edit(articles, edition)
            assert index_paths([articles], folder, OPTIONS).added == 2
            hits = index.search(QUESTION, limit=20)
            assert index.problem is None
            assert max(int(hit.article.path.stem) for hit in index.search(QUESTION, limit=10_000)) == 2 * edition + 1
            assert hits
            uses.append(use_of(folder))
    early, late = uses[50:100], uses[-50:]
    assert max(use.files for use in late) <= max(use.files for use in early)
    assert max(use.size for use in late) <= 1.1 * max(use.size for use in early)
    assert max(use.descriptors for use in late) <= max(use.descriptors for use in early)
    assert 0 < max(use.maps for use in late) <= max(use.maps for use in early)
    assert max(use.resident for use in late) - max(use.resident for use in early) < 30 * MEGABYTE


def test_many_killed_runs_leave_nothing_behind(tmp_path: Path) -> None:
    """After 60 runs that were killed at any moment, one run makes what a fresh build does,
    and the folder is hardly larger.
    """
    articles, folder, fresh = tmp_path / "articles", tmp_path / "index_data", tmp_path / "fresh"
    chance, killed, whole_run = random.Random(1), 0, 0.0
    for edition in range(KILLS + 5):
        edit(articles, edition)
        with subprocess.Popen(
            [sys.executable, "-c", DRIVER, str(articles), str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout
            assert process.stderr
            assert process.stdout.readline() == "ready\n"
            if edition < 5:  # how long does it take?
                began = time.monotonic()
                assert process.wait(60) == 0, process.stderr.read()
                whole_run = max(whole_run, time.monotonic() - began)
                continue
            time.sleep(chance.uniform(0, whole_run))
            process.kill()
            killed += process.wait(60) != 0
        assert index_is_whole(folder)
    assert killed > KILLS / 4
    index_paths([articles], folder, OPTIONS)
    index_paths([articles], fresh, OPTIONS)
    assert content(folder) == content(fresh)
    assert list(verify(folder, deep=True)) == []
    with Index.open(folder) as index, Index.open(fresh) as other:
        assert index.search(QUESTION, limit=100) == other.search(QUESTION, limit=100)
    assert use_of(folder).size <= 1.5 * use_of(fresh).size + 64 * 1024


def index_is_whole(folder: Path) -> bool:
    """Whether a reader can read all of it."""
    return 0 < len(content(folder)) <= ARTICLES
