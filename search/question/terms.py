"""The words of a question, each as the terms by which articles in each language have it.

Articles keep the stems of their own words; the question is expanded by other forms of its words that stemming misses: irregular verbs and
nouns, British and American spelling, and German nouns that end in s (lists/en.txt and de.txt). Nouns of verbs ("death") and demonyms
("Swedish") were tried too: passages with both words counted twice, and two of 253 everyday queries lost their article.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache

from newsdex.search.languages import LISTS
from newsdex.search.question.stopwords import STOPWORDS, language_of, little_words, stop_words
from newsdex.store.snapshot import Snapshot
from newsdex.store.vocabulary import SHORTEST
from newsdex.words import ACRONYMS, DEFAULT_LANGUAGE, Analyzer, without_elision

MOST_WORDS = 256  # of a question that are looked up; a longer one is a text, whose first words say what it is about
MOST_TEXT = 4_000  # characters of a question in which they are looked for, as many as a server takes
# The least length of a stem that is found in any language; a shorter one is often that of another word.
_TELLING_STEM = 5
_BRITISH = re.compile(r"(.{3,})is(e[ds]?|ing|ations?)|(.{2,})our(s|ed|ing|able)?")
_AMERICAN = re.compile(r"(.{3,})iz(e[ds]?|ing|ations?)|(.{2,})or(s|ed|ing|able)?")

# The languages in which a term counts, for those terms that do not in all.
TermLanguages = Mapping[str, frozenset[str]]


def words_of(question: str, languages: Iterable[str], is_written: Callable[[str], bool] | None = None) -> list[tuple[str, ...]]:
    """The distinct telling words of ``question``, by terms in ``languages``; none if all are little. ``is_written``: as in texts_of."""
    return list(telling_texts(question, languages, is_written))[:MOST_WORDS]


def telling_texts(question: str, languages: Iterable[str], is_written: Callable[[str], bool] | None = None) -> dict[tuple[str, ...], str]:
    """What ``texts_of`` has of the telling words of ``question``."""
    words, little = texts_of(question, languages, is_written), little_words(question, languages)
    return {
        terms: text for terms, text in words.items() if not ACRONYMS.isdisjoint(terms) or without_elision(text.casefold()) not in little
    }


def texts_of(question: str, languages: Iterable[str], is_written: Callable[[str], bool] | None = None) -> dict[tuple[str, ...], str]:
    """Every word of ``question`` by its terms in ``languages``, with those of its other forms there. An acronym has only its own term,
    unless all of the question is in capitals.

    A short stem in another language than the question's is left out for a word that no article contains: in Spanish, "Ramos" would be found
    as "ramas"; so is one that is a stop word there, such as "que" of "queen". ``is_written`` says whether one does; None keeps all stems.
    """
    shouted, own = is_shouted(question), language_of(question) or DEFAULT_LANGUAGE
    codes = codes_of(languages)
    words: dict[tuple[str, ...], str] = {}
    for variants in zip(*(analyzer(code).words(question) for code in codes), strict=True):
        text = question[variants[0].start : variants[0].end]
        kept = variants
        if is_written and len(codes) > 1 and any(_is_short(word.terms) for word in variants) and len({word.terms for word in variants}) > 1:
            mine = {word.terms for code, word in zip(codes, variants, strict=True) if code in (DEFAULT_LANGUAGE, own)}
            foreign = [(code, word) for code, word in zip(codes, variants, strict=True) if _is_short(word.terms) and word.terms not in mine]
            written = not foreign or is_written(without_elision(text))
            dropped = {word.terms for code, word in foreign if not written or word.terms[0] in stop_words(code)}
            kept = tuple(word for word in variants if word.terms not in dropped)
        terms = tuple(dict.fromkeys(term for word in kept for term in word.terms))
        acronyms = not ACRONYMS.isdisjoint(terms)
        if acronyms:
            terms = tuple(term for term in terms if (term in ACRONYMS) != shouted)
        if (shouted or not acronyms) and (others := [term for code in codes for term in terms_of_others(text, code)]):
            terms = tuple(dict.fromkeys((*terms, *others)))
        words.setdefault(terms, text)
    return words


def term_languages_in(text: str, languages: Iterable[str]) -> TermLanguages:
    """The languages in which the terms of ``text`` count, of an archive in ``languages``: those whose stemmer makes them of its words, if
    these are no stop words there. The Spanish stem of "Costa" is the English one of "cost".
    """
    codes = codes_of(languages)
    if len(codes) == 1:
        return {}
    terms = {code: _telling_terms(text, code) for code in codes}
    for code in codes:
        terms[code].update(*(terms_of_others(text[word.start : word.end], code) for word in analyzer(code).words(text)))
    found = {term: frozenset(code for code in codes if term in terms[code]) for term in set().union(*terms.values())}
    return {term: spoken for term, spoken in found.items() if len(spoken) < len(codes)}


def _telling_terms(text: str, language: str) -> set[str]:
    """The terms of the words of ``text`` that are no stop words of ``language``: "war" is one in German and none in English."""
    stop = stop_words(language)
    return {term for word in analyzer(language).words(text) if text[word.start : word.end].casefold() not in stop for term in word.terms}


def _is_short(terms: Sequence[str]) -> bool:
    return len(terms) == 1 and len(terms[0]) < _TELLING_STEM


def is_written(snapshot: Snapshot, word: str) -> bool:
    """Whether an article contains ``word`` as it is spelt, as far as it is known: a word of less than four letters may be anywhere."""
    vocabularies = [segment.vocabulary for segment in snapshot.segments]
    return len(word) < SHORTEST or any(vocabulary is None or vocabulary.has(word) for vocabulary in vocabularies)


def is_shouted(question: str) -> bool:
    """Whether all of ``question`` is in capitals, so that they tell nothing: its little words are, too."""
    return question.isupper() and any(word.casefold() in STOPWORDS and word not in ACRONYMS for word in question.split())


def languages_of(snapshot: Snapshot) -> set[str]:
    """The languages of the archive's articles; "" where one is not known."""
    return {language for segment in snapshot.segments for language in segment.languages}


