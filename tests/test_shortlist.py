"""Short lists find what a comparison with all finds: by the signs of real vectors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from newsdex import Index
from newsdex.search import candidates
from newsdex.search.candidates import _most
from newsdex.search.dense import ERROR, Scan

QUESTIONS = [
    "China support for Russia",
    "who won the election?",
    "what did the central bank decide?",
    "a ship in distress",
    "how many people died in the flood?",
]


@pytest.fixture(scope="module")
def index(sample_index: Path) -> Iterator[Index]:
    """The sample archive, which has real vectors."""
    with threadpool_limits(1), Index.open(sample_index) as opened:
        yield opened


def test_short_lists_find_what_an_exact_search_finds(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the ten best articles of an exact search at least 0.98 are found, though a quarter of the passages is looked at: by meaning, and by both."""
    monkeypatch.setattr(candidates, "EXACT", 0)
    monkeypatch.setattr(candidates, "_listed", lambda *_: index.manifest.passages // 4)
    for mode in ("hybrid", "dense"):
        shares = []
        for question in QUESTIONS:
            best, found = (
                {hit.article.id for hit in index.search(question, mode=mode, limit=10, collapse=False, exact=exact)}  # type: ignore[arg-type]
                for exact in (True, False)
            )
            shares.append(len(best & found) / len(best))
        assert np.mean(shares) >= 0.98


def test_all_ways_to_a_cosine_agree(index: Index) -> None:
    """Together, row by row and settled: within the error that the search allows for, of the product in float64."""
    snapshot, encoder = index._ready()
    questions = encoder.encode_questions(QUESTIONS)
    for scan, places in ((Scan(snapshot.segments, questions), range(len(questions))), (Scan(snapshot.segments, questions[:1]), range(1))):
        for number, segment in enumerate(snapshot.segments):
            positions = np.arange(0, len(segment), 3)
            for place in places:
                exact = segment.matrix[positions].astype(np.float64) @ questions[place].astype(np.float64)
                for found in (
                    scan.cosines(number, place)[positions],
                    scan.cosines_at(number, place, positions),
                    scan.settled(number, place, positions),
                ):
                    assert np.abs(found - exact).max() < ERROR / 2


@given(st.lists(st.lists(st.integers(0, 40), max_size=30), min_size=1, max_size=3), st.integers(1, 60), st.integers(0, 3))
def test_the_most_are_those_that_sorting_finds(values: list[list[int]], count: int, error: int) -> None:
    """Part by part, equal ones and near misses included."""
    ordered = sorted((value for each in values for value in each), reverse=True)
    least = ordered[count - 1] - error if count <= len(ordered) else 0
    found = _most((np.array(each, np.float32) for each in values), count, error)
    assert [each.tolist() for each in found] == [[place for place, value in enumerate(each) if value >= least] for each in values]


def test_signs_tell_angles(index: Index) -> None:
    """The estimate of a cosine is that of the angle whose share of pi the signs differ in, counted one by one; and near the cosine, for real vectors."""
    snapshot, encoder = index._ready()
    questions = encoder.encode_questions(QUESTIONS)
    scan = Scan(snapshot.segments, questions)
    for number, segment in enumerate(snapshot.segments):
        matrix = np.array(segment.matrix)
        for place, question in enumerate(questions):
            differing = np.array([sum((row > 0) != (question > 0)) for row in matrix])
            estimates = scan.estimates(number, place)
            assert np.allclose(estimates, np.cos(np.pi * differing / len(question)), atol=1e-6)
            assert np.array_equal(scan.estimates(number, place, np.array([3, 1])), estimates[[3, 1]])
            assert np.std(estimates - matrix @ question) < 0.1
