"""The two collections of an index in Milvus, and the row that describes the index."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from newsdex import foreign
from newsdex.encoder import ModelCard
from newsdex.errors import UPGRADE, IndexDamaged, IndexMissing, IndexTooNew, IndexTooOld, IndexUnfinished
from newsdex.milvus.rows import ABOUT, ARTICLES, MOST_MARKS, NO_VECTOR, PIECE_FIELDS, Row, about_rows, joined, witness_rows
from newsdex.milvus.server import PATIENCE_SECONDS, PAUSE_SECONDS, Server
from newsdex.settings import Chunking
from newsdex.store.manifest import LARGEST, Manifest, SegmentRecord

if TYPE_CHECKING:
    from pymilvus import CollectionSchema
    from pymilvus.milvus_client.index import IndexParams

FORMAT = 2
# Up to so many passages every vector is compared: 50 ms of one core at 384 dimensions, and nothing is missed.
FLAT = 100_000
_LINKS, _BREADTH = 16, 200  # of HNSW (Malkov and Yashunin 2018): M and efConstruction, the values of Milvus' own guide


@dataclass(frozen=True, slots=True)
class About:
    """The description of an index in Milvus. ``base``: what stored paths are relative to, where it came from; ``keys`` of the metadata.
    ``loaded``: the first load is complete. ``least``: passages that a complete answer needs, 0 during a change. ``words``: keyword ranking
    is possible; ``witness``: both collections have the row newsdex.milvus.server.WITNESS.
    """

    model: ModelCard
    chunking: Chunking
    base: str
    loaded: bool = False
    commit: int = 0
    created: str = ""
    articles: int = 0
    passages: int = 0
    least: int = 0
    words: bool = True
    witness: bool = False
    languages: Mapping[str, int] | None = None
    sources: Mapping[str, int] | None = None
    keys: tuple[str, ...] = ()
    first: int = 0
    last: int = 0

    @property
    def days(self) -> tuple[date | None, date | None]:
        """The first and the last day that a publication date can mean."""
        return (date.fromordinal(self.first), date.fromordinal(self.last)) if self.first else (None, None)

    def manifest(self, collection: str) -> Manifest:
        """The manifest, as of an index in a folder, with the collection's name as the generation."""
        segments = (SegmentRecord(collection, self.articles, self.passages, {}),) if self.articles else ()
        return Manifest(collection, self.commit, self.created, self.model, self.chunking, segments)


@dataclass(frozen=True, slots=True)
class Collection:
    """The name of the collection of passages, and the description of the index."""

    passages: str
    about: About

    @property
    def articles(self) -> str:
        """The name of the collection of articles."""
        return self.passages + ARTICLES

    @property
    def names(self) -> tuple[str, str]:
        """Those of both."""
        return self.passages, self.articles


@dataclass(frozen=True, slots=True)
class Layout:
    """How to make a new collection: Milvus' type of vector index (None: FLAT for few vectors, HNSW for many), shards, replicas."""

    index: str | None = None
    shards: int = 1
    replicas: int = 1


def open_collection(server: Server) -> Collection:
    """Open the index at the server's place. Raises IndexMissing, IndexUnfinished, IndexTooNew, IndexDamaged, and as Server."""
    given = server.place.given
    found = find_collection(server)
    if found is None and server.has(server.place.name):
        raise IndexUnfinished(f"{given} was created, but nothing is in it. Run the same newsdex push or newsdex build again")
    if found is None:
        raise IndexMissing(f"there is no index at {given}. Make one: newsdex push FOLDER {given}")
    if not found.about.loaded:
        raise IndexUnfinished(f"{given} is incomplete: loading was interrupted. Run the same newsdex push or newsdex build again")
    return found


def find_collection(server: Server, replicas: int = 0) -> Collection | None:
    """As ``open_collection``, also one that is not completely loaded; None if empty. ``replicas``: load a released one so many times."""
    name = server.place.name
    if not server.has(name):
        return None
    described = server.describe(name)
    passages = str(described.get("collection_name", name))  # an alias leads to another name
    if not server.has(passages + ARTICLES):
        raise IndexDamaged(
            f"{server.place.given} is not a newsdex index: there is no collection {passages + ARTICLES}. Name another collection"
        )
    if server.place.is_file:  # Milvus Lite keeps nothing in memory between two runs
        for each in (passages, passages + ARTICLES):
            server.load(each)
    if replicas:
        server.load(passages + ARTICLES, replicas)
    told = _told(server, passages + ARTICLES)
    if told is None:
        return None
    try:
        about = _about(foreign.parsed(told.encode(), LARGEST), server.place.given)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexDamaged(f"what {server.place.given} says of itself is damaged ({error}). Load it again: newsdex push") from error
    _check_dimension(described, about, server.place.given)
    found = Collection(passages, about)
    if about.witness:
        server.witnessed |= {*found.names}
    return found


