"""A folder of files that were made to do harm: the index is made in bounded time and memory, and every readable text is found."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from paths import SHARED

from newsdex import Index
from newsdex.indexer.upkeep.status import read_skipped
from newsdex.indexer.upkeep.verify import verify
from newsdex.store.snapshot import Snapshot

MAKER = SHARED / "reliability" / "hostile_docs.py"
# What may not be taken, in seconds and bytes: four files meet the limit of 20 s, and other processes may share the processors.
LONGEST = 400
MOST_MEMORY = 1_500 << 20

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not MAKER.exists(), reason="the maker of hostile files is not there"),
]


def test_a_hostile_folder_costs_bounded_time_and_memory(tmp_path: Path) -> None:
    """Every marker is found, nothing of what is outside of the folder, each file that is skipped is named, and there is no traceback."""
    folder = tmp_path / "hostile"
    subprocess.run([sys.executable, MAKER, folder, "--bombs", "--specials"], check=True, capture_output=True)
    manifest = json.loads((tmp_path / "hostile.manifest.json").read_text())
    command = [sys.executable, "-m", "newsdex", "index", str(folder), "--model", "hash", "--index-dir", str(tmp_path / "index")]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr
        told = process.stderr.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert time.monotonic() - began < LONGEST
    assert usage.ru_maxrss * 1024 < MOST_MEMORY
    assert process.returncode == 0
    assert "Traceback" not in told
    assert "\x1b" not in told

    snapshot = Snapshot.open(tmp_path / "index")
    held = " ".join(snapshot.segments[number].article(row).text for number, row in snapshot.articles())
    assert "root:" not in held
    wanted = {item["marker"] for item in manifest.values()} - {None}
    assert wanted <= set(re.findall(r"MARKER-\d+", held))
    with Index.open(tmp_path / "index") as index:
        lost = [marker for marker in wanted if not any(marker in hit.passage.text for hit in index.search(marker, limit=50))]
    assert lost == []
    specials = {f"s{number}" for number in (0, 1, 2, 3, 4, 5)}
    assert specials <= {problem.path.name[:2] for problem in read_skipped(tmp_path / "index")}
    assert not [finding for finding in verify(tmp_path / "index", sources=False) if finding.kind == "damage"]
