"""A mark belongs to a story: it follows the story to another id, stays through its edits, and is never another story's."""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

import pytest
from command import run
from indexes import HASH, LONG_AGO, put

from newsdex import Options, index_paths
from newsdex.indexer.report import Report
from newsdex.indexer.upkeep import carrying
from newsdex.indexer.upkeep.marking import mark_article
from newsdex.indexer.upkeep.rebuild import rebuild_index, rollback_index
from newsdex.indexer.upkeep.status import read_status
from newsdex.indexer.upkeep.takedown import Selection, delete, open_writer
from newsdex.indexer.upkeep.transfer import export_index, import_index
from newsdex.indexer.upkeep.verify import verify
from newsdex.store.marks import Mark, Story
from newsdex.store.snapshot import Snapshot

PRUNE = Options(model="hash", prune=True)
FERRY = {"title": "Ferry", "text": "The Ellerby ferry strike ended on Tuesday after eleven days."}
TRAM = {"title": "Tram", "text": "Mayor Orlova opened the tram line for 212 million crowns."}
OPERA = {"title": "Opera", "text": "The Linz opera house was sold on Sunday for 90 million euros."}
ZOO = {"title": "Zoo", "text": "Two lions were born in the zoo of Brno on Friday, said its director."}
EDITED = TRAM | {"text": "Mayor Orlova opened the tram line for 121 million crowns."}
RENAMED = EDITED | {"title": "Mayor opens line"}
Records = Sequence[Mapping[str, str]]


