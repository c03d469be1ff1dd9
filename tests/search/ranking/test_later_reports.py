"""A question for a figure is answered by the latest report of the event; any other by the best one."""

from __future__ import annotations

import json

import pytest

from newsdex import Index, Options, index_paths
from newsdex.search.question.reading import asks_figure

FIRST = "At least 12 people died when a ferry sank off Tarvin. Divers search the harbour for others who were on board."
LATER = "The ferry that sank off Tarvin took 31 people with it; all died. Divers ended their search of the harbour for those on board."


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
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
        *({"_id": f"o{n}", "title": f"Roads {n}", "text": f"Road {n} is closed for repairs until further notice."} for n in range(9)),
    ]
    lines = [json.dumps({"language": "en", **article}) + "\n" for article in articles]
    (folder / "a.jsonl").write_text("".join(lines), encoding="utf-8")
    index_paths([folder / "a.jsonl"], folder / "index", Options(model="all-MiniLM-L6-v2"))
    return Index.open(folder / "index")


def test_the_later_report_of_an_event_answers_how_many(index: Index) -> None:
    """It is first though the older one has more of the question; one of months later may be of another event."""
    with index:
        best = index.search("who died in the sunk ferry off Tarvin", collapse=False)
        assert (best[0].article.id, best.remarks) == ("first", ())
        by_date = index.search("how many people died in the sunk ferry off Tarvin", collapse=False, sort="date")
        assert by_date.remarks == ()
        told = index.search("how many people died in the sunk ferry off Tarvin", collapse=False)
        assert [hit.article.id for hit in told][:2] == ["later", "first"]
        assert told[0].score < told[1].score
        assert told.remarks == ("The latest report comes first.",)
        found = [hit.article.id for hit in index.search("sunk ferry off Tarvin: toll of people who died", collapse=False)]
        assert found[:2] == ["later", "first"]


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
