"""What a question says besides its topic: its days ("in April 2024", "zwischen 2022 und 2023"), and whether it wants the newest. These
words are not searched.

A date is read only where the words leave little doubt, because an unwanted filter hides answers: a whole date anywhere; a month or a year
only after a preposition and at the end of a phrase; "May" only with a capital. The same question and ``today`` always give the same days.
"""

# ruff: noqa: RUF001 - apostrophes of both kinds

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from itertools import islice, takewhile
from typing import NamedTuple

from newsdex.records import Period
from newsdex.search.question.asking import WORD, has_topic, without_asking
from newsdex.search.question.date_words import may_be_dates
from newsdex.search.question.stopwords import STOPWORDS, words_in
from newsdex.search.question.terms import telling_texts
from newsdex.store.vocabulary import without_accents
from newsdex.words import without_elision

_NEWEST = words_in(
    "latest newest recent recently neueste neuesten neuester neuestes aktuell aktuelle aktuellen aktuelles jüngste jüngsten último",
    "últimos últimas reciente recientes récent récents récente récentes dernières ultime recenti nieuwste",
)
_NEWS = words_in(
    "news update updates headlines headline stories story reports article articles report developments artikel artículo artículos",
    "bericht berichte nachrichten meldungen noticias nouvelles actualités notizie nieuws",
)
# Of these, those that also end a query for a topic, "COP29 article": a few words with "news" or "story" may be a name, as "Toy Story" is,
# and a report may be what is asked for.
_ARTICLES = words_in("article articles coverage artikel art\u00edculo art\u00edculos")
_ENDINGS = _ARTICLES | _NEWS - words_in("report reports bericht berichte") | {"please"}
_TOPIC = 2
_OF = words_in("about on of from in regarding concerning over aus über zu von sobre de del su des sur")
_HAPPENED = words_in(
    "new top main happening events event passiert geschah geschehen los pasó ocurrió sucedió passé arrivé successo gebeurd gebeurde"
)
_NO_TOPIC = frozenset(map(without_accents, _NEWS | _HAPPENED))
# Whole questions for the newest, without accents and signs.
_WHATS_NEW = frozenset(
    (
        *("what s new", "whats new", "what is new", "was gibt s neues", "was gibts neues", "was gibt es neues", "gibt es neues"),
        *("gibt es etwas neues", "neuigkeiten", "quoi de neuf", "que hay de nuevo", "novedades", "hay novedades", "novita"),
        *("ci sono novita", "che c e di nuovo", "cosa c e di nuovo", "o que ha de novo", "novidades", "wat is er nieuw"),
    )
)
# What leads to a topic whose newest articles are wanted: "what's new in", "any news from". Not "news of", as in "News of the World".
_NEWS_BEFORE = r"""
\b(what(?:['’]?s| is| has| have)?(?: been)? new|any(?:thing)? new|(?:any |the )?news|any updates?
|(?:was gibt(?: e|['’]?)s )?neues|neuigkeiten|nachrichten|quoi de neuf|du nouveau|nouvelles|qu[eé] hay de nuevo|novedades|noticias
|di nuovo|novit[àa]|notizie|de novo|novidades|not[íi]cias|wat is er nieuw|nieuws)
 (?:(?!of\b)\w+|d[eu] l['’a-z]{1,2})\W*$
"""
# A few words with "news" at their end: "wexmouth news".
_FEW = 4
# Beginnings that ask what happened somewhere, and for nothing else: "what's going on in Kenya". They are of seven languages, each by the
# words that it can start with.
_OPENINGS = {
    "what whats": r"""
what(?:['’]?s| is| was| has| have)?(?: been)? (?:happen(?:s|ed|ing)?|going on|new|up)
 (?:to|in|at|with|on|about|around|of)
|what(?:['’]?s| is) the(?= (?:latest|newest)\b)
""",
    "any anything": "any(?:thing new| updates?) (?:in|at|with|on|about|around|from|regarding|concerning)",
    "what how": "(?:what|how) about",
    "was": r"""
was (?:passiert|passierte|geschah|ist los|ist) (?:in|im|mit|bei|beim|auf|an|am)
|was gibt(?: e|['’]?)s neues (?:in|im|bei|beim|zu|zum|zur|über|von|aus)
""",
    "que qué quoi": r"""
qu[eé] (?:pas[oóa]|ha pasado|est[aá] pasando|ocurri[oó]|sucedi[oó]|hay de nuevo) (?:en|con|a|al)
|qu[eé] se sabe (?:de|del|sobre)
|que s['’]est[- ]il pass[eé] (?:[àa]|au|aux|en|dans|avec)
|que se passe[- ]t[- ]il (?:[àa]|au|aux|en|dans|avec)
|que sait[- ]on (?:de|du|sur)
|quoi de neuf (?:[àa]|au|aux|en|dans|sur|chez)
""",
    "du": "du nouveau (?:[àa]|au|aux|en|dans|sur|chez)",
    "hay novedades novidades": "(?:hay )?nov(?:edades|idades) (?:de|del|en|sobre|em|no|na)",
    "che cosa o": r"""
(?:che )?cosa (?:è successo|succede|sta succedendo) (?:a|al|alla|in|nel|nella|con)
|o que (?:aconteceu|está acontecendo|se passa|há de novo) (?:a|ao|à|em|no|na|com)
|(?:che|cosa) c['’]è di nuovo (?:a|al|alla|in|nel|nella|con|su|sul|sulla)
""",
    "novità ci": "(?:ci sono )?novità (?:a|da|dal|dalla|di|in|su|sul|sulla)",
    "wat": "wat is er nieuw (?:in|op|over|bij|met|uit)",
}
_FIGURE = r"\b(?:how (?:many|much)|tolls?|wie ?viele?|cu[aá]nt[oa]s?|combien|quant[aeio]s?|hoeveel)\b"
_WORD = re.compile(r"[^\W\d_]+")
# A quick test that passes every question with an operator (newsdex.search.question.operators), and few others: it has one of _SIGNS, in
# this place.
_SIGNS = ('"', "\u201c", "\u201e", "\u00ab", "\u00bb", ":", "-", "OR", "NOT")
_OPERATOR = '["\u201c\u201e\u00ab\u00bb:]|(?:^|[\\s(\\[{\ue000])-[\\w(]|\\b(?:OR|NOT)\\b'


