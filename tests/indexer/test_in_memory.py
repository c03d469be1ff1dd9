"""Articles that a program adds: as lines of a file, and theirs alone until a file or another call has their ids."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timezone
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from command import run
from indexes import HASH, index_of, put
from killing import ENVIRONMENT, Killing, Stopped

import newsdex
from newsdex import (
    Article,
    Index,
    IndexBusy,
    IndexMissing,
    NewsdexError,
    Options,
    Published,
    Report,
    Span,
    UsageError,
    add_articles,
    delete_articles,
    index_paths,
    mark_article,
    rebuild_index,
    rollback_index,
)
from newsdex.citation import cite
from newsdex.encoder import Encoder, Vectors
from newsdex.engines.hashing import HashEncoder
from newsdex.indexer import build
from newsdex.indexer.limits import Limits
from newsdex.indexer.source import Wanted
from newsdex.indexer.upkeep.status import read_status
from newsdex.indexer.upkeep.transfer import export_index, import_index
from newsdex.indexer.upkeep.verify import verify
from newsdex.store import files
from newsdex.store.files import WriterLock
from newsdex.store.log import read_entries
from newsdex.store.manifest import read_pointer
from newsdex.store.snapshot import Snapshot
from newsdex.terminal import heading_of

RESTORE, PRUNE = replace(HASH, restore=True), replace(HASH, prune=True)
TEXT = "The ferry {0} ran aground off the island in the {0}th storm of the year. All {0} passengers were taken ashore by a fishing boat."
QUESTIONS = ["Where did ferry 3 run aground?", "passengers taken ashore", "the 7th storm", "Überfahrt nach Åland"]


def record(number: int, **fields: object) -> dict[str, Any]:
    """A line of an archive."""
    return {"id": f"f{number}", "title": f"Ferry {number} aground", "text": TEXT.format(number), "date": "2024-05-01", **fields}


RECORDS: list[dict[str, Any]] = [
    *map(record, range(12)),
    {
        "_id": "ü",
        "headline": "Die Überfahrt",
        "body": "Die Überfahrt nach Åland dauert\u2028neun Stunden.\r\n\r\nSie ist\tteuer.",
        "lang": "de-AT",
    },
    record(20, url="https://news.example/20", source="Harbour Courier", author=["Ana", "Bo"], section="sea", retracted="wrong", pages=3),
    record(21, date="around 3pm on Tuesday"),
    record(22, date="2024-04", title="x" * 5_000),
    record(23, id=23, tags=[1, None, {"a": 1}], nested={"a": [1]}, yes=True, ratio=0.5, language="klingon"),
    record(24, title="lone \ud800 surrogate \x00 and\nlines", **{"n" * 300: "v" * 20_000}),
]


def articles_of(folder: Path) -> dict[str, Article]:
    """What an index has, by id, without what names a file."""
    snapshot = Snapshot.open(folder)
    found = [snapshot.segments[number].article(row) for number, row in snapshot.articles()]
    return {article.id: replace(article, path=Path("/"), record=0) for article in found}


def answers_of(folder: Path) -> list[list[tuple[str, float, str]]]:
    """What an index answers."""
    with Index.open(folder) as index:
        return [[(hit.article.id, hit.score, hit.answer_text) for hit in index.search(question, limit=20)] for question in QUESTIONS]


def texts_of(folder: Path) -> dict[str, str]:
    """The texts in an index, by id."""
    return {name: article.text for name, article in articles_of(folder).items()}


def is_sound(folder: Path) -> bool:
    """Whether nothing is wrong with an index."""
    return not list(verify(folder, deep=True))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where an index is to be."""
    return tmp_path / "index_data"


def test_they_are_what_lines_of_a_file_are(tmp_path: Path, folder: Path) -> None:
    """All fields, the checksum, remarks, answers and scores; also after an export."""
    lines = tmp_path / "files" / "news.jsonl"
    put(lines, "".join(json.dumps(each) + "\n" for each in RECORDS))
    read = index_paths([lines], tmp_path / "files" / "index", HASH)
    added = add_articles((each for each in RECORDS), folder, HASH)
    counts = ("added", "updated", "unchanged", "skipped", "passages", "languages", "model", "unspoken")
    assert [getattr(added, name) for name in counts] == [getattr(read, name) for name in counts]
    assert [problem.lost for problem in added.problems] == [problem.lost for problem in read.problems]
    found, expected = articles_of(folder), articles_of(tmp_path / "files" / "index")
    assert [replace(each, sha256="") for each in found.values()] == [replace(each, sha256="") for each in expected.values()]
    assert answers_of(folder) == answers_of(tmp_path / "files" / "index")
    export_index(folder, tmp_path / "added.tar.zst")
    import_index(tmp_path / "added.tar.zst", tmp_path / "elsewhere" / "index")
    assert articles_of(tmp_path / "elsewhere" / "index") == found
    assert answers_of(tmp_path / "elsewhere" / "index") == answers_of(folder)
    assert is_sound(folder)


