"""Choose the sentence of an article that answers the question best.

Each word of the question is compared with every token of a sentence by the model's input embeddings. The closest token counts, and rare
words weigh more: the late interaction of ColBERT (Khattab and Zaharia 2020, https://arxiv.org/abs/2004.12832) without a forward pass. The
second kind of feature is whether the sentence has what the question asks for and does not itself contain: a person, a number of the right
thing, a time, a place, a reason. Vectors of whole sentences were measured and hardly help: docs/decisions/answer-sentence.md. In the first
article, newsdex.engines.reader chooses among the best.
"""

# ruff: noqa: RUF001 - the stops of several scripts

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache, partial
from itertools import dropwhile, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsdex.arrays import products
from newsdex.encoder import Tokens, Vectors
from newsdex.records import Period
from newsdex.search.question.inflection import other_forms
from newsdex.search.question.stopwords import language_of, words_in
from newsdex.words import NUMBER, WORD_NUMBERS


class Evidence(NamedTuple):
    """The features of a sentence, or their ``WEIGHTS`` in natural log odds.

    - ``likeness``: the weighted share of the question's words that it has
    - ``before``: what the sentence before it adds to that share, AFTER_QUESTION times if that one is a question or announces a quotation
    - ``passage``: the score of its passage minus that of the article's best passage; half of it if a number is asked for
    - ``place``: the logarithm of its distance from the article's beginning times the share of the query that the title has, because other
      words ask for more than the beginning says; 0 if the query has a question word
    - ``lead``: it is the article's first statement, and the query has a question word and so asks for more than the topic
    - ``no_statement``: it is a heading, a question or a fragment
    - ``other_year``: it has years, but none that the question names; or it begins with a year, as a list of earlier cases does, the
      question names none, and asks for a number or has no question word
    - ``who``, ``when``, ``where``, ``why``, ``number``: it has the kind of thing that the question asks for; a year alone counts less as
      a time. Without a question word, ``who`` is somebody beside a word of the query: "Lakers coach"
    - ``unit``, ``counted``: its number is in the unit, or of the thing, that the question asks for
    - ``predecessor``: it speaks of a predecessor or of somebody outgoing, and the question asks who and does not
    """

    likeness: float = 0.0
    before: float = 0.0
    passage: float = 0.0
    place: float = 0.0
    lead: float = 0.0
    no_statement: float = 0.0
    other_year: float = 0.0
    who: float = 0.0
    number: float = 0.0
    unit: float = 0.0
    counted: float = 0.0
    when: float = 0.0
    where: float = 0.0
    why: float = 0.0
    predecessor: float = 0.0


# Fitted on questions with marked answers by benchmarks/quality/answer_weights.py. ``no_statement`` is set by hand, because the data has too
# few headings and questions, which are never an answer, ``predecessor``, because it has too few of these, ``where``, because .8, which
# fits those questions, is too little for news: sentences that repeat the question beat the one with the place, and ``passage``, because
# 3.8 hides answers in an article's second passage.
WEIGHTS = Evidence(8.2, 2.0, 3.0, -1.4, -0.5, -4.0, -2.1, 1.7, 2.0, 3.6, 1.5, 2.2, 2.0, 2.0, -2.0)


class Told(NamedTuple):
    """Weights, in natural log odds, of what an article's best sentence says for the article: its ``score``, and the shares of the question
    that the ``sentence`` has together with the title, and that all the article's sentences have. Fitted: docs/decisions/ranking.md.
    """

    score: float = 0.4
    sentence: float = 1.0
    article: float = 1.2


TOLD = Told()

# Factors for the weight of a name, because later sentences say "he" or "the group", and of a word that the title has too.
NAME = 0.6
TITLE = 0.5
# What a day of the week in other languages than English and "yesterday" count as a time, and what a year alone counts: in news it mostly
# dates the background. A day counts 1. Measured with the everyday queries.
LESS_SURE = 0.7
BACKGROUND = 0.4
# The points of passages count less where a number is asked for: what is counted tells the sentence.
OF_NUMBERS = 0.5
# What the number in a sentence that names a year counts, if the question names none.
OF_A_YEAR = 0.75
# The share of the question from which a sentence's person, number, time, place or reason counts in full; below, in proportion: that of
# "07:00 Good morning" is of nothing that was asked.
TOLD_FROM = 0.1
# The cosine from which two tokens count as the same word, and that of unrelated tokens.
_SAME = 0.9
_UNLIKE = 0.3
# The weight of tokens that occur in any text.
_COMMON = 4.0
# Articles put a question and answer it: "Why was it closed? Rust had eaten the cables."
AFTER_QUESTION = 3.5
# How a sentence or clause ends, and what may follow.
_ENDING = frozenset(".!…;,:。！？؟۔।")
_CLAUSE = "".join(_ENDING)
_CLOSING = "\"'”’»)]」』"
_QUESTION_MARKS = frozenset("?\uff1f\u061f\u037e")
_OPENING = ('"', "'", "“", "„", "‘", "«", "»", "「", "『")
# The distance from the article's beginning, in sentences, from which ``place`` is constant.
_FAR = 8
# How many sentences are read at once: reading one costs time, and so does each step. It changes no choice.
_AT_ONCE = 4
# More than scores can differ that ``best_of`` takes for equal, so that none of these is left unread.
_EQUAL = 2e-6
_COLUMNS = {name: column for column, name in enumerate(Evidence._fields)}
_LIKENESS, _BEFORE, _PASSAGE, _PLACE, _LEAD = (_COLUMNS[name] for name in ("likeness", "before", "passage", "place", "lead"))
# The most words of a query without a question word that names a topic, or a number by "death toll" or "cost"; more tell what happened.
_FEW_WORDS = 6
# How a question for yes or no begins.
_FOR_YES_OR_NO = words_in("am any anybody anyone are can could did do does had has have is should was were will would")
# A dateline has fewer characters than this, and these words beside names and a date.
_DATELINE, _IN_DATES = 60, frozenset({"de", "del", "den", "le", "of", "the"})
# A credit has fewer words than this.
_CREDIT_WORDS = 9
# The least length of a word that can name the thing asked for.
_ASKED_LETTERS = 4

