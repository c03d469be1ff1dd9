"""Forms of a word that no stem tells: the question has one, the article another."""

from pathlib import Path

import pytest

from newsdex import Index, Options, index_paths
from newsdex.search.question.terms import other_forms


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    articles = {
        "talks": "The envoy met the minister behind closed doors for five hours.",
        "party": "The Labour Party organised its conference in the theatre by the harbour.",
        "sale": "A carrier bought the portal for five billion dollars.",
        "plane": "A door fell off the plane after it had left Portland.",
        "bank": "Die Notenbank erh\u00f6hte den Leitzins, und f\u00fcr jeden Kleinanleger fielen die Aktienkurse.",
        "wahl": "Die Partei gewinnt die Wahl in dem Land, in dem sie bisher nur geringe Anteile der Stimmen hatte.",
    }
    folder = tmp_path_factory.mktemp("inflection")
    for name, text in articles.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    index_paths([folder], folder / "index", Options("hash"))
    return Index.open(folder / "index")


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("did the envoy meet the minister", "talks"),
        ("labor conference", "party"),
        ("organizing at the theater", "party"),
        ("who buys the portal", "sale"),
        ("Partei gewann Wahl", "wahl"),
        ("Notenbank Leitzinsen", "bank"),
        ("Aktienkurs der Kleinanleger", "bank"),
        ("falling door", "plane"),  # "door" is a little word in Dutch
    ],
)
def test_a_form_is_found_by_another(index: Index, question: str, article: str) -> None:
    """By words alone, with all of the question's words."""
    first = index.search(question, mode="lexical", explain=True)[0]
    assert Path(first.article.id).stem == article
    assert "lacks" not in " ".join(part.words for part in first.parts)


def test_no_form_is_its_own_other() -> None:
    """Each form of a word leads back to it."""
    for word in ("met", "wives", "labour", "organizing", "theatre", "written"):
        assert word not in other_forms(word)
        assert any(word in other_forms(other) for other in other_forms(word))
    assert set(other_forms("gestorben", "de")) == {"sterben", "starb", "stirbt"}
    assert {form: other_forms(form, "de") for form in ("Zins", "Zinsen", "Kurses", "Haus", "nurse")} == {
        "Zins": ("zinse",),
        "Zinsen": ("zins",),
        "Kurses": ("kurs",),
        "Haus": (),
        "nurse": (),
    }
    assert other_forms("gestorben") == other_forms("meet", "de") == ()
