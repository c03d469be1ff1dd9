"""The gate says of each sentence of an answer whether the archive says it, and how it differs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import command
import pytest
from hypothesis import given
from hypothesis import strategies as st
from indexes import index_of

from newsdex import Index, Options
from newsdex.errors import ArticleMissing, UsageError
from newsdex.records import Published
from newsdex.reports import CheckedSentence
from newsdex.reports_text import difference_text
from newsdex.search.check import dates, numbers
from newsdex.search.check.names import names
from newsdex.search.check.reading import read

BLINKEN = "2024-04-27-blinken-beijing-mp.md"
CLAIMS = Path(__file__).parents[3] / "benchmarks" / "quality" / "claims"


@pytest.fixture(scope="module")
def index(sample_index: Path) -> Iterator[Index]:
    """The sample archive."""
    with Index.open(sample_index) as opened:
        yield opened


def only(index: Index, answer: str, *hits: str) -> CheckedSentence:
    """What became of the one sentence of an answer."""
    [sentence] = index.check(answer, hits=hits or None).sentences
    return sentence


@pytest.mark.parametrize(
    ("claim", "verdict", "aspect"),
    [
        ("The Senate had approved the bill late on Tuesday by 79 votes to 18.", "supported", None),
        ("The Senate had approved the bill late on Tuesday by 97 votes to 18.", "partly", "number"),
        ("About 61 million dollars of the money is linked to Ukraine.", "partly", "number"),
        ("Kosovo has used the euro since 2005.", "partly", "date"),
        ("National Security Adviser Lloyd Austin said more ATACMS missiles would follow.", "partly", "name"),
        ("Rishi Sunak did not call a general election for 4 July.", "contradicted", "negation"),
        ("A jury convicted Simpson in October 1995.", "contradicted", "negation"),
        ("Nicola Sturgeon did not resign in February 2023.", "contradicted", "negation"),
        ("The recipe needs two eggs and a spoon of sugar.", "not in the archive", None),
        # The title says it, and no sentence in so few words.
        ("Oppenheimer won seven Oscars.", "supported", None),
        ("Barbie won seven Oscars.", "partly", "name"),
        ("Sinner won the Australian Open.", "supported", None),
        ("Der Bundestag hat Cannabis zum 1. April freigegeben.", "supported", None),
        # Two of the 181 survived.
        ("The Jeju Air crash killed 181 people.", "partly", "number"),
        ("181 people were killed in the Jeju Air crash.", "partly", "number"),
        ("The Jeju Air crash killed 179 people.", "supported", None),
        ("There were 181 people on board the Jeju Air plane.", "supported", None),
    ],
)
def test_a_sentence_is_judged_with_what_differs(index: Index, claim: str, verdict: str, aspect: str | None) -> None:
    """True ones, and others that differ from a sentence of the archive in one thing."""
    found = only(index, claim)
    assert (found.verdict, {each.aspect for each in found.differences}) == (verdict, {aspect} - {None})


@pytest.mark.parametrize(
    ("answer", "verdict", "claimed"),
    [
        ("Hasina fled to India. She won the Nobel prize.", "partly", "Hasina"),
        ("Hasina fled to India. She had resigned after weeks of protests.", "supported", None),
        ("Jannik Sinner won the Australian Open. He came back from two sets down against Medvedev.", "supported", None),
    ],
)
def test_a_pronoun_means_who_was_named_before(index: Index, answer: str, verdict: str, claimed: str | None) -> None:
    """What is said of somebody else does not support it."""
    last = index.check(answer).sentences[-1]
    assert (last.verdict, {each.claimed for each in last.differences}) == (verdict, {claimed} - {None})


# What is known to go wrong, and why; docs/CHECK.md says so, too.
MISJUDGED = {
    "Two of the 181 people aboard the Jeju Air plane survived.": "the article counts attendants",
}


def adverse() -> Iterator[Any]:
    """Claims made to mislead the gate, and whether each is true."""
    for line in (CLAIMS / "adverse.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        marks = [pytest.mark.xfail(reason=reason, strict=True)] if (reason := MISJUDGED.get(row["claim"])) else []
        yield pytest.param(row["claim"], row["kind"] == "paraphrase", marks=marks)


@pytest.mark.parametrize(("claim", "true"), list(adverse()))
def test_a_false_claim_near_to_the_truth_is_not_supported(index: Index, claim: str, true: bool) -> None:
    """By hand, from the articles; the true ones are."""
    assert (only(index, claim).verdict == "supported") is true


@pytest.mark.parametrize(
    ("claim", "day"),
    [("The Key Bridge in Baltimore collapsed on 26 March 2023.", "2024-03-26"), ("Notre-Dame reopened in December 2023.", "2024-12-08")],
)
def test_a_wrong_date_does_not_hide_the_article(index: Index, claim: str, day: str) -> None:
    """It is found without the date of the claim, and the date of its weekday, or its publication, is told."""
    found = only(index, claim)
    assert (found.verdict, [each.aspect for each in found.differences]) == ("partly", ["date"])
    assert day in found.differences[0].found


def test_what_only_announces_is_no_claim(index: Index) -> None:
    """Nothing is said before the colon."""
    assert only(index, "Wang Yi said:.").verdict == "no claim"


def test_a_pronoun_and_a_number_are_a_claim(index: Index) -> None:
    """Also a short one; a number alone is none."""
    assert only(index, "He is 95.").verdict != "no claim"
    assert only(index, "95.").verdict == "no claim"


def test_every_sentence_of_an_article_is_supported_by_it(index: Index) -> None:
    """Word for word, alone and together."""
    article = index.article(BLINKEN)
    body = article.text[article.body.start : article.body.end]
    report = index.check(body, hits=[article])
    assert [each.text for each in report.sentences if each.verdict not in ("supported", "no claim")] == []
    assert (report.score, report.accepted, report.rewritten, report.struck) == (1.0, True, body, body)


def test_offsets_are_those_of_the_answer_and_of_the_articles(index: Index) -> None:
    """A sentence is where its span says, and so is its evidence."""
    answer = "## Summary\n\n- **Wang Yi** spoke with Blinken for over five hours [1].\n- Russia claimed victory on Mars [1]."
    report = index.check(answer, hits=[BLINKEN])
    heading, first, second = report.sentences
    assert heading.verdict == "no claim"
    assert answer[first.span.start : first.span.end] == "- **Wang Yi** spoke with Blinken for over five hours [1]."
    assert first.text == "Wang Yi spoke with Blinken for over five hours."
    assert all(each.article.text[each.start : each.end] == each.text for each in first.evidence)
    assert "over five hours" in first.evidence[0].text
    assert (first.verdict, second.verdict) == ("supported", "not in the archive")
    assert report.rewritten == "## Summary\n\n- **Wang Yi** spoke with Blinken for over five hours [1]."
    assert report.struck.endswith("\n- ~~Russia claimed victory on Mars [1].~~")


def test_the_evidence_is_that_of_the_cited_article(index: Index) -> None:
    """Of several articles that say it; of one that does not say it, another is named."""
    claim = "Blinken said that he had raised serious concern about China's support for Russia's defence industry"
    articles = ["2024-04-26-blinken-beijing-hc.md", "2024-04-27-blinken-beijing-nb.md", "2024-01-02-noto-quake-nb.md"]
    assert {each.verdict for each in (only(index, f"{claim}.", articles[0]), only(index, f"{claim}.", articles[1]))} == {"supported"}
    named = [[each.article.id.rpartition("/")[2] for each in only(index, f"{claim} [{n}].", *articles).evidence][:1] for n in (1, 2, 3)]
    assert named[:2] == [articles[:1], articles[1:2]]
    assert named[2] != articles[2:]


def test_an_empty_list_of_hits_means_no_sources(index: Index) -> None:
    """Nothing is searched, and no verdict speaks of the archive."""
    claim = "Blinken met Wang Yi in Beijing"
    assert only(index, f"{claim}.").verdict == "supported"
    report = index.check(f"{claim} [1].\n\n## And so on", hits=[])
    assert [each.verdict for each in report.sentences] == ["no sources", "no claim"]
    assert (report.accepted, report.score, report.sentences[0].evidence) == (False, 0, ())
    assert [(each.label, each.supports) for each in report.sentences[0].citations] == [("1", False)]
    with pytest.raises(UsageError, match=r"Context is not a list: expected a list of hits, excerpts \(context.excerpts\), articles or ids"):
        index.check(f"{claim}.", hits=index.context(claim))  # type: ignore[arg-type]


def test_a_citation_must_point_at_an_article_that_says_it(index: Index) -> None:
    """By its place among the hits, and by its address in the answer's own list of sources."""
    claim = "Wang Yi spoke with Blinken for over five hours"
    hits = [BLINKEN, "2024-01-02-noto-quake-nb.md"]
    [right], [wrong], [none] = ((only(index, f"{claim} [{n}].", *hits)).citations for n in (1, 2, 3))
    assert (right.supports, wrong.supports, none.article_id) == (True, False, None)
    assert only(index, f"{claim} [2].", *hits).verdict == "partly"
    listed = index.check(f"{claim} [7].\n\nSources:\n[7] newsdex:article/{index.article(BLINKEN).id}\n")
    [cited] = [each for each in listed.sentences if each.verdict != "no claim"]
    assert (cited.verdict, cited.citations[0].supports) == ("supported", True)
    link = index.article("2024-01-02-noto-quake-nb.md").url
    linked = only(index, f"{claim} ([source]({link})).") if link else None
    assert linked is None or linked.verdict == "partly"


