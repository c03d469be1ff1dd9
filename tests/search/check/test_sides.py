"""Results, ranks, labels and opposites that are said of somebody else neither support a claim nor contradict it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from indexes import index_of

from newsdex import Index, Options
from newsdex.encoder import DEFAULT_MODEL

ARTICLES = {
    "win": (
        "Doran strike gives Kirkdale 1-0 win over Wexford",
        (
            "Pat Doran's first goal for Kirkdale secured victory in the cup. Wexford conceded a free-kick and Kirkdale worked an opening, "
            "Gallen and Robb combining to set up Doran, who took a touch and scored from the centre of the box. Scott Robb "
            "broke through but dragged his effort wide."
        ),
        "en",
    ),
    "case": (
        "The sea is ours: Boravia hopes court will reopen path to coast",
        (
            "Many Boravians will watch the ruling on big screens, hopeful that the tribunal in Marum will find in favour of Boravia's "
            "claim that Chalia is obliged to negotiate. Boravia brought the case in 2013. Chalia says that a treaty settled the matter."
        ),
        "en",
    ),
    "crash": (
        "179 die in crash of Orlo Air",
        (
            "A plane of Orlo Air crashed in Lindal on Sunday, killing 179 of the 181 people aboard. Two cabin attendants in the tail "
            "survived. Officials opened an inquiry into the landing gear."
        ),
        "en",
    ),
    "cup": (
        "Football cup day five: Norland, Belmark, Angria win three points",
        (
            "On Monday, day five of the cup, Norland defeated South Marum 1 - 0; Belmark defeated Panora 3 - 0; and Tunaria lost 1 - 2 to "
            'Angria, with a late goal from Angrian captain Hal Keen. He said: "We could\'ve scored three goals in the first half."'
        ),
        "en",
    ),
    "race": (
        "Marathon in Velden won by Marek Dovan and Tilda Asfar",
        (
            "Marek Dovan of Kelland won the men's race in 2:02:27. Tilda Asfar won the women's race in 2:15:50, a record for a women-only "
            "race. Emil Caron came third in 2:06:46, the second fastest time by a runner from Angria."
        ),
        "en",
    ),
    "copa": (
        "Boravia gana la copa en una final marcada por el caos",
        (
            "Un gol de Luis Ramos en el minuto 112 dio a Boravia la victoria por 1-0 sobre Chalia y su sexta copa. Miles de personas "
            "celebraron en las calles."
        ),
        "es",
    ),
    "result": (
        "Arle 38 - 17 Melton: Unbeaten Arle go top",
        (
            'Robyn Krist of Melton said: "Credit to Arle, they took their chances better than we did." The home side came back when Struan '
            "Hutch was yellow-carded. The crowd at Mill Park cheered."
        ),
        "en",
    ),
    "games": (
        "Velden opens the Winter Games on the river",
        (
            "Velden opened the Winter Games with a parade on the river Orla, in front of 300,000 people. Delegations arrived on boats on "
            "Friday in heavy rain. The flame was lit at midnight."
        ),
        "en",
    ),
    "bridge": (
        "Bridge in Orsa closed after fire",
        "The harbour bridge in Orsa was closed last night after a fire. The minister, Paul Terz, visited the bridge on Monday.",
        "en",
    ),
    "denied": (
        "Council papers row in Velden",
        "The mayor of Velden denied on Tuesday that an aide of hers, Jon Perl, had leaked council papers to the press.",
        "en",
    ),
    "cleared": (
        "Council papers row in Velden",
        "A court acquitted the mayor's aide Ivo Hahn of leaking council papers to the press.",
        "en",
    ),
    "alleged": (
        "Council papers row in Velden",
        "The mayor of Velden is facing allegations that her aide Tom Reeve had leaked council papers to the press.",
        "en",
    ),
}
# Saturday and Wednesday.
DATES = {"games": "2024-07-27", "bridge": "2024-06-12"}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """The articles above."""
    rows = [
        {"_id": name, "title": title, "text": text, "language": language, "date": DATES.get(name, "2024-12-30")}
        for name, (title, text, language) in ARTICLES.items()
    ]
    with Index.open(index_of(rows, tmp_path_factory.mktemp("sides"), Options(model=DEFAULT_MODEL))) as index:
        yield index


@pytest.mark.parametrize(
    ("article", "claim"),
    [
        ("crash", "All 181 people survived the Orlo Air crash."),
        ("crash", "179 people survived the Orlo Air crash."),
        ("crash", "Two people died in the Orlo Air crash."),
        ("cup", "Hal Keen scored three goals against Tunaria."),
        ("cup", "Hal Keen scored five goals against Tunaria."),
        ("race", "Emil Caron came second."),
        ("race", "Marek Dovan won the women's race."),
        ("race", "Tilda Asfar won the men's race."),
        ("copa", "Chalia beat Boravia 1-0."),
        ("copa", "Boravia beat Chalia 1-0."),
        ("result", "Melton beat Arle 38-17."),
        ("result", "Arle lost to Melton."),
        ("result", "Arle lost 38-17 to Melton."),
        ("result", "Arle beat Melton 38-18."),
        ("games", "Velden opened the Winter Games on 27 July 2024."),
        ("bridge", "The harbour bridge in Orsa was closed on 12 June 2024."),
        ("bridge", "Paul Terz visited the bridge on 12 June 2024."),
        ("denied", "Jon Perl leaked council papers."),
        ("cleared", "Ivo Hahn leaked council papers."),
        ("alleged", "Tom Reeve leaked council papers."),
    ],
)
def test_what_is_said_of_another_is_no_support(archive: Index, article: str, claim: str) -> None:
    """Another number, side, day, or a denied accusation."""
    assert archive.check(claim, hits=[article]).sentences[0].verdict != "supported"


@pytest.mark.parametrize(
    ("article", "claim"),
    [
        ("win", "Pat Doran scored the only goal of Kirkdale's win over Wexford."),
        ("case", "Boravia brought a case against Chalia in Marum."),
        ("crash", "Two people survived the Orlo Air crash."),
        ("crash", "Two cabin attendants survived the crash."),
        ("race", "Emil Caron came third."),
        ("race", "Marek Dovan won the men's race."),
        ("race", "Tilda Asfar won the women's race."),
        ("games", "Velden opened the Winter Games on 26 July 2024."),
        ("bridge", "The harbour bridge in Orsa was closed on 11 June 2024."),
        ("bridge", "Paul Terz visited the bridge on 10 June 2024."),
        ("denied", "The mayor of Velden denied that an aide leaked council papers."),
        ("cleared", "Ivo Hahn was acquitted of leaking council papers."),
    ],
)
def test_an_opposite_said_of_another_does_not_contradict(archive: Index, article: str, claim: str) -> None:
    """What the article says of the claim's own names supports it."""
    [sentence] = archive.check(claim, hits=[article]).sentences
    assert sentence.verdict == "supported", sentence.differences


