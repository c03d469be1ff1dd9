"""Checks every byte of an index, without changing it."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path
from shlex import quote
from typing import Literal

import numpy as np
import xxhash

from newsdex.encoder import INT8, SERVED, Encoder
from newsdex.engines import open_build_encoder
from newsdex.engines.served import SAME_MODEL
from newsdex.errors import IndexDamaged, command
from newsdex.indexer.build import Progress
from newsdex.indexer.chunker import Chunker
from newsdex.indexer.served_model import has_changed
from newsdex.indexer.upkeep.status import drift
from newsdex.records import UNREAD, Article, Span
from newsdex.store.checked import DAMAGED, CheckedFile
from newsdex.store.postings import ArticleTerms, Unit, hash_of
from newsdex.store.segment import FileSegment, sign_planes, terms_of
from newsdex.store.snapshot import Snapshot
from newsdex.store.writer import SEGMENT_PASSAGES
from newsdex.words import ONCE_SPACES, Analyzer, unlinked

_BATCH = 512  # passages that are embedded together
_NAMED = 20  # problems of a segment that are described
_SAMPLE = 64  # of SEGMENT_PASSAGES, that are embedded again
# Engines and precisions differ by less than 1e-4 (tests/newsdex/test_encoder.py); another text differs by far more.
_SAME_VECTOR = 0.999
# In 8-bit integers, by other processors and other versions of newsdex.
_SAME_ROUNDED = 0.96
_UNIT = 1e-3


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem. ``drift``: source files have changed; ``model``: a different version of the model is installed, which cannot search the
    index; ``damage``: the index cannot be trusted.
    """

    kind: Literal["drift", "model", "damage"]
    what: str
    cure: str


def verify(
    folder: Path, *, sources: bool = True, deep: bool = False, on_progress: Callable[[Progress], None] | None = None
) -> Iterator[Finding]:
    """Yield the problems of the index in ``folder``, which may be in use; of each segment the first _NAMED, and how many more. It looks at
    sizes and sha256 of files, counts, vectors (finite, of unit length), passages as slices of texts, sign bits. A sample of passages (all
    if ``deep``) is embedded again and looked up by its words; with ``sources``, source files are compared. ``on_progress`` gets checked
    passages, if ``deep`` also embedded ones. Raises IndexMissing, IndexTooNew or IndexTooOld.
    """
    checked = 0

    def tell(passages: int) -> None:
        nonlocal checked
        checked += passages
        if on_progress:
            on_progress(Progress(checked, total, checked))

    try:
        snapshot = Snapshot.open(folder)
        for record in snapshot.manifest.file_records():
            view = CheckedFile(folder / snapshot.manifest.generation, record).whole()
            if hashlib.sha256(view).hexdigest() != record.sha256:
                yield _damage(f"{record.name}: its sha256 is not what was recorded")
        card = snapshot.manifest.model
        encoder = open_build_encoder(card.name, card.precision, card)
        if other := _other_model(snapshot, encoder):
            yield other
        chunker = Chunker.of(snapshot.manifest.chunking, encoder)
        total = max(1, sum(map(len, snapshot.file_segments))) * (1 + deep)
        for segment in snapshot.file_segments:
            yield from _first(_segment(segment, chunker, encoder, deep, tell, same=not other), segment.record.name)
        yield from _whole(snapshot)
        if sources:
            yield from _sources(snapshot)
    except IndexDamaged as error:
        yield _told(error)
    except FileNotFoundError as error:  # removed by a writer meanwhile, or lost
        yield _damage(f"{error.filename} is missing")


def _other_model(snapshot: Snapshot, encoder: Encoder) -> Finding | None:
    """What is wrong if ``encoder`` has another model than the one that embedded the index."""
    name, build = encoder.card.name, f"build the index again: {command('rebuild', snapshot.folder)}"
    if encoder.card.fingerprint != snapshot.manifest.model.fingerprint:
        what = f"the installed {name} is another version of the model than the one that this index was built with"
        return Finding("model", what, f"install that version again, or {build}")
    if has_changed(snapshot, encoder):
        what = f"the server of the model {name} gives other vectors than those of this index: it runs another model now"
        return Finding("model", what, f"run the old model there, or {build} --model {name}")
    return None


def _told(error: IndexDamaged) -> Finding:
    """A finding of what ``error`` says: its last sentence is the cure, if it has one."""
    what, found, cure = str(error).rpartition(". ")
    return Finding("damage", what, cure) if found else _damage(cure)


def _damage(what: str) -> Finding:
    return Finding("damage", what, DAMAGED)


def _first(findings: Iterable[Finding], name: str) -> Iterator[Finding]:
    """The first findings in the file ``name``, and how many more there are."""
    found = iter(findings)
    yield from islice(found, _NAMED)
    if more := sum(1 for _ in found):
        yield _damage(f"{name}: {more:,} more problems of its passages")


def _segment(
    segment: FileSegment, chunker: Chunker, encoder: Encoder, deep: bool, tell: Callable[[int], None], *, same: bool
) -> Iterator[Finding]:
    """What is wrong with a segment; ``same`` is whether ``encoder`` is the model that it was built with."""
    try:
        segment.examine()
    except IndexDamaged as error:
        yield _told(error)
    else:
        yield from _content(segment, chunker, encoder, deep, tell) if same else _lengths(segment)


