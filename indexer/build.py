"""An indexing run: changed files are read, chunked, embedded and committed. Reading overlaps with embedding."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from newsdex.encoder import DEFAULT_MODEL, FULL, Encoder, Vectors
from newsdex.engines import open_build_encoder
from newsdex.errors import IndexDamaged, ModelMismatch, UsageError
from newsdex.given import real, several, whole
from newsdex.indexer.changes import Changes
from newsdex.indexer.chunker import Chunker
from newsdex.indexer.discover import absent, counts_in_words, discover
from newsdex.indexer.language import choose, read_ahead, unspoken, with_language
from newsdex.indexer.limits import DEFAULT, Limits
from newsdex.indexer.readers import ocr
from newsdex.indexer.report import Report
from newsdex.indexer.source import Wanted
from newsdex.indexer.upkeep.carrying import Carried, Carrying
from newsdex.indexer.workers.pool import Parsers, ahead
from newsdex.milvus.place import folder_at
from newsdex.records import Article
from newsdex.settings import Chunking
from newsdex.store.following import carry, is_followed
from newsdex.store.marks import unmet_corrections
from newsdex.store.paths import absolute, base_of, stored_path
from newsdex.store.previous import Known
from newsdex.store.segment import Entry, keys_of
from newsdex.store.snapshot import Snapshot
from newsdex.store.sources import Sources
from newsdex.store.writer import Writer
from newsdex.values import grouped, portions

# Passages that are embedded together: enough to sort by length, few enough that progress is seen and memory stays flat.
_BATCH_PASSAGES = 512


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a run: ``done`` of ``total``, in bytes of the sources or in articles; passages done."""

    done: int
    total: int
    passages: int


@dataclass(frozen=True, slots=True)
class Options:
    """How to run. ``model`` and ``chunking`` default to those of the index; ``wait_seconds`` None waits without limit.

    ``limits`` apply to each source file; at most ``parsers`` processes parse, by default as many as there are processors. ``encoder`` is an
    open one of the index's model, for repeated runs. ``wanted`` says how sources are to be read; ``precision`` is FULL or INT8, by default
    the index's. ``furniture`` says whether newsdex.store.furniture keeps repeated lines out of answers, by default as before, at first yes.
    ``restore`` brings deleted and purged articles back. Raises UsageError.
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

    def __post_init__(self) -> None:
        if self.wait_seconds is not None:
            real("a wait of {} seconds", self.wait_seconds, 0)
        if self.parsers is not None:
            whole("a number of {} parsers", self.parsers, 1)


def index_paths(paths: Sequence[str | os.PathLike[str]], index_folder: str | os.PathLike[str], options: Options | None = None) -> Report:
    """Update the index in ``index_folder`` from the files at and below ``paths``, in one commit.

    Articles that are no longer in their sources are removed only with ``options.prune``. Unreadable files are listed in the report and do
    not stop the run. Raises NewsdexError if there is nothing to index, or the index cannot be written, and UsageError if ``paths`` is no
    list, or ``index_folder`` is empty or an archive in Milvus.
    """
    sources, folder = [Path(path) for path in several("paths", paths, "files and folders")], folder_at(index_folder)
    options = options or Options()
    if not isinstance(options, Options):
        raise UsageError(f"options: expected an Options, not {type(options).__name__}")
    began = time.monotonic()
    current = Snapshot.open_if_any(folder)
    if options.wanted and options.wanted.ocr:
        ocr.check(options.wanted.ocr)
    discovery = discover(sources, folder, _pictures(current, options.wanted))
    if current is None and not discovery.files:  # then no folder is made either
        _check_found(sources, Changes(discovery, Known(None), base_of(folder), Parsers()).report)
    chunking = options.chunking or (current.manifest.chunking if current else Chunking())
    with Parsers(options.limits, most=options.parsers) as parsers:

        def look(known: Known) -> Changes:
            return Changes(discovery, known, base_of(folder), parsers, options.wanted, restore=options.restore)

        why = ""
        if new := current is None and not options.encoder and not options.model:
            changes = look(Known(None))
            languages, articles = read_ahead(changes.changed())
            encoder, why = choose(languages, options.precision or FULL)
        else:
            encoder = options.encoder or open_build_encoder(*model_for(current, options))
        chunker = Chunker.of(chunking, encoder)
        try:
            with Writer(
                folder, encoder.card, chunking, wait_seconds=options.wait_seconds, on_wait=options.on_wait, before=current
            ) as writer:
                if writer.snapshot and (current is None or writer.snapshot.pointer != current.pointer):
                    # Another writer may have read files that came meanwhile.
                    discovery = discover(sources, folder, _pictures(writer.snapshot, options.wanted))
                    new = False
                if not new:
                    changes = look(writer.known)
                    articles = changes.changed()
                report = _write(changes, articles, chunker, encoder, writer, sources, options)
        except ModelMismatch:
            if not new:
                raise
            # Another writer has made the index meanwhile, with the model that fits its articles.
            return index_paths(paths, index_folder, options)
    report.model, report.choice, report.unspoken = encoder.card.name, why if new else "", unspoken(report.languages, encoder.card)
    report.unmet_corrections = _new_unmet(current, Snapshot.open(folder, before=current))
    report.seconds = time.monotonic() - began
    return report


def _write(
    changes: Changes,
    articles: Iterator[tuple[Article, bytes]],
    chunker: Chunker,
    encoder: Encoder,
    writer: Writer,
    sources: Sequence[Path],
    options: Options,
) -> Report:
    """Embed and commit ``articles``, which are those of ``changes``, and remove what vanished."""
    report = changes.report
    writer.changes.why, writer.changes.origin = "index", tuple(map(str, map(absolute, sources)))
    carried, same = Carried(writer.known), list[tuple[str, str]]()
    followed = writer.snapshot.folder if writer.snapshot and is_followed(writer.snapshot.folder) else None
    for entry in embed(articles, chunker, writer.known, encoder, writer, report):
        carried.look(entry.article)
        if followed and not writer.known.place(entry.article.id):
            same += ((entry.article.id, old) for old in writer.known.ids_with(bytes.fromhex(entry.article.sha256)))
        writer.add(entry, moved=entry.article.id in changes.moved)
        report.passages += len(entry.passages)
        done = changes.bytes_then.popleft()
        if options.on_progress:
            options.on_progress(Progress(done, changes.bytes_total, report.passages))
    gone = changes.vanished(list(map(absolute, sources)), prune=options.prune)
    for article_id in gone:
        writer.delete(article_id)
    _carry(carried.settle(changes.unseen, set(gone)), writer, report)
    if changes.restored:
        writer.tombstones = writer.tombstones.minus(changes.restored, changes.restored_files)
    if new := {path for path in changes.withheld if not writer.tombstones.cover_file(path)}:
        writer.tombstones = writer.tombstones.plus((), new)
    if not writer.snapshot:
        _check_found(sources, report)
    if options.furniture is not None:
        writer.seek_furniture = options.furniture
    if followed:
        carry(followed, same)
    writer.commit(changes.sources)
    return report


def _carry(marks: Carrying, writer: Writer, report: Report) -> None:
    """Write the marks as the update leaves them, and report what became of them."""
    writer.marks, report.marks = marks.marks, marks.carried
    report.marks_apart, report.marks_unlinked, report.marks_doubtful = marks.apart, marks.unlinked, marks.doubtful
    for kind, ids in (("marked", marks.carried), ("unmarked", marks.left)):
        for article_id in ids:
            writer.changes.note(kind, article_id)


def _new_unmet(before: Snapshot | None, after: Snapshot) -> dict[str, str]:
    """What articles of ``after`` correct that no article is, where ``before`` did not have that already."""
    if before and before.pointer == after.pointer:
        return {}
    try:
        known = unmet_corrections(before.file_segments) if before else {}
        return {name: value for name, value in unmet_corrections(after.file_segments).items() if known.get(name) != value}
    except IndexDamaged:  # which is for the reader of what is damaged to tell
        return {}


def model_for(current: Snapshot | None, options: Options) -> tuple[str, str]:
    """Name and precision of the model for a run on the existing index: those of ``options``, else the index's, else the defaults."""
    model = options.model or (current.manifest.model.name if current else DEFAULT_MODEL)
    return model, options.precision or (current.manifest.model.precision if current and current.manifest.model.name == model else FULL)


