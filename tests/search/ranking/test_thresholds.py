"""What counts as an answer, as about as good as the best, and as a copy of it: each number on both sides of where it lies."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from newsdex import Index, Options, index_paths
from newsdex.search.answer.context import likely

WORDS = ["ferry", "strike", "harbour", "crews", "wages", "island", "winter", "storm"]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """Articles of some of the same words, one a day, the best one and its rivals at any distance."""
    folder, chance = tmp_path_factory.mktemp("thresholds"), random.Random(1)
    with (folder / "a.jsonl").open("w", encoding="utf-8") as file:
        for day in range(1, 29):
            text = " ".join([*chance.sample(WORDS, chance.randint(1, 8)), *(f"filler{chance.randint(1, 999)}" for _ in range(6))])
            file.write(json.dumps({"_id": f"a{day:02}", "title": "", "text": text + ".", "date": f"2024-02-{day:02}"}) + "\n")
    index_paths([folder / "a.jsonl"], folder / "index", Options(model="hash"))
    with Index.open(folder / "index") as opened:
        yield opened


def test_an_answer_has_a_probability_of_a_fifth(index: Index) -> None:
    """Whatever is asked: what answers is what has 0.2 and more. Questions of known and unknown words come close to it on both sides."""
    best = []
    for known, unknown in product(range(1, 6), range(7)):
        results = index.search(" ".join([*WORDS[:known], *(f"quokka{n}zz" for n in range(unknown))]), min_score=None)
        score = results[0].score
        assert results.answerable == (score >= 0.2)
        assert all(hit.answers == (hit.score >= 0.2) for hit in results)
        best.append(score)
    assert any(0.1 < score < 0.2 for score in best)
    assert any(0.2 < score < 0.4 for score in best)


def test_newer_articles_are_preferred_within_four_tenths_of_a_point(index: Index) -> None:
    """Of all that answer and have no more than 0.4 points less than the best, the newest is first; the others stay behind as they were."""
    asked = "ferry strike harbour crews wages"
    hits = index.search(asked, explain=True, limit=50, min_score=0, collapse=False).hits
    behind = [sum(part.points for part in hits[0].parts) - sum(part.points for part in hit.parts) for hit in hits]
    near = [hit for hit, less in zip(hits, behind, strict=True) if less <= 0.4 and hit.score >= 0.2]
    rest = [hit for hit, less in zip(hits, behind, strict=True) if less > 0.4 or hit.score < 0.2]
    assert any(0.2 < less < 0.4 for less in behind)
    assert any(0.4 < less < 0.8 and hit.score >= 0.2 for hit, less in zip(hits, behind, strict=True))
    expected = [hit.article.id for hit in (*sorted(near, key=lambda hit: hit.article.id, reverse=True), *rest)]
    found = index.search(f"latest {asked}", limit=50, min_score=0, collapse=False)
    assert [hit.article.id for hit in found] == expected


@pytest.mark.parametrize(("reranked", "kept"), [(False, 3), (True, 1)])
def test_what_a_prompt_leaves_out(index: Index, reranked: bool, kept: int) -> None:
    """Hits below 0.2, or below 0.5 of a cross-encoder."""
    results = index.search("ferry strike", limit=4)
    hits = [
        replace(hit, matches=(replace(hit.matches[0], score=score),), score=score)
        for hit, score in zip(results, (0.6, 0.35, 0.25, 0.15), strict=True)
    ]
    assert len(likely(replace(results, hits=tuple(hits), answerable=True), reranked=reranked).hits) == kept
