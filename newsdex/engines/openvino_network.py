"""A network that OpenVINO computes: of any texts, or of questions, whose lengths have parts of their own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Vectors
from newsdex.engines.families import Network
from newsdex.engines.numpy_network import NumpyNetwork, batches, finished
from newsdex.engines.openvino_graph import MakeLinear, compiled, float_linear, graph

_BATCH_TOKENS = 1500  # padded, that are computed at once: with more, the activations leave the processor's cache
# Batches that are computed at once: threads of one batch wait for each other, up to a fifth of the time on a busy machine; of many batches
# the last ones would leave streams idle, since a call has some 40.
_STREAMS = 4
# Tokens: little padding, many texts of one length, and no rest that attention computes apart, which takes a tenth more where the processor
# multiplies in tiles
_STEP = 8
# Tokens that a question is padded to; each part takes an eighth of a second or a little more to prepare.
LENGTHS = (8, 12, 16, 20, 24, 28, 32, 40, 48)
_WARM = (*LENGTHS, 56, 64)  # the first of a length takes milliseconds more than those that follow
_FIRST = 2_000  # of the ids of common words
_MOST_PREPARED = 20_000_000  # numbers of all wide layers: a larger network would take too much memory and time to prepare for each length
_MOST_DISTANCE = 1e-3  # of a vector from that in float32, as a cosine distance: bfloat16 leaves 4e-5


class OpenVinoNetwork:
    """The compiled graph. Threads may use it together: they wait for each other.

    A text comes to the same to the last bit, whatever is computed with it: what is computed changes with the length that a text is padded
    to, and not with the number of texts, so that each is padded to one of ``lengths`` or a multiple of _STEP, and computed with its like
    alone.
    """

    def __init__(
        self,
        network: Network,
        linear: MakeLinear = float_linear,
        *,
        bfloat16: bool = True,
        threads: int = 1,
        lengths: Sequence[int] = (),
        together: bool = True,
    ) -> None:
        """``linear`` and ``lengths`` as for ``graph``; ``bfloat16`` is used where that is faster; ``threads`` are shared by up to _STREAMS
        batches; without ``together`` each text is computed alone, which is faster where there is one.
        """
        self._network = network
        self._lengths = lengths
        self._budget = _BATCH_TOKENS if together else 0
        streams = min(threads, _STREAMS)
        made = graph(network, linear, [*lengths, 0] if lengths else (), -1 if together else 1)
        model = compiled(made, bfloat16=bfloat16, threads=threads, streams=streams)
        self._requests = [model.create_infer_request() for _ in range(streams)]
        self._lock = Lock()

    def embed(self, texts: Sequence[Sequence[int]]) -> Vectors:
        """Unit vectors, float32, (len(texts), dimension), for lists of token ids, each with its special ones."""
        return finished(self._network, self.pooled(texts))

    def pooled(self, texts: Sequence[Sequence[int]], kinds: Sequence[Sequence[int]] | None = None) -> Vectors:
        """What stands for each text, float32, (len(texts), d), whose tokens are of these ``kinds``."""
        lengths = [self._padded(len(ids)) for ids in texts]
        pooled = np.empty((len(texts), self._network.width), np.float32)
        # The largest first, so that all streams end at about the same time.
        found = sorted(batches(lengths, self._budget, alike=True), key=lambda batch: -len(batch) * lengths[batch[0]])
        running: list[tuple[list[int], Any] | None] = [None] * len(self._requests)  # a batch and its input a stream

        def finish(stream: int) -> None:
            if job := running[stream]:
                running[stream] = None
                self._requests[stream].wait()
                pooled[job[0]] = self._requests[stream].get_output_tensor(0).data

        with self._lock:
            try:
                for number, batch in enumerate(found):
                    length = lengths[batch[0]]
                    ids = _rectangle([texts[position] for position in batch], length)
                    told = _rectangle([kinds[position] for position in batch], length) if kinds else None
                    mask = np.arange(length) < np.array([len(texts[position]) for position in batch])[:, None]
                    given = [self._network.placed(ids, told), mask.astype(np.float32)]
                    if self._lengths:
                        given.append(np.array(length, np.int32))
                    stream = number % len(running)
                    finish(stream)
                    compute = self._requests[stream].infer if len(running) == 1 else self._requests[stream].start_async
                    compute(given, share_inputs=True)
                    running[stream] = batch, given
            finally:  # none is left running
                for stream in range(len(running)):
                    finish(stream)
        return pooled

    def _padded(self, length: int) -> int:
        known = next((known for known in self._lengths if known >= length), 0)
        return known or min(-(-length // _STEP) * _STEP, max(self._network.window, length))


class QuestionNetwork(OpenVinoNetwork):
    """A network for questions, on one thread. A question has the same vector to the last bit, whatever is asked with it, and in either kind
    of network.
    """

    def __init__(self, network: Network, *, together: bool) -> None:
        """It takes one or two seconds. Raises RuntimeError when OpenVINO cannot do it, or does it wrongly."""
        large = sum(layer.wide.weight.size for layer in network.layers) > _MOST_PREPARED
        super().__init__(network, lengths=() if large else LENGTHS, together=together)
        self._check()

    def _check(self) -> None:
        """Compare a text of each length with what numpy makes of it, in two orders: OpenVINO before 2026.2 mixed up the parts of such a
        choice.
        """
        # Ids of common words, in a vocabulary of any size, with gaps so that no text repeats one
        words = len(self._network.words)
        texts = [[(_FIRST + place) % words for place in range(min(length, self._network.window))] for length in _WARM]
        expected = NumpyNetwork(self._network).embed(texts)
        for order in (slice(None), slice(None, None, -1)):
            distance = 1 - float((self.embed(texts[order]) * expected[order]).sum(axis=1).min())
            if not distance < _MOST_DISTANCE:
                raise RuntimeError(f"it computes wrongly, by a cosine distance of {distance:.3f}")


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _rectangle(texts: Sequence[Sequence[int]], length: int) -> NDArray[np.intp]:
    """Numbers of tokens, (len(texts), length), 0 behind the end of a text."""
    found = np.zeros((len(texts), length), np.intp)
    for row, text in enumerate(texts):
        found[row, : len(text)] = text
    return found
