"""Articles to passages on sentence borders, with exact offsets: with the title before it, each fits by the model's own tokenizer."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from newsdex.encoder import Encoder
from newsdex.errors import UsageError
from newsdex.markdown import read_of
from newsdex.records import UNREAD, Article, Passage, Span
from newsdex.sentences import split_sentences
from newsdex.settings import Chunking
from newsdex.store.samples import TITLE_TOKENS, embedded_text, once_embedded

CountTokens = Callable[[Sequence[str]], list[int]]

SPECIAL_TOKENS = 2  # [CLS] and [SEP]
_LEAST_TOKENS = TITLE_TOKENS + 16  # of a passage
# WordPiece turns a word of more than 100 characters into one [UNK] (max_input_chars_per_word in tokenizer.json).
_LONG_WORD = re.compile(r"\S{101,}")
_LONGEST_WORD = 100
_PIECE = 50
_SLACK = 8  # tokens that a part of a long sentence may exceed the mean by
_RULE = "|-: \t"  # the characters of the line below the head of a Markdown table
_CLAUSE_END = re.compile(r"[,;:)\]}\u2013\u2014\u3001\uff0c\uff1b\uff1a][\"'\u201d\u2019]?\Z")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage to be: where it lies, the text to embed, and how much of the window that takes, special tokens included."""

    span: Span
    embedded: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Chunked:
    """An article's sentences and the chunks made of them, both in the order of the text."""

    sentences: list[Span]
    chunks: list[Chunk]


class Chunker:
    """Cuts articles by one set of settings, for one tokenizer."""

    def __init__(self, settings: Chunking, count_tokens: CountTokens, window: int, prefix: str = "") -> None:
        """``window`` is the model's, with special tokens; ``prefix`` precedes a passage. Raises UsageError if the settings do not fit."""
        if window < _LEAST_TOKENS:
            raise UsageError(
                f"the model reads at most {window} tokens of a text, and newsdex needs at least {_LEAST_TOKENS}. Choose another model: "
                "newsdex models"
            )
        if not _LEAST_TOKENS <= settings.max_tokens <= window:
            raise UsageError(f"a passage of {settings.max_tokens} tokens is not allowed: expected {_LEAST_TOKENS} to {window}")
        self._settings = settings
        self._count = count_tokens
        self._room = settings.max_tokens - SPECIAL_TOKENS - (count_tokens([prefix])[0] if prefix else 0)

    @classmethod
    def of(cls, settings: Chunking, encoder: Encoder) -> Chunker:
        """That of an encoder's tokenizer. Raises UsageError."""
        return cls(settings, encoder.count_tokens, encoder.card.max_tokens, encoder.card.passage_prefix)

    def cut(self, article: Article) -> Chunked:
        """All passages of ``article.body``; none without words in it."""
        read = read_of(article.text)
        text = read.text
        sentences = split_sentences(article.text, article.body, article.language)
        title, title_tokens = self._title(article)
        room = self._room - title_tokens
        units = _with_heads(text, list(self._units(text, sentences, room)), room)
        spans = _pack(units, room, self._settings.overlap)
        chunks = list(self._chunks(text, title, spans))
        places = read.whole([chunk.span for chunk in chunks])
        return Chunked(sentences, [replace(chunk, span=span) for chunk, span in zip(chunks, places, strict=True)])

    def embedded_texts(self, article: Article, passages: Iterable[Passage]) -> Iterator[list[str]]:
        """The embedded text of each of ``passages`` of ``article``, and what it may have been before CUTTING 8."""
        title, _ = self._title(article)
        for passage in passages:
            yield once_embedded(title, article.text, passage)

    def _title(self, article: Article) -> tuple[str, int]:
        """What is put before each passage, and its tokens."""
        title = " ".join(article.title.split())
        if not (self._settings.title and title):
            return "", 0
        tokens = self._count([title])[0]
        if tokens > TITLE_TOKENS or _LONG_WORD.search(title):
            words = [word[a:b] for word in title.split() for a, b in _cuts(word)][:TITLE_TOKENS]
            counts = self._count(words)
            while sum(counts) > TITLE_TOKENS:
                counts.pop()
            title = " ".join(words[: len(counts)])
            tokens = self._count([title])[0]
        return title, tokens

    def _units(self, text: str, sentences: Sequence[Span], room: int) -> Iterator[_Unit]:
        """The sentences, and the parts of those that are too long, none larger than ``room``."""
        contents = [text[s.start : s.end].replace(UNREAD, "") for s in sentences]
        for sentence, content, tokens in zip(sentences, contents, self._count(contents) if contents else [], strict=True):
            if tokens <= room and not _LONG_WORD.search(content):
                yield _Unit(sentence, tokens)
            else:
                yield from self._parts(text[sentence.start : sentence.end], sentence.start, room)

    def _parts(self, sentence: str, offset: int, room: int) -> Iterator[_Unit]:
        """A long sentence cut at clauses where they are, else at words, else inside a word."""
        words = [Span(offset + m.start() + a, offset + m.start() + b) for m in re.finditer(r"\S+", sentence) for a, b in _cuts(m[0])]
        contents = [sentence[w.start - offset : w.end - offset] for w in words]
        # A piece of a longer word has no token count of its own: no tokenizer makes more tokens than characters.
        inside = [a.end == b.start for a, b in pairwise([*words, Span(-1, -1)])]
        counts = [
            max(count, len(unicodedata.normalize("NFD", word))) if joined or (i and inside[i - 1]) else count
            for i, (word, count, joined) in enumerate(zip(contents, self._count(contents), inside, strict=True))
        ]
        # Parts of about equal size, so that the last is not one word.
        room = min(room, math.ceil(sum(counts) / math.ceil(sum(counts) / room)) + _SLACK) if sum(counts) else room
        first = total = 0
        clause = -1  # the last word of the current part that ends a clause in the part's second half
        for i, count in enumerate(counts):
            if total + count > room and i > first:
                last = clause if clause >= first else i - 1
                yield _Unit(Span(words[first].start, words[last].end), sum(counts[first : last + 1]))
                first, total, clause = last + 1, sum(counts[last + 1 : i]), -1
            total += count
            if total > room // 2 and _CLAUSE_END.search(contents[i]):
                clause = i
        if words:
            yield _Unit(Span(words[first].start, words[-1].end), total)

    def _chunks(self, text: str, title: str, spans: Sequence[Span]) -> Iterator[Chunk]:
        """The final measure: a passage that is larger than the sum of its parts (seldom) is halved until it fits."""
        embedded = [embedded_text(title, text[s.start : s.end]) for s in spans]
        for span, content, tokens in zip(spans, embedded, self._count(embedded) if embedded else [], strict=True):
            if tokens <= self._room or len(span) == 1:
                yield Chunk(span, content, tokens + self._settings.max_tokens - self._room)
            else:
                yield from self._chunks(text, title, _halves(text, span))


