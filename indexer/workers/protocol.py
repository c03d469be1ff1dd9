"""What a parser and its parent say to each other: messages with a head, a JSON object and, for an article, its text.

No pickle: what a parser says is no more trusted than the file that it reads.
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
from newsdex.records import Article

# Kind, processor seconds of the process until now, length of the object, length of the text.
HEAD = struct.Struct(">cdII")
REQUEST = struct.Struct(">I")
# A title and metadata of more bytes are no article's.
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
    """What a parser says: ``fields`` by the kind, ``text`` for an article, ``seconds`` of processor time that it has used."""

    kind: bytes
    seconds: float
    fields: dict[str, Any]
    text: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """A file to parse. One whose checksum is ``known`` is as it was, and is not; of one in parts, those up to number ``after`` have been
    done. Scans are read in the languages ``ocr``, if there are any.
    """

    path: str
    name: str
    known: str
    columns: Mapping[str, str]
    file_dates: bool
    after: int = 0
    ocr: str = ""


def pack_json(value: object) -> bytes:
    """JSON that can hold file names that are not UTF-8."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def unpack_json(content: bytes) -> Any:
    """What ``pack_json`` packed. Raises ValueError."""
    return json.loads(content.decode("utf-8", "surrogatepass"))


def pack_article(article: Article) -> tuple[bytes, bytes]:
    """The fields and the text of an article as a message has them; its path, which the parent knows, is left out."""
    return pack_json(packed(article)), without_surrogates(article.text).encode()


def article_of(fields: Mapping[str, Any], content: bytes, path: Path) -> Article:
    """The article of a message. Raises ValueError, KeyError or TypeError when the message is not as ``pack_article`` makes it."""
    article = unpacked(fields, content.decode(), path)
    body, pages = article.body, article.pages
    if not body.start <= body.end <= len(article.text) or list(pages) != sorted(pages):
        raise ValueError(f"offsets outside of the text: {body.start}, {body.end}, {pages[:3]}")
    if bytes.fromhex(article.sha256).hex() != article.sha256:
        raise ValueError(f"not a checksum: {article.sha256!r:.40}")
    return article
