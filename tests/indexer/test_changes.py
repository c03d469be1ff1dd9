"""What a run adds, updates, keeps and removes, and what it costs."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsdex.encoder import Vectors
from newsdex.engines.hashing import HashEncoder
from newsdex.errors import IndexMissing, SourceError, UsageError
from newsdex.indexer import readers
from newsdex.indexer.build import Options, Progress, index_paths, plan
from newsdex.indexer.readers import Format, plain
from newsdex.indexer.report import Report
from newsdex.indexer.source import Source
from newsdex.indexer.upkeep.status import read_status
from newsdex.records import Article, Span
from newsdex.search.index import Index
from newsdex.settings import Chunking
from newsdex.store.log import read_entries
from newsdex.store.manifest import read_pointer
from newsdex.store.snapshot import Snapshot

CHUNKING = Chunking(64)
OLD_NS = 1_700_000_000_000_000_000  # a time stamp that no file system is still unsure about

Counts = tuple[int, int, int, int, int, int]


class Archive:
    """A folder of sources and the index of it, in the same folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sources = folder / "src"
        self.index_folder = folder / "index_data"
        self.sources.mkdir(parents=True)

    def write(self, name: str, text: str | bytes, mtime_ns: int = OLD_NS) -> Path:
        """A source file that was last changed at ``mtime_ns``."""
        path = self.sources / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        os.utime(path, ns=(mtime_ns, mtime_ns))
        return path

    def write_records(self, name: str, records: Mapping[str, str], mtime_ns: int = OLD_NS) -> Path:
        """A JSONL file of an article an id."""
        return self.write(name, "".join(json.dumps({"_id": key, "text": text}) + "\n" for key, text in records.items()), mtime_ns)

    def index(self, *names: str, prune: bool = False, on_progress: Callable[[Progress], None] | None = None) -> Report:
        """A run over the files and folders of these names, or all."""
        options = Options(model="hash", chunking=CHUNKING, prune=prune, on_progress=on_progress)
        return index_paths(self._paths(names), self.index_folder, options)

    def plan(self, *names: str, prune: bool = False) -> Report:
        return plan(self._paths(names), self.index_folder, Options(prune=prune))

    def texts(self) -> dict[str, str]:
        """The text of each article, by its id."""
        return {article.id: article.text for article, *_ in state(self.index_folder).values()}

    def places(self) -> dict[str, str]:
        """The file of each article, by its id."""
        return {article.id: article.path.relative_to(self.sources).as_posix() for article, *_ in state(self.index_folder).values()}

    def commit(self) -> int:
        return Snapshot.open(self.index_folder).manifest.commit

    def check(self) -> None:
        """The index holds what one that is built anew of the same files holds: articles, sentences, passages and vectors."""
        fresh = self.folder / "fresh"
        index_paths([self.sources], fresh, Options(model="hash", chunking=CHUNKING))
        assert state(self.index_folder) == state(fresh)
        shutil.rmtree(fresh)

    def _paths(self, names: Sequence[str]) -> list[Path]:
        return [self.sources / name for name in names] or [self.sources]


def state(index_folder: Path) -> dict[str, tuple[Article, list[Span], list[Span], list[list[float]]]]:
    """All that an index holds, by the articles' ids."""
    snapshot = Snapshot.open(index_folder)
    entries = [snapshot.segments[number].entry(row) for number, row in snapshot.articles()]
    assert len({entry.article.id for entry in entries}) == len(entries) == snapshot.manifest.articles
    return {e.article.id: (e.article, list(e.sentences), list(e.passages), np.asarray(e.vectors).tolist()) for e in entries}


def counts(report: Report) -> Counts:
    return report.added, report.updated, report.unchanged, report.removed, report.vanished, report.embedded


def reasons(report: Report) -> dict[str, str]:
    return {problem.path.name: problem.reason for problem in report.problems}


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An empty archive."""
    return Archive(tmp_path / "archive")


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All texts that are embedded, as the encoder gets them."""
    texts: list[str] = []
    encode = HashEncoder.encode_passages

    def encode_passages(self: HashEncoder, passages: Sequence[str]) -> Vectors:
        texts.extend(passages)
        return encode(self, passages)

    monkeypatch.setattr(HashEncoder, "encode_passages", encode_passages)
    return texts


def test_first_run_adds_everything(archive: Archive, embedded: list[str]) -> None:
    """Each article is added, and each passage embedded, with its title before it."""
    archive.write("a.txt", "Alpha.")
    archive.write("sub/b.md", "---\ntitle: Bees\n---\nBeta.")
    archive.write_records("c.jsonl", {"x": "Gamma.", "y": "Delta."})
    report = archive.index()

    assert counts(report) == (4, 0, 0, 0, 0, 4)
    assert (report.passages, report.problems, report.missing) == (4, [], [])
    assert sorted(embedded) == ["Alpha.", "Bees\nBeta.", "Delta.", "Gamma."]
    assert archive.places() == {"src/a.txt": "a.txt", "src/sub/b.md": "sub/b.md", "x": "c.jsonl", "y": "c.jsonl"}


