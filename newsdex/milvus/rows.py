"""What the rows of the two collections of an index hold, and how an article is put into them and taken out again.

The collection of an index has a row a passage: its vector, its words, and of its article what questions are filtered by. Beside it, the
collection ``NAME_articles`` has the articles: of each a head, with everything but the text, and its text. Either is JSON or text in pieces
that a field of Milvus can hold. One more row there, the about, says what the index is: the manifest.

The id of a row is made of the article's id and digest, so that writing twice is writing once. A passage counts only where its article's
head has the same version: an article that is replaced is the old one until its head is, and then the new one.

What an article's fields say is in marks, numbers that a server can look up: the equalities of newsdex.search.question.filters, decided once
when a row is written. A mark is the XXH3-64 of a key, a relation and a value, without its last bit, for Milvus has no negative literals;
two of a million marks share one with a probability of 5e-8.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.encoder import Vectors
from newsdex.errors import IndexDamaged, IndexUnwritable
from newsdex.fields import numbers_of, packed, spans_of, unpacked
from newsdex.milvus.server import WITNESS, witness_vector
from newsdex.records import Article, Span, is_retraction
from newsdex.store.postings import SCALE, Unit, pack_postings
from newsdex.store.segment import Entry, terms_of
from newsdex.store.sketches import SIZE, Shingler, Sketch, sketch_keys
from newsdex.values import folded, number_of
from newsdex.words import Analyzer

Row: TypeAlias = dict[str, Any]

EQUAL, NUMBER, THERE, ENDING = "=", "#", "?", "/"
METADATA = "metadata."
HEAD, TEXT, ABOUT = "h", "t", "a"
PIECE = 60_000  # bytes: a field of Milvus holds 65,535
MOST_MARKS = 4_096  # of an article, and terms of a passage: what an array of Milvus holds
NO_WORD = 0  # the place in a vector of words that no word has, for Milvus refuses empty ones
NO_VECTOR = [0.0, 0.0]  # Milvus wants a vector in each collection
ARTICLES = "_articles"


def key_of(article_id: str) -> str:
    """What stands for the article in ids and joins: 32 hexadecimal digits."""
    return xxhash.xxh3_128_hexdigest(article_id.encode(errors="surrogateescape"))


def term_key(term: int) -> int:
    """The hash of a term as it is stored: without its last bit, for Milvus has no negative literals."""
    return term >> 1


def article_term_key(term: int) -> int:
    """The same for a term of an article: one of its passages has it with an impact of 0, so that articles can be counted."""
    return term_key(term ^ 0x9E3779B97F4A7C15)


def term_place(term: int) -> int:
    """The place of the term of this hash in vectors of words, as one of the passage itself: 31 bits, not NO_WORD."""
    return (term >> 33) + 1


def article_term_place(term: int) -> int:
    """The place there of the same term as one of the passage's article: other bits of the hash."""
    return (term & 0x7FFFFFFF) + 1


@dataclass(frozen=True, slots=True)
class Head:
    """An article without its text. ``keys``, uint8, (n, 16), as in Entry; ``sketch`` as in newsdex.store.sketches. ``terms``, uint64,
    ascending, are the hashes of the article's terms, and ``impacts``, uint8, theirs, as in a segment's postings.
    """

    article: Article
    version: str
    path: str
    digest: bytes
    sentences: Sequence[Span]
    passages: Sequence[Span]
    keys: NDArray[np.uint8]
    sketch: Sketch
    xxh3: int
    terms: NDArray[np.uint64]
    impacts: NDArray[np.uint8]

    def entry(self, text: str, vectors: Vectors, base: Path) -> Entry:
        """The whole, with paths below ``base``."""
        return Entry(whole(self, text, base), self.digest, self.sentences, self.passages, self.keys, vectors)


def whole(head: Head, text: str, base: Path) -> Article:
    """The article of ``head`` with its text and its path below ``base``. Raises IndexDamaged when the text is not what was written."""
    if xxhash.xxh3_64_intdigest(text.encode()) != head.xxh3:
        raise IndexDamaged(f"the text of {head.article.id!r} is not what was written. Load it again: newsdex push")
    return replace(head.article, text=text, path=base / head.path)


def version_of(entry: Entry) -> str:
    """Changes when anything of the article or of its passages does: 32 hexadecimal digits."""
    return xxhash.xxh3_128_hexdigest(entry.digest + entry.keys.tobytes() + json.dumps(numbers_of(entry.passages)).encode())


