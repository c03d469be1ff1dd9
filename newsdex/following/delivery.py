"""The places where notices are delivered; a killed run tells nothing twice and loses nothing. Of a file of lines, the length before it grew
is kept, and what it has is not added again. A feed is written anew. A webhook, a command and standard output cannot be asked what they had:
by a notice's permanent id, a receiver can drop the second.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from newsdex.errors import IndexUnwritable, UsageError
from newsdex.output import as_unicode
from newsdex.post import Unanswered, post
from newsdex.store import files
from newsdex.store.following import Following, Notice, Standing
from newsdex.terminal import readable, visible
from newsdex.values import grouped

LEAST_KEY, MOST_KEY = 16, 4_096  # bytes of a key
KEPT = 20  # notices of a question
_TOGETHER = 20  # notices that a webhook gets before that is kept
_ENTRIES = 100  # the newest, that a feed has
# What XML 1.0 cannot hold
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: before each ``tries`` to deliver a notice to a webhook; that a webhook has to ``answer``, and a ``command`` to end; that all
    webhooks of a run have ``together``, after which the rest waits for the next run.
    """

    tries: tuple[float, ...] = (0.0, 1.0, 3.0)
    answer: float = 10.0
    command: float = 60.0
    together: float = 60.0


USUAL = Patience()


def places_of(standing: Standing) -> tuple[str, ...]:
    """The places that the notices of a question wait for; a feed is not waited for."""
    places = [name for name in ("jsonl", "webhook", "command") if getattr(standing, name)]
    return tuple(places) or (() if standing.feed or standing.kept else ("output",))


def deliver(held: Following, on_notice: Callable[[Standing, Notice], None] | None, patience: Patience) -> list[str]:
    """Deliver the notices that wait, as far as the places take them; returns a line for each problem. Raises IndexUnwritable."""
    problems = [*_feeds(held), *_lines(held), *_commands(held, patience), *_webhooks(held, patience)]
    if on_notice and (waiting := _waiting(held, "output")):
        for standing, notice in waiting:
            on_notice(standing, notice)
        _delivered(held, waiting, "output")
    return problems


def record_of(standing: Standing, notice: Notice) -> dict[str, Any]:
    """A notice as plain values; null for what is not known."""
    told = {
        name: as_unicode(getattr(notice, name)) or None
        for name in ("title", "source", "url", "published", "language", "retracted", "corrected_by", "answer", "text")
    }
    return {
        "notice": notice.id,
        "name": standing.name,
        "question": standing.question,
        "update": notice.update,
        "told": notice.told,
        "score": notice.score,
        "article_id": as_unicode(notice.article_id),
        **told,
        "also_in": list(map(as_unicode, notice.also_in)),
    }


def lines_of(standing: Standing, notice: Notice) -> Iterator[str]:
    """A notice as lines for a person."""
    flag = "retracted" if notice.retracted else "corrected"
    kind = flag if not notice.answer else "update" if notice.update else "new"
    yield f"{standing.name}: {kind}: {visible(notice.title) or visible(notice.article_id)}"
    facts = (
        notice.source,
        readable(notice.published),
        notice.url,
        f"{len(notice.also_in)} copies" if notice.also_in[1:] else "1 copy" if notice.also_in else "",
    )
    if said := " \u00b7 ".join(filter(None, map(visible, facts))):
        yield f"    {said}"
    if notice.retracted:
        yield f"    RETRACTED: {visible(notice.retracted)}"
    if notice.corrected_by:
        yield f"    CORRECTED: see {visible(notice.corrected_by)}"
    if notice.answer:
        yield f"    {visible(notice.answer)}"
    yield f"    {visible(notice.article_id)}" + (f"  {notice.score:.2f}" if notice.answer else "")


def waiting_of(count: int) -> str:
    """That so many notices wait."""
    return "1 notice waits" if count == 1 else f"{count:,} notices wait"


def key_of(standing: Standing) -> bytes:
    """The key that signs what the webhook of a question gets. Raises UsageError."""
    path = Path(standing.secret or "")
    try:
        with path.open("rb") as file:
            key = file.read(MOST_KEY + 1).strip()
    except OSError as error:
        raise UsageError(
            f"cannot read the key of {standing.name}, {path}: {error.strerror}. Make one: openssl rand -hex 32 > {path}"
        ) from error
    if not LEAST_KEY <= len(key) <= MOST_KEY:
        raise UsageError(
            f"the key in {path} has {len(key)} bytes, expected {LEAST_KEY} to {MOST_KEY}. Make one: openssl rand -hex 32 > {path}"
        )
    return key


def _waiting(held: Following, place: str) -> list[tuple[Standing, Notice]]:
    """The notices that wait for a place, with their questions, question after question."""
    by_uid = grouped((notice.uid, notice) for notice in held.state.notices if place in notice.waits)
    return [(standing, notice) for standing in held.state.questions for notice in by_uid.get(standing.uid, ())]


