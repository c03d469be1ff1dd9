"""The index on disk: what is committed is read back, whole and unchanged, however often the index is updated."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from indexes import LONG_AGO, put
from logged import without_log
from sessions import CARD, SHA, assert_same, entry_for, needed, read, small, write

from newsdex import Chunking, Index, ModelMismatch, Options, Report, UsageError, index_paths
from newsdex.engines.hashing import HashEncoder
from newsdex.indexer.build import plan
from newsdex.records import Article, Published, Span
from newsdex.store import writer as writer_module
from newsdex.store.previous import Known
from newsdex.store.segment import FileSegment, write_segment
from newsdex.store.snapshot import Snapshot
from newsdex.store.sources import SourceFile
from newsdex.store.writer import SMALL_SEGMENTS, Writer

ARTICLES = [
    pytest.param(Article("a", "One sentence.", Path("/news/a.txt"), SHA), id="only what must be"),
    pytest.param(
        Article(
            id="b",
            text="---\ntitle: T\n---\nBody of it.\n",
            path=Path("/news/b.md"),
            sha256=SHA,
            title="A title",
            source="The Paper",
            url="https://example.org/b?x=1#y",
            published=Published("2024-04-26T12:30:00+08:00", "front matter"),
            record=4_000_000_000,
            body=Span(17, 29),
            metadata={"author": "A. Writer", "": "no name", "quote": '"\\\n', "ключ": "значение", "empty": ""},
        ),
        id="every field",
    ),
    pytest.param(Article("c", "x", Path("/c"), SHA, published=Published("2024", "record")), id="a year"),
    pytest.param(Article("c", "x", Path("/c"), SHA, published=Published("2024-02", "record")), id="a month"),
    pytest.param(Article("c", "x", Path("/c"), SHA, published=Published("2024-02-29", "")), id="a day"),
    pytest.param(
        Article("\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467 e\u0301 \u4e2d", Path("/\U0001f600"), SHA, "\U0001f1e9"),
        id="emoji",
    ),
    pytest.param(Article("caf\udce9", "x", Path("/news/caf\udce9.txt"), SHA), id="file name that is not UTF-8"),
    pytest.param(Article("d", "a\r\nb\rc\0d\u2028e\ufefff", Path("/d"), SHA, title="\t"), id="odd characters"),
    pytest.param(Article("e", "x" * 300_000, Path("/e"), SHA, body=Span(299_999, 300_000)), id="long"),
]


def names(folder: Path) -> set[str]:
    """The files of an index, but for the lock and the log."""
    return without_log({path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {"LOCK"})


def content(folder: Path) -> dict[str, bytes]:
    """All files of an index but the lock, with what is in them."""
    return {name: (folder / name).read_bytes() for name in names(folder)}


def index(articles: Path, folder: Path, prune: bool = False) -> Report:
    """An indexing run with the hash model."""
    return index_paths([articles], folder, Options(model="hash", prune=prune))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A folder with three articles in ``articles``; an index can be made in ``index_data``."""
    put(tmp_path / "articles" / "one.txt", "Flood\n\nThe river rose by two metres. People left their homes.\n")
    put(tmp_path / "articles" / "two.md", "---\nid: fixed-id\ntitle: Harvest\ndate: 2024-04\n---\nThe harvest was late. Prices rose.\n")
    put(tmp_path / "articles" / "three.txt", "Strike\n\nThe drivers went on strike. No bus left the depot.\n")
    return tmp_path


@pytest.mark.parametrize("article", ARTICLES)
def test_every_field_is_read_back(tmp_path: Path, article: Article) -> None:
    """An article comes back with every field, its offsets, keys, digest and vectors exactly as they were committed."""
    entry = entry_for(article, [Span(0, 1), Span(0, len(article.text)), Span(len(article.text) - 1, len(article.text))])
    write(tmp_path, small("before"), entry, small("after"))
    found = read(tmp_path)
    assert list(found) == ["before", article.id, "after"]
    assert_same(found[article.id], entry)


