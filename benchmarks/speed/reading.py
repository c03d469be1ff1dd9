"""What does a question cost that is read? From a cold shell and asked of an open index, with the reader and without, in turns.

    OPENBLAS_NUM_THREADS=1 python benchmarks/run.py reading [--repeat 10] [--json FILE]

Commands and the HTTP service have one thread, as this sets; without it, the figures are those of a library's process.

The questions are those of examples/questions.jsonl, over the sample articles, with each packaged model. Open: every question once in a
process that is prepared, CPU milliseconds on one thread, of the questions whose first article is read, and how many times
sentences are read for one of these. Cold: CPU seconds of a process, of the first five of these.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cold_start import measure
from indexes import index_of
from script import EXAMPLES, SAMPLE, parser_of, questions_in, save

from newsdex import Index
from newsdex.encoder import DEFAULT_MODEL, MULTILINGUAL_MODEL
from newsdex.engines.reader import Reader, Reading
from newsdex.search.answer import paging

COLD = """
import sys
from newsdex.search.answer import paging
paging.READ = int(sys.argv.pop(1))
from newsdex.cli import run_search
run_search()
"""
WARM, COLD_QUESTIONS = 8, 5
READS = paging.READ


def cold(index: Path, questions: Sequence[str], repeat: int) -> dict[str, float]:
    """CPU seconds of a process, the median over the questions of their medians."""
    found: dict[str, list[float]] = {"without": [], "read": []}
    for question in questions:
        sides = {
            name: [sys.executable, "-c", COLD, str(reads), question, "--index-dir", str(index)]
            for name, reads in (("without", 0), ("read", READS))
        }
        for name, result in measure(sides, repeat).items():
            found[name].append(result["cpu_median"])
    return {name: round(statistics.median(values), 3) for name, values in found.items()}


def opened(index: Index, questions: Sequence[str]) -> tuple[dict[str, float], list[str]]:
    """CPU milliseconds of a question, the median of those that are read, and what reading alone takes; the questions that are read."""
    took: dict[int, list[float]] = {0: [], READS: []}
    alone, found, readings = list[float](), list[str](), 0
    plain = Reader.read
    index.prepare()

    def timed(self: Reader, question: str, sentences: Sequence[str]) -> Reading:
        began = time.thread_time()
        told = plain(self, question, sentences)
        alone.append(time.thread_time() - began)
        return told

    Reader.read = timed  # type: ignore[method-assign]
    for number, question in enumerate(questions):
        times = {}
        before = len(alone)
        for paging.READ in (0, READS) if number % 2 else (READS, 0):
            began = time.thread_time()
            index.search(question)
            times[paging.READ] = time.thread_time() - began
        if number >= WARM and len(alone) > before:
            found.append(question)
            readings += len(alone) - before
            for reads, value in times.items():
                took[reads].append(value)
    Reader.read = plain  # type: ignore[method-assign]
    medians = {"without": took[0], "read": took[READS], "reading alone": alone}
    told = {name: round(1e3 * statistics.median(values), 1) for name, values in medians.items()}
    return told | {"readings": round(readings / len(found), 2)}, found


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--repeat", type=int, default=10)
    arguments = parser.parse_args()
    questions = questions_in(EXAMPLES / "questions.jsonl")
    found: dict[str, Any] = {}
    for model in (DEFAULT_MODEL, MULTILINGUAL_MODEL):
        with index_of([SAMPLE], model) as index:
            found[f"{model}, open"], read = opened(index, questions)
            found[f"{model}, cold"] = cold(Path(index.folder), read[:COLD_QUESTIONS], arguments.repeat)
        print(model, found[f"{model}, open"], found[f"{model}, cold"], flush=True)
    save(arguments.json, {"reading": found}, "numpy")


if __name__ == "__main__":
    main()
