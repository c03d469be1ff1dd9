"""Query operators: ``"exact phrase"``, ``-word``, ``OR``, ``source:Reuters``; see docs/QUERY.md.

Any input is valid: what cannot be an operator is text. Operators become a filter (newsdex.search.question.filters); the rest, with the
required words, is searched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from itertools import pairwise
from typing import NamedTuple

from newsdex.errors import UsageError
from newsdex.records import BYLINES
from newsdex.search.question.filters import FIELDS, LONGEST_PHRASE, Comparison, Compound, Filter, in_words, parse_filter
from newsdex.search.question.phrases import phrase_of
from newsdex.search.question.stopwords import STOPWORDS
from newsdex.search.question.when import parse_day_range
from newsdex.words import ACRONYMS

LONGEST = 2_000  # characters of a question with operators; a longer one is a text
MOST = 50  # operators
MOST_PATTERNS = 8  # of paths
PLACE = "\ue000"  # stands for a quoted phrase while dates are read

_PAIRS = {'"': '"', "\u201c": "\u201d\u201c", "\u201e": "\u201c\u201d", "\u00ab": "\u00bb", "\u00bb": "\u00ab"}
_OPENING = "([{"
_KEY = re.compile(r"[\w.-]{1,100}(?=:)")
_AFTER = ".,;!?)]}\u2026"
_DATES = {"since": "gte", "until": "lte", "on": "eq", "date": "eq", "published": "eq"}
_EQUAL = {"source": "source", "lang": "language", "language": "language", "url": "url", "id": "id", "retracted": "retracted"}
_AS_IT_IS = ("path", "url", "id")  # fields whose values may end in punctuation
_WORDS = ("title", "text")
_ELSEWHERE = {"before": "until", "after": "since", "intitle": "title"}  # operators of other search engines
# -(A OR B) and NOT (A OR B) are -A -B.
_OPERAND = r"(?:\"[^\"()]{1,200}\"|[^\s()\"]{1,200})"
_NEGATED_GROUP = re.compile(rf"(?<!\S)(?:-|NOT\s)\(\s?({_OPERAND}(?:\s+OR\s+{_OPERAND}){{0,20}})\s?\)")
_COMMAND = re.compile(r'(?:^|\s)-?(?:"[^"\s]|(?:source|title|author|lang|since|until|on|path):\S)')
_YEAR = re.compile("[12][0-9]{3}(?![0-9])")
_COMPARED = 1_000  # names compared with an unknown one


class Operators(NamedTuple):
    """A question as its operators say. ``text`` is searched; ``rest`` is the same with PLACE for each of ``quoted``; both may be "".
    ``dated``: an operator restricts the date. ``certain``: there is nothing but operators, so every match is an answer.
    """

    where: Filter | None
    text: str
    rest: str
    quoted: Sequence[str]
    dated: bool
    certain: bool
    remarks: Sequence[str]


@dataclass(slots=True)
class _Token:
    """An operator with its ``leaf``, or a word, at ``start`` to ``end``. ``words``: required words, which are searched too."""

    start: int
    end: int
    text: str
    leaf: Filter | None = None
    negated: bool = False
    words: str = ""
    dropped: bool = False


def read_operators(question: str, today: date, keys: Callable[[], Collection[str]]) -> Operators | None:
    """Read ``question``, asked on the day ``today``; None without operators and remarks. ``keys`` gives the fields of the archive's
    metadata.
    """
    if len(question) > LONGEST:
        remark = f"The question has more than {LONGEST:,} characters: its operators were read as text."
        return Operators(None, question, question, (), False, False, [remark]) if _COMMAND.search(question[:LONGEST]) else None
    return _Reader(question.replace(PLACE, " "), today, keys).operators()


class _Reader:
    def __init__(self, text: str, today: date, keys: Callable[[], Collection[str]]) -> None:
        self._text = _NEGATED_GROUP.sub(_each_negated, text)
        self._today = today
        self._keys = keys
        self._remarks: list[str] = []
        self._count = self._patterns = 0
        self._dated = self._unclosed = False

    def operators(self) -> Operators | None:
        """Return the filter and the text to search."""
        tokens = list(self._tokens())
        shouted = self._is_shouted()
        self._negate(tokens, shouted=shouted)
        filters = [*self._either([token for token in tokens if not token.dropped], shouted=shouted)]
        self._drop_and(tokens)
        filters += [_meant(token) for token in tokens if token.leaf is not None and not token.dropped]
        if any(token.text.startswith("-(") for token in tokens):
            self._remarks.append('"-(" was read as text. To exclude several words: -(A OR B), or -A -B')
        if self._unclosed and not filters:
            self._remarks.append("An unmatched quotation mark was read as text.")
        if not filters:
            return Operators(None, self._text, self._text, (), False, False, self._remarks) if self._remarks else None
        where = filters[0] if len(filters) == 1 else Compound("and", tuple(filters))
        text, rest, quoted = self._searched(tokens)
        self._remarks.insert(0, f"Filter read from the question: {in_words(where)}. To search for the words as typed: --literal")
        certain = not any(letter.isalnum() for letter in rest)
        return Operators(where, text, rest, quoted, self._dated, certain, self._remarks)

    def _tokens(self) -> Iterator[_Token]:
        text, place = self._text, 0
        while place < len(text):
            if text[place].isspace() or text[place] in _OPENING:
                place += 1
                continue
            begins = not place or text[place - 1].isspace() or text[place - 1] in _OPENING
            token = self._operator(place) if begins and self._count < MOST else None
            if token is None:
                end = _run_end(text, place)
                token = _Token(place, end, text[place:end])
                if begins and self._count == MOST and self._operator(place):
                    self._count += 1
                    self._remarks.append(f"Only the first {MOST} operators were used; the others were read as text.")
            else:
                self._count += 1
            # Text directly after an operator is a word only if it has letters: it may be a full stop or a bracket.
            if begins or any(map(str.isalnum, token.text)):
                yield token
            place = token.end

    def _operator(self, start: int) -> _Token | None:
        text = self._text
        negated = text[start] == "-"
        place = start + negated
        if place >= len(text):
            return None
        quoted = self._quoted(place)
        key = quoted[0] if quoted else (found[0] if (found := _KEY.match(text, place)) else "")
        colon = quoted[1] if quoted else place + len(key)
        if key and text.startswith(":", colon) and (token := self._field(start, key, colon + 1, negated=negated)):
            return token
        if quoted:
            return self._phrase(start, quoted[1], _without_stop(quoted[0]), negated=negated)
        if negated and text[place].isalpha():
            word = text[place : _run_end(text, place, _PAIRS)].rstrip(_AFTER)
            return self._phrase(start, place + len(word), word, negated=True)
        return None

    def _quoted(self, place: int) -> tuple[str, int] | None:
        """Return the text in quotation marks at ``place`` and where it ends; None without a pair."""
        closing = _PAIRS.get(self._text[place])
        if closing is None:
            return None
        ends = [end for mark in closing if (end := self._text.find(mark, place + 1)) >= 0]
        if not ends:
            self._unclosed = True
            return None
        return self._text[place + 1 : min(ends)].strip(), min(ends) + 1

    def _phrase(self, start: int, end: int, words: str, *, negated: bool) -> _Token | None:
        if not words or len(words) > LONGEST_PHRASE or not phrase_of(words).has_words:
            return None
        leaf = parse_filter({"type": "contains", "key": "text", "value": words})
        return _Token(start, end, self._text[start:end], leaf, negated, "" if negated else words)

    def _field(self, start: int, name: str, place: int, *, negated: bool) -> _Token | None:
        """Return the token of ``name:value``, with the value at ``place``; None if it is not a field or has no such value."""
        if place >= len(self._text) or self._text[place].isspace():
            return None
        if quoted := self._quoted(place):
            value, end = quoted
        elif self._text[place] in _PAIRS:
            return None
        else:
            value = self._text[place : _run_end(self._text, place)]
            if name.casefold() not in _AS_IT_IS:
                value = value.rstrip(_AFTER)
            elif value.endswith(")") and "(" not in value:
                value = value.rstrip(")")
            end = place + len(value)
        try:
            leaf = self._leaf(name, value) if value or quoted else None
        except UsageError as error:
            self._remarks.append(f'"{name}:{value[:80]}" was read as text: {error}')
            return None
        if leaf is None:
            return None
        words = value if name.casefold() in _WORDS and not negated else ""
        self._dated |= name.casefold() in _DATES
        return _Token(start, end, self._text[start:end], leaf, negated, words)

    def _leaf(self, name: str, value: str) -> Filter | None:
        """Return the condition of an operator; None if ``name`` is not a field. Raises UsageError for an invalid value."""
        key = name.casefold()
        if key in _WORDS:
            return parse_filter({"type": "contains", "key": key, "value": value}) if phrase_of(value).has_words else None
        if key in _DATES:
            return self._days(_DATES[key], value)
        if key == "path":
            self._patterns += 1
            if self._patterns > MOST_PATTERNS:
                raise UsageError(f"expected at most {MOST_PATTERNS} patterns of paths")
            return parse_filter({"type": "glob", "key": "path", "value": value})
        if key in _EQUAL:
            return parse_filter({"type": "eq", "key": _EQUAL[key], "value": value})
        return self._metadata(name, value)

    def _metadata(self, name: str, value: str) -> Filter | None:
        """Return the condition on a field of the metadata; None if there is no such field. Raises UsageError."""
        name = name.removeprefix("metadata.")
        known, key = self._keys(), name.casefold()
        if key == "author":
            # Sources use different fields for authors.
            parts = [{"type": "contains", "key": each, "value": value} for each in BYLINES if each in known]
            if not parts:
                raise UsageError("no article has an author field")
            return parse_filter({"type": "or", "filters": parts} if len(parts) > 1 else parts[0])
        same = [each for each in known if each == name] or [each for each in known if each.casefold() == key]
        if same:
            return parse_filter({"type": "eq", "key": same[0] if same[0] not in FIELDS else f"metadata.{same[0]}", "value": value})
        if key == "site":
            return parse_filter(
                {"type": "or", "filters": [{"type": "contains", "key": each, "value": value} for each in ("url", "source")]}
            )
        names = (*_WORDS, *_DATES, *_EQUAL, "path", "author", *known)
        # A time such as "score:2-1" or "time:10:30" is no mistyped field.
        possible = names[:_COMPARED] if value[:1].isalpha() else tuple(_DATES) if _YEAR.match(value) else ()
        if near := _ELSEWHERE.get(key) or next(iter(get_close_matches(key, possible, 1, 0.8)), None):
            raise UsageError(f"expected a field of the archive; did you mean {near}?")
        return None

    def _days(self, relation: str, value: str) -> Filter:
        first, last = parse_day_range(value, self._today)
        since = Comparison("gte", "published", first.isoformat())
        until = Comparison("lte", "published", last.isoformat())
        return {"gte": since, "lte": until}.get(relation) or Compound("and", (since, until))

    def _is_shouted(self) -> bool:
        """Return whether the question is all in capitals and not only names and acronyms, so OR and NOT are not operators."""
        words = ["", *self._text.split(), ""]
        apart = (word for before, word, after in zip(words, words[1:], words[2:], strict=False) if "OR" not in (before, word, after))
        return self._text.isupper() and any(word.casefold() in STOPWORDS and word not in ACRONYMS for word in apart)

    def _negate(self, tokens: Sequence[_Token], *, shouted: bool) -> None:
        """Exclude the word or operator after each NOT, except a stop word."""
        for token, after in pairwise(tokens):
            operand = self._operand(after, shouted=shouted) if token.text == "NOT" else None
            if operand is None or operand.negated:
                continue
            if after.leaf is None:
                if operand.words.casefold() in STOPWORDS or self._count >= MOST:
                    continue
                self._count += 1
            after.leaf, after.negated, after.words, token.dropped = operand.leaf, True, "", True

    def _either(self, tokens: Sequence[_Token], *, shouted: bool) -> Iterator[Filter]:
        """Yield a filter for each group joined by OR, and drop its tokens."""
        operands = [self._operand(token, shouted=shouted) for token in tokens]
        place = 0
        while place < len(tokens):
            stop = place
            while stop + 2 < len(tokens) and operands[stop] and self._is_or(tokens[stop + 1]) and operands[stop + 2]:
                stop += 2
            group = [
                (token, operand)
                for token, operand in zip(tokens[place : stop + 1 : 2], operands[place : stop + 1 : 2], strict=True)
                if operand
            ]
            if len(group) > 1 and self._count <= MOST:
                self._count += sum(token.leaf is None for token, _ in group)
                for token in tokens[place : stop + 1]:
                    token.dropped = True
                for token, operand in group:
                    token.words = token.words or operand.words
                yield Compound("or", tuple(_meant(operand) for _, operand in group))
            place = stop + 1

    def _drop_and(self, tokens: Sequence[_Token]) -> None:
        for before, token, after in zip([None, *tokens], tokens, tokens[1:], strict=False):
            if token.text == "AND" and ((before and before.leaf is not None) or after.leaf is not None):
                token.dropped = True

    def _is_or(self, token: _Token) -> bool:
        # "(OR 1.5)" is an odds ratio.
        return token.text == "OR" and self._text[token.start - 1].isspace()

    def _operand(self, token: _Token, *, shouted: bool) -> _Token | None:
        """Return ``token`` as an operand of OR or NOT; None if it cannot be one."""
        if token.leaf is not None:
            return token
        word = token.text.rstrip(_AFTER)
        if shouted or word in ("AND", "OR", "NOT") or word.startswith("-") or len(word) > LONGEST_PHRASE or not phrase_of(word).has_words:
            return None
        return self._phrase(token.start, token.end, word, negated=False)

    def _searched(self, tokens: Sequence[_Token]) -> tuple[str, str, list[str]]:
        """Return the text to search, the same with PLACE for quoted phrases, and the phrases."""
        parts: list[str] = []
        quoted: list[str] = []
        end = 0
        for token in tokens:
            if token.leaf is None and not token.dropped:
                continue
            parts.append(self._text[end : token.start])
            if token.words:
                parts.append(PLACE)
                quoted.append(f'"{token.words}"')
            end = token.end
            while not token.words and self._text[end : end + 1] in (",", ";"):
                end += 1
        rest = " ".join("".join([*parts, self._text[end:]]).split())
        return filled(rest, quoted), rest, quoted


def _run_end(text: str, start: int, stops: Collection[str] = ()) -> int:
    """Return the place of the next white space or stop."""
    return next((at for at in range(start, len(text)) if text[at].isspace() or text[at] in stops), len(text))


def _each_negated(group: re.Match[str]) -> str:
    """Rewrite ``-(A OR B)`` as ``-A -B``."""
    return re.sub(rf"(?:\s+OR\s+)?({_OPERAND})", r" -\1", group[1]).strip()


def _without_stop(words: str) -> str:
    """Remove the full stop or comma that ends quoted ``words``, unless it belongs to an abbreviation."""
    last = words.rpartition(" ")[2]
    return words[:-1].rstrip() if last != words and last[-1:] in (".", ",") and "." not in last[:-1] else words


def filled(rest: str, quoted: Iterable[str]) -> str:
    """Replace each PLACE in ``rest`` by the next of ``quoted``."""
    words = iter(quoted)
    return "".join(next(words, "") if letter == PLACE else letter for letter in rest)


def both(one: Filter | None, other: Filter | None) -> Filter | None:
    """Return the conjunction of two filters; None stands for no filter."""
    if one is None or other is None:
        return one or other
    return Compound("and", (one, other))


def _meant(token: _Token) -> Filter:
    assert token.leaf is not None
    return Compound("not", (token.leaf,)) if token.negated else token.leaf
