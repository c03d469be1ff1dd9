"""The default model for building on a CPU: OpenVINO, in bfloat16 where the processor has it, or in 8-bit integers on request.

The graph is made from the weights' tensors directly, so that torch is not needed. Measured beside the other engines in
benchmarks/indexing.py; vectors differ from the reference by a cosine distance of about 1e-7 (float32), 3e-5 (bfloat16) or 2e-3 (integers,
benchmarks/precision.py).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np

from newsdex.encoder import FULL, INT8, Vectors
from newsdex.engines import minilm
from newsdex.engines.batching import batches
from newsdex.engines.integers import integer_linear
from newsdex.engines.numpy_engine import NumpyEncoder
from newsdex.engines.openvino_import import op, openvino
from newsdex.errors import ModelError

# Padded tokens a batch: with more, the activations leave the processor's cache.
_BATCH_TOKENS = 1500
# Batches that are computed at once: threads of one batch wait for each other, up to a fifth of the time on a busy machine; of many batches the last ones would
# leave streams idle, since a call has some 40.
_STREAMS = 4
_STEP = 4  # tokens: little padding, and yet many texts of one length
# A sentence in integers that is farther from itself in float32, as a cosine distance, has been computed wrongly.
_CHECKED, _MOST_DISTANCE = "Ministers of both countries signed the treaty on Friday.", 0.02

Linear = Callable[[Any, str], Any]


class Network:
    """The compiled graph. Threads may use it together: they wait for each other."""

    def __init__(self, weights: Mapping[str, Vectors], linear: Linear, *, bfloat16: bool, threads: int) -> None:
        """``linear`` as for ``graph``; ``bfloat16`` is used where the processor has it; ``threads`` are shared by up to _STREAMS batches."""
        core = openvino.Core()
        reduced = bfloat16 and "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        streams = min(threads, _STREAMS)
        options = {
            "INFERENCE_PRECISION_HINT": "bf16" if reduced else "f32",
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": streams,
            "ENABLE_CPU_PINNING": False,
        }
        compiled = core.compile_model(graph(weights, linear), "CPU", options)
        self._requests = [compiled.create_infer_request() for _ in range(streams)]
        self._lock = Lock()

    def embed(self, texts: Sequence[Sequence[int]]) -> Vectors:
        """Unit vectors, float32, (len(texts), 384), for lists of token ids, each with its [CLS] and [SEP].

        A vector is the same to the last bit, whatever else is embedded with it: what is computed changes with the length that a text is padded to, and not with the
        number of texts, so that each is padded to a multiple of _STEP, and computed with its like alone.
        """
        lengths = [-(-len(ids) // _STEP) * _STEP for ids in texts]
        vectors = np.empty((len(texts), minilm.CARD.dimension), np.float32)
        # The largest first, so that all streams end at about the same time.
        found = sorted(batches(lengths, _BATCH_TOKENS, alike=True), key=lambda batch: -len(batch) * lengths[batch[0]])
        running: list[tuple[list[int], Any] | None] = [None] * len(self._requests)  # a batch and its input a stream

        def finish(stream: int) -> None:
            if job := running[stream]:
                running[stream] = None
                self._requests[stream].wait()
                vectors[job[0]] = self._requests[stream].get_output_tensor(0).data

        with self._lock:
            try:
                for number, batch in enumerate(found):
                    given = _padded([texts[position] for position in batch], lengths[batch[0]])
                    stream = number % len(running)
                    finish(stream)
                    compute = self._requests[stream].infer if len(running) == 1 else self._requests[stream].start_async
                    compute(given, share_inputs=True)
                    running[stream] = batch, given
            finally:  # none is left running
                for stream in range(len(running)):
                    finish(stream)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def warm_up(self, longest: int) -> None:
        """Embed a text of each length up to ``longest`` tokens: the first of a length takes 3 ms more than those that follow."""
        for length in range(_STEP, longest + 1, _STEP):
            self.embed([[minilm.CLS] * length])


class OpenVinoEncoder(minilm.Base):
    """The default model for many passages."""

    def __init__(self, precision: str = FULL, *, bfloat16: bool = True) -> None:
        """``precision`` is FULL or INT8; without ``bfloat16`` all else is float32, as on a processor that has no bfloat16.

        Raises ModelError when the model is damaged or not here, or when this processor computes wrongly with integers.
        """
        super().__init__()
        minilm.check_weights(self._folder)
        self.card = replace(minilm.CARD, precision=precision)
        self._bfloat16 = bfloat16
        if precision == INT8:
            self._check_integers()

    def _check_integers(self) -> None:
        """Processors before VNNI add products of 8-bit integers in 16 bits, which can overflow."""
        distance = 1 - float(self.encode_question(_CHECKED) @ NumpyEncoder().encode_question(_CHECKED))
        if not distance < _MOST_DISTANCE:
            raise ModelError(
                f"this processor is not exact enough for --precision int8 (cosine distance {distance:.3f}). Use --precision full"
            )

    @cached_property
    def _network(self) -> Network:
        linear = integer_linear(self._weights) if self.card.precision == INT8 else float_linear(self._weights)
        threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return Network(self._weights, linear, bfloat16=self._bfloat16, threads=threads)

    def encode_question(self, question: str) -> Vectors:
        return self.encode_passages([question])[0]  # type: ignore[no-any-return]

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        return self.encode_passages(questions)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._network.embed([encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))])


def _padded(texts: Sequence[Sequence[int]], length: int) -> list[Any]:
    """Token ids, int32, and mask, float32, (len(texts), length) each."""
    ids, mask = np.zeros((len(texts), length), np.int32), np.zeros((len(texts), length), np.float32)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = text
        mask[row, : len(text)] = 1
    return [ids, mask]


def float_linear(weights: Mapping[str, Vectors]) -> Linear:
    """The linear layers as they are."""

    def linear(x: Any, name: str) -> Any:
        weight, bias = (op.constant(np.array(weights[f"{name}.{part}"])) for part in ("weight", "bias"))
        return op.add(op.matmul(x, weight, False, True), bias)

    return linear


def graph(weights: Mapping[str, Vectors], linear: Linear) -> openvino.Model:
    """Token ids, int32 (n, t), and mask, float32 (n, t), to the mean of the last layer's token states, float32 (n, d).

    ``linear`` makes a linear layer of its input and its name.
    """

    def tensor(name: str) -> Any:
        return op.constant(np.array(weights[name]))

    def integers(*values: int) -> Any:
        return op.constant(np.array(values, np.int64))

    def normalise(x: Any, name: str) -> Any:
        centred = op.mvn(x, integers(-1), True, minilm.LAYER_NORM_EPSILON, "inside_sqrt")
        return op.add(op.multiply(centred, tensor(name + ".weight")), tensor(name + ".bias"))

    def heads(x: Any) -> Any:  # (n, t, d) -> (n, h, t, d/h)
        size = minilm.CARD.dimension // minilm.HEADS
        return op.transpose(op.reshape(x, integers(0, 0, minilm.HEADS, size), True), integers(0, 2, 1, 3))

    ids = op.parameter([-1, -1], np.int32, name="ids")
    mask = op.parameter([-1, -1], np.float32, name="mask")
    length = op.gather(op.shape_of(ids), integers(1), integers(0))
    positions = op.slice(tensor("embeddings.position_embeddings.weight"), integers(0), length, integers(1), integers(0))
    words = op.gather(tensor("embeddings.word_embeddings.weight"), ids, op.constant(np.int64(0)))
    kind = op.constant(np.array(weights["embeddings.token_type_embeddings.weight"][0]))
    hidden = normalise(op.add(op.add(words, positions), kind), "embeddings.LayerNorm")

    # 0 for a token, a large negative number for padding, which the softmax turns into 0
    ignored = op.multiply(op.subtract(mask, op.constant(np.float32(1))), op.constant(np.float32(10_000)))
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
    mean = op.divide(op.reduce_sum(op.multiply(hidden, tokens), integers(1)), op.reduce_sum(tokens, integers(1)))
    return openvino.Model([mean], [ids, mask])
