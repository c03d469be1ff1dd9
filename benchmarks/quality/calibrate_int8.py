"""Measure the ranges of the activations that `--precision int8` rounds, and write newsdex/engines/integer_ranges.safetensors.

    python benchmarks/run.py calibrate_int8 FOLDER...

The passages of collections in BEIR format go through the default model in float32. Of each input of a linear layer the lowest and the
highest value of each channel is kept: numbers about the model, from which no text can be recovered. The file that is committed is of
covidqa, gum_wikinews and chunking_eval; benchmarks/quality/precision.py judges it by other collections.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from beir import load

from newsdex.encoder import DEFAULT_MODEL
from newsdex.engines.families import Linear
from newsdex.engines.integers import RANGES, input_of
from newsdex.engines.model import open_model
from newsdex.engines.openvino_graph import float_linear, graph, openvino
from newsdex.tensors import Tensors, pack_tensors

WINDOW = 1000  # characters, about the model's window
TEXTS = 120  # of each collection


def passages(folder: Path) -> list[str]:
    """Pieces of a collection's documents, evenly chosen."""
    whole = [f"{document.get('title', '')}\n{document['text']}" for document in load(folder).documents]
    pieces = [text[start : start + WINDOW] for text in whole for start in range(0, len(text), WINDOW)]
    return pieces[:: max(1, len(pieces) // TEXTS)][:TEXTS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    arguments = parser.parse_args()
    minilm = open_model(DEFAULT_MODEL)
    minilm.check()
    tokenizer = minilm.tokens.library(minilm.network.window)
    inputs: dict[str, Any] = {}

    def linear(x: Any, layer: Linear) -> Any:
        inputs.setdefault(input_of(layer.name), x)
        return float_linear(x, layer)

    model = graph(minilm.network, linear)
    model.add_outputs([x.output(0) for x in inputs.values()])
    request = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    texts = [text for path in arguments.folders for text in passages(path)]
    ranges: Tensors = {}
    for text in texts:
        ids = np.array([tokenizer.encode(text).ids], np.int32)
        request.infer([minilm.network.placed(ids), np.ones(ids.shape, np.float32)])
        for number, name in enumerate(inputs, 1):
            values = request.get_output_tensor(number).data[0]  # (t, d)
            bounds = np.stack([values.min(axis=0), values.max(axis=0)])
            old = ranges.get(name, bounds)
            ranges[name] = np.stack([np.minimum(old[0], bounds[0]), np.maximum(old[1], bounds[1])])
    halves = {name: bounds.astype(np.float16) for name, bounds in ranges.items()}
    RANGES.write_bytes(b"".join(pack_tensors(halves)))
    print(f"{RANGES}: {len(halves)} inputs, from {len(texts)} passages")


if __name__ == "__main__":
    main()
