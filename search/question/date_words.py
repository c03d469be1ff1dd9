"""The words of dates by language, without accents, in lower case.

Other languages have only numeric dates read. Words that usually mean something else are left out ("set" and "out" for months, Dutch "voor",
more often "for" than "before").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from functools import cache
from typing import Literal

from newsdex.search.languages import LISTS
from newsdex.words import DEFAULT_LANGUAGE

Unit = Literal["hour", "day", "week", "month", "year"]

YEAR = re.compile(r"(?:1[89]|20)\d\d", re.ASCII)
_NEEDED = {"months", "short", "weekdays", "units", "numbers", "parts", "yesterday", "day_before", "today"}
# By language, English first, and kind: newsdex/search/lists/README.md says what each kind is. Only languages with all that are needed.
WORDS = {
    language: kinds
    for language, kinds in sorted(LISTS.kinds("date ").items(), key=lambda words: words[0] != DEFAULT_LANGUAGE)
    if kinds.keys() >= _NEEDED
}

# English months that are also names or other words: alone they count only with a capital, and not after another capitalised word ("Theresa
# May").
TWO_FACED = frozenset(("march", "may", "august", "april", "june"))
# Found anywhere, because there are no spaces; each with its unit and how many of them back.
CHINESE: dict[str, tuple[Unit, int]] = {
    "昨天": ("day", 1), "上周": ("week", 1), "上星期": ("week", 1), "上个月": ("month", 1), "上月": ("month", 1), "去年": ("year", 1),
    "本周": ("week", 0), "这周": ("week", 0), "本月": ("month", 0), "这个月": ("month", 0), "今年": ("year", 0),
}  # fmt: skip
JAPANESE: dict[str, tuple[Unit, int]] = {
    "昨日": ("day", 1), "先週": ("week", 1), "先月": ("month", 1), "去年": ("year", 1), "昨年": ("year", 1),
    "今週": ("week", 0), "今月": ("month", 0), "今年": ("year", 0),
}  # fmt: skip


def may_be_dates(question: str, languages: Container[str]) -> bool:
    """Return whether ``question`` has a word that every date in words of ``languages`` has."""
    found = set(re.findall(r"\w+", without_accents(question)))
    if any(language in languages and not found.isdisjoint(_in_dates(language)) for language in WORDS):
        return True
    eastern = [*CHINESE] * ("zh" in languages) + [*JAPANESE] * ("ja" in languages)
    return any(word in question for word in eastern)


@cache
def _in_dates(language: str) -> frozenset[str]:
    """Return the words of which every date in words has one."""
    words = WORDS[language]
    named = " ".join(words[kind] for kind in ("months", "weekdays", "yesterday", "today", "units"))
    return frozenset((*named.replace(",", "").split(), *words["day_before"].split(", ")))


def may_name_weekday(question: str, languages: Container[str]) -> bool:
    """Return whether ``question`` has the name of a weekday, perhaps in another word."""
    plain = without_accents(unicodedata.normalize("NFC", question))
    return any(day in plain for language, words in WORDS.items() if language in languages for day in words["weekdays"].split())


def without_accents(text: str) -> str:
    """Return ``text`` in lower case without accents, of the same length."""
    if text.isascii():
        return text.lower()
    return "".join(unicodedata.normalize("NFD", c)[0].lower()[:1] or c for c in text).replace("\u2019", "'")


def is_date_word(word: str) -> bool:
    """Return whether ``word`` is a month or a weekday.

    >>> is_date_word("March"), is_date_word("m\u00e4rz"), is_date_word("Oslo")
    (True, True, False)
    """
    return without_accents(word.casefold()) in months_and_days()


def names_month(text: str) -> bool:
    """Return whether ``text`` has the name of a month.

    >>> names_month("since last December"), names_month("last month")
    (True, False)
    """
    months = {month for words in WORDS.values() for month in words["months"].split()}
    return any(without_accents(word.casefold()) in months for word in text.split())


@cache
def months_and_days(*languages: str) -> frozenset[str]:
    """Return the names of months and weekdays in ``languages``, by default in all of WORDS."""
    return frozenset(name for each in languages or WORDS for kind in ("months", "weekdays") for name in WORDS[each][kind].split())