def plan(paths: Sequence[Path], index_folder: Path, prune: bool = False, wanted: Wanted | None = None, *, restore: bool = False) -> Report:
    """Return what ``index_paths`` would do, without writing or taking a lock."""
    began = time.monotonic()
    current = Snapshot.open_if_any(index_folder)
    discovery = discover(paths, index_folder, _pictures(current, wanted))
    with Parsers() as parsers:
        changes = Changes(discovery, Known(current), base_of(index_folder), parsers, wanted, restore=restore)
        for _ in changes.changed():
            pass
    changes.vanished(list(map(absolute, paths)), prune=prune)
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


def _cut(
    changed: Iterable[tuple[Article, bytes]], chunker: Chunker, known: Known, report: Report
) -> Iterator[tuple[Entry, list[str] | None]]:
    """Each changed article with its language, as ``cut_article`` gives it; one with the text it had is whole, and has no texts. The
    digest covers what the reader found, so a language detector that changes its mind changes nothing in an index.
    """
    for found, digest in changed:
        article = with_language(found)
        report.languages[article.language] += 1
        old = known.entry(article.id)
        if old and (old.article.text, old.article.title, old.article.body) == (article.text, article.title, article.body):
            yield replace(old, article=article, digest=digest), None
        else:
            yield cut_article(article, digest, chunker)


def embed(
    articles: Iterable[tuple[Article, bytes]], chunker: Chunker, known: Known, encoder: Encoder, writer: Writer, report: Report
) -> Iterator[Entry]:
    """The entries of ``articles``, each with its digest, in order. While one batch is embedded in a thread, the next is read and cut."""
    with ThreadPoolExecutor(1, "embed") as thread:
        batches = portions(_cut(articles, chunker, known, report), _BATCH_PASSAGES, lambda each: 1 + len(each[1] or ()))
        for embedded in ahead((thread.submit(_embed_batch, batch, encoder, writer, report) for batch in batches), 1):
            yield from embedded.result()


def _embed_batch(batch: Sequence[tuple[Entry, list[str] | None]], encoder: Encoder, writer: Writer, report: Report) -> list[Entry]:
    vectors = _vectors([text for _, texts in batch for text in texts or ()], encoder, writer, report)
    entries, done = [], 0
    for entry, texts in batch:
        entries.append(entry if texts is None else replace(entry, vectors=vectors[done : done + len(texts)]))
        done += len(texts or ())
    return entries


def _vectors(texts: Sequence[str], encoder: Encoder, writer: Writer, report: Report) -> Vectors:
    """One row a text. Texts that the index or an interrupted run has already, and repeated ones, are not embedded again."""
    keys = keys_of(texts)
    have, vectors = writer.known_vectors(keys)
    missing = grouped((texts[row], row) for row in (~have).nonzero()[0].tolist())
    if missing:
        new = encoder.encode_passages(list(missing))
        writer.journal.append(keys[[rows[0] for rows in missing.values()]], new)
        for rows, vector in zip(missing.values(), new, strict=True):
            vectors[rows] = vector
    report.embedded += len(missing)
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
