"""A model for questions: numpy, at once, and OpenVINO in a process that asks many. That takes a quarter to a half of numpy's time, but 1 or
2 s and 190 to 360 MB to load: beside the questions, once many came, or by ``load``. In bfloat16, where that is faster, cosines differ by up
to 0.002, no more than the passages' (docs/PERFORMANCE.md). A vector depends on its question alone, to the last bit; a question asked before
keeps its vector.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from threading import Lock, RLock, Thread
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from newsdex.encoder import DEFAULT_MODEL, ModelCard, Tokens, Vectors
from newsdex.engines.families import Network
from newsdex.engines.model import Model, open_model
from newsdex.engines.numpy_network import NumpyNetwork

if TYPE_CHECKING:
    from newsdex.engines.openvino_network import OpenVinoNetwork
    from newsdex.engines.reader import Reader

MANY = 32  # questions, or articles that are read
REMEMBERED = 1_024  # questions at least, and twice as many at most: 3 MB
_Made = TypeVar("_Made")


class NumpyEncoder:
    """A model of a known family, the default one if none is given, by numpy: for questions and a few passages."""

    def __init__(self, model: Model | None = None, card: ModelCard | None = None) -> None:
        """``card`` is the model's own unless it is given. Raises ModelError."""
        self.model = model or open_model(DEFAULT_MODEL)
        self.card = card or self.model.card

    @cached_property
    def _network(self) -> NumpyNetwork | OpenVinoNetwork:
        return NumpyNetwork(self.model.network)

    @cached_property
    def reader(self) -> Reader:
        """The reader, if the model has one. Raises ModelError."""
        from newsdex.engines.reader import Reader  # which few questions need

        return Reader(self.model)

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        return self._network.embed(self.framed(questions, self.card.question_prefix))

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._network.embed(self.framed(texts, self.card.passage_prefix))

    def framed(self, texts: Sequence[str], prefix: str) -> list[list[int]]:
        """The ids of each text with its prefix and special tokens, as many as fit the window."""
        return self.model.tokens.framed(self.pieces([prefix + text for text in texts] if prefix else texts))

    def pieces(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text's tokens, as many as fit the window, without the special ones."""
        return self.model.tokens.pieces(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self.model.tokens.count(texts)

    def tokens(self, texts: Sequence[str]) -> Tokens:
        weights, network = self.model.tokens.tokenizer.weights, self.model.network
        return Tokens.of(self.pieces(texts), lambda ids: (weights(ids), network.embedded(ids)))


@lru_cache(maxsize=2)
def reader_of(model: str) -> Reader:
    """The reader of a model, for archives of others. Raises ModelError."""
    return NumpyEncoder(open_model(model)).reader


class QuestionEncoder(NumpyEncoder):
    """A model for questions, and for a few passages, by whichever library is at hand."""

    def __init__(self, model: Model | None = None) -> None:
        super().__init__(model)
        self._shared = shared(self.card.fingerprint)
        self._asked = 0
        self.keeps_small = False  # whether numpy encodes however many there are, unless OpenVINO is there
        self._known: dict[str, Vectors] = {}  # the vectors of the questions that were asked last

    def load(self) -> None:
        """Load now what many questions are encoded by; not in a process that will fork."""
        self._shared.load(self.model.network)
        self.pieces(["\u5317"])  # which the tokenizers library reads, so that it is there as well

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """A question that was asked before has the vector that it had, to the last bit, whatever has been loaded since."""
        known = self._known
        found = {question: known[question] for question in questions if question in known}
        if new := [question for question in dict.fromkeys(questions) if question not in found]:
            fresh = dict(zip(new, self._encode(new), strict=True))
            found |= fresh
            known.update(fresh)
            if len(known) > 2 * REMEMBERED:
                self._known = dict(list(known.items())[-REMEMBERED:])
        return np.stack([found[question] for question in questions]) if questions else self.encode_passages(())

    def _encode(self, questions: Sequence[str]) -> Vectors:
        self._asked += len(questions)
        network = self._shared.network
        if network is None:
            if self._asked >= MANY and not self.keeps_small:
                self._shared.begin(self.model.network)
            return super().encode_questions(questions)
        return network.embed(self.framed(questions, self.card.question_prefix))


# A fork waits while a network is loaded: the matrix library would not return from it.
_LOADING = RLock()
os.register_at_fork(before=_LOADING.acquire, after_in_parent=_LOADING.release, after_in_child=_LOADING.release)


class Shared(Generic[_Made]):
    """What OpenVINO makes of a network, one a process: a child misses the threads of one loaded before a fork, and takes numpy."""

    def __init__(self, make: Callable[[Network], _Made]) -> None:
        self._make = make
        self._lock = Lock()
        self._process: int | None = None  # that has begun to load it
        self._thread: Thread | None = None  # which loads it there
        self._network: _Made | None = None

    @property
    def network(self) -> _Made | None:
        """The network, once it is loaded."""
        return self._network if self._process == os.getpid() else None

    def begin(self, network: Network) -> None:
        """Load it in a thread, if nobody does."""
        with self._lock:
            if self._process is None:
                self._process = os.getpid()
                self._thread = Thread(target=self._load, args=(network,), name="newsdex-model")
                self._thread.start()  # a process that ends waits: one or two seconds

    def load(self, network: Network) -> None:
        """Load it, or wait until it is loaded."""
        self.begin(network)
        if self._thread and self._process == os.getpid():
            self._thread.join()

    def _load(self, network: Network) -> None:
        try:
            with _LOADING:
                self._network = self._make(network)
        except Exception as error:  # noqa: BLE001 - numpy answers as well
            import logging  # takes milliseconds to load

            logging.getLogger(__name__).warning("OpenVINO cannot be used, numpy is: %s", " ".join(str(error).split()))


@lru_cache(maxsize=4)
def shared(_fingerprint: str) -> Shared[OpenVinoNetwork]:
    """The network of a model in this process."""
    return Shared(_question_network)


def _question_network(network: Network) -> OpenVinoNetwork:
    from newsdex.engines.openvino_network import question_network

    return question_network(network)
