"""An article that is taken down is found no more; one that is purged is in no byte of the index."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from command import Ran, run
from killing import Killing, Stopped

from newsdex import Chunking, Index, IndexMissing, IndexUnwritable, Options, UsageError, index_paths
from newsdex.commands.write import summary
from newsdex.indexer import build
from newsdex.indexer.build import plan
from newsdex.indexer.upkeep import rebuild as rebuild_module
from newsdex.indexer.upkeep import takedown
from newsdex.indexer.upkeep.rebuild import rebuild_index, rollback_index
from newsdex.indexer.upkeep.status import read_status
from newsdex.indexer.upkeep.takedown import Selection, Takedown, delete
from newsdex.indexer.upkeep.transfer import export_index, import_index
from newsdex.indexer.upkeep.verify import verify
from newsdex.records import Article
from newsdex.store import cleanup, files
from newsdex.store import writer as writer_module
from newsdex.store.previous import Known
from newsdex.store.snapshot import Snapshot
from newsdex.store.tombstones import unpack_tombstones
from newsdex.tensors import pack_tensors, view_tensors

HASH = Options(model="hash")
SMALL = Options(model="hash", chunking=Chunking(max_tokens=64))
RESTORE = Options(model="hash", restore=True)
RESTORE_PURGED = Options(model="hash", restore_purged=True)
PRUNE = Options(model="hash", prune=True)
SECRET = "The minister's neighbour Żaneta Quux paid the fine in September."
TRACES = [SECRET, "Żaneta Quux", "A fine for Quux", "https://example.org/quux", "id-quux"]


def record(article_id: str, text: str, title: str = "", source: str = "The Paper") -> dict[str, str]:
    """A line of an archive."""
    return {"_id": article_id, "title": title, "text": text, "source": source, "url": f"https://example.org/{article_id}"}


def write_lines(path: Path, records: Iterable[dict[str, str]]) -> None:
    """Write an archive, with a time stamp of long ago, so that its status alone tells that it is unchanged."""
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), encoding="utf-8")
    os.utime(path, (1_000_000_000, 1_000_000_000 + path.stat().st_size))


QUUX = record("id-quux", SECRET, "A fine for Quux") | {"url": "https://example.org/quux"}
OTHERS = [record(f"n{n}", f"Paragraph {n} tells of the {n}th bridge over the river.", source="The River") for n in range(6)]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A folder of articles, one of which is to be taken down."""
    folder = tmp_path / "articles"
    folder.mkdir()
    write_lines(folder / "news.jsonl", [*OTHERS[:3], QUUX, *OTHERS[3:]])
    (folder / "ferry.txt").write_text("A ferry ran aground off the island.", encoding="utf-8")
    os.utime(folder / "ferry.txt", (1_000_000_000, 1_000_000_000))
    return folder


@pytest.fixture
def index(archive: Path) -> Path:
    """An index of the archive."""
    folder = archive.parent / "index"
    index_paths([archive], folder, HASH)
    return folder


def by_id(*ids: str) -> Selection:
    """The articles of these ids."""
    return Selection(ids=frozenset(ids))


def living(folder: Path) -> set[str]:
    """The ids that a reader meets."""
    with Index.open(folder) as opened:
        return {hit.article.id for hit in opened.search("a fine for the bridge over the river", limit=100)}


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file and its content."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def where(folder: Path, traces: Iterable[str] = TRACES) -> dict[str, list[str]]:
    """The files that hold a trace of what was to be purged, with the traces."""
    needles = {trace: trace.encode() for trace in traces}
    found = {name: [trace for trace, needle in needles.items() if needle in content] for name, content in files_below(folder).items()}
    return {name: traces for name, traces in found.items() if traces}


def assert_sound(folder: Path) -> None:
    """Every byte is as recorded."""
    assert not list(verify(folder, deep=True))


def update(archive: Path, index: Path, number: int) -> None:
    """A commit that adds an article."""
    write_lines(archive / f"more{number}.jsonl", [record(f"more{number}", f"Report {number} on the harvest.")])
    index_paths([archive], index)


@pytest.mark.parametrize(
    ("selection", "gone"),
    [
        (by_id("id-quux"), {"id-quux"}),
        (by_id("id-quux", "n3"), {"id-quux", "n3"}),
        (Selection(urls=frozenset({"https://example.org/quux"})), {"id-quux"}),
        (Selection(sources=frozenset({"The River"})), {f"n{n}" for n in range(6)}),
        (Selection(frozenset({"n0"}), frozenset({"https://example.org/quux"}), frozenset({"no such"})), {"n0", "id-quux"}),
    ],
    ids=["id", "ids", "url", "source", "any of them"],
)
@pytest.mark.parametrize("purge", [False, True], ids=["marked", "purged"])
def test_what_matches_any_value_is_removed(index: Path, selection: Selection, gone: set[str], purge: bool) -> None:
    """The articles that equal any given id, url or source are removed in one commit, and no other."""
    before, there = Snapshot.open(index).manifest, living(index)
    nowhere = tuple(selection.sources - {"The River"})
    assert delete(index, selection, purge=purge) == Takedown(tuple(sorted(gone)), (), (), (), nowhere)
    after = Snapshot.open(index).manifest
    assert living(index) == there - gone
    assert (after.commit, after.articles) == (before.commit + 1, before.articles - len(gone))
    assert_sound(index)


def test_values_are_compared_whole(index: Path) -> None:
    """Part of an id, or another case, matches nothing; nothing is changed then, and the ids are named."""
    before = Snapshot.open(index).pointer
    found = delete(index, Selection(frozenset({"id-", "ID-QUUX"}), frozenset({"https://example.org"})), purge=True)
    assert (found.found, found.unmatched) == (False, ("ID-QUUX", "id-"))
    assert Snapshot.open(index).pointer == before