def test_a_quotation_is_verified_word_for_word(index: Index) -> None:
    """In the articles that were given, and not elsewhere."""
    said = 'Passengers were told not to come to the airport "unless absolutely {}".'
    assert only(index, said.format("necessary")).verdict == "supported"
    changed = only(index, said.format("essential"))
    assert (changed.verdict, [each.aspect for each in changed.differences]) == ("partly", ["quotation"])


def test_a_retracted_article_supports_nothing(tmp_path: Path) -> None:
    """What only a retracted article says is not accepted, with the reason of the retraction."""
    text = "Douglas Arkwright took 240,000 dollars in bribes from a builder, documents show."
    rows = [{"_id": "old", "title": "Councillor took bribes", "text": text, "language": "en", "retracted": "The documents were forged"}]
    with Index.open(index_of(rows, tmp_path, Options(model="all-MiniLM-L6-v2"))) as index:
        report = index.check(text)
    [sentence] = report.sentences
    assert not report.accepted
    assert (sentence.verdict, [each.aspect for each in sentence.differences]) == ("partly", ["retraction"])
    assert difference_text(sentence.differences[0]) == "the article was retracted: The documents were forged"


CORRECTED = "Douglas Arkwright took 240,000 dollars from a builder."


@pytest.mark.parametrize(
    ("correction", "verdict"),
    [
        ("Douglas Arkwright took 24,000 dollars from a builder, documents show.", "partly"),
        ("Douglas Arkwright took 240,000 dollars from a builder. It was in May, and not in June.", "supported"),
        ("", "partly"),
    ],
)
def test_a_corrected_article_supports_what_its_correction_says(tmp_path: Path, correction: str, verdict: str) -> None:
    """Also if only the article is given; a correction that the archive lacks confirms nothing."""
    rows = [
        {"_id": "old", "title": "Councillor", "text": CORRECTED, "language": "en", "corrected_by": "new"},
        {"_id": "new", "title": "Councillor", "text": correction, "language": "en"},
    ]
    with Index.open(index_of([row for row in rows if row["text"]], tmp_path, Options(model="all-MiniLM-L6-v2"))) as index:
        given, searched = index.check(CORRECTED, hits=["old"]), index.check(CORRECTED)
    [sentence] = given.sentences
    assert (sentence.verdict, given.accepted) == (verdict, verdict == "supported")
    assert searched.accepted == given.accepted
    if verdict == "partly":
        [difference] = sentence.differences
        assert difference_text(difference) == "the article was corrected, and the correction does not say this: see new"