def _waiting_by(held: Following, place: str, key: str) -> dict[str, list[tuple[Standing, Notice]]]:
    """The same, by the value of ``key`` of their questions."""
    return grouped((getattr(standing, key), (standing, notice)) for standing, notice in _waiting(held, place))


def _delivered(held: Following, delivered: Iterable[tuple[Standing, Notice]], place: str, begun: Mapping[str, int] | None = None) -> None:
    """Keep that these notices wait for ``place`` no more; what waits for nothing is forgotten, unless a feed has it."""
    done = {notice.id for _, notice in delivered}
    left = [
        replace(notice, waits=tuple(name for name in notice.waits if name != place)) if notice.id in done else notice
        for notice in held.state.notices
    ]
    notices = needed(held.state.questions, left)
    held.save(replace(held.state, notices=notices, begun=held.state.begun if begun is None else begun))


def needed(questions: Sequence[Standing], notices: Sequence[Notice]) -> tuple[Notice, ...]:
    """Those of ``notices`` that wait, that a feed shows, or that are the newest of a question whose notices are kept."""
    shown = {notice.id for _, entries in _entries(questions, notices) for _, notice in entries}
    shown |= {notice.id for standing in questions if standing.kept for notice in latest_of(standing, notices)}
    return tuple(notice for notice in notices if notice.waits or notice.id in shown)


def latest_of(standing: Standing, notices: Sequence[Notice]) -> list[Notice]:
    """The newest notices of a question that are still here, the newest first."""
    return [notice for notice in notices if notice.uid == standing.uid][: -KEPT - 1 : -1]


def _entries(questions: Sequence[Standing], notices: Sequence[Notice]) -> Iterator[tuple[str, list[tuple[Standing, Notice]]]]:
    """The path of each feed, with what it shows, the newest first."""
    by_uid = {standing.uid: standing for standing in questions if standing.feed}
    for path in dict.fromkeys(standing.feed for standing in by_uid.values()):
        if path:
            mine = [(by_uid[notice.uid], notice) for notice in notices if notice.uid in by_uid and by_uid[notice.uid].feed == path]
            yield path, mine[: -_ENTRIES - 1 : -1]


def _feeds(held: Following) -> Iterator[str]:
    for name, entries in _entries(held.state.questions, held.state.notices):
        sharing = [standing.name for standing in held.state.questions if standing.feed == name]
        path, content = Path(name), _feed_of(name, sharing, entries)
        try:
            with suppress(FileNotFoundError):
                if path.stat().st_size == len(content) and path.read_bytes() == content:
                    continue
            files.replace(path.parent, path.name, content)
        except (OSError, IndexUnwritable) as error:
            yield f"the feed {name} cannot be written: {getattr(error, 'strerror', None) or error}. The next run tries again"


def _lines(held: Following) -> Iterator[str]:
    """Append to the files of lines, a file at a time."""
    for name, waiting in _waiting_by(held, "jsonl", "jsonl").items():
        path = Path(name)
        try:
            size = path.stat().st_size if path.exists() else 0
            if name not in held.state.begun:
                held.save(replace(held.state, begun={**held.state.begun, name: size}))
            start = held.state.begun[name]
            whole, ended, had = _had(path, start if start <= size else 0)  # shorter: somebody has begun it anew
            rest = [json.dumps(record_of(*each)) for each in waiting if each[1].id not in had]
            if rest:
                files.append(path, whole, "".join(f"{line}\n" for line in ([] if ended else [""]) + rest).encode())
        except OSError as error:
            yield f"{name} cannot be written: {error.strerror or error}. {waiting_of(len(waiting))} for the next run"
            continue
        _delivered(held, waiting, "jsonl", {other: size for other, size in held.state.begun.items() if other != name})


def _had(path: Path, start: int) -> tuple[int, bool, set[str]]:
    """Up to where a file is whole lines, of those from ``start`` on; whether a line ends there; and the ids of the notices in these."""
    had: set[str] = set()
    whole, ended = start, True
    if path.exists():
        with path.open("rb") as file:
            if start:
                file.seek(start - 1)
                ended = file.read(1) == b"\n"
            for line in file:
                if not line.endswith(b"\n"):
                    break
                whole, ended = whole + len(line), True
                with suppress(ValueError, TypeError, KeyError):
                    had.add(json.loads(line)["notice"])
    return whole, ended, had


def _commands(held: Following, patience: Patience) -> Iterator[str]:
    for waiting in _waiting_by(held, "command", "uid").values():
        standing = waiting[0][0]
        text = "\n\n".join("\n".join(lines_of(*each)) for each in waiting) + "\n"
        if failed := _run(standing, text, patience):
            yield f"{standing.name}: the command {standing.command[0]} {failed}. {waiting_of(len(waiting))} for the next run"
        else:
            _delivered(held, waiting, "command")


