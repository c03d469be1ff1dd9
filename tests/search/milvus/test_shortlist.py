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
from newsdex.encoder import Vectors
from newsdex.search.ranking import retrieval
from newsdex.search.ranking.candidates import QueryText, Search, Selection
from newsdex.search.ranking.dense import ERROR, Positions, Scan
from newsdex.search.ranking.fusion import Mode
from newsdex.search.ranking.lexical import words_in
from newsdex.search.ranking.retrieval import ShortlistSize, find, largest_places

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


@pytest.mark.parametrize("lengths", [ShortlistSize(2), ShortlistSize(1, 4), ShortlistSize(1, 4, half=True)])
def test_short_lists_find_what_an_exact_search_finds(index: Index, monkeypatch: pytest.MonkeyPatch, lengths: ShortlistSize) -> None:
    """Of the ten best articles of an exact search at least 0.98 are found, by meaning and by both: though a quarter of the passages is
    looked at; or an eighth, by finer estimates of half of them, which are best by the signs or by half of these.
    """
    monkeypatch.setattr(retrieval, "EXACT", 0)
    sizes = dict.fromkeys(("SIZES_WITH_WORDS", "SIZES_WITHOUT_WORDS"), (lengths, lengths))
    shortlist = {"SHORTLIST": index.manifest.passages // 8, "SHORTLIST_FACTOR": 0, **sizes}
    for name, value in shortlist.items():
        monkeypatch.setattr(retrieval, name, value)
    for mode in ("hybrid", "dense"):
        shares = []
        for question in QUESTIONS:
            best, found = (
                {hit.article.id for hit in index.search(question, mode=mode, limit=10, collapse=False, exact=exact)}  # type: ignore[arg-type]
                for exact in (True, False)
            )
            shares.append(len(best & found) / len(best))
        assert np.mean(shares) >= 0.98


class Counting(Scan):
    """Counts the vectors that are read, and the estimates by the question's own numbers."""

    read = finer = 0

    def all_cosines(self, number: int) -> Vectors:
        self.read += len(self._segments[number])
        return super().all_cosines(number)

    def cosines_at(self, number: int, question: int, positions: Positions) -> Vectors:
        self.read += len(positions)
        return super().cosines_at(number, question, positions)

    def finer_estimates(self, number: int, question: int, positions: Positions | None = None) -> Vectors:
        found = super().finer_estimates(number, question, positions)
        self.finer += len(found)
        return found


@pytest.mark.parametrize(
    ("mode", "large", "shortest", "recall", "read", "finer"),
    [
        ("hybrid", False, 40, 0.94, 0.07, 0.0),
        ("hybrid", True, 40, 0.986, 0.07, 0.75),
        ("dense", False, 15, 0.94, 0.2, 0.0),
        ("dense", True, 15, 0.988, 0.15, 0.6),
    ],
)
def test_little_is_read_for_most_of_the_best(
    index: Index, monkeypatch: pytest.MonkeyPatch, mode: Mode, large: bool, shortest: int, recall: float, read: float, finer: float
) -> None:
    """Of the ten best passages for two words each, lists that begin at the ``shortest`` length find at least the share ``recall``, though
    no more than the shares ``read`` and ``finer`` of the passages are compared and estimated more finely.
    """
    monkeypatch.setattr(retrieval, "EXACT", 0)
    monkeypatch.setattr(retrieval, "SHORTLIST", shortest)
    monkeypatch.setattr(retrieval, "SHORTLIST_FACTOR", 0)
    if large:
        monkeypatch.setattr(retrieval, "LARGE", 0)
    snapshot, encoder = index.asker().snapshot, index.asker().encoder
    [segment] = snapshot.segments
    beginnings = [" ".join(segment.title(row).split()[:2]) for row in range(0, segment.article_count, 2)]
    asked = {beginning: words for beginning in beginnings if (words := words_in(snapshot, beginning)).article}
    shares, counted = [], []
    for words, vector in zip(asked.values(), encoder.encode_questions([*asked]), strict=True):
        scans = Counting([segment], vector[None]), Counting([segment], vector[None])
        found, best = (
            {*find(snapshot, Search(mode, scan, QueryText(words), [None], [True], [None], exact=exact), 10).position[:10].tolist()}
            for scan, exact in zip(scans, (False, True), strict=True)
        )
        shares.append(len(best & found) / len(best))
        counted.append((scans[0].read, scans[0].finer))
    assert np.mean(shares) >= recall
    assert (np.mean(counted, axis=0) <= np.array([read, finer]) * len(segment)).all()


def test_all_ways_to_a_cosine_agree(index: Index) -> None:
    """Together, row by row and settled: within the error that the search allows for, of the product in float64."""
    snapshot, encoder = index.asker().snapshot, index.asker().encoder
    questions = encoder.encode_questions(QUESTIONS)
    for scan, places in ((Scan(snapshot.segments, questions), range(len(questions))), (Scan(snapshot.segments, questions[:1]), range(1))):
        for number, segment in enumerate(snapshot.segments):
            positions = np.arange(0, len(segment), 3)
            for place in places:
                exact = segment.matrix[positions].astype(np.float64) @ questions[place].astype(np.float64)
                for found in (
                    scan.cosines(number, place)[positions],
                    scan.cosines_at(number, place, positions),
                    scan.exact_cosines(number, place, positions),
                ):
                    assert np.abs(found - exact).max() < ERROR / 2


@given(st.lists(st.lists(st.integers(0, 40), max_size=30), min_size=1, max_size=3), st.integers(1, 60), st.integers(0, 3))
def test_the_most_are_those_that_sorting_finds(values: list[list[int]], count: int, error: int) -> None:
    """Part by part, equal ones and near misses included."""
    ordered = sorted((value for each in values for value in each), reverse=True)
    least = ordered[count - 1] - error if count <= len(ordered) else 0
    found = largest_places((np.array(each, np.float32) for each in values), count, error)
    assert [each.tolist() for each in found] == [[place for place, value in enumerate(each) if value >= least] for each in values]


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=30), min_size=1, max_size=3),
    st.integers(1, 12),
    st.integers(3, 40),
)
def test_the_most_of_those_that_are_let_in(pairs: list[list[tuple[int, bool]]], count: int, piece: int) -> None:
    """Piece by piece, the best let in or not, few or many: what sorting finds of those that are."""
    ordered = sorted((value for each in pairs for value, allowed in each if allowed), reverse=True)
    least = ordered[count - 1] if count <= len(ordered) else 0
    masks = [np.array([allowed for _, allowed in each], np.bool_) for each in pairs]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retrieval, "_PIECE", piece)
        found = largest_places(
            (np.array([value for value, _ in each], np.float32) for each in pairs), count, accepts=[mask.take for mask in masks]
        )
    assert [each.tolist() for each in found] == [
        [place for place, (value, allowed) in enumerate(each) if allowed and value >= least] for each in pairs
    ]


