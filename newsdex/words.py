"""Index terms: words in lower case, without accents, stemmed by language.

Names and numbers are kept: ``1,300`` is one term, and ``COVID-19``, with any hyphen, is found as ``COVID 19`` and as ``COVID19``. Acronyms
that would be stop words in lower case have an extra term: ``US`` and ``U.S.`` are ``us`` and ``US``. Scripts without spaces (Chinese,
Japanese, Korean, Thai and others) are cut into overlapping pairs of characters, as is usual without a dictionary (Manning, Raghavan and
Schuetze 2008, Introduction to Information Retrieval, 2.2.1). Stems are those of Snowball (https://snowballstem.org).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from functools import cache
from typing import NamedTuple

import Stemmer

from newsdex.records import UNREAD, has_markup

DEFAULT_LANGUAGE = "en"
# Acronyms that are stop words of some language in lower case.
ACRONYMS = frozenset({"AI", "DA", "ERA", "IT", "LA", "UN", "US", "WHO"})
WORD_NUMBERS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|"
    "hundreds?|thousands?|millions?|billions?|half|third|quarter|twice|once|none"
)
# A pattern for a number in figures or in English words. The boundary comes first: at most characters of a text, the search ends there.
NUMBER = rf"\b(?:(?<!\.)\d[\d.,]*|(?:{WORD_NUMBERS})\b)"
LONGEST = 64  # characters; longer strings are cut
_REMEMBERED = 100_000  # words cached, about 15 MB

# ISO 639-1 codes of the languages that Snowball has a stemmer for.
_STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english", "eo": "esperanto",
    "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch",
    "nn": "norwegian", "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip

# Thai, Lao, Tibetan, Myanmar, Khmer; kana, ideographs, Hangul.
DENSE = (
    "\u0e00-\u109f\u1780-\u17d3\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003ffff"
)
# Parts of words that \\w excludes: combining marks (Latin, Hebrew, Arabic, Indic), joiners, soft hyphens.
MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u0670\u06d6-\u06ed\u0900-\u0963\u0971-\u0dff\u200c\u200d\u00ad"
# In a word the same as "-"; between thousands, spaces at which no line ends: "49 312" is also found as 49,312; within words, where one may.
_HYPHENS, _APART, _UNBROKEN = "\u2010\u2011", "\u00a0\u2009\u202f", "\u200b"
_JOINING = str.maketrans(dict.fromkeys(_HYPHENS + _APART, "-"))
# An earlier newsdex ended words at all of these.
ONCE_SPACES = str.maketrans(dict.fromkeys(_HYPHENS + _APART + _UNBROKEN, " "))
# A number, an acronym with full stops, or a word; its first character comes before the choice, for which a text is searched fastest.
_ASCII_TOKEN = re.compile(
    r"[A-Za-z0-9](?:\.(?<=[A-Za-z]\.)(?:[A-Za-z]\.)+|(?<=\d)\d*(?:[.,]\d+)+(?![A-Za-z0-9])|[A-Za-z0-9]*(?:['-][A-Za-z0-9]+)*)"
)
# Typewriter and typographic apostrophes, which are one: "O'Neal".
APOSTROPHES = "'\u2019\u02bc\uff07"
# What is read like an ASCII character: no part of a word, or an apostrophe.
_TYPOGRAPHIC = (*((mark, " ") for mark in "\u2018\u201c\u201d\u201e\u2013\u2014\u2026\u2022\u25a0\u00a3\u20ac"), ("\u2019", "'"))
_PART = re.compile("[^-]+")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+|\d{1,3}(?:\.\d{3})+")
# Elided articles and pronouns in French, Italian and Catalan.
_ELISION = "(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|all|dall|dell|nell|sull|un)['\u2019](?=..)"


# Compiled on first use: few questions need them, and the classes of all scripts take milliseconds.
elided = cache(lambda: re.compile(_ELISION, re.IGNORECASE))
# Text of European alphabets and symbols, without DENSE and MARKS; its tokens; those of any text.
plain = cache(lambda: re.compile("[\0-\u00ac\u00ae-\u02ff\u0370-\u0590\u2000-\u200b\u200e-\u3004]*"))
_groups = rf"(?:[{_APART}]\d{{3}})+(?![^\W_]|[.,{_APART}]\d)"
_joint = rf"['\u2019{_HYPHENS}{_UNBROKEN}-]"
plain_token = cache(
    lambda: re.compile(
        r"[^\W_](?:\.(?<=[^\W\d_]\.)(?:[^\W\d_]\.)+|(?<=\d)\d*(?:[.,]\d+)+(?![^\W_])"
        rf"|(?<=\d)\d{{0,2}}{_groups}|[^\W_]*(?:{_joint}[^\W_]+)*)"
    )
)
_letters = rf"(?:(?![{DENSE}])[^\W_]|[{MARKS}])+"
any_token = cache(
    lambda: re.compile(rf"\d+(?:[.,]\d+)+(?![^\W_])|\d{{1,3}}{_groups}|(?:[^\W\d_]\.){{2,}}|[{DENSE}]+|{_letters}(?:{_joint}{_letters})*")
)
dense = cache(lambda: re.compile(f"[{DENSE}]"))
_dropped = cache(lambda: re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u00ad\u200c\u200d'\u2019]"))
_MARKS = ("*", "_", "#", "---", "===", "- -")  # that newsdex.emphasis may find


class Word(NamedTuple):
    """A word of a text: its place and its terms."""

    start: int
    end: int
    terms: tuple[str, ...]


class Analyzer:
    """Cuts text of one language into terms; recent words are cached."""

    def __init__(self, language: str = "") -> None:
        """``language``: an ISO 639-1 code, "" for English. Words of a language without a stemmer stay whole."""
        name = _STEMMERS.get(language or DEFAULT_LANGUAGE)
        self._stemmer = Stemmer.Stemmer(name, 0) if name else None  # without its own cache
        self._terms: dict[str, tuple[str, ...]] = {}

    def words(self, text: str) -> Iterator[Word]:
        """Yield the words of ``text`` in order, with their places; in a script without spaces, each pair of characters."""
        known, (pattern, text) = self._terms, _tokens(text)
        for found in pattern.finditer(text):
            token, offset = found[0], found.start()
            if token.isascii() and token.isalpha():
                yield Word(offset, found.end(), known[token] if token in known else self._terms_of(token))
            else:
                for start, end, terms in self._words(token):
                    yield Word(offset + start, offset + end, terms)

    def places(self, text: str, wanted: AbstractSet[str]) -> Iterator[tuple[int, int]]:
        """Yield the places in ``text`` of words with one of the ``wanted`` terms, in order."""
        (pattern, text), terms, known = _tokens(text), self._terms, {}
        tokens = pattern.findall(text)
        for token in set(tokens):  # most words of a passage are not wanted
            if not wanted.isdisjoint(terms[token] if token in terms else self._terms_of(token)):
                known[token] = [word for word in self._words(token) if not wanted.isdisjoint(word.terms)]
        end = 0
        for token in tokens if known else ():
            start = text.find(token, end)  # text between two tokens cannot contain one
            end = start + len(token)
            for word in known.get(token, ()):
                yield start + word.start, start + word.end

    def terms(self, text: str) -> list[str]:
        """Return the terms of ``text``, which may be ``unlinked``, as often as they occur."""
        terms: list[str] = []
        known, (pattern, text) = self._terms, _tokens(text.replace(UNREAD, ""))
        for token in pattern.findall(text):
            terms += known[token] if token in known else self._terms_of(token)
        return terms

    def terms_of_words(self, words: Iterable[str]) -> set[str]:
        """Return the terms of ``words`` of letters in lower case, some with 's, in a tenth of the time that ``terms`` takes for each."""
        stems = unicodedata.normalize("NFKC", "\n".join(words)).casefold().split("\n")
        if self._stemmer:
            stems = self._stemmer.stemWords(stems)
        return set(unicodedata.normalize("NFC", _dropped().sub("", unicodedata.normalize("NFD", "\n".join(stems)))).split("\n"))

    def _terms_of(self, token: str) -> tuple[str, ...]:
        if token.isascii() and token.isalpha():  # most words: as in _words, but three times as fast
            terms = self._forms(token)
        else:
            terms = tuple(term for word in self._words(token) for term in word.terms)
        if len(self._terms) >= _REMEMBERED:
            self._terms.clear()
        self._terms[token] = terms  # only strings, which the garbage collector skips
        return terms

    def _words(self, token: str) -> Iterator[Word]:
        if token[0] >= DENSE[0] and dense().match(token):
            for first in range(max(1, len(token) - 1)):
                pair = token[first : first + 2]
                yield Word(first, first + len(pair), (unicodedata.normalize("NFKC", pair),))
        elif token[0].isdigit() and "-" not in token and any(mark in token for mark in ".,"):
            mark = "" if _THOUSANDS.fullmatch(token) else "."
            yield Word(0, len(token), (token.replace(",", mark).replace(".", mark),))
        elif token[1:2] == "." and token[-1] == ".":
            letters = unicodedata.normalize("NFKC", token).replace(".", "")
            yield Word(0, len(token), (letters.casefold(), letters) if letters in ACRONYMS else (letters.casefold(),))
        else:
            whole = token if token.isascii() else token.translate(_JOINING)
            parts = [Word(m.start(), m.end(), self._forms(m[0])) for m in _PART.finditer(whole)]
            if len(parts) > 1 and any(c.isdigit() for c in token):  # COVID-19, F-16, 49 312
                joined = "".join(word.terms[0] for word in parts)
                parts[-1] = parts[-1]._replace(terms=(*parts[-1].terms, joined[:LONGEST]))
            yield from parts

    def _forms(self, word: str) -> tuple[str, ...]:
        return (self._term(word), word) if word in ACRONYMS else (self._term(word),)

    def _term(self, word: str) -> str:
        if not word.isascii():
            word = unicodedata.normalize("NFKC", word).replace(_UNBROKEN, "")
        word = word.casefold()
        if "'" in word or "\u2019" in word:
            word = elided().sub("", word).replace("\u2019", "'")
        word = word[:LONGEST]
        if self._stemmer:
            word = self._stemmer.stemWord(word)
        bare = (
            word.replace("'", "")
            if word.isascii()
            else unicodedata.normalize("NFC", _dropped().sub("", unicodedata.normalize("NFD", word)))
        )
        return bare or word


