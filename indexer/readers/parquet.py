"""Parquet: an article per row, in the fields that the columns name, read in batches by pyarrow. Offsets count in each article's text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from newsdex.errors import SourceError
from newsdex.indexer.readers.bounds import placed
from newsdex.indexer.readers.fields import article_of, check_columns
from newsdex.indexer.source import Source
from newsdex.records import Article

_ROWS = 1024  # rows in memory


def read(source: Source) -> Iterator[Article | SourceError]:
    import pyarrow as pa
    from pyarrow import parquet

    with source.open() as file:
        table = parquet.ParquetFile(file)
        check_columns(
            source,
            table.schema_arrow.names,
            [field.name for field in table.schema_arrow if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)],
        )
        number = 0
        for batch in table.iter_batches(batch_size=_ROWS):
            for row in batch.to_pylist():
                number += 1
                # A time stamp as text, without a time where the column has none.
                record = {name: value.isoformat() if isinstance(value, datetime | date) else value for name, value in row.items()}
                yield from placed(article_of(source, record, number, source.sha256), f"row {number}")
