"""Markdown as articles are read: links by their labels; images by what they say, if that is prose; code as it is. What is read has as many
characters as the stored text, so offsets are the same.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from newsdex.records import UNREAD, Span, has_links

_IMAGES = (".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".tif", ".tiff", ".webp")
_FIRST_WORDS, _LONGEST_LABEL, _LONGEST_LINK = 200, 400, 4_000  # characters
# Code, an address in angle brackets, an escaped mark, or a bracket.
_TOKEN = re.compile(r"(?<!`)`[^`\n]+`(?!`)|(?<!`)``(?!`)(?:[^`\n]|`(?!`))+``(?!`)|<(?:https?://|mailto:)[^\s<>]+>|\\.|[][]")
# How an address begins, which what a call, a mark or an alternative has between parentheses does not: by what it is or where it leads, with
# a slash after a letter, or with the name of a page or an image.
_FILE = r"[^\s()]{1,200}\.(?:html?|md|php|pdf|png|jpe?g|gif|svg|webp)\b"
_BEGUN = rf"(?:https?|ftp|mailto|tel):|\.{{0,2}}/|#[A-Za-z]|[^\s()]{{0,200}}[A-Za-z][^\s()]{{0,200}}/|{_FILE}"
# Behind a label: an address, with parentheses in pairs; and a title. None of these parts goes on behind the next "](", so that the time
# that many of them take is that of one.
_ADDRESS = re.compile(
    rf"\(\s{{0,8}}(?:<[^<>\n]*>|(?={_BEGUN})(?:[^\s()\\]|\\\S)*(?:\((?:[^\s()\\]|\\\S)*\)(?:[^\s()\\]|\\\S)*){{0,8}})?"
    r"(?:\s{1,8}(?:\"[^\"]{0,500}\"|'[^']{0,500}'|\([^()]{0,500}\)))?\s{0,8}\)",
    re.IGNORECASE,
)
# The address of links elsewhere: "[1]: https://example.org".
_DEFINITION = re.compile(
    r" {0,3}\[(?!\^)[^][]{1,200}\]:\s{0,8}(?:<(?:https?://|mailto:|/)[^<>\s]*>|(?:https?://|mailto:|\.{0,2}/)\S+)"
    r"(?:\s{1,8}(?:\"[^\"]{0,300}\"|'[^']{0,300}'|\([^()]{0,300}\)))?\s{0,8}\Z"
)


class Read(NamedTuple):
    """A text as newsdex.words.unlinked returns it, and where its links and images begin and end, in order; one in another is part of it."""

    text: str
    starts: Sequence[int] = ()
    ends: Sequence[int] = ()

    def splits(self, place: int) -> bool:
        """Return whether words of one label that is not overlong are before and behind ``place``."""
        at = bisect_right(self.starts, place) - 1
        if at < 0 or place >= self.ends[at] or self.ends[at] - self.starts[at] > _LONGEST_LINK:
            return False
        label = self.text[self.starts[at] : self.ends[at]].replace(UNREAD, "").strip()
        return len(label) <= _LONGEST_LABEL and bool(self._said(self.starts[at], place) and self._said(place, self.ends[at]))

    def whole(self, spans: Sequence[Span]) -> Sequence[Span]:
        """Return ``spans``, each with all of a link whose label it begins or ends with."""
        return [Span(self._start(span.start), self._end(span.end)) for span in spans] if self.starts else spans

    def _start(self, place: int) -> int:
        at = bisect_right(self.starts, place) - 1
        inside = at >= 0 and place < self.ends[at] and place - self.starts[at] <= _LONGEST_LINK
        return self.starts[at] if inside and not self._said(self.starts[at], place) else place

    def _end(self, place: int) -> int:
        at = bisect_left(self.starts, place) - 1
        inside = at >= 0 and place < self.ends[at] <= place + _LONGEST_LINK
        return self.ends[at] if inside and not self._said(place, self.ends[at]) else place

    def _said(self, start: int, end: int) -> str:
        return self.text[start:end].strip()


def read_of(text: str) -> Read:
    """Return how ``text`` is read, in time that grows with its length."""
    return _read(text) if has_links(text) else Read(text)


@lru_cache(maxsize=32)
def _read(text: str) -> Read:
    unread, links = list[tuple[int, int]](), list[tuple[int, int]]()
    for start, end, said in _links(text):
        while links and links[-1][0] > start:
            links.pop()
        links.append((start, end))
        unread += (start, said.start), (said.end, end)
    pieces, at = list[str](), 0
    for start, end in sorted(unread):
        if end > max(start, at):
            pieces += text[at:start], _blank(text, max(start, at), end)
            at = end
    return Read("".join([*pieces, text[at:]]), [start for start, _ in links], [end for _, end in links])


def _links(text: str) -> Iterator[tuple[int, int, Span]]:
    """Yield start and end of each link, image, definition and address, in order of the ends, and what is read of it; linear in time."""
    opened, at = list[int](), 0
    for start, line in _lines(text):
        if not line.strip():
            opened.clear()  # no link goes on behind a blank line
        if _DEFINITION.match(line):
            yield start, start + len(line), Span(start, start)
            continue
        at = max(at, start)
        while found := _TOKEN.search(text, at, start + len(line)):
            mark, at = found[0], found.end()
            if mark == "[":
                opened.append(found.start())
            elif mark[0] == "<":
                yield found.start(), at, Span(found.start() + 1, at - 1)
            elif mark == "]" and opened:
                first = opened.pop()
                if address := _ADDRESS.match(text, at):
                    said, at = Span(first + 1, at - 1), address.end()
                    if text.startswith("!", first - 1, first):
                        first -= 1
                        said = said if _is_prose(text, said) else Span(first, first)
                    yield first, at, said


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield where each line begins, and the line; not those of code between fences."""
    start, fence = 0, ""
    for line in text.split("\n"):
        bare = line.lstrip(" \t>")
        if bare.startswith(fence or ("```", "~~~")):
            fence = "" if fence else bare[:3]
        elif not fence:
            yield start, line
        start += len(line) + 1


def _is_prose(text: str, described: Span) -> bool:
    """Return whether the description of an image is several words and no name of a file."""
    start, end = described.start, described.end
    several = len(text[start : min(end, start + _FIRST_WORDS)].split()) > 1
    return several and not text[max(start, end - len(_IMAGES[0])) : end].lower().endswith(_IMAGES)


def _blank(text: str, start: int, end: int) -> str:
    """Return what stands for text[start:end], which ends with a space if words would join without it."""
    blank = "\n".join(UNREAD * len(line) for line in text[start:end].split("\n"))
    joins = text[end - 1] != "[" and (text[end : end + 1].isalnum() or text.startswith(("[", "!["), end))
    return f"{blank[:-1]} " if joins else blank
