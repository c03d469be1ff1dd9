"""The list of standing questions and its rules; each client of a server has its own questions."""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from newsdex.errors import ArticleMissing, Conflict, IndexUnwritable, UsageError
from newsdex.following.delivery import key_of, latest_of, places_of, record_of
from newsdex.following.telling import asked, look
from newsdex.milvus.place import followed_at
from newsdex.output import as_unicode, told_remarks
from newsdex.records import Hit, Period, Results
from newsdex.search.answer.remarks import matching_and_undated
from newsdex.search.index import Index
from newsdex.search.question.filters import unmet_values
from newsdex.search.question.reader import newest_day
from newsdex.search.question.reading import read
from newsdex.search.question.terms import languages_of
from newsdex.search.ranking.ranker import matching_mask
from newsdex.search.standing import answered_by
from newsdex.store.following import Notice, Standing, following, read_state
from newsdex.store.manifest import read_pointer
from newsdex.store.paths import absolute
from newsdex.store.snapshot import Snapshot
from newsdex.values import utc_now

MOST_QUESTIONS = 10_000
MOST_OF_OWNER = 100
_WAIT = 5.0  # seconds that a server waits for others who change the list
LONGEST = 4_000  # characters of a question, a value of a filter, a path, an address or a word of a command
MOST_WORDS = 100  # values of a filter, words of a command
MONTH = timedelta(days=30)
_MISSES, _BELOW = 5, 10  # near misses that are shown, and how far below the lowest score
FILTERS = ("since", "until", "on", "source", "lang", "where", "path", "filter", "mode", "min_score", "literal", "read_dates")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def follow(
    index_folder: str | os.PathLike[str],
    question: str,
    *,
    name: str = "",
    jsonl: str | os.PathLike[str] | None = None,
    feed: str | os.PathLike[str] | None = None,
    webhook: str | None = None,
    secret: str | os.PathLike[str] | None = None,
    command: str | Sequence[str] | None = None,
    kept: bool = False,
    owner: str = "",
    wait_seconds: float | None = None,
    **filters: Any,
) -> Standing:
    """Follow ``question`` from now on. Articles already in the index are not reported. ``name`` defaults to its first words.

    New articles are reported in every given place: the file ``jsonl``, one JSON object per line; the Atom ``feed``; the ``webhook``, an
    http or https address, signed with the key in the file ``secret``; a local ``command``, on its standard input. Without a place, they are
    reported on the standard output of ``newsdex index``. ``filters`` are ``since``, ``until``, ``on``, ``mode``, ``min_score``, ``literal``
    and ``read_dates`` of Index.search; lists of strings as ``source``, ``lang``, ``where`` and ``path``, as on the command line; and a dict
    as ``filter`` (docs/FILTERS.md). ``kept`` and ``owner`` are as in newsdex.store.following.Standing; names are unique per owner. Raises
    UsageError if an argument is not allowed or the name is taken; IndexBusy if the list is in use for ``wait_seconds`` (default: no limit);
    and the errors of opening an index.
    """
    folder = followed_at(Path(index_folder))
    try:
        words = shlex.split(command) if isinstance(command, str) else list(command or ())
    except ValueError as error:
        raise UsageError(f"the command {command!r:.200} cannot be split into words ({error}): quote it as for a shell") from error
    if words and "/" in words[0]:  # a path, which is to be the same from any folder
        words[0] = str(absolute(Path(words[0])))
    standing = replace(
        _question(name or name_of(question), question, filters),
        uid=secrets.token_hex(16),
        made=utc_now(),
        jsonl=_file(jsonl),
        feed=_file(feed),
        webhook=webhook,
        secret=_file(secret),
        command=tuple(words),
        kept=kept,
        owner=owner,
    )
    _check(standing)
    _check_reading(standing, Snapshot.open(folder))  # before anything is made there
    with following(folder, wait_seconds) as held:
        questions = held.state.questions
        if any((each.name, each.owner) == (standing.name, owner) for each in questions):
            raise UsageError(
                f"{standing.name} is followed already. Stop it first: newsdex unfollow {standing.name}; or choose another --name"
            )
        if len(questions) >= MOST_QUESTIONS:
            raise UsageError(f"{len(questions)} questions are followed, expected at most {MOST_QUESTIONS}. Stop one: newsdex unfollow NAME")
        look(held, folder)
        held.save(replace(held.state, questions=(*questions, standing)))
    return standing


def unfollow(index_folder: str | os.PathLike[str], name: str, *, owner: str | None = None, wait_seconds: float | None = None) -> Standing:
    """Stop following ``name`` and drop its notices. ``owner`` None: the machine's own first, then anybody's. Raises UsageError."""
    folder = _folder(index_folder)
    _named(followed(folder), name, owner)
    with following(folder, wait_seconds) as held:
        gone = _named(held.state.questions, name, owner)
        left = tuple(each for each in held.state.questions if each is not gone)
        if left:
            notices = tuple(notice for notice in held.state.notices if notice.uid != gone.uid)
            held.save(replace(held.state, questions=left, notices=notices))
        else:
            held.end()
    return gone


