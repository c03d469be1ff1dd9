"""Rows of tables as sentences: the table's heading, and each cell behind the name of its column.

"| 1 | Ann Berg | 2:21:07 |" says nothing without them; "Women, rank 1, won, name Ann Berg, time 2:21:07." answers who won.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

# The most characters of a heading and of a column's name, and the most columns, so that a row is never much longer than it was.
_HEADING, _NAME, _COLUMNS = 80, 40, 24
# Tables of two columns often have no names of columns: their first row is one like the others, "| Capital | Oslo |".
_NAMED_FROM = 3
# What columns of places are called, and what a place in them says.
_PLACES = frozenset({"place", "placing", "pos", "pos.", "position", "rank", "ranking"})
_ORDINALS = {"1": "won", "2": "came second", "3": "came third", "4": "came fourth", "5": "came fifth"}


class Table(NamedTuple):
    """A table from ``start`` to ``end`` in a text, its heading, and the names of its columns, if it has any. Rows begin at ``first``."""

    start: int
    end: int
    first: int
    heading: str
    columns: tuple[str, ...]


def tables_of(text: str) -> list[Table]:
    """The tables of an article, whose rows are lines that begin and end with "|"; in order."""
    return list(_tables(text))


def _tables(text: str) -> Iterator[Table]:
    table, section, rows, place = None, "", list[int](), 0
    for line in text.split("\n"):
        end, bare = place + len(line), line.strip()
        if _is_row(bare):
            if table and rows and not bare.strip("|:- \t"):
                # What is above such a rule names the table or its columns, and begins another table where more rows precede it.
                above = rows.pop()
                if rows:
                    yield table._replace(end=above)
                    table = Table(above, end, above, section, ())
                table, rows = _headed(table, cells_of(text[above : text.index("\n", above)]), section, end), []
            else:
                table, rows = table or Table(place, end, place, section, ()), [*rows[-1:], place]
            table = table._replace(end=end)
        elif bare:
            if table:
                yield table
            table, rows = None, []
            section = "" if len(bare) > _HEADING or bare.endswith(".") else bare.strip("#*_: ")
        place = end + 1
    if table:
        yield table


def _headed(table: Table, cells: list[str], section: str, end: int) -> Table:
    """The ``table`` below its ``section``'s heading with what the ``cells`` above a rule, which stops at ``end``, say: a caption alone, or
    the names of columns.
    """
    named = [cell for cell in cells if cell]
    if len(named) == 1:
        return table._replace(first=end, heading=", ".join(filter(None, [section, named[0][:_HEADING]])))
    if len(cells) < _NAMED_FROM:
        return table
    return table._replace(first=end, columns=tuple(_small(cell[:_NAME]) for cell in cells[:_COLUMNS]))


def _is_row(line: str) -> bool:
    return len(line) > 1 and line[0] == line[-1] == "|"


def cells_of(row: str) -> list[str]:
    """The texts of the cells of a row."""
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def in_words(text: str, start: int, end: int, tables: list[Table]) -> str:
    """The sentence text[start:end] of an article with ``tables``: what a row of one says, and any other sentence as it is."""
    table = tables[at - 1] if (at := bisect_right(tables, start, key=lambda table: table.start)) else None
    sentence = text[start:end]
    if table is None or not table.first <= start < table.end or not _is_row(sentence.strip()):
        return sentence
    cells = cells_of(sentence)
    if len(cells) < _NAMED_FROM:
        told = [" is ".join(cell for cell in cells if cell)]
    else:
        told = [_named(cell, name) for cell, name in zip_longest(cells, table.columns[: len(cells)], fillvalue="") if cell]
    return ", ".join(filter(None, [table.heading, *told])) + "."


def _named(cell: str, name: str) -> str:
    place = _ORDINALS.get(cell.rstrip("."), "") if name in _PLACES else ""
    return f"{name} {cell}".strip() + (f", {place}" if place else "")


def _small(name: str) -> str:
    """The name of a column as it stands within a sentence."""
    return name if name.isupper() else name.lower()
