"""Several segments as one, made of their arrays: no article is parsed, cut or stemmed again.

The files are byte for byte those that ``write_segment`` makes of the same articles in the same order. Vectors and texts are copied a
megabyte at a time; of the other files, one is in memory at a time. Everything is read through its checksums, so damage is not copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain
from pathlib import Path

import numpy as np

from newsdex.errors import IndexDamaged
from newsdex.store import files
from newsdex.store.checked import DAMAGED, checked_parts
from newsdex.store.columns import coded_at, joined_ends, pack_coded, pack_lookup, pack_mappings, pack_strings
from newsdex.store.forms import join_forms
from newsdex.store.known import pack_known
from newsdex.store.manifest import SegmentRecord
from newsdex.store.postings import join_postings
from newsdex.store.segment import CODED, FileSegment, faiss_head, write_files
from newsdex.store.sketches import holders_of
from newsdex.store.vocabulary import join_vocabularies
from newsdex.tensors import Tensors, pack_tensors

# The columns of articles, passages, sentences and pages that are the same wherever these stand, and those of where each article's end.
_AS_THEY_ARE = (
    *("published.first", "published.last", "record", "sha256", "digest", "body", "page", "text.xxh3"),
    *("sentence", "sentence.key", "passage", "passage.key"),
)
_ENDS = ("page.ends", "text.ends", "sentence.ends", "passage.ends")


def merge_segments(folder: Path, name: str, segments: Sequence[FileSegment], commit: int) -> SegmentRecord:
    """Write a segment with all articles of ``segments``, which are complete, one after the other. Deleted ones stay deleted, in a file of
    this ``commit``; marks are left out. It is durable once ``folder`` is synced. Raises IndexUnwritable and IndexDamaged; no file is left.
    """
    articles, passages = (sum(sizes) for sizes in (_articles(segments), map(len, segments)))
    record = SegmentRecord(name, articles, passages, write_files(folder, name, _contents(segments)))
    starts = [0, *accumulate(_articles(segments))]
    deleted = np.concatenate([each.deleted + np.uint32(start) for each, start in zip(segments, starts, strict=False)])
    if not len(deleted):
        return record
    try:
        file = files.write_new(folder, f"{name}.deleted-{commit:06d}", [deleted.tobytes()])
    except BaseException:
        for each in record.files.values():
            files.remove(folder / each.name)
        raise
    count = sum(each.record.deleted_passages for each in segments)
    return SegmentRecord(name, articles, passages, record.files, file, len(deleted), count)


def _articles(segments: Iterable[FileSegment]) -> list[int]:
    return [segment.record.articles for segment in segments]


def _contents(segments: Sequence[FileSegment]) -> Iterator[tuple[str, Iterable[bytes | memoryview]]]:
    """The role and the parts of each file."""
    yield "articles", pack_tensors(_columns(segments))
    yield "texts", chain.from_iterable(checked_parts(segment.folder, segment.record.files["texts"]) for segment in segments)
    planes = np.concatenate([segment.planes for segment in segments], axis=1)
    head = faiss_head(sum(map(len, segments)), segments[0].dimension)
    yield "vectors", chain([head], *(segment.vector_parts() for segment in segments))
    yield "bits", pack_tensors({"plane": planes})
    _release(segments)
    yield "postings", pack_tensors(_words(segments))


def _release(segments: Iterable[FileSegment]) -> None:
    for segment in segments:
        for file in segment.files.values():
            file.release()


def _columns(segments: Sequence[FileSegment]) -> Tensors:
    def column(name: str) -> list[str]:
        return [value for segment in segments for value in segment.column(name)]

    readers = [segment.tensors for segment in segments]
    made: Tensors = {name: np.concatenate([reader[name] for reader in readers]) for name in _AS_THEY_ARE}
    made |= {name: joined_ends(readers, name) for name in _ENDS}
    for name in ("id", "title", "url", "published"):
        made |= pack_strings(name, column(name))
    for name in ("id", "url"):
        made |= pack_lookup(name, column(name))
    for name in CODED:
        made |= pack_coded(name, column(name))
    made |= pack_mappings("metadata", [each for segment in segments for each in segment.as_read.all()])
    counts = np.diff(made["passage.ends"], prepend=np.uint32(0))
    made["passage.article"] = np.repeat(np.arange(len(counts), dtype=np.uint32), counts)
    made |= holders_of(np.concatenate([reader["copy.sketch"] for reader in readers]))
    return {**made, **pack_known(made)}


def _words(segments: Sequence[FileSegment]) -> Tensors:
    def read(number: int, row: int) -> tuple[str, str]:
        segment = segments[number]
        return segment.text(row), coded_at(segment.tensors, "language", row)

    readers, articles = [segment.words for segment in segments], _articles(segments)
    made = join_vocabularies(readers)
    try:
        made |= join_forms(readers, articles, read)
        _release(segments)  # texts are read for some forms
        return made | join_postings(readers, {"passage": [len(segment) for segment in segments], "article": articles})
    except ValueError as error:
        raise IndexDamaged(f"one of {', '.join(each.record.name for each in segments)} is damaged: {error}. {DAMAGED}") from error
