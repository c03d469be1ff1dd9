"""Lists of words by language: how a file is read, and that each list is explained."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from newsdex.search import languages
from newsdex.search.answer.question import kind_of
from newsdex.search.check import languages as of_check
from newsdex.search.languages import WordLists


@pytest.fixture
def lists(tmp_path: Path) -> WordLists:
    """Lists of two languages."""
    (tmp_path / "en.txt").write_text("# English\nunits: pounds? = mass | min\n  minutes = time 60\nno: no | never\n", encoding="utf-8")
    (tmp_path / "de.txt").write_text("no: nein | nie | no\n", encoding="utf-8")
    return WordLists(tmp_path)


def test_how_a_file_is_read(lists: WordLists) -> None:
    """A list goes on in lines that begin with spaces; " | " separates entries, " = " their values."""
    assert lists.entries("en", "units") == ["pounds? = mass", "min minutes = time 60"]
    assert lists.values("en", "units") == [("pounds?", "mass"), ("min minutes", "time 60")]
    assert lists.words_with_values("units") == [("pounds?", "mass"), ("min", "time 60"), ("minutes", "time 60")]
    assert lists.entries("de", "units") == []
    assert lists.languages_with("no") == {"de", "en"}


def test_what_all_languages_have(lists: WordLists) -> None:
    """A word that two languages share is in a pattern once."""
    assert lists.words("no") == {"nein", "nie", "no", "never"}
    assert lists.any_of("no") == "nein|nie|no|never"
    assert (lists.any_of("no", english=True), lists.any_of("no", english=False)) == ("no|never", "nein|nie|no")
    assert lists.any_of("units", english=False) == ""
    assert lists.pattern("no", bounded=False) == r"\b(?:nein|nie|no|never)"
    assert [bool(re.search(lists.pattern("no"), text)) for text in ("oh no", "north")] == [True, False]


@pytest.mark.parametrize("module", [languages, of_check])
def test_each_list_is_explained(module: ModuleType) -> None:
    """The README beside them names each list that a file has."""
    folder = Path(str(module.__file__)).parent / "lists"
    told = (folder / "README.md").read_text(encoding="utf-8")
    for file in folder.glob("*.txt"):
        for name in re.findall(r"^([^#\s][^:\n]*): ", file.read_text(encoding="utf-8"), re.MULTILINE):
            assert re.search(rf"\b{name}\b", told), name


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("en quelle année le pont a fermé", "when"),
        ("wie viele Menschen kamen", "number"),
        ("chi ha costruito il ponte", "who"),
        ("em que cidade fica a ponte", "where"),
        ("por qué cerraron el puente", "why"),
        ("hoeveel mensen kwamen er", "number"),
    ],
)
def test_a_question_of_each_language(question: str, kind: str) -> None:
    """The file of each language tells what its questions ask for."""
    assert [name for name, asks in kind_of(question)._asdict().items() if asks] == [kind]


def test_no_list_has_an_empty_entry() -> None:
    """An empty entry would match everywhere."""
    for file in Path(languages.__file__).parent.rglob("lists/*.txt"):
        for line in file.read_text(encoding="utf-8").replace("\n  ", " ").splitlines():
            assert all(entry.strip() for entry in line.partition(": ")[2].split(" | ")), line
