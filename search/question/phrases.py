"""Exact words and phrases: whether and where a text contains them, and which articles can.

Case, accents, kinds of quotation marks, dashes and spaces, line breaks, ligatures and other compatibility forms (Unicode NFKC) are ignored.
Words must match whole: ``rival`` is not in "rivals", but in "arch-rival" and "rival's". An apostrophe inside a word belongs to it, except
before a final s and after an elided article: ``Biden`` is in "Biden's", ``Europe`` in "l'Europe", and ``Brien`` is not in "O'Brien".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property, lru_cache
from itertools import combinations, count, islice, product

import numpy as np
from numpy.typing import NDArray

from newsdex.arrays import distinct
from newsdex.records import UNREAD, Span
from newsdex.search.deadline import check_time
from newsdex.search.question.terms import analyzer
from newsdex.store.postings import hash_of
from newsdex.store.segment import Segment
from newsdex.store.vocabulary import Vocabulary
from newsdex.words import DENSE, LONGEST, MARKS, as_read, elided, is_pair

_ANCHORS = 8  # words of a phrase looked up in the postings
_SHORT = 3  # letters of a word for which all accents are tried; those of longer words are in the vocabulary
_PLACES = 100  # places returned for a text
_TOGETHER = 256  # articles read together
_LOOKS = 1_024  # candidate places between two checks of the deadline
_REMEMBERED = 32  # characters of a run whose folded form is cached
# Characters that are the same as another, or as none: apostrophes, quotation marks, dashes, a space without width, what is not seen.
_SAME = (
    ("\u00b4\u2018-\u201b\u2032", "'"),
    ("\u201c-\u201f\u2033\u00ab\u00bb\u2039\u203a", '"'),
    ("\u2010-\u2015\u2212\ufe58\ufe63\uff0d", "-"),
    ("\u200b", " "),
    ("\u00ad\u200c-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff", ""),
)
# Code points of letters that fold to one unaccented letter.
_ACCENTED = (*range(0xC0, 0x180), *range(0x386, 0x3CF), *range(0x400, 0x460))
_OTHER = re.compile("[^\0-\x7f]+")
_PIECE = re.compile(r"\s+|[^\0-\x7f\s]+|[^\x80-\U0010ffff\s]+")
_LETTER = rf"(?:(?![{DENSE}])[^\W_]|[{MARKS}])"

# Compiling the classes takes milliseconds, which only questions with a phrase should pay.
_same = cache(lambda: [(re.compile(f"[{these}]"), one) for these, one in _SAME])
_accents = cache(lambda: re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]"))
_word = cache(lambda: re.compile(rf"{_LETTER}+(?:'{_LETTER}+)*|[{DENSE}]+"))
_letters = cache(lambda: re.compile(rf"{_LETTER}+"))


def fold(text: str) -> str:
    """Return ``text`` without the differences that are ignored."""
    plain = text.lower()
    if not plain.isascii():
        plain = _OTHER.sub(lambda run: _known(run[0]) if len(run[0]) <= _REMEMBERED else _folded(run[0]), plain)
    return " ".join(plain.split())


def _folded(run: str) -> str:
    for pattern, same in _same():
        run = pattern.sub(same, run)
    run = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", run).casefold())
    return unicodedata.normalize("NFC", _accents().sub("", run))


_known = lru_cache(maxsize=1 << 16)(_folded)


class Folded:
    """A text in which several phrases are searched, folded once."""

    def __init__(self, text: str) -> None:
        self.lowered = text.lower()

    @cached_property
    def folded(self) -> str:
        """The folded text."""
        check_time()
        return fold(self.lowered)


class Phrase:
    """A phrase or a single word."""

    def __init__(self, text: str) -> None:
        self.key = fold(text)
        self._begins = bool(_letters().match(self.key))
        self._ends = bool(_letters().match(self.key[-1:]))

    @property
    def has_words(self) -> bool:
        """Whether it has a word, not only punctuation."""
        return bool(_word().search(self.key))

    def is_in(self, text: str | Folded) -> bool:
        """Return whether ``text`` contains it."""
        read = Folded(text) if isinstance(text, str) else text
        # Most matches have a place in plain ASCII, which needs no folding.
        at = read.lowered.find(self.key) if self.key.isascii() else -1
        if at >= 0 and self._stands_alone(read.lowered[max(0, at - 1) : at + len(self.key) + 1], at > 0):
            return True
        return next(self._found(read.folded), None) is not None

    def _stands_alone(self, around: str, before: bool) -> bool:
        """Return whether its neighbours are ASCII and not a letter, digit or apostrophe."""
        start, end = (around[:1] if before else ""), around[before + len(self.key) :]
        return not any(beside == "'" or beside.isalnum() or not beside.isascii() for beside in (start, end) if beside)

    def places(self, text: str) -> list[Span]:
        """Return its first places in ``text``, as newsdex.words.unlinked returns it."""
        parts: list[str] = []
        starts: list[int] = []
        for piece in _PIECE.finditer(text):
            first, lowered = piece.start(), " " * bool(piece[0].strip(UNREAD)) if piece[0].isspace() else piece[0].lower()
            together = lowered if lowered.isascii() else _folded(lowered)
            apart: Sequence[str] = lowered if lowered.isascii() else [_folded(letter) for letter in lowered]
            if len(lowered) == len(piece[0]) and "".join(apart) == together:
                starts += [first + number for number, part in enumerate(apart) for _ in part]
            else:
                starts += [first] * len(together)
            parts.append(together)
        spaced = "".join(parts)
        kept = [place for place, letter in enumerate(spaced) if letter != " " or spaced[place - 1 : place] != " "]
        starts = [*(starts[place] for place in kept), len(text)]
        found = islice(self._found("".join(spaced[place] for place in kept)), _PLACES)
        return [Span(starts[start], max(starts[end], starts[end - 1] + 1)) for start, end in found]

    def _found(self, folded: str) -> Iterator[tuple[int, int]]:
        start = folded.find(self.key) if self.key else -1
        for number in count():
            if start < 0:
                return
            if number % _LOOKS == 0:
                check_time()
            end = start + len(self.key)
            if (not self._begins or _begins_word(folded, start)) and (not self._ends or _ends_word(folded, end)):
                yield start, end
            # No word begins before the end of these letters.
            after = _letters().match(folded, start) if self._begins else None
            start = folded.find(self.key, after.end() if after else start + 1)

    @cached_property
    def _anchors(self) -> list[str]:
        """Its words or pairs that an article has in its postings, longest first: no numbers or single letters, often parts of others."""
        words: list[str] = []
        for found in _word().finditer(self.key):
            word = found[0]
            if is_pair(word):
                words += [word[place : place + 2] for place in range(len(word) - 1)]
            elif "'" not in self.key[max(0, found.start() - 1) : found.start()] + self.key[found.end() : found.end() + 1]:
                bare = elided().sub("", word, 1) if _elides(word[: word.find("'") + 1]) else word
                bare = bare.removesuffix("'s")
                if bare.isalpha() and 1 < len(bare) < LONGEST // 2:
                    words.append(bare)
        words = sorted(dict.fromkeys(words), key=lambda word: -len(word))[:_ANCHORS]
        return [word for word in words if len(word) > _SHORT or is_pair(word)] or words

    def terms(self, languages: Iterable[str], vocabulary: Vocabulary | None = None) -> Iterator[Sequence[int]]:
        """For each anchor, yield the hashes of terms of which an article with the phrase has at least one. Accented spellings are taken
        from the ``vocabulary``; without one, up to two letters of a word are accented.
        """
        for word in self._anchors:
            forms = {word}
            if not is_pair(word):
                forms.update(vocabulary.accented(word, fold) if vocabulary else (), _variants(word, 1 if vocabulary else 2))
            yield _terms(frozenset(forms), tuple(sorted({*languages, ""})))

    def holders(self, segment: Segment) -> NDArray[np.int64] | None:
        """Return the articles of a segment that can contain it, by their words; None if every article must be read. Raises IndexDamaged."""
        if segment.vocabulary is None:
            return None
        rows: NDArray[np.int64] | None = None
        for terms in self.terms(segment.languages, segment.vocabulary):
            postings = segment.postings.of(terms, "article")
            here = distinct(np.concatenate([np.empty(0, np.int64), *(posting.places.astype(np.int64) for posting in postings if posting)]))
            rows = here if rows is None else rows[np.isin(rows, here, assume_unique=True)]
            if not len(rows):
                break
        return rows


def _begins_word(folded: str, start: int) -> bool:
    before = folded[start - 1] if start else " "
    if before == "'" and start > 1 and _letters().match(folded[start - 2]):
        begin = start - 1
        while begin and start - begin < LONGEST and _letters().match(folded[begin - 1]):
            begin -= 1
        inside = begin > 1 and folded[begin - 1] == "'" and _letters().match(folded[begin - 2])
        return not inside and _elides(folded[begin:start])
    return not _letters().match(before)


def _elides(before: str) -> bool:
    """Return whether ``before``, with its apostrophe, is an elided article or pronoun."""
    found = elided().match(before + "..")
    return found is not None and found.end() == len(before)


def _ends_word(folded: str, end: int) -> bool:
    after = folded[end : end + 3]
    if after[:1] == "'" and after[1:2] and _letters().match(after[1]):
        return after[1] == "s" and not (after[2:] and (_letters().match(after[2]) or after[2] == "'"))
    return not (after and _letters().match(after[0]))


@cache
def _by_letter() -> dict[str, list[str]]:
    from newsdex.values import grouped  # which few questions need

    letters = (letter for letter in map(chr, _ACCENTED) if letter.isalpha() and letter == letter.casefold())
    return grouped((plain, letter) for letter in letters if len(plain := fold(letter)) == 1 and plain != letter)


def _variants(word: str, most: int) -> Iterator[str]:
    """Yield ``word`` with accents on at most ``most`` letters; a short one with any."""
    letters = [[letter, *_by_letter().get(letter, ())] for letter in word]
    if len(word) <= _SHORT:
        yield from map("".join, product(*letters))
        return
    for places in combinations(range(len(word)), most):
        yield from map("".join, product(*(others if place in places else others[:1] for place, others in enumerate(letters))))


@lru_cache(maxsize=64)
def _terms(forms: frozenset[str], languages: tuple[str, ...]) -> Sequence[int]:
    """Return the hashes of the terms of ``forms``, with and without 's, in each language."""
    pairs = {form for form in forms if is_pair(form)}
    written = [text for form in forms - pairs for text in (form, f"{form}'s")]
    found = {term for language in languages for pair in pairs for term in analyzer(language).terms(pair)}
    found.update(*(analyzer(language).terms_of_words(written) for language in languages if written))
    return [hash_of(term) for term in found]


