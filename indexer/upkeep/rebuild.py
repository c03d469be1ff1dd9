"""A new generation of an index, built beside the old one from the texts that the old one holds; and the way back."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import compress
from pathlib import Path

from newsdex.encoder import Encoder
from newsdex.engines import open_build_encoder, open_query_encoder
from newsdex.errors import IndexDamaged, IndexMissing, IndexTooOld
from newsdex.indexer.build import Options, Progress, embed, model_for
from newsdex.indexer.chunker import Chunker
from newsdex.indexer.language import unspoken
from newsdex.indexer.report import Report
from newsdex.store import files
from newsdex.store.cleanup import remove_leftovers, remove_old_generations
from newsdex.store.log import ROLLBACK, Entry, write_entry
from newsdex.store.manifest import OLDEST, POINTER, READABLE, Manifest, read_manifest, read_pointer
from newsdex.store.previous import Known
from newsdex.store.snapshot import Snapshot
from newsdex.store.writer import Writer
from newsdex.values import utc_now


def rebuild(index_folder: Path, options: Options | None = None) -> Report:
    """Cut and embed all articles again, with another model or other settings; readers use the old generation until the commit.

    No source file is read. What is embedded already, by an interrupted rebuild or with the same model for the same text, is taken over;
    with the same settings, unless a later newsdex would cut otherwise, all is. An index of the format before becomes one of today's. Raises
    NewsdexError.
    """
    options = options or Options()
    began = time.monotonic()
    current = Snapshot.open(index_folder, oldest=OLDEST)
    model, precision = model_for(current, options)
    chunking = options.chunking or current.manifest.chunking
    card = replace(open_query_encoder(model).card, precision=precision)
    report = Report()
    with Writer(index_folder, card, chunking, wait_seconds=options.wait_seconds, on_wait=options.on_wait, new_generation=True) as writer:
        current = Snapshot.open(index_folder, oldest=OLDEST)  # as it is now that nobody else can write
        old, new = ((m.model.fingerprint, m.model.precision, m.chunking, m.cutting) for m in (current.manifest, writer.manifest))
        if old == new:  # cutting and embedding would give what is there
            _take_over(current, writer, options, report)
        else:
            _build(current, writer, open_build_encoder(model, precision), options, report)
        writer.changes.why = "rebuild"
        writer.commit([*current.sources().values()])
    report.model, report.unspoken = card.name, unspoken(report.languages, card)
    report.seconds = time.monotonic() - began
    return report


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
    articles = ((segments[number].unmarked(row), segments[number].digest(row)) for number, row in current.articles())
    for entry in embed(articles, chunker, Known(None), encoder, writer, report):
        writer.add(entry)
        report.added += 1
        report.passages += len(entry.passages)
        if options.on_progress:
            options.on_progress(Progress(report.added, current.manifest.articles, report.passages))


def rollback(index_folder: Path, generation: str | None = None, wait_seconds: float | None = None) -> Snapshot:
    """Return to another generation, the one that the current one replaced unless it is named; the current one is kept.

    A named one is returned to also where ``CURRENT`` is lost or damaged. Raises IndexMissing when there is none to return to, IndexTooOld
    or IndexDamaged when it cannot be read, IndexBusy and IndexUnwritable.
    """
    with files.WriterLock(index_folder, wait_seconds):
        left = ""
        try:
            current = _current(index_folder)
            left = f"from {current.generation}/{current.commit}"
        except IndexDamaged:
            if generation is None:
                raise
        try:
            if generation:
                target = _newest(index_folder, generation)
            elif current.replaced:
                target = _replaced(index_folder, current.replaced)
            else:
                raise IndexMissing(f"{index_folder} has no generation before {current.generation}: nothing to roll back to")
        except IndexTooOld as error:
            raise IndexTooOld(
                f"{index_folder} cannot return to that generation: its format is that of an older newsdex. "
                f"Build one with the settings you want: newsdex rebuild --index-dir {index_folder}"
            ) from error
        entry = Entry(
            target.pointer,
            utc_now(),
            ROLLBACK,
            (left,) if left else (),
            target.manifest.articles,
            target.manifest.passages,
        )
        with files.replacing(index_folder, POINTER, target.pointer.encode() + b"\n"):
            write_entry(index_folder, entry)
        return target


def differences(left: Snapshot, target: Snapshot) -> dict[str, int]:
    """How many articles a rollback from ``left`` to ``target`` removed, brought back or changed, and how many marks it changed, each by a
    name in words; without those that are 0. Raises IndexDamaged.
    """
    old, new = _digests(left), _digests(target)
    marks = [{name: mark for name, mark in version.marks().items() if name in new and not mark.story} for version in (left, target)]
    counts = {
        "articles removed": len(old.keys() - new.keys()),
        "brought back": len(new.keys() - old.keys()),
        "updates undone": sum(new[name] != old[name] for name in new.keys() & old.keys()),
        "marks undone": sum(marks[0].get(name) != marks[1].get(name) for name in marks[0].keys() | marks[1].keys()),
    }
    return {what: count for what, count in counts.items() if count}


def _digests(snapshot: Snapshot) -> dict[str, bytes]:
    segments = snapshot.file_segments
    return {segments[number].article_id(row): segments[number].digest(row) for number, row in snapshot.articles()}


def _current(index_folder: Path) -> Manifest:
    """The current commit, after everything is removed that nothing returns to."""
    # The commit is enough: its other files may be what somebody returns from.
    pointer = read_pointer(index_folder)
    try:
        current = read_manifest(index_folder, pointer)
    except FileNotFoundError:
        current = Snapshot.open(index_folder).manifest
    remove_leftovers(index_folder, current, pointer)  # an unpublished commit is never returned to
    remove_old_generations(index_folder, current, pointer)  # nothing returns to before a purge that was interrupted
    return current


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