def rows_of(entry: Entry, path: str, *, sparse: bool) -> tuple[list[Row], list[Row]]:
    """The rows of the passages, and those of the text and the head, which counts and comes last. Raises IndexUnwritable."""
    article, published = entry.article, entry.article.published
    facets = sorted({*marks_of(article, path)})
    if len(facets) > MOST_MARKS:
        raise IndexUnwritable(
            f"the fields of {article.id!r} have {len(facets)} values: expected at most {MOST_MARKS}. Leave some out of its source"
        )
    common: Row = {
        "article": key_of(article.id),
        "version": version_of(entry),
        "first": published.earliest.toordinal() if published else 0,
        "last": published.latest.toordinal() if published else 0,
    }
    words, (terms, impacts) = _words(entry)
    sketch = Shingler().sketch(article.text[article.body.start : article.body.end])
    head = {
        **packed(article),
        "path": path,
        "digest": entry.digest.hex(),
        "sentences": numbers_of(entry.sentences),
        "passages": numbers_of(entry.passages),
        "keys": base64.b85encode(entry.keys.tobytes()).decode(),
        "sketch": base64.b85encode(sketch.tobytes()).decode(),
        "xxh3": xxhash.xxh3_64_intdigest(article.text.encode()),
        "terms": base64.b85encode(np.array(terms, np.uint64).tobytes()).decode(),
        "impacts": base64.b85encode(bytes(impacts)).decode(),
    }
    heads = _pieces(HEAD, common, json.dumps(head), sketch_keys(sketch), facets)
    passages = []
    of_article = {article_term_place(t): i / SCALE for t, i in zip(terms, impacts, strict=True)}
    uncounted = set(terms)
    for position, (span, vector, (own, its)) in enumerate(zip(entry.passages, entry.vectors, words, strict=True)):
        first = uncounted if position == len(words) - 1 else uncounted.intersection(own)
        uncounted = uncounted - first
        marks = [*(term_key(term) for term in own), *(article_term_key(term) for term in sorted(first))][:MOST_MARKS]
        row = {
            "id": f"{common['article']}:{common['version']}:{position}",
            **common,
            "facets": facets,
            "language": article.language,
            "position": position,
            "start": span.start,
            "end": span.end,
            "terms": marks,
            "impacts": [*its, *[0] * len(first)][:MOST_MARKS],
            "dense": vector.tolist(),
        }
        if sparse:
            row["sparse"] = {NO_WORD: 1 / SCALE, **of_article, **{term_place(t): i / SCALE for t, i in zip(own, its, strict=True)}}
        passages.append(row)
    return passages, [*_pieces(TEXT, common, article.text), *heads[::-1]]


def about_rows(about: Row) -> list[Row]:
    """The rows that say what the index is; the first one, which counts, is the last."""
    content = json.dumps(about)
    return _pieces(ABOUT, {"article": ABOUT, "version": key_of(content), "first": 0, "last": 0}, content)[::-1]


def witness_rows(dimension: int, *, sparse: bool) -> tuple[Row, Row]:
    """The row WITNESS of the passages, and that of the articles. Neither has an article."""
    common: Row = {"id": WITNESS, "article": WITNESS, "version": "", "first": 0, "last": 0, "facets": []}
    passage = {**common, "language": "", **dict.fromkeys(("position", "start", "end"), 0), "terms": [], "impacts": []}
    passage["dense"] = witness_vector(dimension)
    if sparse:
        passage["sparse"] = {NO_WORD: 1 / SCALE}
    return passage, {**common, "kind": "w", "piece": 0, "pieces": 1, "copy_keys": [], "content": "", "nothing": NO_VECTOR}


def joined(rows: Iterable[Row]) -> Iterator[tuple[tuple[str, str], str]]:
    """The key of an article and its version, with the content of its pieces in ``rows`` as soon as all are there."""
    pieces: dict[tuple[str, str], dict[int, str]] = {}
    for row in rows:
        key = row["article"], row["version"]
        parts = pieces.setdefault(key, {})
        parts[row["piece"]] = row["content"]
        if len(parts) == row["pieces"]:
            yield key, "".join(parts[number] for number in sorted(pieces.pop(key)))


PIECE_FIELDS = ("article", "version", "piece", "pieces", "content")


def heads_of(rows: Iterable[Row]) -> dict[str, Head]:
    """The heads in ``rows``, which have PIECE_FIELDS, by their articles' keys."""
    return dict(each_head(rows))


def each_head(rows: Iterable[Row]) -> Iterator[tuple[str, Head]]:
    """The same one by one."""
    return ((key, _head(json.loads(content), version)) for (key, version), content in joined(rows))


