"""Find the readable files at and below given paths, and tell whether an index was copied away from them."""

from __future__ import annotations

import itertools
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from newsdex.errors import SourceError, UsageError, command
from newsdex.indexer.readers import FORMATS
from newsdex.indexer.readers.packed import format_of, known_suffixes
from newsdex.indexer.source import Source
from newsdex.store.paths import absolute, base_of, stored_path

if TYPE_CHECKING:
    from newsdex.store.snapshot import Snapshot

_NOT_REGULAR = "not a regular file"
_TRIED = 100  # of the files that were found, to tell whether the index was copied


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file in a format that newsdex reads, and its status when it was found."""

    path: Path
    status: os.stat_result


@dataclass(slots=True)
class Discovery:
    """What was found: ``files`` in the order of their paths; ``skipped`` with reasons; how many files of each unknown format."""

    files: list[FoundFile] = field(default_factory=list)
    skipped: list[tuple[Path, str]] = field(default_factory=list)
    missing: list[Path] = field(default_factory=list)
    other_formats: Counter[str] = field(default_factory=Counter)
    pictures: Callable[[Path], bool] = field(default=lambda _path: False, compare=False)

    def reads(self, path: Path) -> bool:
        """Whether a file of this name is read."""
        form = format_of(path)
        return form is not None and (not form.picture or self.pictures(path))


def is_picture(suffix: str) -> bool:
    """Whether a suffix is that of pictures."""
    return (form := FORMATS.get(suffix.lower())) is not None and form.picture


def discover(paths: Sequence[Path], leave_out: Path, pictures: Callable[[Path], bool] = lambda _path: False) -> Discovery:
    """Find all readable files at and below ``paths``, each once. A missing path with ``*``, ``?`` or ``[`` is a pattern, where ``**``
    matches any folders, and a folder all below it. Hidden files and the index (``leave_out``) are left out. Links to regular files below
    the same folder are followed; other links and devices are skipped with a reason. ``missing``: paths and patterns of nothing.
    ``pictures``: which OCR reads.
    """
    found = Discovery(pictures=pictures)
    seen: set[Path] = set()
    for named in paths:
        path = absolute(named)
        if not os.path.lexists(path):
            pattern = Pattern.of(path)
            if not (pattern and _walk(pattern.root, leave_out, found, seen, pattern)):
                found.missing.append(path)
        elif path.is_dir():
            _walk(path, leave_out, found, seen)
        elif not found.reads(path) and path.is_file():
            known = ", ".join(known_suffixes())
            picture = is_picture(path.suffix)
            reason = "a picture: newsdex index --ocr reads its text" if picture else f"unknown format {path.suffix!r} (expected {known})"
            found.skipped.append((path, reason))
        else:
            _take(path, found, seen, within=None)
    found.files.sort(key=lambda file: file.path)
    return found


def address_of(path: Path) -> str:
    """The address on the web that was given as ``path``; empty when it is none.

    >>> address_of(Path("/home/https:/example.org/a.html"))
    'https://example.org/a.html'
    """
    for scheme in ("http:", "https:"):
        if scheme in path.parts:
            return f"{scheme}//{'/'.join(path.parts[path.parts.index(scheme) + 1 :])}"
    return ""


def absent(paths: Sequence[Path]) -> str:
    """The message for paths where there is nothing."""
    if address := next(filter(None, map(address_of, paths)), ""):
        return f"{address} is a web address, not a file. Fetch it: newsdex fetch add {address}, newsdex fetch run, newsdex index fetched"
    return f"no such file or folder: {', '.join(map(str, paths))}. Check the path"


@dataclass(frozen=True, slots=True)
class Pattern:
    """Paths below ``root`` whose further names match ``names``, as fnmatch does; ``**`` stands for any number of names."""

    root: Path
    names: tuple[str, ...]

    @classmethod
    def of(cls, path: Path) -> Pattern | None:
        """The pattern that an absolute ``path`` is; None if it is none.

        >>> pattern = Pattern.of(Path("/archive/**/2024*/*.html"))
        >>> [pattern.matches(Path("/archive", name)) for name in ("2024/a.html", "x/y/2024-05/b.html", "2024/c/d.html", "2024/e.txt")]
        [True, True, False, False]
        """
        plain = list(itertools.takewhile(lambda part: not set(part) & set("*?["), path.parts))
        return cls(Path(*plain), path.parts[len(plain) :]) if len(plain) < len(path.parts) else None

    def matches(self, path: Path) -> bool:
        """Whether the absolute ``path``, or a folder that it lies in, is meant."""
        if not path.is_relative_to(self.root):
            return False
        places = self._reached({0})
        for name in path.relative_to(self.root).parts:
            if len(self.names) in places:
                break
            steps = ((place, self.names[place]) for place in places)
            places = self._reached({place + (wanted != "**") for place, wanted in steps if wanted == "**" or fnmatchcase(name, wanted)})
        return len(self.names) in places

    def _reached(self, places: set[int]) -> set[int]:
        """``places`` among the names, and what comes behind each ``**`` there, which may stand for nothing."""
        for place in sorted(places):
            while place < len(self.names) and self.names[place] == "**":
                place += 1  # noqa: PLW2901 - the next place
                places.add(place)
        return places


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file; never a pipe that has replaced it, which would block for ever. Raises SourceError or OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    file = open(descriptor, "rb")  # noqa: PTH123, SIM115 - it is open already, and the caller closes it
    try:
        check_regular(descriptor)
    except SourceError:
        file.close()
        raise
    return file


def check_regular(descriptor: int) -> None:
    """Raise SourceError if the open file is not a regular one."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise SourceError(_NOT_REGULAR)


def _walk(root: Path, leave_out: Path, found: Discovery, seen: set[Path], pattern: Pattern | None = None) -> bool:
    """Take what is below ``root``. Return whether anything matches ``pattern``."""
    matched = False

    def unreadable(error: OSError) -> None:
        if os.path.lexists(error.filename):  # else it went while we looked
            found.skipped.append((Path(error.filename), f"cannot be read: {error.strerror}"))

    for folder, subfolders, names in os.walk(root, onerror=unreadable):
        here = Path(folder)
        for name in subfolders:
            if (here / name).is_symlink() and not name.startswith(".") and not (pattern and not pattern.matches(here / name)):
                found.skipped.append((here / name, "a link to a folder"))
        subfolders[:] = entered(here, subfolders, leave_out)
        for name in sorted(names):
            path = here / name
            if name.startswith(".") or not (pattern is None or pattern.matches(path)):
                continue
            matched = True
            if not found.reads(path):
                found.other_formats[path.suffix.lower() or "no suffix"] += 1
            else:
                _take(path, found, seen, within=root)
    return matched


def _take(path: Path, found: Discovery, seen: set[Path], within: Path | None) -> None:
    if path in seen:
        return
    seen.add(path)
    try:
        status = path.stat()
        # A file that is no link lies below the folder it was found in: only links are followed, at some system calls each.
        leaves = within is not None and path.is_symlink() and not path.resolve().is_relative_to(within.resolve())
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        if os.path.lexists(path):  # else it went while we looked
            found.skipped.append((path, f"cannot be read: {error.strerror if isinstance(error, OSError) else 'a loop of links'}"))
        return
    if not stat.S_ISREG(status.st_mode):
        found.skipped.append((path, _NOT_REGULAR))
    elif leaves:
        found.skipped.append((path, f"a link that leaves {within}"))
    else:
        found.files.append(FoundFile(path, status))


def entered(folder: Path, subfolders: Iterable[str], leave_out: Path) -> list[str]:
    """The ``subfolders`` of ``folder`` that are read, in order: those that are not hidden, without ``leave_out``, that of the index."""
    return sorted(name for name in subfolders if not name.startswith(".") and not _same(folder / name, leave_out))


def _same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False


def counts_in_words(kinds: Counter[str], most: int | None = None) -> str:
    """Counts in words, the ``most`` frequent ones or all, the most frequent first: ``3 .png, 1 .gz``."""
    told = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(most))
    return told + (" (--ocr reads pictures)" if any(map(is_picture, kinds)) else "")


