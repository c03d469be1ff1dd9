"""How fast is indexing? `newsdex index`, end to end, beside `SentenceTransformer.encode` with its defaults alone.

The first N articles of a collection in BEIR format are written as text files. One side runs `newsdex index` on them in a process of its
own: parsing, cutting, embedding and the commit. The other encodes the very passages that newsdex cuts, already in memory, in a process of
its own, with sentence-transformers' defaults: neither its start nor anything but `encode` is counted. The sides take turns. Besides, the
same with `--precision int8`, as on a processor without bfloat16 or slower with it, and a rebuild of the index with nothing to change; and
the part of the time in which the encoder had something to do.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from beir import load
from plots import bars
from process import told
from script import SAMPLE, describe, parser_of, save

from newsdex.encoder import DEFAULT_MODEL
from newsdex.engines import open_build_encoder
from newsdex.engines.known import MINILM
from newsdex.engines.openvino_network import bfloat16_is_faster
from newsdex.indexer.chunker import Chunker
from newsdex.indexer.readers.plain import read
from newsdex.indexer.source import Source
from newsdex.settings import Chunking

Runs = dict[str, list[dict[str, float]]]

ENCODE = "sentence-transformers encode"
REFERENCE = """
import json, sys, time
from sentence_transformers import SentenceTransformer
texts = json.load(open(sys.argv[2]))
model = SentenceTransformer(sys.argv[1], device="cpu")
model.encode(texts[:32])
cpu, wall = time.process_time(), time.perf_counter()
model.encode(texts)
print(json.dumps({"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}))
"""


# As a processor without bfloat16 would, and told how long the encoder was busy between its first and its last batch.
OURS = """
import sys, time
from pathlib import Path
from newsdex.engines.openvino_engine import OpenVinoEncoder
from newsdex.indexer.build import Options, index_paths
encoder, times = OpenVinoEncoder(precision=sys.argv[3], bfloat16=sys.argv[4] == "1"), []
embed = encoder.encode_passages
def timed(texts):
    began = time.perf_counter()
    vectors = embed(texts)
    times.append((began, time.perf_counter()))
    return vectors
encoder.encode_passages = timed
index_paths([Path(sys.argv[1])], Path(sys.argv[2]), Options(encoder=encoder, precision=sys.argv[3]))
print(sum(end - began for began, end in times) / (times[-1][1] - times[0][0]))
"""


def run_process(command: list[str]) -> tuple[dict[str, float], str]:
    """A command, its whole process and those that it starts measured, and what it prints."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu": cpu, "wall": time.perf_counter() - began}, printed


def run_newsdex(articles: Path, scratch: Path, runs: Runs) -> None:
    """The commands on an empty index folder."""
    newsdex = [sys.executable, "-m", "newsdex"]
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        place = ["--index-dir", f"{folder}/full"]
        runs["newsdex index"].append(run_process([*newsdex, "index", str(articles), *place])[0])
        runs["newsdex rebuild, nothing to change"].append(run_process([*newsdex, "rebuild", *place])[0])
        command = [*newsdex, "index", str(articles), "--precision", "int8", "--index-dir", f"{folder}/int8"]
        runs["newsdex index --precision int8"].append(run_process(command)[0])
        for name, bfloat16 in (("newsdex index, without bfloat16", "0"), ("newsdex index, timed inside", "1")):
            measured, busy = run_process([sys.executable, "-c", OURS, str(articles), f"{folder}/{bfloat16}", "full", bfloat16])
            runs[name].append({**measured, "encoder_busy": float(busy)})


def rates(runs: list[dict[str, float]], passages: int) -> dict[str, float]:
    """Passages per second of CPU and of wall time, the medians."""
    found = {f"passages_per_{kind}_second": round(passages / statistics.median(run[kind] for run in runs), 1) for kind in ("cpu", "wall")}
    return found | {name: round(statistics.median(run[name] for run in runs), 3) for name in runs[0] if name == "encoder_busy"}


def main() -> None:
    parser = parser_of(__doc__, "--plot")
    parser.add_argument("folder", type=Path, nargs="?", metavar="FOLDER", help="[default: the sample articles]")
    parser.add_argument("--articles", type=int, default=500)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="20 articles, once")
    arguments = parser.parse_args()
    if arguments.folder:
        collection = load(arguments.folder)
        name, documents = collection.name, [f"{document['title']}\n\n{document['text']}" for document in collection.documents]
    else:
        name, documents = "examples", [path.read_text(encoding="utf-8") for path in sorted(SAMPLE.iterdir())]
    encoder = open_build_encoder(DEFAULT_MODEL)
    chunker = Chunker(Chunking(), encoder.count_tokens, encoder.card.max_tokens)
    runs: Runs = defaultdict(list)
    count, repeat = (20, 1) if arguments.quick else (arguments.articles, arguments.repeat)
    with tempfile.TemporaryDirectory() as scratch:
        articles = Path(scratch, "articles")
        articles.mkdir()
        chunks = []
        for number, document in enumerate(documents[:count]):
            path = articles / f"{number:06d}.txt"
            path.write_text(document, encoding="utf-8")
            chunks += [chunk for article in read(Source(path, path.name)) for chunk in chunker.cut(article).chunks]
        texts = Path(scratch, "texts.json")
        texts.write_text(json.dumps([chunk.embedded for chunk in chunks]))
        for _ in range(repeat):
            run_newsdex(articles, Path(scratch), runs)
            runs[ENCODE].append(told([sys.executable, "-c", REFERENCE, str(MINILM.folder()), str(texts)]))
    results: dict[str, Any] = {name: rates(measured, len(chunks)) for name, measured in runs.items()}
    for result in results.values():
        result["ratio"] = round(result["passages_per_cpu_second"] / results[ENCODE]["passages_per_cpu_second"], 2)
    if arguments.plot:
        drawn = {
            name: result["passages_per_cpu_second"] for name, result in results.items() if "rebuild" not in name and "inside" not in name
        }
        bars(drawn, "newsdex", "passages per CPU second (more is better)", "{:.0f}", arguments.plot)
    results["passages"], results["tokens"] = len(chunks), sum(chunk.tokens for chunk in chunks)
    print(json.dumps(results, indent=1))
    machine = describe("faiss-cpu", "openvino", "sentence-transformers", "sentencex", "tokenizers", "torch")
    machine["bfloat16_is_faster"] = bfloat16_is_faster()
    save(arguments.json, {"machine": machine, "collection": name, "repeat": repeat, "results": results, "runs": runs})


if __name__ == "__main__":
    main()
