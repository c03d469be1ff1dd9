"""Claims about German, French and Italian articles of one archive: numbers as they are written there, ordinals, restrictions."""

# ruff: noqa: RUF001 - apostrophes and Chinese punctuation

from __future__ import annotations

from collections.abc import Iterator

import pytest
from indexes import index_of

from newsdex import Index, Options
from newsdex.encoder import MULTILINGUAL_MODEL
from newsdex.search.check.numbers import quantities
from newsdex.search.check.polarity import said
from newsdex.search.check.reading import read

ARTICLES = {
    "strike": (
        "de",
        "Streik legt Flughafen Velden lahm",
        (
            "Am Flughafen Velden sind am 30. November wegen eines Streiks 212 Flüge ausgefallen. Rund 28'000 Passagiere waren betroffen. "
            "Die Bodenabfertiger verlangen 350 Franken mehr Lohn im Monat."
        ),
    ),
    "avalanche": (
        "de",
        "Lawine am Piz Merla",
        "Eine Lawine hat am 1. November am Piz Merla zwei Tourengänger getötet. Ein dritter Mann überlebte schwer verletzt.",
    ),
    "match": (
        "fr",
        "Football : Velden s'incline à Lindal",
        "L'équipe de Velden s'est inclinée hier soir à Lindal devant 12\u202f400 spectateurs. Marc Aubry a marqué les deux buts.",
    ),
    "flood": (
        "it",
        "Il lago allaga Lindora",
        "L'acqua ha invaso la piazza di Lindora. La causa dell'esondazione sono le piogge cadute senza sosta per undici giorni.",
    ),
    "trial": (
        "fr",
        "Velden : l'ex-banquier Yves L'Hôpital condamné",
        (
            "Le tribunal de Velden a condamné vendredi l'ex-banquier Yves L'Hôpital à quatre ans de prison pour escroquerie. "
            "Son avocate a annoncé un appel. Le procureur avait requis six ans."
        ),
    ),
    "election": (
        "de",
        "Bundesversammlung wählt Regula Zellweger",
        (
            "Die Bundesversammlung hat Regula Zellweger gewählt. Sie erhielt im dritten Wahlgang 128 Stimmen. Ihr Gegenkandidat Blaise "
            "Aubry kam auf 104 Stimmen. Die 52-Jährige wohnt in Lindal."
        ),
    ),
    "damage": (
        "de",
        "Schaden im Merlatunnel grösser als angenommen",
        (
            "Der Schaden im Merlatunnel beträgt 31 Millionen Franken, teilte die Bahn mit. Am Dienstag war noch von 14,5 Millionen Franken "
            "die Rede gewesen. Die Weströhre bleibt bis am 20. März 2027 gesperrt."
        ),
    ),
    "bear": ("de", "Bär reisst Schafe bei Lindal", "Ein Bär hat bei Lindal elf Schafe gerissen. Der Bauer schoss auf das Tier."),
    "closure": (
        "fr",
        "Lindal ferme son usine",
        (
            "Lindal fermera son usine de Velden. La conseillère d'État Françoise L'Éplattenier s'est dite consternée. "
            "Elle n'a été avertie que vingt minutes avant l'annonce. Le syndicat n'a pas été consulté."
        ),
    ),
    "interview": (
        "it",
        "Intervista a Chiara Quadri",
        (
            "Chiara Quadri dirige l'università di Lindora.\n\n**Aumenterà le tasse universitarie?**\n\nNo. Le tasse restano a 800 franchi."
            "\n\n**Costruirà una nuova biblioteca?**\n\nSì, l'anno prossimo.\n\n**Venderà il palazzo?**\n\nVedremo."
        ),
    ),
    "entretien": (
        "fr",
        "Entretien avec Aurélie Crettenand",
        (
            "La glaciologue Aurélie Crettenand dirige l'observatoire de Velden.\n\n**Avez-vous été menacée pour vos prises de position ?**"
            "\n\nOui, une fois.\n\n**Avez-vous porté plainte ?**\n\nNon."
        ),
    ),
    "angst": ("de", "Wanderin in Lindal", "Klara Wirt stieg allein auf den Piz Merla.\n\nHatten Sie keine Angst? Doch, sehr."),
    "doch": ("de", "Wanderin in Lindal", "Klara Wirt stieg allein auf den Piz Merla.\n\nHatten Sie keine Angst? Doch."),
    "peur": ("fr", "Randonnée à Lindal", "Claire Aubry est montée seule au Piz Merla.\n\nVous n'avez pas peur ? Si."),
    "ferries": (
        "fr",
        "Hallmere ferry terminal to close",
        (
            "The port of Hallmere will close its old ferry terminal on 4 May 2027, the harbour board said.\n\nLe port de Hallmere fermera "
            "son ancien terminal de ferries le 4 mai 2027, a annoncé l'autorité portuaire.\n\nSome 320 dockers will lose their jobs.\n\n"
            "Quelque 320 dockers perdront leur emploi."
        ),
    ),
    "ban": (
        "zh",
        "Sorrel passes law banning under-15s from social media",
        (
            "Sorrel's parliament has approved a law to ban social media for under-15s, making it the first country to do so. "
            "索雷尔议会通过法案，禁止15岁以下未成年人使用社交媒体，成为首个采取这一措施的国家。"
        ),
    ),
    "paura": ("it", "Escursione a Lindora", "Chiara Riva è salita da sola sul Piz Merla.\n\nNon ha paura? Sì, certo."),
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """The articles above."""
    rows = [
        {"_id": name, "title": title, "text": text, "language": language, "date": "2026-12-01"}
        for name, (language, title, text) in ARTICLES.items()
    ]
    with Index.open(index_of(rows, tmp_path_factory.mktemp("several"), Options(model=MULTILINGUAL_MODEL))) as index:
        yield index


@pytest.mark.parametrize(
    ("article", "claim", "verdict"),
    [
        ("strike", "Rund 28'000 Passagiere waren vom Streik betroffen.", "supported"),
        ("strike", "Rund 28’000 Passagiere waren vom Streik betroffen.", "supported"),
        ("strike", "Rund 28000 Passagiere waren vom Streik betroffen.", "supported"),
        ("strike", "Rund 28.000 Passagiere waren vom Streik betroffen.", "supported"),
        ("strike", "28 Passagiere waren vom Streik betroffen.", "partly"),
        ("strike", "Rund 28'000'000 Passagiere waren vom Streik betroffen.", "partly"),
        ("match", "Velden s'est inclinée devant 12 400 spectateurs.", "supported"),
        ("match", "Velden s'est inclinée devant 12400 spectateurs.", "supported"),
        ("match", "Velden s'est inclinée devant 12 spectateurs.", "partly"),
        ("match", "Velden s'est inclinée devant 400 spectateurs.", "partly"),
        ("flood", "Le piogge sono cadute senza sosta per undici giorni.", "supported"),
        ("flood", "Le piogge sono cadute senza sosta per nove giorni.", "partly"),
        ("flood", "Le piogge sono cadute senza sosta per venti giorni.", "partly"),
        ("avalanche", "Die Lawine ging am 1. November am Piz Merla nieder.", "supported"),
        ("avalanche", "Die Lawine ging am 2. November am Piz Merla nieder.", "partly"),
        ("damage", "Die Weströhre bleibt bis am 20. März 2027 gesperrt.", "supported"),
        ("trial", "L'ex-banquier Yves L'Hôpital a été condamné à quatre ans de prison.", "supported"),
        ("trial", "L'ex-banquier Yves L'Hôpital a été condamné à six ans de prison.", "partly"),
        ("trial", "Le procureur avait requis six ans de prison contre Yves L'Hôpital.", "supported"),
        ("election", "Regula Zellweger erhielt im dritten Wahlgang 128 Stimmen.", "supported"),
        ("election", "Blaise Aubry kam auf 104 Stimmen.", "supported"),
        ("election", "Blaise Aubry kam auf 128 Stimmen.", "partly"),
        ("damage", "Der Schaden im Merlatunnel beträgt 31 Millionen Franken.", "supported"),
        ("damage", "Der Schaden im Merlatunnel beträgt 14,5 Millionen Franken.", "partly"),
        ("damage", "Am Dienstag war noch von 14,5 Millionen Franken die Rede.", "supported"),
        ("closure", "Françoise L'Éplattenier a été avertie vingt minutes avant l'annonce.", "supported"),
        ("closure", "Françoise L'Éplattenier n'a été avertie que vingt minutes avant l'annonce.", "supported"),
        ("closure", "Françoise L'Éplattenier n'a pas été avertie avant l'annonce.", "contradicted"),
        ("closure", "Le syndicat a été consulté.", "contradicted"),
        ("election", "Regula Zellweger ist 52 Jahre alt.", "supported"),
        ("election", "Regula Zellweger ist 53 Jahre alt.", "partly"),
        ("bear", "Der Bauer schoss auf einen Bären.", "supported"),
        ("bear", "Der Bauer schoss auf einen Wolf.", "partly"),
        ("interview", "Chiara Quadri non aumenterà le tasse universitarie.", "supported"),
        ("interview", "Chiara Quadri aumenterà le tasse universitarie.", "contradicted"),
        ("interview", "Chiara Quadri costruirà una nuova biblioteca.", "partly"),
        ("interview", "Chiara Quadri non costruirà una nuova biblioteca.", "partly"),
        ("interview", "Chiara Quadri venderà il palazzo.", "partly"),
        ("entretien", "Aurélie Crettenand a été menacée pour ses prises de position.", "partly"),
        ("entretien", "Aurélie Crettenand n'a pas été menacée pour ses prises de position.", "partly"),
        ("entretien", "Aurélie Crettenand a porté plainte.", "contradicted"),
        ("entretien", "Aurélie Crettenand n'a pas porté plainte.", "supported"),
        ("angst", "Klara Wirt hatte keine Angst.", "partly"),
        ("doch", "Klara Wirt hatte keine Angst.", "partly"),
        ("peur", "Claire Aubry n'a pas peur.", "partly"),
        ("paura", "Chiara Riva non ha paura.", "partly"),
        ("ferries", "The port of Hallmere will close its old ferry terminal on 4 May 2027.", "supported"),
        ("ferries", "Some 320 dockers will lose their jobs.", "supported"),
        ("ferries", "Some 320 dockers will keep their jobs.", "contradicted"),
        ("ferries", "Le port de Hallmere fermera son ancien terminal de ferries le 4 mai 2027.", "supported"),
        ("ferries", "Le port de Hallmere ne fermera pas son ancien terminal.", "contradicted"),
        ("ban", "Sorrel's parliament has approved a law to ban social media for under-15s.", "supported"),
        ("ban", "Sorrel's parliament has rejected a law to ban social media for under-15s.", "contradicted"),
    ],
)
@pytest.mark.parametrize("given", [True, False])
def test_a_claim_is_one_sentence_with_its_number(archive: Index, article: str, claim: str, verdict: str, given: bool) -> None:
    """Against the article, and against the archive."""
    [sentence] = archive.check(claim, hits=[article] if given else None).sentences
    assert sentence.verdict == verdict, sentence.differences


def test_the_answer_to_a_question_is_shown(archive: Index) -> None:
    """As what denies the claim, and beside the question as evidence."""
    [sentence] = archive.check("Aurélie Crettenand a porté plainte.", hits=["entretien"]).sentences
    assert [each.found for each in sentence.differences] == ["Non."]
    assert [each.text for each in sentence.evidence][-1] == "Non."


def test_a_german_month_is_no_name(archive: Index) -> None:
    """In a claim with another month than the article."""
    [sentence] = archive.check("Die Weströhre bleibt bis am 20. Mai 2027 gesperrt.", hits=["damage"]).sentences
    assert [each.aspect for each in sentence.differences] == ["date"]


@pytest.mark.parametrize(
    ("text", "cues"),
    [
        ("Elle n'a été avertie que vingt minutes avant.", []),
        ("Il ne reste qu’un train.", []),
        ("Il ne reste plus que le train.", ["ne"]),
        ("Il ne reste guère que le train.", ["ne"]),
        ("Il ne reste pas que le train.", ["ne", "pas"]),
        ("Elle n'a pas dit que le train partait.", ["ne", "pas"]),
        ("Personne ne dit que le train part.", ["ne"]),
        ("Elle ne vient jamais.", ["ne", "jamais"]),
        ("Elle est partie le 20 mai.", []),
    ],
)
def test_ne_with_que_and_a_month_deny_nothing(text: str, cues: list[str]) -> None:
    """Unless another negation is between, or before. "Mai" is never in Italian."""
    assert said(text, "fr").cues == cues


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("28'000 Passagiere", [28_000]),
        ("1’234’567 Franken", [1_234_567]),
        ("12 400 spectateurs", [12_400]),
        ("4,80,652 accidents in India", [480_652]),
        ("1,23,45,678 voters", [12_345_678]),
        ("12\u00a0400,50 francs", [12_400.5]),
        ("1'300.75 Franken", [1_300.75]),
        ("In 2020 100 people died", [100]),
        ("appel au 044 123 45 67", [44, 123, 45, 67]),
        ("entre 12 et 400 personnes", [12, 400]),
        ("12, 400 and 500 people", [12, 400, 500]),
    ],
)
def test_marks_between_thousands_belong_to_the_number(text: str, values: list[float]) -> None:
    """An apostrophe, a space of any width, or commas as in India; not in a telephone number."""
    assert [each.bare.values[-1] for each in quantities(text)] == values


@pytest.mark.parametrize(
    ("text", "values"),
    [("per cento euro", []), ("dieci per cento", [10]), ("due per mille", [2]), ("per nove anni", [9]), ("per cinque", [5])],
)
def test_only_a_hundred_or_thousand_behind_per_is_a_rate(text: str, values: list[float]) -> None:
    """In Italian."""
    assert [each.bare.values[-1] for each in quantities(text, "it")] == values


@pytest.mark.parametrize(
    ("answer", "languages", "claims"),
    [
        ("Die Lawine ging am 1. November nieder.", ("de", "en", "fr"), 1),
        ("Lawine am 1. November.", ("de", "fr"), 1),
        ("Kolda scored 12. Merla scored 9.", ("de", "en"), 2),
        ("The bill passed by 12. November is the next date.", ("de", "en"), 2),
    ],
)
def test_a_short_answer_is_split_in_a_language_of_the_articles(answer: str, languages: tuple[str, ...], claims: int) -> None:
    """That which has its little words."""
    assert len(read(answer, languages)[0]) == claims
