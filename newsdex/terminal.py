"""Formats text for the terminal, and hits for people. Article text and file names are data: no control character, escape sequence or change
of writing direction in them reaches the terminal.
"""

from __future__ import annotations

import math
import os
import re
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from newsdex.records import UNREAD, Article, Copy, Hit, Match, Span, flag_of, flagged, retracted_copy

if TYPE_CHECKING:
    from newsdex.reports import Thread

_JOINERS = "\u200c\u200d"  # zero width, but part of emoji and of Persian and Indic words
_REPLACEMENT = "\ufffd"
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})")
_FIRST_WORDS = 70  # characters
_LEAST_WORDS = 4  # of a line that may be a headline or a sentence
_LEAST_TITLE = 20  # columns, below which a date after a title is cut with it
_LINKED = re.compile(r"https?://[!-~]{1,2000}")  # URLs that a terminal may open


class Style(NamedTuple):
    """How to print: ``width`` in columns; ``color`` and ``links`` as the terminal supports them."""

    width: int
    color: bool
    links: bool

    def mark(self, text: str, **how: bool | str) -> str:
        """Style ``text`` as in click.style; without colour, or a style, return it unchanged."""
        return click.style(text, **how) if self.color and how else text  # type: ignore[arg-type]


def terminal_columns() -> int:
    """Return the width as in shutil.get_terminal_size, whose module takes milliseconds to load."""
    if (wanted := os.environ.get("COLUMNS", "")).isdecimal() and int(wanted):
        return int(wanted)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1).columns or 80
    except OSError:
        return 80


def visible(text: str) -> str:
    r"""Return ``text`` in one line, with single spaces and without characters that control a terminal.

    Control characters and lone surrogates become U+FFFD; direction marks and other invisible characters are removed.

    >>> visible("a\x1b[31m  b\n\u202ec")
    'a\ufffd[31m b c'
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text
    return " ".join("".join(_visible_characters(" ".join(text.split()))).split())


def visible_line(line: str) -> str:
    r"""Return a line of text as ``visible`` does, but keep its white space.

    >>> visible_line("  a\tb\x1b[31m\u202ec\r")
    '  a\tb\ufffd[31mc'
    """
    line = line.rstrip("\r")
    if line.isascii() and line.isprintable():
        return line
    return "\t".join("".join(_visible_characters(part)) for part in line.split("\t"))


def _visible_characters(text: str) -> Iterator[str]:
    for character in text:
        category = unicodedata.category(character)
        if category in ("Cc", "Cs", "Zl", "Zp"):
            yield _REPLACEMENT
        elif category != "Cf" or character in _JOINERS:
            yield character


def columns(text: str) -> int:
    """Return the width of ``text`` in columns: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    wide = (2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text if not unicodedata.combining(c) and c not in _JOINERS)
    return sum(wide)


def heading_of(article: Article) -> str:
    """Return what an article is called in a list: its title; without one, its file's name, or where the file has many its first words
    behind short lines, such as the caption of a picture.
    """
    if article.title or not article.record:
        return visible(article.title) or visible(article.name)
    from newsdex.words import shown  # which most commands do without

    text = shown(article.text)[article.main.start :].replace(UNREAD, "").lstrip()
    lines = text[: 2 * _FIRST_WORDS].split("\n")
    short = next((number for number, line in enumerate(lines) if len(line.split()) >= _LEAST_WORDS), 0)
    words = visible(text[len("\n".join(lines[:short])) :].lstrip()[: 2 * _FIRST_WORDS])
    return words if len(words) <= _FIRST_WORDS else f"{words[:_FIRST_WORDS].rpartition(' ')[0] or words[:_FIRST_WORDS]} \u2026"


def source_and_date(article: Article) -> str:
    """Return the article's source and date, as far as known."""
    return " \u00b7 ".join(visible(part) for part in (article.source, readable(str(article.published or ""))) if part)


def readable(published: str) -> str:
    """Return a publication date for people: the day, with hour and minute if known; other text unchanged.

    >>> readable("2026-11-20T09:00:00+00:00"), readable("2026-11-20"), readable("2026-11")
    ('2026-11-20 09:00', '2026-11-20', '2026-11')
    """
    found = _MOMENT.match(published)
    return f"{found[1]} {found[2]}" if found else published


def hit_lines(hits: Sequence[Hit], style: Style) -> Iterator[str]:
    """Yield the hits as lines: rank, title and score; source, date and place; the passage with its answer highlighted."""
    for number, hit in enumerate(hits):
        if number:
            yield ""
        yield from _heading(hit, style)
        yield from _passage(hit, hit.matches[0], style)
        for match in hit.matches[1:]:
            yield ""
            yield "    " + style.mark(_place(hit, match, style), dim=True)
            yield from _passage(hit, match, style)
        yield from _copies(hit, style)
        yield from _explanation(hit, style)


