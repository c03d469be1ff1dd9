"""Which segments a commit merges, and that nothing is lost by it: articles, deletions, marks, the way back."""

from __future__ import annotations

import errno
import io
import os
import resource
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sessions import CARD, SHA, assert_same, entry_for, needed, read, write

from newsdex import Chunking, IndexDamaged
from newsdex.errors import remedy
from newsdex.records import Article, Span
from newsdex.store import vocabulary
from newsdex.store import writer as writer_module
from newsdex.store.columns import unpack_strings
from newsdex.store.marks import Mark
from newsdex.store.segment import Entry, FileSegment
from newsdex.store.snapshot import Snapshot
from newsdex.store.writer import Writer

SEGMENT, LARGE, SMALL, FULL = 4, 32, 3, 7


@pytest.fixture(autouse=True)
def _sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments that are full with 4 passages, and large with 32."""
    monkeypatch.setattr(writer_module, "SEGMENT_PASSAGES", SEGMENT)
    monkeypatch.setattr(writer_module, "LARGE_SEGMENT_PASSAGES", LARGE)
    monkeypatch.setattr(writer_module, "SMALL_SEGMENTS", SMALL)
    monkeypatch.setattr(writer_module, "FULL_SEGMENTS", FULL)


def sizes(folder: Path) -> list[int]:
    return [segment.record.passages for segment in Snapshot.open(folder).segments]


def small(name: str, text: str = "x") -> Entry:
    """An entry of one passage with vectors and keys of its own."""
    article = Article(name, text, Path(f"/{name}.txt"), SHA, title=text, body=Span(0, len(text)))
    return entry_for(article, seed=int.from_bytes(name.encode(), "big"))


def numbered(first: int, count: int, text: str = "x") -> list[Entry]:
    return [small(f"{number:04d}", f"{text} {number}") for number in range(first, first + count)]


def purge(folder: Path, article_id: str) -> None:
    with Writer(folder, CARD, Chunking()) as writer:
        writer.delete(article_id)
        writer.commit(writer.known.sources, purge=True)


def look_at_everything(folder: Path) -> None:
    for segment in Snapshot.open(folder).file_segments:
        segment.examine()
        assert len(segment.matrix) == len(segment)


@pytest.mark.parametrize(
    ("commits", "expected"),
    [
        pytest.param([1, 1, 1], [1, 1, 1], id="few small ones"),
        pytest.param([1, 1, 1, 1], [4], id="too many small ones"),
        pytest.param([4] * 7, [4] * 7, id="few full ones"),
        pytest.param([4] * 8, [32], id="eight full ones"),
        pytest.param([28], [4] * 7, id="a commit of seven full ones"),
        pytest.param([32], [32], id="a commit of eight full ones"),
        pytest.param([33], [1, 32], id="a commit of eight full ones and one"),
        pytest.param([70], [4, 4, 30, 32], id="a commit of more than sixteen full ones"),
        pytest.param([32, 32, 4], [32, 32, 4], id="large ones are not merged again"),
        pytest.param([3] * 8, [24], id="smaller full ones"),
        pytest.param([4] * 7 + [1, 1, 1, 1], [32], id="small ones that are a full one together"),
    ],
)
def test_what_is_merged(tmp_path: Path, commits: Sequence[int], expected: Sequence[int]) -> None:
    """By the passages of the segments after commits of so many articles of one passage."""
    total = 0
    for count in commits:
        write(tmp_path, *numbered(total, count))
        total += count
    assert sorted(sizes(tmp_path)) == sorted(expected)
    assert len(read(tmp_path)) == total


def test_those_of_before_are_merged_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index of an earlier version with many full segments gets large ones one by one: at some commits, and at those that fill one."""
    monkeypatch.setattr(writer_module, "FULL_SEGMENTS", 100)
    write(tmp_path, *numbered(0, 24 * SEGMENT))
    monkeypatch.undo()
    monkeypatch.setattr(writer_module, "SEGMENT_PASSAGES", SEGMENT)
    monkeypatch.setattr(writer_module, "LARGE_SEGMENT_PASSAGES", LARGE)
    monkeypatch.setattr(writer_module, "SMALL_SEGMENTS", SMALL)
    monkeypatch.setattr(writer_module, "LARGE_MERGE_EACH", 2)
    counts = []
    for number in range(4):
        write(tmp_path, small(f"new {number}"))
        counts.append(sizes(tmp_path).count(LARGE))
    assert counts == [1, 1, 2, 3]


