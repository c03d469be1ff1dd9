"""Dates in a question: "in April 2024", "since last week", "zwischen 2022 und 2023".

A date is taken only where the words leave little doubt, because a filter that nobody wanted hides answers: a whole date anywhere, a month
or a year only after a preposition and where the phrase ends, "May" only with a capital. The same question always gives the same days for
the same ``today``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from newsdex.records import Period
from newsdex.search.question.date_words import may_be_dates

LONGEST = 1_000  # characters of a question that are read; dates in a longer one are those of a text


def find_period(question: str, today: date, languages: Iterable[str] = ()) -> Period | None:
    """As ``read_period``, without the rest of the question."""
    found = read_period(question, today, languages)
    return found[0] if found else None


def read_period(question: str, today: date, languages: Iterable[str] = ()) -> tuple[Period, str] | None:
    """The days that ``question`` is about, with the words that say so, and the question without these; None when it names none, or none
    before tomorrow.

    English is read always, other languages when they are among ``languages`` (ISO 639-1); the one that understands most is believed. A
    month without a year is the latest one that has begun by ``today``. Of several dates the days that all allow are taken, or, where there
    are none, all from the first to the last.
    """
    question, unread = unicodedata.normalize("NFC", question[:LONGEST]), question[LONGEST:]
    spoken = {"en", *languages}
    if not (re.search(r"\d{4}|\d[./]\d", question) or may_be_dates(question, spoken)):
        return None
    from newsdex.search.question.date_reader import dates_in

    found = [
        f for f in dates_in(question, today, spoken) if not (f.since and f.since > today) and (f.since or (f.until and f.until < today))
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
        last = f.end
    period = Period(since, until, ", ".join(question[f.start : f.end] for f in found))
    return period, "".join([*rest, question[last:], unread])