LONGEST = 1_000  # characters of a question that are read for dates; a longer one is a text


class Reading(NamedTuple):
    """A question as read: ``text`` is searched; ``period`` is the days it names; ``newest`` its word for the newest, or "". ``listed``: it
    has no other topic, so articles are listed by date. ``certain``: it has operators only, so every match is an answer.
    """

    text: str
    period: Period | None = None
    newest: str = ""
    listed: bool = False
    certain: bool = False


def read(
    question: str, today: date, languages: Iterable[str], *, literal: bool = False, is_name: Callable[[str], bool] = lambda _: True
) -> Reading:
    """Read ``question``, asked on the day ``today`` of an archive in ``languages``. With ``literal``, only dates and recency are read.

    ``is_name`` tells of two words such as "Fox News" whether they may be a name, and not ask for the news of a topic.
    """
    languages = set(languages)
    period, whole = read_period(question, today, languages) or (None, question)
    newest, text = _without_newest(whole if literal else without_request(whole))
    if not (newest or literal):
        newest, text = _without_news(whole, text, is_name)
    if period is None and not newest:
        return Reading(text)
    return Reading(text.strip() or question, period, newest, has_no_topic(text, languages))


def read_weekday(question: str, newest: date, languages: Iterable[str]) -> Reading | None:
    """Read a ``question`` for the news of a weekday as one for the latest day of that name by ``newest``; None if it is no such question.

    >>> read_weekday("What happened on Tuesday?", date(2024, 5, 16), {"en"}).period.since.isoformat()
    '2024-05-14'
    """
    languages = set(languages)
    period, text = read_period(question, newest, languages, weekdays=True) or (None, question)
    if period is None or not _WORD.search(text) or not has_no_topic(text, languages):
        return None
    return Reading(text.strip(), period, listed=True)


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
    from newsdex.search.question.date_reader import dates_in  # which few questions need

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


