"""What standing questions cost an update: so many of them against the new passages of one commit, in an archive of 100,000.

COLLECTION is a folder in BEIR format. The corpora give the archive, made as benchmarks/lib/archive.py makes it; the queries of all are the
questions. CPU seconds are those of one process with one thread of its matrix library (OMP_NUM_THREADS=1).
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from script import parser_of, questions_in, save

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from archive import PASSAGES, Real, build, build_real, made_entries, write

from newsdex.following import follow, tell, telling
from newsdex.store.following import following
from newsdex.store.snapshot import Snapshot


def add(real: Real, passages: int, folder: Path, seed: int) -> None:
    """A commit of so many passages of articles that are new."""
    made = enumerate(made_entries(real, passages // PASSAGES, folder, seed))
    entries = (replace(entry, article=replace(entry.article, id=f"new/{seed}/{number}.txt")) for number, entry in made)
    write(entries, real.card, folder, with_sources=False)


def measured(folder: Path) -> dict[str, Any]:
    """The time of looking at what is new, and how much there is to tell."""
    with following(folder) as held:
        questions, before = len(held.state.questions), len(held.state.notices)
        cpu, wall = time.process_time(), time.perf_counter()
        problems = telling.look(held, folder)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        told = len(held.state.notices) - before
    assert not problems, problems
    segments = [len(segment) for segment in Snapshot.open(folder).segments]
    return {"questions": questions, "segments": segments, "cpu_s": round(cpu, 2), "wall_s": round(wall, 2), "notices": told}


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("collections", nargs="+", type=Path, metavar="COLLECTION")
    parser.add_argument("--asked", nargs="*", type=Path, default=[])
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--archive", type=int, default=100_000)
    parser.add_argument("--new", type=int, default=10_000)
    parser.add_argument("--work", type=Path, default=Path("follow_work"))
    given = parser.parse_args()
    real = build_real([folder / "corpus.jsonl" for folder in given.collections], given.work / "real" / "index_data")
    folder = given.work / "made" / "index_data"
    build(real, given.archive, folder)
    files = [collection / "queries.jsonl" for collection in (*given.collections, *given.asked)]
    texts = chain.from_iterable(map(questions_in, files))
    began = time.process_time()
    for number, text in enumerate(islice(texts, given.questions)):
        follow(folder, text, name=f"q{number}", jsonl=given.work / "news.jsonl")
    result: dict[str, Any] = {
        "archive": given.archive,
        "new": given.new,
        "collections": [folder.name for folder in (*given.collections, *given.asked)],
    }
    result["follow_cpu_s_each"] = round((time.process_time() - began) / given.questions, 4)
    add(real, 10, folder, 1)
    result["ten_new_passages_and_the_vectors_of_all_questions"] = measured(folder)
    add(real, given.new, folder, 2)
    result["new_passages_in_a_segment_of_their_own"] = measured(folder)
    began = time.perf_counter()
    tell(folder)
    result["their_lines_wall_s"] = round(time.perf_counter() - began, 2)
    for seed in range(3, 11):  # until small segments are merged with what is new
        add(real, given.new if seed == 10 else 1_000, folder, seed)
        found = measured(folder)
    result["new_passages_merged_with_others"] = found
    add(real, 10, folder, 11)
    result["ten_new_passages"] = measured(folder)
    print(json.dumps(result, indent=1))
    save(given.json, result, "numpy")


if __name__ == "__main__":
    main()
