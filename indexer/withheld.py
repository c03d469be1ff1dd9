"""Deleted and purged articles that are still in their sources: which stay out of the index, and which come back."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from newsdex.indexer.readers.packed import holds_one_article
from newsdex.indexer.report import Report
from newsdex.indexer.source import Source
from newsdex.records import Article
from newsdex.store.paths import stored_path
from newsdex.store.previous import Known
from newsdex.store.sources import SourceFile
from newsdex.store.tombstones import Tombstones


class Restoring(NamedTuple):
    """Which articles come back: deleted ones with one of ``ids``, or without ``ids`` all; and if ``purged``, purged ones too."""

    ids: frozenset[str] = frozenset()
    purged: bool = False


class Withheld:
    """Ask ``keeps_out`` about each article of an update; ``tombstones`` are then those that the index has afterwards."""

    def __init__(self, known: Known, base: Path, restoring: Restoring | None, report: Report) -> None:
        self._known = known
        self._base = base
        self._restoring = restoring
        self._report = report
        self._restored: list[Article] = []
        # Withheld articles that are called after another file now
        self._moved: list[Article] = []
        # Stored paths of the files of withheld articles, and of those whose only article was purged
        self._paths: set[str] = set()
        self._purged_paths: set[str] = set()
        # Checksums of the latter
        self._contents: set[str] = set()

    def keeps_out(self, article: Article) -> bool:
        """Whether ``article`` was deleted or purged and stays out. One that shares the text and is in the index under its id stays in."""
        stones, restoring = self._known.tombstones, self._restoring
        if not stones.cover(article) or ((known := self._known.entry(article.id)) and stones.cover(known.article)):
            return False
        is_purged = stones.cover_purged(article)
        is_wanted = restoring is not None and (not restoring.ids or article.id in restoring.ids)
        if restoring and is_wanted and (restoring.purged or not is_purged):
            self._restored.append(article)
            self._report.restored.append(article.id)
            return False
        if is_wanted:
            self._report.purged.append(article.id)
        self._report.withheld += 1
        if not article.is_added:
            path = stored_path(self._base, article.path)
            self._paths.add(path)
            if is_purged and holds_one_article(article.path):
                self._purged_paths.add(path)
            if article.id == path and not stones.cover_id(path):
                self._moved.append(article)
        return True

    def forgets(self, source: SourceFile) -> bool:
        """Whether the list of sources must not name a file that was read, because its only article was purged."""
        is_purged = source.sha256 != "" and source.path in self._purged_paths
        if is_purged:
            self._contents.add(source.sha256)
        return is_purged

    def was_purged(self, path: Path, name: str) -> bool:
        """Whether the only article of a file was purged, and the file has not changed since a run saw that."""
        stones = self._known.tombstones
        if not stones or not holds_one_article(path) or not stones.cover_file(name):
            return False
        try:
            return stones.cover_content(Source(path, name).sha256)
        except OSError:
            return False

    def tombstones(self) -> Tombstones:
        """Those of the index after the update; the same object if nothing changes."""
        stones = self._known.tombstones
        if self._restored:
            stones = stones.minus(self._restored, {stored_path(self._base, article.path) for article in self._restored})
        if self._moved:
            stones = stones.plus(list(filter(stones.cover_purged, self._moved))).plus_deleted(self._moved, self._base)
        paths = {path for path in self._paths if not stones.cover_file(path)}
        contents = {sha256 for sha256 in self._contents if not stones.cover_content(sha256)}
        return stones.plus((), paths, contents) if paths or contents else stones
