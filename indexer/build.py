"""An indexing run: changed files are read, chunked, embedded and committed. Reading overlaps with embedding."""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import numpy as np

from newsdex.encoder import DEFAULT_MODEL, FULL, INT8, SERVED, Encoder, ModelCard, Vectors, speaks
from newsdex.engines import open_build_encoder
from newsdex.errors import IndexDamaged, ModelMismatch, SourceError, UsageError, command
from newsdex.given import as_text, real, several, short, whole
from newsdex.indexer.changes import Change, Changes
from newsdex.indexer.chunker import Chunker
from newsdex.indexer.decisions import decisions_for
from newsdex.indexer.discover import Discovery, absent, check_place, counts_in_words, discover
from newsdex.indexer.language import choose, read_ahead, unspoken, with_language
from newsdex.indexer.limits import DEFAULT, Limits
from newsdex.indexer.pruning import find_vanished
from newsdex.indexer.report import Report
from newsdex.indexer.served_model import forget_if_changed, has_changed
from newsdex.indexer.source import Wanted
from newsdex.indexer.upkeep.carrying import MarkedStories
from newsdex.indexer.withheld import Restoring
from newsdex.indexer.workers.pool import Parsers, ahead
from newsdex.milvus.place import folder_at
from newsdex.records import Article
from newsdex.settings import Chunking
from newsdex.store.following import carry, is_followed
from newsdex.store.marks import id_of, unmet_corrections
from newsdex.store.paths import absolute, base_of, stored_path
from newsdex.store.previous import Known
from newsdex.store.segment import Entry, keys_of
from newsdex.store.snapshot import Snapshot
from newsdex.store.sources import Sources
from newsdex.store.writer import Writer
from newsdex.values import amount, grouped, portions

# Passages that are embedded together: enough to sort by length, few enough that progress is seen and memory stays flat.
_BATCH_PASSAGES = 512
_LOOK_SECONDS = 1.0  # how often progress within a batch is looked at


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: ``done`` of ``total``, in bytes of sources or articles (``done`` if not known), and passages done."""

    done: float
    total: int
    passages: int


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a run. ``model`` and ``chunking`` default to those of the index; ``wait_seconds=None`` waits without limit.

    ``limits`` apply to each source file. At most ``parsers`` processes parse (default: one per processor). ``encoder`` is an open encoder
    of the index's model, for repeated runs. ``wanted`` says how to read sources. ``precision`` is FULL or INT8 (default: the index's).
    ``furniture`` says whether newsdex.store.furniture keeps repeated lines out of answers (default: as before; for a new index, yes).
    ``prune_all`` also prunes what Report.kept and Report.held count. ``restore`` brings back deleted articles, ``restore_ids`` only those
    with these ids, and ``restore_purged`` also purged ones (all, or those with the ids). A new index takes over deletions, purges, marks
    and followed questions from the index in the folder ``decisions_of``. Raises UsageError.
    """

    model: str | None = None
    chunking: Chunking | None = None
    prune: bool = False
    wait_seconds: float | None = None
    on_wait: Callable[[str], None] | None = None
    on_progress: Callable[[Progress], None] | None = None
    limits: Limits = DEFAULT
    parsers: int | None = None
    encoder: Encoder | None = None
    wanted: Wanted | None = None
    precision: str | None = None
    furniture: bool | None = None
    restore: bool = False
    prune_all: bool = False
    decisions_of: Path | None = None
    restore_ids: Sequence[str] = ()
    restore_purged: bool = False

    def __post_init__(self) -> None:
        if self.wait_seconds is not None:
            real("a wait of {} seconds", self.wait_seconds, 0)
        if self.parsers is not None:
            whole("a number of {} parsers", self.parsers, 1)
        several("restore_ids", self.restore_ids, "ids")
        if self.model is not None and not as_text(self.model, "the name of a model"):
            raise UsageError("the name of a model is empty: expected a name, a folder, or openai:NAME@URL")
        if self.precision not in (None, FULL, INT8):
            raise UsageError(f"a precision of {short(self.precision)} is not allowed: expected {FULL!r} or {INT8!r}")
        for what, expected in (("chunking", Chunking), ("limits", Limits), ("wanted", Wanted)):
            if not isinstance(given := getattr(self, what), expected) and (given is not None or what == "limits"):
                raise UsageError(f"{what}: expected a {expected.__name__}, not {type(given).__name__}")

    @property
    def restoring(self) -> Restoring | None:
        """The articles to bring back, or None."""
        if self.restore or self.restore_ids or self.restore_purged:
            return Restoring(frozenset(self.restore_ids), self.restore_purged)
        return None


