"""The first stage of a search: turn requests into queries for ranking.

A question is read once, in this order: operators, dates, spelling, names, earlier messages, vectors. Words that became a filter are no
longer searched, and ``Query.remarks`` says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from newsdex.encoder import Encoder, Vectors
from newsdex.records import Period
from newsdex.search.question.asking import is_small_talk
from newsdex.search.question.reading import Reading, has_no_topic, may_have_operators, read, read_period, read_weekday, without_request
from newsdex.search.question.stopwords import language_of, words_in
from newsdex.search.question.terms import languages_of, words_of
from newsdex.search.ranking.lexical import QueryWords, article_words_in, missing_words, never_together, occurs, with_passage_words
from newsdex.search.request import Request
from newsdex.store.snapshot import Snapshot
from newsdex.store.vocabulary import without_accents
from newsdex.words import DEFAULT_LANGUAGE, dense

if TYPE_CHECKING:
    from newsdex.search.question.names import Name

_TOGETHER = "Read together with the earlier questions: "
_SHOWN = 200  # characters of a question in a remark
_ASKING = words_in("many much long old far often big large high tall")  # mostly behind "how": no remark says that no article has them
_YEAR = r"\b(?:19|20)\d\d\b(?![\w-])"  # compiled for follow-ups alone
_NO_WORD = "qzxjvkwpq"
_READ = 200  # articles that are read for whether "fox news" is a name, in a segment
# An archive that got no article for so long is asked as on the day of its newest.
_OUT_OF_USE = timedelta(days=31)


class Query(NamedTuple):
    """A request whose question has been read: words are corrected, and operators have moved to its filter.

    ``typed``: the original question. ``today``: the day it was asked. ``days``: the period that is searched. ``words``: those of
    ``reading.text``; None before they are looked up. ``topic``: the earlier messages that the question refers to. ``vector`` and
    ``topic_vector``: of ``reading.text`` and ``topic``, float32, (d,), zeros if not needed. ``phrases``: phrases that the filter requires.
    ``doubted``: it has a ``topic`` only because it is short, and may stand alone. ``answerable``: False for a text that others are compared
    with. ``counted_from``: the day that its dates count from, if that is not ``today``. ``leans``: whether it is read together with earlier
    messages.
    """

    request: Request
    typed: str
    today: date
    reading: Reading
    days: Period | None = None
    words: QueryWords | None = None
    topic: str = ""
    doubted: bool = False
    turns: bool = False
    talks: bool = False
    others: int = 0
    vector: Vectors = np.zeros(0, np.float32)
    topic_vector: Vectors = np.zeros(0, np.float32)
    phrases: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    answerable: bool = True
    counted_from: date | None = None
    leans: bool = False

    def alone(self) -> Query:
        """Return the query without the earlier messages."""
        remarks = tuple(remark for remark in self.remarks if not remark.startswith(_TOGETHER))
        return self._replace(topic="", doubted=False, leans=False, remarks=remarks)

    def within(self, period: Period | None) -> Query:
        """Return the query restricted to ``period``, if there is one."""
        return self._replace(request=replace(self.request, period=period)) if period else self

    def rewritten(self, rewrite: Callable[[str], str]) -> Query:
        """Return the query with other words for its question."""
        request, reading = self.request, self.reading
        return self._replace(
            request=replace(request, question=rewrite(request.question)), reading=reading._replace(text=rewrite(reading.text))
        )


def newest_day(snapshot: Snapshot, today: date) -> date:
    """Return the day of the newest article by ``today``; ``today`` if no article has a date."""
    days = (segment.published_days[0][segment.live_articles] for segment in snapshot.segments)
    newest = max((int(there.max(initial=0, where=there <= today.toordinal())) for there in days), default=0)
    return date.fromordinal(newest) if newest else today


def day_counted_from(snapshot: Snapshot, today: date) -> date | None:
    """Return the day that "last week" counts from if that is not ``today``: the newest article's, in an archive out of use."""
    newest = newest_day(snapshot, today)
    return newest if newest < today - _OUT_OF_USE else None


