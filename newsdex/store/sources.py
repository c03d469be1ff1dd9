"""The source files as last read: enough to detect unchanged ones without reading them. A commit has lists in the order of the paths, of
which later ones override earlier ones: it writes what is new, and merges lists that are not much longer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from newsdex.store.checked import CheckedFile, CheckedTensors
from newsdex.store.columns import bytes_of, pack_strings, paths_below, place_of, string_at, strings_layout, unpack_strings
from newsdex.tensors import NAMES, Array, Tensors

_Found = TypeVar("_Found")
_Nothing = TypeVar("_Nothing")

# Begins the line of a problem that cost no article.
REMARK = "remark: "
# Begins the line of the problem that ended the reading of a file; the version of what read it follows, and ": ".
FAILED = "failed in "


class SourceFile(NamedTuple):
    """A source file when it was last read; a tuple, as there may be hundreds of thousands. ``path`` is as stored, ``size`` in bytes,
    ``mtime_ns`` and ``read_ns`` (when it was read) in nanoseconds since 1970. ``problems``: a line each, after ``REMARK`` if no article was
    lost, ``FAILED`` if the file would fail again. ``stale``: it must be read again though unchanged, for the index has articles that it
    lost, or it was gone. Size -1: skipped, such as a device. ``reading``: how to read it (newsdex.indexer.source.Reading), of size -3, read
    for another index, all that is known.
    """

    path: str
    size: int
    mtime_ns: int
    read_ns: int
    sha256: str
    problems: str = ""
    stale: bool = False
    reading: str = ""

    @property
    def passed_over(self) -> bool:
        """Whether it was skipped unread."""
        return self.size == _PASSED_OVER

    @property
    def failed_in(self) -> str:
        """The version of the reader that failed and would fail again; empty if none did."""
        ended = (line for line in self.problems.splitlines() if line.startswith(FAILED)) if FAILED in self.problems else ()
        return next((line.removeprefix(FAILED).partition(": ")[0] for line in ended), "")


def told(line: str) -> tuple[str, bool]:
    """The text of a line of ``problems`` for people, and whether something was lost."""
    if line.startswith(FAILED):
        return line.partition(": ")[2], True
    return line.removeprefix(REMARK), not line.startswith(REMARK)


def passed_over(path: str, reason: str) -> SourceFile:
    """The record of something that is skipped unread, for a ``reason``."""
    return SourceFile(path, _PASSED_OVER, UNTOLD, 0, "", " ".join(reason.splitlines()))


UNTOLD = -1  # as a time stamp: it says nothing
_PASSED_OVER = -1  # as a size: it was skipped unread
_UNREAD = -3  # as a size: it was read in another index, and only how is known
_GONE = -2  # as a size: what an earlier list says of the file holds no more
_SHORTER = 4  # times: a list that is so much longer than a new one is left as it is
FEW = 100  # look-ups, or one in so many of all entries, and a table of all is made

# The arrays of a list: a column a field.
_NUMBERS = {"size": np.int64, "mtime_ns": np.int64, "read_ns": np.int64, "stale": np.uint8}
_STRINGS = tuple(name for name in SourceFile._fields if name not in _NUMBERS)
_LAYOUT: dict[str, Array] = {name: Array((NAMES[np.dtype(kind)],), ("sources",)) for name, kind in _NUMBERS.items()}
for _name in _STRINGS:
    _LAYOUT |= strings_layout(_name, "sources")


# The rows that have problems, ascending.
_LAYOUT["told"] = Array(("U32",), ("told",), below="sources", optional=True)


def pack_sources(sources: Iterable[SourceFile]) -> Tensors:
    """The arrays that hold ``sources``, in the order of their paths' bytes."""
    ordered = sorted(sources, key=lambda source: bytes_of(source.path))
    tensors: Tensors = {name: np.array([getattr(s, name) for s in ordered], kind) for name, kind in _NUMBERS.items()}
    for name in _STRINGS:
        tensors |= pack_strings(name, (getattr(s, name) for s in ordered))
    return {**tensors, "told": np.array([row for row, source in enumerate(ordered) if source.problems], np.uint32)}