def as_options(options: object) -> Options:
    """Return ``options``, or the defaults for None. Raises UsageError for anything else."""
    if not isinstance(options, Options | None):
        raise UsageError(f"options: expected an Options, not {type(options).__name__}")
    return options or Options()


def index_paths(paths: Sequence[str | os.PathLike[str]], index_folder: str | os.PathLike[str], options: Options | None = None) -> Report:
    """Update the index in ``index_folder`` from the files at and below ``paths``, in one commit.

    Articles that are no longer in their sources are removed only with ``options.prune``, which keeps those of missing and empty folders and
    more than half of all (Report.kept, Report.held); ``options.prune_all`` removes these too. Unreadable files are listed in the report and
    do not stop the run. Raises NewsdexError if there is nothing to index or the index cannot be written, and UsageError if ``paths`` is not
    a list, or ``index_folder`` is empty or an archive in Milvus.
    """
    options = as_options(options)
    with Parsers(options.limits, most=options.parsers) as parsers:
        return index_by(parsers, paths, index_folder, options)


def index_by(parsers: Parsers, paths: Sequence[str | os.PathLike[str]], index_folder: str | os.PathLike[str], options: Options) -> Report:
    """The same, by ``parsers`` without a file. Those that have had one must not be used again."""
    sources, folder = [Path(path) for path in several("paths", paths, "files and folders")], folder_at(index_folder)
    began = time.monotonic()
    current = Snapshot.open_if_any(folder)
    if options.wanted and options.wanted.ocr:
        from newsdex.indexer.readers import ocr

        ocr.check(options.wanted.ocr)
    discovery = discover(sources, folder, _pictures(current, options.wanted))
    kept = decisions_for(folder, current, options.decisions_of)
    check_place(current, discovery, sources)
    if current is None and not discovery.files:  # then no folder is made either
        _check_found(sources, Changes(discovery, Known(None), base_of(folder), parsers).report)

    def look(known: Known) -> Changes:
        known = kept.into(known) if kept else known
        return Changes(discovery, known, base_of(folder), parsers, options.wanted, options.restoring)

    why = ""
    if new := current is None and not options.encoder and not options.model:
        changes = look(Known(None))
        languages, articles = read_ahead(changes.changed())
        encoder, why = choose(languages, options.precision or FULL, command("rebuild", folder))
    else:
        encoder = options.encoder or open_build_encoder(*model_for(current, options))

    def begin(writer: Writer) -> _Begun:
        nonlocal discovery, new
        writer.changes.why, writer.changes.origin = "index", tuple(map(str, map(absolute, sources)))
        if writer.snapshot and (current is None or writer.snapshot.pointer != current.pointer):
            # Another writer may have read files that came meanwhile; what was read ahead is given up.
            parsers.stop()
            discovery = discover(sources, folder, _pictures(writer.snapshot, options.wanted))
            new = False
        if new:
            return changes, articles
        now = look(writer.known)
        return now, now.changed()

    try:
        report = _update(folder, current, encoder, begin, sources, options)
    except ModelMismatch:
        if not new:
            raise
        # Another writer has made the index meanwhile, with the model that fits its articles.
        parsers.stop()
        return index_by(parsers, paths, index_folder, options)
    report.choice = why if new else ""
    report.decisions = kept.take_questions(folder) if kept else ""
    report.seconds = time.monotonic() - began
    return report


