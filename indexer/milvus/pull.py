"""An index out of Milvus, or out of an exchange folder, into a folder of its own, without embedding again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from newsdex.encoder import ModelCard, Vectors
from newsdex.errors import IndexDamaged, ServerError
from newsdex.indexer.milvus.content import Content, Stored
from newsdex.milvus.place import Place
from newsdex.milvus.rows import HEAD, PIECE_FIELDS, TEXT, Head, Row, heads_of, joined, key_of
from newsdex.milvus.schema import Collection, open_collection
from newsdex.milvus.server import Server
from newsdex.settings import Chunking
from newsdex.store.manifest import Manifest
from newsdex.store.paths import base_of
from newsdex.store.writer import Writer

_BATCH = 100  # articles that are fetched together: 2 MB of vectors, about


@dataclass(frozen=True, slots=True)
class RemoteContent:
    """The index in a collection."""

    server: Server
    collection: Collection

    @classmethod
    def open(cls, place: Place) -> RemoteContent:
        """Raises as newsdex.milvus.schema.open_collection."""
        server = Server(place)
        return cls(server, open_collection(server))

    @property
    def model(self) -> ModelCard:
        """Whose vectors these are."""
        return self.collection.about.model

    @property
    def chunking(self) -> Chunking:
        """How its articles were cut."""
        return self.collection.about.chunking

    @property
    def base(self) -> Path:
        """The folder that stored paths are relative to, where it came from."""
        return Path(self.collection.about.base)

    @property
    def passages(self) -> int:
        """How many there are."""
        return self.collection.about.passages

    def stored(self) -> Iterator[Stored]:
        """Every article, in the order of the ids.

        Raises IndexDamaged when one is not whole, and ServerError.
        """
        rows = self.server.every(self.collection.articles, f'kind == "{HEAD}"', PIECE_FIELDS)
        found = heads_of(rows)
        about = self.collection.about
        if about.least and len(found) != about.articles:  # what is not shown would be removed from the folder
            given = self.server.place.given
            raise ServerError(f"{given} shows {len(found)} articles of {about.articles}. Ask again in some seconds: docs/CLUSTER.md")
        heads = iter(sorted(found.values(), key=lambda head: head.article.id))
        while batch := list(islice(heads, _BATCH)):
            yield from self._whole(batch)

    def _whole(self, heads: Sequence[Head]) -> Iterator[Stored]:
        keys = {key_of(head.article.id): head for head in heads}
        named = ", ".join(f'"{key}"' for key in keys)
        texts = joined(self.server.every(self.collection.articles, f'kind == "{TEXT}" and article in [{named}]', PIECE_FIELDS))
        vectors: dict[str, list[Row]] = {key: [] for key in keys}
        for row in self.server.every(self.collection.passages, f"article in [{named}]", ("article", "version", "position", "dense")):
            if row["version"] == keys[row["article"]].version:
                vectors[row["article"]].append(row)
        for key, head in keys.items():
            rows = sorted(vectors[key], key=lambda row: row["position"])
            text = texts.get((key, head.version))
            if text is None or [row["position"] for row in rows] != list(range(len(head.passages))):
                raise IndexDamaged(
                    f"{self.server.place.given} has {head.article.id!r} only in part. Load it anew: newsdex push FOLDER {self.server.place.given}"
                )
            yield Stored(head.entry(text, _matrix(rows, self.model.dimension), self.base), head.path)


def pull(
    content: Content, index_folder: Path, wait_seconds: float | None = None, on_progress: Callable[[int], None] | None = None
) -> Manifest:
    """Bring the index in ``index_folder`` to what ``content`` has, in one commit; paths are relative to its own folder from then on.

    What is known of source files is not part of it. Raises ModelMismatch when the index there is of another model or other passages,
    IndexBusy, IndexUnwritable, and as ``content`` does.
    """
    base = base_of(index_folder)
    with Writer(index_folder, content.model, content.chunking, wait_seconds=wait_seconds) as writer:
        gone = set(writer.known.articles)
        for number, stored in enumerate(content.stored(), 1):
            entry = stored.moved_to(base)
            gone.discard(entry.article.id)
            old = writer.known.entry(entry.article.id)
            if old is None or (old.digest, old.passages, old.keys.tobytes()) != (entry.digest, list(entry.passages), entry.keys.tobytes()):
                writer.add(entry)
            if on_progress:
                on_progress(number)
        for article_id in gone:
            writer.delete(article_id)
        return writer.commit(writer.known.sources.values())


def _matrix(rows: Sequence[Row], dimension: int) -> Vectors:
    return np.array([row["dense"] for row in rows], np.float32).reshape(-1, dimension)
