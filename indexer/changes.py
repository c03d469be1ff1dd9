"""What has changed since the last commit: the cheapest look at each source that can tell."""

from __future__ import annotations

import json
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cache
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import xxhash

from newsdex.errors import SourceError
from newsdex.indexer.discover import Discovery, FoundFile, Pattern
from newsdex.indexer.limits import readers_version
from newsdex.indexer.readers.packed import format_of, holds_one_article
from newsdex.indexer.report import DUPLICATE, Report
from newsdex.indexer.source import Source, Wanted
from newsdex.indexer.workers.pool import Parsers, Parsing, ahead
from newsdex.records import ADDED, Article
from newsdex.store.paths import stored_path
from newsdex.store.previous import Known
from newsdex.store.sources import FAILED, REMARK, UNTOLD, SourceFile, passed_over
from newsdex.values import grouped

# A file changed within this time of being read may change again without a new time stamp (some file systems count in 2 s).
_SETTLED_NS = 2_000_000_000
_MANY = 10  # articles: fewer are pruned whatever share of the archive they are
_NO_TEXT = "no text"
# So many articles of a file are named, one by one, that have no text, or an id that another has, and what the rest are called. Those that
# wait for an id are known by this.
_ALIKE = {_NO_TEXT: (100, "without text"), DUPLICATE: (10_000, "that were not indexed")}


def digest_of(article: Article, base: Path) -> bytes:
    """16 bytes that change when anything that the reader found does, but not when ``base`` is moved with all below it."""
    fields = asdict(replace(article, text="", path=Path(stored_path(base, article.path))))
    return xxhash.xxh3_128_digest(json.dumps(fields, sort_keys=True, default=str).encode() + b"\0" + article.text.encode())


class _Look(NamedTuple):
    """A file that was found and, unless it is as it was, its parsing, which began at ``read_ns``. One that is not parsed and was not known
    is as it was when its article was purged.
    """

    file: FoundFile
    name: str
    old: SourceFile | None
    read_ns: int
    parsing: Parsing | None
    reading: str = ""


class Restoring(NamedTuple):
    """Which articles come back: deleted ones with one of ``ids``, or without ``ids`` all, and such that were ``purged`` too."""

    ids: frozenset[str] = frozenset()
    purged: bool = False


