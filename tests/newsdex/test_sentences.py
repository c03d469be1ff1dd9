"""Sentences as exact ranges of the text."""

# ruff: noqa: RUF001 - quotation marks and brackets of several scripts

from __future__ import annotations

import pytest
from cpu_time import within
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsdex.records import Span
from newsdex.sentences import split_sentences, trim

SENTENCE = "The minister said on Monday that the talks in Geneva would go on until the end of the week."


def _sentences(text: str, within: Span | None = None) -> list[str]:
    return [text[s.start : s.end] for s in split_sentences(text, Span(0, len(text)) if within is None else within)]


@pytest.mark.parametrize(
    "sentences",
    [
        pytest.param(["The U.S. sent Gen. Milley to Kyiv.", "He stayed."], id="U.S. and Gen."),
        pytest.param(["The U.S. President spoke.", "Nobody heard."], id="U.S. before a capital"),
        pytest.param(["He came from the U.S.", "He left."], id="U.S. at the end"),
        pytest.param(
            ["On Jan. 5 Sen. Smith (R-Tex.) met Lt. Gen. Brown at 5 p.m. in Washington, D.C., to talk.", "It rained."], id="titles"
        ),
        pytest.param(
            ["It begins at 7 p.m. ET tonight.", "It ended at 9 p.m.", "The crowd left."], id="p.m. before a time zone and at the end"
        ),
        pytest.param(["At 5 p.m. Sept. 3 it rained.", "By 6 a.m. Sunday it was dry."], id="a.m. before a month and a day"),
        pytest.param(["He spoke at an 11 a.m. Christian mass.", "He left."], id="a.m. before a noun"),
        pytest.param(["Mr. Smith vs. Mrs. Jones was heard.", "She won."], id="Mr. and Mrs."),
        pytest.param(["Inflation was 3.5 percent.", "Visit example.com today."], id="points inside numbers and names"),
        pytest.param(["“We will not go. Never,” he said.", "“It is late.”", "She nodded."], id="curly quotation marks"),
        pytest.param(['"Stop! Who goes there?" the guard cried.', "Nobody answered."], id="straight quotation marks"),
        pytest.param(["«Ne jemi këtu. Po,» tha ai.", "Askush nuk u përgjigj."], id="guillemets"),
        pytest.param(["„Wir gehen. Jetzt“, sagte er.", "Niemand kam."], id="German quotation marks"),
        pytest.param(["He said (it was late. It was cold.) and left.", "Then it rained."], id="parentheses"),
        pytest.param(["P. ¿Por qué se sintió tanto?", "R. Porque el suelo es blando.", "P. ¿Y ahora?", "R. Nada."], id="an interview"),
        pytest.param(["Ganó la 4.ª etapa y el 2.º premio.", "Es el primero."], id="Spanish ordinals"),
        pytest.param(["Is it?", "Yes!", "Well, no."], id="other ends"),
    ],
)
@pytest.mark.parametrize("space", [pytest.param(" ", id="space"), pytest.param("\n", id="line end"), pytest.param("\r\n", id="CRLF")])
def test_sentences_stay_whole(sentences: list[str], space: str) -> None:
    """Neither an abbreviation nor a quotation cuts a sentence, whatever white space comes after it."""
    assert _sentences(space.join(sentences)) == sentences


