"""What does a cluster cost, and what does it bring? A build on 1, 2 and 3 Ray nodes, and questions to a Milvus cluster that grows.

    python benchmarks/run.py cluster ray [--texts N] [--json FILE]
    python benchmarks/run.py cluster milvus [--passages N,N,...] [--json FILE]

All processes run on this machine, as in `make cluster-test`, which fetches the programs that are needed: so nodes share its cores, and CPU
seconds say more than wall time. Articles are made up; those of the growing archive have random unit vectors, written by newsdex push.
"""

from __future__ import annotations

import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import xxhash
from process import run
from script import ROOT, SAMPLE, parser_of, save

from newsdex import Index
from newsdex.encoder import DEFAULT_MODEL, ModelCard
from newsdex.engines import open_query_encoder
from newsdex.indexer.milvus.pull import pull
from newsdex.indexer.milvus.push import push
from newsdex.milvus.place import parse_place
from newsdex.milvus.schema import Layout
from newsdex.records import Article, Published, Span
from newsdex.search.milvus.archive import SETTLED_SECONDS
from newsdex.settings import Chunking
from newsdex.store.segment import Entry

if TYPE_CHECKING:
    from ray_nodes import RayNodes

sys.path.insert(0, str(ROOT / "tests" / "cluster"))
RUNTIME = Path(os.environ.get("NEWSDEX_CLUSTER_RUNTIME", ROOT / ".cluster"))
PASSAGES = 5  # an article
QUESTIONS = 30


@dataclass(frozen=True)
class MadeUp:
    """An archive of made-up articles: random words and random vectors."""

    articles: int
    model: ModelCard
    chunking: Chunking = field(default_factory=Chunking)
    base: Path = Path("/nowhere")

    @property
    def passages(self) -> int:
        return PASSAGES * self.articles

    def entries(self) -> Iterator[Entry]:
        numbers = np.random.default_rng(0)
        vocabulary = np.array([f"w{number}" for number in range(100_000)])
        for number in range(self.articles):
            # Flatter than a language, whose sequences of frequent words would be taken for copies where nothing else is said.
            words = vocabulary[(len(vocabulary) * numbers.random(60 * PASSAGES) ** 3).astype(int)]
            text = " ".join(words.tolist())
            bounds = np.linspace(0, len(text), PASSAGES + 1).astype(int).tolist()
            spans = [Span(a, b) for a, b in pairwise(bounds)]
            vectors = numbers.standard_normal((PASSAGES, self.model.dimension), np.float32)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            name = f"a{number:07}"
            published = Published(f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}", "made up")
            about, body = (f"Title {number}", "Wire", "", published), Span(0, len(text))
            article = Article(name, text, self.base / name, "0" * 64, *about, body=body, language="en")
            keys = np.frombuffer(b"".join(xxhash.xxh3_128_digest(f"{name}{n}".encode()) for n in range(PASSAGES)), np.uint8).reshape(-1, 16)
            yield Entry(article, xxhash.xxh3_128_digest(name.encode()), spans, spans, keys, vectors)


def on_ray(texts: int) -> list[dict[str, Any]]:
    """The same build by ``newsdex index`` (0 nodes), and on 1, 2 and 3 nodes: seconds, and CPU seconds of all nodes together."""
    from ray_nodes import RayNodes

    from newsdex.indexer.ray.ray_build import build_on_ray

    results = []
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        articles = scratch / "articles"
        articles.mkdir()
        sentences = [
            sentence
            for path in sorted(SAMPLE.iterdir())
            for sentence in re.findall(r"(?<=[.]\s)[A-Z][^.]{40,200}[.](?=\s)", path.read_text())
        ]
        chance = random.Random(0)
        for number in range(texts):  # each another text, for equal passages are embedded once
            body = "\n\n".join(" ".join(" ".join(chance.sample(sentences, 4)).split()) for _ in range(8))
            (articles / f"{number:05}.md").write_text(f"# Digest {number}\n\n{body}\n")
        results.append(_alone(articles, scratch / "index0"))
        for nodes in (1, 2, 3):
            logs = scratch / f"ray{nodes}"
            logs.mkdir()
            with RayNodes(logs, nodes) as cluster:
                before, began = cluster.cpu_seconds() + time.process_time(), time.monotonic()
                done = Event()
                watch = Thread(target=_watch, args=(cluster, done))
                watch.start()
                built = build_on_ray(cluster.address, [articles], str(scratch / f"index{nodes}"), exchange=scratch / f"exchange{nodes}")
                done.set()
                watch.join()
                cpu = cluster.cpu_seconds() + time.process_time() - before
                results.append(_built(nodes, built.passages, time.monotonic() - began, cpu, cluster.memory()))
    return results


