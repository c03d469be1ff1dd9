"""Does another version of newsdex answer the same, and in how much of the CPU time?

OTHER is the folder of its source, such as a checkout. Each version has a process of its own, on one core, prepared, with one thread of the
matrix library. Each question is asked of one and then of the other, so that what else the machine does slows both: the same version twice
differs by half a per cent. Questions are lines of JSON with a "text", "question" or "query" and, if they have any, a "history" and an
"as_of". They are encoded before, so the time is without that. The first ten only warm up; of several rounds, the median of each question
counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from script import ROOT, json_lines, parser_of, save

WARM = 10
SAME = 1e-6  # by which scores may differ


def serve(index: Path, questions: Path, count: int, limit: int, mode: str) -> None:
    """Answer the questions whose numbers come in, each with the CPU milliseconds and what was found."""
    from newsdex import Index

    rows = json_lines(questions)
    rows = rows[:: max(1, len(rows) // count)][:count]
    texts = [row.get("text") or row.get("question") or row["query"] for row in rows]
    opened = Index.open(index)
    opened.prepare()
    for text in texts:
        opened.asker().encoder.encode_questions([text])
    print(json.dumps([len(texts), opened.manifest.passages]), flush=True)
    for line in sys.stdin:
        row = rows[int(line)]
        began = time.process_time()
        found = opened.search(
            texts[int(line)],
            limit=limit,
            mode=mode,
            history=row.get("history", ()),
            as_of=row.get("as_of"),  # type: ignore[arg-type]
        )
        spent = 1000 * (time.process_time() - began)
        hits = [
            [hit.article.id, hit.score, hit.answer_text, [[copy.article_id, copy.similarity] for copy in hit.also_in]] for hit in found.hits
        ]
        print(json.dumps([spent, [found.answerable, found.total, found.more, found.remarks, hits]]), flush=True)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return abs(one - other) <= SAME if isinstance(one, float) else bool(one == other)


def ask(trees: Sequence[Path], arguments: Sequence[str], turn: int) -> tuple[int, np.ndarray, int]:
    """The passages, the CPU milliseconds of each question by each version, (questions, 2), and how many answers differ."""
    sides = []
    for tree in trees:
        paths = os.pathsep.join([str(tree), os.environ.get("PYTHONPATH", "")])
        alone = os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, __file__, *arguments, "--serve"]
        sides.append(subprocess.Popen(command, env=alone, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    streams = [(side.stdin, side.stdout) for side in sides]
    [(count, passages), _] = [json.loads(out.readline()) for _, out in streams if out]
    times, differ = np.zeros((count, len(sides))), 0
    for number in range(count):
        told: dict[int, Any] = {}
        for place in ((0, 1), (1, 0))[(number + turn) % 2]:
            given, out = streams[place]
            if given and out:
                given.write(f"{number}\n")
                given.flush()
                times[number, place], told[place] = json.loads(out.readline())
        differ += not same(told[0], told[1])
    for side in sides:
        side.communicate()
    return passages, times, differ


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("other", type=Path, metavar="OTHER")
    parser.add_argument("index", type=Path, nargs="+", metavar="INDEX")
    parser.add_argument("--questions", type=Path, required=True, metavar="FILE")
    parser.add_argument("--count", type=int, default=200, help="questions, evenly from the file  [default: 200]")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--limit", type=int, default=10)
    parser.add_argument("--mode", default="hybrid")
    parser.add_argument("--serve", action="store_true", help="(internal)")
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.index[0], arguments.questions, arguments.count, arguments.limit, arguments.mode)
        return
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    options = ["--questions", str(arguments.questions), "--count", str(arguments.count), "--limit", str(arguments.limit)]
    results = []
    for index in arguments.index:
        given = [str(arguments.other), str(index), *options, "--mode", arguments.mode]
        rounds = [ask((arguments.other.resolve(), ROOT), given, turn) for turn in range(arguments.rounds)]
        times = np.median([each[WARM:] for _, each, _ in rounds], axis=0)
        p50, p99 = np.percentile(times, (50, 99), axis=0)
        figures = {
            name: {"p50_ms": p50[side], "p99_ms": p99[side], "mean_ms": times[:, side].mean()}
            for side, name in enumerate(("other", "this"))
        }
        ratio = float(np.median(times[:, 1] / times[:, 0]))
        told = {"passages": rounds[0][0], "questions": len(times), "differ": max(differ for *_, differ in rounds), "median_ratio": ratio}
        results.append({**told, **figures})
        print(json.dumps(results[-1]), flush=True)
        save(arguments.json, {"mode": arguments.mode, "limit": arguments.limit, "results": results}, "numpy", "openvino")


if __name__ == "__main__":
    main()
