"""Which sentence of an article is shown as the answer: cases worked by hand, each on both sides of what decides it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from newsdex import Chunking, Index, Options, index_paths
from newsdex.encoder import Tokens
from newsdex.records import Article, Period, Published, Span
from newsdex.search.answer.mentions import has_time, is_of_other_years, is_statement, leaves_answer_to, numbers_beside, numbers_in
from newsdex.search.answer.question import Question, kind_of, says_when
from newsdex.search.answer.sentence import (
    Features,
    QueryTokens,
    Sentence,
    article_odds,
    best_of,
    closest,
    features_of,
    likeness,
    points,
    sentence_scores,
    token_weights,
    with_earlier,
    with_forms,
)
from newsdex.words import Analyzer

ONE_TOKEN = QueryTokens(np.ones(1, np.float32), np.zeros(1, np.intp))
PLAIN = "The river was calm and the boats stayed in."  # 43 characters, as have the next
NUMBERED = "The river was calm and the 9 skiffs were in"[:-1] + "."
COUNTED = "The river was calm and only 9 boats were in"[:-1] + "."
DATED = "The river was calm on 3 May, so they stayed"[:-1] + "."
NAMED = "The river was calm and Anna Berg stayed in."
PLACED = "The river was calm and they stayed in Basel"[:-1] + "."
REASONED = "The boats stayed in because it was not calm"[:-1] + "."
HEADING = "The river was calm and the boats stayed in"
NOW, BEFORE = "Edwin Garrow resigned.", "His predecessor, Anna Berg, resigned."
MAY = Period(date(2024, 5, 1), date(2024, 5, 31))


def _choice(question: Question, one: Sentence, other: Sentence, ahead: float) -> int:
    """Which of two sentences is chosen where the other has ``ahead`` more of the question than one that has half of it."""
    found = features_of(question, ONE_TOKEN, [one, other], *_cosines(0.5, 0.5 + ahead))
    return best_of(points(found))


def _cosines(*shares: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Closest cosines to the one token of a question, of sentences with these shares of it, and of a title with none: a share grows evenly
    from a cosine of 0.3 to one of 0.9.
    """
    return np.array([[0.3 + 0.6 * share] for share in shares], np.float32), np.zeros(1, np.float32)


def _has_number(text: str, question: str) -> bool:
    """Whether the text has a number that answers the question."""
    quantity = Question(question).quantity
    return quantity.is_told(quantity.counting(text))


@pytest.mark.parametrize(
    ("question", "one", "other", "worth"),
    [
        pytest.param("How many boats?", NUMBERED, PLAIN, 0.244, id="a number"),
        pytest.param("How many boats?", COUNTED, NUMBERED, 0.183, id="a number of what is asked for"),
        pytest.param("How much was it?", "The river was calm and it cost 9 dollars."[:-1] + ".", NUMBERED, 0.44, id="a unit"),
        pytest.param("When was it?", DATED, PLAIN, 0.268, id="a time"),
        pytest.param("Who stayed?", NAMED, PLAIN, 0.207, id="a name"),
        pytest.param("Where was it?", PLACED, PLAIN, 0.244, id="a place"),
        pytest.param("Why was it?", REASONED, PLAIN, 0.244, id="a reason"),
        pytest.param("Boats?", PLAIN, HEADING + "?", 0.49, id="no question"),
        pytest.param("Who resigned?", NOW, BEFORE, 0.244, id="no predecessor"),
        pytest.param("What is a skiff?", "A skiff is a small boat that one rows alone.", PLAIN, 0.366, id="an explanation"),
    ],
)
def test_what_a_sentence_must_be_behind_by(question: str, one: str, other: str, worth: float) -> None:
    """A sentence with what is asked for is chosen before one that has a little more of the question, and not before one that has much more
    of it: each kind of evidence is worth a share of the question that was fitted on marked answers, to within a third.
    """
    asked = Question(question)
    assert _choice(asked, Sentence(one), Sentence(other), worth / 1.35) == 0
    assert _choice(asked, Sentence(one), Sentence(other), worth * 1.35) == 1
    assert _choice(Question("Boats?"), Sentence(PLAIN), Sentence(PLAIN), 0.001) == 1


def test_what_says_that_something_is_not_known_is_no_answer() -> None:
    """It has the question's words. Where nothing is asked, it is as good as others."""
    unknown = Sentence("It was not known how many boats were in, but 9 were seen.")
    for text, behind in (("How many boats were in?", True), ("boats in", False)):
        found = features_of(Question(text), ONE_TOKEN, [unknown, Sentence(COUNTED)], *_cosines(0.8, 0.5))
        assert bool(points(found)[0] < points(found)[1]) is behind


@pytest.mark.parametrize(
    ("question", "text"),
    [("When did it hit?", "07:00 Good morning."), ("Who came?", NAMED), ("How many boats?", NUMBERED), ("Why?", REASONED)],
)
def test_what_is_asked_for_counts_where_something_is_told_of_it(question: str, text: str) -> None:
    """A sentence with nothing of the question is no answer for its time, person, number or reason; a tenth of the question is enough."""
    asked = Question(question)
    gained = [
        points(features_of(asked, ONE_TOKEN, [Sentence(each)], *_cosines(share))).item()
        for share in (0.0, 0.05, 0.1, 0.2)
        for each in (text, PLAIN)
    ]
    none, half, tenth, fifth = np.subtract(gained[::2], gained[1::2]).tolist()
    assert none == pytest.approx(0, abs=1e-6)
    assert half == pytest.approx(tenth / 2, rel=0.05)
    assert tenth == pytest.approx(fifth, rel=0.05)
    assert fifth > 1


def test_the_points_of_the_passage_count() -> None:
    """A passage with a third of a point less is as good when its sentence has an eighth more of the question."""
    asked = Question("Boats?")
    assert _choice(asked, Sentence(PLAIN), Sentence(PLAIN, passage=-0.33), 0.11) == 0
    assert _choice(asked, Sentence(PLAIN), Sentence(PLAIN, passage=-0.33), 0.19) == 1
    asked = Question("How many boats?")
    assert _choice(asked, Sentence(PLAIN), Sentence(PLAIN, passage=-0.33), 0.05) == 0
    assert _choice(asked, Sentence(PLAIN), Sentence(PLAIN, passage=-0.33), 0.11) == 1


def test_sentences_of_other_years_are_behind() -> None:
    """Where the question names days, a sentence of another year alone is not what is asked for; without such days it is as good."""
    other, same = Sentence("it was in 1977 that a bridge fell into it."), Sentence("it was in 2024 that a bridge fell into it.")
    asked = Question("Bridge?", MAY)
    assert _choice(asked, same, other, 0.2) == 0
    assert _choice(asked, same, other, 0.36) == 1
    assert _choice(Question("Bridge?"), same, other, 0.01) == 1


