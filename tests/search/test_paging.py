"""Pages put together are the whole list, whatever order and options are asked for."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from indexes import index_of

from newsdex import Hit, Index, Options, index_paths
from newsdex.search.answer import paging
from newsdex.search.ranking import rerank
from newsdex.search.request import Request
from newsdex.settings import Chunking
from newsdex.store.snapshot import Snapshot

ARTICLES = 170
ALL = 10_000
TOPICS = ["ferry strike crews wages harbour", "copper price mine london", "election vote minister recount"]


def archive() -> Iterator[dict[str, str]]:
    """Articles on few topics, many of them long, with copies, shortened copies and corrected versions of each other; some without a
    date.
    """
    chance = random.Random(7)
    texts: list[str] = []
    for number in range(ARTICLES):
        words = [
            word
            for _ in range(chance.choice([12, 40, 90]))
            for word in (chance.choice(TOPICS[number % 3].split()), f"w{chance.randrange(400)}")
        ]
        text = " ".join(words)
        kind = chance.random()
        if texts and kind < 0.25:
            text = chance.choice(texts)
        elif texts and kind < 0.35:
            text = " ".join(chance.choice(texts).split()[: chance.choice([30, 60])])
        texts.append(text)
        article = {"_id": f"a{number:03}", "title": f"T{number}", "text": text}
        if chance.random() < 0.9:
            article["date"] = f"2024-0{chance.randrange(1, 10)}-{chance.randrange(1, 29):02}" if chance.random() < 0.5 else "2024-05-07"
        if number and chance.random() < 0.15:
            article[chance.choice(["corrects", "corrected_by"])] = f"a{chance.randrange(ARTICLES):03}"
        yield article


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("paging")
    with Index.open(index_of(archive(), folder, Options(model="hash", chunking=Chunking(max_tokens=64, overlap=0)))) as opened:
        yield opened


@pytest.fixture(scope="module", autouse=True)
def reranker() -> Iterator[None]:
    """A cross-encoder that prefers passages by the letters they have, so that its order is another one."""

    class Letters:
        def points(self, question: str, passages: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
            return np.array([sum(map(ord, question + passage)) % 97 / 20 - 3 for passage in passages], np.float32)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rerank, "open_reranker", lambda _model: Letters())
        yield


def told(hit: Hit) -> tuple[object, ...]:
    """All that a reader sees of a hit."""
    passages = [(match.passage, round(match.score, 5), match.answer) for match in hit.matches]
    return hit.rank, hit.article.id, round(hit.score, 5), passages, hit.also_in


def pages(index: Index, question: str, size: int, options: dict[str, Any]) -> list[Hit]:
    hits: list[Hit] = []
    while found := index.search(question, limit=size, offset=len(hits), **options).hits:
        hits += found
    return hits


OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "sort": st.sampled_from(["relevance", "date", "oldest"]),
        "collapse": st.booleans(),
        "per_article": st.sampled_from([1, 3]),
        "rerank": st.just("letters"),
        "min_score": st.sampled_from([0.0, 0.02, 0.2, 0.5, 0.9]),
        "mode": st.sampled_from(["hybrid", "dense", "lexical"]),
        "recency": st.just(30.0),
        "exact": st.booleans(),
        "since": st.just("2024-05"),
    },
)
QUESTIONS = st.sampled_from(
    ["ferry strike", "copper mine w17 w18", "who won the election in May 2024?", "the vote in 1931", "w1 w2 w3", "nothing"]
)


@settings(max_examples=12, deadline=None)
@given(question=QUESTIONS, size=st.sampled_from([3, 7, 20, 49, 50, 51, 130]), options=OPTIONS)
def test_pages_put_together_are_the_whole_list(index: Index, question: str, size: int, options: dict[str, Any]) -> None:
    """Each hit once, with the same rank, passages and copies as in the whole list."""
    size = max(size, 17) if options.get("rerank") else size
    whole = index.search(question, limit=ALL, **options)
    assert [told(hit) for hit in pages(index, question, size, options)] == [told(hit) for hit in whole]
    assert [hit.rank for hit in whole] == list(range(1, len(whole) + 1))
    shown = [hit.article.id for hit in whole]
    assert len(shown) == len(set(shown))
    for offset in (0, len(shown) // 2, len(shown) + 5):
        part = index.search(question, limit=size, offset=offset, **options)
        assert (part.answerable, part.period, part.remarks) == (whole.answerable, whole.period, whole.remarks)


@settings(max_examples=10, deadline=None)
@given(question=QUESTIONS, options=OPTIONS)
def test_nothing_is_left_out(index: Index, question: str, options: dict[str, Any]) -> None:
    """Without a threshold, a filter or a ranking by words alone, each article is a hit or a copy that is listed with one."""
    options = {name: value for name, value in options.items() if name not in ("min_score", "since", "mode")} | {"read_dates": False}
    found = index.search(question, limit=ALL, **options)
    named = {hit.article.id for hit in found} | {copy.article_id for hit in found for copy in hit.also_in}
    assert named == {f"a{number:03}" for number in range(ARTICLES)}


@settings(max_examples=10, deadline=None)
@given(question=QUESTIONS, size=st.sampled_from([5, 60]), options=OPTIONS, least=st.sampled_from([None, 0.05, 0.5]))
def test_by_date_answers_come_first(index: Index, question: str, size: int, options: dict[str, Any], least: float | None) -> None:
    """Those that seem to answer, newest first or oldest first, those without a date last; then the others in the same order."""
    for sort, sign in (("date", -1), ("oldest", 1)):
        options = {name: value for name, value in options.items() if name != "rerank"} | {"sort": sort, "min_score": least}
        hits = pages(index, question, size, options)

        def key(hit: Hit) -> tuple[bool, bool, int]:
            published = hit.article.published
            return hit.score < 0.16, not published, sign * published.latest.toordinal() if published else 0  # noqa: B023 - called here

        assert [key(hit) for hit in hits] == sorted(map(key, hits))


@settings(max_examples=20, deadline=None)
@given(question=QUESTIONS, size=st.sampled_from([1, 5, 60]), options=OPTIONS)
def test_no_weaker_hit_comes_before_an_answer(index: Index, question: str, size: int, options: dict[str, Any]) -> None:
    """Those that seem to answer have the first ranks, without a hole, however they correct each other; how many follow a page is told."""
    options = {name: value for name, value in options.items() if name != "rerank"}
    whole = index.search(question, limit=ALL, **options)
    answers = [hit.rank for hit in whole if hit.answers]
    assert answers == list(range(1, len(answers) + 1))
    page = index.search(question, limit=size, **options)
    assert page.more <= max(0, len(answers) - size)
    assert page.more or len(answers) <= size or size % 20 == 0


def test_a_correction_that_does_not_answer_hides_nothing(tmp_path: Path) -> None:
    """It is no substitute for the answer that it corrects, which says that it is corrected."""
    toll = {"_id": "toll", "title": "Bridge toll", "text": "the bridge toll rises to four euro for cars"}
    note = {"_id": "note", "title": "Correction", "text": "misspelled councillor apologise editors", "corrects": "toll"}
    with Index.open(index_of((toll, note), tmp_path)) as index:
        found = index.search("bridge toll rises cars")
        [alone] = index.search("bridge toll rises cars", limit=1)
    assert [(hit.article.id, hit.answers) for hit in found] == [("toll", True), ("note", False)]
    assert (alone.article.id, alone.article.corrected_by) == ("toll", "note")


@pytest.mark.parametrize(
    ("wrong", "right", "order"),
    [
        (0.9, 0.12, ["right", "wrong"]),
        (0.9, 0.1, ["wrong", "right"]),
        (0.3, 0.06, ["right", "wrong"]),
        (0.3, 0.04, ["wrong", "right does not answer"]),
    ],
    ids=["an eighth", "less than an eighth", "likely enough", "unlikely"],
)
def test_a_correction_that_is_much_less_probable_comes_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: float, right: float, order: list[str]
) -> None:
    """It answers from .05 on, a quarter of what others need, and comes first from an eighth of what it corrects."""
    articles = [
        {"id": "wrong", "text": "The bridge opens on Monday.", "corrected_by": "right"},
        {"id": "right", "text": "The bridge opens on Friday, not Monday.", "corrects": "wrong"},
    ]
    given: list[tuple[Snapshot, Sequence[paging.Listed], Request]] = []
    real = paging.ordered

    def seen(snapshot: Snapshot, block: Sequence[paging.Listed], request: Request) -> list[paging.Listed]:
        given.append((snapshot, block, request))
        return real(snapshot, block, request)

    monkeypatch.setattr(paging, "ordered", seen)
    with Index.open(index_of(articles, tmp_path)) as index:
        index.search("when does the bridge open", min_score=0)
        snapshot, block, request = given[0]
        named = {snapshot.segments[item.group.article.segment].article(item.group.article.row).id: item for item in block}
        scores = {"wrong": wrong, "right": right}
        items = [named[name]._replace(score=score, answers=score >= 0.16) for name, score in scores.items()]
        found = real(snapshot, items, request)
        names = [snapshot.segments[item.group.article.segment].article(item.group.article.row).id for item in found]
    assert [name if item.answers else f"{name} does not answer" for name, item in zip(names, found, strict=True)] == order


def test_a_threshold_takes_what_the_list_has_above_it(index: Index) -> None:
    """Reranked or not, the hits are those of the whole list that score enough."""
    for options in ({"collapse": False}, {"collapse": True}, {"per_article": 3}):
        whole = index.search("ferry strike w5", limit=ALL, **options)
        scores = sorted(hit.score for hit in whole)
        least = scores[len(scores) // 2]
        some = pages(index, "ferry strike w5", 9, {**options, "min_score": least})
        assert {hit.article.id for hit in some} == {hit.article.id for hit in whole if hit.score >= least}


def test_a_correction_on_a_later_page_comes_with_what_it_corrects(tmp_path: Path) -> None:
    """The corrected version ranks eighth by its words and is far less probable; it is shown on the first page of three, right behind what
    it corrects, and on no other.
    """
    with (tmp_path / "a.jsonl").open("w", encoding="utf-8") as lines:
        for number in range(12):
            article = {"_id": f"a{number:02}", "text": "ferry strike " * 3 + "filler " * number}
            if number == 1:
                article["corrected_by"] = "a07"
            lines.write(json.dumps(article) + "\n")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as index:
        plain = [hit.article.id for hit in index.search("ferry strike", limit=12, mode="dense", collapse=False, min_score=0.0)]
        paged = [hit.article.id for hit in pages(index, "ferry strike", 3, {"mode": "dense", "collapse": False, "min_score": 0.0})]
    assert paged == plain
    assert paged.index("a07") == paged.index("a01") + 1 < 3
    assert sorted(paged) == [f"a{number:02}" for number in range(12)]


def test_the_article_that_tells_what_is_asked_comes_first(demo_index: Path) -> None:
    """The dam's report has as many words of the question, but only that of the protests has a number of those who died in them. The scores
    stay in order, and the article at the top is the same on a page of one.
    """
    with Index.open(demo_index) as index:
        question = "Wie viele Menschen sind bei den Protesten in Kenia ums Leben gekommen?"
        found = index.search(question)
        assert found[0].article.title == "Kenya's Ruto withdraws tax bill after deadly protests"
        assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
        assert [hit.article.id for hit in index.search(question, limit=1)] == [found[0].article.id]
        explained = index.search(question, explain=True)
        assert {part.name: part.points > 0 for part in explained[0].parts}["sentences"]
        points = [sum(part.points for part in hit.parts) for hit in explained]
        assert points == sorted(points, reverse=True)


def test_only_the_first_five_are_ordered_by_their_sentences(demo_index: Path) -> None:
    with Index.open(demo_index) as index:
        found = index.search("why did the bridge collapse", limit=12, explain=True)
    moved = [hit.rank for hit in found if any(part.name == "sentences" for part in hit.parts)]
    assert len(found) > 5
    assert 2 < max(moved) <= 5
