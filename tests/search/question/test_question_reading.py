"""What of a question is searched and what is not: dates, "latest", little words, acronyms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsdex import Index, Options, index_paths
from newsdex.records import Period, Results
from newsdex.search.question.date_words import may_name_weekday
from newsdex.search.question.reading import Reading, read, read_weekday
from newsdex.search.question.terms import words_of
from newsdex.search.request import Request, request_of

TODAY = date(2024, 6, 1)  # a Saturday
ARTICLES = [
    {"_id": "collapse", "title": "Harbour bridge falls", "text": "The bridge collapse blocked the harbour.", "date": "2024-03-26"},
    {"_id": "ferry", "title": "Ferry crews walk out", "text": "The crews of the ferry went on strike.", "date": "2024-03-27"},
    {"_id": "bread", "title": "Bread prize", "text": "A baker won a prize for rye bread.", "date": "2024-03-26"},
    {"_id": "strike-old", "title": "Miners strike", "text": "Miners went on strike for better pay.", "date": "2024-02-01"},
    {
        "_id": "strike-new",
        "title": "Miners strike",
        "text": "Miners went on strike for better pay, again in the north.",
        "date": "2024-05-30",
    },
    {"_id": "who", "title": "WHO warns of measles", "text": "The WHO said that measles spread.", "date": "2024-04-10"},
    {
        "_id": "band",
        "title": "The band returns",
        "text": "The singer who left the band is back, and it plays for us.",
        "date": "2024-04-11",
    },
    {"_id": "us", "title": "Tariffs", "text": "The U.S. raised tariffs on steel.", "date": "2024-04-12"},
    {"_id": "undated", "title": "Miners strike", "text": "Miners went on strike for better pay, in the south."},
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """Some stories of one spring."""
    folder = tmp_path_factory.mktemp("reading")
    lines = [json.dumps({"language": "en", **article}) + "\n" for article in ARTICLES]
    (folder / "a.jsonl").write_text("".join(lines), encoding="utf-8")
    index_paths([folder / "a.jsonl"], folder / "index", Options(model="hash"))
    with Index.open(folder / "index") as opened:
        yield opened


def ask(index: Index, question: str, **options: object) -> Results:
    """The answer on TODAY."""
    return index.asker().answer(request_of(question, **{"collapse": False, **options}), today=TODAY)  # type: ignore[arg-type]


def scores(results: Results) -> list[tuple[str, float]]:
    return [(hit.article.id, hit.score) for hit in results]


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_the_words_of_a_date_are_no_search_words(index: Index, mode: str) -> None:
    """A question with a date has the very scores of the one without it among the articles of these days and the ten after."""
    plain = ask(index, "bridge collapse", since="2024-03-01", until="2024-04-10", mode=mode)
    assert scores(ask(index, "bridge collapse in March 2024", mode=mode)) == scores(plain)
    assert plain[0].article.id == "collapse"


def test_where_nothing_was_published_then_all_words_count(index: Index) -> None:
    """The answers of other dates are those of the question as it was asked."""
    found = ask(index, "bridge collapse in May 2023")
    assert scores(found) == scores(ask(index, "bridge collapse in May 2023", read_dates=False))
    assert "these have other dates" in found.remarks[0]


def test_an_answer_that_tells_of_the_date_needs_no_remark_on_dates(tmp_path: Path) -> None:
    """A later report of that year's figure answers; that nothing was published in that year would only confuse. It is said of an article
    that does not name the year, in which case some have no date.
    """
    lines = [
        {"_id": "count", "text": "In 2011 a total of 2,706 rangers defected from Tarvin.", "date": "2018-02-01"},
        {"_id": "undated", "text": "The ferry of Lindau sank."},
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"language": "en", **line}) + "\n" for line in lines), encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as opened:
        found = opened.search("how many rangers defected from Tarvin in 2011")
        assert (found[0].article.id, found.answerable, found.remarks) == ("count", True, ())
        for question in ("how many rangers defected from Tarvin in 2012", "how many rangers defected from Tarvin in May 2011"):
            dates, undated = opened.search(question).remarks
            assert dates.startswith("No article published")
            assert undated.startswith("1 of 2 articles have no date")


@pytest.mark.parametrize(
    ("typed", "options"),
    [(" since:2018", {}), ("", {"since": "2018"}), ("", {"where": {"type": "gte", "key": "published", "value": "2018-01-01"}})],
    ids=["operator", "option", "filter"],
)
def test_a_filter_by_date_without_an_answer_says_how_many_have_no_date(tmp_path: Path, typed: str, options: dict[str, Any]) -> None:
    """However the dates are given."""
    lines = [
        {"_id": "count", "text": "A total of 2,706 rangers defected from Tarvin.", "date": "2018-02-01"},
        {"_id": "undated", "text": "The ferry of Lindau sank in the storm."},
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"language": "en", **line}) + "\n" for line in lines), encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as opened:
        assert opened.search("ferry Lindau").answerable
        found = opened.search("ferry Lindau" + typed, **options)
        undated = {"type": "eq", "key": "published", "value": ""}
        others = [undated, {"type": "not", "filters": [{"type": "gte", "key": "published", "value": "2018-01-01"}]}]
        for where in others:
            assert not any("no date" in remark for remark in opened.search("rangers defected Tarvin", where=where).remarks)
    assert not found.answerable
    told = "1 of 2 articles have no date, so searches with dates leave them out. Search without dates to include them."
    assert [remark for remark in found.remarks if "no date" in remark] == [told]


def test_the_last_week_of_a_text_is_not_that_of_the_question(tmp_path: Path) -> None:
    lines = [
        {"_id": "old", "text": "Last week a total of 2,706 rangers defected from Tarvin.", "date": "2024-03-01"},
        {"_id": "new", "text": "The ferry of Lindau sank.", "date": "2024-05-08"},
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"language": "en", **line}) + "\n" for line in lines), encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as opened:
        found = opened.search("how many rangers defected from Tarvin last week", as_of="2024-05-09")
    assert (found[0].article.id, found.answerable) == ("old", True)
    assert found.remarks[0].startswith('No article published from 2024-04-29 to 2024-05-05 ("last week")')


def test_the_day_that_dates_count_from_is_told_where_they_limit_the_search(tmp_path: Path) -> None:
    """It explains the days in the remark on them, and says nothing where that remark is left out."""
    line = {"_id": "count", "language": "en", "text": "In May a total of 2,706 rangers defected from Tarvin.", "date": "2018-02-01"}
    (tmp_path / "a.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as opened:
        found = opened.search("how many rangers defected from Tarvin in May")
        assert (found[0].article.id, found.answerable, found.remarks) == ("count", True, ())
        counted, dates = opened.search("how many rangers defected from Tarvin in July").remarks
        assert counted == "Dates count from 2018-02-01, the day of the newest article; to count from another day: --as-of"
        assert dates.startswith("No article published from 2017-07-01")


def test_a_remark_on_dates_is_true_of_the_first_hit(demo_index: Path) -> None:
    """What is found by the words of the date may be of that date all the same; a near miss does not displace an answer of that date."""
    with Index.open(demo_index) as opened:
        found = opened.search("Qui a gagn\u00e9 l'euro de football 2024 ?", as_of="2025-03-01")
        assert str(found[0].article.published).startswith("2024")
        assert [remark.split(" 2024")[0] for remark in found.remarks] == ["Few of these articles were published from"]
        found = opened.search("who won the euro football championship 2024", as_of="2025-03-01")
        assert found.answerable
        assert "Spain won the European football championship" in found[0].answer_text


@pytest.mark.parametrize(
    "question",
    [
        "What happened on 26 March 2024?",
        "26 March 2024",
        "news of 2024-03-26",
        "Was ist am 26. März 2024 passiert?",
        "events on 26 March 2024",
        "26 March 2024's top stories",
    ],
)
def test_a_date_without_a_topic_lists_its_stories(index: Index, question: str) -> None:
    """Those of the day, then those of the day after, each as an answer."""
    found = ask(index, question, limit=10) if "Was" not in question else None
    if found is None:
        reading = read(question, TODAY, ["de", "en"])
        assert (reading.period and reading.period.since, reading.listed) == (date(2024, 3, 26), True)
        return
    assert scores(found) == [("bread", 1.0), ("collapse", 1.0), ("ferry", 1.0)]
    assert (found.answerable, found.total) == (True, 3)
    assert found.period == Period(date(2024, 3, 26), date(2024, 3, 26), found.period.words if found.period else "")


@pytest.mark.parametrize("question", ["what happened", "news", "What is new?", "headlines"])
@pytest.mark.parametrize("days", [{"on": "2024-03-26"}, {"since": "2024-03-26", "until": "2024-03-26"}], ids=["on", "since and until"])
def test_a_question_without_a_topic_lists_the_days_of_the_options(index: Index, question: str, days: dict[str, str]) -> None:
    """Each article of these days, as an answer, and no other; but no article for the words as typed."""
    found = ask(index, question, limit=10, **days)
    assert scores(found) == [("bread", 1.0), ("collapse", 1.0)]
    assert (found.answerable, [remark[:29] for remark in found.remarks]) == (True, ["1 of 9 articles have no date,"])
    assert not ask(index, question, literal=True, **days).answerable


@pytest.mark.parametrize(
    ("question", "day"),
    [("What happened on Tuesday?", "2024-05-28"), ("news from Monday", "2024-05-27"), ("what happened Thursday", "2024-05-30")],
)
def test_the_news_of_a_weekday_are_those_of_the_last_one_before_the_newest_article(index: Index, question: str, day: str) -> None:
    """Or on its day, 2024-05-30, a Thursday; the remark names the day."""
    found = index.asker().answer(request_of(question), today=date(2026, 11, 28))
    assert found.period
    assert found.period.since == found.period.until == date.fromisoformat(day)
    assert f"published on {day}" in " ".join(found.remarks)
    assert [hit.article.id for hit in found] == (["strike-new"] if day == "2024-05-30" else [])
    # As the archive stood on 12 April, a Friday
    assert [hit.article.id for hit in ask(index, "what happened on Thursday", as_of="2024-04-12")] == ["band", "us"]
    assert ask(index, "miners strike on Tuesday").period is None
    assert ask(index, "Tuesday").period is None


@pytest.mark.parametrize(
    "question",
    [
        "was ist am Dienstag passiert",
        "was geschah am Dienstag?",
        "que paso el martes",
        "\u00bfQu\u00e9 pas\u00f3 el martes?",
        "que s'est-il pass\u00e9 mardi",
        "que se passe-t-il mardi ?",
    ],
)
def test_a_weekday_in_another_language(question: str) -> None:
    """2024-05-28 is the last Tuesday before 2024-06-01; accents need not be typed."""
    found = read_weekday(question, TODAY, {"en", "de", "es", "fr"})
    assert found
    assert found.listed
    assert found.period
    assert found.period.since == found.period.until == date(2024, 5, 28)


SAID = ["what happened", "news", "on tuesday", "am Dienstag", "mardi", "in may", "in may 2023", "last week", "before 2025", "yesterday"]


@given(st.lists(st.sampled_from(SAID)))
def test_no_other_question_is_read_for_a_weekday(words: list[str]) -> None:
    question, languages = " ".join(words), {"en", "de", "fr"}
    if read(question, TODAY, languages).period is None and read_weekday(question, date(2023, 5, 28), languages):
        assert may_name_weekday(question, languages)


def test_days_count_from_the_newest_article_of_an_archive_out_of_use(index: Index) -> None:
    """That of 2024-05-30, more than 31 days before the question is asked; a day with its year, and one to count from, stay."""

    def asked(question: str, today: date, **options: Any) -> tuple[Period | None, bool]:
        found = index.asker().answer(request_of(question, **options), today=today)
        return found.period, "Dates count from 2024-05-30" in " ".join(found.remarks)

    later, april = date(2026, 11, 28), Period(date(2024, 4, 1), date(2024, 4, 30), "in April")
    assert asked("what happened in April", later) == (april, True)
    assert asked("what happened in April", date(2024, 6, 30)) == (april, False)
    assert asked("what happened in April", later, as_of="2025-12-31") == (Period(date(2025, 4, 1), date(2025, 4, 30), "in April"), False)
    assert asked("what happened in April 2025", later) == (Period(date(2025, 4, 1), date(2025, 4, 30), "in April 2025"), False)
    period, told = asked("miners strike last year", later)
    assert (period and period.since, told) == (date(2023, 1, 1), True)


def test_a_list_is_of_the_newest_first(index: Index) -> None:
    """Of a longer time and of all time; pages of it follow each other, and those without a date come last."""
    assert [hit.article.id for hit in ask(index, "what happened in April 2024?", limit=10)] == ["us", "band", "who"]
    everything = [hit.article.id for hit in ask(index, "latest news", limit=20)]
    dated = sorted((a for a in ARTICLES if "date" in a), key=lambda a: (-date.fromisoformat(a["date"]).toordinal(), a["_id"]))
    assert everything == [*(a["_id"] for a in dated), "undated"]
    assert [hit.article.id for hit in ask(index, "latest news", limit=3, offset=2)] == everything[2:5]


@pytest.mark.parametrize(
    "question",
    [
        "What's new?",
        "was gibt's Neues?",
        "Was gibt es Neues",
        "quoi de neuf ?",
        "\u00bfQu\u00e9 hay de nuevo?",
        "novit\u00e0?",
    ],
)
def test_whats_new_lists_the_newest(index: Index, question: str) -> None:
    """As "latest news" does."""
    found = ask(index, question, limit=20)
    assert scores(found) == scores(ask(index, "latest news", limit=20))
    assert ask(index, question, limit=20, on="2024-03-26").total == 2


@pytest.mark.parametrize(
    ("question", "newest"),
    [
        ("was gibt's Neues in Berlin?", "was gibt's Neues"),
        ("quoi de neuf \u00e0 Berlin ?", "quoi de neuf"),
        ("what's new in Berlin", "what's new"),
    ],
)
def test_whats_new_somewhere_is_a_question_for_the_place(question: str, newest: str) -> None:
    """Its beginning is not searched, and the newest are wanted."""
    assert read(question, TODAY, ["de", "fr"]) == Reading("Berlin", newest=newest)


@pytest.mark.parametrize("question", ["What happened last week?", "what happened in 2023?"])
def test_the_list_of_days_without_stories_is_empty(index: Index, question: str) -> None:
    """Stories of other days are no answer to it, and the days that there are get named."""
    found = ask(index, question, limit=10)
    assert (scores(found), found.answerable) == ([], False)
    assert any(remark.startswith("No article was published") and "from 2024-02-01 to 2024-05-30" in remark for remark in found.remarks)


@pytest.mark.parametrize(
    "question",
    [
        *("what's new on the miners strike?", "Anything new about the miners strike", "any news on the miners strike"),
        *(
            "news about the miners strike",
            "Hi, what is new with the miners strike",
            "miners strike news",
            "any updates on the miners strike",
        ),
        *("was gibt es Neues zum miners strike", "quoi de neuf sur miners strike", "\u00bfqu\u00e9 hay de nuevo en miners strike?"),
        *(
            "du nouveau sur miners strike ?",
            "novedades sobre miners strike",
            "novit\u00e0 sul miners strike",
            "wat is er nieuw op miners strike",
        ),
    ],
)
def test_the_news_of_a_topic_are_its_latest(index: Index, question: str) -> None:
    """As for "latest on" it, in every language that has words for "what's new?"."""
    found = ask(index, question, limit=9)
    assert [hit.article.id for hit in found][:3] == ["strike-new", "strike-old", "undated"]
    assert any("Newer articles first" in remark for remark in found.remarks)


@pytest.mark.parametrize(
    "question",
    [
        *("News of the World phone hacking", "fake news about vaccines", "what happened in Berlin", "news in brief about it", "good news"),
        *("what the news said about Berlin", "Berlin news agency", "the long strike of the miners of Berlin news"),
    ],
)
def test_other_news_ask_for_no_date(question: str) -> None:
    """Names and phrases with "news", and questions for what happened."""
    assert read(question, TODAY, ["en"], is_name=lambda words: words == "good news").newest == ""


def test_news_at_the_end_may_be_a_name(tmp_path: Path) -> None:
    """Of a source, or one that articles write: then the word is searched, and nothing is sorted by date."""
    lines = [
        {"_id": "a", "text": "Harbour News said on Friday that the ferry sank.", "date": "2024-03-01"},
        {"_id": "b", "text": "The harbour was closed on Friday, and the ferry left the quay.", "date": "2024-03-02", "source": "Quay News"},
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"language": "en", **line}) + "\n" for line in lines), encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as index:
        told = {question: index.search(question).remarks for question in ("harbour news", "Quay news", "ferry news", "ferry quay news")}
    assert {question: any("Newer" in remark for remark in remarks) for question, remarks in told.items()} == {
        "harbour news": False,
        "Quay news": False,
        "ferry news": True,
        "ferry quay news": False,
    }


@pytest.mark.parametrize("question", ["latest news about the miners strike", "miners strike, newest", "Most recent miners strike"])
def test_the_latest_comes_first(index: Index, question: str) -> None:
    """Of articles that answer about as well, the newer ones; whatever is not on the matter stays behind, however new."""
    found = ask(index, question, limit=9)
    assert [hit.article.id for hit in found][:3] == ["strike-new", "strike-old", "undated"]
    assert any("Newer articles first" in remark for remark in found.remarks)
    assert sorted(scores(ask(index, question, limit=9, mode="lexical"))) == sorted(
        scores(ask(index, "miners strike", limit=9, mode="lexical"))
    )


def test_nothing_is_newer_without_dates(tmp_path: Path) -> None:
    """No remark says that newer ones are first, and one that none has a date."""
    (tmp_path / "a.txt").write_text("Strike\n\nThe miners strike for higher wages in Tarvin.", encoding="utf-8")
    index_paths([tmp_path / "a.txt"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as opened:
        found = opened.search("latest on the miners strike")
        assert len(found) == 1
        assert found.remarks == ('None of these articles has a date, so they are not ordered by date ("latest").',)


def test_near_is_three_tenths_of_a_point(tmp_path: Path) -> None:
    """By words alone, worked out by hand: all articles have one of two words in their text. The second has both, and more than 0.3 points
    more than the first.
    """
    lines = [
        {"_id": "both", "text": "Copper fell in Lima.", "date": "2024-01-01"},
        {"_id": "one", "text": "Copper rose in Oslo.", "date": "2024-05-01"},
        {"_id": "long", "text": "Copper of Lima: " + "prices of metal and how they are made. " * 3, "date": "2024-05-02"},
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"language": "en", **line}) + "\n" for line in lines), encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as index:
        points = {
            hit.article.id: sum(part.points for part in hit.parts) for hit in index.search("copper Lima", mode="lexical", explain=True)
        }
        assert 0.15 < points["both"] - points["long"] < 0.3 < points["both"] - points["one"] < 0.8
        assert [hit.article.id for hit in index.search("latest copper Lima", mode="lexical")] == ["long", "both", "one"]


def test_the_day_of_an_archive_is_its_today(index: Index) -> None:
    """With --as-of, "yesterday" is the day before that one, and what came later is not there."""
    found = ask(index, "what happened yesterday?", as_of="2024-03-27")
    assert [hit.article.id for hit in found] == ["bread", "collapse", "ferry"]
    assert found.period == Period(date(2024, 3, 26), date(2024, 3, 26), "yesterday")
    assert ask(index, "strike this week", as_of="2024-03-30")[0].article.id == "ferry"
    assert ask(index, "what happened yesterday?").period == Period(TODAY - timedelta(1), TODAY - timedelta(1), "yesterday")


@pytest.mark.parametrize(
    ("question", "first"),
    [("WHO measles", "who"), ("WHO", "who"), ("what did the WHO say?", "who"), ("US tariffs", "us"), ("U.S.", "us"), ("US", "us")],
)
def test_acronyms_are_words(index: Index, question: str, first: str) -> None:
    """In capitals they find the body or the country, and not the pronoun."""
    found = ask(index, question, mode="lexical")
    assert [hit.article.id for hit in found] == [first]


@pytest.mark.parametrize("question", ["AND OR NOT", "who is it", "WHO IS IT", "What is this about?", "us", "what time is it"])
def test_little_words_alone_find_nothing(index: Index, question: str) -> None:
    """No article is found by them, and none answers."""
    assert ask(index, question, mode="lexical").hits == ()
    assert not ask(index, question).answerable


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("What time does the ferry leave?", "ferry leave"),
        ("what year was the old bridge closed", "old bridge closed"),
        ("which month was the ferry new", "ferry new"),
        ("how long is the bridge closed", "bridge closed"),
        ("how much does the ferry cost", "ferry cost"),
    ],
)
def test_a_part_of_the_question_word_is_no_search_word(question: str, rest: str) -> None:
    """An answer has a time in its place. Elsewhere the word counts."""
    assert words_of(question, ["en"]) == words_of(rest, ["en"])
    assert len(words_of("the year of what time", ["en"])) == 1


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("bridge collapse", Reading("bridge collapse")),
        ("latest on the ferry", Reading("on the ferry", None, "latest")),
        ("Latest news from Lima", Reading("Lima", None, "Latest")),
        ("Sky News profits", Reading("Sky News profits")),
        ("recent bank failures", Reading("bank failures", None, "recent")),
        ("What's going on in Kenya?", Reading("Kenya")),
        ("what happened to the bridge in Lima", Reading("the bridge in Lima")),
        ("Can you tell me more about the strike?", Reading("the strike")),
        ("do you have anything on copper", Reading("copper")),
        ("I need the story about the stolen bell", Reading("the stolen bell")),
        ("can you find the article about bananas?", Reading("bananas")),
        ("do we have anything on otters", Reading("otters")),
        ("i need background on otters", Reading("otters")),
        ("what should I know about copper", Reading("copper")),
        ("what's the latest on Lima", Reading("on Lima", None, "latest")),
        ("find copper mine strike", Reading("copper mine strike")),
        ("please give me the copper strike", Reading("copper strike")),
        ("report on the copper strike", Reading("the copper strike")),
        ("copper mine news", Reading("copper mine")),
        ("copper mine story, please", Reading("copper mine")),
        ("COP29 article?", Reading("COP29")),
        ("copper news stories", Reading("copper")),
        ("Kupferstreik Artikel", Reading("Kupferstreik")),
        ("Was ist in Lindau passiert?", Reading("Lindau")),
        ("\u00bfQu\u00e9 pas\u00f3 con Evo Morales?", Reading("Evo Morales")),
        ("que s'est-il passé à Lyon ?", Reading("Lyon")),
        # No topic follows, or something is asked about it.
        ("copper news", Reading("copper news")),
        ("Toy Story", Reading("Toy Story")),
        ("the Mueller report", Reading("the Mueller report")),
        ("give me news", Reading("news")),
        ("find out", Reading("find out")),
        ("give me a recipe", Reading("give me a recipe")),
        ("what happened to him", Reading("what happened to him")),
        ("what happened", Reading("what happened")),
        ("what is the price of copper", Reading("what is the price of copper")),
        ("what do we need to find", Reading("what do we need to find")),
        ("can I see the story of my life", Reading("can I see the story of my life")),
        ("articles of association", Reading("articles of association")),
    ],
)
def test_reading(question: str, expected: Reading) -> None:
    """What is searched, and what else the question says."""
    reading = read(question, TODAY, ["en"])
    assert reading._replace(text=" ".join(reading.text.split())) == expected


def test_a_literal_question_keeps_its_opening() -> None:
    """``--literal`` searches the words as typed."""
    assert read("What's going on in Kenya?", TODAY, ["en"], literal=True).text == "What's going on in Kenya?"


def test_explained_lists_and_requests_of_one_kind(index: Index) -> None:
    """A list has no parts, for nothing was compared; many questions at once are answered as each alone."""
    questions = ["What happened on 26 March 2024?", "latest miners strike", "bridge collapse in March 2024", "US"]
    requests, asker = [Request(question) for question in questions], index.asker()
    together = asker.answer_many(requests, today=TODAY)
    assert [scores(each) for each in together] == [scores(asker.answer(request, today=TODAY)) for request in requests]
    assert all(hit.parts == () for hit in ask(index, questions[0], explain=True))
