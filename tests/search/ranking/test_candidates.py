"""Candidates by meaning: equal to brute force, whatever the segments, the deletions and the ties, all compared or by a short list."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsdex.encoder import Line, ModelCard, Vectors
from newsdex.records import Article, Span
from newsdex.search.ranking import retrieval
from newsdex.search.ranking.candidates import QueryText, Search
from newsdex.search.ranking.dense import Scan
from newsdex.search.ranking.retrieval import find
from newsdex.settings import Chunking
from newsdex.store.segment import Entry
from newsdex.store.snapshot import Snapshot
from newsdex.store.writer import Writer

DIMENSION = 64
CARD = ModelCard("test", "", "", DIMENSION, 256, "none")

Found = tuple[str, int, float]  # article id, number of the passage in the article, score


@pytest.fixture(scope="module", params=["all", "short list"], autouse=True)
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Both ways to compare give the same: all passages, and a short list that is long enough."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "short list":
            patch.setattr(retrieval, "EXACT", 0)
        yield


def entry(article_id: str, vectors: Vectors) -> Entry:
    """An article of one character a passage with the given vectors."""
    text = "x" * len(vectors)
    spans = [Span(i, i + 1) for i in range(len(vectors))]
    keys = np.frombuffer(b"".join(hashlib.md5(row.tobytes()).digest() for row in vectors), np.uint8).reshape(-1, 16)
    return Entry(Article(article_id, text, Path("/a.txt"), "00" * 32), b"\0" * 16, spans, spans, keys, vectors)


def write(folder: Path, articles: Mapping[str, Vectors], deleted: Sequence[str] = ()) -> None:
    """One commit."""
    with Writer(folder, CARD, Chunking()) as writer:
        for article_id in deleted:
            assert writer.delete(article_id)
        for article_id, vectors in articles.items():
            writer.add(entry(article_id, vectors))
        writer.commit([])


def found(snapshot: Snapshot, question: Vectors, limit: int) -> list[Found]:
    """What is found by meaning, by article."""
    every = len(snapshot.segments)
    search = Search("dense", Scan(snapshot.segments, question[None]), QueryText(), [None] * every, [True] * every, [None] * every)
    best = find(snapshot, search, limit)
    results = []
    for number, position, row, score in zip(
        *(column.tolist() for column in (best.segment, best.position, best.row, best.points)), strict=True
    ):
        segment = snapshot.segments[number]
        assert row == segment.article_of(position)
        results.append((segment.article_id(row), position - segment.passages(row).start, round(score, 6)))
    return results[:limit]


def brute_force(articles: Mapping[str, Vectors], question: Vectors, limit: int) -> list[Found]:
    """Every passage in float64, sorted by score, article id and number."""
    everything = [
        (article_id, number, round(float(row.astype(np.float64) @ question.astype(np.float64)), 6))
        for article_id, vectors in articles.items()
        for number, row in enumerate(vectors)
    ]
    return sorted(everything, key=lambda passage: (-passage[2], passage[0], passage[1]))[:limit]


def random_vectors(random: np.random.Generator, count: int) -> Vectors:
    """Unit rows in all directions."""
    rows: Vectors = random.standard_normal((count, DIMENSION)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def coarse_vectors(random: np.random.Generator, count: int) -> Vectors:
    """Unit rows of +-1/8, whose inner products are exact multiples of 1/32: many of them are equal."""
    rows: Vectors = random.choice(np.array([-1 / 8, 1 / 8], np.float32), (count, DIMENSION))
    return rows


def test_equals_brute_force(tmp_path: Path) -> None:
    """Over four segments with deleted and replaced articles, the nearest are those of a comparison with every living passage."""
    random = np.random.default_rng(1)
    living: dict[str, Vectors] = {}
    for commit in range(4):
        new = {f"{commit}-{i}": random_vectors(random, int(random.integers(1, 6))) for i in range(40)}
        touched = [str(article_id) for article_id in random.permutation(list(living))[:10]]
        gone, replaced = touched[::2], {article_id: random_vectors(random, 2) for article_id in touched[1::2]}
        write(tmp_path, new | replaced, gone)
        living = {i: v for i, v in living.items() if i not in gone} | new | replaced
    snapshot = Snapshot.open(tmp_path)
    assert [bool(segment.record.deleted) for segment in snapshot.segments] == [True, True, True, False]
    for question in random_vectors(random, 20):
        expected = brute_force(living, question, 30)
        assert [passage[:2] for passage in found(snapshot, question, 30)] == [passage[:2] for passage in expected]
        np.testing.assert_allclose([passage[2] for passage in found(snapshot, question, 30)], [p[2] for p in expected], atol=1.5e-6)


def test_ties_are_ordered_by_article_and_place(tmp_path: Path) -> None:
    """Passages of exactly equal score stand in the order of their article's id, then of their place in it, across segments."""
    random = np.random.default_rng(2)
    living = {f"{i:03d}": coarse_vectors(random, 3) for i in range(200)}
    shuffled = [f"{i:03d}" for i in random.permutation(200)]
    for part in (shuffled[:70], shuffled[70:150], shuffled[150:]):
        write(tmp_path, {article_id: living[article_id] for article_id in part})
    write(tmp_path, {}, shuffled[::4])
    for article_id in shuffled[::4]:
        del living[article_id]
    snapshot = Snapshot.open(tmp_path)
    assert len(snapshot.segments) == 3
    for question in coarse_vectors(random, 10):
        for limit in (1, 7, 50, 449, 450, 1000):
            assert found(snapshot, question, limit) == brute_force(living, question, limit)


