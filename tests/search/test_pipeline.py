"""The stages of a search: each can be used by itself, they are kept from question to question, and the day on which one asks is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NoReturn

import pytest
from cpu_time import cheapest
from indexes import index_of

from newsdex import Index, ModelError
from newsdex.search.answer.paging import list_hits
from newsdex.search.request import request_of

TODAY = date(2024, 5, 1)
ARTICLES = [
    {"_id": "ferry", "title": "Ferry strike", "text": "Ferry crews went on strike in Oslo on Tuesday.", "date": "2024-04-30"},
    {"_id": "copper", "title": "Copper", "text": "Copper rose in London.", "date": "2024-04-03"},
    {"_id": "bridge", "title": "Bridge", "text": "The bridge reopened to the ferry crews.", "date": "2024-03-03"},
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with Index.open(index_of(ARTICLES, tmp_path_factory.mktemp("stages"))) as opened:
        yield opened


def test_a_long_question_costs_no_more_than_its_beginning(sample_index: Path) -> None:
    """Processor time is bounded, although a hundred thousand characters may be asked; the best hit is that of the beginning."""
    words = [f"{word}{number}" for number in range(10_000) for word in ("ferry", "strike", "crew")]
    text = ("Ferry crews strike in Ellerby: " + " ".join(words))[:100_000]

    with Index.open(sample_index) as index:
        assert index.search(text[:4_000])[0].article.id == index.search(text)[0].article.id
        short, long = cheapest(lambda: index.search(text[:4_000])), cheapest(lambda: index.search(text))
    assert long < 3 * short + 1


def test_keywords_need_no_model(sample_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a model that can be loaded, a search by keywords has the same articles, and says so; any other raises."""

    def fails(*_: object) -> NoReturn:
        raise ModelError("the model is not here")

    questions = ["Why did the bridge in Baltimore collapse?", "Blinkn in Beijing"]
    with Index.open(sample_index) as index:
        usual = [[hit.article.id for hit in index.search(question, mode="lexical", limit=2)] for question in questions]
    monkeypatch.setattr("newsdex.search.index.open_query_encoder", fails)
    with Index.open(sample_index) as index:
        found = index.search_many(questions, mode="lexical", limit=2)
        assert [[hit.article.id for hit in each] for each in found] == usual
        assert all(each.answerable and "The model of the index cannot be loaded" in each.remarks[-1] for each in found)
        for options in ({}, {"mode": "dense"}, {"mode": "lexical", "rerank": "anything"}):
            with pytest.raises(ModelError, match="the model is not here"):
                index.search(questions[0], **options)  # type: ignore[arg-type]


def test_a_low_least_score_answers_nothing_more(index: Index) -> None:
    """What answers, by itself, in counts and in a context, is the same as without it; a high one is stricter."""
    for question in ("thanks!", "recipe for chocolate cake", "ferry crews"):
        plain, low = index.search(question), index.search(question, min_score=0)
        assert (low.answerable, low.small_talk, low.total) == (plain.answerable, plain.small_talk, plain.total)
        assert [(hit.article.id, hit.answers) for hit in low] == [(hit.article.id, hit.answers) for hit in plain]
        assert all(hit.score < 0.16 for hit in low if not hit.answers)
        assert index.context(question, min_score=0).answerable == plain.answerable
        assert index.timeline(request_of(question, min_score=0)) == index.timeline(request_of(question))
        assert not any(hit.score < 0.3 for hit in index.search(question, min_score=0.3))
    assert not index.search("ferry crews", min_score=1).answerable
    assert index.search("thanks!", min_score=0).small_talk


@pytest.mark.parametrize("question", ["ferry crews", "copper in April 2024", "what happened in April 2024?", '"bridge" -copper', "feryr"])
def test_the_stages_one_after_another_are_a_search(index: Index, question: str) -> None:
    """Reading gives a query, ranking takes it, and listing takes the ranking."""
    asker, request = index.asker(), request_of(question)
    [query] = asker.reader.read([request], TODAY)
    [(_, ranking)] = asker.ranker.rank([query.within(query.days)])
    found = asker.answer(request, today=TODAY)
    assert found.hits
    assert tuple(list_hits(ranking, asker.encoder).page(request)) == found.hits
    assert query.remarks == found.remarks[: len(query.remarks)]


