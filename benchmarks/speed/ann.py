"""Which index of vectors for a large archive? FAISS's kinds beside newsdex's own: signs first, then exact.

INDEX is a folder with an index of as many passages as the question is about (benchmarks/speed/latency.py makes some). One thread; "build_s"
and "ms" are CPU seconds and milliseconds, "megabytes" is the size of the index; to newsdex's signs and to "sq fp16" come the file of the
vectors, which exact scores need and the others hold. "add_ms" is for one more vector; newsdex writes it to a new segment.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from script import parser_of, questions_in, save
from timing import milliseconds, percentiles

from newsdex.engines import open_query_encoder
from newsdex.search.ranking.candidates import QueryText, Search
from newsdex.search.ranking.dense import Scan
from newsdex.search.ranking.retrieval import find
from newsdex.store.snapshot import Snapshot

Find = Callable[[np.ndarray], np.ndarray]
KINDS = ("newsdex", "flat", "sq fp16", "rabitq refined", "ivf", "ivf rabitq refined", "hnsw")


def built(kind: str, vectors: np.ndarray) -> Any:
    """A FAISS index of the kind, with the parameters of a search in it."""
    count, dimension = vectors.shape
    lists = int(4 * np.sqrt(count))
    name = {
        "flat": "Flat", "sq fp16": "SQfp16", "rabitq refined": "RaBitQ,RFlat", "ivf": f"IVF{lists},Flat",
        "ivf rabitq refined": f"IVF{lists},RaBitQ,RFlat", "hnsw": "HNSW32,Flat",
    }[kind]  # fmt: skip
    index = faiss.index_factory(dimension, name, faiss.METRIC_INNER_PRODUCT)
    if kind == "hnsw":
        index.hnsw.efConstruction = 80
        index.hnsw.efSearch = 64
    index.train(vectors[:: max(1, count // 200_000)])
    index.add(vectors)
    if "refined" in kind:
        index.k_factor = 30
    if kind.startswith("ivf"):
        (faiss.downcast_index(index.base_index) if "refined" in kind else index).nprobe = max(16, lists // 40)
    return index


def own(snapshot: Snapshot) -> Find:
    """Newsdex's way to the ten nearest, with neither words nor filters."""
    every = len(snapshot.segments)
    starts = np.cumsum([0, *map(len, snapshot.segments)])

    def search(question: np.ndarray) -> np.ndarray:
        search = Search("dense", Scan(snapshot.segments, question[None]), QueryText(), [None] * every, [True] * every, [None] * every)
        best = find(snapshot, search, 10)
        return (starts[best.segment] + best.position)[:10]

    return search


def measured(
    kinds: list[str], snapshot: Snapshot, vectors: np.ndarray, questions: np.ndarray, best: np.ndarray
) -> Iterator[dict[str, Any]]:
    for kind in kinds:
        began = time.process_time()
        index: Any = None
        if kind == "newsdex":
            search = own(snapshot)
            [
                np.packbits(vectors[start : start + 65_536] > 0, axis=1) for start in range(0, len(vectors), 65_536)
            ]  # what its signs take to make
        else:
            index = built(kind, vectors)

            def search(question: np.ndarray, index: Any = index) -> np.ndarray:
                return index.search(question[None], 10)[1][0]  # type: ignore[no-any-return]

        seconds = time.process_time() - began
        memory = sum(segment.planes.nbytes for segment in snapshot.segments) if index is None else faiss.serialize_index(index).nbytes
        for question in questions[:5]:
            search(question)
        times, shares = [], []
        for question, exact in zip(questions, best, strict=True):
            began = time.thread_time()
            found = search(question)
            times.append(1000 * (time.thread_time() - began))
            shares.append(len(set(found.tolist()) & set(exact.tolist())) / 10)
        result = {
            "kind": kind, "build_s": seconds, **percentiles(times),
            "recall_at_10": float(np.mean(shares)), "megabytes": memory / 1e6, "load": os.getloadavg()[0],
        }  # fmt: skip
        if index is not None:
            result["add_ms"] = milliseconds(lambda index=index: index.add(vectors[:100])) / 100
        yield result


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("index", type=Path, metavar="INDEX")
    parser.add_argument("--questions", type=Path, required=True, metavar="FILE")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS))
    arguments = parser.parse_args()
    faiss.omp_set_num_threads(1)
    snapshot = Snapshot.open(arguments.index)
    vectors = np.concatenate([np.array(segment.matrix) for segment in snapshot.segments])
    texts = questions_in(arguments.questions)[: arguments.count]
    questions = open_query_encoder(snapshot.manifest.model.name).encode_questions(texts)
    best = (
        np.argsort(-(questions @ vectors.T), axis=1)[:, :10]
        if len(vectors) <= 200_000
        else faiss.knn(questions, vectors, 10, metric=faiss.METRIC_INNER_PRODUCT)[1]
    )
    results = []
    for result in measured(arguments.kinds, snapshot, vectors, questions, best):
        results.append(result)
        print(json.dumps({key: round(value, 4) if isinstance(value, float) else value for key, value in result.items()}), flush=True)
    save(arguments.json, {str(len(vectors)): results}, "faiss-cpu", "numpy", beside=True)


if __name__ == "__main__":
    main()
