"""What changed at each commit: a file each in the folder ``log``, written before its commit is published and ignored if that never is. The
last rollback is in a file of its own, and counts while its commit is current; the next writer renames it to that commit's name with a
number, or removes it. A version is complete without the log.
"""

from __future__ import annotations

import re
import time
from collections.abc import Container, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from newsdex.errors import IndexDamaged, IndexMissing, IndexTooNew
from newsdex.foreign import fitting
from newsdex.store import files
from newsdex.store.manifest import Manifest, pointer_of, read_pointer, sealed, unsealed

FOLDER = "log"
FORMAT = 1
MOST_COMMITS = 1_000  # that are kept
MOST_NAMES = 10_000  # of a commit
MOST_BYTES = 64_000_000  # of all entries together
_MOST_ORIGINS = 100
ROLLBACK = "rollback"
_NAME = re.compile(r"(g[0-9]{6})-([0-9]{6,12})-[0-9a-f]{16}(?:-[0-9]{19})?")


@dataclass(frozen=True, slots=True)
class Entry:
    """A commit. ``pointer`` names it and ``created`` is its time, UTC. ``why``: the command that made it, ``origin`` the paths that it was
    given; for a ROLLBACK, which has the pointer that it returned to, the commit that it left. ``articles`` and ``passages`` are those that
    it has, ``counts`` how many articles were ``added``, ``updated``, ``removed``, ``marked``, ``unmarked`` or ``purged``, and ``names``
    their ids, the first MOST_NAMES; never those of purged ones.
    """

    pointer: str
    created: str
    why: str
    origin: tuple[str, ...] = ()
    articles: int = 0
    passages: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def place(self) -> tuple[str, int]:
        """Its generation and number."""
        return place_of(self.pointer)

    @property
    def unnamed(self) -> int:
        """How many articles it counts and does not name."""
        return sum(count - len(self.names.get(kind, ())) for kind, count in self.counts.items())

    @property
    def is_cut(self) -> bool:
        """Whether it had more articles than are named; else those without a name were purged."""
        return sum(count for kind, count in self.counts.items() if kind != "purged") > MOST_NAMES


class Changes:
    """What a session changes, for the entry of its commit."""

    def __init__(self) -> None:
        self.why = "commit"
        self.origin: tuple[str, ...] = ()
        self._counts: dict[str, int] = {}
        self._names: dict[str, list[str]] = {}

    def note(self, kind: str, article_id: str) -> None:
        """An article that was ``added``, ``updated``, ``removed``, ``marked`` or ``unmarked``."""
        self.count(kind, 1)
        if sum(map(len, self._names.values())) < MOST_NAMES:
            self._names.setdefault(kind, []).append(fitting(article_id))

    def count(self, kind: str, number: int) -> None:
        """So many articles whose names are not kept."""
        if number:
            self._counts[kind] = self._counts.get(kind, 0) + number

    def entry(self, manifest: Manifest, *, purge: bool = False) -> Entry:
        """The entry of the commit ``manifest``."""
        hidden = ("removed",) if purge else ()
        return Entry(
            pointer_of(manifest),
            manifest.created,
            self.why,
            tuple(fitting(path) for path in self.origin[:_MOST_ORIGINS]),
            manifest.articles,
            manifest.passages,
            {kind: count for kind, count in self._counts.items() if kind not in hidden},
            {kind: tuple(names) for kind, names in self._names.items() if kind not in hidden},
        )


def place_of(pointer: str) -> tuple[str, int]:
    """Generation and number of the commit that a pointer names."""
    generation, _, name = pointer.partition("/")
    return generation, int(name.split("-")[1])


def write_entry(index_folder: Path, entry: Entry) -> None:
    """Write the entry of a commit that is about to be published, and remove the oldest ones. Raises IndexUnwritable."""
    folder = index_folder / FOLDER
    if not folder.is_dir():
        files.make_folder(folder)
    _settle(index_folder)
    generation, number = entry.place
    interrupted = ["*.tmp", *([f"{generation}-{number:06d}-*"] if entry.why != ROLLBACK else [])]
    for path in (path for pattern in interrupted for path in folder.glob(pattern)):
        files.remove(path)
    files.replace(folder, ROLLBACK if entry.why == ROLLBACK else _name(entry.pointer), sealed(entry))
    left = MOST_BYTES
    for newer, path in enumerate(reversed(_paths(index_folder))):
        with suppress(OSError):
            left -= path.stat().st_size
        if newer and (newer >= MOST_COMMITS or left < 0):
            files.remove(path)


def read_entries(index_folder: Path, current: str) -> list[Entry]:
    """The entries, oldest first, up to the commit ``current`` and of other generations. Raises IndexDamaged and IndexTooNew."""
    generation, number = place_of(current)
    entries = map(_read, _paths(index_folder))
    found = [entry for entry in entries if entry and (entry.place[0] != generation or entry.place[1] < number or entry.pointer == current)]
    last = _read(index_folder / FOLDER / ROLLBACK)
    return [*found, last] if last and last.pointer == current else found


def _settle(index_folder: Path) -> None:
    """Give the last rollback its name, or remove it where it was never published. Raises IndexUnwritable."""
    path = index_folder / FOLDER / ROLLBACK
    with suppress(IndexDamaged, IndexMissing, IndexTooNew):
        last = _read(path)
        if last and last.pointer == read_pointer(index_folder):
            # With its time behind it: a commit can be returned to more than once.
            files.replace(path.parent, f"{_name(last.pointer)}-{time.time_ns():019d}", sealed(last))
    files.remove(path)


def named(index_folder: Path, ids: Container[str]) -> set[str]:
    """Those of ``ids`` that the log names."""
    return {name for entry in _readable(index_folder) for names in entry.names.values() for name in names if name in ids}


def indexed_folders(index_folder: Path) -> set[Path]:
    """The folders that runs of ``newsdex index`` were given, as far as the log has them and they exist."""
    runs = (entry for entry in _readable(index_folder) if entry.why == "index")
    return {folder for entry in runs for folder in map(Path, entry.origin) if folder.is_dir()}


def forget_names(index_folder: Path, purged: Container[str]) -> None:
    """Remove the names of ``purged`` articles, and of all files that were given. Raises IndexUnwritable."""
    for path in (index_folder / FOLDER).glob("*.tmp"):
        files.remove(path)
    for path in _paths(index_folder):
        try:
            entry = _read(path)
        except IndexDamaged:  # nobody knows what is in it
            files.remove(path)
            continue
        if entry is None or entry.why == ROLLBACK:  # which names no article
            continue
        names = {kind: tuple(name for name in there if name not in purged) for kind, there in entry.names.items()}
        origin = tuple(given for given in entry.origin if Path(given).is_dir())
        if (names, origin) != (dict(entry.names), entry.origin):
            files.replace(path.parent, path.name, sealed(replace(entry, names=names, origin=origin)))


def _paths(index_folder: Path) -> list[Path]:
    """The files of entries but for the last rollback, oldest first."""
    return sorted(path for path in (index_folder / FOLDER).glob("g*") if _NAME.fullmatch(path.name))


def _readable(index_folder: Path) -> Iterator[Entry]:
    """The entries that can be read."""
    for path in _paths(index_folder):
        with suppress(IndexDamaged, IndexTooNew):
            if entry := _read(path):
                yield entry


def _read(path: Path) -> Entry | None:
    return unsealed(path, Entry, FORMAT, "remove it: the log is without that commit then")


def _name(pointer: str) -> str:
    return pointer.replace("/commit-", "-").removesuffix(".json")