def test_stages_are_kept_until_there_is_another_version(tmp_path: Path) -> None:
    """And whoever has the stages of an older version goes on asking that one."""
    with Index.open(index_of(ARTICLES[1:], tmp_path)) as index:
        first = index.asker()
        index.search("ferry")
        assert index.asker() is first
        index_of(ARTICLES, tmp_path)
        second = index.asker()
        assert second is not first
        for asker, expected in ((first, {"bridge"}), (second, {"ferry", "bridge"})):
            found = asker.answer(request_of("ferry", mode="lexical"))
            assert {hit.article.id for hit in found} == expected


def test_each_question_has_a_day_of_its_own(index: Index) -> None:
    """Stages that are kept overnight do not take today for yesterday."""
    asker, days = index.asker(), [date(2024, 5, 1), date(2024, 4, 4)]
    results = [asker.answer(request_of("what happened yesterday?"), today=day) for day in days]
    assert [(each.period.since, each.period.until) for each in results if each.period] == [
        (date(2024, 4, 30), date(2024, 4, 30)),
        (date(2024, 4, 3), date(2024, 4, 3)),
    ]
    assert [each[0].article.id for each in results] == ["ferry", "copper"]


def test_a_least_score_changes_no_reading(demo_index: Path) -> None:
    """A question is read otherwise where it has no clear answer, not where the answer that it has is below the least score."""
    with Index.open(demo_index) as index:
        question = "who was voted the best player of the football Euro that Spain won?"
        plain = index.search(question)
        asked = index.search(question, min_score=plain[0].score + 0.01)
    assert plain[0].score > 0.5
    assert not asked.hits
    assert asked.remarks == plain.remarks == ()


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("zebras in Lagos", 'No article has "zebras" or "Lagos" in its text.'),
        ("a zebra, a heron, an okapi, a tapir and a lemur", 'No article has "zebra", "heron", "okapi" or others in its text.'),
        ("how zebras and T. rex cross the bridge", 'No article has "zebras", "rex" or "cross" in its text.'),
        ("how many hippos were at the bridge", 'No article has "hippos" in its text.'),
    ],
)
def test_words_that_no_article_has_are_named(index: Index, question: str, expected: str) -> None:
    """Where nothing answers clearly: the reader learns why."""
    found = index.search(question)
    assert found.hits[0].score < 0.5
    assert expected in found.remarks


def test_only_names_are_named_of_a_question_in_a_language_that_no_article_has(tmp_path: Path) -> None:
    """No German article has English words, and that tells nothing."""
    articles = [{**article, "language": "de"} for article in ARTICLES[:3]]
    with Index.open(index_of(articles, tmp_path)) as index:
        assert index.search("how many zebras were there in Lagos").remarks == ('No article has "Lagos" in its text.',)
        assert index.search("wie viele Zebras waren in Lagos").remarks == ('No article has "Zebras", "waren" or "Lagos" in its text.',)


def test_an_author_is_named_with_the_filter(tmp_path: Path) -> None:
    """Where nothing answers, and a word that no article has in its text is in an author's name."""
    articles = [{**ARTICLES[0], "author": "Roland Achterberg"}, {**ARTICLES[1], "byline": ["Ida Roe", "Jean-Luc Roy"]}]
    with Index.open(index_of(articles, tmp_path)) as index:
        for question, name in (
            ("what is Roland Achterberg's opinion of opera", "Achterberg"),
            ("ida roe on opera", "roe"),
            ("opinion of Jean-Luc on opera", "Jean-Luc"),
        ):
            remark = f'"{name}" is in the name of an author. To search what they wrote: author:{name}'
            assert index.search(question).remarks[-1] == remark
            assert index.search(f"author:{name}")[0].article.authors
        assert not any("author" in remark for remark in index.search("zebras in Lagos").remarks)
        # Of what meets the other filters.
        for options in ({"where": {"type": "ne", "key": "author", "value": "Roland Achterberg"}}, {"since": "2100"}):
            assert not any("author" in remark for remark in index.search("Achterberg on opera", **options).remarks)


def test_an_author_is_not_sought_among_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each name is compared, which takes a while."""
    with Index.open(index_of([{**each, "author": f"Ida Roe {n}"} for n, each in enumerate(ARTICLES[:3])], tmp_path)) as index:
        for most, told in ((3, True), (2, False)):
            monkeypatch.setattr("newsdex.search.answer.remarks._MOST_AUTHORS", most)
            assert any("author" in remark for remark in index.search("ida roe on opera").remarks) == told


def test_words_of_a_clear_answer_are_not_named(index: Index) -> None:
    """What answers lacks nothing that matters, and small talk has no topic."""
    for question in ("When did the ferry crews go on strike in Oslo?", "hello"):
        assert not any("No article has" in remark for remark in index.search(question).remarks)
