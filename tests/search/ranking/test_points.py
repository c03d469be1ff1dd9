"""The points of a hit are those of the formula in docs/decisions/ranking.md, worked out here in plain Python from the texts alone, with its
constants in numbers.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from newsdex import Chunking, Index, Options, index_paths
from newsdex.records import Hit
from newsdex.search.question.stopwords import language_of, little_words
from newsdex.search.question.terms import words_of
from newsdex.search.ranking.fusion import ACROSS_NAMES, BY_NAMES, NEUTRAL, Foreign, meaning_points, probabilities, word_points, word_scores
from newsdex.search.ranking.languages import language_by_words
from newsdex.search.ranking.lexical import look_up
from newsdex.search.request import request_of
from newsdex.words import Analyzer

RIVER = "The river rose by the old bridge. Nobody had seen so much water there since the mill was built. "
ARTICLES = [
    {"_id": "flood", "title": "Flood in Tarvin", "text": RIVER * 8 + "Helicopters brought bread to the farms on the island. " * 4},
    {"_id": "bridge", "title": "Bridge opens", "text": "The bridge to the island opens on Monday. A flood had taken the old bridge."},
    {"_id": "mill", "title": "", "text": "The mill grinds flour. " * 20 + "Its bread is sold on the island and in Tarvin."},
    {
        "_id": "flut",
        "title": "Flut in Tarvin",
        "text": "Die Flut nahm in Tarvin die Bridge mit. Hubschrauber brachten Brot zur Insel.",
        "language": "de",
    },
    {
        "_id": "brot",
        "title": "Brot",
        "text": "Brot und Bridge: ein Abend auf der Insel, mit Karten und viel Butter auf dem Tisch.",
        "language": "de",
    },
    *(
        {"_id": f"other{n}", "title": f"Council meets {n}", "text": f"The council met for the {n}th time and spoke of roads and lamps."}
        for n in range(9)
    ),
]
QUESTIONS = ["flood Tarvin bridge", "bread on the island", "Bridge Brot Tarvin", "mill flour", "old bridge by the river", "helicopters"]
NAMES = {"flood Tarvin bridge", "bread on the island", "Bridge Brot Tarvin", "mill flour", "helicopters"}
GERMAN = ["die Bridge und das Brot auf der Insel", "Wer brachte mit der Flut und den Hubschraubern Brot und Butter zur Insel"]
LITTLE = {"on", "the", "by", "die", "und", "das", "auf", "der", "wer", "mit", "den", "zur"}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """Articles of one and of several passages, with and without a title, in two languages."""
    folder = tmp_path_factory.mktemp("points")
    lines = [json.dumps({"language": "en", **article}) + "\n" for article in ARTICLES]
    (folder / "a.jsonl").write_text("".join(lines), encoding="utf-8")
    index_paths([folder / "a.jsonl"], folder / "index", Options(chunking=Chunking(max_tokens=64)))
    with Index.open(folder / "index") as opened:
        yield opened


def bm25(question: Sequence[set[str]], texts: Sequence[Sequence[str]], k1: float, pivot: int) -> list[float]:
    """The share of each of ``texts``, which are lists of terms: each word of the question is a set of terms that stand for it."""
    having = [sum(sum(term in text for term in word) for text in texts) for word in question]
    idf = [math.log(1 + (len(texts) + 100 - n + 0.5) / (n + 0.5)) for n in having]
    shares = []
    for text in texts:
        counts, norm = Counter(text), k1 * (0.25 + 0.75 * len(text) / pivot)
        shares.append(
            sum(
                weight * max(1, round(255 * counts[term] / (counts[term] + norm))) / 255
                for word, weight in zip(question, idf, strict=True)
                for term in word
                if counts[term]
            )
            / max(sum(idf), math.log(101))
        )
    return shares


def neighbours(text: Sequence[str], asked: Sequence[str], telling: set[str]) -> float:
    """The share of the pairs of telling words that follow each other in what is ``asked`` and stand so in ``text``."""
    at = [place for place, term in enumerate(asked) if term in telling]
    windows = [(asked[one], asked[other], other - one) for one, other in pairwise(at)]
    there = [any(text[i] == one and text[i + far :][:1] == [other] for i in range(len(text))) for one, other, far in windows]
    return sum(there) / max(1, len(there))


def by_hand(index: Index, question: str) -> dict[tuple[str, int], tuple[float, float]]:
    """What meaning and words give each passage, by article and number."""
    snapshot, encoder = index.asker().snapshot, index.asker().encoder
    [segment] = snapshot.segments
    analyzers = {language: Analyzer(language) for language in ("en", "de")}
    words = [{term for a in analyzers.values() for term in a.terms(word)} for word in question.split() if word.lower() not in LITTLE]
    places, own, whole, foreign, vectors, read = [], [], [], [], [], []
    for row in range(segment.record.articles):
        entry = segment.entry(row)
        article, analyzer = entry.article, analyzers[entry.article.language]
        passages = [analyzer.terms(article.text[span.start : span.end]) for span in entry.passages]
        times = 2 if article.text.startswith(article.title) and article.title else 3  # one of three is in the text
        whole.append([term for passage in passages for term in passage] + times * analyzer.terms(article.title))
        own += passages
        places += [(article.id, number, row) for number in range(len(passages))]
        foreign += [article.language == "de"] * len(passages)
        vectors += [vector.tolist() for vector in entry.vectors]
        read += [(analyzer.terms(article.title) + passage, analyzer.terms(question)) for passage in passages]
    own_shares, article_shares = bm25(words, own, 0.9, 56), bm25(words, whole, 1.2, 400)
    asked = encoder.encode_questions([question])[0].tolist()
    found = {}
    for (article_id, number, row), share, is_foreign, vector in zip(places, own_shares, foreign, vectors, strict=True):
        cosine = sum(one * other for one, other in zip(asked, vector, strict=True))
        worth = 1.1 * share + 0.7 * article_shares[row]
        if is_foreign and question in GERMAN:
            found[article_id, number] = (0.25 * cosine, worth + min(0.5 * worth, 0.45))
        elif is_foreign and question in NAMES:
            found[article_id, number] = (cosine, 0.8 * worth)
        else:
            found[article_id, number] = (cosine, worth)
    terms = {(article_id, number): each for (article_id, number, _), each in zip(places, read, strict=True)}
    for place in sorted(found, key=lambda place: -sum(found[place]))[:10]:
        found[place] = found[place][0], found[place][1] + 0.45 * neighbours(*terms[place], set().union(*words)) ** 4
    best, _ = max(found, key=lambda place: sum(found[place]))
    having = {article_id for article_id, _, row in places if "tarvin" in whole[row]}
    if "Tarvin" in question and best not in having:  # a name that the best one lacks
        found = {place: (cosine, worth - 0.15 * (place[0] not in having)) for place, (cosine, worth) in found.items()}
    return found


@pytest.mark.parametrize("question", QUESTIONS + GERMAN)
def test_points_are_those_of_the_formula(index: Index, question: str) -> None:
    """Of the passage of each article that has most, by meaning and by words, in the order that they give; another of its passages may be
    shown, for a sentence.
    """
    expected = by_hand(index, question)
    hits = index.search(question, limit=50, explain=True, collapse=False)
    assert len(hits) == len(ARTICLES)
    order = []
    for hit in hits:
        parts = {part.name: part.points for part in hit.parts}
        meaning, words = max((both for (article, _), both in expected.items() if article == hit.article.id), key=sum)
        assert (parts["meaning"], parts["words"]) == (pytest.approx(meaning, abs=2e-5), pytest.approx(words, abs=2e-5))
        order.append(meaning + words)
    assert order == pytest.approx(sorted(order, reverse=True), abs=2e-5)


def test_the_cases_reach_every_part_of_the_formula(index: Index) -> None:
    """Foreign passages below and at the most that their words add, articles of several passages, and words that only a title has."""
    worths = [words for question in GERMAN for (article, _), (_, words) in by_hand(index, question).items() if article in ("flut", "brot")]
    assert any(0 < words < 1.3 for words in worths)
    assert any(words > 1.35 for words in worths)
    assert max(number for _, number in by_hand(index, "flood")) > 1


def test_the_article_is_chosen_by_all_and_the_passage_by_its_own(index: Index) -> None:
    """A question of the title's words and one of the text's leads to the passage that has the latter, however short others are."""
    hit: Hit = index.search("Tarvin flood helicopters bread", collapse=False)[0]
    assert hit.article.id == "flood"
    assert "Helicopters" in hit.passage.text


@pytest.mark.parametrize(("mode", "points", "probability"), [("hybrid", 1.2, 0.6397), ("dense", 0.5, 0.2218), ("lexical", 0.5, 0.3362)])
def test_probabilities(mode: str, points: float, probability: float) -> None:
    """As a pocket calculator gives them: 1 / (1 + e^-(6.32 x 1.2 - 7.01)), 1 / (1 + e^-(7.97 x 0.5 - 5.24)), 1 / (1 + e^-(6.92 x 0.5 -
    4.14)).
    """
    assert probabilities(np.array([points], np.float32), mode)[0] == pytest.approx(probability, abs=1e-4)  # type: ignore[arg-type]


def test_points_of_some_shares() -> None:
    """Worked out by hand: half of the words in the passage and a quarter in its article; all of both, where no more is given."""
    own, article = np.array([0.5, 1.5], np.float32), np.array([0.25, 1.0], np.float32)
    worth = word_scores(own, article)
    assert worth.tolist() == pytest.approx([0.725, 1.8])
    neither, both = np.array([False, False]), np.array([True, False])
    by_names, by_foreign = Foreign(words=0.8), Foreign(cosine=0.25, more=0.5, most=0.45)
    assert word_points(worth, neither, by_names).tolist() == pytest.approx([0.58, 1.44])
    assert word_points(worth, neither, by_foreign).tolist() == pytest.approx([1.0875, 2.25])
    assert word_points(worth, both, by_foreign).tolist() == pytest.approx([0.725, 2.25])
    cosines = np.array([0.4, 0.4], np.float32)
    assert meaning_points(cosines, both, by_names, worth).tolist() == pytest.approx([0.4, 0.4])
    assert meaning_points(cosines, both, by_foreign, worth).tolist() == pytest.approx([0.4, 0.1])
    # 0.45 of 0.9 that words can be worth at half: half as much again; none of the words: twice; more than half of them: once.
    few = np.array([0.45, 0.0, 0.9, 1.8], np.float32)
    across = meaning_points(np.full(4, 0.4, np.float32), np.zeros(4, np.bool_), Foreign(lacking=1.0), few)
    assert across.tolist() == pytest.approx([0.6, 0.8, 0.4, 0.4])


def test_of_equal_stories_the_one_in_english_is_first(tmp_path: Path) -> None:
    """A question that is a name alone; the German passages have fewer words, since the model cuts them into more pieces."""
    english = (
        "Mira Tolland spoke in Tarvin of the harbour and of the boats that are to leave it in spring for the islands in the north, "
        "where she was born."
    )
    german = "Mira Tolland sprach in Tarvin zum Hafenausbau."
    articles = [{"_id": "de", "title": "", "text": german, "language": "de"}, {"_id": "en", "title": "", "text": english, "language": "en"}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(article) + "\n" for article in articles), encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index")
    with Index.open(tmp_path / "index") as opened:
        assert [hit.article.id for hit in opened.search("Mira Tolland")] == ["en", "de"]


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Wer gewann die Wahl in Thüringen und warum?", "de"),
        ("¿Quién marcó el gol de la victoria?", "es"),
        ("Qui a inventé la machine à vapeur et pourquoi?", "fr"),
        ("Who won the war in Gaza?", "en"),
        ("Warum streikt Swiss?", "de"),  # one question word of one language alone
        ("Wo liegt Husum?", "de"),
        ("Wer gewann die Wahl", "de"),
        ("Wem mayor arrested", ""),  # a town, a bird
        ("Dove hunting in Texas", ""),
        ("Wen is in China", "en"),
        ("Pourquoi Xhaka joue", "fr"),
        ("Wie hoch war die Stimmbeteiligung?", "de"),  # words that mean something elsewhere, behind a question word
        ("Wie heisst der Sprecher?", "de"),
        ("wie heeft de beker gewonnen", "nl"),
        ("was anyone hurt", ""),
        ("Wo Fat", ""),
        ("Michelle Wie wins", ""),
        ("war in Gaza", ""),  # "war" and "in" are German, too
        ("Los Angeles fires", ""),
        ("inflation", ""),
        ("Öffnungszeiten Hafenweihnacht", "und"),
        ("\u90e8\u957f", "und"),
        ("", ""),
    ],
)
def test_the_language_of_a_question(question: str, language: str) -> None:
    """By its little words; a name may have one of any language."""
    assert language_of(question) == language


def test_little_words_of_a_language_that_are_telling_in_another() -> None:
    """An article in German is a verb in English."""
    assert "die" in little_words("Wer traf die Minister in Genf?")
    assert "die" not in little_words("How did he die in the war?")
    assert little_words("Boeing door").isdisjoint({"door", "van", "era"})
    assert "door" in little_words("Wat werd door de politie gevonden?")


@pytest.mark.parametrize("word", ["didn't", "didn\u2019t", "didnt", "what's", "whats"])
def test_contractions_are_little_words(word: str) -> None:
    assert word in little_words(f"why {word} it")


def test_a_question_for_what_was_decided_asks_for_the_topic() -> None:
    """A report tells the decision itself. Elsewhere the word tells something, as in a claim that is checked."""
    assert "decide" in little_words("What did the council decide in June?")
    assert "beschlossen" in little_words("Was hat der Stadtrat beschlossen?")
    assert "decided" not in little_words("council decided budget")
    assert "decided" not in little_words("The council decided what to build.")


def test_little_words_are_of_the_archive_s_languages() -> None:
    """In an English archive "los" is a part of Los Angeles; where Spanish is spoken, or the language is unknown, it is an article."""
    assert "los" not in little_words("los angeles fire", ["en", "de"])
    assert "los" in little_words("los angeles fire", ["en", "es"])
    assert "los" in little_words("los angeles fire", [""])
    assert "los" in little_words("qu\u00e9 dijeron los ministros", ["en"])
    assert "the" in little_words("los angeles fire", ["de"])


def test_the_language_that_words_tell(tmp_path: Path) -> None:
    """That of most articles that have them: half of their weight must be in it, and words that no article has tell nothing."""
    texts = {
        "en": ["The ferry left Oslo at noon.", "The mill in Oslo burned.", "A mill was sold."],
        "de": ["Das Parkhaus in Oslo wird gebaut.", "Ein Parkhaus brennt."],
    }
    lines = [{"_id": f"{code}{n}", "text": text, "language": code} for code, some in texts.items() for n, text in enumerate(some)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as index:
        snapshot = index.asker().snapshot
        cases = {
            "mill": "en",
            "Parkhaus": "de",
            "Oslo": "en",
            "Parkhaus Oslo": "de",
            "mill Oslo": "en",
            "zebra": "",
            "mill zebra xylophone": "",
        }
        for question, language in cases.items():
            assert language_by_words(snapshot, look_up(snapshot, words_of(question, ["en", "de"]), "article")) == language, question


@pytest.mark.parametrize("foreign", [NEUTRAL, BY_NAMES])
def test_what_leaves_passages_in_other_languages_as_they_are(foreign: Foreign) -> None:
    """For a sentence meaning and words, for keywords meaning: newsdex.search.ranking.points does not ask for their languages then."""
    random = np.random.default_rng(3)
    cosines, worth = random.uniform(-1, 1, 500).astype(np.float32), random.uniform(0, 1.8, 500).astype(np.float32)
    spoken = random.random(500) < 0.5
    assert meaning_points(cosines, spoken, foreign, worth).tolist() == cosines.tolist()
    assert (word_points(worth, spoken, foreign).tolist() == worth.tolist()) == (foreign == NEUTRAL)


def test_meaning_of_a_keyword_query_across_languages() -> None:
    """A cosine counts twice without any of the words, 1.5 times with a quarter of the largest word score, 1.8, and once from half of it."""
    cosines, worth = np.full(4, 0.4, np.float32), np.array([0, 0.45, 0.9, 1.8], np.float32)
    assert meaning_points(cosines, False, ACROSS_NAMES, worth).tolist() == pytest.approx([0.8, 0.6, 0.4, 0.4])
    assert meaning_points(cosines, True, ACROSS_NAMES, worth).tolist() == pytest.approx([0.4] * 4)


def test_three_passages_of_an_article_are_candidates(tmp_path: Path) -> None:
    """Their sentences are compared, also where one passage is to be shown."""
    places = ["harbour", "market", "station", "museum", "school"]
    text = " ".join(f"The {place} has lamps and a wide road, which the council will mend in spring. " * 3 for place in places)
    line = {"_id": "roads", "title": "Roads", "text": text, "language": "en"}
    (tmp_path / "a.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="all-MiniLM-L6-v2", chunking=Chunking(max_tokens=64)))
    with Index.open(tmp_path / "index") as index:
        [hit] = index.search("volcano lamps", min_score=0, per_article=10)
        assert len(hit.matches) > 3
        [query] = index.asker().reader.read([request_of("volcano lamps", min_score=0)], date(2024, 5, 1))
        [block] = [next(iter(ranking.blocks())) for _, ranking in index.asker().ranker.rank([query])]
        assert [len(article.candidates) for article in block.articles] == [3]


def test_half_of_the_points_of_a_follow_up_question_come_from_what_was_asked_before(index: Index) -> None:
    """For an article of one passage these are the points that the earlier question gives it, and the other half is the question's own, if
    no title has all of its words, and no text two of them side by side.
    """

    def parts(question: str, **options: object) -> dict[str, float]:
        hits = index.search(question, explain=True, min_score=0, limit=20, **options)  # type: ignore[arg-type]
        return {part.name: part.points for hit in hits if hit.article.id == "bridge" for part in hit.parts}

    before, own = parts("bridge, old, in a flood"), parts("When did it open to cars?")
    both = parts("When did it open to cars?", history=["bridge, old, in a flood"])
    assert both["earlier"] == pytest.approx((before["meaning"] + before["words"]) / 2, abs=1e-3)
    assert both["meaning"] == pytest.approx(own["meaning"] / 2, abs=1e-3)
    assert both["words"] == pytest.approx(own["words"] / 2, abs=1e-3)


def test_the_weights_of_a_question_in_a_script_without_spaces(index: Index) -> None:
    """Pairs of characters weigh 1 / 0.55 together, and words weigh 1."""
    snapshot = index.asker().snapshot
    for question, whole in (("\u90e8\u957f\u4f1a\u8bae", 1 / 0.55), ("flood Tarvin bridge", 1.0)):
        asked = look_up(snapshot, words_of(question, ["en", "de"]))
        assert sum(each.weight for each in asked) == pytest.approx(whole)
