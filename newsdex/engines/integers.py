"""The linear layers of the default model in 8-bit integers, for OpenVINO.

Weights are symmetric around zero, with a scale for each output channel. Activations have one range for all channels of a layer, measured
once (benchmarks/quality/calibrate_int8.py); so that a few large channels do not cost the others their exactness, each is first divided by a
factor that its weights are multiplied by (Xiao et al. 2023, SmoothQuant, https://arxiv.org/abs/2211.10438).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from newsdex.engines.families import Linear, Network
from newsdex.engines.openvino_graph import op
from newsdex.tensors import view_tensors

RANGES = Path(__file__).with_name("integer_ranges.safetensors")

_LEVELS = 256
_LARGEST = 127
# How much of a channel's size the factor takes from the activations: SmoothQuant's alpha. Of 0.5 to 1 these two gave the least distance
# from float32.
_TAKEN, _TAKEN_AFTER_GELU = 0.7, 0.8
# Query, key and value have one input.
_SIBLINGS = (".query", ".key", ".value")


def input_of(name: str) -> str:
    """The name under which the range of a linear layer's input is kept."""
    stem, dot, last = name.rpartition(".")
    return stem if dot + last in _SIBLINGS else name


def integer_linear(network: Network) -> Callable[[Any, Linear], Any]:
    """What makes a linear layer of its input."""
    ranges = view_tensors(RANGES.read_bytes())
    siblings: dict[str, list[Linear]] = {}
    for layer in network.layers:
        for linear in (layer.query, layer.key, layer.value, layer.output, layer.wide, layer.narrow):
            siblings.setdefault(input_of(linear.name), []).append(linear)

    def scalar(value: Any) -> Any:
        return op.constant(np.float32(value))

    def make(x: Any, linear: Linear) -> Any:
        source = input_of(linear.name)
        channels = ranges[source].astype(np.float32)  # the lowest and the highest value of each channel, (2, d)
        taken = _TAKEN_AFTER_GELU if ".output.dense" in linear.name and ".attention." not in linear.name else _TAKEN
        size = np.max([np.abs(each.weight).max(axis=0) for each in siblings[source]], axis=0)
        factor = (np.abs(channels).max(axis=0) ** taken / size ** (1 - taken)).astype(np.float32)
        low, high = (channels / factor).min(), (channels / factor).max()
        smooth = op.multiply(x, op.constant(1 / factor))
        rounded = op.fake_quantize(smooth, scalar(low), scalar(high), scalar(low), scalar(high), _LEVELS)
        weight = linear.weight * factor  # (out, in)
        scale = np.abs(weight).max(axis=1, keepdims=True) / np.float32(_LARGEST)
        whole = np.rint(weight / scale).astype(np.int8)
        again = op.multiply(op.convert(op.constant(whole), np.float32), op.constant(scale))
        product = op.matmul(rounded, again, False, True)
        return product if linear.bias is None else op.add(product, op.constant(np.array(linear.bias)))

    return make
