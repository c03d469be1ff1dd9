"""Page furniture: sentences that many articles of one source have, such as "Follow our coverage". It is found from the archive, in any
language, by a number for each sentence, made of its letters and the source. Copies of each other count once, and background is none:
agencies repeat in each story when a war began. Headlines of other stories are furniture too in a menu behind the text. Each commit counts
again, so updates and rebuilds agree. The text is unchanged: a search only never shows such a sentence as an answer.
"""

# ruff: noqa: RUF001 - the stops of several scripts

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.arrays import among, distinct, runs
from newsdex.records import UNREAD, Span
from newsdex.store.checked import CheckedFile, CheckedTensors
from newsdex.store.columns import coded_at, pack_strings, strings_layout, unpack_strings
from newsdex.store.known import WORDLESS
from newsdex.store.sketches import EMPTY, overlap
from newsdex.tensors import Array, Layout, Tensors
from newsdex.words import as_read, dense, unlinked

if TYPE_CHECKING:
    from newsdex.store.segment import FileSegment, Segment

Keys = NDArray[np.uint32]

LEAST = 3  # articles that are not copies of each other
SHARE = 0.01  # of a source's articles
# Articles that have more of their text in common are versions of one story, whose sentences are no furniture.
_COPIES = 0.5
_COMPARED = 32  # articles that have a sentence, of which LEAST must differ
_SHOWN = 300  # characters of a sentence that are kept for a person to read
_MENU = 3  # repeated lines that make the end of an article a menu, if they are half of it
_FIRST = 3  # words of a sentence with an address
_LONGEST_ADDRESS = 200  # characters of it that are looked at
MANY = 1_000  # articles that have changed: counting anew is as quick then
_NO_WORD, _NO_LETTER = re.compile(r"[\W_]+"), re.compile(r"[\W\d_]+")
_ADDRESS = re.compile(r"\w@\w|\w\.[^\W\d_]{2,}/")
# Background has at least so many words, of which three characters of a script without spaces are one, and a year. Compiled when lines are
# counted, which no question does.
_BACKGROUND, _DENSE_WORD = 8, 3
_year = cache(lambda: re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)"))
# Words of sentences that speak to the reader, in lower case unless they mean another thing so, and what tells of the page or its rights.
_TO_READERS = (
    "you your yours we our ours us please subscribe click du dich dir dein deine uns unser unsere unserem unseren unserer wir Sie Ihr Ihre "
    "Ihren Ihrem Ihnen vous votre vos nous notre nos usted nosotros nuestro nuestra nuestros nuestras noi nostro nostra nostri voi vostro "
    "você nós nosso nossa nossos u uw wij ons onze"
)
_of_page = cache(
    lambda: re.compile(
        r"©|\(c\)|copyright|all rights reserved|newsletter|appeared in print|\b(?:reporting|editing|writing) by\b"
        r"|\b(?:this|the|die(?:se[rmns]?|s)|cet(?:te)?|est[ea]|quest[oa]|deze|dit) "
        r"(?:story|article|page|section|content|text|artikel|seite|beitrag|artículo|información|texto|articolo|testo|artigo)\b",
        re.IGNORECASE,
    )
)
_STOPS = tuple(".!?…。！？؟۔।")
_CLOSING = "\"'*_)]} \u201d\u2019\u00bb\u300d"

_LAYOUT: Layout = {
    "key": Array(("U32",), ("lines",)),
    "articles": Array(("U32",), ("lines",)),
    **strings_layout("text", "lines"),
    **strings_layout("source", "lines"),
    "compared": Array(("U32",), ("lines", 2), optional=True),
}


class Line(NamedTuple):
    """A sentence that is furniture in ``articles`` articles of ``source``."""

    text: str
    source: str
    articles: int


class _Found(NamedTuple):
    """A ``line``, and the least two numbers of the last ``compared`` article's sketch (EMPTY: all were): later ones only count."""

    line: Line
    compared: tuple[int, ...]


