"""What does a server save by Index.prepare at its start? The first 100 questions of a process with and without it, in turns.

Each run is a process of its own with an open index of the sample archive that has answered one question. It counts the CPU seconds of
``prepare``, if called, and of 100 questions one after another, the titles of the newest articles.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from script import SAMPLE, parser_of, save
from timing import medians, turns

from newsdex import Options, index_paths

MODELS = ("all-MiniLM-L6-v2", "multilingual-e5-small")
_RUN = """
import json, sys, time
from newsdex import Index, request_of
def cpu(call):
    began = time.process_time()
    call()
    return time.process_time() - began
with Index.open(sys.argv[1]) as index:
    questions = [each.title for each in index.newest(request_of("all", limit=100))]
    index.search("ferry")
    told = {"prepare_cpu_s": cpu(index.prepare) if sys.argv[2] == "prepared" else 0.0}
    each = [cpu(lambda: index.search(question, limit=1)) for question in questions]
    print(json.dumps(told | {"questions_cpu_s": sum(each), "slowest_cpu_s": max(each)}))
"""


def run(index: Path, way: str) -> dict[str, float]:
    """One process."""
    done = subprocess.run([sys.executable, "-c", _RUN, str(index), way], check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        for model in MODELS:
            index_paths([SAMPLE], Path(folder) / model, Options(model))
        names = list(product(MODELS, ("prepared", "not prepared")))
        found = turns({(model, way): partial(run, Path(folder) / model, way) for model, way in names}, arguments.repeat)
    results: list[dict[str, Any]] = [{"model": model, "way": way} | medians(runs, 2) for (model, way), runs in found.items()]
    for row in results:
        print("  ".join(f"{key} {value}" for key, value in row.items()))
    save(arguments.json, {"repeat": arguments.repeat, "questions": 100, "results": results}, "openvino", "numpy")


if __name__ == "__main__":
    main()
