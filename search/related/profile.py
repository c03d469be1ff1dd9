"""What an article is recognised by among others: the mean of its passages' vectors, and the words that tell it from other articles.

They are asked as a question is, so every filter, the folding of copies and an archive in Milvus work as for a search, and no model is
loaded. How they were chosen: benchmarks/quality/related.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, NoReturn

import numpy as np

from newsdex.encoder import ModelCard, Tokens, Vectors
from newsdex.records import Article
from newsdex.search.question.stopwords import little_words
from newsdex.search.ranking.lexical import analyzer, rarities
from newsdex.store.copies import Place
from newsdex.store.snapshot import Snapshot
from newsdex.words import LONGEST

SAMPLED = 64  # passages of a long article, evenly spread
WORDS = 32  # that are searched for
_COUNTED = 128  # of the words that the article has most often, whose rarity is looked up
TYPICAL = 128  # passages of a language that stand for all
_FEW = 16  # passages of it, of which half of what they have in common is taken for that of the language
_SATURATION = 1.2  # occurrences that are worth half of what any number is worth


class Profile(NamedTuple):
    """What an article is recognised by: its ``words``, the most telling first, its ``vector``, float32, (d,), of unit length, and the
    ``text`` of the passages that both were made of, with the title.
    """

    words: tuple[str, ...]
    vector: Vectors
    text: str


def sampled(count: int) -> list[int]:
    """The passages of an article of ``count`` that are looked at, ascending: all, or SAMPLED evenly spread ones."""
    return np.linspace(0, count - 1, min(count, SAMPLED)).astype(int).tolist() if count else []


def typical_in(snapshot: Snapshot, language: str) -> Vectors:
    """The vectors of some living passages of articles in ``language``, evenly spread, about TYPICAL of them: float32, (n, d).

    Raises IndexDamaged.
    """
    rooms = []
    for segment in snapshot.segments:
        languages = segment.coded["language"]
        codes = [code for code, value in enumerate(languages.values) if value == language]
        rooms.append(segment.passages_of(np.isin(languages.codes, codes) & segment.live_articles) if codes else np.empty(0, np.int64))
    step = max(1, sum(map(len, rooms)) // TYPICAL)
    vectors = [segment.vectors(room[::step]) for segment, room in zip(snapshot.segments, rooms, strict=True)]
    return np.concatenate(vectors) if vectors else np.empty((0, snapshot.manifest.model.dimension), np.float32)


def profile_of(snapshot: Snapshot, place: Place, counted: Snapshot, typical: Vectors) -> Profile | None:
    """The profile of the article at ``place``; None when it has no passage. Rarity is that of words in ``counted``; ``typical`` are vectors
    of passages in the article's language, float32, (n, d), where others may be like it in another language.

    Raises IndexDamaged and ServerError.
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
    # What all passages of a language have in common says nothing of the article, and hides it from those in other languages (Libovický,
    # Rosa and Fraser 2020, https://arxiv.org/abs/2004.05160).
    mean = mean - typical.sum(axis=0) / (len(typical) + _FEW)
    return Profile(_telling(text, article, counted), mean / max(float(np.linalg.norm(mean)), 1e-9), text)


def _telling(text: str, article: Article, counted: Snapshot) -> tuple[str, ...]:
    """The words by which an article is found among others, by tf-idf (as Lucene's MoreLikeThis chooses them), the best first."""
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
    """Stands for an index's model where nothing is encoded: its card, and sentences compared by the words that they have in common."""

    def __init__(self, card: ModelCard) -> None:
        self.card = card

    def encode_question(self, question: str) -> NoReturn:
        raise NotImplementedError("no model is loaded here")

    def encode_questions(self, questions: Sequence[str]) -> NoReturn:
        raise NotImplementedError("no model is loaded here")

    def encode_passages(self, texts: Sequence[str]) -> NoReturn:
        raise NotImplementedError("no model is loaded here")

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many words each text has."""
        return [len(analyzer("").terms(text)) for text in texts]

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """The words of the first text, an axis each; any other word of the others is at zero."""
        first, *others = [analyzer("").terms(text) for text in texts]
        numbers = {term: number for number, term in enumerate(dict.fromkeys(first))}
        pieces = [[numbers.get(term, len(numbers)) for term in terms] for terms in (first, *others)]
        size = len(numbers)
        return Tokens.of(pieces, lambda known: (np.ones(len(known), np.float32), np.eye(size + 1, size, dtype=np.float32)[known]))
