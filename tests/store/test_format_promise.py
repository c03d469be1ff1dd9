"""The promise of the format: an index that an earlier newsdex wrote is read, and means what it meant.

``tests/data/index_v3`` was written once by the first version of format 3, as ``build`` below does it, and is never written again: when this
test fails, the code is wrong, or the format needs a new number and a folder of its own. ``tests/data/index_v2`` is the same in the format
before, and ``tests/data/index_v4`` in the one behind it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from paths import DATA, ROOT

from newsdex import Article, Chunking, Index, IndexTooOld, Options, Passage, Published, Span, index_paths
from newsdex.engines.hashing import HashEncoder
from newsdex.indexer.upkeep.rebuild import rebuild_index, rollback_index
from newsdex.indexer.upkeep.takedown import Selection, delete
from newsdex.indexer.upkeep.verify import verify
from newsdex.store.manifest import FORMAT
from newsdex.store.segment import Entry
from newsdex.store.snapshot import Snapshot

WRITTEN = DATA / "index_v3"
OLD = DATA / "index_v2"
BEFORE = DATA / "index_v4"
CHUNKING = Chunking(max_tokens=64, overlap=0, title=True)
QUESTION = "When does the night train to the coast leave?"

BAKERY = """\
---
title: Bakery wins prize for rye bread
date: 2024-04-26T12:30:00+02:00
source: The Harbour Gazette
url: https://example.org/bakery?id=7
author: Zoë Ångström
tags: [bread, prizes]
---

# A heading that is not the title

The bakery on the market square has won a prize for its rye bread. “We start at three in the morning”, said the baker.

The prize is a spoon made of silver. It will hang above the oven. The jury tasted forty loaves from twelve villages in one
afternoon, with butter and without, before it made up its mind.
"""
FIRST_EDITION = "Night train returns\n\nThe night train may return next year.\n"
TRAIN = """\
Night train returns 🚂

The night train to the coast will leave again at 22:15 each Friday. It stops in five towns.
"""
BRIDGE = "The old bridge closes for repairs in May. Drivers must take the ferry, which leaves every half hour."


def build(base: Path) -> None:
    """The index of three articles, one of which is changed afterwards: two commits, two segments, one deletion."""
    articles = base / "articles"
    articles.mkdir()
    (articles / "bakery.md").write_text(BAKERY, encoding="utf-8")
    record = {"_id": "bridge-7", "title": "Bridge closes", "text": BRIDGE, "date": "2024-05", "ferry": "yes"}
    (articles / "short.jsonl").write_text("\n" + json.dumps(record) + "\n", encoding="utf-8")
    options = Options(model="hash", chunking=CHUNKING)
    for edition in (FIRST_EDITION, TRAIN):
        (articles / "train.txt").write_text(edition, encoding="utf-8")
        for seconds, path in enumerate(sorted(articles.iterdir()), 1_700_000_000 + len(edition)):
            os.utime(path, (seconds, seconds))
        index_paths([articles], base / "index", options)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A copy of the index and its articles, elsewhere than where it was built."""
    return shutil.copytree(WRITTEN, tmp_path / "copy")


def articles(base: Path) -> list[Article]:
    """The articles that are in the index, in the order of their ids."""
    folder = base / "articles"
    return [
        Article(
            id="articles/bakery.md",
            text=BAKERY,
            path=folder / "bakery.md",
            sha256="8631581a45cc0073236ac45ab1f73c45e9d6593f444f3640f1a91a96417a4baf",
            title="Bakery wins prize for rye bread",
            source="The Harbour Gazette",
            url="https://example.org/bakery?id=7",
            published=Published("2024-04-26T12:30:00+02:00", "front matter"),
            body=Span(187, 530),
            metadata={"author": "Zoë Ångström", "tags": "bread, prizes"},
            language="en",
        ),
        Article(
            id="articles/train.txt",
            text=TRAIN,
            path=folder / "train.txt",
            sha256="34d26673e9d9406c5ff7518ba7d8743ee9435f3d8af4d034ba59512bdb236a4d",
            title="Night train returns 🚂",
            body=Span(0, 115),
            language="en",
        ),
        Article(
            id="bridge-7",
            text=BRIDGE,
            path=folder / "short.jsonl",
            sha256="263a1320065e4b1d7e82d5f792c356c6da7110ef7b66ed8eccbd26719dbd41a5",
            title="Bridge closes",
            published=Published("2024-05", "record"),
            record=2,
            body=Span(0, 100),
            metadata={"ferry": "yes"},
            language="en",
        ),
    ]