def test_the_checksum_is_that_of_the_line(tmp_path: Path, folder: Path) -> None:
    """As it is written in UTF-8."""
    line = RECORDS[12]
    put(tmp_path / "a.jsonl", json.dumps(line, ensure_ascii=False) + "\n")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "other", HASH)
    add_articles([line], folder, HASH)
    assert articles_of(folder) == articles_of(tmp_path / "other")


def test_the_same_again_is_no_commit(folder: Path) -> None:
    """Nor is anything embedded; in another order too."""
    add_articles(RECORDS, folder, HASH)
    before = read_pointer(folder)
    report = add_articles(reversed(RECORDS), folder)
    assert (report.unchanged, report.added, report.updated, report.embedded) == (len(RECORDS), 0, 0, 0)
    assert add_articles([], folder).seen == 0
    assert read_pointer(folder) == before


def test_an_id_that_is_there_is_replaced(folder: Path) -> None:
    """With the same text and title, nothing is embedded again."""
    add_articles(RECORDS, folder, HASH)
    report = add_articles([record(3, source="Other"), record(4, text="Ferry 4 is afloat again."), record(99)], folder)
    assert (report.updated, report.added, report.embedded) == (2, 1, 2)
    found = articles_of(folder)
    assert (found["f3"].source, found["f4"].text, len(found)) == ("Other", "Ferry 4 is afloat again.", len(RECORDS) + 1)
    entry = read_entries(folder, read_pointer(folder))[-1]
    assert (entry.why, entry.origin, dict(entry.counts)) == ("add", (), {"updated": 2, "added": 1})
    assert is_sound(folder)


@pytest.mark.parametrize("purge", [False, True])
def test_a_deleted_article_stays_out(purge: bool, folder: Path) -> None:
    """Until it is restored; a purged one also under another id."""
    add_articles(RECORDS, folder, HASH)
    gone = delete_articles(folder, ids=["f1", "f2", "nothing"], purge=purge)
    assert (gone.removed, gone.unmatched) == (("f1", "f2"), ("nothing",))
    before = read_pointer(folder)
    report = add_articles([record(1), record(2, text="Quite another text."), record(3)], folder)
    assert (report.withheld, report.unchanged) == (2, 1)
    assert read_pointer(folder) == before
    assert add_articles([record(1, id="new")], folder).withheld == purge
    assert add_articles([record(1)], folder, RESTORE).added == (not purge)
    assert add_articles([record(1)], folder, replace(RESTORE, restore_purged=True)).added == purge
    assert add_articles([record(1)], folder).unchanged == 1
    assert add_articles([record(2)], folder).withheld == 1


def test_delete_by_url_and_source(folder: Path) -> None:
    """As the command does; a dry run changes nothing."""
    add_articles([record(1, url="https://a.example/1"), record(2, source="B"), record(3)], folder, HASH)
    asked: dict[str, Any] = {"urls": iter(["https://a.example/1"]), "sources": ["B", "C"]}
    assert delete_articles(folder, **asked | {"urls": ["https://a.example/1"]}, dry_run=True).removed == ("f1", "f2")
    assert len(texts_of(folder)) == 3
    found = delete_articles(str(folder), **asked)
    assert (found.removed, found.unmatched_sources) == (("f1", "f2"), ("C",))
    assert list(texts_of(folder)) == ["f3"]


