"""JSON from other sources: bounded before parsing, and converted to records only if every field has its type."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

_Record = TypeVar("_Record")
_types_of = cache(get_type_hints)

_MOST_LISTS = 100_000  # lists and objects: each takes up to 60 times its text in memory
_LARGEST = 1 << 63
LONGEST = 10_000  # characters of a string


def parsed(content: bytes | memoryview, most: int, lists: int = _MOST_LISTS) -> Any:
    """Parse JSON of at most ``most`` bytes and ``lists`` lists and objects. Raises ValueError, also if nested too deeply or invalid."""
    if len(content) > most:
        raise ValueError(f"{len(content)} bytes of JSON, expected at most {most}")
    text = bytes(content)
    if (count := text.count(b"[") + text.count(b"{")) > lists:
        raise ValueError(f"JSON with {count} lists and objects, expected at most {lists}")
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("JSON that is nested too deeply") from None


def made(kind: type[_Record], value: object, where: str = "the whole") -> _Record:
    """Convert a ``value`` parsed from JSON to the dataclass ``kind``; ``where`` names it in messages. Raises ValueError for a missing,
    unknown or mistyped field. Integers must be at least 0 and below 2**63, floats finite, and strings valid as file names.
    """
    return _made(kind, value, where)  # type: ignore[no-any-return]


def whole_number(value: object, where: str) -> int:
    """Return ``value``, an integer of at least 0. Raises ValueError."""
    if type(value) is not int or not 0 <= value < _LARGEST:
        raise _unexpected(value, "a whole number", where)
    return value


def fitting(text: str, most: int = LONGEST) -> str:
    """Return ``text`` as a string that ``made`` accepts: the first ``most`` characters, with invalid ones replaced."""
    text = text[:most].replace("\0", "\ufffd")
    return text if _is_name(text) else text.encode(errors="replace").decode()


def _made(kind: Any, value: object, where: str) -> Any:  # noqa: PLR0911 - a return per type
    if kind is str and isinstance(value, str) and len(value) <= LONGEST and _is_name(value):
        return value
    if kind is int:
        return whole_number(value, where)
    if get_origin(kind) is UnionType:  # X | None
        return None if value is None else _made(next(each for each in get_args(kind) if each is not NoneType), value, where)
    if get_origin(kind) is tuple and isinstance(value, list):
        return tuple(_made(get_args(kind)[0], item, f"{where}[{place}]") for place, item in enumerate(value))
    if get_origin(kind) is Mapping and isinstance(value, dict):
        return {key: _made(get_args(kind)[1], item, f"{where}.{key[:40]}") for key, item in value.items()}
    if is_dataclass(kind) and isinstance(value, dict):
        return _dataclass(kind, value, where)
    if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _LARGEST and math.isfinite(value):
        return value
    if kind is bool and isinstance(value, bool):
        return value
    raise _unexpected(value, getattr(kind, "__name__", str(kind)), where)


def _dataclass(kind: Any, value: dict[str, object], where: str) -> Any:
    known = {field.name: field for field in fields(kind)}
    needed = {name for name, field in known.items() if field.default is MISSING and field.default_factory is MISSING}
    if odd := sorted(needed - value.keys()) or sorted(value.keys() - known.keys()):
        state = "lacks" if odd[0] in known else "has an unknown"
        raise ValueError(f"{where} {state} {odd[0][:40]!r}")
    types = _types_of(kind)
    return kind(**{name: _made(types[name], item, f"{where}.{name}") for name, item in value.items()})


def _is_name(text: str) -> bool:
    try:
        return b"\0" not in text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return False


def _unexpected(value: object, expected: str, where: str) -> ValueError:
    return ValueError(
        f"{where} is {repr(value)[:80] if isinstance(value, (str, int, float)) else type(value).__name__}, expected {expected}"
    )