def _head(told: Row, version: str) -> Head:
    article = unpacked(told, "", Path(told["path"]))
    sketch = np.frombuffer(base64.b85decode(told["sketch"]), np.uint32)
    keys = np.frombuffer(base64.b85decode(told["keys"]), np.uint8).reshape(-1, 16)
    sentences, passages = spans_of(told["sentences"]), spans_of(told["passages"])
    assert len(sketch) == SIZE
    terms = np.frombuffer(base64.b85decode(told["terms"]), np.uint64)
    impacts = np.frombuffer(base64.b85decode(told["impacts"]), np.uint8)
    return Head(
        article, version, told["path"], bytes.fromhex(told["digest"]), sentences, passages, keys, sketch, told["xxh3"], terms, impacts
    )


def _pieces(kind: str, common: Row, content: str, copy_keys: Sequence[int] = (), facets: Sequence[int] = ()) -> list[Row]:
    """Rows of at most PIECE bytes of ``content``. The first of a head keeps its id in all versions, and so replaces the last one."""
    parts = [*_cut(content)]
    return [
        {
            "id": f"{common['article']}:{kind}"
            if kind != TEXT and not number
            else f"{common['article']}:{common['version']}:{kind}:{number}",
            "kind": kind,
            "piece": number,
            "pieces": len(parts),
            **common,
            "content": part,
            "nothing": NO_VECTOR,
            "copy_keys": [] if number else [*copy_keys],
            "facets": [*facets],
        }
        for number, part in enumerate(parts)
    ]


def _cut(content: str) -> Iterator[str]:
    encoded = content.encode()
    start = 0
    while len(encoded) - start > PIECE:
        stop = start + PIECE
        while encoded[stop] & 0xC0 == 0x80:  # within a character  # noqa: PLR2004 - UTF-8
            stop -= 1
        yield encoded[start:stop].decode()
        start = stop
    yield encoded[start:].decode()


_analyzer = lru_cache(maxsize=64)(Analyzer)

_Weighed: TypeAlias = tuple[list[int], list[int]]  # the hashes of terms, and their impacts


def _words(entry: Entry) -> tuple[list[_Weighed], _Weighed]:
    """The terms of each passage and those of the article, as the postings of a segment have them."""
    packed = pack_postings([terms_of(entry.article, entry.passages, _analyzer(entry.article.language))])

    def weighed(unit: Unit, size: int) -> list[_Weighed]:
        ends = packed[f"{unit}.ends"].astype(np.int64)
        terms = np.repeat(packed["term"], np.diff(ends, prepend=0))
        order = np.argsort(packed[unit], kind="stable")
        bounds = np.searchsorted(packed[unit][order], np.arange(size + 1)).tolist()
        hashes, impacts = terms[order].tolist(), packed[f"{unit}.impact"][order].tolist()
        return [(hashes[a:b], impacts[a:b]) for a, b in pairwise(bounds)]

    [article] = weighed("article", 1)
    return weighed("passage", len(entry.passages)), article


def mark(key: str, relation: str, value: str = "") -> int:
    """The number of a statement such as: the field ``key`` is equal to ``value``."""
    return xxhash.xxh3_64_intdigest(f"{key}\0{relation}\0{value}".encode(errors="surrogatepass")) >> 1


def marks_of(article: Article, path: str) -> Iterator[int]:
    """All that can be said of ``article``, whose stored path is ``path``, some of it twice."""
    for key, value in (("id", article.id), ("url", article.url), ("path", path)):
        yield mark(key, EQUAL, value)
    parts = path.split("/")
    for first in range(len(parts)):
        yield mark("path", ENDING, "/".join(parts[first:]))
    for key, value in (("title", article.title), ("source", article.source), ("language", article.language)):
        yield from _value(key, folded(value))
    yield mark("retracted", EQUAL, str(is_retraction(article.metadata.get("retracted", ""))).lower())
    for name, value in article.metadata.items():
        key, text = METADATA + name, folded(value)
        yield mark(key, THERE)
        yield from _value(key, text)
        if ", " in text:
            for item in text.split(", "):
                yield from _value(key, item)


def _value(key: str, text: str) -> Iterator[int]:
    yield mark(key, EQUAL, text)
    number = number_of(text)
    if number is not None:
        yield mark(key, NUMBER, written(number))


def written(number: float) -> str:
    """The same for equal numbers: 5 and 5.0."""
    return repr(int(number)) if number // 1 == number else repr(number)
