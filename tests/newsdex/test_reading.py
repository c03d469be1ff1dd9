"""Articles are found by their names; ``newsdex get``, ``cite`` and ``verify-quote`` print what they should and leave as they should."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command import Ran
from hypothesis import given
from hypothesis import strategies as st
from indexes import HASH, index_of
from paths import ROOT

from newsdex import ArticleMissing, Index, UsageError, index_paths
from newsdex.cli import main
from newsdex.indexer.upkeep.takedown import Selection, delete
from newsdex.store.checked import CheckedFile, CheckedTensors
from newsdex.store.columns import pack_lookup, pack_strings, rows_with
from newsdex.store.files import write_new
from newsdex.tensors import pack_tensors

LINES = "First line.\nSecond line, with \x1b[31mred\u202e.\r\n\tThird line.\n\nFifth line.\n"
RECORDS: list[dict[str, str]] = [
    {"_id": "plain", "text": "The ferry ran aground off the island. Nobody was hurt.", "title": "Ferry aground", "source": "The Paper"},
    {"_id": "urn:news:7", "text": "Copper led all the metals on Friday.", "url": "https://news.example/7"},
    {"_id": "urn:news:7:2", "text": "Zinc came second.\nTin came third.", "url": "https://news.example/shared"},
    {"_id": "urn", "text": "Another.\nSecond line of another.", "url": "https://news.example/shared"},
    {"_id": "https://news.example/7#other", "text": "Its id is an address."},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of files and records, beside them."""
    base = tmp_path_factory.mktemp("reading")
    (base / "news" / "2024").mkdir(parents=True)
    (base / "news" / "2024" / "lines.txt").write_bytes(LINES.encode())
    (base / "news" / "2024" / "own.md").write_text(
        "---\nid: own-id\ntitle: Own\n---\nA file whose article has an id of its own.\n", encoding="utf-8"
    )
    (base / "news" / "same.txt").write_text("One of two files of a name.", encoding="utf-8")
    (base / "news" / "2024" / "same.txt").write_text("The other file of that name.", encoding="utf-8")
    (base / "news" / "a:12.txt").write_text("A colon and a number in the name.\nSecond line.", encoding="utf-8")
    (base / "news" / "records.jsonl").write_text("\n".join(json.dumps(record) for record in RECORDS), encoding="utf-8")
    index_paths([base / "news"], base / "index", HASH)
    return base / "index"


def run(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str) -> Ran:
    """The command, in this process."""
    code = main([*arguments, "--index-dir", str(folder)])
    captured = capsys.readouterr()
    return Ran(code, captured.out, captured.err)


@pytest.mark.parametrize(
    ("name", "article_id"),
    [
        pytest.param("plain", "plain", id="id"),
        pytest.param("urn:news:7", "urn:news:7", id="id with colons"),
        pytest.param("https://news.example/7", "urn:news:7", id="url"),
        pytest.param("https://news.example/7#other", "https://news.example/7#other", id="id that looks like a url"),
        pytest.param("own-id", "own-id", id="own id of a file"),
        pytest.param("news/2024/own.md", "own-id", id="stored path"),
        pytest.param("own.md", "own-id", id="name of the file"),
        pytest.param("./2024/own.md", "own-id", id="end of the path"),
        pytest.param("lines.txt", "news/2024/lines.txt", id="path as the id"),
        pytest.param("2024/same.txt", "news/2024/same.txt", id="one of two by its folder"),
        pytest.param("a:12.txt", "news/a:12.txt", id="name with a colon"),
    ],
)
def test_an_article_is_found_by_its_name(folder: Path, name: str, article_id: str) -> None:
    """Its id, its url, the path of its file, or the end of that."""
    with Index.open(folder) as index:
        assert index.article(name).id == article_id