texts = st.text(st.characters(exclude_categories=["Cs"]))
file_names = st.binary(min_size=1).map(os.fsdecode)
spans = st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)).map(lambda pair: Span(*sorted(pair)))
articles_of_any_kind = st.builds(
    Article,
    id=file_names,
    text=texts,
    path=st.binary(min_size=1).map(lambda name: Path("/") / os.fsdecode(name.replace(b"\0", b""))),
    sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
    title=texts,
    source=texts,
    url=texts,
    published=st.none() | st.builds(Published, st.sampled_from(["2024", "2024-02", "2024-02-29", "2024-02-29T10:00:00Z"]), texts),
    record=st.integers(0, 2**32 - 1),
    body=spans,
    metadata=st.dictionaries(texts, texts, max_size=3),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(articles_of_any_kind, min_size=1, max_size=4), st.integers(0, 3))
def test_any_articles_are_read_back(articles: list[Article], passages: int) -> None:
    """Whatever the fields of the articles of a segment hold, each comes back equal, whatever stands beside it."""
    entries = [entry_for(article, [Span(i, i + 1) for i in range((passages + n) % 4)], seed=n) for n, article in enumerate(articles)]
    with TemporaryDirectory() as name:
        base = Path(name)
        record = write_segment(base, "s000001", entries, base)
        segment = FileSegment(base, record, base, dimension=CARD.dimension)
        for row, entry in enumerate(entries):
            assert_same(segment.entry(row), entry)


def test_a_file_name_that_is_not_utf8(archive: Path) -> None:
    """A file whose name is not UTF-8 is indexed, found, traced to its path, and known as unchanged afterwards."""
    path = put(archive / "articles" / os.fsdecode(b"caf\xe9.txt"), "Coffee\n\nThe coffee house closes.\n")
    assert (index(path.parent, archive / "index_data").added, index(path.parent, archive / "index_data").unchanged) == (4, 4)
    [hit] = Index.open(archive / "index_data").search("coffee house", limit=1)
    assert hit.article.path == path
    assert os.fsencode(hit.article.id) == b"articles/caf\xe9.txt"
    assert hit.article.path.read_text() == hit.article.text


def test_source_files_are_read_back(tmp_path: Path) -> None:
    """What is known of each source file comes back, in the order of the paths, whatever the order in which it was given."""
    sources = [
        SourceFile("beside/caf\udce9.txt", 2**40, -1, 2**62, "", "line 1: no text\nline 7: duplicate id"),
        SourceFile("/elsewhere/a.txt", 0, LONG_AGO * 10**9, 5, SHA),
    ]
    write(tmp_path / "index_data", small("a"), sources=sources)
    assert list(Snapshot.open(tmp_path / "index_data").sources().items()) == [(source.path, source) for source in reversed(sources)]


def test_update_and_delete(archive: Path) -> None:
    """A changed article takes the place of the old one, a vanished one goes with --prune only, and the others stay as they were."""
    folder = archive / "index_data"
    index(archive / "articles", folder)
    before = read(folder)
    put(archive / "articles" / "one.txt", "Flood\n\nThe river fell again.\n", LONG_AGO + 1)
    (archive / "articles" / "three.txt").unlink()
    report = index(archive / "articles", folder)
    assert (report.added, report.updated, report.unchanged, report.removed, report.vanished) == (0, 1, 1, 0, 1)
    middle = read(folder)
    assert middle.keys() == before.keys()
    assert middle["articles/one.txt"].article.text == "Flood\n\nThe river fell again.\n"
    assert_same(middle["fixed-id"], before["fixed-id"])
    assert_same(middle["articles/three.txt"], before["articles/three.txt"])
    assert index(archive / "articles", folder, prune=True).removed == 1
    after = read(folder)
    assert set(after) == {"articles/one.txt", "fixed-id"}
    assert {hit.article.id for hit in Index.open(folder).search("drivers strike bus metres", limit=100)} == set(after)


