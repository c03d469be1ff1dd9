"""How does newsdex compare at a million passages, with embedded databases and libraries that search by meaning and words?

REAL_INDEX are newsdex indexes of real articles, of which articles of five passages are made (benchmarks/lib/archive.py); questions are
lines of JSON with a "text". Everyone is given the same texts and vectors, those of the questions too. PYTHON is that of an environment with
the packages that embedded.py names. Each step is a process of its own, rounds go by turns, and the median counts. "cpu" is of the whole
process, Python's start included; questions are asked on one core, and their time is CPU milliseconds of all threads. "near" is the search
for the ten nearest passages alone, "recall" the share of them that it finds; "dense" is newsdex's whole search by meaning. Its "cold" is
the command, with the model. What FOLDER has already is not made or built again; --only builds the named ones and stops. Who takes more
than a minute for the questions is asked in one round, and who takes 40 CPU seconds is asked fewer.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice, product
from pathlib import Path
from typing import Any

import numpy as np
from embedded import DIMENSION, HITS, PEERS, Batch, Peer
from process import peak_mb, told
from script import parser_of, questions_in, save, workplace
from timing import medians

PASSAGES, SPARE, WARM, CHUNK = 5, 100, 10, 1_000
ENOUGH = 40  # CPU seconds of questions, after which no more are asked
OWN = "newsdex"
SCRIPT = Path(__file__)


def made(folder: Path, start: int, stop: int) -> Iterator[dict[str, Any]]:
    """The articles that have these passages."""
    with (folder / "articles.jsonl").open(encoding="utf-8") as lines:
        yield from map(json.loads, islice(lines, start // PASSAGES, stop // PASSAGES))


def batches(folder: Path, start: int, stop: int) -> Iterator[Batch]:
    vectors, articles = np.load(folder / "vectors.npy", mmap_mode="r"), made(folder, start, stop)
    for first in range(start, stop, CHUNK * PASSAGES):
        texts = [each["text"][a:b] for each in islice(articles, CHUNK) for a, b in each["passages"]]
        yield first, texts, np.array(vectors[first : first + len(texts)])


class Newsdex(Peer):
    """Hybrid search as by default: ten articles with answer sentences, copies looked for. An addition is read and cut by ``index``."""

    def build(self, batches: Iterator[Batch]) -> None:
        from archive import write

        from newsdex.engines import open_query_encoder

        write(self.entries(batches), open_query_encoder("all-MiniLM-L6-v2").card, self.place)

    def entries(self, batches: Iterator[Batch]) -> Iterator[Any]:
        import xxhash

        from newsdex.records import Article, Published, Span
        from newsdex.store.segment import Entry, keys_of

        articles, day = made(self.place.parent, 0, sys.maxsize), Published("2024-04-26", "made up")
        for first, texts, vectors in batches:
            for start, each in zip(range(0, len(texts), PASSAGES), articles, strict=False):
                name, text, rows = f"made/{first + start:07d}.txt", each["text"], slice(start, start + PASSAGES)
                sentences, passages = ([Span(*span) for span in each[key]] for key in ("sentences", "passages"))
                link, body = f"https://made.up.example/{name}", Span(0, len(text))
                article = Article(name, text, self.place / name, "0" * 64, each["title"], "Source", link, day, body=body, language="en")
                digest = xxhash.xxh3_128_digest(text.encode())
                yield Entry(article, digest, sentences, passages, keys_of(texts[rows]), vectors[rows])

    def open(self) -> None:
        from ann import own

        from newsdex import Index

        self.index = Index.open(self.place)
        self.index.prepare()
        self.search = own(self.index.asker().snapshot)

    def prepare(self, text: str) -> None:
        """Encode the question, which is not what is timed; the encoder remembers it."""
        self.index.asker().encoder.encode_questions([text])

    def add(self, batch: Batch) -> None:
        from newsdex import Options, index_paths
        from newsdex.store.snapshot import Snapshot

        class Given:
            card = Snapshot.open(self.place).manifest.model

            def count_tokens(self, texts: Sequence[str]) -> list[int]:
                return [len(text) // 5 for text in texts]

            def encode_passages(self, texts: Sequence[str]) -> Any:
                return np.resize(batch[2], (len(texts), DIMENSION))

        path = self.place.parent / f"new-{batch[0]}.txt"
        path.write_text("\n\n".join(batch[1]), encoding="utf-8")
        index_paths([path], self.place, Options(encoder=Given()))

    def near(self, vector: Any) -> list[int]:
        return self.search(vector).tolist()

    def dense(self, text: str) -> list[str]:
        return [hit.answer_text for hit in self.index.search(text, mode="dense", limit=HITS)]

    def hybrid(self, text: str, vector: Any) -> list[str]:  # noqa: ARG002
        return [hit.answer_text for hit in self.index.search(text, mode="hybrid", limit=HITS)]


KNOWN: dict[str, type[Peer]] = {OWN: Newsdex, **PEERS}


def asked(peer: Peer, folder: Path, passages: int) -> dict[str, Any]:
    """CPU milliseconds of each kind of search, and the recall."""
    questions, vectors = json.loads((folder / "questions.json").read_text(encoding="utf-8")), np.load(folder / "questions.npy")
    nearest, times, shares = np.load(folder / f"nearest-{passages}.npy")[:, :HITS], defaultdict(list), []
    peer.open()
    started = time.process_time()
    for number, (text, vector) in enumerate(zip(questions, vectors, strict=True)):
        searches: dict[str, Callable[[], Any]] = {"hybrid": partial(peer.hybrid, text, vector), "near": partial(peer.near, vector)}
        if isinstance(peer, Newsdex):
            peer.prepare(text)
            searches["dense"] = partial(peer.dense, text)
        if time.process_time() - started > ENOUGH:
            break
        for name, search in searches.items():
            began = time.process_time()
            found = search()
            times[name].append(1000 * (time.process_time() - began))
            assert len(found) == HITS, (name, len(found))
            if name == "near":
                shares.append(len({*found} & {*nearest[number].tolist()}) / HITS)
    percentiles = {f"{name}_p{p}_ms": float(np.percentile(each[WARM:], p)) for name, each in times.items() for p in (50, 99)}
    return {"questions": len(shares) - WARM, **percentiles, "recall": float(np.mean(shares[WARM:]))}


def step(action: str, name: str, folder: Path, passages: int) -> dict[str, Any]:
    """What one process does, in that process."""
    peer, more = KNOWN[name](place_of(folder, name)), {}
    if action == "build":
        peer.build(batches(folder, 0, passages))
    elif action == "add":
        counter = folder / f"added-{peer.place.name}"
        start = passages + PASSAGES * (counter.stat().st_size if counter.exists() else 0)
        with counter.open("a") as out:
            out.write("+")
        peer.add(next(batches(folder, start, start + PASSAGES)))
    elif action == "ask":
        more = asked(peer, folder, passages)
    else:
        peer.open()
        if action == "cold":
            assert peer.hybrid(json.loads((folder / "questions.json").read_text())[-1], np.load(folder / "questions.npy")[-1])
        elif max(peer.near(np.load(folder / "vectors.npy", mmap_mode="r")[passages])) < passages:
            raise SystemExit(f"{name} does not find what was added")
    return {"peak_mb": peak_mb(), **more}


def place_of(folder: Path, name: str) -> Path:
    return folder / re.sub(r"\W+", "-", name)


def run(python: str, action: str, name: str, folder: Path, passages: int) -> dict[str, Any]:
    """A step in its own process: its figures, CPU and wall seconds."""
    command = [python, str(SCRIPT), str(folder), "--step", action, name, "--passages", str(passages)]
    if name == OWN and action == "cold":
        question = json.loads((folder / "questions.json").read_text())[-1]
        command = [str(Path(sys.executable).parent / "search"), "--index-dir", str(place_of(folder, name)), "-n", str(HITS), "--", question]
    cores = os.sched_getaffinity(0)
    if action not in ("build", "add"):
        os.sched_setaffinity(0, {min(cores)})  # of this process, before a library counts the cores and starts as many threads
    began, before = time.perf_counter(), os.times()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    after = os.times()
    os.sched_setaffinity(0, cores)
    # The command says with 1 that nothing answers.
    if done.returncode > (command[0] != python):
        raise SystemExit(f"{name} failed: {command}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    more = {} if command[0] != python else json.loads(done.stdout.splitlines()[-1])
    return {"cpu": cpu, "wall": time.perf_counter() - began, **more}


def make(folder: Path, real: list[Path], questions: Path, passages: int, sizes: set[int]) -> None:
    """Articles, vectors, questions, and the passages nearest to them among the first of each size."""
    from archive import made_entries, real_passages

    from newsdex.engines import open_query_encoder

    if not (folder / "articles.jsonl").exists():
        joined = real_passages(*real)
        rows = np.lib.format.open_memmap(folder / "vectors.npy", "w+", np.float32, (passages + SPARE * PASSAGES, DIMENSION))
        with (folder / "articles.jsonl").open("w", encoding="utf-8") as out:
            for number, entry in enumerate(made_entries(joined, passages // PASSAGES + SPARE, folder)):
                rows[number * PASSAGES : (number + 1) * PASSAGES] = entry.vectors
                spans = {"passages": [(s.start, s.end) for s in entry.passages], "sentences": [(s.start, s.end) for s in entry.sentences]}
                out.write(json.dumps({"title": entry.article.title, "text": entry.article.text, **spans}) + "\n")
    texts = questions_in(questions)[: WARM + 100]
    (folder / "questions.json").write_text(json.dumps(texts), encoding="utf-8")
    asked_for = np.stack([open_query_encoder("all-MiniLM-L6-v2").encode_questions([text])[0] for text in texts])
    np.save(folder / "questions.npy", asked_for)
    vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    for size in sizes:
        if (folder / f"nearest-{size}.npy").exists():
            continue
        cosines = np.concatenate([asked_for @ vectors[n : min(n + 50_000, size)].T for n in range(0, size, 50_000)], axis=1)
        best = np.argpartition(-cosines, 50, axis=1)[:, :50]
        order = np.argsort(-np.take_along_axis(cosines, best, 1), axis=1, kind="stable")
        np.save(folder / f"nearest-{size}.npy", np.take_along_axis(best, order, 1))


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("real", type=Path, nargs="+", metavar="REAL_INDEX")
    parser.add_argument("--questions", type=Path, metavar="FILE")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="20 GB for a million  [default: a temporary folder]")
    parser.add_argument("--only", nargs="+", choices=KNOWN)
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        print(json.dumps(step(*arguments.step, arguments.real[0], arguments.passages)), flush=True)
        os._exit(0)  # with threads that some libraries leave
    with workplace(arguments.folder) as folder:
        compare(folder, arguments)


def compare(folder: Path, arguments: argparse.Namespace) -> None:

    python = {name: sys.executable if name == OWN else arguments.python for name in KNOWN}
    sizes = {name: min(peer.most, arguments.passages) for name, peer in KNOWN.items()}
    make(folder, arguments.real, arguments.questions, arguments.passages, set(sizes.values()))
    log = folder / "built.json"
    results = json.loads(log.read_text()) if log.exists() else {}
    for name in arguments.only or KNOWN:
        if name not in results:
            built = run(python[name], "build", name, folder, sizes[name])
            size = sum(path.stat().st_size for path in place_of(folder, name).rglob("*") if path.is_file()) / 1e6
            results[name] = {"passages": sizes[name], "build": built, "mb": size}
            log.write_text(json.dumps(results))
            print(name, json.dumps(results[name]), flush=True)
    if arguments.only:
        return
    listed = [package for peer in PEERS.values() for package in peer.packages]
    versions = f"import json; from importlib.metadata import version; print(json.dumps({{p: version(p) for p in {listed}}}))"
    theirs = told([arguments.python, "-c", versions])
    about = {"theirs": theirs, "load": os.getloadavg()[0]}
    turns: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for number, name, action in product(range(arguments.rounds), KNOWN, ("ask", "cold", "add")):
        each = turns[name, action]
        if number == 0 or action != "ask" or each[0]["wall"] < 60:
            each.append(run(python[name], action, name, folder, sizes[name]))
            print(name, action, json.dumps(each[-1]), flush=True)
        results[name][action] = medians(each, 4)
        save(arguments.json, {**about, "rounds": number + 1, "results": results}, "faiss-cpu", "numpy")
    for name in KNOWN:
        run(python[name], "found", name, folder, sizes[name])


if __name__ == "__main__":
    main()