def test_unchanged_files_cost_nothing(archive: Archive, embedded: list[str]) -> None:
    """A second run embeds nothing and writes nothing: the version of the index stays the same."""
    archive.write("a.txt", "Alpha.")
    archive.write_records("b.jsonl", {"x": "Beta.", "y": "Gamma."})
    archive.index()
    embedded.clear()
    before = archive.commit(), state(archive.index_folder)
    report = archive.index()

    assert counts(report) == (0, 0, 3, 0, 0, 0)
    assert report.passages == 0
    assert embedded == []
    assert (archive.commit(), state(archive.index_folder)) == before


def test_file_of_the_same_size_and_time_is_not_read(archive: Archive) -> None:
    """Size and time stamp are enough to pass over a file that was at rest when it was read."""
    archive.write("a.txt", "Alpha one.")
    archive.index()
    archive.write("a.txt", "Alpha two.")

    assert counts(archive.index()) == (0, 0, 1, 0, 0, 0)
    assert archive.texts() == {"src/a.txt": "Alpha one."}


def test_file_changed_within_the_same_second_is_noticed(archive: Archive) -> None:
    """A file that was read when it had just been written is looked into again, though its size and time stamp are the same."""
    path = archive.write("a.txt", "Alpha one.")
    path.touch()
    mtime_ns = path.stat().st_mtime_ns
    archive.index()
    archive.write("a.txt", "Alpha two.", mtime_ns)

    assert counts(archive.index()) == (0, 1, 0, 0, 0, 1)
    assert archive.texts() == {"src/a.txt": "Alpha two."}


def test_touched_file_is_unchanged(archive: Archive, embedded: list[str]) -> None:
    """A new time stamp on the same content changes nothing in the articles, and from then on is the one to compare with."""
    archive.write("a.txt", "Alpha.")
    archive.write_records("b.jsonl", {"x": "Beta."})
    archive.index()
    embedded.clear()
    os.utime(archive.sources / "a.txt", ns=(OLD_NS + 1, OLD_NS + 1))

    assert counts(archive.index()) == (0, 0, 2, 0, 0, 0)
    assert embedded == []
    archive.check()
    archive.write("a.txt", "Other.", OLD_NS + 1)
    assert counts(archive.index()) == (0, 0, 2, 0, 0, 0)


def test_new_file_costs_only_itself(archive: Archive, embedded: list[str]) -> None:
    """An article that arrives is the only one to be embedded."""
    archive.write("a.txt", "Alpha.")
    archive.index()
    embedded.clear()
    archive.write("b.txt", "Beta.")

    assert counts(archive.index()) == (1, 0, 1, 0, 0, 1)
    assert embedded == ["Beta."]
    archive.check()


def test_changed_article_costs_only_its_changed_passages(archive: Archive, embedded: list[str]) -> None:
    """Of an article that is edited, the passages that are as they were keep their vectors."""
    paragraphs = [f"{word} " * 60 + "end." for word in ("alpha", "beta", "gamma", "delta")]
    archive.write("a.txt", "\n\n".join(paragraphs))
    archive.write("b.txt", "Beta.")
    archive.index()
    assert sorted(embedded) == sorted(["Beta.", *paragraphs])
    embedded.clear()
    paragraphs[2] = paragraphs[2].replace("gamma", "omega")
    archive.write("a.txt", "\n\n".join(paragraphs), OLD_NS + 1)

    assert counts(archive.index()) == (0, 1, 1, 0, 0, 1)
    assert embedded == [paragraphs[2]]
    archive.check()


def test_changed_record_costs_only_itself(archive: Archive, embedded: list[str]) -> None:
    """Of a file of many articles, only the one that was edited is updated."""
    records = {f"id{i}": f"This is article {i}." for i in range(20)}
    archive.write_records("a.jsonl", records)
    archive.index()
    embedded.clear()
    records["id7"] = "This is another article."
    archive.write_records("a.jsonl", records, OLD_NS + 1)

    assert counts(archive.index()) == (0, 1, 19, 0, 0, 1)
    assert embedded == ["This is another article."]
    assert archive.texts() == records
    archive.check()


def test_a_record_that_only_moved_in_its_file_is_unchanged(archive: Archive, embedded: list[str]) -> None:
    """Where records before it came or went: neither counted nor logged as updated, nor embedded, and found at its new line."""
    records = {f"id{i}": f"This is article {i}." for i in range(20)}
    archive.write_records("a.jsonl", records)
    archive.index()
    embedded.clear()
    del records["id3"]
    changed = {"new": "One more."} | records | {"id7": "This is another article."}
    archive.write_records("a.jsonl", changed, OLD_NS + 1)

    report = archive.index(prune=True)
    assert counts(report) == (1, 1, 18, 1, 0, 2)
    assert counts(archive.plan()) == (0, 0, 20, 0, 0, 0)
    assert read_entries(archive.index_folder, read_pointer(archive.index_folder))[-1].names == {
        "added": ("new",),
        "updated": ("id7",),
        "removed": ("id3",),
    }
    assert embedded == ["One more.", "This is another article."]
    assert archive.texts() == changed
    archive.check()


def test_new_title_is_embedded_and_new_date_is_not(archive: Archive, embedded: list[str]) -> None:
    """What is embedded, the title included, decides what is embedded again; every field is brought up to date."""
    archive.write("a.md", "---\ntitle: One\ndate: 2024-04-26\n---\nAlpha.")
    archive.index()
    archive.write("a.md", "---\ntitle: Two\ndate: 2024-04-26\n---\nAlpha.", OLD_NS + 1)
    embedded.clear()
    assert counts(archive.index()) == (0, 1, 0, 0, 0, 1)
    assert embedded == ["Two\nAlpha."]

    archive.write("a.md", "---\ntitle: Two\ndate: 2024-04-27\n---\nAlpha.", OLD_NS + 2)
    assert counts(archive.index()) == (0, 1, 0, 0, 0, 0)
    archive.check()


