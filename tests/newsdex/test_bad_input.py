"""Bad input of every kind has its message and its exit code, and costs nothing but itself."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Callable
from pathlib import Path

import command
import pytest
from command import Ran, run_on_terminal

from newsdex import Index, Options, Problem, Report, UsageError, index_paths
from newsdex.following import follow
from newsdex.indexer.upkeep.status import read_status
from newsdex.store.files import WriterLock

# As python -m newsdex, without root's right to read and write every file: CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH are
# dropped (prctl's PR_CAPBSET_DROP is 24) before another program, which root would have them in, is started.
AS_ANYBODY = """
import ctypes, os, sys
if os.geteuid() == 0:
    for capability in (1, 2):
        if ctypes.CDLL(None).prctl(24, capability, 0, 0, 0):
            sys.exit("cannot drop capabilities")
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs newsdex in the test's folder."""

    def run(*arguments: str | bytes | Path, anybody: bool = False) -> Ran:
        program = [sys.executable, *(["-c", AS_ANYBODY] if anybody else []), "-m", "newsdex"]
        # As in any UTF-8 locale but C.UTF-8
        return command.run(*arguments, cwd=tmp_path, command=program, PYTHONIOENCODING="utf-8:strict")

    return run


@pytest.fixture
def run_as_anybody(run: Run, tmp_path: Path) -> Run:
    """The same, without root's right to read and write every file."""
    closed = tmp_path / "closed"
    closed.write_text("secret", encoding="utf-8")
    closed.chmod(0)
    command = [sys.executable, "-c", AS_ANYBODY, "-c", f"open({str(closed)!r})"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "PermissionError" not in done.stderr:
        pytest.skip(f"here root cannot give up reading every file: {done.stderr or 'nothing happened'}")
    closed.unlink()
    return lambda *arguments: run(*arguments, anybody=True)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A folder with one good article."""
    folder = tmp_path / "good"
    folder.mkdir()
    (folder / "copper.txt").write_text("Copper dear\n\nCopper led all the metals.\n", encoding="utf-8")
    return folder


def index_of(*paths: str | Path) -> list[str | Path]:
    """The arguments that index ``paths`` into the folder ``index``."""
    return ["index", *paths, "--model", "hash", "--index-dir", "index"]


def articles(folder: Path) -> dict[str, str]:
    """The passages' text of each article in the index beside ``folder``, by the article's id."""
    with Index.open(folder / "index") as index:
        texts: dict[str, str] = {}
        for hit in sorted(index.search("copper", limit=10_000), key=lambda hit: hit.passage.start):
            texts[hit.article.id] = texts.get(hit.article.id, "") + hit.passage.text
        return texts


COPPER = {"good/copper.txt": "Copper dear\n\nCopper led all the metals."}


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder`` with its content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_missing_path(run: Run, good: Path, tmp_path: Path) -> None:
    """A path that does not exist is named, with exit code 2; the good one beside it is indexed all the same."""
    code, out, err = run(*index_of("missing", good))
    assert code == 2
    assert err == f"newsdex: no such file or folder: {tmp_path}/missing. Check the path\n"
    assert out.startswith("added 1, updated 0, unchanged 0, removed 0, skipped 0 in ")
    assert articles(tmp_path) == COPPER


def test_only_missing_paths(run: Run, tmp_path: Path) -> None:
    """When no path exists there is nothing to index: exit code 2, and no index that would answer nothing."""
    code, out, err = run(*index_of("missing", "gone.txt"))
    assert (code, out) == (2, "")
    assert err == "newsdex: no such file or folder: missing, gone.txt. Check the path\n"
    assert not (tmp_path / "index" / "CURRENT").exists()


def test_an_empty_folder(run: Run, tmp_path: Path) -> None:
    """A folder without articles is an error that says which files are expected."""
    (tmp_path / "empty").mkdir()
    code, out, err = run(*index_of("empty"))
    assert (code, out) == (2, "")
    assert err == "newsdex: no articles in empty. Expected .html, .pdf, .docx, .md, .txt, .jsonl or other articles (newsdex index --help)\n"
    assert not (tmp_path / "index" / "CURRENT").exists()


def test_a_folder_of_other_files(run: Run, tmp_path: Path) -> None:
    """A folder of files that newsdex does not read is an error that counts them by format."""
    (tmp_path / "other").mkdir()
    for name in ("a.png", "b.PNG", "c.doc", "README", ".hidden.txt"):
        (tmp_path / "other" / name).write_text("x", encoding="utf-8")
    code, out, err = run(*index_of("other"))
    assert (code, out) == (2, "")
    assert "Files of other formats: 2 .png, 1 " in err
    assert "1 .doc" in err
    assert "1 no suffix" in err


def test_a_file_of_another_format(run: Run, good: Path, tmp_path: Path) -> None:
    """A file that is named and cannot be read is skipped with the formats that can."""
    (tmp_path / "a.doc").write_bytes(b"PK\x03\x04")
    code, out, err = run(*index_of("a.doc", good))
    assert code == 0
    assert out.startswith("added 1, updated 0, unchanged 0, removed 0, skipped 1 in ")
    assert err.startswith(f"{tmp_path}/a.doc: unknown format '.doc' (expected ")
    assert articles(tmp_path) == COPPER


def test_an_unreadable_file(run_as_anybody: Run, good: Path, tmp_path: Path) -> None:
    """A file that may not be read is skipped with the reason, again at each run, and indexed once it may be read."""
    closed = good / "closed.txt"
    closed.write_text("Tin was quiet.\n", encoding="utf-8")
    closed.chmod(0)
    for counts in (
        "added 1, updated 0, unchanged 0, removed 0, skipped 1 in ",
        "added 0, updated 0, unchanged 1, removed 0, skipped 1 in ",
    ):
        code, out, err = run_as_anybody(*index_of(good))
        assert code == 0
        assert out.startswith(counts)
        assert err == f"{closed}: cannot be read: Permission denied\n"
        assert articles(tmp_path) == COPPER
    closed.chmod(0o600)
    assert run_as_anybody(*index_of(good)).out.startswith("added 1, updated 0, unchanged 1, removed 0, skipped 0 in ")
    assert articles(tmp_path) == COPPER | {"good/closed.txt": "Tin was quiet."}


def test_an_unreadable_file_by_name(run_as_anybody: Run, good: Path, tmp_path: Path) -> None:
    """A file that may not be read costs nothing else, also where it is named itself, as a shell does for *."""
    closed = good / "closed.txt"
    closed.write_text("Tin was quiet.\n", encoding="utf-8")
    closed.chmod(0)
    code, out, err = run_as_anybody(*index_of(closed, good / "copper.txt"))
    assert code == 0
    assert out.startswith("added 1, updated 0, unchanged 0, removed 0, skipped 1 in ")
    assert err == f"{closed}: cannot be read: Permission denied\n"
    assert articles(tmp_path) == COPPER


def test_a_file_that_becomes_unreadable(run_as_anybody: Run, good: Path, tmp_path: Path) -> None:
    """A file that changed and may no longer be read keeps its article, even with --prune; status does not call it missing."""
    tin = good / "tin.txt"
    tin.write_text("Tin was quiet.\n", encoding="utf-8")
    assert run_as_anybody(*index_of(good)).code == 0
    tin.write_text("Tin rose, but nobody may know.\n", encoding="utf-8")
    tin.chmod(0)
    code, out, err = run_as_anybody(*index_of(good), "--prune")
    assert code == 0
    assert out.startswith("added 0, updated 0, unchanged 1, removed 0, skipped 1 in ")
    assert err == f"{tin}: cannot be read: Permission denied; its earlier version stays in the index\n"
    assert articles(tmp_path) == COPPER | {"good/tin.txt": "Tin was quiet."}
    assert json.loads(run_as_anybody("status", "--json", "--index-dir", "index").out)["missing"] == []


def test_an_unreadable_folder(run_as_anybody: Run, good: Path, tmp_path: Path) -> None:
    """A folder that may not be read is skipped with the reason; what was indexed from it stays, even with --prune."""
    closed = good / "closed"
    closed.mkdir()
    (closed / "tin.txt").write_text("Tin was quiet.\n", encoding="utf-8")
    everything = COPPER | {"good/closed/tin.txt": "Tin was quiet."}
    assert run_as_anybody(*index_of(good)).out.startswith("added 2, ")
    closed.chmod(0)
    try:
        code, out, err = run_as_anybody(*index_of(good), "--prune")
        assert code == 0
        assert out.startswith("added 0, updated 0, unchanged 1, removed 0, skipped 1 in ")
        assert err == f"{closed}: cannot be read: Permission denied\n"
        assert articles(tmp_path) == everything
    finally:
        closed.chmod(0o700)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        pytest.param("x.txt", bytes(range(256)) * 16, "a binary file, not text", id="binary"),
        pytest.param(
            "x.md",
            b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00\x08\x06" * 9,
            "a binary file, not text",
            id="picture",
        ),
        pytest.param("x.jsonl", b"PK\x03\x04\x14\x00\x00\x00\xff\xfe\xfd" * 9, "line 1: a binary file, not text", id="binary lines"),
        pytest.param("x.txt", b"", "no text", id="empty"),
        pytest.param("x.txt", b" \r\n\t\n\xc2\xa0\n", "no text", id="white space"),
        pytest.param("x.md", b"---\ntitle: All front\n---\n\n", "no text", id="front matter only"),
        pytest.param("x.jsonl", b'{"_id": "e", "text": ""}\n', "line 1: no text", id="empty record"),
        pytest.param(
            "x.jsonl",
            b'{"_id": "n", "title": "No text"}\n',
            'line 1: not an article: the field "text" is missing or is not a string; '
            "say which one has it: --columns text=NAME, with a name of: _id, title",
            id="record without text",
        ),
        pytest.param("x.jsonl", b"[1, 2]\n", 'line 1: not an article: expected an object with the field "text"', id="no record"),
        pytest.param("x.jsonl", b"[" * 100_000 + b"\n", "line 1: invalid JSON: nested too deeply", id="nested too deeply"),
    ],
)
def test_a_bad_file(run: Run, good: Path, tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    """A file that is no article is skipped with its reason at every run: exit code 0, and the good article is there."""
    (good / name).write_bytes(content)
    code, out, err = run(*index_of(good))
    assert (code, err) == (0, f"{good}/{name}: {reason}\n")
    assert out.startswith("added 1, updated 0, unchanged 0, removed 0, skipped 1 in ")
    again = index_paths([good], tmp_path / "index")
    assert (again.added, again.updated, again.unchanged, again.removed) == (0, 0, 1, 0)
    assert again.problems == [Problem(good / name, reason)]
    assert articles(tmp_path) == COPPER
    found = read_status(tmp_path / "index")
    assert (found.problems, found.changed, found.missing) == (1, [], [])


def test_paths_may_be_strings(good: Path, tmp_path: Path) -> None:
    """A list of them, for a string is a sequence of strings itself."""
    folder = str(tmp_path / "index")
    assert index_paths([str(good)], folder, Options(model="hash")).added == 1
    with pytest.raises(UsageError, match="one text is not a list: expected a list of files and folders"):
        index_paths(str(good), folder)


def test_only_a_bad_file(run: Run, tmp_path: Path) -> None:
    """When the only file is bad there is nothing to index: exit code 2, with the reason."""
    (tmp_path / "x.txt").write_bytes(b"")
    code, out, err = run(*index_of("x.txt"))
    assert (code, out) == (2, "")
    assert f"{tmp_path}/x.txt: no text" in err


LINES = [
    b'{"_id": "a", "text": "first"}',
    b'{"_id": "b", "text": "second"}',
    b'{"_id": "c", "text": "third',
    b'{"_id": "d", "text": "fourth"}',
    b'{"_id": "e", "text": "fifth"}',
]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param(LINES[2], "line 3: invalid JSON: ", id="cut"),
        pytest.param(b"nonsense", "line 3: invalid JSON: Expecting value (character 1)", id="nonsense"),
        pytest.param(b'{"_id": ' + b"1" * 5000 + b', "text": "third"}', "line 3: invalid JSON: ", id="a number of 5,000 digits"),
        pytest.param(b'{"_id": "a", "text": "third"}', "line 3: duplicate id 'a', already in {}:1", id="duplicate id"),
        pytest.param(
            b'{"_id": "c", "text": 3}', 'line 3: not an article: the field "text" is missing or is not a string', id="a number for a text"
        ),
    ],
)
def test_a_bad_line(run: Run, tmp_path: Path, line: bytes, reason: str) -> None:
    """A bad third line of five is named by its number; the other four are indexed: exit code 0."""
    file = tmp_path / "news.jsonl"
    file.write_bytes(b"\n".join([*LINES[:2], line, *LINES[3:]]) + b"\n")
    code, out, err = run(*index_of(file))
    assert code == 0
    assert err.startswith(f"{file}: {reason.format(file)}")
    # A second line says what to do about ids
    assert len(err.splitlines()) == 1 + ("duplicate id" in reason)
    assert out.startswith("added 4, updated 0, unchanged 0, removed 0, skipped 1 in ")
    assert articles(tmp_path) == {"a": "first", "b": "second", "d": "fourth", "e": "fifth"}


def test_a_duplicate_id_in_another_file(run: Run, tmp_path: Path) -> None:
    """Of two files with one id the first keeps it, at every run and in whatever order they come; both places are named."""
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "1.jsonl").write_text('{"_id": "a", "text": "first"}\n', encoding="utf-8")
    (folder / "2.md").write_text("---\nid: a\n---\nsecond\n", encoding="utf-8")
    (folder / "3.md").write_text("third\n", encoding="utf-8")
    for counts in ("added 2, updated 0, unchanged 0, ", "added 0, updated 0, unchanged 2, "):
        code, out, err = run(*index_of(folder))
        assert code == 0
        assert re.fullmatch(
            rf"{re.escape(str(folder))}/2\.md: duplicate id 'a', already in {re.escape(str(folder))}/1\.jsonl(:1)?\n.+\n", err
        )
        assert err.endswith("Give each its own id, or choose another field: --columns id=NAME\n")
        assert out.startswith(f"{counts}removed 0, skipped 1 in ")
        assert articles(tmp_path) == {"a": "first", "news/3.md": "third"}
    assert f"duplicate id 'a', already in {folder}/1.jsonl" in run(*index_of(folder / "2.md")).err
    assert articles(tmp_path) == {"a": "first", "news/3.md": "third"}


def test_no_permission_to_write(run_as_anybody: Run, good: Path, tmp_path: Path) -> None:
    """Without permission to write there is an error with the cure; what was indexed before still answers."""
    assert run_as_anybody(*index_of(good)).code == 0
    before = tree(tmp_path / "index")
    (good / "tin.txt").write_text("Tin was quiet.\n", encoding="utf-8")
    folders = [tmp_path / "index", tmp_path / "index" / "g000001"]
    (tmp_path / "index" / "LOCK").chmod(0o400)
    for folder in folders:
        folder.chmod(0o500)
    try:
        code, out, err = run_as_anybody(*index_of(good))
        assert (code, out) == (2, "")
        assert re.fullmatch(
            r"newsdex: cannot write \S*index/LOCK: Permission denied\. Check the folder's permissions, .+--index-dir; .+\n", err
        )
        assert tree(tmp_path / "index") == before
        code, out, err = run_as_anybody("search", "--json", "copper", "--index-dir", "index")
        assert (code, err) == (0, "")
        assert [hit["article_id"] for hit in json.loads(out)["hits"]] == list(COPPER)
    finally:
        for folder in folders:
            folder.chmod(0o700)


def test_no_permission_to_make_the_folder(run_as_anybody: Run, good: Path, tmp_path: Path) -> None:
    """Where the index folder cannot be made there is an error with the cure, and nothing is made."""
    parent = tmp_path / "parent"
    parent.mkdir(mode=0o500)
    code, out, err = run_as_anybody("index", good, "--model", "hash", "--index-dir", "parent/new/index")
    assert (code, out) == (2, "")
    assert re.fullmatch(
        r"newsdex: cannot write \S*parent/new/index: Permission denied\. Check the folder's permissions, .+--index-dir; .+\n", err
    )
    assert list(parent.iterdir()) == []


def test_no_permission_to_read_the_index(run_as_anybody: Run, good: Path, tmp_path: Path) -> None:
    """An index that may not be read is an error that says so, for every command."""
    assert run_as_anybody(*index_of(good)).code == 0
    (tmp_path / "index").chmod(0)
    try:
        for command in (["search", "copper"], ["status"], ["index", "good"]):
            code, out, err = run_as_anybody(*command, "--index-dir", "index")
            assert (code, out) == (2, "")
            assert re.search(r"index(/CURRENT)?\b.*(Permission denied|not readable)", err)
            assert "Traceback" not in err
    finally:
        (tmp_path / "index").chmod(0o700)


def test_an_index_dir_that_is_a_file(run: Run, good: Path, tmp_path: Path) -> None:
    """An index cannot be made where a file is; the file stays as it is."""
    (tmp_path / "index").write_text("mine", encoding="utf-8")
    code, out, err = run(*index_of(good))
    assert (code, out) == (2, "")
    assert err.startswith("newsdex: cannot write index: ")
    assert "choose another folder with --index-dir" in err
    assert len(err.splitlines()) == 1
    assert (tmp_path / "index").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("first", "then", "cure"),
    [
        pytest.param(["--model", "hash"], ["--model", "all-MiniLM-L6-v2"], r"--model hash", id="another model"),
        pytest.param(
            ["--model", "hash", "--max-tokens", "128"],
            ["--max-tokens", "96"],
            r"Leave the passage settings out",
            id="another passage length",
        ),
    ],
)
def test_another_model(run: Run, good: Path, tmp_path: Path, first: list[str], then: list[str], cure: str) -> None:
    """An index is not continued with another model or other settings: the error says what to do, and nothing is changed."""
    assert run("index", good, *first, "--index-dir", "index").code == 0
    before = tree(tmp_path / "index" / "g000001")
    (good / "tin.txt").write_text("Tin was quiet.\n", encoding="utf-8")
    code, out, err = run("index", good, *then, "--index-dir", "index")
    assert (code, out) == (2, "")
    assert re.fullmatch(rf"newsdex: \S*index was built with .+{cure}.+newsdex rebuild .+--index-dir \S*index\n", err)
    assert tree(tmp_path / "index" / "g000001") == before
    assert articles(tmp_path) == COPPER
    assert run("index", good, "--index-dir", "index").out.startswith("added 1, updated 0, unchanged 1, ")  # its own again


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["index", "", "--index-dir", "index"], id="to index"),
        pytest.param(["index", "good", "--index-dir", ""], id="an index folder"),
        pytest.param(["watch", "", "--index-dir", "index"], id="to watch"),
        pytest.param(["export", ""], id="to export to"),
        pytest.param(["import", ""], id="to import"),
    ],
)
def test_an_empty_path_is_not_the_working_folder(run: Run, tmp_path: Path, arguments: list[str]) -> None:
    """It comes of a variable that is not set; nothing is read or written."""
    before = tree(tmp_path)
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "the path is empty: expected the name of a file or folder" in err
    assert tree(tmp_path) == before


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside a folder"])
def test_an_address_is_not_fetched(run: Run, good: Path, beside: bool) -> None:
    """The message says so, and how to do without."""
    code, _, err = run(*index_of("https://example.org/a.html", *([good] if beside else [])))
    assert code == 2
    told = "newsdex: https://example.org/a.html is a web address, not a file. Fetch it: newsdex fetch add https://example.org/a.html"
    assert err.startswith(told)


@pytest.mark.parametrize("command", ["get", "cite", "similar", "thread"])
@pytest.mark.parametrize("name", ["", "copper.txt:" + "9" * 5_000, "\n"])
def test_names_that_no_article_has(run: Run, good: Path, command: str, name: str) -> None:
    """Also an empty name, and line numbers of any length, are answered by a message."""
    run(*index_of(good))
    code, out, err = run(command, name, "--index-dir", "index")
    assert (code, out) == (1 if name else 2, "")
    assert ("no article has the id" if name else "the name of the article is empty") in err


def test_a_filter_of_dates_that_no_article_has_says_so(run: Run, tmp_path: Path) -> None:
    """With the dates that there are."""
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "a.md").write_text("---\ndate: 2024-05-01\n---\nCopper fell.\n", encoding="utf-8")
    (tmp_path / "good" / "b.md").write_text("---\ndate: 2024-06\n---\nCopper rose.\n", encoding="utf-8")
    run(*index_of(tmp_path / "good"))
    dates = "; this archive has dates from 2024-05-01 to 2024-06-30.\n"
    for options, told in (
        (["--since", "2030"], "No article was published since 2030-01-01"),
        (["--on", "2023-05"], "No article was published from 2023-05-01 to 2023-05-31"),
        (["--as-of", "2020-01-01"], "The archive had no article on 2020-01-01"),
        (["--where", "published>2030"], "No article has a publication date gt '2030'"),
    ):
        code, out, err = run("search", "copper", *options, "--index-dir", "index")
        assert (code, out) == (1, "")
        assert err.startswith(told + dates)
    code, _, err = run("search", "copper", "--since", "2024-06-02", "--index-dir", "index")
    assert (code, err) == (0, "")


@pytest.mark.slow  # it loads torch, to ask sentence-transformers
def test_an_unknown_model(run: Run, good: Path, tmp_path: Path) -> None:
    """A model that is not on this machine is an error, and no index is made."""
    code, out, err = run("index", good, "--model", str(tmp_path / "no-such-model"), "--index-dir", "index")
    assert (code, out) == (2, "")
    assert "no-such-model" in err
    assert "Traceback" not in err
    assert not (tmp_path / "index" / "CURRENT").exists()


def test_two_writers(good: Path, tmp_path: Path) -> None:
    """Of two runs at once the second says whom it waits for, and waits; afterwards the articles of both are there."""
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "tin.txt").write_text("Tin was quiet.\n", encoding="utf-8")
    reports: list[Report] = []
    first = threading.Thread(target=lambda: reports.append(index_paths([good], tmp_path / "index", Options(model="hash"))))
    (tmp_path / "index").mkdir()
    with WriterLock(tmp_path / "index"):
        first.start()
        arguments = [*command.MODULE, *index_of("more")]
        second = subprocess.Popen(
            arguments, cwd=tmp_path, env=command.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert second.stderr
        waiting = second.stderr.readline()
        assert second.poll() is None
    with second:
        out, err = second.communicate(timeout=60)
    first.join(60)
    assert [report.added for report in reports] == [1]
    assert re.fullmatch(rf"Waiting for process {os.getpid()} on .+ to finish writing\.\n", waiting)
    assert (second.returncode, err) == (0, "")
    assert out.startswith("added 1, updated 0, unchanged 0, removed 0, skipped 0 in ")
    assert articles(tmp_path) == COPPER | {"more/tin.txt": "Tin was quiet."}


# File names: clear the screen, set the title, ring, break a line, turn the writing round, change the clipboard, not UTF-8.
EVIL_NAMES = [
    b"a\x1b[2J\x1b[31m.txt",
    b"b\x1b]0;owned\x07.txt",
    b"c\nnewsdex: all is well\r.txt",
    "d\u202etxt.exe\u2066.txt".encode(),
    b"e\x9b2J\xff.txt",
    b"f\x1b]52;c;cm0gLXJm\x07.md",
    "g\u2028h\x85i\x7f.md".encode(),
    b"j\x1b]8;;http:evil\x1b\\k.jsonl",
]
EVIL_TEXT = (
    "\x1b[2J\x1b]0;owned\x07\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\ \u202eevil\u202c\x08\x00\x9b31m "
    "\u2066copper\u2069\rnewsdex: fine\x85.\u2028So \ud83d"
)


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    """A folder of files whose names and contents try to drive a terminal; some articles, some problems."""
    folder = tmp_path / "evil"
    folder.mkdir()
    text = EVIL_TEXT.encode(errors="replace").decode() + " and copper" * 50
    quoted = json.dumps(EVIL_TEXT)
    record = f'{{"_id": {quoted}, "title": {quoted}, "source": {quoted}, "date": {quoted}, "text": {quoted}}}\n'
    contents = {
        ".txt": f"{text}\n\n{text}\n",
        ".md": f"---\ntitle: {quoted}\nsource: {quoted}\ndate: {quoted}\n{EVIL_TEXT[5:8]}: x\n---\n{text}\n",
        ".jsonl": record + record + "{\x1b]0;owned\x07\n",
    }
    try:
        for name in EVIL_NAMES:
            suffix = name[name.rindex(b".") :].decode()
            (folder / os.fsdecode(name)).write_text(contents[suffix], encoding="utf-8", errors="replace")
            (folder / os.fsdecode(b"blank-" + name)).write_text(" \n", encoding="utf-8")
            (folder / os.fsdecode(b"other" + name.replace(b".", b"-") + b".x" + name[:4])).write_text("x", encoding="utf-8")
            (folder / os.fsdecode(b"link-" + name)).symlink_to("/nowhere")
        (folder / os.fsdecode(b"x." + b"\x1b]0;owned\x07\xff")).write_text("x", encoding="utf-8")
    except OSError as error:
        pytest.skip(f"this file system does not take such names: {error}")
    return folder


def steers(text: str) -> set[str]:
    """The characters of ``text`` that drive a terminal or forge a line; line ends are newsdex's own."""
    return {c for c in text if c not in "\n\u200c\u200d" and unicodedata.category(c) in {"Cc", "Cs", "Cf", "Zl", "Zp"}}


EVIL_INDEX = "index\x1b]0;owned\x07\u202e"


def test_nothing_evil_is_printed(run: Run, evil: Path) -> None:
    """Names and texts that hold escape sequences, line ends and bidi overrides reach neither stream raw, in any command."""
    steps = [
        ["index", "evil", "--model", "hash", "--dry-run"],
        ["index", "evil", "--model", "hash"],
        ["index", "evil"],
        ["search", "copper", "-n", "100"],
        ["search", "copper", "-n", "100", "--json"],
        ["search", "copper", "-n", "100", "--format", "jsonl"],
        ["status"],
        ["status", "--json"],
    ]
    for number, step in enumerate([*steps, *steps[2:], ["index", "evil", "--prune"], ["search", "copper"]]):
        code, out, err = run(*step, "--index-dir", EVIL_INDEX)
        assert (step, steers(out), steers(err)) == (step, set(), set())
        assert not re.search(r"^newsdex: (all is well|fine)", out + err, re.MULTILINE)
        if "--json" in step:
            json.dumps(json.loads(out), ensure_ascii=False).encode()  # no lone surrogate
        assert code == (1 if step == ["search", "copper"] else 0)
        if number == len(steps) - 1:
            for path in evil.iterdir():
                path.unlink()


@pytest.mark.usefixtures("evil")
def test_nothing_evil_is_printed_on_a_terminal(tmp_path: Path) -> None:
    """On a terminal only newsdex's own colours and links are escape sequences."""
    own = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;;file://[!-~]*\x1b\\|\x1b\]8;;\x1b\\")
    for step in (
        ["index", "evil", "--model", "hash", "--dry-run"],
        ["index", "evil", "--model", "hash"],
        ["search", "copper", "-n", "100"],
        ["status"],
    ):
        code, out, _ = run_on_terminal(*step, "--index-dir", EVIL_INDEX, cwd=tmp_path, errors=True)
        shown = own.sub("", out) if step[0] == "search" else out
        assert (code, step, steers(shown)) == (0, step, set())


@pytest.mark.parametrize(
    "name", [pytest.param(b"--\x1b]0;owned\x07\x1b[2J", id="an option"), pytest.param(b"x\x1b]0;owned\x07\x1b[2J\xe2\x80\xae", id="a path")]
)
@pytest.mark.parametrize("command", [b"index", b"search", b"status", b""])
def test_no_argument_is_echoed_raw(tmp_path: Path, name: bytes, command: bytes) -> None:
    """A name that a shell put on the command line, as for *, is not printed raw by any error message."""
    arguments = [command, name] if command != b"search" else [command, name, b"--index-dir", name]
    code, out, _ = run_on_terminal(*filter(None, arguments), cwd=tmp_path, errors=True)
    assert (code, steers(out)) == (2, set())


@pytest.mark.parametrize("odd", [pytest.param("n\nl", id="line feed"), pytest.param("p\u2028s", id="line separator")])
def test_a_problem_is_one_problem(run: Run, tmp_path: Path, odd: str) -> None:
    """A problem counts as one at every run and in status, also when the path in its reason holds a line end."""
    folder = tmp_path / "news"
    (folder / odd).mkdir(parents=True)
    for path in (folder / odd / "1.jsonl", folder / "z.jsonl"):
        path.write_text('{"_id": "a", "text": "copper"}\n', encoding="utf-8")
        os.utime(path, (1_000_000_000, 1_000_000_000))
    for _ in range(2):
        code, out, err = run(*index_of(folder))
        problems = [line for line in err.splitlines() if not line.startswith("newsdex: ")]
        assert (code, len(problems)) == (0, 1)
        assert "skipped 1 in " in out
    assert json.loads(run("status", "--json", "--index-dir", "index").out)["problems"] == 1


def test_evil_names_are_kept_exactly(evil: Path, tmp_path: Path) -> None:
    """What is shown is cleaned, what is kept is not: the library gives the path that opens the file."""
    index_paths([evil], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as index:
        hits = index.search("copper", limit=100)
    assert {os.fsencode(hit.article.path.name) for hit in hits} == set(EVIL_NAMES)
    for hit in hits:
        if hit.article.path.suffix != ".jsonl":
            assert hit.article.path.read_bytes().decode()[hit.passage.start : hit.passage.end] == hit.passage.text


@pytest.mark.parametrize(("kib", "count"), [(180_000, 1), (350_000, 20)])
def test_too_little_memory_is_named(tmp_path: Path, kib: int, count: int) -> None:
    """Whether numpy, for few passages, or OpenVINO needs it: one line, exit code 2, and no fault of newsdex or of the installation."""
    for number in range(count):
        (tmp_path / f"{number}.txt").write_text(f"Ferry {number} ran aground at dawn.", encoding="utf-8")
    limited = ["bash", "-c", f'ulimit -v {kib}; exec "$@"', "bash", *command.MODULE]
    done = command.run("index", ".", "--model", "all-MiniLM-L6-v2", command=limited, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[-1].startswith("newsdex: not enough memory: give the process more (ulimit -v")


@pytest.mark.parametrize(
    ("closed", "arguments"),
    [
        ("CURRENT", ("search", "ferry")),
        ("g000001/commit-*", ("search", "ferry")),
        ("g000001/commit-*", ("status",)),
        ("following/state", ("following",)),
        ("log/*", ("log",)),
    ],
)
def test_an_index_of_another_user_is_not_called_damaged(
    closed: str, arguments: tuple[str, ...], run_as_anybody: Run, tmp_path: Path
) -> None:
    """Neither is a rollback advised, nor to remove what is followed: its content may be right."""
    (tmp_path / "a.txt").write_text("A ferry ran aground.", encoding="utf-8")
    index_paths([tmp_path / "a.txt"], tmp_path / "index_data", Options("hash"))
    follow(tmp_path / "index_data", "ferry")
    [path] = (tmp_path / "index_data").glob(closed)
    path.chmod(0)
    done = run_as_anybody(*arguments)
    shown = path if arguments[0] == "search" else path.relative_to(tmp_path)
    told = f"newsdex: cannot read {shown}: Permission denied. Check the permissions of the file and its folder\n"
    assert (done.code, done.err) == (2, told)


@pytest.mark.parametrize("command", [["index", "."], ["watch", "."], ["rebuild"], ["build", "--ray", "auto", ".", "--output", "out"]])
def test_an_empty_name_of_a_model(run: Run, tmp_path: Path, command: list[str]) -> None:
    """As of a variable that is not set: an error, and not the default."""
    (tmp_path / "a.txt").write_text("The council met on Monday.")
    if command == ["rebuild"]:
        index_paths([tmp_path / "a.txt"], tmp_path / "index_data", Options("hash"))
    done = run(*command, "--model", "")
    assert (done.code, done.out) == (2, "")
    assert "the name of a model is empty: expected a name" in done.err
