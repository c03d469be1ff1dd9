"""Sentences as exact ranges of the text."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsdex.indexer.sentences import split_sentences, trim
from newsdex.records import Span

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
        pytest.param(["Mr. Smith vs. Mrs. Jones was heard.", "She won."], id="Mr. and Mrs."),
        pytest.param(["Inflation was 3.5 percent.", "Visit example.com today."], id="points inside numbers and names"),
        pytest.param(["“We will not go. Never,” he said.", "“It is late.”", "She nodded."], id="curly quotation marks"),
        pytest.param(['"Stop! Who goes there?" the guard cried.', "Nobody answered."], id="straight quotation marks"),
        pytest.param(["«Ne jemi këtu. Po,» tha ai.", "Askush nuk u përgjigj."], id="guillemets"),
        pytest.param(["„Wir gehen. Jetzt“, sagte er.", "Niemand kam."], id="German quotation marks"),
        pytest.param(["He said (it was late. It was cold.) and left.", "Then it rained."], id="parentheses"),
        pytest.param(["Is it?", "Yes!", "Well, no."], id="other ends"),
    ],
)
@pytest.mark.parametrize("space", [pytest.param(" ", id="space"), pytest.param("\n", id="line end"), pytest.param("\r\n", id="CRLF")])
def test_sentences_stay_whole(sentences: list[str], space: str) -> None:
    """Neither an abbreviation nor a quotation cuts a sentence, whatever white space comes after it."""
    assert _sentences(space.join(sentences)) == sentences


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
    ],
)
def test_a_megabyte_of_anything_takes_seconds(text: str) -> None:
    """No text of a megabyte takes more than ten seconds of processor time, and all of it is covered."""
    began = time.process_time()
    found = split_sentences(text, Span(0, len(text)))

    assert time.process_time() - began < 10
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
