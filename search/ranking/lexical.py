"""Passages and articles by the question's words: BM25, as a share of what a text could reach that holds all of them.

The share makes scores of different questions comparable: 1 would be a text about nothing else.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from itertools import accumulate, chain, islice, pairwise, product
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsdex.arrays import distinct
from newsdex.encoder import Vectors
from newsdex.search.question.terms import MOST_TEXT, Spoken, is_written, languages_of, spoken_in, telling_texts, words_of
from newsdex.store.postings import SCALE, Posting, Unit, hash_of
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot
from newsdex.words import DEFAULT_LANGUAGE, is_pair

# Passages and articles that every archive is taken to have besides, with none of the words: in an archive of a few articles, too, a word
# that is there is worth something.
BACKGROUND = 100
# What a pair of characters counts in the sum of the words, for many are the end of one word and the beginning of the next. In XQuAD,
# passages have about half as much of the Chinese questions that they answer as of the German and Spanish ones.
PAIR = 0.55
_LOOKED_UP = 8  # times as many entries as are looked up, which a list that is rather read as a whole has fewer than
_LONG = 4096  # entries in a segment, below which a list is soon added up
_PART_OF_BEST = 0.5  # of what the best have, which the words that are looked up can give at most
_FREQUENT = 1_000  # articles with a word, beyond which two words are taken to meet in one
_MARGIN = 1e-6  # by which a sum in double precision can differ from that in single precision


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
    """Other ``forms`` of a word's name, each as its words and the share of its impact that counts. ``alone``: only these count."""

    forms: tuple[tuple[tuple[tuple[str, ...], ...], float], ...]
    alone: bool = False


class AskedWords(NamedTuple):
    """The words of a question: where they occur in passages, their ``own`` ones, and in whole articles. ``spoken`` is as in ``look_up``."""

    own: Sequence[Asked] = ()
    article: Sequence[Asked] = ()
    spoken: Spoken = MappingProxyType({})

    def terms_in(self, language: str) -> set[str]:
        """The terms that count in texts of ``language``."""
        terms = {term for word in self.own for term in word.terms}
        return {term for term in terms if term not in self.spoken or (language or DEFAULT_LANGUAGE) in self.spoken[term]}


def words_in(snapshot: Snapshot, text: str) -> AskedWords:
    """Where the telling words of ``text`` occur. Raises IndexDamaged."""
    return with_own(snapshot, in_articles(snapshot, text))


def in_articles(snapshot: Snapshot, text: str) -> AskedWords:
    """Where the telling words of ``text`` occur in whole articles. Raises IndexDamaged."""
    languages, text = languages_of(snapshot), text[:MOST_TEXT]
    words, spoken = words_of(text, languages, partial(is_written, snapshot)), spoken_in(text, languages)
    return AskedWords(article=look_up(snapshot, words, "article", spoken=spoken), spoken=spoken)


def with_own(snapshot: Snapshot, words: AskedWords) -> AskedWords:
    """Return ``words``, which were looked up in articles, with where they occur in passages. Raises IndexDamaged."""
    return words._replace(own=look_up(snapshot, [word.terms for word in words.article], spoken=words.spoken))


def languages_with(snapshot: Snapshot, word: Asked) -> Counter[str]:
    """How many articles in each language have ``word``, which was looked up in articles; only the languages that have any."""
    counts: Counter[str] = Counter()
    for segment, postings in zip(snapshot.segments, word.postings, strict=True):
        languages = segment.coded["language"]
        for posting in postings:
            found = np.bincount(languages.codes[posting.places], minlength=len(languages.values))
            counts.update({language: count for language, count in zip(languages.values, found.tolist(), strict=True) if count})
    return counts


def look_up_all(
    snapshot: Snapshot,
    words: Sequence[tuple[str, ...]],
    others: Mapping[tuple[str, ...], Others] = MappingProxyType({}),
    spoken: Spoken = MappingProxyType({}),
) -> AskedWords:
    """Where ``words`` occur in passages and in articles, as ``look_up`` does. Raises IndexDamaged."""
    return AskedWords(look_up(snapshot, words, "passage", others, spoken), look_up(snapshot, words, "article", others, spoken), spoken)


