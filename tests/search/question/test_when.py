"""Days of options, dates of articles, and how new an article is: hand-worked, and against a calendar gone through day by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsdex.encoder import Vectors
from newsdex.engines.hashing import HashEncoder
from newsdex.errors import UsageError
from newsdex.records import Article, Period, Published, Span
from newsdex.search.question.when import (
    as_of_mask,
    months_before,
    parse_as_of,
    parse_day_range,
    parse_half_life,
    period_from_options,
    published_mask,
    with_reports,
)
from newsdex.search.ranking.fusion import recency_of
from newsdex.store.segment import Entry, FileSegment, Segment, write_segment

TODAY = date(2024, 3, 31)  # a Sunday after a 29 February
BASE = Path("/archive")
ONE_VECTOR: Vectors = np.eye(1, HashEncoder.card.dimension, dtype=np.float32)
ISO = [
    "",
    "2023",
    "2024",
    "2024-02",
    "2024-03",
    "2024-02-29",
    "2024-03-31",
    "2024-03-30T23:59:00-11:00",
    "2025-01-01",
    "0001",
    "9999-12-31",
]


def segment_of(folder: Path, dates: Sequence[str]) -> Segment:
    """A segment with an article for each date, none where it is empty."""
    entries = []
    for number, iso in enumerate(dates):
        article = Article(str(number), "x", BASE / str(number), "00" * 32, published=Published(iso, "record") if iso else None)
        entries.append(Entry(article, b"0" * 16, [Span(0, 1)], [Span(0, 1)], np.zeros((1, 16), np.uint8), ONE_VECTOR))
    return FileSegment(folder, write_segment(folder, "s000001", entries, BASE), BASE, dimension=HashEncoder.card.dimension)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Segment:
    """An article for each of ISO."""
    return segment_of(tmp_path_factory.mktemp("archive"), ISO)


def found(mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> list[str]:
    """The dates of the articles in a mask."""
    return [ISO[row] for row in mask.nonzero()[0].tolist()]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2023-2", "2023-02-01", "2023-02-28"),
        ("2024-02-29", "2024-02-29", "2024-02-29"),
        ("2024-3-1", "2024-03-01", "2024-03-01"),
        (" 2024-04-26 ", "2024-04-26", "2024-04-26"),
        ("26.4.2024", "2024-04-26", "2024-04-26"),
        (" 01.12.2023 ", "2023-12-01", "2023-12-01"),
        ("0001-01-01", "0001-01-01", "0001-01-01"),
        ("9999", "9999-01-01", "9999-12-31"),
        ("today", "2024-03-31", "2024-03-31"),
        ("Yesterday", "2024-03-30", "2024-03-30"),
        ("0d", "2024-03-31", "2024-03-31"),
        ("30d", "2024-03-01", "2024-03-01"),
        ("2w", "2024-03-17", "2024-03-17"),
        ("2 W", "2024-03-17", "2024-03-17"),
        ("1m", "2024-02-29", "2024-02-29"),
        ("13m", "2023-02-28", "2023-02-28"),
        ("1y", "2023-03-31", "2023-03-31"),
        (date(2024, 4, 26), "2024-04-26", "2024-04-26"),
        (datetime(2024, 4, 26, 23, 0, tzinfo=timezone.utc), "2024-04-26", "2024-04-26"),
    ],
)
def test_days_by_hand(text: str | date, first: str, last: str) -> None:
    """What each form of a date means, on 31 March 2024."""
    assert parse_day_range(text, TODAY) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2024-02-30", "does not exist"),
        ("2023-02-29", "does not exist"),
        ("2024-13", "does not exist"),
        ("2024-00-10", "does not exist"),
        ("2024-04-00", "does not exist"),
        ("0000", "does not exist"),
        ("24-04-26", "not understood: expected a date such as 2024"),
        ("26T12:30.4.2024", "not understood"),
        ("30.2.2024", "does not exist"),
        ("4.26.2024", "does not exist"),
        ("26.4.24", "not understood"),
        ("26.4.", "not understood"),
        ("2024.4.26", "not understood"),
        ("3/4/2024", "not understood"),
        ("04/26/2024", "not understood"),
        ("2024-04-26T25:00:00Z", "not understood"),
        ("\u0662\u0660\u0662\u0664", "not understood"),
        ("", "not understood"),
        ("soon", "not understood"),
        ("-1d", "not understood"),
        ("30 fortnights", "not understood"),
        ("99999y", "before the year 1"),
        ("999999d", "before the year 1"),
        ("9" * 100 + "d", "not understood"),
    ],
)
def test_impossible_days(text: str, said: str) -> None:
    """A date that does not exist, or is none, is refused by name, with what is expected."""
    with pytest.raises(UsageError, match=said):
        parse_day_range(text, TODAY)


def test_options_make_a_period() -> None:
    """The option since takes the first of its days and until the last; on takes both; nothing is no period."""
    assert period_from_options(today=TODAY) is None
    assert period_from_options(since="2024-02", today=TODAY) == Period(since=date(2024, 2, 1))
    assert period_from_options(until="2024-02", today=TODAY) == Period(until=date(2024, 2, 29))
    assert period_from_options(since="2023", until="2024-02", today=TODAY) == Period(date(2023, 1, 1), date(2024, 2, 29))
    assert period_from_options(on="2024-02", today=TODAY) == Period(date(2024, 2, 1), date(2024, 2, 29))
    assert period_from_options(since="2024", until="2024", today=TODAY) == period_from_options(on="2024", today=TODAY)
    assert period_from_options(since="yesterday") == Period(since=date.today() - timedelta(days=1))
    assert parse_as_of("2024-02", TODAY) == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"since": "2024-05", "until": "2024-04-30"}, r"the start date 2024-05-01 \(2024-05\) is after the end date 2024-04-30"),
        ({"since": "today", "until": "yesterday"}, "the start date 2024-03-31"),
        ({"on": "2024", "since": "2023"}, "on cannot be combined"),
        ({"on": "2024", "until": "2025"}, "on cannot be combined"),
        ({"until": "2024-02-30"}, "does not exist"),
    ],
)
def test_options_that_exclude_each_other(options: dict[str, str], said: str) -> None:
    """A since after until, and on beside either, are refused."""
    with pytest.raises(UsageError, match=said):
        period_from_options(**options, today=TODAY)


@given(st.dates(date(1900, 1, 1)), st.integers(0, 1200))
def test_months_before(day: date, months: int) -> None:
    """Months back keep the day, or take the month's last; as many months on, the same month is met."""
    before = months_before(day, months)
    assert (before.year * 12 + before.month) == day.year * 12 + day.month - months
    assert before.day == day.day or (before.day < day.day and (before + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2024-02-10", "2024-02-20", ["2024", "2024-02"]),
        ("2024-02-29", "2024-02-29", ["2024", "2024-02", "2024-02-29"]),
        ("2024-03-30", None, ["2024", "2024-03", "2024-03-31", "2024-03-30T23:59:00-11:00", "2025-01-01", "9999-12-31"]),
        (None, "2023-12-31", ["2023", "0001"]),
        ("2026-01-01", "2030-01-01", []),
        (None, None, ISO),
    ],
)
def test_published_by_hand(archive: Segment, since: str | None, until: str | None, expected: list[str]) -> None:
    """A date that is known to the month or the year is in every period that it can lie in; an unknown one in none but the one that has no
    ends.
    """
    period = Period(date.fromisoformat(since) if since else None, date.fromisoformat(until) if until else None)
    assert found(published_mask(archive, period)) == expected


