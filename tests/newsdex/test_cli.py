"""The command line as someone at a shell meets it: real processes, their output, their exit codes."""

from __future__ import annotations

import calendar
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from command import MODULE, Ran, environment, run, run_on_terminal
from paths import ROOT

from newsdex import Chunking, Index, UsageError
from newsdex.store.files import WriterLock

# As python -m newsdex, where Ctrl-C is not ignored even if it is in the shell that runs the tests.
INTERRUPTIBLE = [
    sys.executable,
    "-c",
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); from newsdex.cli import main; sys.exit(main())",
]
COPPER = "Copper dear\n\nPrices rose in London. Copper led all the metals on Friday. Traders were glad.\n"
SGR = re.compile(r"\x1b\[[0-9;]*m")
SUMMARY = re.compile(
    r"(?P<would>dry run: )?added (?P<added>\d+), updated (?P<updated>\d+), unchanged (?P<unchanged>\d+), removed (?P<removed>\d+), "
    r"skipped (?P<skipped>\d+) in \d+\.\d s(?P<rest>.*)\n"
)


@dataclass(frozen=True)
class Archive:
    """An archive and its index, side by side in ``folder``."""

    folder: Path
    articles: Path
    index: Path


def counts(out: str) -> dict[str, Any]:
    """The numbers of a summary line, which must be all that was printed."""
    found = SUMMARY.fullmatch(out)
    assert found, out
    return {name: int(text) for name, text in found.groupdict().items() if name not in ("would", "rest")}


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder`` with its content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def write(folder: Path, **texts: str) -> Path:
    """A folder of plain text articles."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Four articles in an index that the tests only read."""
    folder = tmp_path_factory.mktemp("cli")
    articles = write(
        folder / "articles",
        copper=COPPER,
        tin="Tin cheap\n\nTin fell again. Nobody in Jakarta knew the reason.\n",
    )
    front = "---\ntitle: Zinc in Lima\nsource: Harbour Courier\ndate: 2024-04-26\n---\n"
    (articles / "zinc.md").write_text(f"{front}Miners of zinc met in Lima. They agreed on wages.\n", encoding="utf-8")
    (articles / "lines.jsonl").write_text('{"_id": "lead-1", "title": "Lead", "text": "Lead was quiet."}\n', encoding="utf-8")
    assert run("index", "articles", "--model", "hash", "--index-dir", "index", cwd=folder).code == 0
    return Archive(folder, articles, folder / "index")


@pytest.mark.parametrize("question", ["recent trams in Northgate", "trams in Northgate"])
def test_an_order_other_than_that_of_the_scores_is_explained_before_the_hits(tmp_path: Path, question: str) -> None:
    """A remark stands above hits of which a later one scores more, else below."""
    front = "---\ntitle: {}\ndate: {}\n---\n{}\n"
    for name, title, day, text in (
        ("old", "Morning news", "2024-05-06", "Northgate has trams again. The trams run to the harbour."),
        ("new", "An otter", "2024-08-20", "Trams stood still in Northgate, because an otter lay there for an hour on Monday."),
    ):
        write(tmp_path / "articles", **{name: front.format(title, day, text)})
        (tmp_path / "articles" / f"{name}.txt").rename(tmp_path / "articles" / f"{name}.md")
    assert run("index", "articles", "--model", "hash", "--index-dir", "index", cwd=tmp_path).code == 0
    command = [*MODULE, "search", "--index-dir", "index", question]
    out = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment(), check=True).stdout
    lines = out.decode().splitlines()
    scores = [float(line.split()[-1]) for line in lines if re.match(r"[12]\. ", line)]
    assert len(scores) == 2
    assert (lines[0] == 'Newer articles first ("recent").') is (scores[0] < scores[1]) is question.startswith("recent")


@pytest.fixture
def changing(archive: Archive, tmp_path: Path) -> Archive:
    """The same archive and index, for one test to change."""
    shutil.copytree(archive.articles, tmp_path / "articles")
    shutil.copytree(archive.index, tmp_path / "index")
    return Archive(tmp_path, tmp_path / "articles", tmp_path / "index")


def ask(archive: Archive, *arguments: str | bytes, **more: str) -> Ran:
    """Run newsdex search in the archive's folder."""
    return run("search", "--index-dir", "index", *arguments, cwd=archive.folder, **more)


def test_found(archive: Archive) -> None:
    """An answer is printed for a person: rank, title, score, place, passage, the answer sentence set off; exit code 0, no talk."""
    code, out, err = ask(archive, "-n", "1", "all the metals on Friday")
    assert (code, err) == (0, "")
    heading, place, *passage = out.splitlines()
    assert re.fullmatch(r"1\.  Copper dear +1\.00", heading)
    assert place == f"    articles/copper.txt [0:{len(COPPER.rstrip())}]"
    words = " ".join(line.removeprefix("    ") for line in passage)
    assert words == "Copper dear Prices rose in London. >> Copper led all the metals on Friday. << Traders were glad."