class Changes:
    """One look at what was discovered. Iterate over ``changed`` to the end; then ask what ``vanished``; then ``report``, ``sources`` and
    ``restored`` are complete. With ``restoring`` every file is read.
    """

    def __init__(
        self,
        discovery: Discovery,
        known: Known,
        base: Path,
        parsers: Parsers,
        wanted: Wanted | None = None,
        restoring: Restoring | None = None,
    ) -> None:
        self.report = Report(missing=list(discovery.missing), other_formats=discovery.other_formats)
        self.sources = known.sources.copy()
        self.bytes_total = sum(file.status.st_size for file in discovery.files)
        self.bytes_done = 0
        self.bytes_then: deque[int] = deque()  # those done when each article was given by ``changed``, for who takes them away
        self._discovery = discovery
        self.known = known
        self._base = base
        self._parsers = parsers
        self._wanted = wanted or Wanted()
        self._restoring = restoring
        # Ids of articles of which only the number in their file has changed
        self.moved: set[str] = set()
        # Articles that were deleted or purged, and are let in again
        self.restored: list[Article] = []
        # Deleted and purged articles that are called after another file now
        self.moved_away: list[Article] = []
        # Ids of articles that are no longer in their sources, once it was asked what ``vanished``
        self.unseen: set[str] = set()
        # Stored paths of the files of these, and of those whose deleted or purged articles stay out
        self.restored_files: set[str] = set()
        self.withheld: set[str] = set()
        # Checksums of files whose only article was purged; no list of sources shall have their names
        self.purged: set[str] = set()
        self._purged_files: set[str] = set()
        self._seen: dict[str, str] = {}
        # Ids to remove: those that files elsewhere gave articles of an imported index, and those that now belong to what stays out
        self._replaced: list[str] = []
        # Those of articles that files elsewhere gave their names, by checksum
        self._elsewhere: dict[bytes, dict[tuple[str, str], list[tuple[str, str]]]] = {}
        self._unreadable: set[str] = set()
        self._found = {stored_path(base, file.path) for file in discovery.files}
        self._to_read = set(self._found)
        self._with_articles: set[str] = set()
        self._read_now: list[tuple[Path, SourceFile, list[str]]] = []
        self._postponed: list[tuple[Article, list[str]]] = []
        for path, why in discovery.skipped:
            name = stored_path(base, path)
            reason = why + self._kept(name)
            self.report.note(path, [reason], self._problems_of(name))
            self._unreadable.add(name)
            self.sources[name] = passed_over(name, reason)

    def changed(self, added: Iterable[Article | SourceError] = ()) -> Iterator[tuple[Article, bytes]]:
        """Each article that is new or not what and where it was, with its digest: of the files, and of those that a program ``added``,
        which take their ids from any file.
        """
        for article in self._changed(added):
            self.bytes_then.append(self.bytes_done)
            yield article

    def _changed(self, added: Iterable[Article | SourceError]) -> Iterator[tuple[Article, bytes]]:
        done = 0
        for look in ahead(map(self._look, self._discovery.files)):
            if look.parsing is None and look.old is None:
                self.report.withheld += 1
            elif look.parsing is None:
                assert look.old
                self._unchanged(look.old)
            else:
                yield from self._read(look, look.parsing)
            self._to_read.discard(look.name)
            done += look.file.status.st_size
            self.bytes_done = done
        for article, problems in self._postponed:
            yield from self._compare(article, problems)
        refused: list[str] = []
        yield from self._sift(added, ADDED, refused)
        self.report.note(self._base / ADDED, _lines(refused), ())
        for path, source, problems in self._read_now:
            lines = _lines(problems)
            self.report.note(path, lines, self._problems_of(source.path))
            if source.sha256 and source.path in self._purged_files:
                self.purged.add(source.sha256)
                self.sources.pop(source.path, None)
            else:
                self.sources[source.path] = source._replace(problems="\n".join(lines))

    def vanished(self, roots: Sequence[Path], *, prune: bool, prune_all: bool = False) -> list[str]:
        """Ids of the articles to remove: those that have a new one, and with ``prune`` those below ``roots`` that are no longer in their
        sources, which are else only counted.

        What could not be read has not vanished. Nor, without ``prune_all``, has what ``_spared`` keeps, and a folder that is missing as a
        whole, as on a disk that is not mounted. A file that is missing can be pruned by its name.
        """
        prune |= prune_all
        known = {path: stored_path(self._base, path) for path in self.report.missing}
        named = {path for path, stored in known.items() if stored in self.sources or self.known.ids_at(stored)}
        inside = {path: sum(map(len, self.known.below([known[path]]).values())) for path in known.keys() - named} if prune else {}
        if prune_all:
            named |= {path for path, count in inside.items() if count}
        else:
            self.report.kept |= {path: count for path, count in sorted(inside.items()) if count}
        there_are = [root for root in roots if root not in self.report.missing or root in named]
        below = tuple(f"{root.as_posix().rstrip('/')}/" for root in there_are)
        patterns = [pattern for root in there_are if (pattern := Pattern.of(root))]
        closed = tuple(f"{(self._base / path).as_posix()}/" for path in self._unreadable)  # files, and folders with all that is in them
        base = f"{self._base.as_posix().rstrip('/')}/"

        def looked_at(path: str) -> bool:
            place = f"{path if path.startswith('/') else base + path}/"
            meant = path != ADDED and (place.startswith(below) or any(pattern.matches(Path(place)) for pattern in patterns))
            return meant and not place.startswith(closed)

        folders = [*there_are, *(pattern.root for pattern in patterns)]
        if any(self._base.is_relative_to(folder) for folder in folders):
            articles, files = self.known.ids_at.whole, list(self.sources)
        else:
            # A pattern is the name of nothing
            names = {name for folder in folders for name in (stored_path(self._base, folder), folder.as_posix())}
            articles, files = self.known.below(names), self.sources.below(names)
        there = {path: ids for path, ids in articles.items() if looked_at(path)}
        renamed = [article_id for article_id in self._replaced if article_id not in self._seen]
        kept = self._seen.keys() | set(renamed)
        gone = {path: left for path, ids in there.items() if (left := [article_id for article_id in ids if article_id not in kept])}
        self.unseen.update(chain.from_iterable(gone.values()))
        spared = self._spared(gone, sum(map(len, there.values())), folders) if prune and not prune_all else set()
        for path in filter(looked_at, files):
            source = self.sources[path]
            # A file that is gone may come back as it was, when its articles have moved on to another.
            stale = path not in self._found or any(article_id not in kept for article_id in there.get(path, ()))
            pruned = prune and path not in spared
            if source.passed_over or (pruned and path not in self._found):  # what was passed over is so no more
                del self.sources[path]
            else:
                self.sources[path] = source._replace(stale=stale and not pruned)
        removed = [article_id for path, ids in gone.items() if prune and path not in spared for article_id in ids]
        self.report.removed = len(removed)
        self.report.vanished = sum(map(len, gone.values())) - len(removed)
        if prune:
            self.report.missing = [path for path in self.report.missing if path not in named]
        return renamed + removed

    def _spared(self, gone: Mapping[str, Sequence[str]], total: int, roots: Iterable[Path]) -> set[str]:
        """The stored paths of files whose ``gone`` articles stay, as the report says: those of a folder, one of ``roots`` or below, that
        had many and in which no file is left; and all, if they are many and more than half of the ``total``, unless it is one file that
        was removed.
        """
        folders = {path.rpartition("/")[0] or path[: path.startswith("/")] for path in self._found} if gone else set[str]()
        there = {each for folder in folders for each in (self._base / folder / "file").parents}
        within = tuple(roots)

        @cache
        def emptied(folder: Path) -> Path | None:
            if folder in there or not any(folder.is_relative_to(root) for root in within):
                return None
            return emptied(folder.parent) or folder

        spared = set[str]()
        for folder, paths in grouped((emptied((self._base / path).parent), path) for path in gone if path not in self._found).items():
            count = sum(len(gone[path]) for path in paths)
            if folder and count >= _MANY:
                self.report.kept[folder] = count
                spared.update(paths)
                total -= count
        rest = gone.keys() - spared
        count = sum(len(gone[path]) for path in rest)
        if count >= _MANY and 2 * count > total and (len(rest) > 1 or rest <= self._found):
            self.report.held = count
            spared |= rest
        return spared

    def _unchanged(self, source: SourceFile) -> None:
        ids = self.known.ids_at(source.path)
        self._seen.update(dict.fromkeys(ids, str(self._base / source.path)))
        self.report.unchanged += len(ids)
        if not ids and not source.problems and source.size > 0:
            purged = self.known.tombstones.cover_file(source.path)
            self.report.withheld += purged
            self.report.emptied += not purged
        if source.failed_in:
            self._unreadable.add(source.path)
        lines = source.problems.splitlines()
        self.report.note(self._base / source.path, lines, lines)

    def _kept(self, name: str) -> str:
        """What to add to the problem of a file of which nothing can be read now."""
        kept = len(self.known.ids_at(name))
        return f"; its {'earlier version stays' if kept == 1 else f'{kept:,} earlier articles stay'} in the index" if kept else ""

    def _problems_of(self, name: str) -> list[str]:
        """The lines that the index has for a file."""
        return before.problems.splitlines() if (before := self.known.sources.get(name)) else []

    def _look(self, file: FoundFile) -> _Look:
        """The cheapest look at ``file``: at its status; if that does not tell, its parsing begins."""
        name = stored_path(self._base, file.path)
        old = self.known.sources.get(name)
        form = format_of(file.path)
        reading = self._wanted.reading(old.reading if old else "", scans=form is not None and form.scans)
        other_readers = old and old.failed_in and old.failed_in != readers_version(self._parsers.limits)
        if old and (self._restoring or other_readers or old.reading != reading.pack()):
            old = None  # as good as a new one
        if old and _settled(old, file) and not _waits(old):
            return _Look(file, name, old, 0, None)
        if not (old or self._restoring or name in self.known.sources) and self._is_purged(file, name):
            return _Look(file, name, None, 0, None)
        read_ns = time.time_ns()
        parsing = self._parsers.parse(file, name, old.sha256 if old and not _waits(old) else "", reading)
        return _Look(file, name, old, read_ns, parsing, reading.pack())

    def _is_purged(self, file: FoundFile, name: str) -> bool:
        """Whether the only article of a file was purged, and the file has not changed since a run saw that."""
        stones = self.known.tombstones
        if not stones or not holds_one_article(file.path) or not stones.cover_file(name):
            return False
        try:
            return stones.cover_content(Source(file.path, name).sha256)
        except OSError:
            return False

    def _read(self, look: _Look, parsing: Parsing) -> Iterator[tuple[Article, bytes]]:
        file, name, old, read_ns = look.file, look.name, look.old, look.read_ns
        problems: list[str] = []
        sha256 = ""
        try:
            # Before anything is read of it: should the file change meanwhile, its checksum will differ next time.
            sha256 = parsing.sha256()
            if old and old.sha256 == sha256 and not _waits(old):
                mtime_ns = UNTOLD if old.failed_in else file.status.st_mtime_ns
                self.sources[name] = old._replace(size=file.status.st_size, mtime_ns=mtime_ns, read_ns=read_ns)
                self._unchanged(old)
                return
            as_it_was = old if old and old.sha256 == sha256 else None
            yield from self._sift(parsing.items(), name, problems, as_it_was)
        except (SourceError, OSError) as error:
            self._unreadable.add(name)
            if sha256 and isinstance(error, SourceError) and not error.passing:
                problems.append(f"{FAILED}{readers_version(self._parsers.limits)}: {error.reason}")
            else:
                problems.append(error.reason if isinstance(error, SourceError) else f"cannot be read: {error.strerror or error}")
                sha256 = ""
        if name in self._unreadable and name not in self._with_articles:
            problems[-1] += self._kept(name)
        # A file that failed is looked at again next time, whatever its time stamp says, and without a checksum it is read.
        mtime_ns = UNTOLD if not sha256 or (problems and problems[-1].startswith(FAILED)) else file.status.st_mtime_ns
        self._read_now.append((file.path, SourceFile(name, file.status.st_size, mtime_ns, read_ns, sha256, reading=look.reading), problems))

    def _sift(
        self, items: Iterable[Article | SourceError], name: str, problems: list[str], as_it_was: SourceFile | None = None
    ) -> Iterator[tuple[Article, bytes]]:
        """Compare the articles among ``items`` of a source, but for those that were taken out; the rest is added to its ``problems``."""
        before = 0
        for item in items:
            if as_it_was and self._taken_down(item, as_it_was):
                continue
            if isinstance(item, SourceError):
                problems.append(item.reason if item.lost else REMARK + item.reason)
                if item.lost:  # the record may be one of those that are known
                    self._unreadable.add(name)
            else:
                self._with_articles.add(name)
                self.bytes_done += len(item.text)
                if has_text(item) and self._taken_out(item):
                    # Remarks on an article come before it, and may quote it
                    problems[before:] = [problem for problem in problems[before:] if not problem.startswith(REMARK)]
                else:
                    yield from self._compare(item, problems)
                before = len(problems)

    def _compare(self, article: Article, problems: list[str]) -> Iterator[tuple[Article, bytes]]:
        where = (f"{article.member}: " if article.member else "") + (f"{article.part}: " if article.part else "")
        if not has_text(article):
            problems.append(f"{where}{_NO_TEXT}")
            return
        member, record = f"#{article.member}" if article.member else "", f":{article.record}" if article.record else ""
        place = "this call" if article.is_added else f"{article.path}{member}{record}"
        holder = None if article.id in self._seen else self._holder(article)
        if holder in self._to_read:  # whether it still has the article is seen when it is read
            self._postponed.append((article, problems))
            return
        if owner := self._owner(article):
            problems.append(f"{where}{_refusal(article.id)}which is the name of {self._base / owner}")
            return
        if stored_path(self._base, article.path) == article.id:
            self._take_name(article)
            holder = None
        if other := self._seen.get(article.id) or (holder and str(self._base / holder)):
            problems.append(f"{where}{_refusal(article.id)}already in {other}")
            return
        self._seen[article.id] = place
        before = self.known.path(article.id)
        if before is not None and before in self.sources and self._base / before != article.path and not article.is_added:
            # Should the file it has left come back as it was, it must be read again.
            self.sources[before] = self.sources[before]._replace(stale=True)
        digest, known = digest_of(article, self._base), self.known.digest(article.id)
        if known == digest:
            self.report.unchanged += 1
        elif known and known == digest_of(replace(article, record=self.known.number(article.id)), self._base):
            self.report.unchanged += 1
            self.moved.add(article.id)
            yield article, digest
        else:
            if known or self._renames(article):
                self.report.updated += 1
            else:
                self.report.added += 1
            yield article, digest

    def _renames(self, article: Article) -> bool:
        """Whether ``article``, called after its file, is one of an imported index that was called so in another place."""
        own, sha256 = stored_path(self._base, article.path), bytes.fromhex(article.sha256)
        if sha256 not in self._elsewhere:
            self._elsewhere[sha256] = self._called_elsewhere(sha256)
        found = self._elsewhere[sha256].get((article.path.name, article.id.removeprefix(own)))
        if not found:
            return False
        path, old = found[-1]
        if digest_of(replace(article, id=old, path=self._base / path), self._base) != self.known.digest(old):
            return False
        self._replaced.append(old)
        self.report.renamed[article.id] = old
        found.pop()
        return True

    def _called_elsewhere(self, sha256: bytes) -> dict[tuple[str, str], list[tuple[str, str]]]:
        """Paths and ids of the articles that were read from something with this checksum, and are called after files which are not here,
        nor have been since the index was imported: by the name of the file, and what follows it in the id.
        """
        ids = grouped((path, each) for each in self.known.ids_with(sha256) if (path := self.known.path(each)) and each.startswith(path))
        found: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for path, called in ids.items():
            if path not in self.known.sources and not (self._base / path).exists():
                for each in called:
                    found.setdefault((PurePosixPath(path).name, each[len(path) :]), []).append((path, each))
        return found

    def _taken_out(self, article: Article) -> bool:
        """Whether ``article`` was deleted or purged and stays out. One that shares the text and is in the index under its id stays in."""
        tombstones = self.known.tombstones
        if not tombstones.cover(article) or ((known := self.known.entry(article.id)) and tombstones.cover(known.article)):
            return False
        restoring = self._restoring
        wanted = restoring is not None and (not restoring.ids or article.id in restoring.ids)
        if restoring and wanted and (restoring.purged or not tombstones.cover_purged(article)):
            self.restored.append(article)
            self.restored_files.add(stored_path(self._base, article.path))
            self.report.restored.append(article.id)
            return False
        if known and known.article.path == article.path:
            # The article that had this id there has been replaced by this one
            self._replaced.append(article.id)
        if wanted:
            self.report.purged.append(article.id)
        self.report.withheld += 1
        if not article.is_added:
            path = stored_path(self._base, article.path)
            self.withheld.add(path)
            if tombstones.cover_purged(article) and holds_one_article(article.path):
                self._purged_files.add(path)
            if article.id == path and not tombstones.cover_id(path):
                self.moved_away.append(article)
        return True

    def _owner(self, article: Article) -> str | None:
        """The other file, if there is one, that the id of ``article`` is the name of, or whose article it would be by its name."""
        own = stored_path(self._base, article.path)
        names = (article.id, article.id.partition("#")[0])
        return next((name for name in names if name != own and name in self._found), None)

    def _take_name(self, article: Article) -> None:
        """Let ``article``, whose id is the name of its file, have it, if an article of another file has been called so, which is named as
        refused.
        """
        before = self.known.path(article.id)
        if before is None or before == article.id or before not in self.sources:
            return
        if not self._seen.get(article.id, "").startswith(str(article.path)):
            self._seen.pop(article.id, None)
        if before in self._found and before not in {source.path for _, source, _ in self._read_now}:
            source, line = self.sources[before], f"{_refusal(article.id)}which is the name of {article.path}"
            self.report.note(self._base / before, [line], self._problems_of(before))
            self.sources[before] = source._replace(problems="\n".join(filter(None, (source.problems, line))))

    def _taken_down(self, item: Article | SourceError, source: SourceFile) -> bool:
        """Whether ``item`` of an unchanged ``source``, read again for an article that was refused, has been deleted since, or a program has
        added it.
        """
        if isinstance(item, SourceError) or not has_text(item):
            return False
        path = self.known.path(item.id)
        return path == ADDED or (path is None and _refusal(item.id) not in source.problems)

    def _holder(self, article: Article) -> str | None:
        """The other source file that has an article of this id; from one that is gone, or was read without it, it has moved here. Between a
        file and a program, the last one has it.
        """
        path = self.known.path(article.id)
        if path is None or path == ADDED or article.is_added or self._base / path == article.path or not (self._base / path).exists():
            return None
        read_without_it = path in self._found and path not in self._to_read and path not in self._unreadable
        return None if read_without_it else path


