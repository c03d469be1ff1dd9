"""Asking: ``search`` and ``newsdex compare``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsdex.commands.common import NOTHING_FOUND, index_dir_option, index_place_option, standard_input, utf8
from newsdex.console import can_link, shown, use_one_thread, wants_color
from newsdex.errors import UsageError

if TYPE_CHECKING:
    from newsdex.records import Hit, Results
    from newsdex.terminal import Style

_MISSES = 3  # that are named when nothing is good enough


def _options(*options: Callable[[Any], Any]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    def add(command: Callable[..., int]) -> Callable[..., int]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


_ranking_options = _options(
    click.option(
        "--mode",
        type=click.Choice(["hybrid", "dense", "lexical"]),
        default="hybrid",
        help="By meaning and words, or one of them.  [default: hybrid]",
    ),
    click.option(
        "--sort",
        type=click.Choice(["relevance", "date"]),
        default="relevance",
        help="Order of the hits; date: newest first.  [default: relevance]",
    ),
    click.option("--recency", metavar="HALF_LIFE", help="Let newer articles win near ties, e.g. 30d."),
    click.option("--per-article", type=int, default=1, metavar="N", help="Passages to show of an article.  [default: 1]"),
    click.option("--context", type=int, default=0, metavar="N", help="Neighbours to show on either side of a passage.  [default: 0]"),
    click.option("--no-collapse", is_flag=True, help="Show copies of an article as hits of their own."),
    click.option(
        "--rerank", metavar="MODEL", help="Order the best passages again by a cross-encoder of sentence-transformers: a name or a folder."
    ),
    click.option("--exact", is_flag=True, help="Compare every vector, also in a large archive."),
    click.option("--min-score", type=float, metavar="S", help="Only hits at least so probable, 0 to 1."),
    click.option("--all", "everything", is_flag=True, help="Show the best hits even if none is good enough to be an answer."),
    click.option("--explain", is_flag=True, help="Say what made each hit's score."),
)

filter_options = _options(
    click.option("--since", metavar="DATE", help="Published on that day or later: 2024-04-26, 2024-04, 2024, 30d, 2w."),
    click.option("--until", metavar="DATE", help="Published on that day or earlier."),
    click.option("--on", metavar="DATE", help="Published on that day, or in that month or year."),
    click.option("--as-of", metavar="DATE", help="Answer as the archive stood on that day."),
    click.option("--source", multiple=True, metavar="NAME", help="Only of this source; may be repeated."),
    click.option("--lang", multiple=True, metavar="CODE", help="Only in this language, e.g. en; may be repeated."),
    click.option("--where", multiple=True, metavar="KEY=VALUE", help="Only articles of which this is true; also !=, <, <=, >, >=; may be repeated."),
    click.option("--path", multiple=True, metavar="GLOB", help="Only articles from these files; may be repeated."),
)  # fmt: skip

_reading_options = _options(
    click.option("--no-date-parse", is_flag=True, help='Do not read dates in the question, such as "in April 2024".'),
    click.option("--literal", is_flag=True, help="Search for the words as typed, without correcting their spelling."),
)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("question", nargs=-1, required=True)
@click.option("-n", "--limit", type=int, default=5, show_default=True, help="Articles to show.")
@click.option("--offset", type=int, default=0, metavar="N", help="Leave out the first N.")
@filter_options
@_reading_options
@_ranking_options
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "jsonl"]), default="text", show_default=True, help="Form of the answer."
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours; auto: on a terminal without NO_COLOR.",
)
@index_place_option
def search(
    question: Sequence[str],
    form: str,
    color: str,
    index_dir: Path,
    everything: bool,
    no_collapse: bool,
    no_date_parse: bool,
    **options: Any,
) -> int:
    """Answer QUESTION with ranked articles and the passage of each that answers. A QUESTION of - is read from standard input.

    \b
    search "China support for Russia"
    search -n 10 --json who won the election in Senegal
    search "ferry strike" --since 30d --source "Harbour Courier"

    Exit code: 0 found, 1 nothing found or nothing good enough, 2 error.
    """  # noqa: D301 - click wants the control character
    use_one_thread()
    from newsdex.search.index import Index

    asked = standard_input() if question == ("-",) else utf8(" ".join(question))
    with Index.open(index_dir) as index:
        results = index.search(asked, collapse=not no_collapse, read_dates=not no_date_parse, **arguments_of(**options))
    good = results.answerable or everything
    hits, nearest = (results.hits, ()) if good else ((), results.hits[:_MISSES])
    if form == "text":
        from newsdex.terminal import Style, hit_lines

        if not everything:
            hits = tuple(hit for hit in hits if hit.answers)
        style = Style.of_terminal(color=wants_color(color), links=color != "never" and can_link())
        for line in hit_lines(hits, style):
            click.echo(line, color=True)
        _talk(results, nearest, len(results.hits) - len(hits), index_dir, style)
    else:
        from newsdex.output import json_lines, json_object

        for line in [json_object(results, hits, nearest)] if form == "json" else json_lines(hits):
            click.echo(line)
        for remark in results.remarks if form == "jsonl" else ():  # the object has them itself
            click.echo(shown(remark), err=True)
    return 0 if hits else NOTHING_FOUND


def arguments_of(
    *,
    source: Sequence[str],
    lang: Sequence[str],
    where: Sequence[str],
    path: Sequence[str],
    **same: Any,
) -> dict[str, Any]:
    """The arguments of Index.search for the options of the command line."""
    arguments = same
    if source or lang or where or path:
        from newsdex.search.question.filters import filter_from_options

        arguments["where"] = filter_from_options(source=source, lang=lang, where=where, path=path)
    return arguments


def _talk(results: Results, nearest: Sequence[Hit], weaker: int, index_dir: Path, style: Style) -> None:
    """What there is to say besides the hits, of which ``weaker`` are not shown."""
    for remark in results.remarks:
        click.echo(shown(remark), err=True)
    if nearest:
        from newsdex.terminal import miss_lines

        click.echo("No results answer that. The nearest (--all shows all):", err=True)
        for line in miss_lines(nearest, style):
            click.echo("  " + line, err=True)
    elif weaker:
        click.echo(f"{weaker} weaker {'hit' if weaker == 1 else 'hits'} left out (show: --all).", err=True)
    elif not results.hits:
        click.echo(f"Nothing found in {shown(str(index_dir))}.", err=True)


@click.command()
@click.argument("question", nargs=-1, required=True)
@click.option("--generations", metavar="A,B", required=True, help="Two generations by their names, such as g000001,g000002.")
@click.option("-n", "--limit", type=int, default=10, show_default=True, help="Articles of each to compare.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object an article.")
@index_dir_option
def compare(question: Sequence[str], generations: str, limit: int, as_json: bool, index_dir: Path) -> int:
    """Ask two generations the same QUESTION, before or after `newsdex rebuild`: the rank of each article in either."""
    from newsdex.search.index import Index
    from newsdex.search.lookups.compare import compare as ask_both

    names = generations.split(",")
    if len(names) != 2:  # noqa: PLR2004 - two are compared
        raise UsageError(f"--generations {generations}: expected two names, such as g000001,g000002")
    first, second = (Index.open_generation(index_dir, name) for name in names)
    rows = ask_both(utf8(" ".join(question)), first, second, limit=limit)
    if as_json:
        import json
        from dataclasses import asdict

        from newsdex.output import as_unicode

        for row in rows:
            click.echo(json.dumps({**asdict(row), "article_id": as_unicode(row.article_id), "title": as_unicode(row.title)}))
    else:
        click.echo(f"{names[0]:<9}{names[1]:<9}")
        for row in rows:
            click.echo(f"{row.first or '-':<9}{row.second or '-':<9}{shown(row.title or row.article_id)}")
    return 0 if rows else NOTHING_FOUND
