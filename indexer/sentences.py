"""Sentences of a text as exact character ranges."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sentencex import get_sentence_boundaries

from newsdex.records import Span

# sentencex takes time in proportion to the square of a paragraph's length, so it gets at most this many characters at once.
_BLOCK = 20_000
# sentencex 1.0 panics on a white space character of several bytes after an initial: each is replaced by one space.
_SPACES = dict.fromkeys(map(ord, "\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"), " ")
_SPACES |= dict.fromkeys(range(0x2000, 0x200B), " ")
_PARAGRAPH_END = re.compile(r"\n[^\S\n]*\n\s*")
_SPACE = re.compile(r"\s")


def split_sentences(text: str, within: Span) -> list[Span]:
    """The sentences of ``text[within.start:within.end]``, in order, without the white space around them.

    Together they cover every character that is not white space; a blank line always ends a sentence.

    >>> [(s.start, s.end) for s in split_sentences("Mr. Li left. He won.", Span(0, 20))]
    [(0, 12), (13, 20)]
    """
    sentences = []
    for block in _blocks(text, within):
        for found in get_sentence_boundaries("en", text[block.start : block.end].translate(_SPACES)):
            sentence = trim(text, Span(block.start + found["start_index"], block.start + found["end_index"]))
            if sentence:
                sentences.append(sentence)
    return sentences


def trim(text: str, span: Span) -> Span:
    """``span`` without the white space at its ends."""
    piece = text[span.start : span.end]
    start = span.start + len(piece) - len(piece.lstrip())
    return Span(start, max(start, span.start + len(piece.rstrip())))


def _blocks(text: str, within: Span) -> Iterator[Span]:
    """``within`` cut at blank lines, and longer paragraphs at white space, so that no block is long."""
    start = within.start
    while start < within.end:
        limit = min(start + _BLOCK, within.end)
        end = limit
        if paragraph := _PARAGRAPH_END.search(text, start, limit):
            end = paragraph.end()
        elif limit < within.end:
            window = text[start:limit]
            spaces = [m.end() for m in _SPACE.finditer(window, _BLOCK // 2)]
            end = start + spaces[-1] if spaces else limit
        yield Span(start, end)
        start = end
