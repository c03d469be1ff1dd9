"""What has changed since the last commit: the cheapest look at each source that can tell."""

from __future__ import annotations

import json
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import xxhash

from newsdex.errors import SourceError
from newsdex.indexer.discover import Discovery, FoundFile, Pattern
from newsdex.indexer.limits import readers_version
from newsdex.indexer.readers.packed import format_of
from newsdex.indexer.report import DUPLICATE, Report
from newsdex.indexer.source import Wanted
from newsdex.indexer.workers.pool import Parsers, Parsing, ahead
from newsdex.records import Article
from newsdex.store.paths import stored_path
from newsdex.store.previous import Known
from newsdex.store.sources import FAILED, REMARK, SourceFile, passed_over
from newsdex.values import grouped

# A file changed within this time of being read may change again without a new time stamp (some file systems count in 2 s).
_SETTLED_NS = 2_000_000_000
_UNTOLD = -1  # as a time stamp: it says nothing
_NO_TEXT = "no text"
# So many articles of a file are named, one by one, that have no text, or an id that another has, and what the rest are called. Those that
# wait for an id are known by this.
_ALIKE = {_NO_TEXT: (100, "without text"), DUPLICATE: (10_000, "that were not indexed")}


def digest_of(article: Article, base: Path) -> bytes:
    """16 bytes that change when anything that the reader found does, but not when ``base`` is moved with all below it."""
    fields = asdict(replace(article, text="", path=Path(stored_path(base, article.path))))
    return xxhash.xxh3_128_digest(json.dumps(fields, sort_keys=True, default=str).encode() + b"\0" + article.text.encode())


class _Look(NamedTuple):
    """A file that was found and, unless it is as it was, its parsing, which began at ``read_ns``."""

    file: FoundFile
    name: str
    old: SourceFile | None
    read_ns: int
    parsing: Parsing | None
    reading: str = ""


