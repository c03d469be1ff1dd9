"""Newsletters: messages (EML) and mailboxes (mbox), parsed by Python's email package. Offsets count in the extracted text: the plain form
of a message, unless it only points to the other; attached messages, plain texts and documents follow.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import EmailMessage, Message, MIMEPart
from email.utils import parseaddr
from functools import partial
from pathlib import Path

from newsdex.errors import SourceError
from newsdex.indexer import readers
from newsdex.indexer.limits import MIB
from newsdex.indexer.readers.bounds import placed
from newsdex.indexer.readers.dates import parse_published
from newsdex.indexer.readers.decoding import decode, is_utf8, without_surrogates
from newsdex.indexer.readers.fields import code_of
from newsdex.indexer.readers.markup import page_in_utf8, text_of_html
from newsdex.indexer.source import Source
from newsdex.records import Article

_LARGEST = 64_000_000  # largest message, in bytes
_MOST_ATTACHED = 8 * MIB  # of the text of attached documents, in UTF-8
_MOST_DOCUMENTS = 20
_MOST_LEVELS = 2  # of messages attached as files
_NAMED = 5  # attachments that a remark names
_LONGEST_NAME = 100  # characters of each
_NO_TEXT = re.compile(r"image/|text/calendar$|application/(?:[\w.-]+-)?signature$")  # types of what is not told that it is not read
_POINTS_ELSEWHERE = 5  # a plain text this many times shorter than the HTML only links to it
# The line before a message, unless quoted: "From ADDRESS WEEKDAY MONTH DAY TIME YEAR", with or without a time zone. Archives of mailing
# lists write the address with "at".
_SEPARATOR = re.compile(
    rb"(?<![>|])(?<![>|] )From \S{1,1000}(?: at \S{1,1000})? +"
    rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]?\d "
    rb"\d\d:\d\d(?::\d\d)? (?:(?:[+-]\d{4}|[A-Z]{3,4}) )?\d{4}(?: [+-]\d{4})?\s*\Z"
)
_COMMENT, _LONGEST_COMMENT = re.compile(r"\(([^()]+)\)\s*\Z"), 500
_HEADER = re.compile(rb"[!-9;-~]{1,1000}:[ \t\r\n]")
_MALFORMED = (ValueError, IndexError, AttributeError, TypeError, LookupError, OverflowError)
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)


@dataclass
class _Room:
    """What may still be read of attachments: bytes of text (``size``), ``documents``, and ``levels`` of nested messages."""

    size: int = _MOST_ATTACHED
    documents: int = _MOST_DOCUMENTS
    levels: int = _MOST_LEVELS


def read_message(source: Source) -> Iterator[Article | SourceError]:
    yield from _article(source, source.content(), 0)


def read_mailbox(source: Source) -> Iterator[Article | SourceError]:
    for number, content in enumerate(_messages(source), 1):
        yield from placed(_article(source, content, number), f"message {number}")


def is_mailbox(head: bytes) -> bool:
    """Return whether a file that begins with ``head`` is a mailbox, whatever its name, as archives of mailing lists call a month's."""
    first, _, rest = head.lstrip().partition(b"\n")
    return first.startswith(b"From ") and _SEPARATOR.match(first) is not None and _HEADER.match(rest) is not None


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


def _article(source: Source, content: bytes, number: int, room: _Room | None = None) -> Iterator[Article | SourceError]:
    if number and len(content) > _LARGEST:
        raise SourceError(f"larger than {_LARGEST // 1_000_000} MB")
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    if not message.keys():
        raise SourceError("not a message: it has no header")
    pieces: list[str] = []
    room = room or _Room()
    room.size = min(room.size, source.limits.text - sum(map(_size_of_text, message.walk())))
    for piece in _parts(message, source, room):
        if isinstance(piece, SourceError):
            yield piece
        else:
            pieces.append(piece)
    text = without_surrogates("\n\n".join(filter(None, pieces)))
    name, address = _sender(message)
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
    except _MALFORMED:  # the package fails on some headers
        value = next((raw for key, raw in message.raw_items() if key.lower() == name.lower()), "")
    return without_surrogates(" ".join(str(value).split()))


