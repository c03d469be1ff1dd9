"""A writing session: articles are added and deleted, and one commit at the end makes all changes visible, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.encoder import ModelCard, Vectors
from newsdex.errors import IndexDamaged, IndexUnwritable, ModelMismatch, NewsdexError, command
from newsdex.settings import CUTTING, Chunking
from newsdex.store import files
from newsdex.store.checked import CheckedFile, block_sums
from newsdex.store.cleanup import confirm_purge, remove_leftovers, remove_old_generations, remove_unfinished
from newsdex.store.files import FileRecord
from newsdex.store.following import forget
from newsdex.store.furniture import MANY, find_furniture, update_furniture
from newsdex.store.log import ROLLBACK, Changes, write_entry
from newsdex.store.manifest import FORMAT, OLDEST, READABLE, ListRecord, Manifest, SegmentRecord, generations, publish
from newsdex.store.marks import Story, pack_marks, with_marks, with_stories
from newsdex.store.merging import merge_segments
from newsdex.store.paths import base_of
from newsdex.store.previous import Journal, Known
from newsdex.store.segment import Entry, FileSegment, write_segment
from newsdex.store.snapshot import Snapshot
from newsdex.store.sources import SourceFile, Sources, pack_sources
from newsdex.tensors import pack_tensors
from newsdex.values import utc_now

# Passages a segment, unless one article has more: what is held in memory before it is written, 100 MB of vectors.
SEGMENT_PASSAGES = 65_536
# Each segment costs a search a little, so the smallest are merged when there are more than SMALL_SEGMENTS of less than half of
# SEGMENT_PASSAGES, or more than FULL_SEGMENTS of the others that have less than half of LARGE_SEGMENT_PASSAGES. From the third on, none of
# them is larger than all smaller ones together: a thousand commits of an article write each article 5 times, where merging five at a time
# would write it 21 times. Eight full ones are a large one, which is not merged again.
LARGE_SEGMENT_PASSAGES = 8 * SEGMENT_PASSAGES
SMALL_SEGMENTS = 9
FULL_SEGMENTS = 7
LARGE_MERGE_EACH = 8  # commits that fill no segment
# Bytes of columns and of postings that are merged at once: about twice as many are held in memory.
_MOST_MERGED = 400 << 20


class Writer(AbstractContextManager["Writer"]):
    """The one writer of an index. Nothing is visible before ``commit``; leaving without it changes nothing."""

    def __init__(
        self,
        folder: Path,
        model: ModelCard,
        chunking: Chunking,
        *,
        wait_seconds: float | None = None,
        on_wait: Callable[[str], None] | None = None,
        new_generation: bool = False,
        before: Snapshot | None = None,
        lock: files.WriterLock | None = None,
        back_to: Snapshot | None = None,
    ) -> None:
        """Take the lock and open the current version, if any; ``before`` as in Snapshot.open. A rollback, which has the ``lock``, goes on
        from ``back_to``. With ``new_generation`` start an empty one, with any model and settings: the commit replaces the current version,
        which stays for a rollback. Raises IndexBusy, IndexUnwritable, IndexDamaged, IndexTooNew, IndexTooOld, or ModelMismatch for another
        model or settings.
        """
        files.make_folder(folder)
        self._folder = folder
        self._base = base_of(folder)
        self._lock = lock or files.WriterLock(folder, wait_seconds, on_wait)
        try:
            oldest = OLDEST if new_generation else READABLE
            current = back_to or Snapshot.open_if_any(folder, before=before, oldest=oldest)
            if back_to:
                remove_leftovers(folder, back_to.manifest, back_to.pointer)
            elif current:
                # What a run before this one published may not be durable yet, if it was interrupted in its last step.
                files.sync_folder(folder)
                remove_leftovers(folder, current.manifest, current.pointer)
                remove_old_generations(folder, current.manifest, current.pointer)  # should a purge have been interrupted
                if current.manifest.purged:
                    forget(folder, current)
            self.manifest = Manifest("g000001", 0, "", model, chunking, cutting=CUTTING)  # of the version that readers see now
            if current and new_generation:
                name, seek = _next_generation(folder, current.manifest.generation), current.manifest.seek_furniture
                self.manifest = replace(self.manifest, generation=name, replaced=current.pointer, seek_furniture=seek)
            elif current:
                _check_settings(folder, current.manifest, model, chunking)
                self.manifest = current.manifest
            latest = Known(current)
            self.snapshot = None if new_generation else current
            self.known = Known(None) if new_generation else latest
            self.tombstones, self.marks = latest.tombstones, latest.marks
            # Vectors of the same meaning and precision are taken over, whatever the passages are cut by.
            old = current.manifest.model if current else None
            same_model = old and (old.fingerprint, old.precision) == (model.fingerprint, model.precision)
            self._reusable = latest if same_model else Known(None)
            self._pointer = self.snapshot.pointer if self.snapshot else None
            self._generation = folder / self.manifest.generation
            if self.snapshot is None:
                files.make_folder(self._generation)
                remove_leftovers(folder, self.manifest, None)
            self.journal = Journal(self._generation, model)
        except BaseException:
            self._lock.release()
            raise
        self.seek_furniture = self.manifest.seek_furniture  # from the commit on
        self.changes = Changes()
        self._rebuilds, self._rolls_back = new_generation, back_to is not None
        self._added: set[str] = set()
        self._deleted: dict[int, set[int]] = {}
        self._pending: list[Entry] = []
        self._pending_passages = 0
        self._written: list[SegmentRecord] = []
        self._next_segment = self.manifest.next_segment

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def forget_index(self) -> None:
        """Take no vectors over from the index: a server had another model under the same name."""
        self._reusable = Known(None)

    def known_vectors(self, keys: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], Vectors]:
        """Return which of ``keys`` (uint8, (n, 16)) have vectors in the index or the journal, and these vectors, float32, (n, d)."""
        known, vectors = self._reusable.vectors(keys, self.manifest.model.dimension)
        left, found = self.journal.known(keys)
        left &= ~known
        vectors[left] = found[left]
        return known | left, vectors

    def add(self, entry: Entry, *, moved: bool = False) -> None:
        """Add an article, replacing the one with the same id. One that only ``moved`` in its file is not logged. Raises IndexUnwritable."""
        known = self._drop(entry.article.id)
        self._queue(entry)
        self._added.add(entry.article.id)
        if not self._rebuilds and not moved:
            self.changes.note("updated" if known else "added", entry.article.id)

    def take_over(self, segment: FileSegment, *, as_it_is: bool = True) -> None:
        """Add the living articles of a segment of another generation with the same model and settings. The files of a segment without
        deletions are copied if they can stay ``as_it_is``. Raises IndexUnwritable, and IndexDamaged if the files are not what was written.
        """
        if segment.record.deleted or not as_it_is:
            self._queue_again(segment)
            return
        self._flush()
        name = self._new_name()
        self._written.append(replace(segment.record, name=name, files=segment.copy(self._generation, name), marked=None))

    def delete(self, article_id: str) -> bool:
        """Remove an article of the current version. Return whether it existed."""
        known = self._drop(article_id)
        if known:
            self.changes.note("removed", article_id)
        return known

    def _drop(self, article_id: str) -> bool:
        place = self.known.place(article_id)
        if place is None:
            return False
        self._deleted.setdefault(place[0], set()).add(place[1])
        return True

    def commit(self, sources: Sources | Iterable[SourceFile], *, purge: bool = False) -> Manifest:
        """Make the session's changes visible, durably, in one step; nothing without changes and with the same sources. ``sources``: a
        changed copy of those of ``known``, or all now. ``purge``, which needs a current version, rewrites segments with deleted articles
        and removes earlier versions; the next writer removes what an interruption leaves. Raises IndexUnwritable; readers then see the
        previous version, unless the message says that files could not be removed.
        """
        if not isinstance(sources, Sources):
            sources = self.known.sources.becoming(sources)
        old = self.manifest
        if (
            self.snapshot
            and self.seek_furniture == old.seek_furniture
            and self.tombstones is self.known.tombstones
            and self.marks == self.known.marks
            and not (purge or self._deleted or self._pending or self._written)
            and not sources.changes()
        ):
            return old
        if purge:
            self.journal.discard()
            remove_unfinished(self._folder, old)
        if self.marks and self._deleted:
            self.marks = with_stories(self.marks, self._leaving())
        kept = self._without_deleted(self._with_deletions(), all_deleted=purge)
        self._flush()
        kept = self._merged(kept, 0, SEGMENT_PASSAGES, SMALL_SEGMENTS)
        # As many large merges as this session filled segments for, and one for those of earlier sessions.
        for _ in range(1 + len(self._written) // FULL_SEGMENTS):
            kept = self._merged(kept, SEGMENT_PASSAGES, LARGE_SEGMENT_PASSAGES, FULL_SEGMENTS)
        number = old.commit + 1
        segments = self._opened((*kept, *self._written))
        records = with_marks(segments, self.marks, self._generation, number)
        new = replace(
            old,
            format=FORMAT,
            commit=number,
            created=utc_now(),
            segments=records,
            sources=None,
            source_lists=self._source_lists(number, sources, whole=purge),
            next_segment=self._next_segment,
            previous=None if purge else self._pointer,
            replaced=None if purge else old.replaced,
            furniture=self._furniture(number, segments) if self.seek_furniture else None,
            seek_furniture=self.seek_furniture,
            tombstones=self._write(f"tombstones-{number:06d}", pack_tensors(self.tombstones.pack())) if self.tombstones else None,
            marks=self._write(f"marks-{number:06d}", [pack_marks(self.marks)]) if self.marks else None,
        )
        files.sync_folder(self._generation)
        write_entry(self._folder, entry := self.changes.entry(new, purge=purge))
        if self._rolls_back:
            write_entry(self._folder, replace(entry, why=ROLLBACK, counts={}, names={}))
        self._pointer = publish(self._folder, new)
        self.manifest = new
        self.journal.discard()
        remove_leftovers(self._folder, new, self._pointer)
        remove_old_generations(self._folder, new, self._pointer)
        if purge:
            confirm_purge(self._folder, new, self._pointer)
            forget(self._folder, Snapshot.open_at(self._folder, self._pointer))
        return new

    def _leaving(self) -> dict[str, Story]:
        """What the marked articles that leave the index are recognised by, by their ids; without those that are damaged."""
        gone = {self.known.segments[number].article_id(row) for number, rows in self._deleted.items() for row in rows} - self._added
        found: dict[str, Story] = {}
        for article_id in gone & self.marks.keys():
            with suppress(IndexDamaged):
                if story := self.known.story(article_id):
                    found[article_id] = story
        return found

    def _write(self, name: str, content: Iterable[bytes | memoryview]) -> FileRecord:
        return files.write_new(self._generation, name, content)

    def _opened(self, records: Iterable[SegmentRecord]) -> list[FileSegment]:
        """The segments of ``records``; those already open are reused."""
        there = {segment.record.name: segment for segment in self.known.segments}
        dimension = self.manifest.model.dimension
        return [FileSegment(self._generation, each, self._base, dimension=dimension, before=there.get(each.name)) for each in records]

    def _source_lists(self, number: int, sources: Sources, *, whole: bool) -> tuple[ListRecord, ...]:
        """The lists of ``sources``; unchanged ones are not rewritten, unless ``whole``."""
        kept, entries = sources.next_list(whole=whole)
        records = self.manifest.source_lists[:kept]
        if not entries:
            return records
        name, content = f"sources-{number:06d}", pack_tensors(pack_sources(entries))
        file, blocks = self._write(name, content), self._write(f"{name}.blocks", [block_sums(content).tobytes()])
        return (*records, ListRecord(file, blocks, len(entries)))

    def _furniture(self, number: int, segments: Sequence[FileSegment]) -> FileRecord | None:
        """Write which sentences of ``segments``, those of commit ``number``, are furniture, if any are and it is not known."""
        old = self.manifest.furniture
        try:
            changed = len(self._added) + sum(map(len, self._deleted.values()))
            if self.snapshot and self.manifest.seek_furniture and changed <= MANY:
                written = [segment for segment in segments if segment.record in self._written]
                added = [(segment, row) for segment in written for name in self._added for row in segment.rows_with("id", name)]
                removed = [(self.known.segments[place], row) for place, rows in self._deleted.items() for row in rows]
                before = CheckedFile(self._generation, old) if old else None
                found = update_furniture(before, self.known.segments, segments, removed, added)
            else:
                found = find_furniture(segments)
        except IndexDamaged:  # which is for the reader of what is damaged to tell
            return old
        if not found:
            return None
        content = pack_tensors(found)
        if old and xxhash.xxh3_128_hexdigest(b"".join(content)) == old.xxh3:
            return old
        return self._write(f"furniture-{number:06d}", content)

    def _queue(self, entry: Entry) -> None:
        """Queue ``entry`` for the next segment; write that first if it is full."""
        if self._pending_passages + len(entry.passages) > SEGMENT_PASSAGES:
            self._flush()
        self._pending.append(entry)
        self._pending_passages += len(entry.passages)

    def _queue_again(self, segment: FileSegment) -> None:
        for row in segment.live_articles.nonzero()[0].tolist():
            self._queue(segment.entry_as_read(row))

    def _flush(self) -> None:
        """Write the queued articles as a segment."""
        if self._pending:
            self._written.append(write_segment(self._generation, self._new_name(), self._pending, self._base))
            self._pending, self._pending_passages = [], 0

    def _new_name(self) -> str:
        self._next_segment += 1
        return f"s{self._next_segment - 1:06d}"

    def _with_deletions(self) -> list[SegmentRecord]:
        """The current segments with this session's deletions; those without a living article are left out."""
        records = []
        for number, segment in enumerate(self.known.segments):
            record = segment.record
            if number in self._deleted:
                rows = np.union1d(segment.deleted, np.fromiter(self._deleted[number], np.uint32)).astype(np.uint32)
                if len(rows) == record.articles:
                    continue
                file = self._write(f"{record.name}.deleted-{self.manifest.commit + 1:06d}", [rows.tobytes()])
                passages = sum(len(segment.passages(row)) for row in rows.tolist())
                record = replace(record, deleted=file, deleted_articles=len(rows), deleted_passages=passages)
            records.append(record)
        return records

    def _without_deleted(self, records: list[SegmentRecord], *, all_deleted: bool) -> list[SegmentRecord]:
        """``records`` without those that are mostly deleted, or have a deleted article if ``all_deleted``, whose living articles are
        written again. Unless ``all_deleted``, they become one segment, and have at most as many passages together as one, or are one.
        """
        names, left = set[str](), SEGMENT_PASSAGES
        for record in sorted(filter(_is_mostly_deleted, records), key=_living):
            if not names or _living(record) <= left:
                names.add(record.name)
                left -= _living(record)
        groups = [[record for record in records if record.name in names]]
        if all_deleted:
            groups = [[record] for record in records if record.deleted]
        for group in filter(None, groups):
            self._rewrite(group)
        return [record for record in records if not any(record in group for group in groups)]

    def _merged(self, kept: list[SegmentRecord], least: int, most: int, count: int) -> list[SegmentRecord]:
        """``kept`` without merged ones: the smallest of over ``count`` segments, new ones too, of ``least``/2 to ``most``/2 passages."""
        is_large = most > SEGMENT_PASSAGES
        tier = [record for record in (*kept, *self._written) if least <= 2 * _living(record) < most and not _is_mostly_deleted(record)]
        if len(tier) <= count:
            return kept
        if is_large:
            # Not at each commit, for one of them may be damaged, or the disk too full.
            if (self.manifest.commit + 1) % LARGE_MERGE_EACH and not any(record in self._written for record in tier):
                return kept
            tier = [segment.record for segment in self._opened(tier) if _is_complete(segment)]  # others are left to a rebuild
        group = _worth_merging(tier, most) if len(tier) > count else []
        # Though the disk has no room, it may have for what the session adds. Damage of a large segment is for its reader to tell.
        if not group or not self._rewrite(group, (IndexUnwritable, IndexDamaged) if is_large else (IndexUnwritable,)):
            return kept
        for record in group:
            if record in self._written:  # which nobody can have seen
                self._written.remove(record)
                for file in filter(None, (*record.files.values(), record.deleted)):
                    files.remove(self._generation / file.name)
        return [record for record in kept if record not in group]

    def _rewrite(self, group: Sequence[SegmentRecord], unless: tuple[type[NewsdexError], ...] = ()) -> bool:
        """Write the living articles of ``group`` as one segment: from its arrays, or anew if some are missing or damaged. False if the
        arrays cannot be read or written for a reason in ``unless``; nothing has changed then.
        """
        # Opened anew: what has been checked once is checked again, for damage must not get into a file with a new checksum.
        segments = [FileSegment(self._generation, each, self._base, dimension=self.manifest.model.dimension) for each in group]
        try:
            if all(segment.is_complete for segment in segments):
                self._written.append(merge_segments(self._generation, self._new_name(), segments))
                return True
        except unless:
            return False
        except IndexDamaged as error:
            if isinstance(error.__cause__, OSError):  # reading it through a map would kill the process
                raise
        for segment in segments:
            self._queue_again(segment)
        self._flush()
        return True