def test_nothing_found(changing: Archive) -> None:
    """An index without passages answers with exit code 1: a word on standard error, nothing or an empty list on standard output."""
    shutil.rmtree(changing.articles)
    changing.articles.mkdir()
    assert counts(run("index", "articles", "--prune", "--index-dir", "index", cwd=changing.folder).out)["removed"] == 4
    assert ask(changing, "copper") == (1, "", "Nothing found in index.\n")
    code, out, err = ask(changing, "--json", "copper")
    assert (code, json.loads(out)["hits"], err) == (1, [], "")
    assert ask(changing, "--format", "jsonl", "copper") == (1, "", "")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        pytest.param([], "Missing argument 'QUESTION...'. Example: search \"China support for Russia\"\n", id="no question"),
        pytest.param(["--csv", "--json", "copper"], "--csv and --json choose different formats: give only one of them\n", id="two formats"),
        pytest.param(["--format", "csv", "--csv", "copper"], "--format and --csv choose different formats", id="a format twice"),
        pytest.param([""], "the question is empty", id="empty"),
        pytest.param([" \t\n", "\u3000"], "the question is empty", id="white space"),
        pytest.param(["-n", "0", "copper"], "a limit of 0 is not allowed: expected 1 to 10000", id="limit 0"),
        pytest.param(["--offset", "-1", "copper"], "an offset of -1 is not allowed: expected 0 to 10000", id="negative offset"),
        pytest.param(["--limit", "-3", "copper"], "a limit of -3 is not allowed: expected 1 to 10000", id="negative limit"),
        pytest.param(["-n", "10001", "copper"], "a limit of 10001 is not allowed: expected 1 to 10000", id="limit too large"),
        pytest.param(["-n", "9" * 30, "copper"], f"a limit of {'9' * 30} is not allowed: expected 1 to 10000", id="limit of 30 digits"),
        pytest.param(["-n", "five", "copper"], "'five': expected a whole number\n", id="limit in words"),
        pytest.param(["-n", "2.5", "copper"], "'2.5': expected a whole number\n", id="limit with a fraction"),
        pytest.param(["copper", "-n"], "Option '-n' requires an argument", id="limit without a value"),
        pytest.param(["--format", "xml", "copper"], "'xml' is not one of 'text', 'json', 'jsonl'", id="unknown format"),
        pytest.param(["--color", "blue", "copper"], "'blue' is not one of 'auto', 'always', 'never'", id="unknown colour"),
        pytest.param(["--frobnicate", "copper"], "No such option '--frobnicate'", id="unknown option"),
        pytest.param(["-z", "copper"], "No such option '-z'", id="unknown letter"),
    ],
)
def test_wrong_usage_of_search(archive: Archive, arguments: list[str], reason: str) -> None:
    """What makes no sense is an error that says why: exit code 2, nothing on standard output, no traceback."""
    code, out, err = ask(archive, *arguments)
    assert (code, out) == (2, "")
    assert reason in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        pytest.param(["frobnicate"], "No such command 'frobnicate'", id="unknown command"),
        pytest.param(["--frobnicate"], "No such option '--frobnicate'", id="unknown option"),
        pytest.param(["--index-dir", "new", "status"], "after the command: newsdex COMMAND --index-dir", id="option before the command"),
        pytest.param(["index"], "Missing argument 'PATH...'. More: newsdex index --help\n", id="index nothing"),
        pytest.param(["mark"], "Missing argument 'ID'. Example: newsdex mark ID --retracted", id="mark nothing"),
        pytest.param(["list", "--jsonl", "--csv"], "--jsonl and --csv choose different formats", id="two formats of a list"),
        pytest.param(["fetch", "lst"], "No such command 'lst'. Did you mean list?", id="unknown command of a group"),
        pytest.param(["serve", "--port", "abc"], "'--port': 'abc': expected a whole number from 0 to 65535\n", id="port in words"),
        pytest.param(["serve", "--port", "99999"], "'--port': 99999: expected a whole number from 0 to 65535\n", id="no port"),
        pytest.param(["list", "-n", "0"], "'-n' / '--limit': 0: expected a whole number of at least 1\n", id="none to list"),
        pytest.param(["index", "articles", "--wait", "soon"], "'--wait': 'soon': expected a number of at least 0\n", id="wait in words"),
        pytest.param(
            ["index", "articles", "--max-tokens", "10", "--model", "hash", "--index-dir", "new"],
            "a passage of 10 tokens is not allowed: expected ",
            id="passages too small",
        ),
        pytest.param(["status", "index"], "Got unexpected extra argument (index)", id="status with an argument"),
    ],
)
def test_wrong_usage_of_newsdex(archive: Archive, arguments: list[str], reason: str) -> None:
    """Unknown commands, options and arguments are errors: exit code 2, nothing on standard output, no traceback."""
    code, out, err = run(*arguments, cwd=archive.folder)
    assert (code, out) == (2, "")
    assert reason in err
    assert "Traceback" not in err


@pytest.mark.parametrize("limit", [pytest.param(1, id="1"), pytest.param(3, id="3"), pytest.param(10_000, id="more than there are")])
def test_limit(archive: Archive, limit: int) -> None:
    """-n is --limit: so many passages, or all there are, and always the beginning of the longer list."""
    everything = [json.loads(line) for line in ask(archive, "--format", "jsonl", "-n", "100", "copper").out.splitlines()]
    assert len(everything) == 4
    for name in ("-n", "--limit"):
        lines = ask(archive, name, str(limit), "--format", "jsonl", "copper").out.splitlines()
        assert [json.loads(line) for line in lines] == everything[:limit]


def test_formats_agree(archive: Archive) -> None:
    """--json is --format json; text, json and jsonl give the same hits in the same order, of which text has those that answer."""
    short, whole, lines, text = (
        ask(archive, *how, "copper metals") for how in (["--json"], ["--format", "json"], ["--format", "jsonl"], ["--format", "text"])
    )
    assert short == whole
    assert text == ask(archive, "copper metals")
    assert [ran.code for ran in (whole, lines, text)] == [0, 0, 0]
    answer = json.loads(whole.out)
    assert answer["query"] == "copper metals"
    assert [json.loads(line) for line in lines.out.splitlines()] == answer["hits"]
    places = re.findall(r"^    (\S+)(?: line (\d+))? \[(\d+):(\d+)\](?: id \S+)?$", text.out, re.MULTILINE)
    assert [(str(archive.folder / path), int(line or 0) or None, int(start), int(end)) for path, line, start, end in places] == [
        (hit["path"], hit["record"], hit["start"], hit["end"]) for hit in answer["hits"] if hit["answers"]
    ]
    assert whole.out.isascii()
    assert lines.out.isascii()


def test_answers_on_later_pages_are_counted(tmp_path: Path) -> None:
    """The text says how many more answer and how to see them; then it says nothing of that."""
    (tmp_path / "a.jsonl").write_text("".join(f'{{"_id": "a{n}", "text": "copper price mine {n}"}}\n' for n in range(23)), encoding="utf-8")
    assert run("index", "a.jsonl", "--model", "hash", cwd=tmp_path).code == 0
    asked = {limit: run("search", "copper price mine", "--no-collapse", "-n", limit, cwd=tmp_path) for limit in ("5", "19", "20", "23")}
    assert [ran.err for ran in asked.values()] == [
        "At least 15 more hits (show with -n 20).\n",
        "At least 1 more hit (show with -n 20).\n",
        "There are more hits (show with -n 40).\n",
        "",
    ]
    page = run("search", "copper price mine", "--no-collapse", "-n", "4", "--offset", "16", cwd=tmp_path)
    assert page.err == "There are more hits (show with -n 8).\n"


