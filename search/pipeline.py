"""A question's way through the index: words and vector -> candidates -> articles -> hits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Encoder, Vectors, comparable
from newsdex.records import Period, Results
from newsdex.search.answer.hits import HitMaker, Ranked, Shown, by_article
from newsdex.search.deadline import check_time
from newsdex.search.paging import Listed, Listing, bounds, ordered, reranked
from newsdex.search.question.reading import Reading, may_have_operators, read
from newsdex.search.ranking.candidates import Candidates, Earlier, Sought, find
from newsdex.search.ranking.copies import Answer, CopyFinder, Seen, collapse
from newsdex.search.ranking.dense import Scan
from newsdex.search.ranking.fusion import ANSWERABLE, NEAR, RELEVANT, Foreign, Mode, probabilities
from newsdex.search.ranking.lexical import AskedWords, foreign_by, is_unknown, languages_of, look_up_all, ordinary, words_of
from newsdex.search.ranking.rerank import open_reranker
from newsdex.search.request import Request
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot

if TYPE_CHECKING:
    from newsdex.search.question.filters import Filter

_Item = TypeVar("_Item")

_TOGETHER = 64  # questions that are compared at once
_ENCODED = 32  # questions that are encoded together, while those before them are compared
_CELLS = 1 << 24  # cosines that are kept at once, 64 MB
_SHOWN = 200  # characters of what was asked before, in a remark
_NO_WORD = "qzxjvkwpq"
SPARE = 64  # passages looked at beyond those that the hits would need if each were of another article
SPARE_NEWEST = 1_000  # where the newest of those that answer are wanted


class Asking(NamedTuple):
    """A request, how its question was read, and what is compared with the passages for it: the vector of what is searched, and what of the
    earlier messages it leans on, with that one's vector; zeros or empty where there is no need of it. The question of ``request`` has its
    misspelt words corrected and no operators, which are part of its filter; ``typed`` is as it was. ``words`` are those of what is searched,
    if they have been looked up. ``remarks`` say how it was read, and ``phrases`` are what articles must have because of its filter.
    ``answerable``: it is a question, which nothing may answer, and no text that others are compared with.
    """

    request: Request
    reading: Reading
    vector: Vectors
    topic: str
    topic_vector: Vectors
    typed: str
    words: AskedWords | None = None
    remarks: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    answerable: bool = True


class Asker:
    """Answers requests from one snapshot, with ``today`` as the day on which they are made."""

    def __init__(self, snapshot: Snapshot, encoder: Encoder, today: date) -> None:
        self.snapshot = snapshot
        self.encoder = encoder
        self.today = today

    def answer(self, request: Request, vector: Vectors | None = None) -> Results:
        """The hits of ``request``; with a ``vector``, float32, (d,), they are compared with that, and its
        question has the words of a text, such as an article.

        Raises IndexDamaged, and UsageError for a filter that names a field which no article has.
        """
        return self.answer_many([request], None if vector is None else vector[None])[0]

    def answer_many(self, requests: Sequence[Request], vectors: Vectors | None = None) -> list[Results]:
        """The hits of each of ``requests``, as ``answer`` has them, for less: questions are encoded together, and compared together with
        what they have in common; of more than _ENCODED, some are encoded in a thread while others are compared. ``vectors``, float32,
        (len(requests), d), as for ``answer``.

        Raises as ``answer``, when it would for one of them.
        """
        parts = self._asked_ahead(requests) if vectors is None and len(requests) > _ENCODED else [self._asked(requests, vectors)]
        return [result for asked in parts for result in self._answered(asked)]

    def _asked_ahead(self, requests: Sequence[Request]) -> Iterator[list[Asking]]:
        """As ``_asked``, part after part: each is encoded in a thread, while whoever takes them does something with the one before."""
        from concurrent.futures import ThreadPoolExecutor  # which few questions need

        with ThreadPoolExecutor(1) as encoding:
            ahead = encoding.submit(self._asked, requests[:_ENCODED])
            for start in range(_ENCODED, len(requests), _ENCODED):
                asked, ahead = ahead.result(), encoding.submit(self._asked, requests[start : start + _ENCODED])
                yield asked
            yield ahead.result()

    def _answered(self, asked: Sequence[Asking]) -> list[Results]:
        """The hits of each of ``asked``. Raises IndexDamaged."""
        requests = [each.request for each in asked]
        if not self.snapshot.manifest.passages:
            generation = self.snapshot.manifest.generation
            return [Results(each.typed, (), answerable=False, generation=generation) for each in asked]
        told = [each.reading.period for each in asked]
        wider = [self._with_reports(each) for each in asked]
        narrow = self._answer_all([_within(each, period) for each, period in zip(asked, wider, strict=True)])
        # Where there is nothing of the days whose list is asked for, other days are no answer.
        unmet = [
            place
            for place, (each, period) in enumerate(zip(asked, told, strict=True))
            if period and not narrow[place].answerable and not each.reading.listed
        ]
        # Of all days the words of the date are search words again.
        again = [replace(requests[place], literal=True) for place in unmet]
        wide = dict(zip(unmet, self._answer_all(self._asked(again, read=False)), strict=True))
        results = []
        for place, (request, period) in enumerate(zip(requests, told, strict=True)):
            listing, remarks = narrow[place], list(asked[place].remarks)
            if period:
                listing, remark = _told(period, wider[place], narrow[place], wide.get(place))
                remarks.append(remark)
            if not listing.items:
                remarks += self._unmet(_within(asked[place], period).request if asked[place].reading.listed else request)
            elif newest := asked[place].reading.newest:
                remarks.append(f'Newer articles first ("{newest}").')
            if topic := asked[place].topic:
                remarks.insert(len(asked[place].remarks), f"Read together with what was asked before: {_short(topic)}")
            results.append(self._page(listing, asked[place], period, remarks))
        return results

    def _page(self, listing: Listing, asked: Asking, period: Period | None, remarks: Sequence[str]) -> Results:
        """The part of the list that is asked for."""
        return Results(
            asked.typed,
            tuple(listing.page(asked.request)),
            answerable=listing.answerable,
            period=period,
            remarks=tuple(remarks),
            total=listing.total,
            generation=self.snapshot.manifest.generation,
        )

    def _with_reports(self, asked: Asking) -> Period | None:
        """The days that are looked at for a period that the question names."""
        if asked.reading.period is None:
            return None
        from newsdex.search.question.when import REPORTED, with_reports

        return with_reports(asked.reading.period, asked.request.as_of or self.today, 1 if asked.reading.listed else REPORTED)

    def _unmet(self, request: Request) -> list[str]:
        """For a question that found nothing: what of its filters no article meets."""
        told: list[str] = []
        # Of an archive in Milvus none is here.
        segments = [segment for segment in self.snapshot.segments if segment.live_articles.any()]
        if segments and (request.period or request.as_of):
            from newsdex.search.question.when import as_of_mask, dates_there, published_mask

            if (period := request.period) and not any((published_mask(s, period) & s.live_articles).any() for s in segments):
                told.append(f"No article was published {_in_words(period)}; {dates_there(segments)}.")
            if (day := request.as_of) and not any((as_of_mask(s, day) & s.live_articles).any() for s in segments):
                told.append(f"No article was there on {day}; {dates_there(segments)}.")
        if request.where is not None:
            from newsdex.search.question.filters import unmet_parts, unmet_values

            told += [*unmet_values(request.where, segments), *unmet_parts(request.where, self._leaves, phrases_alone=bool(segments))]
        return told

    def _leaves(self, wanted: Filter) -> bool:
        """Whether any article meets the filter."""
        from newsdex.search.question.filters import matching_articles

        return any((matching_articles(segment, wanted) & segment.live_articles).any() for segment in self.snapshot.segments)

    def answering(self, request: Request, passages: int) -> list[tuple[Segment, int]]:
        """The articles that seem to answer, best first, as segments and rows, among those of at least the ``passages`` best passages: each,
        whether it is a copy or not.

        What the question itself says of dates is left aside. Raises as ``answer``.
        """
        asked = self._asked([request], read=False)
        if not self.snapshot.manifest.passages:
            return []
        request = asked[0].request
        allowed = [self._allowed(segment, request) for segment in self.snapshot.segments]
        found = self._find(self._sought(asked[0], self._scan(asked), 0, allowed), passages)
        least = ANSWERABLE if request.min_score is None else request.min_score
        enough = (
            np.ones(len(found.points), np.bool_)
            if asked[0].reading.certain
            else probabilities(found.points + np.float32(found.evidence), request.mode) >= least
        )
        return [
            (self.snapshot.segments[article.segment], article.row)
            for article in by_article(self.snapshot, found, 1)
            if enough[article.candidates[0]]
        ]

    def _asked(self, requests: Sequence[Request], vectors: Vectors | None = None, *, read: bool = True) -> list[Asking]:
        """What is compared with the passages, once the filters are known to be possible; ``vectors`` as for ``answer_many``. Without
        ``read`` what questions say of dates is left aside.
        """
        typed = [request.question for request in requests]
        understood = [self._read(request, read=read) for request in requests]
        requests, readings, remarks = [each[0] for each in understood], [each[1] for each in understood], [each[2] for each in understood]
        for where in _distinct(request.where for request in requests):
            if where is not None:
                from newsdex.search.question.filters import check_keys

                check_keys(where, self.snapshot.segments)
        spells = vectors is None and self._can_spell
        spelt = [
            (self._spelt if spells and not reading.certain else _as_typed)(request, reading)
            for request, reading in zip(requests, readings, strict=True)
        ]
        remarks = [
            told if each[0].question == request.question else (_read_as(each[0].question), *told)
            for each, request, told in zip(spelt, requests, remarks, strict=True)
        ]
        requests, readings, words = [each[0] for each in spelt], [each[1] for each in spelt], [each[2] for each in spelt]
        topics = [_topic(request) if request.history else "" for request in requests]
        texts: dict[str, int] = {}
        if self.snapshot.manifest.passages:
            for request, reading, topic in zip(requests, readings, topics, strict=True):
                if request.mode != "lexical":
                    for text in (reading.text if vectors is None else "", topic):
                        if text:
                            texts.setdefault(text, len(texts))
        known = self.encoder.encode_questions(list(texts)) if texts else np.empty((0, 0), np.float32)
        nothing = np.zeros(self.snapshot.manifest.model.dimension, np.float32)

        def vector(text: str) -> Vectors:
            return known[texts[text]] if text in texts else nothing

        own = [vector(reading.text) for reading in readings] if vectors is None else list(vectors)
        topical = [vector(topic) for topic in topics]
        phrases = [_phrases(request) for request in requests]
        columns = zip(requests, readings, own, topics, topical, typed, words, remarks, phrases, strict=True)
        return [Asking(*each)._replace(answerable=vectors is None) for each in columns]

    def _read(self, request: Request, *, read: bool) -> tuple[Request, Reading, tuple[str, ...]]:
        """The request with its operators in its filter, how the rest is read, and what is to be said of that."""
        if request.literal or not (may_have_operators(request.question) or any(map(may_have_operators, request.history))):
            return request, self._reading(request) if read else Reading(request.question), ()
        from newsdex.search.question.operators import both, filled, read_operators

        today = request.as_of or self.today
        before = [(message, read_operators(message, today, self._fields)) for message in request.history]
        request = replace(request, history=tuple(found.text if found else message for message, found in before))
        found = read_operators(request.question, today, self._fields)
        if found is None or found.where is None:
            return request, self._reading(request) if read else Reading(request.question), tuple(found.remarks) if found else ()
        request = replace(request, where=both(request.where, found.where), question=found.text or request.question)
        if found.certain:
            listed = not words_of(found.text, self._languages)
            return request, Reading("" if listed else found.text, listed=listed, certain=True), tuple(found.remarks)
        reading = Reading(found.rest)
        if read and not found.dated:
            reading = self._reading(replace(request, question=found.rest))
        return request, reading._replace(text=filled(reading.text, found.quoted)), tuple(found.remarks)

    def _fields(self) -> set[str]:
        """The fields of the articles' metadata."""
        return {key for segment in self.snapshot.segments for key in segment.metadata.keys if key}

    @cached_property
    def _can_spell(self) -> bool:
        """Whether it is known how the archive's words are written."""
        return bool(self.snapshot.manifest.passages) and all(segment.vocabulary is not None for segment in self.snapshot.segments)

    def _is_word(self, word: str) -> bool:
        """Whether the model knows ``word`` as a whole, so that it is one. A model for which any letters are a whole does not tell."""
        return len(self.encoder.tokens([word]).places) == 1 < len(self.encoder.tokens([_NO_WORD]).places)

    def _spelt(self, request: Request, reading: Reading) -> tuple[Request, Reading, AskedWords | None]:
        """The request and its reading with misspelt words corrected, unless it is to be taken literally; and the words of the reading,
        looked up.
        """
        words = look_up_all(self.snapshot, words_of(reading.text, self._languages))
        if not request.literal and is_unknown(self.snapshot, words.article):
            from newsdex.search.question.spelling import correct  # which few questions need

            if corrected := correct(self.snapshot, reading.text, words, self._is_word):
                request, reading = (
                    replace(request, question=corrected.of(request.question)),
                    reading._replace(text=corrected.of(reading.text)),
                )
                words = look_up_all(self.snapshot, words_of(reading.text, self._languages))
        if not request.literal and self._has_forms:
            from newsdex.search.question.names import look_up_names, names_in, spelled_out

            if names := names_in(self.snapshot, reading.text, self._is_word):
                words = look_up_names(self.snapshot, reading.text, names)
                said = names if request.question == reading.text else names_in(self.snapshot, request.question, self._is_word)
                request = replace(request, question=spelled_out(request.question, said))
                reading = reading._replace(text=spelled_out(reading.text, names))
        return request, reading, words

    @cached_property
    def _has_forms(self) -> bool:
        """Whether some article says of two forms of a name that they are the same, as far as it is known."""
        return any(segment.forms for segment in self.snapshot.segments)

    def _scan(self, asked: Sequence[Asking]) -> Scan:
        """The vectors of the questions, then those of what was asked before."""
        return Scan(
            self.snapshot.segments, np.stack([*(each.vector for each in asked), *(each.topic_vector for each in asked if each.topic)])
        )

    def _answer_all(self, asked: Sequence[Asking]) -> list[Listing]:
        """The list of each, those that are asked of the same articles together."""
        results: dict[int, Listing] = {}
        rest = list(range(len(asked)))
        room = max(1, min(_TOGETHER, _CELLS // max(1, self.snapshot.manifest.passages)))
        while rest:
            first = asked[rest[0]].request
            alike = [place for place in rest if _same_articles(asked[place].request, first)][:room]
            allowed = [self._allowed(segment, first) for segment in self.snapshot.segments]
            scan = self._scan([asked[place] for place in alike])
            topic = len(alike)
            for number, place in enumerate(alike):
                results[place] = self._answer(asked[place], self._sought(asked[place], scan, number, allowed, topic))
                topic += bool(asked[place].topic)
            rest = [place for place in rest if place not in results]
        return [results[place] for place in range(len(asked))]

    def _answer(self, asked: Asking, sought: Sought) -> Listing:
        """The list of hits as far as the end of the page that is asked for, or further."""
        request = asked.request
        least = (RELEVANT if request.rerank else ANSWERABLE) if request.min_score is None else request.min_score
        listing, first = Listing([], least), next(bounds(request))
        seen, finder = Seen(), self._finder(request)
        for bound in bounds(request):
            size = bound - len(seen.shown)
            found, articles, groups = self._articles(sought, request, bound, seen, finder)
            maker = HitMaker(self.snapshot, self.encoder, request, asked.reading, sought, found)
            block = [Listed(group, float(maker.scores[group.best.candidates[0]]), maker) for group in groups[:size]]
            for group in groups[:size]:
                seen.add(group.article.place, group.folded, group.listed)
            if request.rerank:
                block = reranked(f"{asked.topic} {request.question}".strip(), block, open_reranker(request.rerank))
                listing.total += sum(item.score >= least for item in block)
            else:
                listing.total = int(np.count_nonzero(maker.scores[[article.candidates[0] for article in articles]] >= least))
            listing.answerable |= bound == first and listing.total > 0
            good = block if request.min_score is None else [item for item in block if item.score >= least]
            listing.items += ordered(self.snapshot, good, request, least)
            ended = len(good) < len(block) and not (good and request.rerank)  # what follows is worse, unless a reranker finds otherwise
            if ended or len(groups) < size or len(listing.items) >= request.offset + request.limit:
                break
        return listing

    def _sought(self, asked: Asking, scan: Scan, place: int, allowed: Sequence[NDArray[np.bool_] | None], topic: int = 1) -> Sought:
        """``place`` and ``topic`` are those of the vectors in ``scan``."""
        request, foreign = asked.request, foreign_by(asked.request.question, self.encoder.card)
        return Sought(
            mode=request.mode,
            scan=scan,
            place=place,
            words=self._words(asked.reading.text, request) if asked.words is None or request.mode == "dense" else asked.words,
            allowed=allowed,
            spoken=self._spoken(foreign),
            fresh=[self._fresh(segment, request) for segment in self.snapshot.segments],
            exact=request.exact,
            line=comparable(self.snapshot.manifest.model),
            earlier=Earlier(topic, self._words(asked.topic, request), foreign_by(asked.topic, self.encoder.card)) if asked.topic else None,
            listed=(asked.reading.period or Period()) if asked.reading.listed else None,
            newest=bool(asked.reading.newest),
            foreign=foreign,
            certain=asked.reading.certain,
            phrases=asked.phrases,
            question=asked.reading.text if asked.answerable else "",
        )

    def _words(self, text: str, request: Request) -> AskedWords:
        return AskedWords() if request.mode == "dense" else look_up_all(self.snapshot, words_of(text, self._languages))

    def _reading(self, request: Request) -> Reading:
        """What the question itself says of the date, unless it was said otherwise."""
        if not request.read_dates or request.period:
            return Reading(request.question)
        return read(request.question, request.as_of or self.today, self._languages)

    @cached_property
    def _languages(self) -> set[str]:
        return languages_of(self.snapshot)

    def _articles(
        self, sought: Sought, request: Request, bound: int, seen: Seen, finder: CopyFinder | None
    ) -> tuple[Candidates, list[Ranked], list[Shown]]:
        """The candidates, their articles, and what of these is shown besides what has been ``seen``, up to rank ``bound`` or as much as
        there is.
        """
        size = bound - len(seen.shown)
        count = depth_of(request, bound, newest=sought.newest)
        while True:
            check_time()
            found = self._find(sought, count)
            articles = by_article(self.snapshot, found, request.per_article)
            if sought.newest and not sought.listed:
                articles = self._newer_first(articles, found, request.mode)
            if finder is None:
                shown = [Shown(article, article) for article in articles if article.place not in seen.hits]
            else:
                shown = _folded(articles, found, size, finder, seen)
            if len(shown) >= size or found.complete or count >= self.snapshot.manifest.passages:
                return found, articles, shown
            count *= 8

    def _find(self, sought: Sought, count: int) -> Candidates:
        return find(self.snapshot, sought, count)

    def _newer_first(self, articles: Sequence[Ranked], found: Candidates, mode: Mode) -> list[Ranked]:
        """The same with those that answer about as well as the best by their dates, those without one last of them."""
        answers = probabilities(found.points + np.float32(found.evidence), mode) >= ANSWERABLE

        def rank(article: Ranked) -> tuple[bool, int]:
            place = article.candidates[0]
            near = found.points[place] >= found.points[0] - np.float32(NEAR) and bool(answers[place] or not answers[0])
            return not near, -self.snapshot.segments[article.segment].days_at(article.row)[1] if near else 0

        return sorted(articles, key=rank)

    def _finder(self, request: Request) -> CopyFinder | None:
        if not request.collapse:
            return None
        if request.as_of is None:
            return CopyFinder(self.snapshot)
        from newsdex.search.question.when import as_of_mask

        return CopyFinder(self.snapshot, [as_of_mask(segment, request.as_of) for segment in self.snapshot.segments])

    def _allowed(self, segment: Segment, request: Request) -> NDArray[np.bool_] | None:
        """Which articles the question is asked of."""
        check_time()
        masks = []
        if request.period:
            from newsdex.search.question.when import published_mask

            masks.append(published_mask(segment, request.period))
        if request.as_of:
            from newsdex.search.question.when import as_of_mask

            masks.append(as_of_mask(segment, request.as_of))
        if request.where is not None:
            from newsdex.search.question.filters import matching_articles

            masks.append(matching_articles(segment, request.where))
        return np.logical_and.reduce(masks) if masks else None

    def _spoken(self, foreign: Foreign) -> list[NDArray[np.bool_] | bool]:
        """For each segment, which articles count as they are, and not as ``foreign`` says."""
        if foreign.language not in self._masks:
            self._masks[foreign.language] = [self._spoken_in(segment, foreign) for segment in self.snapshot.segments]
        return self._masks[foreign.language]

    @cached_property
    def _masks(self) -> dict[str, list[NDArray[np.bool_] | bool]]:
        """What ``_spoken`` found, by the language that alone decides."""
        return {}

    def _spoken_in(self, segment: Segment, foreign: Foreign) -> NDArray[np.bool_] | bool:
        card = self.encoder.card
        if all(ordinary(card, language, foreign) for language in segment.languages):
            return True
        languages = segment.coded["language"]
        return np.asarray(np.array([ordinary(card, language, foreign) for language in languages.values])[languages.codes])

    def _fresh(self, segment: Segment, request: Request) -> Vectors | None:
        if request.recency is None:
            return None
        from newsdex.search.question.when import recency_bonus

        return recency_bonus(segment, request.recency, self.today)


def depth_of(request: Request, needed: int, *, newest: bool) -> int:
    """How many passages are looked at for ``needed`` hits."""
    return needed * request.per_article + (SPARE_NEWEST if newest else SPARE)


def _as_typed(request: Request, reading: Reading) -> tuple[Request, Reading, AskedWords | None]:
    """As Asker._spelt, where it is not known how the archive's words are written."""
    return request, reading, None


def _within(asked: Asking, period: Period | None) -> Asking:
    """The same with what the question says of the date as its period, if it says so."""
    return asked._replace(request=replace(asked.request, period=period)) if period else asked


def _told(period: Period, wider: Period | None, narrow: Listing, wide: Listing | None) -> tuple[Listing, str]:
    """What was found in the ``period`` that the question names or the ``wider`` one with reports of it; or the ``wide`` list, of any date,
    where nothing there answers and this is better. And which of them it is.
    """
    if wide and (wide.answerable or not narrow.items):
        return wide, f"Nothing that was published {_in_words(period)} answers that; these are of other dates."
    later = f", and until {wider.until} for reports of it" if wider and wider.until != period.until else ""
    return narrow, f"Only what was published {_in_words(period)}{later}."


def _same_articles(one: Request, other: Request) -> bool:
    """Whether both are asked of the same articles."""
    return (one.where, one.period, one.as_of) == (other.where, other.period, other.as_of)


def _distinct(items: Iterable[_Item]) -> list[_Item]:
    """Each of ``items`` once; filters need not be hashable."""
    found: list[_Item] = []
    for item in items:
        if item not in found:
            found.append(item)
    return found


def _folded(articles: Sequence[Ranked], found: Candidates, needed: int, finder: CopyFinder, seen: Seen) -> list[Shown]:
    """The articles with their copies folded, as many as are needed or there are besides those that have been ``seen``."""
    ranked = [Answer(article.segment, article.row, int(found.position[article.candidates[0]])) for article in articles]
    return [
        Shown(
            articles[group.shown],
            articles[group.best],
            finder.also_in(group),
            tuple(articles[number].place for number in group.folded),
            tuple(copy.place for copy in group.copies),
        )
        for group in collapse(ranked, needed, finder, seen)
    ]


def _in_words(period: Period) -> str:
    """``period`` as the end of a sentence about publication."""
    since, until = period.since, period.until
    if since and until:
        days = f"on {since}" if since == until else f"from {since} to {until}"
    else:
        days = f"since {since}" if since else f"until {until}"
    return f'{days} ("{period.words}")' if period.words else days


def _phrases(request: Request) -> tuple[str, ...]:
    """What articles must have in their text because of the request's filter, or one of."""
    if request.where is None:
        return ()
    from newsdex.search.question.filters import phrases_of

    return tuple(dict.fromkeys(phrases_of(request.where)))


def _read_as(question: str) -> str:
    return f'Read as "{_short(question)}"; search for the words as typed: --literal'


def _topic(request: Request) -> str:
    from newsdex.search.question.followup import topic_of

    return topic_of(request.question, request.history)


def _short(topic: str) -> str:
    """``topic`` in one line that is not too long."""
    line = " ".join(topic.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}\u2026"