def look_up(
    snapshot: Snapshot,
    words: Sequence[tuple[str, ...]],
    unit: Unit = "passage",
    others: Mapping[tuple[str, ...], Others] = MappingProxyType({}),
    spoken: Spoken = MappingProxyType({}),
) -> list[Asked]:
    """Where ``words`` occur, and how rare they are among the living passages or articles: idf = ln(1 + (N - n + 0.5) / (n + 0.5))
    (Robertson and Zaragoza 2009, eq. 3.11, with 1 added so that no word counts against a passage, as in Lucene).

    ``others``: what has all words of one of the other forms of a word counts as having it. ``spoken``: a term counts in texts of these
    languages only, in those of all where it is not given; n is of all, which is what a server counts. Raises IndexDamaged.
    """
    postings = _with_others(snapshot, words, unit, others, MappingProxyType({}))
    rarity = _rarities(snapshot, postings, unit)
    if spoken:
        postings = _with_others(snapshot, words, unit, others, spoken)
    whole = sum(weight * (PAIR if is_pair(terms[0]) else 1) for weight, terms in zip(rarity, words, strict=True))
    whole = max(whole, math.log1p(BACKGROUND))  # a question of the most common words alone has little to find a passage by
    return [Asked(*each) for each in zip(words, (weight / whole for weight in rarity), postings, strict=True)]


def _with_others(
    snapshot: Snapshot, words: Sequence[tuple[str, ...]], unit: Unit, others: Mapping[tuple[str, ...], Others], spoken: Spoken
) -> list[list[list[Posting]]]:
    """The postings of the terms of each of ``words`` and of its other forms, a list a segment."""
    # Each of the words of a name has the same other forms.
    forms = dict.fromkeys(form for terms in words if terms in others for form in others[terms].forms)
    postings = _postings(snapshot, [*words, *(word for form, _ in forms for word in form)], unit, spoken)
    postings, rest = postings[: len(words)], iter(postings[len(words) :])
    holders = {(form, share): [_all_of(each, share) for each in zip(*islice(rest, len(form)), strict=True)] for form, share in forms}
    for place, terms in enumerate(words):
        if terms in others:
            found = zip(postings[place], *(holders[form] for form in others[terms].forms), strict=True)
            postings[place] = [any_of([*([] if others[terms].alone else own), *its]) for own, *its in found]
    return postings


def rarities(snapshot: Snapshot, words: Sequence[tuple[str, ...]], unit: Unit) -> list[float]:
    """The idf of each of ``words``, as ``look_up`` has it before all are made to weigh 1 together. Raises IndexDamaged."""
    return _rarities(snapshot, _postings(snapshot, words, unit), unit)


def _postings(
    snapshot: Snapshot, words: Sequence[tuple[str, ...]], unit: Unit, spoken: Spoken = MappingProxyType({})
) -> list[list[list[Posting]]]:
    """Those of the terms of each of ``words``, a list a segment."""
    every = [term for terms in words for term in terms]
    hashes = [hash_of(term) for term in every]
    found = [segment.postings.of(hashes, unit) for segment in snapshot.segments]
    for segment, each in zip(snapshot.segments, found, strict=True):
        for place, (term, posting) in enumerate(zip(every, each, strict=True) if spoken else ()):
            if posting and term in spoken:
                each[place] = _in_languages(segment, posting, unit, spoken[term])
    stops = [0, *accumulate(len(terms) for terms in words)]
    return [[[posting for posting in each[start:stop] if posting] for each in found] for start, stop in pairwise(stops)]


def _in_languages(segment: Segment, posting: Posting, unit: Unit, spoken: AbstractSet[str]) -> Posting | None:
    """What of ``posting`` is in texts of the languages ``spoken``; None if nothing is."""
    languages = segment.coded["language"]
    counts = np.array([(language or DEFAULT_LANGUAGE) in spoken for language in languages.values])
    if counts.all():
        return posting
    rows = segment.articles_of(posting.places.astype(np.int64)) if unit == "passage" else posting.places
    kept = counts[languages.codes[rows]]
    return posting._replace(places=posting.places[kept], impacts=posting.impacts[kept]) if kept.any() else None


def any_of(postings: Sequence[Posting]) -> list[Posting]:
    """One list of what is in any of ``postings``, with the most that one of them has."""
    if len(postings) <= 1:
        return list(postings)
    held = [each for each in postings if len(each.places)] or postings[:1]
    if len(held) == 1:
        return [held[0]._replace(total=None)]
    most = np.zeros(max(int(each.places[-1]) + 1 for each in held), np.uint8)
    for number, (places, impacts, _) in enumerate(held):
        at = places.astype(np.intp)
        most[at] = np.maximum(most.take(at), impacts) if number else impacts
    places = distinct(np.concatenate([each.places for each in held]))
    return [Posting(places, most.take(places))]


def _all_of(words: Sequence[Sequence[Posting]], share: float) -> Posting:
    """What has each of ``words``, with the least impact of one, of which the ``share`` counts."""
    if not all(words):
        return Posting(np.empty(0, np.uint32), np.empty(0, np.uint8))
    found, *others = sorted((each for postings in words for each in any_of(postings)), key=lambda each: len(each.places))
    for other in others:
        if not len(found.places):
            break
        at = other.places.searchsorted(found.places)
        both = other.places.take(at, mode="clip") == found.places
        found = Posting(found.places[both], np.minimum(found.impacts[both], other.impacts[at[both]]))
    if share == 1:
        return found
    return found._replace(impacts=np.ceil(found.impacts * np.float32(share)).astype(np.uint8))


