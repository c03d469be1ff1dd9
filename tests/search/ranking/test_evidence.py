"""What the best passage lacks of the question, worked out by hand for a few articles, and what that does to a list."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from newsdex import Index, Options, index_paths
from newsdex.search.question.asking import is_small_talk
from newsdex.search.question.terms import words_of
from newsdex.search.ranking.candidates import QueryText
from newsdex.search.ranking.evidence import MOST_EVIDENCE, MOST_FOREIGN, capitals_of, evidence_of, most_evidence
from newsdex.search.ranking.fusion import (
    ACROSS,
    BY_FOREIGN,
    NEUTRAL,
    WORD_WEIGHTS,
    Evidence,
    apart_of,
    evidence_points,
    margin_gain,
    probabilities,
)
from newsdex.search.ranking.lexical import look_up_all

ARTICLES = [
    {"_id": "ferry", "title": "Ferry strike", "text": "The crews in Oslo did not sail on Monday.", "language": "en"},
    {"_id": "copper", "title": "Copper", "text": "Copper rose in London and in Gary.", "language": "en"},
    {"_id": "mine", "title": "My 2017", "text": "My boat, she said.", "language": "en", "date": "2023-05-01"},
    {"_id": "schiff", "title": "Streik", "text": "Die Besatzungen in Oslo fuhren am Montag nicht.", "language": "de"},
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("evidence")
    (folder / "a.jsonl").write_text("".join(json.dumps(article) + "\n" for article in ARTICLES), encoding="utf-8")
    index_paths([folder / "a.jsonl"], folder / "index", Options(model="hash"))
    with Index.open(folder / "index") as opened:
        yield opened


def evidence(index: Index, question: str, article: str, *, spoken: bool = True, by_foreign: bool = False, asked_in: str = "") -> Evidence:
    """That of the only passage of ``article``; ``asked_in``: the language of the question, for a model that speaks several."""
    snapshot = index.asker().snapshot
    [segment] = snapshot.segments
    [row] = [row for row in range(segment.article_count) if segment.article_id(row) == article]
    words = look_up_all(snapshot, words_of(question, ["en", "de"]))
    position = segment.passages(row).start
    foreign = ACROSS._replace(language=asked_in) if asked_in else BY_FOREIGN if by_foreign else NEUTRAL
    return evidence_of(QueryText(words, foreign=foreign, text=question), segment, 0, position, native=spoken)


@pytest.mark.parametrize(
    ("question", "article", "held"),
    [
        ("crews", "ferry", 1.0),
        ("ferry", "ferry", 1.0),  # a word of the title
        ("copper", "ferry", 0.0),
        ("ferry copper", "ferry", 0.5),  # both in one article: equally rare
        ("copper and ferry", "ferry", 1.0),  # a list is there where one of its parts is
        ("ferry strike, copper", "ferry", 1.0),
        ("the old ferry and copper", "ferry", 0.33),  # no list: "the old ferry" has three words
        ("copper, ferry strike Monday", "copper", 0.25),  # nor this, though all of its words are there
        ("ferry and zebra", "ferry", 0.5),  # a word that no article has
    ],
)
def test_the_share_of_the_words_that_are_there(index: Index, question: str, article: str, held: float) -> None:
    """Words count by their rarity, in the passage or in the title."""
    # A word of a title is in no passage, and so a little rarer than one that is in one: ln(104/0.5) to ln(103.5/1.5).
    assert evidence(index, question, article).held == pytest.approx(held, abs=0.07)


def test_how_words_are_written_in_sentences_is_remembered(index: Index) -> None:
    """Counted by hand: the first word of a sentence tells nothing, nor does German, where nouns have capitals. A segment is read once."""
    snapshot = index.asker().snapshot
    [segment] = snapshot.segments
    words = look_up_all(snapshot, words_of("crews Oslo copper London Monday", ["en"])).article
    counts = [(1, 0), (0, 1), (0, 0), (0, 1), (0, 1)]
    assert [capitals_of(word, 0, segment) for word in words] == counts
    assert [segment.remembered_capitals[word.terms] for word in words] == counts
    segment.remembered_capitals[words[0].terms] = 7, 8
    assert capitals_of(words[0], 0, segment) == (7, 8)
    segment.remembered_capitals.clear()


def test_a_word_that_is_often_there_is_held_once(index: Index) -> None:
    """``own`` is that part of BM25 which all of the words would make 1; a title's word has none of it."""
    assert evidence(index, "ferry", "ferry").own == 0
    assert 0 < evidence(index, "crews", "ferry").own < 1
    assert evidence(index, "zebra", "ferry") == Evidence()
    assert evidence(index, "grazie", "ferry") == Evidence(talk=1)


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("strike in Oslo", 0),
        ("strike in Rome", 1),
        ("Rome strike", 1),
        ("Strike in rome", 0),  # of a word that is nowhere its writing alone tells
        ("london strike", 1),  # which an article writes with a capital
        ("gary strike", 1),  # and another, though its stem is "gari"
        ("copper strike", 0),
        ("strike in March", 0),  # a date
        ("Rome Strike", 0),  # where all have capitals, they tell nothing
        ("wann war der Streik in Rom", 0),  # nor where every noun has one
        ("Osloer strike", 0),  # a form of Oslo
        ("Osloer's strike", 0),
        ("Osloer\u2019s strike", 0),
        ("Rome's strike", 1),
        ("strike in Mona", 1),  # which only begins like Monday
    ],
)
def test_names(index: Index, question: str, name: int) -> None:
    """A name that is asked for is lacking: a capital in the question tells, or those in articles."""
    assert evidence(index, question, "ferry").name == name


