"""What does a server save by Index.prepare at its start? The first 200 questions of a process with and without it, in turns.

Each run is a process of its own with an open index of the sample archive that has answered one question. It counts the CPU seconds of
``prepare``, if called, of 100 questions one after another (the titles of articles), and of 100 others at once by ``asearch``.
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

from script import ROOT, parser_of, save
from timing import medians, turns

from newsdex import Options, index_paths

MODELS = ("all-MiniLM-L6-v2", "multilingual-e5-small")
_RUN = """
import asyncio, json, sys, time
from newsdex import Index, request_of
def cpu(call):
    began = time.process_time()
    result = call()
    return result, time.process_time() - began
async def at_once(questions):
    await asyncio.gather(*(index.asearch(each, limit=1) for each in questions))
with Index.open(sys.argv[1]) as index:
    questions = [each.title for each in index.newest(request_of("all", limit=200))]
    index.search("ferry")
    told = {"prepare_cpu_s": cpu(index.prepare)[1] if sys.argv[2] == "prepared" else 0.0}
    each = [cpu(lambda: index.search(question, limit=1))[1] for question in questions[:100]]
    told |= {"one_by_one_cpu_s": sum(each), "slowest_cpu_s": max(each)}
    told["at_once_cpu_s"] = cpu(lambda: asyncio.run(at_once(questions[100:])))[1]
    print(json.dumps(told))
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
            index_paths([ROOT / "examples" / "articles"], Path(folder) / model, Options(model))
        names = list(product(MODELS, ("prepared", "not prepared")))
        found = turns({(model, way): partial(run, Path(folder) / model, way) for model, way in names}, arguments.repeat)
    results: list[dict[str, Any]] = [{"model": model, "way": way} | medians(runs, 2) for (model, way), runs in found.items()]
    for row in results:
        print("  ".join(f"{key} {value}" for key, value in row.items()))
    save(arguments.json, {"repeat": arguments.repeat, "questions": 100, "results": results}, "openvino", "numpy")


if __name__ == "__main__":
    main()
