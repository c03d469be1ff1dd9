"""The words that a segment keeps as they are written: those of a plain count, found by what they have in common with another word, and
refused where a file is hostile.
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from newsdex import Index, IndexDamaged, Options, index_paths
from newsdex.indexer.upkeep.rebuild import rebuild
from newsdex.store import files
from newsdex.store.checked import CheckedFile, CheckedTensors
from newsdex.store.vocabulary import LAYOUT, Vocabulary, Wanted, letters_of
from newsdex.tensors import Tensors, pack_tensors

MANY = 1 << 30
SIMILAR = 40  # of the letters that a Wanted may differ in
TEXTS = {
    "one.txt": "Zürich greets Zelensky\n\nZelensky was in ZÜRICH, said COVID19 and the O'Brien-Smith law of 2024. Mit\u00adglied.\n",
    "two.txt": "Storm\n\nThe Zelensky talks. Zu\u0308rich again, \u0130stanbul, Stra\u00dfe, snake_case, \u5317\u4eac\u5e02\u653f\u5e9c. abc "
    + "x" * 65
    + "\n",
}
# Worked by hand: four letters at least, as one writes them without capitals, in how many articles.
EXPECTED = {
    "again": 1, "brien": 1, "greets": 1, "istanbul": 1, "mitglied": 1, "said": 1, "smith": 1, "storm": 1, "strasse": 1, "talks": 1,
    "zelensky": 2, "z\u00fcrich": 2,
}  # fmt: skip


def words_of(folder: Path) -> dict[str, int]:
    """Every word of the newest version with its number of articles, by the arrays themselves."""
    found: dict[str, int] = {}
    with Index.open(folder) as index:
        for segment in index._current().file_segments:
            tensors = segment._words
            ends = tensors["word.ends"].tolist()
            content = tensors["word"].tobytes()
            words = [content[start:end].decode() for start, end in zip([0, *ends], ends, strict=False)]
            assert words == sorted(words)
            for word, count in zip(words, tensors["word.articles"].tolist(), strict=True):
                found[word] = found.get(word, 0) + count
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    articles = tmp_path / "articles"
    articles.mkdir()
    for name, text in TEXTS.items():
        (articles / name).write_text(text, encoding="utf-8")
    index_paths([articles], tmp_path / "index", Options(model="hash"))
    return tmp_path / "index"


def test_words_are_those_of_the_texts(folder: Path) -> None:
    """Letters only, four at least, accents in one character, articles counted once; an update and a rebuild keep them."""
    assert words_of(folder) == EXPECTED
    (folder.parent / "articles" / "three.txt").write_text("Zelensky\n\nZelensky speaks.\n")
    index_paths([folder.parent / "articles"], folder, Options(model="hash"))
    assert words_of(folder) == EXPECTED | {"zelensky": 3, "speaks": 1}
    rebuild(folder)
    assert words_of(folder) == EXPECTED | {"zelensky": 3, "speaks": 1}


def vocabulary(folder: Path, words: list[bytes], ends: list[int] | None = None, counts: list[int] | None = None) -> Vocabulary:
    """Of a file that has these arrays, whatever they are."""
    stops = np.cumsum([len(word) for word in words], dtype=np.uint64) if ends is None else np.array(ends, np.uint64)
    tensors: Tensors = {
        "word": np.frombuffer(b"".join(words), np.uint8),
        "word.ends": stops,
        "word.articles": np.array([1] * len(words) if counts is None else counts, np.uint32),
    }
    record = files.write_new(folder, "s000001.postings", pack_tensors(tensors))
    return Vocabulary(CheckedTensors(CheckedFile(folder, record), LAYOUT, {"articles": 3}))


def test_like_is_what_a_plain_loop_finds(tmp_path: Path) -> None:
    """By first letter, length and the letters that both have, of random words with and without accents."""
    draw = random.Random(5)
    words = sorted({"".join(draw.choices("abcdfhjkpsvwyz\u00e9\u00df\u0161", k=draw.randint(4, 9))) for _ in range(3_000)})
    known = vocabulary(tmp_path, [word.encode() for word in words])
    assert known.is_in_order()
    for word in draw.sample([word for word in words if word.isascii()], 30):
        wanted = Wanted(frozenset(word[:2]), len(word) - 1, len(word) + 1, letters_of(word), 2)
        found = known.like(wanted)
        for other in words:
            accents = sum(len(letter.encode()) - 1 for letter in other)
            fits = abs(len(other) - len(word)) <= 1 and (letters_of(word) ^ letters_of(other)).bit_count() <= 2 + accents
            assert (other in found) == (fits and (other[0] in word[:2] or not other[0].isascii())), (word, other)


def test_letters_that_sound_alike_are_one() -> None:
    """As the words of a transliteration need it."""
    assert letters_of("zelenskyj") == letters_of("selenskij")
    assert letters_of("kiev") != letters_of("kyoto")


@pytest.mark.parametrize(
    ("words", "ends", "counts"),
    [
        ([b"abcd", b"efgh"], [4, 7], None),  # bytes are left over
        ([b"abcd", b"efgh"], [6, 4], None),
        ([b"abcd", b"efgh"], None, [1, 4]),  # of three articles
        ([b"abcd"], [99], None),
        ([b"abcd", b"efgh"], [8], None),
    ],
)
def test_numbers_that_cannot_be_are_refused(tmp_path: Path, words: list[bytes], ends: list[int] | None, counts: list[int] | None) -> None:
    """When they are read, before anything is looked up by them."""
    with pytest.raises(IndexDamaged):
        vocabulary(tmp_path, words, ends, counts).like(Wanted(frozenset("abef"), 0, 99, 0, 64))


@pytest.mark.parametrize(
    "words",
    [
        [b"efgh", b"abcd"],
        [b"abcd", b"abcd"],
        [b"ab d"],
        [b"abc"],
        [b"\xff\xfe\xfd\xfc"],
        [b"", b"", b"abcd", b""],
        [b"a" * 65],
    ],
)
def test_words_that_are_none_do_no_harm(tmp_path: Path, words: list[bytes]) -> None:
    """An examination says so, and a look-up finds some or none."""
    found = vocabulary(tmp_path, words)
    assert not found.is_in_order()
    for first in "abe\u00ff\U0001f682":
        found.like(Wanted(frozenset([first]), 0, MANY, 0, SIMILAR))


def test_verify_examines_the_words(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vocabulary out of order is damage."""
    with Index.open(folder) as index:
        [segment] = index._current().file_segments
        segment.examine()
        monkeypatch.setattr(Vocabulary, "is_in_order", lambda _: False)
        with pytest.raises(IndexDamaged, match="vocabulary is not words in order"):
            segment.examine()
