"""Other forms of an English word that stemming misses: irregular verbs and nouns, and British and American spelling.

Articles keep the stems of their own words; the question is expanded. Nouns of verbs ("death") and demonyms ("Swedish") were tried too:
passages with both words counted twice, and two of 253 everyday queries lost their article.
"""

from __future__ import annotations

import re
from functools import cache

from newsdex.words import Analyzer

# Comma-separated groups. Forms with another frequent meaning in news are left out: "left", "found", "saw", "fed".
_GROUPS = """
arise arose arisen, beat beaten, become became, begin began begun, bite bitten, bleed bled, blow blew blown, break broke broken, bring
brought, build built, buy bought, catch caught, choose chose chosen, come came, deal dealt, dig dug, draw drew drawn, drink drank drunk,
drive drove driven, eat ate eaten, fall fell fallen, feel felt, fight fought, flee fled, fly flew flown, forbid forbade forbidden, forget
forgot forgotten, freeze froze frozen, give gave given, go went gone, grow grew grown, hang hung, hear heard, hide hid hidden, hold held,
keep kept, know knew known, lead led, lend lent, lose lost, mean meant, meet met, pay paid, ride rode ridden, rise rose risen, run ran,
seek sought, sell sold, send sent, shake shook shaken, shoot shot, shrink shrank shrunk, sing sang sung, sink sank sunk, sit sat, sleep
slept, speak spoke spoken, spend spent, stand stood, steal stole stolen, stick stuck, strike struck, swear swore sworn, sweep swept, swim
swam swum, take took taken, teach taught, tear tore torn, think thought, throw threw thrown, wake woke, wear wore worn, win won, withdraw
withdrew withdrawn, write wrote written, undergo underwent, overthrow overthrew overthrown, child children, man men, woman women, foot
feet, tooth teeth, mouse mice, wife wives, wolf wolves, knife knives, thief thieves, crisis crises, center centre, theater theatre, fiber
fibre, defense defence, offense offence, license licence, program programme, gray grey, jail gaol
"""
_BRITISH = re.compile(r"(.{3,})is(e[ds]?|ing|ations?)|(.{2,})our(s|ed|ing|able)?")
_AMERICAN = re.compile(r"(.{3,})iz(e[ds]?|ing|ations?)|(.{2,})or(s|ed|ing|able)?")


@cache
def _english() -> Analyzer:
    return Analyzer("en")


@cache
def _groups() -> dict[str, list[str]]:
    """Map the stem of each word to its group."""
    groups = [group.split() for group in _GROUPS.split(",")]
    return {_english().terms(word)[0]: group for group in groups for word in group}


def other_forms(word: str) -> tuple[str, ...]:
    """Return the other forms of ``word`` in lower case; some are not words.

    >>> other_forms("meets"), other_forms("Labour"), other_forms("ferry")
    (('met',), ('labor',), ())
    """
    word = word.casefold()
    own = _english().terms(word)[:1]
    found = [other for other in _groups().get("".join(own), ()) if _english().terms(other) != own]
    if british := _BRITISH.fullmatch(word):
        found.append(f"{british[1]}iz{british[2]}" if british[1] else f"{british[3]}or{british[4] or ''}")
    elif american := _AMERICAN.fullmatch(word):
        found.append(f"{american[1]}is{american[2]}" if american[1] else f"{american[3]}our{american[4] or ''}")
    return tuple(found)


def base_form(word: str) -> str:
    """The form of an irregular verb or noun, in small letters, that it begins with: "break" for "broke"; empty for a regular word."""
    group = _groups().get("".join(_english().terms(word)[:1]))
    return group[0] if group else ""
