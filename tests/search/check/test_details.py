"""Numbers of another name, units, phrases that negate, and languages without lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from indexes import index_of

from newsdex import Index, Options
from newsdex.encoder import MULTILINGUAL_MODEL
from newsdex.reports_text import answer_lines, difference_text
from newsdex.search.check.languages import LISTED
from newsdex.search.check.names import names
from newsdex.search.check.polarity import denial
from newsdex.terminal import Style

ARTICLES = {
    "vote": (
        (
            "The Civic Bloc took more than 40 per cent of the vote and 58 of the 120 seats on Sunday, three short of a majority. The Green "
            "List failed to win a tenth of the vote. Parliament approved the ballot law by 79 votes to 18, with 23 abstentions."
        ),
        "en",
    ),
    "police": (
        (
            "In 2025 police used rubber bullets at 37 demonstrations, up from 19 in 2024, the ombudsman said. The fine shrank to 152 "
            "crowns from 480 crowns in 2019. The strike lasted six hours. Eight guests were in the inn."
        ),
        "en",
    ),
    "fires": ("Firefighters put out 212 fires in Velden in 2024. In 2025 there were 180 fires.", "en"),
    "jobs": ("Unemployment in Velden fell to 4.2 per cent in January, down from 4.9 per cent a year earlier. It is still high.", "en"),
    "ballot": ("Ana Brun won 65 per cent of the vote on Sunday, ahead of Boris Keller with 29 per cent. Turnout was high.", "en"),
    "count": ("Petra Lind took 52 per cent to 41 for Ivo Hahn in the election. Hahn is to resign.", "en"),
    "voto": ("Ana Brun ganó el 65 por ciento y Boris Keller el 29 por ciento. La participación fue alta.", "es"),
    "league": (
        (
            "Kaltland signed the treaty in Velden. The Alpine country became the Hanse League's 12th member on Thursday. Bunting hung in "
            "the streets."
        ),
        "en",
    ),
    "goals": ("Thea Moen scored 3 goals to Nora Vik's 2 in the final. The cup stays in Velden.", "en"),
    "inn": ("Gerda Nilsen denied that she had turned away two Roma families. Witnesses saw two Roma families without papers.", "en"),
    "camp": ("Maria Stoll, the envoy, was refused entry to the Kolda camp on Monday. She left without an explanation.", "en"),
    "bank": ("The Harbour Bank almost collapsed in March, a report says. A third of its 90 branches were shut.", "en"),
    "shuttle": (
        (
            "Amid criticism over the recently launched shuttle for pensioners, the town council has now decided to postpone the shuttle "
            "until 3 December. He said they have also postponed the shuttle tickets for pensioners, until 24 December."
        ),
        "en",
    ),
    "es": ("Un tribunal anuló el lunes la condena de Rafael Soto por fraude. Soto salió de prisión por la tarde.", "es"),
    "fr": (
        "La cour a annulé lundi la condamnation de Paul Mercier. Mercier est sorti de prison. Le parti a obtenu 58 des 120 sièges.",
        "fr",
    ),
    "it": ("La corte ha annullato la condanna di Luca Ferri. Ferri è uscito dal carcere. Il partito ha ottenuto 58 dei 120 seggi.", "it"),
    "de": ("Das Gericht hob das Urteil gegen Karl Bauer auf. Die Partei verfehlte mit 58 der 120 Sitze die Mehrheit.", "de"),
    "ar": ("قتل 25 شخصا في انفجار وقع في سوق المدينة يوم الاثنين. وأفرج عن المشتبه به سامر حداد من السجن.", "ar"),
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """One article of each kind."""
    rows = [
        {"_id": name, "title": "Report", "text": text, "language": language, "date": "2026-03-10"}
        for name, (text, language) in ARTICLES.items()
    ]
    with Index.open(index_of(rows, tmp_path_factory.mktemp("details"), Options(model=MULTILINGUAL_MODEL))) as index:
        yield index


@pytest.mark.parametrize(
    ("article", "claim", "told"),
    [
        ("vote", "The Civic Bloc took 62 of the 120 seats.", "number: 62 in the answer, 58 in the article"),
        ("vote", "The Green List won a tenth of the vote.", 'negation: the article says "failed to", the answer does not'),
        ("police", "The strike lasted six days.", "number: six days in the answer, six hours in the article"),
        ("ballot", "Boris Keller won 65 per cent of the vote.", "number: 65 in the answer, 29 in the article"),
        ("ballot", "Ana Brun won 29 per cent of the vote.", "number: 29 in the answer, 65 in the article"),
        ("ballot", "Keller won 65 per cent and Brun 29 per cent.", "number: 65 in the answer, 29 in the article"),
        ("count", "Ivo Hahn took 52 per cent in the election.", "number: 52 in the answer, 41 in the article"),
        ("count", "Petra Lind took 41 per cent in the election.", "number: 41 in the answer, 52 in the article"),
        (
            "shuttle",
            "The shuttle for pensioners was postponed until 9 December.",
            "date: 9 December in the answer, 24 December in the article",
        ),
        ("league", "Zorvia became the Hanse League's 12th member on Thursday.", "name: Zorvia is not in the sentences compared"),
        ("voto", "Boris Keller ganó el 65 por ciento.", "number: 65 in the answer, 29 in the article"),
        ("goals", "Nora Vik scored 3 goals in the final.", "number: 3 in the answer, 2 in the article"),
        ("inn", "Gerda Nilsen turned away two Roma families.", 'negation: the article says "denied that", the answer does not'),
        (
            "camp",
            "Maria Stoll visited the Kolda camp on Monday.",
            'negation: the answer says "visited", the article says "refused entry"',
        ),
        ("bank", "The Harbour Bank collapsed in March.", 'negation: the article says "almost", the answer does not'),
        (
            "es",
            "Un tribunal confirmó la condena de Rafael Soto.",
            'negation: the answer says "confirmó", the article says "anuló"',
        ),
        (
            "es",
            "Rafael Soto sigue en prisión.",
            'negation: the answer says "sigue en prisión", the article says "salió de prisión"',
        ),
        ("fr", "La cour a confirmé la condamnation de Paul Mercier.", 'negation: the answer says "confirmé", the article says "annulé"'),
        (
            "fr",
            "Paul Mercier reste en prison.",
            'negation: the answer says "reste en prison", the article says "sorti de prison"',
        ),
        ("it", "La corte ha confermato la condanna di Luca Ferri.", 'negation: the answer says "confermato", the article says "annullato"'),
        (
            "it",
            "Luca Ferri resta in carcere.",
            'negation: the answer says "resta in carcere", the article says "uscito dal carcere"',
        ),
        ("de", "Das Gericht bestätigte das Urteil gegen Karl Bauer.", 'negation: the answer says "bestätigte", the article says "aufhob"'),
    ],
)
def test_a_false_claim_is_refused_with_the_true_reason(archive: Index, article: str, claim: str, told: str) -> None:
    """A number of another name, another unit, or a phrase that says the opposite."""
    [sentence] = archive.check(claim, hits=[article]).sentences
    assert sentence.verdict in ("partly", "contradicted")
    assert told in [difference_text(each) for each in sentence.differences]


@pytest.mark.parametrize(
    ("article", "claim"),
    [
        ("vote", "The Civic Bloc fell three seats short of a majority."),
        ("shuttle", "The shuttle for pensioners was postponed until 3 December."),
        ("league", "Kaltland became the Hanse League's 12th member on Thursday."),
        ("league", "Bunting was in the streets."),
        ("league", "Yesterday was the day on which the Alpine country became the Hanse League's 12th member."),
        ("inn", "Everyone said that they saw two Roma families without papers."),
        ("vote", "Less than half of the 120 seats went to the Civic Bloc."),
        ("bank", "At least a third of its branches were shut."),
        ("vote", "Nearly half of the 120 seats went to the Civic Bloc."),
        ("vote", "The Civic Bloc took 58 of the 120 seats."),
        ("police", "In 2025 police used rubber bullets at 37 demonstrations."),
        ("police", "In 2024 police used rubber bullets at 19 demonstrations."),
        ("police", "In 2025 police used rubber bullets at 37 demonstrations, up from 19 a year earlier."),
        ("police", "The strike lasted six hours."),
        ("fires", "In 2025 there were 180 fires in Velden."),
        ("jobs", "Unemployment in Velden fell to 4.2 per cent in January."),
        ("jobs", "Unemployment in Velden was 4.9 per cent a year earlier."),
        ("jobs", "Unemployment in Velden was 4.9 per cent in January last year."),
        ("jobs", "In January, unemployment in Velden fell from 4.9 per cent to 4.2 per cent."),
        ("ballot", "Ana Brun won 65 per cent of the vote."),
        ("ballot", "Boris Keller got 29 per cent of the vote."),
        ("ballot", "Brun won 65 per cent and Keller 29 per cent."),
        ("count", "Ivo Hahn took 41 per cent in the election."),
        ("count", "Petra Lind took 52 per cent in the election."),
        ("goals", "Thea Moen scored 3 goals in the final."),
        ("voto", "Ana Brun ganó el 65 por ciento."),
        ("inn", "Gerda Nilsen denied turning away two Roma families."),
        ("camp", "Maria Stoll was refused entry to the Kolda camp."),
        ("bank", "The Harbour Bank nearly collapsed in March."),
        ("es", "Rafael Soto salió de prisión."),
        ("es", "Un tribunal anuló la condena de Rafael Soto."),
        ("fr", "Paul Mercier est sorti de prison."),
        ("it", "Luca Ferri è uscito dal carcere."),
    ],
)
def test_a_true_claim_beside_it_is_supported(archive: Index, article: str, claim: str) -> None:
    """With the same words."""
    assert archive.check(claim, hits=[article]).sentences[0].verdict == "supported"


def test_the_shell_says_where_verbs_are_not_compared(archive: Index) -> None:
    """That is so in every language but English."""

    def told(article: str, claim: str) -> str:
        report = archive.check(claim, hits=[article])
        assert report.accepted
        return next(answer_lines(report, Style(200, color=False, links=False)))

    assert told("es", "Rafael Soto salió de prisión.").endswith("Verbs are compared in English only.")
    assert "Verbs" not in told("camp", "Maria Stoll was refused entry to the Kolda camp.")


@pytest.mark.parametrize(
    "claim", ["قتل خمسون شخصا في انفجار في سوق المدينة.", "لم يقتل أحد في انفجار سوق المدينة.", "سامر حداد لا يزال في السجن."]
)
def test_a_claim_in_a_language_without_lists_is_for_a_person(archive: Index, claim: str) -> None:
    """It is not accepted, and the reason says what is not compared."""
    report = archive.check(claim, hits=["ar"])
    assert (report.sentences[0].verdict, report.accepted) == ("partly", False)
    assert [difference_text(each) for each in report.sentences[0].differences] == [
        "check by hand: numbers in words, negations, opposites are not compared in this language (ar)"
    ]


def test_in_such_a_language_a_sentence_of_the_article_is_supported(archive: Index) -> None:
    """Word for word, but not with another word in it."""
    first = ARTICLES["ar"][0].split(". ")[0] + "."
    assert archive.check(first, hits=["ar"]).accepted
    assert not archive.check(first.replace("25", "52"), hits=["ar"]).accepted


def test_the_documentation_has_the_languages_with_lists() -> None:
    """The table in docs/CHECK.md is that of the code."""
    page = (Path(__file__).parents[3] / "docs" / "CHECK.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z ]+) \| ([a-z]{2}(?:, [a-z]{2})+) \|$", page, re.MULTILINE)
    told = {name: frozenset(codes.split(", ")) for name, codes in rows}
    assert told == {name: frozenset(languages) for name, languages in LISTED.items()}


def test_a_number_in_words_is_no_name() -> None:
    """Though it begins a sentence; part of a name it is."""
    assert [each.words for each in names("Seven guests saw the Six Nations.")] == [("six", "nations")]


def test_without_negates_only_what_follows_it() -> None:
    """Not the verb behind."""
    texts = ["Two families without papers turned away from the inn."]
    assert denial("Two families turned away from the inn.", texts, [], [], "en") is None


@pytest.mark.parametrize(
    ("claim", "text", "denied"),
    [
        ("The flights will begin before the vote.", "The flights will not begin before the vote.", True),
        ("The text repeats last year's call to act.", "The text does not repeat last year's call to act.", True),
        ("The flights will begin before the vote.", "The flights will begin in May, before the vote.", False),
        ("She had not sung there before.", "She sang there for the first time.", False),
        ("No woman had run that fast before Ann Lee.", "Ann Lee ran faster than any woman.", False),
    ],
)
def test_before_an_event_is_no_first_time(claim: str, text: str, denied: bool) -> None:
    """What was so before an event, or last year, can be denied."""
    assert (denial(claim, [text], [], [], "en") is not None) is denied
