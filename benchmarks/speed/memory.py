"""How much memory does indexing take as the archive grows? `newsdex index` of made-up articles, each size in a process of its own.

    python benchmarks/run.py memory [--passages N ...] [--model MODEL] [--json FILE]

The articles are records of one .jsonl file, of 50 sentences of random words, five passages each. With the model `hash`, whose vectors are a
sixth as long, a million passages take minutes where the default model takes hours; parsing, cutting, the lexical index and the commit are
the same. The peak counts the command's process and its parsers, each alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from machine import describe
from process import run

from newsdex.store.snapshot import Snapshot

PASSAGES = 5  # an article, about
SENTENCES, WORDS = 50, 10


def write(path: Path, articles: int) -> None:
    """Made-up articles, a line each."""
    random = np.random.default_rng(0)
    with path.open("w", encoding="utf-8") as file:
        for number in range(articles):
            words = random.zipf(1.2, (SENTENCES, WORDS)) % 200_000
            text = " ".join(" ".join(f"Word{n}" for n in sentence) + "." for sentence in words.tolist())
            file.write(json.dumps({"id": str(number), "title": f"Title {number}", "text": text}) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--model", default="hash")
    parser.add_argument("--quick", action="store_true", help="1,000 and 4,000 passages")
    parser.add_argument("--json", type=Path, help="write the results there")
    arguments = parser.parse_args()
    results = []
    for size in [1_000, 4_000] if arguments.quick else arguments.passages:
        with tempfile.TemporaryDirectory() as scratch:
            articles, index = Path(scratch, "articles.jsonl"), Path(scratch, "index")
            write(articles, size // PASSAGES)
            measured = run([sys.executable, "-m", "newsdex", "index", str(articles), "--model", arguments.model, "--index-dir", str(index)])
            passages = Snapshot.open(index).manifest.passages
        results.append({"passages": passages, **{name: round(value, 1) for name, value in measured.items()}})
        print(results[-1], flush=True)
    if arguments.json:
        content = {"machine": describe("numpy"), "model": arguments.model, "results": results}
        arguments.json.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
