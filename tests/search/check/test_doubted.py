"""Sentences that ask, doubt, deny or call a claim false do not support it; they support a claim that says so itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from indexes import index_of

from newsdex import Index, Options
from newsdex.encoder import MULTILINGUAL_MODEL
from newsdex.search.check.polarity import doubted

ARTICLES = {
    "asked": "Has Tom Reeve been banned from the Garrick Cup? Nobody in Wexmouth would say on Monday.",
    "hoax": "It is only a few months since the last hoax claiming that Marcus Holt is dead. The singer laughed about it on stage.",
    "claim": "Claim: The town of Velden was evacuated because of a gas leak. The mayor had a quiet day.",
    "doubts": "Experts have raised doubts as to whether a meteorite caused the crater in Lindal. It is twelve metres wide.",
    "rumour": "This is all still rumour, but there is a chance that a bus was stolen from the film set in Velden.",
    "retracted": "Golfer Dan Pell has retracted claims that Ivo Hollis had been suspended for using drugs.",
    "capitals": "Anna Levin did NOT send a cryptic tweet about her co-star Paul Dane. Her account was closed in May.",
    "tape": "The Echo aired a tape of the Wexmouth shooting. The Echo has not independently verified the tape of the shooting.",
    "told": "Police arrested two men in Torland, but it is unclear whether they set the barn alight.",
    "denial": "Holt Airways has denied claims that it has agreed to a merger with Lindal Air.",
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """The articles above, without titles."""
    rows = [{"_id": name, "title": "", "text": text, "language": "en"} for name, text in ARTICLES.items()]
    with Index.open(index_of(rows, tmp_path_factory.mktemp("doubted"), Options(model=MULTILINGUAL_MODEL))) as index:
        yield index


@pytest.mark.parametrize(
    ("hit", "claim"),
    [
        ("asked", "Tom Reeve was banned from the Garrick Cup."),
        ("hoax", "Marcus Holt is dead."),
        ("claim", "The town of Velden was evacuated because of a gas leak."),
        ("doubts", "A meteorite caused the crater in Lindal."),
        ("rumour", "A bus was stolen from the film set in Velden."),
        ("retracted", "Ivo Hollis was suspended for using drugs."),
        ("capitals", "Anna Levin tweeted about Paul Dane."),
        ("tape", "The Echo verified the tape of the Wexmouth shooting."),
        ("told", "The two men set the barn in Torland alight."),
        ("denial", "Holt Airways has agreed to a merger with Lindal Air."),
    ],
)
def test_what_is_only_asked_doubted_or_denied_is_not_supported(archive: Index, hit: str, claim: str) -> None:
    """By the article that asks it, nor by all together."""
    for hits in ([hit], [*ARTICLES]):
        report = archive.check(claim, hits=hits)
        assert report.sentences[0].verdict != "supported"
        assert not report.accepted


@pytest.mark.parametrize(
    ("hit", "claim"),
    [
        ("hoax", "A hoax claimed that Marcus Holt is dead."),
        ("doubts", "Experts doubt that a meteorite caused the crater in Lindal."),
        ("doubts", "The crater in Lindal is twelve metres wide."),
        ("retracted", "Dan Pell retracted claims that Ivo Hollis had been suspended."),
        ("capitals", "Anna Levin did not send a tweet about Paul Dane."),
        ("tape", "The Echo aired a tape of the Wexmouth shooting."),
        ("told", "Police arrested two men in Torland."),
        ("denial", "Holt Airways has denied claims that it has agreed to a merger with Lindal Air."),
    ],
)
def test_what_is_said_beside_a_doubt_and_the_doubt_itself_are_supported(archive: Index, hit: str, claim: str) -> None:
    """Only the clause that is doubted is no support."""
    [sentence] = archive.check(claim, hits=[hit]).sentences
    assert sentence.verdict == "supported", sentence


def test_a_hoax_contradicts_the_claim(archive: Index) -> None:
    """The phrase that calls it one is named."""
    [sentence] = archive.check("Marcus Holt is dead.", hits=["hoax"]).sentences
    assert sentence.verdict == "contradicted"
    assert [each.found for each in sentence.differences] == ["hoax claiming that"]


@pytest.mark.parametrize(
    ("language", "claim", "text", "found"),
    [
        ("en", "Banksy was arrested.", "The report that Banksy was arrested is a hoax.", ("is a hoax", True)),
        ("en", "Banksy was arrested.", "The report that Banksy was arrested is not a hoax.", ("", False)),
        ("en", "Banksy was arrested.", "The report that Banksy was arrested has not been confirmed.", ("not been confirmed", False)),
        ("en", "Banksy was arrested.", "The report that Banksy was arrested isn't true.", ("isn't true", True)),
        ("en", "Banksy was arrested.", "Dan Pell retracted claims Banksy was arrested.", ("retracted claims", True)),
        ("en", "The committee has ten members.", "The committee is made up of ten members.", ("", False)),
        ("en", "Banksy was arrested.", "Banksy was arrested; the rumours that he had fled ended.", ("", False)),
        ("de", "Der Sänger ist tot.", "Angeblich ist der Sänger tot.", ("Angeblich", False)),
        ("de", "Der Sänger ist tot.", "Falschmeldung: Der Sänger ist tot.", ("Falschmeldung", True)),
        ("de", "Der Sänger ist Vater.", "Angeblich ist der Sänger jetzt Vater.", ("Angeblich", False)),
        ("en", "Ann Roe sued Dan Pell.", "Ann Roe sued over the claim that Dan Pell was paid.", ("", False)),
        ("de", "Der Sänger ist tot.", "Der Sänger ist tot.", ("", False)),
        ("es", "El cantante ha muerto.", "Un bulo dice que el cantante ha muerto.", ("bulo", True)),
        ("es", "El cantante ha muerto.", "La noticia de que el cantante ha muerto es falsa.", ("es falsa", True)),
        ("es", "El cantante ha muerto.", "El cantante ha muerto.", ("", False)),
    ],
)
def test_how_a_sentence_doubts(language: str, claim: str, text: str, found: tuple[str, bool]) -> None:
    """By which phrase, and whether that calls the claim false."""
    assert doubted(claim, text, language) == found
