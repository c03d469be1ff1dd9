"""Turn ranked passages into hits: an article each, with its best passages, the answer sentence and the matched words."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsdex.encoder import Encoder
from newsdex.engines import is_english, open_reader, reads
from newsdex.records import UNREAD, Article, Hit, Match, Part, Span
from newsdex.search.answer.mentions import is_question, is_statement
from newsdex.search.answer.question import Question, is_of_others
from newsdex.search.answer.sentence import QueryTokens, Sentence, article_odds, best_of, closest, sentence_scores, with_earlier, with_forms
from newsdex.search.question.asking import asking_in
from newsdex.search.question.stopwords import language_of
from newsdex.search.question.terms import analyzer
from newsdex.search.ranking.candidates import Candidates, Ranked, Search
from newsdex.search.ranking.evidence import lacking_names
from newsdex.search.ranking.fusion import PREFERABLE, READABLE, READER_GAIN, SURE, SURE_IF_UNKNOWN, probabilities, shifted
from newsdex.search.ranking.points import points_in
from newsdex.search.ranking.ranker import HitGroup
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot
from newsdex.words import unlinked

if TYPE_CHECKING:
    from newsdex.search.answer.speakers import Turns
    from newsdex.search.question.phrases import Phrase
    from newsdex.search.question.reader import Query

# The score of a sentence for each required phrase it has: more than all other features together.
_PHRASE = 10.0
# The best passages of an article whose sentences are compared, if it may answer.
PASSAGES_IF_LIKELY = 16
# The first sentences among which the lead is sought, and headings that repeat the title. Headings and bylines precede the lead.
_LEADING = 8
# How many sentences of an article are read at once: those with the best scores, and as many more if none of these surely answers.
READ_SENTENCES, READINGS = 4, 2
READABLE_SENTENCES = READ_SENTENCES * READINGS
# Boost, in natural log odds, for a sentence of an interview whose speaker the question names.
_SPOKEN = 1.5
# How many colons an interview has at least: three for each of two speakers.
_LEAST_COLONS = 6
# Sentences that are read of each article after the first.
FURTHER_SENTENCES = 3
# The weight of the reader's points beside the scores: its training questions differ from those of users.
READ_WEIGHT = 0.75
# Below these natural log odds of the reader no sentence seems to answer: the penalty of all hits is the difference times DOUBT_WEIGHT.
DOUBTFUL, DOUBT_WEIGHT = -2.5, 3.0
# The largest penalty in languages other than English, in few of which the reader was trained.
MOST_DOUBT_ABROAD = -3.0
# The reader's natural log odds from which on a sentence answers.
ANSWERED = 0.0
_WORD = re.compile(r"\w+")
# Between a headline and the name of the site, and the end of one that is cut, of so many words at least.
_SITE, _CUT, _CUT_WORDS = (" - ", " | ", " \u2013 ", " \u2014 ", " \u00b7 ", " :: "), ("...", "\u2026"), 4


class _Parsed(NamedTuple):
    """A parsed article: its ``text`` as ``unlinked`` returns it; the ``starts`` and ``ends`` of its sentences without furniture, ascending;
    the index of its ``lead`` among them; the places of each required phrase that it has (``phrases``) and of its ``furniture``, which
    includes headings that repeat the title; the ``turns`` of its speakers, if it is an interview.
    """

    segment: Segment
    row: int
    article: Article
    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    lead: int
    phrases: Sequence[Sequence[Span]]
    furniture: Sequence[Sequence[int]]
    turns: Turns | None


class _Passage(NamedTuple):
    """A passage that may be shown: where it is in its segment, and its ``span`` in the article.

    ``score`` is its probability, and ``behind`` (0 or less) its score relative to the article's best passage. ``before`` is the distance of
    its first sentence from the article's first statement. ``answer`` is its best sentence. ``held`` counts the
    required phrases that it has, and ``held_by`` those in each sentence.
    """

    score: float
    behind: float
    parsed: _Parsed
    position: int
    span: Span
    sentences: Sequence[Span]
    before: int = 0
    phrases: int = 0
    phrases_by_sentence: Sequence[int] = ()
    answer: Span = Span(0, 0)


class Draft(NamedTuple):
    """A hit whose sentence is not yet chosen: the group that it shows, the passages that may be shown, their ``sentences``, the score of
    each, float64, (sentences,), and how well the best one answers, in log ``odds``. ``gain``: how much more probable the hit is because a
    reader found an answer, in natural log odds.
    """

    group: HitGroup
    passages: Sequence[_Passage]
    sentences: Sequence[Sentence]
    scores: NDArray[np.float64]
    odds: float
    gain: float = 0.0

    @property
    def article(self) -> Article:
        """The article that it is of."""
        return self.passages[0].parsed.article


class HitMaker:
    """Makes the hits of one query, whose sentences answer ``question``. ``points`` are those of the candidates with their evidence,
    float32, (candidates,), and ``scores`` their probabilities, float64, (candidates,); 1 if the query asks for a list of articles.
    """

    def __init__(self, snapshot: Snapshot, encoder: Encoder, query: Query, search: Search, found: Candidates) -> None:
        self._snapshot = snapshot
        self._encoder = encoder
        self._request, reading = query.request, query.reading
        self._search, self._found = search, found
        self._listed = reading.certain or reading.listed
        self._phrases: list[Phrase] = []
        if query.phrases:
            from newsdex.search.question.phrases import phrase_of  # which few questions need

            self._phrases = [*map(phrase_of, query.phrases)]
        # A list without a topic shows the lead of each article.
        asking = asking_in(query.request.question, reading.text)
        if query.topic:
            from newsdex.search.question.followup import names_alone  # which few questions need

            asking = query.topic if names_alone(reading.text) else ""
        self.question = Question("") if reading.listed else Question(reading.text, reading.period, query.topic, asking)
        self._language = language_of(f"{query.topic} {self.question.text}")
        # Whether articles may be read: a query in a language that is read asks for a detail, or depends on an earlier one, and is no text
        # that others are compared with.
        asks = self.question.asks_more or bool(query.topic)
        self.reads = query.answerable and asks and not (self._listed or self._phrases) and reads(encoder, self._language)
        self._is_followup = bool(query.topic)
        # How much less probable, in natural log odds, the hits are because the sentences that were read do not answer; 0 or less.
        self.penalty = 0.0
        self.points = found.total
        # Every article in a list is what was asked for.
        self.scores = np.ones(len(self.points)) if self._listed else probabilities(self.points, self._request.mode)

    def drafts(self, groups: Sequence[HitGroup]) -> list[Draft]:
        """One hit for each group. Raises IndexDamaged."""
        for number, segment in enumerate(self._snapshot.segments):
            segment.read_ahead([ranked.row for ranked, *_ in groups if ranked.segment == number])
        articles = [self._snapshot.segments[ranked.segment].article(ranked.row) for ranked, *_ in groups]
        found = [self._passages(ranked, article) for (ranked, *_), article in zip(groups, articles, strict=True)]
        return list(self._scored_drafts(groups, found))

    def read(self, draft: Draft, most: int = READABLE_SENTENCES) -> tuple[Draft, float | None]:
        """The ``draft`` with the sentence that a reader chooses among the ``most`` best, and the natural log odds that one answers; None if
        it may not be read, or if only the question is in another language than English: the reader was trained on no such questions, and
        its odds were measured to be too low. Raises ModelError if the reader is damaged.
        """
        may = self._may_be_read(draft.group.best, draft.article)
        reader = open_reader(self._encoder, self._language, draft.article.language) if may else None
        if reader is None:
            return draft, None
        number, texts = self.question.kind.number, [each.text for each in draft.sentences]
        # A reader takes the injured for the dead, the men for the women, and an earlier fire for this one
        readable = [
            place
            for place in to_read(draft.scores)
            if not (
                draft.sentences[place].earlier
                or is_of_others(texts[place], self.question)
                # Such as the number of a page in a menu
                or not any(map(str.isalpha, texts[place]))
                or (number and self.question.quantity.counts_others(texts[place]))
            )
        ][:most]
        turns = draft.passages[0].parsed.turns
        spoken = [f"{turns.at(each.start)}: {each.text}" for each in draft.sentences] if turns else texts
        read_scores, answered = np.full(len(draft.scores), -np.inf), -math.inf
        for first in range(0, len(readable), READ_SENTENCES):
            places = sorted(readable[first : first + READ_SENTENCES], key=lambda place: draft.sentences[place].start)
            read = reader.read(self.question.read, [spoken[place] for place in places])
            read_scores[places] = draft.scores[places] + READ_WEIGHT * read.points
            # A question tells what is answered behind it, and answers nothing itself
            read_scores[[place for place in places if is_question(texts[place])]] = -np.inf
            answered = max(answered, read.answered)
            if answered >= ANSWERED:
                break
        if not np.isfinite(read_scores).any():
            return draft, None
        scores = draft.scores.copy()
        scores[best_of(read_scores)] = scores.max() + 1
        if is_english(draft.article.language) and not is_english(self._language):
            return draft._replace(scores=scores), None
        if answered < DOUBTFUL and draft.article.title:
            # What only the title says answers as well; of the sentences, the lead says it most likely
            titled = reader.read(self.question.read, [draft.article.title]).answered
            # What precedes the lead is at no distance either
            leading = [place for place, each in enumerate(draft.sentences) if not each.place]
            lead = max(leading, key=lambda place: draft.sentences[place].start, default=None)
            if titled > max(answered, DOUBTFUL) and lead is not None:
                scores[lead] = scores.max() + 1
            answered = max(answered, titled)
        return draft._replace(scores=scores), answered

    def names_lacking(self, ranked: Ranked) -> int:
        """How many names of the question the article lacks. Raises IndexDamaged."""
        return len(lacking_names(self._snapshot, self._search.question, ranked.place))

    def penalise(self, draft: Draft, answered: float) -> None:
        """Make the hits less probable if the first one, of ``draft``, answers with low odds, ``answered``, unless the question leans on
        another.
        """
        penalty = DOUBT_WEIGHT * min(0.0, answered - DOUBTFUL)
        if not is_english(self._language, draft.article.language):
            penalty = max(penalty, MOST_DOUBT_ABROAD)
        self.penalty = 0.0 if self._is_followup else penalty

    def gain(self, draft: Draft, answered: float | None, score: float) -> float:
        """The natural log odds by which the ``score`` of the first hit, of ``draft``, rises if the reader's log odds that it answers are
        ``answered``; None if it was not read.
        """
        # The best of some new passages may not be the first hit of the archive
        if answered is None or answered < ANSWERED or self._found.off_question or self._search.within:
            return 0.0
        most = SURE
        if not all(any(map(len, word.postings)) for word in self._search.question.words.article):
            # In English, a word that no article has is mostly a name; in other languages also a compound, or a word of the question's.
            most = 0.0 if is_english(self._language, draft.article.language) else SURE_IF_UNKNOWN
        elif is_english(self._language, draft.article.language) and self.names_lacking(draft.group.best):
            # A reader takes a namesake, and the mayor of another town
            most = 0.0
        if score >= most:
            return 0.0
        return min(READER_GAIN, math.log(most / (1 - most) * (1 - score) / score))

    def tells_figure(self, draft: Draft) -> bool:
        """Whether its best sentence has a number that may be asked for."""
        return self.question.quantity.tells_figure(draft.sentences[best_of(draft.scores)].text)

    def tells_toll(self, draft: Draft) -> bool:
        """Whether its best sentence has a number that may be asked for, and a word for the casualties asked about."""
        return self.question.quantity.tells_toll(draft.sentences[best_of(draft.scores)].text)

    def hit(self, draft: Draft) -> Hit:
        """The hit, with the score of the best of its copies; its rank is assigned later."""
        ranked, best, also_in, *_ = draft.group
        shift = self.penalty + draft.gain
        mine = tuple(self._match(each, shift) for each in self._best_first(draft.passages, draft.scores))
        shown = mine[0].passage if ranked.place == best.place else None
        parts: tuple[Part, ...] = ()
        if self._request.explain and not self._listed:
            from newsdex.search.answer.explain import parts_of  # which few questions need

            card = self._encoder.card
            parts = tuple(parts_of(self._snapshot, card, self._request, self._search, self._found, best, shown, len(also_in), shift))
        return Hit(1, shifted(float(self.scores[best.candidates[0]]), shift), draft.article, mine, also_in, parts)

    def _passages(self, ranked: Ranked, article: Article) -> list[_Passage]:
        """The passages of an article that may be shown: its best ones, and one with a required phrase if none of them has it."""
        parsed = self._parse(self._snapshot.segments[ranked.segment], ranked.row, article)
        points = self._passages_to_compare(ranked, parsed)
        most = max(points.values())
        behind = [own - most for own in points.values()]
        found = [self._passage(parsed, *each) for each in zip(points, self._scores(ranked, behind), behind, strict=True)]
        # One of headings alone repeats the title, which has chosen the article already
        found = [each for each in found if each.sentences] or [_as_one_sentence(found[0])]
        if parsed.phrases and not any(each.phrases for each in found):
            others = [self._passage(parsed, position, found[0].score, 0.0) for position in parsed.segment.passages(ranked.row)]
            best = max(others, key=lambda passage: (passage.phrases, -passage.position))
            if best.phrases:
                found.append(_as_one_sentence(best))
        return found

    def _parse(self, segment: Segment, row: int, article: Article) -> _Parsed:
        sentences, text = segment.sentence_ranges(row), unlinked(article.text)
        furnished = self._snapshot.furnished.sentences(segment, row)
        leading = np.flatnonzero(~furnished)[:_LEADING]
        furnished[leading[_headings(article, text, sentences[leading].tolist())]] = True
        for place in (np.flatnonzero(furnished[1:] & ~furnished[:-1]) + 1).tolist():
            # Before it, "1" and "/" are numbers and marks of a menu
            first = place
            while first and not any(map(str.isalpha, text[slice(*sentences[first - 1].tolist())])):
                first -= 1
            furnished[first:place] = True
        furniture = sentences[furnished].tolist()
        starts, ends = sentences[~furnished].T.tolist()
        begun = enumerate(zip(starts[:_LEADING], ends, strict=False))
        lead = next((number for number, (start, end) in begun if is_statement(text[start:end].replace(UNREAD, ""))), 0)
        phrases, turns = self._phrase_places(article, text), _turns(text, starts, ends)
        return _Parsed(segment, row, article, text, starts, ends, lead, phrases, furniture, turns)

    def _passages_to_compare(self, ranked: Ranked, parsed: _Parsed) -> dict[int, float]:
        """Map the positions of passages to their points, best first: PASSAGES_IF_LIKELY of them if the article may answer."""
        segment, found = parsed.segment, self._found
        points = {int(found.position[place]): float(found.points[place]) for place in ranked.candidates}
        if self._listed or self._search.within or self.scores[ranked.candidates[0]] < (READABLE if self.reads else PREFERABLE):
            return points
        places, own = points_in(self._snapshot, self._search, ranked.segment, ranked.row)
        if parsed.turns:
            # Who begins to speak there does not choose the passage
            labels = frozenset(analyzer(parsed.article.language).terms(" ".join(parsed.turns.labels)))
            _, said = points_in(self._snapshot, self._search, ranked.segment, ranked.row, unless=labels)
            less = (said - own).tolist()
            points = {position: points[position] + less[position - places.start] for position in points}
            points = dict(sorted(points.items(), key=lambda each: -each[1]))
            own = said
        best = next(iter(points))
        own += np.float32(points[best]) - own[best - places.start]
        rest = sorted((-value, position) for position, value in zip(places, own.tolist(), strict=True) if position not in points)
        rest = rest[: max(0, PASSAGES_IF_LIKELY - len(points))]
        furniture = self._snapshot.furnished.passages(segment, ranked.row, [position for _, position in rest])
        return points | {position: -value for (value, position), left in zip(rest, furniture, strict=True) if not left}

    def _scores(self, ranked: Ranked, behind: Sequence[float]) -> list[float]:
        """The probabilities of passages whose scores are ``behind`` that of the article's best."""
        best = ranked.candidates[0]
        if self._listed:
            return [float(self.scores[best])] * len(behind)
        points = self.points[best] + np.array(behind, np.float32)
        return probabilities(points, self._request.mode).tolist()  # type: ignore[no-any-return]

    def _phrase_places(self, article: Article, text: str) -> list[list[Span]]:
        """The places in the parsed ``text`` of each required phrase that the article has."""
        body, found = article.main, list[list[Span]]()
        for phrase in self._phrases:
            places = phrase.places(text[body.start : body.end])
            found.append([Span(body.start + place.start, body.start + place.end) for place in places])
        return [places for places in found if places]

    def _passage(self, parsed: _Parsed, position: int, score: float, behind: float) -> _Passage:
        span = _trimmed(parsed, Span(*parsed.segment.passage_range(position)))
        before = bisect_right(parsed.ends, span.start)
        parts = _sentences_in(parsed, before, span)
        phrases, *by_sentence = (_count_phrases(parsed.phrases, each) for each in (span, *parts))
        return _Passage(score, behind, parsed, position, span, parts, before - parsed.lead, phrases, by_sentence)

    def _match(self, found: _Passage, shift: float) -> Match:
        segment, article, context = found.parsed.segment, found.parsed.article, found.span
        if around := self._request.context:
            siblings = segment.passages(found.parsed.row)
            first, last = max(siblings.start, found.position - around), min(siblings.stop - 1, found.position + around)
            context = Span(segment.passage(first, article).start, segment.passage(last, article).end)
            context = _trimmed(found.parsed, context)
        whole, span = segment.passage(found.position, article), found.span
        text = whole.text[span.start - whole.start : span.end - whole.start]
        passage = replace(whole, start=span.start, end=span.end, text=text)
        return Match(passage, shifted(found.score, shift), found.answer, tuple(self._matched_words(found.parsed, found.span)), context)

    def _scored_drafts(self, groups: Sequence[HitGroup], found: Sequence[Sequence[_Passage]]) -> Iterator[Draft]:
        """Yield a draft of each group, whose passages are in ``found``; all sentences are tokenized together."""
        texts = list[str]()
        for passages in found:
            parsed = passages[0].parsed
            title, said = parsed.article.title, _texts_of(parsed.text, [span for each in passages for span in each.sentences])
            if parsed.turns:
                from newsdex.search.answer.speakers import said_by  # which few articles need

                title, said = " ".join((title, *sorted(parsed.turns.labels))), said_by(parsed.turns.labels, said)
            texts += title, *said
        words, several = self.question.words, self._request.per_article > 1
        tokens = self._encoder.tokens([*words, *texts])
        cosines, asked = closest(tokens, len(words)), QueryTokens.of(tokens, len(words))
        start = 0
        for group, passages in zip(groups, found, strict=True):
            first, start = start, start + 1 + sum(len(each.sentences) for each in passages)
            places = [(each.behind, s.start, max(0, each.before + number)) for each in passages for number, s in enumerate(each.sentences)]
            sentences = [Sentence(text, *place) for text, place in zip(texts[first + 1 : start], places, strict=True)]
            article = passages[0].parsed.article
            sentences = with_earlier(self.question, sentences, article)
            terms = analyzer(article.language).terms
            alike = with_forms(cosines[first:start], words, asked, texts[first:start], terms)
            phrased = _PHRASE * np.array([each.phrases + count / 2 for each in passages for count in each.phrases_by_sentence])
            if turns := passages[0].parsed.turns:
                asked_about = turns.named(words)
                phrased += _SPOKEN * np.array([turns.at(s.start) in asked_about for each in passages for s in each.sentences])
            corrects = _is_correction(article)
            wanted = len(sentences) if several or corrects else READABLE_SENTENCES if self._may_be_read(group.best, article) else 1
            scores = sentence_scores(self.question, asked, sentences, alike[1:], alike[0], phrased, wanted=wanted)
            if corrects:
                self._skip_errors(passages, scores)
            yield Draft(group, passages, sentences, scores, article_odds(scores, asked, alike[1:], alike[0]))

    def _may_be_read(self, ranked: Ranked, article: Article) -> bool:
        """Whether a reader may choose a sentence: the article is read, no correction, and seems to answer or has all names."""
        score = self.scores[ranked.candidates[0]]
        may = self.reads and bool(article.language) and reads(self._encoder, article.language) and score >= READABLE
        return may and not _is_correction(article) and (score >= PREFERABLE or not self.names_lacking(ranked))

    def _skip_errors(self, passages: Sequence[_Passage], scores: NDArray[np.float64]) -> None:
        """In ``scores``, (sentences,), of the ``passages`` of a correction, give the score of each sentence that repeats the error to the
        next one, which corrects it. Nothing changes if the question is about the report.
        """
        from newsdex.search.answer.disowned import disowned, is_of_report  # which few questions need

        if is_of_report(self.question.text):
            return
        parsed, start = passages[0].parsed, 0
        wrong = disowned(parsed.article, _texts_of(parsed.text, [*map(Span, parsed.starts, parsed.ends)]))
        for each in passages:
            stop = start + len(each.sentences)
            for number, place in enumerate(range(start, stop), parsed.lead + each.before):
                if number < len(wrong) and wrong[number]:
                    if place + 1 < stop:
                        scores[place + 1] = max(scores[place : place + 2])
                    scores[place] = -np.inf
            start = stop

    def _best_first(self, passages: Sequence[_Passage], scores: NDArray[np.float64]) -> list[_Passage]:
        """The passages to show, each with its best sentence. ``scores`` are those of the sentences of all ``passages``."""
        ends = np.cumsum([len(each.sentences) for each in passages]).tolist()
        first = bisect_right(ends, best_of(scores))
        shown = [first, *(place for place in range(len(passages)) if place != first)][: self._request.per_article]
        starts = [0, *ends]
        return [passages[at]._replace(answer=passages[at].sentences[best_of(scores[starts[at] : ends[at]])]) for at in shown]

    def _matched_words(self, parsed: _Parsed, span: Span) -> Iterator[Span]:
        """Yield the places of the question's words in ``span``; in scripts without spaces, runs of them."""
        last: Span | None = None
        language = parsed.article.language
        for start, end in analyzer(language).places(parsed.text[span.start : span.end], self._search.question.words.terms_in(language)):
            found = Span(span.start + start, span.start + end)
            if last and found.start < last.end:
                found = Span(last.start, found.end)
            elif last:
                yield last
            last = found
        if last:
            yield last


