"""The words of dates by language, without accents, in lower case.

Other languages have only numeric dates read. Words that usually mean something else are left out ("set" and "out" for months, Dutch "voor",
more often "for" than "before").
"""

# ruff: noqa: C408 - keywords read better than quoted keys

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from functools import cache
from typing import Literal

Unit = Literal["hour", "day", "week", "month", "year"]


# By language. Words stand between spaces, entries of several words between commas:
#   months, weekdays    in order, January and Monday first
#   short               short forms of months, each with its month, which count only beside a year or a day
#   within, on, since, after, before, until, between    prepositions
#   start, to           before the first of two dates, and between two: "from", "and", "to"
#   onwards             after a date
#   of                  what may stand between day, month and year
#   little              what may stand between a preposition and a date: articles, "early", "the year"
#   parts               before a month, each with its days in it: "early", "mid", "last week of"
#   units               those of Unit, in its order
#   last, last_after    before and after a unit: the calendar's last one; before it with a number, so many up to today
#   past                before a unit: one up to today; with a number, so many
#   this                before a unit
#   ago, ago_before     after and before a number and a unit
#   yesterday, today    and day_before, the day before yesterday
#   news                words beside which "today" is a date, and not "nowadays"
#   numbers             from one to twelve, other forms after a slash
WORDS: dict[str, dict[str, str]] = {
    "en": dict(
        months="january february march april may june july august september october november december",
        short="jan=1 feb=2 mar=3 apr=4 jun=6 jul=7 aug=8 sep=9 sept=9 oct=10 nov=11 dec=12",
        weekdays="monday tuesday wednesday thursday friday saturday sunday",
        within="in, during, throughout, within, from",
        on="on",
        since="since, starting, starting in, starting on, starting from",
        after="after",
        before="before, prior to",
        until="until, till, up to, up until, as of, by",
        between="between",
        to="and to until till through",
        onwards="on onward onwards",
        of="of",
        little="the early late mid middle beginning start end year month of",
        parts="early=1-10, beginning of=1-10, start of=1-10, mid=11-20, mid -=11-20, middle of=11-20, late=21-31, end of=21-31"
        ", first week of=1-7, second week of=8-14, third week of=15-21, last week of=24-31",
        units="hour hours, day days, week weeks, month months, year years",
        last="last previous",
        past="past",
        this="this",
        ago="ago",
        yesterday="yesterday",
        day_before="day before yesterday",
        today="today",
        news="news headlines stories happen happens happened happening reported published announced said",
        numbers="one/a/an two three four five six seven eight nine ten eleven twelve",
    ),
    "de": dict(
        months="januar februar marz april mai juni juli august september oktober november dezember",
        short="janner=1 jan=1 feb=2 mrz=3 apr=4 jun=6 jul=7 aug=8 sep=9 sept=9 okt=10 nov=11 dez=12",
        weekdays="montag dienstag mittwoch donnerstag freitag samstag sonntag",
        within="im, in, wahrend",
        on="am, vom",
        since="seit, ab",
        after="nach",
        before="vor",
        until="bis, bis zum, bis ende",
        between="zwischen",
        start="von, vom",
        to="und bis",
        little="der die das dem den des anfang mitte ende beginn jahr jahre jahres monat zum",
        parts="anfang=1-10, beginn=1-10, mitte=11-20, ende=21-31",
        units="stunde stunden, tag tage tagen, woche wochen, monat monate monaten monats, jahr jahre jahren jahres",
        last="letzte letzten letzter letztes letztem vorige vorigen voriger voriges vorigem vergangene vergangenen vergangener vergangenes "
        "vergangenem",
        this="diese diesen dieser dieses diesem",
        ago_before="vor",
        yesterday="gestern",
        day_before="vorgestern",
        today="heute",
        news="nachrichten meldungen neues passiert passierte geschah geschehen berichtet gesagt",
        numbers="ein/eins/eine/einer/einem/einen zwei drei vier funf sechs sieben acht neun zehn elf zwolf",
    ),
    "es": dict(
        months="enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        short="ene=1 feb=2 abr=4 jun=6 jul=7 sept=9 setiembre=9 oct=10 nov=11 dic=12",
        weekdays="lunes martes miercoles jueves viernes sabado domingo",
        within="en, durante",
        on="el, del",
        since="desde, a partir de, a partir del",
        after="despues de, despues del, tras",
        before="antes de, antes del",
        until="hasta",
        between="entre",
        start="de, desde, del",
        to="y a al hasta e",
        of="de del",
        little="el la los las principios finales mediados de del fines ano mes",
        parts="principios de=1-10, comienzos de=1-10, inicios de=1-10, mediados de=11-20, finales de=21-31, fines de=21-31"
        ", primera semana de=1-7, ultima semana de=24-31",
        units="hora horas, dia dias, semana semanas, mes meses, ano anos",
        last_after="pasado pasada",
        past="ultimo ultima ultimos ultimas",
        this="este esta",
        ago_before="hace",
        yesterday="ayer",
        day_before="anteayer, antes de ayer",
        today="hoy",
        news="noticias paso ocurrio sucedio pasado ocurrido dijo anuncio",
        numbers="un/uno/una dos tres cuatro cinco seis siete ocho nueve diez once doce",
    ),
    "fr": dict(
        months="janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
        short="janv=1 fevr=2 avr=4 juil=7 sept=9 oct=10 nov=11 dec=12",
        weekdays="lundi mardi mercredi jeudi vendredi samedi dimanche",
        within="en, durant, pendant, au cours de, au cours des",
        on="le, du",
        since="depuis, a partir de, a partir du",
        after="apres",
        before="avant",
        until="jusque, jusqu ' en, jusqu ' a, jusqu ' au",
        between="entre",
        start="de, du",
        to="et a au jusque",
        little="le la les l ' debut fin mi - annee an mois de du d",
        parts="debut=1-10, mi -=11-20, fin=21-31, premiere semaine de=1-7, derniere semaine de=24-31",
        units="heure heures, jour jours, semaine semaines, mois, an ans annee annees",
        last="derniers dernieres",
        last_after="dernier derniere passe passee",
        this="ce cet cette",
        ago_before="il y a",
        yesterday="hier",
        day_before="avant - hier, avant hier",
        today="aujourd",
        news="actualites nouvelles passe dit annonce",
        numbers="un/une deux trois quatre cinq six sept huit neuf dix onze douze",
    ),
    "it": dict(
        months="gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        short="gen=1 feb=2 apr=4 giu=6 lug=7 sett=9 ott=10 nov=11 dic=12",
        weekdays="lunedi martedi mercoledi giovedi venerdi sabato domenica",
        within="in, a, ad, nel, nell ', durante",
        on="il, l ', del, dell '",
        since="da, dal, dall ', a partire da, a partire dal",
        after="dopo, dopo il",
        before="prima di, prima del",
        until="fino a, fino al, fino ad",
        between="tra, fra",
        start="da, dal, dall '",
        to="e a al ed ad",
        onwards="poi",
        of="di del",
        little="il la l ' inizio fine meta di del dell anno mese",
        parts="inizio=1-10, inizio di=1-10, meta=11-20, meta di=11-20, fine=21-31",
        units="ora ore, giorno giorni, settimana settimane, mese mesi, anno anni",
        last="scorso scorsa scorsi scorse",
        last_after="scorso scorsa passato passata",
        past="ultimo ultima ultimi ultime",
        this="questo questa quest '",
        ago="fa",
        yesterday="ieri",
        day_before="altro ieri, altroieri",
        today="oggi",
        news="notizie successo accaduto detto annunciato",
        numbers="un/uno/una due tre quattro cinque sei sette otto nove dieci undici dodici",
    ),
    "pt": dict(
        months="janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
        short="jan=1 fev=2 abr=4 jun=6 jul=7 nov=11 dez=12",
        weekdays="segunda-feira terca-feira quarta-feira quinta-feira sexta-feira sabado domingo",
        within="em, durante",
        on="no dia, em, a, de",
        since="desde, a partir de",
        after="depois de, apos",
        before="antes de",
        until="ate",
        between="entre",
        start="de, desde",
        to="e a ate",
        of="de",
        little="o a os as inicio final fim meados de do da ano mes no na dia",
        parts="inicio de=1-10, meados de=11-20, final de=21-31, fim de=21-31",
        units="hora horas, dia dias, semana semanas, mes meses, ano anos",
        last_after="passado passada",
        past="ultimo ultima ultimos ultimas",
        this="este esta neste nesta",
        ago="atras",
        ago_before="ha",
        yesterday="ontem",
        day_before="anteontem",
        today="hoje",
        news="noticias aconteceu ocorreu disse anunciou",
        numbers="um/uma dois/duas tres quatro cinco seis sete oito nove dez onze doze",
    ),
    "nl": dict(
        months="januari februari maart april mei juni juli augustus september oktober november december",
        short="jan=1 feb=2 mrt=3 apr=4 jun=6 jul=7 aug=8 sep=9 sept=9 okt=10 nov=11 dec=12",
        weekdays="maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
        within="in, tijdens",
        on="op",
        since="sinds, vanaf",
        after="na",
        until="tot, tot en met, tot aan",
        between="tussen",
        start="van",
        to="en tot t/m",
        little="de het begin eind midden jaar maand",
        parts="begin=1-10, half=11-20, midden=11-20, eind=21-31",
        units="uur uren, dag dagen, week weken, maand maanden, jaar jaren",
        last="vorige vorig laatste",
        past="afgelopen",
        this="deze dit",
        ago="geleden",
        yesterday="gisteren",
        day_before="eergisteren",
        today="vandaag",
        news="nieuws gebeurd gebeurde gezegd aangekondigd",
        numbers="een twee drie vier vijf zes zeven acht negen tien elf twaalf",
    ),
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
