"""What does an archive of millions of passages take? It grows by commits; at some sizes, what it takes to open it, to search it from a cold
process and warm, to add an article, and to check it.

REAL_INDEX are indexes of real articles in English, all of one model, of which articles of five passages are made
(benchmarks/lib/archive.py). Each commit adds --step passages in a process of its own; at each of --sizes the index is measured, and the
result is written. An index that FOLDER has already goes on from there. 3 kB of disk a passage. Questions are lines of JSON with a
"question" or a "text"; "short" ones are their first three words. Warm times are milliseconds of CPU and by the clock on one thread, each
question once, after some that are not counted; the question's vector is computed before. "written" is what the process wrote to the disk.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from archive import grow, real_passages
from process import peak_mb, run
from script import EXAMPLES, json_lines, parser_of, questions_in, save
from timing import cpu_and_wall, milliseconds

from newsdex import Index

WARM, SHORT, ADDED, COLD, OPENED = 4, 3, 3, 3, 5
MODES = ("hybrid", "dense", "lexical")
_INDEX = "index"


def own_figures() -> dict[str, float]:
    """CPU seconds, the peak of resident memory (mapped files included), and what was written, of this process."""
    written = Path("/proc/self/io").read_text(encoding="utf-8")
    return {
        "cpu": round(time.process_time(), 2),
        "peak_mb": round(peak_mb()),
        "written_mb": round(int(re.findall(r"^write_bytes: (\d+)", written, re.MULTILINE)[0]) / 1e6, 1),
    }


def asked(folder: Path, questions: list[str], *, collapse: bool) -> dict[str, Any]:
    """Opening the index, and questions of each kind in each mode, in this process."""
    opened = [milliseconds(lambda: Index.open(folder).close(), time.thread_time) for _ in range(OPENED)]
    index = Index.open(folder)
    index.prepare()
    encode = index.asker().encoder.encode_questions
    times: dict[str, list[tuple[float, float]]] = defaultdict(list)
    found: dict[str, list[Any]] = defaultdict(list)
    kinds = {"": questions, "_short": [" ".join(question.split()[:SHORT]) for question in questions]}
    for kind, texts in kinds.items():
        for text in texts:
            encode([text])
            for mode in MODES:
                name = mode + kind
                search = partial(index.search, text, mode=mode, collapse=collapse)
                times[name].append(cpu_and_wall(lambda: found[name].append(search()), time.thread_time))  # noqa: B023 - called now
    results: dict[str, Any] = {"open_ms": round(min(opened), 2), "questions": len(questions) - WARM}
    for name, each in times.items():
        cpu, wall = np.array(each[WARM:]).T
        results[name] = {
            f"{what}_p{p}_ms": round(float(np.percentile(ms, p)), 1) for what, ms in (("cpu", cpu), ("wall", wall)) for p in (50, 99)
        }
    hits = {name: [[(hit.article.id, round(hit.score, 6)) for hit in each] for each in all_hits] for name, all_hits in found.items()}
    Path(folder.parent, "hits.json").write_text(json.dumps(hits), encoding="utf-8")
    return {**results, **own_figures()}


def measured(folder: Path, script: list[str], questions: list[str], *, verified: bool) -> dict[str, Any]:
    """An index at its present size."""
    index = folder / _INDEX
    newsdex, there = [sys.executable, "-m", "newsdex"], ["--index-dir", str(index)]
    search = [str(Path(sys.executable).parent / "search"), *there]
    manifest = Index.open(index).manifest
    sizes: dict[str, int] = defaultdict(int)
    for path in index.glob("g*/s*"):
        sizes[path.suffix.lstrip(".").split("-")[0] or "sources"] += path.stat().st_size
    results: dict[str, Any] = {
        "passages": manifest.passages,
        "segments": len(manifest.segments),
        "bytes_a_passage": {name: round(size / manifest.passages, 1) for name, size in sorted(sizes.items())},
    }
    run([*search, "warm"], 1)
    results["cold"] = [run([*search, question], 1) for question in questions[:COLD]]
    for name, more in (("warm", []), ("warm_copies_not_sought", ["--no-collapse"])):
        run([*script, *more, "--task", "ask"])
        results[name] = json.loads((folder / "asked.json").read_text(encoding="utf-8"))
    for number in range(ADDED):
        article = folder / f"article-{number}.txt"
        article.write_text(
            f"A ferry ran aground near the island.\n\nIt was the {number}th time since {manifest.passages}.", encoding="utf-8"
        )
        results.setdefault("add_one", []).append(run([*newsdex, "index", str(article), *there]))
    results["status"] = run([*newsdex, "status", *there])
    if verified:
        # Which finds that the vectors are made up.
        results["verify"] = run([*newsdex, "verify", "--no-sources", *there], 2)
    return results


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("real", type=Path, nargs="+", metavar="REAL_INDEX")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--questions", type=Path, default=EXAMPLES / "questions.jsonl", metavar="FILE")
    parser.add_argument("--step", type=int, default=500_000, help="passages of a commit")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--verify", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--no-collapse", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--task", choices=("grow", "ask"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    folder, index = arguments.folder, arguments.folder / _INDEX
    folder.mkdir(exist_ok=True)
    script = [sys.executable, __file__, *map(str, arguments.real), "--folder", str(folder)]
    script += ["--questions", str(arguments.questions), "--step", str(arguments.step)]
    questions = questions_in(arguments.questions)
    if arguments.task == "ask":
        (folder / "asked.json").write_text(json.dumps(asked(index, questions, collapse=not arguments.no_collapse)), encoding="utf-8")
        return
    grown = folder / "grown.jsonl"
    if arguments.task == "grow":
        grow(real_passages(*arguments.real), arguments.step, index)
        with grown.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"passages": Index.open(index).manifest.passages, **own_figures()}) + "\n")
        return
    results: dict[str, Any] = {"load": os.getloadavg()[0], "sizes": []}

    def add(figures: dict[str, Any]) -> None:
        results["sizes"].append(figures)
        results["commits"] = json_lines(grown) if grown.exists() else []
        print(json.dumps(figures), flush=True)
        save(arguments.json, results, "faiss-cpu", "numpy", "openvino")

    for size in arguments.sizes:
        while not index.exists() or Index.open(index).manifest.passages + arguments.step <= size:
            run([*script, "--task", "grow"])
            print(grown.read_text(encoding="utf-8").splitlines()[-1], flush=True)
        add(measured(folder, script, questions, verified=arguments.verify))


if __name__ == "__main__":
    main()
