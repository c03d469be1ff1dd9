"""A question for a figure is answered by the latest report of the event; any other by the best one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import pytest

from newsdex import Index, Options, index_paths
from newsdex.engines.reader import Reader, Reading
from newsdex.search.answer.question import Question
from newsdex.search.question.reading import asks_figure

FIRST = "At least 12 people died when a ferry sank off Tarvin. Divers search the harbour for others who were on board."
LATER = "The ferry that sank off Tarvin took 31 people with it; all died. Divers ended their search of the harbour for those on board."


FARMERS = "Eva Lenz leads the Farmers of Brunn. Her party wants fewer taxes on land and on milk. She has never been in government."
# Pairs of reports: of one event ten and twenty days apart, and of two events of one kind four days apart.
PAIRS = [
    ("bus", "2024-01-01", "A bus fell into a ravine near Molden", "At least 12 people died when a bus fell into a ravine near Molden."),
    ("bus again", "2024-01-11", "Molden ravine: search ends", "The bus that fell into the ravine near Molden took 31 people with it."),
    ("mine", "2024-01-01", "People died in mine fire in Harsk", "At least 12 people died when a mine burned in Harsk."),
    ("mine again", "2024-01-21", "Mine fire in Harsk: search ends", "The fire in the mine in Harsk killed 31 people."),
    ("snow", "2024-01-01", "Avalanche buries skiers in Ostrel", "Four people died in an avalanche above Ostrel. They had left the slope."),
    (
        "snow again",
        "2024-01-05",
        "Gimmel hit by avalanche",
        "An avalanche destroyed nine houses of Gimmel, and 17 people died. No road is open.",
    ),
    (
        "flood",
        "2024-01-01",
        "People fled the flood in Orsk",
        "About 4,900 people fled the flood in Orsk when the dam there broke on Sunday.",
    ),
    (
        "flood again",
        "2024-01-03",
        "How many people who fled the flood in Orsk are back",
        "Most of the thousands of people who fled the flood in Orsk are back.",
    ),
    ("storm", "2024-01-01", "People died in the storm that hit Elsey", "At least 130 people died in the storm that hit Elsey on Sunday."),
    ("storm 2", "2024-01-03", "Storm that hit Elsey: search ends", "The storm that hit Elsey on Sunday took 410 people with it; all died."),
    ("storm 3", "2024-01-05", "Storm that hit Elsey: people mourn", "People in Elsey mourn those who died in the storm on Sunday."),
    ("quake", "2024-01-01", "Vardo earthquake death toll climbs to 13", "The death toll of the earthquake in Vardo climbed to 13."),
    (
        "quake again",
        "2024-01-03",
        "Death toll rises to 34 as rescuers search in the cold",
        "The death toll of the earthquake in Vardo rose to 34 today. In the quake of 1999, 278 people died there. It injured 29 people.",
    ),
    ("vote", "2024-01-01", "Eva Lenz wins Brunn's election", f"Brunn gave 37 of the 150 seats to the party of Eva Lenz. {FARMERS}"),
    (
        "vote again",
        "2024-01-08",
        "Eva Lenz: how to govern Brunn after her win",
        f"The Liberals, who lost ten seats in Brunn, will not join Eva Lenz. {FARMERS}",
    ),
    ("other quake", "2024-01-05", "Tolm earthquake death toll climbs to 8", "The death toll of the earthquake in Tolm climbed to 8."),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("later")
    articles = [
        {"_id": "first", "title": "People died in sunk ferry off Tarvin", "text": FIRST, "date": "2024-03-01"},
        {"_id": "later", "title": "Sunk ferry off Tarvin: divers end search", "text": LATER, "date": "2024-03-04"},
        {"_id": "spring", "title": "Sunk ferry off Tarvin: divers end search", "text": LATER, "date": "2024-06-04"},
        {
            "_id": "seals",
            "title": "Tax on lamps",
            "text": "The council met to talk about a tax on lamps in the old town.",
            "date": "2024-03-05",
        },
        *({"_id": name, "title": title, "text": text, "date": date} for name, date, title, text in PAIRS),
        *({"_id": f"o{n}", "title": f"Roads {n}", "text": f"Road {n} is closed for repairs until further notice."} for n in range(9)),
    ]
    lines = [json.dumps({"language": "en", **article}) + "\n" for article in articles]
    (folder / "a.jsonl").write_text("".join(lines), encoding="utf-8")
    index_paths([folder / "a.jsonl"], folder / "index", Options(model="all-MiniLM-L6-v2"))
    with Index.open(folder / "index") as opened:
        yield opened


def test_the_later_report_of_an_event_answers_how_many(index: Index) -> None:
    """It is first though the older one has more of the question; one of months later may be of another event."""
    best = index.search("who died in the sunk ferry off Tarvin", collapse=False)
    assert (best[0].article.id, best.remarks) == ("first", ())
    by_date = index.search("how many people died in the sunk ferry off Tarvin", collapse=False, sort="date")
    assert by_date.remarks == ()
    told = index.search("how many people died in the sunk ferry off Tarvin", collapse=False)
    assert [hit.article.id for hit in told][:2] == ["later", "first"]
    assert told[0].score < told[1].score
    assert told.remarks == ("A later report comes first; an article of 2024-06-04 may have newer figures.",)
    within = index.search("how many people died in the sunk ferry off Tarvin", collapse=False, until="2024-05")
    undated = "9 of 29 articles have no date, so searches with dates leave them out. Search without dates to include them."
    assert within.remarks == (undated, "The latest report comes first.")
    found = [hit.article.id for hit in index.search("sunk ferry off Tarvin: toll of people who died", collapse=False)]
    assert found[:2] == ["later", "first"]


@pytest.mark.parametrize(
    ("question", "order"),
    [
        ("latest on people died in mine fire", ["mine again", "mine"]),
        ("latest on the people who died in the avalanche above Ostrel", ["snow", "snow again"]),
    ],
)
def test_the_latest_of_a_story_comes_first(index: Index, question: str, order: list[str]) -> None:
    """Far fewer of the question's words are in it; but not what is newer of another event."""
    assert [hit.article.id for hit in index.search(question, collapse=False)][:2] == order
    assert index.search(question.removeprefix("latest on "), collapse=False)[0].article.id in ("mine", "snow")


