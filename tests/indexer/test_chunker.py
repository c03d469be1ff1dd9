"""Articles to passages: exact offsets, whole sentences, nothing cut off."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise, product
from pathlib import Path

import pytest
from cpu_time import cheapest, within
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsdex.encoder import Encoder
from newsdex.engines.hashing import HashEncoder
from newsdex.engines.question_engine import NumpyEncoder
from newsdex.errors import UsageError
from newsdex.indexer.chunker import SPECIAL_TOKENS, TITLE_TOKENS, Chunk, Chunked, Chunker
from newsdex.records import Article, Span
from newsdex.settings import Chunking

HASH = HashEncoder()
SENTENCE = "The minister said on Monday that the talks in Geneva would go on until the end of the week."  # 19 words and a point


@cache
def _minilm() -> NumpyEncoder:
    return NumpyEncoder()


def _article(text: str, title: str = "", body: Span | None = None) -> Article:
    return Article("a", text, Path("/archive/a.txt"), "0" * 64, title=title, body=Span(0, len(text)) if body is None else body)


def _cut(text: str, chunking: Chunking, title: str = "", encoder: Encoder = HASH) -> Chunked:
    return Chunker(chunking, encoder.count_tokens, encoder.card.max_tokens).cut(_article(text, title))


def _passages(text: str, chunking: Chunking, title: str = "", encoder: Encoder = HASH) -> list[str]:
    return [text[chunk.span.start : chunk.span.end] for chunk in _cut(text, chunking, title, encoder).chunks]


def _check(article: Article, chunking: Chunking, encoder: Encoder) -> None:
    """Everything that is true of every article's passages, whatever is in it."""
    chunked = Chunker(chunking, encoder.count_tokens, encoder.card.max_tokens).cut(article)
    text, chunks = article.text, chunked.chunks
    for chunk in chunks:
        passage = text[chunk.span.start : chunk.span.end]
        assert passage.strip() == passage != ""
        assert chunk.embedded.endswith(passage)
        assert encoder.count_tokens([chunk.embedded]) == [chunk.tokens - SPECIAL_TOKENS]
        assert chunk.tokens <= chunking.max_tokens
    _check_cover(article, chunked.sentences, once=True)
    _check_cover(article, [chunk.span for chunk in chunks], once=chunking.overlap == 0)


def _check_cover(article: Article, spans: Sequence[Span], *, once: bool) -> None:
    """All of the body but white space is in ``spans``, in order; with ``once``, in one of them only."""
    times = [0] * len(article.text)
    for span in spans:
        for i in range(span.start, span.end):
            times[i] += 1
    for i, character in enumerate(article.text):
        if not article.body.start <= i < article.body.end:
            assert times[i] == 0
        elif not character.isspace():
            assert times[i] == 1 if once else times[i] >= 1
    assert all(a.start < b.start and a.end < b.end for a, b in pairwise(spans))


_SPACES = " \t\n\r\x0b\x0c\x1c\x85\xa0\u1680\u2009\u2028\u2029\u202f\u205f\u3000"
_MARKS = ".!?\u2026\u3002\"'\u201c\u201d\u2018\u2019«»()[],;:-\u2014\0\u0301\u200b\u200d\ufe0f\ufeff\ufffd\u180e"
_WORDS = ["a", "Word", "word", "U.S.", "Gen.", "J.", "K.", "p.m.", "5.5", "[1]", "don't", "internationalisation", "https://a.b/c?d=e"]
_SYMBOLS = ["e\u0301", "👩\u200d👩\u200d👧", "👍🏽", "中国", "한국어", "\u1100\u1161", "İ", "ﷺ", "\U0010ffff", "\u0301" * 120]
_LONG = ["q" * 100, "w" * 101, "ab" * 300, "中" * 150, "한" * 120, "👩\u200d" * 60, "e\u0301" * 80, "1" * 99]
_PARAGRAPHS = [
    SENTENCE + " ",
    SENTENCE + "\n\n",
    '"Stop. Go," he said. ',
    "Gen. Li of the U.S. met Mr. Ho; they spoke, at length, of this: peace.\r\n\r\n",
]
_PIECES = st.sampled_from([*_SPACES, "  ", "\n\n", "\r\n", "\r\n\r\n", ". ", "! ", *_MARKS, *_WORDS, *_SYMBOLS, *_LONG, *_PARAGRAPHS])
_TEXTS = st.builds(lambda pieces, times: "".join(pieces) * times, st.lists(_PIECES, max_size=60), st.sampled_from([1, 1, 2, 5]))
_TITLES = st.one_of(st.just(""), st.just("Talks go on"), st.lists(_PIECES, max_size=30).map("".join))
_SETTINGS = st.builds(Chunking, st.sampled_from([64, 65, 100, 256]), st.sampled_from([0, 0, 1, 3]), st.booleans())


