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
    r"""Remove lines that recur at the edges of ``pages``, ignoring numbers; the first occurrence stays, so no text is lost.

    A line that is only a number must count the pages. Pages with few lines keep all of them.

    >>> pages = ["The Bote 1\nTalks\ngo\non\nin", "The Bote 2\nGeneva\nfor\na\nthird", "The Bote 3\nday\nor\neven\nmore."]
    >>> [" ".join(page.split()) for page in without_running_lines(pages)]
    ['The Bote 1 Talks go on in', 'Geneva for a third', 'day or even more.']
    """
    lines = [page.split("\n") for page in pages]
    edges = [[*range(_EDGE), *range(len(page) - _EDGE, len(page))] if len(page) > 2 * _EDGE else [] for page in lines]
    counts = Counter(key for number, page in enumerate(lines) for key in {_key(page[place], number) for place in edges[number]})
    running = {key for key, count in counts.items() if key and count >= max(_LEAST_PAGES, _SHARE * len(pages))}
    seen: set[str] = set()
    left = []
    for number, page in enumerate(lines):
        keys = {place: key for place in edges[number] if (key := _key(page[place], number)) in running}
        left.append("\n".join(line for place, line in enumerate(page) if keys.get(place) not in seen))
        seen.update(keys.values())
    return left


def _key(line: str, number: int) -> str:
    """Return what a line shares with those of other pages; "" for a line that is not in a margin."""
    folded = " ".join(line.split())
    if folded.isdecimal() and len(folded) < len("12345"):
        return f"page + {int(folded) - number}"
    return re.sub(r"\d+", "#", folded) if len(folded) <= _LONGEST and re.search(r"[^\W\d_]{2}", folded) else ""
