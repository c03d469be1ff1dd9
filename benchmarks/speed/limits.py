"""What could this machine do at best? Arithmetic in GFLOP/s, memory in GB/s, one thread, and how close embedding and the scan of vectors
come to it.

Arithmetic is a matrix product of the shape of the model's largest layers, through numpy (float32) and OpenVINO (float32, bfloat16, 8-bit
integers), best of all runs. Memory is the sum of a float32 array far larger than the caches. Embedding counts the operations of the model's
matrix products: two for each weight and token, and two for each pair of tokens, channel and product of attention.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import numpy as np
from script import parser_of, save
from timing import milliseconds

from newsdex.encoder import FULL, INT8
from newsdex.engines.known import MINILM
from newsdex.engines.openvino_engine import OpenVinoEncoder
from newsdex.engines.openvino_network import bfloat16_is_faster, op, openvino

TOKENS, IN, OUT = 1500, 384, 1536  # a batch, and the first layer of a feed-forward block
TEXT = "The ministers of finance meet on Monday to negotiate next year's budget, a spokesman said. "
ROWS = 100_000
DIMENSION = MINILM.card.dimension
LAYERS = 6


def best(run: Callable[[], object], repeat: int) -> float:
    """The least CPU seconds of ``repeat`` runs after a first one."""
    run()
    return min(milliseconds(run) for _ in range(repeat)) / 1000


def product(precision: str) -> Callable[[], object]:
    """A matrix product in OpenVINO; INT8 rounds its input too."""
    random = np.random.default_rng(0)
    x = op.parameter([-1, IN], np.float32)
    weight = random.standard_normal((OUT, IN)).astype(np.float32)
    if precision == INT8:
        low, high = op.constant(np.float32(-4)), op.constant(np.float32(4))
        scale = np.abs(weight).max(axis=1, keepdims=True) / np.float32(127)
        whole = op.convert(op.constant(np.rint(weight / scale).astype(np.int8)), np.float32)
        model = op.matmul(op.fake_quantize(x, low, high, low, high, 256), op.multiply(whole, op.constant(scale)), False, True)
    else:
        model = op.matmul(x, op.constant(weight), False, True)
    options = {"INFERENCE_PRECISION_HINT": "f32" if precision == "float32" else "bf16", "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1}
    request = openvino.Core().compile_model(openvino.Model([model], [x]), "CPU", options).create_infer_request()
    given = random.standard_normal((TOKENS, IN)).astype(np.float32)
    return lambda: request.infer([given], share_inputs=True)


def operations(tokens: int, length: int) -> float:
    """Of the matrix products for ``tokens`` tokens in texts of ``length``."""
    weights = LAYERS * (4 * DIMENSION * DIMENSION + 2 * DIMENSION * 4 * DIMENSION)
    return 2.0 * tokens * (weights + LAYERS * 2 * length * DIMENSION)


def embedding(precision: str, bfloat16: bool, repeat: int) -> dict[str, float]:
    """Tokens per CPU second and GFLOP/s of the engine."""
    encoder = OpenVinoEncoder(precision=precision, bfloat16=bfloat16)
    texts = [TEXT * 6] * 48
    length = encoder.count_tokens(texts[:1])[0] + 2
    tokens = length * len(texts)
    seconds = best(lambda: encoder.encode_passages(texts), repeat)
    return {"tokens_per_cpu_second": round(tokens / seconds), "gflops": round(operations(tokens, length) / seconds / 1e9, 1)}


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--repeat", type=int, default=10)
    parser.add_argument("--quick", action="store_true", help="three runs of each")
    arguments = parser.parse_args()
    repeat = 3 if arguments.quick else arguments.repeat
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])  # one core, one thread, whatever a library would choose
    random = np.random.default_rng(0)
    left, right = random.random((TOKENS, IN), np.float32), random.random((IN, OUT), np.float32)
    count = 2 * TOKENS * IN * OUT
    products: dict[str, Callable[[], object]] = {"numpy float32": lambda: left @ right}
    products |= {f"OpenVINO {precision}": product(precision) for precision in ("float32", "bfloat16", INT8)}
    arithmetic = {name: round(count / best(run, repeat) / 1e9, 1) for name, run in products.items()}
    vectors = random.random((ROWS, DIMENSION), np.float32)
    question = vectors[0].copy()
    memory = {
        "sum_gb_per_second": round(vectors.nbytes / best(vectors.sum, repeat) / 1e9, 1),
        "scan_gb_per_second": round(vectors.nbytes / best(lambda: vectors @ question, repeat) / 1e9, 1),
    }
    engines = {
        "full": embedding(FULL, bfloat16=True, repeat=repeat),
        "full, without bfloat16": embedding(FULL, bfloat16=False, repeat=repeat),
        "int8": embedding(INT8, bfloat16=True, repeat=repeat),
    }
    full = "OpenVINO bfloat16" if bfloat16_is_faster() else "OpenVINO float32"
    peak = {"full": full, "full, without bfloat16": "OpenVINO float32", "int8": "OpenVINO int8"}
    for name, engine in engines.items():
        engine["share_of_peak"] = round(engine["gflops"] / arithmetic[peak[name]], 2)
    results: dict[str, Any] = {"gflops": arithmetic, "memory": memory, "embedding": engines}
    print(json.dumps(results, indent=1))
    save(arguments.json, {"threads": 1, "repeat": repeat, "results": results}, "numpy", "openvino")


if __name__ == "__main__":
    main()
