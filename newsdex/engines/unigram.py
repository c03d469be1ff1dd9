"""Unigram for the query path: pieces lie in a memory-mapped file with a table of hashes, and only those of a text are read. A word is cut
into its most probable pieces by Viterbi's algorithm (Kudo 2018, https://arxiv.org/abs/1804.10959). Text with characters whose properties
are not settled in every version of Unicode is left to the tokenizers library.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import accumulate, chain, pairwise
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.engines.tokens import Remembered

_WORD = "\u2581"  # begins a piece that begins a word
# What normalising to NFKC leaves and the vocabulary of XLM-R has not: made a space, or nothing.
_SPACES = "\0\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd"
_NOTHING = "\u0001-\u0008\u000b\u000e-\u001f\u007f\u008f\u009f"
_UNKNOWN = 10.0  # by which a character in no piece is less probable than the least probable piece
# Settled in every version: no control or format characters, halves, private or unassigned ones.
_UNSETTLED = {"Cc", "Cf", "Cs", "Co", "Cn"}


def library_file(
    pieces: Sequence[str], scores: Sequence[float], unknown: int, special: Sequence[int], around: tuple[int, int]
) -> dict[str, Any]:
    """What a tokenizer.json holds for these pieces with their scores, of which those by the numbers ``special`` are one token each."""
    begin, end = ({"SpecialToken": {"id": pieces[number], "type_id": 0}} for number in around)
    first, second = ({"Sequence": {"id": name, "type_id": 0}} for name in "AB")
    tokens = {pieces[number]: {"id": pieces[number], "ids": [number], "tokens": [pieces[number]]} for number in around}
    replace = [{"type": "Replace", "pattern": {"Regex": f"[{old}]"}, "content": new} for old, new in ((_NOTHING, ""), (_SPACES, " "))]
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    metaspace = {"type": "Metaspace", "replacement": _WORD, "prepend_scheme": "always", "split": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": number, "content": pieces[number], **flags} for number in special],
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"}, *replace]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [begin, first, end],
            "pair": [begin, first, end, second, end],
            "special_tokens": tokens,
        },
        "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": unknown, "vocab": list(map(list, zip(pieces, scores, strict=True))), "byte_fallback": False},
    }


def table_of(pieces: Sequence[str], scores: Sequence[float], unknown: int) -> dict[str, NDArray[np.generic]]:
    """The arrays that ``Unigram`` reads. In the table, a piece is at the first free place behind its hash."""
    names = [piece.encode() for piece in pieces]
    slots = np.zeros(1 << (2 * len(names) - 1).bit_length(), np.uint32)
    last = len(slots) - 1
    taken = slots.tolist()
    for number, name in enumerate(names):
        at = xxhash.xxh3_64_intdigest(name) & last
        while taken[at]:
            at = (at + 1) & last
        taken[at] = number + 1
    return {
        "names": np.frombuffer(b"".join(names), np.uint8),
        "ends": np.cumsum([0, *map(len, names)]).astype(np.uint32),
        "scores": np.array(scores, np.float32),
        "slots": np.array(taken, np.uint32),
        "sizes": np.array([max(map(len, pieces)), unknown], np.uint32),
    }


class Unigram:
    """The pieces of settled text by the arrays of ``table_of``; ``special`` are the pieces that are one token each."""

    def __init__(self, table: Mapping[str, NDArray[Any]], special: Sequence[str]) -> None:
        self.scores = table["scores"]
        self._scores = self.scores.data
        self._slots = table["slots"].data
        self._bounds = table["ends"].data
        self._names = table["names"].data
        self._mask = len(self._slots) - 1
        self._longest, self._unknown = table["sizes"].tolist()
        self._least = float(self.scores.min()) - _UNKNOWN
        self._special = special
        self._pieces = Remembered(self._cut)

    def encode(self, text: str) -> list[int] | None:
        """The ids of ``text`` without special tokens, or None when the library must decide."""
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text)
        if not text.isprintable() and any(unicodedata.category(c) in _UNSETTLED for c in text if c not in "\t\n\r"):
            return None
        if _WORD in text or "\ufffd" in text or any(token in text for token in self._special):
            return None
        return list(chain.from_iterable(map(self._pieces.__getitem__, text.split())))

    def _cut(self, word: str) -> tuple[int, ...]:
        # Local names, and no call per look-up: a question makes 20,000.
        slots, bounds, names, scores, mask = self._slots, self._bounds, self._names, self._scores, self._mask
        hashed = xxhash.xxh3_64_intdigest
        text = _WORD + word
        content = text.encode()
        ends = list(accumulate((len(character.encode()) for character in text), initial=0))
        best = [0.0] + [-math.inf] * len(text)
        last = [(0, 0)] * (len(text) + 1)  # where the piece that ends here begins, and its number
        for start, begin in enumerate(ends[:-1]):
            reached = best[start]
            # The character counts as unknown unless a piece has it: every piece is more probable.
            if (score := reached + self._least) > best[start + 1]:
                best[start + 1], last[start + 1] = score, (start, self._unknown)
            for end, stop in enumerate(ends[start + 1 : start + 1 + self._longest], start + 1):
                name = content[begin:stop]
                at = hashed(name) & mask
                while number := slots[at]:
                    first, behind = bounds[number - 1], bounds[number]
                    if behind - first == stop - begin and names[first:behind] == name:
                        if (score := reached + scores[number - 1]) > best[end]:
                            best[end], last[end] = score, (start, number - 1)
                        break
                    at = (at + 1) & mask
        places = [len(text)]
        while places[-1]:
            places.append(last[places[-1]][0])
        pieces = [last[place][1] for place in reversed(places[:-1])]
        # Of unknown characters one after another the library makes one token.
        return tuple(pieces[:1] + [piece for before, piece in pairwise(pieces) if not piece == before == self._unknown])
