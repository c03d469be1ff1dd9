"""Forms of one name that articles teach: worked by hand, whatever the text, and exact to update and delete."""

from __future__ import annotations

import json
from pathlib import Path
from types import EllipsisType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsdex import Index, IndexDamaged, Options, index_paths
from newsdex.indexer.upkeep.rebuild import rebuild_index
from newsdex.indexer.upkeep.takedown import Selection, delete
from newsdex.records import Article
from newsdex.store import files
from newsdex.store.checked import CheckedFile, CheckedTensors
from newsdex.store.forms import LAYOUT, MOST_WORDS, Forms, forms_of, key_of, keys_of_runs, pack_forms
from newsdex.store.snapshot import Snapshot
from newsdex.tensors import pack_tensors
from newsdex.words import Analyzer


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("Seven of the World Central Kitchen (WCK) died.", "WCK", "World Central Kitchen"),
        ("Der Internationale Strafgerichtshof (IStGH) in Den Haag", "IStGH", "Internationale Strafgerichtshof"),
        ("Staff of the WCK (World Central Kitchen) died.", "WCK", "World Central Kitchen"),
        ("the Bureau of Investigation and Analysis (BEA) said", "BEA", "Bureau of Investigation and Analysis"),
        ("the Centers for Disease Control and Prevention (CDC) said", "CDC", "Centers for Disease Control and Prevention"),
        (
            "the U.N. Office for the Coordination of Humanitarian Affairs (OCHA)",
            "OCHA",
            "Office for the Coordination of Humanitarian Affairs",
        ),
        ("the United Nations (U.N.) met", "U.N.", "United Nations"),
        ("aid groups. Non-governmental organisations (NGOs) left", "NGO", "Non-governmental organisations"),
        ("uses artificial intelligence (AI) to", "AI", "artificial intelligence"),
        ("World Central\nKitchen (\u201cWCK\u201d, based in Washington)", "WCK", "World Central Kitchen"),
        ("the International Criminal Court (the ICC)", "ICC", "International Criminal Court"),
        (
            (
                "\u041c\u0435\u0436\u0434\u0443\u043d\u0430\u0440\u043e\u0434\u043d\u044b\u0439 "
                "\u0443\u0433\u043e\u043b\u043e\u0432\u043d\u044b\u0439 \u0441\u0443\u0434 (\u041c\u0423\u0421)"
            ),
            "\u041c\u0423\u0421",
            (
                "\u041c\u0435\u0436\u0434\u0443\u043d\u0430\u0440\u043e\u0434\u043d\u044b\u0439 "
                "\u0443\u0433\u043e\u043b\u043e\u0432\u043d\u044b\u0439 \u0441\u0443\u0434"
            ),
        ),
        ("the mayor of Kyiv (Kiev) said", "Kiev", "Kyiv"),
        ("President Zelensky (Selenskyj) said", "Selenskyj", "Zelensky"),
        ("In Beijing (also known as Peking) it", "Peking", "Beijing"),
        # What is no acronym, or is of a person, a state or a place.
        ("said Karl Lauterbach (SPD)", None, None),
        ("sprach Peter Schmid (SPD)", None, None),
        ("Senator John Cornyn (R-Texas) said", None, None),
        ("Senator Jeff Flake (R-Arizona) said", None, None),
        ("in Paris (France) and Kyiv (Ukraine)", None, None),
        ("born in 1990 (1991)", None, None),
        ("the World (WCK) died", None, None),
        ("a World. Central Kitchen (WCK) died", None, None),
        ("a paragraph of World\n\nCentral Kitchen (WCK)", None, None),
        ("members of parliament Anna Smith (MP)", None, None),
        ("by Tyna Eloundou (OpenAI), Sam Manning (OpenAI, OpenResearch), Pamela Mishkin (OpenAI)", None, None),
        ("Nils Otto (FDP), Uta Lund (UNO, Urban League), Nora Oster (UNO)", None, None),
        ("[the plan](https://example.org/sparse-auto/encoders-2023) (SAE)", None, None),
        ("the Ministry of Defence (MoD) said", "MoD", "Ministry of Defence"),
        ("sells Software-as-a-Service (SaaS) to", "SaaS", "Software-as-a-Service"),
        ("said Open Artificial Intelligence (OpenAI)", None, None),
        # Ten letters are the longest acronym, and one capital is none.
        ("Alpha Beta Gamma Delta Echo Foxtrot Golf Hotel India Juliet (ABGDEFGHIJ)", "ABGDEFGHIJ", ...),
        ("Alpha Beta Gamma Delta Echo Foxtrot Golf Hotel India Juliet Kilo (ABGDEFGHIJK)", None, None),
        ("the plan (P) said", None, None),
        ("the old director (Dr) said", None, None),
        # Two letters begin two words, and a name is twice as long as its acronym.
        ("a member of parliament (PM) said", None, None),
        ("Nato (NTO) said", None, None),
    ],
)
def test_worked_by_hand(text: str, short: str | None, long: str | EllipsisType | None) -> None:
    """The form that each text teaches, or none."""
    found = [tuple(form) for form in forms_of(text)]
    assert found == ([(short, text[: text.index(" (")] if long is ... else long)] if short else [])