def test_no_evidence_is_more_than_the_most(sample_index: Path) -> None:
    """Of every passage of the sample archive, for questions of all kinds: the least that can be said before names are looked for, and that
    much where none is lacking and the title says nothing that the article's words do not.
    """
    questions = ["Who won the Eurovision Song Contest?", "copper and zinc", "the price of tea on Mars", "who vaccine", "Wahl in Mexiko"]
    exact = 0
    with Index.open(sample_index) as opened:
        snapshot = opened.asker().snapshot
        for question in (*questions, *(snapshot.segments[0].title(row) for row in range(0, snapshot.segments[0].article_count, 40))):
            words = look_up_all(snapshot, words_of(question, ["en", "de"]))
            for number, segment in enumerate(snapshot.segments):
                positions = np.arange(0, len(segment), 41)
                for foreign, spoken in (
                    (NEUTRAL, True),
                    (BY_FOREIGN, False),
                    (ACROSS._replace(language="en"), False),
                    (NEUTRAL, False),
                ):
                    query = QueryText(words, foreign=foreign, text=question)
                    most = most_evidence(query, segment, number, positions, native=spoken)
                    for position, least in zip(positions.tolist(), most.tolist(), strict=True):
                        added = evidence_points(evidence_of(query, segment, number, position, native=spoken))
                        assert added <= least + 1e-6, (question, position)
                        exact += abs(added - least) < 1e-6
                    assert (most <= MOST_FOREIGN).all()
                    assert not spoken or (most <= MOST_EVIDENCE).all()
    assert exact > 20


def test_names_across_languages(index: Index) -> None:
    """There, a name may be written in another way."""
    assert evidence(index, "strike in Rome", "schiff", spoken=False).name == 0


def test_what_lacks_a_name_is_behind_what_has_it_and_never_sure(tmp_path: Path) -> None:
    """The article of another's deed has more of the words, and would be first; where nothing has the name, the best is as likely as not."""
    articles = [
        {
            "_id": "fico",
            "title": "Assassination attempt on Fico",
            "text": "Slovakia is in shock after an assassination attempt on its leader.",
        },
        {
            "_id": "trump",
            "title": "Trump wounded in assassination",
            "text": "Somebody shot at Donald Trump in an attempt at a rally on Saturday.",
        },
        *({"_id": f"o{n}", "title": f"Council {n}", "text": f"The council met for the {n}th time to talk of roads."} for n in range(9)),
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"language": "en", **article}) + "\n" for article in articles), encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="all-MiniLM-L6-v2"))
    with Index.open(tmp_path / "index") as index:
        assert [hit.article.id for hit in index.search("assassination attempt", limit=2)] == ["fico", "trump"]
        for question in ("Trump assassination attempt", "trump assassination attempt"):
            assert index.search(question, min_score=0)[0].article.id == "trump"
        nobody = index.search("assassination attempt on Fico and Orbanova", min_score=0)
        assert nobody[0].article.id == "fico"
        assert nobody[0].score <= 0.5 + 1e-6
        assert index.search("assassination attempt on Fico")[0].score > 0.6


