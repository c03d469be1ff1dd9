"""Any model of a known family for questions, and for a few passages, by numpy."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from newsdex.encoder import ModelCard, Tokens, Vectors
from newsdex.engines.known import MINILM
from newsdex.engines.model import Model
from newsdex.engines.numpy_network import NumpyNetwork


class NumpyEncoder:
    """A model, the default one if none is given."""

    def __init__(self, model: Model | None = None, card: ModelCard | None = None) -> None:
        """``card`` is the model's own unless it is given. Raises ModelError."""
        self.model = model or Model(MINILM.folder(), MINILM.card.name, MINILM)
        self.card = card or self.model.card

    @cached_property
    def _numpy(self) -> NumpyNetwork:
        return NumpyNetwork(self.model.network)

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        return self._numpy.embed(self.framed(questions, self.card.question_prefix))

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.card.dimension), np.float32)
        return self._numpy.embed(self.framed(texts, self.card.passage_prefix))

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
