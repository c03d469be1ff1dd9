"""What does a cluster cost, and what does it bring? A build on 1, 2 and 3 Ray nodes, and questions to a Milvus cluster that grows.

    python benchmarks/cluster.py ray [--texts N] [--json FILE]
    python benchmarks/cluster.py milvus [--passages N,N,...] [--json FILE]

All processes run on this machine, as in `make cluster-test`, which fetches the programs that are needed: so nodes share its cores, and CPU seconds say more than wall time. Articles
are made up; those of the growing archive have random unit vectors, written by newsdex push.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import xxhash
from machine import describe

from newsdex import Index
from newsdex.cluster.place import parse_place
from newsdex.encoder import DEFAULT_MODEL, ModelCard
from newsdex.engines import open_query_encoder
from newsdex.indexer.cluster.content import Stored
from newsdex.indexer.cluster.push import Layout, push
from newsdex.records import Article, Published, Span
from newsdex.settings import Chunking
from newsdex.store.segment import Entry

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "cluster"))
RUNTIME = Path(os.environ.get("NEWSDEX_CLUSTER_RUNTIME", ROOT / ".cluster"))
PASSAGES = 5  # an article
QUESTIONS = 30


@dataclass(frozen=True)
class MadeUp:
    """An archive of made-up articles: words as frequent as in a language, random vectors."""

    articles: int
    model: ModelCard
    chunking: Chunking = field(default_factory=Chunking)
    base: Path = Path("/nowhere")

    @property
    def passages(self) -> int:
        return PASSAGES * self.articles

    def stored(self) -> Iterator[Stored]:
        random = np.random.default_rng(0)
        vocabulary = np.array([f"w{number}" for number in range(100_000)])
        for number in range(self.articles):
            words = vocabulary[np.minimum(random.zipf(1.3, 60 * PASSAGES) - 1, len(vocabulary) - 1)]
            text = " ".join(words.tolist())
            bounds = np.linspace(0, len(text), PASSAGES + 1).astype(int).tolist()
            spans = [Span(a, b) for a, b in pairwise(bounds)]
            vectors = random.standard_normal((PASSAGES, self.model.dimension), np.float32)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            name = f"a{number:07}"
            published = Published(f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}", "made up")
            article = Article(
                name,
                text,
                Path("/nowhere") / name,
                "0" * 64,
                f"Title {number}",
                "Wire",
                "",
                published,
                body=Span(0, len(text)),
                language="en",
            )
            keys = np.frombuffer(b"".join(xxhash.xxh3_128_digest(f"{name}{n}".encode()) for n in range(PASSAGES)), np.uint8).reshape(-1, 16)
            yield Stored(Entry(article, xxhash.xxh3_128_digest(name.encode()), spans, spans, keys, vectors), name)


def on_ray(texts: int) -> list[dict[str, Any]]:
    """The same build on 1, 2 and 3 nodes: seconds, and CPU seconds of all nodes together."""
    from ray_nodes import RayNodes

    results = []
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        articles = scratch / "articles"
        articles.mkdir()
        sample = [path.read_text() for path in sorted((ROOT / "examples" / "articles").iterdir())]
        for number in range(texts):
            (articles / f"{number:05}.md").write_text(sample[number % len(sample)] + f"\nThis is copy {number}.\n")
        for nodes in (1, 2, 3):
            logs = scratch / f"ray{nodes}"
            logs.mkdir()
            with RayNodes(logs, nodes) as cluster:
                before, began = cluster.cpu_seconds(), time.monotonic()
                from newsdex.indexer.cluster.ray_build import RayOptions, build_on_ray

                built = build_on_ray(cluster.address, [articles], str(scratch / f"index{nodes}"), RayOptions(scratch / f"exchange{nodes}"))
                results.append(
                    {
                        "nodes": nodes,
                        "passages": built.passages,
                        "wall_s": round(time.monotonic() - began, 1),
                        "cpu_s": round(cluster.cpu_seconds() - before, 1),
                        "memory_mb": round(cluster.memory() / 1e6),
                    }
                )
                print(results[-1])
    return results


def on_milvus(sizes: list[int]) -> list[dict[str, Any]]:
    """Questions by meaning of archives of ``sizes`` passages, in two query nodes: the median and the slowest of 30, and the memory of all processes."""
    from milvus_cluster import MilvusCluster

    results = []
    card = open_query_encoder(DEFAULT_MODEL).card
    with tempfile.TemporaryDirectory() as name, MilvusCluster(RUNTIME, Path(name)) as cluster:
        for size in sizes:
            for kind in ("FLAT", "HNSW"):
                place = f"{cluster.address}/{kind.lower()}{size}"
                began = time.monotonic()
                push(MadeUp(size // PASSAGES, card), parse_place(place), Layout(kind))
                pushed = time.monotonic() - began
                with Index.open(place) as index:
                    seconds = []
                    for number in range(QUESTIONS + 3):
                        asked = time.monotonic()
                        index.search(f"what of w{number} and w{7 * number}?", mode="dense", limit=5)
                        seconds.append(time.monotonic() - asked)
                timed = sorted(seconds[3:])
                results.append(
                    {
                        "index": kind,
                        "passages": size,
                        "push_s": round(pushed, 1),
                        "median_ms": round(1000 * statistics.median(timed)),
                        "slowest_ms": round(1000 * timed[-1]),
                        "memory_mb": round(cluster.memory() / 1e6),
                    }
                )
                print(results[-1])
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("ray", "milvus"))
    parser.add_argument("--texts", type=int, default=400, help="articles that are built")
    parser.add_argument("--passages", default="5000,20000,50000", help="sizes of the archive that is asked")
    parser.add_argument("--json", type=Path, help="file that the result is added to")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    rows = on_ray(options.texts) if options.what == "ray" else on_milvus([int(size) for size in options.passages.split(",")])
    if options.json:
        known = json.loads(options.json.read_text()) if options.json.exists() else {}
        known[options.what] = {"load_before": round(load, 1), "rows": rows}
        known["machine"] = describe("ray", "pymilvus", "milvus-lite", "pyarrow", "openvino")
        options.json.write_text(json.dumps(known, indent=1) + "\n")


if __name__ == "__main__":
    main()