# Cosine, article, number of the passage, its range, and the answer sentence.
RANKING = [
    (0.611021, "articles/train.txt", 0, (0, 114), "The night train to the coast will leave again at 22:15 each Friday."),
    (0.213568, "bridge-7", 0, (0, 100), BRIDGE),
    (0.468662, "articles/bakery.md", 0, (188, 341), "“We start at three in the morning”, said the baker."),
    (0.418285, "articles/bakery.md", 1, (343, 529), "The prize is a spoon made of silver."),
]


def entries(base: Path) -> list[Entry]:
    """All that is kept of the living articles, in the order of their ids."""
    snapshot = Snapshot.open(base / "index")
    return sorted((snapshot.segments[number].entry(row) for number, row in snapshot.articles()), key=lambda entry: entry.article.id)


def content(folder: Path) -> dict[str, bytes]:
    """Every file with what is in it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_articles(base: Path) -> None:
    """Ids, texts, dates and all other fields are those that the articles had, and paths lead to where the copy lies."""
    assert [entry.article for entry in entries(base)] == articles(base)
    assert (base / "articles" / "train.txt").read_text(encoding="utf-8") == TRAIN


def test_ranking(base: Path) -> None:
    """A question gets the passages and answers that it got when the index was written, and their vectors are as near to it as they were."""
    with Index.open(base / "index") as index:
        hits = index.search(QUESTION, limit=10, per_article=10)
    found = [
        (
            hit.article.id,
            match.passage.index,
            (match.passage.start, match.passage.end),
            hit.article.text[match.answer.start : match.answer.end],
        )
        for hit in hits
        for match in hit.matches
    ]
    assert found == [row[1:] for row in RANKING]
    question = HashEncoder().encode_questions([QUESTION])[0]
    cosines = {(entry.article.id, n): float(vector @ question) for entry in entries(base) for n, vector in enumerate(entry.vectors)}
    assert [cosines[row[1], row[2]] for row in RANKING] == pytest.approx([row[0] for row in RANKING], abs=2e-6)
    by_id = {article.id: article for article in articles(base)}
    for hit in hits:
        assert hit.article == by_id[hit.article.id]
        assert hit.passage == Passage(
            hit.article.id, hit.passage.index, hit.passage.start, hit.passage.end, hit.article.text[hit.passage.start : hit.passage.end]
        )


def test_commit(base: Path) -> None:
    """Settings, counts and the model are read as they were written, from two segments of which one has a deletion."""
    manifest = Index.open(base / "index").manifest
    assert (manifest.format, FORMAT) == (3, 6)
    assert (manifest.generation, manifest.commit, manifest.articles, manifest.passages) == ("g000001", 2, 3, 4)
    assert manifest.chunking == CHUNKING
    assert (manifest.model.name, manifest.model.dimension) == ("hash", 64)
    assert [(s.name, s.articles, s.passages, s.deleted_articles, s.deleted_passages) for s in manifest.segments] == [
        ("s000001", 3, 4, 1, 1),
        ("s000002", 1, 1, 0, 0),
    ]
    assert manifest.previous == "g000001/commit-000001-68369e4f92e88809.json"
    assert (base / "index" / "CURRENT").read_text() == "g000001/commit-000002-6928d61dfcbbc018.json\n"


def test_meaning(base: Path, tmp_path: Path) -> None:
    """The same articles indexed today give the same passages, sentences and keys, and vectors that differ by rounding at most."""
    today = tmp_path / "today"
    today.mkdir()
    build(today)
    assert [entry.article for entry in entries(today)] == articles(today)
    for old, new in zip(entries(base), entries(today), strict=True):
        assert (old.sentences, old.passages) == (new.sentences, new.passages)
        assert old.keys.tolist() == new.keys.tolist()
        np.testing.assert_allclose(old.vectors, new.vectors, atol=1e-6)


def test_the_format_behind_it_is_read_and_raised(tmp_path: Path) -> None:
    """An index of format 4 has the articles and vectors of one of format 3; its next commit has today's format."""
    base = shutil.copytree(BEFORE, tmp_path / "copy")
    assert Index.open(base / "index").manifest.format == 4
    assert [entry.article for entry in entries(base)] == articles(base)
    other = shutil.copytree(WRITTEN, tmp_path / "other")
    for mine, its in zip(entries(base), entries(other), strict=True):
        np.testing.assert_allclose(mine.vectors, its.vectors, atol=1e-6)
    assert list(verify(base / "index", sources=False)) == []
    delete(base / "index", Selection(ids=frozenset({"bridge-7"})))
    assert Index.open(base / "index").manifest.format == 6


