"""Why or by what means something happened must be said by the article, beside what it says of the event."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsdex import Index, Options, index_paths
from newsdex.encoder import DEFAULT_MODEL

# Made up.
STORIES = {
    "ferry": """Ferry aground off Skerrow

The ferry Aurelia ran aground off Skerrow on Monday because its radar failed in fog. All 84 passengers were taken off by lifeboats. The
captain, Ada Lindqvist, praised the crew. The operator was fined for a late report.""",
    "museum": """Fire at the textile museum

A fire damaged the textile museum in Velden on Sunday. A short circuit in the attic was the cause, the fire service said. Nobody was
hurt.""",
    "mayor": """Mayor of Velden resigns

The mayor of Velden, Jonas Brandt, resigned on Friday after the council rejected his budget. He said that he would return to teaching.""",
    "zug": """Zug entgleist bei Velden

Bei Velden ist am Montag ein Zug entgleist, weil ein Baum auf den Schienen lag. Der Lokführer wurde leicht verletzt, sagte die Polizei.""",
    "puente": """El puente de Velden, cerrado

El puente de Velden fue cerrado el lunes porque una grieta apareció en un pilar. El alcalde dijo que las obras durarán tres meses.""",
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """The stories above."""
    folder = tmp_path_factory.mktemp("causes")
    for name, text in STORIES.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    index_paths([folder], folder.parent / "causes_index", Options(DEFAULT_MODEL))
    with Index.open(folder.parent / "causes_index") as opened:
        yield opened


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        ("The ferry Aurelia ran aground because the captain was drunk.", "the captain was drunk"),
        ("The ferry Aurelia ran aground due to a navigation error.", "a navigation error"),
        ("A drunken captain caused the ferry Aurelia to run aground.", "A drunken captain"),
        ("The operator was fined for smuggling.", "smuggling"),
        ("The fire at the textile museum was caused by arson.", "arson"),
        ("The mayor resigned because of illness.", "illness"),
        ("Because of illness, the mayor of Velden resigned.", "illness"),
        ("The mayor of Velden resigned over a bribery scandal.", "a bribery scandal"),
        ("The mayor resigned after an affair.", "an affair"),
        ("Bei Velden ist ein Zug entgleist, weil der Lokführer betrunken war.", "der Lokführer betrunken war"),
        ("El puente de Velden fue cerrado por una bomba.", "una bomba"),
    ],
)
def test_an_invented_cause_is_named(archive: Index, claim: str, told: str) -> None:
    """The event is in the archive, and the reason is not."""
    report = archive.check(claim)
    [found] = report.sentences
    assert not report.accepted
    assert found.verdict == "partly"
    assert told in [each.claimed for each in found.differences if each.aspect == "cause"]


@pytest.mark.parametrize(
    "claim",
    [
        "The ferry Aurelia ran aground because its radar failed.",
        "The Aurelia ran aground due to a radar failure.",
        "A radar failure caused the ferry Aurelia to run aground.",
        "The passengers were taken off by lifeboats.",
        "The operator was fined for a late report.",
        "The fire at the textile museum was caused by a short circuit.",
        "The mayor of Velden resigned because the council had rejected his budget.",
        "The mayor resigned over his budget.",
        "Bei Velden ist ein Zug entgleist, weil ein Baum auf den Schienen lag.",
        "El puente de Velden fue cerrado porque una grieta apareció en un pilar.",
    ],
)
def test_the_cause_of_the_article_is_supported(archive: Index, claim: str) -> None:
    """Also in another form of its words, and in another place of the sentence."""
    [found] = archive.check(claim).sentences
    assert (found.verdict, found.differences) == ("supported", ())


def test_fraud_in_the_sample_archive(sample_index: Path) -> None:
    """The article says that he won, and not how."""
    with Index.open(sample_index) as index:
        [found] = index.check("Bassirou Diomaye Faye won Senegal's presidential election by fraud.").sentences
    assert (found.verdict, [each.aspect for each in found.differences]) == ("partly", ["cause"])
