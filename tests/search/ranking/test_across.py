"""Passages in another language than the question's, with a model that speaks both."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from newsdex.encoder import MULTILINGUAL_MODEL, ModelCard
from newsdex.indexer.build import Options, index_paths
from newsdex.output import told_remarks
from newsdex.search.index import Index
from newsdex.search.question.terms import term_languages_in, words_of
from newsdex.search.ranking.fusion import foreign_weights, is_native
from newsdex.search.ranking.lexical import words_in

CARD = ModelCard("m", "0", "0", 3, 9, "mean", languages="de en es")
GERMAN, ENGLISH = "Wer traf die Minister in Genf?", "When did the bridge in Dresden collapse?"
ARTICLES = {
    "de": "Teile der Carolabrücke sind in der Nacht zum Mittwoch um 2.58 Uhr in die Elbe gestürzt. Verletzt wurde in Dresden niemand.",
    "en": "In Dresden the mayor praised pupils who had painted pictures of boats, gardens, a bridge and a mill for the new hospital, and "
    "gave them cake.",
    "other": "Farmers expect a good harvest of apples this year, thanks to a wet spring and a warm summer across the valleys.",
}


@pytest.mark.parametrize(
    ("languages", "question", "language", "expected"),
    [
        pytest.param("de en es", ENGLISH, "en", True, id="the question's"),
        pytest.param("de en es", ENGLISH, "de", False, id="another"),
        pytest.param("de en es", GERMAN, "en", False, id="another, asked in German"),
        pytest.param("de en es", ENGLISH, "", True, id="one that is not known"),
        pytest.param("de en es", "night train", "de", False, id="a question that does not tell is in the language of its words"),
        pytest.param("de en es", "night train", "en", True, id="and so are these"),
        pytest.param("de fr", "night train", "de", True, id="unless the model does not speak it"),
        pytest.param("de en es", ENGLISH, "fr", False, id="one that the model does not speak"),
        pytest.param("en", ENGLISH, "de", False, id="a model for English, a German passage"),
        pytest.param("en", GERMAN, "en", True, id="a model for English, a German question"),
        pytest.param("", ENGLISH, "de", True, id="a model of which nothing is known"),
    ],
)
def test_which_passages_count_as_they_are(languages: str, question: str, language: str, expected: bool) -> None:
    """Those in the question's language, as far as it and theirs are known and the model speaks them."""
    card = replace(CARD, languages=languages)
    assert is_native(card, language, foreign_weights(question, card, lambda: "en")) == expected


def test_an_answer_in_german_comes_before_english_words(tmp_path: Path) -> None:
    """Of two articles, one that answers in another language and one that has the question's words, the answer is first; what the meaning
    gives either is told as it counts.
    """
    lines = [json.dumps({"_id": name, "text": text}) for name, text in ARTICLES.items()]
    (tmp_path / "a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(MULTILINGUAL_MODEL))
    with Index.open(tmp_path / "index") as index:
        hits = index.search(ENGLISH, explain=True)
        assert [hit.article.id for hit in hits][:2] == ["de", "en"]
        alone = {hit.article.id: hit for hit in index.search(ENGLISH, explain=True, mode="dense")}
        for hit in hits[:2]:
            found, own = (part.points for part in (hit.parts[0], alone[hit.article.id].parts[0]))
            # The factor is 2 without a word of the question, and 1.75 from half of the most that words give, 1.8
            words = next(part.points for part in hit.parts if part.name == "words")
            assert found == pytest.approx(own * (2 - 0.25 * words / 0.9 if hit.article.id == "de" else 1), abs=1e-4)


def test_nothing_in_another_language_answers_what_is_off_topic(tmp_path: Path) -> None:
    """An English question on something else is no surer of a German passage than of an English one."""
    (tmp_path / "a.jsonl").write_text(json.dumps({"_id": "de", "text": ARTICLES["de"]}) + "\n", encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(MULTILINGUAL_MODEL))
    with Index.open(tmp_path / "index") as index:
        for question in ("what does photosynthesis produce", "which wine goes with salmon", "how do you make a pancake"):
            assert not index.search(question).answerable, question
        assert index.search(ENGLISH).answerable


def test_reports_in_the_language_of_the_question_come_first(tmp_path: Path) -> None:
    """The report in another language scores more, by little or by much, and the one in the question's comes first if it answers. A question
    that only an article in another language answers has that one first.
    """
    texts = {
        ("rettung", "de"): "Mira Tolland ist tot. Die Bergretterin Mira Tolland starb am Sonntag in Sulden.",
        ("rescue", "en"): "The mountain rescuer Mira Tolland died in Sulden on Sunday. She was killed by an avalanche, the police said.",
        ("markt", "de"): "Der Wochenmarkt von Sulden zieht im Herbst auf den Kirchplatz um, weil die Brücke erneuert wird.",
        ("council", "en"): "The council of Tarvin met on Monday and spoke of roads, lamps and a new roof for the school.",
    }
    lines = [{"_id": name, "title": "", "text": text, "language": language} for (name, language), text in texts.items()]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model=MULTILINGUAL_MODEL))
    with Index.open(tmp_path / "index") as index:
        for question, order in (
            ("what happened to Mira Tolland in Sulden", ["rescue", "rettung"]),
            ("was geschah mit Mira Tolland in Sulden", ["rettung", "rescue"]),
        ):
            found = index.search(question)
            assert [hit.article.id for hit in found[:2]] == order
            assert found[1].score - 0.1 <= found[0].score < found[1].score
            assert found.remarks == ("Reports in the question's language come first.",)
        found = index.search("how did Mira Tolland lose her life")
        assert [hit.article.id for hit in found[:2]] == ["rescue", "rettung"]
        assert found[0].answers
        ours, other = (math.log(hit.score / (1 - hit.score)) for hit in found[:2])
        assert ours < other - 4  # log odds; a sentence that was read adds 1.6 to ours
        market = index.search("where does the weekly market of Sulden move to", min_score=0)
        assert market[0].article.id == "markt"
        assert not market.remarks