@pytest.mark.parametrize(
    ("text", "other"),
    [("In 1977 it fell.", True), ("In 2024 it fell, as in 1977.", False), ("It fell.", False), ("In the 1970s it fell.", True)],
)
def test_years_of_a_period(text: str, other: bool) -> None:
    """One year of the period is enough, and a sentence without years speaks of none."""
    assert is_of_other_years(text, MAY) == other


def _gap(query: str, one: Sentence, other: Sentence, titled: Sequence[float] = (1, 1)) -> float:
    """How many points ``one`` is ahead of ``other``, where both have half of each of two words of a query: the first weighs three times as
    much as the second. ``titled`` are the title's cosines with them.
    """
    asked = QueryTokens(np.array([3, 1], np.float32), np.arange(2))
    found = features_of(Question(query), asked, [one, other], np.full((2, 2), 0.6, np.float32), np.array(titled, np.float32))
    return float(-np.diff(points(found))[0])


def test_topics_are_answered_near_the_beginning() -> None:
    """Without a question word an early sentence is ahead of a later one: of one two sentences later by about 1.5, which is a fifth of the
    query. From the eighth on all are alike, and of a question all are.
    """
    early, later, middle, far, farther = (Sentence(PLAIN, place=place) for place in (0, 2, 4, 8, 90))
    assert 1.1 < _gap("river boats", early, later) < 2.1
    assert 2.2 < _gap("river boats", early, far) < 4.2
    assert 0.6 < _gap("river boats", middle, far) < 1.1
    assert _gap("river boats", far, farther) == 0
    assert _gap("Calm boats?", later, far) == 0


def test_a_word_that_the_title_lacks_asks_for_more_than_the_beginning_says() -> None:
    """The beginning counts by the share of the query that the title has, 3 of 4 or 1 of 4: a detail may be anywhere in the article."""
    early, far = (Sentence(PLAIN, place=place) for place in (0, 8))
    whole = _gap("river boats", early, far)
    assert _gap("river boats", early, far, (1, 0.8)) == pytest.approx(0.75 * whole)
    assert _gap("river boats", early, far, (0.8, 1)) == pytest.approx(0.25 * whole)
    assert _gap("river boats", early, far, (0.8, 0.8)) == 0


def test_a_question_asks_for_more_than_the_lead_says() -> None:
    """The first statement of an article is behind by a sixteenth of the question, unless the question has no question word."""
    lead, later = Sentence(PLAIN), Sentence(PLAIN, place=2)
    assert _choice(Question("Boats?"), later, lead, 0.045) == 0
    assert _choice(Question("Boats?"), later, lead, 0.08) == 1
    assert _choice(Question("river boats"), later, lead, 0.001) == 1


def test_what_a_word_counts_by_hand() -> None:
    """By its weight, by how few sentences have it, half if the title has it, and 0.6 if it is a name; all together 1 without either."""
    found = np.array([[1, 0], [0, 1], [0, 0]], np.float32)
    weights, none = np.array([1, 3], np.float32), np.zeros(2, np.bool_)
    rare, usual = 1 + np.log(4 / 2), 1 + np.log(4 / 4)
    assert token_weights(found, np.zeros(2, np.float32), weights, none) == pytest.approx([0.25, 0.75])
    assert token_weights(found, np.array([1, 0], np.float32), weights, none) == pytest.approx([0.125, 0.75])
    assert token_weights(found, np.array([0.85, 0], np.float32), weights, none) == pytest.approx([0.25, 0.75])
    assert token_weights(found, np.zeros(2, np.float32), weights, np.array([True, False])) == pytest.approx([0.15, 0.75])
    common = np.array([[1, 0], [1, 1], [0.95, 0]], np.float32)
    assert token_weights(common, np.zeros(2, np.float32), np.ones(2, np.float32), none) == pytest.approx(
        [usual / (usual + rare), rare / (usual + rare)]
    )


def test_likeness_by_hand() -> None:
    """The share of the question that a sentence has, from none at a cosine of 0.3 to all at 0.9; and what the one before it in the text has
    besides.
    """
    found = np.array([[0.9, 0.2], [0.6, 1.0], [0.3, 0.3]], np.float32)
    alike, more = likeness(found, np.array([0.25, 0.75], np.float32), [2, 0, 1])
    assert alike == pytest.approx([0.25, 0.125 + 0.75, 0])
    assert more == pytest.approx([0, 0.125, 0])


def test_what_the_sentence_before_says_counts() -> None:
    """Of two equal sentences, the one behind a sentence with the rest of the question is before the other, as far as a quarter of one of
    the question's two words. What the sentence before adds counts a quarter of what the sentence itself has.
    """
    asked, tokens = Question("founded group?"), QueryTokens(np.ones(2, np.float32), np.array([0, 1]))
    made = [Sentence(PLAIN, start=start) for start in (0, 50, 1000)]

    def best(ahead: float) -> int:
        found = np.array([[0.9, 0.2], [0.2, 0.6], [0.2, 0.6 + 0.6 * ahead]], np.float32)
        return int(np.argmax(points(features_of(asked, tokens, made, found, np.zeros(2, np.float32)))[1:]))

    assert best(0.15) == 0
    assert best(0.25) == 1


def test_tokens_of_a_question() -> None:
    """Each is of its word. What any text has weighs nothing, unless the question has nothing else."""
    vectors = np.eye(4, dtype=np.float32)
    tokens = Tokens(np.array([3.5, 6, 9, 2], np.float32), vectors, np.array([0, 1, 2, 3]), np.array([1, 3, 4]))
    asked = QueryTokens.of(tokens, 2)
    assert asked.words.tolist() == [0, 1, 1]
    assert asked.weights.tolist() == pytest.approx([0, 2, 5])
    assert QueryTokens.of(tokens, 1).weights.tolist() == [3.5]


def test_names_count_less_because_later_sentences_do_not_repeat_them() -> None:
    """A word is a name where the sentences write it with a capital letter in their midst, as the question need not."""
    asked, tokens = Question("when was hidankyo founded"), QueryTokens(np.array([0, 0, 5, 5], np.float32), np.arange(4))
    made = [Sentence("The prize for Hidankyo is here."), Sentence("The group was founded in 1956.", start=40)]
    found = np.array([[0, 0.9, 0.9, 0.3], [0, 0.9, 0.3, 0.9]], np.float32)
    alike = features_of(asked, tokens, made, found, np.zeros(4, np.float32))[:, Features._fields.index("likeness")]
    assert alike == pytest.approx([0.3, 0.5])


