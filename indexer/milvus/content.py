"""All of an index as a stream of articles, wherever it lies: what push, pull and the exchange as Parquet have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from newsdex.encoder import ModelCard
from newsdex.milvus.schema import About
from newsdex.records import Article
from newsdex.settings import Chunking
from newsdex.store.paths import base_of
from newsdex.store.segment import Entry
from newsdex.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Stored:
    """An article with its stored path and its vectors."""

    entry: Entry
    path: str

    def moved_to(self, base: Path) -> Entry:
        """The same with its path below ``base``."""
        return replace(self.entry, article=replace(self.entry.article, path=base / self.path))


class Content(Protocol):
    """Something that holds an index."""

    @property
    def model(self) -> ModelCard:
        """Whose vectors these are."""
        ...

    @property
    def chunking(self) -> Chunking:
        """How its articles were cut."""
        ...

    @property
    def base(self) -> Path:
        """The folder that stored paths are relative to."""
        ...

    @property
    def passages(self) -> int:
        """How many there are."""
        ...

    def stored(self) -> Iterator[Stored]:
        """Every article, in a fixed order."""
        ...


@dataclass(frozen=True, slots=True)
class FolderContent:
    """The index in a folder, as a snapshot shows it."""

    snapshot: Snapshot

    @property
    def model(self) -> ModelCard:
        """Whose vectors these are."""
        return self.snapshot.manifest.model

    @property
    def chunking(self) -> Chunking:
        """How its articles were cut."""
        return self.snapshot.manifest.chunking

    @property
    def base(self) -> Path:
        """The folder that the index lies in."""
        return base_of(self.snapshot.folder)

    @property
    def passages(self) -> int:
        """How many there are."""
        return self.snapshot.manifest.passages

    def stored(self) -> Iterator[Stored]:
        """Every article, in the order of the index.

        Raises IndexDamaged.
        """
        segments = self.snapshot.file_segments
        for number, row in self.snapshot.articles():
            yield Stored(segments[number].entry(row), segments[number].stored_path(row))


class Tally:
    """Counts what an index covers while it goes by."""

    def __init__(self) -> None:
        self.articles = 0
        self.passages = 0
        self._languages: Counter[str] = Counter()
        self._sources: Counter[str] = Counter()
        self._keys: set[str] = set()
        self._first: list[int] = []
        self._last: list[int] = []

    def add(self, article: Article, passages: int) -> None:
        """One article more."""
        self.articles += 1
        self.passages += passages
        self._languages[article.language] += 1
        self._sources[article.source] += 1
        self._keys.update(article.metadata)
        if article.published:
            self._first = [min([*self._first, article.published.earliest.toordinal()])]
            self._last = [max([*self._last, article.published.latest.toordinal()])]

    def told(self, about: About) -> About:
        """``about`` with what was counted."""
        return replace(
            about,
            articles=self.articles,
            passages=self.passages,
            least=self.passages,
            languages=dict(sorted(self._languages.items(), key=lambda each: (-each[1], each[0]))),
            sources={source: count for source, count in sorted(self._sources.items(), key=lambda each: (-each[1], each[0])) if source},
            keys=tuple(sorted(self._keys)),
            first=self._first[0] if self._first else 0,
            last=self._last[0] if self._last else 0,
        )
