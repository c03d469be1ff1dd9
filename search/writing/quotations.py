"""Checks the quotations in a model's answer against the articles it cites, sentence by sentence, before a person sees them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from newsdex.errors import UsageError
from newsdex.search.answer.context import Excerpt

if TYPE_CHECKING:
    from newsdex.search.index import Index

WITHHELD = "[quotation left out: {why}]"
_WITHHELD = re.compile(r"\[quotation left out: (?:[^\[\]]|\[\d+\])*\]")
_LONGEST = 4_000  # longest sentence, in characters

# The end of a sentence, with the marks and the numbers that belong to it, before the beginning of another; or the end of a line.
_END = re.compile(r"[.!?\u2026][\"\u201d\u201c\u00bb\u00ab\u2019)]*(?:\s*\[[\d, ]+\])*(?=\s+[^\s\[])|\n")
_QUOTED = re.compile(
    r'"(?P<straight>[^"]*)"|\u201c(?P<english>[^\u201c\u201d]*)\u201d|\u201e(?P<german>[^\u201c\u201d\u201e]*)[\u201c\u201d]'
    r"|\u00ab(?P<french>[^\u00ab\u00bb]*)\u00bb|\u00bb(?P<inward>[^\u00ab\u00bb]*)\u00ab|\u2018(?P<single>[^\u2018\u2019]*)\u2019(?!\w)"
    r"|^>\s*(?P<block>[^\n]+)",
    re.MULTILINE,
)
_OPEN = re.compile('["\u201c\u201e\u00ab\u00bb]|\u2018(?!\\d)')
_BLOCK = re.compile(r"\s*>")
_MARKER = re.compile(r"\s?\[(\d+(?:\s*,\s*\d+)*)\]")

Verdict = Literal["found", "altered", "stitched", "not found", "elsewhere", "unfinished"]


@dataclass(frozen=True, slots=True)
class Checked:
    """A quotation: its verdict, the ``number`` of the excerpt cited, and if ``found`` its place in that article's text or title."""

    quote: str
    verdict: Verdict
    number: int | None = None
    article_id: str = ""
    start: int | None = None
    end: int | None = None
    in_title: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the answer to show, and the verdicts on its quotations."""

    text: str
    quotations: tuple[Checked, ...] = ()


class Reader:
    """Reads an answer as it arrives, sentence by sentence. A quotation passes if it is, word for word, in the article whose number follows
    it in the sentence, or without a number in any given article. Others are replaced. Citation numbers without an excerpt are removed.
    """

    def __init__(self, index: Index, excerpts: tuple[Excerpt, ...]) -> None:
        self._index = index
        self._excerpts = {excerpt.number: excerpt for excerpt in excerpts}
        self._waiting = ""
        self._in_line = False  # whether the waiting text continues a line

    def feed(self, text: str) -> Iterator[Piece]:
        """Yield the sentences that are complete."""
        self._waiting += text
        while end := self._end():
            sentence, self._waiting = self._waiting[:end], self._waiting[end:]
            self._in_line = not sentence.endswith("\n")
            yield self._read(sentence)

    def finish(self) -> Iterator[Piece]:
        """Yield the rest when the answer ends."""
        if self._waiting:
            yield self._read(self._waiting)
        self._waiting = ""

    def _end(self) -> int:
        """Return where the first sentence ends, for a block quotation its line; 0 if it may continue."""
        if not self._in_line and _BLOCK.match(self._waiting):
            return self._waiting.find("\n", len(self._waiting) - len(self._waiting.lstrip())) + 1
        return _end_of_sentence(self._waiting)

    def _read(self, sentence: str) -> Piece:
        checked: list[Checked] = []

        def replaced(found: re.Match[str]) -> str:
            kind = found.lastgroup or ""
            if kind == "block":  # its citation is in the line itself
                result = self._check(_MARKER.sub("", found[kind]).strip(), cited(found[kind]) or _numbers_after(sentence, found.end()))
            else:
                result = self._check(found[kind], _numbers_after(sentence, found.end()))
            checked.append(result)
            return found[0] if result.verdict == "found" else _withheld(result)

        text = _QUOTED.sub(replaced, sentence)
        if opening := _unclosed(text):
            checked.append(Checked(text[opening.end() :], "unfinished"))
            text = text[: opening.start()] + _withheld(checked[-1])
        return Piece(_MARKER.sub(lambda found: found[0] if self._excerpts.keys() >= _numbers(found) else "", text), tuple(checked))

    def _check(self, quote: str, numbers: set[int]) -> Checked:
        number = min(numbers, default=None)
        cited = [self._excerpts[each] for each in sorted(numbers or self._excerpts) if each in self._excerpts]
        try:
            report = self._index.verify_quote(quote)
        except UsageError:  # without a word, or too long
            return Checked(quote, "not found", number)
        for excerpt in cited:
            for place in report.places if report.verdict == "found" else ():
                if place.article.id == excerpt.article_id:
                    return Checked(quote, "found", excerpt.number, excerpt.article_id, place.start, place.end, place.in_title)
        return Checked(quote, "elsewhere" if report.verdict == "found" else report.verdict, number)


def _end_of_sentence(text: str) -> int:
    """Return where the first sentence of ``text`` ends, outside quotations; 0 if it may continue."""
    quoted = [found.span() for found in _QUOTED.finditer(text)]
    opening = _unclosed(text)
    last = opening.start() if opening else len(text)
    for found in _END.finditer(text):
        while quoted and quoted[0][1] < found.end():
            quoted.pop(0)
        if found.end() > last:
            break
        if not (quoted and quoted[0][0] < found.end() < quoted[0][1]):
            return found.end()
    return len(text) if len(text) > _LONGEST else 0


def _unclosed(text: str) -> re.Match[str] | None:
    """Return the opening mark of a quotation in ``text`` that has no end."""
    return _OPEN.search(_QUOTED.sub(lambda found: "x" * len(found[0]), text))


def _numbers_after(sentence: str, end: int) -> set[int]:
    found = _MARKER.search(sentence, end)
    return _numbers(found) if found else set()


def _numbers(marker: re.Match[str]) -> set[int]:
    return {int(number) for number in marker[1].split(",")}


def _withheld(checked: Checked) -> str:
    where = f"not in [{checked.number}] word for word" if checked.number else "not in the articles word for word"
    return WITHHELD.format(why="it does not end" if checked.verdict == "unfinished" else where)


def own_words(text: str) -> str:
    """Return ``text`` without the placeholders of withheld quotations.

    >>> own_words("He said [quotation left out: not in [2] word for word] [2].")
    'He said  [2].'
    """
    return _WITHHELD.sub("", text)


def markers(text: str) -> Iterator[tuple[int, int, list[int]]]:
    """Yield the citations in ``text``, outside placeholders: start, end, and numbers.

    >>> list(markers("So he said [2]. Others say no [1, 3]."))
    [(11, 14, [2]), (30, 36, [1, 3])]
    """
    own = _WITHHELD.sub(lambda withheld: " " * len(withheld[0]), text)
    for found in _MARKER.finditer(own):
        yield found.start() + found[0].index("["), found.end(), [int(number) for number in found[1].split(",")]


def cited(text: str) -> set[int]:
    """Return the numbers of the passages that ``text`` cites.

    >>> sorted(cited("So he said [2]. Others say no [1, 3]."))
    [1, 2, 3]
    """
    return {number for found in _MARKER.finditer(text) for number in _numbers(found)}