def followed(index_folder: str | os.PathLike[str]) -> tuple[Standing, ...]:
    """Return the followed questions, in the order in which they were made. Raises UsageError for an index in Milvus, and IndexMissing."""
    return read_state(_folder(index_folder)).questions


def preview(index_folder: str | os.PathLike[str], question: str, **filters: Any) -> Results:
    """Return what ``question`` with ``filters`` would have reported in the 30 days before the newest article (ignoring future dates), or on
    the days of its filters; of all articles if none has a date. ``period`` has the days, and ``remarks`` counts articles without a date.
    """
    return preview_with_misses(index_folder, question, **filters)[0]


def preview_with_misses(index_folder: str | os.PathLike[str], question: str, **filters: Any) -> tuple[Results, list[Hit]]:
    """Return the same, and the best near misses: at most 5, with at least a tenth of the lowest reported score."""
    standing = _question("preview", question, filters)
    _check(standing)
    request = asked(standing)
    with Index.open(_folder(index_folder)) as index:
        asker = index.asker()
        limited = request.period is not None
        matching, undated = matching_and_undated(asker.snapshot, request)
        if not limited and undated < matching:
            request = replace(request, period=Period(newest_day(asker.snapshot, date.today()) - MONTH, None))
        fresh = [segment.passages_of(matching_mask(segment, request)) for segment in asker.snapshot.segments]
        everywhere = replace(request, period=None)
        lower = replace(everywhere, min_score=(everywhere.min_score or 0.0) / _BELOW)
        hits, more = (_hits_of(found) for _, found in answered_by(asker, [everywhere, lower], fresh, date.today()))
        shown = {hit.article.id for hit in hits} | {copy.article_id for hit in hits for copy in hit.also_in}
        missed = [hit for hit in more if hit.article.id not in shown][:_MISSES]
        manifest = asker.snapshot.manifest
        found = Results(
            question,
            tuple(hits),
            answerable=bool(hits),
            period=request.period,
            remarks=_of_undated(matching, undated, limited=limited),
            generation=manifest.generation,
            commit=manifest.content,
        )
        return found, missed


def _of_undated(matching: int, undated: int, *, limited: bool) -> tuple[str, ...]:
    """Return a remark on the ``undated`` articles among those ``matching`` the filters; ``limited``: the filters name days."""
    if not undated:
        return ()
    some = "No matching article has a date" if undated == matching else f"{undated:,} of {matching:,} matching articles have no date"
    if limited:
        return (f"{some}: articles without a date are never reported with --since, --until or --on.",)
    if undated == matching:
        return (f"{some}, so all were tested.",)
    return (f"{some} and were not tested. New ones are reported.",)


def _hits_of(found: list[Hit] | UsageError) -> list[Hit]:
    if isinstance(found, UsageError):
        raise found
    return found


def name_of(question: str) -> str:
    """Return a name made of the first words of a question."""
    words = re.findall(r"[a-z0-9]+", question[:LONGEST].lower())
    return "-".join(words[:6])[:64].strip("-") or "question"


def _question(name: str, question: str, filters: Mapping[str, Any]) -> Standing:
    """Return a question without a place to report to. Raises TypeError for an unknown filter."""
    if unknown := sorted(filters.keys() - set(FILTERS)):
        raise TypeError(f"a followed question has no option {unknown[0]!r}: expected {', '.join(FILTERS)}")
    given: dict[str, Any] = {
        key: json.dumps(value)
        if isinstance(value, Mapping)
        else tuple(map(str, value))
        if isinstance(value, (list, tuple))
        else str(value)
        if isinstance(value, date)
        else value
        for key, value in filters.items()
    }
    return replace(Standing(name, "", question, ""), **given)


def _check(standing: Standing) -> None:
    """Raise UsageError unless the question can be followed."""
    if not _NAME.fullmatch(standing.name):
        raise UsageError(
            f"the name {standing.name[:80]!r} is not allowed: expected up to 64 letters, digits, dots and dashes, such as china-russia"
        )
    if not standing.question.strip():
        raise UsageError('the question is empty. Give one: newsdex follow "China support for Russia"')
    if len(standing.question) > LONGEST:
        raise UsageError(f"a question of {len(standing.question)} characters is too long to be followed: expected at most {LONGEST}")
    lists = (standing.source, standing.lang, standing.where, standing.path, standing.command)
    if any(len(values) > MOST_WORDS for values in lists):
        raise UsageError(f"a filter or command has more than {MOST_WORDS} values: use fewer")
    singles = [getattr(standing, name) for name in ("filter", "since", "until", "on", "jsonl", "feed", "webhook", "secret")]
    for text in (standing.question, *singles, *(value for values in lists for value in values)):
        if text is not None and (len(text) > LONGEST or "\0" in text):
            raise UsageError(f"{text[:80]!r} is too long, or has a NUL: expected at most {LONGEST} characters")
    asked(standing)
    _check_places(standing)


