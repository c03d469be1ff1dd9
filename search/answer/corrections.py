"""A corrected version of an article comes before the one that it corrects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar

from newsdex.store.copies import Version

_Item = TypeVar("_Item")


def corrections_first(items: Sequence[_Item], versions: Sequence[Version]) -> list[_Item]:
    """``items`` with the first corrected version of each moved before the version that it corrects. ``versions`` are theirs.

    Only what is among the items is moved.
    """
    corrections = _corrections(versions)
    order = list(range(len(items)))
    for old in range(len(items)):
        if old in corrections:
            start = order.index(old)
            place = min(order.index(new) for new in corrections[old])
            if place > start:
                order.insert(start, order.pop(place))
    return [items[number] for number in order]


def _corrections(versions: Sequence[Version]) -> dict[int, list[int]]:
    """For each of ``versions`` that is corrected by others there, by its number: these."""
    named: dict[str, list[int]] = defaultdict(list)
    for number, version in enumerate(versions):
        for name in {version.id, version.url} - {""}:
            named[name].append(number)
    found: dict[int, list[int]] = defaultdict(list)
    for number, version in enumerate(versions):
        if version.corrected_by:
            found[number] += named.get(version.corrected_by, [])
        if version.corrects:
            for old in named.get(version.corrects, []):
                found[old].append(number)
    return {old: new for old, new in found.items() if new}
