"""The forward pass of all-MiniLM-L6-v2 in numpy, for the query path: no torch, nothing parsed, weights memory-mapped.

A BERT encoder (Devlin et al. 2019, https://arxiv.org/abs/1810.04805) of 6 layers, 384 dimensions and 12 heads, then the mean
over all tokens and the scaling to unit length that sentence-transformers applies. In the comments t is the number of tokens of
one text, d the hidden size, h the number of heads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Vectors
from newsdex.engines import minilm
from newsdex.engines.wordpiece import WordPiece

_SQRT_HALF = np.float32(np.sqrt(0.5))


def erf(x: Vectors) -> Vectors:
    """The error function, float32, to about 1.2e-7 (numpy has none).

    Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26, has an error of 1.5e-7 in exact arithmetic;
    it is evaluated here in float32.
    """
    t = 1 / (1 + np.float32(0.3275911) * np.abs(x))
    polynomial = t * (
        np.float32(0.254829592)
        + t * (np.float32(-0.284496736) + t * (np.float32(1.421413741) + t * (np.float32(-1.453152027) + t * np.float32(1.061405429))))
    )
    return np.asarray(np.copysign(np.float32(1) - polynomial * np.exp(-x * x), x), np.float32)


def gelu(x: Vectors) -> Vectors:
    """The Gaussian error linear unit, x * Phi(x) (Hendrycks and Gimpel 2016), in its exact form."""
    return x * np.float32(0.5) * (np.float32(1) + erf(x * _SQRT_HALF))


class MiniLM:
    """The six layers over memory-mapped weights."""

    def __init__(self, weights: Mapping[str, Vectors]) -> None:
        self._weights = weights

    def embed(self, batch: Sequence[Sequence[int]]) -> Vectors:
        """Unit vectors, float32, (len(batch), 384), for lists of token ids, each with its [CLS] and [SEP]."""
        return np.stack([self._embed_one(ids) for ids in batch])

    def _embed_one(self, ids: Sequence[int]) -> Vectors:
        hidden = self._hidden(np.asarray(ids, np.intp))
        mean = hidden.mean(axis=0)  # (t, d) -> (d,)
        return np.asarray(mean / np.linalg.norm(mean), np.float32)

    def _hidden(self, ids: NDArray[np.intp]) -> Vectors:
        """The last layer's state of each token, (t, d)."""
        w = self._weights
        embedded = (
            w["embeddings.word_embeddings.weight"][ids]
            + w["embeddings.position_embeddings.weight"][: len(ids)]
            + w["embeddings.token_type_embeddings.weight"][0]
        )
        hidden = self._normalise(embedded, "embeddings.LayerNorm")
        for layer in range(minilm.LAYERS):
            prefix = f"encoder.layer.{layer}."
            attended = self._linear(self._attention(hidden, prefix + "attention.self."), prefix + "attention.output.dense")
            hidden = self._normalise(hidden + attended, prefix + "attention.output.LayerNorm")
            wide = gelu(self._linear(hidden, prefix + "intermediate.dense"))  # (t, 4 d)
            hidden = self._normalise(hidden + self._linear(wide, prefix + "output.dense"), prefix + "output.LayerNorm")
        return hidden

    def _attention(self, hidden: Vectors, prefix: str) -> Vectors:
        tokens, size = hidden.shape
        query, key, value = (
            self._linear(hidden, prefix + name).reshape(tokens, minilm.HEADS, size // minilm.HEADS).transpose(1, 0, 2)  # (h, t, d/h)
            for name in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(size // minilm.HEADS))  # (h, t, t)
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        return np.asarray(scores @ value, np.float32).transpose(1, 0, 2).reshape(tokens, size)

    def _linear(self, x: Vectors, name: str) -> Vectors:
        return np.asarray(x @ self._weights[name + ".weight"].T + self._weights[name + ".bias"], np.float32)

    def _normalise(self, x: Vectors, name: str) -> Vectors:
        x = x - x.mean(axis=-1, keepdims=True)
        x /= np.sqrt(np.square(x).mean(axis=-1, keepdims=True) + np.float32(minilm.LAYER_NORM_EPSILON))
        return x * self._weights[name + ".weight"] + self._weights[name + ".bias"]


class NumpyEncoder(minilm.Base):
    """The default model for questions, and for a few passages."""

    @cached_property
    def _model(self) -> MiniLM:
        return MiniLM(self._weights)

    def encode_question(self, question: str) -> Vectors:
        return self.encode_passages([question])[0]  # type: ignore[no-any-return]

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, minilm.CARD.dimension), np.float32)
        return self._model.embed([[minilm.CLS, *ids, minilm.SEP] for ids in self.pieces(texts)])

    @cached_property
    def _wordpiece(self) -> WordPiece:
        return minilm.load_wordpiece(self._folder)

    def pieces(self, texts: Sequence[str]) -> list[list[int]]:
        found = [self._wordpiece.encode(text) for text in texts]
        if any(ids is None for ids in found):
            return super().pieces(texts)
        return [ids[: minilm.MAX_TOKENS - 2] for ids in found if ids is not None]
