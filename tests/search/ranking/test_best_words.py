"""The passages with most of a question's words are those that adding up every list finds, whatever is left unread on the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from newsdex import Index, Options, index_paths
from newsdex.records import Results
from newsdex.search.ranking.fusion import best_first
from newsdex.search.ranking.lexical import MaxScore, QueryWord, bm25_shares, union
from newsdex.store.postings import Posting


def made(seed: int, sizes: Sequence[int], words: int, levels: int) -> list[QueryWord]:
    """Words of all frequencies in segments of so many passages, some with two lists; impacts have few ``levels``, for equal sums."""
    random = np.random.default_rng(seed)
    asked = []
    for word in range(words):
        share = 10.0 ** random.uniform(-3.5, -0.1)
        weight = float(np.log1p(1 / share) * random.uniform(0.5, 1))
        lists: list[list[Posting]] = []
        for size in sizes:
            lists.append([])
            for _ in range(random.integers(0, 3)):
                places = np.flatnonzero(random.random(size) < share)
                impacts = random.integers(1, levels + 1, len(places)) * (255 // levels)
                if len(places):
                    lists[-1].append(Posting(places.astype(random.choice([np.uint16, np.uint32])), impacts.astype(np.uint8)))
        asked.append(QueryWord((f"word{word}",), weight, lists))
    whole = sum(word.weight for word in asked)
    return [word._replace(weight=word.weight / whole) for word in asked]


def added(asked: Sequence[QueryWord], number: int, size: int) -> NDArray[np.float32]:
    """What each passage has, list after list."""
    total = np.zeros(size)
    for word in sorted(asked, key=lambda word: -word.weight):
        for places, impacts, _ in word.postings[number]:
            for place, impact in zip(places.tolist(), impacts.tolist(), strict=True):
                total[place] += np.float32(impact) * np.float32(word.weight / 255)
    return total.astype(np.float32)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1 << 32), st.lists(st.integers(1, 20_000), min_size=1, max_size=3), st.integers(0, 8), st.sampled_from([2, 17, 255]))
def test_the_best_are_those_of_all_sums(seed: int, sizes: list[int], words: int, levels: int) -> None:
    """The same first places, equal ones in their order, and the very same shares, however many are wanted."""
    asked = made(seed, sizes, words, levels)
    sums = [added(asked, number, size) for number, size in enumerate(sizes)]
    for number, size in enumerate(sizes):
        assert bm25_shares(asked, number, size).tolist() == sums[number].tolist()
    whole, first = np.concatenate(sums), np.cumsum([0, *sizes])
    order = np.argsort(-whole, kind="stable")
    for count in (1, 10, 3_000):
        gathered = MaxScore(asked, count)
        found = [gathered.of(number, size) for number, size in enumerate(sizes)]
        places = np.concatenate([first[number] + places for number, (places, _) in enumerate(found)])
        values = np.concatenate([values for _, values in found])
        best = best_first(values, count)
        wanted = [place for place in order.tolist() if whole[place] > 0 and whole[place] >= whole[order[min(count, len(order)) - 1]]]
        assert places[best].tolist() == wanted
        assert values[best].tolist() == whole[wanted].tolist()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1 << 32), st.integers(1, 7), st.sampled_from([0.3, 1.8]))
def test_the_best_by_words_and_something_else(seed: int, words: int, ceiling: float) -> None:
    """With what is known of each passage besides, a ceiling, and passages that do not count, none of the best is missing, and each has its
    share.
    """
    sizes = [20_000, 3_000]
    asked, random = made(seed, sizes, words, 255), np.random.default_rng(seed)
    others = [(random.random(size) * (random.random(size) < 0.3)).astype(np.float32) for size in sizes]
    open_to = [random.random(size) < 0.7 for size in sizes]
    accepts: list[Callable[[NDArray[np.int64]], NDArray[np.bool_]] | None] = [lambda places: open_to[0][places], None]
    open_to[1][:] = True
    gathered = MaxScore(asked, 50, 1.1, ceiling)
    found = [gathered.of(number, size, others[number], accepts[number]) for number, size in enumerate(sizes)]
    sums = [np.minimum(1.1 * added(asked, number, size) + others[number], ceiling) * open_to[number] for number, size in enumerate(sizes)]
    least = np.sort(np.concatenate(sums))[-50]
    for number, (places, values) in enumerate(found):
        assert np.isin(np.flatnonzero((sums[number] >= least) & (sums[number] > 0)), places).all()
        assert open_to[number][places].all()
        assert values.tolist() == added(asked, number, sizes[number])[places].tolist()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Articles of common and of rare words, some of them alike."""
    folder: Path = tmp_path_factory.mktemp("best")
    random = np.random.default_rng(5)
    with (folder / "a.jsonl").open("w", encoding="utf-8") as file:
        for number in range(400):
            words = [f"{'copper' if n < 5 else 'ferry'}{chr(97 + n)}" for n in (random.zipf(1.5, 40) % 12).tolist()]
            file.write(json.dumps({"_id": f"{number:03}", "text": " ".join(words) + ".", "source": f"s{number % 3}"}) + "\n")
    index_paths([folder / "a.jsonl"], folder / "index", Options(model="hash"))
    return Index.open(folder / "index")


@pytest.mark.parametrize("where", [None, {"type": "ne", "key": "source", "value": "s1"}, {"type": "eq", "key": "source", "value": "s1"}])
def test_a_short_list_by_words_begins_the_long_one(index: Index, where: dict[str, str] | None) -> None:
    """A search by words alone that wants few hits finds the first of those that one finds which wants all, with the same scores."""

    def ask(question: str, limit: int) -> Results:
        return index.search(question, mode="lexical", limit=limit, where=where, collapse=False)

    for question in ("copperb ferryh", "copperc copperd ferryi ferryk", "ferryl", "nothing"):
        few, many = ask(question, 5), ask(question, 400)
        assert [(hit.article.id, hit.score) for hit in few] == [(hit.article.id, hit.score) for hit in many][:5]
        assert few.answerable == many.answerable
        scores = [hit.score for hit in many]
        assert scores == sorted(scores, reverse=True)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.dictionaries(st.integers(0, 60_000), st.integers(1, 255)), st.sampled_from([np.uint16, np.uint32])), max_size=4)
)
def test_forms_of_a_name_count_as_the_one_with_most(lists: list[tuple[dict[int, int], type[np.unsignedinteger]]]) -> None:
    """Each passage once, in order, with the largest impact of any list."""
    most: dict[int, int] = {}
    for impacts, _ in lists:
        most |= {place: max(impact, most.get(place, 0)) for place, impact in impacts.items()}
    postings = [
        Posting(np.array(sorted(impacts), dtype), np.array([impacts[place] for place in sorted(impacts)], np.uint8))
        for impacts, dtype in lists
    ]
    found = union(postings)
    assert [dict(zip(each.places.tolist(), each.impacts.tolist(), strict=True)) for each in found] == ([most] if lists else [])
    assert all((each.places[1:] > each.places[:-1]).all() for each in found)