def test_weaker_hits_are_left_out_and_counted(archive: Archive) -> None:
    """The text has the hits whose score is 0.16 or more, and standard error says how many others there are; --all has them all, and JSON
    marks them.
    """
    found = json.loads(ask(archive, "--json", "copper metals").out)["hits"]
    weaker = sum(hit["score"] < 0.16 for hit in found)
    assert 0 < weaker < len(found)
    assert [hit["answers"] for hit in found] == [hit["score"] >= 0.16 for hit in found]
    text, everything, chosen = (ask(archive, *how, "copper metals") for how in ([], ["--all"], ["--min-score", "0"]))
    assert text.err.splitlines()[-1] == f"{weaker} weaker {'hit' if weaker == 1 else 'hits'} left out (show with --all)."
    if one := ask(archive, "copper").err:
        assert one.splitlines()[-1].endswith("""left out (show with --all; for all articles with the word: search '"copper"').""")
    for whole in (everything, chosen):
        assert "left out" not in whole.err
        assert whole.out.startswith(text.out.rstrip("\n"))
        assert len(re.findall(r"\[\d+:\d+\](?: id \S+)?$", whole.out, re.MULTILINE)) == len(found)


def test_all_says_whether_any_hit_answers(archive: Archive) -> None:
    """With --all, a question without an answer has hits, and still exit code 1 and a remark; JSON has ``answerable`` for that."""
    for form in ("text", "jsonl", "csv"):
        for asked, code in (("sourdough recipes with kefir", 1), ("all the metals on Friday", 0)):
            done = ask(archive, "--all", "--format", form, asked)
            assert done.code == code
            assert len(done.out.splitlines()) > 1
            assert ("None of these hits is good enough to count as an answer." in done.err) == bool(code)
    code, out, err = ask(archive, "--all", "--json", "sourdough recipes with kefir")
    assert (code, json.loads(out)["answerable"], json.loads(out)["hits"] != [], err) == (1, False, True, "")


def test_a_follow_up_in_the_shell(archive: Archive) -> None:
    """Earlier questions, oldest first, complete a question that says little by itself."""
    alone = json.loads(ask(archive, "--json", "--all", "and where was that?").out)
    joined = json.loads(ask(archive, "--json", "--history", "tin prices", "--history", "miners of zinc", "and where was that?").out)
    assert joined["hits"][0]["article_id"] == "articles/zinc.md"
    assert joined["hits"][0]["score"] > max(hit["score"] for hit in alone["hits"])
    assert joined["remarks"] == ["Read together with the earlier questions: miners of zinc"]


def test_explain_without_an_answer_says_where_the_explanations_are(archive: Archive) -> None:
    """The nearest misses are titles; --all explains them."""
    asked = "sourdough recipes with kefir"
    assert ask(archive, asked).err.splitlines()[0] == "No results answer that. The nearest articles (--all shows all):"
    assert (
        ask(archive, "--explain", asked).err.splitlines()[0]
        == "No results answer that. The nearest articles (--all shows all and explains them):"
    )
    assert "which means a score of" in ask(archive, "--explain", "--all", asked).out


def test_retrievers_leave_weaker_hits_out(archive: Archive) -> None:
    """Of what answers only that is a passage; with a least score of 0, or where nothing answers, all are."""
    from newsdex.search.retrievers.passages import retrieve

    with Index.open(archive.index) as index:
        answers = [found.score >= 0.16 for found in retrieve(index, "copper metals", 5, {})]
        assert set(answers) == {True}
        assert len(retrieve(index, "copper metals", 5, {"min_score": 0})) > len(answers)
        nothing = retrieve(index, "sourdough recipes with kefir", 5, {})
    assert nothing
    assert not any(found.fields["answerable"] for found in nothing)


def test_retrievers_have_a_name_of_their_own_for_the_limit() -> None:
    """It is told instead of a clash of arguments."""
    from newsdex.search.retrievers.passages import check_options

    with pytest.raises(UsageError, match="limit is called top_k here: expected top_k=2"):
        check_options(5, {"limit": 2}, "top_k")


def test_words_of_a_question(archive: Archive) -> None:
    """A question may be typed as several words, with options before, among or after them."""
    expected = ask(archive, "--json", "wages of miners in Lima")
    assert json.loads(expected.out)["query"] == "wages of miners in Lima"
    assert ask(archive, "wages", "of", "--json", "miners", "in", "Lima") == expected
    assert json.loads(ask(archive, "--json", "--", "--copper", "-").out)["query"] == "--copper -"


def test_a_question_on_standard_input(archive: Archive) -> None:
    """The question - is read from standard input, in UTF-8, line ends and all."""
    asked = "What about \u4e2d\u56fd\nand caf\u00e9?\n"
    code, out, err = run("search", "--index-dir", "index", "--json", "-", cwd=archive.folder, stdin=asked.encode())
    assert (code, err) == (1, "")
    assert json.loads(out)["query"].strip() == asked.strip()
    assert json.loads(out)["nearest"] == json.loads(ask(archive, "--json", asked).out)["nearest"] != []


@pytest.mark.parametrize(
    ("stdin", "reason"),
    [
        pytest.param(b"", "the question is empty", id="nothing"),
        pytest.param(b" \n\t\r\n", "the question is empty", id="white space"),
        pytest.param(b"copper \xff\xfe tin", "the question on standard input is not UTF-8 (byte 7)", id="not UTF-8"),
        pytest.param(b"caf\xc3", "the question on standard input is not UTF-8 (byte 3)", id="cut UTF-8"),
    ],
)
def test_a_bad_question_on_standard_input(archive: Archive, stdin: bytes, reason: str) -> None:
    """A question on standard input that is empty or not UTF-8 is an error in one line."""
    code, out, err = run("search", "--index-dir", "index", "-", cwd=archive.folder, stdin=stdin)
    assert (code, out) == (2, "")
    assert reason in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("form", [pytest.param("text", id="text"), pytest.param("json", id="json")])
