"""Operators in a question: what is one and what is text, exactly the articles that they mean, and the passage that has the phrase."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cpu_time import within
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paths import ROOT

from newsdex import Index, Options, index_paths
from newsdex.cli import main_search
from newsdex.errors import UsageError
from newsdex.records import Article
from newsdex.search.question.filters import in_words, parse_filter
from newsdex.search.question.operators import read_operators
from newsdex.search.question.phrases import Phrase
from newsdex.search.question.reading import may_have_operators, without_request

TODAY = date(2024, 6, 1)
FIELDS = ["section", "byline", "date"]


def read(question: str) -> tuple[str, str] | None:
    """What articles must meet, and what is searched; None where no operator was read."""
    found = read_operators(question, TODAY, lambda: FIELDS)
    return (in_words(found.where), found.text) if found and found.where else None


@pytest.mark.parametrize(
    ("question", "filtered", "searched"),
    [
        ('"partners rather than rivals"', 'with "partners rather than rivals"', '"partners rather than rivals"'),
        ("vaccine -covid", 'without "covid"', "vaccine"),
        ('-"herd immunity" vaccine', 'without "herd immunity"', "vaccine"),
        ("-covid, vaccine", 'without "covid"', "vaccine"),
        ("ferry OR boat strike", 'with "ferry" or with "boat"', '"ferry" "boat" strike'),
        ('"a b" OR "c d" OR -e f', 'with "a b" or with "c d" or without "e"', '"a b" "c d" f'),
        ('source:"Harbour Courier" since:2024-05', "source Harbour Courier, since 2024-05-01", ""),
        ("source:Reuters, who won?", "source Reuters", "who won?"),
        ("SOURCE:Reuters Lang:de-DE", "source Reuters, language de", ""),
        ('-source:"A B" until:2024-02 -on:2024-01-05', "not source A B, until 2024-02-29, not since 2024-01-05, until 2024-01-05", ""),
        ("since:30d strike", "since 2024-05-02", "strike"),
        ('title:ferry title:"on strike"', 'with "ferry" in title, with "on strike" in title', '"ferry" "on strike"'),
        ("author:Doe section:Sport", 'with "Doe" in byline, section Sport', ""),
        ('"section":"World news" Section:Sport', "section World news, section Sport", ""),
        ("path:2024/*.md -path:x?.md", "path 2024/*.md, not path x?.md", ""),
        ("url:https://a.example/?q=1 x", "url https://a.example/?q=1", "x"),
        ("site:a.example, x", 'with "a.example" in url or with "a.example" in source', "x"),
        ("-site:a.example x", 'without "a.example" in url or with "a.example" in source', "x"),
        ('("a b" OR title:foo) AND lang:de', 'with "a b" or with "foo" in title, language de', '("a b" "foo")'),
        ('"a" NOT "b"', 'with "a", without "b"', '"a"'),
        ("\u201csmart quotes\u201d here", 'with "smart quotes"', '"smart quotes" here'),
        ("\u201ekluge Zeichen\u201c und \u00abautres\u00bb", 'with "kluge Zeichen", with "autres"', '"kluge Zeichen" und "autres"'),
        ("-C++ code", 'without "C++"', "code"),
        ("Der \u201eFischglas\u201c-artige Helm", 'with "Fischglas"', 'Der "Fischglas"-artige Helm'),
        ('("a" OR "b") OR "c".', 'with "a" or with "b" or with "c"', '("a" "b") "c".'),
        ('Named "North Macedonia." by "the U.S."', 'with "North Macedonia", with "the U.S."', 'Named "North Macedonia" by "the U.S."'),
        ("NATO OR EU", 'with "NATO" or with "EU"', '"NATO" "EU"'),
        ('NOT "a" b', 'without "a"', "b"),
        ("Ukraine NOT Russia, please", 'without "Russia"', "Ukraine please"),
        ("NOT Russia Ukraine", 'without "Russia"', "Ukraine"),
        ("NOT ferry OR boat", 'without "ferry" or with "boat"', '"boat"'),
        ('ferry OR NOT "b c" strike', 'with "ferry" or without "b c"', '"ferry" strike'),
        ('flood NOT (a OR "b c")', 'without "a", without "b c"', "flood"),
        ("NOT lang:de", "not language de", ""),
        ('flood -(a OR "b c" OR lang:de)', 'without "a", without "b c", not language de', "flood"),
        ("-(a) flood", 'without "a"', "flood"),
        ("\u00bbBundestag\u00ab heute", 'with "Bundestag"', '"Bundestag" heute'),
        ("metadata.section:Sport", "section Sport", ""),
        ('What did he say in "May 2024"?', 'with "May 2024"', 'What did he say in "May 2024"?'),
    ],
)
def test_operators(question: str, filtered: str, searched: str) -> None:
    """Worked by hand."""
    assert may_have_operators(question)
    assert read(question) == (filtered, searched)


TEXT = [
    "AND OR NOT",
    "TO BE OR NOT TO BE",
    "WHO WON IN UKRAINE OR RUSSIA",
    'title:"unclosed words',
    "a -(b c)",
    "a -(b OR c d)",
    "I do NOT",
    "what is NOT in the treaty",
    "WHO DID NOT SIGN IT",
    "C++",
    "-5 degrees",
    "a -5 b",
    "24/7",
    "https://example.org/a:b?c=-d",
    'an "unclosed quote',
    'x -"unclosed',
    "well-known",
    "time: 10:30",
    "at 10:30",
    "since: May",
    "since:whenever",
    "source:",
    'source:""x'[:7],
    "- word",
    "-- word",
    "--literal",
    '5" x 7" photo',
    '"" and "..."',
    "OR what",
    "what OR",
    "this or that",
    "a higher risk (OR 1.5, 95% CI)",
    "a,-b",
    "re:invent C:\\temp",
    "retracted:perhaps",
    "a \u2013b",
]


@pytest.mark.parametrize("question", TEXT)
def test_what_cannot_be_meant_is_text(question: str) -> None:
    """No operator is read."""
    assert read(question) is None


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ('an "unclosed quote', "An unmatched quotation mark was read as text."),
        ("since:whenever", "the date 'whenever' is not understood"),
        ("flood -(a b)", "To exclude several words: -(A OR B), or -A -B"),
        ('title:"unclosed words', "An unmatched quotation mark was read as text."),
        ("sorce:Reuters", "did you mean source?"),
        ("sinc:2024-05", "did you mean since?"),
        ("foo:bar", "\"foo:bar\" was read as text: no article has a field 'foo'"),
        ("before:2024-05", "did you mean until?"),
        ("intitle:ferry", "did you mean title?"),
        ("retracted:perhaps", "expected true or false"),
        ('"a" ' * 600, "The question has more than 2,000 characters: its operators were read as text."),
        ("-ab " * 60, "Only the first 50 operators were used; the others were read as text."),
        ("path:a* " * 9, "expected at most 8 patterns of paths"),
        ("ferry OR boat", 'Filter read from the question: with "ferry" or with "boat". To search for the words as typed: --literal'),
    ],
)
def test_a_remark_says_how_it_was_read(question: str, said: str) -> None:
    """Where it is not obvious."""
    found = read_operators(question, TODAY, lambda: FIELDS)
    assert found
    assert any(said in remark for remark in found.remarks), found.remarks


def test_a_site_is_that_of_the_address_or_the_source(tmp_path: Path) -> None:
    """With the hosts below it, unless the archive has a field of that name."""
    rows = [
        {"_id": "www", "text": "Ferry one.", "url": "https://www.Post.example/a"},
        {"_id": "host", "text": "Ferry two.", "url": "http://post.example"},
        {"_id": "source", "text": "Ferry three.", "source": "post.example"},
        {"_id": "other", "text": "Ferry four.", "url": "https://compost.example/post"},
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    index_paths([tmp_path / "rows.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as index:
        assert {hit.article.id for hit in index.search("site:post.example ferry")} == {"www", "host", "source"}
    found = read_operators("site:post.example", TODAY, lambda: ["site"])
    assert found
    assert found.where
    assert in_words(found.where) == "site post.example"


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [
                    '"',
                    "-",
                    "OR",
                    "NOT",
                    "source:",
                    "since:",
                    "(",
                    ")",
                    ":",
                    "\u201c",
                    "\u201d",
                    "word",
                    "2024-05",
                    " ",
                    " ",
                    "path:",
                    "\ue000",
                ]
            ),
            st.text(max_size=4),
        ),
        max_size=40,
    ).map("".join)
)
def test_any_text_can_be_read(text: str) -> None:
    """Without an error; what stands for quoted text does not stay, and a filter is one that JSON could have said."""
    found = read_operators(text, TODAY, lambda: FIELDS)
    if found and found.where:
        assert may_have_operators(text)
        assert "\ue000" not in found.text
        assert found.rest.count("\ue000") == len(found.quoted)


@settings(max_examples=300, deadline=None)
@given(st.text("ab -", max_size=40), st.text("ab -", min_size=1, max_size=4).filter(lambda text: text[0] in "ab" and text[-1] in "ab"))
def test_a_phrase_is_found_wherever_it_stands(text: str, phrase: str) -> None:
    """As a regular expression finds it, overlaps included."""
    words = re.escape(" ".join(phrase.split())).replace(r"\ ", " +")
    expected = [found.start() for found in re.finditer(rf"(?<![ab])(?={words}(?![ab]))", text)]
    assert [place.start for place in Phrase(phrase).places(text)] == expected
    assert Phrase(phrase).is_in(text) == bool(expected)


@pytest.mark.parametrize("text", ["x" * 4_000_000, "xx " * 1_000_000, "\u00e9x" * 500_000, "x'" * 500_000])
def test_a_long_text_takes_no_time(text: str) -> None:
    """For a phrase that begins everywhere and is nowhere."""
    assert not within(10, lambda: Phrase("x" * 900).is_in(text))
    assert not within(10, lambda: Phrase("xx x").is_in(text))


def test_hostile_text_takes_no_time() -> None:
    """The longest question that is read, of what begins an operator and never ends; a second is a hundred times what it takes."""
    for part in ('"a ', '-"', 'source:"', "(((", "OR ", "a OR ", "a:", "-a:\u201c", "since:1", "-(a OR ", "-(", "-(a"):
        text = (part * 2_000)[:2_000]
        within(1, lambda: read_operators(text, TODAY, lambda: FIELDS))  # noqa: B023 - called at once


# The oracle: article by article, by the stored text.


@cache
def simple(text: str) -> str:
    """``text`` in small letters without accents, one space for any, one kind of each mark."""
    text = unicodedata.normalize("NFKC", text.translate(MARKS)).casefold()
    letters = (letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))
    return " ".join("".join(letters).split())


MARKS = {
    **dict.fromkeys(map(ord, "\u2018\u2019\u201a"), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u00ab\u00bb"), '"'),
    **dict.fromkeys(map(ord, "\u2010\u2011\u2013\u2014"), "-"),
}


def held(phrase: str, *texts: str) -> bool:
    """Whether one of ``texts`` has it as whole words: "can" is not in "can't", "Biden" is in "Biden's" and "Europe" in "l'Europe"."""
    before, behind = r"(?<![^\W_])(?:(?<![^\W_]')|(?<=\b[cdjlmnst]'))", r"(?![^\W_]|'(?!s\b)[^\W_])"
    return any(re.search(f"{before}{re.escape(simple(phrase))}{behind}", simple(text)) for text in texts)


Test = Callable[[Article], bool]


@pytest.fixture(scope="module")
def index(sample_index: Path) -> Iterator[Index]:
    with Index.open(sample_index) as opened:
        yield opened


@pytest.fixture(scope="module")
def articles(index: Index) -> list[Article]:
    snapshot = index.asker().snapshot
    return [segment.article(row) for segment in snapshot.segments for row in range(segment.article_count)]


def body(article: Article) -> str:
    return article.text[article.body.start : article.body.end]


def _leaves(draw: st.DrawFn, articles: list[Article]) -> tuple[str, Test]:
    """An operator and what it means."""
    article = draw(st.sampled_from(articles))
    kind = draw(st.sampled_from(["phrase", "phrase", "word", "title", "source", "lang", "site", "since", "until", "on"]))
    day = article.published.iso[:10] if article.published else "2024-05-01"
    if kind in ("phrase", "word", "title"):
        words = re.findall(r"[^\W\d_]{2,}(?:[ \n]+[^\W\d_]{2,})*", article.title if kind == "title" else body(article))
        run = re.split(r"([ \n]+)", draw(st.sampled_from(words)))
        start = 2 * draw(st.integers(0, len(run) // 2))
        length = 1 if kind == "word" else draw(st.sampled_from([1, 3, 5, 7]))
        phrase = "".join(run[start : start + length]).strip()
        if draw(st.booleans()):
            phrase = "".join(c for c in unicodedata.normalize("NFD", phrase.upper()) if not unicodedata.combining(c))
        if kind == "title":
            return f'title:"{phrase}"', lambda a: held(phrase, a.title)
        return f'"{phrase}"', lambda a: held(phrase, a.title, body(a))
    cut = draw(st.sampled_from([4, 7, 10]))
    host = urlsplit(article.url).hostname or "elsewhere.example"
    others: dict[str, tuple[str, Test]] = {
        "source": (f'source:"{article.source.upper()}"', lambda a: a.source == article.source),
        "site": (f"site:{host.upper()}", lambda a: urlsplit(a.url).hostname == host),
        "lang": (f"lang:{article.language}", lambda a: a.language == article.language),
        "since": (f"since:{day[:cut]}", lambda a: bool(a.published) and a.published.iso[:10] >= day[:cut]),
        "until": (f"until:{day[:cut]}", lambda a: bool(a.published) and a.published.iso[:cut] <= day[:cut]),
        "on": (f"on:{day[:cut]}", lambda a: bool(a.published) and a.published.iso[:cut] == day[:cut]),
    }
    return others[kind]


@st.composite
def _queries(draw: st.DrawFn, articles: list[Article]) -> tuple[str, Test]:
    """Up to three groups, of which all must hold, each of operators of which one must; some of them negated."""
    groups = []
    for _ in range(draw(st.integers(1, 3))):
        group = []
        for _ in range(draw(st.sampled_from([1, 1, 2, 3]))):
            text, test = _leaves(draw, articles)
            group.append((f"-{text}", _negated(test)) if draw(st.integers(0, 3)) == 0 else (text, test))
        groups.append(group)
    question = draw(st.sampled_from(["", "", "election ", "who won? "])) + " ".join(
        " OR ".join(text for text, _ in group) for group in groups
    )
    return question, lambda a: all(any(test(a) for _, test in group) for group in groups)


def _negated(test: Test) -> Test:
    return lambda a: not test(a)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_exactly_the_articles_that_are_meant(index: Index, articles: list[Article], data: st.DataObject) -> None:
    """Against the stored text of every article, whatever is combined."""
    question, test = data.draw(_queries(articles))
    found = {
        hit.article.id for hit in index.search(question, limit=1_000, collapse=False, mode=data.draw(st.sampled_from(["hybrid", "dense"])))
    }
    assert found == {article.id for article in articles if test(article)}


def hand_made() -> list[dict[str, Any]]:
    path = ROOT / "benchmarks" / "everyday" / "operators.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("query", hand_made(), ids=lambda query: query["query"])
def test_hand_made_queries(index: Index, query: dict[str, Any]) -> None:
    """Each of the set finds exactly its articles, and every hit whose text has a phrase of it within a sentence highlights such a one."""
    results = index.search(query["query"], limit=1_000, collapse=False)
    assert sorted(hit.article.path.name for hit in results) == query["articles"]


def test_operators_alone_list_the_newest(index: Index) -> None:
    """As a question that has a date alone does, and each article is an answer."""
    found = index.search('source:"Harbour Courier" since:2024-05', limit=100, collapse=False)
    days = [hit.article.published.iso for hit in found if hit.article.published]
    assert len(days) == len(found) == found.total
    assert days == sorted(days, reverse=True)
    assert found.answerable
    assert {hit.score for hit in found} == {1.0}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(st.sampled_from(TEXT), st.text(min_size=1, max_size=80)).filter(str.strip))
def test_without_an_operator_the_answer_is_the_literal_one(index: Index, text: str) -> None:
    """Any text has an answer; where none of it was read as an operator, as misspelt or as asking for news of a topic, it is that of the
    words as typed.
    """
    found = index.search(text, limit=3)
    if read(text) is None and without_request(text) == text and not any(remark.startswith("Read as") for remark in found.remarks):
        assert found.hits == index.search(text, limit=3, literal=True).hits


def test_literal_reads_nothing(index: Index) -> None:
    """Articles of other sources and with the word are found again."""
    read_, literal = (index.search('Putin -Russia source:"Harbour Courier"', limit=50, literal=each) for each in (False, True))
    assert not any(held("Russia", hit.article.title, body(hit.article)) for hit in read_)
    assert any(held("Russia", hit.article.title, body(hit.article)) for hit in literal)


SPANNING = (
    "The first sentence has some words and it goes on for long. " * 12
    + "It ended on a Monday.\n\nMorning came slowly after that. "
    + "More was said. " * 60
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """Articles whose phrases are in odd places."""
    folder = tmp_path_factory.mktemp("operators")
    articles = [
        {"_id": "spanning", "title": "Two passages", "text": SPANNING},
        {
            "_id": "late",
            "title": "Harbour harbour",
            "text": "The harbour is old. " * 150 + "Nobody saw the blue  \n heron\u2019s nest there. " + "The harbour is calm. " * 150,
        },
        {"_id": "title", "title": "Zwölf Möwen", "text": "Birds were counted at the coast.", "section": "Nature", "author": "Doe, Jane"},
        {
            "_id": "accents",
            "title": "Caf\u00e9",
            "text": "Ils ont \u00e9t\u00e9 \u00e0 l\u2019\u00c9lys\u00e9e, o\u00f9 tout \u00e9tait r\u00e9p\u00e9t\u00e9.",
            "section": "Nature, World",
        },
        {"_id": "cpp", "title": "Languages", "text": "C++ is used 24/7 by O'Brien's team; rock'n'roll plays."},
        {"_id": "chinese", "title": "\u65b0\u95fb", "text": "\u4e2d\u56fd\u5916\u4ea4\u90e8\u957f\u8bbf\u95ee\u4e86\u5df4\u9ece\u3002"},
    ]
    (folder / "a.jsonl").write_text("".join(json.dumps(article) + "\n" for article in articles), encoding="utf-8")
    index_paths([folder / "a.jsonl"], folder / "index", Options(model="hash"))
    with Index.open(folder / "index") as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ('"Monday. Morning came"', {"spanning"}),
        ('"BLUE heron\'s nest"', {"late"}),
        ('"heron" harbour', {"late"}),
        ('"zwolf mowen"', {"title"}),
        ('"ete a l\'elysee"', {"accents"}),
        ('"Elysee"', {"accents"}),
        ('"repete"', {"accents"}),
        ('"cafe"', {"accents"}),
        ('"C++"', {"cpp"}),
        ('"24/7"', {"cpp"}),
        ('"O\u2019Brien"', {"cpp"}),
        ('"Brien"', set()),
        ('"roll"', set()),
        ('"her"', set()),
        ('"\u5916\u4ea4\u90e8\u957f"', {"chinese"}),
        ("section:nature", {"title", "accents"}),
        ("-section:nature -harbour -first", {"cpp", "chinese"}),
        ("author:doe", {"title"}),
        ("-author:jane section:World", {"accents"}),
    ],
)
def test_odd_places(small: Index, question: str, found: set[str]) -> None:
    """Across passages, in titles, with accents on either side, in scripts without spaces, in fields."""
    assert {hit.article.id for hit in small.search(question, limit=50)} == found


def test_the_passage_and_the_sentence_have_the_phrase(small: Index) -> None:
    """Though many others have more of the question's words."""
    [hit] = small.search('old calm harbour "blue heron\'s nest"')
    assert "heron\u2019s nest" in hit.passage.text
    answer = hit.matches[0].answer
    assert "heron\u2019s nest" in hit.article.text[answer.start : answer.end]


