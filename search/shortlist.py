"""The passages of an archive in Milvus that can be among a question's best, and the excerpt that they make.

Two lists are asked for, the nearest in meaning and those with most of the words; what is on either gets its points here, as in newsdex.search.candidates. What is on
neither has no more than the last of both lists have together (the threshold algorithm of Fagin, Lotem and Naor 2001, Optimal Aggregation Algorithms for
Middleware): when that is less than the hits that are asked for have, nothing is missing, and else the lists are made longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np

from newsdex.cluster.excerpt import Chosen, ExcerptSegment, Holders
from newsdex.cluster.rows import Head, Row, key_of, term_key, term_place
from newsdex.cluster.server import MOST_FOUND
from newsdex.encoder import Line, Vectors, comparable, speaks
from newsdex.search.archive import Archive
from newsdex.search.expressions import Condition, both, condition_of, one_of
from newsdex.search.filters import matching_articles
from newsdex.search.fusion import FOREIGN, RECENCY, WORDS, best_first, meaning_points, word_points
from newsdex.search.lexical import Asked, look_up, words_of
from newsdex.search.request import Request
from newsdex.search.when import recency_of
from newsdex.store.postings import SCALE, hash_of
from newsdex.store.snapshot import Snapshot

_FIELDS = ("article", "version", "position", "language", "first", "last", "terms", "impacts", "dense")
_LEAST = 256  # passages a list, 0.6 MB
_LONGEST = 4_096  # where the bound is not reached, unless every vector is asked for
_KEYS = 5_000  # articles that an expression names
_DIGITS = 6  # as in newsdex.search.dense


class Excerpt(NamedTuple):
    """A snapshot of what can matter. ``whole``: nothing else meets the question's conditions."""

    snapshot: Snapshot
    whole: bool


@dataclass(frozen=True, slots=True)
class _Lists:
    """What was found: rows by id, the least inner product of each list, and whether each has all that there is."""

    rows: list[Row]
    nearest: float
    words: float
    whole: bool


def make_excerpt(archive: Archive, request: Request, vector: Vectors | None, depth: int, needed: int, today: date) -> Excerpt:
    """At least the ``depth`` best passages for ``request``, with the articles they are in and the copies of these; the best ``needed`` for sure.

    Raises as newsdex.cluster.server.Server.
    """
    condition = condition_of(request.where, request.period, request.as_of)
    scopes = [condition.expression] if condition.exact else list(_scopes(archive, request, condition))
    asked = [] if request.mode == "dense" else _asked(archive, request)
    points, rows, whole = _best(archive, request, vector, asked, scopes, depth, needed, today)
    order = best_first(points, depth)
    whole = whole and len(order) == len(rows)
    return Excerpt(_snapshot(archive, request, asked, [rows[place] for place in order.tolist()], needed), whole)


def _best(
    archive: Archive,
    request: Request,
    vector: Vectors | None,
    asked: Sequence[Asked],
    scopes: Sequence[str],
    depth: int,
    needed: int,
    today: date,
) -> tuple[Vectors, list[Row], bool]:
    """Rows that have the best among them, with the points of each, and whether there are no others."""
    line = comparable(archive.manifest.model)
    limit = min(max(_LEAST, depth), MOST_FOUND)
    while True:
        lists = _lists(archive, request, vector, asked, scopes, limit)
        points = _points(archive, request, vector, asked, lists.rows, line, today)
        if lists.whole or limit >= (MOST_FOUND if request.exact else max(_LONGEST, depth)):
            return points, lists.rows, lists.whole
        sure = min(len(points), depth if request.exact else needed)
        reached = len(points) >= sure > 0 and np.partition(points, len(points) - sure)[len(points) - sure]
        if len(points) >= depth and reached >= _bound(archive, request, lists, line):
            return points, lists.rows, False
        limit = min(4 * limit, MOST_FOUND)


def _bound(archive: Archive, request: Request, lists: _Lists, line: Line) -> float:
    """The most points that a passage on neither list can have."""
    fresh = RECENCY if request.recency is not None else 0.0
    meaning = line.scale * lists.nearest + line.offset
    if request.mode == "dense":
        return meaning + fresh
    if request.mode == "lexical":
        return max(WORDS, FOREIGN.words) * lists.words + fresh
    most = meaning + WORDS * lists.words
    if not all(speaks(archive.manifest.model, language) for language in archive.languages):
        most = max(most, FOREIGN.offset + FOREIGN.cosine * meaning + FOREIGN.words * lists.words)
    return most + fresh


def _lists(archive: Archive, request: Request, vector: Vectors | None, asked: Sequence[Asked], scopes: Sequence[str], limit: int) -> _Lists:
    found: dict[str, Row] = {}
    nearest = words = -np.inf
    whole = True
    for scope in scopes:
        if request.mode != "lexical":
            assert vector is not None
            near = _searched(archive, "dense", vector.tolist(), scope, limit, exact=request.exact)
            found |= {row["id"]: row for _, row in near}
            if len(near) == limit:
                nearest, whole = max(nearest, near[-1][0]), False
            elif not archive.place.is_file and archive.server.count(archive.collection.passages, scope) > len(near):
                found |= {row["id"]: row for row in archive.server.every(archive.collection.passages, scope, _FIELDS)}
        if request.mode != "dense" and asked and archive.server.has_sparse:
            having = [
                (score, row)
                for score, row in _searched(archive, "sparse", weights_of(asked, term_place), scope, limit, exact=False)
                if score > 0
            ]
            found |= {row["id"]: row for _, row in having}
            if len(having) == limit:
                words = max(words, having[-1][0])
                whole = whole and request.mode != "lexical"
    return _Lists(list(found.values()), float(nearest), max(float(words), 0.0), whole)