@pytest.mark.parametrize(
    ("question", "order"),
    [
        ("how many people died when the bus fell into the ravine near Molden", ["bus again", "bus"]),
        ("how many people died in the mine fire in Harsk", ["mine", "mine again"]),
        ("how many people died in the avalanche", ["snow", "snow again"]),
    ],
)
def test_a_report_of_the_same_event_is_of_about_the_same_day_and_text(index: Index, question: str, order: list[str]) -> None:
    """One of ten days later is first. One of twenty days later is second, and so is one of another event of the same kind."""
    assert [hit.article.id for hit in index.search(question, collapse=False)][:2] == order


@pytest.mark.parametrize(
    ("question", "order", "told"),
    [
        pytest.param("how many people fled the flood in Orsk", ["flood", "flood again"], "4,900", id="a later one without a figure"),
        pytest.param("how many people died in the storm that hit Elsey", ["storm 2"], "410", id="the latest of those with a figure"),
        pytest.param("Vardo earthquake death toll", ["quake again", "quake"], "34", id="an older one whose title has all words"),
        pytest.param("latest death toll of the Vardo earthquake", ["quake again", "quake"], "34", id="a newer one of another place"),
        pytest.param("how many people died in the earthquake in Vardo", ["quake again", "quake"], "34", id="an earlier event"),
        pytest.param("how many seats did Eva Lenz win in Brunn", ["vote", "vote again"], "37", id="a later one with another figure"),
        pytest.param("how many people were injured in the earthquake in Vardo", ["quake again"], "29", id="the injured"),
    ],
)
def test_the_figure_is_that_of_the_event_and_of_now(index: Index, question: str, order: list[str], told: str) -> None:
    """The later report of the same event comes first if it has a figure, and the sentence with the right one is shown."""
    found = index.search(question, collapse=False)
    assert [hit.article.id for hit in found][: len(order)] == order
    assert told in found[0].answer_text
    # An article about another place has no newer figures; that of the mourning may have
    newer = [remark for remark in found.remarks if "newer figures" in remark]
    assert newer == (["A later report comes first; an article of 2024-01-05 may have newer figures."] if "Elsey" in question else [])