def test_a_phrase_that_nothing_has_is_said(small: Index) -> None:
    """And so is a word without which nothing is left."""
    assert 'No article has "purple heron".' in small.search('nest "purple heron"').remarks
    assert not small.search('nest "purple heron"').hits
    assert 'Nothing is left without "heron".' in small.search('"blue heron\'s nest" -heron').remarks


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"type": "contains", "key": "published", "value": "x"}, "contains does not work on published"),
        ({"type": "eq", "key": "text", "value": "x"}, "eq does not work on text"),
        ({"type": "contains", "key": "text", "value": " \n"}, "contains no word"),
        ({"type": "contains", "key": "text", "value": "x" * 1_001}, "a phrase of 1001 characters is too long"),
        ({"type": "and", "filters": [{"type": "contains", "key": "text", "value": "x"}] * 101}, "too many phrases"),
        ({"type": "not", "filters": []}, "is not a list of filters"),
    ],
)
def test_impossible_phrases_are_refused(given: dict[str, Any], said: str) -> None:
    """In a filter that JSON has."""
    with pytest.raises(UsageError, match=said):
        parse_filter(given)


def test_a_filter_takes_phrases_too(small: Index) -> None:
    """As the operators do."""
    where = {
        "type": "not",
        "filters": [{"type": "contains", "key": "text", "value": "harbour"}, {"type": "eq", "key": "section", "value": "Nature"}],
    }
    assert {hit.article.id for hit in small.search("birds", where=where, limit=9)} == {"spanning", "cpp", "chinese"}