@pytest.mark.parametrize("selection", [Selection(), by_id(""), Selection(sources=frozenset({"The River", ""}))])
def test_nothing_named_is_an_error(index: Path, selection: Selection) -> None:
    """Neither no value nor an empty one, which most articles may have as their url, is taken for a selection."""
    with pytest.raises(UsageError, match="--id"):
        delete(index, selection)


def test_no_index(tmp_path: Path) -> None:
    """Where there is no index none is made."""
    with pytest.raises(IndexMissing):
        delete(tmp_path / "none", by_id("a"))
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("purge", [False, True], ids=["marked", "purged"])
def test_dry_run_changes_no_byte(index: Path, purge: bool) -> None:
    """A dry run says what the run then does, and changes no byte."""
    before = files_below(index)
    said = delete(index, by_id("id-quux", "nobody"), purge=purge, dry_run=True)
    assert files_below(index) == before
    assert said == delete(index, by_id("id-quux", "nobody"), purge=purge) == Takedown(("id-quux",), (), ("nobody",))


def test_the_search_for_traces_finds_them(index: Path) -> None:
    """Before a purge every trace is found, and a mark leaves them there: the byte search below would see what is left."""
    assert {trace for traces in where(index).values() for trace in traces} == set(TRACES)
    delete(index, by_id("id-quux"))
    assert where(index)


def test_purged_bytes_are_gone(index: Path) -> None:
    """After a purge no file holds the text, title, url or id."""
    delete(index, by_id("id-quux"), purge=True)
    assert not where(index)
    assert_sound(index)


@pytest.mark.parametrize("commits", [1, 3, 12])
def test_purged_after_more_commits_and_merges(archive: Path, index: Path, commits: int) -> None:
    """However many commits and merges came after it, a purge finds every file that holds the article."""
    for number in range(commits):
        update(archive, index, number)
    delete(index, by_id("id-quux"), purge=True)
    assert not where(index)
    assert "more0" in living(index)
    assert_sound(index)


def test_what_was_only_marked_is_purged(archive: Path, index: Path) -> None:
    """A purge erases what an earlier delete or prune marked, by its id, and along with any other purge."""
    delete(index, by_id("id-quux"))
    update(archive, index, 1)
    update(archive, index, 2)
    assert where(index)
    assert delete(index, by_id("id-quux"), purge=True) == Takedown((), ("id-quux",), ())
    assert not where(index)
    write_lines(archive / "news.jsonl", OTHERS[1:])
    index_paths([archive], index, PRUNE)
    assert where(index, ["bridge over the river"])
    assert where(index, ["0th bridge"])
    delete(index, by_id("n1"), purge=True)
    assert not where(index, ["0th bridge", "1th bridge"])
    assert_sound(index)


def test_what_only_the_commit_before_holds_is_purged(index: Path) -> None:
    """An article that a merge has taken from the current commit is still found in the one before, and erased."""
    delete(index, Selection(sources=frozenset({"The River", "The Paper"})))  # more than half: merged at once
    assert not any("id-quux" in segment.column("id") for segment in Snapshot.open(index).segments)
    assert where(index)
    assert delete(index, by_id("id-quux"), purge=True).erased == ("id-quux",)
    assert not where(index)


def test_an_earlier_version_of_an_article_is_purged_by_its_url(archive: Path, index: Path) -> None:
    """The url that only an older version of a living article has erases that version; the article stays."""
    write_lines(archive / "news.jsonl", [*OTHERS, record("id-quux", "Withdrawn.")])
    index_paths([archive], index)
    assert delete(index, Selection(urls=frozenset({QUUX["url"]})), purge=True) == Takedown((), ("id-quux",), ())
    assert not where(index, TRACES[:3])
    assert "id-quux" in living(index)


def test_generations_before_are_removed(index: Path) -> None:
    """After a rebuild the old generation is purged as well: there is nothing to roll back to."""
    rebuild_index(index, SMALL)
    delete(index, by_id("id-quux"), purge=True)
    assert not where(index)
    assert [path.name for path in index.glob("g0*")] == ["g000002"]
    with pytest.raises(IndexMissing, match="nothing to roll back to"):
        rollback_index(index)


def test_a_generation_after_the_current_one_is_removed(index: Path) -> None:
    """A purge after a rollback removes the newer generation; what a rebuild makes after it stays for a rollback forth and back."""
    rebuild_index(index, SMALL)
    rollback_index(index)
    delete(index, by_id("id-quux"), purge=True)
    assert not where(index)
    rebuild_index(index, SMALL)
    rollback_index(index)
    assert not delete(index, by_id("nobody")).found  # opens the index for writing
    assert rollback_index(index, "g000002").manifest.generation == "g000002"
    assert rollback_index(index).manifest.generation == "g000001"


def stop(*_: object, **__: object) -> None:
    """Stands for a function at which the process ends."""
    raise Stopped


