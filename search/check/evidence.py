"""The sentences of some articles that best cover a claim.

Each token of the claim is compared with every token of a sentence by the model's input embeddings; the closest counts, weighted by rarity
(as in newsdex.search.answer.sentence).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Encoder, Tokens, Vectors
from newsdex.records import Article, Span
from newsdex.reports import Evidence
from newsdex.search.answer.disowned import error_and_right, is_of_error, is_of_report, is_put_right, reports_error
from newsdex.search.answer.sentence import closest
from newsdex.search.check import dates, names, numbers, polarity
from newsdex.search.question.stopwords import STOPWORDS, language_of
from newsdex.search.question.terms import analyzer
from newsdex.words import as_read

_SAME, _UNLIKE = 0.9, 0.3  # cosines that count as the same token and as unrelated
_COMMON = 4.0  # the weight of tokens that occur in any text
_TITLE = 0.8  # weight of the article's title relative to a sentence
_MORE = 2  # further sentences that may cover the rest
_LEAST_MORE = 0.06  # share of the claim that each of them must add
_AROUND = 6
_CLOSE = 0.1  # share of the claim by which a sentence of its date may cover less
_SHORT, _REPLY = 40, 80  # characters
_FEW = 400  # sentences up to which all are compared
_SHORTLISTED = 128  # sentences compared otherwise, those that share most words with each claim


class Nearby(NamedTuple):
    """The sentences of an ``article`` that are nearest to a claim: ``texts``, each at the end of its context in ``contexts``, and less near
    ones ``around``, and the title, which may supply what these lack; ``behind``: those behind the nearest, with their contexts;
    ``opening``: the word that begins the claim, folded, if it is a name. The article's language is here that of the claim if one of the
    texts is in it.
    """

    article: Article
    texts: Sequence[str]
    contexts: Sequence[str]
    around: Sequence[str]
    behind: Sequence[tuple[str, str]] = ()
    opening: str = ""


class Pool(NamedTuple):
    """Sentences of some articles; ``of``: the article of each; ``vectors``: those of their passages, float32, (sentences, dimension)."""

    articles: Sequence[Article]
    sentences: Sequence[Span]
    of: Sequence[int]
    vectors: Vectors

    def text(self, place: int) -> str:
        span = self.sentences[place]
        return as_read(self.articles[self.of[place]].text[span.start : span.end])

    def stated(self, place: int) -> str:
        """Return a sentence; of one that puts an error right, without the numbers of the error, or else its dates or names."""
        article, text = self.articles[self.of[place]], self.text(place)
        if (found := error_and_right(article, text)) is None:
            return text
        error, right = found
        details: Iterable[Sequence[dates.Found]] = (
            numbers.quantities(text, article.language),
            dates.dates(text, [article.language]),
            names.names(text),
        )
        for each in details:
            wrong = [one for one in each if error.start <= one.start < error.end]
            instead = [one for one in each if right.start <= one.start < right.end]
            if wrong and instead:
                # The last names: "we said that Ann met Bo; it was Cy".
                return dates.mask(text, wrong[-len(instead) :] if isinstance(wrong[0], names.Name) else wrong)
        return text

    def answered(self, place: int, claim: str) -> str:
        """Return what a question for yes or no states by the sentence behind it: ``not "Were you afraid"`` before "No."; "" for others, and
        where the ``claim`` has a word of another question, or one that the article lacks.
        """
        article, question = self.articles[self.of[place]], self.text(place)
        if not (stated := polarity.answered(question, self.text(self.behind(place)), article.language)):
            return ""
        texts = (self.text(n) for n, of in enumerate(self.of) if of == self.of[place] and n != place)
        others = [text for text in texts if polarity.is_asked(text)]
        about = polarity.is_about(claim, question, others, names.whole(article), article.language)
        return stated if about else ""

    def asked(self, places: Sequence[int], claim: str) -> list[int]:
        """Return the nearest question at some places if it is answered and has a word of the ``claim`` that the other sentences lack."""
        first = next((place for place in places if polarity.is_asked(self.text(place))), None)
        if first is None or not self.answered(first, claim):
            return []
        others = [self.text(place) for place in places if place != first]
        return [first] if polarity.has_more(claim, self.text(first), others, self.articles[self.of[first]].language) else []

    def context(self, place: int, text: str = "") -> str:
        """Return a sentence, or the ``text`` in its place, with the one before it, to which its "he" or "it" may refer."""
        first = place - 1 if place and self.of[place - 1] == self.of[place] else place
        before = self.articles[self.of[place]].text[self.sentences[first].start : self.sentences[place].start]
        return as_read(before) + (text or self.text(place))

    def evidence(self, places: Iterable[int]) -> tuple[Evidence, ...]:
        """Return the sentences at some places."""
        return tuple(Evidence(self.articles[self.of[n]], self.sentences[n].start, self.sentences[n].end) for n in places)

    def has_date(self, days: Sequence[dates.Date], place: int) -> bool:
        """Return whether the sentence at ``place`` has one of ``days``."""
        article = self.articles[self.of[place]]
        told = dates.dates(self.text(place), [article.language]) if days else []
        return any(dates.agree(day, each, article.published) for day in days for each in told)

    def behind(self, place: int) -> int:
        """Return the place of the next sentence of the same article; that of the last one itself."""
        return place + 1 if place + 1 < len(self.of) and self.of[place + 1] == self.of[place] else place

    def beside(self, places: Collection[int]) -> list[int]:
        """Return ``places`` with the sentences before and after each in the same article, in order."""
        around = {(place, other) for place in places for other in (place - 1, place, place + 1) if 0 <= other < len(self.of)}
        return sorted({other for place, other in around if self.of[other] == self.of[place]})

    def nearby(self, article: int, places: Sequence[int], around: Sequence[int], claim: str) -> Nearby:
        """Return the sentences at some places of an article, without the errors that they put right unless the ``claim`` is about those. Of
        a question with its answer, if that counts, what they state.
        """
        stated = self.text if is_of_error(claim) else self.stated
        asked = self.asked(places, claim)
        texts = [self.answered(place, claim) if place in asked else stated(place) for place in places]
        near = self.articles[article]
        spoken = replace(near, language=_language_of(claim, texts, near.language))
        behind = [(self.text(other), self.context(other)) for place in places if (other := self.behind(place)) not in places]
        return Nearby(spoken, texts, [*map(self.context, places, texts)], [*map(stated, around), near.title], behind)

    def disowned(self, place: int, claim: str) -> bool:
        """Return whether a sentence reports an error, which the next one corrects, and the ``claim`` is not about the report."""
        article, text = self.articles[self.of[place]], self.text(place)
        if self.behind(place) == place:
            return False
        if reports_error(article, text):
            return not is_of_error(claim)
        return is_put_right(self.text(place + 1)) and not is_of_report(claim)

    def replies(self, places: Iterable[int]) -> list[int]:
        """Return the places of the short sentences among and behind those at some places."""
        behind = sorted({other for place in places for other in (place, self.behind(place))})
        return [place for place in behind if len(self.sentences[place]) <= _REPLY]

    def short(self, article: int) -> list[str]:
        """Return the shortest sentences of an article, such as "Nobody was hurt."."""
        return [self.text(n) for n, of in enumerate(self.of) if of == article and len(self.sentences[n]) <= _SHORT]


def _language_of(claim: str, texts: Sequence[str], language: str) -> str:
    """Return the language of ``claim`` if one of ``texts`` is in it, and either it or ``language``, that of the article, is English; else
    the latter: an article may be bilingual. A few words do not tell French from Spanish.
    """
    own = language_of(claim) or language_of(texts[0])
    return own if "en" in (own, language) and own not in ("", "und") and own in map(language_of, texts) else language


class Found(NamedTuple):
    """The evidence of one article for a claim. ``places``: sentences, the nearest first; ``around``: the next nearest; ``single``: the
    share of the claim that the nearest covers; ``together``: the share that all cover, with the title.
    """

    places: tuple[int, ...]
    around: tuple[int, ...]
    single: float
    together: float


def shortlisted(claims: Sequence[str], pool: Pool) -> Pool:
    """Return the pool; of a large one, the sentences that share most words with a claim."""
    if len(pool.sentences) <= _FEW:
        return pool
    terms = [frozenset(analyzer(pool.articles[pool.of[place]].language).terms(pool.text(place))) for place in range(len(pool.sentences))]
    kept: set[int] = set()
    for claim in claims:
        own = [term for term in analyzer("").terms(claim) if term not in STOPWORDS]
        shared = np.array([sum(term in each for term in own) for each in terms])
        kept.update(np.argsort(-shared, kind="stable")[:_SHORTLISTED].tolist())
    places = sorted(kept)
    return Pool(pool.articles, [pool.sentences[n] for n in places], [pool.of[n] for n in places], pool.vectors[places])


def nearest(claims: Sequence[str], pool: Pool, encoder: Encoder, said: Sequence[Sequence[dates.Date]]) -> list[list[Found]]:
    """Return the evidence for each claim from each article of the pool, in that order. ``said``: the dates of each, which it may lack."""
    titles = [article.title for article in pool.articles]
    texts = [pool.text(place) for place in range(len(pool.sentences))]
    tokens = encoder.tokens([*claims, *titles, *texts])
    starts = np.concatenate([[0], tokens.ends])
    first = len(claims)
    found = []
    of = np.asarray(pool.of, np.intp)
    for number in range(first):
        shares, weights = _shares(tokens, starts, number, first)
        title, own = shares[: len(titles)], shares[len(titles) :]
        is_dated = partial(pool.has_date, said[number])
        places = (np.flatnonzero(of == article) for article in range(len(titles)))
        found.append([_of_article(each, own, title[article], weights, is_dated) for article, each in enumerate(places)])
    return found


def _shares(tokens: Tokens, starts: NDArray[np.intp], claim: int, first: int) -> tuple[Vectors, Vectors]:
    """Return how well texts cover each token of a claim, float32, (texts, tokens), and the tokens' weights, which sum to 1."""
    asked = tokens.places[starts[claim] : starts[claim + 1]]
    weights = np.maximum(tokens.weights[asked] - np.float32(_COMMON), 0)
    weights = weights / max(float(weights.sum()), 1e-9)
    rest, ends = tokens.places[starts[first] :], tokens.ends[first:] - starts[first]
    alone = tokens._replace(places=np.concatenate([asked, rest]), ends=np.concatenate([[0], ends]) + len(asked))
    return np.clip((closest(alone) - np.float32(_UNLIKE)) / np.float32(_SAME - _UNLIKE), 0, 1), weights


