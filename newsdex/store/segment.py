"""One immutable part of an index: some articles, their passages and the passages' vectors.

Three files. ``articles`` (safetensors) has one entry an article for each field of the record, and the passages' ranges; it is small
and checked whole when it is opened. ``texts`` is the articles' text in UTF-8, each checked when it is read. ``vectors`` is a FAISS
index, checked whole before FAISS sees a byte of it.
"""

from __future__ import annotations

import json
import mmap
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.encoder import Vectors
from newsdex.errors import IndexDamaged
from newsdex.records import Article, Passage, Published, Span
from newsdex.store import files
from newsdex.store.columns import pack_strings, string_at, unpack_strings
from newsdex.store.files import FileRecord
from newsdex.store.manifest import SegmentRecord
from newsdex.store.paths import stored_path
from newsdex.tensors import Tensors, pack_tensors, view_tensors

if TYPE_CHECKING:
    import faiss

# The head of faiss.IndexFlatIP as faiss.write_index stores it: kind, dimension, count, two unused, trained, metric, floats that follow.
_FLAT = struct.Struct("<4siqqqBiQ")
_DAMAGED = "Restore the folder from a backup, or remove it and index again"


@dataclass(frozen=True, slots=True)
class Entry:
    """An article with all that the index keeps of it.

    ``digest`` (16 bytes) changes when anything that a reader found does. ``keys`` (uint8, (n, 16)) identify the text that was
    embedded for each passage, and ``vectors`` (float32, (n, d)) are the unit rows that came of it.
    """

    article: Article
    digest: bytes
    sentences: Sequence[Span]
    passages: Sequence[Span]
    keys: NDArray[np.uint8]
    vectors: Vectors


def write_segment(folder: Path, name: str, entries: Sequence[Entry], base: Path) -> SegmentRecord:
    """Write the files of a new segment, with paths relative to ``base``. They are durable once ``folder`` is synced.

    Raises IndexUnwritable.
    """
    articles = [entry.article for entry in entries]
    texts = [article.text.encode() for article in articles]
    passages = np.array([(p.start, p.end) for e in entries for p in e.passages], np.uint32).reshape(-1, 2)
    sentences = np.array([(s.start, s.end) for e in entries for s in e.sentences], np.uint32).reshape(-1, 2)
    counts = [len(entry.passages) for entry in entries]
    tensors: Tensors = {
        **pack_strings("id", (a.id for a in articles)),
        **pack_strings("title", (a.title for a in articles)),
        **pack_strings("source", (a.source for a in articles)),
        **pack_strings("url", (a.url for a in articles)),
        **pack_strings("language", (a.language for a in articles)),
        **pack_strings("path", (stored_path(base, a.path) for a in articles)),
        **pack_strings("published", (a.published.iso if a.published else "" for a in articles)),
        **pack_strings("published.origin", (a.published.origin if a.published else "" for a in articles)),
        **pack_strings("metadata", (json.dumps(dict(a.metadata), ensure_ascii=False) if a.metadata else "" for a in articles)),
        "record": np.array([a.record for a in articles], np.uint32),
        "sha256": np.frombuffer(b"".join(bytes.fromhex(a.sha256) for a in articles), np.uint8).reshape(-1, 32),
        "digest": np.frombuffer(b"".join(e.digest for e in entries), np.uint8).reshape(-1, 16),
        "body": np.array([(a.body.start, a.body.end) for a in articles], np.uint32).reshape(-1, 2),
        "page": np.array([start for a in articles for start in a.pages], np.uint32),
        "page.ends": np.cumsum([len(a.pages) for a in articles], dtype=np.uint32),
        "text.ends": np.cumsum([len(t) for t in texts], dtype=np.uint64),
        "text.xxh3": np.array([xxhash.xxh3_64_intdigest(t) for t in texts], np.uint64),
        "sentence": sentences,
        "sentence.ends": np.cumsum([len(e.sentences) for e in entries], dtype=np.uint32),
        "passage": passages,
        "passage.article": np.repeat(np.arange(len(entries), dtype=np.uint32), counts),
        "passage.ends": np.cumsum(counts, dtype=np.uint32),
        "passage.key": np.concatenate([e.keys for e in entries]),
    }
    vectors = np.concatenate([e.vectors for e in entries])
    written: dict[str, FileRecord] = {}
    try:
        written["articles"] = files.write_new(folder, f"{name}.articles", pack_tensors(tensors))
        written["texts"] = files.write_new(folder, f"{name}.texts", texts)
        written["vectors"] = files.write_new(folder, f"{name}.faiss", [_faiss_flat(vectors)])
    except BaseException:
        for record in written.values():
            files.remove(folder / record.name)
        raise
    return SegmentRecord(name, len(entries), len(passages), written)


