"""Claims that an article disputes, and their true neighbours: numbers of something else, corrected ones, and what was ruled out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from indexes import index_of

from newsdex import Index, Options
from newsdex.encoder import MULTILINGUAL_MODEL
from newsdex.search.check.polarity import denial

ARTICLES = {
    "live": (
        "2026-03-06",
        "Live: fire at Quarrel Chemicals in Wexmouth",
        "A source at the hospital tells the Echo that nine people have died in the fire at Quarrel Chemicals. Police cannot confirm it.",
    ),
    "nine": (
        "2026-03-07",
        "Nine dead in Wexmouth fire",
        "Nine people were killed when fire swept through the Quarrel Chemicals plant in Wexmouth on Friday.",
    ),
    "correction": (
        "2026-03-09",
        "Correction: six people died in the Quarrel fire, not nine",
        (
            "The Echo reported on Saturday that nine people had died in the fire at Quarrel Chemicals in Wexmouth. That was wrong. "
            "Police confirmed on Sunday evening that six people had been killed."
        ),
    ),
    "fire": (
        "2026-03-12",
        "Fire service statement",
        "The cause of the fire in Velden is not yet known. Arson has been ruled out. A leaking pipe could not be ruled out.",
    ),
    "vote": (
        "2026-06-18",
        "Council rejects plan",
        (
            "The borough council of Velden voted on a plan to rebuild the plant. Council leader Sheila Garrick spoke for the plan. "
            "Deputy leader Marcus Thorne voted against the plan."
        ),
    ),
    "cup": (
        "2026-09-30",
        "Cup final",
        "Lindal has won the cup by defeating Velden with a score of 3 to 1. The Velden captain wept.",
    ),
    "golf": (
        "2026-10-01",
        "Golf",
        "Team Europe has won the Lindal Cup defeating Team USA by a score of 16 to 10. The captain wept.",
    ),
    "shooting": (
        "2026-10-02",
        "Arrest in Lindal",
        "Police have arrested Dyteon Marsh over the fatal shooting death of Wayde Sims. Dyteon Marsh, 20, was booked into prison.",
    ),
    "tsunami": (
        "2026-04-02",
        "Tsunami hits Velden",
        "At least 384 people were killed when a tsunami hit Velden. Waves as high as six metres smashed onto the beach.",
    ),
    "results": (
        "2026-04-20",
        "Wexmouth Mail results",
        "Revenues at the Wexmouth Mail slipped 14 per cent in 2025. The Mail beat forecasts with a 52 per cent rise in profits.",
    ),
    "tennis": (
        "2026-05-02",
        "Velden take Garrick Cup",
        (
            "Velden clinched the Garrick Cup by beating Lindal in the final. Lindal had reached it with three wins from three matches. "
            "Tom Reeve lost the opening set to Marcus Holt but fought back to win."
        ),
    ),
    "rugby": ("2026-05-03", "Rugby", "Torland sent Merland to their third defeat with a stirring victory in Wexmouth."),
    "semifinal": (
        "2026-05-04",
        "Holt in final",
        "Marcus Holt kept his dream of a title alive with a win over Paul Dane in the semi-final. He will face Tom Reeve in the final.",
    ),
    "novel": (
        "2026-05-08",
        "Wexmouth Prize",
        "Anna Levin has seen her book win the Wexmouth Prize. She is now favourite to win the Lindal Prize after beating Ivo Hollis.",
    ),
    "recall": (
        "2026-05-09",
        "Leader of the Blues arrested",
        (
            "Carmaker Lindal Wheels (LW) is recalling 200,000 vans. "
            "A much-loved guitar belonging to Ivo Hollis has been sold for 90,000 dollars. Nick Grift, the leader of the Blues, was held."
        ),
    ),
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """The articles above."""
    rows = [{"_id": name, "title": title, "text": text, "language": "en", "date": date} for name, (date, title, text) in ARTICLES.items()]
    rows = [{**row, "corrects": "nine"} if row["_id"] == "correction" else row for row in rows]
    with Index.open(index_of(rows, tmp_path_factory.mktemp("disputed"), Options(model=MULTILINGUAL_MODEL))) as index:
        yield index


@pytest.mark.parametrize(
    ("hits", "claim", "verdict"),
    [
        # a number of something else
        (["tsunami"], "Six people were killed in the tsunami in Velden.", "partly"),
        (["tsunami"], "At least 384 people were killed in the tsunami in Velden.", "supported"),
        (["tsunami"], "The waves in Velden were six metres high.", "supported"),
        # what was ruled out
        (["fire"], "The fire in Velden was caused by arson.", "contradicted"),
        (["fire"], "Arson was ruled out as the cause of the fire in Velden.", "supported"),
        # for and against
        (["vote"], "Marcus Thorne voted for the plan.", "contradicted"),
        (["vote"], "Marcus Thorne voted against the plan.", "supported"),
        (["vote"], "Sheila Garrick spoke against the plan.", "contradicted"),
        (["vote"], "Sheila Garrick spoke for the plan.", "supported"),
        # who did it to whom
        (["cup"], "Velden beat Lindal.", "partly"),
        (["cup"], "Lindal beat Velden.", "supported"),
        (["golf"], "The US beat Europe in the Lindal Cup.", "partly"),
        (["golf"], "Europe beat the US in the Lindal Cup.", "supported"),
        (["shooting"], "Dyteon Marsh was killed by Wayde Sims.", "partly"),
        (["shooting"], "Wayde Sims was killed by Dyteon Marsh.", "supported"),
        # the corrected number, and the right one
        (["correction"], "The fire at Quarrel Chemicals killed six people.", "supported"),
        (["correction"], "The fire at Quarrel Chemicals in Wexmouth killed nine people.", "contradicted"),
        # the other direction of a number
        (["results"], "The Wexmouth Mail's revenues rose 14 per cent in 2025.", "contradicted"),
        (["results"], "The Wexmouth Mail's revenues fell 14 per cent in 2025.", "supported"),
        # who won
        (["tennis"], "Lindal won the Garrick Cup.", "partly"),
        (["tennis"], "Velden won the Garrick Cup.", "supported"),
        (["rugby"], "Merland beat Torland in Wexmouth.", "not in the archive"),
        (["rugby"], "Torland beat Merland in Wexmouth.", "supported"),
        (["semifinal"], "Marcus Holt beat Tom Reeve in the final.", "not in the archive"),
        (["semifinal"], "Marcus Holt beat Paul Dane in the semi-final.", "supported"),
        (["novel"], "Ivo Hollis won the Lindal Prize.", "not in the archive"),
        (["novel"], "Anna Levin won the Wexmouth Prize.", "supported"),
        # the verb in another form
        (["recall"], "Lindal Wheels recalled 200,000 vans.", "supported"),
        (["recall"], "A guitar that belonged to Ivo Hollis sold for 90,000 dollars.", "supported"),
        # that of the first day, of which the correction came later
        (["live", "nine", "correction"], "Six people died in the fire at Quarrel Chemicals in Wexmouth.", "supported"),
        (["live", "nine", "correction"], "Nine people died in the fire at Quarrel Chemicals in Wexmouth.", "contradicted"),
    ],
)
def test_a_disputed_claim_is_not_supported_and_its_true_neighbour_is(archive: Index, hits: list[str], claim: str, verdict: str) -> None:
    """The articles are given, so that the archive's search plays no part."""
    [sentence] = archive.check(claim, hits=hits).sentences
    assert sentence.verdict == verdict, sentence


