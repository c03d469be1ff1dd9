"""Runs that are killed at a change of the file system: what was kept is whole, and the next run ends as if nothing had happened."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile_web import Web, article, conditional, feed, item, page, serving
from killing import ENVIRONMENT

from newsdex import Options, index_paths
from newsdex.fetching import add, pages_of

# Fetches, and is killed at the call of this number that changes files: before it, or when half of what it writes is written. Prints how
# many calls there were.
DRIVER = """
import sys
from killing import Killing
from newsdex.fetching import Settings, run
from newsdex.store import files

killing = files.os = Killing(int(sys.argv[2]))
run(sys.argv[1], Settings(rate=1000.0, allow_private=True))
print(killing.calls)
"""


@pytest.fixture
def web() -> Iterator[Web]:
    """A feed of two articles."""
    with serving() as server:
        server.answers["/rss"] = conditional(feed(item("/a"), item("/b")), '"f"')
        server.answers |= {path: page(article(f"Ferry {path}")) for path in ("/a", "/b")}
        yield server


def fetching(folder: Path, last: int) -> subprocess.CompletedProcess[str]:
    """A run that is killed at call ``last``; 0 for one that is not."""
    command = [sys.executable, "-c", DRIVER, folder, str(last)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=ENVIRONMENT)


def try_kill(web: Web, folder: Path, last: int) -> None:
    """Kill a run at call ``last``, let the next one end, and look at what is there."""
    add(folder, [web.url("/rss")])
    web.asked.clear()
    killed = fetching(folder, last)
    assert killed.returncode == -9, killed.stderr
    known = ["/" + each.url[-1] for each in pages_of(folder) if each.file]
    done = fetching(folder, 0)
    assert done.returncode == 0, done.stderr
    assert sorted((each.url[-1], each.status, bool(each.file)) for each in pages_of(folder)) == [("a", 200, True), ("b", 200, True)]
    assert all(web.count(path) <= 2 - (path in known) for path in ("/a", "/b", "/robots.txt"))
    report = index_paths([folder], folder.parent / f"index-{last}", Options("hash"))
    assert (report.added, report.skipped) == (2, 0), report.problems


def calls_of(web: Web, folder: Path) -> int:
    """How many calls a whole run makes."""
    add(folder, [web.url("/rss")])
    done = fetching(folder, 0)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_some_kills(web: Web, tmp_path: Path) -> None:
    """Every eleventh call."""
    for last in range(3, calls_of(web, tmp_path / "whole"), 11):
        try_kill(web, tmp_path / f"f{last}", last)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_kills_at_each_call(web: Web, tmp_path: Path) -> None:
    """Each one."""
    for last in range(1, calls_of(web, tmp_path / "whole") + 1):
        try_kill(web, tmp_path / f"f{last}", last)
