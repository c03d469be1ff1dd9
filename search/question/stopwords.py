"""Stop words of questions by language: articles, pronouns, prepositions, auxiliaries, question words.

Words that are a stop word in one language and carry meaning in another (German "war", French "car") are left out. Rare words weigh more
than frequent ones anyway; these lists are for small archives, where even "what" may be rare.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from newsdex.search.languages import LISTS


def words_in(*lines: str) -> frozenset[str]:
    """Return the space-separated words of ``lines``."""
    return frozenset(" ".join(lines).split())


_OF = {language: words_in(words["words"]) for language, words in LISTS.kinds("stop ").items()}
# With any apostrophe or none: "why didnt it"
_OF["en"] |= {word.replace("'", mark) for word in LISTS.words("contractions") for mark in ("'", "\u2019", "")}
# Words that carry meaning in another language, so they are stop words only in a question of their own.
_TWO_FACED = words_in("bin comment con die door era han hat hay hun ins man met non par plus pour pro sue tan te tot un van war wie")
STOPWORDS = frozenset().union(*_OF.values()) - _TWO_FACED
_TELLING = {language: little - _TWO_FACED for language, little in _OF.items()}
# Stop words of a language that identify it; a name may have one ("Los Angeles") or these two.
_SURE = 2

# Question words of one language alone. At the beginning one of them tells it: "Warum streikt ...".
_ASKING = LISTS.languages_of("tells language")
# Those that are also names or words of another language tell it only before a question mark: "Wem mayor arrested", "Dove hunting".
_ASKING_WITH_A_MARK = LISTS.languages_of("tells language with mark")
# Question words of several languages, at the beginning: the other words tell which it is, also those that mean something elsewhere.
_ASKING_IN_SEVERAL = words_in("wie was chi quando como che que qui", *_ASKING_WITH_A_MARK)
_IN_NAME = re.compile(r"(^|\b[A-Z]\w* )(?:[Vv]on [Dd]er|[Dd]e [Ll](?:a|as|os)) (?=[A-Z])")
_WORD = re.compile(r"[^\W\d_]+")
# Words that are a part of the question word before them: "what time", "how long".
_WITH = {first: frozenset(others) for first, *others in map(str.split, LISTS.phrases("after question word"))}
# Words of a question for "what" that ask for what a report tells: "what did the council decide".
_WHAT, _DECIDING = LISTS.words("asks what"), LISTS.words("deciding")


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
    one "war" and "man" are, whatever they are elsewhere. "Year" of "what year" and "long" of "how long" are: reports have the answer there.
    """
    words = _WORD.findall(question.casefold())
    asked = {word for before, word in pairwise(words) if word in _WITH.get(before, ())}
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
