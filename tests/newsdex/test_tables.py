"""Tables in and out, through the real commands."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsdex.cli import main
from newsdex.commands.tables import _Questions
from newsdex.tables import Table, cell

ROWS = [
    {
        "_id": "a",
        "title": "=HYPERLINK(1)",
        "text": "The ferry to \x1b[31mSkye was late on Monday.",
        "date": "2024-04-02",
        "source": "Courier",
        "change": "-2.5",
    },
    {
        "_id": "b",
        "title": "+1 for the harbour",
        "text": "The harbour of Wick was closed by a storm.",
        "date": "2024-05-01",
        "source": "Herald",
    },
    {
        "_id": "c",
        "title": 'Bread, "cheap"',
        "text": "Bread cost two pounds in Leeds.\nBakers were glad.",
        "date": "2024-04-02",
        "source": "Courier",
    },
    {"_id": "d", "title": "No date", "text": "Nobody knows when the lighthouse was built.", "source": "Herald"},
]


def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """Run newsdex over the index in ``cwd``."""
    environment = {**os.environ, "NEWSDEX_INDEX_DIR": str(cwd / "index")}
    return subprocess.run([sys.executable, "-m", "newsdex", *arguments], cwd=cwd, env=environment, capture_output=True, check=False)


def read(content: bytes) -> list[list[str]]:
    """The rows of CSV."""
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an index of ROWS."""
    folder = tmp_path_factory.mktemp("tables")
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    done = run("index", "rows.jsonl", "--model", "hash", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@given(st.text())
def test_a_cell_reads_back_as_it_was_written(text: str) -> None:
    """Printable text and line feeds come back the same, but for the apostrophe; nothing else reaches a terminal, and no formula runs."""
    file = io.StringIO(newline="")
    Table(file, ["a", "b"]).add([text, "end"])
    header, [back, end] = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert (header, end) == (["a", "b"], "end")
    assert all(character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp") for character in back)
    if all(character.isprintable() or character == "\n" for character in text):
        assert back.removeprefix("'") == text or back == text
    assert not back.startswith(("=", "@", "\t", "\r", "\n"))
    assert not back.startswith(("+", "-")) or back[1:2].isdigit()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("\tx", "'\tx"),
        ("\ufeff=1", "'=1"),  # a mark that is left out hides nothing
        ("-2.5", "-2.5"),
        ("+2,5", "+2,5"),
        (-2.5, "-2.5"),
        (None, ""),
        (True, "true"),
        ("'quoted'", "'quoted'"),
    ],
)
def test_a_cell_begins_no_formula(value: object, written: str) -> None:
    """By the rule of OWASP's page on CSV injection; numbers are as they were."""
    assert cell(value) == written


def test_hits_are_a_table(archive: Path) -> None:
    """With the chosen columns, a byte order mark where it is asked for, and no control characters."""
    done = run(
        "search", "ferry Skye", "--all", "--csv", "--bom", "-n", "1", "--fields", "title,answer,metadata.change,published", cwd=archive
    )
    # None answers, which --all shows too.
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith(b"\xef\xbb\xbftitle,answer,")
    assert b"\x1b" not in done.stdout
    [_, row] = read(done.stdout)
    assert row == ["'=HYPERLINK(1)", "The ferry to \ufffd[31mSkye was late on Monday.", "-2.5", "2024-04-02"]


def test_the_last_column_says_whether_a_hit_answers(archive: Path) -> None:
    """By its score, of which 0.16 is an answer."""
    header, *rows = read(run("search", "the ferry was late on Monday", "--all", "--csv", cwd=archive).stdout)
    assert header[-1] == "answers"
    assert {row[-1] for row in rows} == {"true", "false"}
    assert all(row[-1] == str(float(row[1]) >= 0.16).lower() for row in rows)