@pytest.mark.parametrize("question", ["**Avez-vous peur ?**", "_Was it lonely?_", "*Is it ?*", "Who goes there?**"])
def test_markup_behind_its_mark_is_of_the_sentence(question: str) -> None:
    """As in the questions of an interview in Markdown; not at the beginning of the next one."""
    assert _sentences(f"{question}\n\nNothing. **Never** again.") == [question, "Nothing.", "**Never** again."]
    assert _sentences(question) == [question]


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("fr", ["Il veut voter pour M.\u00a0Trump.", "Il rit."]),
        ("fr", ["M. Roux et Me Blanc sont venus.", "MM. Noir et Dr. Petit sont partis."]),
        ("fr", ["Le no. 5 a gagn\u00e9 \u00e0 St. Louis.", "Elle a dit no.", "Il rit."]),
        ("fr", ["C\u2019est l\u2019arr\u00eat Roe v. Wade.", "Il date de 1973."]),
        ("es", ["Fue a St. Louis con el Lic. Vega.", "Toma vitamina D.", "Es buena."]),
        ("pt", ["O St. Mirren ganhou a Av. Paulista.", "A marinha dos E.U.A. chegou."]),
        ("pt", ["Foi o art. 3 da p\u00e1g. 5 e da p. 9.", "Acabou."]),
        (
            "pt",
            [
                "Leu O Estado de S. Paulo em S. Bernardo.",
                "Toma vitamina D.",
                "Ela \u00e9 boa.",
                "O time \u00e9 do grupo A.",
                "O Brasil venceu.",
            ],
        ),
        ("it", ["Vive vicino a S. Pietro.", "Prende la vitamina C.", "La Roma \u00e8 nel gruppo A.", "Il Milan vince."]),
        ("it", ["L\u2019on. Verdi e l\u2019avv. Neri sono usciti.", "Piove."]),
        (
            "ru",
            [
                "\u041e\u043d \u0436\u0438\u0432\u0435\u0442 \u043d\u0430 \u0443\u043b. \u041b\u0435\u043d\u0438\u043d\u0430.",
                "\u0418\u0434\u0435\u0442 \u0441\u043d\u0435\u0433.",
            ],
        ),
    ],
)
def test_abbreviations_of_other_languages(language: str, sentences: list[str]) -> None:
    text = " ".join(sentences)
    assert [text[s.start : s.end] for s in split_sentences(text, Span(0, len(text)), language)] == sentences


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("de", ["Zur 73. Lindauer Nobelpreisträgertagung kamen viele.", "Es war gut."]),
        ("de", ["Die 14. Ausgabe begann gestern.", "Sie ist dick."]),
        ("de", ["Das war zum 10. Mal so."]),
        ("de", ["Zur 73. „Berlinale“ kamen viele.", "Es war gut."]),
        ("de", ["Er schlug den 1. FC Köln.", "Der Trainer ging."]),
        ("de", ["Am 1. und 2. Weihnachtstag blieb es kalt.", "Es schneite."]),
        ("de", ["Im 21. Jahrhundert ist das so."]),
        ("de", ["Es war ihr 50. Geburtstag.", "Sie lachte."]),
        ("de", ["Jede 3. Frau ging.", "Keine blieb."]),
        ("de", ["Er wurde 73.", "Dann starb er."]),
        ("de", ["Er ist 73.", "Bayern gewann."]),
        ("de", ["Das war im Jahr 2024.", "Danach kam der Sieg."]),
        ("de", ["Es geschah 2024.", "Merkel ging."]),
        ("de", ["Die Wahl ist am 24.", "Danach wird gezählt."]),
        ("de", ["Bayern ist auf Platz 3.", "Leipzig folgt."]),
        ("de", ["Er wurde der 3.", "Und er freute sich."]),
        ("da", ["Den 14. Bogmesse kom.", "Han var 73.", "Det var godt."]),
        ("nb", ["Det var den 14. Oslo-messen.", "Hun var 73.", "Bergen vant."]),
        ("hu", ["A 73. Berlinale kezdete.", "Az jó."]),
        ("fi", ["Se oli 10. kerta.", "Hän on 73.", "Sitten se alkoi."]),
        ("cs", ["Byl to 10. ročník.", "Bylo mu 73.", "Potom odešel."]),
        ("tr", ["Bu 10. festival.", "Adam 73.", "Sonra gitti."]),
        ("es", ["El 73. congreso se inauguró.", "Tenía 73.", "Luego murió."]),
        ("fr", ["Le 73. congrès est ouvert.", "Il avait 73.", "Puis il partit."]),
        ("en", ["The 14. edition is out.", "He was 73.", "Then he died."]),
        ("en", ["It beat the 73.", "London won."]),
    ],
)
def test_ordinals_stay_in_their_sentence(language: str, sentences: list[str]) -> None:
    """A number with a stop ends a sentence, unless a small letter follows it or it stands between an article and what it counts."""
    text = " ".join(sentences)
    assert [text[s.start : s.end] for s in split_sentences(text, Span(0, len(text)), language)] == sentences


