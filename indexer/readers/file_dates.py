"""The time of a file in place of a publication date, for those who ask for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

from newsdex.errors import SourceError
from newsdex.indexer.source import Source
from newsdex.records import Article, Published

ORIGIN = "file time"


def with_file_date(item: Article | SourceError, source: Source) -> Article | SourceError:
    """``item``, dated by the last change of its file (to the day, in UTC) when it is an article that has no date."""
    if isinstance(item, SourceError) or item.published:
        return item
    changed = datetime.fromtimestamp(source.changed, timezone.utc)
    return replace(item, published=Published(changed.date().isoformat(), ORIGIN))
