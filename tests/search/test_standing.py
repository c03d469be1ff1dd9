"""What new passages answer of many questions: what a search of the whole archive finds among their articles."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from newsdex import Index, UsageError
from newsdex.errors import IndexDamaged
from newsdex.records import Hit
from newsdex.search.pipeline import Asker
from newsdex.search.question.filters import parse_filter
from newsdex.search.ranking.fusion import ANSWERABLE
from newsdex.search.request import Request, request_of
from newsdex.search.standing import answered_by
from newsdex.store.snapshot import Snapshot

TODAY = date(2024, 7, 1)
ODD = [
    "China support for Russia",
    "Who won the Eurovision Song Contest?",
    "elections in March 2024",
    '"defence industry"',
    "storms -flood",
    "what did Blinkenn say in Beijing",
    "the price of tea on Mars",
    "Wer gewann den Eurovision Song Contest?",
]


@pytest.fixture(scope="module")
def index(sample_index: Path) -> Index:
    """The sample archive."""
    return Index.open(sample_index)


def told(hits: Iterable[Hit], mode: str = "hybrid") -> list[tuple[str, float]]:
    """What counts of hits, whose scores lose what a reader adds to the first one of a search."""
    return [(hit.article.id, round(hit.score / (hit.score + (1 - hit.score) * math.exp(added(hit, mode))), 6)) for hit in hits]


def added(hit: Hit, mode: str) -> float:
    """What a reader adds, in natural log odds."""
    slope = {"hybrid": 6.32, "dense": 7.97, "lexical": 6.92}[mode]
    return slope * sum(max(0.0, part.points) for part in hit.parts if part.name == "reading")


def test_it_is_what_a_search_of_the_whole_archive_finds(index: Index) -> None:
    """For questions on everything, with and without filters, among some articles of the archive: its hits with their scores, and no other
    article; nothing where a search of these articles alone finds nothing. Copies are hits of their own here, since a search may show one
    that is not new in the place of one that is.
    """
    asker: Asker = index.asker()
    random = np.random.default_rng(5)
    segments = asker.snapshot.segments
    new = [segment.live_articles & (random.random(segment.article_count) < 0.4) for segment in segments]
    fresh = [segment.passages_of(mask) for segment, mask in zip(segments, new, strict=True)]
    ids = {segment.article_id(row) for segment, mask in zip(segments, new, strict=True) for row in mask.nonzero()[0].tolist()}
    questions = [*ODD, *(segments[0].title(row) for row in range(0, segments[0].article_count, 4))]
    filters: list[dict[str, object]] = [{}, {"since": "2024-04-01"}, {"mode": "dense"}, {"mode": "lexical", "literal": True}]
    requests = [
        request_of(question, limit=1_000, min_score=ANSWERABLE, exact=True, collapse=False, explain=True, **filters[number % len(filters)])  # type: ignore[arg-type]
        for number, question in enumerate(questions)
    ]
    within = parse_filter({"type": "in", "key": "id", "value": sorted(ids)})
    found = dict(answered_by(asker, requests, fresh, TODAY))
    assert sum(len(hits) for hits in found.values() if not isinstance(hits, UsageError)) > 30
    for number, request in enumerate(requests):
        hits = found[number]
        assert not isinstance(hits, UsageError)
        expected = asker.answer(request, today=TODAY)
        if any("Nothing" in remark or "other days" in remark for remark in expected.remarks):  # a search looks at other days then
            continue
        alone = asker.answer(replace(request, where=within), today=TODAY)
        # Below 0.5 an article must be near in meaning too
        left = {hit.article.id for hit in hits}
        right = [hit for hit in expected if hit.article.id in ids and alone and (hit.score >= 0.5 or hit.article.id in left)]
        assert told(hits) == told(right, request.mode), request.question


@pytest.mark.parametrize("question", ["election Mexico president", "Moscow attack"])
def test_what_the_archive_answers_better_is_the_measure(index: Index, question: str) -> None:
    """New articles that seem to answer by themselves are no answers where a search of the whole archive leaves them out as weak."""
    asker = index.asker()
    request = request_of(question, limit=1_000, min_score=ANSWERABLE, exact=True, collapse=False)
    answers = {hit.article.id for hit in asker.answer(request, today=TODAY)}
    segments = asker.snapshot.segments
    others = [np.array([segment.article_id(row) not in answers for row in range(segment.article_count)]) for segment in segments]
    fresh = [segment.passages_of(mask & segment.live_articles) for segment, mask in zip(segments, others, strict=True)]
    without = parse_filter({"type": "nin", "key": "id", "value": sorted(answers)})
    assert len(asker.answer(replace(request, where=without), today=TODAY))
    assert dict(answered_by(asker, [request], fresh, TODAY)) == {0: []}


def test_only_the_new_passages_count(index: Index) -> None:
    """Not another passage of the same article, however well it answers."""
    asker = index.asker()
    [hit] = index.search("China support for Russia", limit=1)
    places = [(number, row) for number, segment in enumerate(asker.snapshot.segments) for row in segment.rows_with("id", hit.article.id)]
    [(place, row)] = places
    for position in asker.snapshot.segments[place].passages(row):
        fresh = [np.array([position] if number == place else [], np.int64) for number in range(len(asker.snapshot.segments))]
        request = request_of("China support for Russia", limit=10, min_score=0.0, exact=True)
        [(_, hits)] = answered_by(asker, [request], fresh, TODAY)
        assert not isinstance(hits, UsageError)
        assert [(each.article.id, each.passage.index) for each in hits] == [
            (hit.article.id, position - asker.snapshot.segments[place].passages(row).start)
        ]


def test_what_nothing_new_can_answer_reads_no_article(sample_index: Path, tmp_path: Path) -> None:
    """Evidence is looked for in texts only where there may be enough: here the texts are lost, and only who reads them is told so."""
    shutil.copytree(sample_index, tmp_path / "index")
    for segment in Snapshot.open(sample_index).manifest.segments:
        file = segment.files["texts"]
        (tmp_path / "index" / "g000001" / file.name).write_bytes(bytes(file.size))
    with Index.open(tmp_path / "index") as opened:
        asker = opened.asker()
        fresh = [each.passages_of(each.live_articles) for each in asker.snapshot.segments]

        def asked(*questions: str) -> dict[int, list[Hit] | UsageError]:
            requests = [request_of(question, limit=9, min_score=0.5, exact=True, literal=True) for question in questions]
            return dict(answered_by(asker, requests, fresh, TODAY))

        found = asked("the price of tea on Mars", "Kafka's influence on Borges", "capital of ancient Lydia", "Bach cantata in Leipzig")
        assert [*found.values()] == [[], [], [], []]
        with pytest.raises(IndexDamaged):
            asked("Who won the Eurovision Song Contest?")


def test_one_bad_question_stops_no_other(index: Index) -> None:
    """Of a filter on what no article has, the others hear nothing."""
    asker = index.asker()
    fresh = [segment.passages_of(segment.live_articles) for segment in asker.snapshot.segments]
    where = {"type": "eq", "key": "no_such_field", "value": "x"}
    requests: list[Request] = [request_of("Eurovision"), request_of("Eurovision", where=where), request_of("Eurovision", limit=3)]
    found = dict(answered_by(asker, requests, fresh, TODAY))
    assert isinstance(found[1], UsageError)
    assert found[0]
    assert found[2]
    assert [*answered_by(asker, [], fresh, TODAY)] == []


@pytest.mark.parametrize(("archive", "least"), [("sample_index", 0.3), ("demo_index", 0.727 + (0.5 - 0.031) / (0.527 - 0.031) * 0.121)])
def test_below_a_half_the_meaning_decides(archive: str, least: float, request: pytest.FixtureRequest) -> None:
    """Of the articles from 0.1 to 0.5, those are reported of which a passage has a cosine of 0.3 or more with the question; from 0.5 on all
    are. With multilingual-e5-small it is what its cosines of 0.727 to 0.848 make of 0.5, on the scale of 0.031 to 0.527 of the other model.
    By words alone there is no meaning to go by.
    """
    index = Index.open(request.getfixturevalue(archive))
    asker = index.asker()
    fresh = [segment.passages_of(segment.live_articles) for segment in asker.snapshot.segments]
    questions = ["floods and dam failures", "elections in Asia", "protests and riots", "China support for Russia", "goods"]
    questions += ["court rulings", "space flights"]
    requests = [request_of(question, limit=1_000, min_score=0.1, exact=True, collapse=False) for question in questions]
    kept = dropped = 0
    for number, hits in answered_by(asker, requests, fresh, TODAY):
        assert not isinstance(hits, UsageError)
        vector = asker.encoder.encode_questions([questions[number]])[0]
        found = {hit.article.id for hit in hits}
        for hit in asker.answer(requests[number], today=TODAY):
            [(segment, row)] = [(each, row) for each in asker.snapshot.segments for row in each.rows_with("id", hit.article.id)]
            near = float((segment.vectors(np.array(segment.passages(row))) @ vector).max()) >= least
            assert (hit.article.id in found) == (hit.score >= 0.5 or near), (questions[number], hit.article.title, hit.score)
            kept, dropped = kept + (near and hit.score < 0.5), dropped + (not near and hit.score < 0.5)
    assert kept > 5
    assert dropped > 2
    [(_, words)] = answered_by(
        asker, [request_of("goods made in China for the Moon", limit=1_000, min_score=0.1, exact=True, mode="lexical")], fresh, TODAY
    )
    assert not isinstance(words, UsageError)
    assert any(hit.score < 0.5 for hit in words)
