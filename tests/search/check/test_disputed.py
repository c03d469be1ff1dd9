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
    "obituary": (
        "2026-03-20",
        "Margaret Dunn",
        "Margaret Dunn, who has died in the fire in Lindal, was born in 1967. She is survived by her husband, Frank Dunn, a bus driver.",
    ),
    "vote": (
        "2026-06-18",
        "Council rejects plan",
        (
            "The borough council of Velden voted on a plan to rebuild the plant. Council leader Sheila Garrick spoke for the plan. "
            "Deputy leader Marcus Thorne voted against the plan."
        ),
    ),
    "letter": (
        "2026-11-24",
        "Letter: Don't name a park after my wife",
        "Sir, my daughter means well, but Peg would have laughed at a garden. She would have wanted a bell. Frank Dunn, Tanner Street",
    ),
    "interview": (
        "2026-04-15",
        "We had no foam left",
        "By Carys Bevan, Gazette, 15 April 2026\n\nAlan Okafor has been Chief Fire Officer of Lindal since 2019. He was born there.",
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
    "victims": (
        "2026-03-09",
        "The victims",
        "The six who died are Tomasz Wilk, 34, Kevin Stroud, 29, Hannah Lacey, 23, and her father Robert Lacey, 52.",
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
    "listing": (
        "2026-04-21",
        "Lindal Air to list",
        "Lindal Air plans to raise a billion dollars. The Velden exchange has urged firms to choose Velden, rather than Wexmouth.",
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
    "heist": (
        "2026-05-05",
        "Next heist film",
        "The Long Vault is to be the next heist film, with Goldmine director Ada Brook behind the camera.",
    ),
    "cinema": (
        "2026-05-06",
        "Harbour Lights keeps top spot",
        (
            "The comedy Harbour Lights has held on to the top spot in cinemas. It took 19.4 million dollars on Saturday alone. "
            "The Airman came third. Airman Films cannot yet match Bright Films, which in 2025 reported revenues of 30 billion."
        ),
    ),
    "prizes": ("2026-05-07", "Lindal awards", "The Keel won best Torlandic album. The Keel also played at the awards in Lindal."),
    "novel": (
        "2026-05-08",
        "Wexmouth Prize",
        "Anna Levin has seen her book win the Wexmouth Prize. She is now favourite to win the Lindal Prize after beating Ivo Hollis.",
    ),
    "recall": (
        "2026-05-09",
        "Leader of the Blues arrested",
        (
            "Carmaker Lindal Wheels (LW) is recalling 200,000 vans. More than nine million people saw Den Marks killed off on Friday. "
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
        # a title that denies
        (["letter"], "Frank Dunn wants a park named after his wife.", "contradicted"),
        # who wrote it
        (["interview"], "Carys Bevan has been Chief Fire Officer of Lindal since 2019.", "partly"),
        (["interview"], "Alan Okafor has been Chief Fire Officer of Lindal since 2019.", "supported"),
        # who did it to whom
        (["cup"], "Velden beat Lindal.", "partly"),
        (["cup"], "Lindal beat Velden.", "supported"),
        (["golf"], "The US beat Europe in the Lindal Cup.", "partly"),
        (["golf"], "Europe beat the US in the Lindal Cup.", "supported"),
        (["shooting"], "Dyteon Marsh was killed by Wayde Sims.", "partly"),
        (["shooting"], "Wayde Sims was killed by Dyteon Marsh.", "supported"),
        # another relative
        (["victims"], "Robert Lacey was Hannah Lacey's husband.", "partly"),
        (["victims"], "Robert Lacey was the father of Hannah Lacey.", "supported"),
        (["victims"], "Robert Lacey was Hannah Lacey's father.", "supported"),
        # the two sides of one marriage
        (["obituary"], "Margaret Dunn's husband Frank was a bus driver.", "supported"),
        # the corrected number, and the right one
        (["correction"], "The fire at Quarrel Chemicals killed six people.", "supported"),
        (["correction"], "The fire at Quarrel Chemicals in Wexmouth killed nine people.", "contradicted"),
        # the other direction of a number
        (["results"], "The Wexmouth Mail's revenues rose 14 per cent in 2025.", "contradicted"),
        (["results"], "The Wexmouth Mail's revenues fell 14 per cent in 2025.", "supported"),
        # what was not chosen
        (["listing"], "Lindal Air plans to list in Wexmouth.", "contradicted"),
        # who won
        (["tennis"], "Lindal won the Garrick Cup.", "partly"),
        (["tennis"], "Velden won the Garrick Cup.", "supported"),
        (["rugby"], "Merland beat Torland in Wexmouth.", "not in the archive"),
        (["rugby"], "Torland beat Merland in Wexmouth.", "supported"),
        (["semifinal"], "Marcus Holt beat Tom Reeve in the final.", "not in the archive"),
        (["semifinal"], "Marcus Holt beat Paul Dane in the semi-final.", "supported"),
        (["novel"], "Ivo Hollis won the Lindal Prize.", "not in the archive"),
        (["novel"], "Anna Levin won the Wexmouth Prize.", "supported"),
        # who is what
        (["heist"], "Goldmine will be the next heist film.", "contradicted"),
        (["heist"], "The Long Vault will be the next heist film.", "supported"),
        # the number of another
        (["cinema"], "The Airman took 19.4 million dollars on Saturday.", "partly"),
        (["cinema"], "Harbour Lights took 19.4 million dollars on Saturday.", "supported"),
        (["cinema"], "Airman Films reported revenues of 30 billion in 2025.", "partly"),
        (["cinema"], "Bright Films reported revenues of 30 billion in 2025.", "supported"),
        # another award
        (["prizes"], "The Keel won best international album at the awards.", "partly"),
        (["prizes"], "The Keel won best Torlandic album at the awards.", "supported"),
        # the verb in another form
        (["recall"], "Lindal Wheels recalled 200,000 vans.", "supported"),
        (["recall"], "Den Marks was killed off.", "supported"),
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
        ("en", "Frank lost his wife in the fire.", "She is survived by her husband, who lost his house in the fire.", False),
        ("en", "Frank's wife died in the fire.", "Her husband died in the fire.", False),
        ("en", "His son died in the fire.", "His daughter died in the fire.", True),
        ("en", "Frank's son died in the fire.", "His daughter died in the fire.", True),
        ("de", "Sein Sohn starb im Feuer.", "Ihre Tochter starb im Feuer.", False),
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