HISTORY = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, 60), st.integers(1, 5)), max_size=14, unique_by=lambda each: each[0]),
        st.lists(st.integers(0, 60), max_size=6, unique=True),
    ),
    max_size=8,
)


@settings(max_examples=25, deadline=None)
@given(HISTORY)
def test_no_article_is_lost_or_doubled(history: list[tuple[list[tuple[int, int]], list[int]]]) -> None:
    """Whatever is added, replaced and deleted, the index has each article once, as it was added last, and the segments stay few."""
    living: dict[str, Entry] = {}
    with TemporaryDirectory() as name:
        folder = Path(name)
        for step, (added, deleted) in enumerate(history):
            entries = [
                entry_for(
                    Article(f"{number}", "text " * 9, Path("/x"), SHA, body=Span(0, 45)), [Span(at, at + 4) for at in range(count)], step
                )
                for number, count in added
            ]
            gone = [f"{number}" for number in deleted if f"{number}" in living]
            write(folder, *entries, delete=gone)
            living = {key: value for key, value in living.items() if key not in gone} | {each.article.id: each for each in entries}
            found = read(folder) if (folder / "CURRENT").exists() else {}
            assert found.keys() == living.keys()
            for key, entry in living.items():
                assert_same(found[key], entry)
        if living:
            look_at_everything(folder)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=12))
def test_segments_stay_few(commits: list[int]) -> None:
    """At most SMALL small ones, FULL full ones, and large ones of at least half of LARGE."""
    with TemporaryDirectory() as name:
        total = 0
        for count in commits:
            write(Path(name), *numbered(total, count))
            total += count
            assert len(sizes(Path(name))) <= SMALL + FULL + 2 * total / LARGE


def test_an_article_is_written_again_a_few_times(tmp_path: Path) -> None:
    """Commits of one article each: each is merged into a large segment once, and rewritten before as often as the table of sizes says."""
    homes: defaultdict[str, set[str]] = defaultdict(set)
    large: defaultdict[str, set[str]] = defaultdict(set)
    for number in range(80):
        write(tmp_path, small(f"{number:04d}"))
        for segment in Snapshot.open(tmp_path).file_segments:
            for article_id in segment.column("id"):
                homes[article_id].add(segment.record.name)
                if len(segment) > SEGMENT:
                    large[article_id].add(segment.record.name)
        assert len(sizes(tmp_path)) <= SMALL + FULL + 2 * (number + 1) / LARGE
    assert max(map(len, large.values())) == 1
    assert max(map(len, homes.values())) <= 4