def _content(segment: FileSegment, chunker: Chunker, encoder: Encoder, deep: bool, tell: Callable[[int], None]) -> Iterator[Finding]:
    count = len(segment)
    yield from _lengths(segment)
    sample = min(_SAMPLE * -(-count // SEGMENT_PASSAGES), count)
    chosen = set(range(count) if deep else random.Random(0).sample(range(count), sample))  # noqa: S311 - a sample
    embedded: dict[int, str] = {}
    analyzer = cache(Analyzer)
    for row in range(segment.record.articles):
        article = segment.article(row)
        yield from _passages(segment, row, article, chunker, embedded)
        positions = [position for position in segment.passages(row) if position in chosen]
        yield from _words(segment, article, positions, analyzer(article.language))
        tell(len(segment.passages(row)))
        embedded = {position: text for position, text in embedded.items() if position in chosen}
        if len(embedded) >= _BATCH or (embedded and row == segment.record.articles - 1):
            yield from _again(segment, embedded, encoder)
            if deep:
                tell(len(embedded))
            embedded = {}


def _again(segment: FileSegment, embedded: Mapping[int, str], encoder: Encoder) -> Iterator[Finding]:
    """Compare the vectors of passages, given by their positions and texts, with new ones."""
    positions = [*embedded]
    again = encoder.encode_passages([*embedded.values()])
    least = SAME_MODEL if encoder.card.name.startswith(SERVED) else _SAME_ROUNDED if encoder.card.precision == INT8 else _SAME_VECTOR
    with np.errstate(invalid="ignore"):
        wrong = ~((again * segment.vectors(np.array(positions))).sum(axis=1) > least)
    if wrong.any():
        told = f"{wrong.sum()} of {len(positions)} passages give other vectors when embedded again"
        yield _damage(f"{segment.record.name}: {told}, the first at {positions[int(wrong.argmax())]}")


def _lengths(segment: FileSegment) -> Iterator[Finding]:
    for start in range(0, len(segment), 65_536):
        stop = min(start + 65_536, len(segment))
        vectors = segment.vectors(np.arange(start, stop))
        if not np.array_equal(sign_planes(vectors), segment.planes[:, start:stop]):
            yield _damage(f"{segment.record.name}: the signs of passages {start} to {stop - 1} are not those of their vectors")
        with np.errstate(invalid="ignore"):
            wrong = ~(np.abs(np.linalg.norm(vectors, axis=1) - 1) < _UNIT)  # false for NaN as well
        if wrong.any():
            yield _damage(
                f"{segment.record.name}: {wrong.sum()} vectors are not of unit length, the first at {start + int(wrong.argmax())}"
            )


def _passages(segment: FileSegment, row: int, article: Article, chunker: Chunker, embedded: dict[int, str]) -> Iterator[Finding]:
    """Compare an article's passages with its text; the text that each was embedded from goes to ``embedded``."""
    positions = segment.passages(row)
    passages = [segment.passage(position, article) for position in positions]
    for position, passage, texts in zip(positions, passages, chunker.embedded_texts(article, passages), strict=True):
        key = segment.tensors["passage.key"][position].tobytes()
        text = next((text for text in texts if xxhash.xxh3_128_digest(text.encode()) == key), None)
        if text is None:
            yield _damage(f"{segment.record.name}: passage {passage.index} of {article.id!r} is not the text that was embedded")
        else:
            embedded[position] = text


def _words(segment: FileSegment, article: Article, positions: Sequence[int], analyzer: Analyzer) -> Iterator[Finding]:
    """Look some of an article's passages up by each of their terms."""
    passages = [segment.passage(position, article) for position in positions]
    spans = [Span(passage.start, passage.end) for passage in passages]
    row = segment.article_of(positions[0]) if positions else -1
    title, own = _terms_of(article, spans, analyzer)
    for position, passage, terms in zip(positions, passages, own, strict=True):
        if not _is_found(segment, terms, "passage", position):
            yield _damage(f"{segment.record.name}: passage {passage.index} of {article.id!r} is not found by all of its words")
        if not _is_found(segment, [*title, *terms], "article", row):
            yield _damage(f"{segment.record.name}: article {article.id!r} is not found by all words of passage {passage.index}")


def _terms_of(article: Article, spans: Sequence[Span], analyzer: Analyzer) -> ArticleTerms:
    """The terms of an article and some passages; where an earlier newsdex cut words differently, only those that it found, too."""
    now = terms_of(article, spans, analyzer)
    title, text = (each.translate(ONCE_SPACES) for each in (article.title, article.text))
    if (title, text) != (article.title, article.text):
        now = _common(now, terms_of(replace(article, title=title, text=text), spans, analyzer))
    if UNREAD in unlinked(article.text):
        now = _common(now, terms_of(article, spans, analyzer, links_only=True))
    return now


def _common(now: ArticleTerms, before: ArticleTerms) -> ArticleTerms:
    kept = [[term for term in terms if term in old] for terms, old in zip(now.passages, map(frozenset, before.passages), strict=True)]
    return ArticleTerms([term for term in now.title if term in before.title], kept)


def _is_found(segment: FileSegment, terms: Sequence[str], unit: Unit, place: int) -> bool:
    found = segment.postings.of([hash_of(term) for term in terms], unit)
    return all(posting is not None and place in posting.places for posting in found)


def _whole(snapshot: Snapshot) -> Iterator[Finding]:
    ids = Counter(snapshot.segments[number].article_id(row) for number, row in snapshot.articles())
    for article_id, times in ids.items():
        if times > 1:
            yield _damage(f"article {article_id!r} occurs {times} times")


def _sources(snapshot: Snapshot) -> Iterator[Finding]:
    changed, missing = drift(snapshot)
    for path in changed:
        yield Finding("drift", f"{path} has changed", command(f"index {quote(path)}", snapshot.folder))
    for path in missing:
        yield Finding("drift", f"{path} is gone", command(f"index {quote(path)} --prune", snapshot.folder))
