"""Counts by field, and what one could ask, against brute force."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from indexes import HASH, index_of, put

from newsdex import Index, UsageError, index_paths
from newsdex.search.lookups.examples import phrases_of
from newsdex.search.lookups.facets import Facets
from newsdex.search.request import request_of

STORM = "Which storm closed the harbour?"
SECTIONS = ["Sport", "sport", "Politics", "Weather", ""]
AUTHORS: list[Any] = ["Anna Berg", ["Anna Berg", "Tom Fell"], "tom fell", ["Tom Fell", "Ida Roe"], ""]
DAYS = ["2022-12-31", "2023", "2023-01-05", "2023-02", "2024-02-29T10:00:00Z", ""]
Row = dict[str, Any]


def _rows() -> list[Row]:
    chance, other = random.Random(11), random.Random(12)
    rows = []
    for number in range(90):
        topic = f"Storm number {number} closed the harbour." if number % 3 else f"Bake loaf {number} for an hour."
        chosen = {"section": chance.choice(SECTIONS), "author": chance.choice(AUTHORS), "date": chance.choice(DAYS)}
        source = chance.choice(["Wire", "wire", "Post", "Bay", ""])
        chosen |= {"category": other.choice(SECTIONS), "topics": other.sample(["Boats", "baking", "Harbour works"], other.randint(0, 3))}
        rows.append({"_id": f"a{number}", "title": f"Report {number}", "text": topic, "source": source, **chosen})
    return rows


ROWS = _rows()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """An index of them."""
    home = tmp_path_factory.mktemp("facets")
    with Index.open(index_of(({k: v for k, v in row.items() if v} for row in ROWS), home)) as opened:
        yield opened


def _values(row: Row, key: str) -> set[str]:
    """What a filter can ask of the field."""
    if key == "published":
        return {row["date"][:4]} - {""}
    given = row[key]
    return {each.casefold() for each in (given if isinstance(given, list) else [given]) if each}


CONDITIONS: dict[str, tuple[str, Any, Callable[[Row], bool]]] = {
    "no other source": ("source", {"type": "ne", "key": "source", "value": "Bay"}, lambda row: row["source"] != "Bay"),
    "two sections": (
        "section",
        {"type": "in", "key": "section", "value": ["Sport", "Weather"]},
        lambda row: row["section"].casefold() in ("sport", "weather"),
    ),
    "an author": (
        "author",
        {"type": "eq", "key": "metadata.author", "value": "Tom Fell"},
        lambda row: "tom fell" in _values(row, "author"),
    ),
    "a year": (
        "published",
        {"type": "in", "key": "date", "value": ["2023", "2024"]},
        lambda row: row["date"][:4] in ("2023", "2024"),
    ),
}
SETS: list[list[str]] = [[], ["no other source"], ["two sections", "an author"], ["a year"], ["no other source", "two sections", "a year"]]


def _expected(names: list[str], meets: Callable[[Row], bool]) -> dict[str, tuple[dict[str, int], int]]:
    """By field the counts, and how many have none: brute force over the rows."""
    told = {}
    for key in ("source", "section", "category", "topics", "author", "published"):
        others = [test for field, _, test in map(CONDITIONS.__getitem__, names) if field != key]
        rows = [row for row in ROWS if meets(row) and all(test(row) for test in others)]
        told[key] = (dict(Counter(value for row in rows for value in _values(row, key))), sum(not _values(row, key) for row in rows))
    return told


def _told(found: Facets) -> dict[str, tuple[dict[str, int], int]]:
    return {
        each.key: ({value.casefold(): count for value, count in each.values}, each.missing)
        for each in found.fields
        if each.key != "language"
    }


@pytest.mark.parametrize("names", SETS, ids=str)
def test_counts_are_brute_force(index: Index, names: list[str]) -> None:
    """Of all articles, and of those that answer: each field without its own condition, and with all others."""
    where = {"type": "and", "filters": [CONDITIONS[name][1] for name in names]} if names else None
    everything = index.facets(request_of("anything", where=where), answering=False)
    assert _told(everything) == _expected(names, lambda _: True)
    assert everything.total == sum(all(CONDITIONS[name][2](row) for name in names) for row in ROWS)
    storms = index.facets(request_of(STORM, where=where))
    hits = {hit.article.id for hit in index.search(STORM, limit=100, collapse=False) if hit.answers}
    assert len(hits) == 60
    assert _told(storms) == _expected(names, lambda row: row["_id"] in hits)
    assert storms.complete


def test_a_count_is_what_a_filter_finds(index: Index) -> None:
    """Who asks for a value gets as many articles as were told."""
    for field in index.facets(request_of("anything"), answering=False).fields:
        assert list(field.values) == sorted(field.values, key=lambda each: (-each.articles, each.name)) or field.key == "published"
        for value, count in field.values:
            request = request_of("anything", where={"type": "eq", "key": field.key, "value": value}, limit=100)
            assert len(index.newest(request)) == count, (field.key, value)


def test_dates(index: Index) -> None:
    """Years and months are of any date; the rest follows dates that are given, or that the question names."""
    given = index.facets(request_of(STORM, since="2024", until="2024"))
    assert given.timeline == index.timeline(request_of(STORM))
    assert _told(given)["published"] == _told(index.facets(request_of(STORM)))["published"]
    dated = "Which storm closed the harbour in January 2023?"
    for read in (True, False):
        found = index.facets(request_of(dated, read_dates=read))
        assert found.total == sum(hit.answers for hit in index.search(dated, limit=100, collapse=False, read_dates=read))
    # The words that name the date are no search words, whatever the date.
    assert index.facets(request_of(dated)).timeline == index.timeline(request_of(STORM)) != index.timeline(request_of(dated))


FOLDERS = ["press", "Press", "press/2024", "court", "court [old]", "", "court"]


@pytest.mark.parametrize("sources", [0, 3, 4])
def test_folders_are_counted_where_few_articles_have_a_source(tmp_path: Path, sources: int) -> None:
    """By brute force: the folders beside the index, each with those in it; files in none are missing, names are compared with case. Half
    of eight articles with a source are not few, but a folder that is asked for is always there.
    """
    for number, folder in enumerate([*FOLDERS, "press"]):
        record = {"_id": f"a{number}", "text": f"Storm number {number} closed the harbour."} | (
            {"source": "Wire"} if number < sources else {}
        )
        put(tmp_path / folder / f"f{number}.jsonl", json.dumps(record) + "\n")
    index_paths([tmp_path], tmp_path / "index", HASH)
    tops = Counter(f"{folder.split('/')[0]}/" for folder in [*FOLDERS, "press"] if folder)
    with Index.open(tmp_path / "index") as opened:
        for answering in (True, False):
            told = opened.facets(request_of(STORM), answering=answering)
            assert told.total == len(FOLDERS) + 1
            found = [(dict(each.values), each.missing) for each in told.fields if each.key == "path"]
            assert found == ([(tops, 1)] if sources < 4 else [])
            for folder, count in tops.items():
                where = {"type": "in", "key": "path", "value": [folder, "court/"]}
                told = opened.facets(request_of(STORM, where=where), answering=answering)
                assert [dict(each.values) for each in told.fields if each.key == "path"] == [tops]
                assert told.total == count + (folder != "court/") * tops["court/"]


def test_folders_of_one_folder_and_of_none(tmp_path: Path) -> None:
    """The folder that has all files is no filter: its folders are. Of files in one folder none is told."""
    for name in ("in/news/a/1.txt", "in/news/a/b/2.txt", "in/news/c/3.txt"):
        put(tmp_path / name, "The storm closed the harbour.")
    index_paths([tmp_path / "in"], tmp_path / "index", HASH)
    index_paths([tmp_path / "in"], tmp_path / "else/index", HASH)  # whose paths are whole
    index_paths([tmp_path / "in/news/c"], tmp_path / "flat", HASH)
    for home, expected in [("index", "in/news/"), ("else/index", f"{tmp_path}/in/news/"), ("flat", "")]:
        with Index.open(tmp_path / home) as opened:
            told = opened.facets(request_of("x"), answering=False)
            values = {value: count for each in told.fields if each.key == "path" for value, count in each.values}
            assert values == ({f"{expected}a/": 2, f"{expected}c/": 1} if expected else {})
            for value, count in values.items():
                assert len(opened.newest(request_of("x", where={"type": "eq", "key": "path", "value": value}))) == count


def test_folders_are_not_counted_among_more_than_1000_files(tmp_path: Path) -> None:
    """Each file beside them costs a step. One fewer, and they are; the files in a folder cost nothing."""
    for number in range(998):
        put(tmp_path / f"{number}.txt", f"Storm {number}.")
    for number in range(20):
        put(tmp_path / f"{('a', 'b')[number % 2]}/{number}.txt", f"Calm {number}.")
    for name, expected in [("", 2), ("998.txt", 0)]:
        if name:
            put(tmp_path / name, "Storm 998.")
        index_paths([tmp_path], tmp_path / "index", HASH)
        with Index.open(tmp_path / "index") as opened:
            told = opened.facets(request_of("x"), answering=False)
            assert sum(len(each.values) for each in told.fields if each.key == "path") == expected


def test_newest(index: Index) -> None:
    """A page of the list, the newest first, those without a date last."""
    ids = [article.id for article in index.newest(request_of("list", limit=100))]
    assert sorted(ids) == sorted(row["_id"] for row in ROWS)
    assert [article.id for article in index.newest(request_of("list", limit=7, offset=20))] == ids[20:27]
    dated = [article.published is not None for article in index.newest(request_of("list", limit=100))]
    assert dated == sorted(dated, reverse=True)
    with pytest.raises(UsageError, match="unknown key 'sction'"):
        index.newest(request_of("list", where={"type": "eq", "key": "sction", "value": "x"}))


def test_a_list_needs_no_question(index: Index) -> None:
    """The options that a list has are taken as a search takes them, and no others."""
    where = {"type": "eq", "key": "source", "value": ROWS[0]["source"]}
    for options in ({}, {"limit": 7, "offset": 20}, {"where": where, "since": "2024-02", "sort": "oldest"}):
        assert index.listing(**options) == index.listing(request_of("list", **options))
        assert index.newest(**options) == index.listing(**options).articles
    for options, message in (
        ({"mode": "dense"}, "mode is not allowed for a list"),
        ({"history": ["x"]}, "history is not allowed for a list"),
    ):
        with pytest.raises(UsageError, match=message):
            index.listing(**options)
    with pytest.raises(UsageError, match="limit is not allowed beside a Request"):
        index.newest(request_of("list"), limit=3)
    with pytest.raises(TypeError, match="a search has no option 'source'"):
        index.listing(source="Wire")


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        (["Fire closes Northgate Library", "Why Northgate Library stays shut", "Bread prices rise"], ["Northgate Library"]),
        (["中国经济增长", "中国经济放缓", "東京で桜"], ["中国经济"]),
        (["انتخابات الرئاسة في مصر", "نتائج انتخابات الرئاسة"], ["انتخابات الرئاسة"]),
        (["The Board votes on taxes", "Why the Board hired a lawyer"], []),
        (["The end of it", "The end of it", "the end of that"], []),
        (["Hochwasser in Bayern: Dämme brechen", "Hochwasser in Schwaben, Dämme brechen"], ["Dämme brechen"]),
        (["Cook County State\u2019s Attorney\u2019s Office sues", "Cook County State\u2019s Attorney\u2019s Office wins"], ["Cook County"]),
        (["District Attorney's Office opens", "Why the District Attorney's Office closed"], ["District Attorney's Office"]),
        (["How Russia's invasion began", "Where Russia's invasion failed", "On Russia's invasion"], ["Russia's invasion"]),
        ([], []),
        (["", "\x1b[31m", "x" * 100_000], []),
    ],
)
def test_phrases(titles: list[str], expected: list[str]) -> None:
    """What two titles have in common, in any script, and no words that hold others together."""
    assert list(phrases_of(titles)) == expected


def test_phrases_of_many_titles_have_no_word_twice(index: Index) -> None:
    """One phrase does not stand in another's way; the archive of numbered reports has none worth asking."""
    names = [f"Ada{letter} Berg{letter}" for letter in "abcdefghijklm"] + ["Adaa Bergb"]
    found = phrases_of([f"Today {name} speaks" for name in names] + [f"Again {name} leaves" for name in names])
    words = [word for phrase in found for word in phrase.casefold().split()]
    assert len(words) == len(set(words)) > 2
    assert index.examples() == []


