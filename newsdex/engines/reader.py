"""A reader: a model's network, trained further to tell which sentence of an article answers a question, and whether any does.

Question and sentences are read together in one text, so that each can be understood by the others (Devlin et al. 2019,
https://arxiv.org/abs/1810.04805). The model's weights stay as they are: a file beside this module has a low-rank addition for each of its
linear layers, and two small networks over the states of the tokens. The default model's, for English, were trained by
benchmarks/quality/train_reader.py, those of the multilingual model, for other languages, by train_multilingual_reader.py there.

numpy computes it, and OpenVINO in a process that reads much, as for questions: in less than half of the time on one thread. What was read
before is remembered, so that each page of a search has the same scores to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from newsdex.encoder import DEFAULT_MODEL, MULTILINGUAL_MODEL, Vectors
from newsdex.engines.families import Layer, Network
from newsdex.engines.model import Model
from newsdex.engines.numpy_network import NumpyNetwork, activate, has_threads
from newsdex.engines.question_engine import MANY, REMEMBERED, Shared
from newsdex.errors import ModelError
from newsdex.tensors import view_tensors

if TYPE_CHECKING:
    from newsdex.engines.openvino_network import StatesNetwork

# What was trained of each model that has a reader.
_FILES = {DEFAULT_MODEL: "reader.safetensors", MULTILINGUAL_MODEL: "reader-multilingual.safetensors"}
# The most tokens of a question, and of a sentence, that are read.
QUESTION, SENTENCE = 24, 48
# What was trained further of each part of a layer: low-rank additions to the weights, other norms and biases.
_TRAINED = {
    **dict.fromkeys(("query", "key", "value", "output", "wide", "narrow"), ("bias", "down", "up")),
    **dict.fromkeys(("attention_norm", "wide_norm"), ("weight", "bias")),
}


class Reading(NamedTuple):
    """How well each sentence answers, float32, (sentences,), to be added to natural log odds, and the natural log odds that one does."""

    points: Vectors
    answered: float


class Reader:
    """Reads sentences for what answers a question."""

    def __init__(self, model: Model) -> None:
        """``model`` is one of those that have a reader. Raises ModelError."""
        path = Path(__file__).with_name(_FILES[model.name])
        try:
            tensors = view_tensors(memoryview(path.read_bytes()))
            self._weights = {name: np.asarray(tensor, np.float32) for name, tensor in tensors.items()}
            layers = tuple(_adapted(layer, f"{number}.", self._weights) for number, layer in enumerate(model.network.layers))
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"{path} is damaged: {error}. Install newsdex again") from error
        # Commands have one thread anyway, whose larger products are faster.
        self._adapted = model.network._replace(layers=layers)
        self._network = NumpyNetwork(self._adapted, alone=has_threads())
        self._tokens = model.tokens
        self._name = model.name
        self._asked = 0
        self._known = lru_cache(REMEMBERED)(self._read)

    def load(self) -> None:
        """Load now what much is read by; not in a process that will fork."""
        _shared(self._name).load(self._adapted)

    def read(self, question: str, sentences: Sequence[str]) -> Reading:
        """Read ``sentences`` (at least one, in the article's order)."""
        return self._known(question, tuple(sentences))

    def _read(self, question: str, sentences: Sequence[str]) -> Reading:
        asked, *pieces = self._tokens.pieces([question, *sentences])
        pieces = [each[:SENTENCE] or [self._tokens.tokenizer.after[0]] for each in pieces]
        around = self._tokens.tokenizer
        first = [*around.before, *asked[:QUESTION], *around.after]
        ids = [*first, *(id_ for each in pieces for id_ in each), *around.after]
        self._asked += 1
        shared = _shared(self._name)
        if self._asked >= MANY and shared.network is None:
            shared.begin(self._adapted)
        network = shared.network or self._network
        states = network.states(ids, [0] * len(first) + [1] * (len(ids) - len(first)))
        product, weights = self._network.product, self._weights
        hidden = activate(product(states[len(first) : -1], weights["token.weight"], weights["token.bias"]), "gelu")
        told = product(hidden, weights["token_out.weight"])  # (t, 2)
        starts = np.cumsum([0, *map(len, pieces[:-1])])
        mean = np.add.reduceat(told[:, 0], starts) / np.array([*map(len, pieces)], np.float32)
        points = np.asarray(mean + np.maximum.reduceat(told[:, 1], starts), np.float32)
        whole = activate(product(states[:1], weights["whole.weight"], weights["whole.bias"]), "gelu")
        last = weights["whole_out.weight"][0]
        answered = float(whole[0] @ last[:-1] + points.max() * last[-1] + weights["whole_out.bias"][0])
        return Reading(points, answered)


@lru_cache(maxsize=len(_FILES))
def _shared(_name: str) -> Shared[StatesNetwork]:
    """The network of all readers of a model in this process."""
    return Shared(_states_network)


def _states_network(network: Network) -> StatesNetwork:
    from newsdex.engines.openvino_network import StatesNetwork

    return StatesNetwork(network)


def _adapted(layer: Layer, prefix: str, weights: dict[str, Vectors]) -> Layer:
    """``layer`` as it was trained further."""
    changed = {
        name: getattr(layer, name)._replace(**{part: weights[f"{prefix}{name}.{part}"] for part in parts})
        for name, parts in _TRAINED.items()
    }
    return layer._replace(**changed)