_QUESTION_WORDS = (
    "who|whom|whose|what|which|when|where|why|how|wer|wem|wen|wessen|wie|was|wann|wo|woher|wohin|warum|weshalb|wieso|welche[mnrs]?"
    "|qui[eé]n(?:es)?"
    "|qu[eé]|cu[aá]l(?:es)?|cu[aá]nd?t?[oa]s?|d[oó]nde|c[oó]mo|qui|que|quand|o[uù]|pourquoi|comment|combien|quel(?:le)?s?|chi|quando|dove"
    "|perch[eé]|quem|onde"
)
_QUANTITIES = (
    "age|ages|amount|amounts|cost|costs|count|counts|death|deaths|depth|distance|height|length|margin|number|percentage|population|price"
    "|prices|result|results|salary|score|scores|share|size|speed|sum|temperature|temperatures|toll|tolls|turnout|value|wage|wages|weight"
    "|width|tote|todesopfer|muertos|morts|bilan"
)
# What "in which ..." asks a time of, in German, Spanish, French, Italian and Portuguese.
_PERIODS = (
    "jahr|tag|monat|datum|wochentag|a[nñ]o|d[ií]as?|hora|fecha|mes|momento|ann[eé]e|jours?|heures?|date|mois|moment|anno|giorno|ora|data|mese"
    "|ano|horas"
)
_KINDS = {
    "when": "when|(?:what|which) (?:years?|days?|dates?|months?|time|century|decades?)|wann|cu[aá]ndo|quand|quando|wanneer"
    rf"|welche[mnrs]? (?:{_PERIODS})|wie ?viel uhr|(?:qu[eé]|che|quel(?:le)?s?) (?:{_PERIODS})",
    "number": rf"how (?:many|much|long|old|far|high|tall|big|large|deep|wide|strong|powerful|fast)|what age"
    rf"|(?:what|which) (?:percentage|percent|share|number|proportion|fraction)"
    rf"|what (?:is|was|were|are) the (?:[\w-]+ ){{0,2}}(?:{_QUANTITIES})|wie ?(?:viele?(?! uhr)|hoch|lange?|alt|weit|tief"
    rf"|gro[sß]+|schwer|teuer)|cu[aá]nt[oa]s?|combien|quel [aâ]ge|quant[eiao]s?|hoeveel|(?:qual|que) (?:é |era |a )*idade",
    "who": "who|whom|whose|wer|wem|wen|wessen|qui[eé]n(?:es)?|qui|chi|quem",
    "where": (
        "where|wo|woher|wohin|d[oó]nde|o[uù]|dove|onde|(?:in|to|at|from|on) (?:what|which)"
        "(?! (?:years?|days?|dates?|months?|time|century|decades?|age|extent|degree))"
        "|(?:what|which) (?:country|city|state|town|place|region|province|village|street|river|island|continent|county|district|hotel"
        "|airport|school|university|hospital|stadium|station)"
        "|(?:in|nach|aus|bei|auf|zu|von) welche[mnrs]? (?:stadt|land|ort|dorf|gemeinde|kanton|stadtteil|viertel|region|gegend|provinz"
        "|stra[sß]+e|insel|kontinent|hotel|flughafen|schule|universit[aä]t|krankenhaus|stadion|bahnhof)"
        "|(?:qu[eé]|che|quale?|quel(?:le)?s?) (?:ciudad|pa[ií]s|lugar|estado|provincia|regi[oó]n|calle|barrio|pueblo|isla|clínica|hospital"
        "|estadio|universidad|ville|pays|r[eé]gion|rue|quartier|d[eé]partement|canton|commune|village|[iî]le|h[oô]pital|stade|universit[eé]"
        "|citt[aà]|paese|luogo|regione|quartiere|isola|ospedale|stadio|universit[aà]|cidade|rua|bairro|ilha|est[aá]dio|universidade)"
    ),
    "why": "why|reasons?|causes?|caused|warum|weshalb|wieso|por qu[eé]|^porque|pourquoi|perch[eé]",
}
# How a word begins that each of them needs: most questions need few of the patterns.
_BEGINNINGS = {
    "when": ("when", "what", "which", "wann", "cuando", "cuándo", "quand", "wanneer", "welche", "wie", "que", "qué", "che"),
    "number": ("how", "what", "which", "wie", "cuant", "cuánt", "combien", "quant", "hoeveel", "qual", "que"),
    "who": ("who", "wer", "wem", "wen", "wess", "qui", "chi", "quem"),
    "where": ("where", "what", "which", "wo", "donde", "dónde", "ou", "où", "dove", "onde", "welche", "que", "qué", "che", "qual"),
    "why": ("why", "reason", "cause", "warum", "weshalb", "wieso", "por", "pourquoi", "perch"),
}
# Words before the number by which something changed: "risen by 100,000" does not tell how many there are.
_CHANGES = (
    "r[io]se|rising|risen|rises|gr[eo]ws?|grown|growing|increas(?:ed?|es|ing)|jump(?:ed|s)?|up|f[ae]ll|falls|fallen|falling"
    "|declin(?:ed?|es|ing)|dropp?(?:ed|s)?|decreas(?:ed?|es|ing)|reduc(?:ed?|es|ing)|cut|down"
)
_DURATION_UNITS = ("second", "minute", "hour", "day", "week", "month", "year", "decade")
_DURATIONS = f"(?:{'|'.join(f'{unit}s?' for unit in _DURATION_UNITS)})"
_LENGTHS = "(?:met(?:re|er)s?|kilomet(?:re|er)s?|miles?|feet|foot|inch(?:es)?|km|m|ft)"
# The units of what is measured rather than counted.
_MEASURES = rf"dollars?|euros?|pounds?|francs?|per ?cent|Prozent|por ciento|{_LENGTHS}|years?[- ]old|Jahre alt|años"
# Words for the dimensions of a thing, in questions and beside numbers.
_DIMENSIONS = ("deep|depth", "tall|high|height", "long|length", "wide|width")
_MONEY = (
    "dollars?|euros?|pounds?|yen|yuan|rupees?|lek|francs?|pence|cents?|Dollar|Euro|Pfund|Franken|d[óo]lares|libras|pesos|livres|dollari"
    "|sterline|franchi|reais"
)
_YEARS_OLD_ELSEWHERE = r"Jahre alt|\d+-?[Jj]ährige[mnrs]?|años|\d+ an(?:s|ni|os)"
_DURATIONS_ELSEWHERE = (
    "Sekunden?|Minuten?|Stunden?|Tage?n?|Wochen?|Monate?n?|Jahre?n?|segundos?|minutos?|horas?|d[ií]as?|semanas?|mes(?:es)?|años?|secondes?"
    "|heures?|jours?|semaines?|mois|ans?|ann[ée]es?|secondi|minuti|ore|giorni|settimane|mesi|anni|anos"
)
# The units beside a number, by the words of a question that ask for it.
_UNITS = {
    "cost|prices?|worth|value|how much (?:is|are|was|were|do(?:es)?)": rf"[$€£¥]|\b(?:{_MONEY})\b",
    "how much (?!is|are|was|were|do)": rf"[$€£¥%]|\b(?:{_MONEY}|per ?cent)\b",
    "how long": rf"\b(?:{_DURATIONS}(?![- ]old)|{_LENGTHS})\b",
    "how old|age": rf"\b(?:aged?|years? old|year-old|{_YEARS_OLD_ELSEWHERE})\b|, *\d{{1,3}},",
    "how (?:far|high|tall|deep|big|large|wide|heavy)|height|depth|length|width|distance|size|weight"
    "|weigh": rf"\b(?:{_LENGTHS}|tons?|tonnes?|kilograms?|kilos?|kg|degrees?|square|acres?|hectares?)\b",
    "how (?:strong|powerful)|magnitude": r"\bmagnitude\b|Richter|\bStärke\b|\bmagnitud\b",
    "how fast|speeds?|winds?": r"\b(?:km/h|kph|mph|m\.p\.h\.|knots|(?:kilomet(?:re|er)s|miles|met(?:re|er)s) (?:an?|per) (?:hour|second))",
    "temperatures?|hottest|coldest|hot|cold": r"°|\bdegrees?\b|\bGrad\b|\bgrados\b",
    "percent|percentage|share|proportion|fraction": r"%|\b(?:per ?cent|percentage|Prozent|por ciento|share|third|half|quarter)\b",
}
# The same for questions in other languages.
_UNITS_ELSEWHERE = {
    "kostet|kosten?|teuer|preis|cuestan?|cost[oóa]|precio|co[uû]te|prix|prezzo|custam?|custou|pre[cç]o": rf"[$€£¥]|\b(?:{_MONEY})\b",
    "wie lange|cu[aá]nto tiempo|combien de temps|quanto tempo": rf"\b(?:{_DURATIONS_ELSEWHERE})\b",
    "wie alt|cu[aá]ntos años|quel [aâ]ge|quanti anni|quantos anos|idade": rf"\b(?:{_YEARS_OLD_ELSEWHERE})\b|, *\d{{1,3}},",
}
# Units before their number: "put its magnitude at 7.6".
_UNITS_BEFORE = {
    "how (?:strong|powerful)|magnitude": r"\b(?:magnitude|Richter|Stärke|magnitud)(?: [a-z]+){0,2} \d",
    "how old|age": r"\baged? \d|\b(?:at|of) \d{2,3}(?=[,;.](?!\d)|$)",
}
_MONTHS = "Jan(?:uary)?|Feb(?:ruary)?|Apr(?:il)?|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?"
# Months that are also other words. They count only beside a number or after a preposition.
_ALSO_WORDS = "March|Mar|May"
# Days of the week, and these with months, in German, Spanish, French, Italian and Portuguese.
_DAYS_ELSEWHERE = (
    "(?:Mon|Diens|Donners|Frei|Sams|Sonn)tag|Mittwoch|lunes|martes|mi[ée]rcoles|jueves|viernes|s[áa]bado|domingo|lundi|mardi|mercredi"
    "|jeudi|vendredi|samedi"
    "|dimanche|luned[ìi]|marted[ìi]|mercoled[ìi]|gioved[ìi]|venerd[ìi]|sabato|domenica|(?:segunda|ter[çc]a|quarta|quinta|sexta)-feira"
)
_ELSEWHERE = (
    "Januar|Februar|M[äÄ]rz|Mai|Juni|Juli|Oktober|Dezember|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre"
    "|diciembre|janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[ûu]t|septembre|octobre|novembre|d[ée]cembre|gennaio|febbraio|aprile"
    "|maggio|giugno|luglio|settembre|ottobre|dicembre|janeiro|fevereiro|mar[çc]o|maio|junho|julho|setembro|outubro|novembro|dezembro"
    f"|{_DAYS_ELSEWHERE}"
)
_YEAR = r"\b(?:1\d|20)\d\ds?\b"
# A time of day: 14:30, 14h30, 14 h, 14.30 Uhr.
_CLOCK = r"\d\d?(?:[:h]\d\d\b|(?:\.\d\d)? (?:h|heures|Uhr)\b)"
_DAYS = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_DAYS_FROM_TODAY = (
    "yesterday|today|tonight|overnight|(?:last|this) (?:night|morning|afternoon|evening)|vorgestern|gestern|heute|anteayer|ayer|hoy"
    "|avant-hier|hier|aujourd['’]hui|ieri|oggi|ontem|hoje"
)
_REASONS = (
    "because|after|due to|so that|in order to|to avoid|to (?:make|be) sure|reasons?|factors?|caus(?:e[ds]?|ing)|led to|owing|thanks to"
    "|faulty?|fail(?:ed|ures?)?|blam(?:e[ds]?|ing)|weil|wegen|aufgrund|denn|nachdem|damit|porque|debido|tras|por|parce que|car"
    "|puisque|en raison|[aà] cause|afin|suite [aà]|pour [eé]viter|poich[eé]|perch[eé]|a causa|per evitare|pois|por causa|devido|para evitar"
    "|want(?:s|ed)?|demand(?:s|ed|ing)?|in protest|angry|accus(?:es|ed|ing)"
)
_PREDECESSORS = (
    "predecessors?|outgoing|vorg[äa]nger(?:in|s)?|scheidende[mnrs]?|predecesor(?:a|as|es)?|saliente|pr[ée]d[ée]cesseure?s?|sortante?"
)
_TOLLS = words_in("toll tolls")
# Whoever is counted, whatever they are called in the answer: "how many people died", "345 pilgrims were killed".
_ANYBODY = words_in("people person persons menschen leute personen gente personas personnes gens persone pessoas")
_BEFORE_PLACES = "in|at|near|from|on|of|to|into|outside|en|im|nach|aus|bei|auf|dans|au|aux|à|em|na|nel|nella|al|alla"
_CAPITAL = r"[^\W\d_a-z]"
_REST = r"[\w'’-]"
# Words that begin a sentence with a capital and are no part of the name that may follow.
_NO_NAME = (
    "The|An?|In|On|At|By|For|From|Of|To|With|As|If|And|But|So|Or|When|While|After|Before|Since|Until|Because|Although|Like|He|She|It|They"
    "|We|You|This|That|These|Those"
    "|His|Her|Its|Their|Our|My|What|Who|Where|Why|How|Both|Many|Some|Most|Der|Die|Das|Ein|Eine|Im|Am|Und|Als|Nach|Wie|El|La|Los|Las|Un|Una"
    "|En|Le|Les|Il"
)
# Words before or after a number of casualties, or of those who got away: "139 dead", "killed at least 139".
CASUALTIES = (
    (
        r"d(?:ie[sd]?|ying|ead|eaths?)|kill(?:ed|s|ing)?|fatalit(?:y|ies)|lives|bodies|death toll|Tote[nr]?|starben"
        r"|gestorben|get[öo]tet|Todesopfer|muert[oa]s|murieron|fallecid[oa]s|fallecieron|morte?s?|tu[ée]e?s|décédée?s"
        r"|morti|uccis[ioe]|vittime|mort[oa]s|morreram"
    ),
    (
        r"surviv(?:ed?|ors?|ing)|escaped?|rescued?|saved?|alive|[üu]berleb(?:en|te[nr]?|t|ende[nr]?)|gerettet|sobreviv(?:ieron|ientes?)"
        r"|rescatad[oa]s|survivants?|rescap[ée]e?s|sopravvissuti|sobreviventes"
    ),
    r"injur(?:ed?|es|ing|ies)|wound(?:ed|s|ing)?|hurt|verletzte?n?|herid[oa]s|bless[ée]e?s|ferit[ie]|ferid[oa]s",
)
# Numbers as words, in several languages. "Ein" and "un" are mostly articles, and "due" is also English.
_NUMBER_WORDS = (
    f"{WORD_NUMBERS}|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|zwei|drei|vier|f[üu]nf|sechs|sieben"
    "|acht|neun|zehn|elf|zw[öo]lf|dutzende?|hunderte?|tausende?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|decenas|cientos"
    "|deux|trois|quatre|cinq|sept|huit|neuf|dix|dizaines?|centaines?|milliers|tre|quattro|cinque|sette|otto|nove|dieci|decine|centinaia"
    "|migliaia|dois|duas|três|quatro|sete|oito|dez|dezenas|centenas|milhares"
)
_FIGURES = r"(?<!\.)\d[\d.,]*"
_NUMBER = rf"\b(?:{_FIGURES}|(?:{_NUMBER_WORDS})\b)"
# The most characters between a number and the word for casualties.
_CASUALTY_NEAR = 60
# The characters, and the words, after a number among which its unit, and the thing counted, is sought.
_UNIT_NEAR = 24
_COUNTED_NEAR = 4
_YEAR_DIGITS, _CENTURIES = 4, ("17", "18", "19", "20")
_BEFORE_YEARS = words_in("in im jahr jahre en dans nel em")
# What a query of a few words may ask for: "founder of Librivox". A death is an event rather than a quantity.
_ATTRIBUTES = frozenset(_QUANTITIES.split("|")) - words_in("death deaths") | words_in(
    "actor actress address alibi apology architect artist author authors bail bidder birthday birthplace boss brother builder buyer"
    " capital captain cause causes chair chairman chairwoman champion chief coach composer cousin creator date daughter deadline"
    " designer developer director driver duration editor employer excuse explanation father fee fine founder founders governor head"
    " hometown host husband income ingredients inventor killer king landlord lawyer leader leaders location maker manager"
    " manufacturer mayor mother motive name names narrator nationality nickname occupation opponent organiser organizer owner owners"
    " pilot presenter president prize producer profession profit profits publisher queen reaction reactions reason reasons referee"
    " reply response revenue runner-up scorer scorers secretary seller singer sister son spokesman spokesperson spokeswoman"
    " star start statement successor suspect suspects title translator turnover venue verdict victim victims wife winner winners"
    " writer"
)
_IS = words_in("is was are were becomes became remains ist war wird wurde bleibt es era fue ser\u00e1 est \u00e9tait sera")
# The words before a name, and between it and those behind it, among which its role is sought: "is the youngest coach".
_ROLE_NEAR = 3