_LONG = "He spoke of the harvest and of the price of bread, which had doubled within a year in most towns of the north."


@pytest.mark.parametrize(
    "sentences",
    [
        pytest.param(['“We go."', "He left.", "They stayed.", "“No.”", "It rained."], id="opened curly, closed straight"),
        pytest.param(['"We go.”', "He left.", "They stayed.", '"No."', "It rained."], id="opened straight, closed curly"),
        pytest.param(["“We will stay.", _LONG, _LONG, "That is all."], id="never closed"),
        pytest.param(['He spoke of "the law.', _LONG, _LONG, '"It is late," she said.', "They left."], id="straight, never closed"),
        pytest.param(["It was over.”", _LONG, "“We won,” he said."], id="never opened"),
        pytest.param(['Dragons" Den is back.', _LONG, 'It is "fun."', "They left."], id="inches for an apostrophe"),
        pytest.param(["He came (with his dog.", _LONG, _LONG, "She left (alone)."], id="a parenthesis never closed"),
        pytest.param(["The boys’ team won.", "It was the girls’ day.", "’Tis so."], id="apostrophes after an s"),
        pytest.param(["It's the boys' turn.", "He said so.", "It's the dogs' too."], id="straight apostrophes"),
        pytest.param(["“He told me, ‘Go home. Now,’ and I went,” she said.", "He slept."], id="a quotation in a quotation"),
        pytest.param(["‘She said “no. Never,” and left,’ he said.", "He slept."], id="a double one in a single one"),
        pytest.param(["“Is it late?” he asked.", "“Yes!” she said.", "It was."], id="he asked"),
        pytest.param(["(It rained.)", "They stayed in.", "[It snowed.]", "They left."], id="a sentence in brackets"),
        pytest.param(["“" + _LONG, _LONG, "We will stay,” he said.", "They left."], id="a long quotation"),
        pytest.param(["George W. Bush met J. K. Rowling.", "They spoke."], id="initials"),
        pytest.param(["She wrote to Ms. Maurice.", "Gens. Lee and Grant met.", "It was over."], id="titles"),
        pytest.param(["Prices rose by 3.5 percent to $1.2 million.", "No. 5 won."], id="decimals"),
        pytest.param(["The U.S. Army left the U.K. in 1945.", "It came back."], id="U.S. and U.K."),
        pytest.param(["He saw it [1].", "So did she [2, 3].", "They left."], id="references"),
        pytest.param(["It was so (p < 0.05).", "It rose to > 5 in June.", "They left."], id="comparisons"),
        pytest.param(["«\u00a0Nous partons.\u00a0»", "Il est resté.", "«\u00a0Bien.\u00a0»"], id="French quotation marks"),
    ],
)
def test_no_quotation_swallows_what_follows(sentences: list[str]) -> None:
    """Quotation marks and brackets are paired by where they are, and one that has no partner joins no sentences."""
    assert _sentences(" ".join(sentences)) == sentences


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["Talks go on in Geneva", "The minister said on Monday that they would end soon."], id="a headline"),
        pytest.param(["Talks go on", "By Ann Lee", "GENEVA (AP) — The minister said that they would end soon."], id="a byline"),
        pytest.param(["The river at Basel (photo: Ann Lee)", "The river rose by two metres on Monday, the town said."], id="a caption"),
        pytest.param(["More from the harbour", "Keeper retires", "Fire on the pier", "The keeper left on Monday, he said."], id="menus"),
        pytest.param(["What to bring:", "- a coat", "- a hat", "- water for the whole of the day"], id="a list of words"),
        pytest.param(["1. Wash the rice", "2. Boil it for ten minutes in plenty of water", "3. Serve"], id="a numbered list"),
        pytest.param(["(a) the coat", "(b) the hat and the gloves, which are red", "(c) the shoes"], id="a lettered list"),
        pytest.param([_LONG[:-1] + " and " + _LONG[:-1], "The next paragraph has no stop before it."], id="a line wider than any page"),
        pytest.param(["“We go.", "They stay,” he said of the two teams in the final."], id="a quotation over two paragraphs"),
    ],
)
def test_lines_that_end_a_sentence(lines: list[str]) -> None:
    """A line ends its sentence where it is short, or where the next is an item of a list."""
    assert _sentences("\n".join(lines)) == lines


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The minister said on Monday that\nthe talks in Geneva would go on\nuntil the end of the week.", id="small letters"),
        pytest.param("The talks were led by Ms. Ann Lee and\nJohn Smith of the very old town of\nGeneva.", id="a name that did not fit"),
        pytest.param("He was seen at the\nIntergovernmental office in Rome.", id="a long word that did not fit"),
        pytest.param(f"{_LONG[:-1]} and in the old port of\nGeneva.", id="a line of 140 characters"),
    ],
)
def test_lines_of_one_width_are_joined(text: str) -> None:
    """A sentence goes on where the line was broken because the next word had no room."""
    assert _sentences(text) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "Officers of the 62\nnd\nprecinct, which is in the north of the town, arrested two men on Monday, and a third man later.",
        "There were more shootings\n, including fatal ones, in the two weeks before the vote, than in all of the year before.",
        "Ann Lee, who plays the keeper in Jon Roe's\nLight\n, says that the harbour film was made in nine days.",
        "The keeper of the lighthouse told\nThe Harbour Herald\non Tuesday that the two boats had not stopped when they were told to.",
        "He was in\nLight\n,\nThe Long Pier\nand\nThe Return of the Keeper\n, which the town has not forgotten.",
        "The children met\nLight Keeper\n's old dog at the pier, which is ten years old.",
        "District Attorney Ann Lee\nannounced that the harbour master would be charged with the death of two sailors in the storm of May.",
    ],
)
def test_links_on_lines_of_their_own_do_not_end_a_sentence(text: str) -> None:
    """As in a page that was saved as text."""
    assert _sentences(text) == [text]