def test_the_threshold_and_a_contradiction_decide(index: Index) -> None:
    """Half of two sentences is enough for a threshold of a half; nothing is enough beside a contradiction."""
    true, other = "Denmark has a new king.", "The recipe needs two eggs and a spoon of sugar."
    assert [index.check(f"{true} {other}", threshold=bar).accepted for bar in (0.5, 0.6)] == [True, False]
    assert not index.check(f"{true} A jury convicted Simpson in October 1995.", threshold=0.0).accepted
    assert index.check("Shall I look further?").accepted  # which says nothing


@pytest.mark.parametrize(
    ("wrong", "verdict", "claimed", "found"),
    [
        ("The Senate approved the bill by 97 votes to 18.", "partly", "97", "79"),
        ("The most serious breaches can bring fines of up to 39 million euros.", "partly", "39 million", "35 million"),
        ("Kosovo has used the euro since 2005.", "partly", "2005", "2002"),
    ],
)
def test_five_true_sentences_do_not_outweigh_another_number(index: Index, wrong: str, verdict: str, claimed: str, found: str) -> None:
    """The share of supported sentences, 5 of 6, would be enough."""
    true = (
        "Denmark has a new king. The Senate had approved the bill late on Tuesday by 79 votes to 18. Councillors approved the budget by 31 "
        "votes to 24. Council tax in Northgate goes up by 4.6 per cent in April. Liz Truss lost her seat in Norfolk."
    )
    report = index.check(f"{true} {wrong}")
    assert [each.verdict for each in report.sentences] == ["supported"] * 5 + [verdict]
    assert [(each.claimed, each.found) for each in report.sentences[-1].differences] == [(claimed, found)]
    assert not report.accepted
    assert index.check(true).accepted


