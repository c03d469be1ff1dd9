"""Reading what the index holds: get, similar, thread, cite, verify-quote, check."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsdex.commands.common import NOTHING_FOUND, color_option, index_place_option, open_index, text_of, utf8
from newsdex.commands.search import search_options
from newsdex.console import print_styled, shown
from newsdex.errors import ArticleMissing, UsageError
from newsdex.output import article_object, check_record, quote_record, similar_record, thread_record, versioned
from newsdex.records import Article, Span
from newsdex.search.options import OF_ARTICLES
from newsdex.search.request import arguments_of
from newsdex.terminal import Style, hit_lines, thread_lines, visible_line
from newsdex.values import amount

if TYPE_CHECKING:
    from newsdex.search.index import Index

_PLACES = 20  # of a quotation, shown as text
_FEW_PLACES = 3  # the same, if it has so few words that its places prove little
# Of a lower probability that both are of one story, an article has nothing in common with the other that a reader would see.
_UNLIKE = 0.002


@click.command()
@click.argument("name", metavar="ID[:FROM[:COUNT]]")
@click.option("--json", "as_json", is_flag=True, help="Print all fields of the article as JSON.")
@index_place_option
def get(name: str, as_json: bool, index_dir: Path) -> int:
    """Print the text of an article, or some of its lines. FROM is the first line, counted from 1; COUNT is the number of lines.

    ID is the id of an article, its URL, or the path of its file. Control characters are made visible; --json has the text unchanged.

    \b
    newsdex get 2024-04-26-blinken-beijing-hc.md
    newsdex get 2024-04-26-blinken-beijing-hc.md:11:3
    """
    with open_index(index_dir) as index:
        article, numbers = _called(index, name, r":(\d{1,9})", r":(\d{1,9}):(\d{1,9})")
    if 0 in numbers:
        raise UsageError(f"{name}: line numbers start at 1, and the count must be at least 1")
    first, count = numbers[0] if numbers else 1, numbers[1] if len(numbers) > 1 else None
    lines = article.text.split("\n")
    if lines[-1] == "":
        lines.pop()  # the end of the last line is no line
    if first > max(1, len(lines)):
        click.echo(f"newsdex: {shown(article.id)} has only {len(lines)} lines", err=True)
        return NOTHING_FOUND
    chosen = lines[first - 1 :][:count]
    for line in [article_object(article, first, chosen)] if as_json else map(visible_line, chosen):
        click.echo(line)
    return 0


@click.command()
@click.argument("name", metavar="ID[:START-END]")
@click.option(
    "--format", "form", type=click.Choice(["text", "bibtex", "csl-json"]), default="text", show_default=True, help="Output format."
)
@index_place_option
def cite(name: str, form: str, index_dir: Path) -> None:
    """Print a citation of the article ID or of a part of it. START-END are character offsets, as search and verify-quote show them.

    A passage is cited with its page number if the source has pages. ID is the id of an article, its URL, or the path of its file.

    \b
    newsdex cite 2024-04-26-blinken-beijing-hc.md
    newsdex cite report.pdf:5120-5377 --format bibtex >> references.bib
    """
    from newsdex.citation import cite as citation

    with open_index(index_dir) as index:
        article, passage = _called(index, name, r":(\d{1,9})-(\d{1,9})")
    click.echo(citation(article, form, Span(*passage) if passage else None))


@click.command("verify-quote")
@click.argument("quote", nargs=-1, required=True)
@click.option("-n", "--limit", type=click.IntRange(1), metavar="N", help="Places to show.  [default: 20, or all with --json]")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@color_option
@index_place_option
def verify_quote(quote: Sequence[str], limit: int | None, as_json: bool, color: str, index_dir: Path) -> int:
    """Check whether QUOTE is in the archive, word for word. A QUOTE of - is read from standard input.

    Found: all its places are shown. Altered: the nearest place, with [-omitted words-] and {+added words+}. Stitched: the places that it
    joins. White space, kinds of quotation marks and dashes, and case at the beginning of a sentence are ignored.

    Exit code 0: found; 1: altered, stitched or not found; 2: error.

    \b
    newsdex verify-quote "prices rose in London"
    pbpaste | newsdex verify-quote --json -
    """
    from newsdex.reports_text import is_telling, quote_lines

    asked = text_of(quote, "quotation")
    usual = None if as_json else _PLACES if is_telling(asked) else _FEW_PLACES
    with open_index(index_dir) as index:
        report = index.verify_quote(asked, limit=limit or usual)
    _show(report, as_json, quote_record, quote_lines, color)
    return 0 if report.verdict == "found" else NOTHING_FOUND


def _show(
    found: Any, as_json: bool, record: Callable[[Any], Mapping[str, Any]], lines: Callable[[Any, Style], Iterator[str]], color: str
) -> None:
    """Print ``found`` as JSON (by ``record``) or as text (by ``lines``, in the style for ``color``)."""
    if as_json:
        click.echo(versioned(record(found)))
    else:
        print_styled(lines, found, color)


def _called(index: Index, name: str, *endings: str) -> tuple[Article, list[int]]:
    """Return the article that ``name`` means (its longest prefix that is an id) and the numbers after it. ``endings``: shortest first."""
    missing = None
    for found in (re.fullmatch(pattern, name, re.DOTALL) for pattern in ("(.*)", *(f"(.+){ending}" for ending in endings))):
        if found is None:
            break
        try:
            return index.article(found[1]), list(map(int, found.groups()[1:]))
        except ArticleMissing as error:
            missing = error
    assert missing
    raise missing


@click.command()
@click.argument("answer", nargs=-1, required=True)
@click.option("-q", "--question", default="", help="The question that was answered; its hits are also compared.")
@click.option(
    "-a", "--article", "articles", multiple=True, metavar="ID", help="Compare only with this article; can be repeated. [1] cites the first."
)
@click.option(
    "--threshold", type=click.FloatRange(0, 1), default=0.8, show_default=True, help="Fraction of the sentences that must be supported."
)
@click.option("--rewrite", is_flag=True, help="Print only the answer, without its unsupported sentences.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@color_option
@index_place_option
def check(
    answer: Sequence[str],
    question: str,
    articles: Sequence[str],
    threshold: float,
    rewrite: bool,
    as_json: bool,
    color: str,
    index_dir: Path,
) -> int:
    """Check each sentence of ANSWER against the archive. Give - as ANSWER to read it from standard input.

    Each sentence is supported, partly supported (a number, name or date differs), contradicted, or not in the archive. Quotations are
    compared word for word. A citation, such as [1] or a link, is compared with the article it names. docs/CHECK.md lists the limits.

    Exit code, also with --rewrite and --json: 0 accepted; 1 refused; 2 error. An answer is refused if too few of its sentences are
    supported, one is contradicted, or one has a different number or date than the article.

    \b
    newsdex check "Blinken met Xi in Beijing in April 2024."
    newsdex check --question "What happened at Haneda?" --json - < answer.txt
    """
    text = text_of(answer, "answer")
    with open_index(index_dir) as index:
        try:
            report = index.check(text, question=utf8(question), hits=articles or None, threshold=threshold)
        except ArticleMissing as error:
            # 1 would say that the answer was checked and refused.
            raise UsageError(str(error)) from None
    if rewrite and not as_json:
        for line in report.rewritten.splitlines():
            click.echo(visible_line(line))
    else:
        from newsdex.reports_text import answer_lines

        _show(report, as_json, check_record, answer_lines, color)
    return 0 if report.accepted else NOTHING_FOUND


@click.command()
@click.argument("name", metavar="ID")
@search_options(OF_ARTICLES)
@click.option("--json", "as_json", is_flag=True, help="Print the articles as JSON.")
@color_option
@index_place_option
def similar(name: str, as_json: bool, color: str, index_dir: Path, **options: Any) -> int:
    """Show the articles most similar to the article ID. Each is shown with its most similar passage.

    ID is the id of an article, its URL, or the path of its file. The article itself and its copies are left out. The score is the
    probability that both are about the same story.

    \b
    newsdex similar 2024-04-26-blinken-beijing-hc.md
    newsdex similar 2024-04-26-blinken-beijing-hc.md --lang de --since 2024-04

    Exit code 0: found; 1: nothing; 2: error.
    """
    from newsdex.search.related.similar import ONE_STORY

    with open_index(index_dir) as index:
        article_id = index.article(name).id
        results = index.similar(article_id, **arguments_of(options))
    hits = results.hits if as_json else tuple(hit for hit in results if hit.score >= _UNLIKE)
    _show(hits, as_json, lambda _: similar_record(results, article_id), hit_lines, color)
    if others := 0 if as_json else sum(not hit.answers for hit in hits):
        are = "is probably" if others == 1 else "are probably"
        click.echo(f"{amount(others, 'article')} with a score below {ONE_STORY} {are} about another story.", err=True)
    if not hits:
        click.echo(" ".join(["No similar article was found.", *map(shown, results.remarks)]), err=True)
    return 0 if hits else NOTHING_FOUND


@click.command()
@click.argument("name", metavar="ID")
@click.option("-n", "--limit", type=click.IntRange(1), default=50, show_default=True, help="Reports to show.")
@click.option("--json", "as_json", is_flag=True, help="Print the thread as JSON.")
@color_option
@index_place_option
def thread(name: str, limit: int, as_json: bool, color: str, index_dir: Path) -> int:
    """Show all reports of the event of the article ID. Sequels are included. The oldest comes first; each shows what it adds.

    ID is the id of an article, its URL, or the path of its file; a star marks it.

    \b
    newsdex thread 2024-03-19-ellerby-ferry-strike-hc.md

    Exit code 0: found; 1: the article has no thread; 2: error.
    """
    with open_index(index_dir) as index:
        found = index.thread(name, limit=limit)
    alone = len(found.reports) == 1
    if as_json or not alone:
        _show(found, as_json, thread_record, thread_lines, color)
    undated = sum(report.article.published is None for report in found.reports)
    if undated and not alone:
        every = undated == len(found.reports)
        some = "No report has a date" if every else f"{undated} of {len(found.reports)} reports have no date and come last"
        click.echo(f"{some}: their order, and what each adds, are uncertain.", err=True)
    if alone:
        click.echo(f"{shown(found.article_id)} has no thread: no other report of its event was found.", err=True)
    return NOTHING_FOUND if alone else 0
