"""Dates in questions: what is one is read as a calendar has it, and what is none is left alone."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import SHARED

from newsdex.search.question.date_reader import Kind, Role
from newsdex.search.question.date_words import CHINESE, JAPANESE, WORDS
from newsdex.search.question.reading import LONGEST, read_period

TODAY = date(2024, 5, 15)  # a Wednesday
SHARED_DATA = SHARED / "data"

# Question, first and last day (None where open), the words that say so; all worked by hand for TODAY.
DATED = {
    "en": [
        ("What did the UN decide in April 2024?", "2024-04-01", "2024-04-30", "in April 2024"),
        ("April 2024 earthquake in Taiwan", "2024-04-01", "2024-04-30", "April 2024"),
        ("election results in Feb. 2024", "2024-02-01", "2024-02-29", "in Feb. 2024"),
        ("what happened on 26 April 2024", "2024-04-26", "2024-04-26", "on 26 April 2024"),
        ("the bridge on March 26th, 2024", "2024-03-26", "2024-03-26", "on March 26th, 2024"),
        ("who spoke on the 5th of May 2023?", "2023-05-05", "2023-05-05", "on the 5th of May 2023"),
        ("strikes on 2024-04-14 in Israel", "2024-04-14", "2024-04-14", "on 2024-04-14"),
        ("minutes of 31/12/2023", "2023-12-31", "2023-12-31", "31/12/2023"),
        ("What did Macron say in 2023?", "2023-01-01", "2023-12-31", "in 2023"),
        ("super bowl 2023", "2023-01-01", "2023-12-31", "2023"),
        ("who won the super bowl 2023?", "2023-01-01", "2023-12-31", "2023"),
        ("In 2023, who won?", "2023-01-01", "2023-12-31", "In 2023"),
        ("what happened in 2023 to the grain deal", "2023-01-01", "2023-12-31", "in 2023"),
        ("inflation in the year 2022?", "2022-01-01", "2022-12-31", "in the year 2022"),
        ("what changed in early 2024?", "2024-01-01", "2024-12-31", "in early 2024"),
        ("what changed in mid-2023?", "2023-01-01", "2023-12-31", "in mid-2023"),
        ("early March 2024 storms", "2024-03-01", "2024-03-10", "early March 2024"),
        ("storms in mid-March", "2024-03-11", "2024-03-20", "in mid-March"),
        ("storms in late February", "2024-02-21", "2024-02-29", "in late February"),
        ("storms at the end of February 2023", "2023-02-21", "2023-02-28", "end of February 2023"),
        ("storms in the last week of February", "2024-02-24", "2024-02-29", "in the last week of February"),
        ("what happened in the first week of March 2023?", "2023-03-01", "2023-03-07", "in the first week of March 2023"),
        ("storms since mid-March", "2024-03-11", None, "since mid-March"),
        ("storms after early March", "2024-03-11", None, "after early March"),
        ("from early March to late April", "2024-03-01", "2024-04-30", "from early March to late April"),
        ("trials start March 2024", "2024-03-01", "2024-03-31", "March 2024"),
        ("the day before yesterday", "2024-05-13", "2024-05-13", "day before yesterday"),
        ("who resigned in March?", "2024-03-01", "2024-03-31", "in March"),
        ("who resigned in December?", "2023-12-01", "2023-12-31", "in December"),
        ("who resigned in May", "2024-05-01", "2024-05-31", "in May"),
        ("who resigned on 20 May?", "2023-05-20", "2023-05-20", "on 20 May"),
        ("who resigned in may", "2024-05-01", "2024-05-31", "in may"),
        ("strikes 2024-03", "2024-03-01", "2024-03-31", "2024-03"),
        ("news from 2023-11", "2023-11-01", "2023-11-30", "from 2023-11"),
        ("on 12 june what was sold?", "2023-06-12", "2023-06-12", "on 12 june"),
        ("protests since march?", "2024-03-01", None, "since march"),
        ("who resigned on 29 February?", "2024-02-29", "2024-02-29", "on 29 February"),
        ("protests since March", "2024-03-01", None, "since March"),
        ("protests since 2022?", "2022-01-01", None, "since 2022"),
        ("protests since 7 October 2023", "2023-10-07", None, "since 7 October 2023"),
        ("talks after April 2024", "2024-05-01", None, "after April 2024"),
        ("talks after 2022?", "2023-01-01", None, "after 2022"),
        ("talks before 2022?", None, "2021-12-31", "before 2022"),
        ("talks prior to March 2024", None, "2024-02-29", "prior to March 2024"),
        ("talks until March 2024", None, "2024-03-31", "until March 2024"),
        ("cases as of the end of March", None, "2024-03-31", "as of the end of March"),
        ("cases by 1 March 2024", None, "2024-03-01", "by 1 March 2024"),
        ("from 2022 onwards", "2022-01-01", None, "from 2022 onwards"),
        ("between March and May 2023", "2023-03-01", "2023-05-31", "between March and May 2023"),
        ("between November and March", "2023-11-01", "2024-03-31", "between November and March"),
        ("between November 2022 and March", "2022-11-01", "2023-03-31", "between November 2022 and March"),
        ("between 2021 and 2023", "2021-01-01", "2023-12-31", "between 2021 and 2023"),
        ("between 3 and 5 April 2024", "2024-04-03", "2024-04-05", "between 3 and 5 April 2024"),
        ("April 3-5, 2024", "2024-04-03", "2024-04-05", "April 3-5, 2024"),
        ("from April 30 to May 2, 2024", "2024-04-30", "2024-05-02", "from April 30 to May 2, 2024"),
        ("from December 31, 2022, to January 2, 2023", "2022-12-31", "2023-01-02", "from December 31, 2022, January 2, 2023"),
        ("in 2008-2009, worldwide", "2008-01-01", "2009-12-31", "in 2008-2009"),
        ("sales in 2021, 2020, and 2019?", "2019-01-01", "2021-12-31", "in 2021, 2020, and 2019"),
        ("What happened yesterday?", "2024-05-14", "2024-05-14", "yesterday"),
        ("what happened today in Kharkiv", "2024-05-15", "2024-05-15", "today"),
        ("what happened this week", "2024-05-13", "2024-05-15", "this week"),
        ("what happened last week", "2024-05-06", "2024-05-12", "last week"),
        ("last week's floods", "2024-05-06", "2024-05-12", "last week"),
        ("in the last week", "2024-05-08", "2024-05-15", "in the last week"),
        ("the past month", "2024-04-15", "2024-05-15", "past month"),
        ("last month", "2024-04-01", "2024-04-30", "last month"),
        ("last year", "2023-01-01", "2023-12-31", "last year"),
        ("since last year", "2023-01-01", None, "since last year"),
        ("in the past 30 days", "2024-04-15", "2024-05-15", "in the past 30 days"),
        ("over the last two years", "2022-05-15", "2024-05-15", "last two years"),
        ("in the last 36 hours", "2024-05-13", "2024-05-15", "in the last 36 hours"),
        ("three days ago", "2024-05-12", "2024-05-12", "three days ago"),
        ("two weeks ago", "2024-04-29", "2024-05-05", "two weeks ago"),
        ("a year ago", "2023-01-01", "2023-12-31", "a year ago"),
        ("what did he say since Monday?", "2024-05-13", None, "since Monday"),
        ("what did he say since Wednesday?", "2024-05-15", None, "since Wednesday"),
        ("last Wednesday", "2024-05-08", "2024-05-08", "last Wednesday"),
        ("in June 2023 and since April 2023", "2023-06-01", "2023-06-30", "in June 2023, since April 2023"),
        ("compare March 2023 with April 2024", "2023-03-01", "2024-04-30", "March 2023, April 2024"),
        ("shares bought in November for the year that ended on December 31, 2018", "2018-12-31", "2018-12-31", "on December 31, 2018"),
    ],
    "de": [
        ("Was geschah im April 2024?", "2024-04-01", "2024-04-30", "im April 2024"),
        ("Proteste seit März", "2024-03-01", None, "seit März"),
        ("Proteste seit Maerz", None, None, ""),
        ("Saison 2010-11", None, None, ""),
        ("Finanzkrise 2007-09", None, None, ""),
        ("Lücke CVE-2024-03", None, None, ""),
        ("Richtlinie 030-2024-05", None, None, ""),
        ("Telefon 2024-13", None, None, ""),
        ("zwischen 2021 und 2023", "2021-01-01", "2023-12-31", "zwischen 2021 und 2023"),
        ("Was war im Jahr 2022?", "2022-01-01", "2022-12-31", "im Jahr 2022"),
        ("am 5. April 2024", "2024-04-05", "2024-04-05", "am 5. April 2024"),
        ("am 5.4.2024", "2024-04-05", "2024-04-05", "am 5.4.2024"),
        ("vom 3. bis 5. April 2024", "2024-04-03", "2024-04-05", "vom 3. bis 5. April 2024"),
        ("von März bis Mai 2023", "2023-03-01", "2023-05-31", "von März bis Mai 2023"),
        ("letzte Woche", "2024-05-06", "2024-05-12", "letzte Woche"),
        ("in den letzten zwei Wochen", "2024-05-01", "2024-05-15", "in den letzten zwei Wochen"),
        ("vor zwei Wochen", "2024-04-29", "2024-05-05", "vor zwei Wochen"),
        ("vor 2020", None, "2019-12-31", "vor 2020"),
        ("vorgestern in Berlin", "2024-05-13", "2024-05-13", "vorgestern"),
        ("seit vorgestern", "2024-05-13", None, "seit vorgestern"),
        ("in der vergangenen Woche", "2024-05-06", "2024-05-12", "in der vergangenen Woche"),
        ("vergangenen Monat", "2024-04-01", "2024-04-30", "vergangenen Monat"),
        ("im vergangenen Jahr", "2023-01-01", "2023-12-31", "im vergangenen Jahr"),
        ("in den vergangenen zwei Wochen", "2024-05-01", "2024-05-15", "in den vergangenen zwei Wochen"),
        ("Anfang Oktober 2018", "2018-10-01", "2018-10-10", "Anfang Oktober 2018"),
        ("Was geschah Mitte Oktober?", "2023-10-11", "2023-10-20", "Mitte Oktober"),
        ("bis Ende Oktober 2018", None, "2018-10-31", "bis Ende Oktober 2018"),
        ("seit Montag", "2024-05-13", None, "seit Montag"),
        ("gestern in Berlin", "2024-05-14", "2024-05-14", "gestern"),
        ("Meldungen vom 3.11.", "2023-11-03", "2023-11-03", "vom 3.11."),
        ("Unf\u00e4lle seit dem 1.4.", "2024-04-01", None, "seit dem 1.4."),
        ("vom 3.4. bis 5.4. in Basel", "2024-04-03", "2024-04-05", "vom 3.4. bis 5.4."),
        ("Wie viele waren im August 2009 an der Börse?", "2009-08-01", "2009-08-31", "im August 2009"),
    ],
    "es": [
        ("¿Qué pasó en abril de 2024?", "2024-04-01", "2024-04-30", "en abril de 2024"),
        ("protestas desde marzo", "2024-03-01", None, "desde marzo"),
        ("entre marzo y mayo de 2023", "2023-03-01", "2023-05-31", "entre marzo y mayo de 2023"),
        ("del 3 al 5 de abril de 2024", "2024-04-03", "2024-04-05", "del 3 al 5 de abril de 2024"),
        ("la semana pasada", "2024-05-06", "2024-05-12", "semana pasada"),
        ("en las últimas dos semanas", "2024-05-01", "2024-05-15", "en las últimas dos semanas"),
        ("hace tres días", "2024-05-12", "2024-05-12", "hace tres días"),
        ("antes de 2020", None, "2019-12-31", "antes de 2020"),
        ("ayer en Madrid", "2024-05-14", "2024-05-14", "ayer"),
        ("anteayer en Madrid", "2024-05-13", "2024-05-13", "anteayer"),
        ("antes de ayer", "2024-05-13", "2024-05-13", "antes de ayer"),
        ("a principios de octubre de 2018", "2018-10-01", "2018-10-10", "principios de octubre de 2018"),
        ("a mediados de octubre de 2018", "2018-10-11", "2018-10-20", "mediados de octubre de 2018"),
        ("el lunes pasado", "2024-05-13", "2024-05-13", "el lunes pasado"),
    ],
    "fr": [
        ("Que s'est-il passé en avril 2024 ?", "2024-04-01", "2024-04-30", "en avril 2024"),
        ("depuis mars", "2024-03-01", None, "depuis mars"),
        ("jusqu\u2019en 2020", None, "2020-12-31", "jusqu\u2019en 2020"),
        ("avant-hier", "2024-05-13", "2024-05-13", "avant-hier"),
        ("avant hier", "2024-05-13", "2024-05-13", "avant hier"),
        ("d\u00e9but octobre 2018", "2018-10-01", "2018-10-10", "d\u00e9but octobre 2018"),
        ("\u00e0 la mi-octobre 2018", "2018-10-11", "2018-10-20", "mi-octobre 2018"),
        ("le 1er avril 2024", "2024-04-01", "2024-04-01", "le 1er avril 2024"),
        ("la semaine dernière", "2024-05-06", "2024-05-12", "semaine dernière"),
        ("au cours des deux dernières semaines", "2024-05-01", "2024-05-15", "au cours des deux dernières semaines"),
        ("il y a deux semaines", "2024-04-29", "2024-05-05", "il y a deux semaines"),
        ("nouvelles d'aujourd'hui", "2024-05-15", "2024-05-15", "aujourd'hui"),
    ],
    "it": [
        ("nell'aprile 2024", "2024-04-01", "2024-04-30", "nell'aprile 2024"),
        ("dal 3 al 5 aprile 2024", "2024-04-03", "2024-04-05", "dal 3 al 5 aprile 2024"),
        ("la settimana scorsa", "2024-05-06", "2024-05-12", "settimana scorsa"),
        ("due settimane fa", "2024-04-29", "2024-05-05", "due settimane fa"),
        ("l'altro ieri a Roma", "2024-05-13", "2024-05-13", "l'altro ieri"),
        ("a fine ottobre 2018", "2018-10-21", "2018-10-31", "a fine ottobre 2018"),
        ("fino al 2020", None, "2020-12-31", "fino al 2020"),
    ],
    "pt": [
        ("em abril de 2024", "2024-04-01", "2024-04-30", "em abril de 2024"),
        ("na semana passada", "2024-05-06", "2024-05-12", "semana passada"),
        ("há duas semanas", "2024-04-29", "2024-05-05", "há duas semanas"),
        ("desde março", "2024-03-01", None, "desde março"),
    ],
    "nl": [
        ("in april 2024", "2024-04-01", "2024-04-30", "in april 2024"),
        ("sinds maart", "2024-03-01", None, "sinds maart"),
        ("vorige week", "2024-05-06", "2024-05-12", "vorige week"),
        ("twee weken geleden", "2024-04-29", "2024-05-05", "twee weken geleden"),
        ("tussen 2021 en 2023", "2021-01-01", "2023-12-31", "tussen 2021 en 2023"),
    ],
    "zh": [
        ("2024年4月发生了什么", "2024-04-01", "2024-04-30", "2024年4月"),
        ("2021年至2023年", "2021-01-01", "2023-12-31", "2021年至2023年"),
        ("2022年以来", "2022-01-01", None, "2022年以来"),
        ("截至2023年3月", None, "2023-03-31", "截至2023年3月"),
        ("上周的新闻", "2024-05-06", "2024-05-12", "上周"),
        ("2024年13月", None, None, ""),
    ],
    "ja": [("2024年4月26日に", "2024-04-26", "2024-04-26", "2024年4月26日"), ("先月のニュース", "2024-04-01", "2024-04-30", "先月")],
}

UNDATED = [
    "Neues in Version 3.11. und danach",
    "since 3.11. in English",
    "China support for Russia",
    "Did Theresa May resign?",
    "Theresa May 2017 election",
    "the class of 2018",
    "2019 novel",
    "agenda 2030",
    "more than 2000",
    "What may happen to the march in Paris?",
    "How will investments in May affect the bill that Mrs May signed?",  # "in May" before a verb: not sure enough
    "august company of march hares",
    "the 12 may resign and 20 march in protest",
    "April O'Neil and June Carter in April's house",
    "What was the second sun like, and the third mars?",
    "5:0 win with 1,300 fans, 24 of them in 24",
    "Article 5 of the NATO treaty, Apollo 11 and Route 66",
    "trials in 2000 patients and after 1500 metres",
    "In 1918 influenza pandemic virus genes",
    "COVID-19, F-16, H1N1 and 2019-nCoV",
    "Who will win in 2030, and what is planned by 2050?",
    "10,000 years ago, or 66 million years ago",
    "the last month of pregnancy and the last days of Pompeii",
    "What is the state of magic today?",
    "meetings of 03/04/2024",  # April or March
    "what happened on 2024-02-30 and 31 April 2024",
    "What rose in London on Friday?",  # of which week?
    "Are shops open on Sundays? On Sunday mornings?",
    "in the 1990s and in recent years",
    "the 2024 election",
    "version 2024.1 of 1.2.3",
    "window 11 to 12",
    "",
    "?",
    "to be or not to be, that is the question",
]


def days(first: str | None, last: str | None) -> tuple[date | None, date | None]:
    return (date.fromisoformat(first) if first else None, date.fromisoformat(last) if last else None)


@pytest.mark.parametrize(
    ("language", "case"), [pytest.param(lang, case, id=f"{lang}: {case[0]}") for lang, cases in DATED.items() for case in cases]
)
def test_dates_by_hand(language: str, case: tuple[str, str | None, str | None, str]) -> None:
    """Each date is read as worked by hand, whichever other languages the archive has."""
    question, first, last, words = case
    for languages in ([language], DATED):
        period, _ = read_period(question, TODAY, languages) or (None, "")
        if not words:
            assert period is None
            continue
        assert period is not None
        assert ((period.since, period.until), period.words) == (days(first, last), words)


@pytest.mark.parametrize("question", UNDATED)
def test_what_is_no_date_is_left_alone(question: str) -> None:
    """Names, numbers, durations, futures and dates that do not exist are not taken for dates, whichever languages the archive has."""
    assert read_period(question, TODAY, DATED) is None


def test_a_language_is_read_only_where_the_archive_has_it() -> None:
    """Without Spanish articles a Spanish month is a word like any other; figures are read in any language."""
    assert read_period("desde marzo", TODAY, ["en"]) is None
    assert read_period("desde marzo", TODAY) is None
    assert read_period("去年", TODAY, ["en"]) is None
    assert read_period("što je bilo 2024-04-26?", TODAY, ["hr"]) is not None


def test_each_list_of_words_is_read() -> None:
    """None has a name that nobody looks for, as a misspelt one would."""
    read = {"months", "short", "weekdays", "day_before", "ago_before", "parts", "units", "numbers", *get_args(Role), *get_args(Kind)}
    assert {name for words in WORDS.values() for name in words} <= read


def test_only_the_beginning_of_a_long_question_is_read() -> None:
    """A text of 100,000 characters costs no more than its beginning."""
    assert read_period("x " * (LONGEST // 2) + "in April 2024", TODAY) is None
    assert read_period("in April 2024 " + "x " * 50_000, TODAY) is not None


LISTS = [listed.replace(",", "").replace("/", " ").split() for words in WORDS.values() for listed in words.values()]
SAID = sorted({word.split("=")[0] for listed in LISTS for word in listed})
ODD = [
    "2024",
    "1",
    "31",
    "5th",
    "2024-02-30",
    "1.1.2020",
    "13/13/2020",
    ",",
    "-",
    "\u2013",
    ".",
    "年",
    "2024年",
    "13月",
    "9999",
    "0",
    "Mr",
    "'",
    "e\u0301",
]


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.one_of(st.sampled_from([*SAID, *ODD, *CHINESE, *JAPANESE]), st.text(max_size=3)), max_size=8).map(" ".join),
    st.dates(date(1950, 1, 1), date(2098, 12, 31)),
)
def test_any_words_make_sense_or_none(question: str, today: date) -> None:
    """Of any words a period is in order, not of the future, and shown by words of the question; the same question gives the same one."""
    found = read_period(question, today, [*WORDS, "zh", "ja"])
    assert found == read_period(question, today, [*WORDS, "zh", "ja"])
    period = found and found[0]
    if period:
        assert period.since or period.until
        assert period.since is None or period.since <= (period.until or today)
        assert period.since is not None or (period.until and period.until < today)
        assert period.words


def test_a_question_without_dates_loads_no_reader() -> None:
    """What reads dates word by word is loaded for a question that may have one, and for no other."""
    code = (
        "import sys, datetime; from newsdex.search.question.reading import read_period; "
        "read_period(sys.argv[1], datetime.date(2024, 5, 15), ['de']); print('newsdex.search.question.date_reader' in sys.modules)"
    )
    for question, loaded in (("China support for Russia", "False"), ("who won in April", "True")):
        done = subprocess.run([sys.executable, "-c", code, question], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == loaded


@pytest.mark.skipif(not SHARED_DATA.exists(), reason="the shared collections are not here")
def test_ordinary_questions_have_no_dates() -> None:
    """Of the questions of five collections, no date is found where there is neither a year nor a month, and none in those about likes."""
    for name in ("anthropic_docs", "covidqa", "limit_small", "scifact", "chunking_eval"):
        for line in (SHARED_DATA / name / "queries.jsonl").read_text(encoding="utf-8").splitlines():
            question = json.loads(line)["text"]
            if read_period(question, TODAY) is not None:
                assert name != "limit_small"
                assert any(c.isdigit() for c in question) or any(word.capitalize() in question for word in WORDS["en"]["months"].split()), (
                    question
                )
