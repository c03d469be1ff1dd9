"""Filters: exactly the articles that meet them, by an oracle that looks at each article's record; and what cannot be meant is refused by
name.
"""

from __future__ import annotations

import fnmatch
import time
import unicodedata
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cpu_time import within
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import ROOT

from newsdex.encoder import Vectors
from newsdex.engines.hashing import HashEncoder
from newsdex.errors import FilterTooCostly, OutOfTime, UsageError
from newsdex.records import Article, Published, Span
from newsdex.search.deadline import until
from newsdex.search.question import filters as filters_module
from newsdex.search.question.filters import (
    COMPARISONS,
    Comparison,
    Filter,
    check_keys,
    filter_from_options,
    matcher,
    matching_articles,
    nearest,
    parse_filter,
    unmet_values,
)
from newsdex.search.question.when import parse_iso_days
from newsdex.store.segment import Entry, FileSegment, Segment, write_segment
from newsdex.values import folded

BASE = Path("/archive")
ONE_VECTOR: Vectors = np.eye(1, HashEncoder.card.dimension, dtype=np.float32)


def segment_of(folder: Path, articles: Sequence[Article]) -> FileSegment:
    """A segment of these articles, on disk."""
    entries = [Entry(a, b"0" * 16, [Span(0, 1)], [Span(0, 1)], np.zeros((1, 16), np.uint8), ONE_VECTOR) for a in articles]
    record = write_segment(folder, f"s{len(list(folder.iterdir())):06d}", entries, BASE)
    return FileSegment(folder, record, BASE, dimension=HashEncoder.card.dimension)


def article(name: str = "a", **fields: Any) -> Article:
    """An article whose unnamed fields are empty."""
    path = BASE / fields.pop("path", f"{name}.md")
    published = fields.pop("published", "")
    return Article(name, "x", path, "00" * 32, published=Published(published, "front matter") if published else None, **fields)


def ids(segment: Segment, wanted: object) -> set[str]:
    """The ids of the articles that a filter finds."""
    rows = matching_articles(segment, parse_filter(wanted)).nonzero()[0].tolist()
    return {segment.article_id(row) for row in rows}


# The oracle: what docs/FILTERS.md says, one article at a time.


def plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def as_number(text: str) -> float | None:
    if not text or not text.isascii() or not text[-1].isdigit() or any(c not in "0123456789.+-eE" for c in text):
        return None
    try:
        return float(text)
    except ValueError:
        return None


def equal(text: str, value: Any, key: str) -> bool:
    if key == "path" and str(value).endswith("/"):
        return text.startswith(str(value))
    if key in ("id", "url", "path"):
        return text == str(value)
    if isinstance(value, bool):
        value = "true" if value else "false"
    candidates = [plain(text)] + (plain(text).split(", ") if key not in ("title", "source", "language") else [])
    if isinstance(value, str):
        return plain(value) in candidates
    return any(as_number(candidate) == value for candidate in candidates)


def ordered(text: str, kind: str, value: Any, key: str) -> bool:
    left: Any
    right: Any
    if not isinstance(value, str) or as_number(value) is not None:
        left, right = as_number(text.strip()), float(value)
        if left is None:
            return False
    else:
        left, right = (text, value) if key in ("id", "url", "path") else (plain(text), plain(value))
        if not text:
            return False
    return bool({"gt": left > right, "gte": left >= right, "lt": left < right, "lte": left <= right}[kind])


def dated(published: Published | None, kind: str, value: str) -> bool:
    if value == "" or published is None:
        return kind == "eq" and value == "" and published is None
    days = parse_iso_days(value)
    first, last = published.earliest, published.latest
    return {
        "eq": last >= days.first and first <= days.last,
        "gt": last > days.last,
        "gte": last >= days.first,
        "lt": first < days.first,
        "lte": first <= days.last,
    }[kind]


