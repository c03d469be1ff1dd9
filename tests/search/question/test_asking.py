"""Words that only ask are not searched: what is left of a request, and that it finds what its bare topic finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cpu_time import within
from hypothesis import given
from hypothesis import strategies as st

from newsdex import Index
from newsdex.search.question.asking import has_topic, topics_in, without_asking

ASKED = [
    # A topic.
    ("search for articles on Brexit", "Brexit"),
    ("list all stories about the flood", "the flood"),
    ("give me all the articles you have on Putin", "Putin"),
    ("show me everything about Gaza please", "Gaza"),
    ("what do we have on the Baltimore bridge", "the Baltimore bridge"),
    ("find articles where Macron is quoted", "Macron is quoted"),
    ("which articles talk about AI?", "AI"),
    ("anything in the archive about Gaza", "Gaza"),
    ("give me a summary of the bridge collapse", "the bridge collapse"),
    ("explain quantitative easing to me", "quantitative easing"),
    ("explain why trains are better", "why trains are better"),
    ("articles that deal with Iran", "Iran"),
    ("articles about the deal with Iran", "the deal with Iran"),
    ("catch me up on Boeing", "Boeing"),
    ("Hi, can you help me find articles about the flood? Thanks!", "the flood"),
    ("I'm writing my thesis and would need press coverage of Gaza.", "Gaza"),
    ("Zeig mir alle Artikel über die Ukraine", "die Ukraine"),
    ("je cherche des articles sur Gaza", "Gaza"),
    ("busco noticias sobre Gaza", "Gaza"),
    ("cercami articoli su Boeing", "Boeing"),
    # A question.
    ("can you tell me who won the election in Senegal?", "who won the election in Senegal"),
    ("do you know why the bridge collapsed", "why the bridge collapsed"),
    ("I'd like to know if Boeing was fined", "Boeing was fined"),
    ("Quick question: who owns the ship? Answer briefly.", "who owns the ship"),
    ("Good evening, may I ask something? Who owns the ship? Best wishes, Margaret", "Who owns the ship"),
    ("¿puedes decirme quién ganó las elecciones?", "quién ganó las elecciones"),
    ("peux-tu me dire qui a gagné l'élection", "qui a gagné l'élection"),
]
UNCHANGED = [
    "search for survivors after the earthquake",
    "list of victims",
    "articles of association",
    "reports of torture",
    "talks about a ceasefire",
    "Is there a new deal with Mercosur?",
    "What did May say about Brexit?",
    "post office scandal",
    "school shooting",
    "press freedom in Hungary",
    "find a way",
    "give me a break",
    "tell me about it",
    "US news about Gaza",
    "WHO report on measles",
    "Where can one find the Huguenot farms?",
    "What does not explain the failure of the vaccine?",
    "Who is it for?",
    "Um was zu erreichen, braucht ein Land länger?",
    "If the dam breaks, who pays?",
    "Hello Kitty",
    "The Hague, Netherlands",
    "",
    " : ?",
]


@pytest.mark.parametrize(("asked", "topic"), ASKED)
def test_what_only_asks_is_left_out(asked: str, topic: str) -> None:
    """At the beginning, at the end and in parts of its own."""
    assert without_asking(asked) == topic


@pytest.mark.parametrize("text", UNCHANGED)
def test_a_topic_is_left_as_it_is(text: str) -> None:
    """Also where it has words that ask elsewhere, and names in capitals."""
    assert without_asking(text) == text


@given(st.text(max_size=200))
def test_of_any_text_a_part_is_left_with_its_topic(text: str) -> None:
    """What is left is a part of the text; it has a topic if the text has one; and so have the topics in it."""
    left = without_asking(text)
    assert left in text
    assert has_topic(left) or not has_topic(text) or left == text
    assert all(topic in text and has_topic(topic) for topic in topics_in(text))


@pytest.mark.parametrize("text", ["please " * 600, "a, " * 1_300, "\u2013 " * 2_000, "tell me what " * 300, "." * 4_000, " " * 4_000])
def test_long_texts_are_read_quickly(text: str) -> None:
    """In time that grows with the length: 4,000 characters take milliseconds."""
    within(0.2, lambda: (without_asking(text), topics_in(text)))


@pytest.fixture(scope="module")
def index(sample_index: Path) -> Iterator[Index]:
    """The sample archive."""
    with Index.open(sample_index) as opened:
        yield opened


@pytest.mark.parametrize("phrasing", ["give me a summary of {}", "Hello, any articles about {}? Thanks!", "what can you tell me about {}"])
def test_a_request_finds_what_its_topic_finds(index: Index, phrasing: str) -> None:
    """The same hits with the same probabilities."""
    plain, asked = index.search("the bridge collapse"), index.search(phrasing.format("the bridge collapse"))
    assert plain.answerable
    assert [(hit.article.id, hit.score, hit.answer_text) for hit in asked] == [
        (hit.article.id, hit.score, hit.answer_text) for hit in plain
    ]


def test_the_topic_is_asked_where_nothing_answers_the_whole(index: Index) -> None:
    """A remark says so. A question that does not ask for a topic, is literal, or whose topic has no answer either stays refused."""
    question = "my flatmate keeps rambling over breakfast about Boeing"
    found = index.search(question)
    assert found.answerable
    assert found.question == question
    assert found[0].article.id == index.search("Boeing")[0].article.id
    assert 'Read as "Boeing"' in " ".join(found.remarks)
    assert not index.search(question, literal=True).answerable
    assert not index.search("my flatmate keeps rambling over breakfast about sourdough starters").answerable
    assert topics_in("Who designed the logo of COP29?") == []


def test_a_short_question_stands_alone_where_it_has_a_sure_answer_only_so(index: Index) -> None:
    """And not where it has none, or one with the earlier messages."""
    history = ["Why did the bridge in Baltimore collapse?"]
    alone = index.search("Who lit the cauldron?")
    found = index.search("Who lit the cauldron?", history=history)
    assert (found[0].article.id, found[0].score) == (alone[0].article.id, alone[0].score)
    assert found.remarks == ("Read without the earlier questions.",)
    for question in ("Who owns the ship?", "How many people died?", "Was he hurt?"):
        assert "Baltimore" in index.search(question, history=history).remarks[0]


@pytest.mark.parametrize(
    "question",
    [
        "Write me a poem about the bridge in Baltimore",
        "I have a question about my council tax bill, I paid twice",
        "Can you recommend a good book about sourdough?",
    ],
)
def test_who_asks_for_something_else_gets_no_topic(question: str) -> None:
    """A poem is no article, and the tax bill of whoever asks is in none."""
    assert topics_in(without_asking(question)) == []


def test_what_is_excluded_is_no_topic() -> None:
    """What "no desktop" names is taken from the topic before it."""
    assert topics_in("young people who only use mobile, no desktop") == []
    assert topics_in("Sorry, only storms, not floods") == topics_in("Sorry, only storms")


def test_a_topic_is_not_taken_from_the_part_without_its_name() -> None:
    """How many died is asked of the collision."""
    assert "How many died" not in topics_in("I am writing a piece on the Haneda collision. How many died?")
