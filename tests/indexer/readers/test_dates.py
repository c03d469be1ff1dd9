"""Publication dates, read no more exactly than they are written."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsdex.indexer.readers.dates import date_in_url, find_date, parse_published


def _iso(text: str) -> str | None:
    published = parse_published(text, "front matter")
    return published.iso if published else None


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        pytest.param("2024", "2024", id="year"),
        pytest.param("2024-04", "2024-04", id="month"),
        pytest.param("2024-4", "2024-04", id="month of one figure"),
        pytest.param("2024-04-26", "2024-04-26", id="day"),
        pytest.param("2024-4-6", "2024-04-06", id="day of one figure"),
        pytest.param("  2024-04-26\n", "2024-04-26", id="white space around"),
        pytest.param("2024-02-29", "2024-02-29", id="leap day"),
        pytest.param("2000-02-29", "2000-02-29", id="leap day of a fourth century"),
        pytest.param("0987", "0987", id="early year keeps four figures"),
        pytest.param("20240426", "2024-04-26", id="ISO basic format"),
        pytest.param("2024/04/26", "2024-04-26", id="year first with slashes"),
        pytest.param("2024/4/6", "2024-04-06", id="slashes and one figure"),
        pytest.param("April 26, 2024", "2024-04-26", id="American"),
        pytest.param("Apr 6, 2024", "2024-04-06", id="American, short month"),
        pytest.param("May 3, 2024", "2024-05-03", id="a month that is its own abbreviation"),
        pytest.param("APRIL 26, 2024", "2024-04-26", id="capitals"),
        pytest.param("April  26,\n2024", "2024-04-26", id="white space between"),
        pytest.param("26 April 2024", "2024-04-26", id="British"),
        pytest.param("6 Apr 2024", "2024-04-06", id="British, short month"),
        pytest.param("26. April 2024", "2024-04-26", id="German"),
        pytest.param("29 February 2024", "2024-02-29", id="leap day in words"),
    ],
)
def test_date_keeps_its_precision(text: str, iso: str) -> None:
    """A date is understood in each usual form, and says nothing that was not written."""
    assert _iso(text) == iso


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        pytest.param("2024-04-26T12:30:00+08:00", "2024-04-26T12:30:00+08:00", id="RFC 3339"),
        pytest.param("2024-04-26T12:30:00+0800", "2024-04-26T12:30:00+08:00", id="zone without a colon"),
        pytest.param("2024-04-26T12:30:00Z", "2024-04-26T12:30:00+00:00", id="Z"),
        pytest.param("2024-04-26 12:30:00 UTC", "2024-04-26T12:30:00+00:00", id="UTC in letters"),
        pytest.param("2024-04-26 12:30:00 +0800", "2024-04-26T12:30:00+08:00", id="as git writes it"),
        pytest.param("2024-04-26T12:30:00-03:30", "2024-04-26T12:30:00-03:30", id="Newfoundland"),
        pytest.param("2024-04-26T12:30:00+05:45", "2024-04-26T12:30:00+05:45", id="Nepal"),
        pytest.param("2024-04-26T12:30:00", "2024-04-26T12:30:00", id="no zone stays no zone"),
        pytest.param("2024-04-26T12:30Z", "2024-04-26T12:30:00+00:00", id="no seconds"),
        pytest.param("2024-04-26T12:30:00.5Z", "2024-04-26T12:30:00+00:00", id="fraction of one figure"),
        pytest.param("2024-04-26T12:30:00.123456789Z", "2024-04-26T12:30:00+00:00", id="nanoseconds"),
        pytest.param("2024-04-26T12:30:00,25+02:00", "2024-04-26T12:30:00+02:00", id="decimal comma"),
        pytest.param("Fri, 26 Apr 2024 12:30:00 +0800", "2024-04-26T12:30:00+08:00", id="RFC 2822"),
        pytest.param("26 Apr 2024 12:30:00 GMT", "2024-04-26T12:30:00+00:00", id="RFC 2822 without weekday, GMT"),
        pytest.param("Fri, 26 Apr 2024 12:30:00 EST", "2024-04-26T12:30:00-05:00", id="a zone that RFC 2822 names"),
        pytest.param("Fri, 26 Apr 2024 12:30:00 -0000", "2024-04-26T12:30:00", id="RFC 2822: -0000 says nothing of a zone"),
        pytest.param("Fri, 26 Apr 2024 12:30 +0200", "2024-04-26T12:30:00+02:00", id="RFC 2822 without seconds"),
        pytest.param("1714134600", "2024-04-26T12:30:00+00:00", id="seconds since 1970"),
        pytest.param("1714134600.25", "2024-04-26T12:30:00+00:00", id="seconds since 1970 and a fraction"),
        pytest.param("1714134600999", "2024-04-26T12:30:00+00:00", id="milliseconds since 1970"),
        pytest.param("2024042612", "2024-04-26T12:00:00", id="year, month, day and hour without separators"),
        pytest.param("202404261230", "2024-04-26T12:30:00", id="the same with minutes"),
        pytest.param("20240426T123045", "2024-04-26T12:30:45", id="ISO basic format with a time"),
        pytest.param("20240426T123045Z", "2024-04-26T12:30:45+00:00", id="the same in UTC"),
        pytest.param("14-Feb-18", "2018-02-14", id="as a spreadsheet writes it"),
        pytest.param("20240426123045", "2024-04-26T12:30:45", id="the same with seconds"),
        pytest.param("2024133112", "2034-02-21T11:11:52+00:00", id="no month, so seconds since 1970"),
        pytest.param("631152000", "1990-01-01T00:00:00+00:00", id="the first second of 1990"),
        pytest.param("4102444799", "2099-12-31T23:59:59+00:00", id="the last second before 2100"),
        pytest.param("Thu, 29 Feb 2024 23:59:59 -0800", "2024-02-29T23:59:59-08:00", id="leap day late in the west"),
    ],
)
def test_time_keeps_its_zone(text: str, iso: str) -> None:
    """A time stays in the zone it was written in: its calendar day is not moved to another."""
    assert _iso(text) == iso


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2023-02-29", id="no leap year"),
        pytest.param("1900-02-29", id="a full century is no leap year"),
        pytest.param("2024-04-31", id="April has 30 days"),
        pytest.param("2024-13", id="month 13"),
        pytest.param("2024-13-01", id="day in month 13"),
        pytest.param("2024-00", id="month 0"),
        pytest.param("2024-00-15", id="day in month 0"),
        pytest.param("2024-04-00", id="day 0"),
        pytest.param("0000", id="year 0"),
        pytest.param("2024-04-26T25:00:00Z", id="hour 25"),
        pytest.param("2024-04-26T12:60:00Z", id="minute 60"),
        pytest.param("2024-04-26T12:30:00+24:00", id="zone of a whole day"),
        pytest.param("Sat, 31 Feb 2024 12:30:00 +0000", id="RFC 2822, 31 February"),
        pytest.param("Fri, 26 Apr 2024 24:30:00 +0000", id="RFC 2822, hour 24"),
        pytest.param("Fri, 26 Apr 2024 12:30:00 +2500", id="RFC 2822, zone of more than a day"),
        pytest.param("February 30, 2024", id="30 February in words"),
        pytest.param("20240431", id="31 April in ISO basic format"),
    ],
)
def test_date_that_no_calendar_has_is_none(text: str) -> None:
    """A date that does not exist is not moved to one that does, nor cut to what of it exists."""
    assert _iso(text) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(" \n", id="white space"),
        pytest.param("yesterday", id="a word"),
        pytest.param("May", id="a month's name"),
        pytest.param("n/a", id="not available"),
        pytest.param("04/26/2024", id="American figures"),
        pytest.param("26/04/2024", id="British figures"),
        pytest.param("04/05/2024", id="April or May"),
        pytest.param("26.04.2024", id="German figures"),
        pytest.param("24-04-26", id="year of two figures"),
        pytest.param("202404", id="six figures, by month"),
        pytest.param("202411", id="six figures: November, or 1 January"),
        pytest.param("2024112", id="seven figures: 2 November, or 12 January"),
        pytest.param("123456", id="a number of six figures"),
        pytest.param("171412380", id="seconds since 1970, before there was a web"),
        pytest.param("9999999999", id="seconds since 1970, after 2100"),
        pytest.param("17141238000", id="eleven figures"),
        pytest.param("2024-W17", id="week"),
        pytest.param("2024-04-26junk", id="day and more"),
        pytest.param("2024-04-26T12:30:00 on the clock", id="time and more"),
        pytest.param("12345", id="year of five figures"),
        pytest.param("10 11 12 13 14", id="figures"),
        pytest.param("Fri, 26 Apr 2024 12:30:00 +99999999999999999999", id="zone of twenty figures"),
        pytest.param("9" * 5000, id="5,000 figures"),
        pytest.param("Mon, 30 Nov -0001 00:00:00 +0000", id="that of a draft"),
        pytest.param("Mon, 01 Jan 0001 00:00:00 GMT", id="none in .NET, which is not of 2001"),
        pytest.param("0001-01-01T00:00:00", id="none in .NET, as JSON has it"),
    ],
)
def test_what_is_not_clearly_a_date_is_none(text: str) -> None:
    """What is no date, or could be two, is never guessed at and never an exception."""
    assert _iso(text) is None


@pytest.mark.parametrize(
    ("text", "right"),
    [
        pytest.param("April 26, 2024 1:30 PM", "2024-04-26T13:30:00", id="American, afternoon"),
        pytest.param("26 Apr 2024 1:30 PM", "2024-04-26T13:30:00", id="British, afternoon"),
        pytest.param("Tue, 12 Mar 2024 08:00:00 -0700 (PDT)", "2024-03-12T08:00:00-07:00", id="a zone and its name"),
        pytest.param("26 Apr 2024 12:30 AM", "2024-04-26T00:30:00", id="half an hour after midnight"),
    ],
)
def test_half_of_the_day_is_not_lost(text: str, right: str) -> None:
    """A time of twelve hours is read with its AM or PM, cut to the day, or not read at all; never as another time."""
    assert _iso(text) in {right, right[:10], None}


def test_origin_is_kept() -> None:
    """A date remembers where it was found."""
    published = parse_published("2024-04-26", "record")

    assert published is not None
    assert published.origin == "record"


@given(st.dates(min_value=date(1, 1, 2)))
@settings(deadline=None)
def test_every_day_is_read_back(day: date) -> None:
    """Every day that ISO 8601 can write is read as itself, but the first, which .NET writes for none."""
    published = parse_published(day.isoformat(), "record")

    assert published is not None
    assert (published.precision, published.earliest, published.latest) == ("day", day, day)


@given(
    st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001 - the zone comes from the next
    st.integers(-23 * 60 - 59, 23 * 60 + 59),
)
@settings(deadline=None)
def test_every_moment_is_read_back_from_both_standards(moment: datetime, minutes: int) -> None:
    """ISO 8601 and RFC 2822 of the same moment give the same date, to the second, in the same zone."""
    moment = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))

    for text in (moment.isoformat(), format_datetime(moment)):
        iso = _iso(text)
        assert iso is not None
        read = datetime.fromisoformat(iso)
        assert (read, read.utcoffset()) == (moment, moment.utcoffset())


_WORDS = st.sampled_from(
    ["Fri,", "26", "Apr", "April", "2024", "12:30", "12:30:00", "+0800", "-9999", "PM", "2024-04", "T", "Z", "/", "-", "0", ":"]
)


@given(st.one_of(st.text(max_size=40), st.lists(_WORDS, max_size=8).map(" ".join), st.lists(_WORDS, max_size=8).map("".join)))
@example("Fri, 26 Apr 2024 12:30:00 +99999999999999999999")
@example("2024-00-15")
@settings(deadline=None, max_examples=300)
def test_any_text_gives_a_date_that_exists_or_none(text: str) -> None:
    """Whatever is written in a date's place, the result is a date with a first and a last day, or nothing."""
    published = parse_published(text, "record")

    if published:
        assert published.earliest <= published.latest


