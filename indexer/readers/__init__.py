"""Readers: one module a format. A reader turns one source file into articles; to add a format, write one and register it here.

A reader yields articles, and a SourceError for each record that it cannot read: one bad record never costs another. It may also
raise a SourceError or an OSError when nothing of the file can be read. Formats are chosen by the file's suffix. The library
that parses a format is imported by its reader, when the first such file comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from newsdex.errors import SourceError
from newsdex.indexer.readers import (
    docx,
    epub,
    feed,
    json_document,
    jsonl,
    mail,
    markdown,
    odt,
    parquet,
    pdf,
    picture,
    plain,
    separated,
    warc,
    webpage,
)
from newsdex.indexer.readers.bounds import bounded, capped
from newsdex.indexer.source import Source
from newsdex.records import Article, Published

Reader = Callable[[Source], Iterator[Article | SourceError]]


@dataclass(frozen=True, slots=True)
class Format:
    """How files of a format are read: by ``read``, a plain function that shares nothing with other calls.

    ``many``: such a file holds records, and is no article itself. ``foreign``: a library parses it that was not made for hostile files.
    ``extra``: what to install beside newsdex for it, if anything. ``scans``: it may hold pictures of text, which OCR reads.
    """

    read: Reader
    many: bool = False
    foreign: bool = False
    extra: str = ""
    scans: bool = False

    def articles(self, source: Source) -> Iterator[Article | SourceError]:
        """What ``source`` holds. Raises SourceError or OSError when nothing more of it can be read, whatever the library raises."""
        try:
            for item in capped(self.read(source)):
                for whole in bounded(item, source.name):
                    yield _dated(whole, source) if source.file_dates else whole
        except ImportError as error:
            wanted = f'"newsdex[{self.extra}]"' if self.extra else "--upgrade newsdex"
            raise SourceError(f"reading it needs {error.name or error}: pip install {wanted}") from error
        except (SourceError, OSError):
            raise
        except RecursionError as error:
            raise SourceError("nested too deeply") from error
        except Exception as error:
            if not self.foreign:
                raise
            said = " ".join(str(error).split())[:200]
            raise SourceError(f"broken, or not what its name says ({type(error).__name__}{': ' if said else ''}{said})") from error


def _dated(item: Article | SourceError, source: Source) -> Article | SourceError:
    """``item``, where it is an article without a date, dated to the day by the last change of its file, in UTC."""
    if isinstance(item, SourceError) or item.published:
        return item
    changed = datetime.fromtimestamp(source.changed, timezone.utc)
    return replace(item, published=Published(changed.date().isoformat(), "file time"))


_PLAIN = Format(plain.read)
_MARKDOWN = Format(markdown.read)
_JSONL = Format(jsonl.read, many=True)
_TABLE = Format(separated.read, many=True)
_PAGE = Format(webpage.read, foreign=True)
_FEED = Format(feed.read, many=True, foreign=True)
_CRAWL = Format(warc.read, many=True, foreign=True)

FORMATS: Mapping[str, Format] = {
    ".txt": _PLAIN,
    ".text": _PLAIN,
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".jsonl": _JSONL,
    ".ndjson": _JSONL,
    ".json": Format(json_document.read, many=True),
    ".csv": _TABLE,
    ".tsv": _TABLE,
    ".parquet": Format(parquet.read, many=True, foreign=True, extra="parquet"),
    ".html": _PAGE,
    ".htm": _PAGE,
    ".xhtml": _PAGE,
    ".pdf": Format(pdf.read, foreign=True, scans=True),
    ".docx": Format(docx.read, foreign=True),
    ".odt": Format(odt.read, foreign=True),
    ".epub": Format(epub.read, foreign=True),
    ".rss": _FEED,
    ".atom": _FEED,
    ".rdf": _FEED,
    ".xml": _FEED,
    ".warc": _CRAWL,
    ".warc.gz": _CRAWL,
    ".arc": _CRAWL,
    ".arc.gz": _CRAWL,
    ".eml": Format(mail.read_message, foreign=True),
    ".mbox": Format(mail.read_mailbox, many=True, foreign=True),
}


# Which are read only where OCR is asked for.
PICTURES: Mapping[str, Format] = dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff"), Format(picture.read, foreign=True, scans=True))


def format_of(path: Path, *, pictures: bool = False) -> Format | None:
    """The format of a file of this name, with ``pictures`` also of one that is read by OCR, or None when it is not known."""
    if pictures and (found := PICTURES.get(path.suffix.lower())):
        return found
    return FORMATS.get("".join(path.suffixes[-2:]).lower()) or FORMATS.get(path.suffix.lower())