@pytest.mark.parametrize(
    ("claim", "claimed", "found"),
    [
        ("Spain lost the European football championship.", "lost", "won"),
        ("Donald Trump lost the US presidential election.", "lost", "won"),
        ("Liz Truss won her seat in Norfolk.", "won", "lost"),
        ("Council tax in Northgate goes down by 4.6 per cent in April.", "down", "up"),
        ("The Senate rejected the law late on Thursday by 34 votes to 19.", "rejected", "passed"),
        ("Sinner comes back from two sets down to win the Australian Open.", "", ""),
        ("The Northgate library was opened in 1907.", "", ""),
    ],
)
def test_an_opposite_word_counts_though_another_sentence_has_the_claims_word(index: Index, claim: str, claimed: str, found: str) -> None:
    """Of another subject; and a text that has both words, or a short one with the claim's, contradicts nothing."""
    told = [(each.claimed, each.found) for each in only(index, claim).differences if each.aspect == "negation"]
    assert told == ([(claimed, found)] if claimed else [])


def test_it_is_deterministic_whatever_stands_beside_it(index: Index) -> None:
    """A sentence has the same verdict alone and among others, each time."""
    claims = [json.loads(line)["claim"] for line in (CLAIMS / "open.jsonl").read_text(encoding="utf-8").splitlines()[:6]]
    hits = [hit.article.id for hit in index.search("Noto earthquake Haneda", limit=5)]
    together = index.check("\n\n".join(claims), hits=hits).sentences
    assert [(each.text, each.verdict) for each in together] == [
        (each.text, each.verdict) for each in [only(index, c, *hits) for c in claims]
    ]


def test_impossible_ones_are_refused(index: Index) -> None:
    """With what was expected."""
    for answer, message in [("  ", "empty"), ("x" * 20_001, "20001 characters"), ("Prices rose in London. " * 101, "101 sentences")]:
        with pytest.raises(UsageError, match=message):
            index.check(answer)
    with pytest.raises(UsageError, match="threshold of 2"):
        index.check("Prices rose.", threshold=2)
    with pytest.raises(ArticleMissing):
        index.check("Prices rose in London.", hits=["no-such-article"])
    with pytest.raises(UsageError, match="int is not an article"):
        index.check("Prices rose in London.", hits=[1])  # type: ignore[list-item]


