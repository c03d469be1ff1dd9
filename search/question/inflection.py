"""Other forms of a word that stemming misses: irregular verbs and nouns in English, British and American spelling, and in German strong
verbs and nouns that end in s.

Articles keep the stems of their own words; the question is expanded. Nouns of verbs ("death") and demonyms ("Swedish") were tried too:
passages with both words counted twice, and two of 253 everyday queries lost their article.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from newsdex.words import DEFAULT_LANGUAGE, Analyzer

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
# German forms that are no English words: "bat" and "lag" are.
_GERMAN = """
beginnen begann begonnen beginnt, beschließen beschloss beschlossen beschließt, bleiben blieb geblieben bleibt, brechen brach gebrochen
bricht, bringen brachte gebracht bringt, entscheiden entschied entschieden entscheidet, ertrinken ertrank ertrunken ertrinkt, fliegen flog
geflogen fliegt, fliehen floh geflohen flieht, gewinnen gewann gewonnen gewinnt, helfen half geholfen hilft, kommen kam gekommen kommt,
laufen lief gelaufen läuft, nehmen nahm genommen nimmt, schießen schoss geschossen schießt, schlagen schlug geschlagen schlägt, schließen
schloss geschlossen schließt, schreiben schrieb geschrieben schreibt, sprechen sprach gesprochen spricht, steigen stieg gestiegen steigt,
sterben starb gestorben stirbt, tragen trug getragen trägt, treffen traf getroffen trifft, treten trat getreten tritt, verbieten verbot
verboten verbietet, verlassen verließ verlässt, verlieren verlor verloren verliert, verschwinden verschwand verschwunden verschwindet,
wachsen wuchs gewachsen wächst, werfen warf geworfen wirft, ziehen zog gezogen zieht, zurücktreten zurückgetreten, zwingen zwang gezwungen
zwingt
"""
# The stemmer takes the s of these and of their compounds for an ending, but not in "Zinse" and "Zinsen". Not a rule for every word in s:
# "nurse" would be found as "nur".
_GERMAN_IN_S = ("zins", "kurs", "puls", "hals", "fels", "krebs", "fuchs", "lachs", "luchs", "dachs", "keks", "konsens", "schnaps")
_OF = {DEFAULT_LANGUAGE: _GROUPS, "de": _GERMAN}
_BRITISH = re.compile(r"(.{3,})is(e[ds]?|ing|ations?)|(.{2,})our(s|ed|ing|able)?")
_AMERICAN = re.compile(r"(.{3,})iz(e[ds]?|ing|ations?)|(.{2,})or(s|ed|ing|able)?")


@cache
def _analyzer(language: str) -> Analyzer:
    return Analyzer(language)


@cache
def _groups(language: str = DEFAULT_LANGUAGE) -> dict[str, list[str]]:
    groups = [group.split() for group in _OF.get(language, "").split(",")]
    return {_analyzer(language).terms(word)[0]: group for group in groups for word in group}


def other_forms(word: str, language: str = DEFAULT_LANGUAGE) -> tuple[str, ...]:
    """Return the other forms of ``word`` in lower case; some are not words. None in a language without a list.

    >>> other_forms("meets"), other_forms("Labour"), other_forms("ferry"), other_forms("traf", "de"), other_forms("Leitzinsen", "de")
    (('met',), ('labor',), (), ('treffen', 'getroffen', 'trifft'), ('leitzins',))
    """
    word = word.casefold()
    own = _analyzer(language).terms(word)[:1]
    listed = [*_groups(language).get("".join(own), ()), *(_in_s(word) if language == "de" else ())]
    found = [other for other in listed if _analyzer(language).terms(other) != own]
    if language != DEFAULT_LANGUAGE:
        return tuple(found)
    if british := _BRITISH.fullmatch(word):
        found.append(f"{british[1]}iz{british[2]}" if british[1] else f"{british[3]}or{british[4] or ''}")
    elif american := _AMERICAN.fullmatch(word):
        found.append(f"{american[1]}is{american[2]}" if american[1] else f"{american[3]}our{american[4] or ''}")
    return tuple(found)


def _in_s(word: str) -> Sequence[str]:
    """Return both stems of a German noun that ends in s, as words."""
    bases = (word.removesuffix(ending) for ending in ("en", "es", "e", ""))
    return next(((base, f"{base}e") for base in bases if base.endswith(_GERMAN_IN_S)), ())


def base_form(word: str) -> str:
    """The form of an irregular verb or noun, in small letters, that it begins with: "break" for "broke"; empty for a regular word."""
    group = _groups().get("".join(_analyzer(DEFAULT_LANGUAGE).terms(word)[:1]))
    return group[0] if group else ""
