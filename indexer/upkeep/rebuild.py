"""A new generation of an index, built beside the old one from the texts that the old one holds; and the way back."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import compress
from pathlib import Path

from newsdex.encoder import Encoder
from newsdex.engines import open_build_encoder
from newsdex.errors import IndexDamaged, IndexMissing, IndexTooOld, UsageError, command
from newsdex.given import as_text, real
from newsdex.indexer.build import Batch, Options, Progress, as_options, embed, model_for
from newsdex.indexer.changes import Change
from newsdex.indexer.chunker import Chunker
from newsdex.indexer.language import unspoken
from newsdex.indexer.report import Report
from newsdex.indexer.served_model import has_changed
from newsdex.indexer.upkeep.carrying import with_their_stories
from newsdex.milvus.place import folder_at
from newsdex.store import files
from newsdex.store.cleanup import remove_leftovers, remove_old_generations
from newsdex.store.log import ROLLBACK, Entry, write_entry
from newsdex.store.manifest import OLDEST, POINTER, READABLE, Manifest, read_manifest, read_pointer
from newsdex.store.marks import Marks
from newsdex.store.previous import Known
from newsdex.store.snapshot import Snapshot
from newsdex.store.tombstones import Tombstones
from newsdex.store.writer import Writer
from newsdex.values import utc_now


def rebuild_index(index_folder: str | os.PathLike[str], options: Options | None = None) -> Report:
    """Chunk and embed all articles again, with another model or other settings. Readers use the old generation until the commit.

    No source file is read. Vectors are reused if an interrupted rebuild computed them, or if the model and the text are the same. With the
    same settings, all vectors are reused, unless a newer newsdex chunks differently. An index of an older format is converted to the
    current one. Only ``options.model``, ``chunking`` and ``precision`` are used. Raises NewsdexError.
    """
    index_folder, options, began = folder_at(index_folder), as_options(options), time.monotonic()
    current = Snapshot.open(index_folder, oldest=OLDEST)
    encoder, why = _encoder_for(current, options)
    chunking, card = options.chunking or current.manifest.chunking, encoder.card
    report = Report(choice=why)
    with Writer(index_folder, card, chunking, wait_seconds=options.wait_seconds, on_wait=options.on_wait, new_generation=True) as writer:
        current = Snapshot.open(index_folder, oldest=OLDEST)  # as it is now that nobody else can write
        old, new = ((m.model.fingerprint, m.model.precision, m.chunking, m.cutting) for m in (current.manifest, writer.manifest))
        if changed := has_changed(current, encoder):
            writer.forget_index()
        if old == new and not changed:  # cutting and embedding would give what is there
            _take_over(current, writer, options, report)
        else:
            _build(current, writer, encoder, options, report)
        writer.changes.why = "rebuild"
        writer.commit([*current.sources().values()])
    report.model, report.unspoken = card.name, unspoken(report.languages, card)
    report.seconds = time.monotonic() - began
    return report


def _encoder_for(current: Snapshot, options: Options) -> tuple[Encoder, str]:
    """The model, opened, and for a person why its precision is not that of the index, unless another was asked for."""
    model, precision, _ = model_for(current, options)
    kept = current.manifest.model.precision
    if options.precision or precision == kept:
        return open_build_encoder(model, precision), ""
    try:
        return open_build_encoder(model, kept), ""
    except UsageError:
        why = f"the index was in {kept} and is in {precision} precision now: the model {model} has no {kept}"
        return open_build_encoder(model, precision), why


def _take_over(current: Snapshot, writer: Writer, options: Options, report: Report) -> None:
    for segment in current.file_segments:
        writer.take_over(segment, as_it_is=current.manifest.format >= READABLE and segment.is_complete)
        report.added += segment.record.articles - segment.record.deleted_articles
        report.passages += segment.record.passages - segment.record.deleted_passages
        report.languages.update(compress(segment.column("language"), segment.live_articles.tolist()))
        if options.on_progress:
            options.on_progress(Progress(report.added, current.manifest.articles, report.passages))


def _build(current: Snapshot, writer: Writer, encoder: Encoder, options: Options, report: Report) -> None:
    chunker = Chunker.of(writer.manifest.chunking, encoder)
    segments = current.file_segments
    articles = (Change(segments[number].unmarked(row), segments[number].digest(row)) for number, row in current.articles())

    def within(batch: Batch) -> None:
        if options.on_progress:
            reached = report.added + batch.share * len(batch.cut)
            options.on_progress(Progress(reached, current.manifest.articles, report.passages + batch.done))

    for _, entry in embed(articles, chunker, encoder, writer, report, within):
        writer.add(entry)
        report.added += 1
        report.passages += len(entry.passages)
        if options.on_progress:
            options.on_progress(Progress(report.added, current.manifest.articles, report.passages))


@dataclass(frozen=True, slots=True)
class Return:
    """A rollback from the version ``left`` to ``target``.

    ``tombstones`` and ``marks`` are those that the index has afterwards, because a rollback keeps decisions about articles. ``left`` is
    None if it cannot be read; its decisions are then lost unless ``decisions_read``. ``withdrawn`` are the ids of articles of ``target``
    that were deleted later, ``remarked`` those whose mark differs.
    """

    left: Snapshot | None
    target: Snapshot
    tombstones: Tombstones
    marks: Marks
    withdrawn: list[str]
    remarked: list[str]
    decisions_read: bool

    def lost(self) -> dict[str, list[str]]:
        """Return the ids of articles that the rollback removes, brings back or changes, by kind of change. Raises IndexDamaged."""
        if not self.left:
            return {}
        old, new = _digests(self.left), _digests(self.target)
        back = new.keys() - old.keys() - set(self.withdrawn)
        changed = [name for name in new.keys() & old.keys() if new[name] != old[name] and name not in self.withdrawn]
        found = {"articles removed": old.keys() - new.keys(), "brought back": back, "updates undone": changed}
        return {what: sorted(ids) for what, ids in found.items() if ids}

    def kept(self) -> dict[str, list[str]]:
        """Return the ids of articles for which a later decision is kept, by kind of decision."""
        return {what: ids for what, ids in {"deleted": self.withdrawn, "marks changed": self.remarked}.items() if ids}


def rollback_index(index_folder: str | os.PathLike[str], generation: str | None = None, wait_seconds: float | None = None) -> Snapshot:
    """Return to another ``generation``, by default the one that the current one replaced. The current generation is kept.

    Later deletions and marks are kept; if the generation lacks them, it gets a commit with them in the same step. With a named generation,
    this also works if ``CURRENT`` is missing or damaged. Returns the new current version, which its ``manifest`` describes. Raises
    UsageError for a wrong type, IndexMissing if there is no such generation, IndexTooOld or IndexDamaged if it cannot be read, IndexBusy
    and IndexUnwritable.
    """
    index_folder = folder_at(index_folder)
    if generation is not None:
        as_text(generation, "the name of a generation")
    if wait_seconds is not None:
        real("a wait of {} seconds", wait_seconds, 0)
    with files.WriterLock(index_folder, wait_seconds) as lock:
        if current := _current(index_folder, generation):
            pointer = read_pointer(index_folder)
            remove_leftovers(index_folder, current, pointer)  # an unpublished commit is never returned to
            remove_old_generations(index_folder, current, pointer)  # nothing returns to before a purge that was interrupted
        back = _returning(index_folder, current, generation)
        left, target = (f"from {current.generation}/{current.commit}",) if current else (), back.target
        if back.marks != target.marks() or back.tombstones != target.tombstones():
            with Writer(index_folder, target.manifest.model, target.manifest.chunking, lock=lock, back_to=target) as writer:
                writer.changes.why, writer.changes.origin = "decisions kept", left
                writer.tombstones, writer.marks = back.tombstones, back.marks
                for article_id in back.withdrawn:
                    writer.delete(article_id)
                for article_id in back.remarked:
                    writer.changes.note("marked" if article_id in back.marks else "unmarked", article_id)
                writer.commit(writer.known.sources)
            return Snapshot.open(index_folder)
        entry = Entry(target.pointer, utc_now(), ROLLBACK, left, target.manifest.articles, target.manifest.passages)
        with files.replacing(index_folder, POINTER, target.pointer.encode() + b"\n"):
            write_entry(index_folder, entry)
        return target


def plan_rollback(index_folder: Path, generation: str | None = None) -> Return:
    """What ``rollback`` would do, without writing or taking a lock. Raises as it does."""
    return _returning(index_folder, _current(index_folder, generation), generation)


def _returning(index_folder: Path, current: Manifest | None, generation: str | None) -> Return:
    try:
        if generation:
            target = _newest(index_folder, generation)
        elif current and current.replaced:
            target = _replaced(index_folder, current.replaced)
        else:
            before = current.generation if current else "the current one"
            raise IndexMissing(f"{index_folder} has no generation before {before}: nothing to roll back to")
    except IndexTooOld as error:
        raise IndexTooOld(
            f"{index_folder} cannot return to that generation: its format is that of an older newsdex. "
            f"Build one with the settings you want: {command('rebuild', index_folder)}"
        ) from error
    left, decided = None, target
    with suppress(IndexDamaged):
        if current is None:  # which commit it was is lost: what was decided is in the newest
            left = decided = [*Snapshot.all_there(index_folder)][-1]
        else:
            decided = Snapshot(index_folder, read_pointer(index_folder), current, ())
            left = Snapshot.open_at(index_folder, decided.pointer)
    known = target.tombstones(), target.marks()
    try:
        stones, marks, read = decided.tombstones().joined(known[0]), with_their_stories(decided.marks(), left, target), True
    except IndexDamaged:
        stones, marks, read = *known, False
    withdrawn = _covered(target, stones, left) if stones != known[0] else []
    remarked = [name for name in {**known[1], **marks} if known[1].get(name) != marks.get(name)]
    place = Known(target).place
    remarked = sorted(name for name in remarked if place(name) and name not in withdrawn)
    return Return(left, target, stones, marks, withdrawn, remarked, read)


def _covered(target: Snapshot, stones: Tombstones, left: Snapshot | None) -> list[str]:
    """The ids of the articles of ``target`` that ``stones`` cover and that are not in ``left`` as they are."""
    there: dict[str, bytes] = {}
    with suppress(IndexDamaged):  # then all are looked at
        there = _digests(left) if left else {}
    segments, found = target.file_segments, list[str]()
    for number, row in target.articles():
        article_id = segments[number].article_id(row)
        if there.get(article_id) != segments[number].digest(row) and stones.cover(segments[number].article(row)):
            found.append(article_id)
    return sorted(found)


def _digests(snapshot: Snapshot) -> dict[str, bytes]:
    segments = snapshot.file_segments
    return {segments[number].article_id(row): segments[number].digest(row) for number, row in snapshot.articles()}


def _current(index_folder: Path, generation: str | None) -> Manifest | None:
    """The current commit; None if it is lost and another ``generation`` is named. Raises IndexDamaged."""
    # The commit is enough: its other files may be what somebody returns from.
    try:
        return read_manifest(index_folder, read_pointer(index_folder))
    except FileNotFoundError:
        return Snapshot.open(index_folder).manifest
    except IndexDamaged:
        if generation is None:
            raise
        return None


def _newest(index_folder: Path, generation: str) -> Snapshot:
    """The newest version of ``generation``; where that is damaged, the newest of those before it that are not."""
    try:
        return Snapshot.open_generation(index_folder, generation)
    except IndexDamaged:
        older = [version for version in Snapshot.all_there(index_folder) if version.manifest.generation == generation]
        if not older:
            raise
        return older[-1]


def _replaced(index_folder: Path, pointer: str) -> Snapshot:
    """The version at ``pointer``, or if updates after an earlier rollback have taken its place, the newest of its generation."""
    if (index_folder / pointer).exists():
        return Snapshot.open_at(index_folder, pointer)
    return Snapshot.open_generation(index_folder, pointer.partition("/")[0])