def test_same_text_is_embedded_once(archive: Archive, embedded: list[str]) -> None:
    """A text that several articles share is embedded once, in one run or in several."""
    archive.write_records("a.jsonl", {"x": "Agencies report.", "y": "Agencies report."})
    assert counts(archive.index()) == (2, 0, 0, 0, 0, 1)
    archive.write("b.txt", "Agencies report.")
    assert counts(archive.index()) == (1, 0, 2, 0, 0, 0)

    assert embedded == ["Agencies report."]
    archive.check()


@pytest.mark.parametrize("prune", [False, True])
def test_moved_file_is_not_embedded_again(prune: bool, archive: Archive, embedded: list[str]) -> None:
    """A file with another name is another article, whose vectors are known; the one of the old name has vanished."""
    archive.write("old.txt", "Alpha.")
    archive.index()
    embedded.clear()
    (archive.sources / "old.txt").rename(archive.sources / "new.txt")

    assert counts(archive.index(prune=prune)) == (1, 0, 0, int(prune), int(not prune), 0)
    assert embedded == []
    assert archive.places() == {"src/new.txt": "new.txt"} | ({} if prune else {"src/old.txt": "old.txt"})


@pytest.mark.parametrize("prune", [False, True])
@pytest.mark.parametrize(("old", "new"), [pytest.param("a", "b", id="down"), pytest.param("b", "a", id="up")])
def test_moved_file_with_an_id_is_the_same_article(old: str, new: str, prune: bool, archive: Archive, embedded: list[str]) -> None:
    """An article that brings its own id stays itself wherever its file goes."""
    archive.write(f"{old}.md", "---\nid: x\n---\nAlpha.")
    archive.index()
    embedded.clear()
    (archive.sources / f"{old}.md").rename(archive.sources / f"{new}.md")

    assert counts(archive.index(prune=prune)) == (0, 1, 0, 0, 0, 0)
    assert embedded == []
    archive.check()
    if prune:
        assert read_status(archive.index_folder).missing == []


@pytest.mark.parametrize("prune", [False, True])
@pytest.mark.parametrize(("old", "new"), [pytest.param("a", "b", id="down"), pytest.param("b", "a", id="up")])
def test_record_moved_to_another_file_is_the_same_article(old: str, new: str, prune: bool, archive: Archive, embedded: list[str]) -> None:
    """A record that goes from one file to another in the same run is neither a duplicate nor lost."""
    archive.write_records(f"{old}.jsonl", {"y": "Beta.", "x": "Alpha."})
    archive.write_records(f"{new}.jsonl", {"z": "Gamma."})
    archive.index()
    embedded.clear()
    archive.write_records(f"{old}.jsonl", {"y": "Beta."}, OLD_NS + 1)
    archive.write_records(f"{new}.jsonl", {"z": "Gamma.", "x": "Alpha."}, OLD_NS + 1)
    report = archive.index(prune=prune)

    assert report.problems == []
    assert counts(report) == (0, 1, 2, 0, 0, 0)
    assert archive.places() == {"x": f"{new}.jsonl", "y": f"{old}.jsonl", "z": f"{new}.jsonl"}
    archive.check()


@pytest.mark.parametrize("prune", [False, True])
def test_vanished_article_is_kept_unless_pruned(prune: bool, archive: Archive) -> None:
    """An article whose file is gone is counted and kept; with prune, it goes, and its file is forgotten."""
    archive.write("a.txt", "Alpha.")
    archive.write("b.txt", "Beta.")
    archive.index()
    (archive.sources / "b.txt").unlink()

    assert counts(archive.index(prune=prune)) == (0, 0, 1, int(prune), int(not prune), 0)
    assert archive.texts() == {"src/a.txt": "Alpha."} | ({} if prune else {"src/b.txt": "Beta."})
    if prune:
        archive.check()
        assert read_status(archive.index_folder).missing == []
        assert counts(archive.index(prune=True)) == (0, 0, 1, 0, 0, 0)


@pytest.mark.parametrize("prune", [False, True])
def test_removed_record_is_kept_unless_pruned(prune: bool, archive: Archive, embedded: list[str]) -> None:
    """A line that is gone from its file is an article that vanished; those after it are not embedded again."""
    archive.write_records("a.jsonl", {"x": "Alpha.", "y": "Beta.", "z": "Gamma."})
    archive.index()
    embedded.clear()
    archive.write_records("a.jsonl", {"x": "Alpha.", "z": "Gamma."}, OLD_NS + 1)
    report = archive.index(prune=prune)

    assert (report.added, report.updated + report.unchanged, report.removed, report.vanished) == (0, 2, int(prune), int(not prune))
    assert embedded == []
    assert archive.texts() == {"x": "Alpha.", "z": "Gamma."} | ({} if prune else {"y": "Beta."})
    if prune:
        archive.check()
        assert state(archive.index_folder)["z"][0].record == 2


