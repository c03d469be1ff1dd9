"""Quotation lookup: find every place that has a quotation, else the nearest place, else the places it was stitched together from.

No model is used. Both sides are folded (newsdex.search.quotes.folding), and only text that has the words by the postings is read.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache, partial
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from newsdex.errors import UsageError
from newsdex.given import whole
from newsdex.records import Span
from newsdex.reports import Place, QuoteReport
from newsdex.search.deadline import check_time
from newsdex.search.question.stopwords import STOPWORDS
from newsdex.search.quotes.alignment import (
    WORD,
    Alignment,
    align,
    begins_inside_a_compound,
    differences,
    ends_inside_a_compound,
    same_case,
    weight,
)
from newsdex.search.quotes.folding import DASH, ELLIPSIS, HYPHEN, QUOTATION_MARK, Token, fold, phrase, plain
from newsdex.search.quotes.locate import LOOSEST, Window, exact_windows, is_word_of, near_windows, sought
from newsdex.store.snapshot import Snapshot
from newsdex.words import unlinked

MAX_CHARACTERS = 10_000
_BEFORE = frozenset({QUOTATION_MARK, ELLIPSIS, HYPHEN, DASH})
_AFTER = _BEFORE | frozenset(".,;:\u3002\uff0c\u3001")
_ALIGNED = 8  # windows aligned with the quotation, those that share most with it
_MOST_ALTERED = 0.5  # share of a quotation that may differ from its nearest place
_LEAST_SAME = 3  # words that must be the same there
_LEAST_PIECE = 3 * WORD  # least weight of a piece of a stitched quotation
_MOST_BETWEEN = 12  # words between two pieces of a quotation that a speaker's name interrupts
_LEAST_BESIDE = 2  # words of each of these; together they have more than twice as many
_SEAM = 2 * WORD  # cost of another place, in weight: two invented words, or four words left out
_MOST_UNKNOWN = 0.2  # share of a stitched quotation that may be invented
_AROUND = 64  # characters around a place in which the words beside it are read
_BEGINNING = 16  # tokens of the quotation that are searched first
_GIVEN_UP = 8  # tokens by which a piece may be shortened to lengthen the next
_REPEATED = 50  # occurrences of a token in the quotation, beyond which no run begins with it
_PLACES_OF_PIECE = 5  # places kept per piece, from which those of one article are preferred


def verify_quote(snapshot: Snapshot, quote: str, limit: int | None = None) -> QuoteReport:
    """Look up ``quote`` in the texts, as far as they were cut into passages, and the titles of the articles of ``snapshot``.

    A full stop, comma, colon, dash, ellipsis or quotation mark at either end of the quotation is optional. Places are in order of
    publication; beyond ``limit``, the first ones found are returned. Raises UsageError when the quotation has no word or more than 10,000
    characters, or the limit is not positive, and IndexDamaged.
    """
    if limit is not None:
        limit = whole("a limit of {} places", limit, 1)
    asked = Quotation.read(snapshot, quote)
    archive = _Archive(snapshot, asked)
    words = sought(snapshot, asked.tokens)
    length = asked.tokens[-1].end - asked.tokens[0].start
    exact, almost = archive.look(exact_windows(snapshot, words.words, length), limit)
    if not exact:
        near = list(near_windows(snapshot, words, length))
        exact, again = archive.look(near, limit)  # a word hyphenated at the end of a line is not in the postings
        almost += again
        if not exact:
            return archive.nearest(dict.fromkeys([*almost, *near]))
    places = exact if limit is None else exact[:limit]
    return QuoteReport(quote, "found", tuple(sorted(places, key=_by_date)), complete=len(places) == len(exact))


def _by_date(place: Place) -> tuple[date, str, bool, int]:
    published = place.article.published
    return published.earliest if published else date.max, place.article.id, place.in_title, place.start


@dataclass(frozen=True, slots=True)
class Quotation:
    """A quotation: ``tokens``, and the optional marks ``before`` and ``after`` them."""

    text: str
    before: Sequence[Token]
    tokens: Sequence[Token]
    after: Sequence[Token]

    @classmethod
    def read(cls, snapshot: Snapshot, text: str) -> Quotation:
        """Parse a quotation. Raises UsageError when it has no word or too many characters, and IndexDamaged."""
        if len(text) > MAX_CHARACTERS:
            raise UsageError(f"a quotation of {len(text)} characters is too long: expected {MAX_CHARACTERS} at most. Verify it in parts")
        tokens = fold(unlinked(text), is_known=lambda word: is_word_of(snapshot, word))
        if not any(token.is_word for token in tokens):
            raise UsageError(
                f'the quotation {text[:40]!r} contains no word: expected words, as in newsdex verify-quote "prices rose in London"'
            )
        first = next(n for n, token in enumerate(tokens) if token.form not in _BEFORE)
        stop = next(n for n in range(len(tokens), 0, -1) if tokens[n - 1].form not in _AFTER)
        return cls(text, tokens[:first], tokens[first:stop], tokens[stop:])

    @property
    def span(self) -> Span:
        """The place of the tokens between the optional marks."""
        return Span(self.tokens[0].start, self.tokens[-1].end)


class _Archive:
    """The articles that are read for one quotation."""

    def __init__(self, snapshot: Snapshot, quotation: Quotation) -> None:
        self._snapshot = snapshot
        self._quotation = quotation
        self._keys = [token.key for token in quotation.tokens]
        words = frozenset(token.key for token in quotation.tokens if token.is_word)
        self._fold = partial(fold, is_known=words.__contains__)
        self._phrase = phrase(quotation.tokens[:_BEGINNING])
        self._article = cache(lambda segment, row: snapshot.segments[segment].article(row))
        # Windows of an article are consecutive.
        self._text = lru_cache(maxsize=1)(lambda segment, row: unlinked(snapshot.segments[segment].text(row)))

    def look(self, windows: Iterable[Window], limit: int | None) -> tuple[list[Place], list[Window]]:
        """Return the places of the quotation, and the windows that have it in other case or inside a compound. A title counts only if the
        article's text does not have the quotation. Stops after more than ``limit`` places.
        """
        places: dict[Window, Place] = {}
        titles: dict[tuple[int, int], Place | None] = {}
        almost = []
        whole = self._quotation.span
        for window in windows:
            check_time()
            if limit is not None and len(places) > limit:
                break
            of = window[:2]
            spans, other = self._occurrences_in(window)
            places.update({Window(*of, span.start, span.end): Place(self._article(*of), span.start, span.end, whole) for span in spans})
            if other:
                almost.append(window)
            if of not in titles:
                title = self._snapshot.segments[window.segment].title(window.row)
                in_title = self._occurrences(self._fold(title))[0]
                titles[of] = Place(self._article(*of), in_title[0].start, in_title[0].end, whole, in_title=True) if in_title else None
        in_texts = {place[:2] for place in places}
        return [*places.values(), *(place for of, place in titles.items() if place and of not in in_texts)], almost

    def nearest(self, windows: Iterable[Window]) -> QuoteReport:
        """Return the nearest place, or the places it was stitched from, whichever explains more."""
        tokens = {window: self._tokens(window) for window in windows}
        altered, distance = self._altered(tokens)
        pieces, unexplained = self._stitched(tokens)
        quote = self._quotation.text
        if len(pieces) > 1 and unexplained < distance:
            return QuoteReport(quote, "stitched", tuple(pieces))
        return QuoteReport(quote, "altered", (altered,)) if altered else QuoteReport(quote, "not found")

    def _tokens(self, window: Window) -> list[Token]:
        if window.in_title:
            return self._fold(self._snapshot.segments[window.segment].title(window.row))
        return self._fold(self._text(*window[:2]), window.start, window.end)

    def _occurrences_in(self, window: Window) -> tuple[list[Span], bool]:
        """Return the same as ``_occurrences``; of a plain text only candidates are folded."""
        text = self._text(*window[:2])
        searched = plain(text[window.start : window.end])
        if searched is None:
            return self._occurrences(self._tokens(window))
        spans: list[Span] = []
        other = False
        length = LOOSEST * len(self._quotation.span) + _AROUND
        for near in _neighbourhoods(self._phrase, searched, length):
            found, almost = self._occurrences(self._fold(text, window.start + near.start, window.start + near.end))
            spans += found
            other |= almost
        return spans, other

    def _occurrences(self, tokens: Sequence[Token]) -> tuple[list[Span], bool]:
        """Return the places of the quotation in ``tokens``, and whether they have it in other case or inside a compound."""
        text = _lines(token.key for token in tokens)
        wanted = _lines(self._keys)
        found, other = [], False
        place = text.find(wanted)  # linear in time, also for endless repetitions of a word
        starts = list(accumulate((len(token.key) + 1 for token in tokens), initial=0)) if place >= 0 else []
        while place >= 0:
            first = bisect_left(starts, place)
            stop = first + len(self._keys)
            inside = begins_inside_a_compound(tokens, first) or ends_inside_a_compound(tokens, stop - 1)
            if not inside and all(map(same_case, self._quotation.tokens, tokens[first:stop])):
                found.append(self._with_marks(tokens, first, stop))
                place = text.find(wanted, starts[stop])
            else:
                other = True
                place = text.find(wanted, place + 1)
        return found, other

    def _with_marks(self, tokens: Sequence[Token], first: int, stop: int) -> Span:
        """Return the span of ``tokens[first:stop]``, extended by the optional marks that the text also has. Of a pair of quotation marks,
        one is not shown without the other, which a full stop may separate from the words.
        """
        bare = first, stop
        for mark in reversed(self._quotation.before):
            if first == 0 or tokens[first - 1].key != mark.key:
                break
            first -= 1
        for mark in self._quotation.after:
            if stop == len(tokens) or tokens[stop].key != mark.key:
                break
            stop += 1
        quoted, beside = [*self._quotation.before, *self._quotation.after], [*tokens[first : bare[0]], *tokens[bare[1] : stop]]
        shown, asked = (sum(token.key == QUOTATION_MARK for token in marks) for marks in (beside, quoted))
        if (shown, asked) == (1, 2):
            first, stop = bare
        return Span(tokens[first].start, tokens[stop - 1].end)

    def _altered(self, windows: Mapping[Window, Sequence[Token]]) -> tuple[Place | None, int]:
        """Return the nearest place if it is near enough, and its distance, in which omissions count half."""
        quotation = self._quotation
        nearest = sorted(windows, key=lambda window: -self._shared(windows[window]))[:_ALIGNED]
        found = [(align(quotation.tokens, windows[window]), window) for window in nearest if windows[window]]
        if not found:
            return None, sum(map(weight, quotation.tokens))
        alignment, window = min(found, key=lambda each: (each[0].distance, each[1].in_title, each[1]))
        if not self._is_near(alignment, windows[window]):
            whole = ((_interrupted(quotation.tokens, windows[window]), window) for _, window in found)
            near = next(((other, at) for other, at in whole if other and self._is_near(other, windows[at])), None)
            if near is None:
                return None, alignment.distance
            alignment, window = near
        tokens, article = windows[window], self._article(*window[:2])
        stretch = [theirs for _, theirs in alignment.pairs if theirs is not None]
        text = article.title if window.in_title else article.text
        sides = differences(quotation.text, quotation.tokens, text, tokens, alignment.pairs)
        start, end = tokens[stretch[0]].start, tokens[stretch[-1]].end
        place = Place(article, start, end, quotation.span, in_title=window.in_title, differences=tuple(sides))
        left_out = sum(weight(tokens[theirs]) for ours, theirs in alignment.pairs if ours is None and theirs is not None)
        return place, alignment.distance - left_out // 2

    def _is_near(self, alignment: Alignment, tokens: Sequence[Token]) -> bool:
        """Return whether enough of the quotation is the same in the place with which it was aligned."""
        quote = self._quotation.tokens
        same = [
            ours for ours, theirs in alignment.pairs if ours is not None and theirs is not None and self._keys[ours] == tokens[theirs].key
        ]
        total = sum(map(weight, quote))
        if alignment.distance > _MOST_ALTERED * total or sum(weight(quote[n]) for n in same) < min(_LEAST_SAME * WORD, total):
            return False
        # Little words that agree make no quotation: of the others, more than half must be the same.
        words = {number for number, token in enumerate(quote) if weight(token) == WORD}
        telling = {number for number in words if quote[number].key.casefold() not in STOPWORDS}
        return not telling or 2 * len(telling.intersection(same)) > len(telling)

    def _shared(self, tokens: Sequence[Token]) -> int:
        """Return the weight of the tokens shared with the quotation, in any order."""
        common = Counter(self._keys) & Counter(token.key for token in tokens)
        weights = {token.key: weight(token) for token in self._quotation.tokens}
        return sum(weights[key] * count for key, count in common.items())

    def _stitched(self, windows: Mapping[Window, Sequence[Token]]) -> tuple[list[Place], int]:
        """Return the fewest pieces that cover most of the quotation, and the weight of the rest, including the cost of seams."""
        quote = self._quotation.tokens
        runs = _longest_runs(self._keys, windows)
        pieces, distance = _cover(quote, [length for length, _ in runs])
        total = sum(map(weight, quote))
        seams = _SEAM * (len(pieces) - 1)
        if distance - seams > _MOST_UNKNOWN * total or len(pieces) > max(2, -(-total // (4 * WORD))):
            return [], total
        votes = Counter(place.window[:2] for start, _ in pieces for place in runs[start][1])
        places = []
        for start, stop in pieces:
            window, first = max(runs[start][1], key=lambda run: votes[run.window[:2]])
            tokens = windows[window][first : first + stop - start]
            quoted = Span(quote[start].start, quote[stop - 1].end)
            places.append(Place(self._article(*window[:2]), tokens[0].start, tokens[-1].end, quoted, in_title=window.in_title))
        return places, distance


def _interrupted(quote: Sequence[Token], tokens: Sequence[Token]) -> Alignment | None:
    """Return the stretch that has all words of a quotation in two pieces, with quotation marks and a few words between: "he said"."""
    pairs = align(quote, tokens, price=len(quote)).pairs
    added = [place for place, (ours, _) in enumerate(pairs) if ours is None]
    between = pairs[added[0] : added[-1] + 1] if added else ()
    pieces = (pairs[: added[0]], pairs[added[-1] + 1 :]) if added else ()
    texts = [tokens[theirs] for _, theirs in between if theirs is not None]
    words = [[quote[ours] for ours, _ in piece if ours is not None and quote[ours].is_word] for piece in pieces]
    # Marks may differ: "Everybody knew," he said.
    other = [ours for ours, theirs in pairs if ours is not None and (theirs is None or quote[ours].key != tokens[theirs].key)]
    marked = any(token.key == QUOTATION_MARK for token in texts) and sum(token.is_word for token in texts) <= _MOST_BETWEEN
    enough = all(len(piece) >= _LEAST_BESIDE for piece in words) and sum(map(len, words)) > 2 * _LEAST_BESIDE
    whole = sum(map(len, words)) == sum(token.is_word for token in quote) and not any(quote[ours].is_word for ours in other)
    return Alignment(sum(map(weight, texts)) + len(other), pairs) if marked and enough and whole else None


def _neighbourhoods(phrase: re.Pattern[str], text: str, length: int) -> list[Span]:
    """Return the ranges around matches of ``phrase``: some characters before it and ``length`` after it; overlaps are merged."""
    found: list[Span] = []
    at = phrase.search(text)
    while at:
        start = max(0, at.start() - _AROUND)
        if found and start <= found[-1].end:
            start = found.pop().start
        found.append(Span(start, min(len(text), at.start() + length)))
        at = phrase.search(text, at.start() + 1)
    return found


class _Run(NamedTuple):
    """The beginning of a run of tokens that the quotation also has."""

    window: Window
    first: int


def _lines(keys: Iterable[str]) -> str:
    """Join keys to a string in which a sequence of them can be found."""
    return "\n".join(["", *keys, ""])


def _longest_runs(keys: Sequence[str], windows: Mapping[Window, Sequence[Token]]) -> list[tuple[int, list[_Run]]]:
    """Return, for each token of a quotation, the length of the longest run from there in any window, and the windows that have it. Runs do
    not begin with a very frequent token of the quotation.
    """
    where: dict[str, list[int]] = {}
    for number, key in enumerate(keys):
        where.setdefault(key, []).append(number)
    best: list[tuple[int, list[_Run]]] = [(0, []) for _ in keys]
    for window, tokens in windows.items():
        before: dict[int, int] = {}
        for last, token in enumerate(tokens):
            numbers = where.get(token.key, ())
            if len(numbers) > _REPEATED:
                before = {number + 1: length + 1 for number, length in before.items() if keys[number + 1 : number + 2] == [token.key]}
            else:
                before = {number: before.get(number - 1, 0) + 1 for number in numbers}
            for number, length in before.items():
                longest, runs = best[number - length + 1]
                run = _Run(window, last - length + 1)
                if length > longest:
                    best[number - length + 1] = length, [run]
                elif length == longest and len(runs) < _PLACES_OF_PIECE:
                    runs.append(run)
    for number in range(1, len(keys)):
        length, runs = best[number - 1]
        if length - 1 > best[number][0]:  # the tail of a longer run
            best[number] = length - 1, [_Run(run.window, run.first + 1) for run in runs]
    return best


def _cover(quote: Sequence[Token], runs: Sequence[int]) -> tuple[list[tuple[int, int]], int]:
    """Return the cheapest cover of ``quote`` by parts of ``runs``, and its cost: a seam per part and every other word's weight."""
    weights = np.cumsum([0, *map(weight, quote)]).tolist()
    costs = [0] * (len(quote) + 1)
    stops = [0] * len(quote)  # the end of the part that begins here; 0 for none
    for start in reversed(range(len(quote))):
        costs[start] = costs[start + 1] + (weight(quote[start]) if quote[start].is_word else 0)
        for stop in range(start + runs[start], max(start, start + runs[start] - _GIVEN_UP), -1):
            if weights[stop] - weights[start] < _LEAST_PIECE:
                break
            if quote[start].is_word and quote[stop - 1].is_word and costs[stop] + _SEAM < costs[start]:
                costs[start], stops[start] = costs[stop] + _SEAM, stop
    pieces, start = [], 0
    while start < len(quote):
        if stops[start]:
            pieces.append((start, stops[start]))
        start = stops[start] or start + 1
    return pieces, costs[0] - _SEAM
