"""The forward pass of every family in numpy, for the query path. In comments: t tokens of a text, d the width, h the heads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby

import numpy as np

from newsdex.arrays import ALONE, products
from newsdex.encoder import Vectors
from newsdex.engines.families import Dense, Layer, Linear, Network, Norm

_SQRT_HALF = np.float32(np.sqrt(0.5))
_BATCH_TOKENS = 512  # that are computed at once: the matrix library is at its best from 300 on, and more leave the cache
_FEW_TOKENS = 64
_SMALL = 1_000_000  # multiplications: what sgemm_small_kernel_permit of OpenBLAS allows on processors with AVX-512
_DEPTH = 384  # of a product for one thread: a deeper one would be cut into smaller blocks, which take longer
_ROWS = 32  # of 4 d numbers, 200 kB: what an activation has in hand at once
_QUERIES = 512  # tokens whose scores of attention are in hand at once
_NEVER = -10_000.0  # a score of attention that the softmax makes 0 of


def batches(lengths: Sequence[int], budget: int, *, alike: bool = False) -> Iterator[list[int]]:
    """Positions of ``lengths`` in batches, shortest first, each at most ``budget`` once padded to its longest; ``alike``: of one length
    each.

    A text longer than the budget is a batch of its own.

    >>> list(batches([5, 2, 9, 2], 10)), list(batches([5, 2, 9, 2], 10, alike=True))
    ([[1, 3], [0], [2]], [[1, 3], [0], [2]])
    >>> list(batches([5, 2, 9, 2], 100)), list(batches([5, 2, 9, 2], 100, alike=True))
    ([[1, 3, 0, 2]], [[1, 3], [0], [2]])
    """
    batch: list[int] = []
    longest = 0
    for position in sorted(range(len(lengths)), key=lengths.__getitem__):
        length = lengths[position]
        if batch and ((len(batch) + 1) * length > budget or (alike and length > longest)):
            yield batch
            batch = []
        batch.append(position)
        longest = length
    if batch:
        yield batch


def erf(x: Vectors) -> Vectors:
    """The error function, float32, to about 1.2e-7: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26 (1.5e-7 if exact),
    with two arrays of the size of ``x``, which stay in the processor's cache.
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


def _gelu(x: Vectors, phi: Vectors) -> None:
    """The Gaussian error linear unit, x * Phi(x) (Hendrycks and Gimpel 2016), where ``phi`` is 2 * Phi(x) - 1."""
    phi += 1
    x *= np.float32(0.5)
    x *= phi


_ACTIVATIONS: dict[str, Callable[[Vectors], object]] = {
    "gelu": lambda x: _gelu(x, erf(x * _SQRT_HALF)),
    "gelu_tanh": lambda x: _gelu(x, np.tanh(np.float32(np.sqrt(2 / np.pi)) * (x + np.float32(0.044715) * x**3))),
    "relu": lambda x: np.maximum(x, 0, out=x),
    # Below -80 the exponential is infinite.
    "silu": lambda x: np.divide(x, 1 + np.exp(-np.maximum(x, np.float32(-80))), out=x),
    "tanh": lambda x: np.tanh(x, out=x),
    "": lambda x: x,
}


def activate(x: Vectors, name: str) -> Vectors:
    """The activation ``name`` of families, (t, n), in place."""
    for start in range(0, len(x), _ROWS):
        _ACTIVATIONS[name](x[start : start + _ROWS])
    return x


def rotation(theta: float, length: int, head: int) -> tuple[Vectors, Vectors]:
    """Cosines and sines by which rotary positions turn queries and keys, (length, head) each (Su et al. 2021,
    https://arxiv.org/abs/2104.09864); those sines are negative by which is subtracted.
    """
    speeds = 1 / np.float32(theta) ** (np.arange(0, head, 2, dtype=np.float32) / np.float32(head))
    angles = np.arange(length, dtype=np.float32)[:, None] * speeds
    cosines, sines = np.cos(angles), np.sin(angles)
    return np.concatenate([cosines, cosines], axis=1), np.concatenate([-sines, sines], axis=1)


def by_distance(network: Network, layer: Layer) -> Vectors | None:
    """Added to attention scores by the key's distance, (2 * f + 1, h or 1), from -f to f, the ends for all farther; None for nothing."""
    if not layer.reach:
        return network.distances
    far = np.abs(np.arange(-layer.reach - 1, layer.reach + 2))
    return np.where(far > layer.reach, np.float32(_NEVER), np.float32(0))[:, None]


