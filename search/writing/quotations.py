"""Whether what a model quotes is in the article that it cites: each sentence is read before a person sees it."""

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
_LONGEST = 4_000  # characters that are waited for the end of a sentence

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
    """A quotation of the answer: ``number`` of the excerpt that is cited for it, if one is, and where ``found``, its place in the text of
    that article, or its title.
    """

    quote: str
    verdict: Verdict
    number: int | None = None
    article_id: str = ""
    start: int | None = None
    end: int | None = None
    in_title: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the answer that may be shown, and what became of the quotations in it."""

    text: str
    quotations: tuple[Checked, ...] = ()


class Reader:
    """Reads an answer as it comes, sentence by sentence.

    A quotation is let through when it is, word for word, in the article whose number follows it in the sentence; without a number, in any
    that the model was given. Others are left out. Numbers that no excerpt has are left out, too.
    """

    def __init__(self, index: Index, excerpts: tuple[Excerpt, ...]) -> None:
        self._index = index
        self._excerpts = {excerpt.number: excerpt for excerpt in excerpts}
        self._waiting = ""
        self._in_line = False  # whether what waits goes on in a line that was begun

    def feed(self, text: str) -> Iterator[Piece]:
        """The sentences that end in what has come so far."""
        self._waiting += text
        while end := self._end():
            sentence, self._waiting = self._waiting[:end], self._waiting[end:]
            self._in_line = not sentence.endswith("\n")
            yield self._read(sentence)

    def finish(self) -> Iterator[Piece]:
        """What is left when the answer is over, or broke off."""
        if self._waiting:
            yield self._read(self._waiting)
        self._waiting = ""

    def _end(self) -> int:
        """Where the first sentence ends; that of a quotation that is set as a block, at the end of the line; 0 where it may go on."""
        if not self._in_line and _BLOCK.match(self._waiting):
            return self._waiting.find("\n", len(self._waiting) - len(self._waiting.lstrip())) + 1
        return _end_of_sentence(self._waiting)

    def _read(self, sentence: str) -> Piece:
        checked: list[Checked] = []

        def replaced(found: re.Match[str]) -> str:
            kind = found.lastgroup or ""
            if kind == "block":  # the number that it cites is in its line
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
        except UsageError:  # there is no word in it, or too many
            return Checked(quote, "not found", number)
        for excerpt in cited:
            for place in report.places if report.verdict == "found" else ():
                if place.article.id == excerpt.article_id:
                    return Checked(quote, "found", excerpt.number, excerpt.article_id, place.start, place.end, place.in_title)
        return Checked(quote, "elsewhere" if report.verdict == "found" else report.verdict, number)


def _end_of_sentence(text: str) -> int:
    """Where the first sentence of ``text`` ends, outside of quotations; 0 where it may go on."""
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
    """The mark of a quotation in ``text`` that does not end; those that end are let through."""
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
    """``text`` without what stands for a quotation that was left out.

    >>> own_words("He said [quotation left out: not in [2] word for word] [2].")
    'He said  [2].'
    """
    return _WITHHELD.sub("", text)


def markers(text: str) -> Iterator[tuple[int, int, list[int]]]:
    """Where ``text`` cites passages: from where to where, and their numbers; what stands for a quotation cites none.

    >>> list(markers("So he said [2]. Others say no [1, 3]."))
    [(11, 14, [2]), (30, 36, [1, 3])]
    """
    own = _WITHHELD.sub(lambda withheld: " " * len(withheld[0]), text)
    for found in _MARKER.finditer(own):
        yield found.start() + found[0].index("["), found.end(), [int(number) for number in found[1].split(",")]


def cited(text: str) -> set[int]:
    """The numbers of the passages that ``text`` cites.

    >>> sorted(cited("So he said [2]. Others say no [1, 3]."))
    [1, 2, 3]
    """
    return {number for found in _MARKER.finditer(text) for number in _numbers(found)}
