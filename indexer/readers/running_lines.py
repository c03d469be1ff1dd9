"""Running headers, footers and page numbers, which would otherwise interrupt sentences that cross pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_EDGE = 2  # lines at the top and at the bottom of a page that may be running lines
_LEAST_PAGES = 3
_SHARE = 0.5  # share of pages that have a running line
_LONGEST = 120  # longest running line, in characters


def without_running_lines(pages: Sequence[str]) -> list[str]:
    """``pages``, each of lines, without the lines that recur at their edges, numbers aside; the first page that has one keeps it, so that
    no text is lost.

    A line that is but a number is a page's only if it counts the pages. On a page of so few lines that all are at an edge, none is told to
    be a running one.

    >>> pages = [["The Bote 1", "Talks", "go", "on", "in"], ["The Bote 2", "Geneva", "for", "a", "third"], ["The Bote 3", "day", "or",
    "even", "more."]] >>> [" ".join(page.split()) for page in without_running_lines([chr(10).join(page) for page in pages])] ['The Bote 1
    Talks go on in', 'Geneva for a third', 'day or even more.']
    """
    lines = [page.split("\n") for page in pages]
    edges = [_edge(page) if len(page) > 2 * _EDGE else [] for page in lines]
    counts = Counter(key for number, page in enumerate(lines) for key in {_key(page[place], number) for place in edges[number]})
    running = {key for key, count in counts.items() if key and count >= max(_LEAST_PAGES, _SHARE * len(pages))}
    seen: set[str] = set()
    left = []
    for number, page in enumerate(lines):
        keys = {place: key for place in edges[number] if (key := _key(page[place], number)) in running}
        left.append("\n".join(line for place, line in enumerate(page) if keys.get(place) not in seen))
        seen.update(keys.values())
    return left


def _edge(page: Sequence[str]) -> list[int]:
    return [*range(_EDGE), *range(len(page) - _EDGE, len(page))]


def _key(line: str, number: int) -> str:
    """Return what a line shares with those of other pages; "" for a line that is not in a margin."""
    folded = " ".join(line.split())
    if folded.isdecimal() and len(folded) < len("12345"):
        return f"page + {int(folded) - number}"
    return re.sub(r"\d+", "#", folded) if len(folded) <= _LONGEST and re.search(r"[^\W\d_]{2}", folded) else ""