def finished(network: Network, pooled: Vectors) -> Vectors:
    """Unit vectors, float32, (n, dimension), of what stands for each text, (n, d)."""
    vectors = headed(network, pooled)[:, : network.dimension]
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def headed(network: Network, pooled: Vectors) -> Vectors:
    """What the network's head makes of what stands for each text, (n, d): float32, (n, last width)."""
    found = pooled
    for step in network.head:
        if isinstance(step, Dense):
            # Row by row: the matrix library adds in another order where there are more of them.
            rows, found = found, np.empty((len(found), len(step.linear.weight)), np.float32)
            for row, out in zip(rows, found, strict=True):
                np.matmul(step.linear.weight, row, out=out)
            if step.linear.bias is not None:
                found += step.linear.bias
            activate(found, step.activation)
        else:
            found = normalised(found.copy(), step)
    return found


def normalised(x: Vectors, norm: Norm) -> Vectors:
    """The layer norm of each row of ``x``, in place."""
    size = np.float32(1 / x.shape[1])
    x -= np.add.reduce(x, axis=1, keepdims=True) * size
    variance = np.einsum("td,td->t", x, x)[:, None] * size  # (t, 1)
    variance += np.float32(norm.epsilon)
    x *= 1 / np.sqrt(variance)
    x *= norm.weight
    if norm.bias is not None:
        x += norm.bias
    return x


def has_threads() -> bool:
    """Return whether OpenBLAS may divide a product among threads."""
    return os.environ.get("OPENBLAS_NUM_THREADS") != "1"


