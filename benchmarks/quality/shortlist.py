"""How long must the short list be? The share of the ten best articles of an exact search that each length finds, and of the best 5 to 100
that is found as it is.

INDEX has more than 4,096 passages, such as those that benchmarks/speed/latency.py makes. Questions are lines of JSON with a "text"; asked
are the first ones, and the beginnings of the last ones, of two to six words.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from script import parser_of, questions_in, save

from newsdex import Index
from newsdex.search.ranking import retrieval
from newsdex.search.ranking.fusion import Mode
from newsdex.search.ranking.retrieval import ShortlistSize

LENGTHS: dict[Mode, tuple[int, ...]] = {"hybrid": (250, 500, 1_000, 2_000), "dense": (500, 1_000, 2_000, 4_000, 8_000, 16_000)}
LIMITS = (5, 10, 20, 50, 100)  # articles that are asked for
BEGINNINGS = (2, 6)  # words


def recall(index: Index, questions: list[str], mode: Mode, best: list[list[str]], limit: int = 10) -> float:
    """The mean share of the first ``limit`` of ``best`` that the index finds."""
    found = [articles(index, question, mode, exact=False, limit=limit) for question in questions]
    return round(float(np.mean([len({*ids[:limit]} & {*each}) / len(ids[:limit]) for ids, each in zip(best, found, strict=True)])), 4)


def articles(index: Index, question: str, mode: Mode, *, exact: bool, limit: int = 10) -> list[str]:
    """The ids of the ``limit`` best, best first."""
    return [hit.article.id for hit in index.search(question, mode=mode, limit=limit, collapse=False, exact=exact)]


def by_length(index: Index, questions: list[str], mode: Mode, best: list[list[str]]) -> dict[int, float]:
    """The recall of ten by the length of the list."""
    found, usual = {}, retrieval.shortlist_size
    for length in LENGTHS[mode]:
        retrieval.shortlist_size = partial(_of_length, usual, length)  # type: ignore[misc]
        found[length] = recall(index, questions, mode, best)
    retrieval.shortlist_size = usual
    return found


def _of_length(usual: Callable[..., ShortlistSize], length: int, *given: Any) -> ShortlistSize:
    """So many vectors compared; of as many estimates as otherwise, where these are more."""
    found = usual(*given)
    return found._replace(compared=length, estimated=max(length, found.estimated) if found.estimated else 0)


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("index", type=Path, nargs="+", metavar="INDEX")
    parser.add_argument("--questions", type=Path, required=True, metavar="FILE")
    parser.add_argument("--count", type=int, default=100, help="questions of each kind  [default: 100]")
    arguments = parser.parse_args()
    texts = questions_in(arguments.questions)
    random = np.random.default_rng(0)
    beginnings = [" ".join(text.split()[: random.integers(BEGINNINGS[0], BEGINNINGS[1] + 1)]) for text in reversed(texts)]
    kinds = {"questions": texts[: arguments.count], "beginnings": beginnings[: arguments.count]}
    results = []
    for folder in arguments.index:
        index = Index.open(folder)
        index.prepare()
        for kind, questions in kinds.items():
            for mode in LENGTHS:
                best = [articles(index, question, mode, exact=True, limit=max(LIMITS)) for question in questions]
                lengths = by_length(index, questions, mode, best)
                limits = {limit: recall(index, questions, mode, best, limit) for limit in LIMITS}  # with the list as it is
                results.append({"passages": index.manifest.passages, "asked": kind, "mode": mode, "by_length": lengths, "by_limit": limits})
                print(json.dumps(results[-1]), flush=True)
    save(arguments.json, {"count": arguments.count, "results": results}, "numpy")


if __name__ == "__main__":
    main()
