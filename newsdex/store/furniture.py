"""Page furniture: sentences that many articles of one source have, such as "Follow our coverage" or a photographer's credit.

It is found from the archive itself, and so in any language. A segment stores a number for each sentence, made of its letters and of the
source; what many of a source's articles have, which are not copies of each other, is furniture. Each commit counts anew, so that an index
that grew by updates knows the same as one that was built at once. The text stays as it is: a search only shows no such sentence as an
answer.
"""

# ruff: noqa: RUF001 - the stops of several scripts

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.arrays import distinct
from newsdex.records import Span
from newsdex.store.checked import CheckedFile, CheckedTensors
from newsdex.store.columns import pack_strings, strings_layout, unpack_strings
from newsdex.store.layout import Array, Layout
from newsdex.store.sketches import EMPTY, overlap
from newsdex.tensors import Tensors

if TYPE_CHECKING:
    from newsdex.store.segment import Segment

Keys = NDArray[np.uint32]

LEAST = 3  # articles that are not copies of each other
SHARE = 0.01  # of a source's articles
# Articles that have more of their text in common are versions of one story, whose sentences are no furniture.
_COPIES = 0.5
_COMPARED = 32  # articles that have a sentence, of which LEAST must differ
_SHOWN = 300  # characters of a sentence that are kept for a person to read
_FIRST = 3  # words of a sentence with an address
_LONGEST_ADDRESS = 200  # characters of it that are looked at
_WORDLESS = 0
_NO_WORD, _NO_LETTER = re.compile(r"[\W_]+"), re.compile(r"[\W\d_]+")
_ADDRESS = re.compile(r"\w@\w|\w\.[^\W\d_]{2,}/")
_STOPS = tuple(".!?…。！？؟۔।")