def add_articles(
    articles: Iterable[Mapping[str, Any] | Article], index_folder: str | os.PathLike[str], options: Options | None = None
) -> Report:
    """Add ``articles`` to the index in ``index_folder`` in one commit, replacing those with the same ids. Create the index if necessary.

    An article is an ``Article``, or a mapping with the fields of a line of JSON Lines: ``id`` and ``text`` are required, and dates may be
    datetime objects. The iterable is read once, piece by piece. Articles that cannot be added are listed in the report. Deleted and purged
    ones stay out unless ``options.restore`` is set. ``prune``, ``parsers`` and all limits except ``text`` have no effect here.
    ``index_paths`` never prunes added articles, but a file that is read later takes over its ids.

    Raises NewsdexError if the index cannot be written or would have no article; UsageError for wrong types, with the number of the article;
    and any exception that ``articles`` raises. Then nothing is committed.
    """
    from newsdex.indexer.in_memory import read_added  # which files do not need

    folder, options, began = folder_at(index_folder), as_options(options), time.monotonic()
    items: Iterator[Article | SourceError] = read_added(articles, base_of(folder), (options.wanted or Wanted()).reading(""), options.limits)
    current, encoder, why = Snapshot.open_if_any(folder), options.encoder, ""
    if not current:
        languages, items = read_ahead(items, lambda item: item if isinstance(item, Article) else None)
        if not languages:  # then no folder is made either
            refused = list(items)
            first = f" {amount(len(refused), 'problem')}, the first: {refused[0]}." if refused else ""
            raise UsageError(f"no articles to add.{first} Expected at least one mapping with an id and a text")
        if not (encoder or options.model):
            encoder, why = choose(languages, options.precision or FULL, command("rebuild", folder))

    def begin(writer: Writer) -> _Begun:
        nonlocal why
        why, writer.changes.why = "" if writer.snapshot else why, "add"
        changes = Changes(Discovery(), writer.known, base_of(folder), Parsers(), restoring=options.restoring)
        return changes, changes.changed(items)

    try:
        report = _update(folder, current, encoder or open_build_encoder(*model_for(current, options)), begin, [], options)
    except ModelMismatch:
        if not why:
            raise
        # Another writer has made the index meanwhile, with a model that fits its articles.
        current = Snapshot.open(folder)
        report = _update(folder, current, open_build_encoder(*model_for(current, options)), begin, [], options)
    report.choice = why
    report.seconds = time.monotonic() - began
    return report


_Begun = tuple[Changes, Iterator[Change]]


def _update(
    folder: Path,
    current: Snapshot | None,
    encoder: Encoder,
    begin: Callable[[Writer], _Begun],
    sources: Sequence[Path],
    options: Options,
) -> Report:
    """Write what ``begin`` finds to have changed since the version of the writer, which is ``current`` unless another came before."""
    chunking = options.chunking or (current.manifest.chunking if current else Chunking())
    chunker = Chunker.of(chunking, encoder)
    with Writer(folder, encoder.card, chunking, wait_seconds=options.wait_seconds, on_wait=options.on_wait, before=current) as writer:
        if writer.snapshot and has_changed(writer.snapshot, encoder):
            name = encoder.card.name
            raise ModelMismatch(
                f"the server of the model {name} gives other vectors than those of {folder}: it runs another model now. Run the old one "
                f"there, or build the index again: {command(f'rebuild --model {name}', folder)}"
            )
        report = _write(*begin(writer), chunker, encoder, writer, sources, options)
    after = Snapshot.open(folder, before=current)
    report.model, report.unspoken = encoder.card.name, _newly_unspoken(report.languages, current, after)
    report.unmet_corrections = _new_unmet(current, after)
    return report


def _write(
    changes: Changes,
    changed: Iterator[Change],
    chunker: Chunker,
    encoder: Encoder,
    writer: Writer,
    sources: Sequence[Path],
    options: Options,
) -> Report:
    """Embed and commit what ``changed``, which is that of ``changes``, and remove what vanished."""
    report, known = changes.report, changes.known
    marked, same = MarkedStories(known), list[tuple[str, str]]()
    followed = writer.snapshot.folder if writer.snapshot and is_followed(writer.snapshot.folder) else None
    tell = options.on_progress or (lambda _: None)
    done = 0

    def within(batch: Batch) -> None:
        reached = done + batch.share * (batch.cut[-1].change.reached - done)
        tell(Progress(reached, changes.bytes_total or int(reached) or 1, report.passages + batch.done))

    for change, entry in embed(changed, chunker, encoder, writer, report, within):
        marked.look(entry.article, change.was)
        if followed and not writer.known.place(entry.article.id):
            same += ((entry.article.id, old) for old in writer.known.ids_with(bytes.fromhex(entry.article.sha256)))
        writer.add(entry, moved=change.moved)
        report.passages += len(entry.passages)
        done = change.reached
        tell(Progress(done, changes.bytes_total or done, report.passages))
    vanished = find_vanished(changes, map(absolute, sources), prune=options.prune, prune_all=options.prune_all)
    for article_id in vanished.removed:
        writer.delete(article_id)
    writer.tombstones = changes.withheld.tombstones()
    writer.marks, unmarked = marked.settle(vanished.unseen, set(vanished.removed), report)
    if not writer.snapshot:
        _check_found(sources, report)
        # The marks are those of another index, each with its story
        report.marks = {name: old for name, old in report.marks.items() if name != old}
        report.marks_apart = {id_of(name): mark for name, mark in writer.marks.items() if mark.story}
    for kind, ids in (("marked", report.marks), ("unmarked", unmarked)):
        for article_id in ids:
            writer.changes.note(kind, article_id)
    if options.furniture is not None:
        writer.seek_furniture = options.furniture
    if followed:
        carry(followed, same)
    writer.commit(changes.sources)
    return report


