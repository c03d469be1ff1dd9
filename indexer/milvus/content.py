"""All of an index as a stream of articles, wherever it lies: what push, pull and the exchange as Parquet have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from newsdex.encoder import ModelCard
from newsdex.milvus.schema import About
from newsdex.records import Article
from newsdex.settings import Chunking
from newsdex.store.paths import base_of
from newsdex.store.segment import Entry
from newsdex.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Content:
    """Something that holds an index: whose vectors these are, how its articles were cut, the folder that stored paths are relative to, and
    how many passages there are. ``entries`` gives every article, in a fixed order. It raises IndexDamaged, or ServerError.
    """

    model: ModelCard
    chunking: Chunking
    base: Path
    passages: int
    entries: Callable[[], Iterator[Entry]]


def folder_content(snapshot: Snapshot) -> Content:
    """The index in a folder, as a snapshot shows it, in its order."""

    def entries() -> Iterator[Entry]:
        return (segments[number].entry(row) for number, row in snapshot.articles())

    manifest, segments = snapshot.manifest, snapshot.file_segments
    return Content(manifest.model, manifest.chunking, base_of(snapshot.folder), manifest.passages, entries)


class Tally:
    """Counts what an index covers while it goes by."""

    def __init__(self) -> None:
        self.articles = 0
        self.passages = 0
        self._languages: Counter[str] = Counter()
        self._sources: Counter[str] = Counter()
        self._keys: set[str] = set()
        self._first = self._last = 0  # days, 0 before there is one

    def add(self, article: Article, passages: int) -> None:
        """One article more."""
        self.articles += 1
        self.passages += passages
        self._languages[article.language] += 1
        if article.source:
            self._sources[article.source] += 1
        self._keys.update(article.metadata)
        if article.published:
            first = article.published.earliest.toordinal()
            self._first, self._last = min(self._first or first, first), max(self._last, article.published.latest.toordinal())

    def told(self, about: About) -> About:
        """``about`` with what was counted."""
        return replace(
            about,
            articles=self.articles,
            passages=self.passages,
            least=self.passages,
            languages=_ordered(self._languages),
            sources=_ordered(self._sources),
            keys=tuple(sorted(self._keys)),
            first=self._first,
            last=self._last,
        )


def _ordered(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))