def test_what_was_added_is_never_pruned(tmp_path: Path, folder: Path) -> None:
    """Whatever folder is pruned, even that of the index; status and verify miss no file."""
    put(tmp_path / "a" / "news.jsonl", json.dumps(record(1)))
    put(tmp_path / "b.txt", "Text of a file.")
    index_paths([tmp_path], folder, HASH)
    add_articles([record(2)], folder)
    (tmp_path / "b.txt").unlink()
    report = index_paths([tmp_path], folder, PRUNE)
    assert (report.removed, set(texts_of(folder))) == (1, {"f1", "f2"})
    assert index_paths([tmp_path], folder, HASH).vanished == 0
    (tmp_path / "a" / "news.jsonl").unlink()
    assert index_paths([tmp_path / "a", tmp_path / "*"], folder, PRUNE).removed == 1
    with pytest.raises(UsageError):  # a name that is none of a file
        index_paths([tmp_path / "(added)"], tmp_path / "none", PRUNE)
    assert index_paths([tmp_path / "(added)"], folder, PRUNE).removed == 0
    assert list(texts_of(folder)) == ["f2"]
    status = read_status(folder)
    assert (status.articles, status.missing, status.changed, status.left_over) == (1, [], [], [])
    assert is_sound(folder)
    rebuild_index(folder, Options(chunking=newsdex.Chunking(max_tokens=64)))
    assert list(texts_of(folder)) == ["f2"]
    assert rollback_index(folder).manifest.generation == "g000001"
    assert list(texts_of(folder)) == ["f2"]


def test_the_last_one_has_the_id(tmp_path: Path, folder: Path) -> None:
    """Of a file and a program. A file that did not change is not read again, and takes nothing back; one that did is read whole."""
    news = put(tmp_path / "in" / "news.jsonl", "".join(json.dumps(record(number)) + "\n" for number in range(3)))
    index_paths([news], folder, HASH)
    changed = record(1, text="Corrected by the desk.")
    assert add_articles([changed], folder).updated == 1
    for options in (HASH, PRUNE):
        report = index_paths([news.parent], folder, options)
        assert (report.updated, report.removed, report.vanished, report.problems) == (0, 0, 0, [])
        assert texts_of(folder)["f1"] == "Corrected by the desk."
    put(news, "".join(json.dumps(record(number)) + "\n" for number in range(4)), 1_100_000_000)
    report = index_paths([news], folder, HASH)
    assert (report.added, report.updated, report.problems) == (1, 1, [])
    assert texts_of(folder)["f1"] == record(1)["text"]
    assert add_articles([record(1)], folder).updated == 1  # it is the program's now
    news.unlink()
    assert index_paths([news.parent, news], folder, PRUNE).removed == 3
    assert list(texts_of(folder)) == ["f1"]
    put(tmp_path / "in" / "other.jsonl", json.dumps(record(1, source="A file")))
    assert index_paths([news.parent], folder, HASH).updated == 1
    assert add_articles([changed], folder).updated == 1
    assert len(texts_of(folder)) == 1
    assert is_sound(folder)


def test_a_file_that_waits_for_an_id_takes_none_back(tmp_path: Path, folder: Path) -> None:
    """It is read again at each run, because another file has an id of one of its articles."""
    put(tmp_path / "a.jsonl", json.dumps(record(1)) + "\n")
    b = put(tmp_path / "b.jsonl", json.dumps(record(1)) + "\n" + json.dumps(record(2)) + "\n")
    assert index_paths([tmp_path], folder, HASH).has_duplicates
    add_articles([record(1, text="Mine."), record(2, text="Mine too.")], folder)
    report = index_paths([b], folder, HASH)
    assert (report.updated, report.problems) == (0, [])
    assert texts_of(folder) == {"f1": "Mine.", "f2": "Mine too."}


def test_an_id_that_is_the_name_of_a_file(tmp_path: Path, folder: Path) -> None:
    """The file's article is replaced, and comes back with the file's next change."""
    page = put(tmp_path / "page.md", "# A page\n\nThe text of the page.\n")
    index_paths([page], folder, HASH)
    assert add_articles([record(1, id="page.md")], folder).updated == 1
    assert index_paths([page], folder, HASH).updated == 0
    put(page, "# A page\n\nThe new text of the page.\n", 1_100_000_000)
    assert index_paths([page], folder, HASH).updated == 1
    assert list(texts_of(folder)) == ["page.md"]
    assert add_articles([record(1, id="(added)"), record(2, id="(added)#2"), record(3, id="../../etc")], folder).added == 2
    assert is_sound(folder)


