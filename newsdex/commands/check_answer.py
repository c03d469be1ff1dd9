"""Checking what a model wrote: check."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from newsdex.commands.common import NOTHING_FOUND, color_option, index_place_option, standard_input, utf8
from newsdex.console import use_one_thread, wants_color
from newsdex.errors import ArticleMissing, UsageError


@click.command()
@click.argument("answer", nargs=-1, required=True)
@click.option("-q", "--question", default="", help="The question that was answered; its hits are compared too.")
@click.option(
    "-a", "--article", "articles", multiple=True, metavar="ID", help="Compare only with this article; can be repeated. [1] cites the first."
)
@click.option(
    "--threshold", type=click.FloatRange(0, 1), default=0.8, show_default=True, help="Share of the sentences that must be supported."
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

    Exit code, with --rewrite and --json too: 0 accepted; 1 refused; 2 error. An answer is refused if too few of its sentences are
    supported, one is contradicted, or one has another number or date than the article.

    \b
    newsdex check "Blinken met Xi in Beijing in April 2024."
    newsdex check --question "What happened at Haneda?" --json - < answer.txt
    """  # noqa: D301 - click wants the control character
    use_one_thread()
    from newsdex.search.index import Index

    text = standard_input("answer") if answer == ("-",) else utf8(" ".join(answer), "answer")
    with Index.open(index_dir) as index:
        try:
            report = index.check(text, question=utf8(question), hits=articles or None, threshold=threshold)
        except ArticleMissing as error:
            # 1 would say that the answer was checked and refused.
            raise UsageError(str(error)) from None
    if as_json:
        from newsdex.output import check_object

        click.echo(check_object(report))
    elif rewrite:
        from newsdex.terminal import visible_line

        for line in report.rewritten.splitlines():
            click.echo(visible_line(line))
    else:
        from newsdex.answer_text import report_lines
        from newsdex.terminal import Style

        for line in report_lines(report, Style.of_terminal(color=wants_color(color), links=False)):
            click.echo(line, color=True)
    return 0 if report.accepted else NOTHING_FOUND