def score_of(hit: Hit) -> str:
    """Return the score with two decimals; that of a hit that does not answer is rounded down, so that it is not shown as good enough."""
    return f"{hit.score if hit.answers else math.floor(100 * hit.score + 1e-9) / 100:.2f}"


def miss_lines(hits: Sequence[Hit], style: Style) -> Iterator[str]:
    """Yield a line per hit that is not an answer: score, title, source and date."""
    for hit in hits:
        score, known = f"{score_of(hit)}  ", source_and_date(hit.article)
        title, end = flagged(heading_of(hit.article), hit.article, hit.also_in), f" \u00b7 {known}" if known else ""
        room = style.width - columns(score + end)
        yield score + _cut(title, room) + end if room >= _LEAST_TITLE else _cut(score + title + end, style.width)


def thread_lines(thread: Thread, style: Style) -> Iterator[str]:
    """Yield the reports as lines: date, title and source; what each adds; its copies. The requested article has a star."""
    from newsdex.words import shown  # loaded by the search

    for number, report in enumerate(thread.reports):
        if number:
            yield ""
        article = report.article
        mark = "*" if article.id == thread.article_id else " "
        for place, line in enumerate(lines_of(heading_of(article), style.width - 14)):
            head = f"{mark} {visible(str(article.published or '?'))[:10]:<12}" if place == 0 else " " * 14
            yield head + style.mark(line, bold=True, fg="cyan")
        yield " " * 14 + style.mark(visible(" \u00b7 ".join(filter(None, [article.source, article.id]))), dim=True)
        yield from flags(article, 14, style, report.also_in)
        yield from indented(visible(shown(report.adds_text).replace(UNREAD, "")), 14, style)
        if report.also_in:
            yield from indented(f"Also in: {', '.join(map(_name_of, report.also_in))}", 14, style, dim=True)


def flags(article: Article, indent: int, style: Style, copies: Sequence[Copy] = ()) -> Iterator[str]:
    """Lines that say whether the article or one of its ``copies`` was retracted, or it was corrected, or is no longer at its address."""
    told = [f"RETRACTED: {visible(article.retracted)}"] if article.retracted else []
    if copy := retracted_copy(article.retracted, copies):
        told.append(f"COPY RETRACTED: {visible(copy.retracted)} ({visible(copy.article_id)})")
    told += [f"CORRECTED: see {visible(article.corrected_by)}"] if article.corrected_by else []
    told += [f"no longer at its address since {article.vanished}"] if article.vanished else []
    yield from indented(" \u00b7 ".join(told), indent, style, bold=True, fg="red")


def _heading(hit: Hit, style: Style) -> Iterator[str]:
    article = hit.article
    rank, score = f"{hit.rank}. ".ljust(4), score_of(hit)
    room = style.width - len(rank) - 1 - len(score)
    title = flagged(heading_of(article), article, hit.also_in) if retracted_copy(article.retracted, hit.also_in) else heading_of(article)
    for number, line in enumerate(lines_of(title, room)):
        end = "" if number else " " * max(1, room - columns(line) + 1) + style.mark(score, dim=True)
        yield f"{'' if number else rank:{len(rank)}}{style.mark(line, bold=True, fg='cyan')}{end}"
    yield from indented(source_and_date(article), 4, style)
    yield from flags(article, 4, style, hit.also_in)
    yield "    " + style.mark(_place(hit, hit.matches[0], style), dim=True)


def _place(hit: Hit, match: Match, style: Style) -> str:
    article, passage = hit.article, match.passage
    pages = article.pages_of(Span(passage.start, passage.end))
    # An article in a file of many is opened by its URL, and so is one without a file.
    shared = article.record or article.member or article.is_added
    known = bool(article.url and shared)
    member = f"#{visible(article.member)}" if article.member and not known else ""
    part = f" page{'s' if '-' in pages else ''} {pages}" if pages else f" {article.part}" if article.part and not known else ""
    # The path of a file of many is no id for `newsdex get`.
    name = f" id {visible(article.id)}" if shared and not (known and article.id == article.url) else ""
    text = f"{visible(article.url if known else str(short_path(article.path)))}{member}{part} [{passage.start}:{passage.end}]{name}"
    if not style.links or (not _LINKED.fullmatch(article.url) if known else article.is_added):
        return text
    uri = article.url if known else article.path.as_uri().replace("file://", f"file://{os.uname().nodename}")
    return f"\x1b]8;;{uri}\x1b\\{text}\x1b]8;;\x1b\\"


