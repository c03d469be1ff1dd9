"""From ranked passages to hits: an article each, with its best passages, the sentence that answers, and the words that are shared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from newsdex.encoder import Encoder, Vectors, speaks
from newsdex.records import Article, Copy, Hit, Match, Part, Passage, Span
from newsdex.search.answer.sentence import CONSIDERED, Sentence, best_of, closest, is_statement, is_topic, likeness, points
from newsdex.search.ranking.candidates import Candidates, Sought
from newsdex.search.ranking.fusion import probabilities
from newsdex.search.ranking.lexical import analyzer, languages_of, texts_of
from newsdex.search.request import Request
from newsdex.store.copies import Place
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot

_LEADING = 5  # sentences among which the lead is looked for: what is before it are headings and bylines


class Ranked(NamedTuple):
    """An article of a ranking: its place in the index, and its best candidates, by their place among all candidates."""

    segment: int
    row: int
    candidates: tuple[int, ...]

    @property
    def place(self) -> Place:
        """Where the article lies."""
        return Place(self.segment, self.row)


def by_article(snapshot: Snapshot, found: Candidates, per_article: int) -> list[Ranked]:
    """The articles of the candidates in the order of their best passages, each with at most ``per_article`` of them, or CONSIDERED where
    that is more.
    """
    most = max(per_article, CONSIDERED)
    rows = np.empty(len(found.position), np.int64)
    for number, segment in enumerate(snapshot.segments):
        here = found.segment == number
        rows[here] = segment.articles_of(found.position[here])
    articles: dict[tuple[int, int], list[int]] = {}
    for place, key in enumerate(zip(found.segment.tolist(), rows.tolist(), strict=True)):
        if snapshot.furnished.passage(snapshot.segments[key[0]], key[1], int(found.position[place])):
            continue
        mine = articles.setdefault(key, [])
        if len(mine) < most:
            mine.append(place)
    return [Ranked(number, row, tuple(places)) for (number, row), places in articles.items()]


class Shown(NamedTuple):
    """An article that becomes a hit, with the ``best`` of its copies, which may be itself, and the records of these; where those lie that
    are ``folded`` into it, and all that are ``listed`` with it.
    """

    article: Ranked
    best: Ranked
    also_in: tuple[Copy, ...] = ()
    folded: tuple[Place, ...] = ()
    listed: tuple[Place, ...] = ()


class _Found(NamedTuple):
    """A candidate, by its ``place``, as the passage that it is, with its sentences; ``lead`` is where the article's first statement begins;
    ``answer`` is the best of the sentences, and ``points`` are that one's.
    """

    place: int
    article: Article
    passage: Passage
    context: Span
    sentences: Sequence[Span]
    lead: int = -1
    answer: Span = Span(0, 0)
    points: float = 0.0


class HitMaker:
    """Makes the records of one question's hits. ``scores``: the probability that each candidate answers, float64, (candidates,); 1 where a
    list of some days was asked for.
    """

    def __init__(self, snapshot: Snapshot, encoder: Encoder, request: Request, sought: Sought, found: Candidates) -> None:
        self._snapshot = snapshot
        self._encoder = encoder
        self._request = request
        self._asked = sought.words
        self._found = found
        self._listed = sought.listed is not None
        self._terms = {term for word in sought.words.own for term in word.terms}
        # What a list of some days has is what was asked for.
        self.scores = (
            np.ones(len(found.points)) if sought.listed else probabilities(found.points + np.float32(found.evidence), request.mode)
        )

    def hits(self, groups: Sequence[Shown]) -> list[Hit]:
        """The hits of ``groups``, each of rank 1 until someone places it, with the score of the best of its copies.

        Raises IndexDamaged.
        """
        for number, segment in enumerate(self._snapshot.segments):
            segment.read_ahead([ranked.row for ranked, *_ in groups if ranked.segment == number])
        articles = [self._snapshot.segments[ranked.segment].article(ranked.row) for ranked, *_ in groups]
        found = [
            [self._passage(self._snapshot.segments[ranked.segment], ranked.row, article, place) for place in ranked.candidates]
            for (ranked, *_), article in zip(groups, articles, strict=True)
        ]
        hits = []
        for (_, best, also_in, *_), article, passages in zip(groups, articles, self._answered(found), strict=True):
            mine = tuple(self._match(each) for each in passages)
            parts = tuple(self._parts(best, len(also_in))) if self._request.explain and not self._listed else ()
            hits.append(Hit(1, float(self.scores[best.candidates[0]]), article, mine, also_in, parts))
        return hits

    def _passage(self, segment: Segment, row: int, article: Article, place: int) -> _Found:
        position = int(self._found.position[place])
        passage = segment.passage(position, article)
        span = Span(passage.start, passage.end)
        context = span
        if around := self._request.context:
            siblings = segment.passages(row)
            first, last = max(siblings.start, position - around), min(siblings.stop - 1, position + around)
            context = Span(segment.passage(first, article).start, segment.passage(last, article).end)
        sentences = segment.sentences(row)
        if self._snapshot.furnished:
            marked = self._snapshot.furnished.sentences(segment, row).tolist()
            sentences = [sentence for sentence, furniture in zip(sentences, marked, strict=True) if not furniture]
        lead = next((s.start for s in sentences[:_LEADING] if is_statement(article.text[s.start : s.end])), -1)
        return _Found(place, article, passage, context, _within(sentences, span), lead)

    def _match(self, found: _Found) -> Match:
        words = tuple(self._shared(found.article, Span(found.passage.start, found.passage.end)))
        return Match(found.passage, float(self.scores[found.place]), found.answer, words, found.context)

    def _answered(self, found: Sequence[Sequence[_Found]]) -> list[list[_Found]]:
        """The passages of each article that are shown, each with its best sentence: the one with the best of all first, then those of most
        points.
        """
        question = self._request.question
        texts = [
            text
            for passages in found
            for text in (passages[0].article.title, *(each.article.text[s.start : s.end] for each in passages for s in each.sentences))
        ]
        tokens = self._encoder.tokens([question, *texts])
        cosines, weights = closest(tokens), tokens.weights[tokens.places[: tokens.ends[0]]]
        shown, start = [], 0
        for passages in found:
            first, start = start, start + 1 + sum(len(each.sentences) for each in passages)
            likenesses = likeness(cosines[first + 1 : start], cosines[first], weights)
            shown.append(self._best_first(passages, texts[first + 1 : start], likenesses, topic=is_topic(cosines[first], weights)))
        return shown

    def _best_first(self, passages: Sequence[_Found], texts: Sequence[str], likenesses: Vectors, *, topic: bool) -> list[_Found]:
        most = max(float(self._found.points[passages[0].place]), 1e-9)
        places = [(float(self._found.points[each.place]) / most, s.start == each.lead) for each in passages for s in each.sentences]
        sentences = [Sentence(text, *place) for text, place in zip(texts, places, strict=True)]
        scores = points(self._request.question, sentences, likenesses, topic=topic)
        answered, start = [], 0
        for each in passages:
            stop = start + len(each.sentences)
            place = best_of(scores[start:stop])
            answered.append(each._replace(answer=each.sentences[place], points=float(scores[start + place])))
            start = stop
        first = best_of(np.array([each.points for each in answered]))
        return [answered[first], *answered[:first], *answered[first + 1 :]][: self._request.per_article]

    def _shared(self, article: Article, span: Span) -> Iterator[Span]:
        """The words of the passage that the question has too; in a script without spaces, runs of them."""
        last: Span | None = None
        for start, end in analyzer(article.language).places(article.text[span.start : span.end], self._terms):
            found = Span(span.start + start, span.start + end)
            if last and found.start < last.end:
                found = Span(last.start, found.end)
            elif last:
                yield last
            last = found
        if last:
            yield last

    def _parts(self, best: Ranked, copies: int) -> Iterator[Part]:
        from newsdex.search.answer.explain import (
            copies_part,
            date_part,
            earlier_part,
            evidence_part,
            meaning_part,
            words_part,
        )  # which few questions need

        found, request, place = self._found, self._request, best.candidates[0]
        segment = self._snapshot.segments[best.segment]
        article = segment.article(best.row)
        if request.mode != "lexical":
            yield meaning_part(float(found.meaning[place]), article, spoken=speaks(self._encoder.card, article.language))
        if request.mode != "dense":
            texts = texts_of(request.question, languages_of(self._snapshot))
            passage = segment.passage(int(found.position[place]), article)
            yield words_part(float(found.words[place]), self._asked.article, texts, article, passage)
        if found.earlier[place]:
            yield earlier_part(float(found.earlier[place]))
        if request.recency is not None:
            yield date_part(float(found.fresh[place]), article)
        if found.evidence:
            yield evidence_part(found.evidence)
        if copies:
            yield copies_part(copies)


def _within(sentences: Sequence[Span], passage: Span) -> list[Span]:
    """The parts of ``sentences`` that lie in ``passage``; the whole passage when there are none."""
    parts = [
        Span(max(s.start, passage.start), min(s.end, passage.end)) for s in sentences if s.start < passage.end and s.end > passage.start
    ]
    return parts or [passage]
