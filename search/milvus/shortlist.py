"""The passages of an archive in Milvus that can be among a question's best, and the excerpt made of them.

Two lists are fetched: the passages nearest in meaning, and those with most of the words. A passage on either list gets its points here, as
in newsdex.search.ranking.points. A passage on neither list scores at most the sum of the two last entries (the threshold algorithm of
Fagin, Lotem and Naor 2001, Optimal Aggregation Algorithms for Middleware). If that is less than the requested hits have, nothing is
missing; otherwise the lists are extended.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from newsdex.encoder import Vectors, comparable
from newsdex.milvus.rows import Head, Row, article_term_place, key_of, term_key, term_place
from newsdex.milvus.server import MOST_FOUND
from newsdex.records import Period
from newsdex.search.milvus.archive import Archive
from newsdex.search.milvus.expressions import Condition, both, condition_of, one_of
from newsdex.search.question.filters import Filter, matching_articles
from newsdex.search.question.reader import Query
from newsdex.search.question.terms import term_languages_in, words_of
from newsdex.search.ranking import fusion
from newsdex.search.ranking.languages import TYPICAL
from newsdex.search.ranking.lexical import QueryWord, QueryWords, look_up_all
from newsdex.search.ranking.retrieval import date_order
from newsdex.search.request import Request
from newsdex.store.postings import SCALE, hash_of
from newsdex.store.snapshot import Snapshot
from newsdex.values import portions

_FIELDS = ("id", "article", "version", "position", "language", "first", "last")
LEAST = 256  # passages a list, at 200 bytes
LONGEST = 4_096  # where the bound is not reached, unless every vector is asked for
_BEGINNINGS = 16  # articles of which a passage is taken to know a served model by
_DAYS = 32  # of the newest articles that are looked at first
_KEYS = 5_000  # articles or passages that an expression names
_LARGE = 1_000  # rows that are fetched with their vectors: 2 MB
_WORDS = ("terms", "impacts")


class Excerpt(NamedTuple):
    """A snapshot of the passages that can matter. ``whole``: nothing else matches the conditions, or the server has no more."""

    snapshot: Snapshot
    whole: bool


def make_excerpt(archive: Archive, question: Query, depth: int, needed: int) -> Excerpt:
    """Return at least the ``depth`` best passages for ``question``, with their articles and the copies of these; the best ``needed`` are
    certain.

    If the question depends on earlier ones, the passages for either are included, with all passages of their articles, because the question
    decides among these. Raises as newsdex.milvus.server.Server.
    """
    request = question.request
    condition = condition_of(request.where, request.period, request.as_of)
    scopes = [condition.expression] if condition.exact else list(_scopes(archive, request, condition))
    if question.reading.listed:
        return _listed(archive, question, scopes, depth)
    texts = [(question.reading.text, question.vector), *([(question.topic, question.topic_vector)] if question.topic else [])]
    words: list[QueryWord] = []
    best: dict[str, Row] = {}
    wholes = []
    for text, vector in texts:
        asked = QueryWords() if request.mode == "dense" else _asked(archive, text)
        words += asked.passage
        points, rows, whole = _Lists(archive, request, vector, asked, scopes, question.today).best(depth, needed)
        order = fusion.best_first(points, depth)
        best |= {rows[place]["id"]: rows[place] for place in order.tolist()}
        wholes.append(whole and len(order) == len(rows))
    rows = list(best.values())
    if question.topic:
        rows = _siblings(archive, rows)
    return Excerpt(_snapshot(archive, request, words, rows), any(wholes))


def passages_of(archive: Archive, head: Head, positions: Sequence[int]) -> Snapshot:
    """Return the article of ``head`` with its passages at ``positions``, then its possible copies. Raises as milvus.server.Server."""
    this = both(one_of("article", [key_of(head.article.id)]), f"version == {json.dumps(head.version)}")
    expression = both(this, f"position in {list(positions)}")
    rows = archive.server.query(archive.collection.passages, expression, ("article", "position", "dense")) if positions else []
    return archive.snapshot([head, *archive.copies_of([head]).values()], rows)


def typical_in(archive: Archive, language: str) -> Vectors:
    """Vectors of some passages in ``language``, float32, (n, d). Raises as newsdex.milvus.server.Server."""
    expression = f"language == {json.dumps(language)}"
    rows = archive.server.query(archive.collection.passages, expression, ("dense",), limit=TYPICAL)
    return np.array([row["dense"] for row in rows], np.float32).reshape(len(rows), archive.manifest.model.dimension)


def beginnings_of(archive: Archive) -> Snapshot:
    """Return a few articles with the first passage of each. Raises as newsdex.milvus.server.Server."""
    fields = ("article", "version", "position", "dense")
    rows = {row["article"]: row for row in archive.server.query(archive.collection.passages, "position == 0", fields, limit=_BEGINNINGS)}
    heads = {key: head for key, head in archive.heads(rows).items() if head.version == rows[key]["version"]}
    return archive.snapshot(heads.values(), [rows[key] for key in heads])


def _listed(archive: Archive, question: Query, scopes: Sequence[str], depth: int) -> Excerpt:
    """The first passages of the ``depth`` newest articles, those of the requested days first, and more if the last ones are equal."""
    period = question.reading.period or Period()
    newest = archive.collection.about.last
    days = _DAYS
    while True:
        window = f"position == 0 and last >= {newest - days}" if days < newest else "position == 0"
        rows = [row for scope in scopes for row in archive.server.every(archive.collection.passages, both(scope, window), _FIELDS)]
        order_of = date_order(np.array([row["last"] for row in rows], np.int32), period)
        inside = int(np.count_nonzero(order_of > date.max.toordinal()))
        if inside >= depth or days >= newest:
            break
        days *= 8
    chosen = [rows[place] for place in fusion.best_first(order_of, depth).tolist()]
    return Excerpt(_snapshot(archive, question.request, [], chosen), days >= newest and len(chosen) == len(rows))


def _siblings(archive: Archive, rows: Sequence[Row]) -> list[Row]:
    """All passages of the articles of ``rows``, in the same order."""
    keys = list(dict.fromkeys(row["article"] for row in rows))
    place = {key: number for number, key in enumerate(keys)}
    return sorted(archive.passages(keys, _FIELDS), key=lambda row: place[row["article"]])


class _Lists:
    """The passages of ``scopes`` on the two lists of a text: rows by id, cosines, word scores, least values, completeness."""

    def __init__(self, archive: Archive, request: Request, vector: Vectors, asked: QueryWords, scopes: Sequence[str], today: date) -> None:
        self._archive, self._request, self._scopes, self._today = archive, request, scopes, today
        self._vector: list[float] = vector.tolist()
        self._asked = asked
        self._by_meaning, self._by_words = request.mode != "lexical", request.mode != "dense" and bool(asked.passage)
        self._model = archive.manifest.model
        self._line = comparable(self._model)
        # Any language serves if the question's is unknown: the list is longer than needed.
        self._foreign = fusion.foreign_weights(request.question, self._model, lambda: max(archive.languages, default=""))

    def best(self, depth: int, needed: int) -> tuple[Vectors, list[Row], bool]:
        """Rows that include the best, the points of each, and whether the server has no others."""
        limit = min(max(LEAST, 2 * depth), MOST_FOUND)  # so that the last of the best are rarely missed
        most, certain = (MOST_FOUND, depth) if self._request.exact else (min(max(LONGEST, depth), MOST_FOUND), needed)
        while True:
            self._fetch(limit)
            self._complete()
            points, rows = self._points(), list(self._rows.values())
            if self._whole or limit >= most:
                return points, rows, self._whole or limit == MOST_FOUND
            if len(points) >= depth and _least(points, rows, certain) >= self._bound():
                return points, rows, False
            limit = min(4 * limit, MOST_FOUND)

    def _search(self, field: str, scope: str, fields: Sequence[str], limit: int, *, exact: bool = False) -> list[tuple[float, Row]]:
        sought = self._vector if field == "dense" else _word_scores_of(self._asked)
        return self._archive.server.search(self._archive.collection.passages, field, sought, scope, fields, limit, exact=exact)

    def _fetch(self, limit: int) -> None:
        """The first ``limit`` of each list."""
        self._rows: dict[str, Row] = {}
        self._cosines: dict[str, float] = {}
        self._word_scores: dict[str, float] = {}
        self._nearest, self._words, self._whole = -np.inf, 0.0, True
        server, name = self._archive.server, self._archive.collection.passages
        for scope in self._scopes:
            if self._by_meaning:
                near = self._search("dense", scope, _FIELDS, limit, exact=self._request.exact)
                self._rows |= {row["id"]: row for _, row in near}
                self._cosines |= {row["id"]: score for score, row in near}
                if len(near) == limit:
                    self._nearest, self._whole = max(self._nearest, near[-1][0]), False
                elif not self._archive.place.is_file and server.count(name, scope) > len(near):  # an approximate index may miss some of few
                    self._rows |= {row["id"]: row for row in server.every(name, scope, _FIELDS)}
            if self._by_words and server.has_sparse:
                having = self._search("sparse", scope, _FIELDS, limit)
                self._rows |= {row["id"]: row for score, row in having if score > 0}
                self._word_scores |= {row["id"]: score for score, row in having if score > 0}
                if len(having) == limit and having[-1][0] > 0:
                    self._words = max(self._words, having[-1][0])
                    self._whole = self._whole and self._by_meaning

    def _complete(self) -> None:
        """Fetch the missing scores of passages that are on one list only."""
        for field, wanted, known in (("dense", self._by_meaning, self._cosines), ("sparse", self._by_words, self._word_scores)):
            for some in portions([row for row in self._rows if wanted and row not in known], _KEYS):
                if field == "dense" or self._archive.server.has_sparse:
                    known.update((row["id"], score) for score, row in self._search(field, one_of("id", some), ("id",), len(some)))
                else:
                    known.update(self._scores_without_sparse(some))

    def _scores_without_sparse(self, ids: Sequence[str]) -> Iterator[tuple[str, float]]:
        """The word scores of the passages with these ids, for a server without keyword ranking."""
        own, whole = weights_of(self._asked.passage, term_key), weights_of(self._asked.article, lambda term: term)
        rows = self._archive.server.query(self._archive.collection.passages, one_of("id", ids), ("id", "article", *_WORDS))
        heads = self._archive.heads(row["article"] for row in rows)
        shares = {key: _share(head.terms.tolist(), head.impacts.tolist(), whole) for key, head in heads.items()}
        for row in rows:
            mine = _share(row["terms"], row["impacts"], own)
            yield row["id"], fusion.WORD_WEIGHTS.passage * mine + fusion.WORD_WEIGHTS.article * shares.get(row["article"], 0.0)

    def _points(self) -> Vectors:
        """About as newsdex.search.ranking.points gives them, float32, (rows,)."""
        mode, rows = self._request.mode, self._rows.values()
        total = np.zeros(len(rows), np.float32)
        scores = np.array([self._word_scores.get(row, 0.0) for row in self._rows], np.float32)
        scores = np.minimum(scores, np.float32(fusion.WORD_WEIGHTS.most))
        native = np.array([fusion.is_native(self._model, row["language"], self._foreign) for row in rows], np.bool_)
        if self._by_meaning:
            cosines = np.array([self._cosines.get(row, 0.0) for row in self._rows], np.float32)
            meaning = np.float32(self._line.scale) * cosines + np.float32(self._line.offset)
            total += fusion.meaning_points(meaning, native, self._foreign, scores) if mode == "hybrid" else meaning
        if mode != "dense":
            total += fusion.word_points(scores, native if mode == "hybrid" else True, self._foreign)
        if self._request.recency is not None:
            first, last = (np.array([row[name] for row in rows], np.int32) for name in ("first", "last"))
            total += fusion.date_points(fusion.recency_of(first, last, self._request.recency, self._today))
        return total

    def _bound(self) -> float:
        """The most points that a passage on neither list can have."""
        fresh = fusion.RECENCY * (1 - fusion.UNDATED) if self._request.recency is not None else 0.0
        meaning, words = self._line.scale * self._nearest + self._line.offset, min(self._words, fusion.WORD_WEIGHTS.most)
        if self._request.mode != "hybrid":
            return fresh + (meaning if self._by_meaning else words)
        most = meaning + words
        if not all(fusion.is_native(self._model, language, self._foreign) for language in self._archive.languages):
            neither, none = np.zeros(1, np.bool_), np.zeros(1, np.float32)
            apart = (
                fusion.meaning_points(np.array([meaning], np.float32), neither, self._foreign, none),
                fusion.word_points(np.array([words], np.float32), neither, self._foreign),
            )
            most = max(most, float(sum(points[0] for points in apart)))
        return most + fresh


def _least(points: Vectors, rows: Sequence[Row], count: int) -> float:
    """The points of the last of the ``count`` best articles, or of all."""
    best: dict[str, float] = {}
    for row, value in zip(rows, points.tolist(), strict=True):
        best[row["article"]] = max(value, best.get(row["article"], value))
    return sorted(best.values(), reverse=True)[:count][-1]


def _word_scores_of(asked: QueryWords) -> dict[int, float]:
    """The sparse vector whose product with a passage's is its word score, as in newsdex.search.ranking.fusion.word_scores."""
    scores: dict[int, float] = {}
    places = (asked.passage, term_place), (asked.article, article_term_place)
    for (words, place_of), weight in zip(places, fusion.WORD_WEIGHTS, strict=True):
        for place, share in weights_of(words, place_of).items():
            scores[place] = scores.get(place, 0.0) + weight * share
    return scores


