"""Aligns a quotation with the nearest stretch of a text, and lists the differences.

The distance is the least weight of words and marks to replace, add or leave out, with any part of the text as the counterpart (Sellers
1980, The Theory and Computation of Evolutionary Distances). A mark weighs a quarter of a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from newsdex.reports import Difference, Kind
from newsdex.search.quotes.folding import HYPHEN, Token

WORD = 4  # the weight of a word
_CHARACTER = 2  # a character of a script without spaces, where a usual word has two
_MARK = 1

Pair = tuple[int | None, int | None]  # indices of a token of the quotation and its counterpart in the text; None for no counterpart


@dataclass(frozen=True, slots=True)
class Alignment:
    """The distance, and the pairs in order, which include every token of the quotation and of the stretch."""

    distance: int
    pairs: Sequence[Pair]


def weight(token: Token) -> int:
    """Return the cost of adding or leaving out the token."""
    if not token.is_word:
        return _MARK
    return _CHARACTER if token.is_dense else WORD


def align(quote: Sequence[Token], text: Sequence[Token], price: int = 1) -> Alignment:
    """Return the stretch of ``text`` nearest to ``quote``; the first of equals. Neither may be empty. All but words that are only in the
    text cost ``price`` times their weight.
    """
    table = _distances(quote, text, price)
    last = int(np.argmin(table[-1]))
    while last < len(text) and table[-1, last + 1] == table[-1, last]:  # prefer a replaced word at the end to an added one
        last += 1
    pairs = list(_way(table, quote, text, last, price))[::-1]
    return Alignment(int(table[-1, last]), _whole_compounds(pairs, text))


def _distances(quote: Sequence[Token], text: Sequence[Token], price: int) -> NDArray[np.int32]:
    """Return the least distances of the first i tokens of ``quote`` to a stretch of ``text`` that ends before j, int32, (i + 1, j + 1)."""
    numbers: dict[str, int] = {}
    ours = np.array([numbers.setdefault(token.key, len(numbers)) for token in quote])
    theirs = np.array([numbers.setdefault(token.key, len(numbers)) for token in text])
    weights = np.array([weight(token) for token in text], np.int32)
    words = np.array([token.is_word for token in text])
    ends = np.concatenate([[0], np.cumsum(weights, dtype=np.int32)]).astype(np.int32)
    table = np.zeros((len(quote) + 1, len(text) + 1), np.int32)
    for row, (token, number) in enumerate(zip(quote, ours, strict=True)):
        own = price * weight(token)
        replaced = np.where(words == token.is_word, np.maximum(price * weights, own), price * weights + own)
        together = table[row, :-1] + np.where(theirs == number, 0, replaced)
        table[row + 1, 0] = table[row, 0] + own
        table[row + 1, 1:] = np.minimum(together, table[row, 1:] + own)
        table[row + 1] = np.minimum.accumulate(table[row + 1] - ends) + ends  # tokens that only the text has
    return table


def _way(table: NDArray[np.int32], quote: Sequence[Token], text: Sequence[Token], column: int, price: int) -> Iterator[Pair]:
    """Yield the pairs behind the distance in the last row at ``column``, from the last to the first. Of equal ways, one that leaves out
    words of the text: "I need" leaves out one of "I don't need".
    """
    row = len(quote)
    while row:
        here, replacing = table[row, column], price * _replacing(quote[row - 1], text[column - 1]) if column else 0
        if column and replacing and here == table[row, column - 1] + weight(text[column - 1]):
            column -= 1
            yield None, column
        elif column and here == table[row - 1, column - 1] + replacing:
            row, column = row - 1, column - 1
            yield row, column
        else:
            row -= 1
            yield row, None


def _replacing(token: Token, other: Token) -> int:
    if token.key == other.key:
        return 0
    return max(weight(token), weight(other)) if token.is_word == other.is_word else weight(token) + weight(other)


def _whole_compounds(pairs: list[Pair], text: Sequence[Token]) -> list[Pair]:
    """Extend ``pairs`` to whole hyphenated words of the text: "violent" for "non-violent" is a difference."""
    columns = [column for _, column in pairs if column is not None]
    if not columns:
        return pairs
    first, last = columns[0], columns[-1]
    while begins_inside_a_compound(text, first):
        first -= 2
    while ends_inside_a_compound(text, last):
        last += 2
    before: list[Pair] = [(None, column) for column in range(first, columns[0])]
    after: list[Pair] = [(None, column) for column in range(columns[-1] + 1, last + 1)]
    return [*before, *pairs, *after]


def begins_inside_a_compound(text: Sequence[Token], first: int) -> bool:
    """Return whether token ``first`` continues a hyphenated word."""
    return first >= 2 and _is_compound(*text[first - 2 : first + 1])  # noqa: PLR2004 - a word and its hyphen


def ends_inside_a_compound(text: Sequence[Token], last: int) -> bool:
    """Return whether a hyphen and a word continue token ``last``."""
    return last + 2 < len(text) and _is_compound(*text[last : last + 3])


def _is_compound(first: Token, hyphen: Token, second: Token) -> bool:
    together = first.end == hyphen.start and hyphen.end == second.start
    return together and hyphen.form == HYPHEN and first.is_word and second.is_word


def same_case(quoted: Token, original: Token) -> bool:
    """Return whether two tokens with the same key differ in case only because one begins a sentence."""
    if quoted.form == original.form or not quoted.is_word:
        return True
    return (quoted.opens or original.opens) and quoted.form[1:] == original.form[1:]


def differences(quote_text: str, quote: Sequence[Token], text: str, tokens: Sequence[Token], pairs: Sequence[Pair]) -> list[Difference]:
    """Return the two texts side by side; the quoted parts join to the quotation, the originals to the stretch of the text."""
    found = []
    ours, theirs = _cuts(quote, [a for a, _ in pairs]), _cuts(tokens, [b for _, b in pairs])
    start = 0
    for same, group in groupby(pairs, lambda pair: _same(quote, tokens, pair)):
        stop = start + len(list(group))
        quoted, original = quote_text[ours[start] : ours[stop]], text[theirs[start] : theirs[stop]]
        kind: Kind = "same" if same else "replaced" if quoted and original else "added" if quoted else "left out"
        found.append(Difference(kind, quoted, original))
        start = stop
    return found


def _same(quote: Sequence[Token], tokens: Sequence[Token], pair: Pair) -> bool:
    ours, theirs = pair
    if ours is None or theirs is None:
        return False
    return quote[ours].key == tokens[theirs].key and same_case(quote[ours], tokens[theirs])


def _cuts(tokens: Sequence[Token], numbers: Sequence[int | None]) -> list[int]:
    """Return where the text of each pair begins, that without a token where the next one does; and where the last ends."""
    cuts = [max((tokens[number].end for number in numbers if number is not None), default=0)]
    for number in reversed(numbers):
        cuts.append(cuts[-1] if number is None else tokens[number].start)
    return cuts[::-1]