def meets(found: Article, wanted: dict[str, Any]) -> bool:
    """Whether an article meets a filter."""
    kind = wanted["type"]
    if kind in ("and", "or"):
        return (all if kind == "and" else any)(meets(found, part) for part in wanted["filters"])
    if kind in ("ne", "nin"):
        return not meets(found, {**wanted, "type": "eq" if kind == "ne" else "in"})
    if kind == "in":
        return any(meets(found, {**wanted, "type": "eq", "value": value}) for value in wanted["value"])
    key, value = wanted["key"], wanted["value"]
    if key in ("published", "retracted"):
        return dated(found.published, kind, value) if key == "published" else bool(found.retracted) == value
    path = found.path.as_posix().removeprefix("/archive/")
    if kind == "glob":
        folders = [parent.as_posix() if "/" in value else parent.name for parent in Path(path).parents]
        named = fnmatch.fnmatchcase(path if "/" in value else path.rsplit("/", 1)[-1], value)
        return named or (not set("*?[") & set(value) and value in folders)
    fields = {"id": found.id, "title": found.title, "source": found.source, "url": found.url, "path": path, "language": found.language}
    text = fields[key] if key in fields else found.metadata.get(key, "")
    return equal(text, value, key) if kind == "eq" else ordered(text, kind, value, key)


WORDS = [
    "",
    "Reuters",
    "reuters ",
    "AP",
    "Straße",
    "STRASSE",
    "Élan",
    "Elan",
    "10",
    "9",
    "9.0",
    "-1",
    "1e1",
    "007",
    "7",
    "a, b",
    "b",
    "9, 10",
    "x=y",
    "true",
]
ASCII = [word for word in WORDS if word.isascii()]  # in which what is equal is looked for in another way
words = st.sampled_from(WORDS)
dates = st.sampled_from(["", "2023", "2024", "2024-04", "2024-04-26", "2024-04-26T23:30:00+08:00", "2024-05-01", "0001", "9999-12-31"])


def articles(words: st.SearchStrategy[str]) -> st.SearchStrategy[Article]:
    """Articles with these words in their fields."""
    return st.builds(
        lambda number, title, source, language, folder, published, metadata: article(
            f"id{number}",
            title=title,
            source=source,
            url=f"https://e.org/{number % 3}" if number % 4 else "",
            language=language,
            path=f"{folder}{number}.md",
            published=published,
            metadata={key: value for key, value in metadata.items() if value or number % 2},
        ),
        st.integers(0, 30),
        words,
        words,
        st.sampled_from(["", "en", "de"]),
        st.sampled_from(["", "2024/", "2024/04/"]),
        dates,
        st.dictionaries(
            st.sampled_from(["section", "words", "tags", "retracted"]),
            st.one_of(words, st.sampled_from(["no", "False", "duplicate"])),
            max_size=3,
        ),
    )


values = st.one_of(words, st.sampled_from([9, 10, 9.5, -1, 7, 0, 1e1, True, False]))


