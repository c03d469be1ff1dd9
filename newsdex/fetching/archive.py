"""An article's file: a WARC of two records, which the indexer's reader of web archives takes as one article.

The first record has what the source says of the page, and the id that the article keeps; the second is the response. Its body is as it was
fetched, but unpacked, so that its headers say nothing of how it was packed.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

from newsdex.fetching.client import Response

_TRANSPORT = ("content-encoding", "transfer-encoding", "content-length", "set-cookie")


def packed(response: Response, told: Mapping[str, str], time: str) -> bytes:
    """The file of the article in ``response``, which came at ``time``."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    fields = "".join(f"{name}: {value}\r\n" for name, value in told.items() if value).encode()
    kind, dated = "application/warc-fields", {"WARC-Date": time}
    writer.write_record(
        writer.create_warc_record(
            response.url, "metadata", payload=io.BytesIO(fields), length=len(fields), warc_content_type=kind, warc_headers_dict=dated
        )
    )
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
            warc_headers_dict=dated,
        )
    )
    return out.getvalue()


def _one_line(value: str) -> str:
    return " ".join(value.split()).encode("latin-1", "replace").decode("latin-1")
