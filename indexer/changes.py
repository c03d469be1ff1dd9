"""What has changed since the last commit, by the cheapest check that can tell: of a file, then of each article in it.

1. A file whose size and time stamp are as they were is unchanged, and so is one with the same sha256. All others are read.
2. An article that was deleted or purged is withheld (newsdex.indexer.withheld).
3. An article whose id another one has is refused, and so is one whose id is the name of another file. An id that is in the index belongs
   to the article that has it there, until its file is read without it: an article that wants it waits for that.
4. An article with the digest that it had is unchanged.

What was not seen is for newsdex.indexer.pruning.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache, partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import xxhash

from newsdex.errors import SourceError
from newsdex.indexer.discover import Discovery, FoundFile
from newsdex.indexer.limits import readers_version
from newsdex.indexer.readers.packed import format_of
from newsdex.indexer.report import DUPLICATE, Report
from newsdex.indexer.source import Wanted
from newsdex.indexer.withheld import Restoring, Withheld
from newsdex.indexer.workers.pool import Parsers, Parsing, ahead
from newsdex.records import ADDED, Article
from newsdex.store.paths import stored_path
from newsdex.store.previous import Known
from newsdex.store.sources import FAILED, REMARK, UNTOLD, SourceFile, passed_over
from newsdex.values import grouped
from newsdex.words import unlinked

# A file changed within this time of being read may change again without a new time stamp (some file systems count in 2 s).
_SETTLED_NS = 2_000_000_000
_NO_TEXT = "no text"
# So many articles of a file are named, one by one, that have no text, or an id that another has, and what the rest are called. Those that
# wait for an id are known by this.
_ALIKE = {_NO_TEXT: (100, "without text"), DUPLICATE: (10_000, "that were not indexed")}


def digest_of(article: Article, base: Path) -> bytes:
    """16 bytes that change when anything that the reader found does, but not when ``base`` is moved with all below it."""
    fields = asdict(replace(article, text="", path=Path(stored_path(base, article.path))))
    return xxhash.xxh3_128_digest(json.dumps(fields, sort_keys=True, default=str).encode() + b"\0" + article.text.encode())


class Change(NamedTuple):
    """An article that is new or changed, with its digest. ``reached``: the bytes of all sources that were read until then. ``was``: the id
    of the same article in an imported index. ``moved``: only its number in its file is another.
    """

    article: Article
    digest: bytes
    reached: int = 0
    was: str = ""
    moved: bool = False


@dataclass(slots=True)
class _File:
    """A file that was found: its new record, the ``old`` one if its content is the same as far as is known, and its problems so far."""

    source: SourceFile
    old: SourceFile | None = None
    problems: list[str] = field(default_factory=list)
    has_articles: bool = False


class Changes:
    """The changes in discovered files. Iterate over ``changed`` to the end, then call find_vanished; ``report``, ``sources`` and
    ``withheld`` are then complete. With ``restoring`` every file is read. For find_vanished: stored paths of files ``found``, and of files
    and folders not wholly read (``unreadable``); where each id was ``seen``; ids that are ``replaced``.
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
        self.known = known
        self.base = base
        self.report = Report(missing=list(discovery.missing), other_formats=discovery.other_formats)
        self.sources = known.sources.copy()
        self.withheld = Withheld(known, base, restoring, self.report)
        self.bytes_total = sum(file.status.st_size for file in discovery.files)
        self.found = {stored_path(base, file.path) for file in discovery.files}
        self.unreadable: set[str] = set()
        self.seen: dict[str, str] = {}
        self.replaced: list[str] = []
        self._files = discovery.files
        self._parsers = parsers
        self._wanted = wanted or Wanted()
        self._reads_all = restoring is not None
        self._elsewhere = cache(partial(_elsewhere, known, base))
        self._bytes_done = 0
        self._unread = set(self.found)
        self._read: dict[str, _File] = {}
        self._postponed: list[tuple[Article, _File]] = []
        for path, why in discovery.skipped:
            name = stored_path(base, path)
            reason = why + self._kept(name)
            self._note(name, [reason])
            self.unreadable.add(name)
            self.sources[name] = passed_over(name, reason)

    def changed(self, added: Iterable[Article | SourceError] = ()) -> Iterator[Change]:
        """Each article that is new or changed: of the files, and of those that a program ``added``, which take ids from any file."""
        done = 0
        for file, parsing in ahead(map(self._look, self._files)):
            if parsing:
                yield from self._changed_in(file, parsing)
            elif file.old:
                self._unchanged(file.old)
            else:
                self.report.withheld += 1
            self._unread.discard(file.source.path)
            done += file.source.size
            self._bytes_done = done
        yield from filter(None, (self._compare(*waiting) for waiting in self._postponed))
        program = _File(SourceFile(ADDED, 0, UNTOLD, 0, ""))
        yield from self._sift(added, program)
        # Of several articles of one id, all but one were refused
        self.report.restored = [*dict.fromkeys(self.report.restored)]
        for file in (program, *self._read.values()):
            source, lines = file.source, _lines(file.problems)
            self._note(source.path, lines)
            if self.withheld.forgets(source):
                self.sources.pop(source.path, None)
            elif file is not program:
                self.sources[source.path] = source._replace(problems="\n".join(lines))

    def _look(self, found: FoundFile) -> tuple[_File, Parsing | None]:
        """Look at a file's status, and start its parsing if that does not tell; None if it is as it was, or as when it was purged."""
        name, status = stored_path(self.base, found.path), found.status
        old = self.known.sources.get(name)
        form = format_of(found.path)
        reading = self._wanted.reading(old.reading if old else "", scans=form is not None and form.scans)
        file = _File(SourceFile(name, status.st_size, status.st_mtime_ns, time.time_ns(), "", reading=reading.pack()))
        if old is None and not self._reads_all and self.withheld.was_purged(found.path, name):
            return file, None
        other_readers = old and old.failed_in and old.failed_in != readers_version(self._parsers.limits)
        if old and old.reading == file.source.reading and not (other_readers or self._reads_all):
            file.old = old
            if _settled(old, status) and not _waits(old):
                return file, None
        return file, self._parsers.parse(found, name, file.old.sha256 if file.old and not _waits(file.old) else "", reading)

    def _unchanged(self, source: SourceFile) -> None:
        ids = self.known.ids_at(source.path)
        self.seen.update(dict.fromkeys(ids, str(self.base / source.path)))
        self.report.unchanged += len(ids)
        if not ids and not source.problems and source.size > 0:
            was_withheld = self.known.tombstones.cover_file(source.path)
            self.report.withheld += was_withheld
            self.report.emptied += not was_withheld
        if source.failed_in:
            self.unreadable.add(source.path)
        self._note(source.path, source.problems.splitlines())

    def _changed_in(self, file: _File, parsing: Parsing) -> Iterator[Change]:
        """Those of one file."""
        name, sha256 = file.source.path, ""
        try:
            # Before anything is read of it: should the file change meanwhile, its checksum will differ next time.
            sha256 = parsing.sha256()
            if file.old and file.old.sha256 != sha256:
                file.old = None
            if (old := file.old) and not _waits(old):
                mtime_ns = UNTOLD if old.failed_in else file.source.mtime_ns
                self.sources[name] = old._replace(size=file.source.size, mtime_ns=mtime_ns, read_ns=file.source.read_ns)
                self._unchanged(old)
                return
            yield from self._sift(parsing.items(), file)
        except (SourceError, OSError) as error:
            self.unreadable.add(name)
            reason = error.reason if isinstance(error, SourceError) else f"cannot be read: {error.strerror or error}"
            if sha256 and isinstance(error, SourceError) and not error.passing:
                reason = f"{FAILED}{readers_version(self._parsers.limits)}: {reason}"
            else:
                sha256 = ""
            file.problems.append(reason)
        if name in self.unreadable and not file.has_articles:
            file.problems[-1] += self._kept(name)
        file.source = file.source._replace(sha256=sha256)
        if not sha256 or (file.problems and file.problems[-1].startswith(FAILED)):
            # It is looked at again next time, whatever its time stamp says, and without a checksum it is read
            file.source = file.source._replace(mtime_ns=UNTOLD)
        self._read[name] = file

    def _kept(self, name: str) -> str:
        """What to add to the problem of a file of which nothing can be read now."""
        kept = len(self.known.ids_at(name))
        return f"; its {'earlier version stays' if kept == 1 else f'{kept:,} earlier articles stay'} in the index" if kept else ""

    def _note(self, name: str, lines: Sequence[str]) -> None:
        """Report problems of a file, as lines; those that the index has as known ones."""
        before = self.known.sources.get(name) if lines else None
        self.report.note(self.base / name, lines, before.problems.splitlines() if before else ())

    def _sift(self, items: Iterable[Article | SourceError], file: _File) -> Iterator[Change]:
        """Those among the ``items`` of a file. What is wrong with the others is added to its problems."""
        before = 0
        for item in items:
            if file.old and self._was_taken(item, file.old):
                continue
            if isinstance(item, SourceError):
                file.problems.append(item.reason if item.lost else REMARK + item.reason)
                if item.lost:  # the record may be one of those that are known
                    self.unreadable.add(file.source.path)
                continue
            file.has_articles = True
            self._bytes_done += len(item.text)
            if has_text(item) and self.withheld.keeps_out(item):
                if self.known.path(item.id) == stored_path(self.base, item.path):  # the article that had this id there is gone
                    self.replaced.append(item.id)
                # Remarks on an article come before it, and may quote it
                file.problems[before:] = [problem for problem in file.problems[before:] if not problem.startswith(REMARK)]
            elif change := self._compare(item, file):
                yield change
            before = len(file.problems)

    def _was_taken(self, item: Article | SourceError, source: SourceFile) -> bool:
        """Whether an ``item`` of an unchanged ``source`` that waits was deleted since, or added by a program."""
        if isinstance(item, SourceError) or not has_text(item):
            return False
        path = self.known.path(item.id)
        return path == ADDED or (path is None and _refusal(item.id) not in source.problems)

    def _compare(self, article: Article, file: _File) -> Change | None:
        """``article``, if it is new or changed. If it is refused, that is a problem of its ``file``. It may have to wait for its id."""
        where = "".join(f"{place}: " for place in (article.member, article.part) if place)
        if not has_text(article):
            file.problems.append(f"{where}{_NO_TEXT}")
            return None
        holder = None if article.id in self.seen else self._holder(article)
        if holder in self._unread:
            self._postponed.append((article, file))
            return None
        if refused := self._refused(article, holder):
            file.problems.append(f"{where}{_refusal(article.id)}{refused}")
            return None
        member, record = f"#{article.member}" if article.member else "", f":{article.record}" if article.record else ""
        self.seen[article.id] = "this call" if article.is_added else f"{article.path}{member}{record}"
        before = self.known.path(article.id)
        if before is not None and before in self.sources and self.base / before != article.path and not article.is_added:
            # Should the file it has left come back as it was, it must be read again.
            self.sources[before] = self.sources[before]._replace(stale=True)
        return self._difference(article)

    def _difference(self, article: Article) -> Change | None:
        """From the article that the index has, if any; counted."""
        digest, known = digest_of(article, self.base), self.known.digest(article.id)
        change = Change(article, digest, self._bytes_done)
        if known == digest:
            self.report.unchanged += 1
            return None
        if known and known == digest_of(replace(article, record=self.known.number(article.id)), self.base):
            self.report.unchanged += 1
            return change._replace(moved=True)
        if known:
            self.report.updated += 1
        elif was := self._id_elsewhere(article):
            self.report.updated += 1
            self.report.renamed[article.id] = was
            self.replaced.append(was)
            return change._replace(was=was)
        else:
            self.report.added += 1
        return change

    def _id_elsewhere(self, article: Article) -> str:
        """The id of the article of an imported index that ``article`` is, if that is called after a file in another place."""
        own = stored_path(self.base, article.path)
        found = self._elsewhere(bytes.fromhex(article.sha256)).get((article.path.name, article.id.removeprefix(own)))
        if not found:
            return ""
        path, was = found[-1]
        if digest_of(replace(article, id=was, path=self.base / path), self.base) != self.known.digest(was):
            return ""
        found.pop()
        return was

    def _holder(self, article: Article) -> str | None:
        """The other source file that has an article of this id and was not read without it. Of a file and a program, the last has it."""
        path = self.known.path(article.id)
        if path is None or path == ADDED or article.is_added or self.base / path == article.path or not (self.base / path).exists():
            return None
        read_without_it = path in self.found and path not in self._unread and path not in self.unreadable
        return None if read_without_it else path

    def _refused(self, article: Article, holder: str | None) -> str:
        """Why ``article`` cannot have its id, which an article of the file ``holder`` has; empty if it can."""
        own = stored_path(self.base, article.path)
        # The other file that the id is the name of, or whose article it would be by its name
        names = (name for name in (article.id, article.id.partition("#")[0]) if name != own and name in self.found)
        if owner := next(names, None):
            return f"which is the name of {self.base / owner}"
        if article.id == own:
            self._take_name(article)
            holder = None
        other = self.seen.get(article.id) or (holder and str(self.base / holder))
        return f"already in {other}" if other else ""

    def _take_name(self, article: Article) -> None:
        """Give ``article`` the name of its file as its id, if an article of another file has been called so. That one is refused."""
        before = self.known.path(article.id)
        if before is None or before == article.id or before not in self.sources:
            return
        if not self.seen.get(article.id, "").startswith(str(article.path)):
            self.seen.pop(article.id, None)
        if before in self.found and before not in self._read:
            source, line = self.sources[before], f"{_refusal(article.id)}which is the name of {article.path}"
            self._note(before, [line])
            self.sources[before] = source._replace(problems="\n".join(filter(None, (source.problems, line))))


def _elsewhere(known: Known, base: Path, sha256: bytes) -> Mapping[tuple[str, str], list[tuple[str, str]]]:
    """The paths and ids of articles that were read from something with this checksum, and are called after files which are not here, nor
    have been since the index was imported: by the name of the file, and what follows it in the id.
    """
    ids = grouped((path, each) for each in known.ids_with(sha256) if (path := known.path(each)) and each.startswith(path))
    away = {path: called for path, called in ids.items() if path not in known.sources and not (base / path).exists()}
    return grouped(((PurePosixPath(path).name, each[len(path) :]), (path, each)) for path, called in away.items() for each in called)


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
    return bool(unlinked(article.text)[article.body.start : article.body.end].strip())


def _waits(old: SourceFile) -> bool:
    """Whether an unchanged file must be read: an article's id was refused and may be free now, or the index has articles it lost."""
    return old.stale or DUPLICATE in old.problems


def _settled(old: SourceFile, status: os.stat_result) -> bool:
    """Whether the status alone shows that a file is as it was read."""
    same = old.size == status.st_size and old.mtime_ns == status.st_mtime_ns
    return same and old.mtime_ns + _SETTLED_NS < old.read_ns
