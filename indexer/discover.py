"""Which files there are to read below the paths that someone named."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from newsdex.indexer.readers import FORMATS, reader_for
from newsdex.store.paths import absolute


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


def discover(paths: Sequence[Path], leave_out: Path) -> Discovery:
    """All readable files at and below ``paths``, each once.

    Hidden files, and the index folder ``leave_out``, are passed over below a folder. A link is followed when it leads to a regular
    file below the same folder; devices, pipes and links that lead elsewhere are skipped with a reason. ``missing`` has the paths that do not exist.
    """
    found = Discovery()
    seen: set[Path] = set()
    for named in paths:
        path = absolute(named)
        if not os.path.lexists(path):
            found.missing.append(path)
        elif path.is_dir():
            _walk(path, leave_out, found, seen)
        elif reader_for(path) is None:
            known = ", ".join(sorted(FORMATS))
            found.skipped.append((path, f"unknown format {path.suffix!r} (expected {known})"))
        else:
            _take(path, found, seen, within=None)
    found.files.sort(key=lambda file: file.path)
    return found


def _walk(root: Path, leave_out: Path, found: Discovery, seen: set[Path]) -> None:
    def unreadable(error: OSError) -> None:
        found.skipped.append((Path(error.filename), f"cannot be read: {error.strerror}"))

    for folder, subfolders, names in os.walk(root, onerror=unreadable):
        here = Path(folder)
        for name in subfolders:
            if (here / name).is_symlink() and not name.startswith("."):
                found.skipped.append((here / name, "a link to a folder"))
        subfolders[:] = sorted(name for name in subfolders if not name.startswith(".") and not _same(here / name, leave_out))
        for name in sorted(names):
            path = here / name
            if name.startswith("."):
                continue
            if reader_for(path) is None:
                found.other_formats[path.suffix.lower() or "no suffix"] += 1
            else:
                _take(path, found, seen, within=root)


def _take(path: Path, found: Discovery, seen: set[Path], within: Path | None) -> None:
    if path in seen:
        return
    seen.add(path)
    try:
        status = path.stat()
        # A file that is no link lies below the folder it was found in: only links are followed, at some system calls each.
        leaves = within is not None and path.is_symlink() and not path.resolve().is_relative_to(within.resolve())
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        found.skipped.append((path, f"cannot be read: {error.strerror if isinstance(error, OSError) else 'a loop of links'}"))
        return
    if not stat.S_ISREG(status.st_mode):
        found.skipped.append((path, "not a regular file"))
    elif leaves:
        found.skipped.append((path, f"a link that leaves {within}"))
    else:
        found.files.append(FoundFile(path, status))


def _same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False


def lines_of(counts: Counter[str]) -> Iterator[str]:
    """Counts in words, the most frequent first: ``3 .png``."""
    for suffix, count in counts.most_common():
        yield f"{count} {suffix}"