@given(st.text(alphabet="ABCab (),.-\u201c\n", max_size=80))
def test_any_text_is_read(text: str) -> None:
    """Whatever is found is in the text, but for its spaces."""
    for form in forms_of(text):
        for part in form:
            assert "".join(part.split()) in "".join(text.split())


def test_hostile_lengths_take_no_time() -> None:
    """Many brackets, words and letters; an article teaches a bounded number of forms."""
    for text in ("(" * 200_000, "AB (" * 50_000, "a" * 200_000 + " (AA)", "(A) " * 50_000, " " * 200_000 + "(AB)", "Aa Bb (AB) " * 30_000):
        assert len(list(forms_of(text))) <= 200


ARTICLES = {
    "one": "Aid halted\n\nThe World Central Kitchen (WCK) stops its work.",
    "two": "Convoy\n\nWCK (World Central Kitchen) buried its dead.",
    "three": "Golf\n\nThe West Coast Klub (WCK) opened.",
}


def build(folder: Path, articles: dict[str, str], name: str = "a.jsonl") -> Path:
    """An index of these, by the model that needs no files; another file's articles are added to it."""
    folder.mkdir(exist_ok=True)
    lines = (json.dumps({"_id": key, "title": text.split("\n")[0], "text": text, "language": "en"}) for key, text in articles.items())
    (folder / name).write_text("\n".join(lines), encoding="utf-8")
    index_paths(sorted(folder.glob("*.jsonl")), folder / "index", Options(model="hash"))
    return folder / "index"


def taught(folder: Path, form: str) -> dict[str, int]:
    """What the living articles teach of ``form``: how many of them say each other form."""
    counts: dict[str, int] = {}
    key = key_of(Analyzer("en").terms(form))
    for segment in Snapshot.open(folder).file_segments:
        for _, found in segment.forms.of([key]):
            if living := int(segment.live_articles[found.rows].sum()):
                counts[found.other] = counts.get(found.other, 0) + living
    return counts


def test_exact_to_update_delete_and_rebuild(tmp_path: Path) -> None:
    """As an index built at once of what is left, after each change."""
    folder = build(tmp_path / "grown", {"one": ARTICLES["one"]})
    assert taught(folder, "WCK") == {"World Central Kitchen": 1}
    build(tmp_path / "grown", {name: ARTICLES[name] for name in ("two", "three")}, "b.jsonl")
    assert taught(folder, "WCK") == {"World Central Kitchen": 2, "West Coast Klub": 1}
    assert taught(folder, "World Central Kitchen") == {"WCK": 2}
    assert len(Snapshot.open(folder).file_segments) == 2
    delete(folder, Selection(ids=frozenset({"one", "three"})))
    assert taught(folder, "WCK") == {"World Central Kitchen": 1}
    delete(folder, Selection(ids=frozenset({"two"})))
    assert taught(folder, "WCK") == {}
    once = build(tmp_path / "once", ARTICLES)
    rebuild_index(once)
    assert taught(once, "WCK") == {"World Central Kitchen": 2, "West Coast Klub": 1}


def test_an_index_without_forms_has_none_until_it_is_rebuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an earlier newsdex wrote it: it can be verified and searched, and a rebuild adds them without embedding."""
    import newsdex.store.segment as segments
    import newsdex.store.vocabulary as words

    with monkeypatch.context() as before:
        before.setattr(segments, "pack_forms", lambda *_: {})
        before.setattr(words, "pack_sounds", lambda _: {})
        folder = build(tmp_path, ARTICLES)
    [segment] = Snapshot.open(folder).file_segments
    segment.examine()
    assert not segment.is_complete
    assert taught(folder, "WCK") == {}
    with Index.open(folder) as index:
        assert index.search("WCK convoy").remarks == ()
        assert index.search("Ktichen convoy").remarks[0].startswith('Read as "Kitchen convoy"')
    report = rebuild_index(folder)
    assert report.passages == 3
    [segment] = Snapshot.open(folder).file_segments
    assert segment.is_complete
    assert taught(folder, "WCK") == {"World Central Kitchen": 2, "West Coast Klub": 1}


@given(st.lists(st.lists(st.text(min_size=1), min_size=1, max_size=2), max_size=MOST_WORDS + 3))
def test_runs_of_words_have_the_keys_of_forms(words: list[list[str]]) -> None:
    expected = [
        (key_of(term for word in words[first : last + 1] for term in word), first, last)
        for first in range(len(words))
        for last in range(first, min(first + MOST_WORDS, len(words)))
    ]
    assert list(keys_of_runs(words)) == expected


def test_numbers_that_cannot_be_are_refused(tmp_path: Path) -> None:
    """When they are read."""
    article = Article(id="a", text="The World Central Kitchen (WCK).", path=tmp_path, sha256="0" * 64)
    right = pack_forms([article], {"": Analyzer("")})
    key = key_of(Analyzer("").terms("WCK"))
    for number, (name, wrong) in enumerate(
        [("form.of", [4, 5]), ("form.article", [1]), ("form.article.ends", [2]), ("form.long.ends", [99])]
    ):
        arrays = {**right, name: np.array(wrong, right[name].dtype)}
        record = files.write_new(tmp_path, f"s{number:06d}.postings", pack_tensors(arrays))
        with pytest.raises(IndexDamaged):
            list(Forms(CheckedTensors(CheckedFile(tmp_path, record), LAYOUT, {"articles": 1})).of([key]))
