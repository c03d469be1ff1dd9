"""Articles as plain values and back, for parser messages, Milvus and Parquet, by the types of its fields. Missing ones get defaults."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_type_hints

from newsdex.records import Article, Published, Span

# The types of the fields, in the order of the record.
TYPES: Mapping[str, Any] = get_type_hints(Article)
_REQUIRED = {field.name for field in fields(Article) if field.default is MISSING and field.default_factory is MISSING}
_APART = ("text", "path")


def packed(article: Article) -> dict[str, Any]:
    """Return all fields but the text and the path as JSON values."""
    return {name: _plain(getattr(article, name)) for name in TYPES if name not in _APART}


def unpacked(values: Mapping[str, Any], text: str, path: Path) -> Article:
    """Return the article with these ``packed`` fields. Raises ValueError, KeyError or TypeError for a value of the wrong type."""
    read = {
        name: _READERS[kind](values[name]) for name, kind in TYPES.items() if name not in _APART and (name in values or name in _REQUIRED)
    }
    return Article(text=text, path=path, **read)


def numbers_of(spans: Iterable[Span]) -> list[int]:
    """Return the starts and ends of ``spans`` in one list."""
    return [number for span in spans for number in (span.start, span.end)]


def spans_of(numbers: Sequence[int]) -> list[Span]:
    """Return the spans of ``numbers_of``'s result."""
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
    Span: lambda value: Span(*map(_count, value)),
    Mapping[str, str]: _mapping,
    tuple[int, ...]: lambda value: tuple(map(_count, value)),
}
