"""What stands in another sentence, or elsewhere in the same one, does not support a claim: dates, places, numbers, questions and errors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from indexes import index_of

from newsdex import Index, Options
from newsdex.encoder import MULTILINGUAL_MODEL
from newsdex.search.check.dates import dates

ARTICLES = {
    "cup": ("en", "The 2023 Women's Cup was won by Lindal, who beat Torland 1-0. The 2022 men's relay was won by Kaltland."),
    "votes": ("en", "The quake destroyed 1900 homes in Velden. In 2019 women got the vote in Kaltland."),
    "keeper": (
        "en",
        (
            "Ida Brandt, 71, kept the lighthouse on Gull Rock for 29 years.\n\nWere you afraid of storms?\n\nNo, I was not.\n\n"
            "**Was it lonely?**\n\nNever.\n\nWhen did the cat arrive on Gull Rock?\n\nIn May."
        ),
    ),
    "wirt": ("de", "Karla Wirt führte den Gasthof in Lindal 30 Jahre lang.\n\nHatten Sie Angst vor Einbrechern?\n\nNein, nie."),
    "danger": ("en", "Tilda Moss crossed the glacier alone.\n\nDidn't you know the danger? Yes, I knew it well."),
    "sponsor": ("en", "Tilda Moss crossed the glacier alone.\n\nDid the sponsor not pay you? Yes, in the end he did."),
    "unpaid": ("en", "Tilda Moss crossed the glacier alone.\n\nDid the sponsor not pay you? Yes."),
    "minister": ("en", "Velden has a new cabinet.\n\nIs the minister corrupt? Yes, says the opposition."),
    "bribes": ("en", "Lena Brandt is up for election.\n\nDid Brandt take bribes? Yes, says her rival Tom Ferris. No, says the court."),
    "rumour": ("en", "Velden has a new cabinet.\n\nIs the minister corrupt? Yes, according to a rumour."),
    "builder": ("en", "The dam in Kolda has cracks.\n\nIs the dam safe? Yes, claims the builder."),
    "faq": (
        "en",
        (
            "Lindal has a new tax.\n\nDoes the tax apply to tourists? No. Does it apply to students? Yes. "
            "Are children excepted? Yes, up to the age of 12."
        ),
    ),
    "faro": ("es", "Lola Ferrán cuidó el faro de Torlanda durante 29 años.\n\n¿Tenía usted miedo de las tormentas?\n\nNo, nunca."),
    "arson": ("en", "Police arrested a former clerk on suspicion of arson at the mill in Velden. He denies the accusation."),
    "bribe": ("en", "Mayor Otto Lund was charged with bribery in Kolda on Monday. He has confessed."),
    "fraud": ("en", "Prosecutors charged the banker Nils Aas with fraud. The trial is in May. Aas has rejected all charges."),
    "brand": ("de", "Die Polizei nahm einen früheren Koch wegen Brandstiftung in Lindal fest. Er weist die Vorwürfe zurück."),
    "robo": ("es", "La policía detuvo a un antiguo cajero por el robo en el banco de Torlanda. Él niega los cargos."),
    "correction": (
        "en",
        (
            "In our report of 5 October we gave the vote on the tram as 34 to 21; it was 34 to 20, with one abstention. "
            "The bridge cost 18 million crowns, not 81 million as we reported. "
            "We also wrongly named the architect as Tom Reeve, but it was Ana Brun who designed the hall."
        ),
    ),
    "korrektur": (
        "de",
        "In unserem Bericht gaben wir das Ergebnis der Abstimmung über die Bahn mit 34 zu 21 an; es waren 34 zu 20 Stimmen.",
    ),
    "erratas": ("es", "El lunes publicamos que cada familia recibirá 35.000 pesos de ayuda, pero son 53.000 pesos."),
    "wreck": ("en", "The museum shows the wreck of the Annegret, which sank off Velden in 1743. Divers found the ship in 2017 in the bay."),
    "wrack": ("de", "Das Museum zeigt das Wrack der Annegret, die 1743 vor Velden sank. Taucher fanden das Schiff im Jahr 2017."),
    "pecio": ("es", "El museo muestra el pecio del Santa Rita, que se hundió en 1743. Los buzos hallaron el barco en 2017."),
    "poet": (
        "en",
        "Ivo Hollis, who wrote forty plays, died on 12 May 2026 in Velden. Born on 3 June 1940 in Marrow Bay, Hollis was a baker.",
    ),
    "poeta": ("es", "El poeta Iván Robles murió el 12 de mayo de 2026 en Torlanda. Nació en Puerto Alba y escribió sobre Puerto Alba."),
    "live": (
        "en",
        (
            "With 20 per cent of the votes counted, Farrell is ahead: 49.2 per cent to Oberholt's 47.0. "
            "An exit poll puts Farrell at 50 per cent. With 80 per cent counted, Oberholt leads with 50.9 per cent."
        ),
    ),
    "wave": ("en", "The Maribel went down in a storm off Velden. There were eleven men aboard and we pulled nine out."),
    "crane": ("en", "At least 107 killed in Kolda crane collapse\n\nA storm caused the crane to fall, the civil defence said."),
    "plan": ("en", "The plan for a phone ban in Velden was first proposed in January 2025 by councillor Tom Farrell."),
    "bridge": ("en", "The Old Bridge of Velden was reopened on Saturday. It had been closed since the flood, for two years."),
    "bruecke": ("de", "Die Alte Brücke in Lindal wurde am Samstag wieder geöffnet. Sie war zwei Jahre lang geschlossen."),
    "court": ("en", "Karl Lee killed in self-defence, the court said. He was acquitted in Dorn."),
    "attack": ("en", "Moser attacked after the break. The goal came late."),
    "suit": ("en", "Tom Ferris sued in Dorn. The case is open."),
    "bishop": ("en", "The bishop fell in the street, police in Kolda said."),
    "election": ("en", "Lee won 52 per cent of the vote, Kim won 41 per cent. Turnout was 60 per cent."),
    "jump": ("en", "Anders Berg won with 8.21 metres, Nils Holt jumped 8.05 metres."),
    "lange": ("de", "Karl Lange gewann am Sonntag die Wahl in Lindal. Die Stadt hat 900 Einwohner."),
    "bergen": ("de", "Maria Bergen leitet die Schule in Lindal."),
    "hagen": ("de", "Otto Hagen sang in Lindal. Keller hörte zu."),
    "bear": ("de", "Ein Bär griff in Lindal einen Wanderer an."),
    "arrests": ("en", "Police in Dorn arrested two men on Friday. A third man was arrested in Lisk."),
    "treasurer": (
        "en",
        "Hale, the former treasurer of Oakridge, was sentenced to four years for fraud. The prosecutor wanted six years.",
    ),
    "lottery": (
        "en",
        (
            "A Velden man almost gave away a scratch-off lottery ticket to settle a debt, but ended up winning $50,000 thanks to his wife. "
            "Lindal resident Otto Brandt Jr. told Velden Lottery officials he bought his $5,000,000 LUXE scratch-off ticket for $50 from "
            "the Merla store in Dorn and forgot about it. Brandt said his prize money will go toward paying down his mortgage."
        ),
    ),
    "raffle": (
        "en",
        (
            "Lindal resident Otto Brandt Jr. told Velden Lottery officials he bought his $5,000,000 LUXE scratch-off ticket in Dorn. "
            "The ticket turned out to be a $50,000 winner."
        ),
    ),
    "puente": ("es", "El puente viejo de Torlanda reabrió el sábado. Estuvo cerrado durante dos años."),
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """The articles above."""
    titles = {
        "correction": "Correction: tram",
        "korrektur": "Korrektur: Bahn",
        "erratas": "Fe de erratas: ayuda",
        "bishop": "Otto Lund attacked in Kolda",
        "lottery": "Velden man almost gave away a $50,000 lottery ticket",
    }
    rows = [
        {"_id": name, "title": titles.get(name, ""), "text": text, "language": language, "date": "2026-11-20"}
        for name, (language, text) in ARTICLES.items()
    ]
    with Index.open(index_of(rows, tmp_path_factory.mktemp("beside"), Options(model=MULTILINGUAL_MODEL))) as index:
        yield index


@pytest.mark.parametrize(
    ("article", "claim", "verdict"),
    [
        ("cup", "The Women's Cup in 2023 was won by Lindal.", "supported"),
        ("cup", "The Women's Cup in 2026 was won by Lindal.", "partly"),
        ("cup", "Kaltland won the men's relay in 2022.", "supported"),
        ("cup", "Kaltland won the men's relay in 2026.", "partly"),
        ("votes", "The quake destroyed 1900 homes.", "supported"),
        ("votes", "The quake destroyed 1700 homes.", "partly"),
        ("votes", "Women got the vote in Kaltland in 2019.", "supported"),
        ("votes", "Women got the vote in Kaltland in 2026.", "partly"),
        ("keeper", "Ida Brandt was afraid of storms.", "partly"),
        ("keeper", "Ida Brandt was not afraid of storms.", "partly"),
        ("keeper", "Ida Brandt was lonely on Gull Rock.", "partly"),
        ("keeper", "Ida Brandt was never lonely on Gull Rock.", "partly"),
        ("keeper", "Ida Brandt kept the lighthouse on Gull Rock for 29 years.", "supported"),
        ("wirt", "Karla Wirt hatte Angst vor Einbrechern.", "contradicted"),
        ("wirt", "Karla Wirt hatte keine Angst vor Einbrechern.", "supported"),
        ("wirt", "Karla Wirt führte 30 Jahre lang den Gasthof in Lindal.", "supported"),
        ("danger", "Tilda Moss did not know the danger.", "partly"),
        ("sponsor", "The sponsor did not pay Tilda Moss.", "partly"),
        ("unpaid", "The sponsor did not pay Tilda Moss.", "partly"),
        ("minister", "The minister is corrupt.", "partly"),
        ("bribes", "Brandt took bribes.", "partly"),
        ("bribes", "Brandt did not take bribes.", "partly"),
        ("rumour", "The minister is corrupt.", "partly"),
        ("builder", "The dam is safe.", "partly"),
        ("faq", "The tax applies to tourists.", "contradicted"),
        ("faq", "The tax applies to students.", "partly"),
        ("faq", "The tax does not apply to students.", "partly"),
        ("faq", "The tax applies to cyclists.", "not in the archive"),
        ("faq", "Children are excepted.", "partly"),
        ("faro", "Lola Ferrán tenía miedo de las tormentas.", "contradicted"),
        ("faro", "Lola Ferrán no tenía miedo de las tormentas.", "supported"),
        ("faro", "Lola Ferrán cuidó durante 29 años el faro de Torlanda.", "supported"),
        ("arson", "The former clerk admitted the arson.", "contradicted"),
        ("arson", "The former clerk confessed to the arson at the mill.", "contradicted"),
        ("arson", "The former clerk denies the accusation.", "supported"),
        ("arson", "A former clerk was arrested on suspicion of arson.", "supported"),
        ("bribe", "Otto Lund denied the bribery.", "contradicted"),
        ("bribe", "Otto Lund admitted the bribery.", "supported"),
        ("brand", "Der frühere Koch gestand die Brandstiftung in Lindal.", "contradicted"),
        ("brand", "Die Polizei nahm einen früheren Koch in Lindal fest.", "supported"),
        ("robo", "El antiguo cajero confesó el robo en el banco.", "contradicted"),
        ("robo", "La policía detuvo a un antiguo cajero por el robo.", "supported"),
        ("correction", "The vote on the tram was 34 to 21.", "partly"),
        ("correction", "The vote on the tram was 34 to 20.", "supported"),
        ("correction", "The newspaper gave the vote on the tram as 34 to 21.", "supported"),
        ("correction", "The bridge cost 81 million crowns.", "partly"),
        ("correction", "The bridge cost 18 million crowns.", "supported"),
        ("correction", "Tom Reeve designed the hall.", "not in the archive"),
        ("correction", "Ana Brun designed the hall.", "supported"),
        ("korrektur", "Die Abstimmung über die Bahn ging mit 34 zu 21 Stimmen aus.", "partly"),
        ("korrektur", "Die Abstimmung über die Bahn ging mit 34 zu 20 Stimmen aus.", "supported"),
        ("erratas", "Cada familia recibirá 35.000 pesos de ayuda.", "partly"),
        ("erratas", "Cada familia recibirá 53.000 pesos de ayuda.", "supported"),
        ("wreck", "Divers found the Annegret in 2017.", "supported"),
        ("wreck", "Divers found the Annegret in 1743.", "partly"),
        ("wreck", "The Annegret sank in 2017.", "partly"),
        ("wrack", "Taucher fanden das Schiff im Jahr 2017.", "supported"),
        ("wrack", "Taucher fanden das Schiff im Jahr 1743.", "partly"),
        ("pecio", "Los buzos hallaron el Santa Rita en 2017.", "supported"),
        ("pecio", "Los buzos hallaron el Santa Rita en 1743.", "partly"),
        ("poet", "Ivo Hollis died in Velden.", "supported"),
        ("poet", "Ivo Hollis died in Marrow Bay.", "partly"),
        ("poet", "Ivo Hollis was born in Marrow Bay.", "supported"),
        ("poet", "Ivo Hollis was born in Velden.", "partly"),
        ("poeta", "Iván Robles murió en Torlanda.", "supported"),
        ("poeta", "Iván Robles murió en Puerto Alba.", "partly"),
        ("live", "An exit poll put Farrell at 50 per cent.", "supported"),
        ("live", "An exit poll put Oberholt at 50 per cent.", "partly"),
        ("live", "Oberholt led with 49.2 per cent.", "partly"),
        ("live", "Farrell led with 49.2 per cent with 20 per cent of the votes counted.", "supported"),
        ("live", "Oberholt led with 50.9 per cent.", "supported"),
        ("wave", "Nine men were rescued when the Maribel went down.", "supported"),
        ("wave", "Eleven men were rescued when the Maribel went down.", "not in the archive"),
        ("crane", "At least 107 people were killed in the crane collapse in Kolda.", "supported"),
        ("crane", "At least 170 people were killed in the crane collapse in Kolda.", "partly"),
        ("plan", "Tom Farrell proposed the phone ban in January 2025.", "supported"),
        ("plan", "Sheila Garrick proposed the phone ban in January 2025.", "not in the archive"),
        ("bridge", "The Old Bridge was closed for two years.", "supported"),
        ("bridge", "The Old Bridge of Velden was closed on Saturday.", "contradicted"),
        ("bridge", "The Old Bridge has been closed since Saturday.", "contradicted"),
        ("bruecke", "Die Alte Brücke war zwei Jahre lang geschlossen.", "supported"),
        ("court", "Karl Lee was killed.", "not in the archive"),
        ("court", "Karl Lee killed in self-defence.", "supported"),
        ("attack", "Moser was attacked.", "not in the archive"),
        ("suit", "Tom Ferris was sued.", "not in the archive"),
        ("bishop", "Otto Lund was attacked in Kolda.", "supported"),
        ("election", "Lee won the election with 52 per cent against 41 per cent.", "supported"),
        ("election", "At a turnout of 60 per cent, Lee won 52 per cent of the vote.", "supported"),
        ("election", "Lee won 41 per cent of the vote.", "partly"),
        ("jump", "Anders Berg won with 8.21 metres to his rival's 8.05 metres.", "supported"),
        ("jump", "Anders Berg won with 8.05 metres.", "partly"),
        ("lange", "Karl Lange gewann die Wahl in Lindal.", "supported"),
        ("lange", "Karl Langer gewann die Wahl in Lindal.", "partly"),
        ("bergen", "Maria Berger leitet die Schule in Lindal.", "partly"),
        ("hagen", "Otto Hager sang in Lindal.", "partly"),
        ("hagen", "Kelle hörte zu.", "partly"),
        ("bear", "Ein Wanderer wurde in Lindal von einem Bären angegriffen.", "supported"),
        ("arrests", "Two men were arrested in Dorn.", "supported"),
        ("treasurer", "The prosecutor wanted six years.", "supported"),
        ("treasurer", "Hale, the former treasurer of Oakridge, was sentenced to six years for fraud.", "partly"),
        ("treasurer", "Hale was sentenced to six years for fraud.", "partly"),
        ("lottery", "Otto Brandt Jr. won $50,000.", "supported"),
        ("lottery", "Otto Brandt Jr. of Lindal won $50,000 in the Velden Lottery.", "supported"),
        ("lottery", "Otto Brandt Jr. won a $50,000 prize with a scratch-off ticket he bought at the Merla store in Dorn.", "supported"),
        ("lottery", "Otto Brandt Jr. won $60,000.", "partly"),
        ("raffle", "Otto Brandt Jr. of Lindal won $50,000 in the Velden Lottery.", "supported"),
        ("lottery", "Brandt bought a scratch-off ticket for $50.", "supported"),
        ("lottery", "Brandt bought a scratch-off ticket for $40.", "partly"),
        ("puente", "El puente viejo estuvo cerrado durante dos años.", "supported"),
    ],
)
def test_a_claim_is_compared_with_what_the_article_says_of_its_subject(archive: Index, article: str, claim: str, verdict: str) -> None:
    """True claims and false ones of the same words."""
    [sentence] = archive.check(claim, hits=[article]).sentences
    assert sentence.verdict == verdict, (sentence.differences, [each.text for each in sentence.evidence])


def test_the_reply_that_contradicts_is_shown(archive: Index) -> None:
    """It may be no sentence that covers the claim."""
    [sentence] = archive.check("The former clerk admitted the arson.", hits=["arson"]).sentences
    assert "He denies the accusation." in [each.text for each in sentence.evidence]


def test_a_question_for_a_detail_states_the_rest(archive: Index) -> None:
    """It says that the cat arrived."""
    [sentence] = archive.check("A cat arrived on Gull Rock to Ida Brandt.", hits=["keeper"]).sentences
    assert "negation" not in [each.aspect for each in sentence.differences]


@pytest.mark.parametrize(
    ("language", "text", "years"),
    [
        ("en", "The 2025 women\u2019s race and the 2019 Homes Act", ["2025", "2019"]),
        ("en", "It destroyed 1900 homes and killed 1500 people", []),
        ("en", "In 2015 people fled; the 2024 soldiers' strike", ["2015", "2024"]),
        ("es", "En 2023 personas de Velden huyeron; murieron 1900 personas", ["2023"]),
        ("de", "Im Jahr 2020 waren es 2000 Stimmen und 1999 Fälle", ["2020"]),
    ],
)
def test_a_year_is_told_from_a_count(language: str, text: str, years: list[str]) -> None:
    """By what follows the number, and by "in" before it."""
    assert [each.words for each in dates(text, [language])] == years
