"""Standing questions: the folder ``following`` of an index, which exists while a question is followed.

state         what is followed, and the notices that wait to be delivered: replaced in one step
seen-000001   digests of what was compared and reported; ``state`` names the current files
vectors-000001  the questions' vectors; ``state`` names the current file
LOCK          held by the process that changes them

The files that ``state`` names belong together, so after a kill new passages are either reported or not yet compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.arrays import among
from newsdex.encoder import SERVED, ModelCard, Vectors
from newsdex.errors import IndexBusy, IndexDamaged, IndexTooNew
from newsdex.store import files
from newsdex.store.checked import CheckedFile
from newsdex.store.files import FileRecord
from newsdex.store.known import halves
from newsdex.store.manifest import damaged, sealed, unsealed
from newsdex.store.segment import FileSegment
from newsdex.store.snapshot import Snapshot
from newsdex.tensors import Array, Layout, Tensors, pack_tensors, view_tensors

Digests = NDArray[np.uint64]

FOLDER = "following"
FORMAT = 3  # 1 has one file of what was seen; 2 has no corrections in notices
_PATIENCE = 5.0  # seconds that an update waits for a delivery of notices
_STATE = "state"
_SHORTER = 4  # times: a file of what was seen that is so much longer than what is new is left as it is
_LAYOUT: Layout = {name: Array(("U64",), (name,)) for name in ("text", "passage", "told")}
_VECTORS: Layout = {"question": Array(("U64",), ("questions",)), "vector": Array(("F32",), ("questions", "dimension"))}


@dataclass(frozen=True, slots=True)
class Standing:
    """A followed question, with the filters of a search as they were given, and the places to report to; none means standard output.

    ``uid`` is unique, even if a later question has its ``name``. ``made`` is the time in UTC. ``feed`` and ``jsonl`` are absolute paths of
    files, ``secret`` that of the file with the key that signs what the ``webhook`` gets, and ``command`` the words of a local command.
    ``filter`` is JSON as in docs/FILTERS.md. ``kept``: the newest notices stay here for clients of a server. ``owner`` says whose question
    it is, "" for the machine's own.
    """

    name: str
    uid: str
    question: str
    made: str
    since: str | None = None
    until: str | None = None
    on: str | None = None
    source: tuple[str, ...] = ()
    lang: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    filter: str | None = None
    mode: str = "hybrid"
    min_score: float | None = None
    literal: bool = False
    read_dates: bool = True
    jsonl: str | None = None
    feed: str | None = None
    webhook: str | None = None
    secret: str | None = None
    command: tuple[str, ...] = ()
    kept: bool = False
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """The report of an article. ``id`` is permanent, ``uid`` the question's. ``update``: an earlier version, or it, was reported. ``told``:
    when, UTC. ``text`` is the passage and ``answer`` its sentence, both empty in the report of a retraction (``retracted``: why) or
    correction (``corrected_by``: the id or address of the corrected version). ``waits``: places that still need it: ``output``, ``jsonl``,
    ``webhook``, ``command``.
    """

    id: str
    uid: str
    told: str
    update: bool
    article_id: str
    title: str
    source: str
    url: str
    published: str
    language: str
    score: float
    answer: str
    text: str
    also_in: tuple[str, ...] = ()
    retracted: str = ""
    corrected_by: str = ""
    waits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """Everything known of the questions. ``pointer`` is that of the last version compared; ``begun`` has the earlier size of each file that
    is being appended to. ``vectors`` are of the ``model`` that ``version_of`` identifies. ``seen`` continues in the files ``later``.
    """

    questions: tuple[Standing, ...] = ()
    notices: tuple[Notice, ...] = ()
    pointer: str = ""
    seen: FileRecord | None = None
    later: tuple[FileRecord, ...] = ()
    vectors: FileRecord | None = None
    model: str = ""
    number: int = 0
    begun: Mapping[str, int] = field(default_factory=dict)
    format: int = FORMAT


_NONE: Digests = np.empty(0, np.uint64)


class Seen(NamedTuple):
    """Digests, uint64, ascending, unique: of the ``text`` of each article and of each ``passage`` that was compared, and of what was
    ``told``: each question with the id of a reported article, and with each sentence of it, and each retraction and correction.
    """

    text: Digests = _NONE
    passage: Digests = _NONE
    told: Digests = _NONE

    def was_told(self, digests: Sequence[int]) -> NDArray[np.bool_]:
        """Which of ``digests``, made by told_digest, were reported."""
        return among(np.array(digests, np.uint64), self.told)

    def new_in(self, segment: FileSegment) -> NDArray[np.int64]:
        """The positions of the living passages that are new: neither they nor their article's text were compared before."""
        articles = segment.live_articles & ~among(np.asarray(segment.tensors["text.xxh3"], np.uint64), self.text)
        if not articles.any():
            return np.empty(0, np.int64)
        positions = segment.passages_of(articles)
        return positions[~among(halves(segment.tensors.rows("passage.key", positions)), self.passage)]

    def with_all(self, others: Iterable[Seen]) -> Seen:
        """These and those of ``others``."""
        return Seen(*(np.unique(np.concatenate(column)) for column in zip(self, *others, strict=True)))

    def lacks(self, snapshot: Snapshot, fresh: Sequence[NDArray[np.int64]] | None = None, told: Digests = _NONE) -> Seen:
        """What is missing here of all texts of ``snapshot``, the passages at ``fresh`` (default: all), and what was ``told``."""
        texts, passages = [_NONE], [_NONE]
        for number, segment in enumerate(snapshot.file_segments):
            texts.append(np.asarray(segment.tensors["text.xxh3"], np.uint64)[segment.live_articles])
            positions = segment.passages_of(segment.live_articles) if fresh is None else fresh[number]
            passages.append(halves(segment.tensors.rows("passage.key", positions)))
        return Seen(
            np.setdiff1d(np.concatenate(texts), self.text),
            np.setdiff1d(np.concatenate(passages), self.passage),
            np.setdiff1d(told, self.told),
        )