def test_delete_says_whether_there_was_one(tmp_path: Path) -> None:
    """Deleting an article that is not there is no error and no change; in several sessions, the deletions add up."""
    write(tmp_path, *(small(name) for name in "abcdefgh"))
    for name in "bd":
        with Writer(tmp_path, CARD, Chunking()) as writer:
            assert not writer.delete("nobody")
            assert writer.delete(name)
            writer.commit([])
    with Writer(tmp_path, CARD, Chunking()) as writer:
        assert not writer.delete("b")
    assert list(read(tmp_path)) == list("acefgh")
    [segment] = Snapshot.open(tmp_path).segments
    assert (segment.record.name, segment.record.deleted_articles, segment.record.deleted_passages) == ("s000001", 2, 2)


def test_a_deleted_id_can_come_back(tmp_path: Path) -> None:
    """An article that is deleted and added again is there once, as it was added last."""
    write(tmp_path, *(small(name) for name in "abc"))
    write(tmp_path, delete=["b"])
    write(tmp_path, small("b", "new text"))
    found = read(tmp_path)
    assert sorted(found) == ["a", "b", "c"]
    assert_same(found["b"], small("b", "new text"))


def test_known_vectors_are_found_by_key(tmp_path: Path) -> None:
    """Vectors are found by the key of the embedded text in whatever segment they lie; unknown keys are known as such."""
    for names_of_commit in ("abc", "def", "g"):
        write(tmp_path, *(small(name) for name in names_of_commit))
    wanted = [small(name) for name in "gbXeaa"]
    known, vectors = Known(Snapshot.open(tmp_path)).vectors(np.concatenate([entry.keys for entry in wanted]), CARD.dimension)
    assert known.tolist() == [True, True, False, True, True, True]
    for entry, is_known, vector in zip(wanted, known, vectors, strict=True):
        assert vector.tobytes() == (entry.vectors[0].tobytes() if is_known else np.zeros(CARD.dimension, np.float32).tobytes())


def test_keys_that_begin_alike_are_told_apart(tmp_path: Path) -> None:
    """Two keys that differ in their second half only are two keys: neither gets the other's vector."""
    first, second = small("a"), small("b")
    second = replace(second, keys=np.concatenate([first.keys[:, :8], second.keys[:, 8:]], axis=1))
    write(tmp_path, first)
    known, vectors = Known(Snapshot.open(tmp_path)).vectors(np.concatenate([second.keys, first.keys]), CARD.dimension)
    assert known.tolist() == [False, True]
    assert vectors[1].tobytes() == first.vectors.tobytes()


def test_nothing_is_known_without_an_index() -> None:
    """Before the first commit no key, article, path or source is known."""
    known = Known(None)
    found, vectors = known.vectors(small("a").keys, 3)
    assert (found.tolist(), vectors.tolist()) == ([False], [[0, 0, 0]])
    assert (known.place.whole, known.ids_at.whole, known.sources) == ({}, {}, {})
    assert (known.digest("a"), known.entry("a"), known.path("a")) == (None, None, None)


@pytest.mark.parametrize("name", [pytest.param("one.txt", id="id from the file name"), pytest.param("two.md", id="id of its own")])
def test_a_moved_article_is_not_embedded_again(archive: Path, name: str) -> None:
    """An article whose file is renamed keeps its vectors bit for bit, and its path is the new one."""
    folder = archive / "index_data"
    index(archive / "articles", folder)
    old = {entry.article.path.name: entry for entry in read(folder).values()}[name]
    (archive / "articles" / name).rename(archive / "articles" / f"moved-{name}")
    report = index(archive / "articles", folder, prune=True)
    assert report.embedded == 0
    assert len(read(folder)) == 3
    new = {entry.article.path.name: entry for entry in read(folder).values()}[f"moved-{name}"]
    assert new.article.text == old.article.text
    assert new.vectors.tobytes() == old.vectors.tobytes()
    assert new.keys.tobytes() == old.keys.tobytes()


def test_many_small_segments_are_merged(tmp_path: Path) -> None:
    """Forty commits of one article leave few segments, in which every article is as it was committed, vectors bit for bit."""
    entries = {f"{i:02d}": small(f"{i:02d}", f"text {i} \U0001f600") for i in range(40)}
    for entry in entries.values():
        write(tmp_path, entry)
        assert len(Snapshot.open(tmp_path).segments) <= SMALL_SEGMENTS + 1
    found = read(tmp_path)
    assert found.keys() == entries.keys()
    for name, entry in entries.items():
        assert_same(found[name], entry)


