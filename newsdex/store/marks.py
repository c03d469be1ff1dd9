"""What is said of articles whose sources do not say it: that they were retracted, or which article corrects them.

A mark is given by a command (newsdex.indexer.upkeep.marking) and kept by the commit under the article's id, so that it outlives each
version of the article. That an article is corrected by another, which says so itself, follows from the articles at each commit.

Segments never change. One that has articles with marks gets a file beside it with the column of the metadata as the marks have it, as one
with deleted articles gets the list of these.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np

from newsdex import foreign
from newsdex.errors import IndexDamaged
from newsdex.store import files
from newsdex.store.columns import pack_mappings
from newsdex.store.manifest import SegmentRecord
from newsdex.store.segment import FileSegment
from newsdex.tensors import pack_tensors
from newsdex.values import grouped

MOST = 100_000
FEW = 500  # values that are looked up one by one
_LARGEST = 256_000_000  # bytes of the file
_NAMES: tuple[Literal["url", "id"], ...] = ("url", "id")


@dataclass(frozen=True, slots=True)
class Mark:
    """``retracted`` is the reason, ``corrected_by`` the id or address of the corrected version; empty where that is not said."""

    retracted: str = ""
    corrected_by: str = ""

    @property
    def fields(self) -> dict[str, str]:
        """The fields of an article's metadata that it stands for."""
        return {name: value for name, value in asdict(self).items() if value}


Marks = Mapping[str, Mark]  # by the ids of the articles


@dataclass(frozen=True, slots=True)
class _File:
    marks: Marks = field(default_factory=dict)


def pack_marks(marks: Marks) -> bytes:
    """The content of the file of ``marks``."""
    return json.dumps(asdict(_File(dict(sorted(marks.items()))))).encode()


def unpack_marks(content: bytes | memoryview) -> Marks:
    """The marks in a file's content. Raises ValueError when it is no such content."""
    return foreign.made(_File, foreign.parsed(content, _LARGEST, MOST + 10), "the list of marks").marks


def without(marks: Marks, gone: Container[str]) -> Marks:
    """``marks`` without any word of the articles with the ids ``gone``."""
    kept = {name: replace(mark, corrected_by="") if mark.corrected_by in gone else mark for name, mark in marks.items() if name not in gone}
    return {name: mark for name, mark in kept.items() if mark.fields}


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
    for segment, fields in zip(segments, told, strict=True):
        for name in _NAMES:
            for value, row in _rows(segment, name, correctors):
                first, second = correctors[value]
                corrector = second if segment.article_id(row) == first else first
                # What its own source says of it comes first
                if corrector and not segment.as_read.at(row).get("corrected_by"):
                    fields[row] = {"corrected_by": corrector}
        for article_id, row in _rows(segment, "id", marks):
            fields[row] = fields.get(row, {}) | marks[article_id].fields
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
    every = [wanted[row] if row in wanted else segment.as_read.at(row) for row in range(segment.article_count)]
    arrays = {**pack_mappings("metadata", every), "row": np.array([*wanted], np.uint32)}
    return replace(record, marked=files.write_new(folder, f"{record.name}.marked-{commit:06d}", pack_tensors(arrays)))
