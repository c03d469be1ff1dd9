"""Publication dates as sources write them."""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from email.utils import parsedate_to_datetime

from newsdex.records import Published

_ISO = re.compile(r"(\d{4})(?:-(\d\d?)(?:-(\d\d?))?)?")
_WORDED = ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%d. %B %Y", "%Y/%m/%d", "%Y%m%d")


def parse_published(text: str, origin: str) -> Published | None:
    """The date that ``text`` says, no more exactly than it says it; None when it cannot be read or does not exist.

    Understood are ISO 8601 (whole, or cut after the year or the month), RFC 2822 ("Fri, 26 Apr 2024 12:30:00 +0800"), and English
    dates such as "April 26, 2024". A two-figure month and day without names is never guessed at.

    >>> str(parse_published("2024-4", "front matter")), str(parse_published("26 April 2024", "front matter"))
    ('2024-04', '2024-04-26')
    """
    text = " ".join(text.split())
    if found := _ISO.fullmatch(text):
        year, *rest = (int(part) for part in found.groups() if part)
        try:
            date(year, *rest, *[1] * (2 - len(rest)))
        except ValueError:
            return None
        return Published("-".join([f"{year:04d}", *(f"{part:02d}" for part in rest)]), origin)
    for parse in (_iso_time, _rfc_time):
        try:
            return Published(_precise(parse(text)), origin)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    if re.fullmatch(r"\d+", text) and len(text) != len("20240426"):
        return None
    for form in _WORDED:
        try:
            return Published(datetime.strptime(text, form).replace(tzinfo=timezone.utc).date().isoformat(), origin)
        except ValueError:
            continue
    return None


def _iso_time(text: str) -> datetime:
    """Python 3.10 reads neither "Z" nor fractions of other than 3 or 6 digits."""
    if not re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", text):
        raise ValueError(text)
    text = re.sub(r"([T ]\d\d:\d\d:\d\d)[.,]\d+", r"\1", text)
    text = re.sub(r"\s*(?:Z|UTC)$", "+00:00", text)
    return datetime.fromisoformat(re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text).replace(" ", "T", 1).replace(" ", ""))


def _rfc_time(text: str) -> datetime:
    """parsedate_to_datetime passes over AM and PM."""
    if re.search(r"\b[AP]\.?M\b", text, re.IGNORECASE):
        raise ValueError(text)
    return parsedate_to_datetime(text)


def _precise(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