def _next_generation(folder: Path, current: str) -> str:
    """The name of the generation to build: that of an interrupted build, which continues, else a new one."""
    there = generations(folder)
    newest = max(there)
    interrupted = newest > current and (not there[newest] or any((folder / newest).glob("journal-*")))
    return newest if interrupted else f"g{int(newest[1:]) + 1:06d}"


def _living(record: SegmentRecord) -> int:
    return record.passages - record.deleted_passages


def _is_complete(segment: FileSegment) -> bool:
    with suppress(IndexDamaged):
        return segment.is_complete
    return False


def _is_mostly_deleted(record: SegmentRecord) -> bool:
    return record.deleted_passages * 2 > record.passages


def _worth_merging(tier: Sequence[SegmentRecord], most: int) -> list[SegmentRecord]:
    """The smallest segments of a ``tier``, as far as each is not larger than all before it together, so that an article is rewritten only a
    few times. Together they have at most so many passages that live. The largest has at most nine tenths of them: it is not rewritten for
    a few new ones each time, and the next larger segments are merged. They stay in their order.
    """
    by_size = sorted(tier, key=lambda record: (_living(record), record.name))
    for start in range(len(by_size)):
        names, living, size, largest = set[str](), 0, 0, 0
        for record in by_size[start:]:
            size += sum(record.files[role].size for role in ("articles", "postings"))
            if (len(names) > 1 and _living(record) > living) or living + _living(record) > most or size > _MOST_MERGED:
                break
            names.add(record.name)
            largest = _living(record)
            living += largest
        if 0 < 10 * largest <= 9 * living:
            return [record for record in tier if record.name in names]
    return []


def _check_settings(folder: Path, manifest: Manifest, model: ModelCard, chunking: Chunking) -> None:
    if manifest.model.fingerprint != model.fingerprint:
        name = manifest.model.name
        if name == model.name:
            raise ModelMismatch(f"{folder} was built with another version of {name}. Build it again: {command('rebuild', folder)}")
        raise ModelMismatch(
            f"{folder} was built with the model {name}, not {model.name}. Keep its model: --model {name}; or change it: "
            f"{command(f'rebuild --model {model.name}', folder)}"
        )
    if manifest.model.precision != model.precision:
        raise ModelMismatch(
            f"{folder} was built with --precision {manifest.model.precision}, not {model.precision}. Leave the option out, or change it: "
            f"{command(f'rebuild --precision {model.precision}', folder)}"
        )
    if manifest.chunking != chunking:
        title = "--title" if chunking.title else "--no-title"
        wanted = f"--max-tokens {chunking.max_tokens} --overlap {chunking.overlap} {title}"
        raise ModelMismatch(
            f"{folder} was built with {manifest.chunking}, not {chunking}. Leave the passage settings out, or change them: "
            f"{command(f'rebuild {wanted}', folder)}"
        )
