"""Names in a statement, by their capitals, and whether a text has them."""

# ruff: noqa: RUF001, SIM905 - quotation marks; lists of words

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import NamedTuple

from newsdex.records import Article
from newsdex.search.check.languages import LISTS
from newsdex.search.check.numbers import is_number
from newsdex.search.question.date_words import months_and_days
from newsdex.search.question.stopwords import STOPWORDS, words_in
from newsdex.store.vocabulary import without_accents
from newsdex.words import APOSTROPHES

_WORD = re.compile(rf"(?:[^\W\d_]\.){{2,8}}|[^\W_]+(?:[{APOSTROPHES}-][^\W_]+)*")
_APOSTROPHE = str.maketrans(dict.fromkeys(APOSTROPHES, "'"))
_STOP = re.compile(r"[.!?:;\"“”„«»(\n]")
PLACED = re.compile(r"\b(?:in|of|at|on|from|to|for|with|by|near) (?:the )?$", re.IGNORECASE)  # a name after these is not a subject
TITLES = words_in(
    "mr mrs ms dr sir lady lord president prime minister king queen pope general judge justice professor senator lieutenant colonel "
    "captain sergeant reverend lt col capt sgt rev"
)
_BEFORE_TITLE = re.compile(rf"\b(?:before|under|in|of|from|to|for|with|by) (?:{'|'.join(sorted(TITLES))})\.? $", re.IGNORECASE)
# Adjectives and other forms of a place that do not share its stem.
_FAMILIES = {word: n for n, words in enumerate(LISTS.entries("en", "places")) for word in words.split()}
_ALIKE = 4  # letters that a place and its demonym share
# Endings that may differ: Kenya and Kenyan, Italy and Italian.
_ENDINGS = frozenset(["", *"a y e o ey n an ian ese ish i ic s ns ans ians is ns iens ien isch ische ischen er".split()])
_POSSESSIVE = ("'s", "’s", "s'", "s’")
_LEAST = 2
_BESIDE = 40  # characters beside a name that are read


class Name(NamedTuple):
    """Adjacent capitalised words, folded, and their place. ``opens``: a single word that begins a sentence."""

    words: tuple[str, ...]
    start: int
    end: int
    opens: bool


@lru_cache(maxsize=4096)
def names(text: str) -> tuple[Name, ...]:
    """Return the names of ``text``, in order."""
    found: list[Name] = []
    ignored = STOPWORDS | months_and_days("en") | months_and_days("de") | TITLES
    run: list[re.Match[str]] = []
    last = 0
    for token in [*_WORD.finditer(text), None]:
        # "US" is also "us".
        goes_on = token is not None and _is_capital(token[0]) and (token[0] == "US" or fold(token[0]) not in ignored)
        # "Ukraine's GDP" is two names.
        if run and not (token and goes_on and text[last : token.start()] in (" ", "\n") and not run[-1][0].endswith(_POSSESSIVE)):
            found += _name(run, text)
            run = []
        if token and goes_on:
            run.append(token)
            last = token.end()
    return tuple(found)


@lru_cache(maxsize=4096)
def unplaced(text: str) -> tuple[Name, ...]:
    """Return the names of ``text`` that are neither behind a preposition nor behind such a name, "of Howard Beach, Queens"."""
    found, placed, end = [], False, -1
    for name in names(text):
        goes_on = placed and text[end : name.start] == ", "
        before = text[max(0, name.start - _BESIDE) : name.start]
        placed = goes_on or PLACED.search(before) is not None or _BEFORE_TITLE.search(before) is not None
        if not placed:
            found.append(name)
        # "In Velden, Ann Roe said"
        placed, end = placed and PLACED.match(text, 0, name.start) is None, name.end
    return tuple(found)


def _is_capital(word: str) -> bool:
    return word[0].isupper() or (word[0].isdigit() and word[-1] == "s" and word[1:2].isdigit() and not word.endswith("0s"))  # the 49ers


def _name(run: Sequence[re.Match[str]], text: str) -> Iterator[Name]:
    """Yield the name that a run of capitalised words is; none for a single number in words, "Seven"."""
    words = tuple(fold(token[0]) for token in run)
    single = len(run) == 1
    if single and is_number(words[0]) and not run[0][0].isupper():
        return
    before = text[: run[0].start()].rstrip(" *_¿¡")
    opens = single and (not before or (_STOP.match(before[-1]) is not None and not run[0][0].isupper()))
    yield Name(words, run[0].start(), run[-1].end(), opens)


