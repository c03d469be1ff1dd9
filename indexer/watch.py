"""Keep an index up to date while files change. Changes at about the same time are one run and one commit."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from newsdex.encoder import Encoder
from newsdex.engines import open_build_encoder
from newsdex.errors import IndexBusy, IndexUnwritable, NewsdexError, UsageError
from newsdex.indexer.build import Options, index_by, model_for
from newsdex.indexer.discover import Pattern, absent
from newsdex.indexer.readers.packed import format_of
from newsdex.indexer.report import Report
from newsdex.indexer.workers.pool import Parsers
from newsdex.milvus.place import folder_at
from newsdex.store.paths import absolute
from newsdex.store.snapshot import Snapshot

if TYPE_CHECKING:
    from watchfiles import Change

# Changes that come within this time of each other are one batch, which waits no longer than ten times as long.
_QUIET_MS = 200
_LONGEST_MS = 2_000
# How often to look whether a folder has come, gone or been replaced, which the system does not tell of.
_LOOK_MS = 500
_TRY_AGAIN_SECONDS = 5.0


def watch_paths(
    paths: Sequence[Path], index_folder: Path, options: Options | None = None, *, poll: bool = False
) -> Iterator[Report | NewsdexError]:
    """Update the index from ``paths`` now and whenever something there changes, without end; yield the result of each run.

    Paths may appear and disappear. A run that another writer or a full disk prevents is yielded as its error and tried again, and so is one
    that finds nothing to index yet. ``poll`` compares the files instead of relying on the system's notifications, which network file
    systems lack. Raises UsageError if nothing at ``paths`` exists or can be watched, and other NewsdexErrors that waiting cannot fix.
    """
    index_folder = folder_at(index_folder)
    roots = [absolute(path) for path in paths]
    watched = [pattern.root if not os.path.lexists(root) and (pattern := Pattern.of(root)) else root for root in roots]
    if not any(map(os.path.lexists, watched)):
        raise UsageError(absent(paths))
    options = options or Options()
    with Parsers(options.limits, most=options.parsers) as parsers:
        run = partial(_run, parsers, lru_cache(1)(open_build_encoder), paths, index_folder, options)
        yield from _runs(run, watched, index_folder, poll=poll)


def _runs(
    run: Callable[[], Report | NewsdexError], watched: Sequence[Path], index_folder: Path, *, poll: bool
) -> Iterator[Report | NewsdexError]:
    """The outcome of each ``run``, now and whenever something ``watched`` changes."""
    due, not_before = True, 0.0
    while True:
        there = {path: identity for path in watched if (identity := _identity(path))}
        for changed in _changes(list(there), index_folder, poll=poll):
            due |= changed
            # Before the run, not after it: a file may be replaced by a second one during the run, which may have the number of the first.
            if there != {path: identity for path in watched if (identity := _identity(path))}:
                due = True
                break
            if due and time.monotonic() >= not_before:
                outcome = run()
                due = isinstance(outcome, IndexBusy | IndexUnwritable)
                not_before = time.monotonic() + _TRY_AGAIN_SECONDS if due else 0.0
                yield outcome


def _run(
    parsers: Parsers, open_encoder: Callable[..., Encoder], paths: Sequence[Path], index_folder: Path, options: Options
) -> Report | NewsdexError:
    current = Snapshot.open_if_any(index_folder)
    try:
        if current or options.model:
            options = replace(options, encoder=open_encoder(*model_for(current, options)))
        return index_by(parsers, paths, index_folder, options)
    except (IndexBusy, IndexUnwritable, UsageError) as error:
        return error
    finally:
        parsers.renew()


def _changes(paths: Sequence[Path], index_folder: Path, *, poll: bool) -> Iterator[bool]:
    """Yield repeatedly whether something has changed at ``paths``; the first value comes once changes are noticed."""
    import watchfiles

    if not paths:
        time.sleep(_LOOK_MS / 1000)
        yield False
        return
    try:
        for changes in watchfiles.watch(
            *paths,
            watch_filter=partial(_matters, os.path.realpath(index_folder), paths),
            debounce=_LONGEST_MS,
            step=_QUIET_MS,
            rust_timeout=_LOOK_MS,
            yield_on_timeout=True,
            force_polling=poll or None,
            ignore_permission_denied=True,
        ):
            yield bool(changes)
    except FileNotFoundError:  # one went before it was watched
        yield False
    except OSError as error:
        raise UsageError(f"cannot watch {', '.join(map(str, paths))}: {error}. Look at the files instead: --poll") from error


def _matters(index_folder: str, roots: Sequence[Path], change: Change, name: str) -> bool:
    """Whether a change can concern an article: not in the index itself, in hidden files, or in other formats."""
    from watchfiles import Change

    path = Path(name)
    if f"{os.path.realpath(name)}/".startswith(f"{index_folder}/"):
        return False
    below = next((path.relative_to(root).parts for root in roots if path.is_relative_to(root)), ())
    if any(part.startswith(".") for part in below):
        return False
    return change == Change.deleted or format_of(path) is not None or (change == Change.added and path.is_dir())


def _identity(path: Path) -> tuple[int, int] | None:
    """A value that distinguishes a file or folder from a later one at its path; None if there is nothing."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
