"""How files are read can be said, and is remembered."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from newsdex.cli import main, newsdex
from newsdex.store.snapshot import Snapshot


def _index(folder: Path, *options: str) -> str:
    arguments = ["index", str(folder / "files"), "--index-dir", str(folder / "index"), "--model", "hash", *options]
    done = CliRunner().invoke(newsdex, arguments, catch_exceptions=False)
    return done.output


def _articles(folder: Path) -> dict[str, tuple[str, str, str]]:
    """The id, title, beginning of the text and date of each article."""
    snapshot = Snapshot.open(folder / "index")
    found = (snapshot.segments[number].article(row) for number, row in snapshot.articles())
    return {article.id: (article.title, article.text, str(article.published or "")) for article in found}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files of which one needs to be told its columns, and one has no date."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.csv").write_text("h,b\nTalks,The minister said so.\n")
    (tmp_path / "files" / "b.txt").write_text("Nobody had expected that.")
    os.utime(tmp_path / "files" / "b.txt", (1_714_132_800, 1_714_132_800))
    return tmp_path


def test_columns_are_told_once(folder: Path) -> None:
    """A table that newsdex cannot read says how; told so, it reads it, and reads it so again when it changes."""
    assert 'no column is called "text"; say which it is: --columns text=NAME, with a name of: h, b' in _index(folder)
    assert "added 1," in _index(folder, "--columns", "text=b,title=h")
    (folder / "files" / "a.csv").write_text("h,b\nTalks,The minister said no.\n")
    assert "updated 1, unchanged 1," in _index(folder)
    assert _articles(folder)["files/a.csv#2"] == ("Talks", "The minister said no.", "")


def test_a_table_is_read_again_when_its_columns_are_told_otherwise(folder: Path) -> None:
    """An unchanged file whose columns are not what they were is no unchanged file."""
    _index(folder, "--columns", "text=b,title=h")
    assert "updated 1," in _index(folder, "--columns", "text=h, title=b")
    assert _articles(folder)["files/a.csv#2"][:2] == ("The minister said so.", "Talks")
    assert "updated 0, unchanged 2," in _index(folder, "--columns", "text=h,title=b")
    assert "updated 0, unchanged 2," in _index(folder)


def test_file_dates_are_asked_for_and_given_up(folder: Path) -> None:
    """The date of a file counts when someone says so, from then on, and until they say otherwise."""
    _index(folder)
    assert _articles(folder)["files/b.txt"][2] == ""
    assert "updated 1," in _index(folder, "--file-dates")
    assert _articles(folder)["files/b.txt"][2] == "2024-04-26"
    assert "updated 0, unchanged 1," in _index(folder)
    _index(folder, "--no-file-dates")
    assert _articles(folder)["files/b.txt"][2] == ""


def test_the_order_of_dates_is_told(folder: Path) -> None:
    """A date that can be two days is read as someone says, from then on; "auto" gives that up."""
    (folder / "files" / "a.csv").write_text("text,date\nThe minister said so.,04/05/2024\n")
    assert "date '04/05/2024' can be two days (--date-order dmy or mdy says which)" in _index(folder)
    _index(folder, "--date-order", "dmy")
    assert _articles(folder)["files/a.csv#2"][2] == "2024-05-04"
    assert "unchanged 2," in _index(folder)
    _index(folder, "--date-order", "mdy")
    assert _articles(folder)["files/a.csv#2"][2] == "2024-04-05"
    _index(folder, "--date-order", "auto")
    assert _articles(folder)["files/a.csv#2"][2] == ""


@pytest.mark.parametrize("said", ["text", "text=", "words=b", "=b", "text:b"])
def test_columns_that_cannot_be_meant(said: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not understood is an error that says what is."""
    assert main(["index", str(folder), "--index-dir", str(folder / "index"), "--columns", said]) == 2
    assert (
        "expected FIELD=NAME, where FIELD is one of text, id, title, date, source, url, language, author, section"
        in capsys.readouterr().err
    )