def _faiss_flat(vectors: Vectors) -> memoryview:
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors))
    return memoryview(faiss.serialize_index(index))


class Segment:
    """An open segment. It holds its files, so that it can be read for as long as it is kept, whatever a writer removes."""

    def __init__(self, folder: Path, record: SegmentRecord, base: Path) -> None:
        """``base`` is what the articles' paths are relative to.

        Raises IndexDamaged, or FileNotFoundError when a writer has removed a file.
        """
        self.record = record
        self._folder = folder
        self._base = base
        self._views = {role: _map(folder, entry) for role, entry in record.files.items()}
        _check(folder, record.files["articles"], self._views["articles"])
        self.tensors: Tensors = view_tensors(self._views["articles"])
        self.deleted: NDArray[np.uint32] = np.empty(0, np.uint32)
        if record.deleted:
            view = _map(folder, record.deleted)
            _check(folder, record.deleted, view)
            self.deleted = np.frombuffer(view, np.uint32)
        self._opening = threading.Lock()
        self.asked = False  # whether a question has been asked of it

    def __len__(self) -> int:
        return self.record.passages

    @cached_property
    def live_articles(self) -> NDArray[np.bool_]:
        """Which articles are not deleted, (articles,)."""
        live = np.ones(self.record.articles, np.bool_)
        live[self.deleted] = False
        return live

    @cached_property
    def live_passages(self) -> NDArray[np.bool_]:
        """Which passages are not deleted, (passages,)."""
        return self.live_articles[self.tensors["passage.article"]]  # type: ignore[no-any-return]

    @property
    def index(self) -> faiss.Index:
        """The FAISS index of the passages, in their order, memory-mapped.

        Raises IndexDamaged, before FAISS reads it, when the file is not what the commit says.
        """
        with self._opening:
            return self._index

    @cached_property
    def _index(self) -> faiss.Index:
        import faiss

        record, view = self.record.files["vectors"], self._views["vectors"]
        _check(self._folder, record, view)
        content = np.frombuffer(view, np.uint8)
        index = faiss.read_index(faiss.ZeroCopyIOReader(faiss.swig_ptr(content), content.size))
        if index.ntotal != self.record.passages:
            raise IndexDamaged(f"{self._folder / record.name} holds {index.ntotal} vectors, expected {self.record.passages}. {_DAMAGED}")
        return index

    @cached_property
    def matrix(self) -> Vectors | None:
        """The passages' vectors, float32, (passages, d), as a view of the file, if FAISS stores them so; not aligned in memory.

        Raises IndexDamaged when the file is not what the commit says.
        """
        record, view = self.record.files["vectors"], self._views["vectors"]
        _check(self._folder, record, view)
        if len(view) < _FLAT.size:
            return None
        kind, dimension, count, _, _, trained, metric, floats = _FLAT.unpack_from(view)
        known = (kind, trained, metric) == (b"IxFI", 1, 0) and count == self.record.passages and floats == count * dimension
        if not known or len(view) != _FLAT.size + 4 * floats:
            return None
        return np.ndarray((count, dimension), np.dtype("<f4"), view, _FLAT.size)

    def article(self, row: int) -> Article:
        """Article ``row`` of this segment.

        Raises IndexDamaged when its text is not what was written.
        """
        iso = string_at(self.tensors, "published", row)
        start, end = self._range("body", row)
        metadata = string_at(self.tensors, "metadata", row)
        return Article(
            id=self.article_id(row),
            text=self.text(row),
            path=self._base / self.stored_path(row),
            sha256=self.tensors["sha256"][row].tobytes().hex(),
            title=string_at(self.tensors, "title", row),
            source=string_at(self.tensors, "source", row),
            url=string_at(self.tensors, "url", row),
            published=Published(iso, string_at(self.tensors, "published.origin", row)) if iso else None,
            record=int(self.tensors["record"][row]),
            body=Span(start, end),
            metadata=json.loads(metadata) if metadata else {},
            language=string_at(self.tensors, "language", row),
            pages=tuple(self.tensors["page"][slice_of(self._slice("page", row))].tolist()),
        )

    def article_id(self, row: int) -> str:
        """The id of article ``row``."""
        return string_at(self.tensors, "id", row)

    def digest(self, row: int) -> bytes:
        """The digest of article ``row``."""
        return bytes(self.tensors["digest"][row])

    def stored_path(self, row: int) -> str:
        """The source file of article ``row``, as its path is stored."""
        return string_at(self.tensors, "path", row)

    def text(self, row: int) -> str:
        """The text of article ``row``.

        Raises IndexDamaged when it is not what was written.
        """
        ends = self.tensors["text.ends"]
        content = self._views["texts"][int(ends[row - 1]) if row else 0 : int(ends[row])]
        if xxhash.xxh3_64_intdigest(content) != int(self.tensors["text.xxh3"][row]):
            path = self._folder / self.record.files["texts"].name
            raise IndexDamaged(f"{path} is damaged in the text of {self.article_id(row)!r}. {_DAMAGED}")
        return str(content, "utf-8")

    def passages(self, row: int) -> range:
        """The passages of article ``row``, by their position in this segment."""
        return self._slice("passage", row)

    def article_of(self, passage: int) -> int:
        """The article that ``passage`` belongs to."""
        return int(self.tensors["passage.article"][passage])

    def passage(self, position: int, article: Article) -> Passage:
        """The passage at ``position``, which is one of ``article``."""
        start, end = self._range("passage", position)
        first = self.passages(self.article_of(position)).start
        return Passage(article.id, position - first, start, end, article.text[start:end])

    def sentences(self, row: int) -> list[Span]:
        """The sentences of article ``row``, in order."""
        found = self.tensors["sentence"][slice_of(self._slice("sentence", row))]
        return [Span(start, end) for start, end in found.tolist()]

    def entry(self, row: int) -> Entry:
        """Article ``row`` with all that is kept of it."""
        found = self.passages(row)
        rows = slice_of(found)
        return Entry(
            article=self.article(row),
            digest=self.digest(row),
            sentences=self.sentences(row),
            passages=[Span(start, end) for start, end in self.tensors["passage"][rows].tolist()],
            keys=self.tensors["passage.key"][rows].view(np.uint8),
            vectors=self.vectors(np.arange(found.start, found.stop)),
        )

    def vectors(self, positions: NDArray[np.int64]) -> Vectors:
        """The vectors at ``positions``, float32, (len(positions), d)."""
        return self.index.reconstruct_batch(positions)  # type: ignore[no-any-return]

    def column(self, name: str) -> list[str]:
        """All entries of a column of strings, deleted ones too."""
        return unpack_strings(self.tensors, name)

    def _slice(self, name: str, row: int) -> range:
        ends = self.tensors[f"{name}.ends"]
        return range(int(ends[row - 1]) if row else 0, int(ends[row]))

    def _range(self, name: str, row: int) -> tuple[int, int]:
        start, end = self.tensors[name][row]
        return int(start), int(end)


def slice_of(found: range) -> slice:
    """The same as a slice."""
    return slice(found.start, found.stop)


def pack_rows(rows: NDArray[np.uint32]) -> list[bytes | memoryview]:
    """The content of a file of deleted articles."""
    return [np.sort(rows).astype(np.uint32).tobytes()]


def _map(folder: Path, record: FileRecord) -> memoryview:
    path = folder / record.name
    with path.open("rb") as file:
        try:
            view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except ValueError:  # an empty file cannot be mapped
            view = memoryview(b"")
    if len(view) != record.size:
        raise IndexDamaged(f"{path} is damaged: it has {len(view)} bytes, expected {record.size}. {_DAMAGED}")
    return view


def _check(folder: Path, record: FileRecord, view: memoryview) -> None:
    if xxhash.xxh3_128_hexdigest(view) != record.xxh3:
        raise IndexDamaged(f"{folder / record.name} is damaged: its content is not what was written. {_DAMAGED}")


def check_file(folder: Path, record: FileRecord) -> memoryview:
    """The content of a small file of a commit, checked.

    Raises IndexDamaged, or FileNotFoundError.
    """
    view = _map(folder, record)
    _check(folder, record, view)
    return view
