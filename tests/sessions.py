"""Entries made by hand, sessions that write them, and what an index then has."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from newsdex import Chunking
from newsdex.encoder import Vectors
from newsdex.engines.hashing import HashEncoder
from newsdex.records import Article, Span
from newsdex.store.segment import Entry
from newsdex.store.snapshot import Snapshot
from newsdex.store.sources import SourceFile
from newsdex.store.writer import Writer

CARD = HashEncoder.card
SHA = hashlib.sha256(b"the source").hexdigest()


def vectors_for(count: int, seed: int = 0) -> Vectors:
    """Unit rows."""
    rows: Vectors = np.random.default_rng(seed).standard_normal((count, CARD.dimension)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def entry_for(article: Article, passages: Sequence[Span] = (Span(0, 1),), seed: int = 0) -> Entry:
    """An article with what an indexer would have made of it."""
    keys = np.frombuffer(hashlib.sha512(f"{article.id}{seed}".encode(errors="surrogateescape")).digest() * len(passages), np.uint8)
    keys = keys.reshape(-1, 16)[: len(passages)]
    digest = hashlib.md5(repr(article).encode(errors="surrogateescape")).digest()
    return Entry(article, digest, [Span(0, len(article.text)), *passages], list(passages), keys, vectors_for(len(passages), seed))


def small(name: str, text: str = "x") -> Entry:
    """An entry of one passage with vectors and keys of its own."""
    return entry_for(Article(name, text, Path(f"/{name}.txt"), SHA), seed=int.from_bytes(name.encode(), "big"))


def write(folder: Path, *entries: Entry, delete: Sequence[str] = (), sources: Sequence[SourceFile] = ()) -> None:
    """One commit."""
    with Writer(folder, CARD, Chunking()) as writer:
        for article_id in delete:
            writer.delete(article_id)
        for entry in entries:
            writer.add(entry)
        writer.commit(sources)


def read(folder: Path) -> dict[str, Entry]:
    """Every living article of the current version."""
    snapshot = Snapshot.open(folder)
    entries = [snapshot.segments[number].entry(row) for number, row in snapshot.articles()]
    assert len({entry.article.id for entry in entries}) == len(entries) == snapshot.manifest.articles
    assert sum(len(entry.passages) for entry in entries) == snapshot.manifest.passages
    return {entry.article.id: entry for entry in entries}


def assert_same(found: Entry, expected: Entry) -> None:
    """Equal in everything; vectors and keys bit for bit."""
    assert found.article == expected.article
    assert found.digest == expected.digest
    assert found.sentences == expected.sentences
    assert found.passages == expected.passages
    assert found.keys.tobytes() == expected.keys.tobytes()
    assert found.vectors.dtype == np.float32
    assert found.vectors.shape == expected.vectors.shape
    assert found.vectors.tobytes() == expected.vectors.tobytes()


def needed(folder: Path, pointer: str | None = None) -> set[str]:
    """The files that a commit (the current one, unless named) consists of, by its own list."""
    pointer = pointer or (folder / "CURRENT").read_text().strip()
    manifest = json.loads((folder / pointer).read_text())
    records = [file for each in manifest["source_lists"] for file in (each["file"], each["blocks"])]
    for segment in manifest["segments"]:
        records += [*segment["files"].values(), *([segment["deleted"]] if segment["deleted"] else [])]
    return {pointer, *(f"{manifest['generation']}/{record['name']}" for record in records)}
