"""The sentences of some articles that say most of a claim: each token of the claim against every token of a sentence by the model's input
embeddings, the closest counts, rarer ones count more (as newsdex.search.answer.sentence has it).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Encoder, Tokens, Vectors
from newsdex.records import Article, Span
from newsdex.search.question.stopwords import STOPWORDS
from newsdex.search.ranking.lexical import analyzer

_SAME, _UNLIKE = 0.9, 0.3  # cosines of a token with itself, and with one that it has nothing in common with
_COMMON = 4.0  # the weight of tokens that any text has
_TITLE = 0.8  # of what a sentence would count, that the title of its article says it
_MORE = 2  # sentences of the article that may say the rest
_LEAST_MORE = 0.06  # of the claim that each of them must add
_AROUND = 6
_LONGEST = 1_000  # characters of a sentence that are looked at for it
_SHORT = 40  # characters
# A sentence that tells what was reported wrongly; the next one has what is right.
_DISOWNS = re.compile(
    r"\b(?:earlier|previous|original) (?:version|edition)s? of (?:this|the|our) (?:story|article|report|page)\b"
    r"|^(?:correction: )?(?:a|an|the|our) (?:report|story|article|caption|headline)\b.{0,120}\b(?:said|stated|gave|named|misstated)\b"
    r"|\bversi[oó]n anterior de est[ea]\b|\bfrüheren? (?:Version|Fassung)\b|\bversion précédente de cet\b",
    re.IGNORECASE,
)
_FEW = 400  # sentences that are all compared
_SHORTLISTED = 128  # of more, those that share most words with each claim


class Pool(NamedTuple):
    """Sentences of some articles, which article each is ``of``, and the vectors of their passages, float32, (sentences, dimension)."""

    articles: Sequence[Article]
    sentences: Sequence[Span]
    of: Sequence[int]
    vectors: Vectors

    def text(self, place: int) -> str:
        span = self.sentences[place]
        return self.articles[self.of[place]].text[span.start : span.end]

    def context(self, place: int) -> str:
        """A sentence with the one before it, of which it may speak as "he" or "it"."""
        first = place - 1 if place and self.of[place - 1] == self.of[place] else place
        return self.articles[self.of[place]].text[self.sentences[first].start : self.sentences[place].end]

    def short(self, article: int) -> list[str]:
        """The shortest sentences of an article, such as "Nobody was hurt."."""
        return [self.text(n) for n, of in enumerate(self.of) if of == article and len(self.sentences[n]) <= _SHORT]


class Found(NamedTuple):
    """What says most of a claim: ``places`` of sentences of one article, the nearest first, and the share of the claim that the nearest
    says (``single``) and that all of them say, with the title (``together``). ``around``: those that come next.
    """

    places: tuple[int, ...]
    around: tuple[int, ...]
    single: float
    together: float


def disowns(text: str) -> bool:
    """Whether a sentence tells what was reported wrongly."""
    return _DISOWNS.search(text[:_LONGEST]) is not None


def shortlisted(claims: Sequence[str], pool: Pool) -> Pool:
    """The pool, or those of its many sentences that share most words with some claim."""
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


def nearest(claims: Sequence[str], pool: Pool, encoder: Encoder) -> list[list[Found]]:
    """For each claim and each article of the pool, in that order, what of the article says most of it."""
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
        found.append([_of_article(np.flatnonzero(of == article), own, title[article], weights) for article in range(len(titles))])
    return found


def _shares(tokens: Tokens, starts: NDArray[np.intp], claim: int, first: int) -> tuple[Vectors, Vectors]:
    """How much each title and sentence has of each token of a claim, float32, (texts, tokens), and the tokens' weights, 1 in all."""
    asked = tokens.places[starts[claim] : starts[claim + 1]]
    weights = np.maximum(tokens.weights[asked] - np.float32(_COMMON), 0)
    weights = weights / max(float(weights.sum()), 1e-9)
    rest, ends = tokens.places[starts[first] :], tokens.ends[first:] - starts[first]
    begins = np.concatenate([[0], ends[:-1]]).astype(np.intp)
    closest = np.zeros((len(ends), len(asked)), np.float32)
    some = ends > begins
    if len(asked) and len(rest):
        cosines = tokens.vectors @ tokens.vectors[asked].T
        closest[some] = np.maximum.reduceat(cosines[rest], begins[some])
    return np.clip((closest - np.float32(_UNLIKE)) / np.float32(_SAME - _UNLIKE), 0, 1), weights


def _of_article(places: NDArray[np.intp], shares: Vectors, title: Vectors, weights: Vectors) -> Found:
    if not len(places):
        return Found((), (), 0.0, 0.0)
    own = shares[places]
    alone = own @ weights
    best = int(np.argmax(np.round(alone, 6)))
    chosen, together = [best], own[best]
    for _ in range(_MORE):
        gains = np.maximum(own, together) @ weights - together @ weights
        further = int(np.argmax(np.round(gains, 6)))
        if gains[further] < _LEAST_MORE:
            break
        chosen.append(further)
        together = np.maximum(together, own[further])
    whole = np.maximum(together, title * np.float32(_TITLE)) @ weights
    around = [each for each in np.argsort(-alone, kind="stable")[:_AROUND].tolist() if each not in chosen]
    return Found(tuple(places[chosen].tolist()), tuple(places[around].tolist()), float(alone[best]), float(whole))
