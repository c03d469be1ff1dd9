"""Text to unit vectors: the protocol that all engines share.

The same model gives the same vectors whichever engine computes them; its meaning is summed up in a fingerprint that is
stored with the index.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple, Protocol

import numpy as np
import xxhash
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

DEFAULT_MODEL = "all-MiniLM-L6-v2"
HASH_MODEL = "hash"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What decides the meaning of a vector. Two cards that are equal give comparable vectors.

    ``weights`` and ``tokenizer`` are sha256 sums in hexadecimal, ``max_tokens`` is the model's window, special tokens
    included, and the prefixes are put before a question and before a passage.
    """

    name: str
    weights: str
    tokenizer: str
    dimension: int
    max_tokens: int
    pooling: str
    normalised: bool = True
    question_prefix: str = ""
    passage_prefix: str = ""

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that change when anything but the name does."""
        meaning = asdict(self)
        del meaning["name"]
        return xxhash.xxh3_128_hexdigest(json.dumps(meaning, sort_keys=True).encode())


class TokenVectors(NamedTuple):
    """The tokens of one text without their context: ``vectors``, float32, (t, d), unit rows; ``weights``, float32, (t,), larger
    for rarer tokens.
    """

    weights: Vectors
    vectors: Vectors


class Encoder(Protocol):
    """Anything that turns text into unit vectors of one meaning."""

    @property
    def card(self) -> ModelCard:
        """What the vectors mean."""
        ...

    def encode_question(self, question: str) -> Vectors:
        """The question's vector, float32, (dimension,), of unit length. A longer question than the window is cut."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """One unit row a text, float32, (len(texts), dimension), in the order given."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How much of the window each text takes, special tokens not counted."""
        ...

    def token_vectors(self, texts: Sequence[str]) -> list[TokenVectors]:
        """The model's input embeddings of each text's tokens, special tokens left out."""
        ...


def token_weights(ids: NDArray[np.intp], first: int) -> Vectors:
    """How much each token tells, float32, from its place in the vocabulary, which is in order of frequency: log(1 + place).

    By Zipf's law a word's frequency is about inverse to its place, and the information in it so about the logarithm of the
    place. ``first`` is the first id of that order; what comes before weighs nothing.
    """
    return np.log1p(np.maximum(ids - first, 0)).astype(np.float32)