class Desk:
    """A folder of sources and its index, whose folder is beside it."""

    def __init__(self, base: Path) -> None:
        self.base, self.folder, self.index = base, base / "a", base / "index"
        self._seconds = count(LONG_AGO)

    def write(self, name: str, records: Records) -> None:
        """A file with these articles: lines of JSON, a table without ids, or Markdown."""
        if name.endswith(".jsonl"):
            text = "".join(json.dumps(record) + "\n" for record in records)
        elif name.endswith(".csv"):
            path = self.base / "table"
            with path.open("w", newline="", encoding="utf-8") as file:
                rows = csv.DictWriter(file, list(records[0]))
                rows.writeheader()
                rows.writerows(records)
            text = path.read_text(encoding="utf-8")
        else:
            [record] = records
            head = "".join(f"{key}: {value}\n" for key, value in record.items() if key != "text")
            text = f"---\n{head}---\n\n{record['text']}\n" if head else record["text"]
        put(self.folder / name, text, next(self._seconds))

    def update(self, options: Options = HASH) -> Report:
        """Index the folder."""
        return index_paths([self.folder], self.index, options)

    def retracted(self) -> list[str]:
        """The titles of the articles that are shown as retracted."""
        snapshot = Snapshot.open(self.index)
        articles = [snapshot.segments[number].article(row) for number, row in snapshot.articles()]
        return sorted(article.title for article in articles if article.retracted)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty one."""
    return Desk(tmp_path)


def with_urls(records: Records) -> Records:
    """The same with a URL each, by the first word of the text."""
    return [{"url": f"https://g.example/{record['text'].split()[1]}", **record} for record in records]


@pytest.mark.parametrize(("name", "urls", "prune"), [("e.jsonl", True, False), ("e.csv", False, True), ("e.csv", False, False)])
@pytest.mark.parametrize(
    "after",
    [
        [OPERA, FERRY, TRAM],
        [OPERA, ZOO, FERRY, TRAM],
        [TRAM, FERRY],
        [FERRY, OPERA, TRAM],
        [TRAM],
        [FERRY, EDITED],
        [FERRY, RENAMED],
        [OPERA, FERRY, EDITED],
        [OPERA, FERRY, RENAMED],
        [EDITED],
        [TRAM, OPERA, FERRY, ZOO],
    ],
)
def test_a_mark_follows_its_row(desk: Desk, name: str, after: Records, *, urls: bool, prune: bool) -> None:
    """Rows come before it, go, or change places, and it is edited: the story is marked, and no other is."""
    given = with_urls if urls else list
    desk.write(name, given([FERRY, TRAM]))
    desk.update()
    mark_article(desk.index, f"a/{name}#{3 if name == 'e.csv' else 2}", retracted="cost wrong")
    assert desk.retracted() == ["Tram"]
    desk.write(name, given(after))
    report = desk.update(PRUNE if prune else HASH)
    [title] = [record["title"] for record in after if record["text"].startswith("Mayor")]
    there = {title} | (set() if prune or len(after) > 1 else {"Tram"})
    assert set(desk.retracted()) == there
    assert not report.marks_apart
    assert read_status(desk.index).marked == len(desk.retracted())
    assert desk.update(PRUNE if prune else HASH).marks == {}
    assert set(desk.retracted()) == there


def test_random_tables_keep_their_marks(desk: Desk) -> None:
    """Through many updates, each of which inserts, removes, edits and shuffles rows."""
    draw = random.Random(3)
    words = [f"w{number}" for number in range(400)]
    stories = [{"title": f"Story {number}", "text": " ".join(draw.choices(words, k=30))} for number in range(30)]
    there = stories[:8]
    desk.write("e.csv", there)
    desk.update(PRUNE)
    marked = {"Story 2", "Story 5"}
    for title in marked:
        mark_article(desk.index, f"a/e.csv#{there.index(next(each for each in there if each['title'] == title)) + 2}", retracted="wrong")
    for _ in range(40):
        left = [each for each in there if draw.random() < 0.8]
        new = [each for each in stories if each not in there and draw.random() < 0.2]
        there = [each | {"text": f"{each['text']} more"} if draw.random() < 0.1 else each for each in left + new] or there
        stories = [next((each for each in there if each["title"] == story["title"]), story) for story in stories]
        draw.shuffle(there)
        desk.write("e.csv", there)
        desk.update(PRUNE)
        assert desk.retracted() == sorted(marked & {each["title"] for each in there})
    assert not list(verify(desk.index, deep=True))


def test_columns_of_one_title_are_told_apart(desk: Desk) -> None:
    """A retracted one leaves the table, and the next has its row and its title."""
    weather = [
        {"title": "Weather", "text": f"{day} will be {what} in all of the south."} for day, what in (("Monday", "wet"), ("Tuesday", "dry"))
    ]
    desk.write("e.csv", [FERRY, *weather])
    desk.update()
    mark_article(desk.index, "a/e.csv#3", retracted="wrong day")
    desk.write("e.csv", [FERRY, weather[1]])
    report = desk.update(PRUNE)
    assert desk.retracted() == []
    assert set(report.marks_apart) == {"a/e.csv#3"}
    desk.write("e.csv", [FERRY, weather[1], weather[0]])
    assert desk.update(PRUNE).marks == {"a/e.csv#4": "a/e.csv#3"}
    assert desk.retracted() == ["Weather"]


@pytest.mark.parametrize("name", ["latest.md", "latest.txt"])
def test_a_file_that_is_another_story(desk: Desk, name: str) -> None:
    """Has no mark of the one before; the mark is named, waits, and comes back with its story."""

    def story(record: Mapping[str, str]) -> Records:
        return [record] if name.endswith(".md") else [{"text": f"{record['title']}\n\n{record['text']}\n\n{record['text']}\n"}]

    desk.write(name, story(TRAM))
    desk.update()
    mark_article(desk.index, f"a/{name}", retracted="cost wrong")
    desk.write(name, story(EDITED))
    assert desk.update().marks_apart == {}
    assert len(desk.retracted()) == 1
    desk.write(name, story(OPERA))
    done = run("index", "a", "--index-dir", desk.index, cwd=desk.base)
    assert f"a/{name} ('Tram'): the marked story is no longer there (retracted: cost wrong)" in done.err
    assert desk.retracted() == []
    assert read_status(desk.index).marked == 0
    mark_article(desk.index, f"a/{name}", retracted="not sold")  # which is a second mark of the id
    assert desk.retracted() == ["Opera"]
    export_index(desk.index, desk.base / "one.tar.zst")
    import_index(desk.base / "one.tar.zst", desk.base / "imported")
    assert Snapshot.open(desk.base / "imported").marks() == Snapshot.open(desk.index).marks()
    desk.write(name, story(ZOO))
    assert set(desk.update().marks_apart) == {f"a/{name}"}
    desk.write(name, story(EDITED))
    assert desk.update().marks == {f"a/{name}": f"a/{name}"}
    assert desk.retracted() == ["Tram"]


def test_a_file_is_overwritten_and_its_story_filed(desk: Desk) -> None:
    """The mark goes to where the story is now."""
    long = TRAM | {"text": f"{TRAM['text']} {TRAM['text']}"}
    desk.write("latest.md", [long])
    desk.update()
    mark_article(desk.index, "a/latest.md", retracted="cost wrong")
    desk.write("latest.md", [OPERA])
    desk.write("tram.md", [long])
    done = run("index", "a", "--index-dir", desk.index, cwd=desk.base)
    assert "newsdex: a/tram.md took over the mark of a/latest.md" in done.err
    assert desk.retracted() == ["Tram"]
    assert "marked 1 (a/tram.md), unmarked 1 (a/latest.md)" in run("log", "-n", "1", "--index-dir", desk.index).out


def test_a_file_comes_back_as_another_story(desk: Desk) -> None:
    """After it was gone: it is not marked. The story is, under any name."""
    desk.write("latest.md", [TRAM])
    desk.write("opera.md", [OPERA])
    desk.update()
    mark_article(desk.index, "a/latest.md", retracted="cost wrong")
    (desk.folder / "latest.md").unlink()
    assert set(desk.update(PRUNE).marks_apart) == {"a/latest.md"}
    desk.write("latest.md", [ZOO])
    desk.update(PRUNE)
    assert desk.retracted() == []
    desk.write("latest.md", [TRAM])
    desk.update(PRUNE)
    assert desk.retracted() == ["Tram"]


def test_an_unmarked_story_stays_so_when_it_moves_again(desk: Desk) -> None:
    """The mark of the file that it was in before does not come back."""
    long = TRAM | {"text": f"{TRAM['text']} {TRAM['text']}"}
    desk.write("one.md", [long])
    desk.update()
    mark_article(desk.index, "a/one.md", retracted="cost wrong")
    for old, new in (("one.md", "two.md"), ("two.md", "three.md")):
        (desk.folder / old).rename(desk.folder / new)
        desk.update(PRUNE)
        assert desk.retracted() == (["Tram"] if new == "two.md" else [])
        mark_article(desk.index, f"a/{new}", unmark=True)


@pytest.mark.parametrize(
    ("before", "after", "kept", "doubtful"),
    [
        ({"url": "https://g.example/1", **TRAM}, {"url": "https://g.example/2", **OPERA}, False, False),
        ({"url": "https://g.example/1", **TRAM}, {"url": "https://g.example/1", **OPERA}, True, False),
        ({"url": "https://g.example/1", **TRAM}, {"url": "https://g.example/2", **TRAM}, True, False),
        (TRAM, OPERA, True, True),
        (TRAM, RENAMED, True, False),
    ],
)
def test_the_publishers_id(desk: Desk, before: Mapping[str, str], after: Mapping[str, str], *, kept: bool, doubtful: bool) -> None:
    """Is the story, unless URL, title and text are others. A mark that stays by the id alone is named."""
    desk.write("e.jsonl", [{"_id": "A-1", **before}])
    desk.update()
    mark_article(desk.index, "A-1", retracted="cost wrong")
    desk.write("e.jsonl", [{"_id": "A-1", **after}])
    report = desk.update()
    assert bool(desk.retracted()) == kept
    assert report.marks_doubtful == (["A-1"] if doubtful else [])
    assert set(report.marks_apart) == (set() if kept else {"A-1"})


def test_one_url_of_all_rows_is_no_identity(desk: Desk) -> None:
    """As where a table has the address of the paper in each row."""
    rows = [{"url": "https://g.example/", **each} for each in (FERRY, TRAM, ZOO)]
    desk.write("e.csv", rows)
    desk.update()
    mark_article(desk.index, "a/e.csv#3", retracted="cost wrong")
    desk.write("e.csv", [{"url": "https://g.example/", **OPERA}, *rows])
    desk.update()
    assert desk.retracted() == ["Tram"]


def test_the_corrected_version_is_followed(desk: Desk) -> None:
    """To its new row; a mark does not point at another story."""
    desk.write("e.csv", [FERRY, TRAM, RENAMED])
    desk.update()
    mark_article(desk.index, "a/e.csv#3", corrected_by="a/e.csv#4")
    desk.write("e.csv", [OPERA, FERRY, TRAM, RENAMED])
    desk.update(PRUNE)
    assert {name: each.corrected_by for name, each in Snapshot.open(desk.index).marks().items()} == {"a/e.csv#4": "a/e.csv#5"}
    desk.write("e.csv", [OPERA, FERRY, TRAM, ZOO])
    assert desk.update(PRUNE).marks_unlinked == {"a/e.csv#4": "a/e.csv#5"}
    assert Snapshot.open(desk.index).marks() == {}


def test_a_corrected_version_with_the_id_of_a_marked_story_that_is_away(desk: Desk) -> None:
    """An edit of it does not end the link, nor does the other story take it along when it returns."""
    desk.write("latest.md", [FERRY])
    desk.write("z.md", [OPERA])
    desk.update()
    mark_article(desk.index, "a/latest.md", retracted="wrong")
    desk.write("latest.md", [TRAM])
    assert list(desk.update().marks_apart) == ["a/latest.md"]
    mark_article(desk.index, "a/z.md", corrected_by="a/latest.md")
    desk.write("latest.md", [EDITED])
    assert desk.update().marks_unlinked == {}
    assert Snapshot.open(desk.index).marks()["a/z.md"].corrected_by == "a/latest.md"
    desk.write("latest.md", [FERRY])
    assert desk.update().marks_unlinked == {"a/z.md": "a/latest.md"}
    assert desk.retracted() == ["Ferry"]


@pytest.mark.parametrize("said", [{"corrects": "A-1"}, {"corrects": "https://g.example/1"}])
def test_the_corrected_version_at_the_same_address_has_no_mark(desk: Desk, said: Mapping[str, str]) -> None:
    """If it says what it corrects, by the id or the address."""
    old = {"_id": "A-1", "url": "https://g.example/1", **TRAM}
    desk.write("e.jsonl", [old])
    desk.update()
    mark_article(desk.index, "A-1", retracted="cost wrong")
    desk.write("e.jsonl", [old, {"_id": "A-2", "url": "https://g.example/1", **EDITED, **said}])
    assert desk.update().marks == {}
    assert desk.retracted() == ["Tram"]


def test_the_status_counts_articles(desk: Desk) -> None:
    """Not the marks of what was pruned or deleted."""
    desk.write("one.md", [TRAM])
    desk.write("two.jsonl", [{"_id": "A-1", **FERRY}, {"_id": "A-2", **ZOO}])
    desk.update()
    for name in ("a/one.md", "A-1"):
        mark_article(desk.index, name, retracted="wrong")
    assert read_status(desk.index).marked == 2
    (desk.folder / "one.md").unlink()
    desk.update(PRUNE)
    assert read_status(desk.index).marked == 1
    delete(desk.index, Selection(frozenset({"A-1"})))
    assert read_status(desk.index).marked == 0
    desk.update(Options(model="hash", restore=True))
    assert desk.retracted() == ["Ferry"]


def test_a_purge_forgets_the_story(desk: Desk) -> None:
    """Also where it was marked under another id."""
    long = TRAM | {"title": "Tramtitle", "text": f"{TRAM['text']} {TRAM['text']}"}
    desk.write("one.md", [long])
    desk.write("two.md", [OPERA])
    desk.update()
    mark_article(desk.index, "a/one.md", retracted="cost wrong")
    (desk.folder / "one.md").rename(desk.folder / "three.md")
    desk.update(PRUNE)
    assert len(Snapshot.open(desk.index).marks()) == 2
    delete(desk.index, Selection(frozenset({"a/three.md"})), purge=True)
    assert Snapshot.open(desk.index).marks() == {}
    assert not [path for path in desk.index.rglob("*") if path.is_file() and b"Tramtitle" in path.read_bytes()]


def test_a_rollback_marks_no_other_story_of_the_same_few_words(desk: Desk) -> None:
    """As "The video is no longer available." is the text of many."""
    words = {"text": "The video is no longer available."}
    videos = [{"title": f"Video {name}", "url": f"https://g.example/{name}", **words} for name in "ABC"]
    desk.write("e.csv", videos)
    desk.update()
    rebuild_index(desk.index, HASH)
    desk.write("e.csv", [{"url": "https://g.example/0", **OPERA}, *videos])
    desk.update()
    mark_article(desk.index, "a/e.csv#4", retracted="wrong")
    rollback_index(desk.index)
    assert desk.retracted() == ["Video B"]


def test_an_import_below_another_folder_keeps_the_marks_of_short_stories(desk: Desk) -> None:
    """Their ids change with their paths; that they are the same is known by their files."""
    desk.write("one.txt", [{"text": TRAM["text"]}])
    desk.write("two.txt", [{"text": OPERA["text"]}])
    desk.update()
    mark_article(desk.index, "a/one.txt", retracted="cost wrong")
    mark_article(desk.index, "a/two.txt", corrected_by="a/one.txt")
    export_index(desk.index, desk.base / "x.tar.zst")
    index = desk.base / "b" / "index"
    import_index(desk.base / "x.tar.zst", index)
    for name in ("one.txt", "two.txt"):
        (desk.folder / name).rename(desk.base / "b" / name)
    report = index_paths([desk.base / "b"], index, HASH)
    assert (report.marks, report.marks_apart) == ({"one.txt": "a/one.txt", "two.txt": "a/two.txt"}, {})
    assert Snapshot.open(index).marks()["two.txt"].corrected_by == "one.txt"


def test_rows_of_one_title_are_not_compared_with_each_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all have moved: that would be the square of them."""
    rows = [{"title": "Briefs", "text": f"Item {number} of the day is {number * 7} crowns."} for number in range(40)]
    desk.write("e.csv", rows)
    desk.update()
    with open_writer(desk.index, None, None) as writer:
        writer.marks = {f"a/e.csv#{number}": Mark("wrong") for number in range(2, 42)}
        writer.commit(writer.known.sources)
    compared: list[Story] = []
    monkeypatch.setattr(carrying, "_same_url", lambda one, other: compared.append(one) or one.url == other.url != "")
    desk.write("e.csv", [OPERA, *rows])
    assert len(desk.update().marks) == 40
    assert len(compared) < 10 * len(rows)
    assert desk.retracted() == ["Briefs"] * 40