def without_elision(word: str) -> str:
    """Return ``word`` without an elided article or pronoun."""
    return elided().sub("", word) if "'" in word or "\u2019" in word else word


def is_pair(term: str) -> bool:
    """Return whether ``term`` is a pair of characters of a script without spaces."""
    return term[:1] >= DENSE[0] and dense().match(term) is not None


def unlinked(text: str, *, links_only: bool = False) -> str:
    """Return ``text`` with UNREAD for each character that is not read, except line ends: images, unless they are described in prose,
    addresses, the brackets around labels, tags and templates, and marks of quotes. With ``links_only``, as it was before CUTTING 8.

    >>> unlinked("The [pier](/p) of ![](a.jpg)Sorrel").replace(UNREAD, "_")
    'The _pier_____ of _________ Sorrel'
    """
    if not has_markup(text):
        return text
    from newsdex.markdown import read_of  # which few texts need

    return read_of(text, links_only=links_only).text


def as_read(text: str) -> str:
    """Return what is read of ``text``.

    >>> as_read("Boats leave from the [old pier](https://example.org/pier).")
    'Boats leave from the old pier.'
    """
    read = unlinked(text)
    return text if read is text else read.replace(UNREAD, "")


def shown(text: str) -> str:
    """Return ``text`` as ``unlinked`` does, with UNREAD for marks of headings, rules and emphasis as well: as people see it."""
    read = unlinked(text)
    if not any(mark in read for mark in _MARKS):
        return read
    from newsdex.emphasis import without_marks  # which few texts need

    return without_marks(read)


def _tokens(text: str) -> tuple[re.Pattern[str], str]:
    """Return the pattern of the tokens of ``text``, and the text to search, of the same length."""
    if not text.isascii():
        # Most texts have no other characters that are not ASCII, whose pattern takes half the time.
        for mark, same in _TYPOGRAPHIC:
            text = text.replace(mark, same)
    if text.isascii():
        return _ASCII_TOKEN, text
    return plain_token() if plain().fullmatch(text) else any_token(), text
