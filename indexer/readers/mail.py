"""Newsletters: messages (EML) and mailboxes (mbox), parsed by Python's email package. Offsets count in the extracted text.

Of several forms of a message the plain text is used, unless it only points to the other; attached messages and plain texts follow.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import parseaddr

from newsdex.errors import SourceError
from newsdex.indexer.readers.bounds import placed
from newsdex.indexer.readers.dates import parse_published
from newsdex.indexer.readers.decoding import decode, without_surrogates
from newsdex.indexer.readers.fields import code_of
from newsdex.indexer.readers.markup import page_in_utf8, text_of_html
from newsdex.indexer.source import Source
from newsdex.records import Article

_LARGEST = 64_000_000  # largest message, in bytes
_POINTS_ELSEWHERE = 5  # a plain text this many times shorter than the HTML only links to it
# The line before a message, unless quoted: "From ADDRESS WEEKDAY MONTH DAY TIME YEAR", with or without a time zone.
_SEPARATOR = re.compile(
    rb"(?<![>|])(?<![>|] )From \S{1,1000} +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]?\d "
    rb"\d\d:\d\d(?::\d\d)? (?:(?:[+-]\d{4}|[A-Z]{3,4}) )?\d{4}(?: [+-]\d{4})?\s*\Z"
)
_HEADER = re.compile(rb"[!-9;-~]{1,1000}:[ \t\r\n]")
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)


def read_message(source: Source) -> Iterator[Article | SourceError]:
    yield from _article(source, source.content(), 0)


def read_mailbox(source: Source) -> Iterator[Article | SourceError]:
    for number, content in enumerate(_messages(source), 1):
        yield from placed(_article(source, content, number), f"message {number}")


def _messages(source: Source) -> Iterator[bytes]:
    """Yield the messages of a mailbox. Each begins with a "From " line at the beginning or after a blank line (RFC 4155) that gives sender
    and time or is followed by a header. After a truncated message there is no blank line, so both are required.
    """
    lines: list[bytes] = []
    size = 0
    with source.open() as file:
        blank, line = True, file.readline()
        while line:
            following = file.readline()
            begins = _separator(line, following, blank=blank)
            kept = line[:begins]
            if lines or kept.strip():
                size += len(kept)
                if size <= _LARGEST + len(kept):
                    lines.append(kept)
            if begins is not None:
                if lines:
                    yield _ESCAPED.sub(rb"\1", b"".join(lines))
                lines, size = [], 0
            blank, line = not line.strip(), following
    if lines:
        yield _ESCAPED.sub(rb"\1", b"".join(lines))


def _separator(line: bytes, following: bytes, *, blank: bool) -> int | None:
    """Return where in ``line`` a message begins; None if none does. ``blank``: the line before it is blank."""
    whole, header = _SEPARATOR.search(line), _HEADER.match(following)
    if blank and line.startswith(b"From ") and (whole or header):
        return 0
    return whole.start() if whole and header else None


def _article(source: Source, content: bytes, number: int) -> Iterator[Article | SourceError]:
    if number and len(content) > _LARGEST:
        raise SourceError(f"larger than {_LARGEST // 1_000_000} MB")
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    if not message.keys():
        raise SourceError("not a message: it has no header")
    text = without_surrogates("\n\n".join(filter(None, _parts(message))))
    name, address = parseaddr(_header(message, "From"))
    identifier = _header(message, "Message-ID").strip("<> ")
    date = _header(message, "Date")
    yield source.article(
        text,
        name=identifier,
        sha256=hashlib.sha256(content).hexdigest() if number else "",
        title=_header(message, "Subject"),
        source=name or address,
        url=_header(message, "Archived-At").strip("<> "),
        published=parse_published(date, "mail header") if date else None,
        record=number,
        metadata={"author": name or address, "from": address, "list": _header(message, "List-Id")},
        language=code_of(_header(message, "Content-Language")),
    )


def _header(message: EmailMessage, name: str) -> str:
    """Return a header in one line, as far as it can be read."""
    try:
        value = message.get(name, "")
    except (ValueError, IndexError, AttributeError, TypeError, LookupError):  # the package fails on some malformed headers
        value = next((raw for key, raw in message.raw_items() if key.lower() == name.lower()), "")
    return without_surrogates(" ".join(str(value).split()))


def _parts(message: EmailMessage) -> Iterator[str]:
    body = message.get_body(("plain",))
    page = message.get_body(("html",))
    plain, rich = _content(body), _content(page)
    yield rich if not plain or len(plain) * _POINTS_ELSEWHERE < len(rich) else plain
    for part in message.walk():
        if part.get_content_type() == "text/plain" and part is not body and part is not page and isinstance(part, EmailMessage):
            yield _content(part)


def _content(part: MIMEPart | None) -> str:
    if part is None:
        return ""
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    charset = part.get_content_charset() or ""
    if part.get_content_type() == "text/html":
        return text_of_html(page_in_utf8(content, charset))
    try:
        text = content.decode(charset) if charset else decode(content)
    except (LookupError, UnicodeDecodeError):
        text = decode(content)
    return text.replace("\r\n", "\n").strip()