def _searched(archive: Archive, field: str, vector: object, scope: str, limit: int, *, exact: bool) -> list[tuple[float, Row]]:
    found = archive.server.search(archive.collection.passages, field, vector, scope, ("id", *_FIELDS), limit, exact=exact)
    return [(score, row) for score, row in found if row]


def _points(
    archive: Archive, request: Request, vector: Vectors | None, asked: Sequence[Asked], rows: Sequence[Row], line: Line, today: date
) -> Vectors:
    """As newsdex.search.candidates gives them, float32, (len(rows),)."""
    total = np.zeros(len(rows), np.float32)
    if not rows:
        return total
    spoken = np.array([speaks(archive.manifest.model, row["language"]) for row in rows])
    if request.mode != "lexical":
        assert vector is not None
        cosines = np.round(np.array([row["dense"] for row in rows], np.float32) @ vector, _DIGITS)
        meaning = np.float32(line.scale) * cosines + np.float32(line.offset)
        total += meaning_points(meaning, spoken) if request.mode == "hybrid" else meaning
    if request.mode != "dense":
        weights = weights_of(asked, term_key)
        shares = [sum(i / SCALE * weights[t] for t, i in zip(row["terms"], row["impacts"], strict=True) if t in weights) for row in rows]
        total += word_points(np.minimum(np.array(shares, np.float32), 1), spoken)
    if request.recency is not None:
        first, last = (np.array([row[name] for row in rows], np.int32) for name in ("first", "last"))
        total += np.float32(RECENCY) * recency_of(first, last, request.recency, today)
    return total


def _asked(archive: Archive, request: Request) -> list[Asked]:
    """The question's words with their weights in the whole archive."""
    words = words_of(request.question, archive.languages)
    archive.counts(hash_of(term) for terms in words for term in terms)
    return look_up(archive.snapshot(), words)


def _scopes(archive: Archive, request: Request, condition: Condition) -> Iterator[str]:
    """Expressions that exactly the rows meet that are meant, where ``condition`` lets others in: by the keys of their articles."""
    assert request.where is not None
    keys: list[str] = []
    batch: list[Head] = []
    for head in archive.heads_with(condition.expression):
        batch.append(head)
        if len(batch) == _KEYS:
            keys += _matching(archive, request, batch)
            batch = []
    keys += _matching(archive, request, batch)
    for start in range(0, len(keys), _KEYS):
        yield both(condition.expression, one_of("article", keys[start : start + _KEYS]))


def _matching(archive: Archive, request: Request, heads: Sequence[Head]) -> list[str]:
    assert request.where is not None
    if not heads:
        return []
    [segment] = archive.snapshot(heads).segments
    return [key_of(heads[row].article.id) for row in np.flatnonzero(matching_articles(segment, request.where)).tolist()]


def _snapshot(archive: Archive, request: Request, asked: Sequence[Asked], rows: Sequence[Row], needed: int) -> Snapshot:
    """The excerpt with the passages in ``rows``, best first."""
    heads = archive.heads(row["article"] for row in rows)
    # A passage of a version that is not the article's is one of before, or one that is being written.
    rows = [row for row in rows if row["article"] in heads and heads[row["article"]].version == row["version"]]
    if request.collapse:
        heads |= archive.copies_of(heads.values())
    places = {key: place for place, key in enumerate(heads)}
    chosen = Chosen(
        np.array([places[row["article"]] for row in rows], np.int64),
        np.array([row["position"] for row in rows], np.int64),
        np.array([row["dense"] for row in rows], np.float32).reshape(len(rows), archive.manifest.model.dimension),
    )
    snapshot = archive.snapshot(list(heads.values()), chosen, holders_of(asked, rows))
    segment = snapshot.segments[0]
    assert isinstance(segment, ExcerptSegment)
    segment.fetch_texts(list(dict.fromkeys(places[row["article"]] for row in rows))[:needed])
    return snapshot


def holders_of(asked: Sequence[Asked], rows: Sequence[Row]) -> dict[int, Holders]:
    """For each term of the question, by its hash: which of ``rows``, with their terms and impacts, have it, and their impacts."""
    places: dict[int, list[tuple[int, int]]] = {term_key(hash_of(term)): [] for word in asked for term in word.terms}
    for place, row in enumerate(rows):
        for term, impact in zip(row["terms"], row["impacts"], strict=True):
            if term in places:
                places[term].append((place, impact))
    found = {}
    for term in {hash_of(term) for word in asked for term in word.terms}:
        mine = np.array(places[term_key(term)], np.int64).reshape(-1, 2)
        found[term] = (mine[:, 0], mine[:, 1].astype(np.uint8))
    return found


def weights_of(asked: Sequence[Asked], place_of: Callable[[int], int]) -> dict[int, float]:
    """What each term of the question counts, by what stands for it."""
    weights: dict[int, float] = {}
    for word in asked:
        for term in word.terms:
            place = place_of(hash_of(term))
            weights[place] = weights.get(place, 0.0) + word.weight
    return weights
