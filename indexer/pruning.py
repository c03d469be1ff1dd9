"""Articles that are no longer in their sources: without ``prune`` all stay and are counted; with it most are removed.

| what is gone | with ``prune`` | with ``prune_all`` |
|---|---|---|
| a record, a file, a folder of few articles | removed | removed |
| a folder that was named, or all files of one below it that had many articles | stays (Report.kept) | removed |
| many articles, more than half of all, unless one removed file had all | stays (Report.held) | removed |
| what is in a file or folder that could not be read | not known to be gone | not known to be gone |

So nothing is lost if a disk is not mounted, or an export is cut short.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from newsdex.indexer.discover import Pattern
from newsdex.records import ADDED
from newsdex.store.paths import stored_path
from newsdex.values import grouped

if TYPE_CHECKING:
    from newsdex.indexer.changes import Changes

_MANY = 10  # articles: fewer are pruned whatever share of the archive they are

_Ids = Mapping[str, Sequence[str]]  # of articles, by the stored path of their file


class Vanished(NamedTuple):
    """Ids of articles: ``unseen`` ones are no longer in their sources; ``removed`` ones leave the index, also those with a new id."""

    unseen: set[str]
    removed: list[str]


def find_vanished(changes: Changes, roots: Iterable[Path], *, prune: bool, prune_all: bool = False) -> Vanished:
    """What is gone at and below ``roots`` (absolute) when ``changes`` are iterated over; completes their report and their sources."""
    known, report, sources, found = changes.known, changes.report, changes.sources, changes.found
    prune |= prune_all
    names = {path: stored_path(changes.base, path) for path in sorted(report.missing)}
    missing = {path for path, name in names.items() if name in sources or known.ids_at(name)}  # files that the index knows
    folders = [path for path in names if path not in missing] if prune else []
    report.kept = {path: count for path in folders if (count := sum(map(len, known.below([names[path]]).values())))}
    if prune_all:
        missing, report.kept = missing | report.kept.keys(), {}
    roots = [root for root in roots if root not in report.missing or root in missing]
    if prune:
        report.missing = [path for path in report.missing if path not in missing]
    articles, files = _looked_at(changes, roots)
    replaced = [article_id for article_id in changes.replaced if article_id not in changes.seen]
    here = changes.seen.keys() | set(replaced)
    gone = {path: left for path, ids in articles.items() if (left := [article_id for article_id in ids if article_id not in here])}
    spared = _spared(changes, roots, articles, gone) if prune and not prune_all else set[str]()
    for path in files:
        source, is_pruned = sources[path], prune and path not in spared
        if source.passed_over or (is_pruned and path not in found):  # what was passed over is so no more
            del sources[path]
        else:
            # A file that is gone may come back as it was, when its articles have moved on to another.
            sources[path] = source._replace(stale=not is_pruned and (path not in found or path in gone))
    removed = [article_id for path, ids in gone.items() if prune and path not in spared for article_id in ids]
    report.removed, report.vanished = len(removed), _count(gone, gone) - len(removed)
    return Vanished(set(chain.from_iterable(gone.values())), replaced + removed)


def _looked_at(changes: Changes, roots: Sequence[Path]) -> tuple[_Ids, list[str]]:
    """The known articles, and the paths of the known files, at and below ``roots``, but for what could not be read."""
    base, known = changes.base, changes.known
    below = tuple(f"{root.as_posix().rstrip('/')}/" for root in roots)
    patterns = list(filter(None, map(Pattern.of, roots)))
    closed = tuple(f"{(base / path).as_posix()}/" for path in changes.unreadable)  # files, and folders with all that is in them
    start = f"{base.as_posix().rstrip('/')}/"

    def is_meant(path: str) -> bool:
        place = f"{path if path.startswith('/') else start + path}/"
        meant = path != ADDED and (place.startswith(below) or any(pattern.matches(Path(place)) for pattern in patterns))
        return meant and not place.startswith(closed)

    folders = _folders(roots)
    if any(map(base.is_relative_to, folders)):
        articles, files = known.ids_at.whole, list(changes.sources)
    else:
        names = {name for folder in folders for name in (stored_path(base, folder), folder.as_posix())}
        articles, files = known.below(names), changes.sources.below(names)
    return {path: ids for path, ids in articles.items() if is_meant(path)}, list(filter(is_meant, files))


def _spared(changes: Changes, roots: Sequence[Path], articles: _Ids, gone: _Ids) -> set[str]:
    """The stored paths of files whose ``gone`` articles stay, as the report says, of all ``articles`` that were looked at: those of a
    folder, one of ``roots`` or below, that had many and in which no file is left; and all, if many and more than half of the rest are gone,
    unless it is one file that was removed.
    """
    base, found, folders = changes.base, changes.found, _folders(roots)
    names = {path.rpartition("/")[0] or path[: path.startswith("/")] for path in found} if gone else ()
    filled = {folder for name in names for folder in (base / name / "file").parents}

    @cache
    def emptied(folder: Path) -> Path | None:
        """The highest folder that has ``folder`` and no file."""
        empty = [each for each in (folder, *folder.parents) if each not in filled and any(map(each.is_relative_to, folders))]
        return empty[-1] if empty else None

    spared = set[str]()
    for folder, paths in grouped((emptied((base / path).parent), path) for path in gone if path not in found).items():
        if folder and (count := _count(gone, paths)) >= _MANY:
            changes.report.kept[folder] = count
            spared.update(paths)
    rest = gone.keys() - spared
    count, total = _count(gone, rest), _count(articles, articles) - _count(gone, spared)
    if count >= _MANY and 2 * count > total and (len(rest) > 1 or rest <= found):
        changes.report.held = count
        spared |= rest
    return spared


def _folders(roots: Iterable[Path]) -> list[Path]:
    """The ``roots`` and the folders of those that are patterns, which themselves are the name of nothing."""
    return [*roots, *(pattern.root for pattern in filter(None, map(Pattern.of, roots)))]


def _count(articles: _Ids, paths: Iterable[str]) -> int:
    return sum(len(articles[path]) for path in paths)
