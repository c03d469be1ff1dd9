"""Which sentence of an article is shown as the answer: cases worked by hand, each on both sides of what decides it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from newsdex import Chunking, Index, Options, index_paths
from newsdex.encoder import Tokens
from newsdex.search.answer.sentence import (
    Sentence,
    best_of,
    closest,
    has_name,
    has_number,
    has_time,
    interactions,
    is_statement,
    is_topic,
    kind_of,
    likeness,
    points,
)

PLAIN = "the river was calm and the boats stayed in."  # 43 characters, as have the next
NUMBERED = "the river was calm and the 9 boats were in."
DATED = "the river was calm on 3 May, so they stayed"[:-1] + "."
NAMED = "the river was calm and Anna Berg stayed in."
HEADING = "the river was calm and the boats stayed in"


def _choice(question: str, one: Sentence, other: Sentence, ahead: float, *, topic: bool = False) -> int:
    """Which of two sentences is chosen where the other is ``ahead`` by its likeness."""
    return best_of(points(question, [one, other], np.array([0.5, 0.5 + ahead], np.float32), topic=topic))


@pytest.mark.parametrize(
    ("question", "one", "other", "near", "far"),
    [
        pytest.param("How many boats?", Sentence(NUMBERED, 1), Sentence(PLAIN, 1), 0.11, 0.22, id="a number"),
        pytest.param("When was it?", Sentence(DATED, 1), Sentence(PLAIN, 1), 0.075, 0.15, id="a time"),
        pytest.param("Who stayed?", Sentence(NAMED, 1), Sentence(PLAIN, 1), 0.037, 0.075, id="a name"),
        pytest.param("Boats?", Sentence(PLAIN, 1), Sentence(HEADING + "?", 1), 0.22, 0.45, id="no question"),
        pytest.param("Boats?", Sentence(PLAIN, 1), Sentence(PLAIN, 0), 0.22, 0.45, id="the better passage"),
    ],
)
def test_what_a_sentence_must_be_behind_by(question: str, one: Sentence, other: Sentence, near: float, far: float) -> None:
    """A sentence with what is asked for is chosen before one that is a little more like the question, and not before one that is much more
    like it.
    """
    assert _choice(question, one, other, near) == 0
    assert _choice(question, one, other, far) == 1
    assert _choice("Boats?", Sentence(PLAIN, 1), Sentence(PLAIN, 1), 0.001) == 1


def test_the_lead_is_for_a_topic_alone() -> None:
    """A question that is a topic gets the article's first statement, unless another is much more like it; no other question does."""
    lead, other = Sentence(PLAIN, 1, lead=True), Sentence(PLAIN, 1)
    assert _choice("river", lead, other, 0.15, topic=True) == 0
    assert _choice("river", lead, other, 0.3, topic=True) == 1
    assert _choice("river", lead, other, 0.01) == 1


def test_a_long_sentence_has_something_like_any_word() -> None:
    """Of a sentence of 40 characters and one of 120, whose mean is 80, the first is preferred by a tenth of log(1.5 / 0.5) = 0.110."""
    short, long = Sentence("a" * 39 + ".", 1), Sentence("a" * 119 + ".", 1)
    assert _choice("river", short, long, 0.108) == 0
    assert _choice("river", short, long, 0.112) == 1


def test_the_shortest_sentences_are_alike() -> None:
    """Below half of the mean, shortness is no merit: of 10 and 40 characters beside one of 200, with a mean of 83, neither has it before
    the other.
    """
    made = [Sentence("a" * (length - 1) + ".", 1) for length in (10, 40, 200)]
    found = points("river", made, np.zeros(3, np.float32), topic=False)
    assert found[0] == pytest.approx(found[1])
    assert found[0] - found[2] == pytest.approx(0.1 * np.log(200 / (250 / 3) / 0.5))
    made = [Sentence("a" * (length - 1) + ".", 1) for length in (50, 60, 100)]  # of 50, 60 and 100, whose mean is 70, none is that short
    found = points("river", made, np.zeros(3, np.float32), topic=False)
    assert found[0] - found[1] == pytest.approx(0.1 * np.log(60 / 50))


def test_likeness_by_hand() -> None:
    """A word counts by its weight, by how few sentences have it, and half if the title has it."""
    found = np.array([[1, 0], [0, 1], [0, 0]], np.float32)
    weights = np.array([1, 3], np.float32)
    rare = 1 + np.log(4 / 2)
    assert likeness(found, np.zeros(2, np.float32), weights) == pytest.approx([0.25, 0.75, 0])
    assert likeness(found, np.array([1, 0], np.float32), weights) == pytest.approx([0.5 / 3.5, 3 / 3.5, 0])
    assert likeness(found, np.array([0.85, 0], np.float32), weights) == pytest.approx([0.25, 0.75, 0])
    common = np.array([[1, 0], [1, 1], [0.95, 0]], np.float32)
    usual = 1 + np.log(4 / 4)
    assert likeness(common, np.zeros(2, np.float32), np.ones(2, np.float32))[0] == pytest.approx(usual / (usual + rare))


