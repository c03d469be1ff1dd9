"""Readers: one module per format, chosen by a file's suffix; to add one, register it here. A reader yields articles, and a SourceError for
each record it cannot read. It may raise SourceError or OSError if nothing can be read. Readers, and libraries that parse, are imported when
first needed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import cache
from importlib import import_module
from pathlib import Path

from newsdex.errors import UPGRADE, SourceError, extra
from newsdex.indexer.readers.bounds import bounded, capped, complete, described
from newsdex.indexer.readers.dates import DayFirst, forced
from newsdex.indexer.readers.mojibake import mended
from newsdex.indexer.source import Source
from newsdex.records import Article, Published

Reader = Callable[[Source], Iterator[Article | SourceError]]


@dataclass(frozen=True, slots=True)
class Format:
    """How to read files of a format; ``read`` shares no state between calls. ``many``: a file holds records. ``foreign``: a library not
    made for hostile files parses it. ``extra`` must be installed for it. ``scans``: OCR may read parts; ``picture``: all.
    """

    read: Reader
    many: bool = False
    foreign: bool = False
    extra: str = ""
    scans: bool = False
    picture: bool = False

    def articles(self, source: Source) -> Iterator[Article | SourceError]:
        """Yield the contents of ``source``. Raises SourceError or OSError, whatever the library raises, when no more can be read."""
        try:
            for item in complete(capped(self.read(replace(source, day_first=self._day_first(source))))):
                for whole in bounded(item if isinstance(item, SourceError) else mended(item), source.name):
                    yield _dated(whole, source) if source.reading.file_dates else whole
        except ImportError as error:
            raise SourceError(f"reading it needs {error.name or error}: {extra(self.extra) if self.extra else UPGRADE}") from error
        except (SourceError, OSError):
            raise
        except RecursionError as error:
            raise SourceError("nested too deeply") from error
        except Exception as error:
            if not self.foreign:
                raise
            raise SourceError(f"broken, or not what its name says ({described(error)})") from error

    def _day_first(self, source: Source) -> DayFirst:
        """Return what tells the order of day and month in the dates of records, where need be by reading ``source`` once more."""

        @cache
        def order() -> bool | None:
            return source.reading.date_order == "dmy" if source.reading.date_order else self._agreed(source)

        return lambda first, second: order() if (alone := forced(first, second)) is None else alone

    def _agreed(self, source: Source) -> bool | None:
        """Return whether the day comes first in the dates of ``source`` that leave no choice; None where they differ, or there are none."""
        seen: set[bool | None] = set()

        def see(first: int, second: int) -> bool | None:
            seen.update([] if first == second else [forced(first, second)])
            return None

        with suppress(SourceError, OSError):
            deque(self.read(replace(source, day_first=see, begins=None)), 0)
        seen.discard(None)
        return seen.pop() if len(seen) == 1 else None


def _dated(item: Article | SourceError, source: Source) -> Article | SourceError:
    """Date an article without a date by the last change of its file, to the day, in UTC."""
    if isinstance(item, SourceError) or item.published:
        return item
    changed = datetime.fromtimestamp(source.changed, timezone.utc)
    return replace(item, published=Published(changed.date().isoformat(), "file time"))


def by(module: str, function: str = "read") -> Reader:
    """Return the reader ``function`` of a ``module`` in this folder, which is loaded with the first file."""

    def read(source: Source) -> Iterator[Article | SourceError]:
        found: Reader = getattr(import_module(f"{__name__}.{module}"), function)
        return found(source)

    return read


FORMATS: Mapping[str, Format] = {
    suffix: form
    for suffixes, form in {
        ".txt .text": Format(by("plain")),
        ".md .markdown": Format(by("markdown")),
        ".jsonl .ndjson": Format(by("json_records", "read_lines"), many=True),
        ".json": Format(by("json_records"), many=True),
        ".csv .tsv": Format(by("separated"), many=True),
        ".parquet": Format(by("parquet"), many=True, foreign=True, extra="parquet"),
        ".html .htm .xhtml": Format(by("webpage"), foreign=True),
        ".pdf": Format(by("pdf"), foreign=True, scans=True),
        ".docx": Format(by("docx"), foreign=True),
        ".odt": Format(by("odt"), foreign=True),
        ".rtf": Format(by("rtf"), foreign=True),
        ".srt .vtt": Format(by("subtitles")),
        ".epub": Format(by("epub"), foreign=True),
        ".rss .atom .rdf .xml": Format(by("feed"), many=True, foreign=True),
        ".warc .warc.gz .arc .arc.gz": Format(by("warc"), many=True, foreign=True),
        ".eml": Format(by("mail", "read_message"), foreign=True),
        ".mbox": Format(by("mail", "read_mailbox"), many=True, foreign=True),
        ".png .jpg .jpeg .tif .tiff": Format(by("ocr"), foreign=True, scans=True, picture=True),
    }.items()
    for suffix in suffixes.split()
}


def format_of(path: Path) -> Format | None:
    """Return the format of a file of this name; None for an unknown one."""
    return FORMATS.get("".join(path.suffixes[-2:]).lower()) or FORMATS.get(path.suffix.lower())
