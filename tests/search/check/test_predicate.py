"""What a claim says of its subject must be said by the article: of the same subject, and as a fact."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from newsdex import Index, Options, index_paths
from newsdex.encoder import DEFAULT_MODEL

# Made up, each around one way in which a claim can be covered by its names alone.
STORIES = {
    "term": """President Oduya insists on finishing his term

President Amara Oduya and his wife Lindiwe are under house arrest in the capital and insist that he finishes his term, a source said.

Mr Oduya, who has led the country since 1991, rejects mediation by a bishop. His first adviser, Tomas Reker, was dying of cancer then.""",
    "prison": """Six officers hurt in a disturbance at Harrow Fell

Six prison officers were injured in a disturbance at Harrow Fell prison on Sunday. The disturbance involves eight inmates.""",
    "pig": """Pig mauls farmer at a market in Lossing

A farmer was attacked and killed by a pig at a market in Lossing, the police said. The farmer had wanted to sell the animal.""",
    "cup": """Norland win the Marlow Cup

Norland has won the Marlow Cup, defeating Sudland by 16 to 10 in Velden. Sudland has now lost six times in a row.""",
    "vote": """Warde takes a hard look at running for mayor

Councillor Edith Warde said that she would take a hard look at running for mayor of Velden after the summer.

Velden is to consider a four-day week. Its lawyers are preparing to sue the builders of the new pool.""",
    "ship": """Warship Adelheid postponed again

The warship Adelheid should have been commissioned in 2014, but its computers failed. It was launched at Velden in 2011.""",
    "shot": """Police arrest suspect Dylan Rusk in the shooting of Wyatt Hale

Dylan Rusk, 20, admitted to shooting Wyatt Hale outside a club in Velden on Friday. Rusk was detained on Saturday.""",
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """The stories above."""
    folder = tmp_path_factory.mktemp("predicate")
    for name, text in STORIES.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    index_paths([folder], folder.parent / "predicate_index", Options(DEFAULT_MODEL))
    with Index.open(folder.parent / "predicate_index") as opened:
        yield opened


@pytest.mark.parametrize(
    "claim",
    [
        "Oduya resigned.",
        "Amara Oduya died.",
        "Mr Oduya stepped down.",
        "Six prison officers were killed at Harrow Fell.",
        "Eight prison officers were hurt at Harrow Fell.",
        "The pig killed two farmers.",
        "The farmer killed the pig.",
        "Norland lost the Marlow Cup.",
        "Edith Warde announced she will run for mayor.",
        "Velden has decided on a four-day week.",
        "The lawyers sued the builders of the pool.",
        "The warship Adelheid was commissioned in 2014.",
        "Dylan Rusk was shot by Wyatt Hale.",
        "Wyatt Hale shot Dylan Rusk.",
    ],
)
def test_a_claim_that_is_covered_by_its_names_alone_is_not_supported(archive: Index, claim: str) -> None:
    """Worked by hand."""
    [found] = archive.check(claim).sentences
    assert found.verdict != "supported"


@pytest.mark.parametrize(
    "claim",
    [
        "Oduya is under house arrest.",
        "Oduya has led the country since 1991.",
        "Six prison officers were hurt at Harrow Fell.",
        "A pig killed a farmer in Lossing.",
        "The farmer was killed by a pig.",
        "The Marlow Cup was won by Norland.",
        "Norland beat Sudland.",
        "Sudland lost.",
        "Edith Warde is considering a run for mayor.",
        "The warship Adelheid should have been commissioned in 2014.",
        "The warship Adelheid was launched at Velden.",
        "Dylan Rusk shot Wyatt Hale.",
        "Wyatt Hale was shot by Dylan Rusk.",
        "Rusk was arrested.",
    ],
)
def test_a_claim_in_other_words_or_the_other_voice_is_supported(archive: Index, claim: str) -> None:
    """The same stories say these."""
    [found] = archive.check(claim).sentences
    assert found.verdict == "supported"
