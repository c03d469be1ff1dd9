"""How long does a question take in an open index, as the archive grows? One by one and many at once, on one thread.

CORPUS is what `newsdex index` takes, or else the sample articles; its passages are embedded once, and archives of each size are made of
them (benchmarks/lib/archive.py). Questions are lines of JSON with a "text" or a "question"; the short ones are the first six words of the
last ones. Times are CPU milliseconds of the thread that asks, everything included: encoding the question, both legs, copies, the hits with
their answer sentences. Vectors of questions that were asked before are forgotten, so that each is encoded each time. Each size runs in a
process of its own, which finds the archive's files in memory, for they are read through before. Claims, and filters, are asked twice, for a
question reads what it is the first to read, and checks it. "recall" is the share of the ten best articles of an exact search that the
default search finds.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from archive import build, build_real
from process import peak_mb, told
from script import EXAMPLES, SAMPLE, parser_of, questions_in, save, workplace
from shortlist import LENGTHS, articles, recall
from timing import milliseconds, percentiles

from newsdex import Index

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
BATCHES = (8, 16, 32)
QUESTIONS = EXAMPLES / "questions.jsonl"
WORDS = 6  # of a short question: the beginning of another one
FILTERS: dict[str, dict[str, Any]] = {
    "none": {},
    "1 of 200": {"where": {"type": "eq", "key": "source", "value": "Source 7"}},
    "1 of 20": {"where": {"type": "eq", "key": "section", "value": "Section 7"}},
    "19 of 20": {"where": {"type": "ne", "key": "section", "value": "Section 7"}},
    "all": {"since": "1999"},
}


def measure(folder: Path, asked: list[str], count: int, exact: int) -> dict[str, Any]:
    """What one size costs, in this process; ``count`` of the questions one by one, and as many others together, as long as there are
    others.
    """
    from newsdex.engines import open_query_encoder, prepare

    claims = portions(asked, count)
    short = portions([" ".join(question.split()[:WORDS]) for question in reversed(asked)], count)
    questions = next(claims)
    encoder = open_query_encoder("all-MiniLM-L6-v2")
    prepare(encoder)  # as in any process that asks many questions
    encoder.encode_questions(["warm"])
    opening = [milliseconds(lambda: Index.open(folder), time.thread_time) for _ in range(3)]
    index = Index.open(folder)
    index._encoder = encoder  # noqa: SLF001 - opening the model is not what is measured

    def timed(call: Callable[[], Any]) -> float:
        encoder._known.clear()  # noqa: SLF001 - the vectors of the questions that it has been asked
        return milliseconds(call, time.thread_time)

    first = timed(lambda: index.search(questions[0]))
    for question in questions[:10]:
        index.search(question, **FILTERS["1 of 200"])
        index.search(question)
    one, encoding = [], []
    for question in questions:
        one.append(timed(lambda question=question: index.search(question)))
        encoding.append(timed(lambda question=question: encoder.encode_questions([question])[0]))

    def filtered() -> dict[str, float]:
        times: dict[str, list[float]] = {name: [] for name in FILTERS}
        for number, question in enumerate(questions):
            # In any order, for each kind finds in the processor's cache what the one before it has read.
            for name in random.Random(number).sample([*FILTERS], len(FILTERS)):
                times[name].append(timed(lambda question=question, options=FILTERS[name]: index.search(question, **options)))
        return {name: float(np.median(found)) for name, found in times.items()}

    filtered_first, filtered_again = filtered(), filtered()
    again = [timed(lambda question=question: index.search(question)) for question in questions]
    alone = [timed(lambda question=question: index.search(question)) for question in next(short)]
    together = {}
    for size in BATCHES:
        together[size] = {
            name: float(np.median([timed(lambda call=call: index.search_many(call)) for call in calls])) / size
            for name, calls in (("ms", batched(next(claims), size)), ("short_ms", batched(next(short), size)))
        }
    resident = peak_mb()
    asked_exactly = questions[:exact]
    recalls = {
        mode: recall(index, asked_exactly, mode, [articles(index, question, mode, exact=True) for question in asked_exactly])
        for mode in LENGTHS
    }
    return {
        "passages": index.manifest.passages,
        "load": os.getloadavg()[0],
        "open_ms": min(opening),
        "first_ms": first,
        **percentiles(one),
        **{f"again_{name}": value for name, value in percentiles(again).items()},
        "encode_p50_ms": float(np.median(encoding)),
        "filtered_p50_ms": filtered_first,
        "filtered_again_p50_ms": filtered_again,
        **{f"short_{name}": value for name, value in percentiles(alone).items()},
        "together": together,
        "peak_mb": resident,
        "recall_at_10": recalls,
    }


def portions(questions: list[str], count: int) -> Iterator[list[str]]:
    """``count`` after ``count`` of them, from the beginning again when there are no more."""
    endless = itertools.cycle(questions)
    while True:
        yield [next(endless) for _ in range(count)]


def batched(questions: list[str], size: int) -> list[list[str]]:
    """``questions`` in lists of ``size``."""
    return [questions[start : start + size] for start in range(0, len(questions) - size + 1, size)]


def draw(results: list[dict[str, Any]], path: Path) -> None:
    from matplotlib.figure import Figure

    sizes = [each["passages"] for each in results]
    figure = Figure(figsize=(7, 4.2), layout="tight")
    axes = figure.subplots()
    for key, label, style in (
        ("p99_ms", "one by one, p99", "C0--"),
        ("p50_ms", "one by one, p50", "C0o-"),
        ("filtered_p50_ms", "with a filter that 1 of 200 meets, p50", "C2s-"),
        ("encode_p50_ms", "of these: encoding the question", "C7:"),
    ):
        values = [each[key]["1 of 200"] if key == "filtered_p50_ms" else each[key] for each in results]
        axes.plot(sizes, values, style, label=label)
    axes.plot(sizes, [each["together"][str(16)]["ms"] for each in results], "C1^-", label="16 at once, each")
    axes.set(xscale="log", xlabel="passages", ylabel="CPU ms a question, one thread", title="Hybrid search with answer sentences")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path)


def main() -> None:
    parser = parser_of(__doc__, "--plot")
    parser.add_argument("corpus", nargs="*", type=Path, metavar="CORPUS")
    parser.add_argument("--questions", type=Path, default=QUESTIONS, metavar="FILE", help="[default: those about the sample articles]")
    parser.add_argument("--count", type=int, default=128, help="questions that are asked one by one  [default: 128]")
    parser.add_argument("--exact", type=int, default=32, help="of them, those that recall is measured with  [default: 32]")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument(
        "--folder", type=Path, help="where the archives are made and kept, 3 GB for a million  [default: a temporary folder]"
    )
    parser.add_argument("--quick", action="store_true", help="10,000 passages, 32 questions")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.sizes, arguments.count, arguments.exact = [10_000], 32, 8
    questions = questions_in(arguments.questions)
    if arguments.measure:
        print(json.dumps(measure(arguments.measure, questions, arguments.count, arguments.exact)))
        return
    results = []
    with workplace(arguments.folder) as folder:
        real = build_real(arguments.corpus or [SAMPLE], folder / "base")
        for size in arguments.sizes:
            build(real, size, folder / f"made{size}")
            for path in (folder / f"made{size}").rglob("*"):
                if path.is_file():
                    path.read_bytes()
            command = [sys.executable, __file__, "--questions", str(arguments.questions)]
            command += ["--count", str(arguments.count), "--exact", str(arguments.exact)]
            results.append(told([*command, "--measure", str(folder / f"made{size}")], one_thread=True))
            print(json.dumps(results[-1]), flush=True)
    save(arguments.json, {"questions": arguments.count, "results": results}, "numpy")
    if arguments.plot:
        draw(results, arguments.plot)


if __name__ == "__main__":
    main()
