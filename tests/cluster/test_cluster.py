"""A real Milvus cluster and three Ray nodes, parts of which are killed while they work: ``make cluster-test``."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from milvus_cluster import MilvusCluster
from ray_nodes import RayNodes

from newsdex import Index
from newsdex.errors import ServerError, ServerTooOld, UsageError
from newsdex.indexer.milvus.content import folder_content
from newsdex.indexer.milvus.push import push
from newsdex.milvus.place import parse_place
from newsdex.milvus.schema import Layout
from newsdex.milvus.server import Server
from newsdex.search.milvus.remote import NEAREST_ONLY
from newsdex.store.snapshot import Snapshot

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

QUESTIONS = (
    "China support for Russia",
    "who won the election in Senegal?",
    "ferry strike",
    "tariffs on electric cars",
    "Baltimore bridge collapse",
    "aid for Ukraine in Congress",
    "ceasefire talks",
    "earthquake in Taiwan",
    "interest rates",
    "protests at universities",
)


def start_build(archive: Path, nodes: RayNodes, output: str, exchange: Path) -> subprocess.Popen[str]:
    """``newsdex build --ray`` as a process of its own; what it says goes to its standard error."""
    command = [sys.executable, "-m", "newsdex", "build", "--ray", nodes.address, str(archive), "--output", output]
    return subprocess.Popen(
        [*command, "--exchange", str(exchange), "--replicas", "2"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=archive.parent,
    )


def wait_for_line(process: subprocess.Popen[str], beginning: str) -> None:
    """Read the standard error of a process up to a line."""
    assert process.stderr
    for line in process.stderr:
        if line.startswith(beginning):
            return


def test_a_build_survives_the_death_of_a_node_and_of_the_driver(
    archive: Path, local: Path, milvus: MilvusCluster, ray_nodes: RayNodes, tmp_path: Path
) -> None:
    """A Ray node and the driver are killed; the next run completes the build, and every passage is there exactly once, with the vectors of
    a local build.
    """
    output, exchange = f"{milvus.address}/built", tmp_path / "exchange"
    process = start_build(archive, ray_nodes, output, exchange)
    wait_for_line(process, "1 of")
    assert process.poll() is None or process.returncode == 0
    ray_nodes.kill("worker0")
    wait_for_line(process, "2 of")
    process.kill()
    process.communicate()
    embedded = {path.name: path.stat().st_mtime_ns for path in (exchange / "articles").glob("*.parquet")}
    assert embedded
    ray_nodes.start_worker(0)
    process = start_build(archive, ray_nodes, output, exchange)
    told, complaints = process.communicate(timeout=240)
    assert process.returncode == 0, complaints
    assert f"{len(embedded)} of them built before" in told
    for name, made in embedded.items():
        assert (exchange / "articles" / name).stat().st_mtime_ns == made
    expected = folder_content(Snapshot.open(local))
    assert expected.passages > 500
    rows = rows_of(output)
    assert replicas_of(output) == 2
    assert len(rows) == len(set(rows)) == expected.passages
    with Index.open(local) as here, Index.open(output) as there:
        assert (there.manifest.articles, there.manifest.passages) == (here.manifest.articles, here.manifest.passages)
        assert recall(here, there) >= 0.95


def rows_of(place: str) -> Sequence[str]:
    """The ids of all rows of passages."""
    server = Server(parse_place(place))
    try:
        return [row["id"] for row in server.every(server.place.name, "", ("id",))]
    finally:
        server.close()


def recall(here: Index, there: Index) -> float:
    """The share of the ten best articles of a local index, which compares every vector, that the other has among its ten."""
    found = total = 0
    for question in QUESTIONS:
        expected = [hit.article.id for hit in here.search(question, mode="dense", limit=10, exact=True)]
        answer = {hit.article.id for hit in there.search(question, mode="dense", limit=10)}
        found, total = found + len(answer.intersection(expected)), total + len(expected)
    return found / total


@pytest.fixture(scope="module")
def pushed(local: Path, milvus: MilvusCluster) -> str:
    """The address of the local index in the cluster, twice in memory."""
    place = f"{milvus.address}/pushed"
    push(folder_content(Snapshot.open(local)), parse_place(place), Layout(replicas=2))
    return place


def test_the_cluster_gives_the_same_records(local: Path, pushed: str) -> None:
    """What the server can rank by it ranks as the folder does; what it is too old for, it says."""
    with Index.open(local) as here, Index.open(pushed) as there:
        for question in QUESTIONS[:2]:
            for options in (
                {},
                {"limit": 30, "since": "2024-04"},
                {"where": {"type": "in", "key": "source", "value": ["harbour courier"]}},
                {"where": {"type": "glob", "key": "path", "value": "*-hc.md"}, "limit": 30},
                {"per_article": 2, "context": 1, "explain": True},
            ):
                expected = replace(here.search(question, mode="dense", **options), generation="")  # type: ignore[arg-type]
                assert replace(there.search(question, mode="dense", **options), generation="") == expected  # type: ignore[arg-type]
        assert NEAREST_ONLY in there.search("ferry strike").remarks
        with pytest.raises(ServerTooOld, match=r"2\.4"):
            there.search("ferry strike", mode="lexical")
        text = here.search("ferry strike")[0].article.text
        sentence = text[text.index(". ") + 2 :].split(". ")[0]
        assert there.verify_quote(sentence) == here.verify_quote(sentence)


def test_questions_are_answered_in_full_or_not_at_all_while_a_query_node_dies(local: Path, pushed: str, milvus: MilvusCluster) -> None:
    """A query node is killed and another takes its place: what is answered is answered in full, what fails fails by name, and soon nothing
    does any more.
    """
    assert replicas_of(pushed) == 2
    events = [(2.0, milvus.kill), (24.0, milvus.start_again)]
    last, settled = 46.0, 14.0  # seconds; settled: after an event, with sessions of 6 seconds
    failed: list[float] = []
    answered: list[float] = []
    with Index.open(local) as here, Index.open(pushed) as there:
        expected = [[(hit.article.id, hit.score) for hit in here.search(question, mode="dense")] for question in QUESTIONS]
        began = time.monotonic()
        while (asked := time.monotonic() - began) < last:
            if events and asked > events[0][0]:
                events.pop(0)[1]("query1")
            number = len(answered) % len(QUESTIONS)
            try:
                answer = [(hit.article.id, hit.score) for hit in there.search(QUESTIONS[number], mode="dense")]
            except ServerError:
                failed.append(asked)
            else:
                assert answer == expected[number], f"asked {asked:.1f} s after the beginning"
                answered.append(asked)
            assert time.monotonic() - began - asked < 30
            time.sleep(0.1)
    assert [when for when in failed if not 0 < when - 2 < settled and not 0 < when - 24 < settled] == []
    for start, end in ((2 + settled, 24), (24 + settled, last)):
        assert sum(start < when < end for when in answered) > 1


def replicas_of(place: str) -> int:
    """How many copies of the passages of an index are in memory."""
    server = Server(parse_place(place))
    try:
        return len(server.client.describe_replica(server.place.name))
    finally:
        server.close()


def test_a_push_survives_the_death_of_a_data_node(local: Path, milvus: MilvusCluster) -> None:
    """The data node is killed between writing and flushing; nothing is lost or doubled, at the latest after the command is given again."""
    place = parse_place(f"{milvus.address}/survivor")
    content = folder_content(Snapshot.open(local))
    looked = 0

    def kill_late(number: int) -> None:
        nonlocal looked
        looked = number
        if number == content.snapshot.manifest.articles:
            milvus.kill("data")
            milvus.start_again("data")

    for _ in range(3):
        try:
            push(content, place, on_progress=kill_late if not looked else None)
            break
        except ServerError:
            time.sleep(8)
    rows = rows_of(place.given)
    assert len(rows) == len(set(rows)) == content.passages


def test_a_cluster_that_is_not_there_is_named(archive: Path, tmp_path: Path) -> None:
    """No Ray, no Milvus: each an error of one line, with the cure."""
    pytest.importorskip("ray", reason="newsdex[cluster] is not installed")
    command = [
        sys.executable,
        "-m",
        "newsdex",
        "build",
        "--ray",
        "127.0.0.1:9",
        str(archive),
        "--output",
        str(tmp_path / "i"),
        "--model",
        "hash",
    ]
    done = subprocess.run(
        [*command, "--exchange", str(tmp_path / "e")], capture_output=True, text=True, check=False, timeout=300, env=dict(os.environ)
    )
    assert done.returncode == 2
    assert "no Ray cluster at 127.0.0.1:9" in done.stderr
    with pytest.raises(UsageError, match="expected milvus://HOST"):
        parse_place("milvus://127.0.0.1")