def test_merging_leaves_out_what_was_deleted(tmp_path: Path) -> None:
    """When more than half of a segment is deleted, it is written again without it, and no file of the old one is needed."""
    write(tmp_path, *(small(name) for name in "abcde"))
    write(tmp_path, delete=["a", "b"])
    assert [segment.record.name for segment in Snapshot.open(tmp_path).segments] == ["s000001"]
    write(tmp_path, delete=["c"])
    [segment] = Snapshot.open(tmp_path).segments
    assert (segment.record.name, segment.record.articles, segment.record.deleted) == ("s000002", 2, None)
    assert list(read(tmp_path)) == ["d", "e"]
    assert_same(read(tmp_path)["e"], small("e"))
    known, _ = Known(Snapshot.open(tmp_path)).vectors(small("a").keys, CARD.dimension)
    assert known.tolist() == [False]


def test_a_large_session_is_written_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session of more passages than a segment holds makes several segments in one commit, with every article in one of them."""
    monkeypatch.setattr(writer_module, "SEGMENT_PASSAGES", 7)
    entries = {f"{i:02d}": entry_for(Article(f"{i:02d}", "some text", Path("/x"), SHA), [Span(0, 4), Span(5, 9)], i) for i in range(20)}
    write(tmp_path, *entries.values())
    snapshot = Snapshot.open(tmp_path)
    assert snapshot.manifest.commit == 1
    assert [segment.record.passages for segment in snapshot.segments] == [6, 6, 6, 6, 6, 6, 4]
    found = read(tmp_path)
    assert found.keys() == entries.keys()
    for name, entry in entries.items():
        assert_same(found[name], entry)


def test_the_last_article_can_go(tmp_path: Path) -> None:
    """An index whose last article is deleted is empty and not missing, and takes articles again under new names."""
    write(tmp_path, small("a"))
    write(tmp_path, delete=["a"])
    assert read(tmp_path) == {}
    assert len(Index.open(tmp_path).search("anything")) == 0
    write(tmp_path, small("b"))
    assert list(read(tmp_path)) == ["b"]
    assert [segment.record.name for segment in Snapshot.open(tmp_path).segments] == ["s000002"]


def test_the_commit_before_is_kept_and_older_ones_go(tmp_path: Path) -> None:
    """After each commit the folder holds exactly the files of this commit and of the one before it."""
    folder, previous = tmp_path / "index_data", None
    for i in range(12):
        write(folder, *(small(f"{i}{name}") for name in "abc"), delete=[f"{i - 1}a", f"{i - 2}b", f"{i - 3}c"])
        expected = {"CURRENT"} | needed(folder) | (needed(folder, previous) if previous else set())
        assert names(folder) == expected
        previous = (folder / "CURRENT").read_text().strip()


def test_leftovers_of_an_interrupted_run_are_removed(archive: Path) -> None:
    """Files that no commit names go with the next run, even one that changes nothing; other people's files stay."""
    folder = archive / "index_data"
    index(archive / "articles", folder)
    whole = names(folder)
    leftovers = ["s000002.articles", "s000002.texts", "s000001.deleted-000002", "sources-000002", "commit-000002-0123456789abcdef.json"]
    for name in [*leftovers, "README.md", "notes"]:
        (folder / "g000001" / name).write_bytes(b"cut sho")
    (folder / "README.md").write_bytes(b"of the owner")
    index(archive / "articles", folder)
    assert names(folder) == whole | {"g000001/README.md", "g000001/notes", "README.md"}


def test_an_interrupted_first_build_leaves_no_trace(archive: Path) -> None:
    """After leftovers of a build that never finished, the first commit holds its own files only."""
    folder = archive / "index_data"
    put(folder / "g000001" / "s000001.articles", "half a seg")
    put(folder / "g000001" / "sources-000001", "")
    put(folder / "CURRENT.new", "g000001/comm")
    index(archive / "articles", folder)
    assert len(read(folder)) == 3
    assert names(folder) == {"CURRENT"} | needed(folder)


