"""Stop words of questions by language: articles, pronouns, prepositions, auxiliaries, question words.

Words that are a stop word in one language and carry meaning in another (German "war", French "car") are left out. Rare words weigh more
than frequent ones anyway; these lists are for small archives, where even "what" may be rare.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise

_ENGLISH = """
a about after again all also am an and any are as at be because been before being between both but by can could did do does doing during
each few for from further had has have having he her here hers herself him himself his how i if in into is it its itself just me more most
my myself no nor not of off on or other our ours ourselves out over own same she should so some such than that the their theirs them
themselves then there these they this those through to too under until up us very was we were what when where which while who whom whose why
v versus vs will with would you your yours yourself yourselves tell say said says happened happen i'm i've i'll i'd
"""
# With any apostrophe or none: "why didnt it".
_CONTRACTIONS = """
aren't can't couldn't didn't doesn't don't hadn't hasn't haven't isn't shouldn't wasn't weren't won't wouldn't how's it's that's there's
they're we're what's when's where's who's why's you're
"""
_ENGLISH += "".join(_CONTRACTIONS.replace("'", mark) for mark in ("'", "\u2019", ""))
_GERMAN = """
aber alle als am an auch auf aus bei beim bin bis bist da damit dann das dass dein dem den denn der des dessen deren dich die dir doch dort
du durch ein eine einem einen einer eines er es etwas euch euer für gegen haben hat hatte hatten hier ich ihm ihn ihnen ihr ihre ihrem ihren
ihrer im in ins ist jede jedem jeden jeder jedes kann kein keine keinen keiner können man mein mich mir mit nach nicht noch nur ob oder ohne
schon sehr sein seine seinem seinen seiner sich sie sind so soll sollte um und uns unser unter viel viele vom von vor wann war warum was
weil welche welchem welchen welcher welches wem wen wenn wer werden wessen wie wieso wieviel wieviele wird wo wodurch woher wohin womit
heisst wurde wurden während zu zum zur zwischen über fuer ueber koennen passiert geschah geschehen
"""
_SPANISH = """
a al algo alguna algunas alguno algunos ante antes aquel aquella aquellos así aunque bajo cada como cómo con contra cual cuál cuales cuáles
cuando cuándo cuanta cuánta cuantas cuántas cuanto cuánto cuantos cuántos de del desde donde dónde durante e el él ella ellas ellos en entre
era eran es esa esas ese eso esos esta está están estas este esto estos fue fueron ha había han hasta hay la las le les lo los más me mi mis
muy ni nos nosotros o para pero por porque porqué qué que quien quién quienes quiénes se según ser si sí sido sino sobre su sus también tan
te tiene tienen tu un una unas uno unos y ya
"""
_FRENCH = """
a à au aucun aucune aussi autre aux avait avant avec ayant beaucoup ce ceci cela celle celles celui ces cet cette ceux chaque chez combien
comment dans de depuis des dont du elle elles en entre est et étaient était été être eux il ils je la laquelle le lequel les lesquelles
lesquels leur leurs lors lui mais même mes moi mon ne nos notre nous on ont où ou par parmi pas pendant plus pourquoi quand que quel quelle
quelles quels qui quoi sa sans se selon ses si sont sous t ta te tes toi tous tout toute toutes très tu un une vers vos votre vous y
"""
_ITALIAN = """
a agli ai al alla alle allo anche cui chi che ci con cosa da dagli dai dal dalla dalle degli dei del della delle dello di e è era erano gli
ha hanno i il in io la le lei loro lo lui ma nei nel nella nelle non o perché più qual quale quali quando quanta quante quanti quanto questa
queste questi questo quella quelle quello sono su sua sue sui sul sulla suo suoi tra un una uno
"""
_PORTUGUESE = """
a ao aos às até com como da das de dela dele deles do dos e ela elas ele eles em entre era essa esse esta está estão este eu foi foram há
isso isto já lhe mais mas meu minha na não nas nem no nos nós o onde os ou para pela pelas pelo pelos por porque qual quais quando quanta
quantas quanto quantos que quem são se sem ser seu seus sua suas também tem têm um uma você
"""
_DUTCH = """
aan als bij dat de deze die dit door een en er had hadden heb hebben heeft hem het hij hoe hoeveel hun ik in is je kan maar met naar niet
nog of om onder ook op over te tegen tot uit van voor waar waarom wanneer waren was wat welk welke werd werden wie wij worden wordt ze zich
zij zijn
"""


def words_in(*lines: str) -> frozenset[str]:
    """Return the space-separated words of ``lines``."""
    return frozenset(" ".join(lines).split())


_OF = {
    language: words_in(words)
    for language, words in {
        "en": _ENGLISH, "de": _GERMAN, "es": _SPANISH, "fr": _FRENCH, "it": _ITALIAN, "pt": _PORTUGUESE, "nl": _DUTCH
    }.items()
}  # fmt: skip
# Words that carry meaning in another language, so they are stop words only in a question of their own.
_TWO_FACED = words_in("bin comment con die door era han hat hay hun ins man met non par plus pour sue tan te tot un van war wie")
STOPWORDS = frozenset().union(*_OF.values()) - _TWO_FACED
_TELLING = {language: little - _TWO_FACED for language, little in _OF.items()}
# Stop words of a language that identify it; a name may have one ("Los Angeles") or these two.
_SURE = 2


def _by_word(words: Mapping[str, str]) -> dict[str, str]:
    """The language of each of the space-separated ``words`` of languages."""
    return {word: language for language, listed in words.items() for word in listed.split()}


# Question words of one language alone. At the beginning one of them tells it: "Warum streikt ...".
_ASKING = _by_word(
    {
        "de": "wann warum wieso weshalb wieviel wieviele woher wohin",
        "es": "quién quiénes cuándo cuánto cuánta cuántos cuántas dónde cómo cuál cuáles",
        "fr": "pourquoi où",
        "it": "perché",
        "pt": "quantos quantas porquê",
        "nl": "waarom wanneer hoeveel",
    }
)
# Those that are also names or words of another language tell it only before a question mark: "Wem mayor arrested", "Dove hunting".
_ASKING_WITH_A_MARK = _by_word(
    {
        "de": "wer wen wem wo welche welchem welchen welcher welches",
        "es": "quien cuando cuanto cuantos donde",
        "fr": "combien quand quel quelle quels quelles",
        "it": "dove quanti quante",
        "pt": "quem onde",
    }
)
# Question words of several languages, at the beginning: the other words tell which it is, also those that mean something elsewhere.
_ASKING_IN_SEVERAL = words_in("wie was chi quando como che que qui", *_ASKING_WITH_A_MARK)
_IN_NAME = re.compile(r"(^|\b[A-Z]\w* )(?:[Vv]on [Dd]er|[Dd]e [Ll](?:a|as|os)) (?=[A-Z])")
_WORD = re.compile(r"[^\W\d_]+")
# Words that are a part of the question word before them: "what time", "which year".
_BEFORE_TIMES = ("what", "which")
_TIMES = words_in("time day date year month")
# Words of a question for "what" that ask for what a report tells: "what did the council decide".
_WHAT = words_in("what was qu\u00e9 que qu che cosa")
_DECIDING = words_in(
    "decide decided beschloss beschlossen entschied entschieden decidi\u00f3 decidieron decidido d\u00e9cide d\u00e9cid\u00e9 deciso"
)


@lru_cache(maxsize=512)  # each question is asked for several times, some hundreds of standing ones together
def language_of(question: str) -> str:
    r"""Return the ISO 639-1 code of the language with most stop words in ``question``; a question word of one language alone at the
    beginning counts twice, and behind one of several count words that mean something elsewhere, too.

    Without enough of them, "und" if there are letters outside English, else "".

    >>> [language_of(each) for each in ("Wer traf die Minister in Genf?", "who met the ministers", "inflation", "\u90e8\u957f")]
    ['de', 'en', '', 'und']
    >>> [language_of(each) for each in ("Ursula von der Leyen speech", "Ursula von der Leyen in der Ukraine")]
    ['', 'de']
    """
    found = _WORD.findall(_IN_NAME.sub(r"\1", question).casefold())
    words, first = set(found), found[0] if len(found) > _SURE else ""
    asked = _ASKING.get(first) or (_ASKING_WITH_A_MARK.get(first) if "?" in question else None)
    counts = {language: len(words & little) + (language == asked) for language, little in _TELLING.items()}
    most = max(counts.values())
    if most < _SURE and first in _ASKING_IN_SEVERAL:
        all_words = {language: len(words & little) for language, little in _OF.items() if first in little}
        best = max(all_words.values(), default=0)
        if [*all_words.values()].count(best) == 1:
            counts, most = all_words, best
    if most >= _SURE:
        return "en" if counts.get("en") == most else next(language for language, count in counts.items() if count == most)
    return "" if all(word.isascii() for word in words) else "und"


def little_words(question: str, languages: Iterable[str] = ("",)) -> frozenset[str]:
    """Return the stop words that ``question`` may have: those of English, of its own language and of the archive's ``languages``, in which
    "" stands for any. In an English archive "waren" and "los" are no stop words, but Warren misspelt and a part of Los Angeles; in a German
    one "war" and "man" are, whatever they are elsewhere. "Year" of "what year" is one, as reports have the year in its place.
    """
    words = _WORD.findall(question.casefold())
    asked = {word for before, word in pairwise(words) if before in _BEFORE_TIMES and word in _TIMES}
    if not _WHAT.isdisjoint(words[:1]):
        asked |= _DECIDING.intersection(words)
    return _little(frozenset(languages), language_of(question)) | asked


@lru_cache(maxsize=64)
def _little(spoken: frozenset[str], own: str) -> frozenset[str]:
    found = STOPWORDS if "" in spoken else frozenset().union(*map(stop_words, {"en", *spoken})) - _TWO_FACED
    everywhere = frozenset.intersection(*map(stop_words, spoken)) if spoken else frozenset()
    return found | everywhere | stop_words(own)


def stop_words(language: str) -> frozenset[str]:
    """Return the stop words of ``language``, an ISO 639-1 code; none of one that is not known."""
    return _OF.get(language, frozenset())