def test_hits_are_json_lines_with_chosen_fields(archive: Path) -> None:
    """With the text as it is: JSON escapes what could steer a terminal."""
    done = run("search", "ferry Skye", "--all", "--jsonl", "-n", "1", "--fields", "article_id,answer", cwd=archive)
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"article_id": "a", "answer": "The ferry to \x1b[31mSkye was late on Monday."}
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("search", "ferry", "--csv", "--fields", "titel"), "'titel' is not a field"),
        (("list", "--csv", "--fields", "section"), "'section' is not a field. For metadata of articles: metadata.section. "),
        (("search", "ferry", "--json", "--fields", "title"), "only with --csv and --jsonl"),
        (("list", "--fields", ","), "has 0 names"),
        (("ask-many", "questions.csv", "--out", "nowhere/a.csv"), "Choose another --out"),
        (("ask-many", "questions.csv", "--out", "a.parquet"), "expected a name that ends in .csv"),
        (("ask-many", "questions.csv", "--out", "a.JSONL"), "expected a name that ends in .csv"),
        (("ask-many", "rows.jsonl", "--out", "a.csv"), "expected CSV, with commas, semicolons or tabs"),
        (("ask-many", "missing.csv", "--out", "a.csv"), "cannot read missing.csv: No such file"),
        (("ask-many", "questions.csv", "--out", "a.csv", "--column", "q"), "has no column 'q'"),
        (("list", "--where", "nothing=1"), "nothing"),
    ],
)
def test_what_cannot_be_chosen_is_named(arguments: tuple[str, ...], told: str, archive: Path) -> None:
    """Exit code 2, and nothing on standard output."""
    (archive / "questions.csv").write_text("topic\nferry\n", encoding="utf-8")
    done = run(*arguments, cwd=archive)
    assert (done.returncode, done.stdout) == (2, b"")
    assert told in done.stderr.decode()


def test_a_list_that_is_empty_says_why(archive: Path) -> None:
    """The value that no article has, and the nearest that there is."""
    done = run("list", "--source", "Couriar", cwd=archive)
    assert (done.returncode, done.stdout) == (1, b"")
    assert "No article has source 'Couriar'; the nearest is 'Courier'." in done.stderr.decode()


def test_a_list_has_as_many_as_are_asked_for(archive: Path) -> None:
    """-n is --limit: the beginning of the whole list."""
    whole = run("list", "--csv", cwd=archive).stdout.splitlines()
    assert len(whole) > 3
    for flag in ("-n", "--limit"):
        assert run("list", "--csv", flag, "2", cwd=archive).stdout.splitlines() == whole[:3]


def test_articles_are_listed_newest_first(archive: Path) -> None:
    """Those of a day by id, those without a date last; as CSV and as JSON the same."""
    listed = read(run("list", "--csv", "--fields", "article_id,published,passages,copies", cwd=archive).stdout)
    assert listed == [
        ["article_id", "published", "passages", "copies"],
        ["b", "2024-05-01", "1", "0"],
        ["a", "2024-04-02", "1", "0"],
        ["c", "2024-04-02", "1", "0"],
        ["d", "", "1", "0"],
    ]
    as_json = json.loads(run("list", "--json", cwd=archive).stdout)["articles"]
    assert [each["article_id"] for each in as_json] == ["b", "a", "c", "d"]
    assert [json.loads(line) for line in run("list", "--jsonl", cwd=archive).stdout.splitlines()] == as_json
    oldest = read(run("list", "--csv", "--fields", "article_id", "--sort", "oldest", cwd=archive).stdout)[1:]
    assert oldest == [["a"], ["c"], ["b"], ["d"]]
    assert run("list", cwd=archive).stdout.decode().splitlines()[1] == "2024-04-02\ta\tCourier\t=HYPERLINK(1)"


def test_listed_articles_meet_the_filters(archive: Path) -> None:
    """Exit code 1 where none does."""
    found = run("list", "--jsonl", "--fields", "article_id", "--source", "Courier", "--on", "2024-04", cwd=archive)
    assert [json.loads(line)["article_id"] for line in found.stdout.splitlines()] == ["a", "c"]
    none = run("list", "--json", "--since", "2025", cwd=archive)
    assert (none.returncode, json.loads(none.stdout)) == (1, {"articles": []})


def ask(archive: Path, out: Path, questions: str, *more: str) -> subprocess.CompletedProcess[bytes]:
    """Ask a table of questions."""
    table = out.with_suffix(".in")
    table.write_bytes(questions.encode(errors="surrogateescape"))
    return run("ask-many", table, "--out", out, "--all", "-n", "2", "--fields", "title,rank,article_id", *more, cwd=archive)