def test_a_question_that_is_not_utf8(archive: Archive, form: str) -> None:
    """A question on the command line that is not UTF-8 is an error that says so, like one on standard input."""
    code, out, err = ask(archive, "--format", form, b"copper \xff tin")
    assert (code, out) == (2, "")
    assert "not UTF-8" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("descriptor", [pytest.param(0, id="input"), pytest.param(1, id="output"), pytest.param(2, id="error")])
def test_a_closed_standard_stream(archive: Archive, descriptor: int) -> None:
    """With a standard stream closed there is no traceback: no question is an error, no reader is none."""
    closing = f"import os, sys; os.close({descriptor}); os.execv(sys.executable, [sys.executable, '-m', 'newsdex', *sys.argv[1:]])"
    command = [sys.executable, "-c", closing, "search", "--index-dir", "index", "-"]
    code, _, err = run(cwd=archive.folder, command=command, stdin=b"copper")
    assert "Traceback" not in err
    assert code == (2 if descriptor == 0 else 0)


def test_no_room_for_the_answer(archive: Archive) -> None:
    """An answer that cannot be written, as on a full disk, is an error in one line: exit code 2."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("wb") as full:
        command = [*MODULE, "search", "--index-dir", "index", "copper"]
        done = subprocess.run(command, cwd=archive.folder, env=environment(), stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["copper", "prices"], id="text"),
        pytest.param(["--json", "copper"], id="json"),
        pytest.param(["--color", "always", "tin"], id="colour"),
    ],
)
def test_all_doors_are_one(archive: Archive, arguments: list[str]) -> None:
    """search, newsdex search, python -m newsdex search and python cli.py search from the checkout write the same bytes."""
    scripts = Path(sysconfig.get_path("scripts"))
    commands: list[list[str]] = [
        [*MODULE, "search"],
        [str(scripts / "search")],
        [str(scripts / "newsdex"), "search"],
        [sys.executable, "cli.py", "search"],
    ]
    answers = {run(*arguments, "--index-dir", archive.index, cwd=ROOT, command=command) for command in commands}
    assert len(answers) == 1
    assert answers.pop().code == 0


def test_version_and_help(archive: Archive) -> None:
    """--version names the version; -h and --help name every option of each command."""
    assert run("--version", cwd=archive.folder) == (0, f"newsdex, version {version('newsdex')}\n", "")
    assert run("--help", cwd=archive.folder) == run("-h", cwd=archive.folder)
    options = {
        "search": ["-n, --limit", "--format", "--json", "--color", "--index-dir"],
        "index": ["--prune", "--dry-run", "--model", "--precision", "--max-tokens", "--overlap", "--wait", "--index-dir"],
        "status": ["--json", "--index-dir"],
    }
    for command, names in options.items():
        code, out, err = run(command, "--help", cwd=archive.folder)
        assert (code, err) == (0, "")
        assert [name for name in names if name not in out] == []


def test_the_list_of_commands_cuts_no_sentence() -> None:
    """At 80 columns each command has its summary in one line, whole."""
    from click.testing import CliRunner

    from newsdex.cli import newsdex

    told = CliRunner().invoke(newsdex, ["--help"], terminal_width=80).output.partition("Commands:\n")[2].splitlines()
    assert len(told) > 30
    assert [line for line in told if line.endswith("...") or not line.endswith(".") or line.startswith("   ")] == []


def test_help_shows_examples_as_they_are_typed() -> None:
    """No help shows a mark of its source, and each example has a line of its own."""
    from click.testing import CliRunner

    from newsdex.cli import newsdex

    names = newsdex.list_commands(None)  # type: ignore[attr-defined]
    assert len(names) > 20
    for name in names:
        text = CliRunner().invoke(newsdex, [name, "--help"], terminal_width=200, max_content_width=200).output
        assert text.startswith(f"Usage: newsdex {name}")
        assert not re.search(r"[\\\x00-\x09\x0b-\x1f]", text), name
        assert not re.search(r"^  newsdex .* newsdex ", text, re.MULTILINE), name


@pytest.mark.parametrize(
    ("arguments", "variables", "colored"),
    [
        pytest.param([], {}, False, id="a pipe"),
        pytest.param(["--color", "always"], {}, True, id="always"),
        pytest.param(["--color", "always"], {"NO_COLOR": "1"}, True, id="always beats NO_COLOR"),
        pytest.param(["--color", "never"], {}, False, id="never"),
        pytest.param(["--color", "always", "--json"], {}, False, id="JSON has none"),
    ],
)
def test_color_without_a_terminal(archive: Archive, arguments: list[str], variables: dict[str, str], colored: bool) -> None:
    """Without a terminal there is colour only when it is asked for, and never a link."""
    code, out, _ = ask(archive, *arguments, "copper", **variables)
    assert code == 0
    assert bool(SGR.search(out)) == colored
    assert "\x1b" not in SGR.sub("", out)


@pytest.mark.parametrize(
    ("arguments", "variables", "colored", "linked"),
    [
        pytest.param([], {}, True, True, id="auto"),
        pytest.param([], {"NO_COLOR": "1"}, False, True, id="NO_COLOR"),
        pytest.param([], {"NO_COLOR": ""}, True, True, id="an empty NO_COLOR does not count"),
        pytest.param([], {"TERM": "dumb"}, False, False, id="a dumb terminal"),
        pytest.param(["--color", "never"], {}, False, False, id="never"),
        pytest.param(["--color", "always"], {"NO_COLOR": "1"}, True, True, id="always beats NO_COLOR"),
        pytest.param(["--json"], {}, False, False, id="JSON has neither"),
    ],
)
def test_color_and_links_on_a_terminal(
    archive: Archive, arguments: list[str], variables: dict[str, str], colored: bool, linked: bool
) -> None:
    """On a terminal there are colours, unless NO_COLOR, --color or a dumb terminal forbid them, and links to the files."""
    code, out, err = run_on_terminal(
        "search", "--index-dir", "index", "-n", "1", *arguments, "copper prices", cwd=archive.folder, **variables
    )
    assert (code, err) == (0, "")
    assert bool(SGR.search(out)) == colored
    links = re.findall(r"\x1b\]8;;(file://[^\x1b]*)\x1b\\([^\x1b]*)\x1b\]8;;\x1b\\", SGR.sub("", out))
    expected = [(f"{archive.articles}/copper.txt", f"articles/copper.txt [0:{len(COPPER.rstrip())}]")] if linked else []
    assert [(re.sub(r"file://[^/]*", "", uri), text) for uri, text in links] == expected
    if "--json" not in arguments:
        assert (" >> " in out) != colored


def test_lines_fit_the_terminal(archive: Archive) -> None:
    """On a terminal of 50 columns no line is wider than 50."""
    _, out, _ = run_on_terminal("search", "--index-dir", "index", "--color", "never", "copper prices", cwd=archive.folder, columns=50)
    widths = [len(line) for line in out.splitlines()]
    assert 40 < max(widths) <= 50


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["search", "copper"], id="search"),
        pytest.param(["search", "--json", "copper"], id="json"),
        pytest.param(["search", "--format", "jsonl", "copper"], id="jsonl"),
        pytest.param(["status"], id="status"),
        pytest.param(["search", "--help"], id="help"),
    ],
)
def test_a_closed_pipe_is_quiet(archive: Archive, arguments: list[str]) -> None:
    """When the reader has gone, as head does, there is no complaint and no error: exit code 0."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*MODULE, *arguments],
        cwd=archive.folder,
        env=environment(NEWSDEX_INDEX_DIR="index"),
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_closed_pipe_does_not_stop_an_index_run(archive: Archive, tmp_path: Path) -> None:
    """A summary that nobody reads costs nothing: the articles are indexed, and the exit code is 0."""
    reading, writing = os.pipe()
    os.close(reading)
    arguments = ["index", archive.articles, "--model", "hash", "--index-dir", "index"]
    done = subprocess.run([*MODULE, *arguments], cwd=tmp_path, env=environment(), stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(run("status", "--json", "--index-dir", "index", cwd=tmp_path).out)["articles"] == 4


def test_other_encodings(tmp_path: Path) -> None:
    """Where the terminal's encoding lacks a character, another stands in its place; nothing fails."""
    write(tmp_path / "articles", chinese="\u4e2d\u56fd\n\nCaf\u00e9 and copper \u4e2d\u56fd.\n")
    assert run("index", "articles", "--model", "hash", "--index-dir", "index", cwd=tmp_path).code == 0
    command = [*MODULE, "search", "--index-dir", "index", "copper"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(PYTHONIOENCODING="latin-1"), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert re.search("Caf\u00e9 and copper [^ ]+[.] ", done.stdout.decode("latin-1"))


def test_interrupted(changing: Archive) -> None:
    """Ctrl-C leaves with exit code 130 and without a traceback; the index is as it was, and free for the next run."""
    write(changing.articles, iron="Iron\n\nIron was quiet.\n")
    before = tree(changing.index / "g000001")
    with WriterLock(changing.index):
        command = [*INTERRUPTIBLE, "index", "articles", "--index-dir", "index"]
        with subprocess.Popen(
            command, cwd=changing.folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr
            assert process.stderr.readline().startswith(f"Waiting for process {os.getpid()} on ")
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (out, err.strip()) == ("", "newsdex: interrupted: the index is unchanged; the same command continues")
    assert tree(changing.index / "g000001") == before
    assert counts(run("index", "articles", "--index-dir", "index", "--wait", "0", cwd=changing.folder).out)["added"] == 1


def test_no_time_to_wait(changing: Archive) -> None:
    """With --wait 0, an index that is being written to is an error that names the writer; --wait 0.2 waits first."""
    write(changing.articles, iron="Iron\n\nIron was quiet.\n")
    before = tree(changing.index / "g000001")
    with WriterLock(changing.index):
        code, out, err = run("index", "articles", "--index-dir", "index", "--wait", "0", cwd=changing.folder)
        assert (code, out) == (2, "")
        assert re.fullmatch(rf"newsdex: \S*index is being written to by process {os.getpid()} on .+\. Try again .+--wait SECONDS\n", err)
        began = time.monotonic()
        code, out, err = run("index", "articles", "--index-dir", "index", "--wait", "0.2", cwd=changing.folder)
        assert time.monotonic() - began > 0.2
        assert (code, out) == (2, "")
        waiting, problem = err.splitlines()
        assert waiting.startswith(f"Waiting for process {os.getpid()} on ")
        assert problem.startswith("newsdex: ")
        assert ask(changing, "-n", "1", "copper").code == 0  # readers take no lock
    assert tree(changing.index / "g000001") == before


def test_index_dir_of_the_environment(archive: Archive, tmp_path: Path) -> None:
    """NEWSDEX_INDEX_DIR names the index; --index-dir beats it; without both it is index_data in the working folder."""
    expected = ask(archive, "--json", "copper")
    elsewhere = {"NEWSDEX_INDEX_DIR": str(archive.index)}
    assert run("search", "--json", "copper", cwd=tmp_path, **elsewhere) == expected
    assert json.loads(run("status", "--json", cwd=tmp_path, **elsewhere).out)["articles"] == 4
    code, _, err = run("search", "copper", "--index-dir", "other", cwd=tmp_path, **elsewhere)
    assert code == 2
    assert f"{tmp_path}/other" in err
    write(tmp_path / "articles", iron="Iron\n\nIron was quiet.\n")
    assert counts(run("index", "articles", "--model", "hash", cwd=tmp_path).out)["added"] == 1
    assert (tmp_path / "index_data" / "CURRENT").is_file()
    assert json.loads(run("search", "--json", "iron", cwd=tmp_path).out)["hits"][0]["article_id"] == "articles/iron.txt"


def test_summary_counts(changing: Archive) -> None:
    """The summary counts articles: added, updated, unchanged, removed, skipped; each reason for skipping is told on standard error."""
    write(changing.articles, iron="Iron\n\nIron was quiet.\n", tin="Tin cheap\n\nTin rose after all.\n", blank=" \n\n")
    (changing.articles / "zinc.md").unlink()
    (changing.articles / "picture.png").write_bytes(b"\x89PNG")
    code, out, err = run("index", "articles", "--index-dir", "index", cwd=changing.folder)
    assert code == 0
    assert counts(out) == {"added": 1, "updated": 1, "unchanged": 2, "removed": 0, "skipped": 1}
    assert "; 1 no longer in their files (--prune removes them); other files: 1 .png" in out
    assert err == f"{changing.articles}/blank.txt: no text\n"
    hits = {hit["article_id"]: hit["text"] for hit in json.loads(ask(changing, "--json", "-n", "9", "tin").out)["hits"]}
    assert sorted(hits) == ["articles/copper.txt", "articles/iron.txt", "articles/tin.txt", "articles/zinc.md", "lead-1"]
    assert hits["articles/tin.txt"] == "Tin cheap\n\nTin rose after all."


def test_nothing_changed(changing: Archive) -> None:
    """A second run over the same files changes nothing, and answers stay the same."""
    answer = ask(changing, "--json", "copper")
    code, out, err = run("index", "articles", "--index-dir", "index", cwd=changing.folder)
    assert (code, err) == (0, "")
    assert counts(out) == {"added": 0, "updated": 0, "unchanged": 4, "removed": 0, "skipped": 0}
    assert ask(changing, "--json", "copper") == answer


def test_one_file_by_name(tmp_path: Path) -> None:
    """A path may be a file; what lies beside it is left alone."""
    write(tmp_path / "articles", iron="Iron was quiet.\n", tin="Tin fell.\n")
    assert counts(run("index", "articles/iron.txt", "--model", "hash", "--index-dir", "index", cwd=tmp_path).out)["added"] == 1
    out = run("index", "articles/iron.txt", "articles/tin.txt", "articles", "--index-dir", "index", cwd=tmp_path).out
    assert counts(out) == {"added": 1, "updated": 0, "unchanged": 1, "removed": 0, "skipped": 0}


def test_prune(changing: Archive) -> None:
    """--prune removes articles that are no longer in their files, and only those below the paths it was given."""
    write(changing.folder / "other", iron="Iron was quiet.\n")
    run("index", "other", "--index-dir", "index", cwd=changing.folder)
    (changing.articles / "zinc.md").unlink()
    (changing.articles / "lines.jsonl").write_text("\n", encoding="utf-8")
    shutil.rmtree(changing.folder / "other")
    code, out, _ = run("index", "articles", "--prune", "--index-dir", "index", cwd=changing.folder)
    assert code == 0
    assert counts(out) == {"added": 0, "updated": 0, "unchanged": 2, "removed": 2, "skipped": 0}
    hits = json.loads(ask(changing, "--json", "--all", "-n", "9", "zinc").out)["hits"]
    assert sorted(hit["article_id"] for hit in hits) == ["articles/copper.txt", "articles/tin.txt", "other/iron.txt"]


def test_prune_keeps_what_may_not_be_mounted(tmp_path: Path) -> None:
    """With exit code 2 and the command that removes it; a dry run says the same."""
    for folder in ("web", "desk"):
        write(tmp_path / "a" / folder, **{f"n{number}": f"Report {number} of the {folder}." for number in range(12)})
    run("index", "a", "--model", "hash", "--index-dir", "index", cwd=tmp_path)
    (tmp_path / "a" / "web").rename(tmp_path / "off")
    command = "newsdex index a --prune-all --index-dir index"
    told = f"{tmp_path}/a/web is missing or empty, like a disk that is not mounted: its 12 articles are kept. To remove them: {command}"
    for dry in (["--dry-run"], []):
        code, out, err = run("index", "a", "--prune", *dry, "--index-dir", "index", cwd=tmp_path)
        assert (code, err) == (2, f"newsdex: {told}\n")
        assert "removed 0" in out
        assert "; 12 no longer in their files (kept)" in out
    (tmp_path / "off").rename(tmp_path / "a" / "web")
    for path in [*(tmp_path / "a").rglob("n[0-6].txt")]:
        path.unlink()
    code, _, err = run("index", "a", "--prune", "--index-dir", "index", cwd=tmp_path)
    assert code == 2
    assert (
        "14 articles are no longer in their files, more than half of the index: none of them is removed. To remove them: " + command in err
    )
    code, out, err = run(*command.split()[1:], cwd=tmp_path)
    assert (code, counts(out)["removed"], err) == (0, 14, "")


@pytest.mark.parametrize("prune", [pytest.param([], id="keep"), pytest.param(["--prune"], id="prune")])
def test_dry_run(changing: Archive, prune: list[str]) -> None:
    """--dry-run writes nothing and says what the same command does without it."""
    write(changing.articles, iron="Iron\n\nIron was quiet.\n", tin="Tin cheap\n\nTin rose after all.\n", blank="\n")
    (changing.articles / "zinc.md").unlink()
    before = tree(changing.index)
    dry = run("index", "articles", "--dry-run", *prune, "--index-dir", "index", cwd=changing.folder)
    assert tree(changing.index) == before
    assert dry.out.startswith("dry run: added 1, updated 1, ")
    wet = run("index", "articles", *prune, "--index-dir", "index", cwd=changing.folder)
    assert (dry.code, counts(dry.out), dry.err) == (wet.code, counts(wet.out), wet.err)
    assert dry.out.partition(" s;")[2] == wet.out.partition(" s;")[2]
    assert counts(wet.out)["removed"] == len(prune)


def test_quiet_says_nothing_unless_something_is_new(tmp_path: Path) -> None:
    """For cron: the first run counts; one without news prints nothing, also with an old problem; then a change and a new problem do."""

    def index(*arguments: str) -> Ran:
        return run("index", "a", "--index-dir", "i", "--model", "hash", *arguments, cwd=tmp_path)

    articles = write(tmp_path / "a", copper=COPPER)
    (articles / "cut.html").write_bytes(b"<html><head><title>Fer")
    first = index("-q")
    assert (first.code, "cut.html: no text: the page is cut off\n" in first.err, counts(first.out)["added"]) == (0, True, 1)
    assert index("--quiet") == (0, "", "")
    assert index("--quiet", "--json") == (0, "", "")
    assert index().err.endswith("cut.html: no text: the page is cut off\n")
    write(tmp_path / "a", tin="Tin cheap\n\nTin fell again.\n")
    second = index("--quiet")
    assert (counts(second.out)["added"], second.err) == (1, "")
    (articles / "copper.txt").write_bytes(bytes(100))
    assert index("--quiet").err == f"{articles / 'copper.txt'}: a binary file, not text; its earlier version stays in the index\n"
    assert index("--quiet") == (0, "", "")
    assert "Copper" in run("search", "copper", "--all", "--index-dir", "i", cwd=tmp_path).out
    assert index("--quiet", "--strict").code == 2
    run("delete", "a/tin.txt", "--purge", "--index-dir", "i", cwd=tmp_path)
    assert index("--quiet") == (0, "", "")
    assert "purged, and not brought back: a/tin.txt" in index("--quiet", "--restore").err


def test_report_as_json(tmp_path: Path) -> None:
    """One object with the counts and the problems, each of which says whether it is new; docs/OUTPUT.md has all fields."""
    articles = write(tmp_path / "a", copper=COPPER)
    (articles / "cut.html").write_bytes(b"<html><head><title>Fer")
    (articles / os.fsdecode(b"odd.\xff")).touch()
    arguments = ("index", "a", "none", "--index-dir", "i", "--model", "hash", "--json")
    for new in (True, False):
        done = run(*arguments, cwd=tmp_path)
        record = json.loads(done.out)
        assert (done.code, done.err, record["schema_version"]) == (2, "", 1)
        assert (record["added"], record["unchanged"], record["skipped"], record["missing"]) == (new, not new, 1, [str(tmp_path / "none")])
        assert record["other_formats"] == {".\ufffd": 1}
        assert record["problems"] == [
            {"path": str(articles / "cut.html"), "reason": "no text: the page is cut off", "lost": True, "new": new}
        ]
    assert json.loads(run(*arguments, "--dry-run", cwd=tmp_path).out)["model"] is None
    told = (ROOT / "docs" / "OUTPUT.md").read_text(encoding="utf-8").partition("## The report of an indexing run")[2].partition("\n## ")[0]
    documented = [name for line in told.splitlines() if line.startswith("- `") for name in re.findall("`(.*?)`", line.split(": ")[0])]
    assert ["schema_version", *documented] == list(record)


def test_dry_run_of_a_new_index(archive: Archive, tmp_path: Path) -> None:
    """--dry-run makes no index where there is none, and takes no lock where there is one."""
    code, out, err = run("index", archive.articles, "--dry-run", "--index-dir", "index", cwd=tmp_path)
    assert (code, counts(out)["added"], err) == (0, 4, "")
    assert list(tmp_path.iterdir()) == []
    with WriterLock(archive.index):
        assert counts(run("index", "articles", "--dry-run", "--index-dir", "index", cwd=archive.folder).out)["unchanged"] == 4


def test_status(archive: Archive) -> None:
    """The command status shows what the index holds, for a person and as JSON, and that nothing has changed on disk."""
    code, out, err = run("status", "--json", "--index-dir", "index", cwd=archive.folder)
    assert (code, err) == (0, "")
    found = json.loads(out)
    files = [
        path
        for path in archive.index.rglob("*")
        if path.name not in ("CURRENT", "LOCK") and path.suffix != ".json" and path.parent.name != "log"
    ]
    assert found.pop("size") == sum(path.stat().st_size for path in files if path.is_file())
    assert found.pop("disk") == sum(path.stat().st_size for path in archive.index.glob("g*/*"))
    updated = found.pop("updated")
    assert 0 <= time.time() - calendar.timegm(time.strptime(updated, "%Y-%m-%dT%H:%M:%SZ")) < 3600
    assert found == {
        "folder": "index",
        "articles": 4,
        "passages": 4,
        "copied": 0.0,
        "languages": {"en": 3, "": 1},
        "unspoken": [],
        "purged": 0,
        "deleted": 0,
        "erased": 0,
        "unfinished": {},
        "unneeded": {"files": 0, "bytes": 0},
        "model": "hash",
        "precision": "full",
        "max_tokens": Chunking().max_tokens,
        "commit": 1,
        "source_files": 4,
        "changed": [],
        "missing": [],
        "unindexed": [],
        "left_over": [],
        "problems": 0,
        "furniture": [],
        "marked": 0,
        "unmet_corrections": [],
    }
    code, out, err = run("status", "--index-dir", "index", cwd=archive.folder)
    assert (code, err) == (0, "")
    rows = dict(
        line.split(maxsplit=1)
        for line in out.replace("last update", "updated").replace("source files", "files").replace("since then", "since").splitlines()
    )
    assert rows["articles"] == "4, 0% of which are copies or have copies"
    assert rows["passages"] == f"4 of at most {Chunking().max_tokens} tokens"
    assert rows["model"] == "hash"
    assert rows["updated"] == f"{updated} (commit 1)"
    assert rows["since"] == "no file of the index has changed on disk"


def test_status_after_editing(changing: Archive) -> None:
    """The command status names the files that changed or vanished since; one that was only touched has not changed."""
    assert run("index", "articles", "--index-dir", "index", cwd=changing.folder).code == 0
    (changing.articles / "copper.txt").write_text("Copper dear\n\nIt fell at last.\n", encoding="utf-8")
    (changing.articles / "zinc.md").unlink()
    os.utime(changing.articles / "tin.txt", (1, 1))
    found = json.loads(run("status", "--json", "--index-dir", "index", cwd=changing.folder).out)
    assert found["changed"] == [f"{changing.articles}/copper.txt"]
    assert found["missing"] == [f"{changing.articles}/zinc.md"]
    out = run("status", "--index-dir", "index", cwd=changing.folder).out
    since = f"1 changed (first: {changing.articles}/copper.txt), 1 missing (first: {changing.articles}/zinc.md)"
    assert out.splitlines()[-1] == f"since then   {since}"
    run("index", "articles", "--prune", "--index-dir", "index", cwd=changing.folder)
    assert run("status", "--index-dir", "index", cwd=changing.folder).out.endswith(
        "since then   no file of the index has changed on disk\n"
    )


def test_status_names_new_files(changing: Archive) -> None:
    """Those beside files of the index that newsdex can read, until they are indexed; hidden ones and unknown formats are none."""
    assert run("index", "articles", "--index-dir", "index", cwd=changing.folder).code == 0
    for name in ("nickel.txt", "lead.html", ".hidden.txt", "lead.css"):
        (changing.articles / name).write_text("Nickel dear\n\nIt rose at last.\n", encoding="utf-8")
    found = json.loads(run("status", "--json", "--index-dir", "index", cwd=changing.folder).out)
    assert (found["changed"], found["missing"]) == ([], [])
    assert found["unindexed"] == [f"{changing.articles}/lead.html", f"{changing.articles}/nickel.txt"]
    out = run("status", "--index-dir", "index", cwd=changing.folder).out
    assert out.splitlines()[-1] == f"since then   2 not indexed yet (first: {changing.articles}/lead.html)"
    run("index", "articles", "--index-dir", "index", cwd=changing.folder)
    assert run("status", "--index-dir", "index", cwd=changing.folder).out.endswith("no file of the index has changed on disk\n")
    # One file of many was asked for.
    assert run("index", "articles/nickel.txt", "--index-dir", "one", cwd=changing.folder).code == 0
    assert json.loads(run("status", "--json", "--index-dir", "one", cwd=changing.folder).out)["unindexed"] == []


def test_status_names_what_the_next_run_adds(tmp_path: Path) -> None:
    """Also in new folders, of a folder without files of its own, and where more is new than old; not in the index or hidden folders, nor
    beside the folders that were indexed.
    """
    archive = tmp_path / "archive"
    write(archive / "tech", copper="Copper is dear.")
    write(tmp_path / "other" / "deep", lead="Lead is cheap.")
    place = ("--index-dir", archive / "index")
    assert run("index", archive, *place, "--model", "hash").code == 0
    new = [f"{archive}/{name}.txt" for name in ("extra/deep/iron", "extra/gold", "tech/silver", "tech/tin", "zinc")]
    for path in [*map(Path, new), archive / ".hidden" / "a.txt", archive / "index" / "b.txt", tmp_path / "c.txt"]:
        write(path.parent, **{path.stem: f"The price of {path.stem} rose."})
    (archive / "linked").symlink_to(tmp_path / "other")
    assert json.loads(run("status", "--json", *place).out)["unindexed"] == new
    assert f"added {len(new)}," in run("index", archive, *place).out
    assert json.loads(run("status", "--json", *place).out)["unindexed"] == []


def test_status_names_files_that_lost_articles(tmp_path: Path) -> None:
    """As the run that found it says, until they are pruned or there again; what moved to another file is not lost, nor what was deleted."""

    def write_ids(name: str, *ids: str) -> None:
        records = ({"_id": each, "text": f"A report on {each}."} for each in ids)
        (tmp_path / name).write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")

    def left_over(*options: str) -> list[str]:
        assert run("index", "a.jsonl", "b.jsonl", "--model", "hash", *options, "--index-dir", "index", cwd=tmp_path).code == 0
        return list(json.loads(run("status", "--json", "--index-dir", "index", cwd=tmp_path).out)["left_over"])

    write_ids("a.jsonl", "copper", "tin", "zinc")
    write_ids("b.jsonl", "lead")
    assert left_over() == []
    write_ids("a.jsonl", "copper", "zinc")
    assert left_over() == [f"{tmp_path}/a.jsonl"]
    told = f"left over    articles that are no longer in 1 file (first: {tmp_path}/a.jsonl). To remove them: "
    assert f"{told}newsdex index FILE --prune --index-dir index\n" in run("status", "--index-dir", "index", cwd=tmp_path).out
    write_ids("a.jsonl", "copper", "tin", "zinc")
    assert left_over() == []
    write_ids("a.jsonl", "copper")
    write_ids("b.jsonl", "lead", "tin")
    assert run("delete", "zinc", "--index-dir", "index", cwd=tmp_path).code == 0
    assert left_over() == []
    write_ids("a.jsonl", "gold")
    assert left_over() == [f"{tmp_path}/a.jsonl"]
    assert left_over("--prune") == []


@pytest.mark.parametrize("command", [pytest.param(["search", "copper"], id="search"), pytest.param(["status"], id="status")])
@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        pytest.param("missing", "there is no index at {}: the folder does not exist", id="missing"),
        pytest.param("missing/below", "there is no index at {}: the folder does not exist", id="missing folder in a missing folder"),
        pytest.param("empty", "there is no index at {} yet", id="empty"),
        pytest.param("articles", "{} is not a newsdex index", id="no index"),
        pytest.param("articles/tin.txt", "there is no index at {}: it is a file", id="file"),
    ],
)
def test_no_index(archive: Archive, command: list[str], folder: str, reason: str) -> None:
    """Where there is no index, the message says what is there and which command makes one; exit code 2, and nothing is made."""
    (archive.folder / "empty").mkdir(exist_ok=True)
    before = sorted(archive.folder.rglob("*"))
    code, out, err = run(*command, "--index-dir", folder, cwd=archive.folder)
    assert (code, out) == (2, "")
    shown = rf"(?:{re.escape(str(archive.folder))}/)?{re.escape(folder)}"
    pattern = re.escape(reason).replace(r"\{\}", shown)
    assert re.fullmatch(rf"newsdex: {pattern}.*Make one: newsdex index PATH\.\.\. --index-dir {shown}\n", err)
    assert sorted(archive.folder.rglob("*")) == before
