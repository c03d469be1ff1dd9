"""A corrected version of an article comes before the one that it corrects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

from newsdex.store.copies import Version

_Item = TypeVar("_Item")


def corrections_first(
    items: Sequence[_Item], versions: Sequence[Version], behind: Callable[[int, int], bool] = lambda _new, _old: False
) -> list[_Item]:
    """``items`` with the first corrected version of each moved before the version that it corrects, by their ``versions``, in linear time;
    right behind it where ``behind`` says so of the places of both, the corrected version's first.

    Only items of the list are moved. Articles that correct each other in a circle keep their order.
    """
    # The first that is called so, and the first that corrects what is.
    named: dict[str, int] = {}
    correcting: dict[str, int] = {}
    for number, version in enumerate(versions):
        for name in (version.id, version.url):
            named.setdefault(name, number)
        correcting.setdefault(version.corrects, number)
    named.pop("", None)
    correcting.pop("", None)
    order: dict[int, None] = {}
    # What those are called that have their place, and what they correct.
    placed_names: set[str] = set()
    placed_correcting: set[str] = set()

    def correction(old: int) -> int | None:
        """The first that corrects ``old``, if none that does has its place."""
        version = versions[old]
        names = {version.id, version.url} - {""}
        if version.corrected_by in placed_names or names & placed_correcting:
            return None
        found = [named.get(version.corrected_by), *map(correcting.get, names)]
        return min((number for number in found if number is not None), default=None)

    for number in range(len(items)):
        chain: dict[int, None] = {}
        at: int | None = number
        while at is not None and at not in order and at not in chain:
            chain[at] = None
            at = correction(at)
        line = list(chain)
        if at in chain:
            start = line.index(at)
            line[start:] = sorted(line[start:], reverse=True)
        # What comes before the last one, and behind it, the latest first.
        ahead, after = list[int](), list[int]()
        for old, new in pairwise(line):
            (ahead if behind(new, old) else after).append(old)
        for placed in (*ahead, *line[-1:], *reversed(after)):
            order[placed] = None
            placed_names |= {versions[placed].id, versions[placed].url} - {""}
            placed_correcting |= {versions[placed].corrects} - {""}
    return [items[number] for number in order]
