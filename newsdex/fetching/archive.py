"""An article's file: a WARC of two records, which the indexer reads as one article.

The first record has what the source says of the page, and the permanent id of the article; the second is the response. Its body is
decompressed, so its transport headers are dropped.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping
from typing import Any

from newsdex.fetching.client import Response

_LARGEST_HEAD = 1_000_000  # largest first record, in bytes
_TRANSPORT = ("content-encoding", "transfer-encoding", "content-length", "set-cookie")


def packed(response: Response, told: Mapping[str, str], time: str) -> bytes:
    """Return the file of the article in ``response``, received at ``time``."""
    from warcio.statusandheaders import StatusAndHeaders

    headers = [(name, _one_line(value)) for name, value in response.headers if name.lower() not in _TRANSPORT]
    headers.append(("Content-Length", str(len(response.body))))
    http = StatusAndHeaders(f"{response.status} {_one_line(response.reason)}".strip(), headers, protocol="HTTP/1.1")
    return _metadata(response.url, told, time) + _record(response.url, "response", response.body, time, http_headers=http)


def with_field(content: bytes, name: str, value: str) -> bytes:
    """Set ``name: value`` in the first record of a file made by ``packed``; an empty value removes it.

    Raises ValueError for any other file.
    """
    from warcio.archiveiterator import ArchiveIterator

    unpacker = zlib.decompressobj(31)
    try:
        head = unpacker.decompress(content, _LARGEST_HEAD)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    record = next(iter(ArchiveIterator(io.BytesIO(head))), None) if unpacker.eof else None
    if record is None or record.rec_type != "metadata":
        raise ValueError("expected a record of metadata at its beginning")
    fields = (line.partition(": ") for line in record.content_stream().read().decode("utf-8", "replace").split("\r\n"))
    told = {key: rest for key, colon, rest in fields if colon and key != name} | {name: value}
    about = record.rec_headers
    return _metadata(about.get_header("WARC-Target-URI"), told, about.get_header("WARC-Date")) + unpacker.unused_data


def _metadata(url: str, told: Mapping[str, str], time: str) -> bytes:
    """Return the first record."""
    fields = "".join(f"{name}: {value}\r\n" for name, value in told.items() if value).encode()
    return _record(url, "metadata", fields, time, warc_content_type="application/warc-fields")


def _record(url: str, kind: str, content: bytes, time: str, **told: Any) -> bytes:
    from warcio.warcwriter import WARCWriter

    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    dated = {"WARC-Date": time}
    writer.write_record(writer.create_warc_record(url, kind, io.BytesIO(content), len(content), warc_headers_dict=dated, **told))
    return out.getvalue()


def _one_line(value: str) -> str:
    return " ".join(value.split()).encode("latin-1", "replace").decode("latin-1")
