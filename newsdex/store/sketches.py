"""A sketch of each article's text, by which it can be told how much of two texts is the same, and which articles may share some.

A text is known by its shingles, the runs of three words in it (Broder 1997, On the resemblance and containment of documents), each as a
number of 32 bits. The sketch is the least numbers (a bottom-k sketch: Cohen and Kaplan 2007, Summarizing data using bottom-k sketches): a
sample that is spread evenly over the text, and the same one for the same words wherever they stand. Below the largest number that both
sketches reach, each of them is complete, so that the share of the smaller text that the larger one has can be counted there, whatever else
the larger one holds.

A segment stores the sketch of each article, and its first few numbers in order, which are looked up to find who else has them. All of it
depends on the text alone, so that an index that grew by updates says the same as one that was built at once. docs/COPIES.md has the
measurements behind the constants.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.arrays import distinct
from newsdex.records import Article
from newsdex.store.columns import holders
from newsdex.tensors import Array, Layout, TensorReader, Tensors
from newsdex.words import DENSE, dense

SIZE = 128  # numbers a sketch: the standard error of a share is at most 0.044 for texts of equal length
KEYS = 16  # of them, the least, by which an article is found
WIDTH = 3  # words a shingle
DENSE_WIDTH = 6  # characters, where no space stands between words
EMPTY = 0xFFFFFFFF  # fills a sketch whose text has fewer shingles
_REMEMBERED = 100_000  # words, some 15 MB
_BITS = 13  # of a number: a sketch has one in 64 of what they can be
_LAST_BITS = np.uint32((1 << _BITS) - 1)
_ROWS = 512  # sketches that are looked up at once, within the processor's cache

# An odd multiplier and the finalizer of splitmix64 (Steele, Lea and Flood 2014, Fast splittable pseudorandom number generators).
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_MIX = ((np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)), (np.uint64(27), np.uint64(0x94D049BB133111EB)))

Sketch = NDArray[np.uint32]


# Compiled on first use: a question that needs no shingles does not wait for the expressions.
_word = cache(lambda: re.compile(r"\w+"))
_any_word = cache(lambda: re.compile(rf"[{DENSE}]|(?:(?![{DENSE}])\w)+"))


class Overlap(NamedTuple):
    """What two texts have in common: ``share`` of the smaller one, in [0, 1]; how many ``shingles``; ``ratio``: larger by smaller size."""

    share: NDArray[np.float64]
    shingles: NDArray[np.float64]
    ratio: NDArray[np.float64]


class Shingler:
    """Makes shingles of texts. A word that it has seen lately costs a look-up."""

    def __init__(self) -> None:
        self._number = lru_cache(_REMEMBERED)(lambda word: xxhash.xxh3_64_intdigest(word.encode(errors="surrogateescape")))

    def shingles(self, text: str) -> Sketch:
        """The distinct shingles of ``text``, ascending, uint32, (n,); none when it has too few words for one."""
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text)
        text = text.casefold()
        width = WIDTH
        if text.isascii() or not dense().search(text):
            words = _word().findall(text)
        else:
            words = _any_word().findall(text)
            if 2 * sum(map(bool, map(dense().match, words))) > len(words):
                width = DENSE_WIDTH
        count = len(words) - width + 1
        if count < 1:
            return np.empty(0, np.uint32)
        numbers = np.fromiter(map(self._number, words), np.uint64, len(words))
        mixed = numbers[:count]
        for place in range(1, width):
            mixed = mixed * _FACTOR + numbers[place : place + count]
        for shift, factor in _MIX:
            mixed = (mixed ^ (mixed >> shift)) * factor
        return distinct(np.minimum(mixed >> np.uint64(32), np.uint64(EMPTY - 1)).astype(np.uint32))

    def sketch(self, text: str) -> Sketch:
        """The sketch of ``text``, ascending, uint32, (SIZE,)."""
        least = self.shingles(text)[:SIZE]
        sketch = np.full(SIZE, EMPTY, np.uint32)
        sketch[: len(least)] = least
        return sketch


def overlap(sketches: Sketch, others: Sketch) -> Overlap:
    """What texts share with others, by sketches, (n, SIZE) or (SIZE,) for all, and (n, SIZE): arrays of (n,). Exact below SIZE shingles."""
    sketches = np.broadcast_to(sketches, others.shape)
    reach = np.minimum(sketches[:, -1], others[:, -1])  # up to here both are complete
    last = np.minimum(reach, EMPTY - 1)[:, None]
    both = np.sort(np.concatenate([sketches, others], axis=1), axis=1)
    repeated = (both[:, 1:] == both[:, :-1]) & (both[:, 1:] <= last)
    mine, theirs, shared = map(_counted, (sketches <= last, others <= last, repeated))
    small, large = np.minimum(mine, theirs), np.maximum(mine, theirs)
    scale = (EMPTY + 1) / (reach.astype(np.float64) + 1)
    return Overlap(shared / np.maximum(small, 1), shared * scale, large / np.maximum(small, 1))


def last_bits(sketches: Sketch) -> NDArray[np.uint8]:
    """Which last bits of a number each of ``sketches``, (n, SIZE), has: 1 for these, uint8, (n << _BITS,)."""
    table = np.zeros(len(sketches) << _BITS, np.uint8)
    table[(sketches & _LAST_BITS) + (np.arange(len(sketches))[:, None] << _BITS)] = 1
    return table


def most_shared(table: NDArray[np.uint8], which: NDArray[np.int64], others: Sketch) -> NDArray[np.uint8]:
    """The most numbers that each of ``others``, (n, SIZE), can share with the sketch at its place in ``which``, (n,), of those whose
    ``last_bits`` are in ``table``: uint8, (n,). In a third of the time of sorting the two together.
    """
    counts = np.empty(len(others), np.uint8)
    first = (which << _BITS).astype(np.uint32)[:, None]
    for start in range(0, len(others), _ROWS):
        some = slice(start, start + _ROWS)
        places = others[some] & _LAST_BITS
        places += first[some]
        np.add.reduce(table.take(places), axis=1, dtype=np.uint8, out=counts[some])
    return counts


def _counted(found: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many are true in each row, up to SIZE, which fit in one byte."""
    return np.add.reduce(found.view(np.uint8), axis=1, dtype=np.uint8).astype(np.int64)  # type: ignore[no-any-return]


