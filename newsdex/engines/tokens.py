"""The tokens of a model: without the tokenizers library, which takes milliseconds to load, where the result is sure; else by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Vectors, token_weights
from newsdex.errors import ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer as Library


class Tokenizer(NamedTuple):
    """How a model takes text apart: ``before`` and ``after`` are the special tokens around a text, ``light`` gives the tokens of most text,
    and None where the library must, which ``content`` gives what it reads. What a token tells is minus its score where there are
    ``scores``, (v,), else by its place behind ``first``.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    light: Callable[[str], list[int] | None]
    content: Callable[[], bytes]
    first: int = 0
    scores: NDArray[np.floating[Any]] | None = None

    def weights(self, ids: NDArray[np.intp]) -> Vectors:
        """How much each token tells, float32: the rarer the more."""
        return token_weights(ids, self.first) if self.scores is None else (-self.scores[ids]).astype(np.float32)

    @property
    def around(self) -> int:
        """How many special tokens a text has around it."""
        return len(self.before) + len(self.after)


# A text is in capitals from so many of them on, and so many for each small letter: titles and abbreviations are not.
_CAPITALS, _FOR_EACH = 40, 4
_WORDS = 100_000


def in_capitals(text: str) -> bool:
    """Whether ``text`` is all in capitals, as wire stories were: a model that tells them from small letters has seen little like it.

    >>> in_capitals("THE PRESIDENT SAID ON MONDAY THAT THE TALKS WOULD GO ON."), in_capitals("NATO and the EU")
    (True, False)
    """
    capitals = sum(map(str.isupper, text))
    return capitals >= _CAPITALS and capitals >= _FOR_EACH * sum(map(str.islower, text))


def in_small_letters(texts: Sequence[str], cased: Callable[[], bool]) -> list[str]:
    """``texts``, those that are in capitals in small letters if the tokenizer is ``cased``."""
    return [text.lower() if in_capitals(text) and cased() else text for text in texts]


class Remembered(dict[str, tuple[int, ...]]):
    """The numbers that ``number`` gives words, kept until there are _WORDS. A look-up takes half the time of ``lru_cache``."""

    def __init__(self, number: Callable[[str], tuple[int, ...]]) -> None:
        self._number = number

    def __missing__(self, word: str) -> tuple[int, ...]:
        found = self._number(word)
        if len(self) >= _WORDS:
            self.clear()
        self[word] = found
        return found


class Tokens:
    """The tokens of texts, as many as fit a window. With a cased model, a text in capitals is read in small letters."""

    def __init__(self, tokenizer: Tokenizer, window: int) -> None:
        self.tokenizer = tokenizer
        self._window = window

    def library(self, window: int | None = None) -> Library:
        """The library's tokenizer, without padding, and with a window if one is given. Raises ModelError."""
        from tokenizers import Tokenizer as Library

        content = self.tokenizer.content()
        try:
            found: Library = Library.from_buffer(content)
            found.no_padding()
            found.no_truncation() if window is None else found.enable_truncation(window)
        except Exception as error:  # the library has no kind of its own
            raise ModelError(f"the tokenizers library cannot read the model's tokenizer.json: {str(error)[:200]}") from error
        return found

    @cached_property
    def _library(self) -> Library:
        # One for all: of 250,000 pieces it takes most of a second to read.
        return self.library()

    @cached_property
    def _pairs(self) -> Library:
        return self.library(self._window)

    def whole(self, texts: Sequence[str]) -> list[list[int]]:
        """As ``pieces``, by the library alone, which is faster for many."""
        return [encoding.ids[: self._room] for encoding in self._encoded(self._small(texts))]

    def paired(self, first: str, others: Sequence[str]) -> tuple[list[list[int]], list[list[int]]]:
        """The ids of ``first`` with each of the ``others``, special ones included, and which of the two each is of. The longer is cut."""
        [first, *others] = map(_whole, self._small([first, *others]))
        found = self._pairs.encode_batch_fast([(first, other) for other in others])
        return [encoding.ids for encoding in found], [encoding.type_ids for encoding in found]

    def count(self, texts: Sequence[str], *, few: bool = False) -> list[int]:
        """How many tokens each text has, special ones left out, however long it is; of a ``few`` without the library where possible."""
        return [len(ids) for ids in (self._ids(texts) if few else self._encoded(texts))]

    def pieces(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, as many as fit, without the special ones."""
        return self._pieces(self._small(texts))

    def _pieces(self, texts: Sequence[str]) -> list[list[int]]:
        return [ids[: self._room] for ids in self._ids(texts)]

    def _ids(self, texts: Sequence[str]) -> Iterator[list[int]]:
        """Those of whole texts."""
        found = list(map(self.tokenizer.light, texts))
        left = [text for text, ids in zip(texts, found, strict=True) if ids is None]
        others = iter(self._encoded(left) if left else ())
        return (next(others).ids if ids is None else ids for ids in found)

    @property
    def _room(self) -> int:
        return self._window - self.tokenizer.around

    def _small(self, texts: Sequence[str]) -> list[str]:
        return in_small_letters(texts, lambda: True) if self._cased else list(texts)

    @cached_property
    def _cased(self) -> bool:
        return self._pieces(["News"]) != self._pieces(["news"])

    def _encoded(self, texts: Sequence[str]) -> Sequence[Any]:
        try:
            return self._library.encode_batch_fast(list(texts), add_special_tokens=False)
        except TypeError:  # a half of a character, which is no text
            return self._library.encode_batch_fast(list(map(_whole, texts)), add_special_tokens=False)

    def framed(self, pieces: Iterable[Sequence[int]]) -> list[list[int]]:
        """Each with its special tokens."""
        return [[*self.tokenizer.before, *ids, *self.tokenizer.after] for ids in pieces]


def _whole(text: str) -> str:
    return text.encode(errors="replace").decode()