def test_as_of_by_hand(archive: Segment) -> None:
    """The archive of a day has what cannot be of a later one, and nothing of unknown date."""
    assert found(as_of_mask(archive, date(2024, 3, 30))) == ["2023", "2024-02", "2024-02-29", "2024-03-30T23:59:00-11:00", "0001"]
    assert found(as_of_mask(archive, date(2024, 3, 31))) == [
        "2023", "2024-02", "2024-03", "2024-02-29", "2024-03-31", "2024-03-30T23:59:00-11:00", "0001",
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.dates(date(2022, 12, 1), date(2025, 2, 1)), st.integers(0, 40))
def test_published_by_calendar(archive: Segment, since: date, days: int) -> None:
    """An article is in a period when one of the period's days is one that its date can mean, gone through day by day."""
    period = [since + timedelta(days=n) for n in range(days + 1)]
    dated = [Published(iso, "record") if iso else None for iso in ISO]
    expected = [p is not None and any(p.earliest <= day <= p.latest for day in period) for p in dated]
    assert published_mask(archive, Period(since, period[-1])).tolist() == expected


def test_recency_by_hand(tmp_path: Path) -> None:
    """Half as much with each half-life, by the last day that a date can mean; the future counts as today, and no date is in the middle."""
    dates = ["2024-03-31", "2024-03-21", "2024-03-11", "2024-03", "2024-02", "2031", "", "0001"]
    bonus = recency_of(*segment_of(tmp_path, dates).published_days, 10, TODAY)
    assert bonus.dtype == np.float32
    assert bonus.tolist() == pytest.approx([1, 0.5, 0.25, 1, 0.5**3.1, 1, 0.5, 0], abs=1e-7)


@pytest.mark.parametrize(
    ("period", "until"),
    [
        pytest.param(Period(date(2024, 2, 1), date(2024, 2, 29)), date(2024, 3, 10), id="ten days more"),
        pytest.param(Period(date(2024, 3, 20), date(2024, 3, 26)), TODAY, id="not beyond today"),
        pytest.param(Period(TODAY, TODAY), TODAY, id="today"),
        pytest.param(Period(date(2024, 2, 1), date(2031, 1, 1)), date(2031, 1, 1), id="a later end stays"),
        pytest.param(Period(date(2024, 2, 1), None), None, id="an open end stays open"),
    ],
)
def test_reports_of_a_period_come_after_it(period: Period, until: date | None) -> None:
    """The period begins where it did, and goes on for the days in which it is written about, as far as there were any."""
    assert with_reports(period, TODAY) == Period(period.since, until)


@pytest.mark.parametrize("half_life", [1e-9, 0.5, 30.0, 1e9])
def test_recency_is_bounded(archive: Segment, half_life: float) -> None:
    """Whatever the half-life, the bonus is a number from 0 to 1, and newer articles never have less."""
    bonus = recency_of(*archive.published_days, half_life, TODAY)
    assert ((bonus >= 0) & (bonus <= 1)).all()
    days = [Published(iso, "record").latest if iso else None for iso in ISO]
    in_order = [bonus[row] for _, row in sorted((day, row) for row, day in enumerate(days) if day)]
    assert in_order == sorted(in_order)


def test_half_lives() -> None:
    """A half-life is a length of time; the mean month is 365.2425 / 12 days."""
    assert [parse_half_life(text) for text in ("30d", "2w", "12m", "1y")] == pytest.approx([30, 14, 365.2425, 365.2425])
    for text in ("0d", "", "30", "-1d", "d", "2024", "1e3d"):
        with pytest.raises(UsageError, match="expected one such as 30d"):
            parse_half_life(text)
