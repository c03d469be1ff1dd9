"""How much memory does indexing take as the archive grows? `newsdex index` of made-up articles, each size in a process of its own.

The articles are records of one .jsonl file, of 50 sentences of random words, five passages each. With the model `hash`, whose vectors are a
sixth as long, a million passages take minutes where the default model takes hours; parsing, cutting, the lexical index and the commit are
the same. The peak counts the command's process and its parsers, each alone.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from process import run
from script import parser_of, save

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
    parser = parser_of(__doc__)
    parser.add_argument("--passages", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--model", default="hash")
    parser.add_argument("--quick", action="store_true", help="1,000 and 4,000 passages")
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
    save(arguments.json, {"model": arguments.model, "results": results}, "numpy")


if __name__ == "__main__":
    main()