def _newly_unspoken(read: Counter[str], before: Snapshot | None, after: Snapshot) -> Counter[str]:
    """The articles of ``after`` in languages that its model does not speak, if they became many by those that were ``read``."""
    model = after.manifest.model
    if all(speaks(model, language) for language in read) or (before and unspoken(before.counts("language"), model)):
        return Counter()
    return unspoken(+after.counts("language"), model)


def _new_unmet(before: Snapshot | None, after: Snapshot) -> dict[str, str]:
    """What articles of ``after`` correct that no article is, where ``before`` did not have that already."""
    if before and before.pointer == after.pointer:
        return {}
    try:
        known = unmet_corrections(before.file_segments) if before else {}
        return {name: value for name, value in unmet_corrections(after.file_segments).items() if known.get(name) != value}
    except IndexDamaged:  # which is for the reader of what is damaged to tell
        return {}


def model_for(current: Snapshot | None, options: Options) -> tuple[str, str, ModelCard | None]:
    """Name and precision of the model: of ``options``, else the index's, else the defaults; and the index's card, if of that model."""
    card = current.manifest.model if current else None
    model = options.model or (card.name if card else DEFAULT_MODEL)
    card = card if card and card.name == model else None
    return model, options.precision or (card.precision if card else FULL), card


def plan(paths: Sequence[Path], index_folder: Path, options: Options | None = None) -> Report:
    """Return what ``index_paths`` would do, without writing or taking a lock."""
    options, began = options or Options(), time.monotonic()
    current = Snapshot.open_if_any(index_folder)
    discovery = discover(paths, index_folder, _pictures(current, options.wanted))
    kept = decisions_for(index_folder, current, options.decisions_of)
    check_place(current, discovery, paths)
    known = kept.into(Known(current)) if kept else Known(current)
    with Parsers() as parsers:
        changes = Changes(discovery, known, base_of(index_folder), parsers, options.wanted, options.restoring)
        deque(changes.changed(), 0)
    find_vanished(changes, map(absolute, paths), prune=options.prune, prune_all=options.prune_all)
    if not current:
        _check_found(paths, changes.report)
    changes.report.seconds = time.monotonic() - began
    return changes.report


def chunking_for(index_folder: Path, cutting: Mapping[str, Any]) -> Chunking | None:
    """The settings of the existing index, or the defaults, with the given fields replaced; None if none is given."""
    if not cutting:
        return None
    current = Snapshot.open_if_any(index_folder)
    return replace(current.manifest.chunking if current else Chunking(), **cutting)


def cut_article(article: Article, digest: bytes, chunker: Chunker) -> tuple[Entry, list[str]]:
    """``article`` cut into passages, without their vectors, and the texts that these are made of."""
    chunked = chunker.cut(article)
    texts = [chunk.embedded for chunk in chunked.chunks]
    spans = [chunk.span for chunk in chunked.chunks]
    return Entry(article, digest, chunked.sentences, spans, keys_of(texts), np.empty((len(texts), 0), np.float32)), texts


class _Cut(NamedTuple):
    """A change, its article cut into passages without their vectors, and the texts that these are made of; None if it has its vectors."""

    change: Change
    entry: Entry
    texts: list[str] | None


def _cut(changed: Iterable[Change], chunker: Chunker, known: Known, report: Report) -> Iterator[_Cut]:
    """Each changed article as ``cut_article`` gives it; one with its old text has its vectors. Digests ignore the detected language."""
    for change in changed:
        article = with_language(change.article)
        report.languages[article.language] += 1
        old = known.entry(article.id)
        if old and (old.article.text, old.article.title, old.article.body) == (article.text, article.title, article.body):
            yield _Cut(change, replace(old, article=article, digest=change.digest), None)
        else:
            yield _Cut(change, *cut_article(article, change.digest, chunker))