def _turns(text: str, starts: Sequence[int], ends: Sequence[int]) -> Turns | None:
    """Who says what in an interview that is read as ``text``, with sentences from ``starts`` to ``ends``; None if it is none."""
    if text.count(":") < _LEAST_COLONS:
        return None
    from newsdex.search.answer.speakers import turns_of  # which few articles need

    return turns_of([text[start:end].replace(UNREAD, "") for start, end in zip(starts, ends, strict=True)], starts)


def _is_correction(article: Article) -> bool:
    """Whether the article is a correction."""
    return bool(article.corrects) or article.is_correction


def _texts_of(text: str, spans: Sequence[Span]) -> list[str]:
    """The sentences at ``spans`` of the parsed ``text``, with rows of tables in words."""
    if not any(text.startswith("|", span.start) for span in spans):
        return [text[span.start : span.end].replace(UNREAD, "") for span in spans]
    from newsdex.search.answer.rows import in_words, tables_of  # which few articles need

    tables = list(tables_of(text))
    return [in_words(text, span.start, span.end, tables).replace(UNREAD, "") for span in spans]


def to_read(scores: NDArray[np.float64]) -> list[int]:
    """The places of the sentences that may be read, by the ``scores`` of all, (sentences,), the best first."""
    return np.argsort(-scores, kind="stable")[:READABLE_SENTENCES].tolist()  # type: ignore[no-any-return]