@pytest.mark.parametrize(
    ("text", "language", "iso"),
    [
        pytest.param("By A. Li | Published April 26, 2024 at 12:30 p.m.", "en", "2024-04-26", id="American"),
        pytest.param("Tue Apr  2 12:21:37 EDT 2024", "en", "2024-04-02", id="a mailing list's"),
        pytest.param("Fri Apr 26 12:21:37 +0000 2024", "en", "2024-04-26", id="with a zone in figures"),
        pytest.param("Fri Apr 26 12:21:37 2024", "en", "2024-04-26", id="of Unix"),
        pytest.param("Apr 26 12:21 2024 seats", "en", None, id="a year with no seconds before it"),
        pytest.param("Friday 26th of April 2024", "en", "2024-04-26", id="ordinal"),
        pytest.param("Sept. 3, 2023", "en", "2023-09-03", id="four letters"),
        pytest.param("Sa 13 Jul 2019", "de", "2019-07-13", id="German, short"),
        pytest.param("am 3. März 2024, 12 Uhr", "", "2024-03-03", id="German, not told"),
        pytest.param("22 de novembro de 2020. 18:20", "pt", "2020-11-22", id="Portuguese"),
        pytest.param("le 1er août 2024", "fr", "2024-08-01", id="French"),
        pytest.param("26 апреля 2024", "ru", "2024-04-26", id="Russian, genitive"),
        pytest.param("26. dubna 2024", "cs", "2024-04-26", id="Czech, genitive"),
        pytest.param("2024年4月26日 12:30", "ja", "2024-04-26", id="Japanese"),
        pytest.param("2024년 4월 26일", "ko", "2024-04-26", id="Korean"),
        pytest.param("Stand: 26.4.2024", "de", "2024-04-26", id="points"),
        pytest.param("2024/04/26 12:30", "en", "2024-04-26", id="slashes, the year first"),
        pytest.param("published 2024-04-26T12:30:00+02:00.", "en", "2024-04-26T12:30:00+02:00", id="ISO within"),
        pytest.param("12 listopada 2024", "pl", "2024-11-12", id="November in Polish"),
        pytest.param("12. listopada 2024", "hr", "2024-10-12", id="October in Croatian"),
        pytest.param("12 listopada 2024", "", None, id="of a name that means two months none"),
        pytest.param("04/05/2024", "en", None, id="slashes, the year last"),
        pytest.param("04/26/2024", "en", "2024-04-26", id="slashes, where one of two can be no month"),
        pytest.param("26/04/2024", "", "2024-04-26", id="slashes, the day first"),
        pytest.param("26-04-2024", "", "2024-04-26", id="hyphens, the day first"),
        pytest.param("04-26-2024 12:30", "", "2024-04-26", id="hyphens, the month first"),
        pytest.param("04/04/2024", "", "2024-04-04", id="slashes, both the same"),
        pytest.param("26-Apr-2024", "", "2024-04-26", id="hyphens around a name"),
        pytest.param("26/avril/2024", "", "2024-04-26", id="slashes around a name"),
        pytest.param("04-05-2024", "", None, id="hyphens, the year last"),
        pytest.param("04-26/2024", "", None, id="a hyphen and a slash"),
        pytest.param("555-26-04-2024", "", None, id="hyphens in a longer number"),
        pytest.param("13/26/2024", "en", None, id="slashes, neither a month"),
        pytest.param("1.2.3 and 10.0.19045", "en", None, id="versions"),
        pytest.param("31 April 2024", "en", None, id="no such day"),
        pytest.param("in 26 countries, 2024", "en", None, id="no month"),
        pytest.param("April 2024", "en", None, id="no day"),
    ],
)
def test_date_within_a_text(text: str, language: str, iso: str | None) -> None:
    """A whole date is found in a byline of any language that names its months, and nothing is taken for one that is none."""
    found = find_date(text, language, "byline")

    assert (found.iso if found else None) == iso