@pytest.mark.parametrize("best", [0.5, 1.5, 3.0])
def test_the_probability_without_a_name(best: float) -> None:
    """At most one half, whatever the score; a score that is low already is not raised."""
    added = evidence_points(Evidence(own=0.4, held=0.9, name=1), best)
    [probability] = probabilities(np.array([best + added], np.float32), "hybrid")
    uncapped = 1 / (1 + math.exp(-(6.32 * (best - 1.49 * 0.4 + 0.7 * 0.9 - 0.05) - 7.01)))
    assert probability == pytest.approx(min(0.5, uncapped), abs=1e-5)


def test_names_alone(index: Index) -> None:
    """An article that has the names of a question and none of its other words may be about something else."""
    assert evidence(index, "where is Oslo", "ferry").bare == 0
    assert evidence(index, "how old is Oslo", "ferry").bare == 1
    assert evidence(index, "copper price in Oslo", "ferry").bare == 1
    assert evidence(index, "ferry price in Oslo", "ferry").bare == 0
    assert evidence(index, "ferry price", "ferry").bare == 0
    assert evidence(index, "copper price in Oslo", "schiff", spoken=False).bare == 1
    assert evidence(index, "copper price in Oslo", "schiff", spoken=False, by_foreign=True).bare == 0
    assert evidence(index, "copper price in Oslo", "schiff", spoken=False, asked_in="en").bare == 0
    assert evidence_points(Evidence(bare=1), 3.0) == pytest.approx(7.01 / 6.32 - 3.0)


def test_negation(index: Index) -> None:
    """A question with a "not" lacks one in a passage without; contractions count, and languages are kept apart."""
    assert evidence(index, "why did copper not rise", "copper").negation == 1
    assert evidence(index, "why didn't copper rise", "copper").negation == 1
    assert evidence(index, "which crews did not sail", "ferry").negation == 0
    assert evidence(index, "crews that did not sail", "schiff", spoken=False).negation == 0
    assert evidence(index, "why did copper rise", "copper").negation == 0


def test_a_question_of_one_or_two_words_for_whoever_answers_is_personal(index: Index) -> None:
    """It has a pronoun such as "me" that the passage lacks, and at most two words of its own."""
    assert evidence(index, "tell me a joke", "copper").personal == 1
    assert evidence(index, "where do I buy copper", "copper").personal == 1
    assert evidence(index, "erzähl mir einen Witz", "schiff", spoken=False).personal == 1
    assert evidence(index, "where can I see the crews that did not sail on Monday", "ferry").personal == 0
    assert evidence(index, "my ferry", "mine").personal == 0
    assert evidence(index, "ferry joke", "ferry").personal == 0


def test_a_year_that_an_article_neither_has_nor_is_of_is_lacking(index: Index) -> None:
    """What an article without a date may be of is not known."""
    assert evidence(index, "ferry 2019", "mine").year == 1
    assert evidence(index, "ferry 2023", "mine").year == evidence(index, "ferry 2017", "mine").year == 0
    assert evidence(index, "copper 2019", "copper").year == 0


@pytest.mark.parametrize("best", [0.5, 1.5, 3.0])
def test_an_article_of_another_year_is_no_answer(best: float) -> None:
    """However near it is, it is below the fifth that counts as one, and by less than a factor of two."""
    [probability] = probabilities(np.array([best + evidence_points(Evidence(held=0.9, year=1), best)], np.float32), "hybrid")
    assert probability < 0.2
    assert best < 1 or probability > 0.1


def test_languages(index: Index) -> None:
    """Whether the passage is across a language, or in the question's own that the model does not speak, is one or the other."""
    assert evidence(index, "Oslo", "ferry")[-4:-1] == (0, 0, 0)
    assert evidence(index, "Oslo", "schiff", spoken=False)[-4:-1] == (1, 0, 0)
    assert evidence(index, "wer in Oslo", "schiff", spoken=False, by_foreign=True)[-4:-1] == (0, 1, 0)
    assert evidence(index, "who is in Oslo", "schiff", spoken=False, asked_in="en")[-4:-1] == (0, 0, 1)
    assert evidence(index, "who is in Oslo", "ferry", asked_in="en")[-4:-1] == (0, 0, 0)
    half = evidence(index, "Oslo Zebra", "schiff", spoken=False, by_foreign=True)
    assert half.foreign == half.held == pytest.approx(0.5, abs=0.1)
    half = evidence(index, "Oslo Zebra", "schiff", spoken=False)
    assert half.across == half.held == pytest.approx(0.5, abs=0.1)