def test_the_sentence_behind_a_question_answers_it(tmp_path: Path) -> None:
    """A question that repeats the query's words is no answer, and what the article says to it counts nearly as if it repeated them."""
    lead, unlike = "The council of Tarvin met on Monday.", "Rust had eaten the cables."
    asked, near = "Why did the Tarvin footbridge close to the public?", "The Tarvin footbridge is used by the public all day."
    for number, text in enumerate((f"{lead} {near} {asked} {unlike}", f"{lead} {asked} {unlike} {near}")):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert _search(folder, "what was it that made the Tarvin footbridge close", text)[1] == unlike


@pytest.mark.parametrize(
    ("text", "following", "left"),
    [
        ("The mayor wrote to the paper:", '"A fine span, and we shall miss it."', True),
        ("Der Kanzler schrieb:", "„Ich gehe.“", True),
        ("Why did it close?", "Rust had eaten the cables.", True),
        ("The fine is 70 euros:", "The limit in the centre is 30.", False),
        ("The mayor wrote to the paper.", '"A fine span."', False),
    ],
)
def test_what_is_announced_answers(text: str, following: str, left: bool) -> None:
    """A sentence that announces a quotation leaves its answer to it; a lead that ends in a colon is an answer itself."""
    assert leaves_answer_to(text, following) == left


