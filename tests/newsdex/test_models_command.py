"""The command ``newsdex models``."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from paths import ROOT

from newsdex.cli import main


def rows(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, dict[str, Any]]:
    assert main(["models", "--json", *options]) == 0
    return {row["name"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}


def test_the_table_is_that_of_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    """docs/MODELS.md has the same models, in the same order, with the same size, window and licence."""
    lines = (ROOT / "docs" / "MODELS.md").read_text(encoding="utf-8").splitlines()
    shown = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| [\w./-]+ \| \d+ M \|", line)]
    assert [(name, int(size[:-2]), languages, int(window), licence) for name, size, languages, window, licence, *_ in shown] == [
        (row["name"], row["size"], row["languages"], row["window"], row["licence"]) for row in rows(capsys).values()
    ]


def test_what_is_here_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The packaged models; of the hub's folder a known name, another model that cannot be opened, with the reason, and nothing else."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    for name in ("models--BAAI--bge-small-en-v1.5", "models--somebody--broken", "models--somebody--no-text-model", "datasets--x--y"):
        (tmp_path / name / "snapshots" / "0" / "x").mkdir(parents=True)
    (tmp_path / "models--somebody--broken" / "snapshots" / "0" / "modules.json").write_text("[]")
    found = rows(capsys)
    assert [name for name, row in found.items() if row["here"]] == [
        "all-MiniLM-L6-v2",
        "multilingual-e5-small",
        "BAAI/bge-small-en-v1.5",
        "somebody/broken",
    ]
    assert found["somebody/broken"]["why"]
    assert main(["models"]) == 0
    out, err = capsys.readouterr()
    assert "newsdex rebuild --model NAME" in out
    assert err.startswith("newsdex: somebody/broken: ")


def test_speed_is_measured_here(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the models that are here, and of no others."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    measured = {name: row for name, row in rows(capsys, "--measure").items() if "question_ms" in row}
    assert set(measured) == {"all-MiniLM-L6-v2", "multilingual-e5-small"}
    assert all(0 < row[kind] < 60_000 for row in measured.values() for kind in ("question_ms", "passage_ms"))


def test_waiting_threads_are_not_measured() -> None:
    """CPU time of a question counts every thread: one, as in a search, which is set before numpy starts its own."""
    program = (
        "import sys, newsdex.commands.setup as setup; from newsdex.cli import main; set_it = setup.use_one_thread;"
        "setup.use_one_thread = lambda: (set_it(), print('numpy' in sys.modules));"
        "setup._measure = lambda record: None; main(['models', '--measure', '--json'])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout.splitlines()[0]) == (0, "False"), told.stderr
