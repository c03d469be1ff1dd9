"""Which sentences a reader chooses among, when it is asked at all, and what follows if none answers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from newsdex import Index, Options, index_paths
from newsdex.encoder import DEFAULT_MODEL, MULTILINGUAL_MODEL
from newsdex.engines.reader import Reader, Reading
from newsdex.search.answer import hits, paging
from newsdex.search.answer.hits import to_read

MAYOR = (
    "Tom Ruiz was sworn in as mayor of Elston on Monday. "
    "The former teacher has promised to rebuild the school by the river. "
    "Before the vote, he said, he would listen more than he talks. "
    "Voters chose him by a margin of 212 votes."
)
LIBRARY = " ".join(
    f"The council closed the library {rest}."
    for rest in (
        "in the old town on Friday",
        "with a small ceremony",
        "although many had protested",
        "at the end of its lease",
        "and moved its books to Brand Street",
        "for good, it said",
        "a week before the summer holidays",
        "after 90 years",
        "with the votes of all its members",
    )
)
BUDGETS = [
    f"The town of {name} voted on a budget for the roads. The vote of the town on its budget was on Monday."
    for name in ("Arl", "Brock", "Cray", "Dorn", "Elm", "Fulk", "Gort")
]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reading")
    german = (
        "Eva Lenz wurde am Montag als Bürgermeisterin von Bernau vereidigt. Die frühere Lehrerin will die Schule am Fluss wieder aufbauen."
    )
    articles = [
        {"id": "mayor", "title": "Elston has a new mayor", "text": MAYOR, "language": "en", "date": "2024-05-06"},
        {"id": "de", "title": "Bernau hat eine neue Bürgermeisterin", "text": german, "language": "de", "date": "2024-05-07"},
        {"id": "library", "title": "Library closes", "text": LIBRARY, "language": "en", "date": "2024-05-08"},
        *({"id": text[:20], "title": text[:20], "text": text, "language": "en", "date": "2024-05-08"} for text in BUDGETS),
    ]
    (folder / "news.jsonl").write_text("\n".join(map(json.dumps, articles)), encoding="utf-8")
    index_paths([folder / "news.jsonl"], folder / "index", Options(model=DEFAULT_MODEL))
    return folder / "index"


@pytest.fixture(scope="module")
def abroad(archive: Path) -> Path:
    """The same articles with the multilingual model."""
    index_paths([archive.parent / "news.jsonl"], archive.parent / "abroad", Options(model=MULTILINGUAL_MODEL))
    return archive.parent / "abroad"


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The models whose readers read."""
    found: list[str] = []
    read = Reader.read

    def seen(self: Reader, question: str, sentences: Sequence[str]) -> Reading:
        found.append(self._name)
        return read(self, question, sentences)

    monkeypatch.setattr(Reader, "read", seen)
    return found


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The sentences that were read, article by article."""
    found: list[list[str]] = []
    read = Reader.read

    def seen(self: Reader, question: str, sentences: Sequence[str]) -> Reading:
        found.append(list(sentences))
        return read(self, question, sentences)

    monkeypatch.setattr(Reader, "read", seen)
    return found


@pytest.mark.parametrize(
    ("scores", "read"),
    [
        ([1.0], [0]),
        ([1.0, 2.0], [1, 0]),
        ([0.6, 9.0, 0.4, 0.3, 0.2, 0.1, 0.8, 0.7, 0.0, -1.0], [1, 6, 7, 0, 2, 3, 4, 5]),
        ([-np.inf, 2.0, 1.9, -np.inf], [1, 2, 0, 3]),
    ],
    ids=["one", "two", "eight of ten", "skipped ones"],
)
def test_the_best_eight_may_be_read(scores: list[float], read: list[int]) -> None:
    assert to_read(np.array(scores)) == read


def test_a_sentence_that_answers_in_other_words_is_found(archive: Path, read: list[list[str]]) -> None:
    with Index.open(archive) as index:
        hits = index.search("what did Tom Ruiz, mayor of Elston, do for a living before")
    assert hits[0].answer_text == "The former teacher has promised to rebuild the school by the river."
    assert read[0] == MAYOR.replace(". ", ".\n").split("\n")


def test_a_question_whether_a_statement_is_true_is_read(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is searched is the statement; a statement alone is not read."""
    asked: list[str] = []
    read = Reader.read
    monkeypatch.setattr(Reader, "read", lambda self, question, some: (asked.append(question), read(self, question, some))[1])
    with Index.open(archive) as index:
        statement = index.search("Tom Ruiz was a teacher.")
        assert asked == []
        hits = index.search("Is it true that Tom Ruiz was a teacher?")
    assert asked[0].casefold() == "is it true that tom ruiz was a teacher"
    assert (statement[0].article.id, hits[0].article.id) == ("mayor", "mayor")
    assert hits[0].answer_text == "The former teacher has promised to rebuild the school by the river."