@pytest.mark.parametrize(
    "query",
    [
        "boats",
        "boats captain",
        "How many boats were in?",
        "How many metres long were the boats?",
        "Who stayed in?",
        "Who is Anna Berg?",
        "When was it calm?",
        "Why did boats stay?",
        "Where did boats stay?",
    ],
)
def test_only_sentences_that_can_be_the_best_are_read(query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The best, and the best five where these are wanted, are those of all, and far ones are not read, unless every score is wanted."""
    question, tokens = Question(query), ONE_TOKEN
    texts = [PLAIN, NUMBERED, COUNTED, DATED, NAMED, PLACED, REASONED, HEADING] * 5
    read: list[str] = []
    monkeypatch.setattr("newsdex.search.answer.sentence.is_statement", lambda text: read.append(text) or is_statement(text))
    for seed in range(20):
        draw = np.random.default_rng(seed)
        made = [Sentence(text, -float(draw.random()), 50 * place, place) for place, text in enumerate(draw.permutation(texts).tolist())]
        cosines, title = _cosines(*(0.7 * draw.random(len(made))).tolist())
        more = draw.integers(0, 2, len(made)) / 2
        whole = points(features_of(question, tokens, made, cosines, title)) + more
        assert sentence_scores(question, tokens, made, cosines, title, more, wanted=len(made)) == pytest.approx(whole)
        some = sentence_scores(question, tokens, made, cosines, title, more, wanted=5)
        assert np.sort(some)[-5:] == pytest.approx(np.sort(whole)[-5:])
        read.clear()
        best = sentence_scores(question, tokens, made, cosines, title, more)
        assert len(read) == np.isfinite(best).sum() < len(made)
        assert best_of(best) == best_of(whole)
        assert best[np.isfinite(best)] == pytest.approx(whole[np.isfinite(best)])


_PARTS = [
    "139",
    "two",
    "12.",
    "3rd",
    "dead",
    "dead2",
    "2dead",
    "deadtwo",
    "killed",
    "fünf",
    "a" * 29,
    " ",
    " ",
    " ",
    "-",
    ",",
    "\u0663",
    "死",
    "\u0661",
]


@given(
    text=st.lists(st.sampled_from(_PARTS), max_size=60).map("".join), listed=st.sampled_from(["dead|killed", "d", r"\b(?=d)", "2|two", ""])
)
def test_numbers_beside_are_those_of_all_pairs(text: str, listed: str) -> None:
    """Among all pairs of a listed word and a number, one has 1 to 60 characters between them and no digit among these."""
    pairs = [sorted((found.span(), number.span())) for found in re.finditer(listed, text) for number in numbers_in(text)]
    between = [text[first[1] : second[0]] for first, second in pairs]
    expected = any(0 < len(each) <= 60 and not any(map(str.isdigit, each)) for each in between)
    assert numbers_beside(text, re.compile(listed)) == expected


def test_numbers_are_in_figures_or_words() -> None:
    """A word is one as a whole, in any case; figures end before letters; ordinals are none."""
    text = "Twenty-ONE 1,300 tones, .5 of 12th, 12km, f\u00fcnf dozens; one_ 3.5. none 1,200nd"
    assert [found[0] for found in numbers_in(text)] == ["Twenty", "ONE", "1,300", "12", "f\u00fcnf", "dozens", "3.5.", "none"]


@pytest.mark.parametrize(
    ("query", "text", "others"),
    [
        ("how many people died in the attack", "More than 180 people were injured.", True),
        ("how many people died in the attack", "The attack left 139 dead and 180 injured.", False),
        ("how many people died in the attack", "The number of dead has risen to 139.", False),
        ("how many people died in the attack", "The attack lasted 20 minutes.", False),
        ("what is the death toll", "Before the death toll was told, 29 people were injured, among them six who were badly hurt.", True),
        ("what is the death toll", "It killed 12 and injured 29.", False),
        ("how many people died", "Six critically injured workers died on Sunday, the hospital said.", False),
        ("how many people were injured", "The blast left 12 people dead or wounded.", False),
        ("how many were injured in the attack", "More than 180 people were injured.", False),
        ("how many were injured in the attack", "The attack left 139 dead.", True),
        ("how many were killed or wounded", "More than 180 people were injured.", False),
        ("how many people attended", "More than 180 people were injured.", False),
    ],
)
def test_the_injured_are_others_than_the_dead(query: str, text: str, others: bool) -> None:
    assert Question(query).quantity.counts_others(text) is others


def test_whoever_asks_about_all_casualties_is_told_by_any() -> None:
    quantity = Question("how many were killed, wounded or rescued").quantity
    assert quantity.is_counted("There 29 people were killed.")
    assert not quantity.counts_others("There 29 people were killed.")


def test_a_form_of_a_word_is_the_word() -> None:
    """Of "owns" a sentence with "owned" has all; other words stay as near as their tokens are."""
    found = np.array([[0.4, 0.4, 0.5], [0.4, 0.4, 0.5]], np.float32)
    asked = QueryTokens(np.ones(3, np.float32), np.array([0, 0, 1]))
    texts = ["It is owned by Grace.", "It is run by Grace."]
    alike = with_forms(found, ["owns", "ships"], asked, texts, Analyzer("en").terms)
    assert alike.tolist() == pytest.approx(np.array([[1, 1, 0.5], [0.4, 0.4, 0.5]]))
    none = QueryTokens(np.zeros(0, np.float32), np.zeros(0, np.intp))
    assert with_forms(found[:, :0], [], none, texts, Analyzer("en").terms).shape == (2, 0)


def test_what_the_title_says_counts_less_than_an_answer() -> None:
    """Where the title has the whole question, a sentence that repeats it has half of its likeness."""
    asked, tokens = Question("why did crews strike"), QueryTokens(np.ones(2, np.float32), np.arange(2))
    made = [Sentence("Crews will strike."), Sentence("It is calm.", start=40)]
    found, title = np.array([[1, 1], [0, 0]], np.float32), np.ones(2, np.float32)
    place = Features._fields.index("likeness")
    assert features_of(asked, tokens, made, found, 0 * title)[0, place] == pytest.approx(1)
    assert features_of(asked, tokens, made, found, title)[0, place] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("question", "text", "fields"),
    [
        ("Who built it?", "It was built by Edwin Garrow.", {"who"}),
        ("Who is Edwin Garrow?", "Edwin Garrow is here.", set()),
        ("Who won?", "The US won in Paris.", set()),
        ("Who won?", "In April Team Europe won.", {"who"}),
        ("Where did Anna go?", "Anna went to Old Basel.", {"where"}),
        ("Where did Anna go?", "It was on Monday.", set()),
        ("How many people died?", "At least 139 people died.", {"number", "counted"}),
        ("How many people died?", "At least 139 were hurt.", {"number"}),
        ("How many of the 139 people died?", "The 139 people came.", set()),
        ("How many people died?", "At least 139 people were detained.", {"number"}),
        ("How many soldiers died?", "At least 139 soldiers died.", {"number", "counted"}),
        ("How many were hurt?", "It came, killing twelve and wounding about 2,800.", {"number", "counted"}),
        ("How many people came?", "They came at 3.30 p.m. to it.", set()),
        ("How high is the death toll?", "It has climbed to 832.", {"number"}),
        ("How high is the tower?", "It has 832 metres.", {"number", "unit"}),
        ("How old is she?", "Berg, 59, came.", {"number", "unit"}),
        ("How old is she?", "It has a minister of 37, its youngest.", {"number", "unit"}),
        ("How strong was the quake?", "They put its magnitude at 7.6.", {"number", "unit"}),
        ("How strong was the quake?", "It was a 7.6-magnitude one.", {"number", "unit"}),
        ("How fast was the wind?", "It came with 140 m.p.h. on land.", {"number", "unit"}),
        ("How fast was the wind?", "It came with 140 people.", {"number"}),
        ("How deep is it?", "It lies in 50 metres.", {"number", "unit"}),
        ("How deep is it?", "It is 50 metres long.", {"number"}),
        ("How deep is it?", "It is 50 metres long and lies at a depth of 20 metres.", {"number", "unit"}),
        ("How long is it?", "It is 50 metres long.", {"number", "unit"}),
        ("What was the highest temperature?", "It was 51.8 degrees.", {"number", "unit"}),
        ("What was the result?", "It was 5 to 4.", {"number"}),
        ("What was the plan?", "It was 5 to 4.", set()),
        ("Wie hoch ist der Satz?", "Der EZB-Rat nannte Anna Berg 5 Gründe.", {"number"}),
        ("How much is it?", "It cost 9 of the very new dollars.", {"number", "unit"}),
        ("How much is it?", "It cost 9 of what were then called new dollars.", {"number"}),
        ("How much is it?", "Tickets from Rs. 1,800 are sold.", {"number", "unit"}),
        ("What is the price of it?", "It is sold at \u20b91,800.", {"number", "unit"}),
        ("How many boats sank?", "Boats for Rs. 9 crore sank.", set()),
        ("How many boats sank?", "Boats for \u20a69 sank.", set()),
        ("How many boats sank?", "The 9 big old red boats sank.", {"number", "counted"}),
        ("How many boats sank?", "The 9 big old red wooden boats sank.", {"number"}),
        ("How many were killed?", "Killed were, as the police of the town say since today, 139.", {"number", "counted"}),
        ("How many were killed?", "Killed were, as the police of the town and those who saw it say since today, 139.", {"number"}),
        ("How many people died?", "Six members of a road crew are missing and presumed dead.", {"number", "counted"}),
        ("How many survived?", "One man was rescued.", {"number", "counted"}),
        ("Combien de morts ?", "Au moins 384 personnes ont \u00e9t\u00e9 tu\u00e9es.", {"number", "counted"}),
        ("erdbeben tote", "Mindestens 384 Menschen starben.", {"number", "counted"}),
        ("How many sheep were killed?", "Der Schaden beträgt 2400 Euro.", set()),
        ("How many sheep were killed?", "Huber, 54, paid $3 million for 2 miles of fence: 859-292-3680.", set()),
        ("How many miles is it?", "It is 2 miles.", {"number", "counted"}),
        ("Wie viele Schafe fehlen?", "Es sind acht Schafe.", {"number", "counted"}),
        ("Wie viele Schafe fehlen?", "Sie fehlen seit zwei Wochen.", set()),
        ("Wie schnell fliegt es?", "Es fliegt mit 28.000 Stundenkilometern.", {"number", "unit"}),
        ("Wie schnell fliegt es?", "Es fliegt mit 28.000 Leuten.", {"number"}),
        ("Wie lange läuft der Vertrag?", "Er gilt auf zehn Jahre.", {"number", "unit"}),
        ("Wie lange läuft der Vertrag?", "Er bringt zehn Milliarden Dollar.", {"number"}),
        ("Wie hoch ist die Strafe?", "Es drohen 500 Euro.", {"number", "unit"}),
        ("Wie alt ist sie?", "Sie starb im Alter von 93.", {"number", "unit"}),
        ("Wie tief ist er?", "Er ist 50 Meter lang.", {"number"}),
        ("Wie tief ist er?", "Er ist 50 Meter tief.", {"number", "unit"}),
        ("Strafe Lindner", "Er zahlte 500 Euro.", set()),
        ("Gehalt Lindner", "Er bekam 500 Euro.", {"number"}),
        ("Bürgermeisterin Ellerby", "Bürgermeisterin Anna Berg kam.", {"who"}),
        ("Wodurch brach es aus?", "Ein Defekt war der Auslöser.", {"why"}),
        ("Warum streiken sie?", "Sie warfen ihrem Chef Geiz vor.", {"why"}),
        ("Warum streiken sie?", "Sie tun es, um mehr Lohn zu bekommen.", {"why"}),
        ("Warum streiken sie?", "Seit März rufen sie dazu auf.", set()),
        ("¿A qué velocidad iba?", "Iba a 800\u00a0kilómetros por hora.", {"number", "unit"}),
        ("¿Cuánto pesaba?", "Pesaba casi 250\u00a0kilos.", {"number", "unit"}),
        ("¿Cuánto pesaba?", "Lo vieron 250 vecinos.", {"number"}),
        ("¿Qué porcentaje votó?", "Votó el 10 %.", {"number", "unit"}),
        ("¿Cuántos cerdos vendió?", "Vendió 15\u00a0cerdos.", {"number", "counted"}),
        ("fianza de Simpson", "Era de 500 dólares.", set()),
        ("alcalde de Ellerby", "Vino el alcalde Juan Ruiz.", {"who"}),
        ("¿Por qué se fue?", "Exigen un aumento.", {"why"}),
        ("Combien d'élèves y a-t-il ?", "Il y a 300\u202félèves.", {"number", "counted"}),
        ("Quelle est la hauteur de la tour ?", "Elle fait 300\u00a0mètres.", {"number", "unit"}),
        ("Quel âge a-t-il ?", "Il a 31\u00a0ans.", {"number", "unit"}),
        ("maire d'Ellerby", "La maire Anne Petit est venue.", {"who"}),
        ("Pourquoi la route est-elle fermée ?", "C'est pour réparer le pont.", {"why"}),
        ("Pourquoi la route est-elle fermée ?", "A car stood there.", set()),
        ("Quanto pesa la barca?", "Ha 3 tonnellate.", {"number", "unit"}),
        ("Quanti feriti ci sono?", "Ci sono 12 feriti.", {"number", "counted"}),
        ("sindaco di Ellerby", "Parla il sindaco Carlo Neri.", {"who"}),
        ("Perché scioperano?", "Chiedono di più.", {"why"}),
        ("Quantas pessoas morreram?", "Morreram 12 pessoas.", {"number", "counted"}),
        ("Quanto tempo durou?", "Foram 3 semanas.", {"number", "unit"}),
        ("treinador do Ellerby", "Falou o treinador João Silva.", {"who"}),
        ("Por que fechou?", "A causa foi o gelo.", {"why"}),
        ("Hoe snel ging het?", "Het ging 90 kilometer per uur.", {"number", "unit"}),
        ("Hoeveel doden zijn er?", "Er zijn 12 doden.", {"number", "counted"}),
        ("burgemeester van Ellerby", "Daar was burgemeester Jan Smit.", {"who"}),
        ("Waarom staken ze?", "Ze staken omdat het loon laag is.", {"why"}),
        ("Who is Abe?", "Abe Ito came.", {"who"}),
        ("How deep is it?", "It was one-year-old mud.", set()),
        ("How much is it?", "It cost $50.", {"number", "unit"}),
        ("When in 2024 was it?", "It was in 2024.", set()),
        ("When was it?", "It was in 2024.", {"when"}),
        ("When was it?", "It was at 9:30.", {"when"}),
        ("When was it?", "It was at 6am.", {"when"}),
        ("When was it?", "It was at 6:30 p.m. there.", {"when"}),
        ("How many people came?", "It was the 47th of all people here.", set()),
        ("When was it?", "It was on Monday.", {"when"}),
        ("Was it on Monday?", "It was on Monday.", set()),
        ("Why did it fall?", "It fell because it was old.", {"why"}),
        ("Why did crews strike?", "The union wants more pay.", {"why"}),
        ("Why did it sink?", "The radar had failed.", {"why"}),
        ("What caused the fire?", "It was a faulty heater.", {"why"}),
        ("Why did it fall?", "It had stood since March.", set()),
        ("How long is it?", "The 29-year-old came.", {"number"}),
        ("bridge", "It fell in Old Basel in 2024 because 6 people of Anna Berg came.", set()),
        ("rowing coach", "It was said by coach Anna Berg.", {"who"}),
        ("rowing club", "It was said by club Anna Berg.", set()),
        ("rowing coaches", "Anna Berg is the oldest coach.", {"who"}),
        ("rowing coach", "Anna Berg was for years coach.", {"who"}),
        ("rowing coach", "Anna Berg was for many years coach.", set()),
        ("rowing verdict", "Captain Anna Berg said the verdict was late.", set()),
        ("rowing coach", "Anna Berg, the old coach, came.", {"who"}),
        ("rowing coach", "The coach, the later captain Anna Berg, came.", set()),
        ("rowing coach", "The coach, the captain Anna Berg, came.", {"who"}),
        ("coach Anna Berg", "It was said by coach Anna Berg.", set()),
        ("champions league", "It is in the Europa League at Old Basel.", set()),
        ("champions league", "It is in the league at Old Basel.", {"who"}),
        ("foreign minister", "Foreign Minister Anna Berg came.", {"who"}),
        ("flood death toll", "It killed 9 people.", {"number", "counted"}),
        ("final score", "Basel won 3-1.", {"number"}),
        ("final", "Basel won 3-1.", set()),
        ("Who is Anna Berg?", "Carl Holm came.", set()),
        ("Who is steering the boat?", "Carl Holm came.", {"who"}),
        ("What is a skiff?", "A skiff is a boat.", {"explains"}),
        ("Who is Anna Berg?", "Anna Berg, the mayor, came.", {"explains"}),
        ("Who is Anna Berg?", "Anna Berg came.", set()),
        ("price of 2 boats in Ellerby", "They cost 9 francs.", {"number", "unit"}),
        ("the price of both boats in Old Ellerby rose", "They cost 9 francs.", set()),
    ],
)
def test_what_is_asked_for(question: str, text: str, fields: set[str]) -> None:
    """Of each kind of question, what its answer must have, and the question has not itself."""
    found = Features(*features_of(Question(question), ONE_TOKEN, [Sentence(text)], *_cosines(0.5))[0])
    asked_for = ("who", "number", "unit", "counted", "when", "where", "why", "explains")
    assert {name for name in asked_for if getattr(found, name)} == fields


OLD_FIRE = "On 1 January 2009, 66 people died in a nightclub."


@pytest.mark.parametrize(
    ("question", "title", "toll_at", "text", "published", "earlier"),
    [
        pytest.param("how many died in the bar fire", "Fire kills 27", 9, OLD_FIRE, "2026-06-12", True, id="the title has a toll"),
        pytest.param("how many died in the bar fire", "Bar fire", 2, OLD_FIRE, "2026-06-12", True, id="so has the beginning"),
        pytest.param("how many died in the bar fire", "Bar fire", 3, OLD_FIRE, "2026-06-12", False, id="only what is below has one"),
        pytest.param("how many died in the worst bar fire", "Fire kills 27", 2, OLD_FIRE, "2026-06-12", False, id="the worst is asked for"),
        pytest.param("how many died in the fire of 2009", "Fire kills 27", 2, OLD_FIRE, "2026-06-12", False, id="a year is asked for"),
        pytest.param("how many bars burned", "Fire kills 27", 2, OLD_FIRE, "2026-06-12", False, id="no casualties are asked for"),
        pytest.param("how many died in the bar fire", "Fire kills 27", 2, OLD_FIRE, None, False, id="no date"),
        pytest.param("how many died in the bar fire", "Fire kills 27", 2, OLD_FIRE, "2009-03-12", False, id="of the same year"),
        pytest.param("how many died in the bar fire", "Fire kills 27", 2, OLD_FIRE, "2010-03-12", False, id="early in the next year"),
        pytest.param("how many died in the bar fire", "Fire kills 27", 2, OLD_FIRE, "2010-06-12", True, id="late in the next year"),
        pytest.param("how many died in the nightclub fire", "Fire kills 27", 2, OLD_FIRE, "2026-06-12", False, id="its own word is asked"),
        pytest.param("how many died in the bar fire", "Fire kills 27", 2, "By noon 2000 people died.", "2026-06-12", False, id="no year"),
        pytest.param("how many died in the bar fire", "Fire kills 27", 2, OLD_FIRE, "0001-02-01", False, id="the first year of all"),
        pytest.param("how many died in the bar fire", "Fire kills 27", 2, "Since 2009, 66 died.", "2026-06-12", False, id="since a year"),
        pytest.param(
            "how many died in the bar fire", "Fire kills 27", 2, "In 2009 or 2026, 66 died.", "2026-06-12", False, id="and this year"
        ),
    ],
)
def test_sentences_of_earlier_events(question: str, title: str, toll_at: int, text: str, published: str | None, earlier: bool) -> None:
    """A later sentence of a report on casualties that has only earlier years tells of another event; the first one does not."""
    dated = Published(published, "record") if published else None
    article = Article("1", "", Path("1.txt"), "", title=title, published=dated)
    own = Sentence("It killed at least 27 people.", place=toll_at)
    marked = with_earlier(Question(question), [own, Sentence(text, place=12), Sentence("It was as hot as in 1999.")], article)
    assert [each.earlier for each in marked] == [False, earlier, False]


@pytest.mark.parametrize(
    ("question", "text", "others"),
    [
        ("Who won the women's race?", "In the men's race Carl Holm came first.", True),
        ("Who won the women\u2019s race?", "Among the men Carl Holm came first, among the women Ada Roe.", False),
        ("Who won the race?", "In the men's race Carl Holm came first.", False),
        ("who came second in the race", "Carl Holm came third.", True),
        ("who came first in the race", "Carl Holm came third.", False),
        ("who won the men's and the women's race", "In the men's race Carl Holm came first.", False),
        ("Wer gewann bei den Frauen?", "Bei den M\u00e4nnern siegte Carl Holm.", True),
        ("who won the women's race", "Carl Holm managed it on foot.", False),
    ],
)
def test_others_than_those_asked_about_count_less(question: str, text: str, others: bool) -> None:
    """Men are none of the women, and the third is not the second."""
    assert Features(*features_of(Question(question), ONE_TOKEN, [Sentence(text)], *_cosines(0.5))[0]).others == others


def test_people_are_whoever_is_counted(tmp_path: Path) -> None:
    """A sentence that calls them otherwise is as good as one that has the word: the first of two is taken."""
    lead, pilgrims, people = "The council met.", "Over 345 pilgrims were killed in Tarvin.", "At least 76 people were killed in Tarvin."
    for number, question in enumerate(("how many people died in Tarvin", "How many persons were killed in Tarvin?")):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert _search(folder, question, f"{lead} {pilgrims} {people}")[1] == pilgrims


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Ada Roe age", ("Ada", "Roe")),
        ("Ada Roe age gap", ("Ada", "Roe", "age", "gap")),
        ("age", ("age",)),
        ("how old is Ada Roe", ("how", "old", "is", "Ada", "Roe")),
    ],
)
def test_an_age_is_told_without_the_word(question: str, words: tuple[str, ...]) -> None:
    """By "the 24-year-old", rather than by "at such a young age"."""
    assert Question(question).words == words


@pytest.mark.parametrize(
    ("question", "text", "worth"),
    [
        ("How many boats?", "In 1938 there were 9.", 0.75),
        ("How many boats were there in 1938?", "In 1938 there were 9.", 1),
        ("How many boats?", "On Monday there were 9.", 1),
    ],
)
def test_a_number_of_another_year_counts_less(question: str, text: str, worth: float) -> None:
    """Reports name the years of earlier cases, and the day of theirs."""
    assert Features(*features_of(Question(question), ONE_TOKEN, [Sentence(text)], *_cosines(0.5))[0]).number == worth


@pytest.mark.parametrize(
    ("question", "text", "listed"),
    [
        ("How many drowned?", "2006: A flood at Tarvin killed 668 people.", True),
        ("Tarvin flood", "2006: A flood at Tarvin killed 668 people.", True),
        ("How many drowned?", "In 2006, a flood at Tarvin killed 668 people.", True),
        ("Wie viele starben?", "Im Jahr 1938 starben 200 Menschen.", True),
        ("How many drowned?", "A flood of 2006 at Tarvin killed 668 people.", False),
        ("How many drowned?", "1800 people drowned at Tarvin.", False),
        ("How many drowned in 2006?", "2006: A flood at Tarvin killed 668 people.", False),
        ("What happened at Tarvin?", "2006: A flood at Tarvin killed 668 people.", False),
    ],
)
def test_a_list_of_earlier_cases_does_not_tell_of_this_one(question: str, text: str, listed: bool) -> None:
    """Where a number is asked for, or nothing but a topic, a sentence that begins with a year is of another one."""
    assert Features(*features_of(Question(question), ONE_TOKEN, [Sentence(text)], *_cosines(0.5))[0]).other_year == listed


def test_a_predecessor_may_be_who_is_asked_for() -> None:
    """Where the question speaks of one."""
    assert _choice(Question("Who was his predecessor?"), Sentence(NOW), Sentence(BEFORE), 0.001) == 1


@pytest.mark.parametrize(
    ("question", "has"),
    [("How many people live there?", False), ("By how many people did it grow?", True), ("How many more people live there?", True)],
)
def test_what_a_number_changed_by_is_not_how_many_there_are(question: str, has: bool) -> None:
    """The number after "risen by" is one of those that a question about change asks for."""
    assert _has_number("It has risen by 100,000 people.", question) is has
    assert _has_number("It has risen by some 100,000 to 820,000.", question)


@pytest.mark.parametrize(
    ("question", "text", "worth"),
    [
        ("When did he die?", "He died on Friday.", 1),
        ("When did he die?", "He died on 16 February.", 1),
        ("When did he die?", "He died at 2:17 p.m.", 1),
        ("Wann starb er?", "Er starb am Freitag.", 0.7),
        ("¿Cuándo murió?", "Murió el viernes.", 0.7),
        ("When did he die?", "He died yesterday afternoon.", 0.7),
        ("Wann starb er?", "Er starb gestern.", 0.7),
        ("Wann starb er?", "Er starb um 2.17 Uhr am Freitag.", 1),
        ("When did he die?", "He led protests in 2011 and 2012.", 0.4),
        ("When did he die?", "He was arrested in January 2021.", 0.4),
        ("In which year did he die?", "He died in 2024.", 1),
        ("When does the probe arrive?", "It will arrive in April 2030.", 1),
        ("When will the library open again?", "It will be closed until May.", 1),
        ("Wann kommt die Sonde an?", "Im Oktober soll sie ankommen.", 1),
        ("When will he leave?", "He won in 1997.", 0.4),
        ("When did the probe arrive?", "It arrived in April.", 0),
        ("When did the ferry sink?", "All crossings are cancelled until Wednesday.", 0),
        ("Until when are crossings cancelled?", "All crossings are cancelled until Wednesday.", 1),
        ("Wann sank die Fähre?", "Sie fährt nicht bis Mittwoch.", 0),
        ("Who died in 2024 on Friday?", "He died on Friday in 2024.", 0),
        ("When did he die?", "He died.", 0),
    ],
)
def test_a_day_says_when_better_than_a_year_of_the_background(question: str, text: str, worth: float) -> None:
    """The day of an event is what a report gives; years in it are mostly those of earlier events."""
    assert says_when(text, Question(question)) == worth


def test_closest_is_the_largest_cosine() -> None:
    """As a comparison of every token with every other gives it."""
    vectors = np.eye(4, dtype=np.float32)
    vectors[3] = [0.6, 0.8, 0, 0]
    tokens = Tokens(np.array([1, 2, 3, 4], np.float32), vectors, np.array([0, 1, 2, 3, 0, 3]), np.array([2, 4, 4, 6]))
    expected = [[0.6, 0.8], [0, 0], [1, 0.8]]  # the second text has no token
    assert closest(tokens).tolist() == pytest.approx(np.array(expected))
    assert closest(tokens, 2).tolist() == pytest.approx(np.array([[0, 0, 0, 0], [1, 0.8, 0, 1]]))


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
        ("Wie is de burgemeester?", (False, False, True)),
        ("Wie ist der Bürgermeister?", (False, False, False)),
        ("How many votes did Ko Wen-je get in Kaohsiung?", (False, True, False)),
        ("Um wie viel stieg der Preis?", (False, True, False)),
        ("¿Cuál es el precio?", (False, True, False)),
        ("Quelle est la durée du vol ?", (False, True, False)),
        ("Qual é a altura da torre?", (False, True, False)),
        ("Wanneer viel de brug?", (True, False, False)),
        ("bridge collapse", (False, False, False)),
        ("How did it fall?", (False, False, False)),
    ],
)
def test_kinds_of_questions(question: str, kind: tuple[bool, bool, bool]) -> None:
    """A time, a number, somebody, or none of them."""
    assert kind_of(question)[:3] == kind


@pytest.mark.parametrize(
    ("text", "time", "number"),
    [
        ("I am here, am Ufer.", False, False),
        ("It was at 3.30 pm.", True, False),
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
        ("Tornano sabato.", True, False),
        ("The march of 40 men.", False, True),
    ],
)
def test_times_and_numbers(text: str, time: bool, number: bool) -> None:
    """The numbers of a date are a time, and all others numbers."""
    assert (has_time(text), _has_number(text, "it")) == (time, number)


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
        ("pilgrims in the mosque in 2008.", False),
        ("Zur 73.", False),
        ("Cali, 3 de mayo de 2024.", False),
        ("San Pedro de Buenaventura, 18 de noviembre de 2026.", False),
        ("Juan Ruiz, Ana Sanz, Luis Gil, Rosa Paz, Pedro Vega, Marta Cruz, 3 de mayo de 2024.", True),  # too long for a dateline
        ("LA PAZ, Nov. 9, 2026.", False),
        ("Carter died in 2024.", True),
        (".", False),
        ("Er wurde 73.", True),
        ("Image: Jane Doe.", False),
        ("The mayor of Selby image: Jane Doe.", False),
        ("The agency has a new image: it answers letters within a day and opens its archive to everyone.", True),
        ("Jane Doe won.", True),
        ("THE BRIDGE FELL.", True),
    ],
)
def test_statements(text: str, statement: bool) -> None:
    """Headings, questions and names alone state nothing."""
    assert is_statement(text) == statement


def _search(
    folder: Path, question: str, *paragraphs: str, title: str = "A day in the town", history: Sequence[str] = ()
) -> tuple[str, str]:
    """The first passage and the answer of an article of these paragraphs, in passages of some 30 words."""
    (folder / "a.jsonl").write_text(json.dumps({"id": "a", "title": title, "text": "\n\n".join(paragraphs)}))
    index_paths([folder / "a.jsonl"], folder / "index", Options(model="hash", chunking=Chunking(64)))
    with Index.open(folder / "index") as opened:
        [hit] = opened.search(question, min_score=0, history=history).hits
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


def test_a_follow_up_question_is_answered_by_a_sentence_on_the_topic(tmp_path: Path) -> None:
    """Its own words are in both sentences, the second of which is in another passage; those of the earlier message tell which is meant."""
    fire, ferry = "In the fire twelve people died at the mill.", "Four people died on board when the ferry Aurora sank."
    paragraphs = [f"{fire} {FILLER}", FILLER, FILLER, FILLER, f"{FILLER} {ferry}"]
    for topic, sentence in (("ferry Aurora", ferry), ("fire at the mill", fire)):
        passage, answer = _search(tmp_path, "how many people died?", *paragraphs, history=[topic])
        assert answer == sentence
        assert answer in passage


def test_a_topic_is_answered_with_the_lead(tmp_path: Path) -> None:
    """Headings and the byline before it are passed over."""
    heads = ["Flood in Basel", "By Anna Berg", "Photo by Li", "Basel"]
    lead = "The flood rose by two metres on Monday and the old town of Basel was under water."
    _, answer = _search(tmp_path, "flood Basel", *heads, lead, "A flood in Basel is rare.", title="Flood in Basel")
    assert answer == lead


@pytest.mark.parametrize("question", ["What happened in October 2024?", "October 2024", "latest news", "before:2025"])
def test_a_list_of_some_days_shows_each_lead(tmp_path: Path, question: str) -> None:
    """Whatever years it has, and however much shorter the later sentences are."""
    article = {
        "id": "a",
        "title": "Lighthouse sold",
        "date": "2024-10-24",
        "text": "By Anna Berg\n\nThe lighthouse, dark since 2009, was sold. It has collected 185,000. What happened in it is a secret.",
    }
    (tmp_path / "a.jsonl").write_text(json.dumps(article))
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as opened:
        [hit] = opened.search(question)
    assert hit.article.text[hit.answer.start : hit.answer.end] == "The lighthouse, dark since 2009, was sold."


@pytest.mark.parametrize(("others", "chosen"), [(15, True), (28, False)])
def test_the_sentences_of_sixteen_passages_are_compared(tmp_path: Path, others: int, chosen: bool) -> None:
    """The sixteenth best passage may have the answer, before one of fifteen others; the twenty-ninth is not looked at."""
    echo = (
        "The mill, its cost, the dollars, is that known? Who asks for the cost of the mill in dollars, and was the mill worth the cost "
        "in dollars?"
    )
    _, answer = _search(tmp_path, "What did the mill cost in dollars?", *[echo] * others, f"{FILLER} It had cost 6 dollars.")
    assert (answer == "It had cost 6 dollars.") == chosen


@pytest.mark.parametrize("byline", ["By Ada Roe", "Ada Roe"])
def test_a_heading_that_repeats_the_title_is_not_shown(tmp_path: Path, byline: str) -> None:
    """Nor the byline below it: the passage begins behind both. A heading that says something else stays."""
    head = "---\ntitle: The dentist who skated to work\nauthor: Ada Roe\n---\n\n# "
    told = "Walt Sorensen of Port Alder died on Sunday."
    (tmp_path / "same.md").write_text(f"{head}The *dentist* who skated to work\n\n{byline}\n\n{told}\n", encoding="utf-8")
    (tmp_path / "other.md").write_text(f"{head}A dentist who skated\n\n{byline}\n\n{told} Mayors spoke.\n", encoding="utf-8")
    index_paths([tmp_path], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as index:
        shown = {hit.article.path.name: hit for hit in index.search("dentist who skated", min_score=0, collapse=False, context=1)}
    [match], article = shown["same.md"].matches, shown["same.md"].article
    assert (match.passage.text.strip(), match.context) == (told, Span(match.passage.start, match.passage.end))
    assert article.text[match.passage.start : match.passage.end] == match.passage.text
    assert article.text[match.answer.start : match.answer.end] == told
    assert shown["other.md"].passage.text.startswith("# A dentist who skated")


@pytest.mark.parametrize(
    ("again", "is_shown"),
    [
        ("The dentist who skated to work", False),
        ("The dentist who\nskated to work", False),
        ("The dentist who skated to ...", False),
        ("The dentist who skated to a play ...", True),
    ],
)
def test_the_headline_of_a_page_saved_as_text_is_no_answer(tmp_path: Path, again: str, is_shown: bool) -> None:
    """Neither with the name of the site, nor below the menu, wrapped or cut. Another line stays."""
    told = "Walt Sorensen of Port Alder, the man in question, died on Sunday."
    text = f"The dentist who skated to work - Elm Post\nHome\nNews\n{again}\n{told}\nMayors spoke, and many came."
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    index_paths([tmp_path], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as index:
        [hit] = index.search("dentist who skated to", min_score=0)
    assert hit.answer is not None
    assert (hit.article.text[hit.answer.start : hit.answer.end] == again) == is_shown


@pytest.mark.parametrize(
    ("before", "shown"), [("1\n/\n2\n/\nThe dentist who skated to work\n", ""), ("07:00\n", "07:00\n"), ("1\n/\nOld\n", "1\n/\nOld\n")]
)
def test_a_passage_begins_behind_the_numbers_of_a_menu(tmp_path: Path, before: str, shown: str) -> None:
    """If a headline follows them; the time before a sentence stays."""
    told = "Walt Sorensen of Port Alder, the man in question, died on Sunday."
    title = "The dentist who skated to work"
    (tmp_path / "a.jsonl").write_text(json.dumps({"title": title, "text": f"{before}{told}\nMayors spoke, and many came."}))
    index_paths([tmp_path], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as index:
        [hit] = index.search("dentist who died on Sunday", min_score=0)
    assert hit.passage.text == f"{shown}{told}\nMayors spoke, and many came."


def test_a_passage_of_headline_and_menu_is_not_shown(tmp_path: Path) -> None:
    """It has most words of the question, and another passage of the article is shown."""
    menu = "\n".join(f"All {name} pages" for name in ("North", "South", "Sport", "Money", "Travel", "Food") * 6)
    told = "Walt Sorensen of Port Alder, a man whom all patients knew, died on Sunday."
    # Long enough to be no copies of each other
    stories = [" ".join(f"The {name} {number} of the harbour closed." for number in range(150)) for name in ("bridge", "crane", "ferry")]
    for number, story in enumerate([told, *stories]):
        title = "The dentist who skated to work" if story == told else story[:20]
        (tmp_path / f"{number}.txt").write_text(f"{title} - Elm Post\n{title}\n{menu}\n{story}", encoding="utf-8")
    index_paths([tmp_path], tmp_path / "index", Options())
    with Index.open(tmp_path / "index") as index:
        shown = {hit.article.path.name: hit.passage.text for hit in index.search("dentist skated to work", collapse=False)}
    assert shown["0.txt"] == told


@pytest.mark.parametrize(
    ("scores", "title", "odds"),
    [
        # 0.4 for each point; the sentence has 1/2 of the first word, of weight 1/4, and the second: 0.875; all have both: 1.2.
        ([1.0, 2.0], [0.3, 0.3], 0.4 * 2 + 0.875 + 1.2),
        # The first sentence has the first word alone.
        ([2.0, 1.0], [0.3, 0.3], 0.4 * 2 + 0.25 + 1.2),
        # The title has the second.
        ([2.0, 1.0], [0.3, 0.95], 0.4 * 2 + 1 + 1.2),
        # No sentence can be shown.
        ([-math.inf, -math.inf], [0.3, 0.3], 0.0),
    ],
)
def test_how_well_an_article_answers_beside_others(scores: list[float], title: list[float], odds: float) -> None:
    """By hand: a cosine of 0.3 is another word, one of 0.6 half of it, one of 0.9 the word itself."""
    asked = QueryTokens(np.array([1, 3], np.float32), np.array([0, 1]))
    found = np.array([[0.9, 0.3], [0.6, 0.9]], np.float32)
    assert article_odds(np.array(scores), asked, found, np.array(title, np.float32)) == pytest.approx(odds, abs=1e-5)