_LAYOUT: Layout = {
    "key": Array(("U32",), ("lines",)),
    "articles": Array(("U32",), ("lines",)),
    **strings_layout("text", "lines"),
    **strings_layout("source", "lines"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence that is furniture in ``articles`` articles of ``source``."""

    text: str
    source: str
    articles: int


def sentence_keys(text: str, sentences: Sequence[Span], source: str) -> Keys:
    """A number for each of ``sentences`` of an article, uint32, (sentences,): the same for the same words in the same source, and 0 where
    there are no words.

    The digits of a line that is no sentence do not count, such as the time of "Published at 9:30"; those of a sentence may be what it
    tells. Where a sentence has an address, it and the first words count, such as "Follow our coverage of ... at paper.example/topics".
    """
    head = source + "\0"
    words = (_words(text[s.start : s.end]) for s in sentences)
    numbers = (xxhash.xxh3_64_intdigest((head + each).encode(errors="surrogateescape")) & 0xFFFFFFFF if each else 0 for each in words)
    return np.fromiter(numbers, np.uint32, len(sentences))


def _words(sentence: str) -> str:
    if address := _address(sentence):
        sentence = " ".join([*sentence.split()[:_FIRST], address])
    return (_NO_WORD if sentence.endswith(_STOPS) else _NO_LETTER).sub(" ", sentence.casefold()).strip()


def _address(sentence: str) -> str:
    """The first address of a page or a mailbox in ``sentence``; nothing where there is none."""
    if "/" not in sentence and "@" not in sentence:
        return ""
    return next((word for word in sentence.split() if _ADDRESS.search(word[:_LONGEST_ADDRESS])), "")


def find_furniture(segments: Sequence[Segment]) -> Tensors | None:
    """The content of a commit's file of furniture; None where there is none.

    ``key`` (uint32, ascending) are the sentences' numbers, ``articles`` (uint32) says how many living articles have each, and ``text`` and
    ``source`` are one of these sentences and its source. Raises IndexDamaged.
    """
    pairs = [_pairs(segment, number) for number, segment in enumerate(segments)]
    keys = np.concatenate([np.empty(0, np.uint32), *(found for found, _ in pairs)])
    places = np.concatenate([np.empty(0, np.uint64), *(found for _, found in pairs)])
    order = np.argsort(keys, kind="stable")
    keys, places = keys[order], places[order]
    starts = np.flatnonzero(np.diff(keys.astype(np.int64), prepend=-1))
    counts = np.diff(starts, append=len(keys))
    sizes = _sizes(segments)
    found: list[tuple[int, int, Line]] = []
    for start, count in zip(starts[counts >= LEAST].tolist(), counts[counts >= LEAST].tolist(), strict=True):
        of = [(int(place >> np.uint64(32)), int(place & np.uint64(0xFFFFFFFF))) for place in places[start : start + count]]
        segment, row = segments[of[0][0]], of[0][1]
        source = segment.coded["source"].values[int(segment.coded["source"].codes[row])]
        if count < SHARE * sizes[source]:
            continue
        line = _line(segments, of, int(keys[start]))
        if line is not None:
            found.append((int(keys[start]), count, Line(line, source, count)))
    if not found:
        return None
    return {
        "key": np.array([key for key, _, _ in found], np.uint32),
        "articles": np.array([count for _, count, _ in found], np.uint32),
        **pack_strings("text", (line.text for _, _, line in found)),
        **pack_strings("source", (line.source for _, _, line in found)),
    }


def furniture_keys(file: CheckedFile) -> Keys:
    """The numbers of the sentences, ascending. Raises IndexDamaged."""
    return CheckedTensors(file, _LAYOUT)["key"]  # type: ignore[return-value]


def furniture_lines(file: CheckedFile) -> list[Line]:
    """The sentences in a commit's file, those of most articles first. Raises IndexDamaged."""
    tensors = CheckedTensors(file, _LAYOUT)
    columns = unpack_strings(tensors, "text"), unpack_strings(tensors, "source"), tensors["articles"].tolist()
    return sorted((Line(*each) for each in zip(*columns, strict=True)), key=lambda line: (-line.articles, line.text, line.source))


class Furnished:
    """Tells which sentences and passages of a snapshot's segments are furniture, by the numbers of those that are."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def __bool__(self) -> bool:
        return len(self._keys) > 0

    def sentences(self, segment: Segment, row: int) -> NDArray[np.bool_]:
        """Which sentences of the article at ``row`` are furniture, bool, (sentences,)."""
        if not self:
            return np.zeros(len(segment.sentences(row)), np.bool_)
        mine = segment.sentence_keys(row)
        at = np.minimum(np.searchsorted(self._keys, mine), len(self._keys) - 1)
        return np.asarray(self._keys[at] == mine)

    def passage(self, segment: Segment, row: int, position: int) -> bool:
        """Whether all of the passage at ``position``, which is one of the article at ``row``, is furniture."""
        if not self:
            return False
        marked = self.sentences(segment, row)
        if not marked.any():
            return False
        start, end = segment.passage_range(position)
        inside = [bool(mark) for mark, s in zip(marked, segment.sentences(row), strict=True) if s.start < end and s.end > start]
        return bool(inside) and all(inside)


def _pairs(segment: Segment, number: int) -> tuple[Keys, NDArray[np.uint64]]:
    """Each sentence of each living article once: its number, and the article as the segment's number and its row."""
    keys = segment.tensors["sentence.key"].astype(np.uint64)
    ends = np.concatenate([np.zeros(1, np.int64), segment.tensors["sentence.ends"]]).astype(np.int64)
    rows = np.repeat(np.arange(len(ends) - 1, dtype=np.uint64), ends[1:] - ends[:-1])
    wanted = (keys != _WORDLESS) & segment.live_articles[rows.astype(np.int64)]
    both = distinct(keys[wanted] << np.uint64(32) | rows[wanted])
    return (both >> np.uint64(32)).astype(np.uint32), both & np.uint64(0xFFFFFFFF) | np.uint64(number) << np.uint64(32)


def _sizes(segments: Sequence[Segment]) -> Mapping[str, int]:
    """How many living articles each source has."""
    sizes: dict[str, int] = {}
    for segment in segments:
        source = segment.coded["source"]
        counts = np.bincount(np.asarray(source.codes)[segment.live_articles], minlength=len(source.values))
        for name, count in zip(source.values, counts.tolist(), strict=True):
            sizes[name] = sizes.get(name, 0) + count
    return sizes


def _line(segments: Sequence[Segment], of: Sequence[tuple[int, int]], key: int) -> str | None:
    """The sentence, if enough of the articles that have it are no copies of each other; which are looked at depends on their texts
    alone.
    """
    sketches = np.stack([segments[number].sketches.at(row) for number, row in of])
    order = np.lexsort(sketches[:, :2].T[::-1])[:_COMPARED]
    different: list[int] = []
    for place in order[sketches[order, 0] != EMPTY].tolist():  # too short a text is like any other
        if not different or (overlap(sketches[place], sketches[different]).share < _COPIES).all():
            different.append(place)
        if len(different) == LEAST:
            number, row = of[order[0]]
            return next(_texts(segments[number], row, key))
    return None


def _texts(segment: Segment, row: int, key: int) -> Iterator[str]:
    """The sentences of an article with this number."""
    text, sentences = segment.text(row), segment.sentences(row)
    for sentence in (sentences[place] for place in np.flatnonzero(segment.sentence_keys(row) == key).tolist()):
        yield " ".join(text[sentence.start : sentence.end].split())[:_SHOWN]