@pytest.mark.parametrize("error", [pytest.param(None, id="quietly"), pytest.param(RuntimeError("stop"), id="with an exception")])
def test_nothing_is_published_without_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception | None) -> None:
    """A session that is left without a commit changes nothing for readers, and the next one finds nothing of it."""
    monkeypatch.setattr(writer_module, "SEGMENT_PASSAGES", 2)  # so that segments are written before the commit
    write(tmp_path, small("a"))
    before = content(tmp_path)
    try:
        with Writer(tmp_path, CARD, Chunking()) as writer:
            writer.delete("a")
            for name in "bcdef":
                writer.add(small(name))
            if error:
                raise error
    except RuntimeError:
        pass
    assert before.items() < content(tmp_path).items()
    assert list(read(tmp_path)) == ["a"]
    with Writer(tmp_path, CARD, Chunking()):
        assert content(tmp_path) == before


def test_no_change_makes_no_commit(archive: Path) -> None:
    """A run that finds everything as it was leaves every file of the index as it was, byte for byte."""
    folder = archive / "index_data"
    index(archive / "articles", folder)
    before = content(folder)
    report = index(archive / "articles", folder)
    assert (report.added, report.updated, report.unchanged, report.embedded) == (0, 0, 3, 0)
    assert content(folder) == before


def test_new_sources_alone_make_a_commit(tmp_path: Path) -> None:
    """What changes in the list of source files is committed even when no article changes, without touching a segment."""
    source = SourceFile("/a.txt", 1, 2, 3, SHA)
    write(tmp_path, small("a"), sources=[source])
    before = needed(tmp_path)
    write(tmp_path, sources=[source._replace(mtime_ns=9)])
    assert Snapshot.open(tmp_path).sources() == {"/a.txt": source._replace(mtime_ns=9)}
    assert {name for name in needed(tmp_path) if "/s0" in name} == {name for name in before if "/s0" in name}


def test_archive_and_index_can_be_moved_together(archive: Path) -> None:
    """When the folder that holds articles and index is moved, hits name the files where they are now and nothing is read again."""
    index(archive / "articles", archive / "index_data")
    moved = archive.parent / f"{archive.name} moved"
    archive.rename(moved)
    hits = Index.open(moved / "index_data").search("The drivers went on strike.", limit=3)
    assert {hit.article.path for hit in hits} == set((moved / "articles").iterdir())
    assert all(hit.article.path.read_text() == hit.article.text for hit in hits)
    before = content(moved / "index_data")
    report = index(moved / "articles", moved / "index_data", prune=True)
    assert (report.unchanged, report.added, report.removed) == (3, 0, 0)
    assert content(moved / "index_data") == before


@pytest.mark.parametrize("place", ["bk", "."])
def test_an_index_that_was_copied_elsewhere_is_not_doubled(archive: Path, place: str) -> None:
    """From another folder its sources have other paths: nothing is indexed, and the message says where it belongs."""
    index(archive / "articles", archive / "index_data")
    copied = archive.parent / place / "copy"
    shutil.copytree(archive / "index_data", copied)
    before = content(copied)
    for run in (lambda: index(archive / "articles", copied, prune=True), lambda: plan([archive / "articles"], copied)):
        with pytest.raises(UsageError, match=f"Move the index folder to {archive}, or"):
            run()
    assert content(copied) == before
    copied.rename(archive / "copy")
    assert index(archive / "articles", archive / "copy").unchanged == 3


def test_a_file_that_moved_is_no_copied_index(archive: Path) -> None:
    """Also the only one, into another folder of the same archive."""
    [first, *others] = sorted((archive / "articles").iterdir())
    for other in others:
        other.unlink()
    index(archive / "articles", archive / "index_data")
    (archive / "articles" / "2024").mkdir()
    first.rename(archive / "articles" / "2024" / first.name)
    assert index(archive / "articles", archive / "index_data", prune=True).added == 1