@pytest.mark.parametrize(
    ("query", "article"),
    [
        # Words that no article has are of the language of most, or of the one that the query is nearer to.
        ("christmas market", "2024-11-27-lindau-weihnacht-tl.md"),
        ("flood bavaria", "2024-06-03-hochwasser-sueddeutschland-aktuell-tl.md"),
        ("wine fair", "2024-09-27-feria-vinos-me.md"),
        ("eurovision winner", "2024-05-12-esc-nemo-malmoe-tl.md"),
        ("Trinkwasser abkochen", "2024-07-03-northgate-water-nb.md"),
        ("Klimagipfel", "2024-11-24-cop29-baku-hc.md"),
        ("aterrizaje luna Japón", "2024-01-20-slim-moon-landing-hc.md"),
        # English articles have more of the words, and none stands out among them.
        ("solar storm", "2024-05-11-polarlichter-sonnensturm-tl.md"),
        ("champions league final", "2024-06-02-real-madrid-decimoquinta-me.md"),
        # And one does, as much as the German one.
        ("chinese electric cars EU tariffs", "2024-05-14-us-ev-tariffs-nb.md"),
        # The English report of the event is .18 less likely, and in the other case .35.
        ("last stop of putin's china tour", "2024-05-17-putin-beijing-harbin-hc.md"),
        ("how many children does Antony Blinken have", "2024-04-26-blinken-peking-tl.md"),
        # Names are in the language of most articles that have them.
        ("blinken china", "2024-04-26-blinken-beijing-hc.md"),
        ("Sheinbaum", "2024-06-03-mexico-sheinbaum-nb.md"),
        ("Olaf Scholz", "2024-11-07-ampel-aus-tl.md"),
    ],
)
def test_a_few_words_find_the_story_in_another_language(demo_index: Path, query: str, article: str) -> None:
    with Index.open(demo_index) as index:
        assert index.search(query, min_score=0)[0].article.path.name == article


def test_a_few_words_are_in_the_language_that_they_are_nearer_to(demo_index: Path) -> None:
    """Which language passages count in as they are, and which is sure enough for its reports to come first."""
    with Index.open(demo_index) as index:
        ranker, encoder = index.asker().ranker, index.asker().encoder
        for query, language, told in (
            ("christmas market", "en", "en"),
            ("flood bavaria", "en", ""),
            ("opposition candidate exile", "en", "en"),
            ("Leuchtturm verkauft", "de", "de"),
            ("cumbre clima", "es", "es"),
            # English articles have the name, which is nearest to Spanish.
            ("Saulos Chilima", "en", "es"),
            ("Bern", "en", ""),
        ):
            vector = encoder.encode_questions([query])[0]
            assert ranker.guessed_language(words_in(ranker.snapshot, query), vector) == language, query
            assert ranker.clear_language(query, vector) == told, query