@pytest.mark.parametrize(
    "lines", [["What to bring:", "coats and hats", "water"], ["rice", "beans", "salt, for the water of the beans and the rice"]]
)
def test_items_in_small_letters_are_sentences(lines: list[str]) -> None:
    story = "The market is open on every day of the week but for Monday, and on that day the fishermen sell at the pier, the town said."
    assert _sentences("\n".join([*lines, story])) == [*lines, story]


def test_a_short_line_of_broken_text_ends_a_paragraph() -> None:
    """In lines of one width, one with room for the next word is the last of its paragraph."""
    text = "The minister said on Monday that\nthe talks go on\nNobody in the hall believed him."

    assert _sentences(text) == ["The minister said on Monday that\nthe talks go on", "Nobody in the hall believed him."]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        pytest.param("a b, c: " * 40 + "end; " + "x y, z " * 30, "a b, c: " * 40 + "end;", id="at a semicolon"),
        pytest.param("one two, three " * 60, ("one two, three " * 60)[:398], id="at a comma"),
        pytest.param("word " * 20 + "end; " + "x y, z " * 60, "word " * 20 + "end;", id="not long after the beginning"),
        pytest.param(
            "word " * 10 + "end; " + "xy, z " * 65, "word " * 10 + "end; " + "xy, z " * 56 + "xy,", id="not right at the beginning"
        ),
        pytest.param("one two " * 100, "one two " * 49 + "one two", id="between words"),
        pytest.param("x" * 900, "x" * 900, id="a word stays whole"),
    ],
)
def test_a_sentence_of_more_than_400_characters_is_cut(text: str, first: str) -> None:
    """No sentence is longer than 400 characters, if there is any place to cut it: at clauses first, then at commas."""
    found = _sentences(text)

    assert found[0] == first
    assert all(len(each) <= 400 for each in found if " " in each)
    assert "".join("".join(found).split()) == "".join(text.split())


