"""Checks of arguments: whole numbers, numbers, lists. numpy's numbers count as Python's; booleans do not count as numbers."""

from __future__ import annotations

import operator
import reprlib
from collections.abc import Iterable
from numbers import Real
from typing import Any

from newsdex.errors import UsageError


def whole(what: str, value: object, least: int, most: int | None = None) -> int:
    """Return ``value`` as an int. Raises UsageError unless it is whole in [``least``, ``most``]; ``what``: such as "a limit of {}"."""
    try:
        number = None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None or number < least or (most is not None and number > most):
        raise _refused(what, value, least, most)
    return number


def real(what: str, value: object, least: float, most: float | None = None) -> float:
    """Return ``value`` as a float. Raises UsageError unless it is a number in [``least``, ``most``]; ``what`` as in ``whole``."""
    number = as_float(value)
    if not (least <= number and (most is None or number <= most)):
        raise _refused(what, value, least, most)
    return number


def as_float(value: object) -> float:
    """Return ``value`` as a float; NaN if it is not a number or too large."""
    try:
        return float("nan") if isinstance(value, bool) or not isinstance(value, Real) else float(value)
    except OverflowError:
        return float("nan")


def as_text(value: object, what: str) -> str:
    """Return ``value`` if it is text. Raises UsageError, which says ``what`` it should be."""
    if not isinstance(value, str):
        raise UsageError(f"{what}: expected text, not {type(value).__name__}")
    return value


def short(value: object) -> str:
    """Return ``value`` in a short form for messages."""
    try:
        return reprlib.repr(value)
    except ValueError:  # Python shows no integer of more than 4,300 digits
        return "thousands of digits"


def _refused(what: str, value: object, least: float, most: float | None) -> UsageError:
    return UsageError(f"{what.format(short(value))} is not allowed: expected {least} {'or more' if most is None else f'to {most}'}")


def several(what: str, given: Any, of: str) -> list[Any]:
    """Return ``given`` as a list. Raises UsageError for one text, which Python takes for a list of its characters, and for anything else
    that is no list; the message says ``what`` was given, and ``of`` what a list was expected.
    """
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        # What is given may be a key
        raise UsageError(f"{what}: {'one text' if isinstance(given, str) else type(given).__name__} is not a list: expected a list of {of}")
    return list(given)
