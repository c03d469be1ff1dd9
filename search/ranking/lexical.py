"""Keyword search: BM25 of passages and articles, as a share of the largest score that a text with all words could have.

As shares, the scores of different questions are comparable.
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
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from newsdex.arrays import distinct
from newsdex.encoder import Vectors
from newsdex.search.question.terms import MOST_TEXT, TermLanguages, is_written, languages_of, telling_texts, term_languages_in, words_of
from newsdex.store.postings import SCALE, Posting, Unit, hash_of
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot
from newsdex.words import DEFAULT_LANGUAGE, is_pair

# Passages and articles without any of the words that are added to N, so that a word has a positive weight in the smallest archive too.
BACKGROUND = 100
# What a pair of characters counts in the sum of the words, for many are the end of one word and the beginning of the next. In XQuAD,
# passages have about half as much of the Chinese questions that they answer as of the German and Spanish ones.
PAIR = 0.55
_LOOKED_UP = 8  # a list with fewer entries than so many for each place is read as a whole
_LONG = 4096  # entries of a list; shorter ones are always added up
_PART_OF_BEST = 0.5  # the most that the lists that are looked up can add, as a share of the last of the best scores
_FREQUENT = 1_000  # articles
_MARGIN = 1e-6  # rounding of single precision


Terms: TypeAlias = tuple[str, ...]  # of a word, in the languages of the archive
_ANYWHERE: TermLanguages = MappingProxyType({})


class QueryWord(NamedTuple):
    """A word of the question: its ``terms``, its ``weight``, and for each segment the ``postings`` of its terms, by passage or by article.

    The weights of a question's words add up to 1; to 1 / PAIR if all are pairs of characters, and to less if all are very common.
    """

    terms: Terms
    weight: float
    postings: Sequence[Sequence[Posting]]


class NameForms(NamedTuple):
    """Other ``forms`` of a word's name, each as its words and the share of its impact that counts. ``alone``: only these count."""

    forms: tuple[tuple[tuple[Terms, ...], float], ...]
    alone: bool = False


OtherForms: TypeAlias = Mapping[Terms, NameForms]
_NO_FORMS: OtherForms = MappingProxyType({})


class QueryWords(NamedTuple):
    """The words of a question, looked up by ``passage`` and by whole ``article``. ``only_in`` is as in ``look_up``."""

    passage: Sequence[QueryWord] = ()
    article: Sequence[QueryWord] = ()
    only_in: TermLanguages = _ANYWHERE

    def terms_in(self, language: str) -> set[str]:
        """The terms that count in texts of ``language``."""
        terms = {term for word in self.passage for term in word.terms}
        return {term for term in terms if term not in self.only_in or (language or DEFAULT_LANGUAGE) in self.only_in[term]}


def words_in(snapshot: Snapshot, text: str) -> QueryWords:
    """Where the telling words of ``text`` occur. Raises IndexDamaged."""
    return with_passage_words(snapshot, article_words_in(snapshot, text))


def article_words_in(snapshot: Snapshot, text: str) -> QueryWords:
    """Where the telling words of ``text`` occur in whole articles. Raises IndexDamaged."""
    languages, text = languages_of(snapshot), text[:MOST_TEXT]
    words, only_in = words_of(text, languages, partial(is_written, snapshot)), term_languages_in(text, languages)
    return QueryWords(article=look_up(snapshot, words, "article", only_in=only_in), only_in=only_in)


def with_passage_words(snapshot: Snapshot, words: QueryWords) -> QueryWords:
    """Return ``words``, which were looked up in articles, with where they occur in passages. Raises IndexDamaged."""
    return words._replace(passage=look_up(snapshot, [word.terms for word in words.article], only_in=words.only_in))


def languages_with(snapshot: Snapshot, word: QueryWord) -> Counter[str]:
    """How many articles in each language have ``word``, which was looked up in articles; only the languages that have any."""
    counts: Counter[str] = Counter()
    for segment, postings in zip(snapshot.segments, word.postings, strict=True):
        languages = segment.coded["language"]
        for posting in postings:
            found = np.bincount(languages.codes[posting.places], minlength=len(languages.values))
            counts.update({language: count for language, count in zip(languages.values, found.tolist(), strict=True) if count})
    return counts


def look_up_all(
    snapshot: Snapshot, words: Sequence[Terms], others: OtherForms = _NO_FORMS, only_in: TermLanguages = _ANYWHERE
) -> QueryWords:
    """Where ``words`` occur in passages and in articles, as ``look_up`` does. Raises IndexDamaged."""
    passage = look_up(snapshot, words, "passage", others, only_in)
    return QueryWords(passage, look_up(snapshot, words, "article", others, only_in), only_in)


