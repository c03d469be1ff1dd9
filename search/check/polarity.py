"""Whether two statements of the same thing deny each other: by "not" and its like, and by words of opposite meaning."""

# ruff: noqa: RUF001, SIM905 - dashes; lists of words

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from newsdex.search.question.stopwords import STOPWORDS
from newsdex.words import Analyzer

_NOT = frozenset(
    (
        "not no never nobody none neither nor without cannot nothing nowhere hardly "
        "nicht kein keine keinen keiner keinem nie niemals niemand nichts ohne "
        "nunca ningún ninguna ninguno nadie nada sin jamás "
        "ne pas jamais aucun aucune rien sans non nessun nessuno nessuna senza mai "
        "não nunca nenhum nenhuma ninguém sem niet geen nooit zonder"
    ).split()
)
# What denies as well, but is no contradiction of a statement that lacks it.
_ALSO_NOT = frozenset(
    "deny denied denies denying refuse refused refuses reject rejected rejects fail failed fails lack lacked lost lose unable impossible "
    "abstain abstained prevent prevented stop stopped avoid avoided ban banned bar barred only except few fewer unlike absent dropped without "
    "first last longest worst record unknown unclear no-one reject rejects gone ended lifted illegal stuck dry short without".split()
)
_REFUSING = frozenset("refused refuses declined declines".split())
_SINCE_EVER = re.compile(r"\b(?:ever|before|previous(?:ly)?)\b", re.IGNORECASE)
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|[,;:.()!?—–]|\bbut\b")
_BREAKS = frozenset(",;:.()!?—–") | {"but", "and", "aber", "und", "pero", "mais", "although", "while", "because"}
_REACH = 5  # words that a "not" can deny
_SHORT = 4  # words of a sentence such as "Nobody was hurt."
_OPPOSITES = """
won lost|win lose|winner loser|rise fall|rose fell|risen fallen|rising falling|increase decrease|increased decreased|more less|more fewer
above below|accept reject|accepted rejected|approve reject|approved rejected|support oppose|supported opposed|favour against
convict acquit|convicted acquitted|convict clear|convicted cleared|guilty innocent|guilty acquitted|welcome condemn|welcomed criticised
welcome criticise|allow forbid|allowed forbidden|allowed banned|allow ban|allow bar|allows bars|legal illegal|alive dead|survive die
survived died|survived killed|open close|opened closed|begin end|began ended|start stop|start finish|before after|earlier later
confirm deny|confirmed denied|admit deny|admit reject|admitted denied|admits rejects|admits denies|north south|east west|northern southern
eastern western|largest smallest|biggest smallest|highest lowest|oldest youngest|best worst|cheaper dearer|faster slower|father mother
son daughter|husband wife|brother sister|buy sell|bought sold|keep lose|kept lost|kept gave|keep drop|cut raise|cut left|raised cut|gain loss
success failure|safe dangerous|minority majority|import export|imports exports|accident deliberate|forward off|arrive leave|arrived left
arrested released|arrest release|sent withdrew|join leave|joined left|strengthen weaken|strengthened weakened|agree disagree|agreed refused
agree refuse|agreed rejected|signed vetoed|sign refuse|possible impossible|necessary unnecessary|popular unpopular|voluntary forced
experienced inexperienced|experienced without|experienced no|public private|rich poor|warm cold|early late|help hinder|hire fire|praised criticised
praise criticise|defend attack|success defeat|victory defeat|beat lost|beaten won|healthy ill|full empty|true false|yes no|likely unlikely
able unable|happy unhappy|stable unstable|known unknown|clear unclear|certain uncertain|lawful unlawful|peaceful violent
"""


class Denial(NamedTuple):
    """What two statements differ in, in the words of each."""

    claimed: str
    found: str


class Said(NamedTuple):
    """The words of a statement: their terms, with those that a "not" denies; the terms that it does not deny; its negations, and the terms of
    other words that deny.
    """

    terms: frozenset[str]
    denied: frozenset[str]
    plain: frozenset[str]
    cues: tuple[str, ...]
    softly: frozenset[str]


@cache
def _opposites() -> dict[str, frozenset[str]]:
    """By each term, those of opposite meaning."""
    stem = Analyzer("en")
    found: dict[str, set[str]] = {}
    for pair in re.split(r"[|\n]", _OPPOSITES.strip()):
        a, b = (stem.terms(word)[0] for word in pair.split())
        found.setdefault(a, set()).add(b)
        found.setdefault(b, set()).add(a)
    return {term: frozenset(others) for term, others in found.items()}


def said(text: str, analyzer: Analyzer) -> Said:
    """``text`` read."""
    terms: set[str] = set()
    denied: set[str] = set()
    plain: set[str] = set()
    cues, softly, reach = [], set[str](), 0
    for token in _TOKEN.findall(text.replace("no one", "nobody").replace("No one", "Nobody")):
        word = token.casefold().replace("’", "'")
        if word in _BREAKS:
            reach = 0
            continue
        if word in _NOT or word.endswith("n't") or word in _REFUSING:
            cues.append(token)
            reach = _REACH
            continue
        if word in _ALSO_NOT:
            softly.update(analyzer.terms(word))
        if word in STOPWORDS:
            continue
        for term in analyzer.terms(word):
            terms.add(term)
            (denied if reach else plain).add(term)
        reach = max(0, reach - 1)
    return Said(frozenset(terms), frozenset(denied), frozenset(plain), tuple(cues), frozenset(softly))


def denial(claim: str, texts: Sequence[str], around: Sequence[str], analyzer: Analyzer) -> Denial | None:
    """What the claim denies of the first of ``texts``, the nearest, or says of it though that denies it; the others, and sentences
    ``around`` that are less near, may say it too.
    """
    ours, near = said(claim, analyzer), said(texts[0], analyzer)
    theirs = [near, *(said(text, analyzer) for text in texts[1:])]
    if found := _opposed(ours, theirs):
        return found
    plain = frozenset().union(*(each.plain for each in theirs))
    denied = frozenset().union(*(each.denied for each in theirs))
    if ours.cues and not _SINCE_EVER.search(claim):
        wider = [*theirs, *(said(text, analyzer) for text in around)]
        softly = frozenset().union(*(each.softly for each in theirs)) - ours.terms
        wrong = (ours.denied & near.plain) - denied - ours.plain
        as_well = near.cues or any(each.cues and (each.denied & ours.denied or len(each.terms) <= _SHORT) for each in theirs)
        if wrong and not as_well and not softly & near.softly:
            return Denial(ours.cues[0], "")
        if not any(each.cues for each in wider) and not softly:
            return Denial(ours.cues[0], "")
    if not ours.cues and not ours.softly:
        wrong = (ours.plain & near.denied) - plain
        if wrong and near.cues:
            return Denial("", near.cues[0])
    return None


def _opposed(ours: Said, theirs: Iterable[Said]) -> Denial | None:
    """A word of the claim, the opposite of which the texts have, and not the word itself."""
    texts = list(theirs)
    near = texts[0]
    everything = frozenset().union(*(each.terms for each in texts))
    for term in sorted(ours.plain):
        for other in sorted(_opposites().get(term, ())):
            if other in near.plain and other not in ours.terms and term not in everything:
                return Denial(term, other)
    return None
