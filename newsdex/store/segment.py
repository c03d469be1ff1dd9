"""One immutable part of an index: ``articles`` (safetensors) has an entry an article for each field, and the passages' ranges; ``texts`` is
the text in UTF-8; ``vectors`` a FAISS index of the passages, ``bits`` their signs, ``postings`` the terms of passages and articles and the
written words, ``blocks`` the checksums by which the others are checked as they are read.
"""

from __future__ import annotations

import json
import struct
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.arrays import runs
from newsdex.encoder import Vectors
from newsdex.errors import IndexDamaged
from newsdex.records import UNREAD, Article, Passage, Published, Span
from newsdex.store import files
from newsdex.store.checked import DAMAGED, CheckedFile, CheckedTensors, checked_parts, summed
from newsdex.store.columns import (
    Coded,
    Mappings,
    coded_at,
    coded_layout,
    lookup_layout,
    mappings_layout,
    pack_coded,
    pack_lookup,
    pack_mappings,
    pack_strings,
    range_at,
    rows_with,
    string_at,
    strings_layout,
    unpack_strings,
)
from newsdex.store.files import FileRecord
from newsdex.store.forms import LAYOUT as FORMS
from newsdex.store.forms import Forms, pack_forms
from newsdex.store.furniture import sentence_keys
from newsdex.store.known import LAYOUT as KNOWN
from newsdex.store.known import KnownHere, pack_known
from newsdex.store.manifest import FORMAT, READABLE, ROLES, SegmentRecord
from newsdex.store.paths import stored_path
from newsdex.store.postings import LAYOUT as POSTINGS
from newsdex.store.postings import TITLE, ArticleTerms, Posting, Unit, pack_postings
from newsdex.store.postings import Postings as FilePostings
from newsdex.store.sketches import LAYOUT as SKETCHES
from newsdex.store.sketches import Sketches, pack_sketches
from newsdex.store.vocabulary import LAYOUT as VOCABULARY
from newsdex.store.vocabulary import Vocabulary, pack_vocabulary
from newsdex.tensors import Array, Bounds, Layout, TensorReader, Tensors, pack_tensors
from newsdex.words import Analyzer, unlinked

# Columns of which each value is stored once, and a number an article.
CODED = ("source", "language", "path", "published.origin")
_BY_BLOCK = ("articles", "vectors", "postings")
# The head of faiss.IndexFlatIP as faiss.write_index stores it: kind, dimension, count, two unused, trained, metric, floats that follow.
_FLAT = struct.Struct("<4siqqqBiQ")
_LAST_DAY = date.max.toordinal()
# The arrays of "articles" and "passages", and of a file of "text bytes".
_ARTICLES: Layout = {
    **strings_layout("id", "articles"),
    **lookup_layout("id"),
    **strings_layout("title", "articles"),
    **strings_layout("url", "articles"),
    **lookup_layout("url"),
    **strings_layout("published", "articles"),
    "published.first": Array(("I32",), ("articles",), _LAST_DAY),
    "published.last": Array(("I32",), ("articles",), _LAST_DAY),
    **coded_layout("source"),
    **coded_layout("language"),
    **coded_layout("path"),
    **coded_layout("published.origin"),
    **mappings_layout("metadata"),
    "record": Array(("U32",), ("articles",)),
    "sha256": Array(("U8",), ("articles", 32)),
    "digest": Array(("U8",), ("articles", 16)),
    "body": Array(("U32",), ("articles", 2), order="spans"),
    "page": Array(("U32",), ("pages",)),
    "page.ends": Array(("U32",), ("articles",), "pages", order="ends"),
    "text.ends": Array(("U64",), ("articles",), "text bytes", order="ends"),
    "text.xxh3": Array(("U64",), ("articles",)),
    "sentence": Array(("U32",), ("sentences", 2), order="spans"),
    "sentence.ends": Array(("U32",), ("articles",), "sentences", order="ends"),
    "passage": Array(("U32",), ("passages", 2), order="spans"),
    "passage.article": Array(("U32",), ("passages",), below="articles"),
    "passage.ends": Array(("U32",), ("articles",), "passages", order="ends"),
    "passage.key": Array(("U8",), ("passages", 16)),
    **SKETCHES,
}
# Since format 3.
_KEYS: Layout = {"sentence.key": Array(("U32",), ("sentences",)), **KNOWN}
# Instead of the column of the metadata, where articles have marks: newsdex.store.marks.
_MARKED: Layout = {**mappings_layout("metadata"), "row": Array(("U32",), ("marked",), below="articles")}
_BLOCKS: Layout = {role: Array(("U64",), (role,)) for role in _BY_BLOCK}
_PLANES: Layout = {"plane": Array(("U64",), ("words", "passages"))}


