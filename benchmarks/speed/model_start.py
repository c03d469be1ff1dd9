"""What does a model cost before its first vector, and per text afterwards? Each version of newsdex in turns.

FOLDER is a checkout of another version. Each run is a process of its own: it loads a model as `newsdex serve` does before its first
question, or as `newsdex index` does for its first batch, and counts its CPU seconds since its start. Then it encodes 208 questions, one by
one and 16 at a time, or 128 passages, each other than those before.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from script import ROOT, parser_of, save
from timing import medians, turns

MODELS = ("all-MiniLM-L6-v2", "multilingual-e5-small")
_BEGIN = """
import json, random, resource, sys, time
import numpy
from newsdex.engines import open_build_encoder, open_query_encoder, prepare
words = "minister budget talks river harbour election bank price storm court school market union police team victory border report".split()
draw = random.Random(0)
def texts(count, least, most):
    return [" ".join(draw.choices(words, k=draw.randint(least, most))) for _ in range(count)]
def each_ms(call, given, step):
    began = time.process_time()
    for start in range(0, len(given), step):
        call(given[start : start + step])
    return 1000 * (time.process_time() - began) / len(given)
"""
_END = """
with open("/proc/self/statm") as file:
    told["resident_mb"] = int(file.read().split()[1]) * resource.getpagesize() / 1e6
print(json.dumps(told))
"""
RUNS = {
    "questions": """
encoder = open_query_encoder(sys.argv[1])
prepare(encoder)
encoder.encode_questions(["Who won the election in Senegal?"])
told = {"ready_cpu_s": time.process_time()}
for step in (1, 16):
    each_ms(encoder.encode_questions, texts(64, 4, 22), step)
    told[f"by_{step}_ms"] = each_ms(encoder.encode_questions, texts(208, 4, 22), step)
""",
    "passages": """
encoder = open_build_encoder(sys.argv[1])
given = texts(32, 40, 150)
encoder.count_tokens(given)
encoder.encode_passages(given[:1])
told = {"ready_cpu_s": time.process_time()}
encoder.encode_passages(given)
told["passage_ms"] = each_ms(encoder.encode_passages, texts(128, 40, 150), 64)
""",
}


def run(folder: Path, model: str, code: str) -> dict[str, float]:
    """One process of the version in ``folder``."""
    command = [sys.executable, "-c", _BEGIN + code + _END, model]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(folder)}, cwd="/", check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--before", type=Path, metavar="FOLDER", help="a checkout of another version")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one run each")
    arguments = parser.parse_args()
    versions = {"this": ROOT} | ({"before": arguments.before.absolute()} if arguments.before else {})
    names = list(product(MODELS, RUNS, versions))
    sides = {name: partial(run, versions[version], model, RUNS[kind]) for name in names for model, kind, version in [name]}
    found = turns(sides, 1 if arguments.quick else arguments.repeat)
    results: list[dict[str, Any]] = [
        dict(zip(("model", "kind", "version"), name, strict=True)) | medians(runs, 2) for name, runs in found.items()
    ]
    for row in results:
        print("  ".join(f"{key} {value}" for key, value in row.items()))
    save(arguments.json, {"repeat": arguments.repeat, "results": results}, "openvino", "numpy", "tokenizers")


if __name__ == "__main__":
    main()
