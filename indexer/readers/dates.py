"""Parses publication dates as sources write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timezone
from functools import lru_cache

from newsdex.records import Published
from newsdex.values import grouped

_ISO = re.compile(r"(\d{4})(?:-(\d\d?)(?:-(\d\d?))?)?")
_ISO_INSIDE = re.compile(r"(?<![\d-])(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?(?:\.\d+)?)\s?(Z|UTC|[+-]\d\d:?\d\d)?)?(?![\d-])")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})(?:/|\.|\s?[年년]\s?)(\d\d?)(?:/|\.|\s?[月월]\s?)(\d\d?)(?!\d)")
_DOTS = re.compile(r"(?<![\d.])(\d\d?)\.\s?(\d\d?)\.\s?(\d{4})(?![\d.])")
_NUMBERS = re.compile(r"(?<![\d/-])(\d\d?)([/-])(\d\d?)\2(\d{4})(?![\d/-])")
_NUMBER_BEFORE = re.compile(
    r"(?<!\d)(\d\d?)(?:st|nd|rd|th|º|er|\.)?[\s/-]?(?:of\s|de\s|d\W)?\s?([^\W\d_]{3,}\.?)(?:\sde|\sdel|[/-])?[\s,]*(\d{4})(?!\d)"
)
# Also with the time before the year, as Unix and mailing lists write it: Tue Apr  1 12:21:37 EST 2003
_NUMBER_AFTER = re.compile(
    r"(?<![^\W\d_])([^\W\d_]{3,30})\.?\s{1,2}(\d\d?)(?:st|nd|rd|th)?(?:\s\d\d:\d\d:\d\d(?:\s(?:[A-Z]{2,5}|[+-]\d{4}))?)?[\s,]+(\d{4})(?!\d)"
)
_IN_PATH = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[/_.-]?(0[1-9]|1[0-2]|[a-z]{3}|(?<=/)[1-9])(?:[/_.-]?(0[1-9]|[12]\d|3[01]|(?<=/)[1-9](?=/))(?!\d))?(?![a-z])"
)
_PATH_END = re.compile(r"/|$")
_SINCE_1970 = re.compile(r"(\d{9,10})(\d{3})?(?:\.\d+)?")  # in seconds, or in milliseconds
_RUN_TOGETHER = re.compile(r"((?:199|20\d)\d)(\d\d)(\d\d)T?(\d\d)(\d\d)?(\d\d)?(Z)?")  # year, month, day, hour, minute, second
_LONGEST = 200  # longest date, in characters
_LONGEST_PATH = 2_000  # longest address read, in characters
_MONTHS = 12  # a larger number is a day
_FIRST_YEAR = 1990  # earliest plausible year in a URL, or of a time since 1970: the web is no older
_UNSET = "0001-01-01"  # the day of no date
_NO_LATER = 2100  # first year that a time since 1970 is not in
# Languages of many articles. Where that of a page is not known, names of months are those of these languages.
COMMON = (
    "en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "nb", "fi", "cs", "sk", "hu", "ro", "tr", "ru", "uk", "bg", "el", "sq",
    "sr_Latn", "hr", "sl", "id",
)  # fmt: skip
# Returns whether the first of the two numbers of day and month is the day; None where that is not known.
DayFirst = Callable[[int, int], bool | None]
_WORDED = ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%d. %B %Y", "%Y/%m/%d", "%Y%m%d", "%d-%b-%y")


def parse_published(text: str, origin: str) -> Published | None:
    """Return the date in ``text``, no more exact than it states; None if it cannot be read or does not exist.

    Understood are ISO 8601 (whole, or cut after the year or the month), RFC 2822 ("Fri, 26 Apr 2024 12:30:00 +0800"), English dates such as
    "April 26, 2024", figures without separators (2024042612, with minutes and seconds or without), and seconds or milliseconds since 1970.
    ``find_date`` reads more. The first day of the year 1 is none: .NET writes it for no date.

    >>> str(parse_published("2024-4", "front matter")), str(parse_published("26 April 2024", "front matter"))
    ('2024-04', '2024-04-26')
    """
    found = _parsed(" ".join(text[:_LONGEST].split()), origin)
    return None if found is None or found.iso.startswith(_UNSET) else found


def _parsed(text: str, origin: str) -> Published | None:
    if found := _ISO.fullmatch(text):
        year, *rest = (int(part) for part in found.groups() if part)
        try:
            date(year, *rest, *[1] * (2 - len(rest)))
        except ValueError:
            return None
        return Published("-".join([f"{year:04d}", *(f"{part:02d}" for part in rest)]), origin)
    for parse in (_iso_time, _rfc_time, _run_together, _since_1970):
        try:
            return Published(parse(text).isoformat(timespec="seconds"), origin)
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
    """Parse ISO 8601; Python 3.10 reads neither "Z" nor fractions of other than 3 or 6 digits."""
    if not re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", text):
        raise ValueError(text)
    text = re.sub(r"([T ]\d\d:\d\d:\d\d)[.,]\d+", r"\1", text)
    text = re.sub(r"\s*(?:Z|UTC)$", "+00:00", text)
    return datetime.fromisoformat(re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text).replace(" ", "T", 1).replace(" ", ""))


def _rfc_time(text: str) -> datetime:
    """Parse RFC 2822. parsedate_to_datetime ignores AM and PM, and takes "-0001" (a draft's) for 2000 and "0001" (.NET's) for 2001."""
    if re.search(r"\b[AP]\.?M\b|\s(?:-\d{4}|00\d\d) \d", text, re.IGNORECASE):
        raise ValueError(text)
    from email.utils import parsedate_to_datetime  # takes milliseconds to load, and dates are seldom so

    return parsedate_to_datetime(text)


def _run_together(text: str) -> datetime:
    """Parse 2024042612, 202404261230, 20240426123000 or 20240426T123000Z. As seconds since 1970, the shortest would be of 2033 or later."""
    found = _RUN_TOGETHER.fullmatch(text)
    if found is None:
        raise ValueError(text)
    *parts, utc = found.groups()
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc if utc else None)


def forced(first: int, second: int) -> bool | None:
    """Return whether the day is the first of two numbers, as only one can be the month or both are the same; else None.

    >>> forced(26, 4), forced(4, 26), forced(4, 4), forced(4, 5)
    (True, False, True, None)
    """
    return second <= _MONTHS if first == second or (first > _MONTHS) != (second > _MONTHS) else None


def _since_1970(text: str) -> datetime:
    """Parse seconds, or milliseconds."""
    found = _SINCE_1970.fullmatch(text)
    moment = datetime.fromtimestamp(int(found[1]) if found else 0, timezone.utc)
    if not _FIRST_YEAR <= moment.year < _NO_LATER:
        raise ValueError(text)
    return moment


def find_date(text: str, language: str, origin: str, day_first: DayFirst = forced) -> Published | None:
    """Return the first whole date within ``text``, such as a byline in ``language`` (ISO 639-1) or English; None without any.

    Names of months are those of the Unicode CLDR. Three numbers are a date with the year first, with points between (day first), and with
    slashes or hyphens where ``day_first`` tells their order.

    >>> str(find_date("By A. Li, updated 4 p.m., April 26th, 2024", "en", "byline")), str(find_date("le 3 août 2023 à 12h", "fr", "byline"))
    ('2024-04-26', '2023-08-03')
    """
    return next((found for *_, found in dates_in(text, language, origin, day_first)), None)


def dates_in(text: str, language: str, origin: str, day_first: DayFirst = forced) -> Iterator[tuple[int, int, Published]]:
    """Yield all whole dates within ``text`` as ``find_date`` reads them, in order, each with its start and end."""
    found: list[tuple[int, int, str]] = []
    for match in _ISO_INSIDE.finditer(text):
        year, month, day, time, zone = match.groups()
        found.append((*match.span(), f"{year}-{month}-{day}" + (f"T{time}{zone or ''}" if time else "")))
    for pattern, year, month, day in ((_YEAR_FIRST, 1, 2, 3), (_DOTS, 3, 2, 1)):
        found += [(*match.span(), f"{match[year]}-{int(match[month]):02d}-{int(match[day]):02d}") for match in pattern.finditer(text)]
    for match in _NUMBERS.finditer(text):
        order = day_first(int(match[1]), int(match[3]))
        if order is not None:
            of_day, of_month = (1, 3) if order else (3, 1)
            found.append((*match.span(), f"{match[4]}-{int(match[of_month]):02d}-{int(match[of_day]):02d}"))
    for pattern, day, month in ((_NUMBER_BEFORE, 1, 2), (_NUMBER_AFTER, 2, 1)):
        for match in pattern.finditer(text):
            if number := _month(match[month], language):
                found.append((*match.span(), f"{match[3]}-{number:02d}-{int(match[day]):02d}"))
    for start, end, written in sorted(found):
        if published := parse_published(written, origin):
            yield start, end, published


def date_in_url(url: str) -> Published | None:
    """Return the date in the path of a URL: ``/2024/04/26/``, ``/2024/apr/26/``, ``/2024/04/``, ``-20240426``.

    >>> str(date_in_url("https://example.com/world/2024/apr/26/talks-go-on")), str(date_in_url("https://example.com/a-1234567890"))
    ('2024-04-26', 'None')
    """
    path = re.sub(r"^[a-z]+://[^/]*", "", url[:_LONGEST_PATH].lower()).partition("?")[0]
    best: Published | None = None
    for match in _IN_PATH.finditer(path):
        year, month, day = match.groups()
        number = int(month) if month.isdecimal() else _month(month, "en")
        if not number or not _FIRST_YEAR <= int(year) <= date.today().year + 1 or not (day or _PATH_END.match(path, match.end())):
            continue
        if not day and path[match.start() - 1 : match.start()] != "/":
            continue
        found = parse_published(f"{year}-{number:02d}" + (f"-{int(day):02d}" if day else ""), "URL")
        if found and (best is None or more_exact(found, best)):
            best = found
    return best


def more_exact(found: Published, than: Published) -> bool:
    """Return whether ``found`` agrees with ``than`` and is more exact: a day of that month, a time of that day."""
    return len(found.iso) > len(than.iso) and found.iso.startswith(than.iso)


def _month(name: str, language: str) -> int:
    """Return the number of a month by its name or abbreviation in a language, in English, or in any common one; else 0."""
    name = name.lower().rstrip(".")
    return _months(language or "en").get(name) or _months("en").get(name) or _months_anywhere().get(name) or 0


@lru_cache(maxsize=64)
def _months(language: str) -> dict[str, int]:
    """Map the names and abbreviations of months in a language to their numbers; empty if babel does not know it."""
    from babel import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return {}
    forms = [locale.months[use][width] for use in ("format", "stand-alone") for width in ("wide", "abbreviated")]
    found = {name.lower().rstrip("."): number for names in forms for number, name in names.items()}
    return found | {"sept": 9} if language == "en" else found


@lru_cache(maxsize=1)
def _months_anywhere() -> dict[str, int]:
    """Map the unambiguous names of months in common languages, for pages without a language."""
    meanings = grouped(month for language in COMMON for month in _months(language).items())
    return {name: numbers[0] for name, numbers in meanings.items() if len(set(numbers)) == 1}
