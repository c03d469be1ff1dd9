"""An article's file: a WARC of two records, which the indexer reads as one article.

The first record has what the source says of the page, and the permanent id of the article; the second is the response. Its body is
decompressed, so its transport headers are dropped.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping

from newsdex.fetching.client import Response

_LARGEST_HEAD = 1_000_000  # largest first record, in bytes
_TRANSPORT = ("content-encoding", "transfer-encoding", "content-length", "set-cookie")


def packed(response: Response, told: Mapping[str, str], time: str) -> bytes:
    """Return the file of the article in ``response``, received at ``time``."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    out = io.BytesIO(head := _metadata(response.url, told, time))
    out.seek(len(head))
    writer = WARCWriter(out, gzip=True)
    headers = [(name, _one_line(value)) for name, value in response.headers if name.lower() not in _TRANSPORT]
    headers.append(("Content-Length", str(len(response.body))))
    http = StatusAndHeaders(f"{response.status} {_one_line(response.reason)}".strip(), headers, protocol="HTTP/1.1")
    writer.write_record(
        writer.create_warc_record(
            response.url,
            "response",
            payload=io.BytesIO(response.body),
            length=len(response.body),
            http_headers=http,
            warc_headers_dict={"WARC-Date": time},
        )
    )
    return out.getvalue()


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
    from warcio.warcwriter import WARCWriter

    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    fields = "".join(f"{name}: {value}\r\n" for name, value in told.items() if value).encode()
    kind, dated = "application/warc-fields", {"WARC-Date": time}
    writer.write_record(
        writer.create_warc_record(
            url, "metadata", payload=io.BytesIO(fields), length=len(fields), warc_content_type=kind, warc_headers_dict=dated
        )
    )
    return out.getvalue()


def _one_line(value: str) -> str:
    return " ".join(value.split()).encode("latin-1", "replace").decode("latin-1")
