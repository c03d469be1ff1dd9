"""How fast is indexing? `newsdex index`, end to end, beside `SentenceTransformer.encode` with its defaults alone.

    python benchmarks/indexing.py FOLDER [--articles N] [--repeat N] [--json FILE]

The first N articles of a collection in BEIR format are written as text files. One side runs `newsdex index` on them in a process of its own: parsing,
cutting, embedding and the commit. The other encodes the very passages that newsdex cuts, already in memory, in a process of its own, with
sentence-transformers' defaults: neither its start nor anything but `encode` is counted. The sides take turns.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from beir import load
from machine import describe

from newsdex.encoder import DEFAULT_MODEL
from newsdex.engines import minilm, open_build_encoder
from newsdex.indexer.chunker import Chunker
from newsdex.indexer.readers.plain import read
from newsdex.indexer.source import Source
from newsdex.settings import Chunking

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


def run_newsdex(articles: Path, scratch: Path) -> dict[str, float]:
    """One run of the command on an empty index folder, its whole process measured."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        command = [sys.executable, "-m", "newsdex", "index", str(articles), "--index-dir", f"{folder}/index"]
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu": cpu, "wall": time.perf_counter() - began}


def run_reference(texts: Path) -> dict[str, float]:
    """One run of sentence-transformers."""
    command = [sys.executable, "-c", REFERENCE, str(minilm.model_folder()), str(texts)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return dict(json.loads(printed))


def rates(runs: list[dict[str, float]], passages: int) -> dict[str, float]:
    """Passages per second of CPU and of wall time, the medians."""
    return {f"passages_per_{kind}_second": round(passages / statistics.median(run[kind] for run in runs), 1) for kind in ("cpu", "wall")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--articles", type=int, default=500)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the results there")
    arguments = parser.parse_args()
    collection = load(arguments.folder)
    encoder = open_build_encoder(DEFAULT_MODEL)
    chunker = Chunker(Chunking(), encoder.count_tokens, encoder.card.max_tokens)
    runs: dict[str, list[dict[str, float]]] = {"newsdex index": [], "sentence-transformers encode": []}
    with tempfile.TemporaryDirectory() as scratch:
        articles = Path(scratch, "articles")
        articles.mkdir()
        chunks = []
        for number, document in enumerate(collection.documents[: arguments.articles]):
            path = articles / f"{number:06d}.txt"
            path.write_text(f"{document['title']}\n\n{document['text']}", encoding="utf-8")
            chunks += [chunk for article in read(Source(path, path.name)) for chunk in chunker.cut(article).chunks]
        texts = Path(scratch, "texts.json")
        texts.write_text(json.dumps([chunk.embedded for chunk in chunks]))
        for _ in range(arguments.repeat):
            runs["newsdex index"].append(run_newsdex(articles, Path(scratch)))
            runs["sentence-transformers encode"].append(run_reference(texts))
    results: dict[str, Any] = {name: rates(measured, len(chunks)) for name, measured in runs.items()}
    ours, theirs = results.values()
    results["ratio"] = {name: round(ours[name] / theirs[name], 2) for name in ours}
    results["passages"], results["tokens"] = len(chunks), sum(chunk.tokens for chunk in chunks)
    print(json.dumps(results, indent=1))
    if arguments.json:
        machine = describe("faiss-cpu", "openvino", "sentence-transformers", "sentencex", "tokenizers", "torch")
        content = {"machine": machine, "collection": collection.name, "repeat": arguments.repeat, "results": results, "runs": runs}
        arguments.json.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