def check_place(snapshot: Snapshot | None, discovery: Discovery, roots: Sequence[Path]) -> None:
    """Raise UsageError if no known source file is at its path, nor was below ``roots``, and one of those found is a known one at another
    path: the index was copied away, and an update of ``roots`` would add every article again, under other ids.
    """
    found = discovery.files[:_TRIED]
    if not snapshot or not found:
        return
    base, sources = base_of(snapshot.folder), snapshot.sources()
    if any(stored_path(base, file.path) in sources for file in found[:3]):
        return
    looked_at = list(map(absolute, roots))
    for path in sources.stored_paths():
        there = base / path
        if there.exists() or any(map(there.is_relative_to, looked_at)):
            return
    for file in found:
        parts = file.path.parts
        for start in range(1, len(parts)):
            old = sources.get("/".join(parts[start:]))
            if old and old.size == file.status.st_size and old.sha256 == Source(file.path, "").sha256:
                there = Path(*parts[:start])
                raise UsageError(
                    f"{snapshot.folder} was copied from another folder: none of its source files is at its path below {base}, and "
                    f"{file.path} is one of them. Indexing would add every article again, under another id. Move the index folder to "
                    f"{there}, or give its articles new ids: {command('export FILE', snapshot.folder)}, then newsdex import FILE "
                    "--index-dir NEW_FOLDER"
                )