def test_vanished_article_that_returns_is_known(archive: Archive, embedded: list[str]) -> None:
    """An article that was kept is unchanged when its file comes back."""
    archive.write("a.txt", "Alpha.")
    archive.write("b.txt", "Beta.")
    archive.index()
    (archive.sources / "b.txt").unlink()
    archive.index()
    archive.write("b.txt", "Beta.")
    embedded.clear()

    assert counts(archive.index()) == (0, 0, 2, 0, 0, 0)
    assert embedded == []


def test_prune_leaves_alone_what_was_not_named(archive: Archive) -> None:
    """What lies outside the paths of a run has not vanished, be it gone or not."""
    archive.write("2023/a.txt", "Alpha.")
    archive.write("2024/b.txt", "Beta.")
    archive.write("2024b/c.txt", "Gamma.")
    archive.index()
    shutil.rmtree(archive.sources / "2023")
    shutil.rmtree(archive.sources / "2024b")
    archive.write("2024/d.txt", "Delta.")

    assert counts(archive.index("2024", prune=True)) == (1, 0, 1, 0, 0, 1)
    assert sorted(archive.texts().values()) == ["Alpha.", "Beta.", "Delta.", "Gamma."]


@pytest.mark.parametrize("prune", [False, True])
def test_file_that_is_named_and_gone_can_be_pruned(prune: bool, archive: Archive) -> None:
    """A known file that is named and does not exist is missing, or with prune, is removed."""
    archive.write("a.txt", "Alpha.")
    archive.write("b.txt", "Beta.")
    archive.index()
    (archive.sources / "b.txt").unlink()
    report = archive.index("b.txt", prune=prune)

    assert counts(report) == (0, 0, 0, int(prune), int(not prune), 0)
    assert report.missing == ([] if prune else [archive.sources / "b.txt"])
    assert archive.texts() == {"src/a.txt": "Alpha."} | ({} if prune else {"src/b.txt": "Beta."})


def test_folder_that_is_missing_as_a_whole_loses_nothing(archive: Archive) -> None:
    """A folder that is named and not there, as on a disk that is not mounted, keeps its articles even with prune."""
    archive.write("2023/a.txt", "Alpha.")
    archive.write("2024/b.txt", "Beta.")
    archive.index()
    shutil.rmtree(archive.sources / "2023")
    report = archive.index("2023", "2024", prune=True)

    assert (counts(report)[:4], report.missing) == ((0, 0, 1, 0), [archive.sources / "2023"])
    assert sorted(archive.texts().values()) == ["Alpha.", "Beta."]


def _fill(archive: Archive, folder: str, count: int) -> None:
    for number in range(count):
        archive.write(f"{folder}/{number}.txt", f"Article {number} of {folder}.")


def test_folder_that_is_empty_loses_nothing(archive: Archive) -> None:
    """A mount point without its disk is an empty folder. The report says how many stay, and with prune_all they go."""
    _fill(archive, "2023", 10)
    _fill(archive, "2022", 9)
    archive.write("2024/b.txt", "Beta.")
    archive.index()
    for folder in ("2023", "2022"):
        shutil.rmtree(archive.sources / folder)
        (archive.sources / folder).mkdir()
    years = ("2022", "2023", "2024")
    for look in (archive.plan, archive.index):
        report = look(*years, prune=True)
        assert (report.removed, report.vanished, report.kept) == (9, 10, {archive.sources / "2023": 10})
    _fill(archive, "2023", 10)
    assert counts(archive.index(*years, prune=True)) == (0, 0, 11, 0, 0, 0)
    shutil.rmtree(archive.sources / "2023")
    (archive.sources / "2023").mkdir()
    forced = Options(model="hash", chunking=CHUNKING, prune_all=True)
    report = index_paths([archive.sources / "2023"], archive.index_folder, forced)
    assert (report.removed, report.kept) == (10, {})
    assert archive.texts() == {"src/2024/b.txt": "Beta."}
    archive.check()


@pytest.mark.parametrize("gone", ["emptied", "removed"])
def test_folder_below_that_is_not_mounted_loses_nothing(gone: str, archive: Archive) -> None:
    """Kept if it had many articles, each time; what is gone elsewhere is pruned, and so is a folder of few."""
    _fill(archive, "web", 12)
    _fill(archive, "desk", 20)
    _fill(archive, "few", 3)
    archive.index()
    shutil.rmtree(archive.sources / "web")
    shutil.rmtree(archive.sources / "few")
    if gone == "emptied":
        (archive.sources / "web").mkdir()
    (archive.sources / "desk" / "0.txt").unlink()
    before = archive.commit()
    assert archive.plan(prune=True).kept == {archive.sources / "web": 12}
    assert archive.commit() == before
    for removed in (4, 0):
        report = archive.index(prune=True)
        assert (report.removed, report.vanished, report.kept, report.held) == (removed, 12, {archive.sources / "web": 12}, 0)
    _fill(archive, "web", 12)
    assert counts(archive.index(prune=True))[:5] == (0, 0, 31, 0, 0)
    archive.check()


@pytest.mark.parametrize(("count", "gone", "removed"), [(20, 11, 0), (20, 10, 10), (12, 9, 9)])
def test_more_than_half_is_not_pruned(count: int, gone: int, removed: int, archive: Archive) -> None:
    """Unless it is fewer than ten articles, or prune_all."""
    _fill(archive, "desk", count)
    archive.index()
    for number in range(gone):
        (archive.sources / "desk" / f"{number}.txt").unlink()
    report = archive.index(prune=True)
    assert (report.removed, report.held, report.kept) == (removed, gone - removed, {})
    assert len(archive.texts()) == count - removed
    index_paths([archive.sources], archive.index_folder, Options(model="hash", chunking=CHUNKING, prune_all=True))
    assert len(archive.texts()) == count - gone
    archive.check()