@given(_TEXTS, _TITLES, st.integers(0, 20), _SETTINGS)
@example("J.\u2009K. Rowling", "", 0, Chunking(256))
@example("\u0301" * 5000, "", 0, Chunking(64))
@example("word " * 300, "title " * 60, 0, Chunking(64))
@settings(deadline=None, max_examples=300)
def test_passages_are_exact_whole_and_fit(text: str, title: str, start: int, chunking: Chunking) -> None:
    """Passages are trimmed slices of the body that fit the window as counted, and leave out nothing but white space."""
    _check(_article(text, title, Span(min(start, len(text)), len(text))), chunking, HASH)


@given(_TEXTS, _TITLES, _SETTINGS)
@example("中" * 1000, "中" * 200, Chunking(64))
@example("\u0301" * 5000, "", Chunking(64))
@example("한국어" * 500, "U.S. " * 40, Chunking(64))
@example("ﷺ" * 1000, "ﷺ" * 100, Chunking(256))
@settings(deadline=None, max_examples=80)
def test_passages_fit_as_the_real_tokenizer_counts(text: str, title: str, chunking: Chunking) -> None:
    """The same holds when tokens are the word pieces of the default model."""
    _check(_article(text, title), chunking, _minilm())


@pytest.mark.parametrize(
    "sentences",
    [
        pytest.param(
            ["The U.S. sent Gen. Milley to Kyiv on Jan. 5 with Lt. Gen. Brown of the U.S. Army.", "They stayed there."], id="abbreviations"
        ),
        pytest.param(['"Stop! Who goes there? Answer me. Now," the guard cried from the gate.', "Nobody answered him."], id="quotation"),
        pytest.param(["“We will not go. Never. Not one of us,” he said.", "“It is late.”"], id="curly quotation"),
        pytest.param(
            ["He paid 3.5 million (about 2.9 million euros, vs. 3.1 in 2023) to Acme Inc. of Dover, Del., a maker of bells."], id="points"
        ),
    ],
)
@pytest.mark.parametrize("space", [pytest.param(" ", id="space"), pytest.param("\r\n\r\n", id="CRLF paragraphs")])
def test_passages_end_where_sentences_end(sentences: list[str], space: str) -> None:
    """Neither an abbreviation nor a point within a quotation ends a passage."""
    text = space.join(sentences * 30)
    starts, ends = set(), set()
    position = 0
    for sentence in sentences * 30:
        starts.add(position)
        ends.add(position + len(sentence))
        position += len(sentence) + len(space)

    chunks = _cut(text, Chunking(64)).chunks

    assert len(chunks) > 5
    assert {chunk.span.start for chunk in chunks} <= starts
    assert {chunk.span.end for chunk in chunks} <= ends


@pytest.mark.parametrize(
    ("sentences", "expected"),
    [
        pytest.param(3, [3], id="all fit"),
        pytest.param(12, [3, 3, 3, 3], id="full passages"),
        pytest.param(4, [2, 2], id="halves rather than 3 and 1"),
        pytest.param(10, [3, 3, 2, 2], id="no crumb at the end"),
    ],
)
def test_passages_are_of_about_equal_size(sentences: int, expected: list[int]) -> None:
    """Sentences are shared out evenly among as few passages as hold them: 3 of 20 tokens fit into 64."""
    passages = _passages(" ".join([SENTENCE] * sentences), Chunking(64))

    assert passages == [" ".join([SENTENCE] * count) for count in expected]


def test_short_article_is_one_passage_without_its_white_space() -> None:
    """An article that fits is one passage, from its first to its last letter, line ends and all."""
    text = "\r\n  Talks go on.\r\n\r\nThe minister said so.\n\n"

    assert _cut(text, Chunking(256)).chunks == [Chunk(Span(4, 41), "Talks go on.\r\n\r\nThe minister said so.", 9 + 2)]


@pytest.mark.parametrize("text", ["", " ", "\r\n\r\n", "\u3000\xa0\t"])
def test_white_space_has_no_passage(text: str) -> None:
    """White space alone is no passage, with a title or without."""
    assert _cut(text, Chunking(256), "Talks go on") == Chunked([], [])


