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
    """A question as its operators say. ``rest`` is searched, with ``quoted`` for each PLACE; ``dated``: an operator restricts the date."""

    where: Filter | None
    rest: str
    quoted: Sequence[str]
    dated: bool
    remarks: Sequence[str]

    @property
    def text(self) -> str:
        """What is searched."""
        return filled(self.rest, self.quoted)

    @property
    def certain(self) -> bool:
        """Whether there is nothing but operators, so every match is an answer."""
        return not any(letter.isalnum() for letter in self.rest)


@dataclass(slots=True)
class _Token:
    """An operator with its ``leaf``, or a word, at ``start`` to ``end``. ``words``: required words, which are searched too."""

    start: int
    end: int
    text: str
    leaf: Filter | None = None
    words: str = ""
    dropped: bool = False


def read_operators(question: str, today: date, keys: Callable[[], Collection[str]]) -> Operators | None:
    """Read ``question``, asked ``today``; None without operators and remarks. ``keys``: the fields of the archive's metadata."""
    question = question.replace(PLACE, " ")
    if len(question) > LONGEST:
        remark = f"The question has more than {LONGEST:,} characters: its operators were read as text."
        return Operators(None, question, (), dated=False, remarks=[remark]) if _COMMAND.search(question[:LONGEST]) else None
    return _Reader(question, today, keys).operators()


