"""Any model of a known family for building on a CPU: OpenVINO, in bfloat16 where that is faster than float32, or in 8-bit integers on
request. Vectors of the default model differ from the reference by a cosine distance of about 1e-7, 3e-5 or 2e-3
(benchmarks/quality/precision.py). Speed: benchmarks/speed/indexing.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from newsdex.encoder import FULL, INT8, Vectors
from newsdex.engines.families import Linear, Network
from newsdex.engines.model import Model
from newsdex.engines.numpy_network import NumpyNetwork
from newsdex.engines.openvino_network import MakeLinear, OpenVinoNetwork, compiled, float_linear, graph, integers, op
from newsdex.engines.pairs import PAIRS
from newsdex.engines.question_engine import NumpyEncoder
from newsdex.errors import ModelError
from newsdex.values import processors

# Sentences in integers that are farther from themselves in float32, as a cosine distance, cost too much of what is found.
MOST_DISTANCE = 0.02
# Texts of random tokens, which reach what texts in any language do: with sentences alone, passages were two to three times as far off.
_TRIED, _TRIED_TOKENS, _SPECIAL_IDS = 16, 128, 2_000

_LEVELS = 256
_LARGEST = 127
_STEPS = np.float32(512)
# How much of a channel's size the factor takes from the inputs, SmoothQuant's alpha: in those behind an activation, and in others. Of
# 0.3 to 0.8 these gave the least distance from float32 (docs/decisions/precision.md).
_TAKEN_AFTER_ACTIVATION, _TAKEN = 0.7, 0.6
# The linear layers that have the same input, which is rounded once for all of them, and what is taken from it.
_ONE_INPUT = {("query", "key", "value"): _TAKEN, ("output",): _TAKEN, ("wide", "gate"): _TAKEN, ("narrow",): _TAKEN_AFTER_ACTIVATION}
_LEAST = np.float32(1e-6)  # of the size of a channel that is always 0


class OpenVinoEncoder(NumpyEncoder):
    """A model for many passages."""

    def __init__(self, model: Model | None = None, precision: str = FULL, *, bfloat16: bool = True) -> None:
        """``precision`` is FULL or INT8; without ``bfloat16`` all else is float32, as on a processor that has no bfloat16 or is slower with
        it. Raises ModelError when the model is not here; encoding raises it when the model is damaged, or when it, or this processor, is
        not exact enough with integers.
        """
        super().__init__(model)
        self.card = replace(self.card, precision=precision)
        self._bfloat16 = bfloat16

    @cached_property
    def _network(self) -> OpenVinoNetwork:
        if self.card.precision != INT8:
            return OpenVinoNetwork(self.model.network, bfloat16=self._bfloat16, threads=processors())
        sentences = self.framed([text for pair in PAIRS for text in pair], self.card.passage_prefix)
        linear = _integer_linear(self.model.network, [*sentences, *self._random()], processors())
        found = OpenVinoNetwork(self.model.network, linear, bfloat16=self._bfloat16, threads=processors())
        # Processors before VNNI add products of 8-bit integers in 16 bits, which can overflow; and some models round badly.
        cosines = (found.embed(sentences) * NumpyNetwork(self.model.network).embed(sentences)).sum(axis=1)
        if not (distance := 1 - float(cosines.mean())) < MOST_DISTANCE:
            raise ModelError(
                f"the model {self.card.name} in --precision int8 is not exact enough on this processor: its vectors have a cosine distance "
                f"of {distance:.3f}, expected less than {MOST_DISTANCE}. Use --precision full"
            )
        return found

    def _random(self) -> list[list[int]]:
        """Texts of random tokens, the same ones each time."""
        tokens, network = self.model.tokens, self.model.network
        words, length = len(network.words), min(_TRIED_TOKENS, network.window) - tokens.tokenizer.around
        ids = np.random.default_rng(0).integers(min(_SPECIAL_IDS, words // 2), words, (_TRIED, max(1, length)))
        return tokens.framed(ids.tolist())

    def pieces(self, texts: Sequence[str]) -> list[list[int]]:
        return self.model.tokens.whole(texts)


def _integer_linear(network: Network, texts: Sequence[Sequence[int]], threads: int) -> MakeLinear:
    """What makes a linear layer of its input in 8-bit integers, by the ranges over ``texts``, lists of token ids with their special ones.

    Weights are symmetric around zero, with a scale for each output channel. The inputs of a layer have one range for all channels, as it is
    over some texts in float32; so that a few large channels do not cost the others their exactness, each is first divided by a factor that
    its weights are multiplied by (Xiao et al. 2023, SmoothQuant, https://arxiv.org/abs/2211.10438).
    """
    ranges = _ranges(network, texts, threads)
    inputs: dict[int, tuple[Vectors, Any, Any]] = {}
    for layer in network.layers:
        for names, taken in _ONE_INPUT.items():
            together = [linear for name in names if (linear := getattr(layer, name))]
            channels = _wider([ranges[id(linear)] for linear in together])
            size = np.maximum(np.max([np.abs(linear.weight).max(axis=0) for linear in together], axis=0), _LEAST)
            factor = (np.maximum(np.abs(channels).max(axis=0), _LEAST) ** taken / size ** (1 - taken)).astype(np.float32)
            low, high = (op.constant(np.float32(bound)) for bound in ((channels / factor).min(), (channels / factor).max()))
            inputs |= {id(linear): (factor, low, high) for linear in together}

    def make(x: Any, linear: Linear) -> Any:
        factor, low, high = inputs[id(linear)]
        rounded = op.fake_quantize(op.multiply(x, op.constant(1 / factor)), low, high, low, high, _LEVELS)
        weight = linear.weight * factor  # (out, in)
        scale = np.maximum(np.abs(weight).max(axis=1, keepdims=True), _LEAST) / np.float32(_LARGEST)
        whole = np.rint(weight / scale).astype(np.int8)
        again = op.multiply(op.convert(op.constant(whole), np.float32), op.constant(scale))
        product = op.matmul(rounded, again, False, True)
        return product if linear.bias is None else op.add(product, op.constant(np.array(linear.bias)))

    return make


def _ranges(network: Network, texts: Sequence[Sequence[int]], threads: int) -> dict[int, Vectors]:
    """The lowest and the highest value of each channel of the input of each linear layer, by its id, (2, d)."""
    inputs: dict[int, Any] = {}

    def linear(x: Any, layer: Linear) -> Any:
        inputs[id(layer)] = x
        return float_linear(x, layer)

    model = graph(network, linear)
    bounds = [
        bound(x, integers(*range(x.get_output_partial_shape(0).rank.get_length() - 1)))
        for x in inputs.values()
        for bound in (op.reduce_min, op.reduce_max)
    ]
    model.add_outputs([bound.output(0) for bound in bounds])
    request = compiled(model, bfloat16=False, threads=threads, streams=1).create_infer_request()
    found: list[Vectors] = []
    for ids in texts:
        request.infer([network.placed(np.array([ids])), np.ones((1, len(ids)), np.float32)])
        told = [np.array(request.get_output_tensor(1 + number).data) for number in range(len(bounds))]
        here = [np.stack(pair) for pair in zip(told[::2], told[1::2], strict=True)]
        found = [_wider(pair) for pair in zip(found or here, here, strict=True)]
    return dict(zip(inputs, map(_rounded, found), strict=True))


def _rounded(bounds: Vectors) -> Vectors:
    """To nine bits: the order in which processors add changes the last ones, and vectors with them."""
    mantissa, exponent = np.frexp(bounds)
    return np.asarray(np.ldexp(np.round(mantissa * _STEPS) / _STEPS, exponent), np.float32)


def _wider(ranges: Sequence[Vectors]) -> Vectors:
    """The range that has all of ``ranges``, (2, d) each."""
    lowest, highest = np.stack(ranges, axis=1)
    return np.stack([lowest.min(axis=0), highest.max(axis=0)])
