"""Sentences of a text as exact character ranges."""

from __future__ import annotations

import re

from sentencex import get_sentence_boundaries

from newsdex.records import Span

# sentencex takes time in proportion to the square of a paragraph's length, so it gets at most this many characters at once.
_BLOCK = 20_000
# sentencex 1.0 panics on a white space character of several bytes after an initial: each is replaced by one space.
_SPACES = dict.fromkeys(map(ord, "\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"), " ")
_SPACES |= dict.fromkeys(range(0x2000, 0x200B), " ")
_PARAGRAPH_END = re.compile(r"\n[^\S\n]*\n\s*")
_SPACE = re.compile(r"\s")


def split_sentences(text: str, within: Span, language: str = "") -> list[Span]:
    """The sentences of ``text[within.start:within.end]``, in order, without the white space around them.

    Together they cover every character that is not white space; a blank line always ends a sentence. ``language`` is an ISO 639-1 code,
    and empty for English; of one that it does not know sentencex takes the nearest that it knows.

    >>> [(s.start, s.end) for s in split_sentences("Mr. Li left. He won.", Span(0, 20))]
    [(0, 12), (13, 20)]
    """
    sentences = []
    start = within.start
    while start < within.end:
        block = _block(text, start, within.end)
        ranges = get_sentence_boundaries(language or "en", text[block.start : block.end].translate(_SPACES))
        start = block.end
        if len(ranges) > 1 and ranges[-1]["start_index"] * 2 > len(block) and not _ends_paragraph(text, block, within.end):
            start = block.start + ranges.pop()["start_index"]  # the block may have cut it: the next one begins with it
        for found in ranges:
            sentence = trim(text, Span(block.start + found["start_index"], block.start + found["end_index"]))
            if sentence:
                sentences.append(sentence)
    return sentences


def trim(text: str, span: Span) -> Span:
    """``span`` without the white space at its ends."""
    piece = text[span.start : span.end]
    start = span.start + len(piece) - len(piece.lstrip())
    return Span(start, max(start, span.start + len(piece.rstrip())))


def _block(text: str, start: int, end: int) -> Span:
    """The text from ``start`` to the next blank line, and of a longer paragraph what is before some white space, so that no block is long."""
    limit = min(start + _BLOCK, end)
    if paragraph := _PARAGRAPH_END.search(text, start, limit):
        return Span(start, paragraph.end())
    if limit < end:
        spaces = [m.end() for m in _SPACE.finditer(text, start + _BLOCK // 2, limit)]
        return Span(start, spaces[-1] if spaces else limit)
    return Span(start, end)


def _ends_paragraph(text: str, block: Span, end: int) -> bool:
    return block.end == end or _PARAGRAPH_END.search(text, block.start, block.end) is not None
