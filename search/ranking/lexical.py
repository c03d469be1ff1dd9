"""Passages and articles by the question's words: BM25, as a share of what a text could reach that holds all of them.

The share makes scores of different questions comparable: 1 would be a text about nothing else.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import ModelCard, Vectors, speaks
from newsdex.search.question.inflection import other_forms
from newsdex.search.question.stopwords import STOPWORDS, language_of, little_words
from newsdex.search.ranking.fusion import ACROSS, ACROSS_NAMES, BY_FOREIGN, BY_NAMES, BY_SPOKEN, Foreign
from newsdex.store.postings import SCALE, Posting, Unit, hash_of
from newsdex.store.snapshot import Snapshot
from newsdex.store.vocabulary import SHORTEST
from newsdex.words import ACRONYMS, DEFAULT_LANGUAGE, Analyzer, is_pair

# Passages and articles that every archive is taken to have besides, with none of the words: in an archive of a few articles, too, a word
# that is there is worth something.
BACKGROUND = 100
# What a pair of characters counts in the sum of the words, for many are the end of one word and the beginning of the next. In XQuAD,
# passages have about half as much of the Chinese questions that they answer as of the German and Spanish ones.
PAIR = 0.55
_MOSTLY = 0.5  # of the weight of words, by which they tell their language
# The least length of a stem that is found in any language; a shorter one is often that of another word.
_TELLING_STEM = 5
MOST_WORDS = 256  # of a question that are looked up; a longer one is a text, whose first words say what it is about


class Asked(NamedTuple):
    """A word of the question: its ``terms`` in the languages of the archive, its ``weight``, and in which passages or articles it occurs:
    the ``postings`` of its terms, a list a segment.

    The weights of a question are 1 in all; more if it is of pairs of characters, 1 / PAIR, and less if it is of the most common words
    alone.
    """

    terms: tuple[str, ...]
    weight: float
    postings: Sequence[Sequence[Posting]]


class Others(NamedTuple):
    """What else a word of the question is looked for by: ``forms`` of the name that it is part of, each as its words and the share of its
    impact that counts. ``alone``: by these only.
    """

    forms: tuple[tuple[tuple[tuple[str, ...], ...], float], ...]
    alone: bool = False


class AskedWords(NamedTuple):
    """The words of a question: where they occur in passages, their ``own`` ones, and in whole articles."""

    own: Sequence[Asked] = ()
    article: Sequence[Asked] = ()


def words_of(question: str, languages: Iterable[str], is_written: Callable[[str], bool] | None = None) -> list[tuple[str, ...]]:
    """The distinct telling words of ``question``, each as its terms in ``languages``; none if it has only little words. ``is_written`` is
    that of ``texts_of``.
    """
    words, little = texts_of(question, languages, is_written), little_words(question)
    telling = [terms for terms, text in words.items() if not ACRONYMS.isdisjoint(terms) or text.casefold() not in little]
    return telling[:MOST_WORDS]


def texts_of(question: str, languages: Iterable[str], is_written: Callable[[str], bool] | None = None) -> dict[tuple[str, ...], str]:
    """Every word of ``question`` by its terms in ``languages``, with those of its other forms in English. An acronym has only its own term,
    unless all of the question is in capitals.

    A short stem in another language than the question's is left out for a word that no article contains: in Spanish, "Modi" would be found
    as "moda". ``is_written`` says whether one does; None keeps all stems.
    """
    shouted, own = is_shouted(question), language_of(question) or DEFAULT_LANGUAGE
    codes = sorted(set(languages) | {""})
    words: dict[tuple[str, ...], str] = {}
    for variants in zip(*(analyzer(code).words(question) for code in codes), strict=True):
        text = question[variants[0].start : variants[0].end]
        kept = variants
        if is_written and any(_is_short(word.terms) for word in variants) and len({word.terms for word in variants}) > 1:
            mine = {word.terms for code, word in zip(codes, variants, strict=True) if code in ("", own)}
            if any(_is_short(word.terms) and word.terms not in mine for word in variants) and not is_written(text):
                kept = tuple(word for word in variants if word.terms in mine or not _is_short(word.terms))
        terms = tuple(dict.fromkeys(term for word in kept for term in word.terms if not (shouted and term in ACRONYMS)))
        terms = tuple(term for term in terms if term in ACRONYMS) or tuple(dict.fromkeys((*terms, *terms_of_others(text))))
        words.setdefault(terms, text)
    return words


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


def foreign_by(question: str, model: ModelCard, guess: Callable[[], str]) -> Foreign:
    """How passages count that the ``model`` does not speak the language of, by that of ``question``, as far as its little words tell. For a
    model that speaks several, ``guess`` says the language of a question that they do not tell, or "".
    """
    several = " " in model.languages
    language = language_of(question)
    if not language:
        guessed = guess() if several else ""
        return ACROSS_NAMES._replace(language=guessed) if guessed and speaks(model, guessed) else BY_NAMES
    if not speaks(model, language):
        return BY_FOREIGN
    return ACROSS._replace(language=language) if several else BY_SPOKEN


def told_by(snapshot: Snapshot, words: Sequence[Asked]) -> str:
    """The language of most of the articles that have ``words``, which were looked up in articles and count by their weights; "" where it
    has too few of them to tell: words that no article has may be of any.
    """
    shares: dict[str, float] = {}
    for word in words:
        counts: Counter[str] = Counter()
        for segment, postings in zip(snapshot.segments, word.postings, strict=True):
            languages = segment.coded["language"]
            for posting in postings:
                found = np.bincount(languages.codes[posting.places], minlength=len(languages.values))
                counts.update(dict(zip(languages.values, found.tolist(), strict=True)))
        for language, count in counts.items():
            shares[language] = shares.get(language, 0.0) + word.weight * count / max(1, counts.total())
    best = max(shares, key=lambda language: shares[language], default="")
    return best if best and shares[best] >= _MOSTLY * sum(word.weight for word in words) else ""


def ordinary(model: ModelCard, language: str, foreign: Foreign) -> bool:
    """Whether passages in ``language`` count as they are, and not as ``foreign`` says."""
    return speaks(model, language) and (not (language and foreign.language) or language == foreign.language)


def terms_of_others(word: str) -> list[str]:
    """The terms of the other forms of ``word`` in English."""
    return [term for form in other_forms(word) for term in analyzer("").terms(form)]


@lru_cache(maxsize=64)
def analyzer(language: str) -> Analyzer:
    """The analyzer of ``language``, for questions and for the passages that are shown."""
    return Analyzer(language)


def look_up_all(
    snapshot: Snapshot, words: Sequence[tuple[str, ...]], others: Mapping[tuple[str, ...], Others] = MappingProxyType({})
) -> AskedWords:
    """Where ``words`` occur in passages and in articles; what has all words of one of the ``others`` of a word counts as having it.

    Raises IndexDamaged.
    """
    return AskedWords(look_up(snapshot, words, others=others), look_up(snapshot, words, "article", others))


def look_up(
    snapshot: Snapshot,
    words: Sequence[tuple[str, ...]],
    unit: Unit = "passage",
    others: Mapping[tuple[str, ...], Others] = MappingProxyType({}),
) -> list[Asked]:
    """Where ``words`` occur, and how rare they are among the living passages or articles: idf = ln(1 + (N - n + 0.5) / (n + 0.5))
    (Robertson and Zaragoza 2009, eq. 3.11, with 1 added so that no word counts against a passage, as in Lucene).

    Raises IndexDamaged.
    """
    postings = _postings(snapshot, words, unit)
    for place, terms in enumerate(words):
        if terms in others:
            forms = [(_postings(snapshot, form, unit), share) for form, share in others[terms].forms]
            postings[place] = [
                _any_of(
                    [*([] if others[terms].alone else own), *(_all_of([word[number] for word in form], share) for form, share in forms)]
                )
                for number, own in enumerate(postings[place])
            ]
    rarity = _rarities(snapshot, postings, unit)
    whole = sum(weight * (PAIR if is_pair(terms[0]) else 1) for weight, terms in zip(rarity, words, strict=True))
    whole = max(whole, math.log1p(BACKGROUND))  # a question of the most common words alone has little to find a passage by
    return [Asked(*each) for each in zip(words, (weight / whole for weight in rarity), postings, strict=True)]


def rarities(snapshot: Snapshot, words: Sequence[tuple[str, ...]], unit: Unit) -> list[float]:
    """The idf of each of ``words``, as ``look_up`` has it before all are made to weigh 1 together.

    Raises IndexDamaged.
    """
    return _rarities(snapshot, _postings(snapshot, words, unit), unit)


def _postings(snapshot: Snapshot, words: Sequence[tuple[str, ...]], unit: Unit) -> list[list[list[Posting]]]:
    """Those of the terms of each of ``words``, a list a segment."""
    hashes = [hash_of(term) for terms in words for term in terms]
    found = [iter(segment.postings.of(hashes, unit)) for segment in snapshot.segments]
    return [[[posting for posting in islice(each, len(terms)) if posting] for each in found] for terms in words]


def _any_of(postings: Sequence[Posting]) -> list[Posting]:
    """One list of what is in any of ``postings``, with the most that one of them has."""
    if len(postings) <= 1:
        return list(postings)
    places = np.concatenate([each.places for each in postings])
    impacts = np.concatenate([each.impacts for each in postings])
    order = np.lexsort((impacts, places))
    last = np.ones(len(order), np.bool_)
    last[:-1] = places[order[1:]] != places[order[:-1]]
    return [Posting(places[order[last]], impacts[order[last]])]


def _all_of(words: Sequence[Sequence[Posting]], share: float) -> Posting:
    """What has each of ``words``, with the least impact of one, of which the ``share`` counts."""
    found = Posting(np.empty(0, np.uint32), np.empty(0, np.uint8))
    for number, postings in enumerate(words):
        if not postings:
            return Posting(found.places[:0], found.impacts[:0])
        [other] = _any_of(postings)
        if not number:
            found = other
            continue
        at = np.searchsorted(other.places, found.places)
        both = other.places.take(at, mode="clip") == found.places
        found = Posting(found.places[both], np.minimum(found.impacts[both], other.impacts[at[both]]))
    return found._replace(impacts=np.ceil(found.impacts * np.float32(share)).astype(np.uint8))


def _rarities(snapshot: Snapshot, postings: Sequence[Sequence[Sequence[Posting]]], unit: Unit) -> list[float]:
    total = (snapshot.manifest.passages if unit == "passage" else snapshot.manifest.articles) + BACKGROUND
    counts = [sum(_living(snapshot, number, each, unit) for number, each in enumerate(per_segment)) for per_segment in postings]
    return [math.log(1 + (total - min(n, total) + 0.5) / (min(n, total) + 0.5)) for n in counts]


def are_living(snapshot: Snapshot, asked: Asked) -> bool:
    """Whether a living article holds the word, which was looked up in articles."""
    for number, found in enumerate(asked.postings):
        segment = snapshot.segments[number]
        if found and (not segment.is_partial or any(segment.live_articles[posting.places].any() for posting in found)):
            return True
    return False


def is_unknown(snapshot: Snapshot, asked: Sequence[Asked]) -> bool:
    """Whether no living article holds one of the words, which were looked up in articles."""
    return not all(are_living(snapshot, each) for each in asked)


def shares(asked: Sequence[Asked], number: int, size: int) -> Vectors:
    """How much of ``asked`` each of the ``size`` passages or articles of segment ``number`` has, float32, (size,): in [0, 1], or a little
    more in scripts without spaces.
    """
    found = [(posting, np.float32(word.weight / SCALE)) for word in asked for posting in word.postings[number]]
    if not found:
        return np.zeros(size, np.float32)
    places = np.concatenate([posting.places for posting, _ in found])
    weights = np.concatenate([posting.impacts * weight for posting, weight in found])
    return np.bincount(places, weights, size).astype(np.float32)


def impacts_at(word: Asked, number: int, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """What ``word`` has in each of some passages or articles of segment ``number``, int64, (places,): in [0, SCALE], or a little more."""
    total = np.zeros(len(places), np.int64)
    for posting in (each for each in word.postings[number] if len(each.places)):
        at = np.searchsorted(posting.places, places)
        total += posting.impacts.take(at, mode="clip") * (posting.places.take(at, mode="clip") == places)
    return total


def _living(snapshot: Snapshot, number: int, postings: Sequence[Posting], unit: Unit) -> int:
    """How many living passages or articles of segment ``number`` hold one of the terms; one that holds several is counted for each."""
    segment = snapshot.segments[number]
    if not segment.is_partial:
        return sum(len(found.places) for found in postings)
    live = segment.live_passages if unit == "passage" else segment.live_articles
    return sum(int(np.count_nonzero(live[found.places])) if found.total is None else found.total for found in postings)
