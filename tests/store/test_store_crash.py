"""Any call to the file system may fail or be the last one: readers see the old version or the new one, and the next run finishes.

The module ``os`` in newsdex.store.files, through which the store changes files, is replaced by a Disk that can fail, end the process,
or lose power at any call. For a real process it is one that kills it.
"""

from __future__ import annotations

import errno
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from indexes import LONG_AGO, put
from killing import ENVIRONMENT
from logged import assert_logged, without_log

from newsdex import Article, Chunking, Hit, Index, IndexMissing, IndexUnwritable, Options, Report, Span, index_paths
from newsdex.indexer.upkeep.rebuild import rebuild_index
from newsdex.indexer.upkeep.verify import verify
from newsdex.store import files
from newsdex.store import writer as writer_module
from newsdex.store.log import read_entries
from newsdex.store.manifest import read_pointer
from newsdex.store.snapshot import Snapshot

SIZES = ("SEGMENT_PASSAGES", "SMALL_SEGMENTS", "LARGE_SEGMENT_PASSAGES", "FULL_SEGMENTS")
QUESTIONS = ["The river rose after the rain.", "drivers on strike", "late harvest"]

# Does what Scenario.run does, and kills itself at call N that changes files: before it, or when half of what it writes is written.
DRIVER = """
import sys
from pathlib import Path

from killing import Killing

from newsdex import Chunking, Options, index_paths
from newsdex.indexer.upkeep.rebuild import rebuild_index
from newsdex.store import files, writer

last, base, rebuilds, *sizes = int(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:])
writer.SEGMENT_PASSAGES, writer.SMALL_SEGMENTS, writer.LARGE_SEGMENT_PASSAGES, writer.FULL_SEGMENTS = sizes
killing = files.os = Killing(last)
for name in ("mkdir", "rmdir"):
    setattr(Path, name, killing.counted(getattr(Path, name)))
if rebuilds:
    rebuild_index(base / "store" / "index_data", Options(chunking=Chunking(title=False)))
else:
    index_paths([base / "articles"], base / "store" / "index_data", Options(model="hash", prune=True))
"""

Error = Callable[[], BaseException]
Keep = Callable[[str], bool]
Tree = dict[str, bytes | None]  # the content of files, None for folders
Content = frozenset[tuple[str, bytes | None]]


class Crash(BaseException):
    """The process ends here: nothing after it is executed."""