def test_evidence_counts_less_where_more_words_are_lacking_and_moves_no_hit(index: Index) -> None:
    """Each score is the probability of its points with what the parts say is added."""
    hits = index.search("ferry strike in Rome copper", explain=True, limit=3, min_score=0)
    added = [part.points for hit in hits for part in hit.parts if part.name == "evidence"]
    assert len(hits) == len(added) > 1
    assert added[0] == max(added) > min(added)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        points = np.array([sum(part.points for part in hit.parts)], np.float32)
        assert probabilities(points, "hybrid")[0] == pytest.approx(hit.score, abs=1e-5)


@pytest.mark.parametrize(
    ("question", "limit"),
    [
        ("crews in Oslo did not sail in the ferry strike", ""),
        ("crews in Rome did not sail in the ferry strike", "lacks a name in the question, or has only its names: a score of at most 0.50"),
        ("my boat, she said in 2018", "lacks a year in the question, or the question is small talk: a score of at most 0.15"),
    ],
)
def test_a_limit_of_the_score_is_explained(index: Index, question: str, limit: str) -> None:
    """By the evidence of the first hit, which would score more without it."""
    first = index.search(question, explain=True, min_score=0, read_dates=False).hits[0]
    [said] = [part.words for part in first.parts if part.name == "evidence"]
    assert said.startswith("how much of the question this hit covers")
    assert said.endswith(limit or "covers")
    assert first.score == pytest.approx(float(limit[-4:])) if limit else first.score > 0.5


def test_hits_on_another_topic_than_the_conversation_gain_nothing_by_it(index: Index) -> None:
    """The first article is about the ferry, as the earlier question; the others are not."""
    hits = index.search("when was that?", history=["crews of the ferry on strike"], explain=True, limit=3, min_score=0)
    added = [sum(part.points for part in hit.parts if part.name == "evidence") for hit in hits]
    assert hits[0].article.id == "ferry"
    assert added[0] > 0
    assert max(added[1:]) <= 0


def test_what_is_lacking_lowers_and_what_is_there_raises() -> None:
    """More of the words is better, whatever else; a name or a "not" that is lacking is worse."""
    assert evidence_points(Evidence(held=1)) > evidence_points(Evidence(held=0.5)) > evidence_points(Evidence())
    assert evidence_points(Evidence(name=1)) < 0
    assert evidence_points(Evidence(negation=1)) < 0
    assert evidence_points(Evidence(personal=1)) < 0
    assert evidence_points(Evidence(apart=0.2)) > 0


def test_an_article_that_stands_out_in_meaning_is_apart_as_far_as_words_are_lacking() -> None:
    """By hand: it has 0.7, the next three articles have 0.3, 0.2 and 0.1 at best, which is 0.5 less, of which 0.2 counts, since 0.2 is
    usual and no more than 0.2 tells. Words are worth a fourth of the most that counts as lacking some, so three fourths lack.
    """
    words = WORD_WEIGHTS.most / 2 / 4
    assert apart_of(0.7, [0.1, 0.3, 0.2, 0.02], words) == pytest.approx(0.75 * 0.2)
    assert apart_of(0.45, [0.1, 0.3, 0.2], words) == pytest.approx(0.75 * 0.05)
    assert apart_of(0.4, [0.25], words) == apart_of(0.6, [0.1], WORD_WEIGHTS.most) == apart_of(0.6, [], 0.0) == 0


def test_how_many_points_meaning_makes_up_for() -> None:
    """By hand: 0.5 is 0.2 more than the mean of the next three, which counts one and a half times, up to 0.3. It counts nothing where some
    passage has most of the words.
    """
    assert margin_gain(0.5, [0.1, 0.4, 0.3, 0.2], 0.9) == pytest.approx(1.5 * 0.2)
    assert margin_gain(0.9, [0.1, 0.2], 0.6) == pytest.approx(1.5 * 0.3)
    assert margin_gain(0.5, [0.1, 0.4, 0.3, 0.2], 1.1) == margin_gain(0.5, [], 0.5) == 0


