"""An archive, or the part of it that a filter leaves, in which no article has a date."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from newsdex import Index, Options, index_paths
from newsdex.records import Results
from newsdex.search.request import request_of

TODAY = date(2024, 6, 1)
# Of each source the same stories, by the Courier without their dates.
STORIES = [
    ("bridge", "The bridge collapse blocked the harbour.", "2024-03-26"),
    ("ferry", "The crews of the ferry went on strike.", "2024-03-27"),
    ("bakers", "Bakers went on strike for a month in May, as in 2023.", "2024-04-26"),
    ("miners", "Miners went on strike for better pay.", "2024-05-30"),
]
UNDATED = "source:Courier"
COURIER = {"type": "eq", "key": "source", "value": "Courier"}


@pytest.fixture(scope="module", params=["undated", "filtered"])
def index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """An archive without dates; one that is half dated, whose other half the tests ask."""
    folder = tmp_path_factory.mktemp("undated")
    lines: list[dict[str, str]] = [{"_id": name, "text": text, "source": "Courier"} for name, text, _ in STORIES]
    if request.param == "filtered":
        lines += [{"_id": f"{name}-dated", "text": text, "date": day, "source": "Mail"} for name, text, day in STORIES]
    (folder / "a.jsonl").write_text("".join(json.dumps({"language": "en", **line}) + "\n" for line in lines), encoding="utf-8")
    index_paths([folder / "a.jsonl"], folder / "index", Options(model="hash"))
    with Index.open(folder / "index") as opened:
        yield opened


def ask(index: Index, question: str, **options: Any) -> Results:
    """The answer of the undated articles on TODAY."""
    return index.asker().answer(request_of(f"{question} {UNDATED}".strip(), **{"collapse": False, **options}), today=TODAY)


def scores(results: Results) -> list[tuple[str, float]]:
    return [(hit.article.id, hit.score) for hit in results]


@pytest.mark.parametrize("days", ["yesterday", "last month", "this year", "in the last 30 days", "last Monday"])
@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_days_that_no_article_can_be_of_are_left_out(index: Index, days: str, mode: str) -> None:
    """The scores are those of the question without its days, and the remark names them."""
    found = ask(index, f"strike {days}", mode=mode)
    assert found.answerable is (mode != "dense")
    assert scores(found) == scores(ask(index, "strike", mode=mode))
    assert [remark for remark in found.remarks if "date" in remark] == [f'No matching article has a date, so "{days}" was left out.']


@pytest.mark.parametrize("days", ["in May", "in 2023", "since January 2023"])
def test_a_month_or_a_year_is_searched_as_a_text_may_have_it(index: Index, days: str) -> None:
    """As without reading dates; so the article that names the month and the year comes first."""
    found = ask(index, f"strike {days}")
    assert scores(found) == scores(ask(index, f"strike {days}", read_dates=False))
    assert f'No matching article has a date, so "{days}" was searched as words.' in found.remarks
    assert days.startswith("since") or found[0].article.id == "bakers"


@pytest.mark.parametrize("question", ["latest news", "What's new?", "headlines latest"])
def test_the_newest_of_undated_articles_are_not_known(index: Index, question: str) -> None:
    """None is listed as if it were among the newest; neither are they counted."""
    found = ask(index, question)
    assert (list(found), found.answerable, found.total, found.more) == ([], False, 0, 0)
    assert "No matching article has a date, so the newest are not known. Name a topic." in found.remarks
    assert index.facets(request_of(f"{question} {UNDATED}")).total == 0
    assert len(ask(index, "")) == len(STORIES)


@pytest.mark.parametrize(
    ("question", "options"),
    [("latest strike", {}), ("strike", {"sort": "date"}), ("strike", {"recency": 30.0})],
    ids=["word", "sort", "recency"],
)
def test_it_is_said_that_undated_hits_are_not_ordered_by_date(index: Index, question: str, options: dict[str, Any]) -> None:
    """They are in the order of the plain question."""
    found = ask(index, question, **options)
    assert [hit.article.id for hit in found] == [hit.article.id for hit in ask(index, "strike")]
    assert found.answerable
    assert [remark for remark in found.remarks if remark.startswith("None of these articles has a date, so they are not ordered by date")]
    assert not [remark for remark in ask(index, "strike").remarks if "date" in remark]


def test_counts_are_those_of_the_question_without_its_days(index: Index) -> None:
    """As its hits are, which the page shows beside them."""
    plain, dated = (index.facets(request_of(f"{question} {UNDATED}")) for question in ("strike", "strike last month"))
    assert plain.total == dated.total > 0


@pytest.mark.parametrize(
    ("typed", "options"),
    [
        ("", {"since": "2024-03-01"}),
        ("", {"on": "2024"}),
        ("", {"as_of": "2024-12-31"}),
        (" since:2024", {}),
        (" in 2024", {}),
        ("", {"where": {"type": "eq", "key": "published", "value": "2024"}}),
    ],
    ids=["since", "on", "as of", "operator", "question", "filter"],
)
def test_what_dates_leave_out_is_counted_beside_an_answer(tmp_path: Path, typed: str, options: dict[str, Any]) -> None:
    """Of the articles that the other filters leave, by hand: 4 of 8, 4 of 5 with a phrase that one of the Mail has too, none of the Mail;
    for a search, a list and its page. Where undated articles match, or without dates, nothing is said.
    """
    texts = [(f"mail{n}", f"The strike of number {n} went on.", "Mail", "2024-03-26") for n in range(3)]
    texts += [("both", "The strike at the old mill went on.", "Mail", "2024-03-26")]
    texts += [(f"undated{n}", f"The strike {n} at the old mill ended.", "Courier", "") for n in range(4)]
    lines = [{"_id": name, "language": "en", "text": text, "source": source, "date": day} for name, text, source, day in texts]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    told = "{} have no date, so searches with dates leave them out. Search without dates to include them."
    with Index.open(tmp_path / "index") as opened:
        for filters, expected in [
            ("", ["4 of 8 articles"]),
            (' "old mill"', ["4 of 5 articles that match the other filters"]),
            (" source:mail", []),
        ]:
            found = opened.search(f"strike{filters}{typed}", **options)
            assert found.answerable
            assert [remark for remark in found.remarks if "no date" in remark] == [told.format(each) for each in expected]
        if options:
            assert opened.listing(request_of("list", **options)).remarks == [told.format("4 of 8 articles")]
            found = opened.similar("mail0", **options)
            # Without the article itself.
            assert [remark for remark in found.remarks if "no date" in remark] == [
                told.format("4 of 7 articles that match the other filters")
            ]
            either = {"type": "or", "filters": [options.get("where") or {"type": "eq", "key": "published", "value": "2024"}, COURIER]}
            assert not [remark for remark in opened.search("strike", where=either).remarks if "date" in remark]
        assert not [remark for remark in opened.search("strike").remarks if "date" in remark]


@pytest.mark.parametrize(("undated", "told"), [(1, False), (2, True)])
def test_a_few_undated_articles_are_not_told_beside_an_answer(tmp_path: Path, undated: int, told: bool) -> None:
    """One of 20 needs no remark, two do; without an answer, one does too."""
    lines = [{"_id": str(n), "text": f"The strike of number {n} went on.", "date": "2024-03-26" * (n >= undated)} for n in range(20)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as opened:
        found, nothing = opened.search("strike", since="2024"), opened.search("zebra", since="2024")
    assert found.answerable
    assert any("no date" in remark for remark in found.remarks) == told
    assert not nothing.answerable
    assert any("no date" in remark for remark in nothing.remarks)


def test_a_period_is_met_by_no_undated_article(index: Index) -> None:
    """It is said once."""
    found = ask(index, "strike", since="2000")
    assert not len(found)
    if len(index.overview().sources) == 1:
        assert [remark for remark in found.remarks if "date" in remark] == [
            "No article was published since 2000-01-01; no article has a date."
        ]
