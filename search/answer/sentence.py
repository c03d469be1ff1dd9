"""The sentence of an article that answers the question best.

Each token of the question is compared with every token of the sentence by the model's input embeddings, the closest counts, and rare tokens
count more: the late interaction of ColBERT (Khattab and Zaharia 2020, https://arxiv.org/abs/2004.12832) without a forward pass. On
questions with marked answers it finds the sentence more often than encoding each sentence with the whole model does, at a hundredth of the
cost: benchmarks/quality/answer_sentence.py. What the question asks for counts too, a time or a number or somebody, and whether the sentence
states anything: benchmarks/quality/answers.py.
"""

# ruff: noqa: RUF001 - the stops of several scripts

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Tokens, Vectors

CONSIDERED = 3  # passages of an article, the best ones, whose sentences are compared

# Shares of the likeness of a sentence that has all words of the question.
PASSAGE = 0.3  # of the points of its passage, those of the best being 1
NUMBER = 0.15
TIME = 0.1
NAME = 0.05
NO_STATEMENT = 0.3
LENGTH = 0.1  # for each time that it is e times as long as the mean: a long sentence has something like any word
_SHORTEST = 0.5  # of the mean
TOPIC_LEAD = 0.2
TITLE = 0.5  # of the weight of a word that the title has already
_SAME = 0.9  # the cosine of a token with itself, or with a form of it

_KINDS = {
    "when": "when|what (?:year|day|date|month|time|century)|which (?:year|day|month|century)|wann|cu[aá]ndo|quand|quando|wanneer",
    "number": r"how (?:many|much|long|old|far|high|tall|big|large)|what (?:percentage|percent|share|number|proportion|fraction)|wie ?viele?|cu[aá]nt[oa]s?|combien|quant[eiao]s?|hoeveel",
    "who": "who|whom|whose|wer|wem|wen|wessen|qui[eé]n(?:es)?|qui|chi|quem|wie",
}
_MONTHS = "Jan(?:uary)?|Feb(?:ruary)?|Apr(?:il)?|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?"
# Months only beside a number, or after what stands before a month.
_ALSO_WORDS = "March|Mar|May"
# The same, and days of the week, in German, Spanish, French, Italian and Portuguese.
_ELSEWHERE = (
    "Januar|Februar|M[äÄ]rz|Mai|Juni|Juli|Oktober|Dezember|(?:Mon|Diens|Donners|Frei|Sams|Sonn)tag|Mittwoch|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre"
    "|noviembre|diciembre|lunes|martes|mi[ée]rcoles|jueves|viernes|s[áa]bado|domingo|janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[ûu]t|septembre|octobre|novembre|d[ée]cembre"
    "|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|novembre|dicembre|luned[ìi]|marted[ìi]|mercoled[ìi]"
    "|gioved[ìi]|venerd[ìi]|domenica|janeiro|fevereiro|mar[çc]o|maio|junho|julho|setembro|outubro|novembro|dezembro|segunda-feira|ter[çc]a-feira|quarta-feira|quinta-feira|sexta-feira"
)
_YEAR = r"\b(?:1\d|20)\d\ds?\b"
_WORD_NUMBERS = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?|millions?|billions?|half|third|quarter|twice|once|none"


class Kind(NamedTuple):
    """What a question asks for."""

    when: bool
    number: bool
    who: bool


class Sentence(NamedTuple):
    """A sentence that may answer: its text, the share of points that its passage has of the article's best, and whether it is the article's
    first statement.
    """

    text: str
    passage: float
    lead: bool = False


def kind_of(question: str) -> Kind:
    """What ``question`` asks for, by its question words."""
    folded = question.casefold()
    found = [re.search(rf"\b(?:{words})\b", folded) is not None for words in _KINDS.values()]
    return Kind(*found)


def interactions(tokens: Tokens) -> Vectors:
    """How well each text but the first answers the first, float32, (texts - 1,): the sum over the first's tokens of their weight times
    their closest cosine in the other.
    """
    asked = tokens.places[: tokens.ends[0]]
    # Not by the matrix library: OpenBLAS 0.3.31 with AVX-512 says now and then that such a product by five numbers was invalid, when it was
    # not.
    found: Vectors = np.einsum("tq,q->t", closest(tokens), tokens.weights[asked])
    return found


