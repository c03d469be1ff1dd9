"""The two stages of a build on several machines: cut the articles of a unit of sources, embed what was cut. A unit is named after its
files' paths, sizes and times and the settings. Each stage writes one file of that name, whole or not at all, and only if it is missing:
killed workers and drivers and second runs make every passage exactly once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import xxhash

from newsdex.engines import open_build_encoder, open_query_encoder
from newsdex.errors import IndexDamaged
from newsdex.indexer.build import cut_article
from newsdex.indexer.changes import Changes
from newsdex.indexer.chunker import Chunker
from newsdex.indexer.discover import Discovery, FoundFile
from newsdex.indexer.language import with_language
from newsdex.indexer.milvus.exchange import ARTICLES, PASSAGES, arrow, article_row, article_schema, entries_of, write_part, write_table
from newsdex.indexer.source import Wanted
from newsdex.indexer.workers.pool import Parsers
from newsdex.settings import Chunking
from newsdex.store.previous import Known
from newsdex.values import portions

CUT = "cut"
_UNIT_BYTES = 1 << 20  # of sources: some thousand passages, ten seconds of one core
_UNIT_FILES = 32
_TEXTS = "embedded"

# A unit as it travels: the "recipe" as JSON, its "name", and the encoded "paths" of its files; later what a stage says of it instead.
Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that a stage on another machine needs to know. All stages write to ``folder``, which every machine sees."""

    folder: str
    base: str
    model: str
    fingerprint: str
    chunking: Chunking
    wanted: Wanted

    def units(self, files: Sequence[FoundFile]) -> Iterator[Row]:
        """``files``, in their order, in portions: each a row that travels through the cluster."""
        for some in portions(files, _UNIT_BYTES, lambda file: max(file.status.st_size, _UNIT_BYTES // _UNIT_FILES)):
            told = [(str(file.path), file.status.st_size, file.status.st_mtime_ns) for file in some]
            settings = {**asdict(self), "folder": ""}
            digest = xxhash.xxh3_128_hexdigest(json.dumps([told, settings], sort_keys=True).encode(errors="surrogateescape"))
            paths = [path.encode(errors="surrogateescape") for path, *_ in told]
            yield {"recipe": json.dumps(asdict(self)), "name": f"{digest}.parquet", "paths": paths}


def cut(row: Row) -> Row:
    """The first stage: read and cut a unit's files. The row has their count, and the problems as JSON. Raises IndexUnwritable."""
    recipe = _recipe(row["recipe"])
    target = Path(recipe.folder) / CUT / row["name"]
    if not target.exists():
        rows, failed = _read(recipe, [Path(path.decode(errors="surrogateescape")) for path in row["paths"]])
        pa = arrow()
        schema = article_schema().append(pa.field(_TEXTS, pa.list_(pa.string()))).with_metadata({"problems": json.dumps(failed)})
        write_table(target, pa.Table.from_pylist(rows, schema))
    with arrow().parquet.ParquetFile(target) as file:
        problems = (file.schema_arrow.metadata or {}).get(b"problems", b"[]").decode()
        return {"recipe": row["recipe"], "name": row["name"], "articles": file.metadata.num_rows, "problems": problems}


def _read(recipe: Recipe, paths: Sequence[Path]) -> tuple[list[Row], list[list[str]]]:
    base = Path(recipe.base)
    chunker = Chunker.of(recipe.chunking, _counting(recipe.model))
    files = [FoundFile(path, path.stat()) for path in paths if path.exists()]
    rows = []
    with Parsers(most=1) as parsers:
        changes = Changes(Discovery(files=files), Known(None), base, parsers, recipe.wanted)
        for change in changes.changed():
            entry, texts = cut_article(with_language(change.article), change.digest, chunker)
            rows.append({**article_row(entry, base), _TEXTS: texts})
    gone = [[str(path), "has vanished since it was found"] for path in paths if not path.exists()]
    return rows, [[str(problem.path), problem.reason] for problem in changes.report.problems] + gone


class Embedder:
    """The second stage, as an actor: the vectors of what the first one cut, written with all that another engine needs."""

    def __call__(self, row: Row) -> Row:
        """Embed a unit; the row has its count of passages. Raises IndexDamaged for another model or a bad file; IndexUnwritable."""
        recipe, name = _recipe(row["recipe"]), row["name"]
        folder = Path(recipe.folder)
        if not all((folder / part / name).exists() for part in (ARTICLES, PASSAGES)):
            _embed(recipe, folder, name)
        return {**row, "passages": count_passages(folder, name)}


def _embed(recipe: Recipe, folder: Path, name: str) -> None:
    encoder = _embedding(recipe.model)
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
    base = Path(recipe.base)
    write_part(folder, name, list(entries_of(rows, vectors, base)), encoder.card, base)


def count_passages(folder: Path, name: str) -> int:
    """How many passages a part has."""
    with arrow().parquet.ParquetFile(folder / PASSAGES / name) as file:
        return int(file.metadata.num_rows)


@lru_cache(maxsize=8)
def _recipe(packed: str) -> Recipe:
    told = json.loads(packed)
    return Recipe(**told | {"chunking": Chunking(**told["chunking"]), "wanted": Wanted(**told["wanted"])})


# Loaded once in each process
_counting = lru_cache(maxsize=1)(open_query_encoder)
_embedding = lru_cache(maxsize=1)(open_build_encoder)