@dataclass(frozen=True, slots=True)
class Entry:
    """An article with all that the index keeps of it. ``digest`` (16 bytes) is of all that a reader found. ``keys``, uint8, (n, 16),
    identify the texts of which ``vectors``, float32, (n, d), were embedded, unit rows.
    """

    article: Article
    digest: bytes
    sentences: Sequence[Span]
    passages: Sequence[Span]
    keys: NDArray[np.uint8]
    vectors: Vectors


def keys_of(texts: Sequence[str]) -> NDArray[np.uint8]:
    """What identifies each of the ``texts`` that passages are embedded from, uint8, (n, 16)."""
    return np.frombuffer(b"".join(xxhash.xxh3_128_digest(text.encode()) for text in texts), np.uint8).reshape(-1, 16)


def pack_articles(articles: Sequence[Article], paths: Sequence[str], languages: Iterable[str] = (), keys: Iterable[str] = ()) -> Tensors:
    """The columns of ``articles``, with their stored ``paths``. ``languages`` and ``keys`` of metadata are kept even if none has them."""
    dates = [article.published for article in articles]
    return {
        **pack_strings("id", (a.id for a in articles)),
        **pack_lookup("id", (a.id for a in articles)),
        **pack_strings("title", (a.title for a in articles)),
        **pack_strings("url", (a.url for a in articles)),
        **pack_lookup("url", (a.url for a in articles)),
        **pack_strings("published", (day.iso if day else "" for day in dates)),
        "published.first": np.array([day.earliest.toordinal() if day else 0 for day in dates], np.int32),
        "published.last": np.array([day.latest.toordinal() if day else 0 for day in dates], np.int32),
        **pack_coded("source", (a.source for a in articles)),
        **pack_coded("language", (a.language for a in articles), languages),
        **pack_coded("path", paths),
        **pack_coded("published.origin", (day.origin if day else "" for day in dates)),
        **pack_mappings("metadata", [a.metadata for a in articles], keys),
        "record": np.array([a.record for a in articles], np.uint32),
        "body": np.array([(a.body.start, a.body.end) for a in articles], np.uint32).reshape(-1, 2),
    }


def write_segment(folder: Path, name: str, entries: Sequence[Entry], base: Path) -> SegmentRecord:
    """Write a new segment, with paths relative to ``base``. It is durable once ``folder`` is synced. Raises IndexUnwritable."""
    articles = [entry.article for entry in entries]
    texts = [article.text.encode() for article in articles]
    passages = np.array([(p.start, p.end) for e in entries for p in e.passages], np.uint32).reshape(-1, 2)
    sentences = np.array([(s.start, s.end) for e in entries for s in e.sentences], np.uint32).reshape(-1, 2)
    counts = [len(entry.passages) for entry in entries]
    tensors: Tensors = {
        **pack_articles(articles, [stored_path(base, article.path) for article in articles]),
        "sha256": np.frombuffer(b"".join(bytes.fromhex(a.sha256) for a in articles), np.uint8).reshape(-1, 32),
        "digest": np.frombuffer(b"".join(e.digest for e in entries), np.uint8).reshape(-1, 16),
        "page": np.array([start for a in articles for start in a.pages], np.uint32),
        "page.ends": np.cumsum([len(a.pages) for a in articles], dtype=np.uint32),
        "text.ends": np.cumsum([len(t) for t in texts], dtype=np.uint64),
        "text.xxh3": np.array([xxhash.xxh3_64_intdigest(t) for t in texts], np.uint64),
        "sentence": sentences,
        "sentence.ends": np.cumsum([len(e.sentences) for e in entries], dtype=np.uint32),
        "sentence.key": np.concatenate([sentence_keys(e.article.text, e.sentences, e.article.source) for e in entries]),
        "passage": passages,
        "passage.article": np.repeat(np.arange(len(entries), dtype=np.uint32), counts),
        "passage.ends": np.cumsum(counts, dtype=np.uint32),
        "passage.key": np.concatenate([e.keys for e in entries]),
        **pack_sketches(articles),
    }
    vectors = np.concatenate([e.vectors for e in entries])
    analyzers = {language: Analyzer(language) for language in {article.language for article in articles}}
    terms = (terms_of(entry.article, entry.passages, analyzers[entry.article.language]) for entry in entries)
    contents: dict[str, Sequence[bytes | memoryview]] = {
        "articles": pack_tensors({**tensors, **pack_known(tensors)}),
        "texts": texts,
        "vectors": [faiss_head(*vectors.shape), np.ascontiguousarray(vectors, np.dtype("<f4")).tobytes()],
        "bits": pack_tensors({"plane": sign_planes(vectors)}),
        "postings": pack_tensors({**pack_postings(terms), **pack_vocabulary(articles), **pack_forms(articles, analyzers)}),
    }
    return SegmentRecord(name, len(entries), len(passages), write_files(folder, name, contents.items()))


