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
    "mayor": """Mayor Marant resigns over a contract

Ilse Marant, the mayor of Carrow, resigned on Wednesday after an auditor found that she had signed a contract with her brother-in-law.

Marant, 51, said that she had not known of the shareholding. Marant's deputy, Otto Lind, sold his own shares in May.

The by-election of 21 May was won by Petra Oslo, an independent. Hugo Brandt, 44, who beat Carl Reuss in 2019, hopes to succeed Lind.""",
    "founder": """The founder and his millions of users

Konrad Weill holds four passports. The founder of Telepost was arrested as he stepped from his jet at Orly on Saturday.""",
    "show": """Singer booed on live television

Jona Brell was booed in the studio of Canal Nord on Sunday after a speech in which he praised the mayor. He was furious.""",
    "tower": """Controller dies so that others may live

Anton Gerber, a 21-year-old controller, refused to leave the tower at Lossing airport while a plane took off during the earthquake.

He then jumped from the tower. He died later in hospital.""",
    "match": """Dorn strike gives Lindholm 1-0 win over Rovers

Dario Dorn's strike consigned Rovers to a 1-0 defeat at Lindholm on Saturday. It was his first goal for Lindholm.""",
    "robots": """After visa snags, girls win a medal

A team of girls from Sudland had been denied visas until last week. The Sudland team was awarded a silver medal in Velden on Tuesday.""",
    "advert": """U.S. ambassador accuses Norland of propaganda

The U.S. ambassador to Norland accused the government of using an advertisement in a newspaper to spread propaganda.""",
    "crush": """Eight die in a crush at a shrine

The stampede at the shrine of Carrow in 2006 began when luggage from a bus tripped pilgrims, causing a bottleneck.""",
    "brothers": """Elder son of the governor in court

Tobias Kroll, the son of the governor, was accused of assaulting his brother Moritz. He said that he was not guilty.""",
    "daughter": """Carl Bork's Elder Daughter Arrested on Fraud Charges

Mia Bork, the elder daughter of the former minister and party leader Carl Bork, has been arrested on fraud charges in Velden.""",
    "round": """Three wins on the fifth day

On the fifth day of the tournament, Oberland defeated East Fell 1 \u2013 0; Marn defeated newcomers Pelt 3 \u2013 0;
and Sarr lost 1 \u2013 2 to Anglia, with a late goal by captain Hal Kerr.""",
    "crane": """Crane falls on a mosque in Carrow

A crane collapsed on Friday in the court of a mosque in Carrow, killing 107 or more and wounding 238. Rescuers freed 15 from the rubble.""",
    "army": """Strikes on the port of Gazir

Ishtal's army struck the port of Gazir on Monday. Warplanes struck the port again on Tuesday, and Ishtal said that it would go on.""",
    "singles": """Sunday in Velden

Spain's Luis Pereira defeated US golf legend Hank Dole 2&1 on Sunday. Two brothers named Ortega earned a win over Pereira on Saturday.
They returned later to beat Marek Solo.""",
    "stage": """Rapper Kit Marlo changes his name

Rapper Kit Marlo will perform on the Late Hour on Saturday. He replaces singer Adele Frost, who was ill.""",
    "protest": """Clashes on the anniversary

Six people were arrested in Marrow on Saturday after protesters clashed with the police. Fourteen people were treated for bruises.""",
    "shark": """Shark on the first day

A shark bit a 13-year-old boy off Ponto on the opening day of the lobster season. Officials shut the beaches of Ponto for two days.""",
    "claims": """The magazine's report

Tomas Brink is alleged to have then paid Kathrin Mohr 4,000 crowns in Lossing.""",
    "war": """A soldier of the war

Lt Col Otto Brenn was killed by a sniper on 4 October 1918, in the attack that cost 40 lives.""",
    "races": """Tarn clinch another title

The Tarn crew has won the 2018 Elbe Race ahead of the crew from Sudland, by four seconds.""",
    "visit": """Courtesy at the palace

When Rolf Adler left Marbeck on Monday, the tone was calmer than a year ago. His hosts gave little ground.

Ines Caro, the foreign minister, who spoke with him for over six hours, rejected the plan; Lena Voss, receiving him afterwards, smiled.

Petra Lund met Jan Moor in Ostwick on Friday. Both declined to comment.""",
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
        "Ilse Marant did not resign.",
        "Marant did not resign.",
        "The mayor did not resign.",
        "The mayor of Carrow has never resigned.",
        "Marant no longer resigned.",
        "Marant refused to resign.",
        "Ilse Marant has yet to resign.",
        "It is not true that Marant resigned.",
        "Marant denied signing the contract.",
        "Nobody resigned in Carrow.",
        "Petra Oslo did not win the by-election.",
        "Ilse Marant sold her shares.",
        "Otto Lind resigned on Wednesday.",
        "Petra Oslo resigned.",
        "Jona Brell was cheered by the audience after his speech in the studio of Canal Nord.",
        "Jona Brell was delighted after his speech in the studio of Canal Nord on Sunday.",
        "Anton Gerber survived his jump from the tower at Lossing airport.",
        "Rovers beat Lindholm 1-0 with a goal by Dario Dorn.",
        "Lindholm was beaten by Rovers.",
        "The Sudland team won the gold medal in Velden.",
        "The U.S. ambassador praised Norland for its advertisement in a newspaper.",
        "Councillor Edith Warde announced on television that she is running for mayor of Velden.",
        "Tobias Kroll assaulted his brother Moritz.",
        "Carl Bork was arrested on fraud charges.",
        "East Fell beat Oberland 1-0.",
        "Sarr beat Anglia 2-1.",
        "The Elbe Race was won by the Sudland crew.",
        "The Marlow Cup was won by Sudland.",
        "A farmer named Yuan killed a pig that had attacked him at a market in Lossing.",
        "Hank Dole beat Luis Pereira 2&1 on Sunday.",
        "Hank Dole defeated Marek Solo.",
        "Adele Frost replaced Kit Marlo on the Late Hour.",
        "Six inmates were injured at Harrow Fell.",
        "Eight officers were injured at Harrow Fell.",
        "The crane collapse in Carrow killed 238 people.",
        "The crane in Carrow wounded 107 and killed 238.",
        "Eight prison officers died at Harrow Fell.",
        "A shark bit a 13-year-old girl off Ponto.",
        "Tomas Brink paid Kathrin Mohr 4,000 crowns.",
        "Lena Voss spoke with Ines Caro for over six hours.",
        "Rolf Adler spoke about Ines Caro for over six hours.",
        "Rolf Adler beat Ines Caro.",
        "Jan Moor joined Petra Lund in Ostwick.",
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
        "The Elbe Race was won by the Tarn crew.",
        "Marn beat Pelt 3-0.",
        "Ishtal struck the port of Gazir.",
        "The crane collapse in Carrow killed at least 107 people.",
        "The crane in Carrow killed 107 and wounded 238.",
        "Mia Bork was arrested on fraud charges.",
        "Sudland lost.",
        "Edith Warde is considering a run for mayor.",
        "The warship Adelheid should have been commissioned in 2014.",
        "The warship Adelheid was launched at Velden.",
        "Dylan Rusk shot Wyatt Hale.",
        "Wyatt Hale was shot by Dylan Rusk.",
        "Rusk was arrested.",
        "Ilse Marant resigned on Wednesday.",
        "Ilse Marant, the mayor of Carrow, resigned on Wednesday.",
        "The mayor of Carrow resigned.",
        "Marant did not know of the shareholding.",
        "Otto Lind sold his shares.",
        "Petra Oslo won the by-election.",
        "Hugo Brandt hopes to succeed Lind.",
        "Konrad Weill was arrested at Orly.",
        "Konrad Weill was arrested at Orly after he stepped from his jet.",
        "Jona Brell was booed after a speech in the studio of Canal Nord.",
        "Anton Gerber, 21, refused to leave the tower at Lossing airport.",
        "Lindholm beat Rovers.",
        "Rovers were beaten by Lindholm.",
        "The girls from Sudland had initially been refused visas.",
        "The U.S. ambassador accused Norland of spreading propaganda.",
        "Councillor Edith Warde said that she would take a hard look at running for mayor.",
        "The stampede in 2006 began when pilgrims tripped over luggage from a bus.",
        "Tobias Kroll was accused of assaulting his brother Moritz.",
        "A pig killed a farmer at a market in Lossing.",
        "Luis Pereira defeated Hank Dole 2&1 on Sunday.",
        "Luis Pereira beat Hank Dole on Sunday.",
        "Hank Dole was beaten by Luis Pereira.",
        "Kit Marlo replaced Adele Frost on the Late Hour.",
        "Six people were arrested in Marrow.",
        "Fourteen people were treated in Marrow.",
        "A shark bit a 13-year-old boy off Ponto.",
        "The beaches of Ponto were closed for two days after the shark bit a boy.",
        "The Sudland team of girls won a silver medal in Velden.",
        "Otto Brenn was shot by a sniper in October 1918.",
        "Otto Brenn was killed by a sniper in the attack that left 40 people dead.",
        "Ines Caro spoke with Rolf Adler for over six hours.",
        "Rolf Adler spoke with Ines Caro for over six hours.",
        "Rolf Adler spoke to Ines Caro for over six hours.",
        "Petra Lund met Jan Moor in Ostwick.",
        "Jan Moor met Petra Lund in Ostwick.",
        "Jan Moor met with Petra Lund in Ostwick.",
    ],
)
def test_a_claim_in_other_words_or_the_other_voice_is_supported(archive: Index, claim: str) -> None:
    """The same stories say these."""
    [found] = archive.check(claim).sentences
    assert found.verdict == "supported"


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        ("Norland beat Sudland 16 to 12.", ("12", "10")),
        ("Six inmates were injured at Harrow Fell.", ("Six", "eight")),
        ("Adele Frost replaced Kit Marlo on the Late Hour.", ("Adele Frost replaced Kit Marlo", "replaces singer Adele Frost")),
        ("The Marlow Cup was won by Sudland.", ("Marlow Cup was won by Sudland", "Norland has won the Marlow Cup")),
        ("Lena Voss spoke with Ines Caro for over six hours.", ("Lena Voss spoke", "Ines Caro, the foreign minister, who spoke")),
    ],
)
def test_a_difference_shows_what_the_article_has_instead(archive: Index, claim: str, told: tuple[str, str]) -> None:
    """The number that the claim lacks, and the doer with the verb."""
    [found] = archive.check(claim).sentences
    assert told in [(each.claimed, each.found) for each in found.differences]
