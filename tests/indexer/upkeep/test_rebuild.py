"""A rebuild stands beside the index until it takes its place, and can be taken back."""

from __future__ import annotations

import json
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from command import run

from newsdex import Chunking, Index, IndexDamaged, IndexMissing, ModelMismatch, Options, index_paths
from newsdex.encoder import FULL, INT8, MULTILINGUAL_MODEL
from newsdex.engines.hashing import HashEncoder
from newsdex.engines.known import E5, MINILM
from newsdex.indexer.upkeep import rebuild as module
from newsdex.indexer.upkeep.marking import mark_article
from newsdex.indexer.upkeep.rebuild import plan_rollback, rebuild_index, rollback_index
from newsdex.indexer.upkeep.status import read_status
from newsdex.indexer.upkeep.takedown import Selection
from newsdex.indexer.upkeep.takedown import delete as take_down
from newsdex.indexer.upkeep.transfer import export_index, import_index
from newsdex.indexer.upkeep.verify import verify
from newsdex.store import writer as writer_module
from newsdex.store.manifest import ROLES
from newsdex.store.snapshot import Snapshot

HASH = Options(model="hash")
SMALL = Options(model="hash", chunking=Chunking(max_tokens=64))


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index of three articles, one of them of several passages."""
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "ferry.txt").write_text("A ferry ran aground off the island.", encoding="utf-8")
    (articles / "long.txt").write_text(
        "\n\n".join(f"Paragraph {n} tells of the {n}th bridge over the river." for n in range(40)), encoding="utf-8"
    )
    (articles / "vote.txt").write_text("Parliament voted on the budget.", encoding="utf-8")
    index_paths([articles], tmp_path / "index", HASH)
    return tmp_path / "index"


def ranking(folder: Path) -> list[tuple[str, int]]:
    """What a reader is answered."""
    with Index.open(folder) as opened:
        return [(hit.article.id, hit.passage.start) for hit in opened.search("the bridge over the river", limit=10)]


def test_a_rebuild_cuts_anew_and_keeps_every_article(index: Path) -> None:
    """Other settings give other passages of the same articles, equal to those of a fresh index with the same settings."""
    before = Snapshot.open(index).manifest
    report = rebuild_index(index, SMALL)
    after = Snapshot.open(index).manifest
    assert (after.generation, after.chunking.max_tokens) == ("g000002", 64)
    assert report.added == after.articles == before.articles
    assert after.passages > before.passages
    fresh = index.parent / "fresh"
    index_paths([index.parent / "articles"], fresh, SMALL)
    assert ranking(index) == ranking(fresh)


def test_source_files_are_not_needed(index: Path) -> None:
    """A rebuild takes the texts from the index."""
    (index.parent / "articles").rename(index.parent / "elsewhere")
    assert rebuild_index(index, SMALL).added == 3


def test_a_rebuild_with_the_same_settings_embeds_nothing(index: Path) -> None:
    """Vectors of the same text by the same model are taken over."""
    assert rebuild_index(index, HASH).embedded == 0


def test_rollback_returns_to_the_generation_before_and_forth(index: Path) -> None:
    """The old answers come back; --to goes to the newer ones again."""
    old = ranking(index)
    rebuild_index(index, SMALL)
    new = ranking(index)
    assert rollback_index(index).manifest.generation == "g000001"
    assert ranking(index) == old
    assert rollback_index(index, "g000002").manifest.generation == "g000002"
    assert ranking(index) == new


def test_a_rollback_leaves_a_damaged_generation(index: Path) -> None:
    """Of the one that is left no file but its commit is needed."""
    before = ranking(index)
    rebuild_index(index, SMALL)
    vectors = index / "g000002" / "s000001.faiss"
    vectors.write_bytes(vectors.read_bytes()[:-100])
    with pytest.raises(IndexDamaged):
        Index.open(index)
    assert rollback_index(index).manifest.generation == "g000001"
    assert ranking(index) == before


def _ids(folder: Path) -> set[str]:
    snapshot = Snapshot.open(folder)
    return {snapshot.segments[number].article_id(row) for number, row in snapshot.articles()}


@pytest.mark.parametrize("lost", [False, True], ids=["", "pointer lost"])
def test_a_rollback_keeps_what_was_decided_since(index: Path, lost: bool) -> None:
    """Deletions, marks and their removal are about articles, not about contents; they stay there and back, and for the next update."""
    every = _ids(index)
    mark_article(index, "articles/vote.txt", retracted="wrong")
    rebuild_index(index, SMALL)
    take_down(index, Selection(ids=frozenset({"articles/ferry.txt"})))
    mark_article(index, "articles/vote.txt", unmark=True)
    mark_article(index, "articles/long.txt", retracted="made up")
    if lost:
        (index / "CURRENT").unlink()
    plan = plan_rollback(index, "g000001")
    assert (plan.lost(), plan.kept()) == (
        {},
        {"deleted": ["articles/ferry.txt"], "marks changed": ["articles/long.txt", "articles/vote.txt"]},
    )
    for generation in ("g000001", "g000002", "g000001"):
        assert rollback_index(index, generation).manifest.generation == generation
        assert not list(verify(index, deep=True))
        assert _ids(index) == every - {"articles/ferry.txt"}
        assert {name: each.retracted for name, each in Snapshot.open(index).marks().items()} == {"articles/long.txt": "made up"}
        assert plan_rollback(index, "g000002").kept() == {}
    (index.parent / "articles" / "copy.txt").write_text("A ferry ran aground off the island.", encoding="utf-8")
    (index.parent / "articles" / "ferry.txt").write_text("A ferry ran aground off the island again.", encoding="utf-8")
    assert index_paths([index.parent / "articles"], index).withheld == 1
    assert _ids(index) == every - {"articles/ferry.txt"} | {"articles/copy.txt"}


@pytest.mark.parametrize("torn", ["s000001.faiss", "tombstones-000002"])
def test_a_rollback_from_a_damaged_generation_keeps_what_can_be_read(index: Path, torn: str) -> None:
    """Of the segments nothing is needed; where the decisions themselves are damaged, that is said."""
    every = _ids(index)
    rebuild_index(index, SMALL)
    take_down(index, Selection(ids=frozenset({"articles/ferry.txt"})))
    (index / "g000002" / torn).write_bytes(b"torn")
    done = run("rollback", "--index-dir", index)
    is_read = torn == "s000001.faiss"
    assert _ids(index) == every - ({"articles/ferry.txt"} if is_read else set())
    assert ("deletions and marks of the generation that you left cannot be read" in done.err) != is_read
    assert ("Kept from the generation before: deleted 1 (articles/ferry.txt)" in done.out) == is_read


@pytest.mark.parametrize("held", [None, b"", b"nonsense"])
def test_a_lost_pointer_is_named_and_restored(index: Path, tmp_path: Path, held: bytes | None) -> None:
    """Nothing starts over in a folder that holds an index; the command that the message names restores it as it was."""
    rebuild_index(index, SMALL)
    before, files = ranking(index), sorted(path.name for path in index.rglob("*"))
    archive = tmp_path / "archive.tar.zst"
    export_index(index, archive)
    (index / "CURRENT").unlink() if held is None else (index / "CURRENT").write_bytes(held)
    for use in (
        lambda: Index.open(index),
        lambda: read_status(index),
        lambda: index_paths([index.parent / "articles"], index, HASH),
        lambda: rebuild_index(index, SMALL),
        lambda: import_index(archive, index),
        lambda: rollback_index(index),
    ):
        with pytest.raises(IndexDamaged, match=f"newsdex rollback --to g000002 --index-dir {index}, or to an older one: g000001$"):
            use()
    assert rollback_index(index, "g000002").manifest.generation == "g000002"
    assert ranking(index) == before
    assert sorted(path.name for path in index.rglob("*")) == sorted([*files, "rollback"])
    assert rebuild_index(index, SMALL).embedded == 0


def test_a_restored_pointer_leads_to_the_newest_undamaged_commit(index: Path) -> None:
    """One that a killed run left torn is passed over; where none is whole, that is said."""
    before = ranking(index)
    (index / "CURRENT").unlink()
    [whole] = (index / "g000001").glob("commit-*")
    (index / "g000001" / "commit-000009-0123456789abcdef.json").write_text("torn", encoding="utf-8")
    rollback_index(index, "g000001")
    assert ranking(index) == before
    (index / "CURRENT").unlink()
    whole.write_text("torn", encoding="utf-8")
    with pytest.raises(IndexDamaged, match="checksum"):
        rollback_index(index, "g000001")


def test_updates_go_on_after_a_rollback(index: Path) -> None:
    """The generation that a rollback returned to can be updated, and rebuilt into a new one."""
    rebuild_index(index, SMALL)
    rollback_index(index)
    (index.parent / "articles" / "new.txt").write_text("A new bridge opened.", encoding="utf-8")
    assert index_paths([index.parent / "articles"], index).added == 1
    rebuild_index(index, SMALL)
    assert Snapshot.open(index).manifest.generation == "g000003"
    assert Snapshot.open(index).manifest.articles == 4


def test_what_an_interrupted_update_left_is_never_returned_to(index: Path) -> None:
    """A commit that was written but not published is no version, whatever the name of its file."""
    old = ranking(index)
    (index / "g000001" / "commit-000009-0123456789abcdef.json").write_text("torn", encoding="utf-8")
    rebuild_index(index, SMALL)
    rollback_index(index)
    assert ranking(index) == old
    rollback_index(index, "g000002")
    rollback_index(index, "g000001")
    assert ranking(index) == old


def test_only_one_generation_before_is_kept(index: Path) -> None:
    """A second rebuild removes the first of three generations."""
    rebuild_index(index, SMALL)
    rebuild_index(index, HASH)
    assert sorted(path.name for path in index.glob("g0*")) == ["g000002", "g000003"]


def test_nothing_to_roll_back_to(index: Path) -> None:
    """A first generation has none before it, and a generation that is not there is named with those that are."""
    with pytest.raises(IndexMissing, match="no generation before g000001"):
        rollback_index(index)
    with pytest.raises(IndexMissing, match="'g000007': expected g000001"):
        rollback_index(index, "g000007")


def test_an_interrupted_rebuild_disturbs_nobody_and_goes_on(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers keep the old generation; the next rebuild embeds only what the interrupted one had not."""
    old = ranking(index)
    encode, seen = HashEncoder.encode_passages, []

    def counting(self: HashEncoder, texts: list[str]) -> object:
        seen.extend(texts)
        return encode(self, texts)

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(HashEncoder, "encode_passages", counting)
    with monkeypatch.context() as patch:
        patch.setattr(module.Writer, "commit", fail)
        with pytest.raises(KeyboardInterrupt):
            rebuild_index(index, SMALL)
    assert ranking(index) == old
    assert Snapshot.open(index).manifest.generation == "g000001"
    embedded, seen[:] = list(seen), []
    assert embedded
    assert rebuild_index(index, SMALL).embedded == 0
    assert not seen
    assert Snapshot.open(index).manifest.generation == "g000002"


