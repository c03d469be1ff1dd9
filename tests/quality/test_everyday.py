"""The set of everyday queries (benchmarks/everyday) keeps its promises, and its benchmark judges as it says."""

from __future__ import annotations

import html
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paths import ROOT, SHARED

from newsdex import Hit, Match, Passage, Results, Span
from newsdex.records import Article

QUERIES = ROOT / "benchmarks" / "everyday"
DATA = SHARED / "data"
HALVES = ("sample", "sample_unseen", "open", "open_unseen")


@pytest.fixture
def everyday(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The script, whose neighbours are modules of their own."""
    for folder in ("lib", "quality"):
        monkeypatch.syspath_prepend(ROOT / "benchmarks" / folder)
    import everyday

    yield everyday
    for name in ("everyday", "script"):
        sys.modules.pop(name, None)


def lines(half: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (QUERIES / f"{half}.jsonl").read_text(encoding="utf-8").splitlines()]


NEWSROOM = ("newsroom", "newsroom_unseen")


def later(archive: str) -> list[dict[str, Any]]:
    """The queries of the later sets over one archive."""
    return [query for half in ("fresh_unseen", *NEWSROOM) for query in lines(half) if query["archive"] == archive]


def check(queries: list[dict[str, Any]], texts: dict[str, str]) -> None:
    """Every query that has articles has its answer in all of them, and one of a kind that nothing answers has neither."""
    for query in queries:
        assert set(query) - {"as_of", "archive"} == {"id", "kind", "query", "articles", "answer"}, query["id"]
        assert (query["kind"] in ("off_topic", "unanswered")) == (not query["articles"]), query["id"]
        assert query["articles"] or query["answer"] is None, query["id"]
        for article in query["articles"]:
            assert (query["answer"] or "").casefold() in texts[article].casefold(), query["id"]


def test_the_set_has_ten_kinds_in_two_halves_of_one_size() -> None:
    """At least 300 queries, 15 of a kind; a kind's halves differ by one at most in each file pair; none is there twice in one archive."""
    every = {half: lines(half) for half in HALVES}
    kinds = {half: Counter(query["kind"] for query in queries) for half, queries in every.items()}
    total = sum(kinds.values(), Counter())
    assert len(total) == 10
    assert min(total.values()) >= 15
    assert sum(total.values()) >= 300
    assert sum((kinds["open"] + kinds["open_unseen"]).values()) >= 80
    for name in ("sample", "open"):
        assert all(abs(kinds[name][kind] - kinds[f"{name}_unseen"][kind]) <= 1 for kind in total)
        asked = [query["query"] for half in (name, f"{name}_unseen") for query in every[half]]
        assert len(set(asked)) == len(asked)


def test_the_fresh_queries_are_of_ten_kinds_and_asked_nowhere_else() -> None:
    """80 of them; none is in the halves."""
    kinds = Counter(query["kind"] for query in lines("fresh_unseen"))
    assert len(kinds) == 10
    assert sum(kinds.values()) == 80
    asked = {query["query"].casefold() for half in HALVES for query in lines(half)}
    assert asked.isdisjoint(query["query"].casefold() for query in lines("fresh_unseen"))


def test_the_newsroom_queries_have_two_halves_and_are_asked_nowhere_else() -> None:
    """60 or more, a quarter of them "when"; the halves have no query in common, with each other or with other sets."""
    every = [query for half in NEWSROOM for query in lines(half)]
    asked = [query["query"].casefold() for query in every]
    assert len(every) >= 60
    assert len(set(asked)) == len(asked)
    assert sum(query["kind"] == "when" for query in every) >= len(every) / 4
    assert abs(len(lines(NEWSROOM[0])) - len(lines(NEWSROOM[1]))) <= 1
    others = {query["query"].casefold() for half in (*HALVES, "fresh_unseen") for query in lines(half)}
    assert others.isdisjoint(asked)


@pytest.mark.parametrize("name", ["journalist", "desk", "street", "press", "bulletin", "unanswered", "visitor", "languages"])
def test_queries_of_journalists_have_two_halves_and_are_asked_nowhere_else(name: str) -> None:
    """The halves have no query in common, with each other or with other sets; chit-chat is asked of both archives."""
    halves = (name, f"{name}_unseen")
    asked = [{query["query"].casefold() for query in lines(half)} for half in halves]
    assert asked[0].isdisjoint(asked[1])
    others = {query["query"].casefold() for path in QUERIES.glob("*.jsonl") if path.stem not in halves for query in lines(path.stem)}
    assert others.isdisjoint(asked[0] | asked[1])
    every = [query for half in halves for query in lines(half)]
    assert len({(query["archive"], query["query"]) for query in every}) == len(every)
    assert all((query["kind"] in ("off_topic", "unanswered")) == (not query["articles"]) for query in every)


def test_follow_ups_have_two_halves_and_their_answers_are_in_the_sample_archive(everyday: Any) -> None:
    """Each has one or two earlier messages, and no conversation is there twice. A tenth is answered by nothing."""
    halves = [lines(half) for half in ("turns", "turns_unseen")]
    every = [query for half in halves for query in half]
    assert len(halves[0]) == len(halves[1]) == len({(*query["history"], query["query"]) for query in every}) / 2
    assert all(1 <= len(query["history"]) <= 2 for query in every)
    assert all((query["kind"] == "unanswered") == (not query["articles"]) == (query["answer"] is None) for query in every)
    assert sum(query["kind"] == "unanswered" for query in every) == len(every) / 10
    for query in every:
        for name in query["articles"] if query["archive"] == "sample" else ():
            assert everyday.holds((ROOT / "examples" / "articles" / name).read_text(encoding="utf-8"), query["answer"]), query["id"]


def test_the_answers_are_in_the_sample_archive() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "examples" / "articles").iterdir()}
    check([*lines("sample"), *lines("sample_unseen"), *later("sample")], texts)