# Each with what it says of the claim: a fact, or none.
CLEARED = [
    ("The road was cleared of snow and reopened to traffic.", "The road reopened to traffic.", "supported"),
    ("The army cleared the town of fighters who had shelled the hospital.", "Fighters had shelled the hospital.", "supported"),
    ("A judge acquitted the banker of fraud after the Lund Bank collapsed in May.", "The Lund Bank collapsed in May.", "supported"),
    ("A judge acquitted Jon Perl of leaking the papers.", "Jon Perl leaked the papers.", "contradicted"),
    ("The council has never denied that the dam leaked.", "The dam leaked.", "supported"),
    ("The ministry did not deny that it had lost the files.", "The ministry lost the files.", "supported"),
    ("Police proved the accusation that Reed set fire to the barn.", "Reed set fire to the barn.", "supported"),
    ("The allegation that the club paid the referee was confirmed by the court.", "The club paid the referee.", "supported"),
    ("The allegation that the club paid the referee was made by a fan.", "The club paid the referee.", "partly"),
]
# The report is of 15 May 2024, a Wednesday.
DAYS = [
    ("The council approved the budget for the year that starts on 1 July.", "The council approved the budget on 15 May 2024.", True),
    ("The court jailed Reed today for a robbery on 3 March.", "The court jailed Reed on 15 May 2024.", True),
    ("The company cancelled all flights until Thursday.", "The company cancelled all flights on 15 May 2024.", True),
    ("The festival, which begins on Saturday, sold its last ticket.", "The festival sold its last ticket on 15 May 2024.", True),
    ("The strike that began on Monday ended at noon.", "The strike ended on 15 May 2024.", True),
    ("The council approved the budget on Monday night.", "The council approved the budget on 15 May 2024.", False),
    ("The council approved the budget on Monday night.", "The council approved the budget on 13 May 2024.", True),
    ("The council approved the budget yesterday.", "The council approved the budget on 14 May 2024.", True),
    ("The council approved the budget yesterday.", "The council approved the budget on 15 May 2024.", False),
]


def _id_of(text: str) -> str:
    return "-".join(text.split()[:14])


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """A report of each sentence above."""
    rows = [
        {"_id": _id_of(text), "title": "News in brief", "text": text, "language": "en", "date": "2024-05-15"}
        for text in dict.fromkeys(text for text, *_ in (*CLEARED, *DAYS))
    ]
    with Index.open(index_of(rows, tmp_path_factory.mktemp("reports"), Options(model=DEFAULT_MODEL))) as index:
        yield index


@pytest.mark.parametrize(("text", "claim", "verdict"), CLEARED)
def test_only_what_a_denial_is_about_is_denied(reports: Index, text: str, claim: str, verdict: str) -> None:
    """Snow is no charge, and what is not denied, or proved, is a fact."""
    [sentence] = reports.check(claim, hits=[_id_of(text)]).sentences
    assert sentence.verdict == verdict


@pytest.mark.parametrize(("text", "claim", "supported"), DAYS)
def test_the_day_of_an_event_is_not_that_of_another(reports: Index, text: str, claim: str, supported: bool) -> None:
    """The day of the report counts, unless the sentence says that the event was on another."""
    [sentence] = reports.check(claim, hits=[_id_of(text)]).sentences
    assert (sentence.verdict == "supported") == supported
