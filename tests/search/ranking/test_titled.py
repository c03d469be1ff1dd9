"""An article whose title has all words of a query comes before one that mentions them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsdex import Index, Options, index_paths

TEXT = (
    "Hundreds of children of migrants were moved to a camp near the border on Monday. Officials said that all beds were full, and that "
    "teachers come. Lawyers for the families asked a judge in Tarvin to visit."
)
ARTICLES = {
    "titled": ("Tent camp for migrants grows", TEXT),
    "mentions": ("Votes counted in Ellerby", "The camp of the mayor won for the migrants of the old town."),
    "tents": ("Fair opens", "Tents stand on the meadow."),
    "untitled": ("", "The border of the US was quiet."),
    **{f"other{number}": (f"Road {number} closed", f"Workers closed road {number} in Hallam for a week.") for number in range(8)},
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("titled")
    lines = [{"_id": name, "title": title, "text": text, "language": "en"} for name, (title, text) in ARTICLES.items()]
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    index_paths([folder / "a.jsonl"], folder / "index", Options(model="hash"))
    with Index.open(folder / "index") as opened:
        yield opened


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("camp", "titled"),
        ("migrants", "titled"),
        ("camp migrants", "titled"),
        ("camps for a migrant", "titled"),
        pytest.param("what is in the camp", "mentions", id="more than a topic"),
        pytest.param("camp mayor", "mentions", id="one word is not in the title"),
    ],
)
def test_what_a_title_names_comes_first(index: Index, query: str, first: str) -> None:
    assert index.search(query, min_score=0, mode="lexical")[0].article.id == first


def test_what_a_title_adds(index: Index) -> None:
    """Six tenths of a point to a few words, and nothing to a question of as many other words or to a title that lacks a word."""
    plain, asked = (
        {hit.article.id: hit.parts[0].points for hit in index.search(query, min_score=0, mode="lexical", explain=True)}
        for query in ("camp migrants", "is the camp for the migrants")
    )
    assert plain["titled"] - asked["titled"] == pytest.approx(0.6)
    assert plain["mentions"] == asked["mentions"]


@pytest.mark.parametrize(
    ("title", "article", "counts"),
    [
        pytest.param("Votes counted in Ellerby", "mentions", True, id="four words"),
        pytest.param("Road 3 closed", "other3", False, id="three words"),
        pytest.param("", "untitled", False, id="none"),
    ],
)
def test_a_headline_beside_other_words_has_four(index: Index, title: str, article: str, counts: bool) -> None:
    """Then it counts as much as words can: 1.8 points."""
    hits = index.search(f"{title} camp migrants children border US", min_score=0, mode="lexical", explain=True, limit=20)
    [points] = [hit.parts[0].points for hit in hits if hit.article.id == article]
    assert (points >= 1.8) == counts


@pytest.mark.parametrize(
    ("title", "query"),
    [
        ("What a tram is for", "what a tram is for"),
        ("What a tram is for", "What a tram is for | Harbour Courier"),
        ("What a tram is for", "Courier: what a tram is for"),
        pytest.param('Six die: storm, "worst in years"', "Six die - storm - worst in years", id="signs"),
    ],
)
def test_a_pasted_headline_finds_its_article(tmp_path: Path, title: str, query: str) -> None:
    """Rather than one with more of its words in fewer."""
    rival = {
        "_id": "rival",
        "title": f"{title} again",
        "text": " ".join([query, *["Tram, storm, trams, worst, die, the Courier wrote."] * 3]),
    }
    told = {
        "_id": "told",
        "title": title,
        "text": "The council met on Monday. It spoke of lamps, roads and a roof for the school in Hallam.",
    }
    (tmp_path / "a.jsonl").write_text(f"{json.dumps(rival)}\n{json.dumps(told)}\n", encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as opened:
        hit = opened.search(query, min_score=0)[0]
        assert hit.article.id == "told"
        assert hit.score > 0.9
