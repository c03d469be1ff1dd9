"""A model for passages in full precision: numpy for the first few of an encoder, OpenVINO for the others. So adding one article does not
load OpenVINO, which takes half a CPU second and 100 MB. Both compute the same vectors up to a cosine distance of about 1e-7, or 3e-5 where
OpenVINO uses bfloat16; FULL of newsdex.encoder allows 1e-4.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import numpy as np

from newsdex.encoder import Vectors
from newsdex.engines.model import Model
from newsdex.engines.numpy_network import NumpyNetwork, has_threads
from newsdex.engines.question_engine import NumpyEncoder
from newsdex.values import processors

FEW = 16  # passages: with more long ones, numpy takes longer than OpenVINO and its start, with small models and large ones
_FEW_CHARACTERS = 1 << 16  # whose tokens are counted without the tokenizers library, which then has paid for its start


class PassageEncoder(NumpyEncoder):
    """A model for few passages or many."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self._embedded = 0
        self._counted = 0

    @cached_property
    def _network(self) -> NumpyNetwork:
        return NumpyNetwork(self.model.network, alone=has_threads())

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Embed each alone by numpy, because the matrix library's rounding depends on the size of a batch: one on each processor."""
        self._embedded += len(texts)
        if self._embedded > FEW:
            return self._many.encode_passages(texts)
        embed = self._network.embed
        with ThreadPoolExecutor(processors()) as threads:
            alone = threads.map(lambda ids: embed([ids]), self.framed(texts, self.card.passage_prefix))
            return np.concatenate([*alone] or [embed([])])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        self._counted += sum(map(len, texts))
        return self.model.tokens.count(texts, few=self._counted <= _FEW_CHARACTERS)

    @cached_property
    def _many(self) -> NumpyEncoder:
        from newsdex.engines.openvino_engine import OpenVinoEncoder

        return OpenVinoEncoder(self.model)