@pytest.mark.parametrize("cut", [False, True])
def test_one_file_of_most_articles_is_pruned_if_it_was_removed(cut: bool, archive: Archive) -> None:
    """A person removes one file; one that lost most of its records is more likely a broken export."""
    records = {f"id{number}": f"Article {number}." for number in range(30)}
    archive.write_records("big.jsonl", records)
    archive.write_records("small.jsonl", {"x": "Alpha."})
    archive.index()
    if cut:
        archive.write_records("big.jsonl", {"id0": "Article 0."}, OLD_NS + 1)
    else:
        (archive.sources / "big.jsonl").unlink()
    report = archive.index(prune=True)
    assert (report.removed, report.held) == ((0, 29) if cut else (30, 0))


def test_missing_folder_is_pruned_with_prune_all(archive: Archive) -> None:
    """The report of a run without it says how many articles stay."""
    _fill(archive, "2023", 2)
    archive.write("2024/b.txt", "Beta.")
    archive.index()
    shutil.rmtree(archive.sources / "2023")
    assert archive.index("2023", "2024", prune=True).kept == {archive.sources / "2023": 2}
    paths = [archive.sources / name for name in ("2023", "2024", "never")]
    report = index_paths(paths, archive.index_folder, Options(model="hash", chunking=CHUNKING, prune_all=True))
    assert (report.removed, report.missing) == (2, [archive.sources / "never"])


def test_duplicate_id_is_a_problem_and_the_first_stays(archive: Archive) -> None:
    """Of two files that claim an id, the one that has it keeps it, whichever comes first; the other is named."""
    archive.write_records("b.jsonl", {"x": "Beta."})
    archive.index()
    archive.write_records("a.jsonl", {"x": "Alpha.", "y": "Other."})
    archive.write_records("c.jsonl", {"x": "Gamma."})
    report = archive.index()

    assert archive.texts() == {"x": "Beta.", "y": "Other."}
    assert sorted(reasons(report)) == ["a.jsonl", "c.jsonl"]
    for reason in reasons(report).values():
        assert reason.removesuffix(":1") == f"line 1: duplicate id 'x', already in {archive.sources / 'b.jsonl'}"
    assert reasons(archive.index()) == reasons(report)


def test_duplicate_id_in_one_file(archive: Archive) -> None:
    """Within a file, the first line that has an id keeps it."""
    archive.write("a.jsonl", '{"_id": "x", "text": "One."}\n{"_id": "x", "text": "Two."}\n')
    report = archive.index()

    assert archive.texts() == {"x": "One."}
    assert reasons(report) == {"a.jsonl": f"line 2: duplicate id 'x', already in {archive.sources / 'a.jsonl'}:1"}


@pytest.mark.parametrize("gone", [pytest.param(True, id="file is gone"), pytest.param(False, id="record is gone")])
@pytest.mark.parametrize(("holder", "waiting"), [pytest.param("a", "b", id="down"), pytest.param("b", "a", id="up")])
def test_duplicate_takes_the_place_of_the_one_that_is_gone(holder: str, waiting: str, gone: bool, archive: Archive) -> None:
    """An article that was refused for its id is indexed once the other is gone, though its own file has not changed."""
    archive.write_records(f"{holder}.jsonl", {"x": "First.", "y": "Other."})
    archive.index()
    archive.write_records(f"{waiting}.jsonl", {"x": "Second."})
    archive.index()
    assert archive.texts() == {"x": "First.", "y": "Other."}
    if gone:
        (archive.sources / f"{holder}.jsonl").unlink()
    else:
        archive.write_records(f"{holder}.jsonl", {"y": "Other."}, OLD_NS + 1)
    report = archive.index(prune=True)

    assert report.problems == []
    assert archive.texts() == {"x": "Second."} | ({} if gone else {"y": "Other."})
    archive.check()


def test_bad_file_loses_nothing(archive: Archive) -> None:
    """A file that cannot be read any more is named, keeps its articles even with prune, and costs no other file anything."""
    archive.write("a.txt", "Alpha.")
    archive.write_records("b.jsonl", {"x": "Beta."})
    archive.write("c.txt", "Gamma.")
    archive.index()
    archive.write("a.txt", bytes(1000), OLD_NS + 1)
    (archive.sources / "b.jsonl").unlink()
    os.mkfifo(archive.sources / "b.jsonl")
    archive.write("c.txt", "Delta.", OLD_NS + 1)
    report = archive.index(prune=True)

    assert counts(report) == (0, 1, 0, 0, 0, 1)
    stays = "; its earlier version stays in the index"
    assert reasons(report) == {"a.txt": f"a binary file, not text{stays}", "b.jsonl": f"not a regular file{stays}"}
    assert archive.texts() == {"src/a.txt": "Alpha.", "x": "Beta.", "src/c.txt": "Delta."}

    archive.write("a.txt", "Alpha.", OLD_NS + 2)
    assert counts(archive.index("a.txt", "c.txt")) == (0, 0, 2, 0, 0, 0)


