"""Which model a new index takes where nobody names one: by the languages of its first articles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from newsdex.encoder import DEFAULT_MODEL, FULL, MULTILINGUAL_MODEL, Encoder
from newsdex.engines import open_build_encoder
from newsdex.errors import ModelError
from newsdex.indexer.language import counted, unspoken, with_language
from newsdex.records import Article

# So many articles, or characters of them, are read before the choice.
_ARTICLES = 256
_CHARACTERS = 1 << 22
# Fewer articles in languages that the default model does not speak are too few to decide by.
_FEW = 5

Changed = tuple[Article, bytes]


def read_ahead(changed: Iterator[Changed]) -> tuple[Counter[str], Iterator[Changed]]:
    """The languages of the first articles of ``changed``, bounded, and ``changed`` as it was."""
    first: list[Changed] = []
    left = _CHARACTERS
    for article, digest in changed:
        first.append((article, digest))
        left -= len(article.text)
        if left <= 0 or len(first) >= _ARTICLES:
            break
    return Counter(with_language(article).language for article, _ in first), chain(first, changed)


def choose(languages: Counter[str], precision: str = FULL) -> tuple[Encoder, str]:
    """The model for a new index whose first articles are in ``languages``, opened for passages, and for a person why it was taken and how
    to take another. Where the multilingual one cannot be opened, it is the default one. Raises ModelError when that is not there.
    """
    foreign = unspoken(languages, DEFAULT_MODEL)
    missing = ""
    if foreign.total() >= _FEW:
        found = f"{foreign.total()} of the first {languages.total()} articles are not in English ({counted(foreign)})"
        try:
            encoder = open_build_encoder(MULTILINGUAL_MODEL, precision)
        except ModelError as error:
            missing = f" {found}, but {error}"
        else:
            return encoder, f"the model is {MULTILINGUAL_MODEL}: {found}. For another: --model {DEFAULT_MODEL}"
    encoder = open_build_encoder(DEFAULT_MODEL, precision)
    return encoder, f"the model is {DEFAULT_MODEL}, which speaks English. For another: --model {MULTILINGUAL_MODEL}.{missing}"