@given(st.text(alphabet="ab' -\u00e9\u2019\n", max_size=12), st.text(alphabet="ab' -\u00e9\u2019\n", max_size=30))
def test_places_are_where_the_phrase_is(phrase: str, text: str) -> None:
    """There are places if and only if the text has it, and each of them reads as it."""
    sought = Phrase(phrase)
    places = sought.places(text) if sought.key else []
    assert bool(places) == (bool(sought.key) and sought.is_in(text))
    assert all(Phrase(text[place.start : place.end]).key == sought.key for place in places)


def test_the_shell_takes_operators(sample_index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A word with a minus is no option, and a value whose quotation marks the shell took is one value; exit codes as ever."""
    there = ["--index-dir", str(sample_index), "--json"]
    for arguments, filtered in (
        (["Putin", "-Russia"], 'without "Russia"'),
        (["-Russia", "-n", "3", "Putin"], 'without "Russia"'),
        (["source:Harbour Courier", "since:2024-05"], "source Harbour Courier, since 2024-05-01"),
        (["Putin", "-Northgate Bulletin"], 'without "Northgate Bulletin"'),
    ):
        assert main_search([*there, *arguments]) == 0
        assert any(filtered in remark for remark in json.loads(capsys.readouterr().out)["remarks"])
    assert main_search([*there, '"nowhere to be found"']) == 1
    capsys.readouterr()
    assert main_search([*there, "--literal", "Putin", "-Russia", "--all"]) == 0
    assert json.loads(capsys.readouterr().out)["remarks"] == []
