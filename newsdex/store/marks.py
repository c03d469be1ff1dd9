"""What is said of articles whose sources do not say it: that they were retracted, or which article corrects them.

A mark is given by a command (newsdex.indexer.upkeep.marking) and kept by the commit under the article's id, so that it outlives each
version of the article. It belongs to a story, not to an id: newsdex.indexer.upkeep.carrying moves it where an update gives the story
another id. The mark of a story that has left the index is kept with what the story is recognised by, and shown on no article until it
returns. That an article is corrected by another, which says so itself, follows from the articles at each commit.

Segments never change. One that has articles with marks gets a file beside it with the column of the metadata as the marks have it, as one
with deleted articles gets the list of these.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import xxhash

from newsdex import foreign
from newsdex.errors import IndexDamaged
from newsdex.records import Article
from newsdex.store import files
from newsdex.store.columns import coded_at, pack_mappings, string_at
from newsdex.store.manifest import SegmentRecord
from newsdex.store.paths import is_called_after
from newsdex.store.segment import FileSegment
from newsdex.store.sketches import SIZE, Shingler
from newsdex.tensors import pack_tensors
from newsdex.values import grouped

MOST = 100_000
FEW = 500  # values that are looked up one by one
_LARGEST = 256_000_000  # bytes of the file
_NAMES: tuple[Literal["url", "id"], ...] = ("url", "id")


@dataclass(frozen=True, slots=True)
class Story:
    """What an article is recognised by: its stored ``path``; the days that its date can mean, 0 without one; the XXH3-64 of its ``text``;
    the ``sketch`` of its body, SIZE little-endian uint32 (newsdex.store.sketches).
    """

    path: str
    url: str
    title: str
    source: str
    first: int
    last: int
    text: int
    sketch: bytes = field(repr=False)

    @classmethod
    def of(cls, article: Article, path: str, shingler: Shingler) -> Story:
        """That of an article with this stored ``path``."""
        day, body = article.published, article.body
        days = (day.earliest.toordinal(), day.latest.toordinal()) if day else (0, 0)
        sketch = shingler.sketch(article.text[body.start : body.end]).astype("<u4").tobytes()
        return cls(path, article.url, article.title, article.source, *days, xxhash.xxh3_64_intdigest(article.text.encode()), sketch)

    @classmethod
    def at(cls, segment: FileSegment, row: int) -> Story:
        """That of article ``row`` of a segment. Raises IndexDamaged."""
        url, source = string_at(segment.tensors, "url", row), coded_at(segment.tensors, "source", row)
        text, sketch = segment.tensors.item("text.xxh3", row), segment.sketches.at(row).astype("<u4").tobytes()
        return cls(segment.stored_path(row), url, segment.title(row), source, *segment.days_at(row), int(text), sketch)

    def pack(self) -> str:
        """As a string without line ends."""
        words = (each.replace("\0", " ") for each in (self.path, self.url, self.title, self.source))
        numbers = (str(self.first), str(self.last), f"{self.text:x}", b64encode(self.sketch).decode())
        return "\0".join((*words, *numbers))

    @classmethod
    def unpack(cls, packed: str) -> Story:
        """The inverse of ``pack``. Raises ValueError."""
        path, url, title, source, first, last, text, sketch = packed.split("\0")
        if len(content := b64decode(sketch, validate=True)) != 4 * SIZE:
            raise ValueError(f"a sketch of {len(content)} bytes, expected {4 * SIZE}")
        return cls(path, url, title, source, int(first), int(last), int(text, 16), content)


@dataclass(frozen=True, slots=True)
class Mark:
    """``retracted`` is the reason, ``corrected_by`` the id or address of the corrected version; empty where that is not said. ``story`` is
    what the article was if it has left the index, or its id: such a mark is no other article's.
    """

    retracted: str = ""
    corrected_by: str = ""
    story: Story | None = None

    @property
    def fields(self) -> dict[str, str]:
        """The fields of an article's metadata that it stands for."""
        return {name: value for name in ("retracted", "corrected_by") if (value := getattr(self, name))}


Marks = Mapping[str, Mark]  # by the names of ``by_name``


@dataclass(frozen=True, slots=True)
class _Words:
    retracted: str = ""
    corrected_by: str = ""


@dataclass(frozen=True, slots=True)
class _File:
    """By the id of an article; of one that is away, by its id and its story, after a NUL."""

    marks: Mapping[str, _Words] = field(default_factory=dict)


def by_name(marks: Iterable[tuple[str, Mark]]) -> dict[str, Mark]:
    """The marks of these ids by their names: that of an id is the id. More of one id, whose stories are away, have the story behind it."""
    named: dict[str, Mark] = {}
    for article_id, mark in sorted(marks, key=lambda each: each[1].story is not None):
        named[f"{article_id}\0{mark.story.pack()}" if mark.story and article_id in named else article_id] = mark
    return named


def id_of(name: str) -> str:
    """The id in the name of a mark."""
    return name.partition("\0")[0]


def pack_marks(marks: Marks) -> bytes:
    """The content of the file of ``marks``."""
    names = {f"{id_of(name)}\0{mark.story.pack()}" if mark.story else name: mark for name, mark in marks.items()}
    return json.dumps(asdict(_File({name: _Words(names[name].retracted, names[name].corrected_by) for name in sorted(names)}))).encode()


def unpack_marks(content: bytes | memoryview) -> Marks:
    """The marks in a file's content. Raises ValueError when it is no such content."""
    words = foreign.made(_File, foreign.parsed(content, _LARGEST, MOST + 10), "the list of marks").marks
    found: list[tuple[str, Mark]] = []
    for name, said in sorted(words.items()):
        article_id, away, story = name.partition("\0")
        found.append((article_id, Mark(said.retracted, said.corrected_by, Story.unpack(story) if away else None)))
    return by_name(found)


