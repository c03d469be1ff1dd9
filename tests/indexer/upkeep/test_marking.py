"""An article that is marked is shown as one whose source says so, whatever becomes of the source and of the index."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from command import run
from killing import Killing, Stopped

from newsdex import Chunking, Index, IndexDamaged, Options, UsageError, index_paths
from newsdex.indexer.milvus.content import folder_content
from newsdex.indexer.upkeep.marking import mark_article
from newsdex.indexer.upkeep.rebuild import rebuild_index
from newsdex.indexer.upkeep.status import read_status
from newsdex.indexer.upkeep.takedown import Selection, delete
from newsdex.indexer.upkeep.transfer import export_index, import_index
from newsdex.indexer.upkeep.verify import verify
from newsdex.output import hit_record
from newsdex.search.question.filters import filter_from_options
from newsdex.search.request import request_of
from newsdex.store import files, marks
from newsdex.store.snapshot import Snapshot

HASH = Options(model="hash", prune=True)
BRIDGE, FERRY, CORRECTED = "bridge", "ferry", "ferry-2"
TEXTS = {
    BRIDGE: "The bridge over the river is closed until May, said the town.",
    FERRY: "The ferry sank in the harbour on Monday with forty people on board, said the police.",
    CORRECTED: "The ferry ran aground off the island with four people on board, said the coast guard.",
}


@pytest.mark.parametrize("prune", [True, False])
@pytest.mark.parametrize(
    ("there", "here", "removed", "carried"),
    [
        ("", "", True, True),
        ("", "", False, False),
        ("url: https://a.example/x", "url: https://a.example/x", False, True),
        ("url: https://a.example/x", "url: https://b.example/x", False, False),
    ],
    ids=["moved", "a copy", "a copy with its URL", "a copy with another URL"],
)
def test_a_mark_follows_its_article(tmp_path: Path, there: str, here: str, removed: bool, carried: bool, prune: bool) -> None:
    """To another file with the same text, if the first is gone or both have one URL. It stays with the first, too."""
    texts = [f"---\ntitle: Ferry\n{each}\n---\n\n{TEXTS[FERRY]}\n{TEXTS[CORRECTED]}\n" for each in (there, here)]
    folder, index = tmp_path / "articles", tmp_path / "index"
    folder.mkdir()
    (folder / "ferry.md").write_text(texts[0], encoding="utf-8")
    (folder / "bridge.md").write_text(TEXTS[BRIDGE], encoding="utf-8")
    options = Options(model="hash", prune=prune)
    index_paths([folder], index, options)
    mark_article(index, "articles/ferry.md", retracted="wrong")
    if removed:
        (folder / "ferry.md").unlink()
    (folder / "2024").mkdir()
    (folder / "2024" / "ferry.md").write_text(texts[1], encoding="utf-8")
    report = index_paths([folder], index, options)
    assert report.marks == ({"articles/2024/ferry.md": "articles/ferry.md"} if carried else {})
    assert index_paths([folder], index, options).marks == {}
    with Index.open(index) as opened:
        flags = {article.id: article.retracted for article in opened.page_after(limit=10) or []}
    expected = {"articles/2024/ferry.md": "wrong" if carried else "", "articles/bridge.md": ""}
    assert flags == expected | ({} if removed and prune else {"articles/ferry.md": "wrong"})
    assert set(Snapshot.open(index).marks()) == {"articles/ferry.md", *(["articles/2024/ferry.md"] if carried else [])}


@pytest.mark.parametrize(("text", "title"), [("Video unavailable.", "Ferry"), (TEXTS[FERRY] * 2, "Bridge")], ids=["short", "another title"])
def test_a_mark_does_not_go_to_another_article_with_the_text(tmp_path: Path, text: str, title: str) -> None:
    """Of a few words, or below another title."""
    index = tmp_path / "index"
    for name, its in (("one", "Ferry"), ("two", title)):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({"_id": name, "title": its, "text": text}), encoding="utf-8")
    index_paths([tmp_path / "one.jsonl"], index, HASH)
    mark_article(index, "one", retracted="wrong")
    (tmp_path / "one.jsonl").unlink()
    assert index_paths([tmp_path / "two.jsonl"], index, HASH).marks == {}


class Archive:
    """Articles in a file of lines each, and their index."""

    def __init__(self, base: Path) -> None:
        self.folder, self.index = base / "articles", base / "index_data"
        self.folder.mkdir(parents=True)
        self.commits = 0

    def put(self, **fields: Mapping[str, str] | None) -> None:
        """Articles with these fields more, or none; and a commit."""
        self.commits += 1
        for name, more in fields.items():
            article_id = name.replace("_", "-")
            path = self.folder / f"{article_id}.jsonl"
            if more is None:
                path.unlink()
                continue
            record = {
                "_id": article_id,
                "text": TEXTS.get(article_id, f"Report {name} on the harvest."),
                "url": f"https://a.example/{name}",
            }
            path.write_text(json.dumps(record | dict(more)) + "\n", encoding="utf-8")
            os.utime(path, (1_000_000_000, 1_000_000_000 + self.commits))
        index_paths([self.folder], self.index, HASH)

    def run(self, *arguments: str, code: int = 0) -> str:
        """What a command prints."""
        done = run(*arguments, "--index-dir", self.index, cwd=self.folder.parent)
        assert done.code == code, done.err
        return done.out + done.err


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Two articles of a ferry and one of a bridge, with an index."""
    archive = Archive(tmp_path)
    archive.put(bridge={}, ferry={}, ferry_2={})
    return archive