def look_up(
    snapshot: Snapshot,
    words: Sequence[Terms],
    unit: Unit = "passage",
    others: OtherForms = _NO_FORMS,
    only_in: TermLanguages = _ANYWHERE,
) -> list[QueryWord]:
    """The postings of ``words``, and their weights, in proportion to their idf among the living passages or articles:
    ln(1 + (N - n + 0.5) / (n + 0.5)) (Robertson and Zaragoza 2009, eq. 3.11, with 1 added to keep it positive, as in Lucene).

    ``others``: a text with all words of one of a word's other forms has the word. ``only_in``: the languages of the texts in which a term
    counts, if not in all; n counts all texts, as a server does. Raises IndexDamaged.
    """
    postings = _postings_with_forms(snapshot, words, unit, others, _ANYWHERE)
    idf = _idf(snapshot, postings, unit)
    if only_in:
        postings = _postings_with_forms(snapshot, words, unit, others, only_in)
    total = sum(each * (PAIR if is_pair(terms[0]) else 1) for each, terms in zip(idf, words, strict=True))
    total = max(total, math.log1p(BACKGROUND))  # very common words alone are little to find a passage by
    return [QueryWord(*each) for each in zip(words, (each / total for each in idf), postings, strict=True)]


def _postings_with_forms(
    snapshot: Snapshot, words: Sequence[Terms], unit: Unit, others: OtherForms, only_in: TermLanguages
) -> list[list[list[Posting]]]:
    """The postings of the terms of each of ``words`` and of its other forms, for each word and segment."""
    # Each of the words of a name has the same other forms.
    forms = dict.fromkeys(form for terms in words if terms in others for form in others[terms].forms)
    postings = _postings(snapshot, [*words, *(word for form, _ in forms for word in form)], unit, only_in)
    postings, rest = postings[: len(words)], iter(postings[len(words) :])
    holders = {(form, share): [_intersection(each, share) for each in zip(*islice(rest, len(form)), strict=True)] for form, share in forms}
    for place, terms in enumerate(words):
        if terms in others:
            found = zip(postings[place], *(holders[form] for form in others[terms].forms), strict=True)
            postings[place] = [union([*([] if others[terms].alone else own), *its]) for own, *its in found]
    return postings


def idf_of(snapshot: Snapshot, words: Sequence[Terms], unit: Unit) -> list[float]:
    """The idf of each of ``words``, as in ``look_up``. Raises IndexDamaged."""
    return _idf(snapshot, _postings(snapshot, words, unit), unit)


def _postings(snapshot: Snapshot, words: Sequence[Terms], unit: Unit, only_in: TermLanguages = _ANYWHERE) -> list[list[list[Posting]]]:
    """The postings of the terms of each of ``words``, for each word and segment."""
    every = [term for terms in words for term in terms]
    hashes = [hash_of(term) for term in every]
    found = [segment.postings.of(hashes, unit) for segment in snapshot.segments]
    for segment, each in zip(snapshot.segments, found, strict=True):
        for place, (term, posting) in enumerate(zip(every, each, strict=True) if only_in else ()):
            if posting and term in only_in:
                each[place] = _in_languages(segment, posting, unit, only_in[term])
    stops = [0, *accumulate(len(terms) for terms in words)]
    return [[[posting for posting in each[start:stop] if posting] for each in found] for start, stop in pairwise(stops)]


def _in_languages(segment: Segment, posting: Posting, unit: Unit, only_in: AbstractSet[str]) -> Posting | None:
    """The entries of ``posting`` for texts in the languages ``only_in``; None if there are none."""
    languages = segment.coded["language"]
    counts = np.array([(language or DEFAULT_LANGUAGE) in only_in for language in languages.values])
    if counts.all():
        return posting
    rows = segment.articles_of(posting.places.astype(np.int64)) if unit == "passage" else posting.places
    kept = counts[languages.codes[rows]]
    return posting._replace(places=posting.places[kept], impacts=posting.impacts[kept]) if kept.any() else None


def union(postings: Sequence[Posting]) -> list[Posting]:
    """The union of ``postings``, at most one list. An entry has the largest of its impacts."""
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


