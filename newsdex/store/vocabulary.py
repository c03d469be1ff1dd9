"""The words of a segment as written, each with the number of articles that hold it, to compare misspelt words with: letters only, at least
four, with accents and without capitals. Scripts without spaces have none.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.records import Article
from newsdex.store.checked import CheckedTensors
from newsdex.store.columns import holders, pack_ordered, pack_strings, place_of, places_beginning, string_at, strings_layout, unpack_strings
from newsdex.tensors import Array, ArrayTensors, Layout, TensorReader, Tensors
from newsdex.words import LONGEST, as_read, dense

SHORTEST = 4
_RUN = re.compile(r"\w+")
_SILENT = re.compile("(?<=.)h")
_DOUBLED = re.compile(r"(.)\1+")
_ALIKE = str.maketrans("yjcqwz", "iikkvs")

# The arrays for so many "articles".
LAYOUT: Layout = {
    **strings_layout("word", "words"),
    "word.articles": Array(("U32",), ("words",), "articles"),
    "word.sound": Array(("U32",), ("words",), optional=True),
    "word.sound.row": Array(("U32",), ("words",), below="words", optional=True),
}


def pack_vocabulary(articles: Iterable[Article]) -> Tensors:
    """The column of strings ``word``, ascending, ``word.articles`` (uint32): in how many of ``articles`` each is, and ``pack_sounds``."""
    return _packed(_counted(articles))


def join_vocabularies(readers: Iterable[TensorReader]) -> Tensors:
    """The same for the articles of some segments together, none of which is left out, by their arrays."""
    counts: Counter[str] = Counter()
    for reader in readers:
        counts.update(dict(zip(unpack_strings(reader, "word"), reader["word.articles"].tolist(), strict=True)))
    return _packed(counts)


def _counted(articles: Iterable[Article]) -> dict[str, int]:
    """In how many of ``articles`` each word is."""
    runs: Counter[str] = Counter()
    for article in articles:
        runs.update(set(_RUN.findall(_written(as_read(article.text)))).union(_RUN.findall(_written(article.title))))
    words = (run for run in runs if SHORTEST <= len(run) <= LONGEST and run.isalpha() and (run.isascii() or not dense().search(run)))
    return {word: runs[word] for word in words}


def _packed(counts: Mapping[str, int]) -> Tensors:
    words = sorted(counts)
    return {**pack_strings("word", words), "word.articles": np.array([counts[word] for word in words], np.uint32), **pack_sounds(words)}


def pack_sounds(words: Sequence[str]) -> Tensors:
    """``word.sound`` (uint32), the hash of each word's sound in ascending order, and ``word.sound.row`` (uint32), the word's number."""
    return pack_ordered("word.sound", hashes_of(sounds_of(words)))


def hashes_of(sounds: Iterable[str]) -> NDArray[np.uint32]:
    """The XXH3-64 of each of ``sounds``, its low 32 bits."""
    digest = xxhash.xxh3_64_intdigest
    return np.array([digest(sound.encode(errors="replace")) for sound in sounds], np.uint64).astype(np.uint32)


def sounds_of(words: Sequence[str]) -> list[str]:
    """What stays of each of ``words`` without accents, where letters that transliterations take for each other are one, and doubled ones
    single: Zelenskyy and Selenskij are the same. Of what has other characters than letters, nothing.

    >>> sounds_of(["zelenskyy", "selenskij", "z\u00fcrich", "c3po"])
    ['selenski', 'selenski', 'surik', '']
    """
    if not words:
        return []
    text = without_accents("\n".join(word if word.isalpha() else "" for word in words))
    text = text.replace("ph", "f").replace("sch", "s")
    return _DOUBLED.sub(r"\1", _SILENT.sub("", text).translate(_ALIKE)).split("\n")


def without_accents(text: str) -> str:
    """``text`` without the marks of its letters."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFD", text)
    return plain.translate({ord(letter): None for letter in set(plain) if unicodedata.combining(letter)})


def _written(text: str) -> str:
    """``text`` without capitals, each accent in one character with its letter, and without the places where a word may be broken."""
    if text.isascii():
        return text.lower()
    # The casefolded capital I with a dot of Turkish is an i with a dot of its own.
    return unicodedata.normalize("NFC", text.replace("\u00ad", "").replace("\u200b", "").casefold().replace("i\u0307", "i"))


class Vocabulary:
    """The words of a segment, checked as they are read. Reading raises IndexDamaged."""

    def __init__(self, tensors: CheckedTensors) -> None:
        self._tensors = tensors

    def has(self, word: str) -> bool:
        """Whether an article writes ``word``, deleted ones too; capitals do not matter."""
        return place_of(self._tensors, "word", _written(word)) is not None

    def sounding(self, hashes: NDArray[np.uint32]) -> dict[str, int]:
        """The words whose sound has one of ``hashes``, uint32, ascending, each with its number of articles; by chance some others."""
        _, rows = holders(self._sounds, "word.sound", "word.sound.row", hashes)
        return {string_at(self._tensors, "word", row): self._tensors.item("word.articles", row) for row in rows.tolist()}

    def beginning(self, start: str, most: int) -> dict[str, int]:
        """The words that begin with ``start``, the first ``most`` of the alphabet, each with its number of articles."""
        rows = places_beginning(self._tensors, "word", _written(start))[:most]
        return {string_at(self._tensors, "word", row): self._tensors.item("word.articles", row) for row in rows}

    @property
    def has_sounds(self) -> bool:
        """Whether they are stored, as a segment of an earlier newsdex has them not."""
        return "word.sound" in self._tensors and "word.sound.row" in self._tensors

    @cached_property
    def _sounds(self) -> TensorReader:
        return self._tensors if self.has_sounds else ArrayTensors(pack_sounds(unpack_strings(self._tensors, "word")))

    def accented(self, word: str, folded: Callable[[str], str]) -> list[str]:
        """The words with letters that ASCII does not have and that are ``word`` when they are ``folded``, which has as many letters."""
        rows, letters = self._beyond_ascii
        words = (string_at(self._tensors, "word", row) for row in rows[letters == len(word)].tolist())
        return [written for written in words if folded(written) == word]

    @cached_property
    def _beyond_ascii(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The rows of the words with letters that ASCII does not have, and how many letters each has."""
        content = self._tensors["word"].astype(np.uint8, copy=False)
        ends = self._tensors["word.ends"].astype(np.int64)
        # Of each place, how many characters begin before it
        begun = np.concatenate([np.zeros(1, np.int64), np.cumsum((content & 0xC0) != 0x80)])  # noqa: PLR2004 - no byte that goes on
        letters = np.diff(begun[ends], prepend=0)
        rows = np.flatnonzero(np.diff(ends, prepend=0) > letters)
        return rows, letters[rows]

    def is_in_order(self) -> bool:
        """Whether it has words, each once, ascending, and their sounds. Looks at all numbers."""
        words = unpack_strings(self._tensors, "word")
        if not all(SHORTEST <= len(word) <= LONGEST and word.isalpha() for word in words):
            return False
        sounds = pack_sounds(words)
        same = not self.has_sounds or all(np.array_equal(self._tensors[name], array) for name, array in sounds.items())
        return same and all(one < other for one, other in pairwise(words))
