"""The words that a segment keeps as they are written: those of a plain count, found by what they have in common with another word, and
refused where a file is hostile.
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from newsdex import Index, IndexDamaged, Options, index_paths
from newsdex.indexer.upkeep.rebuild import rebuild_index
from newsdex.store import files
from newsdex.store.checked import CheckedFile, CheckedTensors
from newsdex.store.columns import pack_strings
from newsdex.store.snapshot import Snapshot
from newsdex.store.vocabulary import LAYOUT, Vocabulary, hashes_of, pack_sounds, sounds_of
from newsdex.tensors import Tensors, pack_tensors, view_tensors

TEXTS = {
    "one.txt": "Zürich greets Zelensky\n\nZelensky was in ZÜRICH, said COVID19 and the O'Brien-Smith law of 2024. Mit\u00adglied.\n",
    "two.txt": "Storm\n\nThe Zelensky talks. Zu\u0308rich again, \u0130stanbul, Stra\u00dfe, snake_case, \u5317\u4eac\u5e02\u653f\u5e9c. "
    "abc " + "x" * 65 + "\n",
}
# Worked by hand: four letters at least, as one writes them without capitals, in how many articles.
EXPECTED = {
    "again": 1,
    "brien": 1,
    "greets": 1,
    "istanbul": 1,
    "mitglied": 1,
    "said": 1,
    "smith": 1,
    "storm": 1,
    "strasse": 1,
    "talks": 1,
    "zelensky": 2,
    "z\u00fcrich": 2,
}


def words_of(folder: Path) -> dict[str, int]:
    """Every word of the newest version with its number of articles, by the arrays themselves."""
    found: dict[str, int] = {}
    for segment in Snapshot.open(folder).file_segments:
        tensors = view_tensors((folder / "g000001" / segment.record.files["postings"].name).read_bytes())
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
    rebuild_index(folder)
    assert words_of(folder) == EXPECTED | {"zelensky": 3, "speaks": 1}


def vocabulary(
    folder: Path, words: list[bytes], ends: list[int] | None = None, counts: list[int] | None = None, *, stored: bool = False
) -> Vocabulary:
    """Of a file that has these arrays, whatever they are, and with ``stored`` those of their sounds."""
    folder.mkdir(exist_ok=True)
    stops = np.cumsum([len(word) for word in words], dtype=np.uint64) if ends is None else np.array(ends, np.uint64)
    tensors: Tensors = {
        "word": np.frombuffer(b"".join(words), np.uint8),
        "word.ends": stops,
        "word.articles": np.array([1] * len(words) if counts is None else counts, np.uint32),
        **(pack_sounds([word.decode() for word in words]) if stored else {}),
    }
    record = files.write_new(folder, "s000001.postings", pack_tensors(tensors))
    return Vocabulary(CheckedTensors(CheckedFile(folder, record), LAYOUT, {"articles": 3}))


def heard(word: str) -> str:
    """The sound of a word of plain letters, letter by letter."""
    word = word.replace("ph", "f").replace("sch", "s")
    word, sound = word[:1] + word[1:].replace("h", ""), ""
    for letter in word:
        one = {"y": "i", "j": "i", "c": "k", "q": "k", "w": "v", "z": "s", "\u00e9": "e", "\u0161": "s"}.get(letter, letter)
        sound += "" if sound.endswith(one) else one
    return sound


def test_sounding_is_what_a_plain_loop_finds(tmp_path: Path) -> None:
    """The words of these sounds, of random ones with and without accents; with the sounds stored, and as an earlier newsdex left them."""
    draw = random.Random(5)
    words = sorted({"".join(draw.choices("abcdfhjkpsvwyz\u00e9\u00df\u0161", k=draw.randint(4, 7))) for _ in range(3_000)})
    assert sounds_of(words) == [heard(word) for word in words]
    for stored in (True, False):
        known = vocabulary(tmp_path / str(stored), [word.encode() for word in words], stored=stored)
        assert known.is_in_order()
        assert known.has_sounds == stored
        for word in draw.sample(words, 30):
            wanted = {heard(word), heard(word)[1:]}
            found = known.sounding(np.sort(hashes_of(wanted)))
            assert set(found) == {other for other in words if heard(other) in wanted}


def test_sounds_that_are_not_those_of_the_words_are_damage(tmp_path: Path) -> None:
    """In another order, or of other words; an examination says so."""
    words = ["abcd", "efgh", "klmn"]
    right = pack_sounds(words)
    for wrong in (pack_sounds(words[::-1]), pack_sounds(["abcd", "efgh", "klmo"])):
        record = files.write_new(
            tmp_path,
            f"s{len(list(tmp_path.iterdir())):06d}.postings",
            pack_tensors({**pack_strings("word", words), "word.articles": np.ones(3, np.uint32), **right, **wrong}),
        )
        assert not Vocabulary(CheckedTensors(CheckedFile(tmp_path, record), LAYOUT, {"articles": 3})).is_in_order()


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
        vocabulary(tmp_path, words, ends, counts).sounding(np.sort(hashes_of(["abkd", "efg"])))


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
    found.sounding(np.sort(hashes_of(["", "abkd", "efg", "a", "\u00ff"])))


def test_an_archive_without_words_has_no_sounds(tmp_path: Path) -> None:
    """Its segment is as a reader expects it."""
    (tmp_path / "a.txt").write_text("Up\n\nI am on it.\n", encoding="utf-8")
    index_paths([tmp_path / "a.txt"], tmp_path / "index", Options(model="hash"))
    assert sounds_of([]) == []
    assert words_of(tmp_path / "index") == {}
    Snapshot.open(tmp_path / "index").file_segments[0].examine()
    with Index.open(tmp_path / "index") as index:
        assert index.search("Blinkn").remarks == ('No article has "Blinkn" in its text.',)


def test_verify_examines_the_words(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vocabulary out of order is damage."""
    [segment] = Snapshot.open(folder).file_segments
    segment.examine()
    monkeypatch.setattr(Vocabulary, "is_in_order", lambda _: False)
    with pytest.raises(IndexDamaged, match="vocabulary is not words in order"):
        segment.examine()