def _check_reading(standing: Standing, snapshot: Snapshot) -> None:
    """Raise UsageError if the question only concerns days that are over."""
    today = date.today()
    found = read(standing.question, today, languages_of(snapshot)) if standing.read_dates and not standing.literal else None
    if found and found.listed and found.period and found.period.until and found.period.until < today:
        raise UsageError(
            f"{standing.question[:80]!r} only matches articles published until {found.period.until}, so no new article can answer it: "
            "add a topic"
        )


def remarks_on(index_folder: str | os.PathLike[str], standing: Standing) -> list[str]:
    """Return a sentence for each filter value that no article of the index has, with the nearest one that exists."""
    where = asked(standing).where
    if where is None:
        return []
    return unmet_values(
        where, [segment for segment in Snapshot.open(followed_at(Path(index_folder))).segments if segment.live_articles.any()]
    )


def _check_places(standing: Standing) -> None:
    for path in (standing.jsonl, standing.feed):
        if path and not Path(path).parent.is_dir():
            raise UsageError(f"{path} cannot be written: its folder does not exist. Make it: mkdir -p {Path(path).parent}")
        if path and Path(path).exists() and not Path(path).is_file():
            raise UsageError(f"{path} is not a regular file: choose another name")
    if standing.command and not shutil.which(standing.command[0]):
        raise UsageError(f"there is no command {standing.command[0]!r}. Give the path of a program that reads its standard input")
    if standing.secret and not standing.webhook:
        raise UsageError("--secret-file works only with a webhook: also give --webhook URL")
    if standing.webhook:
        _check_webhook(standing)


def _check_webhook(standing: Standing) -> None:
    try:
        address = urlsplit(standing.webhook or "")
        fits = address.scheme in ("http", "https") and address.hostname and not address.username and (address.port or 1)
    except ValueError:
        fits = False
    if not fits or any(character.isspace() or not character.isprintable() for character in standing.webhook or ""):
        raise UsageError(f"the webhook {standing.webhook!r:.200} is not allowed: expected an address such as https://desk.example/hook")
    if not standing.secret:
        raise UsageError("a webhook needs a key to sign with. Make one: openssl rand -hex 32 > hook.key; then add --secret-file hook.key")
    key_of(standing)


def _folder(index_folder: str | os.PathLike[str]) -> Path:
    """The folder, which holds an index."""
    folder = followed_at(Path(index_folder))
    read_pointer(folder)
    return folder


def _file(path: str | os.PathLike[str] | None) -> str | None:
    return None if path is None else str(absolute(Path(path)))


def _named(questions: Sequence[Standing], name: str, owner: str | None) -> Standing:
    theirs = sorted((each for each in questions if owner in (None, each.owner)), key=lambda each: each.owner)
    for each in theirs:
        if each.name == name:
            return each
    from difflib import get_close_matches

    names = [each.name for each in theirs]
    near = get_close_matches(name[:80], names, 1)
    hint = f"The nearest is {near[0]}" if near else f"There are: {', '.join(names[:10]) or 'none'}"
    raise UsageError(f"no question called {name[:80]!r} is followed. {hint}")


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
        if len(mine) >= MOST_OF_OWNER:
            raise Conflict(f"you follow {MOST_OF_OWNER} questions: stop one first")
        with _writing():
            made = follow(self._folder, question, name=name, kept=True, owner=owner, wait_seconds=_WAIT, **filters)
        return _record(made, []) | {"remarks": told_remarks(remarks_on(self._folder, made))}

    def unfollow(self, owner: str, name: str) -> dict[str, Any]:
        """Follow a question no more. Raises ArticleMissing when ``owner`` has none of this name; IndexBusy."""
        if name not in [each["name"] for each in self.following(owner)]:
            raise ArticleMissing(f"you follow no question called {name[:80]!r}")
        with _writing():
            return _record(unfollow(self._folder, name, owner=owner, wait_seconds=_WAIT), [])


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except IndexUnwritable as error:
        closed = f"this server may not write to its index ({error}). Follow the question where the index is made: newsdex follow"
        raise Conflict(closed) from error


def _record(standing: Standing, notices: list[Notice]) -> dict[str, Any]:
    told = ("notice", "update", "told", "score", "article_id", "title", "source", "url", "published", "retracted", "corrected_by", "answer")
    feed = ["feed"] if standing.feed else []
    # The newest can be read here
    here = ["here"] if standing.kept or feed else []
    return {
        "name": standing.name,
        "question": as_unicode(standing.question),
        "made": standing.made,
        **{name: getattr(standing, name) for name in ("since", "until", "on")},
        **{name: list(map(as_unicode, getattr(standing, name))) for name in ("source", "lang", "where")},
        "filter": standing.filter and json.loads(standing.filter),
        "reported": [*here, *feed, *places_of(standing)],
        "notices": [{name: value for name, value in record_of(standing, notice).items() if name in told} for notice in notices],
    }