def write_files(folder: Path, name: str, contents: Iterable[tuple[str, Iterable[bytes | memoryview]]]) -> dict[str, FileRecord]:
    """Write a segment's files: the role and the parts of each, and checksums. Raises IndexUnwritable; if anything fails, none is left."""
    written: dict[str, FileRecord] = {}
    sums: dict[str, list[int]] = {role: [] for role in _BY_BLOCK}
    try:
        for role, parts in contents:
            content = summed(parts, sums[role]) if role in sums else parts
            written[role] = files.write_new(folder, f"{name}.{ROLES[role]}", content)
        blocks = pack_tensors({role: np.array(each, np.uint64) for role, each in sums.items()})
        written["blocks"] = files.write_new(folder, f"{name}.{ROLES['blocks']}", blocks)
    except BaseException:
        for record in written.values():
            files.remove(folder / record.name)
        raise
    return written


def terms_of(article: Article, passages: Sequence[Span], analyzer: Analyzer, *, links_only: bool = False) -> ArticleTerms:
    """The terms by which an article and each of its passages are found; with ``links_only``, those of before CUTTING 8."""
    text = unlinked(article.text, links_only=True).replace(UNREAD, " ") if links_only else unlinked(article.text)
    begins_with_title = passages and text.startswith(article.title, passages[0].start)
    title = analyzer.terms(article.title) * (TITLE - 1 if begins_with_title else TITLE)
    return ArticleTerms(title, [analyzer.terms(text[span.start : span.end]) for span in passages])


