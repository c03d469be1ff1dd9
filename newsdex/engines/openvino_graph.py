"""A network as a graph of OpenVINO, made from the weights' tensors directly, so that torch is not needed.

OpenVINO is imported without its telemetry: whenever it is imported it forks a process that tells Google Analytics, unless its module for
that is missing.

In the comments n is the number of texts, t that of the tokens that each is padded to, d the width, h the number of heads.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import numpy as np

from newsdex.encoder import Vectors
from newsdex.engines.families import Layer, Linear, Network, Norm
from newsdex.engines.numpy_network import by_distance, rotation

_TELEMETRY = "openvino_telemetry"
_there = _TELEMETRY in sys.modules
if not _there:
    sys.modules[_TELEMETRY] = None  # type: ignore[assignment]  # an import of it fails, and OpenVINO's stand-in is taken, which sends nothing

import openvino  # noqa: E402
from openvino import opset15 as op  # noqa: E402

if not _there:
    del sys.modules[_TELEMETRY]

__all__ = ["MakeLinear", "bfloat16_is_faster", "compiled", "float_linear", "graph", "has_bfloat16", "integers", "op", "openvino"]

MakeLinear = Callable[[Any, Linear], Any]  # a linear layer, of its input

_TRIED_TOKENS, _TRIES = 64, 8  # a product of half a millisecond, and how often it is timed
_TRIED_WIDTH = 384
_SPARE = 64  # tokens of padding that a text may have
_FAR = 1 << 30
_IGNORED = 10_000  # what the score of a token that is padding is lowered by, so that the softmax makes 0 of it


def float_linear(x: Any, linear: Linear) -> Any:
    """The linear layer as it is."""
    product = op.matmul(x, _tensor(linear.weight), False, True)
    return product if linear.bias is None else op.add(product, _tensor(linear.bias))


def integers(*values: int) -> Any:
    """A constant, int64."""
    return op.constant(np.array(values, np.int64))


def graph(network: Network, linear: MakeLinear, length: int = -1) -> openvino.Model:
    """From embedded tokens, float32 (n, t, d), and mask, float32 (n, t), 1 for a token and 0 for padding, to what stands for each text,
    float32 (n, d). ``length`` is t, or -1 where it varies: then it is prepared anew whenever t changes, a third of a question's time.
    """
    embedded, mask = op.parameter([-1, length, network.width], np.float32), op.parameter([-1, length], np.float32)
    return openvino.Model([_pooled(embedded, mask, network, linear)], [embedded, mask])


def _pooled(embedded: Any, mask: Any, network: Network, linear: MakeLinear) -> Any:
    head = network.width // network.heads
    length = op.gather(op.shape_of(embedded), integers(1), integers(0))

    def normalise(x: Any, norm: Norm) -> Any:
        centred = op.mvn(x, integers(-1), True, norm.epsilon, "inside_sqrt")
        scaled = op.multiply(centred, _tensor(norm.weight))
        return scaled if norm.bias is None else op.add(scaled, _tensor(norm.bias))

    def heads(x: Any) -> Any:  # (n, t, d) -> (n, h, t, d/h)
        return op.transpose(op.reshape(x, integers(0, 0, network.heads, head), True), integers(0, 2, 1, 3))

    def added(x: Any, part: Callable[[Any], Any], norm: Norm | None, kept: Callable[[Any], Any] = lambda x: x) -> Any:
        found = op.add(kept(x), part(normalise(x, norm) if network.before and norm else x))
        return normalise(found, norm) if norm and not network.before else found

    hidden = normalise(embedded, network.norm)
    ignored = op.multiply(op.subtract(mask, op.constant(np.float32(1))), op.constant(np.float32(_IGNORED)))
    ignored = op.unsqueeze(ignored, integers(1, 2))  # (n, 1, 1, t)
    turns = {theta: _turn(theta, length, network, head) for theta in {layer.theta for layer in network.layers} if theta}
    masks = {layer.reach: _masked(ignored, by_distance(network, layer), length) for layer in network.layers}

    def begin(x: Any, axis: int = 1) -> Any:
        return op.slice(x, integers(0), integers(1), integers(1), integers(axis))

    def attention(x: Any, layer: Layer, *, first: bool) -> Any:
        query, key, value = (
            heads(linear(x, part)) for x, part in ((begin(x) if first else x, layer.query), (x, layer.key), (x, layer.value))
        )
        mask = begin(masks[layer.reach], 2) if first else masks[layer.reach]
        if layer.theta:
            # The first token is turned by nothing.
            query, key = query if first else turns[layer.theta](query), turns[layer.theta](key)
        attended = op.transpose(op.scaled_dot_product_attention(query, key, value, mask), integers(0, 2, 1, 3))
        return linear(op.reshape(attended, integers(0, 0, network.width), True), layer.output)

    for layer in network.layers:
        # Where the first token stands for the text, the last layer computes no other: a seventh less for six layers.
        first = network.pooling == "cls" and layer is network.layers[-1]
        kept = begin if first else lambda x: x
        hidden = added(hidden, partial(attention, layer=layer, first=first), layer.attention_norm, kept)
        hidden = added(hidden, partial(_wide, layer=layer, activate=_ACTIVATIONS[network.activation], linear=linear), layer.wide_norm)
    if network.last_norm:
        hidden = normalise(hidden, network.last_norm)
    return _POOLINGS[network.pooling](hidden, mask)


def _wide(x: Any, layer: Layer, activate: Callable[[Any], Any], linear: MakeLinear) -> Any:
    if not layer.gate:
        return linear(activate(linear(x, layer.wide)), layer.narrow)
    # With three dimensions OpenVINO makes one operation of a gated layer, which in bfloat16 on one thread ends the process.
    x = op.unsqueeze(x, integers(1))  # (n, 1, t, d)
    return op.squeeze(linear(op.multiply(activate(linear(x, layer.wide)), linear(x, layer.gate)), layer.narrow), integers(1))


def _mean(hidden: Any, mask: Any) -> Any:
    tokens = op.unsqueeze(mask, integers(2))  # (n, t, 1)
    return op.divide(op.reduce_sum(op.multiply(hidden, tokens), integers(1)), op.reduce_sum(tokens, integers(1)))


def _last(hidden: Any, mask: Any) -> Any:
    behind = op.slice(
        op.pad(mask, integers(0, 0), integers(0, 1), "constant", op.constant(np.float32(0))),
        integers(1),
        integers(_FAR),
        integers(1),
        integers(1),
    )
    return op.reduce_sum(op.multiply(hidden, op.unsqueeze(op.subtract(mask, behind), integers(2))), integers(1))


def _turn(theta: float, length: Any, network: Network, head: int) -> Callable[[Any], Any]:
    """What turns queries or keys, (n, h, t, d/h), by their positions."""
    cosines, sines = (
        op.slice(op.constant(turn), integers(0), length, integers(1), integers(0))
        for turn in rotation(theta, network.window + _SPARE, head)
    )

    def turned(x: Any) -> Any:
        halves = op.split(x, op.constant(np.int64(3)), 2)
        return op.add(op.multiply(x, cosines), op.multiply(op.concat([halves.output(1), halves.output(0)], 3), sines))

    return turned


def _masked(ignored: Any, table: Vectors | None, length: Any) -> Any:
    """What is added to the scores of attention: ``ignored``, (n, 1, 1, t), and by distance ``table``, (n, h or 1, t, t)."""
    if table is None:
        return ignored
    farthest = len(table) // 2
    places = op.range(op.constant(np.int64(0)), op.squeeze(length, integers(0)), op.constant(np.int64(1)), "i64")
    behind = op.subtract(op.unsqueeze(places, integers(0)), op.unsqueeze(places, integers(1)))  # (t, t)
    row = op.add(op.clamp(behind, -farthest, farthest), integers(farthest))
    spread = op.transpose(op.gather(op.constant(table), row, op.constant(np.int64(0))), integers(2, 0, 1))
    return op.add(ignored, op.unsqueeze(spread, integers(0)))


_ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "gelu": lambda x: op.gelu(x, "erf"),
    "gelu_tanh": lambda x: op.gelu(x, "tanh"),
    "relu": op.relu,
    "silu": op.swish,
}
_POOLINGS: dict[str, Callable[[Any, Any], Any]] = {
    "mean": _mean,
    "cls": lambda hidden, _mask: op.gather(hidden, op.constant(np.int64(0)), op.constant(np.int64(1))),
    "last": _last,
}


def compiled(model: openvino.Model, *, bfloat16: bool, threads: int, streams: int) -> openvino.CompiledModel:
    """``model`` for this processor; ``bfloat16`` is used where that is faster; ``threads`` are shared by ``streams`` requests at once."""
    options = {
        "INFERENCE_PRECISION_HINT": "bf16" if bfloat16 and bfloat16_is_faster() else "f32",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": streams,
        "ENABLE_CPU_PINNING": False,
    }
    return openvino.Core().compile_model(model, "CPU", options)


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
    given = [np.ones((_TRIED_TOKENS, _TRIED_WIDTH), np.float32)]
    times = []
    for _ in range(_TRIES):  # in turns, for what else the machine does slows both
        for request in requests:
            began = time.perf_counter()
            request.infer(given)
            times.append(time.perf_counter() - began)
    return min(times[::2]) < min(times[1::2])


def _product(precision: str) -> openvino.InferRequest:
    """A product of matrices of the shape of the default model's largest."""
    width = _TRIED_WIDTH
    x = op.parameter([_TRIED_TOKENS, width], np.float32)
    product = op.matmul(x, op.constant(np.ones((4 * width, width), np.float32)), False, True)
    options = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": 1, "ENABLE_CPU_PINNING": False}
    return openvino.Core().compile_model(openvino.Model([product], [x]), "CPU", options).create_infer_request()


def _tensor(weight: Vectors) -> Any:
    """``weight`` in place, shared by the graphs; OpenVINO asks for an array that can be written to, and writes nothing."""
    array = weight.view()
    array.flags.writeable = True
    return op.constant(array, shared_memory=True)
