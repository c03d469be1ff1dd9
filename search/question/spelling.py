"""Spelling correction of questions with the words of the archive.

A word that no living article has is compared with the index's words (newsdex.store.vocabulary) by edit distance (optimal string alignment,
where a transposition counts once: Boytsov 2011, Indexing Methods for Approximate Dictionary Searching) and by sound, where letters that
transliterations confuse are equal. Among equally near words, those in the same articles as the rest of the question win, then the most
frequent.
"""

from __future__ import annotations

import importlib.util
import json
import operator
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache, lru_cache, partial
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsdex.arrays import distinct
from newsdex.encoder import Vectors
from newsdex.search.languages import NOUNS_IN_CAPITALS
from newsdex.search.question.stopwords import language_of, little_words, words_in
from newsdex.search.question.terms import analyzer, is_written, languages_of, texts_of, words_of
from newsdex.search.ranking.evidence import capitals_of
from newsdex.search.ranking.lexical import QueryWord, QueryWords, languages_with, look_up, never_together, occurs
from newsdex.store.snapshot import Snapshot
from newsdex.store.vocabulary import SHORTEST, hashes_of, sounds_of, without_accents
from newsdex.words import DEFAULT_LANGUAGE, LONGEST, MARKS, is_pair

# Known words of a question; with more, they find the article, and a correction harms more than it helps: docs/FILTERS.md.
MOST_KNOWN = 6
MOST_UNKNOWN = 3  # corrected words of any question; with more, most of its words must be known
_MOST = 8  # corrected words of a question
# pyspellchecker's Spanish list has no forms: the endings of those of its words that a stem may be of, and the stems of irregular verbs with
# their endings.
_SPANISH = "es"
_SPANISH_ENDINGS = ("", "o", "a", "e", "ar", "er", "ir", "arse", "erse", "irse")
_IRREGULAR_SPANISH = words_in(
    "hub tuv estuv anduv hiz hic dij traj pus quis quier sup pud pued vin vien fue d sient sint mur muer pid sig sirv jueg empiez produj",
    "conduj reduj tradu cay ley",
)
_IRREGULAR_ENDINGS = words_in("o ó e a an en as es ió yó iste imos ieron eron yeron ía ían iera ieran ron iendo yendo")
_LONGEST = 1_000  # characters of a question; a longer one is a text
_OTHERS = 2  # other spellings of a correction that are searched too
_COMPARED = 16  # equally near words that are compared by their articles, the most frequent ones
_LONGER = 3  # difference in length between words that sound alike
_BESIDE = 1 / 3  # weighted share of the question's words that an article with the correction must have
_SHORT = 5  # letters of names of which many differ in one letter
_LONG = 7  # letters from which a word one edit away is rarely a coincidence
_PART = 3  # letters of each half of a word that articles write as two
_LIGATURES = frozenset("\u0153\u00e6")
# What German puts between the words of a compound.
_LINKS = ("", "s", "es", "n", "en", "e")
_BEGUN = 100  # words with the same beginning that are looked at, in a segment
_READ = 200  # articles that are read for two words beside each other, in a segment
WORD = re.compile(r"[^\W\d_]+")
# Quoted text is exact.
_quoted = cache(
    lambda: re.compile('"[^"]*"|\u201c[^\u201c\u201d]*\u201d|\u201e[^\u201c\u201d\u201e]*[\u201c\u201d]|\u00ab[^\u00ab\u00bb]*\u00bb')
)
_CHUNK = re.compile(r"\S+")
# Addresses, numbers, file names, abbreviations, letters of several characters.
_no_word = cache(lambda: re.compile(rf"[\d_@/\\{MARKS}]|[.:]\w"))
# First letters that are confused.
_FIRSTS = ("ckq", "csz", "fp", "ijy", "vw")
# The letters of sounds in Latin script, and those that are not ASCII letters with an accent.
_LETTERS = frozenset("abdefghiklmnoprstuvx\u00df\u00e6\u00f0\u00f8\u00fe\u0111\u0131\u0142\u0153")
_BLOCK = 128  # code points in the block of a script, or half of it