class Kind(NamedTuple):
    """The kinds of things that a question asks for."""

    when: bool
    number: bool
    who: bool
    where: bool = False
    why: bool = False


_MOST_WORDS = 256  # of a question, that sentences are compared with


class Sentence(NamedTuple):
    """A candidate: its text, the score of its passage minus that of the article's best one, its ``start`` in the article, and its
    distance in sentences from the article's first statement.
    """

    text: str
    passage: float = 0.0
    start: int = 0
    place: int = 0


@dataclass(frozen=True)
class Question:
    """A query: its ``text`` without the words that became a filter, its ``words``, the ``kind`` of thing it asks for, whether it ``asks``
    (has a question word or mark), and the ``period`` it names. What sentences are compared with is derived once.
    """

    text: str
    words: tuple[str, ...]
    kind: Kind
    asks: bool
    period: Period | None = None

    @classmethod
    def of(cls, text: str, period: Period | None = None, topic: str = "") -> Question:
        """Parse ``text``. It may lean on a ``topic``, as "and when was that?" does: sentences are compared with the words of both."""
        folded = text.casefold()
        asks = not _QUESTION_MARKS.isdisjoint(text) or re.search(rf"\b(?:{_QUESTION_WORDS})\b", folded) is not None
        kind, words = kind_of(text), tuple(_word().findall(text)[:_MOST_WORDS])
        if not asks and len(words) <= _FEW_WORDS and not {word.casefold() for word in words}.isdisjoint(_QUANTITIES.split("|")):
            kind = kind._replace(number=True)
        words += tuple(_word().findall(topic)[: _MOST_WORDS - len(words)])
        return cls(text, words, kind, asks, period)

    @property
    def asks_detail(self) -> bool:
        """Whether it tells what it wants to know ("who founded X", "founder of X"): not a name or a few keywords, which any article about
        them answers, and no pasted sentence.
        """
        own = _word().findall(self.folded)
        attribute = len(own) > 1 and not _ATTRIBUTES.isdisjoint(own)
        return (self.asks or attribute or len(self.words) > _FEW_WORDS) and not is_statement(self.text)

    @property
    def asks_more(self) -> bool:
        """Whether it asks for a detail, or for yes or no."""
        return self.asks_detail or (self.folded.partition(" ")[0] in _FOR_YES_OR_NO and not is_statement(self.text))

    @cached_property
    def folded(self) -> str:
        """``text`` without capitals."""
        return self.text.casefold()

    @cached_property
    def longer_words(self) -> frozenset[str]:
        """The longer ``words``, without capitals."""
        return frozenset(word.casefold() for word in self.words if len(word) >= _ASKED_LETTERS)

    @cached_property
    def stems(self) -> frozenset[str]:
        """The ``longer_words`` in the singular."""
        return frozenset(map(_singular, self.longer_words))

    def has(self, word: str) -> bool:
        """Whether ``word`` is one of the ``longer_words``, but for number."""
        return _singular(word) in self.stems

    @cached_property
    def asked_name(self) -> str:
        """X, if it asks "who is X" and X has two or three words; else ""."""
        found = _who_is().fullmatch(self.text)
        return found[1] if found else ""

    @cached_property
    def anybody(self) -> list[int]:
        """The places of the ``words`` for people in general, if it asks for a number."""
        return [place for place, word in enumerate(self.words) if word.casefold() in _ANYBODY] if self.kind.number else []

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The numbers that it has."""
        return frozenset(found[0].casefold() for found in numbers_in(self.text))

    @cached_property
    def asks_duration(self) -> bool:
        """Whether it has a unit of time."""
        return re.search(rf"\b(?:{_DURATIONS}|how (?:long|old))\b", self.text, re.IGNORECASE) is not None

    @cached_property
    def asks_count(self) -> bool:
        """Whether it asks how many there are of a thing, and not how much something measures."""
        return bool(self.things) and not self.units and re.search(rf"\b(?:{_MEASURES})\b", self.folded) is None

    @cached_property
    def asks_ahead(self) -> bool:
        """Whether it asks when something comes: reports name the month of what is to come, and the day of what came."""
        return (
            re.search(r"\b(?:when (?:does|do|will|is|are)|(?:until|till|by) when|bis wann|wann (?:wird|werden|kommt))\b", self.folded)
            is not None
        )

    @cached_property
    def asks_change(self) -> bool:
        """Whether it asks by how much something changed."""
        return re.search(rf"\bby how\b|\b(?:{_CHANGES}|change[sd]?|difference|more|less|fewer)\b", self.folded) is not None

    @cached_property
    def units(self) -> list[re.Pattern[str]]:
        """The units that it asks for, if it is a question or asks for a number. "How high is the death toll" asks for none."""
        if not (self.asks or self.kind.number) or _TOLLS.intersection(self.longer_words):
            return []
        # Each pattern takes time to compile
        elsewhere = self._asked_for(_UNITS_ELSEWHERE) if language_of(self.text) != "en" else []
        return self._asked_for(_UNITS) + elsewhere

    @cached_property
    def units_before(self) -> list[re.Pattern[str]]:
        """Those of ``units`` that come before their number, with a digit of it."""
        return self._asked_for(_UNITS_BEFORE) if self.units else []

    def _asked_for(self, units: Mapping[str, str]) -> list[re.Pattern[str]]:
        return [re.compile(unit) for words, unit in units.items() if re.search(rf"\b(?:{words})\b", self.folded)]

    @cached_property
    def other_dimensions(self) -> re.Pattern[str] | None:
        """The words of other dimensions than those that it asks for, if it asks for any: "56 metres long" does not answer "how deep"."""
        asked = {words for words in _DIMENSIONS if re.search(rf"\b(?:{words})\b", self.folded)}
        other = "|".join(words for words in _DIMENSIONS if words not in asked)
        return re.compile(rf"\b(?:{other})\b") if asked and other else None

    @cached_property
    def things(self) -> frozenset[str]:
        """The things that it counts."""
        asked = _asked_number().search(self.folded)
        return frozenset(_singular(word) for word in (asked[1].split() if asked else ()) if len(word) >= _ASKED_LETTERS)

    @cached_property
    def casualties(self) -> list[re.Pattern[str]]:
        """Numbers beside words for the casualties that it asks about."""
        return [_beside(words) for words in CASUALTIES if re.search(rf"\b(?:{words})\b", self.text, re.IGNORECASE)]

    @cached_property
    def other_casualties(self) -> list[re.Pattern[str]]:
        """Numbers beside words for others, if it asks about any."""
        return [beside for beside in map(_beside, CASUALTIES) if beside not in self.casualties] if self.casualties else []


def kind_of(question: str) -> Kind:
    """The kinds of things that ``question`` asks for, by its question words."""
    folded = question.casefold()
    begun = re.findall(r"\w+", folded)

    def asks(kind: str) -> bool:
        return any(word.startswith(_BEGINNINGS[kind]) for word in begun) and re.search(rf"\b(?:{_KINDS[kind]})\b", folded) is not None

    return Kind(*map(asks, Kind._fields))


def closest(tokens: Tokens, count: int = 1) -> Vectors:
    """For each text after the first ``count``, its highest cosine with each token of those first texts: float32, (texts - count, tokens
    of the first ``count``).
    """
    first = tokens.ends[count - 1] if count else 0
    asked, rest, ends = tokens.places[:first], tokens.places[first:], np.concatenate([[0], tokens.ends[count:] - first])
    found = np.zeros((len(ends) - 1, len(asked)), np.float32)
    some = ends[1:] > ends[:-1]
    if len(asked) and len(rest):
        cosines = products(tokens.vectors, tokens.vectors[asked])  # (u, q)
        found[some] = np.maximum.reduceat(cosines[rest], ends[:-1][some])
    return found


def with_forms(found: Vectors, words: Sequence[str], asked: Asked, texts: Sequence[str], terms: Callable[[str], Sequence[str]]) -> Vectors:
    """Set the cosines ``found``, float32, (texts, tokens of ``words``), to 1 where a text has another form of the word: "owned" for
    "owns", "meet" for "met". ``terms`` stems a text's words.
    """
    if not words or not texts:
        return found
    stems = _stems(tuple(words), terms)
    wanted = frozenset().union(*stems)
    same = [[not stem.isdisjoint(there) for stem in stems] for there in (wanted.intersection(terms(text)) for text in texts)]
    return np.where(np.array(same, np.bool_)[:, asked.words], np.float32(1), found)


@lru_cache(maxsize=64)  # asked for every article that is shown
def _stems(words: tuple[str, ...], terms: Callable[[str], Sequence[str]]) -> list[frozenset[str]]:
    return [frozenset(terms(" ".join((word, *other_forms(word))))) for word in words]


class Asked(NamedTuple):
    """The tokens of a question's words: their ``weights``, float32, (tokens,), and the index of each one's word, (tokens,)."""

    weights: Vectors
    words: NDArray[np.intp]

    @classmethod
    def of(cls, tokens: Tokens, count: int) -> Asked:
        """The tokens of the first ``count`` texts, each a word. Common tokens weigh 0 if there are others."""
        ends = tokens.ends[:count]
        weights = tokens.weights[tokens.places[: ends[-1] if count else 0]]
        rare = np.maximum(weights - np.float32(_COMMON), 0)
        return cls(rare if rare.any() else weights, np.repeat(np.arange(count), np.diff(ends, prepend=0)))


def evidence(question: Question, asked: Asked, sentences: Sequence[Sentence], found: Vectors, title: Vectors) -> NDArray[np.float64]:
    """The features of each of an article's ``sentences``, float64, (sentences, features). ``found``, (sentences, tokens), and ``title``,
    (tokens,), are the highest cosines of the sentences and of the title with the question's tokens.
    """
    placed = _placed(question, asked, sentences, found, title)
    return placed + _told(question, sentences, placed)


def best_points(
    question: Question,
    asked: Asked,
    sentences: Sequence[Sentence],
    found: Vectors,
    title: Vectors,
    more: NDArray[np.float64],
    *,
    wanted: int = 1,
) -> NDArray[np.float64]:
    """The score of each sentence, float64, (sentences,), with ``more`` added, (sentences,); -inf if it was skipped, because it cannot be
    among the best ``wanted``. The others are as in ``evidence``.
    """
    placed = _placed(question, asked, sentences, found, title)
    most = points(placed) + more + _most_told(question)
    order = np.argsort(-most, kind="stable")
    scores, least = np.full(len(sentences), -np.inf), -np.inf
    for start in range(0, len(order), _AT_ONCE):
        some = order[start : start + _AT_ONCE]
        if most[some[0]] < least:
            break
        read = placed[some]
        scores[some] = points(read + _told(question, [sentences[place] for place in some], read)) + more[some]
        least = np.sort(scores)[-min(wanted, len(scores))] - _EQUAL
    return scores


def told_odds(scores: NDArray[np.float64], asked: Asked, found: Vectors, title: Vectors) -> float:
    """How well an article's best sentence answers, in natural log odds beside those of other articles. ``scores``, (sentences,), are its
    sentences'; the rest is as in ``evidence``.
    """
    best = best_of(scores)
    weights = asked.weights / max(float(asked.weights.sum()), 1e-9)
    here, everywhere = np.maximum(found[best], title), found.max(axis=0)
    told = TOLD.score * scores[best] + float((TOLD.sentence * _shares(here) + TOLD.article * _shares(everywhere)) @ weights)
    return told if math.isfinite(told) else 0.0


def points(found: NDArray[np.float64]) -> NDArray[np.float64]:
    """The score of each sentence, float64, (sentences,), from its features ``found``."""
    return np.asarray(found @ np.array(WEIGHTS), np.float64)


def counted_weights(found: Vectors, title: Vectors, weights: Vectors, names: NDArray[np.bool_]) -> Vectors:
    """The final weight of each token of the question, float32, (tokens,). They add up to 1 if no token is a name or in the title.

    A token weighs more the fewer sentences have it by their cosines ``found``, (sentences, tokens), and less if it is in the ``title``,
    (tokens,), or part of a name: a sentence should answer the question rather than repeat it.
    """
    having = (found >= _SAME).sum(axis=0)
    counted = weights * (1 + np.log((1 + len(found)) / (1 + having)))
    return np.asarray(counted * np.where(title >= _SAME, TITLE, 1) * np.where(names, NAME, 1) / max(float(counted.sum()), 1e-9), np.float32)


def likeness(found: Vectors, counted: Vectors, order: Sequence[int]) -> tuple[Vectors, Vectors]:
    """The share of the question that each sentence has, float32, (sentences,), and what the sentence before it in ``order`` adds to it.
    ``found``, (sentences, tokens), has cosines, ``counted`` the tokens' weights.
    """
    shares = _shares(found)
    both = shares.copy()
    both[order[1:]] = np.maximum(shares[order[1:]], shares[order[:-1]])
    alike, more = (np.einsum("tq,q->t", each, counted) for each in (shares, both))
    return alike, more - alike


def _shares(cosines: Vectors) -> Vectors:
    """How far tokens with these ``cosines`` are the same word, in [0, 1]."""
    shares: Vectors = (cosines - np.float32(_UNLIKE)) / np.float32(_SAME - _UNLIKE)
    np.minimum(np.maximum(shares, 0, out=shares), 1, out=shares)
    return shares


def _order(sentences: Sequence[Sentence]) -> list[int]:
    starts = [each.start for each in sentences]
    return sorted(range(len(starts)), key=starts.__getitem__)


def _are_names(question: Question, asked: Asked, texts: Iterable[str]) -> NDArray[np.bool_]:
    """Which tokens belong to a word that is capitalised in the middle of a sentence."""
    names = {name.casefold() for text in texts for name in _names().findall(text)}
    return np.array([word.casefold() in names for word in question.words], np.bool_)[asked.words]


def _placed(question: Question, asked: Asked, sentences: Sequence[Sentence], found: Vectors, title: Vectors) -> NDArray[np.float64]:
    """The features that do not depend on what a sentence tells, float64, (sentences, features), with 0 for the others."""
    texts = [each.text for each in sentences]
    names = _are_names(question, asked, texts)
    weights = asked.weights * ~np.isin(asked.words, question.anybody) if question.anybody else asked.weights
    order = _order(sentences)
    alike, before = likeness(found, counted_weights(found, title, weights, names), order)
    behind = (
        sentences[second].place == sentences[first].place + 1 and leaves_answer_to(texts[first], texts[second])
        for first, second in pairwise(order)
    )
    before[order[1:]] *= [AFTER_QUESTION if each else 1 for each in behind]
    values = np.zeros((len(sentences), len(WEIGHTS)))
    values[:, _LIKENESS], values[:, _BEFORE] = alike, before
    values[:, _PASSAGE] = [each.passage * (OF_NUMBERS if question.kind.number else 1) for each in sentences]
    if question.asks:
        values[:, _LEAD] = [not each.place for each in sentences]
    else:
        # The share of the query that the title has
        titled = float(asked.weights[title >= _SAME].sum() / max(asked.weights.sum(), 1e-9))
        values[:, _PLACE] = titled * np.log1p([min(each.place, _FAR) for each in sentences])
    return values


def _told(question: Question, sentences: Sequence[Sentence], placed: NDArray[np.float64]) -> NDArray[np.float64]:
    """The features that depend on what each of ``sentences`` tells, as far as the question asks for them, with 0 for the others.
    ``placed`` are their other features.
    """
    kind, texts = question.kind, [each.text for each in sentences]
    values = np.zeros((len(texts), len(WEIGHTS)))
    found: dict[str, Sequence[float]] = {
        "no_statement": [not is_statement(text) for text in texts],
    }
    if not question.asks:
        found["who"] = [has_holder(text, question) for text in texts]
    if question.period is not None:
        found["other_year"] = [is_of_other_years(text, question.period) for text in texts]
    elif (kind.number or not question.asks) and not any(map(_is_year, question.words)):
        found["other_year"] = [_begins_with_year(text) for text in texts]
    if kind.number:
        counting = [_counting(text, question) for text in texts]
        # A sentence that names a year mostly tells of an earlier case
        asked = _year().search(question.text) is not None
        dated = [not asked and _year().search(text) is not None for text in texts]
        found["number"] = [
            _has_number(each, question) * (OF_A_YEAR if earlier else 1) for each, earlier in zip(counting, dated, strict=True)
        ]
        found["counted"] = [_has_counted(text, question) for text in counting]
    if question.units:
        found["unit"] = [has_unit(text, question) for text in texts]
    if kind.who and not _predecessor().search(question.text):
        found["predecessor"] = [_predecessor().search(text) is not None for text in texts]
    for name, tells in _TELLING.items():
        if getattr(kind, name):
            found[name] = [tells(text, question) for text in texts]
    shares = np.minimum((placed[:, _LIKENESS] + placed[:, _BEFORE]) / TOLD_FROM, 1).tolist()
    for name, column in found.items():
        asked_for = name in _ASKED_FOR
        values[:, _COLUMNS[name]] = [value * share for value, share in zip(column, shares, strict=True)] if asked_for else column
    return values


def _most_told(question: Question) -> float:
    """The most that what a sentence tells can add to its score."""
    kind = question.kind
    who, when, where, why = kind.who or not question.asks, kind.when, kind.where, kind.why
    return (
        WEIGHTS.who * who
        + WEIGHTS.when * when
        + WEIGHTS.where * where
        + WEIGHTS.why * why
        + (WEIGHTS.number + WEIGHTS.counted) * kind.number
        + WEIGHTS.unit * bool(question.units)
    )


def _is_new(text: str, question: Question) -> bool:
    """Whether none of the longer words of ``text`` is in the question."""
    return all(word.casefold() not in question.longer_words for word in _word().findall(text))


def has_somebody(text: str, question: Question) -> bool:
    """Whether ``text`` has two adjacent capitalised words that are not in the question. None is asked for by "Who is Anna Berg?"."""
    return not question.asked_name[:1].isupper() and any(_is_new(found[0], question) for found in _run().finditer(text))


def has_holder(text: str, question: Question) -> bool:
    """Whether ``text`` has two adjacent capitalised words that are not in the question beside one of its longer words: "coach Luke Walton",
    "Joe Mazzulla is the youngest coach".
    """
    folded = text.casefold()
    if not any(stem in folded for stem in question.stems):
        return False
    for found in _run().finditer(text):
        words = found[0].split()
        name = list(dropwhile(question.has, words))
        if len(name) > 1 and not any(map(question.has, name)):
            before = ["", *text[: found.start()].split()][-_ROLE_NEAR - 1 :]
            # "League" in "Europa League" is a part of another name
            ahead = [word for other, word in pairwise(before) if word[:1].islower() or not other[:1].isupper()]
            behind = text[found.end() :].split()[: _ROLE_NEAR + 1]
            # What somebody said or did is no role
            if text[found.end() : found.end() + 1] != "," and not _IS.intersection(behind[:1]):
                behind = []
            if name != words or any(question.has(word.strip(_CLAUSE)) for word in (*ahead, *behind)):
                return True
    return False


def has_number(text: str, question: Question) -> bool:
    """Whether ``text`` has a number, in digits or as an English word, that is not in the question. Dates do not count, nor do durations
    unless the question asks for one.
    """
    return _has_number(_counting(text, question), question)


def _has_number(counting: str, question: Question) -> bool:
    return any(found[0].casefold() not in question.numbers for found in numbers_in(counting))


def _counting(text: str, question: Question) -> str:
    """``text`` without dates and, unless ``question`` asks for them, without durations, what something changed by, money, lengths and
    ages; "" if it has no number.
    """
    if not (re.search(r"\d", text) or numbers_in(text)):
        return ""
    if question.asks_count:
        text = _uncounted().sub(" ", text)
    folded = text.casefold()
    timeless = _time().sub(" ", text if question.asks_change or " by " not in folded else _change().sub(" ", text))
    lasts = not question.asks_duration and any(unit in folded for unit in _DURATION_UNITS)
    return _duration().sub(" ", timeless) if lasts else timeless


def numbers_in(text: str) -> list[re.Match[str]]:
    """The numbers in ``text``, as _NUMBER finds them in a tenth of the speed: it tries all words at each one's beginning."""
    return [found for found in _figures_or_word().finditer(text) if found[1] or _is_number_word(found[0])]


