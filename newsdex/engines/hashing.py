"""An encoder for tests and drills: hashed words instead of a neural network, hundreds of times faster.

It knows no meaning: two texts are similar when they share words. Choose it with ``--model hash``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import xxhash

from newsdex.encoder import HASH_MODEL, ModelCard, TokenVectors, Vectors

_DIMENSION = 64
_WORD = re.compile(r"\w+|[^\w\s]")


class HashEncoder:
    """Each word adds +1 or -1 to each of 64 dimensions, by the bits of its XXH3 hash; rows are scaled to unit length."""

    card = ModelCard(
        name=HASH_MODEL,
        weights="",
        tokenizer="words and punctuation marks",
        dimension=_DIMENSION,
        max_tokens=256,
        pooling="sum of signed hashes",
    )

    def encode_question(self, question: str) -> Vectors:
        return self._encode(question)

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        return self.encode_passages(questions)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._encode(text) for text in texts]) if texts else np.empty((0, _DIMENSION), np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(_WORD.findall(text)) for text in texts]

    def token_vectors(self, texts: Sequence[str]) -> list[TokenVectors]:
        signs = [self._signs(text) for text in texts]
        return [TokenVectors(np.ones(len(rows), np.float32), rows / np.float32(np.sqrt(_DIMENSION))) for rows in signs]

    @staticmethod
    def _signs(text: str) -> Vectors:
        """A row of +1 and -1 for each word, (words, 64)."""
        hashes = b"".join(xxhash.xxh3_64_digest(word.encode()) for word in _WORD.findall(text.lower()))
        return np.unpackbits(np.frombuffer(hashes, np.uint8).reshape(-1, 8), axis=1).astype(np.float32) * 2 - 1

    def _encode(self, text: str) -> Vectors:
        total = self._signs(text).sum(axis=0) + np.float32(1e-3)  # an even number of words can cancel out
        return total / np.linalg.norm(total)  # type: ignore[no-any-return]
