"""The languages of an archive, and which of them a question is in that its little words do not tell.

A multilingual model puts texts in one language nearer to each other than to others, whatever they are about. The mean vector of a
language's passages carries no topic (Libovický, Rosa and Fraser 2020, https://arxiv.org/abs/2004.05160): a question is nearer to that of
its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np

from newsdex.encoder import Vectors
from newsdex.search.ranking.lexical import QueryWord, languages_with
from newsdex.store.snapshot import Snapshot

TYPICAL = 128  # passages sampled per language
FEWEST = 16  # passages whose mean tells of their language rather than of what they are about
# How much nearer a question is to the mean of its language than to that of another, on the default model's scale.
NEARER = 0.055
_MOSTLY = 0.5  # of the weight of words, by which they tell their language


class Languages:
    """The languages of an archive: how many articles are in each, and the vectors of some of its passages, float32, (n, d)."""

    def __init__(self, counts: Mapping[str, int], typical: Callable[[str], Vectors]) -> None:
        self._counts = {language: count for language, count in counts.items() if language and count}
        self._typical = typical

    @cached_property
    def most(self) -> str:
        """The language of most articles; "" without any."""
        return max(sorted(self._counts), key=lambda language: self._counts[language], default="")

    def nearest(self, vector: Vectors, scale: float) -> str:
        """The language nearest to the question of ``vector``; of near equals that of most articles. ``scale``: as of ``comparable``."""
        near = self._nearness(vector, scale)
        least = max(near.values(), default=0.0) - NEARER
        return max((language for language, value in near.items() if value >= least), key=self._counts.__getitem__, default=self.most)

    def clearly_nearest(self, vector: Vectors, scale: float) -> str:
        """The language that the question of ``vector`` is clearly nearer to than to all others; "" if there is none."""
        best, *rest = sorted(self._nearness(vector, scale).items(), key=lambda each: -each[1])[:2] or [("", 0.0)]
        return best[0] if rest and best[1] >= rest[0][1] + NEARER else ""

    def _nearness(self, vector: Vectors, scale: float) -> dict[str, float]:
        return {language: scale * float(mean @ vector) for language, mean in self._means.items()}

    @cached_property
    def _means(self) -> dict[str, Vectors]:
        found = {language: self._typical(language) for language in sorted(self._counts)}
        return {language: some.mean(axis=0) for language, some in found.items() if len(some) >= FEWEST}


def typical_in(snapshot: Snapshot, language: str) -> Vectors:
    """Return the vectors of about TYPICAL evenly spread living passages in ``language``, float32, (n, d). Raises IndexDamaged."""
    found = []
    for segment in snapshot.segments:
        languages = segment.coded["language"]
        codes = [code for code, value in enumerate(languages.values) if value == language]
        found.append(segment.passages_of(np.isin(languages.codes, codes) & segment.live_articles) if codes else np.empty(0, np.int64))
    step = max(1, sum(map(len, found)) // TYPICAL)
    vectors = [segment.vectors(passages[::step]) for segment, passages in zip(snapshot.segments, found, strict=True)]
    return np.concatenate(vectors) if vectors else np.empty((0, snapshot.manifest.model.dimension), np.float32)


def language_by_words(snapshot: Snapshot, words: Sequence[QueryWord]) -> str:
    """The language of most articles with ``words``, looked up in articles, by their weights; "" if it has too few of them to tell."""
    shares: dict[str, float] = {}
    for word in words:
        counts = languages_with(snapshot, word)
        for language, count in counts.items():
            shares[language] = shares.get(language, 0.0) + word.weight * count / max(1, counts.total())
    best = max(shares, key=lambda language: shares[language], default="")
    return best if best and shares[best] >= _MOSTLY * sum(word.weight for word in words) else ""
