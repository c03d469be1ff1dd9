"""Misspelt words of a question become the archive's own, where it has none of them and one is near: by hand, by a plain computation of
distances, and by chance.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsdex import Index, Options, index_paths
from newsdex.indexer.upkeep.takedown import Selection, delete
from newsdex.search.question import spelling
from newsdex.search.question.spelling import Corrected, candidates
from newsdex.search.request import request_of
from newsdex.store.snapshot import Snapshot
from newsdex.store.vocabulary import sounds_of

ARTICLES = {
    "beijing": "Blinken in Beijing\n\nAntony Blinken met Wang Yi in Beijing and was being careful. Blink twice.",
    "kyiv": "Zelensky thanks allies\n\nZelensky said that the loan would help Ukraine. The Carolabr\u00fccke is a bridge.",
    "herring": "Herring festival\n\nThe festival of the herring opened in Ellerby with fireworks. Blinding lights, open doors.",
    "ferry": "Ferry strike\n\nThe crews of the ferry went on strike in Ellerby. Nobody was blinded, said Blinken.",
    "gone": "Removed\n\nThe crocodyle of Ellerby was a fake.",
    "also": "Oddities\n\nCrocodile is how nobody writes it.",
}


def build(folder: Path, articles: dict[str, str], german: Collection[str] = ()) -> Path:
    """An index of these, by the model that needs no files; those named are ``german``."""
    lines = [
        json.dumps({"_id": name, "title": text.split("\n")[0], "text": text, "language": "de" if name in german else "en"}) + "\n"
        for name, text in articles.items()
    ]
    (folder / "a.jsonl").write_text("".join(lines), encoding="utf-8")
    index_paths([folder / "a.jsonl"], folder / "index", Options(model="hash"))
    return folder / "index"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with Index.open(build(tmp_path_factory.mktemp("spelling"), ARTICLES)) as opened:
        yield opened


def read_as(index: Index, question: str, **options: Any) -> str:
    """How the question was read, by what the results say of it."""
    said = [
        remark.split('"', 1)[1].rsplit('"', 1)[0] for remark in index.search(question, **options).remarks if remark.startswith("Read as")
    ]
    return said[0] if said else question


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Blinkn in Bejing", "Blinken in Beijing"),
        ("BLINKN IN BEJING", "BLINKEN IN BEIJING"),
        ("Zelenskiy loan", "Zelensky loan"),
        ("Zelenskyy", "Zelensky"),
        ("Selenskyj", "Selensky".replace("S", "Z")),
        ("Zelenskij's loan", "Zelensky's loan"),
        ("Carolabr\u00fcke", "Carolabr\u00fccke"),
        ("Carolabruke", "Carolabr\u00fccke"),
        ("Elerby firewroks", "Ellerby fireworks"),
        # Never what the archive has, what is quoted, what is short, in capitals, an address, a number, an abbreviation, or in no script
        # with spaces.
        ("Blinken in Beijing", "Blinken in Beijing"),
        ('"Blinkn" in Bejing', '"Blinkn" in Beijing'),
        ("\u201eBlinkn\u201c in \u00abBejing\u00bb", "\u201eBlinkn\u201c in \u00abBejing\u00bb"),
        ('who said "Blinkn" of Blinkn', 'who said "Blinkn" of Blinken'),
        ("fery", "ferry"),
        ("fer", "fer"),
        ("the FERY strike", "the FERY strike"),
        ("theFery strike", "theFery strike"),
        ("fery.com strike", "fery.com strike"),
        ("me@fery strike", "me@fery strike"),
        ("fery2 strike", "fery2 strike"),
        ("title:fery strike", "title:fery strike"),
        ("\u5317\u4eac\u5e02\u653f\u5e9c", "\u5317\u4eac\u5e02\u653f\u5e9c"),
        # Nothing is near, or only a word of another topic.
        ("Berlusconi", "Berlusconi"),
        ("ferr\u0301y strike", "ferr\u0301y strike"),
        ("beiing careful", "Beijing careful".lower()),
        # So many unknown words are another language.
        ("Warum streikte Fery Mannschaft Kapitaen Lotse", "Warum streikte Fery Mannschaft Kapitaen Lotse"),
    ],
)
def test_worked_by_hand(index: Index, question: str, expected: str) -> None:
    """What a question is read as; taken literally, it is read as it is."""
    assert read_as(index, question) == expected
    assert read_as(index, question, literal=True) == question
    assert index.search(question).question == question


def test_a_correction_finds_what_the_correct_word_finds(index: Index) -> None:
    """The very hits and scores, in each mode; with a date too, and for many questions at once."""
    for mode in ("hybrid", "dense", "lexical"):
        found, right = (index.search(question, mode=mode) for question in ("Blinkn in Bejing", "Blinken in Beijing"))  # type: ignore[arg-type]
        assert (found.hits, found.answerable) == (right.hits, right.answerable)
        assert index.search("Blinkn in Bejing", mode=mode, literal=True).hits != right.hits  # type: ignore[arg-type]
    many = index.search_many(["Blinkn in Bejing", "ferry", "Zelenskiy loan"])
    assert many == [index.search(question) for question in ("Blinkn in Bejing", "ferry", "Zelenskiy loan")]
    dated = index.search("Blinkn in Bejing in May 2019")
    assert dated.remarks[0].startswith('Read as "Blinken in Beijing in May 2019"')
    assert [hit.article.id for hit in dated][:1] == ["beijing"]


def test_the_other_words_choose(tmp_path: Path) -> None:
    """Of two words that are as near, the one that an article has beside the rest of the question; alone, the one of more articles."""
    texts = {"a": "Harland\n\nHarland won the regatta.", "b": "Farland\n\nFarland lost the trial.", "c": "Farland\n\nFarland appeals."}
    texts |= {"d": "Carland\n\nKarland is a town."}
    with Index.open(build(tmp_path, texts)) as found:
        assert read_as(found, "Parland") == "Farland"
        assert read_as(found, "Faarland trial") == "Farland trial"
        assert read_as(found, "Fharland regatta") == "Harland regatta"
        assert read_as(found, "Fharland trial") == "Farland trial"


def test_deleted_articles_offer_nothing(tmp_path: Path) -> None:
    """A word of a deleted article alone is neither known nor offered."""
    folder = build(tmp_path, ARTICLES)
    with Index.open(folder) as found:
        assert read_as(found, "crocodil Ellerby") == "crocodil Ellerby"  # known: the stem of crocodile
        assert read_as(found, "crokodile") == "crocodile (crocodyle)"
        delete(folder, Selection(ids=frozenset({"gone"})))
        assert read_as(found, "crokodile") == "crocodile"
        assert read_as(found, "crocodyle") == "crocodile"
        delete(folder, Selection(ids=frozenset({"also"})))
        assert read_as(found, "crokodile") == "crokodile"


def edits(one: str, other: str) -> int:
    """The distance of optimal string alignment, by its recurrence."""
    rows = [[max(i, j) if not i or not j else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            least = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (one[i - 1] != other[j - 1]))
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                least = min(least, rows[i - 2][j - 2] + 1)
            rows[i][j] = least
    return rows[-1][-1]


def sound(word: str) -> str:
    """Letter by letter: ph and sch, h within, letters that stand for each other, doubled ones."""
    word = word.replace("ph", "f").replace("sch", "s")
    word = word[:1] + word[1:].replace("h", "")
    heard = ""
    for letter in word:
        one = {"y": "i", "j": "i", "c": "k", "q": "k", "w": "v", "z": "s"}.get(letter, letter)
        if not heard.endswith(one):
            heard += one
    return heard


def test_candidates_are_those_of_a_plain_computation(tmp_path: Path) -> None:
    """Every word within the edits that its length allows and that sounds nearly the same, and no other."""
    draw = random.Random(3)
    letters = "bdghklnrvxzqyjcwsfp"
    words = sorted(
        {"".join(draw.choice("\u00e9eaio" if place % 2 else letters) for place in range(draw.randint(5, 12))) for _ in range(3_000)}
    )
    halves = {"one": "One\n\n" + " ".join(words[::2]), "two": "Two\n\n" + " ".join(words[1::2])}
    folder = build(tmp_path, halves)
    snapshot = Snapshot.open(folder)
    checked = 0
    for word in draw.sample(words, 120):
        typed = word.replace("\u00e9", "e")
        for _ in range(draw.randint(1, 3)):
            place = draw.randrange(len(typed))
            typed = draw.choice(
                [
                    typed[:place] + typed[place + 1 :],
                    typed[:place] + draw.choice(letters) + typed[place:],
                    typed[:place] + typed[place:][1::-1] + typed[place + 2 :],
                ]
            )
        if len(typed) < 4:
            continue
        most = 1 if len(typed) <= 5 else 2 if len(typed) <= 9 else 3
        firsts = {typed[0], typed[1]} | {other for group in ("ckq", "csz", "fp", "ijy", "vw") if typed[0] in group for other in group}
        expected = {}
        for other in words:
            plain = other.replace("\u00e9", "e")
            if plain[0] not in firsts or abs(len(plain) - len(typed)) > 3:
                continue
            apart, distance = edits(sound(typed), sound(plain)), edits(typed, plain)
            if apart == 0:
                expected[other] = min(distance, 1)
            elif distance <= most and apart <= 1:
                expected[other] = distance
        found = candidates(snapshot, typed)
        assert found == expected, typed
        checked += len(expected)
    assert checked > 40


@pytest.mark.parametrize(
    "group",
    [
        ("zelenskiy", "zelenskyy", "selenskyj", "zelenskij", "zelensky"),
        ("phillippines", "filipines"),
        ("schwarz", "swarz", "svars"),
        ("khartoum", "kartoum"),
        ("wladimir", "vladimir"),
    ],
)
def test_transliterations_sound_the_same(group: tuple[str, ...]) -> None:
    """Whichever of the names of one person or place is typed."""
    assert len(set(sounds_of(group))) == 1
    assert {sound(word) for word in group} == set(sounds_of(group))


def test_a_little_word_of_another_language_is_a_misspelling(tmp_path: Path) -> None:
    """German "waren" is a misspelt Warren where nothing is in German."""
    articles = {"a": "Warren may run\n\nElizabeth Warren said that she would look at running.", "b": ARTICLES["ferry"]}
    with Index.open(build(tmp_path, articles)) as english:
        assert read_as(english, "elizabeth waren") == "elizabeth warren"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        # Correct words that no article has, each within two edits of one that is there
        ("police twins", "police twins"),
        ("singer found dead", "singer found dead"),
        ("whale", "whale"),
        ("theatre police", "theatre police"),
        ("Zwillinge bei der polizei", "Zwillinge bei der polizei"),
        # Slips that are no words
        ("pollice sinnner", "police sinner"),
    ],
)
def test_a_word_of_a_dictionary_is_no_misspelling(tmp_path: Path, question: str, expected: str) -> None:
    """Although a word of the archive is near, and stands beside the other words of the question."""
    articles = {
        "a": "Sinner wins\n\nThe police found the whole crowd dead calm when Jannik Sinner wins.",
        "b": "Au th\u00e9\u00e2tre\n\nLa police \u00e9tait au th\u00e9\u00e2tre.",
    }
    with Index.open(build(tmp_path, articles)) as found:
        assert read_as(found, question) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("margret dunmore", "margaret dunmore"),
        ("Margret Dunmore", "Margaret Dunmore"),
        ("margaret dunmoor", "margaret dunmore"),
        ("marten dunmore", "martin dunmore"),
        ("margret dunmore valves", "margaret dunmore valves"),
        # No name behind it; not beside each other
        ("homes murder", "homes murder"),
        ("margret valves", "margret valves"),
        ("homes dunmore", "homes dunmore"),
    ],
)
def test_a_first_name_is_as_articles_write_it(tmp_path: Path, question: str, expected: str) -> None:
    """Before the surname, although the dictionary has the name as it was typed; no ordinary word becomes a name."""
    articles = {
        "a": "Margaret Dunmore\n\nThe valves were closed by Margaret Dunmore on Monday. The Holmes murder was a murder that Martin Dunmore "
        "saw, a murder.",
        "b": "Valves\n\nThe valves were old.",
    }
    with Index.open(build(tmp_path, articles)) as found:
        assert read_as(found, question) == expected


def test_forms_of_spanish_words_are_no_misspellings(tmp_path: Path) -> None:
    """The dictionary has singulars and infinitives only, and a name is near."""
    text = "Gana Hugo Manr\u00edquez\n\nHugo Manr\u00edquez qued\u00f3 tercero en Valpara\u00edso con pocos votos de diferencia."
    line = json.dumps({"_id": "a", "title": "Gana Hugo Manr\u00edquez", "text": text, "language": "es"})
    (tmp_path / "a.jsonl").write_text(line, encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as found:
        for question in ("cu\u00e1ntos votos de diferencia hubo en Valpara\u00edso", "votos de diferencia ganan"):
            assert read_as(found, question) == question
        assert read_as(found, "votos de diferencia heugo") == "votos de diferencia hugo"


ORDINARY = (
    "shooter climber commuter singer tailor twins wallet butcher camel forger grenade referee pollen waiter whale wheat gambler rabies "
    "theatre polio scooter cobbler jockey bakery cattle copper ransom reindeer skier chess coffin goat gunman hijacker sniper burglar"
)


def test_ordinary_words_that_the_sample_lacks_are_left_alone(demo_index: Path) -> None:
    """Many are within two edits of a word that it has: "shower", "climbed", "computer", "Sinner", "came", "Grenada"."""
    with Index.open(demo_index) as index:
        for word in ORDINARY.split():
            assert read_as(index, f"police {word}") == f"police {word}"


def test_a_little_word_that_is_nearer_leaves_the_question_alone(tmp_path: Path) -> None:
    """What is a slip of "because" is no name."""
    with Index.open(build(tmp_path, {"a": "Bercause\n\nBercauses and bakause are odd.", "b": "Other\n\nMore."})) as found:
        assert read_as(found, "becuase") == "becuase"


KNOWN = st.lists(
    st.sampled_from(["Blinken", "Beijing", "ferry", "strike", "herring", "\u2039Wang\u203a", "loan", "in", "the", "of"]),
    min_size=1,
    max_size=8,
).map(" ".join)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=60).filter(str.strip))
def test_any_text_is_a_question(index: Index, text: str) -> None:
    """There is an answer; where nothing was corrected, it is the literal one."""
    found = index.search(text, read_dates=False)
    if all(remark.startswith("No article has") for remark in found.remarks):
        assert found == index.search(text, read_dates=False, literal=True)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=KNOWN)
def test_known_words_are_left_alone(index: Index, text: str) -> None:
    """The same answer as taken literally."""
    assert index.search(text) == index.search(text, literal=True)


@given(text=st.text(alphabet='abB \u00e9"\u201e\u201c@.1-', max_size=40))
def test_nothing_else_of_the_text_changes(text: str) -> None:
    """Corrections replace whole words only, and what is between them stays."""
    read = Corrected({"ab": "xyz", "\u00e9b": "v"}).of(text)
    assert read.replace("xyz", "ab").replace("Xyz", "Ab").replace("XYZ", "AB").replace("v", "\u00e9b").casefold() == text.casefold()
    assert Corrected({}).of(text) == text


def test_what_may_be_corrected_is_found_once(index: Index) -> None:
    """For the question as typed, whatever number of its words is misspelt, and for the corrected one at most once more."""
    spelling._correctable.cache_clear()
    assert read_as(index, "Blinkn \u2014 in Bejing") == "Blinken \u2014 in Beijing"
    assert spelling._correctable.cache_info().misses <= 2


def test_hostile_lengths_take_no_time() -> None:
    """The work of patterns grows with the text: many quotation marks that never close, and one endless word."""
    for text in ("\u201e" * 100_000, '"' * 99_999, "\u00ab" * 100_000, "a" * 100_000, "\u201c\u201e" * 50_000):
        assert Corrected({"no": "yes"}).of(text) == text


def test_known_words_load_nothing_and_the_sample_comes_right(sample_index: Path) -> None:
    """The library of distances is loaded for a misspelt word alone; typed errors find the article, by the default model."""
    script = """