def comparisons() -> st.SearchStrategy[dict[str, Any]]:
    """Filters of one condition that make sense."""
    free = st.sampled_from(["title", "source", "section", "words", "tags"])
    exact = st.sampled_from(["id3", "id4", "https://e.org/1", "2024/3.md", "2024/", "2024/04/", "/", "", "id", 3])
    isodates = st.sampled_from(["2023", "2024", "2024-04", "2024-04-26", "2024-4-1", "0001-01-01", "9999-12-31"])
    equals, orders = st.sampled_from(["eq", "ne"]), st.sampled_from(["gt", "gte", "lt", "lte"])

    def one(types: st.SearchStrategy[str], key: st.SearchStrategy[str], value: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries({"type": types, "key": key, "value": value})

    def listed(key: st.SearchStrategy[str], value: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
        return one(st.sampled_from(["in", "nin"]), key, st.lists(value, max_size=3))

    one_of_these, language, published, retracted = (
        st.sampled_from(["id", "url", "path"]),
        st.just("language"),
        st.just("published"),
        st.just("retracted"),
    )
    return st.one_of(
        one(equals, free, values),
        one(equals, free, words),
        listed(free, values),
        listed(free, words),
        one(orders, free, values.filter(lambda v: v != "" and not isinstance(v, bool))),
        one(equals, one_of_these, exact),
        listed(one_of_these, exact),
        one(orders, one_of_these, st.sampled_from(["id3", "https://e.org/1", "2024/04/1.md"])),
        one(equals, language, st.sampled_from(["", "en", "de"])),
        one(equals, published, st.one_of(isodates, st.just(""))),
        listed(published, st.one_of(isodates, st.just(""))),
        one(orders, published, isodates),
        one(equals, retracted, st.booleans()),
        one(
            st.just("glob"),
            st.just("path"),
            st.sampled_from(
                ["*.md", "2024/*", "*/04/*.md", "2024/04/*", "2024/0*", "2024/*.md", "2024/1.md", "1?.md", "[12].md", "2024/[!0]*", "3.md"]
            ),
        ),
    )


filters = st.recursive(
    comparisons(),
    lambda parts: st.fixed_dictionaries({"type": st.sampled_from(["and", "or"]), "filters": st.lists(parts, min_size=1, max_size=3)}),
    max_leaves=5,
)


@pytest.mark.parametrize("many", [pytest.param(0, id="as in a field of many values"), pytest.param(200, id="as in a field of few")])
@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([WORDS, ASCII]).flatmap(lambda w: st.lists(articles(st.sampled_from(w)), min_size=1, max_size=25)),
    st.lists(filters, min_size=1, max_size=8),
)
def test_filters_are_exact(
    tmp_path_factory: pytest.TempPathFactory, many: int, records: list[Article], asked: list[dict[str, Any]]
) -> None:
    """For any articles and any filter, the articles that are found are those that meet it one by one."""
    segment = segment_of(tmp_path_factory.mktemp("exact"), records)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filters_module, "_MANY", many)
        for wanted in asked:
            assert matching_articles(segment, parse_filter(wanted)).tolist() == [meets(record, wanted) for record in records], wanted


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> FileSegment:
    """Six articles, with the differences that the hand-worked cases are about."""
    return segment_of(
        tmp_path_factory.mktemp("library"),
        [
            article(
                "day",
                source="Reuters",
                language="en",
                path="2024/04/day.md",
                published="2024-04-26",
                metadata={"words": "900", "section": "World"},
            ),
            article(
                "month",
                source="AP",
                language="de",
                path="2024/04/month.md",
                published="2024-04",
                metadata={"words": "1000", "section": "Sport"},
            ),
            article("year", source="reuters", language="en", path="2024/year.txt", published="2024", metadata={"tags": "Gaza, UN, vote"}),
            article("old", source="AP", path="old.md", published="1999-12-31", metadata={"words": "many", "retracted": "duplicate"}),
            article("time", path="x/time.md", published="2024-05-01T00:30:00+08:00", metadata={"language": "Esperanto", "retracted": "no"}),
            article("none", url="https://e.org/none", metadata={"words": ""}),
        ],
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({"source": ["REUTERS"]}, "day year", id="the case of a source makes no difference"),
        pytest.param({"source": ["AP", "Reuters"], "lang": ["en"]}, "day year", id="one of the sources, and the language"),
        pytest.param({"source": [""]}, "time none", id="no source"),
        pytest.param({"lang": ["en-GB"]}, "day year", id="of a language's code the part before the dash"),
        pytest.param({"path": ["2024/*"]}, "day month year", id="an asterisk stands for slashes too"),
        pytest.param({"path": ["2024/04/"]}, "day month", id="a folder"),
        pytest.param({"path": ["2024/04"]}, "day month", id="a folder without its slash"),
        pytest.param({"path": ["04"]}, "day month", id="any folder of a name"),
        pytest.param({"path": ["2024", "./x"]}, "day month year time", id="folders"),
        pytest.param({"path": ["/archive/2024"]}, "day month year", id="a folder from the root"),
        pytest.param({"path": ["202", "2024/0", "2024/year", "[x]"]}, "", id="no part of a folder's name, nor by a wildcard"),
        pytest.param({"path": ["*.txt", "old.*"]}, "year old", id="one of the patterns; without a slash, of file names"),
        pytest.param({"path": ["/archive/x/*"]}, "time", id="a pattern from the root"),
        pytest.param({"path": ["./old.md"]}, "old", id="a pattern from here"),
        pytest.param({"where": ["path=2024/"]}, "day month year", id="a folder as a condition"),
        pytest.param({"where": ["path!=2024/04/", "path!=x/"]}, "year old none", id="without two folders"),
        pytest.param({"where": ["path=2024/0"]}, "", id="a path is whole"),
        pytest.param({"where": ["path=04/"]}, "", id="a folder is whole"),
        pytest.param({"where": ["section=world"]}, "day", id="metadata"),
        pytest.param({"where": ["section!=World"]}, "month year old time none", id="not equal: also those without the field"),
        pytest.param({"where": ["section="]}, "year old time none", id="without the field"),
        pytest.param({"where": ["words >= 950"]}, "month", id="numbers, not text"),
        pytest.param({"where": ["words<1000"]}, "day", id="what is no number is not less"),
        pytest.param({"where": ["words>a"]}, "old", id="text, when the value is no number"),
        pytest.param({"where": ["tags=un"]}, "year", id="an item of a list"),
        pytest.param({"where": ["tags=Gaza, UN, vote"]}, "year", id="the whole list"),
        pytest.param({"where": ["retracted=true"]}, "old", id="retracted"),
        pytest.param(
            {"where": ["metadata.language=esperanto"]}, "time", id="a field of the metadata that is called like one of all articles"
        ),
        pytest.param({"where": ["published=2024-04"]}, "day month year", id="published in a month, or in the year of it"),
        pytest.param({"where": ["published=2024-04-27"]}, "month year", id="on a day that the date can mean"),
        pytest.param({"where": ["published>2024-04"]}, "year time", id="after a month"),
        pytest.param({"where": ["published<2024-04-26"]}, "month year old", id="before a day"),
        pytest.param({"where": ["date<=1999"]}, "old", id="date is published"),
        pytest.param({"where": ["published="]}, "none", id="without a date"),
        pytest.param({"where": ["published!=2024"]}, "old none", id="certainly not of 2024"),
        pytest.param({"where": ["url=https://e.org/none"]}, "none", id="url"),
        pytest.param({"where": ["id=DAY"]}, "", id="the case of an id makes a difference"),
    ],
)
def test_options_by_hand(library: Segment, options: dict[str, list[str]], expected: str) -> None:
    """What each option finds, worked by hand."""
    wanted = filter_from_options(**options)
    assert wanted is not None
    check_keys(wanted, [library])
    assert ids(library, wanted) == set(expected.split())


