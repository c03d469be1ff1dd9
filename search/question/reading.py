"""What a question says besides its topic: its days, and whether it wants the newest. These words are not searched."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from newsdex.records import Period
from newsdex.search.question.stopwords import words_in
from newsdex.search.ranking.lexical import texts_of, words_of

_NEWEST = words_in(
    "latest newest recent recently neueste neuesten neuester neuestes aktuell aktuelle aktuellen aktuelles jüngste jüngsten último",
    "últimos últimas reciente recientes récent récents récente récentes dernières ultime recenti nieuwste",
)
_NEWS = words_in(
    "news update updates headlines headline stories story reports article articles report developments artikel artículo artículos",
    "bericht berichte nachrichten meldungen noticias nouvelles actualités notizie nieuws",
)
_OF = words_in("about on of from in regarding concerning over aus über zu von sobre de del su des sur")
_HAPPENED = words_in(
    "new happening events event passiert geschah geschehen los pasó ocurrió sucedió passé arrivé successo gebeurd gebeurde",
)
_FIGURE = re.compile(r"\b(?:how (?:many|much)|tolls?|wie ?viele?|cu[aá]nt[oa]s?|combien|quant[aeio]s?|hoeveel)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
# A quick test that passes every question with an operator (newsdex.search.question.operators), and few others.
_OPERATOR = re.compile('["\u201c\u201e\u00ab\u00bb:]|(?:^|[\\s(\\[{\ue000])-[\\w(]|\\b(?:OR|NOT)\\b')


class Reading(NamedTuple):
    """A question as read: ``text`` is searched; ``period`` is the days it names; ``newest`` its word for the newest, or "".

    ``listed``: it has no other topic, so articles are listed by date. ``certain``: it has operators only, so every match is an answer.
    """

    text: str
    period: Period | None = None
    newest: str = ""
    listed: bool = False
    certain: bool = False


def read(question: str, today: date, languages: Iterable[str]) -> Reading:
    """Read ``question``, asked on the day ``today`` of an archive in ``languages``."""
    from newsdex.search.question.question_dates import read_period

    languages = set(languages)
    period, text = read_period(question, today, languages) or (None, question)
    newest, text = _without_newest(text)
    if period is None and not newest:
        return Reading(question)
    return Reading(text.strip() or question, period, newest, _is_empty(text, languages))


def may_have_operators(question: str) -> bool:
    """Return whether ``question`` must be read for operators."""
    return _OPERATOR.search(question) is not None


def asks_figure(question: str) -> bool:
    """Return whether ``question`` asks for a number that later reports correct: "how many died", "death toll"."""
    return _FIGURE.search(question) is not None


def _without_newest(text: str) -> tuple[str, str]:
    """Return the word of ``text`` that asks for the newest, and the rest without it and "news about"."""
    found = list(_WORD.finditer(text))
    place = next((number for number, word in enumerate(found) if word[0].casefold() in _NEWEST), None)
    if place is None:
        return "", text
    stop = place + 1
    if stop < len(found) and found[stop][0].casefold() in _NEWS:
        stop += 1
        if stop < len(found) and found[stop][0].casefold() in _OF:
            stop += 1
    return found[place][0], f"{text[: found[place].start()]} {text[found[stop - 1].end() :]}"


def _is_empty(text: str, languages: set[str]) -> bool:
    """Return whether ``text`` has no topic."""
    texts = texts_of(text, languages)
    telling = (texts[terms].casefold() for terms in words_of(text, languages))
    return all(word in _NEWS or word in _HAPPENED for word in telling)