def _sender(message: EmailMessage) -> tuple[str, str]:
    """Return the name and the address of the sender; the name may be a comment, as in "ann@example.org (Ann Li)"."""
    name, address = parseaddr(_header(message, "From"))
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == "from"), "")
    comment = None if name else _COMMENT.search(raw[-_LONGEST_COMMENT:])
    if comment:
        with suppress(HeaderParseError, *_MALFORMED):
            name = without_surrogates(" ".join(str(make_header(decode_header(comment[1]))).split()))
    return name, address


def _parts(message: EmailMessage, source: Source, room: _Room) -> Iterator[str | SourceError]:
    """Yield the text of a message and of what is attached, and the problems with that."""
    body = message.get_body(("plain",))
    page = message.get_body(("html",))
    plain, rich = _content(body), _content(page)
    yield rich if not plain or len(plain) * _POINTS_ELSEWHERE < len(rich) else plain
    left: list[str] = []
    for part in message.walk():
        if part is body or part is page or part.is_multipart() or not isinstance(part, EmailMessage):
            continue
        name = _file_name(part)
        known = readers.format_of(Path(name))
        if part.get_content_type() == "text/plain":
            yield _content(part)
        elif known and not (known.many or known.picture) and room.documents > 0:
            for item in placed(_attached(part, name, known, source, room), name):
                size = 0 if isinstance(item, SourceError) else len(item.text.encode("utf-8", "replace"))
                if size <= room.size:
                    room.size -= size
                    yield item.text if isinstance(item, Article) else item
                else:
                    left.append(name)
                    room.documents = 0  # the next ones may take as long
        elif name and not _NO_TEXT.match(part.get_content_type()):
            left.append(name)
    if left:
        names = ", ".join(name[:_LONGEST_NAME] for name in left[:_NAMED])
        yield SourceError(f"attachments that are not read: {names}{', ...' if left[_NAMED:] else ''}", lost=False)


def _attached(part: EmailMessage, name: str, known: readers.Format, source: Source, room: _Room) -> Iterator[Article | SourceError]:
    room.documents -= 1
    content = _payload(part)
    attached = replace(source, name=f"{source.name}#{name}", opener=partial(io.BytesIO, content), begins=None)
    if known is not readers.FORMATS[".eml"]:
        yield from known.articles(attached)
    elif room.levels:
        inner = replace(room, levels=room.levels - 1)
        yield from _article(attached, content, 0, inner)
        room.documents = inner.documents
    else:
        raise SourceError("a message in too many others")


def _size_of_text(part: Message) -> int:
    """Return about how many bytes of text ``part`` has as UTF-8."""
    try:
        return len(str(part.get_payload())) if part.get_content_maintype() == "text" else 0
    except ValueError:  # the declared codec is not for text
        return len(_payload(part))


def _file_name(part: EmailMessage) -> str:
    with suppress(*_MALFORMED):  # as for headers
        return without_surrogates(" ".join((part.get_filename() or "").split()))
    return ""


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _content(part: MIMEPart | None) -> str:
    if part is None:
        return ""
    content, charset = _payload(part), part.get_content_charset() or ""
    if part.get_content_type() == "text/html":
        return text_of_html(page_in_utf8(content, charset))
    try:
        # UTF-8 beyond ASCII is no coincidence, whatever a message declares
        is_declared = charset and (content.isascii() or not is_utf8(content))
        text = content.decode(charset) if is_declared else decode(content)
    except (LookupError, ValueError):  # also a codec that is not for text: "undefined", as scripts write it
        text = decode(content)
    return text.replace("\r\n", "\n").strip()