def test_marks(tmp_path: Path, folder: Path) -> None:
    """A mark stays when its article is replaced; a copy of an article that has no file does not take it over."""
    add_articles([record(1), record(2)], folder, HASH)
    marking = mark_article(folder, "f1", retracted="No such storm")
    assert marking
    assert (marking.article_id, marking.changed) == ("f1", True)
    assert mark_article(folder, "nothing", retracted="x") is None
    add_articles([record(1, source="Other")], folder)
    report = index_paths([put(tmp_path / "copy.jsonl", json.dumps(record(1, id="copy")))], folder, HASH)
    assert report.marks == {}
    with Index.open(folder) as index:
        assert index.article("f1").retracted == "No such storm"
        assert not index.article("copy").retracted


class Mine(Exception):
    """An exception of the caller."""


def test_what_the_caller_raises_comes_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old version stays, others can write, and what was embedded is not embedded again."""
    monkeypatch.setattr(build, "_BATCH_PASSAGES", 2)
    error = Mine("the database went away")

    def broken() -> Iterator[dict[str, Any]]:
        yield from map(record, range(30))
        raise error

    with pytest.raises(Mine) as caught:
        add_articles(broken(), folder, HASH)
    assert caught.value is error
    with pytest.raises(IndexMissing):
        Index.open(folder)
    add_articles([record(100)], folder, HASH)
    before, answers = read_pointer(folder), answers_of(folder)
    with pytest.raises(Mine):
        add_articles(broken(), folder)
    assert (read_pointer(folder), answers_of(folder), list(texts_of(folder))) == (before, answers, ["f100"])
    report = add_articles(map(record, range(30)), folder, replace(HASH, wait_seconds=0))
    assert report.added == 30
    assert report.embedded < 10
    assert is_sound(folder)


def test_killed_while_it_reads(folder: Path) -> None:
    """The old version stays, and what was embedded is kept."""
    add_articles([record(1)], folder, HASH)
    code = f"""
import os, signal
from newsdex import Options, add_articles
from newsdex.indexer import build
build._BATCH_PASSAGES = 2
def articles():
    for number in range(40):
        yield {{"id": str(number), "text": f"Article {{number}} of many."}}
    os.kill(os.getpid(), signal.SIGKILL)
add_articles(articles(), {str(folder)!r}, Options(model="hash"))
"""
    done = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL
    assert list(texts_of(folder)) == ["f1"]
    report = add_articles([{"id": str(number), "text": f"Article {number} of many."} for number in range(40)], folder, HASH)
    assert report.added == 40
    assert report.embedded < 40


def test_killed_at_each_change_of_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old version or the new one, never another; the same call again completes it."""
    add_articles([record(1), record(2)], folder, HASH)
    new = [record(2, text="Afloat."), record(3)]
    old, expected = {"f1", "f2"}, {"f1": TEXT.format(1), "f2": "Afloat.", "f3": TEXT.format(3)}
    seen = Counter[bool]()
    for call in range(1, 200):
        killing = Killing(call, stops=True)
        monkeypatch.setattr(files, "os", killing)
        try:
            add_articles(new, folder)
        except Stopped:
            monkeypatch.setattr(files, "os", os)
            found = texts_of(folder)
            assert found == expected or (set(found) == old and found["f2"] == TEXT.format(2))
            seen[found == expected] += 1
            if found == expected:
                break
        else:
            break
    monkeypatch.setattr(files, "os", os)
    assert seen[False] > 5
    add_articles(new, folder)
    assert texts_of(folder) == expected
    assert is_sound(folder)


def test_a_reader_that_is_open(folder: Path) -> None:
    """Answers from the version before until the commit, and then from the new one; a snapshot keeps its own."""
    add_articles([record(1)], folder, HASH)
    during: list[int] = []

    def slowly(index: Index) -> Iterator[dict[str, Any]]:
        for number in range(2, 5):
            during.append(index.manifest.articles)
            assert len(index.search("ferry aground")) == 1
            yield record(number)
        with pytest.raises(IndexBusy):
            add_articles([record(9)], folder, replace(HASH, wait_seconds=0))

    with Index.open(folder) as index, index.snapshot() as view:
        add_articles(slowly(index), folder)
        assert during == [1, 1, 1]
        assert [len(each.search("ferry aground", limit=10, collapse=False)) for each in (index, view)] == [4, 1]