class QuestionReader:
    """Reads questions to one snapshot, and caches what it derives from the snapshot."""

    def __init__(self, snapshot: Snapshot, encoder: Encoder) -> None:
        self._snapshot = snapshot
        self._encoder = encoder

    def read(self, requests: Sequence[Request], today: date, vectors: Vectors | None = None, *, dates: bool = True) -> list[Query]:
        """Return the query of each request.

        ``vectors``, float32, (requests, d), replace those of the questions, which are then the words of a text. Without ``dates``, dates in
        a question remain search words. Raises UsageError for a filter on a field that no article has.
        """
        queries = [self._without_operators(request, today, dates=dates) for request in requests]
        for where in {repr(where): where for query in queries if (where := query.request.where) is not None}.values():
            from newsdex.search.question.filters import check_keys

            check_keys(where, self._snapshot.segments)
        if vectors is None and self._can_spell:
            queries = [query if query.reading.certain else self._corrected(query) for query in queries]
        return self._with_vectors([*map(self._with_earlier, queries)], vectors)

    def names_days(self, request: Request, today: date) -> bool:
        """Return whether the question names days of publication."""
        return self._without_operators(request, today, dates=True).reading.period is not None

    def lacking(self, query: Query) -> list[str]:
        """Return the words of ``query``, which was read, that no article has in its text, but for those that mostly ask ("how many"),
        single letters and scripts without spaces; only names, if no article is in the language of the question; none if not all words
        of the archive are here, as in Milvus. Raises IndexDamaged.
        """
        if query.words is None or not self._can_spell:
            return []
        words = missing_words(self._snapshot, query.reading.text, query.words.article)
        if language_of(query.reading.text) not in {"", "und", *self.languages}:
            words = [word for word in words if word[0].isupper()]
        named = (query.reading.period.words if query.reading.period else "").casefold().split()
        return [word for word in words if len(word) > 1 and word.casefold() not in {*_ASKING, *named} and not dense().search(word)]

    def _without_operators(self, request: Request, today: date, *, dates: bool) -> Query:
        """Move the operators of a question to its filter, and read the rest."""
        typed = request.question
        query = Query(request, typed, today, Reading(typed), talks=is_small_talk(typed))
        if request.history:
            from newsdex.search.question.followup import read_turn, turns, uncorrected

            turn = read_turn(typed, request.history, self._has)
            remark = f"Read as the earlier question{' without its first hit' * bool(turn.others)}: {_short(turn.question)}"
            query = query._replace(
                request=replace(request, question=turn.question, history=turn.history),
                reading=Reading(uncorrected(turn.question) if turns(turn.question) else turn.question),
                turns=turns(turn.question),
                talks=turn.talks or query.talks,
                others=turn.others,
                remarks=() if turn.question in typed else (remark,),
            )
            request = query.request
        if request.literal or not any(map(may_have_operators, (request.question, *request.history))):
            return self._dated(query, dates=dates)
        from newsdex.search.question.operators import both, filled, read_operators

        day = request.as_of or today
        before = [(message, read_operators(message, day, self._fields)) for message in request.history]
        request = replace(request, history=tuple(found.text if found else message for message, found in before))
        operators = read_operators(request.question, day, self._fields)
        query = query._replace(request=request, remarks=(*query.remarks, *(operators.remarks if operators else ())))
        if operators is None or operators.where is None:
            return self._dated(query, dates=dates)
        request = replace(request, where=both(request.where, operators.where), question=operators.text or request.question)
        query = query._replace(request=request, reading=Reading(operators.rest))
        if operators.certain:
            listed = not words_of(operators.text, self.languages)
            return query._replace(reading=Reading("" if listed else operators.text, listed=listed, certain=True))
        query = self._dated(query, dates=dates and not operators.dated)
        return query._replace(reading=query.reading._replace(text=filled(query.reading.text, operators.quoted)))

    def _dated(self, query: Query, *, dates: bool) -> Query:
        """Read the dates in the query's text, or whether it has no topic besides the period that the request sets."""
        request, text = query.request, query.reading.text
        if not dates or not request.read_dates:
            return query
        if request.period:
            listed = not request.literal and has_no_topic(text, self.languages)
            plain = text if request.literal or listed else without_request(text)
            return self._with_topic(query._replace(reading=Reading(plain, listed=listed)))
        from newsdex.search.question.date_words import may_name_weekday  # only now, as all that reads dates

        today = request.as_of or query.today
        reading = read(text, today, self.languages, literal=request.literal, is_name=self._may_be_name)
        if reading.period and not request.as_of and (newest := day_counted_from(self._snapshot, today)):
            then = read(text, newest, self.languages, literal=request.literal, is_name=self._may_be_name)
            if then.period and then.period != reading.period:
                reading, today = then, newest
                query = query._replace(counted_from=newest)
        if reading.period is None and not request.literal and may_name_weekday(text, {DEFAULT_LANGUAGE, *self.languages}):
            reading = read_weekday(text, newest_day(self._snapshot, today), self.languages) or reading
        query = self._with_topic(query._replace(reading=reading))
        if reading.period is None:
            return query
        from newsdex.search.question.when import REPORTED, with_reports

        return query._replace(days=with_reports(reading.period, today, 1 if query.reading.listed else REPORTED))

    def _may_be_name(self, text: str) -> bool:
        """Return whether a source or an article may have the words of ``text`` together."""
        from newsdex.search.question.phrases import looks, phrase_of, texts_with  # which few questions need

        phrase = phrase_of(text)
        return any(map(phrase.is_in, self._snapshot.counts("source"))) or any(
            looks(segment, [phrase]) > _READ or texts_with(segment, [phrase], title_only=False).any() for segment in self._snapshot.segments
        )

    def _with_topic(self, query: Query) -> Query:
        """Add the topic of the conversation to a query for nothing but a period or the newest. Its dates are replaced."""
        request, reading = query.request, query.reading
        if not reading.listed or not request.history or request.literal:
            return query
        from newsdex.search.question.followup import topic_of_period

        before = topic_of_period(request.question, request.history)
        dated = ((message, read_period(message, request.as_of or query.today, self.languages)) for message in before)
        topic = " ".join(found[1].strip() if found else message for message, found in dated)
        if not topic:
            return query
        return query._replace(
            request=replace(request, question=f"{topic} {request.question}", history=()),
            reading=reading._replace(text=topic, listed=False),
            leans=True,
            remarks=(*query.remarks, _TOGETHER + _short(topic)),
        )

    def _corrected(self, query: Query) -> Query:
        """Look up the words of the query, correct misspelt ones and add other forms of names; a remark shows the changed question."""
        found = self._with_names(*self._spelt(query))
        if without_accents(found.request.question) == without_accents(query.request.question):
            return found
        remark = f'Read as "{_short(found.request.question)}"; search for the words as typed: --literal'
        return found._replace(remarks=(remark, *found.remarks))

    def _with_earlier(self, query: Query) -> Query:
        """Add the phrases of the filter, and the earlier messages that the question refers to, corrected and with other forms of names."""
        request = query.request
        if request.where is not None:
            from newsdex.search.question.filters import phrases_of

            query = query._replace(phrases=tuple(phrases_of(request.where)))
        if not request.history:
            return query
        from newsdex.search.question.followup import may_stand_alone, topic_of

        if not (topic := topic_of(request.question, request.history)):
            return query
        remarks = (*query.remarks, _TOGETHER + _short(topic))
        # Its dates are seldom words of a text: they are a filter where it is asked alone, and "the 2024 election" is that of a dated report
        if request.read_dates and not request.literal:
            dated = read_period(topic, request.as_of or query.today, self.languages)
            bare = re.sub(_YEAR, " ", dated[1] if dated else topic)
            topic = topic if has_no_topic(bare, self.languages) else bare.strip()
        if self._can_spell:
            topic = self._corrected(query._replace(request=replace(request, question=topic), reading=Reading(topic))).reading.text
        return query._replace(topic=topic, doubted=may_stand_alone(request.question), leans=True, remarks=remarks)

    def _spelt(self, query: Query) -> tuple[Query, QueryWords, Mapping[str, Sequence[str]]]:
        """Correct misspelt words, except in small talk, and look them up; with other spellings of the corrected ones."""
        others: Mapping[str, Sequence[str]] = {}
        as_typed = query.request.literal or is_small_talk(query.reading.text)
        if not as_typed and self.languages - {"", DEFAULT_LANGUAGE}:
            from newsdex.search.question.spelling import marks_added

            if marked := marks_added(self._snapshot, query.reading.text):
                query = query.rewritten(marked.of)
        words = article_words_in(self._snapshot, query.reading.text)
        if not as_typed and not (
            all(occurs(self._snapshot, each) for each in words.article)
            and not never_together(self._snapshot, query.reading.text, words.article)
        ):
            from newsdex.search.question.spelling import correct  # which few questions need

            if corrected := correct(self._snapshot, query.reading.text, words, self._is_word):
                query = query.rewritten(corrected.of)
                words, others = article_words_in(self._snapshot, query.reading.text), corrected.others
        return query, words, others

    def _with_names(self, query: Query, words: QueryWords, others: Mapping[str, Sequence[str]]) -> Query:
        """Add the other forms of names to ``words``, which were looked up in articles, and look all up in passages."""
        if not query.request.literal and (self._has_names or any(others.values())):
            from newsdex.search.question.names import look_up_names, names_in, spelled_out, with_institutions, with_spellings

            def named(text: str) -> list[Name]:
                names = with_institutions(self._snapshot, text, names_in(self._snapshot, text, self._is_word))
                return with_spellings(text, names, others)

            text = query.reading.text
            if names := named(text):
                words = look_up_names(self._snapshot, text, names, words)
                query = query.rewritten(lambda said: spelled_out(said, names if said == text else named(said)))
                return query._replace(words=words)
        return query._replace(words=with_passage_words(self._snapshot, words))

    def _with_vectors(self, queries: Sequence[Query], vectors: Vectors | None) -> list[Query]:
        """Encode the texts of all ``queries`` together, each once."""
        nothing = np.zeros(self._snapshot.manifest.model.dimension, np.float32)
        compared = [query for query in queries if self._snapshot.manifest.passages and query.request.mode != "lexical"]
        asked = (text for query in compared for text in (query.reading.text if vectors is None else "", query.topic))
        texts = list(dict.fromkeys(filter(None, asked)))
        known = dict(zip(texts, self._encoder.encode_questions(texts), strict=True)) if texts else {}
        return [
            query._replace(
                vector=known.get(query.reading.text, nothing) if vectors is None else vectors[number],
                topic_vector=known.get(query.topic, nothing),
                answerable=vectors is None,
            )
            for number, query in enumerate(queries)
        ]

    def _has(self, word: str) -> bool:
        """Return whether a living article has ``word``."""
        return any(occurs(self._snapshot, each) for each in article_words_in(self._snapshot, word).article)

    def _is_word(self, word: str) -> bool:
        """Return whether the model has ``word`` as one token. False for every word if the model has one token for any letters."""
        return self._knows_words and len(self._encoder.tokens([word]).places) == 1

    def _fields(self) -> set[str]:
        return {key for segment in self._snapshot.segments for key in segment.metadata.keys if key}

    @cached_property
    def _knows_words(self) -> bool:
        return len(self._encoder.tokens([_NO_WORD]).places) > 1

    @cached_property
    def languages(self) -> set[str]:
        """The languages of the archive's articles, with "" for unknown ones."""
        return languages_of(self._snapshot)

    @cached_property
    def _can_spell(self) -> bool:
        """Whether all segments have a vocabulary."""
        return bool(self._snapshot.manifest.passages) and all(segment.vocabulary is not None for segment in self._snapshot.segments)

    @cached_property
    def _has_names(self) -> bool:
        """Whether any article gives two forms of a name, or articles in several languages may."""
        return len(self.languages - {""}) > 1 or any(segment.forms for segment in self._snapshot.segments)


def _short(text: str) -> str:
    """Return ``text`` in one line, cut to _SHOWN characters."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}\u2026"