def has_unit(text: str, question: Question) -> bool:
    """Whether ``text`` has a number with a unit that ``question`` asks for."""
    other = question.other_dimensions
    near = [text[max(0, found.start() - 2) : found.end() + _UNIT_NEAR] for found in numbers_in(text)]
    return any(unit.search(each) for each in near if not (other and other.search(each)) for unit in question.units) or (
        bool(near) and any(unit.search(text) for unit in question.units_before)
    )


def _has_counted(counting: str, question: Question) -> bool:
    """Whether a number in ``counting``, as ``_counting`` has it, precedes the thing that ``question`` counts, or is near a word for the
    casualties it asks about.
    """
    near = [counting[found.end() : found.end() + 2 * _UNIT_NEAR] for found in numbers_in(counting)]
    if not near:
        return False
    if any(beside.search(counting) for beside in question.casualties):
        return True
    # "How many people died" does not ask how many people were detained.
    things = question.things - _ANYBODY if question.casualties else question.things
    return any(_singular(word) in things for each in near for word in _word().findall(each)[:_COUNTED_NEAR])


def counts_others(text: str, question: Question) -> bool:
    """Whether ``text`` numbers other casualties than those that ``question`` asks about, and not these: the injured, not the dead."""
    others = bool(numbers_in(text)) and any(beside.search(text) for beside in question.other_casualties)
    return others and not any(beside.search(text) for beside in question.casualties)


