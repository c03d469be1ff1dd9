"""The fields of an article as plain values and back: the one codec of the parsers' protocol, of rows in Milvus and of Parquet.

It goes by the types of Article's fields. A new field of a type that is here passes everywhere; where it is missing, as in what was written
before it, its default counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_type_hints

from newsdex.records import Article, Published, Span

# The fields by their types, in the order of the record.
TYPES: Mapping[str, Any] = get_type_hints(Article)
_REQUIRED = {field.name for field in fields(Article) if field.default is MISSING and field.default_factory is MISSING}
_APART = ("text", "path")


def packed(article: Article) -> dict[str, Any]:
    """All fields but the text and the path, as JSON can have them."""
    return {name: _plain(getattr(article, name)) for name in TYPES if name not in _APART}


def unpacked(values: Mapping[str, Any], text: str, path: Path) -> Article:
    """The article whose fields ``packed`` gave.

    Raises ValueError, KeyError or TypeError when one of ``values`` is not of the type that it should be.
    """
    read = {
        name: _READERS[kind](values[name]) for name, kind in TYPES.items() if name not in _APART and (name in values or name in _REQUIRED)
    }
    return Article(text=text, path=path, **read)


def numbers_of(spans: Iterable[Span]) -> list[int]:
    """The starts and ends of ``spans``, one after another."""
    return [number for span in spans for number in (span.start, span.end)]


def spans_of(numbers: Sequence[int]) -> list[Span]:
    """What ``numbers_of`` took apart."""
    return [Span(start, end) for start, end in zip(numbers[::2], numbers[1::2], strict=True)]


def _plain(value: Any) -> Any:
    if isinstance(value, Published):
        return [value.iso, value.origin]
    if isinstance(value, Span):
        return [value.start, value.end]
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _published(value: Any) -> Published | None:
    if value is None:
        return None
    published = Published(*map(_text, value))
    _ = published.earliest, published.latest
    return published


def _span(value: Any) -> Span:
    return Span(*map(_count, value))


def _mapping(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise TypeError(f"expected an object: {value!r:.40}")
    return {_text(name): _text(item) for name, item in value.items()}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a string: {value!r:.40}")
    return value


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(f"expected a count: {value!r:.40}")
    return value


_READERS: Mapping[Any, Callable[[Any], Any]] = {
    str: _text,
    int: _count,
    Published | None: _published,
    Span: _span,
    Mapping[str, str]: _mapping,
    tuple[int, ...]: lambda value: tuple(map(_count, value)),
}