@pytest.mark.parametrize(
    ("language", "claim", "text", "denied"),
    [
        ("en", "The fire was caused by arson.", "Police said on Monday that arson had been ruled out as the cause.", True),
        ("en", "The fire was caused by arson.", "The theory of arson was ruled out.", True),
        ("en", "The fire was caused by arson.", "Police ruled out arson.", True),
        ("en", "The fire was caused by arson.", "Arson was dismissed as a possible cause.", True),
        ("en", "The fire was caused by arson.", "Arson could not be ruled out.", False),
        ("en", "The fire was caused by arson.", "Arson has not yet been ruled out.", False),
        ("en", "The fire was caused by arson.", "Gas as the cause of the fire was ruled out.", False),
        ("en", "Smith scored for Velden.", "Smith was ruled out for the season.", False),
        ("en", "Arson was not the cause.", "Arson has been ruled out.", False),
        ("en", "Arson has been ruled out.", "The fire was caused by arson.", True),
        ("de", "Der Brand wurde durch Brandstiftung verursacht.", "Brandstiftung kann ausgeschlossen werden.", True),
        ("de", "Der Brand wurde durch Brandstiftung verursacht.", "Brandstiftung kann nicht ausgeschlossen werden.", False),
        ("fr", "L'incendie est d'origine criminelle.", "La piste criminelle a été écartée.", True),
        ("fr", "L'incendie est d'origine criminelle.", "La piste criminelle n'a pas été écartée.", False),
        ("es", "El incendio fue un atentado.", "La policía descartó un atentado.", True),
        ("es", "El incendio fue un atentado.", "El atentado no ha sido descartado.", False),
        ("it", "L'incendio è doloso.", "La pista dolosa è stata esclusa.", True),
        ("pt", "O incêndio foi um atentado.", "O atentado foi descartado.", True),
        # relatives of two persons
        ("en", "His son died in the fire.", "His daughter died in the fire.", True),
        ("en", "Frank's son died in the fire.", "His daughter died in the fire.", True),
        ("de", "Sein Sohn starb im Feuer.", "Seine Tochter starb im Feuer.", True),
    ],
)
def test_what_denies_a_claim(language: str, claim: str, text: str, denied: bool) -> None:
    """Against a single sentence."""
    assert (denial(claim, [text], [], [], language) is not None) == denied


def test_a_denial_is_named_as_in_the_article() -> None:
    """Not by the word that it is read as."""
    found = denial("The fire was caused by arson.", ["The cause is unclear.", "Arson has been ruled out."], [], [], "en")
    assert found is not None
    assert found.found == "been ruled out"
