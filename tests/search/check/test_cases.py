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
from newsdex.search.check.numbers import quantities

ARTICLES = {
    "guards": (
        "en",
        "Ostley man sentenced to 76 years for shooting two Marrow guards",
        (
            "Prosecutor Carl Immer announced that an Ostley man has been sentenced to 76 years in prison for shooting two guards. The"
            " killing took place in Marrow, near the border of Ostley. The defendant is Anton Mohl, 22, of Ostley. He was convicted of"
            " second-degree murder after a jury trial before Justice Dora Quill."
        ),
    ),
    "aunt": (
        "en",
        "Marrow woman sentenced to 22 years for beating her nephew",
        (
            "Prosecutor Carl Immer announced that a 24-year-old Marrow woman has been sentenced to 22 years in prison for beating her"
            " nephew. The defendant is Christa Dahl, 24, of Marrow. She was convicted of first-degree manslaughter after a jury trial"
            " before Justice Dora Quill."
        ),
    ),
    "mother": (
        "en",
        "Marrow mother sentenced to 17 years in prison for beating her son with a broomstick",
        (
            "Prosecutor Carl Immer today announced that a 28-year-old woman from Marrow, Velden has been sentenced to 17 years in prison"
            " for beating her 4-year-old son, Tamo Lessing, with a broomstick and leaving him to die. The prosecutor identified the"
            " defendant as Sara Lessing, 28, of Marrow, Velden. She was sentenced today by Velden Supreme Court Justice Mira Corlik to 17"
            " years in state prison following her guilty plea last month to first-degree manslaughter. Tamo asked his mother for food on"
            " 25 January and dropped an egg on the floor. He died at Brook Hospital hours later. The case was prosecuted by Assistant"
            " District Attorney Lena Wein, of the Special Victims Bureau."
        ),
    ),
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


@pytest.mark.parametrize(
    ("claim", "found"),
    [
        ("She was sentenced to 17 years in prison for beating her 4-year-old son with a broomstick.", []),
        ("She was sentenced to 19 years in prison for beating her 4-year-old son with a broomstick.", [("number", "19", "17")]),
        ("She was sentenced to 28 years in prison for beating her 4-year-old son with a broomstick.", [("number", "28", "17")]),
        ("She was sentenced to 19 years in prison for beating her 5-year-old son.", [("number", "19", "17"), ("number", "5", "4")]),
        ("Sara Lessing, 28, of Marrow, was sentenced to 17 years in prison.", []),
        ("Sara Lessing, aged 28, of Marrow, was sentenced to 17 years in prison.", []),
        ("Sara Lessing, 17, of Marrow, was sentenced to 17 years in prison.", [("number", "17", "28")]),
    ],
)
def test_an_age_is_no_term(index: Index, claim: str, found: list[tuple[str, str, str]]) -> None:
    """A number is compared with that of the same thing: the sentence of the article has two ages and a term."""
    [sentence] = index.check(claim).sentences
    assert (sentence.verdict, differences(sentence)) == ("partly" if found else "supported", found)


@pytest.mark.parametrize(
    ("text", "language", "unit"),
    [
        ("Ann Roe, 28, of Velden", "en", "age in months"),
        ("a 3-day-old boy", "en", "age in seconds"),
        ("aged 28 years", "en", "age in months"),
        ("after 28 years", "en", "months"),
        ("at St. John, 2,000, or more", "en", ""),
        ("Anne Roe, 28, de Velden", "fr", ""),
    ],
)
def test_what_is_an_age(text: str, language: str, unit: str) -> None:
    """By its form, in English; "Anne Roe, 28 ans" has no unit in French."""
    assert [number.unit for number in quantities(text, language)] == [unit]


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("Velden Supreme Court Justice Mira Corlik imposed the sentence.", "supported"),
        ("Justice Mira Corlik imposed the sentence.", "supported"),
        ("Justice Dora Quill imposed the sentence.", "not in the archive"),
    ],
)
def test_who_imposed_a_sentence_is_who_sentenced(index: Index, claim: str, verdict: str) -> None:
    """The article has "was sentenced by"; the other judge only held a trial."""
    [sentence] = index.check(claim).sentences
    assert sentence.verdict == verdict


LEAD = "Sara Lessing, 28, of Marrow, was sentenced to 17 years in prison for beating her 4-year-old son."


@pytest.mark.parametrize(
    ("claim", "supported"),
    [
        ("She was convicted of first-degree manslaughter after a jury trial.", False),
        ("The killing took place in Marrow, near Ostley.", False),
        ("The case was prosecuted by Assistant District Attorney Lena Wein.", True),
        ("Justice Mira Corlik imposed the sentence.", True),
    ],
)
def test_a_sentence_without_a_name_stays_with_the_case(index: Index, claim: str, supported: bool) -> None:
    """The false ones are true of another case: alone they are supported, behind a sentence with a name no more than partly."""
    [alone] = index.check(claim).sentences
    _, within = index.check(f"{LEAD} {claim}").sentences
    assert (alone.verdict, within.verdict == "supported") == ("supported", supported)
    assert {each.article.id for each in within.evidence} == {"mother"} or not supported


def test_a_person_with_a_name_begins_another_case(index: Index) -> None:
    """What follows is of him."""
    answer = f"{LEAD} Anton Mohl was convicted of second-degree murder. He was convicted after a jury trial."
    assert [each.verdict for each in index.check(answer).sentences] == ["supported"] * 3
