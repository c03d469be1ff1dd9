"""The default model as a graph of OpenVINO, made from the weights' tensors directly, so that torch is not needed.

In the comments n is the number of texts, t that of the tokens that each is padded to, d the hidden size, h the number of heads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Vectors
from newsdex.engines import minilm
from newsdex.engines.openvino_import import op, openvino

Linear = Callable[[Any, str], Any]  # a linear layer, of its input and its name

BATCH_TOKENS = 1500  # padded, that are computed at once: with more, the activations leave the processor's cache
_TRIED_TOKENS, _TRIES = 64, 8  # a product of half a millisecond, and how often it is timed
_IGNORED = 10_000  # what the score of a token that is padding is lowered by, so that the softmax makes 0 of it


def float_linear(weights: Mapping[str, Vectors]) -> Linear:
    """The linear layers as they are."""

    def linear(x: Any, name: str) -> Any:
        weight, bias = (_tensor(weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return op.add(op.matmul(x, weight, False, True), bias)

    return linear


def integers(*values: int) -> Any:
    """A constant, int64."""
    return op.constant(np.array(values, np.int64))


def graph(weights: Mapping[str, Vectors], linear: Linear) -> openvino.Model:
    """Token ids, int32 (n, t), and mask, float32 (n, t), to the mean of the last layer's token states, float32 (n, d)."""
    ids = op.parameter([-1, -1], np.int32, name="ids")
    mask = op.parameter([-1, -1], np.float32, name="mask")
    length = op.gather(op.shape_of(ids), integers(1), integers(0))
    positions = op.slice(_tensor(weights["embeddings.position_embeddings.weight"]), integers(0), length, integers(1), integers(0))
    words = op.gather(_tensor(weights["embeddings.word_embeddings.weight"]), ids, op.constant(np.int64(0)))
    kind = _tensor(weights["embeddings.token_type_embeddings.weight"][0])
    embedded = op.add(op.add(words, positions), kind)
    return openvino.Model([mean_state(embedded, mask, weights, linear)], [ids, mask])


def mean_state(embedded: Any, mask: Any, weights: Mapping[str, Vectors], linear: Linear) -> Any:
    """The mean of the last layer's token states, float32 (n, d).

    ``embedded`` has the sums of each token's embeddings, float32 (n, t, d), and ``mask``, float32 (n, t), 1 for a token and 0 for padding.
    """

    def normalise(x: Any, name: str) -> Any:
        centred = op.mvn(x, integers(-1), True, minilm.LAYER_NORM_EPSILON, "inside_sqrt")
        return op.add(op.multiply(centred, _tensor(weights[name + ".weight"])), _tensor(weights[name + ".bias"]))

    def heads(x: Any) -> Any:  # (n, t, d) -> (n, h, t, d/h)
        size = minilm.CARD.dimension // minilm.HEADS
        return op.transpose(op.reshape(x, integers(0, 0, minilm.HEADS, size), True), integers(0, 2, 1, 3))

    hidden = normalise(embedded, "embeddings.LayerNorm")
    ignored = op.multiply(op.subtract(mask, op.constant(np.float32(1))), op.constant(np.float32(_IGNORED)))
    ignored = op.unsqueeze(ignored, integers(1, 2))  # (n, 1, 1, t)
    for layer in range(minilm.LAYERS):
        prefix = f"encoder.layer.{layer}."
        query, key, value = (heads(linear(hidden, f"{prefix}attention.self.{name}")) for name in ("query", "key", "value"))
        attended = op.transpose(op.scaled_dot_product_attention(query, key, value, ignored), integers(0, 2, 1, 3))
        attended = op.reshape(attended, integers(0, 0, minilm.CARD.dimension), True)
        attended = linear(attended, prefix + "attention.output.dense")
        hidden = normalise(op.add(hidden, attended), prefix + "attention.output.LayerNorm")
        wide = op.gelu(linear(hidden, prefix + "intermediate.dense"), "erf")
        hidden = normalise(op.add(hidden, linear(wide, prefix + "output.dense")), prefix + "output.LayerNorm")

    tokens = op.unsqueeze(mask, integers(2))  # (n, t, 1)
    return op.divide(op.reduce_sum(op.multiply(hidden, tokens), integers(1)), op.reduce_sum(tokens, integers(1)))


def compiled(model: openvino.Model, *, bfloat16: bool, threads: int, streams: int) -> openvino.CompiledModel:
    """``model`` for this processor; ``bfloat16`` is used where that is faster; ``threads`` are shared by ``streams`` requests at once."""
    return _compiled(model, "bf16" if bfloat16 and bfloat16_is_faster() else "f32", threads, streams)


def has_bfloat16() -> bool:
    """Whether this processor multiplies matrices in bfloat16, however fast."""
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


@lru_cache(maxsize=1)
def bfloat16_is_faster() -> bool:
    """Whether this processor multiplies matrices faster in bfloat16 than in float32, by trying both: a twentieth of a second, once a
    process.

    An EPYC with Zen 5 takes 0.57 of the time in bfloat16, an Emerald Rapids whose host hides its tiles 1.8 times as long.
    """
    if not has_bfloat16():
        return False
    requests = [_product(precision) for precision in ("bf16", "f32")]
    given = [np.ones((_TRIED_TOKENS, minilm.CARD.dimension), np.float32)]
    times = []
    for _ in range(_TRIES):  # in turns, for what else the machine does slows both
        for request in requests:
            began = time.perf_counter()
            request.infer(given)
            times.append(time.perf_counter() - began)
    return min(times[::2]) < min(times[1::2])


def _product(precision: str) -> openvino.InferRequest:
    """A product of matrices of the shape of the model's largest."""
    width = minilm.CARD.dimension
    x = op.parameter([_TRIED_TOKENS, width], np.float32)
    product = op.matmul(x, op.constant(np.ones((4 * width, width), np.float32)), False, True)
    return _compiled(openvino.Model([product], [x]), precision, 1, 1).create_infer_request()


def _compiled(model: openvino.Model, precision: str, threads: int, streams: int) -> openvino.CompiledModel:
    options = {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": streams,
        "ENABLE_CPU_PINNING": False,
    }
    return openvino.Core().compile_model(model, "CPU", options)


def padded(texts: Sequence[Sequence[int]], length: int) -> tuple[NDArray[np.int32], Vectors]:
    """Token ids, int32, and mask, float32, (len(texts), length) each."""
    ids, mask = np.zeros((len(texts), length), np.int32), np.zeros((len(texts), length), np.float32)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = text
        mask[row, : len(text)] = 1
    return ids, mask


def _tensor(weight: Vectors) -> Any:
    """``weight`` in place, so that the graphs that it occurs in take the memory of one; OpenVINO asks for an array that can be written to,
    and writes nothing.
    """
    array = weight.view()
    array.flags.writeable = True
    return op.constant(array, shared_memory=True)