def test_title_is_embedded_and_counted_but_not_in_the_passage() -> None:
    """The title stands before each passage that is embedded, takes its part of the window, and moves no offset."""
    text = " ".join([SENTENCE] * 6)
    chunks = _cut(text, Chunking(64), "Talks  go\non").chunks

    assert [chunk.embedded for chunk in chunks] == [f"Talks go on\n{SENTENCE} {SENTENCE}"] * 3
    assert [chunk.span for chunk in chunks] == [Span(start, start + 183) for start in (0, 184, 368)]
    assert [chunk.tokens for chunk in chunks] == [3 + 40 + 2] * 3


def test_title_that_starts_the_passage_is_not_repeated() -> None:
    """A plain text file, whose first line is its title, is embedded as it stands; its later passages get the title."""
    text = "Talks go on\n\n" + " ".join([SENTENCE] * 4)
    first, second = _cut(text, Chunking(64), "Talks go on").chunks

    assert first.embedded == text[: first.span.end]
    assert second.embedded == f"Talks go on\n{text[second.span.start :]}"


def test_title_can_be_left_out() -> None:
    """Without the setting ``title``, what is embedded is the passage alone."""
    chunk = _cut(SENTENCE, Chunking(256, title=False), "Talks go on").chunks[0]

    assert chunk == Chunk(Span(0, 91), SENTENCE, 20 + 2)


def test_long_title_is_shortened_at_a_word() -> None:
    """Of a title of more than 48 tokens, as many whole words are embedded as make 48, and passages still fit."""
    title = " ".join(f"word{i}" for i in range(200))
    chunks = _cut(" ".join([SENTENCE] * 3), Chunking(70), title).chunks

    shortened = " ".join(f"word{i}" for i in range(TITLE_TOKENS))
    assert [chunk.embedded for chunk in chunks] == [f"{shortened}\n{SENTENCE}"] * 3
    assert [chunk.tokens for chunk in chunks] == [48 + 20 + 2] * 3


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("x" * 500, id="one long word"),
        pytest.param("中" * 500, id="Chinese"),
        pytest.param("\u0301" * 500, id="marks"),
        pytest.param("\0" * 500, id="NULs"),
        pytest.param("a-b/" * 200, id="marks between letters"),
    ],
)
@pytest.mark.parametrize("real", [pytest.param(False, id="hash"), pytest.param(True, id="minilm")])
def test_title_that_has_no_words_to_shorten_at_leaves_room(title: str, real: bool) -> None:
    """Whatever the title, a passage in the smallest window is whole sentences of the article."""
    encoder: Encoder = _minilm() if real else HASH
    text = "The talks go on. " * 10

    _check(_article(text, title), Chunking(64), encoder)
    assert "The talks go on." in _passages(text, Chunking(64), title, encoder)[0]


def test_prefix_takes_its_part_of_the_window() -> None:
    """What the model wants before a passage is counted with it, and so leaves less room."""
    text = " ".join([SENTENCE] * 6)
    chunks = Chunker(Chunking(64), HASH.count_tokens, 256, "passage: of news:").cut(_article(text)).chunks

    assert [text[c.span.start : c.span.end] for c in chunks] == [f"{SENTENCE} {SENTENCE}"] * 3
    assert [chunk.tokens for chunk in chunks] == [5 + 40 + 2] * 3


def test_sentence_longer_than_the_window_is_cut_at_clauses() -> None:
    """Where a long sentence has clauses, each of its passages ends with one."""
    text = ", ".join(["while the ministers met in the old town hall"] * 30) + "."
    passages = _passages(text, Chunking(64))

    assert len(passages) > 1
    assert all(passage.startswith("while") for passage in passages)
    assert all(passage.endswith("hall,") for passage in passages[:-1])
    assert " ".join(passages) == text


def test_sentence_without_clauses_is_cut_at_words() -> None:
    """A long sentence without clauses is cut between words, into passages that are full."""
    text = " ".join(str(i % 10) for i in range(185)) + "."
    passages = _passages(text, Chunking(64))

    assert [HASH.count_tokens([passage]) for passage in passages] == [[62]] * 3
    assert " ".join(passages) == text


