"""How long must the short list be? The share of the ten best articles of an exact search that each length finds.

    python benchmarks/shortlist.py INDEX --questions FILE [--count N] [--json FILE]

INDEX has more than 4,096 passages, such as those that benchmarks/latency.py makes. Questions are lines of JSON with a "text"; asked are the first ones, and the beginnings of the
last ones, of two to six words.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from machine import describe

from newsdex import Index
from newsdex.search import candidates
from newsdex.search.fusion import Mode

LENGTHS: dict[Mode, tuple[int, ...]] = {"hybrid": (250, 500, 1_000, 2_000), "dense": (500, 1_000, 2_000, 4_000, 8_000, 16_000)}
BEGINNINGS = (2, 6)  # words


def recall(index: Index, questions: list[str], mode: Mode, best: list[set[str]]) -> float:
    """The mean share of ``best`` that the index finds."""
    shares = [len(ids & articles(index, question, mode, exact=False)) / len(ids) for question, ids in zip(questions, best, strict=True)]
    return float(np.mean(shares))


def articles(index: Index, question: str, mode: Mode, *, exact: bool) -> set[str]:
    """The ids of the ten best."""
    return {hit.article.id for hit in index.search(question, mode=mode, limit=10, collapse=False, exact=exact)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path, nargs="+")
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--count", type=int, default=100, help="questions of each kind  [default: 100]")
    parser.add_argument("--json", type=Path, help="write the results there")
    arguments = parser.parse_args()
    texts = [json.loads(line)["text"] for line in arguments.questions.read_text(encoding="utf-8").splitlines()]
    random = np.random.default_rng(0)
    beginnings = [" ".join(text.split()[: random.integers(BEGINNINGS[0], BEGINNINGS[1] + 1)]) for text in reversed(texts)]
    kinds = {"questions": texts[: arguments.count], "beginnings": beginnings[: arguments.count]}
    results = []
    for folder in arguments.index:
        index = Index.open(folder)
        index.prepare()
        for kind, questions in kinds.items():
            for mode, lengths in LENGTHS.items():
                best = [articles(index, question, mode, exact=True) for question in questions]
                listed = candidates._listed  # noqa: SLF001 - what is varied here
                found = {}
                for length in lengths:
                    candidates._listed = lambda *_, length=length: length  # type: ignore[misc]  # noqa: SLF001
                    found[length] = recall(index, questions, mode, best)
                candidates._listed = listed  # noqa: SLF001
                found["default"] = recall(index, questions, mode, best)
                results.append({"passages": index.manifest.passages, "asked": kind, "mode": mode, "recall_at_10": found})
                print(json.dumps(results[-1]), flush=True)
    if arguments.json:
        content = {"machine": describe("numpy"), "count": arguments.count, "results": results}
        arguments.json.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
