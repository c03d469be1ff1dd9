"""Marks of Markdown that people need not see: of headings, rules, bold and italic words."""

from __future__ import annotations

import re

from newsdex.records import UNREAD

# Code; the end of a paragraph; what a heading begins with, or a rule; and what may begin or end emphasis.
_MARK = re.compile(
    r"```(?s:.*?)(?:```|\Z)|`[^`\n]+`|\\.|\n(?=[^\S\n]*\n)"
    r"|(?P<line>^[^\S\n]{0,3}(?:#{1,6}[^\S\n]{1,8}|(?:[-*_=][^\S\n]{0,3}){3,}$))"
    r"|(?P<run>(?<!\*)\*{1,3}(?!\*)|(?<!_)_{1,3}(?!_))",
    re.MULTILINE,
)


def without_marks(text: str) -> str:
    """Return ``text``, which may be ``unlinked``, with UNREAD for the marks of headings and rules, and for those of emphasis that are in
    pairs. The time grows with its length.

    >>> without_marks("## **The** _pier_ is 2*3*4 m, s***!").replace(UNREAD, "")
    'The pier is 2*3*4 m, s***!'
    """
    gaps, opened = list[tuple[int, int]](), dict[str, int]()  # of each kind, where the last that is not closed begins
    for found in _MARK.finditer(text):
        (start, end), run = found.span(), found["run"]
        if found["line"]:
            gaps.append((start, end))
        elif run:
            before, after = _beside(text, start - 1, -1), _beside(text, end, 1)
            if run in opened and not before.isspace() and not after.isalnum():
                begun = opened[run]
                gaps += (begun, begun + len(run)), (start, end)
                opened = {kind: place for kind, place in opened.items() if place < begun}
            elif not after.isspace() and not before.isalnum():
                opened[run] = start
        elif found[0] == "\n":
            opened.clear()
    pieces, at = list[str](), 0
    for start, end in sorted(gaps):
        pieces += text[at:start], UNREAD * (end - start)
        at = end
    return "".join([*pieces, text[at:]])


def _beside(text: str, at: int, step: int) -> str:
    """Return the character at ``at``, or the next one in that direction that is read; a space at the ends of the text."""
    while 0 <= at < len(text) and text[at] == UNREAD:
        at += step
    return text[at] if 0 <= at < len(text) else " "