def test_an_absolute_path_and_one_from_here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are the path of the file, wherever one stands."""
    with Index.open(folder) as index:
        assert index.article(str(folder.parent / "news" / "2024" / "own.md")).id == "own-id"
        monkeypatch.chdir(folder.parent / "news" / "2024")
        assert index.article("../2024/lines.txt").id == "news/2024/lines.txt"
        assert index.article("same.txt").id == "news/2024/same.txt"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("https://news.example/shared", r"names 2 articles; give the id of one: urn:news:7:2, urn$", id="url of two"),
        pytest.param(
            "news/records.jsonl", r"names 5 articles; give the id of one: plain, urn:news:7, urn:news:7:2, \.\.\.", id="file of many"
        ),
        pytest.param("same.txt", r"names 2 articles; give the id of one: ", id="name of two files"),
    ],
)
def test_an_ambiguous_name_is_an_error(folder: Path, name: str, message: str) -> None:
    """The articles that it could be are named."""
    with Index.open(folder) as index, pytest.raises(UsageError, match=message):
        index.article(name)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        pytest.param("urn:new:7", "The nearest ids: urn:news:7,", id="a slip"),
        pytest.param("2024/line.txt", "The nearest ids: news/2024/lines.txt", id="a slip in a path"),
        pytest.param("zzz", 'Find it first: search "..."', id="nothing like it"),
        pytest.param("a\0b", "", id="no file name"),
        pytest.param("x" * 5000, "", id="too long for a file name"),
    ],
)
def test_a_missing_article(folder: Path, name: str, nearest: str) -> None:
    """The name is in the message, and the ids that are like it."""
    with Index.open(folder) as index, pytest.raises(ArticleMissing) as caught:
        index.article(name)
    assert str(caught.value).startswith(f"no article has the id, url or path {name!r}"[:200])
    assert nearest in str(caught.value)
    assert len(str(caught.value)) < 1_000


def test_an_article_without_a_name(folder: Path) -> None:
    """No name is an error, and not an article that is missing."""
    with Index.open(folder) as index, pytest.raises(UsageError, match="the name of the article is empty"):
        index.article("")


def test_what_was_deleted_has_no_name(tmp_path: Path) -> None:
    """Neither id, nor url, nor path lead to it, and it is not offered as the nearest. Whoever has the id learns that it was withdrawn."""
    index_of(RECORDS[:2], tmp_path)
    delete(tmp_path / "index", Selection(frozenset({"urn:news:7"})))
    with Index.open(tmp_path / "index") as index:
        assert index.article("news.jsonl").id == "plain"
        for name, said in (("urn:news:7", "was withdrawn from this archive"), ("https://news.example/7", "Find it first")):
            with pytest.raises(ArticleMissing, match=said):
                index.article(name)


@given(
    values=st.lists(st.sampled_from(["", "a", "b", "caf\udce9", "\u4e2d", "a" * 50]) | st.text(max_size=3), max_size=60),
    wanted=st.text(max_size=3),
)
def test_rows_are_those_that_a_scan_finds(tmp_path_factory: pytest.TempPathFactory, values: list[str], wanted: str) -> None:
    """Also of values that are there several times."""
    values = [value for value in values if not any("\ud800" <= character <= "\udfff" for character in value) or value == "caf\udce9"]
    folder = tmp_path_factory.mktemp("rows")
    record = write_new(folder, "x", pack_tensors({**pack_strings("id", values), **pack_lookup("id", values)}))
    tensors = CheckedTensors(CheckedFile(folder, record))
    for value in {*values, wanted}:
        assert list(rows_with(tensors, "id", value)) == [row for row, other in enumerate(values) if other == value]


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        pytest.param("lines.txt", "First line.\nSecond line, with \ufffd[31mred.\n\tThird line.\n\nFifth line.\n", id="all"),
        pytest.param("lines.txt:3", "\tThird line.\n\nFifth line.\n", id="from a line"),
        pytest.param("lines.txt:4:1", "\n", id="an empty line"),
        pytest.param("lines.txt:5:100", "Fifth line.\n", id="more than there are"),
        pytest.param("urn:news:7", "Copper led all the metals on Friday.\n", id="an id that ends in a number"),
        pytest.param("urn:news:7:2", "Zinc came second.\nTin came third.\n", id="the longest id"),
        pytest.param("urn:news:7:2:2", "Tin came third.\n", id="a line of the longest id"),
        pytest.param("urn:news:7:1:1", "Copper led all the metals on Friday.\n", id="a line of the shorter id"),
        pytest.param("urn:2", "Second line of another.\n", id="a line of the shortest"),
        pytest.param("a:12.txt:2:1", "Second line.\n", id="a name with a colon"),
        pytest.param("https://news.example/7:1", "Copper led all the metals on Friday.\n", id="a line by the url"),
    ],
)
def test_get(capsys: pytest.CaptureFixture[str], folder: Path, name: str, printed: str) -> None:
    """Lines are printed as they are, but for what could steer a terminal."""
    assert run(capsys, folder, "get", name) == Ran(0, printed, "")


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        pytest.param("lines.txt:6", 1, "newsdex: news/2024/lines.txt has only 5 lines\n", id="beyond the end"),
        pytest.param("lines.txt:0", 2, "newsdex: lines.txt:0: line numbers start at 1, and the count must be at least 1\n", id="line 0"),
        pytest.param(
            "lines.txt:1:0", 2, "newsdex: lines.txt:1:0: line numbers start at 1, and the count must be at least 1\n", id="no line"
        ),
        pytest.param("zzz:5", 1, "newsdex: no article has the id, url or path 'zzz'. Find it first: search \"...\"\n", id="missing"),
        pytest.param(
            "same.txt:1", 2, "newsdex: 'same.txt' names 2 articles; give the id of one: news/2024/same.txt, news/same.txt\n", id="ambiguous"
        ),
    ],
)
def test_get_what_is_not_there(capsys: pytest.CaptureFixture[str], folder: Path, name: str, code: int, message: str) -> None:
    """Nothing found is exit code 1, an impossible request 2."""
    assert run(capsys, folder, "get", name) == Ran(code, "", message)


def test_get_as_json(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """All that is known, and the text as it is, in ASCII."""
    ran = run(capsys, folder, "get", "--json", "lines.txt:2:2")
    assert ran.out.isascii()
    found = json.loads(ran.out)
    assert found["text"] == "\n".join(LINES.split("\n")[1:3])
    assert (found["line"], found["lines"], found["article_id"]) == (2, 2, "news/2024/lines.txt")
    whole = json.loads(run(capsys, folder, "get", "--json", "lines.txt").out)
    assert whole["text"] == LINES.removesuffix("\n")
    with Index.open(folder) as index:
        assert whole["sha256"] == index.article("lines.txt").sha256


def test_cite(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """By any name, whole or a passage; an id wins over a range."""
    assert run(capsys, folder, "cite", "plain") == Ran(0, '"Ferry aground." The Paper. plain\n', "")
    assert "characters 4-9 of the text" in run(capsys, folder, "cite", "plain:4-9").out
    assert run(capsys, folder, "cite", "https://news.example/7", "--format", "bibtex").out.startswith("@online{")
    [item] = json.loads(run(capsys, folder, "cite", "own.md", "--format", "csl-json").out)
    assert item["title"] == "Own"
    assert run(capsys, folder, "cite", "zzz").code == 1
    assert run(capsys, folder, "cite", "zzz:1-2").err.startswith("newsdex: no article has the id, url or path 'zzz'.")
    assert run(capsys, folder, "cite", "plain:9-4").code == 2
    assert run(capsys, folder, "cite", "plain:4-4000").code == 2
    assert run(capsys, folder, "cite", "plain", "--format", "ris").code == 2


@pytest.mark.parametrize(
    ("quote", "code", "printed"),
    [
        pytest.param(
            "\u201cNobody was hurt\u201d",
            0,
            "Found, word for word.\n\n1.  Ferry aground\n    The Paper\n    plain, line 1 [38:53]\n    Nobody was hurt\n",
            id="found",
        ),
        pytest.param(
            "The ferry never ran aground off the island",
            1,
            "Altered. The nearest place:\n\n1.  Ferry aground\n    The Paper\n    plain, line 1 [0:36]\n"
            "    The ferry {+never+} ran aground off the island\n",
            id="altered",
        ),
        pytest.param(
            "Tin came third. The ferry ran aground",
            1,
            "Stitched, from these places:\n\n"
            "1.  Zinc came second. Tin came third.\n    urn:news:7:2, line 2 [18:32]\n    Tin came third\n\n"
            "2.  Ferry aground\n    The Paper\n    plain, line 1 [0:21]\n    The ferry ran aground\n",
            id="stitched",
        ),
        pytest.param("Parliament voted against it", 1, "Not found.\n", id="not found"),
        pytest.param(
            "ferry aground",
            0,
            "Found, word for word.\nOne or two words prove little: other people use them too. Give at least three.\n\n"
            "1.  Ferry aground\n    The Paper\n    plain, title\n    Ferry aground\n",
            id="title",
        ),
        pytest.param(
            "second line, with [31mred.",
            0,
            "Found, word for word.\n\n1.  lines.txt\n    news/2024/lines.txt, line 2 [12:40]\n    Second line, with \ufffd[31mred.\n",
            id="control characters",
        ),
    ],
)
def test_verify_quote(capsys: pytest.CaptureFixture[str], folder: Path, quote: str, code: int, printed: str) -> None:
    """The verdict first, then each place with what is there."""
    assert run(capsys, folder, "verify-quote", *quote.split()) == Ran(code, printed, "")


def test_few_places_of_a_word_are_shown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Three, of which more exist, or as many as were asked for; all that have three words, up to 20."""
    lines = [json.dumps({"_id": str(n), "text": "The ferry sank."}) for n in range(25)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", HASH)
    for arguments, places in ((("ferry",), 3), (("ferry", "--limit", "5"), 5), (("the", "ferry", "sank"), 20)):
        ran = run(capsys, tmp_path / "index", "verify-quote", *arguments)
        assert ran.out.count("    The ferry sank\n") + ran.out.count("    ferry\n") == places
        assert "More places exist" in ran.out


def test_verify_quote_as_json(capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From standard input, in ASCII, with offsets into the text that get prints."""
    quote = "The ferry never ran aground off the \u201cisland\u201d"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(quote.encode())))
    ran = run(capsys, folder, "verify-quote", "--json", "-")
    assert (ran.code, ran.err, ran.out.isascii()) == (1, "", True)
    found = json.loads(ran.out)
    assert (found["schema_version"], found["quote"], found["verdict"]) == (1, quote, "altered")
    [place] = found["places"]
    assert place["text"] == RECORDS[0]["text"][place["start"] : place["end"]]
    assert [each["kind"] for each in place["differences"] if each["kind"] != "same"] == ["added", "added"]
    assert (place["line"], place["page"], place["in_title"], place["article_id"]) == (1, None, False, "plain")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param([""], "newsdex: the quotation '' contains no word:", id="empty"),
        pytest.param(["a\udce9"], "newsdex: the quotation is not UTF-8 (character 2)", id="not UTF-8"),
        pytest.param(["x" * 10_001], "newsdex: a quotation of 10001 characters is too long", id="too long"),
        pytest.param([], "Usage: newsdex verify-quote", id="none"),
    ],
)
def test_verify_quote_errors(capsys: pytest.CaptureFixture[str], folder: Path, arguments: list[str], message: str) -> None:
    """What cannot be looked for is an error."""
    ran = run(capsys, folder, "verify-quote", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(message)


@pytest.mark.parametrize("command", [["get", "x"], ["cite", "x"], ["verify-quote", "x"]], ids=lambda command: command[0])
def test_without_an_index(capsys: pytest.CaptureFixture[str], tmp_path: Path, command: list[str]) -> None:
    """The folder is named."""
    ran = run(capsys, tmp_path, *command)
    assert (ran.code, ran.out) == (2, "")
    assert str(tmp_path) in ran.err


def test_reading_needs_no_model(folder: Path) -> None:
    """None of the commands loads FAISS, a tokenizer or a model: they answer at once."""
    code = (
        "import json, sys; from newsdex.cli import main\n"
        "codes = [main([*c, '--index-dir', sys.argv[1]]) for c in (['get', 'plain'], ['cite', 'plain'], ['verify-quote', 'Nobody was "
        "hurt'])]\n"
        "print(json.dumps([codes, sorted(sys.modules)]))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    found: list[Any] = json.loads(done.stdout.splitlines()[-1])
    assert found[0] == [0, 0, 0]
    unwanted = {"faiss", "tokenizers", "torch", "openvino", "newsdex.indexer", "newsdex.engines.question_engine"}
    assert not unwanted & set(found[1])


def test_the_example_of_the_document(sample_index: Path) -> None:
    """docs/QUOTES.md runs as it stands, and finds the quotation in the sample."""
    document = (ROOT / "docs" / "QUOTES.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", example], cwd=sample_index.parent, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("found ")


def test_the_name_of_a_file_is_suggested_first(tmp_path: Path) -> None:
    """Whatever ids are more like it, letter by letter: get, mark, similar and others."""
    ids = ["my-result", "cx-correction", "cr-bus", "cr-arrests", "html/2026/cr-arrest.html"]
    index_of([{"_id": each, "text": f"The text of {each}."} for each in ids], tmp_path)
    with (
        Index.open(tmp_path / "index") as index,
        pytest.raises(ArticleMissing, match=r"The nearest ids: html/2026/cr-arrest.html, cr-arrests"),
    ):
        index.article("cr-arrest")
