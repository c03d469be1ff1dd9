"""What does the first question cost when nothing of the index is in memory, as after a restart of the machine?

Each run is a process of its own, which has loaded the model and asked another index already; then the files of INDEX are put out of the
page cache and the question is asked. "read" is what the process had read from the disk, and "all" what the index's files have.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from indexes import index_of
from process import told
from script import SAMPLE, parser_of, save
from timing import medians

from newsdex import Index

QUESTION = "What happened to the price of grain after the harbour was closed?"


def forget(folder: Path) -> int:
    """Put the files of ``folder`` out of the page cache, and return how many bytes they have."""
    total = 0
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                total += path.stat().st_size
    return total


def bytes_read() -> int:
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("read_bytes"))


def measure(folder: Path, sample: Path, question: str) -> dict[str, float]:
    """One first question, in this process."""
    Index.open(sample).search(question)
    total, before, began = forget(folder), bytes_read(), time.perf_counter()
    Index.open(folder).search(question)
    return {"s": time.perf_counter() - began, "read_mb": (bytes_read() - before) / 1e6, "all_mb": total / 1e6}


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("index", type=Path, nargs="+", metavar="INDEX")
    parser.add_argument("--question", default=QUESTION)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--sample", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.sample:
        print(json.dumps(measure(arguments.index[0], arguments.sample, arguments.question)))
        return
    results = []
    with index_of([SAMPLE]) as sample:
        for folder in arguments.index:
            command = [sys.executable, __file__, str(folder), "--question", arguments.question, "--sample", str(sample.folder)]
            runs = [told(command) for _ in range(arguments.repeat)]
            with Index.open(folder) as index:
                passages = index.manifest.passages
            results.append({"passages": passages, **medians(runs)})
            print(json.dumps(results[-1]), flush=True)
    save(arguments.json, {"repeat": arguments.repeat, "results": results}, "numpy")


if __name__ == "__main__":
    main()
