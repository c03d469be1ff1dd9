"""A network that OpenVINO computes: of any texts, or of questions, whose lengths have graphs of their own. The graph is made from the
weights' tensors directly, so that torch is not needed.

OpenVINO is imported without its telemetry: whenever it is imported it forks a process that tells Google Analytics, unless its module for
that is missing.

In the comments n is the number of texts, t that of the tokens that each is padded to, d the width, h the number of heads.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsdex.arrays import products
from newsdex.encoder import Vectors
from newsdex.engines.families import Layer, Linear, Network, Norm
from newsdex.engines.numpy_network import NumpyNetwork, batches, by_distance, finished, rotation

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

# A product of half a millisecond, of the shape of the default model's largest, and how often it is timed
_TRIED_TOKENS, _TRIED_WIDTH, _TRIES = 64, 384, 8
_SPARE = 64  # tokens of padding that a text may have
_FAR = 1 << 30
_IGNORED = 10_000  # what the score of a token that is padding is lowered by, so that the softmax makes 0 of it
_BATCH_TOKENS = 1500  # padded, that are computed at once: with more, the activations leave the processor's cache
# Batches that are computed at once: threads of one batch wait for each other, up to a fifth of the time on a busy machine; of many batches
# the last ones would leave streams idle, since a call has some 40.
_STREAMS = 4
# Tokens: little padding, many texts of one length, and no rest that attention computes apart, which takes a tenth more where the processor
# multiplies in tiles
_STEP = 8
# Tokens that a question is padded to. Each graph takes a tenth to a fifth of a second to prepare, and weights of its own: 20 to 40 MB
LENGTHS = (8, 12, 16, 20, 24, 32, 48)
_ANY = -1  # number of texts or tokens
_WARM = (*LENGTHS, 56, 64)  # the first of a length takes milliseconds more than those that follow
_FIRST = 2_000  # of the ids of common words
_MOST_PREPARED = 20_000_000  # numbers of all wide layers: a larger network would take too much memory and time to prepare for each length
_MOST_ERROR = 1e-3  # of a state from numpy's, in float32: 2e-5 is usual
MOST_DISTANCE = 1e-3  # of a vector from that in float32, as a cosine distance: bfloat16 leaves 4e-5


def float_linear(x: Any, linear: Linear) -> Any:
    """The linear layer; with a low-rank adaptation, that is added to a copy of the weight."""
    if linear.down is None or linear.up is None:
        weight = _tensor(linear.weight)
    else:
        weight = op.constant(linear.weight + products(linear.up, linear.down.T))
    product = op.matmul(x, weight, False, True)
    return product if linear.bias is None else op.add(product, _tensor(linear.bias))


def integers(*values: int) -> Any:
    """A constant, int64."""
    return op.constant(np.array(values, np.int64))


def graph(network: Network, linear: MakeLinear, length: int = _ANY) -> openvino.Model:
    """From embedded tokens, float32 (n, t, d), and mask, float32 (n, t), 1 for a token and 0 for padding, to what stands for each text,
    float32 (n, d). ``length`` is t, or _ANY where it varies: then it is prepared anew whenever t changes, a third of a question's time.
    """
    embedded, mask = op.parameter([_ANY, length, network.width], np.float32), op.parameter([_ANY, length], np.float32)
    head = network.width // network.heads
    tokens = op.gather(op.shape_of(embedded), integers(1), integers(0))

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
    turns = {theta: _turn(theta, tokens, network, head) for theta in {layer.theta for layer in network.layers} if theta}
    masks = {layer.reach: _masked(ignored, by_distance(network, layer), tokens) for layer in network.layers}

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
    return openvino.Model([_POOLINGS[network.pooling](hidden, mask)], [embedded, mask])


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
    one = integers(1)
    padded = op.pad(mask, integers(0, 0), integers(0, 1), "constant", op.constant(np.float32(0)))
    behind = op.slice(padded, one, integers(_FAR), one, one)
    return op.reduce_sum(op.multiply(hidden, op.unsqueeze(op.subtract(mask, behind), integers(2))), one)


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
    "none": lambda hidden, _mask: hidden,
}


def compiled(model: openvino.Model, *, bfloat16: bool, threads: int, streams: int) -> openvino.CompiledModel:
    """``model`` for this processor, in bfloat16 or float32; ``threads`` are shared by ``streams`` requests at once."""
    options = {
        "INFERENCE_PRECISION_HINT": "bf16" if bfloat16 else "f32",
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
    """Whether this processor multiplies matrices faster in bfloat16 than in float32, by trying once a process (1/20 s). An EPYC with Zen 5
    takes 0.57 of the time, an Emerald Rapids whose host hides its tiles 1.8 times as long.
    """
    if not has_bfloat16():
        return False
    x = op.parameter([_TRIED_TOKENS, _TRIED_WIDTH], np.float32)
    model = openvino.Model([op.matmul(x, op.constant(np.ones((4 * _TRIED_WIDTH, _TRIED_WIDTH), np.float32)), False, True)], [x])
    requests = [compiled(model, bfloat16=bfloat16, threads=1, streams=1).create_infer_request() for bfloat16 in (True, False)]
    given = [np.ones((_TRIED_TOKENS, _TRIED_WIDTH), np.float32)]
    times = []
    for _ in range(_TRIES):  # in turns, for what else the machine does slows both
        for request in requests:
            began = time.perf_counter()
            request.infer(given)
            times.append(time.perf_counter() - began)
    return min(times[::2]) < min(times[1::2])


def _tensor(weight: Vectors) -> Any:
    """``weight`` in place, shared by the graphs; OpenVINO asks for an array that can be written to, and writes nothing."""
    array = weight.view()
    array.flags.writeable = True
    return op.constant(array, shared_memory=True)


class OpenVinoNetwork:
    """A graph for each of some lengths, and one for all others, for any threads in turn. A vector depends on the length that its text is
    padded to, not on the number of texts: so each is padded to one of ``lengths`` or a multiple of _STEP, computed with its like, and
    always the same to the last bit.
    """

    def __init__(
        self,
        network: Network,
        linear: MakeLinear = float_linear,
        *,
        bfloat16: bool = True,
        threads: int = 1,
        lengths: Sequence[int] = (),
    ) -> None:
        """``linear`` as for ``graph``; ``bfloat16`` is used where that is faster; ``threads`` are shared by up to _STREAMS batches."""
        self._network = network
        self._lengths = lengths
        bfloat16 = bfloat16 and bfloat16_is_faster()
        self._streams = min(threads, _STREAMS)
        self._requests = {}
        for length in (*lengths, _ANY):
            model = compiled(graph(network, linear, length), bfloat16=bfloat16, threads=threads, streams=self._streams)
            self._requests[length] = [model.create_infer_request() for _ in range(self._streams)]
        self._lock = Lock()

    def embed(self, texts: Sequence[Sequence[int]]) -> Vectors:
        """Unit vectors, float32, (len(texts), dimension), for lists of token ids, each with its special ones."""
        return finished(self._network, self.pooled(texts))

    def pooled(self, texts: Sequence[Sequence[int]], kinds: Sequence[Sequence[int]] | None = None) -> Vectors:
        """What stands for each text, float32, (len(texts), d), whose tokens are of these ``kinds``."""
        lengths = [self._padded(len(ids)) for ids in texts]
        pooled = np.empty((len(texts), self._network.width), np.float32)
        # The largest first, so that all streams end at about the same time.
        found = sorted(batches(lengths, _BATCH_TOKENS, alike=True), key=lambda batch: -len(batch) * lengths[batch[0]])
        running: dict[int, tuple[list[int], Any, Any]] = {}  # a batch, its request and its input a stream

        def finish(stream: int) -> None:
            if stream in running:
                batch, request, _ = running.pop(stream)
                request.wait()
                pooled[batch] = request.get_output_tensor(0).data

        with self._lock:
            try:
                for number, batch in enumerate(found):
                    length = lengths[batch[0]]
                    ids = _rectangle([texts[position] for position in batch], length)
                    told = _rectangle([kinds[position] for position in batch], length) if kinds else None
                    mask = np.arange(length) < np.array([len(texts[position]) for position in batch])[:, None]
                    given = self._network.placed(ids, told), mask.astype(np.float32)
                    stream = number % self._streams
                    finish(stream)
                    request = self._requests.get(length, self._requests[_ANY])[stream]
                    (request.infer if self._streams == 1 else request.start_async)(given, share_inputs=True)
                    running[stream] = batch, request, given
            finally:  # none is left running
                for stream in [*running]:
                    finish(stream)
        return pooled

    def _padded(self, length: int) -> int:
        known = next((known for known in self._lengths if known >= length), 0)
        return known or min(-(-length // _STEP) * _STEP, max(self._network.window, length))


def question_network(network: Network) -> OpenVinoNetwork:
    """A network for questions, on one thread, in a second or two. Raises RuntimeError when it cannot do, or differs from numpy."""
    large = sum(layer.wide.weight.size for layer in network.layers) > _MOST_PREPARED
    found = OpenVinoNetwork(network, lengths=() if large else LENGTHS)
    # Ids of common words, in a vocabulary of any size, with gaps so that no text repeats one
    words = len(network.words)
    texts = [[(_FIRST + place) % words for place in range(min(length, network.window))] for length in _WARM]
    distance = 1 - float((found.embed(texts) * NumpyNetwork(network).embed(texts)).sum(axis=1).min())
    if not distance < MOST_DISTANCE:
        raise RuntimeError(f"it computes wrongly, by a cosine distance of {distance:.3f}")
    return found


class StatesNetwork:
    """Computes what NumpyNetwork.states does on one thread, in float32, in less than half of the time. Threads wait for each other."""

    def __init__(self, network: Network) -> None:
        """Raises RuntimeError when OpenVINO cannot compute it, or differs from numpy."""
        self._network = network
        model = graph(network._replace(pooling="none"), float_linear)
        self._request = compiled(model, bfloat16=False, threads=1, streams=1).create_infer_request()
        self._lock = Lock()
        ids = list(range(_FIRST, _FIRST + _SPARE))
        error = float(np.abs(self.states(ids, [1] * _SPARE) - NumpyNetwork(network).states(ids, [1] * _SPARE)).max())
        if not error < _MOST_ERROR:
            raise RuntimeError(f"it computes wrongly, by {error:.6f}")

    def states(self, ids: Sequence[int], kinds: Sequence[int]) -> Vectors:
        """The last layer's state of each token of one text, float32, (t, d), whose tokens are of these ``kinds``, (t,)."""
        placed = self._network.placed(np.asarray([ids], np.intp), np.asarray([kinds], np.intp))
        with self._lock:
            self._request.infer((placed, np.ones(placed.shape[:2], np.float32)), share_inputs=True)
            return self._request.get_output_tensor(0).data[0].copy()  # type: ignore[no-any-return]


def _rectangle(texts: Sequence[Sequence[int]], length: int) -> NDArray[np.intp]:
    """Numbers of tokens, (len(texts), length), 0 behind the end of a text."""
    found = np.zeros((len(texts), length), np.intp)
    for row, text in enumerate(texts):
        found[row, : len(text)] = text
    return found