def test_many_questions_are_answered_as_one_by_one(archive: Path, tmp_path: Path) -> None:
    """A row a question and hit, behind the columns of the questions, which stay as they are."""
    asked = ["ferry Skye", "Bread in Leeds", "harbour"]
    done = ask(archive, tmp_path / "out.csv", "title;q\n" + "".join(f"=keep;{each}\n\n" for each in asked), "--column", "q")
    assert done.returncode == 0, done.stderr
    # With the semicolons of the questions.
    header, *rows = csv.reader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8"), newline=""), delimiter=";")
    assert header == ["title", "q", "hit_title", "rank", "article_id"]
    single = [json.loads(run("search", each, "--all", "-n", "2", "--json", cwd=archive).stdout)["hits"] for each in asked]
    assert [(row[0], row[1], row[3], row[4]) for row in rows] == [
        ("=keep", each, str(hit["rank"]), hit["article_id"]) for each, hits in zip(asked, single, strict=True) for hit in hits
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "out.in"]


def test_numbers_of_rows_are_no_questions(archive: Path, tmp_path: Path) -> None:
    """The first column with words holds them; in a table without any, the first does."""
    done = ask(archive, tmp_path / "out.csv", "nr,q,note\n1,ferry Skye,old\n2,Bread in Leeds,\n")
    assert b"asked 2 questions" in done.stderr
    assert b"Reading the questions from column 'q'" in done.stderr
    best = [json.loads(run("search", each, "--all", "--json", cwd=archive).stdout)["hits"][0] for each in ("ferry Skye", "Bread in Leeds")]
    rows = [row for row in read((tmp_path / "out.csv").read_bytes()) if row[4] == "1"]
    assert [(*row[:3], row[5]) for row in rows] == [
        ("1", "ferry Skye", "old", best[0]["article_id"]),
        ("2", "Bread in Leeds", "", best[1]["article_id"]),
    ]
    assert b"column" not in ask(archive, tmp_path / "numbers.csv", "year\n2024\n").stderr