def told_digest(uid: str, told: str) -> int:
    """The digest of a question and what was reported to it: the id of an article, or a sentence after a NUL, which no id has. Of no
    question, "", the id of an article that was retracted, or with that of its corrected version after a NUL; if the id only names a place,
    after a NUL and with the XXH3-64 of the text. Of a question, each sentence of an article that was reported as retracted or corrected.
    """
    return xxhash.xxh3_64_intdigest(f"{uid} {told}".encode(errors="surrogateescape"))


class Following:
    """The state of an index's questions, while no other process can change it."""

    def __init__(self, index_folder: Path) -> None:
        self._folder = index_folder / FOLDER
        self.state = read_state(index_folder)

    def seen(self) -> Seen:
        """What was looked at. Raises IndexDamaged."""
        return Seen().with_all(map(self._seen, self._seen_files()))

    def _seen_files(self) -> list[FileRecord]:
        return [self.state.seen, *self.state.later] if self.state.seen else []

    def _seen(self, record: FileRecord) -> Seen:
        found = self._arrays(record, _LAYOUT, {})
        return Seen(*(found[name].astype(np.uint64) for name in _LAYOUT))

    @staticmethod
    def version_of(model: ModelCard) -> str:
        """What identifies ``model``: of a served one, which may be replaced under its name, also its cosines."""
        served = model.name.startswith(SERVED)
        return f"{model.fingerprint} {model.related} {model.unrelated}" if served else model.fingerprint

    def vectors(self, model: ModelCard) -> dict[int, Vectors]:
        """The vectors by ``model`` of questions asked before, float32, (d,), by the digests of their texts. Raises IndexDamaged."""
        known = self.state.vectors if self.state.model == self.version_of(model) else None
        found = self._arrays(known, _VECTORS, {"dimension": model.dimension})
        return dict(zip(found["question"].tolist(), found["vector"], strict=True)) if found else {}

    def _arrays(self, record: FileRecord | None, layout: Layout, sizes: Mapping[str, int]) -> Tensors:
        if record is None:
            return {}
        try:
            return view_tensors(CheckedFile(self._folder, record).whole(), layout, sizes)
        except (OSError, ValueError) as error:
            raise damaged(self._folder / record.name, error, f"remove {self._folder} and follow the questions again") from error

    def save(
        self, state: State, seen: Seen | None = None, vectors: Mapping[int, Vectors] | None = None, *, added: Seen | None = None
    ) -> None:
        """Replace the stored state by ``state``, durably and in one step, with everything ``seen``, or what is ``added`` to that, and the
        ``vectors`` of questions if they have changed. Raises IndexUnwritable, and IndexDamaged with what is ``added``.
        """
        state = replace(state, number=state.number + 1, format=FORMAT)
        kept = self._seen_files() if seen is None else []
        if seen is None and added is not None and any(map(len, added)):
            seen = added
            while kept and kept[-1].size < _SHORTER * sum(memoryview(part).nbytes for part in pack_tensors(seen._asdict())):
                seen = seen.with_all([self._seen(kept.pop())])
        if seen is not None:
            kept.append(self._write(state, "seen", seen._asdict()))
            state = replace(state, seen=kept[0], later=tuple(kept[1:]))
        if vectors:
            arrays: Tensors = {"question": np.array([*vectors], np.uint64), "vector": np.array([*vectors.values()], np.float32)}
            state = replace(state, vectors=self._write(state, "vectors", arrays))
        files.replace(self._folder, _STATE, sealed(state))
        self.state = state
        self.remove_leftovers()

    def remove_leftovers(self) -> None:
        """Remove unreferenced files that a killed run left."""
        kept = {record.name for record in (self.state.seen, *self.state.later, self.state.vectors) if record}
        for path in (*self._folder.glob("seen-*"), *self._folder.glob("vectors-*"), *self._folder.glob("*.tmp")):
            if path.name not in kept:
                files.remove(path)

    def _write(self, state: State, kind: str, arrays: Tensors) -> FileRecord:
        name = f"{kind}-{state.number:06d}"
        files.remove(self._folder / name)  # left by a run that was interrupted
        return files.write_new(self._folder, name, pack_tensors(arrays))

    def end(self) -> None:
        """Remove the state, because nothing is followed any more. Raises IndexUnwritable."""
        self.save(State(number=self.state.number))
        files.remove(self._folder / _STATE)