def codes_of(languages: Iterable[str]) -> list[str]:
    """``languages``, with English for unknown ones, which is always among them and first."""
    return [DEFAULT_LANGUAGE, *sorted({*languages} - {"", DEFAULT_LANGUAGE})]


@lru_cache(maxsize=10_000)
def terms_of_others(word: str, language: str = DEFAULT_LANGUAGE) -> Sequence[str]:
    """The terms of the other forms of ``word`` in ``language``."""
    return [term for form in other_forms(word, language) for term in analyzer(language).terms(form)]


@cache
def _groups(language: str = DEFAULT_LANGUAGE) -> dict[str, list[str]]:
    groups = [group.split() for group in LISTS.entries(language, "other forms")]
    return {analyzer(language).terms(word)[0]: group for group in groups for word in group}


def other_forms(word: str, language: str = DEFAULT_LANGUAGE) -> tuple[str, ...]:
    """Return the other forms of ``word`` in lower case; some are not words. None in a language without a list.

    >>> other_forms("meets"), other_forms("Labour"), other_forms("ferry"), other_forms("traf", "de"), other_forms("Leitzinsen", "de")
    (('met',), ('labor',), (), ('treffen', 'getroffen', 'trifft'), ('leitzins',))
    """
    word = word.casefold()
    own = analyzer(language).terms(word)[:1]
    listed = [*_groups(language).get("".join(own), ()), *(_in_s(word) if language == "de" else ())]
    found = [other for other in listed if analyzer(language).terms(other) != own]
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
    return next(((base, f"{base}e") for base in bases if base.endswith(tuple(LISTS.words("nouns in s")))), ())


def base_form(word: str) -> str:
    """The form of an irregular verb or noun, in small letters, that it begins with: "break" for "broke"; empty for a regular word."""
    group = _groups().get("".join(analyzer(DEFAULT_LANGUAGE).terms(word)[:1]))
    return group[0] if group else ""


@lru_cache(maxsize=64)
def analyzer(language: str) -> Analyzer:
    """The analyzer of ``language``, for questions and for the passages that are shown."""
    return Analyzer(language)