def test_a_sentence_of_400_characters_stays_whole() -> None:
    """The limit itself is no reason to cut."""
    text = ("word, " * 80)[:399] + "."

    assert _sentences(text) == [text]


@pytest.mark.parametrize(("words", "whole"), [(28, True), (34, False)])
def test_a_short_quotation_keeps_its_sentences(words: int, whole: bool) -> None:
    """Up to 160 characters a quotation is one sentence with what is said of it; a longer one is cut at its sentences."""
    text = f"“{'Word. ' + 'word ' * words}so,” he said."

    assert (len(_sentences(text)) == 1) == whole


@pytest.mark.parametrize(
    "blank",
    [
        pytest.param("\n\n", id="LF"),
        pytest.param("\r\n\r\n", id="CRLF"),
        pytest.param("\n \t\n", id="white space in it"),
        pytest.param("\n\n\n\n", id="many"),
    ],
)
def test_blank_line_ends_a_sentence(blank: str) -> None:
    """A headline without a full stop is not joined to the paragraph below it."""
    assert _sentences(f"Talks go on{blank}The minister said so.") == ["Talks go on", "The minister said so."]


def test_cjk_sentences_need_no_space() -> None:
    """A full stop of Chinese or Japanese ends a sentence without white space after it."""
    assert _sentences("会谈继续。他们很高兴。") == ["会谈继续。", "他们很高兴。"]


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        pytest.param("de", ["Er kam am 3. Mai 2024 an.", "Das gilt z. B. für Berlin.", "Sie blieb."], id="German dates and abbreviations"),
        pytest.param("es", ["El Sr. García llegó ayer.", "Se quedó."], id="Spanish titles"),
        pytest.param("xx", ["He came.", "She stayed."], id="no language at all"),
    ],
)
def test_each_language_has_its_own_rules(language: str, sentences: list[str]) -> None:
    """What ends a sentence depends on the language."""
    text = " ".join(sentences)
    assert [text[s.start : s.end] for s in split_sentences(text, Span(0, len(text)), language)] == sentences


def test_a_row_of_a_table_is_a_sentence() -> None:
    """Whatever ends in its cells; a row of more than 400 characters is text in a table, and is cut as such."""
    rows = ["| 2. | B. Lee | U.S. | He left. Nobody followed. |", "|---|---|", "| 14. Ann Roe | 3. |"]
    assert _sentences("Results.\n" + "\n".join(rows)) == ["Results.", *rows]
    assert _sentences("\n\n".join(rows)) == rows
    long = f"| {SENTENCE * 3} | {SENTENCE} {SENTENCE} |"
    assert len(_sentences(long)) > 2


def test_rows_of_a_long_table_stay_whole() -> None:
    """Also where a paragraph is split in parts of 20,000 characters."""
    rows = [f"| {number}. | B. Lee | St. Ives. | {number * 7} |" for number in range(2_000)]
    assert _sentences("\n".join(rows)) == rows


def test_only_the_range_is_split() -> None:
    """Sentences are looked for within the range alone, and their offsets count from the beginning of the text."""
    text = "title: Talks. Now\n---\nThey talk. They go on. End"
    within = Span(22, 45)

    assert split_sentences(text, within) == [Span(22, 32), Span(33, 44)]
    assert _sentences(text, within) == ["They talk.", "They go on."]


@pytest.mark.parametrize("text", ["", " ", "\n\n \r\n", "\u3000\xa0\u2009"])
def test_white_space_has_no_sentences(text: str) -> None:
    """White space alone is no sentence."""
    assert split_sentences(text, Span(0, len(text))) == []