@dataclass(frozen=True, slots=True)
class _Unit:
    span: Span
    tokens: int


def _with_heads(text: str, units: Sequence[_Unit], room: int) -> list[_Unit]:
    """``units`` with the head of each table joined to the rule below and the first row, as far as ``room`` allows: rows need its names."""
    found: list[_Unit] = []
    below = False
    for unit in units:
        content = text[unit.span.start : unit.span.end]
        is_rule = content.startswith(("|-", "|:", "| -", "| :")) and not content.strip(_RULE)
        last = found[-1] if found and (is_rule or below) and content.startswith("|") else None
        if last and text.startswith("|", last.span.start) and last.tokens + unit.tokens <= room:
            found[-1] = _Unit(Span(last.span.start, unit.span.end), last.tokens + unit.tokens)
        else:
            found.append(unit)
        below = is_rule
    return found


def _pack(units: Sequence[_Unit], room: int, overlap: int) -> list[Span]:
    """Neighbouring units joined into the fewest spans of at most ``room`` tokens, whose sizes are as equal as they can be: the sum of their
    squares is the least. With ``overlap``, a span starts with that many of the units that ended the one before, as far as they leave room.
    """
    # At least 1, or a span could be of any number of sentences that the tokenizer drops, and each place be tried with all before it.
    sizes = [max(1, unit.tokens) for unit in units]
    tails = [_tail(sizes, start, overlap, room) for start in range(len(sizes))]
    repeated = [sum(sizes[first:start]) for start, first in enumerate(tails)]
    # For each number of units: how many spans they make, the sum of the squares of their sizes, and minus where the last begins, so that of
    # equal ways the one with the larger spans first is taken.
    best = [(0, 0, 0)]
    for end in range(1, len(units) + 1):
        size = 0
        found: list[tuple[int, int, int]] = []
        for start in range(end - 1, -1, -1):
            size += sizes[start]
            if found and size > room:
                break
            whole = size + repeated[start]
            if start == end - 1 or whole <= room:
                count, squares, _ = best[start]
                found.append((count + 1, squares + whole * whole, -start))
        best.append(min(found))
    spans: list[Span] = []
    end = len(units)
    while end:
        start = -best[end][2]
        # A span holds more than what the one before holds as well.
        first = max(tails[start], 1 - best[start][2]) if start else 0
        spans.append(Span(units[first].span.start, units[end - 1].span.end))
        end = start
    return spans[::-1]


def _tail(sizes: Sequence[int], start: int, count: int, room: int) -> int:
    """The first of the ``count`` units before ``start`` that a span from there repeats; fewer when they leave no room for the next unit."""
    first, size = start, sizes[start]
    while first > max(0, start - count) and size + sizes[first - 1] <= room:
        first -= 1
        size += sizes[first]
    return first


def _halves(text: str, span: Span) -> list[Span]:
    """Two parts, cut at the white space nearest to the middle, else in the middle."""
    middle = (span.start + span.end) // 2
    spaces = [m.start() for m in re.finditer(r"\s+", text[span.start : span.end])]
    cut = min((span.start + s for s in spaces), key=lambda s: abs(s - middle), default=middle)
    right = cut + len(text[cut : span.end]) - len(text[cut : span.end].lstrip())
    return [Span(span.start, cut), Span(right, span.end)]


def _cuts(word: str) -> list[tuple[int, int]]:
    """``word`` whole, or when it is too long for WordPiece, ranges of about 50 characters; a mark stays with its letter."""
    if len(word) <= _LONGEST_WORD:
        return [(0, len(word))]
    cuts = [0]
    while len(word) - cuts[-1] > _PIECE:
        cut = cuts[-1] + _PIECE
        while cut > cuts[-1] + _PIECE // 2 and (
            unicodedata.combining(word[cut]) or word[cut] in "\u200d\ufe0f" or word[cut - 1] == "\u200d"
        ):
            cut -= 1
        cuts.append(cut)
    return list(pairwise([*cuts, len(word)]))