@lru_cache(maxsize=4_096)
def _singular(word: str) -> str:
    return re.sub("(?:ies|es|s|y)$", "", word.casefold())


def has_time(text: str) -> bool:
    """Whether ``text`` has a year, a month, a day of the week or a time of day."""
    return _time().search(text) is not None


def says_when(text: str, question: Question) -> float:
    """How well ``text`` tells a time that is not in the question: 1 for a day, a day of the week (the report's date completes it), a time
    of day, a month if the question asks when something comes, or a year if one is asked for; LESS_SURE for a day of the week in another
    language than English or a day such as "yesterday"; BACKGROUND for another year; else 0. "Until Wednesday" tells only when something
    comes or ends.
    """
    if not question.asks_ahead:
        text = _ending_time().sub(" ", text)

    def is_new(times: re.Pattern[str]) -> bool:
        return any(found[0].casefold() not in question.folded for found in times.finditer(text))

    if is_new(_day()) or (question.asks_ahead and is_new(_month())):
        return 1.0
    if is_new(_less_sure_day()):
        return LESS_SURE
    return (1.0 if "year" in question.folded else BACKGROUND) if is_new(_year()) else 0.0


def is_of_other_years(text: str, period: Period) -> bool:
    """Whether ``text`` has years, but none in ``period``."""
    years = [int(found[0].rstrip("s")) for found in re.finditer(_YEAR, text)]
    first, last = period.since.year if period.since else 0, period.until.year if period.until else 9999
    return bool(years) and not any(first <= year <= last for year in years)