class SourceList:
    """A list of source files in a commit's file, read by blocks. All reading methods raise IndexDamaged."""

    def __init__(self, file: CheckedFile) -> None:
        self._tensors = CheckedTensors(file, _LAYOUT)

    def __len__(self) -> int:
        return self._tensors.length("size")

    @property
    def is_in_order(self) -> bool:
        """Whether single files can be looked up; a list of an earlier newsdex is read as a whole."""
        return "told" in self._tensors

    def every(self) -> list[SourceFile]:
        """All entries, including those of files that are gone."""
        tensors = self._tensors
        columns = [unpack_strings(tensors, name) if name in _STRINGS else tensors[name].tolist() for name in SourceFile._fields]
        columns[SourceFile._fields.index("stale")] = tensors["stale"].astype(np.bool_).tolist()
        return list(map(SourceFile._make, zip(*columns, strict=True)))

    def find(self, path: str) -> SourceFile | None:
        """The entry of a file."""
        row = place_of(self._tensors, "path", path)
        return None if row is None else self._at(row)

    def below(self, folder: str) -> list[str]:
        """The paths that begin with ``folder``, which ends in a slash."""
        return [string_at(self._tensors, "path", row) for row in range(*paths_below(self._tensors, folder))]

    def paths(self) -> Iterator[str]:
        """The path of each entry, including those of files that are gone, read one by one."""
        return (string_at(self._tensors, "path", row) for row in range(len(self)))

    def states(self) -> Iterator[tuple[str, int, int]]:
        """The path, size and time stamp of each entry, including those of files that are gone."""
        return zip(unpack_strings(self._tensors, "path"), self._tensors["size"].tolist(), self._tensors["mtime_ns"].tolist(), strict=True)

    def told(self) -> list[str]:
        """The paths of files with problems."""
        rows = self._tensors["told"] if self.is_in_order else np.flatnonzero(np.diff(self._tensors["problems.ends"], prepend=np.uint64(0)))
        return [string_at(self._tensors, "path", row) for row in rows.tolist()]

    def stale(self) -> list[str]:
        """The paths of stale files."""
        return [string_at(self._tensors, "path", row) for row in np.flatnonzero(self._tensors["stale"]).tolist()]

    def _at(self, row: int) -> SourceFile:
        values = {name: string_at(self._tensors, name, row) for name in _STRINGS}
        numbers = {name: int(self._tensors.part(name, row, row + 1)[0]) for name in _NUMBERS}
        return SourceFile(**{**values, **numbers, "stale": bool(numbers["stale"])})  # type: ignore[arg-type]