@pytest.mark.parametrize("question", ["elections", "What did Blinken want from China?", "earthquake"])
def test_a_ticked_value_counts_what_is_listed(demo_index: Path, question: str) -> None:
    """The count of the one value that is asked for is that of all articles that match, also where the filter changes which answer."""
    with Index.open(demo_index) as archive:
        for name, _ in archive.facets(request_of(question)).fields[0].values:
            found = archive.facets(request_of(question, where={"type": "in", "key": "source", "value": [name.upper()]}))
            assert {value: count for value, count in found.fields[0].values if value == name} == (
                {name: found.total} if found.total else {}
            )


def test_the_day_that_last_week_counts_from(index: Index, tmp_path: Path) -> None:
    """That of the newest article, where it is old; else none, which means today."""
    assert index.facets(request_of(STORM)).counted_from == date(2024, 2, 29)
    assert index.facets(request_of("x", since="2023"), answering=False).counted_from == date(2024, 2, 29)
    today = date.today()
    for age, expected in [(0, None), (31, None), (32, today - timedelta(days=32))]:
        day = today - timedelta(days=age)
        with Index.open(index_of([{"_id": "a", "text": STORM, "date": str(day)}], tmp_path)) as opened:
            assert opened.facets(request_of("x"), answering=False).counted_from == expected