def _run(standing: Standing, text: str, patience: Patience) -> str:
    """Give ``text`` to the command of a question; returns why it failed."""
    try:
        process = subprocess.Popen(  # noqa: S603 - the words of the one who follows; no shell reads them
            standing.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "NEWSDEX_FOLLOW": standing.name},
            start_new_session=True,
        )
    except OSError as error:
        return f"cannot be run: {error.strerror}"
    try:
        process.communicate(text.encode(errors="replace"), timeout=patience.command)
    except subprocess.TimeoutExpired:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return f"was not done after {patience.command:.0f} s"
    return f"ended with {process.returncode}" if process.returncode else ""


def _webhooks(held: Following, patience: Patience) -> Iterator[str]:
    until = time.monotonic() + patience.together
    down: dict[str, str] = {}  # the webhooks that failed in this run
    for waiting in _waiting_by(held, "webhook", "uid").values():
        standing = waiting[0][0]
        address, sent, failed = standing.webhook or "", 0, down.get(standing.webhook or "", "")
        try:
            key = key_of(standing)
        except UsageError as error:
            yield f"{standing.name}: {error}"
            continue
        for start in range(0, len(waiting), _TOGETHER):
            done = []
            for each in waiting[start : start + _TOGETHER]:
                failed = failed or _post(address, key, *each, patience, until)
                if failed:
                    break
                done.append(each)
            if done:
                sent += len(done)
                _delivered(held, done, "webhook")
            if failed:
                down[address] = failed
                yield f"{standing.name}: the webhook {address} {failed}. {waiting_of(len(waiting) - sent)} for the next run"
                break


def _post(address: str, key: bytes, standing: Standing, notice: Notice, patience: Patience, until: float) -> str:
    """Send a notice; returns why it was not taken, after some tries."""
    body = json.dumps(record_of(standing, notice)).encode()
    failed = ""
    for wait in patience.tries:
        if time.monotonic() + wait >= until:
            return failed or "was not tried: the webhooks of this run have taken too long"
        time.sleep(wait)
        try:  # without following redirects, or reading the body
            status = post(address, body, {**signature(key, body), "X-Newsdex-Notice": notice.id}, patience.answer).status
        except Unanswered as error:
            failed = str(error)
            continue
        if 200 <= status < 300:  # noqa: PLR2004 - as HTTP has it
            return ""
        failed = f"answered {status}"
        if status < 500 and status not in (408, 425, 429):  # noqa: PLR2004 - a refusal that lasts
            break
    return failed


def signature(key: bytes, body: bytes) -> dict[str, str]:
    """The headers that sign ``body``: the time, in seconds since 1970, and HMAC-SHA256 of the time, a dot and the body."""
    moment = str(int(time.time()))
    digest = hmac.new(key, moment.encode() + b"." + body, "sha256").hexdigest()
    return {"X-Newsdex-Timestamp": moment, "X-Newsdex-Signature": f"sha256={digest}"}


def _feed_of(path: str, names: Sequence[str], entries: Sequence[tuple[Standing, Notice]]) -> bytes:
    """The Atom feed (RFC 4287) at ``path`` of the questions called ``names``: ``entries``, newest first. The same give the same bytes."""
    feed = ET.Element("feed", {"xmlns": "http://www.w3.org/2005/Atom"})
    _add(feed, "title", f"newsdex: {names[0]}" if len(names) == 1 else "newsdex: standing questions")
    _add(feed, "id", uuid.uuid5(uuid.NAMESPACE_URL, Path(path).as_uri()).urn)
    _add(feed, "updated", entries[0][1].told if entries else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(0)))
    _add(ET.SubElement(feed, "author"), "name", "newsdex")
    for standing, notice in entries:
        entry = ET.SubElement(feed, "entry")
        kind = "Retracted: " if notice.retracted else "Corrected: " if notice.corrected_by else "Update: " if notice.update else ""
        _add(entry, "title", f"{kind}{notice.title or notice.article_id}")
        _add(entry, "id", uuid.UUID(notice.id).urn)
        _add(entry, "updated", notice.told)
        if notice.url.startswith(("http://", "https://")):
            ET.SubElement(entry, "link", {"href": _clean(notice.url)})
        if notice.source:
            _add(ET.SubElement(entry, "author"), "name", notice.source)
        ET.SubElement(entry, "category", {"term": standing.name})
        corrected = notice.corrected_by and f"Corrected: see {notice.corrected_by}"
        _add(entry, "summary", "\n".join(filter(None, (notice.retracted, corrected, notice.answer))))
    content: bytes = ET.tostring(feed, "utf-8", xml_declaration=True)
    return content + b"\n"


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _clean(text)


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", as_unicode(text))
