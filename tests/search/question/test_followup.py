"""Questions that leave out what was said before, and questions that do not."""

from __future__ import annotations

import doctest
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from paths import ROOT

from newsdex import Hit, Index, Options, UsageError, index_paths
from newsdex.search.answer import context
from newsdex.search.question import followup
from newsdex.search.question.followup import leans, read_turn, repeated, topic_of
from newsdex.search.ranking import retrieval
from newsdex.search.ranking.fusion import Mode, probabilities
from newsdex.search.request import MOST_READ, Request, request_of

EXAMPLES = ROOT / "examples"
WEIGHT = 0.5  # of what was asked before


def dialogs(*, leaning: bool) -> list[dict[str, Any]]:
    """Those of the examples whose question leans on what was asked before, or does not."""
    found = [json.loads(line) for line in (EXAMPLES / "followups.jsonl").read_text(encoding="utf-8").splitlines()]
    return [dialog for dialog in found if dialog["leans"] == leaning]


def is_answer(dialog: dict[str, Any], hit: Hit) -> bool:
    return any(a["article"] == hit.article.path.name and a["quote"] in m.passage.text for a in dialog["answers"] for m in hit.matches)


def test_the_dialogs_keep_their_promises() -> None:
    """At least 25 lean and 15 do not; their answers are in the files."""
    articles = {path.name: path.read_text(encoding="utf-8") for path in (EXAMPLES / "articles").glob("*.md")}
    assert len(dialogs(leaning=True)) >= 25
    assert len(dialogs(leaning=False)) >= 15
    for dialog in (*dialogs(leaning=True), *dialogs(leaning=False)):
        assert dialog["history"]
        assert dialog["answers"]
        for answer in dialog["answers"]:
            assert answer["quote"] in articles[answer["article"]], dialog["id"]


def test_history_helps_questions_that_lean_on_it(sample_index: Path) -> None:
    """An answer is among the first five articles for at least a fifth more of them."""
    alone, together = [], []
    with Index.open(sample_index) as index:
        for dialog in dialogs(leaning=True):
            options = {"limit": 5, "per_article": 3, "collapse": False}
            alone.append(any(is_answer(dialog, hit) for hit in index.search(dialog["question"], **options)))
            together.append(any(is_answer(dialog, hit) for hit in index.search(dialog["question"], history=dialog["history"], **options)))
    assert np.mean(together) >= np.mean(alone) + 0.2
    assert np.mean(together) >= 0.8


def test_history_changes_nothing_for_the_others(sample_index: Path) -> None:
    """The results are the same, whatever was asked before."""
    with Index.open(sample_index) as index:
        for dialog in dialogs(leaning=False)[::6]:
            assert index.search(dialog["question"], history=dialog["history"]) == index.search(dialog["question"])


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("No, the other one", True),
        ("No, I meant Mexico.", True),
        ("Not the one in Senegal", True),
        ("Nein, ich meine Mexiko", True),
        ("No, quise decir México", True),
        ("No fly zone over Ukraine", False),
        ("No confidence vote in Slovakia", False),
        ("I'd like to know more about his time in prison.", True),
        ("I would like to know about pests.", True),
        ("Ich möchte mehr über seine Zeit im Gefängnis wissen.", True),
        ("Tell me about Association football, thank you.", False),
        ("What kind of paper was it made from?", True),
        ("In which Beatles album did they sing of Lucy?", False),
        ("What caused the power cuts in Spain this summer?", False),
        ("How do Indians in the US celebrate this holiday?", True),
    ],
)
def test_corrections_requests_and_what_they_point_at(question: str, expected: bool) -> None:
    """They lean on what was said before; a question with the same words that says what it is about does not."""
    assert leans(question) is expected


