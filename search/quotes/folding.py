"""Tokenises text for quotation lookup, ignoring differences that do not alter a quotation, with the exact place of each token.

Ignored are white space, kinds of quotation marks, hyphens and dashes, ellipses, invisible and control characters such as soft hyphens,
ligatures and other compatibility forms (Unicode NFKC), "ss" for ß as in Switzerland, emphasis, brackets as in "[T]he", and hyphenation
at the end of a line. Case is folded in ``Token.key`` and kept in ``Token.form``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from newsdex.words import APOSTROPHES, DENSE, MARKS, is_pair

QUOTATION_MARK, HYPHEN, DASH, ELLIPSIS = '"', "-", "\u2014", "\u2026"
_INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
_QUOTATION_MARKS = "\"'`\u00ab\u00b4\u00bb\u2018-\u201f\u2032\u2033\u2039\u203a\u275b-\u275e\u300c-\u300f\uff02\uff07\uff62\uff63"
_DASHES = "\u2010-\u2015\u2212\ufe58\ufe63\uff0d-"
_EMPHASIS = "*_"
_BEFORE_A_SENTENCE = frozenset(".!?:;([\u2026\u3002") | {QUOTATION_MARK, HYPHEN, DASH}
_ONE_FORM = {"ellipsis": ELLIPSIS, "left_out": ELLIPSIS, "quotation": QUOTATION_MARK, "hyphen": HYPHEN, "dash": DASH}
_KEYS = {DASH: HYPHEN}
_SWISS = str.maketrans({"\u00df": "ss", "\u1e9e": "SS"})
_SAME_LENGTH = str.maketrans({"\u00a0": " ", "\u2026": ".", **dict.fromkeys("\u2019\u02bc", "'")})
_WORDS = frozenset({"number", "word", "dense"})


class Token(NamedTuple):
    """A word or punctuation mark, ``text[start:end]``; each character of a script without spaces is a token. ``form`` is its folded text;
    ``key`` the same without case, and equal for hyphens and dashes. ``opens``: it may begin a sentence.
    """

    key: str
    form: str
    start: int
    end: int
    is_word: bool
    opens: bool

    @property
    def is_dense(self) -> bool:
        """Whether it is of a script without spaces."""
        return self.is_word and is_pair(self.key)


def fold(text: str, start: int = 0, end: int | None = None, *, is_known: Callable[[str], bool] = lambda _key: False) -> list[Token]:
    """Return the tokens of ``text[start:end]``. ``is_known`` says by a joined word's key if a hyphen at a line's end only divides it."""
    end = len(text) if end is None else end
    tokens: Iterable[Token] = _tokens(text, start, end)
    if _broken().search(text, start, end):
        tokens = _joined(text, tokens, is_known)
    return list(tokens)


@cache  # compiling the classes of all scripts takes milliseconds
def _pattern() -> re.Pattern[str]:
    first = rf"(?![{DENSE}])[^\W_]"
    rest = rf"(?:{first}|[{MARKS}{_INVISIBLE}])*"
    unseen = rf"\s{_INVISIBLE}{_EMPHASIS}\x00-\x1f\x7f-\x9f"
    ellipsis = r"\u2026|\.(?:\s?\.){2,}"
    return re.compile(
        rf"\[(?P<initial>[^\W_])\](?=[^\W_])"
        rf"|(?P<left_out>[\[(][{unseen}]*(?:{ellipsis})[{unseen}]*[\])])"
        rf"|(?P<number>\d+(?:[.,]\d+)+(?![^\W_]))"
        rf"|(?P<word>{first}{rest}(?:[{APOSTROPHES}]{first}{rest})*)"
        rf"|(?P<dense>[{DENSE}])"
        rf"|(?P<ellipsis>{ellipsis})"
        rf"|(?P<quotation>[{_QUOTATION_MARKS}]+)"
        rf"|(?P<hyphen>[-\u2010\u2011](?![{_DASHES}]))"
        rf"|(?P<dash>[{_DASHES}]+)"
        rf"|(?P<other>[^{unseen}])"
    )


_broken = cache(lambda: re.compile(r"[-\u2010\u2011]\s*\n"))
_unseen = cache(lambda: re.compile(f"[{_INVISIBLE}]"))


def phrase(quote: Sequence[Token]) -> re.Pattern[str]:
    """Return a pattern that finds the words of ``quote``, with any marks between them, in a ``plain`` text."""
    words = [token for token in quote if token.is_word]
    keys = [re.escape(token.key) for token in words]
    # Whether a word continues to its left is tested after the first key, because patterns that begin with a literal are several times as
    # fast.
    if words and not words[0].is_dense:
        keys[0] += rf"(?:(?<![^\W_]{keys[0]})|(?<=[{DENSE}]{keys[0]}))"
    if words and not words[-1].is_dense:
        keys[-1] += rf"(?:(?![^\W_])|(?=[{DENSE}]))"
    return re.compile(r"[\W_]*".join(keys))


def plain(text: str) -> str | None:
    """Return ``text`` case-folded character by character; None if folding changes its words in other ways."""
    same = text.translate(_SAME_LENGTH).casefold()
    if len(same) != len(text) or not unicodedata.is_normalized("NFKC", same) or _folded_otherwise().search(same):
        return None
    return same


_folded_otherwise = cache(lambda: re.compile(rf"[{_INVISIBLE}\[]|{_broken().pattern}"))


def _tokens(text: str, start: int, end: int) -> Iterator[Token]:
    before, ended = "", start
    initial: re.Match[str] | None = None  # "[T]" of "[T]he"
    for found in _pattern().finditer(text, start, end):
        kind = found.lastgroup or ""
        if kind == "initial":
            initial = found
            continue
        raw, (first, last) = found[0], found.span()
        form = _ONE_FORM.get(kind) or (raw if raw.isascii() else _form(raw))
        opens = not before or before in _BEFORE_A_SENTENCE or "\n" in text[ended:first]
        if initial:
            form, first, opens, initial = _form(initial["initial"]) + form, initial.start(), True, None
        yield Token(_KEYS.get(form) or form.casefold(), form, first, last, kind in _WORDS, opens)
        before, ended = raw if kind == "left_out" else form, last


def _form(raw: str) -> str:
    form = unicodedata.normalize("NFKC", _unseen().sub("", raw)).translate(_SWISS)
    return re.sub(f"[{APOSTROPHES}]", "'", form) or raw


def _joined(text: str, tokens: Iterable[Token], is_known: Callable[[str], bool]) -> Iterator[Token]:
    """Join the halves of words hyphenated at the end of a line."""
    held: list[Token] = []  # a word, or a word and its hyphen
    for token in tokens:
        if len(held) == 2 and _is_second_half(text, held[1], token) and is_known(key := held[0].key + token.key):  # noqa: PLR2004
            held = [Token(key, held[0].form + token.form, held[0].start, token.end, is_word=True, opens=held[0].opens)]
        elif len(held) == 1 and token.form == HYPHEN and token.start == held[0].end:
            held.append(token)
        else:
            yield from held
            held = [token] if token.is_word else []
            if not held:
                yield token
    yield from held


def _is_second_half(text: str, hyphen: Token, token: Token) -> bool:
    between = text[hyphen.end : token.start]
    return token.is_word and token.form[0].islower() and "\n" in between and between.isspace()