def _intersection(words: Sequence[Sequence[Posting]], share: float) -> Posting:
    """The entries that have each of ``words``, with the ``share`` of the smallest impact."""
    if not all(words):
        return Posting(np.empty(0, np.uint32), np.empty(0, np.uint8))
    found, *others = sorted((each for postings in words for each in union(postings)), key=lambda each: len(each.places))
    for other in others:
        if not len(found.places):
            break
        at = other.places.searchsorted(found.places)
        both = other.places.take(at, mode="clip") == found.places
        found = Posting(found.places[both], np.minimum(found.impacts[both], other.impacts[at[both]]))
    if share == 1:
        return found
    return found._replace(impacts=np.ceil(found.impacts * np.float32(share)).astype(np.uint8))


def _idf(snapshot: Snapshot, postings: Sequence[Sequence[Sequence[Posting]]], unit: Unit) -> list[float]:
    """The idf of words with these ``postings``. The document frequency n is the sum of those of a word's terms."""
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


def occurs(snapshot: Snapshot, word: QueryWord) -> bool:
    """Whether a living article has ``word``, which was looked up in articles."""
    return any(
        found and (not segment.is_partial or any(segment.live_articles[posting.places].any() for posting in found))
        for segment, found in zip(snapshot.segments, word.postings, strict=True)
    )


def missing_words(snapshot: Snapshot, text: str, words: Sequence[QueryWord]) -> list[str]:
    """The telling words of ``text`` that no living article has. ``words`` are those of ``text``, looked up in articles."""
    texts = telling_texts(text[:MOST_TEXT], languages_of(snapshot), partial(is_written, snapshot))
    return [texts[word.terms] for word in words if word.terms in texts and not occurs(snapshot, word)]


def never_together(snapshot: Snapshot, text: str, words: Sequence[QueryWord]) -> list[str]:
    """The neighbouring words of ``text``, in lower case, that occur in the archive but never in one article: both of "Lindsay Graham" if
    its reports are of Lindsey Graham. ``words`` are those of ``text``, looked up in articles.
    """
    text = text[:MOST_TEXT]
    terms = {word.casefold(): terms for terms, word in telling_texts(text, languages_of(snapshot), partial(is_written, snapshot)).items()}
    living = {word.terms: word for word in words if any(map(len, word.postings))}
    found: dict[str, None] = {}
    for pair in pairwise(re.finditer(r"[^\W\d_]+", text)):
        neighbours = [word[0].casefold() for word in pair]
        one, other = (living.get(terms.get(word, ())) for word in neighbours)
        if one and other and one is not other and text[pair[0].end() : pair[1].start()] == " " and not _co_occur(one, other):
            found.update(dict.fromkeys(neighbours))
    return list(found)


def _co_occur(one: QueryWord, other: QueryWord) -> bool:
    """Whether an article has both words. Words in more than _FREQUENT articles are taken to co-occur."""
    for pair in chain.from_iterable(map(product, one.postings, other.postings)):
        few, many = sorted((posting.places for posting in pair), key=len)
        if len(few) > _FREQUENT or (len(few) and (many.take(many.searchsorted(few), mode="clip") == few).any()):
            return True
    return False


def bm25_shares(words: Sequence[QueryWord], number: int, size: int) -> Vectors:
    """The BM25 score of each of the ``size`` passages or articles of segment ``number``, as a share of the largest possible one: float32,
    (size,), in [0, 1], or more for pairs of characters.
    """
    return _PostingLists(words, number).sums(size).astype(np.float32)


class _PostingLists:
    """The postings of ``words`` in segment ``number``. The weightiest words come first, so all sums are made in one order."""

    def __init__(self, words: Sequence[QueryWord], number: int) -> None:
        by_weight = sorted(words, key=lambda word: -word.weight)
        found = [(posting, word.weight / SCALE) for word in by_weight for posting in word.postings[number]]
        self.weights = [weight for _, weight in found]
        self.sizes = [len(posting.places) for posting, _ in found]
        self.ends = [0, *accumulate(self.sizes)]
        if found:
            self._places = np.concatenate([posting.places for posting, _ in found])
            self._values = np.array(self.weights, np.float32).repeat(self.sizes)
            self._values *= np.concatenate([posting.impacts for posting, _ in found])

    def sums(self, size: int, count: int | None = None) -> NDArray[np.float64]:
        """The score of each of ``size`` places by the first ``count`` lists, or by all: float64, (size,)."""
        if not (end := self.ends[-1 if count is None else count]):
            return np.zeros(size)
        return np.asarray(np.bincount(self._places[:end], self._values[:end], size), np.float64)

    def scores_at(self, which: int, places: NDArray[np.int64], size: int) -> NDArray[np.float64]:
        """The scores of some ``places`` of the ``size`` by one list, float64, (places,)."""
        known, values = (each[self.ends[which] : self.ends[which + 1]] for each in (self._places, self._values))
        if _LOOKED_UP * len(places) > len(known):
            return np.asarray(np.bincount(known, values, size)[places], np.float64)
        sought = places.astype(known.dtype)  # as in impacts_at
        rows = np.searchsorted(known, sought)
        return np.asarray(values.take(rows, mode="clip") * (known.take(rows, mode="clip") == sought), np.float64)


