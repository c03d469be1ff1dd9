"""An encoder for tests and drills (``--model hash``): hashed words, no meaning, hundreds of times faster than a network."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.encoder import HASH_MODEL, ModelCard, Tokens, Vectors

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

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        return self.encode_passages(questions)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._encode(text) for text in texts]) if texts else np.empty((0, _DIMENSION), np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(_WORD.findall(text)) for text in texts]

    def tokens(self, texts: Sequence[str]) -> Tokens:
        return Tokens.of([_hashes(text) for text in texts], lambda hashes: (np.ones(len(hashes), np.float32), _signs(hashes)))

    @staticmethod
    def _encode(text: str) -> Vectors:
        total = _signs(np.array(_hashes(text), np.intp)).sum(axis=0) + np.float32(1e-3)  # an even number of words can cancel out
        return total / np.linalg.norm(total)  # type: ignore[no-any-return]


def _hashes(text: str) -> list[int]:
    return [
        int.from_bytes(xxhash.xxh3_64_digest(word.encode("utf-8", "surrogatepass")), "little", signed=True)
        for word in _WORD.findall(text.lower())
    ]


def _signs(hashes: NDArray[np.intp]) -> Vectors:
    """A row of +1 and -1 for each hash, (n, 64)."""
    return np.unpackbits(hashes.astype("<i8").view(np.uint8).reshape(-1, 8), axis=1).astype(np.float32) * 2 - 1
