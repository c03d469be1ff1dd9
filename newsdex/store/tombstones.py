"""What keeps a deleted or purged article out of an index: digests of its id and its text, from which neither can be read. They are keyed
with the index's own key, so that known texts cannot be looked up. Without any, a commit has no such file.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from newsdex.arrays import among
from newsdex.records import Article, Span
from newsdex.store.paths import is_called_after, stored_path
from newsdex.tensors import Array, Layout, Tensors, view_tensors

Digests = NDArray[np.uint64]

# Characters. A shorter text, such as "The video is no longer available.", may be another article's as well.
LEAST = 100
_KEY = 16
_LAYOUT: Layout = {
    "key": Array(("U8",), (_KEY,)),
    "id": Array(("U64",), ("ids",)),
    "text": Array(("U64",), ("texts",)),
    "purged": Array(("U64",), ("purged",), optional=True),
}


@dataclass(frozen=True, slots=True, eq=False)
class Tombstones:
    """The digests of deleted and purged articles' ``ids`` and ``texts``, uint64, ascending, each once; ``key`` (16 bytes) is theirs.
    ``purged`` are those of ``ids`` and ``texts`` that a purge added.
    """

    key: bytes = field(default_factory=lambda: secrets.token_bytes(_KEY), repr=False)
    ids: Digests = field(default_factory=lambda: np.empty(0, np.uint64))
    texts: Digests = field(default_factory=lambda: np.empty(0, np.uint64))
    purged: Digests = field(default_factory=lambda: np.empty(0, np.uint64))

    def __bool__(self) -> bool:
        return len(self.ids) > 0 or len(self.texts) > 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tombstones) and (
            not (self or other) or all(np.array_equal(array, other.pack()[name]) for name, array in self.pack().items())
        )

    __hash__ = None  # type: ignore[assignment]

    def cover(self, article: Article) -> bool:
        """Whether ``article`` has the id or the text of one of these; case and white space of the text do not count."""
        text = self._text(article) if len(self.texts) else None
        return _within(self._id(article.id), self.ids) or (text is not None and _within(text, self.texts))

    def cover_id(self, article_id: str) -> bool:
        """Whether this is the id of one of these."""
        return _within(self._id(article_id), self.ids)

    def cover_purged(self, article: Article) -> bool:
        """Whether ``article`` has the id or the text of one that was purged."""
        text = self._text(article) if len(self.purged) else None
        return _within(self._id(article.id), self.purged) or (text is not None and _within(text, self.purged))

    def cover_file(self, path: str) -> bool:
        """Whether the file with the stored ``path`` had a deleted or purged article."""
        return _within(self._digest(b"path", path), self.texts) or _within(self._id(path), self.ids)

    def cover_content(self, sha256: str) -> bool:
        """Whether a file with this checksum was seen to have a purged article and no other."""
        return _within(self._digest(b"file", sha256), self.texts)

    def plus(self, articles: Iterable[Article], paths: Iterable[str] = (), contents: Iterable[str] = ()) -> Tombstones:
        """These and those of purged ``articles``, and of the files with these stored ``paths``, and those with these sha256."""
        ids, texts = self._digests(articles, ())
        purged = np.union1d(self.purged, np.concatenate((ids, texts)))
        files = np.array([self._digest(b"file", sha256) for sha256 in contents], np.uint64)
        texts = np.concatenate((texts, self._digests((), paths)[1], files))
        return replace(self, ids=np.union1d(self.ids, ids), texts=np.union1d(self.texts, texts), purged=purged)

    def plus_deleted(self, articles: Iterable[Article], base: Path) -> Tombstones:
        """These and those of deleted ``articles`` of an index with this ``base``: their ids and, if these only name a place, their texts. A
        record named by its number is known by a text that is long enough: the number may be another's tomorrow.
        """
        by_id, by_text = list[Article](), list[Article]()
        for article in articles:
            is_place = is_called_after(article.id, stored_path(base, article.path))
            is_numbered = article.record and article.id.rpartition("#")[2].partition(".")[0] == str(article.record)
            if is_place:
                by_text.append(article)
            if not (is_place and is_numbered and self._text(article) is not None):
                by_id.append(replace(article, text="", body=Span(0, 0)))
        ids, texts = self._digests(by_id, ())[0], self._digests(by_text, ())[1]
        return replace(self, ids=np.union1d(self.ids, ids), texts=np.union1d(self.texts, texts))

    def joined(self, other: Tombstones) -> Tombstones:
        """These and ``other``, of an earlier or later version of the same index; ``other`` is left out if it has another key."""
        if other.key != self.key:
            return self or other
        both = (np.union1d(left, right) for left, right in ((self.ids, other.ids), (self.texts, other.texts), (self.purged, other.purged)))
        return Tombstones(self.key, *both)

    def minus(self, articles: Iterable[Article], paths: Iterable[str] = ()) -> Tombstones:
        """These without those of ``articles`` and of the files with these stored ``paths``."""
        ids, texts = self._digests(articles, paths)
        purged = np.setdiff1d(self.purged, np.concatenate((ids, texts)))
        return replace(self, ids=np.setdiff1d(self.ids, ids), texts=np.setdiff1d(self.texts, texts), purged=purged)

    def pack(self) -> Tensors:
        """The arrays that hold them."""
        return {"key": np.frombuffer(self.key, np.uint8), "id": self.ids, "text": self.texts, "purged": self.purged}

    def _digests(self, articles: Iterable[Article], paths: Iterable[str]) -> tuple[Digests, Digests]:
        found = [(self._id(article.id), self._text(article)) for article in articles]
        texts = [text for _, text in found if text is not None]
        # Among the texts, because the number of ids is counted as that of articles
        texts += [self._digest(b"path", path) for path in paths]
        return np.array([number for number, _ in found], np.uint64), np.array(texts, np.uint64)

    def _id(self, article_id: str) -> int:
        return self._digest(b"id", article_id)

    def _text(self, article: Article) -> int | None:
        text = " ".join(article.text[article.body.start : article.body.end].split()).casefold()
        return self._digest(b"text", text) if len(text) >= LEAST else None

    def _digest(self, what: bytes, value: str) -> int:
        content = value.encode(errors="surrogateescape")
        return int.from_bytes(blake2b(content, key=self.key, person=what, digest_size=8).digest(), "little")


def unpack_tombstones(content: memoryview) -> Tombstones:
    """The tombstones in a file's content. Raises ValueError if it has another form."""
    tensors = view_tensors(content, _LAYOUT)
    # Without it, as earlier newsdexes wrote them, each may be that of a purge
    both = np.concatenate((tensors["id"], tensors["text"]))
    # Ascending in any case
    ids, texts, purged = (np.unique(each).astype(np.uint64) for each in (tensors["id"], tensors["text"], tensors.get("purged", both)))
    return Tombstones(tensors["key"].tobytes(), ids, texts, purged)


def _within(number: int, ascending: Digests) -> bool:
    return bool(among(np.array([number], np.uint64), ascending)[0])
