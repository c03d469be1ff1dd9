"""The query path's own WordPiece against the tokenizers library."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import ROOT
from tokenizers import Tokenizer

from newsdex.engines.known import MINILM
from newsdex.engines.model import open_model
from newsdex.engines.question_engine import NumpyEncoder
from newsdex.engines.tokens import Remembered, Tokens
from newsdex.engines.wordpiece import WordPiece, settled

ARTICLES = ROOT / "examples" / "articles"
SETTLED = [c for c in map(chr, range(0x3000)) if settled().fullmatch(c)]


@pytest.fixture(scope="module")
def library() -> Tokenizer:
    """The reference, without a window."""
    return open_model(MINILM.card.name).tokens.library()


@pytest.fixture(scope="module")
def ours() -> WordPiece:
    """What is tested."""
    tokens = (MINILM.folder() / "vocab.txt").read_text(encoding="utf-8").splitlines()
    return WordPiece({token: number for number, token in enumerate(tokens)}, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])


def test_every_settled_character_alone_and_inside_words(library: Tokenizer, ours: WordPiece) -> None:
    """No character that is taken is treated in another way than the library treats it."""
    assert len(SETTLED) > 600
    for character in SETTLED:
        for text in (character, f"a{character}b", f"Ab {character} 9"):
            assert ours.encode(text) == library.encode(text, add_special_tokens=False).ids, ascii(text)


@settings(deadline=None, max_examples=500)
@given(text=st.text(st.sampled_from(SETTLED), max_size=300))
def test_any_settled_text(library: Tokenizer, ours: WordPiece, text: str) -> None:
    """Any mixture of them gives the same ids."""
    expected = library.encode(text, add_special_tokens=False).ids
    assert ours.encode(text) in (expected, None)


def test_real_articles(library: Tokenizer, ours: WordPiece) -> None:
    """English, German, Spanish and Albanian news is taken, every line of it, and gives the same ids."""
    for path in ARTICLES.glob("*.md"):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert ours.encode(line) == library.encode(line, add_special_tokens=False).ids


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("中国", id="Chinese"),
        pytest.param("ΟΔΟΣ", id="capital sigma"),
        pytest.param("გამარჯობა", id="Georgian"),
        pytest.param("\U0001f600", id="emoji"),
        pytest.param("a\x00b", id="control character"),
        pytest.param("a\u00adb", id="soft hyphen"),
        pytest.param("a [SEP] b", id="special token"),
    ],
)
def test_anything_else_is_left_to_the_library(library: Tokenizer, ours: WordPiece, text: str) -> None:
    """What is not settled is refused, and the encoder gives the library's tokens all the same."""
    assert ours.encode(text) is None
    assert NumpyEncoder().pieces([text, "plain"]) == [library.encode(t, add_special_tokens=False).ids for t in (text, "plain")]


def test_words_are_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A word is split once while there is room, and again after the others have taken it."""
    split: list[str] = []
    monkeypatch.setattr("newsdex.engines.tokens._WORDS", 3)
    known = Remembered(lambda word: split.append(word) or (len(word),))
    assert [known[word] for word in ("a", "bb", "a", "ccc", "bb", "dddd", "a")] == [(1,), (2,), (1,), (3,), (2,), (4,), (1,)]
    assert split == ["a", "bb", "ccc", "dddd", "a"]
    assert len(known) == 2


def test_a_long_word_is_unknown(library: Tokenizer, ours: WordPiece) -> None:
    """A word of 100 letters is split, one of 101 is [UNK]."""
    for length in (100, 101):
        assert ours.encode("a" * length) == library.encode("a" * length, add_special_tokens=False).ids


def test_the_window_is_kept() -> None:
    """No more tokens than the model's window leaves, by either way."""
    for word in ("word ", "слово "):
        assert [len(ids) for ids in NumpyEncoder().pieces([word * 400])] == [254]


def test_special_tokens_are_the_librarys(library: Tokenizer) -> None:
    """[CLS] and [SEP] have the ids that the engine puts around a text."""
    assert library.encode("").ids == [101, 102]
    assert re.fullmatch(r"\[CLS\] \[SEP\]", " ".join(library.encode("").tokens))


def test_the_library_reads_a_tokenizer_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """For counting, for passages and for what the light tokenizer leaves to it: the 250,000 pieces of a large one take most of a second.
    What does not fit the window is cut as the library cuts it.
    """
    tokens = open_model(MINILM.card.name).tokens
    read, texts = [], ["Talks resumed.", "\u5317\u4eac\U0001f600 " * 300, ""]
    expected = [encoding.ids for encoding in tokens.library(256).encode_batch(texts)]
    library = Tokens.library
    monkeypatch.setattr(Tokens, "library", lambda self, *window: read.append(window) or library(self, *window))
    assert tokens.framed(tokens.whole(texts)) == tokens.framed(tokens.pieces(texts)) == expected
    assert tokens.count(texts)[1] > 256
    assert len(read) == 1