def test_status_tells_what_an_interrupted_rebuild_keeps(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How much, and the command that gives it up: afterwards everything is as before."""

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    before = read_status(index)
    assert (before.unfinished, before.disk >= before.size) == ({}, True)
    assert "on disk" not in dict(before.rows())["size"]
    with monkeypatch.context() as patch:
        patch.setattr(module.Writer, "commit", fail)
        with pytest.raises(KeyboardInterrupt):
            rebuild_index(index, SMALL)
    told = read_status(index)
    size = sum(path.stat().st_size for path in (index / "g000002").iterdir())
    assert told.record()["unfinished"] == {str(index / "g000002"): size}
    assert told.disk == before.disk + size > before.disk
    assert dict(replace(told, size=2_449_000, disk=2_549_000).rows())["size"] == "2.4 MB; on disk 2.5 MB, with all versions"
    assert dict(replace(told, size=2_449_000, disk=2_453_000).rows())["size"] == "2.4 MB"
    rows = [text for _, text in told.rows()]
    command = rows[next(number for number, text in enumerate(rows) if text.endswith("To discard it when no run is in progress:")) + 1]
    assert shlex.split(command) == ["rm", "-r", str(index / "g000002")]
    subprocess.run(shlex.split(command), check=True)
    assert read_status(index) == before
    assert rebuild_index(index, SMALL).added


def test_status_tells_what_a_killed_commit_left(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that no commit names, which the next run removes; those of the version before, and journals, are not among them."""

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    vote = index.parent / "articles" / "vote.txt"
    for number in range(2):
        vote.write_text(f"Parliament voted on the budget {number} times.", encoding="utf-8")
        index_paths([vote], index, HASH)
    assert read_status(index).record()["unneeded"] == {"files": 0, "bytes": 0}
    assert "unneeded" not in dict(read_status(index).rows())
    there = set(index.rglob("*"))
    vote.write_text("Parliament did not vote.", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(writer_module, "publish", fail)
        with pytest.raises(KeyboardInterrupt):
            index_paths([vote], index, HASH)
    left = [path for path in set(index.rglob("*")) - there if path.parent.name == "g000001" and not path.name.startswith("journal-")]
    assert len(left) > len(ROLES)
    told = read_status(index)
    assert told.record()["unneeded"] == {"files": len(left), "bytes": sum(path.stat().st_size for path in left)}
    assert dict(told.rows())["unneeded"].startswith(f"{len(left)} files, 0.0 MB, of a run that is in progress or was interrupted;")
    index_paths([vote], index, HASH)
    assert read_status(index).unneeded == {"files": 0, "bytes": 0}


def test_an_open_reader_keeps_its_version_and_sees_the_new_one_at_its_next_question(index: Path) -> None:
    """Live reload crosses generations."""
    with Index.open(index) as opened:
        assert opened.manifest.generation == "g000001"
        rebuild_index(index, SMALL)
        assert opened.search("bridge")
        assert opened.manifest.generation == "g000002"


def test_two_generations_are_compared(index: Path) -> None:
    """Each article with its best rank in either; a generation that is not current answers as it stands."""
    old = ranking(index)
    rebuild_index(index, SMALL)
    new = ranking(index)
    arguments = ("compare", "the bridge over the river", "--index-dir", index, "--generations", "g000001,g000002", "--json")
    rows = [json.loads(line) for line in run(*arguments).out.splitlines()]
    for row in rows:
        assert row["first"] == next((rank for rank, (article_id, _) in enumerate(old, 1) if article_id == row["article_id"]), None)
        assert row["second"] == next((rank for rank, (article_id, _) in enumerate(new, 1) if article_id == row["article_id"]), None)
    assert {row["article_id"] for row in rows} == {article_id for article_id, _ in old + new}


def test_a_generation_stays_as_it_is(index: Path) -> None:
    """An index that was opened by its generation does not follow newer commits."""
    with Index.open_generation(index, "g000001") as opened:
        rebuild_index(index, SMALL)
        assert opened.search("bridge")
        assert opened.manifest.generation == "g000001"


def test_compare_in_a_shell(index: Path) -> None:
    """One line an article; one name instead of two is an error."""
    rebuild_index(index, SMALL)
    arguments = ("compare", "bridge over the river", "--index-dir", index, "--generations")
    done = run(*arguments, "g000001,g000002")
    assert done.out.splitlines()[0].split() == ["g000001", "g000002"]
    assert done.out.splitlines()[1].split()[:2] == ["1", "1"]
    assert run(*arguments, "g000001").code == 2


def test_precision_is_kept_told_and_never_mixed(tmp_path: Path) -> None:
    """An index in integers stays one until a rebuild says otherwise, which then takes over no vector; status tells of it."""
    article, index = tmp_path / "ferry.txt", tmp_path / "index"
    article.write_text("A ferry ran aground off the island.", encoding="utf-8")
    index_paths([article], index, Options(precision=INT8))
    assert Snapshot.open(index).manifest.model == replace(MINILM.card, precision=INT8)
    assert dict(read_status(index).rows())["model"] == f"{MINILM.card.name} in int8"
    (tmp_path / "vote.txt").write_text("Parliament voted on the budget.", encoding="utf-8")
    assert index_paths([tmp_path / "vote.txt"], index).added == 1
    with pytest.raises(ModelMismatch, match="newsdex rebuild --precision full"):
        index_paths([article], index, Options(precision=FULL))
    assert rebuild_index(index).embedded == 0
    assert Snapshot.open(index).manifest.model.precision == INT8
    assert not list(verify(index, deep=True))
    assert rebuild_index(index, Options(precision=FULL)).embedded == 2
    assert Snapshot.open(index).manifest.model == MINILM.card
    with Index.open(index) as opened:
        assert opened.search("ship stranded", limit=1)[0].article.path.name == "ferry.txt"


def test_precision_is_kept_with_another_model(tmp_path: Path) -> None:
    """Where it has integers, unless the rebuild asks for full precision; where it has none, the rebuild says so."""
    article, index = tmp_path / "ferry.txt", tmp_path / "index"
    article.write_text("A ferry ran aground off the island.", encoding="utf-8")
    index_paths([article], index, Options(precision=INT8))
    assert rebuild_index(index, Options(MULTILINGUAL_MODEL)).choice == ""
    assert Snapshot.open(index).manifest.model == replace(E5.card, precision=INT8)
    assert rebuild_index(index, Options(MINILM.card.name, precision=FULL)).choice == ""
    assert Snapshot.open(index).manifest.model == MINILM.card
    rebuild_index(index, Options(precision=INT8))
    done = run("rebuild", "--model", "hash", "--index-dir", index)
    assert (done.code, done.err) == (0, "newsdex: the index was in int8 and is in full precision now: the model hash has no int8\n")
    assert Snapshot.open(index).manifest.model == HashEncoder().card


def test_the_help_says_that_passages_stay_as_they_are(tmp_path: Path) -> None:
    """A rebuild that names no size, overlap or title keeps those of the index; so does its help say."""
    article, index = tmp_path / "ferry.txt", tmp_path / "index"
    article.write_text("A ferry ran aground off the island.", encoding="utf-8")
    index_paths([article], index, Options("hash", Chunking(64, 1, False)))
    assert run("rebuild", "--model", "hash", "--index-dir", index).code == 0
    assert Snapshot.open(index).manifest.chunking == Chunking(64, 1, False)
    told = " ".join(run("rebuild", "--help").out.split())
    assert [f"[default: as before, else {value}]" in told for value in ("128", "0", "title", "full")] == [True] * 4


def test_a_rebuild_with_nothing_to_change_copies(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same settings no text is cut again, deleted articles stay behind, and the answers are the same; by other rules all is cut
    anew.
    """
    article = index.parent / "articles" / "vote.txt"
    article.write_text("Parliament voted on the budget again.", encoding="utf-8")
    index_paths([article], index)
    take_down(index, Selection(ids=frozenset(["articles/ferry.txt"])))
    before = ranking(index)
    monkeypatch.setattr(module, "Chunker", None)  # nothing is cut
    report = rebuild_index(index)
    monkeypatch.undo()
    after = Snapshot.open(index)
    assert (report.added, report.embedded, after.manifest.articles, after.manifest.generation) == (2, 0, 2, "g000002")
    assert ranking(index) == before
    assert not any(segment.record.deleted for segment in after.segments)
    assert not list(verify(index))
    monkeypatch.setattr("newsdex.store.writer.CUTTING", 1_000)
    monkeypatch.setattr(module, "open_build_encoder", lambda *_: (_ for _ in ()).throw(NotImplementedError))
    with pytest.raises(NotImplementedError):
        rebuild_index(index)


def test_a_damaged_segment_is_not_copied(index: Path) -> None:
    """A flipped byte is found while the file is copied, and the index stays as it was."""
    pointer = Snapshot.open(index).pointer
    [texts] = (index / "g000001").glob("*.texts")
    content = bytearray(texts.read_bytes())
    content[10] ^= 1
    texts.write_bytes(content)
    with pytest.raises(IndexDamaged, match="texts is damaged"):
        rebuild_index(index)
    assert Snapshot.open(index).pointer == pointer


def _use(articles: Path, index: Path) -> None:
    index_paths([articles], index)
    list(Index.open(index).search("the bridge"))


@pytest.mark.parametrize("torn", ["CURRENT", "*.faiss", "commit-*", "sources-*"])
def test_a_new_index_keeps_the_decisions_of_a_damaged_one(index: Path, torn: str) -> None:
    """The message about the damage says how. Deletions, purges, marks and questions stay; no other file needs to be readable."""
    articles, every = index.parent / "articles", _ids(index)
    take_down(index, Selection(ids=frozenset({"articles/ferry.txt"})), purge=True)
    take_down(index, Selection(ids=frozenset({"articles/long.txt"})))
    mark_article(index, "articles/vote.txt", retracted="wrong")
    assert run("follow", "the bridge", "--index-dir", index).code == 0
    for path in index.rglob(torn):
        path.write_bytes(b"torn")
    if torn == "commit-*":  # all of them: then nothing can be kept, and that is said
        done = run("index", articles, "--index-dir", index.parent / "new", "--keep-decisions-of", index)
        assert (done.code, "no commit in" in done.err, (index.parent / "new").exists()) == (2, True, False)
        return
    with pytest.raises(IndexDamaged) as caught:
        _use(articles, index)
    if torn != "CURRENT":
        assert "newsdex index PATH --index-dir NEW_FOLDER --keep-decisions-of THIS_FOLDER" in str(caught.value)
    new = index.parent / "new"
    planned = run("index", articles, "--dry-run", "--index-dir", new, "--keep-decisions-of", index)
    assert (f"added {len(every) - 2}, " in planned.out, new.exists()) == (True, False)
    done = run("index", articles, "--model", "hash", "--index-dir", new, "--keep-decisions-of", index)
    assert done.code == 0
    assert "taken over: 2 withdrawn, 1 marked, questions followed: 1 as in g000001/" in done.err
    assert ("not its newest commit" in done.err) == (torn == "CURRENT")
    assert _ids(new) == every - {"articles/ferry.txt", "articles/long.txt"}
    with Index.open(new) as opened:
        assert opened.article("articles/vote.txt").metadata["retracted"] == "wrong"
    assert "the bridge" in run("following", "--index-dir", new).out
    assert index_paths([articles], new, Options(restore=True)).restored == ["articles/long.txt"]
    again = run("index", articles, "--index-dir", new, "--keep-decisions-of", index)
    assert (again.code, "already has an index" in again.err) == (2, True)
    assert "is not beside" in run("index", articles, "--index-dir", new / "deep", "--keep-decisions-of", index).err


def test_files_are_read_for_a_new_index_as_for_the_damaged_one(index: Path) -> None:
    """Their columns belong to what was decided: without them a table is no articles."""
    table, new = index.parent / "articles" / "rows.csv", index.parent / "new"
    table.write_text("nr,story\na,The ferry sailed.\n", encoding="utf-8")
    assert run("index", table, "--columns", "id=nr,text=story", "--index-dir", index).code == 0
    assert run("index", table, "--index-dir", new, "--model", "hash", "--keep-decisions-of", index).code == 0
    assert run("get", "a", "--index-dir", new).out.strip().endswith("The ferry sailed.")


@pytest.mark.parametrize("state", ["locked", "torn"])
def test_questions_of_a_damaged_index_need_no_lock(index: Path, state: str) -> None:
    """Its folder may be a backup that cannot be written."""
    assert run("follow", "the bridge", "--index-dir", index).code == 0
    if state == "torn":
        (index / "following" / "state").write_bytes(b"torn")
    else:
        (index / "following" / "LOCK").unlink()
        (index / "following" / "LOCK").mkdir()
    new = index.parent / "new"
    done = run("index", index.parent / "articles", "--model", "hash", "--index-dir", new, "--keep-decisions-of", index)
    assert ("questions followed: 1 as in" in done.err) == (state == "locked")
    assert (f" of {index}. The followed questions could not be taken over: " in done.err) == (state == "torn")
