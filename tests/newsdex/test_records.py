"""What a publication date means, and where an answer lies."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from newsdex.records import MEMBER, Article, Hit, Match, Passage, Precision, Published, Results, Span


@pytest.mark.parametrize(
    ("iso", "precision", "earliest", "latest"),
    [
        pytest.param("2024", "year", date(2024, 1, 1), date(2024, 12, 31), id="year"),
        pytest.param("2024-04", "month", date(2024, 4, 1), date(2024, 4, 30), id="month of 30 days"),
        pytest.param("2024-12", "month", date(2024, 12, 1), date(2024, 12, 31), id="December"),
        pytest.param("2024-02", "month", date(2024, 2, 1), date(2024, 2, 29), id="February of a leap year"),
        pytest.param("2023-02", "month", date(2023, 2, 1), date(2023, 2, 28), id="February of a common year"),
        pytest.param("1900-02", "month", date(1900, 2, 1), date(1900, 2, 28), id="a full century has no leap day"),
        pytest.param("2000-02", "month", date(2000, 2, 1), date(2000, 2, 29), id="every fourth century has one"),
        pytest.param("2024-04-26", "day", date(2024, 4, 26), date(2024, 4, 26), id="day"),
        pytest.param("2024-02-29", "day", date(2024, 2, 29), date(2024, 2, 29), id="leap day"),
        pytest.param("2024-04-26T12:30:00", "time", date(2024, 4, 26), date(2024, 4, 26), id="time without a zone"),
        pytest.param("2024-04-26T23:30:00-08:00", "time", date(2024, 4, 26), date(2024, 4, 26), id="next day in UTC"),
        pytest.param("2024-04-26T00:30:00+08:00", "time", date(2024, 4, 26), date(2024, 4, 26), id="day before in UTC"),
        pytest.param("0001", "year", date(1, 1, 1), date(1, 12, 31), id="the first year there is"),
        pytest.param("9999-12", "month", date(9999, 12, 1), date(9999, 12, 31), id="the last month there is"),
    ],
)
def test_date_means_the_days_it_can_mean(iso: str, precision: Precision, earliest: date, latest: date) -> None:
    """A date means all days from its earliest to its latest, in its own calendar, and says how exact it is."""
    published = Published(iso, "front matter")

    assert (published.precision, published.earliest, published.latest) == (precision, earliest, latest)
    assert str(published) == iso


@pytest.mark.parametrize("iso", ["", "24", "2024-4", "26 April 2024", "2024-04-26 12:30", "2024-04-26T", "x2024", "2024\n"])
def test_what_is_no_date_has_no_day(iso: str) -> None:
    """A date that is not in the form of one is an error that names it, not a guess."""
    with pytest.raises(ValueError, match="not a publication date") as caught:
        _ = Published(iso, "record").earliest

    assert repr(iso) in str(caught.value)


@pytest.mark.parametrize("iso", ["2024-13", "2023-02-29", "2024-15"])
def test_impossible_day_is_an_error(iso: str) -> None:
    """A date in the right form that no calendar has is an error."""
    with pytest.raises(ValueError, match=r"month|day"):
        _ = Published(iso, "record").latest


def test_what_is_printed_of_an_article_is_short() -> None:
    """Its text is left out, also where it is part of a result."""
    article = Article("a", "hidden " * 1_000, Path("/archive/a.txt"), "0" * 64, title="A title")
    passage = Passage("a", 0, 0, 3, "hid")
    results = Results("question", (Hit(1, 0.5, article, (Match(passage, Span(0, 3), 0.5),)),), answerable=True)
    for told in (repr(article), repr(results)):
        assert "A title" in told
        assert "hidden" not in told


def test_answer_text_is_the_answers_slice_of_the_article() -> None:
    """The answer's offsets count from the beginning of the article's text, as the passage's do."""
    text = "No. The talks failed. They go on."
    article = Article("a", text, Path("/archive/a.txt"), "0" * 64, body=Span(0, len(text)))
    passage = Passage("a", 0, 4, 33, text[4:33])

    assert Hit(1, 0.5, article, (Match(passage, 0.5, Span(4, 21)),)).answer_text == "The talks failed."


def test_length_of_a_span_is_its_characters() -> None:
    """A span is as long as the text it stands for; an empty one is false."""
    assert len(Span(3, 10)) == len("passage"[0:7]) == 7
    assert not Span(5, 5)


def test_records_are_equal_by_value_and_hashable() -> None:
    """Two records of the same content are one; the metadata, a mapping, takes no part in the hash."""
    first = Article("a", "Text.", Path("/a.txt"), "0" * 64, metadata={"section": "World"})
    second = Article("a", "Text.", Path("/a.txt"), "0" * 64, metadata={"section": "World"})
    other = Article("a", "Text.", Path("/a.txt"), "0" * 64, metadata={"section": "Sport"})

    assert first == second
    assert first != other
    assert len({first, second}) == 1


@pytest.mark.parametrize(
    ("name", "member", "record", "part"),
    [
        ("a.jsonl", "", 3, "line 3"),
        ("a.CSV.gz", "", 2, "line 2"),
        ("a.warc.gz", "", 7, "record 7"),
        ("a.zip", "b/c.tsv", 2, "line 2"),
        ("a.html", "", 0, ""),
    ],
)
def test_part_of_a_file_is_named_by_what_is_counted(name: str, member: str, record: int, part: str) -> None:
    """Lines where a line is an article, else records, which have no line that an editor would show."""
    metadata = {MEMBER: member} if member else {}
    assert Article("1", "text", Path(name), "", record=record, metadata=metadata).part == part