def test_a_stem_counts_in_texts_of_its_language_only(tmp_path: Path) -> None:
    """The Spanish stem of "Costa" is the English one of "cost": an English text about costs does not hold the name."""
    texts = {
        "en": "The repairs will cost the council more than it has, the treasurer said, and the costs of the next winter are not known yet.",
        "es": "La selección de Costa Rica llegó ayer a la capital, donde la esperaban cientos de aficionados y el presidente del país.",
    }
    lines = [json.dumps({"_id": name, "text": text, "language": name}) for name, text in texts.items()]
    (tmp_path / "a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(MULTILINGUAL_MODEL))
    with Index.open(tmp_path / "index") as index:
        assert [hit.article.id for hit in index.search("Costa", mode="lexical")] == ["es"]
        assert [hit.article.id for hit in index.search("costing", mode="lexical")] == ["en"]
        [hit] = [hit for hit in index.search("Costa Rica", mode="dense") if hit.article.id == "en"]
        assert not hit.matches[0].words


def test_a_stem_of_another_language_finds_words_that_no_article_has_where_it_is_long(tmp_path: Path) -> None:
    """The Spanish stem of "Ramos" is that of "ramas", which are branches; that of "aeropuerto" is of airports only. By a word that is there
    its other forms are found whatever their stem.
    """
    texts = {"en": "Mr Rama met the council.", "es": "El viento rompi\u00f3 ayer las ramas de un \u00e1rbol cerca de los aeropuertos."}
    lines = [json.dumps({"_id": name, "text": text, "language": name}) for name, text in texts.items()]
    (tmp_path / "a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options("hash"))
    with Index.open(tmp_path / "index") as index:
        found = {
            word: {hit.article.id for hit in index.search(word, mode="lexical", literal=True)} for word in ("Ramos", "aeropuerto", "Rama")
        }
    assert found == {"Ramos": set(), "aeropuerto": {"es"}, "Rama": {"en", "es"}}


def test_a_stem_that_is_a_stop_word_of_another_language_finds_nothing(tmp_path: Path) -> None:
    """The Spanish stem of "queen" is "que", which is in most Spanish articles."""
    texts = {"en": "The queen met the council.", "es": "El alcalde dijo que el puente que se cerr\u00f3 abre el lunes."}
    lines = [json.dumps({"_id": name, "text": text, "language": name}) for name, text in texts.items()]
    (tmp_path / "a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options("hash"))
    with Index.open(tmp_path / "index") as index:
        assert [hit.article.id for hit in index.search("how old is the queen", mode="lexical", min_score=0)] == ["en"]


@pytest.mark.parametrize(
    ("question", "languages", "kept"),
    [
        ("war crimes", ["en"], {"war", "crime"}),
        ("war im Amt", ["de"], {"amt"}),
        ("war crimes", ["en", "de"], {"war", "crime"}),
        ("wie man richtig lernt", ["de"], {"richtig", "lernt"}),
        ("combien gagne Daley par an", ["fr"], {"gagn", "daley"}),
    ],
)
def test_a_word_is_little_where_it_is_in_all_languages_of_the_archive(question: str, languages: list[str], kept: set[str]) -> None:
    """In German "war" is "was"; in an archive of both languages it is no little word, but counts in English texts only."""
    assert kept <= {term for terms in words_of(question, languages) for term in terms}
    assert len(words_of(question, languages)) == len(kept)
    assert term_languages_in("war crimes", ["en", "de"])["war"] == {"en"}


def test_a_language_that_the_model_does_not_speak_is_told(sample_index: Path, demo_index: Path) -> None:
    """Where nothing answers clearly, as far as the question's little words tell its language; those of a name do not."""
    question, remark = "wann wurde die Brücke von Kobe gebaut", "all-MiniLM-L6-v2 does not support the question's language (de), so"
    with Index.open(sample_index) as index:
        [told] = [told for told in index.search(question).remarks if told.startswith(remark)]
        command = f"newsdex rebuild --model {MULTILINGUAL_MODEL} --index-dir"
        assert told.endswith(f": {command} {sample_index}")
        # A client of a server cannot run it there and is not told of its folders.
        assert told_remarks([told]) == [f"{told.partition(': ')[0]}: {command.removesuffix(' --index-dir')}"]
        unsure = index.search("Wer ist der Präsident von Senegal?")
        assert unsure.answerable
        assert unsure.hits[0].score < 0.5
        assert [told for told in unsure.remarks if told.startswith(remark)]
        for other in (f"{question} mode", "when was the bridge of Kobe built", "Brücke Kobe", "Ursula von der Leyen dancing in Kobe"):
            mode = "lexical" if other.endswith("mode") else "hybrid"
            remarks = index.search(other.removesuffix(" mode"), mode=mode).remarks
            assert all(told.startswith("No article has") for told in remarks), other
        assert index.search("Wann stürzte die Carolabrücke ein?").answerable
        assert not index.search("Wann stürzte die Carolabrücke ein?").remarks
    with Index.open(demo_index) as index:
        assert all(told.startswith("No article has") for told in index.search(question).remarks)