def sentence_keys(text: str, sentences: Sequence[Span], source: str) -> Keys:
    """A number for each of ``sentences``, uint32, (sentences,): equal for the same words in one ``source``, 0 without words. Digits count
    only in sentences, not in "Published at 9:30". Of one with an address, that and the first words count: "Follow our coverage of ... at
    paper.example/topics".
    """
    head, text = source + "\0", unlinked(text)
    words = (_words(text[s.start : s.end].replace(UNREAD, "")) for s in sentences)
    numbers = (xxhash.xxh3_64_intdigest((head + each).encode(errors="surrogateescape")) & 0xFFFFFFFF if each else 0 for each in words)
    return np.fromiter(numbers, np.uint32, len(sentences))


def _words(sentence: str) -> str:
    if address := _address(sentence):
        sentence = " ".join([*sentence.split()[:_FIRST], address])
    return (_NO_WORD if sentence.endswith(_STOPS) else _NO_LETTER).sub(" ", sentence.casefold()).strip()


def _address(sentence: str) -> str:
    """The first address of a page or a mailbox in ``sentence``; empty without one."""
    if "/" not in sentence and "@" not in sentence:
        return ""
    return next((word for word in sentence.split() if _ADDRESS.search(word[:_LONGEST_ADDRESS])), "")


def is_background(sentence: str, source: str) -> bool:
    """Whether a repeated ``sentence`` states a fact of a year, and neither speaks to the reader nor names its ``source`` or a page.

    >>> is_background("The war in Sarbia began on 24 February 2022, when troops crossed the river.", "Elm Post")
    True
    >>> is_background("Reporters of the Elm Post in London and Brussels contributed to it in 2022.", "The Elm Post")
    False
    """
    count = len(sentence.split()) + len(dense().findall(sentence)) // _DENSE_WORD
    ends = sentence.rstrip("*_ ").endswith(_STOPS) or len(sentence) >= _SHOWN
    if count < _BACKGROUND or not ends or _address(sentence) or not _year().search(sentence) or _of_page().search(sentence):
        return False
    words = _NO_WORD.sub(" ", sentence).split()
    of_source = {word for word in _NO_WORD.sub(" ", source).split() if word[:1].isupper() and word not in ("The", "News", "Blog")}
    return (set(_TO_READERS.split()) | of_source).isdisjoint([*words, *map(str.casefold, words[:1])])


def find_furniture(segments: Sequence[FileSegment]) -> Tensors | None:
    """The content of a commit's file of furniture, or None: ``key``, uint32, ascending, the sentences' numbers; ``articles``, uint32, how
    many living ones have each; ``text`` and ``source`` of one; ``compared``, uint32, (lines, 2), for ``update_furniture``. Raises
    IndexDamaged.
    """
    # Most sentences are in one article alone: they take 4 bytes each, and no more.
    every = np.sort(np.concatenate([np.empty(0, np.uint32), *map(_living_keys, segments)]))
    often = distinct(every[: 1 - LEAST][every[LEAST - 1 :] == every[: 1 - LEAST]])
    del every
    return _packed(_lines_of(segments, often, cache(partial(_size, segments))))


def update_furniture(
    file: CheckedFile | None,
    before: Sequence[FileSegment],
    now: Sequence[FileSegment],
    removed: Sequence[tuple[FileSegment, int]],
    added: Sequence[tuple[FileSegment, int]],
) -> Tensors | None:
    """The same as ``find_furniture`` for the segments ``now``, starting from the ``file`` for those of ``before``, if any. ``removed`` and
    ``added`` are the articles, each a segment and a row, in which they differ: only their sentences can have changed, and little is read of
    others. Raises IndexDamaged.
    """
    sources = {coded_at(segment.tensors, "source", row) for segment, row in (*removed, *added)}
    size = cache(partial(_size, now))
    if any(_needed(size(each)) < _needed(_size(before, each)) for each in sources):
        return find_furniture(now)  # what others say may now be enough, of fewer articles
    stored = _stored(file) if file else {}
    changed: dict[int, int] = {}
    unclear: set[int] = set()
    for change, articles in ((1, added), (-1, removed)):
        for segment, row in articles:
            head = tuple(segment.sketches.at(row)[:2].tolist())
            for key in set(segment.sentence_keys(row).tolist()) - {WORDLESS}:
                changed[key] = changed.get(key, 0) + change
                if key not in stored or head <= stored[key].compared:
                    unclear.add(key)
    found = _lines_of(now, np.array(sorted(unclear), np.uint32), size)
    for key in stored.keys() - unclear:
        line = stored[key].line._replace(articles=stored[key].line.articles + changed.get(key, 0))
        if is_background(line.text, line.source):  # found by an earlier newsdex
            continue
        if line.source not in sources or line.articles >= SHARE * size(line.source):
            found[key] = stored[key]._replace(line=line)
    return _packed(found)