def closest(tokens: Tokens) -> Vectors:
    """The closest cosine that each text but the first has to each token of the first, float32, (texts - 1, tokens of the first)."""
    first = tokens.ends[0]
    asked, rest, ends = tokens.places[:first], tokens.places[first:], tokens.ends - first
    found = np.zeros((len(ends) - 1, len(asked)), np.float32)
    some = ends[1:] > ends[:-1]
    if len(asked) and len(rest):
        cosines = tokens.vectors @ tokens.vectors[asked].T  # (u, q)
        found[some] = np.maximum.reduceat(cosines[rest], ends[:-1][some])
    return found


def likeness(found: Vectors, title: Vectors, weights: Vectors) -> Vectors:
    """How much of the question each sentence of an article has, float32, in [0, 1] or so, by its closest cosines ``found`` (sentences,
    tokens) and those of the title (tokens,).

    A token counts by its ``weights``, more the fewer of the sentences have it, and less when the title has it.
    """
    having = np.count_nonzero(found >= _SAME, axis=0)
    rarity = 1 + np.log((1 + len(found)) / (1 + having))
    counted = weights * rarity * np.where(title >= _SAME, TITLE, 1)
    return np.asarray(np.einsum("tq,q->t", found, counted) / max(float(counted.sum()), 1e-9), np.float32)


def is_topic(title: Vectors, weights: Vectors) -> bool:
    """Whether the title has all of the question, by its closest cosines, (tokens,), and their weights."""
    return bool((title[weights > 0] >= _SAME).all()) and bool((weights > 0).any())


def points(question: str, sentences: Sequence[Sentence], likenesses: Vectors, *, topic: bool) -> NDArray[np.float64]:
    """How well each of an article's ``sentences`` answers ``question``, float64, (sentences,). ``topic``: the question has no word that the
    title has not.
    """
    kind = kind_of(question)
    lengths = np.array([len(each.text) for each in sentences])
    own = [_points(kind, each, topic) for each in sentences]
    return np.asarray(likenesses + own - LENGTH * np.log(np.maximum(lengths / lengths.mean(), _SHORTEST)), np.float64)


def _points(kind: Kind, sentence: Sentence, topic: bool) -> float:
    text = sentence.text
    total = PASSAGE * sentence.passage
    total += NUMBER * (kind.number and has_number(text))
    total += TIME * (kind.when and has_time(text))
    total += NAME * (kind.who and has_name(text))
    total -= NO_STATEMENT * (not is_statement(text))
    return total + TOPIC_LEAD * (topic and sentence.lead)


def has_number(text: str) -> bool:
    """Whether ``text`` has a number, in digits or in an English word, that is no part of a date."""
    return _number().search(_time().sub(" ", text)) is not None


def has_time(text: str) -> bool:
    """Whether ``text`` says when, by a year, a month, a day of the week or the time of day."""
    return _time().search(text) is not None


def has_name(text: str) -> bool:
    """Whether ``text`` has a word with a capital letter after its first word."""
    return _name().search(text) is not None


def is_statement(text: str) -> bool:
    """Whether ``text`` ends like a sentence, or a clause of one, and not like a heading or a question."""
    return _statement().search(text) is not None


def best_of(scores: Vectors | NDArray[np.float64]) -> int:
    """The place of the largest score, the first of equals."""
    return int(np.argmax(np.round(scores, 6)))


@cache  # a question that shows no sentence does not wait for the expressions
def _time() -> re.Pattern[str]:
    days = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|today|yesterday|tomorrow|last (?:week|month|year)|[Cc]entur(?:y|ies)|[ap]\.m\."
    before = "[Ii]n|[Oo]f|[Ss]ince|[Uu]ntil|[Bb]y|last|late|early"
    sure = rf"\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{_MONTHS}|{_ALSO_WORDS})|{_MONTHS}"
    month = rf"(?:{sure}|(?:{before})\s+(?:{_ALSO_WORDS})|(?:{_ALSO_WORDS})(?=\.?\s+\d))\b\.?(?:\s+\d{{1,2}}\b)?"
    return re.compile(
        rf"\b{month}(?:,?\s+{_YEAR})?|{_YEAR}|\b\d{{1,2}}:\d\d\b|\b(?:{days})|(?:\b\d{{1,2}}\.?\s+(?:de\s+)?)?\b(?:{_ELSEWHERE})\b"
    )


@cache
def _number() -> re.Pattern[str]:
    return re.compile(rf"\d|\b(?:{_WORD_NUMBERS})\b", re.IGNORECASE)


@cache
def _name() -> re.Pattern[str]:
    return re.compile(r"\w\W+[^\W\d_a-z]\w")


@cache
def _statement() -> re.Pattern[str]:
    return re.compile(r"[.!…;,:。！؟۔।][\"'”’»)\]」』]*\Z(?<![?？])")