@pytest.mark.parametrize(
    ("question", "remarks"),
    [
        # Twenty days later, so perhaps of another event
        ("how many people died in the mine fire in Harsk", ["An article of 2024-01-21 may have newer figures."]),
        ("how many people died in the earthquake in Vardo in 1999", []),
        ("how many years will the search in Harsk take", []),
    ],
)
def test_newer_figures_below_are_named(index: Index, question: str, remarks: list[str]) -> None:
    assert [remark for remark in index.search(question).remarks if "newer figures" in remark] == remarks


def test_no_newer_figures_where_none_seems_to_answer(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each article has a figure and is .9 probable or more until it is read."""
    seen = Reader.read
    monkeypatch.setattr(Reader, "read", lambda *given: seen(*given)._replace(answered=-5.0))
    found = index.search("how many people died in the mine fire in Harsk", collapse=False)
    assert [remark for remark in found.remarks if "newer figures" in remark] == []


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("The fire in the mine killed 31 people.", True),
        ("The death toll of the fire that broke out in the deepest part of the old mine in Harsk rose to 31.", True),
        ("Such fires were common in the flu year of 1918.", False),
        ("One of the many huts beside the mine is a bar now.", False),
        ("Thousands died in the fire.", False),
        ("It injured 29 people.", False),
    ],
)
def test_what_tells_a_toll(text: str, tells: bool) -> None:
    assert Question("how many people died in the mine fire in Harsk").quantity.tells_toll(text) is tells


def test_the_article_with_the_newest_figure_is_read(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """That the report of the mourning does not answer makes nothing less probable: it does not come first."""
    seen = Reader.read

    def read(reader: Reader, question: str, sentences: Sequence[str]) -> Reading:
        return seen(reader, question, sentences)._replace(answered=5.0 if any("410" in text for text in sentences) else -9.0)

    monkeypatch.setattr(Reader, "read", read)
    found = index.search("latest death toll of the storm that hit Elsey", collapse=False)
    assert found[0].article.id == "storm 2"
    assert found[0].score >= 0.8
    assert found.answerable


def test_the_newest_with_a_figure_comes_first_if_the_latest_is_asked_for(index: Index) -> None:
    """Not the newest of all, which is about the mourning."""
    found = index.search("latest death toll of the storm that hit Elsey", collapse=False)
    assert [hit.article.id for hit in found][:3] == ["storm 2", "storm 3", "storm"]


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("How many died?", True),
        ("death toll Tarvin", True),
        ("\u00bfCu\u00e1ntos muertos hubo?", True),
        ("Wie viele starben?", True),
        ("combien de morts", True),
        ("who died", False),
        ("toll roads", True),
        ("quantum computers", False),
    ],
)
def test_what_asks_for_a_figure(question: str, asks: bool) -> None:
    """A number that later reports correct."""
    assert asks_figure(question) is asks


def test_the_named_days_come_before_those_after(index: Index) -> None:
    """Among the newest: the ten days after the named period are for reports of it."""
    found = index.search("news about people and a ferry off Tarvin from 25 February to 2 March 2024", collapse=False)
    assert [hit.article.id for hit in found][:2] == ["first", "later"]
    assert "Newer articles first" in found.remarks[-1]