BAD: list[tuple[Mapping[str, object], str]] = [
    ({"text": "No id."}, "article 2: no id"),
    ({"id": "", "text": "No id."}, "article 2: no id"),
    ({"id": [], "text": "No id."}, "article 2: no id"),
    ({"id": "x"}, "article 2 ('x'): not an article"),
    ({"id": "x", "text": None}, "article 2 ('x'): not an article"),
    ({"id": "x", "text": b"bytes"}, "article 2 ('x'): cannot be JSON: b'bytes' is of the type bytes"),
    ({"id": "x", "text": " \n "}, "article 2 ('x'): no text"),
    ({"id": "x", "text": "t", "more": {1, 2}}, "article 2 ('x'): cannot be JSON"),
    ({"id": np.arange(3), "text": "t"}, "article 2: cannot be JSON"),
    ({"id": "x", "text": "t", "more": np.float32(1)}, "article 2 ('x'): cannot be JSON"),
    ({"id": "x", "text": "t", ("a", "b"): 1}, "article 2 ('x'): cannot be JSON"),
    ({"id": "x", "text": "t", "more": 10**5000}, "article 2 ('x'): cannot be JSON"),
    ({"id": "f1", "text": "t"}, "duplicate id 'f1', already in this call"),
    ({"id": "x\n" * 5_000, "text": " "}, "article 2 ('x"),
    ({"id": "x", "text": "y" * 3_000}, "article 2 ('x'): more than 2000 bytes of text in one article"),
]


def _nested() -> dict[str, object]:
    inner: dict[str, object] = {}
    inner["self"] = inner
    return inner


@pytest.mark.parametrize(
    ("bad", "told"), [*BAD, ({"id": "x", "text": "t", "m": _nested()}, "article 2 ('x'): cannot be JSON: Circular reference")]
)
def test_a_bad_article_costs_no_other(bad: Mapping[str, object], told: str, folder: Path) -> None:
    """It is named by its place and its id; nothing of it is in the index."""
    report = add_articles([record(1), bad, record(3)], folder, replace(HASH, limits=Limits(text=2_000)))
    assert (report.added, report.skipped, set(texts_of(folder))) == (2, 1, {"f1", "f3"})
    [problem] = report.problems
    assert problem.reason.startswith(told)
    assert len(problem.reason) < 300
    assert problem.path == folder.parent / "(added)"
    assert is_sound(folder)


def test_many_bad_articles_are_counted(folder: Path) -> None:
    """The first hundred are named."""
    report = add_articles([record(1), *({"id": str(number)} for number in range(1_000))], folder, HASH)
    assert (report.added, report.skipped, len(report.problems)) == (1, 1_000, 101)


@pytest.mark.parametrize("given", [None, 3, "id", b"id", record(1), [record(1), "x"], [record(1), None], [[record(1)]]])
@pytest.mark.parametrize("is_new", [True, False])
def test_a_wrong_type_is_refused(given: Any, is_new: bool, folder: Path) -> None:
    """Nothing is committed then, and no folder made."""
    if not is_new:
        add_articles([record(7)], folder, HASH)
    with pytest.raises(UsageError, match="expected a"):
        add_articles(given, folder, HASH)
    assert folder.exists() != is_new
    if not is_new:
        assert list(texts_of(folder)) == ["f7"]


@pytest.mark.parametrize("given", [[], iter(()), [{"id": "x"}, {"text": "y"}]])
def test_no_index_without_an_article(given: Any, folder: Path) -> None:
    """It says what was wrong with the first."""
    with pytest.raises(UsageError, match=r"no articles to add\. (Expected|2 problems, the first: .*article 1 \('x'\))"):
        add_articles(given, folder)
    assert not folder.exists()