def _of_article(places: NDArray[np.intp], shares: Vectors, title: Vectors, weights: Vectors, is_dated: Callable[[int], bool]) -> Found:
    if not len(places):
        return Found((), (), 0.0, 0.0)
    own = shares[places]
    alone = _weighted(own, weights)
    order = np.argsort(-np.round(alone, 6), kind="stable").tolist()
    close = [number for number in order[: 1 + _AROUND] if alone[number] >= alone[order[0]] - _CLOSE]
    best = next((number for number in close if len(close) > 1 and is_dated(int(places[number]))), order[0])
    chosen, together = [best], own[best]
    for _ in range(_MORE):
        gains = _weighted(np.maximum(own, together), weights) - _weighted(together, weights)
        further = int(np.argmax(np.round(gains, 6)))
        if gains[further] < _LEAST_MORE:
            break
        chosen.append(further)
        together = np.maximum(together, own[further])
    whole = _weighted(np.maximum(together, title * np.float32(_TITLE)), weights)
    around = [each for each in order[:_AROUND] if each not in chosen]
    return Found(tuple(places[chosen].tolist()), tuple(places[around].tolist()), float(alone[best]), float(whole))


def _weighted(shares: Vectors, weights: Vectors) -> Vectors:
    """Return the sum of each row of ``shares``, (..., tokens), by the tokens' ``weights``."""
    # Some matrix libraries read beyond so short rows, and warn of what they find there
    return np.asarray(np.einsum("...t,t->...", shares, weights))
