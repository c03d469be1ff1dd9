"""The default model for questions: OpenVINO, with a graph of its own for each of some lengths, all of one set of weights.

A graph for any length is prepared anew whenever the length changes, which takes a third of a question's time. Here a choice within the
graph leads to the part for the length at hand, which has been prepared for good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock

import numpy as np

from newsdex.encoder import Vectors
from newsdex.engines import minilm
from newsdex.engines.batching import batches
from newsdex.engines.numpy_engine import MiniLM
from newsdex.engines.openvino_graph import BATCH_TOKENS, Linear, compiled, float_linear, integers, mean_state, padded
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
_MOST_DISTANCE = 1e-3  # of a vector from that in float32, as a cosine distance: bfloat16 leaves 4e-5


class QuestionNetwork:
    """The compiled graph, on one thread, in bfloat16 where that is faster. Threads may use it together: they wait for each other.

    A question has the same vector to the last bit, whatever is asked with it, and in either kind of network.
    """

    def __init__(self, weights: Mapping[str, Vectors], *, together: bool) -> None:
        """``together``: for questions of like length at once; else each is computed alone, which is faster where there is one. It takes one
        or two seconds.

        Raises RuntimeError when OpenVINO cannot do it, or does it wrongly.
        """
        words, positions, kinds = (weights[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type"))
        self._words = words
        self._positions = positions + kinds[0]
        self._budget = BATCH_TOKENS if together else 0
        self._lock = Lock()
        model = _choice([*LENGTHS, 0], -1 if together else 1, weights, float_linear(weights))
        self._request = compiled(model, bfloat16=True, threads=1, streams=1).create_infer_request()
        self._check(weights)

    def embed(self, texts: Sequence[Sequence[int]]) -> Vectors:
        """Unit vectors, float32, (len(texts), 384), for lists of token ids, each with its [CLS] and [SEP]."""
        lengths = [next((each for each in LENGTHS if each >= len(ids)), -(-len(ids) // _STEP) * _STEP) for ids in texts]
        vectors = np.empty((len(texts), minilm.CARD.dimension), np.float32)
        for batch in batches(lengths, self._budget, alike=True):
            vectors[batch] = self._mean_states([texts[position] for position in batch], lengths[batch[0]])
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def _check(self, weights: Mapping[str, Vectors]) -> None:
        """Compare a text of each length with what numpy makes of it, in two orders: OpenVINO before 2026.2 mixed up the parts of such a
        choice.
        """
        texts = [[minilm.CLS, *range(_FIRST, _FIRST + length - 2), minilm.SEP] for length in _WARM]
        expected = MiniLM(weights).embed(texts)
        for order in (slice(None), slice(None, None, -1)):
            distance = 1 - float((self.embed(texts[order]) * expected[order]).sum(axis=1).min())
            if not distance < _MOST_DISTANCE:
                raise RuntimeError(f"it computes wrongly, by a cosine distance of {distance:.3f}")

    def _mean_states(self, texts: Sequence[Sequence[int]], length: int) -> Vectors:
        """Those of texts that are padded to ``length``, float32, (len(texts), 384)."""
        ids, mask = padded(texts, length)
        embedded = self._words[ids]
        embedded += self._positions[:length]
        with self._lock:
            self._request.infer([embedded, mask, np.array(length, np.int32)], share_inputs=True)
            return np.array(self._request.get_output_tensor(0).data)


def _choice(lengths: Sequence[int], texts: int, weights: Mapping[str, Vectors], linear: Linear) -> openvino.Model:
    """From embedded tokens, float32 (n, t, d), mask, float32 (n, t), and t, int32, to mean states, float32 (n, d), by the part for t among
    ``lengths``, ascending, of which 0, the last, is any other. ``texts`` is n, or -1 where it varies.
    """
    size = minilm.CARD.dimension
    given = [op.parameter([-1, -1, size], np.float32), op.parameter([-1, -1], np.float32), op.parameter([], np.int32)]
    embedded, mask, length = given
    if len(lengths) == 1:
        if lengths[0]:
            embedded = op.reshape(embedded, integers(texts, lengths[0], size), False)
            mask = op.reshape(mask, integers(texts, lengths[0]), False)
        return openvino.Model([mean_state(embedded, mask, weights, linear)], given[:2])
    middle = len(lengths) // 2
    choice = op.if_op(op.less_equal(length, op.constant(np.int32(lengths[middle - 1]))).output(0))
    lower, upper = (_choice(half, texts, weights, linear) for half in (lengths[:middle], lengths[middle:]))
    choice.set_then_body(lower)
    choice.set_else_body(upper)
    for place, value in enumerate(given):
        inner = [dict(enumerate(model.get_parameters())).get(place) for model in (lower, upper)]
        if any(parameter is not None for parameter in inner):
            choice.set_input(value.output(0), *inner)
    return openvino.Model([choice.set_output(lower.results[0], upper.results[0])], given)