def _lines_of(segments: Sequence[FileSegment], keys: Keys, size: Callable[[str], int]) -> dict[int, _Found]:
    """Those of the sentences ``keys``, ascending, that are furniture."""
    # Of each sentence of a living article its place among the keys, and the article as the segment's number and its row.
    which, places = [np.empty(0, np.int64)], [np.empty(0, np.uint64)]
    for number, segment in enumerate(segments):
        held, rows = segment.known.rows("known.sentence", keys)
        lives = segment.live_articles[rows]
        which.append(held[lives])
        places.append(rows[lives].astype(np.uint64) | np.uint64(number) << np.uint64(32))
    every, articles = np.concatenate(which), np.concatenate(places)
    articles = articles[np.argsort(every, kind="stable")]
    counts = np.bincount(every, minlength=len(keys))
    ends = np.cumsum(counts)
    found = {}
    for place in np.flatnonzero(counts >= LEAST).tolist():
        key = int(keys[place])
        if line := _line(segments, articles[ends[place] - counts[place] : ends[place]], key, size):
            found[key] = line
    return found


def _stored(file: CheckedFile) -> dict[int, _Found]:
    tensors = CheckedTensors(file, _LAYOUT)
    keys = tensors["key"].tolist()
    compared = tensors["compared"].tolist() if "compared" in tensors else [(EMPTY, EMPTY)] * len(keys)
    return {key: _Found(line, tuple(last)) for key, line, last in zip(keys, _lines(tensors), compared, strict=True)}


def _packed(found: Mapping[int, _Found]) -> Tensors | None:
    if not found:
        return None
    keys = sorted(found)
    lines = [found[key].line for key in keys]
    return {
        "key": np.array(keys, np.uint32),
        "articles": np.array([line.articles for line in lines], np.uint32),
        "compared": np.array([found[key].compared for key in keys], np.uint32),
        **pack_strings("text", (line.text for line in lines)),
        **pack_strings("source", (line.source for line in lines)),
    }


def furniture_keys(file: CheckedFile) -> Keys:
    """The numbers of the sentences, ascending. Raises IndexDamaged."""
    return CheckedTensors(file, _LAYOUT)["key"]  # type: ignore[return-value]


def furniture_lines(file: CheckedFile) -> list[Line]:
    """The sentences in a commit's file, those of most articles first. Raises IndexDamaged."""
    return sorted(_lines(CheckedTensors(file, _LAYOUT)), key=lambda line: (-line.articles, line.text, line.source))


def _lines(tensors: CheckedTensors) -> list[Line]:
    columns = unpack_strings(tensors, "text"), unpack_strings(tensors, "source"), tensors["articles"].tolist()
    return [Line(*each) for each in zip(*columns, strict=True)]


class Furnished:
    """Says which sentences and passages of a snapshot's segments are furniture."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def __bool__(self) -> bool:
        return len(self._keys) > 0

    def sentences(self, segment: Segment, row: int) -> NDArray[np.bool_]:
        """Which sentences of the article at ``row`` are furniture, bool, (sentences,)."""
        if not self:
            return np.zeros(len(segment.sentences(row)), np.bool_)
        marked = among(segment.sentence_keys(row), self._keys)
        if np.count_nonzero(marked) >= _MENU:
            marked[_menu(segment, row, marked) :] = True
        return marked

    def articles(self, segment: Segment, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the articles at ``rows``, ascending, have any sentence that is furniture, bool, (rows,)."""
        if not self or not len(rows):
            return np.zeros(len(rows), np.bool_)
        ends = segment.tensors.rows("sentence.ends", rows).astype(np.int64)
        starts = np.where(rows > 0, segment.tensors.rows("sentence.ends", np.maximum(rows - 1, 0)).astype(np.int64), 0)
        marked = among(segment.tensors.rows("sentence.key", runs(starts, ends - starts)), self._keys)
        counts = np.concatenate([[0], np.cumsum(marked)])
        stops = np.cumsum(ends - starts)
        return np.asarray(counts[stops] > counts[stops - (ends - starts)])

    def passage(self, segment: Segment, row: int, position: int) -> bool:
        """Whether all of the passage at ``position``, which is one of the article at ``row``, is furniture."""
        return self.passages(segment, row, [position])[0]

    def passages(self, segment: Segment, row: int, positions: Sequence[int]) -> list[bool]:
        """The same of some passages of the article."""
        if not self or not (marked := self.sentences(segment, row)).any():
            return [False] * len(positions)
        starts, ends = segment.sentence_ranges(row).T
        inside = [marked[(starts < end) & (ends > start)] for start, end in map(segment.passage_range, positions)]
        return [len(marks) > 0 and bool(marks.all()) for marks in inside]


