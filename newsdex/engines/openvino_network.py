"""A network that OpenVINO computes: of any texts, or of questions, whose lengths have graphs of their own."""

from __future__ import annotations

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
# Tokens that a question is padded to. Each graph takes a tenth to a fifth of a second to prepare, and weights of its own: 20 to 40 MB
LENGTHS = (8, 12, 16, 20, 24, 32, 48)
_ANY = -1  # any other
_WARM = (*LENGTHS, 56, 64)  # the first of a length takes milliseconds more than those that follow
_FIRST = 2_000  # of the ids of common words
_MOST_PREPARED = 20_000_000  # numbers of all wide layers: a larger network would take too much memory and time to prepare for each length
MOST_DISTANCE = 1e-3  # of a vector from that in float32, as a cosine distance: bfloat16 leaves 4e-5


class OpenVinoNetwork:
    """A graph for each of some lengths, and one for all others. Threads may use it together: they wait for each other.

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
    ) -> None:
        """``linear`` as for ``graph``; ``bfloat16`` is used where that is faster; ``threads`` are shared by up to _STREAMS batches."""
        self._network = network
        self._lengths = lengths
        streams = min(threads, _STREAMS)
        models = {
            length: compiled(graph(network, linear, length), bfloat16=bfloat16, threads=threads, streams=streams)
            for length in (*lengths, _ANY)
        }
        self._requests = {length: [model.create_infer_request() for _ in range(streams)] for length, model in models.items()}
        self._streams = streams
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
    """A network for questions, on one thread. It takes a second or two. Raises RuntimeError when OpenVINO cannot do it, or does it wrongly:
    a text of each length is compared with what numpy makes of it.
    """
    large = sum(layer.wide.weight.size for layer in network.layers) > _MOST_PREPARED
    found = OpenVinoNetwork(network, lengths=() if large else LENGTHS)
    # Ids of common words, in a vocabulary of any size, with gaps so that no text repeats one
    words = len(network.words)
    texts = [[(_FIRST + place) % words for place in range(min(length, network.window))] for length in _WARM]
    distance = 1 - float((found.embed(texts) * NumpyNetwork(network).embed(texts)).sum(axis=1).min())
    if not distance < MOST_DISTANCE:
        raise RuntimeError(f"it computes wrongly, by a cosine distance of {distance:.3f}")
    return found


def _rectangle(texts: Sequence[Sequence[int]], length: int) -> NDArray[np.intp]:
    """Numbers of tokens, (len(texts), length), 0 behind the end of a text."""
    found = np.zeros((len(texts), length), np.intp)
    for row, text in enumerate(texts):
        found[row, : len(text)] = text
    return found