def test_bad_file_is_tried_again(archive: Archive) -> None:
    """A file that could not be read is read again in the next run, whatever its time stamp says."""
    archive.write("a.txt", "Alpha.")
    archive.write("b.txt", b"\0binary")
    assert sorted(reasons(archive.index())) == ["b.txt"]
    archive.write("b.txt", b"Textual")

    assert counts(archive.index()) == (1, 0, 1, 0, 0, 1)
    archive.check()


@pytest.mark.parametrize("name", ["a.txt", "z.txt"])
@pytest.mark.parametrize("first", ["file", "claimer", "both"])
def test_name_of_a_file_is_its_own(name: str, first: str, archive: Archive) -> None:
    """A record that is called like a file on the disk does not keep that file out; it is refused and named, in every run."""

    def write_file() -> None:
        archive.write(name, "Alpha.")

    def write_claimer() -> None:
        archive.write_records("m.jsonl", {f"src/{name}": "Claimed.", "x": "Other."})

    if first == "both":
        write_file()
        write_claimer()
    else:
        (write_file if first == "file" else write_claimer)()
        archive.index()
        (write_claimer if first == "file" else write_file)()
    for _ in range(3):
        report = archive.index()
        assert archive.texts() == {f"src/{name}": "Alpha.", "x": "Other."}
        assert set(reasons(report)) == {"m.jsonl"}
        assert f"duplicate id 'src/{name}', which is the name of" in reasons(report)["m.jsonl"]

    (archive.sources / name).unlink()
    archive.index(prune=True)
    assert archive.texts() == {f"src/{name}": "Claimed.", "x": "Other."}


def test_id_that_nobody_can_ask_for_is_made_one(archive: Archive) -> None:
    """Control characters are replaced and an endless id is cut, so that whatever is found can be fetched."""
    archive.write_records("a.jsonl", {"a\0b\x1b": "Alpha.", "c" * 5_000: "Beta.", "c" * 5_001: "Gamma."})
    archive.index()
    with Index.open(archive.index_folder) as index:
        ids = sorted(archive.texts())
        assert [index.article(article_id).id for article_id in ids] == ids
    assert ids[0] == "a\ufffdb\ufffd"
    assert [len(article_id) for article_id in ids[1:]] == [1_017, 1_017]


def test_problems_of_a_file_have_an_end(archive: Archive) -> None:
    """Of a file that is all wrong so much is told as somebody reads, and how much more there is."""
    archive.write("a.jsonl", "bad\n" * 5_000 + '{"_id": "x", "text": "Alpha."}\n' + '{"text": " "}\n' * 5_000)
    report = archive.index()
    assert report.skipped == 10_000
    assert len(report.problems) < 300
    assert archive.texts() == {"x": "Alpha."}
    assert archive.index().skipped == 10_000


def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files of text that are parsed from now on."""
    names: list[str] = []

    def articles(source: Source) -> Iterator[Article]:
        names.append(source.path.name)
        return plain.read(source)

    for suffix in (".txt", ".md"):
        monkeypatch.setitem(readers.FORMATS, suffix, Format(articles))
    return names


def test_file_that_fails_is_not_parsed_again(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named in every run, and parsed again when its content changes, or what reads it; not for a new time stamp."""
    names = parsed(monkeypatch)
    archive.write("a.txt", "Alpha.")
    archive.write("b.txt", b"\0binary")
    first = archive.index()
    assert reasons(first) == {"b.txt": "a binary file, not text"}
    assert sorted(names) == ["a.txt", "b.txt"]

    archive.write("b.txt", b"\0binary", OLD_NS + 1)
    for _ in range(2):
        again = archive.index(prune=True)
        assert (reasons(again), again.skipped) == (reasons(first), first.skipped)
    assert sorted(names) == ["a.txt", "b.txt"]

    monkeypatch.setattr("newsdex.indexer.changes.readers_version", lambda _: "another")
    archive.index()
    archive.index()
    assert sorted(names) == ["a.txt", "b.txt", "b.txt"]

    archive.write("b.txt", "Beta.", OLD_NS + 2)
    assert counts(archive.index()) == (1, 0, 1, 0, 0, 1)
    archive.check()


