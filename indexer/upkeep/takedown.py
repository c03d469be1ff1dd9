"""Taking articles out of an index: marked as deleted, or purged from every file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from newsdex.errors import IndexDamaged, ModelMismatch, UsageError
from newsdex.given import as_text, real, several
from newsdex.indexer.changes import without_refusals
from newsdex.indexer.readers.packed import holds_one_article
from newsdex.milvus.place import folder_at
from newsdex.records import ADDED, Article
from newsdex.store.copies import Place, copies_of, reprints_of
from newsdex.store.log import forget_names, named
from newsdex.store.marks import without
from newsdex.store.paths import absolute, base_of, stored_path
from newsdex.store.previous import Known
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot
from newsdex.store.sources import Sources
from newsdex.store.writer import Writer


@dataclass(frozen=True, slots=True)
class Selection:
    """The articles whose id, url or source is one of these."""

    ids: frozenset[str] = frozenset()
    urls: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Takedown:
    """What was removed, or would be.

    ``removed`` are the ids of articles that a search could find. ``erased``, only with ``purge``, are those of which only remains were
    left: articles deleted before, or an earlier version of an article that stays. ``unmatched``, ``unmatched_urls`` and
    ``unmatched_sources`` are the selected ids, urls and sources that no article has. All are in order.
    """

    removed: tuple[str, ...]
    erased: tuple[str, ...]
    unmatched: tuple[str, ...]
    unmatched_urls: tuple[str, ...] = ()
    unmatched_sources: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        """Whether anything matched."""
        return bool(self.removed or self.erased)


class _Match(NamedTuple):
    article_id: str
    url: str = ""
    source: str = ""


def delete_articles(
    index_folder: str | os.PathLike[str],
    *,
    ids: Iterable[str] = (),
    urls: Iterable[str] = (),
    sources: Iterable[str] = (),
    purge: bool = False,
    dry_run: bool = False,
    wait_seconds: float | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> Takedown:
    """Remove the articles with these ``ids``, ``urls`` or ``sources`` in one commit; with ``dry_run`` only report which. Source files are
    not changed.

    When the articles are added or indexed again, they stay out, except with ``Options.restore``. ``purge`` erases them, and articles
    deleted before, from every file of the index; no older version is left. Raises UsageError if no article is named, for an empty value or
    a wrong type, and for an archive in Milvus; IndexMissing, IndexTooNew, IndexDamaged, IndexBusy (after ``wait_seconds``; None waits
    without limit) and IndexUnwritable.
    """
    named = {"ids": ids, "urls": urls, "sources": sources}
    chosen = {what: frozenset(as_text(each, what) for each in several(what, given, what)) for what, given in named.items()}
    folder = folder_at(index_folder)
    return delete(folder, Selection(**chosen), purge=purge, dry_run=dry_run, wait_seconds=wait_seconds, on_wait=on_wait)


def delete(
    index_folder: Path,
    selection: Selection,
    *,
    purge: bool = False,
    dry_run: bool = False,
    wait_seconds: float | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> Takedown:
    """Remove the articles of ``selection`` in one commit; with ``dry_run`` only report which. ``purge`` also erases those deleted before,
    from every file; no rollback is possible then, and a file called as a purged article is forgotten. Tombstones keep all from being
    indexed again. Raises UsageError for an empty selection or value; IndexMissing, IndexTooNew, IndexDamaged, IndexBusy (after
    ``wait_seconds``), IndexUnwritable.
    """
    values = selection.ids | selection.urls | selection.sources
    if not values:
        raise UsageError(
            "nothing to delete was named. Give at least one id, URL or source: --id, --url, --source, or in Python ids, urls, sources"
        )
    if "" in values:  # as from a shell's variable that is not set; most articles may have no url
        raise UsageError("an empty value was given for --id, --url or --source, expected the one of the articles to delete")
    if dry_run:
        return _look(Snapshot.open(index_folder), selection, purge)
    with open_writer(index_folder, wait_seconds, on_wait) as writer:
        assert writer.snapshot
        found = _look(writer.snapshot, selection, purge)
        if found.found:
            for article_id in found.removed:
                writer.delete(article_id)
            writer.changes.why = "purge" if purge else "delete"
            gone = {*found.removed, *found.erased}
            if purge:
                writer.changes.count("purged", len(gone))
                gone -= writer.known.place.whole.keys() - set(found.removed)
                versions, base = list(_versions(writer.snapshot, gone)), base_of(index_folder)
                kept = {path for path, ids in writer.known.ids_at.whole.items() if not gone.issuperset(ids)}
                emptied = {stored_path(base, version.path) for version in versions if version.path.is_absolute()} - kept
                writer.tombstones = writer.tombstones.plus(versions, emptied)
                names = gone | emptied
                writer.marks = without(writer.marks, gone, found.erased, versions, writer.tombstones.cover_id)
                # Before the commit: after it, an interrupted purge would leave names that nothing tells from those of deleted articles.
                forget_names(index_folder, gone)
            else:
                names = gone
                articles = _articles(writer.known, found.removed)
                writer.tombstones = writer.tombstones.plus_deleted(articles, base_of(index_folder))
            writer.commit(_without(writer.known.sources, names, base_of(index_folder), purge=purge), purge=purge)
    return found


def files_of(snapshot: Snapshot, ids: Sequence[str]) -> list[Path]:
    """The files of the articles of these ids, in order; those that a program added have none. Raises IndexDamaged."""
    found: set[str] = set()
    for segment in snapshot.file_segments:
        paths = segment.coded["path"]
        found.update(paths.values[paths.codes[row]] for article_id in ids for row in segment.rows_with("id", article_id))
    return sorted(base_of(snapshot.folder) / path for path in found - {ADDED})


def other_copies(snapshot: Snapshot, ids: Iterable[str]) -> dict[str, Place]:
    """Where the copies and reprints, of any date, of the articles ``ids`` are, by id, in the order of the index. Raises IndexDamaged."""
    named, segments = sorted(ids), snapshot.file_segments
    places = [Place(number, row) for number, each in enumerate(segments) for name in named for row in each.rows_with("id", name)]
    found = {copy.place for copies in copies_of(snapshot, places) for copy in copies} | reprints_of(snapshot, places)
    return {segments[place.segment].article_id(place.row): place for place in sorted(found.difference(places))}


def ids_called(index_folder: Path, name: str) -> list[str]:
    """Ids that ``name`` is, or whose url, path or end of it, in any version left. Raises IndexMissing, IndexTooNew, IndexDamaged."""
    path, ending = stored_path(base_of(index_folder), absolute(Path(name))), f"/{name.removeprefix('./')}"
    whole: set[str] = set()
    ends: set[str] = set()
    for version in (Snapshot.open(index_folder), *Snapshot.all_there(index_folder)):
        for segment in version.segments:
            paths = segment.coded["path"]
            for article_id, url, code in zip(segment.column("id"), segment.column("url"), paths.codes.tolist(), strict=True):
                place = paths.values[code]
                if name in (article_id, url) or path in (article_id, place):
                    whole.add(article_id)
                elif f"/{place}".endswith(ending):
                    ends.add(article_id)
    return sorted({name} & whole or whole or ends)


def open_writer(folder: Path, wait_seconds: float | None, on_wait: Callable[[str], None] | None) -> Writer:
    """A writer of the index as it is, whatever its model. Raises UsageError for a wrong number of seconds."""
    if wait_seconds is not None:
        real("a wait of {} seconds", wait_seconds, 0)
    while True:
        current = Snapshot.open(folder)
        manifest = current.manifest
        try:
            return Writer(folder, manifest.model, manifest.chunking, wait_seconds=wait_seconds, on_wait=on_wait, before=current)
        except ModelMismatch:  # a rebuild was faster
            continue


def _look(snapshot: Snapshot, selection: Selection, purge: bool) -> Takedown:
    """What of ``selection`` is in ``snapshot`` and, with ``purge``, in the remains of earlier versions."""
    living = {match for segment in snapshot.segments for match in _matching(segment, selection, deleted_too=False)}
    removed = {match.article_id for match in living}
    left: set[_Match] = set()
    erased: set[str] = set()
    if purge:
        versions = (snapshot, *Snapshot.all_there(snapshot.folder))
        left = {match for each in versions for segment in each.segments for match in _matching(segment, selection, deleted_too=True)}
        erased = {match.article_id for match in left}
        erased |= {path for path in selection.ids & snapshot.sources().keys() if holds_one_article(Path(path))}
        # What was deleted before an earlier purge has only its name left, in the log
        erased |= named(snapshot.folder, selection.ids)
        erased -= removed
    found = living | left
    return Takedown(
        tuple(sorted(removed)),
        tuple(sorted(erased)),
        tuple(sorted(selection.ids - removed - erased)),
        tuple(sorted(selection.urls - {match.url for match in found})),
        tuple(sorted(selection.sources - {match.source for match in found})),
    )


def _articles(known: Known, ids: Iterable[str]) -> Iterator[Article]:
    """The articles of these ids; without a text those that are damaged."""
    for article_id in ids:
        place = known.place(article_id)
        assert place
        number, row = place
        try:
            yield known.segments[number].article(row)
        except IndexDamaged:
            yield Article(article_id, "", Path(article_id), "")


def _versions(snapshot: Snapshot, ids: set[str]) -> Iterator[Article]:
    """The articles of these ids, without a text and in every version that is left in any file."""
    for article_id in ids:
        yield Article(article_id, "", Path(article_id), "")
    for version in (snapshot, *Snapshot.all_there(snapshot.folder)):
        for segment in version.file_segments:
            for row, article_id in enumerate(segment.column("id")):
                if article_id in ids:
                    # What is damaged cannot be read, and is purged all the same
                    with suppress(IndexDamaged):
                        yield segment.article(row)


def _matching(segment: Segment, selection: Selection, *, deleted_too: bool) -> Iterator[_Match]:
    """The selected articles. Without a look at all of them, each has only the value by which it was found."""
    if not deleted_too and not selection.sources:
        yield from (_Match(value) for value in selection.ids if segment.rows_with("id", value))
        yield from (_Match(segment.article_id(row), value) for value in selection.urls for row in segment.rows_with("url", value))
        return
    columns = zip(segment.column("id"), segment.column("url"), segment.column("source"), segment.live_articles.tolist(), strict=True)
    for article_id, url, source, lives in columns:
        matches = article_id in selection.ids or url in selection.urls or source in selection.sources
        if matches and (lives or deleted_too):
            yield _Match(article_id, url, source)


def _without(sources: Sources, gone: set[str], base: Path, *, purge: bool) -> Sources:
    """What is to be known of the sources now. A file keeps its entry, so that it is not read again while it is unchanged, and waits for no
    id of an article that is gone. With ``purge`` no path stays that is such an id.
    """
    left = sources.copy()
    for path in gone if purge else ():
        if path in left and holds_one_article(Path(path)):
            del left[path]
    for source in left.with_problems():
        waiting = without_refusals(source, gone)
        left[source.path] = waiting._replace(problems="\n".join(_without_paths(waiting.problems, gone, base))) if purge else waiting
    return left


def _without_paths(problems: str, gone: Iterable[str], base: Path) -> Iterator[str]:
    """The lines of ``problems`` that do not end in the path of an article that is gone; of the others, what comes before it."""
    ends = tuple(f"{base / path}" for path in gone)
    for line in problems.splitlines():
        yield next((line.removesuffix(end).rstrip() for end in ends if line.endswith(end)), line)
