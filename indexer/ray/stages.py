"""The two stages of a build on several machines, as functions of files: cut the articles of a unit of sources, embed what was cut.

A unit is some source files, and its name is made of their paths, sizes and times and of the settings. Each stage writes one file of that
name, whole or not at all; what is there is not made again. So a worker that is killed, a driver that is killed and a second run make every
passage exactly once, with no other bookkeeping.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from newsdex.encoder import Encoder
from newsdex.engines import open_build_encoder, open_query_encoder
from newsdex.errors import IndexDamaged
from newsdex.indexer.changes import Changes
from newsdex.indexer.chunker import Chunker
from newsdex.indexer.discover import Discovery, FoundFile
from newsdex.indexer.language import with_language
from newsdex.indexer.milvus.content import Stored
from newsdex.indexer.milvus.exchange import ARTICLES, PASSAGES, arrow, article_row, article_schema, stored_of, write_part, write_table
from newsdex.indexer.source import Wanted
from newsdex.indexer.workers.pool import Parsers
from newsdex.settings import Chunking
from newsdex.store.paths import stored_path
from newsdex.store.previous import Known
from newsdex.store.segment import Entry, keys_of
from newsdex.values import portions

CUT = "cut"
_UNIT_BYTES = 1 << 20  # of sources: some thousand passages, ten seconds of one core
_UNIT_FILES = 32
_TEXTS = "embedded"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a build is made: everything that a stage on another machine needs to know. ``folder``, where all stages write, is one that every
    machine sees.
    """

    folder: str
    base: str
    model: str
    fingerprint: str
    chunking: Chunking
    wanted: Wanted

    def units(self, files: Sequence[FoundFile]) -> Iterator[Unit]:
        """``files``, in their order, in portions."""
        return map(self._unit, portions(files, _UNIT_BYTES, lambda file: max(file.status.st_size, _UNIT_BYTES // _UNIT_FILES)))

    def _unit(self, files: Sequence[FoundFile]) -> Unit:
        told = [(str(file.path), file.status.st_size, file.status.st_mtime_ns) for file in files]
        settings = {**asdict(self), "folder": ""}
        digest = xxhash.xxh3_128_hexdigest(json.dumps([told, settings], sort_keys=True).encode(errors="surrogateescape"))
        return Unit(f"{digest}.parquet", tuple(str(file.path) for file in files))


@dataclass(frozen=True, slots=True)
class Unit:
    """Some source files, and the name of the files that are made of them."""

    name: str
    paths: tuple[str, ...]


def cut(recipe: Recipe, unit: Unit) -> dict[str, Any]:
    """The first stage: read the unit's files, and cut their articles. Says how many, and what could not be read. Raises IndexUnwritable."""
    target = Path(recipe.folder) / CUT / unit.name
    if not target.exists():
        rows, problems = _read(recipe, unit)
        pa = arrow()
        schema = article_schema().append(pa.field(_TEXTS, pa.list_(pa.string()))).with_metadata({"problems": json.dumps(problems)})
        write_table(target, pa.Table.from_pylist(rows, schema))
    with arrow().parquet.ParquetFile(target) as file:
        metadata = file.schema_arrow.metadata or {}
        return {"name": unit.name, "articles": file.metadata.num_rows, "problems": json.loads(metadata.get(b"problems", b"[]"))}


def _read(recipe: Recipe, unit: Unit) -> tuple[list[dict[str, Any]], list[list[str]]]:
    base = Path(recipe.base)
    encoder = _counting(recipe.model)
    chunker = Chunker.of(recipe.chunking, encoder)
    files = [FoundFile(path, path.stat()) for path in map(Path, unit.paths) if path.exists()]
    rows = []
    with Parsers(most=1) as parsers:
        changes = Changes(Discovery(files=files), Known(None), base, parsers, recipe.wanted)
        for found, digest in changes.changed():
            article = with_language(found)
            chunked = chunker.cut(article)
            texts = [chunk.embedded for chunk in chunked.chunks]
            spans = [chunk.span for chunk in chunked.chunks]
            entry = Entry(article, digest, chunked.sentences, spans, keys_of(texts), np.empty((len(texts), 0), np.float32))
            rows.append({**article_row(Stored(entry, stored_path(base, article.path))), _TEXTS: texts})
    gone = [[path, "has vanished since it was found"] for path in unit.paths if not Path(path).exists()]
    return rows, [[str(problem.path), problem.reason] for problem in changes.report.problems] + gone


def embed(recipe: Recipe, name: str, encoder: Encoder) -> int:
    """The second stage: the vectors of what the first one cut, written with all that another engine needs. Says how many passages. Raises
    IndexDamaged when another version of the model is installed here, or the file cannot be read; IndexUnwritable.
    """
    folder = Path(recipe.folder)
    if (folder / ARTICLES / name).exists() and (folder / PASSAGES / name).exists():
        return count_passages(folder, name)
    if encoder.card.fingerprint != recipe.fingerprint:
        raise IndexDamaged(
            f"this machine has another version of {recipe.model} (fingerprint {encoder.card.fingerprint}) than the one that started the "
            f"build ({recipe.fingerprint}). Install the same newsdex on all machines"
        )
    rows = arrow().parquet.read_table(folder / CUT / name).to_pylist()
    texts = [text for row in rows for text in row.pop(_TEXTS)]
    distinct = list(dict.fromkeys(texts))
    place = {text: number for number, text in enumerate(distinct)}
    vectors = (
        encoder.encode_passages(distinct)[[place[text] for text in texts]] if texts else np.empty((0, encoder.card.dimension), np.float32)
    )
    write_part(folder, name, list(stored_of(rows, vectors, Path(recipe.base))), encoder.card)
    return len(texts)


def count_passages(folder: Path, name: str) -> int:
    """How many passages a part has."""
    with arrow().parquet.ParquetFile(folder / PASSAGES / name) as file:
        return int(file.metadata.num_rows)


def row_of(recipe: Recipe, unit: Unit) -> dict[str, Any]:
    """A unit as it travels through the cluster."""
    return {
        "recipe": json.dumps(asdict(recipe)),
        "name": unit.name,
        "paths": [path.encode(errors="surrogateescape") for path in unit.paths],
    }


def cut_row(row: dict[str, Any]) -> dict[str, Any]:
    """The first stage of such a row."""
    unit = Unit(row["name"], tuple(path.decode(errors="surrogateescape") for path in row["paths"]))
    told = cut(_recipe(row["recipe"]), unit)
    return {"recipe": row["recipe"], "name": unit.name, "articles": told["articles"], "problems": json.dumps(told["problems"])}


class Embedder:
    """What an actor of the second stage is: the model, loaded once. The recipe comes with each row, so that an actor that is started anew
    needs nothing else.
    """

    def __init__(self) -> None:
        self._encoder: Encoder | None = None

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Embed the unit of a row of the first stage."""
        recipe = _recipe(row["recipe"])
        if self._encoder is None:
            self._encoder = open_build_encoder(recipe.model)
        return {**row, "passages": embed(recipe, row["name"], self._encoder)}


@lru_cache(maxsize=8)
def _recipe(packed: str) -> Recipe:
    told = json.loads(packed)
    return Recipe(**told | {"chunking": Chunking(**told["chunking"]), "wanted": Wanted(**told["wanted"])})


_counting = lru_cache(maxsize=1)(open_query_encoder)