class Candidate(NamedTuple):
    """A word that another may stand for: its ``distance`` in edits, the ``share`` of the question beside it in an article, where it is."""

    word: str
    distance: int
    share: float
    asked: QueryWord


class Corrected(NamedTuple):
    """A correction: the replacement of each corrected word, in lower case, and the archive's other spellings of a replacement."""

    words: dict[str, str]
    others: Mapping[str, Sequence[str]] = MappingProxyType({})

    def of(self, text: str) -> str:
        """Replace these words in ``text``, except in quotations and addresses."""
        plain = _correctable(text)
        parts, end = [], 0
        for found in WORD.finditer(plain):
            if better := self.words.get(found[0].casefold()):
                parts += [text[end : found.start()], in_case_of(found[0], better)]
                end = found.end()
        return "".join([*parts, text[end:]])


def marks_added(snapshot: Snapshot, text: str) -> Corrected | None:
    """The accents and umlauts that words of ``text`` have in the archive, where no article writes them without: "refugies", "maertyrer".
    None without any.

    The stem of a word without its accents is often that of another. All segments must have vocabularies. Raises IndexDamaged.
    """
    if len(text) > _LONGEST:
        return None
    words = {run.casefold() for run in WORD.findall(_correctable(text)) if run.isascii() and SHORTEST <= len(run) <= LONGEST}
    words -= little_words(text, languages_of(snapshot))
    missing = [word for word in sorted(words)[:_COMPARED] if not is_written(snapshot, word)]
    found = {word: other for word in missing if (other := _marked(snapshot, word))}
    own = {language_of(text), _main_language(snapshot)} if found else set()
    found = {word: other for word, other in found.items() if not _is_another(word, other, own)}
    return Corrected(found) if found else None


def _is_another(word: str, marked: str, languages: Collection[str]) -> bool:
    """Whether ``word`` is one of these ``languages`` without the accents of ``marked``. A ligature makes no other word, and that "volcan"
    may be a form of "volcar" tells less than that "volc\u00e1n" is listed.
    """
    if not _LIGATURES.isdisjoint(marked) or not is_listed(word, languages):
        return False
    return any(_is_listed(word, each) >= _is_listed(marked, each) for each in languages if each)


def _marked(snapshot: Snapshot, word: str) -> str:
    """The form of ``word`` with umlauts or ligatures, or the most frequent with accents, that articles write; "" for none."""
    for other in (_with_umlauts(word), word.replace("ae", "\u00e6").replace("oe", "\u0153")):
        if len(other) >= SHORTEST and other != word and is_written(snapshot, other):
            return other
    counts = _sounding(snapshot, hashes_of(sounds_of([word])))
    return max((other for other in counts if without_accents(other) == word), key=lambda other: (counts[other], other), default="")


def _with_umlauts(word: str) -> str:
    return word.replace("ae", "\u00e4").replace("oe", "\u00f6").replace("ue", "\u00fc")


def _sounding(snapshot: Snapshot, hashes: NDArray[np.uint32]) -> Counter[str]:
    """How many articles have each word whose sound has one of ``hashes``, deleted articles included."""
    counts = Counter[str]()
    for segment in snapshot.segments:
        if segment.vocabulary is not None:
            counts.update(segment.vocabulary.sounding(hashes))
    return counts