def _is_year(word: str) -> bool:
    return len(word) == _YEAR_DIGITS and word.isdecimal() and word[:2] in _CENTURIES


def _begins_with_year(text: str) -> bool:
    """Whether ``text`` begins with a year, after a word such as "in" or before a mark: "1800 people" are no year."""
    words = text.split(maxsplit=3)[:3]
    years = [place for place, word in enumerate(words) if _is_year(word.strip(_CLAUSE)) and (place or word[-1] in _CLAUSE)]
    return bool(years) and _BEFORE_YEARS.issuperset(map(str.casefold, words[: years[0]]))


def has_place(text: str, question: Question) -> bool:
    """Whether ``text`` has a name after a word such as "in" that is not in the question and no date."""
    return any(_is_new(found[1], question) and not has_time(found[1]) for found in _place().finditer(text))


def has_reason(text: str, _: Question) -> bool:
    """Whether ``text`` has a word such as "because"."""
    return _reason().search(text) is not None


def is_question(text: str) -> bool:
    """Whether ``text`` ends with a question mark, whatever closes it: Markdown's asterisks too."""
    return text.rstrip(f"{_CLOSING}*_ ")[-1:] in _QUESTION_MARKS


def leaves_answer_to(text: str, following: str) -> bool:
    """Whether ``text`` leaves the answer to the ``following`` sentence: a question, or what announces a quotation."""
    return is_question(text) or (text.endswith((":", "\uff1a")) and following.startswith(_OPENING))