@pytest.mark.parametrize(
    ("path", "iso"),
    [
        pytest.param("/2024/04/26/talks-go-on", "2024-04-26", id="folders"),
        pytest.param("/world/2024/apr/26/talks", "2024-04-26", id="month by its name"),
        pytest.param("/2024/4/6/talks", "2024-04-06", id="one figure"),
        pytest.param("/news/talks-2024-04-26.html", "2024-04-26", id="hyphens"),
        pytest.param("/a/20240426/007159.htm", "2024-04-26", id="eight figures"),
        pytest.param("/2024/0426/talks", "2024-04-26", id="four and four"),
        pytest.param("/2024/04/talks", "2024-04", id="month only"),
        pytest.param("/2024/talks", None, id="year only"),
        pytest.param("/story/2024042612345", None, id="a longer number"),
        pytest.param("/2024-olympics/talks", None, id="a year in words"),
        pytest.param("/2024/13/26/talks", None, id="no such month"),
        pytest.param("/1815/06/18/waterloo", None, id="before the web"),
        pytest.param("/talks?date=2024-04-26", None, id="not in the path"),
        pytest.param("/2024/02/31/talks", None, id="no such day"),
    ],
)
def test_date_in_an_address(path: str, iso: str | None) -> None:
    """The day, or else the month, that a path is filed under."""
    found = date_in_url(f"https://example.com{path}")

    assert (found.iso if found else None) == iso
