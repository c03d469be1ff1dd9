"""WordPiece for the query path: the tokens that the tokenizers library gives, without loading it (17 CPU milliseconds against 5).

The steps are those of BERT's tokenizer (Devlin et al. 2019): clean, in an uncased model lower the case and take accents off, split at white
space and around punctuation, then the longest known piece first (Wu et al. 2016, https://arxiv.org/abs/1609.08144). Only text whose
characters have settled properties in every version of Unicode is taken; anything else is left to the library.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain

from newsdex.engines.tokens import Remembered

_LONGEST_WORD = 100  # max_input_chars_per_word in tokenizer.json
# Of settled text, each a word by itself: BERT counts every ASCII symbol as punctuation, such as $ and +. Ranges, with both ends.
_RANGES = (
    "!/:@[`{~\u00a1\u00a1\u00a7\u00a7\u00ab\u00ab\u00b6\u00b7\u00bb\u00bb\u00bf\u00bf"
    "\u2010\u2027\u2030\u2043\u2045\u2051\u2053\u205e\u207d\u207e\u208d\u208e"
)
_MARKS = frozenset(chr(mark) for first, last in zip(_RANGES[::2], _RANGES[1::2], strict=True) for mark in range(ord(first), ord(last) + 1))


@cache  # as the others: a question in ASCII does not wait for the expressions
def settled() -> re.Pattern[str]:
    """Text that is taken. Latin letters with their marks, Greek ones but the capital sigma, whose small form depends on its place, Cyrillic
    ones, general punctuation, superscripts, currency signs, the usual arrows and signs of mathematics, geometric shapes; all assigned since
    Unicode 6.
    """
    return re.compile(
        r"[\t\n\r -~\u00a0-\u00ac\u00ae-\u024f\u0391-\u03a1\u03a4-\u03a9\u03b1-\u03c9\u0400-\u045f"
        r"\u2010-\u2027\u2030-\u205e\u2070\u2071\u2074-\u208e\u20a0-\u20b9\u2190-\u2193\u2212\u221e\u223c\u2248\u2264\u2265\u25a0-\u25ff]*"
    )


# What is left of their accents when letters are taken apart
_accent = cache(lambda: re.compile("[\u0300-\u036f]"))


class WordPiece:
    """The pieces of settled text by a vocabulary, the ids of its tokens; ``special`` are those that the library makes one token each."""

    def __init__(self, vocabulary: Mapping[str, int], special: Sequence[str], *, unknown: str = "[UNK]", lower: bool = True) -> None:
        self._ids = vocabulary
        self._unknown = vocabulary[unknown]
        self._lower = lower
        self._special = special
        self._marks = {token[:1] for token in special}
        self._pieces = Remembered(self._split)

    def encode(self, text: str) -> list[int] | None:
        """The ids of ``text`` without special tokens, or None when the library must decide."""
        ascii_only = text.isascii()
        taken = (ascii_only and text.isprintable()) or settled().fullmatch(text)
        if not taken or (any(mark in text for mark in self._marks) and any(token in text for token in self._special)):
            return None
        if self._lower:
            text = (text if ascii_only else _accent().sub("", unicodedata.normalize("NFD", text))).lower()
        # In half the time that a pattern takes
        for mark in _MARKS.intersection(text):
            text = text.replace(mark, f" {mark} ")
        return list(chain.from_iterable(map(self._pieces.__getitem__, text.split())))

    def _split(self, word: str) -> tuple[int, ...]:
        if len(word) > _LONGEST_WORD:
            return (self._unknown,)
        pieces, rest, before = [], word, 0
        while len(rest) > before:
            for end in range(len(rest), before, -1):
                if (number := self._ids.get(rest[:end])) is not None:
                    pieces.append(number)
                    rest, before = f"##{rest[end:]}", len("##")
                    break
            else:
                return (self._unknown,)
        return tuple(pieces)