def _told(server: Server, articles: str) -> str | None:
    """Read the description. It is missing for a moment after a collection is made, or if the server shows only a part: wait for it."""
    end = time.monotonic() + (PATIENCE_SECONDS if server.needs_witness else 0)
    while True:
        told = next(joined(server.query(articles, f'article == "{ABOUT}"', PIECE_FIELDS, strong=True)), None)
        if told or time.monotonic() > end:
            return told and told[1]
        time.sleep(PAUSE_SECONDS)


def write_about(server: Server, collection: Collection) -> None:
    """Write the description: the one step that makes a loaded index visible."""
    rows = about_rows({"format": FORMAT, **asdict(collection.about)})
    for row in rows:
        server.upsert(collection.articles, [row])
    server.delete(collection.articles, f'article == "{ABOUT}" and version != "{rows[0]["version"]}"')
    server.flush(collection.articles)


def create_collection(server: Server, about: About, passages: int, layout: Layout) -> Collection:
    """Make both collections, empty, for about ``passages`` passages."""
    from pymilvus import DataType

    made = Collection(server.place.name, replace(about, witness=server.needs_witness))
    kind = layout.index or ("FLAT" if passages <= FLAT else "HNSW")
    schema, indexes = _begun(server, ("position", "start", "end"), ("facets", "terms", "article", "first", "last"))
    schema.add_field("language", DataType.VARCHAR, max_length=64)
    schema.add_field("terms", DataType.ARRAY, element_type=DataType.INT64, max_capacity=MOST_MARKS)
    schema.add_field("impacts", DataType.ARRAY, element_type=DataType.INT16, max_capacity=MOST_MARKS)
    schema.add_field("dense", DataType.FLOAT_VECTOR, dim=about.model.dimension)
    params = {"M": _LINKS, "efConstruction": _BREADTH} if kind == "HNSW" else {}
    indexes.add_index("dense", index_type=kind, metric_type="IP", params=params)
    if server.has_sparse:
        schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
        indexes.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
    _create_articles(server, made.articles, layout)
    server.create(made.passages, schema, indexes, layout.shards, layout.replicas)
    if made.about.witness:
        for name, row in zip(made.names, witness_rows(about.model.dimension, sparse=server.has_sparse), strict=True):
            server.upsert(name, [row])
        server.witnessed |= {*made.names}
    write_about(server, made)
    return made


def _begun(server: Server, numbers: Sequence[str], looked_up: Sequence[str]) -> tuple[CollectionSchema, IndexParams]:
    """The fields that both collections have, plus these ``numbers``, and indexes of the fields that are ``looked_up``."""
    from pymilvus import DataType, MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.VARCHAR, max_length=96, is_primary=True)
    schema.add_field("article", DataType.VARCHAR, max_length=32)
    schema.add_field("version", DataType.VARCHAR, max_length=32)
    for field in (*numbers, "first", "last"):
        schema.add_field(field, DataType.INT64)
    schema.add_field("facets", DataType.ARRAY, element_type=DataType.INT64, max_capacity=MOST_MARKS)
    indexes = MilvusClient.prepare_index_params()
    if server.has_sparse and not server.place.is_file:  # what is asked of every row otherwise
        for field in looked_up:
            indexes.add_index(field, index_type="INVERTED")
    return schema, indexes


def _create_articles(server: Server, name: str, layout: Layout) -> None:
    from pymilvus import DataType

    schema, indexes = _begun(server, ("piece", "pieces"), ("copy_keys", "facets", "article"))
    schema.add_field("kind", DataType.VARCHAR, max_length=1)
    schema.add_field("copy_keys", DataType.ARRAY, element_type=DataType.INT64, max_capacity=64)
    schema.add_field("content", DataType.VARCHAR, max_length=65_535)
    schema.add_field("nothing", DataType.FLOAT_VECTOR, dim=len(NO_VECTOR))
    indexes.add_index("nothing", index_type="FLAT", metric_type="L2")
    server.create(name, schema, indexes, layout.shards, layout.replicas)


def _about(told: Row, given: str) -> About:
    written = told.pop("format")
    if written > FORMAT:
        raise IndexTooNew(f"{given} was written by a newer newsdex. Upgrade: {UPGRADE}")
    if written < FORMAT:
        raise IndexTooOld(f"{given} was written by an older newsdex. Load it into a new collection: newsdex push FOLDER {given}_new")
    return foreign.made(About, told)


def _check_dimension(described: Row, about: About, given: str) -> None:
    there = next((int(field["params"]["dim"]) for field in described["fields"] if field["name"] == "dense"), None)
    if there is None:
        raise IndexDamaged(f"{given} is not a newsdex index: its collection has no field 'dense'. Name another collection")
    if there != about.model.dimension:
        raise IndexDamaged(
            f"{given} holds vectors of {there} dimensions, and its model {about.model.name} makes {about.model.dimension}. "
            f"Load it into a new collection: newsdex push FOLDER {given}_new"
        )
