"""Parquet: an article per row, in the fields that the columns name, read in batches by pyarrow. Offsets count in each article's text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from typing import TYPE_CHECKING

from newsdex.errors import SourceError
from newsdex.indexer.readers.bounds import placed
from newsdex.indexer.readers.fields import article_of, check_columns, record_of_row
from newsdex.indexer.source import Source
from newsdex.records import Article

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 1024  # rows in memory
_TEXTS = ("string", "large_string", "string_view")


def read(source: Source) -> Iterator[Article | SourceError]:
    from pyarrow import parquet

    with source.open() as file:
        table = parquet.ParquetFile(file)
        names = table.schema_arrow.names
        yield from check_columns(source, names, [field.name for field in table.schema_arrow if _is_text(field.type)])
        number = 0
        for batch in table.iter_batches(batch_size=_ROWS):
            for row in zip(*map(_values, batch.columns), strict=True):
                number += 1
                # A time stamp as text, without a time where the column has none.
                record = record_of_row(names, [value.isoformat() if isinstance(value, datetime | date) else value for value in row])
                yield from placed(article_of(source, record, number, source.sha256), f"row {number}")


def _is_text(kind: pa.DataType) -> bool:
    return str(getattr(kind, "value_type", kind) if str(kind).startswith("dictionary") else kind) in _TEXTS


def _values(column: pa.Array) -> list[object]:
    """Return the values of a column; one that cannot be read costs no other."""
    try:
        return list(column.to_pylist())
    except Exception:  # noqa: BLE001 - whatever pyarrow raises
        return [*map(_value, column)]


def _value(scalar: pa.Scalar) -> object:
    """Return a value as far as it can be read: text that is not UTF-8 with U+FFFD, a time that Python does not have as its number."""
    with suppress(Exception):
        return scalar.as_py()
    with suppress(Exception):
        return scalar.cast("binary").as_py().decode("utf-8", "replace")
    with suppress(Exception):
        return str(scalar.cast("int64").as_py())
    return None
