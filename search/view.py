"""The articles of an index that match a filter, as a separate index: what a key for some of the articles opens.

A segment with other articles is written again without them. So no file of the view contains them, and no derived data can reveal them: no
count, score, suggestion, spelling, error or timing. With a mask, every reader of a segment would have to obey it, and word counts would
still reveal the other articles.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from newsdex.errors import UsageError
from newsdex.search.access import Opened
from newsdex.search.index import Index
from newsdex.search.question.filters import Filter, check_keys, in_words, matching_articles
from newsdex.store.furniture import Furnished, find_furniture
from newsdex.store.paths import base_of
from newsdex.store.segment import Entry, FileSegment, write_segment
from newsdex.store.snapshot import Snapshot
from newsdex.terminal import visible

log = logging.getLogger("newsdex.serve")

_NAMES: tuple[Literal["id", "url"], ...] = ("id", "url")


class View(Index):
    """The articles of ``base`` that match ``wanted``, always of the version that ``base`` answers from. Segments that match completely are
    shared with ``base``; others are unnamed files in the temporary folder, or in memory if the segments of ``base`` are. Each is made once.
    """

    def __init__(self, base: Index, wanted: Filter) -> None:
        """Raises UsageError for Milvus and for a filter with a field that no article has; IndexDamaged and IndexUnwritable."""
        self._base = base
        self._wanted = wanted
        self._parts: dict[Hashable, FileSegment | None] = {}
        self._whole = base._current()  # noqa: SLF001 - of the same class
        if len(self._whole.file_segments) < len(self._whole.segments) or not self._whole.pointer:
            raise UsageError("keys for some of the articles need an index in a folder, not in Milvus: newsdex pull copies it to a folder")
        check_keys(wanted, self._whole.segments)
        super().__init__(self._part(self._whole), in_memory=base._in_memory)  # noqa: SLF001 - as above
        self._encoder, self._reranker = base._encoder, base._reranker  # noqa: SLF001 - as above

    def is_current(self) -> bool:
        return self._base.is_current()

    def let_go(self) -> None:
        with self._lock:
            self._parts.clear()
            self._whole = replace(self._whole, pointer="", segments=())
        super().let_go()

    def _newest(self) -> Snapshot:
        whole = self._base._current()  # noqa: SLF001 - as above
        if whole is not self._whole:
            self._snapshot, self._asker, self._whole = self._part(whole), None, whole
        self.problem = self._base.problem
        return self._snapshot

    def _part(self, whole: Snapshot) -> Snapshot:
        # What marks may tell of other articles depends on all of them.
        parts = {(each.content_key, each.record.deleted, whole.pointer if each.marked else ""): each for each in whole.file_segments}
        self._parts = {key: self._parts[key] if key in self._parts else self._left(whole, segment) for key, segment in parts.items()}
        segments = tuple(part for part in self._parts.values() if part is not None)
        found = find_furniture(segments) if whole.manifest.seek_furniture else None
        records = tuple(segment.record for segment in segments)
        manifest = replace(whole.manifest, segments=records, sources=None, furniture=None, tombstones=None, marks=None)
        keys = np.asarray(found["key"] if found else [], np.uint32)
        return Snapshot(whole.folder, whole.pointer, manifest, segments, furnished=Furnished(keys))

    def _left(self, whole: Snapshot, segment: FileSegment) -> FileSegment | None:
        """The matching part of a segment, if any."""
        left = self._matching(segment)
        if left.all() and not segment.marked:
            return segment
        if not left.any():
            return None
        base, dimension = base_of(whole.folder), whole.manifest.model.dimension
        # The files are gone with the folder, and stay readable for as long as they are mapped.
        with TemporaryDirectory(prefix="newsdex-") as there:
            folder = Path(there)
            entries = [self._entry(whole, segment, row) for row in left.nonzero()[0].tolist()]
            record = write_segment(folder, segment.record.name, entries, base)
            return FileSegment(folder, record, base, dimension=dimension, in_memory=not self._base.is_mapped)

    def _matching(self, segment: FileSegment) -> NDArray[np.bool_]:
        return matching_articles(segment, self._wanted) & segment.live_articles

    def _entry(self, whole: Snapshot, segment: FileSegment, row: int) -> Entry:
        """An article without a mark that names one which is left out."""
        entry = segment.entry(row)
        fields = dict(entry.article.metadata)
        name = fields.get("corrected_by", "")
        if row not in segment.marked or segment.unmarked(row).metadata.get("corrected_by") == name or self._has(whole, name):
            return entry
        fields.pop("corrected_by", None)
        return replace(entry, article=replace(entry.article, metadata=fields))

    def _has(self, whole: Snapshot, name: str) -> bool:
        """Whether an article with this id or address is left."""
        rows = ((segment, row) for segment in whole.file_segments for key in _NAMES for row in segment.rows_with(key, name))
        return any(self._matching(segment)[row] for segment, row in rows)


def views_of(index: Index, opened: Mapping[str, Opened]) -> dict[str, View]:
    """The views of ``index`` by their keys, as read_keys has them; keys with the same filter share one. Raises as View."""
    made: dict[str, View] = {}
    for where, wanted, name in opened.values():
        if repr(wanted) not in made:
            try:
                made[repr(wanted)] = View(index, wanted)
            except UsageError as error:
                raise type(error)(f"{where}: {error}") from error
        count = made[repr(wanted)].open_manifest.articles
        level = logging.INFO if count else logging.WARNING
        log.log(level, "The key %s opens %d of %d articles: %s", visible(name), count, index.open_manifest.articles, in_words(wanted))
    return {key: made[repr(each.filter)] for key, each in opened.items()}
