"""What does a large index cost? One article added to it, one question asked of it, each in a process of its own.

    python benchmarks/run.py large [--articles N] [--repeat N] [--folder FOLDER] [--json FILE]

The index is made up: articles of 300 random words in five passages, with random unit vectors, written by the store itself in minutes where
embedding would take hours. It needs about 2 GB for the default 200,000 articles (1,000,000 passages).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
import xxhash
from machine import describe
from process import run

from newsdex.encoder import DEFAULT_MODEL
from newsdex.engines import open_query_encoder
from newsdex.records import Article, Published, Span
from newsdex.settings import Chunking
from newsdex.store.segment import Entry
from newsdex.store.sources import SourceFile
from newsdex.store.writer import Writer

PASSAGES = 5
_LETTERS = str.maketrans("0123456789", "abcdefghij")


def build(folder: Path, articles: int) -> None:
    """An index of made-up articles, whose sources are never looked for."""
    card = open_query_encoder(DEFAULT_MODEL).card
    random = np.random.default_rng(0)
    sources = []
    with Writer(folder, card, Chunking()) as writer:
        for number in range(articles):
            # Words of letters: lines that differ in nothing but digits would all be page furniture.
            text = " ".join(f"word{n}" for n in random.integers(0, 20_000, 300)).translate(_LETTERS)
            size = len(text) // PASSAGES
            spans = [Span(i * size, (i + 1) * size) for i in range(PASSAGES)]
            vectors = random.standard_normal((PASSAGES, card.dimension)).astype(np.float32)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            keys = random.integers(0, 256, (PASSAGES, 16)).astype(np.uint8)
            name = f"made-up/{number:07d}.txt"
            article = Article(
                name, text, folder.parent / name, "0" * 64, f"Title {number}", "Source", f"https://made.up.example/{number}",
                Published("2024-04-26", "made up"), body=Span(0, len(text)),
            )  # fmt: skip
            writer.add(Entry(article, xxhash.xxh3_128_digest(text.encode()), spans, spans, keys, vectors))
            sources.append(SourceFile(name, len(text), 1, 2 * 10**18, "0" * 64))
        writer.commit(sources)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where to build, about 2 GB  [default: a temporary folder]")
    parser.add_argument("--quick", action="store_true", help="2,000 articles, once")
    parser.add_argument("--json", type=Path, help="write the results there")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.articles, arguments.repeat = 2_000, 1
    runs: dict[str, list[dict[str, float]]] = {"add one article": [], "ask one question": []}
    with tempfile.TemporaryDirectory(dir=arguments.folder) as scratch:
        index, article = Path(scratch, "index"), Path(scratch, "article.txt")
        build(index, arguments.articles)
        for number in range(arguments.repeat):
            article.write_text(f"A ferry ran aground near the island, for the {number}th time.", encoding="utf-8")
            runs["add one article"].append(run([sys.executable, "-m", "newsdex", "index", str(article), "--index-dir", str(index)]))
            runs["ask one question"].append(run([str(Path(sys.executable).parent / "search"), "--index-dir", str(index), "ferry aground"]))
    results = {name: {key: round(statistics.median(r[key] for r in measured), 2) for key in measured[0]} for name, measured in runs.items()}
    print(json.dumps(results, indent=1))
    if arguments.json:
        machine = describe("faiss-cpu", "numpy", "openvino")
        content = {"machine": machine, "passages": arguments.articles * PASSAGES, "repeat": arguments.repeat, "results": results}
        arguments.json.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
