"""One immutable part of an index: some articles, their passages and the passages' vectors.

``articles`` (safetensors) has an entry an article for each field of the record, and the passages' ranges; ``texts`` is the articles' text in
UTF-8; ``vectors`` is a FAISS index of the passages, ``bits`` the signs of the vectors, and ``postings`` the terms of the passages. ``blocks`` has the checksums by
which the others are checked as they are read.
"""

from __future__ import annotations

import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.encoder import Vectors
from newsdex.errors import IndexDamaged
from newsdex.records import Article, Passage, Published, Span
from newsdex.store import files
from newsdex.store.checked import DAMAGED, CheckedFile, CheckedTensors, block_sums
from newsdex.store.columns import (
    Coded,
    Mappings,
    coded_at,
    mapping_at,
    pack_coded,
    pack_lookup,
    pack_mappings,
    pack_strings,
    range_at,
    rows_with,
    string_at,
    unpack_strings,
)
from newsdex.store.files import FileRecord
from newsdex.store.manifest import SegmentRecord
from newsdex.store.paths import stored_path
from newsdex.store.postings import Posting, pack_postings
from newsdex.store.postings import Postings as FilePostings
from newsdex.store.sketches import Sketches, pack_sketches
from newsdex.tensors import TensorReader, Tensors, pack_tensors, view_tensors
from newsdex.words import Analyzer

if TYPE_CHECKING:
    import faiss

_SUFFIXES = {"vectors": "faiss"}
# Columns of which each value is stored once, and a number an article.
CODED = ("source", "language", "path", "published.origin")
_BY_BLOCK = ("articles", "vectors", "postings")
# The head of faiss.IndexFlatIP as faiss.write_index stores it: kind, dimension, count, two unused, trained, metric, floats that follow.
_FLAT = struct.Struct("<4siqqqBiQ")


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
        **pack_lookup("id", (a.id for a in articles)),
        **pack_strings("title", (a.title for a in articles)),
        **pack_strings("url", (a.url for a in articles)),
        **pack_lookup("url", (a.url for a in articles)),
        **pack_strings("published", (a.published.iso if a.published else "" for a in articles)),
        "published.first": np.array([a.published.earliest.toordinal() if a.published else 0 for a in articles], np.int32),
        "published.last": np.array([a.published.latest.toordinal() if a.published else 0 for a in articles], np.int32),
        **pack_coded("source", (a.source for a in articles)),
        **pack_coded("language", (a.language for a in articles)),
        **pack_coded("path", (stored_path(base, a.path) for a in articles)),
        **pack_coded("published.origin", (a.published.origin if a.published else "" for a in articles)),
        **pack_mappings("metadata", [a.metadata for a in articles]),
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
        **pack_sketches(articles),
    }
    vectors = np.concatenate([e.vectors for e in entries])
    contents: dict[str, Sequence[bytes | memoryview]] = {
        "articles": pack_tensors(tensors),
        "texts": texts,
        "vectors": [_faiss_flat(vectors)],
        "bits": pack_tensors({"plane": sign_planes(vectors)}),
        "postings": pack_tensors(pack_postings(_terms(entries))),
    }
    contents["blocks"] = pack_tensors({role: block_sums(contents[role]) for role in _BY_BLOCK})
    written: dict[str, FileRecord] = {}
    try:
        for role, parts in contents.items():
            written[role] = files.write_new(folder, f"{name}.{_SUFFIXES.get(role, role)}", parts)
    except BaseException:
        for record in written.values():
            files.remove(folder / record.name)
        raise
    return SegmentRecord(name, len(entries), len(passages), written)


def _terms(entries: Sequence[Entry]) -> Iterator[list[str]]:
    analyzers: dict[str, Analyzer] = {}
    for entry in entries:
        language = entry.article.language
        if language not in analyzers:
            analyzers[language] = Analyzer(language)
        yield from terms_of(entry.article, entry.passages, analyzers[language])