def test_a_follow_up_is_not_doubted(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without what it depends on, the odds are lower, and say little."""
    history = ["Why did the town of Arl vote on a budget?"]
    scores = []
    with Index.open(archive) as index:
        read = Reader.read
        for told in (-0.1, -6.5):
            monkeypatch.setattr(Reader, "read", lambda *given, told=told: read(*given)._replace(answered=told))
            scores.append(index.search("when was that?", history=history, min_score=0)[0].score)
    assert scores[0] == scores[1]


@pytest.mark.parametrize(("told", "less"), [(4.0, 0.0), (-2.4, 0.0), (-3.0, 1.5), (-6.5, 12.0)])
def test_hits_are_as_much_less_probable_as_an_answer_is_missing(
    archive: Path, monkeypatch: pytest.MonkeyPatch, told: float, less: float
) -> None:
    """All, on every page, and their passages, in log odds, by thrice what it has below -2.5. If none answers, a remark says so."""
    question = "why did the town vote on a budget"
    with Index.open(archive) as index:
        read = Reader.read
        monkeypatch.setattr(Reader, "read", lambda *given: read(*given)._replace(answered=-0.1))
        before = index.search(question, limit=10, min_score=0)
        monkeypatch.setattr(Reader, "read", lambda *given: read(*given)._replace(answered=told))
        found = index.search(question, limit=10, min_score=0, explain=True)
        later = index.search(question, limit=2, offset=2, min_score=0)
        asked = index.search(question)
    assert [hit.article.id for hit in found] == [hit.article.id for hit in before]
    assert [log_odds(hit.score) for hit in found] == pytest.approx([log_odds(hit.score) - less for hit in before], abs=1e-6)
    assert found[0].score >= max(match.score for hit in found for match in hit.matches)
    assert [hit.score for hit in later] == [hit.score for hit in found[2:4]]
    told_by = [part.points for part in found[0].parts if part.name == "reading"]
    assert told_by == pytest.approx([-less / 6.32] * (less > 0), abs=1e-6)
    assert asked.answerable == (found[0].score >= 0.2) == ("no sentence of it seems to answer" not in " ".join(asked.remarks))


@pytest.mark.parametrize(
    ("told", "points", "chosen", "less"),
    [
        ((0.0, 3.0), 99.0, 0, 0.0),
        ((-0.1, 3.0), 99.0, 1, 0.0),
        ((-0.1, -9.0), 99.0, 1, 0.0),
        ((-0.1, 3.0), -99.0, 0, 0.0),
        ((-4.0, -3.0), -99.0, 0, 1.5),
    ],
    ids=["not needed", "they answer", "one is better", "none is better", "none answers"],
)
def test_four_more_are_read_if_the_first_do_not_surely_answer(
    archive: Path,
    read: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    told: tuple[float, float],
    points: float,
    chosen: int,
    less: float,
) -> None:
    """The best of all eight is shown: ``points`` are those of the other four. The better four tell what the hits are worth.
    If none seems to answer, the title is read.
    """
    odds, seen = iter((0.0, *told, -9.0)), Reader.read

    def reading(self: Reader, question: str, sentences: Sequence[str]) -> Reading:
        each = 0.0 if not read else points
        seen(self, question, sentences)
        return Reading(np.full(len(sentences), each, np.float32), next(odds))

    monkeypatch.setattr(Reader, "read", reading)
    question = "why did the council close the library"
    with Index.open(archive) as index:
        before = index.search(question, min_score=0)
        read.clear()
        hits = index.search(question, min_score=0)
    titles = [texts for texts in read if texts == ["Library closes"]]
    sentences = [texts for texts in read if texts not in titles]
    assert len(titles) == (max(told) < -2.5)
    assert [len(texts) for texts in sentences] == ([4] if told[0] >= 0 else [4, 4])
    assert len({text for texts in sentences for text in texts}) == 4 * len(sentences)
    assert hits[0].answer_text in read[chosen]
    assert log_odds(hits[0].score) == pytest.approx(log_odds(before[0].score) - less, abs=1e-6)


@pytest.mark.parametrize("menu", ["", "1\n/\n2\n"])
@pytest.mark.parametrize(
    ("question", "answered"),
    [
        ("how many people died at the Gant dam", True),
        ("who is the mayor of Tarvin that resigned", True),
        ("how old is the mayor of Tarvin", False),
        ("what was the price of the rye bread of Lind", False),
    ],
)
def test_what_only_the_title_says_answers(tmp_path: Path, question: str, answered: bool, menu: str) -> None:
    """By the reader itself: the texts below do not repeat their titles. What is left of a menu is no lead."""
    articles = {
        "Gant dam bursts, killing 14": "Water swept through the valley of Gant before dawn. Rescue teams searched the banks.",
        "Mayor Anna Bell of Tarvin resigns over harbour loan": "The council met in the evening. Her deputy takes over until the summer.",
        "Bakery wins prize": "The bakery of Lind won a prize for its rye bread on Monday. It opened in 1950.",
    }
    rows = ({"id": title[:4], "title": title, "text": menu + text, "language": "en"} for title, text in articles.items())
    (tmp_path / "news.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    index_paths([tmp_path / "news.jsonl"], tmp_path / "index", Options(model=DEFAULT_MODEL))
    with Index.open(tmp_path / "index") as index:
        found = index.search(question)
        assert found.answerable == answered
        if answered:  # the lead is shown, which says the same most likely
            assert found[0].article.text.removeprefix(menu).startswith(found[0].answer_text)


def log_odds(score: float) -> float:
    return math.log(score / (1 - score))


@pytest.mark.parametrize(
    ("told", "order", "less"),
    [
        ((1.0, 9.0, 9.0), [0, 1, 2], 0.0),
        ((-1.0, 1.5, 9.0), [1, 0, 2], 0.0),
        ((-1.0, -2.0, 4.0), [2, 0, 1], 0.0),
        ((-2.0, -2.0, -2.0), [0, 1, 2], 0.0),
        ((-6.0, -3.0, -4.5), [1, 2, 0], 1.5),
    ],
    ids=["the first answers", "the second", "the third", "none", "none at all"],
)
def test_more_articles_are_read_until_one_answers(
    archive: Path, monkeypatch: pytest.MonkeyPatch, told: tuple[float, float, float], order: list[int], less: float
) -> None:
    """Those that are nearly as good. They are in the order of what is told of them, whatever page is asked for, and the scores keep their
    places.
    """
    question, seen, texts = "why did the town vote on a budget", Reader.read, list[str]()
    with Index.open(archive) as index:
        monkeypatch.setattr(Reader, "read", lambda *given: seen(*given)._replace(answered=-0.1))
        before = index.search(question, limit=10)
        assert sum(hit.answers for hit in before) > 4
        odds = {hit.article.text: each for hit, each in zip(before, told, strict=False)}

        def read(self: Reader, question: str, sentences: Sequence[str]) -> Reading:
            text = " ".join(sentences)
            texts.extend([text] * (text in odds))  # a title answers nothing
            return seen(self, question, sentences)._replace(answered=odds.get(text, -9.0))

        monkeypatch.setattr(Reader, "read", read)
        found = index.search(question, limit=10, min_score=0)
        count = next((number for number, each in enumerate(told, 1) if each >= 1), 3)
        assert texts == [hit.article.text for hit in before[:count]]
        ids = [hit.article.id for hit in before]
        assert [hit.article.id for hit in found][: len(ids)] == [*(ids[place] for place in order), *ids[3:]]
        scores = [log_odds(hit.score) - less for hit in before]
        assert [log_odds(hit.score) for hit in found][: len(ids)] == pytest.approx(scores, abs=1e-6)
        later = index.search(question, limit=2, offset=1, min_score=0)
        shown = [[(hit.article.id, hit.score, hit.answer_text) for hit in page] for page in (later, found[1:3])]
        assert shown[0] == shown[1]


@pytest.mark.parametrize(
    ("question", "article", "score", "more"),
    [
        ("how many years did the school have", "library", 0.167, 0.644),
        ("why did the old reading room shut", "library", 0.089, 0.089),
        ("who protested on Monday", "mayor", 0.031, None),
    ],
    ids=["may answer", "has unknown words", "less"],
)
@pytest.mark.parametrize("told", [0.0, -0.1], ids=["answers", "does not"])
def test_an_article_in_other_words_is_shown_if_a_sentence_answers(
    archive: Path, monkeypatch: pytest.MonkeyPatch, question: str, article: str, score: float, more: float | None, told: float
) -> None:
    """From a probability of .05 on: .64 instead of .17 is 2.2 more in log odds. What has less is not read. Words that no article has are
    mostly names: with them, nothing is more probable. A least score is compared with what it is then.
    """
    texts, seen = list[str](), Reader.read

    def read(self: Reader, question: str, sentences: Sequence[str]) -> Reading:
        texts.extend(sentences)
        return seen(self, question, sentences)._replace(answered=told)

    monkeypatch.setattr(Reader, "read", read)
    with Index.open(archive) as index:
        hits = index.search(question)
        good = index.search(question, min_score=hits[0].score - 1e-6)
        assert not index.search(question, min_score=hits[0].score + 1e-6).hits
    assert [hit.article.id for hit in good][:1] == [hits[0].article.id] == [article]
    assert bool(texts) == (more is not None)
    found = more if more and told >= 0 else score
    assert hits[0].score == pytest.approx(found, abs=2e-3)
    assert hits.answerable == hits[0].answers == (found >= 0.16)


def test_a_certain_hit_is_not_raised(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The probability of very many points is rounded to 1, whose odds are infinite."""
    seen = Reader.read
    monkeypatch.setattr(Reader, "read", lambda *given: seen(*given)._replace(answered=3.0))
    monkeypatch.setattr(hits, "probabilities", lambda points, _mode: np.ones(len(points)))
    with Index.open(archive) as index:
        assert index.search("why did the council close the library")[0].score == 1.0


CRANES = {
    "near": ("Harbour crane", "A crane at the Elston port fell. It hit a wall. The harbour was shut."),
    "behind": ("Elston port", "The port of Elston has a new crane. It opens in May."),
}


@pytest.mark.parametrize(
    ("other", "question", "count"),
    [
        ("near", "who was hurt when the crane fell at Elston harbour", 2),  # 1.1 behind the first, in log odds
        ("behind", "how high was the crane that fell in Elston", 1),  # 3.1 behind
    ],
)
def test_only_what_is_nearly_as_good_is_read(
    tmp_path: Path, read: list[list[str]], monkeypatch: pytest.MonkeyPatch, other: str, question: str, count: int
) -> None:
    """Even if the first one does not answer."""
    first = ("Crane falls in Elston", "On Monday a crane fell at the harbour of Elston. It hit a wall. The port was shut for hours.")
    told = [first, CRANES[other], ("Fish market", "The fish market of Dorn sold less. Its harbour is small.")]
    articles = [{"id": title, "title": title, "text": text, "language": "en"} for title, text in told]
    (tmp_path / "news.jsonl").write_text("\n".join(map(json.dumps, articles)), encoding="utf-8")
    index_paths([tmp_path / "news.jsonl"], tmp_path / "index", Options(model=DEFAULT_MODEL))
    seen = Reader.read
    monkeypatch.setattr(Reader, "read", lambda *given: seen(*given)._replace(answered=-2.0))
    with Index.open(tmp_path / "index") as index:
        assert [hit.article.title for hit in index.search(question)][:2] == [title for title, _ in told[:2]]
    assert [" ".join(texts) for texts in read] == [text for _, text in told[:count]]


def test_five_articles_are_read_the_first_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight sentences of it, in two groups, and the three best of each other."""
    towns = ("Arden", "Bexley", "Colmar", "Dorn", "Elston", "Fulda", "Gant", "Harsk")
    about = [f"{each} of the town discussed the budget." for each in ("Traders", "Teachers", "Tenants", "Farmers", "Doctors")]
    lines = [
        json.dumps(
            {"id": town, "title": f"Budget vote in {town}", "language": "en", "text": " ".join([f"{town} held a budget vote.", *about])}
        )
        for town in towns
    ]
    (tmp_path / "news.jsonl").write_text("\n".join(lines), encoding="utf-8")
    index_paths([tmp_path / "news.jsonl"], tmp_path / "index", Options(model=DEFAULT_MODEL))
    seen, read = Reader.read, list[int]()

    def count(self: Reader, question: str, sentences: Sequence[str]) -> Reading:
        read.append(len(sentences))
        return seen(self, question, sentences)._replace(answered=-1.0)

    monkeypatch.setattr(Reader, "read", count)
    with Index.open(tmp_path / "index") as index:
        assert len(index.search("why did the town hold a budget vote", limit=10, collapse=False)) == len(towns)
    assert read == [4, 2, 3, 3, 3, 3]


def _indexed(folder: Path, articles: Mapping[str, tuple[str, str]]) -> Path:
    """An index of articles in English: each by its id, with title and text."""
    lines = [json.dumps({"id": name, "title": title, "text": text, "language": "en"}) for name, (title, text) in articles.items()]
    (folder / "news.jsonl").write_text("\n".join(lines), encoding="utf-8")
    index_paths([folder / "news.jsonl"], folder / "index", Options(model=DEFAULT_MODEL))
    return folder / "index"


def test_of_many_articles_on_the_topic_the_one_that_answers_comes_first(tmp_path: Path) -> None:
    """Not the one whose title has the question's words, by the reader itself; the latter is no worse for a question that it answers."""
    articles = {
        "before": (
            "Orsk's opposition wants to win the election",
            "The opposition of Orsk hopes to win the election in May. Its leaders met.",
        ),
        "polls": ("Who will win the Orsk election", "Polls for the election in Orsk are close. The opposition may win in the cities."),
        "after": ("The week in politics", "Anna Lenz won the election in Orsk on Sunday with 52% of the vote. Rain fell in Dorn."),
    }
    with Index.open(_indexed(tmp_path, articles)) as index:
        found = index.search("who won the election in Orsk")
        assert found[0].article.id == "after"
        assert found[0].answer_text.startswith("Anna Lenz won the election")
        assert found[0].score == max(hit.score for hit in found)
        assert index.search("when does the opposition of Orsk hope to win the election")[0].article.id == "before"


@pytest.mark.parametrize("told", [9.0, -0.1], ids=["answers", "does not"])
def test_an_article_without_a_name_of_the_question_is_no_sure_answer(archive: Path, monkeypatch: pytest.MonkeyPatch, told: float) -> None:
    """The library's article has nothing of Bernau: at most one half, even if the reader takes its sentences for an answer."""
    question, seen = "when did the council close the library in the old town of Bernau", Reader.read
    monkeypatch.setattr(Reader, "read", lambda *given: seen(*given)._replace(answered=told))
    with Index.open(archive) as index:
        hit = index.search(question)[0]
        plain = index.search(question.removesuffix(" of Bernau"))[0]
    assert hit.article.id == plain.article.id == "library"
    assert hit.score == pytest.approx(0.5, abs=1e-6)
    assert hit.score < plain.score
    assert hit.matches[0].score <= hit.score + 1e-6


@pytest.mark.parametrize(
    ("asked", "is_sure"),
    [
        ("how old is the entertainer Ronnie", True),
        ("how old is the comedian Ronnie O'Sulgan", False),
        ("how old is the comedian Ronnie O\u2019Sulgan", False),
        ("how old is the comedian Ronnie Lang", False),
        ("how old is the comedian of Orsk", False),
        ("how old is the comedian of orsk", False),
        ("how old is the entertainer from Corb", True),
    ],
)
def test_somebody_else_is_no_sure_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, *, is_sure: bool) -> None:
    """The article tells the age of one comedian of Corb, even if the reader takes that for an answer."""
    seen = Reader.read
    monkeypatch.setattr(Reader, "read", lambda *given: seen(*given)._replace(answered=9.0))
    articles = {
        "told": ("Comedian attacks dull shows", "Television is dull, said Ronnie Corbin of Corb. The 74-year-old comedian has a new show."),
        "other": ("Team wins", "In Orsk the entertainer Sonia O'Sulgan and Ada Lang won again on Monday, with few old players."),
    }
    with Index.open(_indexed(tmp_path, articles)) as index:
        hit = index.search(asked, min_score=0, explain=True)[0]
    assert hit.article.id == "told"
    assert (hit.score > 0.5) is is_sure
    assert [part.points > 0 for part in hit.parts if part.name == "reading"] == [True] * is_sure
    assert sum(part.points for part in hit.parts if part.name != "points") == pytest.approx((log_odds(hit.score) + 7.01) / 6.32, abs=1e-3)