def shown(index: Path) -> dict[str, tuple[Any, Any]]:
    """What hits say of each article: why it was retracted, and what corrects it."""
    with Index.open(index) as opened:
        hits = opened.search("the ferry or the bridge, said the police", limit=100)
    return {record["article_id"]: (record["retracted"], record["corrected_by"]) for record in map(hit_record, hits)}


def answers(index: Path) -> list[Any]:
    """All that some searches give."""
    asked: list[tuple[str, Any]] = [("the ferry, said the police", None), ("ferry retracted:true", None), ("bridge retracted:false", None)]
    with Index.open(index) as opened:
        if any(segment.metadata.values("corrected_by") for segment in opened.asker().snapshot.segments):
            asked.append(("ferry", filter_from_options(where=[f"corrected_by={CORRECTED}"])))
        hits = [[hit_record(hit) for hit in opened.search(question, where=where, limit=100)] for question, where in asked]
        return [*hits, asdict(opened.facets(request_of("the ferry, said the police")))]


def without_places(found: object) -> object:
    """The same without what tells one source file from another."""
    if isinstance(found, dict):
        return {key: without_places(value) for key, value in found.items() if key not in ("path", "file", "sha256", "generation")}
    return [without_places(each) for each in found] if isinstance(found, list) else found


@pytest.mark.parametrize(
    ("said", "marked"),
    [
        ({"retracted": "Wrong ship"}, {"retracted": "Wrong ship"}),
        ({"corrected_by": CORRECTED}, {"corrected_by": CORRECTED}),
        ({"retracted": "Wrong ship", "corrected_by": CORRECTED}, {"retracted": "Wrong ship", "corrected_by": CORRECTED}),
    ],
)
def test_a_mark_is_as_good_as_the_source(archive: Archive, tmp_path: Path, said: dict[str, str], marked: dict[str, str]) -> None:
    """Searches, filters and counts give the same where an article is marked as where its source says so."""
    other = Archive(tmp_path / "other")
    other.put(bridge={}, ferry=said, ferry_2={})
    found = mark_article(archive.index, FERRY, **marked)  # type: ignore[arg-type]
    assert found
    assert found.changed
    assert without_places(answers(archive.index)) == without_places(answers(other.index))


def test_both_sides_of_a_correction(archive: Archive, tmp_path: Path) -> None:
    """``corrects`` in the new version, by id or by url, flags the old one as ``corrected_by`` in the old one does; it ends with the new
    one.
    """
    other = Archive(tmp_path / "other")
    other.put(bridge={}, ferry={"corrected_by": CORRECTED}, ferry_2={})
    expected = shown(other.index)
    assert expected[FERRY] == (None, CORRECTED)
    for name in (FERRY, f"https://a.example/{FERRY}"):
        archive.put(ferry_2={"corrects": name})
        assert shown(archive.index) == expected
    archive.put(ferry_2={})
    assert shown(archive.index)[FERRY] == (None, None)
    archive.put(ferry_2={"corrects": FERRY})
    archive.put(ferry_2=None)
    assert shown(archive.index)[FERRY] == (None, None)