Call = Callable[..., object]
CALLS: Mapping[str, Call] = {
    "add": lambda place, **options: add_articles([record(1)], place, Options(**options)),
    "delete": lambda place, **options: delete_articles(place, ids=["f1"], **options),
    "mark": lambda place, **options: mark_article(place, "f1", retracted="x", **options),
    "rebuild": lambda place, **options: rebuild_index(place, Options(**options)),
    "rollback": rollback_index,
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_place_that_cannot_be_written(call: Call, folder: Path, tmp_path: Path) -> None:
    """An archive in Milvus, what is no path, and where there is no index; and a lock that another holds."""
    for place in ("milvus://127.0.0.1:19530/news", tmp_path / "archive.db"):
        with pytest.raises(UsageError, match=r"this works on a folder, and .* is in Milvus"):
            call(place)
    for wrong in (None, 3, "", b"index", [folder]):
        with pytest.raises(UsageError, match="the folder of the index"):
            call(wrong)
    if call is not CALLS["add"]:
        with pytest.raises(NewsdexError):
            call(tmp_path / "nothing")
        assert not (tmp_path / "nothing").exists()
    add_articles([record(1)], folder, HASH)
    with pytest.raises(UsageError, match="a wait of 'long' seconds is not allowed"):
        call(folder, wait_seconds="long")
    with WriterLock(folder), pytest.raises(IndexBusy):
        call(str(folder), wait_seconds=0)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda folder: add_articles([record(1)], folder, {"model": "hash"}), "options: expected an Options, not dict"),
        (lambda folder: rebuild_index(folder, "hash"), "options: expected an Options, not str"),
        (lambda folder: rollback_index(folder, 1), "the name of a generation: expected text, not int"),
        (delete_articles, "nothing to delete"),
        (lambda folder: delete_articles(folder, ids=[""]), "an empty value"),
        (lambda folder: delete_articles(folder, ids="f1"), "ids: one text is not a list: expected a list of ids"),
        (lambda folder: delete_articles(folder, urls=[1]), "urls: expected text, not int"),
        (lambda folder: delete_articles(folder, sources=None), "sources: NoneType is not a list"),
        (lambda folder: mark_article(folder, 1, retracted="x"), "the id of an article: expected text, not int"),
        (lambda folder: mark_article(folder, "f1", retracted=True), "a mark: expected text, not bool"),
        (lambda folder: mark_article(folder, "f1"), "say how the article is to be marked"),
    ],
)
def test_a_wrong_argument(call: Callable[[Path], object], told: str, folder: Path) -> None:
    """It is named, with what was expected; nothing is changed."""
    add_articles([record(1)], folder, HASH)
    before = read_pointer(folder)
    with pytest.raises(UsageError, match=told):
        call(folder)
    assert read_pointer(folder) == before


def test_dates(folder: Path) -> None:
    """Of Python's own types; a date that can be two days says so, unless the order is given."""
    given = {
        "day": date(2024, 5, 2),
        "time": datetime(2024, 5, 2, 12, 30, tzinfo=timezone.utc),
        "month": "2024-05",
        "either": "04/05/2024",
        "one": "26/05/2024",
    }
    report = add_articles([record(1, id=name, date=value) for name, value in given.items()], folder, HASH)
    assert [problem.reason.partition(";")[0] for problem in report.problems] == [
        "article 4 ('either'): date '04/05/2024' can be two days (--date-order dmy or mdy says which)"
    ]
    found = {name: str(article.published) for name, article in articles_of(folder).items()}
    assert found == {"day": "2024-05-02", "time": "2024-05-02T12:30:00+00:00", "month": "2024-05", "either": "None", "one": "2024-05-26"}
    told = {"columns": {"text": "lead", "id": "key"}, "date_order": "dmy"}
    add_articles([{"key": "k", "lead": "A lead.", "date": "04/05/2024"}], folder, replace(HASH, wanted=Wanted(**told)))
    assert str(articles_of(folder)["k"].published) == "2024-05-04"


def test_articles_of_another_archive(tmp_path: Path, folder: Path) -> None:
    """All that is known of them but their file; again, they are unchanged."""
    page = b"<title>A page</title><p>The page of an archive says that the bridge is open again after the storm of Tuesday.</p>"
    (tmp_path / "old").mkdir()
    with zipfile.ZipFile(tmp_path / "old" / "pages.zip", "w") as archive:
        archive.writestr("page.html", page)
    put(tmp_path / "old" / "a.md", "---\ntitle: With front matter\ndate: 2024-05\n---\n\nThe body of the article.\n")
    put(tmp_path / "old" / "news.jsonl", json.dumps(RECORDS[13]))
    index_paths([tmp_path / "old"], tmp_path / "index", HASH)
    with Index.open(tmp_path / "index") as index:
        known = [index.article(name) for name in articles_of(tmp_path / "index")]
        assert add_articles(known, folder, HASH).added == len(known) == 3
        assert add_articles(known, folder).unchanged == 3
    found = articles_of(folder)
    for article in known:
        metadata = {name: value for name, value in article.metadata.items() if name != "archive_member"}
        assert found[article.id] == replace(article, path=Path("/"), record=0, metadata=metadata)


