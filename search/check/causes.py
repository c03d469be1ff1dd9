"""Causes: why or by what means something happened, as a claim has it; the article must speak of it beside what it says of the event.

A cause is read as a clause: the words after "because", "due to" or "by", those after "over" or "for" where somebody resigns or is charged,
and those before "caused". Names, dates and numbers in it are compared elsewhere. Of its other words, the rarer ones count for more.
"""

# ruff: noqa: RUF001 - quotation marks and dashes

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np

from newsdex.encoder import Encoder
from newsdex.reports import Discrepancy
from newsdex.search.check import dates, names, numbers
from newsdex.search.check.languages import LISTS
from newsdex.search.check.predicate import PREPOSITIONS, same_in_news
from newsdex.search.question.stopwords import STOPWORDS, words_in
from newsdex.search.question.terms import analyzer, other_forms

_MISSING = 0.4  # share of a cause, by the rarity of its words, that the article may lack
_COMMON = 4.0  # the weight of tokens that occur in any text
_LEAST = 0.1  # the weight of a common word
_LONGEST = 1_000  # characters of a claim that are read
_ALIKE = 4  # letters with which related words begin
_NOUN_ENDINGS = ("ure", "ures", "ation", "ations", "ment", "ance", "ness", "ity", "en")
_REACH = 6  # words between a verb and its reason
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_BREAK = re.compile(r"[,;:.()!?—–]|\bbut\b|\bwhich\b|\bwho\b|\bthat\b")
_CLAUSE = re.compile(rf"{LISTS.pattern('because', bounded=False)}(?! of\b)", re.IGNORECASE)
# "4 por ciento", "por primera vez" and "por persona" are no causes.
_RATE = (
    r"(?!\s{1,3}(?:ciento|cento|cent|mil|mille|persona|personne|cabeza|hora|heure|día|jour|semana|semaine|mes|mois|año|ejemplo|fin"
    r"|exemple|(?:la )?(?:mañana|tarde|noche)|\w{1,12} (?:vez|veces|ocasión))\b)"
)
_NOUN = re.compile(LISTS.pattern("because of") + _RATE, re.IGNORECASE)
_CAUSES = re.compile(rf"{LISTS.pattern('caused')}(?! by| durch| von| por| par)", re.IGNORECASE)
_BE = words_in("is are was were be been being")
# "over", "for", "after" and the like give the reason of these.
_ACTED_ON = LISTS.words("acted on")
# These only with "over", "for" and "of", as "after" only says when.
_REASONED = _ACTED_ON | LISTS.words("happened to")
_LATER = LISTS.words("later")
_REASON = re.compile(LISTS.pattern("reason") + _RATE, re.IGNORECASE)
_SLACK = 3  # words before the number of a measure: "more than a"
# "is due to reach the moon", but "was due to fog in the valley"
_IS_DUE = re.compile(r"\b(?:is|are|was|were|be|been)(?: \w{1,20}ly| also| now| still)? due to$")
_DOES = re.compile(r" [a-z]{2,20} (?:the|an?|his|her|its|their|on|for|next|this|[A-Z\d])")
_SHE = re.compile(r" (?:he|she|it|they)\b")
_ENDS = (PREPOSITIONS | {"within"}) - {"of", "de", "du", "des", "del"}


def unfounded(claim: str, nearby: Sequence[str], language: str, encoder: Encoder) -> Iterator[Discrepancy]:
    """Yield the causes in ``claim`` most of whose words ``nearby``, the title and the sentences around the evidence, lacks."""
    text, stem = claim[:_LONGEST], analyzer(language).terms
    causes = dict.fromkeys(_causes(text))
    if not causes:
        return
    details: Sequence[dates.Found] = (*names.names(text), *dates.dates(text, [language]), *numbers.quantities(text, language))
    compared = [range(each.start, each.until if isinstance(each, numbers.Quantity) else each.end) for each in details]
    there = frozenset(stem("\n".join(nearby)))
    for start, end in causes:
        words = [word for word in _words(text, start, end) if not any(word.start() in each for each in compared)]
        missing = [word for word in words if there.isdisjoint(_forms(word[0], language))]
        if not missing:
            continue
        rarity = _rarity([word[0] for word in words], encoder)
        lacked = sum(rarity[word[0]] for word in missing) > _MISSING * sum(rarity[word[0]] for word in words)
        if lacked:
            yield Discrepancy("cause", text[start:end].strip(), "")


