"""What an article's fields say, as numbers that a server can look up: the equalities of newsdex.search.question.filters, decided once when
a row is written.

A mark is the XXH3-64 of a key, a relation and a value, without its last bit, for Milvus has no negative literals: two of a million marks
share one with a probability of 5e-8.
"""

from __future__ import annotations

from collections.abc import Iterator

import xxhash

from newsdex.records import Article, is_retraction
from newsdex.values import folded, number_of

EQUAL, NUMBER, THERE, ENDING = "=", "#", "?", "/"
METADATA = "metadata."


def mark(key: str, relation: str, value: str = "") -> int:
    """The number of a statement such as: the field ``key`` is equal to ``value``."""
    return xxhash.xxh3_64_intdigest(f"{key}\0{relation}\0{value}".encode(errors="surrogatepass")) >> 1


def marks_of(article: Article, path: str) -> Iterator[int]:
    """All that can be said of ``article``, whose stored path is ``path``, some of it twice."""
    for key, value in (("id", article.id), ("url", article.url), ("path", path)):
        yield mark(key, EQUAL, value)
    parts = path.split("/")
    for first in range(len(parts)):
        yield mark("path", ENDING, "/".join(parts[first:]))
    for key, value in (("title", article.title), ("source", article.source), ("language", article.language)):
        yield from _value(key, folded(value))
    yield mark("retracted", EQUAL, str(is_retraction(article.metadata.get("retracted", ""))).lower())
    for name, value in article.metadata.items():
        key, text = METADATA + name, folded(value)
        yield mark(key, THERE)
        yield from _value(key, text)
        if ", " in text:
            for item in text.split(", "):
                yield from _value(key, item)


def _value(key: str, text: str) -> Iterator[int]:
    yield mark(key, EQUAL, text)
    number = number_of(text)
    if number is not None:
        yield mark(key, NUMBER, written(number))


def written(number: float) -> str:
    """The same for equal numbers: 5 and 5.0."""
    return repr(int(number)) if number // 1 == number else repr(number)