@pytest.mark.parametrize("deletions", [pytest.param(False, id="nothing deleted"), pytest.param(True, id="some deleted")])
def test_copies_of_a_passage_have_one_score(tmp_path: Path, deletions: bool) -> None:
    """The same vector scores the same wherever it lies, so that 900 copies come in the order of their ids."""
    random = np.random.default_rng(3)
    [vector] = random_vectors(random, 1)
    ids = [f"{i:04d}" for i in random.permutation(900)]
    others = {f"other {i}": random_vectors(random, 1) for i in range(100)}
    for start, stop in ((0, 1), (1, 14), (14, 400), (400, 900)):
        write(tmp_path, dict.fromkeys(ids[start:stop], vector[None]))
        write(tmp_path, {name: others[name] for name in list(others)[start // 4 : stop // 4]})
    if deletions:
        write(tmp_path, {}, ids[20::3])
        ids = [article_id for article_id in ids if article_id not in ids[20::3]]
    snapshot = Snapshot.open(tmp_path)
    for question in random_vectors(random, 20):
        copies = [passage for passage in found(snapshot, question, 1000) if not passage[0].startswith("other")]
        assert len({score for _, _, score in copies}) == 1
        assert [article_id for article_id, _, _ in copies] == sorted(ids)


@settings(deadline=None, max_examples=60)
@given(short=st.integers(1, 60), long=st.integers(1, 60), seed=st.integers(0, 7))
def test_a_shorter_list_is_the_beginning_of_a_longer_one(
    tmp_path_factory: pytest.TempPathFactory, short: int, long: int, seed: int
) -> None:
    """Top 5 of top 50 is top 5, for all pairs of limits, also where the border falls among equals."""
    folder = tmp_path_factory.getbasetemp() / "dense prefixes"
    if not folder.exists():
        random = np.random.default_rng(4)
        write(folder, {f"a{i}": coarse_vectors(random, 2) for i in range(20)})
        write(folder, {f"b{i}": np.repeat(coarse_vectors(random, 1), 3, axis=0) for i in range(10)}, ["a3", "a7"])
    [question] = coarse_vectors(np.random.default_rng(seed), 1)
    snapshot = Snapshot.open(folder)
    short, long = sorted((short, long))
    assert found(snapshot, question, long)[:short] == found(snapshot, question, short)


def test_passages_that_differ_in_the_seventh_digit_are_equal(tmp_path: Path) -> None:
    """As vectors of one text do that were embedded beside other texts: they have one score, and come in the order of their ids."""
    random = np.random.default_rng(8)
    [vector] = coarse_vectors(random, 1)
    ids = [f"{i:02d}" for i in random.permutation(60)]
    factors = np.float32(1 + 1e-7 * random.integers(-3, 4, 60))
    write(tmp_path, {article_id: vector[None] * factor for article_id, factor in zip(ids, factors, strict=True)})
    assert found(Snapshot.open(tmp_path), vector, 50) == [(article_id, 0, 1.0) for article_id in sorted(ids)[:50]]


def test_all_passages_equal(tmp_path: Path) -> None:
    """Where every passage of the index is the same, each limit takes the first articles by id."""
    vector = coarse_vectors(np.random.default_rng(5), 1)
    ids = [f"{i:03d}" for i in range(120)]
    write(tmp_path, dict.fromkeys(reversed(ids[::2]), vector))
    write(tmp_path, dict.fromkeys(reversed(ids[1::2]), vector))
    for limit in (1, 2, 59, 60, 61, 119, 120, 121):
        assert found(Snapshot.open(tmp_path), vector[0], limit) == [(article_id, 0, 1.0) for article_id in ids[:limit]]


def test_never_more_than_there_are(tmp_path: Path) -> None:
    """A limit beyond the living passages gives each of them once and nothing that was deleted."""
    random = np.random.default_rng(6)
    living = {article_id: random_vectors(random, 3) for article_id in "abcde"}
    write(tmp_path, living)
    write(tmp_path, {}, ["c"])
    del living["c"]
    [question] = random_vectors(random, 1)
    snapshot = Snapshot.open(tmp_path)
    assert snapshot.segments[0].record.deleted
    assert [passage[:2] for passage in found(snapshot, question, 10_000)] == [p[:2] for p in brute_force(living, question, 100)]


def test_a_segment_without_living_passages(tmp_path: Path) -> None:
    """An article that has no passage disturbs nothing, alone in its segment or not."""
    random = np.random.default_rng(7)
    vectors = random_vectors(random, 2)
    write(tmp_path, {"full": vectors})
    write(tmp_path, {"empty": vectors[:0]})
    assert [passage[:2] for passage in found(Snapshot.open(tmp_path), vectors[1], 5)] == [("full", 1), ("full", 0)]


def test_an_index_without_articles(tmp_path: Path) -> None:
    """After the last article is deleted, nothing is found."""
    vectors = random_vectors(np.random.default_rng(8), 2)
    write(tmp_path, {"only": vectors})
    write(tmp_path, {}, ["only"])
    assert found(Snapshot.open(tmp_path), vectors[0], 5) == []


def test_all_vectors_are_compared_where_their_cosines_are_all_high(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most signs of such vectors are equal: the best ten of 3,000 are not all on a short list, and are found all the same. Those of two
    texts have a cosine of about 1 / (1 + 0.8 ** 2), 0.6, where those of the default model have 0, so that its scale is 2.56.
    """
    random = np.random.default_rng(5)
    rows = random.normal(size=(3_000, DIMENSION)) * 0.8 + random.choice([-1, 1], DIMENSION)
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    write(tmp_path / "index", {"a": vectors})
    for name in ("EXACT", "SHORTLIST", "SHORTLIST_FACTOR"):
        monkeypatch.setattr(retrieval, name, 0)
    monkeypatch.setattr(retrieval, "SHORTLIST", 2)
    snapshot = Snapshot.open(tmp_path / "index")
    question = vectors[7]
    expected = {number for _, number, _ in brute_force({"a": vectors}, question, 10)}

    def places(line: Line) -> set[int]:
        search = Search("dense", Scan(snapshot.segments, question[None]), QueryText(), [None], [True], [None], line=line)
        return set(find(snapshot, search, 10).position[:10].tolist())

    assert len(places(Line(1.0, 0.0)) & expected) < 10
    assert places(Line(2.56, -1.56)) == expected
