"""An index out of Milvus, or out of an exchange folder, into a folder of its own, without embedding again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from newsdex.errors import IndexDamaged, ServerError
from newsdex.indexer.milvus.content import Content
from newsdex.milvus.rows import HEAD, PIECE_FIELDS, TEXT, Head, Row, heads_of, joined, key_of
from newsdex.milvus.schema import Collection
from newsdex.milvus.server import Server
from newsdex.store.manifest import Manifest
from newsdex.store.paths import base_of, stored_path
from newsdex.store.segment import Entry
from newsdex.store.writer import Writer
from newsdex.values import portions

_BATCH = 100  # articles that are fetched together: 2 MB of vectors, about


def remote_content(server: Server, collection: Collection) -> Content:
    """The index in a collection, in the order of the ids."""
    about, given = collection.about, server.place.given

    def entries() -> Iterator[Entry]:
        found = heads_of(server.every(collection.articles, f'kind == "{HEAD}"', PIECE_FIELDS))
        if about.least and len(found) != about.articles:  # what is not shown would be removed from the folder
            raise ServerError(f"{given} shows {len(found)} articles of {about.articles}. Try again in some seconds: docs/CLUSTER.md")
        for batch in portions(sorted(found.values(), key=lambda head: head.article.id), _BATCH):
            yield from _whole(server, collection, batch)

    return Content(about.model, about.chunking, Path(about.base), about.passages, entries)


def _whole(server: Server, collection: Collection, heads: Sequence[Head]) -> Iterator[Entry]:
    """The articles of ``heads`` with their texts and vectors. Raises IndexDamaged when one is not whole, and ServerError."""
    about, given = collection.about, server.place.given
    keys = {key_of(head.article.id): head for head in heads}
    named = ", ".join(f'"{key}"' for key in keys)
    texts = dict(joined(server.every(collection.articles, f'kind == "{TEXT}" and article in [{named}]', PIECE_FIELDS)))
    vectors: dict[str, list[Row]] = {key: [] for key in keys}
    for row in server.every(collection.passages, f"article in [{named}]", ("article", "version", "position", "dense")):
        if row["version"] == keys[row["article"]].version:
            vectors[row["article"]].append(row)
    for key, head in keys.items():
        rows = sorted(vectors[key], key=lambda row: row["position"])
        text = texts.get((key, head.version))
        if text is None or [row["position"] for row in rows] != list(range(len(head.passages))):
            raise IndexDamaged(f"{given} has {head.article.id!r} only in part. Load it again: newsdex push FOLDER {given}")
        matrix = np.array([row["dense"] for row in rows], np.float32).reshape(-1, about.model.dimension)
        yield head.entry(text, matrix, Path(about.base))


def pull(content: Content, index_folder: Path, wait_seconds: float | None = None) -> Manifest:
    """Bring the index in ``index_folder`` to what ``content`` has, in one commit, with paths relative to its own folder, without what is
    known of source files. Raises ModelMismatch for another model or other passages, IndexBusy, IndexUnwritable, and as ``content``.
    """
    base = base_of(index_folder)
    with Writer(index_folder, content.model, content.chunking, wait_seconds=wait_seconds) as writer:
        writer.changes.why = "pull"
        gone = set(writer.known.place.whole)
        for there in content.entries():
            path = base / stored_path(content.base, there.article.path)
            entry = replace(there, article=replace(there.article, path=path))
            gone.discard(entry.article.id)
            old = writer.known.entry(entry.article.id)
            if old is None or (old.digest, old.passages, old.keys.tobytes()) != (entry.digest, list(entry.passages), entry.keys.tobytes()):
                writer.add(entry)
        for article_id in gone:
            writer.delete(article_id)
        return writer.commit(writer.known.sources)
