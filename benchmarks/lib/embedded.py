"""Embedded databases and libraries that search by meaning and words, with their defaults, for million.py: one class each."""

from __future__ import annotations

import importlib
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

HITS, LEG, DIMENSION = 10, 50, 384
Batch = tuple[int, list[str], Any]  # the number of the first passage, texts, vectors (n, DIMENSION)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def fused(*legs: Iterable[int]) -> list[int]:
    """The ten best by reciprocal ranks (Cormack et al. 2009, k = 60)."""
    points: dict[int, float] = defaultdict(float)
    for leg in legs:
        for rank, number in enumerate(leg, 1):
            points[number] += 1 / (60 + rank)
    return sorted(points, key=lambda number: -points[number])[:HITS]


class Peer:
    """An index in ``place``. ``near`` has the numbers of the ten nearest passages, ``hybrid`` the texts of the ten best."""

    most = 1_000_000  # passages, so that it builds in 20 CPU minutes and 12 GB
    packages: tuple[str, ...] = ()
    open: Callable[[], None]
    insert: Callable[[Batch], None]
    near: Callable[[Any], list[int]]
    hybrid: Callable[[str, Any], list[str]]

    def __init__(self, place: Path) -> None:
        self.place = place

    def create(self) -> None:
        self.open()

    def open_to_write(self) -> None:
        self.open()

    def finish(self) -> None:
        """After everything is inserted."""

    def commit(self) -> None:
        """After an addition."""

    def build(self, batches: Iterator[Batch]) -> None:
        self.create()
        for batch in batches:
            self.insert(batch)
        self.finish()

    def add(self, batch: Batch) -> None:
        self.open_to_write()
        self.insert(batch)
        self.commit()


def table_of(batch: Batch) -> Any:
    import pyarrow as pa

    first, texts, vectors = batch
    column = pa.FixedSizeListArray.from_arrays(pa.array(np.ravel(vectors)), DIMENSION)
    numbers, strings = pa.array(range(first, first + len(texts)), pa.int64()), pa.array(texts, pa.string())
    return pa.table({"id": numbers, "text": strings, "vector": column})


class LanceDB(Peer):
    """IVF_PQ and its own full-text index. New rows are compared one by one until ``optimize`` is called."""

    packages = ("lancedb",)

    def create(self) -> None:
        import lancedb

        self.table = lancedb.connect(self.place).create_table("p", schema=table_of((0, [], np.empty((0, DIMENSION), np.float32))).schema)

    def open(self) -> None:
        import lancedb

        self.table = lancedb.connect(self.place).open_table("p")

    def insert(self, batch: Batch) -> None:
        self.table.add(table_of(batch))

    def finish(self) -> None:
        self.table.create_index()
        self.table.create_fts_index("text")

    def near(self, vector: Any) -> list[int]:
        return [row["id"] for row in self.table.search(vector).select(["id"]).limit(HITS).to_list()]

    def hybrid(self, text: str, vector: Any) -> list[str]:
        return [row["text"] for row in self.table.search(query_type="hybrid").vector(vector).text(text).limit(HITS).to_list()]


class Qdrant(Peer):
    """Local mode, which compares every vector. Words are sparse vectors with idf; it fuses the two itself."""

    most = 20_000  # beyond which it warns at every start; its build of 1,000,000 would take 18 CPU minutes and three hours
    packages = ("qdrant-client",)

    def sparse(self, text: str) -> Any:
        from qdrant_client import models

        counts = Counter(zlib.crc32(word.encode()) for word in words(text))
        return models.SparseVector(indices=list(counts), values=[2.2 * count / (count + 1.2) for count in counts.values()])

    def create(self) -> None:
        from qdrant_client import models

        self.open()
        dense = models.VectorParams(size=DIMENSION, distance=models.Distance.COSINE)
        sparse = models.SparseVectorParams(modifier=models.Modifier.IDF)
        self.client.create_collection("p", vectors_config={"dense": dense}, sparse_vectors_config={"words": sparse})

    def open(self) -> None:
        from qdrant_client import QdrantClient

        self.client = QdrantClient(path=str(self.place))

    def insert(self, batch: Batch) -> None:
        from qdrant_client import models

        first, texts, vectors = batch
        points = [
            models.PointStruct(id=first + n, vector={"dense": vectors[n].tolist(), "words": self.sparse(text)}, payload={"text": text})
            for n, text in enumerate(texts)
        ]
        self.client.upsert("p", points)

    def finish(self) -> None:
        self.client.close()

    def near(self, vector: Any) -> list[int]:
        return [int(point.id) for point in self.client.query_points("p", query=vector, using="dense", limit=HITS).points]

    def hybrid(self, text: str, vector: Any) -> list[str]:
        from qdrant_client import models

        legs = [models.Prefetch(query=vector.tolist(), using="dense", limit=LEG)]
        legs.append(models.Prefetch(query=self.sparse(text), using="words", limit=LEG))
        found = self.client.query_points("p", prefetch=legs, query=models.FusionQuery(fusion=models.Fusion.RRF), limit=HITS)
        return [point.payload["text"] for point in found.points if point.payload]