def is_statement(text: str) -> bool:
    """Whether ``text`` ends like a sentence or clause and begins like one: no heading, question or fragment, no bare number with its
    article, such as "Zur 73.", no name alone, such as "Image: Jane Doe.", no dateline, such as "Cali, 3 de mayo de 2024.", and no credit
    of a few words: "Ann Lee, photo: Jane Doe.".
    """
    ends = text.rstrip(_CLOSING)[-1:] in _ENDING and not is_question(text)
    if len(text) < _DATELINE and any(map(str.isdigit, text)):
        rest = _word().findall(_time().sub(" ", text))
        if all(word[0].isupper() or word in _IN_DATES for word in rest):
            return False
    if not ends or text[:1].islower() or not any(map(str.isalnum, text)) or _bare().fullmatch(text):
        return False
    if ":" in text and text.count(" ") < _CREDIT_WORDS and _credit().search(text):
        return False
    return text.isupper() or not all(word[0][0].isupper() for word in _word().finditer(text))


_ASKED_FOR = frozenset({"who", "number", "unit", "counted", "when", "where", "why"})
_TELLING = {"who": has_somebody, "when": says_when, "where": has_place, "why": has_reason}


def best_of(scores: Vectors | NDArray[np.float64]) -> int:
    """The index of the largest score, the first of equals."""
    return int(scores.round(6).argmax())