def test_a_purge_raises_the_format(base: Path, tmp_path: Path) -> None:
    """An index of format 3 is read and updated as it is; its next commit has today's format, which an older newsdex refuses, since it
    would bring back what was purged.
    """
    index = Path(shutil.copytree(base, tmp_path / "another")) / "index"
    first = articles(index.parent)[0]
    delete(index, Selection(ids=frozenset({first.id})), purge=True)
    assert Index.open(index).manifest.format == 6
    again = index_paths([index.parent / "articles"], index, Options(model="hash"))
    assert (again.added, again.unchanged) == (0, 2)
    assert list(verify(index, sources=False)) == []


def test_the_format_before_is_refused_with_the_command(tmp_path: Path) -> None:
    """Neither a question nor an update reads it; the message says how to convert it."""
    base = shutil.copytree(OLD, tmp_path / "copy")
    before = content(base)
    convert = re.escape(
        f"(index format 2, this one reads 6). Convert it, without embedding again: newsdex rebuild --index-dir {base / 'index'}"
    )
    with pytest.raises(IndexTooOld, match=convert):
        Index.open(base / "index")
    with pytest.raises(IndexTooOld, match=convert):
        index_paths([base / "articles"], base / "index", Options(model="hash"))
    assert {name: found for name, found in content(base).items() if name != "index/LOCK"} == before


def test_a_rebuild_converts_the_format_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without embedding anything: afterwards it holds the same articles, vectors and sources as an index of today, finds the same, and
    cannot be rolled back to.
    """
    base = shutil.copytree(OLD, tmp_path / "copy")
    monkeypatch.setattr(HashEncoder, "encode_passages", None)
    report = rebuild_index(base / "index")
    monkeypatch.undo()
    assert (report.added, report.passages, report.embedded) == (3, 4, 0)
    today = entries(shutil.copytree(WRITTEN, tmp_path / "today"))
    for old, new in zip(entries(base), today, strict=True):
        assert (old.article.id, old.article.text, old.sentences, old.passages) == (
            new.article.id,
            new.article.text,
            new.sentences,
            new.passages,
        )
        np.testing.assert_allclose(old.vectors, new.vectors, atol=1e-6)
    with Index.open(base / "index") as converted, Index.open(tmp_path / "today" / "index") as index:
        found, expected = (each.search(QUESTION, limit=10, per_article=10) for each in (converted, index))
        assert [(hit.article.id, hit.score) for hit in found] == [(hit.article.id, pytest.approx(hit.score)) for hit in expected]
    assert list(verify(base / "index", sources=False)) == []
    assert index_paths([base / "articles"], base / "index", Options(model="hash")).unchanged == 3
    with pytest.raises(IndexTooOld, match="cannot return to that generation"):
        rollback_index(base / "index")


def test_the_demo_converts_an_older_index(tmp_path: Path) -> None:
    """What ``make demo`` runs to index works where an index of the format before is left from an earlier demo."""
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    base = shutil.copytree(OLD, tmp_path / "copy")
    printed = subprocess.run(["make", "--dry-run", "--always-make", "demo"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    [recipe] = [line for line in printed.splitlines() if "newsdex index" in line]
    recipe = recipe.replace(".venv/bin/newsdex", f"{sys.executable} -m newsdex").replace("examples/articles", str(base / "articles"))
    environment = os.environ | {"NEWSDEX_INDEX_DIR": str(base / "index")}
    done = subprocess.run(["sh", "-c", recipe], env=environment, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()[-1][:29]) == (0, "added 0, updated 0, unchanged"), done.stderr
    with Index.open(base / "index") as index:
        assert index.manifest.articles == 3


def test_fingerprint() -> None:
    """The fingerprint of the test model is computed as it was: a change would turn every index into another model's."""
    assert HashEncoder.card.fingerprint == "0154678ffbd7bb13b451c679cb0a3f89"


def test_reading_changes_nothing(base: Path) -> None:
    """Opening and asking leaves every file as it is and makes none, not even a lock."""
    before = content(base)
    assert "index/LOCK" not in before
    with Index.open(base / "index") as index:
        index.search(QUESTION)
    Snapshot.open(base / "index").sources()
    assert content(base) == before


def test_update(base: Path) -> None:
    """An old index is known to be up to date and can be added to: nothing is embedded again, and what was there stays."""
    options = Options(model="hash")
    report = index_paths([base / "articles"], base / "index", options)
    assert (report.unchanged, report.added, report.updated, report.embedded, report.problems) == (3, 0, 0, 0, [])
    (base / "articles" / "new.txt").write_text("News\n\nThe night train to the coast leaves at noon.\n")
    report = index_paths([base / "articles"], base / "index", options)
    assert (report.unchanged, report.added, report.embedded) == (3, 1, 1)
    assert [entry.article for entry in entries(base) if entry.article.id != "articles/new.txt"] == articles(base)
    assert Index.open(base / "index").search(QUESTION)[0].article.id == "articles/new.txt"