def whole(article: Article) -> str:
    """Return the title and the text of ``article``."""
    return f"{article.title}\n{article.text}"


def upright(text: str) -> str:
    """Return ``text``, of the same length, with the apostrophes of a typewriter."""
    return text.translate(_APOSTROPHE)


def fold(word: str) -> str:
    """Return ``word`` without case, accents and possessive ending, and with the apostrophe of a typewriter."""
    return without_accents(re.sub("'s?$", "", upright(word)).rstrip(".").casefold())


@lru_cache(maxsize=4096)
def words_of(text: str) -> frozenset[str]:
    """Return the words of ``text``, and the parts of hyphenated ones, folded."""
    found = {fold(word) for word in _WORD.findall(text)}
    return frozenset(found | {part for word in found if "-" in word for part in word.split("-")})


def capitals_of(text: str) -> frozenset[str]:
    """Return the words of names in ``text``, folded, except those that only begin a sentence."""
    return frozenset(word for name in names(text) if not name.opens for word in name.words)


def has_name(text: str, name: Name, initials: AbstractSet[str] = frozenset()) -> bool:
    """Return whether ``text`` has the name: its words, its abbreviation, among ``initials``, or its last word with no other first name."""
    words = words_of(text)
    if all(_has(words, word) for word in name.words):
        return True
    if len(name.words) < _LEAST:
        return name.words[0] in initials
    short = "".join(word[0] for word in name.words)
    if short in words and re.search(rf"\b{re.escape(short.upper())}\b", text):  # not "63 th street" for Tom Hale
        return True
    return any(name.words[-1] in other.words and set(other.words) <= set(name.words) for other in names(text))


def _has(words: AbstractSet[str], word: str) -> bool:
    if word in words or (word in _FAMILIES and any(_FAMILIES.get(other) == _FAMILIES[word] for other in words)):
        return True
    return len(word) >= _ALIKE and any(_alike(word, other) for other in words)


def _alike(word: str, other: str) -> bool:
    common = next((n for n, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    return common >= _ALIKE and word[common:] in _ENDINGS and other[common:] in _ENDINGS


def shortened(claim: str, text: str) -> str:
    """Return the claim with its names as ``text`` repeats them, where that is by the first word: "Xi" for "Xi Jinping", not the last."""
    written = {name.words for name in names(text)}
    for name in reversed(names(claim)):
        first, last = name.words[:1], name.words[-1:]
        if first != last and name.words in written and first in written and last not in written:
            begins = {words for words in written if len(words) > 1 and words[0] == first[0]}
            if begins == {name.words}:
                claim = claim[: name.start] + claim[name.start : name.end].split(maxsplit=1)[0] + claim[name.end :]
    return claim


def initials_of(text: str) -> frozenset[str]:
    """Return the initials of the names of several words in ``text``."""
    return frozenset("".join(word[0] for word in name.words) for name in names(text) if len(name.words) >= _LEAST)


def has_initials(text: str, name: Name) -> bool:
    """Return whether consecutive words in ``text``, in any case, begin with the letters of a name that is an abbreviation."""
    return len(name.words) == 1 and name.words[0] in "".join(word[0] for word in _WORD.findall(text.casefold()))


def slots(text: str, name: Name) -> frozenset[tuple[str, ...]]:
    """Return the words beside the name: one on each side, two if a stop word is nearer. What is behind "of Velden" is of something else."""
    before = [word for each in _WORD.findall(text[max(0, name.start - _BESIDE) : name.start]) if (word := fold(each)) not in TITLES]
    behind = [fold(word) for word in _WORD.findall(text[name.end : name.end + _BESIDE])]
    found = set()
    if before:
        found.add(("before", *(before[-1:] if before[-1] not in STOPWORDS else before[-2:])))
    if behind and not PLACED.search(text[: name.start]):
        found.add(("behind", *(behind[:1] if behind[0] not in STOPWORDS else behind[:2])))
    return frozenset(each for each in found if any(word not in STOPWORDS for word in each[1:]))
