"""A correction that quotes an error does not support it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from indexes import index_of

from newsdex import Index, Options
from newsdex.encoder import MULTILINGUAL_MODEL

ARTICLES = {
    "arrest": (
        "es",
        "Corrección: no fue detenido Ramiro Olmedo",
        (
            "Corrección: este diario informó el martes que el exalcalde de Velden Ramiro Olmedo había sido detenido en Puerto Alba. "
            "Es falso. El detenido es un homónimo, comerciante de Lindal."
        ),
    ),
    "aid": (
        "es",
        "Fe de erratas: ayuda a las familias",
        "En la nota sobre el terremoto se dijo que cada familia recibirá 35.000 pesos. La cifra correcta es 53.000 pesos.",
    ),
    "rumour": (
        "es",
        "El alcalde responde",
        "El puente de Velden se hundió el lunes, según una cadena. No es cierto. El puente está abierto.",
    ),
    "de": ("de", "Korrektur: Karl Bauer", "Diese Zeitung meldete, Karl Bauer sei am Montag verhaftet worden. Das ist falsch. Er ist frei."),
    "fr": ("fr", "Rectificatif", "Ce journal a affirmé que Paul Mercier a été arrêté lundi à Velden. C'est faux. Il s'agit d'un homonyme."),
    "en": ("en", "Correction: bridge", "We reported that the Kolda bridge collapsed on Monday. That was wrong. A crane fell beside it."),
    "it": ("it", "Rettifica", "Questo giornale ha scritto che Luca Ferri è stato arrestato lunedì. Non è vero. È un omonimo."),
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """The corrections above."""
    rows = [
        {"_id": name, "title": title, "text": text, "language": language, "date": "2026-03-10"}
        for name, (language, title, text) in ARTICLES.items()
    ]
    with Index.open(index_of(rows, tmp_path_factory.mktemp("corrections"), Options(model=MULTILINGUAL_MODEL))) as index:
        yield index


@pytest.mark.parametrize(
    ("article", "claim", "verdict"),
    [
        ("arrest", "Ramiro Olmedo fue detenido en Puerto Alba.", "contradicted"),
        ("arrest", "El exalcalde de Velden Ramiro Olmedo había sido detenido en Puerto Alba.", "contradicted"),
        ("arrest", "Ramiro Olmedo no fue detenido en Puerto Alba.", "supported"),
        ("arrest", "El detenido es un homónimo, comerciante de Lindal.", "supported"),
        ("arrest", "La policía informó que Ramiro Olmedo fue detenido en Puerto Alba.", "contradicted"),
        ("rumour", "Una cadena dijo que el puente de Velden se hundió el lunes.", "supported"),
        ("aid", "Cada familia recibirá 35.000 pesos.", "partly"),
        ("aid", "Cada familia recibirá 53.000 pesos.", "supported"),
        ("rumour", "El puente de Velden se hundió el lunes.", "contradicted"),
        ("rumour", "El puente está abierto.", "supported"),
        ("de", "Karl Bauer ist am Montag verhaftet worden.", "contradicted"),
        ("fr", "Paul Mercier a été arrêté lundi à Velden.", "contradicted"),
        ("en", "The Kolda bridge collapsed on Monday.", "contradicted"),
        ("en", "A crane fell beside the Kolda bridge.", "supported"),
        ("it", "Luca Ferri è stato arrestato lunedì.", "contradicted"),
    ],
)
def test_a_corrected_error_is_refused_and_what_is_right_supported(archive: Index, article: str, claim: str, verdict: str) -> None:
    """With the correction given; the error is in its own words, too."""
    [sentence] = archive.check(claim, hits=[article]).sentences
    assert sentence.verdict == verdict, sentence.differences