@pytest.mark.parametrize(
    "character",
    [
        pytest.param("e\u0301", id="accent"),
        pytest.param("a\u0323\u0302", id="two accents"),
        pytest.param("\u2764\ufe0f", id="variation selector"),
        pytest.param("👩\u200d👩\u200d👧", id="family"),
    ],
)
def test_long_word_is_not_cut_before_a_mark(character: str) -> None:
    """A word too long for the tokenizer is cut between letters, not between a letter and its accent or inside an emoji."""
    text = "x" + character * 500
    spans = [chunk.span for chunk in _cut(text, Chunking(128)).chunks]

    assert len(spans) > 1
    assert [span.start for span in spans] == [0, *(span.end for span in spans[:-1])]
    assert spans[-1].end == len(text)
    assert {(span.start - 1) % len(character) for span in spans[1:]} == {0}


@pytest.mark.parametrize(
    ("text", "most", "real"),
    [
        pytest.param("a" * 1_000_000, 10_000, False, id="a word"),
        pytest.param("a" * 1_000_000, 10_000, True, id="a word, minilm"),
        pytest.param("中" * 1_000_000, 10_000, False, id="Chinese"),
        pytest.param("word " * 200_000, 1_000, False, id="words"),
        pytest.param("word " * 200_000, 1_000, True, id="words, minilm"),
        pytest.param("U.S. " * 200_000, 10_000, False, id="abbreviations"),
        pytest.param(f"{SENTENCE} " * 11_000, 1_100, False, id="sentences"),
        pytest.param(" " * 1_000_000 + "x", 1, False, id="white space"),
    ],
)
def test_line_of_a_megabyte_is_cut_in_seconds(text: str, most: int, real: bool) -> None:
    """A line of a megabyte, with spaces or without, takes seconds, loses nothing and does not fall into crumbs."""
    encoder: Encoder = _minilm() if real else HASH
    chunks = within(30, lambda: _cut(text, Chunking(256), encoder=encoder).chunks)

    assert len(chunks) <= most
    assert "".join("".join(text[c.span.start : c.span.end].split()) for c in chunks) == "".join(text.split())
    assert max(chunk.tokens for chunk in chunks) <= 256


@pytest.mark.parametrize("overlap", [1, 2])
def test_overlap_repeats_whole_sentences(overlap: int) -> None:
    """With an overlap, each passage starts with as many of the sentences that ended the one before, and goes on with the next."""
    sentences = [f"This is sentence number {i} of the article." for i in range(40)]
    passages = [passage.replace(". ", ".\n").split("\n") for passage in _passages(" ".join(sentences), Chunking(64, overlap))]

    assert len(passages) > 5
    for before, after in pairwise(passages):
        assert after[:overlap] == before[-overlap:]
    assert passages[0] + [sentence for passage in passages[1:] for sentence in passage[overlap:]] == sentences


def test_overlap_that_leaves_no_room_is_shortened() -> None:
    """A sentence is repeated only where it fits beside what is new."""
    long = "The " + "very " * 50 + "long talks go on."
    passages = _passages(f"{long} {SENTENCE} {long}", Chunking(64, overlap=3))

    assert passages == [long, SENTENCE, long]


@pytest.mark.parametrize(
    ("max_tokens", "overlap", "window"),
    [
        pytest.param(63, 0, 256, id="less than a title and some words"),
        pytest.param(0, 0, 256, id="nothing"),
        pytest.param(-256, 0, 256, id="negative"),
        pytest.param(257, 0, 256, id="more than the window"),
        pytest.param(256, -1, 256, id="negative overlap"),
    ],
)
def test_impossible_settings_are_refused(max_tokens: int, overlap: int, window: int) -> None:
    """Settings that no passage can meet are an error that says what is possible."""
    with pytest.raises(UsageError, match=r"expected"):
        Chunker(Chunking(max_tokens, overlap), HASH.count_tokens, window)


@pytest.mark.parametrize("max_tokens", [16, 64, 128])
def test_a_window_too_small_for_any_passage(max_tokens: int) -> None:
    """It is the model that does not fit, whatever the settings."""
    with pytest.raises(UsageError, match=r"the model reads at most 63 tokens of a text, and newsdex needs at least 64\. Choose another"):
        Chunker(Chunking(max_tokens), HASH.count_tokens, 63)