def without(
    marks: Marks, gone: Collection[str], erased: Collection[str], articles: Sequence[Article], withdrawn: Callable[[str], bool]
) -> Marks:
    """``marks`` without any word of the articles with the ids ``gone``, nor of ``articles`` that were marked under other ids. Of stories
    that are away: without those with the ids ``erased``, and without title and URL if their ids are ``withdrawn``, or of a row that may be.
    """
    texts = {xxhash.xxh3_64_intdigest(article.text.encode()) for article in articles}
    names = {*gone, *(article.url for article in articles)} - {""}
    left: list[tuple[str, Mark]] = []
    for name, mark in marks.items():
        article_id, story = id_of(name), mark.story
        if article_id in gone or (story and (article_id in erased or story.text in texts)):
            continue
        if story and (withdrawn(article_id) or (is_called_after(article_id, story.path) and article_id != story.path)):
            story = replace(story, title="", url="")
        left.append((article_id, replace(mark, corrected_by="" if mark.corrected_by in names else mark.corrected_by, story=story)))
    return by_name((article_id, mark) for article_id, mark in left if mark.fields)


def with_stories(marks: Marks, stories: Mapping[str, Story]) -> Marks:
    """``marks``, those of articles that leave the index with their ``stories``, which are by their ids."""
    away = {name: replace(mark, story=stories[name]) for name, mark in marks.items() if name in stories and not mark.story}
    return by_name((id_of(name), away.get(name, mark)) for name, mark in marks.items()) if away else marks


def with_marks(segments: Sequence[FileSegment], marks: Marks, folder: Path, commit: int) -> tuple[SegmentRecord, ...]:
    """The records of ``segments``, which are all of the commit, each with the file that has its marked articles, where there are any; it is
    written to ``folder`` if it is not there already. Raises IndexUnwritable.
    """
    try:
        return tuple(_marked(folder, segment, fields, commit) for segment, fields in zip(segments, _told(segments, marks), strict=True))
    except IndexDamaged:  # which is for the reader of what is damaged to tell
        return tuple(segment.record for segment in segments)


def _told(segments: Sequence[FileSegment], marks: Marks) -> list[dict[int, dict[str, str]]]:
    """The fields that each article gets by its row, a mapping a segment."""
    told: list[dict[int, dict[str, str]]] = [{} for _ in segments]
    correctors = _correctors(segments)
    here = {name: mark.fields for name, mark in marks.items() if not mark.story}
    for segment, fields in zip(segments, told, strict=True):
        for name in _NAMES:
            for value, row in _rows(segment, name, correctors):
                first, second = correctors[value]
                corrector = second if segment.article_id(row) == first else first
                # What its own source says of it comes first
                if corrector and not segment.as_read.at(row).get("corrected_by"):
                    fields[row] = {"corrected_by": corrector}
        for article_id, row in _rows(segment, "id", here):
            fields[row] = fields.get(row, {}) | here[article_id]
    return told


def _rows(segment: FileSegment, name: Literal["id", "url"], values: Collection[str]) -> Iterator[tuple[str, int]]:
    """Each living article whose ``name`` is one of ``values``, behind that."""
    if len(values) > FEW:
        for row, value in enumerate(segment.column(name)):
            if value in values and segment.live_articles[row]:
                yield value, row
        return
    for value in values:
        for row in segment.rows_with(name, value):
            yield value, row


def unmet_corrections(segments: Sequence[FileSegment]) -> dict[str, str]:
    """What each article ``corrects`` whose field names no article of ``segments``, by the ids of the correcting articles."""
    named = grouped((value, segment.article_id(row)) for value, segment, row in _corrections(segments))
    met = {value for segment in segments for name in _NAMES for value, _ in _rows(segment, name, named)}
    return {article_id: value for value, ids in sorted(named.items()) if value not in met for article_id in ids}


def _corrections(segments: Sequence[FileSegment]) -> Iterator[tuple[str, FileSegment, int]]:
    """What each living article ``corrects``, with its place."""
    for segment in segments:
        values = segment.metadata.values("corrects")
        for row in segment.metadata.entries("corrects", np.ones(len(values), np.bool_)).tolist():
            if segment.live_articles[row] and (value := segment.as_read.at(row)["corrects"]):
                yield value, segment, row


def _correctors(segments: Sequence[FileSegment]) -> dict[str, tuple[str, str]]:
    """The ids of the latest article that corrects each id or address, and of the one before it, or ""."""
    found: dict[str, list[tuple[int, str]]] = {}
    for value, segment, row in _corrections(segments):
        best = [*found.get(value, ()), (segment.days_at(row)[0], segment.article_id(row))]
        found[value] = sorted(best, reverse=True)[:2]
    return {value: (best[0][1], best[1][1] if best[1:] else "") for value, best in found.items()}


def _marked(folder: Path, segment: FileSegment, fields: Mapping[int, dict[str, str]], commit: int) -> SegmentRecord:
    record = segment.record
    if not fields:
        return replace(record, marked=None)
    wanted = {row: segment.as_read.at(row) | fields[row] for row in sorted(fields)}
    if record.marked and wanted == {row: segment.metadata.at(row) for row in segment.marked}:
        return record
    every = [wanted.get(row, read) for row, read in enumerate(segment.as_read.all())]
    arrays = {**pack_mappings("metadata", every), "row": np.array([*wanted], np.uint32)}
    return replace(record, marked=files.write_new(folder, f"{record.name}.marked-{commit:06d}", pack_tensors(arrays)))