@pytest.mark.parametrize(
    ("table", "column", "told"),
    [
        pytest.param("question,note\n2024,for the budget desk\n", 0, False, id="a header"),
        pytest.param("Timestamp,Question\n2024/01/02 10:00:00 AM GMT+1,ferry Skye\n", 1, True, id="of a form"),
        pytest.param("id,question\nQ1,ferry Skye\nQ2,ferry\n", 1, True, id="ids"),
        pytest.param("nr,topic\n1,ferry\nn/a,harbour\n3,bread\n", 1, True, id="a number that is missing"),
        pytest.param("who,topic\nIda,ferry to Skye\nTom,bread in Leeds\n", 1, True, id="two words"),
        pytest.param("topic,note\nferry Skye,for the desk\nbread,for the desk\nfog at sea,\n", 0, True, id="two of them"),
        pytest.param("topic,note\nferry to Skye,\nbread in Leeds,for the desk\n", 0, False, id="one that is mostly empty"),
        pytest.param("Stamp,Topic\n2024/01/02 10:00:00 AM GMT+1,ferry Skye\n", 1, True, id="times"),
    ],
)
def test_the_column_of_the_questions(table: str, column: int, told: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One that is called so, else the first that mostly has several words, else the first with words. Another one that may be meant is told
    of.
    """
    (tmp_path / "in.csv").write_text(table, encoding="utf-8")
    questions = _Questions(tmp_path / "in.csv", None)
    assert all(question == cells[column] for _, question, cells in questions.rows(0))
    assert (f"from column {questions.header[column]!r}" in capsys.readouterr().err) == told


@pytest.mark.parametrize(
    ("table", "lost"),
    [
        ("Who won the vote?\nWho lost it?\n", True),
        ("who won the vote\nwho lost it\n", True),
        ("Wer gewann die Wahl\nWer verlor\n", True),
        ("id,Who won the vote?\n1,Who lost it?\n", True),
        ("question\nWho lost it?\n", False),
        ("Question?\nWho lost it?\n", False),
        ("Questions to ask\nWho lost it?\n", False),
        ("note,topic of what was asked\n,Who lost it?\n", False),
        ('" ",q\n1,Who lost it?\n', False),
    ],
)
def test_a_first_line_that_may_be_a_question_is_told(table: str, lost: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A list without a header loses its first question otherwise without a word."""
    (tmp_path / "in.csv").write_text(table, encoding="utf-8")
    _Questions(tmp_path / "in.csv", None)
    assert ("put a line with column names above it" in capsys.readouterr().err) == lost


@pytest.mark.parametrize("tells", ["sep=;", '"sep=;"', "SEP=;\r"])
def test_a_line_for_excel_is_no_header(tells: str, tmp_path: Path) -> None:
    """It names the delimiter, which decides even where others are more frequent; lines are counted from the first of the file."""
    (tmp_path / "in.csv").write_text(f"{tells}\nnr;q,a,b;desk;day\n1;ferry;x;y\n\n2;bread;x;y\n", encoding="utf-8", newline="")
    questions = _Questions(tmp_path / "in.csv", "q,a,b")
    assert (questions.header, questions.delimiter, questions.count) == (["nr", "q,a,b", "desk", "day"], ";", 2)
    assert list(questions.rows(0)) == [(3, "ferry", ["1", "ferry", "x", "y"]), (5, "bread", ["2", "bread", "x", "y"])]
    assert list(questions.rows(1)) == [(5, "bread", ["2", "bread", "x", "y"])]


@pytest.mark.parametrize(
    ("questions", "told"),
    [
        ("", "is empty"),
        ("q\nferry,one too many\n", "line 2: 2 columns, expected at most 1"),
        ("q,b\nferry,1\n\nbread,2\nfog,3,4\n", "line 5: 3 columns"),
        ('q\n"never closed\n', "line 2: unexpected end of data"),
        ("q\nferry\n\udcff\n", "is not UTF-8"),
        (f"q\n{'x' * 100_001}\n", "line 2: field larger than field limit"),
        (f"q\nferry\n{'x ' * 600_000}\n", "line 3: the line is longer"),
    ],
)
def test_a_bad_row_is_named(questions: str, told: str, archive: Path, tmp_path: Path) -> None:
    """By its line, before anything is asked or written."""
    done = ask(archive, tmp_path / "out.csv", questions)
    assert done.returncode == 2
    assert told in done.stderr.decode()
    assert not (tmp_path / "out.csv").exists()


def test_the_rest_of_a_process_reads_long_fields(archive: Path, tmp_path: Path) -> None:
    """The limit on the fields of a table of questions is not that of other readers of CSV."""
    (tmp_path / "in.csv").write_text("q\nferry\n", encoding="utf-8")
    before = csv.field_size_limit()
    assert main(["ask-many", str(tmp_path / "in.csv"), "--out", str(tmp_path / "out.csv"), "--index-dir", str(archive / "index")]) == 0
    assert csv.field_size_limit() == before


def test_a_low_least_score_lists_weaker_hits(archive: Path, tmp_path: Path) -> None:
    """As in search: they are no answers, but whoever gives a score wants what reaches it."""
    (tmp_path / "in.csv").write_text("q\nzeppelin bread\n", encoding="utf-8")
    rows = {}
    for least in ((), ("--min-score", "0")):
        done = run(
            "ask-many", tmp_path / "in.csv", "--out", tmp_path / f"{len(least)}.csv", "--fields", "title,answers", *least, cwd=archive
        )
        rows[least] = read((tmp_path / f"{len(least)}.csv").read_bytes())[1:]
        assert done.returncode in (0, 1)
    assert len(rows["--min-score", "0"]) > len(rows[()])
    assert rows["--min-score", "0"][-1][-1] == "false"


def test_a_question_that_cannot_be_asked_stops_no_other(archive: Path, tmp_path: Path) -> None:
    """It is named, and has a row without a hit."""
    (tmp_path / "in.csv").write_text("q,b\nferry,1\n,2\nbread,3\n", encoding="utf-8")
    done = run("ask-many", tmp_path / "in.csv", "--out", tmp_path / "out.csv", "--fields", "title", "--where", "nofield=1", cwd=archive)
    assert done.returncode == 2
    for line in (2, 4):
        assert f", line {line}: unknown key 'nofield'" in done.stderr.decode()
    assert b", line 3: " not in done.stderr
    assert read((tmp_path / "out.csv").read_bytes())[1:] == [["ferry", "1", ""], ["", "2", ""], ["bread", "3", ""]]


def test_an_option_that_no_question_can_have_is_refused_at_once(archive: Path, tmp_path: Path) -> None:
    """The message has its bounds, and nothing is written."""
    (tmp_path / "in.csv").write_text("q\nferry\n", encoding="utf-8")
    refused = run("ask-many", tmp_path / "in.csv", "--out", tmp_path / "out.csv", "-n", "20000", cwd=archive)
    assert refused.returncode == 2
    assert "a limit of 20000 is not allowed: expected 1 to 10000" in refused.stderr.decode()
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("questions", "code", "told"),
    [
        pytest.param("q,b\nferry,1\n ,2\n", 0, "asked 1 question, ", id="one of two"),
        pytest.param("q,b\n,2\n", 1, "asked 0 questions, 0 hits, 1 row without a question", id="all"),
    ],
)
def test_a_row_without_a_question_is_kept(questions: str, code: int, told: str, archive: Path, tmp_path: Path) -> None:
    """It has a row without a hit, and is no error."""
    done = ask(archive, tmp_path / "out.csv", questions)
    assert done.returncode == code, done.stderr
    assert told in done.stderr.decode()
    rows = read((tmp_path / "out.csv").read_bytes())[1:]
    assert [row[1:] for row in rows if row[1] == "2"] == [["2", "", "", ""]]


