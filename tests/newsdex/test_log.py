"""What changed at each commit, and between two: by the log that each commit leaves."""

from __future__ import annotations

import json
import os
import random
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command import run
from killing import Killing, Stopped

from newsdex import Chunking, IndexDamaged, Options, index_paths
from newsdex.indexer.upkeep.rebuild import rebuild_index, rollback_index
from newsdex.indexer.upkeep.takedown import Selection, delete
from newsdex.indexer.upkeep.transfer import export_index, import_index
from newsdex.store.log import Changes, Entry, read_entries, write_entry
from newsdex.store.manifest import read_pointer
from newsdex.store.snapshot import Snapshot


class Archive:
    """Articles with an index."""

    def __init__(self, base: Path) -> None:
        self.articles, self.index = base / "articles", base / "index_data"
        self.articles.mkdir()

    def put(self, **texts: str) -> None:
        """Files with these texts, none where a text is empty; and a commit."""
        for name, text in texts.items():
            path = self.articles / f"{name}.md"
            if text:
                path.write_text(f"# {name}\n\n{text}\n", encoding="utf-8")
            else:
                path.unlink()
        index_paths([self.articles], self.index, Options(model="hash", prune=True))

    def run(self, *arguments: str, code: int = 0) -> list[str]:
        """The lines that a command prints."""
        done = run(*arguments, "--index-dir", self.index)
        assert done.code == code, done.err
        return done.out.splitlines()

    def log(self) -> list[dict[str, Any]]:
        """The log, the newest first."""
        return [json.loads(line) for line in self.run("log", "--json")]

    def entries(self) -> list[Entry]:
        """The same as it is stored, the oldest first."""
        return read_entries(self.index, read_pointer(self.index))


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Three commits: two articles; one changed and one more; one gone."""
    made = Archive(tmp_path)
    made.put(one="A first text.", two="Another text.")
    made.put(one="A first text, changed.", three="A third text.")
    made.put(two="")
    return made


def test_each_commit_is_listed(archive: Archive) -> None:
    """With its counts, its articles, and the folder that it came from."""
    third, second, first = archive.log()
    assert [each["commit"] for each in (first, second, third)] == [1, 2, 3]
    assert (first["why"], first["origin"], first["added"]) == ("index", [str(archive.articles)], 2)
    assert second["ids"] == {"added": ["articles/three.md"], "updated": ["articles/one.md"]}
    assert (third["removed"], third["articles"], third["ids"]) == (1, 2, {"removed": ["articles/two.md"]})
    newest, *_ = archive.run("log", "-n", "1")
    assert newest.startswith("g000001/3  20")
    assert newest.endswith(f"index {archive.articles}: removed 1 (articles/two.md); 2 articles (current)")
    archive.run("mark", "articles/one.md", "--retracted", "Wrong")
    assert ": marked 1 (articles/one.md); 2 articles (current)" in archive.run("log", "-n", "1")[0]
    archive.put(**{f"more{number}": f"Text {number} of many." for number in range(4)})
    assert ": added 4; 6 articles (current)" in archive.run("log", "-n", "1")[0]


def test_a_rollback_is_told(archive: Archive) -> None:
    """It says what it undoes and what it keeps. Then the log begins with the current generation; one that was removed comes last and is
    named so.
    """
    rebuild_index(archive.index, Options(model="hash", chunking=Chunking(max_tokens=64)))
    archive.put(one="A first text, again.", four="A fourth text.", three="")
    archive.run("mark", "articles/one.md", "--retracted", "Wrong")
    before = read_pointer(archive.index)
    planned = archive.run("rollback", "--dry-run")
    assert read_pointer(archive.index) == before
    first, second, third = archive.run("rollback")
    assert first.startswith("g000001, commit 4 of ")
    changed = ("articles removed 1 (articles/four.md)", "brought back 1 (articles/three.md)", "updates undone 1 (articles/one.md)")
    told = f"Compared with g000002: {', '.join(changed)}"
    assert second == f"{told}. To undo: newsdex rollback --to g000002 --index-dir {archive.index}"
    assert third == "Kept from g000002: marks changed 1 (articles/one.md)"
    assert planned[0].startswith("dry run: g000001, commit 3 of ")
    assert planned[1:] == [told, third]
    log = archive.run("log")
    assert [line.split()[0] for line in log] == [f"g00000{number}" for number in ("1/4", "1/4", "1/3", "1/2", "1/1", "2/3", "2/2", "2/1")]
    assert log[0].endswith("rollback from g000002/3: returned to this commit; 2 articles")
    assert log[1].endswith("decisions kept from g000002/3: marked 1 (articles/one.md); 2 articles (current)")
    assert [line for line in log if line.endswith("(current)")] == log[1:2]
    assert [each["current"] for each in archive.log()] == [False, True, *[False] * 6]
    shutil.rmtree(archive.index / "g000002")
    assert all(line.endswith(" (generation removed)") for line in archive.run("log")[5:])


@pytest.mark.parametrize(
    ("commits", "expected"),
    [
        (("1",), ["~ articles/one.md", "+ articles/three.md", "- articles/two.md"]),
        (("1", "2"), ["~ articles/one.md", "+ articles/three.md"]),
        (("3", "2"), ["+ articles/two.md"]),
        (("3", "1"), ["~ articles/one.md", "- articles/three.md", "+ articles/two.md"]),
        (("0", "g000001"), ["+ articles/one.md", "+ articles/three.md"]),
        (("g000001/1", "g000001/2"), ["~ articles/one.md", "+ articles/three.md"]),
    ],
)
def test_what_changed_between_two(archive: Archive, commits: tuple[str, ...], expected: list[str]) -> None:
    """Net: what came and went is in neither."""
    assert archive.run("diff", *commits) == expected


def test_nothing_changed(archive: Archive) -> None:
    """Exit code 1; what is no commit is an error."""
    assert archive.run("diff", "3", code=1) == []
    assert run("diff", "3", "--index-dir", archive.index).err == "No article changed since g000001/3, the current commit.\n"
    assert run("diff", "2", "2", "--index-dir", archive.index).err == "No article changed between g000001/2 and g000001/2.\n"
    for odd in ("g9", "g000009", "x", "../1", "1e3"):
        assert archive.run("diff", odd, code=2) == []


def test_a_commit_that_is_still_to_come(archive: Archive) -> None:
    """Is refused with the newest, in both places."""
    for commits in (("99",), ("1", "99"), ("g000001/4",)):
        code, out, err = run("diff", *commits, "--index-dir", archive.index)
        assert (code, out) == (2, "")
        assert f"there is no commit {commits[-1]}; the newest is 3" in err


def test_a_diff_is_what_two_versions_say(tmp_path: Path) -> None:
    """By brute force: the articles of copies of the folder, compared."""
    archive = Archive(tmp_path)
    chance = random.Random(3)
    names = [f"n{number}" for number in range(8)]
    versions: list[dict[str, bytes]] = []
    for commit in range(6):
        texts = {name: f"Text {chance.randint(0, 3)}." for name in chance.sample(names, 3)}
        gone = {name: "" for name in chance.sample(names, 2) if (archive.articles / f"{name}.md").exists() and name not in texts}
        archive.put(**texts, **gone, always=f"Commit {commit}.")
        snapshot = Snapshot.open(archive.index)
        segments = snapshot.file_segments
        versions.append({segments[s].article_id(row): segments[s].digest(row) for s, row in snapshot.articles()})
    numbers = [entry.place[1] for entry in archive.entries()]
    assert numbers == [1, 2, 3, 4, 5, 6]
    for first, last in ((1, 6), (2, 4), (3, 6)):
        old, new = versions[first - 1], versions[last - 1]
        told = {line[2:]: line[0] for line in archive.run("diff", str(first), str(last))}
        back = {line[2:]: line[0] for line in archive.run("diff", str(last), str(first))}
        assert back == {name: {"+": "-", "-": "+"}.get(sign, sign) for name, sign in told.items()}
        assert {name for name, sign in told.items() if sign == "+"} == new.keys() - old.keys()
        assert {name for name, sign in told.items() if sign == "-"} == old.keys() - new.keys()
        assert {name for name in old.keys() & new.keys() if old[name] != new[name]} <= told.keys()


def test_a_purge_leaves_no_name(archive: Archive) -> None:
    """Neither its own nor that of a file that was given; the counts stay."""
    index_paths([archive.articles / "three.md"], archive.index, Options(model="hash"))
    archive.put(zanzibar="A text to be purged.")
    index_paths([archive.articles / "zanzibar.md"], archive.index, Options(model="hash"))
    (archive.articles / "zanzibar.md").write_text("A text to be purged, changed.", encoding="utf-8")
    index_paths([archive.articles / "zanzibar.md"], archive.index, Options(model="hash"))
    delete(archive.index, Selection(ids=frozenset({"articles/zanzibar.md"})), purge=True)
    for path in archive.index.rglob("*"):
        assert "zanzibar" not in path.name
        assert not path.is_file() or b"zanzibar" not in path.read_bytes()
    newest, *_ = archive.log()
    assert (newest["why"], newest["purged"], newest["ids"]) == ("purge", 1, {})
    assert archive.run("diff", "1") == ["~ articles/one.md", "+ articles/three.md", "- articles/two.md"]
    said = run("diff", "1", "--index-dir", archive.index).err
    assert said == "3 more changes are not listed: of purged articles\n"  # added, updated, purged


def test_a_purge_hides_no_other_article(archive: Archive) -> None:
    """What was deleted or pruned before is still listed, until it is purged by its name."""
    archive.put(four="A fourth text.", five="A fifth text.")
    delete(archive.index, Selection(ids=frozenset({"articles/four.md"})))
    delete(archive.index, Selection(ids=frozenset({"articles/five.md"})), purge=True)
    assert archive.run("diff", "1") == ["~ articles/one.md", "+ articles/three.md", "- articles/two.md"]
    assert b"four.md" in b"".join(path.read_bytes() for path in (archive.index / "log").iterdir())
    assert delete(archive.index, Selection(ids=frozenset({"articles/four.md"})), purge=True).erased == ("articles/four.md",)
    assert b"four.md" not in b"".join(path.read_bytes() for path in (archive.index / "log").iterdir())


def test_a_rebuild_and_an_import_are_commits(archive: Archive, tmp_path: Path) -> None:
    """A rebuild changes no article; after a rollback the log goes on from where it was."""
    rebuild_index(archive.index, Options(chunking=Chunking(title=False)))
    assert (archive.log()[0]["generation"], archive.log()[0]["why"], archive.log()[0]["ids"]) == ("g000002", "rebuild", {})
    assert archive.run("diff", "g000001", "g000002", code=1) == []
    rollback_index(archive.index)
    archive.put(four="A fourth text.")
    assert archive.run("diff", "3") == ["+ articles/four.md"]
    export_index(archive.index, tmp_path / "export.tar.zst")
    archive.index = tmp_path / "other" / "index_data"
    import_index(tmp_path / "export.tar.zst", archive.index)
    [entry] = archive.log()
    assert (entry["why"], entry["added"], entry["origin"]) == ("import", 3, [str(tmp_path / "export.tar.zst")])


@pytest.mark.parametrize("decided", [False, True])
def test_a_rollback_that_never_came_has_no_entry(archive: Archive, monkeypatch: pytest.MonkeyPatch, decided: bool) -> None:
    """Stopped at each call that changes files: a rollback is in the log if and only if the index went back, also after the next commit.
    What was deleted before it is found at no time.
    """
    rebuild_index(archive.index, Options(model="hash", chunking=Chunking(title=False)))
    if decided:
        delete(archive.index, Selection(ids=frozenset({"articles/one.md"})))
    original = archive.index.parent / "original"
    shutil.copytree(archive.index, original)
    (archive.articles / "four.md").write_text("# four\n\nA fourth text.\n", encoding="utf-8")
    outcomes = []
    for call in range(1, 100):
        shutil.rmtree(archive.index)
        shutil.copytree(original, archive.index)
        with monkeypatch.context() as patched, suppress(Stopped):
            patched.setattr("newsdex.store.files.os", stopping := Killing(call, stops=True))
            rollback_index(archive.index)
        outcomes.append(read_pointer(archive.index).startswith("g000001/"))
        commits = ("g000001/4", "g000002/2") if decided else ("g000001/3", "g000002/1")
        expected = [(commits[0], (f"from {commits[1]}",))] if outcomes[-1] else []
        assert Snapshot.open(archive.index).manifest.articles == 2 - decided
        for _ in range(2):
            told = [(entry.place, entry.origin) for entry in archive.entries() if entry.why == "rollback"]
            assert [(f"{generation}/{number}", origin) for (generation, number), origin in told] == expected, call
            index_paths([archive.articles], archive.index, Options(model="hash", prune=True))
        if stopping.calls < call:
            break
    assert outcomes == sorted(outcomes)
    assert {False, True} == set(outcomes)
    assert stopping.calls < call


def test_each_rollback_has_an_entry(archive: Archive) -> None:
    """Also a second one to the same commit, and the ones there and back."""
    rebuild_index(archive.index, Options(model="hash", chunking=Chunking(title=False)))
    for generation in ("g000001", "g000002", "g000001"):
        rollback_index(archive.index, generation)
    told = [(entry.place, entry.origin) for entry in archive.entries() if entry.why == "rollback"]
    there, back = (("g000001", 3), ("from g000002/1",)), (("g000002", 1), ("from g000001/3",))
    assert sorted(told) == [there, there, back]


def test_an_entry_of_a_commit_that_never_came(archive: Archive) -> None:
    """As a run leaves it that was killed before it published: nobody reads it, and the next commit takes its place."""
    manifest = Snapshot.open(archive.index).manifest
    changes = Changes()
    changes.note("added", "never")
    write_entry(archive.index, changes.entry(replace(manifest, commit=4)))
    assert [entry.place[1] for entry in archive.entries()] == [1, 2, 3]
    archive.put(four="A fourth text.")
    assert [entry.place[1] for entry in archive.entries()] == [1, 2, 3, 4]
    assert archive.run("diff", "3") == ["+ articles/four.md"]


def test_what_an_older_newsdex_wrote(archive: Archive) -> None:
    """Which leaves no log: what is missing is said."""
    shutil.rmtree(archive.index / "log")
    assert archive.run("log", code=1) == []
    archive.put(four="A fourth text.")
    done = run("diff", "1", "--index-dir", archive.index)
    assert done.out.splitlines() == ["+ articles/four.md"]
    assert "2 of these commits are not in the log" in done.err


def test_a_damaged_entry_is_named(archive: Archive) -> None:
    """Searching and indexing go on without it."""
    path = min((archive.index / "log").iterdir())
    for content in (b"", b"{}", path.read_bytes()[:-9], os.urandom(100)):
        path.write_bytes(content)
        with pytest.raises(IndexDamaged, match=path.name):
            archive.entries()
    archive.put(four="A fourth text.")
    assert archive.run("search", "fourth text", "--all")


def test_names_are_bounded(tmp_path: Path) -> None:
    """So many a commit, and so many bytes in all; counts are whole."""
    archive = Archive(tmp_path)
    archive.put(one="A text.")
    manifest = Snapshot.open(archive.index).manifest
    changes = Changes()
    for number in range(25_000):
        changes.note("added", f"{number:05d}" + "x" * 50)
    entry = changes.entry(manifest)
    assert entry.counts == {"added": 25_000}
    assert (len(entry.names["added"]), entry.unnamed) == (10_000, 15_000)
