"""Claims about German, French and Italian articles of one archive: numbers as they are written there, ordinals, restrictions."""

# ruff: noqa: RUF001 - apostrophes

from __future__ import annotations

from collections.abc import Iterator

import pytest
from indexes import index_of

from newsdex import Index, Options
from newsdex.encoder import MULTILINGUAL_MODEL
from newsdex.search.check.numbers import quantities
from newsdex.search.check.reading import read

ARTICLES = {
    "strike": (
        "de",
        "Streik legt Flughafen Velden lahm",
        (
            "Am Flughafen Velden sind am 30. November wegen eines Streiks 212 Flüge ausgefallen. Rund 28'000 Passagiere waren betroffen. "
            "Die Bodenabfertiger verlangen 350 Franken mehr Lohn im Monat."
        ),
    ),
    "avalanche": (
        "de",
        "Lawine am Piz Merla",
        "Eine Lawine hat am 1. November am Piz Merla zwei Tourengänger getötet. Ein dritter Mann überlebte schwer verletzt.",
    ),
    "match": (
        "fr",
        "Football : Velden s'incline à Lindal",
        "L'équipe de Velden s'est inclinée hier soir à Lindal devant 12\u202f400 spectateurs. Marc Aubry a marqué les deux buts.",
    ),
    "flood": (
        "it",
        "Il lago allaga Lindora",
        "L'acqua ha invaso la piazza di Lindora. La causa dell'esondazione sono le piogge cadute senza sosta per undici giorni.",
    ),
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """The articles above."""
    rows = [
        {"_id": name, "title": title, "text": text, "language": language, "date": "2026-12-01"}
        for name, (language, title, text) in ARTICLES.items()
    ]
    with Index.open(index_of(rows, tmp_path_factory.mktemp("several"), Options(model=MULTILINGUAL_MODEL))) as index:
        yield index


@pytest.mark.parametrize(
    ("article", "claim", "verdict"),
    [
        ("strike", "Rund 28'000 Passagiere waren vom Streik betroffen.", "supported"),
        ("strike", "Rund 28’000 Passagiere waren vom Streik betroffen.", "supported"),
        ("strike", "Rund 28000 Passagiere waren vom Streik betroffen.", "supported"),
        ("strike", "Rund 28.000 Passagiere waren vom Streik betroffen.", "supported"),
        ("strike", "28 Passagiere waren vom Streik betroffen.", "partly"),
        ("strike", "Rund 28'000'000 Passagiere waren vom Streik betroffen.", "partly"),
        ("match", "Velden s'est inclinée devant 12 400 spectateurs.", "supported"),
        ("match", "Velden s'est inclinée devant 12400 spectateurs.", "supported"),
        ("match", "Velden s'est inclinée devant 12 spectateurs.", "partly"),
        ("match", "Velden s'est inclinée devant 400 spectateurs.", "partly"),
        ("flood", "Le piogge sono cadute senza sosta per undici giorni.", "supported"),
        ("flood", "Le piogge sono cadute senza sosta per nove giorni.", "partly"),
        ("flood", "Le piogge sono cadute senza sosta per venti giorni.", "partly"),
        ("avalanche", "Die Lawine ging am 1. November am Piz Merla nieder.", "supported"),
        ("avalanche", "Die Lawine ging am 2. November am Piz Merla nieder.", "partly"),
    ],
)
@pytest.mark.parametrize("given", [True, False])
def test_a_claim_is_one_sentence_with_its_number(archive: Index, article: str, claim: str, verdict: str, given: bool) -> None:
    """Against the article, and against the archive."""
    [sentence] = archive.check(claim, hits=[article] if given else None).sentences
    assert sentence.verdict == verdict, sentence.differences


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("28'000 Passagiere", [28_000]),
        ("1’234’567 Franken", [1_234_567]),
        ("12 400 spectateurs", [12_400]),
        ("12\u00a0400,50 francs", [12_400.5]),
        ("1'300.75 Franken", [1_300.75]),
        ("In 2020 100 people died", [100]),
        ("appel au 044 123 45 67", [44, 123, 45, 67]),
        ("entre 12 et 400 personnes", [12, 400]),
        ("12, 400 and 500 people", [12, 400, 500]),
    ],
)
def test_marks_between_thousands_belong_to_the_number(text: str, values: list[float]) -> None:
    """An apostrophe, or a space of any width; not in a telephone number."""
    assert [each.bare.values[-1] for each in quantities(text)] == values


@pytest.mark.parametrize(
    ("text", "values"),
    [("per cento euro", []), ("dieci per cento", [10]), ("due per mille", [2]), ("per nove anni", [9]), ("per cinque", [5])],
)
def test_only_a_hundred_or_thousand_behind_per_is_a_rate(text: str, values: list[float]) -> None:
    """In Italian."""
    assert [each.bare.values[-1] for each in quantities(text, "it")] == values


@pytest.mark.parametrize(
    ("answer", "languages", "claims"),
    [
        ("Die Lawine ging am 1. November nieder.", ("de", "en", "fr"), 1),
        ("Lawine am 1. November.", ("de", "fr"), 1),
        ("Kolda scored 12. Merla scored 9.", ("de", "en"), 2),
        ("The bill passed by 12. November is the next date.", ("de", "en"), 2),
    ],
)
def test_a_short_answer_is_split_in_a_language_of_the_articles(answer: str, languages: tuple[str, ...], claims: int) -> None:
    """That which has its little words."""
    assert len(read(answer, languages)[0]) == claims