def test_the_command_prints_and_says_so_by_its_exit_code(sample_index: Path) -> None:
    """Accepted 0, refused 1, an error 2; --rewrite leaves out what is not supported."""

    def run(*arguments: str) -> tuple[int, str]:
        code, out, err = command.run("check", "--index-dir", sample_index, *arguments)
        assert "Traceback" not in err
        return code, out

    code, printed = run("Denmark has a new king.")
    assert all(len(line) <= 80 or "/" in line for line in printed.splitlines())  # a path stays whole
    assert (code, " ".join(printed.partition("\n\n")[0].splitlines())) == (
        0,
        "Accepted: 1 of 1 sentence is supported (threshold 0.8). Not every noun and verb is compared.",
    )
    code, printed = run("--json", "The Senate approved the bill by 97 votes to 18.")
    assert (code, json.loads(printed)["sentences"][0]["differences"][0]["claimed"]) == (1, "97")
    assert run("--rewrite", "Denmark has a new king. Add two eggs and a spoon of sugar.") == (1, "Denmark has a new king.\n")
    assert run(" ")[0] == 2
    assert run("-a", "nosuch", "Denmark has a new king.")[0] == 2
    assert 'negation: the article says "Nobody", the answer does not' in run("Three people were hurt in the Northgate library fire.")[1]
    assert "nearest: " in run("The recipe needs two eggs and a spoon of sugar.")[1]
    assert "number: eight in the answer, seven in the article" in run("The Bank of Japan raised rates by a vote of eight to one.")[1]
    hits = ["-a", "2024-01-02-noto-quake-nb.md", "-a", BLINKEN]
    told = " ".join(run(*hits, "Wang Yi spoke with Blinken for over five hours [1].")[1].split())  # over two lines
    assert "[1] does not say this; " in told
    assert BLINKEN in told


@pytest.mark.parametrize(
    ("claim", "article", "same"),
    [
        ("about 1.3 million people", "1,290,000 people", True),
        ("2,493 carats", "2,492 carats", False),
        ("2,480 carats", "2,492 carats", False),
        ("2,500 carats", "2,492 carats", True),
        ("exactly 2,500 carats", "2,492 carats", False),
        ("about 95 percent", "about 90 percent", False),
        ("1,300 people", "1,290 people", True),
        ("1,000 people", "1,290 people", False),
        ("100 miles", "160 km", True),
        ("1.3 million people", "1.4 million people", False),
        ("forty-eight dead", "48 dead", True),
        ("nine centuries", "900 years", True),
        ("2.5 km", "2,500 metres", True),
        ("5 percent", "$5", False),
        ("fewer than 1,000 people", "about 900 people", True),
        ("over 4,000 inmates", "3,900 inmates", False),
        ("$130,000", "130,000 dollars", True),
        ("the 18th title", "18 titles", False),
        ("She is 54.", "54 per cent", False),
        ("She is 54.", "54 years", True),
        ("54", "54 people", True),
    ],
)
def test_numbers_are_compared_with_their_units(claim: str, article: str, same: bool) -> None:
    """Worked by hand."""
    [ours], [theirs] = numbers.quantities(claim), numbers.quantities(article)
    assert numbers.agree(ours, theirs) is same


@pytest.mark.parametrize(
    ("claim", "article", "same"),
    [
        ("on 26 April 2024", "on Friday", True),
        ("on 25 April 2024", "on Friday", False),
        ("in April", "on 26 April", True),
        ("on 26 April", "in April", False),
        ("in 2024", "on 3 May", True),
        ("in 2021", "on 3 May", False),
        ("the fourth of July", "4 July", True),
        ("in the 1990s", "in 1994", True),
    ],
)
def test_dates_are_compared_as_far_as_they_are_said(claim: str, article: str, same: bool) -> None:
    """In an article of Friday, 26 April 2024."""
    [ours], [theirs] = dates.dates(claim, []), dates.dates(article, [])
    assert dates.agree(ours, theirs, Published("2024-04-26", "front matter")) is same


@given(st.text(max_size=300))
def test_whatever_an_answer_is_it_is_read_in_place(answer: str) -> None:
    """Claims are stretches of the answer, one after the other, and its details can be read."""
    claims, _ = read(answer)
    ends = [0, *(claim.span.end for claim in claims)]
    assert all(before <= claim.span.start < claim.span.end <= len(answer) for before, claim in zip(ends, claims, strict=False))
    for claim in claims:
        found = dates.dates(claim.text, ["de"])
        assert len(dates.mask(claim.text, found)) == len(claim.text)
        assert all(0 <= each.start < each.end <= len(claim.text) for each in (*numbers.quantities(claim.text), *names(claim.text)))
