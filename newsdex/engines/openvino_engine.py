"""Any model of a known family for building on a CPU: OpenVINO, in bfloat16 where that is faster than float32, or in 8-bit integers on
request.

Measured beside the other engines in benchmarks/speed/indexing.py; vectors differ from the reference by a cosine distance of about 1e-7
(float32), 3e-5 (bfloat16) or 2e-3 (integers, benchmarks/quality/precision.py), for the default model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from newsdex.encoder import FULL, INT8, Vectors
from newsdex.engines.integers import integer_linear
from newsdex.engines.model import Model
from newsdex.engines.numpy_engine import NumpyEncoder
from newsdex.engines.openvino_graph import float_linear
from newsdex.engines.openvino_network import OpenVinoNetwork, processors
from newsdex.errors import ModelError

# A sentence in integers that is farther from itself in float32, as a cosine distance, has been computed wrongly.
_CHECKED, _MOST_DISTANCE = "Ministers of both countries signed the treaty on Friday.", 0.02


class OpenVinoEncoder(NumpyEncoder):
    """A model for many passages."""

    def __init__(self, model: Model | None = None, precision: str = FULL, *, bfloat16: bool = True) -> None:
        """``precision`` is FULL or INT8, which the default model has; without ``bfloat16`` all else is float32, as on a processor that has
        no bfloat16 or is slower with it.

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
        return OpenVinoNetwork(self.model.network, linear, bfloat16=self._bfloat16, threads=processors())

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        return self._network.embed(self.framed(questions, self.card.question_prefix))

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._network.embed(self.framed(texts, self.card.passage_prefix))

    def framed(self, texts: Sequence[str], prefix: str) -> list[list[int]]:
        return self.model.tokens.whole([prefix + text for text in texts] if prefix else texts)
