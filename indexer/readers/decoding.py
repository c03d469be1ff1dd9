"""Decodes bytes to text in any encoding; the only exception is SourceError."""

from __future__ import annotations

import codecs
import re

import charset_normalizer

from newsdex.errors import SourceError

# Longer marks first: UTF-32's begins with UTF-16's.
_MARKS = [
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
]
_SAMPLE = 100_000  # bytes from which a legacy encoding is detected
_ZEROS = re.compile(rb"\0+")
_FEW_ZEROS = 16  # runs of zeros that count as damage in a file of any size


def decode(content: bytes) -> str:
    """Decode a file by its byte order mark (which is dropped), as UTF-8, as UTF-16 without a mark, or by the detected encoding. Invalid
    bytes become U+FFFD. Raises SourceError when the content is not text.
    """
    mark, encoding = byte_order_mark(content)
    if mark:
        return content[len(mark) :].decode(encoding, "replace")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_wide(content) if b"\0" in content[:_SAMPLE] else _decode_legacy(content)
    return _decode_wide(content) if text.count("\0") * 100 > len(text) else text


def decode_records(content: bytes) -> str:
    """Decode a file of many records, of which some damaged ones do not affect the encoding or whether it is text."""
    if byte_order_mark(content)[0]:
        return decode(content)
    if content.count(b"\0") * 100 > len(content):
        runs = sum(1 for _ in _ZEROS.finditer(content))
        if (runs > _FEW_ZEROS and runs * 100 > len(content)) or not content.strip(b"\0"):
            return _decode_wide(content)
    return content.decode("utf-8", "replace") if is_mostly_utf8(content, b'"') else decode(content.replace(b"\0", b" "))


def is_mostly_utf8(content: bytes, apart: bytes) -> bool:
    """Return whether most pieces of ``content`` between ``apart`` that are not ASCII are UTF-8; True without any."""
    pieces = [piece for piece in content.split(apart) if not piece.isascii()]
    return not pieces or sum(map(is_utf8, pieces)) * 2 > len(pieces)


def is_utf8(content: bytes, *, whole: bool = True) -> bool:
    """Return whether ``content``, which unless it is ``whole`` may end inside a character, is valid UTF-8."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(content, whole)
    except UnicodeDecodeError:
        return False
    return True


def byte_order_mark(beginning: bytes) -> tuple[bytes, str]:
    """Return the mark at the beginning of a file and its encoding; both empty without one."""
    return next(((mark, encoding) for mark, encoding in _MARKS if beginning.startswith(mark)), (b"", ""))


def _decode_legacy(content: bytes) -> str:
    # Valid UTF-8 is no coincidence: more characters than invalid bytes mean damaged UTF-8.
    damaged = content.decode("utf-8", "replace")
    if sum(c > "\x7f" for c in damaged) > 2 * damaged.count("\ufffd"):
        return damaged
    if _looks_like_windows(content):
        return content.decode("cp1252")
    best = charset_normalizer.from_bytes(content[:_SAMPLE]).best()
    if best is None:
        raise SourceError("a binary file, or text in an unknown encoding")
    return content.decode(best.encoding, "replace")


def _looks_like_windows(content: bytes) -> bool:
    """Return whether too few bytes are not ASCII to detect a code page, and all of them are letters in cp1252."""
    few = len(content.translate(None, bytes(range(0x80)))) * 25 < len(content)
    return few and not any(byte in content for byte in b"\x81\x8d\x8f\x90\x9d")


def _decode_wide(content: bytes) -> str:
    """Decode UTF-16 without a mark, recognised by zeros in every other byte of Western text."""
    sample = content[:_SAMPLE]
    for encoding, zeros, letters in (("utf-16-le", sample[1::2], sample[::2]), ("utf-16-be", sample[::2], sample[1::2])):
        if len(content) % 2 == 0 and zeros.count(0) * 10 > len(zeros) * 7 and letters.count(0) * 10 < len(letters):
            return content.decode(encoding, "replace")
    raise SourceError("a binary file, not text")


def without_surrogates(text: str) -> str:
    r"""Replace each lone surrogate, which no file can hold, by U+FFFD.

    >>> without_surrogates("a\ud800b")
    'a\ufffdb'
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    return text
