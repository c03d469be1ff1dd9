"""Questions that are asked again and again are encoded once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xxhash

from newsdex.encoder import Encoder, ModelCard, Tokens, Vectors


class Remembering:
    """An encoder that keeps the vectors of questions: ``used`` has those that it was asked for, by the digests of their texts."""

    def __init__(self, encoder: Encoder, known: dict[int, Vectors]) -> None:
        self._encoder = encoder
        self._known = known
        self.used: dict[int, Vectors] = {}

    @property
    def card(self) -> ModelCard:
        return self._encoder.card

    def encode_question(self, question: str) -> Vectors:
        return np.asarray(self.encode_questions([question])[0], np.float32)

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        digests = [xxhash.xxh3_64_intdigest(question.encode()) for question in questions]
        missing = {digest: question for digest, question in zip(digests, questions, strict=True) if digest not in self._known}
        if missing:
            self._known |= dict(zip(missing, self._encoder.encode_questions(list(missing.values())), strict=True))
        self.used |= {digest: self._known[digest] for digest in digests}
        return np.stack([self._known[digest] for digest in digests])

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._encoder.encode_passages(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._encoder.count_tokens(texts)

    def tokens(self, texts: Sequence[str]) -> Tokens:
        return self._encoder.tokens(texts)
