"""What the formats of news agencies share (NewsML, NITF, ninjs): of the versions of an item the newest is read, unless it is withdrawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from newsdex.errors import SourceError
from newsdex.values import amount

_WITHDRAWN = frozenset(["canceled", "cancelled", "embargoed", "withheld"])  # https://cv.iptc.org/newscodes/pubstatusg2
# Types of items whose text, if any, is a caption or a list: https://cv.iptc.org/newscodes/ninature
_NO_TEXT = frozenset(["animated", "audio", "composite", "event", "graphic", "package", "photo", "picture", "planning", "video"])
_LONGEST_VERSION = 18  # figures
_SHOWN = 200  # characters of an id that a message shows

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Item(Generic[T]):
    """An item of an agency with what tells whether it is read. ``version`` is a number in figures, ``created`` when that was made."""

    guid: str
    version: str
    created: str
    status: str
    kind: str
    has_text: bool
    content: T

    def age(self) -> tuple[int, str]:
        return self._number, self.created

    @property
    def id(self) -> str:
        """The id of the item, from its second version on with the number, because agencies put each version into a file of its own."""
        return f"{self.guid}:{self.version}" if self.guid and self._number > 1 else self.guid

    @property
    def _number(self) -> int:
        return int(self.version) if self.version.isdecimal() and len(self.version) <= _LONGEST_VERSION else 0


def current(items: Sequence[Item[T]]) -> Iterator[tuple[int, Item[T]] | SourceError]:
    """Yield the newest version of each item, with its number in the file, from 1, and problems: each withdrawn item, and how many items
    are not articles or are older versions.
    """
    newest: dict[str, int] = {}
    for number, item in enumerate(items):
        guid = item.guid or f"#{number}"
        if item.age() > items[newest.setdefault(guid, number)].age():
            newest[guid] = number
    other = 0
    for number in sorted(newest.values()):
        item = items[number]
        if (status := _code(item.status)) in _WITHDRAWN:
            yield SourceError(f"{item.guid[:_SHOWN]!r}: skipped, because its status is {status}")
        elif not item.has_text and _code(item.kind) in _NO_TEXT:
            other += 1
        else:
            yield number + 1, item
    if other:
        yield SourceError(f"{amount(other, 'item')} without text, such as pictures and packages, not read", lost=False)
    if older := len(items) - len(newest):
        yield SourceError(f"{amount(older, 'earlier version')} of items not read: the newest in the file is", lost=False)


def _code(told: str) -> str:
    """Return a status or type without the vocabulary that it is of, as in ``stat:usable``, in lower case."""
    return told.rpartition(":")[2].rpartition("/")[2].strip().lower()
