"""What a run says of files in which much cannot be read."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from newsdex import Options, index_paths
from newsdex.indexer.report import problem_lines
from newsdex.indexer.upkeep.status import read_status

BAD = 1_234
LINES = '{"text": "The bridge was closed."}\n' + "{broken\n" * BAD


def _as_it_is(folder: Path) -> None:
    (folder / "a.jsonl").write_text(LINES)


def _gzipped(folder: Path) -> None:
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(LINES.encode()))


def _archive(folder: Path) -> None:
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        for number in range(3):
            archive.writestr(f"{number}.jsonl", LINES)


@pytest.mark.parametrize(("write", "bad"), [(_as_it_is, BAD), (_gzipped, BAD), (_archive, 3 * BAD)])
def test_each_record_that_cannot_be_read_counts(write: Callable[[Path], None], bad: int, tmp_path: Path) -> None:
    """However many there are, and however they are packed; few of them are told one by one."""
    (tmp_path / "in").mkdir()
    write(tmp_path / "in")
    report = index_paths([tmp_path / "in"], tmp_path / "index", Options("hash"))

    assert report.skipped == bad
    assert read_status(tmp_path / "index").problems == bad
    assert len(report.problems) < 200
    assert len(list(problem_lines(report.problems))) < 20


def test_each_remark_counts(tmp_path: Path) -> None:
    """As of dates that are not understood."""
    (tmp_path / "a.jsonl").write_text('{"text": "The bridge was closed.", "date": "soon"}\n' * BAD)
    report = index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options("hash"))

    assert report.skipped == 0
    assert sum(problem.count for problem in report.problems) == BAD
