"""Articles that are no longer in their sources: without ``prune`` all stay and are counted; with it most are removed.

| what is gone | with ``prune`` | with ``prune_all`` |
|---|---|---|
| a record, a file, a folder of few articles | removed | removed |
| a folder that was named, or all files of one below it that had many articles | stays (Report.kept) | removed |
| many articles, more than half of all, unless it is just one file | stays (Report.held) | removed |
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
    """What is gone from the files at and below ``roots``, absolute paths, after all of ``changes`` were iterated over. Complete their
    report and their sources.
    """
    known, report, sources, found = changes.known, changes.report, changes.sources, changes.found
    prune |= prune_all
    names = {path: stored_path(changes.base, path) for path in sorted(report.missing)}
    missing = {path for path, name in names.items() if name in sources or known.ids_at(name)}  # files that the index knows
    folders = [path for path in names if path not in missing] if prune else []
    kept = {path: count for path in folders if (count := sum(map(len, known.below([names[path]]).values())))}
    if prune_all:
        missing, kept = missing | kept.keys(), {}
    roots = [root for root in roots if root not in report.missing or root in missing]
    within = [*roots, *(pattern.root for pattern in _patterns(roots))]
    there, files = _looked_at(changes, roots, within)
    replaced = [article_id for article_id in changes.replaced if article_id not in changes.seen]
    here = changes.seen.keys() | set(replaced)
    gone = {path: left for path, ids in there.items() if (left := [article_id for article_id in ids if article_id not in here])}
    spared, held = set[str](), 0
    if prune and not prune_all:
        emptied = _emptied(changes, gone, within)
        kept |= {folder: _count(gone, paths) for folder, paths in emptied.items()}
        spared.update(*emptied.values())
        rest = gone.keys() - spared
        count, total = _count(gone, rest), _count(there, there) - _count(gone, spared)
        if count >= _MANY and 2 * count > total and (len(rest) > 1 or rest <= found):
            spared, held = {*gone}, count
    for path in files:
        source, is_pruned = sources[path], prune and path not in spared
        if source.passed_over or (is_pruned and path not in found):  # what was passed over is so no more
            del sources[path]
        else:
            # A file that is gone may come back as it was, when its articles have moved on to another.
            sources[path] = source._replace(stale=not is_pruned and (path not in found or path in gone))
    removed = [article_id for path, ids in gone.items() if prune and path not in spared for article_id in ids]
    report.removed, report.vanished, report.kept, report.held = len(removed), _count(gone, gone) - len(removed), kept, held
    report.missing = [path for path in report.missing if not (prune and path in missing)]
    return Vanished(set(chain.from_iterable(gone.values())), replaced + removed)


def _looked_at(changes: Changes, roots: Sequence[Path], within: Sequence[Path]) -> tuple[_Ids, list[str]]:
    """The known articles, and the paths of the known files, at and below ``roots``, but for what could not be read."""
    base, known, patterns = changes.base, changes.known, _patterns(roots)
    below = tuple(f"{root.as_posix().rstrip('/')}/" for root in roots)
    closed = tuple(f"{(base / path).as_posix()}/" for path in changes.unreadable)  # files, and folders with all that is in them
    start = f"{base.as_posix().rstrip('/')}/"

    def is_meant(path: str) -> bool:
        place = f"{path if path.startswith('/') else start + path}/"
        named = place.startswith(below) or any(pattern.matches(Path(place)) for pattern in patterns)
        return named and path != ADDED and not place.startswith(closed)

    if any(map(base.is_relative_to, within)):
        articles, files = known.ids_at.whole, list(changes.sources)
    else:
        names = {name for folder in within for name in (stored_path(base, folder), folder.as_posix())}
        articles, files = known.below(names), changes.sources.below(names)
    return {path: ids for path, ids in articles.items() if is_meant(path)}, list(filter(is_meant, files))


def _emptied(changes: Changes, gone: _Ids, within: Sequence[Path]) -> dict[Path, list[str]]:
    """The folders ``within`` that have no file any more and had many articles, the highest ones, with the stored paths of their files."""
    base, found = changes.base, changes.found
    names = {path.rpartition("/")[0] or path[: path.startswith("/")] for path in found} if gone else ()
    filled = {folder for name in names for folder in (base / name / "file").parents}

    @cache
    def emptied(folder: Path) -> Path | None:
        empty = [each for each in (folder, *folder.parents) if each not in filled and any(map(each.is_relative_to, within))]
        return empty[-1] if empty else None

    folders = grouped((emptied((base / path).parent), path) for path in gone if path not in found)
    return {folder: paths for folder, paths in folders.items() if folder and _count(gone, paths) >= _MANY}


def _patterns(roots: Iterable[Path]) -> list[Pattern]:
    return list(filter(None, map(Pattern.of, roots)))


def _count(articles: _Ids, paths: Iterable[str]) -> int:
    return sum(len(articles[path]) for path in paths)
