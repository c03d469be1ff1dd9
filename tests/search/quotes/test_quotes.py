"""A quotation is found where it is, at every place and exactly; a changed one is shown beside what was said; an invented one is not
found.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from indexes import index_of

from newsdex import Chunking, Index, UsageError
from newsdex.engines.hashing import HashEncoder
from newsdex.indexer.upkeep.takedown import Selection, delete
from newsdex.output import quote_record
from newsdex.records import Article, Published, Span
from newsdex.reports import Place, QuoteReport
from newsdex.reports_text import quote_lines
from newsdex.search.quotes.alignment import align, weight
from newsdex.search.quotes.folding import Token, fold
from newsdex.search.quotes.locate import exact_windows, sought
from newsdex.store.segment import Entry
from newsdex.store.snapshot import Snapshot
from newsdex.store.writer import Writer
from newsdex.terminal import Style

FERRY = (
    "Ferry aground\n\nThe ferry \u201cAurora\u201d ran aground off the island on Monday. Nobody was hurt, the coast guard said.\n\n"
    "\u201cWe did not expect the storm \u2013 it came from the west,\u201d said the captain\u2026 The well-known ship is 1,300 tonnes.\n"
)
COPPER = (
    "Prices rose in London. Copper led all the metals on Friday, and traders in the U.S. were glad. They can't buy more. A non-violent "
    "protest "
    "outside the exchange ended in the evening. Nobody was hurt, the coast guard said.\n"
)
BROKEN = (
    "The govern-\nment of the well-\nknown island wel\u00adcomed the e\ufb00ort of the cafe\u0301 owners. It was **very** _glad_ of it.\n"
)
TOKYO = (
    "\u6771\u4eac\u306e\u5e02\u5834\u3067\u306f\u682a\u4fa1\u304c\u5927\u304d\u304f\u4e0a\u6607\u3057\n\u307e\u3057\u305f\u3002"
    "\u6295\u8cc7\u5bb6\u306f\u559c\u3093\u3067\u3044\u307e\u3059\u3002\n"
)
ZURICH = "Wir schliessen Negativzinsen nicht aus, sagt er an der Bahnhofstrasse. Seine Schwester hei\u00dft Marta, und sie schweigt dazu.\n"
TEXTS = {"ferry": FERRY, "copper": COPPER, "broken": BROKEN, "tokyo": TOKYO, "zurich": ZURICH}


def build(folder: Path, texts: Mapping[str, str], **fields: str) -> Path:
    """An index of records with these texts, by their ids."""
    return index_of(({"_id": name, "text": text, **fields} for name, text in texts.items()), folder)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """The five articles."""
    return Index.open(build(tmp_path_factory.mktemp("quotes"), TEXTS))


def places(report: QuoteReport) -> list[tuple[str, str]]:
    """Each place: the article, and what it says there."""
    for place in report.places:
        assert place.in_title or place.text == place.article.text[place.start : place.end]
    return [(place.article.id, place.text) for place in report.places]


def changes(place: Place) -> list[tuple[str, str]]:
    """What was quoted and what was said, where that differs."""
    return [(each.quoted.strip(), each.original.strip()) for each in place.differences if each.kind != "same"]


@pytest.mark.parametrize(
    ("quote", "said"),
    [
        pytest.param("ran aground off the island", "ran aground off the island", id="as it is"),
        pytest.param("  ran\n aground\u00a0off\tthe island ", "ran aground off the island", id="white space"),
        pytest.param('The ferry "Aurora" ran', "The ferry \u201cAurora\u201d ran", id="straight quotation marks"),
        pytest.param("The ferry \u00ab Aurora \u00bb ran", "The ferry \u201cAurora\u201d ran", id="guillemets with spaces"),
        pytest.param("The ferry \u201eAurora\u201c ran", "The ferry \u201cAurora\u201d ran", id="German quotation marks"),
        pytest.param("the ferry \u2018Aurora\u2019 ran", "The ferry \u201cAurora\u201d ran", id="single ones, and a small letter"),
        pytest.param('"Nobody was hurt"', "Nobody was hurt", id="quotation marks around it"),
        pytest.param("We did not expect the storm - it came", "We did not expect the storm \u2013 it came", id="hyphen for dash"),
        pytest.param(
            "We did not expect the storm\u2014it came", "We did not expect the storm \u2013 it came", id="long dash without spaces"
        ),
        pytest.param("did not expect the storm -- it", "did not expect the storm \u2013 it", id="two hyphens"),
        pytest.param("said the captain... The", "said the captain\u2026 The", id="three full stops"),
        pytest.param("said the captain. . . The", "said the captain\u2026 The", id="three spaced full stops"),
        pytest.param("...ran aground off...", "ran aground off", id="ellipses around it"),
        pytest.param("it came from the west.", "it came from the west", id="full stop for a comma at the end"),
        pytest.param("it came from the west,\u201d", "it came from the west,\u201d", id="marks at the end that are there"),
        pytest.param("[T]he coast guard said", "the coast guard said", id="an initial in brackets"),
        pytest.param("It came from the west", "it came from the west", id="a capital at the beginning"),
        pytest.param("prices rose in London. copper led", "Prices rose in London. Copper led", id="small letters where sentences begin"),
        pytest.param("well\u2011known ship is 1,300 tonnes", "well-known ship is 1,300 tonnes", id="another hyphen"),
        pytest.param("They can\u2019t buy", "They can't buy", id="apostrophe"),
        pytest.param("traders in the U.S. were", "traders in the U.S. were", id="abbreviation"),
        pytest.param("traders in the U.S.", "traders in the U.S.", id="abbreviation at the end"),
        pytest.param("the government of the", "The govern-\nment of the", id="a word broken at the end of a line"),
        pytest.param("the well-known island", "the well-\nknown island", id="a hyphen at the end of a line"),
        pytest.param("the govern-\nment of the well-known", "The govern-\nment of the well-\nknown", id="both, and in the quotation"),
        pytest.param("island welcomed the effort", "island wel\u00adcomed the e\ufb00ort", id="soft hyphen and ligature"),
        pytest.param("the caf\u00e9 owners", "the cafe\u0301 owners", id="composed letter"),
        pytest.param("It was very glad of it", "It was **very** _glad_ of it", id="emphasis"),
        pytest.param(
            "\u682a\u4fa1\u304c\u5927\u304d\u304f\u4e0a\u6607\u3057\u307e\u3057\u305f", TOKYO[7:20], id="Japanese across a line end"
        ),
        pytest.param("Wir schlie\u00dfen Negativzinsen nicht", "Wir schliessen Negativzinsen nicht", id="sharp s for ss"),
        pytest.param("Schwester heisst Marta, und", "Schwester hei\u00dft Marta, und", id="ss for sharp s"),
        pytest.param("\uff2c\uff4f\uff4e\uff44\uff4f\uff4e. Copper", "London. Copper", id="full width"),
    ],
)
def test_what_does_not_alter_a_quotation(index: Index, quote: str, said: str) -> None:
    """It is found, and the offsets are those of what the article says."""
    report = index.verify_quote(quote)
    assert report.verdict == "found"
    assert places(report)[0][1] == said


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        pytest.param("We did expect the storm - it came from the west", [("", "not")], id="a word left out"),
        pytest.param("Nobody was not hurt, the coast guard said", [("not", "")], id="a word added"),
        pytest.param(
            "The ferry ran aground off the island on Tuesday", [("", "\u201cAurora\u201d"), ("Tuesday", "Monday")], id="two changes"
        ),
        pytest.param("The well-known ship is 1,400 tonnes", [("1,400", "1,300")], id="a number"),
        pytest.param("traders in the u.s. were glad", [("u", "U")], id="case within a sentence"),
        pytest.param("Nobody was hurt the coast guard said", [("", ",")], id="a comma within"),
        pytest.param("They can buy more", [("can", "can't")], id="the end of a word"),
        pytest.param("violent protest outside the exchange ended", [("", "non-")], id="the beginning of a word"),
        pytest.param("The well-known ship is 1", [("1", "1,300")], id="the beginning of a number"),
        pytest.param("prices rose in London! Copper led all the metals", [("!", ".")], id="a mark"),
    ],
)
def test_what_alters_a_quotation_is_shown(index: Index, quote: str, expected: Sequence[tuple[str, str]]) -> None:
    """The nearest place is shown, and exactly what differs."""
    report = index.verify_quote(quote)
    assert report.verdict == "altered"
    [place] = report.places
    assert changes(place) == list(expected)
    assert "".join(each.original for each in place.differences) == place.text
    assert "".join(each.quoted for each in place.differences) == quote[place.quoted.start : place.quoted.end]


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        pytest.param(
            "The ferry \u201cAurora\u201d ran aground. The well-known ship is 1,300 tonnes",
            ["The ferry \u201cAurora\u201d ran aground", "The well-known ship is 1,300 tonnes"],
            id="in one article",
        ),
        pytest.param(
            "Prices rose in London. It came from the west",
            ["Prices rose in London.", "it came from the west"],
            id="in two articles",
        ),
        pytest.param(
            "Prices rose in London [\u2026] outside the exchange ended in the evening",
            ["Prices rose in London", "outside the exchange ended in the evening"],
            id="with the gap marked",
        ),
        pytest.param(
            "It came from the west, copper led all the metals, the well-known ship is 1,300 tonnes",
            ["it came from the west,", "Copper led all the metals", "The well-known ship is 1,300 tonnes"],
            id="of three pieces",
        ),
    ],
)
def test_a_stitched_quotation_is_taken_apart(index: Index, quote: str, expected: Sequence[str]) -> None:
    """Each piece is shown where it is, in the order of the quotation."""
    report = index.verify_quote(quote)
    assert report.verdict == "stitched"
    assert [text.rstrip(".,") for _, text in places(report)] == [text.rstrip(".,") for text in expected]
    for place in report.places:
        assert fold(quote[place.quoted.start : place.quoted.end])[0].key == fold(place.text)[0].key


@pytest.mark.parametrize(
    "quote",
    [
        pytest.param("Nobody expected the government of London to be glad about a protest", id="its words are there"),
        pytest.param("We did not expect the budget, it came from the council", id="its little words are there in order"),
        pytest.param("Parliament voted against the budget in a late session", id="nothing of it is there"),
        pytest.param("xyzzy", id="no such word"),
        pytest.param("\u5317\u4eac\u306e\u5929\u6c17", id="another sentence in Japanese"),
        pytest.param("prices fell", id="too short to be near anything"),
    ],
)
def test_what_nobody_said_is_not_found(index: Index, quote: str) -> None:
    """No place is given for it."""
    assert index.verify_quote(quote) == QuoteReport(quote, "not found")


def test_every_place_is_found(index: Index) -> None:
    """A sentence of two articles is found in both, and one that an article repeats, twice."""
    assert places(index.verify_quote("Nobody was hurt, the coast guard said.")) == [
        ("copper", "Nobody was hurt, the coast guard said."),
        ("ferry", "Nobody was hurt, the coast guard said."),
    ]
    assert places(index.verify_quote("the")) == [
        (name, word) for name in ("broken", "copper", "ferry") for word in (token_text for token_text in words_like(TEXTS[name], "the"))
    ]


def test_a_limit_of_places(index: Index) -> None:
    """No more than that, and whether there are more."""
    every = index.verify_quote("the")
    assert every.complete
    for limit in (1, 2, len(every.places) - 1):
        report = index.verify_quote("the", limit=limit)
        assert (len(report.places), report.complete) == (limit, False)
        assert set(report.places) <= set(every.places)
    assert index.verify_quote("the", limit=len(every.places)) == every
    with pytest.raises(UsageError, match="a limit of 0 places"):
        index.verify_quote("the", limit=0)


def words_like(text: str, word: str) -> list[str]:
    """The words of ``text`` that are ``word``; one with a capital only where a sentence begins, as it does in these texts."""
    return [text[token.start : token.end] for token in fold(text) if token.key == word]


@pytest.mark.parametrize("quote", [pytest.param(text, id=text or "nothing") for text in ("", " \n", "...", "\u201c\u2026\u201d", "\u00ad")])
def test_a_quotation_without_words_is_an_error(index: Index, quote: str) -> None:
    """It cannot be looked for."""
    with pytest.raises(UsageError, match="contains no word"):
        index.verify_quote(quote)


def test_a_quotation_may_be_long_but_not_endless(index: Index) -> None:
    """The limit is said. A quotation of that length is looked up in a second."""
    assert index.verify_quote("storm " * 1_600).verdict == "not found"
    with pytest.raises(UsageError, match="10001 characters is too long: expected 10000"):
        index.verify_quote("x" * 10_001)


def test_single_letters_are_looked_for_everywhere(index: Index) -> None:
    """They may be part of an abbreviation, and have no postings."""
    assert places(index.verify_quote("U.S.")) == [("copper", "U.S.")]


def test_a_hostile_text_takes_linear_time(tmp_path: Path) -> None:
    """A word repeated without end, and a quotation of the same."""
    text = "storm " * 30_000
    with write(tmp_path, entry(article("a", text), 6_000)) as index:
        report = index.verify_quote("storm " * 1_500)
        assert (report.verdict, len(report.places)) == ("found", 20)
        assert index.verify_quote("storm " * 800 + "calm " + "storm " * 800).verdict == "altered"


def test_titles_can_be_quoted(tmp_path: Path) -> None:
    """A headline is found as such; where the text has it too, only there."""
    folder = build(tmp_path, {"a": "The strike is over.", "b": "Rail strike ends today. All were glad."}, title="Rail strike ends")
    with Index.open(folder) as index:
        report = index.verify_quote("rail strike ends")
    assert [(place.article.id, place.in_title, place.text, place.line, place.page) for place in report.places] == [
        ("a", True, "Rail strike ends", None, None),
        ("b", False, "Rail strike ends", 1, None),
    ]


def test_of_a_pair_of_quotation_marks_none_is_shown_alone(tmp_path: Path) -> None:
    """A full stop may separate one from the words."""
    texts = {
        "a": 'All of it is "fake news and lies."',
        "b": "He called it \u201cfake news and lies\u201d on air.",
        "c": 'So "fake news and lies',
    }
    with Index.open(build(tmp_path, texts)) as index:
        report = index.verify_quote('"fake news and lies"')
        assert [text for _, text in places(report)] == ["fake news and lies", "\u201cfake news and lies\u201d", "fake news and lies"]
        [*_, alone] = index.verify_quote('"fake news and lies').places
        assert alone.text == '"fake news and lies'


def test_an_altered_title_is_the_nearest_place(tmp_path: Path) -> None:
    """As one in a text is, with its differences; a text that is as near comes first."""
    texts = {"a": "Nobody spoke of trains.", "b": "Nothing else happened."}
    title = "Rail strike ends on Monday after talks"
    (tmp_path / "both").mkdir()
    with Index.open(build(tmp_path, texts, title=title)) as index:
        report = index.verify_quote("Rail strike begins on Monday after talks")
        [place] = report.places
        assert (report.verdict, place.article.id, place.in_title, place.line) == ("altered", "a", True, None)
        assert (changes(place), place.text) == ([("begins", "ends")], title)
        assert "".join(each.original for each in place.differences) == place.text
        assert index.verify_quote("Rail fares rise in every county on Friday").verdict == "not found"
    texts["b"] = f"He said: {title}."
    with Index.open(build(tmp_path / "both", texts, title=title)) as index:
        [place] = index.verify_quote("Rail strike begins on Monday after talks").places
        assert (place.article.id, place.in_title) == ("b", False)


def test_deleted_articles_are_not_quoted(tmp_path: Path) -> None:
    """What was taken down is not found, nor shown as the nearest place."""
    folder = build(tmp_path, {"a": "The minister paid the fine in September.", "b": "The river is high in spring."})
    delete(folder, Selection(frozenset({"a"})))
    with Index.open(folder) as index:
        assert index.verify_quote("The minister paid the fine").verdict == "not found"
        assert index.verify_quote("The minister paid the fine in October.").verdict == "not found"


def entry(article: Article, size: int) -> Entry:
    """An article in passages of ``size`` characters."""
    spans = [Span(start, min(start + size, len(article.text))) for start in range(0, len(article.text), size)]
    keys = np.frombuffer(b"".join(hashlib.md5(f"{article.id} {n}".encode()).digest() for n in range(len(spans))), np.uint8).reshape(-1, 16)
    vectors = np.tile(np.eye(1, HashEncoder.card.dimension, dtype=np.float32), (len(spans), 1))
    return Entry(article, hashlib.md5(article.id.encode()).digest(), [], spans, keys, vectors)


def write(folder: Path, *entries: Entry) -> Index:
    """An index of one commit."""
    with Writer(folder, HashEncoder.card, Chunking()) as writer:
        for each in entries:
            writer.add(each)
        writer.commit([])
    return Index.open(folder)


def article(name: str, text: str, **more: object) -> Article:
    """An article of that text."""
    return replace(Article(name, text, Path(f"/{name}.pdf"), "0" * 64, body=Span(0, len(text))), **more)


def test_the_place_says_line_and_page(tmp_path: Path) -> None:
    """Both are those of the first character."""
    text = "First page.\nIts second line.\nSecond page, which goes on.\nThird page."
    pages = (0, text.index("Second"), text.index("Third"))
    with write(tmp_path, entry(article("report", text, pages=pages), 20)) as index:
        for quote, line, page in (("its second line", 2, 1), ("which goes on", 3, 2), ("Third page", 4, 3), ("goes on. Third", 3, 2)):
            [place] = index.verify_quote(quote).places
            assert (place.line, place.page) == (line, page)


def test_the_oldest_comes_first(tmp_path: Path) -> None:
    """Who said it first is what one asks of a quotation; what has no date comes last."""
    dates = {"a": None, "b": Published("2024-05", "x"), "c": Published("2023", "x"), "d": Published("2024-04-30", "x")}
    with write(tmp_path, *(entry(article(name, "The bridge is shut.", published=date), 50) for name, date in dates.items())) as index:
        assert [place.article.id for place in index.verify_quote("the bridge is shut").places] == ["c", "d", "b", "a"]


def test_articles_of_several_languages(tmp_path: Path) -> None:
    """Stems differ by language, and the word is found in each."""
    sentences = {
        "de": "Die H\u00e4user der Nachbarn wurden gestern verkauft.",
        "fr": "Les maisons des voisins ont \u00e9t\u00e9 vendues hier \u00e0 l\u2019aube.",
        "ru": "\u0414\u043e\u043c\u0430 \u0441\u043e\u0441\u0435\u0434\u0435\u0439 \u0431\u044b\u043b\u0438 "
        "\u043f\u0440\u043e\u0434\u0430\u043d\u044b \u0432\u0447\u0435\u0440\u0430.",
        "th": "\u0e1a\u0e49\u0e32\u0e19\u0e02\u0e2d\u0e07\u0e40\u0e1e\u0e37\u0e48\u0e2d\u0e19\u0e1a\u0e49\u0e32\u0e19",
        "": "The neighbours' houses were sold yesterday.",
    }
    with write(tmp_path, *(entry(article(f"in {code}", text, language=code), 60) for code, text in sentences.items())) as index:
        for code, text in sentences.items():
            assert places(index.verify_quote(text)) == [(f"in {code}", text)]


WORDS = [
    "the",
    "river",
    "rose",
    "Monday",
    "coast",
    "guard",
    "won't",
    "1,300",
    "non-violent",
    "U.S.",
    "houses",
    "\u6771\u4eac",
    "d\u00e9j\u00e0",
    "in",
    ".",
]
SPACES = [" ", "  ", "\n", "\n\n", "\u00a0", " \u2060 "]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> tuple[Index, dict[str, Spoken]]:
    """An index, in three segments, of articles of few different words, so that every quotation has many places; and what is in it."""
    chance = random.Random(7)
    articles = {}
    for number in range(60):
        words: list[str] = []
        for _ in range(chance.randrange(1, 120)):
            words.append(chance.choice([word for word in WORDS if word != "." or (words and words[-1][-1] != ".")]))
        articles[f"a{number}"] = spoken(words, chance)
    entries = [cut_at_spaces(entry(article(name, each.text), chance.randrange(20, 200))) for name, each in articles.items()]
    folder = tmp_path_factory.mktemp("crowd")
    for start, stop in ((0, 20), (20, 50), (50, 60)):
        index = write(folder, *entries[start:stop])
    return index, articles


class Spoken(NamedTuple):
    """A text, and its words with their places, as the one who made it up knows them."""

    text: str
    words: list[str]
    spans: list[Span]


def spoken(words: Sequence[str], chance: random.Random) -> Spoken:
    """These words with some white space between."""
    text, spans = "", []
    spaces = SPACES[: chance.choice([4, len(SPACES)])]
    for word in words:
        text += chance.choice(spaces) if text else ""
        spans.append(Span(len(text), len(text) + len(word)))
        text += word
    return Spoken(text, list(words), spans)


def cut_at_spaces(each: Entry) -> Entry:
    """The entry with passages that end between words, as those of an indexer do."""
    text, spans, start = each.article.text, [], 0
    for span in each.passages:
        stop = next((n for n in range(span.end, len(text)) if text[n].isspace()), len(text))
        if stop > start:
            spans.append(Span(start, stop))
        start = max(start, stop)
    count = len(spans)
    return replace(each, passages=spans, keys=each.keys[:count], vectors=each.vectors[:count])


def one_after_the_other(words: Sequence[str], wanted: Sequence[str]) -> Iterator[int]:
    """Where ``words`` have ``wanted``, without overlap."""
    at = 0
    while at <= len(words) - len(wanted):
        if list(words[at : at + len(wanted)]) == list(wanted):
            yield at
            at += len(wanted)
        else:
            at += 1


@settings(deadline=None, max_examples=80)
@given(data=st.data())
def test_all_places_are_those_that_reading_everything_finds(crowd: tuple[Index, dict[str, Spoken]], data: st.DataObject) -> None:
    """A look at the postings misses none, and shows none that is not there: the oracle compares the words of every article."""
    index, articles = crowd
    name = data.draw(st.sampled_from(sorted(articles)))
    words = articles[name].words
    first = data.draw(st.sampled_from([n for n, word in enumerate(words) if word != "."] or [None]))
    if first is None:
        return
    wanted = words[first : first + data.draw(st.integers(1, 12))]
    quote = spoken(wanted, random.Random(data.draw(st.integers(0, 99)))).text
    if wanted[-1] == ".":
        wanted.pop()
    expected = {(other, each.spans[at].start) for other, each in articles.items() for at in one_after_the_other(each.words, wanted)}
    report = index.verify_quote(quote)
    assert report.verdict == "found"
    assert {(place.article.id, place.start) for place in report.places} == expected
    assert len(report.places) == len(expected)
    for place in report.places:
        assert [token.key for token in fold(place.text.rstrip(" ."))] == [token.key for token in fold(" ".join(wanted).rstrip(" ."))]


@settings(deadline=None, max_examples=80)
@given(data=st.data())
def test_the_differences_make_up_both_texts(crowd: tuple[Index, dict[str, Spoken]], data: st.DataObject) -> None:
    """Whatever was done to a quotation: joined, the differences are what was quoted, and what the place says."""
    index, articles = crowd
    words = list(articles[data.draw(st.sampled_from(sorted(articles)))].words)
    start = data.draw(st.integers(0, len(words) - 1))
    quoted = words[start : start + data.draw(st.integers(3, 30))]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(quoted)))
        quoted[at : at + data.draw(st.integers(0, 2))] = data.draw(st.lists(st.sampled_from([*WORDS, "never"]), max_size=2))
    quote = " ".join(quoted)
    if not any(token.is_word for token in fold(quote)):
        return
    report = index.verify_quote(quote)
    for place in report.places:
        assert place.text == place.article.text[place.start : place.end]
        if report.verdict == "altered":
            assert "".join(each.original for each in place.differences) == place.text
            assert "".join(each.quoted for each in place.differences) == quote[place.quoted.start : place.quoted.end]
            assert any(each.kind != "same" for each in place.differences)
        else:
            assert not place.differences
    if report.verdict == "stitched":
        assert len(report.places) > 1
        for place in report.places:
            piece = quote[place.quoted.start : place.quoted.end]
            assert [token.key for token in fold(place.text)] == [token.key for token in fold(piece)]


@pytest.mark.parametrize(
    ("quote", "text", "pairs"),
    [
        ("I need games", "he said I don't need games now", [(0, 2), (None, 3), (1, 4), (2, 5)]),
        ("we need games", "he said I don't need games now", [(0, 3), (1, 4), (2, 5)]),
        ("need more games", "need games", [(0, 0), (1, None), (2, 1)]),
    ],
)
def test_of_equal_alignments_that_with_more_equal_words(quote: str, text: str, pairs: list[tuple[int | None, int | None]]) -> None:
    """A word is left out of "I don't need" for "I need": none is replaced."""
    assert list(align(fold(quote), fold(text)).pairs) == pairs


def distance(quote: Sequence[Token], text: Sequence[Token]) -> int:
    """The least distance to any stretch of ``text``, by the book: a table that is filled cell by cell."""
    table = [[0] * (len(text) + 1)]
    for a in quote:
        row = [table[-1][0] + weight(a)]
        for n, b in enumerate(text):
            replaced = 0 if a.key == b.key else max(weight(a), weight(b)) if a.is_word == b.is_word else weight(a) + weight(b)
            row.append(min(table[-1][n] + replaced, table[-1][n + 1] + weight(a), row[n] + weight(b)))
        table.append(row)
    return min(table[-1])


SAID = st.lists(st.sampled_from(["a", "b", "c", "d", ",", ".", "\u6771"]), min_size=1, max_size=12).map(lambda words: fold(" ".join(words)))


@given(quote=SAID, text=SAID)
def test_the_alignment_is_the_nearest(quote: list[Token], text: list[Token]) -> None:
    """Its distance is that of the textbook, and its pairs cost so much and have every token of both sides in order."""
    found = align(quote, text)
    assert found.distance == distance(quote, text)
    assert [a for a, _ in found.pairs if a is not None] == list(range(len(quote)))
    columns = [b for _, b in found.pairs if b is not None]
    assert columns == list(range(columns[0], columns[0] + len(columns))) if columns else True
    cost = 0
    for a, b in found.pairs:
        if a is None or b is None:
            cost += weight(quote[a]) if a is not None else weight(text[b]) if b is not None else 0
        elif quote[a].key != text[b].key:
            same_kind = quote[a].is_word == text[b].is_word
            cost += max(weight(quote[a]), weight(text[b])) if same_kind else weight(quote[a]) + weight(text[b])
    assert cost == found.distance


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_tokens_lie_in_the_text_in_order(text: str) -> None:
    """Whatever the text, no token overlaps another, and none is empty."""
    tokens = fold(text, is_known=lambda _: True)
    assert all(0 <= token.start < token.end <= len(text) and token.key and token.form for token in tokens)
    assert all(first.end <= second.start for first, second in pairwise(tokens))


def test_little_is_read(tmp_path: Path) -> None:
    """Of a large archive only the stretch with the rare words is looked at."""
    chance = random.Random(3)
    texts = [" ".join(f"word{chance.randrange(500)}" for _ in range(100)) for _ in range(300)]
    texts[77] += " the zebra crossed the tarmac"
    with write(tmp_path, *(cut_at_spaces(entry(article(f"a{n}", text), 200)) for n, text in enumerate(texts))):
        snapshot = Snapshot.open(tmp_path)
    words = sought(snapshot, fold("the zebra crossed the tarmac")).words
    [window] = exact_windows(snapshot, words, 30)
    assert snapshot.segments[0].article_id(window.row) == "a77"
    assert window.end - window.start < 600


def test_what_was_retracted_or_corrected_is_told(tmp_path: Path) -> None:
    """On a line of its own, and in the record."""
    folder = build(tmp_path, {"ferry": FERRY}, retracted="Made up", corrected_by="https://example.com/ferry")
    with Index.open(folder) as index:
        report = index.verify_quote("Nobody was hurt")
    lines = [line.strip() for line in quote_lines(report, Style(100, color=False, links=False))]
    assert "RETRACTED: Made up \N{MIDDLE DOT} CORRECTED: see https://example.com/ferry" in lines
    [place] = quote_record(report)["places"]
    assert (place["retracted"], place["corrected_by"]) == ("Made up", "https://example.com/ferry")


KNEW = "It rang for weeks, every day. \u201cEverybody knew,\u201d he said. \u201cWe had stopped hearing it.\u201d Then the lift came.\n"


@pytest.mark.parametrize(
    ("quote", "altered"),
    [
        ("Everybody knew. We had stopped hearing it.", True),
        ("Everybody knew, we had stopped hearing it", True),
        # A word was changed, or too little is left; nobody spoke between these
        ("Everybody lied. We had stopped.", False),
        ("Everybody knew the lift came", False),
        ("weeks it", False),
    ],
)
def test_what_a_speaker_s_name_interrupts_is_one_quotation(quote: str, altered: bool, tmp_path: Path) -> None:
    """The two pieces are shown as one place, with what was left out between them."""
    with Index.open(build(tmp_path, {"knew": KNEW, "copper": COPPER})) as index:
        report = index.verify_quote(quote)
    if not altered:
        assert report.verdict != "altered"
        return
    assert report.verdict == "altered"
    [place] = report.places
    assert place.text.startswith("Everybody knew,")
    assert place.text.endswith("hearing it") or place.text.endswith("hearing it.")
    assert "he said" in "".join(each.original for each in place.differences if each.kind != "same")
    assert "".join(each.original for each in place.differences) == place.text
