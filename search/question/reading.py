"""What a question says beside its topic: of which days it is, and whether the newest is wanted. Those words are no search words."""

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
# What stands in every question with an operator (newsdex.search.question.operators), and in few others.
_OPERATOR = re.compile('["\u201c\u201e\u00ab\u00bb:]|(?:^|[\\s(\\[{\ue000])-[\\w(]|\\b(?:OR|NOT)\\b')


class Reading(NamedTuple):
    """``text`` is what of the question is searched. ``period`` are the days it names. ``newest``: what it says when it asks for the newest,
    or nothing. ``listed``: it asks for what there is of those days, or for the newest there is, and has no other topic. ``certain``: it is
    of operators alone, so that what meets them is what was asked for.
    """

    text: str
    period: Period | None = None
    newest: str = ""
    listed: bool = False
    certain: bool = False


def read(question: str, today: date, languages: Iterable[str]) -> Reading:
    """What ``question`` says, asked on the day ``today`` of an archive in ``languages``."""
    from newsdex.search.question.question_dates import read_period

    languages = set(languages)
    period, text = read_period(question, today, languages) or (None, question)
    newest, text = _without_newest(text)
    if period is None and not newest:
        return Reading(question)
    return Reading(text.strip() or question, period, newest, _is_empty(text, languages))


def may_have_operators(question: str) -> bool:
    """Whether ``question`` must be read for operators."""
    return _OPERATOR.search(question) is not None


def asks_figure(question: str) -> bool:
    """Whether ``question`` asks for a number that later reports correct: "how many died", "death toll"."""
    return _FIGURE.search(question) is not None


def _without_newest(text: str) -> tuple[str, str]:
    """The word of ``text`` that asks for the newest, and the rest, without the "news about" that goes with it."""
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
    """Whether ``text`` is of nothing in particular."""
    texts = texts_of(text, languages)
    telling = (texts[terms].casefold() for terms in words_of(text, languages))
    return all(word in _NEWS or word in _HAPPENED for word in telling)