def may_have_operators(question: str) -> bool:
    """Return whether ``question`` must be read for operators."""
    return any(sign in question for sign in _SIGNS) and re.search(_OPERATOR, question) is not None


def asks_figure(question: str) -> bool:
    """Return whether ``question`` asks for a number that later reports correct: "how many died", "death toll"."""
    return re.search(_FIGURE, question, re.IGNORECASE) is not None


def without_request(text: str) -> str:
    """Return ``text`` without words at its beginning and end that ask for articles, and not for a topic."""
    return _without_ending(_without_opening(without_asking(text)))


def _without_opening(text: str) -> str:
    """Return ``text`` without a beginning that asks for a topic only; unchanged if no topic follows.

    >>> _without_opening("What's going on in Kenya?"), _without_opening("What happened to him?")
    ('Kenya', 'What happened to him?')
    """
    start = WORD.search(text)
    known = "|".join(pattern for words, pattern in _OPENINGS.items() if start and start[0].casefold() in words.split())
    found = _opening(known).fullmatch(text) if known else None
    return found[1] if found and has_topic(found[1]) else text


def _without_ending(text: str) -> str:
    """Return ``text`` without words at its end that ask for articles and not for a topic; unchanged if little of a topic is left.

    >>> _without_ending("Biden Xi summit news"), _without_ending("Toy Story"), _without_ending("COP29 article please")
    ('Biden Xi summit', 'Toy Story', 'COP29')
    """
    words = list(WORD.finditer(text))
    ending = list(takewhile(_ENDINGS.__contains__, (word[0].casefold() for word in reversed(words))))
    if not ending:
        return text
    rest = (word[0].casefold() for word in words[: -len(ending)])
    telling = [word for word in rest if word not in STOPWORDS and word not in _NEWEST and without_accents(word) not in _NO_TOPIC]
    enough = len(telling) >= (1 if len(ending) > 1 or _ARTICLES.intersection(ending) else _TOPIC)
    return text[: words[-len(ending)].start()].rstrip() if enough else text


@cache
def _opening(known: str) -> re.Pattern[str]:
    # "was ist in Lindau passiert" ends as it begins.
    pattern = rf"\W*(?:{known}) (.+?)(?: (?:passiert|geschehen|los))?\W*"
    return re.compile(pattern.replace("\n", "").replace(" ", r"\s+"), re.IGNORECASE | re.DOTALL)


def _without_newest(text: str) -> tuple[str, str]:
    """Return the word of ``text`` that asks for the newest, and the rest without it and "news about"; or all of "what's new?"."""
    if _asks_whats_new(text):
        return text.strip(" ?!.\u00bf\u00a1"), ""
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


def _without_news(whole: str, text: str, is_name: Callable[[str], bool]) -> tuple[str, str]:
    """Return what of ``whole`` asks for news of its topic, or "", and the topic, else ``text``: without what only asks."""
    words = [word[0] for word in islice(WORD.finditer(whole), _FEW + 1)]
    if 1 < len(words) <= _FEW and words[-1].casefold() == "news":
        topic = text[: text.rfind(words[-1])].rstrip() if text.endswith(words[-1]) else text
        return (words[-1], topic) if has_topic(topic) and not is_name(" ".join(words[-2:])) else ("", text)
    asked = whole[: max(0, whole.rfind(text))]
    found = _news_before().search(asked) if asked else None
    return (found[1] if found else ""), text


@cache
def _news_before() -> re.Pattern[str]:
    return re.compile(_NEWS_BEFORE.replace("\n", "").replace(" ", r"\s+"), re.IGNORECASE)


def has_no_topic(text: str, languages: set[str]) -> bool:
    """Return whether ``text`` has no topic."""
    if _asks_whats_new(text):
        return True
    telling = telling_texts(text, languages).values()
    return all(without_accents(without_elision(word.casefold())) in _NO_TOPIC for word in telling)


def _asks_whats_new(text: str) -> bool:
    return " ".join(_WORD.findall(without_accents(text.casefold()))) in _WHATS_NEW