def test_files_that_all_moved_into_a_folder_are_no_copied_index(archive: Path) -> None:
    """An index beside its files, which are sorted into years: the folder that had them is looked at, so that none stays behind unseen."""
    articles = archive / "articles"
    index(articles, articles / "index_data")
    files = [path for path in articles.iterdir() if path.is_file()]
    (articles / "2024").mkdir()
    for path in files:
        path.rename(articles / "2024" / path.name)
    with pytest.raises(UsageError, match="was copied from another folder"):
        index(articles / "2024", articles / "index_data")
    index(articles, articles / "index_data", prune=True)
    assert Snapshot.open(articles / "index_data").manifest.articles == len(files)


def test_articles_elsewhere_keep_their_absolute_path(archive: Path) -> None:
    """An index that is moved without its archive goes on naming the files where they are."""
    index(archive / "articles", archive / "sub" / "index_data")
    shutil.move(archive / "sub", archive / "other")
    hits = Index.open(archive / "other" / "index_data").search("The drivers went on strike.", limit=3)
    assert {hit.article.path for hit in hits} == set((archive / "articles").iterdir())


def test_another_model_is_refused(archive: Path) -> None:
    """Adding to an index with a model of another meaning names both models and the option that goes on; nothing changes."""
    folder = archive / "index_data"
    index(archive / "articles", folder)
    before = content(folder)
    other = replace(CARD, name="other-model", weights="ff")
    with pytest.raises(ModelMismatch, match=r"hash, not other-model\..*--model hash;.*--index-dir") as caught:
        Writer(folder, other, Chunking())
    assert str(folder) in str(caught.value)
    assert CARD.fingerprint not in str(caught.value)
    with pytest.raises(ModelMismatch, match=r"another version of hash\. Build it again: newsdex rebuild --index-dir"):
        Writer(folder, replace(CARD, weights="ff"), Chunking())
    assert content(folder) == before
    assert index(archive / "articles", folder).unchanged == 3


def test_another_name_of_the_same_model_is_no_mismatch(tmp_path: Path) -> None:
    """A model under another name gives the same vectors, and is taken."""
    write(tmp_path, small("a"))
    with Writer(tmp_path, replace(CARD, name="nickname"), Chunking()) as writer:
        writer.add(small("b"))
        writer.commit([])
    assert sorted(read(tmp_path)) == ["a", "b"]


@pytest.mark.parametrize(
    "chunking",
    [
        pytest.param(Chunking(max_tokens=100), id="size"),
        pytest.param(Chunking(overlap=1), id="overlap"),
        pytest.param(Chunking(title=False), id="title"),
    ],
)
def test_other_settings_are_refused(archive: Path, chunking: Chunking) -> None:
    """Adding passages that were cut by other settings names both and the way out; nothing changes."""
    folder = archive / "index_data"
    index(archive / "articles", folder)
    before = content(folder)
    with pytest.raises(ModelMismatch, match=r"Leave the passage settings out, or change them: newsdex rebuild") as caught:
        index_paths([archive / "articles"], folder, Options(model="hash", chunking=chunking))
    assert str(Chunking()) in str(caught.value)
    assert str(chunking) in str(caught.value)
    assert content(folder) == before


def test_settings_of_the_index_are_the_default(archive: Path) -> None:
    """A later run that names no settings goes on with those of the index."""
    folder, settings_of_index = archive / "index_data", Chunking(max_tokens=100, overlap=1, title=False)
    index_paths([archive / "articles"], folder, Options(model="hash", chunking=settings_of_index))
    put(archive / "articles" / "four.txt", "Four\n\nThe fourth article.")
    assert index_paths([archive / "articles"], folder).added == 1
    assert Snapshot.open(folder).manifest.chunking == settings_of_index


def test_a_question_in_another_model_is_refused(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the installed model is not the one that built the index, a question is an error that names the command to run."""
    index(archive / "articles", archive / "index_data")
    monkeypatch.setattr(HashEncoder, "card", replace(CARD, weights="ff"))
    with pytest.raises(ModelMismatch, match=r"Build it again: newsdex rebuild --index-dir") as caught:
        Index.open(archive / "index_data").search("river")
    assert str(archive / "index_data") in str(caught.value)