class Chroma(Peer):
    """HNSW. On one machine it does not rank by words, so ``hybrid`` is by meaning, with the texts."""

    most = 100_000
    packages = ("chromadb",)

    def create(self) -> None:
        import chromadb

        self.collection = chromadb.PersistentClient(str(self.place)).create_collection("passages", embedding_function=None)

    def open(self) -> None:
        import chromadb

        self.collection = chromadb.PersistentClient(str(self.place)).get_collection("passages", embedding_function=None)

    def insert(self, batch: Batch) -> None:
        first, texts, vectors = batch
        self.collection.add(ids=[str(first + n) for n in range(len(texts))], documents=texts, embeddings=vectors)

    def near(self, vector: Any) -> list[int]:
        return [int(number) for number in self.collection.query(query_embeddings=[vector], n_results=HITS, include=[])["ids"][0]]

    def hybrid(self, text: str, vector: Any) -> list[str]:  # noqa: ARG002
        found = self.collection.query(query_embeddings=[vector], n_results=HITS, include=["documents"])["documents"]
        return found[0] if found else []


class SQLite(Peer):
    """FTS5 and sqlite-vec, which compares every vector."""

    packages = ("sqlite-vec", "pysqlite3-binary")

    def open(self) -> None:
        import pysqlite3
        import sqlite_vec

        self.place.mkdir(exist_ok=True)
        self.database = pysqlite3.connect(str(self.place / "p.sqlite"))
        self.database.enable_load_extension(True)
        sqlite_vec.load(self.database)

    def create(self) -> None:
        self.open()
        self.database.execute(f"CREATE VIRTUAL TABLE v USING vec0 (vector float[{DIMENSION}])")
        self.database.execute("CREATE VIRTUAL TABLE w USING fts5 (text)")

    def insert(self, batch: Batch) -> None:
        first, texts, vectors = batch
        self.database.executemany("INSERT INTO v (rowid, vector) VALUES (?, ?)", ((first + n, v.tobytes()) for n, v in enumerate(vectors)))
        self.database.executemany("INSERT INTO w (rowid, text) VALUES (?, ?)", enumerate(texts, first))
        self.database.commit()

    def near(self, vector: Any, count: int = HITS) -> list[int]:
        found = self.database.execute("SELECT rowid FROM v WHERE vector MATCH ? AND k = ? ORDER BY distance", (vector.tobytes(), count))
        return [number for (number,) in found]

    def hybrid(self, text: str, vector: Any) -> list[str]:
        query = " OR ".join(f'"{word}"' for word in words(text))
        found = [n for (n,) in self.database.execute(f"SELECT rowid FROM w WHERE w MATCH ? ORDER BY rank LIMIT {LEG}", (query,))]
        ten = fused(self.near(vector, LEG), found)
        return [self.database.execute("SELECT text FROM w WHERE rowid = ?", (number,)).fetchone()[0] for number in ten]


