"""Any model of a known family for building on a CPU: OpenVINO, in bfloat16 where that is faster than float32, or in 8-bit integers on request.

Measured beside the other engines in benchmarks/speed/indexing.py; vectors differ from the reference by a cosine distance of about 1e-7
(float32), 3e-5 (bfloat16) or 2e-3 (integers, benchmarks/quality/precision.py), for the default model.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np

from newsdex.encoder import FULL, INT8, Vectors
from newsdex.engines.batching import batches
from newsdex.engines.families import Network
from newsdex.engines.integers import integer_linear
from newsdex.engines.model import Model
from newsdex.engines.numpy_engine import NumpyEncoder
from newsdex.engines.numpy_network import finished
from newsdex.engines.openvino_graph import BATCH_TOKENS, MakeLinear, compiled, float_linear, graph, padded
from newsdex.errors import ModelError

# Batches that are computed at once: threads of one batch wait for each other, up to a fifth of the time on a busy machine; of many batches
# the last ones would leave streams idle, since a call has some 40.
_STREAMS = 4
# Tokens: little padding, many texts of one length, and no rest that attention computes apart, which takes a tenth more where the processor
# multiplies in tiles
_STEP = 8
# A sentence in integers that is farther from itself in float32, as a cosine distance, has been computed wrongly.
_CHECKED, _MOST_DISTANCE = "Ministers of both countries signed the treaty on Friday.", 0.02


class OpenVinoNetwork:
    """The compiled graph. Threads may use it together: they wait for each other."""

    def __init__(self, network: Network, linear: MakeLinear, *, bfloat16: bool, threads: int) -> None:
        """``linear`` as for ``graph``; ``bfloat16`` is used where that is faster; ``threads`` are shared by up to _STREAMS batches."""
        streams = min(threads, _STREAMS)
        self._network = network
        model = compiled(graph(network, linear), bfloat16=bfloat16, threads=threads, streams=streams)
        self._requests = [model.create_infer_request() for _ in range(streams)]
        self._lock = Lock()

    def embed(self, texts: Sequence[Sequence[int]]) -> Vectors:
        """Unit vectors, float32, (len(texts), dimension), for lists of token ids, each with its special ones.

        A vector is the same to the last bit, whatever else is embedded with it: what is computed changes with the length that a text is
        padded to, and not with the number of texts, so that each is padded to a multiple of _STEP, and computed with its like alone.
        """
        most = self._network.window if self._network.positions is not None else len(self._network.words)
        lengths = [min(-(-len(ids) // _STEP) * _STEP, max(most, len(ids))) for ids in texts]
        vectors = np.empty((len(texts), self._network.width), np.float32)
        # The largest first, so that all streams end at about the same time.
        found = sorted(batches(lengths, BATCH_TOKENS, alike=True), key=lambda batch: -len(batch) * lengths[batch[0]])
        running: list[tuple[list[int], Any] | None] = [None] * len(self._requests)  # a batch and its input a stream

        def finish(stream: int) -> None:
            if job := running[stream]:
                running[stream] = None
                self._requests[stream].wait()
                vectors[job[0]] = self._requests[stream].get_output_tensor(0).data

        with self._lock:
            try:
                for number, batch in enumerate(found):
                    given = [*padded([texts[position] for position in batch], lengths[batch[0]], len(self._network.words))]
                    stream = number % len(running)
                    finish(stream)
                    compute = self._requests[stream].infer if len(running) == 1 else self._requests[stream].start_async
                    compute(given, share_inputs=True)
                    running[stream] = batch, given
            finally:  # none is left running
                for stream in range(len(running)):
                    finish(stream)
        return finished(self._network, vectors)


class OpenVinoEncoder(NumpyEncoder):
    """A model for many passages."""

    def __init__(self, model: Model | None = None, precision: str = FULL, *, bfloat16: bool = True) -> None:
        """``precision`` is FULL or INT8, which the default model has; without ``bfloat16`` all else is float32, as on a processor that has no
        bfloat16 or is slower with it.

        Raises ModelError when the model is damaged or not here, or when this processor computes wrongly with integers.
        """
        super().__init__(model)
        self.model.check()
        self.card = replace(self.card, precision=precision)
        self._bfloat16 = bfloat16
        if precision == INT8:
            self._check_integers()

    def _check_integers(self) -> None:
        """Processors before VNNI add products of 8-bit integers in 16 bits, which can overflow."""
        distance = 1 - float(self.encode_question(_CHECKED) @ NumpyEncoder(self.model).encode_question(_CHECKED))
        if not distance < _MOST_DISTANCE:
            raise ModelError(
                f"this processor is not exact enough for --precision int8 (cosine distance {distance:.3f}). Use --precision full"
            )

    @cached_property
    def _network(self) -> OpenVinoNetwork:
        linear = integer_linear(self.model.network) if self.card.precision == INT8 else float_linear
        threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return OpenVinoNetwork(self.model.network, linear, bfloat16=self._bfloat16, threads=threads)

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        return self._network.embed(self.framed(questions, self.card.question_prefix))

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._network.embed(self.framed(texts, self.card.passage_prefix))

    def framed(self, texts: Sequence[str], prefix: str) -> list[list[int]]:
        return self.model.tokens.whole([prefix + text for text in texts] if prefix else texts)
