"""Decodes bytes to text in any encoding; the only exception is SourceError."""

from __future__ import annotations

import codecs
import re
import string

from newsdex.errors import SourceError
from newsdex.indexer.detector import letters_of, recognised

# Longer marks first: UTF-32's begins with UTF-16's.
_MARKS = [
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
]
_SAMPLE = 100_000  # bytes from which an encoding is detected
_BALTIC, _CENTRAL, _TURKISH = ("et", "lt", "lv"), ("bs", "cs", "hr", "hu", "pl", "ro", "sk", "sl", "sq", "sr"), ("az", "tr")
# Code pages of Latin letters, and the languages that are written in each; cp1252 is that of all others
_PAGES = {"cp1250": _CENTRAL, "iso8859_2": _CENTRAL, "cp1254": _TURKISH, "cp1257": _BALTIC}
_NOT_WESTERN = {*_BALTIC, *_CENTRAL, *_TURKISH} - {"et", "sq"}
_MARGIN = 0.03  # how much surer than in cp1252 a language must be in another code page: benchmarks/quality/code_pages.py
_LEAST, _SURE = 0.3, 0.4  # of a language's score to choose a code page by it, and to be certain of it
# What one is known by that is older than Windows: bytes within words, but those that are signs in cp1252 which may be there
_OLDER = ("cp850", "mac_roman")
_WITHIN = re.compile(rb"(?<=[a-z])[\x80-\x84\x86-\x90\x95\x98-\x9f\xa1-\xac\xae-\xb6\xb8-\xff]+(?=[a-z])")
_SMALL = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿß\u2019")  # and an apostrophe, which cp1252 has elsewhere
_LACKING = {*_NOT_WESTERN, "is"}  # languages of which these pages lack letters, though few in Hungarian and Icelandic
_FEW, _MOST = 3, 0.9  # the least of these bytes, and the share of them that must be small letters; in cp1252 so many must not be
_HIGH, _C1 = re.compile(rb"[\x80-\xff]+"), re.compile(rb"[\x80-\x9f]")
_NOT_LATIN = re.compile(
    r"[\x80-\x9f]|(?![\u1e00-\u1eff\ufb00-\ufb06])[^\W\d_\x00-\u036f]"
)  # control characters, and letters of other scripts
_LOOK = 1_500  # characters by which a language is recognised
_BEFORE = 200  # characters, or bytes, before the first that is not ASCII that are looked at
_BEYOND_ASCII = re.compile(r"[^\W\d_\x00-\x7f]")  # a letter
_SHORT = 20  # bytes that are too few to recognise a language by
_ASCII_LETTERS = [letter.encode() for letter in string.ascii_letters]
# What is a euro sign, \u0152, \u0153 or \u0178 in ISO 8859-15, and in cp1252 a sign that hardly any text has
_LATIN_9 = re.compile(rb"\xa4|[\xbc-\xbe][a-z]")
_ZEROS = re.compile(rb"\0+")
_FEW_ZEROS = 16  # runs of zeros that count as damage in a file of any size


def decode(content: bytes) -> str:
    """Decode by byte order mark, as UTF-8 or UTF-16, or as detected; invalid bytes become U+FFFD. Raises SourceError if it is no text."""
    return decode_with_remark(content)[0]


def decode_with_remark(content: bytes) -> tuple[str, str]:
    """Return what ``decode`` does, and the remark that the encoding is only guessed; "" if it is certain enough."""
    mark, encoding = byte_order_mark(content)
    if mark:
        return content[len(mark) :].decode(encoding, "replace"), ""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return (_decode_wide(content), "") if b"\0" in content[:_SAMPLE] else _decode_legacy(content)
    return _decode_wide(content) if text.count("\0") * 100 > len(text) else text, ""


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


def _decode_legacy(content: bytes) -> tuple[str, str]:
    # Valid UTF-8 is no coincidence: more characters than invalid bytes mean damaged UTF-8.
    damaged = content.decode("utf-8", "replace")
    if sum(c > "\x7f" for c in damaged) > 2 * damaged.count("\ufffd"):
        return damaged, ""
    start = max(0, next(_HIGH.finditer(content)).start() - _BEFORE)
    sample = content[start : start + _SAMPLE]
    import charset_normalizer  # which UTF-8 does not need

    best = charset_normalizer.from_bytes(sample).best()
    found = best.encoding if best else ""
    if _is_latin(sample):
        found = _older_page(sample) or _latin_page(sample, found) or found
    if not found:
        raise SourceError("a binary file, or text in an unknown encoding")
    text = content.decode(found, "replace")
    is_sure = not _BEYOND_ASCII.search(text) or _language_of(text)[1] >= _SURE
    return text, "" if is_sure else f"encoding guessed as {found}, so letters may be wrong; save the file as UTF-8"


def _language_of(text: str) -> tuple[str, float]:
    first = _BEYOND_ASCII.search(text)
    start = max(0, first.start() - _BEFORE) if first else 0
    return recognised(letters_of(text[start : start + _LOOK]))


def _is_latin(sample: bytes) -> bool:
    """Return whether most letters are ASCII and most others single, unlike in other scripts and in encodings of several bytes."""
    runs = _HIGH.findall(sample)
    high = sum(map(len, runs))
    return high <= 2 * len(runs) and 2 * high < sum(map(sample.count, _ASCII_LETTERS))


def _older_page(sample: bytes) -> str:
    """Return the code page of DOS or of the Macintosh if nearly all bytes within words are small letters in it, unlike in cp1252."""
    within = b"".join(_WITHIN.findall(sample))
    found = {page: sum(map(_SMALL.__contains__, within.decode(page, "replace"))) for page in ("cp1252", *_OLDER)}
    page = max(found, key=found.__getitem__)
    if len(within) < _FEW or found[page] < _MOST * len(within) or found["cp1252"] >= (1 - _MOST) * len(within):
        return ""
    return "" if _language_of(sample.decode(page, "replace"))[0] in _LACKING else page


def _latin_page(sample: bytes, detected: str) -> str:
    """Return the page in which the language of ``sample`` is recognised best among those it is written in, or "". Detectors count odd
    characters, of which these pages give equally few: \u00ea and \u0119 are both letters.
    """
    scores: dict[str, float] = {}
    pages = ("cp1252", *_PAGES, *filter(None, [detected])) if len(sample) >= _SHORT else ("cp1252",)
    for page in dict.fromkeys(pages):
        try:
            text = sample.decode(page, "strict" if page != detected else "replace")
        except UnicodeDecodeError:
            continue
        if _NOT_LATIN.search(text):
            continue
        language, score = _language_of(text)
        fits = language in _PAGES[page] if page in _PAGES else page != "cp1252" or language not in _NOT_WESTERN
        scores[page] = score * fits + (_MARGIN if page == "cp1252" else 0)
    if not scores:
        return ""
    page = max(scores, key=scores.__getitem__)
    if page != "cp1252" and scores[page] < _LEAST:
        page = "cp1252" if "cp1252" in scores else detected
    return "iso8859_15" if page == "cp1252" and _LATIN_9.search(sample) and not _C1.search(sample) else page


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