def test_a_topic_has_all_its_words_in_the_title() -> None:
    """A word that weighs nothing need not be there."""
    weights = np.array([2, 1, 0], np.float32)
    assert is_topic(np.array([1, 0.95, 0], np.float32), weights)
    assert not is_topic(np.array([1, 0.85, 1], np.float32), weights)
    assert not is_topic(np.ones(2, np.float32), np.zeros(2, np.float32))


def test_closest_is_the_largest_cosine() -> None:
    """As a comparison of every token with every other gives it."""
    vectors = np.eye(4, dtype=np.float32)
    vectors[3] = [0.6, 0.8, 0, 0]
    tokens = Tokens(np.array([1, 2, 3, 4], np.float32), vectors, np.array([0, 1, 2, 3, 0, 3]), np.array([2, 4, 4, 6]))
    expected = [[0.6, 0.8], [0, 0], [1, 0.8]]  # the second text has no token
    assert closest(tokens).tolist() == pytest.approx(np.array(expected))
    assert interactions(tokens) == pytest.approx([0.6 + 1.6, 0, 1 + 1.6])


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When did the bridge fall?", (True, False, False)),
        ("What year did it fall?", (True, False, False)),
        ("Wann fiel die Brücke?", (True, False, False)),
        ("How many people died?", (False, True, False)),
        ("how much did it cost", (False, True, False)),
        ("¿Cuántas personas murieron?", (False, True, False)),
        ("Who won?", (False, False, True)),
        ("Qui a gagné ?", (False, False, True)),
        ("bridge collapse", (False, False, False)),
        ("How did it fall?", (False, False, False)),
    ],
)
def test_kinds_of_questions(question: str, kind: tuple[bool, bool, bool]) -> None:
    """A time, a number, somebody, or none of them."""
    assert kind_of(question) == kind


@pytest.mark.parametrize(
    ("text", "time", "number"),
    [
        ("It fell on 26 March 2024.", True, False),
        ("It fell on March 26, 2024.", True, False),
        ("It fell in 1987.", True, False),
        ("It fell at 1:28 at night.", True, False),
        ("It fell on Tuesday.", True, False),
        ("Six people died.", False, True),
        ("It cost 3.5 million.", False, True),
        ("On 26 March, 6 people died.", True, True),
        ("It fell.", False, False),
        ("He may go.", False, False),
        ("May I go?", False, False),
        ("It fell in May.", True, False),
        ("It fell on May 3.", True, False),
        ("Sie wollen am Montag verhandeln.", True, False),
        ("Volverán el 3 de mayo.", True, False),
        ("The march of 40 men.", False, True),
    ],
)
def test_times_and_numbers(text: str, time: bool, number: bool) -> None:
    """The numbers of a date are a time, and all others numbers."""
    assert (has_time(text), has_number(text)) == (time, number)


@pytest.mark.parametrize(
    ("text", "name"), [("It was Anna.", True), ("The NATO chief came.", True), ("The chief came.", False), ("Anna", False)]
)
def test_names(text: str, name: bool) -> None:
    """A word with a capital letter that does not begin the sentence."""
    assert has_name(text) == name


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("It fell.", True),
        ("“It fell.”", True),
        ("桥塌了。", True),
        ("What fell?", False),
        ("“What fell?”", False),
        ("Why the bridge fell", False),
        ("By Anna Berg", False),
    ],
)
def test_statements(text: str, statement: bool) -> None:
    """Headings and questions state nothing."""
    assert is_statement(text) == statement


def _search(folder: Path, question: str, *paragraphs: str, title: str = "A day in the town") -> tuple[str, str]:
    """The first passage and the answer of an article of these paragraphs, in passages of some 30 words."""
    (folder / "a.jsonl").write_text(json.dumps({"id": "a", "title": title, "text": "\n\n".join(paragraphs)}))
    index_paths([folder / "a.jsonl"], folder / "index", Options(model="hash", chunking=Chunking(64)))
    with Index.open(folder / "index") as opened:
        [hit] = opened.search(question, min_score=0).hits
    text = hit.article.text
    assert hit.passage.start <= hit.answer.start < hit.answer.end <= hit.passage.end
    return text[hit.passage.start : hit.passage.end], text[hit.answer.start : hit.answer.end]


FILLER = (
    "Some children played on the grass near the old mill while their parents talked about the weather and the price of bread and of milk."
)


def test_passage_and_sentence_are_chosen_together(tmp_path: Path) -> None:
    """The passage shown is the one with the sentence that answers, though another has more of the question's words."""
    echo = "Bridge collapse, bridge collapse, how many people died in the bridge collapse? Nobody could tell how many people died there."
    passage, answer = _search(tmp_path, "How many people died in the collapse?", echo, FILLER, f"{FILLER} In the collapse 6 people died.")
    assert answer == "In the collapse 6 people died."
    assert answer in passage


def test_a_topic_is_answered_with_the_lead(tmp_path: Path) -> None:
    """Headings and the byline before it are passed over."""
    heads = ["Flood in Basel", "By Anna Berg", "Photo by Li", "Basel"]
    lead = "The flood rose by two metres on Monday and the old town of Basel was under water."
    _, answer = _search(tmp_path, "flood Basel", *heads, lead, "A flood in Basel is rare.", title="Flood in Basel")
    assert answer == lead