def _share(terms: Sequence[int], impacts: Sequence[int], weights: Mapping[int, float]) -> float:
    return sum((impact / SCALE * weights[term] for term, impact in zip(terms, impacts, strict=True) if term in weights), 0.0)


def _asked(archive: Archive, text: str) -> QueryWords:
    """The words of ``text`` with their weights in the whole archive."""
    words = words_of(text, archive.languages)
    archive.count_all(hash_of(term) for terms in words for term in terms)
    return look_up_all(archive.snapshot(), words, only_in=term_languages_in(text, archive.languages))


def _scopes(archive: Archive, request: Request, condition: Condition) -> Iterator[str]:
    """Expressions that match exactly the intended rows, by the keys of their articles, if ``condition`` matches others too."""
    assert request.where is not None
    batches = portions(archive.heads_with(condition.expression), _KEYS)
    keys = [key for heads in batches for key in _matching(archive, request.where, heads)]
    for some in portions(keys, _KEYS):
        yield both(condition.expression, one_of("article", some))


def _matching(archive: Archive, where: Filter, heads: Sequence[Head]) -> list[str]:
    [segment] = archive.snapshot(heads).segments
    return [key_of(heads[row].article.id) for row in np.flatnonzero(matching_articles(segment, where)).tolist()]


def _snapshot(archive: Archive, request: Request, asked: Sequence[QueryWord], rows: Sequence[Row]) -> Snapshot:
    """The excerpt with the passages in ``rows``, best first."""
    heads = archive.heads(row["article"] for row in rows)
    # A passage of a version that is not the article's is one of before, or one that is being written.
    rows = [row for row in rows if row["article"] in heads and heads[row["article"]].version == row["version"]]
    if request.collapse:
        heads |= archive.copies_of(heads.values())
    places = {key: place for place, key in enumerate(heads)}
    fields = ("id", *(() if request.mode == "lexical" else ("dense",)), *(_WORDS if asked else ()))
    batches = portions([row["id"] for row in rows], _LARGE)
    known = {row["id"]: row for some in batches for row in archive.server.query(archive.collection.passages, one_of("id", some), fields)}
    rows = [row | known[row["id"]] for row in rows if row["id"] in known]
    snapshot = archive.snapshot(heads.values(), rows, asked)
    segment = snapshot.segments[0]
    segment.read_ahead(list(dict.fromkeys(places[row["article"]] for row in rows))[: request.offset + request.limit])
    return snapshot


def weights_of(asked: Sequence[QueryWord], place_of: Callable[[int], int]) -> dict[int, float]:
    """What each term of the question counts, by what stands for it."""
    weights: dict[int, float] = {}
    for word in asked:
        for term in word.terms:
            place = place_of(hash_of(term))
            weights[place] = weights.get(place, 0.0) + word.weight
    return weights