class _Reader:
    def __init__(self, text: str, today: date, keys: Callable[[], Collection[str]]) -> None:
        self._text = _NEGATED_GROUP.sub(lambda group: re.sub(rf"(?:\s+OR\s+)?({_OPERAND})", r" -\1", group[1]).strip(), text)
        self._today = today
        self._keys = keys
        self._remarks: list[str] = []
        self._shouted = _is_shouted(self._text)
        self._count = self._patterns = 0
        self._dated = self._unclosed = False

    def operators(self) -> Operators | None:
        """Return the filter and the text to search."""
        tokens = list(self._tokens())
        self._negate(tokens)
        filters = [*self._either([token for token in tokens if not token.dropped])]
        self._drop_and(tokens)
        filters += [token.leaf for token in tokens if token.leaf is not None and not token.dropped]
        if any(token.text.startswith("-(") for token in tokens):
            self._remarks.append('"-(" was read as text. To exclude several words: -(A OR B), or -A -B')
        if self._unclosed and not filters:
            self._remarks.append("An unmatched quotation mark was read as text.")
        if not filters:
            return Operators(None, self._text, (), dated=False, remarks=self._remarks) if self._remarks else None
        where = filters[0] if len(filters) == 1 else Compound("and", tuple(filters))
        self._remarks.insert(0, f"Filter read from the question: {in_words(where)}. To search for the words as typed: --literal")
        return Operators(where, *self._searched(tokens), self._dated, self._remarks)

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
        leaf: Filter | None = None
        if key and text.startswith(":", colon) and (field := self._field(key, colon + 1)):
            end, leaf, words = field
        elif quoted or (negated and text[place].isalpha()):
            words = _without_stop(quoted[0]) if quoted else text[place : _run_end(text, place, _PAIRS)].rstrip(_AFTER)
            end, leaf = quoted[1] if quoted else place + len(words), _phrase(words)
        if leaf is None:
            return None
        return _Token(start, end, text[start:end], Compound("not", (leaf,)) if negated else leaf, "" if negated else words)

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

    def _field(self, name: str, place: int) -> tuple[int, Filter, str] | None:
        """Return where ``name:value``, its value at ``place``, ends, its condition and required words; None if it is none."""
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
        self._dated |= name.casefold() in _DATES
        return end, leaf, value if name.casefold() in _WORDS else ""

    def _leaf(self, name: str, value: str) -> Filter | None:
        """Return the condition of an operator; None if ``name`` is not a field. Raises UsageError for an invalid value."""
        key = name.casefold()
        if key in _WORDS:
            return _condition("contains", value, key) if phrase_of(value).has_words else None
        if key in _DATES:
            return self._days(_DATES[key], value)
        if key == "path":
            self._patterns += 1
            if self._patterns > MOST_PATTERNS:
                raise UsageError(f"expected at most {MOST_PATTERNS} patterns of paths")
            return _condition("glob", value, key)
        if key in _EQUAL:
            return _condition("eq", value, _EQUAL[key])
        return self._metadata(name, value)

    def _metadata(self, name: str, value: str) -> Filter | None:
        """Return the condition on a field of the metadata; None if there is no such field. Raises UsageError."""
        name = name.removeprefix("metadata.")
        known, key = self._keys(), name.casefold()
        if key == "author":
            # Sources use different fields for authors.
            if not (fields := [each for each in BYLINES if each in known]):
                raise UsageError("no article has an author field")
            return _condition("contains", value, *fields)
        same = [each for each in known if each == name] or [each for each in known if each.casefold() == key]
        if same:
            return _condition("eq", value, same[0] if same[0] not in FIELDS else f"metadata.{same[0]}")
        if key == "site":
            return _condition("contains", value, "url", "source")
        names = (*_WORDS, *_DATES, *_EQUAL, "path", "author", *known)
        # A time such as "score:2-1" or "time:10:30" is no mistyped field.
        possible = names[:_COMPARED] if value[:1].isalpha() else tuple(_DATES) if _YEAR.match(value) else ()
        if near := _ELSEWHERE.get(key) or next(iter(get_close_matches(key, possible, 1, 0.8)), None):
            raise UsageError(f"expected a field of the archive; did you mean {near}?")
        if value[:1].isalpha() and name.isidentifier():
            raise UsageError(f"no article has a field {name!r}")
        return None

    def _days(self, relation: str, value: str) -> Filter:
        first, last = parse_day_range(value, self._today)
        since = Comparison("gte", "published", first.isoformat())
        until = Comparison("lte", "published", last.isoformat())
        return {"gte": since, "lte": until}.get(relation) or Compound("and", (since, until))

    def _negate(self, tokens: Sequence[_Token]) -> None:
        """Exclude the word or operator after each NOT, except a stop word."""
        for token, after in pairwise(tokens):
            operand = self._operand(after) if token.text == "NOT" else None
            if operand is None or (isinstance(operand[0], Compound) and operand[0].type == "not"):
                continue
            leaf, words = operand
            if after.leaf is None:
                if words.casefold() in STOPWORDS or self._count >= MOST:
                    continue
                self._count += 1
            after.leaf, after.words, token.dropped = Compound("not", (leaf,)), "", True

    def _either(self, tokens: Sequence[_Token]) -> Iterator[Filter]:
        """Yield a filter for each group joined by OR, and drop its tokens."""
        operands = [self._operand(token) for token in tokens]
        place = 0
        while place < len(tokens):
            stop = place
            while stop + 2 < len(tokens) and operands[stop] and self._is_or(tokens[stop + 1]) and operands[stop + 2]:
                stop += 2
            if stop > place and self._count <= MOST:
                group = [operand for operand in operands[place : stop + 1 : 2] if operand]
                self._count += sum(token.leaf is None for token in tokens[place : stop + 1 : 2])
                for token in tokens[place : stop + 1]:
                    token.dropped = True
                for token, (_, words) in zip(tokens[place : stop + 1 : 2], group, strict=True):
                    token.words = words
                yield Compound("or", tuple(leaf for leaf, _ in group))
            place = stop + 1

    def _drop_and(self, tokens: Sequence[_Token]) -> None:
        for before, token, after in zip([None, *tokens], tokens, tokens[1:], strict=False):
            if token.text == "AND" and ((before and before.leaf is not None) or after.leaf is not None):
                token.dropped = True

    def _is_or(self, token: _Token) -> bool:
        # "(OR 1.5)" is an odds ratio.
        return token.text == "OR" and self._text[token.start - 1].isspace()

    def _operand(self, token: _Token) -> tuple[Filter, str] | None:
        """Return the condition of ``token`` as an operand of OR or NOT, and the words that it requires; None if it cannot be one."""
        if token.leaf is not None:
            return token.leaf, token.words
        word = token.text.rstrip(_AFTER)
        leaf = None if self._shouted or word in ("AND", "OR", "NOT") or word.startswith("-") else _phrase(word)
        return None if leaf is None else (leaf, word)

    def _searched(self, tokens: Sequence[_Token]) -> tuple[str, list[str]]:
        """Return the text to search, with PLACE for quoted phrases, and the phrases."""
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
        return " ".join("".join([*parts, self._text[end:]]).split()), quoted


def _is_shouted(text: str) -> bool:
    """Return whether a question is all in capitals and not only names and acronyms, so OR and NOT are not operators."""
    words = ["", *text.split(), ""]
    apart = (word for before, word, after in zip(words, words[1:], words[2:], strict=False) if "OR" not in (before, word, after))
    return text.isupper() and any(word.casefold() in STOPWORDS and word not in ACRONYMS for word in apart)


def _phrase(words: str) -> Filter | None:
    """Return the condition that an article has ``words``; None if they are none, or too many."""
    return _condition("contains", words, "text") if len(words) <= LONGEST_PHRASE and phrase_of(words).has_words else None


def _condition(kind: str, value: str, *fields: str) -> Filter:
    """Return the condition on one of several fields. Raises UsageError for an invalid value."""
    parts = [parse_filter({"type": kind, "key": field, "value": value}) for field in fields]
    return parts[0] if len(parts) == 1 else Compound("or", tuple(parts))


def _run_end(text: str, start: int, stops: Collection[str] = ()) -> int:
    """Return the place of the next white space or stop."""
    return next((at for at in range(start, len(text)) if text[at].isspace() or text[at] in stops), len(text))


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
