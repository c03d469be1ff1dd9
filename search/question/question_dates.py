"""Dates in a question: "in April 2024", "since last week", "zwischen 2022 und 2023".

A date is read only where the words leave little doubt, because an unwanted filter hides answers: a whole date anywhere; a month or a year
only after a preposition and at the end of a phrase; "May" only with a capital. The same question and ``today`` always give the same days.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from newsdex.records import Period
from newsdex.search.question.date_words import may_be_dates

LONGEST = 1_000  # characters of a question that are read; a longer one is a text


def read_period(question: str, today: date, languages: Iterable[str] = (), *, weekdays: bool = False) -> tuple[Period, str] | None:
    """Return the days that ``question`` names, and the question without their words; None if it names no past or present day.

    English is always read, and the other ``languages`` (ISO 639-1); the language that explains most of the question wins. A month without a
    year is the latest that has begun by ``today``; with ``weekdays``, so is "on Monday". Several dates are intersected, or joined from
    first to last if they do not overlap.
    """
    question, unread = unicodedata.normalize("NFC", question[:LONGEST]), question[LONGEST:]
    spoken = {"en", *languages}
    if not (re.search(r"\d{4}|\d[./]\d", question) or may_be_dates(question, spoken)):
        return None
    from newsdex.search.question.date_reader import dates_in

    found = [
        f
        for f in dates_in(question, today, spoken, weekdays=weekdays)
        if not (f.since and f.since > today) and (f.since or (f.until and f.until < today))
    ]
    found = [f for f in found if not f.guessed] or found
    if not found:
        return None
    since = max((f.since for f in found if f.since), default=None)
    until = min((f.until for f in found if f.until), default=None)
    if since and until and since > until:
        since = min(f.since for f in found if f.since)
        until = max(f.until for f in found if f.until)
    rest, last = [], 0
    for f in found:
        rest.append(question[last : f.start])
        # "last week's news" is news
        last = f.end + 2 * (question[f.end : f.end + 2].casefold() in ("'s", "\u2019s"))
    period = Period(since, until, ", ".join(question[f.start : f.end] for f in found))
    return period, "".join([*rest, question[last:], unread])
