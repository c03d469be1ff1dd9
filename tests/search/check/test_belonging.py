"""What a detail belongs to: negations within a word, figures of one thing or another, times of day, ordinals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from indexes import index_of

from newsdex import Index, Options
from newsdex.encoder import DEFAULT_MODEL, MULTILINGUAL_MODEL
from newsdex.search.check.clock import times
from newsdex.search.check.numbers import quantities
from newsdex.search.check.polarity import said
from newsdex.search.check.reading import read

ARTICLES = {
    "trust": (
        "en",
        "Trust buys marsh",
        (
            "The non-profit Heron Trust spent 40,000 pounds on the marsh. Its anti-corruption officer, Ann Roe, praised the "
            "nonstop work of volunteers. A no-fly zone was declared over the marsh on Monday."
        ),
    ),
    "nicht": (
        "de",
        "Pflegekräfte in Velden",
        (
            "Die Klinik Velden beschäftigt 40 Nicht-EU-Bürger als Pflegekräfte. Die nichtstaatliche Stiftung zahlt die Kurse."
            " Der Nonstop-Flug nach Lindal kostet 90 Franken."
        ),
    ),
    "association": (
        "fr",
        "Velden",
        (
            "L'association à but non lucratif Aubry a dépensé 40 000 francs pour le marais. Les non-grévistes ont assuré le "
            "service. Une trêve de non-agression a été signée à Lindal."
        ),
    ),
    "organizacion": (
        "es",
        "Velden",
        (
            "La fundación sin ánimo de lucro Aurora gastó 40.000 euros en el pantano. La organización no gubernamental Vela "
            "repartió 300 mantas en Lindal."
        ),
    ),
    "organizzazione": (
        "it",
        "Lindora",
        (
            "La fondazione non profit Aurora ha speso 40.000 euro per la palude. L'organizzazione non governativa Vela ha "
            "distribuito 300 coperte a Lindora."
        ),
    ),
    "museum": (
        "en",
        "Museum of Velden",
        (
            "The museum sells a poster for $40 and a catalogue for $25. Tickets cost $15 for adults and $8 for children. A "
            "guided tour is $40."
        ),
    ),
    "festival": ("en", "Harbour festival", "A day ticket for the Harbour festival costs $15. Parking is $40. A weekend ticket costs $60."),
    "oil": (
        "en",
        "Oil cap",
        "The cap on crude oil was set at $60 a barrel. Ministers agreed a limit of $100 for diesel and $45 for fuel oil.",
    ),
    "preis": (
        "de",
        "Museum Lindal",
        "Das Museum verkauft ein Plakat für 40 Franken und einen Katalog für 25 Franken. Der Eintritt kostet 15 Franken.",
    ),
    "prix": ("fr", "Musée de Lindal", "Le musée vend une affiche à 40 euros et un catalogue à 25 euros. L'entrée coûte 15 euros."),
    "heure": (
        "fr",
        "Concert à Velden",
        "Le concert de Léa Morin commence à 18h30 à la salle Merla. Les portes ouvrent à 17 h 45. Une navette part à 23h.",
    ),
    "uhr": (
        "de",
        "Konzert in Lindal",
        "Das Konzert von Lea Moser beginnt um 18.30 Uhr im Saal Merla. Die Türen öffnen um 17:45 Uhr. Ein Bus fährt um 23 Uhr.",
    ),
    "hora": (
        "es",
        "Concierto en Lindora",
        (
            "El concierto de Lea Mora empieza a las 18:30 horas en la sala Merla. Las puertas abren a las 17.45 h. Un autobús"
            " sale a las 23 horas."
        ),
    ),
    "ora": ("it", "Concerto a Lindora", "Il concerto di Lea Mori comincia alle 18.30 nella sala Merla. Le porte aprono alle ore 17:45."),
    "hour": (
        "en",
        "Concert in Hallam",
        (
            "The concert of Lea Moor begins at 6.30pm in Merla Hall. Doors open at 5:45 p.m. The last bus leaves at 11pm. The"
            " fire broke out at around noon on Thursday."
        ),
    ),
    "attack": (
        "de",
        "Angriffe auf Velden",
        ("Der 3. Angriff auf Velden traf am 5. Mai den Hafen. Beim 2. Angriff starben 12 Menschen. Es war der 14. Sieg des Teams."),
    ),
    "school": (
        "en",
        "School struck in Velden",
        "In total, 156 people have been confirmed killed. Kolda Mining, a firm in Velden, expects gdp growth of 4.5% this year.",
    ),
    "princess": (
        "en",
        "Ann of Lindal is ill",
        "Ann said in a video message on Friday that the disease was found after an operation on her abdomen in October. It was brief.",
    ),
    "tycoon": ("en", "Tycoon jailed", "The tycoon Tom Hale fled Velden to Lindal in 2017. Hale died after a brief illness."),
    "sources": (
        "en",
        "Strike in Velden",
        "Amnesty Lindal said that 40 people were hurt in Velden on Monday. The strike was over, according to Radio Kolda.",
    ),
    "fuite": ("fr", "Fuite", "Le banquier Yves Hale a quitté Velden vers Lindal en 2017. Il y est mort."),
    "economy": (
        "en",
        "Velden and its neighbours",
        (
            "Velden's economy is the world's fifth biggest. It shrank by more than a third at the start of the war. The diaspora has many "
            "third-generation emigrants."
        ),
    ),
    "tram": (
        "en",
        "Five weeks of the tram",
        "Five weeks after its opening the tram has carried 611,000 passengers, a third more than the consultants predicted.",
    ),
    "probe": (
        "en",
        "A probe for Europa",
        "The probe left on Monday and will arrive at Jupiter in April 2030. A delay was due to fog in Velden.",
    ),
    "charges": (
        "en",
        "Arson charges fell",
        (
            "In the year to March 2016 there were 3,910 charges for arson; in the year to March 2022 there were 2,223. Police recorded "
            "69,905 fires in the year to March 2022, compared with 36,334 six years earlier."
        ),
    ),
    "visit": (
        "en",
        "Tour of Velden",
        (
            "President Xu Lanying left Velden on Friday. Xu landed there on the evening of 7 May. The council deliberated for nine and a "
            "half hours over two days. The law prohibits plastic bags. The landslide killed at least 23 people."
        ),
    ),
    "crash": ("en", "Crash near Lindal", "Two drivers had non-fatal injuries. The road was shut for an hour."),
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """The articles above."""
    rows = [
        {"_id": name, "title": title, "text": text, "language": language, "date": "2026-12-01"}
        for name, (language, title, text) in ARTICLES.items()
    ]
    with Index.open(index_of(rows, tmp_path_factory.mktemp("belonging"), Options(model=MULTILINGUAL_MODEL))) as index:
        yield index


@pytest.mark.parametrize(
    ("article", "claim", "verdict"),
    [
        ("trust", "The Heron Trust spent 40,000 pounds on the marsh.", "supported"),
        ("trust", "The non-profit Heron Trust spent 40,000 pounds on the marsh.", "supported"),
        ("trust", "The officer Ann Roe praised the work of volunteers.", "supported"),
        ("trust", "The Heron Trust did not spend 40,000 pounds on the marsh.", "contradicted"),
        ("nicht", "Die Klinik Velden beschäftigt 40 Pflegekräfte.", "supported"),
        ("nicht", "Die Stiftung zahlt die Kurse.", "supported"),
        ("nicht", "Der Flug nach Lindal kostet 90 Franken.", "supported"),
        ("association", "L'association Aubry a dépensé 40 000 francs pour le marais.", "supported"),
        ("association", "Une trêve a été signée à Lindal.", "supported"),
        ("organizacion", "La fundación Aurora gastó 40.000 euros en el pantano.", "supported"),
        ("organizacion", "La organización Vela repartió 300 mantas en Lindal.", "supported"),
        ("organizzazione", "La fondazione Aurora ha speso 40.000 euro per la palude.", "supported"),
        ("organizzazione", "L'organizzazione Vela ha distribuito 300 coperte a Lindora.", "supported"),
        ("museum", "The museum sells a catalogue for $40.", "partly"),
        ("museum", "Tickets for adults cost $40.", "partly"),
        ("museum", "Tickets cost $8 for children.", "supported"),
        ("museum", "Tickets cost $8 for adults.", "partly"),
        ("museum", "The museum sells a poster for $40.", "supported"),
        ("museum", "A guided tour costs $40.", "supported"),
        ("festival", "A day ticket for the Harbour festival costs $40.", "partly"),
        ("festival", "A weekend ticket for the Harbour festival costs $60.", "supported"),
        ("festival", "A weekend ticket costs $40.", "partly"),
        ("oil", "The cap on crude oil was set at $100 a barrel.", "partly"),
        ("oil", "The limit for diesel is $45.", "partly"),
        ("oil", "The limit for diesel is $100.", "supported"),
        ("preis", "Das Museum verkauft einen Katalog für 40 Franken.", "partly"),
        ("preis", "Der Eintritt kostet 40 Franken.", "partly"),
        ("preis", "Das Museum verkauft ein Plakat für 40 Franken.", "supported"),
        ("prix", "Le musée vend un catalogue à 40 euros.", "partly"),
        ("prix", "L'entrée coûte 40 euros.", "partly"),
        ("prix", "L'entrée coûte 15 euros.", "supported"),
        ("heure", "Le concert de Léa Morin commence à 18h30.", "supported"),
        ("heure", "Le concert de Léa Morin commence à 18 h 30.", "supported"),
        ("heure", "Les portes de la salle ouvrent à 17h45.", "supported"),
        ("heure", "Une navette part à 23 heures.", "supported"),
        ("heure", "Une navette part à 23h.", "supported"),
        ("heure", "Le concert de Léa Morin commence à 19h30.", "partly"),
        ("heure", "Le concert de Léa Morin commence à 19 h 30.", "partly"),
        ("heure", "Le concert de Léa Morin commence à 18h.", "partly"),
        ("heure", "Le concert de Léa Morin commence à 17h45.", "partly"),
        ("heure", "Une navette part à 22h.", "partly"),
        ("uhr", "Das Konzert von Lea Moser beginnt um 18.30 Uhr.", "supported"),
        ("uhr", "Das Konzert von Lea Moser beginnt um 18:30 Uhr.", "supported"),
        ("uhr", "Ein Bus fährt um 23 Uhr.", "supported"),
        ("uhr", "Das Konzert von Lea Moser beginnt um 19.30 Uhr.", "partly"),
        ("uhr", "Das Konzert von Lea Moser beginnt um 19 Uhr.", "partly"),
        ("uhr", "Das Konzert von Lea Moser beginnt um 18 Uhr.", "partly"),
        ("uhr", "Ein Bus fährt um 22 Uhr.", "partly"),
        ("hora", "El concierto de Lea Mora empieza a las 18:30 horas.", "supported"),
        ("hora", "El concierto de Lea Mora empieza a las 18.30 h.", "supported"),
        ("hora", "Un autobús sale a las 23 horas.", "supported"),
        ("hora", "El concierto de Lea Mora empieza a las 19:30 horas.", "partly"),
        ("hora", "El concierto de Lea Mora empieza a las 19 horas.", "partly"),
        ("hora", "Un autobús sale a las 22 horas.", "partly"),
        ("ora", "Il concerto di Lea Mori comincia alle 18.30.", "supported"),
        ("ora", "Il concerto di Lea Mori comincia alle ore 18:30.", "supported"),
        ("ora", "Il concerto di Lea Mori comincia alle 19.30.", "partly"),
        ("ora", "Il concerto di Lea Mori comincia alle 17:45.", "partly"),
        ("hour", "The concert of Lea Moor begins at 6.30pm.", "supported"),
        ("hour", "The concert of Lea Moor begins at 18:30.", "supported"),
        ("hour", "The concert of Lea Moor begins at 6:30 p.m.", "supported"),
        ("hour", "The last bus leaves at 11 pm.", "supported"),
        ("hour", "The fire broke out at about 12 pm.", "supported"),
        ("hour", "The fire broke out at midday.", "supported"),
        ("hour", "The concert of Lea Moor begins at 7.30pm.", "partly"),
        ("hour", "The concert of Lea Moor begins at 6.30am.", "partly"),
        ("hour", "The concert of Lea Moor begins at 5:45pm.", "partly"),
        ("hour", "The last bus leaves at 10pm.", "partly"),
        ("hour", "The fire broke out at about midnight on Thursday.", "partly"),
        ("hour", "The fire broke out at about 3 pm.", "partly"),
        ("attack", "Der 3. Angriff auf Velden traf den Hafen.", "supported"),
        ("attack", "Der dritte Angriff auf Velden traf den Hafen.", "supported"),
        ("attack", "Der 2. Angriff auf Velden traf den Hafen.", "partly"),
        ("attack", "Der 3. Angriff traf am 5. Mai den Hafen.", "supported"),
        ("attack", "Der 3. Angriff traf am 3. Mai den Hafen.", "partly"),
        ("attack", "Beim 2. Angriff starben 12 Menschen.", "supported"),
        ("attack", "Beim 2. Angriff starben 2 Menschen.", "partly"),
        ("attack", "Es war der 14. Sieg des Teams.", "supported"),
        ("attack", "Es war der 15. Sieg des Teams.", "partly"),
        ("nicht", "Die Klinik Velden beschäftigt 40 EU-Bürger als Pflegekräfte.", "partly"),
        ("crash", "Two drivers had non-fatal injuries.", "supported"),
        ("crash", "Two drivers had fatal injuries.", "contradicted"),
        ("crash", "Two drivers had injuries.", "supported"),
        ("visit", "Xu Lanying landed in Velden on the evening of 7 May.", "supported"),
        ("visit", "The council deliberated for nine and a half hours.", "supported"),
        ("visit", "The council deliberated for nine and a half days.", "partly"),
        ("visit", "The law allows plastic bags.", "contradicted"),
        ("visit", "The landslide cost at least 23 lives.", "supported"),
        ("visit", "The landslide killed at least 32 people.", "partly"),
        ("school", "156 people were killed in the school.", "supported"),
        ("school", "Kolda Mining expects Velden's GDP to grow by 4.5% this year.", "supported"),
        ("princess", "The disease was found after an operation in October.", "supported"),
        ("princess", "The disease was found after an operation in December.", "partly"),
        ("tycoon", "Tom Hale fled to Lindal in 2017.", "supported"),
        ("tycoon", "Tom Hale fled to Velden in 2017.", "partly"),
        ("tycoon", "Tom Hale died after a long illness.", "contradicted"),
        ("sources", "40 people were hurt in Velden on Monday, according to Amnesty Lindal.", "supported"),
        ("fuite", "Yves Hale a quitté Lindal vers Velden en 2017.", "partly"),
        ("economy", "Velden has the world's fifth-largest economy.", "supported"),
        ("economy", "Velden has the world's third-largest economy.", "partly"),
        ("economy", "The economy of Velden shrank by more than a third early in the war.", "supported"),
        ("tram", "In its first five weeks the tram carried a third more passengers than predicted.", "supported"),
        ("tram", "The tram carried a third fewer passengers than the consultants predicted.", "contradicted"),
        ("tram", "The tram carried a fifth more passengers than the consultants predicted.", "partly"),
        ("probe", "The probe is due to reach Jupiter in April 2030.", "supported"),
        ("probe", "The delay was due to a strike.", "partly"),
        ("charges", "Arson charges fell from 3,910 in the year to March 2016 to 2,223 six years later.", "supported"),
    ],
)
def test_a_detail_belongs_to_its_own_thing(archive: Index, article: str, claim: str, verdict: str) -> None:
    (sentence,) = archive.check(claim, hits=[article]).sentences
    assert sentence.verdict == verdict, sentence.differences


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("It begins at 6.30pm.", "en", [["18:30"]]),
        ("It begins at 6:30 p.m. on Monday.", "en", [["18:30"]]),
        ("It begins at 6:30.", "en", [["6:30", "18:30"]]),
        ("It begins at 06:30.", "en", [["6:30"]]),
        ("It begins at 6 o'clock.", "en", [["6:00", "18:00"]]),
        ("At 12am, 12pm, noon and midnight.", "en", [["0:00"], ["12:00"], ["12:00"], ["0:00"]]),
        ("Open 6-9pm.", "en", [["6:00", "18:00"], ["21:00"]]),
        ("It ended 3:1, 25:23 and 2:05:30 and cost $6.30.", "en", []),
        ("À 18h30, 18 h 30 ou 18 heures 30.", "fr", [["18:30"]] * 3),
        ("À 23 heures, à 23 h, puis 23h.", "fr", [["23:00"]] * 3),
        ("Elle a duré 3 h, puis 23 heures.", "fr", []),
        ("À midi, dans l'après-midi, dans le Midi.", "fr", [["12:00"]]),
        ("Um 18.30 Uhr, 18:30 Uhr oder 18 Uhr 30.", "de", [["18:30"]] * 3),
        ("Um 7 Uhr abends kamen 5 am Hafen an, für 18.30 Franken.", "de", [["19:00"]]),
        ("Zwischen 18 und 20 Uhr, bis 24 Uhr.", "de", [["18:00"], ["20:00"], ["0:00"]]),
        ("A las 18:30 horas, a las 7 de la tarde, a las 18 víctimas.", "es", [["18:30"], ["19:00"]]),
        ("Alle 18.30, alle ore 18, alle 18 vittime.", "it", [["18:30"], ["18:00"]]),
    ],
)
def test_times_of_day(text: str, language: str, found: list[list[str]]) -> None:
    assert [[f"{each // 60}:{each % 60:02}" for each in time.minutes] for time in times(text, language)] == found


@pytest.mark.parametrize(
    ("text", "language", "ranks"),
    [
        ("Der 3. Angriff war der 14. im 2. Krieg.", "de", [3, 14, 2]),
        ("Der dritte Angriff, am 3. Mai, in den 80er Jahren.", "de", [3]),
        ("Dabei starben 12. Danach war es still.", "de", []),
        ("La 3e attaque, la troisième, et le 1er juge.", "fr", [3, 3, 1]),
        ("El 3.er ataque, el 5.º ataque y la 2ª vez.", "es", [3, 5, 2]),
        ("A third man came in the 3rd year.", "en", [3, 3]),
        ("A third of them, one fifth more than before.", "en", []),
    ],
)
def test_ordinals(text: str, language: str, ranks: list[int]) -> None:
    assert [each.values[0] for each in quantities(text, language) if each.unit == "th"] == ranks


@pytest.mark.parametrize(
    ("text", "language", "negations"),
    [
        ("The non-profit trust, the no-fly zone and the not-for-profit shop.", "en", []),
        ("No-one was hurt.", "en", ["nobody"]),
        ("Nicht-EU-Bürger kamen nicht.", "de", ["nicht"]),
        ("Une association à but non lucratif, des sans-abri, des non-grévistes.", "fr", []),
        ("Il a plaidé non coupable.", "fr", ["non"]),
        ("La organización no gubernamental no vino.", "es", ["no"]),
        ("L'organizzazione non governativa non vale.", "it", ["non"]),
    ],
)
def test_a_negation_within_a_word_denies_nothing_else(text: str, language: str, negations: list[str]) -> None:
    assert said(text, language).cues == negations


TEXT = "A piece of the wall blew off the plane. Flight 1282 landed safely in Lindal."


@pytest.mark.parametrize(
    ("title", "verdict"),
    [
        ("FLIGHT 1282 LANDS SAFELY", "no claim"),
        ("VOL 1282 : ATTERRISSAGE SÛR", "no claim"),
        ("**What happened to the plane**", "no claim"),
        ("A night of turbulence and trust", "no claim"),
        ("Flight 1282 landed safely in Lindal", "supported"),
        ("Flight 1282 landed safely in Velden", "partly"),
    ],
)
def test_the_title_of_a_checked_text(tmp_path: Path, title: str, verdict: str) -> None:
    with Index.open(index_of([{"_id": "plane", "title": "Plane", "text": TEXT}], tmp_path, Options(model=DEFAULT_MODEL))) as index:
        verdicts = [each.verdict for each in index.check(f"{title}\n\n{TEXT}").sentences]
        assert verdicts == [verdict, "supported", "supported"]


@pytest.mark.parametrize(
    "answer",
    [
        "FLIGHT 1282 LANDS IN VELDEN",
        "FLIGHT 1282 LANDS IN VELDEN.\n\nIt was late that day.",
        "- FLIGHT 1282 LANDS IN VELDEN\n- It was late that day.",
        "Flight 1282 lands in Velden\nIt was late that day.",
    ],
)
def test_what_is_no_heading(answer: str) -> None:
    assert read(answer)[0][0].checkable
