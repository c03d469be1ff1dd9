"""Profile of an article: the mean of its passages' vectors, and its most distinctive words.

Profiles are searched like questions, so filters, folding of copies and archives in Milvus work as in a search, and no model is loaded.
Measurements: benchmarks/quality/related.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, NoReturn

import numpy as np

from newsdex.encoder import ModelCard, Tokens, Vectors
from newsdex.records import Article
from newsdex.search.question.stopwords import little_words
from newsdex.search.question.terms import analyzer
from newsdex.search.ranking.lexical import rarities
from newsdex.store.copies import Place
from newsdex.store.snapshot import Snapshot
from newsdex.words import LONGEST

SAMPLED = 64  # passages sampled from a long article, evenly spread
WORDS = 32  # words of a profile
_COUNTED = 128  # most frequent words of the article whose rarity is looked up
FEW = 16  # number of sampled passages at which half of their mean is subtracted
_SATURATION = 1.2  # occurrences worth half of the limit


class Profile(NamedTuple):
    """An article's most distinctive ``words``, best first, its unit ``vector``, float32, (d,), and the ``text`` that both come from."""

    words: tuple[str, ...]
    vector: Vectors
    text: str


def sampled(count: int) -> list[int]:
    """Return the passages to read of an article of ``count``, ascending: all, or SAMPLED evenly spread ones."""
    return np.linspace(0, count - 1, min(count, SAMPLED)).astype(int).tolist() if count else []


def profile_of(snapshot: Snapshot, place: Place, counted: Snapshot, typical: Vectors) -> Profile | None:
    """Return the profile of the article at ``place``; None when it has no passage.

    Rarity is that of words in ``counted``. ``typical``: vectors of passages in the article's language, float32, (n, d), empty for a
    comparison within one language. Raises IndexDamaged and ServerError.
    """
    segment = snapshot.segments[place.segment]
    first = segment.passages(place.row).start
    positions = [first + number for number in sampled(len(segment.passages(place.row)))]
    if segment.is_partial:
        positions = [position for position in positions if segment.live_passages[position]]
    if not positions:
        return None
    own = [position for position in positions if not snapshot.furnished.passage(segment, place.row, position)] or positions
    article = segment.article(place.row)
    text = "\n".join([article.title, *(segment.passage(position, article).text for position in own)])
    mean = segment.vectors(np.array(own, np.int64)).mean(axis=0)
    # The mean of a language's passages carries no topic, and hides similar articles in other languages (Libovický, Rosa and Fraser 2020,
    # https://arxiv.org/abs/2004.05160).
    mean = mean - typical.sum(axis=0) / (len(typical) + FEW)
    return Profile(_telling(text, article, counted), mean / max(float(np.linalg.norm(mean)), 1e-9), text)


def _telling(text: str, article: Article, counted: Snapshot) -> tuple[str, ...]:
    """Return the article's most distinctive words by tf-idf, as in Lucene's MoreLikeThis, the best first."""
    little = little_words(text)
    counts: Counter[tuple[str, ...]] = Counter()
    written: dict[tuple[str, ...], str] = {}
    for word in analyzer(article.language).words(text):
        found = text[word.start : word.end]
        if len(found) <= LONGEST and found.casefold() not in little:
            counts[word.terms] += 1
            written.setdefault(word.terms, found)
    often = counts.most_common(_COUNTED)
    rarity = rarities(counted, [terms for terms, _ in often], "article")
    worth = {terms: rare * count / (count + _SATURATION) for (terms, count), rare in zip(often, rarity, strict=True)}
    return tuple(written[terms] for terms, _ in sorted(worth.items(), key=lambda each: (-each[1], each[0]))[:WORDS])


class WordsOnly:
    """An encoder for when nothing is encoded: the index's model card, and sentences compared by shared words."""

    def __init__(self, card: ModelCard) -> None:
        self.card = card

    def encode_questions(self, questions: Sequence[str]) -> NoReturn:
        raise NotImplementedError("no model is loaded here")

    def encode_passages(self, texts: Sequence[str]) -> NoReturn:
        raise NotImplementedError("no model is loaded here")

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the words of each text."""
        return [len(analyzer("").terms(text)) for text in texts]

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """Return the words of the first text, an axis each; other words of the others are zero vectors."""
        first, *others = [analyzer("").terms(text) for text in texts]
        numbers = {term: number for number, term in enumerate(dict.fromkeys(first))}
        pieces = [[numbers.get(term, len(numbers)) for term in terms] for terms in (first, *others)]
        size = len(numbers)
        return Tokens.of(pieces, lambda known: (np.ones(len(known), np.float32), np.eye(size + 1, size, dtype=np.float32)[known]))
