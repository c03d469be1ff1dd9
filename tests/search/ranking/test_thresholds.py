"""What counts as an answer, as about as good as the best, and as a copy of it: each number on both sides of where it lies."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path

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


def test_an_answer_has_a_probability_of_sixteen_per_cent(index: Index) -> None:
    """Whatever is asked: what answers is what has 0.16 and more. Questions of known and unknown words come close to it on both sides."""
    best = []
    for known, unknown in product(range(1, 9), range(12)):
        results = index.search(" ".join([*WORDS[:known], *(f"quokka{n}zz" for n in range(unknown))]), min_score=None)
        score = results[0].score
        assert results.answerable == (score >= 0.16)
        assert all(hit.answers == (hit.score >= 0.16) for hit in results)
        best.append(score)
    assert any(0.1 < score < 0.16 for score in best)
    assert any(0.16 < score < 0.4 for score in best)


def test_newer_articles_are_preferred_within_three_tenths_of_a_point(index: Index) -> None:
    """Of all that answer and have no more than 0.3 points less than the best, the newest is first; the others stay behind as they were."""
    distances: list[float] = []
    for asked in map(" ".join, combinations(WORDS, 5)):
        hits = index.search(asked, explain=True, limit=50, min_score=0, collapse=False).hits
        behind = [sum(part.points for part in hits[0].parts) - sum(part.points for part in hit.parts) for hit in hits]
        near = [hit for hit, less in zip(hits, behind, strict=True) if less <= 0.3 and hit.score >= 0.2]
        rest = [hit for hit, less in zip(hits, behind, strict=True) if less > 0.3 or hit.score < 0.2]
        distances += [less for hit, less in zip(hits, behind, strict=True) if hit.score >= 0.2]
        expected = [hit.article.id for hit in (*sorted(near, key=lambda hit: hit.article.id, reverse=True), *rest)]
        found = index.search(f"latest {asked}", limit=50, min_score=0, collapse=False)
        assert [hit.article.id for hit in found] == expected
    assert any(0.25 < less < 0.3 for less in distances)
    assert any(0.3 < less < 0.35 for less in distances)


def test_what_a_prompt_leaves_out(index: Index) -> None:
    """Hits below 0.16, if others have more; else none."""
    question = "ferry strike harbour crews wages"
    hits = index.search(question, limit=50, min_score=0, collapse=False).hits
    kept = [hit.article.id for hit in hits if hit.score >= 0.16]
    assert 0 < len(kept) < len(hits)
    assert [hit.article.id for hit in likely(index.search(question, limit=50, collapse=False))] == kept
    nothing = index.search("opera tickets", limit=5)
    assert not nothing.answerable
    assert likely(nothing) == nothing


def test_a_correction_answers_with_what_it_corrects_from_a_twentieth(tmp_path: Path) -> None:
    """A corrected version of an answer answers if it has 0.05 and more, and comes before it, or right behind it if it is less than an
    eighth as probable; otherwise what has 0.16 and more answers.
    """
    chance = random.Random(11)
    with (tmp_path / "a.jsonl").open("w", encoding="utf-8") as file:
        for number in range(20):
            words = [*chance.sample(WORDS, chance.randint(1, 8)), *(f"filler{chance.randint(1, 999)}" for _ in range(6))]
            version = {"corrects": f"a{number - 1}"} if number % 2 else {}
            file.write(json.dumps({"_id": f"a{number}", "title": "", "text": " ".join(words) + ".", **version}) + "\n")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    shown, behind, ratios = set(), set(), list[float]()
    with Index.open(tmp_path / "index") as index:
        for count in range(2, 7):
            results = index.search(" ".join(WORDS[:count]), limit=50, collapse=False)
            hits = results.hits
            assert results.total == sum(hit.answers for hit in hits)
            scores, order = {hit.article.id: hit.score for hit in hits}, [hit.article.id for hit in hits]
            for hit in hits:
                corrected = hit.article.corrects
                shared = corrected in scores and scores[corrected] >= 0.16
                assert hit.answers == (hit.score >= 0.16 or (shared and hit.score >= 0.05)), hit
                if shared and hit.score < 0.16:
                    shown.add(next(bound for bound in (0.1, 0.05, 0.025, 0.0) if hit.score >= bound))
                    before = hit.answers and 8 * hit.score >= scores[corrected]
                    ratios.append(scores[corrected] / hit.score)
                    assert (order.index(hit.article.id) < order.index(corrected)) == before
                    if hit.answers and not before:
                        behind.add(order.index(hit.article.id) - order.index(corrected))
            kept = [hit.article.id for hit in hits if hit.answers]
            assert [hit.article.id for hit in likely(index.search(" ".join(WORDS[:count]), limit=50, collapse=False))] == kept
    assert shown == {0.1, 0.05, 0.025, 0.0}
    assert behind == {1}
    assert any(4 < ratio < 8 for ratio in ratios)
    assert any(8 < ratio < 16 for ratio in ratios)
