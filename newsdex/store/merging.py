"""Several segments as one, made of their arrays: no article is parsed, cut or stemmed again. The files are those that ``write_segment``
makes, byte for byte. Vectors and texts are copied a megabyte at a time; other files are in memory one by one. Checksums are checked, so
damage is not copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, compress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from newsdex.errors import IndexDamaged
from newsdex.records import Article
from newsdex.store.checked import DAMAGED, checked_parts
from newsdex.store.columns import coded_at, pack_coded, pack_lookup, pack_mappings, pack_strings
from newsdex.store.forms import join_forms
from newsdex.store.known import pack_known
from newsdex.store.manifest import SegmentRecord
from newsdex.store.postings import join_postings
from newsdex.store.segment import CODED, FileSegment, faiss_head, write_files
from newsdex.store.sketches import holders_of
from newsdex.store.vocabulary import join_vocabularies, pack_vocabulary
from newsdex.tensors import Tensors, pack_tensors

# The columns with a row for each article that are the same wherever it stands, and by where those of each article end, those with more.
_OF_ARTICLES = ("published.first", "published.last", "record", "sha256", "digest", "body", "text.xxh3")
_DIVIDED = {
    "page.ends": ("page",),
    "text.ends": (),
    "sentence.ends": ("sentence", "sentence.key"),
    "passage.ends": ("passage", "passage.key"),
}
Mask = NDArray[np.bool_]


def merge_segments(folder: Path, name: str, segments: Sequence[FileSegment]) -> SegmentRecord:
    """Write a segment with the articles of ``segments``, which are complete, one after the other. Deleted ones are left out, and so are
    marks. It is durable once ``folder`` is synced. Raises IndexUnwritable and IndexDamaged; no file is left.
    """
    articles, passages = (sum(int(np.count_nonzero(live)) for live in each) for each in _live(segments))
    return SegmentRecord(name, articles, passages, write_files(folder, name, _contents(segments)))


def _live(segments: Iterable[FileSegment]) -> tuple[list[Mask], list[Mask]]:
    """Which articles and which passages of each of ``segments`` are not deleted."""
    return [segment.live_articles for segment in segments], [segment.live_passages for segment in segments]


def _contents(segments: Sequence[FileSegment]) -> Iterator[tuple[str, Iterable[bytes | memoryview]]]:
    """The role and the parts of each file."""
    yield "articles", pack_tensors(_columns(segments))
    texts = (
        _kept(checked_parts(each.folder, each.record.files["texts"]), each.tensors["text.ends"], each.live_articles) for each in segments
    )
    yield "texts", chain.from_iterable(texts)
    planes = np.concatenate([segment.planes[:, segment.live_passages] for segment in segments], axis=1)
    width = 4 * segments[0].dimension
    vectors = (_kept(each.vector_parts(), width * np.arange(1, len(each) + 1), each.live_passages) for each in segments)
    yield "vectors", chain([faiss_head(planes.shape[1], segments[0].dimension)], *vectors)
    yield "bits", pack_tensors({"plane": planes})
    _release(segments)
    yield "postings", pack_tensors(_words(segments))


def _kept(parts: Iterable[bytes], ends: NDArray[np.generic], live: Mask) -> Iterator[bytes]:
    """The bytes of the rows that are ``live`` of a file that comes in ``parts``; ``ends`` is where each row ends."""
    edges = np.flatnonzero(np.diff(live, prepend=False, append=False))
    first, stop = np.concatenate([np.zeros(1, np.int64), ends.astype(np.int64)])[edges].reshape(-1, 2).T
    at = 0
    for part in parts:
        some = slice(np.searchsorted(stop, at, side="right"), np.searchsorted(first, at + len(part)))
        for start, end in zip(first[some].tolist(), stop[some].tolist(), strict=True):
            yield part[max(start - at, 0) : end - at]
        at += len(part)


def _release(segments: Iterable[FileSegment]) -> None:
    for segment in segments:
        for file in segment.files.values():
            file.release()


def _columns(segments: Sequence[FileSegment]) -> Tensors:
    readers, (live, _) = [segment.tensors for segment in segments], _live(segments)

    def joined(name: str, masks: Sequence[Mask]) -> NDArray[np.generic]:
        return np.concatenate([reader[name][mask] for reader, mask in zip(readers, masks, strict=True)])

    def strings(name: str) -> list[str]:
        return [value for segment, rows in zip(segments, live, strict=True) for value in compress(segment.column(name), rows.tolist())]

    made: Tensors = {name: joined(name, live) for name in _OF_ARTICLES}
    for ends, names in _DIVIDED.items():
        sizes = [np.diff(reader[ends], prepend=reader[ends].dtype.type(0)) for reader in readers]
        made[ends] = np.cumsum(np.concatenate([each[rows] for each, rows in zip(sizes, live, strict=True)]), dtype=sizes[0].dtype)
        masks = [np.repeat(rows, each) for rows, each in zip(live, sizes, strict=True)] if names else []
        made |= {name: joined(name, masks) for name in names}
    for name in ("id", "title", "url", "published"):
        made |= pack_strings(name, strings(name))
    for name in ("id", "url"):
        made |= pack_lookup(name, strings(name))
    for name in CODED:
        made |= pack_coded(name, strings(name))
    metadata = (compress(segment.as_read.all(), rows.tolist()) for segment, rows in zip(segments, live, strict=True))
    made |= pack_mappings("metadata", list(chain.from_iterable(metadata)))
    counts = np.diff(made["passage.ends"], prepend=np.uint32(0))
    made["passage.article"] = np.repeat(np.arange(len(counts), dtype=np.uint32), counts)
    made |= holders_of(joined("copy.sketch", live))  # type: ignore[arg-type]
    return {**made, **pack_known(made)}


def _words(segments: Sequence[FileSegment]) -> Tensors:
    def read(number: int, row: int) -> tuple[str, str]:
        segment = segments[number]
        return segment.text(row), coded_at(segment.tensors, "language", row)

    readers, (articles, passages) = [segment.words for segment in segments], map(_places, _live(segments))
    try:
        # Words that a purged article had by the rules of an earlier newsdex may stay in no file, so they are not subtracted by today's
        purged = any(len(segment.deleted) for segment in segments)
        made = pack_vocabulary(_articles(segments)) if purged else join_vocabularies(readers)
        made |= join_forms(readers, [each.tolist() for each in articles], read)
        _release(segments)  # texts are read for some forms
        return made | join_postings(readers, {"passage": passages, "article": articles})
    except ValueError as error:
        raise IndexDamaged(f"one of {', '.join(each.record.name for each in segments)} is damaged: {error}. {DAMAGED}") from error


def _articles(segments: Iterable[FileSegment]) -> Iterator[Article]:
    """Those of some segments that are not deleted."""
    return (segment.article(row) for segment in segments for row in segment.live_articles.nonzero()[0].tolist())


def _places(live: Sequence[Mask]) -> list[NDArray[np.int64]]:
    """The place of each row of some segments if they follow each other and only the ``live`` ones stay; -1 for the others."""
    places = np.cumsum(np.concatenate(live)) - 1
    places[~np.concatenate(live)] = -1
    return np.split(places, np.cumsum([len(rows) for rows in live])[:-1])
