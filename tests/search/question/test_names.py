"""A name of the question is searched in the other form that the archive teaches too: by hand, and by what a plain computation gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from newsdex import Index, Options, index_paths
from newsdex.encoder import DEFAULT_MODEL
from newsdex.indexer.upkeep.takedown import Selection, delete
from newsdex.search.question.names import names_in
from newsdex.store import forms

ARTICLES = {
    "teaches": "Aid halted\n\nThe World Central Kitchen (WCK) stops its work in Gaza. The staff mourn.",
    "long": "Convoy struck\n\nSeven workers of the World Central Kitchen were killed when a convoy was struck.",
    "short": "Funeral\n\nThe dead of WCK were buried on Friday by their families.",
    "kitchen": "Kitchen tips\n\nA kitchen needs a central place in a family.",
    "who": "Outbreak\n\nThe World Health Organization (WHO) met. Who knows?",
    "icc": "Warrant\n\nThe International Criminal Court (ICC) issued a warrant.",
    "icc2": "Hague\n\nJudges of the International Criminal Court (ICC) ruled.",
    "cricket": "Wickets\n\nThe International Cricket Council (ICC) met in Dubai.",
    "can": "Union\n\nThe Clerks and Nurses (CAN) of Ellerby strike. You can help.",
    "kyiv": "Night\n\nIn Kyiv (also known as Kiev) sirens sounded.",
    "kyiv2": "Morning\n\nDrones over Kyiv were shot down.",
}


def build(folder: Path, articles: dict[str, str]) -> Path:
    """An index of these, by the model that needs no files."""
    lines = (json.dumps({"_id": name, "title": text.split("\n")[0], "text": text, "language": "en"}) for name, text in articles.items())
    (folder / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    index_paths([folder / "a.jsonl"], folder / "index", Options(model="hash"))
    return folder / "index"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with Index.open(build(tmp_path_factory.mktemp("names"), ARTICLES)) as opened:
        yield opened


def read_as(index: Index, question: str, **options: Any) -> str:
    """How the question was read, by what the results say of it."""
    said = [r.split('"', 1)[1].rsplit('"', 1)[0] for r in index.search(question, **options).remarks if r.startswith("Read as")]
    return said[0] if said else question


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("WCK convoy", "WCK (World Central Kitchen) convoy"),
        ("WCK", "WCK (World Central Kitchen)"),
        ("wck convoy", "wck (World Central Kitchen) convoy"),
        ("World Central Kitchen convoy", "World Central Kitchen convoy"),
        ("the World Central Kitchen (WCK) convoy", "the World Central Kitchen (WCK) convoy"),
        ('"WCK" convoy', '"WCK" convoy'),
        ("WHO outbreak", "WHO (World Health Organization) outbreak"),
        ("who struck the convoy", "who struck the convoy"),
        ("WHO STRUCK THE CONVOY", "WHO STRUCK THE CONVOY"),
        ("CAN strike", "CAN (Clerks and Nurses) strike"),
        ("can we strike", "can we strike"),
        # Two meanings, of which one is the more common, and too rare ones are not told.
        ("ICC ruling", "ICC (International Criminal Court, International Cricket Council) ruling"),
        ("Kiev sirens", "Kiev (Kyiv) sirens"),
        ("Kyiv sirens", "Kyiv sirens"),
        ("WCKs", "WCKs"),
        # With a number it is another name; a year is none of its parts.
        ("WCK 2 convoy", "WCK 2 convoy"),
        ("report on WCK-2", "report on WCK-2"),
        ("WCK 2024 convoy", "WCK (World Central Kitchen) 2024 convoy"),
        # So it is in an address, and joined to other letters.
        ("what is on wck.org", "what is on wck.org"),
        ("mail press@WCK", "mail press@WCK"),
        ("WCK&T strike", "WCK&T strike"),
        ("Who runs WCK.", "Who runs WCK (World Central Kitchen)."),
        ("WCK 300,000 meals", "WCK (World Central Kitchen) 300,000 meals"),
    ],
)
def test_worked_by_hand(index: Index, question: str, expected: str) -> None:
    """What a question is read as; taken literally, it is read as it is."""
    assert read_as(index, question) == expected
    assert read_as(index, question, literal=True) == question
    assert index.search(question).question == question


@pytest.mark.parametrize("form", [("WCK", "Wim), Carl Kahn"), ("OpenKit", "of partner integrations")])
def test_what_is_no_name_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: tuple[str, str]) -> None:
    """An index of an earlier newsdex may have some."""
    with monkeypatch.context() as before:
        before.setattr(forms, "forms_of", lambda _: [forms.Form(*form)])
        folder = build(tmp_path, {"one": ARTICLES["teaches"]})
    with Index.open(folder) as index:
        assert read_as(index, f"{form[0]} convoy") == f"{form[0]} convoy"


def test_each_form_finds_what_has_the_other_alone(index: Index) -> None:
    """In words, each way; what has some of the words of a long form only, is not meant."""
    found = index.search("WCK", mode="lexical", limit=10)
    assert {hit.article.id for hit in found} >= {"teaches", "long", "short"}
    scores = {hit.article.id: hit.score for hit in found}
    assert scores["long"] > scores.get("kitchen", 0)
    assert "long" not in {hit.article.id for hit in index.search("WCK", mode="lexical", limit=10, literal=True)}
    found = index.search("World Central Kitchen", mode="lexical", limit=10)
    literal = index.search("World Central Kitchen", mode="lexical", limit=10, literal=True)
    assert "short" in {hit.article.id for hit in found}
    assert "short" not in {hit.article.id for hit in literal}
    assert {hit.article.id for hit in index.search("Kiev", mode="lexical", limit=2)} == {"kyiv", "kyiv2"}


def test_two_meanings_count_by_how_common_they_are(index: Index) -> None:
    """A third of the articles is of cricket."""
    [name] = names_in(index.asker().snapshot, "ICC ruling", lambda _: False)
    assert name.adds
    assert name.others == (("International Criminal Court", pytest.approx(2 / 3)), ("International Cricket Council", pytest.approx(1 / 3)))


def test_what_no_living_article_teaches_is_forgotten(tmp_path: Path) -> None:
    """The only teaching article is deleted."""
    folder = build(tmp_path, ARTICLES)
    with Index.open(folder) as index:
        assert read_as(index, "WCK") != "WCK"
        delete(folder, Selection(ids=frozenset({"teaches"})))
        assert read_as(index, "WCK") == "WCK"
        assert index.search("WCK") == index.search("WCK", literal=True)


def test_many_questions_at_once_and_explanations(index: Index) -> None:
    """The same as one by one; an explanation names the words of the question."""
    questions = ["WCK convoy", "Kiev", "who struck", "ICC"]
    assert index.search_many(questions) == [index.search(question) for question in questions]
    [words] = [part for part in index.search("WCK convoy", explain=True)[0].parts if part.name == "words"]
    assert "convoy" in words.words


def test_an_explanation_of_a_compound_with_a_name(tmp_path: Path) -> None:
    """Where the name is spelled out, the compound is two words."""
    plan = "Harbour\n\nThe Blue Harbour 3 (BH3) plan was read. BH3-only boats came home."
    with Index.open(build(tmp_path, {"plan": plan, "roads": "Roads\n\nThe council spoke of roads and lamps."})) as index:
        assert read_as(index, "BH3-only boats") == "BH3 (Blue Harbour 3)-only boats"
        [words] = [part for part in index.search("BH3-only boats", explain=True)[0].parts if part.name == "words"]
        assert words.words.endswith(": BH3, only, boats")


ABROAD = {
    "ezb": ("de", "Zinsen gesenkt\n\nDie EZB hat die Zinsen gesenkt. Die Märkte hatten das erwartet."),
    "bce": ("fr", "La BCE baisse ses taux\n\nLa BCE a baissé ses taux jeudi à Francfort."),
    "who": ("en", "Outbreak\n\nThe World Health Organization (WHO) met. Who knows?"),
    "eu": ("en", "Tariffs\n\nThe EU puts tariffs on cars."),
    "ue": ("es", "Aranceles\n\nLa UE impone aranceles a los coches."),
}


@pytest.fixture(scope="module")
def abroad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("abroad")
    lines = [
        json.dumps({"_id": name, "title": text.split("\n")[0], "text": text, "language": language})
        for name, (language, text) in ABROAD.items()
    ]
    (folder / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    index_paths([folder / "a.jsonl"], folder / "index", Options(model="hash"))
    with Index.open(folder / "index") as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("ECB rates", "ECB (EZB, BCE) rates"),
        ("ecb rates", "ecb (EZB, BCE) rates"),
        ("European Central Bank rates", "European Central Bank (EZB, BCE) rates"),
        ('"ECB" rates', '"ECB" rates'),
        ("OMS", "OMS (World Health Organization)"),
        ("who knows", "who knows"),
        # Articles have it as typed
        ("EU tariffs", "EU tariffs"),
        ("EZB Zinsen", "EZB Zinsen"),
    ],
)
def test_a_body_is_found_by_its_name_in_another_language(abroad: Index, question: str, expected: str) -> None:
    assert read_as(abroad, question) == expected


def test_the_article_with_the_name_in_another_language_is_found(abroad: Index) -> None:
    assert {hit.article.id for hit in abroad.search("ECB", mode="lexical")} == {"ezb", "bce"}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("sec lawsuit", "sec (Securities and Exchange Commission) lawsuit"),
        ("who sued the brokers", "who sued the brokers"),
    ],
)
def test_an_acronym_that_is_a_token_too_is_known_in_lower_case(tmp_path: Path, question: str, expected: str) -> None:
    """The default model has "sec" whole."""
    text = "Brokers sued\n\nThe Securities and Exchange Commission sued the brokers. The Department of Justice (DOJ) did not."
    (tmp_path / "a.md").write_text(text, encoding="utf-8")
    index_paths([tmp_path / "a.md"], tmp_path / "index", Options(model=DEFAULT_MODEL))
    with Index.open(tmp_path / "index") as index:
        assert read_as(index, question) == expected


def test_an_acronym_in_an_earlier_message_is_known_too(abroad: Index) -> None:
    """What depends on it is found as with the name that articles have."""
    known, typed = (abroad.search("and when was that?", history=[f"Who is {name}?"], mode="lexical") for name in ("EZB", "ECB"))
    assert known[0].article.id == "ezb"
    assert {hit.article.id for hit in typed} == {"ezb", "bce"}