def test_an_article_of_a_file_whose_name_is_not_utf8(tmp_path: Path, folder: Path) -> None:
    """It keeps its id, by which it can be deleted."""
    put(tmp_path / "old" / os.fsdecode(b"caf\xe9.txt"), "The bridge is open again after the storm of Tuesday.")
    index_paths([tmp_path / "old"], tmp_path / "index", HASH)
    with Index.open(tmp_path / "index") as index:
        [known] = [index.article(name) for name in articles_of(tmp_path / "index")]
    report = add_articles([known], folder, HASH)
    assert (report.added, report.problems) == (1, [])
    assert delete_articles(folder, ids=[known.id]).removed == (known.id,)


def test_articles_made_by_hand(folder: Path) -> None:
    """What is missing is filled in; what cannot be is named."""
    plain = Article("plain", "A plain text.", Path(), "")
    bad: list[Any] = [
        replace(plain, id=""),
        replace(plain, id=" "),
        replace(plain, text=" "),
        replace(plain, text=5),  # type: ignore[arg-type]
        replace(plain, id="\ud800"),
        replace(plain, title=None),  # type: ignore[arg-type]
        replace(plain, body=Span(3, 500)),
        replace(plain, pages=(9, 3)),
        replace(plain, published=Published("yesterday", "")),
        replace(plain, metadata={"a": 1}),  # type: ignore[dict-item]
        replace(plain, sha256="xyz"),
    ]
    report = add_articles([plain, *bad, replace(plain, id="odd", language="no such tag", sha256="ab", record=-1)], folder, HASH)
    assert (report.added, report.skipped) == (2, len(bad))
    assert all(problem.reason.startswith(f"article {number}") for number, problem in enumerate(report.problems, 2))
    found = articles_of(folder)
    assert found["plain"].body == Span(0, 13)
    assert [len(article.sha256) for article in found.values()] == [64, 64]
    assert found["odd"].language == ""
    assert is_sound(folder)