@pytest.mark.parametrize(
    "space", [pytest.param(" ", id="one paragraph"), pytest.param("\n", id="a line a paragraph"), pytest.param("\r\n", id="CRLF")]
)
def test_long_text_without_blank_lines_keeps_its_sentences(space: str) -> None:
    """However long a text is that has no blank line, no sentence of it is cut."""
    assert _sentences(space.join([SENTENCE] * 1000)) == [SENTENCE] * 1000


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a" * 1_000_000, id="one word"),
        pytest.param("word " * 200_000, id="words"),
        pytest.param("中" * 1_000_000, id="Chinese without an end"),
        pytest.param("\n" * 1_000_000, id="line ends"),
        pytest.param("U.S. " * 200_000, id="abbreviations"),
        pytest.param('"' * 1_000_000, id="quotation marks"),
        pytest.param("(" * 1_000_000, id="parentheses"),
        pytest.param('"He said. ' * 100_000, id="quotations never closed"),
        pytest.param(" " * 1_000_000 + "x", id="white space"),
        pytest.param("“ " * 500_000, id="marks that open"),
        pytest.param("”. “A " * 160_000, id="marks and stops"),
        pytest.param("a\nB\n" * 250_000, id="short lines"),
        pytest.param("a, " * 330_000, id="commas"),
    ],
)
def test_a_megabyte_of_anything_takes_seconds(text: str) -> None:
    """No text of a megabyte takes more than ten seconds of processor time, and all of it is covered."""
    found = within(10, lambda: split_sentences(text, Span(0, len(text))))

    assert "".join("".join(text[s.start : s.end].split()) for s in found) == "".join(text.split())


_SPACES = " \t\n\r\x0b\x0c\x1c\x85\xa0\u1680\u2009\u2028\u2029\u202f\u205f\u3000"
_MARKS = ".!?\u2026\u3002\"'\u201c\u201d\u2018\u2019«»()[],;:-\u2014\0\u0301\u200b\u200d\ufe0f\ufeff\ufffd\u180e"
_WORDS = ["a", "Word", "word", "U.S.", "Gen.", "J.", "K.", "p.m.", "5.5", "[1]", "x" * 120, "https://a.b/c?d=e"]
_SYMBOLS = ["e\u0301", "👩\u200d👩\u200d👧", "👍🏽", "中国", "한국어", "\u1100\u1161", "İ", "ﷺ", "\U0010ffff"]
_PIECES = st.sampled_from([*_SPACES, "  ", "\n\n", "\r\n", "\r\n\r\n", ". ", "! ", *_MARKS, *_WORDS, *_SYMBOLS])


@given(st.one_of(st.lists(_PIECES, max_size=80).map("".join), st.text(max_size=200)), st.integers(0, 20))
@example("J.\u2009K. Rowling", 0)
@settings(deadline=None, max_examples=400)
def test_sentences_cover_every_character_once(text: str, start: int) -> None:
    """Sentences are in order, bare of white space at their ends, and leave out nothing but white space."""
    within = Span(min(start, len(text)), len(text))
    found = split_sentences(text, within)

    rest = within.start
    for sentence in found:
        assert not text[rest : sentence.start].strip()
        assert text[sentence.start : sentence.end].strip() == text[sentence.start : sentence.end] != ""
        rest = sentence.end
    assert not text[rest:].strip()


@given(st.text(st.sampled_from("ab \n\u3000\x1c"), max_size=30), st.integers(0, 30), st.integers(0, 30))
@settings(deadline=None)
def test_trim_is_strip_with_offsets(text: str, first: int, second: int) -> None:
    """Trimming a range gives what str.strip gives of its text."""
    span = Span(*sorted((min(first, len(text)), min(second, len(text)))))
    trimmed = trim(text, span)

    assert text[trimmed.start : trimmed.end] == text[span.start : span.end].strip()
    assert span.start <= trimmed.start <= trimmed.end <= span.end