def _words(text: str, start: int, end: int) -> list[re.Match[str]]:
    found = _WORD.finditer(text, start, end)
    return [word for word in found if word[0].isalpha() and word[0].casefold() not in STOPWORDS | _REASONED]


def _rarity(words: Sequence[str], encoder: Encoder) -> dict[str, float]:
    """Map each word to the weight of its rarest token."""
    tokens = encoder.tokens(words)
    pieces = np.split(tokens.weights[tokens.places], tokens.ends[:-1])
    return {word: max(float(each.max(initial=0)) - _COMMON, _LEAST) for word, each in zip(words, pieces, strict=True)}


@cache
def _forms(word: str, language: str) -> frozenset[str]:
    """Return the stems of a word, its irregular forms, its synonyms, and the verb or adjective of a noun: "fail" for "failure"."""
    plain = [word.removesuffix(ending) for ending in _NOUN_ENDINGS if word.endswith(ending) and len(word) - len(ending) >= _ALIKE]
    own = frozenset(analyzer(language).terms(" ".join((word, *other_forms(word), *plain))))
    return own | (same_in_news(word) if language == "en" else frozenset())


def _causes(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each cause begins and ends."""
    for cue in _CLAUSE.finditer(text):
        yield cue.end(), _break(text, cue.end())
    for cue in _NOUN.finditer(text):
        if not (_IS_DUE.search(text, 0, cue.end()) and _DOES.match(text, cue.end())) and not _is_amount(text, cue.end()):
            yield cue.end(), _noun_end(text, cue.end())
    for cue in _CAUSES.finditer(text):
        start = max((each.end() for each in _BREAK.finditer(text, 0, cue.start())), default=0)
        if not _BE & set(_before(text, cue.start(), 1)):
            yield start, cue.start()
    for cue in _REASON.finditer(text):
        reach, verbs = (1, _REASONED) if cue[0] == "of" else (_REACH, _ACTED_ON if cue[0].casefold() in _LATER else _REASONED)
        # "After he resigned" is a circumstance.
        clause = cue[0].casefold() in _LATER and _SHE.match(text, cue.end())
        if not clause and not verbs.isdisjoint(_before(text, cue.start(), reach)):
            yield cue.end(), _noun_end(text, cue.end())


def _is_amount(text: str, start: int) -> bool:
    """Return whether a measure begins at a place: "by more than 11 per cent", "by about a third"."""
    measured = (each for each in numbers.quantities(text) if each.start >= start and each.unit not in ("", "th", numbers.CLOCK))
    return any(len(_WORD.findall(text, start, each.start)) <= _SLACK for each in measured)


def _before(text: str, end: int, count: int) -> list[str]:
    """Return up to ``count`` words before ``end``, since the last break."""
    return [word.casefold() for word in _WORD.findall(_BREAK.split(text[:end])[-1])[-count:]]


def _break(text: str, start: int) -> int:
    found = _BREAK.search(text, start)
    return found.start() if found else len(text)


def _noun_end(text: str, start: int) -> int:
    """Return where the noun that begins at ``start`` ends: before the next preposition behind a word of its own, or a break."""
    end = _break(text, start)
    own = False
    for word in _WORD.finditer(text, start, end):
        if own and word[0].casefold() in _ENDS | _BE:
            return word.start()
        own = own or word[0].casefold() not in STOPWORDS
    return end
