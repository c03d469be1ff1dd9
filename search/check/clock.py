"""Times of day in a text: "6.30pm", "18.30 Uhr", "18 h 30", "a las 18:30", "noon"."""

# ruff: noqa: RUF001 - apostrophes and dashes

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

DAY = 1_440  # minutes
_HALF = DAY // 2
_NIGHT = 6  # hours, up to which the night is after midnight
_REACH = {"about": (-30, 30), "over": (0, 180), "under": (-180, 0)}  # minutes from a claim's time to the article's
_NEAR = 24  # characters around a number that tell if it is a time

_NUMBER = re.compile(
    r"(?<![\w.,:/$€£])(?P<hour>[01]?\d|2[0-4])(?:(?P<mark>[:.]| ?h ?| Uhr | heures )(?P<minute>[0-5]\d))?(?!\d|[.,:]\d| ?%)"
)
_HALVES = re.compile(r"\s?(?P<half>[ap])(?:\.\s?m\b\.?|m\b)", re.IGNORECASE)
_OCLOCK = re.compile(r" ?o['’]clock\b")
# With these, hours are counted to 24.
_UNIT = re.compile(r"\s?(?P<unit>Uhr|h|hrs|heures?|horas?|ore|GMT|UTC|BST|CES?T)\b")
# "18 h" and "23 horas" are also durations, except behind these.
_BEFORE = re.compile(r"\b(?:à|vers|dès|avant|après|las|gegen|um|ab|às|d?alle|(?:d?alle )?ore) $", re.IGNORECASE)
# "18.30" is also another number, except behind these; "a las 7".
_CLOCK = re.compile(r"\b(?:las|às|d?alle|(?:d?alle )?ore) $", re.IGNORECASE)
_MARKS = (":", "h", "Uhr", "heures")
_RANGE = re.compile(r"(?<![\w.,:/$€£-])(?P<number>(?P<hour>[01]?\d|2[0-4])(?:[:.](?P<minute>[0-5]\d))?) ?(?:-|–|to|and|until|bis|und) ?$")
_LATE = re.compile(
    r" (?:abends|nachmittags|du soir|de l['’]après-midi|de la tarde|del pomeriggio|di sera|in the (?:afternoon|evening))\b"
    r"|(?P<night> (?:nachts|de la noche|di notte|at night))\b"
)
_EARLY = re.compile(r" (?:morgens|früh|du matin|de la (?:mañana|madrugada)|del mattino|di mattina|in the morning)\b")
_WORD = re.compile(r"(?<![\w-])(?:(noon|midday|midi|mediodía|mezzogiorno)|midnight|minuit|medianoche|mezzanotte|Mitternacht)(?![\w-])")


class Time(NamedTuple):
    """A time of day from ``start`` to ``end`` of a text: the ``minutes`` since midnight, two where it may be of either half of the day."""

    minutes: tuple[int, ...]
    start: int
    end: int


def times(text: str, language: str = "") -> list[Time]:
    """Return the times of day in ``text``, in order."""
    words = (Time((_HALF if found[1] else 0,), found.start(), found.end()) for found in _WORD.finditer(text))
    return sorted([*_in_figures(text, language), *words], key=lambda each: each.start)


def _in_figures(text: str, language: str) -> Iterator[Time]:
    for found in _NUMBER.finditer(text):
        before, end = text[max(0, found.start() - _NEAR) : found.start()], found.end()
        unit, mark = _UNIT.match(text, end), (found["mark"] or "").strip()
        half = _HALVES.match(text, end)
        half = None if half and language == "de" and half[0] == " am" else half  # "5 am Hafen"
        late, early = (pattern.match(text, unit.end() if unit else end) for pattern in (_LATE, _EARLY))
        sure = half or mark in _MARKS or _OCLOCK.match(text, end)
        if not (sure or _is_likely(before, mark, unit, of_day=bool(late or early))):
            continue
        to_24 = not half and bool(unit or mark in ("h", "Uhr", "heures", "."))
        part = half["half"].casefold() if half else ("night" if late["night"] else "p") if late else "a" if early else ""
        if (half or (unit and unit["unit"] == "Uhr")) and (first := _RANGE.search(before)):
            start = found.start() - len(before) + first.start()
            yield Time(_minutes(first, "", to_24=to_24), start, found.start() - len(before) + first.end("number"))
        end = next((each.end() for each in (half, late, early, unit) if each), end)
        yield Time(_minutes(found, part, to_24=to_24), found.start(), end)


def _is_likely(before: str, mark: str, unit: re.Match[str] | None, *, of_day: bool) -> bool:
    """Return whether a number behind ``before`` is a time: "18.30" by its unit, "23h" by that alone, and "23 heures" only behind "à"."""
    if mark:
        return bool(unit or _CLOCK.search(before))
    if unit:
        return unit["unit"] == "Uhr" or unit[0] == "h" or _BEFORE.search(before) is not None
    return before.endswith("ore ") or (of_day and _CLOCK.search(before) is not None)


def _minutes(found: re.Match[str], part: str, *, to_24: bool) -> tuple[int, ...]:
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    whole = hour * 60 + minute
    if part == "a" or (part == "night" and hour < _NIGHT):
        return (whole % _HALF,)
    if part:
        return (whole % _HALF + _HALF,)
    if to_24 or not 1 <= hour <= 12 or found["hour"].startswith("0"):  # noqa: PLR2004 - hours of half a day
        return (whole % DAY,)
    return (whole % DAY, (whole + _HALF) % DAY)


def agree(claimed: float, found: float, slack: str) -> bool:
    """Return whether two times in minutes agree: with ``slack``, nearly ("about"), up to 3 hours later ("over"), or earlier ("under")."""
    least, most = _REACH.get(slack, (0, 0))
    return least <= (found - claimed + _HALF) % DAY - _HALF <= most