def _rarities(snapshot: Snapshot, postings: Sequence[Sequence[Sequence[Posting]]], unit: Unit) -> list[float]:
    """The idf by how many living passages or articles hold one of the terms; one that holds several is counted for each."""
    total = (snapshot.manifest.passages if unit == "passage" else snapshot.manifest.articles) + BACKGROUND
    counts = [0] * len(postings)
    for number, segment in enumerate(snapshot.segments):
        live = None if not segment.is_partial else segment.live_passages if unit == "passage" else segment.live_articles
        for place, per_segment in enumerate(postings):
            for found in per_segment[number]:
                if live is None:
                    counts[place] += len(found.places)
                else:
                    counts[place] += int(np.count_nonzero(live[found.places])) if found.total is None else found.total
    return [math.log(1 + (total - min(n, total) + 0.5) / (min(n, total) + 0.5)) for n in counts]


def are_living(snapshot: Snapshot, asked: Asked) -> bool:
    """Whether a living article holds the word, which was looked up in articles."""
    return any(
        found and (not segment.is_partial or any(segment.live_articles[posting.places].any() for posting in found))
        for segment, found in zip(snapshot.segments, asked.postings, strict=True)
    )


def unheld(snapshot: Snapshot, text: str, asked: Sequence[Asked]) -> list[str]:
    """The telling words of ``text`` that no living article has. ``asked`` are the words of ``text``, looked up in articles."""
    texts = telling_texts(text[:MOST_TEXT], languages_of(snapshot), partial(is_written, snapshot))
    return [texts[word.terms] for word in asked if word.terms in texts and not are_living(snapshot, word)]


def strangers(snapshot: Snapshot, text: str, asked: Sequence[Asked]) -> list[str]:
    """The words of ``text``, in lower case, that no article has together with the word before or behind, though some have both apart: those
    of "Lindsay Graham" where reports are of Lindsey Graham. ``asked`` are the words of ``text``, looked up in articles.
    """
    text = text[:MOST_TEXT]
    terms = {word.casefold(): terms for terms, word in telling_texts(text, languages_of(snapshot), partial(is_written, snapshot)).items()}
    living = {word.terms: word for word in asked if any(map(len, word.postings))}
    found: dict[str, None] = {}
    for pair in pairwise(re.finditer(r"[^\W\d_]+", text)):
        words = [word[0].casefold() for word in pair]
        one, other = (living.get(terms.get(word, ())) for word in words)
        if one and other and one is not other and text[pair[0].end() : pair[1].start()] == " " and not _meet(one, other):
            found.update(dict.fromkeys(words))
    return list(found)


def _meet(one: Asked, other: Asked) -> bool:
    """Whether an article has both words, or both are in so many that some must."""
    for pair in chain.from_iterable(map(product, one.postings, other.postings)):
        few, many = sorted((posting.places for posting in pair), key=len)
        if len(few) > _FREQUENT or (len(few) and (many.take(many.searchsorted(few), mode="clip") == few).any()):
            return True
    return False


def shares(asked: Sequence[Asked], number: int, size: int) -> Vectors:
    """How much of ``asked`` each of the ``size`` passages or articles of a segment has, float32, (size,): in [0, 1], or more of pairs."""
    return _Lists(_by_weight(asked), number).added(size).astype(np.float32)


def _by_weight(asked: Sequence[Asked]) -> list[Asked]:
    """The weightiest first, in which order all sums are made, so that they are the same however they are come by."""
    return sorted(asked, key=lambda word: -word.weight)


class _Lists:
    """Where some words occur in segment ``number``, list after list."""

    def __init__(self, asked: Sequence[Asked], number: int) -> None:
        found = [(posting, word.weight / SCALE) for word in asked for posting in word.postings[number]]
        self.weights = [weight for _, weight in found]
        self.sizes = [len(posting.places) for posting, _ in found]
        self.ends = [0, *accumulate(self.sizes)]
        if found:
            self._places = np.concatenate([posting.places for posting, _ in found])
            self._values = np.array(self.weights, np.float32).repeat(self.sizes)
            self._values *= np.concatenate([posting.impacts for posting, _ in found])

    def added(self, size: int, count: int | None = None) -> NDArray[np.float64]:
        """What each of ``size`` places has of the first ``count`` lists, or of all: float64, (size,)."""
        if not (end := self.ends[-1 if count is None else count]):
            return np.zeros(size)
        return np.asarray(np.bincount(self._places[:end], self._values[:end], size), np.float64)

    def at(self, which: int, places: NDArray[np.int64], size: int) -> NDArray[np.float64]:
        """What some ``places`` of the ``size`` have of one list, float64, (places,)."""
        known, values = (each[self.ends[which] : self.ends[which + 1]] for each in (self._places, self._values))
        if _LOOKED_UP * len(places) > len(known):
            return np.asarray(np.bincount(known, values, size)[places], np.float64)
        sought = places.astype(known.dtype)  # as in impacts_at
        rows = np.searchsorted(known, sought)
        return np.asarray(values.take(rows, mode="clip") * (known.take(rows, mode="clip") == sought), np.float64)