@pytest.mark.skipif(not DATA.exists(), reason="needs the open collections")
def test_the_answers_are_in_the_open_collections() -> None:
    texts = {}
    for name in ("ntrex/en", "gum_wikinews", "squad2_dev"):
        for line in (DATA / name / "corpus.jsonl").read_text(encoding="utf-8").splitlines():
            document = json.loads(line)
            texts[f"{name}/{document['_id']}"] = document["text"]
    check([*lines("open"), *lines("open_unseen"), *later("open")], texts)


@pytest.mark.skipif(not DATA.exists(), reason="needs the open collections")
def test_the_answers_in_several_languages_are_in_the_stories(everyday: Any, tmp_path: Path) -> None:
    """Each string of an answer is in its story, in the one language in which the archive has it."""
    stories = {story["_id"]: story["text"] for story in map(json.loads, everyday.abroad(DATA, tmp_path).read_text().splitlines())}
    for half in (lines("languages"), lines("languages_unseen")):
        assert len(half) > 140
        for query in half:
            for name in query["articles"]:
                text = stories[name.removeprefix("ntrex/")]
                answers = [query["answer"]] if isinstance(query["answer"], str) else query["answer"]
                assert all(everyday.holds(text, answer) for answer in answers), query["id"]


def test_the_answers_in_tables_are_in_the_articles(everyday: Any) -> None:
    """Each string of an answer is in its article."""
    for half in (lines("tables"), lines("tables_unseen")):
        assert len(half) == 64
        for query in half:
            for name in query["articles"]:
                text = html.unescape((QUERIES / "tables" / name).read_text(encoding="utf-8"))
                answers = [query["answer"]] if isinstance(query["answer"], str) else query["answer"]
                assert all(everyday.holds(text, answer) for answer in answers), query["id"]


def results(text: str, passage: Span, sentence: Span, *, answerable: bool) -> Results:
    """One hit, worked by hand."""
    article = Article("a", text, Path("a.md"), "0" * 64)
    match = Match(Passage("a", 0, passage.start, passage.end, text[passage.start : passage.end]), 0.9, sentence)
    return Results("q", (Hit(1, 0.9, article, (match,)),), answerable)


TEXT = "The b\u00f6at sank. It was 56\u00a0metres long. Photo: B. Ray"
WHOLE, FIRST, SECOND, CREDIT = Span(0, 37), Span(0, 14), Span(15, 37), Span(38, 51)
KINDS = {"answered": ("wh", ["a.md"], "56 metres"), "none": ("off_topic", [], None), "list": ("date", ["a.md"], None)}


@pytest.mark.parametrize(
    ("kind", "found", "sentence", "answerable", "expected"),
    [
        ("answered", "a.md", SECOND, True, {"kept": True, "first": True, "passage": True, "sentence": True, "furniture": False}),
        ("answered", "a.md", FIRST, True, {"kept": True, "first": True, "passage": True, "sentence": False, "furniture": False}),
        ("answered", "b.md", SECOND, True, {"kept": True, "first": False, "passage": False, "sentence": False, "furniture": False}),
        ("answered", "a.md", CREDIT, False, {"kept": False, "first": True, "passage": True, "sentence": False, "furniture": False}),
        ("list", "a.md", CREDIT, True, {"kept": True, "first": True, "furniture": True}),
        ("none", "a.md", FIRST, True, {"refused": False, "furniture": False}),
        ("none", "a.md", FIRST, False, {"refused": True, "furniture": False}),
    ],
)
def test_what_is_judged(everyday: Any, kind: str, found: str, sentence: Span, answerable: bool, expected: dict[str, bool]) -> None:
    """By hand: an article, a passage, a sentence and a refusal that are right or wrong."""
    name, articles, answer = KINDS[kind]
    query = {"id": "1", "kind": name, "query": "q", "articles": articles, "answer": answer}
    assert everyday.judge(query, results(TEXT, WHOLE, sentence, answerable=answerable), [found], ["Photo: B."]) == expected


@pytest.mark.parametrize(
    ("text", "answer", "held"),
    [
        ("\u201cIt\u2019s over,\u201d he said", "it's over", True),
        ("1,100 lek a litre", "1,100 Lek", True),
        ("Zúñiga", "zuniga", True),
        ("die Bektashinjtë", "bektashinj", True),
        ("it cost 156 metres", "56 metres", False),
        ("in 19561", "1956", False),
        ("", "x", False),
    ],
)
def test_answers_are_compared_by_their_words(everyday: Any, text: str, answer: str, held: bool) -> None:
    """Quotation marks, accents and capitals do not count; a number is not found in another."""
    assert everyday.holds(text, answer) is held
