"""An index as Parquet, which any engine can load without embedding again: a folder of ``articles`` and ``passages``, and ``about.json``.
Rows of ``passages`` are vectors with what other engines need: id, article id, start, end, text, vector, metadata, the model's fingerprint.
Rows of ``articles`` are articles as read, and their chunks. Files of one name go together, row by row.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from newsdex import foreign
from newsdex.encoder import ModelCard, Vectors
from newsdex.errors import UPGRADE, IndexDamaged, IndexMissing, IndexTooNew, UsageError, extra
from newsdex.fields import TYPES, numbers_of, packed, spans_of, unpacked
from newsdex.indexer.milvus.content import Content
from newsdex.milvus.rows import key_of, version_of
from newsdex.records import Span
from newsdex.settings import Chunking
from newsdex.store.files import replace_file, unwritable
from newsdex.store.manifest import LARGEST
from newsdex.store.paths import stored_path
from newsdex.store.segment import Entry
from newsdex.values import portions

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 1
ABOUT = "about.json"
ARTICLES, PASSAGES = "articles", "passages"
_PART = 10_000  # passages a file: 25 MB
_TOLD = ("source", "url", "language")
_NUMBERS = (Span, tuple[int, ...])  # types of fields that are lists of numbers
_PART_NAME = re.compile(r"[0-9A-Za-z-]{1,100}\.parquet")


@dataclass(frozen=True, slots=True)
class ExchangeAbout:
    """The content of a folder: stored paths are relative to ``base``; ``parts`` are its files, in order, none until it is complete."""

    model: ModelCard
    chunking: Chunking
    base: str
    parts: tuple[str, ...] = ()
    passages: int = 0


def parquet_content(folder: Path) -> Content:
    """The index in an exchange folder, each id once. Raises IndexMissing, IndexTooNew, IndexDamaged, UsageError without pyarrow."""
    about = read_about(folder)
    base = Path(about.base)

    def entries() -> Iterator[Entry]:
        seen: set[str] = set()
        for part in about.parts:
            for entry in read_part(folder, part, base):
                if entry.article.id not in seen:
                    seen.add(entry.article.id)
                    yield entry

    return Content(about.model, about.chunking, base, about.passages, entries)


def export_parquet(content: Content, folder: Path) -> ExchangeAbout:
    """Write ``content`` to ``folder``, atomically. Raises UsageError if something else is there, IndexUnwritable, or as ``content``."""
    about = ExchangeAbout(content.model, content.chunking, content.base.as_posix())
    begin(folder, about)
    parts: list[str] = []
    total = 0
    for batch in portions(content.entries(), _PART, lambda entry: len(entry.passages)):
        parts.append(f"part-{len(parts):06d}.parquet")
        write_part(folder, parts[-1], batch, content.model, content.base)
        total += sum(len(entry.passages) for entry in batch)
    whole = replace(about, parts=tuple(parts), passages=total)
    write_about(folder, whole)
    return whole


def begin(folder: Path, about: ExchangeAbout, *, again: bool = False) -> None:
    """Make the folder, or continue in it; ``again``: also in a complete one, which is then incomplete. Raises UsageError if it is complete,
    has another model or other passages, or is not an exchange; IndexUnwritable.
    """
    if (folder / ABOUT).exists():
        there = read_about(folder, unfinished=True)
        if there.parts and not again:
            raise UsageError(f"{folder} already holds a complete exchange. Name another folder, or remove it")
        if (there.model.fingerprint, there.chunking) != (about.model.fingerprint, about.chunking):
            raise UsageError(f"{folder} was started with {there.model.name} and {there.chunking}. Name another folder, or remove it")
        write_about(folder, about)
        return
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty and not an exchange. Name another folder")
    try:
        for name in (ARTICLES, PASSAGES):
            (folder / name).mkdir(parents=True, exist_ok=True)
        write_about(folder, about)
    except OSError as error:
        raise unwritable(folder, error) from error


def write_about(folder: Path, about: ExchangeAbout) -> None:
    """Write the description of the folder, in one step."""
    replace_file(folder / ABOUT, json.dumps({"format": FORMAT, **asdict(about)}, indent=1).encode())


def read_about(folder: Path, *, unfinished: bool = False) -> ExchangeAbout:
    """Read the description. Raises IndexMissing for no exchange, or one not complete unless ``unfinished``; IndexTooNew, IndexDamaged."""
    try:
        with (folder / ABOUT).open("rb") as file:
            told: dict[str, Any] = foreign.parsed(file.read(LARGEST + 1), LARGEST)
        if told.pop("format") > FORMAT:
            raise IndexTooNew(f"{folder} was written by a newer newsdex. Upgrade: {UPGRADE}")
        about = foreign.made(ExchangeAbout, told)
        if odd := [name for name in about.parts if not _PART_NAME.fullmatch(name)]:
            raise ValueError(f"{odd[0][:80]!r} is no name of a part")  # noqa: TRY301 - told of as the others are
    except OSError as error:
        raise IndexMissing(f"there is no exchange at {folder}: no {ABOUT}. Make one: newsdex pull INDEX {folder} --parquet") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexDamaged(f"{folder / ABOUT} is damaged ({error}). Make it again") from error
    if not about.parts and not unfinished:
        raise IndexMissing(f"the exchange at {folder} is incomplete. To continue, run the same command again")
    return about


def write_part(folder: Path, name: str, batch: Sequence[Entry], model: ModelCard, base: Path) -> None:
    """Write one part, each file atomically, that of the articles last. Raises IndexUnwritable."""
    pa = arrow()
    passages = [row for entry in batch for row in _passages(entry, model)]
    write_table(folder / PASSAGES / name, pa.Table.from_pylist(passages, passage_schema(model.dimension)))
    write_table(folder / ARTICLES / name, pa.Table.from_pylist([article_row(entry, base) for entry in batch], article_schema()))


def read_part(folder: Path, name: str, base: Path) -> Iterator[Entry]:
    """The articles of a part. Raises IndexDamaged."""
    read_table = arrow().parquet.read_table
    try:
        articles = read_table(folder / ARTICLES / name).to_pylist()
        table = read_table(folder / PASSAGES / name, columns=["article_id", "vector"])
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"{folder}: {name} cannot be read ({error}). Make the exchange again") from error
    column = table.column("vector").combine_chunks()
    vectors = column.flatten().to_numpy(zero_copy_only=False).reshape(len(table), -1).astype(np.float32)
    if (count := sum(map(_count, articles))) != len(table):
        raise IndexDamaged(f"{folder}: {name} has {len(table)} passages, and its articles {count}. Make the exchange again")
    yield from entries_of(articles, vectors, base)


def article_row(entry: Entry, base: Path) -> dict[str, Any]:
    """An article as a row of ``articles``, with a path relative to ``base``."""
    article, path = entry.article, stored_path(base, entry.article.path)
    row = packed(article)
    row["published"], row["published_origin"] = row["published"] or (None, None)
    return {
        **row,
        "id": printable(article.id),
        "text": article.text,
        "path": printable(path),
        "exact": [name.encode(errors="surrogateescape") for name in (article.id, path)],
        "metadata": json.dumps(row["metadata"]),
        "digest": entry.digest,
        "sentences": numbers_of(entry.sentences),
        "passages": numbers_of(entry.passages),
        "keys": entry.keys.tobytes(),
    }


def entries_of(rows: Iterable[dict[str, Any]], vectors: Vectors, base: Path) -> Iterator[Entry]:
    """The articles of rows of ``articles``, with the vectors of all their passages, float32, (n, d)."""
    done = 0
    for row in rows:
        name, path = (exact.decode(errors="surrogateescape") for exact in row["exact"])
        published = [row["published"], row["published_origin"]] if row["published"] else None
        article = unpacked({**row, "id": name, "published": published, "metadata": json.loads(row["metadata"])}, row["text"], base / path)
        keys = np.frombuffer(row["keys"], np.uint8).reshape(-1, 16)
        mine = vectors[done : done + _count(row)]
        done += len(mine)
        yield Entry(article, row["digest"], spans_of(row["sentences"]), spans_of(row["passages"]), keys, mine)


def _count(row: dict[str, Any]) -> int:
    """How many passages an article has, by its row."""
    return len(row["passages"]) // 2


def article_schema() -> pa.Schema:
    """The columns of ``articles``: one a field of Article, and two for its date."""
    pa = arrow()
    numbers = pa.list_(pa.int64())
    columns = {name: pa.int64() if kind is int else numbers if kind in _NUMBERS else pa.string() for name, kind in TYPES.items()}
    return pa.schema(
        {
            **columns,
            "published_origin": pa.string(),
            **dict.fromkeys(("sentences", "passages"), numbers),
            "exact": pa.list_(pa.binary()),
            **dict.fromkeys(("digest", "keys"), pa.binary()),
        }
    )


def passage_schema(dimension: int) -> pa.Schema:
    """The columns of ``passages``."""
    pa = arrow()
    names = ("id", "article_id", "start", "end", "text", "vector", "metadata", "fingerprint")
    kinds = {"start": pa.int64(), "end": pa.int64(), "vector": pa.list_(pa.float32(), dimension)}
    return pa.schema({name: kinds.get(name, pa.string()) for name in names})


def _passages(entry: Entry, model: ModelCard) -> Iterator[dict[str, Any]]:
    article = entry.article
    told = {name: getattr(article, name) for name in _TOLD} | {"published": article.published.iso if article.published else ""}
    metadata = json.dumps({**article.metadata, **told, "title": article.title})
    for position, (span, vector) in enumerate(zip(entry.passages, entry.vectors, strict=True)):
        yield {
            "id": f"{key_of(article.id)}:{version_of(entry)}:{position}",
            "article_id": printable(article.id),
            "start": span.start,
            "end": span.end,
            "text": article.text[span.start : span.end],
            "vector": vector,
            "metadata": metadata,
            "fingerprint": model.fingerprint,
        }


def printable(name: str) -> str:
    """Return ``name`` as valid UTF-8; the ``exact`` bytes of a file name are stored beside it."""
    return name.encode("utf-8", "backslashreplace").decode()


def arrow() -> Any:
    """Return the module pyarrow, with its ``parquet``. Raises UsageError if it is not installed."""
    try:
        import pyarrow as pa
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise UsageError(f"Parquet needs pyarrow, which is not installed. Install it: {extra('cluster')}") from error
    return pa


def write_table(path: Path, table: pa.Table) -> None:
    """Write a Parquet file atomically. Raises IndexUnwritable."""
    waiting = path.with_name(f".{path.name}.{uuid4().hex}")  # another machine may make the same
    try:
        arrow().parquet.write_table(table, waiting, compression="zstd")
        with waiting.open("rb") as file:
            os.fsync(file.fileno())
        waiting.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        waiting.unlink(missing_ok=True)
