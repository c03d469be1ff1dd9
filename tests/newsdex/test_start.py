"""What helps somebody at a shell to begin: the bare command, a mistyped one, completion."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import command
import pytest
from command import Ran
from indexes import index_of

# What a shell finds by these names.
PROGRAMS = {
    "newsdex": "from newsdex.cli import run_main; run_main()",
    "search": "from newsdex.cli import run_search; run_search()",
}


def run(*arguments: str, index: Path | str = "index_data", cwd: Path) -> Ran:
    """Run newsdex with an index."""
    return command.run(*arguments, cwd=cwd, NEWSDEX_INDEX_DIR=str(index))


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with the two programs, as an installation has them."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, code in PROGRAMS.items():
        (folder / name).write_text(f"#!{sys.executable}\n{code}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder


def test_newsdex_alone_says_how_to_begin(tmp_path: Path) -> None:
    """Without an index it names the command that makes one, in five lines, and that is no error."""
    done = run(cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("There is no index in index_data yet.")
    assert len(done.out.splitlines()) == 5
    assert "newsdex index PATH" in done.out


def test_newsdex_alone_says_what_there_is(tmp_path: Path, demo_index: Path, sample_size: int) -> None:
    """With an index it says how much it holds, and how to search it."""
    done = run(index=demo_index, cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert f"has {sample_size} articles in " in done.out.splitlines()[0]
    assert "newsdex serve" in done.out


def test_newsdex_alone_tells_of_an_index_that_cannot_be_read(tmp_path: Path) -> None:
    """An unreadable index is an error with its cure, not an index that is missing."""
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "CURRENT").write_text("nonsense", encoding="utf-8")
    done = run(index="index", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("newsdex: ")
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        pytest.param("serch", "No such command 'serch'. Did you mean search", id="near"),
        pytest.param("timeline", "No such command 'timeline'. Did you mean thread?", id="as other tools call it"),
        pytest.param("qqqq", "No such command 'qqqq'. All commands: newsdex --help", id="far"),
    ],
)
def test_a_mistyped_command_names_the_nearest(typed: str, told: str, tmp_path: Path) -> None:
    """One that there is not is an error that says what to type."""
    done = run(typed, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert told in done.err


def completions(line: str, programs: Path) -> list[str]:
    """What bash offers at the end of ``line``, with the script that newsdex prints for it."""
    words = line.split(" ")
    script = f"""
        eval "$(newsdex completion bash)"
        compopt() {{ COMPREPLY+=("$@"); }}
        COMP_WORDS=({" ".join(words[:-1])} "{words[-1]}"); COMP_CWORD={len(words) - 1}
        _{words[0]}_completion {words[0]} "{words[-1]}" "{words[-2]}"
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.split()


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("newsdex re", ["rebuild"], id="a command"),
        pytest.param("newsdex index --pru", ["--prune", "--prune-all"], id="an option"),
        pytest.param("newsdex rebuild --precision ", ["full", "int8"], id="the choices of an option"),
        pytest.param("newsdex index ", ["-o", "default"], id="file names, which bash completes"),
        pytest.param("search ferry --sin", ["--since"], id="an option of search, after words"),
        pytest.param("search ferry --sort ", ["relevance", "date", "oldest"], id="choices of search"),
    ],
)
def test_bash_completes(line: str, expected: list[str], programs: Path) -> None:
    """Real bash with the printed script offers commands, options, choices and files."""
    assert completions(line, programs) == expected


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("search ferry --source ", "Harbour\\ Courier Bay", id="every source, the commonest first, as bash reads it"),
        pytest.param("search --source HARB", "Harbour\\ Courier", id="whatever the case"),
        pytest.param("search --lang d", "de", id="a language"),
        pytest.param("newsdex list --lang x", "", id="none"),
        pytest.param("newsdex delete --source B", "Bay", id="of another command"),
        pytest.param("newsdex list --index-dir nothing --source B", "", id="an index that is not there"),
    ],
)
def test_values_of_the_index_complete(line: str, expected: str, programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources and languages are those of the index that the command would ask."""
    rows = [("a", "Harbour Courier", "en"), ("b", "Harbour Courier", "en"), ("c", "Bay", "de")]
    records = [{"_id": name, "title": name, "text": f"Text {name}.", "source": source, "language": code} for name, source, code in rows]
    index_of(records, tmp_path)
    monkeypatch.setenv("NEWSDEX_INDEX_DIR", str(tmp_path / "index"))
    assert " ".join(completions(line, programs)) == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script_for_both_programs(shell: str, tmp_path: Path) -> None:
    """The script asks each program by the variable of its own."""
    done = run("completion", shell, cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    for name in ("NEWSDEX", "SEARCH"):
        assert f"_{name}_COMPLETE={shell}_complete" in done.out