@pytest.mark.parametrize("case", ["deleted", "deleted row", "another version", "address"])
def test_a_purge_leaves_no_title_and_no_url_of_what_marks_name(desk: Desk, case: str) -> None:
    """Of an article that was deleted earlier, of an earlier version of one that stays, and of a corrected version."""
    named = TRAM | {"title": "Tramtitle", "url": "https://g.example/tramurl"}
    desk.write("e.jsonl", [FERRY, named if case == "deleted row" else ZOO])
    desk.write("one.md", [ZOO if case == "deleted row" else named])
    desk.write("two.md", [OPERA])
    desk.update()
    marked = {"deleted row": "a/e.jsonl#2", "address": "a/two.md"}.get(case, "a/one.md")
    said = {"corrected_by": named["url"]} if case == "address" else {"retracted": "wrong"}
    mark_article(desk.index, marked, **said)
    purged = Selection(frozenset({"a/one.md" if case == "address" else "a/two.md"}))
    if case.startswith("deleted"):
        delete(desk.index, Selection(frozenset({marked})))
    elif case == "another version":
        desk.write("one.md", [ZOO])
        desk.update()
        purged = Selection(urls=frozenset({named["url"]}))
    assert delete(desk.index, purged, purge=True).found
    assert not [path for path in desk.index.rglob("*") if path.is_file() and {*b"Tramtitle tramurl".split()} & {*_words(path)}]
    assert len(Snapshot.open(desk.index).marks()) == case.startswith("deleted")
    if case.startswith("deleted"):  # the mark stays, for the story may come back
        desk.update(Options(model="hash", restore=True))
        assert desk.retracted() == ["Tramtitle"]