def test_larger_segments_are_not_rewritten_for_each_article(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commits of one article each beside a few larger segments: these are merged with each other."""
    monkeypatch.setattr(writer_module, "SEGMENT_PASSAGES", 100)
    monkeypatch.setattr(writer_module, "LARGE_SEGMENT_PASSAGES", 800)
    homes: defaultdict[str, set[str]] = defaultdict(set)
    for first, count in [(0, 20), (20, 40), (60, 45), *((number, 1) for number in range(105, 135))]:
        write(tmp_path, *numbered(first, count))
        for segment in Snapshot.open(tmp_path).file_segments:
            for article_id in segment.column("id"):
                homes[article_id].add(segment.record.name)
        assert len(sizes(tmp_path)) <= SMALL + 1
    assert max(len(homes[f"{number:04d}"]) for number in range(105)) <= 3


def test_what_is_deleted_in_the_commit_that_merges(tmp_path: Path) -> None:
    """Articles of merged segments that this commit or an earlier one deleted or replaced are not in the new segment."""
    write(tmp_path, *numbered(0, 28))
    write(tmp_path, delete=["0005"])
    write(tmp_path, *numbered(28, 4), small("0009", "replaced"), delete=["0001"])
    snapshot = Snapshot.open(tmp_path)
    large = max(snapshot.file_segments, key=len)
    assert {"0001", "0005"}.isdisjoint(large.column("id"))
    assert len(large) == len(set(large.column("id"))) > LARGE // 2
    assert not large.record.deleted
    found = read(tmp_path)
    assert len(found) == 30
    assert found["0009"].article.text == "replaced"
    look_at_everything(tmp_path)


def test_a_large_segment_that_is_mostly_deleted(tmp_path: Path) -> None:
    """It is written again without the deleted articles."""
    write(tmp_path, *numbered(0, 32))
    assert sizes(tmp_path) == [32]
    write(tmp_path, delete=[f"{number:04d}" for number in range(17)])
    assert sizes(tmp_path) == [15]
    assert sorted(read(tmp_path)) == [f"{number:04d}" for number in range(17, 32)]
    look_at_everything(tmp_path)


def test_a_purge_of_one_article_of_a_large_segment(tmp_path: Path) -> None:
    """No file has the text any more, and it is a large segment still."""
    write(tmp_path, *numbered(0, 31), small("gone", "unforgettable"))
    assert sizes(tmp_path) == [32]
    purge(tmp_path, "gone")
    assert sizes(tmp_path) == [31]
    assert len(read(tmp_path)) == 31
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"unforgettable" in path.read_bytes()]


def test_a_purge_leaves_what_was_never_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The segment is, file by file, that of an index without the article, though its words and the forms of its names are others' too."""
    monkeypatch.setattr(writer_module, "SEGMENT_PASSAGES", 64)
    texts = ["the World Central Kitchen (WCK) met", "the World central kitchen (WCK) sat", "Kyiv (Kiev) is here", "storm", "storm"]
    entries = [small(f"{number}", text) for number, text in enumerate(texts)]
    for gone in range(len(texts)):
        one, other = tmp_path / f"one {gone}", tmp_path / f"other {gone}"
        write(one, *entries[:gone], *entries[gone + 1 :])
        write(other, *entries)
        purge(other, f"{gone}")
        assert len(read(other)) == len(texts) - 1
        [[left], [right]] = [Snapshot.open(folder).manifest.segments for folder in (one, other)]
        for role, file in left.files.items():
            assert (file.size, file.sha256) == (right.files[role].size, right.files[role].sha256), role


def test_a_purge_where_words_were_found_by_other_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be subtracted is written anew, by the rules of today."""
    entries = [small("a", "this stays here"), small("b", "this goes away soon")]
    with monkeypatch.context() as patch:
        patch.setattr(vocabulary, "SHORTEST", 5)
        write(tmp_path, *entries)
    purge(tmp_path, "b")
    [segment] = Snapshot.open(tmp_path).file_segments
    assert unpack_strings(segment.words, "word") == ["here", "stays", "this"]
    look_at_everything(tmp_path)


def test_marks_are_those_of_the_articles(tmp_path: Path) -> None:
    """Marks and corrections are shown after a merge as before it, and a row's mark goes with its article."""
    entries = numbered(0, 28)
    corrects = replace(entries[20], article=replace(entries[20].article, metadata={"corrects": "0003"}))
    write(tmp_path, *entries[:20], corrects, *entries[21:])
    with Writer(tmp_path, CARD, Chunking()) as writer:
        writer.marks = {"0011": Mark(retracted="wrong")}
        writer.commit(writer.known.sources)
    before = {key: entry.article.metadata for key, entry in read(tmp_path).items()}
    assert before["0003"] == {"corrected_by": "0020"}
    write(tmp_path, *numbered(28, 4))
    assert sizes(tmp_path) == [32]
    after = {key: entry.article.metadata for key, entry in read(tmp_path).items()}
    assert {key: after[key] for key in before} == before
    assert after["0011"] == {"retracted": "wrong"}
    look_at_everything(tmp_path)


def test_the_version_before_a_merge_stays_readable(tmp_path: Path) -> None:
    """The commit that merges keeps the files of the one before it, and the next commit removes them."""
    write(tmp_path, *numbered(0, 28))
    before, reader = needed(tmp_path), Snapshot.open(tmp_path)
    write(tmp_path, *numbered(28, 4))
    there = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert before <= there
    assert there >= needed(tmp_path)
    # Segments that this session wrote and merged again are gone before the next run.
    assert Counter(name.rpartition(".")[2] for name in there)["articles"] == 7 + 1
    write(tmp_path, small("next"))
    assert not before & {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file() and "/s0" in str(path)}
    assert len([reader.segments[number].entry(row) for number, row in reader.articles()]) == 28


@pytest.mark.parametrize("role", ["articles", "texts", "vectors", "bits", "postings"])
def test_damage_does_not_stop_an_update(tmp_path: Path, role: str) -> None:
    """Full segments, of which one is damaged, are left as they are: the damage stays to be seen, and new articles are added."""
    write(tmp_path, *numbered(0, 28, "word " * 5_000))  # so that most of a file is not read when it is opened
    record = Snapshot.open(tmp_path).manifest.segments[3]
    path = tmp_path / "g000001" / record.files[role].name
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    write(tmp_path, *numbered(28, 5))
    assert sizes(tmp_path) == [4] * 8 + [1]
    assert path.read_bytes() != content
    with pytest.raises(IndexDamaged):
        look_at_everything(tmp_path)
    before = {each.name for each in tmp_path.rglob("*") if each.is_file()}
    write(tmp_path, small("next"))
    assert sum("s0" in each.name for each in tmp_path.rglob("*") if each.name not in before) == 6, "it is not tried at each commit"
    path.write_bytes(content)
    for number in range(6):
        write(tmp_path, small(f"mended {number}"))
    assert 32 in sizes(tmp_path)
    assert len(read(tmp_path)) == 40


def test_a_merge_that_does_not_fit_the_disk(tmp_path: Path) -> None:
    """What the session adds and deletes is committed without it."""
    write(tmp_path, *numbered(0, 28, "word " * 5_000))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, before[1]))  # of 100 kB of texts in a full segment, 800 kB in a large one
    try:
        write(tmp_path, *numbered(28, 4, "word " * 5_000), delete=["0003"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert sizes(tmp_path) == [4] * 8
    assert sorted(read(tmp_path)) == sorted(f"{number:04d}" for number in range(32) if number != 3)
    look_at_everything(tmp_path)
    assert len(list(tmp_path.rglob("*.texts"))) == 8, "nothing is left of the merge"


class Unreadable(io.FileIO):
    """A file on a failing disk."""

    def read(self, *_: object) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.mark.parametrize("role", ["texts", "vectors"])
def test_a_source_that_cannot_be_read(tmp_path: Path, role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failing disk is told as damage of the file that is read, with the cure, and not as a file that cannot be written."""
    for number in range(3):
        write(tmp_path, small(f"{number}"))
    record = Snapshot.open(tmp_path).manifest.segments[1]
    path, open_path = tmp_path / "g000001" / record.files[role].name, Path.open
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda self, *mode: Unreadable(self) if self == path else open_path(self, *mode))
        with pytest.raises(IndexDamaged) as caught:
            write(tmp_path, small("3"))
    assert str(caught.value) == f"cannot read {path}: Input/output error. {remedy()}"
    assert len(read(tmp_path)) == 3
    assert not list(tmp_path.rglob("s000005*")), "nothing is left of the merge"
    write(tmp_path, small("3"))
    assert sizes(tmp_path) == [4]


@pytest.mark.parametrize(
    ("role", "is_mended"), [("articles", False), ("texts", False), ("vectors", False), ("bits", True), ("postings", True)]
)
def test_damage_to_small_segments(tmp_path: Path, role: str, is_mended: bool) -> None:
    """What can be made of the texts and the vectors is made again; other damage stops the commit."""
    for number in range(3):
        write(tmp_path, small(f"{number}", "word " * 5_000))  # so that most of a file is not read when it is opened
    record = Snapshot.open(tmp_path).manifest.segments[1]
    path = tmp_path / "g000001" / record.files[role].name
    content = path.read_bytes()
    at = len(content) - 1
    path.write_bytes(content[:at] + bytes([content[at] ^ 1]))
    if is_mended:
        write(tmp_path, small("3"))
        assert sizes(tmp_path) == [4]
        look_at_everything(tmp_path)
    else:
        with pytest.raises(IndexDamaged):
            write(tmp_path, small("3"))
        path.write_bytes(content)
        assert len(read(tmp_path)) == 3


def test_full_segments_of_an_earlier_version_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They lack arrays that a merge needs. A rebuild adds these."""
    write(tmp_path, *numbered(0, 28))
    monkeypatch.setattr(FileSegment, "is_complete", property(lambda segment: int(segment.record.name[1:]) > 1))
    write(tmp_path, *numbered(28, 4))
    assert sizes(tmp_path) == [4] * 8
    write(tmp_path, *numbered(32, 4))
    assert sorted(sizes(tmp_path)) == [4, 32]
    assert np.array_equal(sorted(read(tmp_path)), [f"{number:04d}" for number in range(36)])


def test_a_merge_has_a_limit_of_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of segments with long fields, fewer are merged at once."""
    write(tmp_path, *numbered(0, 28))
    records = Snapshot.open(tmp_path).manifest.segments
    size = max(sum(record.files[role].size for role in ("articles", "postings")) for record in records)
    monkeypatch.setattr(writer_module, "_MOST_MERGED", 3 * size + size // 2)
    write(tmp_path, *numbered(28, 4))
    assert sorted(sizes(tmp_path)) == [4, 4, 4, 4, 4, 12]
    assert len(read(tmp_path)) == 32
