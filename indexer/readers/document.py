"""The article of a Word, OpenDocument or PDF file, or of pictures: its text, with the properties for author and date; text of several pages
without running headers, footers and page numbers, which would otherwise interrupt sentences that cross pages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, groupby, pairwise
from pathlib import PurePosixPath
from typing import NamedTuple

from newsdex.indexer.readers.byline import dateline
from newsdex.indexer.readers.dates import more_exact
from newsdex.indexer.readers.markup import Element, local_name
from newsdex.indexer.readers.plain import find_title, is_above_headline
from newsdex.indexer.source import Source
from newsdex.records import Article, Published
from newsdex.values import grouped

_GOES_ON = re.compile(r"[^.!?:;\"'\u201d\u2019)\s]\Z")
_SENTENCE_END = re.compile(r"[.!?:][\"'\u201d\u2019)\]]*\Z")
# What programs write where nobody named the document: the name of a file, of a template, of the program, or of a new document.
_MADE_UP = re.compile(
    r"\.(?:docx?|pdf|pptx?|xlsx?|indd|tex|dvi|qxd|rtf|odt|html?)$|^microsoft (?:office )?(?:word|powerpoint|excel)(?: [-\u2013]|$)"
    r"|^\S+\.[a-z]{2,4}$|\b(?:letterhead|template|briefkopf|vorlage)$"
    r"|^untitled[ -]?(?:document|presentation)?[ -]?\d{0,4}$"
    r"|^(?:word document|powerpoint presentation|powerpoint-präsentation|présentation powerpoint|presentación de powerpoint"
    r"|(?:(?:new|neues|nouveau|nuevo|novo|nuovo) )?(?:do[ck]ument[eo]?|документ|文档|文書) ?\d{0,4}"
    r"|unbenannt|sans titre|sin título|sem título|senza titolo|zonder titel|bez názvu|bez tytułu|без названия|без имени|无标题"
    r"|無題) ?\d{0,4}$",
    re.IGNORECASE,
)
_ROWS, _CELLS = ("tr", "table-row"), ("tc", "table-cell")  # elements of Word and of OpenDocument
_LONGEST_CELL = 150  # longest text of a cell in one line with others, in characters; a longer one is layout
_FULL = 0.8  # quantile of line lengths that is a full line
_SHORT = 0.75  # longest last line of a paragraph, relative to a full line
_SHORTER = 0.6  # longest headline, relative to a full line
_EDGE = 2  # lines at the top and at the bottom of a page that may be running lines
# Pages, and their share, that have a running line but for its numbers
_LEAST_PAGES, _RUNNING_SHARE = 3, 0.5
# The same of one at the same place with a date or the number of the page; one of left pages is on two of five.
_LEAST_SAME, _SAME_SHARE = 2, 0.4
_DATED = re.compile(r"\b(?:1[6-9]|20)\d\d\b|\b\d{1,2}[./-]\d{1,2}[./-]\d\d")
_COUNTED = re.compile(
    r"\b(?:page|seite|p[\u00e1a]gina|strona|strana|sida|side|страница) ?(?P<of>\d{1,4})\b"
    r"|(?<![\d/])(?P<all>\d{1,4})(?= ?/ ?\d{1,4}(?![\d/]))",
    re.IGNORECASE,
)
# The number of a page with what is around it: - 2 -, 2/4, ii
_AROUND = r"[-\u2013\u2014~|\u00b7 ]{0,3}"
_PAGE = re.compile(rf"{_AROUND}(?:(?P<arabic>\d{{1,4}})|(?P<roman>[ivxlcdmIVXLCDM]{{1,7}}))(?: ?/ ?\d{{1,4}})?{_AROUND}")
_NUMBER = re.compile(r"\d+")
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
_PARTS = 10  # numbers below this are also those of parts, in capitals
_LONGEST_RUNNING = 120  # longest running line, in characters


def document(
    source: Source,
    text: str,
    *,
    title: str,
    heading: str = "",
    author: str,
    made: Published | None,
    language: str,
    pages: tuple[int, ...] = (),
    more: Mapping[str, str] = {},
) -> Article:
    """Return the article of a document, with ``more`` metadata. ``title`` is that of its properties, ``heading`` that of its text. It is
    dated by its dateline; else by ``made``, which may be years later, and which also counts as a more exact form of the same day.
    """
    written = dateline(text, language)
    return source.article(
        text,
        title=_own(title, source.name) or (heading if not is_above_headline(heading) else "") or find_title(text),
        published=made if written is None or (made and more_exact(made, written)) else written,
        metadata={"author": author, **more},
        language=language,
        pages=pages,
    )


def _own(title: str, name: str) -> str:
    """Return the title in the properties of the document ``name``; "" if a program made it up: a file name, or what a new document has."""
    # A file name with spaces may be the title.
    is_name = " " not in title and title.casefold() == PurePosixPath(name.rpartition("#")[2]).stem.casefold()
    return "" if is_name or _MADE_UP.search(title) or is_above_headline(title) else title


def with_rows(paragraphs: Iterable[tuple[Element, str]]) -> Iterator[str]:
    """Yield the text of each of ``paragraphs`` that has any; those of a row of a table together, if each cell has a short one at most."""

    @cache
    def within(parent: Element, names: tuple[str, ...]) -> Element | None:
        return next((outer for outer in (parent, *parent.iterancestors()) if local_name(outer) in names), None)

    def around(element: Element, names: tuple[str, ...]) -> Element | None:
        parent = element.getparent()
        return None if parent is None else within(parent, names)

    for row, members in groupby(paragraphs, lambda paragraph: around(paragraph[0], _ROWS)):
        cells = grouped((around(element, _CELLS), written) for element, written in members)
        filled = [list(filter(None, written)) for written in cells.values()]
        is_layout = any(len(written) > 1 or len("".join(written)) > _LONGEST_CELL for written in filled)
        if row is None or is_layout or sum(map(bool, filled)) <= 1:
            yield from chain.from_iterable(filled)
        else:
            while not filled[-1]:
                filled.pop()
            yield " | ".join("".join(written) for written in filled).lstrip()


def joined_pages(written: list[str]) -> tuple[str, tuple[int, ...]]:
    """Join the pages without running headers and footers; also return the offset of each page."""
    pages: list[int] = []
    text = ""
    for page in map(_paragraphs, without_running_lines(written)):
        if text and page:
            text += "\n" if _GOES_ON.match(text[-1:]) and page[0].islower() else "\n\n"
        pages.append(len(text))
        text += page
    return text, tuple(pages)


def _paragraphs(page: str) -> str:
    """Add a blank line after each line that is clearly short and ends a sentence, or is followed by a capital, like headlines."""
    lines = page.split("\n")
    lengths = sorted(len(line) for line in lines)
    full = lengths[int(len(lengths) * _FULL)]
    pieces = []
    for line, following in pairwise([*lines, ""]):
        ends = len(line) < _SHORT * full and _SENTENCE_END.search(line)
        headline = len(line) < _SHORTER * full and following[:1].isupper() and not line.endswith((",", ";", "-"))
        pieces.append(line + ("\n" if ends or headline else ""))
    return "\n".join(pieces).strip()


def without_running_lines(pages: Sequence[str]) -> list[str]:
    r"""Remove lines that recur at the edges of ``pages``, ignoring numbers; the first occurrence stays, so no text is lost.

    A line that is only a number must count the pages. On two pages, or fewer than half, a line must have the same place and be dated or
    count the pages. Pages with few lines keep all of them.

    >>> pages = ["The Bote 1\nTalks\ngo\non\nin", "The Bote 2\nGeneva\nfor\na\nthird", "The Bote 3\nday\nor\neven\nmore."]
    >>> [" ".join(page.split()) for page in without_running_lines(pages)]
    ['The Bote 1 Talks go on in', 'Geneva for a third', 'day or even more.']
    """
    lines = [page.split("\n") for page in pages]
    edges = [[*range(_EDGE), *range(len(page) - _EDGE, len(page))] if len(page) > 2 * _EDGE else [] for page in lines]
    keys = [{at: _keys(page, at, number) for at in edges[number]} for number, page in enumerate(lines)]
    counts = Counter(chain.from_iterable({key for of_line in of_page.values() for key in of_line} for of_page in keys))
    running = {key for key, count in counts.items() if count >= max(key.least, key.share * len(pages))}
    seen: set[_Key] = set()
    left = []
    for page, of_page in zip(lines, keys, strict=True):
        found = {at: running.intersection(of_line) for at, of_line in of_page.items()}
        left.append("\n".join(line for at, line in enumerate(page) if seen.isdisjoint(found.get(at, ()))))
        seen.update(*found.values())
    return left


class _Key(NamedTuple):
    """What a line shares with those of other pages, of how many at least, and of which share of all."""

    least: int
    share: float
    text: str


def _keys(page: Sequence[str], at: int, number: int) -> list[_Key]:
    """Return the keys of the line ``at`` this place of the page with this ``number``, from 0; none of a line that is not in a margin."""
    folded = " ".join(page[at].split())
    counting = _page_number(folded, at == len(page) - 1)
    if counting is not None:
        return [_Key(_LEAST_PAGES, _RUNNING_SHARE, f"page + {counting - number}")]
    if len(folded) > _LONGEST_RUNNING or not re.search(r"[^\W\d_]{2}", folded):
        return []
    keys = [_Key(_LEAST_PAGES, _RUNNING_SHARE, _NUMBER.sub("#", folded))]
    counted = _COUNTED.sub(lambda found: f"page + {int(found['of'] or found['all']) - number}", folded)
    if counted != folded or _DATED.search(folded):
        keys.append(_Key(_LEAST_SAME, _SAME_SHARE, f"{at if at < _EDGE else at - len(page)} {counted}"))
    return keys


def _page_number(line: str, is_last: bool) -> int | None:
    """Return the page number that a line is, or None. A Roman one counts only in the last line, small or at least ``_PARTS``."""
    page = _PAGE.fullmatch(line)
    if page is None or page["arabic"]:
        return page and int(page["arabic"])
    letters = [_ROMAN[letter] for letter in page["roman"].lower()]
    value = sum(-one if one < following else one for one, following in pairwise([*letters, 0]))
    return value if is_last and (value >= _PARTS or page["roman"].islower()) else None