def _lines(problems: Sequence[str]) -> list[str]:
    """``problems`` as lines, each once, with some of those that are the same of article after article, and how many more there are."""
    told: list[str] = []
    alike = Counter[str]()
    for problem in dict.fromkeys(problems):
        kind = "" if problem.startswith(FAILED) else next((kind for kind in _ALIKE if kind in problem), "")
        alike[kind] += 1
        if not kind or alike[kind] <= _ALIKE[kind][0]:
            told.append(problem)
    told += [f"and {alike[kind] - most} more {rest}" for kind, (most, rest) in _ALIKE.items() if alike[kind] > most]
    return [" ".join(problem.splitlines()) for problem in told]


def without_refusals(source: SourceFile, ids: Iterable[str]) -> SourceFile:
    """``source``, waiting no more for the ``ids`` of articles that were refused as duplicates to become free."""
    if not _waits(source):
        return source
    refusals = [_refusal(article_id) for article_id in ids]
    lines = [line for line in source.problems.splitlines() if not any(refusal in line for refusal in refusals)]
    return source._replace(problems="\n".join(lines))


def _refusal(article_id: str) -> str:
    return f"{DUPLICATE} {article_id!r}, "


def has_text(article: Article) -> bool:
    return bool(article.text[article.body.start : article.body.end].strip())


def _waits(old: SourceFile) -> bool:
    """Whether an unchanged file must be read all the same: an article of it was refused for its id, which may be free now, or the index
    holds articles that it no longer has.
    """
    return old.stale or DUPLICATE in old.problems


def _settled(old: SourceFile, file: FoundFile) -> bool:
    """Whether the status alone shows that the file is as it was read."""
    status = file.status
    same = old.size == status.st_size and old.mtime_ns == status.st_mtime_ns
    return same and old.mtime_ns + _SETTLED_NS < old.read_ns
