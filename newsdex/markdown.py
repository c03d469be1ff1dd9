"""Markup in a text as it is read: links by their labels; images by what they say, if that is prose; character references by what they mean;
no tags of HTML and templates, comments, or marks of block quotes; code as it is. What is read has as many characters as the stored text, so
offsets are the same.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from newsdex.records import UNREAD, Span, has_markup
from newsdex.tags import TEMPLATE, is_within_words, tags_of, without_templates

_IMAGES = (".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".tif", ".tiff", ".webp")
_FIRST_WORDS, _LONGEST_LABEL, _LONGEST_LINK = 200, 400, 4_000  # characters
_REFERENCE = r"&(?:#(?:\d{1,7}|[xX][\da-fA-F]{1,6})|[A-Za-z][A-Za-z\d]{1,31});"
# Code, an address in angle brackets, a character reference, an escaped mark, a bracket, or what may begin a comment, a tag or a template.
_TOKEN = re.compile(
    r"(?<!`)`[^`\n]+`(?!`)|(?<!`)``(?!`)(?:[^`\n]|`(?!`))+``(?!`)|<(?:https?://|mailto:)[^\s<>]+>|"
    rf"{_REFERENCE}|\\.|[][]|<!--|<(?=[/A-Za-z])|\{{(?=[{{%])"
)
_REFERENCES = re.compile(_REFERENCE)
# How an address begins, which what a call, a mark or an alternative has between parentheses does not: by what it is or where it leads, with
# a slash after a letter, or with the name of a page or an image.
_FILE = r"[^\s()]{1,200}\.(?:html?|md|php|pdf|png|jpe?g|gif|svg|webp)\b"
_BEGUN = rf"{TEMPLATE}|(?:https?|ftp|mailto|tel):|\.{{0,2}}/|#[A-Za-z]|[^\s()]{{0,200}}[A-Za-z][^\s()]{{0,200}}/|{_FILE}"
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

_DESCRIBED = re.compile(r"(?<=\s)alt\s{0,8}=\s{0,8}(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_QUOTE_MARKS = re.compile(r" {0,3}((?:>[^\S\n]?){0,20}>(?:[^\S\n]|\Z))")


class Read(NamedTuple):
    """A text as newsdex.words.unlinked returns it, and where its links, images, tags and references begin and end, in order; one in another
    is part of it.
    """

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


def read_of(text: str, *, links_only: bool = False) -> Read:
    """Return how ``text`` is read, in time that grows with its length; with ``links_only``, as it was before CUTTING 8."""
    return _read(text, links_only) if has_markup(text) else Read(text)


class _Part(NamedTuple):
    """What from ``start`` to ``end`` is unread but for ``said``; ``meant`` is read in place of its first character."""

    start: int
    end: int
    said: Span
    meant: str = ""


@lru_cache(maxsize=32)
def _read(text: str, links_only: bool = False) -> Read:
    unread, parts = list[tuple[int, int, str]](), list[tuple[int, int]]()
    for start, end, said, meant in _Reading(text, links_only=links_only).parts():
        while parts and parts[-1][0] >= start:
            parts.pop()
        parts.append((start, end))
        unread += (start, said.start, ""), (said.end, end, meant)
    pieces, at = list[str](), 0
    for start, end, meant in sorted(unread):
        if end > max(start, at):
            pieces += text[at:start], meant if at <= start else "", _blank(text, start, max(start + len(meant), at), end)
            at = end
    return Read("".join([*pieces, text[at:]]), [start for start, _ in parts], [end for _, end in parts])


class _Reading:
    """Finds what is unread in a text, in time that grows with its length."""

    def __init__(self, text: str, *, links_only: bool) -> None:
        self._text, self._links_only = text, links_only
        self._plain, self._templates = (text, {}) if links_only else without_templates(text)
        self._tags = {} if links_only else tags_of(self._plain)
        self._labels, self._anchors = list[int](), list[re.Match[str]]()  # where links begin that are not closed
        self._at = 0  # all before it is read
        self._comment = 0  # where the next one ends; -1 if none does

    def parts(self) -> Iterator[_Part]:
        """Yield links, images, definitions, addresses, tags, comments, templates, references and marks of quotes, by their ends."""
        for start, line in _lines(self._text):
            if not line.strip():
                self._labels.clear()  # no link goes on behind a blank line
                self._anchors.clear()
            if _DEFINITION.match(line):
                yield _unread(start, start + len(line))
                continue
            if not self._links_only and start >= self._at and (marks := _QUOTE_MARKS.match(line)):
                yield _unread(start + marks.start(1), start + marks.end())
            self._at = max(self._at, start)
            while found := _TOKEN.search(self._text, self._at, start + len(line)):
                self._at = found.end()
                if found[0] == "[":
                    self._labels.append(found.start())
                elif found[0] == "]":
                    yield from self._link(self._at)
                elif found[0][0] == "<" and found[0][-1] == ">":
                    yield _Part(found.start(), self._at, Span(found.start() + 1, self._at - 1))
                elif not self._links_only:
                    yield from self._markup(found)

    def _link(self, end: int) -> Iterator[_Part]:
        """Yield the link or image whose label ends at ``end``."""
        first = self._labels.pop() if self._labels else -1
        if first >= 0 and (address := _ADDRESS.match(self._plain, end)):
            said, self._at = Span(first + 1, end - 1), address.end()
            if self._text.startswith("!", first - 1, first):
                first -= 1
                said = said if _is_prose(self._text, said) else Span(first, first)
            yield _Part(first, self._at, said)

    def _markup(self, found: re.Match[str]) -> Iterator[_Part]:
        """Yield what begins with ``found``, if anything does: a reference, a comment, a template or a tag."""
        start, mark = found.start(), found[0]
        if mark[0] == "&":
            yield from _reference(found)
        elif mark == "<!--" and self._comment >= 0:
            if self._comment <= self._at:
                self._comment = self._text.find("-->", self._at)
            if self._comment >= 0:
                self._at = self._comment + len("-->")
                yield _unread(start, self._at)
        elif mark == "{" and start in self._templates:
            self._at = self._templates[start]
            yield from _described(self._text, start, self._at)
        elif mark == "<" and start in self._tags:
            yield from self._tag(self._tags[start])

    def _tag(self, tag: re.Match[str]) -> Iterator[_Part]:
        """Yield a tag; a link in HTML as a whole, too, when it is closed."""
        start, self._at = tag.span()
        if tag["name"] in ("a", "A"):
            if tag["closes"] and self._anchors:
                begun = self._anchors.pop()
                yield _Part(begun.start(), self._at, Span(begun.end(), start))
                return
            if not tag["closes"]:
                self._anchors.append(tag)
            yield _unread(start, self._at)
        else:
            yield from _described(self._text, start, self._at)


def _unread(start: int, end: int) -> _Part:
    return _Part(start, end, Span(start, start))


def _described(text: str, start: int, end: int) -> Iterator[_Part]:
    """Yield a tag with the references in its description, which is read if it is prose."""
    found = _DESCRIBED.search(text, start, end)
    said = Span(*found.span(found.lastindex or 0)) if found else Span(start, start)
    if said.start == start or not _is_prose(text, said):
        yield _unread(start, end)
        return
    for each in _REFERENCES.finditer(text, said.start, said.end):
        yield from _reference(each)
    yield _Part(start, end, said)


def _reference(found: re.Match[str]) -> Iterator[_Part]:
    """Yield a character reference, unless it means no character that is read, or several."""
    from html import unescape  # which few texts need

    meant = unescape(found[0])
    if len(meant) == 1 and meant != "\ufffd":
        yield _Part(found.start(), found.end(), Span(found.start(), found.start()), " " if meant in "\t\n\f\r" else meant)


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


def _blank(text: str, start: int, at: int, end: int) -> str:
    """Return what stands for text[at:end] of what is not read from ``start``. It ends with a space if words would join without it."""
    blank = "\n".join(UNREAD * len(line) for line in text[at:end].split("\n"))
    return f"{blank[:-1]} " if blank and _joins(text, start, end) else blank


def _joins(text: str, start: int, end: int) -> bool:
    if text[start] == "&" or text[end - 1] == "[":
        return False
    after = text[end : end + 1]
    if text[start] in "<{" and text[end - 1] in ">}" and end - start > 1:
        if not is_within_words(text, start):
            return bool(after) and not after.isspace() and after not in ".,;:!?)"
        return text.startswith(("</a>", "</A>"), start) and text.startswith(("[", "![", "<a", "<A", "<img", "<IMG"), end)
    return after.isalnum() or text.startswith(("[", "!["), end)
