"""Numbers, dates and percentages as Spanish newspapers write them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from indexes import index_of

from newsdex import Index, Options
from newsdex.encoder import MULTILINGUAL_MODEL
from newsdex.search.check import dates, numbers
from newsdex.search.check.polarity import denial

ARTICLES = {
    "jobs": "La tasa de desempleo fue del 8,1 % en octubre. El precio del café bajó un 4 % porque hubo una buena cosecha.",
    "measles": "Las autoridades dijeron el lunes que Velden suma 1.906 casos confirmados de sarampión y siete muertes.",
    "train": "Un tren de carga descarriló el 3 de marzo cerca de Lindal, con saldo de cinco heridos.",
    "rates": "El Banco de Velden mantuvo el jueves los tipos de interés en el 2 % por cuarta reunión consecutiva.",
    "budget": "La educación recibirá 7,9 billones de pesos en 2027 y la salud 4,8 billones.",
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """The articles above."""
    rows = [{"_id": name, "title": "Nota", "text": text, "language": "es", "date": "2026-03-10"} for name, text in ARTICLES.items()]
    with Index.open(index_of(rows, tmp_path_factory.mktemp("spanish"), Options(model=MULTILINGUAL_MODEL))) as index:
        yield index


@pytest.mark.parametrize(
    ("article", "claim", "supported"),
    [
        ("jobs", "La tasa de desempleo fue del 8,1 por ciento.", True),
        ("jobs", "La tasa de desempleo fue del 8,7 por ciento.", False),
        ("jobs", "El precio del café bajó un 4 por ciento por una huelga.", False),
        ("measles", "Velden suma 1906 casos de sarampión.", True),
        ("measles", "Velden suma 1960 casos de sarampión.", False),
        ("measles", "Velden sumó casos de sarampión en 1906.", False),
        ("train", "El tren descarriló el 03/03/2026.", True),
        ("train", "El tren descarriló el 3/3/2026.", True),
        ("train", "El tren descarriló el 03/05/2026.", False),
        ("train", "El tren descarriló el 05/03/2026.", False),
        ("train", "El tren descarriló el 03/03/2025.", False),
        ("budget", "La educación recibirá 7.900.000 millones de pesos.", True),
        ("budget", "La educación recibirá 7,9 millones de millones de pesos.", True),
        ("budget", "La educación recibirá 7,9 millones de pesos.", False),
        ("budget", "La educación recibirá 7.900 millones de pesos.", False),
    ],
)
def test_a_claim_is_supported_if_its_numbers_are_the_articles(archive: Index, article: str, claim: str, supported: bool) -> None:
    """The same amount, day or share in another notation."""
    [sentence] = archive.check(claim, hits=[article]).sentences
    assert (sentence.verdict == "supported") is supported, sentence.differences


@pytest.mark.parametrize(
    ("text", "value"),
    [("7,9 billones", 7.9e12), ("un billón", 1e12), ("2 millones de millones", 2e12), ("12 mil millones de pesos", 12e9)],
)
def test_a_spanish_scale_is_read(text: str, value: float) -> None:
    """A billón has twelve zeros."""
    assert [each.values for each in numbers.quantities(text, "es")] == [(pytest.approx(value),)]


@pytest.mark.parametrize(
    ("text", "languages", "date"),
    [
        ("el 03/05/2026", ["es"], (2026, 5, 3)),
        ("on 05/25/2026", [], (2026, 5, 25)),
        ("on 25/05/2026", [], (2026, 5, 25)),
        # The day or the month may come first.
        ("on 03/05/2026", [], (2026, 0, 0)),
        ("el 31/13/2026", ["es"], None),
    ],
)
def test_a_date_with_slashes_is_read(text: str, languages: list[str], date: tuple[int, int, int] | None) -> None:
    """By the day first, except in English."""
    assert [each[:3] for each in dates.dates(text, languages)] == ([date] if date else [])


@pytest.mark.parametrize(
    ("claim", "article", "denied"),
    [
        ("El banco bajó los tipos de interés al 2 %.", "El banco mantuvo el jueves los tipos de interés en el 2 %.", True),
        ("El banco no movió los tipos de interés.", "El banco mantuvo el jueves los tipos de interés en el 2 %.", False),
        ("El banco movió los tipos de interés.", "El banco mantuvo el jueves los tipos de interés en el 2 %.", True),
        ("El banco mantuvo los tipos de interés.", "El banco mantuvo los tipos de interés, que subieron en marzo.", False),
        ("Velden perdió 2-2 con Lindal.", "La selección de Velden empató 2-2 con Lindal en un partido amistoso.", True),
        ("Velden venció a Lindal.", "La selección de Velden empató 2-2 con Lindal en un partido amistoso.", True),
        ("Velden perdió con Lindal.", "Lindal venció a Velden.", False),
        ("Las comunidades apoyan el proyecto.", "Las comunidades rechazan el proyecto porque temen por el agua.", True),
        ("El Gobierno y la guerrilla rompieron las negociaciones.", "El Gobierno y la guerrilla acordaron un cese al fuego.", True),
        ("Los mineros rechazaron el acuerdo.", "Los mineros firmaron un acuerdo con el Gobierno.", True),
        ("El fuego fue accidental.", "La fiscalía cree que el fuego fue provocado.", True),
        ("El sospechoso sigue prófugo.", "El sospechoso, de 41 años, fue detenido en Lindal.", True),
        ("El prófugo fue detenido.", "El prófugo, de 41 años, fue detenido en Lindal.", False),
        ("La obra se entregó a tiempo.", "La obra se entregó con catorce meses de retraso.", True),
        ("La obra se entregó con retraso.", "La obra se entregó con catorce meses de retraso.", False),
        ("El presupuesto es un 6,5 % menor que el de este año.", "El presupuesto es un 6,5 % más que el de este año.", True),
        ("El presupuesto es un 6,5 % mayor que el de este año.", "El presupuesto es un 6,5 % más que el de este año.", False),
        ("Hugo Mora ganó la primera vuelta.", "Hugo Mora quedó tercero en la primera vuelta.", True),
    ],
)
def test_an_opposite_is_a_denial(claim: str, article: str, denied: bool) -> None:
    """Of three words, each is the opposite of the others."""
    assert (denial(claim, [article], [], [], "es") is not None) is denied
