"""What asks for an explanation, and what explains."""

from __future__ import annotations

import pytest
from cpu_time import within

from newsdex.search.answer.mentions import explains
from newsdex.search.answer.question import thing_in


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("What is the AUKUS pact?", "AUKUS pact"),
        ("what's aukus", "aukus"),
        ("who is Yulia Navalnaya", "Yulia Navalnaya"),
        ("What does UDS stand for?", "UDS"),
        ("fedramp meaning", "fedramp"),
        ("falcon heavy what is it", "falcon heavy"),
        ("tell me about the Houthis", "Houthis"),
        ("Was ist die Schuldenbremse?", "Schuldenbremse"),
        ("\u00bfQu\u00e9 es el IMSERSO?", "IMSERSO"),
        ("qu\u00e9 es el IMSERSO", "IMSERSO"),
        ("Qu'est-ce que la BCE ?", "BCE"),
        ("wat is de NAVO", "NAVO"),
        ("o que \u00e9 o PIX", "PIX"),
        ("When was AUKUS signed?", ""),
        ("who resigned", ""),
        ("what happened in Elston", ""),
        ("the meaning of the word", ""),
        ("", ""),
    ],
)
def test_what_asks_for_an_explanation(question: str, thing: str) -> None:
    """In seven languages, with the thing before or behind what asks."""
    assert thing_in(question) == thing


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        ("AUKUS", "AUKUS is a pact of three states."),
        ("aukus", "The pact, called AUKUS, was signed."),
        ("AUKUS", "They met about AUKUS, a pact of three states, on Monday."),
        ("AUKUS", "AUKUS (for Australia, the United Kingdom and the U.S.), which is the newest pact, met."),
        ("USWDS (U.S. Web Design System)", "The U.S. Web Design System is a library of code."),
        ("Web Design System", "The **Web Design System** \u2013 a library of code \u2013 has grown."),
        ("UDS", "The United Deckhands and Stokers (UDS) voted."),
        ("API", "API stands for application programming interface."),
        ("dual-use goods", 'New rules on "dual-use" goods, meaning products that armies can use too.'),
        ("Yulia Navalnaya", "His widow, Yulia Navalnaya, spoke."),
        ("Dilys Farrow", "Council leader Dilys Farrow spoke."),
        ("Ann Berg", "The mayor of Sorrel, Ann Berg, spoke."),
        ("Ann Berg", "Ann Berg, the mayor of Sorrel, spoke."),
        ("Schuldenbremse", "Die Schuldenbremse ist eine Regel im Grundgesetz."),
    ],
)
def test_what_explains(thing: str, text: str) -> None:
    """By what is said of the thing, what it is called, its long form, or a role."""
    assert explains(text, thing)


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        ("AUKUS", "AUKUS was discussed in Paris."),
        ("AUKUS", "In AUKUS, the types of boats that they were getting or could get mattered."),
        ("AUKUS", "AUKUSA is a pact."),
        ("Ann Berg", "In the evening Ann Berg spoke."),
        ("Ann Berg", "Ann Berg, Carl Holm and Edwin Garrow spoke."),
        ("", "It is a pact."),
    ],
)
def test_what_explains_nothing(thing: str, text: str) -> None:
    """A thing may be mentioned only."""
    assert not explains(text, thing)


@pytest.mark.parametrize("thing", ["a", "a (b, c)", "(" * 400, "a. b* [c] \\d"])
def test_any_thing_is_sought_in_any_text_quickly(thing: str) -> None:
    """Time grows with the length of the text."""
    for text in ("a " * 5_000, "a, the " * 2_000, "the a, " * 2_000, "A" * 10_000, "leader a " * 2_000, f"{thing} " * 500):
        within(0.5, lambda text=text: explains(text, thing))