def test_five_turns_back_and_a_change_of_topic(sample_index: Path) -> None:
    """The chain of questions that lean goes back to the one that does not, however many lie between, and not behind it; a correction
    is answered with the topic before it.
    """
    chain = ["Who won the election in Senegal?", "And how old is he?", "Was he in prison?", "For how long?", "Who is his wife?"]
    assert topic_of("What did he promise?", ["Who won in India?", *chain[:4]]) == " ".join(chain[:4])
    assert topic_of("Who won the Super Bowl?", chain) == ""
    with Index.open(sample_index) as index:
        corrected = index.search("No, I meant in Mexico.", history=["Who won the election in Senegal?"])
        assert "Mexico" in corrected[0].article.title


def test_the_rules_are_mostly_right() -> None:
    """Of the questions that lean four in five are known; of those that do not, and of the sample's questions, one in fifty at most is taken
    for one.
    """
    others = [dialog["question"] for dialog in dialogs(leaning=False)]
    others += [json.loads(line)["question"] for line in (EXAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert np.mean([leans(dialog["question"]) for dialog in dialogs(leaning=True)]) >= 0.8
    assert np.mean([leans(question) for question in others]) <= 0.02


@pytest.mark.parametrize(
    "question",
    [
        "And how old is he?",
        "why?",
        "What about the others?",
        "How many people died?",
        "Is that true?",
        "When is it?",
        "Tell me more",
        "Und warum?",
        "Was sagte er dazu?",
        "Wie viele Tote gab es dort?",
        "Wer ist ihr Trainer?",
        "¿Y quién ganó?",
        "¿Por qué?",
        "¿Qué dijo ella de eso?",
        "¿Cuántos muertos hubo allí?",
    ],
)
def test_leaning(question: str) -> None:
    """It refers back, goes on, or is too short to say what it is about."""
    assert leans(question)


@pytest.mark.parametrize(
    "question",
    [
        "Did Putin say he wanted to take Kharkiv?",
        "Is it true that Navalny died?",
        "What happened in Gaza this year?",
        "Nvidia",
        "tiktok ban",
        "How many countries are there in NATO?",
        "Who won the Eurovision Song Contest?",
        "China support for Russia",
        "Wer gewann den ESC?",
        "Was sagte Scholz zu seiner Niederlage bei der Europawahl?",
        "Wie viele Menschen starben beim Erdbeben in Taiwan?",
        "¿Quién ganó la final de la Champions?",
        "¿Qué pasó este año en Venezuela con las elecciones?",
        "台湾地震死了多少人",
        "",
    ],
)
def test_not_leaning(question: str) -> None:
    """It says what it is about, or names it."""
    assert not leans(question) or not question


def test_what_is_taken_from_the_history() -> None:
    """The last message that stands by itself, and those after it; nothing older, nothing for a question that stands by itself, and no more
    than a model reads.
    """
    talk = ["Who won in Senegal?", "Who shot the Slovak prime minister?", "Was he alone?", " "]
    assert topic_of("And then?", talk) == "Who shot the Slovak prime minister? Was he alone?"
    for aside in ("thanks!", "ok", "lol", "Danke dir!", "hm, interesting", "What's the weather like?", "Show me the source"):
        assert topic_of("And then?", [*talk, aside]) == "Who shot the Slovak prime minister? Was he alone?"
    assert topic_of("Danke dir!", talk) == ""
    assert topic_of("And who paid?", [*talk, "what happened in 2017?"]).endswith("Was he alone? what happened in 2017?")
    assert topic_of("And then?", []) == ""
    assert topic_of("How did Navalny die in the Arctic colony?", talk) == ""
    assert topic_of("why?", ["why?"] * 20) == "why? why? why? why? why?"
    assert len(topic_of("why?", ["x" * 10_000] * 3)) <= 3_100


@pytest.mark.parametrize(
    "question",
    [
        *("show me the source", "in German please", "tell me more", "summarize that", "more", "Tell me more about him", "and in Spanish?"),
        *("mehr dazu", "auf Deutsch bitte", "fass das bitte zusammen", "más", "la fuente, por favor", "en français, s'il vous plaît"),
    ],
)
def test_a_request_repeats_the_last_question(question: str) -> None:
    """Its own words are not searched; without a question before, they are."""
    history = ["Who won in Senegal?", "How old is he?", "thanks!"]
    assert repeated(question, history) == ("How old is he?", history[:1])
    assert repeated(question, ["thanks!"]) == (question, ["thanks!"])


@pytest.mark.parametrize(
    "question",
    ["why more?", "How many more?", "Tell me more about Blinken", "Where is the source of the Nile?", "latest?", "and in Kenya?"],
)
def test_a_question_is_no_request(question: str) -> None:
    """It names a topic, or asks for something."""
    assert repeated(question, ["Who won in Senegal?"])[0] == question


@pytest.mark.parametrize(
    "question",
    ["and in April?", "what happened in 2024?", "and on 2 April?", "latest?", "und im April?", "¿y en abril?"],
)
def test_a_question_for_a_period_keeps_the_topic(sample_index: Path, question: str) -> None:
    """With a history; its dates go, and small talk is left out. Without one, or for the news, all articles of the period are listed."""
    history = ["Who won the election in Senegal in March 2024?", "ok", "thanks!"]
    with Index.open(sample_index) as index:
        found, alone = (index.search(question, history=said, as_of="2024-06-01") for said in (history, ["thanks!"]))
        news = index.search("news in April", history=history, as_of="2024-06-01")
        assert news.hits == index.search("news in April", as_of="2024-06-01").hits
        assert alone.hits == index.search(question, as_of="2024-06-01").hits
    assert "Senegal" in found[0].article.title
    assert found.answerable
    assert any(remark.startswith("Read together with the earlier questions: Who won the election in Senegal") for remark in found.remarks)
    assert [hit.article.id for hit in alone] != [hit.article.id for hit in found]


def test_a_period_in_french_keeps_the_topic(tmp_path: Path) -> None:
    """Of an archive with French articles."""
    texts = {"phare": "Le phare de Kerveur cherche deux gardiens pour l'été.", "port": "Le port de Lyon a fermé ses quais pour l'hiver."}
    lines = [
        json.dumps({"id": name, "title": name, "text": text, "language": "fr", "published": "2024-03-05"}) for name, text in texts.items()
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as index:
        for name, question in (("phare", "Le phare cherche des gardiens ?"), ("port", "Le port a fermé ses quais ?")):
            found = index.search("et en mars ?", history=[question], as_of="2024-06-01")
            assert found[0].article.id == name
            assert found.period


@pytest.mark.parametrize(
    ("history", "question", "source"),
    [
        (["Who won the election in Senegal?", "And in Finland?"], "How old is he?", "finland"),
        (["Who won the election in Senegal?", "What about Finland?"], "When was that?", "finland"),
        (["who won the election in senegal", "and in finland"], "how old is he", "finland"),
        (["Who won the election in Senegal?", "And in Mexico?"], "how old is the winner?", "mexico"),
        (["What did Blinken want in China?", "And Yellen?"], "When was she there?", "yellen"),
        (["Was ist in Solingen passiert?", "Und in Baltimore?"], "Warum?", "baltimore"),
        (["Why did the bridge in Baltimore collapse?"], "death toll?", "baltimore"),
    ],
)
def test_a_later_name_replaces_the_earlier_one(sample_index: Path, history: list[str], question: str, source: str) -> None:
    with Index.open(sample_index) as index:
        hits = index.search(question, history=history)
    assert source in hits[0].article.path.name, [hit.article.path.name for hit in hits]


def test_a_name_alone_is_asked_what_was_asked_before(sample_index: Path) -> None:
    """The sentence answers the earlier question about the new name."""
    with Index.open(sample_index) as index:
        finland = index.search("And in Finland?", history=["Who won the election in Senegal?"])
        seats = index.search("and the Conservatives?", history=["how many seats did Labour win"])
    assert "Stubb won" in finland[0].answer_text
    assert "121 seats" in seats[0].answer_text


def test_an_article_without_the_names_of_the_topic_comes_later(tmp_path: Path) -> None:
    """Though it has more of the question's words."""
    texts = {
        "bridge": "A ship hit the bridge in Brock and brought it down. Six workers are missing and presumed dead, the mayor said.",
        "quake": "At least 384 people died after an earthquake on Friday. Many people are missing, rescue workers said.",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.md").write_text(f"# News of the {name}\n\n{text}\n", encoding="utf-8")
    index_paths([tmp_path], tmp_path / "index", Options())
    with Index.open(tmp_path / "index") as index:
        alone = index.search("how many people died?")
        after = index.search("how many people died?", history=["Why did the bridge in Brock collapse?"])
    assert [hit.article.path.stem for hit in alone][:1] == ["quake"]
    assert [hit.article.path.stem for hit in after][:1] == ["bridge"]


def test_a_period_is_a_filter_only_if_that_finds_an_answer(sample_index: Path) -> None:
    """Else its words are searched, with the topic's."""
    with Index.open(sample_index) as index:
        found = index.search("And in 2019?", history=["When did the Senegal prison release Faye?"], as_of="2024-06-01")
    assert "Senegal" in found[0].article.title
    assert any(remark.startswith("No article published from 2019-01-01") for remark in found.remarks)


@pytest.mark.parametrize("question", ["What did he say about it?", "and what did they say?", "why?"])
def test_a_question_without_words_is_answered_by_its_topic(sample_index: Path, question: str) -> None:
    """If there is an article about that, and with a probability of one half at most; not if it asks for a name that the article lacks."""
    with Index.open(sample_index) as index:
        history = ["Why did the bridge in Baltimore collapse?"]
        found = index.search(question, history=history)
        assert "Baltimore" in found[0].article.title
        assert found.answerable
        assert found[0].score <= 0.501
        assert not index.search(question, history=["Who won the chess world championship?"]).answerable
        [named] = index.search("and in Sweden?", history=["Who won the election in Senegal?"], limit=1, explain=True)
    assert sum(part.points for part in named.parts if part.name == "evidence") == 0


def test_a_long_message_is_cut(sample_index: Path) -> None:
    """It costs no more than a short one."""
    with Index.open(sample_index) as index:
        long, short = (
            index.search("And how old is he?", history=["Who won the election in Senegal? " + "-(x " * times]) for times in (250_000, 1_000)
        )
    assert long.hits == short.hits
    assert request_of("And then?", history=["x" * 1_000_000]).history == ("x" * MOST_READ,)


@pytest.mark.parametrize("module", [followup, context])
def test_the_examples_in_the_docstrings(module: Any) -> None:
    """They are what comes out."""
    assert doctest.testmod(module).failed == 0


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of three segments, of articles of several passages each that share their words at random."""
    folder, chance = tmp_path_factory.mktemp("parts"), np.random.default_rng(7)
    words = [f"w{number}" for number in range(60)]
    for part in range(3):
        lines = []
        for number in range(25):
            paragraphs = [" ".join(chance.choice(words, 90)) + "." for _ in range(int(chance.integers(1, 6)))]
            lines.append(json.dumps({"id": f"{part}-{number}", "title": f"t{number}", "text": "\n\n".join(paragraphs)}) + "\n")
        (folder / f"{part}.jsonl").write_text("".join(lines), encoding="utf-8")
        index_paths([folder / f"{part}.jsonl"], folder / "index", Options(model="hash"))
    return folder / "index"


@pytest.mark.parametrize("shortlist", [False, True], ids=["all", "shortlist"])
@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_the_points_are_those_of_both_questions(parts: Path, mode: Mode, shortlist: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A passage has half of the points that the question alone gives it, and half of the most that what was asked before gives a passage of
    its article.
    """
    if shortlist:
        monkeypatch.setattr(retrieval, "EXACT", 10)
        monkeypatch.setattr(retrieval, "SHORTLIST", 40)
        monkeypatch.setattr(retrieval, "SHORTLIST_FACTOR", 2)
    before, question = "Where did w3 meet w8?", "Did it have w5 w11?"
    with Index.open(parts) as index:
        asker = index.asker()
        with mock.patch.object(retrieval, "EXACT", 10**6):
            alone, topic = (
                asker.answer(Request(text, limit=500, per_article=50, mode=mode, collapse=False, explain=True))
                for text in (question, before)
            )
        alone_points, topic_points = (
            {
                # Evidence is about a question that is asked alone.
                (hit.article.id, match.passage.index): points_of(match.score, mode)
                - sum(p.points for p in hit.parts if p.name == "evidence")
                for hit in each
                for match in hit.matches
            }
            for each in (alone, topic)
        )
        found = asker.answer(Request(question, limit=10, per_article=3, mode=mode, collapse=False, history=(before,)))
    passages = dict.fromkeys((*alone_points, *topic_points))
    best = {article: max(points for (other, _), points in topic_points.items() if other == article) for article, _ in topic_points}
    expected = {place: (1 - WEIGHT) * alone_points.get(place, 0.0) + WEIGHT * best.get(place[0], 0.0) for place in passages}
    order = sorted(
        {article for article, _ in passages}, key=lambda article: -max(p for place, p in expected.items() if place[0] == article)
    )
    assert [hit.article.id for hit in found] == order[:10]
    for hit in found:
        mine = sorted((p for place, p in expected.items() if place[0] == hit.article.id), reverse=True)[: len(hit.matches)]
        # The passage that answers comes first, whatever its points.
        found_points = sorted((points_of(match.score, mode) for match in hit.matches), reverse=True)
        assert found_points == pytest.approx(mine, abs=1e-4)
    assert found.remarks == (f"Read together with the earlier questions: {before}",)


def points_of(score: float, mode: Mode) -> float:
    """The points that have this probability: the inverse of newsdex.search.ranking.fusion.probabilities."""
    least, most = -5.0, 5.0
    for _ in range(60):
        middle = (least + most) / 2
        least, most = (middle, most) if probabilities(np.array([middle]), mode)[0] < score else (least, middle)
    return (least + most) / 2


def test_a_filter_holds_for_both(parts: Path) -> None:
    """What was asked before brings no article that the filter leaves out."""
    with Index.open(parts) as index:
        found = index.search("And w5?", history=["Where is w3?"], limit=50, where={"type": "glob", "key": "path", "value": "*1.jsonl"})
    assert len(found) == 25
    assert all(hit.article.id.startswith("1-") for hit in found)


def test_the_explanation_adds_up(sample_index: Path) -> None:
    """The parts of a score, that of the earlier words among them, make the points of its probability."""
    with Index.open(sample_index) as index:
        for hit in index.search("And how old is he?", history=["Who won the election in Senegal?"], explain=True):
            assert probabilities(np.array([sum(part.points for part in hit.parts)]), "hybrid")[0] == pytest.approx(hit.score, abs=1e-5)
            assert "earlier" in [part.name for part in hit.parts]


@pytest.mark.parametrize("before", ["Who won the 2024 election in Senegal?", "Who won the election in Senegal in 2024?"])
def test_the_dates_of_earlier_questions_are_no_words(sample_index: Path, before: str) -> None:
    """The report does not write its year: with that as a word, football reports came first."""
    with Index.open(sample_index) as index:
        for question in ("who did he beat?", "who came second?"):
            found = index.search(question, history=[before])
            assert "senegal" in found[0].article.id
            assert found.remarks == (f"Read together with the earlier questions: {before}",)


def test_a_context_reads_the_history_too(sample_index: Path) -> None:
    """The follow-up's context has the article that the question was about, and says how it was read."""
    with Index.open(sample_index) as index:
        found = index.context("How old is he?", history=["Who won the election in Senegal?"])
    assert "former tax inspector who turned 44" in str(found)
    assert found.answerable
    assert found.remarks == ("Read together with the earlier questions: Who won the election in Senegal?",)


@pytest.mark.parametrize("history", ["Who won?", [1], [None], {"a": "b"}, 5], ids=str)
def test_an_impossible_history_is_an_error(sample_index: Path, history: Any) -> None:
    """The message has the value and what was expected."""
    with (
        Index.open(sample_index) as index,
        pytest.raises(UsageError, match=r"a history of .* is not allowed: expected a list of the earlier messages"),
    ):
        index.search("And then?", history=history)


def test_a_plain_question_does_not_pay(sample_index: Path) -> None:
    """Without a history nothing of this is loaded."""
    code = (
        "import sys; from newsdex import Index; Index.open(sys.argv[1]).search('Senegal'); print([m for m in sys.modules if "
        "m.endswith(('followup', 'asyncio', 'search.context'))])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(sample_index)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


THANKS = [
    *(
        "thx",
        "thx!",
        "ty",
        "tysm",
        "cheers",
        "cheers mate",
        "ta",
        "got it",
        "got it, thanks",
        "great, thx",
        "great, thanks",
        "kk",
        "👍",
        "👍👍",
    ),
    *("thank you so much!!", "wow 😮", "makes sense", "nice", "merci bcp", "d'accord, merci", "danke dir", "super, vielen Dank!"),
    *("alles klar, danke", "vale, gracias", "muchas gracias 🙏", "grazie mille", "va bene, grazie", "obrigado!", ":-)", "vlw"),
]


@pytest.mark.parametrize("thanks", THANKS)
def test_thanks_are_no_part_of_a_conversation(sample_index: Path, thanks: str) -> None:
    """A follow-up after them has the hits that it has without; they themselves are small talk without an answer."""
    before, question = "Who won the election in Senegal?", "And how old is he?"
    with Index.open(sample_index) as index:
        found = index.search(question, history=[before, thanks])
        assert found == index.search(question, history=[before])
        assert "Senegal" in found[0].article.title
        said = index.search(thanks, history=[before])
    assert (said.answerable, said.small_talk, said.remarks) == (False, True, ())


@pytest.mark.parametrize(
    "message",
    ["Great Barrier Reef", "shark attack boy", "NATO", "nhl draft", "Ghana", "Perfect Storm", "and Kenya", "why?", "2011"],
)
def test_a_topic_is_no_thanks(message: str) -> None:
    """Though its first word may be, or no article has its words."""
    assert read_turn("how old is he?", [message], lambda _: False).history == (message,)
    assert read_turn(message, ["Who won in Senegal?"], lambda _: False) == (message, ("Who won in Senegal?",), False, 0)


def test_a_short_word_is_a_topic_if_an_article_has_it() -> None:
    """Such as "kfor", and "bowl" after a word that may be a reaction."""
    for message in ("kfor", "super bowl"):
        assert read_turn("where is it?", [message], {"kfor", "bowl"}.__contains__).history == (message,)
        assert read_turn("where is it?", [message], lambda _: False).history == ()


@pytest.mark.parametrize(
    ("message", "question"),
    [
        ("thx, and how old is he?", "and how old is he?"),
        ("thx what about the pig in China?", "what about the pig in China?"),
        ("ok got it! who paid for it?", "who paid for it?"),
        ("danke dir, und wo war das?", "und wo war das?"),
        ("vale gracias, ¿y quién ganó?", "y quién ganó?"),
        ("great, Barrier Reef", "great, Barrier Reef"),
        ("¿cómo se llama?", "¿cómo se llama?"),
    ],
)
def test_thanks_before_a_question(message: str, question: str) -> None:
    """They are left out of it, and of an earlier message."""
    history = ["Who won in Senegal?"]
    assert read_turn(message, history, lambda _: True) == (question, tuple(history), False, 0)
    assert read_turn("why?", [*history, message], lambda _: True).history == (*history, question)


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("no, I meant the one about Baltimore's bridge", "Baltimore's bridge"),
        ("no I meant the story on Assange", "Assange"),
        ("sorry, I meant the article about Ghana", "Ghana"),
        ("Nein, ich meinte den Artikel über die Carolabrücke", "die Carolabrücke"),
        ("no, me refería a la noticia sobre Assange", "Assange"),
        ("non, je parlais de celui sur Notre-Dame", "Notre-Dame"),
        ("no, intendevo quello su Sinner", "Sinner"),
        ("não, quis dizer a notícia sobre Lula", "Lula"),
        ("who wrote the story about Ghana?", "who wrote the story about Ghana?"),
    ],
)
def test_a_correction_to_another_story(question: str, topic: str) -> None:
    """What it is about is asked, by itself, and is the topic of what follows."""
    assert read_turn(question, ["Who won in Senegal?"], lambda _: True).question == topic
    assert topic in read_turn("where did he go?", ["Who won in Senegal?", question], lambda _: True).history


def test_a_correction_is_asked_alone_if_that_answers_better(sample_index: Path) -> None:
    """If it names a topic in full; and so is a topic after "what about"."""
    with Index.open(sample_index) as index:
        peace = index.search("not that, I meant the Nobel peace prize", history=["Who got the Nobel prize for physics?"])
        banana = index.search("what about the banana on a wall, who bought it?", history=["Why did the bridge in Baltimore collapse?"])
        assert "Nobel Peace Prize" in peace[0].article.title
        assert "Banana" in banana[0].article.title
        assert peace.answerable
        assert banana.answerable


@pytest.mark.parametrize(
    "another",
    ["no, not that, the other one", "another article please", "nein, nicht das, das andere", "no, esa no, la otra", "non, l'autre"],
)
def test_the_other_one(sample_index: Path, another: str) -> None:
    """The last question again, without its first article, its first two when asked twice; then page by page as ever."""
    question = "Why did the bridge in Baltimore collapse?"
    with Index.open(sample_index) as index:
        ids = [hit.article.id for hit in index.search(question, limit=9)]
        once = index.search(another, history=[question], limit=3)
        twice = index.search(another, history=[question, "thx", another], limit=3, offset=1)
        topic = index.search("how many died?", history=[question, another])
        first = index.search("how many died?", history=[question])
    assert [hit.article.id for hit in once] == ids[1:4]
    assert [hit.rank for hit in once] == [1, 2, 3]
    assert [hit.article.id for hit in twice] == ids[3:6]
    assert once.answerable is any(hit.answers for hit in once)
    assert once.remarks[0] == f"Read as the earlier question without its first hit: {question}"
    assert topic.hits == first.hits


@pytest.mark.parametrize(
    "question", ["and the other one?", "Who is the other suspect?", "What about the others?", "no, the other candidate"]
)
def test_another_one_of_the_same_story(question: str) -> None:
    """It asks for no other article."""
    assert read_turn(question, ["Who won in Senegal?"], lambda _: True).others == 0


def test_a_question_that_names_nothing_prefers_the_story(tmp_path: Path) -> None:
    """If the article of the conversation answers about as well as another, it comes first; not for a question with a name, for one about
    something of one's own, or where the article does not answer.
    """
    texts = {
        "newport": (
            "Thieves rob a cash machine in Newport",
            "The phone number of the police is 555 0101. Thieves took the cash in Newport.",
        ),
        "leeds": (
            "Phone number of the police",
            "The phone number of the police is 555 0102. The phone number of the police is on this page.",
        ),
        "harbour": ("Harbour opens", "The harbour opens in May. Ships come from everywhere."),
    }
    lines = [json.dumps({"id": name, "title": title, "text": text, "language": "en"}) for name, (title, text) in texts.items()]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    asked = "What is the phone number of the police?"
    with Index.open(tmp_path / "index") as index:
        story = index.search(asked, history=["Thieves in Newport"])
        assert index.search(asked)[0].article.id == "leeds"
        assert (story[0].article.id, story[0].rank) == ("newport", 1)
        assert story.remarks == ("The article about the earlier questions comes first.",)
        for question, history in ((asked, "harbour in May"), ("What is the phone number of the police for my car?", "Thieves in Newport")):
            assert index.search(question, history=[history]).hits == index.search(question).hits


def test_a_long_conversation_costs_no_more(sample_index: Path) -> None:
    """Only the latest messages are looked at."""
    with Index.open(sample_index) as index:
        long = index.search("how old is he?", history=["thanks!"] * 100_000 + ["Who won the election in Senegal?"])
        assert long == index.search("how old is he?", history=["Who won the election in Senegal?"])
