"""The messages between a parser and its parent: a head, a JSON object and, for an article, its text.

No pickle: a parser's messages are as untrusted as the file it reads.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from newsdex.fields import packed, unpacked
from newsdex.indexer.readers.decoding import without_surrogates
from newsdex.indexer.source import Reading
from newsdex.records import Article

# Kind, processor seconds used so far, length of the object, length of the text.
HEAD = struct.Struct(">cdII")
REQUEST = struct.Struct(">I")
# Larger fields are not those of an article.
MOST_FIELDS = 1 << 20

READY = b"R"
BEGUN = b"B"
ALIVE = b"L"
CHECKED = b"C"
PART = b"M"
ARTICLE = b"A"
PROBLEM = b"P"
FAILED = b"F"
DONE = b"D"


class Message(NamedTuple):
    """A message of a parser: ``fields`` by the kind, ``text`` for an article, ``seconds`` of processor time used."""

    kind: bytes
    seconds: float
    fields: dict[str, Any]
    text: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """A file to parse, unless its checksum is ``known``; parts up to number ``after`` are skipped."""

    path: str
    name: str
    known: str
    reading: Reading
    after: int = 0


def pack_json(value: object) -> bytes:
    """Encode JSON that may contain file names that are not UTF-8."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def unpack_json(content: bytes) -> Any:
    """Decode the result of ``pack_json``. Raises ValueError."""
    return json.loads(content.decode("utf-8", "surrogatepass"))


def pack_article(article: Article) -> tuple[bytes, bytes]:
    """Encode the fields and the text of an article, without its path, which the parent knows."""
    return pack_json(packed(article)), without_surrogates(article.text).encode()


def article_of(fields: Mapping[str, Any], content: bytes, path: Path) -> Article:
    """Decode an article. Raises ValueError, KeyError or TypeError for anything but the result of ``pack_article``."""
    article = unpacked(fields, content.decode(), path)
    body, pages = article.body, article.pages
    if not body.start <= body.end <= len(article.text) or list(pages) != sorted(pages):
        raise ValueError(f"offsets outside of the text: {body.start}, {body.end}, {pages[:3]}")
    if bytes.fromhex(article.sha256).hex() != article.sha256:
        raise ValueError(f"not a checksum: {article.sha256!r:.40}")
    return article