def test_the_model_is_chosen_as_for_files(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the languages of the first articles."""
    asked: list[Counter[str]] = []

    def choose(languages: Counter[str], *_: str) -> tuple[Encoder, str]:
        asked.append(+languages)
        return HashEncoder(), "because"

    monkeypatch.setattr(build, "choose", choose)
    index_of(RECORDS, tmp_path, Options())
    report = add_articles(iter(RECORDS), folder)
    assert asked[0] == asked[1]
    assert (report.model, report.choice) == ("hash", "because")
    assert add_articles([record(50)], folder).choice == ""
    assert len(asked) == 2


@pytest.mark.parametrize("model", ["hash", "all-MiniLM-L6-v2"])
def test_another_writer_makes_the_index_meanwhile(model: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its model stays, and nothing of the generator is lost."""

    def while_another_writes(*_: object) -> tuple[Encoder, str]:
        add_articles([record(100)], folder, Options(model))
        return HashEncoder(), "because"

    monkeypatch.setattr(build, "choose", while_another_writes)
    report = add_articles(map(record, range(3)), folder)
    assert (report.model, report.choice, report.added) == (model, "", 3)
    assert set(texts_of(folder)) == {"f0", "f1", "f2", "f100"}


def test_progress(folder: Path) -> None:
    """It counts characters; how many will come is not known."""
    told: list[build.Progress] = []
    add_articles([record(1), record(2)], folder, replace(HASH, on_progress=told.append))
    assert [each.done for each in told] == [each.total for each in told] == [len(TEXT.format(1)), 2 * len(TEXT.format(1))]


def test_progress_while_the_first_articles_are_embedded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a total, by which a program may divide."""
    slow = HashEncoder.encode_passages

    def encode(self: HashEncoder, texts: Sequence[str]) -> Vectors:
        time.sleep(0.1)
        return slow(self, texts)

    monkeypatch.setattr(HashEncoder, "encode_passages", encode)
    monkeypatch.setattr(build, "_LOOK_SECONDS", 0.02)
    shares: list[float] = []
    add_articles([record(1), record(2)], folder, replace(HASH, on_progress=lambda each: shares.append(each.done / each.total)))
    assert len(shares) > 2
    assert shares[-1] == 1


def test_people_see_an_id_in_place_of_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the URL; an article without a title is called by its id. `newsdex delete` names no file to restore it from."""
    monkeypatch.chdir(folder.parent)
    add_articles([record(1, title=""), record(2, url="https://a.example/2")], folder, HASH)
    with Index.open(folder) as index:
        assert heading_of(index.article("f1")) == "f1"
        assert cite(replace(index.article("f1"), id="/f1")).endswith(" /f1")
    out = run("search", "ferry", "aground", "--no-collapse", "--min-score", "0", cwd=folder.parent).out
    assert "(added) [0:" in out
    assert "id f1" in out
    assert "https://a.example/2 [0:" in out
    done = run("delete", "f1", cwd=folder.parent)
    assert (done.out, done.err) == ("f1\n", "removed 1 article\n")
    assert "add: added 2" in run("log", cwd=folder.parent).out


def test_the_report_is_typed() -> None:
    """What the functions return is public."""
    assert {Report, newsdex.Takedown, newsdex.Marking} <= {getattr(newsdex, name) for name in newsdex.__all__}


class Editors:
    """An index of two files and of what programs add, and what it must have: by id, the text and whether it is of a file."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.index, self.sources, self.random = folder / "index_data", folder / "in", Random(seed)
        self.expected: dict[str, tuple[str, bool]] = {"first": ("The first article.", False)}
        self.deleted: set[str] = set()
        self.files: dict[Path, dict[str, str]] = {self.sources / "a.jsonl": {}, self.sources / "b.jsonl": {}}
        self.read: dict[Path, dict[str, str]] = {}  # the files as they were last read
        self.sources.mkdir()
        add_articles([{"id": "first", "text": "The first article."}], self.index, HASH)

    def some(self, ids: str) -> dict[str, str]:
        """Some articles with these ids."""
        return {name: f"Text {self.random.randint(1, 3)} of {name}." for name in self.random.sample(ids, self.random.randint(1, 3))}

    def add(self) -> None:
        """Add some, which may be in files, or deleted."""
        options, new = self.random.choice([HASH, HASH, RESTORE]), self.some("abcdef")
        report = add_articles(({"id": name, "text": text} for name, text in new.items()), self.index, options)
        if not options.restore:
            assert report.withheld == len(self.deleted & new.keys())
            new = {name: text for name, text in new.items() if name not in self.deleted}
        self.deleted -= new.keys()
        self.expected |= {name: (text, False) for name, text in new.items()}

    def fail(self) -> None:
        """Add some, and fail."""
        with pytest.raises(KeyError):
            add_articles(({"id": {}["x"], "text": text} for text in self.some("abc").values()), self.index)

    def delete(self) -> None:
        """Delete some."""
        ids = self.some("abcdef")
        gone = delete_articles(self.index, ids=ids).removed
        assert set(gone) == ids.keys() & self.expected.keys()
        for name in gone:
            del self.expected[name]
        self.deleted |= set(gone)

    def write(self) -> None:
        """Write a file, or remove it."""
        path = self.random.choice(list(self.files))
        self.files[path] = self.some("abc" if path.stem == "a" else "def")
        path.unlink(missing_ok=True)
        if self.random.random() < 0.7:
            path.write_text("".join(json.dumps({"id": name, "text": text}) + "\n" for name, text in self.files[path].items()))

    def index_files(self) -> None:
        """A run over the files, which may prune."""
        options = self.random.choice([HASH, PRUNE])
        index_paths([self.sources], self.index, options)
        for path, written in self.files.items():
            here = written if path.exists() else {}
            if path.exists() and self.read.get(path) != written:
                self.expected |= {name: (text, True) for name, text in here.items() if name not in self.deleted}
                self.read[path] = written
            if options.prune:
                own = [name for name, (_, filed) in self.expected.items() if filed and name in ("abc" if path.stem == "a" else "def")]
                for name in own:
                    if name not in here:
                        del self.expected[name]
                if not path.exists():
                    self.read.pop(path, None)

    def check(self) -> None:
        """The index has exactly what it must have."""
        snapshot = Snapshot.open(self.index)
        found = [snapshot.segments[number].article(row) for number, row in snapshot.articles()]
        assert {article.id: (article.text, not article.is_added) for article in found} == self.expected


@pytest.mark.parametrize("seed", range(12))
def test_files_and_programs_in_any_order(seed: int, tmp_path: Path) -> None:
    """Whatever is added, indexed, pruned, deleted and restored, the last one has the id."""
    editors = Editors(tmp_path, seed)
    for _ in range(25):
        editors.random.choice(
            [editors.add, editors.add, editors.index_files, editors.index_files, editors.write, editors.delete, editors.fail]
        )()
        editors.check()
    assert not list(verify(editors.index, sources=False))
