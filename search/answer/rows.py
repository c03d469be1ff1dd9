"""Rows of tables as sentences: the table's heading, and each cell behind the name of its column.

"| 1 | Ann Berg | 2:21:07 |" says nothing without them; "Women, rank 1, won, name Ann Berg, time 2:21:07." answers who won.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

# The most characters of a heading and of a column's name, and the most columns, so that a row is never much longer than it was.
_HEADING, _NAME, _COLUMNS = 80, 40, 24
_STOPS = frozenset(".?!;\u2026\u3002\uff1f\uff01")
# Tables of two columns often have no names of columns: their first row is one like the others, "| Capital | Oslo |".
_NAMED_FROM = 3
# What columns of places in a result are called, and of what was achieved; what a place says, unless the heading says it is no result.
_PLACES = frozenset({"place", "placing", "pos", "pos.", "rank"})
_ACHIEVED = frozenset({"finish", "gap", "points", "pts", "pts.", "result", "time"})
_NO_RESULT = frozenset({"after", "grid", "heat", "heats", "poll", "polls", "practice", "qualifying", "ranking", "rankings"})
_NO_RESULT |= {"round", "seeding", "semi", "semifinal", "standings", "start", "starting"}
_ORDINALS = {"1": "won", "2": "came second", "3": "came third", "4": "came fourth", "5": "came fifth"}


class Table(NamedTuple):
    """A table from ``start`` to ``end`` in a text, its heading, and the names of its columns, if it has any. Rows begin at ``first``."""

    start: int
    end: int
    first: int
    heading: str
    columns: tuple[str, ...]


def tables_of(text: str) -> Iterator[Table]:
    """Yield the tables of an article, whose rows are lines that begin and end with "|", in order."""
    # A heading in Markdown is that of all below it
    table, section, marked, rows, place = None, "", False, list[int](), 0
    for line in text.split("\n"):
        end, bare = place + len(line), line.strip()
        if _is_row(bare):
            above = rows[-1] if table and rows and not bare.strip("|:- \t") else -1
            cells = cells_of(text[above : text.index("\n", above)]) if above >= 0 else []
            if table and cells and ((len(rows) == 1 and not table.columns) or not any(map(str.isdigit, "".join(cells)))):
                # What is above such a rule names the table or its columns, and begins another table where more rows precede it.
                if len(rows) > 1:
                    yield table._replace(end=above)
                    table = Table(above, end, above, section, ())
                table, rows = _headed(table, cells, section, end), []
            else:
                table, rows = table or Table(place, end, place, section, ()), [*rows[-1:], place]
            table = table._replace(end=end)
        elif bare:
            if table:
                yield table
            table, rows = None, []
            if len(bare) <= _HEADING and bare[-1] not in _STOPS and any(map(str.isalpha, bare)):
                section, marked = bare.strip("#*_: "), bare[0] in "#*"
            elif not marked:
                section = ""
        place = end + 1
    if table:
        yield table


def _headed(table: Table, cells: list[str], section: str, end: int) -> Table:
    """The ``table`` with what the ``cells`` above a rule, which stops at ``end``, say: a caption alone, or the names of columns."""
    named = [cell for cell in cells if cell]
    if len(named) == 1:
        return table._replace(first=end, heading=", ".join(filter(None, [section, named[0][:_HEADING]])))
    if len(cells) < _NAMED_FROM:
        return table
    # As they stand within a sentence
    names = (cell[:_NAME] for cell in cells[:_COLUMNS])
    return table._replace(first=end, columns=tuple(name if name.isupper() else name.lower() for name in names))


def _is_row(line: str) -> bool:
    return len(line) > 1 and line[0] == line[-1] == "|"


def cells_of(row: str) -> list[str]:
    """The texts of the cells of a row."""
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row.strip()[1:-1])]


def in_words(text: str, start: int, end: int, tables: Sequence[Table]) -> str:
    """The sentence text[start:end] of an article with ``tables``: what a row of one says, and any other sentence as it is."""
    table = tables[at - 1] if (at := bisect_right(tables, start, key=lambda table: table.start)) else None
    sentence = text[start:end]
    if table is None or not table.first <= start < table.end or not _is_row(sentence.strip()):
        return sentence
    cells = cells_of(sentence)
    if len(cells) < _NAMED_FROM:
        told = [" is ".join(cell for cell in cells if cell)]
    else:
        is_result = not _ACHIEVED.isdisjoint(table.columns) and _NO_RESULT.isdisjoint(re.findall(r"\w+", table.heading.casefold()))
        named = zip_longest(cells, table.columns[: len(cells)], fillvalue="")
        told = [_named(cell, name, is_result=is_result) for cell, name in named if cell]
    return ", ".join(filter(None, [table.heading, *told])) + "."


def _named(cell: str, name: str, *, is_result: bool) -> str:
    place = _ORDINALS.get(cell.rstrip("."), "") if is_result and name in _PLACES else ""
    return f"{name} {cell}".strip() + (f", {place}" if place else "")
