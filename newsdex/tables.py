"""Hits and articles as table rows with chosen columns: CSV for spreadsheets, and JSON Lines."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any

from newsdex.errors import UsageError
from newsdex.output import RECORD, article_record, as_unicode, hit_record
from newsdex.records import Article, Hit
from newsdex.terminal import visible_line

METADATA = "metadata."
ARTICLE_FIELDS = (*(name for name in RECORD if name != "metadata"), "passages", "copies")
HIT_FIELDS = (
    *("rank", "score", "answers"),
    *(name for name in RECORD if name not in ("metadata", "sha256")),
    *("start", "end", "page", "text", "answer", "answer_start", "answer_end", "copies"),
)
USUAL_OF_ARTICLE = ("article_id", "title", "source", "published", "language", "url", "passages", "retracted", "corrected_by")
USUAL_OF_HIT = (
    *("rank", "score", "title", "source", "published", "answer", "text", "url", "article_id", "retracted", "corrected_by"),
    "answers",
)

_MOST_FIELDS = 1_000
_BOM = "\ufeff"
# Characters that begin a formula in a spreadsheet (OWASP, CSV injection); numbers are excepted.
_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")


def chosen(said: str | None, known: Sequence[str], usual: Sequence[str]) -> tuple[str, ...]:
    """Return the fields in ``said``, each once, such as ``title`` or ``metadata.NAME``; ``usual`` without a value. Raises UsageError."""
    names = tuple(dict.fromkeys(filter(None, map(str.strip, (said or "").split(",")))))
    if said is None:
        return tuple(usual)
    if not 0 < len(names) <= _MOST_FIELDS:
        raise UsageError(f"--fields has {len(names)} names: expected 1 to {_MOST_FIELDS}, such as title,published,url")
    for name in names:
        if name not in known and not (name.startswith(METADATA) and len(name) > len(METADATA)):
            near = f"For metadata of articles: {METADATA}{name:.80}. " if name.isidentifier() else ""
            raise UsageError(f"--fields {name!r:.80} is not a field. {near}Expected some of {', '.join(known)}, or {METADATA}NAME")
    return names


def hit_values(hit: Hit) -> dict[str, Any]:
    """Return the values of HIT_FIELDS and of the metadata: ``text`` is the passage, ``answer`` its best sentence."""
    answer = {"answer": as_unicode(hit.answer_text), "answer_start": hit.answer.start, "answer_end": hit.answer.end}
    return {**hit_record(hit), **answer, "copies": len(hit.also_in), **_metadata(hit.article)}


def article_values(article: Article) -> dict[str, Any]:
    """Return the values of ARTICLE_FIELDS and of the metadata, without the counts."""
    return {**article_record(article), **_metadata(article)}


def _metadata(article: Article) -> dict[str, str]:
    return {f"{METADATA}{name}": as_unicode(value) for name, value in article.metadata.items()}


def json_row(values: Mapping[str, Any], fields: Sequence[str]) -> str:
    """Return the fields as one JSON object in ASCII."""
    return json.dumps({as_unicode(name): values.get(name) for name in fields})


def cell(value: object) -> str:
    r"""Return ``value`` as a table cell, without terminal control characters, and with an apostrophe before text that looks like a formula.

    >>> [cell(each) for each in ("=1+1", "-2.5", -2.5, None, True, "a\x1b[31m")]
    ["'=1+1", '-2.5', '-2.5', '', 'true', 'a\ufffd[31m']
    """
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return "" if value is None else str(value)
    text = "\n".join(map(visible_line, value.split("\n")))
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


class Table:
    """CSV in ``file`` by RFC 4180, with another ``delimiter`` if told; ``bom``: for Excel, which otherwise does not detect UTF-8."""

    def __init__(
        self, file: IO[str], header: Iterable[str] | None, *, bom: bool = False, before: Iterable[str] = (), delimiter: str = ","
    ) -> None:
        """``header`` is None if the file already has one; the names ``before`` it are written unchanged."""
        self._writer = csv.writer(file, delimiter=delimiter)
        if header is not None:
            file.write(_BOM if bom else "")
            self.add(header, before)

    def add(self, values: Iterable[object], before: Iterable[str] = ()) -> None:
        """Write a row; the cells ``before`` the values are written unchanged."""
        self._writer.writerow([*before, *map(cell, values)])


def table_on_output(header: Iterable[str], *, bom: bool) -> Table:
    """Return a table on standard output, in UTF-8."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    return Table(sys.stdout, header, bom=bom)
