"""The documents say what the program does."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from paths import DOCS, ROOT

from newsdex import cli


def python_blocks(path: Path) -> list[str]:
    """The Python examples of a document."""
    return re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)


def test_readme_example_runs(demo_index: Path) -> None:
    """The example for developers runs as it stands."""
    [example] = python_blocks(ROOT / "README.md")
    printed = subprocess.run([sys.executable, "-c", example], cwd=demo_index.parent, capture_output=True, text=True, check=True).stdout
    assert "Blinken" in printed.splitlines()[0]


def test_output_example_is_true(demo_index: Path) -> None:
    """The slice that docs/OUTPUT.md promises is the passage, for every hit."""
    command = [
        sys.executable,
        "-m",
        "newsdex",
        "search",
        "--json",
        "--index-dir",
        str(demo_index),
        "Wer gewann den Eurovision Song Contest?",
    ]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    [example] = python_blocks(ROOT / "docs" / "OUTPUT.md")
    assert found["hits"]
    for hit in found["hits"]:
        exec(example, {"hit": hit})


def test_the_examples_of_the_output_are_what_is_printed(demo_index: Path) -> None:
    """The hit of docs/OUTPUT.md, but for folders and what is shortened, and the reasons for its score."""
    page = (DOCS / "OUTPUT.md").read_text(encoding="utf-8")
    command = [sys.executable, "-m", "newsdex", "search", "--index-dir", str(demo_index), "China support for Russia", "--limit", "1"]
    printed, explained = (
        subprocess.run([*command, option], capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "100"}).stdout
        for option in ("--json", "--explain")
    )
    [hit] = json.loads(printed)["hits"]
    shown = dict(re.findall(r'^      "(\w+)": (".*?"|[\w.]+),$', page, re.MULTILINE))
    assert len(shown) > 15
    for name, value in shown.items():
        if name == "score":
            assert hit[name] == pytest.approx(float(value), abs=2e-3)
        elif name not in ("article_id", "path"):
            assert json.dumps(hit[name])[:100] == value.replace(", [...]", "")[:100], name
    parts = {
        name: (float(points), words.split(";")[0])
        for name, points, words in re.findall(r"^(\w+) +([+-]\d\.\d\d)   (.+)$", page, re.MULTILINE)
    }
    told = " ".join(explained.split())
    for name, (points, words) in parts.items():
        [found] = re.findall(rf"\b{name} ([+-]\d\.\d\d) ", told)
        assert float(found) == pytest.approx(points, abs=0.02), name
        assert words.partition(": ")[0] in told


def test_the_example_of_checking_an_answer_runs(demo_index: Path) -> None:
    """The one of docs/CHECK.md, as it stands: what it checks is accepted."""
    [example] = python_blocks(DOCS / "CHECK.md")
    printed = subprocess.run([sys.executable, "-c", example], cwd=demo_index.parent, capture_output=True, text=True, check=True).stdout
    assert printed.startswith("supported ()")
    assert "\nTrue Blinken" in printed


def test_every_field_of_the_output_is_described() -> None:
    """docs/OUTPUT.md names each field of a hit that the schema has, and no other."""
    schema = json.loads((ROOT / "docs" / "search-output.schema.json").read_text(encoding="utf-8"))
    rows = [line.split("|")[1] for line in (ROOT / "docs" / "OUTPUT.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert {field for row in rows for field in re.findall(r"`(\w+)`", row)} == set(schema["$defs"]["hit"]["properties"])


def shown_searches() -> list[str]:
    """Every search that README and these pages show on an index in a folder, as it stands there."""
    pages = ("FILTERS.md", "QUERY.md", "COMMANDS.md", "RELATED.md", "CHECK.md")
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *(DOCS / name for name in pages))]
    lines = [line for text in texts for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    shown = [line for line in lines if re.match(r"search |echo .*\| search|newsdex (?:verify-quote|check|list|similar|thread) ", line)]
    return list(dict.fromkeys(line for line in shown if "milvus://" not in line))


PIPED, ALONE = ([line for line in shown_searches() if ("|" in shlex.split(line, comments=True)) is piped] for piped in (True, False))


@pytest.mark.parametrize("line", ALONE)
def test_searches_in_the_documents_find_something(
    line: str, demo_index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the sample archive each exits with 0, as for something found."""
    monkeypatch.setenv("NEWSDEX_INDEX_DIR", str(demo_index))
    program, *arguments = shlex.split(line, comments=True)
    code = {"search": cli.main_search, "newsdex": cli.main}[program](arguments)
    told = capsys.readouterr()
    assert (code, bool(told.out)) == (0, True), told.err


@pytest.mark.parametrize("line", PIPED)
def test_searches_in_pipes_find_something(line: str, demo_index: Path) -> None:
    """Those that a shell puts together."""
    environment = {**os.environ, "NEWSDEX_INDEX_DIR": str(demo_index)}
    program = f'search() {{ "{sys.executable}" -m newsdex search "$@"; }}; newsdex() {{ "{sys.executable}" -m newsdex "$@"; }}; {line}'
    done = subprocess.run(["bash", "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, bool(done.stdout)) == (0, True), done.stderr


@pytest.mark.parametrize("name", cli.newsdex.list_commands(click.Context(cli.newsdex)))
def test_every_command_is_documented(name: str) -> None:
    """docs/COMMANDS.md shows each command, and each has a help text."""
    assert re.search(rf"^(newsdex {name}|{name} \")", (ROOT / "docs" / "COMMANDS.md").read_text(encoding="utf-8"), re.MULTILINE)
    command = cli.newsdex.get_command(click.Context(cli.newsdex), name)
    assert command
    assert command.help


@pytest.mark.parametrize(
    "path", [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=lambda p: p.name
)
def test_links_lead_somewhere(path: Path) -> None:
    """Every relative link of a document is a file of the project."""
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_every_page_has_a_place_in_the_site() -> None:
    """The navigation of mkdocs.yml names each page of docs/ once, and no other."""
    named = re.findall(r"(\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))


@pytest.mark.skipif(not shutil.which("unshare"), reason="unshare (util-linux) cuts the network off")
def test_no_network_is_needed(tmp_path: Path) -> None:
    """Without any network, not even loopback, articles are indexed with the default model and found."""
    cut_off = ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*cut_off, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system does not let a user cut a process off the network")
    (tmp_path / "a.txt").write_text("Ferry aground\n\nA ferry ran aground off the island on Monday.", encoding="utf-8")
    newsdex = [*cut_off, sys.executable, "-m", "newsdex"]
    subprocess.run([*newsdex, "index", str(tmp_path / "a.txt"), "--index-dir", str(tmp_path / "index")], capture_output=True, check=True)
    found = subprocess.run(
        [*newsdex, "search", "Where did a ferry run aground?", "--index-dir", str(tmp_path / "index")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Ferry aground" in found.stdout
