"""A question is read (question/reader.py), ranked (ranking/ranker.py) and listed (answer/paging.py)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from newsdex.encoder import Encoder, Vectors
from newsdex.records import Hit, Results
from newsdex.search.answer import remarks
from newsdex.search.answer.paging import Listing, list_hits
from newsdex.search.question.reader import Query, QuestionReader
from newsdex.search.ranking.fusion import ANSWERABLE, PREFERABLE
from newsdex.search.ranking.ranker import Ranker
from newsdex.search.request import Request
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot

if TYPE_CHECKING:
    from newsdex.search.question.filters import Filter

# A short question after others is read alone if its answer then has at least this probability, and so much more than with the others.
_ALONE, _ALONE_MARGIN = 0.6, 0.45
_NEAR_BEST = 0.5  # least share of the best score with which the article of the conversation comes first
_CLEAR = 0.5  # probability from which an answer is clear: then no part of the question is searched instead
_BATCH = 32  # questions read and encoded together, while the previous ones are ranked


class Asker:
    """Answers requests from one snapshot. Any number of threads can use it."""

    def __init__(self, snapshot: Snapshot, encoder: Encoder) -> None:
        self.snapshot = snapshot
        self.encoder = encoder
        self.reader = QuestionReader(snapshot, encoder)
        self.ranker = Ranker(snapshot, encoder.card)

    def answer(self, request: Request, vector: Vectors | None = None, *, today: date | None = None) -> Results:
        """Return the hits of ``request``, as of ``today`` (default: the current day). With a ``vector``, float32, shape (d,), passages are
        compared with that vector, and the question only supplies the words. Raises IndexDamaged, and UsageError for a filter on a field
        that no article has.
        """
        return self.answer_many([request], None if vector is None else vector[None], today=today)[0]

    def answer_many(self, requests: Sequence[Request], vectors: Vectors | None = None, *, today: date | None = None) -> list[Results]:
        """Return the hits of each request as ``answer`` does, but faster: they are encoded and compared together. Raises as it."""
        day = today or date.today()
        if vectors is not None or len(requests) <= _BATCH:
            return self._results(self.reader.read(requests, day, vectors))
        return [result for queries in self._read_ahead(requests, day) for result in self._results(queries)]

    def scores(self, request: Request, vector: Vectors) -> list[float]:
        """The scores of the articles on the page that ``request`` asks for, as ``answer`` would return them with ``vector``."""
        if not self.snapshot.manifest.passages:
            return []
        [listing] = self._lists(self.reader.read([request], date.today(), vector[None]))
        return [item.score for item in listing.items[request.offset : request.offset + request.limit]]

    def answering(self, request: Request, passages: int, *, read: bool = False, within: bool = True) -> list[tuple[Segment, int]]:
        """Return the articles that seem to answer, as Ranker.answering does. Dates in the question are ignored unless ``read``; then
        articles are ``within`` the days that it names, or of any day. Raises as ``answer``.
        """
        [query] = self.reader.read([request], date.today(), dates=read)
        if not self.snapshot.manifest.passages:
            return []
        found = self._answering(query.within(query.days) if within else query, passages)
        if found and _is_for_newest(query) and not any(segment.days_at(row)[1] for segment, row in found):
            return []
        if not (within and query.days) or found or query.reading.listed:
            return found
        if self._drops_days(query):
            return self._answering(query, passages)
        return self.answering(replace(request, literal=True), passages)

    def _read_ahead(self, requests: Sequence[Request], today: date) -> Iterator[list[Query]]:
        """Yield the queries in portions; each portion is read in a thread while the previous one is ranked."""
        from concurrent.futures import ThreadPoolExecutor  # which few questions need

        with ThreadPoolExecutor(1) as reading:
            ahead = reading.submit(self.reader.read, requests[:_BATCH], today)
            for start in range(_BATCH, len(requests), _BATCH):
                queries, ahead = ahead.result(), reading.submit(self.reader.read, requests[start : start + _BATCH], today)
                yield queries
            yield ahead.result()

    def _results(self, queries: Sequence[Query]) -> list[Results]:
        if not self.snapshot.manifest.passages:
            generation, content = self.snapshot.manifest.generation, self.snapshot.manifest.content
            return [Results(query.typed, (), answerable=False, generation=generation, commit=content) for query in queries]
        results = []
        for query, listing in self._within_days(queries):
            for again in (self._alone, self._of_story, self._of_topic):
                query, listing = again(query, listing) or (query, listing)  # noqa: PLW2901
            results.append(self._result(query, listing, self._of_all_days(query, listing)))
        return results

    def _within_days(self, queries: Sequence[Query]) -> list[tuple[Query, Listing]]:
        """Return each query with its list, limited to its days if it names any."""
        return list(zip(queries, self._lists([query.within(query.days) for query in queries]), strict=True))

    def _lists(self, queries: Sequence[Query]) -> list[Listing]:
        lists = {number: list_hits(ranking, self.encoder) for number, ranking in self.ranker.rank(queries)}
        return [lists[number] for number in range(len(queries))]

    def _answering(self, query: Query, passages: int) -> list[tuple[Segment, int]]:
        """As Ranker.answering. Milvus overrides it."""
        return self.ranker.answering(query, passages)

    def _alone(self, query: Query, listing: Listing) -> tuple[Query, Listing] | None:
        """Return a short question without the earlier messages if it is sure alone; unless it changes the topic, surer than with them."""
        surer = 0.0 if query.turns else _ALONE_MARGIN
        if not query.doubted or listing.best > 1 - surer:
            return None
        [(alone, other)] = self._within_days([query.alone()])
        if other.best < max(_ALONE, listing.best + surer):
            return None
        return alone._replace(remarks=(*alone.remarks, "Read without the earlier questions.")), other

    def _of_story(self, query: Query, listing: Listing) -> tuple[Query, Listing] | None:
        """For a question without a topic, move the article that answers the earlier messages to the front, if it also answers."""
        request = query.request
        if not request.history or query.topic or query.talks or request.literal or not listing.answerable or request.sort == "date":
            return None
        from newsdex.search.question.followup import story_of

        if not (story := story_of(request.question, request.history)):
            return None
        [(_, before)] = self._within_days(self.reader.read([replace(request, question=story, history=(), offset=0)], query.today))
        first = next((item.group.article.place for item in before.items[:1] if item.answers), None)
        at = next((at for at, item in enumerate(listing.items) if item.answers and item.group.article.place == first), 0)
        if not at or listing.items[at].score < _NEAR_BEST * listing.items[0].score:
            return None
        listing.items.insert(0, listing.items.pop(at))
        return query._replace(remarks=(*query.remarks, "The article about the earlier questions comes first.")), listing

    def _of_topic(self, query: Query, listing: Listing) -> tuple[Query, Listing] | None:
        """Return a topic of the question that has a clear answer, if the whole question has none."""
        request = query.request
        if (
            listing.best >= _CLEAR
            or query.topic
            or query.talks
            or query.others
            or query.reading.listed
            or request.literal
            or request.mode != "hybrid"
            or not query.answerable
        ):
            return None
        from newsdex.search.question.asking import topics_in

        requests = [replace(request, question=topic, history=()) for topic in topics_in(query.reading.text)]
        topics = [
            topic._replace(days=query.days, reading=topic.reading._replace(period=query.reading.period, newest=query.reading.newest))
            for topic in (self.reader.read(requests, query.today, dates=False) if requests else ())
        ]
        clear = [pair for pair in self._within_days(topics) if pair[1].best >= _CLEAR and pair[1].answerable]
        if not clear:
            return None
        topic, other = max(clear, key=lambda pair: pair[1].best)
        remark = f'No clear answer to all of that. Read as "{topic.reading.text}"; search for the words as typed: --literal'
        return topic._replace(typed=query.typed, remarks=(*query.remarks, remark, *topic.remarks)), other

    def _of_all_days(self, query: Query, listing: Listing) -> Listing | None:
        """Return the list of all days if the query's days have no answer, with the date's words unless dropped; None for a list."""
        if not query.days or query.reading.listed or (listing.answerable and listing.best >= PREFERABLE):
            return None
        if not self._drops_days(query):
            [again] = self.reader.read([replace(query.request, literal=True)], query.today, dates=False)
            query = again._replace(others=query.others, leans=query.leans, remarks=query.remarks)
        return self._lists([query])[0]

    def _drops_days(self, query: Query) -> bool:
        """Whether the words of the date are useless, because no matching article has a date."""
        period = query.reading.period
        return period is not None and remarks.lacks_dates(self.snapshot, query.request) and not remarks.may_be_told(period)

    def _leaves(self, wanted: Filter) -> bool:
        """Whether any article matches a filter. Milvus overrides it."""
        from newsdex.search.question.filters import any_matches

        return any_matches(self.snapshot.segments, wanted)

    def _result(self, query: Query, listing: Listing, other: Listing | None) -> Results:
        """Return the requested page of the list within the query's days, or of the ``other`` list (all days) if that is better."""
        period = query.reading.period
        elsewhere = period is not None and other is not None and (_answers_rather(other, listing) or not listing.items)
        if elsewhere and other:
            listing = other
        unordered = _is_for_newest(query) and bool(listing.items) and not listing.dated
        if unordered:
            listing = Listing([])
        hits = listing.page(query.request)
        told = [*query.remarks, *self._of_dates(query, hits, elsewhere=elsewhere, answered=listing.answerable)]
        if unordered:
            told.append("No matching article has a date, so the newest are not known. Name a topic.")
        if not listing.items:
            told += remarks.unmet(self.snapshot, query.within(period).request if query.reading.listed else query.request, self._leaves)
        elif remark := _of_order(query, listing, hits):
            told.append(remark)
        if listing.penalty and not listing.answerable and listing.best >= ANSWERABLE:
            told.append("The best article is on the topic, but no sentence of it seems to answer.")
        unsure = not listing.answerable or listing.best < _CLEAR
        if unsure and query.request.mode != "lexical" and (remark := remarks.unspoken(query.typed, self.encoder.card, self.snapshot)):
            told.append(remark)
        elif unsure and not query.talks and (words := self.reader.lacking(query)):
            told.append(remarks.nowhere(words))
            if not listing.answerable and (remark := remarks.by_author(self.snapshot, query.request, words)):
                told.append(remark)
        return Results(
            query.typed,
            tuple(hits),
            answerable=listing.answerable,
            period=period,
            remarks=tuple(told),
            total=listing.total,
            more=listing.more(query.request),
            generation=self.snapshot.manifest.generation,
            small_talk=query.talks and not listing.answerable,
            scored=bool(query.request.rerank) or not (query.reading.listed or query.reading.certain),
            commit=self.snapshot.manifest.content,
        )

    def _of_dates(self, query: Query, hits: Sequence[Hit], *, elsewhere: bool, answered: bool) -> list[str]:
        """Return the remarks on the days of a search that is ``answered``, or on the ``hits`` ``elsewhere`` (of all days)."""
        period, dates = query.reading.period, ""
        lacking = elsewhere and remarks.lacks_dates(self.snapshot, query.request)
        if period and query.days:
            if lacking:
                dates = remarks.without_days(period, searched=remarks.may_be_told(period))
            else:
                dates = remarks.of_all_days(hits, period, query.days) if elsewhere else remarks.only_within(period, query.days)
        told = [dates] if dates else []
        if dates and query.counted_from:
            told.insert(0, f"Dates count from {query.counted_from}, the day of the newest article; to count from another day: --as-of")
        # An answer of other days that needs no remark may have no date itself.
        if not lacking and (dates or not elsewhere):
            told += remarks.undated(self.snapshot, query.within(query.days).request, answered=answered and not query.reading.listed)
        return told


def _answers_rather(other: Listing, listing: Listing) -> bool:
    """Whether the ``other`` list, of all days, answers, and not just the ``listing`` of the days of the question too."""
    return other.answerable and (other.best >= PREFERABLE or not listing.answerable)


def _is_for_newest(query: Query) -> bool:
    """Whether the query asks for the newest articles on any topic."""
    return query.reading.listed and bool(query.reading.newest)


def _of_order(query: Query, listing: Listing, hits: Sequence[Hit]) -> str:
    """Return the remark on the order of the ``hits``; "" if they are ordered by score."""
    newest = "" if query.request.oldest_first else query.reading.newest
    if not listing.dated and (newest or query.request.sort == "date" or query.request.recency is not None):
        return remarks.out_of_order(newest)
    if newest and hits:
        if not any(hit.article.published for hit in hits):
            return remarks.out_of_order(newest)
        return remarks.newer_first(newest, sum(hit.answers and not hit.article.published for hit in hits))
    return listing.remark