import sys
from newsdex import Index
with Index.open(sys.argv[1]) as index:
    index.search("Blinken in Beijing")
    assert "rapidfuzz" not in sys.modules
    for question, article in [
        ("Blinkn in Bejing", "blinken"), ("Crowdstrick outage", "crowdstrike"), ("cryptosporidum Northgate", "northgate-water"),
        ("Olimpic opening ceremoney", "paris-opening"), ("Duplantes pole vault", "duplantis"),
    ]:
        found = index.search(question)
        assert found.remarks[0].startswith("Read as") and found.answerable, question
        assert article in found[0].article.id, (question, found[0].article.id)
    # The model knows these as words, whether the archive has them or not: they are not taken for others.
    for question in ("goalie contract", "what kind of percentage", "Columbia sonata"):
        assert not any(remark.startswith("Read as") for remark in index.search(question).remarks), question
"""
    subprocess.run([sys.executable, "-c", script, str(sample_index)], check=True, timeout=120)


@pytest.mark.parametrize(("question", "answered", "told"), [("Blinkn in Bejing", True, True), ("Blinkn zebu", False, False)])
def test_a_reading_that_nothing_answers_is_not_told(index: Index, tmp_path: Path, question: str, answered: bool, told: bool) -> None:
    """The command line says how a question was read where something answers it; the results say it in any case."""
    from click.testing import CliRunner

    from newsdex.cli import newsdex

    found = index.search(question)
    assert found.answerable == answered
    assert found.remarks[0].startswith("Read as")
    folder = build(tmp_path, ARTICLES)
    done = CliRunner().invoke(newsdex, ["search", question, "--index-dir", str(folder)], standalone_mode=False)
    assert ("Read as" in done.stderr) == told
    assert ("No results answer that" in done.stderr) != answered


def test_the_option_is_everywhere(index: Index) -> None:
    """Python, HTTP by address and body, and the request that all make."""
    from newsdex.search.server.models import SearchBody, SearchQuery

    assert request_of("q", literal=True).literal
    assert SearchQuery(q="q", literal=True).request().literal
    assert SearchBody(query="q", literal=True).request().literal
    assert not SearchQuery(q="q").request().literal
    assert (
        index.context("Blinkn in Bejing", budget_tokens=200).excerpts
        != index.context("Blinkn in Bejing", budget_tokens=200, literal=True).excerpts
    )


def test_all_words_are_misspelt(index: Index) -> None:
    """The longest says which the others may be: of words that are equally near, the one of the same article. A short word that is alone in
    having a near one is another name.
    """
    assert read_as(index, "hering festivel Elerby") == "herring festival Ellerby"
    assert read_as(index, "crws fery strik") == "crews ferry strike"
    assert read_as(index, "Wong Zuma") == "Wong Zuma"


@pytest.mark.parametrize("foreign", [1, 5])
def test_ordinary_words_of_another_language_are_no_misspellings(foreign: int, tmp_path: Path) -> None:
    """Names are corrected; other words are not corrected to one of another language."""
    rows = [("en", "The state thanked Zelensky for the state of things."), ("en", "Zelensky met the head of state.")]
    rows += [("de", f"Das Treffen Nummer {number} war kurz, und wer fand es gut?") for number in range(foreign)]
    lines = [json.dumps({"_id": str(number), "text": text, "language": language}) for number, (language, text) in enumerate(rows)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as opened:
        assert read_as(opened, "Wann fand das Treffen mit Selensky statt?") == "Wann fand das Treffen mit Zelensky statt?"


def test_names_that_are_not_there(tmp_path: Path) -> None:
    """An absent name is neither corrected to a word that is written small, nor to one of another language, nor to another short name; and
    the stem that another language has of it finds nothing.
    """
    rows = [
        ("en", "The task of the organ is to trust a great school, said the team of Davis and Hamilton. Others trust Davis and Hamilton."),
        ("en", "Two boys of great trust at West Ham have a task, said Coach Davis, and the organ of the school played for Hamilton."),
        ("de", "Der schwere Sturm im M\u00e4rz hat die K\u00fcste verw\u00fcstet. St\u00fcrmer und Messer lagen am Strand."),
        ("es", "La moda de este mes es la modo del alem\u00e1n. La reuni\u00f3n sigue adelante."),
        *(("en", f"The council met for the {n}th time and spoke of roads.") for n in range(6)),
    ]
    lines = [json.dumps({"_id": str(number), "text": text, "language": language}) for number, (language, text) in enumerate(rows)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as opened:
        for absent in (
            "Tusk",
            "Orban",
            "Truss",
            "Greta",
            "Starmer",
            "starmer",
            "Merz",
            "Altman",
            "Modi",
            "modi",
            "Davos",
            "davos",
            "Scholz",
        ):
            found = opened.search(absent, mode="lexical", min_score=0)
            assert found.remarks == (f'No article has "{absent}" in its text.',)
            assert not found.hits or found[0].score < 0.1, absent
        for typed, read in (("Hamliton", "Hamilton"), ("hamiltom", "hamilton"), ("Davsi", "Davis"), ("shcool organ", "school organ")):
            assert read_as(opened, typed) == read
        assert read_as(opened, "tusk organ") == "tusk organ"


def test_a_name_alone_that_only_stories_in_another_language_have(tmp_path: Path) -> None:
    """A letter too few or too many is mended; beside other words, and with another letter in its place, a name is left as it is."""
    rows = [("de", "Der Premier Barnier ist nach drei Monaten am Ende. Die Abgeordneten haben Barnier am Abend gest\u00fcrzt.")]
    rows += [("en", f"The council met for the {n}th time and spoke of roads.") for n in range(6)]
    lines = [json.dumps({"_id": str(number), "text": text, "language": language}) for number, (language, text) in enumerate(rows)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as opened:
        assert read_as(opened, "Barnir") == "Barnier"
        assert read_as(opened, "barnnier") == "barnier"
        for typed in ("Bernier", "Barnir lottery"):
            assert read_as(opened, typed) == typed


def test_a_word_that_only_stories_in_another_language_have_tells_the_question_s(tmp_path: Path) -> None:
    """Beside it a word is corrected to one of that language, and not beside one that English articles have."""
    rows = [("de", "Die Wahl in Brandenburg behauptet die Partei knapp. In Tarvin sieht man das so.")]
    rows += [("en", f"The council of Tarvin met for the {n}th time and spoke of roads.") for n in range(6)]
    lines = [json.dumps({"_id": str(number), "text": text, "language": language}) for number, (language, text) in enumerate(rows)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as opened:
        assert read_as(opened, "behauptet brandenbug") == "behauptet brandenburg"
        assert read_as(opened, "tarvin brandenbug") == "tarvin brandenbug"


def test_accents_and_umlauts_that_were_not_typed(tmp_path: Path) -> None:
    """A word that articles write with accents alone is found without them, also where its stem is that of another word, and without a
    remark; an umlaut in two letters, too. What articles write as it was typed, what is quoted, and a literal question stay.
    """
    rows = [
        ("fr", "Les r\u00e9fugi\u00e9s syriens rentrent chez eux, dit le ministre."),
        ("fr", "Le refuge de montagne a ouvert ses portes aux randonneurs."),
        ("de", "Der M\u00e4rtyrer wurde in M\u00fcnchen verehrt. Die neuen Aktien stiegen."),
        ("de", "Der Bauer kaufte ein Schiff."),
        ("fr", "La s\u0153ur du ministre expose une \u0152uvre."),
    ]
    lines = [json.dumps({"_id": str(number), "text": text, "language": language}) for number, (language, text) in enumerate(rows)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as opened:
        found = opened.search("refugies", mode="lexical", min_score=0)
        assert [hit.article.id for hit in found] == ["0"]
        assert not found.remarks
        assert [hit.article.id for hit in opened.search("REFUGIES", mode="lexical", min_score=0)] == ["0"]
        assert [hit.article.id for hit in opened.search("refuge", mode="lexical", min_score=0)] == ["1"]
        assert [hit.article.id for hit in opened.search("refugies", mode="lexical", min_score=0, literal=True)] == ["1"]
        assert read_as(opened, "maertyrer Muenchen") == "m\u00e4rtyrer M\u00fcnchen"
        assert [hit.article.id for hit in opened.search("Oeuvre soeur", mode="lexical", min_score=0)] == ["4"]
        assert read_as(opened, "die neuen Bauer") == "die neuen Bauer"
        assert read_as(opened, "where does the Schiff sail") == "where does the Schiff sail"


def test_a_spanish_word_without_its_accent_is_no_form_of_another(tmp_path: Path) -> None:
    """A word such as "volcan" may be a form of "volcar", but "volc\u00e1n" is listed itself."""
    texts = ["La ceniza del volc\u00e1n cay\u00f3 sobre la ciudad.", "El alcalde habl\u00f3 en el debate de la ciudad."]
    lines = [json.dumps({"_id": str(number), "text": text, "language": "es"}) for number, text in enumerate(texts)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as opened:
        assert [hit.article.id for hit in opened.search("volcan", mode="lexical", min_score=0)] == ["0"]


SPELLINGS = {
    "plant": "Khmelnytsky hit\n\nA power plant in Khmelnytsky was hit on Friday.",
    "people": "Khmelnytsky today\n\nPeople in Khmelnytsky had no power on Saturday.",
    "region": "Attack on Khmelnitsky\n\nThe region of Khmelnitsky was attacked, officials said.",
    "herring": ARTICLES["herring"],
}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Khmelnytskyi", "Khmelnytsky (Khmelnitsky)"),
        ("KHMELNYTSKYI", "KHMELNYTSKY (KHMELNITSKY)"),
        ("region of Khmelnytskyi", "region of Khmelnitsky (Khmelnytsky)"),
        # What the archive has is not corrected.
        ("Khmelnitsky", "Khmelnitsky"),
        ("herrin festival", "herring festival"),
    ],
)
def test_all_spellings_of_a_name_are_searched(tmp_path: Path, question: str, expected: str) -> None:
    """A name that no article has is searched in every spelling that sounds the same. Each counts as the name."""
    with Index.open(build(tmp_path, SPELLINGS)) as opened:
        assert read_as(opened, question) == expected
        found = opened.search("Khmelnytskyi", mode="lexical")
        assert {hit.article.id for hit in found} == {"plant", "people", "region"}


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    articles = {
        "screen": "Update stops computers\n\nThe blue screen of death was all that staff saw in Delhi.",
        "swift": "Concerts cancelled\n\nThe concerts of Taylor Swift in Vienna are cancelled.",
        "actor": "Actor speaks\n\nThe actor Kit Harington spoke. It was Harington who spoke of a compliment.",
        "whole": "Council\n\nThe whole council voted. It reads the whole book.",
    }
    with Index.open(build(tmp_path_factory.mktemp("press"), articles)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("katherine graham", "catherine graham"),
        ("Elisabeth Warren speech", "Elizabeth Warren speech"),
        ("graham speech", "graham speech"),
        # The other one of two is no name; twice; not side by side
        ("when do the pools close", "when do the pools close"),
        ("katherine graham and katherine harrow", "katherine graham and katherine harrow"),
        ("Who is Katherine? Graham says no", "Who is Katherine? Graham says no"),
        # Both are there together; another sound; in quotation marks
        ("katherine harrow", "katherine harrow"),
        ("warden graham", "warden graham"),
        ('"katherine graham"', '"katherine graham"'),
    ],
)
def test_a_name_is_as_articles_write_it_beside_its_neighbour(tmp_path: Path, question: str, expected: str) -> None:
    """Also a name that others have: the articles that have one of the words have never both."""
    articles = {
        "a": "Debate\n\nSenator Catherine Graham answered a speech by Elizabeth Warren.",
        "b": "Rowing\n\nKatherine Harrow and Elisabeth Ott won the race for Velden.",
        "c": "Prison\n\nThe warden resigned on Monday.",
        "d": "Vote\n\nThe polls close at eight.",
        "e": "Swimming\n\nThe pools were full.",
    }
    with Index.open(build(tmp_path, articles)) as found:
        assert read_as(found, question) == expected


@pytest.mark.parametrize(
    ("question", "read"),
    [
        ("bluescreen", "blue screen"),
        ("bluescreen in Delhi", "blue screen in Delhi"),
        ("deathscreen", "deathscreen"),  # nobody writes these beside each other
        ("Tailor Swift", "Taylor Swift"),
        ("tailor shop", "tailor shop"),
        ("Harrington", "Harrington"),
        ("the whale", "the whale"),
        ("complement", "complement"),  # a dictionary has it, and the other is no name
    ],
)
def test_words_that_are_spelt_right_but_not_as_articles_write_them(press: Index, question: str, read: str) -> None:
    assert read_as(press, question) == read
    assert read_as(press, question, literal=True) == question


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Flughafenstreik", "Flughafen Streik"),
        ("Stra\u00dfenbau in Tarvin", "Strasse Bau in Tarvin"),  # with what joins the parts
        ("Hafenstreik", "Hafenstreik"),  # no article has both
        ("Flughafen Streik", "Flughafen Streik"),
        ("castlegate", "castlegate"),  # of English words
        ("Linksteuer", "Linksteuer"),  # no article has "Link", and "teuer" is no noun
    ],
)
def test_a_german_compound_is_read_as_two_words_that_one_article_has(tmp_path: Path, question: str, expected: str) -> None:
    articles = {
        "a": "Streik\n\nDer Streik legt den Flughafen lahm. Heute geht nichts mehr.",
        "b": "Kran\n\nDer Kran im Hafen steht nun still, weil der Wind zu stark ist.",
        "c": "Verkehr\n\nDer Bau der Stra\u00dfe nach Tarvin dauert noch bis zum Winter.",
        "e": "Steuer\n\nDie Linke will eine Steuer. Links der Spree ist es teuer.",
        "d": "Castle\n\nThe gate of the castle was closed on Monday when the guests arrived.",
    }
    with Index.open(build(tmp_path, articles, german="abce")) as index:
        assert read_as(index, question) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("\u00d6kostrom", "\u00d6kostromgesetz (\u00d6kostromanbieter)"),
        ("oekostrom wien", "\u00f6kostromgesetz (\u00f6kostromanbieter) wien"),
        ("Abgasskandal", "Abgasaff\u00e4re Skandal"),  # one article has both
        ("Abgasgesetz", "Abgasgesetz"),  # no article has both
        ("who wrote of the \u00d6kostrom in Vienna", "who wrote of the \u00d6kostrom in Vienna"),  # not in German
        ("Strom", "Strom"),  # no compound's first part
        ("Windgesetz", "Windgesetz"),  # the last part of its compound is no word
        ("Stromskandal", "Stromskandal"),
    ],
)
def test_a_german_word_is_found_in_compounds_that_begin_with_it(tmp_path: Path, question: str, expected: str) -> None:
    articles = {
        "a": "Gesetz\n\nDas \u00d6kostromgesetz gilt in Wien. Ein Gesetz f\u00fcr alle.",
        "b": "Anbieter\n\nEin \u00d6kostromanbieter klagt in Wien gegen das \u00d6kostromgesetz.",
        "c": "Klage\n\nIn der Abgasaff\u00e4re klagt ein Fahrer. Der Skandal ist alt, und die Aff\u00e4re geht weiter.",
        "d": "Wetter\n\nAbgaswolken ziehen \u00fcber den Hafen, und der Windmesser steht still.",
    }
    with Index.open(build(tmp_path, articles, german="abcd")) as index:
        assert read_as(index, question) == expected


def test_a_word_with_a_capital_inside_is_read_as_two(tmp_path: Path) -> None:
    with Index.open(build(tmp_path, {"a": "Sender\n\nServus TV endet im Mai.", "b": "Firma\n\nDie Firma DeepMind w\u00e4chst."})) as index:
        assert read_as(index, "Ende von ServusTV") == "Ende von Servus TV"
        assert read_as(index, "DeepMind") == "DeepMind"  # as it is written
        assert read_as(index, "ServusMind") == "ServusMind"


def test_german_writes_tsch_for_other_letters(tmp_path: Path) -> None:
    articles = {"a": "Tennis\n\nNovak Djokovic siegte, sagte Djokovic.", "b": "Koch\n\nDer Koch Jankovich kochte f\u00fcr Jankovich."}
    with Index.open(build(tmp_path, articles, german="ab")) as index:
        assert read_as(index, "Djokovitsch") == "Djokovic"
        assert read_as(index, "Jankovitsch") == "Jankovich"
        assert read_as(index, "Putschversuch") == "Putschversuch"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Starmer", "Starmer"),  # an adverb, though it begins a sentence
        ("Kneissl", "Kneissl"),  # another name
        ("Habeck", "Habeck"),  # "haben" is no "Hab"
        ("Ministerinn", "Ministerin"),
        ("Raser", "Raser"),  # sounds like an adjective
    ],
)
def test_german_names_that_the_archive_lacks_stay(tmp_path: Path, question: str, expected: str) -> None:
    articles = {
        "a": "Wind\n\nSt\u00e4rker weht der Wind. Er weht st\u00e4rker, und die Wellen werden st\u00e4rker. Alle haben Angst.",
        "b": "Chor\n\nDer S\u00e4nger Kreissl probt mit Kreissl. Ein Eck ist frei, alle haben Platz, und ein rascher Sieg folgt rascher.",
        "c": "Amt\n\nDie Ministerin und der Pr\u00e4sident treten ab, sagt die Ministerin.",
    }
    with Index.open(build(tmp_path, articles, german="abc")) as index:
        assert read_as(index, question) == expected


def test_a_german_noun_that_begins_a_compound_stays_in_an_archive_of_several_languages(tmp_path: Path) -> None:
    """Its language shows by its capital only; without one it is a misspelt word like others."""
    articles = {
        "a": "Etat\n\nDer Bundestag streitet \u00fcber die Schuldenbremse. Jede Bremse hat Gegner, und die Schuldenbremse hat viele.",
        "b": "Bildung\n\nDie Schulen der Stadt sind alt. Alle Schulen werden saniert, sagt die Stadt.",
        "c": "Ferry\n\nThe ferry to the island is late. The crew of the ferry waits in the harbour.",
        "d": "Road\n\nThe road to the harbour is closed. The town repairs the road until May.",
        "e": "Tower\n\nThe tower of the town is old. The council of the town sells the tower.",
    }
    with Index.open(build(tmp_path, articles, german="ab")) as index:
        assert "Schulen" not in read_as(index, "Schulden")
        assert read_as(index, "Schulenn") == "Schulen"


def test_small_talk_is_not_corrected(tmp_path: Path) -> None:
    """A farewell is no misspelt word, whatever the archive has; a misspelt word beside it is."""
    with Index.open(
        build(tmp_path, {"shot": "Ein Schuss\n\nEin Schuss fiel am Hafen. Der Schuss traf niemanden.", "a": "x\n\nHafen"})
    ) as index:
        assert read_as(index, "tsch\u00fcss") == "tsch\u00fcss"
        assert read_as(index, "tschuss hafen") == "schuss hafen"


@pytest.fixture(scope="module")
def four_languages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """Mostly German, with an article each in Norwegian, which has no dictionary, in English, in Italian and in an unknown language."""
    german = "Wahl\n\nDer B\u00fcrgermeister w\u00e4hnt sich nach der Wahl sicher. Selenskyj kam zum Streik. Frau Brandner blieb {}."
    articles = [
        *(("de", german.format(name)) for name in ("hier", "dort", "daheim")),
        ("no", "Valget i Norge\n\nHun tapte valget i Norge, og hvem som overtar, er uklart. Partiet feiret hele natten."),
        ("en", "Strike in Norway\n\nThe crews of the ferry asked for an agreement in Oslo, and nobody feared a delay."),
        ("it", "Lo sciopero\n\nIeri gli equipaggi hanno chiesto un aumento, e il sindaco ha trovato una soluzione."),
        ("", "A reef of kelp"),
    ]
    folder = tmp_path_factory.mktemp("languages")
    lines = [json.dumps({"title": text.split("\n")[0], "text": text, "language": language}) for language, text in articles]
    (folder / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    index_paths([folder / "a.jsonl"], folder / "index", Options(model="hash"))
    with Index.open(folder / "index") as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        # A Norwegian verb that no article has is no German one, which sounds so.
        ("Hvem vant valget i Norge?", "Hvem vant valget i Norge?"),
        ("hvem vant valget", "hvem vant valget"),
        ("HVEM VANT VALGET", "HVEM VANT VALGET"),
        # Words of its own language, and names of any.
        ("hvem vant valgett", "hvem vant valget"),
        ("hvem er selenskij", "hvem er selenskyj"),
        ("hvem er Brandnr", "hvem er Brandner"),
        # In the language of most articles, with its words, and with a foreign name.
        ("wer v\u00e4hnt sich sicher", "wer w\u00e4hnt sich sicher"),
        ("Wahl v\u00e4hnt", "Wahl w\u00e4hnt"),
        ("ferry agreemnt", "ferry agreement"),
        ("Norge v\u00e4hnt", "Norge w\u00e4hnt"),
        # Beside a word of an article whose language nobody knows.
        ("kelp v\u00e4hnt", "kelp w\u00e4hnt"),
        # A language with a dictionary, which does not have the word.
        ("equipaggi v\u00e4hnt", "equipaggi w\u00e4hnt"),
    ],
)
def test_a_verb_is_not_corrected_to_another_language(four_languages: Index, question: str, expected: str) -> None:
    """If the question's other words are of a language without a dictionary, and no article in the correction's language has any of them."""
    assert read_as(four_languages, question) == expected