class Tantivy(Peer):
    """tantivy, and usearch's HNSW: memory-mapped for questions, read and written whole for an addition."""

    packages = ("tantivy", "usearch")

    def create(self) -> None:
        import tantivy
        from usearch.index import Index

        self.place.mkdir()
        schema = tantivy.SchemaBuilder().add_integer_field("id", stored=True, indexed=True).add_text_field("text", stored=True).build()
        self.writer, self.vectors = tantivy.Index(schema, path=str(self.place)).writer(), Index(ndim=DIMENSION, metric="cos")

    def open(self, *, view: bool = True) -> None:
        import tantivy
        from usearch.index import Index

        self.index = tantivy.Index.open(str(self.place))
        self.searcher, self.vectors = self.index.searcher(), Index.restore(self.place / "vectors", view=view)

    def open_to_write(self) -> None:
        self.open(view=False)
        self.writer = self.index.writer()

    def insert(self, batch: Batch) -> None:
        import tantivy

        first, texts, vectors = batch
        for number, text in enumerate(texts, first):
            self.writer.add_document(tantivy.Document(id=number, text=text))
        self.vectors.add(np.arange(first, first + len(texts)), vectors)

    def commit(self) -> None:
        self.writer.commit()
        self.writer.wait_merging_threads()
        self.vectors.save(self.place / "new")
        (self.place / "new").replace(self.place / "vectors")

    finish = commit

    def near(self, vector: Any, count: int = HITS) -> list[int]:
        return [int(key) for key in self.vectors.search(vector, count, threads=1).keys]

    def stored(self, field: str, values: Sequence[Any]) -> dict[int, str]:
        import tantivy

        any_of = [(tantivy.Occur.Should, tantivy.Query.term_query(self.index.schema, field, value)) for value in values]
        hits = self.searcher.search(tantivy.Query.boolean_query(any_of), LEG).hits
        return {found["id"][0]: found["text"][0] for found in (self.searcher.doc(place) for _, place in hits)}

    def hybrid(self, text: str, vector: Any) -> list[str]:
        known = self.stored("text", words(text))
        ten = fused(self.near(vector, LEG), known)
        known |= self.stored("id", [number for number in ten if number not in known])
        return [known[number] for number in ten]


class DuckDB(Peer):
    """VSS, an HNSW that is stored by an experimental setting, and FTS, which must be built anew after an addition."""

    most = 100_000
    packages = ("duckdb", "duckdb-extension-vss", "duckdb-extension-fts")

    def open(self) -> None:
        import duckdb

        self.place.mkdir(exist_ok=True)
        self.database = duckdb.connect(config={"allow_unsigned_extensions": True})
        for name in ("vss", "fts"):
            package = Path(importlib.import_module(f"duckdb_extension_{name}").__file__ or "").parent
            self.database.execute(f"LOAD '{next(package.rglob('*.duckdb_extension'))}'")
        self.database.execute("SET hnsw_enable_experimental_persistence = true")
        self.database.execute(f"ATTACH '{self.place / 'p.duckdb'}' AS d; USE d")

    def create(self) -> None:
        self.open()
        self.database.execute(f"CREATE TABLE p (id INTEGER, text VARCHAR, vector FLOAT[{DIMENSION}])")

    def insert(self, batch: Batch) -> None:
        self.database.register("rows", table_of(batch))
        self.database.execute("INSERT INTO p SELECT * FROM rows")

    def finish(self) -> None:
        self.database.execute("CREATE INDEX h ON p USING HNSW (vector)")
        self.commit()

    def commit(self) -> None:
        self.database.execute("PRAGMA create_fts_index('p', 'id', 'text', overwrite = 1)")
        self.database.execute("CHECKPOINT d")

    def near(self, vector: Any, count: int = HITS) -> list[int]:
        query = f"SELECT id FROM p ORDER BY array_distance(vector, {vector.tolist()}::FLOAT[{DIMENSION}]) LIMIT {count}"
        return [number for (number,) in self.database.execute(query).fetchall()]

    def hybrid(self, text: str, vector: Any) -> list[str]:
        ranked = "SELECT id FROM (SELECT id, fts_main_p.match_bm25(id, ?) s FROM p) WHERE s IS NOT NULL ORDER BY s DESC LIMIT ?"
        ten = fused(self.near(vector, LEG), [number for (number,) in self.database.execute(ranked, (text, LEG)).fetchall()])
        texts = dict(self.database.execute(f"SELECT id, text FROM p WHERE id IN {tuple(ten)}").fetchall())
        return [texts[number] for number in ten]


# The slow ones last.
PEERS = {
    "LanceDB": LanceDB, "tantivy + usearch": Tantivy, "Chroma": Chroma, "DuckDB FTS + VSS": DuckDB, "SQLite FTS5 + sqlite-vec": SQLite,
    "Qdrant, local": Qdrant,
}  # fmt: skip