def _trimmed(parsed: _Parsed, span: Span) -> Span:
    """``span`` of the article without furniture and white space at either end, unless that is all of it."""
    text, start, end = parsed.article.text, span.start, span.end
    for first, last in parsed.furniture:
        if start <= first < end and not text[start:first].strip():
            start = last
    for first, last in reversed(parsed.furniture):
        if start < last <= end and not text[last:end].strip():
            end = first
    left = text[start:end].strip()
    start = text.find(left, start)
    return Span(start, start + len(left)) if left else span


def _as_one_sentence(found: _Passage) -> _Passage:
    """The passage as one sentence, if it has none."""
    return found if found.sentences else found._replace(sentences=[found.span], phrases_by_sentence=[found.phrases])


def _headings(article: Article, text: str, sentences: Sequence[Sequence[int]]) -> list[int]:
    """Which of the first ``sentences`` of an article, which is read as ``text``, are headings that repeat its title, perhaps wrapped, cut
    or with the name of a site, and a byline below that names its author.
    """
    title = _WORD.findall(article.title.casefold())
    lines = [text[start:end] for start, end in sentences]
    words = [_WORD.findall(line.casefold()) for line in lines]
    found, first = list[int](), 0
    while title and first < len(lines):
        last = first + _repeated(title, words[first:], lines[first:])
        found += range(first, last)
        first = max(last, first + 1)
    # A first line of text may be the only one that answers
    if found and words[0] == title and not article.text.startswith("#", sentences[0][0]):
        found.remove(0)
    authors = [names for author in article.authors if (names := _WORD.findall(author.casefold()))]
    # Before the name there is at most one word: "By", "Von".
    return found + [
        place + 1
        for place in found
        if any(line in (author, [line[0], *author]) for line in words[place + 1 : place + 2] if line for author in authors)
    ]


def _repeated(title: list[str], words: list[list[str]], lines: list[str]) -> int:
    """How many of ``lines``, with these ``words``, repeat the ``title`` together."""
    read = list[str]()
    for count, (own, line) in enumerate(zip(words, lines, strict=True), 1):
        read += own
        if read == title or (read[: len(title)] == title and any(mark in line for mark in _SITE) and not is_statement(line)):
            return count
        if len(read) >= _CUT_WORDS and line.endswith(_CUT) and title[: len(read) - 1] == read[:-1]:
            return count
        if title[: len(read)] != read:
            break
    return 0


def _count_phrases(phrases: Sequence[Sequence[Span]], span: Span) -> int:
    """How many of the ``phrases``, each given by its places, are in ``span``."""
    return sum(any(span.start <= place.start and place.end <= span.end for place in places) for places in phrases)


def _sentences_in(parsed: _Parsed, before: int, passage: Span) -> list[Span]:
    """The parts of the sentences that are in ``passage``, which ``before`` sentences precede."""
    inside = slice(before, bisect_left(parsed.starts, passage.end))
    sentences = zip(parsed.starts[inside], parsed.ends[inside], strict=True)
    return [Span(max(start, passage.start), min(end, passage.end)) for start, end in sentences]