def test_what_interrupted_runs_left_is_removed(archive: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journals of an interrupted update and an interrupted rebuild, and the segments of the latter, do not survive a purge."""
    monkeypatch.setattr(writer_module, "SEGMENT_PASSAGES", 2)
    write_lines(archive / "late.jsonl", [record("late", "A late report.")])
    for begin in (lambda: index_paths([archive], index), lambda: rebuild_index(index, SMALL)):
        with monkeypatch.context() as patch:
            patch.setattr(build.Writer, "commit", stop)
            with pytest.raises(Stopped):
                begin()
    assert list(index.glob("g000001/journal-*"))
    assert any(name.startswith("g000002") for name in where(index))
    delete(index, by_id("id-quux"), purge=True)
    assert not where(index)
    assert not list(index.glob("g*/journal-*"))
    assert_after_update(archive, index)


def assert_after_update(archive: Path, index: Path) -> None:
    """An ordinary run goes on as ever."""
    index_paths([archive], index)
    assert "late" in living(index)
    assert not where(index)


def test_an_interrupted_rebuild_after_a_purge_goes_on(archive: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A purge is completed once: the journal of a rebuild that came after it is kept by later writers."""
    write_lines(archive / "titled.jsonl", [record("titled", "A passage with a title.", "The title")])
    index_paths([archive], index)
    delete(index, by_id("id-quux"), purge=True)
    with monkeypatch.context() as patch:
        patch.setattr(rebuild_module.Writer, "commit", stop)
        with pytest.raises(Stopped):
            rebuild_index(index, Options(model="hash", chunking=Chunking(max_tokens=64, title=False)))
    assert list(index.glob("g000002/journal-*"))
    journal = files_below(index / "g000002")
    assert not delete(index, by_id("nobody")).found
    assert files_below(index / "g000002") == journal


@pytest.mark.parametrize("step", ["remove_leftovers", "remove_old_generations", "confirm_purge"])
@pytest.mark.parametrize("after", ["index", "rollback"])
def test_an_interrupted_purge_is_completed(archive: Path, index: Path, step: str, after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ended between the commit and the removals, a purge is completed by the next writer, and no rollback undoes it."""
    rebuild_index(index, SMALL)
    publish = writer_module.publish

    def publish_and_stop_at(*arguments: object) -> str:
        pointer = publish(*arguments)  # type: ignore[arg-type]
        monkeypatch.setattr(writer_module, step, stop)
        return pointer

    monkeypatch.setattr(writer_module, "publish", publish_and_stop_at)
    with pytest.raises(Stopped):
        delete(index, by_id("id-quux"), purge=True)
    monkeypatch.undo()
    assert step == "confirm_purge" or where(index)
    if after == "rollback":
        for generation in (None, "g000001"):
            with pytest.raises(IndexMissing):
                rollback_index(index, generation)
        assert not any(name.startswith("g000001") for name in where(index))
    pointer = Snapshot.open(index).pointer
    index_paths([archive], index)
    assert Snapshot.open(index).pointer == pointer
    assert not where(index)


def test_removal_of_a_generation_that_is_interrupted_anywhere_is_completed(
    archive: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever change of a file behind the commit is the first that is not made, the next run leaves nothing of the other generation."""
    rebuild_index(index, SMALL)
    rollback_index(index)  # a newer generation might be that of an interrupted rebuild, which would be kept
    copy = archive.parent / "copy"

    def purge(killing: Killing) -> None:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(index, copy)
        with monkeypatch.context() as patch, suppress(Stopped):
            patch.setattr(files, "os", killing)
            delete(copy, by_id("id-quux"), purge=True)

    purge(whole := Killing(0))
    for at in range(whole.calls, 0, -1):
        purge(Killing(at, stops=True))
        if not Snapshot.open(copy).manifest.purged:
            break
        index_paths([archive], copy)
        assert not where(copy), at
    assert 1 < at < whole.calls - 5


def test_a_file_that_cannot_be_removed_is_an_error(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A purge that could not remove a file never reports success; the next writer removes it."""
    with monkeypatch.context() as patch:
        patch.setattr(cleanup.files, "remove", lambda _: None)
        with pytest.raises(IndexUnwritable, match="may still have their text"):
            delete(index, by_id("id-quux"), purge=True)
    assert "id-quux" not in living(index)
    delete(index, by_id("nobody"))
    assert not where(index)


def test_open_readers_keep_their_version(index: Path) -> None:
    """A snapshot that was opened before a purge can be read to the end; an open index answers from the new version."""
    before = Snapshot.open(index)
    with Index.open(index) as opened:
        assert "id-quux" in {hit.article.id for hit in opened.search("fine", limit=100)}
        delete(index, by_id("id-quux"), purge=True)
        assert SECRET in {before.segments[number].text(row) for number, row in before.articles()}
        assert all(len(segment.vectors(np.arange(len(segment)))) == len(segment) for segment in before.segments)
        assert "id-quux" not in {hit.article.id for hit in opened.search("fine", limit=100)}


@pytest.mark.parametrize("purge", [False, True], ids=["marked", "purged"])
def test_an_unchanged_file_brings_nothing_back(archive: Path, index: Path, purge: bool) -> None:
    """A deleted or purged article stays away while its file is unchanged, and when that changes."""
    delete(index, Selection(sources=frozenset({"The River", "The Paper"})), purge=purge)
    assert index_paths([archive], index).added == 0
    os.utime(archive / "news.jsonl")  # another time stamp, the same content
    assert index_paths([archive], index).added == 0
    assert living(index) == {"articles/ferry.txt"}
    write_lines(archive / "news.jsonl", [*OTHERS, QUUX, record("new", "More.")])
    report = index_paths([archive], index)
    assert (report.added, report.withheld) == (1, 7)
    assert "; 7 not indexed because deleted or purged before" in summary(report, dry_run=False)


@pytest.mark.parametrize("purge", [False, True], ids=["marked", "purged"])
def test_an_unchanged_file_with_duplicates_brings_nothing_back(archive: Path, index: Path, purge: bool) -> None:
    """Nor does a file that is read again only because it waits for an id to become free, its own or another's; that one it still gets."""
    write_lines(archive / "news.jsonl", [*OTHERS, QUUX, record("n0", "A second n0.")])
    write_lines(archive / "twice.jsonl", [QUUX, record("n1", "A second n1.")])
    assert len(index_paths([archive], index).problems) == 3
    delete(index, by_id("id-quux"), purge=purge)
    assert not purge or not where(index)
    for _ in range(2):
        assert index_paths([archive], index).added == 0
    assert "id-quux" not in living(index)
    write_lines(archive / "news.jsonl", OTHERS[2:])
    index_paths([archive], index, PRUNE)
    assert "n1" in living(index)
    assert "id-quux" not in living(index)


def test_a_file_whose_path_is_the_id(archive: Path, index: Path) -> None:
    """Deleted, the file is known and not read again; purged, its path is in no file, and it comes back only if that is asked for."""
    name = "articles/ferry.txt"
    delete(index, by_id(name))
    assert index_paths([archive], index).added == 0
    assert name in Snapshot.open(index).sources()
    for number in range(3):
        update(archive, index, number)
    assert delete(index, by_id(name), purge=True).erased == (name,)
    assert not where(index, [name, "aground"])
    assert delete(index, by_id(name), purge=True).unmatched == (name,)
    assert index_paths([archive / "news.jsonl"], index).added == 0
    again = index_paths([archive], index)
    assert (again.added, again.withheld) == (0, 1)
    assert index_paths([archive], index).withheld == 1  # and said again, as of those that were deleted
    assert not where(index, [name.encode().hex(), "aground"])
    assert index_paths([archive], index, RESTORE).added == 0
    assert index_paths([archive], index, RESTORE_PURGED).added == 1
    assert name in living(index)
    assert index_paths([archive], index).withheld == 0


LONG = record("long", " ".join(f"The court heard witness number {n} in the case of the bridge." for n in range(9)), "The case")


@pytest.fixture
def purged(archive: Path, index: Path) -> Path:
    """The index after an article was purged, whose line in its file has been changed since, as have others."""
    write_lines(archive / "long.jsonl", [LONG])
    index_paths([archive], index)
    delete(index, by_id("long"), purge=True)
    return index


@pytest.mark.parametrize(
    "again",
    [
        LONG | {"title": "Another headline"},
        LONG | {"text": "Quite another text, of the harvest."},
        LONG | {"_id": "new"},
        LONG | {"_id": "new", "text": LONG["text"].upper().replace(" ", "\n  ")},
    ],
    ids=["headline", "text", "name", "case and spaces"],
)
def test_a_purged_article_stays_out(archive: Path, purged: Path, again: dict[str, str]) -> None:
    """Neither its id nor its text comes back when files change, in another file, after a rebuild or an export; only if it is told to."""
    write_lines(archive / "other.jsonl", [again, record("neighbour", "A neighbour's story of the river.")])
    report = index_paths([archive], purged)
    # Its own file, which is unchanged, and the other
    assert (report.added, report.withheld) == (1, 2)
    copy = archive.parent / "copy"
    rebuild_index(purged, SMALL)
    export_index(purged, archive.parent / "file.tar.zst")
    import_index(archive.parent / "file.tar.zst", copy)
    for folder in (purged, copy):
        assert_sound(folder)
        index_paths([archive], folder)
        assert again["_id"] not in Known(Snapshot.open(folder)).place.whole
        assert plan([archive], folder, Options(restore=True)).added == 0
        assert plan([archive], folder, Options(restore_purged=True)).added > 0
        index_paths([archive], folder, RESTORE_PURGED)
        assert again["_id"] in Known(Snapshot.open(folder)).place.whole
        assert_sound(folder)


def without_id(record: dict[str, str]) -> dict[str, str]:
    """The record as one that is named by its line."""
    return {name: value for name, value in record.items() if name != "_id"}


def plain(path: Path, text: str) -> None:
    """Write an article, with a time stamp of long ago."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, (1_000_000_000, 1_000_000_000 + len(text)))


NUMBERED = [without_id(each) for each in (OTHERS[0], LONG, OTHERS[1])]


@pytest.mark.parametrize("case", ["edited", "file", "moved file", "line added", "line added above"])
def test_a_deleted_article_stays_out(archive: Path, index: Path, case: str) -> None:
    """Whatever changes in its file, after a rebuild, and in an imported index; the run counts it, and --restore brings it back."""
    news, ferry, lines = archive / "news.jsonl", archive / "ferry.txt", archive / "lines.jsonl"
    write_lines(lines, NUMBERED)
    plain(ferry, LONG["text"])
    index_paths([archive], index)
    # The others of that text would be known by it as well
    (deleted, back, text), change = {
        "edited": (
            ("id-quux", "id-quux", "The fine"),
            lambda: write_lines(news, [*OTHERS, QUUX | {"text": "The fine was raised."}, record("new", "More.")]),
        ),
        "file": (("articles/ferry.txt", "articles/ferry.txt", "A line."), lambda: plain(ferry, f"{LONG['text']} A line.")),
        "moved file": (("articles/ferry.txt", "articles/moved.txt", "witness"), lambda: ferry.rename(archive / "moved.txt")),
        "line added": (("articles/lines.jsonl#2", "articles/lines.jsonl#2", "witness"), lambda: write_lines(lines, [*NUMBERED, OTHERS[2]])),
        "line added above": (
            ("articles/lines.jsonl#2", "articles/lines.jsonl#3", "witness"),
            lambda: write_lines(lines, [without_id(OTHERS[3]), *NUMBERED]),
        ),
    }[case]
    delete(index, by_id(deleted))
    change()
    assert plan([archive], index).withheld == 1
    assert index_paths([archive], index).withheld == 1

    def found(folder: Path) -> set[str]:
        known = Known(Snapshot.open(folder))
        return {each for each in known.place.whole if (entry := known.entry(each)) and each == back and text in entry.article.text}

    copy = archive.parent / "copy"
    rebuild_index(index, SMALL)
    export_index(index, archive.parent / "file.tar.zst")
    import_index(archive.parent / "file.tar.zst", copy)
    for folder in (index, copy):
        index_paths([archive], folder, PRUNE)
        assert found(folder) == set()
        index_paths([archive], folder, RESTORE)
        assert found(folder) == {back}
        assert_sound(folder)


def test_a_deleted_record_without_an_id_takes_no_other_with_it(archive: Path, index: Path) -> None:
    """Those that have its line now are indexed, and what its line named before is found once."""
    lines = archive / "lines.jsonl"
    write_lines(lines, NUMBERED)
    index_paths([lines], index)
    delete(index, by_id("articles/lines.jsonl#2"))
    write_lines(lines, [without_id(OTHERS[3]), *NUMBERED])
    index_paths([lines], index)
    assert read_status(index).left_over == []
    known = Known(Snapshot.open(index))
    there = [(each, entry.article.text) for each in known.ids_at("articles/lines.jsonl") if (entry := known.entry(each))]
    assert sorted(there) == [
        (f"articles/lines.jsonl#{line}", text) for line, text in ((1, OTHERS[3]["text"]), (2, OTHERS[0]["text"]), (4, OTHERS[1]["text"]))
    ]


def test_a_pruned_article_comes_back(archive: Path, index: Path) -> None:
    """Neither --prune nor a file that is gone is a deletion."""
    kept = (archive / "news.jsonl").read_text(encoding="utf-8")
    write_lines(archive / "news.jsonl", OTHERS)
    (archive / "ferry.txt").unlink()
    assert index_paths([archive], index, PRUNE).removed == 2
    plain(archive / "news.jsonl", kept)
    plain(archive / "ferry.txt", "A ferry ran aground off the island.")
    assert index_paths([archive], index).added == 2
    assert {"id-quux", "articles/ferry.txt"} <= living(index)


def test_an_article_that_shares_the_text_stays(archive: Path, index: Path) -> None:
    """A copy that is in the index under its own id is not touched by the purge of the other, whatever becomes of its file."""
    write_lines(archive / "two.jsonl", [LONG, LONG | {"_id": "copy"}])
    index_paths([archive], index)
    delete(index, by_id("long"), purge=True)
    write_lines(archive / "two.jsonl", [LONG, LONG | {"_id": "copy", "title": "A new headline"}])
    report = index_paths([archive], index, PRUNE)
    assert (report.updated, report.withheld, report.removed) == (1, 1, 0)
    assert "copy" in living(index)


def test_an_earlier_version_of_a_purged_article_stays_out(archive: Path, index: Path) -> None:
    """The text before a correction does not come back under another name either."""
    write_lines(archive / "long.jsonl", [LONG])
    index_paths([archive], index)
    write_lines(archive / "long.jsonl", [LONG | {"text": LONG["text"].replace("bridge", "tunnel")}])
    index_paths([archive], index)
    delete(index, by_id("long"), purge=True)
    write_lines(archive / "copy.jsonl", [LONG | {"_id": "copy"}])
    assert index_paths([archive], index).withheld == 2


def test_tombstones_hold_no_name_and_no_text(archive: Path, purged: Path) -> None:
    """No file has the id, nor an unkeyed digest of it or of the text; two indexes have other tombstones for the same article."""
    other = archive.parent / "other"
    index_paths([archive], other, HASH)
    delete(other, by_id("long"), purge=True)
    kept = []
    for folder in (purged, other):
        assert not where(folder, ["witness number", '"long"'])
        (stones,) = folder.glob("g*/tombstones-*")
        kept.append(stones.read_bytes())
        for value in (b"long", LONG["text"].encode()):
            for name in ("blake2b", "sha256", "md5"):
                assert hashlib.new(name, value).digest()[:8] not in kept[-1]
    tensors = [view_tensors(content) for content in kept]
    assert [len(each["id"]) for each in tensors] == [1, 1]
    assert tensors[0]["id"] != tensors[1]["id"]
    assert read_status(purged).purged == 1


def test_an_interrupted_purge_takes_down_or_nothing(purged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tombstones appear with the commit that removes the article: ended before it, a purge leaves both as they were."""
    monkeypatch.setattr(writer_module, "publish", stop)
    with pytest.raises(Stopped):
        delete(purged, by_id("n1"), purge=True)
    monkeypatch.undo()
    assert "n1" in living(purged)
    assert read_status(purged).purged == 1


def test_purging_one_keeps_others_deleted(archive: Path, index: Path) -> None:
    """A file whose article was deleted before, and is purged along with another, is not read again."""
    delete(index, by_id("articles/ferry.txt"))
    delete(index, by_id("id-quux"), purge=True)
    assert not where(index, ["aground"])
    assert index_paths([archive], index).added == 0


def test_purging_everything(archive: Path, index: Path) -> None:
    """An index from which everything is purged is an index of nothing, and can be added to."""
    delete(index, by_id(*living(index)), purge=True)
    assert not where(index, [*TRACES, "ferry", "bridge"])
    assert living(index) == set()
    assert_sound(index)
    update(archive, index, 1)
    assert "more1" in living(index)


def test_a_rebuild_while_waiting(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should a rebuild with other settings be faster to the lock, the takedown is done in the new generation."""
    made = takedown.Writer
    rebuilt: list[object] = []

    def late(*arguments: object, **options: object) -> object:
        if not rebuilt:
            rebuilt.append(rebuild_index(index, SMALL))
        return made(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(takedown, "Writer", late)
    assert delete(index, by_id("id-quux")).removed == ("id-quux",)
    assert Snapshot.open(index).manifest.generation == "g000002"
    assert "id-quux" not in living(index)


def restoring(index: Path, name: str, *ids: str) -> str:
    """The command that undoes the deletion of the articles ``ids`` in the file ``name``."""
    return f"newsdex index {index.parent}/articles/{name} {' '.join(f'--restore-id {each}' for each in ids)} --index-dir {index}"


def left_in(*files: Path) -> str:
    """What a purge says of the places that it does not reach."""
    where = f"in the source ({', '.join(map(str, files))})" if files else "in the source"
    return (
        f"newsdex: The text may still be {where}, in exports and backups, delivered notices and a folder of newsdex fetch: remove it there "
        "too\n"
    )


def newsdex(*arguments: str, index: Path) -> Ran:
    """Run ``newsdex delete``."""
    # Not in the checkout, whose own index a lone "--id" would be asked of
    return run("delete", *arguments, "--index-dir", index, cwd=index.parent)


def test_the_command(index: Path) -> None:
    """Exit code 0 with the ids on standard output when something was, or would be, removed; 1 when nothing matched; 2 on error."""
    assert newsdex("--id", "id-quux", "--dry-run", index=index) == (0, "id-quux\n", "would remove 1 article\n")
    named = "newsdex: no article has the id, url or path 'nobody'. Find it first: search \"...\"\n"
    assert newsdex("--id", "nobody", "--id", "n0", index=index) == (
        0,
        "n0\n",
        named + f"removed 1 article; 1 name matched nothing. To undo: {restoring(index, 'news.jsonl', 'n0')}\n",
    )
    assert newsdex("--id", "nobody", "--purge", index=index) == (
        1,
        "",
        named + "purged 0 articles\n",
    )
    code, out, said = newsdex("--url", QUUX["url"], "--source", "The River", "--purge", index=index)
    assert (code, out.split(), said) == (
        0,
        ["id-quux", "n1", "n2", "n3", "n4", "n5", "n0"],
        "purged 6 articles; purged 1 article deleted or replaced earlier\n" + left_in(index.parent / "articles" / "news.jsonl"),
    )
    assert not where(index)
    assert living(index) == {"articles/ferry.txt"}
    told = named + "would remove 1 article; 1 name matched nothing\n"
    assert newsdex("ferry.txt", "nobody", "--dry-run", index=index) == (0, "articles/ferry.txt\n", told)
    for arguments in ([], ["--id", ""], ["--id"], [""]):
        code, out, said = newsdex(*arguments, index=index)
        assert (code, out) == (2, ""), arguments
        assert said
    assert newsdex("--id", "n1", index=index / "none")[0] == 2


def test_a_value_that_no_article_has_is_named(index: Path) -> None:
    """With the nearest source; what the other values match is removed all the same."""
    code, out, said = newsdex("--source", "The Rivet", "--url", "https://nobody.example/", "--id", "id-quux", index=index)
    assert (code, out) == (0, "id-quux\n")
    assert said.splitlines() == [
        "newsdex: no article has the URL 'https://nobody.example/'",
        "newsdex: no article has the source 'The Rivet'; the nearest is 'The River'",
        f"removed 1 article; 2 names matched nothing. To undo: {restoring(index, 'news.jsonl', 'id-quux')}",
    ]


def test_a_deletion_is_undone_by_the_command_that_it_prints(tmp_path: Path) -> None:
    """Also of a file whose name a shell would read otherwise; of many files, they are counted."""
    articles, index = tmp_path / "my articles", tmp_path / "index"
    articles.mkdir()
    for name in ("one $1", "two", "three", "four"):
        (articles / f"{name}.txt").write_text(f"A report on {name} ferries.", encoding="utf-8")
    index_paths([articles], index, HASH)
    every = living(index)
    said = newsdex("one $1.txt", "two.txt", index=index)[2]
    command = shlex.split(said.partition("To undo: newsdex ")[2])
    assert len(living(index)) == 2
    assert run(*command).code == 0
    assert living(index) == every
    told = newsdex(*every, index=index)[2]
    assert told == (
        f"removed 4 articles. To undo: newsdex index FILE (for each of 4 files) --restore --index-dir {index}, "
        "which also brings back what was deleted from these files earlier\n"
    )


@pytest.mark.parametrize("own_id", [False, True])
def test_no_list_of_sources_has_the_name_of_a_purged_article(tmp_path: Path, own_id: bool) -> None:
    """Which is its headline. The file is not parsed again while it is as it was; another story in it is read, and a restore reads it."""
    articles, index = tmp_path / "articles", tmp_path / "index"
    articles.mkdir()
    name, head = "quux-fined.md", "---\nid: x\n---\n" if own_id else ""
    plain(articles / name, f"{head}{LONG['text']}")
    plain(articles / "other.md", "A report on the ferry.")
    index_paths([articles], index, HASH)
    delete(index, by_id("x" if own_id else f"articles/{name}"), purge=True)
    for _ in range(3):
        report = index_paths([articles], index)
        assert (report.added, report.withheld, report.unchanged, report.emptied) == (0, 1, 1, 0)
        assert not where(index, [name, *TRACES])
    commit = Snapshot.open(index).pointer
    assert plan([articles], index).withheld == 1
    index_paths([articles], index)
    assert Snapshot.open(index).pointer == commit
    assert read_status(index).unindexed == []
    assert read_status(index).missing == []
    (articles / name).write_text("---\nid: y\n---\nAnother story.", encoding="utf-8")
    assert index_paths([articles], index).added == 1
    (articles / name).write_text(f"{head}{LONG['text']}", encoding="utf-8")
    assert index_paths([articles], index, RESTORE_PURGED).restored == ["x" if own_id else f"articles/{name}"]


def test_a_withdrawn_article_is_called_so(index: Path) -> None:
    """By its id, deleted or purged, and by the path of its file; no other article is suggested."""
    delete(index, by_id("id-quux"), purge=True)
    delete(index, by_id("articles/ferry.txt"))
    for name in ("id-quux", "articles/ferry.txt", str(index.parent / "articles" / "ferry.txt")):
        done = run("get", name, "--index-dir", index)
        assert (done.code, done.err) == (1, f"newsdex: the article {name!r} was withdrawn from this archive\n")
    assert "the article 'id-quux' was withdrawn" in newsdex("id-quux", index=index)[2]
    assert "no article has the id, url or path 'id-quuz'" in run("get", "id-quuz", "--index-dir", index).err


def test_a_deletion_says_what_it_waits_for(index: Path) -> None:
    """At once, and how to go on."""
    arguments = ["delete", "id-quux", "--index-dir", index]
    with files.WriterLock(index):
        process = subprocess.Popen([sys.executable, "-m", "newsdex", *arguments], stderr=subprocess.PIPE, text=True)
        assert process.stderr
        said = process.stderr.readline() + process.stderr.readline()
    assert process.wait(60) == 0
    process.stderr.close()
    assert f"Waiting for process {os.getpid()}" in said
    assert "the other one continues later" in said
    assert "--wait SECONDS" in said
    assert "id-quux" not in living(index)


def test_a_restore_leaves_purged_articles_away(index: Path, archive: Path) -> None:
    """The command that undoes a deletion brings back that article alone; --restore the deleted ones, --restore-purged the purged ones. Each
    names what came back, and --restore what did not.
    """
    newsdex("id-quux", "--purge", index=index)
    newsdex("n1", index=index)
    said = newsdex("n2", index=index)[2]
    assert read_status(index).record() | {"purged": 3, "deleted": 2, "erased": 1} == read_status(index).record()
    every = {"articles/ferry.txt", *(f"n{number}" for number in range(6))}
    here = ("index", archive, "--index-dir", index)
    assert "; 3 not indexed because deleted or purged before" in run(*here, "--restore-id", "id-quux").out
    assert "id-quux. To bring" in run(*here, "--restore-id", "id-quux", "--quiet").err
    done = run(*here, "--restore-id", "n7", "--restore-id", "n0")
    assert (done.code, done.err) == (0, "newsdex: no deleted article in these files has the id 'n0', 'n7'\n")
    assert living(index) == every - {"n1", "n2"}
    done = run(*shlex.split(said.partition("To undo: newsdex ")[2]))
    assert (done.code, done.err) == (0, "newsdex: brought back: n2\n")
    assert living(index) == every - {"n1"}
    done = run(*here, "--restore", "--dry-run")
    assert done.err == run(*here, "--restore").err
    assert done.err == ("newsdex: brought back: n1\nnewsdex: purged, and not brought back: id-quux. To bring them back: --restore-purged\n")
    assert living(index) == every
    newsdex("n2", index=index)
    done = run(*here, "--restore-purged", "--restore-id", "id-quux")
    assert (done.code, done.err) == (0, "newsdex: brought back: id-quux\n")
    assert living(index) == every - {"n2"} | {"id-quux"}
    newsdex("id-quux", index=index)
    assert index_paths([archive], index, RESTORE).restored == ["n2", "id-quux"]


def test_an_id_of_several_files_comes_back_once(tmp_path: Path) -> None:
    """The others are refused as before."""
    (tmp_path / "articles").mkdir()
    for name in ("a.jsonl", "b.jsonl"):
        write_lines(tmp_path / "articles" / name, [record("y", f"The harbour is in {name}.")])
    index_paths([tmp_path / "articles"], tmp_path / "index_data", RESTORE)
    delete(tmp_path / "index_data", by_id("y"))
    assert plan([tmp_path / "articles"], tmp_path / "index_data", RESTORE).restored == ["y"]
    assert index_paths([tmp_path / "articles"], tmp_path / "index_data", RESTORE).restored == ["y"]


def test_what_was_withdrawn_before_purges_were_told_apart_comes_back_as_purged(index: Path, archive: Path) -> None:
    """Each might be a purge: an index of an earlier newsdex has only one list."""
    delete(index, by_id("n1"))
    stones = Snapshot.open(index).tombstones()
    arrays = {name: array for name, array in stones.pack().items() if name != "purged"}
    old = unpack_tombstones(memoryview(b"".join(pack_tensors(arrays))))
    article = next(article for article in _articles_of(archive.parent / "fresh", archive) if article.id == "n1")
    assert (stones.cover(article), stones.cover_purged(article)) == (True, False)
    assert (old.cover(article), old.cover_purged(article)) == (True, True)


def _articles_of(folder: Path, archive: Path) -> list[Article]:
    index_paths([archive], folder, HASH)
    snapshot = Snapshot.open(folder)
    return [snapshot.segments[number].article(row) for number, row in snapshot.articles()]


def test_nothing_is_said_of_what_is_in_a_purged_article(tmp_path: Path) -> None:
    """A remark on it would quote it, also in a file with others, whose own remarks stay."""
    articles, index = tmp_path / "articles", tmp_path / "index"
    articles.mkdir()
    text = "A report on the harvest, which was so long that no other article has the same text by chance, with its figures and names."
    (articles / "one.md").write_text(f"---\ndate: 31/31/secret\n---\n{text}", encoding="utf-8")
    index_paths([articles], index, Options(model="hash"))
    assert "secret" in (articles / "one.md").read_text(encoding="utf-8")
    delete(index, by_id("articles/one.md"), purge=True)
    write_lines(
        articles / "rows.jsonl",
        [{**record("a", "A report on the ferry."), "date": "first"}, {**record("b", text), "date": "secret"}, record("c", "A bridge.")],
    )
    report = index_paths([articles], index)
    assert (report.withheld, report.added) == (2, 2)
    assert ["first" in problem.reason for problem in report.problems] == [True]
    assert b"secret" not in b"".join(path.read_bytes() for path in index.rglob("*") if path.is_file())
    assert "secret" in str(index_paths([articles], index, Options(restore_purged=True)).problems)


def test_an_article_is_named_as_for_get(index: Path) -> None:
    """By its path or the end of it; a name of several articles is an error that lists them, and nothing is removed."""
    before = living(index)
    code, out, said = newsdex("--id", "news.jsonl", index=index)
    assert (code, out) == (2, "")
    assert "'news.jsonl' names 7 articles; give the id of one: " in said
    assert "id-quux" in said or "n0" in said
    assert living(index) == before
    assert newsdex("--id", "ferry.txt", index=index) == (
        0,
        "articles/ferry.txt\n",
        f"removed 1 article. To undo: {restoring(index, 'ferry.txt', 'articles/ferry.txt')}\n",
    )
    # Deleted, and still called the same
    told = "would purge 1 article deleted or replaced earlier\n"
    for name in ("articles/ferry.txt", "ferry.txt", "./articles/ferry.txt"):
        assert newsdex("--id", name, "--purge", "--dry-run", index=index) == (0, "articles/ferry.txt\n", told)
    assert newsdex("--id", "erry.txt", "--purge", index=index)[0] == 1
    told = told.replace("would purge", "purged") + left_in()
    assert newsdex("--id", "ferry.txt", "--purge", index=index) == (0, "articles/ferry.txt\n", told)
    assert not where(index, ["A ferry ran aground"])


def test_a_purge_by_the_end_of_a_path_never_takes_another_article(archive: Path, index: Path) -> None:
    """Where a deleted article and a living one are called the same, neither is purged, and both are named."""
    delete(index, by_id("articles/ferry.txt"))
    (archive / "north").mkdir()
    (archive / "north" / "ferry.txt").write_text("A ferry sailed north of the island.", encoding="utf-8")
    index_paths([archive], index)
    code, out, said = newsdex("--id", "ferry.txt", "--purge", index=index)
    assert (code, out) == (2, "")
    assert "names 2 articles, deleted ones counted; give the id of one: articles/ferry.txt, articles/north/ferry.txt" in said


def test_the_command_waits_no_longer_than_it_is_told(index: Path) -> None:
    """With another writer at work, --wait 0 is an error that names it, and nothing is removed."""
    with files.WriterLock(index):
        code, _, said = newsdex("--id", "id-quux", "--wait", "0", index=index)
    assert code == 2
    assert f"process {os.getpid()}" in said
    assert "id-quux" in living(index)


def test_help_says_what_brings_articles_back() -> None:
    """The help tells of changed files, of the missing rollback, and of the option that restores."""
    said = " ".join(
        subprocess.run([sys.executable, "-m", "newsdex", "delete", "--help"], capture_output=True, text=True, check=True).stdout.split()
    )
    assert "leaves the same ids out, also when their content changes, and brings them back with --restore" in said
    assert "a rollback is no longer possible" in said
    assert "except with `newsdex index --restore-purged`" in said


def test_the_next_update_tells_of_files_whose_articles_were_deleted(tmp_path: Path) -> None:
    """They are unchanged, and none of their articles is left; a file that has others, or is empty, is not among them."""
    articles = tmp_path / "articles"
    articles.mkdir()
    write_lines(articles / "two.jsonl", [record("one", "A report on the harvest."), record("two", "A report on the ferry.")])
    write_lines(articles / "alone.jsonl", [record("alone", "A report on the bridge.")])
    (articles / "empty.jsonl").touch()
    index_paths([articles], tmp_path / "index", Options(model="hash"))
    delete(tmp_path / "index", by_id("one", "alone"))
    report = index_paths([articles], tmp_path / "index")
    assert report.emptied == 1
    assert "; 1 unchanged file has no article in the index, for example after a deletion (--restore brings it back)" in summary(
        report, dry_run=False
    )
    assert index_paths([articles], tmp_path / "index", Options(restore=True)).emptied == 0


def test_the_next_update_advises_nothing_for_purged_files(tmp_path: Path) -> None:
    """Only a deletion is a reason to advise --restore, at the first update and later; a restored article that is deleted counts again."""
    articles = tmp_path / "articles"
    articles.mkdir()
    for name in ("purged", "other", "gone", "also"):
        (articles / f"{name}.md").write_text(f"---\nid: id-{name}\n---\nA report on {name}, and on the harvest.", encoding="utf-8")
    (articles / "plain.md").write_text("A report on the ferry.", encoding="utf-8")
    index = tmp_path / "index"
    index_paths([articles], index, Options(model="hash"))
    delete(index, by_id("id-purged", "articles/plain.md"), purge=True)
    assert [index_paths([articles], index).emptied for _ in range(2)] == [0, 0]
    (articles / "moved.md").write_bytes((articles / "purged.md").read_bytes())
    assert [index_paths([articles], index).emptied for _ in range(2)] == [0, 0]
    delete(index, by_id("id-gone", "id-also"))
    report = index_paths([articles], index)
    assert report.emptied == 2
    assert "; 2 unchanged files have no article in the index, for example after a deletion (--restore brings them back)" in summary(
        report, dry_run=False
    )
    index_paths([articles / "purged.md"], index, Options(restore_purged=True))
    delete(index, by_id("id-purged"))
    assert index_paths([articles / "purged.md"], index).emptied == 1


@pytest.mark.parametrize("purge", [False, True])
def test_a_withdrawn_article_stays_out_when_its_file_is_moved_and_edited_then(tmp_path: Path, *, purge: bool) -> None:
    """The run after the move recognises it by its text, and from then on it is known by its new path too."""
    folder, index, options = tmp_path / "a", tmp_path / "index", Options(model="hash")
    folder.mkdir()
    for name in ("one", "two"):
        (folder / f"{name}.md").write_text(f"# {name}\n\nThe council of {name} sold the old opera house on Sunday. {'It was loud. ' * 9}")
    index_paths([folder], index, options)
    delete(index, by_id("a/one.md"), purge=purge)
    moved = (folder / "one.md").rename(folder / "moved.md")
    assert index_paths([folder], index, options).withheld == 1
    moved.write_text(moved.read_text().replace("sold", "bought"))
    assert index_paths([folder], index, options).withheld == 1
    assert Snapshot.open(index).manifest.articles == 1
    moved.write_text("# Zoo\n\nThe zoo bought a bear.")
    assert index_paths([folder], index, options).withheld == 1
    assert index_paths([folder], index, Options(restore=True)).added == (not purge)
    assert index_paths([folder], index, RESTORE_PURGED).added == purge