def correct(snapshot: Snapshot, text: str, words: QueryWords, is_word: Callable[[str], bool]) -> Corrected | None:
    """Correct the misspelt words of ``text``; None without any correction. ``words`` are those of ``text``, looked up. All segments must
    have vocabularies. A word in no article for which ``is_word`` is True, or that is in a dictionary, is spelt right. Raises IndexDamaged.
    """
    if len(text) > _LONGEST:
        return None
    known = [each for each in words.article if occurs(snapshot, each)]
    if len(known) > MOST_KNOWN:
        return None
    unknown = _unknown(snapshot, text, words, known)
    if len(unknown) > _MOST:
        return None
    corrected, others = _by_parts_and_neighbours(snapshot, text, unknown, known)
    known += look_up(snapshot, words_of(" ".join(corrected.values()), languages_of(snapshot)), "article") if corrected else []
    unknown = [word for word in unknown if word not in corrected and not is_word(word)]
    if len(unknown) > max(MOST_UNKNOWN, len(known)):
        return None
    # Where no word is known, the longest, which is near fewest others, is corrected first and supports the next ones.
    alone = len(unknown) > 1 and not known
    for word in sorted(unknown, key=len, reverse=True) if alone else unknown:
        best = _best(snapshot, text, word, known, supported=alone and not corrected and len(word) > SHORTEST)
        if best:
            corrected[word], asked, others[corrected[word]] = best
            known.append(asked)
    if alone and len(corrected) == 1 and not _best(snapshot, text, next(iter(corrected)), []):
        return None
    return Corrected(corrected, others) if corrected else None