@pytest.mark.parametrize("share", [0.02, 0.4, 0.6, 0.97])
def test_a_selection_has_the_passages_of_its_articles(index: Index, share: float) -> None:
    """Counted one by one; with and without positions."""
    for number, segment in enumerate(index.asker().snapshot.segments):
        articles = np.random.default_rng(7).random(segment.record.articles) < share
        expected = [position for position in range(len(segment)) if articles[segment.article_of(position)]]
        selection = Selection.of(number, segment, articles)
        assert len(selection) == len(expected)
        assert selection.all().tolist() == expected
        assert np.flatnonzero(segment.are_of(np.arange(len(segment)), articles)).tolist() == expected


def test_signs_tell_angles(index: Index) -> None:
    """The estimate of a cosine is that of the angle whose share of pi the signs differ in, counted one by one; and near the cosine, for
    real vectors.
    """
    snapshot, encoder = index.asker().snapshot, index.asker().encoder
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
            dimension = (len(question) // 64 + 1) // 2 * 64
            differing = np.array([sum((row[:dimension] > 0) != (question[:dimension] > 0)) for row in matrix])
            halves = scan.estimates(number, place, half=True)
            assert np.allclose(halves, np.cos(np.pi * differing / dimension), atol=1e-6)
            finer, scale = scan.finer_estimates(number, place), np.sqrt(np.pi / 2 / len(question))
            assert np.allclose(finer, scale * np.where(matrix > 0, 1, -1) @ question, atol=1e-5)
            assert np.allclose(scan.finer_estimates(number, place, np.array([3, 1])), finer[[3, 1]], atol=1e-6)
            assert np.std(finer - matrix @ question) < 0.05