def test_a_correction_of_what_no_article_is_called_is_said_once(archive: Archive) -> None:
    """By the run that brings it, with its id and what it names; the status has it until such an article comes."""
    record = {"_id": "late", "text": "The harvest was poor.", "corrects": "feri", "url": "https://a.example/late"}
    (archive.folder / "late.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    (archive.folder / "met.jsonl").write_text(json.dumps({"_id": "met", "text": "So it was.", "corrects": "late"}) + "\n", encoding="utf-8")
    told = "newsdex: late corrects 'feri', but no article has that id or URL"
    assert told in archive.run("index", "articles")
    assert read_status(archive.index).unmet_corrections == ["late"]
    assert "corrections  1 that correct a missing article (first: late)" in archive.run("status")
    archive.put(more={})
    assert "but no article" not in archive.run("index", "articles")
    archive.put(feri={})
    assert read_status(archive.index).unmet_corrections == []
    archive.put(feri=None)
    assert read_status(archive.index).unmet_corrections == ["late"]


def test_the_word_of_the_source_and_of_a_mark_come_first(archive: Archive) -> None:
    """A mark counts before what the source says, and that before what other articles say."""
    archive.put(ferry={"corrected_by": "https://b.example/1"}, ferry_2={"corrects": FERRY})
    assert shown(archive.index)[FERRY] == (None, "https://b.example/1")
    mark_article(archive.index, FERRY, corrected_by=BRIDGE)
    assert shown(archive.index)[FERRY] == (None, BRIDGE)
    mark_article(archive.index, FERRY, unmark=True)
    assert shown(archive.index)[FERRY] == (None, "https://b.example/1")


def test_random_archives_have_the_flags_of_brute_force(tmp_path: Path) -> None:
    """After each of many commits of articles that correct others, marks and deletions, each article has the flags that the rules give
    it.
    """
    draw, archive = random.Random(5), Archive(tmp_path)
    names = [f"n{number}" for number in range(12)]
    there: dict[str, dict[str, str]] = {}
    given: dict[str, dict[str, str]] = {}
    for step in range(22):
        changes: dict[str, dict[str, str] | None] = {}
        for name in draw.sample(names, 3):
            value = draw.choice([draw.choice(names), f"https://a.example/{draw.choice(names)}"])
            fields = draw.choice([None, {}, {"corrects": value}, {"corrects": value}, {"corrected_by": "https://b.example/x"}])
            if fields is not None:
                changes[name] = there[name] = fields | {"date": f"2024-01-{draw.randrange(1, 28):02d}"}
            elif name in there and len(there) > 1:
                changes[name] = None
                del there[name]
        archive.put(**changes)
        if step % 3 == 0:
            name = draw.choice([*there])
            if name in given and draw.random() < 0.5:
                mark_article(archive.index, name, unmark=True)
                del given[name]
            else:
                mark_article(archive.index, name, retracted=f"reason {step}")
                given.setdefault(name, {})["retracted"] = f"reason {step}"
        if step % 7 == 0:
            rebuild_index(archive.index, Options(chunking=Chunking(max_tokens=64 + step), wait_seconds=0))
        assert flags(archive.index) == brute_force(there, given)
    assert not list(verify(archive.index, deep=True))


def flags(index: Path) -> dict[str, tuple[str, str]]:
    """The flags of each article."""
    snapshot = Snapshot.open(index)
    articles = [snapshot.segments[number].article(row) for number, row in snapshot.articles()]
    return {article.id: (article.retracted, article.corrected_by) for article in articles}


def brute_force(there: dict[str, dict[str, str]], given: dict[str, dict[str, str]]) -> dict[str, tuple[str, str]]:
    """The flags by the rules: each article against each."""
    found = {}
    for name, fields in there.items():
        by = [
            (other["date"], one)
            for one, other in there.items()
            if one != name and other.get("corrects") in (name, f"https://a.example/{name}")
        ]
        found[name] = (given.get(name, {}).get("retracted", ""), fields.get("corrected_by") or (max(by)[1] if by else ""))
    # Of two names for one article, the id counts first
    for name, fields in there.items():
        by_id = [(other["date"], one) for one, other in there.items() if one != name and other.get("corrects") == name]
        if by_id and "corrected_by" not in fields:
            found[name] = (found[name][0], max(by_id)[1])
    return found


def test_a_mark_stays(archive: Archive, tmp_path: Path) -> None:
    """Through changes of the source, its absence, merges, rebuilds, an export and a second machine's index."""
    expected = ("Wrong ship", BRIDGE)
    mark_article(archive.index, FERRY, retracted="Wrong ship", corrected_by=BRIDGE)
    assert shown(archive.index)[FERRY] == expected
    archive.put(ferry={"text": "The ferry sank on Tuesday, said the police."})
    assert shown(archive.index)[FERRY] == expected
    archive.put(ferry=None)
    assert FERRY not in shown(archive.index)
    archive.put(ferry={})
    assert shown(archive.index)[FERRY] == expected
    for number in range(10):
        archive.put(**{f"more{number}": {}})
    assert shown(archive.index)[FERRY] == expected
    rebuild_index(archive.index)
    rebuild_index(archive.index, Options(chunking=Chunking(max_tokens=64)))
    assert shown(archive.index)[FERRY] == expected
    export_index(archive.index, tmp_path / "one.tar.zst")
    export_index(archive.index, tmp_path / "two.tar.zst")
    assert (tmp_path / "one.tar.zst").read_bytes() == (tmp_path / "two.tar.zst").read_bytes()
    import_index(tmp_path / "one.tar.zst", tmp_path / "imported")
    for index in (archive.index, tmp_path / "imported"):
        assert shown(index)[FERRY] == expected
        assert read_status(index).marked == 1
        mark_article(index, f"https://a.example/{FERRY}", unmark=True)
        assert shown(index)[FERRY] == (None, None)
        assert not list(verify(index, deep=True))


def test_what_is_pushed_has_the_marks(archive: Archive) -> None:
    """An article with a mark goes to other places with its fields, and as a changed one; no other article does."""

    def stored() -> dict[str, tuple[bytes, Mapping[str, str]]]:
        found = folder_content(Snapshot.open(archive.index)).entries()
        return {each.article.id: (each.digest, each.article.metadata) for each in found}

    before = stored()
    mark_article(archive.index, FERRY, retracted="Wrong ship")
    after = stored()
    assert {name for name in before if before[name] != after[name]} == {FERRY}
    assert after[FERRY][0] != before[FERRY][0]
    assert after[FERRY][1] == {"retracted": "Wrong ship"}
    mark_article(archive.index, FERRY, unmark=True)
    assert stored() == before


def test_a_purge_takes_the_marks_along(archive: Archive) -> None:
    """No file names a purged article, neither as marked nor as the correction of another."""
    mark_article(archive.index, FERRY, retracted="Wrong ship")
    mark_article(archive.index, BRIDGE, corrected_by=FERRY)
    archive.put(more={"corrects": BRIDGE})
    delete(archive.index, Selection(ids=frozenset([FERRY])), purge=True)
    assert not [
        path for path in archive.index.rglob("*") if path.is_file() and any(x in path.read_bytes() for x in (b'"ferry"', b"Wrong ship"))
    ]
    assert shown(archive.index)[BRIDGE] == (None, "more")
    assert read_status(archive.index).marked == 0


def test_killed_at_each_change_of_a_file(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers see the mark or do not, and the next run has it if they did."""
    archive.put(ferry_2={"corrects": BRIDGE})
    seen = set()
    for at in range(1, 1_000):
        before = shown(archive.index)
        monkeypatch.setattr(files, "os", Killing(at, stops=True))
        try:
            mark_article(archive.index, FERRY, retracted=f"reason {at}", wait_seconds=0)
        except Stopped:
            done = False
        else:
            done = True
        monkeypatch.undo()
        after = shown(archive.index)
        changed = after[FERRY] == (f"reason {at}", None)
        seen.add(changed)
        assert changed or (not done and after == before)
        archive.put()
        assert shown(archive.index) == after
        assert after[BRIDGE] == (None, CORRECTED)
        if done:
            break
    assert done
    assert seen == {False, True}
    assert not list(verify(archive.index, deep=True))


@pytest.mark.parametrize(
    "content",
    [
        b"[]",
        b"{",
        b'{"marks": {"ferry": {"retracted": 1}}}',
        b'{"marks": {"ferry": {"other": ""}}}',
        b'{"marks": {"ferry\\u0000a": {"retracted": "x"}}}',
        b'{"marks": {"ferry\\u0000a\\u0000b\\u0000c\\u0000d\\u00000\\u00000\\u0000ff\\u0000AAAA": {"retracted": "x"}}}',
        b'{"marks": {"ferry\\u0000a\\u0000b\\u0000c\\u0000d\\u00000\\u0000x\\u0000ff\\u0000AAAA": {"retracted": "x"}}}',
    ],
)
def test_a_hostile_list_of_marks(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """An export with valid checksums whose marks are none is refused as damaged, and leaves nothing."""
    mark_article(archive.index, FERRY, retracted="Wrong ship")
    monkeypatch.setattr("newsdex.indexer.upkeep.transfer.pack_marks", lambda _marks: content)
    export_index(archive.index, tmp_path / "bad.tar.zst")
    with pytest.raises(IndexDamaged):
        import_index(tmp_path / "bad.tar.zst", tmp_path / "imported")
    assert not list((tmp_path / "imported").rglob("*.articles"))


def test_many_corrections_are_looked_up_once_a_segment(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking up many values by a scan gives the flags that looking up each gives."""
    archive.put(ferry_2={"corrects": FERRY}, bridge={"corrects": f"https://a.example/{FERRY}", "date": "2024-05-01"})
    expected = flags(archive.index)
    monkeypatch.setattr(marks, "FEW", 0)
    archive.put(more={})
    assert {name: flag for name, flag in flags(archive.index).items() if name != "more"} == expected


def test_the_command(archive: Archive) -> None:
    """It says what was done and how it ended; log, diff and status name it."""
    assert archive.run("mark", FERRY, "--retracted", "Wrong ship") == "ferry: retracted: Wrong ship\n"
    assert archive.run("mark", FERRY, "--retracted", "Wrong ship") == "ferry: retracted: Wrong ship (unchanged)\n"
    told = json.loads(archive.run("mark", f"https://a.example/{FERRY}", "--corrected-by", CORRECTED, "--json"))
    marked = {"article_id": FERRY, "retracted": "Wrong ship", "corrected_by": CORRECTED, "changed": True}
    assert told == marked | {"copies": [], "other_copies": []}
    assert "mark: marked 1 (ferry);" in archive.run("log", "-n", "1")
    assert archive.run("diff", "1") == "! ferry\n"
    assert json.loads(archive.run("status", "--json"))["marked"] == 1
    assert "RETRACTED: Wrong ship" in archive.run("search", "ferry")
    assert archive.run("mark", FERRY, "--unmark") == "ferry: mark removed\n"
    assert "mark: unmarked 1 (ferry);" in archive.run("log", "-n", "1")
    assert json.loads(archive.run("diff", "2", "--json")) == {"article_id": FERRY, "change": "unmarked"}
    path = f"articles/{FERRY}.jsonl"
    assert archive.run("mark", path, "--corrected-by", f"{CORRECTED}.jsonl") == f"ferry: corrected by: {CORRECTED}\n"
    assert archive.run("mark", f"{FERRY}.jsonl", "--unmark") == "ferry: mark removed\n"
    assert archive.run("mark", FERRY, "--corrected-by", "http://b.example/1") == "ferry: corrected by: http://b.example/1\n"
    assert archive.run("mark", FERRY, "--unmark") == "ferry: mark removed\n"
    assert "The nearest ids: ferry" in archive.run("mark", "ferrry", "--retracted", "Wrong ship", code=1)
    assert "no article has the id, url or path 'nix'" in archive.run("mark", "nix", "--unmark", code=1)
    for words, said in (
        ((), "say how the article is to be marked"),
        (("--unmark", "--retracted", "x"), "without --retracted"),
        (("--retracted", "no"), "takes the reason"),
        (("--retracted", ""), "is not allowed"),
        (("--retracted", "a\nb"), "is not allowed"),
        (("--retracted", "x" * 1_001), "is not allowed"),
        (("--corrected-by", FERRY), "names the article itself"),
        (("--corrected-by", "nix"), "no article has the id or URL 'nix'"),
    ):
        assert said in archive.run("mark", FERRY, *words, code=2)
    assert read_status(archive.index).marked == 0


def test_a_url_of_several_articles(archive: Archive) -> None:
    """It marks none of them, and names them."""
    archive.put(ferry={"url": "https://a.example/same"}, ferry_2={"url": "https://a.example/same"})
    with pytest.raises(UsageError, match=r"2 articles have the URL .*ferry"):
        mark_article(archive.index, "https://a.example/same", retracted="Wrong ship")