def _menu(segment: Segment, row: int, marked: NDArray[np.bool_]) -> int:
    """Where the menu begins behind an article's last sentence with a stop: lines of which at least half, and _MENU, are ``marked`` as
    furniture. The others are headlines of other stories, and times. Without a menu, the number of its sentences.
    """
    text, ranges = segment.text(row), segment.sentence_ranges(row).tolist()
    last = stop = len(ranges)
    while last and (marked[last - 1] or not text[slice(*ranges[last - 1])].rstrip(_CLOSING).endswith(_STOPS)):
        last -= 1
    behind = np.flatnonzero(marked[last:]).tolist() if last else []
    first = last + behind[0] if behind else stop
    return first if len(behind) >= _MENU and 2 * len(behind) >= stop - first else stop


def _living_keys(segment: FileSegment) -> Keys:
    """The number of each sentence of each living article, once an article."""
    keys, rows = segment.known.sentences()
    return keys[segment.live_articles[rows]].astype(np.uint32)  # type: ignore[no-any-return]


def _size(segments: Sequence[FileSegment], source: str) -> int:
    """How many living articles a source has, by little of each segment."""
    size = 0
    for segment in segments:
        code, count = segment.known.of_source(source)
        size += count
        if count and len(segment.deleted):
            size -= int(np.count_nonzero(segment.tensors.rows("source.code", segment.deleted.astype(np.int64)) == code))
    return size


def _needed(size: int) -> int:
    """How many articles of a source of this ``size`` make a sentence furniture."""
    return max(LEAST, ceil(SHARE * size))


def _line(segments: Sequence[Segment], places: NDArray[np.uint64], key: int, size: Callable[[str], int]) -> _Found | None:
    """The record of the sentence of the articles at ``places``, if it is furniture: they are enough of their source, and enough of those
    compared are not copies of each other. Which are compared depends only on their texts.
    """
    numbers, rows = (places >> np.uint64(32)).astype(np.int64), (places & np.uint64(0xFFFFFFFF)).astype(np.int64)
    first = segments[int(numbers[0])]
    source = coded_at(first.tensors, "source", int(rows[0]))
    if len(places) < SHARE * size(source):
        return None
    heads = np.empty((len(places), 2), np.uint32)
    for number in distinct(numbers).tolist():
        heads[numbers == number] = segments[number].sketches.of(rows[numbers == number])[:, :2]
    order = np.lexsort(heads.T[::-1])[:_COMPARED]
    last = tuple(heads[order[-1]].tolist()) if len(places) > _COMPARED else (EMPTY, EMPTY)
    of = [(int(numbers[place]), int(rows[place])) for place in order.tolist()]
    sketches = np.stack([segments[number].sketches.at(row) for number, row in of])
    different: list[int] = []
    for place in np.flatnonzero(sketches[:, 0] != EMPTY).tolist():  # too short a text is like any other
        if not different or (overlap(sketches[place], sketches[different]).share < _COPIES).all():
            different.append(place)
        if len(different) == LEAST:
            number, row = of[0]
            text = _text(segments[number], row, key)
            return None if is_background(text, source) else _Found(Line(text, source, len(places)), last)
    return None


def _text(segment: Segment, row: int, key: int) -> str:
    """The first sentence of an article with this number."""
    sentence = segment.sentences(row)[int(np.argmax(segment.sentence_keys(row) == key))]
    return " ".join(as_read(segment.text(row)[sentence.start : sentence.end]).split())[:_SHOWN]
