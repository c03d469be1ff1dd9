"""Standing questions for the clients of a server: each sees, makes and removes its own, and reads their notices here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from newsdex.errors import ArticleMissing, Conflict, IndexUnwritable
from newsdex.following.delivery import latest_of, places_of, record_of
from newsdex.following.questions import follow, name_of, remarks_on, unfollow
from newsdex.output import as_unicode, told_remarks
from newsdex.store.following import Notice, Standing, read_state

MOST = 100  # questions of one owner
_WAIT = 5.0  # seconds for others who change the list


class Desk:
    """The standing questions of the index in ``folder``. ``owner`` is a client's key, "" for who has this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def following(self, owner: str) -> list[dict[str, Any]]:
        """The questions of ``owner``, the one that was reported on last first, each with its newest notices. Raises IndexDamaged."""
        state = read_state(self._folder)
        mine = [(standing, latest_of(standing, state.notices)) for standing in state.questions if standing.owner == owner]
        mine.sort(key=lambda each: max(each[0].made, *(notice.told for notice in each[1]), ""), reverse=True)
        return [_record(*each) for each in mine]

    def follow(self, owner: str, question: str, name: str, filters: Mapping[str, Any]) -> dict[str, Any]:
        """Follow a question; its notices are read here. Raises UsageError, IndexBusy, Conflict where the name is taken, and as an index."""
        mine = {each["name"] for each in self.following(owner)}
        if (chosen := name or name_of(question)) in mine:
            raise Conflict(f"you follow {chosen[:80]} already: stop it first, or choose another name")
        if len(mine) >= MOST:
            raise Conflict(f"you follow {MOST} questions: stop one first")
        with _writing():
            made = follow(self._folder, question, name=name, kept=True, owner=owner, wait_seconds=_WAIT, **filters)
        return _record(made, []) | {"remarks": told_remarks(remarks_on(self._folder, made))}

    def unfollow(self, owner: str, name: str) -> dict[str, Any]:
        """Follow a question no more. Raises ArticleMissing when ``owner`` has none of this name; IndexBusy."""
        if name not in [each["name"] for each in self.following(owner)]:
            raise ArticleMissing(f"you follow no question called {name[:80]!r}")
        with _writing():
            return _record(unfollow(self._folder, name, owner=owner, wait_seconds=_WAIT), [])


def reported_of(standing: Standing) -> list[str]:
    """Where the notices of a question go: "here" if the newest can be read here, and the kinds of places."""
    here = ["here"] if standing.kept or standing.feed else []
    return [*here, *(["feed"] if standing.feed else []), *places_of(standing)]


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except IndexUnwritable as error:
        closed = f"this server may not write to its index ({error}). Follow the question where the index is made: newsdex follow"
        raise Conflict(closed) from error


def _record(standing: Standing, notices: list[Notice]) -> dict[str, Any]:
    told = ("notice", "update", "told", "score", "article_id", "title", "source", "url", "published", "retracted", "corrected_by", "answer")
    return {
        "name": standing.name,
        "question": as_unicode(standing.question),
        "made": standing.made,
        **{name: getattr(standing, name) for name in ("since", "until", "on")},
        **{name: list(map(as_unicode, getattr(standing, name))) for name in ("source", "lang", "where")},
        "filter": standing.filter and json.loads(standing.filter),
        "reported": reported_of(standing),
        "notices": [{name: value for name, value in record_of(standing, notice).items() if name in told} for notice in notices],
    }