class NumpyNetwork:
    """The layers over memory-mapped weights."""

    def __init__(self, network: Network, *, alone: bool = False) -> None:
        """With ``alone``, one thread computes everything, in smaller products: threads spin while they wait for each other."""
        self._network = network
        self._head = network.width // network.heads
        self._alone = alone

    def embed(self, texts: Sequence[Sequence[int]]) -> Vectors:
        """Unit vectors, float32, (len(texts), dimension), for lists of token ids with special ones. Texts are computed together, to read
        the weights once; a row is the same beside any other, up to the order in which the matrix library adds.
        """
        pooled = np.empty((len(texts), self._network.width), np.float32)
        lengths = [len(ids) for ids in texts]
        for batch in batches(lengths, _BATCH_TOKENS):
            placed = [self._network.placed(np.asarray([texts[position]], np.intp))[0] for position in batch]
            sizes = [lengths[position] for position in batch]
            hidden = np.split(self._hidden(np.concatenate(placed), sizes), np.cumsum(sizes[:-1]))
            for position, states in zip(batch, hidden, strict=True):
                pooled[position] = self._pooled(states)
        return finished(self._network, pooled)

    def states(self, ids: Sequence[int], kinds: Sequence[int]) -> Vectors:
        """The last layer's state of each token of one text, float32, (t, d), whose tokens are of these ``kinds``, (t,)."""
        [placed] = self._network.placed(np.asarray([ids], np.intp), np.asarray([kinds], np.intp))
        return self._hidden(placed, [len(ids)])

    def _pooled(self, hidden: Vectors) -> Vectors:
        """What stands for a text, (d,), by its tokens' states, (t, d)."""
        if self._network.pooling == "mean":
            return np.asarray(np.add.reduce(hidden, axis=0) / np.float32(len(hidden)), np.float32)
        return np.asarray(hidden[0 if self._network.pooling == "cls" else -1], np.float32)

    def _hidden(self, placed: Vectors, lengths: Sequence[int]) -> Vectors:
        """The last layer's state of each token, (t, d), from the first one's input, changed; texts of ``lengths``, shortest first."""
        network = self._network
        hidden = normalised(placed, network.norm)
        for layer in network.layers:
            hidden = self._sum(hidden, layer.attention_norm, partial(self._attention, lengths=lengths, layer=layer))
            hidden = self._sum(hidden, layer.wide_norm, partial(self._wide, layer=layer))
        return normalised(hidden, network.last_norm) if network.last_norm else hidden

    def _sum(self, hidden: Vectors, norm: Norm | None, part: Callable[[Vectors], Vectors]) -> Vectors:
        """``hidden`` and what ``part`` makes of it, with the norm where the family has it."""
        before = self._network.before
        found = part(normalised(hidden.copy(), norm) if before and norm else hidden)
        found += hidden
        return normalised(found, norm) if norm and not before else found

    def _wide(self, hidden: Vectors, layer: Layer) -> Vectors:
        wide = activate(self._linear(hidden, layer.wide), self._network.activation)  # (t, n)
        if layer.gate:
            wide *= self._linear(hidden, layer.gate)
        return self._linear(wide, layer.narrow)

    def _attention(self, hidden: Vectors, lengths: Sequence[int], layer: Layer) -> Vectors:
        """What each token takes from those of its own text, (t, d). Texts of one length, b of them, are computed together."""
        query, key, value = (self._linear(hidden, linear) for linear in (layer.query, layer.key, layer.value))
        query *= np.float32(1 / np.sqrt(self._head))
        turns = rotation(layer.theta, max(lengths), self._head) if layer.theta else None
        table = by_distance(self._network, layer)
        attended = np.empty_like(hidden)
        start = 0
        for length, alike in groupby(lengths):
            stop = start + length * len(list(alike))
            q, k, v, out = (
                part[start:stop].reshape(-1, length, self._network.heads, self._head) for part in (query, key, value, attended)
            )  # (b, t, h, d/h)
            if turns:
                q, k = (_turned(part, turns) for part in (q, k))
            q, k, v = q.transpose(0, 2, 1, 3), k.transpose(0, 2, 3, 1), v.transpose(0, 2, 1, 3)
            step = max(1, ALONE // (length * self._head)) if self._alone else _QUERIES
            for first in range(0, length, step):
                rows = slice(first, min(first + step, length))
                scores = q[:, :, rows] @ k  # (b, h, rows, t)
                if table is not None:
                    scores += _spread(table, rows, length)
                scores -= np.maximum.reduce(scores, axis=-1, keepdims=True)
                np.exp(scores, out=scores)
                scores /= np.add.reduce(scores, axis=-1, keepdims=True)
                out[:, rows] = (scores @ v).transpose(0, 2, 1, 3)
            start = stop
        return self._linear(attended, layer.output)

    def _linear(self, x: Vectors, linear: Linear) -> Vectors:
        found = self.product(x, linear.weight, linear.bias)
        if linear.down is not None and linear.up is not None:
            found += self.product(self.product(x, linear.down), linear.up)
        return found

    def product(self, x: Vectors, weight: Vectors, bias: Vectors | None = None) -> Vectors:
        """``x``, (t, in), times the transposed ``weight``, (out, in), plus ``bias``, (out,): float32, (t, out)."""
        if self._alone or len(x) > _FEW_TOKENS:
            found = _alone(x, weight) if self._alone else x @ weight.T
            if bias is not None:
                found += bias
            return found
        # OpenBLAS copies both matrices before it multiplies them, except in products of at most _SMALL multiplications: a third less time
        # for a question.
        columns = np.ascontiguousarray(x.T)
        rows = max(1, _SMALL // columns.size)
        product = np.empty((len(weight), len(x)), np.float32)
        for start in range(0, len(weight), rows):
            np.matmul(weight[start : start + rows], columns, out=product[start : start + rows])
        if bias is None:
            return np.ascontiguousarray(product.T)
        return np.asarray(np.add(product.T, bias, out=np.empty((len(x), len(weight)), np.float32)), np.float32)


def _alone(x: Vectors, weight: Vectors) -> Vectors:
    """``x``, (t, in), times the transposed ``weight``, (out, in), by one thread: float32, (t, out)."""
    parts = (slice(first, first + _DEPTH) for first in range(0, x.shape[1], _DEPTH))
    found = [products(weight[:, part], x[:, part]) for part in parts]
    return np.ascontiguousarray(sum(found[1:], start=found[0]).T)


def _turned(x: Vectors, turns: tuple[Vectors, Vectors]) -> Vectors:
    """Queries or keys, (b, t, h, d/h), by their positions."""
    cosines, sines = (turn[: x.shape[1], None] for turn in turns)
    half = x.shape[-1] // 2
    return np.asarray(x * cosines + np.concatenate([x[..., half:], x[..., :half]], axis=-1) * sines, np.float32)


def _spread(table: Vectors, rows: slice, length: int) -> Vectors:
    """What is added to the scores of the queries ``rows`` with ``length`` keys, (h or 1, rows, length), by the table of ``by_distance``."""
    farthest = len(table) // 2
    behind = np.arange(length) - np.arange(rows.start, rows.stop)[:, None]
    return table[np.clip(behind, -farthest, farthest) + farthest].transpose(2, 0, 1)