@pytest.mark.parametrize("max_tokens", [64, 256])
def test_smallest_and_largest_settings_are_accepted(max_tokens: int) -> None:
    """The ends of the range belong to it."""
    assert _cut(SENTENCE, Chunking(max_tokens)).chunks == [Chunk(Span(0, 91), SENTENCE, 22)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{SENTENCE} {SENTENCE}\n\n" * 100, id="paragraphs"),
        pytest.param(f"{SENTENCE} " * 200, id="one paragraph"),
        pytest.param("word " * 4_000, id="one sentence"),
        pytest.param("a" * 20_000, id="one word"),
    ],
)
def test_work_grows_in_proportion_to_the_text(text: str) -> None:
    """A text a hundred times as long has about a hundred times as many characters counted, and takes no more than twice that time."""
    counted = 0

    def count(texts: Sequence[str]) -> list[int]:
        nonlocal counted
        counted += sum(map(len, texts))
        return HASH.count_tokens(texts)

    def cut(times: int) -> int:
        nonlocal counted
        counted = 0
        Chunker(Chunking(256), count, 256).cut(_article(text * times))
        return counted

    characters = cut(1)
    assert cut(10) == pytest.approx(10 * characters, rel=0.2)
    assert cut(100) == pytest.approx(100 * characters, rel=0.2)
    assert cheapest(lambda: cut(100)) < 30 * max(0.01, cheapest(lambda: cut(10)))


@given(st.lists(st.integers(1, 30), min_size=1, max_size=9), st.integers(0, 2))
@settings(max_examples=60, deadline=None)
def test_no_other_cut_has_fewer_or_more_equal_passages(lengths: list[int], overlap: int) -> None:
    """Of all ways to cut the sentences, tried one by one, none makes fewer passages, nor as few of a smaller sum of squared sizes."""
    room = Chunking(64).max_tokens - SPECIAL_TOKENS
    text = " ".join("A" + " word" * (length - 1) + " end." for length in lengths)
    sizes = HASH.count_tokens([text[s.start : s.end] for s in _cut(text, Chunking(64)).sentences])
    assert len(sizes) == len(lengths)

    def repeated(start: int) -> int:
        """Tokens of the sentences before ``start`` that its passage repeats."""
        kept = [sizes[start]]
        for size in reversed(sizes[max(0, start - overlap) : start]):
            if sum(kept) + size > room:
                break
            kept.append(size)
        return sum(kept[1:])

    ways = []
    for borders in product((False, True), repeat=len(sizes) - 1):
        starts = [0, *(at for at, border in enumerate(borders, 1) if border)]
        whole = [repeated(start) + sum(sizes[start:end]) for start, end in pairwise([*starts, len(sizes)])]
        single = [end - start == 1 for start, end in pairwise([*starts, len(sizes)])]
        if all(size <= room or alone for size, alone in zip(whole, single, strict=True)):
            ways.append((len(starts), sum(size * size for size in whole), starts))
    found = _cut(text, Chunking(64, overlap)).chunks
    best = min(ways)[:2]
    assert len(found) == best[0]
    ends = [chunk.span.end for chunk in found]
    sentences = _cut(text, Chunking(64)).sentences
    starts = [0, *(1 + [s.end for s in sentences].index(end) for end in ends[:-1])]
    assert (len(starts), starts) in [(count, way) for count, squares, way in ways if (count, squares) == best]


def test_no_passage_begins_below_the_head_of_a_table() -> None:
    """Wherever the passages are cut, the head, the rule and the first row are in one; a table whose head fills the window is cut there."""
    table = ["| Monitor | Benzene, June | Benzene, July |", "|---|:--:|---|", *(f"| Mast number {n} | {n}.5 | {n}.25 |" for n in range(9))]
    for before in range(12):
        text = "\n".join([" ".join([SENTENCE] * before), *table])
        first, *_ = [passage for passage in _passages(text, Chunking(max_tokens=120)) if "|---|" in passage]
        assert "\n".join(table[:3]) in first, before
    wide = ["| " + "very wide head " * 12 + "|", "|---|", "| " + "very wide row " * 20 + "|"]
    assert [passage[:7] for passage in _passages("\n".join(wide), Chunking(max_tokens=70))] == ["| very ", "| very "]


def test_sentences_without_a_token_cost_no_more_than_others() -> None:
    """The work grows with the number of sentences, not with its square: 40,000 of nothing that the tokenizer keeps take seconds."""
    text = "\u200b\n\n" * 40_000
    chunks = within(60, lambda: _cut(text, Chunking(), encoder=_minilm()).chunks)
    assert (chunks[0].span.start, chunks[-1].span.end) == (0, len(text.rstrip("\n")))