def test_no_options_are_no_filter() -> None:
    """Without an option there is no filter."""
    assert filter_from_options() is None


def test_in_and_nin_of_nothing(library: Segment) -> None:
    """No article is one of none; all are not."""
    assert ids(library, {"type": "in", "key": "source", "value": []}) == set()
    assert len(ids(library, {"type": "nin", "key": "source", "value": []})) == 6


def test_many_ids_are_found_as_few(tmp_path: Path) -> None:
    """A list of thousands of ids finds those that are there, and so does a list of one."""
    segment = segment_of(tmp_path, [article(f"id{n}") for n in range(300)])
    many = [f"id{n}" for n in range(250, 5_250)]
    assert ids(segment, {"type": "in", "key": "id", "value": many}) == {f"id{n}" for n in range(250, 300)}
    assert ids(segment, {"type": "in", "key": "id", "value": ["id7", "id999"]}) == {"id7"}


def test_numbers_of_any_size(tmp_path: Path) -> None:
    """Whole numbers are compared exactly, beyond what a float holds; huge and malformed ones are no numbers and raise nothing."""
    values = ["9007199254740993", "9007199254740992", "1" * 5000, "1e999", "--1", "1.", ".5", "1_000", "\u0661", "nan", "inf"]
    segment = segment_of(tmp_path, [article(str(n), metadata={"n": value}) for n, value in enumerate(values)])
    assert ids(segment, {"type": "eq", "key": "n", "value": 9007199254740993}) == {"0"}
    assert ids(segment, {"type": "gt", "key": "n", "value": 9007199254740992}) == {"0", "3"}
    assert ids(segment, {"type": "lte", "key": "n", "value": 10**20}) == {"0", "1"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param([], r"filter: \[\] is not a filter", id="a list"),
        pytest.param("source=x", "'source=x' is not a filter", id="text"),
        pytest.param(None, "None is not a filter", id="null"),
        pytest.param({}, "is not a filter: expected an object such as", id="nothing in it"),
        pytest.param({"type": "equals", "key": "source", "value": "x"}, "unknown type 'equals'", id="a type that is none"),
        pytest.param({"type": "regex", "key": "source", "value": "x"}, "unknown type 'regex': expected one of", id="not nearly a type"),
        pytest.param({"type": "gte ", "key": "source", "value": "x"}, "unknown type 'gte ': did you mean 'gte'", id="nearly a type"),
        pytest.param({"type": ["eq"], "key": "source", "value": "x"}, "unknown type", id="a list for a type"),
        pytest.param({"type": "eq", "key": "source"}, "has no 'value'", id="no value"),
        pytest.param({"type": "eq", "value": "x"}, "has no 'key'", id="no key"),
        pytest.param(
            {"type": "eq", "key": "source", "value": "x", "vaule": 1},
            "unknown member 'vaule': did you mean 'value'",
            id="a member too many",
        ),
        pytest.param({"type": "and", "filters": []}, "expected at least one", id="and of nothing"),
        pytest.param({"type": "and", "filters": {"type": "eq"}}, "not a list of filters", id="filters that are no list"),
        pytest.param(
            {"type": "or", "filters": [{"type": "eq", "key": "source", "value": "x"}, {"type": "no"}]},
            r"filter.filters\[1\]: unknown type 'no'",
            id="the place is named",
        ),
        pytest.param({"type": "eq", "key": 5, "value": "x"}, "the key 5 is not the name of a field", id="a number for a key"),
        pytest.param({"type": "eq", "key": "", "value": "x"}, "the key '' is not", id="no name for a key"),
        pytest.param({"type": "eq", "key": "source", "value": None}, "None cannot be compared", id="null for a value"),
        pytest.param({"type": "eq", "key": "source", "value": float("nan")}, "nan cannot be compared", id="not a number"),
        pytest.param({"type": "eq", "key": "source", "value": ["x"]}, "cannot be compared", id="a list for eq"),
        pytest.param({"type": "in", "key": "source", "value": "x"}, "not a list of values", id="no list for in"),
        pytest.param({"type": "in", "key": "source", "value": ["x", {}]}, r"filter.value\[1\]", id="an object in a list"),
        pytest.param({"type": "gt", "key": "words", "value": ""}, "gt does not work with ''", id="more than nothing"),
        pytest.param({"type": "gt", "key": "words", "value": True}, "gt does not work with True", id="more than true"),
        pytest.param({"type": "gt", "key": "published", "value": ""}, "the date '' is not understood", id="after no date"),
        pytest.param(
            {"type": "eq", "key": "published", "value": "2024-02-30"}, "the date '2024-02-30' does not exist", id="an impossible date"
        ),
        pytest.param({"type": "eq", "key": "published", "value": "2024-04-26T10:00"}, None, id="a time"),
        pytest.param({"type": "gte", "key": "published", "value": 1714089600}, "1714089600 is not a date", id="a number for a date"),
        pytest.param({"type": "gt", "key": "retracted", "value": True}, "gt does not work on retracted", id="more than retracted"),
        pytest.param({"type": "eq", "key": "retracted", "value": "maybe"}, "retracted cannot be 'maybe'", id="perhaps retracted"),
        pytest.param({"type": "glob", "key": "source", "value": "R*"}, "glob works on path only", id="a pattern of a source"),
        pytest.param({"type": "glob", "key": "path", "value": ""}, "is not a pattern", id="no pattern"),
        pytest.param({"type": "eq", "key": "source", "value": "x" * 10_000}, None, id="a long value is one"),
        pytest.param({"type": "in", "key": "source", "value": ["x"] * 10_001}, "at most 10000", id="too many values"),
        pytest.param(
            {"type": "or", "filters": [{"type": "eq", "key": "source", "value": "x"}] * 1_000}, "at most 1000", id="too many parts"
        ),
        pytest.param({"type": "in", "key": "source", "value": ["x" * 5_000] * 101}, "at most 500000 characters", id="too long in all"),
        pytest.param(
            {"type": "or", "filters": [{"type": "glob", "key": "path", "value": "*a" * 5_000}] * 6}, "at most 20000", id="too long patterns"
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(given: object, said: str | None) -> None:
    """A filter that makes no sense is a UsageError that names the value and what was expected."""
    if said is None:
        assert isinstance(parse_filter(given), Comparison)
        return
    with pytest.raises(UsageError, match=said):
        parse_filter(given)


def test_depth_is_bounded() -> None:
    """A filter that is nested without end is refused before Python's own limit is met."""
    nested: dict[str, Any] = {"type": "eq", "key": "source", "value": "x"}
    for _ in range(5_000):
        nested = {"type": "and", "filters": [nested]}
    with pytest.raises(UsageError, match="nested too deeply"):
        parse_filter(nested)


@pytest.mark.parametrize("text", ["section", "=x", "", ">5", "section~x"])
def test_a_condition_needs_a_key_and_a_sign(text: str) -> None:
    """--where without a key or without a sign is refused with what is expected."""
    with pytest.raises(UsageError, match="expected key=value"):
        filter_from_options(where=[text])


@pytest.mark.parametrize(
    ("key", "said"),
    [
        pytest.param("sorce", "unknown key 'sorce': did you mean 'source'", id="nearly a field of all articles"),
        pytest.param("Section", "unknown key 'Section': did you mean 'section'", id="the case of a key makes a difference"),
        pytest.param("wrods", "did you mean 'words'", id="nearly a key of the metadata"),
        pytest.param(
            "qqqq", "expected one of id, title, text, source, url, path, language, published, retracted, section", id="nothing near"
        ),
        pytest.param("nosuch", "unknown key 'nosuch': expected one of id, title", id="letters of another, but not near"),
        pytest.param("metadata.source", "unknown key 'source'", id="not of the metadata"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest(library: Segment, key: str, said: str) -> None:
    """A key that no article has is an error, also within a compound, and whatever it is compared with."""
    wanted = parse_filter(
        {"type": "or", "filters": [{"type": "eq", "key": "source", "value": "AP"}, {"type": "ne", "key": key, "value": "x"}]}
    )
    with pytest.raises(UsageError, match=said):
        check_keys(wanted, [library, library])


def test_a_key_of_any_segment_is_known(library: Segment, tmp_path: Path) -> None:
    """A key that only one segment has is known, and its absence elsewhere is a missing field."""
    other = segment_of(tmp_path, [article("other", metadata={"byline": "X"})])
    wanted = parse_filter({"type": "ne", "key": "byline", "value": "X"})
    check_keys(wanted, [library, other])
    assert len(ids(library, wanted)) == 6
    assert ids(other, wanted) == set()


def test_an_updated_page_is_of_its_first_day(tmp_path: Path) -> None:
    """Dates are those of first publication; a field that is filtered like any other has the day of the last change, as FILTERS.md says."""
    changed = {"evergreen": "2024-09-02T08:00:00+02:00", "old": "2016-01-01"}
    segment = segment_of(tmp_path, [article(name, published="2015-03-01", metadata={"modified": day}) for name, day in changed.items()])
    assert ids(segment, {"type": "gte", "key": "published", "value": "2015-04"}) == set()
    assert ids(segment, filter_from_options(where=["modified>=2024-09-01"])) == {"evergreen"}
    assert ids(segment, filter_from_options(where=["modified>=2024-09-03"])) == set()


def test_what_found_nothing_is_explained(library: Segment) -> None:
    """For each value that no article has, the nearest one; values that some article has are not spoken of."""
    wanted = filter_from_options(source=["Reuter", "AP"], where=["section=Sports", "words>5"], path=["2025/*"])
    assert wanted
    assert unmet_values(wanted, [library]) == [
        "No article has source 'Reuter'; the nearest is 'Reuters'.",
        "No article has path '2025/*'; this archive has: 2024/04/day.md, 2024/04/month.md, 2024/year.txt, none.md, old.md, x/time.md.",
        "No article has section 'Sports'; the nearest is 'Sport'.",
    ]
    assert unmet_values(wanted, []) == []
    for pattern, folders in (("*04*", "; for folders: '*04*/*'."), ("*05*", "")):
        wanted = filter_from_options(path=[pattern])
        assert wanted
        [told] = unmet_values(wanted, [library])
        assert told.partition("A pattern without a slash is compared with file names")[2] == folders
    for key in ("published", "source"):
        assert unmet_values(parse_filter({"type": "in", "key": key, "value": []}), [library]) == []


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("German", "; its code is 'de'"),
        ("Deutsch", "; its code is 'de'"),
        ("espanol", "; its code is 'es'"),
        ("\u4e2d\u6587", "; its code is 'zh'"),
        ("norwegian", "; its code is 'no'"),
        # Whose letters are near those of "en".
        ("French", "; this archive has: de, en, es, is, nl, no, sv, sw, x-y, zh, zz"),
        ("ger", "; this archive has: de, en, es, is, nl, no, sv, sw, x-y, zh, zz"),
    ],
)
def test_a_language_by_its_name_gets_its_code(tmp_path: Path, asked: str, hint: str) -> None:
    """In English or in the language itself; of a language that the archive lacks, all codes, as similar letters tell nothing."""
    codes = ["nl", "is", "es", "de", "en", "no", "sv", "sw", "zh", "zz", "x-y"]
    segment = segment_of(tmp_path, [article(code, language=code) for code in codes])
    wanted = filter_from_options(lang=[asked])
    assert wanted
    assert unmet_values(wanted, [segment]) == [f"No article has language {asked.lower()!r}{hint}."]


def test_of_many_values_the_nearest_are_named() -> None:
    """Where none is similar: three, best first; of up to ten values all are listed."""
    paths = [f"archive/2024/{month:02}.md" for month in range(1, 13)]
    assert nearest("nowhere/at/all/12", paths).count(",") == 2
    assert nearest("nowhere/at/all/12", paths).startswith("; the nearest are archive/2024/12.md, ")
    assert nearest("zzz", ["Ana", "Bo"]) == "; this archive has: Ana, Bo"
    assert nearest("zzz", []) == ""


def test_a_filter_reads_only_its_columns(library: FileSegment) -> None:
    """A segment is opened without a look at the columns, and a filter on one field reads no text and no other field."""
    opened = FileSegment(library.folder, library.record, BASE, dimension=HashEncoder.card.dimension)
    assert opened.tensors.arrays == {}
    matching_articles(opened, parse_filter({"type": "eq", "key": "source", "value": "AP"}))
    assert set(opened.tensors.arrays) == {"source", "source.ends", "source.code"}


def test_every_comparison_is_named_in_the_documentation() -> None:
    """docs/FILTERS.md names every type."""
    text = (ROOT / "docs" / "FILTERS.md").read_text(encoding="utf-8")
    assert [kind for kind in (*COMPARISONS, "and", "or") if f"`{kind}`" not in text] == []


def test_a_filter_is_a_value() -> None:
    """Filters compare and hash by content, and a parsed one is taken as it is."""
    given = {"type": "in", "key": "lang", "value": ["en", "de-AT"]}
    wanted: Filter = parse_filter(given)
    assert wanted == Comparison("in", "language", ("en", "de"))
    assert hash(wanted) == hash(parse_filter(given))
    assert parse_filter(wanted) is wanted
    assert parse_filter({"type": "gt", "key": "published", "value": "9999-12-31"})


@settings(max_examples=300, deadline=None)
@given(st.text("ab*?[]!-./", max_size=12), st.lists(st.text("ab[]!-./\n", max_size=10), min_size=1, max_size=20))
def test_patterns_mean_what_they_mean_to_fnmatch(pattern: str, texts: list[str]) -> None:
    """The linear matcher agrees with the standard library's on any pattern."""
    fits = matcher(pattern)
    assert [fits(text) for text in texts] == [fnmatch.fnmatchcase(text, pattern) for text in texts]


@pytest.mark.parametrize(
    "pattern",
    ["*a" * 2_000 + "b", "a*" * 2_000 + "b", "*" * 4_000 + "b", "[" * 4_000, "*[a-b]" * 500 + "c", "?*" * 1_000 + "b", "*a?" * 800 + "b"],
)
def test_no_pattern_takes_long(pattern: str) -> None:
    """Patterns that take an engine with backtracking for ever: thousands of tests of a long path in seconds of this process."""

    def tests() -> list[bool]:
        fits = matcher(pattern)
        return [fits("a" * 3_000) for _ in range(20)]

    assert within(5, tests) == [False] * 20


@pytest.mark.parametrize(
    "text", ["a" * 200_000, " " * 200_000 + "x", "a=" + " x" * 100_000 + " ", "a!" * 100_000, " " * 100_000 + "=" * 100_000]
)
def test_no_condition_takes_long(text: str) -> None:
    """A condition is read in a time that grows with its length and not with the square of it, which would be minutes here."""

    def read() -> None:
        with suppress(UsageError):
            filter_from_options(where=[text])

    within(2, read)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Segment:
    """Articles with titles and paths of their own."""
    return segment_of(
        tmp_path_factory.mktemp("large"), [article(f"a{n}", title=f"Title {n}", path=f"{n % 7}/{n}.md") for n in range(3_000)]
    )


@pytest.mark.parametrize("kind", ["eq", "gt", "ne", "lte"])
def test_many_comparisons_of_a_field_cost_little_more_than_one(large: Segment, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Each value is brought into the form in which it is compared once, and not for each comparison."""
    counted = Counter[str]()
    monkeypatch.setattr(filters_module, "folded", lambda text: counted.update([text]) or folded(text))
    parts = [{"type": kind, "key": "title", "value": f"title {n}"} for n in range(990)]
    found = matching_articles(large, parse_filter({"type": "or", "filters": parts}))
    titles = [f"title {n}" for n in range(3_000)]
    compare = {"eq": str.__eq__, "gt": str.__gt__, "ne": str.__ne__, "lte": str.__le__}[kind]
    assert found.tolist() == [any(compare(title, part["value"]) for part in parts) for title in titles]
    assert max(count for text, count in counted.items() if text.startswith("Title")) == 1


def test_phrases_that_would_take_too_long_are_refused_at_once(large: Segment, monkeypatch: pytest.MonkeyPatch) -> None:
    """By how many texts would be read for them; rare words are no matter."""
    monkeypatch.setattr(filters_module, "MOST_LOOKS", 100_000)
    common = [{"type": "contains", "key": "title", "value": f"title {n} or 1"} for n in range(100)]
    with pytest.raises(FilterTooCostly, match="100 phrases need 300,000 searches of a text: expected at most 100,000"):
        check_keys(parse_filter({"type": "or", "filters": common}), [large])
    rare = [{"type": "contains", "key": "title", "value": f"zebra {n}"} for n in range(100)]
    check_keys(parse_filter({"type": "or", "filters": rare}), [large])


def test_a_filter_that_would_take_too_long_is_refused_at_once(large: Segment, monkeypatch: pytest.MonkeyPatch) -> None:
    """By how many paths would be compared, before any is; patterns that begin with a folder are compared with what is in it."""
    monkeypatch.setattr(filters_module, "MOST_MATCHES", 100_000)
    patterns = [{"type": "glob", "key": "path", "value": f"*{n}?.md"} for n in range(100)]
    with pytest.raises(FilterTooCostly, match="100 patterns with 300000 paths in all: expected at most 100000"):
        check_keys(parse_filter({"type": "or", "filters": patterns}), [large])
    check_keys(parse_filter({"type": "or", "filters": patterns[:30]}), [large])
    inside = [{**each, "value": f"3/{each['value']}"} for each in patterns]
    check_keys(parse_filter({"type": "or", "filters": inside}), [large])


def test_a_filter_stops_when_its_time_is_over(large: Segment) -> None:
    """Each kind of comparison looks at the time."""
    for wanted in (
        {"type": "glob", "key": "path", "value": "*?0.md"},
        {"type": "gt", "key": "title", "value": "b"},
        {"type": "gt", "key": "published", "value": "2024"},
        {"type": "or", "filters": [{"type": "eq", "key": "title", "value": str(n)} for n in range(10)]},
    ):
        with until(time.monotonic() - 1), pytest.raises(OutOfTime):
            matching_articles(large, parse_filter(wanted))
        assert len(matching_articles(large, parse_filter(wanted))) == 3_000


def test_what_is_remembered_of_filters_is_small(library: Segment) -> None:
    """A long filter is not kept itself, and 1 and true are different values."""
    matching_articles(library, parse_filter({"type": "eq", "key": "source", "value": "x" * 100_000}))
    assert max(map(len, library.remembered_matches)) < 200
    one, true = ({"type": "eq", "key": "words", "value": value} for value in (1, True))
    before = len(library.remembered_matches)
    matching_articles(library, parse_filter(one))
    matching_articles(library, parse_filter(true))
    assert len(library.remembered_matches) == before + 2


def test_a_long_filter_that_found_nothing_is_explained_in_part(library: Segment) -> None:
    """Ten thousand values that no article has are not ten thousand sentences."""
    told = unmet_values(parse_filter({"type": "in", "key": "source", "value": [f"none {n}" for n in range(10_000)]}), [library])
    assert 0 < len(told) <= 50
