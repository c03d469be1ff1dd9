"""Many questions at once: what each would be answered alone, whatever stands beside it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paths import ROOT
from threadpoolctl import threadpool_limits

from newsdex import Index, UsageError
from newsdex.engines.question_engine import NumpyEncoder
from newsdex.records import Results
from newsdex.search.ranking import retrieval
from newsdex.search.request import request_of

FIRST = ["China support for Russia", "copper", "what happened in April 2024?", "who won on 30 February 1700?", "a", "北京", "?!"]
# A cosine is rounded to six digits, and its last digit is worth at most 1.9e-6 of a score; where the matrix library adds in one order,
# nothing differs.
TOLERANCE = 3e-6


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Two threads for such small products wait for each other longer than they work, as soon as the machine has other things to do."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def index(sample_index: Path) -> Iterator[Index]:
    """The sample archive."""
    with Index.open(sample_index) as opened:
        yield opened


@pytest.fixture(scope="module")
def questions() -> list[str]:
    """A hundred and some: those of the sample, the titles of its articles, and odd ones; some twice."""
    lines = (ROOT / "examples" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    titles = [
        path.read_text(encoding="utf-8").split("title: ", 1)[1].split("\n", 1)[0]
        for path in sorted((ROOT / "examples" / "articles").glob("*.md"))
    ]
    asked = [*FIRST, *(json.loads(line)["question"] for line in lines), *titles[:40], FIRST[0]]
    assert len(asked) > 100
    return asked


def assert_same(many: Results, one: Results) -> None:
    """The same hits, passages, sentences and remarks, with the same scores."""
    assert [(hit.article.id, hit.passage, hit.answer, hit.matches[0].words, hit.also_in) for hit in many] == [
        (hit.article.id, hit.passage, hit.answer, hit.matches[0].words, hit.also_in) for hit in one
    ]
    np.testing.assert_allclose([hit.score for hit in many], [hit.score for hit in one], atol=TOLERANCE, rtol=0)
    assert (many.question, many.answerable, many.total, many.period, many.remarks) == (
        one.question, one.answerable, one.total, one.period, one.remarks,
    )  # fmt: skip


ARGUMENTS: list[Any] = [
    pytest.param({}, id="plain"),
    pytest.param({"where": {"type": "ne", "key": "source", "value": "Harbour Courier"}, "limit": 8}, id="filter"),
    pytest.param({"where": {"type": "gte", "key": "published", "value": "2024-04"}, "mode": "dense"}, id="filter, by meaning"),
    pytest.param({"mode": "lexical", "per_article": 2}, id="by words"),
    pytest.param({"since": "2024-03", "recency": "2w", "explain": True, "sort": "date"}, id="dates"),
    pytest.param({"offset": 3, "collapse": False, "read_dates": False, "context": 1, "min_score": 0.05}, id="others"),
]


@pytest.mark.parametrize("arguments", ARGUMENTS)
@pytest.mark.parametrize("way", ["all", "short list"])
def test_many_are_answered_as_each_alone(
    index: Index, questions: list[str], arguments: dict[str, Any], way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every question gets what it gets alone, compared with all passages and by short lists, with filters too."""
    if way == "short list":
        monkeypatch.setattr(retrieval, "EXACT", 0)
        monkeypatch.setattr(retrieval, "SHORTLIST", 40)
        monkeypatch.setattr(retrieval, "SHORTLIST_FACTOR", 2)
    if way == "short list" or arguments:
        questions = questions[::10]
    many = index.search_many(questions, **arguments)
    assert len(many) == len(questions)
    for question, found in zip(questions, many, strict=True):
        assert_same(found, index.search(question, **arguments))


def test_requests_may_differ(index: Index, questions: list[str]) -> None:
    """Requests with arguments of their own are answered in their order, each by its own."""
    kinds: list[dict[str, Any]] = [parameter.values[0] for parameter in ARGUMENTS]
    asked = [(question, kinds[number % len(kinds)]) for number, question in enumerate(questions[:24])]
    for (question, arguments), found in zip(asked, index.answer_many([request_of(q, **a) for q, a in asked]), strict=True):
        assert_same(found, index.search(question, **arguments))


def test_an_impossible_request_among_many_is_named(index: Index) -> None:
    """One that is met while others are answered ends them all, and no thread is left."""
    requests = [request_of(question) for question in FIRST * 10]
    requests[60] = request_of("gold", where={"type": "eq", "key": "sauce", "value": "x"})
    before = threading.enumerate()
    with pytest.raises(UsageError, match="unknown key 'sauce'"):
        index.answer_many(requests)
    assert set(threading.enumerate()) <= set(before)


def test_no_questions(index: Index) -> None:
    """Nothing is asked, nothing is answered."""
    assert index.search_many([]) == []


def test_one_impossible_question_is_named(index: Index) -> None:
    """A question that could not be asked alone cannot be asked among others."""
    with pytest.raises(UsageError, match="question is empty"):
        index.search_many(["copper", " "])
    with pytest.raises(UsageError, match="unknown key 'sauce'"):
        index.search_many(["copper", "gold"], where={"type": "eq", "key": "sauce", "value": "x"})


@pytest.mark.parametrize(
    ("question", "options", "told"),
    [
        (None, {}, "a question of None is not allowed: expected a string"),
        (5, {}, "a question of 5 is not allowed: expected a string"),
        (b"copper", {}, "a question of b'copper' is not allowed: expected a string"),
        ("copper \ud800", {}, "a question with half a surrogate pair is not allowed"),
        ("copper", {"since": 5}, "a date of 5 is not allowed for since"),
        ("copper", {"as_of": 5}, "a date of 5 is not allowed for as_of"),
        ("copper", {"recency": [1]}, r"a half-life of \[1\] days is not allowed: expected more than 0"),
    ],
)
def test_what_is_no_question_is_refused(question: Any, options: dict[str, Any], told: str) -> None:
    """Whatever a program passes, the error is newsdex's own."""
    with pytest.raises(UsageError, match=told):
        request_of(question, **options)


def test_vectors_do_not_depend_on_the_company(questions: list[str]) -> None:
    """A question's vector is the same alone and among others, to the seventh digit."""
    encoder = NumpyEncoder()
    alone = np.stack([encoder.encode_questions([question])[0] for question in questions])
    np.testing.assert_allclose(encoder.encode_questions(questions), alone, atol=5e-7, rtol=0)