def test_file_that_failed_for_another_reason_is_parsed_again(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the machine had no memory left: the file is not the cause."""

    def fail(_: Source) -> Iterator[Article]:
        raise SourceError("the parser was killed", passing=True)

    with monkeypatch.context() as context:
        context.setitem(readers.FORMATS, ".txt", Format(fail))
        archive.write("a.txt", "Alpha.")
        archive.write("b.md", "Beta.")
        assert reasons(archive.index()) == {"a.txt": "the parser was killed"}
    assert counts(archive.index()) == (1, 0, 1, 0, 0, 1)


def test_problems_of_unchanged_files_are_not_forgotten(archive: Archive) -> None:
    """A bad line is reported in every run until it is mended."""
    archive.write("a.jsonl", '{"_id": "x", "text": "Alpha."}\nbad\n')
    first = archive.index()

    assert list(reasons(first)) == ["a.jsonl"]
    assert reasons(first)["a.jsonl"].startswith("line 2: invalid JSON")
    assert reasons(archive.index()) == reasons(first)


def test_article_without_text_is_a_problem(archive: Archive) -> None:
    """White space is no article, and front matter alone is none."""
    archive.write("a.txt", " \n")
    archive.write("b.md", "---\ntitle: Bees\n---\n")
    archive.write("c.jsonl", '{"text": ""}\n{"text": "Gamma."}\n')
    report = archive.index()

    assert reasons(report) == {"a.txt": "no text", "b.md": "no text", "c.jsonl": "line 1: no text"}
    assert archive.texts() == {"src/c.jsonl#2": "Gamma."}


def test_folder_that_cannot_be_read_loses_nothing(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Articles in a folder that may not be read have not vanished."""
    archive.write("a.txt", "Alpha.")
    archive.write("closed/sub/b.txt", "Beta.")
    archive.index()
    scandir = os.scandir

    def refuse(path: str) -> Iterator[os.DirEntry[str]]:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    report = archive.index(prune=True)
    monkeypatch.undo()

    assert counts(report) == (0, 0, 1, 0, 0, 0)
    assert reasons(report) == {"closed": "cannot be read: Permission denied"}
    assert archive.texts() == {"src/a.txt": "Alpha.", "src/closed/sub/b.txt": "Beta."}


def test_name_that_is_no_utf8_is_indexed(archive: Archive) -> None:
    """A file whose name is in an encoding of the time before Unicode is indexed, and known in the next run."""
    path = Path(os.fsdecode(os.fsencode(archive.sources) + b"/caf\xe9.txt"))
    path.write_text("Coffee.")
    archive.write("a.txt", "Alpha.")
    assert counts(archive.index()) == (2, 0, 0, 0, 0, 2)

    assert counts(archive.index()) == (0, 0, 2, 0, 0, 0)
    assert sorted(archive.texts().values()) == ["Alpha.", "Coffee."]


@pytest.mark.parametrize(
    ("sources", "index_folder"),
    [
        pytest.param("../src", "../index_data", id="up and down"),
        pytest.param("../desk/../src", "../src/../index_data", id="there and back"),
        pytest.param("../link/src", "../link/index_data", id="through a link"),
    ],
)
def test_paths_mean_what_they_lead_to(sources: str, index_folder: str, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the same folders are written, the articles in them are the same, and vanish when they are gone."""
    archive.write("a.txt", "Alpha.")
    archive.write("b.txt", "Beta.")
    archive.index()
    (archive.folder / "desk").mkdir()
    (archive.folder / "link").symlink_to(".")
    monkeypatch.chdir(archive.folder / "desk")
    (archive.sources / "b.txt").unlink()
    report = index_paths([Path(sources)], Path(index_folder), Options(model="hash", chunking=CHUNKING, prune=True))

    assert counts(report) == (0, 0, 1, 1, 0, 0)
    assert archive.texts() == {"src/a.txt": "Alpha."}


def test_interrupted_run_leaves_the_version_before(archive: Archive, embedded: list[str]) -> None:
    """Ctrl-C in the middle of a run changes nothing that a reader sees, and the next run does the rest of the work."""
    archive.write_records("a.jsonl", {f"id{i}": f"This is article {i}." for i in range(10)})
    archive.index()
    before = archive.commit(), state(archive.index_folder)
    embedded.clear()
    records = {f"id{i}": f"This is article {i}, edited." for i in range(3000)}
    archive.write_records("a.jsonl", records, OLD_NS + 1)

    def interrupt(progress: Progress) -> None:
        if progress.passages == 1000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        archive.index(on_progress=interrupt)
    assert (archive.commit(), state(archive.index_folder)) == before

    interrupted_after = len(embedded)
    assert counts(archive.index()) == (2990, 10, 0, 0, 0, 3000 - interrupted_after)
    assert interrupted_after > 1000
    assert sorted(embedded) == sorted(records.values())
    assert archive.texts() == records
    archive.check()


def test_interrupted_first_run_leaves_no_index(archive: Archive) -> None:
    """Before the first commit there is nothing to read, not half of something."""
    archive.write("a.txt", "Alpha.")

    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        archive.index(on_progress=interrupt)
    with pytest.raises(IndexMissing):
        Snapshot.open(archive.index_folder)
    assert counts(archive.index())[:5] == (1, 0, 0, 0, 0)
    archive.check()


def test_progress_counts_up(archive: Archive) -> None:
    """Progress is told an article at a time, never goes back, and ends with what the report says."""
    archive.write_records("a.jsonl", {f"id{i}": f"This is article {i}." for i in range(1500)})
    archive.write("b.txt", "Beta.")
    seen: list[Progress] = []
    report = archive.index(on_progress=seen.append)

    total = sum(path.stat().st_size for path in archive.sources.iterdir())
    assert [progress.passages for progress in seen] == list(range(1, 1502))
    assert report.passages == 1501
    assert {progress.total for progress in seen} == {total}
    assert [progress.done for progress in seen] == sorted(progress.done for progress in seen)
    assert seen[-1].done <= total


@pytest.mark.parametrize(
    ("names", "message"),
    [
        pytest.param(["nothing"], "no such file or folder", id="missing"),
        pytest.param(["empty"], "no articles in", id="empty"),
        pytest.param(["pictures"], r"Files of other formats: 1 \.png", id="other formats"),
        pytest.param(["bad"], "a binary file", id="bad"),
    ],
)
def test_nothing_to_index_is_an_error_and_no_index(names: list[str], message: str, archive: Archive) -> None:
    """Without a single article there is no index, and the error says what was found instead."""
    (archive.sources / "empty").mkdir()
    archive.write("pictures/a.png", b"\x89PNG")
    archive.write("bad/a.txt", bytes(100))

    with pytest.raises(UsageError, match=message):
        archive.index(*names)
    with pytest.raises(IndexMissing):
        Snapshot.open(archive.index_folder)


def _contents(folder: Path) -> dict[Path, tuple[bytes, int]]:
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def _planned(report: Report) -> tuple[object, ...]:
    """What a plan can know of a run: all but passages, embeddings and time."""
    return counts(report)[:5], report.problems, report.missing, report.other_formats


@pytest.mark.parametrize("prune", [False, True])
def test_plan_says_what_a_run_does_and_writes_nothing(prune: bool, archive: Archive) -> None:
    """A plan counts as the run after it does, problems included, and not a byte in the index folder changes."""
    archive.write("same.txt", "Alpha.")
    archive.write("touched.txt", "Beta.")
    archive.write("edited.md", "---\ntitle: Bees\n---\nGamma.")
    archive.write("gone.txt", "Delta.")
    archive.write("renamed.md", "---\nid: r\n---\nEpsilon.")
    archive.write("spoilt.txt", "Zeta.")
    archive.write_records("records.jsonl", {"x": "Eta.", "y": "Theta.", "z": "Iota."})
    archive.index()
    archive.write("touched.txt", "Beta.", OLD_NS + 1)
    archive.write("edited.md", "---\ntitle: Wasps\ndate: never\n---\nGamma.", OLD_NS + 1)
    (archive.sources / "gone.txt").unlink()
    (archive.sources / "renamed.md").rename(archive.sources / "another.md")
    archive.write("spoilt.txt", bytes(100), OLD_NS + 1)
    archive.write_records("records.jsonl", {"x": "Eta.", "z": "Iota, edited.", "n": "Kappa."}, OLD_NS + 1)
    archive.write("duplicate.jsonl", '{"_id": "x", "text": "Lambda."}\n{"text": ""}\nbad\n')
    archive.write("new.txt", "Mu.")
    archive.write("picture.png", b"\x89PNG")
    before = _contents(archive.index_folder)
    planned = archive.plan(".", "missing.txt", prune=prune)

    assert _contents(archive.index_folder) == before
    assert (planned.passages, planned.embedded) == (0, 0)
    done = archive.index(".", "missing.txt", prune=prune)
    assert _planned(planned) == _planned(done)
    assert counts(done)[:5] == (2, 3, 3, *((2, 0) if prune else (0, 2)))
    assert sorted(reasons(done)) == ["duplicate.jsonl", "edited.md", "spoilt.txt"]


def test_plan_without_an_index_makes_none(archive: Archive) -> None:
    """Where there is no index, all is new, and there is none afterwards."""
    archive.write("a.txt", "Alpha.")
    archive.write_records("b.jsonl", {"x": "Beta."})

    assert counts(archive.plan()) == (2, 0, 0, 0, 0, 0)
    assert not archive.index_folder.exists()


_STATES = st.lists(
    st.dictionaries(st.sampled_from("uvwxyz"), st.tuples(st.sampled_from("abc"), st.sampled_from(["One.", "Two.", "Three."])), min_size=1),
    min_size=2,
    max_size=5,
)


@given(_STATES)
@example([{"x": ("a", "One."), "y": ("a", "Two."), "z": ("b", "One.")}, {"y": ("a", "Two."), "z": ("b", "One."), "x": ("b", "One.")}])
@example([{"x": ("a", "One."), "y": ("b", "Two.")}, {"x": ("b", "One."), "y": ("a", "Two.")}])
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
def test_any_history_ends_where_a_new_index_begins(
    tmp_path_factory: pytest.TempPathFactory, states: list[dict[str, tuple[str, str]]]
) -> None:
    """Whatever was added, edited, moved between files and removed in whatever order, the index is the one built anew at the end."""
    archive = Archive(tmp_path_factory.mktemp("history") / "archive")
    for step, articles in enumerate(states):
        for name in "abc":
            records = {key: text for key, (file, text) in articles.items() if file == name}
            if records:
                archive.write_records(f"{name}.jsonl", records, OLD_NS + step)
            else:
                (archive.sources / f"{name}.jsonl").unlink(missing_ok=True)
        report = archive.index(prune=True)

        assert report.problems == []
        assert archive.texts() == {key: text for key, (_, text) in articles.items()}
        assert archive.places() == {key: f"{file}.jsonl" for key, (file, _) in articles.items()}
        assert report.embedded <= len({text for _, text in articles.values()})
        archive.check()
    shutil.rmtree(archive.folder)


def test_a_file_that_changes_while_it_is_read_is_noticed_next_time(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should the bytes that were indexed not be those of the checksum, the next run reads the file again."""
    path = archive.write("a.txt", "Alpha.")
    read = Source.content

    def overtaken(self: Source) -> bytes:
        content = read(self)
        path.write_text("Beta, which is longer.", encoding="utf-8")
        return content

    with monkeypatch.context() as patch:
        patch.setattr(Source, "content", overtaken)
        archive.index()
    assert counts(archive.index())[:2] == (0, 1)
    with Index.open(archive.index_folder) as index:
        assert [hit.passage.text for hit in index.search("Beta")] == ["Beta, which is longer."]
