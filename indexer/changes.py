"""What has changed since the last commit: the cheapest look at each source that can tell."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import xxhash

from newsdex.errors import SourceError
from newsdex.indexer.discover import Discovery, FoundFile
from newsdex.indexer.readers import reader_for
from newsdex.indexer.report import Report
from newsdex.indexer.source import Source
from newsdex.records import Article
from newsdex.store.known import Known
from newsdex.store.paths import stored_path
from newsdex.store.sources import SourceFile

# A file changed within this time of being read may change again without a new time stamp (some file systems count in 2 s).
_SETTLED_NS = 2_000_000_000


def digest_of(article: Article) -> bytes:
    """16 bytes that change when anything that the reader found does."""
    fields = asdict(replace(article, text=""))
    return xxhash.xxh3_128_digest(json.dumps(fields, sort_keys=True, default=str).encode() + b"\0" + article.text.encode())


class Changes:
    """One look at what was discovered. Iterate over ``changed`` to the end; then ``report``, ``sources`` and ``vanished`` are complete."""

    def __init__(self, discovery: Discovery, known: Known, base: Path) -> None:
        self.report = Report(missing=list(discovery.missing), other_formats=discovery.other_formats)
        self.sources = dict(known.sources)
        self.bytes_total = sum(file.status.st_size for file in discovery.files)
        self.bytes_done = 0
        self._discovery = discovery
        self._known = known
        self._base = base
        self._seen: dict[str, str] = {}
        self._unreadable: set[str] = set()
        for path, reason in discovery.skipped:
            self.report.note(path, [reason])
            self._unreadable.add(stored_path(base, path))

    def changed(self) -> Iterator[tuple[Article, bytes]]:
        """Each article that is new or not what it was, with its digest."""
        for file in self._discovery.files:
            old = self._known.sources.get(stored_path(self._base, file.path))
            if old and _settled(old, file):
                self._unchanged(old)
            else:
                yield from self._read(file, old)
            self.bytes_done += file.status.st_size

    def vanished(self, roots: Sequence[Path]) -> list[str]:
        """Ids of articles below ``roots`` that are no longer in their sources. What could not be read has not vanished."""
        below = tuple(f"{root.as_posix().rstrip('/')}/" for root in roots)
        base = f"{self._base.as_posix().rstrip('/')}/"
        return [
            article_id
            for path, ids in self._known.by_path.items()
            if path not in self._unreadable and f"{path if path.startswith('/') else base + path}/".startswith(below)
            for article_id in ids
            if article_id not in self._seen
        ]

    def forget(self, article_ids: Sequence[str]) -> None:
        """Note that these articles are removed, and forget source files that are gone."""
        self.report.removed += len(article_ids)
        for path in {self._known.path(article_id) for article_id in article_ids}:
            if path and not (self._base / path).exists():
                self.sources.pop(path, None)

    def _unchanged(self, source: SourceFile) -> None:
        ids = self._known.by_path.get(source.path, [])
        self._seen.update(dict.fromkeys(ids, source.path))
        self.report.unchanged += len(ids)
        self.report.note(self._base / source.path, source.problems.splitlines())

    def _read(self, file: FoundFile, old: SourceFile | None) -> Iterator[tuple[Article, bytes]]:
        name = stored_path(self._base, file.path)
        source = Source(file.path, name)
        reader = reader_for(file.path)
        assert reader, file.path
        read_ns = time.time_ns()
        problems: list[str] = []
        try:
            if old and old.sha256 == source.sha256:
                self.sources[name] = old._replace(size=file.status.st_size, mtime_ns=file.status.st_mtime_ns, read_ns=read_ns)
                self._unchanged(old)
                return
            for item in reader(source):
                if isinstance(item, SourceError):
                    problems.append(item.reason)
                else:
                    yield from self._compare(item, problems)
            sha256 = source.sha256
        except (SourceError, OSError) as error:
            problems.append(error.reason if isinstance(error, SourceError) else f"cannot be read: {error.strerror or error}")
            self._unreadable.add(name)
            sha256 = ""
        self.report.note(file.path, problems)
        # Without a checksum the file is read again next time, whatever its time stamp says.
        mtime_ns = file.status.st_mtime_ns if sha256 else -1
        self.sources[name] = SourceFile(name, file.status.st_size, mtime_ns, read_ns, sha256, "\n".join(problems))

    def _compare(self, article: Article, problems: list[str]) -> Iterator[tuple[Article, bytes]]:
        where = f"line {article.record}: " if article.record else ""
        if not article.text[article.body.start : article.body.end].strip():
            problems.append(f"{where}no text")
            return
        place = f"{article.path}:{article.record}" if article.record else str(article.path)
        if other := self._seen.get(article.id) or self._elsewhere(article):
            problems.append(f"{where}duplicate id {article.id!r}, already in {other}")
            return
        self._seen[article.id] = place
        digest, known = digest_of(article), self._known.digest(article.id)
        if known == digest:
            self.report.unchanged += 1
        else:
            if known:
                self.report.updated += 1
            else:
                self.report.added += 1
            yield article, digest

    def _elsewhere(self, article: Article) -> str | None:
        """The other source file that has an article of this id; one that is gone has moved here."""
        path = self._known.path(article.id)
        if path is None or self._base / path == article.path or not (self._base / path).exists():
            return None
        return path


def _settled(old: SourceFile, file: FoundFile) -> bool:
    """Whether the status alone shows that the file is as it was read."""
    status = file.status
    same = old.size == status.st_size and old.mtime_ns == status.st_mtime_ns
    return same and old.mtime_ns + _SETTLED_NS < old.read_ns
