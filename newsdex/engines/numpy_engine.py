"""The forward pass of all-MiniLM-L6-v2 in numpy, for the query path: no torch, nothing parsed, weights memory-mapped.

A BERT encoder (Devlin et al. 2019, https://arxiv.org/abs/1810.04805) of 6 layers, 384 dimensions and 12 heads, then the mean
over all tokens and the scaling to unit length that sentence-transformers applies. In the comments t is the number of tokens of
one text, d the hidden size, h the number of heads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Vectors
from newsdex.engines import minilm
from newsdex.engines.batching import batches
from newsdex.engines.wordpiece import WordPiece

_SQRT_HALF = np.float32(np.sqrt(0.5))
_BATCH_TOKENS = 512  # that are computed at once: the matrix library is at its best from 300 on, and more leave the cache
_FEW_TOKENS = 64
_SMALL = 1_000_000  # multiplications: what sgemm_small_kernel_permit of OpenBLAS allows on processors with AVX-512
_ROWS = 32  # of 4 d numbers, 200 kB: what gelu has in hand at once


def erf(x: Vectors) -> Vectors:
    """The error function, float32, to about 1.2e-7 (numpy has none).

    Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26, has an error of 1.5e-7 in exact arithmetic;
    it is evaluated here in float32, with two arrays of the size of ``x`` and no more, which stay in the processor's cache.
    """
    t = np.abs(x)
    t *= np.float32(0.3275911)
    t += 1
    np.divide(1, t, out=t)
    polynomial = t * np.float32(1.061405429)
    for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        polynomial += np.float32(coefficient)
        polynomial *= t
    np.multiply(x, x, out=t)
    np.negative(t, out=t)
    np.exp(t, out=t)
    polynomial *= t
    np.subtract(1, polynomial, out=polynomial)
    return np.copysign(polynomial, x, out=polynomial)


def gelu(x: Vectors) -> Vectors:
    """The Gaussian error linear unit, x * Phi(x) (Hendrycks and Gimpel 2016), in its exact form; (t, n), in place."""
    for start in range(0, len(x), _ROWS):
        rows = x[start : start + _ROWS]
        phi = erf(rows * _SQRT_HALF)
        phi += 1
        rows *= np.float32(0.5)
        rows *= phi
    return x


class MiniLM:
    """The six layers over memory-mapped weights."""

    def __init__(self, weights: Mapping[str, Vectors]) -> None:
        self._weights = weights

    def embed(self, texts: Sequence[Sequence[int]]) -> Vectors:
        """Unit vectors, float32, (len(texts), 384), for lists of token ids, each with its [CLS] and [SEP].

        Texts are computed together, so that the weights are read once for all: each row comes to the same whatever it stands beside, up to
        the order in which the matrix library adds.
        """
        vectors = np.empty((len(texts), minilm.CARD.dimension), np.float32)
        lengths = [len(ids) for ids in texts]
        for batch in batches(lengths, _BATCH_TOKENS):
            ids = np.concatenate([np.asarray(texts[position], np.intp) for position in batch])
            hidden = self._hidden(ids, [lengths[position] for position in batch])
            start = 0
            for position in batch:
                stop = start + lengths[position]
                mean = np.add.reduce(hidden[start:stop], axis=0) / np.float32(stop - start)  # (t, d) -> (d,)
                vectors[position] = mean / np.linalg.norm(mean)
                start = stop
        return vectors

    def _hidden(self, ids: NDArray[np.intp], lengths: Sequence[int]) -> Vectors:
        """The last layer's state of each token, (t, d); ``lengths`` are those of the texts that stand one after another in ``ids``,
        shortest first.
        """
        w = self._weights
        hidden = w["embeddings.word_embeddings.weight"][ids]
        positions = w["embeddings.position_embeddings.weight"]
        hidden += np.concatenate([positions[:length] for length in lengths]) if len(lengths) > 1 else positions[: len(ids)]
        hidden += w["embeddings.token_type_embeddings.weight"][0]
        hidden = self._normalise(hidden, "embeddings.LayerNorm")
        for layer in range(minilm.LAYERS):
            prefix = f"encoder.layer.{layer}."
            attended = self._linear(self._attention(hidden, lengths, prefix + "attention.self."), prefix + "attention.output.dense")
            attended += hidden
            hidden = self._normalise(attended, prefix + "attention.output.LayerNorm")
            wide = gelu(self._linear(hidden, prefix + "intermediate.dense"))  # (t, 4 d)
            narrow = self._linear(wide, prefix + "output.dense")
            narrow += hidden
            hidden = self._normalise(narrow, prefix + "output.LayerNorm")
        return hidden

    def _attention(self, hidden: Vectors, lengths: Sequence[int], prefix: str) -> Vectors:
        """What each token takes from those of its own text, (t, d). Texts of one length, b of them, are computed together."""
        size = hidden.shape[1]
        head = size // minilm.HEADS
        query, key, value = (self._linear(hidden, prefix + name) for name in ("query", "key", "value"))
        query *= np.float32(1 / np.sqrt(head))
        attended = np.empty_like(hidden)
        start = 0
        for length, alike in groupby(lengths):
            stop = start + length * len(list(alike))
            q, k, v, out = (
                part[start:stop].reshape(-1, length, minilm.HEADS, head) for part in (query, key, value, attended)
            )  # (b, t, h, d/h)
            scores = q.transpose(0, 2, 1, 3) @ k.transpose(0, 2, 3, 1)  # (b, h, t, t)
            scores -= np.maximum.reduce(scores, axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            scores /= np.add.reduce(scores, axis=-1, keepdims=True)
            out[:] = (scores @ v.transpose(0, 2, 1, 3)).transpose(0, 2, 1, 3)
            start = stop
        return attended

    def _linear(self, x: Vectors, name: str) -> Vectors:
        weight, bias = self._weights[name + ".weight"], self._weights[name + ".bias"]
        if len(x) > _FEW_TOKENS:
            found: Vectors = x @ weight.T
            found += bias
            return found
        # OpenBLAS copies both matrices before it multiplies them, except in products of at most _SMALL multiplications: a third less time
        # for a question.
        columns = np.ascontiguousarray(x.T)
        rows = max(1, _SMALL // columns.size)
        product = np.empty((len(weight), len(x)), np.float32)
        for start in range(0, len(weight), rows):
            np.matmul(weight[start : start + rows], columns, out=product[start : start + rows])
        return np.asarray(np.add(product.T, bias, out=np.empty((len(x), len(weight)), np.float32)), np.float32)

    def _normalise(self, x: Vectors, name: str) -> Vectors:
        """The layer norm of each row of ``x``, in place."""
        size = np.float32(1 / x.shape[1])
        x -= np.add.reduce(x, axis=1, keepdims=True) * size
        variance = np.einsum("td,td->t", x, x)[:, None] * size  # (t, 1)
        variance += np.float32(minilm.LAYER_NORM_EPSILON)
        x *= 1 / np.sqrt(variance)
        x *= self._weights[name + ".weight"]
        x += self._weights[name + ".bias"]
        return x


class NumpyEncoder(minilm.Base):
    """The default model for questions, and for a few passages."""

    @cached_property
    def _model(self) -> MiniLM:
        return MiniLM(self._weights)

    def encode_question(self, question: str) -> Vectors:
        return self.encode_passages([question])[0]  # type: ignore[no-any-return]

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        return self.encode_passages(questions)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, minilm.CARD.dimension), np.float32)
        return self._model.embed([[minilm.CLS, *ids, minilm.SEP] for ids in self.pieces(texts)])

    @cached_property
    def _wordpiece(self) -> WordPiece:
        return minilm.load_wordpiece(self._folder)

    def pieces(self, texts: Sequence[str]) -> list[list[int]]:
        found = [self._wordpiece.encode(text) for text in texts]
        left = [place for place, ids in enumerate(found) if ids is None]
        others = iter(super().pieces([texts[place] for place in left]) if left else ())
        return [next(others) if ids is None else ids[: minilm.MAX_TOKENS - 2] for ids in found]
