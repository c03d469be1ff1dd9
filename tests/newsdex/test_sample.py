"""The sample archive, end to end with the real model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from paths import ROOT

from newsdex import Hit, Index

EXAMPLES = ROOT / "examples"


def questions() -> list[dict[str, Any]]:
    """The questions with the passages that answer them."""
    return [json.loads(line) for line in (EXAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()]


def answers(question: dict[str, Any], hit: Hit) -> bool:
    """Whether one of the hit's passages holds one of the sentences that answer the question."""
    return any(a["article"] == hit.article.path.name and a["quote"] in m.passage.text for a in question["answers"] for m in hit.matches)


def test_china_support_for_russia(sample_index: Path) -> None:
    """The question that started the project finds the story of the Secretary of State in Beijing first."""
    with Index.open(sample_index) as index:
        first = index.search("China support for Russia")[0]
    assert first.article.path.name == "2024-04-26-blinken-beijing-hc.md"
    assert "support for Russia" in first.answer_text


def test_recall(sample_index: Path) -> None:
    """Of the questions that the archive answers, nine in ten find an answer in the three best passages of the first five articles."""
    with Index.open(sample_index) as index:
        answerable = [q for q in questions() if q["answers"]]
        found = [any(answers(q, hit) for hit in index.search(q["question"], limit=5, per_article=3, collapse=False)) for q in answerable]
    assert len(found) >= 40
    assert sum(found) / len(found) >= 0.9


def test_offsets_are_exact_in_the_files(sample_index: Path) -> None:
    """Every hit's characters are those of the file it names, its answer lies in its passage, and ranks and scores descend."""
    with Index.open(sample_index) as index:
        for question in questions():
            hits = index.search(question["question"], limit=10)
            assert [hit.rank for hit in hits] == list(range(1, 11))
            assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
            for hit in hits:
                file = hit.article.path.read_text(encoding="utf-8")
                assert file[hit.passage.start : hit.passage.end] == hit.passage.text
                assert hit.passage.start <= hit.answer.start < hit.answer.end <= hit.passage.end
                assert 0 <= hit.score <= 1


def test_the_sample_keeps_its_promises() -> None:
    """At least 170 articles with title, date, source and url; six outlets; 40 questions answered in the files and 15 that are not."""
    articles = {path.name: path.read_text(encoding="utf-8") for path in (EXAMPLES / "articles").glob("*.md")}
    assert len(articles) >= 170
    for name, text in articles.items():
        front = text.split("---\n")[1]
        assert [line.split(":")[0] for line in front.splitlines()] == ["title", "date", "source", "url"], name
    assert len({text.split("\nsource: ")[1].split("\n")[0] for text in articles.values()}) == 6
    asked = questions()
    assert sum(bool(q["answers"]) for q in asked) >= 40
    assert sum(not q["answers"] for q in asked) >= 15
    for question in asked:
        for answer in question["answers"]:
            assert answer["quote"] in articles[answer["article"]], question["id"]


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_a_shorter_list_is_the_beginning_of_a_longer_one(sample_index: Path, limit: int) -> None:
    """The first n of 50 are the n."""
    with Index.open(sample_index) as index:
        longer = index.search("election result", limit=50)
        assert index.search("election result", limit=limit).hits == longer[:limit]
