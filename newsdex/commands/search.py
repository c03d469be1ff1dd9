"""Asking: ``search`` and ``newsdex compare``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from newsdex.commands.common import NOTHING_FOUND, index_dir_option, standard_input, utf8
from newsdex.console import can_link, shown, use_one_thread, wants_color
from newsdex.errors import UsageError


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("question", nargs=-1, required=True)
@click.option("-n", "--limit", type=int, default=5, show_default=True, help="Passages to show.")
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
@index_dir_option
def search(question: Sequence[str], limit: int, form: str, color: str, index_dir: Path) -> int:
    r"""Answer QUESTION with ranked passages. A QUESTION of - is read from standard input.

    \b
    search "China support for Russia"
    search -n 10 --json who won the election in Senegal
    """
    use_one_thread()
    from newsdex.search.index import Index

    asked = standard_input() if question == ("-",) else utf8(" ".join(question))
    with Index.open(index_dir) as index:
        hits = index.search(asked, limit=limit)
    if form == "text":
        from newsdex.terminal import Style, hit_lines

        style = Style.of_terminal(color=wants_color(color), links=color != "never" and can_link())
        for line in hit_lines(hits, style):
            click.echo(line, color=True)
        if not hits:
            click.echo(f"Nothing found: {shown(str(index_dir))} holds no passages.", err=True)
    else:
        from newsdex.output import json_lines, json_object

        for line in [json_object(asked, hits)] if form == "json" else json_lines(hits):
            click.echo(line)
    return 0 if hits else NOTHING_FOUND


@click.command()
@click.argument("question", nargs=-1, required=True)
@click.option("--generations", metavar="A,B", required=True, help="Two generations by their names, such as g000001,g000002.")
@click.option("-n", "--limit", type=int, default=10, show_default=True, help="Passages of each to compare.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object an article.")
@index_dir_option
def compare(question: Sequence[str], generations: str, limit: int, as_json: bool, index_dir: Path) -> int:
    """Ask two generations the same QUESTION, before or after `newsdex rebuild`: the best rank of each article in either."""
    from newsdex.search.compare import compare as ask_both
    from newsdex.search.index import Index

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