def enough(count: int) -> int:
    """After how many look-ups among ``count`` entries a table of all is made."""
    return max(FEW, count // FEW)


class LookUps(Generic[_Found, _Nothing]):
    """Answers of ``one`` look-up each, and when many have been asked for, of a table of ``all_there`` is, which costs as much as they."""

    def __init__(
        self, one: Callable[[Any], _Found | _Nothing], all_there: Callable[[], Mapping[Any, _Found]], nothing: _Nothing, few: int
    ) -> None:
        self._one, self._all_there, self._nothing, self.few = one, all_there, nothing, few
        self._found: dict[Any, _Found | _Nothing] = {}

    def __call__(self, key: object) -> _Found | _Nothing:
        """The answer to ``key``, or ``nothing``."""
        if len(self._found) >= self.few:
            return self.whole.get(key, self._nothing)
        if key not in self._found:
            self._found[key] = self._one(key)
        return self._found[key]

    @cached_property
    def whole(self) -> Mapping[Any, _Found]:
        """All answers."""
        self.few = 0
        return self._all_there()


def _together(lists: Iterable[Iterable[SourceFile]], *, gone: bool = False) -> dict[str, SourceFile]:
    """The combination of ``lists``, the oldest first, in the order of the paths; with ``gone``, also files that are gone."""
    found = {source.path: source for each in lists for source in each}
    return {path: found[path] for path in sorted(found, key=bytes_of) if gone or found[path].size != _GONE}


def lies_below(path: str, roots: Collection[str]) -> bool:
    """Whether a stored ``path`` is one of ``roots`` or below one."""
    while path not in roots:
        path, slash, _ = path.rpartition("/")
        if not slash:
            return False
    return True


class Sources(MutableMapping[str, SourceFile]):
    """Source files by their stored paths: those of a commit's ``lists``, the oldest first, with the later changes."""

    def __init__(
        self,
        lists: Sequence[SourceList] = (),
        since: Mapping[str, SourceFile | None] | None = None,
        stored: LookUps[SourceFile, None] | None = None,
    ) -> None:
        """``stored`` are the look-ups in ``lists`` of another copy."""
        self._lists = lists
        few = enough(sum(map(len, lists))) if all(each.is_in_order for each in lists) else 0
        self._stored = stored or LookUps(self._find, lambda: _together(each.every() for each in lists), None, few)
        self._since = dict(since or {})

    def _find(self, path: str) -> SourceFile | None:
        try:
            found = next((found for each in reversed(self._lists) if (found := each.find(path))), None)
        except UnicodeEncodeError:  # which no path can be
            return None
        return found if found and found.size != _GONE else None

    def copy(self) -> Sources:
        """A copy that can be changed independently."""
        return Sources(self._lists, self._since, self._stored)

    def becoming(self, sources: Iterable[SourceFile]) -> Sources:
        """A copy that contains exactly ``sources``."""
        return Sources(self._lists, {**dict.fromkeys(self), **{source.path: source for source in sources}}, self._stored)

    def __getitem__(self, path: str) -> SourceFile:
        found = self._since[path] if path in self._since else self._stored(path)
        if found is None:
            raise KeyError(path)
        return found

    def __setitem__(self, path: str, source: SourceFile) -> None:
        self._since[path] = source

    def __delitem__(self, path: str) -> None:
        self[path]
        self._since[path] = None

    def __iter__(self) -> Iterator[str]:
        table = self._stored.whole
        yield from (path for path in table if self._since.get(path, table[path]) is not None)
        yield from [path for path, source in self._since.items() if source is not None and path not in table]

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def below(self, roots: Collection[str]) -> list[str]:
        """The paths that are one of ``roots``, as stored, or below one."""
        if len(roots) >= self._stored.few:
            stored = [path for path in self._stored.whole if lies_below(path, roots)]
        else:
            stored = [*roots, *(path for each in self._lists for root in roots for path in each.below(f"{root}/"))]
        there = dict.fromkeys([*stored, *(path for path in self._since if lies_below(path, roots))])
        return [path for path in there if path in self]

    def stored_paths(self) -> Iterator[str]:
        """The path of each file in the lists, also of one that is gone, for who needs few of them."""
        return chain.from_iterable(each.paths() for each in reversed(self._lists))

    def states(self) -> Iterator[tuple[str, int, int]]:
        """The path, size and time stamp of each file as of the lists, much faster than reading all entries."""
        lists, seen = self._lists, set[str]()
        for number in reversed(range(len(lists))):
            for path, size, mtime_ns in lists[number].states():
                if path not in seen and size >= 0:
                    yield path, size, mtime_ns
                if number:
                    seen.add(path)

    def settings(self) -> list[SourceFile]:
        """How to read each file that is not read as by default: entries that say nothing else, so that the file is read again."""
        return [SourceFile(source.path, _UNREAD, UNTOLD, 0, "", reading=source.reading) for source in self.values() if source.reading]

    def with_problems(self) -> list[SourceFile]:
        """The files that have problems."""
        paths = dict.fromkeys([*(path for each in self._lists for path in each.told()), *self._since])
        return [source for path in paths if (source := self.get(path)) and source.problems]

    def stale(self) -> list[str]:
        """The paths of the stale files of the lists, in order."""
        paths = sorted({path for each in self._lists for path in each.stale()})
        return [path for path in paths if (source := self._stored(path)) and source.stale]

    def changes(self) -> dict[str, SourceFile | None]:
        """The differences from the lists, by path; None for files that are gone."""
        return {path: source for path, source in self._since.items() if source != self._stored(path)}

    def next_list(self, *, whole: bool = False) -> tuple[int, list[SourceFile]]:
        """How many of the lists stay unchanged (none with ``whole``), and the content of a new list after them, which may be empty."""
        lists, changes = self._lists, self.changes()
        new = [source or SourceFile(path, _GONE, 0, 0, "") for path, source in changes.items()]
        kept, count = len(lists), len(new)
        while kept and (whole or len(lists[kept - 1]) < _SHORTER * count or not lists[kept - 1].is_in_order):
            kept -= 1
            count += len(lists[kept])
        return kept, list(_together([*(each.every() for each in lists[kept:]), new], gone=kept > 0).values())
