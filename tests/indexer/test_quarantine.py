"""What could not be indexed: told at the end of a run, in bounded length, and again whenever someone asks."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from command import run

from newsdex import Options, Problem, index_paths
from newsdex.indexer.report import problem_lines
from newsdex.indexer.upkeep.status import read_skipped, read_status

GOOD = "The river rose by three metres."


def reasons(folder: Path) -> dict[str, str]:
    return {problem.path.name: problem.reason for problem in read_skipped(folder)}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A folder of one good article and three files that are skipped, for reasons of their own, and one that is read with a remark."""
    news = tmp_path / "news"
    news.mkdir()
    (news / "good.txt").write_text(GOOD)
    (news / "empty.txt").write_text(" ")
    (news / "dated.md").write_text(f"---\ndate: soon\n---\n{GOOD}")
    os.mkfifo(news / "pipe.txt")
    (news / "link.txt").symlink_to("/etc/hostname")
    return news


def test_status_lists_what_the_last_run_skipped(archive: Path, tmp_path: Path) -> None:
    """All of it, also what was never opened; as text and as JSON, a line each."""
    code, out, err = run("index", "news", "--model", "hash", cwd=tmp_path)
    assert (code, "skipped 3 in" in out) == (0, True)
    code, listed, _ = run("status", "--skipped", cwd=tmp_path)
    assert (code, sorted(listed.splitlines())) == (0, sorted(err.splitlines()))
    code, out, err = run("status", "--skipped", "--json", cwd=tmp_path)
    records = {Path(record["path"]).name: record for record in map(json.loads, out.splitlines())}
    assert (code, err) == (0, "")
    assert {name: record["lost"] for name, record in records.items()} == {
        "dated.md": False,
        "empty.txt": True,
        "link.txt": True,
        "pipe.txt": True,
    }
    assert records["link.txt"] == {"path": f"{archive}/link.txt", "reason": f"a link that leaves {archive}", "lost": True}
    assert records["pipe.txt"]["reason"] == "not a regular file"


def test_strict_runs_fail_when_anything_was_skipped(archive: Path, tmp_path: Path) -> None:
    """Exit code 2, though what is good is indexed; a remark is no reason."""
    assert run("index", "news", "--model", "hash", "--strict", cwd=tmp_path)[0] == 2
    assert read_status(tmp_path / "index_data").articles == 2
    for name in ("empty.txt", "link.txt", "pipe.txt"):
        (archive / name).unlink()
    code, _, err = run("index", "news", "--strict", cwd=tmp_path)
    assert (code, "dated.md" in err) == (0, True)


def test_what_is_mended_is_not_listed_any_more(archive: Path, tmp_path: Path) -> None:
    """A pipe that is gone, or has become a file, is no problem; what was not looked at again stays one."""
    index, options = tmp_path / "index", Options(model="hash")
    index_paths([archive], index, options)
    assert set(reasons(index)) == {"dated.md", "empty.txt", "link.txt", "pipe.txt"}
    index_paths([archive / "good.txt"], index, options)
    assert set(reasons(index)) == {"dated.md", "empty.txt", "link.txt", "pipe.txt"}
    (archive / "pipe.txt").unlink()
    (archive / "link.txt").unlink()
    (archive / "link.txt").write_text(f"{GOOD} Again.")
    report = index_paths([archive], index, options)
    assert (report.added, set(reasons(index))) == (1, {"dated.md", "empty.txt"})


def test_what_is_passed_over_is_no_source_file(archive: Path, tmp_path: Path) -> None:
    """Status neither counts a pipe as a source nor finds it changed, and a second run commits nothing."""
    index, options = tmp_path / "index", Options(model="hash")
    (archive / "gone.txt").symlink_to("nothing")
    index_paths([archive], index, options)
    status = read_status(index)
    assert (status.source_files, status.changed, status.missing, status.problems) == (3, [], [], 5)
    for path in archive.glob("*.[tm]*"):
        if path.is_file() and not path.is_symlink():
            os.utime(path, (1_000_000_000, 1_000_000_000))
    index_paths([archive], index, options)
    commit = read_status(index).commit
    index_paths([archive], index, options)
    assert read_status(index).commit == commit


def test_article_stays_when_its_file_becomes_something_else(archive: Path, tmp_path: Path) -> None:
    """What cannot be read has not vanished, not even with --prune; it is updated once it can be read again."""
    index, options = tmp_path / "index", Options(model="hash", prune=True)
    index_paths([archive], index, options)
    (archive / "good.txt").unlink()
    os.mkfifo(archive / "good.txt")
    assert index_paths([archive], index, options).removed == 0
    (archive / "good.txt").unlink()
    (archive / "good.txt").write_text("The river fell.")
    assert index_paths([archive], index, options).updated == 1


def test_few_problems_are_told_one_by_one() -> None:
    """In their order, each with its file."""
    problems = [Problem(Path("/news", name), "no text") for name in ("b.txt", "a.txt")]
    assert list(problem_lines(problems)) == ["/news/b.txt: no text", "/news/a.txt: no text"]


def test_many_problems_are_told_by_kind() -> None:
    """The most frequent first, with examples; what differs only in a number, a name or a place is one kind; never more lines than can be
    read.
    """
    problems = [Problem(Path(f"/news/{number}.txt"), "no text") for number in range(70)]
    problems += [
        Problem(Path("/news/x.jsonl"), f"line {number}: duplicate id '{number}', already in /news/{number}.txt") for number in range(500)
    ]
    hint = "no articles; say which one has it: --columns text=NAME, with a name of"
    problems += [Problem(Path(f"/news/{names}.json"), f"{hint}: {names}") for names in ("a, b", "c")]
    problems += [Problem(Path("/news/y.pdf"), "encrypted")]
    assert list(problem_lines(problems)) == [
        "500 times: line 0: duplicate id '0', already in /news/0.txt: /news/x.jsonl",
        "70 times: no text: /news/0.txt, /news/1.txt, /news/2.txt and 67 more files",
        f"2 times: {hint}: a, b: /news/a, b.json, /news/c.json",
        "1 time: encrypted: /news/y.pdf",
    ]
    problems = [Problem(Path("/a"), "x" * number) for number in range(1, 300)]
    lines = list(problem_lines(problems))
    assert (len(lines), lines[-1]) == (21, "279 times: other reasons")


def test_a_run_with_many_problems_says_where_they_are_listed(tmp_path: Path) -> None:
    """The report is short, the list complete."""
    (tmp_path / "news").mkdir()
    (tmp_path / "news/good.txt").write_text(GOOD)
    for number in range(100):
        (tmp_path / f"news/{number:03}.txt").write_text("")
    _, out, err = run("index", "news", "--model", "hash", cwd=tmp_path)
    assert "skipped 100 in" in out
    assert len(err.splitlines()) == 2
    assert err.endswith("Each one: newsdex status --skipped\n")
    assert len(run("status", "--skipped", cwd=tmp_path)[1].splitlines()) == 100