def test_a_question_in_other_words_than_its_article_finds_it(tmp_path: Path) -> None:
    """The article that is far nearer in meaning comes before one with more of the words, unless this has most of them. Nothing else moves,
    and no probability rises.
    """
    texts = {
        "cyclone": "Once a tropical storm moves over land it is cut off from the warm sea, its source of energy, and it loses strength.",
        "port": "The reach of the port is short, and once a week a ship is late. The coast road is closed.",
        "vote": "The council voted on a tax. Members once more could not agree.",
        "coast": "Walkers reach the coast in an hour. Once there, the weaker ones take a bus.",
        "bread": "Bakers raised the price of bread by a tenth.",
    }
    lines = [json.dumps({"_id": name, "title": "", "text": text, "language": "en"}) + "\n" for name, text in texts.items()]
    (tmp_path / "a.jsonl").write_text("".join(lines), encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options())
    with Index.open(tmp_path / "index") as opened:
        asked = opened.search("why do hurricanes get weaker once they reach the coast", min_score=0, explain=True)
        assert [hit.article.id for hit in asked][:2] == ["cyclone", "coast"]
        points = [np.array([sum(part.points for part in hit.parts)], np.float32) for hit in asked]
        assert [probabilities(each, "hybrid")[0] for each in points] == pytest.approx([hit.score for hit in asked], abs=1e-5)
        assert opened.search("walkers reach the coast", min_score=0)[0].article.id == "coast"


@pytest.mark.parametrize(
    ("question", "talk"),
    [
        ("thanks, that's all", True),
        ("good morning", True),
        ("Danke dir!", True),
        ("you're really helpful :)", True),
        ("can you give me the weather for tomorrow?", True),
        ("extreme weather in Spain", False),
        ("what day is it today", True),
        ("wie sp\u00e4t ist es", True),
        ("hello", True),
        ("are you human", True),
        ("what time is it in taipei", True),
        ("what time is kick-off in taipei", False),
        ("is it going to rain today", True),
        ("will it rain on the parade of the champions", False),
        ("how old are you?", True),
        ("Great Day", False),
        ("today", False),
        ("what happened today", False),
        ("good morning vietnam", False),
        ("nice", False),
        ("how do you register to vote", False),
        ("are you paid for blood plasma", False),
        ("Wie geht es Ihnen?", True),
        ("na, alles gut?", True),
        ("Guten Tag", True),
        ("guten Morgen", True),
        ("wer bist du?", True),
        ("bist du ein Roboter?", True),
        ("Tsch\u00fcss", True),
        ("au revoir", True),
        ("\u00e7a va ?", True),
        ("qui es-tu ?", True),
        ("hola, \u00bfqu\u00e9 tal?", True),
        ("\u00bfQu\u00e9 tal?", True),
        ("adi\u00f3s", True),
        ("buongiorno", True),
        ("Guten Tag Bremen", False),
        ("Der Tag", False),
        ("heute Abend", False),
        ("gut", False),
        ("im Tal", False),
        ("VA", False),
        ("2024", False),
        ("Roboter in der Pflege", False),
        *(
            (thanks, True)
            for thanks in ("thx", "ty!", "tysm", "Cheers", "ta", "thank you so much!!", "got it, thanks", "great, thx", "👍 ❤️")
        ),
        *((thanks, True) for thanks in ("merci bcp", "super, vielen Dank!", "alles klar, danke", "vale, gracias", "grazie mille", ":-)")),
        *(
            (topic, False)
            for topic in ("perfect day", "super bowl", "mille miglia", "vale", "toll road", "got", "???", "5", "\u53f0", "C++")
        ),
    ],
)
def test_small_talk_is_not_for_the_archive(question: str, talk: bool) -> None:
    """Whatever passage is near, it is no answer."""
    assert is_small_talk(question) is talk
    assert not talk or probabilities(np.array([3 + evidence_points(Evidence(held=1, talk=1), 3)], np.float32), "hybrid")[0] < 0.2


def test_what_each_kind_of_evidence_is_worth() -> None:
    """As docs/decisions/probability.md has it."""
    each = [evidence_points(Evidence(**{name: 1.0})) for name in Evidence._fields]
    assert each == pytest.approx([-1.49, 0.7, -0.05, 0, 0, -0.26, -0.4, 0, 1.0, 0.47, 0.31, 0.05, 1.0])
    assert evidence_points(Evidence(own=0.5, held=0.8, name=1, across=1)) == pytest.approx(-0.745 + 0.56 - 0.05 + 0.47)
