"""What the tests of real clusters share."""

from __future__ import annotations

import os
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from milvus_cluster import MilvusCluster
from ray_nodes import RayNodes
from runtime import READY

from newsdex import Options, index_paths
from newsdex.encoder import DEFAULT_MODEL
from newsdex.engines import question_engine

ROOT = Path(__file__).parent.parent.parent
RUNTIME = Path(os.environ.get("NEWSDEX_CLUSTER_RUNTIME", ROOT / ".cluster"))


@pytest.fixture(scope="session", autouse=True)
def one_engine() -> Iterator[None]:
    """Questions are encoded by the same engine throughout, for records are compared to the last bit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(question_engine, "MANY", 1_000_000)
        yield


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More than 500 passages: the sample articles, and others that are put together from their sentences."""
    folder = tmp_path_factory.mktemp("archive") / "articles"
    folder.mkdir()
    sentences = []
    for path in sorted((ROOT / "examples" / "articles").iterdir()):
        text = path.read_text()
        (folder / path.name).write_text(text)
        sentences += re.findall(r"(?<=[.]\s)[A-Z][^.]{40,200}[.](?=\s)", text)
    chance = random.Random(8)
    for number in range(40):
        body = "\n\n".join(" ".join(" ".join(chance.sample(sentences, 4)).split()) for _ in range(4))
        (folder / f"mixed-{number:02}.md").write_text(f"---\ntitle: Digest {number}\ndate: 2024-06-{number % 28 + 1:02}\n---\n{body}\n")
    return folder


@pytest.fixture(scope="session")
def local(archive: Path) -> Path:
    """The folder of the same archive's index, made here."""
    folder = archive.parent / "index"
    index_paths([archive], folder, Options(DEFAULT_MODEL))  # which a build on Ray takes
    return folder


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusCluster]:
    """A Milvus cluster with two query nodes."""
    pytest.importorskip("pymilvus", reason="newsdex[cluster] is not installed")
    if not (RUNTIME / READY).exists():
        pytest.skip(f"no Milvus in {RUNTIME}: make cluster-test fetches it")
    with MilvusCluster(RUNTIME, tmp_path_factory.mktemp("milvus")) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def ray_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayNodes]:
    """A Ray cluster of three nodes."""
    pytest.importorskip("ray", reason="newsdex[cluster] is not installed")
    with RayNodes(tmp_path_factory.mktemp("ray")) as nodes:
        yield nodes
