"""Outside English, too, the opposite of what an article says is not supported, and what it says in another word still is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from newsdex import Index, Options, index_paths
from newsdex.encoder import MULTILINGUAL_MODEL
from newsdex.search.check.languages import with_particles
from newsdex.search.check.numbers import quantities
from newsdex.search.check.polarity import denial, unconfirmed

CLAIMS = Path(__file__).parents[3] / "benchmarks" / "quality" / "claims"
# What is known to go wrong, and why; docs/CHECK.md says so, too.
MISJUDGED = {
    "Der Bäcker war im März verhaftet worden.": "the article says man there",
    "Beim Brand starben 43 Schafe.": "the article says it in three other words",
    "Trainer Marco Ledergerber trat nach der Niederlage zurück.": "both names are in the sentences",
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """Small made-up articles in German, French, Spanish and Italian."""
    folder = tmp_path_factory.mktemp("opposites")
    index_paths([CLAIMS / "languages"], folder / "index", Options(MULTILINGUAL_MODEL))
    with Index.open(folder / "index") as opened:
        yield opened


def claims() -> Iterator[Any]:
    """Those for tuning, and whether each is true."""
    for line in (CLAIMS / "languages_open.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        marks = [pytest.mark.xfail(reason=reason, strict=True)] if (reason := MISJUDGED.get(row["claim"])) else []
        yield pytest.param(row["article"], row["claim"], row["kind"] == "paraphrase", marks=marks)


@pytest.mark.parametrize(("article", "claim", "true"), list(claims()))
def test_a_claim_is_supported_if_it_is_true(archive: Index, article: str, claim: str, true: bool) -> None:
    """Both words of a pair are in many of the articles."""
    assert (archive.check(claim, hits=[article]).sentences[0].verdict == "supported") is true


@pytest.mark.parametrize(
    ("language", "claim", "text", "denied"),
    [
        ("de", "Die Preise sind gestiegen.", "Die Preise stiegen, nachdem sie zuvor gesunken waren.", False),
        ("de", "Die Preise sind gesunken.", "Die Preise stiegen im Mai.", True),
        ("en", "The fare was raised from 5 to 9 euros.", "The fare was reduced from 9 to 5 euros in May.", True),
        ("en", "The fare was reduced from 9 to 5 euros.", "The fare was reduced from 9 to 5 euros in May.", False),
        ("en", "The shop doubled its prices.", "The shop halved its prices.", True),
        ("fr", "Le maire ne rejette pas cette idée.", "Le maire ne rejette pas cette idée.", False),
        ("en", "The mayor did not deny the claim.", "The mayor did not deny the claim.", False),
        ("it", "I prezzi sono saliti.", "I prezzi sono saliti, ma i consumi sono calati.", False),
        ("fr", "La maternité est fermée.", "L'hôpital rouvre lundi. La maternité reste fermée.", False),
        ("it", "I consumi sono saliti.", "I prezzi sono saliti, ma i consumi sono calati.", True),
    ],
)
def test_of_both_words_of_a_pair_the_one_with_the_subject_counts(language: str, claim: str, text: str, denied: bool) -> None:
    """Articles often say what rose after it had fallen."""
    assert (denial(claim, re.split(r"(?<=[.]) ", text), [], [], language) is not None) is denied


@pytest.mark.parametrize(
    ("language", "claim", "article"),
    [
        ("de", "Sabine Vogt trat nicht zurück.", "Sabine Vogt trat am Mittwoch zurück. Der Staatsanwalt ermittelt nicht gegen Vogt."),
        ("de", "Der Gemeinderat nahm den Rücktritt nicht an.", "Der Gemeinderat nahm den Rücktritt am Abend an. Niemand widersprach."),
        ("fr", "Claire Vasseur n'a pas démissionné.", "Claire Vasseur a démissionné mercredi. Il n'a pas demandé d'audit."),
        ("fr", "Claire Vasseur a refusé de démissionner.", "Claire Vasseur a démissionné mercredi. Il n'a pas demandé d'audit."),
        ("es", "Lucía Herrero no dimitió.", "Lucía Herrero dimitió el miércoles. La policía no detuvo a nadie."),
        ("it", "Elena Ricci non si è dimessa.", "Elena Ricci si è dimessa mercoledì. La procura non ha aperto un'inchiesta."),
        ("en", "The passengers did not rise.", "The passengers rose by a fifth. The drivers were not asked."),
    ],
)
def test_a_denial_is_not_confirmed_by_a_negation_of_something_else(language: str, claim: str, article: str) -> None:
    """The second sentence of each article is short and negated."""
    texts = re.split(r"(?<=[.]) ", article)
    assert denial(claim, texts, [], [], language) or unconfirmed(claim, texts, language)


@pytest.mark.parametrize(
    ("language", "claim", "text"),
    [
        ("de", "Die Stadt nahm den Rücktritt nicht an.", "Den Rücktritt nahm die Stadt am Abend nicht an."),
        ("fr", "Le maire n'a pas démissionné.", "Le maire ne démissionne pas."),
        ("es", "La alcaldesa no dimitió.", "La alcaldesa se negó a dimitir."),
        ("it", "La sindaca non si è dimessa.", "La sindaca ha detto che non si è dimessa."),
        ("en", "The mayor did not know of the shares.", "She had not known of the shares, the mayor said."),
        ("en", "The mayor did not resign.", "The mayor refused to resign."),
        ("en", "There were no injuries.", "Nobody was hurt."),
        ("en", "No one was injured in the fire.", "The fire began under the roof. Nobody was hurt."),
    ],
)
def test_a_denial_is_confirmed_by_the_same_negation_or_an_opposite(language: str, claim: str, text: str) -> None:
    """In other words, too."""
    texts = re.split(r"(?<=[.]) ", text)
    assert not denial(claim, texts, [], [], language)
    assert not unconfirmed(claim, texts, language)


def test_a_separable_verb_is_read_with_its_particle() -> None:
    """Also where a number has a mark that could end a clause."""
    read = with_particles("Der Rat lehnte den Kredit ab, die Preise zogen um 4,2 Prozent an und die Zahl nahm um 4,2 Prozent zu.", "de")
    assert " ".join(read.split()) == "Der Rat ablehnte den Kredit , die Preise zogen um 4,2 Prozent an und die Zahl zunahm um 4,2 Prozent ."


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("de", "dreiundvierzig Schafe", 43),
        ("de", "zweihundertfünf Kühe", 205),
        ("de", "zwölftausend Stimmen", 12_000),
        ("fr", "soixante et onze postes", 71),
        ("fr", "quatre-vingt-dix-sept francs", 97),
        ("fr", "deux mille trois cents voix", 2_300),
        ("es", "treinta y cuatro trabajadores", 34),
        ("es", "mil doscientas personas", 1_200),
        ("es", "once goles", 11),
        ("it", "quarantatré persone", 43),
        ("it", "ventotto case", 28),
        ("it", "tremila voti", 3_000),
        ("it", "due milioni", 2_000_000),
    ],
)
def test_a_number_in_words_is_read(language: str, text: str, value: float) -> None:
    """In the words of its language only: "once" is no number in English."""
    assert [each.values for each in quantities(text, language)] == [(value,)]


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "once upon a time"), ("fr", "une part"), ("es", "una vez y uno"), ("it", "una volta"), ("", "sei tre due")],
)
def test_other_words_are_no_numbers(language: str, text: str) -> None:
    """Articles, and words of another language."""
    assert not quantities(text, language)