class Disk:
    """Does what ``os`` does, counts what may change files, and lets call ``at`` fail, or that and all after it.

    It also keeps account of what would be there after a power cut: of a file, what it held at its last fsync; of a folder, the
    names it had at its last fsync, and perhaps some of the later ones.
    """

    def __init__(self, root: Path, error: Error | None = None, at: int = 0, onwards: bool = False) -> None:
        self.calls: list[str] = []
        self.root, self.error, self.at, self.onwards = root, error, at, onwards
        self._paths: dict[int, Path] = {}  # of open descriptors
        self._ids: dict[int, int] = {}  # of files, by inode number, which may be used again
        self._synced: dict[int, bytes] = {}  # content, by id
        self._names: dict[Path, dict[str, int]] = {}  # of files by id, of folders -1
        for path in root.rglob("*"):
            if path.is_file():
                self._created(path, path.read_bytes())
        for folder in (root, *(path for path in root.rglob("*") if path.is_dir())):
            self._names[folder] = self._entries(folder)

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def open(self, path: Path, flags: int, mode: int = 0o777) -> int:
        self._count(f"open {path.name}")
        new = bool(flags & os.O_CREAT) and not path.exists()
        descriptor = os.open(path, flags, mode)
        self._paths[descriptor] = path
        if new:
            self._created(path, b"")
        return descriptor

    def write(self, descriptor: int, content: memoryview) -> int:
        self._count(f"write {self._paths[descriptor].name}", lambda: os.write(descriptor, content[: len(content) // 2]))
        return os.write(descriptor, content)

    def pwrite(self, descriptor: int, content: bytes, offset: int) -> int:
        self._count(f"pwrite {self._paths[descriptor].name}", lambda: os.pwrite(descriptor, content[: len(content) // 2], offset))
        return os.pwrite(descriptor, content, offset)

    def ftruncate(self, descriptor: int, size: int) -> None:
        self._count(f"ftruncate {self._paths[descriptor].name}")
        os.ftruncate(descriptor, size)

    def fsync(self, descriptor: int) -> None:
        path = self._paths[descriptor]
        self._count(f"fsync {path.name}")  # and no more: the real disk is not what is tested
        if path.is_dir():
            self._names[path] = self._entries(path)
        else:
            self._synced[self._ids[os.fstat(descriptor).st_ino]] = path.read_bytes()

    def replace(self, old: Path, new: Path) -> None:
        self._count(f"replace {new.name}")
        os.replace(old, new)

    def unlink(self, path: Path) -> None:
        self._count(f"unlink {path.name}")
        os.unlink(path)

    def mkdir(self, path: Path) -> None:
        self._count(f"mkdir {path.name}")
        os.mkdir(path)  # noqa: PTH102 - Path.mkdir is what this stands for

    def after_power_cut(self, keep: Keep) -> Tree:
        """What is certain to be on the disk, and of the names that are not, as they are now, those that ``keep``."""
        return {path.relative_to(self.root).as_posix(): content for path, content in self._survivors(self.root, keep)}

    def _survivors(self, folder: Path, keep: Keep) -> Iterator[tuple[Path, bytes | None]]:
        yield folder, None
        certain, now = self._names.get(folder, {}), self._entries(folder) if folder.exists() else {}
        for name in certain.keys() | now.keys():
            identity = (now if keep(name) else certain).get(name)
            if identity == -1:
                yield from self._survivors(folder / name, keep)
            elif identity is not None:
                yield folder / name, self._synced[identity]

    def _count(self, call: str, begin: Callable[[], object] = lambda: None) -> None:
        self.calls.append(call)
        if self.error and (len(self.calls) == self.at or (self.onwards and len(self.calls) > self.at)):
            begin()
            raise self.error()

    def _created(self, path: Path, content: bytes) -> None:
        self._ids[path.stat().st_ino] = len(self._synced)
        self._synced[len(self._synced)] = content

    def _entries(self, folder: Path) -> dict[str, int]:
        return {path.name: -1 if path.is_dir() else self._ids[path.stat().st_ino] for path in folder.iterdir()}


@contextmanager
def using(disk: Disk) -> Iterator[None]:
    """While this lasts, the store works on ``disk``."""

    def mkdir(path: Path, **_: object) -> None:
        if not path.is_dir():
            disk.mkdir(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "os", disk)
        patch.setattr(Path, "mkdir", mkdir)
        yield


@dataclass(frozen=True)
class State:
    """All that a reader can learn of an index."""

    answers: list[list[Hit]]
    articles: list[tuple[Article, Sequence[Span], Sequence[Span], bytes, bytes]] = field(repr=False)


@dataclass(frozen=True)
class Scenario:
    """Articles in ``base/articles``, and an index in ``base/store/index_data`` that a run brings from ``before`` to ``after``.

    ``original`` is what ``base/store`` holds before the run, ``rebuild`` are the new settings if it is a rebuild, and ``calls`` are those
    of a run in which nothing fails.
    """

    base: Path
    original: Tree
    before: State | None
    after: State
    rebuild: Chunking | None
    calls: list[str] = field(default_factory=list)
    examined: dict[Content, State | None] = field(default_factory=dict)
    states: dict[Content, State | None] = field(default_factory=dict)

    @property
    def store(self) -> Path:
        """All that the store may change."""
        return self.base / "store"

    @property
    def folder(self) -> Path:
        """The index."""
        return self.store / "index_data"

    def begin(self, error: Error | None = None, at: int = 0, onwards: bool = False) -> Disk:
        """A disk with the index as it was before the run."""
        put_tree(self.store, self.original)
        return Disk(self.store, error, at, onwards)

    def run(self) -> Report:
        """The run."""
        if self.rebuild:
            return rebuild_index(self.folder, Options(chunking=self.rebuild, wait_seconds=0))
        return index_paths([self.base / "articles"], self.folder, Options(model="hash", prune=True, wait_seconds=0))

    def examine(self, tree: Tree | None = None) -> State | None:
        """The state of the index, as it is or in ``tree``, whose log can be read; a run without faults must finish what was begun.

        The index is then what a fresh build makes, and holds the files of two commits and no others. As all of this depends on the
        files alone, the same files are examined once.
        """
        if tree is None:
            tree = get_tree(self.store)
        files_there = frozenset((name, content) for name, content in tree.items() if not name.endswith("/LOCK"))
        if files_there not in self.examined:
            put_tree(self.store, tree)
            self.examined[files_there] = self.state()
            if self.examined[files_there]:
                read_entries(self.folder, read_pointer(self.folder))
            with using(Disk(self.store)):
                self.run()
            assert self.state() == self.after
            assert_logged(self.folder)
            needless = names(self.folder) - {"LOCK", "CURRENT", "CURRENT.new", "CURRENT.tmp", *needed(self.folder)}
            assert not needless or (self.rebuild and not any(name.startswith("g000003") for name in needless))
        return self.examined[files_there]

    def state(self) -> State | None:
        """The state of the index, which the same files have but once; no reader reads the log, which has times, nor the journal."""
        there = frozenset((name, content) for name, content in get_tree(self.store).items() if not re.search("/(LOCK|log/|journal-)", name))
        if there not in self.states:
            self.states[there] = state(self.folder)
        return self.states[there]

    def places(self) -> list[int]:
        """The numbers of the calls at which a run is broken off: of writes to one file in a row, the first and the last."""
        last = len(self.calls)
        return [at for at in range(1, last + 1) if at in (1, last) or len(set(self.calls[at - 2 : at + 1])) > 1]


def get_tree(root: Path) -> Tree:
    """All files and folders in ``root``, itself included, folders before what is in them."""
    paths = [root, *sorted(root.rglob("*"))]
    return {path.relative_to(root).as_posix(): None if path.is_dir() else path.read_bytes() for path in paths}


def put_tree(root: Path, tree: Tree) -> None:
    """Make ``root`` hold ``tree``; what is there already stays, which saves most of the time of these tests."""
    there = get_tree(root)
    for name in reversed(list(there)):
        if name not in tree or there[name] != tree[name]:
            (root / name).rmdir() if there[name] is None else (root / name).unlink()
    for name, content in tree.items():
        if name not in there or there[name] != content:
            (root / name).mkdir() if content is None else (root / name).write_bytes(content)


def state(folder: Path) -> State | None:
    """The state of the index, read anew; None when there is none."""
    try:
        with Index.open(folder) as index:
            answers = [list(index.search(question, limit=100)) for question in QUESTIONS]
    except IndexMissing:
        return None
    snapshot = Snapshot.open(folder)
    entries = [snapshot.segments[number].entry(row) for number, row in snapshot.articles()]
    articles = [(e.article, e.sentences, e.passages, e.keys.tobytes(), e.vectors.tobytes()) for e in entries]
    return State(answers, sorted(articles, key=lambda article: article[0].id))


def names(folder: Path) -> set[str]:
    """The files of an index, but for the log, and the journal, which may serve a later run."""
    files_there = without_log({path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()})
    return {name for name in files_there if "/journal-" not in name}


def needed(folder: Path) -> set[str]:
    """The files of the current commit, of those that it names as the one before it and as the one that it replaced, and so on."""
    pointers, names_there = [(folder / "CURRENT").read_text().strip()], set()
    for pointer in pointers:
        if (folder / pointer).exists():
            commit = json.loads((folder / pointer).read_text())
            pointers += filter(None, (commit["previous"], commit["replaced"]))
            records = [file for each in commit["source_lists"] for file in (each["file"], each["blocks"])]
            for segment in commit["segments"]:
                records += [*segment["files"].values(), *([segment["deleted"]] if segment["deleted"] else [])]
            names_there |= {pointer, *(f"{commit['generation']}/{record['name']}" for record in records)}
    return names_there


def put_articles(articles: Path, commit: int, count: int) -> None:
    """So many articles more."""
    articles.mkdir(exist_ok=True)
    for article in range(count):
        text = f"---\ntitle: Report {commit}\n---\nThe river rose by {commit}{article} metres after the rain. Two roads are closed.\n"
        put(articles / f"{commit}-{article}.md", text)


def scenario(base: Path, commits: Sequence[int], chunking: Chunking | None) -> Scenario:
    """A run that adds, changes and removes articles, or one that rebuilds, after commits of so many articles."""
    articles, store = base / "articles", base / "store"
    store.mkdir()
    options = Options(model="hash", prune=True)
    for commit, count in enumerate(commits):
        put_articles(articles, commit, count)
        index_paths([articles], store / "index_data", options)
    before, original = state(store / "index_data"), get_tree(store)
    if commits and not chunking:
        put(articles / "0-1.md", "# Harvest\n\nA late harvest after the rain.\n", LONG_AGO + 1)
        (articles / "0-2.md").unlink()
    if not chunking:
        put_articles(articles, 9, 2)
    index_paths([articles], base / "fresh" / "index_data", replace(options, chunking=chunking))
    after = state(base / "fresh" / "index_data")
    assert after
    run = Scenario(base, original, before, after, chunking)
    disk = run.begin()
    with using(disk):
        run.run()
    assert state(run.folder) == after
    run.calls.extend(disk.calls)
    return run


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(([], None, ()), id="first build"),
        pytest.param(([4, 1], None, ()), id="update"),
        pytest.param(([4, 1, 1], None, (3, 1)), id="update that merges small segments"),
        pytest.param(([4, 4, 2], None, (3, 1, 24, 3)), id="update that merges full segments"),
        pytest.param(([3, 1], Chunking(title=False), ()), id="rebuild"),
    ],
)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenario]:
    """Each kind of run."""
    with pytest.MonkeyPatch.context() as patch:
        commits, chunking, sizes = request.param
        for name, size in zip(SIZES, sizes, strict=False):
            patch.setattr(writer_module, name, size)
        yield scenario(tmp_path_factory.mktemp("crash"), commits, chunking)


def test_the_order_of_the_calls(case: Scenario) -> None:
    """Each new file is opened, written and synced, then its folder, then CURRENT replaced and its folder synced; only then are files
    removed. CURRENT.new is on the disk before the commit is.
    """
    disk = case.begin()
    with using(disk):
        case.run()
    calls, published = disk.calls, disk.calls.index("replace CURRENT")
    new = get_tree(case.store).keys() - case.original.keys() - {"index_data/CURRENT", "index_data/LOCK"}
    new_files = {Path(name).name for name in new if (case.store / name).is_file() and "/log/" not in name}
    assert {name.rpartition(".")[2] for name in new_files} >= {"articles", "texts", "faiss", "json"}
    generation = (case.folder / "CURRENT").read_text().partition("/")[0]
    folder_synced = max(i for i, call in enumerate(calls[:published]) if call == f"fsync {generation}")
    for name in new_files:
        opened, *written, synced = [i for i, call in enumerate(calls) if call.endswith(f" {name}") and call != f"unlink {name}"]
        assert [calls[opened], *{calls[i] for i in written}, calls[synced]] == [f"open {name}", f"write {name}", f"fsync {name}"]
        assert synced < folder_synced
    prepared = calls.index("open CURRENT.new")
    assert calls[prepared + 1 : prepared + 5] == ["write CURRENT.new", "fsync CURRENT.new", "open index_data", "fsync index_data"]
    assert prepared + 5 <= next(i for i, call in enumerate(calls) if call.startswith("open commit-"))
    assert calls[published + 1 : published + 3] == ["open index_data", "fsync index_data"]
    assert {call.split()[0] for call in calls[published + 3 :]} <= {"unlink"}


FAILURES = {
    errno.EIO: "Input/output error. Run the same command again",
    errno.ENOSPC: "No space left on device. The disk is full: free some space (newsdex status names what an interrupted run has left) "
    "and run the same command again",
}


@pytest.mark.parametrize("onwards", [pytest.param(False, id="once"), pytest.param(True, id="from then on")])
def test_a_call_fails(case: Scenario, onwards: bool) -> None:
    """Whichever call fails, the run ends as if it had not, or raises IndexUnwritable with a cure; readers see one whole version."""
    for at in case.places():
        number, call, raised = list(FAILURES)[(at + onwards) % 2], case.calls[at - 1], None
        disk = case.begin(partial(OSError, number, os.strerror(number)), at, onwards)
        reader = Index.open(case.folder) if case.before else None
        with using(disk):
            try:
                case.run()
            except IndexUnwritable as error:
                raised = error
        allowed = (case.before, case.after) if raised else (case.after,)
        if raised:
            assert f"cannot write {case.store}" in str(raised), call
            assert FAILURES[number] in str(raised), call
        if reader:
            assert list(reader.search(QUESTIONS[0], limit=100)) in [version.answers[0] for version in allowed if version], call
        assert case.examine() in allowed, call


def test_the_process_ends(case: Scenario) -> None:
    """Whichever call is the last of a process, readers see the version before or the one after, and the next run finishes."""
    published = case.calls.index("replace CURRENT") + 1
    for at in case.places():
        with using(case.begin(Crash, at, onwards=True)), pytest.raises(Crash):
            case.run()
        assert case.examine() == (case.before if at <= published else case.after), case.calls[at - 1]


def some(name: str) -> bool:
    """Half of all names."""
    return zlib.crc32(name.encode()) % 2 == 0


POWER_CUTS: dict[str, Keep] = {
    "no name but the synced": lambda _: False,
    "all names": lambda _: True,
    "some names": some,
    "other names": lambda name: not some(name),
    "the pointer first": lambda name: name == "CURRENT",
}


def test_the_power_is_cut(case: Scenario) -> None:
    """Whenever the power is cut, what was not synced may be lost in any part, and readers see the version before or the one after."""
    for at in case.places():
        disk = case.begin(Crash, at, onwards=True)
        with using(disk), pytest.raises(Crash):
            case.run()
        for name, tree in [(name, disk.after_power_cut(keep)) for name, keep in POWER_CUTS.items()]:
            assert case.examine(tree) in (case.before, case.after), f"{case.calls[at - 1]}, {name}"


def test_what_was_reported_as_done_survives_a_power_cut(case: Scenario) -> None:
    """After a run has returned, nothing of it is lost, whenever the power is cut."""
    disk = case.begin()
    with using(disk):
        case.run()
    for name, tree in [(name, disk.after_power_cut(keep)) for name, keep in POWER_CUTS.items()]:
        assert case.examine(tree) == case.after, name


def test_an_interrupted_run_embeds_nothing_twice(case: Scenario) -> None:
    """What was embedded before a run was killed is not embedded again, even when a run before that left a torn record."""
    [written] = [number for number, call in enumerate(case.calls, 1) if call.startswith("write journal-")]
    published = case.calls.index("replace CURRENT") + 1
    for at in (written + 1, (written + published) // 2, published):
        with using(case.begin(Crash, at, onwards=True)), pytest.raises(Crash):
            case.run()
        assert case.run().embedded == 0, case.calls[at - 1]
    with using(case.begin(Crash, written, onwards=True)), pytest.raises(Crash):
        case.run()
    with using(Disk(case.store, Crash, published - 8, onwards=True)), pytest.raises(Crash):
        case.run()
    assert case.run().embedded == 0
    assert state(case.folder) == case.after


def test_a_run_that_finishes_what_another_began_survives_a_power_cut(case: Scenario) -> None:
    """After a run that followed a crash has returned, nothing of it is lost, whichever call was the last one of the run before."""
    places = case.places()
    for at in sorted({*places[:16], *places[16:-16:4], *places[-16:]}):
        disk = case.begin(Crash, at, onwards=True)
        with using(disk):
            with pytest.raises(Crash):
                case.run()
            disk.error = None
            case.run()
        assert case.examine(disk.after_power_cut(lambda _: False)) == case.after, case.calls[at - 1]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_real_process_is_killed_at_every_call(case: Scenario) -> None:
    """By SIGKILL: readers see the version before or the one after, never again the one before when the one after has been seen, and what
    the next run makes is whole to the last byte.
    """
    published = False
    settings = [int(case.rebuild is not None), *(getattr(writer_module, name) for name in SIZES)]
    for call in itertools.count(1):
        case.begin()
        command = [sys.executable, "-c", DRIVER, str(call), str(case.base), *map(str, settings)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=ENVIRONMENT)
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        seen = case.examine()
        assert seen == case.after or (seen == case.before and done.returncode and not published), call
        published = seen == case.after
        case.run()
        assert list(verify(case.folder, deep=True)) == [], call
        if not done.returncode:
            break
    assert published
    assert call > 20
