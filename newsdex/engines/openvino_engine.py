"""Any model of a known family for building on a CPU: OpenVINO, in bfloat16 where that is faster than float32, or in 8-bit integers on
request.

Measured beside the other engines in benchmarks/speed/indexing.py; vectors differ from the reference by a cosine distance of about 1e-7
(float32), 3e-5 (bfloat16) or 2e-3 (integers, benchmarks/quality/precision.py), for the default model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from newsdex.encoder import FULL, INT8, Vectors
from newsdex.engines.integers import integer_linear
from newsdex.engines.model import Model
from newsdex.engines.numpy_engine import NumpyEncoder
from newsdex.engines.openvino_network import OpenVinoNetwork
from newsdex.engines.pairs import PAIRS
from newsdex.errors import ModelError
from newsdex.values import processors

# Sentences in integers that are farther from themselves in float32, as a cosine distance, cost too much of what is found.
MOST_DISTANCE = 0.02
# Texts of random tokens, which reach what texts in any language do: with sentences alone, passages were two to three times as far off.
_TRIED, _TRIED_TOKENS, _SPECIAL_IDS = 16, 128, 2_000


class OpenVinoEncoder(NumpyEncoder):
    """A model for many passages."""

    def __init__(self, model: Model | None = None, precision: str = FULL, *, bfloat16: bool = True) -> None:
        """``precision`` is FULL or INT8; without ``bfloat16`` all else is float32, as on a processor that has no bfloat16 or is slower with
        it.

        Raises ModelError when the model is damaged or not here; encoding raises it when the model, or this processor, is not exact enough
        with integers.
        """
        super().__init__(model)
        self.model.check()
        self.card = replace(self.card, precision=precision)
        self._bfloat16 = bfloat16

    @cached_property
    def _network(self) -> OpenVinoNetwork:
        if self.card.precision != INT8:
            return OpenVinoNetwork(self.model.network, bfloat16=self._bfloat16, threads=processors())
        sentences = self.framed([text for pair in PAIRS for text in pair], self.card.passage_prefix)
        linear = integer_linear(self.model.network, [*sentences, *self._random()], processors())
        found = OpenVinoNetwork(self.model.network, linear, bfloat16=self._bfloat16, threads=processors())
        # Processors before VNNI add products of 8-bit integers in 16 bits, which can overflow; and some models round badly.
        cosines = (found.embed(sentences) * self._numpy.embed(sentences)).sum(axis=1)
        if not (distance := 1 - float(cosines.mean())) < MOST_DISTANCE:
            raise ModelError(
                f"the model {self.card.name} in --precision int8 is not exact enough on this processor: its vectors have a cosine distance "
                f"of {distance:.3f}, expected less than {MOST_DISTANCE}. Use --precision full"
            )
        return found

    def _random(self) -> list[list[int]]:
        """Texts of random tokens, the same ones each time."""
        before, after = self.model.tokens.tokenizer.before, self.model.tokens.tokenizer.after
        words, length = len(self.model.network.words), min(_TRIED_TOKENS, self.model.network.window) - len(before) - len(after)
        ids = np.random.default_rng(0).integers(min(_SPECIAL_IDS, words // 2), words, (_TRIED, max(1, length)))
        return [[*before, *row, *after] for row in ids.tolist()]

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        return self._network.embed(self.framed(questions, self.card.question_prefix))

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._network.embed(self.framed(texts, self.card.passage_prefix))

    def framed(self, texts: Sequence[str], prefix: str) -> list[list[int]]:
        return self.model.tokens.whole([prefix + text for text in texts] if prefix else texts)