def texts_with(segment: Segment, phrases: Sequence[Phrase], *, title_only: bool) -> NDArray[np.bool_]:
    """Return which living articles contain each phrase, bool, (phrases, articles): in the title, or without ``title_only`` also in the
    text. Only articles that can match by their words are read. Raises IndexDamaged and OutOfTime.
    """
    found = np.zeros((len(phrases), segment.article_count), np.bool_)
    for number, phrase in enumerate(phrases):
        rows = phrase.holders(segment)
        if rows is None:
            found[number] = segment.live_articles
        else:
            found[number, rows] = segment.live_articles[rows]
    living = np.flatnonzero(found.any(axis=0))
    for start in range(0, len(living), _TOGETHER):
        some: list[int] = living[start : start + _TOGETHER].tolist()
        left = []
        for row in some:
            check_time()
            title = Folded(segment.title(row))
            possible = np.flatnonzero(found[:, row]).tolist()
            missing = [number for number in possible if not phrases[number].is_in(title)]
            found[missing, row] = False
            if missing:
                left.append((row, missing))
        if title_only:
            continue
        segment.read_ahead([row for row, _ in left])
        for row, missing in left:
            check_time()
            text = Folded(as_read(segment.body_text(row)))
            found[[number for number in missing if phrases[number].is_in(text)], row] = True
    return found


def looks(segment: Segment, phrases: Iterable[Phrase]) -> int:
    """Count the phrase searches that ``texts_with`` would need in the segment. Raises IndexDamaged."""
    return sum(segment.article_count if (rows := phrase.holders(segment)) is None else len(rows) for phrase in phrases)


phrase_of = lru_cache(maxsize=256)(Phrase)
