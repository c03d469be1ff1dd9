"""What changed: ``newsdex log`` and ``newsdex diff``."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsdex.commands.common import NOTHING_FOUND, index_dir_option
from newsdex.console import shown
from newsdex.errors import UsageError
from newsdex.output import as_unicode, plain
from newsdex.values import amount

if TYPE_CHECKING:
    from newsdex.store.log import Entry

_PLACE = re.compile(r"(g[0-9]{6})(?:/([0-9]{1,12}))?|([0-9]{1,12})")
_FEW = 3  # articles of a commit that the log names; newsdex diff lists all
_SIGNS = {"added": "+", "updated": "~", "removed": "-", "marked": "!", "unmarked": "!"}
_BACK = {"added": "removed", "updated": "updated", "removed": "added", "marked": "marked", "unmarked": "marked"}
# What two changes of one article come to; what is not here is the later one
_NET = {
    ("added", "updated"): "added", ("added", "removed"): "", ("removed", "added"): "updated", ("added", "marked"): "added",
    ("updated", "unmarked"): "updated", ("added", "unmarked"): "added",
}  # fmt: skip


@click.command()
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="Commits to show.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per commit, with the ids of its articles.")
@index_dir_option
def log(limit: int, as_json: bool, index_dir: Path) -> int:
    """List the commits of the index, newest first. A commit is one change of the index, shown with time, command and changed articles.

    g000002/7 is commit 7 of generation 2; each `newsdex rebuild` starts a new generation. Commits of the current generation come first. A
    rollback has its own line.

    The log keeps the last 1,000 commits, each with up to 10,000 ids. A purge removes the ids of the purged articles.
    """
    from newsdex.store.log import ROLLBACK
    from newsdex.store.manifest import generations

    entries, current = _entries(index_dir)
    there = generations(index_dir)
    # The current generation comes first, then those that it can be changed for
    entries.sort(key=lambda entry: (entry.place[0] == current[0], entry.place[0] in there, entry.place))
    for entry in entries[: -limit - 1 : -1]:
        generation, number = entry.place
        back = entry.why == ROLLBACK
        if as_json:
            record = {"generation": generation, "commit": number, "created": entry.created, "why": entry.why}
            more = {"origin": plain(entry.origin), "articles": entry.articles, "passages": entry.passages, **entry.counts}
            click.echo(json.dumps({**record, **more, "current": entry.place == current and not back, "ids": plain(entry.names)}))
            continue
        counts = ", ".join(f"{kind} {count:,}{_few(entry.names.get(kind, ()), count)}" for kind, count in entry.counts.items()) or (
            "returned to this commit" if back else "no article changed"
        )
        gone = " (generation removed)" if generation not in there else ""
        state = " (current)" if entry.place == current and not back else gone
        origin = f" {shown(' '.join(entry.origin))}" if entry.origin else ""
        click.echo(f"{generation}/{number}  {entry.created}  {entry.why}{origin}: {counts}; {amount(entry.articles, 'article')}{state}")
    return 0 if entries else NOTHING_FOUND


@click.command()
@click.argument("first", metavar="COMMIT")
@click.argument("last", metavar="[COMMIT]", required=False)
@click.option("-n", "--limit", type=click.IntRange(1), default=1_000, show_default=True, help="Articles to list.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per article.")
@index_dir_option
def diff(first: str, last: str | None, limit: int, as_json: bool, index_dir: Path) -> int:
    """List the articles that changed between two commits. They are added (+), updated (~), removed (-), marked or unmarked (!).

    With one COMMIT, the changes since then are listed. If the later commit is given first, the list shows what returning to the earlier
    one would change.

    COMMIT is 7 for commit 7 of the current generation, g000001/7 for one of another generation, or g000001 for its last commit.
    `newsdex log` lists them.

    Exit code: 0 found, 1 nothing changed, 2 error.
    """
    from newsdex.store.log import ROLLBACK

    entries, current = _entries(index_dir)
    entries = [entry for entry in entries if entry.why != ROLLBACK]
    start = _placed(first, entries, current)
    stop = _placed(last, entries, current) if last else current
    back = start > stop
    if back:
        start, stop = stop, start
    between = [entry for entry in entries if start < entry.place <= stop]
    found = [(article_id, _BACK[kind] if back else kind) for article_id, kind in _net(between)]
    for article_id, kind in found[:limit]:
        record = {"article_id": as_unicode(article_id), "change": kind}
        click.echo(json.dumps(record) if as_json else f"{_SIGNS[kind]} {shown(article_id)}")
    if len(found) > limit:
        click.echo(f"{len(found) - limit:,} more (show with --limit {len(found)})", err=True)
    cut = sum(entry.unnamed for entry in between if entry.is_cut)
    purged = sum(entry.unnamed for entry in between if not entry.is_cut)
    if not found and not cut and not purged:
        said = f"since {_shown(start)}, the current commit" if start == current else f"between {_shown(start)} and {_shown(stop)}"
        click.echo(f"No article changed {said}.", err=True)
    for unnamed, why in ((purged, "of purged articles"), (cut, "of commits with more than 10,000 changes")):
        if unnamed:
            more = "more change is" if unnamed == 1 else "more changes are"
            click.echo(f"{unnamed:,} {more} not listed: {why}", err=True)
    if missing := _missing(start, stop, between):
        click.echo(
            f"newsdex: {missing} of these commits are not in the log. It keeps 1,000 commits, and older versions of newsdex had no log",
            err=True,
        )
    return 0 if found else NOTHING_FOUND


def _shown(place: tuple[str, int]) -> str:
    return f"{place[0]}/{place[1]}"


def _few(names: Sequence[str], count: int) -> str:
    """Return ``names`` in parentheses if they are few and none is missing."""
    return f" ({', '.join(map(shown, names))})" if 0 < len(names) == count <= _FEW else ""


def _entries(index_dir: Path) -> tuple[list[Entry], tuple[str, int]]:
    """The log, the oldest first, and the place of the current commit."""
    from newsdex.store.log import place_of, read_entries
    from newsdex.store.manifest import read_pointer

    current = read_pointer(index_dir)
    return read_entries(index_dir, current), place_of(current)


def _placed(text: str, entries: Sequence[Entry], current: tuple[str, int]) -> tuple[str, int]:
    """Generation and number of the commit that ``text`` names. Raises UsageError."""
    found = _PLACE.fullmatch(text)
    if not found:
        raise UsageError(f"{text[:80]!r} is not a commit: expected a number such as 7, or g000001/7, as newsdex log shows them")
    generation, number = found[1] or current[0], found[2] or found[3]
    of_generation = [place[1] for place in (*(entry.place for entry in entries), current) if place[0] == generation]
    if not of_generation:
        raise UsageError(f"the log has no generation {generation}. List the generations: newsdex log")
    newest = max(of_generation)
    if number and int(number) > newest:
        raise UsageError(f"there is no commit {shown(text)}; the newest is {newest}. List them: newsdex log")
    return generation, int(number) if number else newest


def _net(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """Return each article that the commits changed with its net change, ordered by id."""
    changes: dict[str, str] = {}
    for entry in entries:
        for kind in ("removed", "added", "updated", "marked", "unmarked"):
            for article_id in entry.names.get(kind, ()):
                before = changes.pop(article_id, "")
                if after := _NET.get((before, kind), kind):
                    changes[article_id] = after
    return sorted(changes.items())


def _missing(start: tuple[str, int], stop: tuple[str, int], between: Sequence[Entry]) -> int:
    """Count the commits of ``stop``'s generation that are missing from the log."""
    known = sum(entry.place[0] == stop[0] for entry in between)
    return stop[1] - (start[1] if start[0] == stop[0] else 0) - known