@dataclass
class Batch:
    """Articles that are embedded together; ``done``: of their ``texts``, those whose vectors are there."""

    cut: Sequence[_Cut]
    texts: list[str]
    done: int = 0

    @property
    def share(self) -> float:
        """The part that is done, from 0 to 1."""
        return self.done / len(self.texts) if self.texts else 1.0


def embed(
    changed: Iterable[Change],
    chunker: Chunker,
    encoder: Encoder,
    writer: Writer,
    report: Report,
    within: Callable[[Batch], None],
) -> Iterator[tuple[Change, Entry]]:
    """Each of what ``changed`` with its entry, in order; the next batch is read meanwhile. ``within`` gets the awaited one each second."""
    stop = Event()
    with ThreadPoolExecutor(1, "embed") as thread:
        cut = portions(_cut(changed, chunker, writer.known, report), _BATCH_PASSAGES, lambda each: 1 + len(each.texts or ()))
        batches = (Batch(some, [text for each in some for text in each.texts or ()]) for some in cut)
        try:
            for batch, embedded in ahead(
                ((batch, thread.submit(_embed_batch, batch, encoder, writer, report, stop)) for batch in batches), 1
            ):
                while not wait([embedded], _LOOK_SECONDS).done:
                    within(batch)
                yield from embedded.result()
        finally:  # after an interruption, what is left of a long article is not waited for
            stop.set()


def _embed_batch(batch: Batch, encoder: Encoder, writer: Writer, report: Report, stop: Event) -> list[tuple[Change, Entry]]:
    vectors = _vectors(batch, encoder, writer, report, stop)
    embedded, done = [], 0
    for change, entry, texts in batch.cut:
        embedded.append((change, entry if texts is None else replace(entry, vectors=vectors[done : done + len(texts)])))
        done += len(texts or ())
    return embedded


def _vectors(batch: Batch, encoder: Encoder, writer: Writer, report: Report, stop: Event) -> Vectors:
    """One row a text. Known and repeated ones are not embedded again; those of a long article are, in portions, until ``stop``."""
    keys, most = keys_of(batch.texts), _BATCH_PASSAGES
    if encoder.card.name.startswith(SERVED):
        from newsdex.engines.served import BATCH

        most = BATCH
        forget_if_changed(writer.journal, batch.texts, keys, encoder)
    have, vectors = writer.known_vectors(keys)
    missing = grouped((batch.texts[row], row) for row in (~have).nonzero()[0].tolist())
    batch.done = int(have.sum())
    # What a server has embedded may have been paid for: it is kept after each request.
    for some in portions(missing.items(), most):
        if stop.is_set():
            break
        new = encoder.encode_passages([text for text, _ in some])
        writer.journal.append(keys[[rows[0] for _, rows in some]], new)
        for (_, rows), vector in zip(some, new, strict=True):
            vectors[rows] = vector
            batch.done += len(rows)
        report.embedded += len(some)
    return vectors


def _pictures(current: Snapshot | None, wanted: Wanted | None) -> Callable[[Path], bool]:
    """Which pictures are read: all with OCR, else those that were read by it before."""
    wanted = wanted or Wanted()
    base, sources = (base_of(current.folder), current.sources()) if current else (Path(), Sources())

    def is_read(path: Path) -> bool:
        before = sources.get(stored_path(base, path))
        return bool(wanted.reading(before.reading if before else "").ocr)

    return is_read


def _check_found(paths: Sequence[Path], report: Report) -> None:
    if report.seen:
        return
    named = ", ".join(map(str, paths))
    if len(report.missing) == len(paths):
        raise UsageError(absent(paths))
    count = len(report.problems)
    why = f" {count} problem{'' if count == 1 else 's'}, the first: {report.problems[0]}." if count else ""
    kinds = f" Files of other formats: {counts_in_words(report.other_formats, 5)}." if report.other_formats else ""
    raise UsageError(
        f"no articles in {named}.{why}{kinds} Expected .html, .pdf, .docx, .md, .txt, .jsonl or other articles (newsdex index --help)"
    )
