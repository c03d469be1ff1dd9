"""Reports of courts: names with apostrophes, who was sentenced told in two sentences, and drafts of several sentences on one case."""

# ruff: noqa: RUF001 - apostrophes

from __future__ import annotations

from collections.abc import Iterator

import pytest
from indexes import index_of

from newsdex import Index, Options
from newsdex.encoder import DEFAULT_MODEL
from newsdex.reports import CheckedSentence
from newsdex.search.check.names import names, unplaced

ARTICLES = {
    "harbour": (
        "en",
        "Velden man convicted of manslaughter for stabbing D’Arcy O’Roone",
        (
            "Prosecutor Carl Immer announced that a Velden man has been convicted of manslaughter as a hate crime for stabbing"
            " D’Arcy O’Roone at a petrol station. The prosecutor identified the defendant as Timo Lunt, 20, of Easthaven, Velden."
            " He was convicted today of first-degree manslaughter as a hate crime after a jury trial before Justice Dora Quill."
            " The case was handled by Assistant Prosecutor Una Vance, of the Homicide Bureau."
        ),
    ),
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """Reports of four cases."""
    records = [
        {"id": name, "title": title, "text": text, "language": language, "date": "2026-06-08"}
        for name, (language, title, text) in ARTICLES.items()
    ]
    with Index.open(index_of(records, tmp_path_factory.mktemp("cases"), Options(model=DEFAULT_MODEL))) as opened:
        yield opened


def differences(sentence: CheckedSentence) -> list[tuple[str, str, str]]:
    """What differs."""
    return [(each.aspect, each.claimed, each.found) for each in sentence.differences]


@pytest.mark.parametrize("mark", ["'", "\N{RIGHT SINGLE QUOTATION MARK}", "\N{MODIFIER LETTER APOSTROPHE}"])
def test_any_apostrophe_is_the_same_in_a_name(index: Index, mark: str) -> None:
    """The article has typographic ones; what is wrong is the only difference."""
    answer = f"Timo Lunt was convicted of manslaughter as a hate crime for stabbing D{mark}Arcy O{mark}Roone."
    [right] = index.check(answer).sentences
    [wrong] = index.check(answer.replace("manslaughter", "murder")).sentences
    assert (right.verdict, wrong.verdict, differences(wrong)) == ("supported", "partly", [("cause", "murder", "")])


def test_a_possessive_is_not_a_part_of_a_name() -> None:
    """With any apostrophe, also of a name that has another."""
    for mark in "'\N{RIGHT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}":
        assert [name.words for name in names(f"the trial of O{mark}Brien{mark}s brother")] == [("o'brien",)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ann Roe, 40, of Howard Bay, Velden, met Bo Ek", ["Ann Roe", "Bo Ek"]),
        ("In Velden, Ann Roe met Bo Ek", ["Ann Roe", "Bo Ek"]),
        ("She lives in Howard Bay, Velden", []),
    ],
)
def test_a_name_behind_a_place_is_a_place(text: str, found: list[str]) -> None:
    """What follows a place and a comma is one, too, but not at the beginning of a sentence."""
    assert [text[name.start : name.end] for name in unplaced(text)] == found