def short_path(path: Path) -> Path:
    """Return ``path`` relative to the working folder if it is below it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _passage(hit: Hit, match: Match, style: Style) -> Iterator[str]:
    """Yield the passage with any neighbours; its answer sentence is highlighted, and in that the words of the question."""
    from newsdex.words import shown  # loaded by the search

    text, answer = shown(hit.article.text), match.answer
    around = match.context or Span(match.passage.start, match.passage.end)
    before, after = _words(text, Span(around.start, answer.start)), _words(text, Span(answer.end, around.end))
    best = [word._replace(best=True) for word in _words(text, answer, match.words)]
    if best and not style.color and (before or after):
        best[0] = best[0]._replace(text=">> " + best[0].text)
        best[-1] = best[-1]._replace(text=best[-1].text + " <<")
    for line in _wrapped([*before, *best, *after], style.width - 4):
        yield "    " + " ".join(_marked(word, style) for word in line)


def _words(text: str, span: Span, shared: Sequence[Span] = ()) -> list[_Word]:
    """Return the words of a part of ``text``, which is ``shown``; those that overlap one of ``shared`` are marked so."""
    found = []
    for piece in re.finditer(rf"[\S{UNREAD}]+", text[span.start : span.end]):
        start, end = span.start + piece.start(), span.start + piece.end()
        hit = any(word.start < end and word.end > start for word in shared)
        before = text[max(0, start - _GAP) : start]
        breaks = before[len(before.rstrip()) :].count("\n")
        first = breaks > 1 or (breaks > 0 and (piece[0][0] == "|" or piece[0] in _BULLETS))
        found += [
            _Word(word, shared=hit, first=first and not number) for number, word in enumerate(visible(piece[0].replace(UNREAD, "")).split())
        ]
    return found


def _marked(word: _Word, style: Style) -> str:
    if not word.best:
        return word.text
    return style.mark(word.text, bold=True, fg="yellow", **({"underline": True} if word.shared else {}))


def _copies(hit: Hit, style: Style) -> Iterator[str]:
    if hit.also_in:
        known = (
            _name_of(copy) + (f" ({readable(str(copy.published))})" if copy.published else "") + f" {flag_of(copy)}".rstrip()
            for copy in hit.also_in
        )
        yield from indented(f"Also in: {', '.join(known)}", 4, style, dim=True)


def _name_of(copy: Copy) -> str:
    return visible(copy.source or copy.title or copy.article_id)


def _explanation(hit: Hit, style: Style) -> Iterator[str]:
    for part in hit.parts:
        for number, line in enumerate(lines_of(visible(part.words), style.width - 23)):
            head = f"{part.name:<10}{part.points:+6.2f}" if number == 0 else ""
            yield style.mark(f"    {head:<16}   {line}", dim=True)
    if hit.parts:
        total = sum(round(part.points, 2) for part in hit.parts)  # of the rounded points, so that they add up
        yield style.mark(f"    {'points':<10}{total:+6.2f}   which means a score of {score_of(hit)}", dim=True)


def _cut(text: str, width: int) -> str:
    return text if columns(text) <= width else next(_pieces(text, width - 1)).rstrip() + "\u2026"


_GAP = 400  # characters before a word in which a blank line is looked for: there may be an image between
_BULLETS = frozenset("-*+\u2022")  # of a list's items, which begin a line, as the rows of a table do


class _Word(NamedTuple):
    text: str
    best: bool = False  # in the answer sentence
    shared: bool = False  # and in the question
    first: bool = False  # of a paragraph, a row of a table, or an item of a list


def indented(text: str, indent: int, style: Style, **how: bool | str) -> Iterator[str]:
    """Yield ``text`` in lines behind ``indent`` spaces, marked as in Style.mark."""
    return (" " * indent + style.mark(line, **how) for line in lines_of(text, style.width - indent))


def lines_of(text: str, width: int) -> Iterator[str]:
    """Yield ``text`` in lines of at most ``width`` columns."""
    return (" ".join(word.text for word in line) for line in _wrapped([_Word(word) for word in text.split()], width))


def _wrapped(words: Sequence[_Word], width: int) -> Iterator[list[_Word]]:
    """Yield ``words`` in lines of at most ``width`` columns. Longer words are cut, except addresses and paths, to be copied."""
    line: list[_Word] = []
    used = 0
    for word in (
        whole._replace(text=piece, first=whole.first and not n) for whole in words for n, piece in enumerate(_lasting(whole.text, width))
    ):
        size = columns(word.text)
        if line and (word.first or used + 1 + size > width):
            yield line
            line, used = [], 0
        used += size + bool(line)
        line.append(word)
    if line:
        yield line


def _lasting(word: str, width: int) -> Iterator[str]:
    """``word`` in pieces of at most ``width`` columns, or whole if it is an address or a path."""
    return iter([word]) if "/" in word and columns(word) == len(word) else _pieces(word, width)


def _pieces(word: str, width: int) -> Iterator[str]:
    if columns(word) <= width:
        yield word
        return
    piece, used = "", 0
    for character in word:
        size = columns(character)
        if used + size > width:
            yield piece
            piece, used = "", 0
        piece += character
        used += size
    yield piece