class MaxScore:
    """Finds the ``count`` places, of all segments, with the largest scores: ``factor`` times their BM25 share of ``words``, plus a score
    that the caller knows. Scores are capped at ``ceiling``.

    The rare words of a segment are added up for all places; the longest lists are only looked up for places that can still be among the
    best (MaxScore: Turtle and Flood 1995, Query Evaluation: Strategies and Optimizations).
    """

    def __init__(self, words: Sequence[QueryWord], count: int, factor: float = 1.0, ceiling: float = math.inf) -> None:
        self._words = words
        self._count = count
        self._factor = factor
        self._ceiling = ceiling
        self._largest = np.empty(0)
        self._least = 0.0  # score of the last of the best

    def of(
        self,
        number: int,
        size: int,
        others: Vectors | None = None,
        accepts: Callable[[NDArray[np.int64]], NDArray[np.bool_]] | None = None,
    ) -> tuple[NDArray[np.int64], Vectors]:
        """The places of segment ``number``, of ``size``, that may be among the best, ascending, int64, and their BM25 shares, float32.
        Places without a word are left out.

        ``others``: the known scores of all places, float32, (size,). ``accepts``: returns the mask of the places that count.
        """
        lists = _PostingLists(self._words, number)
        # The most that the lists from each one on can add.
        rest = [0.0, *accumulate(self._factor * SCALE * weight for weight in reversed(lists.weights))][::-1]
        if rest[0] + (0.0 if others is None else float(others.max(initial=0))) < self._least - _MARGIN:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        first = next(which for which, left in enumerate(rest) if left <= _PART_OF_BEST * self._least)
        while first < len(lists.sizes) and lists.sizes[first] < _LONG:
            first += 1
        sums = lists.sums(size, first)
        places = self._promising(sums, others, rest[first])
        if accepts is not None:
            places = places[accepts(places)]
        total = sums[places]
        for which in range(first, len(lists.sizes)):
            total += lists.scores_at(which, places, size)
            kept = self._promising(total, None if others is None else others[places], rest[which + 1])
            places, total = places[kept], total[kept]
        self._add(self._scores(total, None if others is None else others[places]))
        return places, total.astype(np.float32)

    def _scores(self, total: NDArray[np.float64], others: Vectors | None) -> NDArray[np.float64]:
        scores = total if self._factor == 1 else self._factor * total
        return scores if others is None else scores + others

    def _promising(self, total: NDArray[np.float64], others: Vectors | None, left: float) -> NDArray[np.int64]:
        """The indices in ``total`` that may be among the best if the remaining lists add at most ``left``."""
        scores, needed = self._scores(total, others), self._least - left - _MARGIN
        return np.flatnonzero(scores >= needed if needed > 0 else scores > 0 if not left else np.ones(len(scores), np.bool_))

    def _add(self, values: NDArray[np.float64]) -> None:
        values = values[values > self._least]  # of which few are left after the first segments
        if len(values):
            self._largest = np.concatenate([self._largest, np.minimum(values, self._ceiling)])
        if len(self._largest) >= self._count:
            self._largest = np.partition(self._largest, len(self._largest) - self._count)[-self._count :]
            self._least = float(self._largest[0])


def impacts_at(word: QueryWord, number: int, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """The impacts of ``word`` in some passages or articles of segment ``number``, int64, (places,): in [0, SCALE], or a little more."""
    total = np.zeros(len(places), np.int64)
    for posting in (each for each in word.postings[number] if len(each.places)):
        at = posting.places.searchsorted(places.astype(posting.places.dtype))  # or the list would be made one of another type
        total += posting.impacts.take(at, mode="clip") * (posting.places.take(at, mode="clip") == places)
    return total


def impact_at(word: QueryWord, number: int, place: int) -> int:
    """The impact of ``word`` in one passage or article, as ``impacts_at``."""
    total = 0
    for places, impacts, _ in word.postings[number]:
        at = int(places.searchsorted(places.dtype.type(place)))
        if at < len(places) and places[at] == place:
            total += int(impacts[at])
    return total
