"""Whatever happens to an archive and its index, and in whatever order, a run with prune makes the index what a fresh build would."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from newsdex import Article, Chunking, Index, IndexMissing, Options, Report, Span, UsageError, index_paths
from newsdex.indexer.upkeep.rebuild import rebuild_index, rollback_index
from newsdex.indexer.upkeep.status import read_status
from newsdex.indexer.upkeep.verify import verify
from newsdex.store.manifest import generations
from newsdex.store.snapshot import Snapshot

QUESTIONS = ["The river rose after the rain.", "drivers on strike", "Who voted on the budget?"]
OLD_NS = 1_700_000_000_000_000_000  # a time stamp that no file system is still unsure about
TICK_NS = 1_000_000_000
SENTENCES = [
    "The river rose by two metres after three days of rain.",
    "Drivers of the night buses are on strike.",
    "Parliament voted on the budget, and the opposition walked out.",
    "A ferry ran aground off the island; nobody was hurt.",
    "Prices fell again.",
    "The bridge over the river is closed until May.",
    "“We shall not go back”, the minister said.",
]

FILES = st.builds("{}{}.{}".format, st.sampled_from(["", "sub/"]), st.sampled_from("abc"), st.sampled_from(["txt", "md", "jsonl"]))
IDS = st.sampled_from(["", "id0", "id1", "id2", "id3"])
NUMBERS = st.integers(0, 30)
RECORDS = st.lists(st.tuples(IDS, NUMBERS), max_size=4)
PICKS = st.integers(0, 17)

Hits = list[list[tuple[float, str, int, int, Span]]]


@dataclass(frozen=True)
class State:
    """All that a reader can learn of an index: its articles with their sentences, passages and vectors, by id, and what it answers."""

    articles: Mapping[str, tuple[Article, list[Span], list[Span], list[list[float]]]]
    hits: Hits


def text_of(number: int) -> str:
    """A text of no, one or several passages; different numbers give different ones."""
    if not number:
        return " \n"
    count = 1 + number % 3 * (3 + number % 7)
    paragraphs = [" ".join(SENTENCES[(number * i + j) % len(SENTENCES)] for j in range(1 + i % 3)) for i in range(count)]
    return f"Report {number}\n\n" + "\n\n".join(paragraphs) + "\n"


def state(folder: Path) -> State:
    """What the index holds, read anew."""
    snapshot = Snapshot.open(folder)
    entries = [snapshot.segments[number].entry(row) for number, row in snapshot.articles()]
    assert len({entry.article.id for entry in entries}) == len(entries) == snapshot.manifest.articles
    articles = {e.article.id: (e.article, list(e.sentences), list(e.passages), np.asarray(e.vectors).tolist()) for e in entries}
    with Index.open(folder) as index:
        found = [index.search(question, limit=20) for question in QUESTIONS]
    hits = [[(hit.score, hit.article.id, hit.passage.start, hit.passage.end, hit.answer) for hit in answer] for answer in found]
    return State(articles, hits)


class ArchiveMachine(RuleBasedStateMachine):
    """An archive folder that people work in, and the index of it.

    No id is in two files at once: which of the two had it would depend on which came first.
    """

    def __init__(self) -> None:
        super().__init__()
        self.base = Path(tempfile.mkdtemp(prefix="newsdex-"))
        self.sources, self.folder = self.base / "archive", self.base / "index_data"
        self.sources.mkdir()
        self.ids: dict[str, set[str]] = {}  # of each file in the archive
        self.ticks = 0
        self.replaced: dict[str, State] = {}  # what a rollback to a commit shall give back
        self.left: dict[str, State] = {}  # of each generation, when another took its place

    def teardown(self) -> None:
        shutil.rmtree(self.base)

    @initialize(records=RECORDS, number=NUMBERS)
    def begin(self, records: list[tuple[str, int]], number: int) -> None:
        """Two files to begin with."""
        self._put("a.jsonl", records, fresh=False)
        self._put("sub/b.md", [("id0", number)], fresh=False)

    @rule(name=FILES, records=RECORDS, fresh=st.booleans())
    def add(self, name: str, records: list[tuple[str, int]], fresh: bool) -> None:
        """A new file, or one that is written over."""
        self._put(name, records, fresh)

    @precondition(lambda self: self.ids)
    @rule(pick=PICKS, records=RECORDS, fresh=st.booleans())
    def change(self, pick: int, records: list[tuple[str, int]], fresh: bool) -> None:
        """Other articles in a file that is there."""
        self._put(self._pick(pick), records, fresh)

    @precondition(lambda self: self.ids)
    @rule(pick=PICKS)
    def delete(self, pick: int) -> None:
        """A file goes."""
        name = self._pick(pick)
        (self.sources / name).unlink()
        del self.ids[name]

    @precondition(lambda self: self.ids)
    @rule(pick=PICKS, to=FILES)
    def move(self, pick: int, to: str) -> None:
        """A file gets another name, and keeps its time stamp; one that had the name is gone."""
        name = self._pick(pick)
        to = to.rpartition(".")[0] + name[name.rindex(".") :]
        if to != name:
            (self.sources / to).parent.mkdir(exist_ok=True)
            (self.sources / name).replace(self.sources / to)
            self.ids[to] = self.ids.pop(name)

    @precondition(lambda self: self.ids)
    @rule(pick=PICKS)
    def touch(self, pick: int) -> None:
        """A new time stamp on the same content."""
        self._stamp(self.sources / self._pick(pick))

    @rule()
    def index_with_prune(self) -> None:
        """The index is what a fresh build is."""
        report = self._index(prune=True)
        if report is None:
            return
        fresh, now = self._fresh(), state(self.folder)
        assert now == fresh
        assert list(verify(self.folder, sources=False)) == []
        assert report.added + report.updated + report.unchanged == len(fresh.articles)
        assert report.vanished == 0
        assert read_status(self.folder).missing == []

    @rule()
    def index_without_prune(self) -> None:
        """The index has all that a fresh build has, and the articles that have vanished."""
        report = self._index(prune=False)
        if report is None:
            return
        fresh, now = self._fresh(), state(self.folder)
        assert {article_id: now.articles[article_id] for article_id in fresh.articles} == fresh.articles
        assert report.removed == 0
        assert report.vanished == len(now.articles) - len(fresh.articles)

    @precondition(lambda self: self.folder.exists())
    @rule(max_tokens=st.sampled_from([64, 128]))
    def rebuild_with(self, max_tokens: int) -> None:
        """The same articles in a new generation, cut by these settings."""
        pointer, before = Snapshot.open(self.folder).pointer, state(self.folder)
        report = rebuild_index(self.folder, Options(chunking=Chunking(max_tokens)))
        snapshot, after = Snapshot.open(self.folder), state(self.folder)
        assert (snapshot.manifest.chunking, snapshot.manifest.replaced) == (Chunking(max_tokens), pointer)
        assert {i: article for i, (article, *_) in after.articles.items()} == {i: article for i, (article, *_) in before.articles.items()}
        assert report.added == len(after.articles)
        self.replaced[pointer] = self.left[pointer.partition("/")[0]] = before

    @precondition(lambda self: self.folder.exists())
    @rule()
    def roll_back(self) -> None:
        """The index is what it was before the rebuild, or what updates after an earlier rollback have made of that."""
        current = Snapshot.open(self.folder)
        pointer = current.manifest.replaced
        self.left[current.manifest.generation] = state(self.folder)
        if pointer and (self.folder / pointer).exists():
            assert rollback_index(self.folder).pointer == pointer
            assert state(self.folder) == self.replaced[pointer]
        elif pointer and (generation := pointer.partition("/")[0]) in generations(self.folder):
            assert rollback_index(self.folder).manifest.generation == generation
            assert state(self.folder) == self.left[generation]
        else:
            with pytest.raises(IndexMissing):
                rollback_index(self.folder)
            assert Snapshot.open(self.folder).pointer == current.pointer

    @precondition(lambda self: len(generations(self.folder)) > 1)
    @rule(newest=st.booleans())
    def roll_to(self, newest: bool) -> None:
        """A generation that is named is what it was when it was left."""
        current = Snapshot.open(self.folder)
        self.left[current.manifest.generation] = state(self.folder)
        there = list(generations(self.folder))
        to = there[-1] if newest else there[0]
        assert rollback_index(self.folder, to).manifest.generation == to
        assert state(self.folder) == self.left[to]

    @precondition(lambda self: self.folder.exists())
    @rule(deep=st.booleans())
    def look_at_every_byte(self, deep: bool) -> None:
        """There is nothing to find."""
        assert list(verify(self.folder, sources=False, deep=deep)) == []

    def _index(self, *, prune: bool) -> Report | None:
        """A run; None where there was nothing to make an index of."""
        there = self.folder.exists()
        try:
            return index_paths([self.sources], self.folder, Options(model="hash", prune=prune))
        except UsageError:
            assert not there
            assert not self._texts()
            shutil.rmtree(self.folder, ignore_errors=True)
            return None

    def _fresh(self) -> State:
        """A new index of the same files with the same settings."""
        chunking, fresh = Snapshot.open(self.folder).manifest.chunking, self.base / "fresh"
        try:
            index_paths([self.sources], fresh, Options(model="hash", chunking=chunking))
            return state(fresh)
        except UsageError:
            assert not self._texts()
            return State({}, [[] for _ in QUESTIONS])
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _texts(self) -> list[str]:
        """The files that have more in them than white space and empty articles."""
        return [path.name for path in self.sources.rglob("*.*") if "Report" in path.read_text(encoding="utf-8")]

    def _pick(self, pick: int) -> str:
        return sorted(self.ids)[pick % len(self.ids)]

    def _put(self, name: str, records: Sequence[tuple[str, int]], fresh: bool) -> None:
        """Write a file of these articles, each an id or none and a number; where only one fits, the first."""
        path, suffix = self.sources / name, name.rpartition(".")[2]
        taken = set[str]().union(*(ids for other, ids in self.ids.items() if other != name))
        own: list[tuple[str, int]] = []
        for article_id, number in records if suffix == "jsonl" else [*records, ("", 1)][:1]:
            free = article_id not in taken and article_id not in {used for used, _ in own}
            own.append((article_id if free and suffix != "txt" else "", number))
        self.ids[name] = {article_id for article_id, _ in own if article_id}
        path.parent.mkdir(exist_ok=True)
        path.write_text(self._content(suffix, own), encoding="utf-8")
        if not fresh:
            self._stamp(path)

    def _content(self, suffix: str, records: Sequence[tuple[str, int]]) -> str:
        if suffix == "jsonl":
            named = [({"_id": article_id} if article_id else {}, number) for article_id, number in records]
            return "".join(json.dumps({**fields, "title": f"T{n % 2}", "text": text_of(n)}) + "\n" for fields, n in named)
        article_id, number = records[0]
        front = f"---\nid: {article_id}\ndate: 2024-04-{1 + number % 28:02}\n---\n" if article_id else ""
        return front + text_of(number)

    def _stamp(self, path: Path) -> None:
        """Last changed long ago, but later than anything before."""
        self.ticks += 1
        os.utime(path, ns=(OLD_NS + self.ticks * TICK_NS,) * 2)


def run(examples: int, steps: int) -> None:
    """Let the machine run ``examples`` times, each for so many steps at most."""
    run_state_machine_as_test(
        ArchiveMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.reuse, Phase.generate, Phase.shrink],
        ),
    )


@pytest.mark.timeout(400)  # a failure takes minutes to be made small
def test_any_history_ends_where_a_fresh_build_does() -> None:
    """After any series of changes, runs, rebuilds and rollbacks, a run with prune makes the index what a fresh build of the folder is."""
    run(examples=30, steps=25)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_long_histories_end_where_a_fresh_build_does() -> None:
    """The same is so in more series, and in longer ones."""
    run(examples=150, steps=50)


@pytest.mark.parametrize("prune", [False, True])
@pytest.mark.parametrize("only", [pytest.param(False, id="the folder"), pytest.param(True, id="the file by its name")])
def test_a_file_that_was_renamed_and_renamed_back_keeps_its_articles(tmp_path: Path, only: bool, prune: bool) -> None:
    """An article goes with its file to another name and back, time stamp and all, and a run after each finds it where it is, whether the
    run between them looks at the whole folder or only at the file.
    """
    archive, folder = tmp_path / "archive", tmp_path / "index_data"
    archive.mkdir()
    here, there = archive / "a.md", archive / "b.md"
    here.write_text("---\nid: x\n---\nThe river rose.\n", encoding="utf-8")
    os.utime(here, ns=(OLD_NS, OLD_NS))
    index_paths([archive], folder, Options(model="hash"))
    here.rename(there)
    assert index_paths([there if only else archive], folder, Options(model="hash")).updated == 1
    there.rename(here)
    report = index_paths([archive], folder, Options(model="hash", prune=prune))
    assert (report.updated, report.vanished, report.removed) == (1, 0, 0)
    assert {key: article.path for key, (article, *_) in state(folder).articles.items()} == {"x": here}
