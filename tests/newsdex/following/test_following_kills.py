"""Real processes, killed while they index and tell: nothing is told twice, and nothing is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from killing import ENVIRONMENT

# Forks processes that index and tell, each killed at a call that changes files: before it, or when half of what it writes is written. After
# some kills one is left alone. The file of lines, the feed and the command must have had each article once then; the command may have had
# one again with whom the process was killed before it could keep that. Prints how many were killed.
DRIVER = """
import json
import os
import random
import shutil
import signal
import sys
from pathlib import Path

import feedparser
from killing import Killing

from newsdex import Options, index_paths
from newsdex.following import follow, tell
from newsdex.store import files
from newsdex.store.following import read_state

base, wanted, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
work, original = base / "work", base / "original"
lines, feed, mail = work / "news.jsonl", work / "news.atom", work / "mail"


def update():
    index_paths([work / "articles"], work / "index_data", Options(model="hash", prune=True))
    problems = tell(work / "index_data")
    assert not problems, problems


def in_a_process(call):
    # How it ended, and how many calls it made, if it came to the end
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            killing = files.os = Killing(call)
            update()
            os.write(write, str(killing.calls).encode())
        except BaseException as error:
            os.write(2, repr(error).encode())
            os._exit(9)
        os._exit(0)
    os.close(write)
    made = os.read(read, 100)
    os.close(read)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL), status
    return status == signal.SIGKILL, int(made or 0)


def put(name, text):
    path = work / "articles" / f"{name}.md"
    path.write_text(f"# {name}\\n\\n{text}\\n", encoding="utf-8")


def check(where):
    told = [json.loads(line)["title"] for line in lines.read_text(encoding="utf-8").splitlines()]
    assert sorted(told) == ["again", "again", "before", "new", "second"], (where, told)
    entries = [entry.title for entry in feedparser.parse(feed.read_bytes()).entries]
    assert sorted(entries) == ["Update: again", "again", "before", "new", "second"], (where, entries)
    mailed = mail.read_text(encoding="utf-8").splitlines()
    heard = {line for line in mailed if line.startswith("mailed: ")}
    assert heard == {"mailed: new: before", "mailed: new: again", "mailed: update: again", "mailed: new: new", "mailed: new: second"}, heard
    assert not any(notice.waits for notice in read_state(work / "index_data").notices)
    there = {path.name.partition("-")[0] for path in (work / "index_data" / "following").iterdir()}
    assert there == {"state", "seen", "LOCK"}, there
    assert len([*(work / "index_data" / "following").iterdir()]) == 3


(work / "articles").mkdir(parents=True)
put("old", "A ferry strike of old.")
index_paths([work / "articles"], work / "index_data", Options(model="hash"))
program = [sys.executable, "-S", "-c", "import sys; open(sys.argv[1], 'a').write(sys.stdin.read())", str(mail)]
follow(work / "index_data", "ferry strike", name="lines", mode="lexical", min_score=0.1, jsonl=lines, feed=feed)
follow(work / "index_data", "ferry strike", name="mailed", mode="lexical", min_score=0.1, command=program)
put("before", "This ferry strike was told of before.")
put("again", "That ferry strike goes on.")
update()
put("again", "That ferry strike goes on and on.")
put("new", "The ferry strike begins.")
put("second", "One more ferry strike begins.")
shutil.copytree(work, original)

chance = random.Random(seed)
shutil.rmtree(work)
shutil.copytree(original, work)
_, total = in_a_process(0)
check("nobody was killed")
kills, trial = 0, 0
step = max(1, total // wanted)
while kills < wanted:
    shutil.rmtree(work)
    shutil.copytree(original, work)
    first = 1 + trial * step if trial * step < total else chance.randint(1, total)
    where = [first]
    died, _ = in_a_process(first)
    kills += died
    while died and kills < wanted and chance.random() < 0.4:
        where.append(chance.randint(1, total))
        died, _ = in_a_process(where[-1])
        kills += died
    if died:
        in_a_process(0)
    check(where)
    trial += 1
print(json.dumps({"kills": kills, "calls": total, "trials": trial}))
"""


def killed(base: Path, wanted: int, seed: int) -> dict[str, int]:
    """What the driver did."""
    command = [sys.executable, "-W", "ignore", "-c", DRIVER, str(base), str(wanted), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr[-3000:]
    result: dict[str, int] = json.loads(done.stdout)
    return result


@pytest.mark.timeout(300)
def test_a_killed_run_tells_nothing_twice(tmp_path: Path) -> None:
    """Over all of a run: before the commit, between the commit and the notices, while they are delivered."""
    result = killed(tmp_path, 24, 1)
    assert result["kills"] >= 24
    assert result["calls"] > 50


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_five_hundred_kills(tmp_path: Path) -> None:
    """At each call, and several in a row."""
    assert killed(tmp_path, 500, 2)["kills"] >= 500