class Best:
    """Gathers, segment after segment, the ``count`` places that have the largest sums of ``factor`` times their share of some words and
    what else is known of them. A sum above ``ceiling`` counts as that.

    Few places can be among them, so that the longest lists are read for these alone (MaxScore: Turtle and Flood 1995, Query Evaluation:
    Strategies and Optimizations): the weightiest words of a segment are added up, and of the others it is looked up what those places have
    that can still come in.
    """

    def __init__(self, asked: Sequence[Asked], count: int, factor: float = 1.0, ceiling: float = math.inf) -> None:
        self._asked = _by_weight(asked)
        self._count = count
        self._factor = factor
        self._ceiling = ceiling
        self._largest = np.empty(0)
        self._least = 0.0  # that a place must have to be among them

    def of(
        self,
        number: int,
        size: int,
        others: Vectors | None = None,
        allows: Callable[[NDArray[np.int64]], NDArray[np.bool_]] | None = None,
    ) -> tuple[NDArray[np.int64], Vectors]:
        """Which of the ``size`` places of segment ``number`` may be among the best of all, ascending, and their shares, float32, as
        ``shares`` has them. Only places that have anything.

        ``others``: what else is known of each place, float32, (size,). ``allows``: which of some places count.
        """
        lists = _Lists(self._asked, number)
        # What the lists from each on can add.
        rest = [0.0, *accumulate(self._factor * SCALE * weight for weight in reversed(lists.weights))][::-1]
        if rest[0] + (0.0 if others is None else float(others.max(initial=0))) < self._least - _MARGIN:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        first = next(which for which, left in enumerate(rest) if left <= _PART_OF_BEST * self._least)
        while first < len(lists.sizes) and lists.sizes[first] < _LONG:
            first += 1
        added = lists.added(size, first)
        places = self._promising(added, others, rest[first])
        if allows is not None:
            places = places[allows(places)]
        total = added[places]
        for which in range(first, len(lists.sizes)):
            total += lists.at(which, places, size)
            kept = self._promising(total, None if others is None else others[places], rest[which + 1])
            places, total = places[kept], total[kept]
        self._admit(self._sums(total, None if others is None else others[places]))
        return places, total.astype(np.float32)

    def _sums(self, total: NDArray[np.float64], others: Vectors | None) -> NDArray[np.float64]:
        whole = total if self._factor == 1 else self._factor * total
        return whole if others is None else whole + others

    def _promising(self, total: NDArray[np.float64], others: Vectors | None, left: float) -> NDArray[np.int64]:
        """Where of ``total`` there may be enough with what is ``left``."""
        whole, needed = self._sums(total, others), self._least - left - _MARGIN
        return np.flatnonzero(whole >= needed if needed > 0 else whole > 0 if not left else np.ones(len(whole), np.bool_))

    def _admit(self, values: NDArray[np.float64]) -> None:
        values = values[values > self._least]  # of which few are left after the first segments
        if len(values):
            self._largest = np.concatenate([self._largest, np.minimum(values, self._ceiling)])
        if len(self._largest) >= self._count:
            self._largest = np.partition(self._largest, len(self._largest) - self._count)[-self._count :]
            self._least = float(self._largest[0])


def impacts_at(word: Asked, number: int, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """What ``word`` has in each of some passages or articles of segment ``number``, int64, (places,): in [0, SCALE], or a little more."""
    total = np.zeros(len(places), np.int64)
    for posting in (each for each in word.postings[number] if len(each.places)):
        at = posting.places.searchsorted(places.astype(posting.places.dtype))  # or the list would be made one of another type
        total += posting.impacts.take(at, mode="clip") * (posting.places.take(at, mode="clip") == places)
    return total


def impact_at(word: Asked, number: int, place: int) -> int:
    """The same in one passage or article."""
    total = 0
    for places, impacts, _ in word.postings[number]:
        at = int(places.searchsorted(places.dtype.type(place)))
        if at < len(places) and places[at] == place:
            total += int(impacts[at])
    return total
