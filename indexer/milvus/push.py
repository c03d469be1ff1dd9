"""Copy an index to Milvus without embedding again: changes are written, and articles that left the index removed. An interrupted run leaves
the old or the new version of each article: passages and text are written first, then the head, which makes them count, then old rows are
removed. Row ids follow from the content, so the next run continues.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

from newsdex.errors import ModelMismatch, ServerError
from newsdex.indexer.build import Progress
from newsdex.indexer.milvus.content import Content
from newsdex.milvus.place import Place
from newsdex.milvus.rows import ABOUT, HEAD, Row, key_of, rows_of, version_of
from newsdex.milvus.schema import About, Collection, Layout, create_collection, find_collection, write_about
from newsdex.milvus.server import Server
from newsdex.store.paths import stored_path
from newsdex.store.segment import Entry
from newsdex.values import portions, utc_now

_SEEN_SECONDS = 180.0
ROWS = 256  # passages that are sent at once: 0.7 MB, of the 4 MB that a message of gRPC may have in older servers
_CHARACTERS = 1_000_000  # of rows of articles that are sent at once


@dataclass(frozen=True, slots=True)
class Pushed:
    """The counts of a run: articles written, unchanged and removed, and the articles and passages there are now."""

    written: int
    unchanged: int
    removed: int
    articles: int
    passages: int


def push(content: Content, place: Place, layout: Layout | None = None, on_progress: Callable[[Progress], None] | None = None) -> Pushed:
    """Make the index at ``place`` equal to ``content``. ``on_progress`` gets the number of passages compared. Raises ModelMismatch if the
    collection has another model or other passages, IndexUnwritable, and as newsdex.milvus.server.Server.
    """
    with closing(Server(place, new=True)) as server:
        loader = Loader(server, content, layout or Layout())
        done = 0
        for entry in content.entries():
            loader.add(entry)
            done += len(entry.passages)
            if on_progress:
                on_progress(Progress(done, content.passages, done))
        return loader.finish()


@dataclass
class _Tally:
    """What the index covers, counted while it goes by; ``first`` and ``last`` are days, 0 before there is one."""

    articles: int = 0
    passages: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    keys: set[str] = field(default_factory=set)
    first: int = 0
    last: int = 0

    def add(self, entry: Entry) -> None:
        article = entry.article
        self.articles += 1
        self.passages += len(entry.passages)
        self.languages[article.language] += 1
        if article.source:
            self.sources[article.source] += 1
        self.keys.update(article.metadata)
        if article.published:
            first = article.published.earliest.toordinal()
            self.first, self.last = min(self.first or first, first), max(self.last, article.published.latest.toordinal())

    def facts(self) -> dict[str, Any]:
        """As fields of About."""
        counts = {
            name: dict(sorted(getattr(self, name).items(), key=lambda each: (-each[1], each[0]))) for name in ("languages", "sources")
        }
        return {**vars(self), **counts, "keys": tuple(sorted(self.keys)), "least": self.passages}


class Loader:
    """One run that writes to a collection."""

    def __init__(self, server: Server, content: Content, layout: Layout) -> None:
        """Find the collection, or make it. Raises as ``push``."""
        self._server = server
        self._base = content.base
        about = About(content.model, content.chunking, content.base.as_posix(), words=server.has_sparse)
        found = find_collection(server, layout.replicas)
        if found:
            _check(found, about, server.place.given)
        self._collection: Collection = found or create_collection(server, about, content.passages, layout)
        for name in self._collection.names:
            server.load(name, layout.replicas)
        self._about = replace(about, witness=self._collection.about.witness)
        self._known = {row["article"]: row["version"] for row in self._heads()}
        self._tally = _Tally()
        self._passages: list[Row] = []
        self._articles: list[Row] = []  # the head of each that counts after its other rows
        self._replaced: list[tuple[str, str]] = []
        self._written = self._unchanged = 0

    def add(self, entry: Entry) -> None:
        """Write an article, unless it is there unchanged."""
        key, version = key_of(entry.article.id), version_of(entry)
        self._tally.add(entry)
        there = self._known.pop(key, None)
        if there == version:
            self._unchanged += 1
            return
        self._written += 1
        passages, rows = rows_of(entry, stored_path(self._base, entry.article.path), sparse=self._server.has_sparse)
        self._passages += passages
        self._articles += rows
        if there:
            self._replaced.append((key, version))
        if len(self._passages) >= ROWS:
            self._send()

    def finish(self) -> Pushed:
        """Remove the remaining old rows, and write the description of the index."""
        self._send()
        self._remove_known()
        if not self._collection.about.loaded or self._written or self._known:
            self._sweep()
            for name in self._collection.names:
                self._server.flush(name)
            self._wait_until_seen()
            commit = self._collection.about.commit + 1
            told = replace(self._about, **self._tally.facts(), loaded=True, commit=commit, created=utc_now())
            write_about(self._server, replace(self._collection, about=told))
        return Pushed(self._written, self._unchanged, len(self._known), self._tally.articles, self._tally.passages)

    def _wait_until_seen(self) -> None:
        """Wait until the server finds all rows: flushed ones take seconds to get from node to node. Raises ServerError if it does not."""
        wanted = self._tally.passages, self._tally.articles
        end = time.monotonic() + _SEEN_SECONDS
        while (found := self._shown()) != wanted:
            if time.monotonic() > end:
                given = self._server.place.given
                raise ServerError(
                    f"{given} shows {found[0]} passages of {found[1]} articles, not {wanted[0]} of {wanted[1]}. Push again: newsdex push "
                    f"FOLDER {given}"
                )
            time.sleep(1)

    def _shown(self) -> tuple[int, int]:
        return (
            self._server.count(self._collection.passages, "", strong=True),
            self._server.count(self._collection.articles, f'kind == "{HEAD}" and piece == 0', strong=True),
        )

    def _heads(self) -> Iterable[Row]:
        return self._server.every(self._collection.articles, f'kind == "{HEAD}" and piece == 0', ("article", "version"))

    def _begin_change(self) -> None:
        """Record that from now on there may be fewer passages than the index has."""
        about = self._collection.about
        if about.least:
            self._collection = replace(self._collection, about=replace(about, least=0))
            write_about(self._server, self._collection)

    def _send(self) -> None:
        if self._articles:
            self._begin_change()
        for batch in portions(self._passages, ROWS):
            self._server.upsert(self._collection.passages, batch)
        for batch in portions(self._articles, _CHARACTERS, lambda row: len(row["content"])):
            self._server.upsert(self._collection.articles, batch)
        for key, version in self._replaced:
            for name in self._collection.names:
                self._server.delete(name, f'article == "{key}" and version != "{version}"')
        self._passages, self._articles, self._replaced = [], [], []

    def _remove_known(self) -> None:
        """Remove the articles that were not added again, their heads first."""
        if self._known:
            self._begin_change()
        for key in self._known:
            self._server.delete(self._collection.articles, f'article == "{key}" and kind == "{HEAD}" and piece == 0')
            for name in self._collection.names[::-1]:
                self._server.delete(name, f'article == "{key}"')

    def _sweep(self) -> None:
        """Remove rows of versions without a head, left by an interrupted run. Raises ServerError if the server does not show all heads."""
        versions = {row["article"]: row["version"] for row in self._heads()}
        if len(versions) != self._tally.articles:
            given = self._server.place.given
            raise ServerError(f"{given} shows {len(versions)} articles of {self._tally.articles}. Push again: newsdex push FOLDER {given}")
        for name in self._collection.names:
            stale = {
                (row["article"], row["version"])
                for row in self._server.every(name, "", ("article", "version"))
                if row["article"] != ABOUT and versions.get(row["article"]) != row["version"]
            }
            for key, version in stale:
                self._server.delete(name, f'article == "{key}" and version == "{version}"')


def _check(found: Collection, about: About, given: str) -> None:
    there = found.about
    if there.model.fingerprint != about.model.fingerprint:
        same = "another version of " if there.model.name == about.model.name else ""
        raise ModelMismatch(
            f"{given} holds vectors of {same}{there.model.name}, not of {about.model.name}. Load a new collection beside it, {given}_new, "
            "and point an alias to it: docs/CLUSTER.md"
        )
    if there.chunking != about.chunking:
        raise ModelMismatch(
            f"{given} was chunked with {there.chunking}, not {about.chunking}. Load a new collection beside it, {given}_new, and point an "
            "alias to it: docs/CLUSTER.md"
        )
