"""How often does the first hit hold the answer: its article, its first passage, and the sentence that is set off? And does its score tell
questions with an answer from those without?

FOLDER is a collection in BEIR format whose questions mark the characters that answer them, such as SQuAD 2.0. Questions are taken at
regular distances, N with an answer and N without. A passage or a sentence is right when it holds the whole of one of the marked answers.
AUROC is the share of pairs, a question with an answer and one without, in which the first has the higher score; equal scores count half.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from indexes import index_of
from script import json_lines, parser_of, save

from newsdex import Index
from newsdex.records import Hit
from newsdex.search.answer.question import kind_of


def questions(folder: Path, limit: int) -> list[dict[str, Any]]:
    """``limit`` of the questions that have an answer."""
    return _some([question for question in json_lines(folder / "queries.jsonl") if question.get("answers")], limit)


def unanswered(folder: Path, limit: int) -> list[dict[str, Any]]:
    """``limit`` of the questions on the topic of an article that have none."""
    return _some([question for question in json_lines(folder / "queries.jsonl") if not question.get("answers")], limit)


def _some(asked: list[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    return asked[:: max(1, len(asked) // limit)][:limit]


def told_apart(opened: Index, asked: list[dict[str, Any]], without: list[dict[str, Any]]) -> dict[str, float]:
    """The AUROC of the first score, and the shares of ``asked`` that are called answered and of those ``without`` answer that are not."""
    found = [[opened.search(question["text"], limit=1) for question in each] for each in (asked, without)]
    ours, others = (np.array([results[0].score if len(results) else 0.0 for results in each]) for each in found)
    higher = (ours[:, None] > others).mean() + (ours[:, None] == others).mean() / 2
    answered, wrongly = ([results.answerable for results in each] for each in found)
    return {
        "questions": len(without),
        "auroc": round(float(higher), 3),
        "answered": round(sum(answered) / len(answered), 3),
        "rejected": round(1 - sum(wrongly) / len(wrongly), 3),
    }


def right(hit: Hit, question: dict[str, Any]) -> Iterator[str]:
    """What of ``hit`` is right."""
    spans = [(answer["start"], answer["end"]) for answer in question["answers"] if answer["doc"] == hit.article.id]
    if spans:
        yield "article"
    for name, found in (("passage", hit.passage), ("sentence", hit.answer)):
        if any(found.start <= start and end <= found.end for start, end in spans):
            yield name


def measure(opened: Index, asked: list[dict[str, Any]]) -> dict[str, Any]:
    """The shares of ``asked`` that are right, in all and by what is asked for, and the CPU time a question takes."""
    counts: Counter[tuple[str, str]] = Counter()
    opened.search("warm up")
    began = time.process_time()
    for question in asked:
        results = opened.search(question["text"], min_score=0, limit=5)
        kind = kind_of(question["text"])._asdict()
        for name in ("all", next((name for name, holds in kind.items() if holds), "other")):
            counts[name, "questions"] += 1
            counts.update((name, what) for hit in results.hits[:1] for what in right(hit, question))
    seconds = time.process_time() - began
    names = sorted({name for name, _ in counts})
    shares = {
        name: {what: round(counts[name, what] / counts[name, "questions"], 3) for what in ("article", "passage", "sentence")}
        for name in names
    }
    return {
        "questions": {name: counts[name, "questions"] for name in names},
        "shares": shares,
        "cpu_ms": round(1000 * seconds / len(asked), 1),
    }


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--limit", type=int, default=400, metavar="N")
    parser.add_argument("--index", type=Path, metavar="FOLDER", help="an index of the collection; one is made where it is not given")
    arguments = parser.parse_args()
    asked = questions(arguments.data, arguments.limit)
    with index_of([arguments.data / "corpus.jsonl"], folder=arguments.index) as index:
        results = measure(index, asked)
        if without := unanswered(arguments.data, arguments.limit):
            results["without_an_answer"] = told_apart(index, asked, without)
    print(json.dumps(results, indent=1))
    save(arguments.json, {"collection": arguments.data.name, **results}, "numpy", "tokenizers")


if __name__ == "__main__":
    main()