def _watch(cluster: RayNodes, done: Event) -> None:
    """Look at the processes often, for what ends takes its figures with it."""
    while not done.wait(0.3):
        cluster.cpu_seconds()


def _alone(articles: Path, index: Path) -> dict[str, Any]:
    """The same articles by ``newsdex index``, in a process of its own."""
    used = run([sys.executable, "-m", "newsdex", "index", str(articles), "--index-dir", str(index)])
    with Index.open(index) as built:
        return _built(0, built.manifest.passages, used["wall"], used["cpu"], round(used["peak_mb"] * 2**20))


def _built(nodes: int, passages: int, wall: float, cpu: float, memory: int) -> dict[str, Any]:
    row = {
        "nodes": nodes,
        "passages": passages,
        "wall_s": round(wall, 1),
        "passages_per_s": round(passages / wall, 1),
        "cpu_s": round(cpu, 1),
        "passages_per_cpu_s": round(passages / cpu, 1),
        "memory_mb": round(memory / 1e6),
    }
    print(row, flush=True)
    return row


def on_milvus(sizes: list[int]) -> list[dict[str, Any]]:
    """Questions by meaning of archives of ``sizes`` passages, in two query nodes, and in a folder: the median and the slowest of 30, and
    the memory of all processes.
    """
    from milvus_cluster import MilvusCluster

    results = []
    card = open_query_encoder(DEFAULT_MODEL).card
    with tempfile.TemporaryDirectory() as name, MilvusCluster(RUNTIME, Path(name)) as cluster:
        for size in sizes:
            archive = MadeUp(size // PASSAGES, card)
            folder = Path(name) / f"index{size}"
            pull(archive, folder)
            row, expected = _asked(str(folder))
            results.append({"index": "folder", "passages": size, **row})
            place = f"{cluster.address}/archive{size}"
            began = time.monotonic()
            push(archive, parse_place(place), Layout("FLAT"))
            pushed = time.monotonic() - began
            time.sleep(SETTLED_SECONDS + 5)  # until then every read waits for what was written just now
            row, found = _asked(place)
            shared = sum(len(set(a) & set(b)) for a, b in zip(expected, found, strict=True)) / sum(map(len, expected))
            more = {"push_s": round(pushed, 1), "same_articles": round(shared, 3), "memory_mb": round(cluster.memory() / 1e6)}
            results.append({"index": "FLAT", "passages": size, **row, **more})
            for each in results[-2:]:
                print(each, flush=True)
    return results


def _asked(place: str) -> tuple[dict[str, Any], list[list[str]]]:
    """How long questions take, and which articles they find."""
    seconds, found = [], []
    with Index.open(place) as index:
        for number in range(QUESTIONS + 3):
            asked, used = time.monotonic(), time.process_time()
            hits = index.search(f"what of w{number} and w{7 * number}?", mode="dense", limit=10)
            seconds.append((time.monotonic() - asked, time.process_time() - used))
            found.append([hit.article.id for hit in hits])
    walls = sorted(wall for wall, _ in seconds[3:])
    cpu = statistics.median(own for _, own in seconds[3:])
    return {
        "median_ms": round(1000 * statistics.median(walls)),
        "slowest_ms": round(1000 * walls[-1]),
        "client_cpu_ms": round(1000 * cpu),
    }, found


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("what", choices=("ray", "milvus"))
    parser.add_argument("--texts", type=int, default=300, help="articles that are built")
    parser.add_argument("--passages", default="1000,10000,50000", help="sizes of the archive that is asked")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    rows = on_ray(options.texts) if options.what == "ray" else on_milvus([int(size) for size in options.passages.split(",")])
    content = {options.what: {"load_before": round(load, 1), "rows": rows}}
    save(options.json, content, "ray", "pymilvus", "milvus-lite", "pyarrow", "openvino", beside=True)


if __name__ == "__main__":
    main()