def _words(path: Path) -> list[bytes]:
    return re.findall(rb"[a-zA-Z]+", path.read_bytes())


@pytest.mark.parametrize("late", [False, True], ids=["marked before the row moved", "marked after it moved"])
def test_a_rollback_gives_a_mark_to_its_story(desk: Desk, *, late: bool) -> None:
    """Rows have other numbers in the generation that it returns to. Also where the story is only in the one that it leaves."""
    desk.write("e.csv", [FERRY, TRAM])
    desk.update()
    if not late:
        mark_article(desk.index, "a/e.csv#3", retracted="cost wrong")
    rebuild_index(desk.index, HASH)
    desk.write("e.csv", [OPERA, FERRY, TRAM, ZOO])
    desk.update()
    if late:
        mark_article(desk.index, "a/e.csv#4", retracted="cost wrong")
    mark_article(desk.index, "a/e.csv#5", retracted="not sold")
    assert desk.retracted() == ["Tram", ZOO["title"]]
    rollback_index(desk.index)
    assert desk.retracted() == ["Tram"]
    desk.update()
    assert desk.retracted() == ["Tram", ZOO["title"]]


@pytest.mark.parametrize("urls", ["own", "shared", ""])
def test_a_new_index_gives_the_marks_of_a_damaged_one_to_their_stories(desk: Desk, urls: str) -> None:
    """Rows may have moved since."""
    rows = [
        {"url": {"own": f"https://g.example/{each['title']}", "shared": "https://g.example/"}.get(urls, ""), **each}
        for each in (FERRY, TRAM, ZOO | {"title": "Zoo"}, OPERA)
    ]
    desk.write("e.csv", rows[:3])
    desk.update()
    for line in (3, 4):
        mark_article(desk.index, f"a/e.csv#{line}", retracted="wrong")
    for path in desk.index.rglob("sources-*"):
        path.write_bytes(b"torn")
    desk.write("e.csv", [rows[3], rows[0], rows[1]])
    old, desk.index = desk.index, desk.base / "new"
    done = run("index", desk.folder, "--index-dir", desk.index, "--keep-decisions-of", old, "--model", "hash")
    assert desk.retracted() == ["Tram"]
    assert ("a/e.csv#4 took over the mark of a/e.csv#3" in done.err, "('Zoo'): the marked story is no longer there" in done.err) == (
        True,
        True,
    )
    desk.write("e.csv", rows)
    desk.update()
    assert desk.retracted() == ["Tram", "Zoo"]


def test_a_pruned_article_whose_mark_went_on_before_is_not_missed(desk: Desk) -> None:
    """The file was renamed, and the run after that did not prune: the next one reports no story that is gone."""
    desk.write("e.jsonl", [FERRY])
    (desk.folder / "tram.md").write_text(f"# Tram\n\n{TRAM['text']} {'It was loud. ' * 9}")
    desk.update()
    mark_article(desk.index, "a/tram.md", retracted="cost wrong")
    (desk.folder / "tram.md").rename(desk.folder / "tram2.md")
    assert desk.update().marks == {"a/tram2.md": "a/tram.md"}
    report = desk.update(PRUNE)
    assert (report.removed, report.marks_apart, desk.retracted()) == (1, {}, ["Tram"])