# Runs ask-many, and dies as by SIGKILL before or after the progress of a batch is noted.
DYING = """
import os, sys
from newsdex.cli import main
from newsdex.commands import tables
keep, left = tables._Answers.keep, int(sys.argv[1])
def dying(answers):
    global left
    left -= 1
    if left == 0 and sys.argv[2] == "before":
        answers.file.flush()
        os.kill(os.getpid(), 9)
    keep(answers)
    if left == 0:
        os.kill(os.getpid(), 9)
tables._Answers.keep = dying
main(sys.argv[3:])
"""


@pytest.mark.parametrize(("batch", "when"), [(1, "before"), (1, "after"), (2, "before"), (2, "after"), (3, "after")])
def test_a_killed_run_goes_on(batch: int, when: str, archive: Path, tmp_path: Path) -> None:
    """Wherever it is killed, the file and the counts in the end are those of a run that was not, and other questions do not go into it."""
    questions = "q,n\n,0\n" + "".join(f"ferry {number},{number}\n" for number in range(1, 70))
    whole = ask(archive, tmp_path / "whole.csv", questions)
    assert whole.returncode == 0
    out, progress = tmp_path / "out.csv", tmp_path / "out.csv.progress"
    table = out.with_suffix(".in")
    table.write_text(questions, encoding="utf-8")
    command = [sys.executable, "-c", DYING, str(batch), when, "ask-many", table, "--out", out, "--all", "-n", "2"]
    command += ["--fields", "title,rank,article_id", "--index-dir", "index"]
    assert subprocess.run(command, cwd=archive, capture_output=True, check=False).returncode == -signal.SIGKILL
    assert progress.exists()
    if (batch, when) != (1, "before"):
        with out.open("ab") as file:
            file.write(b"a torn row,")
    other = ask(archive, out, "q\nanother\n")
    assert other.returncode == 2
    assert "other questions or options" in other.stderr.decode()
    done = ask(archive, out, questions)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == whole.stderr.splitlines()[-1]
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert not progress.exists()
    again = ask(archive, out, questions)
    assert again.returncode == 2
    assert "exists" in again.stderr.decode()


def test_a_filter_as_in_a_search_is_told_its_option() -> None:
    """``list`` has no question, and an error names the option."""
    done = subprocess.run([sys.executable, "-m", "newsdex", "list", "lang:fr"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "'lang:fr' is not an option: newsdex list takes only options, such as --lang fr" in done.stderr