@contextmanager
def following(index_folder: Path, wait_seconds: float | None = None) -> Iterator[Following]:
    """Open the state of the questions of an index for changing it. Raises IndexBusy, IndexUnwritable, IndexDamaged and IndexTooNew."""
    files.make_folder(index_folder / FOLDER)
    with files.WriterLock(index_folder / FOLDER, wait_seconds):
        yield Following(index_folder)


def is_followed(index_folder: Path) -> bool:
    """Whether there are questions, or may be."""
    return (index_folder / FOLDER / _STATE).exists()


def read_state(index_folder: Path) -> State:
    """Return the state, empty if no question is followed. Raises IndexDamaged and IndexTooNew."""
    return (
        unsealed(index_folder / FOLDER / _STATE, State, FORMAT, f"remove {index_folder / FOLDER} and follow the questions again") or State()
    )


def carry(index_folder: Path, same: Sequence[tuple[str, str]]) -> None:
    """Let what was reported of articles count for others: ``same`` has the id of each other one, and of the article that it is, as when its
    file was renamed. Nothing is done while notices are being delivered for longer than some seconds: an update does not wait for them.
    Raises IndexUnwritable. What is damaged is for ``newsdex.following.tell`` to say.
    """
    if not same:
        return
    with suppress(IndexDamaged, IndexTooNew, IndexBusy), following(index_folder, _PATIENCE) as held:
        pairs = [(told_digest(each.uid, new), told_digest(each.uid, old)) for each in held.state.questions for new, old in same]
        was_told = held.seen().was_told([old for _, old in pairs]).tolist()
        added = [new for (new, _), was in zip(pairs, was_told, strict=True) if was]
        if added:
            held.save(held.state, added=Seen(told=np.unique(np.array(added, np.uint64))))


def forget(index_folder: Path, snapshot: Snapshot) -> None:
    """Remove what is not in ``snapshot``, that of a purge, from the questions, if any. Raises IndexBusy, IndexUnwritable, IndexDamaged."""
    if not is_followed(index_folder):
        return
    living = {snapshot.segments[number].article_id(row) for number, row in snapshot.articles()}
    with following(index_folder) as held:
        held.remove_leftovers()
        notices = tuple(
            replace(
                notice,
                also_in=tuple(name for name in notice.also_in if name in living),
                corrected_by=notice.corrected_by if notice.corrected_by in living else "",
            )
            for notice in held.state.notices
            if notice.article_id in living
        )
        seen = held.seen()
        there = Seen().lacks(snapshot)
        kept = Seen(np.intersect1d(seen.text, there.text), np.intersect1d(seen.passage, there.passage), seen.told)
        if notices != held.state.notices or len(kept.text) < len(seen.text) or len(kept.passage) < len(seen.passage):
            held.save(replace(held.state, notices=notices), kept)