def pack_sketches(articles: Iterable[Article]) -> Tensors:
    """The arrays for a segment's articles: their sketches, and the articles that have each key."""
    shingler = Shingler()
    made = [shingler.sketch(article.text[article.body.start : article.body.end]) for article in articles]
    return holders_of(np.array(made, np.uint32).reshape(-1, SIZE))


def sketch_keys(sketch: Sketch) -> list[int]:
    """The numbers of a sketch by which copies of its text are found."""
    keys = sketch[:KEYS]
    return keys[keys != EMPTY].tolist()  # type: ignore[no-any-return]


def sorted_keys(sketches: Sketch) -> tuple[Sketch, NDArray[np.int64]]:
    """The keys of ``sketches``, (n, SIZE), ascending, and the number of the sketch that has each, ascending where several have one."""
    rows, columns = np.nonzero(sketches[:, :KEYS] != EMPTY)
    keys = sketches[rows, columns]
    order = np.argsort(keys, kind="stable")
    return keys[order], rows[order]


def holders_of(sketches: Sketch) -> Tensors:
    """The arrays for articles with these ``sketches`` (n, SIZE)."""
    keys, rows = sorted_keys(sketches)
    return {"copy.sketch": sketches, "copy.key": keys, "copy.article": rows.astype(np.uint32)}


LAYOUT: Layout = {  # of the arrays for so many "articles"
    "copy.sketch": Array(("U32",), ("articles", SIZE)),
    "copy.key": Array(("U32",), ("keys of copies",)),
    "copy.article": Array(("U32",), ("keys of copies",), below="articles"),
}


class Sketches:
    """The sketches of a segment, checked as they are read."""

    def __init__(self, tensors: TensorReader) -> None:
        self._tensors = tensors

    def of(self, rows: NDArray[np.int64]) -> Sketch:
        """The sketches of the articles at ``rows``, uint32, (len(rows), SIZE). Raises IndexDamaged."""
        return self._tensors.rows("copy.sketch", rows)  # type: ignore[return-value]

    def at(self, row: int) -> Sketch:
        """The sketch of the article at ``row``, uint32, (SIZE,). Raises IndexDamaged."""
        return self._tensors.part("copy.sketch", row, row + 1)[0]  # type: ignore[no-any-return]

    def count(self, sketches: Sketch) -> NDArray[np.int64]:
        """How many keys of articles, deleted ones too, are one of each of ``sketches``, (n, SIZE): (n,). Raises IndexDamaged."""
        keys, wanted = self._tensors["copy.key"], sketches[:, :KEYS]
        found = np.searchsorted(keys, wanted, "right") - np.searchsorted(keys, wanted)
        return np.asarray(np.where(wanted != EMPTY, found, 0).sum(axis=1))

    def holders(self, keys: Sketch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The places in ``keys``, ascending, of those that articles have, and the rows of these, deleted ones' too. Raises IndexDamaged."""
        return holders(self._tensors, "copy.key", "copy.article", keys)