class Changes:
    """One look at what was discovered. Iterate over ``changed`` to the end; then ask what ``vanished``; then ``report``, ``sources`` and
    ``restored`` are complete. With ``restore`` every file is read, and what was deleted or purged comes back.
    """

    def __init__(
        self, discovery: Discovery, known: Known, base: Path, parsers: Parsers, wanted: Wanted | None = None, *, restore: bool = False
    ) -> None:
        self.report = Report(missing=list(discovery.missing), other_formats=discovery.other_formats)
        self.sources = known.sources.copy()
        self.bytes_total = sum(file.status.st_size for file in discovery.files)
        self.bytes_done = 0
        self.bytes_then: deque[int] = deque()  # those done when each article was given by ``changed``, for who takes them away
        self._discovery = discovery
        self._known = known
        self._base = base
        self._parsers = parsers
        self._wanted = wanted or Wanted()
        self._restore = restore
        # Ids of articles of which only the number in their file has changed
        self.moved: set[str] = set()
        # Articles that were deleted or purged, and are let in again
        self.restored: list[Article] = []
        # Ids of articles that are no longer in their sources, once it was asked what ``vanished``
        self.unseen: set[str] = set()
        # Stored paths of the files of these, and of those whose deleted or purged articles stay out
        self.restored_files: set[str] = set()
        self.withheld: set[str] = set()
        self._seen: dict[str, str] = {}
        # Ids to remove: those that files elsewhere gave articles of an imported index, and those that now belong to what stays out
        self._replaced: list[str] = []
        # Those of articles that files elsewhere gave their names, by checksum
        self._elsewhere: dict[bytes, dict[tuple[str, str], list[tuple[str, str]]]] = {}
        self._unreadable: set[str] = set()
        self._found = {stored_path(base, file.path) for file in discovery.files}
        self._to_read = set(self._found)
        self._read_now: list[tuple[Path, SourceFile, list[str]]] = []
        self._postponed: list[tuple[Article, list[str]]] = []
        for path, reason in discovery.skipped:
            self.report.note(path, [reason])
            name = stored_path(base, path)
            self._unreadable.add(name)
            self.sources[name] = passed_over(name, reason)

    def changed(self) -> Iterator[tuple[Article, bytes]]:
        """Each article that is new or not what and where it was, with its digest."""
        for article in self._changed():
            self.bytes_then.append(self.bytes_done)
            yield article

    def _changed(self) -> Iterator[tuple[Article, bytes]]:
        done = 0
        for look in ahead(map(self._look, self._discovery.files)):
            if look.parsing is None:
                assert look.old
                self._unchanged(look.old)
            else:
                yield from self._read(look, look.parsing)
            self._to_read.discard(look.name)
            done += look.file.status.st_size
            self.bytes_done = done
        for article, problems in self._postponed:
            yield from self._compare(article, problems)
        for path, source, problems in self._read_now:
            lines = [" ".join(problem.splitlines()) for problem in _few(problems)]  # they are stored as lines
            self.report.note(path, lines)
            self.sources[source.path] = source._replace(problems="\n".join(lines))

    def vanished(self, roots: Sequence[Path], *, prune: bool) -> list[str]:
        """Ids of the articles to remove: those that have a new one, and with ``prune`` those below ``roots`` that are no longer in their
        sources, which are else only counted.

        What could not be read has not vanished. Nor has a folder that is missing as a whole, as on a disk that is not mounted: that is an
        error. A file that is missing can be pruned by its name.
        """
        known = {path: stored_path(self._base, path) for path in self.report.missing}
        named = {path for path, stored in known.items() if stored in self.sources or self._known.ids_at(stored)}
        there_are = [root for root in roots if root not in self.report.missing or root in named]
        below = tuple(f"{root.as_posix().rstrip('/')}/" for root in there_are)
        patterns = [pattern for root in there_are if (pattern := Pattern.of(root))]
        closed = tuple(f"{(self._base / path).as_posix()}/" for path in self._unreadable)  # files, and folders with all that is in them
        base = f"{self._base.as_posix().rstrip('/')}/"

        def looked_at(path: str) -> bool:
            place = f"{path if path.startswith('/') else base + path}/"
            meant = place.startswith(below) or any(pattern.matches(Path(place)) for pattern in patterns)
            return meant and not place.startswith(closed)

        folders = [*there_are, *(pattern.root for pattern in patterns)]
        if any(self._base.is_relative_to(folder) for folder in folders):
            articles, files = self._known.ids_at.whole, list(self.sources)
        else:
            # A pattern is the name of nothing
            names = {name for folder in folders for name in (stored_path(self._base, folder), folder.as_posix())}
            articles, files = self._known.below(names), self.sources.below(names)
        there = {path: ids for path, ids in articles.items() if looked_at(path)}
        renamed = [article_id for article_id in self._replaced if article_id not in self._seen]
        kept = self._seen.keys() | set(renamed)
        gone = [article_id for ids in there.values() for article_id in ids if article_id not in kept]
        self.unseen.update(gone)
        for path in filter(looked_at, files):
            source = self.sources[path]
            # A file that is gone may come back as it was, when its articles have moved on to another.
            stale = path not in self._found or any(article_id not in kept for article_id in there.get(path, ()))
            if source.passed_over or (prune and path not in self._found):  # what was passed over is so no more
                del self.sources[path]
            else:
                self.sources[path] = source._replace(stale=stale and not prune)
        if prune:
            self.report.removed = len(gone)
            self.report.missing = [path for path in self.report.missing if path not in named]
        else:
            self.report.vanished = len(gone)
        return renamed + (gone if prune else [])

    def _unchanged(self, source: SourceFile) -> None:
        ids = self._known.ids_at(source.path)
        self._seen.update(dict.fromkeys(ids, str(self._base / source.path)))
        self.report.unchanged += len(ids)
        if not ids and not source.problems and source.size > 0:
            purged = self._known.tombstones.cover_file(source.path)
            self.report.withheld += purged
            self.report.emptied += not purged
        if source.failed_in:
            self._unreadable.add(source.path)
        self.report.note(self._base / source.path, source.problems.splitlines())

    def _look(self, file: FoundFile) -> _Look:
        """The cheapest look at ``file``: at its status; if that does not tell, its parsing begins."""
        name = stored_path(self._base, file.path)
        old = self._known.sources.get(name)
        form = format_of(file.path)
        reading = self._wanted.reading(old.reading if old else "", scans=form is not None and form.scans)
        other_readers = old and old.failed_in and old.failed_in != readers_version(self._parsers.limits)
        if old and (self._restore or other_readers or old.reading != reading.pack()):
            old = None  # as good as a new one
        if old and _settled(old, file) and not _waits(old):
            return _Look(file, name, old, 0, None)
        read_ns = time.time_ns()
        parsing = self._parsers.parse(file, name, old.sha256 if old and not _waits(old) else "", reading)
        return _Look(file, name, old, read_ns, parsing, reading.pack())

    def _read(self, look: _Look, parsing: Parsing) -> Iterator[tuple[Article, bytes]]:
        file, name, old, read_ns = look.file, look.name, look.old, look.read_ns
        problems: list[str] = []
        sha256 = ""
        try:
            # Before anything is read of it: should the file change meanwhile, its checksum will differ next time.
            sha256 = parsing.sha256()
            if old and old.sha256 == sha256 and not _waits(old):
                mtime_ns = _UNTOLD if old.failed_in else file.status.st_mtime_ns
                self.sources[name] = old._replace(size=file.status.st_size, mtime_ns=mtime_ns, read_ns=read_ns)
                self._unchanged(old)
                return
            as_it_was = old if old and old.sha256 == sha256 else None
            before = 0
            for item in parsing.items():
                if as_it_was and self._taken_down(item, as_it_was):
                    continue
                if isinstance(item, SourceError):
                    problems.append(item.reason if item.lost else REMARK + item.reason)
                    if item.lost:  # the record may be one of those that are known
                        self._unreadable.add(name)
                else:
                    self.bytes_done += len(item.text)
                    if _has_text(item) and self._taken_out(item):
                        # Remarks on an article come before it, and may quote it
                        problems[before:] = [problem for problem in problems[before:] if not problem.startswith(REMARK)]
                    else:
                        yield from self._compare(item, problems)
                    before = len(problems)
        except (SourceError, OSError) as error:
            self._unreadable.add(name)
            if sha256 and isinstance(error, SourceError) and not error.passing:
                problems.append(f"{FAILED}{readers_version(self._parsers.limits)}: {error.reason}")
            else:
                problems.append(error.reason if isinstance(error, SourceError) else f"cannot be read: {error.strerror or error}")
                sha256 = ""
        # A file that failed is looked at again next time, whatever its time stamp says, and without a checksum it is read.
        mtime_ns = _UNTOLD if not sha256 or (problems and problems[-1].startswith(FAILED)) else file.status.st_mtime_ns
        self._read_now.append((file.path, SourceFile(name, file.status.st_size, mtime_ns, read_ns, sha256, reading=look.reading), problems))

    def _compare(self, article: Article, problems: list[str]) -> Iterator[tuple[Article, bytes]]:
        where = (f"{article.member}: " if article.member else "") + (f"{article.part}: " if article.part else "")
        if not _has_text(article):
            problems.append(f"{where}{_NO_TEXT}")
            return
        place = str(article.path) + (f"#{article.member}" if article.member else "") + (f":{article.record}" if article.record else "")
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
        before = self._known.path(article.id)
        if before is not None and before in self.sources and self._base / before != article.path:
            # Should the file it has left come back as it was, it must be read again.
            self.sources[before] = self.sources[before]._replace(stale=True)
        digest, known = digest_of(article, self._base), self._known.digest(article.id)
        if known == digest:
            self.report.unchanged += 1
        elif known and known == digest_of(replace(article, record=self._known.number(article.id)), self._base):
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
        if digest_of(replace(article, id=old, path=self._base / path), self._base) != self._known.digest(old):
            return False
        self._replaced.append(old)
        found.pop()
        return True

    def _called_elsewhere(self, sha256: bytes) -> dict[tuple[str, str], list[tuple[str, str]]]:
        """Paths and ids of the articles that were read from something with this checksum, and are called after files which are not here,
        nor have been since the index was imported: by the name of the file, and what follows it in the id.
        """
        ids = grouped((path, each) for each in self._known.ids_with(sha256) if (path := self._known.path(each)) and each.startswith(path))
        found: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for path, called in ids.items():
            if path not in self._known.sources and not (self._base / path).exists():
                for each in called:
                    found.setdefault((PurePosixPath(path).name, each[len(path) :]), []).append((path, each))
        return found

    def _taken_out(self, article: Article) -> bool:
        """Whether ``article`` was deleted or purged and stays out. One that shares the text and is in the index under its id stays in."""
        tombstones = self._known.tombstones
        if not tombstones.cover(article) or ((known := self._known.entry(article.id)) and tombstones.cover(known.article)):
            return False
        if known and known.article.path == article.path and not self._restore:
            # The article that had this id there has been replaced by this one
            self._replaced.append(article.id)
        if self._restore:
            self.restored.append(article)
            self.restored_files.add(stored_path(self._base, article.path))
        else:
            self.report.withheld += 1
            self.withheld.add(stored_path(self._base, article.path))
        return not self._restore

    def _owner(self, article: Article) -> str | None:
        """The other file, if there is one, that the id of ``article`` is the name of, or whose article it would be by its name."""
        own = stored_path(self._base, article.path)
        names = (article.id, article.id.partition("#")[0])
        return next((name for name in names if name != own and name in self._found), None)

    def _take_name(self, article: Article) -> None:
        """Let ``article``, whose id is the name of its file, have it, if an article of another file has been called so, which is named as
        refused.
        """
        before = self._known.path(article.id)
        if before is None or before == article.id or before not in self.sources:
            return
        if not self._seen.get(article.id, "").startswith(str(article.path)):
            self._seen.pop(article.id, None)
        if before in self._found and before not in {source.path for _, source, _ in self._read_now}:
            source, line = self.sources[before], f"{_refusal(article.id)}which is the name of {article.path}"
            self.report.note(self._base / before, [line])
            self.sources[before] = source._replace(problems="\n".join(filter(None, (source.problems, line))))

    def _taken_down(self, item: Article | SourceError, source: SourceFile) -> bool:
        """Whether ``item`` of an unchanged ``source``, read again for an article that was refused, has been deleted since."""
        if isinstance(item, SourceError) or not _has_text(item):
            return False
        return self._known.path(item.id) is None and _refusal(item.id) not in source.problems

    def _holder(self, article: Article) -> str | None:
        """The other source file that has an article of this id; from one that is gone, or was read without it, it has moved here."""
        path = self._known.path(article.id)
        if path is None or self._base / path == article.path or not (self._base / path).exists():
            return None
        read_without_it = path in self._found and path not in self._to_read and path not in self._unreadable
        return None if read_without_it else path


def _few(problems: Sequence[str]) -> list[str]:
    """``problems``, each once, with some of those that are the same of article after article, and how many more there are."""
    told: list[str] = []
    alike = Counter[str]()
    for problem in dict.fromkeys(problems):
        kind = "" if problem.startswith(FAILED) else next((kind for kind in _ALIKE if kind in problem), "")
        alike[kind] += 1
        if not kind or alike[kind] <= _ALIKE[kind][0]:
            told.append(problem)
    return told + [f"and {alike[kind] - most} more {rest}" for kind, (most, rest) in _ALIKE.items() if alike[kind] > most]


def without_refusals(source: SourceFile, ids: Iterable[str]) -> SourceFile:
    """``source``, waiting no more for the ``ids`` of articles that were refused as duplicates to become free."""
    if not _waits(source):
        return source
    refusals = [_refusal(article_id) for article_id in ids]
    lines = [line for line in source.problems.splitlines() if not any(refusal in line for refusal in refusals)]
    return source._replace(problems="\n".join(lines))


def _refusal(article_id: str) -> str:
    return f"{DUPLICATE} {article_id!r}, "


def _has_text(article: Article) -> bool:
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
