"""A passage that has the question's words side by side comes before one in which they are scattered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsdex import Index, Options, index_paths

ARTICLES = {
    "together": "The council met for two hours on Monday, and then the mayor opened the old harbour market, closed for years.",
    "scattered": "An old market. The harbour is near the old market.",
    "reversed": "Market harbour old.",
    "half": "Old harbour walls fell on the road, far from any market, while the council met for hours on Monday and spoke of other things.",
    "apart": "The market of the old town is near the harbour.",
    **{f"other{number}": f"Workers closed road {number} in Hallam for a week." for number in range(8)},
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("phrased")
    lines = [{"_id": name, "title": "", "text": text, "language": "en"} for name, text in ARTICLES.items()]
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    index_paths([folder / "a.jsonl"], folder / "index", Options(model="hash"))
    with Index.open(folder / "index") as opened:
        yield opened


def points(index: Index, query: str, history: tuple[str, ...] = ()) -> dict[str, float]:
    hits = index.search(query, min_score=0, mode="lexical", explain=True, limit=20, history=history)
    return {hit.article.id: hit.parts[0].points for hit in hits}


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("old harbour market", "together"),
        pytest.param("OLD harbours markets", "together", id="other forms"),
        pytest.param("market of the old town", "apart", id="with the little words between them"),
    ],
)
def test_words_side_by_side_come_first(index: Index, query: str, first: str) -> None:
    assert next(iter(points(index, query))) == first


def test_what_neighbours_add(index: Index) -> None:
    """0.45 points to all pairs of neighbours, a sixteenth of that to half of them, none to another order or distance."""
    asked, other = points(index, "old harbour market"), points(index, "market old harbour")
    swapped = points(index, "harbour market old")
    assert asked["together"] - swapped["together"] == pytest.approx(0.45 * (1 - 1 / 16), abs=1e-4)
    assert asked["half"] - points(index, "market harbour old")["half"] == pytest.approx(0.45 / 16, abs=1e-4)
    assert asked["scattered"] == pytest.approx(swapped["scattered"], abs=1e-4)
    assert points(index, "market harbour old")["reversed"] - asked["reversed"] == pytest.approx(0.45, abs=1e-4)
    assert other["together"] == pytest.approx(swapped["together"], abs=1e-4)


def test_nothing_is_added_to_one_word_or_a_figure_or_where_earlier_messages_decide(index: Index) -> None:
    assert points(index, "market")["together"] == points(index, "the market")["together"]
    figures = (
        points(index, "how many people came to the old harbour market"),
        points(index, "how many people came to the market harbour old"),
    )
    assert figures[0]["together"] == pytest.approx(figures[1]["together"], abs=1e-4)
    before = ("what happened on the road in Hallam",)
    follow = points(index, "and what of its old harbour market?", before), points(index, "and what of its market harbour old?", before)
    assert follow[0]["together"] == pytest.approx(follow[1]["together"], abs=1e-4)


def test_each_language_has_its_own_words(tmp_path: Path) -> None:
    """In German, "alte" and "alten" are one word."""
    lines = [
        {"_id": name, "title": "", "text": text, "language": language}
        for name, text, language in (
            ("together", "Der Rat tagte lange, dann öffnete am Montag die alte Markthalle am Hafen wieder.", "de"),
            ("scattered", "Alte Häuser stehen am Rand, die Markthalle im Norden, der Hafen im Süden.", "de"),
            ("en", "The council met on Monday.", "en"),
        )
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as opened:
        assert next(iter(points(opened, "alten Markthalle am Hafen"))) == "together"