@pytest.mark.parametrize(
    "question",
    [
        "Welchen Beruf hatte Eva Lenz, bevor sie Bürgermeisterin von Bernau wurde?",
        "what happened in May 2024",
        "how deep is the sea",
        'what did the mayor "Tom Ruiz" do for a living before',
        "Tom Ruiz",
    ],
    ids=["German", "a list", "nothing answers", "a phrase that must be there", "a name"],
)
def test_nothing_is_read(archive: Path, read: list[list[str]], question: str) -> None:
    with Index.open(archive) as index:
        index.search(question)
    assert not read


@pytest.mark.parametrize(
    "question",
    ["winner of the vote in Elston", "winner, vote in Elston", "margin Tom Ruiz", "did Voters choose Tom Ruiz", "anyone against Tom Ruiz"],
)
def test_a_query_that_names_an_attribute_is_read(archive: Path, read: list[list[str]], question: str) -> None:
    with Index.open(archive) as index:
        index.search(question)
    assert read


def test_a_follow_up_is_read_without_what_was_asked_before(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its article is found by the earlier question, whose answer is not the one."""
    asked: list[str] = []
    read = Reader.read
    monkeypatch.setattr(Reader, "read", lambda self, question, some: (asked.append(question), read(self, question, some))[1])
    with Index.open(archive) as index:
        hits = index.search("and what was his job before?", history=["Who is Tom Ruiz, the mayor of Elston?"])
    assert hits.answerable
    assert set(asked) == {"and what was his job before?"}
    assert hits[0].answer_text == "The former teacher has promised to rebuild the school by the river."


def test_the_dead_are_not_the_injured(demo_index: Path, read: list[list[str]]) -> None:
    with Index.open(demo_index) as index:
        hits = index.search("how many people died in the Moscow concert attack")
    assert "at least 139" in hits[0].answer_text
    assert "More than 180 people were injured." in hits[0].article.text
    assert not any("injured" in text for text in read[0])


@pytest.mark.parametrize(
    ("question", "language", "answer"),
    [
        ("Wer will die Schule am Fluss in Bernau wieder aufbauen?", "de", "Die frühere Lehrerin"),
        ("Who wants to rebuild the school in Bernau?", "de", "Die frühere Lehrerin"),
        ("Wie viele Stimmen Vorsprung hatte Tom Ruiz in Elston?", "en", "Voters chose him"),
    ],
)
def test_what_is_not_english_is_read_in_an_archive_of_the_multilingual_model(
    abroad: Path, names: list[str], monkeypatch: pytest.MonkeyPatch, question: str, language: str, answer: str
) -> None:
    """By its own reader, which chooses the sentence. It makes hits more probable, but none if the article is in English."""
    with Index.open(abroad) as index:
        found = index.search(question, min_score=0)
        monkeypatch.setattr(paging, "READ", 0)
        before = index.search(question, min_score=0)
    assert set(names) == {MULTILINGUAL_MODEL}
    assert found[0].article.language == language
    assert found[0].answer_text.startswith(answer)
    assert [hit.article.id for hit in found] == [hit.article.id for hit in before]
    assert found[0].score >= before[0].score
    if language == "en":
        assert [hit.score for hit in found] == [hit.score for hit in before]


@pytest.mark.parametrize("question", ["Wie alt ist Eva Lenz aus Bernau?", "How old is Eva Lenz of Bernau?"])
def test_a_detail_that_a_foreign_article_lacks_is_less_probable(abroad: Path, monkeypatch: pytest.MonkeyPatch, question: str) -> None:
    """Words and meaning find her article, which tells her office and former job, but not her age."""
    with Index.open(abroad) as index:
        found = index.search(question)
        monkeypatch.setattr(paging, "READ", 0)
        before = index.search(question)
    assert before.answerable
    assert found[0].score < before[0].score - 0.25


def test_an_english_pair_is_read_by_the_reader_of_the_default_model(abroad: Path, names: list[str]) -> None:
    with Index.open(abroad) as index:
        assert index.search("what will the mayor of Elston rebuild")[0].answer_text.startswith("The former teacher")
    assert set(names) == {DEFAULT_MODEL}


@pytest.mark.parametrize("form", ["{}?", "**{}?**", "{}\uff1f"])
def test_the_question_of_an_interviewer_is_no_answer(tmp_path: Path, form: str) -> None:
    """Nor is it read: the answer behind it is shown."""
    asked = "Why did Ada Krona leave the theatre"
    text = f"Ada Krona runs the theatre school in Tarvin. \n\n{form.format(asked)}\n\nI wanted to teach again. The pay is worse."
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": "a", "title": "A talk with Ada Krona", "text": text, "language": "en"}))
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model=DEFAULT_MODEL))
    with Index.open(tmp_path / "index") as index:
        assert index.search(f"{asked.lower()}?", min_score=0)[0].answer_text in ("I wanted to teach again.", "The pay is worse.")


def test_a_question_makes_the_answer_behind_it_one(tmp_path: Path) -> None:
    """In a list of questions and answers the reader sees both; of "Residents pay 40 dollars" alone nobody knows for what."""
    text = (
        "Here are answers to common questions. How much is the tax? Residents pay 40 dollars a year. "
        "Who collects the tax? The county office does. When does the tax begin? It begins in July."
    )
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": "a", "title": "FAQ on the new tax", "text": text, "language": "en"}))
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model=DEFAULT_MODEL))
    with Index.open(tmp_path / "index") as index:
        found = index.search("How much is the tax?")
    assert found.answerable
    assert found[0].answer_text == "Residents pay 40 dollars a year."


@pytest.mark.parametrize(
    "question",
    ["Did Putin say he wanted to take the city of Kharkiv?", "What did the Russian prison authorities say about how Navalny died?"],
)
def test_an_order_by_date_changes_no_score(demo_index: Path, question: str) -> None:
    """Several articles are read, and the one that answers comes first only without such an order."""
    with Index.open(demo_index) as index:
        by_points, by_date = (index.search(question, sort=sort) for sort in ("relevance", "date"))
    assert by_date.answerable == by_points.answerable
    likely = ({hit.article.id: hit.score for hit in hits if hit.answers} for hits in (by_points, by_date))
    assert next(likely) == next(likely)
