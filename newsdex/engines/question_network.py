"""A model for questions: OpenVINO, with a graph of its own for each of some lengths, all of one set of weights.

A graph for any length is prepared anew whenever the length changes, which takes a third of a question's time. Here a choice within the
graph leads to the part for the length at hand, which has been prepared for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import numpy as np

from newsdex.encoder import Vectors
from newsdex.engines.batching import batches
from newsdex.engines.families import Network
from newsdex.engines.numpy_network import NumpyNetwork, finished
from newsdex.engines.openvino_graph import BATCH_TOKENS, compiled, float_linear, integers, padded, pooled_state
from newsdex.engines.openvino_import import op, openvino

LENGTHS = (
    8,
    12,
    16,
    20,
    24,
    28,
    32,
    40,
    48,
)  # tokens that a question is padded to; each part takes an eighth of a second or a little more to prepare
_STEP = 8  # tokens: longer questions are padded to a multiple of it
_WARM = (*LENGTHS, 56, 64)  # the first of a length takes milliseconds more than those that follow
_FIRST = 2_000  # of the ids of common words
_MOST_PREPARED = 20_000_000  # numbers of all wide layers: a larger network would take too much memory and time to prepare for each length
_MOST_DISTANCE = 1e-3  # of a vector from that in float32, as a cosine distance: bfloat16 leaves 4e-5


class QuestionNetwork:
    """The compiled graph, on one thread, in bfloat16 where that is faster. Threads may use it together: they wait for each other.

    A question has the same vector to the last bit, whatever is asked with it, and in either kind of network.
    """

    def __init__(self, network: Network, *, together: bool) -> None:
        """``together``: for questions of like length at once; else each is computed alone, which is faster where there is one. It takes one
        or two seconds.

        Raises RuntimeError when OpenVINO cannot do it, or does it wrongly.
        """
        self._network = network
        self._positions = np.zeros((network.window, 1), np.float32) if network.positions is None else network.positions
        if network.kind is not None:
            self._positions = self._positions + network.kind
        self._most = len(self._positions)
        self._budget = BATCH_TOKENS if together else 0
        self._lock = Lock()
        large = sum(layer.wide.weight.size for layer in network.layers) > _MOST_PREPARED
        self._lengths = () if large else LENGTHS
        model = _choice([*self._lengths, 0], -1 if together else 1, network)
        self._request = compiled(model, bfloat16=True, threads=1, streams=1).create_infer_request()
        self._check()

    def embed(self, texts: Sequence[Sequence[int]]) -> Vectors:
        """Unit vectors, float32, (len(texts), dimension), for lists of token ids, each with its special ones."""
        lengths = [next((length for length in self._lengths if length >= len(ids)), self._rounded(len(ids))) for ids in texts]
        pooled = np.empty((len(texts), self._network.width), np.float32)
        for batch in batches(lengths, self._budget, alike=True):
            pooled[batch] = self._pooled_states([texts[position] for position in batch], lengths[batch[0]])
        return finished(self._network, pooled)

    def _rounded(self, length: int) -> int:
        return min(-(-length // _STEP) * _STEP, self._most)

    def _check(self) -> None:
        """Compare a text of each length with what numpy makes of it, in two orders: OpenVINO before 2026.2 mixed up the parts of such a
        choice.
        """
        # Ids of common words, in a vocabulary of any size, with gaps so that no text repeats one
        words = len(self._network.words)
        texts = [[(_FIRST + place) % words for place in range(min(length, self._most))] for length in _WARM]
        expected = NumpyNetwork(self._network).embed(texts)
        for order in (slice(None), slice(None, None, -1)):
            distance = 1 - float((self.embed(texts[order]) * expected[order]).sum(axis=1).min())
            if not distance < _MOST_DISTANCE:
                raise RuntimeError(f"it computes wrongly, by a cosine distance of {distance:.3f}")

    def _pooled_states(self, texts: Sequence[Sequence[int]], length: int) -> Vectors:
        """What stands for each of texts that are padded to ``length``, float32, (len(texts), d)."""
        ids, mask = padded(texts, length, len(self._network.words))
        embedded = self._network.embedded(ids)
        embedded += self._positions[:length]
        given = [embedded, mask, np.array(length, np.int32)] if self._lengths else [embedded, mask]
        with self._lock:
            self._request.infer(given, share_inputs=True)
            return np.array(self._request.get_output_tensor(0).data)


def _choice(lengths: Sequence[int], texts: int, network: Network) -> openvino.Model:
    """From embedded tokens, float32 (n, t, d), mask, float32 (n, t), and t, int32, to what stands for each text, float32 (n, d), by the part for t among
    ``lengths``, ascending, of which 0, the last, is any other. ``texts`` is n, or -1 where it varies.
    """
    size = network.width
    given = [op.parameter([-1, -1, size], np.float32), op.parameter([-1, -1], np.float32), op.parameter([], np.int32)]
    embedded, mask, length = given
    if len(lengths) == 1:
        if lengths[0]:
            embedded = op.reshape(embedded, integers(texts, lengths[0], size), False)
            mask = op.reshape(mask, integers(texts, lengths[0]), False)
        return openvino.Model([pooled_state(embedded, mask, network, float_linear)], given[:2])
    middle = len(lengths) // 2
    choice = op.if_op(op.less_equal(length, op.constant(np.int32(lengths[middle - 1]))).output(0))
    lower, upper = (_choice(half, texts, network) for half in (lengths[:middle], lengths[middle:]))
    choice.set_then_body(lower)
    choice.set_else_body(upper)
    for place, value in enumerate(given):
        inner = [dict(enumerate(model.get_parameters())).get(place) for model in (lower, upper)]
        if any(parameter is not None for parameter in inner):
            choice.set_input(value.output(0), *inner)
    return openvino.Model([choice.set_output(lower.results[0], upper.results[0])], given)