def _by_parts_and_neighbours(
    snapshot: Snapshot, text: str, unknown: Sequence[str], known: Sequence[QueryWord]
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The corrections that parts or neighbours of the words of ``text`` tell, and other words that are searched for these."""
    corrected, others = _at_capitals(snapshot, text), dict[str, list[str]]()
    for word in unknown:
        if found := _by_others(snapshot, text, word):
            corrected[word], *others[found[0]] = found
    for word in never_together(snapshot, _correctable(text), known):
        if len(word) >= SHORTEST and (better := _misheard(snapshot, Corrected(corrected).of(text), word)) and _is_name(snapshot, better):
            corrected[word] = better
    return corrected, others


def _unknown(snapshot: Snapshot, text: str, words: QueryWords, known: Sequence[QueryWord]) -> list[str]:
    """Return the words of ``text``, in lower case, that no article has and that may be corrected."""
    languages = languages_of(snapshot)
    # If the question is in another language than most articles, only names are expected to be in them.
    names_alone = language_of(text) not in ("", "und", _main_language(snapshot))
    missing = {each.terms for each in words.article} - {each.terms for each in known}
    written = texts_of(text, languages, partial(is_written, snapshot))
    texts = [word for terms, word in written.items() if terms in missing and not is_pair(terms[0])]
    sought = {max(WORD.findall(word), key=len, default="").casefold() for word in texts}
    shouted = text.isupper()
    found: dict[str, None] = {}
    for run in WORD.findall(_correctable(text)):
        word = run.casefold()
        if names_alone and (shouted or run == word):
            continue
        if word in sought and SHORTEST <= len(word) <= LONGEST and (shouted or run[1:].islower()):
            found[word] = None
    return list(found)


def _by_others(snapshot: Snapshot, text: str, word: str) -> list[str]:
    """What is written for ``word`` in ``text``, as its parts or its neighbours tell, and other such words; none for nothing else."""
    if apart := _apart(snapshot, word) or _compound(snapshot, word):
        return [apart]
    if compounds := _in_compounds(snapshot, text, word):
        return compounds
    named = _misheard(snapshot, text, word) or _beside_name(snapshot, text, word)
    return [named] if named else []


def _at_capitals(snapshot: Snapshot, text: str) -> dict[str, str]:
    """The words of ``text`` that articles write in two, where a capital follows a small letter: "servus tv" for "ServusTV"."""
    found = {}
    for run in WORD.findall(_correctable(text)):
        places = [place for place in range(1, len(run)) if run[place - 1].islower() and run[place].isupper()]
        if len(places) == 1 and not is_written(snapshot, word := run.casefold()):
            apart = f"{word[: places[0]]} {word[places[0] :]}"
            if _is_phrase(snapshot, apart):
                found[word] = apart
    return found


def _apart(snapshot: Snapshot, word: str) -> str:
    """The two words that articles write beside each other for ``word``: "blue screen" for "bluescreen"; "" for none."""
    halves = [f"{word[:place]} {word[place:]}" for place in range(_PART, len(word) - _PART + 1)]
    written = (apart for apart in halves if all(is_written(snapshot, half) for half in apart.split()))
    return next((apart for apart in written if _is_phrase(snapshot, apart)), "")


def _compound(snapshot: Snapshot, word: str) -> str:
    """The two words that one article has and of which German makes ``word``: "flughafen streik" for "flughafenstreik"; "" for none."""
    if NOUNS_IN_CAPITALS not in languages_of(snapshot):
        return ""
    for place in range(_PART, len(word) - _PART + 1):
        last, begun = word[place:], [word[:place].removesuffix(link) for link in _LINKS]
        firsts = dict.fromkeys(first for first in begun if len(first) >= _PART and is_written(snapshot, first))
        if firsts and _is_noun(snapshot, last):  # which reads texts
            for first in firsts:
                if _are_together(snapshot, f"{first} {last}"):
                    return f"{first} {last}"
    return ""


def _in_compounds(snapshot: Snapshot, text: str, word: str) -> list[str]:
    """The most frequent German compounds that begin with a long ``word`` of ``text``: "kostengesetz" for "kosten". If there are none, one
    that begins with its first part, and its second part, if an article has both: "kostengesetz streit" for "kostenstreit".
    """
    language = language_of(text)
    if language in ("", "und"):
        # In an archive of several languages, a noun shows by its capital.
        is_noun = word.capitalize() in text and NOUNS_IN_CAPITALS in languages_of(snapshot)
        language = NOUNS_IN_CAPITALS if is_noun else _main_language(snapshot)
    if language != NOUNS_IN_CAPITALS:
        return []
    word = _with_umlauts(word)
    if len(word) > _SHORT and (found := _compounds(snapshot, word)):
        return found[: 1 + _OTHERS]
    for place in range(len(word) - SHORTEST, _SHORT - 1, -1):
        first, last = word[:place], word[place:]
        if is_written(snapshot, last) and (compounds := _compounds(snapshot, first)) and _is_noun(snapshot, last):
            pairs = (f"{compound} {last}" for compound in compounds)
            if pair := next((pair for pair in pairs if _are_together(snapshot, pair)), ""):
                return [pair]
    return []


def _compounds(snapshot: Snapshot, first: str) -> list[str]:
    """The words of articles whose first part is ``first``, and whose last part is a word of articles too, the most frequent first."""
    counts = Counter[str]()
    for segment in snapshot.segments:
        if segment.vocabulary is not None:
            counts.update(segment.vocabulary.beginning(first, _BEGUN))
    ends = {word: {word[len(first) :].removeprefix(link) for link in _LINKS} for word in counts}
    found = [word for word, its in ends.items() if any(len(end) >= _SHORT and is_written(snapshot, end) for end in its)]
    return sorted(found, key=lambda word: (-counts[word], word))


def _is_noun(snapshot: Snapshot, word: str) -> bool:
    """Whether articles write ``word``, the first of them mostly with a capital."""
    if not is_written(snapshot, word):
        return False
    asked = look_up(snapshot, words_of(word, languages_of(snapshot)), "article")
    postings = (
        (segment, posting) for each in asked for segment, its in zip(snapshot.segments, each.postings, strict=True) for posting in its
    )
    rows = ((segment, row) for segment, posting in postings for row in posting.places[:_COMPARED].tolist())
    texts = [segment.text(row) for segment, row in islice(rows, _COMPARED)]
    return sum(text.count(word.capitalize()) - text.count(f" {word}") for text in texts) > 0


def _are_together(snapshot: Snapshot, text: str) -> bool:
    """Whether a living article has both words of ``text``, which German articles have: a short one as it is, because its stem is often
    that of another word ("Link" and "Linke").
    """
    from newsdex.search.question.phrases import looks, phrase_of, texts_with  # which few questions need

    asked = look_up(snapshot, words_of(text, languages_of(snapshot)), "article")
    if len(asked) < len(text.split()) or not all(NOUNS_IN_CAPITALS in languages_with(snapshot, each) for each in asked):
        return False
    for number, segment in enumerate(snapshot.segments):
        places = [set().union(*(posting.places.tolist() for posting in each.postings[number])) for each in asked]
        here = sorted(set.intersection(*places))
        if not segment.live_articles[here].any():
            continue
        short = [phrase_of(word) for word in text.split() if len(word) < _SHORT]
        if looks(segment, short) <= _READ and texts_with(segment, short, title_only=False)[:, here].all(axis=0).any():
            return True
    return False


def _patterns(snapshot: Snapshot, text: str, word: str) -> list[tuple[str, str]]:
    """The words before and behind ``word`` in ``text``, as far as they tell something, each with where another word would be beside it."""
    words = [run.casefold() for run in WORD.findall(text)]
    if words.count(word) != 1:
        return []
    place, little = words.index(word), little_words(text, languages_of(snapshot))
    found = [(each, f"{each} {{}}") for each in words[max(0, place - 1) : place]]
    found += [(each, f"{{}} {each}") for each in words[place + 1 : place + 2]]
    return [(each, pattern) for each, pattern in found if each not in little]


def _misheard(snapshot: Snapshot, text: str, word: str) -> str:
    """The word that sounds so and is written beside its neighbour, "taylor" for "Tailor Swift"; "" for none. ``word`` may be right."""
    patterns = [pattern for _, pattern in _patterns(snapshot, text, word)]
    if not patterns:
        return ""
    sound, little = _sound(word), little_words("", languages_of(snapshot))
    counts = _sounding(snapshot, hashes_of([sound]))
    alike = (other for other, _ in counts.most_common(_COMPARED) if other != word and other not in little and _sound(other) == sound)
    return next((other for other in alike if any(_is_phrase(snapshot, each.format(other)) for each in patterns)), "")


def _beside_name(snapshot: Snapshot, text: str, word: str) -> str:
    """The name one letter from ``word`` that articles write beside its neighbour in ``text``, a name: "margaret" for "margret dunmore",
    "corbyn" for "jeremy corban"; "" for none. It counts although ``word`` is spelt right.
    """
    if len(word) < _SHORT:
        return ""
    patterns = [pattern for neighbour, pattern in _patterns(snapshot, text, word) if _is_name(snapshot, neighbour)]
    found = candidates(snapshot, word) if patterns else {}
    # A letter in place of another makes a short name another one: "Jonas" and "Jones".
    near = [other for other, edits in found.items() if edits == 1 and len(other) >= _SHORT + (len(other) == len(word))][:_COMPARED]
    named = (other for other in near if any(_is_phrase(snapshot, each.format(other)) for each in patterns))
    return next((other for other in named if _is_name(snapshot, other)), "")


def written_as_name(snapshot: Snapshot, word: str) -> bool | None:
    """Whether articles mostly write ``word`` with a capital; None if none has it."""
    return _is_name(snapshot, word) if is_written(snapshot, word) else None


def _is_name(snapshot: Snapshot, word: str) -> bool:
    """Whether articles mostly write ``word`` with a capital, in a language where other nouns have none."""
    asked = look_up(snapshot, words_of(word, languages_of(snapshot)), "article")
    if len(asked) != 1 or {*languages_with(snapshot, asked[0])} <= {NOUNS_IN_CAPITALS}:
        return False
    small, capital = _capitals(snapshot, asked[0])
    return capital > small


def _capitals(snapshot: Snapshot, asked: QueryWord) -> list[int]:
    """How often articles that are read for it write a word without a capital and with one."""
    counts = [capitals_of(asked, *pair) for pair in enumerate(snapshot.segments)]
    return [sum(column) for column in zip(*counts, strict=True)]


def _is_phrase(snapshot: Snapshot, text: str) -> bool:
    """Whether an article has the words of ``text`` one after the other. False where too many have to be read."""
    from newsdex.search.question.phrases import looks, phrase_of, texts_with  # which few questions need

    phrases = [phrase_of(text)]
    segments = [segment for segment in snapshot.segments if 0 < looks(segment, phrases) <= _READ]
    return any(texts_with(segment, phrases, title_only=False).any() for segment in segments)


def _main_language(snapshot: Snapshot) -> str:
    counts = snapshot.counts("language")
    return max(counts, key=lambda language: (counts[language], language), default="")


def _best(
    snapshot: Snapshot, text: str, word: str, known: Sequence[QueryWord], *, supported: bool = False
) -> tuple[str, QueryWord, list[str]] | None:
    """The correction of ``word`` in ``text``, where it occurs, and its other spellings, which are as near and sound the same. Of equally
    near words, the one that an article contains with most of the ``known`` words is taken, then the one of most articles. It counts as
    ``supported`` by other words where none is known yet.
    """
    near = candidates(snapshot, word)
    if not near:
        return None
    own = {language_of(text), _main_language(snapshot)}
    # A word that only articles in other languages have tells the question's: "Messer Solingn"
    own = own.union(*(its for its in (languages_with(snapshot, each) for each in known) if own.isdisjoint(its)))
    if is_listed(word, {*own, DEFAULT_LANGUAGE}):
        return None
    languages, beside = languages_of(snapshot), _shares_beside(snapshot, known)
    telling = {other: terms for other in near for terms in words_of(other, languages)}
    for distance in sorted(set(near.values())):
        equal = [other for other in telling if near[other] == distance][:_COMPARED]
        found = []
        for other, asked in zip(equal, look_up(snapshot, [telling[other] for other in equal], "article"), strict=True):
            there = [beside[number][posting.places] for number, postings in enumerate(asked.postings) for posting in postings]
            found.append(Candidate(other, distance, max((float(shares.max()) for shares in there), default=-1.0), asked))
        ranked = sorted((each for each in found if each.share >= 0), key=lambda each: -each.share)
        likely = (each for each in ranked if _is_plausible(snapshot, text, own, word, each._replace(share=1.0) if supported else each))
        likely = (each for each in likely if not _is_foreign(snapshot, text, word, each, known))
        if best := next(likely, None):
            terms = telling[best.word]
            # Alone, so that its weight is that of a question of one word.
            [asked] = look_up(snapshot, [terms], "article")
            alike = (each.word for each in likely if telling[each.word] != terms and _sound(each.word) == _sound(best.word))
            return best.word, asked, list(islice(alike, _OTHERS))
    return None


def _sound(word: str) -> str:
    return _sounds(word)[0]


def _sounds(word: str) -> list[str]:
    """The sound of ``word``, and that of "djokovich" for "djokovitsch": German has tsch where others have c or ch."""
    bare = without_accents(word)
    return list(dict.fromkeys(sounds_of([bare, bare.replace("tsch", "ch")])))


def _is_plausible(snapshot: Snapshot, text: str, own: set[str], word: str, candidate: Candidate) -> bool:
    """Whether ``candidate`` is no other word by chance.

    A word with a capital is not corrected to one that is written without. Articles that contain the correction are in the archive's main
    language or the question's, unless it is a long word that sounds the same, or all that was typed lacks a letter of it or has one more.
    And one of these holds: it sounds the same; the word is long and one edit apart; it is a name, and not a short one unless two letters
    changed places; an article contains enough of the other words.
    ``own`` are these languages.
    """
    alike = _sound(candidate.word) in _sounds(word)
    languages = set(languages_with(snapshot, candidate.asked))
    # A word alone finds nothing as it is. With another letter in its place, it is mostly another one: "Starmer" and "Stürmer".
    is_alone = WORD.findall(text.casefold()) == [word]
    near = is_alone and len(word) > _SHORT and candidate.distance == 1 and len(word) != len(candidate.word)
    if own.isdisjoint(languages) and not near and not (alike and len(word) >= _LONG):
        return False
    likely = alike or candidate.share >= _BESIDE or (candidate.distance == 1 and len(word) >= _LONG)
    is_typed_as_name = _is_typed_as_name(text, word)
    swapped = sorted(word) == sorted(candidate.word)
    # With another letter in its place, a short word is mostly another word: "Musk" and "must".
    replaced = len(word) == len(candidate.word) <= SHORTEST and not (alike or swapped)
    if likely and not is_typed_as_name and not replaced:
        return True
    tells = NOUNS_IN_CAPITALS not in own and languages != {NOUNS_IN_CAPITALS}
    if not tells and is_typed_as_name:
        another = is_alone and len(word) == len(candidate.word) and not (alike or swapped)
        if another or not _is_noun(snapshot, candidate.word):
            return False
    small, capital = _capitals(snapshot, candidate.asked) if tells else (0, 1)
    if (is_typed_as_name or replaced) and small > capital:
        return False
    return likely or (capital > small and candidate.distance == 1 and len(word) > (SHORTEST if swapped else _SHORT))


def _is_foreign(snapshot: Snapshot, text: str, word: str, candidate: Candidate, known: Sequence[QueryWord]) -> bool:
    """Whether ``candidate``, which articles write without a capital, is another language's than ``word``: of the ``known`` words that are
    no names, none is in a language of ``candidate``, and those that they are in have no dictionary that could tell that ``word`` is right.
    """
    languages = languages_with(snapshot, candidate.asked)
    if language_of(text) in languages or _is_typed_as_name(text, word) or _is_noun(snapshot, candidate.word):
        return False
    small = [each for each in known if operator.gt(*_capitals(snapshot, each))]
    spoken = set().union(*(languages_with(snapshot, each) for each in small))
    return bool(spoken) and spoken.isdisjoint(languages) and not any(_list_of(each or DEFAULT_LANGUAGE) for each in spoken)


def _is_typed_as_name(text: str, word: str) -> bool:
    return not text.isupper() and re.search(rf"\b{re.escape(word.capitalize())}\b", text) is not None


def _shares_beside(snapshot: Snapshot, known: Sequence[QueryWord]) -> list[Vectors]:
    """For each segment, the weighted share of the question's words, one unknown one included, that each article has, float32, (articles,);
    -1 for deleted articles. The unknown word weighs as much as the rarest of the ``known``.
    """
    whole = sum(each.weight for each in known) + max((each.weight for each in known), default=1)
    found = []
    for number, segment in enumerate(snapshot.segments):
        shares = np.zeros(segment.article_count, np.float32)
        for each in known:
            has = np.zeros(segment.article_count, np.bool_)
            for posting in each.postings[number]:
                has[posting.places] = True
            shares += np.float32(each.weight / whole) * has
        found.append(np.where(segment.live_articles, shares, np.float32(-1)))
    return found


def candidates(snapshot: Snapshot, word: str) -> dict[str, int]:
    """Return the index's words that ``word`` may stand for, each with its distance, the most frequent first. All sound alike or nearly so;
    words of the same sound have a distance of at most 1. None, if a stop word is nearer. Words of deleted articles are included.
    """
    from rapidfuzz.distance.OSA import distance

    bare = without_accents(word)
    if len(bare) < SHORTEST:
        return {}
    sounds = _sounds(bare)
    counts = _sounding(snapshot, distinct(hashes_of(set().union(*map(nearly, sounds)))))
    most, near = (1 if len(bare) < 6 else 2 if len(bare) < 10 else 3), {}  # noqa: PLR2004 - the steps themselves
    # The first letter, one that is confused with it, or the second.
    firsts = {bare[0], bare[1], *(letter for alike in _FIRSTS if bare[0] in alike for letter in alike)}
    little = little_words("", languages_of(snapshot))
    for other, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        plain = without_accents(other)
        if plain[:1] not in firsts or abs(len(plain) - len(bare)) > _LONGER or other in little:
            continue
        edits = distance(bare, plain, score_cutoff=most)
        if edits > 1:
            apart = min(distance(sound, *sounds_of([plain]), score_cutoff=1) for sound in sounds)
            edits = edits if apart == 1 else most + 1 if apart else 1
        if edits <= most:
            near[other] = edits
    nearest = min(distance(bare, stopword, score_cutoff=most) for stopword in _plain(little)) if near else 0
    return {other: edits for other, edits in near.items() if edits <= nearest}


@cache
def _plain(little: frozenset[str]) -> list[str]:
    return [without_accents(stopword) for stopword in little]


def nearly(sound: str) -> set[str]:
    """Return the strings within one edit of ``sound``, in the letters of its scripts."""
    letters = _LETTERS.union(*(_script(letter) for letter in sound if not letter.isascii()))
    halves = [(sound[:place], sound[place:]) for place in range(len(sound) + 1)]
    return {
        sound,
        *(head + tail[1:] for head, tail in halves),
        *(head + tail[1] + tail[0] + tail[2:] for head, tail in halves if len(tail) > 1),
        *(head + letter + tail for head, tail in halves for letter in letters),
        *(head + letter + tail[1:] for head, tail in halves if tail for letter in letters),
    }


def _script(letter: str) -> Iterator[str]:
    """Yield the letters near ``letter`` in Unicode, which are mostly of its script."""
    first = ord(letter) & ~(_BLOCK - 1)
    return (other for other in map(chr, range(first, first + _BLOCK)) if other.islower() or (other.isalpha() and not letter.islower()))


def quotations(text: str) -> list[tuple[int, int]]:
    """Return where ``text`` quotes, with the quotation marks."""
    return [found.span() for found in _quoted().finditer(text)] if any(mark in text for mark in '"\u201c\u201e\u00ab') else []


@lru_cache(maxsize=4)  # of a misspelt question, each stage takes it
def _correctable(text: str) -> str:
    """Blank out quotations, addresses, numbers and abbreviations in ``text``; other words keep their places."""
    if re.fullmatch(r"[A-Za-z\s?!,'()-]*", text):  # most questions
        return text
    plain = _quoted().sub(_blank, text)
    return _CHUNK.sub(lambda found: _blank(found) if _no_word().search(found[0]) else found[0], plain)


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def in_case_of(word: str, better: str) -> str:
    """``better`` in capitals, each of its words with one, or as it is, as ``word`` is written."""
    if word.isupper():
        return better.upper()
    if not word[0].isupper():
        return better
    if better.replace(" ", "") == word.casefold():
        letters = iter(word)
        better = "".join(letter if letter == " " else next(letters) for letter in better)
    return " ".join(part[0].upper() + part[1:] for part in better.split(" "))


def is_listed(word: str, languages: Collection[str]) -> bool:
    """Return whether ``word``, in lower case, is a word of one of the ``languages``, even if no article has it."""
    return any(_is_listed(word, language) for language in languages) or (_SPANISH in languages and _is_spanish_form(word))


def _is_spanish_form(word: str) -> bool:
    """Whether ``word`` is a form of a Spanish word: "entrena", "muertos", "hubo"."""
    if any(word[:cut] in _IRREGULAR_SPANISH and word[cut:] in _IRREGULAR_ENDINGS for cut in range(1, len(word))):
        return True
    stems = analyzer(_SPANISH).terms(word)
    return any(_is_listed(f"{stem}{end}".replace("cion", "ci\u00f3n"), _SPANISH) for stem in stems for end in _SPANISH_ENDINGS)


@lru_cache(maxsize=10_000)
def _is_listed(word: str, language: str) -> bool:
    # In the bytes of a list, which takes 15 CPU milliseconds the first time: pyspellchecker reads all of it first, in 200.
    return f"{json.dumps(word, ensure_ascii=False)}:".encode() in _list_of(language)


@cache
def _list_of(language: str) -> bytes:
    """Return pyspellchecker's words with their frequencies, a JSON object; b"" without a list or without the package."""
    spec = importlib.util.find_spec("spellchecker")
    if spec is None or spec.origin is None:
        return b""
    import gzip  # which takes a question half a millisecond to load

    file = Path(spec.origin).parent / "resources" / f"{language}.json.gz"
    return gzip.decompress(file.read_bytes()) if language.isalpha() and file.is_file() else b""
