"""What do large segments give, and what do they cost?

An index of made-up passages (lib/archive.py), grown from those of the indexes REAL by commits of one full segment each, and the same after
large merges. Questions are asked of both in turns, in one process with one thread; first questions, commits and purges take turns too, each
in a process of its own. Figures are CPU time: of a commit, without what its process did before; medians of the rounds. 400,000 passages
take 1.2 GB, and as much again for the merged copy and for the one that is written to.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from archive import grow, real_passages
from process import peak_mb, run, told
from script import EXAMPLES, parser_of, questions_in, save
from timing import cpu_and_wall, medians, milliseconds, percentiles, turns

from newsdex import Index
from newsdex.settings import Chunking
from newsdex.store import writer as store
from newsdex.store.manifest import Manifest
from newsdex.store.snapshot import Snapshot
from newsdex.store.writer import Writer

WARM, FIRST = 10, 5
NEVER = 1 << 30
TASKS = {"without": "add", "with": "merge"}  # what makes each side of the grown index


def build(real: list[Path], passages: int, folder: Path) -> None:
    """An index of about as many passages, in as many full segments as large merges take whole."""
    store.FULL_SEGMENTS = NEVER
    commits = 8 * -(-passages // store.LARGE_SEGMENT_PASSAGES)
    known = real_passages(*real)
    for _ in range(commits):
        grow(known, passages // commits, folder)


def copied(folder: Path, other: Path) -> Path:
    """A copy of the index in ``folder`` as ``other``, whose segments are the same files: nobody writes into them."""
    shutil.rmtree(other, ignore_errors=True)
    shutil.copytree(folder, other, copy_function=lambda one, two: os.link(one, two) if Path(one).name[0] == "s" else shutil.copy2(one, two))
    return other


def committed(writer: Writer, *, purge: bool = False) -> dict[str, float]:
    written = _written()
    cpu, wall = cpu_and_wall(lambda: writer.commit(writer.known.sources, purge=purge))
    return {"cpu_s": cpu / 1000, "wall_s": wall / 1000, "written_mb": (_written() - written) / 1e6, "peak_mb": peak_mb()}


def _written() -> int:
    """Bytes that this process gave to the system."""
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text(encoding="utf-8").splitlines())
    return int(fields["wchar"])


def added(folder: Path, *, merges: bool) -> dict[str, float]:
    """A commit of one article, with or without a large merge."""
    store.LARGE_MERGE_EACH = 1
    if not merges:
        store.FULL_SEGMENTS = NEVER
    snapshot = Snapshot.open(folder)
    with Writer(folder, snapshot.manifest.model, Chunking()) as writer:
        entry = writer.known.segments[0].entry_as_read(0)
        writer.add(replace(entry, article=replace(entry.article, id=f"added/{snapshot.manifest.commit}")))
        return committed(writer)


def purged(folder: Path) -> dict[str, float]:
    """A purge of an article in the middle of the largest segment."""
    store.FULL_SEGMENTS = NEVER
    with Writer(folder, Snapshot.open(folder).manifest.model, Chunking()) as writer:
        segment = max(writer.known.segments, key=len)
        writer.delete(segment.article_id(segment.article_count // 2))
        return committed(writer, purge=True) | {"passages": len(segment)}


def asked(folders: dict[str, Path], questions: list[str], count: int) -> dict[str, Any]:
    """Questions of each index in turns, the questions' vectors given; and opening it."""
    questions = questions[:: max(1, len(questions) // count)][:count]
    opened = turns({name: lambda folder=folder: milliseconds(lambda: Index.open(folder).close()) for name, folder in folders.items()}, 9)
    indexes = {name: Index.open(folder) for name, folder in folders.items()}
    for index in indexes.values():
        index.prepare()
    times: dict[str, list[float]] = {name: [] for name in indexes}
    answers: dict[str, list[Any]] = {name: [] for name in indexes}
    for number, question in enumerate(questions):
        for name in list(indexes)[:: 1 if number % 2 else -1]:
            indexes[name].asker().encoder.encode_questions([question])
            found: list[Any] = []
            search = lambda name=name, question=question, found=found: found.append(indexes[name].search(question, limit=10))  # noqa: E731
            times[name].append(milliseconds(search, time.thread_time))
            answers[name].append([hit.article.id for hit in found[0].hits])
    differ = sum(one != other for one, other in zip(*answers.values(), strict=True))
    figures = {name: {"open_ms": min(opened[name]), **percentiles(times[name][WARM:], 1)} for name in indexes}
    return {"questions": len(questions) - WARM, "differ": differ, **figures}


def sizes(manifest: Manifest) -> dict[str, Any]:
    files: dict[str, int] = {}
    for segment in manifest.segments:
        for role, file in segment.files.items():
            files[role] = files.get(role, 0) + file.size
    each = {role: round(size / manifest.passages, 1) for role, size in sorted(files.items())}
    passages = sorted((segment.passages for segment in manifest.segments), reverse=True)
    return {"segments": len(passages), "passages": passages, "bytes_a_passage": each | {"all": round(sum(each.values()), 1)}}


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("real", type=Path, nargs="+", metavar="REAL_INDEX")
    parser.add_argument("--folder", type=Path, required=True, help="keeps the index for the next run")
    parser.add_argument("--passages", type=int, default=400_000)
    parser.add_argument("--questions", type=Path, default=EXAMPLES / "questions.jsonl", metavar="FILE")
    parser.add_argument("--count", type=int, default=120, help="questions, evenly from the file  [default: 120]")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--task", choices=("build", "ask", "add", "merge", "purge"), help="(internal)")
    parser.add_argument("--index", type=Path, help="(internal)")
    arguments = parser.parse_args()
    questions, folder = questions_in(arguments.questions), arguments.folder
    grown, indexes = folder / "grown", {name: folder / name for name in TASKS}
    if arguments.task:
        tasks: dict[str, Any] = {
            "build": lambda: build(arguments.real, arguments.passages, arguments.index),
            "ask": lambda: asked(indexes, questions, arguments.count),
            "add": lambda: added(arguments.index, merges=False),
            "merge": lambda: added(arguments.index, merges=True),
            "purge": lambda: purged(arguments.index),
        }
        print(json.dumps(tasks[arguments.task]()))
        return
    script = [sys.executable, __file__, *map(str, arguments.real), "--folder", str(folder), "--passages", str(arguments.passages)]
    script += ["--questions", str(arguments.questions), "--count", str(arguments.count)]

    def told_by(task: str, index: Path | None = None) -> Any:
        return told([*script, "--task", task, *(["--index", str(index)] if index else [])], one_thread=True)

    def of_a_copy(task: str, index: Path) -> Any:
        return told_by(task, copied(index, folder / "copy"))

    folder.mkdir(exist_ok=True, parents=True)
    if not grown.exists():
        told_by("build", folder / "building")
        (folder / "building").rename(grown)
    for name, task in TASKS.items():
        copied(grown, indexes[name])
        for _ in range(-(-arguments.passages // store.LARGE_SEGMENT_PASSAGES)):
            told_by(task, indexes[name])
    search = [str(Path(sys.executable).parent / "search"), questions[0], "--index-dir"]
    first = turns({name: lambda index=index: run([*search, str(index)], 1) for name, index in indexes.items()}, FIRST)
    commits = turns({name: lambda task=task: of_a_copy(task, grown) for name, task in TASKS.items()}, arguments.rounds)
    purges = turns({name: lambda index=index: of_a_copy("purge", index) for name, index in indexes.items()}, arguments.rounds)
    warm = told_by("ask")
    results = {
        name: {
            **sizes(Snapshot.open(index).manifest),
            "question": warm.pop(name),
            "first": medians(first[name]),
            "commit_of_an_article": medians(commits[name]),
            "purge_in_the_largest_segment": medians(purges[name]),
        }
        for name, index in indexes.items()
    }
    print(json.dumps({**warm, **results}, indent=1))
    save(arguments.json, {**warm, "rounds": arguments.rounds, "load": os.getloadavg()[0], "results": results}, "numpy", "openvino")
    shutil.rmtree(folder / "copy")


if __name__ == "__main__":
    main()