def terms_of(article: Article, passages: Iterable[Span], analyzer: Analyzer) -> Iterator[list[str]]:
    """The terms by which each of an article's passages is found: those of its title, and its own."""
    title = analyzer.terms(article.title)
    for span in passages:
        text = article.text[span.start : span.end]
        own = analyzer.terms(text)
        yield own if text.startswith(article.title) else title + own


def sign_planes(vectors: Vectors) -> NDArray[np.uint64]:
    """One bit a dimension, 1 where it is positive: uint64, (ceil(d / 64), n), 64 dimensions of all passages in a row.

    By the share of bits that differ, the angle between two vectors can be told (Charikar 2002, Similarity Estimation Techniques from Rounding Algorithms).
    """
    bits = np.packbits(vectors > 0, axis=1, bitorder="little")
    words = np.zeros((len(vectors), -(-bits.shape[1] // 8) * 8), np.uint8)
    words[:, : bits.shape[1]] = bits
    return np.ascontiguousarray(words.view(np.uint64).T)


def _faiss_flat(vectors: Vectors) -> memoryview:
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors))
    return memoryview(faiss.serialize_index(index))


class Postings(Protocol):
    """Which passages of a segment hold which terms."""

    def of(self, terms: Sequence[int]) -> list[Posting | None]:
        """Where each of the terms of these hashes occurs; None where it does not."""


class Segment(ABC):
    """Some articles and their passages, as a question reads them: from files, or from what a server has sent.

    A subclass passes its columns to the constructor, in the arrays that ``write_segment`` describes, and implements what is abstract. Articles and passages are
    known by their row and their position. Reading raises IndexDamaged where files are not what was written, and ServerError where a server does not answer.
    """

    def __init__(self, tensors: TensorReader, base: Path, articles: int, passages: int) -> None:
        """``base`` is what the articles' stored paths are relative to."""
        self.tensors = tensors
        self.article_count = articles
        self.remembered_matches: dict[str, NDArray[np.bool_]] = {}  # of newsdex.search.question.filters
        self._base = base
        self._passage_count = passages

    def __len__(self) -> int:
        return self._passage_count

    @property
    @abstractmethod
    def content_key(self) -> Hashable:
        """Equal for segments of the same articles, whichever of them are deleted."""

    @property
    @abstractmethod
    def is_partial(self) -> bool:
        """Whether some passages are not live."""

    @property
    @abstractmethod
    def live_articles(self) -> NDArray[np.bool_]:
        """Which articles are not deleted, (articles,)."""

    @property
    @abstractmethod
    def live_passages(self) -> NDArray[np.bool_]:
        """Which passages can be found, (passages,)."""

    @property
    @abstractmethod
    def matrix(self) -> Vectors:
        """The passages' vectors, float32, (passages, d)."""

    @property
    @abstractmethod
    def planes(self) -> NDArray[np.uint64]:
        """The signs of the vectors, as ``sign_planes`` makes them."""

    @abstractmethod
    def vectors(self, positions: NDArray[np.int64]) -> Vectors:
        """The vectors at ``positions``, which are those of live passages, float32, (len(positions), d)."""

    @property
    @abstractmethod
    def postings(self) -> Postings:
        """Which passages hold which terms."""

    @abstractmethod
    def article(self, row: int) -> Article:
        """Article ``row`` with its text."""

    @abstractmethod
    def text(self, row: int) -> str:
        """The text of article ``row``."""

    @abstractmethod
    def read_ahead(self, rows: Sequence[int]) -> None:
        """Get the texts of ``rows`` together, where that is quicker than one by one."""

    @abstractmethod
    def sentences(self, row: int) -> list[Span]:
        """The sentences of article ``row``, in order."""

    def article_id(self, row: int) -> str:
        """The id of article ``row``."""
        return string_at(self.tensors, "id", row)

    def title(self, row: int) -> str:
        """The title of article ``row``."""
        return string_at(self.tensors, "title", row)

    def published(self, row: int) -> Published | None:
        """When article ``row`` was published."""
        iso = string_at(self.tensors, "published", row)
        return Published(iso, coded_at(self.tensors, "published.origin", row)) if iso else None

    def stored_path(self, row: int) -> str:
        """The source file of article ``row``, as its path is stored."""
        return coded_at(self.tensors, "path", row)

    def full_path(self, stored: str) -> str:
        """A path, as it is stored, from the root."""
        return str(self._base / stored)

    def rows_with(self, name: Literal["id", "url"], value: str) -> list[int]:
        """The articles, ascending, that are not deleted and whose id or url is ``value``.

        Raises IndexDamaged.
        """
        return [row for row in rows_with(self.tensors, name, value, self.article_count) if self.live_articles[row]]

    @property
    def sketches(self) -> Sketches:
        """What the articles' texts are recognised by in others."""
        return Sketches(self.tensors)

    @cached_property
    def _sizes(self) -> NDArray[np.float64]:
        """How many passages each article has, in a type whose products numpy is quick at."""
        return np.diff(self.tensors["passage.ends"], prepend=np.uint32(0)).astype(np.float64)

    def passages(self, row: int) -> range:
        """The passages of article ``row``, by their position in this segment."""
        return self._slice("passage", row)

    def passages_of(self, articles: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The positions, ascending, of the passages of the articles in a mask, bool, (articles,)."""
        rows = np.flatnonzero(articles)
        if 16 * len(rows) > self.article_count:
            return np.flatnonzero(articles[self.tensors["passage.article"]])
        ends = np.concatenate([np.zeros(1, np.int64), self.tensors["passage.ends"]]).astype(np.int64)
        starts, counts = ends[rows], ends[rows + 1] - ends[rows]
        before = np.cumsum(counts) - counts
        return np.asarray(np.arange(int(counts.sum())) + np.repeat(starts - before, counts), np.int64)

    def count_of(self, articles: NDArray[np.bool_]) -> int:
        """How many passages the articles in a mask, bool, (articles,), have together."""
        return int(articles @ self._sizes)

    def are_of(self, passages: NDArray[np.int64], articles: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which of ``passages``, by their positions, are of the articles in a mask, bool, (articles,): bool, (len(passages),)."""
        return np.asarray(articles[self.tensors["passage.article"][passages]])

    def article_of(self, passage: int) -> int:
        """The article that ``passage`` belongs to."""
        return self.tensors.item("passage.article", passage)

    def articles_of(self, passages: NDArray[np.int64]) -> NDArray[np.int64]:
        """The article that each of ``passages`` belongs to.

        Raises IndexDamaged.
        """
        return self.tensors.rows("passage.article", passages).astype(np.int64)

    def passage(self, position: int, article: Article) -> Passage:
        """The passage at ``position``, which is one of ``article``."""
        start, end = self._range("passage", position)
        first = self.passages(self.article_of(position)).start
        return Passage(article.id, position - first, start, end, article.text[start:end])

    def column(self, name: str) -> list[str]:
        """All entries of a column of strings, deleted ones too."""
        if (coded := self.coded.get(name)) is None:
            return unpack_strings(self.tensors, name)
        values = coded.values
        return [values[code] for code in coded.codes.tolist()]

    @cached_property
    def coded(self) -> Mapping[str, Coded]:
        """The columns of which each value is stored once, by name: (articles,) each, deleted ones too."""
        return {name: Coded(self.tensors, name) for name in CODED}

    @cached_property
    def metadata(self) -> Mappings:
        """The column of the articles' metadata, deleted ones' too."""
        return Mappings(self.tensors, "metadata")

    @property
    def languages(self) -> list[str]:
        """The languages of the articles, each once, ascending; "" where one is not known.

        Raises IndexDamaged.
        """
        return list(self.coded["language"].values)

    @property
    def published_days(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The first and the last day that each article's date can mean, (articles,) each: date.toordinal(), and 0 without a date.

        Raises IndexDamaged.
        """
        return self.tensors["published.first"], self.tensors["published.last"]  # type: ignore[return-value]

    def days_at(self, row: int) -> tuple[int, int]:
        """As ``published_days``, of the article at ``row``.

        Raises IndexDamaged.
        """
        return self.tensors.item("published.first", row), self.tensors.item("published.last", row)

    def _slice(self, name: str, row: int) -> range:
        return range(*range_at(self.tensors, f"{name}.ends", row))

    def _items(self, name: str, row: int) -> NDArray[np.generic]:
        """What ``name`` has of article ``row``."""
        found = self._slice(name, row)
        return self.tensors.part(name, found.start, found.stop)

    def _range(self, name: str, row: int) -> tuple[int, int]:
        return self.tensors.pair(name, 2 * row)

    def _bytes(self, name: str, row: int) -> bytes:
        return self.tensors.part(name, row, row + 1).tobytes()


def _open_files(folder: Path, record: SegmentRecord, *, in_memory: bool) -> dict[str, CheckedFile]:
    blocks: dict[str, NDArray[np.uint64]] = view_tensors(CheckedFile(folder, record.files["blocks"]).whole())  # type: ignore[assignment]
    return {
        role: CheckedFile(folder, entry, blocks.get(role), in_memory=in_memory) for role, entry in record.files.items() if role != "blocks"
    }


class FileSegment(Segment):
    """An open segment of an index in a folder. It holds its files, so that it can be read for as long as it is kept, whatever a writer removes."""

    def __init__(
        self, folder: Path, record: SegmentRecord, base: Path, *, before: FileSegment | None = None, in_memory: bool = False
    ) -> None:
        """``base`` is what the articles' paths are relative to; ``before`` is the same segment as an earlier commit has it, if it is open, whose files
        are taken over; ``in_memory`` as in CheckedFile.

        Raises IndexDamaged, or FileNotFoundError when a writer has removed a file.
        """
        self.record = record
        self._folder = folder
        self._files: Mapping[str, CheckedFile] = _open_files(folder, record, in_memory=in_memory) if before is None else before._files  # noqa: SLF001 - of this class
        super().__init__(
            CheckedTensors(self._files["articles"]) if before is None else before.tensors, base, record.articles, record.passages
        )
        self.deleted: NDArray[np.uint32] = np.empty(0, np.uint32)
        if record.deleted:
            self.deleted = np.frombuffer(CheckedFile(folder, record.deleted).whole(), np.uint32)
        self._opening = threading.Lock()

    @property
    def content_key(self) -> FileRecord:
        """The file of the articles."""
        return self.record.files["articles"]

    @property
    def is_partial(self) -> bool:
        """Whether articles are deleted."""
        return self.record.deleted is not None

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

        file = self._files["vectors"]
        content = np.frombuffer(file.whole(), np.uint8)
        index = faiss.read_index(faiss.ZeroCopyIOReader(faiss.swig_ptr(content), content.size))
        if index.ntotal != self.record.passages:
            raise IndexDamaged(f"{file.path} holds {index.ntotal} vectors, expected {self.record.passages}. {DAMAGED}")
        return index

    @cached_property
    def _dimension(self) -> int:
        """That of the vectors, from the head of the FAISS file, whose rows follow it."""
        file = self._files["vectors"]
        head = file.part(0, min(_FLAT.size, len(file)))
        if len(head) == _FLAT.size:
            kind, dimension, count, _, _, trained, metric, floats = _FLAT.unpack(head)
            known = (kind, trained, metric) == (b"IxFI", 1, 0) and count == self.record.passages and floats == count * dimension
            if known and len(file) == _FLAT.size + 4 * floats:
                return int(dimension)
        raise IndexDamaged(f"{file.path} is not a flat FAISS index of {self.record.passages} vectors. {DAMAGED}")

    @property
    def matrix(self) -> Vectors:
        """The passages' vectors, float32, (passages, d), as a view of the file; not aligned in memory.

        Raises IndexDamaged when the file is not what the commit says.
        """
        dimension = self._dimension
        return np.ndarray((len(self), dimension), np.dtype("<f4"), self._files["vectors"].whole(), _FLAT.size)

    @cached_property
    def planes(self) -> NDArray[np.uint64]:
        """The signs of the vectors, as ``sign_planes`` made them.

        Raises IndexDamaged.
        """
        file = self._files["bits"]
        return view_tensors(file.whole())["plane"]  # type: ignore[return-value]

    @cached_property
    def postings(self) -> Postings:
        """Which passages hold which terms.

        Raises IndexDamaged.
        """
        return FilePostings(CheckedTensors(self._files["postings"]))

    def vectors(self, positions: NDArray[np.int64]) -> Vectors:
        """The vectors at ``positions``, float32, (len(positions), d).

        Raises IndexDamaged.
        """
        return self._files["vectors"].rows(_FLAT.size, self._dimension, positions, np.dtype("<f4"))  # type: ignore[return-value]

    def article(self, row: int) -> Article:
        """Article ``row`` of this segment.

        Raises IndexDamaged when its text is not what was written.
        """
        start, end = self._range("body", row)
        return Article(
            id=self.article_id(row),
            text=self.text(row),
            path=self._base / self.stored_path(row),
            sha256=self._bytes("sha256", row).hex(),
            title=self.title(row),
            source=coded_at(self.tensors, "source", row),
            url=string_at(self.tensors, "url", row),
            published=self.published(row),
            record=self.tensors.item("record", row),
            body=Span(start, end),
            metadata=mapping_at(self.tensors, "metadata", row),
            language=coded_at(self.tensors, "language", row),
            pages=tuple(self._items("page", row).tolist()),
        )

    def digest(self, row: int) -> bytes:
        """The digest of article ``row``."""
        return self._bytes("digest", row)

    def text(self, row: int) -> str:
        """The text of article ``row``.

        Raises IndexDamaged when it is not what was written.
        """
        file = self._files["texts"]
        content = file.unchecked(*range_at(self.tensors, "text.ends", row))
        if xxhash.xxh3_64_intdigest(content) != self.tensors.item("text.xxh3", row):
            raise IndexDamaged(f"{file.path} is damaged in the text of {self.article_id(row)!r}. {DAMAGED}")
        return str(content, "utf-8")

    def read_ahead(self, rows: Sequence[int]) -> None:
        """Nothing: the system reads the file ahead."""

    def sentences(self, row: int) -> list[Span]:
        """The sentences of article ``row``, in order."""
        return [Span(start, end) for start, end in self._items("sentence", row).tolist()]

    def entry(self, row: int) -> Entry:
        """Article ``row`` with all that is kept of it."""
        found = self.passages(row)
        return Entry(
            article=self.article(row),
            digest=self.digest(row),
            sentences=self.sentences(row),
            passages=[Span(start, end) for start, end in self._items("passage", row).tolist()],
            keys=self.tensors.part("passage.key", found.start, found.stop).view(np.uint8),
            vectors=self.vectors(np.arange(found.start, found.stop)),
        )

    def copy(self, folder: Path, name: str) -> dict[str, FileRecord]:
        """Write the segment's files, its deletions left out, to ``folder`` under another name, and return their records.

        Raises IndexUnwritable, and IndexDamaged when a file is not what was written.
        """
        home = self._files["texts"].path.parent
        return {
            role: files.write_new(folder, name + Path(record.name).suffix, [CheckedFile(home, record).whole()])
            for role, record in self.record.files.items()
        }


def pack_rows(rows: NDArray[np.uint32]) -> list[bytes | memoryview]:
    """The content of a file of deleted articles."""
    return [np.sort(rows).astype(np.uint32).tobytes()]