def _lazily(pattern: str, flags: int = 0) -> Callable[[], re.Pattern[str]]:
    """What compiles ``pattern`` at the first use, so that a query that shows no sentence does not pay for it."""
    return cache(partial(re.compile, pattern, flags))


# A word boundary that all alternatives begin with comes before them: at most characters of a text, the search ends there.
_credit = _lazily(r"\b(?:image|photo(?:graph)?|picture|credit|foto|bild|imagen)s?(?: credit)?: ?\w", re.IGNORECASE)
_ending_time = _lazily(r"\b(?:until|till|bis|hasta|jusqu'(?:au?|en)) (?:at least |zum |el |en )?[\w.:]+(?: \d{1,2}\b)?", re.IGNORECASE)
_month = _lazily(rf"\b(?:{_MONTHS}|(?:[Ii]n|[Ff]rom|[Bb]y|[Uu]ntil|[Oo]f) (?:{_ALSO_WORDS})|{_ELSEWHERE})\b")
_less_sure_day = _lazily(rf"\b(?:{_DAYS_ELSEWHERE}|{_DAYS_FROM_TODAY})\b")
_year = _lazily(_YEAR)
_figures_or_word = _lazily(rf"\b(?:({_FIGURES})|[^\W\d]\w*)")
_change = _lazily(rf"\b(?:{_CHANGES})(?: \w+)? by (?:\w+ ){{0,2}}{NUMBER}", re.IGNORECASE)
_duration = _lazily(rf"{NUMBER}[- ]{_DURATIONS}\b", re.IGNORECASE)
# "How many were hurt" does not name what is counted.
_asked_number = _lazily(
    r"\b(?:how many|number of|wie ?viele?|cu[aá]nt[oa]s|combien de)\s+"
    r"((?!(?:was|were|are|is|did|do|does|have|has|had|been) )(?:[\w'-]+\s*){1,2})"
)
_word = _lazily(rf"[^\W\d_]{_REST}*|\d[\d.,]*")
# The word behind a name begins no other, and a search for what is no letter skips most characters.
_names = _lazily(rf"\W(?<=\w\W)\W*({_CAPITAL}\w+)\W*")
_run = _lazily(rf"\b(?={_CAPITAL})(?!(?:{_NO_NAME})\b)(?:{_CAPITAL}{_REST}+ ){{1,3}}{_CAPITAL}{_REST}+")
_place = _lazily(rf"\b(?:{_BEFORE_PLACES}) (?:the )?({_CAPITAL}{_REST}+(?: {_CAPITAL}{_REST}+){{0,3}})")
_ASKS_WHO = "(?:who|wer|qui[e\u00e9]n|qui|chi|quem)(?: (?:is|was|ist|war|es|fue|est|\u00e9tait|\u00e8|era|\u00e9)|['\u2019]s)"
_who_is = _lazily(rf"\W*{_ASKS_WHO} ({_REST}+(?: {_REST}+){{1,2}})\W*", re.IGNORECASE)
_reason = _lazily(rf"\b(?:{_REASONS})\b", re.IGNORECASE)
_predecessor = _lazily(rf"\b(?:{_PREDECESSORS})\b", re.IGNORECASE)
_bare = _lazily(r"(?:[^\W\d_]+ )?\d+\W*")


@cache
def _time() -> re.Pattern[str]:
    days = rf"{_DAYS}|today|yesterday|tomorrow|last (?:week|month|year)|[Cc]entur(?:y|ies)|\d{{1,2}}(?:\.\d\d)? ?[ap]\.?m\b\.?|[ap]\.m\."
    before = "[Ii]n|[Oo]f|[Ss]ince|[Uu]ntil|[Bb]y|last|late|early"
    sure = rf"\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{_MONTHS}|{_ALSO_WORDS})|{_MONTHS}"
    month = rf"(?:{sure}|(?:{before})\s+(?:{_ALSO_WORDS})|(?:{_ALSO_WORDS})(?=\.?\s+\d))\b\.?(?:\s+\d{{1,2}}\b)?"
    return re.compile(rf"\b(?=\w)(?:{month}(?:,?\s+{_YEAR})?|{_YEAR}|{_CLOCK}|{days}|(?:\d{{1,2}}\.?\s+(?:de\s+)?)?(?:{_ELSEWHERE})\b)")


@cache
def _day() -> re.Pattern[str]:
    months = f"{_MONTHS}|{_ALSO_WORDS}"
    of_month = rf"\d{{1,2}}(?:st|nd|rd|th)?\.? (?:de )?(?:{months}|{_ELSEWHERE})\b|(?:{months})\.? \d{{1,2}}\b"
    return re.compile(rf"\b(?:{_CLOCK}|\d{{1,2}}\.\d\d\b|{of_month}|{_DAYS}\b)")


@lru_cache(maxsize=4_096)
def _is_number_word(word: str) -> bool:
    return re.fullmatch(_NUMBER_WORDS, word, re.IGNORECASE) is not None


@cache
def _uncounted() -> re.Pattern[str]:
    large = "(?:[ -](?:million|billion|thousand|Millionen|Milliarden|millones|mil|bn|m))*"
    # An age between commas, and a telephone number.
    bare = r", \d\d,|\baged \d+|\b\d+(?:-\d+)+\b"
    return re.compile(rf"[$€£¥] ?{NUMBER}{large}|{NUMBER}{large}(?: ?[$€£¥%]|[ -](?:{_MEASURES})\b)|{bare}", re.IGNORECASE)


@cache
def _beside(words: str) -> re.Pattern[str]:
    near = rf"[^\d]{{1,{_CASUALTY_NEAR}}}?"
    words = rf"\b(?:{words})\b"
    return re.compile(rf"{_NUMBER}{near}{words}|{words}{near}{_NUMBER}", re.IGNORECASE)