def sign_planes(vectors: Vectors) -> NDArray[np.uint64]:
    """One bit a dimension, 1 where it is positive: uint64, (ceil(d / 64), n), 64 dimensions of all passages in a row. The share of bits
    that differ tells the angle (Charikar 2002, Similarity Estimation Techniques from Rounding Algorithms).
    """
    bits = np.packbits(vectors > 0, axis=1, bitorder="little")
    words = np.zeros((len(vectors), -(-bits.shape[1] // 8) * 8), np.uint8)
    words[:, : bits.shape[1]] = bits
    return np.ascontiguousarray(words.view(np.uint64).T)


def faiss_head(count: int, dimension: int) -> bytes:
    """What faiss.write_index writes of an IndexFlatIP before its vectors, without loading FAISS for it."""
    unused = 1 << 20
    return _FLAT.pack(b"IxFI", dimension, count, unused, unused, 1, 0, count * dimension)


class Postings(Protocol):
    """Which passages and articles of a segment hold which terms."""

    def of(self, terms: Sequence[int], unit: Unit = "passage") -> list[Posting | None]:
        """Where each of the terms of these hashes occurs; None where it does not."""


class Segment(ABC):
    """Some articles and their passages, as a question reads them: from files, or from what a server has sent.

    A subclass passes its columns to the constructor, in the arrays that ``write_segment`` describes, and implements what is abstract.
    Articles and passages are known by their row and their position. Reading raises IndexDamaged where files are not what was written, and
    ServerError where a server does not answer. ``content_key`` is equal for segments of the same articles, whichever of them are deleted.
    ``is_partial``: some passages are not live.
    """

    content_key: Hashable
    is_partial: bool

    def __init__(self, tensors: TensorReader, base: Path, articles: int, passages: int, marks: TensorReader | None = None) -> None:
        """``base`` is what stored paths are relative to; ``marks`` has the metadata, where it is not that of ``tensors``."""
        self.tensors = tensors
        self.metadata = Mappings(tensors if marks is None else marks, "metadata")  # that of the articles, deleted ones' too
        self.article_count = articles
        self.remembered_matches: dict[str, NDArray[np.bool_]] = {}  # of newsdex.search.question.filters
        self.remembered_capitals: dict[tuple[str, ...], tuple[int, int]] = {}  # of newsdex.search.ranking.evidence
        self.base = base
        self._passage_count = passages

    def __len__(self) -> int:
        return self._passage_count

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

    @property
    def vocabulary(self) -> Vocabulary | None:
        """The words of the articles as they are written; None where they are not known."""
        return None

    @property
    def forms(self) -> Forms | None:
        """The forms of one name that the articles say are the same; None where they are not known."""
        return None

    @abstractmethod
    def article(self, row: int) -> Article:
        """Article ``row`` with its text."""

    @abstractmethod
    def text(self, row: int) -> str:
        """The text of article ``row``."""

    def body_text(self, row: int) -> str:
        """The text of article ``row`` without what stands before and after it in its file."""
        text, (start, end) = self.text(row), self._range("body", row)
        return text[start:end] if start < end else text

    def read_ahead(self, rows: Sequence[int]) -> None:  # noqa: B027 - the system reads files ahead
        """Get the texts of ``rows`` together, where that is quicker than one by one."""

    @abstractmethod
    def sentence_ranges(self, row: int) -> NDArray[np.integer]:
        """Where each sentence of article ``row`` begins and ends, in order, (sentences, 2)."""

    def sentences(self, row: int) -> list[Span]:
        """The same as spans."""
        return [Span(start, end) for start, end in self.sentence_ranges(row).tolist()]

    def sentence_keys(self, row: int) -> NDArray[np.uint32]:
        """The number of each sentence of article ``row``, uint32, (sentences,): newsdex.store.furniture."""
        return self.tensors.part("sentence.key", *range_at(self.tensors, "sentence.ends", row))  # type: ignore[return-value]

    def passage_range(self, position: int) -> tuple[int, int]:
        """The characters of the passage at ``position``."""
        return self._range("passage", position)

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

    def rows_with(self, name: Literal["id", "url"], value: str) -> list[int]:
        """The articles, ascending, that are not deleted and whose id or url is ``value``."""
        return [row for row in rows_with(self.tensors, name, value) if self.live_articles[row]]

    @property
    def sketches(self) -> Sketches:
        """What the articles' texts are recognised by in others."""
        return Sketches(self.tensors)

    @cached_property
    def sizes(self) -> NDArray[np.float64]:
        """How many passages each article has, (articles,), in a type whose products numpy is quick at."""
        return np.diff(self.tensors["passage.ends"], prepend=np.uint32(0)).astype(np.float64)

    def passages(self, row: int) -> range:
        """The passages of article ``row``, by their position in this segment."""
        return range(*range_at(self.tensors, "passage.ends", row))

    def passages_of(self, articles: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The positions, ascending, of the passages of the articles in a mask, bool, (articles,)."""
        rows = np.flatnonzero(articles)
        if 16 * len(rows) > self.article_count:
            return np.flatnonzero(articles.take(self.tensors["passage.article"]))  # type: ignore[arg-type]
        ends = np.concatenate([np.zeros(1, np.int64), self.tensors["passage.ends"]]).astype(np.int64)
        starts, counts = ends[rows], ends[rows + 1] - ends[rows]
        return runs(starts, counts)

    def count_of(self, articles: NDArray[np.bool_]) -> int:
        """How many passages the articles in a mask, bool, (articles,), have together."""
        return int(np.einsum("a,a->", articles, self.sizes))  # a matrix library would start threads for it

    def are_of(self, passages: NDArray[np.int64], articles: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which of ``passages``, by their positions, are of the articles in a mask, bool, (articles,): bool, (len(passages),)."""
        return np.asarray(articles.take(self.tensors["passage.article"].take(passages)))  # type: ignore[arg-type]

    def article_of(self, passage: int) -> int:
        """The article that ``passage`` belongs to."""
        return self.tensors.item("passage.article", passage)

    def articles_of(self, passages: NDArray[np.int64]) -> NDArray[np.int64]:
        """The article that each of ``passages`` belongs to."""
        return self.tensors.rows("passage.article", passages).astype(np.int64)

    def passage(self, position: int, article: Article) -> Passage:
        """The passage at ``position``, which is one of ``article``."""
        start, end = self.passage_range(position)
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

    @property
    def languages(self) -> list[str]:
        """The languages of the articles, each once, ascending; "" where one is not known. Raises IndexDamaged."""
        return list(self.coded["language"].values)

    @property
    def published_days(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The first and the last day that each article's date can mean, (articles,) each: date.toordinal(), and 0 without a date."""
        return self.tensors["published.first"], self.tensors["published.last"]  # type: ignore[return-value]

    @cached_property
    def published_span(self) -> tuple[int, int] | None:
        """The first and the last of these days; None where an article has no date."""
        first, last = self.published_days
        return (int(first.min()), int(last.max())) if len(first) and first.all() else None

    def days_at(self, row: int) -> tuple[int, int]:
        """The first and the last day of the article at ``row``, as in ``published_days``."""
        return self.tensors.item("published.first", row), self.tensors.item("published.last", row)

    def _items(self, name: str, row: int) -> NDArray[np.generic]:
        return self.tensors.part(name, *range_at(self.tensors, f"{name}.ends", row))

    def _range(self, name: str, row: int) -> tuple[int, int]:
        return self.tensors.pair(name, 2 * row)

    def _bytes(self, name: str, row: int) -> bytes:
        return self.tensors.part(name, row, row + 1).tobytes()


def _open_files(folder: Path, record: SegmentRecord, *, in_memory: bool) -> dict[str, CheckedFile]:
    blocks = CheckedTensors(CheckedFile(folder, record.files["blocks"]), _BLOCKS)
    return {
        role: CheckedFile(folder, entry, blocks[role] if role in _BY_BLOCK else None, in_memory=in_memory)  # type: ignore[arg-type]
        for role, entry in record.files.items()
        if role != "blocks"
    }


class FileSegment(Segment):
    """An open segment of an index in a folder. It can be read for as long as it is kept, whatever a writer removes."""

    def __init__(
        self,
        folder: Path,
        record: SegmentRecord,
        base: Path,
        *,
        dimension: int,
        before: FileSegment | None = None,
        in_memory: bool = False,
        index_format: int = FORMAT,
    ) -> None:
        """``base`` is what the articles' paths are relative to; ``dimension`` is that of the vectors; ``before`` is the same
        segment as an earlier commit has it, if it is open, whose files are taken over; ``in_memory`` as in CheckedFile; ``index_format`` is
        that of the commit. Raises IndexDamaged, or FileNotFoundError when a writer has removed a file.
        """
        self.record = record
        self.folder = folder
        self.content_key = record.files["articles"]
        self.is_partial = record.deleted is not None
        self.files: Mapping[str, CheckedFile] = _open_files(folder, record, in_memory=in_memory) if before is None else before.files
        self._expected = dimension
        self._sizes_known = {"articles": record.articles, "passages": record.passages, "text bytes": record.files["texts"].size}
        layout = {**_ARTICLES, **_KEYS} if index_format >= READABLE else _ARTICLES
        tensors = CheckedTensors(self.files["articles"], layout, self._sizes_known) if before is None else before.tensors
        self.as_read = Mappings(tensors, "metadata")  # the metadata as the articles' sources have them
        self._marks = CheckedTensors(CheckedFile(folder, record.marked), _MARKED, self._sizes_known) if record.marked else None
        self.marked: list[int] = self._marks["row"].tolist() if self._marks else []  # the articles with marks
        super().__init__(tensors, base, record.articles, record.passages, self._marks)
        self.deleted: NDArray[np.uint32] = np.empty(0, np.uint32)
        if record.deleted:
            self.deleted = np.frombuffer(bytes(CheckedFile(folder, record.deleted).whole()), np.uint32)
            if (self.deleted >= record.articles).any() or (self.deleted[1:] <= self.deleted[:-1]).any():
                raise IndexDamaged(f"{folder / record.deleted.name} is damaged: it names articles that are not there. {DAMAGED}")

    def check_unchanged(self) -> None:
        """Raises IndexDamaged when a mapped file has been changed since it was opened."""
        for file in self.files.values():
            file.check_unchanged()

    @cached_property
    def live_articles(self) -> NDArray[np.bool_]:
        live = np.ones(self.record.articles, np.bool_)
        live[self.deleted] = False
        return live

    @cached_property
    def live_passages(self) -> NDArray[np.bool_]:
        return self.live_articles[self.tensors["passage.article"]]  # type: ignore[no-any-return]

    @cached_property
    def dimension(self) -> int:
        """That of the vectors, as the head of the FAISS file has it, whose rows follow it."""
        file, count = self.files["vectors"], self.record.passages
        if len(file) != _FLAT.size + 4 * count * self._expected or file.part(0, _FLAT.size) != faiss_head(count, self._expected):
            raise IndexDamaged(f"{file.path} is not a flat FAISS index of {count} vectors of {self._expected} numbers. {DAMAGED}")
        return self._expected

    @property
    def matrix(self) -> Vectors:
        """The passages' vectors, float32, (passages, d), as a view of the file; not aligned in memory."""
        dimension = self.dimension
        return np.ndarray((len(self), dimension), np.dtype("<f4"), self.files["vectors"].whole(), _FLAT.size)

    @cached_property
    def planes(self) -> NDArray[np.uint64]:
        return CheckedTensors(self.files["bits"], _PLANES, {**self._sizes_known, "words": -(-self.dimension // 64)})["plane"]  # type: ignore[return-value]

    @cached_property
    def postings(self) -> FilePostings:
        return FilePostings(self.words)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.words)

    @cached_property
    def forms(self) -> Forms:
        return Forms(self.words)

    @property
    def is_complete(self) -> bool:
        """Whether it has all that a segment written today has."""
        return self.vocabulary.has_sounds and self.forms.are_stored and self.known.are_stored

    @cached_property
    def known(self) -> KnownHere:
        """Look-ups of an update."""
        return KnownHere(self.tensors)

    @cached_property
    def words(self) -> CheckedTensors:
        """The arrays of the postings, the vocabulary and the forms."""
        return CheckedTensors(self.files["postings"], {**POSTINGS, **VOCABULARY, **FORMS}, self._sizes_known)

    def vectors(self, positions: NDArray[np.int64]) -> Vectors:
        return self.files["vectors"].rows(_FLAT.size, len(self), self.dimension, positions, np.dtype("<f4"))  # type: ignore[return-value]

    def vector_parts(self) -> Iterator[bytes]:
        """The bytes of the vectors, as ``checked_parts`` reads them."""
        return checked_parts(self.folder, self.record.files["vectors"], _FLAT.size)

    def article(self, row: int) -> Article:
        start, end = self._range("body", row)
        return Article(
            id=self.article_id(row),
            text=self.text(row),
            path=self.base / self.stored_path(row),
            sha256=self._bytes("sha256", row).hex(),
            title=self.title(row),
            source=coded_at(self.tensors, "source", row),
            url=string_at(self.tensors, "url", row),
            published=self.published(row),
            record=self.number(row),
            body=Span(start, end),
            metadata=self.metadata.at(row),
            language=coded_at(self.tensors, "language", row),
            pages=tuple(self._items("page", row).tolist()),
        )

    def number(self, row: int) -> int:
        """The number of article ``row`` in its source file, 0 where the file is the article."""
        return self.tensors.item("record", row)

    def published(self, row: int) -> Published | None:
        found = super().published(row)
        if found and not found.is_possible():
            raise self._odd(row, "the date", "is not one")
        return found

    def passage(self, position: int, article: Article) -> Passage:
        found = super().passage(position, article)
        if not found.start < found.end <= len(article.text) or found.index < 0:
            raise self._odd(self.article_of(position), "a passage", "is not a slice of its text")
        return found

    def sha256(self, row: int) -> bytes:
        """The checksum of what article ``row`` was read from."""
        return self._bytes("sha256", row)

    def digest(self, row: int) -> bytes:
        """The digest of article ``row``."""
        return self._bytes("digest", row)

    def text(self, row: int) -> str:
        file = self.files["texts"]
        content = file.unchecked(*range_at(self.tensors, "text.ends", row))
        if xxhash.xxh3_64_intdigest(content) != self.tensors.item("text.xxh3", row):
            raise IndexDamaged(f"{file.path} is damaged in the text of {self.article_id(row)!r}. {DAMAGED}")
        try:
            return str(content, "utf-8")
        except UnicodeDecodeError as error:
            raise self._odd(row, "the text", "is not UTF-8") from error

    def sentence_ranges(self, row: int) -> NDArray[np.integer]:
        return self._items("sentence", row)  # type: ignore[return-value]

    def unmarked(self, row: int) -> Article:
        """Article ``row`` as its source has it, without marks."""
        article = self.article(row)
        return replace(article, metadata=self.as_read.at(row)) if self.marked else article

    def entry(self, row: int) -> Entry:
        """Article ``row`` with its marks and all that is kept of it."""
        entry, metadata = self.entry_as_read(row), self.metadata.at(row)
        if metadata == entry.article.metadata:
            return entry
        digest = xxhash.xxh3_128_digest(entry.digest + json.dumps(metadata).encode())
        return replace(entry, article=replace(entry.article, metadata=metadata), digest=digest)

    def entry_as_read(self, row: int) -> Entry:
        """Article ``row``, as its source has it, with all that is kept of it."""
        found = self.passages(row)
        return Entry(
            article=self.unmarked(row),
            digest=self.digest(row),
            sentences=self.sentences(row),
            passages=[Span(start, end) for start, end in self._items("passage", row).tolist()],
            keys=self.tensors.part("passage.key", found.start, found.stop).view(np.uint8),
            vectors=self.vectors(np.arange(found.start, found.stop)),
        )

    def copy(self, folder: Path, name: str) -> dict[str, FileRecord]:
        """Write the files, without deletions, to ``folder`` under another ``name``. Raises IndexUnwritable and IndexDamaged."""
        home = self.files["texts"].path.parent
        return {
            role: files.write_new(folder, name + Path(record.name).suffix, checked_parts(home, record))
            for role, record in self.record.files.items()
        }

    def examine(self) -> None:
        """Look at all numbers and texts, and whether they go together; vectors are only counted. Raises IndexDamaged."""
        for tensors in filter(None, (self.tensors, self._marks, self.words)):
            for name in tensors:
                tensors[name]
        if not self.vocabulary.is_in_order():
            raise IndexDamaged(f"{self.files['postings'].path} is damaged: its vocabulary is not words in order. {DAMAGED}")
        owners, ascend = np.repeat(np.arange(self.record.articles), self.sizes.astype(np.int64)), Bounds(order="ends").hold
        for holds, what in (
            (self.planes.shape[1] == len(self.matrix), "signs do not go with its vectors"),
            (all(ascend(self.tensors[name]) for name in ("id.hash", "url.hash", "copy.key")), "look-ups are not in order"),
            (self.known.are_right(), "look-ups are not those of its articles"),
            (np.array_equal(self.tensors["passage.article"], owners), "passages do not go with its articles"),
            (int(self.sizes[self.deleted].sum()) == self.record.deleted_passages, "deleted passages are miscounted"),
            (_is_utf8(self.column("title")), "titles are not UTF-8"),
            (not any("\0" in path for path in self.coded["path"].values), "paths hold a NUL"),
            (all(Published(iso, "").is_possible() for iso in set(self.column("published")) - {""}), "dates are none"),
        ):
            if not holds:
                raise IndexDamaged(f"{self.files['articles'].path} is damaged: its {what}. {DAMAGED}")
        self._examine_spans()

    def _examine_spans(self) -> None:
        """Whether pages, bodies and sentences are slices of their texts, and passages of their bodies."""
        count = self.record.articles
        start, end = np.zeros(count, np.int64), np.fromiter((len(self.text(row)) for row in range(count)), np.int64, count)
        for name in ("page", "sentence", "body", "passage"):
            ends = np.arange(1, count + 1) if name == "body" else self.tensors[f"{name}.ends"].astype(np.int64)
            owners = np.searchsorted(ends, np.arange(int(ends[-1]) if count else 0), side="right")
            spans = self.tensors[name].astype(np.int64).reshape(len(owners), 1 if name == "page" else 2)
            wrong = (spans[:, 0] < start[owners]) | (spans[:, -1] > end[owners])
            if name == "passage":
                wrong |= spans[:, 0] == spans[:, 1]
            if wrong.any():
                raise self._odd(int(owners[wrong.argmax()]), f"a {name}", "is not a slice of its text")
            if name == "body":
                start, end = spans.T

    def _odd(self, row: int, what: str, state: str) -> IndexDamaged:
        """What there is to say of an article whose parts do not go together."""
        return IndexDamaged(f"segment {self.record.name} is damaged: {what} of {self.article_id(row)!r} {state}. {DAMAGED}")


def _is_utf8(strings: Iterable[str]) -> bool:
    try:
        return all(string.encode() is not None for string in strings)
    except UnicodeEncodeError:
        return False
