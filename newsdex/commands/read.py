"""Reading what the index holds: get, cite, verify-quote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsdex.commands.common import NOTHING_FOUND, color_option, index_place_option, standard_input, utf8
from newsdex.console import shown, use_one_thread, wants_color
from newsdex.errors import ArticleMissing, UsageError
from newsdex.records import Article, Span

if TYPE_CHECKING:
    from newsdex.search.index import Index

_PLACES = 20  # of a quotation, shown as text
_RANGE = re.compile(r"(?P<id>.+):(?P<start>\d{1,9})-(?P<end>\d{1,9})", re.DOTALL)


@click.command()
@click.argument("name", metavar="ID[:FROM[:COUNT]]")
@click.option("--json", "as_json", is_flag=True, help="Print all fields of the article as JSON.")
@index_place_option
def get(name: str, as_json: bool, index_dir: Path) -> int:
    """Print the text of an article, or COUNT lines of it from line FROM, counted from 1.

    ID is the id of an article, its URL, or the path of its file. Control
    characters are made visible; --json has the text unchanged.

    \b
    newsdex get 2024-04-26-blinken-beijing-hc.md
    newsdex get 2024-04-26-blinken-beijing-hc.md:11:3
    """  # noqa: D301 - click wants the control character
    use_one_thread()
    from newsdex.output import article_object
    from newsdex.search.index import Index
    from newsdex.terminal import visible_line

    with Index.open(index_dir) as index:
        article, (first, count) = _with_lines(index, name)
    lines = article.text.split("\n")
    if lines[-1] == "":
        lines.pop()  # the end of the last line is no line
    stop = len(lines) if count is None else min(first - 1 + count, len(lines))
    if first > max(1, len(lines)):
        click.echo(f"newsdex: {shown(article.id)} has {len(lines)} lines", err=True)
        return NOTHING_FOUND
    if as_json:
        click.echo(article_object(article, first, lines[first - 1 : stop]))
        return 0
    for line in lines[first - 1 : stop]:
        click.echo(visible_line(line))
    return 0


@click.command()
@click.argument("name", metavar="ID[:START-END]")
@click.option(
    "--format", "form", type=click.Choice(["text", "bibtex", "csl-json"]), default="text", show_default=True, help="Output format."
)
@index_place_option
def cite(name: str, form: str, index_dir: Path) -> int:
    """Print a citation of the article ID, or of the characters START to END of its text, as search and verify-quote show them.

    A passage is cited with its page number if the source has pages. ID is the id of an article, its URL, or the path of its file.

    \b
    newsdex cite 2024-04-26-blinken-beijing-hc.md
    newsdex cite report.pdf:5120-5377 --format bibtex >> references.bib
    """  # noqa: D301 - click wants the control character
    use_one_thread()
    from newsdex.citation import cite as citation
    from newsdex.search.index import Index

    with Index.open(index_dir) as index:
        article, passage = _with_passage(index, name)
    click.echo(citation(article, form, passage))
    return 0


@click.command("verify-quote")
@click.argument("quote", nargs=-1, required=True)
@click.option("-n", "--limit", type=click.IntRange(1), metavar="N", help="Places to show.  [default: 20, or all with --json]")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@color_option
@index_place_option
def verify_quote(quote: Sequence[str], limit: int | None, as_json: bool, color: str, index_dir: Path) -> int:
    """Check whether QUOTE is in the archive, word for word. A QUOTE of - is read from standard input.

    Found: its places. Altered: the nearest place, with [-omitted words-] and {+added words+}. Stitched: the places that it joins. White
    space, kinds of quotation marks and dashes, and case at the beginning of a sentence are ignored.

    Exit code 0: found; 1: altered, stitched or not found; 2: error.

    \b
    newsdex verify-quote "prices rose in London"
    pbpaste | newsdex verify-quote --json -
    """  # noqa: D301 - click wants the control character
    use_one_thread()
    from newsdex.search.index import Index

    asked = standard_input("quotation") if quote == ("-",) else utf8(" ".join(quote), "quotation")
    with Index.open(index_dir) as index:
        report = index.verify_quote(asked, limit=limit or (None if as_json else _PLACES))
    if as_json:
        from newsdex.output import quote_object

        click.echo(quote_object(report))
    else:
        from newsdex.quotes_text import report_lines
        from newsdex.terminal import Style

        for line in report_lines(report, Style.of_terminal(color=wants_color(color), links=False)):
            click.echo(line, color=True)
    return 0 if report.verdict == "found" else NOTHING_FOUND


def _with_lines(index: Index, name: str) -> tuple[Article, tuple[int, int | None]]:
    """The article that ``name`` means, and the first line and the count of lines that are asked for. Ids may end in numbers, too: the
    longest that is one is taken.
    """
    for found in (re.fullmatch(pattern, name, re.DOTALL) for pattern in ("(.*)", r"(.+):(\d{1,9})", r"(.+):(\d{1,9}):(\d{1,9})")):
        if found is None:
            break
        numbers = [int(number) for number in found.groups()[1:]]
        try:
            article = index.article(found[1])
        except ArticleMissing as error:
            missing = error
            continue
        if 0 in numbers:
            raise UsageError(f"{name}: expected lines counted from 1, and a count of at least 1")
        return article, (numbers[0] if numbers else 1, numbers[1] if len(numbers) > 1 else None)
    raise missing


def _with_passage(index: Index, name: str) -> tuple[Article, Span | None]:
    """The article that ``name`` means, and the characters of it that are asked for."""
    found = _RANGE.fullmatch(name)
    try:
        return index.article(name), None
    except ArticleMissing:
        if found is None:
            raise
    return index.article(found["id"]), Span(int(found["start"]), int(found["end"]))
